//! What Alma's API area *Configuration* is asked about libraries and jobs, and how its answers have to look (ALMA.md §3).
//!
//! Every error names the area, so that whoever has to ask for a key knows for which one.

mod open_days;

use serde_json::Value;

pub use open_days::{DayHours, OpenDays};

use super::alma::gateway;
use super::error::{CallError, Problem};
use super::http::Session;
use chrono::NaiveDate;

/// Rows in one answer, at most (ALMA.md §2, paging).
pub const ROWS_PER_PAGE_MAX: u32 = 100;
/// Days of open hours in one answer. Ex Libris allows "one month of days" (OpenAPI of 2026-05-29); the shortest month is
/// safe in every season.
pub const DAYS_PER_CALL_MAX: u64 = 28;

/// Rows of a list as Alma sent them: they hold names of staff until the source has applied its allow-list (ALMA.md §8).
#[derive(Clone, PartialEq)]
pub struct Rows {
    /// The rows, in Alma's order, which is not documented.
    pub rows: Vec<Value>,
    /// `total_record_count`: how many there are in all; `None` where it is missing or makes no sense.
    pub total: Option<u64>,
}

impl std::fmt::Debug for Rows {
    /// Counts only: rows may name people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("rows", &self.rows.len())
            .field("total", &self.total)
            .finish()
    }
}

/// All libraries of the institution; Alma gives them without pages.
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of libraries.
pub async fn libraries(session: &Session) -> Result<Rows, CallError> {
    let attempted = format!("reading the libraries of {} (API area Configuration)", code(session));
    rows(session, &["conf", "libraries"], &[], "library", &attempted).await
}

/// The open days of a library from one day to another, both included; at most [`DAYS_PER_CALL_MAX`] of them.
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of days.
pub async fn open_days(
    session: &Session,
    library: &str,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<OpenDays, CallError> {
    let attempted = format!(
        "reading the open hours of {} of {} from {from} to {to} (API area Configuration)",
        shown(library),
        code(session)
    );
    let (from, to) = (from.to_string(), to.to_string());
    let path = ["almaws", "v1", "conf", "libraries", library, "open-hours"];
    let answer = session
        .get_json(
            gateway(session, &attempted)?,
            &path,
            &[("from", &from), ("to", &to)],
            &attempted,
        )
        .await?;
    OpenDays::read(&answer).map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// Reads jobs from number `offset` (0 is the first), at most [`ROWS_PER_PAGE_MAX`].
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of jobs.
pub async fn jobs(session: &Session, offset: u32) -> Result<Rows, CallError> {
    let attempted = format!(
        "reading the jobs of {} from number {} (API area Configuration)",
        code(session),
        offset.saturating_add(1)
    );
    let (limit, offset) = (ROWS_PER_PAGE_MAX.to_string(), offset.to_string());
    let query = [("limit", limit.as_str()), ("offset", offset.as_str())];
    rows(session, &["conf", "jobs"], &query, "job", &attempted).await
}

/// Which runs of a job are asked for.
#[derive(Clone, Copy, Debug)]
pub struct RunsAsked<'a> {
    /// The job's id.
    pub job: &'a str,
    /// The first day of submission.
    pub from: NaiveDate,
    /// The last day of submission, included.
    pub to: NaiveDate,
    /// Only runs of this status. Ex Libris declares the parameter required and describes it as optional (ALMA.md §3).
    pub status: Option<&'a str>,
    /// How many to leave out.
    pub offset: u32,
}

/// Reads runs of a job, at most [`ROWS_PER_PAGE_MAX`].
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of runs.
pub async fn job_runs(session: &Session, asked: RunsAsked<'_>) -> Result<Rows, CallError> {
    let attempted = format!(
        "reading the runs of job {} of {} (API area Configuration)",
        shown(asked.job),
        code(session)
    );
    let limit = ROWS_PER_PAGE_MAX.to_string();
    let (from, to, offset) = (asked.from.to_string(), asked.to.to_string(), asked.offset.to_string());
    let mut query = vec![
        ("limit", limit.as_str()),
        ("offset", offset.as_str()),
        ("submit_date_from", from.as_str()),
        ("submit_date_to", to.as_str()),
    ];
    query.extend(asked.status.map(|status| ("status", status)));
    let path = ["conf", "jobs", asked.job, "instances"];
    rows(session, &path, &query, "job_instance", &attempted).await
}

async fn rows(
    session: &Session,
    path: &[&str],
    query: &[(&str, &str)],
    name: &str,
    attempted: &str,
) -> Result<Rows, CallError> {
    let path = [&["almaws", "v1"], path].concat();
    let answer = session
        .get_json(gateway(session, attempted)?, &path, query, attempted)
        .await?;
    read_rows(answer, name).map_err(|reason| CallError::ours(attempted, Problem::Implausible(reason)))
}

/// An empty list may be an empty list, null or nothing at all (ALMA.md §9), so that one of list and count has to be there
/// to tell an empty list from something else.
fn read_rows(mut answer: Value, name: &str) -> Result<Rows, String> {
    let Some(object) = answer.as_object_mut() else {
        return Err("it is no list".to_owned());
    };
    let count = object.get("total_record_count").filter(|count| !count.is_null());
    let total = match count {
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(count) => count.as_u64(),
        None => None,
    };
    if count.is_none() && !object.contains_key(name) {
        return Err(format!("neither `{name}` nor `total_record_count` is in it"));
    }
    let rows = match object.remove(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(rows)) => rows,
        Some(row @ Value::Object(_)) => vec![row],
        Some(_) => return Err(format!("`{name}` is no list")),
    };
    if rows.iter().all(Value::is_object) {
        Ok(Rows { rows, total })
    } else {
        Err(format!("`{name}` lists something of another shape"))
    }
}

fn code(session: &Session) -> &str {
    session
        .institution()
        .map_or("no institution", |institution| &institution.code)
}

/// A code as it may stand in a message: short, in one line.
fn shown(code: &str) -> String {
    const CODE_CHARS_SHOWN: usize = 60;
    code.chars()
        .filter(|letter| !letter.is_control())
        .take(CODE_CHARS_SHOWN)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_list_has_many_faces_and_anything_else_is_implausible() {
        for answer in [
            json!({"total_record_count": 0}),
            json!({"job": [], "total_record_count": "0"}),
            json!({"job": null, "total_record_count": 0}),
        ] {
            let read = read_rows(answer.clone(), "job").unwrap();
            assert_eq!((read.rows.len(), read.total), (0, Some(0)), "{answer}");
        }
        for answer in [
            json!({}),
            json!([]),
            json!({"partner": []}),
            json!({"job": "none"}),
            json!({"job": ["a"]}),
        ] {
            assert!(read_rows(answer.clone(), "job").is_err(), "{answer}");
        }
    }

    #[test]
    fn rows_that_are_printed_name_nobody() {
        let read = read_rows(json!({"job": [{"creator": "canary"}]}), "job").unwrap();
        assert!(!format!("{read:?}").contains("canary"));
    }
}
