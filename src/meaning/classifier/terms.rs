//! On what terms something comes: on by default, to be switched on, by Ex Libris only; by when somebody must have acted;
//! whether it can be undone. From the wording only, by the rules' `[terms]`.

use serde::Serialize;

use super::phrases::Phrase;
use super::rules::TermWords;
use super::text::{Sentence, sentences};

/// Who switches it on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// It is there by itself.
    On,
    /// Somebody has to switch it on.
    OffByDefault,
    /// Ex Libris has to be asked.
    ContactExlibris,
}

impl Switch {
    /// As records and labels name it.
    pub const fn name(self) -> &'static str {
        match self {
            Switch::On => "on",
            Switch::OffByDefault => "off-by-default",
            Switch::ContactExlibris => "contact-exlibris",
        }
    }
}

/// The terms; `None` where the text does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Who switches it on.
    pub switch: Option<Switch>,
    /// By when somebody must have acted, or when it comes: `2026-11-01`, or `2026-11` where only the month is named.
    pub deadline: Option<String>,
    /// Whether it can be undone.
    pub undo: Option<bool>,
    /// The phrases that say so.
    pub because: Vec<String>,
}

/// Reads the terms of an item; `release` (`2026-11`) gives the year to dates that have none.
pub fn terms(words: &TermWords, release: &str, heading: &str, body: &str) -> Terms {
    let sentences = sentences(heading, body);
    let mut terms = Terms::default();
    let mut because = Vec::new();
    let mut says = |phrases: &[Phrase]| {
        let found = sentences.iter().find_map(|sentence| said(phrases, sentence));
        because.extend(found.map(str::to_owned));
        found.is_some()
    };
    // Whoever has to ask Ex Libris has to, whatever the default is.
    terms.switch = if says(&words.contact) {
        Some(Switch::ContactExlibris)
    } else if says(&words.off) {
        Some(Switch::OffByDefault)
    } else if says(&words.on) {
        Some(Switch::On)
    } else {
        None
    };
    terms.undo = if says(&words.permanent) {
        Some(false)
    } else {
        says(&words.reversible).then_some(true)
    };
    // The phrases stand in the order of their strength: "until" a date says more than "in the … release".
    let dated: Vec<(Vec<Sentence>, String)> = body
        .split(['.', ';', '\n'])
        .chain([heading])
        .filter_map(|part| Some((super::text::sentences("", part), date(part, release)?)))
        .collect();
    let strongest = words.deadline.iter().find_map(|phrase| {
        let says = |(sentences, _): &&(Vec<Sentence>, String)| {
            sentences
                .iter()
                .any(|sentence| said(std::slice::from_ref(phrase), sentence).is_some())
        };
        Some((phrase, dated.iter().find(says)?))
    });
    if let Some((phrase, (_, date))) = strongest {
        because.push(phrase.text().to_owned());
        terms.deadline = Some(date.clone());
    }
    terms.because = because;
    terms
}

/// The first phrase of the list that stands in the sentence, but not right behind a "not" or "no need to".
fn said<'p>(phrases: &'p [Phrase], sentence: &Sentence) -> Option<&'p str> {
    let denied = |at: usize| {
        let before = &sentence.words[..at];
        before.ends_with(&["not".to_owned()])
            || before.ends_with(&["no".to_owned(), "need".to_owned(), "to".to_owned()])
    };
    phrases
        .iter()
        .find(|phrase| (0..sentence.words.len()).any(|at| phrase.begins_at(&sentence.words, at) && !denied(at)))
        .map(Phrase::text)
}

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

/// The first date of a text, with the precision that it has. A month without a year is the next one from the release on.
fn date(text: &str, release: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    let number = |at: usize| {
        words
            .get(at)
            .and_then(|word| word.trim_end_matches(|c: char| c.is_alphabetic()).parse::<u32>().ok())
    };
    let day = |at: usize| number(at).filter(|day| (1..=31).contains(day));
    let year = |at: usize| number(at).filter(|year| (2000..2100).contains(year));
    for (at, word) in words.iter().enumerate() {
        let parts: Vec<&str> = word.split('-').collect();
        if let [year, month, day] = parts.as_slice()
            && (year.len(), month.len(), day.len()) == (4, 2, 2)
            && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Some((*word).to_owned());
        }
        if *word == "end"
            && words.get(at + 1) == Some(&"of")
            && let Some(year) = year(at + 2)
        {
            return Some(format!("{year}-12-31"));
        }
        let Some(month) = MONTHS.iter().position(|name| *name == word.to_lowercase()) else {
            continue;
        };
        if !word.starts_with(char::is_uppercase) {
            continue;
        }
        let month = month as u32 + 1;
        let (named_day, named_year) = match (day(at + 1), year(at + 1), year(at + 2)) {
            (Some(day), None, year) => (Some(day), year),
            (_, Some(year), _) => (at.checked_sub(1).and_then(day), Some(year)),
            _ => (at.checked_sub(1).and_then(day), None),
        };
        // "May Also Be Held By", "may" at the start of a sentence.
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let capital_next = words
            .get(at + 1)
            .is_some_and(|next| next.starts_with(char::is_uppercase));
        let a_month = ["until", "by", "in", "before", "of"].contains(&before) && !capital_next;
        if *word == "May" && named_day.is_none() && named_year.is_none() && !a_month {
            continue;
        }
        let year = named_year.or_else(|| next_year(release, month))?;
        return Some(match named_day {
            Some(day) => format!("{year}-{month:02}-{day:02}"),
            None => format!("{year}-{month:02}"),
        });
    }
    None
}

/// The year of the first such month from the release on.
fn next_year(release: &str, month: u32) -> Option<u32> {
    let (year, from) = release.split_once('-')?;
    let (year, from): (u32, u32) = (year.parse().ok()?, from.get(..2)?.parse().ok()?);
    Some(if month >= from { year } else { year + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(texts: &[&str]) -> Vec<Phrase> {
        texts.iter().map(|text| Phrase::parse(text).unwrap()).collect()
    }

    fn read(body: &str) -> Terms {
        let words = TermWords {
            contact: phrases(&["contact ex libris"]),
            off: phrases(&["off by default", "not enabled by default"]),
            on: phrases(&["enabled by default"]),
            permanent: phrases(&["cannot be (undone|restored)"]),
            reversible: phrases(&["can be switched off"]),
            deadline: phrases(&["until", "by", "with the .. release"]),
        };
        terms(&words, "2026-11", "A heading", body)
    }

    #[test]
    fn the_terms_come_from_the_wording_only() {
        for (body, switch) in [
            (
                "It is off by default; contact Ex Libris.",
                Some(Switch::ContactExlibris),
            ),
            ("There is no need to contact Ex Libris.", None),
            ("This is not enabled by default.", Some(Switch::OffByDefault)),
            ("It is enabled by default.", Some(Switch::On)),
            ("Nothing is said.", None),
        ] {
            assert_eq!(read(body).switch, switch, "{body}");
        }
        assert_eq!(read("It cannot be undone.").undo, Some(false));
        assert_eq!(read("It can be switched off.").undo, Some(true));
        assert_eq!(read("It is blue.").undo, None);
    }

    #[test]
    fn a_deadline_is_a_date_with_its_precision() {
        for (body, wanted) in [
            ("The former list is kept until March.", Some("2027-03")),
            ("Opt out by December 1, 2026. Then it is too late.", Some("2026-12-01")),
            ("Opt out by 1 December.", Some("2026-12-01")),
            ("It will be removed with the February 2027 release.", Some("2027-02")),
            ("Use it by 2026-12-24.", Some("2026-12-24")),
            ("It is supported until the end of 2027.", Some("2027-12-31")),
            ("Sorted by May Also Be Held By.", None),
            ("It was built in March 2020.", None),
            ("You may wait until then.", None),
        ] {
            assert_eq!(read(body).deadline.as_deref(), wanted, "{body}");
        }
    }
}
