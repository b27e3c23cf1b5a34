//! `primo.view`: the configuration of one Primo view, taken apart into switches, scopes, tabs, mapping-table rows and
//! feature flags (PRIMO.md §4).
//!
//! New keys are the very thing that is looked for, so the allow-list names containers and value shapes, not keys
//! (`allow`). Keys read the same at every library: the view's own id stands as `{view}`, its institution as
//! `{institution}`. What the records show is what is configured, not what works.

mod allow;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Ask;
use crate::compare::normalise::{flag_of, text_of, tidy};
use crate::config::PrimoViewSettings;
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::primo;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file and in `allow` and `tables`.
pub const SHAPE_VERSION: u32 = 1;

/// The partitions: the containers that are taken apart. One that is missing from an answer failed; it is not empty.
const CONTAINERS: [&str; 4] = ["primo-view", "system-configuration", "mapping-tables", "feature-flags"];
/// The parts of `primo-view` that are partitions of their own.
const VIEW_PARTS: [&str; 3] = ["available-tabs", "scopes", "attributes-map"];
/// The partition of what stands beside the containers.
const TOP_LEVEL: &str = "top-level";
/// Without any of these an answer is no view configuration.
const CORE: [&str; 3] = ["primo-view", "system-configuration", "mapping-tables"];
/// Containers that a view may well not have.
const MAY_BE_ABSENT: [&str; 2] = ["feature-flags", "mapping-tables"];
/// Levels of nested maps that are followed; what lies deeper is kept as present.
const DEPTH_MAX: usize = 6;
/// Records kept of one container; a real view has about two thousand in all.
const RECORDS_MAX: usize = 20_000;

/// Asks once, through the door that the settings name.
///
/// # Errors
/// [`CallError`] where the configuration could not be read, is no view configuration, or is another view's.
pub async fn observe(ask: &Ask<'_>, settings: &PrimoViewSettings) -> Result<Observation, CallError> {
    let (configuration, door) = primo::view_configuration(ask.session, &settings.view, settings.door).await?;
    let verified = checked(&configuration, &settings.view).map_err(|complaint| CallError {
        attempted: format!("reading the configuration of view {} ({door})", settings.view),
        problem: Problem::Implausible(complaint),
        error_code: None,
        tracking_id: None,
        status: None,
    })?;
    let (drafts, coverage) = drafts_of(&configuration, &settings.view);
    Ok(Observation {
        drafts,
        coverage,
        verified,
        ..Observation::default()
    })
}

/// The records of a view's configuration in the order of their keys, and which containers were read. `view` is
/// `INST:VIEW`, or `VIEW` alone for a classic Primo.
pub fn drafts_of(configuration: &Value, view: &str) -> (Vec<Draft>, Coverage) {
    let own = Own::of(view);
    let mut coverage = Coverage::default();
    let mut drafts = Vec::new();
    let empty = Map::new();
    let configuration = configuration.as_object().unwrap_or(&empty);
    for container in CONTAINERS {
        let read = match configuration.get(container).map(|content| tidy(content.clone())) {
            // A view of 2024 has no feature flags at all, and a new view may have none yet. Where there were some before,
            // `poll` takes this for half an answer.
            None | Some(Value::Null) if MAY_BE_ABSENT.contains(&container) => PartitionRead::Absent,
            None => failed("is missing from the answer"),
            Some(Value::Null) => PartitionRead::Partial {
                reason: "is empty, which is taken for half an answer".to_owned(),
            },
            Some(Value::Object(content)) => {
                let mut records = Records::default();
                match container {
                    "primo-view" => take_view(&mut records, content, &own, &mut drafts, &mut coverage),
                    "mapping-tables" => tables::take(&mut records, content, &own),
                    _ => take_map(&mut records, container, content, &own, 1),
                }
                records.into_drafts(container, &mut drafts)
            }
            Some(_) => failed("is not made of named settings"),
        };
        coverage.set(container, read);
    }
    let mut records = Records::default();
    for (name, value) in configuration {
        if !CONTAINERS.contains(&name.as_str()) && !allow::is_dropped(name) {
            let body = match tidy(value.clone()) {
                Value::Object(_) | Value::Array(_) => Some(allow::present()),
                value => allow::body_of(name, &value),
            };
            records.add(own.key(&[TOP_LEVEL, name]), body);
        }
    }
    let read = records.into_drafts(TOP_LEVEL, &mut drafts);
    coverage.set(
        TOP_LEVEL,
        if configuration.is_empty() {
            failed("the answer has no named settings")
        } else {
            read
        },
    );
    drafts.sort_by(|one, other| key_of(one).cmp(key_of(other)));
    (drafts, coverage)
}

/// Whether the answer is this view's configuration: what is wrong with it, or whether it named the institution.
fn checked(configuration: &Value, view: &str) -> Result<Option<bool>, String> {
    if !CORE
        .iter()
        .any(|core| configuration.get(core).is_some_and(Value::is_object))
    {
        return Err("it holds none of the parts of a view configuration".to_owned());
    }
    let vid = configuration.get("vid").and_then(text_of);
    if let Some(named) = &vid
        && named.replace(':', "_") != view.replace(':', "_")
        && !view.ends_with(&format!(":{named}"))
    {
        return Err(format!("it is the configuration of the view {named}"));
    }
    let Some((institution, _)) = view.split_once(':') else {
        return Ok(None);
    };
    let named = [
        "/primo-view/institution/institution-code",
        "/primo-view/attributes-map/institutionCode",
    ]
    .iter()
    .find_map(|path| configuration.pointer(path).and_then(text_of));
    match named {
        Some(named) if named == institution => Ok(Some(true)),
        Some(named) if vid.is_none() => Err(format!("it names the institution {named}, not {institution}")),
        _ => Ok(None),
    }
}

/// The view's own ids, which stand in keys as placeholders so that keys compare across libraries.
struct Own<'a> {
    view: &'a str,
    institution: Option<&'a str>,
}

impl<'a> Own<'a> {
    fn of(view: &'a str) -> Self {
        Self {
            view,
            institution: view.split_once(':').map(|(institution, _)| institution),
        }
    }

    /// The key of that path; `None` where a part of it is not fit to be kept.
    fn key(&self, path: &[&str]) -> Option<String> {
        let parts: Option<Vec<&str>> = path
            .iter()
            .map(|part| allow::is_name(part).then(|| self.neutral(part)))
            .collect();
        Some(parts?.join("/"))
    }

    fn neutral<'b>(&self, part: &'b str) -> &'b str {
        if part == self.view {
            "{view}"
        } else if Some(part) == self.institution {
            "{institution}"
        } else {
            part
        }
    }

    /// Whether this names another view of the same institution.
    fn is_sibling(&self, text: &str) -> bool {
        text != self.view
            && text
                .split_once(':')
                .is_some_and(|(institution, view)| Some(institution) == self.institution && !view.is_empty())
    }
}

/// Records of one container by key.
#[derive(Default)]
struct Records {
    by_key: BTreeMap<String, Value>,
    overflowing: bool,
}

impl Records {
    /// Adds a record unless key or body were not fit to be kept. Of two with one key the first stays; the walk is in
    /// the order of the keys, so it is always the same one.
    fn add(&mut self, key: Option<String>, body: Option<Value>) {
        let (Some(key), Some(body)) = (key, body) else { return };
        if self.by_key.len() >= RECORDS_MAX {
            self.overflowing = true;
        } else {
            self.by_key.entry(key).or_insert(body);
        }
    }

    fn into_drafts(self, partition: &str, drafts: &mut Vec<Draft>) -> PartitionRead {
        drafts.extend(self.by_key.into_iter().map(|(key, body)| Draft {
            partition: partition.to_owned(),
            identity: Identity::Key(key),
            body,
        }));
        if self.overflowing {
            PartitionRead::Partial {
                reason: format!("holds more than {RECORDS_MAX} settings; no more are kept"),
            }
        } else {
            PartitionRead::Complete
        }
    }
}

fn key_of(draft: &Draft) -> &str {
    match &draft.identity {
        Identity::Key(text) | Identity::Matched { hint: text } => text,
    }
}

/// One record a leaf, keyed by its path.
fn take_map(records: &mut Records, prefix: &str, content: Map<String, Value>, own: &Own<'_>, depth: usize) {
    for (name, value) in content {
        if allow::is_dropped(&name) {
            continue;
        }
        let key = own.key(&[&name]).map(|part| format!("{prefix}/{part}"));
        match (value, key) {
            (Value::Object(inner), Some(key)) if depth < DEPTH_MAX => take_map(records, &key, inner, own, depth + 1),
            (Value::Object(_) | Value::Array(_), key) => records.add(key, Some(allow::present())),
            (leaf, Some(key)) => {
                let body = allow::body_of(&key, &leaf);
                records.add(Some(key), body);
            }
            (_, None) => {}
        }
    }
}

/// `primo-view`: tabs and scopes become records of their own, `attributes-map` loses the prefix, the rest goes by path.
/// Each of the three is a partition, so that one which is missing from an answer is unknown and not emptied.
fn take_view(
    records: &mut Records,
    mut content: Map<String, Value>,
    own: &Own<'_>,
    drafts: &mut Vec<Draft>,
    coverage: &mut Coverage,
) {
    for part in VIEW_PARTS {
        let mut records = Records::default();
        let partition = format!("primo-view/{part}");
        let read = match (part, content.remove(part)) {
            (_, None) => PartitionRead::Absent,
            ("available-tabs", Some(Value::Array(tabs))) => {
                for tab in tabs.iter().filter_map(text_of) {
                    records.add(own.key(&["tab", &tab]), Some(json!({"type": "tab"})));
                }
                records.into_drafts(&partition, drafts)
            }
            ("scopes", Some(Value::Array(scopes))) => {
                take_scopes(&mut records, &scopes, own);
                records.into_drafts(&partition, drafts)
            }
            ("attributes-map", Some(Value::Object(attributes))) => {
                take_map(&mut records, part, attributes, own, 1);
                records.into_drafts(&partition, drafts)
            }
            (_, Some(_)) => failed("has another form than it should have"),
        };
        coverage.set(partition, read);
    }
    take_map(records, "primo-view", content, own, 1);
}

/// One record a scope id. A search profile can stand in several tabs: then `tab` is the list of them.
fn take_scopes(records: &mut Records, scopes: &[Value], own: &Own<'_>) {
    #[derive(Default)]
    struct Scope {
        tabs: BTreeSet<String>,
        locations: BTreeSet<String>,
        types: BTreeSet<String>,
        central_index: bool,
    }
    let mut by_id: BTreeMap<String, Scope> = BTreeMap::new();
    for scope in scopes {
        let Some(id) = scope.get("scope-id").and_then(text_of) else {
            continue;
        };
        let entry = by_id.entry(id).or_default();
        entry.tabs.extend(codes_in(scope.get("tab")));
        entry.locations.extend(codes_in(scope.get("locations")));
        entry.types.extend(codes_in(scope.get("types")));
        entry.central_index |= scope
            .get("contains-central-index-scope")
            .and_then(flag_of)
            .unwrap_or_default();
    }
    for (id, scope) in by_id {
        let tab = match scope.tabs.len() {
            1 => json!(scope.tabs.first()),
            _ => json!(scope.tabs),
        };
        let body = tidy(json!({
            "type": "scope",
            "tab": tab,
            "locations": scope.locations,
            "types": scope.types,
            "central_index": scope.central_index,
        }));
        records.add(own.key(&["scope", &id]), Some(body));
    }
}

/// The codes in a list, or in a text that separates them by commas.
fn codes_in(field: Option<&Value>) -> Vec<String> {
    let texts: Vec<String> = match field {
        Some(Value::Array(items)) => items.iter().filter_map(text_of).collect(),
        Some(field) => text_of(field)
            .map(|text| text.split(',').map(|code| code.trim().to_owned()).collect())
            .unwrap_or_default(),
        None => Vec::new(),
    };
    texts
        .into_iter()
        .filter(|code| !code.is_empty())
        .map(|code| {
            if allow::is_code(&code) {
                code
            } else {
                allow::PRESENT.to_owned()
            }
        })
        .collect()
}

fn failed(reason: &str) -> PartitionRead {
    PartitionRead::Failed {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_be_the_configuration_of_this_view() {
        let view = "01TUN_INST:01TUN";
        let answer = |vid: &str, institution: &str| json!({"vid": vid, "primo-view": {"institution": {"institution-code": institution}}});
        assert_eq!(checked(&answer(view, "01TUN_INST"), view), Ok(Some(true)));
        assert_eq!(checked(&answer("01TUN_INST_01TUN", ""), view), Ok(None));
        assert_eq!(
            checked(&answer(view, "01BLC_NETWORK"), view),
            Ok(None),
            "a view of the zone names the zone"
        );
        let other_view = checked(&answer("01BC_INST:bclib", "01BC_INST"), view).unwrap_err();
        assert_eq!(other_view, "it is the configuration of the view 01BC_INST:bclib");
        let other_institution = checked(&answer("", "01BC_INST"), view).unwrap_err();
        assert_eq!(other_institution, "it names the institution 01BC_INST, not 01TUN_INST");
        for not_one in [
            json!({"errorsExist": true}),
            json!([]),
            json!("sign in"),
            json!({"primo-view": "x"}),
        ] {
            assert!(checked(&not_one, view).is_err(), "{not_one}");
        }
        assert_eq!(checked(&json!({"system-configuration": {}}), "BLC"), Ok(None));
    }
}
