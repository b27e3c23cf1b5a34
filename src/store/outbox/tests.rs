use serde_json::Value;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::meaning::health::delivery_dead;

const START: Moment = Moment::from_millis(1_795_000_000_000);

async fn world() -> (tempfile::TempDir, Store, ManualClock) {
    let dir = tempfile::tempdir().unwrap();
    let (clock, hand) = Clock::manual(START);
    let store = Store::open(&dir.path().join("almanac.db"), clock).await.unwrap();
    sqlx::query("INSERT INTO watch (id, name, source) VALUES (1, 'alma.partners/01TUN_INST', 'alma.partners')")
        .execute(&store.writer)
        .await
        .unwrap();
    (dir, store, hand)
}

/// An event owed to each of `channels` from `due` on.
async fn owe(store: &Store, title: &str, channels: &[&str], due: Moment) -> i64 {
    let mut tx = store.write().await.unwrap();
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO event (generation, identity, watch_id, kind, severity, severity_rank, institution, key, title, \
         summary, topics, non_alma, detected_ms) VALUES (1, ?, 1, 'partner.deactivated', 'warning', 2, '01TUN_INST', \
         'BC', ?, 'It was active.', '[\"resource-sharing\"]', 0, ?) RETURNING id",
    )
    .bind(title)
    .bind(title)
    .bind(tx.now.millis())
    .fetch_one(&mut *tx.tx)
    .await
    .unwrap();
    for channel in channels {
        tx.insert_notice(id, channel, due).await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}

async fn compose(store: &Store, channel: &str, max: u32) -> u32 {
    let mut tx = store.write().await.unwrap();
    let count = tx.compose_due(channel, max).await.unwrap();
    tx.commit().await.unwrap();
    count
}

async fn take(store: &Store, channel: &str) -> Option<MessageToSend> {
    let mut tx = store.write().await.unwrap();
    let message = tx.take_due(channel).await.unwrap();
    tx.commit().await.unwrap();
    message
}

async fn sent(store: &Store, message: &MessageToSend) {
    let mut tx = store.write().await.unwrap();
    tx.mark_sent(message).await.unwrap();
    tx.commit().await.unwrap();
}

async fn dead(store: &Store, message: &MessageToSend, channel: &str) -> Option<i64> {
    let mut tx = store.write().await.unwrap();
    assert!(tx.mark_dead(message, "gone").await.unwrap());
    let event = tx
        .record_dead_event(
            message,
            channel,
            &delivery_dead(channel, message.events, message.attempt, "gone"),
        )
        .await
        .unwrap();
    tx.commit().await.unwrap();
    event
}

fn titles(message: &MessageToSend) -> Vec<String> {
    let body: Value = serde_json::from_str(&message.body).unwrap();
    let events = body["data"]["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_frozen_body_tells_the_event_whole() {
    let (_dir, store, _) = world().await;
    let event = owe(&store, "Tufts: BC is inactive", &["ops"], START).await;
    assert_eq!(compose(&store, "ops", 50).await, 1);
    let message = take(&store, "ops").await.unwrap();
    let body: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "type": "almanac.events",
            "id": message.id,
            "timestamp": START.to_string(),
            "data": {"events": [{
                "id": event, "kind": "partner.deactivated", "severity": "warning", "institution": "01TUN_INST",
                "watch": "alma.partners/01TUN_INST", "key": "BC", "title": "Tufts: BC is inactive",
                "summary": "It was active.", "topics": ["resource-sharing"], "link": null, "group": event,
                "occurred_at": null, "detected_at": START.to_string(),
            }]},
        })
    );
    assert!(
        message.id.starts_with("msg_") && message.id.len() == 36,
        "{}",
        message.id
    );
}

#[tokio::test]
async fn notices_are_composed_when_due_a_bounded_number_at_a_time_and_once() {
    let (_dir, store, hand) = world().await;
    let later = START.plus(Duration::from_secs(3600));
    owe(&store, "digest", &["ops"], later).await;
    for number in 0..5 {
        owe(&store, &format!("now {number}"), &["ops", "other"], START).await;
    }
    assert_eq!(compose(&store, "ops", 3).await, 3);
    assert_eq!(compose(&store, "ops", 3).await, 2);
    assert_eq!(compose(&store, "ops", 3).await, 0, "the digest is not due yet");
    let first = take(&store, "ops").await.unwrap();
    assert_eq!(titles(&first), ["now 0", "now 1", "now 2"]);
    sent(&store, &first).await;
    let second = take(&store, "ops").await.unwrap();
    assert_eq!(titles(&second), ["now 3", "now 4"]);
    assert_ne!(first.id, second.id);
    sent(&store, &second).await;
    hand.set(later);
    assert_eq!(compose(&store, "ops", 3).await, 1);
    assert_eq!(titles(&take(&store, "ops").await.unwrap()), ["digest"]);
    assert!(
        take(&store, "other").await.is_none(),
        "the other channel has composed nothing"
    );
}

#[tokio::test]
async fn an_event_is_owed_to_a_channel_once_and_the_earlier_moment_wins() {
    let (_dir, store, _) = world().await;
    let later = START.plus(Duration::from_secs(60));
    let event = owe(&store, "once", &["ops", "ops"], later).await;
    let mut tx = store.write().await.unwrap();
    tx.insert_notice(event, "ops", START).await.unwrap();
    tx.insert_notice(event, "ops", later).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(compose(&store, "ops", 50).await, 1);
    assert_eq!(compose(&store, "ops", 50).await, 0);
}

#[tokio::test]
async fn large_events_are_spread_over_messages() {
    let (_dir, store, _) = world().await;
    let long = "x".repeat(EVENTS_BYTES_MAX / 2);
    for number in 0..3 {
        owe(&store, &format!("{number}{long}"), &["ops"], START).await;
    }
    owe(&store, &"y".repeat(EVENTS_BYTES_MAX * 2), &["ops"], START).await;
    let mut sizes = Vec::new();
    loop {
        match compose(&store, "ops", 50).await {
            0 => break,
            count => sizes.push(count),
        }
    }
    assert_eq!(sizes, [1, 1, 1, 1], "each with its summary is over half of the bound");
}

#[tokio::test]
async fn a_younger_message_waits_for_an_older_open_one_but_not_for_a_dead_one() {
    let (_dir, store, hand) = world().await;
    owe(&store, "older", &["ops"], START).await;
    compose(&store, "ops", 50).await;
    owe(&store, "younger", &["ops"], START).await;
    compose(&store, "ops", 50).await;
    let older = take(&store, "ops").await.unwrap();
    assert_eq!(older.attempt, 1);
    assert!(take(&store, "ops").await.is_none(), "one attempt at a time");
    let next = START.plus(Duration::from_secs(30));
    let mut tx = store.write().await.unwrap();
    tx.mark_retry(&older, next, "no connection").await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        take(&store, "ops").await.is_none(),
        "the older one waits, so the younger one does"
    );
    hand.set(next);
    let again = take(&store, "ops").await.unwrap();
    assert_eq!((again.attempt, again.first_attempt), (2, START));
    assert_eq!((&again.id, &again.body), (&older.id, &older.body));
    assert!(dead(&store, &again, "ops").await.is_some());
    assert_eq!(titles(&take(&store, "ops").await.unwrap()), ["younger"]);
}

#[tokio::test]
async fn an_attempt_cut_off_is_made_again_under_the_same_id() {
    let (_dir, store, hand) = world().await;
    owe(&store, "once", &["ops"], START).await;
    compose(&store, "ops", 50).await;
    let before = take(&store, "ops").await.unwrap();
    let mut tx = store.write().await.unwrap();
    assert_eq!(tx.release_interrupted().await.unwrap(), 1);
    tx.commit().await.unwrap();
    let after = take(&store, "ops").await.unwrap();
    assert_eq!((&after.id, &after.body, after.attempt), (&before.id, &before.body, 2));
    // Without a restart (a poll beside the daemon was killed) it goes out again after a while.
    assert!(take(&store, "ops").await.is_none());
    hand.advance(ATTEMPT_STALE_AFTER);
    assert_eq!(take(&store, "ops").await.unwrap().attempt, 3);
}

#[tokio::test]
async fn a_late_failure_does_not_undo_what_a_later_attempt_did() {
    let (_dir, store, hand) = world().await;
    owe(&store, "once", &["ops"], START).await;
    compose(&store, "ops", 50).await;
    let slow = take(&store, "ops").await.unwrap();
    hand.advance(ATTEMPT_STALE_AFTER);
    let quick = take(&store, "ops").await.unwrap();
    let mut tx = store.write().await.unwrap();
    assert!(!tx.mark_dead(&slow, "late").await.unwrap());
    tx.mark_retry(&slow, START, "late").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.messages(None, 9).await.unwrap()[0].state, MessageState::Sending);
    sent(&store, &quick).await;
    let mut tx = store.write().await.unwrap();
    assert!(!tx.mark_dead(&slow, "later still").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(store.messages(None, 9).await.unwrap()[0].state, MessageState::Sent);
}

#[tokio::test]
async fn a_dead_message_is_one_event_and_a_retry_keeps_its_id() {
    let (_dir, store, hand) = world().await;
    let event = owe(&store, "once", &["ops"], START).await;
    compose(&store, "ops", 50).await;
    let message = take(&store, "ops").await.unwrap();
    let death = dead(&store, &message, "ops").await.unwrap();
    let rows = store.messages(Some(MessageState::Dead), 9).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].attempts, rows[0].last_error.as_deref()), (1, Some("gone")));
    assert_eq!((&rows[0].events, rows[0].next_attempt), (&vec![event], None));

    assert_eq!(store.retry_dead(Some(&["msg_unknown".to_owned()])).await.unwrap(), 0);
    assert_eq!(
        store.retry_dead(Some(std::slice::from_ref(&message.id))).await.unwrap(),
        1
    );
    assert_eq!(store.retry_dead(None).await.unwrap(), 0, "it is queued already");
    hand.advance(Duration::from_secs(1));
    let again = take(&store, "ops").await.unwrap();
    assert_eq!((&again.id, &again.body, again.attempt), (&message.id, &message.body, 1));
    assert_eq!(again.first_attempt, hand.now(), "it has another 24 hours");
    assert_eq!(dead(&store, &again, "ops").await, None, "it died before");

    // A message that tells only of the death makes no further event when it dies too.
    let mut tx = store.write().await.unwrap();
    tx.insert_notice(death, "other", tx.now).await.unwrap();
    tx.commit().await.unwrap();
    compose(&store, "other", 50).await;
    let news = take(&store, "other").await.unwrap();
    let body: Value = serde_json::from_str(&news.body).unwrap();
    assert_eq!(body["data"]["events"][0]["kind"], "delivery.dead");
    assert_eq!(body["data"]["events"][0]["watch"], Value::Null);
    assert_eq!(dead(&store, &news, "other").await, None);
}

#[tokio::test]
async fn deaths_at_one_channel_are_one_story_for_two_days() {
    let (_dir, store, hand) = world().await;
    let mut deaths = Vec::new();
    for (name, hours) in [("a", 0), ("b", 47), ("c", 49)] {
        hand.advance(Duration::from_secs(3600 * hours));
        owe(&store, name, &["ops"], START).await;
        compose(&store, "ops", 50).await;
        let message = take(&store, "ops").await.unwrap();
        deaths.push(dead(&store, &message, "ops").await.unwrap());
    }
    let stories: Vec<Option<i64>> =
        sqlx::query_scalar("SELECT story FROM event WHERE kind = 'delivery.dead' ORDER BY id")
            .fetch_all(&store.reader)
            .await
            .unwrap();
    assert_eq!(stories, [None, Some(deaths[0]), None]);
}

#[tokio::test]
async fn what_was_not_committed_was_never_composed() {
    let (_dir, store, _) = world().await;
    owe(&store, "once", &["ops"], START).await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(tx.compose_due("ops", 50).await.unwrap(), 1);
    drop(tx);
    assert!(store.messages(None, 9).await.unwrap().is_empty());
    assert_eq!(compose(&store, "ops", 50).await, 1);
}

#[test]
fn ids_differ_by_database_row_channel_and_content() {
    let ids: std::collections::BTreeSet<String> = [
        stable_id("a", 1, "ops", "x"),
        stable_id("b", 1, "ops", "x"),
        stable_id("a", 2, "ops", "x"),
        stable_id("a", 1, "opsx", ""),
        stable_id("a", 1, "ops", "y"),
    ]
    .into();
    assert_eq!(ids.len(), 5);
    assert_eq!(stable_id("a", 1, "ops", "x"), stable_id("a", 1, "ops", "x"));
}

#[tokio::test]
async fn what_runs_at_every_heartbeat_uses_an_index() {
    let (_dir, store, _) = world().await;
    let newest = format!("{MESSAGES} WHERE state = 'dead' ORDER BY id DESC LIMIT 9");
    let interrupted = "UPDATE message SET state = 'waiting' WHERE state = 'sending'".to_owned();
    for (sql, index) in [
        (NOTICES_DUE.replace('?', "1"), "notice_waiting (channel=? AND due_ms<?)"),
        (OLDEST_OPEN.replace('?', "1"), "message_open (channel=?)"),
        (newest, "message_by_state (state=?)"),
        (interrupted, "message_by_state (state=?)"),
    ] {
        let plan: Vec<String> = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .fetch_all(&store.reader)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get::<String, _>("detail"))
            .collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{sql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        let scans = plan
            .lines()
            .filter(|line| line.starts_with("SCAN") && !line.contains("(subquery"))
            .count();
        assert_eq!(scans, 0, "{sql}\n{plan}");
    }
}
