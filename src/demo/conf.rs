//! The made-up area *Configuration* of Alma's gateway: what an institution says of itself, its libraries and their hours,
//! its code tables, letters and integration profiles (ALMA.md §3).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{Datelike as _, NaiveDate, Weekday};
use serde::Deserialize;
use serde_json::{Value, json};

use super::jobs::Runs;
use super::libraries::{Asked, Library, sharing_code};
use super::offers;
use super::serve::{Part, for_library, gateway, unauthorized};
use super::wire;
use super::world::{self, World};

/// Days of open hours in one answer, at most.
const MOST_DAYS: usize = 31;

/// What of an institution's configuration changes.
#[derive(Debug, Default)]
pub(super) struct Conf {
    /// Days on which the library that lends is closed beside the usual ones.
    pub(super) closed: BTreeSet<NaiveDate>,
    /// Which of [`offers::LATER_ROWS`] are there.
    pub(super) later_rows: BTreeSet<usize>,
    /// Runs of jobs beside the nightly ones.
    pub(super) runs: Runs,
}

/// Answers from a library whose key has the area *Configuration*.
pub(super) fn for_conf(
    world: &World,
    headers: &HeaderMap,
    answer: impl FnOnce(&mut world::State, usize) -> Response,
) -> Response {
    for_library(world, headers, |state, place| {
        if state.libraries[place].conf_allowed {
            answer(state, place)
        } else {
            unauthorized()
        }
    })
}

pub(super) async fn general(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    for_conf(&world, &headers, |state, place| {
        let library = &state.libraries[place];
        let body = json!({
            "institution": { "value": library.code, "desc": library.name },
            "alma_url": library.alma_url(),
            "environment_type": "production",
            "digital": {},
        });
        gateway(state, place, StatusCode::OK, &body)
    })
}

pub(super) async fn libraries(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    for_conf(&world, &headers, |state, place| {
        let library = &state.libraries[place];
        let own = library.own_libraries();
        let mut rows: Vec<Value> = own
            .iter()
            .enumerate()
            .map(|(number, (code, name, shares))| {
                json!({
                    "code": code,
                    "id": format!("12{place}{number}0830000231"),
                    "path": format!("DEMO.{}.{code}", library.code),
                    "name": name,
                    "description": format!("Ask {} about this library.", wire::STAFF_NAME),
                    "resource_sharing": shares,
                    "proxy": "",
                    "number_of_locations": { "value": "4", "link": "https://api.demo.invalid/locations" },
                    "number_of_circ_desks": { "value": "1", "link": "https://api.demo.invalid/circ-desks" },
                })
            })
            .collect();
        for row in &mut rows {
            wire::nothing(row, "campus", &mut state.dice);
            wire::nothing(row, "default_location", &mut state.dice);
        }
        list(state, place, "library", rows)
    })
}

/// From which day to which.
#[derive(Debug, Deserialize)]
pub(super) struct Days {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// Days that have no hours are left out.
pub(super) async fn open_hours(
    State(world): State<Arc<World>>,
    Path(code): Path<String>,
    Query(days): Query<Days>,
    headers: HeaderMap,
) -> Response {
    for_conf(&world, &headers, |state, place| {
        let today = state.today();
        let library = &mut state.libraries[place];
        if !library.own_libraries().iter().any(|(own, _, _)| *own == code) {
            let body = wire::error("401651", "The library was not found.", Some("E01-DEMO"));
            return gateway(state, place, StatusCode::BAD_REQUEST, &body);
        }
        library.asked.insert(Asked::Hours);
        let first = days.from.unwrap_or(today);
        let last = days.to.unwrap_or(first);
        let open: Vec<Value> = first
            .iter_days()
            .take(MOST_DAYS)
            .take_while(|day| *day <= last)
            .filter(|day| !library.conf.closed.contains(day))
            .map(|day| {
                let (from, to) = usual_hours(day.weekday());
                json!({
                    "date": format!("{day}Z"),
                    "day_of_week": { "value": day.weekday().number_from_sunday().to_string(), "desc": "Day" },
                    "hour": [{ "from": from, "to": to }],
                })
            })
            .collect();
        gateway(state, place, StatusCode::OK, &json!({ "day": open }))
    })
}

const fn usual_hours(day: Weekday) -> (&'static str, &'static str) {
    match day {
        Weekday::Fri => ("08:00", "18:00"),
        Weekday::Sat => ("10:00", "18:00"),
        Weekday::Sun => ("12:00", "20:00"),
        _ => ("08:00", "22:00"),
    }
}

pub(super) async fn code_table(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    for_conf(&world, &headers, |state, place| {
        let library = &mut state.libraries[place];
        let Some(table) = offers::code_table(&name, &library.conf.later_rows, &mut state.dice) else {
            let body = wire::error(
                "40166411",
                "The parameter codeTableName is not valid.",
                Some("E01-DEMO"),
            );
            return gateway(state, place, StatusCode::BAD_REQUEST, &body);
        };
        // The table in which a row appears.
        if name == offers::LATER_ROWS[0].0 {
            library.asked.insert(Asked::CodeTables);
        }
        gateway(state, place, StatusCode::OK, &table)
    })
}

pub(super) async fn letters(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    for_conf(&world, &headers, |state, place| {
        let rows = offers::letters();
        list(state, place, "letter", rows)
    })
}

pub(super) async fn integration_profiles(
    State(world): State<Arc<World>>,
    Query(part): Query<Part>,
    headers: HeaderMap,
) -> Response {
    for_conf(&world, &headers, |state, place| {
        let rows = offers::profiles(place);
        let total = rows.len();
        let rows: Vec<Value> = part.of(rows).collect();
        gateway(
            state,
            place,
            StatusCode::OK,
            &json!({ "integration_profile": rows, "total_record_count": total }),
        )
    })
}

/// A list without pages, in an order of its own every time.
fn list(state: &mut world::State, place: usize, name: &str, mut rows: Vec<Value>) -> Response {
    state.dice.shuffle(&mut rows);
    let total = rows.len();
    gateway(
        state,
        place,
        StatusCode::OK,
        &json!({ name: rows, "total_record_count": total }),
    )
}

impl Library {
    /// Where its librarians work.
    pub(super) fn alma_url(&self) -> String {
        format!("https://{}.alma.invalid/", self.short.to_lowercase())
    }

    /// Its libraries: code, name, whether it takes part in resource sharing.
    pub(super) fn own_libraries(&self) -> Vec<(String, String, bool)> {
        let own = |what: &str, name: &str, shares| (format!("{}_{what}", self.short), name.to_owned(), shares);
        let mut all = vec![
            own("MAIN", "Main Library", false),
            (self.sharing_code(), "Interlibrary Loan Desk".to_owned(), true),
        ];
        if self.has_archive {
            all.push(own("ARCH", "Archive", false));
        }
        all
    }

    /// Code of the library that takes part in resource sharing.
    pub(super) fn sharing_code(&self) -> String {
        sharing_code(self.short)
    }
}
