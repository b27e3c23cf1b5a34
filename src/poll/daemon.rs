//! The daemon: polls what is due, delivers what is owed, stops cleanly.
//!
//! tokio-cron-scheduler is the heartbeat and nothing more: it freezes a zone's offset, overlaps runs and forgets over a
//! restart. When a watch is due stands in the database, computed from the injected clock, so a test can turn it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{Notify, Semaphore};
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::once::PollOrder;
use super::{Almanac, due};
use crate::alerts::Outbox;
use crate::alerts::console::Stream;
use crate::config::Watch;
use crate::model::answer::Outcome;
use crate::model::moment::Moment;
use crate::model::watch::WatchId;
use crate::store::StoreError;
use crate::store::write::WriteTx;

/// Every second, UTC: "look what is due".
const HEARTBEAT: &str = "* * * * * *";
/// Polls under way at once, over all institutions; each institution is paced besides.
const POLLS_UNDER_WAY_MAX: usize = 8;
/// After the stop signal, polls and deliveries may finish for so long …
const FINISH_WITHIN: Duration = Duration::from_secs(6);
/// … and are then abandoned, which takes at most so long. Together below the 10 s that service managers give.
const ABANDON_WITHIN: Duration = Duration::from_secs(3);
/// A poll that could not be written (a full disk) is still due, but it has cost calls: it is made again after this time.
const STORE_RETRY_AFTER: Duration = Duration::from_mins(5);
/// A clock that goes back by less is only being trimmed.
const CLOCK_STEP_MIN: Duration = Duration::from_secs(5);
/// How the leases of daemons begin.
const LEASE_PREFIX: &str = "daemon:";

/// The running daemon. Tests call [`Daemon::tick`] and [`Daemon::idle`] themselves.
#[derive(Clone, Debug)]
pub struct Daemon {
    almanac: Arc<Almanac>,
    outbox: Arc<Outbox>,
    owner: Arc<str>,
    tasks: TaskTracker,
    slots: Arc<Semaphore>,
    wake: Arc<Notify>,
    abandon: CancellationToken,
    books: Arc<Mutex<Books>>,
}

/// What this daemon itself remembers of its polls, whatever becomes of the store and the clock. At most one entry a watch.
#[derive(Debug, Default)]
struct Books {
    /// Polled right now.
    under_way: BTreeSet<WatchId>,
    /// Not polled before that moment, because the last poll could not be written.
    held: BTreeMap<WatchId, Moment>,
}

/// Runs until `stop`, then finishes or abandons what is under way within 10 s.
///
/// # Errors
/// Where another daemon holds the file, or the store cannot be written at the start.
pub async fn run(almanac: Arc<Almanac>, stop: CancellationToken) -> anyhow::Result<()> {
    let _lock = almanac.store.lock_for_daemon()?;
    let daemon = Daemon::start(almanac).await?;
    let mut heartbeat = JobScheduler::new().await.context("the heartbeat cannot be made")?;
    let wake = Arc::clone(&daemon.wake);
    let beat = Job::new_async(HEARTBEAT, move |_, _| {
        let wake = Arc::clone(&wake);
        Box::pin(async move { wake.notify_one() })
    })
    .context("the heartbeat cannot be made")?;
    heartbeat.add(beat).await.context("the heartbeat cannot be added")?;
    heartbeat.start().await.context("the heartbeat cannot be started")?;
    loop {
        if let Err(error) = daemon.tick().await {
            // The store may be full or locked for a while; nothing is lost, and the next beat looks again.
            tracing::error!(%error, "what is due could not be looked up: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = daemon.wake.notified() => {}
        }
    }
    if let Err(error) = heartbeat.shutdown().await {
        tracing::debug!(%error, "the heartbeat did not stop cleanly");
    }
    daemon.finish().await;
    Ok(())
}

impl Daemon {
    /// Makes a daemon: clears what an earlier one left half done and plans every watch.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn start(almanac: Arc<Almanac>) -> anyhow::Result<Daemon> {
        let outbox = Outbox::new(&almanac.config, almanac.clock.clone(), Stream::Output).map_err(anyhow::Error::msg)?;
        let mut tx = almanac.store.write().await?;
        tx.release_interrupted().await?;
        tx.clear_daemon_leases(LEASE_PREFIX).await?;
        plan_all(&almanac, &mut tx).await?;
        tx.commit().await?;
        let owner = format!("{LEASE_PREFIX}{}", std::process::id()).into();
        Ok(Daemon {
            almanac,
            outbox: Arc::new(outbox),
            owner,
            tasks: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(POLLS_UNDER_WAY_MAX)),
            wake: Arc::new(Notify::new()),
            abandon: CancellationToken::new(),
            books: Arc::default(),
        })
    }

    /// Starts the polls that are due and a delivery, without waiting for them.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn tick(&self) -> anyhow::Result<()> {
        let now = self.almanac.clock.now();
        let last = Moment::from_millis(self.almanac.beat.load(Ordering::Relaxed));
        if last.since(now) > CLOCK_STEP_MIN {
            tracing::warn!("the computer's clock was put back; what is due is planned anew");
            let mut tx = self.almanac.store.write().await?;
            plan_all(&self.almanac, &mut tx).await?;
            tx.commit().await?;
            self.books().held.clear();
        }
        self.almanac.beat.store(now.millis(), Ordering::Relaxed);
        for id in self.almanac.store.due(now).await? {
            let Some(watch) = self.almanac.config.watch(&id) else {
                continue;
            };
            if self.books().keep_back(&id, now) {
                continue;
            }
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
                break;
            };
            let entry = UnderWay::enter(&self.books, id);
            let (daemon, watch) = (self.clone(), watch.clone());
            self.tasks.spawn(async move {
                daemon.poll(&watch, now).await;
                drop((entry, slot));
                daemon.wake.notify_one();
            });
        }
        let daemon = self.clone();
        self.tasks.spawn(async move { daemon.deliver().await });
        Ok(())
    }

    /// Waits until nothing is under way.
    pub async fn idle(&self) {
        while !self.tasks.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    async fn poll(&self, watch: &Watch, due: Moment) {
        let order = PollOrder {
            owner: format!("{}:{}", self.owner, due.millis()),
            accept: false,
            scheduled: true,
            abandon: self.abandon.clone(),
        };
        // A panic stays inside and is noted there (`Almanac::poll_as`).
        let row = self.almanac.poll_as(watch, &order).await;
        if row.outcome == Outcome::Failed && row.poll.is_none() {
            let until = self.almanac.clock.now().plus(STORE_RETRY_AFTER);
            self.books().held.insert(watch.id.clone(), until);
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        open(&self.books)
    }

    /// Delivers what is due, to every channel that no earlier delivery is still busy with.
    async fn deliver(&self) {
        tokio::select! {
            biased;
            () = self.abandon.cancelled() => {}
            delivered = self.outbox.deliver_due(&self.almanac.store, &self.almanac.config) => {
                if let Err(error) = delivered {
                    tracing::error!(%error, "alerts could not be delivered: {error}");
                }
            }
        }
    }

    /// Waits for what is under way, then abandons it.
    async fn finish(&self) {
        self.tasks.close();
        if tokio::time::timeout(FINISH_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::info!("abandoning what is still under way; it is made up at the next start");
            self.abandon.cancel();
            let _ = tokio::time::timeout(ABANDON_WITHIN, self.tasks.wait()).await;
        }
    }
}

/// Strikes a watch out when its poll has ended, however it did.
struct UnderWay(Arc<Mutex<Books>>, WatchId);

impl UnderWay {
    fn enter(books: &Arc<Mutex<Books>>, watch: WatchId) -> Self {
        open(books).under_way.insert(watch.clone());
        Self(Arc::clone(books), watch)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        open(&self.0).under_way.remove(&self.1);
    }
}

/// Nothing in them can be half done, so a panic elsewhere spoils nothing.
fn open(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Books {
    /// Whether a due watch is not to be polled now.
    fn keep_back(&mut self, watch: &WatchId, now: Moment) -> bool {
        self.held.retain(|_, until| *until > now);
        self.under_way.contains(watch) || self.held.contains_key(watch)
    }
}

/// Plans every watch that has no due time that can stand.
async fn plan_all(almanac: &Almanac, tx: &mut WriteTx) -> Result<(), StoreError> {
    for watch in &almanac.config.watches {
        let (row, state) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        let schedule = watch.schedule.text();
        let same = state.schedule.as_deref() == Some(schedule.as_str());
        match state.next_due {
            // Its time passed while no daemon ran: it is made up, once, whatever the schedule says by now.
            Some(due) if due <= tx.wall => tx.plan(row, due, &schedule).await?,
            Some(due) if same && !due::is_too_far(watch, almanac.config.timezone, tx.wall, due) => {}
            None if state.last_poll.is_none() => {
                let now = tx.wall;
                tx.plan(row, now, &schedule).await?;
            }
            _ => almanac.plan_next(tx, row, watch, state.consecutive_failures).await?,
        }
    }
    Ok(())
}
