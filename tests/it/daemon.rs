//! The daemon: on time across daylight-saving changes, never over itself, made up once, stopped cleanly, panics contained.

use std::sync::Arc;
use std::time::Duration;

use almanac::model::moment::Moment;
use almanac::poll::daemon::Daemon;
use chrono::Timelike;
use chrono_tz::America::New_York;

use crate::world::{ELM, START, World, partners};

async fn daemon(world: &World) -> Daemon {
    Daemon::start(Arc::new(world.almanac.clone())).await.unwrap()
}

/// One tick, and everything that it started.
async fn tick(daemon: &Daemon) {
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

fn only_one_watch(schedule: &str) -> impl FnOnce(&str) -> String {
    let schedule = schedule.to_owned();
    move |config| {
        let start = config.find("[[watch]]").unwrap();
        let end = config.find("[[channel]]").unwrap();
        let watch =
            format!("[[watch]]\nsource = \"alma.partners\"\ninstitutions = [\"{ELM}\"]\nschedule = \"{schedule}\"\n\n");
        format!("{}{watch}{}", &config[..start], &config[end..])
    }
}

const WATCH: &str = "alma.partners/01ELM_INST";

async fn polls(world: &World) -> usize {
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
