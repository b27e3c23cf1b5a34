//! When a watch is due, and when a route's digest goes out.
//!
//! Everything is reckoned on the wall clock of the consortium's zone. Across a daylight-saving change two rules hold: a
//! time that the clock jumps over runs at the end of the jump, and a time that the clock shows twice runs the first
//! time only. Schedules that run every hour (`0 * * * *`) run in both of the repeated hours, for an hour has passed.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::model::moment::Moment;

/// Five-field cron in the consortium's time zone, or a fixed interval.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// `0 */6 * * *`.
    Cron(Box<Cron>),
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
    Weekly(Weekday, TimeOfDay),
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

/// What to write for a schedule; the end of every complaint about one.
const SCHEDULE_REMEDY: &str = "Write five fields (minute hour day-of-month month day-of-week), for example \
                               \"0 */6 * * *\", or an interval such as \"every 15m\", \"every 6h\" or \"every 1d\"";

/// What to write for a route's `when`.
const WHEN_REMEDY: &str = "Write \"at-once\", \"daily 08:00\", \"weekly mon 08:00\" or \"monthly 1 08:00\"";

/// A schedule longer than this is longer than any cron field can say.
const LONGEST_TEXT: usize = 200;

/// The longest interval: a year and a day. A longer one is a slip of the finger.
const LONGEST_INTERVAL: Duration = Duration::from_secs(366 * 86_400);

/// How many days ahead the next digest may lie: a day of the month is never two months away.
const MOST_DAYS_AHEAD: u64 = 62;

/// The longest jump of any clock so far was a whole day (Samoa, 2011); a search for its end looks a little further.
const LONGEST_JUMP_MINUTES: i64 = 26 * 60;

impl Schedule {
    /// Reads a schedule as it stands in the file.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write instead; a schedule that never comes (30 February) is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("the schedule is empty. {SCHEDULE_REMEDY}"));
        }
        if text.len() > LONGEST_TEXT {
            return Err(format!("the schedule is far too long. {SCHEDULE_REMEDY}"));
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields[0].eq_ignore_ascii_case("every") {
            return parse_interval(&fields[1..]).map(Schedule::Every);
        }
        if text.starts_with('@') {
            return Err(format!("names such as @daily are not known. {SCHEDULE_REMEDY}"));
        }
        match fields.len() {
            5 => {}
            6 | 7 => {
                return Err(format!(
                    "{} fields were given; Almanac's schedules have no field for seconds and none for years. \
                     {SCHEDULE_REMEDY}",
                    fields.len()
                ));
            }
            _ => return Err(format!("this is neither cron nor an interval. {SCHEDULE_REMEDY}")),
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser
            .parse(&fields.join(" "))
            .map_err(|_| format!("one of the five fields cannot be read. {SCHEDULE_REMEDY}"))?;
        // croner notices that a date never comes only when it is asked for one.
        if cron.find_next_occurrence(&DateTime::<Utc>::default(), true).is_err() {
            return Err(
                "this day never comes (the month has no such day). Write a day that the month has, or \"L\" for the \
                 last day of the month"
                    .to_owned(),
            );
        }
        Ok(Schedule::Cron(Box::new(cron)))
    }

    /// The schedule in one agreed spelling: two texts that mean the same interval or the same five fields give the same
    /// one, so the store can tell whether a due time was computed from the schedule that is in force.
    pub fn text(&self) -> String {
        match self {
            Schedule::Cron(cron) => cron.as_str().to_owned(),
            Schedule::Every(duration) => {
                let seconds = duration.as_secs();
                match seconds {
                    _ if seconds.is_multiple_of(86_400) => format!("every {}d", seconds / 86_400),
                    _ if seconds.is_multiple_of(3_600) => format!("every {}h", seconds / 3_600),
                    _ if seconds.is_multiple_of(60) => format!("every {}m", seconds / 60),
                    _ => format!("every {seconds}s"),
                }
            }
        }
    }

    /// The first due moment after `after`, in the zone `zone`; always later than `after`. Right across daylight-saving
    /// changes: a time inside the spring gap runs at the end of the gap, one inside the repeated hour runs once.
    pub fn next_after(&self, after: Moment, zone: Tz) -> Moment {
        let next = match self {
            Schedule::Every(interval) => Some(after.plus(*interval)),
            Schedule::Cron(cron) if runs_every_hour(cron) => next_of_hourly(cron, after, zone),
            Schedule::Cron(cron) => next_of_fixed_hours(cron, after, zone),
        };
        // Only a clock thousands of years off gets past the end of croner's calendar; the watch then runs daily.
        next.filter(|next| *next > after)
            .unwrap_or_else(|| after.plus(Duration::from_secs(86_400)))
    }
}

impl When {
    /// Reads `at-once`, `daily 08:00`, `weekly mon 08:00`, `monthly 1 08:00`.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        match words.as_slice() {
            ["at-once"] => Ok(When::AtOnce),
            ["daily", time] => Ok(When::Daily(parse_time(time)?)),
            ["weekly", day, time] => {
                let day = parse_weekday(day).ok_or(
                    "the day of the week is not known. Write mon, tue, wed, thu, fri, sat or sun, for example \
                            \"weekly mon 08:00\"",
                )?;
                Ok(When::Weekly(day, parse_time(time)?))
            }
            ["monthly", day, time] => {
                let day = day.parse().ok().filter(|day| (1..=28).contains(day)).ok_or(
                    "the day of the month must be 1 to 28, so that every month has it. Write for example \"monthly 1 \
                     08:00\"",
                )?;
                Ok(When::Monthly(day, parse_time(time)?))
            }
            _ => Err(format!("this time for telling is not known. {WHEN_REMEDY}")),
        }
    }

    /// When an event committed at `committed` is told: that moment itself for at-once, else the next digest after it.
    pub fn due_after(&self, committed: Moment, zone: Tz) -> Moment {
        let (time, wanted): (TimeOfDay, Box<dyn Fn(NaiveDate) -> bool>) = match *self {
            When::AtOnce => return committed,
            When::Daily(time) => (time, Box::new(|_| true)),
            When::Weekly(weekday, time) => (time, Box::new(move |date| date.weekday() == weekday)),
            When::Monthly(day, time) => (time, Box::new(move |date| date.day() == day)),
        };
        let today = committed.datetime().with_timezone(&zone).date_naive();
        (0..=MOST_DAYS_AHEAD)
            .filter_map(|ahead| today.checked_add_days(Days::new(ahead)))
            .filter(|date| wanted(*date))
            .filter_map(|date| instant(date.and_hms_opt(time.hour, time.minute, 0)?, zone))
            .find(|due| *due > committed)
            // Unreachable within chrono's calendar of 260,000 years; a day later is as good as any answer beyond it.
            .unwrap_or_else(|| committed.plus(Duration::from_secs(86_400)))
    }
}

/// `15m`, `6 h`, `1d`: what follows the word `every`.
fn parse_interval(words: &[&str]) -> Result<Duration, String> {
    let joined = words.concat().to_ascii_lowercase();
    let digits = joined.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = joined.split_at(digits);
    let seconds_each = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let interval = seconds_each
        .zip(number.parse::<u64>().ok())
        .and_then(|(each, number)| number.checked_mul(each))
        .map(Duration::from_secs)
        .ok_or_else(|| format!("the interval cannot be read. {SCHEDULE_REMEDY}"))?;
    if interval.is_zero() {
        return Err(format!("an interval of nothing would never rest. {SCHEDULE_REMEDY}"));
    }
    if interval > LONGEST_INTERVAL {
        return Err(format!("the interval is longer than a year. {SCHEDULE_REMEDY}"));
    }
    Ok(interval)
}

/// `8:00` or `08:00`.
fn parse_time(text: &str) -> Result<TimeOfDay, String> {
    let number = |digits: &str, most: u32| {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten().filter(|n| *n <= most)
    };
    text.split_once(':')
        .filter(|(_, minute)| minute.len() == 2)
        .and_then(|(hour, minute)| {
            Some(TimeOfDay {
                hour: number(hour, 23)?,
                minute: number(minute, 59)?,
            })
        })
        .ok_or_else(|| "the time of day must be 00:00 to 23:59. Write for example \"daily 08:00\"".to_owned())
}

fn parse_weekday(text: &str) -> Option<Weekday> {
    // chrono reads `mon` and `monday`.
    text.parse().ok()
}

/// Whether the hour field is a `*` without steps, so that the schedule means "as time passes" and not "at this hour".
fn runs_every_hour(cron: &Cron) -> bool {
    cron.as_str().split_whitespace().nth(1) == Some("*")
}

/// croner walks both halves of a repeated hour by itself.
fn next_of_hourly(cron: &Cron, after: Moment, zone: Tz) -> Option<Moment> {
    let start = after.datetime().with_timezone(&zone);
    cron.find_next_occurrence(&start, false).ok().map(Moment::from)
}

/// Looks for the next match on the wall clock alone and then finds the instant at which the clock shows it. croner does
/// the same for a single fixed time, but drops `*/30 2 * * *` in the spring gap and doubles it in autumn.
fn next_of_fixed_hours(cron: &Cron, after: Moment, zone: Tz) -> Option<Moment> {
    let local = after.datetime().with_timezone(&zone).naive_local();
    // After the clock went back, the wall clock may show a time that the last run, an hour ago, had already passed;
    // and the end of a gap swallows the times inside it. Each round moves on by one match of the pattern, at most
    // one a minute of the longest jump.
    let mut from = local.and_utc();
    for _ in 0..LONGEST_JUMP_MINUTES {
        let candidate = cron.find_next_occurrence(&from, false).ok()?;
        let due = instant(candidate.naive_utc(), zone)?;
        if due > after {
            return Some(due);
        }
        from = candidate;
    }
    None
}

/// The instant at which the clocks of `zone` first show `local`; the end of the jump where they never do.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<Moment> {
    (0..=LONGEST_JUMP_MINUTES)
        .filter_map(|minutes| local.checked_add_signed(TimeDelta::minutes(minutes)))
        .find_map(|local| match zone.from_local_datetime(&local) {
            LocalResult::Single(only) => Some(only),
            LocalResult::Ambiguous(first, _) => Some(first),
            LocalResult::None => None,
        })
        .map(Moment::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEW_YORK: Tz = chrono_tz::America::New_York;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    /// The next `count` due times after `after`, as New York's clocks show them.
    fn runs(schedule: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(schedule).unwrap();
        let mut moment = at(after);
        (0..count)
            .map(|_| {
                moment = schedule.next_after(moment, NEW_YORK);
                shown(moment)
            })
            .collect()
    }

    fn tellings(when: &str, after: &str, count: usize) -> Vec<String> {
        let when = When::parse(when).unwrap();
        let mut moment = at(after);
        (0..count)
            .map(|_| {
                moment = when.due_after(moment, NEW_YORK);
                shown(moment)
            })
            .collect()
    }

    fn shown(moment: Moment) -> String {
        moment
            .datetime()
            .with_timezone(&NEW_YORK)
            .format("%a %d %b %H:%M %Z")
            .to_string()
    }

    #[test]
    fn a_morning_schedule_keeps_its_hour_over_both_changes_of_2027() {
        assert_eq!(
            runs("0 8 * * *", "2027-03-13T00:00:00-05:00", 3),
            ["Sat 13 Mar 08:00 EST", "Sun 14 Mar 08:00 EDT", "Mon 15 Mar 08:00 EDT"]
        );
        assert_eq!(
            runs("0 8 * * *", "2027-11-06T00:00:00-04:00", 3),
            ["Sat 06 Nov 08:00 EDT", "Sun 07 Nov 08:00 EST", "Mon 08 Nov 08:00 EST"]
        );
    }

    #[test]
    fn a_time_in_the_spring_gap_runs_once_at_its_end() {
        for schedule in ["30 2 * * *", "*/30 2 * * *", "0,15,30 2 * * *", "30 2-2 * * *"] {
            let on_the_day = runs(schedule, "2027-03-14T00:00:00-05:00", 2);
            assert_eq!(on_the_day[0], "Sun 14 Mar 03:00 EDT", "{schedule}");
            assert!(
                on_the_day[1].starts_with("Mon 15 Mar 02:"),
                "{schedule}: {on_the_day:?}"
            );
        }
        assert_eq!(
            runs("30 1-3 * * *", "2027-03-14T00:00:00-05:00", 3),
            ["Sun 14 Mar 01:30 EST", "Sun 14 Mar 03:00 EDT", "Sun 14 Mar 03:30 EDT"]
        );
    }

    #[test]
    fn a_time_in_the_repeated_hour_runs_once() {
        assert_eq!(
            runs("30 1 * * *", "2027-11-07T00:00:00-04:00", 2),
            ["Sun 07 Nov 01:30 EDT", "Mon 08 Nov 01:30 EST"]
        );
        assert_eq!(
            runs("*/30 1 * * *", "2027-11-07T00:00:00-04:00", 3),
            ["Sun 07 Nov 01:00 EDT", "Sun 07 Nov 01:30 EDT", "Mon 08 Nov 01:00 EST"]
        );
        // A poll that ended inside the second 1 o'clock hour does not bring the first one back.
        assert_eq!(
            runs("50 1 * * *", "2027-11-07T01:10:00-05:00", 1),
            ["Mon 08 Nov 01:50 EST"]
        );
    }

    #[test]
    fn hourly_schedules_and_intervals_follow_the_time_that_passes() {
        assert_eq!(
            runs("0 * * * *", "2027-11-07T00:30:00-04:00", 3),
            ["Sun 07 Nov 01:00 EDT", "Sun 07 Nov 01:00 EST", "Sun 07 Nov 02:00 EST"]
        );
        assert_eq!(
            runs("0 * * * *", "2027-03-14T01:00:00-05:00", 2),
            ["Sun 14 Mar 03:00 EDT", "Sun 14 Mar 04:00 EDT"]
        );
        assert_eq!(
            runs("every 6h", "2027-03-13T23:00:00-05:00", 2),
            ["Sun 14 Mar 06:00 EDT", "Sun 14 Mar 12:00 EDT"]
        );
        assert_eq!(
            runs("0 */6 * * *", "2027-11-06T20:00:00-04:00", 3),
            ["Sun 07 Nov 00:00 EDT", "Sun 07 Nov 06:00 EST", "Sun 07 Nov 12:00 EST"]
        );
    }

    #[test]
    fn digests_keep_their_hour_over_both_changes_of_2027() {
        assert_eq!(
            tellings("daily 08:00", "2027-03-13T09:00:00-05:00", 2),
            ["Sun 14 Mar 08:00 EDT", "Mon 15 Mar 08:00 EDT"]
        );
        assert_eq!(
            tellings("daily 02:30", "2027-03-13T09:00:00-05:00", 2),
            ["Sun 14 Mar 03:00 EDT", "Mon 15 Mar 02:30 EDT"]
        );
        assert_eq!(
            tellings("daily 01:30", "2027-11-06T09:00:00-04:00", 2),
            ["Sun 07 Nov 01:30 EDT", "Mon 08 Nov 01:30 EST"]
        );
        assert_eq!(
            tellings("weekly sun 01:30", "2027-11-01T00:00:00-04:00", 2),
            ["Sun 07 Nov 01:30 EDT", "Sun 14 Nov 01:30 EST"]
        );
        assert_eq!(
            tellings("weekly Sunday 2:15", "2027-03-07T09:00:00-05:00", 2),
            ["Sun 14 Mar 03:00 EDT", "Sun 21 Mar 02:15 EDT"]
        );
        assert_eq!(
            tellings("monthly 14 02:30", "2027-02-20T00:00:00-05:00", 2),
            ["Sun 14 Mar 03:00 EDT", "Wed 14 Apr 02:30 EDT"]
        );
        assert_eq!(
            tellings("monthly 7 01:30", "2027-10-20T00:00:00-04:00", 2),
            ["Sun 07 Nov 01:30 EDT", "Tue 07 Dec 01:30 EST"]
        );
    }

    #[test]
    fn a_digest_comes_after_the_event_and_at_once_is_at_once() {
        let eight = at("2027-05-03T08:00:00-04:00");
        let daily = When::parse("daily 08:00").unwrap();
        assert_eq!(daily.due_after(eight, NEW_YORK), at("2027-05-04T08:00:00-04:00"));
        assert_eq!(
            daily.due_after(Moment::from_millis(eight.millis() - 1), NEW_YORK),
            eight
        );
        assert_eq!(When::parse("at-once").unwrap().due_after(eight, NEW_YORK), eight);
    }

    #[test]
    fn one_schedule_has_one_text() {
        for (written, text) in [
            ("every 90m", "every 90m"),
            ("every 60m", "every 1h"),
            ("Every 24 h", "every 1d"),
            ("every 5s", "every 5s"),
            ("  0   */6 * * * ", "0 */6 * * *"),
        ] {
            assert_eq!(Schedule::parse(written).unwrap().text(), text);
        }
        for text in ["0 7 * * mon-fri", "0 8 L * *", "every 61s"] {
            let once = Schedule::parse(text).unwrap().text();
            assert_eq!(Schedule::parse(&once).unwrap().text(), once);
        }
    }

    #[test]
    fn refusals_say_what_is_wrong_and_what_to_write() {
        let refused = |text| Schedule::parse(text).unwrap_err();
        assert!(refused("0 0 31 2 *").starts_with("this day never comes"));
        assert!(refused("0 0 30 2 *").contains("Write a day that the month has"));
        assert!(refused("0 0 * * * *").contains("no field for seconds"));
        assert!(refused("@daily").contains("Write five fields"));
        assert!(refused("61 * * * *").contains("cannot be read"));
        assert!(refused("* * *").contains("neither cron nor an interval"));
        assert!(refused("").contains("empty"));
        assert!(refused("every 0m").contains("never rest"));
        assert!(refused("every 15 minutes").contains("cannot be read"));
        assert!(refused("every 900d").contains("longer than a year"));
        assert!(refused("every").contains("\"every 15m\""));
        for text in [
            "hourly",
            "daily",
            "daily 24:00",
            "daily 8",
            "weekly 08:00",
            "weekly x 08:00",
            "monthly 29 08:00",
        ] {
            let sentence = When::parse(text).unwrap_err();
            assert!(sentence.contains("Write"), "{text}: {sentence}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_moves_on(
            text in "(every )?[0-9*/,LW#? -]{0,14}[smhd]?",
            millis in any::<i64>(),
            zone in proptest::sample::select(vec![NEW_YORK, chrono_tz::Pacific::Apia, chrono_tz::Australia::Lord_Howe]),
        ) {
            if let Ok(schedule) = Schedule::parse(&text) {
                let after = Moment::from_millis(millis.min(i64::MAX / 2));
                prop_assert!(schedule.next_after(after, zone) > after);
            }
        }

        #[test]
        fn cron_due_times_only_move_on(
            minute in 0u32..60,
            hour in 0u32..24,
            seconds in 1_700_000_000_000i64..2_000_000_000_000,
        ) {
            let schedule = Schedule::parse(&format!("{minute} {hour} * * *")).unwrap();
            let after = Moment::from_millis(seconds);
            let next = schedule.next_after(after, NEW_YORK);
            prop_assert!(next > after);
            prop_assert!(next.since(after) <= Duration::from_secs(25 * 3_600));
            let digest = When::Daily(TimeOfDay { hour, minute });
            prop_assert_eq!(digest.due_after(after, NEW_YORK), next);
        }
    }
}
