//! The eleven invariants of the design, each as a story that a user would notice if it broke.

use std::time::Duration;

use almanac::model::answer::Outcome;
use almanac::model::event::EventKind;
use almanac::model::watch::WatchId;
use almanac::store::events::EventFilter;
use serde_json::json;

use crate::world::{ELM, Fault, OAK, World, notes_page, notes_path, partner, partners, view};

const ELM_PARTNERS: &str = "alma.partners/01ELM_INST";
const OAK_PARTNERS: &str = "alma.partners/01OAK_INST";
const ELM_VIEW: &str = "primo.view/01ELM_INST:MAIN";
const OAK_VIEW: &str = "primo.view/01OAK_INST:MAIN";
const NOTES: &str = "release-notes/alma";

const NETWORK_ZONE_ITEM: (&str, &str, &str) = (
    "Control What the Network Zone Sends to Members",
    "February 2027 Collaborative Networks URM-700001",
    "A consortium can now choose which import profiles of the Network Zone send their records to the member institutions.",
);
const LABEL_ITEM: (&str, &str, &str) = (
    "Clearer Labels on the Invoice Page",
    "February 2027 Acquisitions URM-700002",
    "The labels of two buttons were reworded.",
);

// 1. One transaction a poll.

#[tokio::test]
async fn a_poll_that_cannot_be_written_wholly_leaves_no_trace() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.poll(ELM_PARTNERS).await;

    // Notices are the last thing that a poll writes; a disk that is full just then is played by a trigger.
    let database = format!("sqlite://{}", world.almanac.store.path().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    sqlx::query("CREATE TRIGGER full BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'no space'); END")
        .execute(&pool)
        .await
        .unwrap();
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    let failed = world.poll(ELM_PARTNERS).await;
    assert_eq!((failed.outcome, failed.poll), (Outcome::Failed, None));
    assert_eq!(world.told().await, Vec::<String>::new());
    let counts: (i64, i64) = sqlx::query_as("SELECT (SELECT COUNT(*) FROM version), (SELECT COUNT(*) FROM poll)")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(counts, (3, 1), "no version and no poll of the failed one");

    sqlx::query("DROP TRIGGER full").execute(&pool).await.unwrap();
    world.poll(ELM_PARTNERS).await;
    assert_eq!(world.told().await, ["partner.deactivated 01ELM_INST P000"]);
    let owed: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM notice")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(owed, 1);
}

// 2. Allow-list before anything else: see privacy.rs.

// 3. Absence is earned.

#[tokio::test]
async fn a_list_that_is_not_whole_never_removes_a_partner() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(350));
    let first = world.poll(ELM_PARTNERS).await;
    assert_eq!((first.outcome, first.added), (Outcome::Ok, 350), "{first:?}");
    assert_eq!(
        world
            .asked()
            .await
            .iter()
            .filter(|call| call.contains("/partners?"))
            .count(),
        4,
        "four pages of 100"
    );

    // Page 3 fails, again and again.
    world.wire().partners.get_mut(ELM).unwrap().truncate(340);
    world.wire().faults = vec![Fault {
        where_: "offset=200".into(),
        status: 500,
        body: "oops".into(),
        times: None,
    }];
    for _ in 0..3 {
        let poll = world.poll(ELM_PARTNERS).await;
        assert_eq!((poll.outcome, poll.removed), (Outcome::Partial, 0), "{poll:?}");
    }
    // The total shrinks between the pages, and then is larger than what can be fetched.
    for off_by in [(200, -7), (0, 5)] {
        world.wire().faults.clear();
        world.wire().total_off_by = Some(off_by);
        for _ in 0..3 {
            let poll = world.poll(ELM_PARTNERS).await;
            assert_eq!((poll.outcome, poll.removed), (Outcome::Partial, 0), "{poll:?}");
        }
    }
    assert_eq!(world.keys(ELM_PARTNERS).await.len(), 350);
    assert!(
        world
            .told()
            .await
            .iter()
            .all(|event| !event.contains("partner.removed"))
    );

    // Whole again: a removal still needs two complete polls running.
    world.wire().total_off_by = None;
    assert_eq!(world.poll(ELM_PARTNERS).await.removed, 0);
    let second = world.poll(ELM_PARTNERS).await;
    assert_eq!((second.outcome, second.removed), (Outcome::Ok, 10));
    assert_eq!(
        world
            .told()
            .await
            .iter()
            .filter(|event| event.starts_with("partner.removed"))
            .count(),
        10
    );

    // And one that comes back is told as that.
    world.wire().partners.insert(ELM.into(), partners(341));
    world.poll(ELM_PARTNERS).await;
    assert_eq!(world.told().await.last().unwrap(), "partner.returned 01ELM_INST P340");
}

#[tokio::test]
async fn a_great_loss_is_not_believed_until_a_person_says_so() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(40));
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), partners(20));
    for _ in 0..2 {
        let poll = world.poll(ELM_PARTNERS).await;
        assert_eq!(poll.outcome, Outcome::Failed);
        assert!(poll.reason.unwrap().contains("20 of the 40 records"));
    }
    assert_eq!(world.keys(ELM_PARTNERS).await.len(), 40);
    let accepted = world.almanac.poll(&world.watch(ELM_PARTNERS), true).await;
    assert_eq!((accepted.outcome, accepted.removed), (Outcome::Ok, 20));
}

#[tokio::test]
async fn the_same_great_loss_is_believed_after_a_day() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(40));
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), partners(20));
    let mut removed = Vec::new();
    for _ in 0..4 {
        world.hand.advance(Duration::from_hours(8));
        removed.push(world.poll(ELM_PARTNERS).await.removed);
    }
    assert_eq!(removed, [0, 0, 0, 20]);
}

#[tokio::test]
async fn a_key_of_another_library_is_a_failure_and_an_unasked_one_is_said_to_be_unverified() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.wire().general_says = Some(OAK.into());
    let poll = world.poll(ELM_PARTNERS).await;
    assert_eq!(poll.outcome, Outcome::Failed);
    assert!(poll.reason.as_deref().unwrap().contains(OAK), "{poll:?}");
    assert!(world.keys(ELM_PARTNERS).await.is_empty());

    world.wire().conf_allowed = false;
    world.wire().partners.insert(OAK.into(), partners(3));
    assert_eq!(world.poll(OAK_PARTNERS).await.outcome, Outcome::Ok);
    let rows = almanac::insight::watches(&world.almanac.config, &world.almanac.store, world.clock.now())
        .await
        .unwrap();
    let oak = rows.iter().find(|row| row.id == OAK_PARTNERS).unwrap();
    assert_eq!(oak.verified, None);
}

#[tokio::test]
async fn wrong_answers_with_status_200_are_failures_and_never_changes() {
    let world = World::new().await;
    let mut pages = vec![(notes_path(2026), notes_page(2026, &[LABEL_ITEM], &[]))];
    pages.push((
        notes_path(2027),
        notes_page(
            2027,
            &[NETWORK_ZONE_ITEM, LABEL_ITEM],
            &["URM-1 Something was broken. This was fixed."],
        ),
    ));
    {
        let mut wire = world.wire();
        wire.partners.insert(ELM.into(), partners(12));
        wire.views.insert(format!("{ELM}:MAIN"), view(ELM));
        wire.pages.extend(pages);
    }
    for watch in [ELM_PARTNERS, ELM_VIEW, NOTES] {
        let poll = world.poll(watch).await;
        assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    }
    let before = [
        world.keys(ELM_PARTNERS).await,
        world.keys(ELM_VIEW).await,
        world.keys(NOTES).await,
    ];
    assert!(before.iter().all(|keys| !keys.is_empty()));
    let login = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action=\"/login\"><input type=\"password\"></form></body></html>";
    let maintenance = "<html><body><h1>Scheduled maintenance</h1><p>We will be back soon.</p></body></html>";
    let error = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"INTERNAL","errorMessage":"x","trackingId":"E01-1"}]}}"#;
    for body in [
        login,
        maintenance,
        error,
        "",
        "{}",
        "[]",
        "null",
        "<html>",
        "{\"partner\":",
    ] {
        world.wire().faults = vec![
            Fault {
                where_: "/almaws/v1/partners".into(),
                status: 200,
                body: body.into(),
                times: None,
            },
            Fault {
                where_: "configuration".into(),
                status: 200,
                body: body.into(),
                times: None,
            },
            Fault {
                where_: "Release_Notes".into(),
                status: 200,
                body: body.into(),
                times: None,
            },
        ];
        for watch in [ELM_PARTNERS, ELM_VIEW, NOTES] {
            let poll = world.poll(watch).await;
            assert_eq!(
                poll.outcome,
                Outcome::Failed,
                "{watch} took {body:?} for an answer: {poll:?}"
            );
        }
    }
    assert_eq!(
        before,
        [
            world.keys(ELM_PARTNERS).await,
            world.keys(ELM_VIEW).await,
            world.keys(NOTES).await
        ]
    );
    let kinds: Vec<EventKind> = world.events().await.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [EventKind::WatchFailing; 3],
        "each watch is told as failing, once"
    );
}

// 4. The first poll is a baseline.

#[tokio::test]
async fn a_baseline_alerts_nobody_and_next_years_page_is_news() {
    let world = World::new().await;
    {
        let mut wire = world.wire();
        wire.partners.insert(ELM.into(), partners(3));
        wire.views.insert(format!("{ELM}:MAIN"), view(ELM));
        wire.pages
            .insert(notes_path(2026), notes_page(2026, &[LABEL_ITEM], &[]));
        wire.pages
            .insert(notes_path(2027), notes_page(2027, &[NETWORK_ZONE_ITEM], &[]));
    }
    for watch in [ELM_PARTNERS, ELM_VIEW, NOTES] {
        let poll = world.poll(watch).await;
        assert_eq!((poll.outcome, poll.events), (Outcome::Ok, 0), "{poll:?}");
        assert!(poll.added > 0);
    }
    world.deliver().await;
    assert_eq!(world.wire().received.len(), 0);

    let first_of_2028 = (
        "Lend Across Two Networks",
        "February 2028 Resource Sharing URM-800001",
        "Two networks can lend to each other.",
    );
    world
        .wire()
        .pages
        .insert(notes_path(2028), notes_page(2028, &[first_of_2028], &[]));
    world.poll(NOTES).await;
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::FeatureAnnounced);
    assert!(
        events[0].title.contains("Lend Across Two Networks"),
        "{}",
        events[0].title
    );
}

// 5. Silence is news.

#[tokio::test]
async fn a_failing_watch_is_told_once_and_its_recovery_once() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.poll(ELM_PARTNERS).await;
    world.wire().faults = vec![Fault {
        where_: "/partners".into(),
        status: 503,
        body: String::new(),
        times: None,
    }];
    for _ in 0..5 {
        world.poll(ELM_PARTNERS).await;
    }
    world.wire().faults.clear();
    for _ in 0..2 {
        world.poll(ELM_PARTNERS).await;
    }
    assert_eq!(
        world.told().await,
        ["watch.failing 01ELM_INST", "watch.recovered 01ELM_INST"]
    );
}

#[tokio::test]
async fn a_watch_that_stays_empty_is_told() {
    let world = World::new().await;
    for _ in 0..4 {
        assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    }
    assert_eq!(world.told().await, ["watch.failing 01ELM_INST"]);
}

// 6. The same world gives the same bytes: see same_world.rs.

// 7. Meaning is a pure function.

#[tokio::test]
async fn a_second_deactivation_is_a_second_event_and_reinterpreting_gives_the_same_events_and_no_message() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.poll(ELM_PARTNERS).await;
    for status in ["INACTIVE", "ACTIVE", "INACTIVE"] {
        world.wire().partners.get_mut(ELM).unwrap()[1]["partner_details"]["status"] = json!(status);
        world.poll(ELM_PARTNERS).await;
        world.poll(ELM_PARTNERS).await;
    }
    let told = [
        "partner.deactivated 01ELM_INST P001",
        "partner.activated 01ELM_INST P001",
        "partner.deactivated 01ELM_INST P001",
    ];
    assert_eq!(world.told().await, told);
    world.deliver().await;
    let messages = world.wire().received.len();
    let before = world.events().await;

    let almanac = world.almanac.clone();
    let mut tx = world.almanac.store.write().await.unwrap();
    assert_eq!(tx.reinterpret(|change| almanac.meaning_of(change)).await.unwrap(), 3);
    tx.commit().await.unwrap();
    let after = world.events().await;
    let shape = |events: &[almanac::model::event::Event]| {
        events
            .iter()
            .map(|event| {
                (
                    event.kind,
                    event.title.clone(),
                    event.detected_at,
                    event.changes.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(shape(&before), shape(&after));
    world.deliver().await;
    assert_eq!(world.wire().received.len(), messages);
}

#[tokio::test]
async fn a_switch_that_nobody_had_appears_once_as_one_story() {
    let world = World::new().await;
    for institution in [ELM, OAK] {
        world
            .wire()
            .views
            .insert(format!("{institution}:MAIN"), view(institution));
    }
    world.poll(ELM_VIEW).await;
    world.poll(OAK_VIEW).await;
    for institution in [ELM, OAK] {
        world.wire().views.get_mut(&format!("{institution}:MAIN")).unwrap()["system-configuration"]["rapido_pods_in_nde"] =
            json!(false);
    }
    world.poll(ELM_VIEW).await;
    world.poll(OAK_VIEW).await;
    let events = world.events().await;
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::SwitchAppeared, EventKind::SwitchAppeared]);
    assert_eq!(events[0].group, events[1].group, "a vendor's roll-out is one story");
    assert_eq!(events[0].group, events[0].id);
    // A library that gets it turned on much later is adoption, not a roll-out.
    world.hand.advance(Duration::from_hours(24 * 30));
    world.wire().views.get_mut(&format!("{OAK}:MAIN")).unwrap()["system-configuration"]["rapido_pods_in_nde"] =
        json!("Y");
    world.poll(OAK_VIEW).await;
    assert_eq!(world.events().await.last().unwrap().kind, EventKind::SwitchTurnedOn);
}

// 8. The libraries' quota is not ours.

#[tokio::test]
async fn below_the_floor_only_essential_watches_run_and_one_probe_an_hour_looks_for_recovery() {
    let world = World::new().await;
    {
        let mut wire = world.wire();
        wire.partners.insert(ELM.into(), partners(3));
        wire.views.insert(format!("{ELM}:MAIN"), view(ELM));
        wire.quota = Some(90_000);
    }
    // The floor is the smaller of the configured 100,000 and a quarter of the highest seen.
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    world.wire().quota = Some(20_000);
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    assert_eq!(world.told().await, ["quota.low 01ELM_INST"]);

    let calls = world.asked().await.len();
    let held_back = world.poll(ELM_VIEW).await;
    assert_eq!(held_back.outcome, Outcome::Skipped);
    assert_eq!(world.asked().await.len(), calls + 1, "one cheap probe");
    let again = world.almanac.poll(&world.watch(ELM_VIEW), false).await;
    assert_eq!(again.outcome, Outcome::Skipped);
    assert!(again.reason.unwrap().contains("20000 API calls are left"));
    assert_eq!(
        world.asked().await.len(),
        calls + 1,
        "and no second one within the hour"
    );

    let essential = almanac::config::Watch {
        essential: true,
        ..world.watch(ELM_VIEW)
    };
    assert_eq!(world.almanac.poll(&essential, false).await.outcome, Outcome::Ok);

    world.wire().quota = Some(380_000);
    assert_eq!(
        world.poll(ELM_VIEW).await.outcome,
        Outcome::Ok,
        "the probe saw that the number has recovered"
    );
    world.wire().quota = Some(60_000);
    world.poll(ELM_PARTNERS).await;
    assert_eq!(
        world.told().await,
        ["quota.low 01ELM_INST", "quota.low 01ELM_INST"],
        "a second drop is a second event"
    );
}

#[tokio::test]
async fn a_spent_budget_waits_for_the_next_day() {
    let mut world = World::new().await;
    world
        .reconfigure(|config| config.replacen("per_second = 50", "per_second = 50\ndaily_budget = 3", 1))
        .await;
    world.wire().partners.insert(ELM.into(), partners(3));
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    let spent = world.poll(ELM_PARTNERS).await;
    assert_eq!(spent.outcome, Outcome::Skipped);
    assert!(spent.reason.unwrap().contains("budget of 3 calls"));
    world.hand.advance(Duration::from_hours(24));
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn a_poll_stops_where_the_days_budget_ends_and_that_is_half_an_answer() {
    let mut world = World::new().await;
    world
        .reconfigure(|config| config.replacen("per_second = 50", "per_second = 50\ndaily_budget = 3", 1))
        .await;
    world.wire().partners.insert(ELM.into(), partners(350));
    let poll = world.poll(ELM_PARTNERS).await;
    assert_eq!((poll.outcome, poll.calls), (Outcome::Partial, 3), "{poll:?}");
    assert_eq!(world.asked().await.len(), 3, "not one call more");
    assert!(poll.reason.unwrap().contains("budget"));
}

// 9. Keys come from the environment or a file.

#[tokio::test]
async fn a_missing_key_stops_that_library_with_a_clear_state_and_nothing_else() {
    let world = World::new().await;
    std::fs::remove_file(world.dir.path().join(format!("{ELM}.key"))).unwrap();
    world.wire().partners.insert(OAK.into(), partners(3));
    let blocked = world.poll(ELM_PARTNERS).await;
    assert_eq!((blocked.outcome, blocked.calls), (Outcome::Skipped, 0));
    assert_eq!(world.poll(OAK_PARTNERS).await.outcome, Outcome::Ok);
    let rows = almanac::insight::watches(&world.almanac.config, &world.almanac.store, world.clock.now())
        .await
        .unwrap();
    let elm = rows.iter().find(|row| row.id == ELM_PARTNERS).unwrap();
    assert_eq!(elm.state, almanac::model::answer::WatchHealth::Blocked);
    assert!(elm.reason.as_deref().unwrap().contains(".key"), "{:?}", elm.reason);
    assert!(world.told().await.is_empty());
}

// 10. Time.

#[tokio::test]
async fn commit_times_never_run_backwards_and_any_moment_is_exact() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(2));
    world.poll(ELM_PARTNERS).await;
    let watch = WatchId::from_text(ELM_PARTNERS);
    let mut moments = vec![world.clock.now()];
    for status in ["INACTIVE", "ACTIVE", "INACTIVE"] {
        world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!(status);
        if status == "ACTIVE" {
            // The computer's clock is put back.
            world.hand.set(world.clock.now().minus(Duration::from_mins(90)));
        }
        world.poll(ELM_PARTNERS).await;
        moments.push(world.almanac.store.last_poll(&watch).await.unwrap().unwrap());
    }
    assert!(moments.is_sorted(), "{moments:?}");
    let snapshots = world.almanac.store.snapshots(&watch, 10).await.unwrap();
    assert_eq!(snapshots.len(), 4);
    let status_at = async |at| {
        let records = world.almanac.store.records(&watch, Some("P000"), at).await.unwrap();
        (records[0].version, records[0].body["status"].clone())
    };
    assert_eq!(status_at(moments[0]).await, (1, json!("ACTIVE")));
    assert_eq!(
        status_at(moments[3].plus(Duration::from_hours(9))).await,
        (4, json!("INACTIVE"))
    );
    assert!(
        world
            .almanac
            .store
            .records(&watch, None, "2001-01-01T00:00:00Z".parse().unwrap())
            .await
            .unwrap()
            .is_empty()
    );
    let diff = world.almanac.store.diff(&watch, moments[0], moments[3]).await.unwrap();
    assert_eq!(diff.len(), 1);
    assert_eq!(
        (diff[0].changes[0].path.as_str(), &diff[0].changes[0].new),
        ("/status", &json!("INACTIVE"))
    );
    let since = EventFilter {
        since: Some(moments[1]),
        until: Some(moments[3]),
        limit: 10,
        ..EventFilter::default()
    };
    let between = world.almanac.store.events(&since).await.unwrap();
    assert!(
        between
            .iter()
            .all(|event| event.detected_at >= moments[1] && event.detected_at < moments[3])
    );
    assert!(!between.is_empty());
}

// 11. What a person said is never overwritten by what was observed, nor the reverse.

#[tokio::test]
async fn a_persons_word_and_what_was_observed_both_stand() {
    let world = World::new().await;
    let said = std::fs::read(world.config_file()).unwrap();
    world.wire().partners.insert(ELM.into(), partners(20));
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), partners(8));
    world.almanac.poll(&world.watch(ELM_PARTNERS), true).await;
    // Ex Libris has them all again: the acceptance stays in the history beside what was seen before and after it.
    world.wire().partners.insert(ELM.into(), partners(20));
    world.poll(ELM_PARTNERS).await;
    let database = format!("sqlite://{}", world.almanac.store.path().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    let polls: Vec<(i64, i64, i64)> = sqlx::query_as("SELECT accepted, added, removed FROM poll ORDER BY id")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(polls, [(0, 20, 0), (1, 0, 12), (0, 12, 0)]);
    // The library's name in the texts is the one that a person wrote, whatever Alma calls it; the file is as it was.
    world.wire().partners.get_mut(ELM).unwrap().push(partner("NEW"));
    world.poll(ELM_PARTNERS).await;
    let newest = world.events().await.pop().unwrap();
    assert!(newest.title.contains("Elm College"), "{}", newest.title);
    assert_eq!(std::fs::read(world.dir.path().join("almanac.toml")).unwrap(), said);
}
