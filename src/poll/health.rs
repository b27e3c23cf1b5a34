//! How a watch is after a poll, and whether that is news. Pure.

use crate::model::answer::Outcome;
use crate::model::moment::Moment;
use crate::store::watches::WatchState;

/// What a poll was like, for the health of its watch.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not end well.
    pub reason: Option<&'a str>,
    /// It worked, and there was nothing at all.
    pub empty: bool,
    /// When it was committed.
    pub at: Moment,
}

/// A turn for the worse or the better that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Past its tolerance, after so many polls running.
    Failing(u32),
    /// Works again.
    Recovered,
}

/// Brings `state` up to date; says whether that is news. A poll that was read only in part counts as half a failure: what
/// it read is used, but if it stays so, people must know that they are half blind.
pub fn after(state: &mut WatchState, ended: Ended<'_>, tolerance: u32) -> Option<Turn> {
    state.last_poll = Some(ended.at);
    state.last_outcome = Some(ended.outcome);
    state.reason = ended.reason.map(str::to_owned);
    state.blocked = false;
    match ended.outcome {
        Outcome::Ok => {
            state.last_success = Some(ended.at);
            state.consecutive_failures = 0;
            state.consecutive_empty = if ended.empty { state.consecutive_empty + 1 } else { 0 };
        }
        Outcome::Partial => {
            state.last_success = Some(ended.at);
            state.consecutive_failures += 1;
            state.consecutive_empty = 0;
        }
        Outcome::Failed => state.consecutive_failures += 1,
        Outcome::Skipped => return None,
    }
    if state.consecutive_empty > 0 && state.reason.is_none() {
        state.reason = Some("It answers, but there is nothing there.".to_owned());
    }
    let polls = state.consecutive_failures.max(state.consecutive_empty);
    if polls >= tolerance && !state.failing_told {
        state.failing_told = true;
        return Some(Turn::Failing(polls));
    }
    if polls == 0 && state.failing_told {
        state.failing_told = false;
        return Some(Turn::Recovered);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(outcome: Outcome, empty: bool) -> Ended<'static> {
        Ended {
            outcome,
            reason: None,
            empty,
            at: Moment::from_millis(1),
        }
    }

    fn turns(polls: &[(Outcome, bool)]) -> Vec<Option<Turn>> {
        let mut state = WatchState::default();
        polls
            .iter()
            .map(|(outcome, empty)| after(&mut state, ended(*outcome, *empty), 3))
            .collect()
    }

    #[test]
    fn failing_is_told_once_after_the_tolerance_and_recovery_once() {
        use Outcome::{Failed, Ok};
        let polls = [
            (Failed, false),
            (Failed, false),
            (Failed, false),
            (Failed, false),
            (Ok, false),
            (Ok, false),
        ];
        assert_eq!(
            turns(&polls),
            [None, None, Some(Turn::Failing(3)), None, Some(Turn::Recovered), None]
        );
    }

    #[test]
    fn one_good_poll_between_starts_the_count_anew() {
        use Outcome::{Failed, Ok};
        let polls = [
            (Failed, false),
            (Failed, false),
            (Ok, false),
            (Failed, false),
            (Failed, false),
        ];
        assert!(turns(&polls).iter().all(Option::is_none));
    }

    #[test]
    fn staying_empty_or_half_read_is_news_too() {
        use Outcome::{Ok, Partial};
        assert_eq!(turns(&[(Ok, true); 3])[2], Some(Turn::Failing(3)));
        assert_eq!(turns(&[(Partial, false); 3])[2], Some(Turn::Failing(3)));
    }
}
