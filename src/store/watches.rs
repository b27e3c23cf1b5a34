//! What each watch is doing: when it is due, who polls it, how it is.

use std::time::Duration;

use serde_json::Value;
use sqlx::Row;

use super::write::WriteTx;
use super::{Store, StoreError};
use crate::compare::snapshot::Doubt;
use crate::model::answer::Outcome;
use crate::model::moment::Moment;
use crate::model::watch::{SourceKind, WatchId};

/// No lease is taken for nearly so long. One that ends later was taken before the clock was put back, and is void.
const LEASE_AHEAD_MAX: Duration = Duration::from_hours(24);

/// What the store knows of a watch's doings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchState {
    /// When it is polled next; `None` until the daemon plans it.
    pub next_due: Option<Moment>,
    /// The text of the schedule that `next_due` was computed from.
    pub schedule: Option<String>,
    /// When the last poll was committed.
    pub last_poll: Option<Moment>,
    /// When the last poll that worked was committed.
    pub last_success: Option<Moment>,
    /// How the last poll ended.
    pub last_outcome: Option<Outcome>,
    /// It lacks a key.
    pub blocked: bool,
    /// Why it is not ok, and what to do.
    pub reason: Option<String>,
    /// Polls running that failed or were read only in part.
    pub consecutive_failures: u32,
    /// Polls running that worked and found nothing at all.
    pub consecutive_empty: u32,
    /// `watch.failing` was told, and `watch.recovered` not yet.
    pub failing_told: bool,
    /// Records present.
    pub records: u64,
    /// The remaining quota named last.
    pub quota_remaining: Option<i64>,
    /// Whether Ex Libris named the expected institution.
    pub verified: Option<bool>,
}

impl WriteTx {
    /// The row of a watch, made if it is not there yet, and its state.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn watch(
        &mut self,
        id: &WatchId,
        source: SourceKind,
        institution: Option<&str>,
    ) -> Result<(i64, WatchState), StoreError> {
        let row = sqlx::query(
            "INSERT INTO watch (name, source, institution) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET institution = excluded.institution
             RETURNING id, name, next_due_ms, schedule, last_poll_ms, last_success_ms, last_outcome, blocked, reason, consecutive_failures,
                       consecutive_empty, failing_told, records, quota_remaining, verified",
        )
        .bind(id.as_str())
        .bind(source.name())
        .bind(institution)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok((row.get(0), state_of(&row)))
    }

    /// Writes the state of a watch after a poll and counts its records anew.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn settle(&mut self, watch: i64, state: &WatchState) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE watch SET last_poll_ms = ?, last_success_ms = ?, last_outcome = ?, blocked = ?, reason = ?, consecutive_failures = ?,
                    consecutive_empty = ?, failing_told = ?, quota_remaining = ?, verified = ?,
                    records = (SELECT COUNT(*) FROM record WHERE watch_id = ? AND present = 1)
             WHERE id = ?",
        )
        .bind(state.last_poll.map(Moment::millis))
        .bind(state.last_success.map(Moment::millis))
        .bind(state.last_outcome.map(Outcome::name))
        .bind(state.blocked)
        .bind(&state.reason)
        .bind(state.consecutive_failures)
        .bind(state.consecutive_empty)
        .bind(state.failing_told)
        .bind(state.quota_remaining)
        .bind(state.verified)
        .bind(watch)
        .bind(watch)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// What the watch's source wanted to know at its next poll.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn memory(&mut self, watch: i64) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = sqlx::query_scalar("SELECT memory FROM watch WHERE id = ?")
            .bind(watch)
            .fetch_one(&mut *self.tx)
            .await?;
        // A memory that cannot be read is forgotten; the source then begins as at its first poll.
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Keeps what the source wants to know at its next poll.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn remember(&mut self, watch: i64, memory: &Value) -> Result<(), StoreError> {
        sqlx::query("UPDATE watch SET memory = ? WHERE id = ?")
            .bind(memory.to_string())
            .bind(watch)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Lets a planned watch be due at `at`, if it is not due earlier; one that no daemon has planned stays unplanned.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn bring_forward(&mut self, watch: i64, at: Moment) -> Result<(), StoreError> {
        sqlx::query("UPDATE watch SET next_due_ms = ? WHERE id = ? AND next_due_ms > ?")
            .bind(at.millis())
            .bind(watch)
            .bind(at.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Remembers the doubt about an implausible answer, or forgets it.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn remember_doubt(&mut self, watch: i64, doubt: Option<Doubt>) -> Result<(), StoreError> {
        sqlx::query("UPDATE watch SET doubt_hash = ?, doubt_count = ?, doubt_since_ms = ? WHERE id = ?")
            .bind(doubt.map(|doubt| doubt.answer.to_vec()))
            .bind(doubt.map_or(0, |doubt| doubt.count))
            .bind(doubt.map(|doubt| doubt.since.millis()))
            .bind(watch)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Notes why a watch was not asked, without a poll.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn note_not_asked(&mut self, watch: i64, blocked: bool, reason: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE watch SET blocked = ?, reason = ?, last_outcome = 'skipped' WHERE id = ?")
            .bind(blocked)
            .bind(reason)
            .bind(watch)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Plans the next poll of a watch, computed from the schedule of that text.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn plan(&mut self, watch: i64, next_due: Moment, schedule: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE watch SET next_due_ms = ?, schedule = ? WHERE id = ?")
            .bind(next_due.millis())
            .bind(schedule)
            .bind(watch)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Takes the lease of a watch until `until`; false if someone else holds it.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn claim(&mut self, watch: i64, owner: &str, until: Moment) -> Result<bool, StoreError> {
        let taken = sqlx::query(
            "UPDATE watch SET lease_owner = ?, lease_until_ms = ?
             WHERE id = ? AND (lease_until_ms IS NULL OR lease_until_ms <= ? OR lease_until_ms > ?)",
        )
        .bind(owner)
        .bind(until.millis())
        .bind(watch)
        .bind(self.wall.millis())
        .bind(self.wall.plus(LEASE_AHEAD_MAX).millis())
        .execute(&mut *self.tx)
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Who holds the lease of a watch, though it may have run out.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn lease_owner(&mut self, watch: i64) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT lease_owner FROM watch WHERE id = ?")
            .bind(watch)
            .fetch_one(&mut *self.tx)
            .await?)
    }

    /// Gives the lease back, if `owner` still holds it.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn release(&mut self, watch: i64, owner: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE watch SET lease_owner = NULL, lease_until_ms = NULL WHERE id = ? AND lease_owner = ?")
            .bind(watch)
            .bind(owner)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Clears the leases that a daemon which is no more held; to be called by the only daemon, at its start.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn clear_daemon_leases(&mut self, prefix: &str) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE watch SET lease_owner = NULL, lease_until_ms = NULL WHERE substr(lease_owner, 1, length(?)) = ?",
        )
        .bind(prefix)
        .bind(prefix)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Every watch that the history knows, with its state, by name.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn watch_states(&self) -> Result<Vec<(WatchId, WatchState)>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, next_due_ms, schedule, last_poll_ms, last_success_ms, last_outcome, blocked, reason, consecutive_failures,
                    consecutive_empty, failing_told, records, quota_remaining, verified FROM watch ORDER BY name",
        )
        .fetch_all(&self.reader)
        .await?;
        Ok(rows
            .iter()
            .map(|row| (WatchId::from_text(row.get::<String, _>(1)), state_of(row)))
            .collect())
    }

    /// The watches due at `now` that nobody polls, longest due first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn due(&self, now: Moment) -> Result<Vec<WatchId>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM watch
             WHERE next_due_ms <= ? AND (lease_until_ms IS NULL OR lease_until_ms <= ? OR lease_until_ms > ?) ORDER BY next_due_ms, id",
        )
        .bind(now.millis())
        .bind(now.millis())
        .bind(now.plus(LEASE_AHEAD_MAX).millis())
        .fetch_all(&self.reader)
        .await?;
        Ok(names.into_iter().map(WatchId::from_text).collect())
    }
}

fn state_of(row: &sqlx::sqlite::SqliteRow) -> WatchState {
    let moment = |index| row.get::<Option<i64>, usize>(index).map(Moment::from_millis);
    WatchState {
        next_due: moment(2),
        schedule: row.get(3),
        last_poll: moment(4),
        last_success: moment(5),
        last_outcome: row.get::<Option<&str>, _>(6).and_then(Outcome::named),
        blocked: row.get(7),
        reason: row.get(8),
        consecutive_failures: row.get(9),
        consecutive_empty: row.get(10),
        failing_told: row.get(11),
        records: u64::try_from(row.get::<i64, _>(12)).unwrap_or(0),
        quota_remaining: row.get(13),
        verified: row.get(14),
    }
}
