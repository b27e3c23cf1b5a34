//! Thirty edits over operations, parameters, schemas and permitted values. Each touches the operations of one place only.

use serde_json::{Value, json};

use super::own::{Definitions, path};

/// What it is, how it is done, and words of what is told.
pub type Edit = (&'static str, fn(&mut Definitions, usize), &'static str);

fn without(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name).unwrap();
}

pub const EDITS: [Edit; 30] = [
    // Operations.
    (
        "an operation comes",
        |all, place| {
            let get = all.operation(place, "get").clone();
            all.body["paths"][path(place)]["patch"] =
                json!({ "summary": "Patch Shelf", "parameters": get["parameters"], "responses": {} });
        },
        "PATCH /almaws/v1/shelves/s",
    ),
    (
        "an operation goes",
        |all, place| without(&mut all.body["paths"][path(place)], "put"),
        "is no longer documented",
    ),
    (
        "an operation is deprecated",
        |all, place| all.operation(place, "get")["deprecated"] = json!(true),
        "is deprecated now",
    ),
    (
        "an operation answers with another status",
        |all, place| {
            all.operation(place, "put")["responses"]["409"] = json!({ "description": "Conflict" });
        },
        "may answer with 409 now",
    ),
    (
        "an answer comes in JSON only",
        |all, place| {
            without(
                &mut all.operation(place, "get")["responses"]["200"]["content"],
                "application/xml",
            );
        },
        "the answer no longer comes as application/xml",
    ),
    (
        "a body need not be sent",
        |all, place| all.operation(place, "put")["requestBody"]["required"] = json!(false),
        "its body is optional now",
    ),
    (
        "no body is taken",
        |all, place| without(all.operation(place, "put"), "requestBody"),
        "takes no body any more",
    ),
    // Parameters.
    (
        "a parameter comes",
        |all, place| {
            let list = all.operation(place, "get")["parameters"].as_array_mut().unwrap();
            list.insert(
                0,
                json!({ "name": "from", "in": "query", "required": false, "schema": { "type": "string" } }),
            );
        },
        "the parameter “from” (query) is new",
    ),
    (
        "a parameter comes and is required",
        |all, place| {
            let list = all.operation(place, "put")["parameters"].as_array_mut().unwrap();
            list.push(json!({ "name": "reason", "in": "query", "required": true, "schema": { "type": "string" } }));
        },
        "the parameter “reason” (query) is new and required",
    ),
    (
        "a parameter goes",
        |all, place| {
            all.operation(place, "get")["parameters"]
                .as_array_mut()
                .unwrap()
                .remove(2);
        },
        "the parameter “limit” (query) is gone",
    ),
    (
        "a parameter becomes required",
        |all, place| all.parameter(place, 1)["required"] = json!(true),
        "the parameter “order” (query) is required now",
    ),
    (
        "a parameter becomes optional",
        |all, place| all.parameter(place, 3)["required"] = json!(false),
        "the parameter “user” (query) is optional now",
    ),
    (
        "a parameter has another type",
        |all, place| all.parameter(place, 2)["schema"]["type"] = json!("string"),
        "the parameter “limit” (query) is string now, no longer integer",
    ),
    (
        "a parameter has another default",
        |all, place| all.parameter(place, 2)["schema"]["default"] = json!(25),
        "“25” is taken, no longer “10”",
    ),
    (
        "a parameter is deprecated",
        |all, place| all.parameter(place, 1)["deprecated"] = json!(true),
        "the parameter “order” (query) is deprecated now",
    ),
    (
        "a parameter permits another value",
        |all, place| all.parameter(place, 1)["schema"]["enum"] = json!(["desc", "random", "asc"]),
        "the parameter “order” (query) permits the new value random",
    ),
    (
        "a parameter permits a value less",
        |all, place| all.parameter(place, 1)["schema"]["enum"] = json!(["asc"]),
        "the parameter “order” (query) no longer permits the value desc",
    ),
    (
        "a parameter permits anything",
        |all, place| without(&mut all.parameter(place, 1)["schema"], "enum"),
        "the parameter “order” (query) permits any value now",
    ),
    (
        "a parameter permits certain values only",
        |all, place| all.parameter(place, 3)["schema"]["enum"] = json!(["me", "all"]),
        "permits only certain values now: all, me",
    ),
    // Schemas.
    (
        "a field comes",
        |all, place| all.fields(place)["height"] = json!({ "type": "integer" }),
        "the field “height” of the answer is new",
    ),
    (
        "a field with fields comes",
        |all, place| {
            all.fields(place)["owner"] = json!({ "type": "object", "properties": { "value": { "type": "string" }, "desc": { "type": "string" } } });
        },
        "the field “owner” of the answer is new",
    ),
    (
        "a field goes",
        |all, place| without(all.fields(place), "code"),
        "the field “code” of the answer is gone",
    ),
    (
        "a field within a field goes",
        |all, place| without(&mut all.fields(place)["room"]["properties"], "desc"),
        "the field “room/desc” of the answer is gone",
    ),
    (
        "a field has another type",
        |all, place| all.fields(place)["code"]["type"] = json!("integer"),
        "the field “code” of the answer is integer now",
    ),
    (
        "a field is sent that was not",
        |all, place| all.sent(place)["note"] = json!({ "type": "string" }),
        "the field “note” of the request is new",
    ),
    (
        "a field in the file behind the file comes",
        |all, place| {
            let name = format!("own_book_{place}");
            all.schemas.get_mut(&name).unwrap()[&name]["properties"]["author"] = json!({ "type": "string" });
        },
        "the field “books[]/author” of the answer is new",
    ),
    // Permitted values of fields.
    (
        "an answer may hold another value",
        |all, place| {
            all.fields(place)["state"]["enum"] = json!(["CLOSED", "LOST", "MOVING", "OPEN"]);
        },
        "the field “state” of the answer permits the new value LOST",
    ),
    (
        "an answer holds a value no more",
        |all, place| all.fields(place)["state"]["enum"] = json!(["OPEN", "MOVING"]),
        "the field “state” of the answer no longer permits the value CLOSED",
    ),
    (
        "a value can no longer be sent",
        |all, place| all.sent(place)["mode"]["enum"] = json!(["MERGE"]),
        "the field “mode” of the request no longer permits the value REPLACE",
    ),
    (
        "values can be sent that could not",
        |all, place| all.sent(place)["mode"]["enum"] = json!(["REPLACE", "MERGE", "APPEND", "DROP"]),
        "permits the new values APPEND, DROP",
    ),
];
