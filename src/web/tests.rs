//! The guards that only show when something inside goes wrong.

use std::future::pending;

use axum::response::Response;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// Routes that misbehave, behind the real guards.
struct Served {
    address: SocketAddr,
    client: reqwest::Client,
    _dir: TempDir,
}

impl Served {
    async fn start(slots: guard::Slots) -> Self {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("almanac.toml");
        let database = dir.path().join("almanac.db");
        let settings = format!(
            "[consortium]\nname = \"A Consortium\"\ntimezone = \"America/New_York\"\n[store]\npath = \"{}\"\n",
            database.display()
        );
        std::fs::write(&file, settings).unwrap();
        let clock = Clock::manual("2026-11-25T12:00:00Z".parse().unwrap()).0;
        let store = Store::open(&database, clock.clone()).await.unwrap();
        let config = Arc::new(Config::load(&file).unwrap());
        let mut state = ApiState::new(config, store, clock, Arc::default(), None);
        state.slots = slots;
        let routes = Router::new()
            .route("/panics", get(panics))
            .route("/hangs", get(async || pending::<Response>().await))
            .route("/metrics", get(health::metrics));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, guarded(routes, state)).into_future());
        Self {
            address,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _dir: dir,
        }
    }

    async fn problem(&self, path: &str) -> (reqwest::header::HeaderMap, Value) {
        let response = self
            .client
            .get(format!("http://{}{path}", self.address))
            .send()
            .await
            .unwrap();
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        (headers, response.json().await.unwrap())
    }
}

async fn panics() -> Response {
    panic!("the secret of the inside")
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing_of_the_inside() {
    let served = Served::start(guard::Slots::default()).await;
    for _ in 0..2 {
        let (_, body) = served.problem("/panics").await;
        assert_eq!(
            (&body["status"], &body["code"]),
            (&500.into(), &"internal".into()),
            "{body}"
        );
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn more_than_can_be_answered_is_refused_at_once() {
    let served = Served::start(guard::Slots::none()).await;
    let (headers, body) = served.problem("/hangs").await;
    assert_eq!(
        (&body["status"], &body["code"]),
        (&503.into(), &"busy".into()),
        "{body}"
    );
    assert_eq!(headers["retry-after"], "1");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let served = Served::start(guard::Slots::default()).await;
    // The time-out is the runtime's, which turns its own clock where nothing else is left to do.
    tokio::time::pause();
    let (_, body) = served.problem("/hangs").await;
    assert_eq!(
        (&body["status"], &body["code"]),
        (&503.into(), &"too-slow".into()),
        "{body}"
    );
}

#[tokio::test]
async fn a_program_that_does_not_count_says_so() {
    let served = Served::start(guard::Slots::default()).await;
    let (_, body) = served.problem("/metrics").await;
    assert_eq!(
        (&body["status"], &body["code"]),
        (&503.into(), &"not-counting".into()),
        "{body}"
    );
}
