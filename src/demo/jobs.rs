//! The jobs of the made-up libraries and how their nights went (ALMA.md §3, §5c).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{NaiveDate, NaiveTime, TimeZone as _};
use serde::Deserialize;
use serde_json::{Value, json};

use super::conf::for_conf;
use super::libraries::Asked;
use super::serve::{Part, gateway};
use super::settings::ZONE;
use super::wire::{self, STAFF_NAME};
use super::world::{self, World};
use crate::model::moment::Moment;

/// Id, name, hour of the night at which it runs; `None` for one that somebody starts by hand.
const JOBS: [(&str, &str, Option<u32>); 4] = [
    ("S7110", EXPIRED, Some(2)),
    (
        "S7120",
        "Send Overdue Message to Resource Sharing Borrowing Partner",
        Some(3),
    ),
    ("S7130", "Send Courtesy Notices", Some(4)),
    ("M7140", "Export Physical Items", None),
];
/// The nightly job that closes what has expired.
pub(super) const EXPIRED: &str = "Expired Resource Sharing Requests";
/// Nights whose runs are listed.
const NIGHTS: usize = 10;
/// How long a run takes.
const TAKES: Duration = Duration::from_secs(40);
/// Runs beside the nightly ones that are listed; older ones are forgotten.
const MOST_EXTRA_RUNS: usize = 3;

/// Runs beside the nightly ones.
#[derive(Debug, Default)]
pub(super) struct Runs(VecDeque<Run>);

#[derive(Clone, Copy, Debug)]
struct Run {
    /// Its place in [`JOBS`].
    job: usize,
    began: Moment,
    succeeded: bool,
}

impl Runs {
    /// Lets the job that closes what has expired run once more, to its end at `now`.
    pub(super) fn again(&mut self, now: Moment, succeeded: bool) {
        self.0.push_back(Run {
            job: 0,
            began: now.minus(TAKES),
            succeeded,
        });
        while self.0.len() > MOST_EXTRA_RUNS {
            self.0.pop_front();
        }
    }
}

pub(super) async fn jobs(State(world): State<Arc<World>>, Query(part): Query<Part>, headers: HeaderMap) -> Response {
    for_conf(&world, &headers, |state, place| {
        let job = |(number, (id, name, hour)): (usize, &(&str, &str, Option<u32>))| {
            let mut job = info(number);
            job["schedule"] = hour.map_or_else(
                || json!({ "value": "NOT_SCHEDULED", "desc": "Not scheduled" }),
                |hour| json!({ "value": format!("DAILY_AT_{hour:02}_00"), "desc": format!("Every night at {hour}:00") }),
            );
            job["creator"] = json!(STAFF_NAME);
            job["link"] = json!(format!("https://api.demo.invalid/almaws/v1/conf/jobs/{id}"));
            job["description"] = json!(format!("{name}, set up by {STAFF_NAME}"));
            job
        };
        let all: Vec<Value> = JOBS.iter().enumerate().map(job).collect();
        let total = all.len();
        let rows: Vec<Value> = part.of(all).collect();
        gateway(
            state,
            place,
            StatusCode::OK,
            &json!({ "job": rows, "total_record_count": total }),
        )
    })
}

/// Which runs are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    limit: Option<usize>,
    offset: Option<usize>,
    submit_date_from: Option<NaiveDate>,
    submit_date_to: Option<NaiveDate>,
    status: Option<String>,
}

pub(super) async fn instances(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Response {
    for_conf(&world, &headers, |state, place| {
        let Some(job) = JOBS.iter().position(|job| job.0 == id) else {
            let body = wire::error("402215", "The job was not found.", Some("E01-DEMO"));
            return gateway(state, place, StatusCode::BAD_REQUEST, &body);
        };
        if job == 0 {
            state.libraries[place].asked.insert(Asked::Jobs);
        }
        let submitted = |run: &Run| run.began.datetime().date_naive();
        let runs: Vec<Value> = runs_of(state, place, job)
            .into_iter()
            .filter(|run| which.submit_date_from.is_none_or(|from| submitted(run) >= from))
            .filter(|run| which.submit_date_to.is_none_or(|to| submitted(run) <= to))
            .filter(|run| which.status.as_deref().is_none_or(|status| status == run.status()))
            .map(|run| run.instance())
            .collect();
        let total = runs.len();
        let part = Part {
            limit: which.limit,
            offset: which.offset,
            status: None,
        };
        let rows: Vec<Value> = part.of(runs).collect();
        let body = if rows.is_empty() {
            json!({ "total_record_count": total })
        } else {
            json!({ "job_instance": rows, "total_record_count": total })
        };
        gateway(state, place, StatusCode::OK, &body)
    })
}

/// The runs of a job that have ended, oldest first.
fn runs_of(state: &world::State, place: usize, job: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = state.libraries[place].conf.runs.0.iter().copied().collect();
    runs.retain(|run| run.job == job);
    if let Some(hour) = JOBS[job].2 {
        let nights = state.today().iter_days().rev().take(NIGHTS);
        let nightly = nights.filter_map(|night| began(night, hour)).map(|began| Run {
            job,
            began,
            succeeded: true,
        });
        runs.extend(nightly.filter(|run| run.began.plus(TAKES) <= state.now));
    }
    runs.sort_by_key(|run| run.began);
    runs
}

/// That hour of that night; an hour later where the clocks are put forward over it.
fn began(night: NaiveDate, hour: u32) -> Option<Moment> {
    let at = |hour| {
        let time = night.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?);
        ZONE.from_local_datetime(&time).earliest()
    };
    let began = at(hour).or_else(|| at(hour + 1))?;
    Some(Moment::from_millis(began.timestamp_millis()))
}

impl Run {
    const fn status(&self) -> &'static str {
        if self.succeeded {
            "COMPLETED_SUCCESS"
        } else {
            "COMPLETED_FAILED"
        }
    }

    /// As the wire shows it: with who started it (ALMA.md §8), counters as text, a progress beyond the end (§7).
    fn instance(&self) -> Value {
        let time = |moment: Moment| moment.datetime().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let (_, name, _) = JOBS[self.job];
        let (done, failed) = if self.succeeded { ("14", "0") } else { ("3", "11") };
        json!({
            "id": format!("95{}", self.began.millis()),
            "external_id": format!("95{}1", self.began.millis()),
            "name": format!("{name} - {STAFF_NAME}"),
            "submitted_by": { "value": STAFF_NAME, "desc": STAFF_NAME },
            "submit_time": time(self.began),
            "start_time": time(self.began),
            "end_time": time(self.began.plus(TAKES)),
            "status_date": self.began.datetime().format("%Y-%m-%dZ").to_string(),
            "progress": 101.3,
            "status": { "value": self.status(), "desc": "Status" },
            "alert": [{ "value": if self.succeeded { "alert_general_success" } else { "alert_general_failed" }, "desc": "Alert" }],
            "counter": [
                { "type": { "value": "demo.expired_requests.closed", "desc": "Closed" }, "value": done },
                { "type": { "value": "demo.expired_requests.failed", "desc": "Failed" }, "value": failed },
            ],
            "job_info": info(self.job),
        })
    }
}

fn info(job: usize) -> Value {
    let (id, name, hour) = JOBS[job];
    json!({
        "id": id,
        "name": name,
        "type": if hour.is_some() { json!({ "value": "SCHEDULED", "desc": "Scheduled" }) }
                else { json!({ "value": "MANUAL", "desc": "Manual" }) },
        "category": if hour.is_some() { json!({ "value": "FULFILLMENT", "desc": "Fulfillment" }) }
                    else { json!({ "value": "NORMALIZATION", "desc": "Normalization" }) },
    })
}
