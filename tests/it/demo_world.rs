//! The made-up Ex Libris of `almanac demo`, looked at over HTTP: it must have the shapes of the real wire, quirks and
//! secrets included, or watching it would prove nothing.

#![expect(clippy::expect_used, reason = "a test that cannot be set up must stop")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use almanac::demo::{MUST_NEVER_BE_KEPT, World, serve};
use almanac::model::moment::Moment;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

mod resource_sharing;

const HARBOUR: &str = "01DEMOHARB_INST";
const QUARRY: &str = "01DEMOQUAR_INST";
const SALTMARSH: &str = "01DEMOSALT_INST";
const PARTNER_SYSTEMS: &str = "/almaws/v1/conf/code-tables/PartnerSystemTypes";

/// When the world begins.
fn begins() -> Moment {
    "2026-11-25T12:00:00Z".parse().expect("a moment")
}

/// A served world, and a client that knows the keys.
struct Visit {
    world: Arc<World>,
    client: Client,
    base: String,
    keys: tempfile::TempDir,
    _stop: tokio_util::sync::DropGuard,
}

impl Visit {
    async fn begin() -> Self {
        let world = Arc::new(World::new(7, begins()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        tokio::spawn(serve(world.clone(), listener, stop.clone()));
        let keys = tempfile::tempdir().expect("a directory");
        world.write_keys(keys.path()).expect("keys");
        Self {
            world,
            client: Client::builder().no_proxy().build().expect("a client"),
            base,
            keys,
            _stop: stop.drop_guard(),
        }
    }

    /// Lets so many things happen, the last of them at three seconds for each since the world began.
    fn advance(&self, steps: std::ops::Range<u64>) {
        for step in steps {
            self.world.advance(begins().plus(Duration::from_secs(3 * (step + 1))));
        }
    }

    async fn get(&self, path: &str, key: Option<&str>) -> Response {
        let mut call = self.client.get(format!("{}{path}", self.base));
        if let Some(key) = key {
            call = call.header("Authorization", format!("apikey {key}"));
        }
        call.send().await.expect("an answer")
    }

    async fn ask(&self, library: &str, path: &str) -> Response {
        let file = self.keys.path().join(format!("{library}.key"));
        let key = std::fs::read_to_string(file).expect("a key");
        self.get(path, Some(&key)).await
    }

    async fn json(&self, library: &str, path: &str) -> Value {
        let answer = self.ask(library, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        parsed(answer).await
    }

    /// Codes and statuses of all partners of a library.
    async fn partners(&self, library: &str) -> BTreeSet<(String, String)> {
        let mut all = BTreeSet::new();
        for offset in [0, 100, 200] {
            let part = self
                .json(library, &format!("/almaws/v1/partners?limit=100&offset={offset}"))
                .await;
            for partner in part["partner"].as_array().into_iter().flatten() {
                let details = &partner["partner_details"];
                let text = |key: &str| details[key].as_str().expect("text").to_owned();
                all.insert((text("code"), text("status")));
            }
        }
        all
    }
}

/// Where the report of a library's borrowing requests begins.
fn report_of(code: &str) -> String {
    format!(
        "/almaws/v1/analytics/reports?path=/shared/Demo%20Consortium/{code}/Borrowing%20requests%20for%20Almanac&limit=1000&col_names=true"
    )
}

async fn parsed(answer: Response) -> Value {
    serde_json::from_str(&text(answer).await).expect("JSON")
}

async fn text(answer: Response) -> String {
    answer.text().await.expect("a body")
}

#[tokio::test]
async fn a_bad_key_gets_status_400_and_xml() {
    let visit = Visit::begin().await;
    for key in [None, Some("no-such-key")] {
        for path in [
            "/almaws/v1/partners",
            "/almaws/v1/conf/general",
            "/primo/v1/configuration/01DEMOHARB_INST:HARB",
        ] {
            let answer = visit.get(path, key).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
            assert!(text(answer).await.contains("<errorCode>UNAUTHORIZED</errorCode>"));
        }
    }
    // A key without the area gets the same.
    let answer = visit.ask(SALTMARSH, "/almaws/v1/conf/general").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn partners_come_in_pages_of_a_hundred_and_past_the_end_without_a_list() {
    let visit = Visit::begin().await;
    let first = visit.json(QUARRY, "/almaws/v1/partners?limit=500&offset=0").await;
    let second = visit.json(QUARRY, "/almaws/v1/partners?limit=100&offset=100").await;
    let beyond = visit.json(QUARRY, "/almaws/v1/partners?limit=100&offset=200").await;
    let total = first["total_record_count"].as_u64().unwrap();
    assert_eq!(first["partner"].as_array().unwrap().len(), 100);
    assert_eq!(second["partner"].as_array().unwrap().len() as u64, total - 100);
    assert_eq!(
        beyond.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["total_record_count"]
    );
    assert_eq!(visit.partners(QUARRY).await.len() as u64, total);
    let few = visit.json(QUARRY, "/almaws/v1/partners").await;
    assert_eq!(few["partner"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn the_calls_left_fall_with_every_call() {
    let visit = Visit::begin().await;
    let mut left = Vec::new();
    for _ in 0..3 {
        let answer = visit.ask(HARBOUR, "/almaws/v1/conf/general").await;
        let remaining = answer.headers()["X-Exl-Api-Remaining"].to_str().unwrap().to_owned();
        left.push(remaining.parse::<i64>().unwrap());
        assert_eq!(parsed(answer).await["institution"]["value"], HARBOUR);
    }
    assert!(left[0] > left[1] && left[1] > left[2], "{left:?}");
}

#[tokio::test]
async fn what_must_never_be_kept_is_on_the_wire() {
    let visit = Visit::begin().await;
    let mut wire = text(visit.ask(QUARRY, "/almaws/v1/partners?limit=100").await).await;
    wire += &text(visit.ask(QUARRY, "/almaws/v1/partners?limit=100&offset=100").await).await;
    for path in [
        "/primo/v1/configuration/01DEMOHARB_INST:HARB",
        "/almaws/v1/task-lists/rs/lending-requests?library=HARB_ILL",
        &report_of(HARBOUR),
        "/almaws/v1/conf/libraries",
        "/almaws/v1/conf/integration-profiles",
    ] {
        wire += &text(visit.ask(HARBOUR, path).await).await;
    }
    for secret in MUST_NEVER_BE_KEPT {
        assert!(wire.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_view_has_the_size_of_a_real_one_and_looks_different_every_time() {
    let visit = Visit::begin().await;
    let path = "/primaws/rest/pub/configuration/vid/01DEMOMILL_INST:MILL";
    let first = text(visit.get(path, None).await).await;
    let second = text(visit.get(path, None).await).await;
    assert_ne!(first, second);
    let body: Value = serde_json::from_str(&first).unwrap();
    let switches = body["system-configuration"].as_object().unwrap();
    assert!(switches.len() > 100, "{}", switches.len());
    assert_eq!(switches["Alma_Version"], "August 2026");
    assert!(body["primo-view"]["scopes"].as_array().unwrap().len() >= 4);
    assert!(!body["mapping-tables"]["View Properties"].as_array().unwrap().is_empty());
    let strange = visit
        .get("/primaws/rest/pub/configuration/vid/01DEMOMILL_INST:NONE", None)
        .await;
    assert_eq!(strange.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn last_year_and_this_year_have_notes_and_next_year_has_none_yet() {
    let visit = Visit::begin().await;
    for (year, status) in [
        (2025, StatusCode::OK),
        (2026, StatusCode::OK),
        (2027, StatusCode::NOT_FOUND),
    ] {
        let alma = visit
            .get(&format!("/Alma/Release_Notes/{year}/Alma_{year}_Release_Notes"), None)
            .await;
        assert_eq!(alma.status(), status);
        let primo = format!("/primo/Release_Notes/{year}/Primo_VE_{year}_Release_Notes.html");
        assert_eq!(visit.get(&primo, None).await.status(), status);
    }
}

#[tokio::test]
async fn the_story_begins_with_what_everyone_wants_to_see() {
    let visit = Visit::begin().await;
    let view = "/primaws/rest/pub/configuration/vid/01DEMOMILL_INST:MILL";
    let alma = "/Alma/Release_Notes/2026/Alma_2026_Release_Notes";
    let primo = "/primo/Release_Notes/2026/Primo_VE_2026_Release_Notes.html";
    let held = |body: &Value| {
        body["primo-view"]["attributes-map"]["mayAlsoBeHeldByEnabled"]
            .to_string()
            .contains("true")
    };
    let before = (
        visit.partners(HARBOUR).await,
        held(&parsed(visit.get(view, None).await).await),
        text(visit.get(alma, None).await).await,
        text(visit.get(primo, None).await).await,
    );
    visit.advance(0..4);
    let after = (
        visit.partners(HARBOUR).await,
        held(&parsed(visit.get(view, None).await).await),
        text(visit.get(alma, None).await).await,
        text(visit.get(primo, None).await).await,
    );
    let new: Vec<_> = after.0.difference(&before.0).collect();
    assert_eq!(new, [&("01DEMOMILL_INST".to_owned(), "INACTIVE".to_owned())]);
    assert_eq!((before.1, after.1), (false, true));
    assert_eq!(after.2.matches("<h3").count(), before.2.matches("<h3").count() + 1);
    assert_eq!(after.3.matches("<h3").count(), before.3.matches("<h3").count());
    assert_ne!(after.3, before.3);
}

#[tokio::test]
async fn noise_lasts_for_one_look() {
    let visit = Visit::begin().await;
    let page = "/Alma/Release_Notes/2026/Alma_2026_Release_Notes";
    visit.advance(0..12);
    assert!(
        text(visit.get(page, None).await)
            .await
            .contains("Scheduled maintenance")
    );
    assert!(
        text(visit.get(page, None).await)
            .await
            .contains("Alma 2026 Release Notes")
    );
    visit.advance(12..15);
    let busy = visit.ask("01DEMOMILL_INST", "/almaws/v1/partners").await;
    assert_eq!(busy.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        parsed(busy).await["errorList"]["error"][0]["errorCode"],
        "PER_SECOND_THRESHOLD"
    );
    assert!(
        visit
            .ask("01DEMOMILL_INST", "/almaws/v1/partners")
            .await
            .status()
            .is_success()
    );
    visit.advance(15..17);
    let short = visit.json(HARBOUR, "/almaws/v1/partners?limit=100&offset=0").await;
    assert!((short["partner"].as_array().unwrap().len() as u64) < short["total_record_count"].as_u64().unwrap());
    let whole = visit.json(HARBOUR, "/almaws/v1/partners?limit=100&offset=0").await;
    assert_eq!(
        whole["partner"].as_array().unwrap().len() as u64,
        whole["total_record_count"].as_u64().unwrap()
    );
}

#[tokio::test]
async fn it_is_known_when_everything_was_asked() {
    let visit = Visit::begin().await;
    let libraries = [
        (HARBOUR, "HARB"),
        ("01DEMOMILL_INST", "MILL"),
        (QUARRY, "QUAR"),
        (SALTMARSH, "SALT"),
    ];
    for (code, view) in libraries {
        assert!(!visit.world.everything_was_asked());
        visit.partners(code).await;
        visit
            .ask(code, &format!("/primo/v1/configuration/{code}%3A{view}"))
            .await;
        let requests = format!("/almaws/v1/task-lists/rs/lending-requests?library={view}_ILL&status=IN_PROCESS");
        visit.ask(code, &requests).await;
        visit.ask(code, &report_of(code)).await;
        // Asked without the right to, which changes nothing, at Saltmarsh.
        let hours = format!("/almaws/v1/conf/libraries/{view}_ILL/open-hours");
        for path in [&hours, PARTNER_SYSTEMS, "/almaws/v1/conf/jobs/S7110/instances"] {
            visit.ask(code, path).await;
        }
    }
    for year in [2025, 2026] {
        assert!(!visit.world.everything_was_asked());
        visit
            .get(&format!("/Alma/Release_Notes/{year}/Alma_{year}_Release_Notes"), None)
            .await;
        let primo = format!("/primo/Release_Notes/{year}/Primo_VE_{year}_Release_Notes.html");
        visit.get(&primo, None).await;
    }
    assert!(!visit.world.everything_was_asked());
    visit.get("/wp-content/uploads/alma/openapi/partners.json", None).await;
    assert!(visit.world.everything_was_asked());
}

#[tokio::test]
async fn one_partner_is_found_by_its_odd_code_and_none_is_an_error() {
    let visit = Visit::begin().await;
    let partner = visit.json(HARBOUR, "/almaws/v1/partners/STATE%20LIB%2F2").await;
    assert_eq!(partner["partner_details"]["code"], "STATE LIB/2");
    let none = visit.ask(HARBOUR, "/almaws/v1/partners/NOBODY").await;
    assert_eq!(none.status(), StatusCode::BAD_REQUEST);
    let error = &parsed(none).await["errorList"]["error"][0];
    assert_eq!(error["errorCode"], "402118");
    assert!(error["trackingId"].as_str().unwrap().starts_with("E01-"));
}
