//! Writing HTML as sites write it: not always tidy, never the same twice.

use super::content::{Draft, Month};
use super::dice::Dice;
use super::vocabulary::MONTHS;

/// How a page names its classes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Classes {
    None,
    Named,
    Random,
}

/// How a meta line is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetaShape {
    Para,
    Div,
    Span,
    Em,
    OneEntry,
    Entries,
    Spans,
}

/// How tags are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TagShape {
    Alt,
    Text,
    Both,
}

/// The habits of one page.
#[derive(Clone, Debug)]
pub struct Style {
    pub classes: Classes,
    pub pretty: bool,
    pub unclosed: bool,
    pub nbsp: usize,
    pub item_wrap: Option<&'static str>,
    pub section_wrap: Option<&'static str>,
    pub inner_wrap: bool,
    pub heading_wrap: Option<&'static str>,
    pub body_wrap: bool,
    pub meta: MetaShape,
    pub separator: &'static str,
    pub tags: TagShape,
    pub tags_last: bool,
    pub anchors: bool,
}

impl Style {
    pub fn draw(dice: &mut Dice) -> Self {
        use MetaShape::{Div, Em, Entries, OneEntry, Para, Span, Spans};
        Self {
            classes: dice.pick(&[Classes::None, Classes::Named, Classes::Named, Classes::Random]),
            pretty: dice.chance(70),
            unclosed: dice.chance(20),
            nbsp: dice.pick(&[0, 1, 3, 8]),
            item_wrap: dice.pick(&[None, None, Some("div"), Some("section"), Some("article")]),
            section_wrap: dice.pick(&[None, Some("div"), Some("section"), Some("section"), Some("article")]),
            inner_wrap: dice.chance(25),
            heading_wrap: dice.pick(&[None, None, None, Some("div"), Some("header")]),
            body_wrap: dice.chance(25),
            meta: dice.pick(&[Para, Para, Para, Div, Div, Span, Em, OneEntry, Entries, Spans]),
            separator: dice.pick(&[" ", " ", " ", " | ", " \u{b7} "]),
            tags: dice.pick(&[TagShape::Alt, TagShape::Text, TagShape::Both]),
            tags_last: dice.chance(40),
            anchors: dice.chance(30),
        }
    }
}

/// Writes one page.
#[derive(Debug)]
pub struct Pen<'a> {
    pub html: String,
    pub dice: &'a mut Dice,
    pub style: Style,
}

impl Pen<'_> {
    pub fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// A line break in the source, where the page is written that way.
    pub fn line(&mut self) {
        if self.style.pretty {
            self.html.push('\n');
            for _ in 0..self.dice.below(4) {
                self.html.push_str("  ");
            }
        }
    }

    /// An opening tag; `name` is the class that a page with named classes gives it.
    pub fn open(&mut self, tag: &str, name: &str) {
        self.line();
        let class = match self.style.classes {
            Classes::Named if self.dice.chance(80) => format!(" class=\"{name}\""),
            Classes::Random => format!(" class=\"c{:x} s{}\"", self.dice.below(65536), self.dice.below(90)),
            Classes::None | Classes::Named => String::new(),
        };
        self.raw(&format!("<{tag}{class}>"));
    }

    pub fn close(&mut self, tag: &str) {
        if self.style.unclosed && matches!(tag, "p" | "li" | "td" | "tr" | "th") && self.dice.chance(70) {
            return;
        }
        self.raw(&format!("</{tag}>"));
    }

    /// An element that holds text only.
    pub fn element(&mut self, tag: &str, name: &str, text: &str) {
        self.open(tag, name);
        self.text(text);
        self.close(tag);
    }

    /// Text, with entities and white space as editors leave them.
    pub fn text(&mut self, text: &str) {
        let escaped = self.escaped(text);
        self.raw(&escaped);
    }

    fn escaped(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        for letter in text.chars() {
            let entity = self.dice.chance(50);
            match letter {
                '&' => out.push_str(if entity { "&amp;" } else { "&#38;" }),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '\u{2019}' if entity => out.push_str("&rsquo;"),
                '\u{201c}' if entity => out.push_str("&ldquo;"),
                '\u{201d}' if entity => out.push_str("&#8221;"),
                '\u{2013}' if entity => out.push_str("&ndash;"),
                '\u{b7}' if entity => out.push_str("&middot;"),
                ' ' if self.dice.chance(self.style.nbsp) => out.push_str("&nbsp;"),
                ' ' if self.style.pretty && self.dice.chance(3) => out.push_str("\n        "),
                ' ' if self.dice.chance(1) => out.push_str("  "),
                other => out.push(other),
            }
        }
        out
    }

    /// A heading of that level.
    pub fn heading(&mut self, level: usize, name: &str, text: &str) {
        self.heading_with(level, name, text, "");
    }

    fn heading_with(&mut self, level: usize, name: &str, text: &str, extra: &str) {
        let tag = format!("h{level}");
        self.open(&tag, name);
        let anchor = slug(text);
        if self.style.anchors {
            self.raw(&format!("<span id=\"{anchor}\"></span>"));
        }
        let dressing = if self.dice.chance(15) {
            self.dice.pick(&["strong", "span", "b"])
        } else {
            ""
        };
        if !dressing.is_empty() {
            self.raw(&format!("<{dressing}>"));
        }
        if self.dice.chance(8) {
            self.raw("\n   ");
        }
        self.text(text);
        if self.dice.chance(6) {
            let tail = self.dice.pick(&["&nbsp;", " ", "\n", "&#8203;"]);
            self.raw(tail);
        }
        if !dressing.is_empty() {
            self.raw(&format!("</{dressing}>"));
        }
        self.raw(extra);
        self.close(&tag);
    }

    /// An item under its own heading.
    pub fn headed_item(&mut self, draft: &Draft, level: usize) {
        let wrap = self.style.item_wrap;
        if let Some(tag) = wrap {
            self.open(tag, "feature");
        }
        let header = self.style.heading_wrap;
        if let Some(tag) = header {
            self.open(tag, "feature-header");
        }
        self.heading(level, "feature-title", &draft.heading);
        let meta_inside = self.dice.chance(50);
        if let (Some(tag), false) = (header, meta_inside) {
            self.close(tag);
        }
        let has_meta = draft.month.is_some() || draft.area.is_some() || !draft.ids.is_empty();
        if has_meta {
            self.meta_line(draft);
        }
        if let (Some(tag), true) = (header, meta_inside) {
            self.close(tag);
        }
        let body_wrap = self.style.body_wrap;
        if body_wrap {
            self.open("div", "feature-body");
        }
        if !has_meta && !draft.tags.is_empty() {
            self.open("p", "tags");
            self.tags_before_body(draft);
            self.close("p");
        }
        self.blocks(&draft.blocks, level + 1);
        if body_wrap {
            self.close("div");
        }
        if let Some(tag) = wrap {
            self.close(tag);
        }
        self.line();
    }

    fn meta_line(&mut self, draft: &Draft) {
        let parts = self.meta_parts(draft);
        let separator = self.escaped(self.style.separator);
        let open_close = |tag: &str| (format!("<{tag}>"), format!("</{tag}>"));
        match self.style.meta {
            MetaShape::Para => {
                self.open("p", "meta");
                self.raw(&parts.join(&separator));
                self.close("p");
            }
            MetaShape::Div => {
                self.open("div", "meta");
                self.raw(&parts.join(&separator));
                self.close("div");
            }
            MetaShape::Span => {
                self.open("span", "meta");
                self.raw(&parts.join(&separator));
                self.close("span");
            }
            MetaShape::Em => {
                self.open("p", "meta");
                let (open, close) = open_close("em");
                self.raw(&format!("{open}{}{close}", parts.join(&separator)));
                self.close("p");
            }
            MetaShape::OneEntry => {
                self.open("ul", "meta");
                self.raw(&format!("<li>{}</li></ul>", parts.join(&separator)));
            }
            MetaShape::Entries => {
                self.open("ul", "meta");
                let (open, close) = open_close("li");
                for part in parts {
                    self.raw(&format!("{open}{part}{close}"));
                }
                self.close("ul");
            }
            MetaShape::Spans => {
                self.open("div", "meta");
                let spans: Vec<String> = parts.iter().map(|part| format!("<span>{part}</span>")).collect();
                self.raw(&spans.join(" "));
                self.close("div");
            }
        }
    }

    fn meta_parts(&mut self, draft: &Draft) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(month) = draft.month {
            parts.push(self.escaped(&month_name(month)));
        }
        if let Some(area) = &draft.area {
            parts.push(self.escaped(area));
        }
        let tags: Vec<String> = draft.tags.iter().map(|tag| self.tag(tag)).collect();
        let joint = self.dice.pick(&[" ", " ", ", ", "; "]);
        let ids = draft.ids.join(joint);
        let ids = if ids.is_empty() { Vec::new() } else { vec![ids] };
        if self.style.tags_last {
            parts.extend(ids);
            parts.extend(tags);
        } else {
            parts.extend(tags);
            parts.extend(ids);
        }
        parts
    }

    /// A tag as an image, as a word, or both.
    fn tag(&mut self, tag: &str) -> String {
        let alt = if tag == "NERS" {
            self.dice.pick(&["NERS", "NERS Enhancement"])
        } else {
            self.dice.pick(&["Idea Exchange", "idea exchange"])
        };
        let word = if tag == "NERS" {
            "NERS Enhancement"
        } else {
            "Idea Exchange"
        };
        let image = format!("<img src=\"/img/{}.png\" alt=\"{alt}\">", slug(tag));
        match self.style.tags {
            TagShape::Alt => image,
            TagShape::Text => word.to_owned(),
            TagShape::Both => format!("{image} {word}"),
        }
    }

    /// Tags in front of a body, as the pages of 2016 to 2018 have them.
    pub fn tags_before_body(&mut self, draft: &Draft) {
        for tag in &draft.tags {
            let number = self.dice.between(2000, 6999);
            let (file, word) = if *tag == "NERS" {
                ("NERS.png", format!("NERS Enhancement (ID #{number})"))
            } else {
                ("idea_exchange.png", "Idea Exchange".to_owned())
            };
            self.raw(&format!(
                "<img alt=\"{file}\" src=\"/@api/deki/files/{number}/{file}\"> {word} "
            ));
        }
    }
}

/// `November 2026`.
pub fn month_name((year, month): Month) -> String {
    format!("{} {year}", MONTHS[(month + 11) % 12])
}

/// A name for addresses.
pub fn slug(text: &str) -> String {
    text.chars()
        .filter_map(|letter| match letter {
            ' ' => Some('_'),
            letter if letter.is_ascii_alphanumeric() => Some(letter),
            _ => None,
        })
        .collect()
}
