//! The fields of a partner record that differ, in the words of a head of resource sharing.

use serde_json::Value;

/// Changes named one by one in a text; the rest are counted.
const NAMED_MAX: usize = 4;
/// Values that Alma assumes where a field is not given (rest_partner.xsd): one that comes or goes is no change.
const DEFAULT_WORKFLOWS: &[&str] = &["DEFAULT_BOR_WF", "DEFAULT_LEND_WF"];

/// One field that differs, in words.
pub(super) struct Difference {
    /// Comes first in texts if lower.
    rank: u8,
    /// A title by itself (without the library), for the changes that matter most.
    pub(super) headline: Option<String>,
    /// `average supply time is now 6 days (it was 4)`.
    pub(super) sentence: String,
    /// Ex Libris' definition of the setting, where its name misleads.
    pub(super) definition: Option<&'static str>,
}

/// The fields that differ, most important first; `status` is told by its own event.
pub(super) fn differences(old: &Value, new: &Value, partner: &str) -> Vec<Difference> {
    let profile_changed = text(old, "profile_type") != text(new, "profile_type");
    let mut found = Vec::new();
    for (name, before, after) in pairs(old, new) {
        match (before, after) {
            // The details of a profile type come and go with it; the new type is the news.
            (Value::Object(_), _) | (_, Value::Object(_)) if profile_changed => {}
            (Value::Object(_), _) | (_, Value::Object(_)) => {
                for (inner, before, after) in pairs(before, after) {
                    found.extend(difference(inner, before, after, partner));
                }
            }
            _ if name == "status" && before.is_string() && after.is_string() && told_by_status(before, after) => {}
            _ => found.extend(difference(name, before, after, partner)),
        }
    }
    found.sort_by_key(|difference| difference.rank);
    found
}

fn told_by_status(before: &Value, after: &Value) -> bool {
    before == "ACTIVE" || after == "ACTIVE"
}

fn difference(name: &str, before: &Value, after: &Value, partner: &str) -> Option<Difference> {
    let says_nothing = |value: &Value| {
        value.is_null()
            || *value == false
            || *value == 0
            || value.as_str().is_some_and(|v| DEFAULT_WORKFLOWS.contains(&v))
    };
    let came_or_went = before.is_null() || after.is_null();
    if before == after || (came_or_went && says_nothing(before) && says_nothing(after)) {
        return None;
    }
    let is_on = after == &Value::Bool(true);
    let on_off = if is_on { "on" } else { "off" };
    let was = if before.is_null() {
        String::new()
    } else {
        format!(" (it was {})", said(name, before))
    };
    let now = if after.is_null() {
        "is no longer stated".to_owned()
    } else {
        format!("is now {}", said(name, after))
    };
    let plain = |rank: u8, label: &str| Difference {
        rank,
        headline: None,
        sentence: format!("{label} {now}{was}"),
        definition: None,
    };
    Some(match name {
        "lending_supported" => Difference {
            headline: after
                .as_bool()
                .map(|_| format!("lending requests to {partner} are now {on_off}")),
            definition: after.as_bool().map(|on| if on {
                "By Ex Libris' definition of “Supports lending” the partner receives lending requests from Alma: it can be \
                 asked to lend."
            } else {
                "By Ex Libris' definition of “Supports lending” the partner receives lending requests from Alma: it can no \
                 longer be asked to lend."
            }),
            ..plain(0, "“Supports lending”")
        },
        "borrowing_supported" => Difference {
            headline: after.as_bool().map(|on| {
                let fate = if on { "now" } else { "no longer" };
                format!("borrowing requests from {partner} are {fate} accepted")
            }),
            definition: after.as_bool().map(|on| if on {
                "By Ex Libris' definition of “Supports borrowing” the partner sends borrowing requests to Alma: it can ask \
                 to borrow."
            } else {
                "By Ex Libris' definition of “Supports borrowing” the partner sends borrowing requests to Alma: it can no \
                 longer ask to borrow."
            }),
            ..plain(1, "“Supports borrowing”")
        },
        "profile_type" => Difference {
            headline: after
                .as_str()
                .map(|profile| format!("{partner} is now reached by {}", profile_name(profile))),
            ..plain(2, "profile type")
        },
        "system_type" => plain(3, "system type"),
        "name" => Difference {
            headline: before
                .as_str()
                .zip(after.as_str())
                .map(|(before, _)| format!("partner {before} is now called {partner}")),
            ..plain(4, "name")
        },
        "send_requester_information" | "bldss_send_requester_info" | "ncip_send_requester_info" => {
            plain(5, "sending the requester's details to the partner")
        }
        "status" => plain(5, "status"),
        "alternative_document_delivery" => plain(5, "sending documents straight to the requester"),
        "shared_barcodes" => plain(6, "sharing of barcodes"),
        "locate_profile" => plain(6, "locate profile"),
        "borrowing_workflow" => plain(6, "borrowing workflow"),
        "lending_workflow" => plain(6, "lending workflow"),
        "avg_supply_time" => plain(7, "average supply time"),
        "delivery_delay" => plain(7, "delivery delay"),
        "auto_cancel_supported" => plain(7, "automatic cancelling"),
        "auto_claim_supported" => plain(7, "automatic claiming"),
        "auto_cancel_time" => plain(7, "time before automatic cancelling"),
        "auto_claim_time" => plain(7, "time before automatic claiming"),
        "auto_cancel_reason" => plain(7, "reason for automatic cancelling"),
        "ill_server" | "transfer_server" => plain(6, "ILL server"),
        "ill_port" => plain(7, "ILL server's port"),
        "iso_symbol" | "partner_symbol" => plain(6, "symbol"),
        "return_info" => plain(7, "return address in the shipping message"),
        "resending_overdue_message_interval" => plain(7, "interval of overdue messages"),
        "fulfillment_network_customer_code" => plain(6, "Fulfillment Network institution"),
        _ if is_on || after == &Value::Bool(false) => plain(8, &format!("“{}”", name.replace('_', " "))),
        _ => plain(8, &name.replace('_', " ")),
    })
}

/// The fields of two documents side by side, by name; null where one lacks a field.
fn pairs<'a>(old: &'a Value, new: &'a Value) -> Vec<(&'a str, &'a Value, &'a Value)> {
    const NOTHING: &Value = &Value::Null;
    let mut names: Vec<&str> = [old, new]
        .iter()
        .filter_map(|side| side.as_object())
        .flat_map(|fields| fields.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| (name, old.get(name).unwrap_or(NOTHING), new.get(name).unwrap_or(NOTHING)))
        .collect()
}

/// A value in words: `on`, `6 days`, `LADD`.
fn said(name: &str, value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Number(number) if is_days(name) && number.as_i64() == Some(1) => "1 day".to_owned(),
        Value::Number(number) if is_days(name) => format!("{number} days"),
        Value::String(text) if name == "profile_type" => profile_name(text).to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Which numbers are days (rest_partner.xsd).
fn is_days(name: &str) -> bool {
    matches!(
        name,
        "avg_supply_time"
            | "delivery_delay"
            | "auto_cancel_time"
            | "auto_claim_time"
            | "expiry_time"
            | "resending_overdue_message_interval"
    )
}

/// Profile types as people say them.
pub(in crate::meaning) fn profile_name(profile: &str) -> &str {
    match profile {
        "ART_EMAIL" => "ARTEmail",
        "ISO_18626" => "ISO 18626",
        "EMAIL" => "e-mail",
        "NCIP_P2P" => "NCIP peer-to-peer",
        "EXTERNAL_SYSTEM" => "an external system",
        "FULFILLMENT_NETWORK" => "Fulfillment Network",
        "RAPID" => "RapidILL",
        "INNREACH" => "INN-Reach",
        other => other,
    }
}

/// The changes as one sentence without its full stop; a long list ends in a count.
pub(super) fn listed(changes: &[Difference]) -> String {
    let mut text: Vec<&str> = changes
        .iter()
        .take(NAMED_MAX)
        .map(|change| change.sentence.as_str())
        .collect();
    let rest;
    if changes.len() > NAMED_MAX {
        rest = format!("and {} more", changes.len() - NAMED_MAX);
        text.push(&rest);
    }
    text.join("; ")
}

/// The text of a field.
pub(super) fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}
