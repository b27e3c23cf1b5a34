//! The only place that asks the time, and the only place that waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::model::moment::Moment;

/// Gives the time; handed to everything that needs it. Tests turn a manual one by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The computer's clock.
    System,
    /// A clock that stands still until someone turns it.
    Manual(ManualClock),
}

/// A clock for tests. Waiting on it turns it to the awaited moment and returns at once, so that back-off and pacing cost
/// no time, and a test can read from the clock how long the program would have waited.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl Clock {
    /// A manual clock that starts at `start`.
    pub fn manual(start: Moment) -> (Clock, ManualClock) {
        let hand = ManualClock(Arc::new(AtomicI64::new(start.millis())));
        (Clock::Manual(hand.clone()), hand)
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the only place that asks the time")]
    pub fn now(&self) -> Moment {
        match self {
            Clock::System => Moment::from(chrono::Utc::now()),
            Clock::Manual(hand) => hand.now(),
        }
    }

    /// Waits until `until`; returns at once if it has passed.
    #[expect(clippy::disallowed_methods, reason = "the only place that waits")]
    pub async fn sleep_until(&self, until: Moment) {
        match self {
            Clock::System => tokio::time::sleep(until.since(self.now())).await,
            Clock::Manual(hand) => {
                hand.0.fetch_max(until.millis(), Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits for `duration`.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.now().plus(duration)).await;
    }
}

impl ManualClock {
    /// Where the hand stands.
    pub fn now(&self) -> Moment {
        Moment::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// Turns the hand forward.
    pub fn advance(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Puts the hand anywhere, backwards too.
    pub fn set(&self, to: Moment) {
        self.0.store(to.millis(), Ordering::SeqCst);
    }
}
