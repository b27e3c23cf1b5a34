//! From the days that Alma lists to a library's usual week and the days ahead that deviate from it. Pure.
//!
//! The document changes only when the calendar does, or when a day with an exception comes into view or passes: its horizon
//! is a Sunday, and the usual week stays as it was remembered as long as a single day ahead still follows it, so that a long
//! vacation does not become the usual week in its middle and back again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};

use crate::exlibris::alma_conf::{DAYS_PER_CALL_MAX, DayHours};
use crate::model::open_hours::{CLOSED, Calendar, DAYS_BEYOND, TOGETHER_DAYS, Weekday, after, before};

/// Days in a row that may be left out of the list and still are closed days: longer than any public holiday, shorter than
/// what an answer that was cut off to its default week leaves out of a call's 28 days.
pub const LEFT_OUT_MAX: u64 = DAYS_BEYOND - 1;
/// Days read before today, so that a day left out has one listed before it while a closure lasts.
const DAYS_BEFORE: u64 = DAYS_PER_CALL_MAX - 1;
/// A day asked for by itself is asked for with the days after it, as many as Alma gives by default.
pub const WEEK: u64 = 7;

/// A usual week: state by day.
pub type Week = BTreeMap<Weekday, String>;

/// The days asked for, and those that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Today in the consortium's zone.
    pub today: NaiveDate,
    /// The horizon: the last day of which an exception that begins there is kept; a Sunday.
    pub until: NaiveDate,
    /// The first day asked for.
    pub from: NaiveDate,
    /// The last day asked for.
    pub to: NaiveDate,
}

impl Window {
    /// The window of a day, so many days ahead, rounded up to whole weeks.
    pub fn of(today: NaiveDate, days_ahead: u32) -> Self {
        let end = after(today, u64::from(days_ahead));
        let until = after(end, u64::from(6 - end.weekday().num_days_from_monday()));
        Self {
            today,
            until,
            from: before(today, DAYS_BEFORE),
            to: after(until, DAYS_BEYOND),
        }
    }

    /// The window in pieces that Alma answers.
    pub fn pieces(&self) -> Vec<(NaiveDate, NaiveDate)> {
        let mut pieces = Vec::new();
        let mut from = self.from;
        while from <= self.to {
            let to = after(from, DAYS_PER_CALL_MAX - 1).min(self.to);
            pieces.push((from, to));
            from = after(to, 1);
        }
        pieces
    }
}

/// Why the hours are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKnown {
    /// So many days in a row are left out that an answer may have been cut off; the first of them and the last.
    LongGap(NaiveDate, NaiveDate),
    /// Alma lists no day at all.
    NothingListed,
    /// Something else, in words.
    Unclear(String),
}

impl NotKnown {
    /// In words for an operator.
    pub fn reason(&self) -> String {
        match self {
            NotKnown::LongGap(from, to) => format!(
                "Alma leaves out every day from {from} to {to}; whether the library is closed or the answer was cut off cannot \
                 be told"
            ),
            NotKnown::NothingListed => {
                "Alma lists no open day any more; whether the library is closed or has no hours cannot be told"
                    .to_owned()
            }
            NotKnown::Unclear(reason) => reason.clone(),
        }
    }
}

/// The state of every day from today to the horizon, and of the days around them as far as they are clear. A day that is
/// left out is closed only where days are listed before and after it. `asked_alone` are days that were left out again when
/// their week was asked for by itself.
///
/// # Errors
/// [`NotKnown`] where a day up to the horizon is not clear.
pub fn states(
    window: &Window,
    listed: &BTreeMap<NaiveDate, DayHours>,
    asked_alone: &BTreeSet<NaiveDate>,
) -> Result<BTreeMap<NaiveDate, String>, NotKnown> {
    let listed: BTreeMap<NaiveDate, &DayHours> = listed
        .range(window.from..=window.to)
        .map(|(day, hours)| (*day, hours))
        .collect();
    let (Some(first), Some(last)) = (
        listed.first_key_value().map(|(day, _)| *day),
        listed.last_key_value().map(|(day, _)| *day),
    ) else {
        return Err(NotKnown::NothingListed);
    };
    for (edge, side, inner) in [(first, "before", window.today), (last, "after", window.until)] {
        let unclear = if side == "before" { edge > inner } else { edge < inner };
        if unclear {
            return Err(NotKnown::Unclear(format!(
                "Alma lists no day {side} {edge}, so nothing says whether the library is closed then"
            )));
        }
    }
    let matters = |day: NaiveDate| (window.today..=window.until).contains(&day);
    let mut states = BTreeMap::new();
    let mut previous = first;
    for (day, hours) in listed {
        let gap = (after(previous, 1), before(day, 1));
        let left_out = (day - previous).num_days().unsigned_abs().saturating_sub(1);
        if left_out <= LEFT_OUT_MAX || asked_alone.range(gap.0..=gap.1).next().is_some() {
            states.extend(days(gap.0, gap.1).map(|day| (day, CLOSED.to_owned())));
        } else if gap.0 <= window.until && gap.1 >= window.today {
            return Err(NotKnown::LongGap(gap.0, gap.1));
        }
        match hours {
            DayHours::Open(hours) => {
                states.insert(day, hours.clone());
            }
            DayHours::Closed => {
                states.insert(day, CLOSED.to_owned());
            }
            DayHours::Unclear if matters(day) => {
                return Err(NotKnown::Unclear(format!(
                    "what Alma says of {day} is not understood; please report it"
                )));
            }
            DayHours::Unclear => {}
        }
        previous = day;
    }
    Ok(states)
}

/// The usual week. A day of the week keeps what is remembered of it as long as a day ahead still follows it; else it is
/// what most of its days ahead do.
fn usual_week(window: &Window, states: &BTreeMap<NaiveDate, String>, remembered: Option<&Week>) -> Week {
    let mut counts: BTreeMap<Weekday, BTreeMap<&str, usize>> = BTreeMap::new();
    for (day, state) in states.range(window.today..) {
        *counts.entry(Weekday::of(*day)).or_default().entry(state).or_default() += 1;
    }
    counts
        .into_iter()
        .filter_map(|(weekday, seen)| {
            let known = remembered.and_then(|week| week.get(&weekday));
            let usual = match known.filter(|state| seen.contains_key(state.as_str())) {
                Some(known) => known.as_str(),
                // Of two states with as many days, an open one; then whichever, but always the same one.
                None => {
                    seen.into_iter()
                        .max_by_key(|(state, count)| (*count, *state != CLOSED, *state))?
                        .0
                }
            };
            Some((weekday, usual.to_owned()))
        })
        .collect()
}

/// The days ahead that deviate from the usual week: all up to the horizon, and those after it that belong to one of them.
fn exceptions(window: &Window, states: &BTreeMap<NaiveDate, String>, usual: &Week) -> BTreeMap<NaiveDate, String> {
    let mut found: BTreeMap<NaiveDate, String> = BTreeMap::new();
    for (day, state) in states.range(window.today..=window.to) {
        let deviates = usual.get(&Weekday::of(*day)).is_some_and(|usual| usual != state);
        let belongs = *day <= window.until
            || found
                .last_key_value()
                .is_some_and(|(last, _)| *day <= after(*last, TOGETHER_DAYS));
        if deviates && belongs {
            found.insert(*day, state.clone());
        }
    }
    found
}

/// A library's calendar as it stands.
pub fn calendar(
    library: &str,
    window: &Window,
    states: &BTreeMap<NaiveDate, String>,
    remembered: Option<&Week>,
) -> Calendar {
    let usual = usual_week(window, states, remembered);
    let days = exceptions(window, states, &usual);
    Calendar {
        library: library.to_owned(),
        usual,
        days,
        until: window.until,
    }
}

/// The days from one to another, both included; none where they cross.
fn days(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    from.iter_days().take_while(move |day| *day <= to)
}

#[cfg(test)]
mod tests;
