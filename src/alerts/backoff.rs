//! Pure: when a message that failed is tried again, and when it is given up.

use std::time::Duration;

use crate::model::moment::Moment;
use crate::store::outbox::LONGEST_WAIT;

/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait: a receiver that is back is noticed within the hour.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);
/// How long a message is tried, from its first attempt: a receiver may be down for a night and a morning.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// No message is given up before so many attempts (the fifth comes some 6 minutes after the first at the earliest): the
/// day may have passed while Almanac did not run, and the network may come up after it.
const ATTEMPTS_MIN: u32 = 5;
/// The longest wait that a receiver may ask for (`Retry-After`): a wrong header must not silence a channel for a day.
const ASKED_WAIT_MAX: Duration = LONGEST_WAIT;
/// How far a wait may differ from its nominal length, so that many channels at one host do not come back together.
const JITTER: f64 = 0.2;

/// When attempt number `attempt` (from 1), failed at `now`, is followed by the next; `None`: give up. `first` is the
/// first attempt, `asked` the receiver's `Retry-After`, `dice` a random number from 0 to 1. The last attempt is made 24
/// hours after the first, or later where there were fewer than five until then.
pub fn next_attempt(attempt: u32, first: Moment, now: Moment, asked: Option<Duration>, dice: f64) -> Option<Moment> {
    let end = first.plus(GIVE_UP_AFTER);
    let over = now >= end;
    if over && attempt >= ATTEMPTS_MIN {
        return None;
    }
    let nominal = FIRST_WAIT
        .saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)))
        .min(WAIT_MAX);
    let wait = nominal.mul_f64(1.0 - JITTER + 2.0 * JITTER * dice.clamp(0.0, 1.0));
    let wait = wait.max(asked.unwrap_or_default().min(ASKED_WAIT_MAX));
    let next = now.plus(wait);
    Some(if over { next } else { next.min(end) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Moment = Moment::from_millis(1_800_000_000_000);

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<u64> = (1..=10)
            .filter_map(|attempt| next_attempt(attempt, START, START, None, 0.5))
            .map(|next| next.since(START).as_secs())
            .collect();
        assert_eq!(waits, vec![30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!(
            next_attempt(u32::MAX, START, START, None, 0.5),
            Some(START.plus(WAIT_MAX))
        );
    }

    #[test]
    fn the_last_attempt_is_made_a_day_after_the_first_and_then_it_is_over() {
        let late = START.plus(GIVE_UP_AFTER).minus(minutes(10));
        assert_eq!(
            next_attempt(30, START, late, None, 0.5),
            Some(START.plus(GIVE_UP_AFTER))
        );
        assert_eq!(next_attempt(31, START, START.plus(GIVE_UP_AFTER), None, 0.5), None);
    }

    #[test]
    fn a_day_that_passed_while_nobody_tried_is_followed_by_some_attempts_more() {
        let monday = START.plus(minutes(64 * 60));
        let mut now = monday;
        for attempt in 2..ATTEMPTS_MIN {
            now = next_attempt(attempt, START, now, None, 0.0).unwrap();
        }
        assert!(now.since(monday) >= minutes(5), "{now}");
        assert_eq!(next_attempt(ATTEMPTS_MIN, START, now, None, 0.0), None);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_a_day() {
        assert_eq!(
            next_attempt(1, START, START, Some(minutes(20)), 0.5),
            Some(START.plus(minutes(20)))
        );
        assert_eq!(
            next_attempt(8, START, START, Some(minutes(1)), 0.5),
            Some(START.plus(minutes(60))),
            "never sooner than our own wait"
        );
        assert_eq!(
            next_attempt(1, START, START, Some(minutes(100_000)), 0.5),
            Some(START.plus(ASKED_WAIT_MAX))
        );
    }

    proptest! {
        #[test]
        fn whatever_the_dice_an_outage_ends_after_a_day_in_few_attempts(dice in proptest::collection::vec(0.0..1.0f64, 64)) {
            let mut now = START;
            let mut attempts = 0u32;
            for roll in dice {
                attempts += 1;
                match next_attempt(attempts, START, now, None, roll) {
                    Some(next) => {
                        prop_assert!(next > now);
                        now = next;
                    }
                    None => break,
                }
            }
            prop_assert_eq!(now, START.plus(GIVE_UP_AFTER));
            prop_assert!((25..=45).contains(&attempts), "{} attempts", attempts);
        }
    }
}
