//! Learning the weights: logistic regression, one question at a time, on top of what the rules say already.
//!
//! Stochastic dual coordinate ascent with an L2 penalty (Shalev-Shwartz and Zhang, JMLR 14, 2013): no step size to choose,
//! and with a fixed order of items the same weights every time. Words are weighed by how differently they are spread over
//! yes and no first (Wang and Manning, ACL 2012), which helps where there are few items.

use std::collections::HashMap;

use super::features::{Kind, Reader, spelled};
use super::rules::{Question, Rules};
use super::weights::{ALWAYS, Learned};
use super::{Classifier, Document, Labels};

/// How the weights are learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// The penalty on large weights, per item.
    pub penalty: f64,
    /// How freely words and rows of words are weighed.
    pub rows: f64,
    /// The same for topics: fewer items have each, so that single words are trusted less.
    pub rows_of_topics: f64,
    /// How freely groups, areas and products are weighed.
    pub signs: f64,
    /// Added to the score of each topic: F1 is better served where a topic in doubt is named.
    pub lean: f64,
    /// The same for the first question, which must not cry wolf.
    pub collaborative_lean: f64,
    /// Rounds over all items.
    pub rounds: usize,
    /// A word counts where so many items have it.
    pub least_items: usize,
    /// Weights nearer to zero than this are left out.
    pub least_weight: f64,
    /// Where the order of items begins; any number, the same for the same weights.
    pub seed: u64,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            penalty: 0.0005,
            rows: 0.75,
            rows_of_topics: 0.375,
            signs: 0.7,
            lean: 0.5,
            collaborative_lean: -0.3,
            rounds: 20,
            least_items: 2,
            least_weight: 0.06,
            seed: 1,
        }
    }
}

/// The first sentence: short notes are judged too, and long ones must not teach that much has to be said.
fn beginning(body: &str) -> &str {
    body.find(". ").and_then(|end| body.get(..=end)).unwrap_or(body)
}

/// An item with the answers that people gave.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// The item.
    pub document: Document<'a>,
    /// The answers.
    pub labels: &'a Labels,
}

/// Items read once, for learning from any part of them.
pub struct Course {
    rules: Rules,
    texts: Vec<String>,
    items: Vec<Item>,
}

struct Item {
    features: Vec<(usize, f64, Kind)>,
    /// What the rules say, by question.
    said: Vec<f64>,
    /// The right answers, by question; `None` where the question does not arise.
    answers: Vec<Option<bool>>,
}

impl Course {
    /// Reads the items under the rules.
    pub fn new(rules: &Rules, examples: &[Example<'_>]) -> Self {
        let reader = Reader::new(rules.clone());
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let mut texts: Vec<String> = Vec::new();
        let mut items = Vec::new();
        let shortened = examples.iter().map(|example| Example {
            document: Document {
                body: beginning(example.document.body),
                ..example.document
            },
            ..*example
        });
        for example in examples.iter().copied().chain(shortened) {
            let reading = reader.read(&example.document);
            let names = spelled(&reader, &example.document, &reading);
            let mut features: Vec<(usize, f64, Kind)> = Vec::new();
            for feature in reader.features(&example.document, &reading) {
                let number = *numbers.entry(feature.name.hash).or_insert_with(|| {
                    texts.push(names.get(&feature.name.hash).cloned().unwrap_or_default());
                    texts.len() - 1
                });
                features.push((number, feature.value, feature.kind));
            }
            let said = Classifier::said_by_rules(&reader, &reading).to_vec();
            let answers = Question::all()
                .map(|question| example.labels.answer(question))
                .collect();
            items.push(Item {
                features,
                said,
                answers,
            });
        }
        Self {
            rules: rules.clone(),
            texts,
            items,
        }
    }

    /// The classifier that the items numbered `chosen` teach.
    pub fn learn(&self, chosen: &[usize], training: &Training) -> Classifier {
        self.learn_some(chosen, training, &Question::all().collect::<Vec<_>>())
    }

    /// The same for some of the questions; the others are left to the rules.
    pub fn learn_some(&self, chosen: &[usize], training: &Training, questions: &[Question]) -> Classifier {
        let mut learned = Learned::default();
        let whole = self.items.len() / 2;
        let both: Vec<usize> = chosen.iter().flat_map(|&item| [item, whole + item]).collect();
        let mut items_with = vec![0_usize; self.texts.len()];
        for &item in chosen {
            for &(feature, _, _) in &self.items[item].features {
                items_with[feature] += 1;
            }
        }
        for &question in questions {
            // What a short note is about is said in what is left out as often as not.
            let from = if matches!(question, Question::About(_)) {
                chosen
            } else {
                &both
            };
            self.learn_one(from, training, question, &items_with, &mut learned);
        }
        Classifier::new(self.rules.clone(), learned)
    }

    fn learn_one(
        &self,
        chosen: &[usize],
        training: &Training,
        question: Question,
        items_with: &[usize],
        learned: &mut Learned,
    ) {
        let asked: Vec<(usize, bool)> = chosen
            .iter()
            .filter_map(|&item| Some((item, self.items[item].answers[question.number()]?)))
            .collect();
        let yes = asked.iter().filter(|(_, answer)| *answer).count();
        if yes == 0 || yes == asked.len() {
            return;
        }
        let scale = self.scales(&asked, question, training, items_with);
        let mut weights = vec![0.0_f64; self.texts.len()];
        let mut always = 0.0_f64;
        let mut duals = vec![0.0_f64; asked.len()];
        let stretch = training.penalty * asked.len() as f64;
        let squares: Vec<f64> = asked
            .iter()
            .map(|&(item, _)| {
                let features = &self.items[item].features;
                1.0 + features
                    .iter()
                    .map(|&(feature, value, _)| (value * scale[feature]).powi(2))
                    .sum::<f64>()
            })
            .collect();
        let mut order: Vec<usize> = (0..asked.len()).collect();
        let mut random = fastrand::Rng::with_seed(training.seed);
        for _ in 0..training.rounds {
            random.shuffle(&mut order);
            for &place in &order {
                let (item, answer) = asked[place];
                let item = &self.items[item];
                let side = if answer { 1.0 } else { -1.0 };
                let margin = item.said[question.number()]
                    + always
                    + item
                        .features
                        .iter()
                        .map(|&(feature, value, _)| weights[feature] * value * scale[feature])
                        .sum::<f64>();
                let wanted = side / (1.0 + (margin * side).exp());
                let step = (wanted - duals[place]) / (0.25 + squares[place] / stretch).max(1.0);
                duals[place] += step;
                let step = step / stretch;
                always += step;
                for &(feature, value, _) in &item.features {
                    weights[feature] += step * value * scale[feature];
                }
            }
        }
        always += match question {
            Question::Collaborative => training.collaborative_lean,
            _ => training.lean,
        };
        learned.set(ALWAYS, question, always);
        for (feature, text) in self.texts.iter().enumerate() {
            let weight = weights[feature] * scale[feature];
            if weight.abs() >= training.least_weight {
                learned.set(text, question, weight);
            }
        }
    }

    /// By feature: how freely it is weighed; 0 where it is not.
    fn scales(
        &self,
        asked: &[(usize, bool)],
        question: Question,
        training: &Training,
        items_with: &[usize],
    ) -> Vec<f64> {
        let mut spread = vec![(0.0_f64, 0.0_f64, Kind::Row); self.texts.len()];
        let (mut all_yes, mut all_no) = (0.0_f64, 0.0_f64);
        for &(item, answer) in asked {
            if answer {
                all_yes += 1.0;
            } else {
                all_no += 1.0;
            }
            for &(feature, _, kind) in &self.items[item].features {
                let (yes, no, _) = spread[feature];
                spread[feature] = if answer {
                    (yes + 1.0, no, kind)
                } else {
                    (yes, no + 1.0, kind)
                };
            }
        }
        spread
            .iter()
            .enumerate()
            .map(|(feature, &(yes, no, kind))| match kind {
                Kind::Sign => training.signs,
                Kind::Row if items_with[feature] < training.least_items => 0.0,
                Kind::Row => {
                    let share = |count: f64, of: f64| (count + 1.0) / (of + 2.0);
                    let ratio = (share(yes, all_yes) / share(no, all_no)).ln();
                    let freely = match question {
                        Question::Collaborative => training.rows,
                        _ => training.rows_of_topics,
                    };
                    freely * ratio.abs().min(3.0)
                }
            })
            .collect()
    }
}
