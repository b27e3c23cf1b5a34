use super::super::test_page;
use super::super::tests::at;
use super::*;

fn watch(id: &str, state: WatchHealth) -> WatchRow {
    WatchRow {
        id: id.to_owned(),
        source: id.split('/').next().unwrap().to_owned(),
        institution: None,
        state,
        last_poll: Some(at("2026-11-25T11:00:00Z")),
        last_success: Some(at("2026-11-25T11:00:00Z")),
        next_due: Some(at("2026-11-25T17:00:00Z")),
        consecutive_failures: 0,
        reason: None,
        records: 93,
        quota_remaining: None,
        verified: None,
    }
}

#[test]
fn watches_fit_eighty_columns_and_say_what_they_need() {
    let page = test_page();
    let rows = [
        watch("release-notes/alma", WatchHealth::Ok),
        WatchRow {
            institution: Some("01TUN_INST".to_owned()),
            quota_remaining: Some(1_250_000),
            consecutive_failures: 3,
            last_success: Some(at("2025-12-31T23:30:00Z")),
            reason: Some("reading partners: no answer within 30 s; look at the status page of Ex Libris".to_owned()),
            ..watch("alma.partners/01TUN_INST", WatchHealth::Failing)
        },
        WatchRow {
            last_poll: None,
            last_success: None,
            next_due: None,
            records: 0,
            reason: Some("the variable ALMANAC_KEY_NEU is not set; set it to a read-only key".to_owned()),
            ..watch("alma.partners/01NEU_INST", WatchHealth::Blocked)
        },
    ];
    insta::assert_snapshot!(page.finish(&watches(&rows, &page)));
}

#[test]
fn a_poll_tells_how_each_watch_went() {
    let page = test_page();
    let row = PollRow {
        watch: "alma.partners/01TUN_INST".to_owned(),
        poll: Some(4),
        outcome: Outcome::Ok,
        reason: None,
        calls: 4,
        added: 1,
        removed: 0,
        modified: 2,
        events: 0,
    };
    let failed = PollRow {
        watch: "primo.view/01NEU_INST:NU".to_owned(),
        outcome: Outcome::Failed,
        reason: Some("implausible answer: a login page".to_owned()),
        added: 0,
        modified: 0,
        ..row.clone()
    };
    insta::assert_snapshot!(page.finish(&polls(&[row, failed], &[], &page)));
}

#[test]
fn snapshots_say_how_much_was_read() {
    let page = test_page();
    let mut part = Coverage::default();
    part.set("0-99", PartitionRead::Complete);
    part.set("100-199", PartitionRead::Failed { reason: "x".to_owned() });
    let row = SnapshotRow {
        poll: 12,
        watch: "alma.partners/01TUN_INST".to_owned(),
        at: at("2026-11-25T11:00:00Z"),
        added: 0,
        removed: 0,
        modified: 1,
        coverage: part,
    };
    let first = SnapshotRow {
        poll: 3,
        added: 350,
        modified: 0,
        coverage: Coverage::default(),
        ..row.clone()
    };
    insta::assert_snapshot!(page.finish(&snapshots("alma.partners/01TUN_INST", &[row, first], &page)));
}

#[test]
fn checks_end_with_what_to_do() {
    let page = test_page();
    let well = CheckRow {
        subject: "release-notes/alma".to_owned(),
        check: "page".to_owned(),
        ok: true,
        detail: "read by the static parser: 41 main features, 120 resolved issues".to_owned(),
        remedy: None,
    };
    let ill = CheckRow {
        subject: "01TUN_INST".to_owned(),
        check: "key".to_owned(),
        ok: false,
        detail: "the key is not accepted".to_owned(),
        remedy: Some("ask for a read-only key with the Resource Sharing area".to_owned()),
    };
    insta::assert_snapshot!(page.finish(&checks(&[well, ill], &page)));
}

#[test]
fn messages_show_the_dead_and_the_way_back() {
    let page = test_page();
    let dead = MessageRow {
        id: "msg_0197".to_owned(),
        channel: "ops".to_owned(),
        state: MessageState::Dead,
        attempts: 12,
        next_attempt: None,
        last_error: Some("the receiver answered 500".to_owned()),
        events: vec![4, 5],
        created_at: at("2026-11-24T11:00:00Z"),
        sent_at: None,
    };
    let sent = MessageRow {
        id: "msg_0198".to_owned(),
        state: MessageState::Sent,
        attempts: 1,
        sent_at: Some(at("2026-11-25T11:00:00Z")),
        ..dead.clone()
    };
    insta::assert_snapshot!(page.finish(&messages(&[dead, sent], &page)));
}

#[test]
fn empty_answers_say_so_and_what_to_do() {
    let page = test_page();
    for text in [
        watches(&[], &page),
        polls(&[], &[], &page),
        snapshots("release-notes/alma", &[], &page),
        checks(&[], &page),
        messages(&[], &page),
    ] {
        assert!(
            text.ends_with(".\n") && (text.contains("[[") || text.contains('`')),
            "{text}"
        );
    }
}
