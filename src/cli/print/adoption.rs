//! How far the members have come with the collaborations, for people and for spreadsheets.

mod matrix;

use std::collections::BTreeMap;

pub use matrix::matrix;

use super::{Ink, Page, clean, count, words};
use crate::insight::adoption::AdoptionAnswer;
use crate::model::collaboration::{AdoptionRow, AdoptionState, Area, Collaboration, Evidence, Look};
use crate::model::institution::InstitutionKind;

/// What `almanac adoption` prints: the whole inventory in numbers, one collaboration at all members, all collaborations at
/// one member, or one cell.
pub fn adoption(answer: &AdoptionAnswer, of_one_collaboration: bool, of_one_member: bool, page: &Page) -> String {
    if answer.members.is_empty() {
        return page.wrapped(
            "There is no library to tell of; give each its [[institution]] in the settings.",
            0,
        );
    }
    match (of_one_collaboration, of_one_member) {
        (true, true) => cell(answer, page),
        (true, false) => one_collaboration(answer, page),
        (false, true) => one_member(answer, page),
        (false, false) => summary(answer, page),
    }
}

/// What `almanac adoption --csv` prints.
pub fn csv(rows: &[AdoptionRow]) -> String {
    super::csv::csv(
        [
            "collaboration",
            "collaboration_name",
            "area",
            "institution",
            "institution_name",
            "kind",
            "state",
            "tier",
            "since",
            "since_at_least",
            "explanation",
            "evidence",
            "read_at",
        ],
        rows.iter().map(|row| {
            let time = |moment: Option<crate::model::moment::Moment>| {
                moment.map_or_else(String::new, |moment| moment.to_string())
            };
            [
                row.collaboration.clone(),
                row.collaboration_name.clone(),
                row.area.to_string(),
                row.institution.clone(),
                row.institution_name.clone(),
                kind_name(row.kind).to_owned(),
                row.state.to_string(),
                row.tier.map_or_else(String::new, |tier| tier.to_string()),
                time(row.since),
                row.since_at_least.to_string(),
                row.explanation.clone(),
                row.evidence.iter().map(evidence).collect::<Vec<_>>().join("; "),
                time(row.read_at),
            ]
        }),
    )
}

/// Every collaboration with the number of members in each state.
fn summary(answer: &AdoptionAnswer, page: &Page) -> String {
    let mut counts: BTreeMap<&str, BTreeMap<AdoptionState, usize>> = BTreeMap::new();
    for row in &answer.rows {
        *counts
            .entry(row.collaboration.as_str())
            .or_default()
            .entry(row.state)
            .or_default() += 1;
    }
    let always = [AdoptionState::On, AdoptionState::Available, AdoptionState::Unknown];
    let states: Vec<AdoptionState> = AdoptionState::ALL
        .iter()
        .copied()
        .filter(|state| always.contains(state) || answer.rows.iter().any(|row| row.state == *state))
        .collect();
    let mut text = page.wrapped(&heading(answer, page), 0);
    for (area, collaborations) in by_area(&answer.collaborations) {
        text.push_str(&format!("\n{}\n", Ink::Bold.on(area.title())));
        let mut columns = vec!["Collaboration".to_owned()];
        columns.extend(states.iter().map(|state| format!("#{}", head(*state))));
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        text.push_str(&page.table(
            &columns,
            collaborations.iter().map(|collaboration| {
                let own = counts.get(collaboration.id.as_str());
                let number = |state: &AdoptionState| own.and_then(|own| own.get(state)).copied().unwrap_or(0);
                let numbers = states.iter().map(|state| match number(state) {
                    0 => "·".to_owned(),
                    some => some.to_string(),
                });
                std::iter::once(clean(&collaboration.name)).chain(numbers).collect()
            }),
        ));
    }
    text.push('\n');
    text.push_str(&page.wrapped(
        "Seen configured, which does not say that it works. `almanac adoption --matrix` shows the members beside each \
         other; --collaboration ID and --institution CODE tell why and since when.",
        0,
    ));
    text
}

fn head(state: AdoptionState) -> &'static str {
    match state {
        AdoptionState::NotAvailable => "Not av.",
        AdoptionState::Available => "Avail.",
        AdoptionState::On => "On",
        AdoptionState::Tried => "Tried",
        AdoptionState::Pilot => "Pilot",
        AdoptionState::Declined => "Decl.",
        AdoptionState::NotApplicable => "N/a",
        AdoptionState::Unknown => "Unkn.",
    }
}

/// One collaboration: the members by state, those together of whom the same is to be said.
fn one_collaboration(answer: &AdoptionAnswer, page: &Page) -> String {
    let Some(collaboration) = answer.collaborations.first() else {
        return String::new();
    };
    let mut text = format!("{}\n", Ink::Bold.on(&clean(&collaboration.name)));
    text.push_str(&page.wrapped(&clean(&collaboration.what), 0));
    for state in AdoptionState::ALL {
        let rows: Vec<&AdoptionRow> = answer.rows.iter().filter(|row| row.state == *state).collect();
        if rows.is_empty() {
            continue;
        }
        let title = format!("{} ({})", capitalised(state.title()), rows.len());
        text.push_str(&format!("\n{}\n", Ink::Bold.on(&title)));
        let mut together: Vec<(String, &str, Vec<String>)> = Vec::new();
        for row in rows {
            let since = since(row, page);
            let name = clean(&row.institution_name);
            match together
                .iter_mut()
                .find(|(known, why, _)| *known == since && *why == row.explanation)
            {
                Some((_, _, names)) => names.push(name),
                None => together.push((since, row.explanation.as_str(), vec![name])),
            }
        }
        for (since, why, names) in together {
            text.push_str(&page.wrapped(&format!("{}{since}", names.join(", ")), 2));
            text.push_str(&page.wrapped(&clean(why), 4));
        }
    }
    text.push_str(&dated_foot(answer, page));
    text
}

/// One member: every collaboration, and why what is not known is not known.
fn one_member(answer: &AdoptionAnswer, page: &Page) -> String {
    let Some(member) = answer.members.first() else {
        return String::new();
    };
    let title = format!(
        "{}, {}, at {}",
        clean(&member.name),
        kind(member.kind),
        page.time(answer.at)
    );
    let mut text = format!("{}\n", Ink::Bold.on(&title));
    let rows: BTreeMap<&str, &AdoptionRow> = answer
        .rows
        .iter()
        .map(|row| (row.collaboration.as_str(), row))
        .collect();
    for (area, collaborations) in by_area(&answer.collaborations) {
        text.push_str(&format!("\n{}\n", Ink::Bold.on(area.title())));
        text.push_str(
            &page.table(
                &["Collaboration", "State"],
                collaborations
                    .iter()
                    .filter_map(|collaboration| rows.get(collaboration.id.as_str()))
                    .map(|row| {
                        vec![
                            clean(&row.collaboration_name),
                            format!("{}{}", inked(row.state), since(row, page)),
                        ]
                    }),
            ),
        );
    }
    let unknown = |row: &&&AdoptionRow| row.state == AdoptionState::Unknown;
    let by_hand: BTreeMap<&str, &str> = answer
        .collaborations
        .iter()
        .filter_map(|each| match &each.look {
            Look::ByHand(who) => Some((each.id.as_str(), who.as_str())),
            Look::Rules(_) => None,
        })
        .collect();
    let is_by_hand =
        |row: &AdoptionRow| member.kind != InstitutionKind::Other && by_hand.contains_key(row.collaboration.as_str());
    let mut open: Vec<(&str, Vec<String>)> = Vec::new();
    for row in rows_in_order(answer, &rows)
        .filter(unknown)
        .filter(|row| !is_by_hand(row))
    {
        let name = clean(&row.collaboration_name);
        match open.iter_mut().find(|(why, _)| *why == row.explanation) {
            Some((_, names)) => names.push(name),
            None => open.push((row.explanation.as_str(), vec![name])),
        }
    }
    if !open.is_empty() {
        text.push_str(&format!("\n{}\n", Ink::Bold.on("What is not known, and why")));
        for (why, names) in open {
            text.push_str(&page.wrapped(&names.join("; "), 2));
            text.push_str(&page.wrapped(&clean(why), 4));
        }
    }
    let mut asked = rows_in_order(answer, &rows)
        .filter(unknown)
        .filter(|row| is_by_hand(row))
        .peekable();
    if asked.peek().is_some() {
        text.push_str(&format!("\n{}\n", Ink::Bold.on("What only a person can look up")));
        for row in asked {
            let who = by_hand.get(row.collaboration.as_str()).copied().unwrap_or_default();
            text.push_str(&page.wrapped(&clean(&row.collaboration_name), 2));
            text.push_str(&page.wrapped(&clean(who), 4));
        }
    }
    text.push_str(&foot(answer, page));
    text
}

fn rows_in_order<'a>(
    answer: &'a AdoptionAnswer,
    rows: &'a BTreeMap<&str, &'a AdoptionRow>,
) -> impl Iterator<Item = &'a &'a AdoptionRow> {
    answer
        .collaborations
        .iter()
        .filter_map(|collaboration| rows.get(collaboration.id.as_str()))
}

/// One cell, with everything that was read for it.
fn cell(answer: &AdoptionAnswer, page: &Page) -> String {
    let Some(row) = answer.rows.first() else {
        return String::new();
    };
    let title = format!("{} at {}", clean(&row.collaboration_name), clean(&row.institution_name));
    let mut text = format!("{}\n", Ink::Bold.on(&title));
    let tier = row
        .tier
        .map_or_else(String::new, |tier| format!(" ({})", tier.name().replace('-', " ")));
    text.push_str(&page.wrapped(&format!("{}{}{tier}", inked(row.state), since(row, page)), 2));
    text.push_str(&page.wrapped(&clean(&row.explanation), 2));
    if !row.evidence.is_empty() {
        text.push_str(&format!("\n{}\n", Ink::Bold.on("Evidence")));
        for each in &row.evidence {
            text.push_str(&page.wrapped(&clean(&evidence(each)), 2));
        }
    }
    text.push_str(&dated_foot(answer, page));
    text
}

/// `alma.partners/01TUN_INST RAPID v3: status = ACTIVE`.
fn evidence(evidence: &Evidence) -> String {
    let Some(version) = evidence.version else {
        return format!("{} holds no {}", evidence.watch, evidence.key);
    };
    let read: Vec<String> = evidence
        .read
        .iter()
        .map(|read| format!("{} = {}", words::field(&read.at), words::value(&read.value)))
        .collect();
    let colon = if read.is_empty() { "" } else { ": " };
    format!(
        "{} {} v{version}{colon}{}",
        evidence.watch,
        evidence.key,
        read.join(", ")
    )
}

fn since(row: &AdoptionRow, page: &Page) -> String {
    match row.since {
        Some(since) if row.since_at_least => format!(", at least since {}", page.short_time(since)),
        Some(since) => format!(", since {}", page.short_time(since)),
        None => String::new(),
    }
}

fn heading(answer: &AdoptionAnswer, page: &Page) -> String {
    format!(
        "{} at {} on {}.",
        count(answer.collaborations.len(), "collaboration", "collaborations"),
        count(answer.members.len(), "library", "libraries"),
        page.time(answer.at)
    )
}

/// The same for pages that do not say at their top when it was so.
fn dated_foot(answer: &AdoptionAnswer, page: &Page) -> String {
    let told = format!("This is how it stood on {}.", page.time(answer.at));
    format!("\n{}{}", page.wrapped(&told, 0), foot(answer, page).trim_start())
}

fn foot(answer: &AdoptionAnswer, page: &Page) -> String {
    let mut lines = Vec::new();
    if let Some(oldest) = answer
        .rows
        .iter()
        .filter(|row| row.read_at.is_some())
        .min_by_key(|row| row.read_at)
    {
        lines.push(format!(
            "The oldest reading behind this is of {}, {}.",
            clean(&oldest.institution_name),
            page.time_or(oldest.read_at, "never")
        ));
    }
    lines.push(format!("Times are in {}.", page.zone));
    let mut text = "\n".to_owned();
    for line in lines {
        text.push_str(&page.wrapped(&line, 0));
    }
    text
}

/// The areas that are asked for, each with its collaborations.
pub(super) fn by_area(collaborations: &[Collaboration]) -> Vec<(Area, Vec<&Collaboration>)> {
    let areas = Area::ALL.iter().map(|area| {
        let own: Vec<&Collaboration> = collaborations.iter().filter(|each| each.area == *area).collect();
        (*area, own)
    });
    areas.filter(|(_, own)| !own.is_empty()).collect()
}

fn inked(state: AdoptionState) -> String {
    match state {
        AdoptionState::On => Ink::Green.on(state.title()),
        AdoptionState::Unknown => Ink::Yellow.on(state.title()),
        _ => state.title().to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}

/// How a member takes part, for people.
fn kind(kind: InstitutionKind) -> &'static str {
    match kind {
        InstitutionKind::ZoneMember => "in the Network Zone",
        InstitutionKind::OwnAlma => "on an Alma of its own",
        InstitutionKind::Other => "not on Alma",
        InstitutionKind::Zone => "the Network Zone",
    }
}

/// The word for it in the settings and in JSON.
fn kind_name(kind: InstitutionKind) -> &'static str {
    match kind {
        InstitutionKind::ZoneMember => "zone-member",
        InstitutionKind::OwnAlma => "own-alma",
        InstitutionKind::Other => "other",
        InstitutionKind::Zone => "zone",
    }
}

/// Whether only a person can find its state out.
fn is_by_hand(collaboration: &Collaboration) -> bool {
    matches!(collaboration.look, Look::ByHand(_))
}

#[cfg(test)]
mod tests;
