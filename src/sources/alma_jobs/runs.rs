//! The runs of a job: which was the last that ended, what it did, when the others began. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::compare::normalise::{plain_number, text_of};
use crate::model::moment::Moment;

/// Counters and alerts kept of a run; Alma's reports have a dozen.
const DETAILS_MAX: usize = 60;
/// Characters of a counter's or an alert's code; what is longer, or holds anything but letters, digits and `._-`, is text
/// that someone or something wrote ("FTP has failed."), and no code.
const CODE_CHARS_MAX: usize = 120;
/// Statuses of a run that has not ended.
const NOT_ENDED: &[&str] = &[
    "QUEUED",
    "PENDING",
    "INITIALIZING",
    "RUNNING",
    "FINALIZING",
    "PAUSED",
    "IN_PROCESS",
];

/// What is known of a job's runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// When they began, or were submitted where they have not begun yet.
    pub starts: BTreeSet<Moment>,
    /// The last that ended, by its allow-list: status, times to the minute, counters that are numbers, codes of alerts. Never
    /// who submitted it, its name (which may be the name of a set), its links or its progress.
    pub last: Option<Value>,
    /// Runs that name no time.
    pub timeless: u32,
    newest: Option<(Moment, String)>,
}

impl Runs {
    /// Takes a run as Alma gives it.
    pub fn take(&mut self, run: &Value) {
        let time = |name: &str| {
            run.get(name)
                .and_then(Value::as_str)
                .and_then(|text| text.trim().parse().ok())
        };
        let Some(began): Option<Moment> = time("start_time").or_else(|| time("submit_time")) else {
            self.timeless += 1;
            return;
        };
        self.starts.insert(began);
        let status = run.get("status").and_then(text_of).filter(|status| is_code(status));
        let Some(status) = status.filter(|status| !NOT_ENDED.contains(&status.as_str())) else {
            return;
        };
        let mut last = Map::new();
        last.insert("status".to_owned(), Value::from(status));
        last.insert("started".to_owned(), Value::from(to_the_minute(began)));
        if let Some(ended) = time("end_time") {
            last.insert("ended".to_owned(), Value::from(to_the_minute(ended)));
        }
        let counters = counters(run.get("counter").unwrap_or(&Value::Null));
        last.insert("counters".to_owned(), json!(counters));
        let alerts: BTreeSet<String> = entries(run.get("alert").unwrap_or(&Value::Null))
            .filter_map(text_of)
            .filter(|code| is_code(code))
            .take(DETAILS_MAX)
            .collect();
        last.insert("alerts".to_owned(), json!(alerts));
        let last = Value::Object(last);
        // Of two runs that began at once the same one is kept whichever came first.
        let rank = (began, last.to_string());
        if self.newest.as_ref().is_none_or(|newest| rank > *newest) {
            self.newest = Some(rank);
            self.last = Some(last);
        }
    }
}

/// `2027-02-03T07:00Z`.
pub fn to_the_minute(time: Moment) -> String {
    time.datetime().format("%Y-%m-%dT%H:%MZ").to_string()
}

fn counters(list: &Value) -> BTreeMap<String, i64> {
    entries(list)
        .filter_map(|counter| {
            let code = text_of(counter.get("type")?).filter(|code| is_code(code))?;
            // Numbers are strings on the wire (ALMA.md §7), and some counters are texts.
            let number = match counter.get("value")? {
                Value::Number(number) => number.as_i64()?,
                other => plain_number(&text_of(other)?)?,
            };
            Some((code, number))
        })
        .take(DETAILS_MAX)
        .collect()
}

fn entries(list: &Value) -> impl Iterator<Item = &Value> {
    match list {
        Value::Array(entries) => entries.as_slice(),
        Value::Object(_) => std::slice::from_ref(list),
        _ => &[],
    }
    .iter()
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= CODE_CHARS_MAX
        && text
            .bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: &str, status: &str) -> Value {
        json!({
            "id": "1", "external_id": "2", "name": "Claim - set of Jane Doe - 02/03/2027",
            "submitted_by": {"value": "jdoe", "desc": "Doe, Jane"}, "progress": 101.3,
            "submit_time": "2027-02-03T06:59:00.000Z", "start_time": start, "end_time": "2027-02-03T07:12:44.359Z",
            "status": {"value": status, "desc": "x"}, "status_date": "2027-02-03Z",
            "alert": [{"value": "alert_general_error", "desc": "contact jane@example.org"}],
            "counter": [
                {"type": {"value": "c.expired", "desc": "Expired"}, "value": "12"},
                {"type": {"value": "4"}, "value": 3},
                {"type": {"value": "FTP has failed."}, "value": "Download zip file for manual FTP."},
                {"type": {"value": "c.note"}, "value": "see Jane Doe"}
            ],
            "job_info": {"name": "Claim", "link": "/almaws/v1/conf/jobs/S1"}, "link": "x"
        })
    }

    #[test]
    fn the_last_run_that_ended_is_kept_by_its_allow_list() {
        let mut runs = Runs::default();
        runs.take(&run("2027-02-03T07:00:13.592Z", "COMPLETED_FAILED"));
        runs.take(&run("2027-02-02T07:00:10.000Z", "COMPLETED_SUCCESS"));
        runs.take(&run("2027-02-04T07:00:10.000Z", "RUNNING"));
        assert_eq!(
            runs.last.unwrap(),
            json!({
                "status": "COMPLETED_FAILED", "started": "2027-02-03T07:00Z", "ended": "2027-02-03T07:12Z",
                "counters": {"c.expired": 12, "4": 3}, "alerts": ["alert_general_error"]
            })
        );
        assert_eq!(runs.starts.len(), 3, "a run that has begun counts as a run");
    }

    #[test]
    fn the_order_of_the_list_makes_no_difference() {
        let all = [
            run("2027-02-03T07:00:13Z", "COMPLETED_FAILED"),
            run("2027-02-03T07:00:13Z", "COMPLETED_SUCCESS"),
            run("2027-02-01T07:00:13Z", "COMPLETED_SUCCESS"),
        ];
        let mut forward = Runs::default();
        all.iter().for_each(|run| forward.take(run));
        let mut backward = Runs::default();
        all.iter().rev().for_each(|run| backward.take(run));
        assert_eq!(forward, backward);
    }

    #[test]
    fn a_run_without_any_time_is_counted_and_left() {
        let mut runs = Runs::default();
        runs.take(&json!({"id": "1", "status": {"value": "COMPLETED_SUCCESS"}}));
        runs.take(&json!({"id": "1", "submit_time": "yesterday"}));
        assert_eq!((runs.timeless, runs.last), (2, None));
    }
}
