//! What people are told.

use serde_json::{Value, json};

use super::*;
use crate::model::change::ChangeContext;
use crate::model::event::{Severity, Topic};
use crate::model::moment::Moment;
use crate::model::watch::SourceKind;

fn record() -> Value {
    json!({
        "area": "conf", "product": "Alma", "method": "PUT", "path": "/almaws/v1/conf/shelves/{id}",
        "summary": "Update a Shelf", "deprecated": false,
        "parameters": {
            "path id": { "required": true, "type": "string" },
            "query view": { "required": false, "type": "string", "enum": ["brief", "full"], "default": "full" }
        },
        "request": { "required": false, "content": ["application/json", "application/xml"], "schema": "own-put#/own-put",
            "body": { "type": "object", "fields": { "code": { "type": "string" }, "state": { "type": "string", "enum": ["A", "B"] } } } },
        "responses": {
            "200": { "content": ["application/json"], "schema": "own#/own", "body": { "type": "object", "fields": {
                "code": { "type": "string", "required": true },
                "books": { "type": "array", "items": { "type": "object", "fields": { "title": { "type": "string" } } } }
            } } },
            "400": {}
        }
    })
}

fn told(op: Op, old: Option<&Value>, new: Option<&Value>) -> Vec<EventDraft> {
    let context = ChangeContext::default();
    events_of(&ChangeInContext {
        source: SourceKind::ApiDefinitions,
        subject: "alma",
        institution: None,
        key: "conf PUT /almaws/v1/conf/shelves/{id}",
        op,
        old,
        new,
        context: &context,
        now: Moment::from_millis(0),
        zone: chrono_tz::America::New_York,
    })
}

/// What is told when the values at these pointers are otherwise; null takes one away.
fn after(edits: &[(&str, Value)]) -> Option<EventDraft> {
    let (old, mut new) = (record(), record());
    for (pointer, value) in edits {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        let parent = new.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
        if value.is_null() {
            parent.remove(&name).unwrap();
        } else {
            parent.insert(name, value.clone());
        }
    }
    let mut events = told(Op::Modified, Some(&old), Some(&new));
    assert!(events.len() <= 1, "{events:?}");
    events.pop()
}

#[test]
fn each_kind_of_difference_has_words_that_say_what_to_do() {
    const OUT: &str = "/responses/200/body/fields";
    const BREAKS: &str = "may stop working";
    const ENDS: &str = "before Ex Libris takes it";
    const DIFFERS: &str = "still understands";
    const ALLOWS: &str = "Nothing has to be done";
    let field = |name: &str| format!("{OUT}/{name}");
    let cases: Vec<(String, Value, &str, &str)> = vec![
        ("/deprecated".into(), json!(true), "is deprecated now", ENDS),
        (
            "/parameters/query from".into(),
            json!({ "required": false, "type": "string" }),
            "the parameter “from” (query) is new",
            ALLOWS,
        ),
        (
            "/parameters/query from".into(),
            json!({ "required": true }),
            "the parameter “from” (query) is new and required",
            BREAKS,
        ),
        (
            "/parameters/query view".into(),
            Value::Null,
            "the parameter “view” (query) is gone",
            BREAKS,
        ),
        (
            "/parameters/query view/required".into(),
            json!(true),
            "the parameter “view” (query) is required now",
            BREAKS,
        ),
        (
            "/parameters/path id/required".into(),
            json!(false),
            "the parameter “id” (path) is optional now",
            ALLOWS,
        ),
        (
            "/parameters/query view/type".into(),
            json!("integer"),
            "the parameter “view” (query) is integer now, no longer string",
            BREAKS,
        ),
        (
            "/parameters/query view/enum".into(),
            json!(["brief", "full", "tiny"]),
            "permits the new value tiny",
            ALLOWS,
        ),
        (
            "/parameters/query view/enum".into(),
            json!(["full"]),
            "the parameter “view” (query) no longer permits the value brief",
            BREAKS,
        ),
        (
            "/parameters/path id/enum".into(),
            json!(["A", "B"]),
            "permits only certain values now: A, B",
            BREAKS,
        ),
        (
            "/parameters/query view/default".into(),
            json!("brief"),
            "is not given, “brief” is taken, no longer “full”",
            DIFFERS,
        ),
        (
            "/request/required".into(),
            json!(true),
            "its body is required now",
            BREAKS,
        ),
        (
            "/request/body/fields/name".into(),
            json!({ "type": "string" }),
            "the field “name” of the request is new",
            ALLOWS,
        ),
        (
            "/request/body/fields/name".into(),
            json!({ "required": true }),
            "the field “name” of the request is new and required",
            BREAKS,
        ),
        (
            "/request/body/fields/state/enum".into(),
            json!(["B"]),
            "the field “state” of the request no longer permits the value A",
            BREAKS,
        ),
        (
            "/request/content".into(),
            json!(["application/json"]),
            "the request no longer comes as application/xml",
            BREAKS,
        ),
        ("/request".into(), Value::Null, "takes no body any more", BREAKS),
        (
            field("owner"),
            json!({ "type": "object", "fields": { "x": {}, "y": {} } }),
            "the field “owner” of the answer is new",
            ALLOWS,
        ),
        (
            field("code"),
            Value::Null,
            "the field “code” of the answer is gone",
            BREAKS,
        ),
        (
            field("code/type"),
            json!("integer"),
            "the field “code” of the answer is integer now, no longer string",
            BREAKS,
        ),
        (
            field("code/required"),
            Value::Null,
            "the field “code” of the answer may be missing now",
            DIFFERS,
        ),
        (
            field("code/deprecated"),
            json!(true),
            "the field “code” of the answer is deprecated now",
            ENDS,
        ),
        (field("code/format"), json!("uuid"), "is limited otherwise", DIFFERS),
        (
            field("books/items/fields/title/nullable"),
            json!(true),
            "the field “books[]/title” of the answer may be null now",
            DIFFERS,
        ),
        (
            "/responses/200/schema".into(),
            json!("other#/other"),
            "the answer is described by other#/other now, no longer by own#/own",
            DIFFERS,
        ),
        ("/responses/404".into(), json!({}), "may answer with 404 now", DIFFERS),
        (
            "/responses/400".into(),
            Value::Null,
            "no longer answers with 400",
            DIFFERS,
        ),
    ];
    for (pointer, value, words, to_do) in cases {
        let event = after(&[(&pointer, value.clone())]).unwrap_or_else(|| panic!("{pointer} {value}: nothing is told"));
        assert!(
            event.title.starts_with("Alma API, PUT /almaws/v1/conf/shelves/{id}: "),
            "{}",
            event.title
        );
        assert!(event.title.contains(words), "{pointer}: {}", event.title);
        assert!(
            !event.title.contains("more change"),
            "one edit is one difference: {}",
            event.title
        );
        assert!(
            event.summary.contains(words) && event.summary.contains(to_do),
            "{pointer}: {}",
            event.summary
        );
        assert!(event.summary.contains("“Update a Shelf”"));
        assert_eq!((event.kind, event.severity), (EventKind::ApiChanged, Severity::Notice));
    }
}

#[test]
fn a_text_as_a_whole() {
    let event = after(&[
        ("/parameters/query from", json!({ "required": false })),
        ("/responses/200/body/fields/code", Value::Null),
        ("/deprecated", json!(true)),
    ])
    .unwrap();
    assert_eq!(
        event.title,
        "Alma API, PUT /almaws/v1/conf/shelves/{id}: the field “code” of the answer is gone, and 2 more changes"
    );
    assert_eq!(
        event.summary,
        "PUT /almaws/v1/conf/shelves/{id} (“Update a Shelf”, area conf): the field “code” of the answer is gone; is deprecated \
         now; the parameter “from” (query) is new. Programs that call it may stop working: whoever maintains one should look at \
         it, and try it in a sandbox first."
    );
    assert_eq!(event.product.as_deref(), Some("Alma"));
    assert_eq!(
        event.link.as_deref(),
        Some("https://developers.exlibrisgroup.com/alma/apis/docs/conf/UFVUIC9hbG1hd3MvdjEvY29uZi9zaGVsdmVzL3tpZH0=/")
    );
}

#[test]
fn what_nobody_has_to_act_on_is_not_told() {
    assert_eq!(after(&[]), None);
    assert_eq!(
        after(&[("/summary", json!("Update one Shelf"))]),
        None,
        "other words for the same"
    );
    assert_eq!(after(&[("/product", json!("Alma Sandbox"))]), None);
    let mut unread = record();
    unread["responses"]["200"].as_object_mut().unwrap().remove("body");
    unread.as_object_mut().unwrap().remove("parameters");
    assert_eq!(
        told(Op::Modified, Some(&unread), Some(&record())),
        [],
        "it could not be read before"
    );
}

#[test]
fn many_differences_and_values_are_cut() {
    let many: Vec<String> = (0..200).map(|n| format!("VALUE_{n}_{}", "x".repeat(100))).collect();
    let mut edits = vec![("/parameters/query view/enum".to_owned(), json!(many))];
    for n in 0..50 {
        edits.push((format!("/request/body/fields/f{n}"), json!({ "type": "string" })));
    }
    let edits: Vec<(&str, Value)> = edits
        .iter()
        .map(|(pointer, value)| (pointer.as_str(), value.clone()))
        .collect();
    let event = after(&edits).unwrap();
    assert!(
        event.title.chars().count() < 1000 && event.summary.chars().count() < 2500,
        "{}",
        event.summary
    );
    assert!(event.summary.contains("and 44 more"), "{}", event.summary);
    assert!(event.title.contains("and 51 more changes"), "{}", event.title);
}

#[test]
fn operations_come_and_go() {
    let record = record();
    let [came] = &told(Op::Added, None, Some(&record))[..] else {
        panic!()
    };
    assert_eq!(came.title, "Alma API: PUT /almaws/v1/conf/shelves/{id} is new");
    assert!(
        came.summary.contains("it needs “id” (path). Nothing has to be done"),
        "{}",
        came.summary
    );
    let [went] = &told(Op::Removed, Some(&record), None)[..] else {
        panic!()
    };
    assert_eq!(
        went.title,
        "Alma API: PUT /almaws/v1/conf/shelves/{id} is no longer documented"
    );
    assert!(went.summary.contains("look for what replaces it"));
}

#[test]
fn topics_follow_the_area_the_path_and_what_differs() {
    let of = |area: &str, path: &str| {
        let mut record = record();
        record["area"] = json!(area);
        record["path"] = json!(path);
        told(Op::Added, None, Some(&record)).remove(0).topics
    };
    let api = Topic::ApisIntegration;
    assert_eq!(of("conf", "/almaws/v1/conf/general"), [api]);
    assert_eq!(
        of("partners", "/almaws/v1/partners/operation/test"),
        [Topic::ResourceSharing, api]
    );
    assert_eq!(
        of("task-lists", "/almaws/v1/task-lists/rs/lending-requests"),
        [Topic::ResourceSharing, api]
    );
    assert_eq!(of("task-lists", "/almaws/v1/task-lists/printouts"), [api]);
    assert_eq!(
        of("users", "/almaws/v1/users/{user_id}/resource-sharing-requests"),
        [Topic::ResourceSharing, api, Topic::UserIdentity]
    );
    assert_eq!(
        of("analytics", "/almaws/v1/analytics/reports"),
        [Topic::AnalyticsBenchmarking, api]
    );
    let zone = after(&[("/parameters/query nz_mms_id", json!({ "required": false }))]).unwrap();
    assert_eq!(zone.topics, [Topic::NetworkZone, api]);
    let sharing = after(&[(
        "/responses/200/body/fields/resource_sharing",
        json!({ "type": "boolean" }),
    )])
    .unwrap();
    assert_eq!(sharing.topics, [Topic::ResourceSharing, api]);
}
