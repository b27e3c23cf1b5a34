//! What the made-up Almas offer: code tables, letters, integration profiles. Rows hold who changed them and passwords, as
//! real ones do (ALMA.md §8).

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Value, json};

use super::wire::{CONTACT_MAIL, CONTACT_PERSON, PROFILE_PASSWORD, STAFF_NAME};

/// Rows that come later: table, code, label. The first is the one that the script adds.
pub(super) const LATER_ROWS: [(&str, &str, &str); 3] = [
    ("PartnerSystemTypes", "OPEN_EXCHANGE", "Open Exchange (made up)"),
    ("RequestFormats", "RECORDING", "Recording"),
    ("LevelOfService", "SAME_DAY", "Same day, on foot"),
];

/// Code tables, each with codes and labels.
const TABLES: [(&str, &[(&str, &str)]); 12] = [
    (
        "MandatoryBorrowingWorkflowSteps",
        &[
            ("REQUEST_CREATED_BOR", "Created borrowing request"),
            ("READY_TO_SEND", "Ready to be sent"),
            ("REQUEST_SENT", "Request sent to partner"),
            ("REQUEST_COMPLETED", "Request completed"),
        ],
    ),
    (
        "OptionalBorrowingWorkflowSteps",
        &[
            ("REQUEST_ACCEPTED", "Request accepted"),
            ("SHIPPED_PHYSICALLY", "Shipped Physically"),
            ("RECEIVED_PHYSICALLY", "Physically received by library"),
            ("RETURNED_TO_PARTNER", "Returned item to partner"),
        ],
    ),
    (
        "MandatoryLendingWorkflowSteps",
        &[
            ("REQUEST_CREATED_LEND", "Created lending request"),
            ("SHIPPED_PHYSICALLY", "Shipped Physically"),
            ("LENDER_CHECK_IN", "Lender check in"),
        ],
    ),
    (
        "OptionalLendingWorkflowSteps",
        &[
            ("IN_PROCESS", "Being Processed"),
            ("RECEIVED_PHYSICALLY", "Physically received by library"),
        ],
    ),
    (
        "PartnerSystemTypes",
        &[
            ("ALMA", "Alma"),
            ("RAPID", "RapidILL"),
            ("BLDSS", "BLDSS"),
            ("EMAIL", "E-mail"),
            ("OTHER", "Other"),
        ],
    ),
    ("RequestFormats", &[("PHYSICAL", "Physical"), ("DIGITAL", "Digital")]),
    ("LevelOfService", &[("NORMAL", "Normal"), ("RUSH", "Rush")]),
    (
        "IntegrationTypes",
        &[
            ("USERS", "Users"),
            ("WEBHOOKS", "Webhooks"),
            ("SELF_CHECK", "Self-check"),
        ],
    ),
    (
        "WebhookEvents",
        &[("JOB_END", "Job end"), ("LOAN_CREATED", "Loan created")],
    ),
    (
        "ResourceSharingCopyrightsStatus",
        &[("FAIR", "Fair use"), ("PAID", "Fee paid")],
    ),
    (
        "ResourceSharingRequestSendMethod",
        &[("MAIL", "By post"), ("VAN", "By our van")],
    ),
    ("JobsApiJobTypes", &[("SCHEDULED", "Scheduled"), ("MANUAL", "Manual")]),
];

/// Letters: code, name, whether this library words it in its own way.
const LETTERS: [(&str, &str, bool); 5] = [
    ("DemoBorrowedItemLetter", "Borrowed Item Letter", true),
    ("DemoLenderShipLetter", "Lender Ship Letter", false),
    ("DemoLenderRejectLetter", "Lender Reject Letter", false),
    ("DemoBorrowerOverdueLetter", "Borrower Overdue Letter", true),
    ("DemoReturnSlipLetter", "Return Slip Letter", false),
];

/// Integration profiles: code, name, type, system.
const PROFILES: [(&str, &str, &str, &str); 3] = [
    ("DEMO_SIS", "Readers from the student records", "USERS", "OTHER"),
    ("DEMO_HOOK", "Jobs that have ended", "WEBHOOKS", "WEBHOOK"),
    ("DEMO_DESK", "Self-check in the hall", "SELF_CHECK", "OTHER"),
];

/// The table as the wire shows it, rows in an order of its own every time; `None` where there is no such table.
pub(super) fn code_table(name: &str, later: &BTreeSet<usize>, dice: &mut Rng) -> Option<Value> {
    let (_, rows) = TABLES.iter().find(|(table, _)| *table == name)?;
    let added = LATER_ROWS
        .iter()
        .enumerate()
        .filter(|(place, (table, _, _))| *table == name && later.contains(place))
        .map(|(_, (_, code, label))| (*code, *label));
    let mut rows: Vec<Value> = rows
        .iter()
        .copied()
        .chain(added)
        .enumerate()
        .map(|(place, (code, label))| {
            json!({
                "code": code,
                "description": label,
                "default": place == 0,
                "enabled": true,
                "updated_by": STAFF_NAME,
                "update_date": "2026-03-02Z",
            })
        })
        .collect();
    dice.shuffle(&mut rows);
    Some(json!({
        "name": name,
        "description": format!("{name}, kept by {STAFF_NAME}"),
        "sub_system": { "value": "FULFILLMENT", "desc": "Fulfillment" },
        "patron_facing": false,
        "updated_by": STAFF_NAME,
        "row": rows,
    }))
}

/// The letters as the wire shows them.
pub(super) fn letters() -> Vec<Value> {
    let letter = |(code, name, customized): &(&str, &str, bool)| {
        json!({
            "code": code,
            "name": name,
            "description": format!("{STAFF_NAME} has written this for {CONTACT_PERSON}."),
            "enabled": { "value": "true", "desc": "Yes" },
            "customized": { "value": customized.to_string(), "desc": "Maybe" },
            "patron_facing": { "value": "true", "desc": "Yes" },
            "channel": "EMAIL",
            "retention_period": "124",
            "updated_by": { "value": STAFF_NAME, "desc": STAFF_NAME },
            "update_date": "2026-02-11Z",
        })
    };
    LETTERS.iter().map(letter).collect()
}

/// The integration profiles of the library at `place`, as the wire shows them.
pub(super) fn profiles(place: usize) -> Vec<Value> {
    let profile = |(number, (code, name, kind, system)): (usize, &(&str, &str, &str, &str))| {
        json!({
            "id": format!("28{place}{number}177570001021"),
            "code": code,
            "name": name,
            "type": { "value": kind, "desc": "Type" },
            "system": { "value": system, "desc": "System" },
            "default": false,
            "description": format!("{STAFF_NAME} keeps this."),
            "ftp_connection": { "value": PROFILE_PASSWORD, "desc": "The university's server" },
            "parameter": [
                { "name": { "value": "PASSWORD" }, "value": PROFILE_PASSWORD },
                { "name": { "value": "SECRET" }, "value": PROFILE_PASSWORD },
            ],
            "contact_info": { "email": [{ "email_address": CONTACT_MAIL }] },
        })
    };
    PROFILES.iter().enumerate().map(profile).collect()
}
