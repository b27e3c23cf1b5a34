//! What each line of a page is: the title, a section, a month, an item's heading, its meta line, or text.

use super::areas::{Areas, area_line};
use super::blocks::{Block, Kind};
use super::ids::take_ids;
use super::sections::{SectionName, section_name};
use super::tidy::{demote_metas, split_lines, without_chrome};
use super::wording::{Meta, bare_words, find_month_year, month_heading, normal_area, read_meta, squeeze};
use std::collections::BTreeSet;
use url::Url;

use super::addresses::page_name;

/// The level of lines that are headings by their place, not by their element.
const PSEUDO_LEVEL: u8 = 7;
/// Longer lines are running text, not headings.
pub(super) const MAX_HEADING_CHARS: usize = 200;
/// A meta line that is spread over several lines has a label and a value for month, area, ids and tags.
const MAX_META_LINES: usize = 8;

/// A page as lines with roles.
pub(super) struct Outline {
    pub lines: Vec<Line>,
    /// Set on an old page of one area: then items need no section heading.
    pub area_page: Option<AreaPage>,
    pub title: String,
    /// The month of a page that is of one month alone, by its title.
    pub release: Option<String>,
    pub areas: Areas,
}

/// An old page of one area and month.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AreaPage {
    pub release: String,
    pub area: Option<String>,
}

impl AreaPage {
    /// The address alone proves nothing: an error page has it too. The title has to agree in something.
    fn is_named_by(&self, title: &str) -> bool {
        let bare = bare_words(title);
        let holds = |words: &str| !words.is_empty() && format!(" {bare} ").contains(&format!(" {words} "));
        let area = self.area.as_deref().map(bare_words).unwrap_or_default();
        holds(&area) || holds("enhancements") || holds("release notes") || holds(&self.release[..4])
    }
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub block: Block,
    pub role: Role,
    /// The level of a heading; 0 for other lines.
    pub level: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    Title,
    Section(SectionName),
    Month(String),
    /// A heading that is none of the above.
    Heading,
    Meta(Meta),
    Text,
}

impl Outline {
    pub fn of(blocks: Vec<Block>, title: &str, url: &Url) -> Self {
        let first_heading = blocks.iter().find(|block| matches!(block.kind, Kind::Heading(_)));
        let area_page = area_page(title)
            .or_else(|| area_page(&page_name(url)).filter(|page| page.is_named_by(title)))
            .or_else(|| first_heading.and_then(|heading| area_page(&heading.text.one_line())));
        let blocks = without_chrome(blocks);
        let blocks = blocks.into_iter().flat_map(split_lines).collect();
        let blocks = promote_sections(demote_metas(blocks));
        let areas = Areas::of(&blocks);
        let blocks = meta_behind_heading(blocks);
        let blocks = promote_headings(blocks);
        let mut outline = Outline {
            lines: mark_metas(blocks, &areas),
            release: month_heading(title),
            areas,
            area_page,
            title: title.to_owned(),
        };
        outline.promote_bold();
        outline.name_headings();
        outline
    }

    /// Whether the heading at `at` is directly followed by its meta line.
    pub fn is_anchored(&self, at: usize) -> bool {
        matches!(self.lines.get(at + 1).map(|line| &line.role), Some(Role::Meta(meta)) if meta.release.is_some() || !meta.ids.urm.is_empty())
    }

    fn name_headings(&mut self) {
        let mut last_section: Option<u8> = None;
        let mut deeper_heading: Option<u8> = None;
        let mut titled = false;
        let title = bare_words(&self.title);
        for at in 0..self.lines.len() {
            if self.lines[at].role != Role::Heading {
                continue;
            }
            let level = self.lines[at].level;
            let text = self.lines[at].block.text.one_line();
            let anchored = self.is_anchored(at);
            // Where the site's name is the first heading, an old page's own title comes after it.
            let area_title = self.area_page.is_some() && !anchored && area_page(&text) == self.area_page;
            let is_title =
                area_title || (!titled && last_section.is_none() && (level == 1 || bare_words(&text) == title));
            let name = section_name(&text).filter(|name| {
                let nested = last_section.is_some_and(|section| section < level);
                let below_item = deeper_heading.is_some_and(|heading| heading < level);
                // On an old page of one area the page itself is the section around.
                let inside = (nested || (self.area_page.is_some() && last_section.is_none())) && below_item;
                match name.exact {
                    true => !inside,
                    false => !inside && !nested && !anchored,
                }
            });
            if let Some(name) = name.filter(|name| name.exact || !is_title || level > 1) {
                last_section = Some(level);
                deeper_heading = None;
                self.lines[at].role = Role::Section(name);
            } else if area_title {
                self.lines[at].role = Role::Title;
            } else if let Some(release) = month_heading(&text).filter(|_| !anchored) {
                self.lines[at].role = Role::Month(release);
            } else if is_title && !anchored {
                titled = true;
                self.lines[at].role = Role::Title;
            } else {
                if self.area_page.is_some() && !anchored && last_section.is_some_and(|section| level <= section) {
                    last_section = None;
                }
                if last_section.is_none_or(|section| section < level) {
                    deeper_heading = Some(deeper_heading.map_or(level, |heading| heading.min(level)));
                }
            }
        }
    }

    /// Where items are headed by bold paragraphs, a bold paragraph whose meta line is missing heads an item too.
    fn promote_bold(&mut self) {
        let sections = self.lines.iter().filter(|line| line.role == Role::Heading);
        let sections = sections.filter(|line| section_name(&line.block.text.one_line()).is_some_and(|name| name.exact));
        let section_level = sections.map(|line| line.level).min().unwrap_or(1);
        let real = self.lines.iter().any(|line| {
            let text = line.block.text.one_line();
            matches!(line.block.kind, Kind::Heading(level) if level < PSEUDO_LEVEL)
                && line.level > section_level
                && section_name(&text).is_none()
                && month_heading(&text).is_none()
                && area_page(&text).is_none()
                && bare_words(&text) != bare_words(&self.title)
        });
        let bold_heads = self
            .lines
            .iter()
            .any(|line| line.level == PSEUDO_LEVEL && line.block.text.all_bold);
        if real || !(bold_heads || self.area_page.is_some()) {
            return;
        }
        let areas = &self.areas;
        for at in 0..self.lines.len() {
            let follows = self
                .lines
                .get(at + 1)
                .is_some_and(|next| next.role == Role::Text && !next.block.text.all_bold);
            let line = &mut self.lines[at];
            let text = line.block.text.one_line();
            if line.role == Role::Text
                && line.block.kind == Kind::Paragraph
                && line.block.text.all_bold
                && follows
                && !text.ends_with([':', '.', '!'])
                && month_heading(&text).is_none()
                && !areas.knows(&text)
                && text.chars().count() <= MAX_HEADING_CHARS
            {
                line.role = Role::Heading;
                line.level = PSEUDO_LEVEL;
            }
        }
    }
}

/// Area and month of an old page, from its title or the last part of its address:
/// `07Collaborative Networks - March 2018 Enhancements`.
fn area_page(name: &str) -> Option<AreaPage> {
    let name = squeeze(&name.replace('_', " "));
    let (release, range) = find_month_year(&name)?;
    let after = bare_words(&name[range.end..]);
    let before = &name[..range.start];
    let enhancements = |words: &str| {
        words
            .split(' ')
            .any(|word| matches!(word, "enhancements" | "enhancement"))
    };
    if !enhancements(&after) && !enhancements(&bare_words(before)) {
        return None;
    }
    let area = before.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '-' || c == '.');
    let area = area.trim_end_matches(|c: char| c.is_whitespace() || "-–—:(,".contains(c));
    let area = area
        .strip_suffix("Enhancements")
        .unwrap_or(area)
        .trim_end_matches(|c: char| c.is_whitespace() || "-–—:(,".contains(c));
    let area = normal_area(area);
    Some(AreaPage {
        release,
        area: (!area.is_empty() && area != "Alma").then_some(area),
    })
}

/// Where no heading element names a section, a paragraph that consists of a section's name does.
fn promote_sections(mut blocks: Vec<Block>) -> Vec<Block> {
    let exact = |block: &Block| section_name(&block.text.one_line()).is_some_and(|name| name.exact);
    if blocks
        .iter()
        .any(|block| matches!(block.kind, Kind::Heading(_)) && exact(block))
    {
        return blocks;
    }
    let highest = blocks
        .iter()
        .filter_map(|block| match block.kind {
            Kind::Heading(level) if level > 1 => Some(level),
            _ => None,
        })
        .min()
        .unwrap_or(2);
    for block in &mut blocks {
        if block.kind == Kind::Paragraph && block.text.line_count() == 1 && exact(block) {
            block.kind = Kind::Heading(highest.saturating_sub(1).max(1));
        }
    }
    blocks
}

/// Where every meta line stands before its heading, puts it behind.
fn meta_behind_heading(mut blocks: Vec<Block>) -> Vec<Block> {
    let strong = |block: &Block| {
        matches!(block.kind, Kind::Paragraph) && read_meta(&block.text.spaced()).is_some_and(|meta| meta.is_strong())
    };
    let plain_heading = |block: &Block| {
        let text = block.text.one_line();
        matches!(block.kind, Kind::Heading(_)) && section_name(&text).is_none() && month_heading(&text).is_none()
    };
    let behind = blocks
        .windows(2)
        .filter(|pair| plain_heading(&pair[0]) && strong(&pair[1]))
        .count();
    let before = blocks
        .windows(2)
        .filter(|pair| strong(&pair[0]) && plain_heading(&pair[1]))
        .count();
    if behind == 0 && before > 0 {
        for at in 1..blocks.len() {
            if strong(&blocks[at - 1]) && plain_heading(&blocks[at]) {
                blocks.swap(at - 1, at);
            }
        }
    }
    blocks
}

/// A short line directly before a meta line is a heading, whatever its element.
fn promote_headings(mut blocks: Vec<Block>) -> Vec<Block> {
    for at in 1..blocks.len() {
        let meta = blocks[at].kind == Kind::Paragraph
            && read_meta(&blocks[at].text.spaced()).is_some_and(|meta| meta.is_sure());
        let before = &blocks[at - 1];
        let text = before.text.one_line();
        if meta
            && before.kind == Kind::Paragraph
            && before.text.line_count() == 1
            && text.chars().count() <= MAX_HEADING_CHARS
            && !text.ends_with(['.', ':', ';'])
            && read_meta(&before.text.spaced()).is_none()
        {
            blocks[at - 1].kind = Kind::Heading(PSEUDO_LEVEL);
        }
    }
    blocks
}

/// Finds the meta line behind each heading, also where it is spread over several lines.
fn mark_metas(blocks: Vec<Block>, areas: &Areas) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(blocks.len());
    let levels = levels_with_metas(&blocks, areas);
    let mut at = 0;
    while at < blocks.len() {
        let block = blocks[at].clone();
        at += 1;
        let Kind::Heading(level) = block.kind else {
            lines.push(Line {
                block,
                role: Role::Text,
                level: 0,
            });
            continue;
        };
        let name = block.text.one_line();
        let takes_meta = section_name(&name).is_none_or(|name| !name.exact) && month_heading(&name).is_none();
        lines.push(Line {
            block,
            role: Role::Heading,
            level,
        });
        if !takes_meta {
            continue;
        }
        if let Some((meta, count)) =
            meta_at(&blocks[at..], areas).or_else(|| area_at(&blocks[at..], areas, levels.contains(&level)))
        {
            let images = blocks[at..at + count]
                .iter()
                .map(|block| block.text.images.as_str())
                .collect::<Vec<_>>()
                .join(" ");
            let mut block = blocks[at].clone();
            block.text.images = images;
            lines.push(Line {
                block,
                role: Role::Meta(meta),
                level: 0,
            });
            at += count;
        }
    }
    lines
}

fn meta_at(blocks: &[Block], areas: &Areas) -> Option<(Meta, usize)> {
    let mut parts: Vec<String> = Vec::new();
    for (at, block) in blocks.iter().take(MAX_META_LINES).enumerate() {
        let text = block.text.spaced();
        if matches!(block.kind, Kind::Heading(_)) || block.text.line_count() > 4 {
            break;
        }
        if !is_label(&text) {
            let part = as_meta_part(&text, areas);
            // An unknown area name counts behind a month, and where ids or the month follow at once.
            let next = blocks.get(at + 1).map(|block| block.text.spaced()).unwrap_or_default();
            let behind_month = parts.iter().any(|part| is_month(part))
                && parts.iter().all(|part| part.is_empty() || is_bare_id_or_month(part));
            let bridged = text.chars().count() <= 60
                && as_meta_part(&format!("May 2000 {text}"), areas)
                && (behind_month || is_bare_id_or_month(&next));
            if !part && !bridged {
                break;
            }
        }
        parts.push(if is_label(&text) { String::new() } else { text });
    }
    (1..=parts.len()).rev().find_map(|count| {
        let joined = parts[..count].join(" ");
        let meta = read_meta(&joined)?;
        Some((meta, count))
    })
}

/// The levels of headings that full meta lines follow: items' headings, and no sub-headings.
fn levels_with_metas(blocks: &[Block], areas: &Areas) -> BTreeSet<u8> {
    let heads = blocks.iter().enumerate().filter_map(|(at, block)| match block.kind {
        Kind::Heading(level) => Some((at, level)),
        _ => None,
    });
    heads
        .filter(|(at, _)| meta_at(&blocks[at + 1..], areas).is_some_and(|(meta, _)| meta.is_strong()))
        .map(|(_, level)| level)
        .collect()
}

/// A meta line that has neither month nor ids: an area, perhaps with marks before or behind it. An area that nothing
/// else names is believed below a heading of an item (`habit`).
fn area_at(blocks: &[Block], areas: &Areas, habit: bool) -> Option<(Meta, usize)> {
    let mut found = Meta::default();
    let mut count = 0;
    for block in blocks.iter().take(MAX_META_LINES) {
        let text = block.text.spaced();
        if !matches!(block.kind, Kind::Paragraph | Kind::Bullet(1)) || block.text.line_count() > 1 {
            break;
        }
        let (ids, rest) = take_ids(&text);
        let known = areas.read(&text);
        if bare_words(&rest).is_empty() && (text.is_empty() || !ids.tags.is_empty()) {
            found.ids.absorb(ids);
        } else if let Some(meta) = known
            .or_else(|| area_line(&text).filter(|_| habit))
            .filter(|_| found.area.is_none())
        {
            found.area = meta.area;
            found.ids.absorb(meta.ids);
        } else {
            break;
        }
        count += 1;
    }
    // Of a list, all entries belong to the meta line, or it is the body's.
    let list = count > 0 && blocks[count - 1].kind == Kind::Bullet(1);
    let goes_on = list
        && blocks
            .get(count)
            .is_some_and(|next| matches!(next.kind, Kind::Bullet(_)));
    (found.area.is_some() && !goes_on).then_some((found, count))
}

fn is_label(text: &str) -> bool {
    // An image of a mark has no text of its own.
    text.is_empty()
        || matches!(
            bare_words(text).as_str(),
            "release"
                | "area"
                | "product area"
                | "issue id"
                | "issue ids"
                | "issue"
                | "issues"
                | "tags"
                | "functional area"
        )
}

fn as_meta_part(text: &str, areas: &Areas) -> bool {
    areas.knows(text) || read_meta(text).is_some() || {
        let (ids, rest) = take_ids(text);
        !ids.tags.is_empty() && bare_words(&rest).is_empty()
    }
}

fn is_bare_id_or_month(text: &str) -> bool {
    let (ids, rest) = take_ids(text);
    (!ids.urm.is_empty() && bare_words(&rest).is_empty()) || is_month(text)
}

/// `November 2026` and nothing else.
fn is_month(text: &str) -> bool {
    month_heading(text).is_some() && text.chars().count() < 20
}
