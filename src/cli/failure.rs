//! How a command ends when it does not end well.

use std::io::{self, Write};
use std::process::ExitCode;

use super::print::clean_lines;
use crate::insight::answers::AskError;
use crate::store::StoreError;

/// Why a command ends, and with which exit code.
#[derive(Debug)]
pub(super) enum Failure {
    /// Exit code 1, with what to say.
    Mistake(String),
    /// Exit code 2, with what to say.
    Usage(String),
    /// Exit code 2 after clap printed help where a command was missing, or 0 where help was asked for.
    Help(clap::Error),
    /// Exit code 1; the answer that was printed says why.
    Told,
    /// Nobody reads our output any more (`almanac events | head`): the end, but no failure.
    ClosedPipe,
}

impl Failure {
    pub(super) fn mistake(sentence: impl Into<String>) -> Self {
        Self::Mistake(sentence.into())
    }

    /// What clap found, as one sentence.
    pub(super) fn usage(error: clap::Error) -> Self {
        use clap::error::ErrorKind;
        match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Self::Help(error),
            _ => Self::Usage(one_sentence(&error.render().to_string())),
        }
    }

    /// Says it on standard error.
    pub(super) fn tell(self) -> ExitCode {
        match self {
            Failure::Mistake(sentence) => {
                tell(&sentence);
                ExitCode::FAILURE
            }
            Failure::Usage(sentence) => {
                tell(&sentence);
                ExitCode::from(2)
            }
            Failure::Help(error) => {
                // Help that cannot be printed is no reason to fail differently.
                let _ = error.print();
                ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
            }
            Failure::Told => ExitCode::FAILURE,
            Failure::ClosedPipe => ExitCode::SUCCESS,
        }
    }
}

/// Writes a line to standard error.
pub(super) fn tell(sentence: &str) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "almanac: {}", clean_lines(sentence));
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Bad { parameter, problem } => {
                Failure::Usage(format!("--{}: {problem}", parameter.replace('_', "-")))
            }
            error => Failure::Mistake(error.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Mistake(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Mistake(format!("{error:#}"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Mistake(error.to_string()),
        }
    }
}

/// clap's lines in one: what is wrong and its tips, without the usage block.
fn one_sentence(rendered: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut usage = None;
    for line in rendered.lines().map(str::trim) {
        if let Some(line) = line.strip_prefix("Usage: ") {
            usage = Some(line);
            break;
        }
        let line = line.strip_prefix("error: ").unwrap_or(line);
        if !line.is_empty() && !line.starts_with("For more information") {
            parts.push(line);
        }
    }
    // `almanac alerts list --x` is the command up to the first word that is not a plain name.
    let command: Vec<&str> = usage
        .unwrap_or("almanac")
        .split(' ')
        .take_while(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
        .collect();
    let said = parts.join(" ").replace(" tip: ", "; ");
    format!("{said}; see {} --help", command.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clap_says_becomes_one_sentence() {
        let rendered = "error: unexpected argument '--sinc' found\n\n  tip: a similar argument exists: '--since'\n\nUsage: \
                        almanac events --since <TIME>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            one_sentence(rendered),
            "unexpected argument '--sinc' found; a similar argument exists: '--since'; see almanac events --help"
        );
    }
}
