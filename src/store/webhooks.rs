//! Messages of Alma's webhooks that were acted on, so that a repeated one does nothing (ALMA.md §7). Of a message only a
//! hash is kept.

use std::time::Duration;

use super::StoreError;
use super::write::WriteTx;
use crate::model::moment::Moment;

/// A message is remembered for so long. A message is too old to be taken a day after its own time, which may lie an hour
/// ahead, so none that could be taken again is forgotten.
pub const WEBHOOKS_KEPT: Duration = Duration::from_hours(26);
/// Messages remembered of one institution. A library's resource-sharing jobs end some dozen times a day; more than this
/// come from somebody who has the secret and means ill.
pub const WEBHOOKS_KEPT_MAX: u32 = 1000;

/// What taking a message came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It was never seen before.
    New,
    /// It is there already.
    Repeated,
    /// There are [`WEBHOOKS_KEPT_MAX`] of the institution already; it was not taken. To forget others in its favour would let
    /// those be repeated.
    TooMany,
}

impl WriteTx {
    /// Remembers a message by its hash, and forgets those of all institutions that are older than [`WEBHOOKS_KEPT`].
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn take_webhook(&mut self, institution: &str, hash: &[u8; 32]) -> Result<Taken, StoreError> {
        // What was seen in the future was seen before the clock was put back, and would stay for as long as that was.
        sqlx::query("DELETE FROM webhook_seen WHERE seen_ms < ? OR seen_ms > ?")
            .bind(self.wall.minus(WEBHOOKS_KEPT).millis())
            .bind(self.wall.plus(WEBHOOKS_KEPT).millis())
            .execute(&mut *self.tx)
            .await?;
        let seen: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM webhook_seen WHERE institution = ? AND hash = ?)")
                .bind(institution)
                .bind(hash.as_slice())
                .fetch_one(&mut *self.tx)
                .await?;
        if seen {
            return Ok(Taken::Repeated);
        }
        let kept: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM webhook_seen WHERE institution = ?")
            .bind(institution)
            .fetch_one(&mut *self.tx)
            .await?;
        if kept >= i64::from(WEBHOOKS_KEPT_MAX) {
            return Ok(Taken::TooMany);
        }
        sqlx::query("INSERT INTO webhook_seen (institution, hash, seen_ms) VALUES (?, ?, ?)")
            .bind(institution)
            .bind(hash.as_slice())
            .bind(self.wall.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(Taken::New)
    }

    /// Lets a planned watch be due at `at`, if it is not due earlier. One that is being polled right now may have been read
    /// before what there is to see, so it is due again after that poll; one that no daemon has planned stays unplanned.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn bring_forward_anew(&mut self, watch: i64, at: Moment) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE watch SET next_due_ms = ?1
             WHERE id = ?2 AND (next_due_ms > ?1 OR (next_due_ms <= ?3 AND lease_until_ms > ?3))",
        )
        .bind(at.millis())
        .bind(watch)
        .bind(self.wall.millis())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, ManualClock};
    use crate::store::Store;

    async fn store() -> (Store, ManualClock, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let (clock, hand) = Clock::manual("2026-11-25T12:00:00Z".parse().unwrap());
        let store = Store::open(&dir.path().join("almanac.db"), clock).await.unwrap();
        (store, hand, dir)
    }

    fn hash(number: u32) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_le_bytes());
        hash
    }

    #[tokio::test]
    async fn a_message_is_new_once_for_each_library_until_it_is_forgotten() {
        let (store, hand, _dir) = store().await;
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.take_webhook("ELM", &hash(1)).await.unwrap(), Taken::New);
        assert_eq!(tx.take_webhook("ELM", &hash(1)).await.unwrap(), Taken::Repeated);
        assert_eq!(tx.take_webhook("OAK", &hash(1)).await.unwrap(), Taken::New);
        tx.commit().await.unwrap();
        hand.advance(WEBHOOKS_KEPT);
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.take_webhook("ELM", &hash(1)).await.unwrap(), Taken::Repeated);
        tx.commit().await.unwrap();
        hand.advance(Duration::from_millis(1));
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.take_webhook("ELM", &hash(1)).await.unwrap(), Taken::New);
    }

    #[tokio::test]
    async fn there_are_only_so_many_and_a_clock_that_ran_ahead_does_not_close_the_door_for_ever() {
        let (store, hand, _dir) = store().await;
        let right = hand.now();
        hand.advance(Duration::from_hours(24 * 365));
        let mut tx = store.write().await.unwrap();
        for number in 0..WEBHOOKS_KEPT_MAX {
            assert_eq!(tx.take_webhook("ELM", &hash(number)).await.unwrap(), Taken::New);
        }
        let one_more = hash(WEBHOOKS_KEPT_MAX);
        assert_eq!(tx.take_webhook("ELM", &one_more).await.unwrap(), Taken::TooMany);
        assert_eq!(tx.take_webhook("ELM", &hash(0)).await.unwrap(), Taken::Repeated);
        assert_eq!(tx.take_webhook("OAK", &one_more).await.unwrap(), Taken::New);
        tx.commit().await.unwrap();
        hand.set(right);
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.take_webhook("ELM", &one_more).await.unwrap(), Taken::New);
    }
}
