//! Records as they stood.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{Ink, Page, clean, clean_lines, count, cut, words};
use crate::insight::answers::RecordSet;

/// Columns of a record's name in the list; the whole record shows all of it.
const NAME_WIDTH: usize = 44;
/// Columns of a time with its day; one of another year is wider and moves its own line only.
const SINCE_WIDTH: usize = 12;
/// Levels of a document that are indented; deeper ones stay on one line as JSON.
const DEPTH_MAX: usize = 8;

/// What `almanac show WATCH` prints.
pub fn list(set: &RecordSet, page: &Page) -> String {
    if set.rows.is_empty() {
        return none(set, page);
    }
    // The columns of known width come first: keys are as long as Ex Libris makes them, and must stay whole to be copied.
    let mut text = Ink::Bold.on(&format!("{:<SINCE_WIDTH$}  Version  Record", "Since"));
    text.push('\n');
    for row in &set.rows {
        let what = cut(&words::what(&row.body), NAME_WIDTH);
        let since = page.short_time(row.observed_at);
        let line = format!("{since:<SINCE_WIDTH$}  {:>7}  ", row.version);
        let record = page.wrapped(&format!("{} – {what}", clean(&row.key)), line.width());
        text.push_str(&line);
        text.push_str(record.trim_start());
    }
    let foot = format!(
        "{} at {}, times of today where no day is said; `almanac show {} KEY` shows one in full.",
        count(set.rows.len(), "record", "records"),
        page.time(set.at),
        set.watch
    );
    format!("{text}\n{}", page.wrapped(&foot, 0))
}

/// What `almanac show WATCH KEY` prints.
pub fn whole(set: &RecordSet, page: &Page) -> String {
    let mut text = String::new();
    for row in &set.rows {
        let title = match words::naming(&row.body) {
            Some(name) if name != row.key => format!("{} ({name})", clean(&row.key)),
            _ => clean(&row.key),
        };
        text.push_str(&Ink::Bold.on(&title));
        text.push('\n');
        let standing = format!(
            "of {}, version {}, as it stands since {}",
            set.watch,
            row.version,
            page.time(row.observed_at)
        );
        text.push_str(&page.wrapped(&standing, 0));
        text.push('\n');
        text.push_str(&document(&row.body, 2, 0, page));
    }
    text
}

/// Why there are no records.
pub fn none(set: &RecordSet, page: &Page) -> String {
    let watch = clean(set.watch.as_str());
    page.wrapped(
        &match set.last_poll {
            None => format!("{watch} was never polled; `almanac poll {watch}` does it now."),
            Some(_) => format!(
                "Nothing is known of {watch} at {}; `almanac snapshots {watch}` shows when something was.",
                page.time(set.at)
            ),
        },
        0,
    )
}

/// A document with a line a field.
pub fn document(value: &Value, indent: usize, depth: usize, page: &Page) -> String {
    match value {
        Value::Object(fields) if depth < DEPTH_MAX => fields
            .iter()
            .map(|(name, value)| labelled(&words::key(name), value, indent, depth, page))
            .collect(),
        Value::Array(items) if depth < DEPTH_MAX => items
            .iter()
            .enumerate()
            .map(|(index, item)| labelled(&format!("{}", index + 1), item, indent, depth, page))
            .collect(),
        Value::Object(_) | Value::Array(_) => page.wrapped(&clean(&value.to_string()), indent),
        Value::String(text) => page.wrapped(&clean_lines(text), indent),
        plain => page.wrapped(&words::value(plain), indent),
    }
}

fn labelled(label: &str, value: &Value, indent: usize, depth: usize, page: &Page) -> String {
    let short = match value {
        Value::Array(items) => items.iter().all(words::is_plain),
        Value::Object(fields) => fields.len() == 1 && fields.get("value").is_some_and(words::is_plain),
        Value::String(text) => !text.contains('\n'),
        _ => true,
    };
    if short {
        let line = format!("{label}: {}", words::value(value));
        let wrapped = page.wrapped(&line, indent + 2);
        return format!("{}{}", " ".repeat(indent), wrapped.trim_start());
    }
    format!(
        "{}{label}:\n{}",
        " ".repeat(indent),
        document(value, indent + 2, depth + 1, page)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test_page;
    use super::super::tests::at;
    use super::*;
    use crate::model::answer::RecordRow;
    use crate::model::watch::WatchId;

    fn set() -> RecordSet {
        RecordSet {
            watch: WatchId::from_text("alma.partners/01TUN_INST"),
            at: at("2026-11-25T12:00:00Z"),
            rows: vec![
                RecordRow {
                    key: "BOS".to_owned(),
                    version: 3,
                    observed_at: at("2026-11-25T07:00:00Z"),
                    body: json!({
                        "details": {"name": "Boston College", "status": "inactive", "borrowing_supported": true},
                        "symbols": ["BXM", "MBN"],
                        "note": "First line.\nA second line that is a good deal longer than the page is wide, so that it \
                                 has to go on below.",
                        "steps": [{"order": 1, "to": "locate"}],
                    }),
                },
                RecordRow {
                    key: "a key with a name that is long".to_owned(),
                    version: 1,
                    observed_at: at("2026-10-01T07:00:00Z"),
                    body: json!({"name": "A library whose name goes on and on beyond what a table can hold"}),
                },
            ],
            last_poll: Some(at("2026-11-25T11:00:00Z")),
        }
    }

    #[test]
    fn a_list_names_its_records() {
        let page = test_page();
        insta::assert_snapshot!(page.finish(&list(&set(), &page)));
    }

    #[test]
    fn a_whole_record_reads_without_json() {
        let page = test_page();
        let mut one = set();
        one.rows.truncate(1);
        insta::assert_snapshot!(page.finish(&whole(&one, &page)));
    }

    #[test]
    fn nothing_known_says_why() {
        let page = test_page();
        let mut empty = set();
        empty.rows.clear();
        let said = |set: &RecordSet| list(set, &page).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said(&empty).contains("`almanac snapshots alma.partners/01TUN_INST`"));
        empty.last_poll = None;
        assert!(said(&empty).contains("was never polled"));
    }

    proptest::proptest! {
        #[test]
        fn no_document_makes_it_panic_or_leaks_a_control_character(text in "\\PC{0,30}|[\\x00-\\x1f]{1,8}") {
            let page = test_page();
            let value = json!({text.clone(): [{"a": text.clone()}, text]});
            let printed = page.finish(&document(&value, 0, 0, &page));
            proptest::prop_assert!(printed.chars().all(|character| character == '\n' || !character.is_control()));
        }
    }
}
