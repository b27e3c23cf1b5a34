//! How many requests wait, and how long: by side, status and partner.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::thresholds::{self, Threshold};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, PartitionRead};
use crate::model::request::{KnownRequest, Side};

/// The newest reading of one side.
#[derive(Clone, Debug)]
pub struct SideReading<'a> {
    /// Which.
    pub side: Side,
    /// When it was committed.
    pub at: Moment,
    /// What was read of it: partitions are `LIBRARY/STATUS`, or one for the whole.
    pub coverage: &'a Coverage,
    /// The requests that are known and not gone.
    pub requests: &'a [KnownRequest],
}

impl SideReading<'_> {
    /// Whether this status was not read wholly, so that nobody knows what is in it.
    pub fn is_unread(&self, status: &str) -> bool {
        self.coverage.0.iter().any(|(partition, read)| {
            let concerned = partition.split_once('/').is_none_or(|(_, own)| own == status);
            concerned && !matches!(read, PartitionRead::Complete | PartitionRead::Absent)
        })
    }
}

impl SideReading<'_> {
    /// Whether this status was asked for at all: what is taken out of the settings is not looked at any more.
    pub fn asks_for(&self, status: &str) -> bool {
        let mut statuses = self
            .coverage
            .0
            .keys()
            .filter_map(|partition| partition.split_once('/'))
            .peekable();
        statuses.peek().is_none() || statuses.any(|(_, own)| own == status)
    }
}

/// The requests of one side, in one status, with one partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The side.
    pub side: Side,
    /// Code of the status.
    pub status: String,
    /// Code of the partner.
    pub partner: String,
    /// How many were seen; where the status was not read wholly, there may be more.
    pub requests: u64,
    /// How many of them are older than the threshold.
    pub over: u64,
    /// The age of the middle one.
    pub median: Option<Duration>,
    /// The age of the oldest.
    pub oldest: Option<Duration>,
    /// Some were in this status already when they were first seen: ages are at least these.
    pub at_least: bool,
    /// Whether the status was read wholly.
    pub is_known: bool,
    /// What is too long; `None` where nobody worries about this status.
    pub threshold: Option<Threshold>,
}

impl Cell {
    /// A cell without requests.
    pub(super) fn empty(side: Side, status: String, partner: String) -> Self {
        Self {
            side,
            status,
            partner,
            requests: 0,
            over: 0,
            median: None,
            oldest: None,
            at_least: false,
            is_known: true,
            threshold: None,
        }
    }

    /// `lending/SHIPPED_PHYSICALLY/OAK`.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.side, self.status, self.partner)
    }
}

/// The cells of a reading that hold a request, in the order of status and partner. A request that the reading did not show
/// is in none: it may have moved to where nobody could look.
pub fn cells(reading: &SideReading<'_>, thresholds: &[Threshold]) -> Vec<Cell> {
    let unread: BTreeSet<&str> = reading
        .requests
        .iter()
        .map(|request| request.status.as_str())
        .filter(|status| reading.is_unread(status))
        .collect();
    let mut by_cell: BTreeMap<(&str, &str), Vec<&KnownRequest>> = BTreeMap::new();
    for request in reading.requests {
        if request.last_seen >= reading.at {
            by_cell
                .entry((&request.status, &request.partner))
                .or_default()
                .push(request);
        }
    }
    let cell = |((status, partner), requests): ((&str, &str), Vec<&KnownRequest>)| {
        let threshold = thresholds::of(thresholds, reading.side, status).cloned();
        let mut ages: Vec<Duration> = requests.iter().map(|request| reading.at.since(request.since)).collect();
        ages.sort_unstable();
        let over = |threshold: &Threshold| ages.iter().filter(|age| **age > threshold.older_than).count();
        Cell {
            requests: ages.len() as u64,
            over: threshold.as_ref().map_or(0, over) as u64,
            median: ages.get(ages.len() / 2).copied(),
            oldest: ages.last().copied(),
            at_least: requests.iter().any(|request| request.met),
            is_known: !unread.contains(status),
            threshold,
            ..Cell::empty(reading.side, status.to_owned(), partner.to_owned())
        }
    };
    by_cell.into_iter().map(cell).collect()
}
