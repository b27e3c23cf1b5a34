//! The open days of a library as Alma lists them.
//!
//! Ex Libris publishes no schema of this answer (its OpenAPI names `rest_open_days`, which is not among the schemas). What
//! libraries show of real answers is `{"day": [{"date": "2027-02-01Z", "day_of_week": {"value": "2"}, "hour": [{"from":
//! "07:30", "to": "21:00"}]}]}`, Sunday being 1, with days that have no hours either left out or without `hour`. So both are
//! read, with and without the wrappers that the XML has, and all else is a doubt: what is not understood is never closed.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use serde_json::Value;

/// What may stand in a day; a day that holds anything else and no hours is not understood.
const DAY_FIELDS: &[&str] = &["date", "day_of_week", "hour", "hours", "link", "desc"];
/// Stretches of one day that are read; a calendar has one to three.
const STRETCHES_MAX: usize = 12;

/// What Alma says of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayHours {
    /// `08:00-22:00`; several stretches stand in their order, with `, ` between them.
    Open(String),
    /// The day is listed, and has no hours.
    Closed,
    /// The day is listed in a way that is not understood.
    Unclear,
}

/// The days that one answer lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenDays {
    /// By date.
    pub days: BTreeMap<NaiveDate, DayHours>,
    /// Days whose date is not understood.
    pub undated: u32,
}

impl OpenDays {
    /// Reads an answer.
    ///
    /// # Errors
    /// In words, where it is no list of days.
    pub(super) fn read(answer: &Value) -> Result<Self, String> {
        let Some(object) = answer.as_object() else {
            return Err("it is no list of days".to_owned());
        };
        let mut list = object.get("day");
        if list.is_none() {
            list = match ["days", "open_days"].iter().find_map(|name| object.get(*name)) {
                Some(Value::Object(wrapped)) => Some(wrapped.get("day").unwrap_or(&Value::Null)),
                other => other,
            };
        }
        let entries: &[Value] = match list {
            Some(Value::Array(entries)) => entries,
            Some(Value::Null) => &[],
            Some(Value::Object(fields)) if fields.is_empty() => &[],
            Some(entry @ Value::Object(_)) => std::slice::from_ref(entry),
            // A week in which a library never opens is answered with nothing at all.
            None if object.is_empty() => &[],
            None => return Err("it lists no days".to_owned()),
            Some(_) => return Err("`day` is no list".to_owned()),
        };
        let mut read = OpenDays::default();
        for entry in entries {
            let Some(date) = entry.get("date").and_then(Value::as_str).and_then(date_of) else {
                read.undated += 1;
                continue;
            };
            let hours = hours_of(entry, date);
            read.days
                .entry(date)
                .and_modify(|known| {
                    // Two answers for one day are none.
                    if *known != hours {
                        *known = DayHours::Unclear;
                    }
                })
                .or_insert(hours);
        }
        Ok(read)
    }
}

/// `2027-02-01Z`, with or without the Z (ALMA.md §9), or as the beginning of a time.
fn date_of(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let is_date = rest.is_empty() || rest == "Z" || rest.starts_with(['T', '+', '-']);
    is_date.then(|| date.parse().ok()).flatten()
}

fn hours_of(entry: &Value, date: NaiveDate) -> DayHours {
    let weekday = entry.get("day_of_week").and_then(crate::compare::normalise::count_of);
    if weekday.is_some_and(|number| number != i64::from(date.weekday().number_from_sunday())) {
        return DayHours::Unclear;
    }
    let listed = match entry.get("hours") {
        Some(Value::Object(wrapped)) => wrapped.get("hour"),
        Some(list) => Some(list),
        None => None,
    };
    let stretches: &[Value] = match entry.get("hour").or(listed) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(stretches)) => stretches,
        Some(Value::Object(fields)) if fields.is_empty() => &[],
        Some(stretch @ Value::Object(_)) => std::slice::from_ref(stretch),
        Some(Value::String(text)) if text.trim().is_empty() => &[],
        Some(_) => return DayHours::Unclear,
    };
    if stretches.is_empty() {
        let only_known = entry
            .as_object()
            .is_some_and(|fields| fields.keys().all(|name| DAY_FIELDS.contains(&name.as_str())));
        return if only_known {
            DayHours::Closed
        } else {
            DayHours::Unclear
        };
    }
    if stretches.len() > STRETCHES_MAX {
        return DayHours::Unclear;
    }
    let read: Option<Vec<String>> = stretches.iter().map(stretch).collect();
    match read {
        Some(mut read) => {
            read.sort();
            read.dedup();
            DayHours::Open(read.join(", "))
        }
        None => DayHours::Unclear,
    }
}

/// `08:00-22:00`.
fn stretch(value: &Value) -> Option<String> {
    let time = |name: &str| value.get(name)?.as_str().and_then(time_of);
    let (from, to) = (time("from")?, time("to")?);
    (from != to).then(|| format!("{from}-{to}"))
}

/// `07:30` out of `7:30`, `07:30` and `07:30:00`; nothing else is a time.
fn time_of(text: &str) -> Option<String> {
    let mut parts = text.trim().split(':').map(|part| {
        let proper = (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        proper.then(|| part.parse::<u32>().ok()).flatten()
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let is_time = minute < 60 && seconds < 60 && (hour < 24 || (hour == 24 && minute == 0));
    (is_time && parts.next().is_none()).then(|| format!("{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn only_day(entry: Value) -> DayHours {
        let read = OpenDays::read(&json!({ "day": [entry] })).unwrap();
        read.days.into_values().next().unwrap()
    }

    #[test]
    fn the_shapes_that_libraries_show_and_those_of_the_xml_are_the_same_days() {
        let open = DayHours::Open("07:30-21:00".to_owned());
        for answer in [
            json!({"day": [{"date": "2027-02-01Z", "day_of_week": {"value": "2", "desc": "Monday"}, "hour": [{"from": "07:30", "to": "21:00"}]}]}),
            json!({"day": {"date": "2027-02-01", "hour": {"from": "7:30", "to": "21:00:00"}}}),
            json!({"days": {"day": [{"date": "2027-02-01Z", "hours": {"hour": [{"from": "07:30", "to": "21:00"}]}}]}}),
            json!({"open_days": {"day": {"date": "2027-02-01T00:00:00Z", "hours": [{"from": "07:30", "to": "21:00"}]}}}),
        ] {
            let read = OpenDays::read(&answer).unwrap();
            assert_eq!(
                read.days,
                BTreeMap::from([(day("2027-02-01"), open.clone())]),
                "{answer}"
            );
            assert_eq!(read.undated, 0);
        }
    }

    #[test]
    fn several_stretches_stand_in_their_order_once() {
        let hours = json!([{"from": "13:00", "to": "17:00"}, {"from": "08:00", "to": "12:00"}, {"from": "08:00", "to": "12:00"}]);
        let read = only_day(json!({"date": "2027-02-01Z", "hour": hours}));
        assert_eq!(read, DayHours::Open("08:00-12:00, 13:00-17:00".to_owned()));
    }

    #[test]
    fn a_day_that_is_listed_without_hours_is_closed() {
        for entry in [
            json!({"date": "2027-02-01Z"}),
            json!({"date": "2027-02-01Z", "hour": []}),
            json!({"date": "2027-02-01Z", "hour": null, "day_of_week": {"value": "2"}}),
            json!({"date": "2027-02-01Z", "hours": {}}),
            json!({"date": "2027-02-01Z", "hours": {"hour": []}}),
        ] {
            assert_eq!(only_day(entry.clone()), DayHours::Closed, "{entry}");
        }
    }

    #[test]
    fn what_is_not_understood_is_never_closed() {
        for entry in [
            json!({"date": "2027-02-01Z", "hour": [{"open": "08:00", "close": "17:00"}]}),
            json!({"date": "2027-02-01Z", "hour": [{"from": "8 am", "to": "5 pm"}]}),
            json!({"date": "2027-02-01Z", "hour": [{"from": "00:00", "to": "00:00"}]}),
            json!({"date": "2027-02-01Z", "hour": [{"from": "25:00", "to": "26:00"}]}),
            json!({"date": "2027-02-01Z", "hour": "always"}),
            json!({"date": "2027-02-01Z", "opening_time": "08:00"}),
            json!({"date": "2027-02-01Z", "day_of_week": {"value": "3"}, "hour": [{"from": "08:00", "to": "17:00"}]}),
        ] {
            assert_eq!(only_day(entry.clone()), DayHours::Unclear, "{entry}");
        }
        let twice = json!({"day": [
            {"date": "2027-02-01Z"}, {"date": "2027-02-01Z", "hour": [{"from": "08:00", "to": "17:00"}]}
        ]});
        assert_eq!(
            OpenDays::read(&twice).unwrap().days[&day("2027-02-01")],
            DayHours::Unclear
        );
        let undated = json!({"day": [{"date": "tomorrow"}, {"hour": []}, {"date": "2027-02-30Z"}]});
        assert_eq!(OpenDays::read(&undated).unwrap().undated, 3);
    }

    #[test]
    fn a_week_without_an_open_day_is_an_answer_and_something_else_is_none() {
        for answer in [json!({}), json!({"day": []}), json!({"day": null}), json!({"days": {}})] {
            assert_eq!(OpenDays::read(&answer), Ok(OpenDays::default()), "{answer}");
        }
        for answer in [
            json!([]),
            json!("closed"),
            json!({"open_hour": [{"day_of_week": {"value": "2"}}]}),
            json!({"day": "none"}),
            json!({"library": []}),
        ] {
            assert!(OpenDays::read(&answer).is_err(), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_time_or_a_date(text: String) {
            if let Some(time) = time_of(&text) {
                prop_assert_eq!(time.len(), 5);
            }
            let _ = date_of(&text);
        }
    }
}
