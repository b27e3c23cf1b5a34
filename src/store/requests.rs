//! Where single requests stand, for ninety days; what became of them, by month, for ever.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::write::WriteTx;
use super::{Store, StoreError};
use crate::compare::requests::{Followed, Move, Moves, Readings};
use crate::model::moment::Moment;
use crate::model::observation::Coverage;
use crate::model::request::{KnownRequest, RequestHash, Side};
use crate::model::request_month::{MonthSums, RequestWay, month_of};
use crate::model::watch::{SourceKind, WatchId};

/// Sums by month (`2026-11`) and partner code.
pub type Months = BTreeMap<(String, String), MonthSums>;

/// The newest reading of a watch that gave anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// When it was committed.
    pub at: Moment,
    /// What was read of it.
    pub coverage: Coverage,
}

/// Parameters: the watch (its row). All that is known of its requests.
pub(super) const KNOWN_REQUESTS: &str = "SELECT hash, status, partner, format, library, arrived_ms, followed, since_ms, met, supplied_ms, supplied_after_ms, last_seen_ms, missed, vanished_ms
     FROM request WHERE watch_id = ?";
/// Parameters: the watch (its row), a moment.
pub(super) const REQUESTS_UNSEEN_SINCE: &str =
    "SELECT hash, status, partner, format, library, arrived_ms, followed, since_ms, met, supplied_ms, supplied_after_ms, last_seen_ms, missed, vanished_ms
     FROM request WHERE watch_id = ? AND last_seen_ms < ?";
/// Parameters: the watch (its row), two ids of keys.
const REQUESTS_OF_OTHER_KEYS: &str =
    "SELECT hash, status, partner, format, library, arrived_ms, followed, since_ms, met, supplied_ms, supplied_after_ms, last_seen_ms, missed, vanished_ms
     FROM request WHERE watch_id = ? AND key_id NOT IN (?, ?)";
/// Parameters: the watch (its row), a moment.
pub(super) const MOVES_SINCE: &str =
    "SELECT partner, from_status, to_status, SUM(count) FROM request_move WHERE watch_id = ? AND seen_ms >= ?
     GROUP BY partner, from_status, to_status";
/// Parameters: the watch (its row).
pub(super) const NEWEST_READING: &str = "SELECT committed_ms, coverage FROM poll WHERE watch_id = ? AND outcome IN ('ok', 'partial') ORDER BY id DESC LIMIT 1";

impl WriteTx {
    /// Every request of a watch that is known, by hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_requests(&mut self, watch: i64) -> Result<BTreeMap<RequestHash, KnownRequest>, StoreError> {
        let rows = sqlx::query(KNOWN_REQUESTS).bind(watch).fetch_all(&mut *self.tx).await?;
        rows.iter().map(known).collect()
    }

    /// When the watch was first and last read, wholly or in part. Where its requests had to be met anew, the first reading is
    /// the last one before that: what arrived earlier was counted then.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn readings(&mut self, watch: i64) -> Result<Readings, StoreError> {
        let first: Option<i64> = sqlx::query_scalar(
            "SELECT committed_ms FROM poll WHERE watch_id = ? AND outcome IN ('ok', 'partial') ORDER BY id LIMIT 1",
        )
        .bind(watch)
        .fetch_optional(&mut *self.tx)
        .await?;
        let last: Option<i64> = sqlx::query(NEWEST_READING)
            .bind(watch)
            .fetch_optional(&mut *self.tx)
            .await?
            .map(|row| row.get(0));
        let counted_until: Option<i64> = sqlx::query_scalar("SELECT counted_until_ms FROM watch WHERE id = ?")
            .bind(watch)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(Readings {
            first: first.max(counted_until).map(Moment::from_millis),
            last: last.map(Moment::from_millis),
        })
    }

    /// Writes what following the requests of one poll found.
    ///
    /// # Errors
    /// [`StoreError::Sql`]; then the transaction must be dropped.
    pub async fn write_requests(
        &mut self,
        watch: i64,
        poll: i64,
        key_id: &str,
        followed: &Followed,
    ) -> Result<(), StoreError> {
        for (former, hash) in &followed.rehashed {
            sqlx::query("UPDATE request SET hash = ? WHERE watch_id = ? AND hash = ?")
                .bind(hash.as_slice())
                .bind(watch)
                .bind(former.as_slice())
                .execute(&mut *self.tx)
                .await?;
        }
        for (hash, state) in &followed.states {
            sqlx::query(
                "INSERT INTO request (watch_id, hash, key_id, status, partner, format, library, arrived_ms, followed, since_ms, met,
                                      supplied_ms, supplied_after_ms, last_seen_ms, missed, vanished_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (watch_id, hash) DO UPDATE SET key_id = excluded.key_id, status = excluded.status, partner = excluded.partner,
                     format = excluded.format, library = excluded.library, since_ms = excluded.since_ms, met = excluded.met,
                     supplied_ms = excluded.supplied_ms, supplied_after_ms = excluded.supplied_after_ms,
                     last_seen_ms = excluded.last_seen_ms, missed = excluded.missed,
                     vanished_ms = excluded.vanished_ms",
            )
            .bind(watch)
            .bind(hash.as_slice())
            .bind(key_id)
            .bind(&state.status)
            .bind(&state.partner)
            .bind(&state.format)
            .bind(&state.library)
            .bind(state.arrived.millis())
            .bind(state.followed)
            .bind(state.since.millis())
            .bind(state.met)
            .bind(state.supplied.map(Moment::millis))
            .bind(state.supplied_after.map(Moment::millis))
            .bind(state.last_seen.millis())
            .bind(state.missed)
            .bind(state.vanished.map(Moment::millis))
            .execute(&mut *self.tx)
            .await?;
        }
        for (moved, count) in &followed.moves {
            sqlx::query(
                "INSERT INTO request_move (watch_id, poll_id, partner, from_status, to_status, count, seen_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(watch)
            .bind(poll)
            .bind(&moved.partner)
            .bind(&moved.from)
            .bind(&moved.to)
            .bind(i64::try_from(*count).unwrap_or(i64::MAX))
            .bind(self.now.millis())
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }

    /// The watches (their rows) with this source, whether or not they are still configured.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn watches_of(&mut self, source: SourceKind) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar("SELECT id FROM watch WHERE source = ?")
            .bind(source.name())
            .fetch_all(&mut *self.tx)
            .await?)
    }

    /// Takes the requests that were last seen before `before` into the sums of their months, and deletes them and the moves
    /// from before.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be dropped.
    pub async fn purge_requests(&mut self, watch: i64, side: Side, before: Moment, zone: Tz) -> Result<(), StoreError> {
        let old = sqlx::query(REQUESTS_UNSEEN_SINCE)
            .bind(watch)
            .bind(before.millis())
            .fetch_all(&mut *self.tx)
            .await?;
        self.retire(watch, side, zone, &old).await?;
        sqlx::query("DELETE FROM request_move WHERE watch_id = ? AND seen_ms < ?")
            .bind(watch)
            .bind(before.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Takes the requests that are hashed under any other key into the sums of their months: nobody can tell them again, and
    /// whatever becomes of this poll, no later one counts them a second time. Gives whether there were any.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be dropped.
    pub async fn retire_other_keys(
        &mut self,
        watch: i64,
        side: Side,
        keys: [&str; 2],
        zone: Tz,
    ) -> Result<bool, StoreError> {
        let others = sqlx::query(REQUESTS_OF_OTHER_KEYS)
            .bind(watch)
            .bind(keys[0])
            .bind(keys[1])
            .fetch_all(&mut *self.tx)
            .await?;
        if others.is_empty() {
            return Ok(false);
        }
        self.retire(watch, side, zone, &others).await?;
        let counted_until = self.readings(watch).await?.last.map(Moment::millis);
        sqlx::query("UPDATE watch SET counted_until_ms = ? WHERE id = ?")
            .bind(counted_until)
            .bind(watch)
            .execute(&mut *self.tx)
            .await?;
        Ok(true)
    }

    async fn retire(&mut self, watch: i64, side: Side, zone: Tz, rows: &[SqliteRow]) -> Result<(), StoreError> {
        let mut months = Months::new();
        for row in rows {
            let (hash, state) = known(row)?;
            // Whatever it was doing, nobody can look any more.
            count(&mut months, &state, side, zone, true);
            sqlx::query("DELETE FROM request WHERE watch_id = ? AND hash = ?")
                .bind(watch)
                .bind(hash.as_slice())
                .execute(&mut *self.tx)
                .await?;
        }
        for ((month, partner), sums) in months {
            let mut all = self.frozen_month(watch, &month, &partner).await?;
            all.merge(&sums);
            sqlx::query(
                "INSERT INTO request_month (watch_id, month, partner, sums) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET sums = excluded.sums",
            )
            .bind(watch)
            .bind(month)
            .bind(partner)
            .bind(serde_json::to_string(&all).unwrap_or_else(|_| "{}".to_owned()))
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }

    async fn frozen_month(&mut self, watch: i64, month: &str, partner: &str) -> Result<MonthSums, StoreError> {
        let text: Option<String> =
            sqlx::query_scalar("SELECT sums FROM request_month WHERE watch_id = ? AND month = ? AND partner = ?")
                .bind(watch)
                .bind(month)
                .bind(partner)
                .fetch_optional(&mut *self.tx)
                .await?;
        text.map_or(Ok(MonthSums::default()), |text| sums_of(&text))
    }
}

impl Store {
    /// The requests of a watch that are there, and the newest reading that says so; `None` where it was never read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_there(&self, watch: &WatchId) -> Result<Option<(Reading, Vec<KnownRequest>)>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(row) = watch_row(&mut tx, watch).await? else {
            return Ok(None);
        };
        let Some(newest) = sqlx::query(NEWEST_READING).bind(row).fetch_optional(&mut *tx).await? else {
            return Ok(None);
        };
        let reading = Reading {
            at: Moment::from_millis(newest.get(0)),
            coverage: serde_json::from_str(newest.get(1)).unwrap_or_default(),
        };
        let rows = sqlx::query(KNOWN_REQUESTS).bind(row).fetch_all(&mut *tx).await?;
        let requests: Vec<(RequestHash, KnownRequest)> = rows.iter().map(known).collect::<Result<_, _>>()?;
        let there = requests
            .into_iter()
            .map(|(_, state)| state)
            .filter(|state| state.vanished.is_none());
        Ok(Some((reading, there.collect())))
    }

    /// How the requests of a watch moved at or after `since`.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn request_moves(&self, watch: &WatchId, since: Moment) -> Result<Moves, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(row) = watch_row(&mut tx, watch).await? else {
            return Ok(Moves::new());
        };
        let rows = sqlx::query(MOVES_SINCE)
            .bind(row)
            .bind(since.millis())
            .fetch_all(&mut *tx)
            .await?;
        Ok(rows
            .iter()
            .map(|row| {
                let moved = Move {
                    partner: row.get(0),
                    from: row.get(1),
                    to: row.get(2),
                };
                (moved, u64::try_from(row.get::<i64, _>(3)).unwrap_or(0))
            })
            .collect())
    }

    /// What became of the requests of a watch, by the month in which they arrived and by partner. Only requests that
    /// arrived while they were watched for are counted: of the others nobody knows how many were dealt with before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn request_months(&self, watch: &WatchId, side: Side, zone: Tz) -> Result<Months, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(row) = watch_row(&mut tx, watch).await? else {
            return Ok(Months::new());
        };
        let mut months = Months::new();
        let frozen = sqlx::query("SELECT month, partner, sums FROM request_month WHERE watch_id = ?")
            .bind(row)
            .fetch_all(&mut *tx)
            .await?;
        for row in &frozen {
            months.insert((row.get(0), row.get(1)), sums_of(row.get(2))?);
        }
        for row in sqlx::query(KNOWN_REQUESTS).bind(row).fetch_all(&mut *tx).await? {
            let (_, state) = known(&row)?;
            let vanished = state.vanished.is_some();
            count(&mut months, &state, side, zone, vanished);
        }
        Ok(months)
    }
}

async fn watch_row(connection: &mut sqlx::SqliteConnection, watch: &WatchId) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM watch WHERE name = ?")
        .bind(watch.as_str())
        .fetch_optional(connection)
        .await?)
}

fn count(months: &mut Months, state: &KnownRequest, side: Side, zone: Tz, vanished: bool) {
    if !state.followed {
        return;
    }
    let month = month_of(state.arrived, zone);
    let way = RequestWay {
        side,
        status: &state.status,
        arrived: state.arrived,
        supplied: state.supplied,
        supplied_after: state.supplied_after,
        vanished,
    };
    months.entry((month, state.partner.clone())).or_default().add(&way);
}

fn known(row: &SqliteRow) -> Result<(RequestHash, KnownRequest), StoreError> {
    let moment = |index: usize| row.get::<Option<i64>, usize>(index).map(Moment::from_millis);
    let hash = row.get::<&[u8], _>(0).try_into().map_err(|_| damaged())?;
    let state = KnownRequest {
        status: row.get(1),
        partner: row.get(2),
        format: row.get(3),
        library: row.get(4),
        arrived: Moment::from_millis(row.get(5)),
        followed: row.get(6),
        since: Moment::from_millis(row.get(7)),
        met: row.get(8),
        supplied: moment(9),
        supplied_after: moment(10),
        last_seen: Moment::from_millis(row.get(11)),
        missed: row.get(12),
        vanished: moment(13),
    };
    Ok((hash, state))
}

fn sums_of(text: &str) -> Result<MonthSums, StoreError> {
    serde_json::from_str(text).map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::Unfit("a stored request or sum is damaged; restore the database from a backup".to_owned())
}
