//! What an item says, before any markup.

use super::ExpectedItem;
use super::dice::Dice;
use super::vocabulary as words;

/// A year and a month from 1 to 12.
pub type Month = (u32, usize);

/// A stretch of text within a paragraph.
#[derive(Clone, Debug)]
pub enum Inline {
    Text(String),
    Bold(String),
    Em(String),
    Code(String),
    Link(String),
}

/// A part of a body.
#[derive(Clone, Debug)]
pub enum Block {
    Para(Vec<Inline>),
    List { ordered: bool, entries: Vec<String> },
    Table { head: Vec<String>, rows: Vec<Vec<String>> },
    Note { label: &'static str, text: String },
    Image { alt: String, caption: Option<String> },
    Sub(String),
    More(String),
}

/// One item, whole.
#[derive(Clone, Debug)]
pub struct Draft {
    pub heading: String,
    pub blocks: Vec<Block>,
    pub words: Vec<String>,
    /// What the meta line says; each part may be missing.
    pub month: Option<Month>,
    pub area: Option<String>,
    pub ids: Vec<String>,
    pub tags: Vec<&'static str>,
}

impl Block {
    fn text(&self) -> String {
        match self {
            Block::Para(inlines) => inlines
                .iter()
                .map(|inline| match inline {
                    Inline::Text(text)
                    | Inline::Bold(text)
                    | Inline::Em(text)
                    | Inline::Code(text)
                    | Inline::Link(text) => text.as_str(),
                })
                .collect::<Vec<_>>()
                .join(" "),
            Block::List { entries, .. } => entries.join(" "),
            Block::Table { head, rows } => {
                let cells: Vec<String> = head.iter().chain(rows.iter().flatten()).cloned().collect();
                cells.join(" ")
            }
            Block::Note { label, text } => format!("{label} {text}"),
            Block::Image { caption, .. } => caption.clone().unwrap_or_default(),
            Block::Sub(text) => text.clone(),
            Block::More(title) => format!("For more information, see {title}."),
        }
    }
}

impl Draft {
    /// A feature or an enhancement with a body of several blocks.
    pub fn feature(dice: &mut Dice, heading: String, length: usize) -> Self {
        let mut draft = Self::bare(heading);
        let first = draft.word(dice);
        let opening = words::sentence(dice, &first);
        draft.blocks.push(Block::Para(inlines(dice, &opening)));
        for _ in 0..length {
            let block = draft.block(dice);
            draft.blocks.push(block);
        }
        if dice.chance(30) {
            draft.blocks.push(Block::More(words::help_title(dice)));
        }
        draft
    }

    /// One or two sentences under no heading: something mended, or something to beware of.
    pub fn remark(dice: &mut Dice, heading: String, caution: bool) -> Self {
        let mut draft = Self::bare(heading);
        let word = draft.word(dice);
        let text = if caution {
            words::caution(dice, &word)
        } else {
            words::mended(dice, &word)
        };
        let mut line = inlines(dice, &text);
        if dice.chance(20) {
            let word = draft.word(dice);
            line.push(Inline::Text(words::sentence(dice, &word)));
        }
        draft.blocks.push(Block::Para(line));
        if dice.chance(8) {
            let word = draft.word(dice);
            let entries = vec![words::screen(dice), format!("{word} and its copies")];
            draft.blocks.push(Block::List {
                ordered: false,
                entries,
            });
        }
        draft
    }

    fn bare(heading: String) -> Self {
        Self {
            heading,
            blocks: Vec::new(),
            words: Vec::new(),
            month: None,
            area: None,
            ids: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn word(&mut self, dice: &mut Dice) -> String {
        let word = words::token(dice);
        self.words.push(word.clone());
        word
    }

    fn block(&mut self, dice: &mut Dice) -> Block {
        match dice.below(12) {
            0..=3 => {
                let word = self.word(dice);
                let mut text = words::sentence(dice, &word);
                if dice.chance(40) {
                    let word = self.word(dice);
                    text.push(' ');
                    text.push_str(&words::sentence(dice, &word));
                }
                Block::Para(inlines(dice, &text))
            }
            4 | 5 => {
                let entries = (0..dice.between(2, 4))
                    .map(|_| {
                        let word = self.word(dice);
                        words::sentence(dice, &word)
                    })
                    .collect();
                Block::List {
                    ordered: dice.chance(35),
                    entries,
                }
            }
            6 => {
                let rows = (0..dice.between(1, 3))
                    .map(|_| vec![self.word(dice), words::screen(dice), words::menu(dice)])
                    .collect();
                Block::Table {
                    head: ["Parameter", "Page", "Where"].map(str::to_owned).to_vec(),
                    rows,
                }
            }
            7 => {
                let word = self.word(dice);
                Block::Note {
                    label: dice.pick(&["Note", "Important", "Tip"]),
                    text: words::sentence(dice, &word),
                }
            }
            8 | 9 => Block::Image {
                alt: format!("The {} page", words::screen(dice)),
                caption: dice.chance(50).then(|| format!("{} page", words::screen(dice))),
            },
            _ => Block::Sub(words::subheading(dice)),
        }
    }

    /// No sub-heading without text under it, and none at all where the headings run out.
    pub fn tidy_subheadings(&mut self, dice: &mut Dice, allowed: bool) {
        let mut tidy = Vec::new();
        for block in std::mem::take(&mut self.blocks) {
            match block {
                Block::Sub(_) if !allowed => {}
                Block::Sub(title) => {
                    let word = self.word(dice);
                    let text = words::sentence(dice, &word);
                    tidy.push(Block::Sub(title));
                    tidy.push(Block::Para(inlines(dice, &text)));
                }
                other => tidy.push(other),
            }
        }
        self.blocks = tidy;
    }

    /// The text of the body with single spaces.
    pub fn body_text(&self) -> String {
        self.blocks.iter().map(Block::text).collect::<Vec<_>>().join(" ")
    }

    /// What a person would write down, where the headings above the item give `release`.
    pub fn expected(&self, section: &'static str, stated: bool, release: Option<Month>) -> ExpectedItem {
        ExpectedItem {
            heading: self.heading.clone(),
            heading_stated: stated,
            section,
            release: self
                .month
                .or(release)
                .map(|(year, month)| format!("{year:04}-{month:02}")),
            area: self.area.clone(),
            urm_ids: self.ids.clone(),
            tags: self.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            body_words: self.words.clone(),
            text: format!("{} {}", self.heading, self.body_text()).trim().to_owned(),
        }
    }
}

/// A sentence with, now and then, a few of its words set apart.
pub fn inlines(dice: &mut Dice, sentence: &str) -> Vec<Inline> {
    let parts: Vec<&str> = sentence.split(' ').collect();
    if dice.chance(55) || parts.len() < 6 {
        return vec![Inline::Text(sentence.to_owned())];
    }
    let from = dice.between(0, parts.len() - 4);
    let to = from + dice.between(1, 3);
    let apart = parts[from..to].join(" ");
    let apart = match dice.below(4) {
        0 => Inline::Em(apart),
        1 => Inline::Code(apart),
        2 => Inline::Link(apart),
        _ => Inline::Bold(apart),
    };
    let mut line = Vec::new();
    if from > 0 {
        line.push(Inline::Text(parts[..from].join(" ")));
    }
    line.push(apart);
    line.push(Inline::Text(parts[to..].join(" ")));
    line
}
