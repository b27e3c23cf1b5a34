//! Alerts as their receivers see them: signed, once, in order, tried for a day, and never to a private address by mistake.

use std::time::Duration;

use almanac::model::answer::{MessageRow, MessageState, Outcome};
use almanac::model::moment::Moment;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Timelike;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};

use crate::world::{ELM, OAK, World, partners, write_secret};

const WATCH: &str = "alma.partners/01ELM_INST";

/// Two libraries with a baseline, so that what comes is news.
async fn world(more: &str) -> World {
    let world = World::with(more).await;
    for library in [ELM, OAK] {
        world.wire().partners.insert(library.into(), partners(3));
        assert_eq!(
            world.poll(&format!("alma.partners/{library}")).await.outcome,
            Outcome::Ok
        );
    }
    world
}

/// Another channel that gets everything at once.
fn second_channel(name: &str) -> String {
    format!(
        "[[channel]]\nname = \"{name}\"\ntype = \"webhook\"\nurl = \"{{server}}/hook/{name}\"\nallow_private = true\n\n\
         [[route]]\nchannel = \"{name}\"\nmin_severity = \"info\"\nwhen = \"at-once\"\n"
    )
}

/// A partner of Elm changes its status, and Almanac sees it.
async fn something_happens(world: &World) {
    let now_inactive = {
        let mut wire = world.wire();
        let status = &mut wire.partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"];
        let inactive = *status != json!("INACTIVE");
        *status = json!(if inactive { "INACTIVE" } else { "ACTIVE" });
        inactive
    };
    let poll = world.poll(WATCH).await;
    assert_eq!(
        (poll.outcome, poll.events),
        (Outcome::Ok, 1),
        "{now_inactive}: {poll:?}"
    );
}

fn kinds(world: &World) -> Vec<String> {
    let received = world.wire().received.clone();
    let events = received
        .iter()
        .flat_map(|(_, body)| body["data"]["events"].as_array().unwrap().clone());
    events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

async fn messages(world: &World, state: MessageState) -> Vec<MessageRow> {
    world.almanac.store.messages(Some(state), 100).await.unwrap()
}

fn attempts(world: &World) -> usize {
    world.wire().attempts.len()
}

#[tokio::test]
async fn a_message_is_signed_and_told_once() {
    let mut world = world("").await;
    something_happens(&world).await;
    world.hand.advance(Duration::from_mins(5));
    world.deliver().await;
    world.deliver().await;
    world.restart().await;
    world.deliver().await;
    let wire = world.wire();
    assert_eq!((wire.received.len(), wire.attempts.len()), (1, 1));
    let (_, timestamp, signature, body) = wire.attempts[0].clone();
    let id = &wire.received[0].0;
    assert_eq!(
        timestamp,
        world.clock.now().unix_seconds().to_string(),
        "the timestamp is of the attempt"
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"secret-of-the-world").unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let told = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
    mac.verify_slice(&told).unwrap();
    let event = &wire.received[0].1["data"]["events"][0];
    assert_eq!(
        (&event["kind"], &event["institution"], &event["key"]),
        (&json!("partner.deactivated"), &json!(ELM), &json!("P000"))
    );
    assert!(event["title"].as_str().unwrap().contains("Elm College"));
}

#[tokio::test]
async fn a_receiver_that_fails_for_a_while_gets_it_later_under_the_same_id() {
    let world = world("").await;
    something_happens(&world).await;
    world.wire().receivers = vec![("/hook".into(), 503)];
    for _ in 0..3 {
        world.deliver().await;
        world.hand.advance(Duration::from_mins(10));
    }
    assert_eq!(attempts(&world), 3);
    let waiting = messages(&world, MessageState::Waiting).await;
    assert_eq!(
        (waiting[0].attempts, waiting[0].last_error.as_deref()),
        (3, Some("the receiver answered 503"))
    );
    world.wire().receivers.clear();
    world.deliver().await;
    let wire = world.wire();
    assert_eq!(wire.received.len(), 1);
    assert_eq!(wire.received[0].0, waiting[0].id);
    let bodies: std::collections::BTreeSet<&String> = wire.attempts.iter().map(|(.., body)| body).collect();
    assert_eq!(bodies.len(), 1, "the body was frozen before the first attempt");
}

#[tokio::test]
async fn a_wait_that_the_receiver_asks_for_is_kept() {
    let world = world("").await;
    something_happens(&world).await;
    world.wire().receivers = vec![("/hook".into(), 429)];
    world.wire().retry_after = Some("1800".into());
    world.deliver().await;
    world.wire().receivers.clear();
    world.hand.advance(Duration::from_mins(29));
    world.deliver().await;
    assert_eq!(attempts(&world), 1);
    world.hand.advance(Duration::from_mins(2));
    world.deliver().await;
    assert_eq!(kinds(&world), ["partner.deactivated"]);
}

#[tokio::test]
async fn a_refusal_for_good_is_told_on_another_channel_and_can_be_retried() {
    let world = world(&second_channel("second")).await;
    something_happens(&world).await;
    world.wire().receivers = vec![("/hook/second".into(), 410)];
    world.deliver().await;
    world.deliver().await;
    assert_eq!(
        kinds(&world),
        ["partner.deactivated", "delivery.dead"],
        "on the first channel"
    );
    let dead = messages(&world, MessageState::Dead).await;
    assert_eq!(
        (dead.len(), dead[0].channel.as_str(), dead[0].attempts),
        (1, "second", 1)
    );
    // Both dead: the death of one is not told for ever to the other.
    world.wire().receivers = vec![("/hook".into(), 410)];
    something_happens(&world).await;
    for _ in 0..10 {
        world.deliver().await;
        world.hand.advance(Duration::from_mins(10));
    }
    assert!(messages(&world, MessageState::Waiting).await.is_empty());
    let deaths = world
        .told()
        .await
        .iter()
        .filter(|event| event.starts_with("delivery.dead"))
        .count();
    assert!(deaths <= 3, "{deaths} events about deliveries");
    // Put right, and queued again: the same ids.
    world.wire().receivers.clear();
    world.wire().received.clear();
    let dead: std::collections::BTreeSet<String> = messages(&world, MessageState::Dead)
        .await
        .into_iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(world.almanac.store.retry_dead(None).await.unwrap(), dead.len() as u64);
    world.deliver().await;
    let received: std::collections::BTreeSet<String> = world.wire().received.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(received, dead);
}

#[tokio::test]
async fn a_day_of_silence_is_the_end_and_visible() {
    let world = world("").await;
    something_happens(&world).await;
    world.wire().receivers = vec![("/hook".into(), 500)];
    for _ in 0..60 {
        world.deliver().await;
        world.hand.advance(Duration::from_mins(30));
    }
    let dead = messages(&world, MessageState::Dead).await;
    assert_eq!(dead.len(), 1);
    assert!(
        (20..=50).contains(&dead[0].attempts),
        "{} attempts in a day",
        dead[0].attempts
    );
    let before = attempts(&world);
    world.deliver().await;
    assert_eq!(attempts(&world), before, "given up");
    let config = world.config_file();
    let listed = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(["alerts", "list", "--json", "--config"])
            .arg(config)
            .output()
            .unwrap()
    });
    let rows: Value = serde_json::from_slice(&listed.await.unwrap().stdout).unwrap();
    assert_eq!(
        (&rows[0]["state"], &rows[0]["id"]),
        (&json!("dead"), &json!(dead[0].id))
    );
}

#[tokio::test]
async fn an_attempt_cut_off_by_a_crash_is_made_again_under_the_same_id() {
    let world = world("").await;
    something_happens(&world).await;
    let mut tx = world.almanac.store.write().await.unwrap();
    tx.compose_due("hook", 50).await.unwrap();
    let taken = tx.take_due("hook").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    // Killed here: perhaps the receiver has it, perhaps not.
    world.deliver().await;
    assert_eq!(attempts(&world), 0, "another process may be at it still");
    let mut tx = world.almanac.store.write().await.unwrap();
    assert_eq!(tx.release_interrupted().await.unwrap(), 1);
    tx.commit().await.unwrap();
    world.deliver().await;
    assert_eq!(world.wire().received[0].0, taken.id);
    assert_eq!(world.wire().attempts[0].3, taken.body);
}

#[tokio::test]
async fn a_dead_channel_delays_nobody_and_a_channel_keeps_its_order() {
    let world = world(&second_channel("second")).await;
    world.wire().receivers = vec![("/hook/second".into(), 500)];
    for _ in 0..4 {
        something_happens(&world).await;
        world.deliver().await;
    }
    let first: Vec<String> = kinds(&world);
    let expected = [
        "partner.deactivated",
        "partner.activated",
        "partner.deactivated",
        "partner.activated",
    ];
    assert_eq!(first, expected, "the other channel was told each time");
    world.wire().received.clear();
    world.wire().receivers.clear();
    world.hand.advance(Duration::from_hours(2));
    world.deliver().await;
    assert_eq!(kinds(&world), expected, "in the order in which they happened");
}

#[tokio::test]
async fn a_digest_waits_for_eight_in_the_consortiums_morning_and_holds_everything() {
    // The night in which the clocks go forward.
    let digest = "[[channel]]\nname = \"digest\"\ntype = \"webhook\"\nurl = \"{server}/hook/digest\"\nallow_private = true\n\n\
                  [[route]]\nchannel = \"digest\"\nmin_severity = \"info\"\nwhen = \"daily 08:00\"\n";
    let world = world(digest).await;
    world.hand.set("2027-03-13T19:00:00Z".parse().unwrap());
    for _ in 0..3 {
        something_happens(&world).await;
    }
    world.wire().received.clear();
    let digests = |world: &World| {
        world
            .wire()
            .attempts
            .iter()
            .filter(|(path, ..)| path == "/hook/digest")
            .count()
    };
    let due: Moment = "2027-03-14T12:00:00Z".parse().unwrap();
    assert_eq!(due.datetime().with_timezone(&chrono_tz::America::New_York).hour(), 8);
    world.hand.set(Moment::from_millis(due.millis() - 1));
    world.deliver().await;
    assert_eq!(digests(&world), 0);
    world.hand.set(due);
    world.deliver().await;
    assert_eq!(digests(&world), 1);
    let told = world.wire().received.last().unwrap().1["data"]["events"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(told, 3);
}

#[tokio::test]
async fn two_routes_to_one_channel_tell_it_once_and_at_once_wins() {
    let world = world("[[route]]\nchannel = \"hook\"\nwhen = \"weekly mon 08:00\"\n\n[[route]]\nchannel = \"hook\"\ntopics = [\"resource-sharing\"]\nwhen = \"at-once\"\n").await;
    something_happens(&world).await;
    world.deliver().await;
    world.hand.advance(Duration::from_hours(24 * 8));
    world.deliver().await;
    assert_eq!(kinds(&world), ["partner.deactivated"]);
}

#[tokio::test]
async fn routes_choose_by_what_they_name() {
    let mut channels = String::new();
    for (name, condition) in [
        ("oak", "institutions = [\"01OAK_INST\"]"),
        ("elm", "institutions = [\"01ELM_INST\"]"),
        ("severe", "min_severity = \"warning\""),
        ("activated", "kinds = [\"partner.activated\"]"),
        ("sharing", "topics = [\"resource-sharing\"]"),
        ("zone", "topics = [\"network-zone\"]"),
        ("primo", "products = [\"Primo VE\"]"),
        ("open", "non_alma = true"),
    ] {
        channels.push_str(&format!(
            "[[channel]]\nname = \"{name}\"\ntype = \"webhook\"\nurl = \"{{server}}/hook/{name}\"\nallow_private = true\n\n\
             [[route]]\nchannel = \"{name}\"\n{condition}\nwhen = \"at-once\"\n\n"
        ));
    }
    let world = world(&channels).await;
    something_happens(&world).await;
    something_happens(&world).await;
    world.deliver().await;
    let told = |name: &str| -> Vec<String> {
        let attempts = world.wire().attempts.clone();
        let bodies = attempts
            .iter()
            .filter(|(path, ..)| *path == format!("/hook/{name}"))
            .map(|(.., body)| body.clone());
        let events = bodies.flat_map(|body| {
            serde_json::from_str::<Value>(&body).unwrap()["data"]["events"]
                .as_array()
                .unwrap()
                .clone()
        });
        events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    let both = ["partner.deactivated", "partner.activated"];
    assert_eq!(told("oak"), [""; 0]);
    assert_eq!(told("elm"), both);
    assert_eq!(told("severe"), ["partner.deactivated"]);
    assert_eq!(told("activated"), ["partner.activated"]);
    assert_eq!(told("sharing"), both);
    for nothing in ["zone", "primo", "open"] {
        assert_eq!(told(nothing), [""; 0], "{nothing}");
    }
}

#[tokio::test]
async fn a_hundred_and_twenty_events_come_in_messages_that_a_receiver_can_take() {
    let world = World::new().await;
    world.wire().partners.insert(ELM.into(), partners(120));
    world.poll(WATCH).await;
    for partner in world.wire().partners.get_mut(ELM).unwrap().iter_mut() {
        partner["partner_details"]["status"] = json!("INACTIVE");
    }
    assert_eq!(world.poll(WATCH).await.events, 120);
    world.deliver().await;
    let sizes: Vec<usize> = world
        .wire()
        .received
        .iter()
        .map(|(_, body)| body["data"]["events"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
}

#[tokio::test]
async fn a_missing_secret_holds_the_message_back_until_it_is_there() {
    let world = world("").await;
    let secret = world.dir.path().join("hook.secret");
    std::fs::remove_file(&secret).unwrap();
    something_happens(&world).await;
    world.deliver().await;
    assert_eq!(attempts(&world), 0, "nothing goes out unsigned");
    let waiting = messages(&world, MessageState::Waiting).await;
    assert!(
        waiting[0].last_error.as_deref().unwrap().contains("hook.secret"),
        "{waiting:?}"
    );
    write_secret(&secret, "whsec_c2VjcmV0LW9mLXRoZS13b3JsZA==");
    world.hand.advance(Duration::from_mins(5));
    world.deliver().await;
    assert_eq!(kinds(&world), ["partner.deactivated"]);
}

#[tokio::test]
async fn a_private_address_is_refused_where_it_is_dialled_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let address = dir.path().join("address");
    let channel = format!(
        "[[channel]]\nname = \"inside\"\ntype = \"webhook\"\nurl = {{ file = \"{}\" }}\n\n[[route]]\nchannel = \"inside\"\nwhen = \"at-once\"\n",
        address.display()
    );
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
        "2130706433",
    ] {
        write_secret(&address, &format!("https://{host}:9/canary-path?canary-token"));
        let world = world(&channel).await;
        something_happens(&world).await;
        world.deliver().await;
        let rows = world.almanac.store.messages(None, 10).await.unwrap();
        let row = rows.iter().find(|row| row.channel == "inside").unwrap();
        let error = row.last_error.as_deref().unwrap();
        assert!(error.contains("private"), "{host}: {error}");
        assert!(!error.contains("canary") && !error.contains(host), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = world("").await;
    something_happens(&world).await;
    world.wire().receivers = vec![("/hook".into(), 307)];
    world.deliver().await;
    assert!(!world.asked().await.iter().any(|call| call.starts_with("/elsewhere")));
    assert_eq!(
        messages(&world, MessageState::Dead).await[0].last_error.as_deref(),
        Some("the receiver answered 307")
    );
}

#[tokio::test]
async fn a_test_message_says_that_it_is_one_and_is_not_stored() {
    let world = world("").await;
    let told = almanac::alerts::send_test(&world.almanac.config, "hook", &world.clock)
        .await
        .unwrap();
    assert!(told.starts_with("hook accepted"), "{told}");
    assert_eq!(world.wire().received[0].1["type"], "almanac.test");
    assert!(world.almanac.store.messages(None, 10).await.unwrap().is_empty());
    let unknown = almanac::alerts::send_test(&world.almanac.config, "hok", &world.clock)
        .await
        .unwrap_err();
    assert!(unknown.contains("hook"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_channel_never_stands_in_a_programs_way() {
    let world = world("[[channel]]\nname = \"screen\"\ntype = \"console\"\n\n[[route]]\nchannel = \"screen\"\nmin_severity = \"info\"\n").await;
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
    // The history of this world lies in its future; a new one begins now.
    world.almanac.store.close().await;
    let config = world.config_file();
    let fresh = std::fs::read_to_string(&config)
        .unwrap()
        .replace("almanac.db", "fresh.db");
    std::fs::write(&config, fresh).unwrap();
    let poll = async || {
        let config = config.clone();
        let ran = tokio::task::spawn_blocking(move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
                .args(["poll", WATCH, "--json", "--config"])
                .arg(config)
                .output()
                .unwrap()
        });
        ran.await.unwrap()
    };
    poll().await;
    world.wire().partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("ACTIVE");
    let second = poll().await;
    let rows: Value = serde_json::from_slice(&second.stdout).expect("nothing but JSON on standard output");
    assert_eq!(rows[0]["events"], json!(1));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("is now active"),
        "{}",
        String::from_utf8_lossy(&second.stderr)
    );
}

#[tokio::test]
async fn what_concerns_no_single_library_reaches_every_librarys_route() {
    let mut channels = String::new();
    for (name, condition) in [
        ("elm", "institutions = [\"01ELM_INST\"]"),
        ("alma", "products = [\"alma\"]"),
        ("rapido", "products = [\"Rapido\"]"),
    ] {
        channels.push_str(&format!(
            "[[channel]]\nname = \"{name}\"\ntype = \"webhook\"\nurl = \"{{server}}/hook/{name}\"\nallow_private = true\n\n\
             [[route]]\nchannel = \"{name}\"\n{condition}\nwhen = \"at-once\"\n\n"
        ));
    }
    let world = world(&channels).await;
    let item = (
        "Lend Across Two Networks",
        "February 2027 Resource Sharing URM-1001",
        "Two networks can now lend to each other.",
    );
    let old = ("New Icon", "February 2027 Acquisitions URM-1002", "An icon is new.");
    let show = |items: &[crate::world::NotesItem<'_>]| {
        world.wire().pages.insert(
            crate::world::notes_path(2027),
            crate::world::notes_page(2027, items, &[]),
        );
    };
    show(&[old]);
    world.poll("release-notes/alma").await;
    show(&[old, item]);
    assert_eq!(world.poll("release-notes/alma").await.events, 1);
    world.deliver().await;
    let mut told: Vec<String> = world.wire().attempts.iter().map(|(path, ..)| path.clone()).collect();
    told.sort();
    assert_eq!(told, ["/hook", "/hook/alma", "/hook/elm"]);
}

#[tokio::test]
async fn a_clock_that_ran_ahead_does_not_hold_an_attempt_back_for_years() {
    let world = world("").await;
    something_happens(&world).await;
    world.wire().receivers = vec![("/hook".into(), 500)];
    world.hand.advance(Duration::from_hours(24 * 365));
    world.deliver().await;
    world.hand.set(world.clock.now().minus(Duration::from_hours(24 * 365)));
    world.wire().receivers.clear();
    world.deliver().await;
    assert_eq!(kinds(&world), ["partner.deactivated"]);
}
