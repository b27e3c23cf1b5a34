//! What differs between two snapshots.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::moment::Moment;

/// What happened to a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// It was not there, and now is.
    Added,
    /// It was there, and is earned to be absent (DESIGN invariant 3).
    Removed,
    /// Its document differs.
    Modified,
}

impl Op {
    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Op::Added => "added",
            Op::Removed => "removed",
            Op::Modified => "modified",
        }
    }

    /// The op of that word.
    pub fn named(name: &str) -> Option<Self> {
        [Op::Added, Op::Removed, Op::Modified]
            .into_iter()
            .find(|op| op.name() == name)
    }
}

/// One field that differs between two versions of a record; derived, never stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldChange {
    /// Whether the field came, went or differs.
    pub op: FieldOp,
    /// JSON Pointer into the record's document.
    pub path: String,
    /// The value before; null where the field came.
    pub old: Value,
    /// The value after; null where the field went.
    pub new: Value,
}

/// What happened to a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldOp {
    /// The field is new.
    Add,
    /// The field is gone.
    Remove,
    /// The value differs.
    Replace,
}

/// What a rule of meaning needs that is not in the two versions. It is stored with the change, so that replaying the
/// history in any order gives the same events (DESIGN invariant 7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeContext {
    /// The record had been removed earlier and is back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub returned: bool,
    /// When a record of this key was first seen in any watch of the same source, before this poll; `None` if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen_anywhere: Option<Moment>,
}

/// One change as `meaning` sees it: both documents, where it happened, and its stored context.
#[derive(Clone, Copy, Debug)]
pub struct ChangeInContext<'a> {
    /// The source whose vocabulary applies.
    pub source: super::watch::SourceKind,
    /// The watch's subject (institution code, view, product).
    pub subject: &'a str,
    /// The institution concerned: its code and its name for people. `None` for public sources.
    pub institution: Option<InstitutionName<'a>>,
    /// The record's key.
    pub key: &'a str,
    /// What happened.
    pub op: Op,
    /// The document before; `None` for an added record that was never there.
    pub old: Option<&'a Value>,
    /// The document after; `None` for a removed record.
    pub new: Option<&'a Value>,
    /// What the store knew at the time.
    pub context: &'a ChangeContext,
    /// The commit time of the poll that saw it.
    pub now: Moment,
    /// The consortium's zone, in which times are told.
    pub zone: Tz,
}

impl ChangeInContext<'_> {
    /// A moment as texts tell it: `3 February 2027, 07:00 EST`.
    pub fn told(&self, moment: Moment) -> String {
        moment
            .datetime()
            .with_timezone(&self.zone)
            .format("%-d %B %Y, %H:%M %Z")
            .to_string()
    }
}

/// An institution as texts name it.
#[derive(Clone, Copy, Debug)]
pub struct InstitutionName<'a> {
    /// `01TUN_INST`.
    pub code: &'a str,
    /// `Tufts University`.
    pub name: &'a str,
}
