//! From the start of the real daemon to its first call, and its memory when idle, with a history of 100,000 versions and
//! 100 watches. Run it with `cargo bench --bench startup`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use almanac::clock::Clock;
use almanac::compare::snapshot::{Comparison, Delta, Keyed};
use almanac::model::answer::Outcome;
use almanac::model::change::Op;
use almanac::model::observation::{Coverage, PartitionRead};
use almanac::model::watch::{SourceKind, WatchId};
use almanac::store::Store;
use almanac::store::polls::PollNote;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const WATCHES: usize = 100;
const RECORDS: usize = 50;
const VERSIONS: usize = 20;
const RUNS: usize = 5;
/// The goals of the project for these figures.
const FIRST_CALL_WITHIN: Duration = Duration::from_millis(300);
const IDLE_MB_BELOW: f64 = 40.0;

fn code(watch: usize) -> String {
    format!("01B{watch:03}_INST")
}

fn partner(record: usize, version: usize) -> Value {
    json!({
        "code": format!("P{record:03}"), "name": format!("Library number {record}"), "status": "ACTIVE", "profile_type": "ISO_18626",
        "system_type": "ALMA", "avg_supply_time": version, "borrowing_supported": true, "lending_supported": true,
        "borrowing_workflow": "DEFAULT_BOR_WF", "lending_workflow": "DEFAULT_LEND_WF", "currency": "USD",
    })
}

async fn write_history(path: &Path) {
    let store = Store::open(path, Clock::System).await.unwrap();
    let mut coverage = Coverage::default();
    coverage.set("partners", PartitionRead::Complete);
    for version in 0..VERSIONS {
        let mut tx = store.write().await.unwrap();
        for watch in 0..WATCHES {
            let code = code(watch);
            let id = WatchId::new(SourceKind::AlmaPartners, &code);
            let (row, _) = tx.watch(&id, SourceKind::AlmaPartners, Some(&code)).await.unwrap();
            let note = PollNote {
                started: tx.now,
                outcome: Outcome::Ok,
                accepted: false,
                reason: None,
                error_code: None,
                tracking_id: None,
                calls: 1,
                quota_remaining: None,
                coverage: &coverage,
            };
            let poll = tx.note_poll(row, &note).await.unwrap();
            let deltas = (0..RECORDS)
                .map(|record| {
                    let keyed = Keyed::new(
                        format!("P{record:03}"),
                        "partners".to_owned(),
                        &partner(record, version),
                    );
                    let op = if version == 0 { Op::Added } else { Op::Modified };
                    Delta {
                        key: keyed.key,
                        partition: keyed.partition,
                        op,
                        document: Some((keyed.document, keyed.hash)),
                        silent: true,
                        returned: false,
                    }
                })
                .collect();
            let comparison = Comparison {
                deltas,
                baselines: vec![("partners".to_owned(), 1)],
                ..Comparison::default()
            };
            tx.write_comparison(row, SourceKind::AlmaPartners, poll, 1, &coverage, &comparison)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
    store.close().await;
}

fn configuration(dir: &Path, server: &str) -> String {
    let mut text = format!(
        "[consortium]\nname = \"Bench\"\ntimezone = \"America/New_York\"\n[store]\npath = \"{}\"\n[server]\nlisten = \"127.0.0.1:0\"\n",
        dir.join("almanac.db").display()
    );
    let key = dir.join("key");
    std::fs::write(&key, "a-key").unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for watch in 0..WATCHES {
        text.push_str(&format!(
            "[[institution]]\ncode = \"{code}\"\nname = \"Library {watch}\"\nkind = \"own-alma\"\ngateway = \"{server}\"\napi_key = {{ file = \"{}\" }}\n",
            key.display(),
            code = code(watch),
        ));
    }
    text.push_str("[[watch]]\nsource = \"alma.partners\"\ninstitutions = [\"*\"]\nschedule = \"0 6 1 1 *\"\n");
    text
}

fn resident_mb(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let built = Instant::now();
    write_history(&dir.path().join("almanac.db")).await;
    println!(
        "history: {} versions written in {:.1} s",
        WATCHES * RECORDS * VERSIONS,
        built.elapsed().as_secs_f64()
    );

    let server = MockServer::start().await;
    let partners: Vec<Value> = (0..RECORDS)
        .map(|record| json!({ "partner_details": partner(record, VERSIONS) }))
        .collect();
    let body = json!({ "partner": partners, "total_record_count": RECORDS });
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let config = dir.path().join("almanac.toml");
    std::fs::write(&config, configuration(dir.path(), &server.uri())).unwrap();

    let mut slowest = Duration::ZERO;
    let mut idle_mb: f64 = 0.0;
    for run in 0..RUNS {
        server.reset().await;
        let partners: Vec<Value> = (0..RECORDS)
            .map(|record| json!({ "partner_details": partner(record, VERSIONS + run) }))
            .collect();
        let body = json!({ "partner": partners, "total_record_count": RECORDS });
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        forget_plans(&dir.path().join("almanac.db")).await;
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(["run", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while server.received_requests().await.unwrap().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "no call came");
            tokio::task::yield_now().await;
        }
        let first_call = began.elapsed();
        while server.received_requests().await.unwrap().len() < 2 * WATCHES {
            assert!(
                began.elapsed() < Duration::from_secs(120),
                "not all watches were polled"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_secs(5));
        idle_mb = idle_mb.max(resident_mb(&child));
        println!(
            "run {run}: first call after {} ms, {:.1} MB resident when idle",
            first_call.as_millis(),
            resident_mb(&child)
        );
        slowest = slowest.max(first_call);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    println!(
        "slowest first call {} ms (goal {}), most memory {idle_mb:.1} MB (goal {IDLE_MB_BELOW})",
        slowest.as_millis(),
        FIRST_CALL_WITHIN.as_millis()
    );
    assert!(
        slowest < FIRST_CALL_WITHIN && idle_mb < IDLE_MB_BELOW,
        "a goal was missed"
    );
}

/// Makes every watch due, as after a night without the daemon.
async fn forget_plans(path: &Path) {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    sqlx::query("UPDATE watch SET next_due_ms = 0 WHERE next_due_ms IS NOT NULL")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE watch SET last_poll_ms = NULL WHERE next_due_ms IS NULL")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}
