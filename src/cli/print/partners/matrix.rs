//! The members against each other.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::super::{Ink, Page, clean, cut};
use super::{foot, is_seen_from_one_end};
use crate::insight::reciprocity::PartnersAnswer;
use crate::model::reciprocity::{FlowRow, FlowState, ProblemKind};

/// Columns of a library's name at the left, at most.
const NAME_WIDTH_MAX: usize = 26;
/// Columns of a short code above a column, at most; where they do not fit, numbers stand there.
const CODE_WIDTH_MAX: usize = 6;

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
    let numbers: Vec<String> = (1..=members.len()).map(|number| number.to_string()).collect();
    let wide = |texts: &[String]| texts.iter().map(|text| text.width()).max().unwrap_or(1) + 1;
    let names: Vec<String> = members
        .iter()
        .zip(&shorts)
        .map(|((_, name), short)| (clean(name), short))
        .map(|(name, short)| format!("{} {short}", cut(&name, NAME_WIDTH_MAX - 1 - short.width())))
        .collect();
    let left = wide(&names);
    let by_code = left + wide(&shorts) * members.len() <= page.width;
    let (heads, left, cell) = if by_code {
        (&shorts, left, wide(&shorts))
    } else {
        (&numbers, left + wide(&numbers), wide(&numbers))
    };
    let fitting = (page.width.saturating_sub(left) / cell).max(1);
    let mut text = String::from("Down: who lends. Across: who borrows.\n");
    for part in (0..members.len()).collect::<Vec<_>>().chunks(fitting) {
        text.push('\n');
        let mut line = " ".repeat(left);
        for column in part {
            line.push_str(&format!("{:<cell$}", heads[*column]));
        }
        text.push_str(&Ink::Bold.on(line.trim_end()));
        text.push('\n');
        for (row, (lender, _)) in members.iter().enumerate() {
            let mut line = if by_code {
                padded(&names[row], left)
            } else {
                let number = wide(&numbers) - 1;
                padded(&format!("{:>number$} {}", numbers[row], names[row]), left)
            };
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
        "\nY  lends: both ends say so      y  lends, as the only end on Alma says\n\
         X  the ends disagree            I  a record is inactive\n\
         o  does not lend, as agreed     -  no records of each other\n\
         ?  not known                    ·  itself\n",
    );
    if !by_code {
        text.push_str("\nThe numbers across are those of the libraries down.\n");
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
