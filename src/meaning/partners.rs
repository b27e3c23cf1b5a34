//! What changes of resource-sharing partners mean to a head of resource sharing.
//!
//! Alma words two settings from its own side of the wire: "Supports borrowing" says that the partner sends borrowing
//! requests to Alma, "Supports lending" that it receives lending requests from Alma (ALMA.md §5a). Texts name the request
//! and its direction, and the summary repeats Ex Libris' definition, so that nobody has to guess who lends to whom.

use serde_json::Value;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Topic};

/// Ex Libris' product that partner records belong to.
const PRODUCT: &str = "Alma";
/// Changes named one by one in a text; the rest are counted.
const NAMED_MAX: usize = 4;
/// Changes that a title tells by itself.
const HEADLINES_MAX: usize = 2;
/// Profile types whose definition speaks only of systems other than Alma (rest_partner.xsd): OCLC, ILLiad and Relais by
/// NCIP, INN-Reach, SLNP, and "external system". A partner reached by one of them is a library that takes part without
/// Alma. ISO, ISO 18626, NCIP peer-to-peer and e-mail serve both kinds and so say nothing.
const NON_ALMA_PROFILES: &[&str] = &["NCIP", "INNREACH", "SLNP", "EXTERNAL_SYSTEM"];
/// Values that Alma assumes where a field is not given (rest_partner.xsd): one that comes or goes is no change.
const DEFAULT_WORKFLOWS: &[&str] = &["DEFAULT_BOR_WF", "DEFAULT_LEND_WF"];

/// The events that a change makes: one for each kind. A poll that both deactivates a partner and changes it makes two.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let nothing = Value::Null;
    let old = change.old.unwrap_or(&nothing);
    let new = change.new.unwrap_or(&nothing);
    let names = Names {
        library: change
            .institution
            .map_or(change.subject, |institution| institution.name)
            .to_owned(),
        partner: partner_name(change.key, if change.op == Op::Removed { old } else { new }),
    };
    match change.op {
        Op::Added => vec![added(change, &names, old, new)],
        Op::Removed => vec![removed(&names, old)],
        Op::Modified => {
            let mut events = Vec::new();
            events.extend(status_event(&names, old, new));
            events.extend(changed(&names, old, new));
            events
        }
    }
}

struct Names {
    library: String,
    partner: String,
}

fn added(change: &ChangeInContext<'_>, names: &Names, old: &Value, new: &Value) -> EventDraft {
    let Names { library, partner } = names;
    let state = state_of(new);
    let mut event = if change.context.returned {
        let mut event = draft(
            EventKind::PartnerReturned,
            format!("{library}: {partner} is a resource sharing partner again"),
            format!("The partner record had gone and is back. {}", as_it_stands(names, new)),
        );
        let since = differences(old, new, names);
        if old.is_object() && !since.is_empty() {
            event.summary.push_str(&format!(" Since it went: {}.", listed(&since)));
        }
        event
    } else {
        draft(
            EventKind::PartnerAdded,
            format!("{library}: {partner} is a new resource sharing partner"),
            as_it_stands(names, new),
        )
    };
    if state == Some("inactive") {
        event.title.push_str(", but inactive");
    }
    event.non_alma = is_non_alma(new);
    event
}

fn removed(names: &Names, old: &Value) -> EventDraft {
    let Names { library, partner } = names;
    let was = match state_of(old) {
        Some(state) => format!(" It was {state} when last seen."),
        None => String::new(),
    };
    draft(
        EventKind::PartnerRemoved,
        format!("{library}: {partner} is no longer a resource sharing partner"),
        format!(
            "The partner record is gone from Alma: two complete readings of the list running did not hold it.{was} \
             {library} has no record left under which requests can go to or come from this partner."
        ),
    )
}

fn status_event(names: &Names, old: &Value, new: &Value) -> Option<EventDraft> {
    let Names { library, partner } = names;
    let (before, after) = (text(old, "status")?, text(new, "status")?);
    if before == after {
        return None;
    }
    let from_to = format!("Status in Alma: {after} (it was {before}).");
    if after == "ACTIVE" {
        Some(draft(
            EventKind::PartnerActivated,
            format!("{library}: {partner} is now active"),
            format!("{from_to} {}", directions(names, new)),
        ))
    } else if before == "ACTIVE" {
        let state = state_of(new).unwrap_or("no longer active");
        Some(draft(
            EventKind::PartnerDeactivated,
            format!("{library}: {partner} is now {state}"),
            format!(
                "{from_to} Inactive is Alma's off switch for a partner record: no new borrowing or lending is to be \
                 expected between {library} and this partner under it, whatever its other settings say."
            ),
        ))
    } else {
        None
    }
}

fn changed(names: &Names, old: &Value, new: &Value) -> Option<EventDraft> {
    let Names { library, partner } = names;
    let mut changes = differences(old, new, names);
    let mut told_together = 0;
    if let Some(on_off) = both_directions(old, new) {
        let [lending, borrowing, ..] = changes.as_mut_slice() else {
            return None;
        };
        lending.headline = Some(format!("borrowing and lending with {partner} are both now {on_off}"));
        borrowing.headline = None;
        told_together = 1;
    }
    let headlines: Vec<&str> = changes
        .iter()
        .filter_map(|change| change.headline.as_deref())
        .take(HEADLINES_MAX)
        .collect();
    let title = match (headlines.len() + told_together, changes.len()) {
        (0, 0) => return None,
        (0, 1) => format!("{library}: {partner}: {}", changes[0].sentence),
        (0, count) => format!("{library}: {count} settings of {partner} changed"),
        (told, count) => {
            let rest = match count - told {
                0 => String::new(),
                1 => ", and one more setting changed".to_owned(),
                more => format!(", and {more} more settings changed"),
            };
            format!("{library}: {}{rest}", headlines.join(" and "))
        }
    };
    let mut summary = format!("Partner record of {partner} in Alma: {}.", listed(&changes));
    for change in &changes {
        if let Some(definition) = change.definition {
            summary.push(' ');
            summary.push_str(definition);
        }
    }
    let mut event = draft(EventKind::PartnerChanged, title, summary);
    event.non_alma = is_non_alma(new) && !is_non_alma(old);
    Some(event)
}

/// Whether borrowing and lending went the same way at once, and which: `on` or `off`.
fn both_directions(old: &Value, new: &Value) -> Option<&'static str> {
    let flag = |record: &Value, name: &str| record.get(name).and_then(Value::as_bool);
    let moved = |name: &str| (flag(old, name), flag(new, name));
    match (moved("lending_supported"), moved("borrowing_supported")) {
        ((Some(true), Some(false)), (Some(true), Some(false))) => Some("off"),
        ((Some(false), Some(true)), (Some(false), Some(true))) => Some("on"),
        _ => None,
    }
}

/// One field that differs, in words.
struct Difference {
    /// Comes first in texts if lower.
    rank: u8,
    /// A title by itself (without the library), for the changes that matter most.
    headline: Option<String>,
    /// `average supply time is now 6 days (it was 4)`.
    sentence: String,
    /// Ex Libris' definition of the setting, where its name misleads.
    definition: Option<&'static str>,
}

/// The fields that differ, most important first; `status` is told by its own event.
fn differences(old: &Value, new: &Value, names: &Names) -> Vec<Difference> {
    let profile_changed = text(old, "profile_type") != text(new, "profile_type");
    let mut found = Vec::new();
    for (name, before, after) in pairs(old, new) {
        match (before, after) {
            // The details of a profile type come and go with it; the new type is the news.
            (Value::Object(_), _) | (_, Value::Object(_)) if profile_changed => {}
            (Value::Object(_), _) | (_, Value::Object(_)) => {
                for (inner, before, after) in pairs(before, after) {
                    found.extend(difference(inner, before, after, names));
                }
            }
            _ if name == "status" && before.is_string() && after.is_string() && told_by_status(before, after) => {}
            _ => found.extend(difference(name, before, after, names)),
        }
    }
    found.sort_by_key(|difference| difference.rank);
    found
}

fn told_by_status(before: &Value, after: &Value) -> bool {
    before == "ACTIVE" || after == "ACTIVE"
}

fn difference(name: &str, before: &Value, after: &Value, names: &Names) -> Option<Difference> {
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
    let partner = &names.partner;
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
            headline: Some(format!("lending requests to {partner} are now {on_off}")),
            definition: Some(if is_on {
                "By Ex Libris' definition of “Supports lending” the partner receives lending requests from Alma: it can be \
                 asked to lend."
            } else {
                "By Ex Libris' definition of “Supports lending” the partner receives lending requests from Alma: it can no \
                 longer be asked to lend."
            }),
            ..plain(0, "“Supports lending”")
        },
        "borrowing_supported" => Difference {
            headline: Some(if is_on {
                format!("borrowing requests from {partner} are now accepted")
            } else {
                format!("borrowing requests from {partner} are no longer accepted")
            }),
            definition: Some(if is_on {
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

/// `Active, reached by ISO 18626. Borrowing requests from …: on. …`
fn as_it_stands(names: &Names, record: &Value) -> String {
    let mut text_parts = Vec::new();
    if let Some(state) = state_of(record) {
        text_parts.push(state.to_owned());
    }
    if let Some(profile) = text(record, "profile_type") {
        text_parts.push(format!("reached by {}", profile_name(profile)));
    }
    if let Some(system) = text(record, "system_type") {
        text_parts.push(format!("system type {system}"));
    }
    let stands = text_parts.join(", ");
    let mut sentence = String::new();
    if let Some(first) = stands.chars().next() {
        sentence = format!("{}{}. ", first.to_uppercase(), &stands[first.len_utf8()..]);
    }
    sentence + &directions(names, record)
}

/// Which requests go which way, as the record says it.
fn directions(names: &Names, record: &Value) -> String {
    let Names { library, partner } = names;
    let word = |name: &str| match record.get(name) {
        Some(Value::Bool(true)) => "on",
        Some(Value::Bool(false)) => "off",
        _ => "not stated",
    };
    format!(
        "Borrowing requests from {partner} to {library} (“Supports borrowing”): {}; lending requests from {library} to \
         {partner} (“Supports lending”): {}.",
        word("borrowing_supported"),
        word("lending_supported")
    )
}

fn state_of(record: &Value) -> Option<&str> {
    match text(record, "status")? {
        "ACTIVE" => Some("active"),
        "INACTIVE" => Some("inactive"),
        other => Some(other),
    }
}

/// Profile types as people say them.
fn profile_name(profile: &str) -> &str {
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

fn is_non_alma(record: &Value) -> bool {
    text(record, "profile_type").is_some_and(|profile| NON_ALMA_PROFILES.contains(&profile))
}

/// `Boston College (BCL)`, or the code alone where there is no name.
fn partner_name(code: &str, record: &Value) -> String {
    let code: String = code.chars().filter(|c| !c.is_control()).collect();
    match text(record, "name") {
        Some(name) if name != code => format!("{name} ({code})"),
        _ => code,
    }
}

fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}

fn listed(changes: &[Difference]) -> String {
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

fn draft(kind: EventKind, title: String, summary: String) -> EventDraft {
    EventDraft {
        kind,
        facet: String::new(),
        severity: kind.default_severity(),
        title,
        summary,
        topics: vec![Topic::ResourceSharing],
        product: Some(PRODUCT.to_owned()),
        non_alma: false,
        link: None,
        occurred_at: None,
    }
}
