//! The daemon: on time across daylight-saving changes, never over itself, made up once, stopped cleanly, panics contained.

use std::sync::Arc;
use std::time::Duration;

use almanac::model::moment::Moment;
use almanac::poll::daemon::Daemon;
use chrono::Timelike;
use chrono_tz::America::New_York;

use crate::world::{ELM, START, World, partners};

pub(crate) async fn daemon(world: &World) -> Daemon {
    Daemon::start(Arc::new(world.almanac.clone())).await.unwrap()
}

/// One tick, and everything that it started.
pub(crate) async fn tick(daemon: &Daemon) {
    daemon.tick().await.unwrap();
    daemon.idle().await;
}

async fn next_due(world: &World, id: &str) -> Moment {
    let states = world.almanac.store.watch_states().await.unwrap();
    states
        .into_iter()
        .find(|(watch, _)| watch.as_str() == id)
        .unwrap()
        .1
        .next_due
        .unwrap()
}

pub(crate) fn only_one_watch(schedule: &str) -> impl FnOnce(&str) -> String {
    let schedule = schedule.to_owned();
    move |config| {
        let start = config.find("[[watch]]").unwrap();
        let end = config.find("[[channel]]").unwrap();
        let watch =
            format!("[[watch]]\nsource = \"alma.partners\"\ninstitutions = [\"{ELM}\"]\nschedule = \"{schedule}\"\n\n");
        format!("{}{watch}{}", &config[..start], &config[end..])
    }
}

pub(crate) const WATCH: &str = "alma.partners/01ELM_INST";

pub(crate) async fn polls(world: &World) -> usize {
    let asked = world.asked().await;
    asked
        .iter()
        .filter(|call| call.contains("/partners?") && call.contains("offset=0"))
        .count()
}

#[tokio::test]
async fn eight_in_the_morning_stays_eight_across_both_changes_of_the_clocks() {
    for first_day in ["2027-03-12T05:00:00Z", "2027-11-05T04:00:00Z"] {
        let mut world = World::new().await;
        world.reconfigure(only_one_watch("0 8 * * *")).await;
        world.hand.set(first_day.parse().unwrap());
        world.wire().partners.insert(ELM.into(), partners(2));
        let daemon = daemon(&world).await;
        tick(&daemon).await;
        assert_eq!(polls(&world).await, 1, "never polled before, so at once");
        for day in 0..5 {
            let due = next_due(&world, WATCH).await;
            let local = due.datetime().with_timezone(&New_York);
            assert_eq!((local.hour(), local.minute()), (8, 0), "{local}");
            world.hand.set(Moment::from_millis(due.millis() - 1));
            tick(&daemon).await;
            assert_eq!(polls(&world).await, 1 + day, "not before its time");
            world.hand.set(due);
            tick(&daemon).await;
            tick(&daemon).await;
            assert_eq!(polls(&world).await, 2 + day, "on time, once");
        }
    }
}

#[tokio::test]
async fn a_time_inside_the_gap_and_one_inside_the_repeated_hour_come_once_a_day() {
    for (schedule, first_day) in [
        ("30 2 * * *", "2027-03-13T12:00:00Z"),
        ("30 1 * * *", "2027-11-06T12:00:00Z"),
    ] {
        let mut world = World::new().await;
        world.reconfigure(only_one_watch(schedule)).await;
        world.hand.set(first_day.parse().unwrap());
        world.wire().partners.insert(ELM.into(), partners(2));
        let daemon = daemon(&world).await;
        tick(&daemon).await;
        let end: Moment = world.clock.now().plus(Duration::from_hours(72));
        while world.clock.now() < end {
            world.hand.advance(Duration::from_mins(10));
            tick(&daemon).await;
        }
        assert_eq!(polls(&world).await, 1 + 3, "{schedule}: once on each of three days");
    }
}

#[tokio::test]
async fn polls_missed_while_no_daemon_ran_are_made_up_once() {
    let mut world = World::new().await;
    world.reconfigure(only_one_watch("0 */6 * * *")).await;
    world.hand.set(START.parse().unwrap());
    world.wire().partners.insert(ELM.into(), partners(2));
    tick(&daemon(&world).await).await;
    world.hand.advance(Duration::from_hours(24 * 3 + 1));
    world.restart().await;
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    tick(&daemon).await;
    assert_eq!(polls(&world).await, 2);
    assert!(next_due(&world, WATCH).await > world.clock.now());
}

#[tokio::test]
async fn a_changed_schedule_is_planned_anew() {
    let mut world = World::new().await;
    world.reconfigure(only_one_watch("0 8 1 * *")).await;
    world.wire().partners.insert(ELM.into(), partners(2));
    tick(&daemon(&world).await).await;
    let before = next_due(&world, WATCH).await;
    world
        .reconfigure(|config| config.replace("0 8 1 * *", "every 15m"))
        .await;
    daemon(&world).await;
    let after = next_due(&world, WATCH).await;
    assert!(
        after < before && after <= world.clock.now().plus(Duration::from_secs(17 * 60)),
        "{after}"
    );
}

#[tokio::test]
async fn a_watch_never_overlaps_itself_and_a_lease_of_the_dead_is_taken_over() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(2));
    let watch = world.watch(WATCH);
    let (one, two) = tokio::join!(world.almanac.poll(&watch, false), world.almanac.poll(&watch, false));
    let mut outcomes = [one.outcome.name(), two.outcome.name()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["ok", "skipped"]);
    // Someone was killed with the lease in hand.
    let mut tx = world.almanac.store.write().await.unwrap();
    let (row, _) = tx
        .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
        .await
        .unwrap();
    let until = tx.now.plus(Duration::from_mins(15));
    assert!(tx.claim(row, "poll:dead", until).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.almanac.poll(&watch, false).await.outcome.name(), "skipped");
    world.hand.advance(Duration::from_mins(16));
    assert_eq!(world.almanac.poll(&watch, false).await.outcome.name(), "ok");
}

#[tokio::test]
async fn many_heartbeats_during_one_poll_ask_once() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(2));
    let daemon = daemon(&world).await;
    for _ in 0..20 {
        daemon.tick().await.unwrap();
    }
    daemon.idle().await;
    let calls = world.asked().await;
    assert_eq!(
        calls
            .iter()
            .filter(|call| call.starts_with("/almaws/v1/partners"))
            .count(),
        2,
        "each library once: {calls:?}"
    );
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", world.almanac.store.path().display()))
        .await
        .unwrap();
    let skipped: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM watch WHERE last_outcome = 'skipped'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(skipped, 0);
}

#[tokio::test]
async fn a_clock_that_once_ran_years_ahead_does_not_silence_almanac() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(2));
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    world.hand.advance(Duration::from_hours(24 * 365 * 8));
    tick(&daemon).await;
    world.hand.set(START.parse().unwrap());
    world.hand.advance(Duration::from_hours(24));
    drop(daemon);
    // The plan lies in 2035; a start plans what no schedule of ours could mean.
    let daemon = self::daemon(&world).await;
    for status in ["INACTIVE", "ACTIVE"] {
        world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = serde_json::json!(status);
        world.hand.advance(Duration::from_hours(7));
        tick(&daemon).await;
        tick(&daemon).await;
    }
    let told: Vec<String> = world
        .told()
        .await
        .into_iter()
        .filter(|event| event.starts_with("partner."))
        .collect();
    assert_eq!(
        told,
        [
            "partner.deactivated 01ELM_INST P000",
            "partner.activated 01ELM_INST P000"
        ]
    );
    let received: Vec<String> = world
        .wire()
        .received
        .iter()
        .flat_map(|(_, body)| body["data"]["events"].as_array().unwrap().clone())
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .filter(|kind| kind.starts_with("partner."))
        .collect();
    assert_eq!(received, ["partner.deactivated", "partner.activated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_nobodys_silence() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(120));
    assert_eq!(world.poll(WATCH).await.added, 120);
    world.almanac.store.close().await;
    for partner in world.wire().partners.get_mut(ELM).unwrap().iter_mut().take(90) {
        partner["partner_details"]["status"] = serde_json::json!("INACTIVE");
    }
    let config = world.config_file();
    // No file may grow beyond 128 KB, as on a disk that is full: the write-ahead log breaks off in the middle.
    let run = |limit: &'static str| {
        let config = config.clone();
        tokio::task::spawn_blocking(move || {
            std::process::Command::new("bash")
                .args([
                    "-c",
                    &format!("trap '' XFSZ; {limit} exec \"$0\" poll {WATCH} --json --config \"$1\""),
                ])
                .arg(env!("CARGO_BIN_EXE_almanac"))
                .arg(config)
                .output()
                .unwrap()
        })
    };
    let full = run("ulimit -f 128;").await.unwrap();
    assert_eq!(full.status.code(), Some(1), "{}", String::from_utf8_lossy(&full.stderr));
    let rows: serde_json::Value = serde_json::from_slice(&full.stdout).unwrap();
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["poll"]),
        (&"failed".into(), &serde_json::Value::Null),
        "{rows}"
    );
    let again = run("").await.unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["modified"], &rows[0]["events"]),
        (&"ok".into(), &90.into(), &90.into()),
        "{rows}"
    );
    let store = almanac::store::Store::open_existing(world.almanac.store.path(), almanac::clock::Clock::System)
        .await
        .unwrap();
    store.check_integrity().await.unwrap();
    let received: usize = world
        .wire()
        .received
        .iter()
        .map(|(_, body)| body["data"]["events"].as_array().unwrap().len())
        .sum();
    assert_eq!(received, 90, "each told, once");
}
