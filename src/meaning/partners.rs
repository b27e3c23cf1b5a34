//! What changes of resource-sharing partners mean to a head of resource sharing.
//!
//! Alma words two settings from its own side of the wire: "Supports borrowing" says that the partner sends borrowing
//! requests to Alma, "Supports lending" that it receives lending requests from Alma (ALMA.md §5a). Texts name the request
//! and its direction, and the summary repeats Ex Libris' definition, so that nobody has to guess who lends to whom.

mod differences;

use serde_json::Value;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Topic};
pub(super) use differences::profile_name;
use differences::{differences, listed, text};

/// Ex Libris' product that partner records belong to.
const PRODUCT: &str = "Alma";
/// Changes that a title tells by itself.
const HEADLINES_MAX: usize = 2;
/// Profile types whose definition speaks only of systems other than Alma (rest_partner.xsd): OCLC, ILLiad and Relais by
/// NCIP, INN-Reach, SLNP, and "external system". A partner reached by one of them is a library that takes part without
/// Alma. ISO, ISO 18626, NCIP peer-to-peer and e-mail serve both kinds and so say nothing.
const NON_ALMA_PROFILES: &[&str] = &["NCIP", "INNREACH", "SLNP", "EXTERNAL_SYSTEM"];
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
        let since = differences(old, new, partner);
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
    let mut changes = differences(old, new, partner);
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

fn draft(kind: EventKind, title: String, summary: String) -> EventDraft {
    EventDraft {
        topics: vec![Topic::ResourceSharing],
        product: Some(PRODUCT.to_owned()),
        ..EventDraft::new(kind, title, summary)
    }
}
