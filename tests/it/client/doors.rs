//! What Alma and Primo are asked, and by which door.

use almanac::config::PrimoDoor;
use almanac::config::secret::SecretRef;
use almanac::exlibris::alma::{self, Verification};
use almanac::exlibris::error::Problem;
use almanac::exlibris::http::Session;
use almanac::exlibris::primo;
use almanac::exlibris::retry::ATTEMPTS_MAX;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{CODE, Stage, VIEW, institution, keep_key, xml_error};

#[tokio::test]
async fn partners_are_read_page_by_page() {
    let stage = Stage::set().await;
    let body = json!({"partner": [{"partner_details": {"code": "X"}}], "total_record_count": "101"});
    let page = ResponseTemplate::new(200).set_body_json(body);
    let second = wiremock::matchers::query_param("offset", "100");
    Mock::given(second).respond_with(page).mount(&stage.server).await;
    stage
        .answers(ResponseTemplate::new(200).set_body_json(json!({"bib": []})))
        .await;
    let session = stage.session();
    let page = alma::partners_page(&session, 100, 5_000).await.unwrap();
    assert_eq!((page.partners.len(), page.total), (1, Some(101)));
    assert_eq!(stage.asked().await[0].url.query(), Some("limit=100&offset=100"));
    let error = alma::partners_page(&session, 0, 100).await.unwrap_err();
    let expected = "reading partners 1–100 of 01AAA_INST: implausible answer: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[tokio::test]
async fn an_institution_is_verified_once_a_day_and_anew_for_a_new_key() {
    let stage = Stage::set().await;
    let general = json!({"institution": {"value": CODE, "desc": "A"}, "environment_type": {"value": "production"}});
    stage.answers(ResponseTemplate::new(200).set_body_json(general)).await;
    let verify = || async {
        let session = stage.session();
        let found = alma::verify_institution(&session, CODE).await.unwrap();
        assert_eq!(found, Verification::Verified);
        session.calls()
    };
    assert_eq!(verify().await, 1);
    assert_eq!(verify().await, 0);
    stage.hand.advance(alma::VERIFIED_FOR);
    assert_eq!(verify().await, 1);
    keep_key(stage.secrets.path(), "another-key");
    assert_eq!(verify().await, 1);
    let asked = stage.asked().await;
    assert!(
        asked
            .iter()
            .all(|request| request.url.path() == "/almaws/v1/conf/general")
    );
    assert!(
        asked.iter().all(|request| request.url.query().is_none()),
        "never with expand"
    );
}

#[tokio::test]
async fn a_key_of_another_institution_is_an_error_and_one_that_may_not_ask_is_unverified() {
    let stage = Stage::set().await;
    stage.answers_first(1, xml_error(400, "UNAUTHORIZED")).await;
    let other = ResponseTemplate::new(200).set_body_json(json!({"institution": {"value": "01BBB_INST"}}));
    stage.answers(other).await;
    let found = alma::verify_institution(&stage.session(), CODE).await.unwrap();
    assert_eq!((found, found.as_bool()), (Verification::Unverified, None));
    stage.hand.advance(alma::VERIFIED_FOR);
    for _ in 0..2 {
        let error = alma::verify_institution(&stage.session(), CODE).await.unwrap_err();
        assert!(
            matches!(&error.problem, Problem::Implausible(why) if why.contains("01BBB_INST")),
            "{error}"
        );
    }
    assert_eq!(stage.asked().await.len(), 3);

    let stage = Stage::set().await;
    stage.answers(xml_error(500, "GENERAL_ERROR")).await;
    let error = alma::verify_institution(&stage.session(), CODE).await.unwrap_err();
    assert_eq!(error.problem, Problem::ServerFailed(ATTEMPTS_MAX));
}

fn view() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"primo-view": {"vid": VIEW}, "system-configuration": {}}))
}

const BY_GATEWAY: &str = "/primo/v1/configuration/01AAA_INST:MAIN";
const BY_FRONT_END: &str = "/primaws/rest/pub/configuration/vid/01AAA_INST:MAIN";

#[tokio::test]
async fn a_view_is_read_by_the_gateway_and_else_by_the_front_end() {
    let stage = Stage::set().await;
    stage.answers_first(1, view()).await;
    Mock::given(path(BY_GATEWAY))
        .respond_with(xml_error(400, "UNAUTHORIZED"))
        .mount(&stage.server)
        .await;
    Mock::given(path(BY_FRONT_END))
        .respond_with(view())
        .mount(&stage.server)
        .await;
    let read = |session: Session| async move { primo::view_configuration(&session, VIEW, PrimoDoor::Auto).await };
    assert_eq!(read(stage.session()).await.unwrap().1, primo::GATEWAY);
    let (body, door) = read(stage.session()).await.unwrap();
    assert_eq!((door, &body["primo-view"]["vid"]), (primo::FRONT_END, &json!(VIEW)));
    let asked = stage.asked().await;
    let paths: Vec<_> = asked.iter().map(|request| request.url.path()).collect();
    assert_eq!(paths, [BY_GATEWAY, BY_GATEWAY, BY_FRONT_END]);
    assert!(
        !asked[2].headers.contains_key("authorization"),
        "the front end gets no key"
    );

    // Without a key, or with one that cannot be read, the gateway is not asked at all.
    let unreadable = SecretRef::File(stage.secrets.path().join("not-there"));
    for key in [None, Some(unreadable)] {
        let keyless = institution(stage.url("/"), key);
        let session = stage.exlibris.session(Some(&keyless));
        assert_eq!(read(session).await.unwrap().1, primo::FRONT_END);
    }
    assert_eq!(stage.asked().await.len(), 5);

    let mut closed = institution(stage.url("/"), None);
    closed.primo_host = None;
    let error = read(stage.exlibris.session(Some(&closed))).await.unwrap_err();
    assert!(matches!(error.problem, Problem::NoKey(_)), "{error}");
}

#[tokio::test]
async fn trouble_at_the_gateway_is_not_taken_to_the_front_end() {
    let stage = Stage::set().await;
    Mock::given(method("GET"))
        .and(path(BY_GATEWAY))
        .respond_with(xml_error(500, "GENERAL_ERROR"))
        .mount(&stage.server)
        .await;
    stage.answers(view()).await;
    let session = stage.session();
    let error = primo::view_configuration(&session, VIEW, PrimoDoor::Auto)
        .await
        .unwrap_err();
    assert_eq!(error.problem, Problem::ServerFailed(ATTEMPTS_MAX));
    assert_eq!(session.calls(), ATTEMPTS_MAX);
}

#[tokio::test]
async fn a_front_end_that_says_no_gets_no_second_call() {
    for (answer, too_fast) in [
        (ResponseTemplate::new(429).insert_header("Retry-After", "1"), true),
        (ResponseTemplate::new(403), false),
        (
            ResponseTemplate::new(200).set_body_string("<html>Are you a robot?</html>"),
            false,
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({"captcha": true})),
            false,
        ),
    ] {
        let stage = Stage::set().await;
        stage.answers(answer).await;
        let session = stage.session();
        let error = primo::view_configuration(&session, VIEW, PrimoDoor::FrontEnd)
            .await
            .unwrap_err();
        let expected = if too_fast {
            error.problem == Problem::TooFast(1)
        } else {
            matches!(error.problem, Problem::Implausible(_))
        };
        assert!(expected, "{error}");
        assert_eq!(session.calls(), 1);
    }
}
