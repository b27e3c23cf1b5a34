//! `almanac backup`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::history::existing_store;
use super::output::{self, Output};
use crate::clock::Clock;
use crate::config::Config;

/// What `almanac backup` takes.
#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    /// The new file; one that exists is never overwritten.
    file: PathBuf,
}

/// Copies the history.
pub(super) async fn backup(args: BackupArgs, config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    existing_store(config, clock).await?.backup(&args.file).await?;
    if output.json {
        return output::json(&serde_json::json!({"from": config.store, "to": args.file}));
    }
    output.text(&format!(
        "Copied {} to {}. The copy opens with the same program: set [store] path to it.",
        config.store.display(),
        args.file.display()
    ))
}
