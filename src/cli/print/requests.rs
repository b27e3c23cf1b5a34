//! Requests: where they stand, how long, what became of them.

mod csv;

pub use csv::csv;

use super::{Ink, Page, clean, count, cut};
use crate::insight::requests::{RequestAnswer, RequestRows};
use crate::meaning::requests::FEW;
use crate::model::answer::requests::{AgeingRow, BalanceRow, MoveRow, RequestCountRow, TurnaroundRow};
use crate::model::request::Side;
use crate::model::request_status::{WaitsFor, label};

/// Columns of a partner's name in a table.
const PARTNER_WIDTH: usize = 24;
/// Columns of a status in a table.
const STATUS_WIDTH: usize = 26;

/// What `almanac requests` prints. `name_of` gives the name of a library.
pub fn page(answer: &RequestAnswer, name_of: &dyn Fn(&str) -> String, page: &Page) -> String {
    if !answer.watched {
        return page.wrapped(
            "No requests are watched; add a [[watch]] with source = \"alma.lending-requests\" or \"alma.borrowing-requests\" \
             to the settings.",
            0,
        );
    }
    let mut text = match &answer.rows {
        RequestRows::Counts(rows) if rows.is_empty() => {
            let such = if answer.narrowed {
                "no such request"
            } else {
                "no request"
            };
            page.wrapped(&format!("There is {such} in any status that was read."), 0)
        }
        RequestRows::Counts(rows) => counts(rows, name_of, page),
        RequestRows::Ageing(rows) => ageing(rows, answer.narrowed, name_of, page),
        RequestRows::Turnaround(rows) => turnaround(rows, name_of, page),
        RequestRows::Balance(rows) => balance(rows, name_of, page),
        RequestRows::Moves(rows) => moves(rows, name_of, page),
    };
    if !answer.unread.is_empty() {
        let unread: Vec<String> = answer.unread.iter().map(|watch| clean(watch.as_str())).collect();
        text.push('\n');
        text.push_str(&page.wrapped(&format!("Never read yet: {}.", unread.join(", ")), 0));
    }
    text
}

fn counts(rows: &[RequestCountRow], name_of: &dyn Fn(&str) -> String, page: &Page) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|one, next| one.institution == next.institution && one.side == next.side) {
        let (first, as_of) = (&group[0], page.time(group[0].as_of));
        heading(
            &mut text,
            &format!("{}: {} requests, {as_of}", name_of(&first.institution), first.side),
        );
        text.push_str(&page.table(
            &["Status", "#Requests", "Who must act"],
            group.iter().map(|row| {
                let number = match (row.known, row.requests) {
                    (false, _) => "not read".to_owned(),
                    (true, number) => number_or_few(number),
                };
                vec![clean(&row.label), number, who(row.waits_for)]
            }),
        ));
    }
    few_note(&mut text, rows.iter().any(|row| row.few), page);
    text
}

fn ageing(rows: &[AgeingRow], narrowed: bool, name_of: &dyn Fn(&str) -> String, page: &Page) -> String {
    // What is well is left out: the page is about what someone must do.
    let needs_someone = |row: &&AgeingRow| row.alarm || !row.known || row.over.is_none_or(|over| over > 0);
    let (watched, without_threshold): (Vec<&AgeingRow>, Vec<&AgeingRow>) =
        rows.iter().partition(|row| row.older_than_hours.is_some());
    let (worries, well): (Vec<&AgeingRow>, Vec<&AgeingRow>) = watched.into_iter().partition(needs_someone);
    let mut groups: Vec<(&str, Side)> = Vec::new();
    for row in &worries {
        if !groups.contains(&(&row.institution, row.side)) {
            groups.push((&row.institution, row.side));
        }
    }
    let mut text = String::new();
    for (institution, side) in groups {
        let group: Vec<&&AgeingRow> = worries
            .iter()
            .filter(|row| row.institution == institution && row.side == side)
            .collect();
        let as_of = group
            .first()
            .map_or_else(String::new, |row| format!(", {}", page.time(row.as_of)));
        heading(&mut text, &format!("{}: {side} requests{as_of}", name_of(institution)));
        text.push_str(&page.table(
            &[
                "Status",
                "Partner",
                "#Requests",
                "#Too old",
                "#Oldest",
                "Who must act",
                "Alarm",
            ],
            group.iter().map(|row| {
                vec![
                    cut(&clean(&row.label), STATUS_WIDTH),
                    partner(&row.partner, row.partner_name.as_deref()),
                    if row.known {
                        number_or_few(row.requests)
                    } else {
                        "not read".to_owned()
                    },
                    format!("{}{}", number_or_few(row.over), threshold(row.older_than_hours)),
                    row.oldest_days.map_or_else(String::new, |days| {
                        format!("{}{days} d", if row.at_least { "≥ " } else { "" })
                    }),
                    who(row.waits_for),
                    match row.alarm_since {
                        Some(since) => Ink::Red.on(&format!("since {}", page.short_time(since))),
                        None => String::new(),
                    },
                ]
            }),
        ));
    }
    if worries.is_empty() {
        let none = if narrowed {
            "None of the requests asked for waits too long in a status that anyone worries about."
        } else {
            "No request waits too long in a status that anyone worries about."
        };
        text.push_str(&page.wrapped(none, 0));
    } else {
        text.push('\n');
        text.push_str(&page.wrapped(
            "≥: some stood there already when they were first seen, and perhaps for longer. What is too old, [[ageing]] in the \
             settings says; an alarm needs several with one partner.",
            0,
        ));
    }
    let cells = |many: usize| count(many, "pair of status and partner", "pairs of status and partner");
    let mut left_out = Vec::new();
    if !well.is_empty() {
        left_out.push(format!("{} with nothing too old", cells(well.len())));
    }
    if !without_threshold.is_empty() {
        left_out.push(format!(
            "{} in a status without threshold",
            cells(without_threshold.len())
        ));
    }
    if !left_out.is_empty() {
        text.push_str(&page.wrapped(
            &format!("Left out here: {}; --json and --csv have all.", left_out.join(", ")),
            0,
        ));
    }
    few_note(&mut text, worries.iter().any(|row| row.few || row.over.is_none()), page);
    text
}

fn turnaround(rows: &[TurnaroundRow], name_of: &dyn Fn(&str) -> String, page: &Page) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|one, next| one.institution == next.institution && one.side == next.side) {
        let supplied = match group[0].side {
            Side::Lending => "#Shipped",
            Side::Borrowing => "#Received",
        };
        heading(
            &mut text,
            &format!("{}: {} requests", name_of(&group[0].institution), group[0].side),
        );
        text.push_str(&page.table(
            &[
                "Month",
                "Partner",
                "#Requested",
                supplied,
                "#Unfilled",
                "#Unknown",
                "#Open",
                "#Fill rate",
                "#Median",
            ],
            group.iter().map(|row| {
                vec![
                    row.month.clone(),
                    row.partner
                        .as_deref()
                        .map_or_else(|| "all".to_owned(), |code| partner(code, row.partner_name.as_deref())),
                    number_or_few(row.requested),
                    number_or_dash(row.supplied),
                    number_or_dash(row.unfilled),
                    number_or_dash(row.unknown),
                    number_or_dash(row.open),
                    row.fill_rate
                        .map_or_else(|| "–".to_owned(), |rate| format!("{:.0} %", rate * 100.0)),
                    row.median_days
                        .map_or_else(|| "–".to_owned(), |days| format!("≤ {days} d")),
                ]
            }),
        ));
    }
    if text.is_empty() {
        return page.wrapped(
            "No request has arrived since Almanac began to look. Those that were there before are not counted: nobody knows how \
             many had been dealt with.",
            0,
        );
    }
    text.push('\n');
    text.push_str(&page.wrapped(
        "Requests count in the month in which they arrived. Fill rate: supplied of those decided. Median: half of the supplied \
         ones were supplied within so many days, at the latest. Unknown: gone before they were final.",
        0,
    ));
    few_note(&mut text, rows.iter().any(|row| row.few), page);
    text
}

fn balance(rows: &[BalanceRow], name_of: &dyn Fn(&str) -> String, page: &Page) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|one, next| one.institution == next.institution) {
        heading(&mut text, &name_of(&group[0].institution));
        text.push_str(&page.table(
            &["Month", "Partner", "#Lent", "#Borrowed", "#Borrowed for each lent"],
            group.iter().map(|row| {
                vec![
                    row.month.clone(),
                    row.partner
                        .as_deref()
                        .map_or_else(|| "all".to_owned(), |code| partner(code, row.partner_name.as_deref())),
                    number_or_dash(row.lent),
                    number_or_dash(row.borrowed),
                    row.borrowed_per_lent
                        .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")),
                ]
            }),
        ));
    }
    if text.is_empty() {
        return page.wrapped("No request has arrived since Almanac began to look.", 0);
    }
    text.push('\n');
    text.push_str(&page.wrapped("–: not watched, or nothing to divide by.", 0));
    few_note(&mut text, rows.iter().any(|row| row.few), page);
    text
}

fn moves(rows: &[MoveRow], name_of: &dyn Fn(&str) -> String, page: &Page) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|one, next| one.institution == next.institution && one.side == next.side) {
        heading(
            &mut text,
            &format!("{}: {} requests", name_of(&group[0].institution), group[0].side),
        );
        let status = |code: &Option<String>, none: &str| {
            code.as_deref()
                .map_or_else(|| none.to_owned(), |code| clean(label(code)))
        };
        text.push_str(&page.table(
            &["Partner", "From", "To", "#Requests"],
            group.iter().map(|row| {
                vec![
                    partner(&row.partner, row.partner_name.as_deref()),
                    status(&row.from, "(new)"),
                    status(&row.to, "(gone, outcome unknown)"),
                    number_or_few(row.requests),
                ]
            }),
        ));
    }
    if text.is_empty() {
        return page.wrapped("No request was seen to move.", 0);
    }
    few_note(&mut text, rows.iter().any(|row| row.few), page);
    text
}

fn heading(text: &mut String, heading: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&Ink::Bold.on(&clean(heading)));
    text.push('\n');
}

fn few_note(text: &mut String, any: bool, page: &Page) {
    if any {
        text.push('\n');
        text.push_str(&page.wrapped(
            &format!(
                "few: in an answer about several libraries counts of 1 to {} are withheld, since they could point to a reader, and \
                 what they could be worked out from; \
                 --institution CODE gives one library its own numbers.",
                FEW - 1
            ),
            0,
        ));
    }
}

fn who(waits_for: Option<WaitsFor>) -> String {
    match waits_for {
        Some(WaitsFor::Us) => "the library",
        Some(WaitsFor::Them) => "the partner",
        Some(WaitsFor::ExLibris) => "Ex Libris",
        Some(WaitsFor::Nobody) => "nobody",
        None => "not known",
    }
    .to_owned()
}

fn partner(code: &str, name: Option<&str>) -> String {
    match (name, code) {
        (Some(name), _) => cut(&clean(name), PARTNER_WIDTH),
        (None, "") => "(none yet)".to_owned(),
        (None, code) => clean(code),
    }
}

/// ` (> 2 d)`, ` (> 36 h)`.
fn threshold(hours: Option<f64>) -> String {
    match hours {
        Some(hours) if hours >= 48.0 && hours % 24.0 == 0.0 => format!(" (> {} d)", hours / 24.0),
        Some(hours) => format!(" (> {hours} h)"),
        None => String::new(),
    }
}

fn number_or_few(number: Option<u64>) -> String {
    number.map_or_else(|| "few".to_owned(), |number| number.to_string())
}

fn number_or_dash(number: Option<u64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests;
