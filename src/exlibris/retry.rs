//! When a call is made again: how often, after how long. Pure.

use std::time::Duration;

use chrono::DateTime;

use crate::model::moment::Moment;

/// Attempts of one call. The fourth comes about seven seconds after the first: long enough for a hiccup, short enough
/// that a poll does not hang on a service that is down.
pub const ATTEMPTS_MAX: u32 = 4;

/// The wait after the first attempt; doubled after each further one.
pub const WAIT_FIRST: Duration = Duration::from_secs(1);

/// No wait of our own choosing is longer, whatever [`ATTEMPTS_MAX`] becomes.
pub const WAIT_MAX: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is waited for. Where a service asks for more, the call ends and the next poll tries.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);

/// How long to wait after attempt number `attempt` (1 is the first): doubled every time, at most [`WAIT_MAX`], and made
/// up to a half shorter by `jitter` (0 to 1), so that many libraries that failed together do not come back together.
pub fn back_off(attempt: u32, jitter: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let whole = WAIT_FIRST.saturating_mul(1 << doublings).min(WAIT_MAX);
    whole.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
}

/// Reads `Retry-After`, which holds whole seconds or an HTTP date; `None` if it is neither. It was never seen on Ex Libris'
/// answers (ALMA.md §2), but a proxy before them may send it.
pub fn retry_after(value: &str, now: Moment) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large for us is still a wish to wait long.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX / 1_000)));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    Some(Moment::from(until).since(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let waits: Vec<u64> = (1..=8).map(|attempt| back_off(attempt, 0.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(back_off(1, 1.0), Duration::from_millis(500));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Moment = "2026-11-25T07:00:00Z".parse().unwrap();
        assert_eq!(retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Wed, 25 Nov 2026 07:00:30 GMT", now),
            Some(Duration::from_secs(30))
        );
        let past = retry_after("Wed, 25 Nov 2026 06:00:00 GMT", now);
        assert_eq!(past, Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-5", now), None);
        assert_eq!(retry_after("", now), None);
        assert!(retry_after("99999999999999999999999", now) > Some(RETRY_AFTER_MAX));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_limit_or_less_than_half_a_second(attempt: u32, jitter: f64) {
            let wait = back_off(attempt, if jitter.is_nan() { 0.5 } else { jitter });
            prop_assert!(wait <= WAIT_MAX && wait >= WAIT_FIRST / 2);
        }

        #[test]
        fn no_header_text_breaks_it(value: String) {
            let _ = retry_after(&value, Moment::from_millis(0));
        }
    }
}
