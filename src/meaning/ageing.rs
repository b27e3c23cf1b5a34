//! Requests that wait too long: derived from where the requests of one institution stand, one record for each cell of side,
//! status and partner that ever crossed its threshold.
//!
//! Ages are those at the newest reading, not now: what nobody looked at has not been seen to wait.

mod cells;
mod thresholds;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

pub use cells::{Cell, SideReading, cells};
pub use thresholds::{Threshold, defaults};

use super::requests::few_or;
use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Topic};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, Draft, Identity, PartitionRead};
use crate::model::request::Side;
use crate::model::request_month::rough_days;
use crate::model::request_status::{WaitsFor, label, status};

/// Of the records that are derived here.
pub const SHAPE_VERSION: u32 = 1;
/// Ex Libris' product that requests belong to.
const PRODUCT: &str = "Alma";

/// What the records are derived from, beside the records before.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The sides that were ever read.
    pub sides: Vec<SideReading<'a>>,
    /// Sides that are watched and were never read, with the reason.
    pub unread: Vec<(Side, String)>,
    /// What is too long.
    pub thresholds: &'a [Threshold],
    /// Names of partners, by code.
    pub names: &'a BTreeMap<String, String>,
    /// Where the librarian works: the address of the institution's Alma.
    pub alma: Option<&'a str>,
}

/// The records as they are now; `before` is each as it was, by key.
pub fn derive(before: &BTreeMap<String, Value>, inputs: &Inputs<'_>) -> (Vec<Draft>, Coverage) {
    let mut coverage = Coverage::default();
    for (side, reason) in &inputs.unread {
        let reason = reason.clone();
        coverage.set(side.name(), PartitionRead::Failed { reason });
    }
    // What was told once stays a record, so that nothing here ever goes missing.
    let mut records: BTreeMap<String, Value> = before.clone();
    for reading in &inputs.sides {
        coverage.set(reading.side.name(), PartitionRead::Complete);
        let now: BTreeMap<String, Cell> = cells(reading, inputs.thresholds)
            .into_iter()
            .map(|cell| (cell.key(), cell))
            .collect();
        let prefix = format!("{}/", reading.side.name());
        let keys: std::collections::BTreeSet<String> = now
            .keys()
            .chain(before.keys().filter(|key| key.starts_with(&prefix)))
            .cloned()
            .collect();
        for key in keys {
            let known = before.get(&key);
            let Some(cell) = now
                .get(&key)
                .cloned()
                .or_else(|| known.and_then(|known| emptied(known, reading, inputs)))
            else {
                continue;
            };
            if let Some(record) = step(known, &cell, reading.at, inputs) {
                records.insert(key, record);
            }
        }
    }
    let drafts = records.into_iter().map(|(key, body)| Draft {
        partition: key.split('/').next().unwrap_or_default().to_owned(),
        identity: Identity::Key(key),
        body,
    });
    (drafts.collect(), coverage)
}

/// A cell that was told of and holds no request any more.
fn emptied(known: &Value, reading: &SideReading<'_>, inputs: &Inputs<'_>) -> Option<Cell> {
    let text = |name: &str| Some(known.get(name)?.as_str()?.to_owned());
    let (status, partner) = (text("status")?, text("partner")?);
    Some(Cell {
        threshold: thresholds::of(inputs.thresholds, reading.side, &status)
            .filter(|_| reading.asks_for(&status))
            .cloned(),
        is_known: !reading.is_unread(&status),
        ..Cell::empty(reading.side, status, partner)
    })
}

/// The next record of a cell; `None` where there is nothing to say of it (yet).
fn step(known: Option<&Value>, cell: &Cell, at: Moment, inputs: &Inputs<'_>) -> Option<Value> {
    let was_ageing = known.is_some_and(|known| flag(known, "ageing"));
    // What was seen of a status that could not be read wholly is enough to worry, but never enough to be calm.
    let worries = |threshold: &Threshold| cell.over >= threshold.requests;
    if !cell.is_known && (was_ageing || !cell.threshold.as_ref().is_some_and(worries)) {
        return known.cloned();
    }
    let Some(threshold) = &cell.threshold else {
        // Its threshold, or the status itself, was taken out of the settings: nobody wants to hear of it, and nobody looks.
        return known.map(|known| {
            if was_ageing {
                with(known, json!({ "ageing": false, "off": true }))
            } else {
                known.clone()
            }
        });
    };
    let rises = cell.over >= threshold.requests;
    let is_calm = cell.over <= threshold.requests / 2;
    match (was_ageing, rises) {
        (false, false) => known.cloned(),
        (false, true) => Some(json!({
            "side": cell.side.name(),
            "status": cell.status,
            "partner": cell.partner,
            "name": inputs.names.get(&cell.partner).unwrap_or(&cell.partner),
            "ageing": true,
            "since": at.to_string(),
            "requests": few_or(cell.over),
            "oldest_days": cell.oldest.map(days).map(|days| if few_or(cell.over).is_null() { rough_days(days) } else { days }),
            "older_than": spoken(threshold.older_than),
            "alma": inputs.alma,
        })),
        (true, _) if !is_calm => known.map(|known| without(known, "calm_since")),
        (true, _) => {
            let known = known?;
            let calm_since = known
                .get("calm_since")
                .and_then(|since| since.as_str()?.parse::<Moment>().ok())
                .unwrap_or(at);
            if at.since(calm_since) >= threshold.calm {
                let cleared = with(known, json!({ "ageing": false, "since": at.to_string() }));
                return Some(without(&cleared, "calm_since"));
            }
            Some(with(known, json!({ "calm_since": calm_since.to_string() })))
        }
    }
}

/// The events that a change makes: one when a cell crosses its threshold, one when it has been calm again for long enough.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let (Some(new), true) = (change.new, change.op != Op::Removed) else {
        return Vec::new();
    };
    let was = change.old.is_some_and(|old| flag(old, "ageing"));
    let is = flag(new, "ageing");
    if was == is || flag(new, "off") {
        return Vec::new();
    }
    let library = change
        .institution
        .map_or(change.subject, |institution| institution.name);
    let text = |name: &str| new.get(name).and_then(Value::as_str).unwrap_or_default();
    let side = Side::named(text("side")).unwrap_or(Side::Lending);
    let partner = match (text("name"), text("partner")) {
        ("", "") => "no partner yet".to_owned(),
        (name, code) if name == code => code.to_owned(),
        (name, code) => format!("{name} ({code})"),
    };
    let (requests, menu) = match side {
        Side::Lending => (format!("lending requests from {partner}"), "Lending Requests"),
        Side::Borrowing => (format!("borrowing requests to {partner}"), "Borrowing Requests"),
    };
    let stuck = label(text("status"));
    let with = match text("partner") {
        "" => String::new(),
        code => format!(", partner {code}"),
    };
    let find = format!("In Alma: Fulfillment > Resource Sharing > {menu}, status “{stuck}”{with}.");
    // Since when it had been so, as the record before says it.
    let since = change
        .old
        .and_then(|old| old.get("since")?.as_str()?.parse::<Moment>().ok())
        .map_or_else(
            || "H".to_owned(),
            |since| format!("It had been so since {}; h", change.told(since)),
        );
    let mut event = if is {
        let count = new.get("requests").and_then(Value::as_u64);
        let count = count.map_or_else(|| "Some".to_owned(), |count| count.to_string());
        let few = if new.get("requests").is_none_or(Value::is_null) {
            format!(
                " Fewer than five requests are concerned; how many, “almanac requests --ageing --institution {}” says.",
                change
                    .institution
                    .map_or(change.subject, |institution| institution.code)
            )
        } else {
            String::new()
        };
        let oldest = new
            .get("oldest_days")
            .and_then(Value::as_u64)
            .filter(|days| *days > 0)
            .map_or_else(String::new, |days| {
                format!(" The oldest has waited for at least {}.", counted(days, "day"))
            });
        EventDraft::new(
            EventKind::RequestsAgeing,
            format!(
                "{library}: {} {requests} {} in “{stuck}” for more than {}",
                count.to_lowercase(),
                if count == "1" { "waits" } else { "wait" },
                text("older_than")
            ),
            format!(
                "{}{oldest}{few} {find}",
                who_must_act(side, text("status"), library, &partner)
            ),
        )
    } else {
        EventDraft::new(
            EventKind::RequestsAgeingCleared,
            format!("{library}: {requests} no longer wait too long in “{stuck}”"),
            format!(
                "{since}ardly any has waited there for more than {} of late. {find}",
                text("older_than")
            ),
        )
    };
    event.topics = vec![Topic::ResourceSharing];
    event.product = Some(PRODUCT.to_owned());
    event.link = new.get("alma").and_then(Value::as_str).map(str::to_owned);
    vec![event]
}

/// In a sentence, who has to do something.
fn who_must_act(side: Side, code: &str, library: &str, partner: &str) -> String {
    match status(code).and_then(|status| status.waits_for(side)) {
        Some(WaitsFor::Us) => format!("{library} has to act."),
        Some(WaitsFor::Them) => format!("{partner} has to act; ask there."),
        Some(WaitsFor::ExLibris) => {
            "Alma does this step by itself; if it stays so, it is for Ex Libris to mend: open a case.".to_owned()
        }
        Some(WaitsFor::Nobody) => "Nobody is known to have to act in this status.".to_owned(),
        None => "Almanac does not know who has to act in this status.".to_owned(),
    }
}

/// `2 days`, `36 hours`.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        _ if seconds > 0 && seconds.is_multiple_of(24 * 3600) => counted(seconds / (24 * 3600), "day"),
        _ if seconds > 0 && seconds.is_multiple_of(3600) => counted(seconds / 3600, "hour"),
        _ if seconds > 0 && seconds.is_multiple_of(60) => counted(seconds / 60, "minute"),
        _ => counted(seconds, "second"),
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn days(age: Duration) -> u64 {
    age.as_secs() / (24 * 3600)
}

fn flag(record: &Value, name: &str) -> bool {
    record.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn with(record: &Value, fields: Value) -> Value {
    let mut all: Map<String, Value> = record.as_object().cloned().unwrap_or_default();
    if let Value::Object(fields) = fields {
        all.extend(fields);
    }
    Value::Object(all)
}

fn without(record: &Value, name: &str) -> Value {
    let mut all: Map<String, Value> = record.as_object().cloned().unwrap_or_default();
    all.remove(name);
    Value::Object(all)
}

#[cfg(test)]
mod tests;
