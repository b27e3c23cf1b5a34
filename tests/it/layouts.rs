//! A seeded generator of release-note pages, for proving the reader of them (RELEASE_NOTES.md §2 to §4).
//!
//! One seed is one page: its wrappers, classes, heading levels, order of sections, meta lines and chrome are drawn at
//! random within what sites of this kind do, and its words come from a vocabulary made up here. A person who reads the
//! rendered page finds exactly the items of [`Layout::expected`].
//!
//! It was written from the description of the pages alone, and must stay so: whoever changes it does not look at the
//! reader, or it would only prove that the two agree.

mod annual;
mod blocks;
mod chrome;
mod content;
mod dice;
mod markup;
mod per_area;
mod unheaded;
mod vocabulary;

use dice::Dice;

/// Which of the two hosts the page comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Host {
    /// The knowledge centre with its MindTouch markup.
    MindTouch,
    /// The newer host of static pages.
    Static,
}

/// One page and what a person finds on it.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The address it would have.
    pub url: String,
    /// The page as a browser gets it.
    pub html: String,
    /// Whose markup it is.
    pub host: Host,
    /// A page of one area, as they were from 2016 to 2018.
    pub old: bool,
    /// The items, in the order of the page.
    pub expected: Vec<ExpectedItem>,
}

/// One item as a person would write it down.
#[derive(Clone, Debug)]
pub struct ExpectedItem {
    /// Its heading; for an item without one (a bullet, a table row) the words that would serve as such.
    pub heading: String,
    /// Whether the page gives it a heading of its own. Where it does not, any heading made of the item's first words is
    /// as good as another.
    pub heading_stated: bool,
    /// `main-feature`, `additional-enhancement`, `resolved-issue` or `issue-to-note`.
    pub section: &'static str,
    /// `2026-11`, where the item, a heading above it or the page's title says so.
    pub release: Option<String>,
    /// The area as the page writes it.
    pub area: Option<String>,
    /// The `URM-` numbers.
    pub urm_ids: Vec<String>,
    /// `Idea Exchange`, `NERS`.
    pub tags: Vec<String>,
    /// Words that its body must hold, and no other item's body may.
    pub body_words: Vec<String>,
    /// All of its text, heading included, with single spaces.
    pub text: String,
}

/// The page of that seed; the same seed always gives the same page.
pub fn layout(seed: u64) -> Layout {
    let mut dice = Dice::new(seed);
    if dice.chance(20) {
        per_area::page(&mut dice)
    } else {
        annual::page(&mut dice)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_page_and_another_seed_another() {
        assert_eq!(layout(7).html, layout(7).html);
        let pages: BTreeSet<String> = (0..200).map(|seed| layout(seed).html).collect();
        assert_eq!(pages.len(), 200);
    }

    #[test]
    fn every_page_shows_what_it_expects() {
        for seed in 0..400 {
            let page = layout(seed);
            assert!(page.url.parse::<url::Url>().is_ok(), "seed {seed}: {}", page.url);
            let visible = scraper::Html::parse_document(&page.html);
            let text = flat(&visible.root_element().text().collect::<String>());
            for item in &page.expected {
                for word in &item.body_words {
                    assert!(text.contains(&flat(word)), "seed {seed}: {word} is not on the page");
                }
                for id in &item.urm_ids {
                    assert!(text.contains(id.as_str()), "seed {seed}: {id} is not on the page");
                }
                if let Some(area) = &item.area {
                    assert!(text.contains(&flat(area)), "seed {seed}: {area} is not on the page");
                }
                let heading = flat(&item.heading);
                assert!(text.contains(&heading), "seed {seed}: {heading:?} is not on the page");
            }
        }
    }

    #[test]
    fn the_pages_differ_in_all_that_is_promised() {
        let pages: Vec<Layout> = (0..200).map(layout).collect();
        let share = |what: &dyn Fn(&Layout) -> bool| pages.iter().filter(|page| what(page)).count();
        let items: Vec<&ExpectedItem> = pages.iter().flat_map(|page| &page.expected).collect();
        let of = |what: &dyn Fn(&ExpectedItem) -> bool| items.iter().filter(|item| what(item)).count();
        assert!(items.len() > 1500, "{} items", items.len());
        assert!(share(&|page| page.old) >= 20);
        assert!(share(&|page| page.host == Host::Static) >= 60);
        assert!(share(&|page| page.host == Host::MindTouch) >= 60);
        assert!(share(&|page| page.expected.len() == 1) >= 2);
        assert!(share(&|page| page.html.contains("<h4")) >= 60);
        assert!(share(&|page| page.html.contains("<table")) >= 60);
        assert!(share(&|page| page.html.contains("&nbsp;")) >= 60);
        for section in [
            "main-feature",
            "additional-enhancement",
            "resolved-issue",
            "issue-to-note",
        ] {
            assert!(of(&|item| item.section == section) >= 100, "{section}");
        }
        assert!(of(&|item| item.release.is_none()) >= 20);
        assert!(of(&|item| item.urm_ids.is_empty()) >= 100);
        assert!(of(&|item| item.urm_ids.len() > 1) >= 50);
        assert!(of(&|item| item.tags.iter().any(|tag| tag == "NERS")) >= 20);
        assert!(of(&|item| !item.heading_stated) >= 300);
    }

    /// Text without any white space: block elements put none between their texts.
    fn flat(text: &str) -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != '\u{200b}')
            .collect()
    }
}
