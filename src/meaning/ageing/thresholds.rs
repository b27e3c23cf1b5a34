//! What is too long: the lists that librarians keep by hand, as thresholds.

use std::time::Duration;

use crate::model::request::Side;

/// How long requests of one side may wait in one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The side.
    pub side: Side,
    /// Code of the status; where only the label is known, the label.
    pub status: String,
    /// A request that waits for longer is too old.
    pub older_than: Duration,
    /// So many too old requests with one partner are worth an alarm. It ends when no more than half as many are left …
    pub requests: u64,
    /// … and that has been so for this long, so that an alarm cannot flap.
    pub calm: Duration,
}

/// One or two stuck requests are everyday work; three with the same partner are a pattern.
pub const REQUESTS: u64 = 3;
/// Half a day: a morning's work that is undone by the afternoon is not calm.
pub const CALM: Duration = Duration::from_hours(12);

impl Threshold {
    /// A threshold for a status that is on no list: as for a daily worry.
    pub fn usual(side: Side, status: String) -> Self {
        Self {
            side,
            status,
            older_than: DAY * 2,
            requests: REQUESTS,
            calm: CALM,
        }
    }
}

const DAY: Duration = Duration::from_hours(24);

/// Daily worries (ALMA.md §5c: CSU's daily list, and SUNY's additions): looked at every day, so two days are too long.
const DAILY: &[(Side, &str)] = &[
    (Side::Borrowing, "REQUEST_CREATED_BOR"),
    (Side::Borrowing, "READY_TO_SEND"),
    (Side::Borrowing, "LOCATE_FAILED"),
    (Side::Borrowing, "LOCATE_IN_PROCESS"),
    (Side::Borrowing, "CANCEL_REPLY"),
    (Side::Borrowing, "MEDIATED_RENEWAL"),
    (Side::Borrowing, "CONDITIONAL"),
    (Side::Borrowing, "Returned by patron"),
    (Side::Lending, "REQUEST_CREATED_LEND"),
    (Side::Lending, "IN_PROCESS"),
    (Side::Lending, "LOCATE_FAILED"),
    (Side::Lending, "LOCATE_IN_PROCESS"),
];
/// Weekly worries (ALMA.md §5c: CSU's weekly list).
const WEEKLY: &[(Side, &str)] = &[
    (Side::Borrowing, "SHIPPED_PHYSICALLY"),
    (Side::Borrowing, "REQUEST_SENT"),
    (Side::Borrowing, "RETURNED_TO_PARTNER"),
    (Side::Lending, "SHIPPED_PHYSICALLY"),
    (Side::Lending, "Returned by partner"),
];

/// The thresholds where the settings say nothing else: two days for daily worries, seven for weekly ones.
pub fn defaults() -> Vec<Threshold> {
    let each = |list: &[(Side, &str)], days: u32| -> Vec<Threshold> {
        list.iter()
            .map(|(side, status)| Threshold {
                older_than: DAY * days,
                ..Threshold::usual(*side, (*status).to_owned())
            })
            .collect()
    };
    [each(DAILY, 2), each(WEEKLY, 7)].concat()
}

/// The threshold of a side and status.
pub(super) fn of<'a>(thresholds: &'a [Threshold], side: Side, status: &str) -> Option<&'a Threshold> {
    thresholds
        .iter()
        .find(|threshold| threshold.side == side && threshold.status == status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request_status::status;

    #[test]
    fn every_worry_is_a_status_of_its_side() {
        for (side, code) in DAILY.iter().chain(WEEKLY) {
            assert!(
                status(code).and_then(|status| status.waits_for(*side)).is_some(),
                "{side} {code}"
            );
        }
    }
}
