//! Requests through time: what is told of their moves, which wait too long, what becomes of a month's requests, and how long
//! any of it is kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use almanac::insight::answers::Reader;
use almanac::insight::query::RequestQuery;
use almanac::insight::requests::RequestRows;
use almanac::model::answer::Outcome;
use almanac::model::event::EventKind;
use almanac::model::moment::Moment;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{ELM, GatewayCall, Player, World, partner};

const LENDING: &str = "alma.lending-requests/01ELM_INST";
const AGEING: &str = "ageing/01ELM_INST";
const WATCHES: &str = "[[watch]]\nsource = \"alma.lending-requests\"\ninstitutions = [\"01ELM_INST\"]\nlibraries = [\"MAIN\"]\n\
    statuses = [\"REQUEST_CREATED_LEND\", \"IN_PROCESS\", \"SHIPPED_PHYSICALLY\", \"REJECTED\"]\nschedule = \"20 * * * *\"\n\
    [[watch]]\nsource = \"ageing\"\ninstitutions = [\"01ELM_INST\"]\nschedule = \"40 * * * *\"\n";

/// A request as the fake Alma has it.
#[derive(Clone, Debug)]
struct Task {
    status: &'static str,
    partner: &'static str,
    created: Moment,
    modified: Moment,
}

/// The lending requests of Elm College, by id; a story edits them.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<BTreeMap<u32, Task>>>);

impl Tasks {
    fn edit(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Task>> {
        self.0.lock().unwrap()
    }

    fn arrive(&self, ids: std::ops::Range<u32>, partner: &'static str, now: Moment) {
        for id in ids {
            let task = Task {
                status: "REQUEST_CREATED_LEND",
                partner,
                created: now,
                modified: now,
            };
            self.edit().insert(id, task);
        }
    }

    fn go(&self, ids: std::ops::Range<u32>, status: &'static str, now: Moment) {
        for id in ids {
            let mut tasks = self.edit();
            let task = tasks.get_mut(&id).unwrap();
            (task.status, task.modified) = (status, now);
        }
    }

    fn answer(&self, call: &GatewayCall<'_>) -> Option<ResponseTemplate> {
        if call.institution != ELM || call.path != "/task-lists/rs/lending-requests" {
            return None;
        }
        let tasks = self.edit();
        let wanted = |name: &str, value: &str| call.query.get(name).is_none_or(|wanted| wanted == value);
        let rows: Vec<Value> = tasks
            .iter()
            .filter(|(_, task)| {
                wanted("status", task.status) && wanted("partner", task.partner) && wanted("library", "MAIN")
            })
            .map(|(id, task)| {
                json!({
                    "request_id": format!("3593049{id:09}"),
                    "status": {"value": task.status, "desc": "A label"},
                    "partner": {"value": task.partner, "desc": "A name"},
                    "format": {"value": "PHYSICAL"},
                    "owner": "MAIN",
                    "title": "canary-title",
                    "created_time": task.created.to_string(),
                    "last_modified_time": task.modified.to_string(),
                })
            })
            .collect();
        let shown: Vec<&Value> = rows.iter().take(100).collect();
        Some(ResponseTemplate::new(200).set_body_json(json!({
            "user_resource_sharing_request": shown,
            "total_record_count": rows.len(),
        })))
    }
}

async fn world() -> (World, Tasks) {
    let world = World::with(WATCHES).await;
    let tasks = Tasks::default();
    let player = tasks.clone();
    {
        let mut wire = world.wire();
        wire.players.push(Player(Box::new(move |call| player.answer(call))));
        let mut oak = partner("OAK");
        oak["partner_details"]["name"] = json!("Oak University");
        wire.partners.insert(ELM.into(), vec![oak]);
    }
    world.poll("alma.partners/01ELM_INST").await;
    (world, tasks)
}

/// Polls the requests and what is derived from them; gives the events that this made.
async fn look(world: &World) -> Vec<String> {
    let before = world.events().await.len();
    let row = world.poll(LENDING).await;
    assert_eq!(row.outcome, Outcome::Ok, "{:?}", row.reason);
    world.almanac.poll(&world.watch(AGEING), false).await;
    let events = world.events().await;
    events[before..]
        .iter()
        .map(|event| format!("{}: {}", event.kind, event.title))
        .collect()
}

async fn asked(world: &World, view: &str, institution: Option<&str>) -> Value {
    let of = RequestQuery {
        institution: institution.map(str::to_owned),
        ..RequestQuery::default()
    };
    asked_of(world, view, of).await
}

async fn asked_of(world: &World, view: &str, query: RequestQuery) -> Value {
    let reader = Reader {
        config: &world.almanac.config,
        store: &world.almanac.store,
        clock: &world.clock,
    };
    let query = RequestQuery {
        view: Some(view.to_owned()),
        ..query
    };
    let answer = reader.requests(&query).await.unwrap();
    if let RequestRows::Counts(rows) = &answer.rows {
        assert!(!rows.is_empty());
    }
    serde_json::to_value(answer.rows).unwrap()
}

fn now(world: &World) -> Moment {
    world.clock.now()
}

#[tokio::test]
async fn moves_are_told_as_counts_by_partner_and_the_first_look_tells_nothing() {
    let (world, tasks) = world().await;
    tasks.arrive(0..9, "OAK", now(&world).minus(Duration::from_hours(5)));
    assert_eq!(look(&world).await, Vec::<String>::new());
    assert_eq!(look(&world).await, Vec::<String>::new(), "nothing moved");
    tasks.go(0..7, "SHIPPED_PHYSICALLY", now(&world));
    tasks.go(7..9, "IN_PROCESS", now(&world));
    tasks.arrive(9..10, "ASH", now(&world));
    assert_eq!(
        look(&world).await,
        [
            "request.status_changed: Elm College: lending requests from ASH: fewer than 5 new in “Created lending request”",
            "request.status_changed: Elm College: lending requests from Oak University (OAK): 7 now “Shipped Physically”, fewer \
             than 5 now “Being Processed”",
        ]
    );
    let event = world.events().await.pop().unwrap();
    assert_eq!(
        event.summary,
        "Since the last look: 7 from “Created lending request” to “Shipped Physically”; fewer than 5 from “Created lending \
         request” to “Being Processed”."
    );
    let moves = asked(&world, "moves", Some(ELM)).await;
    let counts: Vec<(&str, u64)> = moves
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["to"].as_str().unwrap(), row["requests"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        counts,
        [
            ("REQUEST_CREATED_LEND", 1),
            ("IN_PROCESS", 2),
            ("SHIPPED_PHYSICALLY", 7)
        ]
    );
    let hidden = asked(&world, "moves", None).await;
    assert_eq!(
        (hidden[0]["requests"].clone(), hidden[0]["few"].clone()),
        (Value::Null, json!(true))
    );
}

#[tokio::test]
async fn the_records_are_counts_by_library_and_status() {
    let (world, tasks) = world().await;
    tasks.arrive(0..3, "OAK", now(&world));
    look(&world).await;
    let keys = world.keys(LENDING).await;
    assert_eq!(
        keys,
        [
            "MAIN/IN_PROCESS",
            "MAIN/REJECTED",
            "MAIN/REQUEST_CREATED_LEND",
            "MAIN/SHIPPED_PHYSICALLY"
        ]
    );
    let counts = asked(&world, "counts", Some(ELM)).await;
    assert_eq!(counts.as_array().unwrap().len(), 1, "{counts}");
    assert_eq!(
        (&counts[0]["requests"], &counts[0]["waits_for"]),
        (&json!(3), &json!("us"))
    );
    for (view, partner, since, told) in [
        ("counts", Some("OKA"), None, "has the partner “OKA”"),
        ("ageing", None, Some("3d"), "since: it narrows turnaround"),
    ] {
        let query = RequestQuery {
            view: Some(view.to_owned()),
            partner: partner.map(str::to_owned),
            since: since.map(str::to_owned),
            ..RequestQuery::default()
        };
        let reader = Reader {
            config: &world.almanac.config,
            store: &world.almanac.store,
            clock: &world.clock,
        };
        let error = reader.requests(&query).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn an_alarm_rises_when_requests_wait_too_long_and_clears_when_they_are_dealt_with() {
    let (world, tasks) = world().await;
    tasks.arrive(0..6, "OAK", now(&world));
    look(&world).await;
    world.hand.advance(Duration::from_hours(40));
    assert_eq!(look(&world).await, Vec::<String>::new(), "not two days yet");
    world.hand.advance(Duration::from_hours(8));
    let risen = look(&world).await;
    assert_eq!(
        risen,
        [
            "requests.ageing: Elm College: 6 lending requests from Oak University (OAK) wait in “Created lending request” for more \
          than 2 days"
        ]
    );
    let rows = asked(&world, "ageing", Some(ELM)).await;
    assert_eq!(
        (&rows[0]["alarm"], &rows[0]["over"], &rows[0]["oldest_days"]),
        (&json!(true), &json!(6), &json!(2))
    );
    tasks.go(0..6, "SHIPPED_PHYSICALLY", now(&world));
    let shipped = look(&world).await;
    assert_eq!(shipped.len(), 1, "{shipped:?}");
    world.hand.advance(Duration::from_hours(11));
    assert_eq!(
        look(&world).await,
        [
            "requests.ageing_cleared: Elm College: lending requests from Oak University (OAK) no longer wait too long in “Created \
          lending request”"
        ]
    );
    assert_eq!(asked(&world, "ageing", Some(ELM)).await[0]["alarm"], json!(false));
}

#[tokio::test]
async fn what_became_of_a_months_requests_outlives_the_requests() {
    let (world, tasks) = world().await;
    tasks.arrive(0..4, "OAK", now(&world).minus(Duration::from_hours(50)));
    look(&world).await;
    tasks.arrive(10..20, "OAK", now(&world));
    look(&world).await;
    world.hand.advance(Duration::from_hours(30));
    tasks.go(10..16, "SHIPPED_PHYSICALLY", now(&world));
    tasks.go(16..18, "REJECTED", now(&world));
    look(&world).await;
    for id in [16, 18] {
        tasks.edit().remove(&id);
    }
    look(&world).await;
    look(&world).await;
    let of_all = |rows: &Value| {
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["partner"].is_null())
            .unwrap()
            .clone();
        [
            "month",
            "requested",
            "supplied",
            "unfilled",
            "unknown",
            "open",
            "fill_rate",
            "median_days",
        ]
        .map(|name| row[name].clone())
    };
    let before = asked(&world, "turnaround", Some(ELM)).await;
    // The four that were there before anyone looked are not counted: nobody knows how many had been dealt with.
    let wanted = [
        json!("2027-02"),
        json!(10),
        json!(6),
        json!(2),
        json!(1),
        json!(1),
        json!(0.75),
        json!(2),
    ];
    assert_eq!(of_all(&before), wanted);
    assert_eq!(
        of_all(&asked(&world, "turnaround", None).await)[1..3],
        [json!(10), Value::Null],
        "small parts are withheld"
    );

    world.hand.advance(Duration::from_hours(91 * 24));
    tasks.edit().clear();
    tasks.arrive(100..101, "OAK", now(&world));
    look(&world).await;
    let after = asked(&world, "turnaround", Some(ELM)).await;
    let february = after
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["month"] == "2027-02" && row["partner"].is_null());
    let mut kept = wanted;
    // The one that was still open when it was last seen will never be known.
    (kept[4], kept[5]) = (json!(2), json!(0));
    assert_eq!(of_all(&json!([february.unwrap()])), kept);
    let moves = asked(&world, "moves", Some(ELM)).await;
    let old = moves
        .as_array()
        .unwrap()
        .iter()
        .any(|row| row["to"] == "SHIPPED_PHYSICALLY");
    assert!(!old, "moves are kept for ninety days: {moves}");
}

#[tokio::test]
async fn what_is_purged_is_not_in_the_file_any_more() {
    let (world, tasks) = world().await;
    tasks.arrive(0..160, "OAK", now(&world));
    tasks.go(80..160, "IN_PROCESS", now(&world));
    look(&world).await;
    let keys = almanac::pseudonym::Pseudonyms::path_beside(&world.almanac.config.store);
    let keys = almanac::pseudonym::Pseudonyms::open(&keys, now(&world)).unwrap();
    let hashes: Vec<_> = (0..160).map(|id| keys.hash(ELM, &format!("3593049{id:09}"))).collect();
    let found = |path: &std::path::Path| {
        let file = std::fs::read(path).unwrap();
        hashes
            .iter()
            .filter(|hash| file.windows(hash.len()).any(|window| window == hash.as_slice()))
            .count()
    };
    let backup = |name: &str| world.dir.path().join(name);
    world.almanac.store.backup(&backup("before")).await.unwrap();
    assert!(found(&backup("before")) > 120, "those seen are in it");
    world.hand.advance(Duration::from_hours(91 * 24));
    tasks.edit().clear();
    // Whether it is believed or not, what is older goes.
    world.poll(LENDING).await;
    world.almanac.store.close().await;
    assert_eq!(found(&world.almanac.config.store), 0);
}

#[tokio::test]
async fn many_requests_gone_at_once_are_not_believed_at_once() {
    let (world, tasks) = world().await;
    tasks.arrive(0..40, "OAK", now(&world));
    look(&world).await;
    tasks.edit().clear();
    let doubted = world.poll(LENDING).await;
    assert_eq!(doubted.outcome, Outcome::Failed);
    assert!(
        doubted
            .reason
            .unwrap()
            .starts_with("40 of 40 requests under way are missing")
    );
    world.hand.advance(Duration::from_hours(10));
    assert_eq!(world.poll(LENDING).await.outcome, Outcome::Failed);
    let accepted = world.almanac.poll(&world.watch(LENDING), true).await;
    assert_eq!(accepted.outcome, Outcome::Ok);
    assert_eq!(world.poll(LENDING).await.outcome, Outcome::Ok);
    assert_eq!(
        world.told().await.last().unwrap(),
        "request.status_changed 01ELM_INST moves/OAK",
        "they are gone now, and that is told"
    );
}

#[tokio::test]
async fn a_new_key_changes_nothing_and_a_lost_one_meets_everything_anew_in_silence() {
    let (mut world, tasks) = world().await;
    tasks.arrive(0..1, "OAK", now(&world));
    look(&world).await;
    tasks.arrive(1..9, "OAK", now(&world));
    look(&world).await;
    let counted = asked(&world, "turnaround", Some(ELM)).await;
    let config = world.config_file();
    // The clock of the real binary is another one, so the key is rotated by the library.
    let path = almanac::pseudonym::Pseudonyms::path_beside(&world.almanac.config.store);
    almanac::pseudonym::Pseudonyms::open(&path, now(&world))
        .unwrap()
        .rotate(now(&world), false)
        .unwrap();
    world.restart().await;
    assert_eq!(look(&world).await, Vec::<String>::new());
    assert_eq!(asked(&world, "turnaround", Some(ELM)).await, counted);
    tasks.go(1..9, "IN_PROCESS", now(&world));
    assert_eq!(look(&world).await.len(), 1, "they are the same requests");

    std::fs::remove_file(&path).unwrap();
    world.restart().await;
    assert_eq!(look(&world).await, Vec::<String>::new());
    let anew = asked(&world, "turnaround", Some(ELM)).await;
    assert_eq!(
        anew[0]["requested"], counted[0]["requested"],
        "nothing is counted twice"
    );
    assert!(config.exists());
}

#[tokio::test]
async fn what_was_seen_of_requests_is_replayed_alike() {
    let (world, tasks) = world().await;
    tasks.arrive(0..9, "OAK", now(&world));
    look(&world).await;
    tasks.go(0..9, "IN_PROCESS", now(&world));
    look(&world).await;
    world.hand.advance(Duration::from_hours(72));
    look(&world).await;
    let title = |events: Vec<almanac::model::event::Event>| -> Vec<(EventKind, String)> {
        events.into_iter().map(|event| (event.kind, event.title)).collect()
    };
    let before = title(world.events().await);
    assert_eq!(before.len(), 2);
    world.almanac.reinterpret().await.unwrap();
    assert_eq!(title(world.events().await), before);
}

#[tokio::test]
async fn a_lost_key_counts_nothing_twice_when_the_next_poll_fails_or_reads_only_a_part() {
    let (mut world, tasks) = world().await;
    look(&world).await;
    tasks.arrive(0..9, "OAK", now(&world));
    look(&world).await;
    world.hand.advance(Duration::from_hours(2));
    look(&world).await;
    std::fs::remove_file(almanac::pseudonym::Pseudonyms::path_beside(&world.almanac.config.store)).unwrap();
    world.restart().await;
    world.wire().players.insert(
        0,
        Player(Box::new(|call| {
            (call.institution == ELM && call.path == "/task-lists/rs/lending-requests")
                .then(|| ResponseTemplate::new(400).set_body_json(json!({"errorsExist": true})))
        })),
    );
    assert_eq!(world.poll(LENDING).await.outcome, Outcome::Failed);
    world.wire().players.remove(0);
    world.hand.advance(Duration::from_hours(2));
    assert_eq!(look(&world).await, Vec::<String>::new());
    let rows = asked(&world, "turnaround", Some(ELM)).await;
    assert_eq!((&rows[0]["requested"], &rows[0]["unknown"]), (&json!(9), &json!(9)));
}

#[tokio::test]
async fn a_request_that_is_shown_again_after_its_row_was_purged_is_not_counted_again() {
    let (world, tasks) = world().await;
    look(&world).await;
    tasks.arrive(0..3, "OAK", now(&world));
    look(&world).await;
    let hidden = std::mem::take(&mut *tasks.edit());
    world.hand.advance(Duration::from_hours(91 * 24));
    look(&world).await;
    world.hand.advance(Duration::from_hours(1));
    tasks.edit().extend(hidden);
    look(&world).await;
    let rows = asked(&world, "turnaround", Some(ELM)).await;
    assert_eq!(rows[0]["requested"], json!(3), "{rows}");
}

#[tokio::test]
async fn single_requests_are_purged_also_where_their_watch_fails_or_is_no_longer_configured() {
    let (mut world, tasks) = world().await;
    look(&world).await;
    tasks.arrive(0..9, "OAK", now(&world));
    look(&world).await;
    let id = world.watch(LENDING).id;
    world
        .reconfigure(|config| config.replace("alma.lending-requests", "alma.general").replace("libraries = [\"MAIN\"]\nstatuses = [\"REQUEST_CREATED_LEND\", \"IN_PROCESS\", \"SHIPPED_PHYSICALLY\", \"REJECTED\"]\n", ""))
        .await;
    world.hand.advance(Duration::from_hours(91 * 24));
    world.poll("alma.partners/01ELM_INST").await;
    let (_, left) = world.almanac.store.requests_there(&id).await.unwrap().unwrap();
    assert_eq!(left, [], "ninety days are over");
    let moves = world
        .almanac
        .store
        .request_moves(&id, Moment::from_millis(0))
        .await
        .unwrap();
    assert!(moves.is_empty());
    let months = world
        .almanac
        .store
        .request_months(
            &id,
            almanac::model::request::Side::Lending,
            world.almanac.config.timezone,
        )
        .await
        .unwrap();
    assert_eq!(months.values().map(|sums| sums.requested).sum::<u64>(), 9);
}

#[tokio::test]
async fn a_key_rotated_beside_a_running_daemon_is_taken_up_at_its_next_poll() {
    let (world, tasks) = world().await;
    look(&world).await;
    tasks.arrive(0..9, "OAK", now(&world));
    look(&world).await;
    let path = almanac::pseudonym::Pseudonyms::path_beside(&world.almanac.config.store);
    let open = || almanac::pseudonym::Pseudonyms::open(&path, now(&world)).unwrap();
    open().rotate(now(&world), false).unwrap();
    let mut by_hand = world.almanac.clone();
    by_hand.pseudonyms = Some(Arc::new(open()));
    assert_eq!(by_hand.poll(&world.watch(LENDING), false).await.outcome, Outcome::Ok);
    tasks.go(0..9, "IN_PROCESS", now(&world));
    assert_eq!(look(&world).await.len(), 1, "they are the same requests");
    let rows = asked(&world, "turnaround", Some(ELM)).await;
    assert_eq!((&rows[0]["requested"], &rows[0]["open"]), (&json!(9), &json!(9)));
}

#[tokio::test]
async fn what_is_withheld_cannot_be_worked_out_from_other_answers() {
    let (world, tasks) = world().await;
    look(&world).await;
    tasks.arrive(0..5, "OAK", now(&world));
    tasks.arrive(5..7, "ASH", now(&world));
    look(&world).await;
    let with = |partner: &str| RequestQuery {
        partner: Some(partner.to_owned()),
        ..RequestQuery::default()
    };
    let total = asked(&world, "counts", None).await;
    assert_eq!(total[0]["requests"], json!(7));
    for partner in ["OAK", "ASH"] {
        let part = asked_of(&world, "counts", with(partner)).await;
        assert_eq!(
            (&part[0]["requests"], &part[0]["few"]),
            (&Value::Null, &json!(true)),
            "{partner}"
        );
    }
    for row in asked(&world, "ageing", None).await.as_array().unwrap() {
        assert_eq!((&row["requests"], &row["few"]), (&Value::Null, &json!(true)), "{row}");
    }
    tasks.go(0..6, "SHIPPED_PHYSICALLY", now(&world));
    look(&world).await;
    let turnaround = asked(&world, "turnaround", None).await;
    assert_eq!(
        (&turnaround[0]["requested"], &turnaround[0]["open"]),
        (&json!(7), &Value::Null)
    );
    let balance = asked(&world, "balance", None).await;
    assert_eq!(balance[0]["lent"], Value::Null, "7 - 6 = 1: {balance}");
}
