//! `almanac collaborations` and `almanac adoption`.

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::history::{reader, store};
use super::output::{self, Output};
use super::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::insight;
use crate::insight::query::{AdoptionQuery, CollaborationQuery};

/// What `almanac collaborations` takes.
#[derive(Debug, Args)]
pub(super) struct CollaborationsArgs {
    #[command(subcommand)]
    command: Option<CollaborationsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum CollaborationsCommand {
    /// List the catalogue, by area. So does no subcommand at all.
    List(ListArgs),
    /// Tell what one collaboration is, what it takes, and how its state is found out.
    Show {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    query: CollaborationQuery,
    /// Answer as a table for a spreadsheet.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// The flags of `almanac adoption`.
#[derive(Debug, Args)]
pub(super) struct AdoptionArgs {
    #[command(flatten)]
    query: AdoptionQuery,
    /// Show the members beside each other, a letter for each state.
    #[arg(long)]
    matrix: bool,
    /// Answer as a table for a spreadsheet.
    #[arg(long, conflicts_with_all = ["matrix", "json"])]
    csv: bool,
}

/// `almanac collaborations`.
pub(super) fn collaborations(args: CollaborationsArgs, config: &Config, output: &Output) -> Result<(), Failure> {
    match args.command {
        Some(CollaborationsCommand::Show { id }) => {
            let query = CollaborationQuery {
                id: Some(id),
                ..CollaborationQuery::default()
            };
            let found = insight::adoption::collaborations(config, &query)?;
            output.rows(&found, |page| {
                found
                    .iter()
                    .map(|each| print::collaborations::whole(each, page))
                    .collect()
            })
        }
        Some(CollaborationsCommand::List(list)) => listed(&list, config, output),
        None => listed(&args.list, config, output),
    }
}

fn listed(list: &ListArgs, config: &Config, output: &Output) -> Result<(), Failure> {
    let found = insight::adoption::collaborations(config, &list.query)?;
    if list.csv {
        return output::say(print::collaborations::csv(&found).trim_end());
    }
    output.rows(&found, |page| print::collaborations::list(&found, page))
}

/// `almanac adoption`.
pub(super) async fn adoption(
    args: AdoptionArgs,
    config: &Config,
    clock: &Clock,
    output: &Output,
) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let answer = reader(config, &store, clock).adoption(&args.query).await?;
    if args.csv {
        return output::say(print::adoption::csv(&answer.rows).trim_end());
    }
    output.rows(&answer.rows, |page| {
        if args.matrix {
            print::adoption::matrix(&answer, page)
        } else {
            let query = &args.query;
            print::adoption::adoption(
                &answer,
                query.collaboration.is_some(),
                query.institution.is_some(),
                page,
            )
        }
    })
}
