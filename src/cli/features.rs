//! `almanac features`: what release-note items are judged by, and how well.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::output::{self, Output};
use super::print::features::{evaluation_page, explained_page, trained_page};
use crate::config::{Config, classifier as rules_file};
use crate::meaning::classifier::evaluate::{Judged, LabelledItem, cross_validated, evaluate, judge, read_items};
use crate::meaning::classifier::rules::Question;
use crate::meaning::classifier::train::{Course, Example, Training};
use crate::meaning::classifier::{Classifier, Labels};

/// A file of labelled items is some hundred lines long; one larger than this is another file.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// Parts in which cross-validation deals out the items.
const FOLDS: usize = 10;
/// More parts than this take time and say nothing more.
const MOST_FOLDS: u64 = 100;

/// What `almanac features` takes.
#[derive(Debug, Subcommand)]
pub(super) enum FeaturesCommand {
    /// Judge labelled items (JSON lines) and say how well: precision, recall, F1, and every miss with its reasons.
    Evaluate(EvaluateArgs),
    /// Judge labelled items (JSON lines) and show for each what was found and why.
    Explain(ExplainArgs),
    /// Learn the weights anew from labelled items (JSON lines), and write them to a file that people can read.
    Train(TrainArgs),
}

/// What `almanac features evaluate` takes.
#[derive(Args, Debug)]
pub(super) struct EvaluateArgs {
    /// Files with one labelled item a line: title, body, area, product, release, collaborative, topics, non_alma …
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only the items with "difficulty": "hard".
    #[arg(long)]
    hard: bool,
    /// Learn from these files themselves and judge each item by what the others teach: items of one file, product and
    /// year are held back together, in so many parts.
    #[arg(long, value_name = "PARTS", num_args = 0..=1, default_missing_value = "10", value_parser = clap::value_parser!(u64).range(2..=MOST_FOLDS))]
    cross_validate: Option<u64>,
}

/// What `almanac features explain` takes.
#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Files with one labelled item a line.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only the item of this id.
    #[arg(long)]
    id: Option<String>,
}

/// What `almanac features train` takes.
#[derive(Args, Debug)]
pub(super) struct TrainArgs {
    /// Files with one labelled item a line.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the weights go; a file of that name is written over.
    #[arg(long, value_name = "FILE", default_value = "config/classifier-weights.txt")]
    out: PathBuf,
}

/// The classifier of the settings; without a settings file, the one that comes with the program.
pub(super) fn configured(config: &Path) -> Result<Arc<Classifier>, Failure> {
    if !config.exists() {
        return Ok(rules_file::built_in());
    }
    let config = Config::load(config).map_err(|mistakes| Failure::mistake(mistakes.to_string()))?;
    Ok(config.classifier)
}

/// Runs it.
pub(super) fn features(command: FeaturesCommand, classifier: &Classifier, output: &Output) -> Result<(), Failure> {
    match command {
        FeaturesCommand::Evaluate(args) => evaluate_files(&args, classifier, output),
        FeaturesCommand::Explain(args) => explain(&args, classifier, output),
        FeaturesCommand::Train(args) => train(&args, classifier, output),
    }
}

fn evaluate_files(args: &EvaluateArgs, classifier: &Classifier, output: &Output) -> Result<(), Failure> {
    let items = labelled(&args.files)?;
    let questions: Vec<Question> = Question::all().collect();
    let mut judged = match args.cross_validate {
        Some(folds) => cross_validated(
            classifier.rules(),
            &items,
            &Training::default(),
            usize::try_from(folds).unwrap_or(FOLDS),
            &questions,
        ),
        None => judge(classifier, &items),
    };
    if args.hard {
        judged.retain(|judged| judged.item.hard());
    }
    let evaluation = evaluate(&judged);
    if output.json {
        return output::json(&evaluation);
    }
    output.text(&evaluation_page(&output.page, &evaluation, halves(&judged).as_deref()))
}

/// The hard and the easy half each by itself, where both are there.
fn halves(judged: &[Judged<'_>]) -> Option<Vec<(&'static str, crate::meaning::classifier::evaluate::Evaluation)>> {
    let (hard, easy): (Vec<Judged<'_>>, Vec<Judged<'_>>) =
        judged.iter().cloned().partition(|judged| judged.item.hard());
    let both = !hard.is_empty() && !easy.is_empty();
    both.then(|| vec![("hard items", evaluate(&hard)), ("easy items", evaluate(&easy))])
}

fn explain(args: &ExplainArgs, classifier: &Classifier, output: &Output) -> Result<(), Failure> {
    let mut items = labelled(&args.files)?;
    if let Some(id) = &args.id {
        items.retain(|item| item.id == *id);
        if items.is_empty() {
            return Err(Failure::mistake(format!(
                "no item in these files has the id {id}; leave --id out to see all"
            )));
        }
    }
    let rows: Vec<_> = items
        .iter()
        .map(|item| (item, classifier.explained(&item.document())))
        .collect();
    if output.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(item, explained)| serde_json::json!({"id": item.id, "title": item.title, "verdict": explained}))
            .collect();
        return output::json(&rows);
    }
    output.text(&explained_page(&output.page, &rows))
}

fn train(args: &TrainArgs, classifier: &Classifier, output: &Output) -> Result<(), Failure> {
    let items = labelled(&args.files)?;
    let learned = learn(classifier, &items);
    let head = format!(
        "What was learned from {} labelled items on top of the rules in config/topics.toml: log odds for yes, by feature.\n\
         Written by \"almanac features train FILE… --out {}\"; the same items and rules give the same file.",
        items.len(),
        args.out.file_name().unwrap_or_default().to_string_lossy()
    );
    let weights = learned.learned().len();
    std::fs::write(&args.out, learned.learned().render(&head)).map_err(|error| {
        Failure::mistake(format!(
            "the weights cannot be written to {} ({error}); name another file with --out",
            args.out.display()
        ))
    })?;
    if output.json {
        let written = serde_json::json!({"out": args.out, "items": items.len(), "features": weights});
        return output::json(&written);
    }
    output.text(&trained_page(&output.page, items.len(), weights, &args.out))
}

/// The classifier that all the items teach.
fn learn(classifier: &Classifier, items: &[LabelledItem]) -> Classifier {
    let labels: Vec<Labels> = items.iter().map(LabelledItem::labels).collect();
    let examples: Vec<Example<'_>> = items
        .iter()
        .zip(&labels)
        .map(|(item, labels)| Example {
            document: item.document(),
            labels,
        })
        .collect();
    let all: Vec<usize> = (0..items.len()).collect();
    Course::new(classifier.rules(), &examples).learn(&all, &Training::default())
}

fn labelled(files: &[PathBuf]) -> Result<Vec<LabelledItem>, Failure> {
    let mut items = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            Failure::mistake(format!(
                "{name} cannot be read ({error}); name a file with one JSON object a line"
            ))
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(Failure::mistake(format!(
                "{name} is larger than 64 MiB; name a file of labelled items, one JSON object a line"
            )));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::mistake(format!("{name} is not UTF-8 text; save it as UTF-8")))?;
        items.extend(read_items(&text, &name).map_err(Failure::mistake)?);
    }
    if items.is_empty() {
        return Err(Failure::mistake(
            "there is no item in these files; a line is a JSON object",
        ));
    }
    Ok(items)
}
