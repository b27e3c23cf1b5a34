//! Trouble of our own: a store that cannot be written, a clock that jumps, calls that run short, odd names.

use std::sync::Arc;
use std::time::Duration;

use almanac::model::answer::Outcome;
use almanac::model::event::EventKind;
use almanac::model::moment::Moment;
use almanac::model::watch::WatchId;
use almanac::poll::daemon::Daemon;
use serde_json::json;

use crate::world::{ELM, Fault, OAK, World, notes_page, partner, partners, view};

const ELM_PARTNERS: &str = "alma.partners/01ELM_INST";
const ELM_VIEW: &str = "primo.view/01ELM_INST:MAIN";
const OAK_VIEW: &str = "primo.view/01OAK_INST:MAIN";

async fn daemon(world: &World) -> Daemon {
    Daemon::start(Arc::new(world.almanac.clone())).await.unwrap()
}

async fn tick(daemon: &Daemon) {
    daemon.tick().await.unwrap();
    daemon.idle().await;
}

/// Another connection to the world's database, as another process would have it.
async fn raw(world: &World) -> sqlx::SqlitePool {
    let database = format!("sqlite://{}", world.almanac.store.path().display());
    sqlx::SqlitePool::connect(&database).await.unwrap()
}

async fn run_sql(pool: &sqlx::SqlitePool, sql: &'static str) {
    sqlx::query(sql).execute(pool).await.unwrap();
}

async fn asked_for(world: &World, part: &str) -> usize {
    world.asked().await.iter().filter(|call| call.contains(part)).count()
}

// The store.

#[tokio::test]
async fn a_poll_that_cannot_be_written_does_not_eat_the_librarys_calls_and_is_made_up() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    let pool = raw(&world).await;
    run_sql(
        &pool,
        "CREATE TRIGGER full BEFORE INSERT ON poll BEGIN SELECT RAISE(ABORT, 'no space'); END",
    )
    .await;
    world.hand.advance(Duration::from_hours(7));
    let before = asked_for(&world, "ELM_INST").await + asked_for(&world, "/partners").await;
    for _ in 0..60 {
        world.hand.advance(Duration::from_secs(1));
        tick(&daemon).await;
    }
    let during = asked_for(&world, "ELM_INST").await + asked_for(&world, "/partners").await - before;
    assert!(
        during <= 4,
        "{during} calls in a minute for polls that could not be written"
    );
    let counted: i64 = sqlx::query_scalar("SELECT SUM(calls) FROM quota_day WHERE pool = ?")
        .bind(ELM)
        .fetch_one(&pool)
        .await
        .unwrap();
    let made = asked_for(&world, "/almaws").await + asked_for(&world, "/primo/v1").await;
    assert!(
        counted as usize * 2 >= made,
        "calls of unwritten polls count: {counted} of {made} at two libraries"
    );

    run_sql(&pool, "DROP TRIGGER full").await;
    world.hand.advance(Duration::from_mins(5));
    tick(&daemon).await;
    assert_eq!(
        world.told().await,
        ["partner.deactivated 01ELM_INST P000"],
        "told once, and no watch was blamed for our full disk"
    );
}

#[tokio::test]
async fn every_version_of_a_long_chain_is_exact_at_its_moment_and_on_it() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(1));
    let watch = WatchId::from_text(ELM_PARTNERS);
    let mut moments = Vec::new();
    for days in 0..40 {
        world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["avg_supply_time"] = json!(days);
        world.poll(ELM_PARTNERS).await;
        moments.push(world.almanac.store.last_poll(&watch).await.unwrap().unwrap());
    }
    for (days, moment) in moments.iter().enumerate() {
        for (at, expected) in [
            (*moment, Some(days)),
            (moment.minus(Duration::from_millis(1)), days.checked_sub(1)),
        ] {
            let records = world.almanac.store.records(&watch, None, at).await.unwrap();
            let found = records.first().map(|record| record.body["avg_supply_time"].clone());
            assert_eq!(found, expected.map(|days| json!(days)), "at {at}");
        }
    }
}

#[tokio::test]
async fn of_two_polls_in_one_millisecond_the_later_one_stands() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(1));
    let watch = WatchId::from_text(ELM_PARTNERS);
    world.poll(ELM_PARTNERS).await;
    let first = world.almanac.store.last_poll(&watch).await.unwrap().unwrap();
    world.hand.set(first.minus(Duration::from_mins(5)));
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    world.almanac.poll(&world.watch(ELM_PARTNERS), false).await;
    assert_eq!(world.almanac.store.last_poll(&watch).await.unwrap(), Some(first));
    let records = world.almanac.store.records(&watch, None, first).await.unwrap();
    assert_eq!(
        (records[0].version, &records[0].body["status"]),
        (2, &json!("INACTIVE"))
    );
}

// The clock.

#[tokio::test]
async fn a_clock_that_ran_a_year_ahead_and_was_put_right_stops_neither_polls_nor_alerts() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    let right = world.clock.now();
    world.hand.advance(Duration::from_hours(24 * 365));
    tick(&daemon).await;
    // Someone was killed with a lease in hand just then.
    let mut tx = world.almanac.store.write().await.unwrap();
    let watch = world.watch(ELM_PARTNERS);
    let (row, _) = tx.watch(&watch.id, watch.source.kind(), Some(ELM)).await.unwrap();
    let until = tx.now.plus(Duration::from_mins(15));
    assert!(tx.claim(row, "poll:dead", until).await.unwrap());
    tx.commit().await.unwrap();

    world.hand.set(right.plus(Duration::from_mins(1)));
    tick(&daemon).await;
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    world.hand.set(right.plus(Duration::from_hours(7)));
    tick(&daemon).await;
    let told = world.told().await;
    assert!(
        told.contains(&"partner.deactivated 01ELM_INST P000".to_owned()),
        "{told:?}"
    );
    world.hand.advance(Duration::from_secs(1));
    tick(&daemon).await;
    let received = serde_json::to_string(&world.wire().received).unwrap();
    assert!(
        received.contains("partner.deactivated"),
        "what is told at once waits for no clock: {received}"
    );
    let counted: i64 = sqlx::query_scalar("SELECT SUM(calls) FROM quota_day WHERE day = ?")
        .bind(world.clock.now().millis() / 86_400_000)
        .fetch_one(&raw(&world).await)
        .await
        .unwrap();
    assert!(counted > 0, "calls count for the day that it is");
}

// Calls that run short.

#[tokio::test]
async fn a_watch_held_back_by_the_floor_is_looked_at_again_within_the_hour() {
    let world = World::new().await;
    world.wire().views.insert(format!("{ELM}:MAIN"), view(ELM));
    world.wire().partners.insert(ELM.into(), partners(3));
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    world.wire().quota = Some(500);
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    assert!(world.keys(ELM_VIEW).await.is_empty(), "held back");
    world.wire().quota = Some(400_000);
    world.hand.advance(Duration::from_mins(61));
    tick(&daemon).await;
    assert!(
        !world.keys(ELM_VIEW).await.is_empty(),
        "a daily watch does not lose its day"
    );
}

#[tokio::test]
async fn a_quota_of_nothing_is_below_every_floor() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.wire().quota = Some(0);
    world.poll(ELM_PARTNERS).await;
    assert_eq!(world.told().await, ["quota.low 01ELM_INST"]);
    assert_eq!(world.poll(ELM_VIEW).await.outcome, Outcome::Skipped);
}

#[tokio::test]
async fn a_number_of_calls_below_zero_is_unknown() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.wire().quota = Some(-1);
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Ok);
    assert_eq!(world.told().await, Vec::<String>::new());
}

#[tokio::test]
async fn one_long_list_never_goes_over_the_days_budget() {
    let mut world = World::new().await;
    world
        .reconfigure(|config| config.replacen("per_second = 50", "per_second = 50\ndaily_budget = 3", 1))
        .await;
    world.wire().partners.insert(ELM.into(), partners(350));
    let poll = world.poll(ELM_PARTNERS).await;
    assert_eq!((poll.outcome, poll.calls), (Outcome::Partial, 3), "{poll:?}");
    assert!(poll.reason.unwrap().contains("budget of calls for today is spent"));
}

// What is news.

#[tokio::test]
async fn what_another_library_had_at_its_baseline_is_not_new() {
    let world = World::new().await;
    let mut oaks = view(OAK);
    oaks["system-configuration"]["rapido_pods_in_nde"] = json!(true);
    world.wire().views.insert(format!("{ELM}:MAIN"), view(ELM));
    world.wire().views.insert(format!("{OAK}:MAIN"), oaks);
    world.poll(ELM_VIEW).await;
    world.poll(OAK_VIEW).await;
    world.wire().views.get_mut(&format!("{ELM}:MAIN")).unwrap()["system-configuration"]["rapido_pods_in_nde"] =
        json!(true);
    world.poll(ELM_VIEW).await;
    let kinds: Vec<EventKind> = world.events().await.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::SwitchTurnedOn], "Oak had it for who knows how long");
}

#[tokio::test]
async fn a_view_that_comes_without_its_scopes_has_not_lost_them() {
    let world = World::new().await;
    let mut large = view(ELM);
    for n in 0..40 {
        large["primo-view"]["attributes-map"][format!("attribute{n}Enabled")] = json!(true);
    }
    world.wire().views.insert(format!("{ELM}:MAIN"), large);
    assert_eq!(world.poll(ELM_VIEW).await.outcome, Outcome::Ok);
    let before = world.keys(ELM_VIEW).await;
    for nothing in [json!(null), json!([]), json!({}), json!("none")] {
        world.wire().views.get_mut(&format!("{ELM}:MAIN")).unwrap()["primo-view"]["scopes"] = nothing.clone();
        assert_eq!(world.poll(ELM_VIEW).await.outcome, Outcome::Partial, "{nothing}");
    }
    assert_eq!(world.keys(ELM_VIEW).await, before);
    assert!(
        world
            .told()
            .await
            .iter()
            .all(|event| event.starts_with("watch.failing"))
    );
}

#[tokio::test]
async fn an_empty_list_where_there_were_a_few_is_not_believed_at_once() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), Vec::new());
    for _ in 0..3 {
        assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Failed);
    }
    assert_eq!(world.keys(ELM_PARTNERS).await.len(), 3);
    assert_eq!(world.told().await, ["watch.failing 01ELM_INST"]);
}

#[tokio::test]
async fn failures_between_identical_answers_do_not_begin_the_day_of_doubt_anew() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(40));
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), partners(20));
    let mut removed = Vec::new();
    for _ in 0..4 {
        world.hand.advance(Duration::from_hours(8));
        removed.push(world.poll(ELM_PARTNERS).await.removed);
        world.wire().faults = vec![Fault {
            where_: "/partners".into(),
            status: 503,
            body: String::new(),
            times: None,
        }];
        removed.push(world.poll(ELM_PARTNERS).await.removed);
        world.wire().faults.clear();
    }
    assert_eq!(removed, [0, 0, 0, 0, 0, 0, 20, 0]);
}

#[tokio::test]
async fn a_watch_that_was_taken_out_and_put_back_goes_on_where_it_was() {
    let mut world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(3));
    tick(&daemon(&world).await).await;
    let full = std::fs::read_to_string(world.config_file()).unwrap();
    world
        .reconfigure(|config| {
            config.replacen(
                "source = \"alma.partners\"\ninstitutions = [\"*\"]",
                &format!("source = \"alma.partners\"\ninstitutions = [\"{OAK}\"]"),
                1,
            )
        })
        .await;
    world.wire().partners.get_mut(ELM).unwrap().push(partner("NEW"));
    world.hand.advance(Duration::from_hours(24 * 30));
    tick(&daemon(&world).await).await;
    assert!(world.told().await.iter().all(|event| !event.contains("partner.")));
    world.reconfigure(|_| full).await;
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    tick(&daemon).await;
    let partners_told: Vec<String> = world
        .told()
        .await
        .into_iter()
        .filter(|event| event.starts_with("partner."))
        .collect();
    assert_eq!(partners_told, ["partner.added 01ELM_INST NEW"]);
}

#[tokio::test]
async fn the_same_heading_in_the_notes_of_two_products_is_two_stories() {
    let world = World::with(
        "[[watch]]\nsource = \"release-notes\"\nsubject = \"primo\"\nproduct = \"Primo\"\nschedule = \"0 7 * * *\"\n\
         pages = [\"{server}/Primo/{year}\"]\n",
    )
    .await;
    let old = (
        "Old Thing",
        "February 2027 Acquisitions URM-700002",
        "The labels of two buttons were reworded.",
    );
    let new = (
        "Accessibility Fixes",
        "May 2027 Accessibility",
        "Several pages can now be used with a keyboard alone.",
    );
    let pages = ["/Alma/Release_Notes/2027/Alma_2027_Release_Notes", "/Primo/2027"];
    for path in pages {
        world.wire().pages.insert(path.into(), notes_page(2027, &[old], &[]));
    }
    for watch in ["release-notes/alma", "release-notes/primo"] {
        let poll = world.poll(watch).await;
        assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    }
    for path in pages {
        world
            .wire()
            .pages
            .insert(path.into(), notes_page(2027, &[old, new], &[]));
    }
    for watch in ["release-notes/alma", "release-notes/primo"] {
        world.poll(watch).await;
    }
    let events = world.events().await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[0].key, events[1].key);
    assert_ne!(events[0].group, events[1].group);
}

#[tokio::test]
async fn any_partner_code_is_followed_from_its_first_day_to_its_last() {
    let odd = [
        "NLNZ:WLC",
        "a/b",
        "with space",
        "O'Brien \"&\" <sons>",
        "Ünïversität 📚",
        "%2F",
        "-1",
        "null",
        "|",
        "a|1",
    ];
    let world = World::new().await;
    let all = || {
        odd.iter()
            .map(|code| partner(code))
            .chain(partners(30))
            .collect::<Vec<_>>()
    };
    world.wire().partners.insert(ELM.into(), partners(30));
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), all());
    assert_eq!(world.poll(ELM_PARTNERS).await.added as usize, odd.len());
    for each in world.wire().partners.get_mut(ELM).unwrap() {
        each["partner_details"]["status"] = json!("INACTIVE");
    }
    world.poll(ELM_PARTNERS).await;
    world.wire().partners.insert(ELM.into(), partners(30));
    for _ in 0..2 {
        world.poll(ELM_PARTNERS).await;
    }
    world.wire().partners.insert(ELM.into(), all());
    world.poll(ELM_PARTNERS).await;
    let told = world.told().await;
    let watch = WatchId::from_text(ELM_PARTNERS);
    let now: Moment = world.clock.now();
    for code in odd {
        for kind in ["added", "deactivated", "removed", "returned"] {
            let line = format!("partner.{kind} {ELM} {code}");
            assert_eq!(told.iter().filter(|event| **event == line).count(), 1, "{line}");
        }
        let records = world.almanac.store.records(&watch, Some(code), now).await.unwrap();
        assert_eq!(records.len(), 1, "{code}");
        assert_eq!(records[0].body["code"], json!(code));
    }
}
