//! `almanac rotate-key`.

use clap::Args;

use super::failure::Failure;
use super::output::{self, Output};
use crate::clock::Clock;
use crate::config::Config;
use crate::pseudonym::{FORMER_KEY_KEPT, Pseudonyms};

/// What `almanac rotate-key` takes.
#[derive(Args, Debug)]
pub(super) struct RotateKeyArgs {
    /// Give up the key before, although it is still kept: where it has leaked.
    #[arg(long)]
    force: bool,
}

/// Puts a new key for request ids in the place of the old one.
pub(super) fn rotate_key(args: &RotateKeyArgs, config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    let path = Pseudonyms::path_beside(&config.store);
    if !path.exists() {
        return Err(Failure::mistake(format!(
            "there is no key at {} yet; the first poll of a watch of requests makes one",
            path.display()
        )));
    }
    let now = clock.now();
    let mut keys = Pseudonyms::open(&path, now).map_err(Failure::mistake)?;
    keys.rotate(now, args.force).map_err(Failure::mistake)?;
    let until = now.plus(FORMER_KEY_KEPT);
    if output.json {
        return output::json(&serde_json::json!({ "key_id": keys.key_id(), "former_key_kept_until": until }));
    }
    output.text(&output.page.wrapped(
        &format!(
            "Requests are hashed under a new key from now on; a daemon that runs takes it up at its next poll. The old key is \
             kept until {}, so that no request is met anew.",
            output.page.time(until)
        ),
        0,
    ))
}
