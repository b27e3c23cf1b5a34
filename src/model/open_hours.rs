//! A library's hours ahead, as the record of `alma.libraries` holds them.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The state of a day without hours.
pub const CLOSED: &str = "closed";
/// Days read beyond the horizon, so that a closure is told with its end.
pub const DAYS_BEYOND: u64 = 15;
/// Exceptions no further apart than this belong together: a vacation whose weekends are as ever is one vacation.
pub const TOGETHER_DAYS: u64 = 7;

/// The usual week and the days ahead that deviate from it. A state is [`CLOSED`] or hours, `08:00-22:00`; several stretches
/// stand in their order, with `, ` between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The library's name, or its code.
    pub library: String,
    /// The state of every day of the week.
    pub usual: BTreeMap<Weekday, String>,
    /// Days from the day of reading on whose state is another one: all up to the horizon, and those after it that belong to
    /// one of them.
    #[serde(default)]
    pub days: BTreeMap<NaiveDate, String>,
    /// The horizon: the last day whose state is known if it stands not in `days`. A Sunday, so that it moves once a week.
    pub until: NaiveDate,
}

/// A day of the week, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// From Monday on.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// The day of the week of a date.
    pub fn of(day: NaiveDate) -> Self {
        Self::ALL[day.weekday().num_days_from_monday() as usize % Self::ALL.len()]
    }

    /// `Monday`.
    pub const fn name(self) -> &'static str {
        match self {
            Weekday::Monday => "Monday",
            Weekday::Tuesday => "Tuesday",
            Weekday::Wednesday => "Wednesday",
            Weekday::Thursday => "Thursday",
            Weekday::Friday => "Friday",
            Weekday::Saturday => "Saturday",
            Weekday::Sunday => "Sunday",
        }
    }
}

impl Calendar {
    /// The state of a day ahead; `None` where it is beyond what was read.
    pub fn state(&self, day: NaiveDate) -> Option<&str> {
        let known = self.days.get(&day);
        let usual = || (day <= self.until).then(|| self.usual.get(&Weekday::of(day))).flatten();
        known.or_else(usual).map(String::as_str)
    }

    /// The last day that was looked at.
    pub fn read_to(&self) -> NaiveDate {
        after(self.until, DAYS_BEYOND)
    }
}

/// So many days later. Dates at the end of time stay where they are.
pub fn after(day: NaiveDate, count: u64) -> NaiveDate {
    day.checked_add_days(Days::new(count)).unwrap_or(day)
}

/// So many days earlier.
pub fn before(day: NaiveDate, count: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(count)).unwrap_or(day)
}
