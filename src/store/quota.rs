//! Calls made and calls left, by quota pool (DESIGN invariant 8).

use sqlx::Row;

use super::StoreError;
use super::write::WriteTx;
use crate::model::moment::Moment;

/// The highest remaining quota is looked for over so many days.
const HIGHEST_OVER_DAYS: i64 = 30;
const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// What is known of a quota pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaState {
    /// Calls that Almanac made today (UTC).
    pub calls_today: u64,
    /// `X-Exl-Api-Remaining` as seen last; `None` if never seen.
    pub remaining: Option<i64>,
    /// The highest seen in 30 days.
    pub highest: Option<i64>,
    /// Below the floor since then.
    pub low_since: Option<Moment>,
    /// When a call was last made only to see whether the quota has recovered.
    pub last_probe: Option<Moment>,
}

impl WriteTx {
    /// What is known of a pool.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn quota(&mut self, pool: &str) -> Result<QuotaState, StoreError> {
        let today = self.wall.millis().div_euclid(DAY_MILLIS);
        let mut state = QuotaState::default();
        let rows = sqlx::query("SELECT day, calls, highest_remaining, last_remaining FROM quota_day WHERE pool = ? AND day > ? AND day <= ? ORDER BY day")
            .bind(pool)
            .bind(today - HIGHEST_OVER_DAYS)
            .bind(today)
            .fetch_all(&mut *self.tx)
            .await?;
        for row in rows {
            if row.get::<i64, _>(0) == today {
                state.calls_today = u64::try_from(row.get::<i64, _>(1)).unwrap_or(0);
            }
            state.highest = state.highest.max(row.get(2));
            state.remaining = row.get::<Option<i64>, _>(3).or(state.remaining);
        }
        let row = sqlx::query("SELECT low_since_ms, last_probe_ms FROM quota_pool WHERE pool = ?")
            .bind(pool)
            .fetch_optional(&mut *self.tx)
            .await?;
        if let Some(row) = row {
            state.low_since = row.get::<Option<i64>, _>(0).map(Moment::from_millis);
            state.last_probe = row.get::<Option<i64>, _>(1).map(Moment::from_millis);
        }
        Ok(state)
    }

    /// Counts calls made, and remembers the remaining quota that Ex Libris named.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn note_calls(&mut self, pool: &str, calls: u32, remaining: Option<i64>) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO quota_day (pool, day, calls, highest_remaining, last_remaining, last_seen_ms) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls,
                 highest_remaining = CASE WHEN excluded.highest_remaining IS NULL THEN highest_remaining
                                          ELSE MAX(COALESCE(highest_remaining, excluded.highest_remaining), excluded.highest_remaining) END,
                 last_remaining = COALESCE(excluded.last_remaining, last_remaining), last_seen_ms = excluded.last_seen_ms",
        )
        .bind(pool)
        .bind(self.wall.millis().div_euclid(DAY_MILLIS))
        .bind(calls)
        .bind(remaining)
        .bind(self.wall.millis())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes since when the pool is below its floor (`None`: it is not), and when it was last probed.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn note_quota_low(
        &mut self,
        pool: &str,
        low_since: Option<Moment>,
        last_probe: Option<Moment>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO quota_pool (pool, low_since_ms, last_probe_ms) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET low_since_ms = excluded.low_since_ms, last_probe_ms = excluded.last_probe_ms",
        )
        .bind(pool)
        .bind(low_since.map(Moment::millis))
        .bind(last_probe.map(Moment::millis))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
