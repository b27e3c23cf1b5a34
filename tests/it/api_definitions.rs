//! Ex Libris' API definitions, seen from outside: what an edit of them tells, and what tells nothing.

mod edits;
mod own;
mod real;
mod troubles;

use std::collections::BTreeMap;

use almanac::model::answer::Outcome;
use almanac::model::event::{EventKind, Severity, Topic};
use serde_json::{Value, json};

use self::edits::EDITS;
use self::own::Definitions;
use crate::privacy::run;
use crate::world::World;

/// The watch of these stories.
const WATCH: &str = "api-definitions/alma";

/// A world that watches these areas.
async fn watching(areas: &[&str]) -> World {
    World::with(&format!(
        "[[watch]]\nsource = \"api-definitions\"\nsubject = \"alma\"\nareas = {areas:?}\nschedule = \"0 6 * * *\"\n"
    ))
    .await
}

/// What is told of operations, as `key: title`, oldest first.
async fn titles(world: &World) -> Vec<String> {
    let events = world.events().await;
    events
        .iter()
        .filter(|event| event.kind == EventKind::ApiChanged)
        .map(|event| format!("{}: {}", event.key.as_deref().unwrap_or_default(), event.title))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_edits_are_told_thirty_times_and_each_of_them_in_words_of_its_own() {
    let world = watching(&["shelves"]).await;
    let mut definitions = Definitions::new(EDITS.len());
    definitions.publish(&world);
    let first = world.poll(WATCH).await;
    assert_eq!(first.outcome, Outcome::Ok, "{:?}", first.reason);
    assert_eq!(first.events, 0, "the first reading is a baseline");
    assert_eq!(first.added as usize, 2 * EDITS.len() + 1);

    for (place, (_, edit, _)) in EDITS.iter().enumerate() {
        edit(&mut definitions, place);
    }
    definitions.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.events), (Outcome::Ok, 30), "{:?}", row.reason);
    assert_eq!(row.added + row.removed + row.modified, 30);
    let told = titles(&world).await;
    assert_eq!(told.len(), 30);
    for (place, (what, _, words)) in EDITS.iter().enumerate() {
        let of_this: Vec<&String> = told.iter().filter(|title| title.contains(&own::path(place))).collect();
        assert_eq!(of_this.len(), 1, "{what}: {of_this:?}");
        assert!(of_this[0].contains(words), "{what}: {}", of_this[0]);
    }
    assert!(world.events().await.iter().all(|event| {
        event.severity == Severity::Notice
            && event.topics == [Topic::ApisIntegration]
            && event.institution.is_none()
            && event
                .link
                .as_deref()
                .is_some_and(|link| link.starts_with("https://developers.exlibrisgroup.com/alma/apis/"))
    }));

    // The same thirty again, in another order of everything, and the same in one line: nothing.
    for seed in 0..3 {
        definitions.publish_shuffled(&world, seed);
        let row = world.poll(WATCH).await;
        assert_eq!(
            (row.outcome, row.added + row.removed + row.modified + row.events),
            (Outcome::Ok, 0)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_edit_after_the_other_is_one_field_each_and_taking_it_back_is_another_event() {
    let world = watching(&["shelves"]).await;
    let mut definitions = Definitions::new(1);
    definitions.publish(&world);
    world.poll(WATCH).await;
    let untouched = definitions.clone();
    for (n, (what, edit, words)) in EDITS.iter().enumerate() {
        edit(&mut definitions, 0);
        definitions.publish(&world);
        let row = world.poll(WATCH).await;
        assert_eq!(
            (row.events, row.added + row.removed + row.modified),
            (1, 1),
            "{what}: {row:?}"
        );
        let told = titles(&world).await;
        assert!(told.last().unwrap().contains(words), "{what}: {told:?}");
        assert!(!told.last().unwrap().contains("more change"), "{what}: {told:?}");

        definitions = untouched.clone();
        definitions.publish(&world);
        let row = world.poll(WATCH).await;
        assert_eq!(
            (row.events, titles(&world).await.len()),
            (1, 2 * n + 2),
            "{what}: {row:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_a_schema_behind_a_schema_is_seen_at_the_operation_that_answers_with_it() {
    let world = watching(&["shelves"]).await;
    let mut definitions = Definitions::new(2);
    definitions.publish(&world);
    world.poll(WATCH).await;
    let book = definitions.schemas.get_mut("own_book_1").unwrap();
    book["own_book_1"]["properties"]["loan"]["enum"] = json!(["LONG", "SHORT", "RESOURCE_SHARING"]);
    definitions.publish(&world);
    world.poll(WATCH).await;
    let events = world.events().await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.key.as_deref(), Some("shelves GET /almaws/v1/shelves/s01/{id}"));
    assert_eq!(
        event.title,
        "Alma API, GET /almaws/v1/shelves/s01/{id}: the field “books[]/loan” of the answer permits the new value RESOURCE_SHARING"
    );
    assert!(event.topics.contains(&Topic::ResourceSharing));
    let changes: Vec<&str> = event.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(changes, ["/responses/200/body/fields/books/items/fields/loan/enum"]);
    assert_eq!(
        world
            .asked()
            .await
            .iter()
            .filter(|call| call.contains("own_book_1"))
            .count(),
        2,
        "once a poll"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_area_is_a_baseline_whether_it_was_asked_for_before_or_not() {
    let mut world = watching(&["shelves", "rooms"]).await;
    let mut definitions = Definitions::new(2);
    definitions.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!(
        row.outcome,
        Outcome::Ok,
        "an area that Ex Libris does not publish is no trouble"
    );
    // It is published now; and another one is added to the settings.
    let mut rooms = Definitions::new(3);
    rooms.area = "rooms".to_owned();
    rooms.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.added, row.events), (Outcome::Ok, 7, 0));
    let mut doors = Definitions::new(1);
    doors.area = "doors".to_owned();
    doors.publish(&world);
    world
        .reconfigure(|text| {
            text.replace(
                r#"areas = ["shelves", "rooms"]"#,
                r#"areas = ["shelves", "rooms", "doors"]"#,
            )
        })
        .await;
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.added, row.events), (Outcome::Ok, 3, 0));
    // From then on it is watched like the others.
    (EDITS[0].1)(&mut definitions, 0);
    definitions.publish(&world);
    assert_eq!(world.poll(WATCH).await.events, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_counts_operations_and_names_what_cannot_be_read() {
    let world = watching(&["shelves", "rooms"]).await;
    let mut definitions = Definitions::new(2);
    definitions.schemas.remove("own_book_1");
    definitions.publish(&world);
    let row = |output: Vec<u8>| -> BTreeMap<String, Value> {
        let text = String::from_utf8(output).unwrap();
        let json: Vec<BTreeMap<String, Value>> = text
            .lines()
            .find_map(|_| {
                serde_json::from_str(&text[text.find("[\n").or(text.find("[{")).unwrap()..=text.rfind(']').unwrap()])
                    .ok()
            })
            .unwrap_or_else(|| panic!("{text}"));
        json.into_iter().find(|row| row["subject"] == WATCH).unwrap()
    };
    let checked = row(check(&world).await);
    assert_eq!(checked["ok"], true, "{checked:?}");
    assert_eq!(
        checked["detail"],
        "1 area read, 5 operations (shelves 5), 3 schemas; not published: rooms; 1 schema cannot be read: \
         own_shelf_1#/own_shelf_1 (own_book_1#/own_book_1: it does not exist)"
    );
    world.wire().pages.insert(
        own::area_path("rooms"),
        "<!DOCTYPE html><html><title>Sign in</title></html>".to_owned(),
    );
    let checked = row(check(&world).await);
    assert_eq!(checked["ok"], false);
    assert!(
        checked["detail"]
            .as_str()
            .unwrap()
            .contains("rooms: reading the definition of rooms: implausible answer: an HTML page")
    );
    assert!(checked["remedy"].as_str().unwrap().contains("correct `address`"));
}

/// `almanac check --json`, without its log.
async fn check(world: &World) -> Vec<u8> {
    let config = world.config_file();
    tokio::task::spawn_blocking(move || {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(["check", "--json", "--config"])
            .arg(config)
            .output()
            .unwrap();
        ran.stdout
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn show_prints_an_operation_as_it_was() {
    let world = watching(&["shelves"]).await;
    Definitions::new(1).publish(&world);
    world.poll(WATCH).await;
    let said = run(&world, &["show", WATCH, "shelves GET /almaws/v1/shelves/s00/{id}"]).await;
    let said = String::from_utf8_lossy(&said);
    for words in ["Retrieve Shelf", "query order", "own_shelf_0#/own_shelf_0"] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
}
