//! A row of the report becomes a request as it is kept. Pure.

mod dates;

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::NO_STATUS;
use crate::config::BorrowingRequestsSettings;
use crate::config::report_columns::{ReportField, plain};
use crate::exlibris::analytics::page::Row;
use crate::model::request::SeenRequest;
use crate::model::request_status;
use crate::pseudonym::Pseudonyms;
use dates::{Column, Date};

/// Labels that nobody knows. There are some sixty statuses; more unknown ones mean that the column is something else, and
/// that something may be a person. Nor is a report believed in which no label at all is known. What is left is kept, shown
/// as a record, and never logged: a column that mixes a few people's names with known labels cannot be told from one in
/// which staff have words of their own, however seldom such a label is.
const UNKNOWN_LABELS_MAX: usize = 60;
/// Few labels may be as many as the requests that have them …
const UNKNOWN_LABELS_FEW: usize = 5;
/// Of those, as many as a record shows: all that can be.
pub(super) const STATUS_UNKNOWN_SHOWN_MAX: usize = UNKNOWN_LABELS_MAX;
/// Libraries of one institution that ask; far above the largest.
const LIBRARIES_MAX: usize = 200;
/// Formats that requests can have; Alma has a handful.
const FORMATS_MAX: usize = 60;
/// Partners that a report may have whatever the number of its requests …
const PARTNERS_FEW: usize = 50;
/// Characters kept of a status, partner, format or library.
const WORDS_CHARS_MAX: usize = 120;

/// The requests of a report as its rows come in.
pub(super) struct Requests<'a> {
    institution: &'a str,
    settings: &'a BorrowingRequestsSettings,
    pseudonyms: &'a Pseudonyms,
    zone: Tz,
    rows: Vec<SeenRequest>,
    unknown: BTreeSet<String>,
    /// Whether there is a label whose code is known.
    knows_a_label: bool,
    libraries: BTreeSet<String>,
    without_id: u64,
    created: Column,
    modified: Column,
}

impl<'a> Requests<'a> {
    pub(super) fn new(
        institution: &'a str,
        settings: &'a BorrowingRequestsSettings,
        pseudonyms: &'a Pseudonyms,
        zone: Tz,
    ) -> Self {
        Self {
            institution,
            settings,
            pseudonyms,
            zone,
            rows: Vec::new(),
            unknown: BTreeSet::new(),
            knows_a_label: false,
            libraries: BTreeSet::new(),
            without_id: 0,
            created: Column::default(),
            modified: Column::default(),
        }
    }

    /// Takes a row: the cells of [`ReportField::ALL`], in that order.
    pub(super) fn take(&mut self, row: Row) {
        let mut cells: BTreeMap<ReportField, String> = ReportField::ALL
            .into_iter()
            .zip(row)
            .filter_map(|(field, cell)| Some((field, cell?)))
            .collect();
        let Some(id) = cells.remove(&ReportField::RequestId) else {
            self.without_id += 1;
            return;
        };
        let words = |field| cells.get(&field).map(|cell| words(cell)).unwrap_or_default();
        let label = words(ReportField::Status);
        let code = code_of(&label, self.settings);
        let unknown = code.is_none();
        let status = match code {
            _ if label.is_empty() => NO_STATUS.to_owned(),
            Some(code) => {
                self.knows_a_label = true;
                code
            }
            None => {
                if self.unknown.len() <= UNKNOWN_LABELS_MAX {
                    self.unknown.insert(label.clone());
                }
                label.clone()
            }
        };
        // A code is its own label only where nobody knows it for a code.
        let label_alone = unknown || label != status;
        let status_label = Some(label).filter(|label| !label.is_empty() && label_alone);
        let (partner, format, library) = (
            words(ReportField::Partner),
            format_of(&words(ReportField::Format)),
            words(ReportField::Library),
        );
        if self.libraries.len() <= LIBRARIES_MAX {
            self.libraries.insert(library.clone());
        }
        let row = self.rows.len();
        let date = |column: &mut Column, field| {
            let text = cells.get(&field)?;
            column.take(row, Date::of(text, self.zone))
        };
        let created = date(&mut self.created, ReportField::Created);
        let modified = date(&mut self.modified, ReportField::Modified);
        self.rows.push(SeenRequest {
            hash: self.pseudonyms.hash(self.institution, &id),
            former_hash: self.pseudonyms.former_hash(self.institution, &id),
            status,
            status_label,
            partner,
            format,
            library,
            created,
            modified,
        });
    }

    /// Ends the reading, once the last row is in: only then is it known in which order a column writes day and month.
    pub(super) fn settle(&mut self) {
        for (row, moment) in self.created.settle() {
            self.rows[row].created = moment;
        }
        for (row, moment) in self.modified.settle() {
            self.rows[row].modified = moment;
        }
    }

    /// Whether the columns can be what they are read as. No value of a column is ever in the reason.
    ///
    /// # Errors
    /// A sentence with what to do, where one of them must be something else.
    pub(super) fn check(&self) -> Result<(), String> {
        let unknown = self.unknown.len();
        if unknown > UNKNOWN_LABELS_MAX || unknown > UNKNOWN_LABELS_FEW.max(self.rows.len() / 2) {
            // … but statuses repeat, and what hardly does is a name, a title or an id.
            return Err(format!(
                "the column that is read as the status holds {}{unknown} different texts in {} rows, none of which is a \
                 status known here; it must be something else. Correct status under [watch.columns]",
                if unknown > UNKNOWN_LABELS_MAX { "at least " } else { "" },
                self.rows.len()
            ));
        }
        if unknown > 0 && !self.knows_a_label {
            return Err(format!(
                "none of the {unknown} different texts in the column that is read as the status is a status known here. If \
                 it is another column, correct status under [watch.columns]; if these are labels in the library's own words \
                 or language, give at least one that the report shows now its code under [watch.status_labels]"
            ));
        }
        if self.libraries.len() > LIBRARIES_MAX {
            return Err(format!(
                "the column that is read as the library holds more than {LIBRARIES_MAX} different texts; it must be \
                 something else. Correct library under [watch.columns]"
            ));
        }
        let different = |of: fn(&SeenRequest) -> &String| self.rows.iter().map(of).collect::<BTreeSet<_>>().len();
        if different(|row| &row.format) > FORMATS_MAX {
            return Err(format!(
                "the column that is read as the format holds more than {FORMATS_MAX} different texts; it must be something \
                 else. Correct format under [watch.columns]"
            ));
        }
        let partners = different(|row| &row.partner);
        if partners > PARTNERS_FEW && partners * 3 > self.rows.len() * 2 {
            // … but partners repeat, and what hardly does is a name, a title or an id.
            return Err(format!(
                "the column that is read as the partner holds {partners} different texts in {} rows; it must be something \
                 else. Correct partner under [watch.columns]",
                self.rows.len()
            ));
        }
        Ok(())
    }

    /// Why what was read is not all that can be followed.
    pub(super) fn shortfall(&self) -> Option<String> {
        (self.without_id > 0).then(|| {
            format!(
                "{} rows name no request id, so nothing says what they are; correct request_id under [watch.columns], or \
                 leave such rows out of the report",
                self.without_id
            )
        })
    }

    /// What an operator may want to know.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.unknown.is_empty() {
            // Not which: remarks are logged, and if the column is a wrong one after all, a log is no place for its texts.
            remarks.push(format!(
                "{} labels of statuses have no known code; almanac show alma.borrowing-requests/{} unknown-labels lists \
                 them; give each its code under [watch.status_labels]",
                self.unknown.len(),
                self.institution
            ));
        }
        let mut partners: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for row in &self.rows {
            partners.entry(row.hash).or_default().insert(&row.partner);
        }
        let several = partners.values().filter(|partners| partners.len() > 1).count();
        if several > 0 {
            remarks.push(format!(
                "{several} requests stand in the report with more than one partner, and one of them was taken; let the \
                 report show active partners only (Partner Active Status is Active)"
            ));
        }
        for (field, column) in [
            (ReportField::Created, &self.created),
            (ReportField::Modified, &self.modified),
        ] {
            if column.unreadable > 0 {
                remarks.push(format!(
                    "{} dates of {} are written so that they cannot be read for certain, and were left out; let the report \
                     show them as 2026-11-24",
                    column.unreadable,
                    field.name()
                ));
            }
        }
        remarks
    }

    /// Labels without a code, sorted.
    pub(super) fn unknown_labels(&self) -> Vec<String> {
        self.unknown.iter().cloned().collect()
    }

    /// The requests in an order of their own, so that of two rows of one request the same one is kept however they came.
    pub(super) fn into_rows(mut self) -> Vec<SeenRequest> {
        let order = |row: &SeenRequest| {
            (
                row.hash,
                row.partner.is_empty(),
                row.partner.clone(),
                row.status.clone(),
                row.format.clone(),
                row.library.clone(),
                row.created,
            )
        };
        self.rows.sort_by_cached_key(order);
        self.rows
    }
}

/// The code of a status by its label: as the settings say, else as everybody knows. `None` for a label nobody knows.
pub(super) fn code_of(label: &str, settings: &BorrowingRequestsSettings) -> Option<String> {
    let own = settings.status_labels.get(&plain(label)).cloned();
    own.or_else(|| request_status::code_of_label(label).map(str::to_owned))
}

/// A cell as it is kept: one line, short, and nothing that could be an e-mail address.
fn words(cell: &str) -> String {
    let words: Vec<&str> = cell.split_whitespace().filter(|word| !word.contains('@')).collect();
    words
        .join(" ")
        .chars()
        .take(WORDS_CHARS_MAX)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// Formats by the codes that the API has for them, where the report shows their English labels.
fn format_of(label: &str) -> String {
    match plain(label).as_str() {
        "physical" => "PHYSICAL".to_owned(),
        "digital" => "DIGITAL".to_owned(),
        _ => label.to_owned(),
    }
}

#[cfg(test)]
mod tests;
