//! `almanac alerts`.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::history::store;
use super::output::{self, Output};
use super::print;
use crate::alerts::send_test;
use crate::clock::Clock;
use crate::config::Config;
use crate::insight::answers::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::model::answer::MessageState;

/// What `almanac alerts` takes; alone, it lists.
#[derive(Args, Debug)]
pub(super) struct AlertsArgs {
    #[command(subcommand)]
    command: Option<AlertsCommand>,
}

#[derive(Debug, Subcommand)]
enum AlertsCommand {
    /// List the messages to channels, newest first.
    List(ListArgs),
    /// Send a test message to a channel now.
    Test {
        /// Its name in the settings.
        channel: String,
    },
    /// Queue dead messages again: those named, or all.
    Retry {
        /// Ids as `almanac alerts list --state dead` shows them.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Only messages in this state: waiting, sending, sent or dead.
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<MessageState>,
    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value_t = LIMIT_DEFAULT,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(LIMIT_MAX)))]
    limit: u32,
}

fn state(text: &str) -> Result<MessageState, String> {
    MessageState::named(text).ok_or_else(|| "it is one of waiting, sending, sent, dead".to_owned())
}

/// Runs it.
pub(super) async fn alerts(args: AlertsArgs, config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    let list = ListArgs {
        state: None,
        limit: LIMIT_DEFAULT,
    };
    match args.command.unwrap_or(AlertsCommand::List(list)) {
        AlertsCommand::List(args) => {
            let rows = store(config, clock).await?.messages(args.state, args.limit).await?;
            output.rows(&rows, |page| print::rows::messages(&rows, page))
        }
        AlertsCommand::Test { channel } => {
            let told = send_test(config, &channel, clock).await.map_err(Failure::mistake)?;
            if output.json {
                return output::json(&serde_json::json!({"channel": channel, "detail": told}));
            }
            output.text(&told)
        }
        AlertsCommand::Retry { ids } => {
            let queued = store(config, clock)
                .await?
                .retry_dead((!ids.is_empty()).then_some(ids.as_slice()))
                .await?;
            if output.json {
                return output::json(&serde_json::json!({"queued": queued}));
            }
            output.text(&match (queued, ids.is_empty()) {
                (0, true) => "No message is dead; there is nothing to queue again.".to_owned(),
                (0, false) => {
                    "None of these is a dead message; `almanac alerts list --state dead` shows which are.".to_owned()
                }
                (1, _) => "Queued 1 message again; the daemon or the next `almanac poll` sends it.".to_owned(),
                (many, _) => format!("Queued {many} messages again; the daemon or the next `almanac poll` sends them."),
            })
        }
    }
}
