//! `almanac demo`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use crate::clock::Clock;

/// What `almanac demo` takes.
#[derive(Args, Debug)]
pub(super) struct DemoArgs {
    /// Leave the history in this new file, for show and diff.
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
}

/// Runs it.
pub(super) async fn demo(args: DemoArgs, _clock: Clock) -> Result<(), Failure> {
    let _ = args.keep;
    Err(Failure::mistake("the demo is not part of this build"))
}
