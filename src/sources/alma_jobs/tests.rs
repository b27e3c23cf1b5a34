use super::list::partition_for;
use super::*;

fn page(rows: Value, total: u64) -> Rows {
    Rows {
        rows: rows.as_array().unwrap().clone(),
        total: Some(total),
    }
}

fn job(id: &str, name: &str, category: &str) -> Value {
    json!({
        "id": id, "name": name, "description": "by jane@example.org", "creator": "jdoe",
        "type": {"value": "SCHEDULED", "desc": "Scheduled"}, "category": {"value": category, "desc": "x"},
        "schedule": {"value": "DAILY_AT_02", "desc": "Every day at 02:00"}, "next_run": "2027-02-04T07:00:00Z",
        "parameter": [{"name": {"value": "user"}, "value": "jdoe"}], "related_profile": {"value": "77", "link": "x"}
    })
}

#[test]
fn the_jobs_that_requests_depend_on_are_found_by_category_and_by_name() {
    let settings = JobsSettings {
        jobs: vec!["Hold Shelf".to_owned()],
    };
    for (name, category, expected) in [
        ("Expired Resource Sharing Requests", "FULFILLMENT", true),
        ("Irgendein Auftrag", "RESOURCE_SHARING", true),
        ("Send Overdue Message to Resource Sharing Borrowing Partner", "X", true),
        ("Claim", "FULFILLMENT", true),
        (
            "Users - Send Courtesy Notices and Handle Loan Renewals",
            "FULFILLMENT",
            true,
        ),
        ("Loans - Overdue and Lost Item", "FULFILLMENT", false),
        ("Refill the index", "REPOSITORY", false),
        ("Publishing Platform Job", "PUBLISHING", false),
    ] {
        let partition = partition_for(&job("S1", name, category), &settings);
        assert_eq!(partition.as_deref(), expected.then_some(PARTITION), "{name}");
    }
    let asked_for = job("S1", "Requests - Expiration of the hold shelf", "FULFILLMENT");
    assert_eq!(partition_for(&asked_for, &settings).as_deref(), Some("jobs/hold shelf"));
}

#[test]
fn a_job_is_kept_by_its_allow_list() {
    let mut list = JobList::default();
    list.take(
        &page(json!([job("S1", "Claim ask@example.org", "RS")]), 1),
        &JobsSettings::default(),
    );
    let draft = list.jobs["S1"].draft(&Remembered::default());
    assert_eq!(
        draft.body,
        json!({"id": "S1", "name": "Claim", "type": "SCHEDULED", "category": "RS", "schedule": "DAILY_AT_02"})
    );
}

#[test]
fn a_list_that_does_not_add_up_is_read_in_part() {
    let settings = JobsSettings::default();
    let mut short = JobList::default();
    assert_eq!(
        short.take(&page(json!([job("S1", "Claim", "X")]), 3), &settings),
        Some(1)
    );
    assert_eq!(short.take(&page(json!([]), 3), &settings), None);
    assert!(matches!(short.read(), PartitionRead::Partial { reason } if reason.contains("counts 3")));
    let mut moved = JobList::default();
    moved.take(&page(json!([job("S1", "Claim", "X")]), 2), &settings);
    moved.take(&page(json!([job("S1", "Claim", "X")]), 2), &settings);
    assert!(matches!(moved.read(), PartitionRead::Partial { reason } if reason.contains("1 different")));
    let mut whole = JobList::default();
    whole.take(&page(json!([job("S1", "Claim", "X"), {"name": "no id"}]), 2), &settings);
    assert_eq!(whole.read(), PartitionRead::Complete);
    assert_eq!(whole.remarks.len(), 1);
}

#[test]
fn more_jobs_than_can_be_watched_are_said() {
    let settings = JobsSettings {
        jobs: vec!["a".to_owned()],
    };
    let rows: Vec<Value> = (0..150).map(|n| job(&format!("S{n:03}"), "a", "X")).collect();
    let mut list = JobList::default();
    list.take(&page(json!(rows), 150), &settings);
    assert!(matches!(list.read(), PartitionRead::Partial { reason } if reason.contains("150 jobs match")));
    assert_eq!(list.jobs.len(), JOBS_MAX);
}

#[test]
fn a_job_that_did_not_run_is_marked_and_keeps_what_is_known_of_it() {
    let mut list = JobList::default();
    list.take(&page(json!([job("S1", "Claim", "RS")]), 1), &JobsSettings::default());
    let mut known = Remembered::default();
    let mut runs = Runs::default();
    for day in 1..4 {
        runs.take(&json!({
            "start_time": format!("2027-02-{day:02}T07:00:00Z"), "status": {"value": "COMPLETED_SUCCESS"}
        }));
    }
    known.learn(runs, "2027-02-03T17:00:00Z".parse().unwrap());
    let mut body = |now: &str| {
        known.learn(Runs::default(), now.parse().unwrap());
        list.jobs["S1"].draft(&known).body
    };
    assert_eq!(body("2027-02-04T12:00:00Z").get("missed"), None);
    let late = body("2027-02-04T14:00:00Z");
    assert_eq!(late["missed"], "2027-02-04T07:00Z");
    assert_eq!(late["last_run"]["started"], "2027-02-03T07:00Z");
}

#[test]
fn an_answer_without_the_last_run_does_not_make_the_one_before_it_happen_again() {
    let run = |day: u32, status: &str| {
        let mut runs = Runs::default();
        runs.take(&json!({"start_time": format!("2027-02-{day:02}T07:00:00Z"), "status": {"value": status}}));
        runs
    };
    let now = "2027-02-03T17:00:00Z".parse().unwrap();
    let mut known = Remembered::default();
    known.learn(run(3, "COMPLETED_SUCCESS"), now);
    known.learn(run(2, "COMPLETED_FAILED"), now);
    assert_eq!(known.last.unwrap()["status"], "COMPLETED_SUCCESS");
}
