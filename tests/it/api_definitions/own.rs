//! Definitions of our own in the shape of Ex Libris': an area file whose bodies refer to files of schemas, which refer to
//! each other.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::World;

/// Where the files of schemas lie, by the public address that the real files use too.
const SCHEMAS: &str = "https://developers.exlibrisgroup.com/wp-content/uploads/alma/openapi/schemas";

/// An area and its schemas.
#[derive(Clone, Debug)]
pub struct Definitions {
    pub area: String,
    pub body: Value,
    pub schemas: BTreeMap<String, Value>,
}

/// The path of an area's file.
pub fn area_path(area: &str) -> String {
    format!("/wp-content/uploads/alma/openapi/{area}.json")
}

/// The path of a file of schemas.
pub fn schema_path(name: &str) -> String {
    format!("/wp-content/uploads/alma/openapi/schemas/{name}.json")
}

/// The path of the operations at this place.
pub fn path(place: usize) -> String {
    format!("/almaws/v1/shelves/s{place:02}/{{id}}")
}

fn content(schema: &str) -> Value {
    let media = json!({ "schema": { "$ref": format!("{SCHEMAS}/{schema}.json#/{schema}") } });
    json!({ "application/json": media, "application/xml": media })
}

impl Definitions {
    /// So many paths with a GET and a PUT each, whose schemas are their own; and one operation more.
    pub fn new(places: usize) -> Self {
        let mut paths = json!({
            "/almaws/v1/shelves": {},
            "/almaws/v1/shelves/test": { "get": {
                "tags": ["Test"], "summary": "Test", "operationId": "get/almaws/v1/shelves/test", "parameters": [],
                "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": { "type": "object" } } } } }
            } }
        });
        let mut schemas = BTreeMap::new();
        for place in 0..places {
            let text = |name: &str, within: &str, required: bool, schema: Value| json!({ "name": name, "in": within, "required": required, "description": format!("The {name}."), "schema": schema });
            let id = text("id", "path", true, json!({ "type": "string" }));
            paths[path(place)] = json!({
                "get": {
                    "tags": ["Shelves"], "summary": "Retrieve Shelf", "description": "This service gives a shelf.",
                    "operationId": format!("get{}", path(place)),
                    "parameters": [
                        id,
                        text("order", "query", false, json!({ "type": "string", "default": "asc", "enum": ["asc", "desc"] })),
                        text("limit", "query", false, json!({ "type": "integer", "default": 10 })),
                        text("user", "query", true, json!({ "type": "string", "default": "" }))
                    ],
                    "responses": {
                        "400": { "description": "Bad Request\n\n402119 - 'General error.'" },
                        "200": { "description": "OK", "headers": { "X-Exl-Api-Remaining": { "$ref": "#/components/headers/remaining" } },
                                 "content": content(&format!("own_shelf_{place}")) }
                    }
                },
                "put": {
                    "tags": ["Shelves"], "summary": "Update Shelf", "operationId": format!("put{}", path(place)),
                    "parameters": [id],
                    "requestBody": { "description": "Takes a shelf.", "required": true, "content": content(&format!("own_shelf-put_{place}")) },
                    "responses": { "204": { "description": "No content" } }
                }
            });
            schemas.insert(
                format!("own_shelf_{place}"),
                json!({
                    format!("own_shelf_{place}"): { "description": "A shelf.", "$ref": "#/shelf" },
                    "shelf": { "type": "object", "required": ["code"], "xml": { "name": "shelf" }, "properties": {
                        "code": { "type": "string", "example": "A1", "description": "Its code." },
                        "state": { "type": "string", "enum": ["OPEN", "CLOSED", "MOVING"] },
                        "room": { "type": "object", "properties": { "value": { "type": "string" }, "desc": { "type": "string" } } },
                        "books": { "type": "array", "items": { "$ref": format!("./own_book_{place}.json#/own_book_{place}") } }
                    } }
                }),
            );
            schemas.insert(
                format!("own_book_{place}"),
                json!({ format!("own_book_{place}"): { "type": "object", "properties": {
                    "title": { "type": "string", "example": "A book" },
                    "loan": { "type": "string", "enum": ["SHORT", "LONG"] }
                } } }),
            );
            schemas.insert(
                format!("own_shelf-put_{place}"),
                json!({ format!("own_shelf-put_{place}"): { "type": "object", "properties": {
                    "code": { "type": "string" },
                    "mode": { "type": "string", "enum": ["MERGE", "REPLACE"] }
                } } }),
            );
        }
        let body = json!({
            "openapi": "3.0.1",
            "info": { "version": "1.0", "title": "Own APIs" },
            "servers": [{ "url": "https://api-xx.example.org" }],
            "tags": [{ "name": "Shelves" }, { "name": "Test" }],
            "paths": paths,
            "components": { "headers": { "remaining": { "schema": { "type": "integer" } } } }
        });
        Self {
            area: "shelves".to_owned(),
            body,
            schemas,
        }
    }

    /// The operation at a place.
    pub fn operation(&mut self, place: usize, method: &str) -> &mut Value {
        &mut self.body["paths"][path(place)][method]
    }

    /// The parameter of the GET at a place, by its number: id, order, limit, user.
    pub fn parameter(&mut self, place: usize, number: usize) -> &mut Value {
        &mut self.operation(place, "get")["parameters"][number]
    }

    /// The properties of the answer's schema at a place.
    pub fn fields(&mut self, place: usize) -> &mut Value {
        &mut self.schemas.get_mut(&format!("own_shelf_{place}")).unwrap()["shelf"]["properties"]
    }

    /// The properties of the schema of what is sent at a place.
    pub fn sent(&mut self, place: usize) -> &mut Value {
        let name = format!("own_shelf-put_{place}");
        &mut self.schemas.get_mut(&name).unwrap()[&name]["properties"]
    }

    /// Puts all files on the fake host, as they are.
    pub fn publish(&self, world: &World) {
        self.put(world, |body| format!("{body:#}"));
    }

    /// Puts them there with everything in another order.
    pub fn publish_shuffled(&self, world: &World, seed: u64) {
        let dice = std::cell::RefCell::new(fastrand::Rng::with_seed(seed));
        self.put(world, |body| shuffled(body, "", &mut dice.borrow_mut()));
    }

    fn put(&self, world: &World, text: impl Fn(&Value) -> String) {
        let mut wire = world.wire();
        wire.pages.insert(area_path(&self.area), text(&self.body));
        for (name, body) in &self.schemas {
            wire.pages.insert(schema_path(name), text(body));
        }
    }
}

/// JSON in one line, with keys and sets in any order and other words in its descriptions.
pub fn shuffled(value: &Value, within: &str, dice: &mut fastrand::Rng) -> String {
    match value {
        Value::Object(fields) => {
            let mut parts = Vec::new();
            for (key, field) in fields {
                let prose = ["description", "example"].contains(&key.as_str()) && field.is_string();
                let text = if prose {
                    Value::from(format!("Other words: {}", dice.u32(..))).to_string()
                } else {
                    shuffled(field, key, dice)
                };
                parts.push(format!("{}:{text}", Value::from(key.as_str())));
            }
            dice.shuffle(&mut parts);
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| shuffled(item, within, dice)).collect();
            if ["parameters", "enum", "required", "tags", "servers"].contains(&within) {
                dice.shuffle(&mut items);
            }
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}
