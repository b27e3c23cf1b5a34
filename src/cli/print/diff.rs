//! What differs between two moments.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::{Ink, Page, clean, count, words};
use crate::insight::answers::Difference;
use crate::model::answer::DiffRow;
use crate::model::change::{FieldChange, FieldOp, Op};

/// Two texts longer than this together are compared sentence by sentence instead of being shown twice.
const SHORT_TEXT_MAX: usize = 120;
/// Fields shown of one record; a record that differs in more is better read whole.
const FIELDS_MAX: usize = 40;

/// What `almanac diff` prints.
pub fn difference(found: &Difference, page: &Page) -> String {
    let watch = clean(found.watch.as_str());
    if found.rows.is_empty() {
        return page.wrapped(
            &match found.last_poll {
                None => format!("{watch} was never polled; `almanac poll {watch}` does it now."),
                Some(_) => format!(
                    "Nothing differs in {watch} between {} and {}; `almanac snapshots {watch}` shows when something \
                     changed.",
                    page.time(found.from),
                    page.time(found.to)
                ),
            },
            0,
        );
    }
    let of = |op: Op| found.rows.iter().filter(|row| row.op == op).count();
    let mut text = Ink::Bold.on(&watch);
    text.push('\n');
    text.push_str(&page.wrapped(
        &format!(
            "from {} to {}: {} added, {} removed, {} modified",
            page.time(found.from),
            page.time(found.to),
            of(Op::Added),
            of(Op::Removed),
            of(Op::Modified)
        ),
        0,
    ));
    for row in &found.rows {
        text.push('\n');
        text.push_str(&record(row, page));
    }
    text
}

fn record(row: &DiffRow, page: &Page) -> String {
    let whole = row.changes.iter().find(|change| change.path.is_empty());
    let name = whole
        .map(|change| {
            words::what(if row.op == Op::Removed {
                &change.old
            } else {
                &change.new
            })
        })
        // `tab/Everything (tab)` would say it twice.
        .filter(|name| *name != row.key && !row.key.starts_with(&format!("{name}/")))
        .map_or_else(String::new, |name| format!(" ({name})"));
    let key = clean(&row.key);
    let (word, ink) = match row.op {
        Op::Added => ("+ added", Ink::Green),
        Op::Removed => ("- removed", Ink::Red),
        Op::Modified => ("~ modified", Ink::Yellow),
    };
    let line = page.wrapped(&format!("{key}{name}"), 12);
    let mut text = format!("{}{}", ink.on(&format!("{word:<12}")), line.trim_start());
    let fields: Vec<&FieldChange> = row.changes.iter().filter(|change| !change.path.is_empty()).collect();
    for change in fields.iter().take(FIELDS_MAX) {
        text.push_str(&field(change, page));
    }
    let rest = fields.len().saturating_sub(FIELDS_MAX);
    if rest > 0 {
        text.push_str(&page.wrapped(
            &format!("and {} more; --json has them all", count(rest, "field", "fields")),
            4,
        ));
    }
    text
}

fn field(change: &FieldChange, page: &Page) -> String {
    let name = words::field(&change.path);
    let line = match (change.op, &change.old, &change.new) {
        (FieldOp::Replace, Value::String(old), Value::String(new))
            if old.chars().count() + new.chars().count() > SHORT_TEXT_MAX =>
        {
            return format!("{}{}", page.wrapped(&format!("{name}:"), 4), wording(old, new, page));
        }
        (FieldOp::Add, _, new) => format!("{name}: {} (new)", words::value(new)),
        (FieldOp::Remove, old, _) => format!("{name}: {} (gone)", words::value(old)),
        (FieldOp::Replace, old, new) => format!("{name}: {} → {}", words::value(old), words::value(new)),
    };
    page.wrapped(&line, 4)
}

/// What changed in the wording, by sentence; what stayed is left out.
fn wording(old: &str, new: &str, page: &Page) -> String {
    let (old, new) = (sentences(old), sentences(new));
    let mut text = String::new();
    for change in TextDiff::from_lines(&old, &new).iter_all_changes() {
        let (mark, ink) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => ("-", Ink::Red),
            ChangeTag::Insert => ("+", Ink::Green),
        };
        let line = page.wrapped(&clean(change.value().trim_end()), 8);
        text.push_str(&format!("      {} {}", ink.on(mark), line.trim_start()));
    }
    text
}

/// One sentence a line.
fn sentences(text: &str) -> String {
    let mut lines = text.replace(". ", ".\n");
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test_page;
    use super::super::tests::at;
    use super::*;
    use crate::model::watch::WatchId;

    fn change(op: FieldOp, path: &str, old: Value, new: Value) -> FieldChange {
        FieldChange {
            op,
            path: path.to_owned(),
            old,
            new,
        }
    }

    #[test]
    fn a_difference_reads_without_json() {
        let page = test_page();
        let same = "This part of the wording stays just as it was before, however long it goes on. ";
        let found = Difference {
            watch: WatchId::from_text("alma.partners/01TUN_INST"),
            from: at("2026-11-24T12:00:00Z"),
            to: at("2026-11-25T12:00:00Z"),
            rows: vec![
                DiffRow {
                    key: "BOS".to_owned(),
                    op: Op::Modified,
                    changes: vec![
                        change(FieldOp::Replace, "/details/status", json!("active"), json!("inactive")),
                        change(
                            FieldOp::Replace,
                            "/details/lending_supported",
                            json!(true),
                            json!(false),
                        ),
                        change(FieldOp::Remove, "/symbols", json!(["BXM"]), Value::Null),
                        change(
                            FieldOp::Add,
                            "/profile",
                            Value::Null,
                            json!({"type": "ISO_18626", "port": 9001}),
                        ),
                        change(
                            FieldOp::Replace,
                            "/body",
                            json!(format!("{same}The option is off. Ask your support.")),
                            json!(format!("{same}The option is on. Ask your support.")),
                        ),
                    ],
                },
                DiffRow {
                    key: "NEU".to_owned(),
                    op: Op::Added,
                    changes: vec![change(
                        FieldOp::Add,
                        "",
                        Value::Null,
                        json!({"name": "Northeastern University"}),
                    )],
                },
                DiffRow {
                    key: "OLD".to_owned(),
                    op: Op::Removed,
                    changes: vec![change(FieldOp::Remove, "", json!({"name": "Old Library"}), Value::Null)],
                },
            ],
            last_poll: Some(at("2026-11-25T11:00:00Z")),
        };
        insta::assert_snapshot!(page.finish(&difference(&found, &page)));
    }

    #[test]
    fn no_difference_says_so() {
        let page = test_page();
        let found = Difference {
            watch: WatchId::from_text("release-notes/alma"),
            from: at("2026-11-24T12:00:00Z"),
            to: at("2026-11-25T12:00:00Z"),
            rows: Vec::new(),
            last_poll: Some(at("2026-11-25T11:00:00Z")),
        };
        assert!(difference(&found, &page).contains("Nothing differs in release-notes/alma"));
    }
}
