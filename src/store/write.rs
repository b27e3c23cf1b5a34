//! The one way to write: a transaction that begins IMMEDIATE and carries one fixed time.

use sqlx::{Sqlite, Transaction};

use super::{Store, StoreError};
use crate::model::moment::Moment;

/// A write transaction. Dropped without [`WriteTx::commit`], it leaves no trace.
#[derive(Debug)]
pub struct WriteTx {
    pub(crate) tx: Transaction<'static, Sqlite>,
    /// The time of the commit: the clock's, but never before that of an earlier poll (DESIGN invariant 10).
    pub now: Moment,
    /// What the clock says, for all that lies ahead (due times, leases, budgets of a day): after the clock was put back,
    /// `now` stands still until the clock has caught up, and nothing must wait for that.
    pub wall: Moment,
}

impl Store {
    /// Begins a write transaction; waits for the one under way.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let newest: Option<i64> = sqlx::query_scalar("SELECT MAX(committed_ms) FROM poll")
            .fetch_one(&mut *tx)
            .await?;
        let wall = self.clock.now();
        let now = wall.max(Moment::from_millis(newest.unwrap_or(i64::MIN)));
        Ok(WriteTx { tx, now, wall })
    }
}

impl WriteTx {
    /// Makes everything written in this transaction last.
    ///
    /// # Errors
    /// [`StoreError::Sql`]; then nothing of it was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
