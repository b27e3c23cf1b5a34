//! The command line: one file a command group, and `print` for what people read.
//!
//! Exit codes: 0 all is well; 1 a watch failed, a mistake in the settings, something that is not there; 2 the command line
//! itself cannot be understood. A mistake is one sentence on standard error that says what to do.

mod adoption;
mod alerts;
mod backup;
mod check;
mod config;
mod demo;
mod failure;
mod features;
mod history;
mod output;
mod partners;
mod poll;
pub mod print;
mod requests;
mod rotate_key;
mod run;

use std::any::Any;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::clock::Clock;
use crate::config::Config;
use crate::insight::query::{DiffQuery, EventQuery, RecordQuery, SnapshotQuery};
use crate::telemetry::{self, Loudness};
use failure::Failure;
use output::Output;

/// Flags that every command takes stand last in its help.
const GLOBAL_ORDER: usize = 100;
/// How long work that was abandoned may go on after the command ended.
const STRAGGLERS_WITHIN: Duration = Duration::from_secs(1);

/// What a TIME is, for help texts.
const TIME_HELP: &str = "\
A TIME is RFC 3339 (2026-11-25T08:00:00-05:00), a date (2026-11-25: the start of that day in the consortium's time zone)
or an age (30d, 6h, 15m, 2w).";

/// Keeps watch over Ex Libris Alma and Primo for a library consortium.
#[derive(Debug, Parser)]
#[command(name = "almanac", version)]
struct Cli {
    /// The settings.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        display_order = GLOBAL_ORDER,
        env = "ALMANAC_CONFIG",
        default_value = "config/almanac.toml"
    )]
    config: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true, display_order = GLOBAL_ORDER)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// See everything at once on a made-up Ex Libris: no network, no settings.
    Demo(demo::DemoArgs),
    /// Run the daemon: schedule, alerts, HTTP.
    Run,
    /// Try settings, keys, views, pages and channels, without storing anything.
    Check(check::CheckArgs),
    /// Poll now, once, and print what changed. Exit code 1 where a watch failed.
    Poll(poll::PollArgs),
    /// List every watch: how it is, when it was polled, what it needs. Fails only where settings or history cannot be
    /// read, not where a watch fails, so that it serves as a health check of the daemon's files.
    Watches,
    /// List what happened, newest first.
    #[command(after_help = history::events_help())]
    Events(EventQuery),
    /// List the polls of a watch that changed something, newest first.
    Snapshots(SnapshotQuery),
    /// Show the records of a watch as they stood at a time.
    #[command(after_help = TIME_HELP)]
    Show(RecordQuery),
    /// Show what differs between two times of a watch; by default, the newest change.
    #[command(after_help = TIME_HELP)]
    Diff(DiffQuery),
    /// Show who lends to whom among the members, what is wrong, since when, and what made it so.
    #[command(after_help = partners::help())]
    Partners(partners::PartnersArgs),
    /// Show where resource-sharing requests stand, how long they wait, and what becomes of them.
    #[command(after_help = TIME_HELP)]
    Requests(requests::RequestsArgs),
    /// List what the members could do together, what it takes, and how a library without Alma can join.
    Collaborations(adoption::CollaborationsArgs),
    /// Show how far each member has come with each collaboration, since when, and by what evidence.
    #[command(after_help = TIME_HELP)]
    Adoption(adoption::AdoptionArgs),
    /// Judge release-note items: are they about collaboration among institutions, on which topics, and why?
    #[command(subcommand)]
    Features(features::FeaturesCommand),
    /// List messages to channels, try a channel, queue dead messages again.
    Alerts(alerts::AlertsArgs),
    /// Copy the whole history into a new file while the daemon runs.
    Backup(backup::BackupArgs),
    /// Put a new key in the place of the one under which request ids are hashed; the old one is kept for 90 days.
    RotateKey(rotate_key::RotateKeyArgs),
    /// Say anew what every stored change means, after an upgrade or a change of names and severities. Sends nothing.
    Reinterpret,
    /// About the settings file.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Runs the program from its arguments to its exit code.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(tell_panic));
    catch_unwind(AssertUnwindSafe(start)).unwrap_or(ExitCode::FAILURE)
}

fn start() -> ExitCode {
    match Cli::try_parse().map_err(Failure::usage).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::mistake(format!(
                "cannot start: {error}; this computer has too few threads or files"
            ))
        })?;
    let ended = runtime.block_on(cli.run());
    runtime.shutdown_timeout(STRAGGLERS_WITHIN);
    ended
}

impl Cli {
    async fn run(self) -> Result<(), Failure> {
        let clock = Clock::System;
        telemetry::start_logging(match self.command {
            Command::Run => Loudness::Service,
            _ => Loudness::Command,
        })
        .map_err(Failure::mistake)?;
        // These need no settings; the last goes by them where there are any.
        let command = match self.command {
            Command::Demo(args) => return demo::demo(args, clock).await,
            Command::Config(command) => return config::config(command),
            Command::Features(command) => {
                let classifier = features::configured(&self.config)?;
                // Figures have no time: the zone of the settings does not matter here.
                let output = Output::new(self.json, chrono_tz::UTC, clock.now());
                return features::features(command, &classifier, &output);
            }
            command => command,
        };
        let config = Config::load(&self.config).map_err(|mistakes| Failure::mistake(mistakes.to_string()))?;
        let output = Output::new(self.json, config.timezone, clock.now());
        match command {
            Command::Demo(_) | Command::Config(_) | Command::Features(_) => Ok(()),
            Command::Run => run::run(config, clock).await,
            Command::Check(args) => check::check(args, config, clock, &output).await,
            Command::Poll(args) => poll::poll(args, config, clock, &output).await,
            Command::Watches => history::watches(&config, &clock, &output).await,
            Command::Events(query) => history::events(&query, &config, &clock, &output).await,
            Command::Snapshots(query) => history::snapshots(&query, &config, &clock, &output).await,
            Command::Show(query) => history::show(&query, &config, &clock, &output).await,
            Command::Diff(query) => history::diff(&query, &config, &clock, &output).await,
            Command::Partners(args) => partners::partners(args, &config, &clock, &output).await,
            Command::Requests(args) => requests::requests(args, &config, &clock, &output).await,
            Command::Collaborations(args) => adoption::collaborations(args, &config, &output),
            Command::Adoption(args) => adoption::adoption(args, &config, &clock, &output).await,
            Command::Alerts(args) => alerts::alerts(args, &config, &clock, &output).await,
            Command::Backup(args) => backup::backup(args, &config, &clock, &output).await,
            Command::RotateKey(args) => rotate_key::rotate_key(&args, &config, &clock, &output),
            Command::Reinterpret => history::reinterpret(config, clock, &output).await,
        }
    }
}

/// Tells of a mistake in the program itself. A message that was put together at run time may hold anything, so only one
/// that stands in the program is shown.
fn tell_panic(info: &PanicHookInfo<'_>) {
    let payload: &dyn Any = info.payload();
    let what = payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("no more is said");
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    failure::tell(&format!(
        "a mistake in Almanac itself{place} ({what}); please report this line and the command to the people you have \
         Almanac from"
    ));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
