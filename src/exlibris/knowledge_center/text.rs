//! The text of one line of a page, gathered from its inline elements.

use super::Link;
use super::wording::squeeze;

/// Stands in [`Text::marked`] where one inline element ends and another begins.
pub(super) const MARK: char = '\u{1}';

/// The text of a block in the forms that are asked of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    /// With links as `text (URL)`.
    pub rich: String,
    /// Without addresses.
    pub plain: String,
    /// Like `plain`, with [`MARK`] at the borders of inline elements.
    pub marked: String,
    /// The bold words it begins with.
    pub bold_lead: String,
    /// All of it is bold.
    pub all_bold: bool,
    /// All of it is links to places on the same page: a table of contents.
    pub all_anchors: bool,
    /// Alternative texts and file names of the images in it; they mark Idea Exchange and NERS.
    pub images: String,
    pub links: Vec<Link>,
}

impl Text {
    /// A text that is only words.
    pub fn of(plain: &str) -> Self {
        Text {
            rich: plain.to_owned(),
            plain: plain.to_owned(),
            marked: plain.to_owned(),
            ..Text::default()
        }
    }

    /// The text for reading a meta line: borders of elements count as spaces.
    pub fn spaced(&self) -> String {
        squeeze(&self.marked.replace(MARK, " "))
    }

    /// On one line.
    pub fn one_line(&self) -> String {
        squeeze(&self.plain)
    }

    /// How many lines it has.
    pub fn line_count(&self) -> usize {
        self.plain.lines().count()
    }
}

#[derive(Default)]
pub(super) struct Inline {
    pub rich: String,
    pub plain: String,
    pub marked: String,
    lead: String,
    lead_closed: bool,
    letters: usize,
    bold_letters: usize,
    anchor_letters: usize,
    pub bold: usize,
    pub anchor: usize,
    pub images: String,
    pub links: Vec<Link>,
}

impl Inline {
    pub fn push(&mut self, text: &str) {
        if self.anchor > 0 && matches!(text.trim(), "#" | "§" | "¶" | "🔗") {
            return;
        }
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        self.letters += letters;
        if self.anchor > 0 {
            self.anchor_letters += letters;
        }
        if self.bold > 0 {
            self.bold_letters += letters;
            if !self.lead_closed {
                self.lead.push_str(text);
            }
        } else if letters > 0 {
            self.lead_closed = true;
        }
        let clean: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !matches!(c, '\u{200b}' | '\u{ad}' | '\u{feff}' | '¶'))
            .filter(|c| !c.is_control())
            .collect();
        self.rich.push_str(&clean);
        self.plain.push_str(&clean);
        self.marked.push_str(&clean);
    }

    pub fn newline(&mut self) {
        if !self.lead.trim().is_empty() {
            self.lead_closed = true;
        }
        for text in [&mut self.rich, &mut self.plain, &mut self.marked] {
            text.push('\n');
        }
    }

    pub fn take(&mut self) -> Text {
        let done = std::mem::take(self);
        (self.bold, self.anchor) = (done.bold, done.anchor);
        Text {
            rich: tidy_lines(&done.rich),
            plain: tidy_lines(&done.plain),
            marked: tidy_lines(&done.marked),
            bold_lead: squeeze(&done.lead),
            all_bold: done.letters > 0 && done.letters == done.bold_letters,
            all_anchors: done.letters > 0 && done.letters == done.anchor_letters,
            images: done.images,
            links: done.links,
        }
    }
}

fn tidy_lines(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(squeeze)
        .filter(|line| line.chars().any(|c| c != MARK))
        .collect();
    lines.join("\n")
}
