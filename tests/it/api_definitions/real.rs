//! Ex Libris' own definitions of two dates, between which nothing changed but their formatting, and edits of them. They are no
//! part of the project: where they are absent these stories are skipped, and say so.

use std::path::PathBuf;

use almanac::model::answer::Outcome;
use serde_json::{Value, json};

use super::own::{area_path, schema_path, shuffled};
use super::{WATCH, titles, watching};
use crate::world::World;

const DATES: [&str; 2] = ["2026-03-12", "2026-05-29"];

/// Where the real material lies.
fn real() -> Option<PathBuf> {
    let shared = std::env::var_os("ALMANAC_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let dir = shared.join("exlibris");
    if dir.join("openapi").join(DATES[1]).join("conf.json").is_file() {
        return Some(dir);
    }
    println!("skipped: Ex Libris' definitions are not at {}", dir.display());
    None
}

fn publish_area(world: &World, real: &std::path::Path, date: &str, area: &str) {
    let text = std::fs::read_to_string(real.join("openapi").join(date).join(format!("{area}.json"))).unwrap();
    world.wire().pages.insert(area_path(area), text);
}

/// The files of schemas that there are; the rest does not exist here.
fn publish_schemas(world: &World, real: &std::path::Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(real.join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|extension| extension == "json") && name.starts_with("rest_") {
            world
                .wire()
                .pages
                .insert(schema_path(&name), std::fs::read_to_string(&path).unwrap());
            count += 1;
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_real_dates_of_conf_and_acq_give_no_change() {
    let Some(real) = real() else { return };
    let world = watching(&["acq", "conf"]).await;
    for area in ["acq", "conf"] {
        publish_area(&world, &real, DATES[0], area);
    }
    assert!(publish_schemas(&world, &real) >= 15);
    let first = world.poll(WATCH).await;
    assert_eq!(
        (first.outcome, first.added, first.events),
        (Outcome::Ok, 59 + 68, 0),
        "{:?}",
        first.reason
    );
    for area in ["acq", "conf"] {
        publish_area(&world, &real, DATES[1], area);
    }
    let second = world.poll(WATCH).await;
    assert_eq!(second.outcome, Outcome::Ok, "{:?}", second.reason);
    assert_eq!(
        (second.added, second.removed, second.modified, second.events),
        (0, 0, 0, 0)
    );
    println!(
        "conf and acq: {} calls a poll, {} operations, no change",
        second.calls, first.added
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn all_real_areas_are_read_and_reordering_them_changes_nothing() {
    let Some(real) = real() else { return };
    let areas = [
        "acq",
        "analytics",
        "bibs",
        "conf",
        "courses",
        "electronic",
        "partners",
        "task-lists",
        "users",
    ];
    let world = watching(&areas).await;
    for area in areas.into_iter().filter(|area| *area != "task-lists") {
        publish_area(&world, &real, DATES[1], area);
    }
    publish_schemas(&world, &real);
    let first = world.poll(WATCH).await;
    assert_eq!((first.outcome, first.events), (Outcome::Ok, 0), "{:?}", first.reason);
    println!("{} operations in {} calls", first.added, first.calls);
    let mut dice = fastrand::Rng::with_seed(3);
    let pages = world.wire().pages.clone();
    for (path, text) in pages {
        let other = shuffled(&serde_json::from_str(&text).unwrap(), "", &mut dice);
        world.wire().pages.insert(path, other);
    }
    let second = world.poll(WATCH).await;
    assert_eq!(
        (second.outcome, second.added + second.removed + second.modified),
        (Outcome::Ok, 0)
    );
    assert_eq!(first.calls, second.calls);
}

/// Edits an operation.
type Edit = (&'static str, fn(&mut Value));

/// Edits that do to any operation.
const EDITS: [Edit; 6] = [
    ("deprecated", |operation| operation["deprecated"] = json!(true)),
    ("a parameter more", |operation| {
        let more = json!({ "name": "own_parameter", "in": "query", "required": false, "schema": { "type": "string" } });
        operation["parameters"].as_array_mut().unwrap().insert(0, more);
    }),
    ("a required parameter more", |operation| {
        let more = json!({ "name": "own_parameter", "in": "query", "required": true, "schema": { "type": "string" } });
        operation["parameters"].as_array_mut().unwrap().push(more);
    }),
    ("another answer", |operation| {
        operation["responses"]["418"] = json!({ "description": "A teapot." })
    }),
    ("permitted values", |operation| {
        let more = json!({ "name": "own", "in": "header", "required": false, "schema": { "type": "string", "enum": ["A", "B"] } });
        operation["parameters"].as_array_mut().unwrap().push(more);
    }),
    ("an answer described on the spot", |operation| {
        operation["responses"]["202"] =
            json!({ "description": "Later.", "content": { "application/json": { "schema": { "type": "string" } } } });
    }),
];

/// Files of schemas that only one operation of conf leads to, and where a field is added, taken, or is otherwise.
const SCHEMAS: [(&str, &str, &str); 2] = [
    ("rest_general", "general", "alma_url"),
    ("rest_code_tables", "code_tables", "total_record_count"),
];

#[tokio::test(flavor = "multi_thread")]
async fn thirty_edits_of_the_real_conf_are_told_thirty_times() {
    let Some(real) = real() else { return };
    let world = watching(&["conf"]).await;
    publish_area(&world, &real, DATES[0], "conf");
    publish_schemas(&world, &real);
    world.poll(WATCH).await;

    let path = area_path("conf");
    let mut conf: Value = serde_json::from_str(&world.wire().pages[&path]).unwrap();
    let schema_operations = ["/almaws/v1/conf/general", "/almaws/v1/conf/code-tables"];
    let mut operations: Vec<(String, String)> = Vec::new();
    for (path, item) in conf["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys();
        operations.extend(methods.map(|method| (path.clone(), method.clone())));
    }
    operations.retain(|(path, _)| !schema_operations.contains(&path.as_str()));
    let mut told = 0;
    // One comes, two go.
    conf["paths"]["/almaws/v1/conf/own"] = json!({ "get": { "summary": "Own", "parameters": [], "responses": {} } });
    for (path, method) in operations.drain(..2) {
        conf["paths"][&path].as_object_mut().unwrap().remove(&method).unwrap();
        told += 1;
    }
    told += 1;
    for (place, (path, method)) in operations.drain(..25).enumerate() {
        (EDITS[place % EDITS.len()].1)(&mut conf["paths"][&path][&method]);
        told += 1;
    }
    world.wire().pages.insert(path, conf.to_string());
    for (file, object, field) in SCHEMAS {
        let at = schema_path(file);
        let mut schema: Value = serde_json::from_str(&world.wire().pages[&at]).unwrap();
        let kind = &mut schema[object]["properties"][field]["type"];
        assert!(kind.is_string(), "{file} has no {field}");
        *kind = json!("boolean");
        world.wire().pages.insert(at, schema.to_string());
        told += 1;
    }
    assert_eq!(told, 30);
    let row = world.poll(WATCH).await;
    assert_eq!(
        (row.outcome, row.added + row.removed + row.modified, row.events),
        (Outcome::Ok, 30, 30),
        "{row:?}"
    );
    let titles = titles(&world).await;
    assert_eq!(titles.len(), 30);
    assert!(
        titles
            .iter()
            .any(|title| title.contains("“alma_url” of the answer is boolean now, no longer string")),
        "{titles:#?}"
    );
}
