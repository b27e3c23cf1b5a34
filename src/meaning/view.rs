//! What changes of a Primo view's configuration mean to a systems librarian.

mod words;

use serde_json::Value;
use std::time::Duration;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Severity, Topic};
use words::Subject;

/// A key that no library had until this long ago still counts as new: a vendor's roll-out reaches the members' watches
/// over a day or two (DESIGN §6, groups).
const ROLL_OUT: Duration = Duration::from_secs(48 * 60 * 60);
/// Where the live release stands (PRIMO.md §4).
const RELEASE_KEY: &str = "system-configuration/Alma_Version";
/// Items of a list named in a text.
const LISTED_MAX: usize = 6;

/// The events that a change makes: one.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let nothing = Value::Null;
    let old = change.old.unwrap_or(&nothing);
    let new = change.new.unwrap_or(&nothing);
    let subject = words::subject_of(change.key);
    let library = change
        .institution
        .map_or(change.subject, |institution| institution.name);
    let told = Told {
        library,
        view: change.subject,
        subject: &subject,
    };
    let event = match change.op {
        Op::Added if subject.is_scope() => told.scope_added(new),
        Op::Added => told.added(change, new),
        Op::Removed if subject.is_scope() => told.scope_removed(old),
        Op::Removed => told.removed(old),
        Op::Modified if change.key == RELEASE_KEY => told.release(old, new),
        Op::Modified => told.modified(old, new),
    };
    let follows_a_tab = change.op != Op::Modified && subject.is_entry_of_a_map();
    vec![finish(event, change.key, follows_a_tab)]
}

/// What an event says, before severity and topics.
struct Saying {
    kind: EventKind,
    title: String,
    summary: String,
}

struct Told<'a> {
    library: &'a str,
    view: &'a str,
    subject: &'a Subject,
}

impl Told<'_> {
    fn added(&self, change: &ChangeInContext<'_>, new: &Value) -> Saying {
        let Told { library, view, subject } = self;
        let name = &subject.name;
        let first_seen = change.context.first_seen_anywhere;
        let is_new_anywhere = first_seen.is_none_or(|seen| change.now.since(seen) <= ROLL_OUT);
        let state = match switch(new) {
            Some(true) => "on".to_owned(),
            Some(false) => "off".to_owned(),
            None => format!("set to {}", value_in_words(new)),
        };
        if is_new_anywhere {
            let novelty = match first_seen {
                None => "No watched view had it before.",
                Some(_) => "It came to the watched views within the last 48 hours.",
            };
            // Rows and tabs are the library's own; a new name in the other containers is the vendor's doing (PRIMO.md §4).
            let (place, hint) = if subject.is_vendors() {
                (
                    " in Primo",
                    " A setting that nobody had before often comes with, or ahead of, a release note.",
                )
            } else {
                ("", "")
            };
            return Saying {
                kind: EventKind::SwitchAppeared,
                title: if subject.is_tab() {
                    format!("{library}: new {name} in view {view}")
                } else {
                    format!("{library}: {name} is new{place}; it is {state} in view {view}")
                },
                summary: format!("{novelty}{hint} {}", self.place()),
            };
        }
        match switch(new) {
            Some(true) => Saying {
                kind: EventKind::SwitchTurnedOn,
                title: format!("{library}: {name} is now on in view {view}"),
                summary: format!(
                    "It was not listed there before; other views had it already. {}",
                    self.place()
                ),
            },
            _ => Saying {
                kind: EventKind::SwitchChanged,
                title: if subject.is_tab() {
                    format!("{library}: view {view} now has the {name}")
                } else {
                    format!("{library}: {name} is now listed in view {view}, {state}")
                },
                summary: format!(
                    "It was not listed there before; other views had it already. {}",
                    self.place()
                ),
            },
        }
    }

    fn removed(&self, old: &Value) -> Saying {
        let Told { library, view, subject } = self;
        let name = &subject.name;
        match switch(old) {
            Some(true) => Saying {
                kind: EventKind::SwitchTurnedOff,
                title: format!("{library}: {name} is no longer there in view {view}; it was on"),
                summary: format!(
                    "The setting is gone, which alone does not say whether the feature went or became permanent. {}",
                    self.place()
                ),
            },
            before => Saying {
                kind: EventKind::SwitchChanged,
                title: if subject.is_tab() {
                    format!("{library}: view {view} no longer has the {name}")
                } else {
                    format!("{library}: {name} is no longer there in view {view}")
                },
                summary: match before {
                    Some(_) => format!("It was off when last seen. {}", self.place()),
                    None if subject.is_tab() => self.place(),
                    None => format!("It was set to {} when last seen. {}", value_in_words(old), self.place()),
                },
            },
        }
    }

    fn modified(&self, old: &Value, new: &Value) -> Saying {
        let Told { library, view, subject } = self;
        let name = &subject.name;
        if subject.is_scope() {
            return Saying {
                kind: EventKind::SwitchChanged,
                title: format!("{library}: {name} in view {view} now covers something else"),
                summary: format!("{} {} {}", scope_in_words(new), scope_before(old), self.place()),
            };
        }
        match (switch(old), switch(new)) {
            (Some(false), Some(true)) => Saying {
                kind: EventKind::SwitchTurnedOn,
                title: format!("{library}: {name} is now on in view {view}"),
                summary: format!("It was off. {}", self.place()),
            },
            (Some(true), Some(false)) => Saying {
                kind: EventKind::SwitchTurnedOff,
                title: format!("{library}: {name} is now off in view {view}"),
                summary: format!("It was on. {}", self.place()),
            },
            (Some(_), Some(_)) => Saying {
                kind: EventKind::SwitchChanged,
                title: format!("{library}: details of {name} changed in view {view}"),
                summary: format!(
                    "It is {} as before; what differs is its place in the table or another column of it. {}",
                    value_in_words(new),
                    self.place()
                ),
            },
            _ if old.get("value") == new.get("value") => Saying {
                kind: EventKind::SwitchChanged,
                title: format!("{library}: details of {name} changed in view {view}"),
                summary: format!(
                    "Its value is the same; what changed is how it is shown. {}",
                    self.place()
                ),
            },
            _ => Saying {
                kind: EventKind::SwitchChanged,
                title: format!(
                    "{library}: {name} is now {} in view {view} (it was {})",
                    value_in_words(new),
                    value_in_words(old)
                ),
                summary: self.place(),
            },
        }
    }

    fn release(&self, old: &Value, new: &Value) -> Saying {
        let Told { library, view, .. } = self;
        let (before, after) = (value_in_words(old), value_in_words(new));
        Saying {
            kind: EventKind::ReleaseLive,
            title: format!("{library}: Alma {after} is live in view {view}"),
            summary: format!(
                "The view ran {before} until now. What was announced for {after} can now be looked for there. Read from the view's configuration (`{RELEASE_KEY}`)."
            ),
        }
    }

    fn scope_added(&self, new: &Value) -> Saying {
        let Told { library, view, subject } = self;
        Saying {
            kind: EventKind::ScopeAdded,
            title: format!("{library}: {} is new in view {view}", subject.name),
            summary: format!("{} {}", scope_in_words(new), self.place()),
        }
    }

    fn scope_removed(&self, old: &Value) -> Saying {
        let Told { library, view, subject } = self;
        Saying {
            kind: EventKind::ScopeRemoved,
            title: format!("{library}: {} is no longer there in view {view}", subject.name),
            summary: format!("{} {}", scope_before(old), self.place()),
        }
    }

    /// Where it stands, for whoever looks it up, and of which tier the evidence is: seen configured (PRIMO.md §4).
    fn place(&self) -> String {
        format!(
            "Read from the view's configuration (`{}`), which says what is set, not whether it works.",
            self.subject.key
        )
    }
}

/// An entry that came to or left a map by tab or scope (`hide_rapido_expand_link_map/Everything`) follows from the tab or
/// scope itself, which is told already.
fn finish(saying: Saying, key: &str, follows_a_tab: bool) -> EventDraft {
    let severity = if words::is_temporary(key) || follows_a_tab {
        Severity::Info
    } else {
        saying.kind.default_severity()
    };
    let (topics, product) = if saying.kind == EventKind::ReleaseLive {
        // A release concerns whoever waits for something in it: both areas that Primo and Alma share.
        (vec![Topic::ResourceSharing, Topic::ConsortialDiscovery], "Alma")
    } else {
        (words::topics_of(key), "Primo VE")
    };
    EventDraft {
        severity,
        topics,
        product: Some(product.to_owned()),
        ..EventDraft::new(saying.kind, saying.title, saying.summary)
    }
}

/// Whether it is on or off; `None` where it is neither.
fn switch(body: &Value) -> Option<bool> {
    body.get("on")?.as_bool()
}

fn value_in_words(body: &Value) -> String {
    match (switch(body), body.get("value")) {
        (Some(true), _) => "on".to_owned(),
        (Some(false), _) => "off".to_owned(),
        (None, Some(Value::String(text))) if text == "present" => "a value that is not kept".to_owned(),
        (None, Some(Value::String(text))) => text.clone(),
        (None, Some(value)) => value.to_string(),
        (None, None) => "nothing".to_owned(),
    }
}

/// `Searches Local and primo_central_multiple_fe, with the Central Discovery Index, in the tab Everything.`
fn scope_in_words(body: &Value) -> String {
    let locations = body.get("locations").map(list_in_words);
    let tabs = body.get("tab").map(list_in_words);
    let index = match body.get("central_index").and_then(Value::as_bool) {
        Some(true) => ", with the Central Discovery Index (CDI)",
        Some(false) => ", without the Central Discovery Index (CDI)",
        None => "",
    };
    let tabs = tabs.map_or(String::new(), |tabs| format!(", in the tab {tabs}"));
    format!(
        "Searches {}{index}{tabs}.",
        locations.as_deref().unwrap_or("what is not stated")
    )
}

fn scope_before(body: &Value) -> String {
    scope_in_words(body).replacen("Searches", "It searched", 1)
}

fn list_in_words(value: &Value) -> String {
    let Value::Array(items) = value else {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    };
    let mut named: Vec<&str> = items.iter().take(LISTED_MAX).filter_map(Value::as_str).collect();
    let rest;
    if items.len() > LISTED_MAX {
        rest = format!("{} more", items.len() - LISTED_MAX);
        named.push(&rest);
    }
    match named.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::change::{ChangeContext, InstitutionName};
    use crate::model::moment::Moment;
    use crate::model::watch::SourceKind;

    fn severity(key: &str, op: Op) -> Severity {
        let body = json!({"type": "switch", "on": true});
        let change = ChangeInContext {
            source: SourceKind::PrimoView,
            subject: "01ELM_INST:MAIN",
            institution: Some(InstitutionName {
                code: "01ELM_INST",
                name: "Elm College",
            }),
            key,
            op,
            old: (op == Op::Removed).then_some(&body),
            new: (op == Op::Added).then_some(&body),
            context: &ChangeContext::default(),
            now: Moment::from_millis(0),
            zone: chrono_tz::America::New_York,
        };
        events_of(&change)[0].severity
    }

    #[test]
    fn an_entry_that_follows_a_new_tab_is_no_news_of_its_own() {
        let entry = "system-configuration/hide_rapido_expand_link_map/Neighbours";
        assert_eq!(
            (severity(entry, Op::Added), severity(entry, Op::Removed)),
            (Severity::Info, Severity::Info)
        );
        assert_eq!(
            severity("system-configuration/ngrs_enabled", Op::Added),
            Severity::Notice
        );
        assert_eq!(
            severity("system-configuration/temp_rs_try_out", Op::Added),
            Severity::Info
        );
    }
}
