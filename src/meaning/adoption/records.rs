//! The question whether there are such records, asked of what is known of an institution's watches.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Documents, Truth};
use crate::model::adoption_rule::{FieldTest, KeyPattern, Records, Test};
use crate::model::collaboration::{Evidence, FieldRead};
use crate::model::watch::SourceKind;

/// Records that are named as evidence for one question; the number of all stands in the words.
const EVIDENCE_MAX: usize = 5;

/// The sources over which there can be rules, and the partition of each that holds its records; `None` where the key says
/// which.
const PARTITIONS: &[(SourceKind, Option<&str>)] = &[
    (SourceKind::AlmaPartners, Some("partners")),
    (SourceKind::AlmaLibraries, Some("libraries")),
    (SourceKind::AlmaCodeTables, None),
    (SourceKind::AlmaLetters, Some("letters")),
    (SourceKind::AlmaJobs, Some("jobs")),
    (SourceKind::AlmaIntegrationProfiles, Some("integration-profiles")),
    (SourceKind::AlmaGeneral, Some("general")),
    (SourceKind::PrimoView, None),
];

/// The containers of a Primo view by the beginning of their keys.
const VIEW_PARTITIONS: &[(&str, &str)] = &[
    ("scope", "primo-view/scopes"),
    ("tab", "primo-view/available-tabs"),
    ("attributes-map", "primo-view/attributes-map"),
    ("primo-view", "primo-view"),
    ("system-configuration", "system-configuration"),
    ("mapping-tables", "mapping-tables"),
    ("feature-flags", "feature-flags"),
    ("top-level", "top-level"),
];

/// Whether there can be rules over that source.
pub fn is_readable(source: SourceKind) -> bool {
    PARTITIONS.iter().any(|(known, _)| *known == source)
}

/// The partition that holds the records of that source that a pattern can mean; `None` where there is none, or where the
/// pattern reaches into several.
pub fn partition_of(source: SourceKind, key: &KeyPattern) -> Option<String> {
    let (_, fixed) = PARTITIONS.iter().find(|(known, _)| *known == source)?;
    if let Some(partition) = fixed {
        return Some((*partition).to_owned());
    }
    let (KeyPattern::Exact(text) | KeyPattern::Prefix(text)) = key;
    let (first, _) = text.split_once('/')?;
    if source == SourceKind::PrimoView {
        let (_, partition) = VIEW_PARTITIONS.iter().find(|(beginning, _)| *beginning == first)?;
        return Some((*partition).to_owned());
    }
    (!first.is_empty()).then(|| first.to_owned())
}

/// Whether there are as many such records as are wanted.
pub(super) fn ask(wanted: &Records, documents: &[Documents<'_>]) -> Answer {
    let mut watches: Vec<&Documents<'_>> = documents.iter().filter(|watch| watch.source == wanted.source).collect();
    watches.sort_by_key(|watch| watch.watch);
    let unknown = |said: String| Answer {
        truth: Truth::Unknown,
        evidence: Vec::new(),
        said: vec![said],
    };
    if watches.is_empty() {
        return unknown(format!("{} is not watched at this library", wanted.source));
    }
    // The same setting in two views is one record.
    let mut passing: BTreeMap<&str, Evidence> = BTreeMap::new();
    let mut failing: Vec<Evidence> = Vec::new();
    let mut unread: Vec<String> = Vec::new();
    let partition = partition_of(wanted.source, &wanted.key);
    for watch in &watches {
        let mut records: Vec<_> = watch
            .records
            .iter()
            .filter(|record| wanted.key.matches(record.key))
            .collect();
        records.sort_by_key(|record| record.key);
        let mut found = false;
        for record in records {
            found = true;
            let evidence = || Evidence {
                watch: watch.watch.to_owned(),
                key: record.key.to_owned(),
                version: Some(record.version),
                read: wanted.tests.iter().map(|test| read(test, record.body)).collect(),
            };
            if wanted.tests.iter().all(|test| passes(test, record.body)) {
                passing.entry(record.key).or_insert_with(evidence);
            } else if matches!(wanted.key, KeyPattern::Exact(_)) {
                failing.push(evidence());
            }
        }
        match partition.as_deref() {
            Some(partition) if watch.known.contains(partition) => {}
            // The record itself was read, so that nothing about it is open.
            _ if found && matches!(wanted.key, KeyPattern::Exact(_)) => {}
            _ if watch.known.is_empty() => unread.push(format!("{} was never read wholly", watch.watch)),
            _ => {
                let part = partition.as_deref().unwrap_or("all of it");
                unread.push(format!("{} was never read wholly ({part})", watch.watch));
            }
        }
    }
    let count = passing.len();
    if count >= wanted.at_least as usize {
        return Answer {
            truth: Truth::Yes,
            said: vec![found(wanted, &passing)],
            evidence: passing.into_values().take(EVIDENCE_MAX).collect(),
        };
    }
    if !unread.is_empty() {
        return unknown(unread.join("; "));
    }
    let none = || {
        watches.iter().map(|watch| Evidence {
            watch: watch.watch.to_owned(),
            key: wanted.key.to_string(),
            version: None,
            read: Vec::new(),
        })
    };
    let said = missing(wanted, count, &failing, &watches);
    let mut evidence: Vec<Evidence> = passing.into_values().chain(failing).collect();
    if evidence.is_empty() {
        evidence.extend(none());
    }
    evidence.truncate(EVIDENCE_MAX);
    Answer {
        truth: Truth::No,
        evidence,
        said: vec![said],
    }
}

/// What was found, in words.
fn found(wanted: &Records, passing: &BTreeMap<&str, Evidence>) -> String {
    let Some((first, evidence)) = passing.first_key_value() else {
        // Only where none are wanted.
        return format!("{} needs no record", wanted.source);
    };
    let that = tested(&wanted.tests);
    match (&wanted.key, passing.len()) {
        (KeyPattern::Exact(_), _) if wanted.tests.is_empty() => format!("{} has {first}", evidence.watch),
        (KeyPattern::Exact(_), _) => format!("{} has {first} with {}", evidence.watch, values(&evidence.read)),
        (KeyPattern::Prefix(_), 1) => format!("{} has {first}{that}", evidence.watch),
        (KeyPattern::Prefix(_), many) => {
            format!("{} has {many} records{that}, the first of them {first}", evidence.watch)
        }
    }
}

/// What was not found, in words.
fn missing(wanted: &Records, count: usize, failing: &[Evidence], watches: &[&Documents<'_>]) -> String {
    if let Some(evidence) = failing.first() {
        return format!(
            "{} has {} with {}",
            evidence.watch,
            evidence.key,
            values(&evidence.read)
        );
    }
    let names: Vec<&str> = watches.iter().map(|watch| watch.watch).collect();
    let names = names.join(" and ");
    let that = tested(&wanted.tests);
    let pattern = match &wanted.key {
        KeyPattern::Prefix(beginning) if beginning.is_empty() => "record".to_owned(),
        pattern => pattern.to_string(),
    };
    match count {
        0 => format!("{names} has no {pattern}{that}"),
        few => format!("{names} has only {few} of {} records{that}", wanted.at_least),
    }
}

/// ` with profile type ISO_18626 and status ACTIVE`.
fn tested(tests: &[FieldTest]) -> String {
    if tests.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = tests
        .iter()
        .map(|test| {
            let field = field(&test.at);
            match &test.test {
                Test::Equals(value) => format!("{field} {}", word(value)),
                Test::In(values) => {
                    let words: Vec<String> = values.iter().map(word).collect();
                    format!("{field} {}", words.join(" or "))
                }
                Test::Exists(true) => format!("a {field}"),
                Test::Exists(false) => format!("no {field}"),
                Test::Contains(text) => format!("“{text}” in its {field}"),
            }
        })
        .collect();
    format!(" with {}", parts.join(" and "))
}

fn values(read: &[FieldRead]) -> String {
    let parts: Vec<String> = read
        .iter()
        .map(|read| match &read.value {
            Value::Null => format!("no {}", field(&read.at)),
            value => format!("{} = {}", field(&read.at), word(value)),
        })
        .collect();
    parts.join(" and ")
}

fn field(pointer: &str) -> String {
    let last = pointer.rsplit('/').next().unwrap_or_default();
    last.replace("~1", "/").replace("~0", "~").replace('_', " ")
}

fn word(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn read(test: &FieldTest, body: &Value) -> FieldRead {
    FieldRead {
        at: test.at.clone(),
        value: body.pointer(&test.at).cloned().unwrap_or(Value::Null),
    }
}

/// Whether a record passes a test. A field that is not there passes none but that it is not there.
pub(super) fn passes(test: &FieldTest, body: &Value) -> bool {
    let value = body.pointer(&test.at).filter(|value| !value.is_null());
    match (&test.test, value) {
        (Test::Exists(wanted), found) => *wanted == found.is_some(),
        (_, None) => false,
        (Test::Equals(wanted), Some(value)) => value == wanted,
        (Test::In(wanted), Some(value)) => wanted.contains(value),
        (Test::Contains(part), Some(Value::String(text))) => text.to_lowercase().contains(&part.to_lowercase()),
        (Test::Contains(part), Some(Value::Array(items))) => items.iter().any(|item| item.as_str() == Some(part)),
        (Test::Contains(_), Some(_)) => false,
    }
}
