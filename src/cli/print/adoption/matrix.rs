//! Collaborations down, members across.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::super::{Ink, Page, clean, cut};
use super::{by_area, foot, heading, is_by_hand};
use crate::insight::adoption::AdoptionAnswer;
use crate::model::collaboration::{AdoptionRow, AdoptionState, Collaboration};
use crate::model::institution::InstitutionKind;

/// Columns of a collaboration's name at the left: at most, and at least where the members come in parts.
const NAME_WIDTH_MAX: usize = 44;
const NAME_WIDTH_MIN: usize = 24;
/// Columns that must be left for the names if codes are to stand above the columns.
const NAME_WIDTH_BY_CODE: usize = 36;
/// Columns of a short code above a column, at most; where they do not fit, numbers stand there.
const CODE_WIDTH_MAX: usize = 10;

/// What `almanac adoption --matrix` prints. Codes stand above the columns where they fit on the page, else numbers that are
/// read downwards; a matrix too wide for the page comes in parts.
pub fn matrix(answer: &AdoptionAnswer, page: &Page) -> String {
    if answer.members.is_empty() || answer.collaborations.is_empty() {
        return super::adoption(answer, false, false, page);
    }
    let rows: BTreeMap<(&str, &str), &AdoptionRow> = answer
        .rows
        .iter()
        .map(|row| ((row.collaboration.as_str(), row.institution.as_str()), row))
        .collect();
    let shorts: Vec<String> = answer
        .members
        .iter()
        .map(|member| cut(&clean(&member.short), CODE_WIDTH_MAX))
        .collect();
    let code_cell = shorts.iter().map(|short| short.width()).max().unwrap_or(1) + 1;
    let by_code = NAME_WIDTH_BY_CODE + 1 + code_cell * shorts.len() <= page.width;
    let (heads, cell) = if by_code {
        (vec![shorts], code_cell)
    } else {
        (upright(answer.members.len()), 2)
    };
    let room = page.width.saturating_sub(1 + cell * answer.members.len());
    let left = room.clamp(NAME_WIDTH_MIN, NAME_WIDTH_MAX);
    let fitting = (page.width.saturating_sub(left + 1) / cell).max(1);
    let mut text = page.wrapped(&heading(answer, page), 0);
    for part in (0..answer.members.len()).collect::<Vec<_>>().chunks(fitting) {
        text.push('\n');
        for head in &heads {
            let mut line = " ".repeat(left + 1);
            for column in part {
                line.push_str(&padded(&head[*column], cell));
            }
            text.push_str(&Ink::Bold.on(line.trim_end()));
            text.push('\n');
        }
        for (area, collaborations) in by_area(&answer.collaborations) {
            text.push_str(&Ink::Bold.on(area.title()));
            text.push('\n');
            for collaboration in collaborations {
                let mut line = padded(&cut(&clean(&collaboration.name), left), left + 1);
                for column in part {
                    let code = answer.members[*column].code.as_str();
                    let letter = rows
                        .get(&(collaboration.id.as_str(), code))
                        .map_or('?', |row| letter(row, collaboration));
                    line.push_str(&inked(letter));
                    line.push_str(&" ".repeat(cell - 1));
                }
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
    }
    text.push_str(&legend(answer, &rows));
    text.push_str(&columns(answer, by_code, page));
    text.push_str(&foot(answer, page));
    text
}

/// Numbers stand upright, so that a column needs no more than its letter.
fn upright(members: usize) -> Vec<Vec<String>> {
    let digits = members.to_string().len();
    let digit = |number: usize, place: usize| format!("{number:>digits$}").chars().skip(place).take(1).collect();
    (0..digits)
        .map(|place| (1..=members).map(|number| digit(number, place)).collect())
        .collect()
}

/// A library that is not on Alma and could join, and what only a person can look up, are told apart from what is merely
/// not read.
fn letter(row: &AdoptionRow, collaboration: &Collaboration) -> char {
    match row.state {
        AdoptionState::On => 'Y',
        AdoptionState::Available => 'a',
        AdoptionState::NotAvailable => 'n',
        AdoptionState::Tried => 't',
        AdoptionState::Pilot => 'p',
        AdoptionState::Declined => 'd',
        AdoptionState::NotApplicable => '/',
        AdoptionState::Unknown if row.kind == InstitutionKind::Other => 'j',
        AdoptionState::Unknown if is_by_hand(collaboration) => 'h',
        AdoptionState::Unknown => '?',
    }
}

const MEANINGS: [(char, &str); 10] = [
    ('Y', "on, seen configured"),
    ('a', "available, not used"),
    ('n', "not available"),
    ('t', "tried"),
    ('p', "in pilot"),
    ('d', "declined"),
    ('/', "not applicable"),
    ('j', "not on Alma; there is a way to join"),
    ('h', "a person has to look it up"),
    ('?', "not known: not read, or it says neither"),
];

/// What the letters mean that occur.
fn legend(answer: &AdoptionAnswer, rows: &BTreeMap<(&str, &str), &AdoptionRow>) -> String {
    let mut used: Vec<char> = Vec::new();
    for collaboration in &answer.collaborations {
        for member in &answer.members {
            if let Some(row) = rows.get(&(collaboration.id.as_str(), member.code.as_str())) {
                used.push(letter(row, collaboration));
            }
        }
    }
    let mut text = "\n".to_owned();
    for (letter, meaning) in MEANINGS.iter().filter(|(letter, _)| used.contains(letter)) {
        text.push_str(&format!("{letter}  {meaning}\n"));
    }
    text
}

/// Who stands in which column, by the world that they live in.
fn columns(answer: &AdoptionAnswer, by_code: bool, page: &Page) -> String {
    let mut text = "\n".to_owned();
    for world in [
        InstitutionKind::ZoneMember,
        InstitutionKind::OwnAlma,
        InstitutionKind::Other,
    ] {
        let names: Vec<String> = (1..)
            .zip(&answer.members)
            .filter(|(_, member)| member.kind == world)
            .map(|(number, member)| {
                let name = clean(&member.name);
                if by_code {
                    format!("{} {name}", cut(&clean(&member.short), CODE_WIDTH_MAX))
                } else {
                    format!("{number} {name}")
                }
            })
            .collect();
        if !names.is_empty() {
            let lead = match world {
                InstitutionKind::OwnAlma => "On an Alma of their own",
                InstitutionKind::Other => "Not on Alma",
                _ => "In the Network Zone",
            };
            text.push_str(&page.wrapped(&format!("{lead}: {}.", names.join(", ")), 0));
        }
    }
    text
}

fn inked(letter: char) -> String {
    match letter {
        'Y' => Ink::Green.on("Y"),
        '?' => Ink::Yellow.on("?"),
        other => other.to_string(),
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
