//! Killed at any instant, nothing is lost and nothing is told under two names (DESIGN invariant 1): the real binary against
//! the demo's world, kill -9 at fifty random moments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use almanac::clock::Clock;
use almanac::demo;
use almanac::model::answer::MessageState;
use almanac::model::watch::WatchId;
use almanac::store::Store;
use almanac::store::events::EventFilter;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::world::{Running, pause};

const KILLS: u32 = 50;
/// A daemon lives at most so long before it is killed; its start and first polls fall well inside.
const LIFE_MAX: Duration = Duration::from_millis(700);
/// After the last kill it has so long to come to rest.
const REST_WITHIN: Duration = Duration::from_secs(90);

/// What the receiver accepted: bodies by `webhook-id`, in the order of arrival.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(String, Value)>>>, Arc<AtomicBool>);

impl Respond for Receiver {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let id = request.headers.get("webhook-id").unwrap().to_str().unwrap().to_owned();
        let mut received = self.0.lock().unwrap();
        received.push((id, serde_json::from_slice(&request.body).unwrap()));
        // While daemons are killed, every seventh is accepted without the sender hearing of it.
        let calm = self.1.load(Ordering::Relaxed);
        ResponseTemplate::new(if received.len().is_multiple_of(7) && !calm {
            500
        } else {
            204
        })
    }
}

fn start(config: &Path) -> Running {
    Running::almanac(&["run"], config)
}

async fn read(path: &Path) -> Store {
    Store::open_existing(path, Clock::System).await.unwrap()
}

/// The records of every watch now, by watch and key.
async fn records(store: &Store, watches: &[WatchId]) -> BTreeMap<(String, String), Value> {
    let mut all = BTreeMap::new();
    for watch in watches {
        for record in store.records(watch, None, Clock::System.now()).await.unwrap() {
            all.insert((watch.to_string(), record.key), record.body);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_and_tell_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("almanac.db");
    let world = Arc::new(demo::World::new(7, Clock::System.now()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stop = CancellationToken::new();
    tokio::spawn(demo::serve(Arc::clone(&world), listener, stop.clone()));
    let receiver = Receiver::default();
    let hook = MockServer::start().await;
    Mock::given(any()).respond_with(receiver.clone()).mount(&hook).await;

    world.write_keys(dir.path()).unwrap();
    let mut text = world.config_toml(dir.path(), port, &database, "127.0.0.1:0");
    text.push_str(&format!(
        "\n[[channel]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"{}/hook\"\nallow_private = true\n\n\
         [[route]]\nchannel = \"hook\"\nmin_severity = \"info\"\nwhen = \"at-once\"\n",
        hook.uri()
    ));
    let config = dir.path().join("almanac.toml");
    std::fs::write(&config, &text).unwrap();
    let settings = almanac::config::Config::load(&config).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let watches: Vec<WatchId> = settings.watches.iter().map(|watch| watch.id.clone()).collect();

    // The first baseline is whole, so that everything after it is news.
    let first = start(&config);
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < REST_WITHIN, "no baseline");
        pause(Duration::from_millis(100)).await;
        if !database.exists() {
            continue;
        }
        let Ok(store) = Store::open_existing(&database, Clock::System).await else {
            continue;
        };
        let polled = store.watch_states().await.unwrap();
        if watches.iter().all(|watch| {
            polled
                .iter()
                .any(|(id, state)| id == watch && state.last_success.is_some())
        }) {
            break;
        }
    }
    first.kill();

    let mut rng = fastrand::Rng::with_seed(50);
    for _ in 0..KILLS {
        world.advance(Clock::System.now());
        let child = start(&config);
        pause(LIFE_MAX.mul_f64(rng.f64())).await;
        child.kill();
    }

    // One more that is left in peace until everything is polled and told.
    receiver.1.store(true, Ordering::Relaxed);
    let last = start(&config);
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < REST_WITHIN, "it did not come to rest");
        pause(Duration::from_secs(2)).await;
        let store = read(&database).await;
        let open = [MessageState::Waiting, MessageState::Sending];
        let mut waiting = 0;
        for state in open {
            waiting += store.messages(Some(state), 1000).await.unwrap().len();
        }
        let events = store
            .events(&EventFilter {
                limit: 1000,
                ..EventFilter::default()
            })
            .await
            .unwrap();
        let told: BTreeSet<i64> = told(&receiver).keys().copied().collect();
        if began.elapsed() > Duration::from_secs(6)
            && waiting == 0
            && events.iter().all(|event| told.contains(&event.id))
        {
            break;
        }
    }
    last.kill();

    let store = read(&database).await;
    store.check_integrity().await.unwrap();
    let events = store
        .events(&EventFilter {
            limit: 1000,
            ..EventFilter::default()
        })
        .await
        .unwrap();
    assert!(events.len() >= 20, "the world was too quiet: {} events", events.len());
    let told = told(&receiver);
    let ids: BTreeSet<i64> = events.iter().map(|event| event.id).collect();
    assert_eq!(
        told.keys().copied().collect::<BTreeSet<_>>(),
        ids,
        "every event reached the receiver, and nothing else did"
    );
    for (event, names) in &told {
        assert_eq!(names.len(), 1, "event {event} was told under {names:?}");
    }
    let received = receiver.0.lock().unwrap().clone();
    let mut bodies: BTreeMap<&str, &Value> = BTreeMap::new();
    for (id, body) in &received {
        assert_eq!(
            *bodies.entry(id).or_insert(body),
            body,
            "a repeat of {id} says something else"
        );
    }
    println!(
        "{} events, {} messages, {} repeats that a receiver drops",
        events.len(),
        bodies.len(),
        received.len() - bodies.len()
    );

    // What the history says now is what a fresh reading of the same world says.
    let fresh_path = dir.path().join("fresh.db");
    let fresh = text.replace(&database.display().to_string(), &fresh_path.display().to_string());
    let fresh = almanac::config::Config::parse(&fresh, &config).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let reader = almanac::poll::Almanac::open(fresh, Clock::System).await.unwrap();
    for watch in &reader.config.watches {
        reader.poll(watch, false).await;
    }
    let notes: Vec<WatchId> = watches
        .iter()
        .filter(|watch| watch.as_str().starts_with("release-notes/"))
        .cloned()
        .collect();
    // What tells of the past (how requests moved, since when they wait, where there were some) is not in a fresh reading.
    let keyed: Vec<WatchId> = watches
        .iter()
        .filter(|watch| !notes.contains(watch) && !watch.as_str().starts_with("ageing/"))
        .cloned()
        .collect();
    let of_now = |mut records: BTreeMap<(String, String), Value>| {
        records.retain(|(_, key), body| !key.starts_with("moves/") && body["total"] != 0);
        records
    };
    let (known, read) = (
        of_now(records(&store, &keyed).await),
        of_now(records(&reader.store, &keyed).await),
    );
    let different: Vec<_> = known
        .keys()
        .chain(read.keys())
        .filter(|key| known.get(*key) != read.get(*key))
        .map(|key| (key, known.get(key), read.get(key)))
        .collect();
    assert!(different.is_empty(), "known and read: {different:#?}");
    // Items got their keys when they were first seen; their bodies must agree.
    let bodies = |records: BTreeMap<(String, String), Value>| {
        records
            .into_values()
            .map(|body| body.to_string())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        bodies(records(&store, &notes).await),
        bodies(records(&reader.store, &notes).await)
    );
    stop.cancel();
}

/// Ids of the events that reached the receiver, each with the message ids it came under.
fn told(receiver: &Receiver) -> BTreeMap<i64, BTreeSet<String>> {
    let mut told: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for (id, body) in receiver.0.lock().unwrap().iter() {
        for event in body["data"]["events"].as_array().unwrap() {
            told.entry(event["id"].as_i64().unwrap())
                .or_default()
                .insert(id.clone());
        }
    }
    told
}
