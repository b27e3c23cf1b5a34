//! Phrases as the rules write them, and finding them all in one pass over a sentence.
//!
//! A phrase is a row of words. `word*` is every word that begins so, `(a|b)` is one of several, `word?` and `(a|b)?` may be
//! left out, `..` lets up to four other words stand between. Everything is in lower case, and a sentence's end is never crossed.

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
    /// It may be left out.
    optional: bool,
    /// One of these rows of words.
    choices: Vec<Vec<Word>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Whole(String),
    Beginning(String),
}

impl Word {
    fn parse(text: &str) -> Option<Word> {
        let (stem, beginning) = text.strip_suffix('*').map_or((text, false), |stem| (stem, true));
        let sound = |c: char| (c.is_alphanumeric() && c.to_lowercase().eq([c])) || c == '#';
        if stem.is_empty() || !stem.chars().all(sound) {
            return None;
        }
        let stem = stem.to_owned();
        Some(if beginning {
            Word::Beginning(stem)
        } else {
            Word::Whole(stem)
        })
    }

    fn fits(&self, word: &str) -> bool {
        match self {
            Word::Whole(wanted) => wanted == word,
            Word::Beginning(wanted) => word.starts_with(wanted.as_str()),
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
        let wrong = |wrong: &str, instead: &str| (wrong.to_owned(), instead.to_owned());
        let mut places: Vec<Place> = Vec::new();
        let mut gap = false;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = match rest.strip_prefix('(') {
                Some(_) => rest
                    .find(')')
                    .map(|at| at + 1)
                    .ok_or_else(|| wrong("a bracket is open", "Write (one|two)"))?,
                None => rest.find([' ', '?']).unwrap_or(rest.len()),
            };
            let (part, behind) = rest.split_at(end);
            let (behind, optional) = behind
                .strip_prefix('?')
                .map_or((behind, false), |behind| (behind, true));
            rest = behind.trim_start();
            if part == ".." {
                if places.is_empty() || gap {
                    return Err(wrong(
                        "a phrase cannot begin with .. or repeat it",
                        "Put a word before ..",
                    ));
                }
                gap = true;
                continue;
            }
            if optional && (places.is_empty() || gap) {
                return Err(wrong(
                    "the first word, or one behind .., cannot be left out",
                    "Write two phrases",
                ));
            }
            let inner = part
                .strip_prefix('(')
                .and_then(|part| part.strip_suffix(')'))
                .unwrap_or(part);
            let choices = inner
                .split('|')
                .map(|row| {
                    let words: Option<Vec<Word>> = row.split_whitespace().map(Word::parse).collect();
                    words.filter(|words| !words.is_empty())
                })
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| {
                    wrong(
                        "a word has more than letters and digits in lower case",
                        "Write small letters only, a space for a hyphen or a slash, and no 's",
                    )
                })?;
            places.push(Place { gap, optional, choices });
            gap = false;
        }
        if gap {
            return Err(wrong("a phrase cannot end with ..", "Put a word behind .."));
        }
        match places.len() {
            0 => Err(wrong("a phrase is empty", "Take it out")),
            count if count > MOST_WORDS => Err(wrong("a phrase has more than ten words", "Keep the words that matter")),
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

    /// Whether it begins at this word.
    pub fn begins_at(&self, words: &[String], at: usize) -> bool {
        self.end(words, at).is_some()
    }

    /// Where it ends if it begins at `at`; the first way that fits.
    fn end(&self, words: &[String], at: usize) -> Option<usize> {
        fn row(row: &[Word], words: &[String], at: usize) -> Option<usize> {
            let here = words.get(at..at + row.len())?;
            row.iter()
                .zip(here)
                .all(|(wanted, word)| wanted.fits(word))
                .then_some(at + row.len())
        }
        fn from(places: &[Place], words: &[String], at: usize) -> Option<usize> {
            let Some((place, rest)) = places.split_first() else {
                return Some(at);
            };
            let widest = if place.gap { WIDEST_GAP } else { 0 };
            let taken = (at..=at + widest).find_map(|start| {
                let ends = place.choices.iter().filter_map(|choice| row(choice, words, start));
                ends.into_iter().find_map(|end| from(rest, words, end))
            });
            taken.or_else(|| if place.optional { from(rest, words, at) } else { None })
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
        let first = phrase
            .places
            .first()
            .map_or(&[] as &[Vec<Word>], |place| &place.choices);
        let mut firsts: Vec<&Word> = first.iter().filter_map(|row| row.first()).collect();
        firsts.dedup();
        for word in firsts {
            match word {
                Word::Whole(word) => self.by_word.entry(word.clone()).or_default().push(index),
                Word::Beginning(word) => self.by_letters.entry(letters(word)).or_default().push(index),
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
        assert!(found("sent (to|from the) lender", "sent from the lender"));
        assert!(!found("rota", "rotation"));
        assert!(found("share (the|a)? list", "share list") && found("share (the|a)? list", "share a list"));
        assert!(!found("share (the|a)? list", "share this list"));
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for text in [
            "",
            "a? b",
            "a .. b?",
            ".. a",
            "a ..",
            "(a|b",
            "Rota",
            "union-catalog",
            "a * b",
            "a b c d e f g h i j k",
        ] {
            let (wrong, instead) = Phrase::parse(text).unwrap_err();
            assert!(!wrong.is_empty() && !instead.is_empty(), "{text}");
        }
    }
}
