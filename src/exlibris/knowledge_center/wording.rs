//! The small language of release notes: months, issue ids, tags, the meta line under a heading, the names of sections
//! (RELEASE_NOTES.md §3). Everything here works on plain text.

use std::collections::BTreeSet;

use super::Section;

/// A meta line with five issue ids has about 120 characters; nothing longer than this is taken for one.
const MAX_META_CHARS: usize = 300;
/// The longest area name seen is "User Experience, Accessibility & Infrastructure" (47 characters).
const MAX_AREA_CHARS: usize = 90;

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
        let number = month_number(month.trim_start_matches(['(', '[']))?;
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

/// Byte ranges of the issue ids `URM-nnnnnn`, with the id.
pub(super) fn find_urms(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let upper = text.to_ascii_uppercase();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = upper[from..].find("URM").map(|at| at + from) {
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
    loop {
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
        while let Some((range, id)) = find_ners_id(rest) {
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
fn area_name(rest: &str) -> Option<Option<String>> {
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

/// Where a section's name leads, and how sure that is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SectionName {
    pub section: Section,
    /// One of the four names of RELEASE_NOTES.md §3, or so near that nothing else is meant.
    pub exact: bool,
    /// `Additional Fulfillment Enhancements` names its area.
    pub area: Option<String>,
    /// `November 2026 Main Features` names its release.
    pub release: Option<String>,
}

const EXACT_NAMES: [(&str, Section); 16] = [
    ("main features", Section::MainFeature),
    ("main feature", Section::MainFeature),
    ("new features", Section::MainFeature),
    ("major features", Section::MainFeature),
    ("whats new", Section::MainFeature),
    ("new features and enhancements", Section::MainFeature),
    ("additional enhancements", Section::AdditionalEnhancement),
    ("additional features", Section::AdditionalEnhancement),
    ("additional features and enhancements", Section::AdditionalEnhancement),
    ("other enhancements", Section::AdditionalEnhancement),
    ("resolved issues", Section::ResolvedIssue),
    ("fixed issues", Section::ResolvedIssue),
    ("issues resolved", Section::ResolvedIssue),
    ("issues to note", Section::IssueToNote),
    ("known issues", Section::IssueToNote),
    ("important issues to note", Section::IssueToNote),
];

/// Names that also are ordinary headings: a section only where no meta line follows.
const WEAK_NAMES: [(&str, Section); 22] = [
    ("features", Section::MainFeature),
    ("main enhancements", Section::MainFeature),
    ("key features", Section::MainFeature),
    ("feature highlights", Section::MainFeature),
    ("highlights", Section::MainFeature),
    ("new and enhanced features", Section::MainFeature),
    ("enhancements", Section::AdditionalEnhancement),
    ("further enhancements", Section::AdditionalEnhancement),
    ("minor enhancements", Section::AdditionalEnhancement),
    ("more enhancements", Section::AdditionalEnhancement),
    ("additional improvements", Section::AdditionalEnhancement),
    ("other improvements", Section::AdditionalEnhancement),
    ("bug fixes", Section::ResolvedIssue),
    ("fixes", Section::ResolvedIssue),
    ("resolved problems", Section::ResolvedIssue),
    ("issue to note", Section::IssueToNote),
    ("important notes", Section::IssueToNote),
    ("things to note", Section::IssueToNote),
    ("points to note", Section::IssueToNote),
    ("please note", Section::IssueToNote),
    ("notes and known issues", Section::IssueToNote),
    ("known issues and limitations", Section::IssueToNote),
];

const PRODUCT_WORDS: [&str; 9] = [
    "alma", "primo", "ve", "rapido", "leganto", "esploro", "summon", "rosetta", "release",
];

/// The section that a heading names, if it names one.
pub(super) fn section_name(heading: &str) -> Option<SectionName> {
    let mut text = squeeze(heading);
    let release = find_month_year(&text).map(|(release, range)| {
        text.replace_range(range, " ");
        release
    });
    let bare = bare_words(&text);
    let words: Vec<&str> = bare
        .split(' ')
        .filter(|word| !PRODUCT_WORDS.contains(word) && !word.is_empty() && !word.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    let mut name = words.join(" ");
    for filler in [" for", " in", " of"] {
        if let Some(shorter) = name.strip_suffix(filler) {
            name = shorter.to_owned();
        }
    }
    let named = |names: &[(&str, Section)]| {
        names
            .iter()
            .find(|(text, _)| *text == name)
            .map(|(_, section)| *section)
    };
    let made = |section, exact, area| {
        Some(SectionName {
            section,
            exact,
            area,
            release: release.clone(),
        })
    };
    if let Some(section) = named(&EXACT_NAMES) {
        return made(section, true, None);
    }
    if let Some(section) = named(&WEAK_NAMES) {
        return made(section, false, None);
    }
    let titled: Vec<&str> = text
        .split(' ')
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect();
    let between = |first: usize, last: usize| normal_area(&titled[first..titled.len() - last].join(" "));
    match words.as_slice() {
        ["additional", middle @ .., "enhancements" | "features" | "improvements"]
            if (1..=7).contains(&middle.len()) =>
        {
            made(
                Section::AdditionalEnhancement,
                false,
                (titled.len() > 2).then(|| between(1, 1)),
            )
        }
        ["resolved", "issues", "in" | "for", ..] if words.len() <= 9 && titled.len() > 3 => {
            made(Section::ResolvedIssue, false, Some(between(3, 0)))
        }
        [lead @ .., "resolved", "issues"] if (1..=6).contains(&lead.len()) && titled.len() > 2 => {
            made(Section::ResolvedIssue, false, Some(between(0, 2)))
        }
        _ => None,
    }
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

/// Area names as the notes use them (they change over the years, so this only helps, it never decides alone).
pub(super) fn is_area(text: &str) -> bool {
    const AREAS: [&str; 34] = [
        "acquisitions",
        "administration",
        "administration and infrastructure",
        "analytics",
        "apis",
        "api",
        "collaborative networks",
        "configuration",
        "consortia",
        "digital",
        "digital resource management",
        "discovery",
        "electronic resource management",
        "fulfillment",
        "fulfillment and resource sharing",
        "fulfillment resource sharing",
        "fulfillment networks",
        "infrastructure",
        "integrations",
        "leganto",
        "metadata management",
        "next discovery experience",
        "physical resource management",
        "primo ve",
        "rapido",
        "rapidill",
        "resource management",
        "resource sharing",
        "search",
        "selection",
        "user experience",
        "user interface",
        "user management",
        "general",
    ];
    AREAS.contains(&bare_words(&text.replace('&', "and")).as_str())
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

/// Lines that the hosts put around an article (RELEASE_NOTES.md §3), by their exact words.
pub(super) fn is_chrome(text: &str) -> bool {
    const LINES: [&str; 38] = [
        "skip to main content",
        "exlibris",
        "ex libris",
        "knowledge assistant beta",
        "subscribe by rss",
        "back",
        "save as pdf",
        "share",
        "view article in the exlibris knowledge center",
        "view article in the ex libris knowledge center",
        "back to top",
        "was this article helpful",
        "yes",
        "no",
        "recommended articles",
        "related articles",
        "search for what you need",
        "search",
        "release",
        "home",
        "table of contents",
        "on this page",
        "in this article",
        "page outline",
        "contents",
        "no headers",
        "top",
        "print",
        "tweet",
        "email",
        "sign in",
        "log in",
        "ex libris knowledge center",
        "copy link",
        "reset",
        "clear all",
        "expand all",
        "collapse all",
    ];
    let bare = bare_words(text);
    LINES.contains(&bare.as_str())
        || bare.starts_with("last updated")
        || bare.starts_with("showing results for")
        || bare.starts_with("search release")
        || bare.starts_with("was this article helpful")
        || (text.trim_end().ends_with(':') && section_name(text).is_some_and(|name| name.exact))
}
