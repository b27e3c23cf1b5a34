//! The shapes that the program answers with: the same on the command line (`--json`) and over HTTP. They are a contract.

pub mod requests;

use serde::Serialize;
use serde_json::Value;

use super::change::{FieldChange, Op};
use super::moment::Moment;
use super::observation::Coverage;

/// How a watch is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchHealth {
    /// Its last poll worked.
    Ok,
    /// Its last poll failed.
    Failing,
    /// It is configured and planned, and a poll is due or under way, or was skipped for the quota's sake.
    Waiting,
    /// It cannot run until someone gives it what it lacks (a key).
    Blocked,
    /// It was never polled.
    Never,
}

impl WatchHealth {
    /// All of them, the healthy one first.
    pub const ALL: [WatchHealth; 5] = [
        WatchHealth::Ok,
        WatchHealth::Failing,
        WatchHealth::Waiting,
        WatchHealth::Blocked,
        WatchHealth::Never,
    ];

    /// The word used in JSON and for people.
    pub const fn name(self) -> &'static str {
        match self {
            WatchHealth::Ok => "ok",
            WatchHealth::Failing => "failing",
            WatchHealth::Waiting => "waiting",
            WatchHealth::Blocked => "blocked",
            WatchHealth::Never => "never",
        }
    }
}

/// One row of `almanac watches`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WatchRow {
    /// `source/subject`.
    pub id: String,
    /// The source.
    pub source: String,
    /// The institution concerned.
    pub institution: Option<String>,
    /// How it is.
    pub state: WatchHealth,
    /// When the last poll was committed.
    pub last_poll: Option<Moment>,
    /// When the last poll that worked was committed.
    pub last_success: Option<Moment>,
    /// When the daemon polls it next.
    pub next_due: Option<Moment>,
    /// Failed polls running.
    pub consecutive_failures: u32,
    /// Why it is not ok, and what to do.
    pub reason: Option<String>,
    /// Records present now.
    pub records: u64,
    /// Remaining API calls that Ex Libris named last.
    pub quota_remaining: Option<i64>,
    /// Whether Ex Libris named the expected institution; null where it was not or cannot be asked.
    pub verified: Option<bool>,
}

/// How a poll ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything asked for was read.
    Ok,
    /// Something was read, something was not.
    Partial,
    /// Nothing was learned.
    Failed,
    /// Not asked: quota, budget, a lease held by another poll, no key.
    Skipped,
}

impl Outcome {
    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Partial => "partial",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        }
    }

    /// The outcome of that word.
    pub fn named(name: &str) -> Option<Self> {
        [Outcome::Ok, Outcome::Partial, Outcome::Failed, Outcome::Skipped]
            .into_iter()
            .find(|each| each.name() == name)
    }
}

/// One row of `almanac poll`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PollRow {
    /// The watch.
    pub watch: String,
    /// Id of the poll in the history; null where nothing was stored.
    pub poll: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not end well.
    pub reason: Option<String>,
    /// Calls made to Ex Libris.
    pub calls: u32,
    /// Records added.
    pub added: u32,
    /// Records removed.
    pub removed: u32,
    /// Records modified.
    pub modified: u32,
    /// Events made.
    pub events: u32,
}

/// One row of `almanac snapshots`: a poll that changed something.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SnapshotRow {
    /// Id of the poll.
    pub poll: i64,
    /// The watch.
    pub watch: String,
    /// When it was committed.
    pub at: Moment,
    /// Records added.
    pub added: u32,
    /// Records removed.
    pub removed: u32,
    /// Records modified.
    pub modified: u32,
    /// What was read.
    pub coverage: Coverage,
}

/// One row of `almanac show`: a record as it stood.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RecordRow {
    /// Its key.
    pub key: String,
    /// Which version of it, counting from 1.
    pub version: u32,
    /// When that version was first seen.
    pub observed_at: Moment,
    /// The document.
    pub body: Value,
}

/// One row of `almanac diff`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DiffRow {
    /// The record's key.
    pub key: String,
    /// What happened to it between the two moments.
    pub op: Op,
    /// The fields that differ. For an added or removed record: the whole document at path "".
    pub changes: Vec<FieldChange>,
}

/// One row of `almanac check`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CheckRow {
    /// What was checked: a watch id, an institution, a channel, a page address.
    pub subject: String,
    /// What about it.
    pub check: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do; null where nothing is to be done.
    pub remedy: Option<String>,
}

/// The state of a message to a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// To be sent when due.
    Waiting,
    /// An attempt is under way, or was when the program ended.
    Sending,
    /// Accepted by the receiver.
    Sent,
    /// Given up; `almanac alerts retry` queues it again.
    Dead,
}

impl MessageState {
    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            MessageState::Waiting => "waiting",
            MessageState::Sending => "sending",
            MessageState::Sent => "sent",
            MessageState::Dead => "dead",
        }
    }

    /// The state of that word.
    pub fn named(name: &str) -> Option<Self> {
        [
            MessageState::Waiting,
            MessageState::Sending,
            MessageState::Sent,
            MessageState::Dead,
        ]
        .into_iter()
        .find(|each| each.name() == name)
    }
}

/// One row of `almanac alerts list`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MessageRow {
    /// The stable id that receivers see.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// Where it stands.
    pub state: MessageState,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt: Option<Moment>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Ids of the events it tells.
    pub events: Vec<i64>,
    /// When it was composed.
    pub created_at: Moment,
    /// When it was accepted.
    pub sent_at: Option<Moment>,
}
