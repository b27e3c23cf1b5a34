use axum::body::Body;
use proptest::prelude::any;
use proptest::prelude::*;
use tempfile::TempDir;

use super::super::guard;

use super::*;
use crate::clock::Clock;
use crate::store::Store;

const SECRET: &[u8] = b"a secret of our own";
/// `printf 'almanac' | openssl dgst -sha256 -hmac 'a secret of our own' -binary | base64`, and so on.
const VECTORS: &[(&str, &str)] = &[
    ("almanac", "8BylQJySfiXIpCdNXRv7VDnxksoH/W1UxSrduRfJ33M="),
    ("", "3DRVHapzFgjrWZzz1SeaJcAyTARiGOup0tYR56wuWh4="),
    (
        "{\"action\": \"JOB_END\",\r\n \"desc\": \"Bibliothèque\"}\n",
        "AVgX+BOgWDUDl4VXP+oG9Hsw7OnP8OesxdJrfyw0eoo=",
    ),
];

fn headers(signatures: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for signature in signatures {
        headers.append(SIGNATURE, signature.parse().unwrap());
    }
    headers
}

#[test]
fn a_signature_is_over_the_raw_bytes() {
    for (body, signed) in VECTORS {
        let signature = signature(&headers(&[signed])).unwrap();
        assert!(is_signed(SECRET, body.as_bytes(), &signature), "{body}");
        assert!(!is_signed(b"a secret of others", body.as_bytes(), &signature), "{body}");
        assert!(!is_signed(SECRET, format!("{body} ").as_bytes(), &signature), "{body}");
    }
}

#[test]
fn what_cannot_be_a_signature_is_none() {
    let right = VECTORS[0].1;
    for wrong in [
        &[] as &[&str],
        &[""],
        &[right, right],
        &[&right[..40]],
        &[&right.replace('=', "")],
        &["AAAA"],
        &["not base64 at all, but forty-four characters"],
        &["bm90IHRoaXJ0eS10d28gYnl0ZXMgbG9uZywgYnV0IHF1aXRlIG1vcmU="],
    ] {
        assert_eq!(signature(&headers(wrong)), None, "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn any_other_byte_breaks_the_signature(
        body in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
        mac.update(&body);
        let signature: [u8; SIGNATURE_BYTES] = mac.finalize().into_bytes().into();
        prop_assert!(is_signed(SECRET, &body, &signature));
        let mut forged = body.clone();
        forged[at.index(body.len())] ^= 1 << bit;
        prop_assert!(!is_signed(SECRET, &forged, &signature));
        let mut other = signature;
        other[at.index(SIGNATURE_BYTES)] ^= 1 << bit;
        prop_assert!(!is_signed(SECRET, &body, &other));
    }

    #[test]
    fn whatever_is_given_back_means_nothing_to_a_browser(challenge in "\\PC{0,40}") {
        if is_harmless(&challenge) {
            prop_assert!(!challenge.contains(['<', '>', '&', '"', '\'', '`', '(', ';', ':', '\\', ' ', '%']));
            prop_assert_eq!(json!({"challenge": challenge}).to_string(), format!("{{\"challenge\":\"{challenge}\"}}"));
        }
    }

    #[test]
    fn no_message_is_too_odd(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = what_it_touches(&body, "01ELM_INST", now());
    }
}

#[test]
fn challenges_are_short_and_plain() {
    for good in [
        "1234",
        "d9b0c3a2-7f2e-4c1b",
        "Zm9v+/==",
        "a.b_c~d",
        &"x".repeat(CHALLENGE_CHARS_MAX),
    ] {
        assert!(is_harmless(good), "{good}");
    }
    for bad in [
        "",
        "a b",
        "a\nb",
        "a\0b",
        "<script>",
        "\"}",
        "{{7*7}}",
        "ä",
        "%3C",
        "javascript:alert(1)",
        &"x".repeat(CHALLENGE_CHARS_MAX + 1),
    ] {
        assert!(!is_harmless(bad), "{bad:?}");
    }
}

fn now() -> Moment {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn ended() -> serde_json::Value {
    json!({
        "id": "77",
        "action": "JOB_END",
        "institution": {"value": "01ELM_INST", "desc": "Elm College"},
        "time": "2026-11-25T11:59:58.123Z",
        "event": null,
        "job_instance": {
            "name": "Expired Resource Sharing Requests",
            "progress": 101.3,
            "job_info": {"name": "Expired Resource Sharing Requests", "category": {"value": "FULFILLMENT"}}
        }
    })
}

fn touched(message: &serde_json::Value) -> Result<&'static [SourceKind], Dropped> {
    what_it_touches(message.to_string().as_bytes(), "01ELM_INST", now())
}

#[test]
fn the_end_of_a_resource_sharing_job_touches_requests_and_jobs() {
    let all = [
        SourceKind::AlmaJobs,
        SourceKind::AlmaLendingRequests,
        SourceKind::AlmaBorrowingRequests,
    ];
    assert_eq!(touched(&ended()).unwrap(), all);
    type Edit = fn(&mut serde_json::Value);
    let fine: [Edit; 8] = [
        |message| message["action"] = json!("job_end"),
        |message| message["institution"] = json!(null),
        |message| message["institution"] = json!({"desc": "Elm College"}),
        |message| message["job_instance"]["job_info"] = json!(null),
        |message| message["job_instance"]["name"] = json!("Nightly run 4711"),
        |message| message["job_instance"] = json!({"job_info": {"category": {"value": "RESOURCE_SHARING"}}}),
        |message| message["time"] = json!("2026-11-24T12:00:00Z"),
        |message| message["time"] = json!("2026-11-25T14:00:00+01:00"),
    ];
    for (case, edit) in fine.iter().enumerate() {
        let mut message = ended();
        edit(&mut message);
        assert_eq!(touched(&message).unwrap(), all, "case {case}: {message}");
    }
}

#[test]
fn everything_else_touches_nothing() {
    type Edit = fn(&mut serde_json::Value);
    let dropped: [Edit; 9] = [
        |message| message["action"] = json!("LOAN"),
        |message| message["action"] = json!(null),
        |message| message["time"] = json!("2026-11-24T11:59:59.999Z"),
        |message| message["time"] = json!("2026-11-25T13:00:00.001Z"),
        |message| message["time"] = json!("yesterday"),
        |message| message["time"] = json!(null),
        |message| message["job_instance"] = json!(null),
        |message| {
            message["job_instance"] = json!({"name": "Publishing", "job_info": {"category": {"value": "PUBLISHING"}}})
        },
        |message| message["job_instance"] = json!({}),
    ];
    for (case, edit) in dropped.iter().enumerate() {
        let mut message = ended();
        edit(&mut message);
        assert!(
            matches!(touched(&message), Err(Dropped::Quietly(_))),
            "case {case}: {message}"
        );
    }
}

#[test]
fn a_webhook_that_is_set_up_wrongly_is_somebodys_business() {
    let mut of_oak = ended();
    of_oak["institution"]["value"] = json!("01OAK_INST");
    assert!(matches!(touched(&of_oak), Err(Dropped::Misdirected(_))));
    let xml = b"<?xml version=\"1.0\"?><webhook><action>JOB_END</action></webhook>";
    assert!(matches!(
        what_it_touches(xml, "01ELM_INST", now()),
        Err(Dropped::Misdirected(_))
    ));
}

#[test]
fn the_address_is_that_of_a_configured_library_and_no_other() {
    let config = Config::parse(
        "[consortium]\nname = \"C\"\ntimezone = \"America/New_York\"\n\
         [[institution]]\ncode = \"01ELM_INST\"\nname = \"Elm\"\nkind = \"own-alma\"\nregion = \"na\"\n\
         webhook_secret = { env = \"HOOK_OF_ELM\" }\n\
         [[institution]]\ncode = \"01OAK_INST\"\nname = \"Oak\"\nkind = \"own-alma\"\nregion = \"na\"\n",
        std::path::Path::new("almanac.toml"),
    )
    .unwrap();
    let taken_by = |address: &str| receiver(&config, &address.parse().unwrap()).map(|(code, _)| code.to_owned());
    assert_eq!(taken_by("/webhooks/alma/01ELM_INST").as_deref(), Some("01ELM_INST"));
    assert_eq!(
        taken_by("/webhooks/alma/01ELM_INST?challenge=x").as_deref(),
        Some("01ELM_INST")
    );
    for other in [
        "/webhooks/alma/01OAK_INST",
        "/webhooks/alma/01elm_inst",
        "/webhooks/alma/01ELM_INST/",
        "/webhooks/alma/",
        "/webhooks/alma",
        "/webhooks/alma/../alma/01ELM_INST",
        "/webhooks/alma/01ELM%5FINST",
        "/x/webhooks/alma/01ELM_INST",
    ] {
        assert_eq!(taken_by(other), None, "{other}");
    }
}

/// A library with the alma.jobs watch, whose secret is [`SECRET`].
async fn state() -> (ApiState, TempDir) {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let settings = format!(
        "[consortium]\nname = \"C\"\ntimezone = \"America/New_York\"\n\
         [[institution]]\ncode = \"01ELM_INST\"\nname = \"Elm\"\nkind = \"own-alma\"\nregion = \"na\"\n\
         api_key = {{ env = \"KEY_OF_ELM\" }}\nwebhook_secret = {{ file = \"{}\" }}\n\
         [[watch]]\nsource = \"alma.jobs\"\ninstitutions = [\"*\"]\nschedule = \"every 6h\"\n",
        secret.display()
    );
    let config = Config::parse(&settings, std::path::Path::new("almanac.toml")).unwrap();
    let clock = Clock::manual(now()).0;
    let store = Store::open(&dir.path().join("almanac.db"), clock.clone())
        .await
        .unwrap();
    (ApiState::new(Arc::new(config), store, clock, Arc::default(), None), dir)
}

fn posted(signature: &str, body: impl Into<Body>) -> Request {
    Request::post("/webhooks/alma/01ELM_INST")
        .header(SIGNATURE, signature)
        .body(body.into())
        .unwrap()
}

fn signed(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn status(state: &ApiState, request: Request) -> StatusCode {
    answer(State(state.clone()), request).await.into_response().status()
}

#[tokio::test]
async fn a_message_that_does_not_end_is_given_up_before_alma_gives_up() {
    let (state, _dir) = state().await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let answered = status(&state, posted(VECTORS[0].1, endless)).await;
    assert_eq!(answered, StatusCode::SERVICE_UNAVAILABLE);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_message_that_cannot_be_noted_in_time_is_not_acknowledged() {
    let (state, _dir) = state().await;
    let body = ended().to_string();
    let writing = state.store.write().await.unwrap();
    tokio::time::pause();
    let answered = status(&state, posted(&signed(&body), body.clone())).await;
    assert_eq!(answered, StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::resume();
    drop(writing);
    // Sent again, it is no repeat.
    assert_eq!(status(&state, posted(&signed(&body), body)).await, StatusCode::OK);
    let known = state.store.watch_states().await.unwrap();
    assert_eq!(known.len(), 1, "the watch was looked for");
}

#[tokio::test]
async fn more_than_can_be_taken_is_refused_at_once() {
    let (mut state, _dir) = state().await;
    state.webhook_slots = guard::Slots::none();
    let body = ended().to_string();
    let answered = status(&state, posted(&signed(&body), body)).await;
    assert_eq!(answered, StatusCode::SERVICE_UNAVAILABLE);
    // Those who read are not touched by it, nor is the challenge.
    let challenge = Request::get("/webhooks/alma/01ELM_INST?challenge=x")
        .body(Body::empty())
        .unwrap();
    assert_eq!(status(&state, challenge).await, StatusCode::OK);
}
