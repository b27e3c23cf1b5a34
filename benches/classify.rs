//! How long ten thousand release-note items take to be judged. Run it with `cargo bench --bench classify`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::time::{Duration, Instant};

use almanac::config::classifier::built_in;
use almanac::meaning::classifier::evaluate::{LabelledItem, read_items};

const ITEMS: usize = 10_000;
/// The goal of the project for these items.
const WITHIN: Duration = Duration::from_secs(1);
const RUNS: usize = 5;

fn corpus() -> Vec<LabelledItem> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/train");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .flat_map(|path| read_items(&std::fs::read_to_string(path).unwrap(), "corpus").unwrap())
        .collect()
}

fn main() {
    let items = corpus();
    let began = Instant::now();
    let classifier = built_in();
    println!("rules and weights made ready in {:?}", began.elapsed());
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let began = Instant::now();
        let collaborative = items
            .iter()
            .cycle()
            .take(ITEMS)
            .filter(|item| classifier.classify(&item.document()).collaborative)
            .count();
        let took = began.elapsed();
        println!("{ITEMS} items in {took:?}, {collaborative} of them about collaboration");
        best = best.min(took);
    }
    let ratio = best.as_secs_f64() / WITHIN.as_secs_f64();
    println!("best run: {ratio:.3} of the goal ({WITHIN:?})");
    if ratio > 1.0 {
        println!("slower than the goal");
        std::process::exit(1);
    }
}
