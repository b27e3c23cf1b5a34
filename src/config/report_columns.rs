//! What is read of a borrowing report, and under which headings: the allow-list of `alma.borrowing-requests`.

use std::collections::BTreeMap;

use super::BorrowingRequestsSettings;

/// A field that is read of a report. Nothing else of it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReportField {
    /// What tells one request from another; hashed at once.
    RequestId,
    /// The label of the status, or its code.
    Status,
    /// The partner, by code or by name.
    Partner,
    /// The format asked for.
    Format,
    /// The library that asks.
    Library,
    /// When the request was made.
    Created,
    /// When it was changed last.
    Modified,
}

impl ReportField {
    /// All, in the order of the settings.
    pub const ALL: [ReportField; 7] = [
        ReportField::RequestId,
        ReportField::Status,
        ReportField::Partner,
        ReportField::Format,
        ReportField::Library,
        ReportField::Created,
        ReportField::Modified,
    ];

    /// The key under `columns`.
    pub const fn name(self) -> &'static str {
        match self {
            ReportField::RequestId => "request_id",
            ReportField::Status => "status",
            ReportField::Partner => "partner",
            ReportField::Format => "format",
            ReportField::Library => "library",
            ReportField::Created => "created",
            ReportField::Modified => "modified",
        }
    }

    /// The English heading that is looked for where the settings name none. The first three and the creation date are
    /// those that reports of the subject area *Borrowing Requests (Resource Sharing)* are known to have; the others are
    /// likely ones, and are passed over where they are missing.
    pub const fn usual_heading(self) -> &'static str {
        match self {
            ReportField::RequestId => "Internal Id",
            ReportField::Status => "Borrowing Request Status",
            ReportField::Partner => "Partner Code",
            ReportField::Format => "Requested Format",
            ReportField::Library => "Library Code",
            ReportField::Created => "Borrowing Creation Date",
            ReportField::Modified => "Modification Date",
        }
    }

    /// Whether no report can do without it.
    pub const fn is_needed(self) -> bool {
        matches!(
            self,
            ReportField::RequestId | ReportField::Status | ReportField::Partner
        )
    }
}

/// A column that is looked for in a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedColumn {
    /// What it is read as.
    pub field: ReportField,
    /// Its heading, or its place (`Column4`).
    pub heading: String,
    /// Whether a report without it cannot be read: every report needs it, or the settings name it.
    pub must: bool,
}

impl BorrowingRequestsSettings {
    /// The columns to look for, one for each of [`ReportField::ALL`].
    pub fn wanted(&self) -> Vec<WantedColumn> {
        let wanted = |field: ReportField| {
            let named = self.columns.get(&field);
            WantedColumn {
                field,
                heading: named.map_or_else(|| field.usual_heading().to_owned(), Clone::clone),
                must: named.is_some() || field.is_needed(),
            }
        };
        ReportField::ALL.into_iter().map(wanted).collect()
    }

    /// The path of one institution's report.
    pub fn report_of(&self, institution: &str) -> String {
        self.report.replace(INSTITUTION, institution)
    }
}

/// Stands in the path of a report for the institution's code.
pub const INSTITUTION: &str = "{institution}";

/// Words that head columns about readers, staff or titles in Alma Analytics. A column under one of them is never read,
/// whoever asks for it (ALMA.md §6, §8).
const PRIVATE: &[&str] = &[
    "full name",
    "first name",
    "last name",
    "middle name",
    "preferred name",
    "user name",
    "primary identifier",
    "barcode",
    "e-mail",
    "email",
    "mail",
    "requester",
    "requestor",
    "patron",
    "address",
    "phone",
    "note",
    "notes",
    "user",
    "borrower",
    "assigned to",
    "assignee",
    "creator",
    "created by",
    "modified by",
    "updated by",
    "operator",
    "staff",
    "title",
    "author",
];

/// Whether a heading says that the column is about a person or names what was asked for.
pub fn is_private(heading: &str) -> bool {
    let words = plain(heading);
    let words = format!(" {words} ");
    PRIVATE.iter().any(|private| words.contains(&format!(" {private} ")))
}

/// A heading or a label as it is compared: small letters, one blank between words.
pub fn plain(text: &str) -> String {
    text.split_whitespace()
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Labels of statuses with their codes, as the settings give them; the labels in the form of [`plain`].
pub type StatusLabels = BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_usual_heading_is_private_and_those_of_readers_and_titles_are() {
        for field in ReportField::ALL {
            assert!(!is_private(field.usual_heading()), "{}", field.name());
        }
        for heading in [
            "Full Name",
            "  full   NAME ",
            "Preferred Email",
            "Requester",
            "Title",
            "Request Note",
            "Primary Identifier",
            "User Group",
            "Assigned To",
            "Modified By",
        ] {
            assert!(is_private(heading), "{heading}");
        }
        for heading in ["Partner Name", "Subtitled", "Library Name", "Statut de la demande"] {
            assert!(!is_private(heading), "{heading}");
        }
    }

    #[test]
    fn what_the_settings_name_must_be_there_and_what_they_do_not_may_be_missing() {
        let mut settings = BorrowingRequestsSettings {
            report: "/shared/{institution}/Almanac".into(),
            ..BorrowingRequestsSettings::default()
        };
        settings.columns.insert(ReportField::Format, "Format demandé".into());
        let wanted = settings.wanted();
        let of = |field| wanted.iter().find(|wanted| wanted.field == field).unwrap();
        assert!(of(ReportField::Format).must && of(ReportField::Partner).must && !of(ReportField::Library).must);
        assert_eq!(of(ReportField::Format).heading, "Format demandé");
        assert_eq!(settings.report_of("01ELM_INST"), "/shared/01ELM_INST/Almanac");
    }
}
