//! Phrases as the rules write them, and finding them all in one pass over a sentence.
//!
//! A phrase is a row of words. `word*` is every word that begins so, `(a|b)` is one of several, `..` lets up to four
//! other words stand between. Everything is in lower case, and a sentence's end is never crossed.

use std::collections::HashMap;

/// `..` stands for at most so many words.
const WIDEST_GAP: usize = 4;
/// Longer phrases are sentences, and sentences are not words of the trade.
const MOST_WORDS: usize = 10;

/// One place of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Up to [`WIDEST_GAP`] other words may stand before it.
    gap: bool,
    choices: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Word(String),
    Beginning(String),
}

impl Choice {
    fn fits(&self, word: &str) -> bool {
        match self {
            Choice::Word(wanted) => wanted == word,
            Choice::Beginning(wanted) => word.starts_with(wanted.as_str()),
        }
    }
}

/// A phrase that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    text: String,
    places: Vec<Place>,
}

impl Phrase {
    /// Understands a phrase.
    ///
    /// # Errors
    /// What is wrong and what to write instead, as two parts of a sentence.
    pub fn parse(text: &str) -> Result<Phrase, (String, String)> {
        let wrong = |wrong: &str, instead: &str| Err((wrong.to_owned(), instead.to_owned()));
        let mut places = Vec::new();
        let mut gap = false;
        for part in text.split_whitespace() {
            if part == ".." {
                if places.is_empty() || gap {
                    return wrong("a phrase cannot begin with .. or repeat it", "Put a word before ..");
                }
                gap = true;
                continue;
            }
            let inner = match (part.strip_prefix('('), part.ends_with(')')) {
                (Some(inner), true) => &inner[..inner.len() - 1],
                (None, false) => part,
                _ => return wrong("a bracket is open", "Write (one|two), without spaces inside"),
            };
            let mut choices = Vec::new();
            for word in inner.split('|') {
                let (stem, beginning) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
                let sound = |c: char| (c.is_alphanumeric() && c.to_lowercase().eq([c])) || c == '#';
                if stem.is_empty() || !stem.chars().all(sound) {
                    return wrong(
                        "a word has more than letters and digits in lower case",
                        "Write small letters only, a hyphen or a slash as a space, and without 's",
                    );
                }
                choices.push(if beginning {
                    Choice::Beginning(stem.to_owned())
                } else {
                    Choice::Word(stem.to_owned())
                });
            }
            places.push(Place { gap, choices });
            gap = false;
        }
        if gap {
            return wrong("a phrase cannot end with ..", "Put a word behind ..");
        }
        match places.len() {
            0 => wrong("a phrase is empty", "Take it out"),
            count if count > MOST_WORDS => wrong("a phrase has more than ten words", "Keep the words that matter"),
            _ => Ok(Phrase {
                text: text.to_owned(),
                places,
            }),
        }
    }

    /// As the rules write it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it ends if it begins at `at`; the longest way.
    fn end(&self, words: &[String], at: usize) -> Option<usize> {
        fn from(places: &[Place], words: &[String], at: usize) -> Option<usize> {
            let Some((place, rest)) = places.split_first() else {
                return Some(at);
            };
            let widest = if place.gap { WIDEST_GAP } else { 0 };
            (0..=widest).find_map(|skipped| {
                let word = words.get(at + skipped)?;
                if !place.choices.iter().any(|choice| choice.fits(word)) {
                    return None;
                }
                from(rest, words, at + skipped + 1)
            })
        }
        from(&self.places, words, at)
    }
}

/// A phrase found: whose it is, and which words it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The number under which the phrase was put in.
    pub owner: usize,
    /// Which of the phrases.
    pub phrase: usize,
    /// The first word.
    pub start: usize,
    /// Behind the last word.
    pub end: usize,
}

/// All phrases of a set of rules, by their first word.
#[derive(Clone, Debug, Default)]
pub struct Phrases {
    all: Vec<(usize, Phrase)>,
    by_word: HashMap<String, Vec<usize>>,
    /// Phrases whose first word is a beginning, by its first letters.
    by_letters: HashMap<[u8; 2], Vec<usize>>,
}

impl Phrases {
    /// Puts a phrase in.
    pub fn add(&mut self, owner: usize, phrase: Phrase) {
        let index = self.all.len();
        for choice in phrase.places.iter().take(1).flat_map(|place| &place.choices) {
            match choice {
                Choice::Word(word) => self.by_word.entry(word.clone()).or_default().push(index),
                Choice::Beginning(word) => self.by_letters.entry(letters(word)).or_default().push(index),
            }
        }
        self.all.push((owner, phrase));
    }

    /// The phrase of a hit, as the rules write it.
    pub fn text(&self, phrase: usize) -> &str {
        self.all.get(phrase).map_or("", |(_, phrase)| phrase.text())
    }

    /// Every phrase in a sentence, overlaps included.
    pub fn find(&self, words: &[String], mut found: impl FnMut(Hit)) {
        for (start, word) in words.iter().enumerate() {
            let exact = self.by_word.get(word.as_str()).into_iter().flatten();
            let begun = self.by_letters.get(&letters(word)).into_iter().flatten();
            for &phrase in exact.chain(begun) {
                let Some((owner, rule)) = self.all.get(phrase) else {
                    continue;
                };
                if let Some(end) = rule.end(words, start) {
                    found(Hit {
                        owner: *owner,
                        phrase,
                        start,
                        end,
                    });
                }
            }
        }
    }
}

fn letters(word: &str) -> [u8; 2] {
    let bytes = word.as_bytes();
    [bytes.first().copied().unwrap_or(0), bytes.get(1).copied().unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: &str, text: &str) -> bool {
        let mut phrases = Phrases::default();
        phrases.add(0, Phrase::parse(phrase).unwrap());
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let mut any = false;
        phrases.find(&words, |_| any = true);
        any
    }

    #[test]
    fn phrases_are_rows_of_words() {
        assert!(found("other (library|libraries)", "ask other libraries first"));
        assert!(!found("other (library|libraries)", "another library"));
        assert!(found("lend* .. partner*", "lending to any such partners"));
        assert!(!found("lend* .. partner*", "lending one two three four five partners"));
        assert!(found("(rota|rotas)", "the rotas"));
        assert!(!found("rota", "rotation"));
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for text in ["", ".. a", "a ..", "(a|b", "Rota", "union-catalog", "a * b", "a b c d e f g h i j k"] {
            let (wrong, instead) = Phrase::parse(text).unwrap_err();
            assert!(!wrong.is_empty() && !instead.is_empty(), "{text}");
        }
    }
}
