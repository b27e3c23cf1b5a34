//! What is wrong with a flow, each problem once and in words.

use super::super::partners::profile_name;
use super::Flow;
use super::ends::{End, label_of};
use crate::model::reciprocity::{FlowState, Problem, ProblemKind, Role, Says};

/// The problems of a flow, in the order of [`ProblemKind`]; `back` is how the other direction stands.
///
/// One cause makes one problem: an end that is inactive or has no record also contradicts the other end, but is told as what
/// it is. Two libraries that have no record of each other have no problem; they are no partners.
pub(super) fn of(flow: &Flow<'_>, back: FlowState) -> Vec<Problem> {
    let mut problems = Vec::new();
    for role in [Role::Lender, Role::Borrower] {
        problems.extend(at_end(flow, role));
    }
    problems.extend(contradictory(flow));
    problems.extend(one_sided(flow, back));
    problems.extend(different(flow));
    problems.sort_by_key(|problem| (problem.kind, problem.end));
    problems
}

fn at_end(flow: &Flow<'_>, role: Role) -> Vec<Problem> {
    let (end, owner, other) = (flow.end(role), flow.member(role), flow.member(opposite(role)));
    let (owner, other) = (&owner.name, &other.name);
    let mut problems = Vec::new();
    let mut add = |kind, text: String, remedy: Option<String>| {
        problems.push(Problem {
            kind,
            end: Some(role),
            text,
            remedy,
        });
    };
    match end.says {
        Says::Inactive => {
            let status = match end.text("status") {
                Some("INACTIVE") | None => "inactive".to_owned(),
                Some(status) => format!("not active (its status is {status})"),
            };
            add(
                ProblemKind::Inactive,
                format!("{owner}’s record {} for {other} is {status}.", keyed(end)),
                Some(format!(
                    "{owner} sets the record active again in Alma, or tells {other} that it is meant."
                )),
            );
        }
        Says::NoRecord if flow.end(opposite(role)).record.is_some() => add(
            ProblemKind::NoRecord,
            format!(
                "{owner} has no partner record for {other}; {other} has one for {owner} ({}).",
                keyed(flow.end(opposite(role)))
            ),
            Some(format!(
                "{owner} adds a partner record for {other} in Alma. If there is one that was not recognised, write its \
                 code into the aliases of {other}."
            )),
        ),
        Says::NotStated => add(
            ProblemKind::Unknown,
            format!(
                "{owner}’s record {} does not say whether {}.",
                keyed(end),
                claim(flow, role, true)
            ),
            None,
        ),
        Says::Unknown => add(
            ProblemKind::Unknown,
            format!("{owner}’s partner list was never read wholly, so what it says of {other} is not known."),
            Some(format!(
                "Let Almanac watch alma.partners of {owner} with a key that may read partners."
            )),
        ),
        _ => {}
    }
    if end.records.len() > 1 {
        let keys: Vec<&str> = end.records.iter().map(|record| record.key.as_str()).collect();
        add(
            ProblemKind::DuplicateRecords,
            format!("{owner} has {} records for {other}: {}.", keys.len(), keys.join(", ")),
            Some(format!("{owner} keeps the one that is in use ({}).", keyed(end))),
        );
    }
    // Where another record says yes, an uncertain one changes nothing; it still stands among the findings.
    if !end.ambiguous.is_empty() && end.says != Says::Yes {
        let keys: Vec<&str> = end.ambiguous.iter().map(|record| record.key.as_str()).collect();
        let (records, mean, are) = match keys.len() {
            1 => ("record", "means", "it is"),
            _ => ("records", "mean", "they are"),
        };
        add(
            ProblemKind::AmbiguousRecord,
            format!(
                "{owner}’s {records} {} possibly {mean} {other}, or another member, so {are} not counted.",
                keys.join(", ")
            ),
            Some("Write the code into the aliases of the library that is meant.".to_owned()),
        );
    }
    problems
}

fn contradictory(flow: &Flow<'_>) -> Option<Problem> {
    let (yes, no) = match (flow.lender_end.says, flow.borrower_end.says) {
        (Says::Yes, Says::Off) => (Role::Lender, Role::Borrower),
        (Says::Off, Says::Yes) => (Role::Borrower, Role::Lender),
        _ => return None,
    };
    let (yes_name, no_name) = (&flow.member(yes).name, &flow.member(no).name);
    Some(Problem {
        kind: ProblemKind::Contradictory,
        end: Some(no),
        text: format!(
            "{yes_name}’s record {} says that {}; {no_name}’s record {} says that {} ({} is off).",
            keyed(flow.end(yes)),
            claim(flow, yes, true),
            keyed(flow.end(no)),
            claim(flow, no, false),
            label_of(no)
        ),
        remedy: Some(format!(
            "Agree which is meant. Then {no_name} switches {} on, or {yes_name} switches {} off.",
            label_of(no),
            label_of(yes)
        )),
    })
}

/// Only what both ends agree on is one-sided; anything else has a problem of its own.
fn one_sided(flow: &Flow<'_>, back: FlowState) -> Option<Problem> {
    let agreed = matches!(
        (flow.lender_end.says, flow.borrower_end.says),
        (Says::Off, Says::Off) | (Says::Off, Says::NotOnAlma) | (Says::NotOnAlma, Says::Off)
    );
    (agreed && back == FlowState::On).then(|| {
        let (lender, borrower) = (&flow.lender.name, &flow.borrower.name);
        let who_says = if flow.lender_end.says == flow.borrower_end.says {
            "both libraries’ records say so".to_owned()
        } else {
            let owner = if flow.lender_end.record.is_some() {
                lender
            } else {
                borrower
            };
            format!("so says {owner}’s record, the only one there is")
        };
        Problem {
            kind: ProblemKind::OneSided,
            end: None,
            text: format!("{borrower} lends to {lender}, but {lender} does not lend to {borrower}; {who_says}."),
            remedy: Some("Nothing, if it is meant. Else both switch the missing direction on.".to_owned()),
        }
    })
}

/// Where both ends are in use and describe the way between them differently.
fn different(flow: &Flow<'_>) -> Vec<Problem> {
    let (first, second) = if flow.lender.code < flow.borrower.code {
        (Role::Lender, Role::Borrower)
    } else {
        (Role::Borrower, Role::Lender)
    };
    let (one, other) = (flow.end(first), flow.end(second));
    if !one.is_active() || !other.is_active() {
        return Vec::new();
    }
    let (one_name, other_name) = (&flow.member(first).name, &flow.member(second).name);
    let mut problems = Vec::new();
    if let (Some(a), Some(b)) = (one.text("system_type"), other.text("system_type"))
        && a != b
    {
        problems.push(Problem {
            kind: ProblemKind::DifferentSystems,
            end: None,
            text: format!(
                "{one_name}’s record {} names the system type {a}, {other_name}’s record {} names {b}.",
                keyed(one),
                keyed(other)
            ),
            remedy: Some("Correct the record that names the wrong one.".to_owned()),
        });
    }
    if let (Some(a), Some(b)) = (one.text("profile_type"), other.text("profile_type"))
        && a != b
    {
        problems.push(Problem {
            kind: ProblemKind::DifferentProfiles,
            end: None,
            text: format!(
                "{one_name} reaches {other_name} by {} (record {}), {other_name} reaches {one_name} by {} (record {}).",
                profile_name(a),
                keyed(one),
                profile_name(b),
                keyed(other)
            ),
            remedy: Some("Agree on one type of profile, so that both sides’ messages arrive.".to_owned()),
        });
    }
    problems
}

/// `it lends to Oak University`, or its contrary, as the end of that role says of itself.
fn claim(flow: &Flow<'_>, role: Role, yes: bool) -> String {
    let other = &flow.member(opposite(role)).name;
    match (role, yes) {
        (Role::Lender, true) => format!("it lends to {other}"),
        (Role::Lender, false) => format!("it does not lend to {other}"),
        (Role::Borrower, true) => format!("it borrows from {other}"),
        (Role::Borrower, false) => format!("it does not borrow from {other}"),
    }
}

fn keyed<'a>(end: &End<'a>) -> &'a str {
    end.key().unwrap_or("?")
}

const fn opposite(role: Role) -> Role {
    match role {
        Role::Lender => Role::Borrower,
        Role::Borrower => Role::Lender,
    }
}
