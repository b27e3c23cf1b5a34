//! When a watch is due, and when a route's digest goes out.

use std::time::Duration;

use chrono_tz::Tz;

use crate::model::moment::Moment;

/// Five-field cron in the consortium's time zone, or a fixed interval.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// `0 */6 * * *`.
    Cron(Box<croner::Cron>),
    /// `every 15m`.
    Every(Duration),
}

/// When a route's channel is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as the event is committed.
    AtOnce,
    /// `daily 08:00`.
    Daily(TimeOfDay),
    /// `weekly mon 08:00`.
    Weekly(chrono::Weekday, TimeOfDay),
    /// `monthly 1 08:00`: the day of the month, 1 to 28.
    Monthly(u32, TimeOfDay),
}

/// Hour and minute of a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
}

impl Schedule {
    /// Reads a schedule as it stands in the file.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write instead; a schedule that never comes (30 February) is wrong.
    pub fn parse(_text: &str) -> Result<Self, String> {
        Err("not yet".to_owned())
    }

    /// The first due moment after `after`, in the zone `zone`. Right across daylight-saving changes: a time inside the
    /// spring gap runs at the end of the gap, one inside the repeated hour runs once.
    pub fn next_after(&self, after: Moment, _zone: Tz) -> Moment {
        after
    }
}

impl When {
    /// Reads `at-once`, `daily 08:00`, `weekly mon 08:00`, `monthly 1 08:00`.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write instead.
    pub fn parse(_text: &str) -> Result<Self, String> {
        Err("not yet".to_owned())
    }

    /// When an event committed at `committed` is told: that moment itself for at-once, else the next digest after it.
    pub fn due_after(&self, committed: Moment, _zone: Tz) -> Moment {
        committed
    }
}
