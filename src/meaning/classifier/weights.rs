//! The learned part: one weight for each feature and question, in a text that people can read and compare.
//!
//! ```text
//! # a comment
//! [collaborative]
//! +0.412 word:rota
//! ```

use std::collections::HashMap;
use std::fmt::Write as _;

use super::features::Name;
use super::rules::{QUESTIONS, Question, Weights};

/// More lines than the training ever writes; a longer file is another one.
const MOST_LINES: usize = 200_000;

/// Weights by feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    by_hash: HashMap<u64, usize>,
    entries: Vec<(String, Weights)>,
}

/// The feature that every item has.
pub const ALWAYS: &str = "always";

impl Learned {
    /// Sets the weight of a feature for a question.
    pub fn set(&mut self, feature: &str, question: Question, weight: f64) {
        let hash = Name::of(&[feature]).hash;
        let index = *self.by_hash.entry(hash).or_insert_with(|| {
            self.entries.push((feature.to_owned(), [0.0; QUESTIONS]));
            self.entries.len() - 1
        });
        self.entries[index].1[question.number()] = weight;
    }

    /// The feature's text and weights.
    pub fn get(&self, name: Name) -> Option<(&str, &Weights)> {
        let (text, weights) = self.entries.get(*self.by_hash.get(&name.hash)?)?;
        Some((text, weights))
    }

    /// How many features have a weight.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Reads the text.
    ///
    /// # Errors
    /// The line, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Learned, String> {
        let mut learned = Learned::default();
        let mut question = None;
        for (number, line) in text.lines().enumerate() {
            let wrong = |what: &str| {
                Err(format!(
                    "line {}: {what}; write the file anew with almanac features train",
                    number + 1
                ))
            };
            if number >= MOST_LINES {
                return wrong("there are more lines than weights can be");
            }
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                question = Question::named(name);
                if question.is_none() {
                    return wrong("no question has this name");
                }
                continue;
            }
            let (Some(question), Some((weight, feature))) = (question, line.split_once(' ')) else {
                return wrong("a weight and a feature belong here, below the name of a question in [ ]");
            };
            match weight.parse::<f64>() {
                Ok(weight) if weight.is_finite() => learned.set(feature, question, weight),
                _ => return wrong("the weight is no number"),
            }
        }
        Ok(learned)
    }

    /// Writes the text: by question, the strongest first.
    pub fn render(&self, head: &str) -> String {
        let mut text = String::new();
        for line in head.lines() {
            let _ = writeln!(text, "# {line}");
        }
        for question in Question::all() {
            let mut weights: Vec<(f64, &str)> = self
                .entries
                .iter()
                .map(|(feature, weights)| (weights[question.number()], feature.as_str()))
                .filter(|(weight, _)| *weight != 0.0)
                .collect();
            weights.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()).then(one.1.cmp(other.1)));
            if weights.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n[{question}]");
            for (weight, feature) in weights {
                let _ = writeln!(text, "{weight:+.3} {feature}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Topic;

    #[test]
    fn what_is_written_is_read() {
        let mut learned = Learned::default();
        learned.set("word:rota", Question::Collaborative, 0.4);
        learned.set("pair:other library", Question::About(Topic::ResourceSharing), -1.25);
        learned.set(ALWAYS, Question::NonAlma, -2.0);
        let text = learned.render("Weights.\nTwo lines.");
        let again = Learned::parse(&text).unwrap();
        assert_eq!(again.render("Weights.\nTwo lines."), text);
        assert_eq!(again.get(Name::of(&["word:", "rota"])).unwrap().1[0], 0.4);
        assert_eq!((again.len(), again.is_empty()), (3, false));
    }

    #[test]
    fn a_mistake_names_its_line() {
        for (text, line) in [
            ("[collaborative]\nmuch word:x", "line 2"),
            ("+1.0 word:x", "line 1"),
            ("[what]", "line 1"),
        ] {
            assert!(Learned::parse(text).unwrap_err().starts_with(line), "{text}");
        }
    }
}
