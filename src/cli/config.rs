//! `almanac config`.

use clap::Subcommand;

use super::failure::Failure;
use super::output;
use crate::config;

/// What `almanac config` takes.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print the JSON Schema of the settings file, for editors.
    Schema,
}

/// Runs it.
pub(super) fn config(command: ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Schema => output::json(&config::json_schema()),
    }
}
