//! What `almanac requests` answers. A number that is null because it is small is said by `few`: in an answer about several
//! libraries, counts of 1 to 4 are not given, since they could point to a reader, nor what they could be worked out from
//! (USERS.md §6).

use serde::Serialize;

use crate::model::moment::Moment;
use crate::model::request::Side;
use crate::model::request_status::WaitsFor;

/// One row of `almanac requests`: how many requests stand in a status.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RequestCountRow {
    /// The library.
    pub institution: String,
    /// Which side it is on.
    pub side: Side,
    /// Alma's code of the status.
    pub status: String,
    /// The status in words.
    pub label: String,
    /// How many requests; null where `few` or not `known`.
    pub requests: Option<u64>,
    /// There are 1 to 4.
    pub few: bool,
    /// Who has to act; null where that is not known.
    pub waits_for: Option<WaitsFor>,
    /// Whether the status was read wholly.
    pub known: bool,
    /// As of this reading.
    pub as_of: Moment,
}

/// One row of `almanac requests --ageing`: how long the requests with one partner have stood in a status.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AgeingRow {
    /// The library.
    pub institution: String,
    /// Which side it is on.
    pub side: Side,
    /// Alma's code of the status.
    pub status: String,
    /// The status in words.
    pub label: String,
    /// Code of the partner; empty where there is none yet.
    pub partner: String,
    /// Its name, where the library's partner records say it.
    pub partner_name: Option<String>,
    /// How many requests; null where `few`.
    pub requests: Option<u64>,
    /// How many are older than the threshold; null where it is 1 to 4 in an answer about several libraries.
    pub over: Option<u64>,
    /// The threshold, in hours; null where nobody worries about this status.
    pub older_than_hours: Option<f64>,
    /// Age of the middle one, in whole days; null where `few`.
    pub median_days: Option<u64>,
    /// Age of the oldest, in whole days.
    pub oldest_days: Option<u64>,
    /// Some stood there already when they were first seen: the ages are at least these.
    pub at_least: bool,
    /// Who has to act.
    pub waits_for: Option<WaitsFor>,
    /// An alarm has risen and not cleared.
    pub alarm: bool,
    /// Since when.
    pub alarm_since: Option<Moment>,
    /// Whether the status was read wholly.
    pub known: bool,
    /// There are 1 to 4 in an answer about several libraries.
    pub few: bool,
    /// As of this reading.
    pub as_of: Moment,
    /// Where the library's Alma is.
    pub link: Option<String>,
}

/// One row of `almanac requests --turnaround`: what became of the requests that arrived in a month.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TurnaroundRow {
    /// The library.
    pub institution: String,
    /// Which side it is on: supplied means shipped on the lending side, received on the borrowing side.
    pub side: Side,
    /// The calendar month in which they arrived: `2026-11`.
    pub month: String,
    /// Code of the partner; null for all partners together.
    pub partner: Option<String>,
    /// Its name.
    pub partner_name: Option<String>,
    /// How many arrived.
    pub requested: Option<u64>,
    /// Supplied.
    pub supplied: Option<u64>,
    /// Cancelled, rejected, expired.
    pub unfilled: Option<u64>,
    /// Gone before they were final: nobody knows what became of them.
    pub unknown: Option<u64>,
    /// Under way.
    pub open: Option<u64>,
    /// Supplied of those decided, 0 to 1.
    pub fill_rate: Option<f64>,
    /// Half of the supplied ones were supplied within so many days.
    pub median_days: Option<u32>,
    /// Supplied ones whose days are known only roughly, since they were not looked at in between; counted at the latest.
    pub uncertain: Option<u64>,
    /// Numbers are withheld because they are small.
    pub few: bool,
}

/// One row of `almanac requests --balance`: what a library lent and borrowed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BalanceRow {
    /// The library.
    pub institution: String,
    /// The calendar month in which the requests arrived.
    pub month: String,
    /// Code of the partner; null for all partners together.
    pub partner: Option<String>,
    /// Its name.
    pub partner_name: Option<String>,
    /// Requests that it supplied; null where its lending is not watched.
    pub lent: Option<u64>,
    /// Requests that were supplied to it; null where its borrowing is not watched.
    pub borrowed: Option<u64>,
    /// Borrowed for each one lent.
    pub borrowed_per_lent: Option<f64>,
    /// Numbers are withheld because they are small.
    pub few: bool,
}

/// One row of `almanac requests --moves`: how many requests went from one status to another.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MoveRow {
    /// The library.
    pub institution: String,
    /// Which side it is on.
    pub side: Side,
    /// Code of the partner; empty where there is none yet.
    pub partner: String,
    /// Its name.
    pub partner_name: Option<String>,
    /// Status before; null: they arrived.
    pub from: Option<String>,
    /// Status now; null: they are gone before they were final.
    pub to: Option<String>,
    /// How many; null where `few`.
    pub requests: Option<u64>,
    /// There are 1 to 4 in an answer about several libraries.
    pub few: bool,
}
