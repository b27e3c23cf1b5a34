//! What changed in a wording, in a few quoted sentences.

use similar::{Algorithm, ChangeTag, TextDiff};

/// Sentences quoted on each side.
const MAX_QUOTES: usize = 2;
/// A quoted sentence is no longer than this.
const QUOTE_CHARS: usize = 160;

/// Which sentences came and which went: `Now: “…” Before: “…”`.
pub(super) fn difference(old: &str, new: &str) -> String {
    let (before, after) = (sentences(old), sentences(new));
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .diff_slices(&before, &after);
    let pick = |tag: ChangeTag| -> Vec<&str> {
        diff.iter_all_changes()
            .filter(|change| change.tag() == tag)
            .map(|change| *change.value_ref())
            .collect()
    };
    let (gone, came) = (pick(ChangeTag::Delete), pick(ChangeTag::Insert));
    let mut parts = Vec::new();
    if !came.is_empty() {
        parts.push(format!("Now: {}", quoted(&came)));
    }
    if !gone.is_empty() {
        let label = if came.is_empty() { "No longer" } else { "Before" };
        parts.push(format!("{label}: {}", quoted(&gone)));
    }
    match parts.is_empty() {
        true => "Only the layout of its text changed.".to_owned(),
        false => parts.join(" "),
    }
}

/// The text on one line, cut at a word where it is longer than `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{} …", cut[..end].trim_end_matches([',', ';', ':', ' ']))
}

fn quoted(sentences: &[&str]) -> String {
    let mut shown: Vec<String> = sentences
        .iter()
        .take(MAX_QUOTES)
        .map(|sentence| format!("“{}”", shortened(sentence, QUOTE_CHARS)))
        .collect();
    if sentences.len() > MAX_QUOTES {
        shown.push(format!("and {} more.", sentences.len() - MAX_QUOTES));
    }
    shown.join(" ")
}

/// The sentences of a text; a line break ends one too.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut from = 0;
        for (at, _) in line.match_indices(['.', '!', '?']) {
            if line[at + 1..].starts_with(' ')
                && line[at + 2..].starts_with(|c: char| c.is_uppercase() || c.is_numeric())
            {
                found.push(line[from..=at].trim());
                from = at + 1;
            }
        }
        found.push(line[from..].trim());
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_sentences_are_quoted() {
        let old = "Staff see the terms. They can refuse, e.g. by mail. It is off by default.";
        let new = "Staff see the terms. They can refuse, e.g. by phone. It is off by default.\n- A new line";
        assert_eq!(
            difference(old, new),
            "Now: “They can refuse, e.g. by phone.” “- A new line” Before: “They can refuse, e.g. by mail.”"
        );
        assert_eq!(
            difference(old, "Staff see the terms."),
            "No longer: “They can refuse, e.g. by mail.” “It is off by default.”"
        );
        assert_eq!(
            difference("One. Two", "One.\nTwo"),
            "Only the layout of its text changed."
        );
    }

    #[test]
    fn long_texts_are_cut_at_a_word() {
        assert_eq!(shortened("one two three", 9), "one two …");
        assert_eq!(shortened("one\ntwo", 9), "one two");
    }
}
