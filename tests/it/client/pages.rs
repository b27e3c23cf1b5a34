//! Public pages: no key, their own host, bounds, and a copy for a person to look at.

use almanac::exlibris::error::Problem;
use almanac::exlibris::exchange::{JSON_BYTES_MAX, PAGE_BYTES_MAX};
use almanac::exlibris::http::REDIRECTS_MAX;
use almanac::exlibris::retry::ATTEMPTS_MAX;
use wiremock::matchers::{any, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Stage, ok};

#[tokio::test]
async fn pages_follow_redirects_on_their_own_host_only() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ok()).mount(&elsewhere).await;
    let stage = Stage::set().await;
    let redirect = |from: &'static str, to: String| {
        let answer = ResponseTemplate::new(302).insert_header("Location", to);
        Mock::given(path(from)).respond_with(answer).mount(&stage.server)
    };
    redirect("/old", "/new?x=1".to_owned()).await;
    redirect("/away", elsewhere.uri()).await;
    redirect("/round", "/round".to_owned()).await;
    let page = ResponseTemplate::new(200).set_body_raw("<h1>Notes – é</h1>", "text/html; charset=utf-8");
    Mock::given(path("/new")).respond_with(page).mount(&stage.server).await;

    let session = stage.exlibris.session(None);
    let found = session.get_page(&stage.url("/old#top"), "reading notes").await.unwrap();
    assert_eq!(found.url, stage.url("/new?x=1"));
    assert_eq!((found.status, found.body.as_str()), (200, "<h1>Notes – é</h1>"));
    assert_eq!(found.content_type.as_deref(), Some("text/html; charset=utf-8"));
    let away = session
        .get_page(&stage.url("/away"), "reading notes")
        .await
        .unwrap_err();
    assert_eq!(away.problem, Problem::RedirectedAway);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
    let before = session.calls();
    let round = session
        .get_page(&stage.url("/round"), "reading notes")
        .await
        .unwrap_err();
    assert!(matches!(round.problem, Problem::Implausible(_)), "{round}");
    assert_eq!(session.calls() - before, REDIRECTS_MAX + 1);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_told_from_one_in_trouble() {
    for (status, problem) in [
        (404, Problem::NotFound),
        (410, Problem::NotFound),
        (403, Problem::Refused),
        (503, Problem::ServerFailed(ATTEMPTS_MAX)),
    ] {
        let stage = Stage::set().await;
        stage
            .answers(ResponseTemplate::new(status).set_body_string("<html>"))
            .await;
        let session = stage.session();
        let error = session
            .get_page(&stage.url("/notes?token=canary"), "reading notes")
            .await
            .unwrap_err();
        assert_eq!((&error.problem, error.status), (&problem, Some(status)));
        assert!(!format!("{error} {error:?}").contains("canary"));
        // Not even in the session of an institution with a key.
        assert!(
            stage
                .asked()
                .await
                .iter()
                .all(|request| !request.headers.contains_key("authorization"))
        );
    }
}

#[tokio::test]
async fn a_page_may_be_asked_for_with_its_own_token() {
    let stage = Stage::set().await;
    let token = header("x-deki-token", "t0ken");
    Mock::given(token)
        .respond_with(ResponseTemplate::new(200).set_body_string("<p>"))
        .mount(&stage.server)
        .await;
    let session = stage.exlibris.session(None);
    let headers = [("x-deki-token", "t0ken")];
    session
        .get_page_with(&stage.url("/@api"), &headers, "reading notes")
        .await
        .unwrap();
    let error = session
        .get_page_with(&stage.url("/@api"), &[("x-deki-token", "a\nb")], "reading notes")
        .await;
    assert!(matches!(error.unwrap_err().problem, Problem::Implausible(_)));
}

#[tokio::test]
async fn answers_are_bounded_packed_or_not() {
    let stage = Stage::set().await;
    let error = stage
        .fails(ResponseTemplate::new(200).set_body_bytes(vec![b' '; JSON_BYTES_MAX + 1]))
        .await;
    assert_eq!(error.problem, Problem::TooLarge(JSON_BYTES_MAX));
    assert_eq!(stage.asked().await.len(), 1);

    let stage = Stage::set().await;
    let bomb = gzip_of_spaces(PAGE_BYTES_MAX + 1);
    assert!(bomb.len() < PAGE_BYTES_MAX / 100);
    let answer = ResponseTemplate::new(200)
        .insert_header("Content-Encoding", "gzip")
        .set_body_bytes(bomb);
    stage.answers(answer).await;
    let error = stage
        .session()
        .get_page(&stage.url("/notes"), "reading notes")
        .await
        .unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge(PAGE_BYTES_MAX));
}

/// A gzip file made by hand: the same deflate block of a run of spaces would need a packer, so it stores one literal
/// and copies it, 258 bytes a time, with the fixed codes of RFC 1951.
fn gzip_of_spaces(at_least: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false]; // the last block; fixed codes (01, low bit first)
    let mut code = |value: u32, length: u32| bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    code(0x30 + u32::from(b' '), 8);
    for _ in 0..at_least.div_ceil(258) {
        code(0b1100_0101, 8); // length 258 (symbol 285)
        code(0, 5); // distance 1
    }
    code(0, 7); // end of block
    let packed = bits.chunks(8).map(|byte| {
        byte.iter()
            .enumerate()
            .map(|(at, bit)| u8::from(*bit) << at)
            .sum::<u8>()
    });
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(packed);
    file.extend([0; 8]); // check sum and length, which nobody gets to see
    file
}

#[tokio::test]
async fn public_pages_are_kept_for_a_look_and_answers_to_a_key_are_not() {
    let stage = Stage::set().await;
    stage.answers(ok()).await;
    let kept = stage.secrets.path().join("kept/pages");
    let mut session = stage.session();
    session.save_pages_to(kept.clone());
    stage.get(&session).await.unwrap();
    session
        .get_json_without_key(&stage.url("/configuration"), "reading a view")
        .await
        .unwrap();
    assert!(!kept.exists());
    session
        .get_page(&stage.url("/Alma/../../notes?x=/../y"), "reading notes")
        .await
        .unwrap();
    let files: Vec<_> = std::fs::read_dir(&kept)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    assert!(
        std::fs::read_to_string(&files[0])
            .unwrap()
            .contains("total_record_count")
    );
}
