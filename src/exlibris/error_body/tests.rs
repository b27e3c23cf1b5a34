//! Our own bodies first, then the real ones where they are at hand.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn xml(code: &str, more: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
           <web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans"><errorsExist>true</errorsExist>
           <errorList><error><errorCode>{code}</errorCode><errorMessage>User pat.smith@example.org</errorMessage>{more}</error></errorList>
           </web_service_result>"#
    )
}

fn trouble(status: u16, body: &str) -> Trouble {
    judge_json(status, body.as_bytes(), Door::Gateway).unwrap_err()
}

fn problem(status: u16, body: &str) -> Problem {
    trouble(status, body).problem
}

#[test]
fn a_key_that_is_not_accepted_is_seen_in_xml_with_any_status() {
    for status in [200, 400, 401, 403, 500] {
        let trouble = trouble(status, &xml("UNAUTHORIZED", ""));
        assert_eq!(trouble.problem, Problem::Unauthorized, "HTTP {status}");
        assert!(!trouble.again);
    }
}

#[test]
fn codes_and_tracking_ids_are_kept_and_messages_are_not() {
    let json = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":401664,"errorMessage":"pat.smith is missing","trackingId":"E01-11-AB"}]},"result":null}"#;
    for body in [json.to_owned(), xml("401664", "<trackingId>E01-11-AB</trackingId>")] {
        let trouble = trouble(400, &body);
        assert_eq!(trouble.problem, Problem::Refused);
        assert_eq!(trouble.error_code.as_deref(), Some("401664"));
        assert_eq!(trouble.tracking_id.as_deref(), Some("E01-11-AB"));
        assert!(!format!("{trouble:?}").contains("smith"));
    }
}

#[test]
fn prose_in_the_place_of_a_code_is_dropped() {
    let body = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"no such user: Pat Smith"}]}}"#;
    assert_eq!(trouble(400, body).error_code, None);
}

#[test]
fn not_found_is_told_by_code_not_by_status() {
    let body = |code: &str| json!({"errorsExist": true, "errorList": {"error": [{"errorCode": code}]}}).to_string();
    assert_eq!(problem(400, &body("402118")), Problem::NotFound);
    assert_eq!(problem(200, &body("401861")), Problem::NotFound);
    assert_eq!(problem(400, &body("40166411")), Problem::Refused);
    assert_eq!(problem(404, r#"{"message":"no"}"#), Problem::NotFound);
    assert_eq!(problem(410, ""), Problem::NotFound);
    // A web page that says 404 may be anyone's.
    assert!(matches!(problem(404, "<html></html>"), Problem::Implausible(_)));
}

#[test]
fn what_passes_by_itself_is_asked_again() {
    let second = r#"{"errorList":{"error":[{"errorCode":"PER_SECOND_THRESHOLD"}]},"errorsExist":true,"result":null}"#;
    for (status, body) in [(429, second), (200, second), (429, ""), (429, "<html>slow down</html>")] {
        let trouble = trouble(status, body);
        assert_eq!(
            (trouble.problem, trouble.again),
            (Problem::TooFast(1), true),
            "{status} {body}"
        );
    }
    let general = r#"{"errorsExist":true,"errorList":{"error":{"errorCode":"GENERAL_ERROR","trackingId":"E02"}}}"#;
    let trouble = trouble(500, general);
    assert_eq!((&trouble.problem, trouble.again), (&Problem::ServerFailed(1), true));
    assert_eq!(trouble.tracking_id.as_deref(), Some("E02"));
    assert_eq!(problem(502, "<html>bad gateway</html>"), Problem::ServerFailed(1));
}

#[test]
fn what_does_not_pass_is_not_asked_again() {
    let routing = trouble(500, &xml("ROUTING_ERROR", ""));
    assert_eq!((routing.problem, routing.again), (Problem::Refused, false));
    let day = trouble(429, &xml("DAILY_THRESHOLD", ""));
    assert!(matches!(day.problem, Problem::BudgetSpent(_)) && !day.again);
}

#[test]
fn a_public_service_that_says_no_is_left_alone() {
    let judge = |status, body: &str| judge_json(status, body.as_bytes(), Door::Public).unwrap_err();
    assert_eq!(
        (judge(429, "").problem, judge(429, "").again),
        (Problem::TooFast(1), false)
    );
    assert!(matches!(judge(403, "{}").problem, Problem::Implausible(_)));
    assert!(matches!(
        judge(200, "<!DOCTYPE html><p>captcha").problem,
        Problem::Implausible(_)
    ));
    assert_eq!(judge(404, "{}").problem, Problem::NotFound);
    assert_eq!(judge(400, &xml("UNAUTHORIZED", "")).problem, Problem::Refused);
}

#[test]
fn a_page_or_a_fragment_is_no_answer_and_its_words_are_not_repeated() {
    for body in [
        "<!DOCTYPE html><html><title>Sign in, Pat Smith</title>",
        "\u{feff}\n <HTML><title>Pat Smith</title>",
        "<?xml version=\"1.0\"?><!DOCTYPE html><html/>",
        "<?xml version=\"1.0\"?><partners/>",
        "<p>Smith",
        "Smith",
        "{\"partner\": [ {\"code\": \"Smi",
        " \n",
    ] {
        match problem(200, body) {
            Problem::Implausible(why) => assert!(!why.contains("Smi"), "{why}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn an_xml_error_that_cannot_be_read_is_still_an_error() {
    assert_eq!(problem(200, "<web_service_result><errorsExist>true"), Problem::Refused);
    let entities = "<!DOCTYPE a [<!ENTITY b \"c\">]><web_service_result>&b;</web_service_result>";
    assert_eq!(problem(200, entities), Problem::Refused);
}

#[test]
fn good_json_is_handed_on() {
    let body = r#"{"partner":[],"total_record_count":0,"errorsExist":false}"#;
    let value = judge_json(200, body.as_bytes(), Door::Gateway).unwrap();
    assert_eq!(value["total_record_count"], 0);
    let null_list = r#"{"errorList":null,"errorsExist":"false","x":1}"#;
    assert_eq!(judge_json(200, null_list.as_bytes(), Door::Gateway).unwrap()["x"], 1);
    assert_eq!(problem(400, r#"{"x":1}"#), Problem::Refused);
    assert_eq!(problem(401, r#"{"x":1}"#), Problem::Unauthorized);
}

#[test]
fn a_report_is_xml_however_it_is_wrapped() {
    let report = "<?xml version=\"1.0\"?><report><QueryResult/></report>";
    assert_eq!(judge_markup(200, report.as_bytes()).unwrap(), report);
    for wrapped in [json!({ "anies": [report] }), json!({ "anies": report })] {
        assert_eq!(judge_markup(200, wrapped.to_string().as_bytes()).unwrap(), report);
    }
    let refused = |status, body: &str| judge_markup(status, body.as_bytes()).unwrap_err();
    let no_more = xml(NO_MORE_ROWS, "");
    for (status, body) in [
        (400, no_more.clone()),
        (500, no_more.clone()),
        (200, json!({"anies": [no_more]}).to_string()),
    ] {
        let trouble = refused(status, &body);
        assert_eq!(
            (trouble.error_code.as_deref(), trouble.again),
            (Some(NO_MORE_ROWS), false),
            "HTTP {status}"
        );
    }
    let missing = xml("INTERNAL_SERVER_ERROR", "").replace("User pat", "Path not found (/shared/pat");
    assert_eq!(refused(500, &missing).problem, Problem::NotFound);
    for body in [
        "{}",
        r#"{"anies":[]}"#,
        r#"{"anies":["text"]}"#,
        "<html></html>",
        "",
        "text",
    ] {
        assert!(matches!(refused(200, body).problem, Problem::Implausible(_)), "{body}");
    }
    assert!(refused(503, report).again);
}

#[test]
fn pages_are_judged_by_status() {
    assert!(judge_page(200, b"<html>").is_ok());
    let problem = |status, body: &[u8]| judge_page(status, body).unwrap_err().problem;
    assert_eq!(problem(404, b"<html>"), Problem::NotFound);
    assert_eq!(problem(410, b""), Problem::NotFound);
    assert_eq!(problem(403, b"<html>"), Problem::Refused);
    assert_eq!(problem(503, b"<html>"), Problem::ServerFailed(1));
    assert!(matches!(problem(200, b" \n"), Problem::Implausible(_)));
}

proptest! {
    #[test]
    fn no_body_breaks_it(body: Vec<u8>, status in 100u16..600) {
        let _ = judge_json(status, &body, Door::Gateway);
        let _ = judge_page(status, &body);
    }

    #[test]
    fn nothing_from_a_message_gets_into_a_trouble(status in 200u16..600, code in "[0-9]{6}|UNAUTHORIZED|PER_SECOND_THRESHOLD|GENERAL_ERROR") {
        let body = json!({"errorsExist": true, "errorList": {"error": [
            {"errorCode": code, "errorMessage": "Canary Person, canary@example.org"}]}});
        let trouble = judge_json(status, body.to_string().as_bytes(), Door::Gateway).unwrap_err();
        let shown = format!("{trouble:?}").to_lowercase();
        prop_assert!(!shown.contains("canary"), "{}", shown);
        prop_assert_eq!(trouble.error_code, Some(code));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn real_error_bodies_are_understood() {
    let shared = std::env::var_os("ALMANAC_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    if !shared.is_dir() {
        eprintln!(
            "skipped: the real samples are not here ({} is no directory)",
            shared.display()
        );
        return;
    }
    let expected = [
        (
            "unauthorized_400.xml",
            400,
            Problem::Unauthorized,
            Some("UNAUTHORIZED"),
            false,
        ),
        (
            "per_second_threshold_error_response.json",
            429,
            Problem::TooFast(1),
            Some("PER_SECOND_THRESHOLD"),
            false,
        ),
        ("error_response.json", 400, Problem::Refused, Some("401664"), true),
        ("error_response.xml", 200, Problem::Refused, Some("401664"), true),
        ("error.json", 400, Problem::Refused, Some("402203"), true),
        (
            "error_401861_user_not_found.json",
            400,
            Problem::NotFound,
            Some("401861"),
            true,
        ),
        (
            "report_not_found_response.xml",
            400,
            Problem::NotFound,
            Some("INTERNAL_SERVER_ERROR"),
            true,
        ),
    ];
    for (name, status, problem, code, tracked) in expected {
        let body = std::fs::read(shared.join("exlibris/samples/alma").join(name)).unwrap();
        let trouble = judge_json(status, &body, Door::Gateway).unwrap_err();
        assert_eq!(trouble.problem, problem, "{name}");
        assert_eq!(trouble.error_code.as_deref(), code, "{name}");
        assert_eq!(trouble.tracking_id.is_some(), tracked, "{name}");
    }
}
