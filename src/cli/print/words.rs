//! Documents and fields in words.

use serde_json::Value;

use super::{clean, count};

/// Fields that name a record, in the order of preference.
const NAMING: [&str; 5] = ["name", "heading", "title", "label", "description"];

/// `/profile_details/iso_18626/alma` is `profile details › iso 18626 › alma`. The whole document is `everything`.
pub fn field(pointer: &str) -> String {
    let parts: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|part| key(&part.replace("~1", "/").replace("~0", "~")))
        .collect();
    if parts.is_empty() {
        "everything".to_owned()
    } else {
        parts.join(" › ")
    }
}

/// `borrowing_supported` is `borrowing supported`.
pub fn key(name: &str) -> String {
    clean(name).replace('_', " ")
}

/// A value on one line: yes and no, a list with commas, the size of what is larger.
pub fn value(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => clean(text),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) if items.iter().all(is_plain) => {
            items.iter().map(self::value).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => count(items.len(), "entry", "entries"),
        Value::Object(fields) => match fields.get("value") {
            Some(inner) if is_plain(inner) => self::value(inner),
            _ => count(fields.len(), "field", "fields"),
        },
    }
}

/// What a record is, in a few words: its name, on or off, its value, its type, its state; else the size of its document.
pub fn what(body: &Value) -> String {
    let plain = |name: &str| body.get(name).filter(|value| is_plain(value)).map(value);
    match body.get("on") {
        Some(Value::Bool(true)) => "on".to_owned(),
        Some(Value::Bool(false)) => "off".to_owned(),
        _ => naming(body)
            .or_else(|| plain("value"))
            .or_else(|| plain("type"))
            .or_else(|| plain("state"))
            .unwrap_or_else(|| value(body)),
    }
}

/// Whether a value fits on one line.
pub fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// What a record is called, if its document says so: at the top, or one level down.
pub fn naming(body: &Value) -> Option<String> {
    let fields = body.as_object()?;
    let named = |fields: &serde_json::Map<String, Value>| {
        NAMING
            .iter()
            .find_map(|name| fields.get(*name).and_then(Value::as_str))
            .filter(|text| !text.is_empty())
            .map(clean)
    };
    named(fields).or_else(|| fields.values().filter_map(Value::as_object).find_map(named))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_and_values_read_as_words() {
        assert_eq!(field("/profile_details/iso_18626"), "profile details › iso 18626");
        assert_eq!(field("/a~1b"), "a/b");
        assert_eq!(field(""), "everything");
        assert_eq!(value(&json!(true)), "yes");
        assert_eq!(value(&json!(null)), "–");
        assert_eq!(value(&json!(["a", 2])), "a, 2");
        assert_eq!(value(&json!({"value": "ACTIVE"})), "ACTIVE");
        assert_eq!(value(&json!([{"a": 1}])), "1 entry");
    }

    #[test]
    fn a_record_is_called_by_its_name() {
        assert_eq!(
            naming(&json!({"details": {"name": "Boston College"}})).as_deref(),
            Some("Boston College")
        );
        assert_eq!(
            naming(&json!({"heading": "Rota", "area": {"name": "x"}})).as_deref(),
            Some("Rota")
        );
        assert_eq!(naming(&json!({"on": true})), None);
        assert_eq!(naming(&json!(true)), None);
    }

    #[test]
    fn a_record_without_a_name_says_what_it_is() {
        assert_eq!(what(&json!({"type": "switch", "on": false})), "off");
        assert_eq!(what(&json!({"type": "setting", "value": "30"})), "30");
        assert_eq!(what(&json!({"type": "scope", "tab": "Everything"})), "scope");
        assert_eq!(what(&json!({"name": "Elm College", "status": "ACTIVE"})), "Elm College");
        assert_eq!(what(&json!({"a": 1, "b": 2})), "2 fields");
    }
}
