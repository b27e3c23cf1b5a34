//! The table `[classifier]`, and the file of rules that it may name (`config/topics.toml` is the pattern).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use toml::de::DeValue;

use super::check::unique;
use super::mistake::{Mistake, Mistakes, shown};
use super::read_bounded;
use super::reader::{Found, Reader, Table};
use crate::meaning::classifier::Classifier;
use crate::meaning::classifier::phrases::Phrase;
use crate::meaning::classifier::rules::{Effect, Group, Prior, QUESTIONS, Question, Rules, TermWords, Weights};
use crate::meaning::classifier::weights::Learned;

/// The rules that come with the program.
pub const RULES: &str = include_str!("../../config/topics.toml");
/// The weights that come with the program.
pub const WEIGHTS: &str = include_str!("../../config/classifier-weights.txt");

/// No single sign makes an answer certain.
const HEAVIEST: f64 = 20.0;
/// More groups than these nobody can oversee.
const MOST_GROUPS: usize = 500;
/// A phrase for each thing that can be meant, and some.
const MOST_PHRASES: usize = 2_000;
/// A heading is not worth more than this many sentences.
const MOST_HEADING_COUNTS: f64 = 5.0;

static BUILT_IN: LazyLock<Arc<Classifier>> = LazyLock::new(|| {
    // A test holds that both are sound; without them everything is judged to be about nothing.
    let rules = rules(RULES, Path::new("config/topics.toml")).unwrap_or_default();
    Arc::new(Classifier::new(rules, Learned::parse(WEIGHTS).unwrap_or_default()))
});

/// The classifier with the rules and weights that come with the program.
pub fn built_in() -> Arc<Classifier> {
    Arc::clone(&BUILT_IN)
}

/// Reads rules; `path` is only named in messages.
///
/// # Errors
/// [`Mistakes`]: all that is wrong, each with its line and what to write instead.
pub fn rules(text: &str, path: &Path) -> Result<Rules, Mistakes> {
    let (rules, list) = Reader::read(text, false, read_rules);
    if list.is_empty() {
        Ok(rules)
    } else {
        Err(Mistakes {
            path: path.to_owned(),
            list,
        })
    }
}

/// Reads a file of rules.
///
/// # Errors
/// [`Mistakes`]: all that is wrong, or that the file cannot be read.
pub fn load_rules(path: &Path) -> Result<Rules, Mistakes> {
    match read_bounded(path) {
        Ok(text) => rules(&text, path),
        Err((wrong, _)) => Err(unreadable(path, wrong)),
    }
}

/// Reads a file of weights.
///
/// # Errors
/// [`Mistakes`]: what is wrong, or that the file cannot be read.
pub fn load_weights(path: &Path) -> Result<Learned, Mistakes> {
    match read_bounded(path) {
        Ok(text) => Learned::parse(&text).map_err(|wrong| unreadable(path, wrong)),
        Err((wrong, _)) => Err(unreadable(path, wrong)),
    }
}

fn unreadable(path: &Path, wrong: String) -> Mistakes {
    Mistakes {
        path: path.to_owned(),
        list: vec![Mistake {
            line: 0,
            column: 0,
            place: "the file".to_owned(),
            wrong,
            instead: "Name a file that almanac features train, or a person, wrote for this".to_owned(),
        }],
    }
}

/// The classifier that the settings ask for.
pub(super) fn classifier(root: &Table) -> Arc<Classifier> {
    let Some(table) = root.table("classifier") else {
        return built_in();
    };
    let named = |key: &'static str| table.text(key).filter(|_| root.reader.look_at_secret_files);
    let (rules_file, weights_file) = (named("rules"), named("weights"));
    table.done();
    if rules_file.is_none() && weights_file.is_none() {
        return built_in();
    }
    let usual = built_in();
    let rules = read_named(&table, "rules", rules_file, load_rules).unwrap_or_else(|| usual.rules().clone());
    let weights = read_named(&table, "weights", weights_file, load_weights).unwrap_or_else(|| usual.learned().clone());
    Arc::new(Classifier::new(rules, weights))
}

/// Reads the file that a key names; its mistakes stand at the key, and name the line in the file.
fn read_named<T>(
    table: &Table,
    key: &'static str,
    file: Option<Found<String>>,
    load: fn(&Path) -> Result<T, Mistakes>,
) -> Option<T> {
    let file = file?;
    match load(&PathBuf::from(&file.value)) {
        Ok(read) => Some(read),
        Err(mistakes) => {
            for mistake in mistakes.list {
                let line = match mistake.line {
                    0 => String::new(),
                    line => format!(", line {line}"),
                };
                let wrong = format!("in {}{line}: {}: {}", file.value, mistake.place, mistake.wrong);
                table.wrong(key, file.at, wrong, mistake.instead);
            }
            None
        }
    }
}

fn read_rules(root: &Table) -> Rules {
    let base = root.table("base").map(|table| {
        let weights = weights_of(&table);
        table.done();
        weights
    });
    let heading_counts = root.positive("heading_counts", MOST_HEADING_COUNTS).unwrap_or(1.0);
    let terms = root.table("terms").map(|table| {
        let terms = TermWords {
            contact: phrases(&table, "contact"),
            off: phrases(&table, "off"),
            on: phrases(&table, "on"),
            permanent: phrases(&table, "permanent"),
            reversible: phrases(&table, "reversible"),
            deadline: phrases(&table, "deadline"),
        };
        table.done();
        terms
    });
    let rules = Rules {
        base: base.unwrap_or([0.0; QUESTIONS]),
        heading_counts,
        groups: groups(root),
        areas: priors(root, "area"),
        products: priors(root, "product"),
        terms: terms.unwrap_or_default(),
    };
    if rules.groups.is_empty() {
        root.reader.absence(
            root.at,
            &root.place,
            "there is no group of phrases",
            "Write [[group]] on a line of its own, and below it name, weights and phrases",
        );
    }
    rules
}

fn groups(root: &Table) -> Vec<Group> {
    let mut known = BTreeMap::new();
    let tables = root.tables("group", "name");
    if let Some(first_too_many) = tables.get(MOST_GROUPS) {
        first_too_many.wrong(
            "name",
            first_too_many.at,
            "there are more groups than can be overseen (500)",
            "Join groups that mean the same",
        );
    }
    let read = |table: &Table| {
        let name = table
            .required_text("name", "\"lenders\"")
            .filter(|name| unique(table, "name", name, &mut known));
        let effects = ["mask", "hush"];
        let effect = table.choice("effect", &effects, |name| match name {
            "mask" => Some(Effect::Mask),
            "hush" => Some(Effect::Hush),
            _ => None,
        });
        let weights = table.table("weights").map(|table| {
            let weights = weights_of(&table);
            table.done();
            weights
        });
        if !table.has("phrases") {
            table.missing("phrases", "[\"…\", \"…\"]");
        }
        let group = Group {
            name: name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
            phrases: phrases(table, "phrases"),
            unless: phrases(table, "unless"),
            weights: weights.unwrap_or([0.0; QUESTIONS]),
            effect: effect.map(|effect| effect.value).unwrap_or_default(),
        };
        table.done();
        name.map(|_| group)
    };
    tables.iter().take(MOST_GROUPS).filter_map(read).collect()
}

fn priors(root: &Table, key: &'static str) -> Vec<Prior> {
    let read =
        |table: Table| {
            if !table.has("names") {
                table.missing("names", "[\"resource sharing\"]");
            }
            let mut names = Vec::new();
            for name in table.texts("names") {
                if name.value.split(' ').all(|word| {
                    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() && c.to_lowercase().eq([c]))
                }) {
                    names.push(name.value);
                } else {
                    let wrong = format!("{} has more than small letters and single spaces", shown(&name.value));
                    table.wrong(
                        "names",
                        name.at,
                        wrong,
                        "Write the words of the name in small letters, a space for a hyphen",
                    );
                }
            }
            let weights = table.table("weights").map(|table| {
                let weights = weights_of(&table);
                table.done();
                weights
            });
            table.done();
            Prior {
                names,
                weights: weights.unwrap_or([0.0; QUESTIONS]),
            }
        };
    root.tables(key, "names").into_iter().map(read).collect()
}

fn phrases(table: &Table, key: &'static str) -> Vec<Phrase> {
    let texts = table.texts(key);
    if let Some(first_too_many) = texts.get(MOST_PHRASES) {
        let wrong = "there are more phrases than can be overseen (2000)";
        table.wrong(key, first_too_many.at, wrong, "Make two groups of them");
    }
    let read = |text: &Found<String>| match Phrase::parse(&text.value) {
        Ok(phrase) => Some(phrase),
        Err((wrong, instead)) => {
            table.wrong(key, text.at, format!("{wrong} in {}", shown(&text.value)), instead);
            None
        }
    };
    texts.iter().take(MOST_PHRASES).filter_map(read).collect()
}

/// The weights of a table whose keys are the names of questions.
fn weights_of(table: &Table) -> Weights {
    let mut weights = [0.0; QUESTIONS];
    for question in Question::all() {
        if let Some(weight) = weight(table, question.name()) {
            weights[question.number()] = weight;
        }
    }
    weights
}

fn weight(table: &Table, key: &'static str) -> Option<f64> {
    let value = table.get(key)?;
    let instead = format!("Write a number from -{HEAVIEST} to {HEAVIEST}, without quotes");
    let number = match value.get_ref() {
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .map(|n| n as f64),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => {
            table.wrong_type(key, value, "a number", &instead);
            return None;
        }
    };
    let number = number.filter(|number: &f64| number.abs() <= HEAVIEST);
    if number.is_none() {
        table.wrong(
            key,
            value.span().start,
            "this number is too small or too large",
            instead,
        );
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        rules(text, Path::new("topics.toml")).unwrap_err().to_string()
    }

    #[test]
    fn what_comes_with_the_program_is_sound() {
        let read = rules(RULES, Path::new("config/topics.toml"));
        assert!(read.is_ok(), "{}", read.unwrap_err());
        assert!(Learned::parse(WEIGHTS).unwrap().len() > 500);
        assert!(!built_in().rules().groups.is_empty());
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_what_to_write() {
        let told = wrong(
            "[[group]]\nname = \"a\"\nweights = { colaborative = 1.0, non-alma = 99 }\nphrases = [\"Rota\", \"one .. \"]\n\
             [[group]]\nname = \"a\"\neffect = \"shout\"\n[[area]]\nweights = { network-zone = \"much\" }\n",
        );
        for line in [
            "topics.toml:3: group 1 (a), weights: the key \"colaborative\" is not known. Write collaborative if that is what you mean.",
            "topics.toml:3: group 1 (a), weights, non-alma: this number is too small or too large.",
            "topics.toml:4: group 1 (a), phrases: a word has more than letters and digits in lower case in \"Rota\".",
            "topics.toml:4: group 1 (a), phrases: a phrase cannot end with ..",
            "topics.toml:6:",
            "topics.toml:7: group 2 (a), effect: \"shout\" is not known here. Write \"mask\" or \"hush\".",
            "topics.toml:5: group 2 (a): phrases is missing.",
            "topics.toml:8: area 1: names is missing.",
            "topics.toml:9: area 1, weights, network-zone: a number belongs here, not text.",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
        assert!(wrong("heading_counts = 1.5").contains("there is no group of phrases"));
    }
}
