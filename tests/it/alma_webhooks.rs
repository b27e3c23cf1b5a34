//! Alma's webhooks over a real loopback port, as they come through a proxy of another name: what is taken, what is refused,
//! and which polls the daemon makes for them.

mod marks;
mod real;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::mpsc::channel;
use std::time::Duration;

use almanac::model::moment::Moment;
use almanac::poll::daemon::Daemon;
use almanac::poll::hasten::HASTENED_EVERY;
use almanac::store::watches::WatchState;
use almanac::web::{self, ApiState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::daemon::{daemon, tick};
use crate::world::{ELM, OAK, Player, World, partners, write_secret};

const SECRET_OF_ELM: &str = "what Elm and its Alma share";
const SECRET_OF_OAK: &str = "what Oak and its Alma share";
const TO_ELM: &str = "/webhooks/alma/01ELM_INST";
const TO_OAK: &str = "/webhooks/alma/01OAK_INST";
/// The name under which the proxy is known to Alma.
const PROXY: &str = "hooks.library.example";

const WATCHES: &str = r#"
[[watch]]
source = "alma.lending-requests"
institutions = ["*"]
schedule = "0 3 * * *"
[[watch]]
source = "alma.borrowing-requests"
institutions = ["*"]
report = "/shared/{institution}/Almanac"
schedule = "0 3 * * *"
[[watch]]
source = "alma.jobs"
institutions = ["*"]
schedule = "0 3 * * *"
[[watch]]
source = "alma.libraries"
institutions = ["*"]
schedule = "0 3 * * *"
"#;

/// A world whose history is served; both libraries take webhooks.
struct Served {
    world: World,
    address: SocketAddr,
    client: Client,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The configuration with a secret for each of `libraries`.
fn with_secrets(config: &str, dir: &std::path::Path, libraries: &[(&str, &str)]) -> String {
    let mut config = config.to_owned();
    for (code, secret) in libraries {
        let file = dir.join(format!("{code}.webhook"));
        write_secret(&file, secret);
        let line = format!("code = \"{code}\"\n");
        let more = format!("{line}webhook_secret = {{ file = \"{}\" }}\n", file.display());
        config = config.replacen(&line, &more, 1);
    }
    config
}

impl Served {
    async fn new() -> Self {
        Self::with(&[(ELM, SECRET_OF_ELM), (OAK, SECRET_OF_OAK)]).await
    }

    async fn with(libraries: &[(&str, &str)]) -> Self {
        let mut world = World::with(WATCHES).await;
        let dir = world.dir.path().to_owned();
        world.reconfigure(|config| with_secrets(config, &dir, libraries)).await;
        for code in [ELM, OAK] {
            world.wire().partners.insert(code.into(), partners(2));
        }
        let (config, store) = (world.almanac.config.clone(), world.almanac.store.clone());
        let state = ApiState::new(config, store, world.clock.clone(), Arc::new(AtomicI64::new(0)), None);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(web::serve(listener, state, stop.clone()));
        Self {
            world,
            address,
            client: Client::builder().no_proxy().build().unwrap(),
            stop,
        }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask_as(PROXY, method, path)
    }

    fn ask_as(&self, host: &str, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url).header("host", host)
    }

    /// Posts a body as it is; gives the status and the answer's body.
    async fn post(&self, path: &str, signature: Option<&str>, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let mut request = self.ask(Method::POST, path).body(body.into());
        if let Some(signature) = signature {
            request = request.header("X-Exl-Signature", signature);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Posts a message of Elm's Alma.
    async fn say(&self, message: &Value) -> u16 {
        let body = message.to_string();
        let (status, answer) = self.post(TO_ELM, Some(&signed(SECRET_OF_ELM, &body)), body).await;
        assert!(status != 200 || answer == json!({"status": "ok"}), "{answer}");
        status
    }

    /// The end of a job of Elm's, now.
    fn ended(&self, job: &str) -> Value {
        job_end(ELM, job, self.world.clock.now())
    }

    /// The watches due now, by name.
    async fn due(&self) -> Vec<String> {
        let due = self.world.almanac.store.due(self.world.clock.now()).await.unwrap();
        let mut due: Vec<String> = due.iter().map(ToString::to_string).collect();
        due.sort();
        due
    }

    async fn state(&self, watch: &str) -> WatchState {
        let states = self.world.almanac.store.watch_states().await.unwrap();
        let found = states.into_iter().find(|(id, _)| id.as_str() == watch);
        found.unwrap_or_else(|| panic!("no watch {watch}")).1
    }

    /// A daemon that has polled everything; nothing is due for the next half hour.
    async fn at_rest(&self) -> Daemon {
        let daemon = daemon(&self.world).await;
        self.poll_all_due(&daemon).await;
        self.world.hand.advance(HASTENED_EVERY);
        assert_eq!(self.due().await, [""; 0]);
        daemon
    }

    /// Ticks until nothing is due; gives what was.
    async fn poll_all_due(&self, daemon: &Daemon) -> Vec<String> {
        let due = self.due().await;
        let began = self.world.clock.now();
        for _ in 0..10 {
            tick(daemon).await;
        }
        assert_eq!(self.due().await, [""; 0]);
        for watch in &due {
            // Paced calls turn the clock a little.
            assert!(self.state(watch).await.last_poll >= Some(began), "{watch}");
        }
        due
    }
}

fn signed(secret: &str, body: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_ref());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// A message in the shape of Alma's.
fn job_end(institution: &str, job: &str, at: Moment) -> Value {
    json!({
        "id": "4711",
        "action": "JOB_END",
        "institution": {"value": institution, "desc": "A library"},
        "time": at,
        "event": null,
        "job_instance": {
            "id": "4711",
            "name": job,
            "progress": 101.3,
            "status": {"value": "COMPLETED_SUCCESS", "desc": "Completed Successfully"},
            "submitted_by": {"value": "System"},
            "counter": [{"type": {"value": "c.requests", "desc": "Requests"}, "value": "12"}],
            "job_info": {"id": "S1", "name": job, "type": {"value": "SCHEDULED"}, "category": {"value": "FULFILLMENT"}, "link": "/almaws/v1/conf/jobs/S1"}
        }
    })
}

const NIGHTLY: &str = "Expired Resource Sharing Requests";

#[tokio::test]
async fn alma_sees_that_somebody_listens() {
    let served = Served::new().await;
    let answer = served.ask(Method::GET, &format!("{TO_ELM}?challenge=schwalbe-17"));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.text().await.unwrap(), r#"{"challenge":"schwalbe-17"}"#);
    for bad in [
        "",
        "?challenge=",
        "?challenge=%3Cscript%3Ealert(1)%3C/script%3E",
        "?challenge=a&challenge=b",
        "?challenge=%00",
        &format!("?challenge={}", "x".repeat(257)),
    ] {
        let answer = served.ask(Method::GET, &format!("{TO_ELM}{bad}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{bad}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("script") && !text.contains("xxxx"), "{text}");
    }
}

#[tokio::test]
async fn the_end_of_a_job_makes_its_watches_due_and_the_daemon_polls_them_at_the_next_tick() {
    let served = Served::new().await;
    let daemon = served.at_rest().await;
    assert_eq!(served.say(&served.ended(NIGHTLY)).await, 200);
    let concerned = [
        "alma.borrowing-requests/01ELM_INST",
        "alma.jobs/01ELM_INST",
        "alma.lending-requests/01ELM_INST",
    ];
    assert_eq!(served.poll_all_due(&daemon).await, concerned);

    served.world.hand.advance(HASTENED_EVERY);
    let before = served.world.asked().await.len();
    let partners_changed = served.ended("Distribute Resource Sharing Partners");
    assert_eq!(served.say(&partners_changed).await, 200);
    assert_eq!(
        served.poll_all_due(&daemon).await,
        ["alma.jobs/01ELM_INST", "alma.partners/01ELM_INST"]
    );
    let asked = served.world.asked().await.split_off(before);
    assert!(
        asked.iter().any(|call| call.starts_with("/almaws/v1/partners?")),
        "{asked:?}"
    );
    // What comes next is planned by the schedule again.
    let next = served.state("alma.partners/01ELM_INST").await.next_due.unwrap();
    assert!(next > served.world.clock.now().plus(Duration::from_hours(3)), "{next}");
}

#[tokio::test]
async fn what_is_not_signed_rightly_is_refused_without_a_reason_and_does_nothing() {
    let served = Served::new().await;
    let _daemon = served.at_rest().await;
    let message = served.ended(NIGHTLY);
    let body = message.to_string();
    let right = signed(SECRET_OF_ELM, &body);
    let mut flipped = body.clone().into_bytes();
    flipped[20] ^= 1;
    let reserialised = serde_json::to_string_pretty(&message).unwrap();
    let hex = right.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut answers = Vec::new();
    for (signature, body) in [
        (None, body.clone().into_bytes()),
        (Some(""), body.clone().into_bytes()),
        (Some("AAAA"), body.clone().into_bytes()),
        (Some(hex.as_str()), body.clone().into_bytes()),
        (Some(right.as_str()), flipped),
        (Some(right.as_str()), reserialised.into_bytes()),
        (Some(right.as_str()), Vec::new()),
        (Some(signed(SECRET_OF_OAK, &body).as_str()), body.clone().into_bytes()),
        (Some(signed("", &body).as_str()), body.clone().into_bytes()),
    ] {
        let (status, answer) = served.post(TO_ELM, signature, body).await;
        assert_eq!((status, &answer["code"]), (401, &json!("not-signed")), "{answer}");
        answers.push(answer);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "nothing is learned by trying");
    // Rightly signed by one library, it is wrong at the other's address …
    assert_eq!(served.post(TO_OAK, Some(&right), body.clone()).await.0, 401);
    // … and one that is signed for the address, but tells of another library, does nothing.
    let of_oak = job_end(OAK, NIGHTLY, served.world.clock.now());
    assert_eq!(served.say(&of_oak).await, 200);
    assert_eq!(served.due().await, [""; 0]);
    // After all this the right one counts.
    assert_eq!(served.post(TO_ELM, Some(&right), body).await.0, 200);
    assert_eq!(served.due().await.len(), 3);
}

#[tokio::test]
async fn a_repeated_or_old_message_is_acknowledged_and_does_nothing() {
    let served = Served::new().await;
    let daemon = served.at_rest().await;
    let first = served.ended(NIGHTLY);
    assert_eq!(served.say(&first).await, 200);
    assert_eq!(served.poll_all_due(&daemon).await.len(), 3);
    // Long after, when the watches could be brought forward again.
    served.world.hand.advance(HASTENED_EVERY * 2);
    assert_eq!(served.say(&first).await, 200);
    let now = served.world.clock.now();
    for time in [
        now.minus(Duration::from_secs(24 * 3600 + 1)),
        now.plus(Duration::from_secs(3601)),
    ] {
        assert_eq!(served.say(&job_end(ELM, NIGHTLY, time)).await, 200);
    }
    assert_eq!(served.due().await, [""; 0]);
    // Sent again by Alma after ten hours, because nobody answered: that is still taken.
    assert_eq!(
        served
            .say(&job_end(ELM, NIGHTLY, now.minus(Duration::from_hours(10))))
            .await,
        200
    );
    assert_eq!(served.due().await.len(), 3);
}

#[tokio::test]
async fn other_jobs_and_what_cannot_be_read_do_nothing() {
    let served = Served::new().await;
    let _daemon = served.at_rest().await;
    assert_eq!(served.say(&served.ended("Publishing Platform Job")).await, 200);
    assert_eq!(
        served
            .say(&json!({"action": "BIB", "time": served.world.clock.now()}))
            .await,
        200
    );
    for body in [
        &b"<webhook><action>JOB_END</action></webhook>"[..],
        b"",
        b"[]",
        b"\xff\xfe",
        b"{\"action\": 7}",
    ] {
        assert_eq!(
            served.post(TO_ELM, Some(&signed(SECRET_OF_ELM, body)), body).await.0,
            200
        );
    }
    assert_eq!(served.due().await, [""; 0]);
}

#[tokio::test]
async fn a_body_may_be_as_large_as_a_job_needs_and_no_larger() {
    let served = Served::new().await;
    let _daemon = served.at_rest().await;
    let padded = |bytes: usize| {
        let mut body = served.ended(NIGHTLY).to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        body
    };
    let large = padded(64 * 1024 + 1);
    let signature = signed(SECRET_OF_ELM, &large);
    let (status, answer) = served.post(TO_ELM, Some(&signature), large.clone()).await;
    assert_eq!((status, &answer["code"]), (413, &json!("body-too-large")), "{answer}");
    // Without a length said beforehand it is cut where it grows too large.
    // All that is sent can be read: nothing is left that would cut the connection before the answer has come.
    let (most, last) = large.split_at(64 * 1024);
    let request = format!(
        "POST {TO_ELM} HTTP/1.1\r\nhost: {PROXY}\r\nconnection: close\r\nx-exl-signature: {signature}\r\n\
         transfer-encoding: chunked\r\n\r\n10000\r\n{most}\r\n1\r\n{last}\r\n"
    );
    assert!(raw(served.address, &request).await.starts_with("HTTP/1.1 413 "));
    assert_eq!(served.due().await, [""; 0]);

    let full = padded(64 * 1024);
    assert_eq!(
        served.post(TO_ELM, Some(&signed(SECRET_OF_ELM, &full)), full).await.0,
        200
    );
    assert_eq!(served.due().await.len(), 3);
}

#[tokio::test]
async fn where_it_is_not_configured_there_is_nothing() {
    let served = Served::with(&[(ELM, SECRET_OF_ELM)]).await;
    let body = job_end(OAK, NIGHTLY, served.world.clock.now()).to_string();
    for host in [PROXY, "localhost"] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let mut told = Vec::new();
            for path in [&format!("{TO_OAK}?challenge=x"), "/webhooks/alma/NOBODY", "/nowhere"] {
                let request = served.ask_as(host, method.clone(), path);
                let request = request.header("X-Exl-Signature", signed(SECRET_OF_OAK, &body));
                let answer = request.body(body.clone()).send().await.unwrap();
                let mut headers = answer.headers().clone();
                headers.remove("date");
                told.push((answer.status(), headers, answer.text().await.unwrap()));
            }
            let expected = if host == PROXY { 421 } else { 404 };
            assert_eq!(told[0].0.as_u16(), expected, "{method} as {host}");
            assert_eq!(told[0], told[1], "{method} as {host}");
            assert_eq!(told[0], told[2], "{method} as {host}");
        }
    }
    // Nothing else is reached by the proxy's name, though one library's webhooks are.
    for path in [
        "/api/v1/watches",
        "/metrics",
        "/webhooks/alma/01ELM_INST/../../../api/v1/watches",
    ] {
        let url = format!("GET {path} HTTP/1.1\r\nhost: {PROXY}\r\nconnection: close\r\n\r\n");
        assert!(raw(served.address, &url).await.starts_with("HTTP/1.1 421 "), "{path}");
    }
    let answer = served.ask(Method::DELETE, TO_ELM).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET,HEAD,POST");
    assert!(answer.text().await.unwrap().contains("by POST"));
}

/// Sends bytes as they are; a client would tidy the path.
async fn raw(address: SocketAddr, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn while_the_secret_cannot_be_read_alma_is_asked_to_come_again() {
    let served = Served::new().await;
    let _daemon = served.at_rest().await;
    let file = served.world.dir.path().join(format!("{ELM}.webhook"));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(served.say(&served.ended(NIGHTLY)).await, 503);
    let (status, answer) = served.post(TO_ELM, None, "x").await;
    assert_eq!(status, 401, "{answer}");
    assert_eq!(served.due().await, [""; 0]);
    // A new secret needs no restart.
    write_secret(&file, "a new one");
    served.world.hand.advance(Duration::from_secs(10));
    let body = served.ended(NIGHTLY).to_string();
    assert_eq!(
        served.post(TO_ELM, Some(&signed("a new one", &body)), body).await.0,
        200
    );
    assert_eq!(served.due().await.len(), 3);
    // It is not read anew for every message, but soon.
    std::fs::remove_file(&file).unwrap();
    for (later, status) in [(9, 200), (1, 503)] {
        served.world.hand.advance(Duration::from_secs(later));
        let body = served.ended(NIGHTLY).to_string();
        let (answered, _) = served.post(TO_ELM, Some(&signed("a new one", &body)), body).await;
        assert_eq!(answered, status, "{later}");
    }
}

#[tokio::test]
async fn a_flood_of_messages_brings_a_watch_forward_once_in_the_named_time() {
    let served = Served::new().await;
    let daemon = served.at_rest().await;
    const WATCH: &str = "alma.partners/01ELM_INST";
    let began = served.world.clock.now();
    let mut polls = Vec::new();
    // Two hundred different messages in fifty minutes, with a tick after each.
    for number in 0..200 {
        let message = served.ended(&format!("Resource Sharing Partners, part {number}"));
        assert_eq!(served.say(&message).await, 200);
        tick(&daemon).await;
        let polled = served.state(WATCH).await.last_poll.unwrap();
        if polls.last() != Some(&polled) {
            polls.push(polled);
        }
        served.world.hand.advance(Duration::from_secs(15));
    }
    let minutes: Vec<u64> = polls.iter().map(|poll| poll.since(began).as_secs() / 60).collect();
    assert_eq!(minutes, [0, 15, 30, 45]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_while_a_poll_is_under_way_is_seen_by_another_one() {
    const WATCH: &str = "alma.partners/01ELM_INST";
    let served = Served::new().await;
    let daemon = served.at_rest().await;
    assert_eq!(served.say(&served.ended("Import partner records")).await, 200);
    let (asked, has_asked) = channel();
    let (go, may_go) = channel::<()>();
    let mut held = true;
    served.world.wire().players.push(Player(Box::new(move |call| {
        if call.path == "/partners" && call.institution == ELM && std::mem::take(&mut held) {
            asked.send(()).unwrap();
            may_go.recv().unwrap();
        }
        None
    })));
    daemon.tick().await.unwrap();
    tokio::task::spawn_blocking(move || has_asked.recv().unwrap())
        .await
        .unwrap();
    served.world.hand.advance(Duration::from_secs(2));
    let heard = served.world.clock.now();
    assert_eq!(served.say(&served.ended("Import partner records")).await, 200);
    go.send(()).unwrap();
    daemon.idle().await;
    let state = served.state(WATCH).await;
    let polled = state.last_poll.unwrap();
    assert!(polled >= heard, "it ended after the message came");
    assert_eq!(state.next_due, Some(polled.plus(HASTENED_EVERY)));
    served.world.hand.advance(HASTENED_EVERY);
    assert!(served.poll_all_due(&daemon).await.contains(&WATCH.to_owned()));
    let next = served.state(WATCH).await.next_due.unwrap();
    assert!(
        next > served.world.clock.now().plus(Duration::from_hours(3)),
        "then by schedule: {next}"
    );
}

#[tokio::test]
async fn check_says_whether_the_secret_is_there() {
    let served = Served::new().await;
    std::fs::remove_file(served.world.dir.path().join(format!("{OAK}.webhook"))).unwrap();
    let rows = almanac::poll::check::check(&served.world.almanac.config, &served.world.clock, None, None).await;
    let rows: Vec<_> = rows.unwrap().into_iter().filter(|row| row.check == "webhook").collect();
    let told: Vec<_> = rows.iter().map(|row| (row.subject.as_str(), row.ok)).collect();
    assert_eq!(told, [(ELM, true), (OAK, false)]);
    assert!(rows[0].detail.contains(TO_ELM), "{rows:?}");
    assert!(
        rows[1].detail.contains("does not exist; put the secret there"),
        "{rows:?}"
    );
}
