//! The statuses of resource-sharing requests (ALMA.md §5c): Alma's codes, their labels in English, and what each means on
//! either side. A library's own words for them stand in its workflow code tables; a code that is not in this list is no
//! error, it is only one that nobody has told us about.

use serde::Serialize;

use super::request::Side;

/// Who has to do something, so that a request moves on. Seen from the library whose request it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// The library itself.
    Us,
    /// The partner.
    Them,
    /// Alma does this by itself; where it does not, it is Ex Libris' to mend.
    ExLibris,
    /// Nobody: the item is with its reader, or all is done.
    Nobody,
}

/// How a request ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The reader got it, and all is done.
    Filled,
    /// Cancelled, rejected, expired.
    Unfilled,
    /// Ended in a way that says nothing about the supply.
    Other,
}

/// One status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestStatus {
    /// Alma's code; where only the label is known, the label.
    pub code: &'static str,
    /// The English label, as WRLC's list of forty gives it (ALMA.md §5c); where nobody told us one, the code in words.
    pub label: &'static str,
    /// Who has to act on a lending request; `None` where lending requests are not known to have the status.
    pub lending: Option<WaitsFor>,
    /// The same for a borrowing request.
    pub borrowing: Option<WaitsFor>,
    /// What it means for a request that ends in it; `None` where requests go on from it.
    pub end: Option<End>,
}

impl RequestStatus {
    /// Who has to act on a request of that side; `None` where that side is not known to have the status.
    pub const fn waits_for(&self, side: Side) -> Option<WaitsFor> {
        match side {
            Side::Lending => self.lending,
            Side::Borrowing => self.borrowing,
        }
    }
}

/// The status of that code.
pub fn status(code: &str) -> Option<&'static RequestStatus> {
    STATUSES.iter().find(|status| status.code == code)
}

/// Whether this is a code and no label: one that is known, or one that is written as Alma writes its codes.
pub fn is_code(text: &str) -> bool {
    let form = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    status(text).is_some() || !text.is_empty() && text.bytes().all(form)
}

/// The English label of a code; the code itself where nobody told us one.
pub fn label(code: &str) -> &str {
    status(code).map_or(code, |status| status.label)
}

/// The code that a report means by a label of a borrowing request, or by a code: capitals, blanks and the two spellings
/// of "cancelled" make no difference. `None` for what nobody told us.
pub fn code_of_label(label: &str) -> Option<&'static str> {
    let spoken = spoken(label);
    let with = |is: &dyn Fn(&RequestStatus) -> bool| {
        let all = || STATUSES.iter().filter(|status| is(status));
        // A label that both sides have is meant for the borrowing side.
        all()
            .find(|status| status.borrowing.is_some())
            .or_else(|| all().next())
            .map(|status| status.code)
    };
    with(&|status| self::spoken(status.label) == spoken).or_else(|| with(&|status| self::spoken(status.code) == spoken))
}

fn spoken(label: &str) -> String {
    let words: Vec<String> = label.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").replace("cancelled", "canceled")
}

/// Whether a request of that side in this status has been supplied: shipped by the lender, received by the borrower.
pub fn is_supplied(side: Side, code: &str) -> bool {
    match side {
        Side::Lending => code.starts_with("SHIPPED_") || LENT.contains(&code),
        Side::Borrowing => code.starts_with("RECEIVED_") || BORROWED.contains(&code),
    }
}

/// Statuses that a lending request only reaches after it was shipped.
const LENT: &[&str] = &[
    "Received by partner",
    "RECEIVED_PHYSICALLY",
    "RECEIVED_DIGITALLY",
    "Returned by partner",
    "RETURNED_TO_PARTNER",
    "LENDER_CHECK_IN",
    "OVERDUE_ITEM",
    "Overdue Request",
    "REQUEST_COMPLETED",
];
/// Statuses that a borrowing request only reaches after it was received.
const BORROWED: &[&str] = &[
    "LOANED",
    "DELIVERED",
    "OVERDUE_ITEM",
    "RECALLED_BOR",
    "MEDIATED_RENEWAL",
    "RENEW_REQUESTED",
    "RENEWED",
    "RENEW_NOT_ACCEPTED",
    "AUTOMATIC_RENEW",
    "MANUAL_RENEW",
    "Returned by patron",
    "RETURNED_TO_PARTNER",
    "LENDER_CHECK_IN",
    "REQUEST_COMPLETED",
];

const US: Option<WaitsFor> = Some(WaitsFor::Us);
const THEM: Option<WaitsFor> = Some(WaitsFor::Them);
const ALMA: Option<WaitsFor> = Some(WaitsFor::ExLibris);
const NOBODY: Option<WaitsFor> = Some(WaitsFor::Nobody);

const fn goes_on(
    code: &'static str,
    label: &'static str,
    lending: Option<WaitsFor>,
    borrowing: Option<WaitsFor>,
) -> RequestStatus {
    RequestStatus {
        code,
        label,
        lending,
        borrowing,
        end: None,
    }
}

const fn ends(
    code: &'static str,
    label: &'static str,
    lending: Option<WaitsFor>,
    borrowing: Option<WaitsFor>,
    end: End,
) -> RequestStatus {
    RequestStatus {
        code,
        label,
        lending,
        borrowing,
        end: Some(end),
    }
}

/// Every status known, roughly in the order in which a request goes through them. Who has to act is our reading of what
/// each of them waits for; the sides are those of ALMA.md §5c.
pub const STATUSES: &[RequestStatus] = &[
    goes_on("REQUEST_CREATED_LEND", "Created lending request", US, None),
    goes_on("REQUEST_CREATED_BOR", "Created borrowing request", None, US),
    goes_on("PENDING_APPROVAL", "Pending Approval", US, US),
    goes_on("LOCATE_IN_PROCESS", "Locate in process", ALMA, ALMA),
    goes_on("LOCATE_FAILED", "Locate failed", US, US),
    goes_on("BAD_CITATION", "Bad citation", THEM, US),
    goes_on("LOCAL_HOLDING", "Local holding", None, US),
    goes_on("READY_TO_SEND", "Ready to be sent", None, US),
    goes_on("REQUEST_SENT", "Request sent to partner", None, THEM),
    goes_on("REQUEST_ACCEPTED", "Request accepted", US, THEM),
    goes_on("IN_PROCESS", "Being Processed", US, None),
    goes_on("WILL_SUPPLY", "Will supply", US, THEM),
    goes_on("AUTO_WILL_SUPPLY", "Automatic will supply", US, THEM),
    goes_on("CONDITIONAL", "Conditional", THEM, US),
    goes_on("REACTIVATED", "Reactivated", US, US),
    goes_on("RESUBMIT", "Resubmit", US, US),
    goes_on("SHIPPED_PHYSICALLY", "Shipped Physically", THEM, THEM),
    goes_on("SHIPPED_DIGITALLY", "Shipped Digitally", THEM, US),
    goes_on("RECEIVE_DIGITALLY_REPLY", "Waiting for receive digitally", None, US),
    goes_on("Received by partner", "Received by partner", NOBODY, None),
    goes_on("RECEIVED_PHYSICALLY", "Physically received by library", NOBODY, US),
    goes_on("RECEIVED_NOT_FOR_LOAN", "Received not for loan", None, NOBODY),
    goes_on("LOANED", "Loaned item to patron", None, NOBODY),
    goes_on("DELIVERED", "Delivered", None, NOBODY),
    goes_on("MEDIATED_RENEWAL", "Mediated Patron Renewal", None, US),
    goes_on("RENEW_REQUESTED", "Renew requested", US, THEM),
    goes_on("RENEWED", "Renewed by partner", NOBODY, NOBODY),
    goes_on("RENEW_NOT_ACCEPTED", "Renew request not accepted", NOBODY, US),
    goes_on("AUTOMATIC_RENEW", "Automatic renew", NOBODY, NOBODY),
    goes_on("MANUAL_RENEW", "Manual renew", NOBODY, NOBODY),
    goes_on("OVERDUE_ITEM", "Overdue request", THEM, US),
    goes_on("Overdue Request", "Overdue Request", THEM, US),
    goes_on("RECALLED_BOR", "Recalled by partner", None, US),
    goes_on("CLAIMED", "Claimed", US, THEM),
    goes_on("Returned by patron", "Returned by patron", None, US),
    goes_on("RETURNED_TO_PARTNER", "Returned item to partner", None, THEM),
    goes_on("Returned by partner", "Returned by partner", US, None),
    goes_on("REPORT_LOST", "Reported lost item to partner", US, THEM),
    goes_on("LOST_COMMUNICATED", "Lost communicated", THEM, US),
    goes_on("DECLARED_LOST", "Declared lost by partner", THEM, US),
    goes_on("DAMAGED", "Reported damaged item to partner", US, THEM),
    goes_on("DAMAGED_COMMUNICATED", "Damaged communicated", THEM, US),
    goes_on("CANCEL_REPLY", "Waiting for cancel response", US, THEM),
    goes_on("CANCEL_NOT_ACCEPTED", "Cancel request not accepted", US, US),
    ends(
        "RECEIVED_DIGITALLY",
        "Digitally received by library",
        NOBODY,
        NOBODY,
        End::Filled,
    ),
    ends("LENDER_CHECK_IN", "Lender check in", NOBODY, NOBODY, End::Filled),
    ends("REQUEST_COMPLETED", "Request completed", NOBODY, NOBODY, End::Filled),
    ends("LOST_AND_FEE_PAID", "Lost and fee paid", NOBODY, NOBODY, End::Other),
    ends("EXTERNALLY_OBTAINED", "Externally Obtained", None, NOBODY, End::Other),
    ends(
        "Exported to third party",
        "Exported to third party",
        None,
        NOBODY,
        End::Other,
    ),
    ends("CANCELLED", "Cancelled by partner", NOBODY, NOBODY, End::Unfilled),
    ends("Canceled by patron", "Canceled by patron", None, NOBODY, End::Unfilled),
    ends("Canceled by staff", "Canceled by staff", None, NOBODY, End::Unfilled),
    ends("REJECT", "Reject", NOBODY, NOBODY, End::Unfilled),
    ends("REJECTED", "Rejected", NOBODY, NOBODY, End::Unfilled),
    ends("EXPIRED", "Expired", NOBODY, NOBODY, End::Unfilled),
    ends("DELETED", "Deleted", NOBODY, NOBODY, End::Other),
    ends("HISTORY", "History", NOBODY, NOBODY, End::Other),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_and_no_label_stands_twice_and_none_is_on_no_side() {
        for (place, one) in STATUSES.iter().enumerate() {
            assert!(one.lending.is_some() || one.borrowing.is_some(), "{}", one.code);
            let twins = STATUSES[..place].iter().filter(|other| {
                other.code == one.code || (other.label.eq_ignore_ascii_case(one.label) && one.code != "Overdue Request")
            });
            assert_eq!(twins.count(), 0, "{}", one.code);
        }
    }

    #[test]
    fn every_label_and_every_code_is_known_however_it_is_written() {
        for status in STATUSES.iter().filter(|status| status.borrowing.is_some()) {
            if status.code == "Overdue Request" {
                continue;
            }
            assert_eq!(code_of_label(status.label), Some(status.code));
            assert_eq!(
                code_of_label(&format!("  {} ", status.label.to_uppercase())),
                Some(status.code)
            );
            assert_eq!(code_of_label(status.code), Some(status.code));
        }
        assert_eq!(code_of_label("overdue  Request"), Some("OVERDUE_ITEM"));
        assert_eq!(code_of_label("Cancelled by patron"), Some("Canceled by patron"));
        assert_eq!(code_of_label("Canceled by partner"), Some("CANCELLED"));
        assert_eq!(code_of_label("Envoyée au partenaire"), None);
    }

    #[test]
    fn what_only_follows_supply_is_supplied() {
        for code in LENT {
            assert!(is_supplied(Side::Lending, code));
            assert!(status(code).is_some(), "{code}");
        }
        for code in BORROWED {
            assert!(is_supplied(Side::Borrowing, code));
            assert!(status(code).is_some(), "{code}");
        }
        assert!(
            is_supplied(Side::Lending, "SHIPPED_PHYSICALLY") && !is_supplied(Side::Borrowing, "SHIPPED_PHYSICALLY")
        );
    }
}
