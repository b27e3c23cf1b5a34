//! Who lends to whom, for people and for spreadsheets.

mod matrix;
mod problems;

use std::collections::BTreeMap;

pub use matrix::matrix;
pub use problems::{problems, records};

use super::{Ink, Page, clean, count, words};
use crate::insight::reciprocity::PartnersAnswer;
use crate::model::change::{FieldChange, FieldOp};
use crate::model::reciprocity::{Cause, FindingRow, FlowRow, FlowState, ProblemKind, Says};

/// Changed fields that stand in one line; `almanac diff` has the rest.
const CHANGES_SHOWN: usize = 3;

/// What `almanac partners` prints: one line a pair of libraries.
pub fn pairs(answer: &PartnersAnswer, page: &Page) -> String {
    if answer.lists.len() < 2 {
        return page.wrapped(
            "There are no two libraries to compare; give each its [[institution]] in the settings.",
            0,
        );
    }
    let flows: BTreeMap<(&str, &str), &FlowRow> = answer
        .rows
        .iter()
        .map(|row| ((row.lender.as_str(), row.borrower.as_str()), row))
        .collect();
    let wanted = answer.institution.as_deref();
    let mut text = summary(&flows, answer, page);
    text.push('\n');
    text.push_str(
        &page.table(
            &["Library A", "Library B", "A lends to B", "B lends to A"],
            flows
                .iter()
                .filter(|((lender, borrower), _)| match wanted {
                    Some(code) => *lender == code,
                    None => lender < borrower,
                })
                .filter_map(|((lender, borrower), row)| {
                    let back = flows.get(&(*borrower, *lender))?;
                    Some(vec![
                        clean(&row.lender_name),
                        clean(&row.borrower_name),
                        standing(row, page),
                        standing(back, page),
                    ])
                }),
        ),
    );
    text.push_str(&foot(answer, page));
    text
}

/// What `almanac partners --csv` prints.
pub fn csv(rows: &[FlowRow]) -> String {
    super::csv::csv(
        [
            "lender",
            "lender_name",
            "borrower",
            "borrower_name",
            "state",
            "lender_says",
            "borrower_says",
            "lender_record",
            "borrower_record",
            "problems",
            "since",
            "since_at_least",
            "cause_watch",
            "cause_key",
            "cause_version",
            "cause_changes",
            "what_to_do",
        ],
        rows.iter().map(|row| {
            let joined = |texts: Vec<String>| texts.join("; ");
            let cause = |part: &dyn Fn(&Cause) -> String| row.cause.as_ref().map_or_else(String::new, part);
            [
                row.lender.clone(),
                row.lender_name.clone(),
                row.borrower.clone(),
                row.borrower_name.clone(),
                row.state.name().to_owned(),
                row.lender_says.name().to_owned(),
                row.borrower_says.name().to_owned(),
                row.lender_record.clone().unwrap_or_default(),
                row.borrower_record.clone().unwrap_or_default(),
                joined(row.problems.iter().map(|problem| problem.kind.to_string()).collect()),
                row.since.map_or_else(String::new, |since| since.to_string()),
                row.since_at_least.to_string(),
                cause(&|cause| cause.watch.clone()),
                cause(&|cause| cause.key.clone()),
                cause(&|cause| cause.version.to_string()),
                cause(&|cause| joined(cause.changes.iter().map(changed).collect())),
                joined(
                    row.problems
                        .iter()
                        .filter_map(|problem| problem.remedy.clone())
                        .collect(),
                ),
            ]
        }),
    )
}

/// What `almanac partners --records --csv` prints.
pub fn records_csv(rows: &[FindingRow]) -> String {
    super::csv::csv(
        ["institution", "record", "name", "finding", "candidates", "text"],
        rows.iter().map(|row| {
            [
                row.institution.clone(),
                row.record.clone(),
                row.name.clone().unwrap_or_default(),
                row.finding.name().to_owned(),
                row.candidates.join("; "),
                row.text.clone(),
            ]
        }),
    )
}

/// How a flow stands in a few words, and since when where it does not work.
fn standing(row: &FlowRow, page: &Page) -> String {
    let since = match row.since {
        Some(since) if row.since_at_least => format!(", at least since {}", page.short_time(since)),
        Some(since) => format!(", since {}", page.short_time(since)),
        None => String::new(),
    };
    let inactive = row.problems.iter().any(|problem| problem.kind == ProblemKind::Inactive);
    match row.state {
        FlowState::On if is_seen_from_one_end(row) => Ink::Green.on("yes, as one says"),
        FlowState::On => Ink::Green.on("yes"),
        FlowState::Broken | FlowState::Off if inactive => format!("{}{since}", Ink::Red.on("no: inactive")),
        FlowState::Broken if row.problems.iter().any(|problem| problem.kind == ProblemKind::NoRecord) => {
            format!("{}{since}", Ink::Red.on("no: a record is missing"))
        }
        FlowState::Broken => format!("{}{since}", Ink::Red.on("no: their records disagree")),
        FlowState::Off if is_agreed(row) => "no, as agreed".to_owned(),
        FlowState::Off => "no, as one says".to_owned(),
        FlowState::None => "no records".to_owned(),
        FlowState::Unknown => Ink::Yellow.on("not known"),
    }
}

fn is_seen_from_one_end(row: &FlowRow) -> bool {
    row.lender_says == Says::NotOnAlma || row.borrower_says == Says::NotOnAlma
}

/// Whether both ends switched the direction off. Who has no list cannot have agreed.
fn is_agreed(row: &FlowRow) -> bool {
    row.lender_says == Says::Off && row.borrower_says == Says::Off
}

fn summary(flows: &BTreeMap<(&str, &str), &FlowRow>, answer: &PartnersAnswer, page: &Page) -> String {
    let (mut pairs, mut both, mut one, mut troubled) = (0, 0, 0, 0);
    for ((lender, borrower), row) in flows.iter().filter(|((lender, borrower), _)| lender < borrower) {
        let Some(back) = flows.get(&(*borrower, *lender)) else {
            continue;
        };
        let on = [row, back].iter().filter(|flow| flow.state == FlowState::On).count();
        pairs += 1;
        both += usize::from(on == 2);
        one += usize::from(on == 1);
        let real = |row: &FlowRow| row.problems.iter().any(|problem| problem.kind != ProblemKind::Unknown);
        troubled += usize::from(real(row) || real(back));
    }
    let mut text = page.wrapped(
        &format!(
            "{}, {} at {}. Lending both ways: {both}; one way: {one}; with problems: {troubled}.",
            count(answer.lists.len(), "library", "libraries"),
            count(pairs, "pair", "pairs"),
            page.time(answer.at),
        ),
        0,
    );
    if troubled > 0 {
        text.push_str(&page.wrapped("`almanac partners --problems` tells what is wrong and what to do.", 0));
    }
    text
}

/// What is to be known of the lists that all this was read from.
fn foot(answer: &PartnersAnswer, page: &Page) -> String {
    let names = |wanted: &dyn Fn(&crate::model::reciprocity::ListRow) -> bool| -> Vec<String> {
        let rows = answer.lists.iter().filter(|row| wanted(row));
        rows.map(|row| clean(&row.name)).collect()
    };
    let mut lines = Vec::new();
    let unread = names(&|row| row.on_alma && row.last_read.is_none());
    if !unread.is_empty() {
        lines.push(format!(
            "Never read wholly, so not known: the partner lists of {}.",
            unread.join(", ")
        ));
    }
    let elsewhere = names(&|row| !row.on_alma);
    if !elsewhere.is_empty() {
        lines.push(format!(
            "Not on Alma, so seen through the others’ records alone: {}.",
            elsewhere.join(", ")
        ));
    }
    // DESIGN invariant 3: where the key may not ask whose answers these are, the reader is told.
    let unverified = names(&|row| row.last_read.is_some() && row.verified.is_none());
    if !unverified.is_empty() {
        lines.push(format!(
            "Unverified, because the key may not ask which library answers: {}.",
            unverified.join(", ")
        ));
    }
    if let Some(oldest) = answer
        .lists
        .iter()
        .filter(|row| row.last_read.is_some())
        .min_by_key(|row| row.last_read)
    {
        lines.push(format!(
            "The oldest list is {}’s, read {}.",
            clean(&oldest.name),
            page.time_or(oldest.last_read, "never")
        ));
    }
    lines.push(format!("Times are in {}.", page.zone));
    let mut text = "\n".to_owned();
    for line in lines {
        text.push_str(&page.wrapped(&line, 0));
    }
    text
}

/// `status ACTIVE → INACTIVE; lending supported yes → no`.
fn changes(cause: &Cause) -> String {
    let mut parts: Vec<String> = cause.changes.iter().take(CHANGES_SHOWN).map(changed).collect();
    if cause.changes.len() > CHANGES_SHOWN {
        parts.push(format!("and {} more", cause.changes.len() - CHANGES_SHOWN));
    }
    parts.join("; ")
}

fn changed(change: &FieldChange) -> String {
    match (change.path.as_str(), change.op) {
        ("", FieldOp::Add) => "the record came".to_owned(),
        ("", FieldOp::Remove) => "the record went".to_owned(),
        (path, _) => format!(
            "{} {} → {}",
            words::field(path),
            words::value(&change.old),
            words::value(&change.new)
        ),
    }
}

#[cfg(test)]
mod tests;
