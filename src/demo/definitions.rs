//! The made-up Developer Network: the definition of one area of the API, and the schemas that it refers to by their public
//! address, as the real ones do (ALMA.md §12).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::serve::{answer, no_page};
use super::wire;
use super::world::World;

/// By this host and path the files name each other, whoever serves them.
const SCHEMAS: &str = "https://developers.exlibrisgroup.com/wp-content/uploads/alma/openapi/schemas";

/// The file of an area; there is one.
pub(super) async fn area(State(world): State<Arc<World>>, Path(file): Path<String>) -> Response {
    let mut state = world.state();
    if file != "partners.json" {
        return no_page();
    }
    state.definitions_asked = true;
    let body = partners(state.zone_documented);
    answer(StatusCode::OK, "application/json", wire::text(&body, &mut state.dice))
}

/// A file of schemas.
pub(super) async fn schema(State(world): State<Arc<World>>, Path(file): Path<String>) -> Response {
    let mut state = world.state();
    let body = match file.as_str() {
        "rest_partner.json" => partner(),
        "rest_partners.json" => list(),
        _ => return no_page(),
    };
    answer(StatusCode::OK, "application/json", wire::text(&body, &mut state.dice))
}

fn partners(zone_documented: bool) -> Value {
    let number = |name: &str, usual: u32| json!({ "name": name, "in": "query", "required": false, "schema": { "type": "integer", "default": usual } });
    let mut parameters = vec![
        number("limit", 10),
        number("offset", 0),
        json!({ "name": "status", "in": "query", "required": false,
            "schema": { "type": "string", "enum": ["ACTIVE", "INACTIVE"] }, "description": "Demo: only these." }),
    ];
    if zone_documented {
        parameters.push(
            json!({ "name": "network_zone", "in": "query", "required": false, "schema": { "type": "boolean" },
            "description": "Demo: only partners of the same Network Zone." }),
        );
    }
    json!({
        "openapi": "3.0.1",
        "info": { "title": "Demo APIs", "version": "1.0" },
        "paths": {
            "/almaws/v1/partners": { "get": {
                "summary": "Retrieve Partners", "parameters": parameters, "responses": answers("rest_partners")
            } },
            "/almaws/v1/partners/{partner_code}": { "get": {
                "summary": "Retrieve a Partner",
                "parameters": [{ "name": "partner_code", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": answers("rest_partner")
            } }
        }
    })
}

fn answers(schema: &str) -> Value {
    let reference = json!({ "schema": { "$ref": format!("{SCHEMAS}/{schema}.json#/{schema}") } });
    json!({
        "200": { "description": "OK", "content": { "application/json": reference, "application/xml": reference } },
        "400": { "description": "Bad Request" }
    })
}

fn list() -> Value {
    json!({ "rest_partners": { "type": "object", "properties": {
        "partner": { "type": "array", "items": { "$ref": "./rest_partner.json#/rest_partner" } },
        "total_record_count": { "type": "integer" }
    } } })
}

fn partner() -> Value {
    json!({
        "rest_partner": { "$ref": "#/partner" },
        "partner": { "type": "object", "properties": { "partner_details": { "type": "object", "required": ["code"], "properties": {
            "code": { "type": "string", "example": "DEMO:ISL" },
            "status": { "type": "string", "enum": ["INACTIVE", "ACTIVE"] },
            "lending_supported": { "type": "boolean" }
        } } } }
    })
}
