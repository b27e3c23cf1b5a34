//! The HTTP API over a real loopback port: shapes, errors, guards, stopping.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use almanac::clock::{Clock, ManualClock};
use almanac::config::Config;
use almanac::model::moment::Moment;
use almanac::store::Store;
use almanac::telemetry;
use almanac::web::{self, ApiState};
use metrics_exporter_prometheus::PrometheusHandle;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command_line::settings;

/// A served history without polls.
struct Served {
    address: SocketAddr,
    client: Client,
    beat: Arc<AtomicI64>,
    hand: ManualClock,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
    _dir: TempDir,
}

impl Served {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let database = dir.path().join("almanac.db");
        let file = dir.path().join("almanac.toml");
        std::fs::write(&file, settings(&database)).unwrap();
        let config = Config::load(&file).unwrap();
        let (clock, hand) = Clock::manual("2026-11-25T12:00:00Z".parse().unwrap());
        let store = Store::open(&database, clock.clone()).await.unwrap();
        let beat = Arc::new(AtomicI64::new(0));
        let state = ApiState::new(Arc::new(config), store, clock, beat.clone(), Some(counts()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = tokio::spawn(web::serve(listener, state, stop.clone()));
        Self {
            address,
            client: Client::builder().no_proxy().build().unwrap(),
            beat,
            hand,
            stop,
            server,
            _dir: dir,
        }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        response.json().await.unwrap()
    }

    async fn problem(&self, path: &str) -> Value {
        problem(self.get(path).await).await
    }
}

/// The program counts once, whichever test asks first.
fn counts() -> PrometheusHandle {
    static COUNTS: OnceLock<PrometheusHandle> = OnceLock::new();
    COUNTS.get_or_init(|| telemetry::start_metrics().unwrap()).clone()
}

/// Checks that an answer is a problem in the one shape, and gives its body.
#[track_caller]
fn check_problem(status: StatusCode, content_type: &str, body: &Value) {
    assert_eq!(content_type, "application/problem+json", "{body}");
    assert_eq!(body["status"], status.as_u16(), "{body}");
    assert_eq!(body["type"], "about:blank", "{body}");
    assert!(body["title"].is_string() && body["code"].is_string(), "{body}");
    assert!(
        body["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
        "{body}"
    );
}

async fn problem(response: Response) -> Value {
    let status = response.status();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    check_problem(status, &content_type, &body);
    body
}

#[tokio::test]
async fn an_empty_history_answers_with_the_commands_shapes() {
    let served = Served::start().await;
    let watches = served.json("/api/v1/watches").await;
    assert_eq!(watches.as_array().unwrap().len(), 2);
    let fields: Vec<&str> = watches[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "consecutive_failures",
            "id",
            "institution",
            "last_poll",
            "last_success",
            "next_due",
            "quota_remaining",
            "reason",
            "records",
            "source",
            "state",
            "verified",
        ]
    );
    for path in [
        "/api/v1/events",
        "/api/v1/events?since=30d&until=2026-11-25&kind=partner.added&topic=resource-sharing&min_severity=notice&limit=9",
        "/api/v1/snapshots?watch=release-notes/alma",
        "/api/v1/records?watch=release-notes%2Falma&key=a%20key%2Fwith%20all&at=6h",
        "/api/v1/diff?watch=release-notes/alma",
        "/api/v1/diff?watch=release-notes/alma&from=2w&to=2026-11-25T07:00:00-05:00",
    ] {
        assert_eq!(served.json(path).await, json!([]), "{path}");
    }
}

#[tokio::test]
async fn every_error_is_a_problem_that_says_what_to_do() {
    let served = Served::start().await;

    let body = served.problem("/api/v2/everything").await;
    assert!(
        body["status"] == 404 && body["detail"].as_str().unwrap().contains("/api/v1/events"),
        "{body}"
    );

    let body = served.problem("/api/v1/events?sinze=30d").await;
    assert!(body["status"] == 400 && body["parameter"] == "sinze", "{body}");
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains("since, until, institution, kind"),
        "{body}"
    );

    let body = served.problem("/api/v1/events?since=soon").await;
    assert!(
        body["parameter"] == "since" && body["detail"].as_str().unwrap().contains("30d"),
        "{body}"
    );
    // An unescaped plus is a space; the sentence knows.
    let body = served.problem("/api/v1/events?since=2026-11-25T08:00:00+01:00").await;
    assert!(body["detail"].as_str().unwrap().contains("%2B"), "{body}");

    assert_eq!(
        served.problem("/api/v1/events?kind=a&kind=b").await["parameter"],
        "kind"
    );
    assert_eq!(served.problem("/api/v1/events?limit=5000").await["parameter"], "limit");
    assert_eq!(
        served.problem("/api/v1/events?before_id=x").await["parameter"],
        "before_id"
    );
    assert_eq!(served.problem("/api/v1/records").await["parameter"], "watch");
    assert_eq!(served.problem("/api/v1/watches?state=ok").await["parameter"], "state");

    let body = served.problem("/api/v1/records?watch=release-notes/alam").await;
    assert!(body["status"] == 404, "{body}");
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains("did you mean release-notes/alma?"),
        "{body}"
    );
}

#[tokio::test]
async fn reading_only() {
    let served = Served::start().await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let response = served.ask(method, "/api/v1/watches").send().await.unwrap();
        assert_eq!(response.headers()["allow"], "GET,HEAD");
        assert_eq!(problem(response).await["status"], 405);
    }
    let big = served
        .ask(Method::GET, "/api/v1/watches")
        .body("x".repeat(4096))
        .send()
        .await
        .unwrap();
    assert_eq!(problem(big).await["status"], 413);
    let head = served.ask(Method::HEAD, "/api/v1/watches").send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_answer_keeps_a_browser_from_doing_anything_with_it() {
    let served = Served::start().await;
    for path in [
        "/api/v1/watches",
        "/healthz",
        "/metrics",
        "/nowhere",
        "/api/v1/events?x=y",
    ] {
        let response = served.get(path).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(
            header("content-security-policy").contains("default-src 'none'"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(
            !response.headers().contains_key("access-control-allow-origin"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_foreign_name_for_this_computer_gets_nothing() {
    let served = Served::start().await;
    for path in ["/api/v1/watches", "/healthz", "/metrics", "/nowhere"] {
        let response = served
            .ask(Method::GET, path)
            .header("host", "rebound.example:8787")
            .send()
            .await
            .unwrap();
        assert_eq!(problem(response).await["status"], 421, "{path}");
    }
    let response = served
        .ask(Method::GET, "/healthz")
        .header("host", "localhost:1234")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn ready_means_the_heart_beats() {
    let served = Served::start().await;
    assert_eq!(served.json("/healthz").await, json!({"status": "ok"}));
    assert_eq!(served.problem("/readyz").await["status"], 503);

    let now: Moment = served.hand.now();
    served.beat.store(now.millis(), Ordering::SeqCst);
    assert_eq!(
        served.json("/readyz").await,
        json!({"status": "ready", "last_beat": "2026-11-25T12:00:00.000Z"})
    );

    served.hand.advance(Duration::from_secs(600));
    let body = served.problem("/readyz").await;
    assert!(
        body["status"] == 503 && body["detail"].as_str().unwrap().contains("600 s"),
        "{body}"
    );
    assert_eq!(
        served.json("/healthz").await,
        json!({"status": "ok"}),
        "alive all the same"
    );
}

#[tokio::test]
async fn metrics_count_by_pattern_and_never_by_what_a_caller_wrote() {
    let served = Served::start().await;
    served
        .get("/api/v1/records?watch=release-notes/alma&key=Wanderer-0815")
        .await;
    served.get("/wanderer/0815").await;
    let text = served.get("/metrics").await.text().await.unwrap();
    assert!(text.contains("# TYPE almanac_watches gauge"), "{text}");
    assert!(text.contains(r#"almanac_watches{state="never"} 2"#), "{text}");
    assert!(
        text.contains(r#"almanac_http_requests_total{route="/api/v1/records",status="200"}"#),
        "{text}"
    );
    assert!(
        text.contains(r#"almanac_http_requests_total{route="none",status="404"}"#),
        "{text}"
    );
    assert!(!text.to_lowercase().contains("wanderer"), "{text}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_up_the_end() {
    let served = Served::start().await;
    let mut half_sent = TcpStream::connect(served.address).await.unwrap();
    half_sent
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: loc")
        .await
        .unwrap();
    served.get("/healthz").await;
    served.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(8), served.server).await;
    ended.expect("the server ends within its bound").unwrap().unwrap();
    assert!(
        TcpStream::connect(served.address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn only_loopback_is_served() {
    let open: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let refused = web::listen(open).await.unwrap_err();
    assert!(
        refused.to_string().contains("set [server] listen = \"127.0.0.1:"),
        "{refused}"
    );
    // A listener that came by another way is refused too.
    let served = Served::start().await;
    let listener = TcpListener::bind(open).await.unwrap();
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("almanac.toml");
    std::fs::write(&file, settings(&dir.path().join("almanac.db"))).unwrap();
    let (clock, _) = Clock::manual(Moment::from_millis(0));
    let state = ApiState::new(
        Arc::new(Config::load(&file).unwrap()),
        Store::open(&dir.path().join("almanac.db"), clock.clone())
            .await
            .unwrap(),
        clock,
        served.beat.clone(),
        None,
    );
    let refused = web::serve(listener, state, CancellationToken::new()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_those_who_can_read_it() {
    let served = Served::start().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let request =
        "GET /api/v1/watches HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(head.contains("content-encoding: gzip"), "{head}");
}
