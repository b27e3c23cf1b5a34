//! The rules: groups of phrases with what they speak for, and how areas and products weigh from the start.
//!
//! Read from `config/topics.toml` by the settings' reader, which names every mistake with its line.

use std::fmt;

use super::phrases::Phrase;
use crate::model::event::Topic;

/// What is decided about an item; each has a score of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Question {
    /// Whether it is about collaboration among institutions.
    Collaborative,
    /// Whether it is about this topic.
    About(Topic),
    /// Whether libraries that do not run Alma can take part or are affected.
    NonAlma,
}

/// How many questions there are.
pub const QUESTIONS: usize = Topic::ALL.len() + 2;

impl Question {
    /// All of them, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Question> {
        std::iter::once(Question::Collaborative)
            .chain(Topic::ALL.iter().copied().map(Question::About))
            .chain(std::iter::once(Question::NonAlma))
    }

    /// Its place in a list of scores.
    pub fn number(self) -> usize {
        match self {
            Question::Collaborative => 0,
            Question::About(topic) => 1 + Topic::ALL.iter().position(|each| *each == topic).unwrap_or(0),
            Question::NonAlma => QUESTIONS - 1,
        }
    }

    /// As the rules and the weights name it.
    pub fn name(self) -> &'static str {
        match self {
            Question::Collaborative => "collaborative",
            Question::About(topic) => topic.name(),
            Question::NonAlma => "non-alma",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Question> {
        Question::all().find(|question| question.name() == name)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What something speaks for (above zero) and against (below), in log odds: 1.0 makes yes 2.7 times as likely.
pub type Weights = [f64; QUESTIONS];

/// What a group of phrases does besides weighing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Effect {
    /// It only weighs.
    #[default]
    Weigh,
    /// Its words belong to it alone: no other phrase is found in them ("network drive" is no network).
    Mask,
    /// What the rest of its sentence says does not count ("… are not affected").
    Hush,
}

/// Phrases that mean the same to us.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name, which explanations and weights repeat.
    pub name: String,
    /// The phrases.
    pub phrases: Vec<Phrase>,
    /// Phrases that, in the same sentence, take the meaning away.
    pub unless: Vec<Phrase>,
    /// What it speaks for.
    pub weights: Weights,
    /// What it does besides.
    pub effect: Effect,
}

/// Areas of the notes or products that speak for something by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// In lower case; every word must stand in the area (or product) of the item.
    pub names: Vec<String>,
    /// What they speak for.
    pub weights: Weights,
}

/// Wordings that say on what terms something comes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermWords {
    /// Ex Libris has to be asked.
    pub contact: Vec<Phrase>,
    /// Somebody has to switch it on.
    pub off: Vec<Phrase>,
    /// It is there by itself.
    pub on: Vec<Phrase>,
    /// It cannot be undone.
    pub permanent: Vec<Phrase>,
    /// It can be undone.
    pub reversible: Vec<Phrase>,
    /// A date in the same sentence is a deadline.
    pub deadline: Vec<Phrase>,
}

/// Everything that the rules file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// How likely each answer is before anything was read.
    pub base: Weights,
    /// How often a phrase in the heading counts.
    pub heading_counts: f64,
    /// The groups, in the order of the file.
    pub groups: Vec<Group>,
    /// The areas.
    pub areas: Vec<Prior>,
    /// The products.
    pub products: Vec<Prior>,
    /// On what terms.
    pub terms: TermWords,
}
