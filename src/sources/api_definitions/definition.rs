//! An area's definition as records: one an operation. Pure.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use url::Url;

use super::files::{Files, Missing, Place};
use super::schema::{keep_one, set, tree};
use crate::model::observation::{Draft, Identity};

/// HTTP methods, as OpenAPI writes them.
const METHODS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];
/// Operations of one area. The largest known has 70.
const OPERATIONS_MAX: usize = 3_000;
/// Characters of a summary.
const SUMMARY_CHARS_MAX: usize = 300;
/// References of references that are followed to a parameter, a body or an answer.
const HOPS_MAX: usize = 8;
/// The form in which a body is described where there are several: what every client understands.
const JSON: &str = "application/json";

/// What was read of an area.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaRead {
    /// The records.
    pub drafts: Vec<Draft>,
    /// By key, JSON Pointers to the parts that could not be read.
    pub unread: BTreeMap<String, Vec<String>>,
    /// The schemas of bodies that were read wholly, by name (`rest_job#/rest_job`).
    pub schemas_read: BTreeSet<String>,
    /// Those that were not.
    pub missing: BTreeMap<String, Missing>,
    /// Operations that cannot be read as such; they are left out.
    pub odd: usize,
}

/// Reads the definition of an area, which was found at `url`; `files` has what it refers to, and itself.
///
/// # Errors
/// A sentence, where it is no definition.
pub fn read_area(area: &str, product: &str, definition: &Value, url: &Url, files: &Files) -> Result<AreaRead, String> {
    let is_definition = definition.get("openapi").or(definition.get("swagger")).is_some();
    let paths = definition.get("paths").and_then(Value::as_object);
    let Some(paths) = paths.filter(|_| is_definition) else {
        return Err("what is there is no API definition".to_owned());
    };
    let mut reader = Reader {
        files,
        read: AreaRead::default(),
    };
    for (path, item) in paths {
        let Ok(item) = reader.resolved(item, url) else {
            reader.read.odd += 1;
            continue;
        };
        let Some(operations) = item.value.as_object() else {
            reader.read.odd += 1;
            continue;
        };
        for method in METHODS {
            let Some(operation) = operations.get(method) else {
                continue;
            };
            if !operation.is_object() || reader.read.drafts.len() == OPERATIONS_MAX {
                reader.read.odd += 1;
                continue;
            }
            let method = method.to_ascii_uppercase();
            let key = format!("{area} {method} {path}");
            let mut record = Map::new();
            for (name, text) in [
                ("area", area),
                ("product", product),
                ("method", &method),
                ("path", path),
            ] {
                record.insert(name.to_owned(), text.into());
            }
            let shared = operations.get("parameters");
            match reader.operation(&key, operation, (item.base, shared), &mut record) {
                Ok(()) => reader.read.drafts.push(Draft {
                    partition: area.to_owned(),
                    identity: Identity::Key(key),
                    body: Value::Object(record),
                }),
                Err(_) => reader.read.odd += 1,
            }
        }
    }
    Ok(reader.read)
}

struct Reader<'a> {
    files: &'a Files,
    read: AreaRead,
}

impl<'a> Reader<'a> {
    /// Writes down an operation. The error: what it takes or answers stands elsewhere and cannot be read, so that it cannot be
    /// told from one that takes or answers nothing.
    fn operation(
        &mut self,
        key: &str,
        operation: &Value,
        (base, shared): (&Url, Option<&Value>),
        record: &mut Map<String, Value>,
    ) -> Result<(), Missing> {
        if let Some(summary) = operation.get("summary").and_then(Value::as_str) {
            let words: Vec<&str> = summary.split_whitespace().collect();
            let summary: String = words.join(" ").chars().take(SUMMARY_CHARS_MAX).collect();
            if !summary.is_empty() {
                record.insert("summary".to_owned(), summary.into());
            }
        }
        record.insert("deprecated".to_owned(), is(operation, "deprecated").into());

        let lists = [shared, operation.get("parameters")];
        match self.parameters(&lists, base) {
            Ok(parameters) => drop(record.insert("parameters".to_owned(), Value::Object(parameters))),
            Err(missing) => self.note_missing(key, "/parameters", None, missing),
        }
        if let Some(request) = operation.get("requestBody") {
            let mut taken = Map::new();
            let place = self.resolved(request, base)?;
            taken.insert("required".to_owned(), is(place.value, "required").into());
            self.content(key, "/request", place, &mut taken);
            record.insert("request".to_owned(), Value::Object(taken));
        }
        let mut answers = Map::new();
        for (status, response) in operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let pointer = format!("/responses/{}", status.replace('~', "~0").replace('/', "~1"));
            let mut answer = Map::new();
            let place = self.resolved(response, base)?;
            self.content(key, &pointer, place, &mut answer);
            answers.insert(status.clone(), Value::Object(answer));
        }
        record.insert("responses".to_owned(), Value::Object(answers));
        Ok(())
    }

    /// Parameters by where they stand and what they are called; an operation's own take the place of its path's.
    fn parameters(&self, lists: &[Option<&Value>], base: &Url) -> Result<Map<String, Value>, Missing> {
        let mut all = Map::new();
        for list in lists.iter().copied().flatten().filter_map(Value::as_array) {
            let mut named: BTreeMap<String, Value> = BTreeMap::new();
            for parameter in list {
                let place = self.resolved(parameter, base)?;
                let text = |name: &str| place.value.get(name).and_then(Value::as_str);
                let (Some(name), Some(within)) = (text("name"), text("in")) else {
                    return Err(Missing::lasting("a parameter has no name"));
                };
                let schema = place.value.get("schema").unwrap_or(&Value::Null);
                let mut kept = tree(schema, place.base, self.files)?;
                if let Value::Object(kept) = &mut kept {
                    let required = is(place.value, "required") || within == "path";
                    kept.insert("required".to_owned(), required.into());
                    if is(place.value, "deprecated") {
                        kept.insert("deprecated".to_owned(), true.into());
                    }
                }
                match named.entry(format!("{within} {name}")) {
                    Entry::Occupied(mut before) => keep_one(before.get_mut(), kept),
                    Entry::Vacant(place) => drop(place.insert(kept)),
                }
            }
            all.extend(named);
        }
        Ok(all)
    }

    /// The kinds of content, as a set, and the fields of the body: those of its JSON, which stand for the other kinds too.
    fn content(&mut self, key: &str, pointer: &str, place: Place<'_>, kept: &mut Map<String, Value>) {
        let Some(content) = place.value.get("content").and_then(Value::as_object) else {
            return;
        };
        kept.insert(
            "content".to_owned(),
            set(content.keys().map(|kind| Value::from(kind.as_str())).collect()),
        );
        let schema = content
            .get(JSON)
            .or_else(|| content.values().next())
            .and_then(|media| media.get("schema"));
        let Some(schema) = schema else {
            return;
        };
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.files.target(reference, place.base).ok())
            .map(|target| target.name());
        if let Some(name) = &name {
            kept.insert("schema".to_owned(), name.as_str().into());
        }
        match tree(schema, place.base, self.files) {
            Ok(body) => {
                kept.insert("body".to_owned(), body);
                self.read.schemas_read.extend(name);
            }
            Err(missing) => self.note_missing(key, &format!("{pointer}/body"), name, missing),
        }
    }

    fn note_missing(&mut self, key: &str, pointer: &str, name: Option<String>, missing: Missing) {
        self.read
            .unread
            .entry(key.to_owned())
            .or_default()
            .push(pointer.to_owned());
        let name = name.unwrap_or_else(|| format!("{key} {pointer}"));
        self.read.missing.insert(name, missing);
    }

    /// What stands at the end of a chain of references.
    fn resolved<'v>(&self, value: &'v Value, base: &'v Url) -> Result<Place<'v>, Missing>
    where
        'a: 'v,
    {
        let mut place = Place { value, base };
        for _ in 0..HOPS_MAX {
            let Some(reference) = place.value.get("$ref").and_then(Value::as_str) else {
                return Ok(place);
            };
            let target = self.files.target(reference, place.base)?;
            place = self.files.at(&target)?;
        }
        Err(Missing::lasting("its references lead to each other"))
    }
}

fn is(value: &Value, flag: &str) -> bool {
    value.get(flag).and_then(Value::as_bool).unwrap_or(false)
}
