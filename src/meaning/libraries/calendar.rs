//! What differs between two readings of a library's hours, day by day.
//!
//! A day is news only where what is to be expected of it differs: a day that passed, a horizon that moved on, or a usual week
//! that was worked out anew make none. What comes into view beyond the old horizon is news unless it goes on from what
//! was known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize as _;
use serde_json::Value;

use super::draft;
use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, Severity};
use crate::model::open_hours::{CLOSED, Calendar, TOGETHER_DAYS, Weekday, after};

/// Stretches of days that a title names; the rest are counted.
const STRETCHES_IN_TITLE_MAX: usize = 2;
/// Days whose hours a summary names one by one.
const DAYS_NAMED_MAX: usize = 7;
/// What Ex Libris says of these hours (OpenAPI of 2026-05-29), since they are not quite what a door says.
const NOT_THE_DOOR: &str = "These are the hours by which Alma reckons loan periods; the doors may keep others.";

/// The event of a change of hours, if it is one. Hours that are read for the first time, or no longer, are none: what
/// became of the library is told with it.
pub(super) fn event(institution: &str, change: &ChangeInContext<'_>, old: &Value, new: &Value) -> Option<EventDraft> {
    if change.op != Op::Modified {
        return None;
    }
    let (old, new) = (Calendar::deserialize(old).ok()?, Calendar::deserialize(new).ok()?);
    // A date has begun everywhere a day after it began in UTC; today's hours are no news for tomorrow's message anyway.
    let tomorrow = after(change.now.datetime().date_naive(), 1);
    let news = News::between(&old, &new, tomorrow);
    news.event(institution, &old, &new, change.now.datetime().year())
}

/// The days that are news, by what is new about them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Closed, and that was not known.
    pub(super) closed: BTreeSet<NaiveDate>,
    /// Not closed, though that was said.
    pub(super) open_after_all: BTreeSet<NaiveDate>,
    /// Open at other hours than were known.
    pub(super) other_hours: BTreeSet<NaiveDate>,
    /// Open at the usual hours, though others were said.
    pub(super) usual_after_all: BTreeSet<NaiveDate>,
    /// Days of the week whose usual hours are new.
    pub(super) usual: BTreeSet<Weekday>,
}

impl News {
    pub(super) fn between(old: &Calendar, new: &Calendar, from: NaiveDate) -> Self {
        let mut news = News::default();
        let ahead = old.days.range(from..).chain(new.days.range(from..));
        let days: BTreeSet<NaiveDate> = ahead.map(|(day, _)| *day).collect();
        for day in days {
            let (before, now) = (old.state(day), new.state(day));
            match (before, now) {
                (Some(before), Some(now)) if before == now => {}
                (Some(before), Some(_)) if before != CLOSED && !new.days.contains_key(&day) => {
                    news.usual_after_all.insert(day);
                }
                (_, Some(CLOSED)) if before.is_some() || came_into_view(old, new, day) => {
                    news.closed.insert(day);
                }
                (Some(CLOSED), Some(_)) => {
                    news.open_after_all.insert(day);
                }
                (_, Some(_)) if before.is_some() || came_into_view(old, new, day) => {
                    news.other_hours.insert(day);
                }
                _ => {}
            }
        }
        // The usual week is news where next week shows it: a day that is an exception neither before nor after.
        for day in from.iter_days().take(TOGETHER_DAYS as usize) {
            let plain = |calendar: &Calendar| day <= calendar.until && !calendar.days.contains_key(&day);
            if plain(old) && plain(new) && old.state(day) != new.state(day) {
                news.usual.insert(Weekday::of(day));
            }
        }
        news
    }

    fn event(&self, institution: &str, old: &Calendar, new: &Calendar, year: i32) -> Option<EventDraft> {
        let library = &new.library;
        let mut titles = Vec::new();
        let mut sentences = Vec::new();
        let closures = self.closures(new);
        if !closures.is_empty() {
            titles.push(format!("is closed {}", named(&closures, new, year)));
            sentences.push(format!(
                "Closed {}. Requests will hardly be filled then: expect them to wait or send them elsewhere, and look at what \
                 falls due in that time.",
                all_named(&closures, new, year)
            ));
        }
        let open = stretches(&self.open_after_all, |_| false);
        if !open.is_empty() {
            titles.push(format!("is open after all {}", named(&open, new, year)));
            sentences.push(format!(
                "The closure {} is withdrawn{}.",
                all_named(&open, new, year),
                hours_by_day(&self.open_after_all, new, old, year)
            ));
        }
        let other = together(&self.other_hours);
        if !other.is_empty() {
            titles.push(format!("has other hours {}", named(&other, new, year)));
            sentences.push(format!(
                "Other hours{}.",
                hours_by_day(&self.other_hours, new, old, year)
            ));
        }
        let usual_again = together(&self.usual_after_all);
        if !usual_again.is_empty() {
            titles.push(format!(
                "keeps its usual hours after all {}",
                named(&usual_again, new, year)
            ));
            sentences.push(format!(
                "Usual hours again{}.",
                hours_by_day(&self.usual_after_all, new, old, year)
            ));
        }
        if !self.usual.is_empty() {
            titles.push("has new usual hours".to_owned());
            let days: Vec<String> = self
                .usual
                .iter()
                .map(|weekday| {
                    let said =
                        |week: &BTreeMap<Weekday, String>| week.get(weekday).map_or("not known".into(), |s| spoken(s));
                    format!("{} {} (it was {})", weekday.name(), said(&new.usual), said(&old.usual))
                })
                .collect();
            sentences.push(format!("The usual week is new: {}.", days.join("; ")));
        }
        let (first, rest) = titles.split_first()?;
        let more = match rest {
            [] => String::new(),
            [second] => format!("; it {second}"),
            _ => format!("; {} more changes of its hours", rest.len()),
        };
        sentences.push(NOT_THE_DOOR.to_owned());
        Some(draft(
            Severity::Info,
            format!("{institution}: {library} {first}{more}"),
            sentences.join(" "),
        ))
    }

    /// The closures that hold a day that is news, whole: with the days that were known to be closed, and the days between
    /// that are closed in every week.
    fn closures(&self, new: &Calendar) -> Vec<(NaiveDate, NaiveDate)> {
        let closed_days: BTreeSet<NaiveDate> = new
            .days
            .iter()
            .filter(|(_, state)| *state == CLOSED)
            .map(|(day, _)| *day)
            .collect();
        let mut runs = stretches(&closed_days, |day| {
            new.days.get(&day).is_none_or(|state| state == CLOSED)
                && new.usual.get(&Weekday::of(day)).is_some_and(|usual| usual == CLOSED)
        });
        runs.retain(|(from, to)| self.closed.range(*from..=*to).next().is_some());
        runs
    }
}

/// Whether a day beyond what was known of it is news: it begins something, or lies where something that was known would
/// have been seen to go on.
fn came_into_view(old: &Calendar, new: &Calendar, day: NaiveDate) -> bool {
    if !new.days.contains_key(&day) || old.usual.get(&Weekday::of(day)) == new.days.get(&day) {
        return false;
    }
    let group: Vec<NaiveDate> = together(&new.days.keys().copied().collect())
        .into_iter()
        .filter(|(from, to)| (*from..=*to).contains(&day))
        .flat_map(|(from, to)| new.days.range(from..=to).map(|(day, _)| *day).collect::<Vec<_>>())
        .collect();
    let known = group
        .iter()
        .any(|member| *member <= old.until || old.days.contains_key(member));
    !known || (day <= old.read_to() && old.usual == new.usual)
}

/// Days in a row; `bridged` says which days may stand between two of them.
fn stretches(days: &BTreeSet<NaiveDate>, bridged: impl Fn(NaiveDate) -> bool) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, to)) if to.iter_days().skip(1).take_while(|each| each < day).all(&bridged) => *to = *day,
            _ => runs.push((*day, *day)),
        }
    }
    runs
}

/// Days that belong together though there are others between them.
fn together(days: &BTreeSet<NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, to)) if *day <= after(*to, TOGETHER_DAYS) => *to = *day,
            _ => runs.push((*day, *day)),
        }
    }
    runs
}

/// The first stretches by name, and how many more there are.
fn named(runs: &[(NaiveDate, NaiveDate)], calendar: &Calendar, year: i32) -> String {
    let shown = runs.len().min(STRETCHES_IN_TITLE_MAX);
    let mut said = spoken_stretches(&runs[..shown], calendar, year);
    match runs.len() - shown {
        0 => {}
        1 => said.push("once more".to_owned()),
        more => said.push(format!("{more} times more")),
    }
    listed(&said)
}

/// `24 to 26 December and on 1 January 2027`.
fn all_named(runs: &[(NaiveDate, NaiveDate)], calendar: &Calendar, year: i32) -> String {
    listed(&spoken_stretches(runs, calendar, year))
}

fn spoken_stretches(runs: &[(NaiveDate, NaiveDate)], calendar: &Calendar, year: i32) -> Vec<String> {
    runs.iter()
        .map(|(from, to)| stretch(*from, *to, calendar, year))
        .collect()
}

fn listed(said: &[String]) -> String {
    match said.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `on 24 December`, `24 to 26 December`, `24 December to 3 January 2027`; where the end was not seen, `from 24 December, to
/// 31 January at least`.
fn stretch(from: NaiveDate, to: NaiveDate, calendar: &Calendar, year: i32) -> String {
    let full = |day: NaiveDate| {
        let mut text = day.format("%-d %B").to_string();
        if day.year() != year {
            text.push_str(&day.format(" %Y").to_string());
        }
        text
    };
    if to >= calendar.read_to() {
        format!("from {}, to {} at least", full(from), full(to))
    } else if from == to {
        format!("on {}", full(from))
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{} to {}", from.format("%-d"), full(to))
    } else {
        format!("{} to {}", full(from), full(to))
    }
}

/// `: Monday 28 December 09:00–17:00 (before: 08:00–22:00)`; the days without a date named are counted.
fn hours_by_day(days: &BTreeSet<NaiveDate>, new: &Calendar, old: &Calendar, year: i32) -> String {
    let mut said: Vec<String> = days
        .iter()
        .take(DAYS_NAMED_MAX)
        .map(|day| {
            let mut text = day.format("%A %-d %B").to_string();
            if day.year() != year {
                text.push_str(&day.format(" %Y").to_string());
            }
            text.push_str(&format!(" {}", new.state(*day).map_or("not known".into(), spoken)));
            let before = old
                .state(*day)
                .or_else(|| new.usual.get(&Weekday::of(*day)).map(String::as_str));
            if let Some(before) = before.filter(|before| *before != CLOSED) {
                text.push_str(&format!(" (instead of {})", spoken(before)));
            }
            text
        })
        .collect();
    if days.len() > DAYS_NAMED_MAX {
        said.push(format!("and {} days more", days.len() - DAYS_NAMED_MAX));
    }
    if said.is_empty() {
        String::new()
    } else {
        format!(": {}", said.join("; "))
    }
}

/// `08:00–22:00`, `closed`.
fn spoken(state: &str) -> String {
    state.replace('-', "–")
}

#[cfg(test)]
mod tests;
