//! The rules `[[collaboration.rule]]`: a verdict, and a condition over records.

use serde_json::Value;
use toml::Spanned;
use toml::de::DeValue;

use super::super::check::names;
use super::super::mistake::{alternatives, shown};
use super::super::reader::Table;
use crate::meaning::adoption::{is_readable, partition_of};
use crate::model::adoption_rule::{Condition, FieldTest, KeyPattern, Records, Rule, Test, Verdict};
use crate::model::watch::SourceKind;

/// Rules of one entry; each is asked anew for every institution.
const RULES_MAX: usize = 30;
/// How deep conditions stand in one another: nobody reads deeper.
const DEPTH_MAX: usize = 4;
/// No library has more records of one kind.
const AT_LEAST_MAX: u64 = 100_000;
/// The keys of which a condition has exactly one.
const KINDS: [&str; 4] = ["source", "any", "all", "not"];
/// The keys of which a test has exactly one.
const TESTS: [&str; 4] = ["equals", "in", "exists", "contains"];

/// The rules of an entry, in their order.
pub(super) fn rules(entry: &Table) -> Vec<Rule> {
    let mut rules = Vec::new();
    let tables = entry.tables("rule", "verdict");
    if tables.len() > RULES_MAX {
        let wrong = format!("there are more than {RULES_MAX} rules");
        entry.wrong(
            "rule",
            entry.at("rule"),
            wrong,
            "Join those with one verdict by any = [ … ]",
        );
        return rules;
    }
    for table in tables {
        if !table.has("verdict") {
            table.missing("verdict", "\"on\", \"available\" or \"not-available\"");
        }
        let verdict = table.choice("verdict", &names(Verdict::ALL, Verdict::name), Verdict::named);
        let when = condition(&table, 1);
        table.done();
        if let (Some(verdict), Some(when)) = (verdict, when) {
            rules.push(Rule {
                verdict: verdict.value,
                when,
            });
        }
    }
    rules
}

/// `None` only together with a mistake.
fn condition(table: &Table, depth: usize) -> Option<Condition> {
    if depth > DEPTH_MAX {
        let wrong = format!("conditions stand in one another more than {DEPTH_MAX} deep");
        table
            .reader
            .mistake(table.at, &table.place, wrong, "Write several rules instead");
        return None;
    }
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let [kind] = given.as_slice() else {
        // One mistake is enough: the keys themselves are known.
        for key in ["key", "at", "where", "at_least"].into_iter().chain(TESTS) {
            table.has(key);
        }
        let wrong = if given.is_empty() {
            "nothing says what must be so".to_owned()
        } else {
            format!("{} stand side by side", given.join(" and "))
        };
        let instead = "Write source = \"…\" and key = \"…\", or one of any = [ … ], all = [ … ], not = { … }";
        table.reader.absence(table.at, &table.place, wrong, instead);
        return None;
    };
    if *kind != "source" {
        table.without_meaning(&["key", "at", "where", "at_least"], "a condition without a source");
        table.without_meaning(&TESTS, "a condition without a source");
    }
    match *kind {
        "source" => records(table).map(Condition::Records),
        "not" => {
            let inner = table.table("not")?;
            let condition = condition(&inner, depth + 1);
            inner.done();
            condition.map(|inner| Condition::Not(Box::new(inner)))
        }
        several => {
            let key: &'static str = if several == "any" { "any" } else { "all" };
            let tables = table.tables(key, "key");
            if tables.is_empty() && table.is_list(key) {
                table.wrong(key, table.at(key), "the list is empty", "Write at least one condition");
            }
            let mut parts = Vec::new();
            let wanted = tables.len();
            for inner in tables {
                parts.extend(condition(&inner, depth + 1));
                inner.done();
            }
            if parts.is_empty() || parts.len() != wanted {
                return None;
            }
            Some(if key == "any" {
                Condition::Any(parts)
            } else {
                Condition::All(parts)
            })
        }
    }
}

fn records(table: &Table) -> Option<Records> {
    let readable: Vec<SourceKind> = SourceKind::ALL.into_iter().filter(|kind| is_readable(*kind)).collect();
    let known = names(&readable, SourceKind::name);
    let source = table.choice("source", &known, |name| {
        SourceKind::named(name).filter(|kind| is_readable(*kind))
    });
    let key = table.required_text("key", "\"system-configuration/ngrs_enabled\", \"scope/DN_*\" or \"*\"");
    let mut tests = Vec::new();
    let mut is_sound = true;
    if table.has("at") || TESTS.into_iter().any(|test| table.has(test)) {
        match field_test(table) {
            Some(test) => tests.push(test),
            None => is_sound = false,
        }
    }
    for inner in table.tables("where", "at") {
        match field_test(&inner) {
            Some(test) => tests.push(test),
            None => is_sound = false,
        }
        inner.done();
    }
    let at_least = table.whole("at_least", 1, AT_LEAST_MAX);
    let (source, key) = (source?.value, key?);
    if key.value.trim_end_matches('*').contains('*') {
        let instead = "Write the whole key, or its beginning and one * at the end";
        table.wrong("key", key.at, "a * stands before the end", instead);
        return None;
    }
    let pattern = KeyPattern::of(&key.value);
    if partition_of(source, &pattern).is_none() {
        let instead = match source {
            SourceKind::PrimoView => {
                "Begin it with scope/, tab/, attributes-map/, primo-view/, system-configuration/, mapping-tables/, \
                 feature-flags/ or top-level/; `almanac show WATCH` lists the keys there are"
            }
            _ => "Begin it with the name of a table and a slash: \"PartnerSystemTypes/*\"",
        };
        let wrong = format!("no part of {source} holds {}", shown(&key.value));
        table.wrong("key", key.at, wrong, instead);
        return None;
    }
    is_sound.then(|| Records {
        source,
        key: pattern,
        tests,
        at_least: at_least.and_then(|number| u32::try_from(number).ok()).unwrap_or(1),
    })
}

/// `at`, and exactly one question about it.
fn field_test(table: &Table) -> Option<FieldTest> {
    let given: Vec<&str> = TESTS.into_iter().filter(|test| table.has(test)).collect();
    let at = table.required_text("at", "\"/status\"")?;
    if !at.value.starts_with('/') {
        let instead = format!("Write at = \"/{}\"", at.value);
        table.wrong("at", at.at, "a place in a record begins with a slash", instead);
        return None;
    }
    let [kind] = given.as_slice() else {
        let wrong = match given.len() {
            0 => "nothing is asked of the field".to_owned(),
            _ => format!("{} stand side by side", given.join(" and ")),
        };
        let instead = format!("Write one of {}", alternatives(TESTS).replace('"', ""));
        table.reader.absence(table.at("at"), &table.place, wrong, instead);
        return None;
    };
    let test = match *kind {
        "equals" => Test::Equals(plain(table, "equals", table.get("equals")?)?),
        "in" => {
            let value = table.get("in")?;
            let DeValue::Array(items) = value.get_ref() else {
                table.wrong_type("in", value, "a list", "Write in = [\"…\", \"…\"]");
                return None;
            };
            Test::In(
                items
                    .iter()
                    .map(|item| plain(table, "in", item))
                    .collect::<Option<Vec<_>>>()?,
            )
        }
        "exists" => Test::Exists(table.flag("exists")?),
        _ => Test::Contains(table.text("contains")?.value),
    };
    Some(FieldTest { at: at.value, test })
}

/// A text, a whole number, or true or false.
fn plain(table: &Table, key: &'static str, value: &Spanned<DeValue<'_>>) -> Option<Value> {
    match value.get_ref() {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(flag) => Some(Value::from(*flag)),
        DeValue::Integer(integer) => {
            let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
            if number.is_none() {
                table.wrong(
                    key,
                    value.span().start,
                    "this number is too large",
                    "Write a smaller one",
                );
            }
            number.map(Value::from)
        }
        _ => {
            table.wrong_type(
                key,
                value,
                "a text, a whole number or true or false",
                &format!("Write {key} = \"ACTIVE\" or {key} = true"),
            );
            None
        }
    }
}
