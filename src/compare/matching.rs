//! Gives release-note drafts their identity: one to one with the known items of a product (DESIGN §3).
//!
//! Nothing on a page names an item. It may be reworded, renamed, moved to another section or to next year's page, and
//! stays the same item; two items that share an issue id, or a heading that returns in every release, stay apart. The
//! answer does not depend on the order of the drafts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use similar::{Algorithm, capture_diff_slices, diff_ratio};

use crate::model::observation::{Draft, Identity};

/// Two headings with this likeness of words say the same.
const LIKE_HEADING: f64 = 0.6;
/// Two bodies with this likeness of words are versions of one text, where the issue ids agree too.
const LIKE_BODY: f64 = 0.5;
/// The same heading in another release is the same item only if at least this much of the body is: headings such as
/// "GTI Updates" return in every release.
const MOVED_BODY: f64 = 0.5;
/// Bodies alone make two items the same only if nearly everything is: notes are full of set phrases.
const SAME_BODY: f64 = 0.8;
/// Shorter bodies say too little to be recognised by themselves.
const TELLING_WORDS: usize = 8;
/// Likeness is judged by the first words of a body; it bounds the cost of long ones.
const COMPARED_WORDS: usize = 400;

/// An item that the history knows.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownItem {
    /// Its key.
    pub key: String,
    /// Its newest document.
    pub body: Value,
    /// Whether it is there now; a withdrawn item may come back.
    pub present: bool,
}

/// Gives every draft a key: that of the known item which it is, else a new one from its hint. Drafts with a key of
/// their own keep it. The result is sorted by key.
///
/// The same item on two pages at once (it moved, and the old page still has it) becomes one: the newest release wins,
/// and between equal releases the later partition, since that is where Ex Libris now keeps it.
pub fn assign(drafts: Vec<Draft>, known: &[KnownItem]) -> Vec<(String, Draft)> {
    let (named, drafts): (Vec<Draft>, Vec<Draft>) = drafts
        .into_iter()
        .partition(|draft| matches!(draft.identity, Identity::Key(_)));
    let drafts = once_each(drafts);
    let seen: Vec<Features> = drafts.iter().map(|draft| Features::of(&draft.body)).collect();
    let mut order: Vec<&KnownItem> = known.iter().collect();
    order.sort_by(|one, other| one.key.cmp(&other.key));
    let knew: Vec<Features> = order.iter().map(|item| Features::of(&item.body)).collect();

    let mut given: Vec<Option<usize>> = vec![None; drafts.len()];
    let mut taken = vec![false; order.len()];
    for stage in STAGES {
        let mut pairs: Vec<(bool, u32, usize, usize)> = Vec::new();
        for (draft, features) in seen.iter().enumerate().filter(|(at, _)| given[*at].is_none()) {
            for (item, other) in knew.iter().enumerate().filter(|(at, _)| !taken[*at]) {
                if let Some(score) = stage(features, other) {
                    // Thousandths: floating point must not decide an order.
                    pairs.push((order[item].present, (score * 1000.0) as u32, item, draft));
                }
            }
        }
        pairs.sort_by(|one, other| {
            (other.0, other.1)
                .cmp(&(one.0, one.1))
                .then((one.2, one.3).cmp(&(other.2, other.3)))
        });
        for (_, _, item, draft) in pairs {
            if given[draft].is_none() && !taken[item] {
                given[draft] = Some(item);
                taken[item] = true;
            }
        }
    }

    let mut used: BTreeSet<String> = known.iter().map(|item| item.key.clone()).collect();
    used.extend(named.iter().filter_map(own_key));
    let mut result = Vec::with_capacity(drafts.len() + named.len());
    for (draft, item) in drafts.into_iter().zip(given) {
        let key = item.map_or_else(|| new_key(&draft, &used), |item| order[item].key.clone());
        used.insert(key.clone());
        result.push((key, draft));
    }
    result.extend(
        named
            .into_iter()
            .filter_map(|draft| own_key(&draft).map(|key| (key, draft))),
    );
    result.sort_by(|one, other| one.0.cmp(&other.0));
    result
}

type Stage = fn(&Features, &Features) -> Option<f64>;

/// From the surest sign to the weakest; a pair made by an earlier one stands.
const STAGES: [Stage; 5] = [unchanged, same_ids, same_release_and_heading, same_heading, same_body];

fn unchanged(draft: &Features, item: &Features) -> Option<f64> {
    (draft.document == item.document).then_some(1.0)
}

fn same_ids(draft: &Features, item: &Features) -> Option<f64> {
    if draft.ids.is_empty() || draft.ids != item.ids {
        return None;
    }
    let (heading, body) = (
        likeness(&draft.heading, &item.heading),
        likeness(&draft.body, &item.body),
    );
    (heading >= LIKE_HEADING || (body >= LIKE_BODY && draft.telling())).then(|| rank(draft, item, heading, body))
}

fn same_release_and_heading(draft: &Features, item: &Features) -> Option<f64> {
    let same = draft.release.is_some() && draft.release == item.release && draft.same_heading(item);
    if !same {
        return None;
    }
    let body = likeness(&draft.body, &item.body);
    (!draft.other_ids(item) || body >= LIKE_BODY).then(|| rank(draft, item, 1.0, body))
}

fn same_heading(draft: &Features, item: &Features) -> Option<f64> {
    if !draft.same_heading(item) {
        return None;
    }
    let body = likeness(&draft.body, &item.body);
    let enough = if draft.other_ids(item) { SAME_BODY } else { MOVED_BODY };
    (body >= enough).then(|| rank(draft, item, 1.0, body))
}

fn same_body(draft: &Features, item: &Features) -> Option<f64> {
    if !draft.telling() || draft.other_ids(item) || bound(&draft.body, &item.body) < SAME_BODY {
        return None;
    }
    let body = likeness(&draft.body, &item.body);
    (body >= SAME_BODY).then(|| rank(draft, item, likeness(&draft.heading, &item.heading), body))
}

/// Among several candidates the one in the same release, section and area is meant before the likest text.
fn rank(draft: &Features, item: &Features, heading: f64, body: f64) -> f64 {
    let same = |yes: bool, weight: f64| if yes { weight } else { 0.0 };
    same(draft.release == item.release, 4.0)
        + same(draft.section == item.section, 1.0)
        + same(draft.area == item.area, 1.0)
        + 2.0 * heading
        + 2.0 * body
}

/// What of a document is compared.
struct Features<'a> {
    document: &'a Value,
    heading: Vec<String>,
    body: Vec<String>,
    ids: BTreeSet<&'a str>,
    release: Option<&'a str>,
    section: Option<&'a str>,
    area: Option<&'a str>,
}

impl<'a> Features<'a> {
    fn of(document: &'a Value) -> Self {
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let mut body = words(text("body").unwrap_or_default());
        body.truncate(COMPARED_WORDS);
        Features {
            document,
            heading: words(text("heading").unwrap_or_default()),
            body,
            ids: document
                .get("urm_ids")
                .and_then(Value::as_array)
                .map(|ids| ids.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default(),
            release: text("release"),
            section: text("section"),
            area: text("area"),
        }
    }

    fn same_heading(&self, other: &Features<'_>) -> bool {
        !self.heading.is_empty() && self.heading == other.heading
    }

    /// Both have issue ids and no id in common.
    fn other_ids(&self, other: &Features<'_>) -> bool {
        !self.ids.is_empty() && !other.ids.is_empty() && self.ids.is_disjoint(&other.ids)
    }

    fn telling(&self) -> bool {
        self.body.len() >= TELLING_WORDS
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// How much of two texts is the same, in order: 0 to 1. Two empty texts are the same.
fn likeness(one: &[String], other: &[String]) -> f64 {
    if one == other {
        return 1.0;
    }
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let ops = capture_diff_slices(Algorithm::Myers, one, other);
    f64::from(diff_ratio(&ops, one.len(), other.len()))
}

/// An upper bound of [`likeness`] that is cheap: the words in common, whatever their order.
fn bound(one: &[String], other: &[String]) -> f64 {
    if one.is_empty() || other.is_empty() {
        return if one.len() == other.len() { 1.0 } else { 0.0 };
    }
    let (shorter, longer) = (one.len().min(other.len()) as f64, one.len().max(other.len()) as f64);
    let by_length = 2.0 * shorter / (shorter + longer);
    if by_length < SAME_BODY {
        return by_length;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in one {
        *counts.entry(word).or_default() += 1;
    }
    let common = other
        .iter()
        .filter(|word| match counts.get_mut(word.as_str()) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        })
        .count();
    2.0 * common as f64 / (one.len() + other.len()) as f64
}

/// The drafts in an order of their own, without those that are the same item on another page.
fn once_each(mut drafts: Vec<Draft>) -> Vec<Draft> {
    // Newest release first, then the later partition; the document's text decides between the rest.
    drafts.sort_by_cached_key(|draft| {
        let release = draft
            .body
            .get("release")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        (
            std::cmp::Reverse(release),
            std::cmp::Reverse(draft.partition.clone()),
            draft.body.to_string(),
            hint(draft).to_owned(),
        )
    });
    let mut kept: Vec<Draft> = Vec::with_capacity(drafts.len());
    let mut by_sign: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for draft in drafts {
        let features = Features::of(&draft.body);
        let sign = features.heading.join(" ");
        let same = |at: &usize| {
            let other = &kept[*at];
            let known = Features::of(&other.body);
            if other.partition == draft.partition {
                return other.body == draft.body;
            }
            let ids =
                features.ids == known.ids || ((features.ids.is_empty() || known.ids.is_empty()) && features.telling());
            let body = likeness(&features.body, &known.body);
            ids && body >= if features.ids.is_empty() { SAME_BODY } else { LIKE_BODY }
        };
        let double = by_sign.get(&sign).is_some_and(|places| places.iter().any(same));
        if !double {
            by_sign.entry(sign).or_default().push(kept.len());
            kept.push(draft);
        }
    }
    kept
}

fn hint(draft: &Draft) -> &str {
    match &draft.identity {
        Identity::Matched { hint } => hint,
        Identity::Key(key) => key,
    }
}

fn own_key(draft: &Draft) -> Option<String> {
    match &draft.identity {
        Identity::Key(key) => Some(key.clone()),
        Identity::Matched { .. } => None,
    }
}

/// The hint, or the hint with the first number that makes it new; a key is never used for another item.
fn new_key(draft: &Draft, used: &BTreeSet<String>) -> String {
    let hint = hint(draft);
    let mut key = hint.to_owned();
    let mut number = 2_usize;
    while used.contains(&key) {
        key = format!("{hint}-{number}");
        number += 1;
    }
    key
}

#[cfg(test)]
mod tests;
