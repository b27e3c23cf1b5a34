//! Reading a TIME as people write it: RFC 3339, a date, or an age.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::model::moment::Moment;

/// What every refusal says in the end.
pub const FORMS: &str =
    "write a time such as 2026-11-25T08:00:00-05:00, a date such as 2026-11-25, or an age such as 30d, 6h or 15m";
/// The longest age that is taken; anything longer is a slip of the finger (a century).
const AGE_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
/// A local clock moves by multiples of this, so the end of a gap is found in such steps.
const GAP_STEP: TimeDelta = TimeDelta::minutes(15);
/// The longest gap ever seen is a whole day left out (Samoa, 30 December 2011).
const GAP_STEPS_MAX: usize = 2 * 24 * 4;

/// Reads a TIME: RFC 3339 with an offset; a date, which is the start of that day in the consortium's zone `zone`; or an
/// age (`15m`, `6h`, `30d`, `2w`), which counts back from `now` in whole minutes, hours, and days of 24 hours.
///
/// # Errors
/// A sentence that says what is wrong and what to write instead.
pub fn parse(text: &str, now: Moment, zone: Tz) -> Result<Moment, String> {
    let text = text.trim();
    if let Some(age) = age(text) {
        return match age {
            Some(age) if age <= AGE_MAX => Ok(now.minus(age)),
            _ => Err(format!("the age “{text}” is longer than a century; {FORMS}")),
        };
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return start_of_day(date, zone).ok_or_else(|| format!("“{text}” is out of range; {FORMS}"));
    }
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    if NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").is_ok() {
        return Err(format!(
            "“{text}” does not say its time zone; add Z for UTC or an offset such as -05:00"
        ));
    }
    if text
        .rsplit_once(' ')
        .is_some_and(|(left, right)| format!("{left}+{right}").parse::<Moment>().is_ok())
    {
        return Err(format!(
            "“{text}” has a space where a plus belongs; in an address write + as %2B"
        ));
    }
    Err(format!("“{text}” is no time; {FORMS}"))
}

/// The first instant of a local day. A day can begin inside a gap (clocks that change at midnight) or twice.
pub fn start_of_day(date: NaiveDate, zone: Tz) -> Option<Moment> {
    let mut local = date.and_hms_opt(0, 0, 0)?;
    for _ in 0..GAP_STEPS_MAX {
        if let Some(start) = zone.from_local_datetime(&local).earliest() {
            return Some(Moment::from(start));
        }
        local = local.checked_add_signed(GAP_STEP)?;
    }
    None
}

/// The moment on the consortium's clocks, for people.
pub fn local(moment: Moment, zone: Tz) -> DateTime<Tz> {
    moment.datetime().with_timezone(&zone)
}

/// `None` if the text has not the form of an age; `Some(None)` if it has, but does not fit.
fn age(text: &str) -> Option<Option<Duration>> {
    let unit = text.chars().next_back()?;
    let seconds: u64 = match unit {
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    let count = &text[..text.len() - unit.len_utf8()];
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(
        count
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(seconds))
            .map(Duration::from_secs),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOSTON: Tz = chrono_tz::America::New_York;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn read(text: &str) -> Result<Moment, String> {
        parse(text, at("2026-11-25T12:00:00Z"), BOSTON)
    }

    #[test]
    fn rfc_3339_keeps_its_offset() {
        assert_eq!(read("2026-11-25T02:00:00-05:00"), Ok(at("2026-11-25T07:00:00Z")));
        assert_eq!(read(" 2026-11-25T07:00:00.250Z "), Ok(at("2026-11-25T07:00:00.250Z")));
    }

    #[test]
    fn a_date_begins_with_the_local_day() {
        assert_eq!(read("2026-11-25"), Ok(at("2026-11-25T05:00:00Z")));
        assert_eq!(read("2026-07-01"), Ok(at("2026-07-01T04:00:00Z")));
    }

    #[test]
    fn the_days_on_which_clocks_change_begin_at_their_own_midnight() {
        // New York 2027: 14 March has 23 hours, 7 November has 25.
        let length = |day: &str, next: &str| read(next).unwrap().since(read(day).unwrap()).as_secs() / 3600;
        assert_eq!(length("2027-03-14", "2027-03-15"), 23);
        assert_eq!(length("2027-11-07", "2027-11-08"), 25);
    }

    #[test]
    fn a_day_without_a_midnight_begins_where_it_begins() {
        // Lebanon goes from 24:00 straight to 01:00 on the last Sunday of March.
        let start = parse("2022-03-27", at("2026-11-25T12:00:00Z"), chrono_tz::Asia::Beirut).unwrap();
        assert_eq!(
            local(start, chrono_tz::Asia::Beirut).format("%H:%M").to_string(),
            "01:00"
        );
        // Samoa left out 30 December 2011 altogether.
        let start = parse("2011-12-30", at("2026-11-25T12:00:00Z"), chrono_tz::Pacific::Apia).unwrap();
        assert_eq!(
            local(start, chrono_tz::Pacific::Apia).format("%d %H:%M").to_string(),
            "31 00:00"
        );
    }

    #[test]
    fn an_age_counts_back_from_now() {
        assert_eq!(read("15m"), Ok(at("2026-11-25T11:45:00Z")));
        assert_eq!(read("6h"), Ok(at("2026-11-25T06:00:00Z")));
        assert_eq!(read("30d"), Ok(at("2026-10-26T12:00:00Z")));
        assert_eq!(read("2w"), Ok(at("2026-11-11T12:00:00Z")));
    }

    #[test]
    fn refusals_say_what_to_write() {
        for wrong in [
            "",
            "soon",
            "d",
            "-3d",
            "3 d",
            "2026-13-01",
            "2026-02-30",
            "3é",
            "99999999999999999999d",
            "90000w",
        ] {
            let sentence = read(wrong).unwrap_err();
            assert!(sentence.contains("an age such as 30d"), "{wrong}: {sentence}");
        }
        assert!(read("2026-11-25T08:00:00").unwrap_err().contains("time zone"));
        assert!(read("2026-11-25T08:00:00 02:00").unwrap_err().contains("%2B"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn every_stored_moment_is_read_back(millis in 0_i64..4_102_444_800_000) {
            let moment = Moment::from_millis(millis);
            proptest::prop_assert_eq!(read(&moment.to_string()), Ok(moment));
        }
    }
}
