//! Jobs and their runs.

use std::time::Duration;

use almanac::model::answer::Outcome;
use serde_json::{Value, json};

use super::{Elm, JOBS, body_of, outage, run, scheduled_job, titles, world};
use crate::world::World;

const EXPIRE: &str = "Expired Resource Sharing Requests";

/// A job that ran every night, and one that has nothing to do with requests.
fn nightly(elm: &mut Elm) {
    elm.jobs = vec![
        scheduled_job("S1", EXPIRE),
        scheduled_job("S9", "Publishing Platform Job"),
    ];
    let nights = ["2027-01-30", "2027-01-31", "2027-02-01", "2027-02-02", "2027-02-03"];
    elm.runs.insert(
        "S1".to_owned(),
        nights.map(|night| run(night, "COMPLETED_SUCCESS")).into(),
    );
}

fn runs_tonight(elm: &mut Elm, night: &str, status: &str) {
    elm.runs.get_mut("S1").unwrap().push(run(night, status));
}

async fn next_day(world: &World) {
    world.hand.advance(Duration::from_hours(23));
    let row = world.poll(JOBS).await;
    assert_eq!(row.outcome, Outcome::Ok, "{:?}", row.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_normal_night_is_kept_and_told_to_nobody() {
    let (world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    let first = world.poll(JOBS).await;
    assert_eq!((first.outcome, first.added), (Outcome::Ok, 1), "{:?}", first.reason);
    assert_eq!(
        body_of(&world, JOBS, "S1").await,
        json!({
            "id": "S1", "name": EXPIRE, "type": "SCHEDULED", "category": "FULFILLMENT", "schedule": "DAILY_AT_02",
            "last_run": {
                "status": "COMPLETED_SUCCESS", "started": "2027-02-03T07:00Z", "ended": "2027-02-03T07:03Z",
                "counters": {"c.expired": 12}, "alerts": ["alert_general_success"]
            }
        })
    );
    runs_tonight(&mut elm.lock().unwrap(), "2027-02-04", "COMPLETED_SUCCESS");
    next_day(&world).await;
    assert_eq!(
        body_of(&world, JOBS, "S1").await["last_run"]["started"],
        "2027-02-04T07:00Z"
    );
    assert!(titles(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_two_nights_running_is_told_twice() {
    let (world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    world.poll(JOBS).await;
    runs_tonight(&mut elm.lock().unwrap(), "2027-02-04", "COMPLETED_FAILED");
    next_day(&world).await;
    world.poll(JOBS).await;
    assert_eq!(world.told().await, ["job.failed 01ELM_INST S1"], "one run, one event");
    runs_tonight(&mut elm.lock().unwrap(), "2027-02-05", "COMPLETED_FAILED");
    next_day(&world).await;
    assert_eq!(
        titles(&world).await,
        [
            "Elm College: the job “Expired Resource Sharing Requests” ended with errors",
            "Elm College: the job “Expired Resource Sharing Requests” ended with errors again",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_does_not_run_is_told_once_and_its_return_to_nobody() {
    let (world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    world.poll(JOBS).await;
    next_day(&world).await;
    assert_eq!(
        titles(&world).await,
        ["Elm College: the job “Expired Resource Sharing Requests” did not run when it should have"]
    );
    next_day(&world).await;
    next_day(&world).await;
    assert_eq!(world.told().await, ["job.missed 01ELM_INST S1"]);
    runs_tonight(&mut elm.lock().unwrap(), "2027-02-07", "COMPLETED_SUCCESS");
    next_day(&world).await;
    assert_eq!(body_of(&world, JOBS, "S1").await.get("missed"), None);
    assert_eq!(world.told().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_neither_a_failure_nor_a_silence_of_the_job() {
    let (world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    elm.lock().unwrap().jobs.push(scheduled_job("S2", "Claim"));
    world.poll(JOBS).await;
    let before = body_of(&world, JOBS, "S1").await;
    world.wire().faults = vec![outage("/jobs/S1/instances")];
    let row = world.poll(JOBS).await;
    assert_eq!(row.outcome, Outcome::Partial);
    assert!(
        row.reason.as_ref().unwrap().starts_with("runs/S1: "),
        "{:?}",
        row.reason
    );
    assert_eq!((row.added, row.removed, row.modified), (0, 0, 0));
    assert_eq!(body_of(&world, JOBS, "S1").await, before);
    world.wire().faults = vec![outage("/conf/jobs?")];
    assert_eq!(world.poll(JOBS).await.outcome, Outcome::Failed);
    world.wire().faults.clear();
    world.poll(JOBS).await;
    assert!(titles(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn new_jobs_are_told_and_gone_ones_after_two_readings_but_not_those_a_new_name_brings_in() {
    let (mut world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    world.poll(JOBS).await;
    elm.lock().unwrap().jobs.push(scheduled_job(
        "S5",
        "Send Overdue Message to Resource Sharing Borrowing Partner",
    ));
    world.poll(JOBS).await;
    assert_eq!(world.told().await, ["api.changed 01ELM_INST S5"]);
    elm.lock().unwrap().jobs.retain(|job| job["id"] != "S5");
    world.poll(JOBS).await;
    assert_eq!(world.told().await.len(), 1, "one reading is not enough");
    world.poll(JOBS).await;
    assert_eq!(world.told().await[1..], ["api.changed 01ELM_INST S5"]);
    world
        .reconfigure(|text| {
            text.replace(
                "schedule = \"45 6 * * *\"",
                "schedule = \"45 6 * * *\"\njobs = [\"Publishing\"]",
            )
        })
        .await;
    assert_eq!(world.poll(JOBS).await.added, 1);
    assert_eq!(world.keys(JOBS).await, ["S1", "S9"]);
    assert_eq!(world.told().await.len(), 2, "the job was there all the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_jobs_come_by_pages_and_many_runs_by_a_shorter_time() {
    let (world, elm) = world().await;
    {
        let mut elm = elm.lock().unwrap();
        nightly(&mut elm);
        let others = (0..230).map(|n| scheduled_job(&format!("X{n:03}"), "Something else"));
        let all: Vec<Value> = others.chain(elm.jobs.clone()).collect();
        elm.jobs = all;
        let mut runs = elm.runs["S1"].clone();
        runs.extend((0..120).map(|n| {
            let mut often = run("2027-01-20", "COMPLETED_SUCCESS");
            often["id"] = json!(n);
            often
        }));
        runs.reverse();
        elm.runs.insert("S1".to_owned(), runs);
    }
    let row = world.poll(JOBS).await;
    assert_eq!((row.outcome, row.added), (Outcome::Ok, 1), "{:?}", row.reason);
    assert_eq!(
        body_of(&world, JOBS, "S1").await["last_run"]["started"],
        "2027-02-03T07:00Z"
    );
    assert_eq!(
        row.calls,
        1 + 3 + 2,
        "who it is, three pages of jobs, two answers with runs"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_alma_insists_on_a_status_each_is_asked_for() {
    let (world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    elm.lock().unwrap().wants_status = true;
    runs_tonight(&mut elm.lock().unwrap(), "2027-02-03", "COMPLETED_FAILED");
    let row = world.poll(JOBS).await;
    assert_eq!(row.outcome, Outcome::Ok, "{:?}", row.reason);
    let kept = body_of(&world, JOBS, "S1").await;
    assert_eq!(kept["last_run"]["started"], "2027-02-03T07:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_cannot_be_read_for_days_are_no_silence_of_the_job() {
    let (world, elm) = world().await;
    nightly(&mut elm.lock().unwrap());
    world.poll(JOBS).await;
    let before = body_of(&world, JOBS, "S1").await;
    world.wire().faults = vec![outage("/jobs/S1/instances")];
    for night in ["2027-02-04", "2027-02-05", "2027-02-06"] {
        runs_tonight(&mut elm.lock().unwrap(), night, "COMPLETED_SUCCESS");
        world.hand.advance(Duration::from_hours(24));
        assert_eq!(world.poll(JOBS).await.outcome, Outcome::Partial);
        assert_eq!(body_of(&world, JOBS, "S1").await, before);
    }
    world.wire().faults.clear();
    let of_jobs = async || -> Vec<String> {
        let told = world.told().await;
        told.into_iter().filter(|event| event.starts_with("job.")).collect()
    };
    world.poll(JOBS).await;
    assert!(of_jobs().await.is_empty(), "{:?}", of_jobs().await);
    next_day(&world).await;
    next_day(&world).await;
    assert_eq!(of_jobs().await, ["job.missed 01ELM_INST S1"], "now it is silent");
}
