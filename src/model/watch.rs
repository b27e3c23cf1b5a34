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
    /// The requests that other libraries sent to one institution (ALMA.md §3, §5b).
    #[serde(rename = "alma.lending-requests")]
    AlmaLendingRequests,
    /// The requests that one institution sent to others, from a saved Analytics report (ALMA.md §6).
    #[serde(rename = "alma.borrowing-requests")]
    AlmaBorrowingRequests,
    /// The libraries of one institution, which of them take part in resource sharing, and their open hours ahead.
    #[serde(rename = "alma.libraries")]
    AlmaLibraries,
    /// Code tables of one institution, such as the steps of the resource-sharing workflows.
    #[serde(rename = "alma.code-tables")]
    AlmaCodeTables,
    /// The letters that one institution's Alma can send.
    #[serde(rename = "alma.letters")]
    AlmaLetters,
    /// The resource-sharing jobs of one institution and their last runs.
    #[serde(rename = "alma.jobs")]
    AlmaJobs,
    /// The integration profiles of one institution, by type and name.
    #[serde(rename = "alma.integration-profiles")]
    AlmaIntegrationProfiles,
    /// What one institution's Alma says of itself.
    #[serde(rename = "alma.general")]
    AlmaGeneral,
    /// Ex Libris' definitions of Alma's API: operations, parameters, fields, permitted values (ALMA.md §12).
    #[serde(rename = "api-definitions")]
    ApiDefinitions,
    /// Derived: who lends to whom among the members, as both sides' partner records say.
    #[serde(rename = "reciprocity")]
    Reciprocity,
    /// Derived: which of one institution's requests wait too long, by side, status and partner.
    #[serde(rename = "ageing")]
    Ageing,
}

impl SourceKind {
    /// Every source there is, in the order in which help texts name them.
    pub const ALL: [SourceKind; 14] = [
        SourceKind::ReleaseNotes,
        SourceKind::AlmaPartners,
        SourceKind::PrimoView,
        SourceKind::AlmaLendingRequests,
        SourceKind::AlmaBorrowingRequests,
        SourceKind::AlmaLibraries,
        SourceKind::AlmaCodeTables,
        SourceKind::AlmaLetters,
        SourceKind::AlmaJobs,
        SourceKind::AlmaIntegrationProfiles,
        SourceKind::AlmaGeneral,
        SourceKind::ApiDefinitions,
        SourceKind::Reciprocity,
        SourceKind::Ageing,
    ];

    /// The name used in the configuration and in watch ids.
    pub const fn name(self) -> &'static str {
        match self {
            SourceKind::ReleaseNotes => "release-notes",
            SourceKind::AlmaPartners => "alma.partners",
            SourceKind::PrimoView => "primo.view",
            SourceKind::AlmaLendingRequests => "alma.lending-requests",
            SourceKind::AlmaBorrowingRequests => "alma.borrowing-requests",
            SourceKind::AlmaLibraries => "alma.libraries",
            SourceKind::AlmaCodeTables => "alma.code-tables",
            SourceKind::AlmaLetters => "alma.letters",
            SourceKind::AlmaJobs => "alma.jobs",
            SourceKind::AlmaIntegrationProfiles => "alma.integration-profiles",
            SourceKind::AlmaGeneral => "alma.general",
            SourceKind::ApiDefinitions => "api-definitions",
            SourceKind::Reciprocity => "reciprocity",
            SourceKind::Ageing => "ageing",
        }
    }

    /// The sources whose snapshots a derived watch computes its records from; empty for a source that asks Ex Libris. A
    /// derived watch of one institution reads that institution's watches, one without an institution reads all.
    pub const fn inputs(self) -> &'static [SourceKind] {
        match self {
            SourceKind::Reciprocity => &[SourceKind::AlmaPartners],
            SourceKind::Ageing => &[SourceKind::AlmaLendingRequests, SourceKind::AlmaBorrowingRequests],
            _ => &[],
        }
    }

    /// Whether it asks nobody (DESIGN §1, derived watch).
    pub const fn is_derived(self) -> bool {
        !self.inputs().is_empty()
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
