//! The rules by which the catalogue reads the state of a collaboration from what Almanac observes: plain data. What they
//! mean is said where `meaning` reads them.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::collaboration::words;
use super::watch::SourceKind;

/// If this is so, then that is the state.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Rule {
    /// The state that it gives.
    pub verdict: Verdict,
    /// What must be so.
    pub when: Condition,
}

/// The states that a rule can give.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// It is used.
    On,
    /// It can be had and is not used.
    Available,
    /// It cannot be had.
    NotAvailable,
}

words!(Verdict, On "on", Available "available", NotAvailable "not-available");

/// What must be so of the records of an institution's watches.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// There are such records.
    Records(Records),
    /// All of these are so.
    All(Vec<Condition>),
    /// At least one of these is so.
    Any(Vec<Condition>),
    /// This is not so.
    Not(Box<Condition>),
}

/// Records of one source that pass all tests.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Records {
    /// The source. All watches of it that the institution has are looked at: any view, for example.
    pub source: SourceKind,
    /// Which of its records.
    pub key: KeyPattern,
    /// What a record must pass, all of it.
    pub tests: Vec<FieldTest>,
    /// So many different records, at least.
    pub at_least: u32,
}

/// Which records are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyPattern {
    /// The one of this key.
    Exact(String),
    /// Those whose keys begin so; with an empty beginning, all.
    Prefix(String),
}

impl KeyPattern {
    /// As it stands in the catalogue: a `*` at the end stands for any ending.
    pub fn of(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(beginning) => KeyPattern::Prefix(beginning.to_owned()),
            None => KeyPattern::Exact(text.to_owned()),
        }
    }

    /// Whether the record of that key is meant.
    pub fn matches(&self, key: &str) -> bool {
        match self {
            KeyPattern::Exact(own) => own == key,
            KeyPattern::Prefix(beginning) => key.starts_with(beginning),
        }
    }

    /// The first and the last key that can be meant.
    pub fn range(&self) -> (String, String) {
        match self {
            KeyPattern::Exact(own) => (own.clone(), own.clone()),
            KeyPattern::Prefix(beginning) => (beginning.clone(), format!("{beginning}\u{10ffff}")),
        }
    }
}

impl std::fmt::Display for KeyPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeyPattern::Exact(own) => f.write_str(own),
            KeyPattern::Prefix(beginning) => write!(f, "{beginning}*"),
        }
    }
}

impl Serialize for KeyPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What one field of a record must be.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldTest {
    /// JSON Pointer of the field.
    pub at: String,
    /// What is asked of it.
    pub test: Test,
}

/// What is asked of a field.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// It is this.
    Equals(Value),
    /// It is one of these.
    In(Vec<Value>),
    /// It is there, or it is not.
    Exists(bool),
    /// It is a text with this in it, in any case, or a list that holds this.
    Contains(String),
}

impl Condition {
    /// Every question about records in it, in the order of the text.
    pub fn records(&self) -> Vec<&Records> {
        match self {
            Condition::Records(records) => vec![records],
            Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(Condition::records).collect(),
            Condition::Not(inner) => inner.records(),
        }
    }
}
