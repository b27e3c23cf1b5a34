//! The source against a stand-in for Ex Libris' hosts.

use std::time::Duration;

use almanac::clock::Clock;
use almanac::config::schedule::Schedule;
use almanac::config::{
    ExLibrisSettings, ReleaseNotesLayout, ReleaseNotesParser, ReleaseNotesSettings, SourceSettings, Watch,
};
use almanac::exlibris::error::CallError;
use almanac::exlibris::http::ExLibris;
use almanac::model::moment::Moment;
use almanac::model::observation::{Observation, PartitionRead};
use almanac::model::watch::{SourceKind, WatchId};
use almanac::sources::Ask;
use almanac::sources::release_notes::{PageOutcome, PageReport, inspect, observe};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const NOTES: &str = "<h2>Main Features</h2><h3>One Thing</h3><p>November 2026 Fulfillment URM-100001</p><p>It is new.</p>\
    <h2>Resolved Issues</h2><ul><li>URM-100002 It was wrong. It is right.</li></ul>";

fn mindtouch(year: u16, content: &str) -> String {
    format!(
        r#"<html><head><title>Alma {year} Release Notes</title><script id="mt-global-settings" type="application/json">{{"apiToken":"tok-1"}}</script></head>
        <body><h1>Alma {year} Release Notes</h1><div class="mt-content-container">{content}</div></body></html>"#
    )
}

fn settings(parser: ReleaseNotesParser, layout: ReleaseNotesLayout, pages: &[&str]) -> ReleaseNotesSettings {
    ReleaseNotesSettings {
        product: "Alma".to_owned(),
        pages: pages.iter().map(|page| (*page).to_owned()).collect(),
        parser,
        layout,
    }
}

const YEARLY: &[&str] = &["{knowledge_center}/Alma/{year}/Alma_{year}"];

async fn asked(
    server: &MockServer,
    settings: &ReleaseNotesSettings,
) -> (Result<Observation, CallError>, Vec<PageReport>) {
    let host = server.uri().parse::<url::Url>().unwrap();
    let exlibris = ExLibrisSettings {
        knowledge_center: host.clone(),
        static_docs: host.clone(),
        developer_network: host.clone(),
        status: host,
        contact: None,
        per_second: 1000.0,
        daily_budget: 10_000,
        quota_floor: 0,
        timeout: Duration::from_secs(30),
    };
    // Two hours into 2027 in London is still 2026 in New York.
    let now: Moment = "2027-01-01T02:00:00Z".parse().unwrap();
    let (clock, _) = Clock::manual(now);
    let client = ExLibris::new(&exlibris, clock).unwrap();
    let session = client.session(None);
    let watch = Watch {
        id: WatchId::new(SourceKind::ReleaseNotes, "alma"),
        source: SourceSettings::ReleaseNotes(settings.clone()),
        institution: None,
        schedule: Schedule::Every(Duration::from_secs(3600)),
        essential: false,
        tolerance: 1,
    };
    let ask = Ask {
        memory: None,
        pseudonyms: None,
        watch: &watch,
        session: &session,
        now,
        zone: chrono_tz::America::New_York,
    };
    (observe(&ask, settings).await, inspect(&ask, settings).await)
}

async fn serve(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn html(body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "text/html; charset=utf-8")
}

#[tokio::test]
async fn last_this_and_next_year_are_asked_for_in_the_zone_of_the_consortium() {
    let server = MockServer::start().await;
    serve(
        &server,
        "/Alma/2025/Alma_2025",
        html("<html><head><title>Sign In</title></head><body>Please sign in</body></html>"),
    )
    .await;
    serve(&server, "/Alma/2026/Alma_2026", html(mindtouch(2026, NOTES))).await;
    let (seen, reports) = asked(
        &server,
        &settings(ReleaseNotesParser::Auto, ReleaseNotesLayout::Annual, YEARLY),
    )
    .await;
    let seen = seen.unwrap();
    let states: Vec<(&str, &PartitionRead)> = seen
        .coverage
        .0
        .iter()
        .map(|(name, read)| (name.as_str(), read))
        .collect();
    assert_eq!(states.len(), 3);
    assert!(
        matches!(states[0], ("/Alma/2025/Alma_2025", PartitionRead::Failed { reason }) if reason.contains("login page")),
        "{states:?}"
    );
    assert_eq!(states[1], ("/Alma/2026/Alma_2026", &PartitionRead::Complete));
    assert_eq!(states[2], ("/Alma/2027/Alma_2027", &PartitionRead::Absent));
    assert_eq!(seen.drafts.len(), 2);
    assert!(
        !seen.coverage.is_whole(),
        "a page that failed leaves nothing to be found missing"
    );
    assert!(matches!(&reports[0].outcome, PageOutcome::Failed(reason) if reason.contains("login page")));
    assert!(
        matches!(&reports[1].outcome, PageOutcome::Read { parser: ReleaseNotesParser::Mindtouch, by_section, .. } if by_section.iter().map(|(_, count)| count).sum::<usize>() == 2)
    );
    assert_eq!(reports[2].outcome, PageOutcome::Absent);
}

#[tokio::test]
async fn a_site_that_answers_nothing_useful_is_a_failure_not_an_empty_year() {
    let server = MockServer::start().await;
    let yearly = settings(ReleaseNotesParser::Auto, ReleaseNotesLayout::Annual, YEARLY);
    let (seen, _) = asked(&server, &yearly).await;
    assert!(
        seen.unwrap_err()
            .to_string()
            .contains("none of the configured pages exists")
    );
    for year in [2025, 2026, 2027] {
        serve(
            &server,
            &format!("/Alma/{year}/Alma_{year}"),
            html(mindtouch(2026, " ")),
        )
        .await;
    }
    let (seen, _) = asked(&server, &yearly).await;
    assert!(seen.unwrap_err().to_string().contains("container is empty"));
}

#[tokio::test]
async fn this_years_page_at_next_years_address_is_not_next_years() {
    let server = MockServer::start().await;
    serve(&server, "/Alma/2026/Alma_2026", html(mindtouch(2026, NOTES))).await;
    serve(
        &server,
        "/Alma/2027/Alma_2027",
        ResponseTemplate::new(302).insert_header("location", "/Alma/2026/Alma_2026?mon=1"),
    )
    .await;
    serve(&server, "/Alma/2025/Alma_2025", html(mindtouch(2026, NOTES))).await;
    let (seen, _) = asked(
        &server,
        &settings(ReleaseNotesParser::Auto, ReleaseNotesLayout::Annual, YEARLY),
    )
    .await;
    let seen = seen.unwrap();
    assert_eq!(seen.coverage.0["/Alma/2027/Alma_2027"], PartitionRead::Absent);
    assert!(
        matches!(&seen.coverage.0["/Alma/2025/Alma_2025"], PartitionRead::Failed { reason } if reason.contains("2026"))
    );
    assert_eq!(seen.drafts.len(), 2, "items are counted once");
}

#[tokio::test]
async fn the_api_is_asked_with_the_token_of_the_page_and_its_refusal_costs_nothing() {
    let only = ["{knowledge_center}/Alma/2026/Alma_2026"];
    let by_api = settings(ReleaseNotesParser::MindtouchApi, ReleaseNotesLayout::Annual, &only);
    let contents = "/@api/deki/pages/=Alma%252F2026%252FAlma_2026/contents";
    let json = serde_json::json!({"@title": "Alma 2026 Release Notes", "body": [NOTES, {"@target": "toc"}]});
    for (answer, parser) in [
        (
            ResponseTemplate::new(200).set_body_json(json),
            Some(ReleaseNotesParser::MindtouchApi),
        ),
        (ResponseTemplate::new(403), Some(ReleaseNotesParser::Mindtouch)),
        (
            ResponseTemplate::new(200).set_body_json(serde_json::json!({"@virtual": "true"})),
            None,
        ),
    ] {
        let server = MockServer::start().await;
        serve(&server, "/Alma/2026/Alma_2026", html(mindtouch(2026, NOTES))).await;
        Mock::given(method("GET"))
            .and(path(contents))
            .and(header("x-deki-token", "tok-1"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let (seen, reports) = asked(&server, &by_api).await;
        match parser {
            Some(wanted) => {
                assert_eq!(seen.unwrap().drafts.len(), 2);
                assert!(
                    matches!(&reports[0].outcome, PageOutcome::Read { parser, .. } if *parser == wanted),
                    "{reports:?}"
                );
            }
            None => assert_eq!(reports[0].outcome, PageOutcome::Absent),
        }
    }
}

#[tokio::test]
async fn an_index_page_leads_to_a_partition_for_each_area() {
    let server = MockServer::start().await;
    let area = |name: &str| {
        format!("<main><h1>{name} - May 2017 Enhancements</h1><h2>{name} Is Better</h2><p>Much better.</p></main>")
    };
    serve(&server, "/alma/May_2017.html", html("<main><h1>May 2017</h1><ul><li><a href='03_Fulfillment_May_2017_Enhancements.html?v=2'>F</a></li><li><a href='06Analytics_May_2017_Enhancements.html'>A</a></li></ul></main>")).await;
    serve(
        &server,
        "/alma/03_Fulfillment_May_2017_Enhancements.html",
        html(area("Fulfillment")),
    )
    .await;
    serve(
        &server,
        "/alma/06Analytics_May_2017_Enhancements.html",
        html("<main><h1>Service unavailable</h1></main>"),
    )
    .await;
    let old = settings(
        ReleaseNotesParser::Auto,
        ReleaseNotesLayout::PerArea,
        &["{static_docs}/alma/May_2017.html"],
    );
    let (seen, reports) = asked(&server, &old).await;
    let seen = seen.unwrap();
    assert_eq!(seen.drafts.len(), 1);
    assert_eq!(seen.drafts[0].body["area"], "Fulfillment");
    assert_eq!(seen.coverage.0["/alma/May_2017.html"], PartitionRead::Complete);
    assert_eq!(
        seen.coverage.0["/alma/03_Fulfillment_May_2017_Enhancements.html"],
        PartitionRead::Complete
    );
    assert!(
        matches!(&seen.coverage.0["/alma/06Analytics_May_2017_Enhancements.html"], PartitionRead::Failed { reason } if reason.contains("maintenance"))
    );
    assert_eq!(reports[0].outcome, PageOutcome::Index(2));
}
