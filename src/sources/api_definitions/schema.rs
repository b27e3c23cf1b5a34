//! A schema as a tree of fields: what of it a program depends on, in one form. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use url::Url;

use super::files::{Files, Missing};
use crate::compare::normalise::tidy;

/// How deep a tree is followed, references included. The deepest known has about ten levels.
const DEPTH_MAX: usize = 40;
/// Fields of one body. The largest known has some hundreds; a schema that unfolds without end stops here.
const FIELDS_MAX: usize = 10_000;

/// What is kept of a schema beside its fields: keywords with a plain value.
const PLAIN: [&str; 11] = [
    "format",
    "default",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "nullable",
    "deprecated",
];

/// The tree of a schema that stands in the file at `base`.
///
/// A reference is replaced by what it leads to, so that it makes no difference whether a part has a name of its own; one that
/// leads back to where it came from is kept as `again`.
///
/// # Errors
/// [`Missing`] where a part of it cannot be read: half a tree would look like fields that are gone.
pub(super) fn tree(schema: &Value, base: &Url, files: &Files) -> Result<Value, Missing> {
    let mut walk = Walk {
        files,
        fields: 0,
        way: Vec::new(),
    };
    walk.node(schema, base, 0).map(Value::Object)
}

/// The values as a set: sorted, each once.
pub(super) fn set(values: Vec<Value>) -> Value {
    let mut by_text: BTreeMap<String, Value> = BTreeMap::new();
    for value in values {
        let value = if value.is_number() { tidy(value) } else { value };
        by_text.insert(value.to_string(), value);
    }
    Value::Array(by_text.into_values().collect())
}

/// Of two values for one thing, keeps the same one whichever came first.
pub(super) fn keep_one(kept: &mut Value, other: Value) {
    let (kept_text, other_text) = (kept.to_string(), other.to_string());
    if other_text < kept_text {
        *kept = other;
    }
}

struct Walk<'a> {
    files: &'a Files,
    fields: usize,
    /// The references that led here.
    way: Vec<String>,
}

/// A schema before its `required` is written to its fields: parts of one object may name each other's fields.
#[derive(Default)]
struct Shape {
    plain: Map<String, Value>,
    fields: BTreeMap<String, Value>,
    required: BTreeSet<String>,
}

impl Walk<'_> {
    fn node(&mut self, schema: &Value, base: &Url, depth: usize) -> Result<Map<String, Value>, Missing> {
        let mut shape = self.shape(schema, base, depth)?;
        for name in &shape.required {
            if let Some(Value::Object(field)) = shape.fields.get_mut(name) {
                field.insert("required".to_owned(), Value::Bool(true));
            }
        }
        let mut node = shape.plain;
        if !shape.fields.is_empty() {
            node.entry("type").or_insert_with(|| "object".into());
            node.insert("fields".to_owned(), Value::Object(shape.fields.into_iter().collect()));
        }
        Ok(node)
    }

    fn shape(&mut self, schema: &Value, base: &Url, depth: usize) -> Result<Shape, Missing> {
        self.fields += 1;
        if self.fields > FIELDS_MAX {
            return Err(Missing::lasting(format!("it unfolds to more than {FIELDS_MAX} fields")));
        }
        let mut shape = Shape::default();
        if depth > DEPTH_MAX {
            shape.plain.insert("deeper".to_owned(), Value::Bool(true));
            return Ok(shape);
        }
        let Value::Object(schema) = schema else {
            // `true` and `{}` permit anything; nothing is known of anything else.
            return Ok(shape);
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.referred(reference, base, depth);
        }
        kinds(schema, &mut shape.plain);
        for keyword in PLAIN {
            let value = schema.get(keyword).cloned().map(tidy).unwrap_or_default();
            // That something is not so goes without saying, but `false` may be what is taken where nothing is given.
            let says_nothing = value.is_null() || (value == Value::Bool(false) && keyword != "default");
            if !says_nothing {
                shape.plain.insert(keyword.to_owned(), value);
            }
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            shape.plain.insert("enum".to_owned(), set(values.clone()));
        }
        if let Some(Value::Array(names)) = schema.get("required") {
            shape
                .required
                .extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                let field = self.node(property, base, depth + 1)?;
                shape.fields.insert(name.clone(), Value::Object(field));
            }
        }
        for (keyword, kept) in [("items", "items"), ("additionalProperties", "values")] {
            if let Some(inner @ Value::Object(_)) = schema.get(keyword) {
                let node = self.node(inner, base, depth + 1)?;
                shape.plain.insert(kept.to_owned(), Value::Object(node));
            }
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(choices)) = schema.get(keyword) {
                let mut nodes = Vec::new();
                for choice in choices {
                    nodes.push(Value::Object(self.node(choice, base, depth + 1)?));
                }
                shape.plain.insert("one_of".to_owned(), set(nodes));
            }
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            for part in parts {
                let part = self.shape(part, base, depth + 1)?;
                shape.join(part);
            }
        }
        if shape.plain.contains_key("items") {
            shape.plain.entry("type").or_insert_with(|| "array".into());
        }
        Ok(shape)
    }

    fn referred(&mut self, reference: &str, base: &Url, depth: usize) -> Result<Shape, Missing> {
        let target = self.files.target(reference, base)?;
        let way = format!("{}#{}", target.file, target.pointer);
        if self.way.contains(&way) {
            let mut shape = Shape::default();
            shape.plain.insert("again".to_owned(), target.name().into());
            return Ok(shape);
        }
        let place = self.files.at(&target).map_err(|missing| Missing {
            reason: format!("{}: {}", target.name(), missing.reason),
            ..missing
        })?;
        self.way.push(way);
        let shape = self.shape(place.value, place.base, depth + 1);
        self.way.pop();
        shape
    }
}

impl Shape {
    /// Takes in another part of the same object. Where both say something, the same one is kept whichever came first.
    fn join(&mut self, part: Shape) {
        for (name, value) in part.plain {
            match self.plain.get_mut(&name) {
                Some(kept) => keep_one(kept, value),
                None => drop(self.plain.insert(name, value)),
            }
        }
        for (name, field) in part.fields {
            match self.fields.get_mut(&name) {
                Some(kept) => keep_one(kept, field),
                None => drop(self.fields.insert(name, field)),
            }
        }
        self.required.extend(part.required);
    }
}

/// `type`, which newer files may give as a list with `null` in it.
fn kinds(schema: &Map<String, Value>, plain: &mut Map<String, Value>) {
    match schema.get("type") {
        Some(Value::String(kind)) => drop(plain.insert("type".to_owned(), kind.as_str().into())),
        Some(Value::Array(kinds)) => {
            let null = Value::from("null");
            if kinds.contains(&null) {
                plain.insert("nullable".to_owned(), Value::Bool(true));
            }
            let kinds = set(kinds.iter().filter(|kind| **kind != null).cloned().collect());
            let kind = match kinds.as_array().map(Vec::as_slice) {
                Some([only]) => only.clone(),
                _ => kinds,
            };
            plain.insert("type".to_owned(), kind);
        }
        _ => {}
    }
}
