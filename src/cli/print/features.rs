//! What the classifier found, how well it does, and why, laid out for people.

use std::fmt::Write as _;
use std::path::Path;

use super::{Ink, Page, clean, count};
use crate::meaning::classifier::evaluate::{Answers, Evaluation, LabelledItem, Quality};
use crate::meaning::classifier::{Explained, Explanation, Reason};

/// A heading that is longer is cut in lists.
const LONGEST_HEADING: usize = 100;

/// The figures, each half by itself, and every miss.
pub fn evaluation_page(page: &Page, evaluation: &Evaluation, halves: Option<&[(&'static str, Evaluation)]>) -> String {
    let mut rows = vec![row(
        format!(
            "about collaboration ({})",
            count(evaluation.collaborative.n, "item", "items")
        ),
        evaluation.collaborative.quality,
    )];
    for (name, half) in halves.unwrap_or_default() {
        rows.push(row(
            format!("  {name} ({})", half.collaborative.n),
            half.collaborative.quality,
        ));
    }
    rows.push(row("topics".to_owned(), evaluation.topics.micro));
    for (name, half) in halves.unwrap_or_default() {
        rows.push(row(format!("  {name}"), half.topics.micro));
    }
    for (topic, quality) in &evaluation.topics.per_topic {
        rows.push(row(format!("  {topic}"), *quality));
    }
    rows.push(row("also for libraries not on Alma".to_owned(), evaluation.non_alma));
    let mut text = page.table(&["question", "precision", "recall", "F1"], rows);
    let misses = match evaluation.misses.len() {
        0 => "Every item was judged as people did.".to_owned(),
        number => format!(
            "{} judged otherwise than people did:",
            count(number, "item was", "items were")
        ),
    };
    let _ = write!(text, "\n\n{misses}\n");
    for miss in &evaluation.misses {
        let difficulty = miss
            .difficulty
            .as_deref()
            .map_or_else(String::new, |word| format!(" ({})", clean(word)));
        let heading = Ink::Bold.on(&shortened(&format!("{} {}", clean(&miss.id), clean(&miss.title))));
        let _ = write!(text, "\n{heading}{difficulty}\n");
        let said = format!(
            "People say {}; found was {}.",
            answers(&miss.expected),
            answers(&miss.found)
        );
        let _ = writeln!(text, "{}", page.wrapped(&said, 2));
        for explanation in &miss.explanations {
            let _ = writeln!(text, "{}", explanation_lines(page, explanation));
        }
    }
    text
}

/// Each item with what was found and why.
pub fn explained_page(page: &Page, rows: &[(&LabelledItem, Explained)]) -> String {
    let mut text = String::new();
    for (item, explained) in rows {
        let heading = Ink::Bold.on(&shortened(&format!("{} {}", clean(&item.id), clean(&item.title))));
        let found = Answers {
            collaborative: explained.collaborative,
            topics: explained.topics.clone(),
            non_alma: Some(explained.non_alma),
        };
        let _ = writeln!(text, "{heading}");
        let _ = writeln!(text, "{}", page.wrapped(&format!("Found: {}.", answers(&found)), 2));
        let terms = &explained.terms;
        let mut said = Vec::new();
        said.extend(terms.switch.map(|switch| format!("switched: {}", switch.name())));
        said.extend(terms.deadline.as_ref().map(|date| format!("date: {date}")));
        said.extend(
            terms
                .undo
                .map(|undo| format!("can be undone: {}", if undo { "yes" } else { "no" })),
        );
        if !said.is_empty() {
            let because = terms.because.join("”, “");
            let _ = writeln!(
                text,
                "{}",
                page.wrapped(&format!("{}, by “{because}”", said.join(", ")), 2)
            );
        }
        for explanation in &explained.explanations {
            let _ = writeln!(text, "{}", explanation_lines(page, explanation));
        }
        text.push('\n');
    }
    text
}

/// What was learned, and what to do next.
pub fn trained_page(page: &Page, items: usize, weights: usize, out: &Path) -> String {
    page.wrapped(
        &format!(
            "Learned the weights of {weights} features from {items} items and wrote them to {}. They are used from now on \
             where the settings name the file under [classifier] weights, or once the program is built anew. \
             \"almanac features evaluate FILE\" says how well they do; figures on the items learned from flatter.",
            out.display()
        ),
        0,
    )
}

fn row(name: String, quality: Quality) -> Vec<String> {
    let share = |share: f64| format!("{share:.3}");
    vec![name, share(quality.precision), share(quality.recall), share(quality.f1)]
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_HEADING {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_HEADING).collect();
    format!("{start}…")
}

fn answers(answers: &Answers) -> String {
    let mut words = vec![
        if answers.collaborative {
            "about collaboration"
        } else {
            "not about collaboration"
        }
        .to_owned(),
    ];
    words.extend(answers.topics.iter().map(|topic| topic.name().to_owned()));
    if answers.non_alma == Some(true) {
        words.push("also for libraries not on Alma".to_owned());
    }
    words.join(", ")
}

fn explanation_lines(page: &Page, explanation: &Explanation) -> String {
    let Explanation {
        question,
        score,
        base,
        rest,
        ..
    } = explanation;
    let yes = if *score > 0.0 { "yes" } else { "no" };
    let head = format!("{question}: {yes}, score {score:+.2} = base {base:+.2}, the reasons below, others {rest:+.2}");
    let mut lines = vec![page.wrapped(&head, 2)];
    for (word, reasons) in [
        ("for", &explanation.reasons_for),
        ("against", &explanation.reasons_against),
    ] {
        if !reasons.is_empty() {
            let listed: Vec<String> = reasons.iter().map(reason).collect();
            lines.push(page.wrapped(&format!("{word}: {}", listed.join("; ")), 4));
        }
    }
    lines.join("\n")
}

fn reason(reason: &Reason) -> String {
    format!("{} {:+.2}", clean(&reason.what), reason.weight)
}
