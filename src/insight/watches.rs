//! How every watch is.

use std::collections::BTreeMap;

use crate::config::{Config, Watch};
use crate::model::answer::{Outcome, WatchHealth, WatchRow};
use crate::model::moment::Moment;
use crate::store::watches::WatchState;
use crate::store::{Store, StoreError};

/// The configured watches in the order of the file, with their state.
///
/// # Errors
/// [`StoreError::Sql`].
pub async fn watches(config: &Config, store: &Store, now: Moment) -> Result<Vec<WatchRow>, StoreError> {
    let states: BTreeMap<_, _> = store.watch_states().await?.into_iter().collect();
    Ok(config
        .watches
        .iter()
        .map(|watch| row(watch, states.get(&watch.id).cloned().unwrap_or_default(), now))
        .collect())
}

fn row(watch: &Watch, state: WatchState, now: Moment) -> WatchRow {
    WatchRow {
        id: watch.id.to_string(),
        source: watch.source.kind().name().to_owned(),
        institution: watch.institution.clone(),
        state: health(watch, &state, now),
        last_poll: state.last_poll,
        last_success: state.last_success,
        next_due: state.next_due,
        consecutive_failures: state.consecutive_failures,
        reason: state.reason,
        records: state.records,
        quota_remaining: state.quota_remaining,
        verified: state.verified,
    }
}

fn health(watch: &Watch, state: &WatchState, now: Moment) -> WatchHealth {
    if state.blocked {
        return WatchHealth::Blocked;
    }
    match state.last_outcome {
        None => WatchHealth::Never,
        Some(Outcome::Failed) => WatchHealth::Failing,
        Some(Outcome::Partial) if state.consecutive_failures >= watch.tolerance => WatchHealth::Failing,
        Some(Outcome::Skipped) => WatchHealth::Waiting,
        Some(Outcome::Ok | Outcome::Partial) if state.next_due.is_some_and(|due| due <= now) => WatchHealth::Waiting,
        Some(Outcome::Ok | Outcome::Partial) => WatchHealth::Ok,
    }
}
