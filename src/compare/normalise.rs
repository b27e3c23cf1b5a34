//! One form for the same content: null styles, numbers and booleans as Ex Libris varies them (ALMA.md §9, PRIMO.md §4).

use serde_json::{Map, Number, Value};

/// Whole floats up to this size become integers; beyond 2^53 a float no longer tells neighbours apart.
const WHOLE_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;
/// Digits of a number in a string that is read as a number; longer ones are identifiers and stay text (ALMA.md §9).
const NUMBER_DIGITS_MAX: usize = 9;

/// Drops nulls, empty strings, empty objects and empty lists, at every depth, and turns whole floats into integers.
/// What has nothing left is null.
pub fn tidy(value: Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(number) => Value::Number(tidy_number(number)),
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(_) => value,
        Value::Array(items) => {
            let items: Vec<Value> = items.into_iter().map(tidy).filter(|item| !item.is_null()).collect();
            if items.is_empty() {
                Value::Null
            } else {
                Value::Array(items)
            }
        }
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields
                .into_iter()
                .map(|(key, field)| (key, tidy(field)))
                .filter(|(_, field)| !field.is_null())
                .collect();
            if fields.is_empty() {
                Value::Null
            } else {
                Value::Object(fields)
            }
        }
    }
}

/// The content of a field that may be wrapped as `{value, desc}`: the value alone, since `desc` is localised. `None`
/// for every null style of ALMA.md §9, `{"desc": ""}` without a value among them.
pub fn value_of(field: &Value) -> Option<&Value> {
    let content = match field {
        Value::Object(wrapped) => wrapped.get("value")?,
        plain => plain,
    };
    match content {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        content => Some(content),
    }
}

/// The text of a field that is known to be text or a code, without surrounding blanks, unwrapped from `{value, desc}`.
/// A bare number or boolean is written out, since codes come unquoted at times.
pub fn text_of(field: &Value) -> Option<String> {
    match value_of(field)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(tidy_number(number.clone()).to_string()),
        Value::Bool(on) => Some(on.to_string()),
        _ => None,
    }
}

/// The truth of a field that is known to be boolean: `true`, `"true"`, `"Y"`, `"Yes"`, `"1"`, `1` and their contraries,
/// in any case, unwrapped from `{value, desc}`.
pub fn flag_of(field: &Value) -> Option<bool> {
    match value_of(field)? {
        Value::Number(number) => match number.as_f64()? {
            1.0 => Some(true),
            0.0 => Some(false),
            _ => None,
        },
        Value::String(text) if text.trim() == "1" => Some(true),
        Value::String(text) if text.trim() == "0" => Some(false),
        content => spoken_flag(content),
    }
}

/// The truth of a field that may or may not be boolean: as [`flag_of`], but `1` and `0` are numbers here.
pub fn spoken_flag(content: &Value) -> Option<bool> {
    match content {
        Value::Bool(on) => Some(*on),
        Value::String(text) => {
            let text = text.trim();
            let is = |word: &str| text.eq_ignore_ascii_case(word);
            if is("true") || is("y") || is("yes") {
                Some(true)
            } else if is("false") || is("n") || is("no") {
                Some(false)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// The number of a field that is known to be a count or a duration: `4`, `4.0` and `"4"`, unwrapped from `{value, desc}`.
pub fn count_of(field: &Value) -> Option<i64> {
    match value_of(field)? {
        Value::Number(number) => tidy_number(number.clone()).as_i64(),
        Value::String(text) => plain_number(text),
        _ => None,
    }
}

/// The number that a short text of digits stands for. Leading zeros or more than nine digits make it an identifier,
/// which is text.
pub fn plain_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = (1..=NUMBER_DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
        && text != "-0";
    if is_plain { text.parse().ok() } else { None }
}

fn tidy_number(number: Number) -> Number {
    if number.is_i64() || number.is_u64() {
        return number;
    }
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        Some(float) if float.fract() == 0.0 && float.abs() <= WHOLE_FLOAT_MAX => Number::from(float as i64),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn all_null_styles_of_alma_are_the_same_nothing() {
        for nothing in [
            json!(null),
            json!(""),
            json!("  "),
            json!({}),
            json!([]),
            json!({"value": null, "desc": null}),
            json!([{}, null, [""]]),
        ] {
            assert_eq!(
                tidy(json!({"kept": 1, "field": nothing})),
                json!({"kept": 1}),
                "{nothing}"
            );
            assert_eq!(
                text_of(&nothing).or(flag_of(&nothing).map(|_| String::new())),
                None,
                "{nothing}"
            );
        }
        assert_eq!(value_of(&json!({"desc": "Only a label"})), None);
    }

    #[test]
    fn false_and_zero_are_values_and_stay() {
        assert_eq!(
            tidy(json!({"a": false, "b": 0, "c": -0.0})),
            json!({"a": false, "b": 0, "c": 0})
        );
    }

    #[test]
    fn whole_floats_become_integers_and_large_identifiers_keep_every_digit() {
        let tidied = tidy(json!({"one": 1.0, "half": 0.5, "huge": 1e300, "id": 9_007_199_254_740_993_u64}));
        assert_eq!(
            tidied.to_string(),
            r#"{"half":0.5,"huge":1e+300,"id":9007199254740993,"one":1}"#
        );
    }

    #[test]
    fn booleans_come_in_many_spellings() {
        for yes in [
            json!(true),
            json!("true"),
            json!("Y"),
            json!("yes"),
            json!("1"),
            json!(1.0),
            json!({"value": "TRUE", "desc": "Ja"}),
        ] {
            assert_eq!(flag_of(&yes), Some(true), "{yes}");
        }
        for no in [
            json!(false),
            json!("False"),
            json!("N"),
            json!("No"),
            json!("0"),
            json!(0),
        ] {
            assert_eq!(flag_of(&no), Some(false), "{no}");
        }
        for neither in [json!("ALL"), json!(2), json!("10"), json!(["true"])] {
            assert_eq!(flag_of(&neither), None, "{neither}");
        }
        assert_eq!(spoken_flag(&json!("1")), None, "a 1 may be a number");
    }

    #[test]
    fn numbers_in_strings_are_numbers_unless_they_are_identifiers() {
        assert_eq!(count_of(&json!("4")), Some(4));
        assert_eq!(count_of(&json!(4.0)), Some(4));
        assert_eq!(plain_number("-12"), Some(-12));
        for identifier in ["074281", "9978021000001021", "", "-", "-0", "1.5"] {
            assert_eq!(plain_number(identifier), None, "{identifier}");
        }
        assert_eq!(text_of(&json!("074281")).as_deref(), Some("074281"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-4000..4000_i32).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
            (-1000..1000_i32).prop_map(|whole| Value::from(f64::from(whole))),
            "[ a-z]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-e]{1,2}", inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// The same document with the keys of every object written in the opposite order.
    fn reversed_text(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .rev()
                    .map(|(key, field)| format!("{}:{}", Value::from(key.as_str()), reversed_text(field)))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
            Value::Array(items) => {
                format!("[{}]", items.iter().map(reversed_text).collect::<Vec<_>>().join(","))
            }
            leaf => leaf.to_string(),
        }
    }

    proptest! {
        #[test]
        fn tidying_twice_is_tidying_once(value in any_json()) {
            let once = tidy(value);
            prop_assert_eq!(tidy(once.clone()), once);
        }

        #[test]
        fn key_order_makes_no_difference(value in any_json()) {
            let other_order: Value = serde_json::from_str(&reversed_text(&value)).unwrap();
            prop_assert_eq!(tidy(other_order).to_string(), tidy(value).to_string());
        }

        #[test]
        fn nothing_empty_is_left(value in any_json()) {
            fn holds_nothing_empty(value: &Value) -> bool {
                match value {
                    Value::Null => false,
                    Value::String(text) => !text.trim().is_empty(),
                    Value::Array(items) => !items.is_empty() && items.iter().all(holds_nothing_empty),
                    Value::Object(fields) => !fields.is_empty() && fields.values().all(holds_nothing_empty),
                    _ => true,
                }
            }
            let tidied = tidy(value);
            prop_assert!(tidied.is_null() || holds_nothing_empty(&tidied), "{}", tidied);
        }
    }
}
