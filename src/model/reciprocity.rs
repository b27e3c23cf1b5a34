//! Who lends to whom among the members: the words, and the rows that are answered with.
//!
//! A *flow* is one direction between two libraries: the lender sends, the borrower gets. Each flow has two *ends*: what the
//! lender's partner record of the borrower says, and what the borrower's record of the lender says.

use serde::{Deserialize, Serialize};

use super::change::FieldChange;
use super::moment::Moment;

/// The part that a library plays in a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It sends what the other one asks for.
    Lender,
    /// It asks.
    Borrower,
}

impl Role {
    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Lender => "lender",
            Role::Borrower => "borrower",
        }
    }
}

/// What one end says of a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// An active record with the direction switched on.
    Yes,
    /// A record that does not state its status or this direction.
    NotStated,
    /// An active record with the direction switched off.
    Off,
    /// A record, but not an active one.
    Inactive,
    /// The list was read wholly, and nothing in it means the other library.
    NoRecord,
    /// Only records that may mean the other library, or another one.
    Ambiguous,
    /// The list was never read wholly, and what is known of it does not hold the other library.
    Unknown,
    /// The library does not run Alma and so has no list.
    NotOnAlma,
}

impl Says {
    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Says::Yes => "yes",
            Says::NotStated => "not-stated",
            Says::Off => "off",
            Says::Inactive => "inactive",
            Says::NoRecord => "no-record",
            Says::Ambiguous => "ambiguous",
            Says::Unknown => "unknown",
            Says::NotOnAlma => "not-on-alma",
        }
    }

    /// Whether it is known that this end does not take part.
    pub const fn is_no(self) -> bool {
        matches!(self, Says::Off | Says::Inactive | Says::NoRecord)
    }

    /// Whether it is not known what this end wants.
    pub const fn is_open(self) -> bool {
        matches!(self, Says::NotStated | Says::Ambiguous | Says::Unknown)
    }
}

/// How a flow stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowState {
    /// Every end that has a list says yes.
    On,
    /// One end says yes, the other one no.
    Broken,
    /// At least one end says no, and none says yes.
    Off,
    /// No end whose list is known has a record of the other.
    None,
    /// What is known does not suffice.
    Unknown,
}

impl FlowState {
    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            FlowState::On => "on",
            FlowState::Broken => "broken",
            FlowState::Off => "off",
            FlowState::None => "none",
            FlowState::Unknown => "unknown",
        }
    }

    /// How a flow stands whose ends say this.
    pub const fn of(lender: Says, borrower: Says) -> Self {
        let yes = matches!(lender, Says::Yes) || matches!(borrower, Says::Yes);
        let no = lender.is_no() || borrower.is_no();
        let open = lender.is_open() || borrower.is_open();
        let strangers = matches!(lender, Says::NoRecord | Says::NotOnAlma | Says::Unknown)
            && matches!(borrower, Says::NoRecord | Says::NotOnAlma | Says::Unknown);
        match (yes, no) {
            (true, true) => FlowState::Broken,
            (true, false) if !open => FlowState::On,
            (false, true) if strangers => FlowState::None,
            (false, true) => FlowState::Off,
            _ => FlowState::Unknown,
        }
    }
}

/// What is wrong with a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A record is not active.
    Inactive,
    /// One end says yes, the other one has the direction switched off.
    Contradictory,
    /// One end has a record, the other one has none.
    NoRecord,
    /// One lends to the other, who does not lend back; both ends agree.
    OneSided,
    /// The two ends name different systems.
    DifferentSystems,
    /// The two ends reach each other by different types of profile.
    DifferentProfiles,
    /// One end has several records of the other.
    DuplicateRecords,
    /// A record may mean the other library, or another one.
    AmbiguousRecord,
    /// What one end says is not known.
    Unknown,
}

impl ProblemKind {
    /// All of them, what stops requests first.
    pub const ALL: [ProblemKind; 9] = [
        ProblemKind::Inactive,
        ProblemKind::Contradictory,
        ProblemKind::NoRecord,
        ProblemKind::OneSided,
        ProblemKind::DifferentSystems,
        ProblemKind::DifferentProfiles,
        ProblemKind::DuplicateRecords,
        ProblemKind::AmbiguousRecord,
        ProblemKind::Unknown,
    ];

    /// The word used in JSON and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            ProblemKind::Inactive => "inactive",
            ProblemKind::Contradictory => "contradictory",
            ProblemKind::NoRecord => "no-record",
            ProblemKind::OneSided => "one-sided",
            ProblemKind::DifferentSystems => "different-systems",
            ProblemKind::DifferentProfiles => "different-profiles",
            ProblemKind::DuplicateRecords => "duplicate-records",
            ProblemKind::AmbiguousRecord => "ambiguous-record",
            ProblemKind::Unknown => "unknown",
        }
    }

    /// The problem of that word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl std::fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One problem of a flow, in words.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// At which end; null where it is between the two.
    pub end: Option<Role>,
    /// A sentence for people.
    pub text: String,
    /// Who can do what; null where nothing is to be done.
    pub remedy: Option<String>,
}

/// The change of a partner record that made a flow what it is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Cause {
    /// The watch that saw it.
    pub watch: String,
    /// The partner record.
    pub key: String,
    /// The version of the record that brought it.
    pub version: u32,
    /// The fields that changed with that version.
    pub changes: Vec<FieldChange>,
}

/// One row of `almanac partners`: a flow.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FlowRow {
    /// Code of the library that sends.
    pub lender: String,
    /// Its name.
    pub lender_name: String,
    /// Code of the library that asks.
    pub borrower: String,
    /// Its name.
    pub borrower_name: String,
    /// How the flow stands.
    pub state: FlowState,
    /// What the lender's record of the borrower says.
    pub lender_says: Says,
    /// What the borrower's record of the lender says.
    pub borrower_says: Says,
    /// Code of the lender's record of the borrower; null where there is none.
    pub lender_record: Option<String>,
    /// Code of the borrower's record of the lender; null where there is none.
    pub borrower_record: Option<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Since when: a flow that is on, since both ends say so; a broken one, since they disagree; one that is off, since the
    /// first of them said no. Null where that is not known.
    pub since: Option<Moment>,
    /// It was so when it was first seen, or the history does not reach further back.
    pub since_at_least: bool,
    /// What made it so; null where it was so from the first reading.
    pub cause: Option<Cause>,
}

/// What is to be said of one partner record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// It may mean several members; none was chosen.
    Ambiguous,
    /// It means a member, but something weaker in it points to another one.
    MixedEvidence,
    /// It looks like a member that has no record in this list; nothing but its name says so.
    LooksLikeMember,
    /// It means the library whose list it stands in.
    Itself,
}

impl FindingKind {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            FindingKind::Ambiguous => "ambiguous",
            FindingKind::MixedEvidence => "mixed-evidence",
            FindingKind::LooksLikeMember => "looks-like-member",
            FindingKind::Itself => "itself",
        }
    }
}

/// One row of `almanac partners --records`: a partner record of which it is not certain which member it means.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FindingRow {
    /// Code of the library in whose list it stands.
    pub institution: String,
    /// The partner's code.
    pub record: String,
    /// The partner's name, as the record has it.
    pub name: Option<String>,
    /// What it is.
    pub finding: FindingKind,
    /// Codes of the members concerned.
    pub candidates: Vec<String>,
    /// A sentence for people: what was seen, and what to do.
    pub text: String,
}

/// How well one member's partner list is known.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ListRow {
    /// Code of the library.
    pub institution: String,
    /// Its name.
    pub name: String,
    /// Whether it runs Alma; if not, it has no list.
    pub on_alma: bool,
    /// Whether Ex Libris named this library at the newest poll; null where the key may not ask.
    pub verified: Option<bool>,
    /// When its list was last read wholly; null if never.
    pub last_read: Option<Moment>,
    /// Records in it.
    pub records: u32,
}
