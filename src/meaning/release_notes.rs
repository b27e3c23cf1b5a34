//! Release notes: announced, revised, rescheduled, withdrawn.

mod wording;

use serde_json::Value;

use super::classifier::{Classifier, Document};
use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Severity};

/// A summary quotes this much of a text.
const QUOTED_CHARS: usize = 240;

/// The events that a change makes. An item that moved to another release and was also reworded makes two.
pub fn events_of(change: &ChangeInContext<'_>, classifier: &Classifier) -> Vec<EventDraft> {
    match (change.op, change.old, change.new) {
        (Op::Added, _, Some(new)) => vec![announced(change, new, classifier)],
        (Op::Modified, Some(old), Some(new)) => [
            rescheduled(change, old, new, classifier),
            revised(change, old, new, classifier),
        ]
        .into_iter()
        .flatten()
        .collect(),
        (Op::Removed, Some(old), _) => vec![withdrawn(change, old, classifier)],
        _ => Vec::new(),
    }
}

fn announced(change: &ChangeInContext<'_>, item: &Value, classifier: &Classifier) -> EventDraft {
    let what = match (change.context.returned, section(item)) {
        (true, _) => "back in the notes",
        (false, "resolved-issue") => "resolved issue",
        (false, "issue-to-note") => "issue to note",
        (false, _) => "announced",
    };
    let mut draft = event(change, item, EventKind::FeatureAnnounced, classifier);
    if !classifier.classify(&document(item)).collaborative {
        draft.severity = Severity::Info;
    }
    draft.title = format!("{}: {} ({what})", product_and_release(change, item), heading(item));
    let mut summary = Vec::new();
    if let Some(area) = text(item, "area") {
        summary.push(format!("{area}."));
    }
    if let Some(body) = text(item, "body") {
        summary.push(wording::shortened(body, QUOTED_CHARS));
    }
    summary.extend(opt_in(item).map(str::to_owned));
    let terms = classifier.terms(&document(item));
    summary.extend(terms.deadline.map(|date| format!("It names a date to act by: {date}.")));
    if terms.undo == Some(false) {
        summary.push("It cannot be undone.".to_owned());
    }
    draft.summary = summary.join(" ");
    draft
}

fn rescheduled(change: &ChangeInContext<'_>, old: &Value, new: &Value, classifier: &Classifier) -> Option<EventDraft> {
    let (from, to) = (text(old, "release")?, text(new, "release")?);
    if from == to {
        return None;
    }
    let mut draft = event(change, new, EventKind::FeatureRescheduled, classifier);
    let product = product(change, new);
    draft.title = format!(
        "{product}: {} moves from {} to {}",
        heading(new),
        month(from),
        month(to)
    );
    let direction = if to > from { "later" } else { "earlier" };
    draft.summary = format!(
        "Ex Libris announced it for {} and now names {}, which is {direction}. Plans that count on it need a look.",
        month(from),
        month(to)
    );
    Some(draft)
}

fn revised(change: &ChangeInContext<'_>, old: &Value, new: &Value, classifier: &Classifier) -> Option<EventDraft> {
    let mut changed: Vec<String> = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    if heading(old) != heading(new) {
        said.push("renamed");
        changed.push(format!("It was called “{}”.", heading(old)));
    }
    if section(old) != section(new) {
        said.push("moved to another section");
        changed.push(format!(
            "It moved from {} to {}.",
            section_words(old),
            section_words(new)
        ));
    }
    if text(old, "body") != text(new, "body") {
        said.push("reworded");
        changed.push(wording::difference(
            text(old, "body").unwrap_or_default(),
            text(new, "body").unwrap_or_default(),
        ));
    }
    match (text(old, "release"), text(new, "release")) {
        (None, Some(release)) => {
            said.push("release named");
            changed.push(format!("It now names its release, {}.", month(release)));
        }
        (Some(release), None) => {
            said.push("release no longer named");
            changed.push(format!("It no longer names its release; it was {}.", month(release)));
        }
        _ => {}
    }
    let mut details = |name: &str, words: &str| {
        let (before, after) = (listed(old, name), listed(new, name));
        if before != after {
            let shown = |list: &str| {
                if list.is_empty() {
                    "none".to_owned()
                } else {
                    list.to_owned()
                }
            };
            changed.push(format!("{words}: {}, before {}.", shown(&after), shown(&before)));
        }
    };
    details("area", "Area");
    details("tags", "Marks");
    details("urm_ids", "Issue numbers");
    details("case_ids", "Support cases");
    details("ners_ids", "NERS requests");
    if changed.is_empty() {
        return None;
    }
    if let (Some(after), true) = (opt_in(new), text(old, "opt_in") != text(new, "opt_in")) {
        changed.push(after.to_owned());
    }
    let what = if said.is_empty() {
        "details changed".to_owned()
    } else {
        said.join(", ")
    };
    let mut draft = event(change, new, EventKind::FeatureRevised, classifier);
    draft.title = format!("{}: {} ({what})", product_and_release(change, new), heading(new));
    draft.summary = changed.join(" ");
    Some(draft)
}

fn withdrawn(change: &ChangeInContext<'_>, item: &Value, classifier: &Classifier) -> EventDraft {
    let mut draft = event(change, item, EventKind::FeatureWithdrawn, classifier);
    draft.title = format!("{}: {} (withdrawn)", product_and_release(change, item), heading(item));
    draft.summary = "It is gone from the release notes of its own year and the years beside it. \
                     Ask Ex Libris before counting on it."
        .to_owned();
    draft
}

/// What all events about an item share. `occurred_at` stays empty: a release month is no time at which something happened.
fn event(change: &ChangeInContext<'_>, item: &Value, kind: EventKind, classifier: &Classifier) -> EventDraft {
    let verdict = classifier.classify(&document(item));
    EventDraft {
        topics: verdict.topics,
        product: Some(product(change, item).to_owned()),
        non_alma: verdict.non_alma,
        link: text(item, "page").map(str::to_owned),
        ..EventDraft::new(kind, "", "")
    }
}

/// As the classifier reads it: nothing but what the record says, so that a replay judges the same.
fn document(item: &Value) -> Document<'_> {
    let field = |name: &str| text(item, name).unwrap_or_default();
    Document {
        product: field("product"),
        release: field("release"),
        area: field("area"),
        section: field("section"),
        heading: field("heading"),
        body: field("body"),
    }
}

fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn heading(item: &Value) -> &str {
    text(item, "heading").unwrap_or("an item without a heading")
}

fn section(item: &Value) -> &str {
    text(item, "section").unwrap_or_default()
}

fn section_words(item: &Value) -> &'static str {
    match section(item) {
        "main-feature" => "main features",
        "additional-enhancement" => "additional enhancements",
        "resolved-issue" => "resolved issues",
        "issue-to-note" => "issues to note",
        _ => "another section",
    }
}

fn opt_in(item: &Value) -> Option<&'static str> {
    match text(item, "opt_in")? {
        "on" => Some("On by default."),
        "off-by-default" => Some("Off by default."),
        "contact-exlibris" => Some("Ex Libris has to be asked to switch it on."),
        _ => None,
    }
}

/// A field's values in one line; a single text is a list of one.
fn listed(item: &Value, name: &str) -> String {
    match item.get(name) {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Some(Value::String(value)) => value.clone(),
        _ => String::new(),
    }
}

fn product<'a>(change: &ChangeInContext<'a>, item: &'a Value) -> &'a str {
    text(item, "product").unwrap_or(change.subject)
}

fn product_and_release(change: &ChangeInContext<'_>, item: &Value) -> String {
    match text(item, "release") {
        Some(release) => format!("{} {}", product(change, item), month(release)),
        None => product(change, item).to_owned(),
    }
}

/// `2026-11` as people say it.
fn month(release: &str) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let parts = release
        .split_once('-')
        .and_then(|(year, month)| Some((year, month.parse::<usize>().ok()?)));
    match parts.and_then(|(year, month)| Some((year, NAMES.get(month.checked_sub(1)?)?))) {
        Some((year, name)) => format!("{name} {year}"),
        None => release.to_owned(),
    }
}

#[cfg(test)]
mod tests;
