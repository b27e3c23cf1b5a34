//! One poll from asking to commit, when things are due, and the daemon that drives it.
//!
//! This is where the parts are joined: sources ask, `compare` and `meaning` think, the store keeps, alerts tell.

pub mod check;
pub mod commit;
pub mod daemon;
mod derived;
pub mod due;
pub mod hasten;
pub mod health;
mod judge;
pub mod once;
pub mod quota;
mod requests;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use anyhow::Context;

use crate::alerts::Outbox;
use crate::alerts::console::Stream;
use crate::clock::Clock;
use crate::config::{Config, Institution, Watch};
use crate::exlibris::http::ExLibris;
use crate::model::watch::SourceKind;
use crate::pseudonym::Pseudonyms;
use crate::store::Store;

/// The assembled program; cheap to clone.
#[derive(Clone, Debug)]
pub struct Almanac {
    /// What the file says.
    pub config: Arc<Config>,
    /// The history.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The way to Ex Libris.
    pub exlibris: ExLibris,
    /// Hashes request ids; `None` where no configured watch sees requests, or the key cannot be used.
    pub pseudonyms: Option<Arc<Pseudonyms>>,
    /// When the daemon's heart last beat, in milliseconds UTC; 0 if never.
    pub beat: Arc<AtomicI64>,
}

impl Almanac {
    /// Opens the history that the configuration names, making it if there is none, and builds the clients.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Almanac> {
        let store = Store::open(&config.store, clock.clone()).await?;
        let exlibris = ExLibris::new(&config.exlibris, clock.clone())
            .map_err(anyhow::Error::msg)
            .context("the HTTP client cannot be built")?;
        let pseudonyms = if config.watches.iter().any(sees_requests) {
            let path = Pseudonyms::path_beside(&config.store);
            // Without it the watches of requests stop with a clear state; everything else goes on (DESIGN invariant 9).
            Pseudonyms::open(&path, clock.now())
                .inspect_err(|reason| tracing::error!("{reason}; requests are not watched until it is put right"))
                .ok()
                .map(Arc::new)
        } else {
            None
        };
        Ok(Almanac {
            config: Arc::new(config),
            store,
            clock,
            exlibris,
            pseudonyms,
            beat: Arc::default(),
        })
    }

    /// Sends what is due, once; for commands that do not stay. Console channels write to standard error.
    ///
    /// # Errors
    /// Where the store or the HTTP client cannot be used.
    pub async fn deliver_due(&self) -> anyhow::Result<()> {
        let outbox = Outbox::new(&self.config, self.clock.clone(), Stream::Error).map_err(anyhow::Error::msg)?;
        outbox.deliver_due(&self.store, &self.config).await?;
        Ok(())
    }

    /// Says anew what every stored change means, with the rules of this program and the names of these settings. The new
    /// events take the place of the old ones in every answer; no message is queued. Gives how many there are.
    ///
    /// # Errors
    /// Where the store cannot be used; then everything is as it was.
    pub async fn reinterpret(&self) -> anyhow::Result<u64> {
        let mut tx = self.store.write().await?;
        let events = tx.reinterpret(|change| self.meaning_of(change)).await?;
        tx.commit().await?;
        Ok(events)
    }

    /// The derived watches whose records are computed from this one's.
    pub fn derived_from<'a>(&'a self, input: &'a Watch) -> impl Iterator<Item = &'a Watch> {
        self.config.watches.iter().filter(|watch| {
            watch.source.kind().inputs().contains(&input.source.kind())
                && (watch.institution.is_none() || watch.institution == input.institution)
        })
    }

    /// The institution that a watch concerns.
    pub fn institution_of(&self, watch: &Watch) -> Option<&Institution> {
        watch
            .institution
            .as_deref()
            .and_then(|code| self.config.institution(code))
    }
}

fn sees_requests(watch: &Watch) -> bool {
    matches!(
        watch.source.kind(),
        SourceKind::AlmaLendingRequests | SourceKind::AlmaBorrowingRequests
    )
}
