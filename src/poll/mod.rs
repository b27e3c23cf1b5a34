//! stub: the integrator writes this

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use crate::clock::Clock;
use crate::config::{Config, Watch};
use crate::model::answer::{CheckRow, Outcome, PollRow};
use crate::store::Store;

/// The assembled program.
#[derive(Debug)]
pub struct Almanac {
    /// The settings.
    pub config: Arc<Config>,
    /// The history.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// When the daemon's heart last beat, in milliseconds since the epoch; 0 if never.
    pub beat: Arc<AtomicI64>,
}

impl Almanac {
    /// Opens the history.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Almanac> {
        Ok(Almanac {
            store: Store::open(&config.store, clock.clone()).await?,
            config: Arc::new(config),
            clock,
            beat: Arc::default(),
        })
    }

    /// Polls once.
    pub async fn poll(&self, watch: &Watch, _accept: bool) -> PollRow {
        PollRow {
            watch: watch.id.to_string(),
            poll: None,
            outcome: Outcome::Skipped,
            reason: Some("stub".to_owned()),
            calls: 0,
            added: 0,
            removed: 0,
            modified: 0,
            events: 0,
        }
    }

    /// Sends what is due.
    ///
    /// # Errors
    /// Store.
    pub async fn deliver_due(&self) -> anyhow::Result<()> {
        Ok(())
    }

    /// Checks.
    pub async fn check(&self, _save: Option<&Path>) -> Vec<CheckRow> {
        Vec::new()
    }
}

/// The daemon.
pub mod daemon {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use tokio_util::sync::CancellationToken;

    use super::Almanac;

    /// Until stop.
    ///
    /// # Errors
    /// Store.
    pub async fn run(almanac: Arc<Almanac>, stop: CancellationToken) -> anyhow::Result<()> {
        almanac.beat.store(almanac.clock.now().millis(), Ordering::SeqCst);
        stop.cancelled().await;
        Ok(())
    }
}
