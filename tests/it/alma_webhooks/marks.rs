//! What Alma sends about readers and staff leaves no mark: not in the database, not in the log at its most talkative, not in
//! an answer.

use std::process::{Command, Stdio};

use almanac::clock::Clock;
use serde_json::{Value, json};

use super::{NIGHTLY, PROXY, SECRET_OF_ELM, TO_ELM, job_end, signed, with_secrets};
use crate::daemon_troubles::{exit_code, terminate, until};
use crate::world::{ELM, World, partners};

const MARKS: &[&str] = &[
    "canary-reader",
    "canary-title",
    "canary-staff",
    "canary-job",
    "canary-challenge",
];

/// One message of each kind that Alma knows, with the fields in which people stand.
fn messages() -> Vec<Value> {
    let now = Clock::System.now();
    let envelope = |action: &str, event: &str| {
        json!({
            "id": "1", "action": action, "time": now, "institution": {"value": ELM, "desc": "Elm"},
            "event": {"value": event, "desc": "canary-title"}
        })
    };
    let mut messages = Vec::new();
    for (action, event, part) in [
        ("LOAN", "LOAN_CREATED", "item_loan"),
        ("REQUEST", "REQUEST_CREATED", "user_request"),
        ("USER", "USER_UPDATED", "webhook_user"),
        ("NOTIFICATION", "OverdueNotice", "notification"),
        ("BIB", "BIB_UPDATED", "bib"),
        ("ITEM", "ITEM_UPDATED", "item"),
    ] {
        let mut message = envelope(action, event);
        message[part] = json!({
            "user_id": "canary-reader-1", "title": "canary-title", "pickup_location": "Main",
            "user": {"primary_id": "canary-reader-2", "full_name": "canary-reader Anna", "email": "canary-reader@example.org"},
            "comment": "canary-staff"
        });
        // Even where a job is named beside the reader.
        message["job_instance"] = json!({"name": NIGHTLY, "submitted_by": {"value": "canary-staff"}});
        messages.push(message);
    }
    let mut ours = job_end(ELM, &format!("{NIGHTLY} canary-job"), now);
    ours["job_instance"]["submitted_by"] = json!({"value": "canary-staff", "desc": "canary-staff, Anna"});
    ours["job_instance"]["alert"] = json!([{"value": "x", "desc": "canary-reader"}]);
    messages.push(ours);
    messages.push(job_end(ELM, "canary-job of another kind", now));
    messages
        .push(json!({"action": "canary-reader", "time": "canary-reader", "institution": {"value": "canary-reader"}}));
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mark_of_a_message_is_found_anywhere() {
    let mut world = World::with("[server]\nlisten = \"127.0.0.1:0\"\n").await;
    let dir = world.dir.path().to_owned();
    world
        .reconfigure(|config| with_secrets(config, &dir, &[(ELM, SECRET_OF_ELM)]))
        .await;
    world.wire().partners.insert(ELM.into(), partners(2));
    world.almanac.store.close().await;
    let log = dir.join("log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args(["run", "--config"])
        .arg(world.config_file())
        .env("ALMANAC_LOG", "trace")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut address = String::new();
    until("it does not say where it listens", async || {
        let text = std::fs::read_to_string(&log).unwrap();
        let found = text
            .split_once("the HTTP API is at http://")
            .and_then(|(_, rest)| rest.split_once("/api/v1/"));
        address = found.map(|(address, _)| address.to_owned()).unwrap_or_default();
        !address.is_empty()
    })
    .await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = String::new();
    for message in messages() {
        for (right, status) in [(true, 200), (false, 401)] {
            let body = message.to_string();
            let signature = if right {
                signed(SECRET_OF_ELM, &body)
            } else {
                signed("another", &body)
            };
            let request = client.post(format!("http://{address}{TO_ELM}")).header("host", PROXY);
            let answer = request
                .header("X-Exl-Signature", signature)
                .body(body)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), status, "{message}");
            answers.push_str(&format!("{:?}", answer.headers()));
            answers.push_str(&answer.text().await.unwrap());
        }
    }
    let bad = client.get(format!("http://{address}{TO_ELM}?challenge=%3Ccanary-challenge%3E"));
    answers.push_str(&bad.send().await.unwrap().text().await.unwrap());
    for path in ["/metrics", "/api/v1/watches", "/api/v1/events"] {
        answers.push_str(
            &client
                .get(format!("http://{address}{path}"))
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap(),
        );
    }
    terminate(&child);
    assert_eq!(exit_code(&mut child).await, Some(0));

    let said = std::fs::read_to_string(&log).unwrap();
    assert!(
        said.contains("a resource-sharing job of 01ELM_INST has ended"),
        "the log says what was done"
    );
    assert!(
        said.contains("a webhook of Alma was dropped: it is not about a job"),
        "the log was not talkative"
    );
    let mut searched = vec![
        ("the log".to_owned(), said.into_bytes()),
        ("an answer".to_owned(), answers.into_bytes()),
    ];
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        searched.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    assert!(
        searched
            .iter()
            .any(|(name, bytes)| name.ends_with(".db") && bytes.len() > 10_000)
    );
    for (what, bytes) in &searched {
        for mark in MARKS {
            let found = bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
            assert!(!found, "{mark} is in {what}");
        }
    }
    // The message that was acted on is remembered by a hash alone.
    world.restart().await;
    let polled = world.almanac.store.watch_states().await.unwrap();
    assert!(polled.iter().any(|(_, state)| state.last_poll.is_some()));
}
