//! How well release-note items are judged, and the commands that say so.

use std::path::{Path, PathBuf};

use almanac::config::classifier::{RULES, WEIGHTS, built_in, rules};
use almanac::meaning::classifier::evaluate::{Evaluation, LabelledItem, cross_validated, evaluate, judge, read_items};
use almanac::meaning::classifier::rules::Question;
use almanac::meaning::classifier::train::Training;
use almanac::meaning::classifier::weights::Learned;
use assert_cmd::Command;
use serde_json::{Value, json};

/// Parts in which the items are dealt out here: fewer than people use, for the sake of time.
const FOLDS: usize = 4;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    files
}

fn items(files: &[PathBuf]) -> Vec<LabelledItem> {
    files
        .iter()
        .flat_map(|path| read_items(&std::fs::read_to_string(path).unwrap(), &path.display().to_string()).unwrap())
        .collect()
}

fn almanac() -> Command {
    let mut command = Command::cargo_bin("almanac").unwrap();
    command
        .env_remove("ALMANAC_CONFIG")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn told(evaluation: &Evaluation) -> String {
    let misses: Vec<&str> = evaluation.misses.iter().map(|miss| miss.title.as_str()).collect();
    format!(
        "{:?} {:?} {misses:#?}",
        evaluation.collaborative, evaluation.topics.micro
    )
}

#[test]
fn what_was_learned_holds_for_items_that_were_held_back() {
    let items = items(&files("corpus/train"));
    assert!(items.len() > 400, "the project's own items were not found");
    let rules = rules(RULES, Path::new("config/topics.toml")).unwrap();
    let judged = cross_validated(
        &rules,
        &items,
        &Training::default(),
        FOLDS,
        &Question::all().collect::<Vec<_>>(),
    );
    let all = evaluate(&judged);
    assert_eq!(all.collaborative.n, items.len());
    let hard: Vec<_> = judged.into_iter().filter(|judged| judged.item.hard()).collect();
    let hard = evaluate(&hard);
    assert!(
        all.collaborative.quality.precision > 0.92 && all.collaborative.quality.recall > 0.90,
        "{}",
        told(&all)
    );
    assert!(
        hard.collaborative.quality.precision > 0.87 && hard.collaborative.quality.recall > 0.87,
        "{}",
        told(&hard)
    );
    assert!(all.topics.micro.f1 > 0.72, "{}", told(&all));
}

#[test]
fn the_committed_weights_are_what_the_committed_items_teach() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("weights.txt");
    almanac()
        .args(["features", "train", "--out"])
        .arg(&out)
        .args(files("corpus/train"))
        .assert()
        .success();
    let fresh = std::fs::read_to_string(&out).unwrap();
    // The last digit may differ between processors.
    let close = |one: &str, other: &str| {
        let number = |line: &str| line.split(' ').next().and_then(|weight| weight.parse::<f64>().ok());
        one == other
            || number(one)
                .zip(number(other))
                .is_some_and(|(one, other)| (one - other).abs() < 0.002)
    };
    let of = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let (fresh, committed) = (of(&fresh), of(WEIGHTS));
    let different = fresh
        .iter()
        .zip(&committed)
        .filter(|(one, other)| !close(one, other))
        .count();
    assert!(
        fresh.len().abs_diff(committed.len()) < 10 && different < 20,
        "rules or items were changed; run almanac features train corpus/train/*.jsonl ({} and {} lines, {different} differ)",
        fresh.len(),
        committed.len()
    );
    assert!(
        Learned::parse(WEIGHTS).unwrap().len() < 6_000,
        "more than people can look through"
    );
}

#[test]
fn real_and_hard_items_are_judged_as_people_did() {
    let shared = std::env::var_os("ALMANAC_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let folder = shared.join("exlibris/release-notes");
    if !folder.exists() {
        println!("skipped: the real samples are not here");
        return;
    }
    let hard = items(&[folder.join("items-hard.jsonl")]);
    let evaluation = evaluate(&judge(&built_in(), &hard));
    let quality = evaluation.collaborative.quality;
    assert!(
        quality.precision >= 0.92 && quality.recall >= 0.92,
        "{}",
        told(&evaluation)
    );
    assert!(evaluation.topics.micro.f1 >= 0.85, "{}", told(&evaluation));
    let only_hard: Vec<_> = hard.into_iter().filter(LabelledItem::hard).collect();
    let evaluation = evaluate(&judge(&built_in(), &only_hard));
    let quality = evaluation.collaborative.quality;
    assert!(
        quality.precision >= 0.85 && quality.recall >= 0.85,
        "{}",
        told(&evaluation)
    );
    let real = items(&[folder.join("items.jsonl")]);
    let evaluation = evaluate(&judge(&built_in(), &real));
    assert!(evaluation.collaborative.quality.f1 >= 0.90, "{}", told(&evaluation));
}

fn two_items(folder: &Path) -> PathBuf {
    let path = folder.join("items.jsonl");
    let lines = [
        json!({"id": "A1", "product": "Alma", "release": "2026-11", "area": "Fulfillment - Resource Sharing",
            "title": "Partners Answer by ISO 18626", "body": "Lending requests are answered by ISO 18626 partners on any system.",
            "collaborative": true, "topics": ["resource-sharing"], "non_alma": true, "difficulty": "easy"}),
        json!({"id": "A2", "product": "Alma", "release": "2026-11", "area": "Acquisitions",
            "title": "Invoice Line Notes", "body": "A note can be kept on an invoice line of a vendor.",
            "collaborative": true, "topics": ["network-zone"], "non_alma": false, "difficulty": "hard"}),
    ];
    std::fs::write(&path, lines.map(|line| line.to_string()).join("\n")).unwrap();
    path
}

#[test]
fn the_figures_are_told_with_every_miss_and_its_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let path = two_items(folder.path());
    let output = almanac()
        .args(["features", "evaluate", "--json"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["collaborative", "misses", "non_alma", "topics"]);
    assert_eq!(told["collaborative"]["n"], 2);
    assert_eq!(told["collaborative"]["precision"], 1.0);
    assert_eq!(told["collaborative"]["recall"], 0.5);
    assert!(told["topics"]["micro"]["f1"].is_number() && told["topics"]["per_topic"]["network-zone"]["recall"] == 0.0);
    assert_eq!(told["non_alma"]["f1"], 1.0);
    let miss = &told["misses"][0];
    assert_eq!(
        (&miss["id"], &miss["found"]["collaborative"]),
        (&json!("A2"), &json!(false))
    );
    assert_eq!(miss["wrong"], json!(["collaborative", "network-zone"]));
    assert!(
        miss["explanations"][0]["reasons_against"][0]["what"]
            .as_str()
            .unwrap()
            .contains("buying"),
        "{miss:#}"
    );

    let hard = almanac()
        .args(["features", "evaluate", "--hard", "--json"])
        .arg(&path)
        .output()
        .unwrap();
    let hard: Value = serde_json::from_slice(&hard.stdout).unwrap();
    assert_eq!(hard["collaborative"]["n"], 1);

    let page = almanac().args(["features", "evaluate"]).arg(&path).output().unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    for words in [
        "about collaboration (2 items)",
        "hard items (1)",
        "1 item was judged otherwise",
        "A2 Invoice Line Notes",
        "against: ",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    let why = almanac()
        .args(["features", "explain", "--id", "A1"])
        .arg(&path)
        .output()
        .unwrap();
    let why = String::from_utf8(why.stdout).unwrap();
    assert!(
        why.contains("about collaboration, resource-sharing") && why.contains("iso 18626"),
        "{why}"
    );
}

#[test]
fn mistakes_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.jsonl");
    std::fs::write(&broken, "{\"title\": \"no label\"}\n").unwrap();
    let settings = folder.path().join("almanac.toml");
    let rules = folder.path().join("rules.toml");
    std::fs::write(&rules, "[[group]]\nname = \"lenders\"\nphrases = [\"Lender\"]\n").unwrap();
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/almanac.toml")).unwrap();
    std::fs::write(
        &settings,
        format!("{text}\n[classifier]\nrules = {:?}\n", rules.display().to_string()),
    )
    .unwrap();
    for (arguments, words) in [
        (vec![broken.display().to_string()], "line 1 of"),
        (vec!["nothing.jsonl".to_owned()], "nothing.jsonl cannot be read"),
        (
            vec![
                broken.display().to_string(),
                "--config".to_owned(),
                settings.display().to_string(),
            ],
            "line 3: group 1 (lenders), phrases: a word has more than letters and digits in lower case in \"Lender\"",
        ),
    ] {
        let output = almanac()
            .args(["features", "evaluate"])
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        assert!(!output.status.success() && told.contains(words), "{words}\n{told}");
    }
}

#[test]
fn other_rules_judge_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = two_items(folder.path());
    let rules = folder.path().join("rules.toml");
    std::fs::write(
        &rules,
        "[[group]]\nname = \"invoices\"\nweights = { collaborative = 20, network-zone = 20 }\nphrases = [\"invoice line*\"]\n",
    )
    .unwrap();
    let settings = folder.path().join("almanac.toml");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/almanac.toml")).unwrap();
    std::fs::write(
        &settings,
        format!("{text}\n[classifier]\nrules = {:?}\n", rules.display().to_string()),
    )
    .unwrap();
    let output = almanac()
        .args(["features", "explain", "--json", "--id", "A2", "--config"])
        .arg(&settings)
        .arg(&path)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told[0]["verdict"]["collaborative"], true, "{told:#}");
    assert_eq!(told[0]["verdict"]["topics"][0], "network-zone");
}
