//! Receivers that hang, never end, hide behind a proxy or are gone, and clocks and weekends in between: one channel's
//! trouble is not another's, and what is owed comes as soon as it can.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use almanac::model::answer::{MessageRow, MessageState};
use almanac::poll::daemon::Daemon;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{ELM, World, partners};

const WATCH: &str = "alma.partners/01ELM_INST";

/// A second channel, at any address, that gets everything at once.
fn second_at(url: &str) -> String {
    format!(
        "[[channel]]\nname = \"second\"\ntype = \"webhook\"\nurl = \"{url}\"\nallow_private = true\n\n\
         [[route]]\nchannel = \"second\"\nmin_severity = \"info\"\nwhen = \"at-once\"\n"
    )
}

/// A world in which the partners of Elm College were seen once.
async fn watched(more: &str) -> World {
    let world = World::with(more).await;
    world.wire().partners.insert(ELM.into(), partners(9));
    world.poll(WATCH).await;
    world
}

/// A partner of Elm College goes inactive, which the next poll sees.
async fn goes_inactive(world: &World, number: usize) {
    world.wire().partners.get_mut(ELM).unwrap()[number]["partner_details"]["status"] = json!("INACTIVE");
    assert_eq!(world.poll(WATCH).await.events, 1);
}

/// The partners that the receivers were told of, in the order of arrival.
fn told(world: &World) -> Vec<String> {
    let wire = world.wire();
    let events = wire
        .received
        .iter()
        .flat_map(|(_, body)| body["data"]["events"].as_array().unwrap());
    events.map(|event| event["key"].as_str().unwrap().to_owned()).collect()
}

/// The messages to a channel, newest first.
async fn messages(world: &World, channel: &str) -> Vec<MessageRow> {
    let all = world.almanac.store.messages(None, 100).await.unwrap();
    all.into_iter().filter(|message| message.channel == channel).collect()
}

async fn until_the_next_attempt(world: &World) {
    world.hand.set(messages(world, "hook").await[0].next_attempt.unwrap());
}

/// A request whole.
async fn read_request(stream: &mut TcpStream) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        let length = |head: &str| {
            let head = head.to_ascii_lowercase();
            head.lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
        };
        let whole = text
            .split_once("\r\n\r\n")
            .is_some_and(|(head, body)| body.len() >= length(head).unwrap());
        if whole || count == 0 {
            return;
        }
    }
}

/// A receiver that takes requests and never answers: its address, and the calls that wait there.
async fn hanging() -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (held, open) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_request(&mut stream).await;
            if held.send(stream).is_err() {
                break;
            }
        }
    });
    (address, open)
}

#[tokio::test]
async fn a_channel_that_hangs_delays_no_other_and_is_not_called_twice() {
    let (address, mut open) = hanging().await;
    let world = watched(&second_at(&format!("http://{address}/"))).await;
    let daemon = Daemon::start(Arc::new(world.almanac.clone())).await.unwrap();
    for number in 0..3 {
        goes_inactive(&world, number).await;
        daemon.tick().await.unwrap();
        while told(&world).len() < number + 1 {
            tokio::task::yield_now().await;
        }
    }
    let hung = open.recv().await.unwrap();
    assert!(open.try_recv().is_err(), "one call at a time");
    let oldest = messages(&world, "second").await.pop().unwrap();
    assert_eq!(oldest.state, MessageState::Sending, "it is still waited for");
    assert_eq!(told(&world), ["P000", "P001", "P002"]);

    drop(hung);
    daemon.idle().await;
    let oldest = messages(&world, "second").await.pop().unwrap();
    assert_eq!((oldest.state, oldest.attempts), (MessageState::Waiting, 1));
    assert_eq!(
        oldest.last_error.as_deref(),
        Some("the connection to the receiver broke")
    );
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let chunk = vec![b'x'; 64 * 1024];
        let mut written = 0usize;
        // Ends when the other side hangs up.
        while stream.write_all(&chunk).await.is_ok() {
            written += chunk.len();
        }
        written
    });
    let world = watched(&second_at(&format!("http://{address}/"))).await;
    goes_inactive(&world, 0).await;
    world.deliver().await;
    assert_eq!(messages(&world, "second").await[0].state, MessageState::Sent);
    let written = receiver.await.unwrap();
    assert!(
        written < 64 * 1024 * 1024,
        "only what the buffers on the way hold: {written} bytes"
    );
}

#[tokio::test]
async fn two_dead_channels_do_not_tell_each_other_for_ever() {
    let world = watched(&second_at("{server}/hook/second")).await;
    world.wire().receivers = vec![("/hook".into(), 410)];
    goes_inactive(&world, 0).await;
    for _ in 0..10 {
        world.deliver().await;
        world.hand.advance(Duration::from_hours(1));
    }
    let deaths = world
        .told()
        .await
        .iter()
        .filter(|told| told.starts_with("delivery.dead"))
        .count();
    assert_eq!(deaths, 2, "one for each channel");
    // The event and the other's death, once at each; in one message where the death came first.
    let attempts = world.wire().attempts.len();
    assert!((2..=4).contains(&attempts), "{attempts} attempts");
}

#[tokio::test]
async fn a_receiver_that_its_proxy_hides_for_a_while_is_told_when_it_is_back() {
    for status in [401, 403, 404] {
        let world = watched("").await;
        world.wire().receivers = vec![("/hook".into(), status)];
        goes_inactive(&world, 0).await;
        world.deliver().await;
        assert_eq!(
            messages(&world, "hook").await[0].state,
            MessageState::Waiting,
            "{status}"
        );
        until_the_next_attempt(&world).await;
        world.wire().receivers.clear();
        world.deliver().await;
        assert_eq!(told(&world), ["P000"], "{status}");
    }
}

#[tokio::test]
async fn a_weekend_in_which_almanac_did_not_run_is_no_day_of_trying() {
    let mut world = watched("").await;
    world.wire().receivers = vec![("/hook".into(), 500)];
    goes_inactive(&world, 0).await;
    world.deliver().await;
    // On Monday the network comes up a little after the program.
    world.restart().await;
    world.hand.advance(Duration::from_hours(64));
    world.deliver().await;
    assert_eq!(messages(&world, "hook").await[0].state, MessageState::Waiting);
    until_the_next_attempt(&world).await;
    world.wire().receivers.clear();
    world.deliver().await;
    assert_eq!(told(&world), ["P000"]);
}

#[tokio::test]
async fn an_attempt_made_while_the_clock_ran_a_year_ahead_silences_no_channel_for_a_year() {
    let world = watched("").await;
    let right = world.clock.now();
    world.hand.advance(Duration::from_hours(24 * 365));
    world.wire().receivers = vec![("/hook".into(), 500)];
    goes_inactive(&world, 0).await;
    world.deliver().await;
    world.wire().receivers.clear();
    world.hand.set(right);
    goes_inactive(&world, 1).await;
    world.deliver().await;
    assert_eq!(told(&world), ["P000", "P001"]);

    // Killed in the middle of an attempt, too.
    world.hand.advance(Duration::from_hours(24 * 365));
    goes_inactive(&world, 2).await;
    let mut tx = world.almanac.store.write().await.unwrap();
    tx.compose_due("hook", 50).await.unwrap();
    assert!(tx.take_due("hook").await.unwrap().is_some());
    tx.commit().await.unwrap();
    world.hand.set(right);
    world.deliver().await;
    assert_eq!(told(&world), ["P000", "P001", "P002"]);
}
