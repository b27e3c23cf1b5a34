use serde_json::json;

use super::*;
use crate::model::change::{ChangeContext, InstitutionName};
use crate::model::watch::SourceKind;

fn job(changes: Value) -> Value {
    let mut record = json!({
        "id": "S1", "name": "Expired Resource Sharing Requests", "type": "SCHEDULED", "category": "FULFILLMENT",
        "schedule": "DAILY_AT_02",
        "last_run": {"status": "COMPLETED_SUCCESS", "started": "2027-02-02T07:00Z", "ended": "2027-02-02T07:04Z", "counters": {"c.expired": 12}}
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            record.as_object_mut().unwrap().remove(name);
        } else {
            record[name] = value.clone();
        }
    }
    record
}

fn run(day: u32, status: &str) -> Value {
    json!({
        "status": status, "started": format!("2027-02-{day:02}T07:00Z"), "ended": format!("2027-02-{day:02}T07:04Z"),
        "counters": {"c.expired": 0, "c.failed": 3, "c.skipped": 0}, "alerts": ["alert_general_error"]
    })
}

fn told(op: Op, old: Option<Value>, new: Option<Value>) -> String {
    let events = events_of(&ChangeInContext {
        source: SourceKind::AlmaJobs,
        subject: "01ELM_INST",
        institution: Some(InstitutionName {
            code: "01ELM_INST",
            name: "Elm College",
        }),
        key: "S1",
        op,
        old: old.as_ref(),
        new: new.as_ref(),
        context: &ChangeContext::default(),
        now: "2027-02-03T17:00:00Z".parse().unwrap(),
        zone: chrono_tz::America::New_York,
    });
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            format!(
                "{} ({})\n{}\n{}",
                event.kind, event.severity, event.title, event.summary
            )
        })
        .collect();
    told.join("\n\n")
}

fn modified(old: Value, new: Value) -> String {
    told(Op::Modified, Some(job(old)), Some(job(new)))
}

#[test]
fn a_run_that_failed() {
    insta::assert_snapshot!(modified(json!({}), json!({"last_run": run(3, "COMPLETED_FAILED")})), @r"
    job.failed (warning)
    Elm College: the job “Expired Resource Sharing Requests” ended with errors
    The run of 3 February 2027, 02:00 EST ended with status COMPLETED_FAILED. Requests past their expiry date may still be open, so they are neither passed on nor closed. Its counters: c.failed 3, c.expired 0, c.skipped 0. Look at it in Alma under Admin > Manage Jobs and Sets > Monitor Jobs, tab History.
    ");
}

#[test]
fn the_next_run_fails_too() {
    let old = json!({"last_run": run(3, "COMPLETED_FAILED")});
    insta::assert_snapshot!(modified(old.clone(), json!({"last_run": run(4, "SYSTEM_ABORTED")})), @r"
    job.failed (warning)
    Elm College: the job “Expired Resource Sharing Requests” was aborted again
    The run of 4 February 2027, 02:00 EST ended with status SYSTEM_ABORTED, as the one before it. Requests past their expiry date may still be open, so they are neither passed on nor closed. Its counters: c.failed 3, c.expired 0, c.skipped 0. Look at it in Alma under Admin > Manage Jobs and Sets > Monitor Jobs, tab History.
    ");
    assert_eq!(modified(old.clone(), old), "", "the same run is told once");
}

#[test]
fn a_normal_run_is_no_event() {
    assert_eq!(
        modified(json!({}), json!({"last_run": run(3, "COMPLETED_SUCCESS")})),
        ""
    );
    assert_eq!(
        modified(json!({}), json!({"last_run": run(3, "COMPLETED_WARNING")})),
        ""
    );
    assert_eq!(modified(json!({}), json!({"last_run": run(3, "SOMETHING_NEW")})), "");
    assert_eq!(
        modified(
            json!({"last_run": run(2, "FAILED")}),
            json!({"last_run": run(3, "COMPLETED_SUCCESS")})
        ),
        ""
    );
}

#[test]
fn a_run_that_somebody_started_is_a_smaller_matter() {
    let by_hand = json!({"schedule": "NOT_SCHEDULED", "type": "MANUAL", "last_run": run(3, "FAILED"), "name": "Claim"});
    let before = json!({"schedule": "NOT_SCHEDULED", "type": "MANUAL", "name": "Claim"});
    insta::assert_snapshot!(modified(before, by_hand), @r"
    job.failed (notice)
    Elm College: the job “Claim” failed
    The run of 3 February 2027, 02:00 EST ended with status FAILED. Partners may not have been reminded of requests that they have not answered. Its counters: c.failed 3, c.expired 0, c.skipped 0. Look at it in Alma under Admin > Manage Jobs and Sets > Monitor Jobs, tab History.
    ");
}

#[test]
fn a_run_that_is_missing_is_told_once() {
    let late = json!({"missed": "2027-02-03T07:00Z"});
    insta::assert_snapshot!(modified(json!({}), late.clone()), @r"
    job.missed (warning)
    Elm College: the job “Expired Resource Sharing Requests” did not run when it should have
    A run was to be expected by 3 February 2027, 02:00 EST and has not begun. It last began on 2 February 2027, 02:00 EST. Requests past their expiry date may still be open, so they are neither passed on nor closed. Look at it in Alma under Admin > Manage Jobs and Sets > Monitor Jobs, tab History.
    ");
    assert_eq!(modified(late.clone(), late.clone()), "");
    assert_eq!(
        modified(late.clone(), json!({"missed": "2027-02-04T07:00Z"})),
        "",
        "it is still the same silence"
    );
    assert_eq!(
        modified(late.clone(), json!({"last_run": run(3, "COMPLETED_SUCCESS")})),
        ""
    );
    let again = json!({"missed": "2027-02-05T07:00Z", "last_run": run(4, "COMPLETED_SUCCESS")});
    assert!(
        modified(late, again).contains("job.missed"),
        "another silence is another event"
    );
}

#[test]
fn a_new_job_whose_run_has_failed_already_is_told_as_new_and_as_failed() {
    insta::assert_snapshot!(told(Op::Added, None, Some(job(json!({"last_run": run(3, "FAILED")})))), @r"
    api.changed (notice)
    Elm College: the job “Expired Resource Sharing Requests” is new in Alma
    A job that has to do with requests between libraries. Its schedule is DAILY_AT_02. Its runs are watched from now on.

    job.failed (warning)
    Elm College: the job “Expired Resource Sharing Requests” failed
    The run of 3 February 2027, 02:00 EST ended with status FAILED. Requests past their expiry date may still be open, so they are neither passed on nor closed. Its counters: c.failed 3, c.expired 0, c.skipped 0. Look at it in Alma under Admin > Manage Jobs and Sets > Monitor Jobs, tab History.
    ");
    assert!(!told(Op::Added, None, Some(job(json!({})))).contains("job.failed"));
}

#[test]
fn jobs_come_go_and_change() {
    insta::assert_snapshot!(told(Op::Added, None, Some(job(json!({"last_run": null})))), @r"
    api.changed (notice)
    Elm College: the job “Expired Resource Sharing Requests” is new in Alma
    A job that has to do with requests between libraries. Its schedule is DAILY_AT_02. Its runs are watched from now on.
    ");
    insta::assert_snapshot!(told(Op::Removed, Some(job(json!({}))), None), @r"
    api.changed (warning)
    Elm College: the job “Expired Resource Sharing Requests” is gone from Alma
    Two complete readings of the list of jobs running did not hold it. Requests past their expiry date may still be open, so they are neither passed on nor closed.
    ");
    insta::assert_snapshot!(modified(json!({}), json!({"schedule": "WEEKLY_MON_02"})), @r"
    api.changed (notice)
    Elm College: the job “Expired Resource Sharing Requests” has another schedule
    Its schedule is now WEEKLY_MON_02 (it was DAILY_AT_02): expect changes of requests at other times than before.
    ");
    insta::assert_snapshot!(modified(json!({}), json!({"schedule": "NOT_SCHEDULED"})), @r"
    api.changed (warning)
    Elm College: the job “Expired Resource Sharing Requests” is no longer scheduled
    Its schedule was DAILY_AT_02. Nothing starts it by itself any more. Requests past their expiry date may still be open, so they are neither passed on nor closed.
    ");
    insta::assert_snapshot!(modified(json!({}), json!({"name": "Expire requests", "category": "RESOURCE_SHARING"})), @r"
    api.changed (notice)
    Elm College: the job “Expired Resource Sharing Requests” is now called “Expire requests”
    Its name was Expired Resource Sharing Requests. Its category is now RESOURCE_SHARING (it was FULFILLMENT).
    ");
}
