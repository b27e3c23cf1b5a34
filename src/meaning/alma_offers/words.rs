//! Words that the texts about what Alma offers have in common.

use serde_json::Value;
use std::time::Duration;

use super::Seen;

/// What came to another library so recently is on its way to more of them (DESIGN §6, groups).
const ROLL_OUT: Duration = Duration::from_hours(48);
/// Words that speak of resource sharing by themselves. "Borrowing" and "borrowed" do not: Alma uses them of a patron's own
/// loans too.
const SHARING_WORDS: &[&str] = &[
    "rs",
    "ill",
    "interlibrary",
    "lender",
    "lending",
    "lend",
    "borrower",
    "bor",
    "partner",
    "partners",
    "rapido",
    "rapidill",
    "rapid",
    "ncip",
    "innreach",
    "slnp",
    "bldss",
    "relais",
    "illiad",
    "rota",
];
/// Pairs of words that do.
const SHARING_PAIRS: &[(&str, &str)] = &[
    ("resource", "sharing"),
    ("borrowing", "request"),
    ("borrowing", "requests"),
    ("inter", "library"),
    ("iso", "18626"),
    ("inn", "reach"),
];

/// Whether a code or a label speaks of resource sharing.
pub(super) fn is_about_sharing(texts: &[&str]) -> bool {
    texts.iter().any(|text| {
        let words = words_of(text);
        words.iter().any(|word| SHARING_WORDS.contains(&word.as_str()))
            || words.windows(2).any(|pair| {
                SHARING_PAIRS
                    .iter()
                    .any(|(first, second)| pair[0] == *first && pair[1] == *second)
            })
    })
}

/// `Digitized by partner (DIGITIZED_BY_PARTNER)`, or one of the two where the other says nothing more.
pub(super) fn named(label: Option<&str>, code: &str) -> String {
    match label {
        Some(label) if label.eq_ignore_ascii_case(code) => label.to_owned(),
        Some(label) => format!("{label} ({code})"),
        None => code.to_owned(),
    }
}

/// A text of a record.
pub(super) fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name).and_then(Value::as_str)
}

/// A flag of a record.
pub(super) fn flag(record: &Value, name: &str) -> Option<bool> {
    record.get(name).and_then(Value::as_bool)
}

/// A flag that went from one truth to the other: what it is now.
pub(super) fn turned(old: &Value, new: &Value, name: &str) -> Option<bool> {
    let (before, after) = (flag(old, name)?, flag(new, name)?);
    (before != after).then_some(after)
}

/// A text that differs: before and after.
pub(super) fn moved<'a>(old: &'a Value, new: &'a Value, name: &str) -> Option<(&'a str, &'a str)> {
    let (before, after) = (
        text(old, name).unwrap_or("nothing"),
        text(new, name).unwrap_or("nothing"),
    );
    (before != after).then_some((before, after))
}

/// Where what is new here was seen before. `or` says what it may be where nobody had it.
pub(super) fn novelty(seen: &Seen<'_>, or: &str) -> String {
    let change = seen.change;
    if change.context.returned {
        return "It had gone from here and is back.".to_owned();
    }
    match change.context.first_seen_anywhere {
        None => format!("No other watched library had it before: {or}."),
        Some(first) if first.millis() == 0 => {
            "Another library has had it since before it was watched, so it is new only here.".to_owned()
        }
        Some(first) => {
            let age = change.now.since(first);
            let ago = match age.as_secs() / (24 * 60 * 60) {
                0 => "less than a day ago".to_owned(),
                1 => "a day ago".to_owned(),
                days => format!("{days} days ago"),
            };
            if age <= ROLL_OUT {
                format!("It was first seen at another library {ago}: it seems to be coming to all of them.")
            } else {
                format!("It was first seen at another library {ago}.")
            }
        }
    }
}

/// Sentences as one text.
pub(super) fn sentences(parts: &[String]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

/// The words of a code or a label, in small letters: cut at everything but letters and digits, and in `camelCase` and
/// `RSRequest` where a new word begins.
fn words_of(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase())
                || before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase()));
        if begins || !letter.is_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_and_labels_are_cut_into_words() {
        assert_eq!(
            words_of("ResourceSharingReturnSlipLetter"),
            ["resource", "sharing", "return", "slip", "letter"]
        );
        assert_eq!(words_of("FulRSRequest"), ["ful", "rs", "request"]);
        assert_eq!(words_of("REQUEST_CREATED_BOR - x"), ["request", "created", "bor", "x"]);
        assert_eq!(words_of("ISO 18626"), ["iso", "18626"]);
    }

    #[test]
    fn what_speaks_of_resource_sharing_is_told_from_what_does_not() {
        for text in [
            "ResourceSharingShippingSlipLetter",
            "LenderRejectEmailLetter",
            "BorrowerClaimEmailLetter",
            "RS_REQUEST",
            "Lending request created",
            "Borrowing requests",
            "INN_REACH",
            "ISO_18626",
            "Outgoing email to partner",
        ] {
            assert!(is_about_sharing(&[text]), "{text}");
        }
        for text in [
            "FulBorrowedByLetter",
            "BorrowingActivityLetter",
            "Users",
            "Skill sheet",
            "Filling",
            "LOAN_CREATED",
            "RFID",
            "",
        ] {
            assert!(!is_about_sharing(&[text]), "{text}");
        }
    }

    proptest! {
        #[test]
        fn cutting_loses_no_letter(text in "\\PC{0,40}") {
            let letters: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            prop_assert_eq!(words_of(&text).concat(), letters);
        }
    }
}
