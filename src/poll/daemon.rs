//! The daemon: polls what is due, delivers what is owed, stops cleanly.
//!
//! tokio-cron-scheduler is the heartbeat and nothing more: it freezes a zone's offset, overlaps runs and forgets over a
//! restart. When a watch is due stands in the database, computed from the injected clock, so a test can turn it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
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
/// When our own store cannot be written, Ex Libris is left alone for so long: asking again and again for what cannot be
/// kept would only spend the library's quota.
const STORE_TROUBLE_PAUSE: Duration = Duration::from_mins(1);
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
    /// The watches being polled: one that is due stays due until its poll is committed.
    under_way: Arc<Mutex<BTreeSet<WatchId>>>,
    wake: Arc<Notify>,
    abandon: CancellationToken,
    /// No poll is begun before this time, in milliseconds UTC.
    paused_until: Arc<AtomicI64>,
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
        plan_watches(&almanac, &mut tx).await?;
        tx.commit().await?;
        let owner = format!("{LEASE_PREFIX}{}", std::process::id()).into();
        Ok(Daemon {
            almanac,
            outbox: Arc::new(outbox),
            owner,
            tasks: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(POLLS_UNDER_WAY_MAX)),
            under_way: Arc::default(),
            wake: Arc::new(Notify::new()),
            abandon: CancellationToken::new(),
            paused_until: Arc::default(),
        })
    }

    /// Starts the polls that are due and a delivery, without waiting for them.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn tick(&self) -> anyhow::Result<()> {
        let now = self.almanac.clock.now();
        let last_beat = self.almanac.beat.swap(now.millis(), Ordering::Relaxed);
        if now.millis() < last_beat {
            tracing::warn!("the computer's clock was put back; planning anew");
            let mut tx = self.almanac.store.write().await?;
            plan_watches(&self.almanac, &mut tx).await?;
            tx.commit().await?;
            self.paused_until.store(0, Ordering::Relaxed);
        }
        let paused = now.millis() < self.paused_until.load(Ordering::Relaxed);
        let due = if paused {
            Vec::new()
        } else {
            self.almanac.store.due(now).await?
        };
        for id in due {
            let Some(watch) = self.almanac.config.watch(&id) else {
                continue;
            };
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
                break;
            };
            if !self.under_way().insert(id) {
                continue;
            }
            let (daemon, watch) = (self.clone(), watch.clone());
            self.tasks.spawn(async move {
                daemon.poll(&watch, now).await;
                daemon.under_way().remove(&watch.id);
                drop(slot);
                daemon.wake.notify_one();
            });
        }
        let daemon = self.clone();
        self.tasks.spawn(async move { daemon.deliver().await });
        Ok(())
    }

    fn under_way(&self) -> MutexGuard<'_, BTreeSet<WatchId>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (almanac, polled, ordered) = (Arc::clone(&self.almanac), watch.clone(), order.clone());
        // In a task of its own, so that a panic ends this poll and nothing else.
        let run = tokio::spawn(async move { almanac.poll_as(&polled, &order).await });
        let ended = run.await;
        if ended
            .as_ref()
            .is_ok_and(|row| row.outcome == Outcome::Failed && row.poll.is_none())
        {
            let until = self.almanac.clock.now().plus(STORE_TROUBLE_PAUSE);
            self.paused_until.store(until.millis(), Ordering::Relaxed);
        }
        if let Err(panic) = ended {
            tracing::error!(watch = %watch.id, "polling {} ended in a defect of Almanac ({panic}); please report it", watch.id);
            if let Err(error) = self.almanac.note_defect(watch, &ordered).await {
                tracing::error!(%error, "the defect could not be noted: {error}");
            }
        }
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

/// Plans every watch that has no plan, or one that its schedule can no longer mean. One that was never polled is due now;
/// one whose time passed while no daemon ran stays due, and is so made up once.
async fn plan_watches(almanac: &Almanac, tx: &mut WriteTx) -> Result<(), StoreError> {
    for watch in &almanac.config.watches {
        let (row, state) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        let latest = due::latest(watch, almanac.config.timezone, tx.wall);
        let meant = |due: &Moment| state.schedule.as_deref() == Some(watch.schedule.text().as_str()) && *due <= latest;
        if state.next_due.as_ref().is_some_and(meant) {
            continue;
        }
        if state.last_poll.is_none() {
            let now = tx.wall;
            tx.plan(row, now, &watch.schedule.text()).await?;
        } else {
            almanac.plan_next(tx, row, watch, state.consecutive_failures).await?;
        }
    }
    Ok(())
}
