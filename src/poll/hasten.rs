//! Polls that are made earlier than planned, because Alma said that there is something to see.

use std::time::Duration;

use crate::config::{Config, Watch};
use crate::model::moment::Moment;
use crate::model::watch::SourceKind;
use crate::store::webhooks::Taken;
use crate::store::{Store, StoreError};

/// A watch is not brought forward to sooner than this after its last poll, so that a flood of messages cannot spend a
/// library's quota: 96 polls a day at the very most, and a night's jobs that end in a row are seen in one poll.
pub const HASTENED_EVERY: Duration = Duration::from_mins(15);

/// What a message came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hastened {
    /// So many watches are due now, or as soon as [`HASTENED_EVERY`] has passed since their last poll.
    Watches(usize),
    /// The message was acted on before.
    Repeated,
    /// There were more messages than a library can have; it was not acted on.
    TooMany,
}

/// Makes the watches of `institution` with one of these sources due now, once for each message (told apart by `hash`), in
/// one short transaction.
///
/// # Errors
/// [`StoreError::Sql`]; then the message counts as never seen.
pub async fn hasten(
    store: &Store,
    config: &Config,
    institution: &str,
    sources: &[SourceKind],
    hash: &[u8; 32],
) -> Result<Hastened, StoreError> {
    let concerned =
        |watch: &&Watch| watch.institution.as_deref() == Some(institution) && sources.contains(&watch.source.kind());
    let watches: Vec<&Watch> = config.watches.iter().filter(concerned).collect();
    if watches.is_empty() {
        return Ok(Hastened::Watches(0));
    }
    let mut tx = store.write().await?;
    match tx.take_webhook(institution, hash).await? {
        Taken::New => {}
        Taken::Repeated => return Ok(Hastened::Repeated),
        Taken::TooMany => return Ok(Hastened::TooMany),
    }
    for watch in &watches {
        let (row, state) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        let at = earliest(state.last_poll, tx.wall);
        tx.bring_forward_anew(row, at).await?;
    }
    tx.commit().await?;
    Ok(Hastened::Watches(watches.len()))
}

/// When a watch that was last polled then may be polled for a message.
fn earliest(last_poll: Option<Moment>, now: Moment) -> Moment {
    match last_poll {
        // A poll in the future was made before the clock was put back.
        Some(last) if last <= now => now.max(last.plus(HASTENED_EVERY)),
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_sooner_than_the_named_time_after_the_last_poll() {
        let now: Moment = "2026-11-25T12:00:00Z".parse().unwrap();
        let ago = |minutes| Some(now.minus(Duration::from_mins(minutes)));
        assert_eq!(earliest(None, now), now);
        assert_eq!(earliest(ago(0), now), now.plus(HASTENED_EVERY));
        assert_eq!(earliest(ago(5), now), now.plus(Duration::from_mins(10)));
        assert_eq!(earliest(ago(15), now), now);
        assert_eq!(earliest(ago(600), now), now);
        assert_eq!(earliest(Some(now.plus(Duration::from_hours(9))), now), now);
    }
}
