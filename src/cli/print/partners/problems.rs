//! What is wrong between the members, and what to do.

use std::collections::BTreeMap;

use super::super::{Ink, Page, clean};
use super::{changes, foot};
use crate::insight::reciprocity::PartnersAnswer;
use crate::model::reciprocity::{FlowRow, FlowState, Problem, ProblemKind, Role, Says};

/// What `almanac partners --problems` prints: each problem once, by kind, with since when, what did it and what to do.
pub fn problems(answer: &PartnersAnswer, page: &Page) -> String {
    let mut text = String::new();
    for kind in ProblemKind::ALL {
        let mut found: BTreeMap<&str, (&Problem, Vec<&FlowRow>)> = BTreeMap::new();
        for row in &answer.rows {
            for problem in row
                .problems
                .iter()
                .filter(|problem| problem.kind == kind && !is_of_list(row, problem))
            {
                found.entry(&problem.text).or_insert((problem, Vec::new())).1.push(row);
            }
        }
        if found.is_empty() {
            continue;
        }
        let heading = format!("{} ({})", heading(kind), found.len());
        text.push_str(&format!("{}\n", Ink::Bold.on(&heading)));
        for (problem, rows) in found.values() {
            text.push_str(&page.wrapped(&clean(&problem.text), 2));
            text.push_str(&consequences(rows, page));
            if let Some(remedy) = &problem.remedy {
                text.push_str(&page.wrapped(&format!("To do: {}", clean(remedy)), 4));
            }
        }
        text.push('\n');
    }
    if text.is_empty() {
        text = page.wrapped("No problem is known of between the members.", 0);
        text.push('\n');
    }
    if !answer.findings.is_empty() {
        text.push_str(&records(answer, page));
    }
    text.push_str(foot(answer, page).trim_start_matches('\n'));
    text
}

/// What `almanac partners --records` prints.
pub fn records(answer: &PartnersAnswer, page: &Page) -> String {
    if answer.findings.is_empty() {
        return page.wrapped("Every partner record that has to do with a member is certain.", 0);
    }
    let heading = format!("Partner records to look at ({})", answer.findings.len());
    let mut text = format!("{}\n", Ink::Bold.on(&heading));
    for row in &answer.findings {
        let owner = answer.lists.iter().find(|list| list.institution == row.institution);
        let owner = owner.map_or(row.institution.as_str(), |list| list.name.as_str());
        let name = row
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!(" “{}”", clean(name)));
        let what = format!(
            "{}’s record {}{name}: {}",
            clean(owner),
            clean(&row.record),
            clean(&row.text)
        );
        text.push_str(&page.wrapped(&what, 2));
    }
    text.push('\n');
    text
}

/// A whole list that is not known is told once, at the foot, and not for every other member.
fn is_of_list(row: &FlowRow, problem: &Problem) -> bool {
    let says = match problem.end {
        Some(Role::Lender) => row.lender_says,
        Some(Role::Borrower) => row.borrower_says,
        None => return false,
    };
    problem.kind == ProblemKind::Unknown && says == Says::Unknown
}

const fn heading(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Inactive => "Inactive records",
        ProblemKind::Contradictory => "Ends that disagree",
        ProblemKind::NoRecord => "Missing records",
        ProblemKind::OneSided => "One-sided, as agreed",
        ProblemKind::DifferentSystems => "Different systems on the two ends",
        ProblemKind::DifferentProfiles => "Different profile types on the two ends",
        ProblemKind::DuplicateRecords => "Several records of one library",
        ProblemKind::AmbiguousRecord => "Records that may mean several libraries",
        ProblemKind::Unknown => "Not known",
    }
}

/// Who cannot borrow from whom, since when, and what did it.
fn consequences(rows: &[&FlowRow], page: &Page) -> String {
    let stopped: Vec<&FlowRow> = rows
        .iter()
        .filter(|row| matches!(row.state, FlowState::Broken | FlowState::Off))
        .copied()
        .collect();
    let how = |row: &FlowRow| {
        let mut how = String::new();
        if let Some(since) = row.since {
            let least = if row.since_at_least { "at least " } else { "" };
            how.push_str(&format!(", {least}since {}", page.time(since)));
        }
        if let Some(cause) = &row.cause {
            how.push_str(&format!(
                ": {} (record {} of {}, version {})",
                changes(cause),
                clean(&cause.key),
                clean(&cause.watch),
                cause.version
            ));
        }
        how
    };
    let lines: Vec<String> = match stopped.as_slice() {
        [one, back] if one.lender == back.borrower && how(one) == how(back) => {
            vec![format!("Neither can borrow from the other{}.", how(one))]
        }
        rows => {
            let line = |row: &&FlowRow| {
                let (borrower, lender) = (clean(&row.borrower_name), clean(&row.lender_name));
                format!("{borrower} cannot borrow from {lender}{}.", how(row))
            };
            rows.iter().map(line).collect()
        }
    };
    lines.iter().map(|line| page.wrapped(line, 4)).collect()
}
