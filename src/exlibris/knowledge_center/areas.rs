//! Areas of a product: those known by name, and those that a page itself uses in its meta lines.

use super::blocks::{Block, Kind};
use super::ids::{Ids, take_ids};
use super::text::MARK;
use super::wording::{MAX_AREA_CHARS, Meta, area_name, bare_words, read_meta, squeeze};
use std::collections::BTreeSet;

/// How a page speaks of areas. Their names change over the years (RELEASE_NOTES.md §3), so what a page calls an area in
/// one place is one in every other place of that page too.
#[derive(Clone, Debug, Default)]
pub(super) struct Areas {
    /// Those that its full meta lines name.
    seen: BTreeSet<String>,
    /// Its bullets have their meta lines as first lines of their own.
    lead_bullets: bool,
}

impl Areas {
    pub fn of(blocks: &[Block]) -> Self {
        let mut areas = Areas::default();
        let texts = blocks
            .iter()
            .filter(|block| !matches!(block.kind, Kind::Row { .. } | Kind::Heading(_)));
        for block in texts {
            for (at, line) in block.text.marked.lines().enumerate() {
                let Some(meta) = read_meta(&squeeze(&line.replace(MARK, " "))).filter(Meta::is_strong) else {
                    continue;
                };
                areas.seen.extend(meta.area.as_deref().map(bare_words));
                let leads = at == 0 && matches!(block.kind, Kind::Bullet(_)) && block.text.line_count() > 1;
                areas.lead_bullets |= leads;
            }
        }
        areas
    }

    pub fn knows(&self, text: &str) -> bool {
        is_area(text) || self.seen.contains(&bare_words(text))
    }

    /// Reads a line that names an area and at most marks: a meta line without month and ids.
    pub fn read(&self, text: &str) -> Option<Meta> {
        area_line(text).filter(|meta| meta.area.as_deref().is_some_and(|area| self.knows(area)))
    }

    /// Reads the first of a bullet's lines as its meta line.
    pub fn read_lead(&self, line: &str) -> Option<Meta> {
        let like_others = || {
            area_line(line)
                .or_else(|| read_meta(line))
                .filter(|_| self.lead_bullets)
        };
        self.read(line).or_else(like_others)
    }
}

/// A line that could be an area with its marks, going by its form alone: few words, all of them capital, no full stop.
pub(super) fn area_line(text: &str) -> Option<Meta> {
    let (ids, rest) = take_ids(&squeeze(text));
    let plain = ids.urm.is_empty() && ids.cases.is_empty() && !rest.ends_with([':', ';', ',']);
    let area = area_name(&rest).filter(|_| plain && rest.chars().count() <= MAX_AREA_CHARS)??;
    Some(Meta {
        release: None,
        area: Some(area),
        ids: Ids {
            urm: BTreeSet::new(),
            ..ids
        },
    })
}

/// Area names as the notes use them (they change over the years, so this only helps, it never decides alone).
pub(super) fn is_area(text: &str) -> bool {
    const AREAS: [&str; 36] = [
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
        "user experience accessibility and infrastructure",
        "administration and integrations",
        "user interface",
        "user management",
        "general",
    ];
    let known = |text: &str| AREAS.contains(&bare_words(&text.replace('&', "and")).as_str());
    known(text)
        || text
            .split_once(" - ")
            .is_some_and(|(area, _)| known(area) && text.chars().count() <= MAX_AREA_CHARS)
}
