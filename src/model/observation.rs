//! What one poll saw: drafts of records, and how much of each partition was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request::RequestsSeen;

/// What a source hands to `compare`: allow-listed, normalised records and the coverage they were read under.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The records seen, in the order of the wire (order never makes a change).
    pub drafts: Vec<Draft>,
    /// Which partitions were asked for, and how each of them went.
    pub coverage: Coverage,
    /// Whether `/conf/general` named the expected institution; `None` where the source has no institution to verify
    /// or the key may not ask (DESIGN invariant 3).
    pub verified: Option<bool>,
    /// Remarks for the operator that are no failure: what a parser could not place, a key left out.
    pub remarks: Vec<String>,
    /// Requests seen one by one, where the source sees such. They are followed, not versioned (DESIGN §3).
    pub requests: Option<RequestsSeen>,
    /// Why the source itself doubts the answer, where its records cannot show it (a count that falls to nothing is no
    /// record that is gone). A doubted answer is believed as a great loss is: repeated over a day, or accepted by a person.
    pub suspicion: Option<String>,
    /// Parts of records that could not be read this time, as JSON Pointers by key: what was known there is kept, where
    /// anything was, and is neither gone nor changed.
    pub unread: BTreeMap<String, Vec<String>>,
    /// What the source wants to know at its next poll: how a long list was best cut, where it stopped. `None` leaves what
    /// it remembered before.
    pub memory: Option<Value>,
}

/// One record as the source saw it, before `compare` gives it its identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The part of the watch it was read in.
    pub partition: String,
    /// How it is told from its siblings.
    pub identity: Identity,
    /// The canonical document: no nulls, no empty objects, normalised booleans, sorted keys.
    pub body: Value,
}

/// How a draft gets its key.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    /// The source names it: a partner code, a switch.
    Key(String),
    /// Nothing on the wire names it: `compare` matches it to the known items (release notes), and uses this hint as the
    /// stem of a new key where none matches.
    Matched {
        /// Readable stem of a new key, for example `2026-11/network-zone-imports`.
        hint: String,
    },
}

/// Per partition, what the poll read of it. A partition that is not named was not asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coverage(pub BTreeMap<String, PartitionRead>);

/// How the reading of one partition ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PartitionRead {
    /// Read wholly: what is not in it is not there.
    Complete,
    /// Read in part, or not wholly trusted: nothing can be found missing in it.
    Partial {
        /// Why, in words for an operator.
        reason: String,
    },
    /// Asked for, and Ex Libris says that it does not exist (next year's page).
    Absent,
    /// Could not be read at all.
    Failed {
        /// Why, in words for an operator.
        reason: String,
    },
}

impl Coverage {
    /// Notes how the reading of `partition` ended.
    pub fn set(&mut self, partition: impl Into<String>, read: PartitionRead) {
        self.0.insert(partition.into(), read);
    }

    /// Whether `partition` was read wholly.
    pub fn is_complete(&self, partition: &str) -> bool {
        matches!(self.0.get(partition), Some(PartitionRead::Complete))
    }

    /// Whether every partition asked for was read wholly or is known not to exist.
    pub fn is_whole(&self) -> bool {
        self.0
            .values()
            .all(|read| matches!(read, PartitionRead::Complete | PartitionRead::Absent))
    }

    /// Whether at least one partition yielded something, wholly or in part.
    pub fn read_anything(&self) -> bool {
        self.0
            .values()
            .any(|read| matches!(read, PartitionRead::Complete | PartitionRead::Partial { .. }))
    }

    /// The reasons of the partitions that were not read wholly, as `partition: reason`; partitions that share a reason
    /// share a line.
    pub fn shortfalls(&self) -> Vec<String> {
        let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
        for (partition, read) in &self.0 {
            let (PartitionRead::Partial { reason } | PartitionRead::Failed { reason }) = read else {
                continue;
            };
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, partitions)) => partitions.push(partition),
                None => by_reason.push((reason, vec![partition])),
            }
        }
        by_reason
            .into_iter()
            .map(|(reason, partitions)| format!("{}: {reason}", partitions.join(", ")))
            .collect()
    }
}
