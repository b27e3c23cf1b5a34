//! Which libraries take part in resource sharing and when they are closed, and what the jobs of resource sharing did: told
//! once, and not because time went by.

mod jobs;
mod libraries;
mod privacy;
mod real;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{ELM, Fault, Player, World};

const LIBRARIES: &str = "alma.libraries/01ELM_INST";
const JOBS: &str = "alma.jobs/01ELM_INST";

/// What Elm College's Alma holds; a test edits it.
#[derive(Debug, Default)]
struct Elm {
    libraries: Vec<Value>,
    /// Days of a library on which it is closed or keeps other hours; it opens from 8 to 22, on Sundays not at all.
    deviations: BTreeMap<(String, NaiveDate), Option<(&'static str, &'static str)>>,
    /// Answers of the open hours instead of the right one, by library.
    hours_say: BTreeMap<String, Value>,
    /// Whether Alma gives a week only, whatever is asked for.
    cuts_hours: bool,
    jobs: Vec<Value>,
    /// Runs by job.
    runs: BTreeMap<String, Vec<Value>>,
    /// Whether runs are given without a status only in vain.
    wants_status: bool,
}

type Shared = Arc<Mutex<Elm>>;

async fn world() -> (World, Shared) {
    let world = World::with(
        "[[watch]]\nsource = \"alma.libraries\"\ninstitutions = [\"*\"]\nschedule = \"0 6 * * *\"\n\n\
         [[watch]]\nsource = \"alma.jobs\"\ninstitutions = [\"*\"]\nschedule = \"45 6 * * *\"\n",
    )
    .await;
    let elm: Shared = Arc::default();
    let played = Arc::clone(&elm);
    world.wire().players.push(Player(Box::new(move |call| {
        (call.institution == ELM)
            .then(|| answer(&played.lock().unwrap(), call.path, call.query))
            .flatten()
    })));
    (world, elm)
}

fn answer(elm: &Elm, path: &str, query: &BTreeMap<String, String>) -> Option<ResponseTemplate> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let body = match parts.as_slice() {
        ["conf", "libraries"] => json!({"library": elm.libraries, "total_record_count": elm.libraries.len()}),
        ["conf", "libraries", code, "open-hours"] => match elm.hours_say.get(*code) {
            Some(says) => says.clone(),
            None => open_hours(elm, code, query),
        },
        ["conf", "jobs"] => page(&elm.jobs, "job", query),
        ["conf", "jobs", id, "instances"] => {
            if elm.wants_status && !query.contains_key("status") {
                return Some(refused("401664"));
            }
            let all = elm.runs.get(*id).cloned().unwrap_or_default();
            let (from, to) = (&query["submit_date_from"], &query["submit_date_to"]);
            let asked: Vec<Value> = all
                .into_iter()
                .filter(|run| {
                    let day = &run["submit_time"].as_str().unwrap()[..10];
                    day >= from.as_str()
                        && day <= to.as_str()
                        && query
                            .get("status")
                            .is_none_or(|status| run["status"]["value"] == **status)
                })
                .collect();
            page(&asked, "job_instance", query)
        }
        _ => return None,
    };
    Some(ResponseTemplate::new(200).set_body_json(body))
}

fn refused(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({
        "errorsExist": true, "errorList": {"error": [{"errorCode": code, "errorMessage": "Mandatory field is missing: status"}]}
    }))
}

fn page(rows: &[Value], name: &str, query: &BTreeMap<String, String>) -> Value {
    let number = |key: &str| query[key].parse::<usize>().unwrap();
    let shown: Vec<&Value> = rows.iter().skip(number("offset")).take(number("limit")).collect();
    let mut body = json!({"total_record_count": rows.len()});
    if !shown.is_empty() {
        body[name] = json!(shown);
    }
    body
}

/// Days without hours are left out.
fn open_hours(elm: &Elm, code: &str, query: &BTreeMap<String, String>) -> Value {
    let (from, to): (NaiveDate, NaiveDate) = (query["from"].parse().unwrap(), query["to"].parse().unwrap());
    assert!((to - from).num_days() < 31, "Alma gives one month at most");
    let days: Vec<Value> = from
        .iter_days()
        .take_while(|day| *day <= to)
        .take(if elm.cuts_hours { 8 } else { usize::MAX })
        .filter_map(|day| {
            let number = day.weekday().number_from_sunday();
            let usual = (number != 1).then_some(("08:00", "22:00"));
            let (open, close) = elm.deviations.get(&(code.to_owned(), day)).copied().unwrap_or(usual)?;
            Some(json!({
                "date": format!("{day}Z"), "day_of_week": {"value": number.to_string(), "desc": "A day"},
                "hour": [{"from": open, "to": close}]
            }))
        })
        .collect();
    if days.is_empty() {
        json!({})
    } else {
        json!({ "day": days })
    }
}

impl Elm {
    fn close(&mut self, code: &str, days: &[&str]) {
        for day in days {
            self.deviations.insert((code.to_owned(), day.parse().unwrap()), None);
        }
    }

    fn share(&mut self, code: &str, shares: bool) {
        for library in self.libraries.iter_mut().filter(|library| library["code"] == code) {
            library["resource_sharing"] = json!(shares);
        }
    }
}

fn library(code: &str, name: &str, shares: bool) -> Value {
    json!({
        "code": code, "name": name, "resource_sharing": shares, "id": "1290", "path": format!("01ELM.01ELM_INST.{code}"),
        "description": "canary-description", "campus": {"value": "NORTH", "desc": "North Campus"}, "proxy": "",
        "link": "https://example.org/x", "number_of_locations": {"value": "5"}
    })
}

fn scheduled_job(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "description": name, "type": {"value": "SCHEDULED", "desc": "Scheduled"},
        "category": {"value": "FULFILLMENT", "desc": "Fulfillment"},
        "schedule": {"value": "DAILY_AT_02", "desc": "Every day at 02:00"}, "creator": "canary-creator"
    })
}

/// A run that began at 7:00 UTC on a day.
fn run(day: &str, status: &str) -> Value {
    json!({
        "id": format!("{day}-1"), "name": "canary-set-name", "submitted_by": {"value": "canary-submitter", "desc": "Canary"},
        "submit_time": format!("{day}T06:59:58.000Z"), "start_time": format!("{day}T07:00:04.592Z"),
        "end_time": format!("{day}T07:03:44.359Z"), "progress": 101.3, "status": {"value": status, "desc": "x"},
        "counter": [{"type": {"value": "c.expired", "desc": "Expired"}, "value": "12"}],
        "alert": [{"value": "alert_general_success", "desc": "x"}]
    })
}

/// An answer that takes the place of the right one until the faults are cleared.
fn outage(where_: &str) -> Fault {
    Fault {
        where_: where_.to_owned(),
        status: 400,
        body: "<web_service_result><errorsExist>true</errorsExist><errorList><error><errorCode>UNAUTHORIZED</errorCode>\
               <errorMessage>API-key not defined or not configured to allow this API.</errorMessage></error></errorList>\
               </web_service_result>"
            .to_owned(),
        times: None,
    }
}

async fn titles(world: &World) -> Vec<String> {
    world.events().await.into_iter().map(|event| event.title).collect()
}

async fn body_of(world: &World, watch: &str, key: &str) -> Value {
    let at = world.clock.now().plus(std::time::Duration::from_hours(1));
    let watch = almanac::model::watch::WatchId::from_text(watch);
    let records = world.almanac.store.records(&watch, Some(key), at).await.unwrap();
    json!(records)[0]["body"].clone()
}
