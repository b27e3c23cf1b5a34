//! How every watch is.

use crate::config::Config;
use crate::model::answer::{WatchHealth, WatchRow};
use crate::model::moment::Moment;
use crate::store::{Store, StoreError};

/// One row a configured watch, in the order of the file.
///
/// # Errors
/// [`StoreError::Sql`].
pub async fn watches(config: &Config, _store: &Store, _now: Moment) -> Result<Vec<WatchRow>, StoreError> {
    Ok(config
        .watches
        .iter()
        .map(|watch| WatchRow {
            id: watch.id.to_string(),
            source: watch.source.kind().name().to_owned(),
            institution: watch.institution.clone(),
            state: WatchHealth::Never,
            last_poll: None,
            last_success: None,
            next_due: None,
            consecutive_failures: 0,
            reason: None,
            records: 0,
            quota_remaining: None,
            verified: None,
        })
        .collect())
}
