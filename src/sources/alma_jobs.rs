//! `alma.jobs`: the jobs of one institution that resource sharing depends on, key = job id: what they are, how their last
//! run ended, and whether a run is missing (ALMA.md §3, §5c).
//!
//! A job whose runs cannot be read keeps what was last known of them, so that one stubborn job neither hides the others nor
//! seems to have changed.

mod list;
pub mod missed;
pub mod runs;

pub use list::JobList;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Ask;
use crate::config::JobsSettings;
use crate::exlibris::alma::{self, Verification};
use crate::exlibris::alma_conf::{self, ROWS_PER_PAGE_MAX, Rows, RunsAsked};
use crate::exlibris::error::CallError;
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, Observation, PartitionRead};
use crate::model::open_hours::{after, before};
use list::partition_of;
use runs::Runs;

/// Of the allow-list and normaliser in `list` and `runs`.
pub const SHAPE_VERSION: u32 = 1;

/// The partition of the jobs that the source knows to matter. Those that only a configured name brings in are in partitions
/// of their own, `jobs/NAME`, so that a name that is added to the configuration alerts nobody of old jobs.
pub const PARTITION: &str = "jobs";

/// Jobs whose runs are read; each costs a call.
pub const JOBS_MAX: usize = 100;
/// Days back in which runs are looked for: a monthly job has one in them.
const DAYS_BACK: u64 = 35;
/// Days back where more runs came than fit on a page: such a job runs often.
const DAYS_BACK_OFTEN: u64 = 2;
/// Pages read of the runs of one job.
const RUN_PAGES_MAX: u32 = 5;
/// Beginnings of runs that are remembered, so that a monthly job has a past too.
const STARTS_REMEMBERED: usize = 40;
/// Jobs in a row whose runs cannot be read, after which the rest is not asked any more: the service is down.
const FAILURES_MAX: u32 = 2;
/// What Alma answers where it insists on the status that its documentation calls optional (ALMA.md §4).
const FIELD_MISSING: &str = "401664";
/// The statuses asked for one by one then: those that a run can end with.
const STATUSES: &[&str] = &[
    "COMPLETED_SUCCESS",
    "COMPLETED_WARNING",
    "COMPLETED_FAILED",
    "FAILED",
    "SYSTEM_ABORTED",
];

/// What is remembered of a job from poll to poll.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Remembered {
    /// The newest beginnings of runs.
    starts: BTreeSet<Moment>,
    /// The last run that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Value>,
    /// When its runs were read last. Nothing is known of what should have run since.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<Moment>,
}

/// Asks once: who the key speaks for, the whole list of jobs by pages, then the runs of those that matter.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution or not even the first page could be read.
pub async fn observe(ask: &Ask<'_>, settings: &JobsSettings) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let verified = match alma::verify_institution(ask.session, institution).await? {
        Verification::Verified => Some(true),
        Verification::Unverified => None,
    };
    let mut list = JobList::default();
    let mut next = Some(0);
    while let Some(offset) = next {
        match alma_conf::jobs(ask.session, offset).await {
            Ok(page) => next = list.take(&page, settings),
            Err(error) if list.pages == 0 => return Err(error),
            Err(error) => {
                list.doubts
                    .push(format!("the page after {} jobs failed: {error}", list.rows));
                next = None;
            }
        }
    }
    let mut coverage = Coverage::default();
    let read = list.read();
    for part in &settings.jobs {
        coverage.set(partition_of(part), read.clone());
    }
    coverage.set(PARTITION, read);
    let mut memory: BTreeMap<String, Remembered> = ask
        .memory
        .and_then(|memory| serde_json::from_value(memory.get("jobs")?.clone()).ok())
        .unwrap_or_default();
    if coverage.is_complete(PARTITION) {
        memory.retain(|id, _| list.jobs.contains_key(id));
    }
    let today = ask.now.datetime().with_timezone(&ask.zone).date_naive();
    let mut failures = 0;
    let mut drafts = Vec::new();
    for (id, job) in &list.jobs {
        let known = memory.entry(id.clone()).or_default();
        let read = if failures >= FAILURES_MAX {
            Err(format!(
                "not asked, as the runs of {FAILURES_MAX} jobs before it could not be read"
            ))
        } else {
            match runs_of(ask, id, today).await {
                Ok(Ok(runs)) => {
                    failures = 0;
                    Ok(runs)
                }
                Ok(Err(reason)) => Err(reason),
                Err(error) => {
                    failures = if error.problem.concerns_all_calls() {
                        failures + 1
                    } else {
                        0
                    };
                    Err(error.to_string())
                }
            }
        };
        match read {
            Ok(runs) => known.learn(runs, ask.now),
            Err(reason) => coverage.set(format!("runs/{id}"), PartitionRead::Failed { reason }),
        }
        drafts.push(job.draft(known));
    }
    Ok(Observation {
        drafts,
        coverage,
        verified,
        memory: Some(json!({ "jobs": memory })),
        remarks: list.remarks,
        ..Observation::default()
    })
}

impl Remembered {
    fn learn(&mut self, runs: Runs, now: Moment) {
        self.read = Some(now);
        self.starts.extend(runs.starts);
        while self.starts.len() > STARTS_REMEMBERED {
            self.starts.pop_first();
        }
        // A job that did not end within the days looked at still ended as it did, and an answer that leaves out its last run
        // does not make the one before it happen again. The times stand in a form that sorts.
        let began = |run: &Value| run.get("started").and_then(Value::as_str).map(str::to_owned);
        if let Some(last) = runs.last
            && self.last.as_ref().is_none_or(|known| began(known) <= began(&last))
        {
            self.last = Some(last);
        }
    }
}

/// The runs of a job; the inner error says why they are not known.
async fn runs_of(ask: &Ask<'_>, id: &str, today: NaiveDate) -> Result<Result<Runs, String>, CallError> {
    // Alma's day may have begun already.
    let to = after(today, 1);
    let asked = RunsAsked {
        job: id,
        from: before(today, DAYS_BACK),
        to,
        status: None,
        offset: 0,
    };
    let first = match alma_conf::job_runs(ask.session, asked).await {
        Ok(first) => first,
        Err(error) if error.error_code.as_deref() == Some(FIELD_MISSING) => return runs_by_status(ask, asked).await,
        Err(error) => return Err(error),
    };
    if !is_cut(&first) {
        return Ok(runs_in([&first]));
    }
    let asked = RunsAsked {
        from: before(today, DAYS_BACK_OFTEN),
        ..asked
    };
    let mut pages = Vec::new();
    let mut rows = 0;
    for _ in 0..RUN_PAGES_MAX {
        let page = alma_conf::job_runs(ask.session, RunsAsked { offset: rows, ..asked }).await?;
        let count = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        rows = rows.saturating_add(count);
        let more = match page.total {
            Some(total) if count == 0 && total > u64::from(rows) => {
                return Ok(Err(format!("Alma counts {total} runs and shows {rows}")));
            }
            Some(total) => total > u64::from(rows),
            None => count >= ROWS_PER_PAGE_MAX,
        };
        pages.push(page);
        if !more {
            return Ok(runs_in(&pages));
        }
    }
    Ok(Err(format!(
        "it has more than {rows} runs in {DAYS_BACK_OFTEN} days; no more are read"
    )))
}

async fn runs_by_status(ask: &Ask<'_>, asked: RunsAsked<'_>) -> Result<Result<Runs, String>, CallError> {
    let mut pages = Vec::new();
    for status in STATUSES {
        let asked = RunsAsked {
            status: Some(status),
            ..asked
        };
        match alma_conf::job_runs(ask.session, asked).await {
            Ok(page) if is_cut(&page) => {
                return Ok(Err(format!(
                    "it has more runs of status {status} than one answer holds"
                )));
            }
            Ok(page) => pages.push(page),
            // A status that this Alma does not know has no runs.
            Err(error) if error.refuses_a_value() => {}
            Err(error) => return Err(error),
        }
    }
    if pages.is_empty() {
        return Ok(Err(
            "Alma wants a status and accepts none of those that runs end with".to_owned()
        ));
    }
    Ok(runs_in(&pages))
}

/// Whether an answer does not hold all that it counts.
fn is_cut(page: &Rows) -> bool {
    page.total
        .map_or(page.rows.len() >= ROWS_PER_PAGE_MAX as usize, |total| {
            total > page.rows.len() as u64
        })
}

fn runs_in<'a>(pages: impl IntoIterator<Item = &'a Rows>) -> Result<Runs, String> {
    let mut runs = Runs::default();
    for row in pages.into_iter().flat_map(|page| &page.rows) {
        runs.take(row);
    }
    if runs.timeless > 0 && runs.starts.is_empty() {
        return Err(format!(
            "none of its {} runs says when it was; please report it",
            runs.timeless
        ));
    }
    Ok(runs)
}

#[cfg(test)]
mod tests;
