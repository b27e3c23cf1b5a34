//! The names of sections (RELEASE_NOTES.md §3) and their near variants.

use super::Section;
use super::wording::{bare_words, find_month_year, normal_area, squeeze};

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

const EXACT_NAMES: [(&str, Section); 20] = [
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
    ("main features and enhancements", Section::MainFeature),
    ("issues fixed", Section::ResolvedIssue),
    ("resolved known issues", Section::ResolvedIssue),
    ("known issues to note", Section::IssueToNote),
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

pub(super) const PRODUCT_WORDS: [&str; 9] = [
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
    // "Main Features in This Release", "Resolved Issues of the Month".
    for filler in [" month", " update", " this", " the", " for", " in", " of"] {
        if let Some(shorter) = name.strip_suffix(filler) {
            name = shorter.to_owned();
        }
    }
    let words: Vec<&str> = name.split(' ').collect();
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
        || matches!(
            bare.as_str(),
            "yes no" | "privacy policy" | "terms of use" | "cookie policy"
        )
        || text.trim_start().starts_with('©')
        || bare.ends_with("all rights reserved")
        || bare.starts_with("last updated")
        || bare.starts_with("showing results for")
        || bare.starts_with("search release")
        || bare.starts_with("was this article helpful")
        || (text.trim_end().ends_with(':') && section_name(text).is_some_and(|name| name.exact))
}
