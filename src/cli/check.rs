//! `almanac check`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output::{Output, progress};
use super::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::poll::Almanac;

/// What `almanac check` takes.
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// Keep every public page that was read in this directory, so that a parser can be mended from it.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
}

/// Tries everything. Exit code 1 where something is not as it should be.
pub(super) async fn check(args: CheckArgs, config: Config, clock: Clock, output: &Output) -> Result<(), Failure> {
    progress(&format!("asking Ex Libris for {} watches …", config.watches.len()));
    let almanac = Almanac::open(config, clock).await?;
    let rows = almanac.check(args.save.as_deref()).await;
    output.rows(&rows, |page| print::rows::checks(&rows, page))?;
    if rows.iter().all(|row| row.ok) {
        Ok(())
    } else {
        Err(Failure::Told)
    }
}
