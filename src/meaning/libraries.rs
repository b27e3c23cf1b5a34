//! What changes of libraries mean to the partners: who takes part in resource sharing, and when a library is closed.

mod calendar;

use serde_json::Value;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Severity, Topic};

/// Ex Libris' product that libraries and their hours belong to.
const PRODUCT: &str = "Alma";
/// How the key of a library's hours ends.
const HOURS: &str = "/hours";

/// The events that a change makes: at most one.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let institution = change
        .institution
        .map_or(change.subject, |institution| institution.name);
    let nothing = Value::Null;
    let old = change.old.unwrap_or(&nothing);
    let new = change.new.unwrap_or(&nothing);
    let event = if change.key.ends_with(HOURS) {
        calendar::event(institution, change, old, new)
    } else {
        let name = library_name(change.key, if change.op == Op::Removed { old } else { new });
        match change.op {
            Op::Added => Some(added(institution, &name, new, change.context.returned)),
            Op::Removed => Some(removed(institution, &name, old)),
            Op::Modified => changed(institution, &name, old, new),
        }
    };
    event.into_iter().collect()
}

fn added(institution: &str, name: &str, new: &Value, returned: bool) -> EventDraft {
    let what = if returned {
        "is a library again"
    } else {
        "is a new library"
    };
    let (part, severity) = match takes_part(new) {
        Some(true) => (" and takes part in resource sharing", Severity::Notice),
        _ => ("", Severity::Info),
    };
    let meaning = match takes_part(new) {
        Some(true) => {
            "Alma defines it as a resource sharing library: requests can be sent to it and from it, and its open hours are \
             watched from now on."
        }
        Some(false) => "Alma does not define it as a resource sharing library, so nothing changes for requests.",
        None => "Alma does not say whether it takes part in resource sharing.",
    };
    draft(
        severity,
        format!("{institution}: {name} {what}{part}"),
        meaning.to_owned(),
    )
}

fn removed(institution: &str, name: &str, old: &Value) -> EventDraft {
    let (severity, meaning) = if takes_part(old) == Some(true) {
        (
            Severity::Warning,
            format!(
                "It took part in resource sharing when last seen. Requests that are open with it may have to be moved or \
                 closed; ask {institution} which library lends in its place."
            ),
        )
    } else {
        (
            Severity::Info,
            "It took no part in resource sharing when last seen, so nothing changes for requests.".to_owned(),
        )
    };
    draft(
        severity,
        format!("{institution}: {name} is gone from the list of libraries"),
        format!("Alma lists it no longer. {meaning}"),
    )
}

fn changed(institution: &str, name: &str, old: &Value, new: &Value) -> Option<EventDraft> {
    let mut sentences = Vec::new();
    let mut title = None;
    let mut severity = Severity::Info;
    match (takes_part(old), takes_part(new)) {
        (Some(true), Some(false)) => {
            severity = Severity::Warning;
            title = Some(format!(
                "{institution}: {name} no longer takes part in resource sharing"
            ));
            sentences.push(format!(
                "Alma no longer defines it as a resource sharing library: partners cannot expect it to lend or borrow. \
                 Requests that are open with it need a look; ask {institution} which library takes its place."
            ));
        }
        (Some(false), Some(true)) => {
            severity = Severity::Notice;
            title = Some(format!("{institution}: {name} now takes part in resource sharing"));
            sentences.push(
                "Alma now defines it as a resource sharing library: it can lend and borrow, and its open hours are watched \
                 from now on."
                    .to_owned(),
            );
        }
        _ => {}
    }
    if let (Some(before), Some(after)) = (text(old, "name"), text(new, "name"))
        && before != after
    {
        title.get_or_insert_with(|| format!("{institution}: the library {before} is now called {name}"));
        sentences.push(format!("Its name is now {after} (it was {before})."));
    }
    if text(old, "campus") != text(new, "campus") {
        let said = |campus: Option<&str>| campus.unwrap_or("none").to_owned();
        title.get_or_insert_with(|| format!("{institution}: {name} belongs to another campus"));
        sentences.push(format!(
            "Its campus is now {} (it was {}).",
            said(text(new, "campus")),
            said(text(old, "campus"))
        ));
    }
    Some(draft(severity, title?, sentences.join(" ")))
}

fn takes_part(library: &Value) -> Option<bool> {
    library.get("resource_sharing")?.as_bool()
}

/// `Main Library (MAIN)`, or the code alone where there is no name.
fn library_name(key: &str, library: &Value) -> String {
    let code: String = key.chars().filter(|letter| !letter.is_control()).collect();
    match text(library, "name") {
        Some(name) if name != code => format!("{name} ({code})"),
        _ => code,
    }
}

fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}

fn draft(severity: Severity, title: String, summary: String) -> EventDraft {
    EventDraft {
        severity,
        topics: vec![Topic::ResourceSharing],
        product: Some(PRODUCT.to_owned()),
        ..EventDraft::new(EventKind::LibraryChanged, title, summary)
    }
}

#[cfg(test)]
mod tests;
