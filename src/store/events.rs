//! Events: written with their poll, read with the fields that changed, replayed by `reinterpret`.

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::history::documents;
use super::polls::parsed;
use super::write::WriteTx;
use super::{Store, StoreError};
use crate::compare::fields::field_changes;
use crate::model::change::{ChangeContext, Op};
use crate::model::event::{Event, EventDraft, EventKind, Severity, Topic};
use crate::model::moment::Moment;
use crate::model::watch::{SourceKind, WatchId};

/// Events of the same kind and key across institutions are one story if they come within this time.
const STORY_MILLIS: i64 = 48 * 3600 * 1000;
/// Changes replayed at a time.
const REPLAY_BATCH: u32 = 500;

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
    /// Only events after this one in the order of the answer: the next page.
    pub before_id: Option<i64>,
    /// At most so many; newest first.
    pub limit: u32,
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug)]
pub struct EventOrigin<'a> {
    /// The poll; `None` where none made it.
    pub poll: Option<i64>,
    /// The watch's row.
    pub watch: Option<i64>,
    /// The change behind it; `None` for events about the watch itself.
    pub change: Option<i64>,
    /// The institution concerned.
    pub institution: Option<&'a str>,
    /// The record's key.
    pub key: Option<&'a str>,
    /// Watch, record and version, or watch and poll: what the event's identity is made of, beside its kind and facet.
    pub subject: &'a str,
}

/// A stored change as `reinterpret` replays it.
#[derive(Clone, Debug)]
pub struct StoredChange {
    /// The watch that saw it.
    pub watch: WatchId,
    /// Its source.
    pub source: SourceKind,
    /// The institution concerned.
    pub institution: Option<String>,
    /// The record's key.
    pub key: String,
    /// What happened.
    pub op: Op,
    /// The document before.
    pub old: Option<Value>,
    /// The document after.
    pub new: Option<Value>,
    /// What the store knew then.
    pub context: ChangeContext,
    /// When it was committed.
    pub committed: Moment,
}

impl WriteTx {
    /// Writes an event; `None` if the same event is there already.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn insert_event(
        &mut self,
        origin: EventOrigin<'_>,
        draft: &EventDraft,
    ) -> Result<Option<i64>, StoreError> {
        let generation = self.generation().await?;
        self.insert_event_of(generation, origin, draft, self.now).await
    }

    async fn insert_event_of(
        &mut self,
        generation: i64,
        origin: EventOrigin<'_>,
        draft: &EventDraft,
        detected: Moment,
    ) -> Result<Option<i64>, StoreError> {
        let identity = format!("{}|{}|{}", origin.subject, draft.kind, draft.facet);
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO event (generation, identity, poll_id, watch_id, change_id, kind, severity, severity_rank, institution, key,
                                title, summary, topics, product, non_alma, link, occurred_ms, detected_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(generation)
        .bind(identity)
        .bind(origin.poll)
        .bind(origin.watch)
        .bind(origin.change)
        .bind(draft.kind.name())
        .bind(draft.severity.name())
        .bind(draft.severity as i64)
        .bind(origin.institution)
        .bind(origin.key)
        .bind(&draft.title)
        .bind(&draft.summary)
        .bind(serde_json::to_string(&draft.topics).unwrap_or_else(|_| "[]".to_owned()))
        .bind(&draft.product)
        .bind(draft.non_alma)
        .bind(&draft.link)
        .bind(draft.occurred_at.map(Moment::millis))
        .bind(detected.millis())
        .fetch_optional(&mut *self.tx)
        .await?;
        let Some(id) = id else { return Ok(None) };
        if origin.key.is_some() {
            let story: Option<i64> = sqlx::query_scalar(
                "SELECT COALESCE(story, id) FROM event WHERE kind = ? AND key = ? AND superseded = 0 AND generation = ? AND id < ? AND detected_ms >= ?
                   AND (institution IS NOT NULL OR watch_id IS ?) ORDER BY id DESC LIMIT 1",
            )
            .bind(draft.kind.name())
            .bind(origin.key)
            .bind(generation)
            .bind(id)
            .bind(detected.millis() - STORY_MILLIS)
            // Where no library is concerned, the same key in another watch is another thing (two products' release notes).
            .bind(origin.watch)
            .fetch_optional(&mut *self.tx)
            .await?;
            if story.is_some() {
                sqlx::query("UPDATE event SET story = ? WHERE id = ?")
                    .bind(story)
                    .bind(id)
                    .execute(&mut *self.tx)
                    .await?;
            }
        }
        Ok(Some(id))
    }

    async fn generation(&mut self) -> Result<i64, StoreError> {
        let text: Option<String> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'generation'")
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(1))
    }

    /// Writes a new generation of events from every stored change that is news, superseding the one before. Queues no
    /// message. Gives the number of events.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be dropped.
    pub async fn reinterpret(&mut self, meaning: impl Fn(&StoredChange) -> Vec<EventDraft>) -> Result<u64, StoreError> {
        let generation = self.generation().await? + 1;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ('generation', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        )
        .bind(generation.to_string())
        .execute(&mut *self.tx)
        .await?;
        sqlx::query("UPDATE event SET superseded = 1 WHERE change_id IS NOT NULL AND superseded = 0")
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("UPDATE event SET generation = ? WHERE change_id IS NULL AND superseded = 0")
            .bind(generation)
            .execute(&mut *self.tx)
            .await?;
        let (mut after, mut events) = (0i64, 0u64);
        loop {
            let rows = sqlx::query(
                "SELECT c.id, w.name, w.source, w.institution, r.key, c.op, c.from_version, c.to_version, c.context, p.committed_ms, v.number, p.id, w.id
                 FROM change c JOIN record r ON r.id = c.record_id JOIN watch w ON w.id = r.watch_id JOIN poll p ON p.id = c.poll_id
                 JOIN version v ON v.id = c.to_version
                 WHERE c.id > ? AND c.silent = 0 ORDER BY c.id LIMIT ?",
            )
            .bind(after)
            .bind(REPLAY_BATCH)
            .fetch_all(&mut *self.tx)
            .await?;
            let Some(last) = rows.last() else { return Ok(events) };
            after = last.get(0);
            let ids: Vec<i64> = rows
                .iter()
                .flat_map(|row| row.get::<Option<i64>, _>(6).into_iter().chain([row.get(7)]))
                .collect();
            let bodies = documents(&mut self.tx, &ids).await?;
            for row in &rows {
                let (Some(source), Some(op)) = (SourceKind::named(row.get(2)), Op::named(row.get(5))) else {
                    continue;
                };
                let change = StoredChange {
                    watch: WatchId::from_text(row.get::<String, _>(1)),
                    source,
                    institution: row.get(3),
                    key: row.get(4),
                    op,
                    old: row
                        .get::<Option<i64>, _>(6)
                        .and_then(|id| bodies.get(&id))
                        .map(|document| parsed(document)),
                    new: bodies.get(&row.get::<i64, _>(7)).map(|document| parsed(document)),
                    context: serde_json::from_str(row.get(8)).unwrap_or_default(),
                    committed: Moment::from_millis(row.get(9)),
                };
                let subject = subject_of_record(&change.watch, &change.key, row.get(10));
                for draft in meaning(&change) {
                    let origin = EventOrigin {
                        poll: Some(row.get(11)),
                        watch: Some(row.get(12)),
                        change: Some(row.get(0)),
                        institution: change.institution.as_deref(),
                        key: Some(&change.key),
                        subject: &subject,
                    };
                    events += u64::from(
                        self.insert_event_of(generation, origin, &draft, change.committed)
                            .await?
                            .is_some(),
                    );
                }
            }
        }
    }
}

/// What the identity of an event about a record is made of, beside its kind and facet.
pub fn subject_of_record(watch: &WatchId, key: &str, version: u32) -> String {
    format!("{watch}|{key}|{version}")
}

impl Store {
    /// The newest events that match, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sql`], or [`StoreError::Unfit`] where a document is damaged.
    pub async fn events(&self, filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        let mut tx = self.reader.begin().await?;
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(SELECT_EVENT);
        query.push(" WHERE e.superseded = 0");
        if let Some(since) = filter.since {
            query.push(" AND e.detected_ms >= ").push_bind(since.millis());
        }
        if let Some(until) = filter.until {
            query.push(" AND e.detected_ms < ").push_bind(until.millis());
        }
        if let Some(institution) = &filter.institution {
            query.push(" AND e.institution = ").push_bind(institution.clone());
        }
        if let Some(kind) = filter.kind {
            query.push(" AND e.kind = ").push_bind(kind.name());
        }
        if let Some(topic) = filter.topic {
            query
                .push(" AND EXISTS (SELECT 1 FROM json_each(e.topics) WHERE value = ")
                .push_bind(topic.name())
                .push(")");
        }
        if let Some(watch) = &filter.watch {
            query
                .push(" AND e.watch_id = (SELECT id FROM watch WHERE name = ")
                .push_bind(watch.to_string())
                .push(")");
        }
        if let Some(severity) = filter.min_severity {
            query.push(" AND e.severity_rank >= ").push_bind(severity as i64);
        }
        if let Some(before) = filter.before_id {
            query
                .push(" AND (e.detected_ms, e.id) < ((SELECT detected_ms FROM event WHERE id = ")
                .push_bind(before);
            query.push("), ").push_bind(before).push(")");
        }
        query
            .push(" ORDER BY e.detected_ms DESC, e.id DESC LIMIT ")
            .push_bind(filter.limit);
        let rows = query.build().fetch_all(&mut *tx).await?;
        with_changes(&mut tx, rows).await
    }
}

pub(super) const SELECT_EVENT: &str =
    "SELECT e.id, e.kind, e.severity, e.institution, w.name, e.key, e.title, e.summary, e.topics, e.link,
            COALESCE(e.story, e.id), e.occurred_ms, e.detected_ms, e.product, e.non_alma, c.from_version, c.to_version
     FROM event e LEFT JOIN watch w ON w.id = e.watch_id LEFT JOIN change c ON c.id = e.change_id";

/// Events from rows of [`SELECT_EVENT`], with the fields that differ between the two versions behind each.
pub(super) async fn with_changes(
    connection: &mut SqliteConnection,
    rows: Vec<SqliteRow>,
) -> Result<Vec<Event>, StoreError> {
    let versions: Vec<i64> = rows
        .iter()
        .flat_map(|row| {
            row.get::<Option<i64>, _>(15)
                .into_iter()
                .chain(row.get::<Option<i64>, _>(16))
        })
        .collect();
    let documents = documents(connection, &versions).await?;
    let document = |id: Option<i64>| {
        id.and_then(|id| documents.get(&id))
            .map_or(Value::Null, |document| parsed(document))
    };
    rows.iter()
        .map(|row| {
            let (Some(kind), Some(severity)) = (EventKind::named(row.get(1)), Severity::named(row.get(2))) else {
                return Err(StoreError::Unfit(format!(
                    "event {} is of a kind that this program does not know",
                    row.get::<i64, _>(0)
                )));
            };
            Ok(Event {
                id: row.get(0),
                kind,
                severity,
                institution: row.get(3),
                watch: row.get(4),
                key: row.get(5),
                title: row.get(6),
                summary: row.get(7),
                topics: serde_json::from_str(row.get(8)).unwrap_or_default(),
                link: row.get(9),
                group: row.get(10),
                occurred_at: row.get::<Option<i64>, _>(11).map(Moment::from_millis),
                detected_at: Moment::from_millis(row.get(12)),
                changes: field_changes(&document(row.get(15)), &document(row.get(16))),
                product: row.get(13),
                non_alma: row.get(14),
            })
        })
        .collect()
}
