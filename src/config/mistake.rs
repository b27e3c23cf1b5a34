//! What is wrong with a settings file, in words for the librarian who wrote it.

use std::fmt;
use std::path::PathBuf;

/// Every mistake of one file, in the order of its lines. Displayed, it is the whole answer of the program: one line a
/// mistake, each with its place and its remedy. It never repeats a value that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// The file.
    pub path: PathBuf,
    /// At least one.
    pub list: Vec<Mistake>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 where the file as a whole is meant.
    pub column: usize,
    /// The table and the key: `watch 3 (alma.partners), schedule`.
    pub place: String,
    /// What is wrong; no full stop at its end.
    pub wrong: String,
    /// What to write instead; no full stop at its end.
    pub instead: String,
}

/// More mistakes than these are one mistake: the wrong file.
const MOST_MISTAKES_SHOWN: usize = 200;

/// A value is repeated in a message up to this many characters, enough to recognise it by.
const LONGEST_QUOTE: usize = 48;

/// Letters and digits in a row, mixed, of at least this length may be a key that was put in the wrong place. API keys of
/// Ex Libris have more than 30.
const SHORTEST_KEY: usize = 20;

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.list.len() {
            1 => writeln!(f, "There is a mistake in {path}:")?,
            many => writeln!(f, "There are {many} mistakes in {path}:")?,
        }
        for mistake in self.list.iter().take(MOST_MISTAKES_SHOWN) {
            write!(f, "{path}:")?;
            if mistake.line > 0 {
                write!(f, "{}:", mistake.line)?;
            }
            writeln!(f, " {}: {}. {}.", mistake.place, mistake.wrong, mistake.instead)?;
        }
        if self.list.len() > MOST_MISTAKES_SHOWN {
            writeln!(f, "… and {} more.", self.list.len() - MOST_MISTAKES_SHOWN)?;
        }
        Ok(())
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}: {}. {}.", self.place, self.wrong, self.instead)
    }
}

impl std::error::Error for Mistakes {}

/// A word of the file as messages repeat it: short, on one line, and not at all if it could be a key.
pub(super) fn shown(text: &str) -> String {
    if could_be_a_key(text) {
        return "(not repeated here, it could be a key)".to_owned();
    }
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= LONGEST_QUOTE {
        return format!("\"{clean}\"");
    }
    let start: String = clean.chars().take(LONGEST_QUOTE).collect();
    format!("\"{start}…\"")
}

/// Whether there is a run of mixed letters and digits in the text that is as long as a key.
pub(super) fn could_be_a_key(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
        .any(|run| {
            run.len() >= SHORTEST_KEY
                && run.bytes().any(|b| b.is_ascii_digit())
                && run.bytes().any(|b| b.is_ascii_alphabetic())
        })
}

/// The known word that someone who wrote `word` most likely meant, if any is near: two slips at most, fewer in a short
/// word, or one word that begins with the other.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > LONGEST_QUOTE {
        return None;
    }
    known
        .into_iter()
        .filter_map(|each| {
            let other = each.to_lowercase();
            let slips = distance(&word, &other);
            let most = (length.min(other.chars().count()) / 3).min(2);
            let begins = length >= 3 && (other.starts_with(&word) || (other.len() >= 3 && word.starts_with(&other)));
            (slips <= most || begins).then_some((slips, each))
        })
        .min()
        .map(|(_, each)| each)
}

/// How many letters must be added, dropped or replaced to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// `a, b or c`, each in quotes.
pub(super) fn alternatives<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = known.into_iter().map(|each| format!("\"{each}\"")).collect();
    let Some(last) = quoted.pop() else {
        return String::new();
    };
    if quoted.is_empty() {
        return last;
    }
    format!("{} or {last}", quoted.join(", "))
}

/// What to write instead of an unknown word.
pub(super) fn write_one_of(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("Write \"{meant}\" if that is what you mean"),
        None => format!("Write {}", alternatives(known.iter().copied())),
    }
}

/// Splits `what is wrong. What to do` (or with a semicolon) in two, each without a full stop.
pub(super) fn two_sentences(text: &str) -> (String, String) {
    let text = text.trim_end_matches('.');
    let (wrong, instead) = text
        .split_once(". ")
        .or_else(|| text.split_once("; "))
        .unwrap_or((text, "Correct it"));
    let mut letters = instead.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    (wrong.to_owned(), format!("{first}{}", letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered_and_a_far_one_is_not() {
        let known = ["schedule", "source", "essential", "views"];
        assert_eq!(nearest("shedule", known), Some("schedule"));
        assert_eq!(nearest("Sorce", known), Some("source"));
        assert_eq!(nearest("view", known), Some("views"));
        assert_eq!(nearest("holiday", known), None);
        assert_eq!(
            nearest("timeout", ["timeout_seconds", "status"]),
            Some("timeout_seconds")
        );
        assert_eq!(nearest("A", ["B"]), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_message_never_repeats_what_could_be_a_key() {
        let key = "l8xx0123456789abcdef0123456789abcdef";
        for text in [
            key.to_owned(),
            format!("https://example.org/?apikey={key}&x=1"),
            format!("key {key}"),
        ] {
            assert!(!shown(&text).contains("0123"), "{}", shown(&text));
        }
        assert_eq!(shown("01TUN_INST:01TUN"), "\"01TUN_INST:01TUN\"");
        assert_eq!(shown("two\nlines"), "\"two lines\"");
    }
}
