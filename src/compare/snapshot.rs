//! What differs between the newest snapshot of a watch and an observation, under its coverage.
//!
//! Here stand the two rules that keep Almanac from crying wolf: absence is earned, and an answer that lost much is not
//! believed at once (DESIGN invariants 3 and 4).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::model::change::Op;
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, PartitionRead};

/// Losing more than this share of a partition's records is not believed at once …
const LOST_SHARE_MAX: f64 = 0.30;
/// … if it is also more than so many.
const LOST_RECORDS_MAX: usize = 5;
/// Identical answers after which a great loss is believed …
pub const IDENTICAL_ANSWERS: u32 = 3;
/// … if they came over so long a time.
pub const IDENTICAL_FOR: Duration = Duration::from_hours(24);

/// What is said of every answer that is not believed yet; a test holds it to the two numbers above.
const BELIEVED_LATER: &str =
    "it is believed after 3 identical answers over 24 hours, or now with almanac poll --accept";

/// blake3 of a canonical document.
pub type Hash = [u8; 32];

/// A record with its identity, in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyed {
    /// Its key, unique in the watch.
    pub key: String,
    /// The part it was read in.
    pub partition: String,
    /// The canonical document: JSON with sorted keys.
    pub document: Vec<u8>,
    /// Of the document.
    pub hash: Hash,
}

impl Keyed {
    /// Brings `body` into canonical form.
    pub fn new(key: String, partition: String, body: &Value) -> Self {
        // A serde_json map is sorted (`preserve_order` is off; a test below holds that down), so this is canonical.
        let document = body.to_string().into_bytes();
        let hash = *blake3::hash(&document).as_bytes();
        Self {
            key,
            partition,
            document,
            hash,
        }
    }
}

/// What the history knows of a watch before this poll.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// Every record ever seen, by key.
    pub records: BTreeMap<String, Known>,
    /// By partition: the shape version under which it was first read wholly or found absent; 0 if never.
    pub baselines: BTreeMap<String, u32>,
    /// An implausible answer that came before.
    pub doubt: Option<Doubt>,
}

/// What the history knows of one record.
#[derive(Clone, Debug)]
pub struct Known {
    /// The part it was last read in.
    pub partition: String,
    /// Of its newest document.
    pub hash: Hash,
    /// Whether it is there now.
    pub present: bool,
    /// Complete polls running that missed it.
    pub missing_polls: u32,
    /// Shape version that last confirmed its document.
    pub shape_version: u32,
}

/// An implausible answer, remembered so that its repetition over a day can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Of the keys it had.
    pub answer: Hash,
    /// How often it came running.
    pub count: u32,
    /// When it first came.
    pub since: Moment,
}

/// How the records of the source behave, and what the person said.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Complete polls running that must miss a record before it is removed.
    pub complete_polls: u32,
    /// Whether every partition must have been read, not only the record's own.
    pub whole_coverage: bool,
    /// Shape version of the source's allow-list and normaliser.
    pub shape_version: u32,
    /// A person said that the answer is right, however much it lost.
    pub accepted: bool,
    /// Why the source itself doubts the answer, in words for an operator.
    pub suspicion: Option<&'a str>,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// New versions, by key.
    pub deltas: Vec<Delta>,
    /// Records whose count of missing polls changes, with the new count.
    pub missing: Vec<(String, u32)>,
    /// Unchanged records to be noted as confirmed by this shape version or found in another partition.
    pub confirmed: Vec<(String, String)>,
    /// Partitions with their baseline from now on.
    pub baselines: Vec<(String, u32)>,
}

/// One record that came, went or differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// Its key.
    pub key: String,
    /// The part it is in.
    pub partition: String,
    /// What happened.
    pub op: Op,
    /// The canonical document and its hash; `None` for a removal.
    pub document: Option<(Vec<u8>, Hash)>,
    /// Part of a baseline: fills history and alerts nobody.
    pub silent: bool,
    /// It had been there before.
    pub returned: bool,
}

/// Whether an observation may be believed.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It may.
    Plausible(Comparison),
    /// It lost too much to be believed yet.
    Implausible {
        /// Why, in words for an operator.
        reason: String,
        /// To be remembered.
        doubt: Doubt,
    },
}

/// Compares an observation with what is known.
pub fn compare(prior: &Prior, observed: &[Keyed], coverage: &Coverage, rules: Rules<'_>, now: Moment) -> Verdict {
    let seen = by_key(observed);
    let baseline_of = |partition: &str| prior.baselines.get(partition).copied().unwrap_or(0);
    let is_news = |partition: &str| baseline_of(partition) == rules.shape_version;

    let mut believed = rules.accepted;
    let lost = || great_loss(prior, &seen, coverage, rules.shape_version, &is_news);
    let doubtful = rules.suspicion.map(str::to_owned).or_else(lost);
    if let Some(reason) = doubtful.filter(|_| !rules.accepted) {
        let (doubt, is_believed) = repeated(prior.doubt, answer_of(&seen, coverage), now);
        if !is_believed {
            let reason = format!("{reason}; {BELIEVED_LATER}");
            return Verdict::Implausible { reason, doubt };
        }
        believed = true;
    }

    let mut comparison = Comparison::default();
    for (key, keyed) in &seen {
        let document = Some((keyed.document.clone(), keyed.hash));
        let delta = |op, silent, returned| Delta {
            key: key.to_string(),
            partition: keyed.partition.clone(),
            op,
            document: document.clone(),
            silent,
            returned,
        };
        match prior.records.get(*key) {
            None => comparison
                .deltas
                .push(delta(Op::Added, !is_news(&keyed.partition), false)),
            Some(known) if !known.present => {
                comparison
                    .deltas
                    .push(delta(Op::Added, !is_news(&keyed.partition), true));
            }
            Some(known) => {
                if known.hash != keyed.hash {
                    let silent = known.shape_version != rules.shape_version;
                    comparison.deltas.push(delta(Op::Modified, silent, false));
                } else if known.shape_version != rules.shape_version || known.partition != keyed.partition {
                    comparison.confirmed.push((key.to_string(), keyed.partition.clone()));
                }
                if known.missing_polls > 0 {
                    comparison.missing.push((key.to_string(), 0));
                }
            }
        }
    }

    let whole = coverage.is_whole();
    for (key, known) in prior
        .records
        .iter()
        .filter(|(key, known)| known.present && !seen.contains_key(key.as_str()))
    {
        let earned = match coverage.0.get(&known.partition) {
            Some(PartitionRead::Complete) => whole || !rules.whole_coverage,
            // A page that was there and now is said not to exist has moved more likely than been withdrawn.
            Some(PartitionRead::Absent) => rules.accepted,
            _ => false,
        };
        if !earned {
            continue;
        }
        let missing_polls = known.missing_polls + 1;
        if missing_polls >= rules.complete_polls || believed {
            comparison.deltas.push(Delta {
                key: key.clone(),
                partition: known.partition.clone(),
                op: Op::Removed,
                document: None,
                // What was never seen under this shape may have lost its key to it; an upgrade alerts nobody.
                silent: !is_news(&known.partition) || known.shape_version != rules.shape_version,
                returned: false,
            });
        } else {
            comparison.missing.push((key.clone(), missing_polls));
        }
    }
    comparison.deltas.sort_by(|a, b| a.key.cmp(&b.key));

    for (partition, read) in &coverage.0 {
        let baselined = match read {
            PartitionRead::Complete | PartitionRead::Absent => rules.shape_version,
            PartitionRead::Partial { .. } | PartitionRead::Failed { .. } => baseline_of(partition),
        };
        comparison.baselines.push((partition.clone(), baselined));
    }
    Verdict::Plausible(comparison)
}

/// One record a key. Where a source yields a key twice, the same one wins whatever the order.
fn by_key(observed: &[Keyed]) -> BTreeMap<&str, &Keyed> {
    let mut seen: BTreeMap<&str, &Keyed> = BTreeMap::new();
    for keyed in observed {
        seen.entry(&keyed.key)
            .and_modify(|kept| {
                if (&keyed.document, &keyed.partition) < (&kept.document, &kept.partition) {
                    *kept = keyed;
                }
            })
            .or_insert(keyed);
    }
    seen
}

/// Says what lost too much, if something did: one partition, all of them together, or an answer that holds nothing any
/// more. A change of shape may lose what it likes, and so does not count what an older shape had.
fn great_loss(
    prior: &Prior,
    seen: &BTreeMap<&str, &Keyed>,
    coverage: &Coverage,
    shape_version: u32,
    is_news: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let mut by_partition: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut had, mut lost) = (0, 0);
    for (key, known) in &prior.records {
        let partition = known.partition.as_str();
        if known.present
            && known.shape_version == shape_version
            && coverage.is_complete(partition)
            && is_news(partition)
        {
            let is_lost = usize::from(!seen.contains_key(key.as_str()));
            let counted = by_partition.entry(partition).or_default();
            *counted = (counted.0 + 1, counted.1 + is_lost);
            (had, lost) = (had + 1, lost + is_lost);
        }
    }
    let too_much = |had: usize, lost: usize| lost > LOST_RECORDS_MAX && lost as f64 > had as f64 * LOST_SHARE_MAX;
    let (had, lost, whose) = by_partition
        .iter()
        .find(|(_, (had, lost))| too_much(*had, *lost))
        .map(|(partition, (had, lost))| (*had, *lost, format!(" of {partition}")))
        .or_else(|| (too_much(had, lost) || (seen.is_empty() && lost > 0)).then(|| (had, lost, String::new())))?;
    Some(format!(
        "{lost} of the {had} records{whose} are missing from the answer, which is more than can be believed at once"
    ))
}

/// Identifies an answer by the keys it has: what was lost is in question, not what changed.
fn answer_of(seen: &BTreeMap<&str, &Keyed>, coverage: &Coverage) -> Hash {
    let mut hasher = blake3::Hasher::new();
    let partitions: BTreeSet<&String> = coverage
        .0
        .keys()
        .filter(|partition| coverage.is_complete(partition))
        .collect();
    for text in partitions.into_iter().map(String::as_str).chain(seen.keys().copied()) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// The doubt about an answer after the one before, and whether the answer has come often and long enough to be believed.
pub fn repeated(before: Option<Doubt>, answer: Hash, now: Moment) -> (Doubt, bool) {
    let doubt = match before {
        Some(doubt) if doubt.answer == answer => Doubt {
            count: doubt.count + 1,
            ..doubt
        },
        _ => Doubt {
            answer,
            count: 1,
            since: now,
        },
    };
    let believed = doubt.count >= IDENTICAL_ANSWERS && now.since(doubt.since) >= IDENTICAL_FOR;
    (doubt, believed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const RULES: Rules = Rules {
        complete_polls: 1,
        whole_coverage: false,
        shape_version: 1,
        accepted: false,
        suspicion: None,
    };
    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn keyed(key: &str, value: u32) -> Keyed {
        Keyed::new(key.to_owned(), "all".to_owned(), &json!({ "value": value }))
    }

    fn complete() -> Coverage {
        let mut coverage = Coverage::default();
        coverage.set("all", PartitionRead::Complete);
        coverage
    }

    /// What the store makes of a verdict, in memory.
    fn apply(prior: &Prior, verdict: &Verdict, shape_version: u32) -> Prior {
        let mut next = prior.clone();
        match verdict {
            Verdict::Implausible { doubt, .. } => next.doubt = Some(*doubt),
            Verdict::Plausible(comparison) => {
                next.doubt = None;
                for delta in &comparison.deltas {
                    let known = Known {
                        partition: delta.partition.clone(),
                        hash: delta.document.as_ref().map_or([0; 32], |(_, hash)| *hash),
                        present: delta.op != Op::Removed,
                        missing_polls: 0,
                        shape_version,
                    };
                    next.records.insert(delta.key.clone(), known);
                }
                for (key, count) in &comparison.missing {
                    next.records.get_mut(key).unwrap().missing_polls = *count;
                }
                for (key, partition) in &comparison.confirmed {
                    let known = next.records.get_mut(key).unwrap();
                    known.shape_version = shape_version;
                    known.partition = partition.clone();
                }
                next.baselines.extend(comparison.baselines.iter().cloned());
            }
        }
        next
    }

    fn after(prior: &Prior, observed: &[Keyed], coverage: &Coverage, rules: Rules) -> (Prior, Verdict) {
        let verdict = compare(prior, observed, coverage, rules, NOW);
        (apply(prior, &verdict, rules.shape_version), verdict)
    }

    fn deltas(verdict: &Verdict) -> Vec<(String, Op, bool)> {
        match verdict {
            Verdict::Plausible(comparison) => comparison
                .deltas
                .iter()
                .map(|delta| (delta.key.clone(), delta.op, delta.silent))
                .collect(),
            Verdict::Implausible { reason, .. } => panic!("{reason}"),
        }
    }

    fn many(count: u32) -> Vec<Keyed> {
        (0..count).map(|n| keyed(&format!("k{n:03}"), n)).collect()
    }

    #[test]
    fn the_first_complete_read_is_a_silent_baseline_and_the_next_addition_is_news() {
        let (prior, first) = after(&Prior::default(), &[keyed("a", 1)], &complete(), RULES);
        assert_eq!(deltas(&first), [("a".to_owned(), Op::Added, true)]);
        let (_, second) = after(&prior, &[keyed("a", 1), keyed("b", 1)], &complete(), RULES);
        assert_eq!(deltas(&second), [("b".to_owned(), Op::Added, false)]);
    }

    #[test]
    fn a_first_read_in_part_leaves_the_baseline_open() {
        let mut partial = Coverage::default();
        partial.set(
            "all",
            PartitionRead::Partial {
                reason: "page 3 failed".into(),
            },
        );
        let (prior, _) = after(&Prior::default(), &[keyed("a", 1)], &partial, RULES);
        let (_, second) = after(&prior, &[keyed("a", 1), keyed("b", 1)], &complete(), RULES);
        assert_eq!(deltas(&second), [("b".to_owned(), Op::Added, true)]);
    }

    #[test]
    fn a_partition_that_did_not_exist_is_news_when_it_comes() {
        let mut absent = Coverage::default();
        absent.set("all", PartitionRead::Absent);
        let (prior, _) = after(&Prior::default(), &[], &absent, RULES);
        let (_, second) = after(&prior, &[keyed("a", 1)], &complete(), RULES);
        assert_eq!(deltas(&second), [("a".to_owned(), Op::Added, false)]);
    }

    #[test]
    fn nothing_is_missing_from_what_was_not_read() {
        let (prior, _) = after(&Prior::default(), &many(4), &complete(), RULES);
        for read in [
            PartitionRead::Partial { reason: String::new() },
            PartitionRead::Failed { reason: String::new() },
            PartitionRead::Absent,
        ] {
            let mut coverage = Coverage::default();
            coverage.set("all", read);
            assert_eq!(deltas(&after(&prior, &[], &coverage, RULES).1), []);
        }
        assert_eq!(deltas(&after(&prior, &[], &Coverage::default(), RULES).1), []);
    }

    #[test]
    fn a_removal_may_need_two_complete_polls_running() {
        let rules = Rules {
            complete_polls: 2,
            ..RULES
        };
        let (prior, _) = after(&Prior::default(), &many(3), &complete(), rules);
        let two = many(2);
        let (once, first) = after(&prior, &two, &complete(), rules);
        assert_eq!(deltas(&first), []);
        let (back, _) = after(&once, &many(3), &complete(), rules);
        let (again, third) = after(&back, &two, &complete(), rules);
        assert_eq!(deltas(&third), [], "it was seen in between, so counting begins anew");
        let (gone, fourth) = after(&again, &two, &complete(), rules);
        assert_eq!(deltas(&fourth), [("k002".to_owned(), Op::Removed, false)]);
        let (_, fifth) = after(&gone, &many(3), &complete(), rules);
        let Verdict::Plausible(comparison) = fifth else {
            panic!()
        };
        assert!(comparison.deltas[0].returned);
    }

    #[test]
    fn a_great_loss_is_believed_after_three_identical_answers_over_a_day_or_on_a_persons_word() {
        let (prior, _) = after(&Prior::default(), &many(20), &complete(), RULES);
        let few = many(10);
        let mut state = prior.clone();
        for hours in [0, 12] {
            let verdict = compare(&state, &few, &complete(), RULES, NOW.plus(Duration::from_hours(hours)));
            assert!(matches!(verdict, Verdict::Implausible { .. }));
            state = apply(&state, &verdict, 1);
        }
        let third = compare(&state, &few, &complete(), RULES, NOW.plus(Duration::from_hours(25)));
        assert_eq!(deltas(&third).len(), 10);
        let other = compare(&state, &many(9), &complete(), RULES, NOW.plus(Duration::from_hours(25)));
        assert!(
            matches!(
                other,
                Verdict::Implausible {
                    doubt: Doubt { count: 1, .. },
                    ..
                }
            ),
            "another answer starts anew"
        );
        let accepted = compare(
            &prior,
            &few,
            &complete(),
            Rules {
                accepted: true,
                ..RULES
            },
            NOW,
        );
        assert_eq!(deltas(&accepted).len(), 10);
    }

    #[test]
    fn a_small_loss_is_believed() {
        let (prior, _) = after(&Prior::default(), &many(20), &complete(), RULES);
        assert_eq!(deltas(&after(&prior, &many(15), &complete(), RULES).1).len(), 5);
        let (few, _) = after(&Prior::default(), &many(6), &complete(), RULES);
        assert_eq!(deltas(&after(&few, &many(1), &complete(), RULES).1).len(), 5);
    }

    #[test]
    fn an_answer_that_holds_nothing_any_more_is_not_believed_at_once() {
        let (prior, _) = after(&Prior::default(), &many(1), &complete(), RULES);
        let verdict = compare(&prior, &[], &complete(), RULES, NOW);
        assert!(matches!(verdict, Verdict::Implausible { .. }), "{verdict:?}");
    }

    #[test]
    fn a_loss_spread_over_partitions_is_a_great_loss_too() {
        let parts = ["one", "two", "three"];
        let mut coverage = Coverage::default();
        for part in parts {
            coverage.set(part, PartitionRead::Complete);
        }
        let world = |each: u32| -> Vec<Keyed> {
            let of = |part: &str| {
                let part = part.to_owned();
                (0..each).map(move |n| Keyed::new(format!("{part}{n}"), part.clone(), &json!(n)))
            };
            parts.iter().flat_map(|part| of(part)).collect()
        };
        let (prior, _) = after(&Prior::default(), &world(8), &coverage, RULES);
        let verdict = compare(&prior, &world(4), &coverage, RULES, NOW);
        assert!(
            matches!(verdict, Verdict::Implausible { .. }),
            "12 of 24, 4 in each: {verdict:?}"
        );
    }

    #[test]
    fn a_new_shape_that_renames_every_key_alerts_nobody_even_where_two_polls_must_agree() {
        let rules = |shape_version| Rules {
            complete_polls: 2,
            shape_version,
            ..RULES
        };
        let (prior, _) = after(&Prior::default(), &many(20), &complete(), rules(1));
        let renamed: Vec<Keyed> = (0..20).map(|n| keyed(&format!("K{n}"), n)).collect();
        let (prior, first) = after(&prior, &renamed, &complete(), rules(2));
        assert!(deltas(&first).iter().all(|(_, op, silent)| *op == Op::Added && *silent));
        let (_, second) = after(&prior, &renamed, &complete(), rules(2));
        let second = deltas(&second);
        assert_eq!(second.len(), 20);
        assert!(
            second.iter().all(|(_, op, silent)| *op == Op::Removed && *silent),
            "{second:?}"
        );
    }

    #[test]
    fn what_the_source_itself_doubts_is_believed_after_a_day_of_the_same_or_by_a_person() {
        let doubtful = Rules {
            suspicion: Some("it holds nothing where it held 340"),
            ..RULES
        };
        let (mut prior, _) = after(&Prior::default(), &many(3), &complete(), RULES);
        let zero: Vec<Keyed> = (0..3).map(|n| keyed(&format!("k{n:03}"), 99)).collect();
        for (hours, believed) in [(0, false), (12, false), (23, false), (24, true)] {
            match compare(
                &prior,
                &zero,
                &complete(),
                doubtful,
                NOW.plus(Duration::from_hours(hours)),
            ) {
                Verdict::Implausible { reason, doubt } => {
                    assert!(!believed, "after {hours} h");
                    assert!(
                        reason.starts_with("it holds nothing where it held 340; it is believed after 3 "),
                        "{reason}"
                    );
                    prior.doubt = Some(doubt);
                }
                Verdict::Plausible(comparison) => {
                    assert!(believed, "after {hours} h");
                    assert_eq!(comparison.deltas.len(), 3);
                }
            }
        }
        let accepted = Rules {
            accepted: true,
            ..doubtful
        };
        prior.doubt = None;
        assert!(matches!(
            compare(&prior, &zero, &complete(), accepted, NOW),
            Verdict::Plausible(_)
        ));
        assert!(BELIEVED_LATER.contains(&format!("{IDENTICAL_ANSWERS} identical answers over")));
        assert!(BELIEVED_LATER.contains(&format!("{} hours", IDENTICAL_FOR.as_secs() / 3600)));
    }

    #[test]
    fn a_new_shape_alerts_nobody() {
        let (prior, _) = after(&Prior::default(), &many(20), &complete(), RULES);
        let reshaped: Vec<Keyed> = (0..10)
            .map(|n| keyed(&format!("k{n:03}"), n + 100))
            .chain([keyed("new", 1)])
            .collect();
        let rules = Rules {
            shape_version: 2,
            ..RULES
        };
        let (next, verdict) = after(&prior, &reshaped, &complete(), rules);
        assert!(deltas(&verdict).iter().all(|(_, _, silent)| *silent));
        let mut changed = reshaped.clone();
        changed[0] = keyed("k000", 7);
        assert_eq!(
            deltas(&after(&next, &changed, &complete(), rules).1),
            [("k000".to_owned(), Op::Modified, false)]
        );
    }

    #[test]
    fn whole_coverage_waits_for_the_neighbours() {
        let rules = Rules {
            whole_coverage: true,
            ..RULES
        };
        let mut both = complete();
        both.set("next", PartitionRead::Absent);
        let (prior, _) = after(&Prior::default(), &many(3), &both, rules);
        let mut doubtful = complete();
        doubtful.set(
            "next",
            PartitionRead::Failed {
                reason: "time-out".into(),
            },
        );
        assert_eq!(deltas(&after(&prior, &many(2), &doubtful, rules).1), []);
        assert_eq!(deltas(&after(&prior, &many(2), &both, rules).1).len(), 1);
    }

    #[test]
    fn canonical_json_sorts_keys() {
        let parsed: Value = serde_json::from_str(r#"{"b":1,"a":{"d":1,"c":2}}"#).unwrap();
        assert_eq!(
            parsed.to_string(),
            r#"{"a":{"c":2,"d":1},"b":1}"#,
            "serde_json's preserve_order must stay off"
        );
    }

    proptest! {
        #[test]
        fn comparing_twice_in_any_order_changes_nothing(values in proptest::collection::btree_map("[a-z]{1,4}", 0u32..9, 0..40), seed: u64) {
            let mut world: Vec<Keyed> = values.iter().map(|(key, value)| keyed(key, *value)).collect();
            let (prior, _) = after(&Prior::default(), &world, &complete(), RULES);
            fastrand::Rng::with_seed(seed).shuffle(&mut world);
            prop_assert_eq!(deltas(&after(&prior, &world, &complete(), RULES).1), []);
        }

        #[test]
        fn what_is_applied_is_what_was_seen(
            old in proptest::collection::btree_map("[a-e]{1,2}", 0u32..3, 0..20),
            new in proptest::collection::btree_map("[a-e]{1,2}", 0u32..3, 0..20),
        ) {
            let rules = Rules { accepted: true, ..RULES };
            let list = |values: &BTreeMap<String, u32>| values.iter().map(|(key, value)| keyed(key, *value)).collect::<Vec<_>>();
            let (prior, _) = after(&Prior::default(), &list(&old), &complete(), rules);
            let (next, _) = after(&prior, &list(&new), &complete(), rules);
            let present: BTreeMap<&str, Hash> =
                next.records.iter().filter(|(_, known)| known.present).map(|(key, known)| (key.as_str(), known.hash)).collect();
            let wanted = list(&new);
            prop_assert_eq!(present, wanted.iter().map(|keyed| (keyed.key.as_str(), keyed.hash)).collect());
        }
    }
}
