//! Notices and messages: what is owed to channels, and what became of it.
//!
//! A notice says that an event is owed to a channel. When it is due it is composed, with others that are due, into a
//! message, whose id and body are frozen before the first attempt. An attempt is written down before it is made: killed at
//! any instant, the message goes out again under the same id (DESIGN invariant 1).

#[cfg(test)]
mod tests;

use std::time::Duration;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::write::WriteTx;
use super::{Store, StoreError};
use crate::model::answer::{MessageRow, MessageState};
use crate::model::event::{EventDraft, EventKind};
use crate::model::message::{Envelope, EnvelopeData, TYPE_EVENTS, ToldEvent};
use crate::model::moment::Moment;

/// Name under which `meta` keeps what tells this database's messages from those of any other.
const META_INSTANCE: &str = "instance";
/// An attempt that began longer ago has no one waiting for it: its process ended. Many times the longest attempt.
const ATTEMPT_STALE_AFTER: Duration = Duration::from_secs(120);
/// The longest wait before another attempt. A message that seems to wait for longer was tried while the clock ran ahead.
pub const LONGEST_WAIT: Duration = Duration::from_hours(6);
/// Bytes of events that one message carries at most (one event always fits): receivers cap what they take.
const EVENTS_BYTES_MAX: usize = 128 * 1024;
/// Characters of an error that are kept with a message.
const ERROR_CHARS_MAX: usize = 300;
/// Events of one kind and key within this time are one story (DESIGN §6).
const STORY_SPAN: Duration = Duration::from_secs(48 * 60 * 60);

/// A message that was taken for an attempt; the attempt is already counted.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageToSend {
    /// Its row in the store.
    pub row: i64,
    /// The stable id that receivers see.
    pub id: String,
    /// The [`Envelope`] as frozen JSON; sent byte by byte as it stands.
    pub body: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When the first attempt began.
    pub first_attempt: Moment,
    /// How many events it tells.
    pub events: u32,
}

const NOTICES_DUE: &str = "SELECT n.id AS notice, e.id, e.kind, e.severity, e.institution, w.name AS watch, e.key, \
     e.title, e.summary, e.topics, e.link, COALESCE(e.story, e.id) AS story, e.occurred_ms, e.detected_ms \
     FROM notice n JOIN event e ON e.id = n.event_id LEFT JOIN watch w ON w.id = e.watch_id \
     WHERE n.channel = ? AND n.message_id IS NULL AND n.due_ms <= ? ORDER BY n.due_ms, n.id LIMIT ?";
const OLDEST_OPEN: &str = "SELECT id, stable_id, state, body, attempts, first_attempt_ms, next_attempt_ms, events \
     FROM message WHERE channel = ? AND state IN ('waiting', 'sending') ORDER BY id LIMIT 1";
const MESSAGES: &str = "SELECT stable_id, channel, state, attempts, next_attempt_ms, last_error, created_ms, sent_ms, \
     (SELECT json_group_array(event_id) FROM (SELECT event_id FROM notice WHERE message_id = message.id ORDER BY event_id)) \
     AS event_ids FROM message";

impl WriteTx {
    /// Notes that an event is owed to a channel from `due` on. Said twice, it is owed once, at the earlier moment.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn insert_notice(&mut self, event_id: i64, channel: &str, due: Moment) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO notice (event_id, channel, due_ms) VALUES (?, ?, ?) \
             ON CONFLICT (event_id, channel) DO UPDATE SET due_ms = MIN(due_ms, excluded.due_ms)",
        )
        .bind(event_id)
        .bind(channel)
        .bind(due.millis())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Composes one message of the channel's notices that are due, at most `notices_max`, oldest first, and freezes it.
    /// Gives how many notices went into it; 0: nothing is due.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn compose_due(&mut self, channel: &str, notices_max: u32) -> Result<u32, StoreError> {
        let rows = sqlx::query(NOTICES_DUE)
            .bind(channel)
            .bind(self.wall.millis())
            .bind(notices_max)
            .fetch_all(&mut *self.tx)
            .await?;
        let mut notices: Vec<i64> = Vec::new();
        let mut events = Vec::new();
        let mut bytes = 0;
        for row in &rows {
            let event = told_event(row)?;
            bytes += event.title.len() + event.summary.len() + event.key.as_ref().map_or(0, String::len);
            if bytes > EVENTS_BYTES_MAX && !events.is_empty() {
                break;
            }
            notices.push(row.try_get("notice")?);
            events.push(event);
        }
        if notices.is_empty() {
            return Ok(0);
        }
        events.sort_by_key(|event| event.id);
        let count = u32::try_from(notices.len()).unwrap_or(u32::MAX);
        let message = self.insert_message(channel, events).await?;
        for notice in notices {
            sqlx::query("UPDATE notice SET message_id = ? WHERE id = ?")
                .bind(message)
                .bind(notice)
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(count)
    }

    async fn insert_message(&mut self, channel: &str, events: Vec<ToldEvent>) -> Result<i64, StoreError> {
        let instance = self.instance().await?;
        let row: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) + 1 FROM message")
            .fetch_one(&mut *self.tx)
            .await?;
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let mut envelope = Envelope {
            kind: TYPE_EVENTS.to_owned(),
            id: String::new(),
            timestamp: self.wall,
            data: EnvelopeData { events },
        };
        // The content is part of the id: a restored backup counts its rows on from an earlier number, and must not give
        // a new message the id of one that receivers have already seen.
        let content = frozen(&envelope)?;
        envelope.id = stable_id(&instance, row, channel, &content);
        sqlx::query(
            "INSERT INTO message (id, stable_id, channel, state, attempts, next_attempt_ms, events, body, created_ms) \
             VALUES (?, ?, ?, 'waiting', 0, ?, ?, ?, ?)",
        )
        .bind(row)
        .bind(&envelope.id)
        .bind(channel)
        .bind(self.wall.millis())
        .bind(count)
        .bind(frozen(&envelope)?)
        .bind(self.wall.millis())
        .execute(&mut *self.tx)
        .await?;
        Ok(row)
    }

    async fn instance(&mut self) -> Result<String, StoreError> {
        sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")
            .bind(META_INSTANCE)
            .bind(format!("{:032x}", fastrand::u128(..)))
            .execute(&mut *self.tx)
            .await?;
        Ok(sqlx::query_scalar("SELECT value FROM meta WHERE name = ?")
            .bind(META_INSTANCE)
            .fetch_one(&mut *self.tx)
            .await?)
    }

    /// Takes the channel's next message for an attempt, if it is due, and counts the attempt; commit before sending. A
    /// channel's messages leave in their order, so a message waits while an older one is open; a dead one is not.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn take_due(&mut self, channel: &str) -> Result<Option<MessageToSend>, StoreError> {
        let Some(row) = sqlx::query(OLDEST_OPEN)
            .bind(channel)
            .fetch_optional(&mut *self.tx)
            .await?
        else {
            return Ok(None);
        };
        let id: i64 = row.try_get("id")?;
        let now = self.wall;
        let next: Option<i64> = row.try_get("next_attempt_ms")?;
        let waited = next.is_none_or(|next| next <= now.millis() || next > now.plus(LONGEST_WAIT).millis());
        let taken = sqlx::query(
            "UPDATE message SET state = 'sending', attempts = attempts + 1, attempt_ms = ?, next_attempt_ms = NULL, \
             first_attempt_ms = COALESCE(first_attempt_ms, ?) \
             WHERE id = ? AND ((state = 'waiting' AND ?) OR (state = 'sending' AND (attempt_ms <= ? OR attempt_ms > ?)))",
        )
        .bind(now.millis())
        .bind(now.millis())
        .bind(id)
        .bind(waited)
        .bind(now.minus(ATTEMPT_STALE_AFTER).millis())
        .bind(now.plus(ATTEMPT_STALE_AFTER).millis())
        .execute(&mut *self.tx)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(None);
        }
        let first: Option<i64> = row.try_get("first_attempt_ms")?;
        Ok(Some(MessageToSend {
            row: id,
            id: row.try_get("stable_id")?,
            body: row.try_get("body")?,
            attempt: row.try_get::<u32, _>("attempts")?.saturating_add(1),
            first_attempt: first.map_or(now, Moment::from_millis),
            events: row.try_get("events")?,
        }))
    }

    /// The receiver accepted it.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn mark_sent(&mut self, message: &MessageToSend) -> Result<(), StoreError> {
        // Whatever another process thought of it meanwhile: accepted is accepted.
        sqlx::query(
            "UPDATE message SET state = 'sent', sent_ms = ?, next_attempt_ms = NULL, last_error = NULL WHERE id = ?",
        )
        .bind(self.wall.millis())
        .bind(message.row)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The attempt failed and another is made at `next`. Without effect if a later attempt has been begun meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn mark_retry(&mut self, message: &MessageToSend, next: Moment, error: &str) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE message SET state = 'waiting', next_attempt_ms = ?, last_error = ? \
             WHERE id = ? AND state = 'sending' AND attempts = ?",
        )
        .bind(next.millis())
        .bind(shortened(error))
        .bind(message.row)
        .bind(message.attempt)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// It is given up. False, and without effect, if a later attempt has been begun meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn mark_dead(&mut self, message: &MessageToSend, error: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE message SET state = 'dead', next_attempt_ms = NULL, last_error = ? \
             WHERE id = ? AND state = 'sending' AND attempts = ?",
        )
        .bind(shortened(error))
        .bind(message.row)
        .bind(message.attempt)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Records the event that a message is dead, in the transaction of [`WriteTx::mark_dead`], and gives its id; the
    /// caller adds the notices. `None`, and no event: this message died before (a retry that failed too), or all that it
    /// told was of other dead messages, which would go on for ever between two dead channels.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn record_dead_event(
        &mut self,
        message: &MessageToSend,
        channel: &str,
        draft: &EventDraft,
    ) -> Result<Option<i64>, StoreError> {
        let tells_more: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM notice n JOIN event e ON e.id = n.event_id WHERE n.message_id = ? AND e.kind <> ?)",
        )
        .bind(message.row)
        .bind(EventKind::DeliveryDead.name())
        .fetch_one(&mut *self.tx)
        .await?;
        if !tells_more {
            return Ok(None);
        }
        let story: Option<i64> = sqlx::query_scalar(
            "SELECT COALESCE(story, id) FROM event WHERE kind = ? AND key = ? AND superseded = 0 AND detected_ms >= ? \
             ORDER BY id DESC LIMIT 1",
        )
        .bind(draft.kind.name())
        .bind(channel)
        .bind(self.now.minus(STORY_SPAN).millis())
        .fetch_optional(&mut *self.tx)
        .await?;
        // No poll made it and no reading of the changes can make it again: generation 0, which nothing supersedes.
        Ok(sqlx::query_scalar(
            "INSERT INTO event (generation, identity, kind, severity, severity_rank, key, title, summary, topics, \
             non_alma, link, story, detected_ms) VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?) \
             ON CONFLICT (generation, identity) DO NOTHING RETURNING id",
        )
        .bind(format!("delivery/{}", message.id))
        .bind(draft.kind.name())
        .bind(draft.severity.name())
        .bind(draft.severity as i64)
        .bind(channel)
        .bind(&draft.title)
        .bind(&draft.summary)
        .bind(serde_json::to_string(&draft.topics).map_err(unwritable)?)
        .bind(&draft.link)
        .bind(story)
        .bind(self.now.millis())
        .fetch_optional(&mut *self.tx)
        .await?)
    }

    /// Puts back every message whose attempt was cut off by the end of the program, to be sent again at once under the
    /// same id; for the start of the daemon. Gives how many there were.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn release_interrupted(&mut self) -> Result<u64, StoreError> {
        let done = sqlx::query("UPDATE message SET state = 'waiting', next_attempt_ms = ? WHERE state = 'sending'")
            .bind(self.wall.millis())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected())
    }
}

const ANYTHING_DUE: &str = "SELECT EXISTS (SELECT 1 FROM notice WHERE channel = ?1 AND message_id IS NULL AND due_ms <= ?2) \
     OR COALESCE((SELECT state = 'sending' OR next_attempt_ms IS NULL OR next_attempt_ms <= ?2 OR next_attempt_ms > ?3 FROM message \
                  WHERE channel = ?1 AND state IN ('waiting', 'sending') ORDER BY id LIMIT 1), 0)";

impl Store {
    /// Whether a channel may have something to be sent; asked at every heartbeat, so it takes no write lock.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn anything_due(&self, channel: &str, now: Moment) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(ANYTHING_DUE)
            .bind(channel)
            .bind(now.millis())
            .bind(now.plus(LONGEST_WAIT).millis())
            .fetch_one(&self.reader)
            .await?)
    }

    /// The newest messages, newest first, at most `limit`; of one state where one is named.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn messages(&self, state: Option<MessageState>, limit: u32) -> Result<Vec<MessageRow>, StoreError> {
        let mut query = sqlx::QueryBuilder::new(MESSAGES);
        if let Some(state) = state {
            query.push(" WHERE state = ").push_bind(state.name());
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        let rows = query.build().fetch_all(&self.reader).await?;
        rows.iter().map(message_row).collect()
    }

    /// Queues dead messages again, at once and for another 24 hours, under the ids they had: those of the stable ids
    /// `ids`, or all. Gives how many there were.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn retry_dead(&self, ids: Option<&[String]>) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let mut query = sqlx::QueryBuilder::new(
            "UPDATE message SET state = 'waiting', attempts = 0, first_attempt_ms = NULL, next_attempt_ms = ",
        );
        query.push_bind(tx.wall.millis()).push(" WHERE state = 'dead'");
        if let Some(ids) = ids {
            let ids = serde_json::to_string(ids).map_err(unwritable)?;
            query
                .push(" AND stable_id IN (SELECT value FROM json_each(")
                .push_bind(ids)
                .push("))");
        }
        let done = query.build().execute(&mut *tx.tx).await?.rows_affected();
        tx.commit().await?;
        Ok(done)
    }
}

fn told_event(row: &SqliteRow) -> Result<ToldEvent, StoreError> {
    let topics: String = row.try_get("topics")?;
    Ok(ToldEvent {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        severity: row.try_get("severity")?,
        institution: row.try_get("institution")?,
        watch: row.try_get("watch")?,
        key: row.try_get("key")?,
        title: row.try_get("title")?,
        summary: row.try_get("summary")?,
        // A damaged list of topics must not keep the channel from being told the rest.
        topics: serde_json::from_str(&topics).unwrap_or_default(),
        link: row.try_get("link")?,
        group: row.try_get("story")?,
        occurred_at: row.try_get::<Option<i64>, _>("occurred_ms")?.map(Moment::from_millis),
        detected_at: Moment::from_millis(row.try_get("detected_ms")?),
    })
}

fn message_row(row: &SqliteRow) -> Result<MessageRow, StoreError> {
    let id: String = row.try_get("stable_id")?;
    let state: String = row.try_get("state")?;
    let events: String = row.try_get("event_ids")?;
    Ok(MessageRow {
        state: MessageState::named(&state)
            .ok_or_else(|| StoreError::Unfit(format!("message {id} has the unknown state {state:?}")))?,
        id,
        channel: row.try_get("channel")?,
        attempts: row.try_get("attempts")?,
        next_attempt: row
            .try_get::<Option<i64>, _>("next_attempt_ms")?
            .map(Moment::from_millis),
        last_error: row.try_get("last_error")?,
        events: serde_json::from_str(&events).unwrap_or_default(),
        created_at: Moment::from_millis(row.try_get("created_ms")?),
        sent_at: row.try_get::<Option<i64>, _>("sent_ms")?.map(Moment::from_millis),
    })
}

fn frozen(envelope: &Envelope) -> Result<String, StoreError> {
    serde_json::to_string(envelope).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> StoreError {
    StoreError::Unfit(format!("a message cannot be written as JSON: {error}"))
}

fn stable_id(instance: &str, row: i64, channel: &str, content: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [instance, &row.to_string(), channel, content] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let hex = hasher.finalize().to_hex();
    format!("msg_{}", &hex[..32])
}

fn shortened(error: &str) -> String {
    error.chars().take(ERROR_CHARS_MAX).collect()
}
