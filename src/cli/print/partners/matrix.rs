//! The members against each other.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::super::{Ink, Page, clean, cut};
use super::{foot, is_seen_from_one_end};
use crate::insight::reciprocity::PartnersAnswer;
use crate::model::reciprocity::{FlowRow, FlowState, ProblemKind};

/// Columns of a library's name and code at the left, at most, where there is no room for more.
const NAME_WIDTH_MAX: usize = 26;
/// The same where there is.
const NAME_WIDTH_ROOMY: usize = 44;
/// Columns below which a cut name says nothing.
const NAME_WIDTH_MIN: usize = 6;
/// Columns of a short code above a column, at most; where they do not fit, numbers stand there.
const CODE_WIDTH_MAX: usize = 10;

/// What `almanac partners --matrix` prints: lenders down, borrowers across. Codes stand above the columns where they fit
/// on the page, else numbers; a matrix too wide for the page comes in parts.
pub fn matrix(answer: &PartnersAnswer, page: &Page) -> String {
    let members: Vec<(&str, &str)> = answer
        .lists
        .iter()
        .map(|row| (row.institution.as_str(), row.name.as_str()))
        .collect();
    if members.len() < 2 {
        return super::pairs(answer, page);
    }
    let flows: BTreeMap<(&str, &str), &FlowRow> = answer
        .rows
        .iter()
        .map(|row| ((row.lender.as_str(), row.borrower.as_str()), row))
        .collect();
    let shorts: Vec<String> = members
        .iter()
        .map(|(code, _)| {
            cut(
                &clean(answer.short.get(*code).map_or(*code, String::as_str)),
                CODE_WIDTH_MAX,
            )
        })
        .collect();
    let wide = |texts: &[String]| texts.iter().map(|text| text.width()).max().unwrap_or(1) + 1;
    let named = |room: usize| -> Vec<String> {
        let rows = members.iter().zip(&shorts);
        rows.map(|((_, name), short)| match room.saturating_sub(short.width() + 1) {
            few if few < NAME_WIDTH_MIN => short.clone(),
            enough => format!("{} {short}", cut(&clean(name), enough)),
        })
        .collect()
    };
    let room = page.width.saturating_sub(wide(&shorts) * members.len() + 1);
    let names = named(room.clamp(NAME_WIDTH_MAX, NAME_WIDTH_ROOMY));
    let by_code = wide(&names) + wide(&shorts) * members.len() <= page.width;
    let (heads, names, cell) = if by_code {
        (vec![shorts.clone()], names, wide(&shorts))
    } else {
        // Numbers stand upright, so that a column needs no more than its letter.
        let digits = members.len().to_string().len();
        let room = page.width.saturating_sub(digits + 2 + 2 * members.len());
        let names = named(room.min(NAME_WIDTH_MAX));
        let numbered: Vec<String> = (1..)
            .zip(&names)
            .map(|(number, name)| format!("{number:>digits$} {name}"))
            .collect();
        let upright = (0..digits).map(|digit| {
            let digit_of = |number: usize| format!("{number:>digits$}").chars().skip(digit).take(1).collect();
            (1..=members.len()).map(digit_of).collect()
        });
        (upright.collect(), numbered, 2)
    };
    let left = wide(&names);
    let fitting = (page.width.saturating_sub(left) / cell).max(1);
    let mut text = String::from("Down: who lends. Across: who borrows.\n");
    for part in (0..members.len()).collect::<Vec<_>>().chunks(fitting) {
        text.push('\n');
        for head in &heads {
            let mut line = " ".repeat(left);
            for column in part {
                line.push_str(&format!("{:<cell$}", head[*column]));
            }
            text.push_str(&Ink::Bold.on(line.trim_end()));
            text.push('\n');
        }
        for (row, (lender, _)) in members.iter().enumerate() {
            let mut line = padded(&names[row], left);
            for column in part {
                let letter = match flows.get(&(*lender, members[*column].0)) {
                    Some(flow) => inked(letter(flow)),
                    None if row == *column => "·".to_owned(),
                    None => " ".to_owned(),
                };
                line.push_str(&letter);
                line.push_str(&" ".repeat(cell - 1));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.push_str(
        "\nY  lends: both libraries say so      y  lends, as the one on Alma says\n\
         X  does not: their records disagree, or one has no record of the other\n\
         I  does not: a record is inactive\n\
         o  does not lend                -  no records of each other\n\
         ?  not known                    ·  itself\n",
    );
    if !by_code {
        text.push_str("\nThe numbers across, read downwards, are those of the libraries down.\n");
    }
    text.push_str(&foot(answer, page));
    text
}

fn letter(flow: &FlowRow) -> char {
    let inactive = flow
        .problems
        .iter()
        .any(|problem| problem.kind == ProblemKind::Inactive);
    match flow.state {
        FlowState::On if is_seen_from_one_end(flow) => 'y',
        FlowState::On => 'Y',
        FlowState::Broken | FlowState::Off if inactive => 'I',
        FlowState::Broken => 'X',
        FlowState::Off => 'o',
        FlowState::None => '-',
        FlowState::Unknown => '?',
    }
}

fn inked(letter: char) -> String {
    let ink = match letter {
        'X' | 'I' => Ink::Red,
        '?' => Ink::Yellow,
        _ => return letter.to_string(),
    };
    ink.on(&letter.to_string())
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
