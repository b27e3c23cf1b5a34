//! Walks a TOML document by hand and collects every mistake, where a derived reader would stop at the first.
//!
//! Values that were read stand beside the place they came from ([`Found`]), so that later rules can name it. This file
//! knows lines, tables and keys; `values` reads what stands behind a key.

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, alternatives, nearest, shown};

/// A value, and where in the file it stands (a byte offset).
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// Knows the file's lines and collects its mistakes.
pub(super) struct Reader<'t> {
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
    /// Lines that are no TOML. What they hold is missing from the document, so that nothing can be said of absences.
    broken_lines: Vec<usize>,
    /// Whether files with secrets are looked at (permissions, git).
    pub(super) look_at_secret_files: bool,
}

/// One table of the file.
pub(super) struct Table<'r, 'd> {
    pub(super) reader: &'r Reader<'d>,
    table: &'r DeTable<'d>,
    /// Where its header or its brace stands.
    pub(super) at: usize,
    /// How messages call it.
    pub(super) place: String,
    asked: RefCell<Vec<&'static str>>,
}

/// A file with more mistakes is another kind of file; counting on would only take time.
const MOST_MISTAKES: usize = 1000;

impl<'t> Reader<'t> {
    /// Parses `text` as far as it is TOML, and hands the document to `walk`.
    pub(super) fn read<T>(
        text: &'t str,
        look_at_secret_files: bool,
        walk: impl FnOnce(&Table) -> T,
    ) -> (T, Vec<Mistake>) {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            text,
            mistakes: RefCell::default(),
            broken_lines: Vec::new(),
            look_at_secret_files,
        };
        for error in errors.into_iter().take(MOST_MISTAKES) {
            let at = error.span().map_or(0, |span| span.start);
            // The message names what the grammar expected, never what stands there: that line may hold a secret.
            let wrong = format!("this line cannot be read ({})", error.message());
            reader.mistake(
                at,
                "the file",
                wrong,
                "Correct the line; text stands in quotes, lists in [ ]".to_owned(),
            );
            let line = reader.position(at).0;
            reader.broken_lines.push(line);
        }
        let root = Table {
            reader: &reader,
            table: document.get_ref(),
            at: 0,
            place: "the file".to_owned(),
            asked: RefCell::default(),
        };
        let result = walk(&root);
        root.done();
        let mut mistakes = reader.mistakes.into_inner();
        mistakes.sort();
        mistakes.dedup();
        (result, mistakes)
    }

    pub(super) fn mistake(&self, at: usize, place: &str, wrong: impl Into<String>, instead: impl Into<String>) {
        let (line, column) = self.position(at);
        let mut mistakes = self.mistakes.borrow_mut();
        if self.broken_lines.contains(&line) || mistakes.len() >= MOST_MISTAKES {
            return;
        }
        mistakes.push(Mistake {
            line,
            column,
            place: place.to_owned(),
            wrong: wrong.into(),
            instead: instead.into(),
        });
    }

    /// Something is not in the file. Where a part of the file could not be read, it may be there after all.
    pub(super) fn absence(&self, at: usize, place: &str, wrong: impl Into<String>, instead: impl Into<String>) {
        if self.broken_lines.is_empty() {
            self.mistake(at, place, wrong, instead);
        }
    }

    /// Line and column in characters, both from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        (line, column)
    }
}

impl<'r, 'd> Table<'r, 'd> {
    pub(super) fn get(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'d>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// Whether the key is there, whatever its value.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Whether the key's value is text.
    pub(super) fn is_text(&self, key: &'static str) -> bool {
        self.get(key).is_some_and(|value| value.get_ref().is_str())
    }

    /// Whether the key's value is a list.
    pub(super) fn is_list(&self, key: &'static str) -> bool {
        self.get(key).is_some_and(|value| value.get_ref().is_array())
    }

    /// Where the key's value stands; the table itself if it is not there.
    pub(super) fn at(&self, key: &'static str) -> usize {
        self.get(key).map_or(self.at, |value| value.span().start)
    }

    /// A mistake in the value of `key`.
    pub(super) fn wrong(&self, key: &str, at: usize, wrong: impl Into<String>, instead: impl Into<String>) {
        self.reader.mistake(at, &self.place_of(key), wrong, instead);
    }

    /// The key must be there and is not.
    pub(super) fn missing(&self, key: &'static str, example: &str) {
        let place = self.place.clone();
        self.reader.absence(
            self.at,
            &place,
            format!("{key} is missing"),
            format!("Write {key} = {example}"),
        );
    }

    fn place_of(&self, key: &str) -> String {
        if self.place == "the file" {
            key.to_owned()
        } else {
            format!("{}, {key}", self.place)
        }
    }

    pub(super) fn wrong_type(&self, key: &'static str, value: &Spanned<DeValue<'d>>, wanted: &str, instead: &str) {
        let kind = match value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(
            key,
            value.span().start,
            format!("{wanted} belongs here, not {kind}"),
            instead,
        );
    }

    /// A table of that name; a mistake if something else has the name.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'r, 'd>> {
        let value = self.get(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            let instead = if self.place == "the file" {
                format!("Write [{key}] on a line of its own and its keys below")
            } else {
                format!("Write {key} = {{ … }}, with its keys and their texts between the braces")
            };
            self.wrong_type(key, value, "a table", &instead);
            return None;
        };
        Some(Table {
            reader: self.reader,
            table,
            at: value.span().start,
            place: self.place_of(key),
            asked: RefCell::default(),
        })
    }

    /// The keys of a table whose keys are free, each with its text. `example` is written as in the file.
    pub(super) fn free_texts(&self, key: &'static str, example: &str) -> Vec<(Found<String>, Found<String>)> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let instead = format!("Write {key} = {example}");
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table", &instead);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (name, value) in table.iter() {
            let at = value.span().start;
            let found_name = Found {
                value: name.get_ref().trim().to_owned(),
                at: name.span().start,
            };
            match value.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() && !found_name.value.is_empty() => {
                    let text = text.trim().to_owned();
                    texts.push((found_name, Found { value: text, at }));
                }
                DeValue::String(text) => {
                    let what = if text.trim().is_empty() { "a text" } else { "a key" };
                    self.wrong(key, at, format!("{what} in the table is empty"), "Take it out");
                }
                _ => self.wrong_type(key, value, "text", &instead),
            }
        }
        texts
    }

    /// The tables `[[key]]`, each named `key 1`, `key 2`, with the value of `label` behind it where that is text.
    pub(super) fn tables(&self, key: &'static str, label: &str) -> Vec<Table<'r, 'd>> {
        let instead = format!("Write [[{key}]] on a line of its own and its keys below");
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, value, "a list of tables", &instead);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let DeValue::Table(table) = item.get_ref() else {
                self.wrong_type(key, item, "a table", &instead);
                continue;
            };
            let name = table.get(label).and_then(|value| value.get_ref().as_str());
            let place = match name.map(shown) {
                Some(name) => format!("{key} {} ({})", index + 1, name.trim_matches(['"', '(', ')'])),
                None => format!("{key} {}", index + 1),
            };
            let at = item.span().start;
            tables.push(Table {
                reader: self.reader,
                table,
                at,
                place: self.place_of(&place),
                asked: RefCell::default(),
            });
        }
        tables
    }

    /// Reports every key that nobody asked for. To be called when all have been.
    pub(super) fn done(&self) {
        let mut known = self.asked.borrow().clone();
        known.sort_unstable();
        known.dedup();
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let instead = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("Write {meant} if that is what you mean"),
                None => format!(
                    "Take it out; known here are {}",
                    alternatives(known.iter().copied()).replace('"', "")
                ),
            };
            self.reader.mistake(
                key.span().start,
                &self.place,
                format!("the key {} is not known", shown(name)),
                instead,
            );
        }
    }

    /// The keys that exist, but mean nothing for this kind of table.
    pub(super) fn without_meaning(&self, keys: &[&'static str], kind: &str) {
        for key in keys {
            if self.has(key) {
                let wrong = format!("{key} means nothing for {kind}");
                self.reader.mistake(self.key_at(key), &self.place, wrong, "Take it out");
            }
        }
    }

    fn key_at(&self, name: &str) -> usize {
        self.table
            .get_key_value(name)
            .map_or(self.at, |(key, _)| key.span().start)
    }
}
