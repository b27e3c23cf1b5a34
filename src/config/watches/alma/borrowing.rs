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
        let instead =
            format!("Save the report in a shared folder of Analytics and write its path there, such as {REPORT}");
        (wrong, instead)
    } else if report.value.to_lowercase().starts_with("/shared/community/") {
        let instead = "Copy the report into a shared folder of your own library and write that path";
        (
            "reports in the community folder cannot be asked for".to_owned(),
            instead.to_owned(),
        )
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
        let Some(heading) = given.text(field.name()) else {
            continue;
        };
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
        } else if let Some((twin, _)) = columns.iter().find(|(_, other)| plain(other) == plain(&heading.value)) {
            let wrong = format!("{} is the column of {} already", shown(&heading.value), twin.name());
            given.wrong(
                field.name(),
                heading.at,
                wrong,
                "Name another column, or take one of them out",
            );
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
        table.wrong(
            "status_labels",
            table.at("status_labels"),
            wrong,
            "Take out those that you do not meet",
        );
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
            table.wrong(
                "status_labels",
                label.at,
                wrong,
                "Take one of the two out; capitals make no difference",
            );
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, SourceSettings};

    const START: &str = r#"
[consortium]
name = "C"
timezone = "America/New_York"
[[institution]]
code = "A"
name = "A"
kind = "own-alma"
region = "eu"
api_key = { env = "KEY_A" }
[[institution]]
code = "B"
name = "B"
kind = "own-alma"
region = "eu"
api_key = { env = "KEY_B" }
"#;

    fn watch(institution: &str, rest: &str) -> String {
        format!(
            "[[watch]]\nsource = \"alma.borrowing-requests\"\ninstitutions = [\"{institution}\"]\nschedule = \"every 1d\"\n{rest}\n"
        )
    }

    fn parse(watches: &str) -> Result<Config, String> {
        Config::parse(&format!("{START}{watches}"), Path::new("almanac.toml")).map_err(|mistakes| mistakes.to_string())
    }

    fn mistake(rest: &str) -> String {
        parse(&watch("A", rest)).unwrap_err()
    }

    #[test]
    fn each_library_has_a_watch_with_a_report_of_its_own() {
        let french = "report = \"/shared/B/Almanac\"\n[watch.columns]\nstatus = \" Statut \"\nformat = \"Column7\"\n\
                      [watch.status_labels]\n\"Envoyée  au partenaire\" = \"REQUEST_SENT\"\nNeu = \"SOMETHING_NEW\"\n";
        let both = watch("A", "report = \"/shared/{institution}/Almanac\"") + &watch("B", french);
        let config = parse(&both).unwrap();
        let settings: Vec<&BorrowingRequestsSettings> = config
            .watches
            .iter()
            .filter_map(|watch| match &watch.source {
                SourceSettings::AlmaBorrowingRequests(settings) => Some(settings),
                _ => None,
            })
            .collect();
        assert_eq!(settings.len(), 2);
        assert_eq!(settings[0].report_of("A"), "/shared/A/Almanac");
        assert!(settings[0].columns.is_empty() && settings[0].status_labels.is_empty());
        assert_eq!(settings[1].columns[&ReportField::Status], "Statut");
        assert_eq!(settings[1].columns[&ReportField::Format], "Column7");
        assert_eq!(settings[1].status_labels["envoyée au partenaire"], "REQUEST_SENT");
        assert_eq!(
            settings[1].status_labels["neu"], "SOMETHING_NEW",
            "a code may be newer than this list"
        );
        let twice = watch("A", "report = \"/shared/x\"") + &watch("A", "report = \"/shared/y\"");
        assert!(
            parse(&twice)
                .unwrap_err()
                .contains("\"alma.borrowing-requests/A\" is already given")
        );
    }

    #[test]
    fn every_slip_says_what_to_write() {
        const REPORT: &str = "report = \"/shared/x\"\n";
        for (rest, told) in [
            ("", "report is missing"),
            ("report = \"/users/me/x\"", "does not begin with /shared/"),
            (
                "report = \"/shared/Community/x\"",
                "community folder cannot be asked for",
            ),
            (
                "report = \"/shared/{code}/x\"",
                "Only {institution} may stand in braces",
            ),
            ("report = \"/shared/x\"\ncolumns = \"Partner\"", "Write columns = { … }"),
            (
                "report = \"/shared/x\"\ncolumns = { partner = 3 }",
                "text belongs here, not a number",
            ),
            (
                "report = \"/shared/x\"\ncolumns = { partner = \" \" }",
                "the text is empty",
            ),
            (
                "report = \"/shared/x\"\ncolumns = { partners = \"P\" }",
                "Write partner if that is what you mean",
            ),
            (
                "report = \"/shared/x\"\ncolumns = { partner = \"Full Name\" }",
                "tells of a reader or a title",
            ),
            (
                "report = \"/shared/x\"\ncolumns = { partner = \"P\", library = \"p\" }",
                "\"p\" is the column of partner already",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = [\"a\"]",
                "a table belongs here, not a list",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = { a = true }",
                "text belongs here, not true or false",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = { a = \"\" }",
                "a text in the table is empty",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = { \" \" = \"LOANED\" }",
                "a key in the table is empty",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = { a = \"REQUEST_SEND\" }",
                "Write \"REQUEST_SENT\" if",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = { a = \"on its way\" }",
                "Write Alma's code",
            ),
            (
                "report = \"/shared/x\"\nstatus_labels = { Sent = \"LOANED\", sent = \"LOANED\" }",
                "stands here twice",
            ),
        ] {
            let all = mistake(rest);
            assert!(all.contains(told), "{rest}: {all}");
        }
        let long = "x".repeat(WORDS_CHARS_MAX + 1);
        assert!(mistake(&format!("{REPORT}columns = {{ partner = \"{long}\" }}")).contains("Column4"));
        let many: Vec<String> = (0..=LABELS_MAX).map(|n| format!("l{n} = \"LOANED\"")).collect();
        assert!(
            mistake(&format!("{REPORT}status_labels = {{ {} }}", many.join(", "))).contains("more than 500 labels")
        );
        let other =
            "[[watch]]\nsource = \"alma.partners\"\ninstitutions = [\"*\"]\nschedule = \"every 1d\"\ncolumns = {}\n";
        assert!(
            parse(other)
                .unwrap_err()
                .contains("columns means nothing for alma.partners")
        );
    }
}
