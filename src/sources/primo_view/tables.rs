//! The mapping tables of a view configuration, row by row.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Own, Records, allow};
use crate::compare::normalise::{plain_number, spoken_flag, text_of};

/// The partition, and the beginning of every key.
const CONTAINER: &str = "mapping-tables";
/// Columns `source1` to `source9` are read; six are known (PRIMO.md §4).
const SOURCE_COLUMNS: std::ops::RangeInclusive<usize> = 1..=9;
/// A number up to this in a later column says where a row stands, not which row it is.
const PLACE_MAX: i64 = 999;

/// A row taken apart.
struct Row {
    key: String,
    body: Value,
}

/// One record a row, keyed by its source columns. Rows of another view of the same institution are left to that view's
/// own watch.
pub(super) fn take(records: &mut Records, tables: Map<String, Value>, own: &Own<'_>) {
    for (table, rows) in tables {
        if allow::is_dropped(&table) {
            continue;
        }
        let Some(table_key) = own.key(&[CONTAINER, &table]) else {
            continue;
        };
        let Value::Array(rows) = rows else {
            records.add(Some(table_key), Some(allow::present()));
            continue;
        };
        let mut by_key: BTreeMap<String, BTreeMap<String, (Value, u32)>> = BTreeMap::new();
        for row in rows.iter().filter_map(|row| row_of(&table_key, row, own)) {
            let told_apart = by_key.entry(row.key).or_default();
            told_apart.entry(row.body.to_string()).or_insert((row.body, 0)).1 += 1;
        }
        for (key, bodies) in by_key {
            let several = bodies.len() > 1;
            let mut taken: BTreeMap<String, u32> = BTreeMap::new();
            for (mut body, count) in bodies.into_values() {
                let mut own_key = key.clone();
                if several {
                    own_key = format!("{key}/={}", brief(&body));
                    let nth = taken.entry(own_key.clone()).or_default();
                    *nth += 1;
                    if *nth > 1 {
                        own_key = format!("{own_key}/{nth}");
                    }
                }
                if count > 1 {
                    body["count"] = json!(count);
                }
                records.add(Some(own_key), Some(body));
            }
        }
    }
}

/// The key and body of a row. Later columns that hold a small number or a yes and no say how a row is shown, not which
/// row it is: they go into the body, so that a form with its fields in another order is a changed setting and not a
/// dozen rows gone and a dozen new.
fn row_of(table_key: &str, row: &Value, own: &Own<'_>) -> Option<Row> {
    let Value::Object(columns) = row else {
        let code = text_of(row)?;
        return Some(Row {
            key: format!("{table_key}/{}", segment(&code, own)),
            body: allow::present(),
        });
    };
    let sources: Vec<(String, String)> = SOURCE_COLUMNS
        .map(|number| format!("source{number}"))
        .filter_map(|name| Some((name.clone(), text_of(columns.get(&name)?)?)))
        .collect();
    let target = columns.get("target").and_then(text_of);
    let holds_address = |text: &String| text.contains('@');
    if sources.iter().map(|(_, text)| text).chain(&target).any(holds_address)
        || sources
            .iter()
            .any(|(_, text)| own.is_sibling(text) || allow::is_dropped_row(text))
    {
        return None;
    }
    let names_a_row = |text: &str| spoken_flag(&Value::from(text)).is_none() && plain_number(text).is_none();
    // Some tables have it the other way round: the target names the row, the first column switches it.
    let inverted = !sources.iter().any(|(_, text)| names_a_row(text)) && target.as_deref().is_some_and(names_a_row);
    let mut key = table_key.to_owned();
    let mut shown = Map::new();
    for (index, (name, text)) in sources.iter().enumerate() {
        let is_place = plain_number(text).is_some_and(|number| (0..=PLACE_MAX).contains(&number));
        let flag = spoken_flag(&Value::from(text.as_str()));
        if (index > 0 || inverted) && (is_place || flag.is_some()) {
            if !(inverted && index == 0) {
                let value = flag.map(Value::from).or_else(|| plain_number(text).map(Value::from));
                shown.insert(name.clone(), json!(value));
            }
        } else {
            key = format!("{key}/{}", segment(text, own));
        }
    }
    let value = if inverted {
        key = format!("{key}/{}", segment(target.as_deref()?, own));
        sources.first().map(|(_, text)| text.clone())
    } else {
        target
    };
    let mut body = match value {
        Some(value) => allow::body_of(&key, &Value::from(value))?,
        None => allow::present(),
    };
    if !shown.is_empty() {
        body["columns"] = Value::Object(shown);
    }
    Some(Row { key, body })
}

/// A column as it may stand in a key.
fn segment(text: &str, own: &Own<'_>) -> String {
    own.key(&[text]).unwrap_or_else(|| allow::PRESENT.to_owned())
}

/// What tells rows with one key apart.
fn brief(body: &Value) -> String {
    match (&body["on"], &body["value"]) {
        (Value::Bool(true), _) => "on".to_owned(),
        (Value::Bool(false), _) => "off".to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}
