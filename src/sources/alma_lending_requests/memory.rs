//! What this source wants to know at its next poll.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reading::Dimension;
use crate::model::moment::Moment;

/// The lists by which the requests are cut change rarely; read once a day they cost nothing at most polls.
pub const LIST_GOOD_FOR: Duration = Duration::from_hours(24);
/// A status that Alma refused is asked again after so long: a new release may know it.
pub const REFUSED_FOR: Duration = Duration::from_hours(7 * 24);
/// A cut that was checked against the uncut slice is used for so long without asking for the uncut slice first. Should a
/// partner be new to Alma in this time, its first requests are seen so much later, if they fall into a slice that is cut.
pub const CUT_TRUSTED_FOR: Duration = Duration::from_hours(6);

/// Remembered between polls; holds codes and times, and nothing of any request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Libraries that take part in resource sharing.
    pub libraries: Option<Dated<Vec<String>>>,
    /// Codes of the workflow code tables; none where the key may not read them.
    pub statuses: Option<Dated<Vec<String>>>,
    /// Codes of the formats.
    pub formats: Option<Dated<List>>,
    /// Codes of the partners.
    pub partners: Option<Dated<List>>,
    /// Partners of requests that are on no list of partners.
    pub strays: BTreeSet<String>,
    /// Statuses that Alma answered to; a later refusal of one of them is a failure and no news about the status.
    pub known: BTreeSet<String>,
    /// When Alma refused a status as a value to cut by.
    pub refused: BTreeMap<String, Moment>,
    /// By partition, how it went.
    pub partitions: BTreeMap<String, Past>,
}

/// Something that was read at a certain time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// When.
    pub at: Moment,
    /// What.
    pub what: T,
}

/// Codes, and whether they are all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct List {
    /// The codes.
    pub codes: BTreeSet<String>,
    /// Why it may lack some; `None` where it is whole.
    pub doubt: Option<String>,
}

/// How the reading of one partition went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Past {
    /// When it was last asked for to the end; those asked longest ago come first.
    pub asked: Option<Moment>,
    /// Calls that it needs.
    pub calls: u32,
    /// How it has to be cut.
    pub cut: Option<Cut>,
}

/// A cut that worked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// By what first.
    pub by: Dimension,
    /// Which of these parts had to be cut again.
    pub finer: BTreeSet<String>,
    /// When it was last checked against the uncut slice.
    pub checked: Moment,
}

impl<T> Dated<T> {
    /// What is remembered, while it is fresh. What claims to be from the future was written before the clock was put back.
    pub fn fresh(&self, now: Moment, good_for: Duration) -> Option<&T> {
        (self.at <= now && now.since(self.at) < good_for).then_some(&self.what)
    }
}

impl Memory {
    /// Reads it; one that cannot be read is forgotten, which costs some calls.
    pub fn read(value: Option<&Value>) -> Self {
        value
            .and_then(|value| Self::deserialize(value).ok())
            .unwrap_or_default()
    }

    /// As it is kept; `None` leaves what was kept before.
    pub fn write(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }

    /// Whether Alma refused this status not long ago.
    pub fn is_refused(&self, status: &str, now: Moment) -> bool {
        self.refused
            .get(status)
            .is_some_and(|at| *at <= now && now.since(*at) < REFUSED_FOR)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_memory_that_cannot_be_read_is_forgotten_and_one_with_less_in_it_is_not() {
        for nothing in [
            json!(null),
            json!("x"),
            json!({"partitions": 7}),
            json!({"libraries": {"at": "x"}}),
        ] {
            assert_eq!(Memory::read(Some(&nothing)), Memory::default());
        }
        let some = Memory::read(Some(
            &json!({"refused": {"X": "2027-02-03T17:00:00Z"}, "of_a_later_version": 1}),
        ));
        assert_eq!(some.refused.len(), 1);
        assert_eq!(Memory::read(some.write().as_ref()), some);
    }

    #[test]
    fn what_is_old_or_from_the_future_is_not_fresh() {
        let at: Moment = "2027-02-03T17:00:00Z".parse().unwrap();
        let dated = Dated { at, what: 1 };
        assert_eq!(dated.fresh(at, LIST_GOOD_FOR), Some(&1));
        assert_eq!(dated.fresh(at.plus(LIST_GOOD_FOR), LIST_GOOD_FOR), None);
        assert_eq!(dated.fresh(at.minus(Duration::from_secs(1)), LIST_GOOD_FOR), None);
    }
}
