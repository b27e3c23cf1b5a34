//! Answers laid out for people. Pure: rows and a page in, text out.
//!
//! Colour only repeats what a word says already. Text from outside is cleaned before it reaches a terminal.

pub mod adoption;
pub mod collaborations;
pub mod csv;
pub mod diff;
pub mod events;
pub mod features;
pub mod partners;
pub mod records;
pub mod requests;
pub mod rows;
pub mod words;

use chrono::Datelike;
use chrono_tz::Tz;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::insight::time::local;
use crate::model::moment::Moment;

/// The page that answers are laid out on.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Columns.
    pub width: usize,
    /// Whether colour is wanted.
    pub colour: bool,
    /// The consortium's zone: times on the page are meant in it.
    pub zone: Tz,
    /// The present moment.
    pub now: Moment,
}

/// How a word is set off. The marks are invisible characters of no width, so that tables measure right; [`Page::finish`]
/// turns them into colour or drops them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// Headings.
    Bold,
    /// What needs someone.
    Red,
    /// What to look at.
    Yellow,
    /// What is well.
    Green,
}

/// Columns that text gets at least, however deep it is indented.
const ROOM_MIN: usize = 20;
/// Columns between the columns of a table.
const GAP: usize = 2;
/// The same where the words would not fit otherwise.
const GAP_MIN: usize = 1;
/// Ends what an [`Ink`] began.
const PLAIN: char = '\u{2060}';

impl Ink {
    const ALL: [Ink; 4] = [Ink::Bold, Ink::Red, Ink::Yellow, Ink::Green];

    const fn mark(self) -> char {
        match self {
            Ink::Bold => '\u{2061}',
            Ink::Red => '\u{2062}',
            Ink::Yellow => '\u{2063}',
            Ink::Green => '\u{2064}',
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Ink::Bold => "\u{1b}[1m",
            Ink::Red => "\u{1b}[1;31m",
            Ink::Yellow => "\u{1b}[33m",
            Ink::Green => "\u{1b}[32m",
        }
    }

    /// The text set off.
    pub fn on(self, text: &str) -> String {
        format!("{}{text}{PLAIN}", self.mark())
    }
}

impl Page {
    /// The text as it is printed.
    pub fn finish(&self, text: &str) -> String {
        let mut finished = String::with_capacity(text.len());
        for character in text.chars() {
            let code = match Ink::ALL.into_iter().find(|ink| ink.mark() == character) {
                Some(ink) => ink.code(),
                None if character == PLAIN => "\u{1b}[0m",
                None => {
                    finished.push(character);
                    continue;
                }
            };
            if self.colour {
                finished.push_str(code);
            }
        }
        finished
    }

    /// `Nov 25 02:00 EST`, with the year where it is not this one.
    pub fn time(&self, moment: Moment) -> String {
        let then = local(moment, self.zone);
        let form = if then.year() == local(self.now, self.zone).year() {
            "%b %-d %H:%M %Z"
        } else {
            "%b %-d, %Y %H:%M %Z"
        };
        then.format(form).to_string()
    }

    /// The same without the zone, and without the day where it is today: for tables.
    pub fn short_time(&self, moment: Moment) -> String {
        let then = local(moment, self.zone);
        if then.date_naive() == local(self.now, self.zone).date_naive() {
            return then.format("%H:%M").to_string();
        }
        let time = self.time(moment);
        time.rsplit_once(' ')
            .map_or(time.clone(), |(short, _)| short.to_owned())
    }

    /// [`Page::time`], or another word.
    pub fn time_or(&self, moment: Option<Moment>, otherwise: &str) -> String {
        moment.map_or_else(|| otherwise.to_owned(), |moment| self.time(moment))
    }

    /// The text in lines that fit, each with `indent` spaces before it.
    pub fn wrapped(&self, text: &str, indent: usize) -> String {
        wrapped(text, self.width, indent)
    }

    /// A table. Columns whose name begins with `#` hold numbers and are set to the right; those that begin with `!` hold
    /// ids and are never broken, so that they can be copied. The others are broken between words while the page is wide
    /// enough for that.
    pub fn table(&self, columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
        let rows: Vec<Vec<String>> = rows.into_iter().collect();
        let least: Vec<usize> = columns
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let cells = rows.iter().filter_map(|row| row.get(index)).map(String::as_str);
                let longest = |text: &str| match name.strip_prefix('!') {
                    Some(_) => text.width(),
                    None => text.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0),
                };
                let words = name.trim_start_matches(['#', '!']);
                cells.chain([words]).map(longest).max().unwrap_or(0)
            })
            .collect();
        let gaps = columns.len().saturating_sub(1);
        let fits = |gap: usize| least.iter().sum::<usize>() + gap * gaps <= self.width;
        let gap = if fits(GAP) || !fits(GAP_MIN) { GAP } else { GAP_MIN };
        let mut table = Table::new();
        table
            .load_style(comfy_table::presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.width).unwrap_or(u16::MAX))
            .set_header(
                columns
                    .iter()
                    .map(|name| Ink::Bold.on(name.trim_start_matches(['#', '!']))),
            );
        for row in rows {
            table.add_row(row);
        }
        for (index, name) in columns.iter().enumerate() {
            if let Some(column) = table.column_mut(index) {
                // The last column needs no room to its right.
                let padding = if index + 1 == columns.len() { 0 } else { gap };
                column.set_padding((0, u16::try_from(padding).unwrap_or(0)));
                if name.starts_with('#') {
                    column.set_cell_alignment(CellAlignment::Right);
                }
                if name.starts_with('!') {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                } else if fits(gap) {
                    let least = u16::try_from(least[index] + padding).unwrap_or(u16::MAX);
                    column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
                }
            }
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// The text in lines of at most `width` columns, each with `indent` spaces before it.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(ROOM_MIN);
    let mut lines = String::new();
    for paragraph in text.split('\n') {
        for line in lines_of(paragraph, room) {
            lines.push_str(&" ".repeat(indent));
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    lines
}

/// Text from outside on one line, without anything that could steer a terminal or hide in it.
pub fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            '\n' | '\r' | '\t' => Some(' '),
            // Marks of our own, and marks that turn the direction of writing.
            '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            control if control.is_control() => Some('\u{fffd}'),
            other => Some(other),
        })
        .collect()
}

/// The same, keeping the line breaks.
pub fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// The text, cut to `width` columns with an ellipsis where it is longer.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used >= width {
            break;
        }
        short.push(character);
    }
    format!("{}…", short.trim_end())
}

/// `1 record`, `2 records`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Breaks between words; a word longer than the line (an address) stays whole.
fn lines_of(paragraph: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// A page as tests use it: New York, 25 November 2026, 80 columns, no colour.
#[cfg(test)]
pub(crate) fn test_page() -> Page {
    Page {
        width: 80,
        colour: false,
        zone: chrono_tz::America::New_York,
        now: tests::at("2026-11-25T12:00:00Z"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_the_consortiums_and_say_so() {
        let page = test_page();
        assert_eq!(page.time(at("2026-11-25T07:00:00Z")), "Nov 25 02:00 EST");
        assert_eq!(page.time(at("2025-07-01T16:05:00Z")), "Jul 1, 2025 12:05 EDT");
        assert_eq!(page.time_or(None, "never"), "never");
        // The day is the consortium's: 04:59 UTC is still yesterday there.
        assert_eq!(page.short_time(at("2026-11-25T05:00:00Z")), "00:00");
        assert_eq!(page.short_time(at("2026-11-25T04:59:00Z")), "Nov 24 23:59");
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(
            clean("a\u{1b}[31mred\u{7}\nb\u{202e}c\u{2062}"),
            "a\u{fffd}[31mred\u{fffd} bc"
        );
    }

    #[test]
    fn colour_is_there_only_where_it_is_wanted() {
        let mut page = test_page();
        let text = format!("{} world", Ink::Red.on("hello"));
        assert_eq!(page.finish(&text), "hello world");
        page.colour = true;
        assert_eq!(page.finish(&text), "\u{1b}[1;31mhello\u{1b}[0m world");
    }

    #[test]
    fn marks_take_no_room_in_a_table() {
        let page = test_page();
        let plain = page.table(&["State", "#Records"], [vec!["failing".to_owned(), "12".to_owned()]]);
        let inked = page.table(&["State", "#Records"], [vec![Ink::Red.on("failing"), "12".to_owned()]]);
        assert_eq!(page.finish(&inked), page.finish(&plain));
        assert!(page.finish(&plain).lines().all(|line| line.width() <= page.width));
    }

    #[test]
    fn a_table_keeps_its_words_whole_while_the_page_is_wide_enough() {
        let page = Page {
            width: 45,
            ..test_page()
        };
        let row = ["alma.borrowing-requests/01TUN", "waiting", "119"];
        let table = page.finish(&page.table(&["!Watch", "State", "#Records"], [row.map(str::to_owned).to_vec()]));
        assert!(table.contains("waiting") && table.contains("Records"), "{table}");
    }

    #[test]
    fn long_text_is_broken_between_words() {
        let page = Page {
            width: 30,
            ..test_page()
        };
        let address = "https://example.org/a/very/long/address/that/does/not/fit";
        let text = page.wrapped(&format!("one two three four five six seven {address}"), 2);
        assert_eq!(text, format!("  one two three four five six\n  seven\n  {address}\n"));
    }

    #[test]
    fn cut_text_shows_that_it_was_cut() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("much longer", 6), "much…");
    }
}
