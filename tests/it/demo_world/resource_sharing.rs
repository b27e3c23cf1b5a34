//! Requests and configuration of the made-up libraries, looked at over HTTP.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::StatusCode;
use serde_json::Value;

use super::{HARBOUR, PARTNER_SYSTEMS, QUARRY, SALTMARSH, Visit, begins, parsed, report_of, text};

const MILLBROOK: &str = "01DEMOMILL_INST";
const LENDING: &str = "/almaws/v1/task-lists/rs/lending-requests";

impl Visit {
    /// The library's lending requests from one partner: how many stand in each status.
    async fn lends(&self, library: &str, short: &str, partner: &str) -> BTreeMap<String, usize> {
        let body = self
            .json(library, &format!("{LENDING}?library={short}_ILL&partner={partner}"))
            .await;
        let mut counts = BTreeMap::new();
        for row in body["user_resource_sharing_request"].as_array().into_iter().flatten() {
            assert_eq!(row["partner"]["value"], partner);
            let status = row["status"]["value"].as_str().expect("a status").to_owned();
            *counts.entry(status).or_default() += 1;
        }
        assert_eq!(
            body["total_record_count"].as_u64(),
            Some(counts.values().sum::<usize>() as u64)
        );
        counts
    }

    /// The pages of the library's report, until it says that it is finished; XML, or XML inside JSON.
    async fn report(&self, library: &str) -> Vec<String> {
        let mut pages: Vec<String> = Vec::new();
        let mut path = report_of(library);
        loop {
            let body = text(self.ask(library, &path).await).await;
            let page = match serde_json::from_str::<Value>(&body) {
                Ok(wrapped) => wrapped["anies"][0].as_str().expect("XML").to_owned(),
                Err(_) => body,
            };
            let finished = page.contains("<IsFinished>true</IsFinished>");
            if let Some(token) = between(&page, "ResumptionToken").first() {
                path = format!("/almaws/v1/analytics/reports?token={token}&limit=1000");
            }
            pages.push(page);
            if finished {
                return pages;
            }
        }
    }

    /// How many of the library's borrowing requests to one partner stand under each label.
    async fn borrows(&self, library: &str, partner: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for row in between(&self.report(library).await.concat(), "Row") {
            if between(&row, "Column5") == [partner] {
                *counts.entry(between(&row, "Column4").concat()).or_default() += 1;
            }
        }
        counts
    }
}

/// What stands between the opening and the closing tags of that name.
fn between(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned()))
        .collect()
}

#[tokio::test]
async fn lending_requests_want_a_library_and_can_be_cut() {
    let visit = Visit::begin().await;
    let without = visit.ask(HARBOUR, LENDING).await;
    assert_eq!(without.status(), StatusCode::BAD_REQUEST);
    assert_eq!(parsed(without).await["errorList"]["error"][0]["errorCode"], "401664");
    let all = format!("{LENDING}?library=HARB_ILL");
    let whole = visit.json(HARBOUR, &all).await;
    let total = whole["total_record_count"].as_u64().unwrap();
    assert!((20..=100).contains(&total), "{total}");
    let mut cut = 0;
    for format in ["PHYSICAL", "DIGITAL"] {
        let part = visit.json(HARBOUR, &format!("{all}&requested_format={format}")).await;
        for row in part["user_resource_sharing_request"].as_array().unwrap() {
            assert_eq!(row["format"]["value"], format);
            cut += 1;
        }
    }
    assert!(cut > 0 && cut < total, "some name no format: {cut} of {total}");
    for row in whole["user_resource_sharing_request"].as_array().unwrap() {
        assert_eq!(row["owner"], "HARB_ILL", "a plain string");
    }
    let none = visit.json(HARBOUR, &format!("{LENDING}?library=HARB_MAIN")).await;
    assert_eq!(
        none.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["total_record_count"]
    );
}

#[tokio::test]
async fn what_one_borrows_the_other_lends_under_another_id() {
    let visit = Visit::begin().await;
    let borrowed = visit.borrows(HARBOUR, MILLBROOK).await;
    let lent = visit.lends(MILLBROOK, "MILL", HARBOUR).await;
    assert_eq!(
        borrowed.values().sum::<usize>(),
        lent.values().sum::<usize>(),
        "{borrowed:?} {lent:?}"
    );
    assert_eq!(borrowed["Request accepted"], lent["IN_PROCESS"]);
    let ids: BTreeSet<String> = between(&visit.report(HARBOUR).await.concat(), "Column3")
        .into_iter()
        .collect();
    let rows = visit
        .json(MILLBROOK, &format!("{LENDING}?library=MILL_ILL&partner={HARBOUR}"))
        .await;
    for row in rows["user_resource_sharing_request"].as_array().unwrap() {
        assert!(!ids.contains(row["request_id"].as_str().unwrap()));
        assert!(ids.contains(row["external_id"].as_str().unwrap()));
    }
    visit.advance(0..6);
    let (after, lent_after) = (
        visit.borrows(HARBOUR, MILLBROOK).await,
        visit.lends(MILLBROOK, "MILL", HARBOUR).await,
    );
    let shipped = |counts: &BTreeMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
    assert_eq!(
        shipped(&after, "Shipped Physically"),
        shipped(&borrowed, "Shipped Physically") + 6
    );
    assert_eq!(
        shipped(&lent_after, "SHIPPED_PHYSICALLY"),
        shipped(&lent, "SHIPPED_PHYSICALLY") + 6
    );
}

#[tokio::test]
async fn a_report_has_pages_headings_on_the_first_and_an_end() {
    let visit = Visit::begin().await;
    let pages = visit.report(QUARRY).await;
    assert!(pages.len() >= 2, "{}", pages.len());
    for (place, page) in pages.iter().enumerate() {
        let is_first = place == 0;
        assert_eq!(
            page.contains("saw-sql:columnHeading=\"Borrowing Request Status\""),
            is_first
        );
        assert_eq!(page.contains("saw-sql:columnHeading=\"Full Name\""), is_first);
        assert_eq!(page.contains("<ResumptionToken>"), is_first);
    }
    let rows = between(&pages.concat(), "Row");
    let ids: BTreeSet<String> = rows.iter().flat_map(|row| between(row, "Column3")).collect();
    assert_eq!(ids.len(), rows.len(), "each row once, whatever the pages");
    assert!(
        rows.iter().any(|row| between(row, "Column6").is_empty()),
        "null columns are left out"
    );
    let token = between(&pages[0], "ResumptionToken").concat();
    let beyond = visit
        .ask(QUARRY, &format!("/almaws/v1/analytics/reports?token={token}"))
        .await;
    assert_eq!(beyond.status(), StatusCode::BAD_REQUEST);
    assert!(text(beyond).await.contains("<errorCode>420033</errorCode>"));
    let other = visit.ask(HARBOUR, &report_of(QUARRY)).await;
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    assert!(text(other).await.contains("Path not found"));
}

#[tokio::test]
async fn six_requests_wait_for_nearly_two_days_and_are_sent_on() {
    let visit = Visit::begin().await;
    let waiting = |report: &[String]| {
        let mut since = Vec::new();
        for row in between(&report.concat(), "Row") {
            if between(&row, "Column4") == ["Ready to be sent"] {
                assert_eq!(between(&row, "Column5"), [HARBOUR]);
                since.push(between(&row, "Column9").concat());
            }
        }
        since
    };
    let since = waiting(&visit.report(QUARRY).await);
    assert_eq!(since.len(), 6);
    for since in since {
        let since: almanac::model::moment::Moment = since.parse().unwrap();
        let left = 48 * 3600 - begins().since(since).as_secs();
        assert!((1..30).contains(&left), "they wait for two days after {left} s");
    }
    let before = visit.lends(HARBOUR, "HARB", QUARRY).await;
    visit.advance(0..10);
    assert_eq!(waiting(&visit.report(QUARRY).await).len(), 0);
    let after = visit.lends(HARBOUR, "HARB", QUARRY).await;
    let new = |counts: &BTreeMap<String, usize>| counts.get("REQUEST_CREATED_LEND").copied().unwrap_or(0);
    assert_eq!(new(&after), new(&before) + 6);
}

#[tokio::test]
async fn a_row_a_failed_night_and_a_closure_come_in_the_script() {
    let visit = Visit::begin().await;
    let hours = "/almaws/v1/conf/libraries/MILL_ILL/open-hours?from=2026-11-25&to=2026-12-09";
    let runs = "/almaws/v1/conf/jobs/S7110/instances?limit=100&submit_date_from=2026-11-01&submit_date_to=2026-11-26";
    let look = async || {
        let rows = visit.json(HARBOUR, PARTNER_SYSTEMS).await["row"]
            .as_array()
            .unwrap()
            .len();
        let runs = visit.json(QUARRY, runs).await;
        let failed = runs["job_instance"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|run| run["status"]["value"] == "COMPLETED_FAILED")
            .count();
        let days = visit.json(MILLBROOK, hours).await["day"].as_array().unwrap().len();
        (rows, failed, days)
    };
    let before = look().await;
    assert_eq!((before.1, before.2), (0, 15));
    visit.advance(0..9);
    assert_eq!(look().await, (before.0 + 1, 1, 13));
}

#[tokio::test]
async fn configuration_has_libraries_letters_profiles_and_addresses() {
    let visit = Visit::begin().await;
    let libraries = visit.json(HARBOUR, "/almaws/v1/conf/libraries").await;
    let sharing = |library: &&Value| library["resource_sharing"] == true;
    let rows = libraries["library"].as_array().unwrap();
    assert!((2..=3).contains(&rows.len()));
    assert_eq!(rows.iter().filter(sharing).count(), 1);
    for (path, list) in [
        ("letters", "letter"),
        ("jobs", "job"),
        ("integration-profiles", "integration_profile"),
    ] {
        let body = visit.json(HARBOUR, &format!("/almaws/v1/conf/{path}?limit=100")).await;
        let count = body[list].as_array().unwrap().len() as u64;
        assert!(count >= 3);
        assert_eq!(body["total_record_count"].as_u64(), Some(count));
        let refused = visit.ask(SALTMARSH, &format!("/almaws/v1/conf/{path}")).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "its key lacks the area");
    }
    let address = |body: Value| body["alma_url"].as_str().unwrap().to_owned();
    let general = "/almaws/v1/conf/general";
    assert_ne!(
        address(visit.json(HARBOUR, general).await),
        address(visit.json(QUARRY, general).await)
    );
    let unknown = visit.ask(HARBOUR, "/almaws/v1/conf/code-tables/NoSuchTable").await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    assert_eq!(parsed(unknown).await["errorList"]["error"][0]["errorCode"], "40166411");
}
