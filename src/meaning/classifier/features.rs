//! What is seen in an item: which groups of phrases, which words and rows of words, area, product and section.

use std::collections::HashMap;

use super::Document;
use super::phrases::{Hit, Phrases};
use super::rules::{Effect, Rules};
use super::text::{Sentence, sentences, stem};

/// Each further sentence with the same group adds this much, so that a word repeated does not outshout the rest.
const REPEATED: f64 = 0.35;
/// A group counts so often at most.
const STRONGEST: f64 = 2.2;
/// A row of words counts this much, shared among all rows of the text; in a usual item each counts about 0.5.
const ROW: f64 = 8.0;
/// A text with fewer rows is no better known for it: a single word must not outweigh the rules.
const FEWEST_ROWS: usize = 150;
/// Explanations name so many phrases of a group.
const PHRASES_NAMED: usize = 4;

/// The rules with their phrases ready to be found.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The rules.
    pub rules: Rules,
    phrases: Phrases,
}

/// An item as it was read.
#[derive(Clone, Debug)]
pub struct Reading {
    sentences: Vec<Sentence>,
    /// Words of these sentences do not count.
    hushed: Vec<bool>,
    /// By group: how strongly it was found.
    pub strengths: Vec<f64>,
    /// By group: the phrases found, each once.
    pub found: Vec<Vec<usize>>,
    in_heading: Vec<bool>,
    together: Vec<(usize, usize)>,
    /// The rules' areas and products that fit, by number.
    pub areas: Vec<usize>,
    /// The rules' products that fit.
    pub products: Vec<usize>,
}

impl Reader {
    /// Makes the rules ready.
    pub fn new(rules: Rules) -> Self {
        let mut phrases = Phrases::default();
        for (number, group) in rules.groups.iter().enumerate() {
            for phrase in &group.phrases {
                phrases.add(number * 2, phrase.clone());
            }
            for phrase in &group.unless {
                phrases.add(number * 2 + 1, phrase.clone());
            }
        }
        Self { rules, phrases }
    }

    /// A phrase as the rules write it.
    pub fn phrase(&self, number: usize) -> &str {
        self.phrases.text(number)
    }

    /// Reads an item.
    pub fn read(&self, document: &Document<'_>) -> Reading {
        let groups = &self.rules.groups;
        let sentences = sentences(document.heading, document.body);
        let mut reading = Reading {
            hushed: Vec::with_capacity(sentences.len()),
            strengths: vec![0.0; groups.len()],
            found: vec![Vec::new(); groups.len()],
            in_heading: vec![false; groups.len()],
            together: Vec::new(),
            areas: fitting(&self.rules.areas, document.area),
            products: fitting(&self.rules.products, document.product),
            sentences: Vec::new(),
        };
        let mut times = vec![0_usize; groups.len()];
        let (mut hits, mut here): (Vec<Hit>, Vec<usize>) = (Vec::new(), Vec::new());
        for sentence in &sentences {
            hits.clear();
            here.clear();
            self.phrases.find(&sentence.words, |hit| hits.push(hit));
            let hushed = self.sift(&mut hits);
            reading.hushed.push(hushed);
            for hit in &hits {
                let group = hit.owner / 2;
                let named = &mut reading.found[group];
                if named.len() < PHRASES_NAMED && !named.contains(&hit.phrase) {
                    named.push(hit.phrase);
                }
                if !here.contains(&group) {
                    here.push(group);
                }
            }
            here.sort_unstable();
            for (place, &group) in here.iter().enumerate() {
                times[group] += 1;
                reading.in_heading[group] |= sentence.heading;
                for &other in &here[place + 1..] {
                    reading.together.push((group, other));
                }
            }
        }
        for (group, &times) in times.iter().enumerate() {
            if times > 0 {
                let first = if reading.in_heading[group] {
                    self.rules.heading_counts
                } else {
                    1.0
                };
                reading.strengths[group] = (first + REPEATED * (times - 1) as f64).min(STRONGEST);
            }
            reading.found[group].sort_unstable();
        }
        reading.together.sort_unstable();
        reading.together.dedup();
        reading.sentences = sentences;
        reading
    }

    /// Leaves the hits that count; whether the sentence is hushed.
    fn sift(&self, hits: &mut Vec<Hit>) -> bool {
        let groups = &self.rules.groups;
        let effect = |hit: &Hit| groups[hit.owner / 2].effect;
        let masks: Vec<(usize, usize)> = hits
            .iter()
            .filter(|hit| effect(hit) == Effect::Mask && hit.owner.is_multiple_of(2))
            .map(|hit| (hit.start, hit.end))
            .collect();
        // A phrase that holds the whole mask and more says more than the mask.
        hits.retain(|hit| {
            let covers = |(start, end): (usize, usize)| {
                hit.start <= start && hit.end >= end && (hit.start, hit.end) != (start, end)
            };
            effect(hit) == Effect::Mask
                || !masks
                    .iter()
                    .any(|&mask| hit.start < mask.1 && mask.0 < hit.end && !covers(mask))
        });
        let excused: Vec<usize> = hits
            .iter()
            .map(|hit| hit.owner)
            .filter(|owner| !owner.is_multiple_of(2))
            .collect();
        hits.retain(|hit| hit.owner.is_multiple_of(2) && !excused.contains(&(hit.owner + 1)));
        let hushed = hits.iter().any(|hit| effect(hit) == Effect::Hush);
        if hushed {
            hits.retain(|hit| effect(hit) != Effect::Weigh);
        }
        hushed
    }

    /// Every feature of an item with its value, each once, in an order that the order of sentences does not change.
    pub fn features<'r>(&'r self, document: &Document<'r>, reading: &'r Reading) -> Vec<Feature> {
        let mut rows = HashMap::with_capacity(512);
        for (sentence, hushed) in reading.sentences.iter().zip(&reading.hushed) {
            if *hushed {
                continue;
            }
            rows_of(sentence, &mut |name| {
                rows.entry(name).or_insert(());
            });
        }
        // Long texts have many rows; each counts for less, so that length by itself says nothing.
        let value = ROW / (rows.len().max(FEWEST_ROWS) as f64).sqrt();
        let mut features: Vec<Feature> = rows
            .into_keys()
            .map(|name| Feature {
                name,
                value,
                kind: Kind::Row,
            })
            .collect();
        let mut put = |parts: &[&str], value: f64| {
            features.push(Feature {
                name: Name::of(parts),
                value,
                kind: Kind::Sign,
            });
        };
        let groups = &self.rules.groups;
        for (group, strength) in groups.iter().zip(&reading.strengths) {
            if *strength > 0.0 {
                put(&["group:", &group.name], *strength);
            }
        }
        for (group, _) in groups.iter().zip(&reading.in_heading).filter(|(_, there)| **there) {
            put(&["heading group:", &group.name], 1.0);
        }
        for &(one, other) in &reading.together {
            put(&["together:", &groups[one].name, " + ", &groups[other].name], 1.0);
        }
        let area = plain(document.area);
        if !area.is_empty() {
            put(&["area:", &area], 1.0);
        }
        features.sort_unstable_by_key(|feature| feature.name.hash);
        features
    }
}

fn fitting(priors: &[super::rules::Prior], text: &str) -> Vec<usize> {
    let text = format!(" {} ", plain(text));
    let fits = |name: &String| name.split(' ').all(|word| text.contains(&format!(" {word} ")));
    (0..priors.len())
        .filter(|&number| priors[number].names.iter().any(fits))
        .collect()
}

/// Lower case, words and single spaces only.
fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(word.chars().flat_map(char::to_lowercase));
    }
    words
}

/// Words, pairs and threes of one sentence; those of the heading once more. Common words only together with others.
fn rows_of(sentence: &Sentence, put: &mut impl FnMut(Name)) {
    let stems: Vec<String> = sentence.words.iter().map(|word| stem(word)).collect();
    for (at, word) in stems.iter().enumerate() {
        let common = COMMON.binary_search(&word.as_str()).is_ok();
        if !common {
            put(Name::of(&["word:", word]));
            if sentence.words[at] != *word {
                put(Name::of(&["word:", &sentence.words[at]]));
            }
            if sentence.heading {
                put(Name::of(&["heading:", word]));
            }
        }
        let Some(second) = stems.get(at + 1) else {
            continue;
        };
        if common && COMMON.binary_search(&second.as_str()).is_ok() {
            continue;
        }
        put(Name::of(&["pair:", word, " ", second]));
        if sentence.heading {
            put(Name::of(&["heading pair:", word, " ", second]));
        }
        if let Some(third) = stems.get(at + 2) {
            put(Name::of(&["three:", word, " ", second, " ", third]));
        }
    }
}

/// Words that tell how somebody writes, not about what; sorted. "Other", "own" and "same" are not among them.
const COMMON: [&str; 60] = [
    "a", "also", "an", "and", "are", "at", "be", "been", "being", "but", "by", "can", "could", "did", "do", "doe",
    "does", "for", "from", "had", "has", "have", "if", "in", "is", "it", "its", "may", "might", "must", "no", "not",
    "now", "of", "on", "only", "or", "should", "so", "such", "than", "that", "the", "then", "there", "these", "this",
    "those", "to", "wa", "was", "were", "what", "when", "where", "which", "who", "will", "with", "would",
];

/// What kind of feature it is, for the training.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A word or row of words: many, each weak.
    Row,
    /// A group, an area, a product, a section: few, each strong.
    Sign,
}

/// A feature of an item.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Which.
    pub name: Name,
    /// How strong it is here.
    pub value: f64,
    /// What kind.
    pub kind: Kind,
}

/// A feature's name, as a number of 64 bits: the text is put together only where someone reads it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Name {
    /// FNV-1a of the text.
    pub hash: u64,
}

impl Name {
    /// The name that the parts make.
    pub fn of(parts: &[&str]) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let hash = parts
            .iter()
            .flat_map(|part| part.bytes())
            .fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        Self { hash }
    }
}

/// The names of an item's features as text, for training.
pub fn spelled(reader: &Reader, document: &Document<'_>, reading: &Reading) -> HashMap<u64, String> {
    let mut names = HashMap::new();
    let mut put = |parts: &[&str]| {
        names.insert(Name::of(parts).hash, parts.concat());
    };
    for sentence in &reading.sentences {
        let stems: Vec<String> = sentence.words.iter().map(|word| stem(word)).collect();
        for (at, word) in stems.iter().enumerate() {
            put(&["word:", word]);
            put(&["word:", &sentence.words[at]]);
            put(&["heading:", word]);
            if let Some(second) = stems.get(at + 1) {
                put(&["pair:", word, " ", second]);
                put(&["heading pair:", word, " ", second]);
                if let Some(third) = stems.get(at + 2) {
                    put(&["three:", word, " ", second, " ", third]);
                }
            }
        }
    }
    let groups = &reader.rules.groups;
    for (number, group) in groups.iter().enumerate() {
        put(&["group:", &group.name]);
        put(&["heading group:", &group.name]);
        for other in &groups[number + 1..] {
            put(&["together:", &group.name, " + ", &other.name]);
        }
    }
    put(&["area:", &plain(document.area)]);
    names
}
