//! What an institution's Alma is connected to, and which Alma it is.

use super::words::{is_about_sharing, moved, named, novelty, sentences, text};
use super::{Seen, told};
use crate::model::change::Op;
use crate::model::event::{EventDraft, Severity, Topic};

/// Where a librarian finds it.
const PLACE: &str = "In Alma: Configuration > General > External Systems > Integration Profiles.";
/// What the keys of types begin with; every other key is the id of a profile.
const TYPE_PREFIX: &str = "type/";
/// What a type that nobody used may be.
const NEW_ANYWHERE: &str = "what it connects here may be worth a question";
/// The environment that patrons and staff work in.
const PRODUCTION: &str = "production";

/// What a change of an integration profile, or of the types that are in use, is told as.
pub(super) fn profile_event(seen: &Seen<'_>) -> Option<EventDraft> {
    match seen.change.key.strip_prefix(TYPE_PREFIX) {
        Some(kind) => type_event(seen, kind),
        None => one_profile_event(seen),
    }
}

/// What a change of Alma's own words about itself is told as.
pub(super) fn general_event(seen: &Seen<'_>) -> Option<EventDraft> {
    if seen.change.op != Op::Modified {
        return None;
    }
    let library = seen.library;
    let mut titles = Vec::new();
    let mut facts = Vec::new();
    let mut severity = Severity::Notice;
    if let Some((before, after)) = both(seen, "environment_type") {
        facts.push(format!("Alma calls the environment “{after}” (it was “{before}”)."));
        if after == PRODUCTION {
            titles.push(format!("{library}: the key speaks for the production Alma again"));
            facts.push("What is seen of this library is again what patrons and staff work with.".to_owned());
        } else {
            severity = Severity::Warning;
            titles.push(format!(
                "{library}: the key now speaks for the {after}, not for the production Alma"
            ));
            facts.push(
                "What is seen of this library is no longer what patrons and staff work with: partners, requests and \
                 settings may differ. Unless that is meant, put a production key into `api_key`."
                    .to_owned(),
            );
        }
    }
    if let Some((before, after)) = both(seen, "alma_host") {
        titles.push(format!("{library}: Alma has moved to {after}"));
        facts.push(format!(
            "Librarians now open Alma at {after} (it was {before}): bookmarks, single sign-on and addresses in other systems may \
             need the new name."
        ));
    }
    let title = titles.into_iter().next()?;
    Some(told(severity, &[Topic::ApisIntegration], title, sentences(&facts)))
}

/// A text that differs and is stated on both sides: what is merely left out once says nothing.
fn both<'a>(seen: &'a Seen<'_>, name: &str) -> Option<(&'a str, &'a str)> {
    let (before, after) = (text(seen.old, name)?, text(seen.new, name)?);
    (before != after).then_some((before, after))
}

fn type_event(seen: &Seen<'_>, kind: &str) -> Option<EventDraft> {
    let library = seen.library;
    let topics = topics_of(&[kind]);
    match seen.change.op {
        Op::Added => {
            let title = if seen.is_also_here() {
                format!("{library}: Alma now also has an integration profile of type {kind}")
            } else if seen.change.context.returned {
                format!("{library}: Alma again has an integration profile of type {kind}")
            } else {
                format!("{library}: Alma has its first integration profile of type {kind}")
            };
            let parts = [
                "It had none of this type before: Alma is connected to something in a new way.".to_owned(),
                novelty(seen, NEW_ANYWHERE),
                PLACE.to_owned(),
            ];
            Some(told(Severity::Notice, &topics, title, sentences(&parts)))
        }
        Op::Removed => Some(told(
            Severity::Notice,
            &topics,
            format!("{library}: Alma has no integration profile of type {kind} any more"),
            format!(
                "The last one of this type is gone: what it connected is connected no longer, or in another way. {PLACE}"
            ),
        )),
        Op::Modified => None,
    }
}

/// A single profile is the library's own affair, and good to know at most, unless it is about resource sharing.
fn one_profile_event(seen: &Seen<'_>) -> Option<EventDraft> {
    let library = seen.library;
    let record = seen.record();
    let code = text(record, "code").unwrap_or(seen.change.key);
    let name = named(text(record, "name"), code);
    let kind = text(record, "type");
    let of_type = kind.map_or_else(String::new, |kind| format!(" of type {kind}"));
    let texts = [
        code,
        text(record, "name").unwrap_or_default(),
        kind.unwrap_or_default(),
        text(record, "system").unwrap_or_default(),
    ];
    let topics = topics_of(&texts);
    let weighty = if topics.contains(&Topic::ResourceSharing) {
        Severity::Notice
    } else {
        Severity::Info
    };
    let system = text(record, "system").map(|system| format!("System: {system}."));
    let system = system.unwrap_or_default();
    let place = PLACE.to_owned();
    match seen.change.op {
        Op::Added => {
            let (title, back) = if seen.change.context.returned {
                ("again has the", "It had gone and is back.")
            } else {
                ("has a new", "")
            };
            Some(told(
                weighty,
                &topics,
                format!("{library}: Alma {title} integration profile{of_type}: {name}"),
                sentences(&[back.to_owned(), system, place]),
            ))
        }
        Op::Removed => Some(told(
            weighty,
            &topics,
            format!("{library}: Alma no longer has the integration profile{of_type}: {name}"),
            sentences(&[
                "Two complete readings of the list running did not hold it.".to_owned(),
                system,
                place,
            ]),
        )),
        Op::Modified => {
            let mut facts = Vec::new();
            for (field, word) in [
                ("name", "name"),
                ("code", "code"),
                ("type", "type"),
                ("system", "system"),
            ] {
                if let Some((before, after)) = moved(seen.old, seen.new, field) {
                    facts.push(format!("Its {word} is now “{after}” (it was “{before}”)."));
                }
            }
            if facts.is_empty() {
                return None;
            }
            facts.push(place);
            let title = format!("{library}: an integration profile{of_type} differs in Alma: {name}");
            Some(told(Severity::Info, &topics, title, sentences(&facts)))
        }
    }
}

fn topics_of(texts: &[&str]) -> Vec<Topic> {
    let mut topics = vec![Topic::ApisIntegration];
    if is_about_sharing(texts) {
        topics.push(Topic::ResourceSharing);
    }
    topics
}
