//! The list of jobs as it comes in by pages: which of them matter, what is kept of them, how wholly it was read. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::missed::{Evidence, missed};
use super::runs::to_the_minute;
use super::{JOBS_MAX, PARTITION, Remembered};
use crate::compare::normalise::{text_of, tidy};
use crate::config::JobsSettings;
use crate::exlibris::alma_conf::{ROWS_PER_PAGE_MAX, Rows};
use crate::model::moment::Moment;
use crate::model::observation::{Draft, Identity, PartitionRead};
use crate::sources::alma_partners::{code_of, without_addresses};

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
/// The list of jobs as it comes in by pages, and every reason to doubt that it is whole. Pure.
#[derive(Debug, Default)]
pub struct JobList {
    pub(super) jobs: BTreeMap<String, Job>,
    ids: BTreeSet<String>,
    pub(super) pages: u32,
    pub(super) rows: u32,
    total: Option<u64>,
    pub(super) doubts: Vec<String>,
    pub(super) remarks: Vec<String>,
    nameless: u32,
}

/// A job that matters: its allow-listed fields, and what says when it should run.
#[derive(Clone, Debug)]
pub(super) struct Job {
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
    pub(super) fn read(&mut self) -> PartitionRead {
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

    /// The record of the job, with what is known of its runs. Whether one is missing was to be seen when they were read last,
    /// and not since: what cannot be read is no silence of the job.
    pub(super) fn draft(&self, known: &Remembered) -> Draft {
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
        if let Some(expected) = known.read.and_then(|read| missed(evidence, read)) {
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
pub(super) fn partition_for(row: &Value, settings: &JobsSettings) -> Option<String> {
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

/// The partition of the jobs that only this configured name brings in.
pub(super) fn partition_of(part: &str) -> String {
    format!("{PARTITION}/{}", part.to_lowercase())
}
