//! Dates as reports write them, and the order of day and month in a column of them. Pure.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use chrono_tz::Tz;

use crate::model::moment::Moment;

/// Years that a date of a request may lie in; others are slips or placeholders such as 9999.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// One column of dates. A report writes all of them in the same order, so that `11/24/2026` in one row says what
/// `11/05/2026` means in another.
#[derive(Debug, Default)]
pub(super) struct Column {
    american: bool,
    european: bool,
    /// Rows whose date has two meanings: the American one, then the European.
    open: Vec<(usize, Moment, Moment)>,
    /// Dates that were left out.
    pub(super) unreadable: u64,
}

/// What one cell says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Date {
    /// Nothing that can be read.
    Unreadable,
    /// This.
    Certain(Moment),
    /// This, since only the month can come first.
    American(Moment),
    /// This, since only the day can come first.
    European(Moment),
    /// One of two: the American meaning, then the European.
    Either(Moment, Moment),
}

impl Column {
    /// Takes the cell of a row, and gives what can be said of it so far; [`Column::settle`] says the rest.
    pub(super) fn take(&mut self, row: usize, date: Date) -> Option<Moment> {
        match date {
            Date::Unreadable => self.unreadable += 1,
            Date::Certain(moment) => return Some(moment),
            Date::American(moment) => {
                self.american = true;
                return Some(moment);
            }
            Date::European(moment) => {
                self.european = true;
                return Some(moment);
            }
            Date::Either(american, european) => self.open.push((row, american, european)),
        }
        None
    }

    /// What the rows with two meanings mean, by those with one. Where these disagree, or there are none, nobody knows.
    pub(super) fn settle(&mut self) -> Vec<(usize, Option<Moment>)> {
        let open = std::mem::take(&mut self.open);
        if self.american == self.european {
            self.unreadable += open.len() as u64;
            return Vec::new();
        }
        let meant = |(row, american, european)| (row, Some(if self.american { american } else { european }));
        open.into_iter().map(meant).collect()
    }
}

impl Date {
    /// A date or a time as reports write them. A day alone is its beginning in the consortium's zone.
    pub(super) fn of(text: &str, zone: Tz) -> Self {
        let text = text.trim();
        if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
            return if YEARS.contains(&time.year()) {
                Date::Certain(Moment::from_millis(time.timestamp_millis()))
            } else {
                Date::Unreadable
            };
        }
        let (day, time) = text
            .split_once(['T', ' '])
            .map_or((text, ""), |(day, time)| (day.trim(), time.trim()));
        let Some(time) = time_of(time) else {
            return Date::Unreadable;
        };
        let at = |date: NaiveDate| moment(date, time, zone);
        if let Ok(date) = NaiveDate::parse_from_str(day, "%Y-%m-%d") {
            return at(date).map_or(Date::Unreadable, Date::Certain);
        }
        let (american, european) = by_slashes(day);
        match (american.and_then(at), european.and_then(at)) {
            (None, None) => Date::Unreadable,
            (Some(american), None) => Date::American(american),
            (None, Some(european)) => Date::European(european),
            (Some(one), Some(other)) if one == other => Date::Certain(one),
            (Some(american), Some(european)) => Date::Either(american, european),
        }
    }
}

fn time_of(text: &str) -> Option<NaiveTime> {
    if text.is_empty() {
        return Some(NaiveTime::MIN);
    }
    ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

fn moment(date: NaiveDate, time: NaiveTime, zone: Tz) -> Option<Moment> {
    if !YEARS.contains(&date.year()) {
        return None;
    }
    let local = NaiveDateTime::new(date, time);
    let at = |local: &NaiveDateTime| zone.from_local_datetime(local).earliest();
    // Where the clocks are put forward an hour is not there; the one after it is.
    let found = at(&local).or_else(|| at(&(local + chrono::TimeDelta::hours(1))))?;
    Some(Moment::from_millis(found.timestamp_millis()))
}

/// `11/24/2026` with the month first, and with the day first.
fn by_slashes(day: &str) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let numbers: Vec<&str> = day.split('/').collect();
    let [first, second, year] = numbers.as_slice() else {
        return (None, None);
    };
    let number = |text: &str| (text.len() <= 4).then(|| text.parse::<u32>().ok()).flatten();
    let year = (year.len() == 4).then(|| year.parse::<i32>().ok()).flatten();
    let (Some(first), Some(second), Some(year)) = (number(first), number(second), year) else {
        return (None, None);
    };
    (
        NaiveDate::from_ymd_opt(year, first, second),
        NaiveDate::from_ymd_opt(year, second, first),
    )
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;

    use super::*;

    fn at(moment: &str) -> Moment {
        moment.parse().unwrap()
    }

    #[test]
    fn dates_are_read_where_they_mean_one_day() {
        for (text, moment) in [
            ("2026-11-24", "2026-11-24T05:00:00Z"),
            ("2026-11-24T00:00:00", "2026-11-24T05:00:00Z"),
            ("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
            ("2026-11-24 13:05:09.250", "2026-11-24T18:05:09.250Z"),
            ("5/5/2026", "2026-05-05T04:00:00Z"),
            // The hour that the clocks skip.
            ("2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
        ] {
            assert_eq!(Date::of(text, New_York), Date::Certain(at(moment)), "{text}");
        }
        let day = at("2026-11-24T05:00:00Z");
        assert_eq!(Date::of("11/24/2026", New_York), Date::American(day));
        assert_eq!(Date::of("24/11/2026", New_York), Date::European(day));
        assert_eq!(
            Date::of("11/24/2026 1:05:00 PM", New_York),
            Date::American(at("2026-11-24T18:05:00Z"))
        );
        assert_eq!(
            Date::of("11/5/2026", New_York),
            Date::Either(at("2026-11-05T05:00:00Z"), at("2026-05-11T04:00:00Z"))
        );
        for text in [
            "13/13/2026",
            "24.11.2026",
            "9999-01-01",
            "11/24/9999",
            "yesterday",
            "2026-13-01",
            "1/2/3/4",
            "-1/2/2026",
            "5/5/26",
            "11/24/2026 25:00",
        ] {
            assert_eq!(Date::of(text, New_York), Date::Unreadable, "{text}");
        }
    }

    fn column(cells: &[&str]) -> (Vec<Option<String>>, u64) {
        let mut column = Column::default();
        let mut read: Vec<Option<Moment>> = cells
            .iter()
            .enumerate()
            .map(|(row, text)| column.take(row, Date::of(text, chrono_tz::UTC)))
            .collect();
        for (row, moment) in column.settle() {
            read[row] = moment;
        }
        let day = |moment: Option<Moment>| Some(moment?.to_string()[..10].to_owned());
        (read.into_iter().map(day).collect(), column.unreadable)
    }

    #[test]
    fn a_column_has_one_order_of_day_and_month() {
        let day = |day: &str| Some(day.to_owned());
        assert_eq!(
            column(&["11/05/2026", "11/24/2026", "2/3/2026"]),
            (vec![day("2026-11-05"), day("2026-11-24"), day("2026-02-03")], 0)
        );
        assert_eq!(
            column(&["11/05/2026", "24/11/2026"]),
            (vec![day("2026-05-11"), day("2026-11-24")], 0)
        );
        // Where nothing says which, or two say different things, only what is certain is read.
        assert_eq!(
            column(&["11/05/2026", "5/5/2026", "2026-11-24"]),
            (vec![None, day("2026-05-05"), day("2026-11-24")], 1)
        );
        assert_eq!(
            column(&["11/05/2026", "24/11/2026", "11/24/2026"]),
            (vec![None, day("2026-11-24"), day("2026-11-24")], 1)
        );
    }
}
