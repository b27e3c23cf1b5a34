//! The record of one release-note item, and what is read from its wording.

use serde_json::{Map, Value, json};
use url::Url;

use crate::exlibris::knowledge_center::{Item, canonical};

mod dates;

/// The longest stem of a key that is still read at a glance.
const MAX_SLUG_CHARS: usize = 60;

/// The allow-list: these fields of an item are kept, and no others.
pub(super) fn body(item: &Item, product: &str, page: &Url) -> Value {
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| {
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        if !empty {
            record.insert(name.to_owned(), value);
        }
    };
    put("product", json!(product));
    put("release", json!(item.release));
    put("area", json!(item.area));
    put("section", json!(item.section.name()));
    put("heading", json!(item.heading));
    put("body", json!(item.body));
    put("tags", json!(item.tags));
    put("urm_ids", json!(item.urm_ids));
    put("case_ids", json!(item.case_ids));
    put("ners_ids", json!(item.ners_ids));
    put("opt_in", json!(opt_in(&item.body)));
    put("dates", json!(dates::named(&item.body)));
    put("links", json!(item.links));
    put("page", json!(canonical(page).as_str()));
    Value::Object(record)
}

/// The stem of a new key: `2026-11/zone-imports-can-be-steered`.
pub(super) fn hint(item: &Item) -> String {
    let mut slug = String::new();
    for word in item
        .heading
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if !slug.is_empty() && slug.chars().count() + word.chars().count() > MAX_SLUG_CHARS {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_lowercase());
    }
    let slug: String = slug.chars().take(MAX_SLUG_CHARS).collect();
    format!(
        "{}/{}",
        item.release.as_deref().unwrap_or("undated"),
        if slug.is_empty() { "item" } else { &slug }
    )
}

/// Wordings that say who switches a feature on; the first group that matches counts, since "contact Ex Libris to enable
/// it; it is off by default" asks for more than a switch.
const OPT_IN: [(&str, &[&str]); 3] = [
    (
        "contact-exlibris",
        &[
            "contact ex libris",
            "contact exlibris",
            "contact support to",
            "contact customer support",
            "contact clarivate",
            "ask ex libris",
            "ex libris must be asked",
            "ex libris must enable",
            "enabled by ex libris",
            "activated by ex libris",
            "open a support case",
            "open a support ticket",
            "opening a support case",
            "open a case with",
            "submit a support case",
            "salesforce case to enable",
            "salesforce case to activate",
        ],
    ),
    (
        "off-by-default",
        &[
            "off by default",
            "disabled by default",
            "inactive by default",
            "not enabled by default",
            "not active by default",
            "not activated by default",
            "not selected by default",
            "by default, this is disabled",
            "by default, this option is disabled",
            "by default, this feature is disabled",
            "by default, this parameter is set to false",
            "by default, the parameter is set to false",
            "default value is false",
            "default is false",
            "default is off",
            "set to false by default",
            "hidden by default",
            "opt in",
            "opt-in",
            "must be switched on",
            "must be enabled",
        ],
    ),
    (
        "on",
        &[
            "on by default",
            "enabled by default",
            "active by default",
            "activated by default",
            "selected by default",
            "enabled automatically",
            "automatically enabled",
            "default value is true",
            "default is true",
            "default is on",
            "set to true by default",
            "opt out",
            "opt-out",
        ],
    ),
];

/// `contact-exlibris`, `off-by-default` or `on`, from the text only; `None` where it does not say.
fn opt_in(text: &str) -> Option<&'static str> {
    let plain = text.to_lowercase().replace('’', "'").replace('\n', " ");
    OPT_IN
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| holds(&plain, phrase)))
        .map(|(name, _)| *name)
}

/// Whole words only, and not behind a "not": "not on by default" is not "on by default".
fn holds(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + phrase.len()..];
        !before.ends_with(char::is_alphanumeric)
            && !after.starts_with(char::is_alphanumeric)
            && !before.trim_end().ends_with("not")
            && !before.trim_end().ends_with("no need to")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exlibris::knowledge_center::Section;

    #[test]
    fn opt_in_comes_from_the_wording_only() {
        for (text, wanted) in [
            ("The option is off by default.", Some("off-by-default")),
            ("It is enabled by default for all.", Some("on")),
            ("This is not enabled by default.", Some("off-by-default")),
            (
                "Contact Ex Libris to enable it; it is off by default.",
                Some("contact-exlibris"),
            ),
            ("Adoption in general is not mentioned.", None),
            ("Staff opt in per partner.", Some("off-by-default")),
            ("There is no need to contact Ex Libris.", None),
            ("", None),
        ] {
            assert_eq!(opt_in(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_record_holds_no_empty_field() {
        let item = Item {
            heading: "Zone Imports: “Steered”".to_owned(),
            section: Section::MainFeature,
            release: None,
            area: None,
            urm_ids: vec![],
            case_ids: vec![],
            ners_ids: vec![],
            tags: vec![],
            body: "Text.".to_owned(),
            links: vec![],
        };
        let page = "https://kc.example/Alma/2026?mon=202611BASE".parse().unwrap();
        assert_eq!(
            body(&item, "Alma", &page),
            json!({"product": "Alma", "section": "main-feature", "heading": "Zone Imports: “Steered”", "body": "Text.", "page": "https://kc.example/Alma/2026"})
        );
        assert_eq!(hint(&item), "undated/zone-imports-steered");
    }
}
