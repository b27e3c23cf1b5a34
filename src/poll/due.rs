//! When a watch is polled next. Pure.

use std::time::Duration;

use chrono_tz::Tz;

use crate::config::Watch;
use crate::config::schedule::Schedule;
use crate::model::moment::Moment;

/// A failing watch is tried again after this time, then after twice as long, and so on, if its schedule does not come first.
const RETRY_FIRST: Duration = Duration::from_hours(1);
/// Doublings of the retry time; more would be days, and the schedule has come by then.
const RETRY_DOUBLINGS_MAX: u32 = 6;
/// Watches that are due in the same minute are spread over so long a time.
const JITTER_MAX: Duration = Duration::from_secs(30);
/// An interval is never stretched by more than this share of itself.
const JITTER_SHARE_OF_INTERVAL: u32 = 10;

/// When `watch` is polled next, seen from `now`, after `failures` failed polls running.
pub fn next_due(watch: &Watch, zone: Tz, now: Moment, failures: u32) -> Moment {
    let by_schedule = watch.schedule.next_after(now, zone);
    let due = by_schedule.plus(jitter(watch, by_schedule));
    if failures == 0 {
        return due;
    }
    let doublings = (failures - 1).min(RETRY_DOUBLINGS_MAX);
    due.min(now.plus(RETRY_FIRST * 2u32.pow(doublings)))
}

/// Whether a planned moment is further away than any that is planned from `now` on: it was planned before the clock was
/// put back.
pub fn is_too_far(watch: &Watch, zone: Tz, now: Moment, due: Moment) -> bool {
    due > watch.schedule.next_after(now, zone).plus(JITTER_MAX)
}

/// Spreads watches that share a schedule; the same watch gets the same delay for the same moment, so that nothing depends
/// on chance.
fn jitter(watch: &Watch, due: Moment) -> Duration {
    let most = match watch.schedule {
        Schedule::Cron(_) => JITTER_MAX,
        Schedule::Every(interval) => (interval / JITTER_SHARE_OF_INTERVAL).min(JITTER_MAX),
    };
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(watch.id.as_str().as_bytes())
        .update(&due.millis().to_le_bytes());
    let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
    let share = f64::from(u32::from_le_bytes([a, b, c, d])) / f64::from(u32::MAX);
    most.mul_f64(share)
}
