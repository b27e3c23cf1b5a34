//! The tables `[[ageing]]`: for how long requests may wait, where it differs from the lists that librarians keep.

use std::collections::BTreeMap;
use std::time::Duration;

use super::check::unique;
use super::mistake::{nearest, shown};
use super::reader::{Found, Table};
use crate::meaning::ageing::{Threshold, defaults};
use crate::model::request::Side;
use crate::model::request_status::STATUSES;

/// Nobody waits for more requests than this before being told.
const MOST_REQUESTS: u64 = 10_000;
/// Longer than any request is kept.
const LONGEST: Duration = Duration::from_hours(90 * 24);
/// Alma's codes are shorter.
const LONGEST_STATUS: usize = 64;

/// The thresholds: the usual ones, with those of the file in their places.
pub(super) fn thresholds(root: &Table) -> Vec<Threshold> {
    let mut thresholds = defaults();
    let mut known = BTreeMap::new();
    for table in root.tables("ageing", "status") {
        let side = side(&table);
        let status = status(&table);
        let older_than = table.age("older_than", LONGEST);
        let requests = table.whole("requests", 1, MOST_REQUESTS);
        let calm = table.age("calm", LONGEST);
        let off = table.flag("off").unwrap_or(false);
        table.done();
        let (Some(side), Some(status)) = (side, status) else {
            continue;
        };
        let named = Found {
            value: format!("{side} {}", status.value),
            at: status.at,
        };
        if !unique(&table, "status", &named, &mut known) {
            continue;
        }
        let usual = thresholds
            .iter()
            .position(|threshold| threshold.side == side && threshold.status == status.value)
            .map(|place| thresholds.remove(place));
        if off {
            continue;
        }
        if usual.is_none() && older_than.is_none() && !table.has("older_than") {
            table.missing("older_than", "\"2d\"");
            continue;
        }
        let usual = usual.unwrap_or_else(|| Threshold::usual(side, status.value));
        thresholds.push(Threshold {
            older_than: older_than.unwrap_or(usual.older_than),
            requests: requests.unwrap_or(usual.requests),
            calm: calm.unwrap_or(usual.calm),
            ..usual
        });
    }
    thresholds
}

fn side(table: &Table) -> Option<Side> {
    if !table.has("side") {
        table.missing("side", "\"lending\" or \"borrowing\"");
    }
    let sides = Side::ALL.map(Side::name);
    table.choice("side", &sides, Side::named).map(|side| side.value)
}

/// Any code may be one of a library's own, but one that is nearly a known one is a slip.
fn status(table: &Table) -> Option<Found<String>> {
    let status = table.required_text("status", "\"READY_TO_SEND\"")?;
    let codes = || STATUSES.iter().map(|status| status.code);
    if codes().any(|code| code == status.value) {
        return Some(status);
    }
    if let Some(meant) = nearest(&status.value, codes()) {
        let wrong = format!("no status has the code {}", shown(&status.value));
        table.wrong(
            "status",
            status.at,
            wrong,
            format!("Write \"{meant}\" if that is what you mean"),
        );
        return None;
    }
    if status.value.len() > LONGEST_STATUS {
        table.wrong(
            "status",
            status.at,
            "this is too long for a status",
            "Write the code that Alma uses",
        );
        return None;
    }
    Some(status)
}
