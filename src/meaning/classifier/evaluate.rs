//! How good the verdicts are on labelled items: precision, recall, F1, and every miss with its reasons.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rules::{Question, Rules};
use super::train::{Course, Example, Training};
use super::{Classifier, Document, Explanation, Labels, Verdict};
use crate::model::event::Topic;

/// A labelled item, as one line of JSON has it. Fields that nobody reads here are passed over.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct LabelledItem {
    /// What tells it from others.
    #[serde(default)]
    pub id: String,
    /// `Alma`, `Primo VE` …
    #[serde(default)]
    pub product: String,
    /// The release, `2026-11`.
    #[serde(default)]
    pub release: String,
    /// The area.
    #[serde(default)]
    pub area: String,
    /// The section.
    #[serde(default)]
    pub section: String,
    /// The heading.
    #[serde(default, alias = "heading")]
    pub title: String,
    /// The text below it.
    #[serde(default)]
    pub body: String,
    /// Whether it is about collaboration among institutions.
    pub collaborative: bool,
    /// On what.
    #[serde(default)]
    pub topics: BTreeSet<Topic>,
    /// Whether libraries that do not run Alma can take part.
    #[serde(default)]
    pub non_alma: Option<bool>,
    /// `on`, `off-by-default`, `contact-exlibris` or `unknown`.
    #[serde(default)]
    pub opt_in: Option<String>,
    /// A date by which someone must have acted.
    #[serde(default)]
    pub deadline: Option<String>,
    /// `hard` or `easy`.
    #[serde(default)]
    pub difficulty: Option<String>,
    /// The file it came from: items of one product and year of one file are held back together.
    #[serde(skip)]
    pub file: String,
}

impl LabelledItem {
    /// As the classifier reads it.
    pub fn document(&self) -> Document<'_> {
        Document {
            product: &self.product,
            release: &self.release,
            area: &self.area,
            section: &self.section,
            heading: &self.title,
            body: &self.body,
        }
    }

    /// The answers that people gave.
    pub fn labels(&self) -> Labels {
        Labels {
            collaborative: self.collaborative,
            topics: self.topics.clone(),
            non_alma: self.non_alma,
        }
    }

    /// Whether it is hard on purpose.
    pub fn hard(&self) -> bool {
        self.difficulty.as_deref() == Some("hard")
    }

    /// Items of one group are alike and are held back together.
    fn group(&self) -> (String, String, String) {
        let year = self.release.chars().take(4).collect();
        (self.file.clone(), self.product.clone(), year)
    }
}

/// Reads lines of JSON.
///
/// # Errors
/// The line, what is wrong with it, and what a line must have.
pub fn read_items(text: &str, file: &str) -> Result<Vec<LabelledItem>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let item: LabelledItem = serde_json::from_str(line).map_err(|error| {
                format!(
                    "line {} of {file} is no labelled item ({error}); a line is a JSON object with title, body, area, \
                     product, release, collaborative (true or false) and topics",
                    number + 1
                )
            })?;
            Ok(LabelledItem {
                file: file.to_owned(),
                ..item
            })
        })
        .collect()
}

/// Of what was said, how much was right; of what was there, how much was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Right among those said.
    pub precision: f64,
    /// Found among those there.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: usize,
    said: usize,
    there: usize,
}

impl Count {
    fn add(&mut self, said: bool, there: bool) {
        self.right += usize::from(said && there);
        self.said += usize::from(said);
        self.there += usize::from(there);
    }

    fn quality(self) -> Quality {
        // Where nothing was to be found and nothing was said, nothing is wrong.
        let share = |of: usize| match (of, self.said + self.there) {
            (_, 0) => 1.0,
            (0, _) => 0.0,
            (of, _) => self.right as f64 / of as f64,
        };
        let (precision, recall) = (share(self.said), share(self.there));
        let sum = precision + recall;
        let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
        Quality { precision, recall, f1 }
    }
}

/// [`Quality`] of the first question, and of how many items.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Collaborative {
    /// Precision, recall, F1.
    #[serde(flatten)]
    pub quality: Quality,
    /// How many items were judged.
    pub n: usize,
}

/// Quality over topics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Topics {
    /// Every pair of item and topic counts the same.
    pub micro: Quality,
    /// Each topic by itself.
    pub per_topic: BTreeMap<&'static str, Quality>,
}

/// What an item is, as people or as the classifier say it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// Whether it is about collaboration.
    pub collaborative: bool,
    /// On what.
    pub topics: Vec<Topic>,
    /// Whether it is also for libraries that do not run Alma; null where nobody said.
    pub non_alma: Option<bool>,
}

/// An item that was judged otherwise than people did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Miss {
    /// The item.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// `hard` or `easy`, where that is known.
    pub difficulty: Option<String>,
    /// The questions that were answered otherwise.
    pub wrong: Vec<&'static str>,
    /// What people say.
    pub expected: Answers,
    /// What was found.
    pub found: Answers,
    /// Why, for each of those questions.
    pub explanations: Vec<Explanation>,
}

/// The whole evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Is it about collaboration?
    pub collaborative: Collaborative,
    /// On what?
    pub topics: Topics,
    /// Is it for libraries that do not run Alma?
    pub non_alma: Quality,
    /// Every item that was judged otherwise.
    pub misses: Vec<Miss>,
}

/// A verdict on an item, and the classifier that gave it.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The item.
    pub item: &'a LabelledItem,
    /// The verdict.
    pub verdict: Verdict,
    /// For each question answered otherwise, why.
    pub explanations: Vec<Explanation>,
}

/// Judges items.
pub fn judge<'a>(classifier: &Classifier, items: impl IntoIterator<Item = &'a LabelledItem>) -> Vec<Judged<'a>> {
    let judged = |item: &'a LabelledItem| {
        let verdict = classifier.classify(&item.document());
        let explanations = wrong(item, &verdict)
            .into_iter()
            .map(|question| classifier.explain(&item.document(), question))
            .collect();
        Judged {
            item,
            verdict,
            explanations,
        }
    };
    items.into_iter().map(judged).collect()
}

fn wrong(item: &LabelledItem, verdict: &Verdict) -> Vec<Question> {
    Question::all()
        .filter(|question| match question {
            Question::Collaborative => verdict.collaborative != item.collaborative,
            Question::About(topic) => verdict.topics.contains(topic) != item.topics.contains(topic),
            Question::NonAlma => item.non_alma.is_some_and(|non_alma| non_alma != verdict.non_alma),
        })
        .collect()
}

/// Adds verdicts up.
pub fn evaluate(judged: &[Judged<'_>]) -> Evaluation {
    let (mut collaborative, mut micro, mut non_alma) = (Count::default(), Count::default(), Count::default());
    let mut per_topic: BTreeMap<&'static str, Count> = Topic::ALL
        .iter()
        .map(|topic| (topic.name(), Count::default()))
        .collect();
    for Judged { item, verdict, .. } in judged {
        collaborative.add(verdict.collaborative, item.collaborative);
        for topic in Topic::ALL {
            let (said, there) = (verdict.topics.contains(topic), item.topics.contains(topic));
            micro.add(said, there);
            per_topic.entry(topic.name()).or_default().add(said, there);
        }
        if let Some(there) = item.non_alma {
            non_alma.add(verdict.non_alma, there);
        }
    }
    let misses = judged
        .iter()
        .filter(|judged| !judged.explanations.is_empty())
        .map(miss)
        .collect();
    Evaluation {
        collaborative: Collaborative {
            quality: collaborative.quality(),
            n: judged.len(),
        },
        topics: Topics {
            micro: micro.quality(),
            per_topic: per_topic
                .into_iter()
                .map(|(topic, count)| (topic, count.quality()))
                .collect(),
        },
        non_alma: non_alma.quality(),
        misses,
    }
}

fn miss(judged: &Judged<'_>) -> Miss {
    let Judged {
        item,
        verdict,
        explanations,
    } = judged;
    Miss {
        id: item.id.clone(),
        title: item.title.clone(),
        difficulty: item.difficulty.clone(),
        wrong: explanations.iter().map(|explanation| explanation.question).collect(),
        expected: Answers {
            collaborative: item.collaborative,
            topics: item.topics.iter().copied().collect(),
            non_alma: item.non_alma,
        },
        found: Answers {
            collaborative: verdict.collaborative,
            topics: verdict.topics.clone(),
            non_alma: Some(verdict.non_alma),
        },
        explanations: explanations.clone(),
    }
}

/// Judges each item by a classifier that learned from items of other groups only. Groups (one file, one product, one year)
/// are dealt out to `folds` parts, the largest first, each to the smallest part.
pub fn cross_validated<'a>(
    rules: &Rules,
    items: &'a [LabelledItem],
    training: &Training,
    folds: usize,
    questions: &[Question],
) -> Vec<Judged<'a>> {
    let labels: Vec<Labels> = items.iter().map(LabelledItem::labels).collect();
    let examples: Vec<Example<'_>> = items
        .iter()
        .zip(&labels)
        .map(|(item, labels)| Example {
            document: item.document(),
            labels,
        })
        .collect();
    let course = Course::new(rules, &examples);
    let mut judged = Vec::new();
    for part in parts(items, folds) {
        let others: Vec<usize> = (0..items.len()).filter(|number| !part.contains(number)).collect();
        let classifier = course.learn_some(&others, training, questions);
        judged.extend(judge(&classifier, part.iter().map(|&number| &items[number])));
    }
    judged
}

fn parts(items: &[LabelledItem], folds: usize) -> Vec<BTreeSet<usize>> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, item) in items.iter().enumerate() {
        groups.entry(item.group()).or_default().push(number);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut parts = vec![BTreeSet::new(); folds.max(2)];
    for group in groups {
        if let Some(part) = parts.iter_mut().min_by_key(|part| part.len()) {
            part.extend(group);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
