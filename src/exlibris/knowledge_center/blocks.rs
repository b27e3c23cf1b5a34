//! From a tree of markup to a flat list of blocks: headings, paragraphs, bullets, table rows. Wrappers and classes do
//! not matter here, only what a reader would see as a line of its own.

use super::text::{Inline, MARK, Text};
use super::wording::squeeze;
use scraper::ElementRef;
use url::Url;

use super::Link;
use super::addresses;
use super::hidden::Openable;
use super::root::is_chrome_element;

/// Real pages nest about 30 deep; recursion stops here, so that hostile markup cannot exhaust the stack.
const MAX_DEPTH: usize = 200;
/// A year of notes has some thousand blocks.
const MAX_BLOCKS: usize = 50_000;

/// A line of the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub kind: Kind,
    pub text: Text,
}

/// What a reader would see it as.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Kind {
    /// A heading of that level; 1 is the highest.
    Heading(u8),
    #[default]
    Paragraph,
    /// A list item at that depth; 1 is the outermost.
    Bullet(u8),
    /// A table row; `table` tells tables apart.
    Row {
        table: usize,
        header: bool,
        cells: Vec<Text>,
    },
}

/// The blocks below `root`, and whether the markup went beyond the bounds.
pub(super) fn blocks_of(root: ElementRef<'_>, page: &Url, openable: &Openable) -> Result<Vec<Block>, String> {
    let mut walk = Walk {
        page,
        openable,
        blocks: Vec::new(),
        inline: Inline::default(),
        mode: Mode::Flow,
        depth: 0,
        tables: 0,
        bounds: None,
    };
    walk.children(root, 0);
    walk.flush();
    match walk.bounds {
        Some(reason) => Err(reason),
        None => Ok(walk.blocks),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Blocks end with their elements.
    Flow,
    /// Inside a list item or a cell: inner blocks are lines of it.
    Lines(u8),
}

struct Walk<'a> {
    page: &'a Url,
    openable: &'a Openable,
    blocks: Vec<Block>,
    inline: Inline,
    mode: Mode,
    depth: u8,
    tables: usize,
    bounds: Option<String>,
}

impl Walk<'_> {
    fn push(&mut self, block: Block) {
        if self.blocks.len() >= MAX_BLOCKS {
            self.bounds = Some(format!("the page has more than {MAX_BLOCKS} lines"));
            return;
        }
        self.blocks.push(block);
    }

    fn flush(&mut self) {
        let text = self.inline.take();
        if text.plain.is_empty() && text.images.is_empty() {
            return;
        }
        let kind = match self.mode {
            Mode::Flow => Kind::Paragraph,
            Mode::Lines(depth) => Kind::Bullet(depth),
        };
        self.push(Block { kind, text });
    }

    fn boundary(&mut self) {
        match self.mode {
            Mode::Flow => self.flush(),
            Mode::Lines(_) => self.inline.newline(),
        }
    }

    fn children(&mut self, element: ElementRef<'_>, nesting: usize) {
        if nesting > MAX_DEPTH {
            self.bounds = Some(format!("the markup is nested more than {MAX_DEPTH} deep"));
            return;
        }
        for child in element.children() {
            if self.bounds.is_some() {
                return;
            }
            if let Some(text) = child.value().as_text() {
                self.inline.push(text);
            } else if let Some(child) = ElementRef::wrap(child) {
                self.element(child, nesting + 1);
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>, nesting: usize) {
        if is_chrome_element(element) || self.openable.hides(element) {
            return;
        }
        if let Some(level) = heading_level(element) {
            self.flush();
            let outer = std::mem::replace(&mut self.mode, Mode::Lines(0));
            self.children(element, nesting);
            self.mode = outer;
            let text = self.inline.take();
            if !text.plain.is_empty() {
                self.push(Block {
                    kind: Kind::Heading(level),
                    text,
                });
            }
            return;
        }
        match element.value().name() {
            "br" => self.inline.newline(),
            "hr" => self.boundary(),
            "img" => {
                for name in ["alt", "src", "title"] {
                    self.inline.images.push(' ');
                    self.inline.images.push_str(element.attr(name).unwrap_or_default());
                }
            }
            "ul" | "ol" | "menu" => self.list(element, nesting),
            "li" => self.list_item(element, nesting),
            "table" if !holds_heading(element) && self.mode == Mode::Flow => self.table(element, nesting),
            "td" | "th" if self.mode != Mode::Flow => {
                self.inline.push(" ");
                self.children(element, nesting);
                self.inline.push(" ");
            }
            "a" => self.link(element, nesting),
            name if is_block(name) => {
                self.boundary();
                self.children(element, nesting);
                self.boundary();
            }
            name => {
                let bold = matches!(name, "b" | "strong")
                    || element
                        .attr("style")
                        .is_some_and(|style| style.replace(' ', "").contains("font-weight:bold"));
                self.inline.bold += usize::from(bold);
                self.inline.marked.push(MARK);
                self.children(element, nesting);
                self.inline.marked.push(MARK);
                self.inline.bold -= usize::from(bold);
            }
        }
    }

    fn list(&mut self, element: ElementRef<'_>, nesting: usize) {
        self.flush();
        let outer = std::mem::replace(&mut self.mode, Mode::Flow);
        self.depth = self.depth.saturating_add(1);
        self.children(element, nesting);
        self.flush();
        self.depth -= 1;
        // Text of a list item that goes on behind an inner list belongs under the item, as the inner list does.
        self.mode = match outer {
            Mode::Lines(depth) => Mode::Lines(depth.saturating_add(1).max(self.depth.saturating_add(1))),
            Mode::Flow => Mode::Flow,
        };
    }

    fn list_item(&mut self, element: ElementRef<'_>, nesting: usize) {
        self.flush();
        let (outer_mode, outer_depth) = (self.mode, self.depth);
        if holds_heading(element) {
            // A list of whole items: each is a piece of the page, and its own lists begin anew.
            (self.mode, self.depth) = (Mode::Flow, 0);
        } else {
            self.mode = Mode::Lines(self.depth.max(1));
        }
        self.children(element, nesting);
        self.flush();
        (self.mode, self.depth) = (outer_mode, outer_depth);
    }

    fn table(&mut self, element: ElementRef<'_>, nesting: usize) {
        self.flush();
        self.tables += 1;
        let table = self.tables;
        self.rows(element, table, nesting, false);
    }

    fn rows(&mut self, element: ElementRef<'_>, table: usize, nesting: usize, head: bool) {
        for child in element.child_elements() {
            match child.value().name() {
                "tr" => {
                    let parts: Vec<_> = child
                        .child_elements()
                        .filter(|cell| matches!(cell.value().name(), "td" | "th"))
                        .collect();
                    let header = head || (!parts.is_empty() && parts.iter().all(|cell| cell.value().name() == "th"));
                    let cells: Vec<Text> = parts.into_iter().map(|cell| self.cell(cell, nesting)).collect();
                    if cells.iter().any(|cell| !cell.plain.is_empty()) {
                        let joined = |of: fn(&Text) -> &String| {
                            let filled: Vec<&str> = cells
                                .iter()
                                .map(|cell| of(cell).as_str())
                                .filter(|text| !text.is_empty())
                                .collect();
                            filled.join(" | ")
                        };
                        let text = Text {
                            rich: joined(|cell| &cell.rich),
                            plain: joined(|cell| &cell.plain),
                            marked: joined(|cell| &cell.marked),
                            images: joined(|cell| &cell.images),
                            all_anchors: cells.iter().all(|cell| cell.all_anchors || cell.plain.is_empty()),
                            links: cells.iter().flat_map(|cell| cell.links.clone()).collect(),
                            ..Text::default()
                        };
                        self.push(Block {
                            kind: Kind::Row { table, header, cells },
                            text,
                        });
                    }
                }
                "thead" => self.rows(child, table, nesting + 1, true),
                "tbody" | "tfoot" => self.rows(child, table, nesting + 1, head),
                _ => {}
            }
        }
    }

    fn cell(&mut self, element: ElementRef<'_>, nesting: usize) -> Text {
        // The blocks of a cell are gathered apart and become its lines.
        let outer_blocks = std::mem::take(&mut self.blocks);
        let outer_mode = std::mem::replace(&mut self.mode, Mode::Lines(0));
        self.children(element, nesting + 1);
        self.flush();
        self.mode = outer_mode;
        let lines = std::mem::replace(&mut self.blocks, outer_blocks);
        let mut texts = lines.into_iter().map(|block| block.text);
        let mut whole = texts.next().unwrap_or_default();
        for next in texts {
            whole.rich = format!("{}\n{}", whole.rich, next.rich);
            whole.plain = format!("{}\n{}", whole.plain, next.plain);
            whole.marked = format!("{}\n{}", whole.marked, next.marked);
            whole.all_anchors &= next.all_anchors;
            whole.all_bold &= next.all_bold;
            whole.links.extend(next.links);
        }
        whole
    }

    fn link(&mut self, element: ElementRef<'_>, nesting: usize) {
        let target = element.attr("href").and_then(|href| self.page.join(href.trim()).ok());
        let in_page = target
            .as_ref()
            .is_some_and(|target| addresses::same_page(target, self.page) && target.fragment().is_some());
        let (start, plain_start, count) = (self.inline.rich.len(), self.inline.plain.len(), self.blocks.len());
        self.inline.anchor += usize::from(in_page);
        self.inline.marked.push(MARK);
        self.children(element, nesting);
        self.inline.marked.push(MARK);
        self.inline.anchor -= usize::from(in_page);
        let Some(target) = target.filter(|target| !in_page && matches!(target.scheme(), "http" | "https")) else {
            return;
        };
        // A link around blocks was flushed with them: then its words are no longer here to carry an address.
        if self.blocks.len() != count || self.inline.rich.len() < start || self.inline.plain.len() < plain_start {
            return;
        }
        let words = squeeze(&self.inline.plain[plain_start..]);
        if words.is_empty() {
            return;
        }
        let address = addresses::tidy_link(&target);
        self.inline.links.push(Link {
            text: words.clone(),
            url: address.clone(),
        });
        let same = |text: &str| {
            text.trim_start_matches("https://")
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned()
        };
        if same(&words) == same(&address) || words == target.as_str() {
            self.inline.rich.truncate(start);
            self.inline.rich.push_str(&address);
        } else {
            let trimmed = self.inline.rich.trim_end().len();
            let space = self.inline.rich.len() > trimmed;
            self.inline.rich.truncate(trimmed);
            self.inline
                .rich
                .push_str(&format!(" ({address}){}", if space { " " } else { "" }));
        }
    }
}

/// The level of a heading element. `role="heading"` and a class such as `h3` or `heading-3` count as one; the summary of
/// a foldable part is a heading below all others.
pub(super) fn heading_level(element: ElementRef<'_>) -> Option<u8> {
    let by_class = || {
        element.value().classes().find_map(|class| {
            let class = class.to_ascii_lowercase();
            let level = class
                .strip_prefix("heading-")
                .or_else(|| class.strip_prefix("heading"))
                .or_else(|| class.strip_prefix('h'))?;
            level.parse::<u8>().ok().filter(|level| (1..=6).contains(level))
        })
    };
    match element.value().name() {
        "summary"
            if !element
                .descendent_elements()
                .skip(1)
                .any(|inner| heading_level(inner).is_some()) =>
        {
            Some(7)
        }
        "p" | "div"
            if by_class().is_some() && !element.child_elements().any(|child| is_block(child.value().name())) =>
        {
            by_class()
        }
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ if element.attr("role") == Some("heading") => Some(
            element
                .attr("aria-level")
                .and_then(|level| level.parse().ok())
                .unwrap_or(2),
        ),
        _ => None,
    }
}

fn holds_heading(element: ElementRef<'_>) -> bool {
    element
        .descendent_elements()
        .any(|inner| heading_level(inner).is_some())
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "main"
            | "blockquote"
            | "pre"
            | "figure"
            | "figcaption"
            | "address"
            | "fieldset"
            | "center"
            | "header"
            | "hgroup"
            | "details"
            | "summary"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "tbody"
            | "thead"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "caption"
            | "form"
            | "aside"
            | "body"
            | "html"
    )
}
