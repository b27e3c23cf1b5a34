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
        // Always indented: people keep it beside their settings, and compare it.
        ConfigCommand::Schema => output::say(&format!("{:#}", config::json_schema())),
    }
}
