//! `alma.borrowing-requests`: what one institution asked of others, from a saved Analytics report (ALMA.md §6).
//!
//! Kept of a request: a keyed hash of its id, its status, partner, format, library and two dates. The report's other
//! columns (readers' names, titles, notes) never leave the reader of its pages. The records are counts by library and
//! status, and one that names the labels of statuses that nobody has told us the code of.

mod rows;

use serde_json::{Value, json};

use super::Ask;
use super::requests::Counts;
use crate::compare::requests::newest_of_each;
use crate::config::BorrowingRequestsSettings;
use crate::exlibris::alma::{self, Verification};
use crate::exlibris::analytics;
use crate::exlibris::error::{CallError, Problem};
use crate::meaning::requests::UNKNOWN_LABELS;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};
use crate::model::request::{RequestsSeen, SeenRequest, Side};
use rows::{Requests, STATUS_UNKNOWN_SHOWN_MAX};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// The partition of the counts.
pub const PARTITION: &str = "report";
/// The partition of the one record that is no count.
pub const LABELS_PARTITION: &str = "labels";
/// Stands for the library where the report names none, as the first half of a key: `-/REQUEST_SENT`.
pub const NO_LIBRARY: &str = "-";
/// Stands for the status of a request for which the report gives none.
pub const NO_STATUS: &str = "-";

/// Pairs of library and status that are counted: a hundred libraries with every status that there is. More means that one
/// of the two columns is something else.
const CELLS_MAX: usize = 6_000;
/// A report that had more requests than so many …
const FEW: u64 = 5;
/// … and now has less than one in so many of them is not believed at once. Analytics is refreshed at night, and a report
/// that is asked for meanwhile may be empty (ALMA.md §6); so few requests left overnight would be a catastrophe.
const ONE_IN: u64 = 10;
/// Nor is a report in which more than so many requests at once stand under labels that nobody knows, instead of a code …
const UNCODED_FEW: u64 = 5;
/// … and so many percent of those that had one: the labels are other ones now, not the requests.
const UNCODED_PERCENT: u64 = 30;

/// What one poll tells the next.
#[derive(Debug, Default, PartialEq, Eq)]
struct Memory {
    /// Path of the report.
    report: String,
    /// Requests in it.
    requests: u64,
    /// Those among them whose label nobody knew. `None` in what was remembered before it was counted.
    uncoded: Option<u64>,
    /// Library and status of every count, so that one that empties stays a count of nothing.
    cells: Vec<(String, String)>,
}

/// Reads the report once, to its end.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution, or nothing was learned of the report: it is not there, not
/// ready, has other columns, or holds other things in them. What was read only in part gives no counts.
pub async fn observe(ask: &Ask<'_>, settings: &BorrowingRequestsSettings) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let report = settings.report_of(institution);
    let attempted = format!("reading the borrowing requests of {institution}");
    let pseudonyms = ask
        .pseudonyms
        .ok_or_else(|| CallError::ours(&attempted, Problem::NoKey(super::requests::NO_HASHING_KEY.to_owned())))?;
    let verified = match alma::verify_institution(ask.session, institution).await? {
        Verification::Verified => Some(true),
        Verification::Unverified => None,
    };
    let wanted = settings.wanted();
    let mut requests = Requests::new(institution, settings, pseudonyms, ask.zone);
    let read = analytics::read_report(ask.session, &report, &wanted, &mut |row| requests.take(row)).await?;
    requests.settle();
    let unfit = |reason| CallError::ours(&attempted, Problem::Unfit(reason));
    requests.check().map_err(unfit)?;

    let mut remarks = requests.remarks();
    if read.rows > 0 && !read.without.is_empty() {
        remarks.push(format!("the report has no column for {}", read.without.join(", ")));
    }
    let shortfall = read.shortfall.or(requests.shortfall());
    let unknown = requests.unknown_labels();
    let rows: Vec<SeenRequest> = newest_of_each(&requests.into_rows()).cloned().collect();
    let mut seen = RequestsSeen {
        side: Side::Borrowing,
        key_id: pseudonyms.key_id(),
        former_key_id: pseudonyms.former_key_id(),
        rows,
        whole: shortfall.is_none(),
        hidden_with: std::collections::BTreeSet::new(),
    };
    let mut coverage = Coverage::default();
    let base = |coverage, requests| Observation {
        verified,
        remarks,
        coverage,
        requests,
        ..Observation::default()
    };
    if let Some(reason) = shortfall {
        // Half a report gives counts that are too low, and those would look like requests that came on: it gives none.
        coverage.set(PARTITION, PartitionRead::Partial { reason });
        return Ok(base(coverage, Some(seen)));
    }
    let before = ask.memory.and_then(Memory::read).unwrap_or_default();
    let now = seen.rows.len() as u64;
    let mut counts = Counts::default();
    for (library, status) in &before.cells {
        // A label that has found its code is not counted under its own name any more.
        if rows::code_of(status, settings).is_none_or(|code| code == *status) {
            counts.expect(library, status);
        }
    }
    for request in &mut seen.rows {
        let mut counted = request.clone();
        if counted.library.is_empty() {
            counted.library = NO_LIBRARY.to_owned();
        }
        counts.add(&counted);
    }
    let cells: Vec<(String, String)> = counts
        .cells()
        .map(|(library, status)| (library.to_owned(), status.to_owned()))
        .collect();
    if cells.len() > CELLS_MAX {
        return Err(unfit(format!(
            "the report gives more than {CELLS_MAX} pairs of library and status; one of the two columns must be something \
             else. Correct [watch.columns]"
        )));
    }
    coverage.set(PARTITION, PartitionRead::Complete);
    coverage.set(LABELS_PARTITION, PartitionRead::Complete);
    let mut drafts = counts.drafts(|_, _| PARTITION.to_owned());
    drafts.extend(labels_draft(&unknown));
    let is_uncoded = |request: &&SeenRequest| request.status_label.as_ref() == Some(&request.status);
    let memory = Memory {
        report,
        requests: now,
        uncoded: Some(seen.rows.iter().filter(is_uncoded).count() as u64),
        cells,
    };
    let suspicion = doubt(&before, &memory).or_else(|| doubt_labels(&before, &memory));
    Ok(Observation {
        drafts,
        suspicion,
        memory: Some(memory.write()),
        ..base(coverage, Some(seen))
    })
}

/// Why a whole report is not believed at once, if it is not.
fn doubt(before: &Memory, memory: &Memory) -> Option<String> {
    let (had, now) = (before.requests, memory.requests);
    let lost = before.report == memory.report && had > FEW && now.saturating_mul(ONE_IN) < had;
    lost.then(|| {
        format!(
            "the report has {now} requests where it had {had}; Analytics may be in the middle of its nightly refresh, so \
             this is not taken for true yet"
        )
    })
}

/// Why the labels of a whole report are not believed at once, if they are not. Requests that are new or gone are not taken
/// for some that lost their code.
fn doubt_labels(before: &Memory, memory: &Memory) -> Option<String> {
    let (old, new) = (before.uncoded?, memory.uncoded?);
    let had = before.requests.saturating_sub(old);
    let coded = memory.requests.saturating_sub(new);
    let lost = new.saturating_sub(old).min(had.saturating_sub(coded));
    let is_much = before.report == memory.report && lost > UNCODED_FEW && lost * 100 > had * UNCODED_PERCENT;
    is_much.then(|| {
        format!(
            "{lost} of {had} requests stand under labels that are not known here, where they had a known status before: staff \
             may have renamed a label, or the report speaks another language. Give each label its code under \
             [watch.status_labels]"
        )
    })
}

/// The record that tells of labels without a code.
fn labels_draft(unknown: &[String]) -> Option<Draft> {
    let shown = unknown.get(..STATUS_UNKNOWN_SHOWN_MAX).unwrap_or(unknown);
    (!unknown.is_empty()).then(|| Draft {
        partition: LABELS_PARTITION.to_owned(),
        identity: Identity::Key(UNKNOWN_LABELS.to_owned()),
        body: json!({
            "labels": shown,
            "remedy": "Give each of these labels its code under [watch.status_labels]; until then its requests are counted \
                       under the label.",
        }),
    })
}

impl Memory {
    fn read(value: &Value) -> Option<Self> {
        let cell = |cell: &Value| Some((cell.get(0)?.as_str()?.to_owned(), cell.get(1)?.as_str()?.to_owned()));
        Some(Self {
            report: value.get("report")?.as_str()?.to_owned(),
            requests: value.get("requests")?.as_u64()?,
            uncoded: value.get("uncoded").and_then(Value::as_u64),
            cells: value
                .get("cells")?
                .as_array()?
                .iter()
                .take(CELLS_MAX)
                .filter_map(cell)
                .collect(),
        })
    }

    fn write(&self) -> Value {
        json!({ "report": self.report, "requests": self.requests, "uncoded": self.uncoded, "cells": self.cells })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read_again_and_what_is_not_ours_is_nothing() {
        let memory = Memory {
            report: "/shared/Elm/Almanac".into(),
            requests: 340,
            uncoded: Some(3),
            cells: vec![("MAIN".into(), "REQUEST_SENT".into()), ("-".into(), "Ein Wort".into())],
        };
        assert_eq!(Memory::read(&memory.write()), Some(memory));
        for other in [json!(null), json!({}), json!({"report": 1}), json!([1, 2])] {
            assert_eq!(Memory::read(&other), None, "{other}");
        }
    }

    fn had(report: &str, requests: u64, uncoded: Option<u64>) -> Memory {
        Memory {
            report: report.into(),
            requests,
            uncoded,
            cells: Vec::new(),
        }
    }

    #[test]
    fn only_the_same_report_and_only_a_great_loss_is_doubted() {
        let doubt = |before: u64, report: &str, now: u64| doubt(&had("r", before, None), &had(report, now, Some(0)));
        assert!(doubt(340, "r", 0).is_some_and(|why| why.contains("0 requests where it had 340")));
        assert!(doubt(340, "r", 33).is_some());
        assert_eq!(doubt(340, "r", 34), None);
        assert_eq!(doubt(5, "r", 0), None, "five may end in one night");
        assert_eq!(doubt(340, "another", 0), None);
        assert_eq!(doubt(0, "r", 0), None);
    }

    #[test]
    fn many_requests_that_lose_their_code_at_once_are_doubted() {
        let doubt = |before: (u64, u64), now: (u64, u64)| {
            let (before, now) = (had("r", before.0, Some(before.1)), had("r", now.0, Some(now.1)));
            doubt_labels(&before, &now)
        };
        let why = doubt((22, 2), (22, 9)).unwrap();
        assert!(
            why.starts_with("7 of 20 requests") && why.contains("[watch.status_labels]"),
            "{why}"
        );
        assert_eq!(doubt((20, 0), (20, 6)), None, "30 % are not more than 30 %");
        assert_eq!(doubt((5, 0), (5, 5)), None, "five may move in one night");
        assert_eq!(doubt((20, 9), (20, 9)), None, "they were so before");
        assert_eq!(doubt((20, 0), (40, 20)), None, "new ones lost nothing");
        assert_eq!(doubt((20, 3), (10, 3)), None, "nor did those that are gone");
        assert_eq!(doubt_labels(&had("r", 20, None), &had("r", 20, Some(20))), None);
        assert_eq!(doubt_labels(&had("q", 20, Some(0)), &had("r", 20, Some(20))), None);
    }
}
