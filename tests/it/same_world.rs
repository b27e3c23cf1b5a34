//! The same world gives the same bytes (DESIGN invariant 6): polled again with everything shuffled that may be shuffled,
//! nothing changes.

use almanac::model::answer::Outcome;
use serde_json::{Map, Value, json};

use crate::world::{ELM, NotesItem, World, notes_page, notes_path, partners, view};

/// Says the same in other bytes: object keys and lists in another order, null in another style, booleans and numbers in
/// another spelling, labels in another language.
fn said_otherwise(value: &Value, rng: &mut fastrand::Rng, lists_may_move: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let mut entries: Vec<(String, Value)> = fields
                .iter()
                .filter(|(key, _)| *key != "desc")
                .map(|(key, value)| (key.clone(), said_otherwise(value, rng, lists_may_move)))
                .collect();
            if fields.contains_key("desc") {
                entries.push((
                    "desc".to_owned(),
                    json!(["Libellé", "Bezeichnung", "שם"][rng.usize(..3)]),
                ));
            }
            for absent in ["auto_cancel_reason", "holding_code", "line5"] {
                match rng.u8(..4) {
                    0 => entries.push((absent.to_owned(), Value::Null)),
                    1 => entries.push((absent.to_owned(), json!({}))),
                    2 => entries.push((absent.to_owned(), json!(""))),
                    _ => {}
                }
            }
            rng.shuffle(&mut entries);
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(values) => {
            let mut values: Vec<Value> = values
                .iter()
                .map(|value| said_otherwise(value, rng, lists_may_move))
                .collect();
            if lists_may_move {
                rng.shuffle(&mut values);
            }
            Value::Array(values)
        }
        Value::Bool(on) => match rng.u8(..2) {
            0 => json!(on),
            _ => json!(on.to_string()),
        },
        Value::Number(number) if number.is_u64() && rng.bool() => json!(number.as_f64().unwrap()),
        other => other.clone(),
    }
}

#[tokio::test]
async fn partners_said_otherwise_are_the_same_partners() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(130));
    let first = world.poll("alma.partners/01ELM_INST").await;
    assert_eq!((first.outcome, first.added), (Outcome::Ok, 130));
    for seed in 0..20 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut shuffled: Vec<Value> = partners(130)
            .iter()
            .map(|partner| said_otherwise(partner, &mut rng, true))
            .collect();
        rng.shuffle(&mut shuffled);
        world.wire().partners.insert(ELM.into(), shuffled);
        let poll = world.poll("alma.partners/01ELM_INST").await;
        assert_eq!(
            (poll.outcome, poll.added, poll.removed, poll.modified),
            (Outcome::Ok, 0, 0, 0),
            "seed {seed}: {poll:?}"
        );
    }
}

#[tokio::test]
async fn a_view_said_otherwise_is_the_same_view() {
    let world = World::new().await;
    world.wire().views.insert(format!("{ELM}:MAIN"), view(ELM));
    let first = world.poll("primo.view/01ELM_INST:MAIN").await;
    assert_eq!(first.outcome, Outcome::Ok);
    assert!(first.added > 10, "{first:?}");
    for seed in 0..20 {
        let mut rng = fastrand::Rng::with_seed(seed);
        world
            .wire()
            .views
            .insert(format!("{ELM}:MAIN"), said_otherwise(&view(ELM), &mut rng, true));
        let poll = world.poll("primo.view/01ELM_INST:MAIN").await;
        assert_eq!(
            (poll.outcome, poll.added, poll.removed, poll.modified),
            (Outcome::Ok, 0, 0, 0),
            "seed {seed}: {poll:?}"
        );
    }
}

#[tokio::test]
async fn a_page_with_other_markup_and_order_holds_the_same_items() {
    let world = World::new().await;
    let items: Vec<NotesItem<'_>> = vec![
        (
            "Lend Across Two Networks",
            "February 2027 Resource Sharing URM-1001",
            "Two networks can now lend to each other. A partner of the other network is shown with its pod.",
        ),
        (
            "Rota Templates by Format",
            "February 2027 Fulfillment - Resource Sharing URM-1002",
            "Rota templates can be chosen by the format of the request, and an empty one is refused.",
        ),
        (
            "New Icon in the Task List",
            "February 2027 Fulfillment",
            "The icon of the task list was replaced.",
        ),
    ];
    world.wire().pages.insert(
        notes_path(2027),
        notes_page(
            2027,
            &items,
            &["URM-2001 A pickup list showed requests twice. This was fixed."],
        ),
    );
    let first = world.poll("release-notes/alma").await;
    assert_eq!((first.outcome, first.added), (Outcome::Ok, 4), "{first:?}");
    for seed in 0..10 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut items = items.clone();
        rng.shuffle(&mut items);
        let page = notes_page(
            2027,
            &items,
            &["URM-2001 A pickup list showed requests twice. This was fixed."],
        )
        .replace(
            "class=\"meta\"",
            &format!("class=\"meta v{seed}\" data-run=\"{}\"", rng.u32(..)),
        )
        .replace("</p>\n<p>", "</p>\n\n  <!-- edited -->\n<p> ")
        .replace("</h3>", if rng.bool() { "&nbsp;</h3>" } else { " </h3>" });
        world.wire().pages.insert(notes_path(2027), page);
        let poll = world.poll("release-notes/alma").await;
        assert_eq!(
            (poll.outcome, poll.added, poll.removed, poll.modified),
            (Outcome::Ok, 0, 0, 0),
            "seed {seed}: {poll:?}"
        );
    }
}
