//! The daemon in trouble: panics, late looks at what is due, hanging libraries, a full disk.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use almanac::poll::once::PollOrder;
use serde_json::json;

use crate::daemon::{WATCH, daemon, only_one_watch, polls, tick};
use crate::world::{ELM, OAK, World, partners, pause};

#[tokio::test]
async fn a_panic_ends_one_poll_and_nothing_else_and_is_told() {
    let world = World::new().await;
    {
        let mut wire = world.wire();
        wire.partners.insert(ELM.into(), partners(3));
        wire.partners.insert(OAK.into(), partners(3));
    }
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    // A number that no poll of ours ever writes: reading it is a defect that ends in a panic.
    let database = format!("sqlite://{}", world.almanac.store.path().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    let damage =
        "UPDATE record SET missing_polls = ? WHERE watch_id = (SELECT id FROM watch WHERE name = ?) AND key = 'P001'";
    sqlx::query(damage).bind(-1).bind(WATCH).execute(&pool).await.unwrap();
    for library in [ELM, OAK] {
        world.wire().partners.get_mut(library).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    }
    for _ in 0..10 {
        world.hand.advance(Duration::from_hours(4));
        tick(&daemon).await;
    }
    let about_partners = |told: Vec<String>| -> Vec<String> {
        told.into_iter()
            .filter(|event| event.contains("partner") || event.ends_with(ELM))
            .collect()
    };
    assert!(
        world.told().await.contains(&format!("partner.deactivated {OAK} P000")),
        "the others go on"
    );
    let failing: Vec<String> = world
        .events()
        .await
        .into_iter()
        .filter(|event| event.watch.as_deref() == Some(WATCH))
        .map(|event| format!("{}: {}", event.kind, event.summary))
        .collect();
    assert_eq!(failing.len(), 1, "{failing:?}");
    assert!(
        failing[0].starts_with("watch.failing") && failing[0].contains("a defect of Almanac"),
        "{failing:?}"
    );

    // The lease is free, and when the cause is gone the watch recovers and tells what it missed.
    sqlx::query(damage).bind(0).bind(WATCH).execute(&pool).await.unwrap();
    assert_eq!(
        world.almanac.poll(&world.watch(WATCH), false).await.outcome.name(),
        "ok"
    );
    let told = about_partners(world.told().await);
    assert!(told.contains(&format!("partner.deactivated {ELM} P000")), "{told:?}");
    assert!(told.contains(&format!("watch.recovered {ELM}")), "{told:?}");
}

#[tokio::test]
async fn a_missed_poll_is_made_up_even_if_the_schedule_was_changed_meanwhile() {
    let mut world = World::new().await;
    world.reconfigure(only_one_watch("0 */6 * * *")).await;
    world.wire().partners.insert(ELM.into(), partners(2));
    tick(&daemon(&world).await).await;
    world.hand.advance(Duration::from_hours(24 * 3));
    world
        .reconfigure(|config| config.replace("0 */6 * * *", "0 8 1 * *"))
        .await;
    let daemon = daemon(&world).await;
    tick(&daemon).await;
    tick(&daemon).await;
    assert_eq!(polls(&world).await, 2);
}

#[tokio::test]
async fn a_look_at_what_is_due_that_came_too_late_polls_nothing_twice() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(2));
    tick(&daemon(&world).await).await;
    let before = polls(&world).await;
    let order = PollOrder {
        scheduled: true,
        ..PollOrder::by_hand(false)
    };
    let late = world.almanac.poll_as(&world.watch(WATCH), &order).await;
    assert_eq!((late.outcome.name(), late.calls), ("skipped", 0), "{late:?}");
    assert_eq!(polls(&world).await, before);
    assert_eq!(
        world.almanac.poll(&world.watch(WATCH), false).await.outcome.name(),
        "ok",
        "no lease is left behind"
    );
}

/// The real binary on the world's settings.
fn start(world: &World) -> Child {
    Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args(["run", "--config"])
        .arg(world.config_file())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

pub(crate) fn terminate(child: &Child) {
    let killed = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

/// Waits until it is so; a process under test takes its own time.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        pause(Duration::from_millis(50)).await;
    }
}

pub(crate) async fn exit_code(child: &mut Child) -> Option<i32> {
    let mut status = None;
    until("it does not end", async || {
        status = child.try_wait().unwrap();
        status.is_some()
    })
    .await;
    status.unwrap().code()
}

async fn last_success(world: &World) -> bool {
    let states = world.almanac.store.watch_states().await.unwrap();
    states
        .iter()
        .any(|(id, state)| id.as_str() == WATCH && state.last_success.is_some())
}

const ANY_PORT: &str = "[server]\nlisten = \"127.0.0.1:0\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_while_a_library_hangs_it_stops_within_ten_seconds_and_makes_the_poll_up() {
    let mut world = World::with(ANY_PORT).await;
    world.reconfigure(only_one_watch("0 */6 * * *")).await;
    {
        let mut wire = world.wire();
        wire.partners.insert(ELM.into(), partners(3));
        wire.hangs = Some("/".into());
    }
    let mut child = start(&world);
    until("it never asked", async || !world.asked().await.is_empty()).await;
    let asked = Instant::now();
    terminate(&child);
    assert_eq!(exit_code(&mut child).await, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(!last_success(&world).await);

    world.wire().hangs = None;
    let mut child = start(&world);
    until("the poll was not made up", async || last_success(&world).await).await;
    terminate(&child);
    assert_eq!(exit_code(&mut child).await, Some(0));
    assert_eq!(world.almanac.store.watch_states().await.unwrap()[0].1.records, 3);
    assert!(world.told().await.is_empty(), "no library is blamed for our stopping");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_blames_no_library() {
    let mut world = World::with(ANY_PORT).await;
    world.reconfigure(only_one_watch("every 1s")).await;
    world.wire().partners.insert(ELM.into(), partners(3));
    let mut child = start(&world);
    until("no baseline", async || last_success(&world).await).await;
    terminate(&child);
    assert_eq!(exit_code(&mut child).await, Some(0));

    // No file may grow past this: the write-ahead log is full after some twenty pages. SIGXFSZ is ignored, so that writing
    // fails as it does on a full disk.
    world.almanac.store.close().await;
    let log = world.dir.path().join("log");
    let mut child = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 200; exec \"$0\" run --config \"$1\" 2>\"$2\"",
        ])
        .arg(env!("CARGO_BIN_EXE_almanac"))
        .arg(world.config_file())
        .arg(&log)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the disk never was full", async || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.contains("full") || text.contains("disk"))
    })
    .await;
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    pause(Duration::from_secs(3)).await;
    assert_eq!(child.try_wait().unwrap(), None, "it stays up");
    terminate(&child);
    assert_eq!(exit_code(&mut child).await, Some(0));
    assert!(world.wire().received.is_empty(), "nothing was told that is not kept");

    world.restart().await;
    world.almanac.store.check_integrity().await.unwrap();
    assert_eq!(
        world.told().await,
        Vec::<String>::new(),
        "no library is blamed for our full disk"
    );
    let mut child = start(&world);
    until("the change was lost", async || !world.wire().received.is_empty()).await;
    pause(Duration::from_secs(2)).await;
    terminate(&child);
    assert_eq!(exit_code(&mut child).await, Some(0));
    assert_eq!(world.told().await, [format!("partner.deactivated {ELM} P000")]);
    assert_eq!(world.wire().received.len(), 1);
}
