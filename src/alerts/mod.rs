//! From what is owed to what was told: messages are composed when they are due, sent in order, tried again for a day.
//!
//! A channel is a file here, a variant of [`ChannelKind`] and an arm of `Sender`. Channels never wait for each other.

pub mod backoff;
pub mod console;
pub mod private;
pub mod route;
pub mod webhook;

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::config::{ChannelKind, Config};
use crate::meaning::health::delivery_dead;
use crate::model::answer::MessageState;
use crate::model::message::{Envelope, EnvelopeData, TYPE_TEST, ToldEvent};
use crate::model::moment::Moment;
use crate::store::outbox::MessageToSend;
use crate::store::{Store, StoreError};
use crate::telemetry;
use console::{Console, Stream};
use route::RoutedEvent;
use webhook::Webhook;

/// Events that one message tells at most; what is due beyond that goes into the next.
const EVENTS_A_MESSAGE_MAX: u32 = 50;
/// Messages that one channel is sent in one go; the next heartbeat goes on.
const MESSAGES_A_ROUND_MAX: usize = 200;
/// How long one go takes new messages: a receiver that is slow but willing must not hold up a command that only wants to
/// deliver what is due before it ends.
const ROUND_TIME_MAX: Duration = Duration::from_secs(30);

/// Everything that is owed to the configured channels.
#[derive(Debug)]
pub struct Outbox {
    channels: Vec<Channel>,
    clock: Clock,
}

#[derive(Debug)]
struct Channel {
    name: String,
    sender: Sender,
    /// Held while the channel is sent to, so that its messages keep their order.
    busy: Mutex<()>,
}

/// One way to tell.
#[derive(Debug)]
enum Sender {
    Console(Console),
    Webhook(Box<Webhook>),
}

/// Why a message was not accepted; a sentence without addresses or secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// It may work later.
    Passing {
        /// What happened.
        reason: String,
        /// How long the receiver asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It never will, as things are.
    Permanent {
        /// What happened.
        reason: String,
    },
}

/// What one round of delivery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages accepted.
    pub sent: u32,
    /// Messages to be tried again.
    pub retried: u32,
    /// Messages given up.
    pub dead: u32,
}

impl Outbox {
    /// Makes ready to send to every configured channel; `console` is where console channels write.
    ///
    /// # Errors
    /// A sentence, where the HTTP client cannot be built.
    pub fn new(config: &Config, clock: Clock, console: Stream) -> Result<Outbox, String> {
        let channels = config
            .channels
            .iter()
            .map(|channel| {
                let sender = Sender::of(&channel.kind, config, console)?;
                Ok(Channel {
                    name: channel.name.clone(),
                    sender,
                    busy: Mutex::new(()),
                })
            })
            .collect::<Result<_, String>>()?;
        Ok(Outbox { channels, clock })
    }

    /// Composes and sends what is due. A channel that is being sent to already is left to that round.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be used; what was sent until then is noted.
    pub async fn deliver_due(&self, store: &Store, config: &Config) -> Result<Delivered, StoreError> {
        let rounds = self
            .channels
            .iter()
            .map(|channel| self.deliver_to(channel, store, config));
        let mut all = Delivered::default();
        for round in join_all(rounds).await {
            let round = round?;
            all.sent += round.sent;
            all.retried += round.retried;
            all.dead += round.dead;
        }
        Ok(all)
    }

    async fn deliver_to(&self, channel: &Channel, store: &Store, config: &Config) -> Result<Delivered, StoreError> {
        let mut done = Delivered::default();
        let Ok(_alone) = channel.busy.try_lock() else {
            return Ok(done);
        };
        if !store.anything_due(&channel.name, self.clock.now()).await? {
            return Ok(done);
        }
        let end = self.clock.now().plus(ROUND_TIME_MAX);
        for _ in 0..MESSAGES_A_ROUND_MAX {
            if self.clock.now() >= end {
                break;
            }
            let mut tx = store.write().await?;
            tx.compose_due(&channel.name, EVENTS_A_MESSAGE_MAX).await?;
            let taken = tx.take_due(&channel.name).await?;
            tx.commit().await?;
            let Some(message) = taken else { break };
            // No transaction is open while the network is awaited.
            let outcome = channel.sender.send(&message, self.clock.now()).await;
            let state = self.settle(channel, store, config, &message, outcome).await?;
            telemetry::message_became(&channel.name, state);
            match state {
                MessageState::Sent => done.sent += 1,
                MessageState::Dead => done.dead += 1,
                MessageState::Waiting | MessageState::Sending => {
                    done.retried += 1;
                    // Its younger siblings wait for it, so that the channel keeps its order.
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Writes down what became of an attempt.
    async fn settle(
        &self,
        channel: &Channel,
        store: &Store,
        config: &Config,
        message: &MessageToSend,
        outcome: Result<(), NotSent>,
    ) -> Result<MessageState, StoreError> {
        let mut tx = store.write().await?;
        let (reason, next) = match outcome {
            Ok(()) => {
                tx.mark_sent(message).await?;
                tx.commit().await?;
                return Ok(MessageState::Sent);
            }
            Err(NotSent::Permanent { reason }) => (reason, None),
            Err(NotSent::Passing { reason, retry_after }) => {
                let next = backoff::next_attempt(
                    message.attempt,
                    message.first_attempt,
                    tx.wall,
                    retry_after,
                    fastrand::f64(),
                );
                (reason, next)
            }
        };
        if let Some(next) = next {
            tracing::warn!(
                channel = channel.name,
                attempt = message.attempt,
                "{}: {reason}; tried again at {next}",
                channel.name
            );
            tx.mark_retry(message, next, &reason).await?;
            tx.commit().await?;
            return Ok(MessageState::Waiting);
        }
        tracing::error!(
            channel = channel.name,
            "{}: {reason}; given up after {} attempts",
            channel.name,
            message.attempt
        );
        if tx.mark_dead(message, &reason).await? {
            let draft = route::overridden(
                delivery_dead(&channel.name, message.events, message.attempt, &reason),
                &config.event_overrides,
            );
            if let Some(event) = tx.record_dead_event(message, &channel.name, &draft).await? {
                let owed = route::owed(&RoutedEvent::of(&draft, None), &config.routes, tx.wall, config.timezone);
                for (other, due) in owed.into_iter().filter(|(other, _)| *other != channel.name) {
                    tx.insert_notice(event, &other, due).await?;
                }
            }
        }
        tx.commit().await?;
        Ok(MessageState::Dead)
    }
}

impl Sender {
    fn of(kind: &ChannelKind, config: &Config, console: Stream) -> Result<Sender, String> {
        Ok(match kind {
            ChannelKind::Console => Sender::Console(Console::at(console, config.timezone)),
            ChannelKind::Webhook(settings) => Sender::Webhook(Box::new(Webhook::new(settings)?)),
        })
    }

    async fn send(&self, message: &MessageToSend, now: Moment) -> Result<(), NotSent> {
        match self {
            Sender::Console(console) => console.send(message).await,
            Sender::Webhook(webhook) => webhook.send(message, now).await,
        }
    }
}

/// Sends one message, marked as a test, to a channel, without storing anything. Gives a sentence that says what happened.
///
/// # Errors
/// A sentence: there is no such channel, or it did not accept the message.
pub async fn send_test(config: &Config, name: &str, clock: &Clock) -> Result<String, String> {
    let Some(channel) = config.channels.iter().find(|channel| channel.name == name) else {
        let names: Vec<&str> = config.channels.iter().map(|channel| channel.name.as_str()).collect();
        return Err(match names.is_empty() {
            true => format!("there is no channel “{name}”; add a [[channel]] to the settings"),
            false => format!("there is no channel “{name}”; the settings name {}", names.join(", ")),
        });
    };
    let sender = Sender::of(&channel.kind, config, Stream::Error)?;
    let now = clock.now();
    let id = format!("msg_test_{:016x}", fastrand::u64(..));
    let envelope = Envelope {
        kind: TYPE_TEST.to_owned(),
        id: id.clone(),
        timestamp: now,
        data: EnvelopeData {
            events: vec![test_event(now)],
        },
    };
    let body = serde_json::to_string(&envelope).map_err(|error| error.to_string())?;
    let message = MessageToSend {
        row: 0,
        id,
        body,
        attempt: 1,
        first_attempt: now,
        events: 1,
    };
    match sender.send(&message, now).await {
        Ok(()) => Ok(format!("{name} accepted the test message {}", message.id)),
        Err(NotSent::Passing { reason, .. } | NotSent::Permanent { reason }) => {
            Err(format!("{name} did not accept the test message: {reason}"))
        }
    }
}

fn test_event(now: Moment) -> ToldEvent {
    ToldEvent {
        id: 0,
        kind: "almanac.test".to_owned(),
        severity: "info".to_owned(),
        institution: None,
        watch: None,
        key: None,
        title: "A test of this channel by Almanac; nothing happened".to_owned(),
        summary: "If you can read this, alerts reach you here.".to_owned(),
        topics: Vec::new(),
        link: None,
        group: 0,
        occurred_at: None,
        detected_at: now,
    }
}
