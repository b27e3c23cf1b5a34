//! What is not believed, not kept and not let through.

use super::*;

#[tokio::test]
async fn a_renamed_column_fails_the_poll_and_is_named() {
    let it = Reporting::new(Report {
        rows: rows(3, "Expired", "OAK"),
        ..Report::default()
    })
    .await;
    assert_eq!(it.poll().await.outcome, Outcome::Ok);
    it.report().headings[4] = "Partner".into();
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Failed);
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("“/shared/01ELM_INST/Almanac” has no column “Partner Code” (for partner)")
            && reason.contains("“Partner”")
            && reason.contains("[watch.columns]"),
        "{reason}"
    );
    assert!(
        reason.contains("“Full Name”") && !reason.contains("Canary") && !reason.contains("canary"),
        "{reason}"
    );
    assert_eq!(it.totals().await, ["-/EXPIRED 3"]);
}

#[tokio::test]
async fn a_report_that_is_not_there_says_where_to_look() {
    let it = Reporting::new(Report {
        path: "/shared/elsewhere".into(),
        ..Report::default()
    })
    .await;
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Failed);
    let reason = poll.reason.unwrap();
    for part in [
        "no such report",
        "/shared/01ELM_INST/Almanac",
        "begins with /shared/",
        "community",
    ] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert!(!reason.contains("canary"), "{reason}");
}

#[tokio::test]
async fn half_a_report_changes_no_count_and_removes_nothing() {
    let mut all = rows(1500, "Expired", "OAK");
    all.extend((1500..2500).map(|id| row(id, "Claimed", "ASH")));
    let it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    it.poll().await;
    let before = it.totals().await;
    it.report().fails_at = Some(1);
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.added, poll.modified, poll.removed),
        (Outcome::Partial, 0, 0, 0)
    );
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("reading page 2") && reason.contains("401873") && !reason.contains("canary"),
        "{reason}"
    );
    assert_eq!(it.totals().await, before);
    let seen = it.observed(None).await.unwrap().requests.unwrap();
    assert_eq!(
        (seen.rows.len(), seen.whole),
        (1000, false),
        "what was read is true all the same"
    );

    // Its first page failing is no observation at all.
    it.report().fails_at = Some(0);
    assert_eq!(it.poll().await.outcome, Outcome::Failed);
    it.report().fails_at = None;
    let poll = it.poll().await;
    assert_eq!((poll.outcome, poll.modified), (Outcome::Ok, 0));
}

#[tokio::test]
async fn a_status_that_empties_stays_as_a_count_of_nothing() {
    let mut all: Vec<_> = (0..8)
        .map(|id| {
            row(
                id,
                [
                    "Expired",
                    "Claimed",
                    "Reject",
                    "Will supply",
                    "Conditional",
                    "Renewed by partner",
                    "Locate failed",
                    "Resubmit",
                ][id],
                "OAK",
            )
        })
        .collect();
    let it = Reporting::new(Report {
        rows: all.clone(),
        ..Report::default()
    })
    .await;
    assert_eq!(it.poll().await.added, 8);
    for row in &mut all {
        row[1] = "Expired".into();
    }
    it.report().rows = all;
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.modified, poll.removed),
        (Outcome::Ok, 8, 0),
        "{poll:?}"
    );
    let totals = it.totals().await;
    assert!(
        totals.contains(&"-/EXPIRED 8".to_owned()) && totals.contains(&"-/CLAIMED 0".to_owned()),
        "{totals:?}"
    );
    assert_eq!(it.poll().await.modified, 0);
}

#[tokio::test]
async fn an_empty_report_is_not_believed_at_once() {
    let mut it = Reporting::new(Report {
        rows: rows(340, "Expired", "OAK"),
        ..Report::default()
    })
    .await;
    it.poll().await;
    let full = std::mem::take(&mut it.report().rows);
    let poll = it.poll().await;
    assert_eq!((poll.outcome, poll.modified, poll.removed), (Outcome::Failed, 0, 0));
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("0 requests where it had 340") && reason.contains("--accept"),
        "{reason}"
    );
    assert_eq!(it.totals().await, ["-/EXPIRED 340"]);

    // It comes back, as after a nightly refresh: nothing happened.
    it.report().rows = full.clone();
    let poll = it.poll().await;
    assert_eq!((poll.outcome, poll.modified), (Outcome::Ok, 0));

    // The same for a day is believed, over a restart too, and the count is nothing, not gone.
    it.report().rows.clear();
    for (turn, hours) in [0, 12, 5].into_iter().enumerate() {
        it.world.hand.advance(Duration::from_hours(hours));
        assert_eq!(it.poll().await.outcome, Outcome::Failed, "poll {turn}");
        it.world.restart().await;
    }
    it.world.hand.advance(Duration::from_hours(5));
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.modified, poll.removed),
        (Outcome::Ok, 1, 0),
        "{poll:?}"
    );
    assert_eq!(it.totals().await, ["-/EXPIRED 0"]);
    let seen = it.observed(None).await.unwrap().requests.unwrap();
    assert!(seen.rows.is_empty() && seen.whole);

    // Or a person says so.
    it.report().rows = full;
    assert_eq!(it.poll().await.modified, 1);
    it.report().rows.truncate(20);
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Failed, "20 of 340: {poll:?}");
    let poll = it.world.almanac.poll(&it.world.watch(WATCH), true).await;
    assert_eq!((poll.outcome, poll.modified), (Outcome::Ok, 1));
    assert_eq!(it.totals().await, ["-/EXPIRED 20"]);
    assert_eq!(it.poll().await.outcome, Outcome::Ok, "and it stays said");
}

#[tokio::test]
async fn a_doubted_report_tells_the_followers_of_requests_nothing_and_a_believed_one_everything_at_once() {
    let it = Reporting::new(Report {
        rows: rows(340, "Request sent to partner", "OAK"),
        ..Report::default()
    })
    .await;
    let id = it.world.watch(WATCH).id;
    let there = async || {
        it.world
            .almanac
            .store
            .requests_there(&id)
            .await
            .unwrap()
            .unwrap()
            .1
            .len()
    };
    let moves_told = async || {
        let told = it.world.told().await;
        told.iter()
            .filter(|event| event.starts_with("request.status_changed"))
            .count()
    };
    assert_eq!(it.poll().await.outcome, Outcome::Ok);
    it.report().rows.clear();
    for hours in [6, 12, 6] {
        it.world.hand.advance(Duration::from_hours(hours));
        assert_eq!(it.poll().await.outcome, Outcome::Failed);
        assert_eq!((there().await, moves_told().await), (340, 0));
    }
    it.world.hand.advance(Duration::from_hours(6));
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    assert_eq!((there().await, moves_told().await), (0, 1));
    it.world.hand.advance(Duration::from_hours(6));
    let poll = it.poll().await;
    assert_eq!(
        poll.outcome,
        Outcome::Ok,
        "what is believed is not doubted a second time: {poll:?}"
    );
}

#[tokio::test]
async fn a_status_column_that_holds_something_else_fails_without_a_word_of_it() {
    let all = (0..40)
        .map(|id| row(id, &format!("Canary Person {id}"), "OAK"))
        .collect();
    let it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Failed);
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("it must be something else") && !reason.contains("Canary"),
        "{reason}"
    );
    assert!(records(&it.world, WATCH).await.is_empty());
}

#[tokio::test]
async fn a_report_without_a_single_known_label_fails_and_stores_none_of_them() {
    let all = (0..40)
        .map(|id| row(id, &format!("Canary Person {}", id % 4), "OAK"))
        .collect();
    let mut it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Failed);
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("none of the 4 different texts")
            && reason.contains("[watch.columns]")
            && reason.contains("[watch.status_labels]")
            && !reason.contains("Canary"),
        "{reason}"
    );
    assert!(records(&it.world, WATCH).await.is_empty());
    let there = it
        .world
        .almanac
        .store
        .requests_there(&it.world.watch(WATCH).id)
        .await
        .unwrap();
    assert!(there.is_none_or(|(_, there)| there.is_empty()));

    let labels = "[watch.status_labels]\n\"canary person 1\" = \"REQUEST_SENT\"\n";
    it.world.reconfigure(|text| format!("{text}{labels}")).await;
    assert_eq!(it.poll().await.outcome, Outcome::Ok, "staff's own words after all");
}

#[tokio::test]
async fn a_renamed_label_fails_the_poll_until_it_has_its_code_and_moves_no_request() {
    let sent = |label: &str| {
        let mut all = rows(20, label, "OAK");
        all.extend((100..110).map(|id| row(id, "Expired", "OAK")));
        all
    };
    let mut it = Reporting::new(Report {
        rows: sent("Request sent to partner"),
        ..Report::default()
    })
    .await;
    assert_eq!(it.poll().await.outcome, Outcome::Ok);
    let since = async |it: &Reporting| {
        let store = &it.world.almanac.store;
        let (_, known) = store.requests_there(&it.world.watch(WATCH).id).await.unwrap().unwrap();
        let mut known: Vec<_> = known.into_iter().map(|known| (known.status, known.since)).collect();
        known.sort();
        known
    };
    let before = since(&it).await;
    it.report().rows = sent("Parti chez le partenaire");
    it.world.hand.advance(Duration::from_hours(24));
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.modified, poll.added),
        (Outcome::Failed, 0, 0),
        "{poll:?}"
    );
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("20 of 30 requests") && reason.contains("[watch.status_labels]") && !reason.contains("Parti"),
        "{reason}"
    );
    assert_eq!(it.totals().await, ["-/EXPIRED 10", "-/REQUEST_SENT 20"]);
    assert_eq!(since(&it).await, before);

    // A person may say that it is so; then it is counted under the label, and still nothing moved.
    let poll = it.world.almanac.poll(&it.world.watch(WATCH), true).await;
    assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    assert_eq!(since(&it).await, before);
    it.world.hand.advance(Duration::from_hours(24));
    assert_eq!(it.poll().await.outcome, Outcome::Ok, "and it stays said");

    let labels = "[watch.status_labels]\n\"parti chez le partenaire\" = \"REQUEST_SENT\"\n";
    it.world.reconfigure(|text| format!("{text}{labels}")).await;
    it.world.hand.advance(Duration::from_hours(24));
    assert_eq!(it.poll().await.outcome, Outcome::Ok);
    assert_eq!(it.totals().await, ["-/EXPIRED 10", "-/REQUEST_SENT 20"]);
    assert_eq!(since(&it).await, before);
    let told = it.world.told().await;
    assert!(
        !told.iter().any(|event| event.starts_with("request.status_changed")),
        "{told:?}"
    );
}

#[tokio::test]
async fn labels_that_nobody_knows_are_counted_in_the_log_and_named_in_the_record_alone() {
    let mut all = rows(30, "Expired", "OAK");
    all.push(row(100, "Waiting for our van", "OAK"));
    let it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let observation = it.observed(None).await.unwrap();
    assert!(
        observation.remarks.iter().any(|remark| remark.starts_with("1 labels"))
            && !observation.remarks.iter().any(|remark| remark.contains("van")),
        "{:?}",
        observation.remarks
    );
}

#[tokio::test]
async fn no_mark_of_a_reader_or_a_title_is_let_through() {
    let mut all = rows(30, "Request sent to partner", "OAK");
    all.push(row(100, "canary-label@example.org", "canary-partner@example.org"));
    let it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let marks = ["canary", "Canary", "CANARY", "example.org"];
    let clean = |what: &str, text: &str| {
        for mark in marks {
            assert!(!text.contains(mark), "{mark} is in {what}");
        }
    };
    let observation = it.observed(None).await.unwrap();
    assert_eq!(observation.requests.as_ref().unwrap().rows.len(), 31);
    clean("the observation", &format!("{observation:?}"));
    clean("the memory", &observation.memory.as_ref().unwrap().to_string());
    assert_eq!(it.poll().await.outcome, Outcome::Ok);
    let kept = records(&it.world, WATCH).await;
    assert!(kept.iter().any(|(key, _)| key == "-/REQUEST_SENT") && kept.iter().any(|(key, _)| key == "-/-"));
    clean("a record", &format!("{kept:?}"));

    for change in [
        |it: &mut Report| it.fails_at = Some(0),
        |it: &mut Report| it.headings.clear(),
        |it: &mut Report| it.path = "/elsewhere".into(),
        |it: &mut Report| it.headings[1] = "Partner Code".into(),
    ] {
        change(&mut it.report());
        clean("an error", &it.observed(None).await.unwrap_err());
        it.poll().await;
        let mut report = it.report();
        *report = Report {
            rows: std::mem::take(&mut report.rows),
            ..Report::default()
        };
    }
    for event in it.world.events().await {
        clean("an event", &format!("{event:?}"));
    }
    it.world.almanac.store.close().await;
    for file in std::fs::read_dir(it.world.dir.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for mark in ["canary", "Canary", "CANARY"] {
                assert!(!text.contains(mark), "{mark} is in {}", path.display());
            }
        }
    }
}
