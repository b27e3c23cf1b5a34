use proptest::prelude::*;
use serde_json::json;

use super::*;

const LONG: &str =
    "Staff of the lending library now see the terms of a request before they ship it and may offer others.";
const OTHER: &str =
    "Import profiles of the zone can be limited to chosen members, so that a load touches only their records.";

fn body(release: &str, heading: &str, section: &str, ids: &[&str], text: &str) -> Value {
    let mut value = json!({"product": "Alma", "heading": heading, "section": section, "body": text});
    if !release.is_empty() {
        value["release"] = json!(release);
    }
    if !ids.is_empty() {
        value["urm_ids"] = json!(ids);
    }
    value
}

fn draft(partition: &str, hint: &str, body: Value) -> Draft {
    Draft {
        partition: partition.to_owned(),
        identity: Identity::Matched { hint: hint.to_owned() },
        body,
    }
}

fn known(key: &str, body: Value) -> KnownItem {
    KnownItem {
        key: key.to_owned(),
        body,
        present: true,
    }
}

fn keys(assigned: &[(String, Draft)]) -> Vec<&str> {
    assigned.iter().map(|(key, _)| key.as_str()).collect()
}

#[test]
fn a_changed_item_keeps_its_key() {
    let before = body("2026-11", "Terms Are Shown", "main-feature", &["URM-100001"], LONG);
    let known = [known("a", before)];
    for (what, after) in [
        (
            "renamed",
            body(
                "2026-11",
                "Lenders See the Conditions",
                "main-feature",
                &["URM-100001"],
                LONG,
            ),
        ),
        (
            "renamed, no ids",
            body("2026-11", "Lenders See the Conditions", "main-feature", &[], LONG),
        ),
        (
            "reworded",
            body("2026-11", "Terms Are Shown", "main-feature", &["URM-100001"], OTHER),
        ),
        (
            "reworded, ids changed",
            body(
                "2026-11",
                "Terms Are Shown",
                "main-feature",
                &["URM-100001", "URM-2"],
                OTHER,
            ),
        ),
        (
            "other section",
            body(
                "2026-11",
                "Terms Are Shown",
                "additional-enhancement",
                &["URM-100001"],
                LONG,
            ),
        ),
        (
            "next release",
            body("2027-02", "Terms Are Shown", "main-feature", &["URM-100001"], LONG),
        ),
        (
            "next release, no ids",
            body("2027-02", "Terms Are Shown", "main-feature", &[], LONG),
        ),
        (
            "next release, renamed",
            body(
                "2027-02",
                "Lenders See the Conditions",
                "main-feature",
                &["URM-100001"],
                LONG,
            ),
        ),
        (
            "release gone",
            body("", "Terms Are Shown", "main-feature", &["URM-100001"], LONG),
        ),
    ] {
        let assigned = assign(vec![draft("2026", "new", after)], &known);
        assert_eq!(keys(&assigned), ["a"], "{what}");
    }
}

#[test]
fn different_items_stay_apart() {
    let item = body("2026-11", "Terms Are Shown", "main-feature", &["URM-100001"], LONG);
    for (what, other) in [
        (
            "one shared id",
            body(
                "2026-11",
                "Imports Are Limited",
                "main-feature",
                &["URM-100001", "URM-2"],
                OTHER,
            ),
        ),
        (
            "the same id",
            body("2026-11", "Imports Are Limited", "main-feature", &["URM-100001"], OTHER),
        ),
        (
            "a heading that returns",
            body("2027-02", "Terms Are Shown", "main-feature", &["URM-100009"], OTHER),
        ),
        (
            "a heading that returns, no ids",
            body("2027-02", "Terms Are Shown", "main-feature", &[], OTHER),
        ),
        (
            "nothing in common",
            body("2026-11", "Imports Are Limited", "main-feature", &[], OTHER),
        ),
    ] {
        let assigned = assign(vec![draft("2026", "a", other.clone())], &[known("a", item.clone())]);
        assert_eq!(keys(&assigned), ["a-2"], "{what}");
        let both = assign(vec![draft("2026", "x", item.clone()), draft("2026", "x", other)], &[]);
        assert_eq!(keys(&both), ["x", "x-2"], "{what}");
    }
}

#[test]
fn a_swap_of_neighbours_is_no_mixture() {
    let one = body("2026-11", "Rapido Updates", "main-feature", &["URM-1001"], LONG);
    let two = body("2026-08", "Rapido Updates", "main-feature", &["URM-1001"], LONG);
    let items = [known("nov", one.clone()), known("aug", two.clone())];
    let changed = |value: &Value| {
        let mut value = value.clone();
        value["body"] = json!(format!("{LONG} And more."));
        value
    };
    let assigned = assign(
        vec![draft("p", "x", changed(&two)), draft("p", "x", changed(&one))],
        &items,
    );
    for (key, draft) in &assigned {
        let release = if key == "nov" { "2026-11" } else { "2026-08" };
        assert_eq!(draft.body["release"], release, "{key}");
    }
}

#[test]
fn an_item_on_two_pages_is_one_and_the_newest_release_wins() {
    let old = body("2026-11", "Terms Are Shown", "main-feature", &["URM-100001"], LONG);
    let new = body("2027-02", "Terms Are Shown", "main-feature", &["URM-100001"], LONG);
    let drafts = vec![
        draft("/2026", "2026-11/terms", old.clone()),
        draft("/2027", "2027-02/terms", new.clone()),
    ];
    let assigned = assign(drafts, &[known("a", old)]);
    assert_eq!(keys(&assigned), ["a"]);
    assert_eq!((assigned[0].1.partition.as_str(), &assigned[0].1.body), ("/2027", &new));
}

#[test]
fn a_present_item_is_meant_before_a_withdrawn_one() {
    let item = body("2026-11", "Terms Are Shown", "main-feature", &["URM-100001"], LONG);
    let gone = KnownItem {
        present: false,
        ..known("gone", item.clone())
    };
    let back = assign(vec![draft("p", "x", item.clone())], std::slice::from_ref(&gone));
    assert_eq!(keys(&back), ["gone"]);
    let both = assign(vec![draft("p", "x", item.clone())], &[gone, known("there", item)]);
    assert_eq!(keys(&both), ["there"]);
}

fn any_item() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "lending", "request", "partner", "zone", "import", "record", "letter", "job", "view", "scope", "loan", "terms",
    ]);
    (
        prop::sample::select(vec!["2026-08", "2026-11", "2027-02", ""]),
        prop::collection::vec(word.clone(), 1..4),
        prop::sample::select(vec!["main-feature", "resolved-issue"]),
        prop::collection::btree_set(prop::sample::select(vec!["URM-1", "URM-2", "URM-3"]), 0..3),
        prop::collection::vec(word, 0..20),
    )
        .prop_map(|(release, heading, section, ids, text)| {
            let ids: Vec<&str> = ids.into_iter().collect();
            body(release, &heading.join(" "), section, &ids, &text.join(" "))
        })
}

fn as_drafts(items: &[Value]) -> Vec<Draft> {
    items
        .iter()
        .enumerate()
        .map(|(at, item)| draft(if at % 2 == 0 { "/a" } else { "/b" }, "h", item.clone()))
        .collect()
}

proptest! {
    #[test]
    fn the_order_of_the_drafts_does_not_matter(
        items in prop::collection::vec(any_item(), 0..12),
        before in prop::collection::vec(any_item(), 0..12),
        seed in any::<u64>(),
    ) {
        let known: Vec<KnownItem> = before.iter().enumerate().map(|(at, item)| known(&format!("k{at}"), item.clone())).collect();
        let drafts = as_drafts(&items);
        let mut shuffled = drafts.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        let mut other = known.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut other);
        let one = assign(drafts, &known);
        prop_assert_eq!(&one, &assign(shuffled, &other));
        let distinct: BTreeSet<&str> = keys(&one).into_iter().collect();
        prop_assert_eq!(distinct.len(), one.len(), "a key was given twice");
    }

    #[test]
    fn nothing_changed_means_no_new_key(items in prop::collection::vec(any_item(), 0..12)) {
        let first = assign(as_drafts(&items), &[]);
        let known: Vec<KnownItem> = first.iter().map(|(key, draft)| known(key, draft.body.clone())).collect();
        prop_assert_eq!(assign(as_drafts(&items), &known), first);
    }
}
