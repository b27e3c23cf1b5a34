use proptest::prelude::*;

use super::*;
use crate::model::observation::Identity;

const NETWORK: &str = "https://developers.exlibrisgroup.com/";
const AREA: &str = "https://developers.exlibrisgroup.com/wp-content/uploads/alma/openapi/shelves.json";
const SCHEMAS: &str = "https://developers.exlibrisgroup.com/wp-content/uploads/alma/openapi/schemas";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// A definition in the shape of the real ones.
fn definition() -> Value {
    let body = |schema: &str| {
        let media = json!({ "schema": { "$ref": format!("{SCHEMAS}/{schema}.json#/{schema}") } });
        json!({ "application/json": media, "application/xml": media })
    };
    json!({
        "openapi": "3.0.1",
        "info": { "title": "Own APIs", "version": "1.0" },
        "servers": [{ "url": "https://api-xx.example.org" }],
        "tags": [{ "name": "Shelves" }],
        "paths": {
            "/almaws/v1/shelves": {},
            "/almaws/v1/shelves/{shelf_id}": {
                "parameters": [{ "$ref": "#/components/parameters/shelf" }],
                "get": {
                    "tags": ["Shelves"],
                    "operationId": "get/almaws/v1/shelves/{shelf_id}",
                    "summary": "Retrieve  a Shelf",
                    "description": "Gives a shelf.",
                    "parameters": [
                        { "name": "view", "in": "query", "required": false, "description": "How much.",
                          "schema": { "type": "string", "default": "", "enum": ["full", "brief"] } },
                        { "name": "rows", "in": "query", "required": true, "schema": { "type": "integer", "default": 10.0 } }
                    ],
                    "responses": {
                        "200": { "description": "OK", "headers": { "X-Left": { "$ref": "#/components/headers/left" } },
                                 "content": body("own_shelf") },
                        "400": { "description": "Bad Request" }
                    }
                },
                "put": {
                    "deprecated": true,
                    "requestBody": { "required": true, "content": body("own_shelf-put") },
                    "responses": { "204": { "description": "No content" } }
                }
            }
        },
        "components": {
            "headers": { "left": { "schema": { "type": "integer" } } },
            "parameters": { "shelf": { "name": "shelf_id", "in": "path", "required": true, "schema": { "type": "string" } } }
        }
    })
}

fn schemas() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        (
            "own_shelf",
            json!({
                "own_shelf": { "description": "A shelf.", "$ref": "#/shelf" },
                "shelf": {
                    "type": "object", "required": ["code"], "xml": { "name": "shelf" },
                    "properties": {
                        "code": { "type": "string", "example": "A", "description": "Its code." },
                        "description": { "type": "string" },
                        "state": { "type": "string", "enum": ["OPEN", "CLOSED"] },
                        "books": { "type": "array", "items": { "$ref": "./own_book.json#/own_book" } }
                    }
                }
            }),
        ),
        (
            "own_book",
            json!({ "own_book": { "type": "object", "properties": {
                "title": { "type": "string" },
                "shelf": { "$ref": "own_shelf.json#/shelf" }
            } } }),
        ),
        (
            "own_shelf-put",
            json!({ "own_shelf-put": { "allOf": [
                { "type": "object", "required": ["code"], "properties": { "name": { "type": ["string", "null"] } } },
                { "properties": { "code": { "type": "string", "maxLength": 4 } } }
            ] } }),
        ),
    ])
}

fn files(definition: &Value, schemas: &BTreeMap<&'static str, Value>) -> Files {
    let mut files = Files::new(&url(NETWORK));
    files.put(&url(AREA), &url(AREA), definition.clone());
    for (name, body) in schemas {
        let at = url(&format!("{SCHEMAS}/{name}.json"));
        files.put(&at, &at, body.clone());
    }
    files
}

fn read(definition: &Value, schemas: &BTreeMap<&'static str, Value>) -> AreaRead {
    read_area("shelves", "Alma", definition, &url(AREA), &files(definition, schemas)).unwrap()
}

fn key_of(draft: &crate::model::observation::Draft) -> &str {
    match &draft.identity {
        Identity::Key(key) => key,
        Identity::Matched { .. } => panic!("operations have keys of their own"),
    }
}

#[test]
fn an_operation_is_what_a_program_depends_on() {
    let read = read(&definition(), &schemas());
    let keys: Vec<&str> = read.drafts.iter().map(key_of).collect();
    assert_eq!(
        keys,
        [
            "shelves GET /almaws/v1/shelves/{shelf_id}",
            "shelves PUT /almaws/v1/shelves/{shelf_id}"
        ]
    );
    assert_eq!((read.odd, read.missing.len()), (0, 0));
    assert_eq!(
        read.drafts[0].body,
        json!({
            "area": "shelves", "product": "Alma", "method": "GET", "path": "/almaws/v1/shelves/{shelf_id}",
            "summary": "Retrieve a Shelf", "deprecated": false,
            "parameters": {
                "path shelf_id": { "required": true, "type": "string" },
                "query rows": { "required": true, "type": "integer", "default": 10 },
                "query view": { "required": false, "type": "string", "enum": ["brief", "full"] }
            },
            "responses": {
                "200": {
                    "content": ["application/json", "application/xml"], "schema": "own_shelf#/own_shelf",
                    "body": { "type": "object", "fields": {
                        "code": { "type": "string", "required": true },
                        "description": { "type": "string" },
                        "state": { "type": "string", "enum": ["CLOSED", "OPEN"] },
                        "books": { "type": "array", "items": { "type": "object", "fields": {
                            "title": { "type": "string" },
                            "shelf": { "again": "own_shelf#/shelf" }
                        } } }
                    } }
                },
                "400": {}
            }
        })
    );
    let put = &read.drafts[1].body;
    assert_eq!(put["deprecated"], true);
    assert_eq!(put["parameters"]["path shelf_id"]["required"], true);
    assert_eq!(
        put["request"]["body"],
        json!({ "type": "object", "fields": {
            "name": { "type": "string", "nullable": true },
            "code": { "type": "string", "maxLength": 4, "required": true }
        } })
    );
    assert_eq!(put["responses"], json!({ "204": {} }));
}

#[test]
fn a_schema_that_cannot_be_read_leaves_the_fields_unknown_and_nothing_else() {
    let definition = definition();
    let mut fewer = schemas();
    fewer.remove("own_book");
    let mut files = files(&definition, &fewer);
    let why = Missing {
        reason: "the answer is larger than 5 bytes".to_owned(),
        passing: true,
    };
    files.put_missing(&url(&format!("{SCHEMAS}/own_book.json")), why);
    let read = read_area("shelves", "Alma", &definition, &url(AREA), &files).unwrap();
    let get = &read.drafts[0].body;
    assert_eq!(get["responses"]["200"]["schema"], "own_shelf#/own_shelf");
    assert_eq!(
        get["responses"]["200"].get("body"),
        None,
        "half a tree would look like fields that are gone"
    );
    assert_eq!(get["parameters"].as_object().unwrap().len(), 3);
    assert_eq!(
        read.unread,
        BTreeMap::from([(
            key_of(&read.drafts[0]).to_owned(),
            vec!["/responses/200/body".to_owned()]
        )])
    );
    let missing = &read.missing["own_shelf#/own_shelf"];
    assert!(
        missing.passing && missing.reason == "own_book#/own_book: the answer is larger than 5 bytes",
        "{missing:?}"
    );
    assert_eq!(
        read.schemas_read.iter().collect::<Vec<_>>(),
        ["own_shelf-put#/own_shelf-put"]
    );
}

#[test]
fn what_is_no_definition_is_none_and_what_never_ends_is_cut() {
    let files = Files::new(&url(NETWORK));
    for wrong in [
        json!([]),
        json!({}),
        json!({ "paths": {} }),
        json!({ "openapi": "3.0.1", "paths": [] }),
        json!("x"),
    ] {
        assert!(read_area("x", "Alma", &wrong, &url(AREA), &files).is_err(), "{wrong}");
    }
    let none = json!({ "swagger": "2.0", "paths": {} });
    assert_eq!(
        read_area("x", "Alma", &none, &url(AREA), &files),
        Ok(AreaRead::default())
    );
    let odd = json!({ "openapi": "3.0.1", "paths": { "/a": 7, "/b": { "get": "x", "summary": "words" } } });
    assert_eq!(read_area("x", "Alma", &odd, &url(AREA), &files).unwrap().odd, 2);
    // What an operation answers stands elsewhere, and there is nothing.
    let elsewhere =
        json!({ "openapi": "3.0.1", "paths": { "/a": { "get": { "responses": { "200": { "$ref": "#/none" } } } } } });
    let read_elsewhere = read_area(
        "x",
        "Alma",
        &elsewhere,
        &url(AREA),
        &self::files(&elsewhere, &schemas()),
    )
    .unwrap();
    assert_eq!((read_elsewhere.odd, read_elsewhere.drafts.len()), (1, 0));

    // Twenty names, each of which holds the next one twice: a million fields if anyone followed all of them.
    let mut doubling = serde_json::Map::new();
    for level in 0..20 {
        let next = json!({ "$ref": format!("#/l{}", level + 1) });
        doubling.insert(format!("l{level}"), json!({ "properties": { "a": next, "b": next } }));
    }
    doubling.insert("l20".to_owned(), json!({ "type": "string" }));
    let mut schemas = schemas();
    schemas.insert("own_shelf", json!({ "own_shelf": { "$ref": "own_book.json#/l0" } }));
    schemas.insert("own_book", Value::Object(doubling));
    let read = read(&definition(), &schemas);
    assert!(
        read.missing["own_shelf#/own_shelf"]
            .reason
            .contains("more than 10000 fields")
    );
    // References that only lead to each other.
    schemas.insert(
        "own_book",
        json!({ "l0": { "$ref": "#/l1" }, "l1": { "$ref": "#/l0" } }),
    );
    let read = self::read(&definition(), &schemas);
    assert_eq!(
        read.drafts[0].body["responses"]["200"]["body"],
        json!({ "again": "own_book#/l0" })
    );
}

fn gathered(found: Found) -> Gathered {
    let mut all = files(&definition(), &schemas());
    if let Found::File(file) = &found {
        all.put(&file.url, &file.url, file.body.clone());
    }
    Gathered {
        areas: vec![Area {
            name: "shelves".to_owned(),
            found,
        }],
        files: all,
    }
}

fn file(body: Value) -> Found {
    Found::File(JsonFile {
        url: url(AREA),
        body,
        bytes: 0,
    })
}

#[test]
fn an_area_that_never_was_there_is_a_remark_and_one_that_is_gone_is_doubted() {
    let first = observation_of(&gathered(file(definition())), "Alma", &Known::default());
    assert!(first.coverage.is_complete("shelves") && first.coverage.0.len() == 1);
    let memory = first.memory.unwrap();
    let known = Known::of(Some(&memory));

    let never = observation_of(&gathered(Found::Absent), "Alma", &Known::default());
    assert!(never.coverage.0.is_empty(), "so that it is a baseline when it comes");
    assert_eq!(never.remarks, ["shelves is not published"]);
    let gone = observation_of(&gathered(Found::Absent), "Alma", &known);
    assert_eq!(gone.coverage.0["shelves"], PartitionRead::Absent);
    assert_eq!(gone.memory.as_ref(), Some(&memory), "it is not forgotten by that");

    let empty = || gathered(file(json!({ "openapi": "3.0.1", "paths": {} })));
    let seen = observation_of(&empty(), "Alma", &Known::default());
    assert!(matches!(&seen.coverage.0["shelves"], PartitionRead::Failed { reason } if reason.contains("no operation")));
    let seen = observation_of(&empty(), "Alma", &known);
    assert!(seen.coverage.is_complete("shelves"));
    assert!(seen.suspicion.unwrap().contains("shelves holds no operation any more"));
}

#[test]
fn a_schema_that_is_gone_is_a_shortfall_only_where_it_was_read_before() {
    let without_book = || {
        let mut gathered = gathered(file(definition()));
        let lasting = Missing::lasting("it does not exist");
        gathered
            .files
            .put_missing(&url(&format!("{SCHEMAS}/own_book.json")), lasting);
        gathered
    };
    let first = observation_of(&without_book(), "Alma", &Known::default());
    assert!(
        first.coverage.is_whole(),
        "nothing that was known is unknown now: {:?}",
        first.coverage
    );
    assert!(
        first.remarks[0].contains("own_shelf#/own_shelf (own_book#/own_book: it does not exist)"),
        "{:?}",
        first.remarks
    );

    let whole = observation_of(&gathered(file(definition())), "Alma", &Known::default());
    let memory = whole.memory.unwrap();
    let later = observation_of(&without_book(), "Alma", &Known::of(Some(&memory)));
    assert!(
        matches!(&later.coverage.0["shelves schemas"], PartitionRead::Partial { reason } if reason.contains("own_book"))
    );
    assert!(
        later.coverage.is_complete("shelves"),
        "the list of operations was read wholly"
    );
    assert_eq!(
        later.memory.as_ref(),
        Some(&memory),
        "it is still known that it was read"
    );
    assert_eq!(later.unread.len(), 1);
}

/// The same content in another order: lists that are sets, and the words that say nothing to a program.
fn shuffled(value: &Value, dice: &mut fastrand::Rng, within: &str) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, field)| {
                    let is_prose = ["description", "example", "title"].contains(&key.as_str()) && field.is_string();
                    let field = if is_prose {
                        Value::from(format!("Other words {}.", dice.u32(..)))
                    } else {
                        shuffled(field, dice, key)
                    };
                    (key.clone(), field)
                })
                .collect(),
        ),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| shuffled(item, dice, within)).collect();
            if ["parameters", "enum", "required", "allOf", "tags", "type"].contains(&within) {
                dice.shuffle(&mut items);
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// JSON text with its keys in any order and blanks anywhere.
fn written(value: &Value, dice: &mut fastrand::Rng) -> String {
    let blank = |dice: &mut fastrand::Rng| ["", " ", "\n\t", "\r\n  "][dice.usize(..4)];
    match value {
        Value::Object(fields) => {
            let mut parts: Vec<String> = fields
                .iter()
                .map(|(key, field)| {
                    format!(
                        "{}{}:{}{}",
                        blank(dice),
                        Value::from(key.as_str()),
                        blank(dice),
                        written(field, dice)
                    )
                })
                .collect();
            dice.shuffle(&mut parts);
            format!("{{{}{}}}", parts.join(","), blank(dice))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item, dice)).collect();
            format!("[{}{}]", items.join(&format!(",{}", blank(dice))), blank(dice))
        }
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_and_formatting_and_descriptions_make_no_difference(seed: u64) {
        let mut dice = fastrand::Rng::with_seed(seed);
        let plain = read(&definition(), &schemas());
        let mut again = |value: &Value| -> Value {
            let other = shuffled(value, &mut dice, "");
            serde_json::from_str(&written(&other, &mut dice)).unwrap()
        };
        let other_definition = again(&definition());
        let other_schemas = schemas().into_iter().map(|(name, body)| (name, again(&body))).collect();
        prop_assert_eq!(read(&other_definition, &other_schemas), plain);
    }

    /// Whatever JSON there is, it is read or refused.
    #[test]
    fn any_json_at_all_is_answered(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..8, "[\\[\\]{}\",:a-z0-9#$/ ]{0,3}"), 1..12),
    ) {
        let mut text = definition().to_string();
        for (place, length, insert) in cuts {
            let start = text.floor_char_boundary(place.index(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &insert);
        }
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let files = files(&value, &schemas());
            if let Ok(read) = read_area("shelves", "Alma", &value, &url(AREA), &files) {
                prop_assert!(read.drafts.iter().all(|draft| key_of(draft).starts_with("shelves ")));
            }
        }
    }
}
