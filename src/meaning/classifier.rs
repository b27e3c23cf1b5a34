//! Is a release-note item about collaboration among institutions, on which topics, for whom, on what terms?
//!
//! Two parts add up to one score for each question (log odds; above zero is yes): **rules** that people wrote
//! (`config/topics.toml`: groups of phrases, areas) and **weights** that were learned from labelled items on top of the
//! rules (`config/classifier-weights.txt`). Every verdict can name what it adds up from. Pure: the same item under the same
//! rules and weights gives the same verdict.

pub mod evaluate;
pub mod features;
pub mod phrases;
pub mod rules;
pub mod terms;
pub mod text;
pub mod train;
pub mod weights;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::model::event::Topic;
use features::{Name, Reader, Reading};
use rules::{Effect, Question, Rules, Weights};
use terms::Terms;
use weights::{ALWAYS, Learned};

/// An explanation names so many reasons for, and so many against; the others are added up.
pub const REASONS_NAMED: usize = 8;
/// Topics that an item can be about without being about collaboration (RELEASE_NOTES.md §1, the labelled items).
const TOPICS_ALONE: [Topic; 3] = [Topic::SpecialCollections, Topic::ApisIntegration, Topic::UserIdentity];
/// The score that takes: such an item has to be about the topic, not only to touch on it.
const ALONE_FROM: f64 = 2.0;

/// An item as far as the classifier reads it. A part that is not known is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Document<'a> {
    /// `Alma`, `Primo VE` …
    pub product: &'a str,
    /// The release, `2026-11`.
    pub release: &'a str,
    /// The area that the notes give.
    pub area: &'a str,
    /// `Main Features` or `main-feature` …
    pub section: &'a str,
    /// The heading.
    pub heading: &'a str,
    /// The text below it.
    pub body: &'a str,
}

/// The answers that people gave for an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Whether it is about collaboration among institutions.
    pub collaborative: bool,
    /// On what.
    pub topics: BTreeSet<Topic>,
    /// Whether libraries that do not run Alma can take part or are affected; `None` where nobody said.
    pub non_alma: Option<bool>,
}

impl Labels {
    /// The answer to a question; `None` where it does not arise.
    pub fn answer(&self, question: Question) -> Option<bool> {
        match question {
            Question::Collaborative => Some(self.collaborative),
            Question::About(topic) => Some(self.topics.contains(&topic)).filter(|_| self.collaborative),
            Question::NonAlma => self.non_alma.filter(|_| self.collaborative),
        }
    }
}

/// What was found about an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it is about collaboration among institutions.
    pub collaborative: bool,
    /// On what; sorted.
    pub topics: Vec<Topic>,
    /// Whether libraries that do not run Alma can take part or are affected.
    pub non_alma: bool,
    /// The scores behind it, by question.
    pub scores: Weights,
}

/// Rules and weights, ready.
#[derive(Clone)]
pub struct Classifier {
    reader: Reader,
    learned: Learned,
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (groups, weights) = (self.reader.rules.groups.len(), self.learned.len());
        write!(f, "Classifier({groups} groups, {weights} weights)")
    }
}

impl Classifier {
    /// Joins rules and weights.
    pub fn new(rules: Rules, learned: Learned) -> Self {
        Self {
            reader: Reader::new(rules),
            learned,
        }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.reader.rules
    }

    /// The weights.
    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    /// Judges an item.
    pub fn classify(&self, document: &Document<'_>) -> Verdict {
        let reading = self.reader.read(document);
        let mut scores = Self::said_by_rules(&self.reader, &reading);
        for feature in self.reader.features(document, &reading) {
            if let Some((_, weights)) = self.learned.get(feature.name) {
                add(&mut scores, weights, feature.value);
            }
        }
        if let Some((_, weights)) = self.learned.get(Name::of(&[ALWAYS])) {
            add(&mut scores, weights, 1.0);
        }
        verdict(scores)
    }

    /// On what terms an item comes.
    pub fn terms(&self, document: &Document<'_>) -> Terms {
        terms::terms(
            &self.reader.rules.terms,
            document.release,
            document.heading,
            document.body,
        )
    }

    /// What the rules alone say.
    pub(crate) fn said_by_rules(reader: &Reader, reading: &Reading) -> Weights {
        let mut scores = reader.rules.base;
        for &area in &reading.areas {
            add(&mut scores, &reader.rules.areas[area].weights, 1.0);
        }
        for &product in &reading.products {
            add(&mut scores, &reader.rules.products[product].weights, 1.0);
        }
        for (group, strength) in reader.rules.groups.iter().zip(&reading.strengths) {
            if *strength > 0.0 {
                add(&mut scores, &group.weights, *strength);
            }
        }
        scores
    }

    /// Judges an item and says why.
    pub fn explained(&self, document: &Document<'_>) -> Explained {
        let verdict = self.classify(document);
        let questions = std::iter::once(Question::Collaborative)
            .chain(verdict.topics.iter().copied().map(Question::About))
            .chain(verdict.non_alma.then_some(Question::NonAlma));
        Explained {
            explanations: questions.map(|question| self.explain(document, question)).collect(),
            terms: self.terms(document),
            collaborative: verdict.collaborative,
            topics: verdict.topics,
            non_alma: verdict.non_alma,
        }
    }

    /// What a score adds up from.
    pub fn explain(&self, document: &Document<'_>, question: Question) -> Explanation {
        let reading = self.reader.read(document);
        let rules = &self.reader.rules;
        let number = question.number();
        let mut base = rules.base[number];
        let mut reasons: Vec<Reason> = Vec::new();
        let mut give = |what: String, weight: f64| {
            if weight != 0.0 {
                reasons.push(Reason { what, weight });
            }
        };
        for &area in &reading.areas {
            give(
                format!("rule for the area {}", document.area),
                rules.areas[area].weights[number],
            );
        }
        for &product in &reading.products {
            give(
                format!("rule for the product {}", document.product),
                rules.products[product].weights[number],
            );
        }
        for (index, group) in rules.groups.iter().enumerate() {
            let phrases: Vec<&str> = reading.found[index]
                .iter()
                .map(|&phrase| self.reader.phrase(phrase))
                .collect();
            let what = match group.effect {
                Effect::Hush => "hushing rule",
                Effect::Mask => "masking rule",
                Effect::Weigh => "rule",
            };
            give(
                format!("{what} {}: “{}”", group.name, phrases.join("”, “")),
                group.weights[number] * reading.strengths[index],
            );
        }
        for feature in self.reader.features(document, &reading) {
            if let Some((text, weights)) = self.learned.get(feature.name) {
                give(format!("learned {text}"), weights[number] * feature.value);
            }
        }
        if let Some((_, weights)) = self.learned.get(Name::of(&[ALWAYS])) {
            base += weights[number];
        }
        Explanation::of(question, base, reasons)
    }
}

fn add(scores: &mut Weights, weights: &Weights, times: f64) {
    for (score, weight) in scores.iter_mut().zip(weights) {
        *score += weight * times;
    }
}

fn verdict(scores: Weights) -> Verdict {
    let yes = |question: Question| scores[question.number()] > 0.0;
    let collaborative = yes(Question::Collaborative);
    let mut topics: Vec<Topic> = Topic::ALL
        .iter()
        .copied()
        .filter(|topic| {
            let score = scores[Question::About(*topic).number()];
            if collaborative {
                score > 0.0
            } else {
                score > ALONE_FROM && TOPICS_ALONE.contains(topic)
            }
        })
        .collect();
    if collaborative && topics.is_empty() {
        // What is about collaboration is about some part of it: the likeliest.
        let score = |topic: &Topic| scores[Question::About(*topic).number()];
        topics.extend(
            Topic::ALL
                .iter()
                .copied()
                .max_by(|one, other| score(one).total_cmp(&score(other))),
        );
    }
    Verdict {
        collaborative,
        topics,
        non_alma: collaborative && yes(Question::NonAlma),
        scores,
    }
}

/// A verdict with everything that is behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// Whether it is about collaboration among institutions.
    pub collaborative: bool,
    /// On what; sorted.
    pub topics: Vec<Topic>,
    /// Whether libraries that do not run Alma can take part or are affected.
    pub non_alma: bool,
    /// On what terms.
    pub terms: Terms,
    /// Why it is about collaboration or not, and why about each topic.
    pub explanations: Vec<Explanation>,
}

/// Why a question is answered as it is: base, reasons and rest add up to the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The question's name.
    pub question: &'static str,
    /// Log odds; above zero is yes.
    pub score: f64,
    /// What holds for every item.
    pub base: f64,
    /// The strongest reasons for yes, strongest first.
    pub reasons_for: Vec<Reason>,
    /// The strongest reasons for no, strongest first.
    pub reasons_against: Vec<Reason>,
    /// The sum of all others.
    pub rest: f64,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The rule with its phrases, or the learned feature.
    pub what: String,
    /// What it adds.
    pub weight: f64,
}

impl Explanation {
    fn of(question: Question, base: f64, mut reasons: Vec<Reason>) -> Self {
        reasons.sort_by(|one, other| {
            let by_weight = other.weight.abs().total_cmp(&one.weight.abs());
            by_weight.then_with(|| one.what.cmp(&other.what))
        });
        let score = base + reasons.iter().map(|reason| reason.weight).sum::<f64>();
        let (mut reasons_for, mut reasons_against): (Vec<Reason>, Vec<Reason>) =
            reasons.into_iter().partition(|reason| reason.weight > 0.0);
        let mut rest = 0.0;
        for list in [&mut reasons_for, &mut reasons_against] {
            let named = list.len().min(REASONS_NAMED);
            rest += list.drain(named..).map(|reason| reason.weight).sum::<f64>();
        }
        Self {
            question: question.name(),
            score,
            base,
            reasons_for,
            reasons_against,
            rest,
        }
    }
}

#[cfg(test)]
mod tests;
