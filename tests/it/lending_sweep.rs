//! A whole consortium's lending requests: 20 institutions, each with 5 libraries that lend in 12 statuses, 40,000 requests,
//! some lists longer than the hundred rows that Alma shows, some even at the finest cut. The fake keeps the truth beside
//! what it shows.

mod consortium;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use almanac::clock::Clock;
use almanac::exlibris::http::CALLS_PER_POLL_MAX;
use almanac::model::answer::{Outcome, PollRow};
use almanac::model::moment::Moment;
use almanac::model::watch::WatchId;
use almanac::poll::Almanac;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use consortium::{Consortium, INSTITUTIONS, LIBRARIES, Move, REQUESTS, STATUSES, Visible, institution, moves, serve};

use crate::task_list::Lent;
use crate::world::{self, Running, START, pause, write_secret};

const PER_SECOND: f64 = 5.0;
const DAILY_BUDGET: u32 = 5_000;
/// Polls at once, as the daemon has them.
const AT_ONCE: usize = 8;
const MEMORY_MB_BELOW: f64 = 100.0;

fn watch_id(institution: &str) -> String {
    format!("alma.lending-requests/{institution}")
}

fn configuration(dir: &std::path::Path, server: &str, per_second: f64) -> String {
    let mut institutions = String::new();
    for number in 0..INSTITUTIONS {
        let code = institution(number);
        let key = dir.join(format!("{code}.key"));
        write_secret(&key, &format!("key-of-{code}"));
        institutions.push_str(&format!(
            "[[institution]]\ncode = \"{code}\"\nname = \"Library {number}\"\nkind = \"own-alma\"\ngateway = \"{server}\"\n\
             api_key = {{ file = \"{}\" }}\n\n",
            key.display()
        ));
    }
    format!(
        "[consortium]\nname = \"Test Consortium\"\ntimezone = \"America/New_York\"\n\n[store]\npath = \"{}\"\n\n\
         [server]\nlisten = \"127.0.0.1:0\"\n\n[exlibris]\nper_second = {per_second:.1}\ndaily_budget = {DAILY_BUDGET}\n\n{institutions}\
         [[watch]]\nsource = \"alma.lending-requests\"\ninstitutions = [\"*\"]\nschedule = \"20 * * * *\"\nstatuses = {STATUSES:?}\n\n\
         [[channel]]\nname = \"console\"\ntype = \"console\"\n",
        dir.join("almanac.db").display()
    )
}

async fn sweep(almanac: &Almanac, at_once: usize) -> Vec<PollRow> {
    stream::iter(&almanac.config.watches)
        .map(|watch| almanac.poll(watch, false))
        .buffered(at_once)
        .collect()
        .await
}

/// What is told after a round is the truth, or is named as unread.
async fn assert_true(almanac: &Almanac, consortium: &Mutex<Consortium>, rows: &[PollRow]) {
    for (number, row) in rows.iter().enumerate() {
        let name = institution(number);
        let at = almanac.clock.now().plus(Duration::from_hours(1));
        let records = almanac
            .store
            .records(&WatchId::from_text(watch_id(&name)), None, at)
            .await
            .unwrap();
        let told: BTreeMap<&str, &Value> = records
            .iter()
            .map(|record| (record.key.as_str(), &record.body))
            .collect();
        let truth = consortium.lock().unwrap();
        let unreadable = truth.unreadable(&name);
        let named: BTreeSet<String> = row
            .reason
            .iter()
            .flat_map(|reason| reason.split("; "))
            .filter_map(|reason| reason.split_once(" is unread: "))
            .map(|(slice, _)| slice.rsplit_once(": ").map_or(slice, |(_, slice)| slice).to_owned())
            .collect();
        assert_eq!(named, unreadable, "{row:?}");
        assert_eq!(
            row.outcome,
            if unreadable.is_empty() {
                Outcome::Ok
            } else {
                Outcome::Partial
            },
            "{row:?}"
        );
        let mut whole = 0;
        for library in LIBRARIES {
            for status in STATUSES {
                let key = format!("{library}/{status}");
                if unreadable.iter().any(|slice| slice.starts_with(&format!("{key},"))) {
                    let reason = row.reason.as_deref().unwrap_or_default();
                    assert!(reason.contains(&format!("{key}: ")), "{key} is not named in {reason}");
                    continue;
                }
                whole += 1;
                let mut partners: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
                for lent in truth.cell(&name, library, status) {
                    *partners
                        .entry(&lent.partner)
                        .or_default()
                        .entry(&lent.format)
                        .or_default() += 1;
                }
                // Smaller numbers could point to a reader, so they are not kept.
                for formats in partners.values_mut() {
                    formats.retain(|_, count| *count >= 5);
                }
                partners.retain(|_, formats| !formats.is_empty());
                let total = truth.cell(&name, library, status).count();
                let expected = json!({"library": library, "status": status, "total": total, "partners": partners});
                assert_eq!(*told[key.as_str()], expected, "{key} of {name}");
            }
        }
        assert!(whole >= 50, "hardly anything could be read of {name}");
    }
}

/// Nobody was asked faster than the pace, nor more than the limits allow. Where one institution is polled at a time, the
/// pace holds for every stretch of its calls; where several are, their calls arrive a little after they began, since all
/// turn the one clock, and the pace holds from the beginning of the sweep on.
fn assert_frugal(consortium: &Mutex<Consortium>, rows: &[PollRow], began: Moment, at_once: usize) {
    let mut truth = consortium.lock().unwrap();
    for (number, row) in rows.iter().enumerate() {
        let calls = truth.calls.remove(&institution(number)).unwrap();
        assert_eq!(calls.len(), row.calls as usize, "every call is counted");
        assert!(row.calls < CALLS_PER_POLL_MAX, "{row:?}");
        let paced = |from: Moment, made: usize, to: Moment| {
            let allowed = to.since(from).as_secs_f64() * PER_SECOND + 1.0;
            assert!(
                made as f64 <= allowed + 1e-6,
                "{made} calls where {allowed} are allowed"
            );
        };
        for (last, to) in calls.iter().enumerate() {
            paced(began, last + 1, *to);
            if at_once == 1 {
                for (first, from) in calls[..=last].iter().enumerate() {
                    paced(*from, last + 1 - first, *to);
                }
            }
        }
    }
}

/// The moves that the program counted since `since`, in every institution: from status to status, and those that are gone.
async fn counted(almanac: &Almanac, since: Moment) -> [BTreeMap<Move, usize>; 2] {
    let [mut counted, mut gone] = [BTreeMap::new(), BTreeMap::new()];
    for name in (0..INSTITUTIONS).map(institution) {
        let watch = WatchId::from_text(watch_id(&name));
        for (moved, count) in almanac.store.request_moves(&watch, since).await.unwrap() {
            // What came was not there before: it did not move.
            if !moved.from.is_empty() {
                let list = if moved.to.is_empty() { &mut gone } else { &mut counted };
                list.insert((name.clone(), moved.partner, moved.from, moved.to), count as usize);
            }
        }
    }
    [counted, gone]
}

#[tokio::test]
async fn a_whole_consortium_is_read_truthfully_and_within_its_calls() {
    let (clock, hand) = Clock::manual(START.parse().unwrap());
    let consortium = Arc::new(Mutex::new(Consortium::new(clock.clone())));
    let server = serve(Arc::clone(&consortium)).await;
    let dir = tempfile::tempdir().unwrap();
    let config = world::parse(&configuration(dir.path(), &server, PER_SECOND), dir.path());
    let almanac = Almanac::open(config, clock.clone()).await.unwrap();
    assert_eq!(
        consortium
            .lock()
            .unwrap()
            .requests
            .values()
            .map(Vec::len)
            .sum::<usize>(),
        REQUESTS
    );
    let mut of_the_day = BTreeMap::<String, u32>::new();
    // Where each request was when the wire last showed it.
    let mut shown: Option<Visible> = None;
    let mut missed = BTreeMap::<(String, u64), u32>::new();
    let (mut all_moves, mut all_gone) = (0, 0);
    for round in 0..4 {
        hand.advance(Duration::from_hours(1));
        if round > 0 {
            let mut truth = consortium.lock().unwrap();
            truth.an_hour_of_work();
            // Nobody knows which of the two Alma does.
            truth.capped_total = round > 1;
            if round == 1 {
                // A list that grows beyond a hundred, and one that shrinks.
                truth.come(&institution(4), "MAIN", "WILL_SUPPLY", 120, None);
                truth.come(&institution(5), "LAW", "CONDITIONAL", 150, Some(("P07", "DIGITAL")));
            }
            if round == 2 {
                let shrinks = |lent: &Lent| lent.library == "MAIN" && lent.status == "WILL_SUPPLY";
                truth
                    .requests
                    .get_mut(&institution(4))
                    .unwrap()
                    .retain(|lent| !shrinks(lent) || lent.id % 3 == 0);
            }
        }
        let (began, clock_began) = (Instant::now(), clock.now());
        let at_once = if round % 2 == 0 { AT_ONCE } else { 1 };
        let rows = sweep(&almanac, at_once).await;
        let took = began.elapsed();
        assert_true(&almanac, &consortium, &rows).await;
        let calls: u32 = rows.iter().map(|row| row.calls).sum();
        let most = rows.iter().map(|row| row.calls).max().unwrap();
        println!(
            "sweep {round}: {calls} calls for {INSTITUTIONS} institutions, {most} at most for one, {at_once} at a time, {:.0} s by \
             its clock at {PER_SECOND} a second, {:.1} s here",
            clock.now().since(clock_began).as_secs_f64(),
            took.as_secs_f64()
        );
        for row in &rows {
            let spent = of_the_day.entry(row.watch.clone()).or_default();
            *spent += row.calls;
            assert!(*spent <= DAILY_BUDGET, "{row:?}");
        }
        assert_frugal(&consortium, &rows, clock_began, at_once);

        // Every status move that the wire could show is counted, and no other.
        let visible = consortium.lock().unwrap().visible();
        let [told, told_gone] = counted(&almanac, clock_began).await;
        let truth = shown.as_ref().map(|shown| moves(shown, &visible)).unwrap_or_default();
        assert_eq!(told, truth);
        all_moves += truth.values().sum::<usize>();
        // So is every request that went before its end, where nothing could hide it, when two readings running missed it.
        let missing = shown
            .as_ref()
            .map(|shown| consortium.lock().unwrap().gone(shown, &visible))
            .unwrap_or_default();
        missed.retain(|key, _| !visible.contains_key(key));
        for key in missing.keys() {
            *missed.entry(key.clone()).or_default() += 1;
        }
        let gone: Visible = missing.into_iter().filter(|(key, _)| missed[key] == 2).collect();
        let mut truth_gone = BTreeMap::<Move, usize>::new();
        for ((institution, _), lent) in &gone {
            if lent.status != "LENDER_CHECK_IN" {
                let one = (
                    institution.clone(),
                    lent.partner.clone(),
                    lent.status.clone(),
                    String::new(),
                );
                *truth_gone.entry(one).or_default() += 1;
            }
        }
        assert_eq!(told_gone, truth_gone);
        all_gone += truth_gone.values().sum::<usize>();
        let shown = shown.get_or_insert_default();
        shown.retain(|key, _| !gone.contains_key(key));
        shown.extend(visible);
        consortium.lock().unwrap().calls.clear();
    }
    assert!(all_moves > 4_000, "only {all_moves} moves");
    assert!(all_gone > 500, "only {all_gone} gone");
    println!(
        "{all_moves} status moves and {all_gone} requests gone before their end counted, none missed, none invented"
    );
}

/// Peak of the real program's memory in MB, while it runs.
fn peak_mb(process: &Running) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_sweep_takes_little_memory() {
    if !std::path::Path::new("/proc/self/status").exists() {
        println!("skipped: this computer does not tell how much memory a process takes");
        return;
    }
    let consortium = Arc::new(Mutex::new(Consortium::new(Clock::System)));
    let server = serve(Arc::clone(&consortium)).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("almanac.toml");
    std::fs::write(&file, configuration(dir.path(), &server, 1_000.0)).unwrap();
    // The daemon polls all that was never polled at once, eight at a time.
    let began = Instant::now();
    let daemon = Running::almanac(&["run"], &file);
    let database = format!("sqlite://{}", dir.path().join("almanac.db").display());
    let polled = async {
        loop {
            pause(Duration::from_millis(100)).await;
            let Ok(pool) = sqlx::SqlitePool::connect(&database).await else {
                continue;
            };
            let polled: Result<i64, _> =
                sqlx::query_scalar("SELECT count(*) FROM watch WHERE last_outcome IN ('ok', 'partial')")
                    .fetch_one(&pool)
                    .await;
            pool.close().await;
            if polled.is_ok_and(|polled| polled == INSTITUTIONS as i64) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(3), polled)
        .await
        .expect("every watch is polled");
    let peak = peak_mb(&daemon);
    daemon.kill();
    let calls: usize = consortium.lock().unwrap().calls.values().map(Vec::len).sum();
    println!(
        "peak {peak:.1} MB for {calls} calls in {:.1} s, {AT_ONCE} polls at a time",
        began.elapsed().as_secs_f64()
    );
    assert!(calls > 1_200);
    assert!(peak < MEMORY_MB_BELOW, "{peak} MB");
}
