//! What a channel is told: frozen when it is composed, the same for every kind of channel.

use serde::{Deserialize, Serialize};

use super::moment::Moment;

/// The `type` of a message that tells events.
pub const TYPE_EVENTS: &str = "almanac.events";
/// The `type` of a message that only tries a channel.
pub const TYPE_TEST: &str = "almanac.test";

/// One message, in the shape that Standard Webhooks asks for: `type`, `timestamp`, `data`, and the id once more for
/// receivers that cannot read headers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`TYPE_EVENTS`] or [`TYPE_TEST`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The stable id: a receiver that has seen it may drop the message.
    pub id: String,
    /// When it was composed.
    pub timestamp: Moment,
    /// What is told.
    pub data: EnvelopeData,
}

/// The payload of an [`Envelope`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvelopeData {
    /// The events that were due together, in the order in which they were detected.
    pub events: Vec<ToldEvent>,
}

/// An event as receivers get it: the shape of [`super::event::Event`] without `changes`. Names are text here, because a
/// frozen message outlives the program that wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldEvent {
    /// Id of the event in the history.
    pub id: i64,
    /// What happened: `partner.deactivated`.
    pub kind: String,
    /// `info`, `notice`, `warning` or `critical`.
    pub severity: String,
    /// The institution concerned; null for public sources.
    pub institution: Option<String>,
    /// The watch that saw it; null where no watch did (`delivery.dead`).
    pub watch: Option<String>,
    /// The record concerned.
    pub key: Option<String>,
    /// One line that carries the message by itself.
    pub title: String,
    /// One to three sentences more.
    pub summary: String,
    /// What it is about.
    pub topics: Vec<String>,
    /// Where to read or act.
    pub link: Option<String>,
    /// The id of the first event of the same story.
    pub group: i64,
    /// A time that the source states, else null.
    pub occurred_at: Option<Moment>,
    /// When it was committed.
    pub detected_at: Moment,
}
