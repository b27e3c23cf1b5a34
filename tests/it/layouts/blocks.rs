//! Writing bodies: paragraphs, lists, tables, notes, images.

use super::content::{Block, Inline};
use super::markup::{Pen, slug};

impl Pen<'_> {
    /// A body.
    pub fn blocks(&mut self, blocks: &[Block], sub_level: usize) {
        for block in blocks {
            match block {
                Block::Para(line) => {
                    self.open("p", "text");
                    self.inline(line);
                    self.close("p");
                }
                Block::List { ordered, entries } => self.list(*ordered, entries),
                Block::Table { head, rows } => self.table(head, rows),
                Block::Note { label, text } => {
                    self.open("div", "note");
                    self.raw(&format!("<strong>{label}</strong> "));
                    self.text(text);
                    self.close("div");
                }
                Block::Image { alt, caption } => self.image(alt, caption.as_deref()),
                Block::Sub(title) => self.heading(sub_level.min(6), "sub", title),
                Block::More(title) => {
                    self.open("p", "more");
                    self.raw("For more information, see ");
                    self.raw(&format!("<a href=\"/Alma/Product_Documentation/{}\">", slug(title)));
                    self.text(title);
                    self.raw("</a>.");
                    self.close("p");
                }
            }
        }
    }

    pub fn inline(&mut self, line: &[Inline]) {
        for (place, inline) in line.iter().enumerate() {
            if place > 0 {
                self.raw(" ");
            }
            let (tag, text) = match inline {
                Inline::Text(text) => ("", text),
                Inline::Bold(text) => ("strong", text),
                Inline::Em(text) => ("em", text),
                Inline::Code(text) => ("code", text),
                Inline::Link(text) => ("a", text),
            };
            match tag {
                "" => self.text(text),
                "a" => {
                    self.raw(&format!("<a href=\"https://example.org/{}\">", slug(text)));
                    self.text(text);
                    self.raw("</a>");
                }
                tag => {
                    self.raw(&format!("<{tag}>"));
                    self.text(text);
                    self.raw(&format!("</{tag}>"));
                }
            }
        }
    }

    fn list(&mut self, ordered: bool, entries: &[String]) {
        let tag = if ordered { "ol" } else { "ul" };
        self.open(tag, "steps");
        for entry in entries {
            self.open("li", "step");
            let in_paragraph = self.dice.chance(20);
            if in_paragraph {
                self.raw("<p>");
            }
            self.text(entry);
            if in_paragraph {
                self.raw("</p>");
            }
            self.close("li");
        }
        self.close(tag);
    }

    fn table(&mut self, head: &[String], rows: &[Vec<String>]) {
        self.open("table", "grid");
        self.raw("<thead><tr>");
        for cell in head {
            self.element("th", "cell", cell);
        }
        self.raw("</tr></thead><tbody>");
        for row in rows {
            self.open("tr", "row");
            for cell in row {
                self.element("td", "cell", cell);
            }
            self.close("tr");
        }
        self.raw("</tbody></table>");
    }

    fn image(&mut self, alt: &str, caption: Option<&str>) {
        let image = format!("<img src=\"/img/{}.png\" alt=\"{alt}\" loading=\"lazy\">", slug(alt));
        match caption {
            Some(caption) if self.dice.chance(50) => {
                self.open("figure", "shot");
                self.raw(&image);
                self.element("figcaption", "caption", caption);
                self.close("figure");
            }
            Some(caption) => {
                self.open("div", "shot");
                self.raw(&image);
                self.element("div", "caption", caption);
                self.close("div");
            }
            None => {
                self.open("p", "shot");
                self.raw(&image);
                self.close("p");
            }
        }
    }
}
