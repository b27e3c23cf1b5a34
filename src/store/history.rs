//! Reading the history: any moment of it.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::polls::parsed;
use super::write::WriteTx;
use super::{Store, StoreError, body};
use crate::compare::fields::field_changes;
use crate::model::answer::{DiffRow, RecordRow, SnapshotRow};
use crate::model::change::Op;
use crate::model::moment::Moment;
use crate::model::watch::WatchId;

impl Store {
    /// The records of a watch (or the one of that key) as they stood at `at`, by key. A moment means the last poll
    /// committed by then.
    ///
    /// # Errors
    /// [`StoreError::Sql`], or [`StoreError::Unfit`] where a document is damaged.
    pub async fn records(&self, watch: &WatchId, key: Option<&str>, at: Moment) -> Result<Vec<RecordRow>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let standing = standing(&mut tx, watch, key, at).await?;
        let ids: Vec<i64> = standing.iter().map(|(_, version)| version.id).collect();
        let documents = documents(&mut tx, &ids).await?;
        Ok(standing
            .into_iter()
            .filter_map(|(key, version)| {
                Some(RecordRow {
                    key,
                    version: version.number,
                    observed_at: version.observed_at,
                    body: parsed(documents.get(&version.id)?),
                })
            })
            .collect())
    }

    /// What differs between the snapshots of a watch at two moments, by key.
    ///
    /// # Errors
    /// As [`Store::records`].
    pub async fn diff(&self, watch: &WatchId, from: Moment, to: Moment) -> Result<Vec<DiffRow>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let before: BTreeMap<String, Standing> = standing(&mut tx, watch, None, from).await?.into_iter().collect();
        let after: BTreeMap<String, Standing> = standing(&mut tx, watch, None, to).await?.into_iter().collect();
        let mut keys: Vec<&String> = before
            .keys()
            .chain(after.keys().filter(|key| !before.contains_key(*key)))
            .collect();
        keys.retain(|key| before.get(*key).map(|version| version.id) != after.get(*key).map(|version| version.id));
        keys.sort();
        let ids: Vec<i64> = keys
            .iter()
            .flat_map(|key| before.get(*key).into_iter().chain(after.get(*key)))
            .map(|version| version.id)
            .collect();
        let documents = documents(&mut tx, &ids).await?;
        let document = |version: Option<&Standing>| {
            version
                .and_then(|version| documents.get(&version.id))
                .map_or(Value::Null, |document| parsed(document))
        };
        Ok(keys
            .into_iter()
            .filter_map(|key| {
                let op = match (before.contains_key(key), after.contains_key(key)) {
                    (false, _) => Op::Added,
                    (_, false) => Op::Removed,
                    _ => Op::Modified,
                };
                let changes = field_changes(&document(before.get(key)), &document(after.get(key)));
                (!changes.is_empty()).then(|| DiffRow {
                    key: key.clone(),
                    op,
                    changes,
                })
            })
            .collect())
    }

    /// The polls of a watch that changed something, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn snapshots(&self, watch: &WatchId, limit: u32) -> Result<Vec<SnapshotRow>, StoreError> {
        let rows = sqlx::query(SNAPSHOTS)
            .bind(watch.as_str())
            .bind(limit)
            .fetch_all(&self.reader)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| SnapshotRow {
                poll: row.get(0),
                watch: watch.to_string(),
                at: Moment::from_millis(row.get(1)),
                added: row.get(2),
                removed: row.get(3),
                modified: row.get(4),
                coverage: serde_json::from_str(row.get(5)).unwrap_or_default(),
            })
            .collect())
    }

    /// When a partition of the watch was first and last read wholly, up to `at`; `None` if never.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn whole_readings(
        &self,
        watch: &WatchId,
        partition: &str,
        at: Moment,
    ) -> Result<Option<(Moment, Moment)>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(newest) = poll_at(&mut tx, at).await? else {
            return Ok(None);
        };
        let state = format!("$.\"{partition}\".state");
        let mut found = [None; 2];
        for (place, query) in [FIRST_WHOLE, LAST_WHOLE].into_iter().enumerate() {
            found[place] = sqlx::query_scalar(query)
                .bind(watch.as_str())
                .bind(newest)
                .bind(&state)
                .fetch_optional(&mut *tx)
                .await?;
        }
        let [first, last] = found;
        Ok(first
            .zip(last)
            .map(|(first, last)| (Moment::from_millis(first), Moment::from_millis(last))))
    }

    /// Id of the newest poll of all; 0 where there is none. Whatever was committed up to it can be read by now.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn newest_poll(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM poll")
            .fetch_one(&self.reader)
            .await?)
    }

    /// The versions of these records of a watch up to `at`, by key and newest first, at most `most` of each.
    ///
    /// # Errors
    /// As [`Store::records`].
    pub async fn versions(
        &self,
        watch: &WatchId,
        keys: &[&str],
        at: Moment,
        most: u32,
    ) -> Result<Vec<VersionSeen>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(newest) = poll_at(&mut tx, at).await? else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query(VERSIONS)
            .bind(serde_json::to_string(keys).unwrap_or_else(|_| "[]".to_owned()))
            .bind(watch.as_str())
            .bind(newest)
            .bind(most)
            .fetch_all(&mut *tx)
            .await?;
        versions_of(&mut tx, &rows).await
    }

    /// The versions up to `at` of the records of a watch whose keys lie in one of these ranges (both ends included), by key
    /// and newest first, at most `most` of each.
    ///
    /// # Errors
    /// As [`Store::records`].
    pub async fn versions_between(
        &self,
        watch: &WatchId,
        ranges: &[(String, String)],
        at: Moment,
        most: u32,
    ) -> Result<Vec<VersionSeen>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(newest) = poll_at(&mut tx, at).await? else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query(VERSIONS_BETWEEN)
            .bind(serde_json::to_string(ranges).unwrap_or_else(|_| "[]".to_owned()))
            .bind(watch.as_str())
            .bind(newest)
            .bind(most)
            .fetch_all(&mut *tx)
            .await?;
        let mut seen = versions_of(&mut tx, &rows).await?;
        // A record that lies in two ranges came twice.
        seen.dedup_by(|a, b| a.key == b.key && a.version == b.version);
        Ok(seen)
    }

    /// Keys of the records of a watch that had been there and were gone at `at`, the last gone first, at most `most`.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn gone(&self, watch: &WatchId, at: Moment, most: u32) -> Result<Vec<String>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let Some(newest) = poll_at(&mut tx, at).await? else {
            return Ok(Vec::new());
        };
        let mut rows: Vec<(i64, String)> = sqlx::query_as(GONE)
            .bind(newest)
            .bind(watch.as_str())
            .fetch_all(&mut *tx)
            .await?;
        rows.sort_by(|a, b| b.cmp(a));
        rows.truncate(most as usize);
        Ok(rows.into_iter().map(|(_, key)| key).collect())
    }

    /// When the newest poll of the watch was committed; `None` if it was never polled.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn last_poll(&self, watch: &WatchId) -> Result<Option<Moment>, StoreError> {
        let millis: Option<i64> = sqlx::query_scalar(
            "SELECT committed_ms FROM poll WHERE watch_id = (SELECT id FROM watch WHERE name = ?) ORDER BY id DESC LIMIT 1",
        )
        .bind(watch.as_str())
        .fetch_optional(&self.reader)
        .await?;
        Ok(millis.map(Moment::from_millis))
    }
}

impl WriteTx {
    /// The newest document of a record of another watch; `None` where it is not there.
    ///
    /// # Errors
    /// [`StoreError::Sql`], or [`StoreError::Unfit`] where a document is damaged.
    pub async fn newest_document(&mut self, watch: &WatchId, key: &str) -> Result<Option<Value>, StoreError> {
        let version: Option<i64> = sqlx::query_scalar(NEWEST_DOCUMENT)
            .bind(watch.as_str())
            .bind(key)
            .fetch_optional(&mut *self.tx)
            .await?;
        let Some(version) = version else { return Ok(None) };
        let found = documents(&mut self.tx, &[version]).await?;
        Ok(found.get(&version).map(|document| parsed(document)))
    }

    /// The newest documents of the records of a watch whose keys begin with `prefix`, by key.
    ///
    /// # Errors
    /// As [`WriteTx::newest_document`].
    pub async fn documents_under(&mut self, watch: i64, prefix: &str) -> Result<BTreeMap<String, Value>, StoreError> {
        let rows = sqlx::query(UNDER_PREFIX)
            .bind(watch)
            .bind(prefix)
            .bind(format!("{prefix}\u{10ffff}"))
            .fetch_all(&mut *self.tx)
            .await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.get(1)).collect();
        let documents = documents(&mut self.tx, &ids).await?;
        Ok(rows
            .iter()
            .filter_map(|row| Some((row.get(0), parsed(documents.get(&row.get::<i64, _>(1))?))))
            .collect())
    }
}

/// Parameters: watch name, key.
pub(super) const NEWEST_DOCUMENT: &str = "SELECT newest_version_id FROM record
     WHERE watch_id = (SELECT id FROM watch WHERE name = ?) AND key = ? AND present = 1 AND newest_version_id IS NOT NULL";

/// Parameters: watch, first key, key after the last.
pub(super) const UNDER_PREFIX: &str = "SELECT key, newest_version_id FROM record
     WHERE watch_id = ? AND key >= ? AND key < ? AND present = 1 AND newest_version_id IS NOT NULL";

/// One version of a record, as it was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionSeen {
    /// The record.
    pub key: String,
    /// Which version of it, counting from 1.
    pub version: u32,
    /// When it was first seen.
    pub observed_at: Moment,
    /// The poll that saw it first.
    pub poll: i64,
    /// It came with a baseline or a change of shape: nobody knows since when it was so.
    pub silent: bool,
    /// The document; `None` where the record was gone from then on.
    pub body: Option<Value>,
}

/// The rows of [`VERSIONS`] with their documents, by key and newest first.
async fn versions_of(connection: &mut SqliteConnection, rows: &[SqliteRow]) -> Result<Vec<VersionSeen>, StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.get(1)).collect();
    let documents = documents(connection, &ids).await?;
    let mut seen: Vec<VersionSeen> = rows
        .iter()
        .map(|row| VersionSeen {
            key: row.get(0),
            version: row.get(2),
            observed_at: Moment::from_millis(row.get(3)),
            silent: row.get(4),
            poll: row.get(5),
            body: documents.get(&row.get::<i64, _>(1)).map(|document| parsed(document)),
        })
        .collect();
    seen.sort_by(|a, b| (&a.key, b.version).cmp(&(&b.key, a.version)));
    Ok(seen)
}

/// The version of a record that stood at a moment.
#[derive(Clone, Copy, Debug)]
struct Standing {
    id: i64,
    number: u32,
    observed_at: Moment,
}

/// The versions that stood at `at`, by key; records that were absent then are left out.
async fn standing(
    connection: &mut SqliteConnection,
    watch: &WatchId,
    key: Option<&str>,
    at: Moment,
) -> Result<Vec<(String, Standing)>, StoreError> {
    let Some(newest) = poll_at(connection, at).await? else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query(STANDING)
        .bind(newest)
        .bind(watch.as_str())
        .bind(key)
        .bind(key)
        .fetch_all(&mut *connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let standing = Standing {
                id: row.get(1),
                number: row.get(2),
                observed_at: Moment::from_millis(row.get(3)),
            };
            (row.get(0), standing)
        })
        .collect())
}

/// The last poll committed by then. Ids grow in the order of the commits and commit times never run backwards, so a moment
/// is a poll id.
async fn poll_at(connection: &mut SqliteConnection, at: Moment) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(POLL_AT)
        .bind(at.millis())
        .fetch_optional(&mut *connection)
        .await?)
}

/// Parameters: watch name, newest poll id, JSON path of the partition's state in a coverage.
pub(super) const FIRST_WHOLE: &str = "SELECT committed_ms FROM poll
     WHERE watch_id = (SELECT id FROM watch WHERE name = ?) AND id <= ? AND json_extract(coverage, ?) = 'complete'
     ORDER BY id LIMIT 1";

/// As [`FIRST_WHOLE`].
pub(super) const LAST_WHOLE: &str = "SELECT committed_ms FROM poll
     WHERE watch_id = (SELECT id FROM watch WHERE name = ?) AND id <= ? AND json_extract(coverage, ?) = 'complete'
     ORDER BY id DESC LIMIT 1";

/// Parameters: the keys as a JSON array, watch name, newest poll id, versions of one record at most.
pub(super) const VERSIONS: &str = "SELECT r.key, v.id, v.number, p.committed_ms, COALESCE(c.silent, 0), v.poll_id
     FROM json_each(?1) wanted
     JOIN record r ON r.watch_id = (SELECT id FROM watch WHERE name = ?2) AND r.key = wanted.value
     JOIN version v ON v.id IN (SELECT id FROM version WHERE record_id = r.id AND poll_id <= ?3 ORDER BY poll_id DESC LIMIT ?4)
     JOIN poll p ON p.id = v.poll_id
     LEFT JOIN change c ON c.record_id = r.id AND c.to_version = v.id";

/// Parameters: the ranges as a JSON array of pairs, watch name, newest poll id, versions of one record at most.
pub(super) const VERSIONS_BETWEEN: &str = "SELECT r.key, v.id, v.number, p.committed_ms, COALESCE(c.silent, 0), v.poll_id
     FROM json_each(?1) wanted
     JOIN record r ON r.watch_id = (SELECT id FROM watch WHERE name = ?2)
          AND r.key >= json_extract(wanted.value, '$[0]') AND r.key <= json_extract(wanted.value, '$[1]')
     JOIN version v ON v.id IN (SELECT id FROM version WHERE record_id = r.id AND poll_id <= ?3 ORDER BY poll_id DESC LIMIT ?4)
     JOIN poll p ON p.id = v.poll_id
     LEFT JOIN change c ON c.record_id = r.id AND c.to_version = v.id";

/// Parameters: newest poll id, watch name.
pub(super) const GONE: &str = "SELECT v.id, r.key
     FROM record r
     JOIN version v ON v.id = (SELECT id FROM version WHERE record_id = r.id AND poll_id <= ? ORDER BY poll_id DESC LIMIT 1)
     WHERE r.watch_id = (SELECT id FROM watch WHERE name = ?) AND v.body IS NULL";

/// Parameter: a moment.
pub(super) const POLL_AT: &str =
    "SELECT id FROM poll WHERE committed_ms <= ? ORDER BY committed_ms DESC, id DESC LIMIT 1";

/// Parameters: watch name, limit.
pub(super) const SNAPSHOTS: &str = "SELECT id, committed_ms, added, removed, modified, coverage FROM poll
     WHERE watch_id = (SELECT id FROM watch WHERE name = ?) AND added + removed + modified > 0 ORDER BY id DESC LIMIT ?";

/// Parameters: newest poll id, watch name, key, key again (NULL for all keys).
pub(super) const STANDING: &str = "SELECT r.key, v.id, v.number, p.committed_ms
     FROM record r
     JOIN version v ON v.id = (SELECT id FROM version WHERE record_id = r.id AND poll_id <= ? ORDER BY poll_id DESC LIMIT 1)
     JOIN poll p ON p.id = v.poll_id
     WHERE r.watch_id = (SELECT id FROM watch WHERE name = ?) AND (? IS NULL OR r.key = ?) AND v.body IS NOT NULL
     ORDER BY r.key";

/// The documents of versions, by version id; versions without a document (removals) are left out.
pub(super) async fn documents(
    connection: &mut SqliteConnection,
    versions: &[i64],
) -> Result<BTreeMap<i64, Vec<u8>>, StoreError> {
    let mut documents: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    if versions.is_empty() {
        return Ok(documents);
    }
    let ids = serde_json::to_string(versions).unwrap_or_else(|_| "[]".to_owned());
    let rows = sqlx::query(CHAINS).bind(ids).fetch_all(&mut *connection).await?;
    for row in rows {
        let root: i64 = row.get(0);
        if let Some(stored) = row.get::<Option<&[u8]>, _>(1) {
            // Rows of one root come from its keyframe upwards, so what is there already is the dictionary.
            let document = body::decode(stored, documents.get(&root).map(Vec::as_slice))?;
            documents.insert(root, document);
        }
    }
    Ok(documents)
}

/// Parameter: the ids as a JSON array. Bounded: a chain is at most [`body::CHAIN_MAX`] long.
pub(super) const CHAINS: &str = "WITH RECURSIVE chain (root, base_id, body, depth) AS (
         SELECT v.id, v.base_id, v.body, v.depth FROM json_each(?) wanted JOIN version v ON v.id = wanted.value
         UNION
         SELECT chain.root, v.base_id, v.body, v.depth FROM chain JOIN version v ON v.id = chain.base_id
     )
     SELECT root, body FROM chain ORDER BY root, depth";
