//! From lines with roles to items. Nothing becomes an item that does not stand in a section of release notes, carry a
//! meta line, or stand on an old page of one area.

use super::blocks::Kind;
use super::ids::{Ids, find_cases, find_urms, take_ids};
use super::levels::{IMPLICIT, item_levels};
use super::outline::{Line, Outline, Role};
use super::text::Text;
use super::tidy::names_a_tag;
use super::wording::{Meta, month_heading};
mod lists;
mod old_page;

use std::collections::BTreeMap;

use super::{Item, Link, Section, loose};

/// The most that is kept of what could not be placed.
const MAX_UNPLACED: usize = 40;
/// Enough to find the place on the page.
const UNPLACED_CHARS: usize = 160;
/// A year of one product has some hundred items; a page with more than this is not read further.
const MAX_ITEMS: usize = 5_000;

/// The items of a page and the texts that belong to none.
pub(super) fn read(outline: &Outline) -> (Vec<Item>, Vec<String>) {
    let mut reader = Reader::new(outline);
    reader.enter_implicit();
    for at in 0..outline.lines.len() {
        if reader.items.len() >= MAX_ITEMS {
            break;
        }
        reader.line(at);
    }
    reader.close();
    if reader.items.is_empty() {
        reader.whole_page();
    }
    (reader.items, reader.unplaced)
}

struct Reader<'a> {
    outline: &'a Outline,
    levels: BTreeMap<usize, u8>,
    items: Vec<Item>,
    unplaced: Vec<String>,
    open: Option<Open>,
    section: Option<Scope>,
    /// The month that a heading set, and that heading's level.
    month: Option<(String, u8)>,
    /// The area that a grouping heading set.
    group: Option<String>,
    /// Columns of the table that is being read.
    columns: Option<(usize, Vec<loose::Column>)>,
}

#[derive(Clone)]
struct Scope {
    section: Section,
    level: u8,
    item_level: Option<u8>,
    area: Option<String>,
    /// On an old page of one area: the page itself is the section.
    implicit: bool,
}

/// An item under way.
pub(super) struct Open {
    pub heading: String,
    pub section: Section,
    pub release: Option<String>,
    pub area: Option<String>,
    pub ids: Ids,
    pub body: Vec<String>,
    pub links: Vec<Link>,
    /// The level of its heading, or the depth of its bullet.
    level: Level,
    /// No text of the body was seen yet: a tag may still come.
    fresh: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Heading(u8),
    Bullet(u8),
    Other,
}

impl<'a> Reader<'a> {
    fn new(outline: &'a Outline) -> Self {
        Reader {
            outline,
            levels: item_levels(outline),
            items: Vec::new(),
            unplaced: Vec::new(),
            open: None,
            section: None,
            month: None,
            group: None,
            columns: None,
        }
    }

    fn enter_implicit(&mut self) {
        if let Some(page) = &self.outline.area_page {
            self.section = Some(Scope {
                section: Section::MainFeature,
                level: 0,
                item_level: self.levels.get(&IMPLICIT).copied(),
                area: page.area.clone(),
                implicit: true,
            });
        }
    }

    fn line(&mut self, at: usize) {
        let line = &self.outline.lines[at];
        match &line.role {
            Role::Title => self.close(),
            Role::Section(name) => {
                self.close();
                if self.month.as_ref().is_some_and(|(_, level)| *level > line.level) {
                    self.month = None;
                }
                if let Some(release) = &name.release {
                    self.month = Some((release.clone(), line.level.saturating_add(1)));
                }
                self.group = None;
                self.columns = None;
                let area = name
                    .area
                    .clone()
                    .or_else(|| self.outline.area_page.as_ref().and_then(|page| page.area.clone()));
                self.section = Some(Scope {
                    section: name.section,
                    level: line.level,
                    item_level: self.levels.get(&at).copied(),
                    area,
                    implicit: false,
                });
            }
            Role::Month(release) => {
                self.close();
                if self
                    .section
                    .as_ref()
                    .is_some_and(|scope| scope.level > line.level && !scope.implicit)
                {
                    self.section = None;
                    self.enter_implicit();
                }
                self.month = Some((release.clone(), line.level));
                self.group = None;
            }
            Role::Heading => self.heading(at, line),
            Role::Meta(meta) => self.meta(meta, &line.block.text),
            Role::Text => self.text(at, line),
        }
    }

    fn heading(&mut self, at: usize, line: &Line) {
        let (level, text) = (line.level, line.block.text.one_line());
        let anchored = self.outline.is_anchored(at);
        let Some(scope) = self.section.clone() else {
            match anchored {
                true => self.begin(text, Section::MainFeature, Level::Heading(level), None),
                false => self.skip(&text),
            }
            return;
        };
        let item_level = scope.item_level.unwrap_or(scope.level.saturating_add(1));
        if anchored {
            self.begin(text, scope.section, Level::Heading(level), None);
        } else if level <= scope.level && item_level > scope.level {
            // A heading beside the section's own: the section is over.
            self.close();
            self.section = None;
            self.enter_implicit();
            if self.section.is_some() {
                self.heading_in_implicit(at, line, text);
            } else {
                self.skip(&text);
            }
        } else if self.is_group(at, level, item_level, &scope) {
            self.close();
            self.group = Some(text);
        } else if matches!(self.open.as_ref().map(|open| open.level), Some(Level::Heading(open)) if level > open && level > item_level)
        {
            self.body(&line.block.text, &text);
        } else {
            self.begin(text, scope.section, Level::Heading(level), None);
        }
    }

    fn heading_in_implicit(&mut self, at: usize, line: &Line, text: String) {
        let Some(scope) = self.section.clone() else { return };
        let item_level = scope.item_level.unwrap_or(line.level);
        match self.is_group(at, line.level, item_level, &scope) {
            true => self.group = Some(text),
            false => self.begin(text, scope.section, Level::Heading(line.level), None),
        }
    }

    /// Whether a heading without meta line only groups what stands below it.
    fn is_group(&self, at: usize, level: u8, item_level: u8, scope: &Scope) -> bool {
        let below: Vec<&Line> = self.outline.lines[at + 1..]
            .iter()
            .take_while(|line| {
                let ends = line.level > 0 && line.level <= level;
                !(ends || matches!(line.role, Role::Section(_) | Role::Title))
            })
            .collect();
        if level < item_level {
            return below.iter().any(|line| line.role == Role::Heading);
        }
        if below.iter().any(|line| line.level > 0) || scope.section == Section::MainFeature {
            return false;
        }
        let entries: Vec<&Line> = below
            .iter()
            .copied()
            .filter(|line| matches!(line.block.kind, Kind::Bullet(1) | Kind::Row { .. }))
            .collect();
        let only_entries = below
            .iter()
            .all(|line| line.block.kind != Kind::Paragraph || line.block.text.plain.ends_with(':'));
        let with_ids = entries
            .iter()
            .filter(|line| {
                !find_urms(&line.block.text.plain).is_empty() || !find_cases(&line.block.text.plain).is_empty()
            })
            .count();
        let area = self.outline.areas.knows(&self.outline.lines[at].block.text.one_line());
        !entries.is_empty() && only_entries && (with_ids * 2 > entries.len() || area)
    }

    fn meta(&mut self, meta: &Meta, text: &Text) {
        if let Some(open) = &mut self.open {
            open.release = meta.release.clone().or(open.release.take());
            open.area = meta.area.clone().or(open.area.take());
            open.ids.absorb(meta.ids.clone());
            open.ids.absorb(image_tags(&text.images));
        }
    }

    fn text(&mut self, at: usize, line: &Line) {
        let text = &line.block.text;
        if matches!(self.open.as_ref().map(|open| open.level), Some(Level::Heading(_))) {
            let shown = match &line.block.kind {
                Kind::Bullet(depth) => bullet_line(*depth, &text.rich),
                _ => text.rich.clone(),
            };
            self.body(text, &shown);
            return;
        }
        let Some(scope) = self.section.clone() else {
            self.skip(&text.plain);
            return;
        };
        match &line.block.kind {
            Kind::Bullet(depth) => self.bullet(at, *depth, text, &scope),
            Kind::Row { table, header, cells } => self.row(*table, *header, cells, text, &scope),
            Kind::Paragraph | Kind::Heading(_) => {
                let whole = text.one_line();
                self.close();
                if let Some(release) = month_heading(&whole) {
                    self.month = Some((release, u8::MAX));
                } else if self.outline.areas.knows(&whole) && scope.section != Section::MainFeature {
                    self.group = Some(whole);
                } else if self.is_loose_item(text, &scope) && scope.section != Section::AdditionalEnhancement {
                    self.begin_loose(loose::read(text, &self.outline.areas), &scope, Level::Other, text);
                } else {
                    self.skip(&text.plain);
                }
            }
        }
    }

    fn begin(&mut self, heading: String, section: Section, level: Level, area: Option<String>) {
        self.close();
        if heading.trim().is_empty() {
            return;
        }
        let page = self.outline.area_page.as_ref();
        let scope_area = self.section.as_ref().and_then(|scope| scope.area.clone());
        let mut ids = Ids::default();
        ids.urm.extend(find_urms(&heading).into_iter().map(|(_, id)| id));
        ids.cases
            .extend(find_cases(&heading).into_iter().flat_map(|(_, numbers)| numbers));
        self.open = Some(Open {
            heading,
            section,
            release: self
                .month
                .as_ref()
                .map(|(release, _)| release.clone())
                .or_else(|| page.map(|page| page.release.clone()))
                .or_else(|| self.outline.release.clone()),
            area: area.or_else(|| self.group.clone()).or(scope_area),
            ids,
            body: Vec::new(),
            links: Vec::new(),
            level,
            fresh: true,
        });
    }

    fn body(&mut self, text: &Text, shown: &str) {
        let Some(open) = &mut self.open else { return };
        let mut shown = shown.to_owned();
        if open.fresh {
            let from_images = image_tags(&text.images);
            let pictured = !from_images.tags.is_empty();
            open.ids.absorb(from_images);
            if let Some((ids, rest)) = loose::take_tag_lead(&shown, pictured) {
                open.ids.absorb(ids);
                shown = rest;
            }
            open.fresh = shown.trim().is_empty();
        }
        if !shown.trim().is_empty() {
            open.body.push(shown);
        }
        open.links.extend(text.links.iter().cloned());
    }

    fn close(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        if matches!(open.section, Section::ResolvedIssue | Section::IssueToNote) {
            let cases = open
                .body
                .iter()
                .flat_map(|line| find_cases(line))
                .flat_map(|(_, numbers)| numbers);
            open.ids.cases.extend(cases);
        }
        self.items.push(Item {
            heading: open.heading,
            section: open.section,
            release: open.release,
            area: open.area,
            urm_ids: open.ids.urm.into_iter().collect(),
            case_ids: open.ids.cases.into_iter().collect(),
            ners_ids: open.ids.ners.into_iter().collect(),
            tags: open.ids.tags.into_iter().collect(),
            body: open.body.join("\n"),
            links: open.links,
        });
    }

    fn skip(&mut self, text: &str) {
        if self.unplaced.len() < MAX_UNPLACED && !text.trim().is_empty() {
            self.unplaced.push(text.chars().take(UNPLACED_CHARS).collect());
        }
    }
}

fn bullet_line(depth: u8, text: &str) -> String {
    let indent = "  ".repeat(usize::from(depth.saturating_sub(1)));
    format!("{indent}- {}", text.replace('\n', &format!("\n{indent}  ")))
}

fn image_tags(images: &str) -> Ids {
    let mut ids = Ids::default();
    if names_a_tag(images) {
        ids.tags = take_ids(images).0.tags;
    }
    ids
}
