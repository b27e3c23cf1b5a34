//! The database file: whole, ours, of this schema, with one daemon; and a backup that is as good as the original.

use std::path::PathBuf;
use std::time::Duration;

use almanac::clock::Clock;
use almanac::model::watch::WatchId;
use almanac::store::Store;
use serde_json::json;

use crate::world::{ELM, START, World, partners};

const ELM_PARTNERS: &str = "alma.partners/01ELM_INST";

async fn refusal(path: PathBuf) -> String {
    let (clock, _) = Clock::manual(START.parse().unwrap());
    let before = std::fs::read(&path).ok();
    let error = Store::open(&path, clock).await.expect_err("it was opened").to_string();
    assert_eq!(std::fs::read(&path).ok(), before, "a refused file is left as it was");
    error
}

/// A history with a few polls, closed.
async fn history() -> (World, PathBuf) {
    let world = World::new().await;
    for count in [40, 45] {
        world.wire().partners.insert(ELM.into(), partners(count));
        world.poll(ELM_PARTNERS).await;
    }
    world.almanac.store.close().await;
    let path = world.almanac.store.path().to_owned();
    (world, path)
}

#[tokio::test]
async fn a_damaged_file_is_never_mistaken_for_an_empty_one() {
    let (_world, path) = history().await;
    let good = std::fs::read(&path).unwrap();
    assert!(good.len() > 20_000);
    let damages: [(&str, Vec<u8>); 5] = [
        ("the file is empty", Vec::new()),
        ("restore", good[..good.len() / 2].to_vec()),
        ("not a SQLite database", b"<html>not a database</html>".repeat(400)),
        ("not a SQLite database", [&[0u8; 100], &good[100..]].concat()),
        ("restore", [&good[..16], &[0xffu8; 4080], &good[4096..]].concat()),
    ];
    for (expected, bytes) in damages {
        std::fs::write(&path, bytes).unwrap();
        let told = refusal(path.clone()).await;
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("restore"), "it says what to do: {told}");
    }
}

#[tokio::test]
async fn a_damaged_page_is_found_by_the_check_and_by_reading() {
    let (world, path) = history().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 8192] {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    match Store::open(&path, world.clock.clone()).await {
        Err(error) => assert!(error.to_string().contains("restore"), "{error}"),
        Ok(store) => {
            let told = store
                .check_integrity()
                .await
                .expect_err("the damage was not seen")
                .to_string();
            assert!(told.contains("database"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_database_of_another_program_and_one_of_a_newer_almanac_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&other)
        .create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE books (title TEXT)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert!(refusal(other).await.contains("another program"));

    let (_world, path) = history().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (9999, 'from the future', '2030-01-01', 1, x'00', 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert!(refusal(path).await.contains("newer Almanac"));
}

#[tokio::test]
async fn a_second_daemon_on_the_same_file_is_refused() {
    let world = World::new().await;
    let lock = world.almanac.store.lock_for_daemon().unwrap();
    let told = world
        .almanac
        .store
        .lock_for_daemon()
        .expect_err("two daemons")
        .to_string();
    assert!(told.contains("already at work"), "{told}");
    drop(lock);
    world.almanac.store.lock_for_daemon().unwrap();
}

#[tokio::test]
async fn a_backup_has_the_same_history_and_is_taken_while_polls_go_on() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(150));
    world.poll(ELM_PARTNERS).await;
    let backup = world.dir.path().join("backup.db");
    world.wire().partners.get_mut(ELM).unwrap()[3]["partner_details"]["status"] = json!("INACTIVE");
    world.hand.advance(Duration::from_hours(1));
    let watch = world.watch(ELM_PARTNERS);
    let (copied, polled) = tokio::join!(world.almanac.store.backup(&backup), world.almanac.poll(&watch, false));
    copied.unwrap();
    assert_eq!(polled.modified, 1);
    assert!(
        world
            .almanac
            .store
            .backup(&backup)
            .await
            .unwrap_err()
            .to_string()
            .contains("exists already")
    );

    let copy = Store::open_existing(&backup, world.clock.clone()).await.unwrap();
    copy.check_integrity().await.unwrap();
    let (id, before) = (WatchId::from_text(ELM_PARTNERS), polled_before(&world));
    let original = world.almanac.store.records(&id, None, before).await.unwrap();
    assert_eq!(original.len(), 150);
    assert_eq!(copy.records(&id, None, before).await.unwrap(), original);
}

fn polled_before(world: &World) -> almanac::model::moment::Moment {
    crate::world::hours_before(world, 1)
}

#[tokio::test]
async fn unchanged_content_costs_no_row_and_a_change_costs_little() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(100));
    world.poll(ELM_PARTNERS).await;
    for n in 0..40 {
        world.wire().partners.get_mut(ELM).unwrap()[7]["partner_details"]["avg_supply_time"] = json!(n);
        world.poll(ELM_PARTNERS).await;
        world.poll(ELM_PARTNERS).await;
    }
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", world.almanac.store.path().display()))
        .await
        .unwrap();
    let (versions, largest, longest): (i64, i64, i64) = sqlx::query_as(
        "SELECT COUNT(*), MAX(LENGTH(body)) FILTER (WHERE base_id IS NOT NULL), MAX(depth) FROM version",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(versions, 100 + 40);
    assert!(largest < 100, "{largest} bytes for one changed number");
    assert!(longest < 16, "{longest}");
    // Every one of the forty can still be read.
    let id = WatchId::from_text(ELM_PARTNERS);
    let snapshots = world.almanac.store.snapshots(&id, 100).await.unwrap();
    for (snapshot, expected) in snapshots.iter().zip((0..40).rev()) {
        let record = &world
            .almanac
            .store
            .records(&id, Some("P007"), snapshot.at)
            .await
            .unwrap()[0];
        assert_eq!(record.body["avg_supply_time"], json!(expected));
    }
}

#[tokio::test]
async fn the_big_queries_use_their_indexes() {
    let world = World::new().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", world.almanac.store.path().display()))
        .await
        .unwrap();
    for (what, query) in almanac::store::big_queries() {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")))
                .fetch_all(&pool)
                .await
                .unwrap();
        for (.., step) in plan {
            assert!(
                !step.starts_with("SCAN")
                    || step.contains("USING INDEX")
                    || step.contains("USING COVERING INDEX")
                    || step.contains("chain")
                    || step.contains("wanted"),
                "{what} scans a table: {step}"
            );
            assert!(
                !step.contains("USE TEMP B-TREE FOR ORDER BY") || what == "documents",
                "{what} sorts: {step}"
            );
        }
    }
}
