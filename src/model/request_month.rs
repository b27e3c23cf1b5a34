//! What became of the requests that arrived in one month: counts and a histogram, nothing that points to one of them.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::request::Side;
use super::request_status::{End, status};

/// Upper ends of the classes in which the days of supply are counted; the last class is open.
pub const DAYS: [u32; 12] = [1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 60, 90];
/// Milliseconds of a day.
const DAY: i64 = 24 * 3600 * 1000;

/// Sums over requests of one side, with one partner, that arrived in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MonthSums {
    /// How many arrived.
    pub requested: u64,
    /// Shipped (lending) or received (borrowing).
    pub supplied: u64,
    /// Cancelled, rejected or expired.
    pub unfilled: u64,
    /// Gone before they were final: nobody knows what became of them. Never counted as supplied.
    pub unknown: u64,
    /// Still under way.
    pub open: u64,
    /// Of the supplied ones, how many took up to [`DAYS`] days; one class more for those that took longer.
    pub days: [u64; DAYS.len() + 1],
    /// Of the supplied ones, those whose supply falls into more than one class, because they were not looked at in between.
    /// They are counted where they end at the latest.
    pub uncertain: u64,
}

/// What is known of one request's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestWay<'a> {
    /// The side it is seen from.
    pub side: Side,
    /// Its newest status.
    pub status: &'a str,
    /// When it arrived.
    pub arrived: Moment,
    /// When it was first seen supplied.
    pub supplied: Option<Moment>,
    /// When it was last seen before that.
    pub supplied_after: Option<Moment>,
    /// Whether it is gone.
    pub vanished: bool,
}

impl MonthSums {
    /// Adds one request.
    pub fn add(&mut self, way: &RequestWay<'_>) {
        self.requested += 1;
        if let Some(supplied) = way.supplied {
            self.supplied += 1;
            let latest = class(way.arrived, supplied);
            self.days[latest] += 1;
            let earliest = class(way.arrived, way.supplied_after.unwrap_or(way.arrived));
            self.uncertain += u64::from(earliest + 1 < latest);
            return;
        }
        match status(way.status).and_then(|status| status.end) {
            Some(End::Unfilled) => self.unfilled += 1,
            _ if way.vanished => self.unknown += 1,
            Some(_) => self.unknown += 1,
            None => self.open += 1,
        }
    }

    /// Adds the sums of others.
    pub fn merge(&mut self, other: &Self) {
        self.requested += other.requested;
        self.supplied += other.supplied;
        self.unfilled += other.unfilled;
        self.unknown += other.unknown;
        self.open += other.open;
        self.uncertain += other.uncertain;
        for (days, more) in self.days.iter_mut().zip(other.days) {
            *days += more;
        }
    }

    /// The share of decided requests that were supplied, 0 to 1; `None` where none is decided. Those under way and those
    /// whose outcome is unknown are left out.
    pub fn fill_rate(&self) -> Option<f64> {
        let decided = self.supplied + self.unfilled;
        (decided > 0).then(|| self.supplied as f64 / decided as f64)
    }

    /// In how many days half of the supplied requests were supplied: the upper end of the class of the middle one. The
    /// inner `None`: in more than the last of [`DAYS`].
    pub fn median_days(&self) -> Option<Option<u32>> {
        if self.supplied == 0 {
            return None;
        }
        let middle = self.supplied.div_ceil(2);
        let mut counted = 0;
        for (class, count) in self.days.iter().enumerate() {
            counted += count;
            if counted >= middle {
                return Some(DAYS.get(class).copied());
            }
        }
        Some(None)
    }
}

/// The number of days as it may be told of few requests: down to the end of its class in [`DAYS`].
pub fn rough_days(days: u64) -> u64 {
    let ends = DAYS.iter().rev().map(|end| u64::from(*end));
    ends.into_iter().find(|end| *end <= days).unwrap_or(0)
}

/// The calendar month of a moment, as `2026-11`.
pub fn month_of(moment: Moment, zone: Tz) -> String {
    moment.datetime().with_timezone(&zone).format("%Y-%m").to_string()
}

fn class(from: Moment, to: Moment) -> usize {
    let took = to.millis().saturating_sub(from.millis());
    DAYS.iter()
        .position(|days| took <= i64::from(*days) * DAY)
        .unwrap_or(DAYS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Moment {
        Moment::from_millis(1_800_000_000_000 + hours * 3_600_000)
    }

    fn way(status: &str, supplied: Option<i64>) -> RequestWay<'_> {
        RequestWay {
            side: Side::Lending,
            status,
            arrived: at(0),
            supplied: supplied.map(at),
            supplied_after: supplied.map(|hours| at(hours - 1)),
            vanished: false,
        }
    }

    #[test]
    fn every_request_is_counted_once_and_a_vanished_one_is_never_supplied() {
        let mut sums = MonthSums::default();
        sums.add(&way("SHIPPED_PHYSICALLY", Some(30)));
        sums.add(&way("EXPIRED", None));
        sums.add(&way("READY_TO_SEND", None));
        sums.add(&RequestWay {
            vanished: true,
            ..way("READY_TO_SEND", None)
        });
        // Rejected and then gone: that is how such requests end.
        sums.add(&RequestWay {
            vanished: true,
            ..way("REJECTED", None)
        });
        let counts = (sums.requested, sums.supplied, sums.unfilled, sums.open, sums.unknown);
        assert_eq!(counts, (5, 1, 2, 1, 1));
        assert_eq!(sums.fill_rate(), Some(1.0 / 3.0));
        assert_eq!(sums.median_days(), Some(Some(2)));
    }

    #[test]
    fn the_median_is_that_of_the_middle_request_and_a_long_gap_is_said() {
        let mut sums = MonthSums::default();
        for hours in [10, 20, 60, 100, 5000] {
            sums.add(&way("SHIPPED_PHYSICALLY", Some(hours)));
        }
        assert_eq!(sums.median_days(), Some(Some(3)));
        assert_eq!(sums.uncertain, 0);
        sums.add(&RequestWay {
            supplied_after: Some(at(1)),
            ..way("SHIPPED_PHYSICALLY", Some(100))
        });
        assert_eq!(sums.uncertain, 1, "between one hour and four days");
        assert_eq!(MonthSums::default().median_days(), None);
    }
}
