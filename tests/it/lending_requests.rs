//! Lending requests: counted by library, status, partner and format from a task list that shows a hundred at most.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use almanac::model::answer::Outcome;
use almanac::model::observation::Observation;
use almanac::model::watch::WatchId;
use almanac::pseudonym::Pseudonyms;
use almanac::sources::{self, Ask};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::real_input::samples;
use crate::task_list::{self, Lent};
use crate::world::{ELM, Fault, Player, START, World, partners};

const WATCH: &str = "alma.lending-requests/01ELM_INST";
const TASK_LIST: &str = "/task-lists/rs/lending-requests";
const STATUSES: [&str; 3] = ["REQUEST_CREATED_LEND", "SHIPPED_PHYSICALLY", "WILL_SUPPLY"];

/// The requests of Elm College, shared with the fake gateway.
struct Requests(Arc<Mutex<Vec<Lent>>>);

impl Requests {
    fn edit(&self) -> MutexGuard<'_, Vec<Lent>> {
        self.0.lock().unwrap()
    }

    /// Adds `count` requests.
    fn come(&self, count: usize, library: &str, status: &str, partner: &str, format: &str) {
        let mut all = self.edit();
        for _ in 0..count {
            let id = 11_000_000_000_000_000_000 + all.len() as u64;
            all.push(Lent {
                id,
                library: library.into(),
                status: status.into(),
                partner: partner.into(),
                format: format.into(),
                modified: START.parse().unwrap(),
            });
        }
    }
}

/// A world that watches the lending requests of Elm College, which has two libraries that lend and one that does not.
async fn lending(settings: &str) -> (World, Requests) {
    let world = World::with(&format!(
        "[[watch]]\nsource = \"alma.lending-requests\"\ninstitutions = [\"{ELM}\"]\nschedule = \"20 * * * *\"\n{settings}\n"
    ))
    .await;
    let requests = Requests(Arc::default());
    let shared = Arc::clone(&requests.0);
    let play = move |call: &crate::world::GatewayCall<'_>| {
        if call.path != TASK_LIST || call.institution != ELM {
            return None;
        }
        if !call.query.contains_key("library") {
            return Some(mandatory_field_missing());
        }
        let body = task_list::answer(shared.lock().unwrap().iter(), call.query, false);
        Some(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
    };
    {
        let mut wire = world.wire();
        wire.players.push(Player(Box::new(play)));
        let libraries = json!({"library": [
            {"code": "MAIN", "name": "Main", "resource_sharing": true, "campus": {"value": "", "desc": null}},
            {"code": "LAW", "name": "Law", "resource_sharing": "true"},
            {"code": "ATTIC", "name": "Attic", "resource_sharing": false}
        ], "total_record_count": 3});
        wire.alma.insert((ELM.into(), "/conf/libraries".into()), libraries);
        wire.partners.insert(ELM.into(), partners(4));
    }
    (world, requests)
}

fn mandatory_field_missing() -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_raw(
        r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"401664","errorMessage":"canary: library"}]},"result":null}"#,
        "application/json",
    )
}

fn chosen() -> String {
    format!("statuses = {STATUSES:?}")
}

/// The records as `LIBRARY/STATUS` and total.
async fn totals(world: &World) -> BTreeMap<String, u64> {
    let at = world.clock.now().plus(Duration::from_hours(1));
    let records = world
        .almanac
        .store
        .records(&WatchId::from_text(WATCH), None, at)
        .await
        .unwrap();
    records
        .into_iter()
        .filter_map(|record| Some((record.key, record.body.get("total")?.as_u64()?)))
        .collect()
}

async fn calls_to(world: &World, part: &str) -> usize {
    world.asked().await.iter().filter(|call| call.contains(part)).count()
}

/// What the source itself sees, before anything is stored.
async fn observed(world: &World, memory: Option<&Value>) -> Observation {
    let watch = world.watch(WATCH);
    let keys = Pseudonyms::open(&world.dir.path().join("keys"), world.clock.now()).unwrap();
    let session = world.almanac.exlibris.session(world.almanac.config.institution(ELM));
    let ask = Ask {
        watch: &watch,
        session: &session,
        now: world.clock.now(),
        zone: world.almanac.config.timezone,
        memory,
        pseudonyms: Some(&keys),
    };
    sources::observe(&ask).await.unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_library_status_partner_and_format() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(6, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    requests.come(2, "MAIN", "WILL_SUPPLY", "P002", "DIGITAL");
    requests.come(1, "LAW", "SHIPPED_PHYSICALLY", "P001", "PHYSICAL");
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.added, row.events), (Outcome::Ok, 6, 0), "{row:?}");
    // Who the key speaks for, which libraries lend, and two libraries in three statuses.
    assert_eq!(row.calls, 2 + 6);
    let at = world.clock.now().plus(Duration::from_hours(1));
    let records = world
        .almanac
        .store
        .records(&WatchId::from_text(WATCH), None, at)
        .await
        .unwrap();
    let of = |key: &str| records.iter().find(|record| record.key == key).unwrap().body.clone();
    assert_eq!(
        of("MAIN/WILL_SUPPLY"),
        json!({"library": "MAIN", "status": "WILL_SUPPLY", "total": 8, "partners": {"P001": {"PHYSICAL": 6}}}),
        "two could point to a reader, so it is not kept with whom they are"
    );
    assert_eq!(of("LAW/SHIPPED_PHYSICALLY")["total"], 1);
    assert_eq!(of("LAW/WILL_SUPPLY")["total"], 0);

    // All move on: what empties counts nothing, and nothing is gone.
    for request in requests.edit().iter_mut() {
        request.status = "SHIPPED_PHYSICALLY".into();
    }
    let row = world.poll(WATCH).await;
    assert_eq!(
        (row.outcome, row.modified, row.removed, row.calls),
        (Outcome::Ok, 2, 0, 6),
        "{row:?}"
    );
    assert_eq!(totals(&world).await["MAIN/SHIPPED_PHYSICALLY"], 8);
    assert_eq!(totals(&world).await["MAIN/WILL_SUPPLY"], 0);
}

#[tokio::test]
async fn everything_gone_at_once_is_a_count_of_nothing_and_a_status_not_asked_for_any_more_is_no_loss() {
    let (mut world, requests) = lending("").await;
    requests.come(30, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    let first = world.poll(WATCH).await;
    assert_eq!(first.outcome, Outcome::Ok, "{first:?}");
    assert!(
        first.added > 60,
        "two libraries in every status that lending requests have: {first:?}"
    );
    requests.edit().clear();
    assert_eq!(
        world.poll(WATCH).await.outcome,
        Outcome::Failed,
        "that is not believed at once"
    );
    let row = world.almanac.poll(&world.watch(WATCH), true).await;
    assert_eq!((row.outcome, row.modified, row.removed), (Outcome::Ok, 1, 0), "{row:?}");
    world
        .reconfigure(|text| {
            text.replace(
                "schedule = \"20 * * * *\"\n",
                &format!("schedule = \"20 * * * *\"\n{}\n", chosen()),
            )
        })
        .await;
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.modified, row.removed), (Outcome::Ok, 0, 0), "{row:?}");
    assert!(row.calls < 10, "{row:?}");
}

#[tokio::test]
async fn a_full_list_is_cut_and_what_stays_full_is_named_and_not_told() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(80, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    requests.come(70, "MAIN", "WILL_SUPPLY", "P002", "PHYSICAL");
    requests.come(60, "LAW", "SHIPPED_PHYSICALLY", "P003", "DIGITAL");
    requests.come(60, "LAW", "SHIPPED_PHYSICALLY", "P003", "PHYSICAL");
    let row = world.poll(WATCH).await;
    assert_eq!(row.outcome, Outcome::Ok, "{row:?}");
    let told = totals(&world).await;
    assert_eq!((told["MAIN/WILL_SUPPLY"], told["LAW/SHIPPED_PHYSICALLY"]), (150, 120));

    requests.come(60, "LAW", "SHIPPED_PHYSICALLY", "P003", "PHYSICAL");
    let row = world.poll(WATCH).await;
    assert_eq!(row.outcome, Outcome::Partial);
    assert_eq!(
        row.reason.as_deref(),
        Some(
            "LAW/SHIPPED_PHYSICALLY: LAW/SHIPPED_PHYSICALLY, partner P003, format PHYSICAL is unread: it holds 100 requests or \
             more, and Alma shows no further ones"
        )
    );
    assert_eq!(
        totals(&world).await["LAW/SHIPPED_PHYSICALLY"],
        120,
        "what is known stays"
    );
    let seen = observed(&world, None).await.requests.unwrap();
    assert!(
        seen.whole && !seen.hidden_with.is_empty(),
        "only that partner can hide anything"
    );
    assert_eq!(
        seen.rows.len(),
        150 + 60 + 100,
        "what the wire shows of it is told all the same"
    );
}

#[tokio::test]
async fn the_second_poll_remembers_the_lists_and_the_cut() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(80, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    requests.come(70, "MAIN", "WILL_SUPPLY", "P002", "PHYSICAL");
    let first = world.poll(WATCH).await;
    // Key, libraries, formats, partners; six statuses, four partners.
    assert_eq!(first.calls, 4 + 6 + 4, "{first:?}");
    let second = world.poll(WATCH).await;
    assert_eq!(
        (second.calls, second.outcome, second.modified),
        (5 + 4, Outcome::Ok, 0),
        "{second:?}"
    );
    world.hand.advance(Duration::from_hours(24));
    let later = world.poll(WATCH).await;
    assert_eq!(later.calls, 14, "a day later all is looked at anew: {later:?}");
}

#[tokio::test]
async fn a_small_budget_reads_everything_in_turn() {
    let (mut world, requests) = lending(&chosen()).await;
    for status in STATUSES {
        requests.come(4, "MAIN", status, "P001", "PHYSICAL");
    }
    world
        .reconfigure(|text| text.replace("per_second = 50\n", "per_second = 50\ndaily_budget = 5\n"))
        .await;
    let mut reasons = Vec::new();
    for _ in 0..4 {
        let row = world.poll(WATCH).await;
        assert!(row.calls <= 5, "{row:?}");
        reasons.push(row.reason.unwrap_or_default());
        world.hand.advance(Duration::from_hours(24));
    }
    assert!(
        reasons[0].contains("not asked for") && reasons[0].contains("calls"),
        "{reasons:?}"
    );
    assert_eq!(totals(&world).await.len(), 6, "{reasons:?}");
}

#[tokio::test]
async fn a_slow_pace_ends_the_poll_in_time_and_the_next_goes_on() {
    let (mut world, requests) = lending("").await;
    requests.come(4, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    // Twenty seconds a call: some twenty calls in the seven minutes of a poll, where all statuses take about eighty.
    world
        .reconfigure(|text| text.replace("per_second = 50\n", "per_second = 0.05\n"))
        .await;
    let mut polls = Vec::new();
    for _ in 0..5 {
        let began = world.clock.now();
        let row = world.poll(WATCH).await;
        assert!(world.clock.now().since(began) < Duration::from_mins(60 + 10), "{row:?}");
        polls.push((row.outcome, row.added, row.reason.unwrap_or_default()));
    }
    assert!(
        polls.iter().all(|(outcome, ..)| *outcome == Outcome::Partial),
        "{polls:?}"
    );
    assert!(
        polls[0]
            .2
            .contains("not asked for: the time for one poll, 7 minutes, is over"),
        "{polls:?}"
    );
    let told = totals(&world).await;
    assert!(told.len() > 70 && told["MAIN/WILL_SUPPLY"] == 4, "{polls:?}");
    assert_eq!(
        polls.iter().map(|(_, added, _)| *added as usize).sum::<usize>(),
        told.len()
    );
}

#[tokio::test]
async fn one_slice_that_fails_leaves_the_others_as_they_are() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(4, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    world.poll(WATCH).await;
    requests.come(1, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    requests.come(1, "LAW", "WILL_SUPPLY", "P001", "PHYSICAL");
    world.wire().faults = vec![Fault {
        where_: "library=LAW&status=WILL_SUPPLY".into(),
        status: 500,
        body: "<html>canary</html>".into(),
        times: None,
    }];
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.modified), (Outcome::Partial, 1), "{row:?}");
    let reason = row.reason.unwrap();
    assert!(
        reason.starts_with("LAW/WILL_SUPPLY: ") && !reason.contains("MAIN") && !reason.contains("canary"),
        "{reason}"
    );
    world.wire().faults.clear();
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.modified), (Outcome::Ok, 1), "{row:?}");
}

#[tokio::test]
async fn slices_that_alma_has_no_result_for_keep_no_other_from_being_read() {
    let (world, requests) = lending("").await;
    requests.come(4, "LAW", "WILL_SUPPLY", "P001", "PHYSICAL");
    requests.come(2, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    world.wire().faults = vec![Fault {
        where_: "library=LAW&status=R".into(),
        status: 400,
        body: r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"40166450","errorMessage":"canary"}]}}"#.into(),
        times: None,
    }];
    let row = world.poll(WATCH).await;
    assert_eq!(row.outcome, Outcome::Partial, "{row:?}");
    let reason = row.reason.unwrap();
    assert!(
        reason.matches("40166450").count() > 6 && !reason.contains("not asked for") && !reason.contains("canary"),
        "{reason}"
    );
    let told = totals(&world).await;
    assert_eq!((told["LAW/WILL_SUPPLY"], told["MAIN/WILL_SUPPLY"]), (4, 2));
    assert!(
        !told.contains_key("LAW/REQUEST_CREATED_LEND"),
        "it is not known to be empty"
    );
}

#[tokio::test]
async fn a_key_without_configuration_needs_the_libraries_named() {
    let (mut world, requests) = lending(&chosen()).await;
    requests.come(4, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    let unauthorized = |where_: &str| {
        Fault {
        where_: where_.into(),
        status: 400,
        body: r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"UNAUTHORIZED","errorMessage":"API-key not defined"}]}}"#.into(),
        times: None,
    }
    };
    world.wire().faults = vec![unauthorized("/conf/")];
    let row = world.poll(WATCH).await;
    assert_eq!(row.outcome, Outcome::Failed);
    let reason = row.reason.unwrap();
    assert!(
        reason.contains("API area Configuration") && reason.contains("`libraries`"),
        "{reason}"
    );
    world
        .reconfigure(|text| {
            text.replace(
                "schedule = \"20 * * * *\"\n",
                "schedule = \"20 * * * *\"\nlibraries = [\"MAIN\"]\n",
            )
        })
        .await;
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.added), (Outcome::Ok, 3), "{row:?}");

    world.wire().faults = vec![unauthorized(TASK_LIST)];
    let row = world.poll(WATCH).await;
    assert_eq!(row.outcome, Outcome::Failed);
    assert!(row.reason.unwrap().contains("API area Task-lists"));
    assert_eq!(totals(&world).await["MAIN/WILL_SUPPLY"], 4, "what was known stays");
}

#[tokio::test]
async fn check_says_whether_the_task_list_can_be_read_and_what_to_do_if_not() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(4, "MAIN", "REQUEST_CREATED_LEND", "P001", "PHYSICAL");
    let checked = || async {
        let rows = almanac::poll::check::check(&world.almanac.config, &world.clock, None, None)
            .await
            .unwrap();
        rows.into_iter().find(|row| row.subject == WATCH).unwrap()
    };
    let row = checked().await;
    assert!(
        row.ok
            && row
                .detail
                .contains("4 requests are shown for MAIN/REQUEST_CREATED_LEND"),
        "{row:?}"
    );
    assert_eq!(calls_to(&world, TASK_LIST).await, 1);
    world.wire().faults = vec![Fault {
        where_: TASK_LIST.into(),
        status: 400,
        body: "<web_service_result><errorList><error><errorCode>UNAUTHORIZED</errorCode></error></errorList></web_service_result>".into(),
        times: None,
    }];
    let row = checked().await;
    assert!(!row.ok && row.detail.contains("Task-lists"), "{row:?}");
    assert!(row.remedy.unwrap().contains("Task-lists"));
    let refused = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"40166422","errorMessage":"x"}]}}"#;
    world.wire().faults[0].body = refused.into();
    let remedy = checked().await.remedy.unwrap();
    assert!(
        remedy.contains("`statuses`") && !remedy.contains("`libraries`"),
        "only what is configured can be wrong: {remedy}"
    );
}

#[tokio::test]
async fn check_blames_no_settings_that_are_not_there() {
    let (world, _) = lending("").await;
    world.wire().faults = vec![Fault {
        where_: TASK_LIST.into(),
        status: 400,
        body: r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"40166422","errorMessage":"x"}]}}"#.into(),
        times: None,
    }];
    let rows = almanac::poll::check::check(&world.almanac.config, &world.clock, None, None)
        .await
        .unwrap();
    let row = rows.into_iter().find(|row| row.subject == WATCH).unwrap();
    assert!(!row.ok);
    let remedy = row.remedy.unwrap();
    assert!(
        remedy.contains("name statuses") && !remedy.contains("are right"),
        "{remedy}"
    );
}

#[tokio::test]
async fn nothing_of_a_reader_a_title_or_a_note_leaves_the_source() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(60, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    requests.come(60, "MAIN", "WILL_SUPPLY", "P002", "DIGITAL");
    let observation = observed(&world, None).await;
    let memory = observation.memory.clone().unwrap();
    assert_eq!(observation.requests.as_ref().unwrap().rows.len(), 120);
    assert!(
        observation
            .requests
            .as_ref()
            .unwrap()
            .rows
            .iter()
            .all(|row| row.created.is_some() && row.modified.is_some())
    );
    let all = format!("{observation:?} {memory}");
    assert!(
        all.contains("P001") && all.contains("MAIN"),
        "the search looks at something"
    );
    for mark in ["canary", "1100000", "example.org"] {
        assert!(!all.contains(mark), "{mark} is kept");
    }
    world.poll(WATCH).await;
    let mut bytes = std::fs::read(world.almanac.store.path()).unwrap();
    bytes.extend(std::fs::read(world.almanac.store.path().with_extension("db-wal")).unwrap_or_default());
    for mark in ["canary", "11000000000000000"] {
        assert!(
            !bytes.windows(mark.len()).any(|window| window == mark.as_bytes()),
            "{mark} is in the database"
        );
    }
}

#[tokio::test]
async fn the_same_request_has_the_same_hash_at_every_poll_and_no_other_has_it() {
    let (world, requests) = lending(&chosen()).await;
    requests.come(5, "MAIN", "WILL_SUPPLY", "P001", "PHYSICAL");
    let hashes = |observation: Observation| -> Vec<_> {
        observation.requests.unwrap().rows.iter().map(|row| row.hash).collect()
    };
    let first = hashes(observed(&world, None).await);
    requests.edit()[2].status = "SHIPPED_PHYSICALLY".into();
    let second = hashes(observed(&world, None).await);
    assert_eq!((first.len(), &first), (5, &second));
}

// The real material, where it is there.

#[tokio::test]
async fn real_requests_and_real_errors() {
    let Some(real) = samples() else { return };
    let read = |name: &str| std::fs::read_to_string(real.join("samples/alma").join(name)).unwrap();
    let rows: Vec<Value> = [
        "lending_request_example.json",
        "lending_request_created_example.json",
        "doi_enriched_request_example.json",
    ]
    .iter()
    .map(|name| serde_json::from_str(&read(name)).unwrap())
    .collect();
    let (world, _) = lending(
        "libraries = [\"AS1\"]\nstatuses = [\"LOCATE_FAILED\", \"REQUEST_CREATED_LEND\", \"SHIPPED_PHYSICALLY\"]",
    )
    .await;
    let shown = rows.clone();
    let play = move |call: &crate::world::GatewayCall<'_>| {
        let status = call.query.get("status").filter(|_| call.path == TASK_LIST)?;
        let rows: Vec<&Value> = shown
            .iter()
            .filter(|row| row["status"]["value"] == status.as_str())
            .collect();
        Some(
            ResponseTemplate::new(200)
                .set_body_json(json!({"user_resource_sharing_request": rows, "total_record_count": rows.len()})),
        )
    };
    world.wire().players.insert(0, Player(Box::new(play)));
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.added), (Outcome::Ok, 3), "{row:?}");
    let observation = observed(&world, None).await;
    let created = observation
        .drafts
        .iter()
        .find(|draft| draft.partition == "AS1/REQUEST_CREATED_LEND")
        .unwrap();
    assert_eq!(
        (&created.body["total"], &created.body["partners"]),
        (&json!(1), &json!({}))
    );
    let seen = &observation.requests.as_ref().unwrap().rows;
    let created = seen.iter().find(|row| row.status == "REQUEST_CREATED_LEND").unwrap();
    assert_eq!((created.partner.as_str(), created.format.as_str()), ("ANC", "DIGITAL"));
    let shipped = seen.iter().find(|row| row.status == "SHIPPED_PHYSICALLY").unwrap();
    assert_eq!(
        (
            shipped.library.as_str(),
            shipped.partner.as_str(),
            shipped.format.as_str()
        ),
        ("AS1", "ANC", "PHYSICAL")
    );
    assert_eq!(shipped.modified, "2025-09-18T11:10:20.491Z".parse().ok());
    let all = format!("{observation:?}");
    for row in &rows {
        for name in [
            "title",
            "author",
            "request_id",
            "external_id",
            "text_email",
            "barcode",
            "mms_id",
            "doi",
        ] {
            let text = row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            assert!(text.is_none_or(|text| !all.contains(text)), "{name} is kept");
        }
    }

    let error = |status: u16, name: &str, times| Fault {
        where_: TASK_LIST.into(),
        status,
        body: read(name),
        times,
    };
    for (name, tracking) in [("error_response.json", "E01-"), ("error_response.xml", "E02-")] {
        world.wire().faults = vec![error(400, name, None)];
        let row = world.poll(WATCH).await;
        assert_eq!(row.outcome, Outcome::Failed, "{row:?}");
        let reason = row.reason.unwrap();
        assert!(
            reason.contains("errorCode 401664") && reason.contains(tracking),
            "{reason}"
        );
        assert!(
            !reason.contains("Mandatory"),
            "an error's message may name a person: {reason}"
        );
    }
    // Too fast passes by itself, and is waited for.
    world.wire().faults = vec![error(429, "per_second_threshold_error_response.json", Some(2))];
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.calls), (Outcome::Ok, 3 + 2), "{row:?}");
    // One that does not pass ends the sweep: Alma is not asked on.
    world.wire().faults = vec![error(429, "per_second_threshold_error_response.json", None)];
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.calls), (Outcome::Failed, 4), "{row:?}");
    assert!(row.reason.unwrap().contains("fewer calls"));
    world.wire().faults.clear();
    assert_eq!(world.poll(WATCH).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn the_real_list_of_libraries_says_which_lend() {
    let Some(real) = samples() else { return };
    let (world, _) = lending("statuses = [\"WILL_SUPPLY\"]").await;
    let text = std::fs::read_to_string(real.join("samples/alma/libraries_response.json")).unwrap();
    let libraries: Value = serde_json::from_str(&text).unwrap();
    let lend = libraries["library"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|library| library["resource_sharing"] == true)
        .count();
    world
        .wire()
        .alma
        .insert((ELM.into(), "/conf/libraries".into()), libraries);
    let row = world.poll(WATCH).await;
    assert_eq!((row.outcome, row.added as usize), (Outcome::Ok, lend), "{row:?}");
    assert!(totals(&world).await.contains_key("RES_SHARE/WILL_SUPPLY"));
}
