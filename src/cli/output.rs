//! Where answers go: standard output, as JSON for programs or laid out for people.

use std::io::{self, IsTerminal, Write};

use chrono_tz::Tz;
use serde::Serialize;

use super::failure::Failure;
use super::print::Page;
use crate::model::moment::Moment;

/// Columns where standard output is no terminal.
const WIDTH_DEFAULT: usize = 80;
/// Lines longer than this are hard to read, however wide the window is.
const WIDTH_MAX: usize = 140;
/// Narrower than this, tables cannot be laid out.
const WIDTH_MIN: usize = 40;

/// How answers are printed.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// For programs.
    pub(super) json: bool,
    /// The page for people.
    pub(super) page: Page,
}

impl Output {
    /// Looks at where standard output leads to.
    pub(super) fn new(json: bool, zone: Tz, now: Moment) -> Self {
        let terminal = io::stdout().is_terminal();
        let width = match terminal_size::terminal_size() {
            Some((width, _)) if terminal => usize::from(width.0).clamp(WIDTH_MIN, WIDTH_MAX),
            _ => WIDTH_DEFAULT,
        };
        let unwanted = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            json,
            page: Page {
                width,
                colour: terminal && !unwanted("NO_COLOR") && !dumb,
                zone,
                now,
            },
        }
    }

    /// Prints rows: as a JSON array, or as `laid_out` makes them.
    pub(super) fn rows<T: Serialize>(&self, rows: &[T], laid_out: impl FnOnce(&Page) -> String) -> Result<(), Failure> {
        if self.json {
            json(&rows)
        } else {
            self.text(&laid_out(&self.page))
        }
    }

    /// Prints text for people, in colour where that is wanted.
    pub(super) fn text(&self, text: &str) -> Result<(), Failure> {
        write(self.page.finish(text).trim_end())
    }
}

/// Prints JSON: indented on a terminal, on one line for programs.
pub(super) fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let text = if io::stdout().is_terminal() {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    write(&text.map_err(|error| Failure::mistake(format!("cannot write JSON: {error}")))?)
}

/// Tells how long work goes on, where someone is looking.
pub(super) fn progress(line: &str) {
    if io::stderr().is_terminal() {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// Says something to a person, on standard output.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    write(text)
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
