//! Names of libraries, so that the same one is found however it is written.

/// Words that tell no library from another.
const EMPTY_WORDS: [&str; 3] = ["the", "library", "libraries"];
/// Words that only join others; `University of Elm` and `Elm University` differ by one.
const JOINING_WORDS: [&str; 3] = ["of", "at", "and"];
/// Short forms that catalogues use, and the words they stand for.
const SHORT_FORMS: [(&str, &str); 6] = [
    ("univ", "university"),
    ("u", "university"),
    ("coll", "college"),
    ("inst", "institute"),
    ("st", "saint"),
    ("mt", "mount"),
];

/// A name in the two forms in which it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    /// Its words in their order, without case, punctuation and empty words.
    words: Vec<String>,
    /// The same without joining words and sorted: `University of Elm` and `Elm University` are one.
    loose: Vec<String>,
}

impl Name {
    /// Reads a name as it was typed.
    pub(super) fn new(text: &str) -> Self {
        let spelled = text.to_lowercase().replace('&', " and ").replace(['\'', '’'], "");
        let words: Vec<String> = spelled
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(word))
            .map(|word| {
                SHORT_FORMS
                    .iter()
                    .find(|(short, _)| *short == word)
                    .map_or(word, |(_, long)| long)
                    .to_owned()
            })
            .collect();
        let mut loose: Vec<String> = words
            .iter()
            .filter(|word| !JOINING_WORDS.contains(&word.as_str()))
            .cloned()
            .collect();
        loose.sort();
        Self { words, loose }
    }

    /// Whether both are the same words in the same order.
    pub(super) fn is(&self, other: &Name) -> bool {
        !self.words.is_empty() && self.words == other.words
    }

    /// Whether both are the same words in any order.
    pub(super) fn is_loosely(&self, other: &Name) -> bool {
        !self.loose.is_empty() && self.loose == other.loose
    }

    /// Whether this name holds the other one whole, with more words beside it: `Elm University Law Library`.
    pub(super) fn holds(&self, other: &Name) -> bool {
        !other.words.is_empty()
            && self.words.len() > other.words.len()
            && self.words.windows(other.words.len()).any(|part| part == other.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_library_is_found_however_it_is_written() {
        let name = Name::new("The University of St. Elm's & Oak");
        assert!(name.is(&Name::new("UNIVERSITY OF SAINT ELMS AND OAK LIBRARIES")));
        assert!(name.is(&Name::new("univ. of st elm’s and oak")));
        assert!(!name.is(&Name::new("Saint Elms and Oak University")));
        assert!(name.is_loosely(&Name::new("Saint Elms and Oak University")));
    }

    #[test]
    fn different_libraries_are_not() {
        assert!(!Name::new("Boston College").is_loosely(&Name::new("Boston University")));
        assert!(!Name::new("").is(&Name::new("the library")));
        assert!(!Name::new("The Library").is_loosely(&Name::new("")));
    }

    #[test]
    fn a_part_of_a_library_only_looks_like_it() {
        let law = Name::new("Oak University Law Library");
        assert!(law.holds(&Name::new("Oak University")));
        assert!(!law.is_loosely(&Name::new("Oak University")));
        assert!(!Name::new("Oak Agricultural University").holds(&Name::new("Oak University")));
        assert!(!Name::new("Oak University").holds(&Name::new("Oak University")));
    }
}
