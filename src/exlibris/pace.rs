//! The queue before Ex Libris' door: how fast calls begin, and how many are under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::retry::RETRY_AFTER_MAX;
use crate::clock::Clock;
use crate::model::moment::Moment;

/// Calls under way at once in one pool. Alma answers slowly (7 to 8 s were seen, ALMA.md §11); more at once would only
/// wait in its queue instead of ours, and take from the libraries' own work.
pub const POOL_CALLS_MAX: usize = 4;

/// Calls under way at once in all.
pub const CALLS_MAX: usize = 16;

/// Pools held apart. A consortium has some dozens of libraries and hosts; whatever comes on top shares one pool.
pub const POOLS_MAX: usize = 1_000;

/// How often one call may find, after its wait, that a 429 has put the pool off once more. Only calls that are already
/// under way can do that, so the number is a backstop.
const WAITS_MAX: usize = 4 * POOL_CALLS_MAX;

/// The slowest pace: one call in a thousand seconds. A slower one would only look like a hang.
const PER_SECOND_MIN: f64 = 0.001;

/// All pools of the program.
#[derive(Debug)]
pub struct Pacer {
    clock: Clock,
    all: Arc<Semaphore>,
    pools: Mutex<HashMap<String, Arc<Pool>>>,
}

/// Those who share a pace: the institutions of one API quota, or one public host.
#[derive(Debug)]
pub struct Pool {
    clock: Clock,
    all: Arc<Semaphore>,
    own: Arc<Semaphore>,
    /// Held by the one call that waits for the next beginning; it is fair, so nobody starves.
    turn: tokio::sync::Mutex<()>,
    next: Mutex<Next>,
}

#[derive(Debug)]
struct Next {
    not_before: Moment,
    interval: Duration,
}

/// Leave to have one call under way; dropped when the answer has been read.
#[derive(Debug)]
pub struct Permit {
    _own: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Pacer {
    /// A pacer without any history: the first call of every pool may begin at once.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            all: Arc::new(Semaphore::new(CALLS_MAX)),
            pools: Mutex::new(HashMap::new()),
        }
    }

    /// The pool of that name, at most `per_second` calls a second. Where members of a pool name different paces, the
    /// slowest holds for all: the quota is one.
    pub fn pool(&self, name: &str, per_second: f64) -> Arc<Pool> {
        let interval = interval(per_second);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let name = if pools.len() < POOLS_MAX || pools.contains_key(name) {
            name
        } else {
            "(others)"
        };
        let pool = pools.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Pool {
                clock: self.clock.clone(),
                all: Arc::clone(&self.all),
                own: Arc::new(Semaphore::new(POOL_CALLS_MAX)),
                turn: tokio::sync::Mutex::new(()),
                next: Mutex::new(Next {
                    not_before: Moment::from_millis(i64::MIN),
                    interval,
                }),
            })
        });
        let mut next = pool.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.interval = next.interval.max(interval);
        drop(next);
        Arc::clone(pool)
    }
}

impl Pool {
    /// Waits until a call of this pool may begin, and counts it as begun.
    pub async fn permit(&self) -> Permit {
        // Acquiring fails only on a closed semaphore, and nobody closes these.
        let own = Arc::clone(&self.own).acquire_owned().await.ok();
        let _turn = self.turn.lock().await;
        for _ in 0..WAITS_MAX {
            match self.wait_until() {
                Some(moment) => self.clock.sleep_until(moment).await,
                None => break,
            }
        }
        // Asked for last, so that a pool that was put off does not keep the others from theirs.
        let all = Arc::clone(&self.all).acquire_owned().await.ok();
        // The pool may have been put off while this call waited for its place among all.
        let put_off = self.wait_until();
        let now = self.clock.now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.not_before = now.plus(next.interval).max(put_off.unwrap_or(now));
        Permit { _own: own, _all: all }
    }

    /// Puts the whole pool off: no call begins for `wait` (at most [`RETRY_AFTER_MAX`]).
    pub fn put_off(&self, wait: Duration) {
        let until = self.clock.now().plus(wait.min(RETRY_AFTER_MAX));
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.not_before = next.not_before.max(until);
    }

    /// The moment that has to be waited for, if there is one.
    fn wait_until(&self) -> Option<Moment> {
        let now = self.clock.now();
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // Further away than any wait that we set: the computer's clock was put back. Then the old moment means nothing.
        let furthest = now.plus(RETRY_AFTER_MAX.max(next.interval));
        (now < next.not_before && next.not_before <= furthest).then_some(next.not_before)
    }
}

/// The time between two beginnings, in whole milliseconds, rounded up.
fn interval(per_second: f64) -> Duration {
    let per_second = if per_second.is_finite() {
        per_second.max(PER_SECOND_MIN)
    } else {
        PER_SECOND_MIN
    };
    let millis = (1_000.0 / per_second).ceil();
    Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or(Duration::from_secs(1_000))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn start() -> Moment {
        "2026-11-25T07:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn forty_calls_at_five_a_second_take_eight_seconds_of_the_clock() {
        let (clock, hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        let pool = pacer.pool("01AAA_INST", 5.0);
        let calls = (0..40).map(|_| async { drop(pool.permit().await) });
        futures_util::future::join_all(calls).await;
        assert_eq!(hand.now().since(start()), Duration::from_millis(7_800));
    }

    #[tokio::test]
    async fn pools_do_not_wait_for_one_another() {
        let (clock, hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        drop(pacer.pool("a", 0.1).permit().await);
        drop(pacer.pool("b", 0.1).permit().await);
        assert_eq!(hand.now(), start());
        drop(pacer.pool("a", 0.1).permit().await);
        assert_eq!(hand.now().since(start()), Duration::from_secs(10));
    }

    #[tokio::test]
    async fn the_slowest_member_sets_the_pace_of_a_pool() {
        let (clock, hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        pacer.pool("zone", 1.0);
        let pool = pacer.pool("zone", 50.0);
        drop(pool.permit().await);
        drop(pool.permit().await);
        assert_eq!(hand.now().since(start()), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn no_more_than_the_limit_is_under_way() {
        let (clock, _hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        let pool = pacer.pool("a", 1_000.0);
        let mut held = Vec::new();
        for _ in 0..POOL_CALLS_MAX {
            held.push(pool.permit().await);
        }
        let mut fifth = Box::pin(pool.permit());
        assert!(fifth.as_mut().now_or_never().is_none(), "a fifth call must wait");
        held.pop();
        assert!(fifth.as_mut().await._own.is_some());

        let others: Vec<_> = (0..4).map(|n| pacer.pool(&format!("other {n}"), 1_000.0)).collect();
        let mut all = Vec::new();
        for other in &others[..3] {
            for _ in 0..POOL_CALLS_MAX {
                all.push(other.permit().await);
            }
        }
        // Three were left in the first pool, twelve came: one place of sixteen is free.
        all.push(others[3].permit().await);
        let mut last = Box::pin(others[3].permit());
        for _ in 0..4 {
            assert!(last.as_mut().now_or_never().is_none(), "a seventeenth call must wait");
        }
        all.pop();
        assert!(last.await._all.is_some());
    }

    #[tokio::test]
    async fn a_pool_that_is_put_off_waits_and_not_longer_than_the_limit() {
        let (clock, hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        let pool = pacer.pool("a", 5.0);
        pool.put_off(Duration::from_secs(7));
        drop(pool.permit().await);
        assert_eq!(hand.now().since(start()), Duration::from_secs(7));
        let before = hand.now();
        pool.put_off(Duration::from_secs(86_400));
        drop(pool.permit().await);
        assert_eq!(hand.now().since(before), RETRY_AFTER_MAX);
    }

    #[tokio::test]
    async fn a_pool_put_off_while_a_call_waits_for_its_place_stays_put_off() {
        let (clock, hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        let mut all = Vec::new();
        for n in 0..CALLS_MAX / POOL_CALLS_MAX {
            for _ in 0..POOL_CALLS_MAX {
                all.push(pacer.pool(&format!("other {n}"), 1_000.0).permit().await);
            }
        }
        let pool = pacer.pool("a", 1_000.0);
        let mut waiting = Box::pin(pool.permit());
        assert!(waiting.as_mut().now_or_never().is_none(), "no place is free");
        pool.put_off(Duration::from_secs(60));
        let before = hand.now();
        all.clear();
        drop(waiting.await);
        drop(pool.permit().await);
        assert_eq!(hand.now().since(before), Duration::from_secs(60));
    }

    #[tokio::test]
    async fn a_clock_that_was_put_back_stops_nobody() {
        let (clock, hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        let pool = pacer.pool("a", 5.0);
        drop(pool.permit().await);
        let earlier = start().minus(Duration::from_secs(3_600));
        hand.set(earlier);
        drop(pool.permit().await);
        assert_eq!(hand.now(), earlier);
    }

    #[test]
    fn odd_paces_become_sane_ones() {
        assert_eq!(interval(5.0), Duration::from_millis(200));
        assert_eq!(interval(3.0), Duration::from_millis(334));
        assert_eq!(interval(0.0), Duration::from_secs(1_000));
        assert_eq!(interval(f64::NAN), Duration::from_secs(1_000));
        assert_eq!(interval(-3.0), Duration::from_secs(1_000));
        assert_eq!(interval(1e12), Duration::from_millis(1));
    }

    #[test]
    fn beyond_the_limit_pools_are_shared() {
        let (clock, _hand) = Clock::manual(start());
        let pacer = Pacer::new(clock);
        for n in 0..2 * POOLS_MAX {
            pacer.pool(&n.to_string(), 5.0);
        }
        assert_eq!(pacer.pools.lock().unwrap().len(), POOLS_MAX + 1);
    }
}
