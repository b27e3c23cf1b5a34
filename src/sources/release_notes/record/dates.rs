//! Dates that a text names, with their precision (DESIGN invariant 10).

use serde::Serialize;

use crate::exlibris::knowledge_center::wording::month_number;

/// More than a schedule in one item needs.
const MAX_DATES: usize = 24;

/// A date as the text names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(in crate::sources::release_notes) struct NamedDate {
    /// The text's own words.
    pub text: String,
    /// `2026-11-15`, `2026-11`, `2026-Q4`, `2026-H2`.
    pub date: String,
    /// `day`, `month`, `quarter`, `half-year`.
    pub precision: &'static str,
}

/// The dates of a text in its order, each once.
pub(in crate::sources::release_notes) fn named(text: &str) -> Vec<NamedDate> {
    let words: Vec<&str> = text.split_whitespace().filter(|word| !word.contains("://")).collect();
    let mut found: Vec<NamedDate> = Vec::new();
    let mut at = 0;
    while at < words.len() && found.len() < MAX_DATES {
        match date_at(&words[at..]) {
            Some((date, precision, count)) => {
                let text = words[at..at + count].join(" ");
                let text = text.trim_matches(|c: char| ".,;:()[]".contains(c)).to_owned();
                if !found.iter().any(|known| known.date == date) {
                    found.push(NamedDate { text, date, precision });
                }
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

fn date_at(words: &[&str]) -> Option<(String, &'static str, usize)> {
    let word = |at: usize| words.get(at).map(|word| bare(word)).unwrap_or_default();
    let (one, two, three, four) = (word(0), word(1), word(2), word(3));
    if let Some(date) = iso_day(one) {
        return Some((date, "day", 1));
    }
    if let Some(month) = month(one) {
        if let (Some(day), Some(year)) = (day(two), year(three)) {
            return calendar(year, month, day).map(|date| (date, "day", 3));
        }
        return year(two).map(|year| (format!("{year}-{month:02}"), "month", 2));
    }
    if let (Some(day), Some(month), Some(year)) = (day(one), month(two), year(three)) {
        return calendar(year, month, day).map(|date| (date, "day", 3));
    }
    if let (Some(part), Some(year)) = (part(one), year(two)) {
        return Some((format!("{year}-{part}"), precision(&part), 2));
    }
    if let (Some(year), Some(part)) = (year(one), part(two)) {
        return Some((format!("{year}-{part}"), precision(&part), 2));
    }
    let place = ["first", "second", "third", "fourth"]
        .iter()
        .position(|name| one.eq_ignore_ascii_case(name))?
        + 1;
    let letter = match two.to_ascii_lowercase().as_str() {
        "quarter" => 'Q',
        "half" if place <= 2 => 'H',
        _ => return None,
    };
    let (year, count) = match year(three) {
        Some(year) => (year, 3),
        None if three == "of" => (year(four)?, 4),
        None => return None,
    };
    let part = format!("{letter}{place}");
    Some((format!("{year}-{part}"), precision(&part), count))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| ".,;:()[]".contains(c))
}

fn month(word: &str) -> Option<u32> {
    // "may" is a verb far more often than a month.
    word.starts_with(char::is_uppercase)
        .then(|| month_number(word))
        .flatten()
}

fn year(word: &str) -> Option<&str> {
    (word.len() == 4 && word.starts_with("20") && word.bytes().all(|b| b.is_ascii_digit())).then_some(word)
}

fn day(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))
        .unwrap_or(word);
    (digits.len() <= 2)
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|day| (1..=31).contains(day))
}

fn part(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    matches!(upper.as_str(), "Q1" | "Q2" | "Q3" | "Q4" | "H1" | "H2").then_some(upper)
}

fn precision(part: &str) -> &'static str {
    if part.starts_with('Q') { "quarter" } else { "half-year" }
}

fn iso_day(word: &str) -> Option<String> {
    let mut parts = word.split('-');
    let (year, month, day) = (
        year(parts.next()?)?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    (parts.next().is_none() && word.len() == 10)
        .then(|| calendar(year, month, day))
        .flatten()
}

fn calendar(year: &str, month: u32, day: u32) -> Option<String> {
    chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month, day).map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, &'static str)> {
        named(text)
            .into_iter()
            .map(|found| (found.date, found.precision))
            .collect()
    }

    #[test]
    fn dates_carry_their_precision() {
        let text = "From November 15, 2026 on, and again on 3rd March 2027 (2027-05-01). It comes in the January 2027 release, \
                    in Q3 2027, 2027 H2, the first quarter of 2028 or the second half 2028. You may 2026 times say no. \
                    In November 15, 2026 it was said twice. February 30, 2027 is no day.";
        assert_eq!(
            read(text),
            [
                ("2026-11-15".to_owned(), "day"),
                ("2027-03-03".to_owned(), "day"),
                ("2027-05-01".to_owned(), "day"),
                ("2027-01".to_owned(), "month"),
                ("2027-Q3".to_owned(), "quarter"),
                ("2027-H2".to_owned(), "half-year"),
                ("2028-Q1".to_owned(), "quarter"),
                ("2028-H2".to_owned(), "half-year"),
            ]
        );
        assert_eq!(named("until (May 4, 2027).")[0].text, "May 4, 2027");
        assert!(read("Version 2026 of table 12 at https://x.example/2026-01-01").is_empty());
    }
}
