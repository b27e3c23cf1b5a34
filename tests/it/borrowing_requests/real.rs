//! The real answers of Analytics through the real source, and the real labels of statuses.

use super::*;
use crate::real_input::samples;

/// The samples name no columns, so theirs are given by place; what stands in them is another kind of report, whose one
/// "status" stands for one of ours.
const BY_PLACE: &str = "[watch.columns]\nrequest_id = \"Column4\"\nstatus = \"Column11\"\npartner = \"Column13\"\nformat = \"Column3\"\n\
                        [watch.status_labels]\nACTIVE = \"REQUEST_SENT\"\n";

/// Plays these files in turn; the last one again and again.
fn serve(world: &World, files: Vec<String>) {
    let mut turn = 0;
    world.wire().players = vec![Player(Box::new(move |call| {
        (call.path == "/analytics/reports").then(|| {
            let body = files[turn.min(files.len() - 1)].clone();
            turn += 1;
            let status = if body.contains("errorsExist") { 400 } else { 200 };
            ResponseTemplate::new(status).set_body_raw(body, "application/xml")
        })
    }))];
}

#[tokio::test]
async fn the_real_pages() {
    let Some(real) = samples() else { return };
    let read = |name: &str| std::fs::read_to_string(real.join("samples/alma").join(name)).unwrap();
    let it = Reporting::with(BY_PLACE, Report::default()).await;
    let wanted = ["-/REQUEST_SENT 2"];

    serve(&it.world, vec![read("analytics_response_valid.xml")]);
    let poll = it.poll().await;
    assert_eq!((poll.outcome, poll.reason.as_deref()), (Outcome::Ok, None));
    assert_eq!(it.totals().await, wanted);
    let all = records(&it.world, WATCH).await;
    let watch = almanac::model::watch::WatchId::from_text(super::WATCH);
    let (_, requests) = it.world.almanac.store.requests_there(&watch).await.unwrap().unwrap();
    let kept = requests
        .iter()
        .map(|request| (request.partner.as_str(), request.format.as_str()));
    assert!(kept.eq([("Forlagssentralen ANS", "Book"); 2]));
    let kept = format!("{all:?}");
    for dropped in ["9788230013762", "Thembalethu", "999919809503102205", "LEGAL_DEPOSIT"] {
        assert!(!kept.contains(dropped), "{dropped} was kept");
    }

    // Still running, with and without a token; no IsFinished; no more rows.
    serve(
        &it.world,
        vec![
            read("analytics_still_loading_response.xml"),
            read("analytics_response_invalid.xml"),
            read("analytics_response_valid_finished_missing.xml"),
            read("analytics_response_part4.xml"),
        ],
    );
    let poll = it.poll().await;
    assert_eq!((poll.outcome, poll.modified), (Outcome::Ok, 0), "{poll:?}");
    assert_eq!(it.totals().await, wanted);
    let asked = it.world.asked().await;
    let token = "token=5514B8CE1BB0CBF68781B2DB54F0135132BD803B68E1925014B2793448540607967A74E50AECA3074E758E52BBB76CA1677D3AD05EDC3CA7F06182E34E9D7A2F&";
    assert!(
        asked.iter().any(|call| call.contains(token)),
        "the blanks in the token are none of it: {asked:?}"
    );

    serve(&it.world, vec![read("report_not_found_response.xml")]);
    let poll = it.poll().await;
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("no such report") && reason.contains("E01-2907105336-JL6QZ-AWAE1528523551"),
        "{reason}"
    );
    assert!(
        !reason.contains("/test/path"),
        "the message of Ex Libris is not kept: {reason}"
    );
    assert_eq!(it.totals().await, wanted);
}

#[tokio::test]
async fn all_forty_real_labels_have_their_codes() {
    let Some(real) = samples() else { return };
    let text = std::fs::read_to_string(real.join("samples/alma/borrowing_status_codes_wrlc.json")).unwrap();
    let labels: Vec<(String, String)> = serde_json::from_str(&text).unwrap();
    assert_eq!(labels.len(), 40);
    let all = labels
        .iter()
        .enumerate()
        .map(|(id, (_, label))| row(id, label, "OAK"))
        .collect();
    let it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.added),
        (Outcome::Ok, 40),
        "one for each code, and none for unknown labels: {poll:?}"
    );
    let mut wanted: Vec<String> = labels.iter().map(|(code, _)| format!("-/{code} 1")).collect();
    wanted.sort();
    let mut totals = it.totals().await;
    totals.sort();
    assert_eq!(totals, wanted);
}
