use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::since::{Chapter, Past, Since, Story, now, since};
use super::*;
use crate::model::adoption_rule::{FieldTest, KeyPattern, Records, Test};
use crate::model::collaboration::{Area, Joining, Needs};
use crate::model::moment::Moment;

fn records(source: SourceKind, key: &str, tests: Vec<(&str, Test)>, at_least: u32) -> Condition {
    Condition::Records(Records {
        source,
        key: KeyPattern::of(key),
        tests: tests
            .into_iter()
            .map(|(at, test)| FieldTest {
                at: at.to_owned(),
                test,
            })
            .collect(),
        at_least,
    })
}

/// A switch of a Primo view that is so.
fn switch(on: bool) -> Condition {
    let key = "system-configuration/use_rapido_functionality";
    records(
        SourceKind::PrimoView,
        key,
        vec![("/on", Test::Equals(Value::from(on)))],
        1,
    )
}

fn rule(verdict: Verdict, when: Condition) -> Rule {
    Rule { verdict, when }
}

fn collaboration(rules: Vec<Rule>, otherwise: Option<Verdict>) -> Collaboration {
    Collaboration {
        id: "rapido".into(),
        name: "Rapido".into(),
        area: Area::ResourceSharing,
        what: String::new(),
        needs: Needs {
            licence: String::new(),
            set_up: String::new(),
            who_acts: String::new(),
        },
        without_alma: Joining {
            by: vec![JoinBy::Iso18626, JoinBy::Reshare],
            how: "It needs a symbol.".into(),
        },
        links: Vec::new(),
        only: Vec::new(),
        look: Look::Rules(Observed { rules, otherwise }),
        from: String::new(),
    }
}

fn on_off() -> Collaboration {
    let rules = vec![rule(Verdict::On, switch(true)), rule(Verdict::Available, switch(false))];
    collaboration(rules, None)
}

const VIEW: &str = "primo.view/01ELM_INST:MAIN";
const PART: &str = "system-configuration";

fn view<'a>(watch: &'a str, body: Option<&'a Value>, read: bool) -> Documents<'a> {
    let key = "system-configuration/use_rapido_functionality";
    Documents {
        watch,
        source: SourceKind::PrimoView,
        known: if read { [PART].into() } else { BTreeSet::new() },
        records: body
            .map(|body| Document { key, version: 3, body })
            .into_iter()
            .collect(),
    }
}

fn state(collaboration: &Collaboration, documents: &[Documents<'_>]) -> AdoptionState {
    judge(collaboration, InstitutionKind::OwnAlma, documents).state
}

#[test]
fn a_switch_is_on_off_or_not_known_and_the_evidence_comes_along() {
    let (on, off) = (json!({"on": true}), json!({"on": false}));
    let judged = judge(&on_off(), InstitutionKind::OwnAlma, &[view(VIEW, Some(&off), true)]);
    assert_eq!(judged.state, AdoptionState::Available);
    assert_eq!(judged.tier, Some(EvidenceTier::SeenConfigured));
    let evidence = &judged.evidence[0];
    assert_eq!((evidence.watch.as_str(), evidence.version), (VIEW, Some(3)));
    assert_eq!(evidence.read[0].value, json!(false));
    assert_eq!(
        judged.explanation,
        "primo.view/01ELM_INST:MAIN has system-configuration/use_rapido_functionality with on = no."
    );
    assert_eq!(state(&on_off(), &[view(VIEW, Some(&on), false)]), AdoptionState::On);
}

#[test]
fn what_was_not_read_is_not_known_and_it_is_said_why() {
    let why = |documents: &[Documents<'_>]| {
        let judged = judge(&on_off(), InstitutionKind::OwnAlma, documents);
        assert_eq!((judged.state, judged.tier), (AdoptionState::Unknown, None));
        judged.explanation
    };
    assert_eq!(why(&[]), "primo.view is not watched at this library.");
    assert_eq!(
        why(&[view(VIEW, None, false)]),
        format!("{VIEW} was never read wholly.")
    );
    let mut in_part = view(VIEW, None, false);
    in_part.known.insert("mapping-tables");
    assert_eq!(
        why(&[in_part]),
        format!("{VIEW} was never read wholly (system-configuration).")
    );
    assert_eq!(
        why(&[view(VIEW, None, true)]),
        format!(
            "What was read says neither yes nor no: {VIEW} has no system-configuration/use_rapido_functionality with on yes; \
             {VIEW} has no system-configuration/use_rapido_functionality with on no."
        )
    );
}

#[test]
fn any_view_will_do_and_one_that_was_not_read_may_be_the_one() {
    let (on, off) = (json!({"on": true}), json!({"on": false}));
    let other = "primo.view/01ELM_INST:LAW";
    assert_eq!(
        state(&on_off(), &[view(VIEW, Some(&off), true), view(other, Some(&on), true)]),
        AdoptionState::On
    );
    assert_eq!(
        state(&on_off(), &[view(VIEW, Some(&off), true), view(other, None, false)]),
        AdoptionState::Unknown
    );
}

#[test]
fn partner_records_are_counted_and_tests_hold_for_one_record_together() {
    let active = |kind: &str, at_least| {
        records(
            SourceKind::AlmaPartners,
            "*",
            vec![
                ("/profile_type", Test::In(vec![json!(kind), json!("X")])),
                ("/status", Test::Equals(json!("ACTIVE"))),
                ("/iso/symbol", Test::Exists(true)),
                ("/closed", Test::Exists(false)),
                ("/name", Test::Contains("college".into())),
            ],
            at_least,
        )
    };
    let good = json!({"profile_type": "ISO_18626", "status": "ACTIVE", "iso": {"symbol": "A"}, "name": "Elm College"});
    let mut wrong: Vec<Value> = Vec::new();
    for (at, value) in [
        ("profile_type", json!("EMAIL")),
        ("status", json!("INACTIVE")),
        ("iso", json!({})),
        ("closed", json!(true)),
        ("name", json!("Elm")),
    ] {
        let mut body = good.clone();
        body[at] = value;
        wrong.push(body);
    }
    let documents = |bodies: &'static [(&'static str, usize)], all: &'static [Value]| Documents {
        watch: "alma.partners/01ELM_INST",
        source: SourceKind::AlmaPartners,
        known: ["partners"].into(),
        records: bodies
            .iter()
            .map(|(key, place)| Document {
                key,
                version: 1,
                body: &all[*place],
            })
            .collect(),
    };
    let mut all = wrong;
    all.push(good);
    let all: &'static [Value] = Vec::leak(all);
    let wanted = |at_least| {
        collaboration(
            vec![rule(Verdict::On, active("ISO_18626", at_least))],
            Some(Verdict::Available),
        )
    };
    let none = documents(&[("A", 0), ("B", 1), ("C", 2), ("D", 3), ("E", 4)], all);
    assert_eq!(state(&wanted(1), &[none]), AdoptionState::Available);
    let two = documents(&[("A", 0), ("B", 5), ("C", 5)], all);
    assert_eq!(state(&wanted(2), std::slice::from_ref(&two)), AdoptionState::On);
    let judged = judge(&wanted(3), InstitutionKind::OwnAlma, &[two]);
    assert_eq!(judged.state, AdoptionState::Available);
    assert!(
        judged.explanation.contains("has only 2 of 3 records"),
        "{}",
        judged.explanation
    );
}

#[test]
fn a_rule_that_is_not_known_does_not_let_a_later_one_say_off() {
    let partners = records(SourceKind::AlmaPartners, "*", Vec::new(), 1);
    let off = json!({"on": false});
    let rules = vec![
        rule(Verdict::On, partners.clone()),
        rule(Verdict::Available, switch(false)),
    ];
    let judged = judge(
        &collaboration(rules, Some(Verdict::NotAvailable)),
        InstitutionKind::OwnAlma,
        &[view(VIEW, Some(&off), true)],
    );
    assert_eq!(judged.state, AdoptionState::Unknown);
    assert_eq!(judged.explanation, "alma.partners is not watched at this library.");
    // Two ways to be on: that one is not known is no matter where the other is.
    let on = json!({"on": true});
    let rules = vec![rule(Verdict::On, partners), rule(Verdict::On, switch(true))];
    let either = collaboration(rules, None);
    assert_eq!(state(&either, &[view(VIEW, Some(&on), true)]), AdoptionState::On);
}

#[test]
fn a_library_without_alma_is_told_how_it_can_join() {
    let judged = |collaboration: &Collaboration| judge(collaboration, InstitutionKind::Other, &[]);
    let open = judged(&on_off());
    assert_eq!(open.state, AdoptionState::Unknown);
    assert_eq!(
        open.explanation,
        "Not on Alma; it can join by ISO 18626 or ReShare. It needs a symbol."
    );
    let mut closed = on_off();
    closed.without_alma.by = vec![JoinBy::None];
    let closed = judged(&closed);
    assert_eq!(closed.state, AdoptionState::NotApplicable);
    assert_eq!(closed.explanation, "Not on Alma. It needs a symbol.");
    // Primo without Alma is seen as any other.
    let off = json!({"on": false});
    let seen = judge(&on_off(), InstitutionKind::Other, &[view(VIEW, Some(&off), true)]);
    assert_eq!(seen.state, AdoptionState::Available);
}

#[test]
fn what_is_for_the_zone_only_is_not_applicable_elsewhere_unless_it_is_on() {
    let mut zone = on_off();
    zone.only = vec![InstitutionKind::ZoneMember];
    let (on, off) = (json!({"on": true}), json!({"on": false}));
    let at = |kind, body| judge(&zone, kind, &[view(VIEW, Some(body), true)]).state;
    assert_eq!(at(InstitutionKind::ZoneMember, &off), AdoptionState::Available);
    assert_eq!(at(InstitutionKind::OwnAlma, &off), AdoptionState::NotApplicable);
    assert_eq!(at(InstitutionKind::OwnAlma, &on), AdoptionState::On);
}

fn at(hour: i64) -> Moment {
    Moment::from_millis(hour * 3_600_000)
}

/// A view first read wholly at hour 1, whose switch had these values from these hours on.
fn past(values: &[(i64, bool, Option<bool>)]) -> Vec<Past> {
    let mut chapters: Vec<Chapter> = (1..)
        .zip(values)
        .map(|(version, (hour, silent, on))| Chapter {
            version,
            at: at(*hour),
            silent: *silent,
            body: on.map(|on| json!({"on": on, "note": hour})),
        })
        .collect();
    chapters.reverse();
    vec![Past {
        watch: VIEW.to_owned(),
        source: SourceKind::PrimoView,
        readings: [(PART.to_owned(), (at(1), at(100)))].into(),
        stories: vec![Story {
            key: "system-configuration/use_rapido_functionality".to_owned(),
            chapters,
        }],
    }]
}

fn since_of(past: &[Past]) -> (AdoptionState, Option<Since>) {
    let judged = judge(&on_off(), InstitutionKind::OwnAlma, &now(past));
    (judged.state, since(&on_off(), InstitutionKind::OwnAlma, past, &judged))
}

#[test]
fn since_when_is_the_change_that_made_it_so() {
    let exactly = |hour| {
        Some(Since {
            at: at(hour),
            at_least: false,
        })
    };
    let at_least = |hour| {
        Some(Since {
            at: at(hour),
            at_least: true,
        })
    };
    assert_eq!(
        since_of(&past(&[
            (1, true, Some(false)),
            (5, false, Some(true)),
            (9, false, Some(true))
        ])),
        (AdoptionState::On, exactly(5)),
        "a change of something else is no change of the state"
    );
    assert_eq!(
        since_of(&past(&[(1, true, Some(true))])),
        (AdoptionState::On, at_least(1)),
        "what the first reading found may be older"
    );
    assert_eq!(
        since_of(&past(&[(1, true, Some(false)), (5, true, Some(true))])),
        (AdoptionState::On, at_least(5)),
        "a change of shape tells nothing of the time"
    );
    assert_eq!(
        since_of(&past(&[
            (1, true, Some(true)),
            (3, false, Some(false)),
            (7, false, None),
            (8, false, Some(false))
        ])),
        (AdoptionState::Available, exactly(8)),
        "while it was gone, nothing was known"
    );
    let mut cut = past(&[(1, true, Some(false)), (5, false, Some(true)), (9, false, Some(true))]);
    cut[0].stories[0].chapters.truncate(1);
    assert_eq!(
        since_of(&cut),
        (AdoptionState::On, at_least(9)),
        "older versions are not looked at"
    );
}

#[test]
fn what_turns_without_end_is_looked_back_at_for_so_long_only() {
    let wanted = collaboration(
        vec![rule(
            Verdict::On,
            records(
                SourceKind::AlmaPartners,
                "*",
                vec![("/status", Test::Equals(json!("ACTIVE")))],
                1,
            ),
        )],
        None,
    );
    let chapter = |version: u32, status: &str| Chapter {
        version,
        at: at(i64::from(version)),
        silent: version == 1,
        body: Some(json!({ "status": status })),
    };
    let restless = (1..=600_u32).rev().map(|version| {
        let status = if version.is_multiple_of(2) {
            "ACTIVE"
        } else {
            "INACTIVE"
        };
        chapter(version, status)
    });
    let past = vec![Past {
        watch: "alma.partners/01ELM_INST".to_owned(),
        source: SourceKind::AlmaPartners,
        readings: [("partners".to_owned(), (at(1), at(600)))].into(),
        stories: vec![
            Story {
                key: "A".to_owned(),
                chapters: vec![chapter(1, "ACTIVE")],
            },
            Story {
                key: "B".to_owned(),
                chapters: restless.collect(),
            },
        ],
    }];
    let judged = judge(&wanted, InstitutionKind::OwnAlma, &now(&past));
    let since = since(&wanted, InstitutionKind::OwnAlma, &past, &judged).unwrap();
    assert_eq!(judged.state, AdoptionState::On);
    assert!(since.at_least && since.at == at(100), "{since:?}");
}

/// Bodies of two keys at up to three watches of two sources, read or not.
fn any_world() -> impl Strategy<Value = Vec<(bool, bool, BTreeMap<String, bool>)>> {
    let keys = prop::collection::btree_map("system-configuration/[ab]", any::<bool>(), 0..3);
    prop::collection::vec((any::<bool>(), any::<bool>(), keys), 0..4)
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let leaf = ("[abc*]", any::<bool>(), any::<bool>(), 1..3_u32).prop_map(|(key, on, in_view, at_least)| {
        let tests = vec![("/on", Test::Equals(Value::from(on)))];
        if in_view {
            records(
                SourceKind::PrimoView,
                &format!("system-configuration/{key}"),
                tests,
                at_least,
            )
        } else {
            records(
                SourceKind::AlmaPartners,
                &format!("system-configuration/{key}"),
                tests,
                at_least,
            )
        }
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn any_collaboration() -> impl Strategy<Value = Collaboration> {
    let verdict = || prop::sample::select(Verdict::ALL.to_vec());
    let rules = prop::collection::vec(
        (verdict(), any_condition()).prop_map(|(verdict, when)| rule(verdict, when)),
        1..4,
    );
    (rules, prop::option::of(verdict())).prop_map(|(rules, otherwise)| collaboration(rules, otherwise))
}

/// The world with its bodies, from which documents borrow.
type Bodies = Vec<(String, SourceKind, bool, Vec<(String, Value)>)>;

fn bodies(world: &[(bool, bool, BTreeMap<String, bool>)]) -> Bodies {
    (0..)
        .zip(world)
        .map(|(number, (in_view, read, switches))| {
            let source = if *in_view {
                SourceKind::PrimoView
            } else {
                SourceKind::AlmaPartners
            };
            let records = switches.iter().map(|(key, on)| (key.clone(), json!({ "on": on })));
            (format!("{source}/{number}"), source, *read, records.collect())
        })
        .collect()
}

fn known_of(bodies: &Bodies, all_read: bool) -> Vec<Documents<'_>> {
    bodies
        .iter()
        .map(|(watch, source, read, records)| Documents {
            watch,
            source: *source,
            known: if *read || all_read {
                [PART, "partners"].into()
            } else {
                BTreeSet::new()
            },
            records: records
                .iter()
                .map(|(key, body)| Document { key, version: 1, body })
                .collect(),
        })
        .collect()
}

proptest! {
    #[test]
    fn the_order_of_watches_and_records_makes_no_difference(world in any_world(), collaboration in any_collaboration(), turn in 0..4_usize) {
        let bodies = bodies(&world);
        let documents = known_of(&bodies, false);
        let mut turned = documents.clone();
        for watch in &mut turned {
            watch.records.reverse();
        }
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        prop_assert_eq!(
            judge(&collaboration, InstitutionKind::OwnAlma, &documents),
            judge(&collaboration, InstitutionKind::OwnAlma, &turned)
        );
    }

    #[test]
    fn reading_the_rest_never_contradicts_what_was_known(world in any_world(), collaboration in any_collaboration()) {
        let bodies = bodies(&world);
        let before = state(&collaboration, &known_of(&bodies, false));
        let after = judge(&collaboration, InstitutionKind::OwnAlma, &known_of(&bodies, true));
        if before != AdoptionState::Unknown {
            prop_assert_eq!(before, after.state, "{}", after.explanation);
        }
    }

    #[test]
    fn what_was_never_read_is_never_off(condition in any_condition()) {
        // A single question about records, however it is asked, of sources that were not read.
        let wanted = collaboration(vec![rule(Verdict::On, condition)], Some(Verdict::Available));
        prop_assert_eq!(state(&wanted, &[]), AdoptionState::Unknown);
        let unread = bodies(&[(true, false, BTreeMap::new()), (false, false, BTreeMap::new())]);
        prop_assert_eq!(state(&wanted, &known_of(&unread, false)), AdoptionState::Unknown);
    }

    #[test]
    fn a_known_state_has_evidence(world in any_world(), collaboration in any_collaboration()) {
        let bodies = bodies(&world);
        let judged = judge(&collaboration, InstitutionKind::OwnAlma, &known_of(&bodies, false));
        let is_known = judged.state != AdoptionState::Unknown;
        prop_assert_eq!(is_known, judged.tier == Some(EvidenceTier::SeenConfigured));
        prop_assert!(!is_known || !judged.evidence.is_empty(), "{}", judged.explanation);
        prop_assert!(judged.explanation.ends_with('.'));
    }
}
