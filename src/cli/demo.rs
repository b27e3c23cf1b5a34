//! `almanac demo`: everything at once, on an Ex Libris that lives in the program.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::output::say;
use super::run::{keep_running, stop_on_signals};
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{self, World};
use crate::poll::Almanac;
use crate::telemetry;
use crate::web;

/// What `almanac demo` takes.
#[derive(Args, Debug)]
pub(super) struct DemoArgs {
    /// Leave the history in this new file, with settings beside it (FILE.toml), for show and diff.
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
}

/// Something happens in the made-up world so often.
const HAPPENS_EVERY: Duration = Duration::from_secs(3);
/// The first thing happens so long after the baseline: what is derived from it has been derived by then.
const BEGINS_AFTER: Duration = Duration::from_secs(2);
/// The first polls are a baseline; things begin to happen when all of them were made, but after so long in any case.
const BASELINE_TIME_MAX: Duration = Duration::from_secs(8);
/// How often it is looked whether they were.
const BASELINE_LOOK: Duration = Duration::from_millis(200);
/// The world is the same at every start.
const SEED: u64 = 2027;
/// Any free port of this computer, and no other computer's business.
const LOOPBACK: &str = "127.0.0.1:0";

/// Runs the made-up world and the real daemon on it, until SIGINT or SIGTERM.
pub(super) async fn demo(args: DemoArgs, clock: Clock) -> Result<(), Failure> {
    let folder = PrivateFolder::new()?;
    let database = args.keep.clone().unwrap_or_else(|| folder.0.join("demo.db"));
    let settings = beside(&database);
    for file in [&database, &settings] {
        if file.exists() {
            return Err(Failure::mistake(format!(
                "{} exists already; name a new file for --keep",
                file.display()
            )));
        }
    }
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;

    let world = Arc::new(World::new(SEED, clock.now()));
    let exlibris = TcpListener::bind(LOOPBACK).await?;
    let port = exlibris.local_addr()?.port();
    let serving = tokio::spawn(demo::serve(Arc::clone(&world), exlibris, stop.clone()));

    world.write_keys(&folder.0)?;
    let text = world.config_toml(&folder.0, port, &database, LOOPBACK);
    let config = Config::parse(&text, &settings).map_err(|mistakes| Failure::mistake(mistakes.to_string()))?;
    let metrics = telemetry::start_metrics().map_err(Failure::mistake)?;
    let listener = web::listen(config.listen).await?;
    say(&introduction(
        &config,
        &listener.local_addr()?.to_string(),
        args.keep.as_deref(),
    ))?;

    let almanac = Arc::new(Almanac::open(config, clock.clone()).await?);
    if args.keep.is_some() {
        std::fs::write(&settings, &text)?;
    }
    tokio::spawn(make_things_happen(world, clock, stop.clone()));
    let ended = keep_running(almanac, listener, Some(metrics), stop.clone()).await;
    stop.cancel();
    let _ = serving.await;
    if let Some(file) = &args.keep {
        say(&format!(
            "\nThe history is in {}. Look at it with, for example:\n  almanac --config {settings} partners --problems\n  \
             almanac --config {settings} requests --ageing\n  almanac --config {settings} events",
            file.display(),
            settings = settings.display()
        ))?;
    }
    ended
}

async fn make_things_happen(world: Arc<World>, clock: Clock, stop: CancellationToken) {
    let started = clock.now();
    while !world.everything_was_asked() && clock.now().since(started) < BASELINE_TIME_MAX {
        clock.sleep(BASELINE_LOOK).await;
    }
    clock.sleep(BEGINS_AFTER).await;
    while !stop.is_cancelled() {
        let happened = world.advance(clock.now());
        tracing::debug!("in the made-up world: {happened}");
        clock.sleep(HAPPENS_EVERY).await;
    }
}

fn introduction(config: &Config, address: &str, keep: Option<&Path>) -> String {
    let kept = match keep {
        Some(file) => format!("The history is kept in {}.", file.display()),
        None => "The history is thrown away at the end; --keep FILE leaves it.".to_owned(),
    };
    format!(
        "Almanac's demo. Everything here is made up: the libraries, their partners and requests, what is set in their\n\
         Alma and Primo, the release notes. All of it comes from a small Ex Libris inside this program; no network is used.\n\n\
         The real daemon watches it: {} watches, polled every few seconds. The first polls are a baseline and alert nobody;\n\
         then something happens every {} seconds, and what matters is told below, once: a partner is switched off,\n\
         two libraries contradict each other, requests wait too long, a nightly job fails, Alma gets something new.\n\
         The same answers over HTTP: http://{address}/api/v1/events\n{kept} Stop with Ctrl-C.\n",
        config.watches.len(),
        HAPPENS_EVERY.as_secs(),
    )
}

/// Where the settings of a kept history stand: `FILE.toml`.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".toml");
    PathBuf::from(name)
}

/// A folder that only this user can enter, gone at the end.
struct PrivateFolder(PathBuf);

impl PrivateFolder {
    fn new() -> Result<Self, Failure> {
        let name = format!("almanac-demo-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's temporary folder, which is cleared in time.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
