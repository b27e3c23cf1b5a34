//! The small language of release notes: months, issue ids, tags, the meta line under a heading, the names of sections
//! (RELEASE_NOTES.md §3). Everything here works on plain text.

use super::areas::is_area;
use super::ids::{Ids, find_urms, take_ids};
use super::sections::PRODUCT_WORDS;

/// A meta line with five issue ids has about 120 characters; nothing longer than this is taken for one.
pub(super) const MAX_META_CHARS: usize = 300;
/// The longest area name seen is "User Experience, Accessibility & Infrastructure" (47 characters).
pub(super) const MAX_AREA_CHARS: usize = 90;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What one meta line says: `November 2022 Fulfillment - Resource Sharing URM-174636`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Meta {
    /// `2022-11`.
    pub release: Option<String>,
    pub area: Option<String>,
    pub ids: Ids,
}

impl Meta {
    /// Whether it stands on its own feet: a month together with an area or an issue id is never running text.
    pub fn is_strong(&self) -> bool {
        self.release.is_some() && (self.area.is_some() || !self.ids.urm.is_empty())
    }
}

impl Meta {
    /// Whether nothing else can be meant: with an issue id or an area that is known by name.
    pub fn is_sure(&self) -> bool {
        self.is_strong() && (!self.ids.urm.is_empty() || self.area.as_deref().is_some_and(is_area))
    }
}

/// One space between words, none at the ends.
pub(super) fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The number (1 to 12) of a month's English name or three-letter form.
pub(crate) fn month_number(word: &str) -> Option<u32> {
    let word = word.trim_end_matches(['.', ',']).to_ascii_lowercase();
    let place = MONTHS.iter().position(|month| {
        *month == word || (word.len() == 3 && month.starts_with(&word)) || (word == "sept" && *month == "september")
    })?;
    u32::try_from(place + 1).ok()
}

/// Finds the first `Month YYYY`: the release `YYYY-MM` and the byte range it takes.
pub(super) fn find_month_year(text: &str) -> Option<(String, std::ops::Range<usize>)> {
    let words = word_ranges(text);
    words.windows(2).find_map(|pair| {
        let [(from, month), (at, year)] = pair else { return None };
        let name = month.trim_start_matches(['(', '[']);
        // "You may 2026 times" names no month.
        let number = month_number(name).filter(|_| name.starts_with(char::is_uppercase))?;
        let digits = year.get(..4)?;
        let rest = &year[4..];
        let plausible =
            digits.bytes().all(|b| b.is_ascii_digit()) && (digits.starts_with("20") || digits.starts_with("19"));
        if !plausible || rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let start = from + (month.len() - month.trim_start_matches(['(', '[']).len());
        Some((format!("{digits}-{number:02}"), start..at + 4))
    })
}

fn word_ranges(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push((from, &text[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Reads a line as a meta line, whatever the order of its parts; `None` where it is running text.
pub(super) fn read_meta(text: &str) -> Option<Meta> {
    if text.chars().count() > MAX_META_CHARS {
        return None;
    }
    let (ids, mut rest) = take_ids(&squeeze(text));
    let release = find_month_year(&rest).map(|(release, range)| {
        rest.replace_range(range, " ");
        release
    });
    if release.is_some() && find_month_year(&rest).is_some() {
        return None;
    }
    for label in [
        "product area",
        "issue ids",
        "issue id",
        "release",
        "area",
        "issues",
        "issue",
        "tags",
        "tag",
        "date",
    ] {
        let lower = rest.to_ascii_lowercase();
        if let Some(at) = lower.find(&format!("{label}:")) {
            rest.replace_range(at..at + label.len() + 1, " ");
        }
    }
    let area = area_name(&rest)?;
    if release.is_none() && ids.urm.is_empty() {
        return None;
    }
    Some(Meta { release, area, ids })
}

/// What is left of a meta line as an area: `Some(None)` where nothing is left, `None` where it reads like a sentence.
pub(super) fn area_name(rest: &str) -> Option<Option<String>> {
    let separators = |c: char| c.is_whitespace() || "|·•;,:/-–—()[]>".contains(c);
    let trimmed = rest.trim_matches(separators);
    let text = normal_area(trimmed);
    if text.is_empty() {
        return Some(None);
    }
    let small = [
        "and", "or", "of", "for", "the", "in", "to", "with", "on", "by", "a", "an",
    ];
    let titled = text.split(' ').all(|word| {
        small.contains(&word)
            || word
                .trim_start_matches(|c: char| !c.is_alphanumeric())
                .chars()
                .next()
                .is_none_or(|c| c.is_uppercase() || c.is_numeric())
    });
    // "eResources", "iPad": one small letter before a capital is a name too, but no area was ever called so.
    let sentence = text.ends_with(['.', '!', '?']) || text.contains(". ") || text.contains(';');
    let first_small = text.split(' ').next().is_some_and(|word| small.contains(&word));
    (titled && !sentence && !first_small && text.chars().count() <= MAX_AREA_CHARS).then_some(Some(text))
}

/// An area's name in one spelling: single spaces, one kind of dash.
pub(super) fn normal_area(text: &str) -> String {
    let mut text = text
        .replace(" | ", " - ")
        .replace(" · ", " - ")
        .replace(['–', '—'], "-");
    text = squeeze(&text.replace('|', " "));
    text
}

/// Splits a line that opens with a meta line and goes on in running text: `November 2026 Fulfillment URM-1 Now you can …`.
pub(super) fn split_meta(line: &str) -> Option<(Meta, String)> {
    let (_, month) = find_month_year(line)?;
    if month.start > 0 && !line[..month.start].chars().all(|c| !c.is_alphanumeric()) {
        return None;
    }
    let mut end = None;
    for (range, _) in find_urms(line) {
        match end {
            None => end = Some(range.end),
            Some(before) if line[before..range.start].chars().all(|c| !c.is_alphanumeric()) => end = Some(range.end),
            Some(_) => break,
        }
    }
    let end = end?;
    let meta = read_meta(&line[..end])?;
    let rest = line[end..].trim_start_matches(|c: char| c.is_whitespace() || ":;,-–—|)]·".contains(c));
    (meta.is_strong() && !rest.is_empty()).then(|| (meta, rest.to_owned()))
}

/// Lower-case words without punctuation; a number of hits in brackets is dropped.
pub(super) fn bare_words(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .filter(|c| !matches!(c, '\'' | '’' | '‘'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    squeeze(&cleaned.to_lowercase())
}

/// The release of a heading that names nothing but a month: `November 2026`, `Alma November 2026 Release`.
pub(super) fn month_heading(heading: &str) -> Option<String> {
    let mut text = squeeze(heading);
    let (release, range) = find_month_year(&text)?;
    text.replace_range(range, " ");
    let filler = ["notes", "update", "updates", "the", "in", "quarterly"];
    bare_words(&text)
        .split(' ')
        .all(|word| word.is_empty() || PRODUCT_WORDS.contains(&word) || filler.contains(&word))
        .then_some(release)
}

/// The first sentence, without its full stop.
pub(super) fn first_sentence(text: &str) -> String {
    const ABBREVIATIONS: [&str; 8] = ["e.g", "i.e", "etc", "vs", "no", "approx", "incl", "cf"];
    let line = text.lines().next().unwrap_or_default();
    let mut from = 0;
    while let Some(at) = line[from..].find(['.', '!', '?']).map(|at| at + from) {
        let after = &line[at + 1..];
        let word = line[..at]
            .rsplit(|c: char| c.is_whitespace() || c == '(')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        if (after.is_empty() || after.starts_with(char::is_whitespace)) && !ABBREVIATIONS.contains(&word.as_str()) {
            let keep = if line[at..].starts_with('.') { at } else { at + 1 };
            return line[..keep].trim().to_owned();
        }
        from = at + 1;
    }
    line.trim().to_owned()
}
