//! What is wrong between the members, and what to do.

use std::collections::BTreeMap;

use super::super::{Ink, Page, clean};
use super::{changes, foot};
use crate::insight::reciprocity::PartnersAnswer;
use crate::model::reciprocity::{FlowRow, FlowState, Problem, ProblemKind, Role, Says};

/// What `almanac partners --problems` prints: each problem once, by kind, with since when, what did it and what to do.
///
/// `asked` narrows it to problems of one kind.
pub fn problems(answer: &PartnersAnswer, asked: Option<ProblemKind>, page: &Page) -> String {
    let mut text = String::new();
    for kind in ProblemKind::ALL
        .into_iter()
        .filter(|kind| asked.is_none_or(|asked| asked == *kind))
    {
        let mut found: BTreeMap<&str, Vec<(&Problem, &FlowRow)>> = BTreeMap::new();
        for row in &answer.rows {
            for problem in row
                .problems
                .iter()
                .filter(|problem| problem.kind == kind && !is_of_list(row, problem))
            {
                found.entry(&problem.text).or_default().push((problem, row));
            }
        }
        if found.is_empty() {
            continue;
        }
        let heading = format!("{} ({})", heading(kind), found.len());
        text.push_str(&format!("{}\n", Ink::Bold.on(&heading)));
        for (told, rows) in &found {
            text.push_str(&page.wrapped(&clean(told), 2));
            text.push_str(&consequences(rows, page));
            if let Some(remedy) = rows.first().and_then(|(problem, _)| problem.remedy.as_deref()) {
                text.push_str(&page.wrapped(&format!("To do: {}", clean(remedy)), 4));
            }
        }
        text.push('\n');
    }
    if text.is_empty() {
        let kind = asked.map_or_else(String::new, |kind| format!(" of the kind “{kind}”"));
        let whose = match answer.institution.as_deref() {
            Some(code) => format!("between {} and the other members", clean(name_of(answer, code))),
            None => "between the members".to_owned(),
        };
        text = page.wrapped(&format!("No problem{kind} is known of {whose}."), 0);
        text.push('\n');
    }
    if !answer.findings.is_empty() && asked.is_none_or(|kind| kind == ProblemKind::AmbiguousRecord) {
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
        let owner = name_of(answer, &row.institution);
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

fn name_of<'a>(answer: &'a PartnersAnswer, code: &'a str) -> &'a str {
    let list = answer.lists.iter().find(|list| list.institution == code);
    list.map_or(code, |list| list.name.as_str())
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
        ProblemKind::OneSided => "One way only",
        ProblemKind::DifferentSystems => "Different systems on the two sides",
        ProblemKind::DifferentProfiles => "Different profile types on the two sides",
        ProblemKind::DuplicateRecords => "Several records of one library",
        ProblemKind::AmbiguousRecord => "Records that may mean several libraries",
        ProblemKind::Unknown => "Not known",
    }
}

/// Whether a problem of this kind is one that keeps requests from going; others stand beside what does.
const fn stops(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::Inactive | ProblemKind::Contradictory | ProblemKind::NoRecord | ProblemKind::OneSided => true,
        ProblemKind::DifferentSystems
        | ProblemKind::DifferentProfiles
        | ProblemKind::DuplicateRecords
        | ProblemKind::AmbiguousRecord
        | ProblemKind::Unknown => false,
    }
}

/// Whether it was this problem that brought the direction to where it stands. Where both ends say no, the one that said so
/// first did, and its change must not stand under what is wrong at the other end.
fn is_cause_of(problem: &Problem, row: &FlowRow) -> bool {
    let owner = match problem.end {
        Some(Role::Lender) => &row.lender,
        Some(Role::Borrower) => &row.borrower,
        None => return true,
    };
    let Some(cause) = &row.cause else { return true };
    row.state == FlowState::Broken || cause.watch.split_once('/').is_none_or(|(_, subject)| subject == owner)
}

/// Who cannot borrow from whom, since when, and what did it.
fn consequences(rows: &[(&Problem, &FlowRow)], page: &Page) -> String {
    let stopped: Vec<(&FlowRow, String)> = rows
        .iter()
        .filter(|(problem, row)| stops(problem.kind) && matches!(row.state, FlowState::Broken | FlowState::Off))
        .map(|(problem, row)| (*row, how(problem, row, page)))
        .collect();
    let lines: Vec<String> = match stopped.as_slice() {
        [(one, how), (back, how_back)] if one.lender == back.borrower && how == how_back => {
            vec![format!("Neither can borrow from the other{how}.")]
        }
        rows => {
            let line = |(row, how): &(&FlowRow, String)| {
                let (borrower, lender) = (clean(&row.borrower_name), clean(&row.lender_name));
                format!("{borrower} cannot borrow from {lender}{how}.")
            };
            rows.iter().map(line).collect()
        }
    };
    lines.iter().map(|line| page.wrapped(line, 4)).collect()
}

fn how(problem: &Problem, row: &FlowRow, page: &Page) -> String {
    if !is_cause_of(problem, row) {
        let other = match problem.end {
            Some(Role::Lender) => &row.borrower_name,
            _ => &row.lender_name,
        };
        return format!(", and could not before this: {}’s end said no already", clean(other));
    }
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
}
