//! `almanac requests`.

use clap::Args;

use super::failure::Failure;
use super::output::{self, Output};
use super::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::insight::answers::Reader;
use crate::insight::query::RequestQuery;
use crate::insight::requests::View;

/// What `almanac requests` takes.
#[derive(Args, Debug)]
pub(super) struct RequestsArgs {
    /// How long requests have stood where they stand, against the thresholds; what needs someone first.
    #[arg(long, group = "asked")]
    ageing: bool,
    /// What became of the requests of each month: supplied, unfilled, in how many days.
    #[arg(long, group = "asked")]
    turnaround: bool,
    /// How much each library lent and borrowed.
    #[arg(long, group = "asked")]
    balance: bool,
    /// How requests moved from status to status.
    #[arg(long, group = "asked")]
    moves: bool,
    #[command(flatten)]
    query: RequestQuery,
    /// Answer in CSV, for spreadsheets.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// Prints what is known of requests.
pub(super) async fn requests(
    args: RequestsArgs,
    config: &Config,
    clock: &Clock,
    output: &Output,
) -> Result<(), Failure> {
    let mut query = args.query;
    let flags = [
        (args.ageing, View::Ageing),
        (args.turnaround, View::Turnaround),
        (args.balance, View::Balance),
        (args.moves, View::Moves),
    ];
    if let Some((_, view)) = flags.into_iter().find(|(asked, _)| *asked) {
        query.view = Some(view.name().to_owned());
    }
    let store = super::history::store(config, clock).await?;
    let reader = Reader {
        config,
        store: &store,
        clock,
    };
    let answer = reader.requests(&query).await?;
    if output.json {
        return output::json(&answer.rows);
    }
    if args.csv {
        return output::say(print::requests::csv(&answer.rows).trim_end());
    }
    let name_of = |code: &str| {
        config
            .institution(code)
            .map_or_else(|| code.to_owned(), |library| library.name.clone())
    };
    output.text(&print::requests::page(&answer, &name_of, &output.page))
}
