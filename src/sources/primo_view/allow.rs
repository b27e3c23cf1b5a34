//! The allow-list of `primo.view`: which names are dropped, and which shapes of values are kept (DESIGN invariant 2).

use serde_json::{Value, json};

use crate::compare::normalise::{flag_of, plain_number, spoken_flag, tidy};

/// Names that are never kept at any level: personal (who changed what), volatile, or the vendor's own plumbing
/// (PRIMO.md §4). In lower case.
const DROPPED: &[&str] = &[
    "authentication",
    "beacono22",
    "customer-id",
    "hostlb",
    "institution",
    "institution-id",
    "last-modified-time-stamp",
    "public captcha key",
    "report a problem",
    "rum_url",
    "syndeticunbound-id",
    "tiles",
    "updated-by",
    "updated_by",
    "vid",
];

/// Of the names above, those that also name rows of mapping tables.
const DROPPED_ROWS: &[&str] = &["hostlb", "public captcha key", "updated-by", "updated_by"];

/// Names with one of these in them may hold how to reach a person: of their values only truth and small numbers are
/// kept (how many e-mails a reader may send is a setting; an address is not).
const PERSONAL: &[&str] = &[
    "contact",
    "librarian",
    "mail",
    "phone",
    "staff",
    "user-name",
    "username",
];
/// Names with one of these in them may hold a secret: of their values only truth is kept.
const SECRET: &[&str] = &[
    "captcha",
    "password",
    "secret",
    "token",
    "api key",
    "api_key",
    "apikey",
    "access_key",
];

/// Names that begin with one of these are switches, so that their `1` and `0` are on and off.
const SWITCH_BEGINNINGS: &[&str] = &["allow_", "enable_", "hide_", "is-", "is_", "use_"];
/// The same for names that hold or end in these.
const SWITCH_MARKS: &[&str] = &["enabled", "[y/n]"];

/// A short code is at most this long (DESIGN invariant 2).
const CODE_CHARS_MAX: usize = 64;
/// A name in a key is at most this long.
const NAME_CHARS_MAX: usize = 120;
/// A run of letters and digits this long is an identifier made by a machine, not a word.
const MACHINE_WORD_CHARS_MIN: usize = 20;
/// The largest number kept under a personal name: no telephone number is as small.
const PERSONAL_NUMBER_MAX: i64 = 99_999;

/// Stands for a value that is there and is not kept.
pub const PRESENT: &str = "present";

/// Whether nothing of what bears this name is kept: the names above, and all addresses.
pub fn is_dropped(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    DROPPED.contains(&name.as_str()) || name.ends_with("url")
}

/// Whether a row of a mapping table with this in a source column is dropped.
pub fn is_dropped_row(source: &str) -> bool {
    let source = source.trim().to_lowercase();
    DROPPED_ROWS.contains(&source.as_str()) || source.ends_with("url")
}

/// Whether a name may stand in a key: not long, no address, no control characters.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.contains('@')
        && !name.contains("://")
        && !name.chars().any(char::is_control)
}

/// Whether a text is a short code: at most 64 letters, digits and marks, no address, no identifier made by a machine.
pub fn is_code(text: &str) -> bool {
    text.len() <= CODE_CHARS_MAX
        && !text.contains("://")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.,:;|/ -".contains(c))
        && !text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
            word.len() >= MACHINE_WORD_CHARS_MIN
                && word.bytes().any(|byte| byte.is_ascii_digit())
                && word.bytes().any(|byte| byte.is_ascii_alphabetic())
        })
}

/// The body of the record of a single value under `name` (or a path of names): a switch where the value is true or
/// false in any spelling, a setting where it is a number or a short code, else a setting that is present. `None` where
/// there is no value.
pub fn body_of(name: &str, value: &Value) -> Option<Value> {
    let name = name.to_lowercase();
    let value = tidy(value.clone());
    if value.is_null() {
        return None;
    }
    let flag = if reads_as_switch(&name) {
        flag_of(&value)
    } else {
        spoken_flag(&value)
    };
    if let Some(on) = flag {
        return Some(json!({"type": "switch", "on": on}));
    }
    let holds = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark));
    let number = match &value {
        Value::Number(number) => Some(json!(number)),
        Value::String(text) => plain_number(text).map(Value::from),
        _ => None,
    };
    Some(match (number, &value) {
        _ if holds(SECRET) => present(),
        (Some(number), _) if holds(PERSONAL) => match number.as_i64() {
            Some(small) if small.abs() <= PERSONAL_NUMBER_MAX => setting(number),
            _ => present(),
        },
        _ if holds(PERSONAL) => present(),
        (Some(number), _) => setting(number),
        (None, Value::String(text)) if is_code(text.trim()) => setting(Value::from(text.trim())),
        _ => present(),
    })
}

/// The body of a record whose value is there and is not kept.
pub fn present() -> Value {
    setting(Value::from(PRESENT))
}

fn setting(value: Value) -> Value {
    json!({"type": "setting", "value": value})
}

fn reads_as_switch(path: &str) -> bool {
    path.split('/').any(|name| {
        SWITCH_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) || name.contains(SWITCH_MARKS[0])
    }) || path.ends_with(SWITCH_MARKS[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_decide_what_is_kept() {
        for (name, value, kept) in [
            ("ngrs_enabled", json!("Y"), json!({"type": "switch", "on": true})),
            ("ngrs_enabled", json!("0"), json!({"type": "switch", "on": false})),
            ("number_of_services", json!("1"), json!({"type": "setting", "value": 1})),
            ("split_wait", json!(1500.0), json!({"type": "setting", "value": 1500})),
            (
                "sizes",
                json!("10,25,50"),
                json!({"type": "setting", "value": "10,25,50"}),
            ),
            (
                "Alma_Version",
                json!("August 2024"),
                json!({"type": "setting", "value": "August 2024"}),
            ),
            ("Proxy_Server", json!("https://proxy.example.org/x"), present()),
            ("blurb", json!("Ask us: desk@example.org"), present()),
            ("anything", json!("a1b2c3d4e5f6a7b8c9d0e1f2"), present()),
            ("anything", json!(["a", "b"]), present()),
            (
                "enforce_strong_password",
                json!(true),
                json!({"type": "switch", "on": true}),
            ),
            ("admin_password", json!("hunter2"), present()),
            ("contact_name", json!("Jo Doe"), present()),
            ("emails_allowed", json!("5"), json!({"type": "setting", "value": 5})),
            ("desk_phone", json!(6_175_550_100_i64), present()),
        ] {
            assert_eq!(body_of(name, &value), Some(kept), "{name} = {value}");
        }
        assert_eq!(body_of("anything", &json!({})), None);
    }

    #[test]
    fn addresses_and_people_are_dropped_by_name() {
        for name in [
            "RUM_URL",
            "sessionTimeoutURL",
            "logoUrl",
            "hostLB",
            "updated-by",
            "Public Captcha Key",
            "tiles",
        ] {
            assert!(is_dropped(name), "{name}");
        }
        assert!(
            !is_dropped("Institution Base URLs"),
            "the table says which members are wired; its values are not kept"
        );
    }
}
