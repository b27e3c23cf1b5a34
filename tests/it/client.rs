//! The client core against a stand-in that misbehaves as Ex Libris does. Time is a clock that the test reads.

#![expect(
    clippy::unwrap_used,
    reason = "a story whose stage cannot be set fails, and says where"
)]

mod doors;
mod pages;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use almanac::clock::{Clock, ManualClock};
use almanac::config::secret::SecretRef;
use almanac::config::{ExLibrisSettings, Institution};
use almanac::exlibris::alma;
use almanac::exlibris::error::{CallError, Problem};
use almanac::exlibris::http::{CALLS_PER_POLL_MAX, ExLibris, Session};
use almanac::exlibris::retry::{ATTEMPTS_MAX, RETRY_AFTER_MAX};
use almanac::model::institution::InstitutionKind;
use almanac::model::moment::Moment;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const KEY: &str = "l8xxcanary0key0must0never0be0seen";
const CODE: &str = "01AAA_INST";
const VIEW: &str = "01AAA_INST:MAIN";

/// A stand-in, a client that knows it, and the clock of both.
struct Stage {
    server: MockServer,
    exlibris: ExLibris,
    institution: Institution,
    hand: ManualClock,
    secrets: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        Self::set_with(|_| {}).await
    }

    async fn set_with(change: impl FnOnce(&mut ExLibrisSettings)) -> Self {
        let server = MockServer::start().await;
        let base: Url = server.uri().parse().unwrap();
        let mut settings = ExLibrisSettings {
            knowledge_center: base.clone(),
            static_docs: base.clone(),
            developer_network: base.clone(),
            status: base.clone(),
            contact: Some("systems@example.org".to_owned()),
            per_second: 1_000.0,
            daily_budget: 10_000,
            quota_floor: 0,
            timeout: Duration::from_secs(30),
        };
        change(&mut settings);
        let (clock, hand) = Clock::manual(start());
        let secrets = tempfile::tempdir().unwrap();
        let key = keep_key(secrets.path(), KEY);
        Self {
            server,
            exlibris: ExLibris::new(&settings, clock).unwrap(),
            institution: institution(base, Some(key)),
            hand,
            secrets,
        }
    }

    fn session(&self) -> Session {
        self.exlibris.session(Some(&self.institution))
    }

    fn url(&self, path: &str) -> Url {
        self.server.uri().parse::<Url>().unwrap().join(path).unwrap()
    }

    async fn answers(&self, answer: ResponseTemplate) {
        Mock::given(any()).respond_with(answer).mount(&self.server).await;
    }

    /// First `answer`, `times` over; afterwards whatever is mounted next.
    async fn answers_first(&self, times: u64, answer: ResponseTemplate) {
        let mock = Mock::given(any()).respond_with(answer).up_to_n_times(times);
        mock.mount(&self.server).await;
    }

    async fn asked(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// How long the program would have waited.
    fn waited(&self) -> Duration {
        self.hand.now().since(start())
    }

    async fn get(&self, session: &Session) -> Result<Value, CallError> {
        let base = self.institution.gateway.as_ref().unwrap();
        let path = ["almaws", "v1", "partners"];
        quiet(
            session
                .get_json(base, &path, &[("limit", "100")], "reading partners")
                .await,
        )
    }

    async fn fails(&self, answer: ResponseTemplate) -> CallError {
        self.answers(answer).await;
        self.get(&self.session()).await.unwrap_err()
    }
}

fn start() -> Moment {
    "2026-11-25T07:00:00Z".parse().unwrap()
}

fn institution(base: Url, api_key: Option<SecretRef>) -> Institution {
    Institution {
        code: CODE.to_owned(),
        name: "A University".to_owned(),
        kind: InstitutionKind::OwnAlma,
        gateway: Some(base.clone()),
        api_key,
        webhook_secret: None,
        views: vec![VIEW.to_owned()],
        primo_host: Some(base),
        aliases: Vec::new(),
        zone: None,
        joined: None,
        left: None,
        former_codes: Vec::new(),
        quota_pool: CODE.to_owned(),
        per_second: None,
        daily_budget: None,
    }
}

fn keep_key(dir: &Path, key: &str) -> SecretRef {
    let file = dir.join("key");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    SecretRef::File(file)
}

/// No error may show the key or an address' query, however it is printed.
fn quiet<T>(result: Result<T, CallError>) -> Result<T, CallError> {
    if let Err(error) = &result {
        for text in [
            format!("{error}"),
            format!("{error:?}"),
            serde_json::to_string(error).unwrap(),
        ] {
            assert!(!text.contains(KEY) && !text.contains("limit="), "{text}");
        }
    }
    result
}

fn ok() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"partner": [], "total_record_count": 0}))
}

fn xml_error(status: u16, code: &str) -> ResponseTemplate {
    let body = format!(
        r#"<?xml version="1.0"?><web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans"><errorsExist>true</errorsExist>
        <errorList><error><errorCode>{code}</errorCode><errorMessage>Pat Smith, {KEY}</errorMessage>
        <trackingId>E01-2511-XYZ</trackingId></error></errorList></web_service_result>"#
    );
    ResponseTemplate::new(status).set_body_raw(body, "text/plain")
}

#[tokio::test]
async fn the_key_travels_in_the_header_and_nowhere_else() {
    let stage = Stage::set().await;
    stage.answers(ok()).await;
    let session = stage.session();
    stage.get(&session).await.unwrap();
    let asked = stage.asked().await;
    let request = &asked[0];
    assert_eq!(request.headers["authorization"], format!("apikey {KEY}"));
    assert_eq!(request.headers["accept"], "application/json");
    let agent = format!("Almanac/{} (+systems@example.org)", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.headers["user-agent"], agent);
    assert_eq!(request.url.path(), "/almaws/v1/partners");
    assert_eq!(request.url.query(), Some("limit=100"));
    let elsewhere = request
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() != "authorization");
    assert!(
        elsewhere
            .into_iter()
            .all(|(_, value)| !value.to_str().unwrap().contains(KEY))
    );
    assert!(!format!("{session:?}{:?}", stage.exlibris).contains(KEY));
    assert_eq!(session.calls(), 1);
}

#[tokio::test]
async fn without_a_key_nothing_is_asked_and_the_reason_says_what_to_do() {
    let stage = Stage::set().await;
    let base = stage.url("/");
    let missing = SecretRef::File(stage.secrets.path().join("not-there"));
    for key in [None, Some(missing)] {
        let nobody = institution(base.clone(), key);
        let session = stage.exlibris.session(Some(&nobody));
        let error = stage.get(&session).await.unwrap_err();
        assert!(
            matches!(&error.problem, Problem::NoKey(why) if !why.is_empty()),
            "{error}"
        );
    }
    let plain = institution(
        "http://gateway.example.org".parse().unwrap(),
        Some(keep_key(stage.secrets.path(), KEY)),
    );
    let error = alma::general(&stage.exlibris.session(Some(&plain))).await.unwrap_err();
    assert!(
        matches!(&error.problem, Problem::NoKey(why) if why.contains("https")),
        "{error}"
    );
    assert!(stage.asked().await.is_empty());
}

#[tokio::test]
async fn any_partner_code_is_asked_for_as_one_segment() {
    let stage = Stage::set().await;
    stage.answers(ok()).await;
    let session = stage.session();
    for code in ["NLNZ:WLC", "a/b", "two words", "50%?#", "ü"] {
        let base = stage.url("/");
        session
            .get_json(&base, &["almaws", "v1", "partners", code], &[], "reading")
            .await
            .unwrap();
    }
    let asked = stage.asked().await;
    let paths: Vec<_> = asked.iter().map(|request| request.url.path().to_owned()).collect();
    let expected = ["NLNZ:WLC", "a%2Fb", "two%20words", "50%25%3F%23", "%C3%BC"];
    assert_eq!(paths, expected.map(|code| format!("/almaws/v1/partners/{code}")));
    assert!(asked.iter().all(|request| request.url.query().is_none()));
}

#[tokio::test]
async fn too_fast_is_asked_again_and_then_answered() {
    let stage = Stage::set().await;
    let slow_down = json!({"errorList": {"error": [{"errorCode": "PER_SECOND_THRESHOLD"}]}, "errorsExist": true});
    stage
        .answers_first(2, ResponseTemplate::new(429).set_body_json(slow_down))
        .await;
    stage.answers(ok()).await;
    let session = stage.session();
    stage.get(&session).await.unwrap();
    assert_eq!(session.calls(), 3);
    // One and two seconds, each up to a half shorter.
    assert!(stage.waited() >= Duration::from_millis(1_500) && stage.waited() <= Duration::from_millis(3_010));
}

#[tokio::test]
async fn after_the_last_attempt_the_error_says_how_often_was_tried() {
    for (answer, problem) in [
        (xml_error(429, "PER_SECOND_THRESHOLD"), Problem::TooFast(ATTEMPTS_MAX)),
        (xml_error(500, "GENERAL_ERROR"), Problem::ServerFailed(ATTEMPTS_MAX)),
        (xml_error(503, "GENERAL_ERROR"), Problem::ServerFailed(ATTEMPTS_MAX)),
    ] {
        let stage = Stage::set().await;
        let error = stage.fails(answer).await;
        assert_eq!(error.problem, problem);
        assert_eq!(error.tracking_id.as_deref(), Some("E01-2511-XYZ"));
        assert_eq!(stage.asked().await.len(), ATTEMPTS_MAX as usize);
        assert!(
            stage
                .asked()
                .await
                .iter()
                .all(|request| request.method == wiremock::http::Method::GET)
        );
    }
}

#[tokio::test]
async fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    for (value, seconds) in [("7", 7), ("Wed, 25 Nov 2026 07:00:09 GMT", 9)] {
        let stage = Stage::set().await;
        stage
            .answers_first(1, ResponseTemplate::new(429).insert_header("Retry-After", value))
            .await;
        stage.answers(ok()).await;
        stage.get(&stage.session()).await.unwrap();
        assert_eq!(stage.waited(), Duration::from_secs(seconds), "{value}");
    }
}

#[tokio::test]
async fn a_wish_to_wait_too_long_ends_the_call_and_slows_the_whole_pool() {
    let stage = Stage::set().await;
    stage
        .answers_first(1, ResponseTemplate::new(429).insert_header("Retry-After", "86400"))
        .await;
    stage.answers(ok()).await;
    let error = stage.get(&stage.session()).await.unwrap_err();
    assert_eq!((error.problem, stage.waited()), (Problem::TooFast(1), Duration::ZERO));
    stage.get(&stage.session()).await.unwrap();
    assert_eq!(stage.waited(), RETRY_AFTER_MAX);
}

#[tokio::test]
async fn an_error_is_an_error_whatever_its_status_says() {
    let unauthorized = Stage::set().await.fails(xml_error(200, "UNAUTHORIZED")).await;
    assert_eq!(unauthorized.problem, Problem::Unauthorized);
    assert_eq!(unauthorized.error_code.as_deref(), Some("UNAUTHORIZED"));
    assert!(!format!("{unauthorized} {unauthorized:?}").contains("Smith"));
    let missing = Stage::set().await.fails(xml_error(400, "402118")).await;
    assert_eq!(missing.problem, Problem::NotFound);
    let routing = Stage::set().await.fails(xml_error(500, "ROUTING_ERROR")).await;
    assert_eq!(
        routing.to_string(),
        "reading partners: Ex Libris refused the call (errorCode ROUTING_ERROR, trackingId E01-2511-XYZ)"
    );
}

#[tokio::test]
async fn a_login_page_or_half_an_answer_is_implausible() {
    let bodies = [
        "<!DOCTYPE html><title>Sign in, Smith</title>",
        "{\"partner\":[{\"a\":",
        "",
        "Smith",
    ];
    for body in bodies {
        let stage = Stage::set().await;
        let error = stage
            .fails(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
            .await;
        assert!(matches!(error.problem, Problem::Implausible(_)), "{error}");
        assert!(!error.to_string().contains("Smith"), "{error}");
        assert_eq!(stage.asked().await.len(), 1);
    }
}

#[tokio::test]
async fn a_key_never_crosses_a_redirect() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ok()).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        let stage = Stage::set().await;
        // Alma itself puts keys into such addresses (ALMA.md §1).
        let away = format!("{}/x?apikey={KEY}", elsewhere.uri());
        let same = format!("{}/x?apikey={KEY}", stage.server.uri());
        for target in [away, same] {
            stage.server.reset().await;
            let error = stage
                .fails(ResponseTemplate::new(status).insert_header("Location", target))
                .await;
            assert_eq!((error.problem, error.status), (Problem::RedirectedAway, Some(status)));
            assert_eq!(stage.asked().await.len(), 1);
        }
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_service_that_hangs_is_left_after_the_time_out() {
    let stage = Stage::set_with(|settings| settings.timeout = Duration::from_millis(60)).await;
    stage.answers(ok().set_delay(Duration::from_secs(60))).await;
    let session = stage.session();
    let error = stage.get(&session).await.unwrap_err();
    assert_eq!(error.problem, Problem::TimedOut(1));
    assert_eq!(session.calls(), ATTEMPTS_MAX);
}

#[tokio::test]
async fn a_refused_connection_is_named_with_its_host() {
    let stage = Stage::set().await;
    // Bound but not listening, so that nobody else gets the port meanwhile.
    let deaf = tokio::net::TcpSocket::new_v4().unwrap();
    deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody: Url = format!("http://{}", deaf.local_addr().unwrap()).parse().unwrap();
    let session = stage.session();
    let error = quiet(
        session
            .get_json(&nobody, &["x"], &[("limit", "1")], "reading partners")
            .await,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "reading partners: no connection: connection refused (127.0.0.1)"
    );
    assert_eq!(session.calls(), ATTEMPTS_MAX);
}

#[tokio::test]
async fn the_quota_is_read_from_good_and_bad_answers() {
    let stage = Stage::set().await;
    stage
        .answers_first(1, ok().insert_header("X-Exl-Api-Remaining", "498668"))
        .await;
    stage
        .answers_first(
            1,
            xml_error(400, "402118").insert_header("X-Exl-Api-Remaining", "498667"),
        )
        .await;
    stage.answers(ok()).await;
    let session = stage.session();
    assert_eq!(session.quota_remaining(), None);
    stage.get(&session).await.unwrap();
    assert_eq!(session.quota_remaining(), Some(498_668));
    stage.get(&session).await.unwrap_err();
    assert_eq!(session.quota_remaining(), Some(498_667));
    stage.get(&session).await.unwrap();
    assert_eq!(session.quota_remaining(), Some(498_667));
}

#[tokio::test]
async fn forty_calls_keep_the_pace_of_their_institution() {
    let stage = Stage::set_with(|settings| settings.per_second = 5.0).await;
    stage.answers(ok()).await;
    let session = stage.session();
    let calls = (0..40).map(|_| stage.get(&session));
    let all = futures_util::future::join_all(calls).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(session.calls(), 40);
    assert!(stage.waited() >= Duration::from_millis(7_800), "{:?}", stage.waited());
}

#[tokio::test]
async fn a_poll_that_has_lost_its_way_is_stopped() {
    let stage = Stage::set().await;
    stage.answers(ok()).await;
    let session = stage.session();
    for _ in 0..CALLS_PER_POLL_MAX {
        stage.get(&session).await.unwrap();
    }
    let error = stage.get(&session).await.unwrap_err();
    assert!(matches!(error.problem, Problem::BudgetSpent(_)), "{error}");
    assert_eq!(stage.asked().await.len(), CALLS_PER_POLL_MAX as usize);
    assert!(
        stage.get(&stage.session()).await.is_ok(),
        "the next poll may call again"
    );
}
