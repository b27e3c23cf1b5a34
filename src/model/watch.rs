//! Sources and watches by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of thing to watch. The name of it (`alma.partners`) is the first half of every watch id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub enum SourceKind {
    /// Ex Libris' release notes of one product (RELEASE_NOTES.md).
    #[serde(rename = "release-notes")]
    ReleaseNotes,
    /// The resource-sharing partner records of one institution (ALMA.md §5a).
    #[serde(rename = "alma.partners")]
    AlmaPartners,
    /// The configuration of one Primo view (PRIMO.md §4).
    #[serde(rename = "primo.view")]
    PrimoView,
}

impl SourceKind {
    /// Every source there is, in the order in which help texts name them.
    pub const ALL: [SourceKind; 3] = [
        SourceKind::ReleaseNotes,
        SourceKind::AlmaPartners,
        SourceKind::PrimoView,
    ];

    /// The name used in the configuration and in watch ids.
    pub const fn name(self) -> &'static str {
        match self {
            SourceKind::ReleaseNotes => "release-notes",
            SourceKind::AlmaPartners => "alma.partners",
            SourceKind::PrimoView => "primo.view",
        }
    }

    /// The source of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `source/subject`: `alma.partners/01TUN_INST`, `release-notes/alma`, `primo.view/01NEU_INST:NU`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WatchId(String);

impl WatchId {
    /// The id of `source` applied to `subject`.
    pub fn new(source: SourceKind, subject: &str) -> Self {
        Self(format!("{source}/{subject}"))
    }

    /// An id as it stands in the store or was typed by a person.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the source is applied to: all after the first slash.
    pub fn subject(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, subject)| subject)
    }
}

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
