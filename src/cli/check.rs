//! `almanac check`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output::{Output, progress};
use super::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::poll;
use crate::store::Store;

/// What `almanac check` takes.
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// Keep every public page that was read in this directory, so that a parser can be mended from it.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
}

/// Tries everything. Exit code 1 where something is not as it should be.
pub(super) async fn check(args: CheckArgs, config: Config, clock: Clock, output: &Output) -> Result<(), Failure> {
    if let Some(dir) = &args.save {
        std::fs::create_dir_all(dir)
            .and_then(|()| std::fs::read_dir(dir).map(drop))
            .map_err(|error| {
                Failure::mistake(format!(
                    "pages cannot be kept in {}: {error}; name a folder",
                    dir.display()
                ))
            })?;
    }
    progress(&format!("asking Ex Libris for {} watches …", config.watches.len()));
    let store = match config.store.exists() {
        true => Some(Store::open_existing(&config.store, clock.clone()).await?),
        false => None,
    };
    let rows = poll::check::check(&config, &clock, store.as_ref(), args.save.as_deref())
        .await
        .map_err(Failure::mistake)?;
    output.rows(&rows, |page| print::rows::checks(&rows, page))?;
    if rows.iter().all(|row| row.ok) {
        Ok(())
    } else {
        Err(Failure::Told)
    }
}
