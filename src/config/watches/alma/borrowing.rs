//! The keys of `alma.borrowing-requests`: where the report lies, what its columns and its statuses are called.

use std::collections::BTreeMap;

use crate::config::BorrowingRequestsSettings;
use crate::config::mistake::{nearest, shown};
use crate::config::reader::{Found, Table};
use crate::config::report_columns::{INSTITUTION, ReportField, StatusLabels, is_private, plain};
use crate::model::request_status::STATUSES;

const REPORT: &str = "\"/shared/Tufts University/Reports/Almanac borrowing\"";
const LABELS: &str = "{ \"Envoyée au partenaire\" = \"REQUEST_SENT\" }";
/// Characters of a heading or a label; Alma's own are half as long. A formula may be longer: it is found by its place.
const WORDS_CHARS_MAX: usize = 200;
/// Labels that are worth a line; there are some sixty statuses.
const LABELS_MAX: usize = 500;

/// `None` only after a mistake was noted.
pub(super) fn settings(table: &Table) -> Option<BorrowingRequestsSettings> {
    let columns = columns(table);
    let status_labels = status_labels(table);
    let report = table.required_text("report", REPORT)?;
    check_path(table, &report).then_some(BorrowingRequestsSettings {
        report: report.value,
        columns,
        status_labels,
    })
}

fn check_path(table: &Table, report: &Found<String>) -> bool {
    let rest = report.value.replace(INSTITUTION, "");
    let (wrong, instead) = if rest.contains(['{', '}']) {
        let instead = format!("Only {INSTITUTION} may stand in braces; take the others out");
        ("a placeholder in it is not known".to_owned(), instead)
    } else if !report.value.starts_with("/shared/") {
        let wrong = format!("{} does not begin with /shared/", shown(&report.value));
        let instead = format!("Save the report in a shared folder of Analytics and write its path there, such as {REPORT}");
        (wrong, instead)
    } else if report.value.to_lowercase().starts_with("/shared/community/") {
        let instead = "Copy the report into a shared folder of your own library and write that path";
        ("reports in the community folder cannot be asked for".to_owned(), instead.to_owned())
    } else {
        return true;
    };
    table.wrong("report", report.at, wrong, instead);
    false
}

fn columns(table: &Table) -> BTreeMap<ReportField, String> {
    let mut columns: BTreeMap<ReportField, String> = BTreeMap::new();
    let Some(given) = table.table("columns") else {
        return columns;
    };
    for field in ReportField::ALL {
        let Some(heading) = given.text(field.name()) else { continue };
        if is_private(&heading.value) {
            let wrong = format!(
                "the column {} tells of a reader or a title, and such columns are not read",
                shown(&heading.value)
            );
            let instead = "Name another column, or take the key out";
            given.wrong(field.name(), heading.at, wrong, instead);
        } else if heading.value.chars().count() > WORDS_CHARS_MAX {
            let wrong = format!("the heading is longer than {WORDS_CHARS_MAX} characters");
            let instead = "Write the column's place instead, for example \"Column4\"";
            given.wrong(field.name(), heading.at, wrong, instead);
        } else if let Some((twin, _)) = columns
            .iter()
            .find(|(_, other)| plain(other) == plain(&heading.value))
        {
            let wrong = format!("{} is the column of {} already", shown(&heading.value), twin.name());
            given.wrong(field.name(), heading.at, wrong, "Name another column, or take one of them out");
        } else {
            columns.insert(field, heading.value);
        }
    }
    given.done();
    columns
}

fn status_labels(table: &Table) -> StatusLabels {
    let mut labels = StatusLabels::new();
    let given = table.free_texts("status_labels", LABELS);
    if given.len() > LABELS_MAX {
        let wrong = format!("more than {LABELS_MAX} labels are given");
        table.wrong("status_labels", table.at("status_labels"), wrong, "Take out those that you do not meet");
        return labels;
    }
    for (label, code) in given {
        let known = STATUSES.iter().find(|status| status.code == code.value);
        if let Err((wrong, instead)) = check_code(&code.value, known.is_some()) {
            table.wrong("status_labels", code.at, wrong, instead);
        } else if label.value.chars().count() > WORDS_CHARS_MAX {
            let wrong = format!("a label is longer than {WORDS_CHARS_MAX} characters");
            table.wrong("status_labels", label.at, wrong, "Write it as the report shows it");
        } else if labels.insert(plain(&label.value), code.value).is_some() {
            let wrong = format!("the label {} stands here twice", shown(&label.value));
            table.wrong("status_labels", label.at, wrong, "Take one of the two out; capitals make no difference");
        }
    }
    labels
}

/// A code that is not known may be one that Ex Libris made since; one that is nearly a known one is a slip.
fn check_code(code: &str, known: bool) -> Result<(), (String, String)> {
    let form = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if known {
        return Ok(());
    }
    let wrong = format!("{} is no code of a status that is known", shown(code));
    let near = nearest(code, STATUSES.iter().map(|status| status.code));
    match near.filter(|near| !near.starts_with(code) && !code.starts_with(near)) {
        Some(meant) => Err((wrong, format!("Write \"{meant}\" if that is what you mean"))),
        None if code.bytes().all(form) => Ok(()),
        None => Err((
            wrong,
            "Write Alma's code, in capitals and underscores, for example \"REQUEST_SENT\"".to_owned(),
        )),
    }
}
