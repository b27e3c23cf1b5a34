//! Resource-sharing requests as far as they are kept: which one, where it stands, with whom; never what or for whom.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::watch::SourceKind;

/// Which side of a request an institution is on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Another library asked for something of ours.
    Lending,
    /// We asked another library for something of theirs.
    Borrowing,
}

impl Side {
    /// Both.
    pub const ALL: [Side; 2] = [Side::Lending, Side::Borrowing];

    /// The source that reads the requests of this side.
    pub const fn source(self) -> SourceKind {
        match self {
            Side::Lending => SourceKind::AlmaLendingRequests,
            Side::Borrowing => SourceKind::AlmaBorrowingRequests,
        }
    }

    /// The word used in JSON, in the store and for people.
    pub const fn name(self) -> &'static str {
        match self {
            Side::Lending => "lending",
            Side::Borrowing => "borrowing",
        }
    }

    /// The side of that word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The keyed hash of a request's id: it tells the same request again, and tells nothing else to anyone without the key.
pub type RequestHash = [u8; 16];

/// A request as a source saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    /// Under the key in use.
    pub hash: RequestHash,
    /// Under the key before, while both are kept after a rotation.
    pub former_hash: Option<RequestHash>,
    /// Alma's code of the status (ALMA.md §5c); for a label that nobody knows, the label.
    pub status: String,
    /// The label that stands for the status on the wire, where it does not give the code itself. Before anyone said which
    /// code it is, the request was known under the label. Where it is the same as `status`, nobody knows its code.
    pub status_label: Option<String>,
    /// Code of the partner; empty while the request has none.
    pub partner: String,
    /// Format asked for: `PHYSICAL`, `DIGITAL` …; empty where none is named.
    pub format: String,
    /// Code of the owning library; empty where none is named.
    pub library: String,
    /// When it was created, as Alma says.
    pub created: Option<Moment>,
    /// When it was last modified, as Alma says.
    pub modified: Option<Moment>,
}

/// The requests that one poll saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestsSeen {
    /// The side that the institution is on in all of them.
    pub side: Side,
    /// Of the key under which they are hashed.
    pub key_id: String,
    /// Of the key before, while both are kept after a rotation.
    pub former_key_id: Option<String>,
    /// Every request seen, those of slices that were not read wholly among them. One that moved while it was read may be
    /// in it twice; the one modified later counts.
    pub rows: Vec<SeenRequest>,
    /// Whether everything that was asked for was read wholly, but for requests with the partners in `hidden_with`: one that
    /// is not in it is gone.
    pub whole: bool,
    /// Partners of whose requests Alma does not show all: one of theirs that is not in it may be there all the same.
    pub hidden_with: BTreeSet<String>,
}

/// What is known of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRequest {
    /// Alma's code of its status.
    pub status: String,
    /// Code of the partner.
    pub partner: String,
    /// Format asked for.
    pub format: String,
    /// Code of the owning library.
    pub library: String,
    /// When it was created, as Alma says; else when it was first seen.
    pub arrived: Moment,
    /// It arrived while it was watched for.
    pub followed: bool,
    /// In this status and with this partner at least since then.
    pub since: Moment,
    /// It was so when it was first seen: perhaps for longer.
    pub met: bool,
    /// When it was first seen supplied.
    pub supplied: Option<Moment>,
    /// When it was last seen before that.
    pub supplied_after: Option<Moment>,
    /// When it was last seen.
    pub last_seen: Moment,
    /// Whole readings running that did not hold it.
    pub missed: u32,
    /// When they were enough to say that it is gone.
    pub vanished: Option<Moment>,
}
