//! What differs between two versions of an operation, in words for those who write programs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Values that a text names.
const VALUES_MAX: usize = 10;
/// Characters of a value in a text.
const VALUE_CHARS_MAX: usize = 60;
/// The keywords that limit a value; which of them differs is for the page to say.
const LIMITS: [&str; 11] = [
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "format",
    "one_of",
    "again",
    "deeper",
];

/// What a difference does to programs, the weightiest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Effect {
    /// They may stop working.
    Breaks,
    /// They will, one day.
    Ends,
    /// They get something that they did not get before.
    Differs,
    /// They can do more.
    Allows,
}

/// One difference.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Difference {
    pub(super) effect: Effect,
    /// `the parameter “lang” (query) is new`.
    pub(super) text: String,
}

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Programs send it.
    In,
    /// They get it.
    Out,
}

/// All differences, the weightiest first, else in the order of the record. What one version knows nothing of is no difference: it
/// could not be read.
pub(super) fn between(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    match (is_deprecated(old), is_deprecated(new)) {
        (false, true) => found.add(Effect::Ends, "is deprecated now".to_owned()),
        (true, false) => found.add(Effect::Allows, "is no longer deprecated".to_owned()),
        _ => {}
    }
    found.parameters(old.get("parameters"), new.get("parameters"));
    match (old.get("request"), new.get("request")) {
        (None, Some(request)) if is(request, "required") => {
            found.add(Effect::Breaks, "must be sent a body now".to_owned());
        }
        (None, Some(_)) => found.add(Effect::Allows, "can be sent a body now".to_owned()),
        (Some(_), None) => found.add(Effect::Breaks, "takes no body any more".to_owned()),
        (Some(before), Some(after)) => {
            match (is(before, "required"), is(after, "required")) {
                (false, true) => found.add(Effect::Breaks, "its body is required now".to_owned()),
                (true, false) => found.add(Effect::Allows, "its body is optional now".to_owned()),
                _ => {}
            }
            found.body("the request", Way::In, before, after);
        }
        (None, None) => {}
    }
    found.answers(map(old.get("responses")), map(new.get("responses")));
    found.0.sort_by_key(|difference| difference.effect);
    found.0
}

/// Whether the operation is marked as one that will go.
pub(super) fn is_deprecated(record: &Value) -> bool {
    is(record, "deprecated")
}

/// The parameters that must be given, as texts name them.
pub(super) fn required_parameters(record: &Value) -> Vec<String> {
    map(record.get("parameters"))
        .into_iter()
        .flatten()
        .filter(|(_, parameter)| is(parameter, "required"))
        .map(|(key, _)| parameter_name(key))
        .collect()
}

/// `query lang` as `“lang” (query)`.
fn parameter_name(key: &str) -> String {
    match key.split_once(' ') {
        Some((within, name)) => format!("“{name}” ({within})"),
        None => format!("“{key}”"),
    }
}

struct Found(Vec<Difference>);

impl Found {
    fn add(&mut self, effect: Effect, text: String) {
        self.0.push(Difference { effect, text });
    }

    fn parameters(&mut self, old: Option<&Value>, new: Option<&Value>) {
        let (Some(old), Some(new)) = (map(old), map(new)) else {
            return;
        };
        for key in names(old, new) {
            let what = format!("the parameter {}", parameter_name(key));
            match (old.get(key), new.get(key)) {
                (None, Some(parameter)) if is(parameter, "required") => {
                    self.add(Effect::Breaks, format!("{what} is new and required"));
                }
                (None, Some(_)) => self.add(Effect::Allows, format!("{what} is new")),
                (Some(_), None) => self.add(Effect::Breaks, format!("{what} is gone")),
                (Some(before), Some(after)) => {
                    self.node(&what, Way::In, before, after, &|inner| format!("“{inner}” in {what}"))
                }
                (None, None) => {}
            }
        }
    }

    fn answers(&mut self, old: Option<&Map<String, Value>>, new: Option<&Map<String, Value>>) {
        let (Some(old), Some(new)) = (old, new) else { return };
        for status in names(old, new) {
            match (old.get(status), new.get(status)) {
                (None, Some(_)) => self.add(Effect::Differs, format!("may answer with {status} now")),
                (Some(_), None) => self.add(Effect::Differs, format!("no longer answers with {status}")),
                (Some(before), Some(after)) => {
                    let whole = if status == "200" {
                        "the answer".to_owned()
                    } else {
                        format!("the answer {status}")
                    };
                    self.body(&whole, Way::Out, before, after);
                }
                (None, None) => {}
            }
        }
    }

    /// What is sent or answered: its kinds of content, and its fields.
    fn body(&mut self, whole: &str, way: Way, old: &Value, new: &Value) {
        let (came, went) = set_difference(old.get("content"), new.get("content"));
        if !went.is_empty() {
            self.add(
                Effect::Breaks,
                format!("{whole} no longer comes as {}", went.join(", ")),
            );
        }
        if !came.is_empty() {
            self.add(Effect::Allows, format!("{whole} can be {} now", came.join(", ")));
        }
        if let (Some(before), Some(after)) = (text(old, "schema"), text(new, "schema"))
            && before != after
        {
            let text = format!("{whole} is described by {after} now, no longer by {before}");
            self.add(Effect::Differs, text);
        }
        match (old.get("body"), new.get("body")) {
            (Some(before), Some(after)) => {
                self.node(whole, way, before, after, &|inner| {
                    format!("the field “{inner}” of {whole}")
                });
            }
            (Some(_), None) => self.add(
                Effect::Differs,
                format!("the fields of {whole} are no longer described"),
            ),
            // They could not be read before, or nobody described them.
            (None, _) => {}
        }
    }

    /// A value and all that is in it. `inner_name` names what is in it by its path.
    fn node(&mut self, what: &str, way: Way, old: &Value, new: &Value, inner_name: &dyn Fn(&str) -> String) {
        self.walk(what, "", way, (old, new), inner_name);
    }

    fn walk(
        &mut self,
        what: &str,
        path: &str,
        way: Way,
        (old, new): (&Value, &Value),
        inner_name: &dyn Fn(&str) -> String,
    ) {
        if old == new {
            return;
        }
        self.flags(what, way, old, new);
        if old.get("type") != new.get("type") {
            let kind = |node: &Value| node.get("type").map_or_else(|| "anything".to_owned(), shown);
            let (before, after) = (kind(old), kind(new));
            self.add(Effect::Breaks, format!("{what} is {after} now, no longer {before}"));
            // All that is in it differs with it.
            return;
        }
        self.values(what, way, old, new);
        if LIMITS.iter().any(|limit| old.get(limit) != new.get(limit)) {
            self.add(Effect::Differs, format!("what {what} may hold is limited otherwise"));
        }
        for (inner, mark) in [("items", "[]"), ("values", "{}")] {
            if let (Some(before), Some(after)) = (old.get(inner), new.get(inner)) {
                let path = format!("{path}{mark}");
                self.walk(&inner_name(&path), &path, way, (before, after), inner_name);
            } else if old.get(inner).is_some() != new.get(inner).is_some() {
                self.add(Effect::Differs, format!("what {what} may hold is described otherwise"));
            }
        }
        let nothing = Map::new();
        let (before, after) = (map(old.get("fields")), map(new.get("fields")));
        let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
        for name in names(before, after) {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}/{name}")
            };
            let what = inner_name(&path);
            match (before.get(name), after.get(name)) {
                (None, Some(field)) if way == Way::In && is(field, "required") => {
                    self.add(Effect::Breaks, format!("{what} is new and required"));
                }
                (None, Some(_)) => self.add(Effect::Allows, format!("{what} is new")),
                (Some(_), None) => self.add(Effect::Breaks, format!("{what} is gone")),
                (Some(before), Some(after)) => self.walk(&what, &path, way, (before, after), inner_name),
                (None, None) => {}
            }
        }
    }

    fn flags(&mut self, what: &str, way: Way, old: &Value, new: &Value) {
        match (is(old, "required"), is(new, "required"), way) {
            (false, true, Way::In) => self.add(Effect::Breaks, format!("{what} is required now")),
            (true, false, Way::In) => self.add(Effect::Allows, format!("{what} is optional now")),
            (false, true, Way::Out) => self.add(Effect::Allows, format!("{what} is always there now")),
            (true, false, Way::Out) => self.add(Effect::Differs, format!("{what} may be missing now")),
            _ => {}
        }
        match (is(old, "deprecated"), is(new, "deprecated")) {
            (false, true) => self.add(Effect::Ends, format!("{what} is deprecated now")),
            (true, false) => self.add(Effect::Allows, format!("{what} is no longer deprecated")),
            _ => {}
        }
        match (is(old, "nullable"), is(new, "nullable")) {
            (false, true) => self.add(Effect::Differs, format!("{what} may be null now")),
            (true, false) => self.add(Effect::Differs, format!("{what} is never null now")),
            _ => {}
        }
    }

    fn values(&mut self, what: &str, way: Way, old: &Value, new: &Value) {
        match (old.get("enum"), new.get("enum")) {
            (None, Some(values)) => {
                let values = listed(&all(Some(values)));
                self.add(
                    Effect::Breaks,
                    format!("{what} permits only certain values now: {values}"),
                );
            }
            (Some(_), None) => self.add(Effect::Allows, format!("{what} permits any value now")),
            (before, after) => {
                let (came, went) = set_difference(before, after);
                if !came.is_empty() {
                    let effect = if way == Way::In {
                        Effect::Allows
                    } else {
                        Effect::Differs
                    };
                    let (word, values) = (plural(&came, "value", "values"), listed(&came));
                    self.add(effect, format!("{what} permits the new {word} {values}"));
                }
                if !went.is_empty() {
                    let effect = if way == Way::In {
                        Effect::Breaks
                    } else {
                        Effect::Differs
                    };
                    let (word, values) = (plural(&went, "value", "values"), listed(&went));
                    self.add(effect, format!("{what} no longer permits the {word} {values}"));
                }
            }
        }
        if old.get("default") != new.get("default") {
            let value = |node: &Value| {
                node.get("default")
                    .map_or_else(|| "nothing".to_owned(), |value| format!("“{}”", shown(value)))
            };
            let text = format!(
                "where {what} is not given, {} is taken, no longer {}",
                value(new),
                value(old)
            );
            self.add(Effect::Differs, text);
        }
    }
}

/// What came to a set of values, and what went.
fn set_difference(old: Option<&Value>, new: Option<&Value>) -> (Vec<String>, Vec<String>) {
    let (old, new) = (all(old), all(new));
    let without = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|each| !others.contains(each)).cloned().collect()
    };
    (without(&new, &old), without(&old, &new))
}

fn all(set: Option<&Value>) -> Vec<String> {
    set.and_then(Value::as_array).into_iter().flatten().map(shown).collect()
}

/// A value as texts show it.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    };
    if text.chars().count() <= VALUE_CHARS_MAX {
        return text;
    }
    let cut: String = text.chars().take(VALUE_CHARS_MAX).collect();
    format!("{cut}…")
}

fn listed(values: &[String]) -> String {
    let mut listed: Vec<String> = values.iter().take(VALUES_MAX).cloned().collect();
    if values.len() > VALUES_MAX {
        listed.push(format!("and {} more", values.len() - VALUES_MAX));
    }
    listed.join(", ")
}

fn plural(values: &[String], one: &'static str, many: &'static str) -> &'static str {
    if values.len() == 1 { one } else { many }
}

fn map(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

fn names<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> BTreeSet<&'a String> {
    old.keys().chain(new.keys()).collect()
}

fn is(value: &Value, flag: &str) -> bool {
    value.get(flag).and_then(Value::as_bool).unwrap_or(false)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
