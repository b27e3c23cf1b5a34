//! The story that `almanac demo` tells, watched by the ordinary client with a clock that is turned by hand: what a head of
//! resource sharing sees in it, and what nobody may ever see.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use almanac::clock::{Clock, ManualClock};
use almanac::config::Config;
use almanac::demo::{MUST_NEVER_BE_KEPT, World, serve};
use almanac::insight::answers::Reader;
use almanac::insight::query::AdoptionQuery;
use almanac::model::answer::{Outcome, PollRow};
use almanac::model::collaboration::AdoptionState;
use almanac::model::event::EventKind;
use almanac::model::moment::Moment;
use almanac::poll::Almanac;
use almanac::store::events::EventFilter;
use tokio_util::sync::CancellationToken;

/// Between two happenings, as in the demo.
const EVERY: Duration = Duration::from_secs(3);

/// The world, its client, and the hand of their clock.
struct Demo {
    world: Arc<World>,
    almanac: Almanac,
    hand: ManualClock,
    folder: tempfile::TempDir,
    _stop: tokio_util::sync::DropGuard,
}

impl Demo {
    /// After the first polls, which are a baseline.
    async fn begin() -> Self {
        let now: Moment = "2026-11-25T15:00:00Z".parse().unwrap();
        let (clock, hand) = Clock::manual(now);
        let world = Arc::new(World::new(7, now));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        tokio::spawn(serve(Arc::clone(&world), listener, stop.clone()));
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        std::fs::create_dir(&keys).unwrap();
        world.write_keys(&keys).unwrap();
        let text = world.config_toml(&keys, port, &folder.path().join("demo.db"), "127.0.0.1:0");
        let config = Config::parse(&text, Path::new("demo.toml")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let demo = Self {
            world,
            almanac: Almanac::open(config, clock).await.unwrap(),
            hand,
            folder,
            _stop: stop.drop_guard(),
        };
        for row in demo.poll().await {
            assert_eq!(row.outcome, Outcome::Ok, "{}: {:?}", row.watch, row.reason);
        }
        assert!(demo.world.everything_was_asked());
        assert_eq!(demo.titles().await, BTreeMap::new(), "a baseline alerts nobody");
        demo
    }

    async fn poll(&self) -> Vec<PollRow> {
        let mut rows = Vec::new();
        for watch in &self.almanac.config.watches {
            rows.push(self.almanac.poll(watch, false).await);
        }
        rows
    }

    /// Lets so many things happen, and looks after each.
    async fn go_on(&self, steps: usize) {
        for _ in 0..steps {
            self.hand.advance(EVERY);
            self.world.advance(self.hand.now());
            self.poll().await;
        }
    }

    /// The titles of all events by their kind, oldest first.
    async fn titles(&self) -> BTreeMap<EventKind, Vec<String>> {
        let filter = EventFilter {
            limit: 1000,
            ..EventFilter::default()
        };
        let mut events = self.almanac.store.events(&filter).await.unwrap();
        events.sort_by_key(|event| event.id);
        let mut titles: BTreeMap<EventKind, Vec<String>> = BTreeMap::new();
        for event in events {
            titles.entry(event.kind).or_default().push(event.title);
        }
        titles
    }
}

/// Whether one of the titles holds all of these.
fn told(titles: &BTreeMap<EventKind, Vec<String>>, kind: EventKind, words: &[&str]) -> bool {
    let of_kind = titles.get(&kind).into_iter().flatten();
    of_kind
        .into_iter()
        .any(|title| words.iter().all(|word| title.contains(word)))
}

#[tokio::test]
async fn what_a_head_of_resource_sharing_sees() {
    let demo = Demo::begin().await;
    demo.go_on(9).await;
    let titles = demo.titles().await;
    let expected: [(EventKind, &[&str]); 9] = [
        (EventKind::PartnerDeactivated, &["Harbour", "Millbrook"]),
        (EventKind::ReciprocityBroken, &["Harbour", "Millbrook"]),
        (EventKind::ReciprocityBroken, &["Harbour", "Saltmarsh"]),
        (
            EventKind::RequestsAgeing,
            &["North Quarry", "Harbour", "Ready to be sent"],
        ),
        (EventKind::RequestStatusChanged, &["Millbrook", "6 now", "Shipped"]),
        (EventKind::RequestStatusChanged, &["Saltmarsh", "fewer than 5"]),
        (EventKind::JobFailed, &["North Quarry", "Expired"]),
        (EventKind::ApiChanged, &["Harbour", "Open Exchange"]),
        (EventKind::LibraryChanged, &["Millbrook"]),
    ];
    for (kind, words) in expected {
        assert!(told(&titles, kind, words), "{kind:?} {words:?} is not in {titles:#?}");
    }
    assert_eq!(titles[&EventKind::RequestsAgeing].len(), 1, "the alarm rises once");
    assert_eq!(titles.get(&EventKind::RequestsAgeingCleared), None);
    assert_eq!(titles.get(&EventKind::ReciprocityMended), None);

    // The requests are sent on, the pair is mended, Millbrook is active again.
    demo.go_on(11).await;
    let titles = demo.titles().await;
    assert!(told(&titles, EventKind::RequestStatusChanged, &["Harbour", "6 new"]));
    assert_eq!(titles[&EventKind::RequestsAgeing].len(), 1);
    assert_eq!(titles[&EventKind::RequestsAgeingCleared].len(), 1);
    for library in ["Saltmarsh", "Millbrook"] {
        assert!(told(&titles, EventKind::ReciprocityMended, &["Harbour", library]));
    }
    // And the Developer Network has something new for those who write programs.
    demo.go_on(1).await;
    let titles = demo.titles().await;
    assert!(told(
        &titles,
        EventKind::ApiChanged,
        &["GET /almaws/v1/partners", "network_zone"]
    ));
    for kind in [EventKind::WatchFailing, EventKind::JobMissed, EventKind::QuotaLow] {
        assert_eq!(titles.get(&kind), None);
    }
}

#[tokio::test]
async fn nothing_that_must_never_be_kept_is_in_any_file() {
    let demo = Demo::begin().await;
    demo.go_on(26).await;
    let mut files = 0;
    for entry in std::fs::read_dir(demo.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        for mark in MUST_NEVER_BE_KEPT {
            let found = bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
            assert!(!found, "{mark} is in {}", path.display());
        }
    }
    assert!(files >= 2, "the database and its log are there");
}

/// The inventory of the made-up consortium is one that a shared-systems manager would believe.
#[tokio::test]
async fn the_inventory_shows_every_state_and_tells_what_was_turned_on() {
    let demo = Demo::begin().await;
    let of = async |collaboration: &str, institution: &str| {
        let reader = Reader {
            config: &demo.almanac.config,
            store: &demo.almanac.store,
            clock: &demo.almanac.clock,
        };
        let query = AdoptionQuery {
            collaboration: Some(collaboration.to_owned()),
            institution: Some(institution.to_owned()),
            ..AdoptionQuery::default()
        };
        reader.adoption(&query).await.unwrap().rows.remove(0)
    };
    let held_by = "may-also-be-held-by";
    assert_eq!(of(held_by, "01DEMOHARB_INST").await.state, AdoptionState::On);
    assert_eq!(of(held_by, "01DEMOMILL_INST").await.state, AdoptionState::Available);
    demo.go_on(3).await;
    let turned = of(held_by, "01DEMOMILL_INST").await;
    assert_eq!((turned.state, turned.since_at_least), (AdoptionState::On, false));
    for (collaboration, institution, state) in [
        ("rapidill", "01DEMOQUAR_INST", AdoptionState::On),
        ("request-expiry-job", "01DEMOQUAR_INST", AdoptionState::On),
        ("measurable-turnaround", "01DEMOHARB_INST", AdoptionState::On),
        ("renewals", "01DEMOHARB_INST", AdoptionState::Available),
        ("rapido-pickup-anywhere", "01DEMOHARB_INST", AdoptionState::NotAvailable),
        ("central-configuration", "01DEMOQUAR_INST", AdoptionState::NotApplicable),
        // The key of Saltmarsh does not reach its code tables, which are not watched; the Athenaeum has no Alma.
        ("renewals", "01DEMOSALT_INST", AdoptionState::Unknown),
        ("rapidill", "ATHENAEUM", AdoptionState::Unknown),
        (held_by, "ATHENAEUM", AdoptionState::NotApplicable),
    ] {
        let row = of(collaboration, institution).await;
        assert_eq!(
            row.state, state,
            "{collaboration} at {institution}: {}",
            row.explanation
        );
    }
}
