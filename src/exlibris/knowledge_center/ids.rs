//! Issue ids, case numbers and the marks of Idea Exchange and NERS in a text.

use super::wording::squeeze;
use std::collections::BTreeSet;

/// Ids and marks of each kind that are looked for in one text. Five is the most seen in one line; the bound keeps hostile
/// text from costing time with the square of its length.
const FOUND_MAX: usize = 200;

/// Issue ids and tags found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ids {
    pub urm: BTreeSet<String>,
    pub cases: BTreeSet<String>,
    pub ners: BTreeSet<String>,
    pub tags: BTreeSet<String>,
}

impl Ids {
    pub fn absorb(&mut self, other: Ids) {
        self.urm.extend(other.urm);
        self.cases.extend(other.cases);
        self.ners.extend(other.ners);
        self.tags.extend(other.tags);
    }
}

/// Byte ranges of the issue ids `URM-nnnnnn`, with the id.
pub(super) fn find_urms(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let upper = text.to_ascii_uppercase();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = upper[from..]
        .find("URM")
        .map(|at| at + from)
        .filter(|_| found.len() < FOUND_MAX)
    {
        let tail = &upper[at + 3..];
        let lead = tail.len()
            - tail
                .trim_start_matches(['-', '\u{2010}', '\u{2011}', '\u{2013}', ' ', '_'])
                .len();
        let digits = tail[lead..].bytes().take_while(u8::is_ascii_digit).count();
        let starts_word = !upper[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        if lead > 0 && digits >= 3 && starts_word {
            found.push((
                at..at + 3 + lead + digits,
                format!("URM-{}", &tail[lead..lead + digits]),
            ));
            from = at + 3 + lead + digits;
        } else {
            from = at + 3;
        }
    }
    found
}

/// Byte ranges of support case numbers behind `SF:`, `Salesforce case` or `Case`, with the numbers.
pub(super) fn find_cases(text: &str) -> Vec<(std::ops::Range<usize>, Vec<String>)> {
    let upper = text.to_ascii_uppercase();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((at, word)) = ["SF", "SALESFORCE", "CASES", "CASE"]
        .into_iter()
        .filter_map(|word| upper[from..].find(word).map(|at| (at + from, word)))
        .min_by_key(|(at, word)| (*at, std::cmp::Reverse(word.len())))
        .filter(|_| found.len() < FOUND_MAX)
    {
        let mut end = at + word.len();
        from = end;
        if upper[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
            continue;
        }
        let mut numbers = Vec::new();
        let mut last = end;
        loop {
            let rest = &upper[end..];
            let mut skipped = rest.len()
                - rest
                    .trim_start_matches([' ', ':', '#', ',', ';', '/', '&', '-', '\u{a0}'])
                    .len();
            for filler in ["CASES", "CASE", "NUMBERS", "NUMBER", "NO.", "AND "] {
                if rest[skipped..].starts_with(filler) {
                    skipped += filler.len();
                    skipped += rest[skipped..].len() - rest[skipped..].trim_start_matches([' ', ':', '#']).len();
                    break;
                }
            }
            let digits = rest[skipped..].bytes().take_while(u8::is_ascii_digit).count();
            if !(6..=10).contains(&digits) {
                break;
            }
            numbers.push(rest[skipped..skipped + digits].to_owned());
            end += skipped + digits;
            last = end;
        }
        if !numbers.is_empty() {
            found.push((at..last, numbers));
            from = last;
        }
    }
    found
}

/// Takes issue ids, case numbers, NERS ids and tags out of a text; gives them and what is left.
pub(super) fn take_ids(text: &str) -> (Ids, String) {
    let mut ids = Ids::default();
    let mut rest = text.to_owned();
    for (range, id) in find_urms(&rest).into_iter().rev() {
        ids.urm.insert(id);
        rest.replace_range(range, " ");
    }
    for (range, numbers) in find_cases(&rest).into_iter().rev() {
        ids.cases.extend(numbers);
        rest.replace_range(range, " ");
    }
    take_tags(&mut rest, &mut ids);
    (ids, squeeze(&rest))
}

/// The labels of the two ways in which users ask for enhancements, as the notes spell them; longest first.
const TAG_PHRASES: [(&str, &str); 12] = [
    ("idea_exchange.png", "Idea Exchange"),
    ("idea-exchange.png", "Idea Exchange"),
    ("ideaexchange.png", "Idea Exchange"),
    ("idea exchange", "Idea Exchange"),
    ("ideas exchange", "Idea Exchange"),
    ("idea_exchange", "Idea Exchange"),
    ("ners.png", "NERS"),
    ("ners enhancements", "NERS"),
    ("ners enhancement", "NERS"),
    ("ners request", "NERS"),
    ("ners id", "NERS"),
    ("ners", "NERS"),
];

fn take_tags(rest: &mut String, ids: &mut Ids) {
    for _ in 0..FOUND_MAX {
        let lower = rest.to_ascii_lowercase();
        let hit = TAG_PHRASES.into_iter().find_map(|(phrase, tag)| {
            lower
                .match_indices(phrase)
                .find(|(at, _)| !lower[..*at].ends_with(|c: char| c.is_ascii_alphabetic()))
                .filter(|(at, _)| {
                    tag != "NERS"
                        || phrase.ends_with(".png")
                        || !lower[at + phrase.len()..].starts_with(|c: char| c.is_ascii_alphabetic())
                })
                .map(|(at, _)| (at, phrase.len(), tag))
        });
        let Some((at, length, tag)) = hit else { break };
        ids.tags.insert(tag.to_owned());
        rest.replace_range(at..at + length, " ");
    }
    if ids.tags.contains("NERS") {
        for _ in 0..FOUND_MAX {
            let Some((range, id)) = find_ners_id(rest) else { break };
            ids.ners.insert(id);
            rest.replace_range(range, " ");
        }
    }
}

fn find_ners_id(text: &str) -> Option<(std::ops::Range<usize>, String)> {
    let upper = text.to_ascii_uppercase();
    for (at, _) in upper.match_indices("ID") {
        let tail = &upper[at + 2..];
        let lead = tail.len() - tail.trim_start_matches([' ', '#', ':']).len();
        let digits = tail[lead..].bytes().take_while(u8::is_ascii_digit).count();
        let starts_word = !upper[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        if lead > 0 && starts_word && (2..=7).contains(&digits) {
            let mut range = at..at + 2 + lead + digits;
            if upper[..at].ends_with('(') && upper[range.end..].starts_with(')') {
                range = at - 1..range.end + 1;
            }
            return Some((range, tail[lead..lead + digits].to_owned()));
        }
    }
    None
}
