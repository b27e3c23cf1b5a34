//! Writing a poll: what was known before it, and the versions and changes that it brings.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::Row;

use super::write::WriteTx;
use super::{StoreError, body};
use crate::compare::snapshot::{Comparison, Delta, Doubt, Hash, Known, Prior};
use crate::model::answer::Outcome;
use crate::model::change::{ChangeContext, Op};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, PartitionRead};
use crate::model::watch::SourceKind;

/// A poll as it is noted, whatever came of it.
#[derive(Clone, Debug)]
pub struct PollNote<'a> {
    /// When it began.
    pub started: Moment,
    /// How it ended.
    pub outcome: Outcome,
    /// A person said that the answer is right, however much it lost.
    pub accepted: bool,
    /// Why it did not end well.
    pub reason: Option<&'a str>,
    /// Ex Libris' errorCode.
    pub error_code: Option<&'a str>,
    /// Ex Libris' trackingId.
    pub tracking_id: Option<&'a str>,
    /// Calls made.
    pub calls: u32,
    /// The remaining quota named last.
    pub quota_remaining: Option<i64>,
    /// What was read.
    pub coverage: &'a Coverage,
}

/// A delta as it stands in the history, with what `meaning` needs.
#[derive(Clone, Debug)]
pub struct WrittenChange {
    /// Row of the change.
    pub id: i64,
    /// Number of the record's new version.
    pub version: u32,
    /// The document before; `None` where the record was not there.
    pub old: Option<Value>,
    /// The document after; `None` where it is gone.
    pub new: Option<Value>,
    /// What the store knew.
    pub context: ChangeContext,
}

/// Parameter: the watch.
pub(super) const KNOWN_RECORDS: &str =
    "SELECT key, partition, hash, present, missing_polls, shape_version FROM record WHERE watch_id = ?";
/// Parameters: key, source, the watch itself. What a baseline found had been there before, since nobody knows when.
pub(super) const FIRST_SEEN_ELSEWHERE: &str = "SELECT MIN(CASE (SELECT c.silent FROM change c WHERE c.record_id = r.id ORDER BY c.id LIMIT 1) WHEN 1 THEN 0 ELSE r.first_seen_ms END)
     FROM record r JOIN watch w ON w.id = r.watch_id WHERE r.key = ? AND w.source = ? AND w.id <> ?";

impl WriteTx {
    /// The implausible answer that came before, if the watch is in doubt.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn doubt(&mut self, watch: i64) -> Result<Option<Doubt>, StoreError> {
        let row = sqlx::query("SELECT doubt_hash, doubt_count, doubt_since_ms FROM watch WHERE id = ?")
            .bind(watch)
            .fetch_one(&mut *self.tx)
            .await?;
        let (Some(answer), Some(since)) = (row.get::<Option<&[u8]>, _>(0), row.get::<Option<i64>, _>(2)) else {
            return Ok(None);
        };
        Ok(Some(Doubt {
            answer: hash_of(answer)?,
            count: row.get(1),
            since: Moment::from_millis(since),
        }))
    }

    /// What the history knows of a watch.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn prior(&mut self, watch: i64) -> Result<Prior, StoreError> {
        let mut prior = Prior::default();
        let rows = sqlx::query(KNOWN_RECORDS).bind(watch).fetch_all(&mut *self.tx).await?;
        for row in rows {
            let known = Known {
                partition: row.get(1),
                hash: hash_of(row.get(2))?,
                present: row.get(3),
                missing_polls: row.get(4),
                shape_version: row.get(5),
            };
            prior.records.insert(row.get(0), known);
        }
        let rows = sqlx::query("SELECT name, baselined FROM partition WHERE watch_id = ?")
            .bind(watch)
            .fetch_all(&mut *self.tx)
            .await?;
        prior.baselines = rows.into_iter().map(|row| (row.get(0), row.get(1))).collect();
        prior.doubt = self.doubt(watch).await?;
        Ok(prior)
    }

    /// The newest present document of every record of a watch, with whether it is there now; for matching.
    ///
    /// # Errors
    /// [`StoreError::Sql`], or [`StoreError::Unfit`] where a document is damaged.
    pub async fn known_documents(&mut self, watch: i64) -> Result<Vec<(String, bool, Value)>, StoreError> {
        let rows = sqlx::query(
            "SELECT r.key, r.present, (SELECT v.id FROM version v WHERE v.record_id = r.id AND v.body IS NOT NULL ORDER BY v.poll_id DESC LIMIT 1)
             FROM record r WHERE r.watch_id = ?",
        )
        .bind(watch)
        .fetch_all(&mut *self.tx)
        .await?;
        let ids: Vec<i64> = rows.iter().filter_map(|row| row.get(2)).collect();
        let documents = super::history::documents(&mut self.tx, &ids).await?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let document = documents.get(&row.get::<Option<i64>, _>(2)?)?;
                Some((row.get(0), row.get(1), parsed(document)))
            })
            .collect())
    }

    /// Notes a poll that brings no versions: failed, skipped or implausible.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn note_poll(&mut self, watch: i64, note: &PollNote<'_>) -> Result<i64, StoreError> {
        let coverage = serde_json::to_string(note.coverage).unwrap_or_else(|_| "{}".to_owned());
        let id = sqlx::query_scalar(
            "INSERT INTO poll (watch_id, started_ms, committed_ms, outcome, accepted, reason, error_code, tracking_id, calls, quota_remaining,
                               added, removed, modified, coverage)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?) RETURNING id",
        )
        .bind(watch)
        .bind(note.started.millis())
        .bind(self.now.millis())
        .bind(note.outcome.name())
        .bind(note.accepted)
        .bind(note.reason)
        .bind(note.error_code)
        .bind(note.tracking_id)
        .bind(note.calls)
        .bind(note.quota_remaining)
        .bind(coverage)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(id)
    }

    /// Writes what a comparison found: versions, changes, counts of missing polls, partitions. The changes that are news
    /// come back in the order of their keys, for `meaning`.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be dropped.
    pub async fn write_comparison(
        &mut self,
        watch: i64,
        source: SourceKind,
        poll: i64,
        shape_version: u32,
        coverage: &Coverage,
        comparison: &Comparison,
    ) -> Result<Vec<(String, Op, WrittenChange)>, StoreError> {
        let mut news = Vec::new();
        let mut counts: BTreeMap<Op, u32> = BTreeMap::new();
        for delta in &comparison.deltas {
            let written = self.write_delta(watch, source, poll, shape_version, delta).await?;
            *counts.entry(delta.op).or_default() += 1;
            if !delta.silent {
                news.push((delta.key.clone(), delta.op, written));
            }
        }
        for (key, missing_polls) in &comparison.missing {
            sqlx::query("UPDATE record SET missing_polls = ? WHERE watch_id = ? AND key = ?")
                .bind(missing_polls)
                .bind(watch)
                .bind(key)
                .execute(&mut *self.tx)
                .await?;
        }
        for (key, partition) in &comparison.confirmed {
            sqlx::query("UPDATE record SET partition = ?, shape_version = ? WHERE watch_id = ? AND key = ?")
                .bind(partition)
                .bind(shape_version)
                .bind(watch)
                .bind(key)
                .execute(&mut *self.tx)
                .await?;
        }
        for (partition, baselined) in &comparison.baselines {
            let state = coverage.0.get(partition).map_or("unasked", state_of);
            sqlx::query(
                "INSERT INTO partition (watch_id, name, state, baselined, asked_ms) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET state = excluded.state, baselined = excluded.baselined, asked_ms = excluded.asked_ms",
            )
            .bind(watch)
            .bind(partition)
            .bind(state)
            .bind(baselined)
            .bind(self.now.millis())
            .execute(&mut *self.tx)
            .await?;
        }
        let count = |op| counts.get(&op).copied().unwrap_or(0);
        sqlx::query("UPDATE poll SET added = ?, removed = ?, modified = ? WHERE id = ?")
            .bind(count(Op::Added))
            .bind(count(Op::Removed))
            .bind(count(Op::Modified))
            .bind(poll)
            .execute(&mut *self.tx)
            .await?;
        Ok(news)
    }

    async fn write_delta(
        &mut self,
        watch: i64,
        source: SourceKind,
        poll: i64,
        shape_version: u32,
        delta: &Delta,
    ) -> Result<WrittenChange, StoreError> {
        let known = sqlx::query(
            "SELECT id, newest_version_id, versions, first_seen_ms FROM record WHERE watch_id = ? AND key = ?",
        )
        .bind(watch)
        .bind(&delta.key)
        .fetch_optional(&mut *self.tx)
        .await?;
        let (record, from_version, number) = match &known {
            Some(row) => (
                row.get::<i64, _>(0),
                row.get::<Option<i64>, _>(1),
                row.get::<u32, _>(2) + 1,
            ),
            None => {
                let (_, hash) = delta.document.as_ref().ok_or_else(|| unheard_of(&delta.key))?;
                let id = sqlx::query_scalar(
                    "INSERT INTO record (watch_id, key, partition, present, missing_polls, hash, versions, shape_version, first_seen_ms)
                     VALUES (?, ?, ?, 1, 0, ?, 0, ?, ?) RETURNING id",
                )
                .bind(watch)
                .bind(&delta.key)
                .bind(&delta.partition)
                .bind(hash.as_slice())
                .bind(shape_version)
                .bind(self.now.millis())
                .fetch_one(&mut *self.tx)
                .await?;
                (id, None, 1)
            }
        };
        let context = self
            .context_of(watch, source, delta, known.as_ref().map(|row| row.get(3)))
            .await?;
        let old = match from_version {
            Some(version) => super::history::documents(&mut self.tx, &[version])
                .await?
                .remove(&version),
            None => None,
        };
        let (base, depth) = match (from_version, &old) {
            (Some(version), Some(_)) => {
                let depth: u32 = sqlx::query_scalar("SELECT depth FROM version WHERE id = ?")
                    .bind(version)
                    .fetch_one(&mut *self.tx)
                    .await?;
                if depth + 1 < body::CHAIN_MAX {
                    (Some(version), depth + 1)
                } else {
                    (None, 0)
                }
            }
            _ => (None, 0),
        };
        let stored = match &delta.document {
            Some((document, _)) => Some(body::encode(document, base.and(old.as_deref()))?),
            None => None,
        };
        let base = base.filter(|_| stored.is_some());
        let version: i64 = sqlx::query_scalar(
            "INSERT INTO version (record_id, poll_id, number, base_id, depth, body) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(record)
        .bind(poll)
        .bind(number)
        .bind(base)
        .bind(if base.is_some() { depth } else { 0 })
        .bind(stored)
        .fetch_one(&mut *self.tx)
        .await?;
        sqlx::query(
            "UPDATE record SET present = ?, missing_polls = 0, partition = ?, hash = COALESCE(?, hash), newest_version_id = ?, versions = ?,
                    shape_version = ? WHERE id = ?",
        )
        .bind(delta.op != Op::Removed)
        .bind(&delta.partition)
        .bind(delta.document.as_ref().map(|(_, hash)| hash.as_slice()))
        .bind(version)
        .bind(number)
        .bind(shape_version)
        .bind(record)
        .execute(&mut *self.tx)
        .await?;
        let id = sqlx::query_scalar(
            "INSERT INTO change (poll_id, record_id, op, from_version, to_version, silent, context) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(poll)
        .bind(record)
        .bind(delta.op.name())
        .bind(from_version)
        .bind(version)
        .bind(delta.silent)
        .bind(serde_json::to_string(&context).unwrap_or_else(|_| "{}".to_owned()))
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(WrittenChange {
            id,
            version: number,
            old: old.as_deref().map(parsed),
            new: delta.document.as_ref().map(|(document, _)| parsed(document)),
            context,
        })
    }

    /// What a rule of meaning needs from elsewhere, as of now (DESIGN invariant 7).
    async fn context_of(
        &mut self,
        watch: i64,
        source: SourceKind,
        delta: &Delta,
        first_seen_here: Option<i64>,
    ) -> Result<ChangeContext, StoreError> {
        let mut context = ChangeContext {
            returned: delta.returned,
            first_seen_anywhere: None,
        };
        if keys_are_shared(source) && delta.op == Op::Added && !delta.silent {
            let elsewhere: Option<i64> = sqlx::query_scalar(FIRST_SEEN_ELSEWHERE)
                .bind(&delta.key)
                .bind(source.name())
                .bind(watch)
                .fetch_one(&mut *self.tx)
                .await?;
            context.first_seen_anywhere = elsewhere
                .into_iter()
                .chain(first_seen_here)
                .min()
                .map(Moment::from_millis);
        }
        Ok(context)
    }
}

/// Whether the same key means the same thing at every institution, so that "first seen anywhere" says something.
const fn keys_are_shared(source: SourceKind) -> bool {
    matches!(
        source,
        SourceKind::PrimoView
            | SourceKind::AlmaCodeTables
            | SourceKind::AlmaLetters
            | SourceKind::AlmaIntegrationProfiles
    )
}

fn state_of(read: &PartitionRead) -> &'static str {
    match read {
        PartitionRead::Complete => "complete",
        PartitionRead::Partial { .. } => "partial",
        PartitionRead::Absent => "absent",
        PartitionRead::Failed { .. } => "failed",
    }
}

pub(super) fn parsed(document: &[u8]) -> Value {
    // What is stored was serialised by us and is checked by zstd; a damaged plain document shows as null.
    serde_json::from_slice(document).unwrap_or(Value::Null)
}

fn hash_of(bytes: &[u8]) -> Result<Hash, StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Unfit("a stored hash is damaged; restore the database from a backup".to_owned()))
}

fn unheard_of(key: &str) -> StoreError {
    StoreError::Unfit(format!("record {key:?} cannot be removed: it was never there"))
}
