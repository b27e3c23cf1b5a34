//! What goes wrong with files, and is no change.

use std::time::Duration;

use almanac::model::answer::Outcome;
use serde_json::json;

use super::own::{Definitions, area_path, path, schema_path};
use super::{EDITS, WATCH, titles, watching};
use crate::world::{Fault, World};

fn fault(world: &World, path: &str, status: u16, body: &str) {
    world.wire().faults.push(Fault {
        where_: path.to_owned(),
        status,
        body: body.to_owned(),
        times: None,
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_fails_hides_its_own_fields_and_nothing_else() {
    for (status, body) in [
        (404, "<html><body>Not found</body></html>"),
        (500, ""),
        (200, "<!DOCTYPE html><html><title>Maintenance</title></html>"),
        (200, "{\"own_book_0\": {\"type\": "),
        (200, "{}"),
    ] {
        let world = watching(&["shelves"]).await;
        let mut definitions = Definitions::new(2);
        definitions.publish(&world);
        world.poll(WATCH).await;
        let book = schema_path("own_book_0");
        fault(&world, &book, status, body);
        // Another schema, and the operation itself, change meanwhile.
        definitions.parameter(0, 1)["required"] = json!(true);
        definitions.fields(1)["height"] = json!({ "type": "integer" });
        definitions.publish(&world);
        let row = world.poll(WATCH).await;
        assert_eq!(row.outcome, Outcome::Partial, "{status} {body}");
        let reason = row.reason.unwrap();
        assert!(
            reason.contains("shelves schemas") && reason.contains("own_book_0"),
            "{reason}"
        );
        assert_eq!((row.removed, row.modified, row.events), (0, 2, 2), "{status} {body}");
        let told = titles(&world).await;
        assert!(
            told[0].contains("the parameter “order” (query) is required now"),
            "{told:?}"
        );
        assert!(told[1].contains("the field “height” of the answer is new"), "{told:?}");

        // It is back, with a field more: that is all that is told.
        world.wire().faults.clear();
        let name = "own_book_0";
        definitions.schemas.get_mut(name).unwrap()[name]["properties"]["author"] = json!({ "type": "string" });
        definitions.publish(&world);
        let row = world.poll(WATCH).await;
        assert_eq!((row.outcome, row.events), (Outcome::Ok, 1), "{status} {body}");
        assert!(titles(&world).await[2].contains("the field “books[]/author” of the answer is new"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_was_never_there_is_no_trouble_and_its_first_reading_no_news() {
    let world = watching(&["shelves"]).await;
    let mut definitions = Definitions::new(1);
    let book = definitions.schemas.remove("own_book_0").unwrap();
    definitions.publish(&world);
    for _ in 0..4 {
        assert_eq!(world.poll(WATCH).await.outcome, Outcome::Ok);
    }
    definitions.schemas.insert("own_book_0".to_owned(), book);
    definitions.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.modified, row.events), (Outcome::Ok, 1, 0));
    (EDITS[25].1)(&mut definitions, 0);
    definitions.publish(&world);
    assert_eq!(world.poll(WATCH).await.events, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_off_or_a_page_or_gone_removes_nothing() {
    let whole = format!("{:#}", Definitions::new(3).body);
    let cut = &whole[..whole.len() / 2];
    let answers = [
        (200, cut),
        (200, "<!DOCTYPE html><html><head><title>Sign In</title></head></html>"),
        (200, "{\"message\": \"try later\"}"),
        (200, ""),
        (404, ""),
        (503, "<html>Maintenance</html>"),
    ];
    for (status, body) in answers {
        let world = watching(&["shelves", "rooms"]).await;
        Definitions::new(3).publish(&world);
        let mut rooms = Definitions::new(1);
        rooms.area = "rooms".to_owned();
        rooms.publish(&world);
        world.poll(WATCH).await;
        fault(&world, &area_path("shelves"), status, body);
        let row = world.poll(WATCH).await;
        assert_eq!(row.outcome, Outcome::Partial, "{status} {body}: {row:?}");
        assert_eq!(row.added + row.removed + row.modified + row.events, 0);
        assert!(row.reason.unwrap().starts_with("shelves: "));
        assert_eq!(world.keys(WATCH).await.len(), 10);

        // And with the other one gone as well, the poll has failed.
        fault(&world, &area_path("rooms"), 500, "");
        let row = world.poll(WATCH).await;
        let expected = if status == 404 {
            Outcome::Partial
        } else {
            Outcome::Failed
        };
        if status != 404 {
            assert_eq!(row.outcome, expected, "{status} {body}: {row:?}");
        }
        assert_eq!(row.removed + row.events, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_without_operations_is_believed_after_a_day_or_when_a_person_says_so() {
    let world = watching(&["shelves", "rooms"]).await;
    let mut shelves = Definitions::new(1);
    shelves.publish(&world);
    let mut rooms = Definitions::new(4);
    rooms.area = "rooms".to_owned();
    rooms.publish(&world);
    world.poll(WATCH).await;
    shelves.body["paths"] = json!({});
    shelves.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.removed, row.events), (Outcome::Failed, 0, 0));
    assert!(
        row.reason
            .unwrap()
            .contains("the definition of shelves holds no operation any more; it is believed after 3")
    );
    world.hand.advance(Duration::from_hours(12));
    assert_eq!(world.poll(WATCH).await.removed, 0);
    world.hand.advance(Duration::from_hours(12));
    let row = world.poll(WATCH).await;
    assert_eq!((row.removed, row.events), (3, 3));

    // Most of an area gone at once is doubted too.
    for place in 0..3 {
        rooms.body["paths"]
            .as_object_mut()
            .unwrap()
            .remove(&path(place))
            .unwrap();
    }
    rooms.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.removed), (Outcome::Failed, 0));
    assert!(row.reason.unwrap().contains("6 of the 9 records of rooms are missing"));
    let row = world.almanac.poll(&world.watch(WATCH), true).await;
    assert_eq!((row.outcome, row.removed, row.events), (Outcome::Partial, 6, 6));
    let reason = row.reason.unwrap();
    assert_eq!(
        reason, "shelves: it holds no operation",
        "it is said until someone takes the area out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_are_never_asked_and_a_host_that_is_down_not_for_everything() {
    let world = watching(&["shelves"]).await;
    let mut definitions = Definitions::new(40);
    let elsewhere = json!({ "$ref": "https://elsewhere.example.org/schemas/own.json#/own" });
    definitions.operation(0, "get")["responses"]["200"]["content"] =
        json!({ "application/json": { "schema": elsewhere } });
    definitions.publish(&world);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.events), (Outcome::Ok, 0), "{:?}", row.reason);
    assert!(
        !world
            .asked()
            .await
            .iter()
            .any(|call| call.contains("/schemas/own.json"))
    );

    fault(&world, "/openapi/schemas/", 500, "");
    let row = world.poll(WATCH).await;
    assert_eq!(
        (row.outcome, row.removed, row.modified, row.events),
        (Outcome::Partial, 0, 0, 0)
    );
    assert!(row.calls < 30, "{} calls of a host that is down", row.calls);
}
