//! `alma.jobs`: the jobs of one institution that resource sharing depends on, key = job id: what they are, how their last
//! run ended, and whether a run is missing (ALMA.md §3, §5c).
//!
//! A job whose runs cannot be read keeps what was last known of them, so that one stubborn job neither hides the others nor
//! seems to have changed.

pub mod missed;
pub mod runs;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Ask;
use super::alma_partners::{code_of, without_addresses};
use crate::compare::normalise::{text_of, tidy};
use crate::config::JobsSettings;
use crate::exlibris::alma::{self, Verification};
use crate::exlibris::alma_conf::{self, ROWS_PER_PAGE_MAX, Rows, RunsAsked};
use crate::exlibris::error::{CallError, Problem};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};
use missed::{Evidence, missed};
use runs::{Runs, to_the_minute};

/// Of the allow-list and normaliser in this file and in `runs`.
pub const SHAPE_VERSION: u32 = 1;

/// The partition of the jobs that the source knows to matter. Those that only a configured name brings in are in partitions
/// of their own, `jobs/NAME`, so that a name that is added to the configuration alerts nobody of old jobs.
pub const PARTITION: &str = "jobs";

/// Kept of a job beside its id and its name: codes, of which the localised descriptions are dropped. Never its creator, its
/// parameters, its profile or links.
const CODES: &[&str] = &["type", "category", "schedule"];

/// Jobs of a category that holds this, its separators taken out, are about resource sharing.
const CATEGORY: &str = "RESOURCESHARING";
/// Parts of the names of jobs that requests between libraries depend on, whatever their category: "Expired Resource Sharing
/// Requests", "Send Overdue Message to Resource Sharing Borrowing Partner", "Claim", "Send Courtesy Notices" (ALMA.md
/// §5c), and those of brokers. The rest of the fulfilment jobs is everyday circulation.
const NAMES: &[&str] = &[
    "resource sharing",
    "borrowing request",
    "lending request",
    "interlibrary",
    "courtesy notices",
    "rapidill",
    "rapido",
];
/// Words that make a name one of those only where they stand by themselves.
const WORDS: &[&str] = &["claim", "ill"];

/// Pages read of the list of jobs: 5,000 jobs, some ten times what a large institution has.
const PAGES_MAX: u32 = 50;
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
                    failures += 1;
                    Err(error.to_string())
                }
            }
        };
        match read {
            Ok(runs) => known.learn(runs),
            Err(reason) => coverage.set(format!("runs/{id}"), PartitionRead::Failed { reason }),
        }
        drafts.push(job.draft(known, ask.now));
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
    fn learn(&mut self, runs: Runs) {
        self.starts.extend(runs.starts);
        while self.starts.len() > STARTS_REMEMBERED {
            self.starts.pop_first();
        }
        // A job that did not end within the days looked at still ended as it did.
        if runs.last.is_some() {
            self.last = runs.last;
        }
    }
}

/// The runs of a job; the inner error says why they are not known.
async fn runs_of(ask: &Ask<'_>, id: &str, today: NaiveDate) -> Result<Result<Runs, String>, CallError> {
    // Alma's day may have begun already.
    let to = crate::model::open_hours::after(today, 1);
    let asked = RunsAsked {
        job: id,
        from: crate::model::open_hours::before(today, DAYS_BACK),
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
        from: crate::model::open_hours::before(today, DAYS_BACK_OFTEN),
        ..asked
    };
    let mut pages = Vec::new();
    let mut rows = 0;
    for _ in 0..RUN_PAGES_MAX {
        let page = alma_conf::job_runs(ask.session, RunsAsked { offset: rows, ..asked }).await?;
        let count = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        rows = rows.saturating_add(count);
        let ends = count == 0 || page.total.is_none_or(|total| u64::from(rows) >= total);
        pages.push(page);
        if ends {
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
            Err(error) if error.problem == Problem::Refused => {}
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

/// The list of jobs as it comes in by pages, and every reason to doubt that it is whole. Pure.
#[derive(Debug, Default)]
pub struct JobList {
    jobs: BTreeMap<String, Job>,
    ids: BTreeSet<String>,
    pages: u32,
    rows: u32,
    total: Option<u64>,
    doubts: Vec<String>,
    remarks: Vec<String>,
    nameless: u32,
}

/// A job that matters: its allow-listed fields, and what says when it should run.
#[derive(Clone, Debug)]
struct Job {
    id: String,
    partition: String,
    body: Map<String, Value>,
    next_run: Option<Moment>,
}

impl JobList {
    /// Takes the page read at the offset asked for last (0 at first); gives the offset of the next one, `None` at the
    /// end.
    pub fn take(&mut self, page: &Rows, settings: &JobsSettings) -> Option<u32> {
        let rows = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        if self.pages > 0 && page.total != self.total {
            self.doubts
                .push("the number of jobs changed while the list was read".to_owned());
        }
        self.total = page.total;
        self.pages += 1;
        self.rows = self.rows.saturating_add(rows);
        for row in &page.rows {
            let Some(id) = row.get("id").and_then(code_of) else {
                self.nameless += 1;
                continue;
            };
            self.ids.insert(id.clone());
            if let Some(partition) = partition_for(row, settings) {
                self.jobs.insert(id.clone(), Job::of(id, row, partition));
            }
        }
        let more = self
            .total
            .map_or(rows >= ROWS_PER_PAGE_MAX, |total| u64::from(self.rows) < total);
        if !more || rows == 0 {
            return None;
        }
        if self.pages >= PAGES_MAX {
            self.doubts
                .push(format!("the list goes on after {PAGES_MAX} pages; no more are read"));
            return None;
        }
        Some(self.rows)
    }

    /// How many jobs were read, and how many of them matter.
    pub fn counts(&self) -> (usize, usize) {
        (self.ids.len(), self.jobs.len())
    }

    /// How many there are in all, as Alma says.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// How wholly the list was read. Jobs beyond [`JOBS_MAX`] are left out.
    fn read(&mut self) -> PartitionRead {
        if self.nameless > 0 {
            // They cannot be asked about either, and are none of those that Alma runs by itself.
            self.remarks
                .push(format!("{} jobs have no id and are left out", self.nameless));
        }
        match self.total {
            None => self
                .doubts
                .push("Alma gave no total_record_count, so nothing says that the list is whole".to_owned()),
            Some(total) if total != self.ids.len() as u64 + u64::from(self.nameless) => self.doubts.push(format!(
                "Alma counts {total} jobs, {} different ones were read",
                self.ids.len()
            )),
            Some(_) => {}
        }
        if self.jobs.len() > JOBS_MAX {
            self.doubts.push(format!(
                "{} jobs match; only {JOBS_MAX} of them are watched: write fewer or longer names into jobs",
                self.jobs.len()
            ));
            while self.jobs.len() > JOBS_MAX {
                self.jobs.pop_last();
            }
        }
        if self.doubts.is_empty() {
            PartitionRead::Complete
        } else {
            PartitionRead::Partial {
                reason: self.doubts.join("; "),
            }
        }
    }
}

impl Job {
    fn of(id: String, row: &Value, partition: String) -> Self {
        let mut body = Map::new();
        body.insert("id".to_owned(), Value::from(id.as_str()));
        if let Some(name) = row.get("name").and_then(text_of) {
            body.insert("name".to_owned(), Value::from(without_addresses(&name)));
        }
        for name in CODES {
            if let Some(code) = row.get(*name).and_then(code_of) {
                body.insert((*name).to_owned(), Value::from(code));
            }
        }
        Job {
            id,
            partition,
            body,
            next_run: row
                .get("next_run")
                .and_then(Value::as_str)
                .and_then(|text| text.trim().parse().ok()),
        }
    }

    fn draft(&self, known: &Remembered, now: Moment) -> Draft {
        let mut body = self.body.clone();
        body.extend(known.last.clone().map(|last| ("last_run".to_owned(), last)));
        let code = |name: &str| self.body.get(name).and_then(Value::as_str);
        let starts: Vec<Moment> = known.starts.iter().copied().collect();
        let evidence = Evidence {
            scheduled: code("type").is_some_and(|kind| kind.eq_ignore_ascii_case("SCHEDULED")),
            schedule: code("schedule"),
            next_run: self.next_run,
            starts: &starts,
        };
        if let Some(expected) = missed(evidence, now) {
            body.insert("missed".to_owned(), Value::from(to_the_minute(expected)));
        }
        Draft {
            partition: self.partition.clone(),
            identity: Identity::Key(self.id.clone()),
            body: tidy(Value::Object(body)),
        }
    }
}

/// The partition that a job belongs to; `None` where requests between libraries do not depend on it and nobody asked for it.
fn partition_for(row: &Value, settings: &JobsSettings) -> Option<String> {
    let category: String = row
        .get("category")
        .and_then(text_of)
        .unwrap_or_default()
        .to_ascii_uppercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let name = row.get("name").and_then(text_of).unwrap_or_default().to_lowercase();
    let is_known = category.contains(CATEGORY)
        || NAMES.iter().any(|part| name.contains(part))
        || name
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|word| WORDS.contains(&word));
    if is_known {
        return Some(PARTITION.to_owned());
    }
    let asked_for = settings.jobs.iter().find(|part| name.contains(&part.to_lowercase()));
    asked_for.map(|part| partition_of(part))
}

fn partition_of(part: &str) -> String {
    format!("{PARTITION}/{}", part.to_lowercase())
}

#[cfg(test)]
mod tests;
