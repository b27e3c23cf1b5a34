//! What the members could do together, and how far each has come with it (DESIGN §1): the words of the catalogue, and the
//! rows that are answered with.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::adoption_rule::{Rule, Verdict};
use super::institution::InstitutionKind;
use super::moment::Moment;

/// One collaboration of the catalogue: something that members could do together in Alma or Primo, long-lived.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Collaboration {
    /// Short and lasting: `may-also-be-held-by`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Which part of the group's charge it belongs to.
    pub area: Area,
    /// What it is, in two or three sentences.
    pub what: String,
    /// What it takes.
    pub needs: Needs,
    /// How a library that does not run Alma can take part.
    pub without_alma: Joining,
    /// Public documentation.
    pub links: Vec<String>,
    /// The kinds of member that it is for; empty: all. For the others it is not applicable, unless it is seen to be on.
    pub only: Vec<InstitutionKind>,
    /// How its state is found out.
    pub look: Look,
    /// Where the entry stands: `the catalogue of the program`, or a file.
    pub from: String,
}

/// How the state of a collaboration is found out.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// From what Almanac observes.
    Rules(Observed),
    /// By a person: who looks where.
    ByHand(String),
}

/// The rules that read a state from what Almanac observes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Observed {
    /// In their order: the first that is met gives the verdict.
    pub rules: Vec<Rule>,
    /// The verdict where everything was read and no rule is met; `None`: then it is not known.
    pub otherwise: Option<Verdict>,
}

/// What a collaboration takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Needs {
    /// What must be bought or agreed.
    pub licence: String,
    /// What Ex Libris has to set up.
    pub set_up: String,
    /// Who acts, and what they do.
    pub who_acts: String,
}

/// How a library that does not run Alma can take part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Joining {
    /// By what, the best way first; [`JoinBy::None`] stands alone.
    pub by: Vec<JoinBy>,
    /// A sentence.
    pub how: String,
}

/// The names of an enum's values, as they are written in files and answers.
macro_rules! words {
    ($kind:ty, $($value:ident $word:literal),+ $(,)?) => {
        impl $kind {
            /// All of them.
            pub const ALL: &[$kind] = &[$(<$kind>::$value),+];

            /// The word used in files, JSON and addresses.
            pub const fn name(self) -> &'static str {
                match self { $(<$kind>::$value => $word),+ }
            }

            /// The one of that word.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.name() == name)
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}
pub(super) use words;

/// The areas of the group's charge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Area {
    /// Searching across members' holdings in Primo.
    CrossSearch,
    /// Resource sharing via Alma and Primo.
    ResourceSharing,
    /// Sharing management information and analytics.
    ManagementInformation,
    /// Benchmark analytics.
    Benchmarks,
    /// Cooperative collection development.
    CooperativeCollections,
    /// Uncovering special collections via Primo.
    SpecialCollections,
}

words!(
    Area,
    CrossSearch "cross-search",
    ResourceSharing "resource-sharing",
    ManagementInformation "management-information",
    Benchmarks "benchmarks",
    CooperativeCollections "cooperative-collections",
    SpecialCollections "special-collections",
);

impl Area {
    /// As the charge words it.
    pub const fn title(self) -> &'static str {
        match self {
            Area::CrossSearch => "Searching across members’ holdings in Primo",
            Area::ResourceSharing => "Resource sharing via Alma and Primo",
            Area::ManagementInformation => "Sharing management information and analytics",
            Area::Benchmarks => "Benchmark analytics",
            Area::CooperativeCollections => "Cooperative collection development",
            Area::SpecialCollections => "Uncovering special collections via Primo",
        }
    }
}

/// By what a library without Alma can take part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum JoinBy {
    /// Requests by ISO 18626.
    Iso18626,
    /// Circulation messages by NCIP.
    Ncip,
    /// Search and availability by SRU or Z39.50.
    Sru,
    /// RapidILL.
    RapidIll,
    /// Project ReShare, which speaks ISO 18626.
    Reshare,
    /// Records harvested by OAI-PMH.
    OaiPmh,
    /// E-mail and files.
    Email,
    /// Not at all.
    None,
}

words!(
    JoinBy,
    Iso18626 "iso-18626",
    Ncip "ncip",
    Sru "sru",
    RapidIll "rapidill",
    Reshare "reshare",
    OaiPmh "oai-pmh",
    Email "email",
    None "none",
);

impl JoinBy {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            JoinBy::Iso18626 => "ISO 18626",
            JoinBy::Ncip => "NCIP",
            JoinBy::Sru => "SRU",
            JoinBy::RapidIll => "RapidILL",
            JoinBy::Reshare => "ReShare",
            JoinBy::OaiPmh => "OAI-PMH",
            JoinBy::Email => "e-mail",
            JoinBy::None => "not at all",
        }
    }
}

/// How far an institution has come with a collaboration. Rules give the first three; `tried`, `pilot` and `declined` only a
/// person can say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AdoptionState {
    /// It cannot be had there.
    NotAvailable,
    /// It can be had and is not used.
    Available,
    /// It is used.
    On,
    /// Somebody tried it.
    Tried,
    /// It is being piloted.
    Pilot,
    /// It was decided against.
    Declined,
    /// It means nothing for this institution.
    NotApplicable,
    /// What is known does not suffice.
    Unknown,
}

words!(
    AdoptionState,
    On "on",
    Available "available",
    NotAvailable "not-available",
    Tried "tried",
    Pilot "pilot",
    Declined "declined",
    NotApplicable "not-applicable",
    Unknown "unknown",
);

impl AdoptionState {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            AdoptionState::NotAvailable => "not available",
            AdoptionState::Available => "available",
            AdoptionState::On => "on",
            AdoptionState::Tried => "tried",
            AdoptionState::Pilot => "pilot",
            AdoptionState::Declined => "declined",
            AdoptionState::NotApplicable => "not applicable",
            AdoptionState::Unknown => "unknown",
        }
    }
}

impl From<Verdict> for AdoptionState {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::On => AdoptionState::On,
            Verdict::Available => AdoptionState::Available,
            Verdict::NotAvailable => AdoptionState::NotAvailable,
        }
    }
}

/// How strong the evidence of a state is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EvidenceTier {
    /// It stands in documentation, or in the catalogue.
    Documented,
    /// It was seen configured; whether it works is another matter.
    SeenConfigured,
    /// A person tried it.
    TriedByPerson,
}

words!(
    EvidenceTier,
    Documented "documented",
    SeenConfigured "seen-configured",
    TriedByPerson "tried-by-person",
);

/// What was read for a state: a record and fields of it, or that no such record is there.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Evidence {
    /// The watch that saw it.
    pub watch: String,
    /// The record; where there is none, the key that was looked for (`*` stands for any ending).
    pub key: String,
    /// The version read; null where there is no such record.
    pub version: Option<u32>,
    /// The fields read.
    pub read: Vec<FieldRead>,
}

/// One field of a record, as it was read.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldRead {
    /// JSON Pointer.
    pub at: String,
    /// Its value; null where the record has no such field.
    pub value: Value,
}

/// One row of `almanac adoption`: a collaboration at an institution.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AdoptionRow {
    /// Id of the collaboration.
    pub collaboration: String,
    /// Its name.
    pub collaboration_name: String,
    /// Its area.
    pub area: Area,
    /// Code of the institution.
    pub institution: String,
    /// Its name.
    pub institution_name: String,
    /// How the institution takes part in the consortium.
    pub kind: InstitutionKind,
    /// How far it has come.
    pub state: AdoptionState,
    /// How strong the evidence is; null where nothing is known.
    pub tier: Option<EvidenceTier>,
    /// Since when it is so; null where that is not known.
    pub since: Option<Moment>,
    /// It was so when it was first seen, or the history does not reach further back.
    pub since_at_least: bool,
    /// Why it is said to be so, and for what is not known: what is missing, and who can look it up. A sentence or two.
    pub explanation: String,
    /// What was read.
    pub evidence: Vec<Evidence>,
    /// The oldest of the last whole readings that this rests on; null where it rests on none.
    pub read_at: Option<Moment>,
}
