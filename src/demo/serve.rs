//! The HTTP side of the made-up Ex Libris: gateway, Primo front end, documentation hosts, all behind one port.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::libraries::Asked;
use super::notes::Product;
use super::requests::TASK_LIST_ROWS;
use super::world::{self, World};
use super::{analytics, conf, definitions, jobs, wire};

/// Most partners in one answer (ALMA.md §2).
const MOST_ROWS: usize = 100;
/// Partners in an answer where no number is asked for.
const USUAL_ROWS: usize = 10;
/// A library that has fewer calls left gets a new day's worth.
const LEAST_REMAINING: i64 = 100_000;
/// A new day's worth of calls.
const DAILY_CALLS: i64 = 480_000;

/// Answers on `listener` from `world` until `stop`. Meant for loopback only: its keys are no secrets.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(world: Arc<World>, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
    let routes = Router::new()
        .route("/almaws/v1/partners", get(partners))
        .route("/almaws/v1/partners/{code}", get(partner))
        .route("/almaws/v1/task-lists/rs/lending-requests", get(lending_requests))
        .route("/almaws/v1/analytics/reports", get(analytics::report))
        .route("/almaws/v1/conf/general", get(conf::general))
        .route("/almaws/v1/conf/libraries", get(conf::libraries))
        .route("/almaws/v1/conf/libraries/{code}/open-hours", get(conf::open_hours))
        .route("/almaws/v1/conf/code-tables/{name}", get(conf::code_table))
        .route("/almaws/v1/conf/letters", get(conf::letters))
        .route("/almaws/v1/conf/integration-profiles", get(conf::integration_profiles))
        .route("/almaws/v1/conf/jobs", get(jobs::jobs))
        .route("/almaws/v1/conf/jobs/{id}/instances", get(jobs::instances))
        .route("/primo/v1/configuration/{vid}", get(view_by_gateway))
        .route("/primaws/rest/pub/configuration/vid/{vid}", get(view_by_front_end))
        .route("/Alma/Release_Notes/{year}/{page}", get(alma_notes))
        .route("/primo/Release_Notes/{year}/{page}", get(primo_notes))
        .route("/wp-content/uploads/alma/openapi/{file}", get(definitions::area))
        .route(
            "/wp-content/uploads/alma/openapi/schemas/{file}",
            get(definitions::schema),
        )
        .fallback(|| async { no_page() })
        .with_state(world);
    // Not axum's graceful stop: it waits for clients that keep their connections open.
    tokio::select! {
        ended = axum::serve(listener, routes).into_future() => ended,
        () = stop.cancelled() => Ok(()),
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    pub(super) limit: Option<usize>,
    pub(super) offset: Option<usize>,
    pub(super) status: Option<String>,
}

impl Part {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL_ROWS).min(MOST_ROWS)
    }

    /// The part of all rows.
    pub(super) fn of<T>(&self, rows: Vec<T>) -> impl Iterator<Item = T> {
        rows.into_iter().skip(self.offset.unwrap_or(0)).take(self.limit())
    }
}

/// Which lending requests are asked for.
#[derive(Debug, Deserialize)]
struct Slice {
    library: Option<String>,
    status: Option<String>,
    partner: Option<String>,
    requested_format: Option<String>,
}

/// The task list has no pages and at most a hundred rows, and counts what it does not show (ALMA.md §3).
async fn lending_requests(State(world): State<Arc<World>>, Query(slice): Query<Slice>, headers: HeaderMap) -> Response {
    for_library(&world, &headers, |state, place| {
        let library = &mut state.libraries[place];
        let Some(owner) = &slice.library else {
            let body = wire::error("401664", "Mandatory field is missing: library", Some("E01-DEMO"));
            return gateway(state, place, StatusCode::BAD_REQUEST, &body);
        };
        library.asked.insert(Asked::LendingRequests);
        let lends = *owner == library.sharing_code();
        let wanted = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        let code = library.code;
        let found: Vec<_> = state
            .requests
            .iter()
            .filter(|request| lends && request.lender == code && request.stage.lending().is_some())
            .filter(|request| wanted(&slice.status, request.stage.lending()))
            .filter(|request| wanted(&slice.partner, Some(request.borrower)))
            .filter(|request| {
                let format = request.format().map(str::to_uppercase);
                wanted(&slice.requested_format, format.as_deref())
            })
            .collect();
        let total = found.len();
        let mut rows: Vec<Value> = found
            .into_iter()
            .filter_map(|request| request.row(owner, &mut state.dice))
            .collect();
        state.dice.shuffle(&mut rows);
        rows.truncate(TASK_LIST_ROWS);
        let body = if rows.is_empty() {
            json!({ "total_record_count": total })
        } else {
            json!({ "user_resource_sharing_request": rows, "total_record_count": total })
        };
        gateway(state, place, StatusCode::OK, &body)
    })
}

async fn partners(State(world): State<Arc<World>>, Query(part): Query<Part>, headers: HeaderMap) -> Response {
    let mut state = world.state();
    let state = &mut *state;
    let place = match admitted(state, &headers) {
        Ok(place) => place,
        Err(refusal) => return refusal,
    };
    let (offset, limit) = (part.offset.unwrap_or(0), part.limit());
    let library = &mut state.libraries[place];
    library.asked.insert(Asked::Partners);
    if offset == 0 {
        // The order of the list is undocumented (ALMA.md §3): it is another one at every reading.
        library.order = (0..library.partners.len()).collect();
        state.dice.shuffle(&mut library.order);
        library.short_list = std::mem::take(&mut library.short_list_next);
    }
    let wanted = |active: bool| match part.status.as_deref() {
        Some("ACTIVE") => active,
        Some("INACTIVE") => !active,
        _ => true,
    };
    let listed: Vec<_> = library
        .order
        .iter()
        .filter_map(|place| library.partners.get(*place))
        .filter(|partner| wanted(partner.active))
        .collect();
    let total = listed.len();
    let there = if library.short_list { total / 2 } else { total };
    let rows: Vec<Value> = listed[..there]
        .iter()
        .skip(offset)
        .take(limit)
        .map(|partner| partner.record(&mut state.dice))
        .collect();
    // Past the end the key of the list is simply absent (ALMA.md §2).
    let body = if rows.is_empty() {
        json!({ "total_record_count": total })
    } else {
        json!({ "partner": rows, "total_record_count": total })
    };
    gateway(state, place, StatusCode::OK, &body)
}

async fn partner(State(world): State<Arc<World>>, Path(code): Path<String>, headers: HeaderMap) -> Response {
    let mut state = world.state();
    let state = &mut *state;
    let place = match admitted(state, &headers) {
        Ok(place) => place,
        Err(refusal) => return refusal,
    };
    let found = state.libraries[place]
        .partners
        .iter()
        .find(|partner| partner.code == code);
    match found.map(|partner| partner.record(&mut state.dice)) {
        Some(record) => gateway(state, place, StatusCode::OK, &record),
        None => {
            let tracking = format!("E01-DEMO{:010}", state.calls);
            let body = wire::error("402118", "Partner not found.", Some(&tracking));
            gateway(state, place, StatusCode::BAD_REQUEST, &body)
        }
    }
}

async fn view_by_gateway(State(world): State<Arc<World>>, Path(vid): Path<String>, headers: HeaderMap) -> Response {
    let mut state = world.state();
    let state = &mut *state;
    let place = match admitted(state, &headers) {
        Ok(place) => place,
        Err(refusal) => return refusal,
    };
    if state.libraries[place].view.vid != vid {
        let body = wire::error("INVALID_VIEW", "The view is not of this institution.", None);
        return gateway(state, place, StatusCode::BAD_REQUEST, &body);
    }
    let body = view_body(state, place);
    gateway(state, place, StatusCode::OK, &body)
}

async fn view_by_front_end(State(world): State<Arc<World>>, Path(vid): Path<String>) -> Response {
    let mut state = world.state();
    let state = &mut *state;
    match state.libraries.iter().position(|library| library.view.vid == vid) {
        Some(place) => {
            let body = view_body(state, place);
            let text = wire::text(&body, &mut state.dice);
            answer(StatusCode::OK, "application/json;charset=UTF-8", text)
        }
        None => no_page(),
    }
}

async fn alma_notes(State(world): State<Arc<World>>, Path((year, page)): Path<(String, String)>) -> Response {
    notes(
        &world,
        Product::Alma,
        &year,
        &page,
        &format!("Alma_{year}_Release_Notes"),
    )
}

async fn primo_notes(State(world): State<Arc<World>>, Path((year, page)): Path<(String, String)>) -> Response {
    notes(
        &world,
        Product::PrimoVe,
        &year,
        &page,
        &format!("Primo_VE_{year}_Release_Notes.html"),
    )
}

fn notes(world: &World, product: Product, year: &str, asked: &str, name: &str) -> Response {
    let mut state = world.state();
    let found = state
        .pages
        .iter_mut()
        .find(|page| page.product == product && page.year.to_string() == year && asked == name);
    let Some(page) = found else {
        return no_page();
    };
    if std::mem::take(&mut page.maintenance_next) {
        return html(StatusCode::OK, wire::MAINTENANCE.to_owned());
    }
    page.asked = true;
    html(StatusCode::OK, page.html())
}

fn view_body(state: &mut world::State, place: usize) -> Value {
    let library = &mut state.libraries[place];
    library.asked.insert(Asked::View);
    library.view.body(library.name, &mut state.dice)
}

/// Answers from the library whose key the call carries.
pub(super) fn for_library(
    world: &World,
    headers: &HeaderMap,
    answer: impl FnOnce(&mut world::State, usize) -> Response,
) -> Response {
    let mut state = world.state();
    match admitted(&mut state, headers) {
        Ok(place) => answer(&mut state, place),
        Err(refusal) => refusal,
    }
}

/// Whose key the call carries; the answer that refuses it, where it carries none that is known or comes too fast.
#[expect(
    clippy::result_large_err,
    reason = "the error is the answer itself, and is sent at once"
)]
fn admitted(state: &mut world::State, headers: &HeaderMap) -> Result<usize, Response> {
    state.calls += 1;
    let key = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("apikey "));
    let place = state
        .libraries
        .iter()
        .position(|library| Some(library.key.as_str()) == key);
    let Some(place) = place else {
        return Err(unauthorized());
    };
    let library = &mut state.libraries[place];
    library.remaining -= 1;
    if library.remaining < LEAST_REMAINING {
        library.remaining = DAILY_CALLS;
    }
    if std::mem::take(&mut library.too_fast_next) {
        let body = wire::error(
            "PER_SECOND_THRESHOLD",
            "HTTP requests are more than allowed per second.",
            None,
        );
        return Err(gateway(state, place, StatusCode::TOO_MANY_REQUESTS, &body));
    }
    Ok(place)
}

/// An answer of the gateway, with the calls left in its header.
pub(super) fn gateway(state: &mut world::State, place: usize, status: StatusCode, body: &Value) -> Response {
    let text = wire::text(body, &mut state.dice);
    let mut response = answer(status, "application/json;charset=UTF-8", text);
    let remaining = state.libraries[place].remaining;
    response.headers_mut().insert("x-exl-api-remaining", remaining.into());
    response
}

/// HTTP 400 with XML as plain text, although JSON was asked for (ALMA.md §4, PRIMO.md §2).
pub(super) fn unauthorized() -> Response {
    answer(
        StatusCode::BAD_REQUEST,
        "text/plain;charset=UTF-8",
        wire::UNAUTHORIZED.to_owned(),
    )
}

pub(super) fn no_page() -> Response {
    html(
        StatusCode::NOT_FOUND,
        "<!DOCTYPE html><html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"
            .to_owned(),
    )
}

fn html(status: StatusCode, text: String) -> Response {
    answer(status, "text/html; charset=utf-8", text)
}

pub(super) fn answer(status: StatusCode, content_type: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let value = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}
