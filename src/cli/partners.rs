//! `almanac partners`.

use clap::Args;

use super::TIME_HELP;
use super::failure::Failure;
use super::history::{HELP_WIDTH, reader, store};
use super::output::{self, Output};
use super::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::insight::query::PartnerQuery;
use crate::model::reciprocity::ProblemKind;

/// The flags of `almanac partners`.
#[derive(Debug, Args)]
pub(super) struct PartnersArgs {
    #[command(flatten)]
    query: PartnerQuery,
    /// Show the members against each other: who lends to whom at a glance.
    #[arg(long, conflicts_with_all = ["problems", "records"])]
    matrix: bool,
    /// Only partner records of which it is not certain which member they mean.
    #[arg(long, conflicts_with = "problems")]
    records: bool,
    /// Answer as a table for a spreadsheet.
    #[arg(long, conflicts_with_all = ["matrix", "json"])]
    csv: bool,
}

/// What `almanac partners --help` says in the end.
pub(super) fn help() -> String {
    let kinds: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.name()).collect();
    format!(
        "{TIME_HELP}\n\nKinds of problem:\n{}",
        print::wrapped(&kinds.join(" · "), HELP_WIDTH, 2)
    )
}

/// `almanac partners`.
pub(super) async fn partners(
    args: PartnersArgs,
    config: &Config,
    clock: &Clock,
    output: &Output,
) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let answer = reader(config, &store, clock).partners(&args.query).await?;
    if args.csv {
        let table = if args.records {
            print::partners::records_csv(&answer.findings)
        } else {
            print::partners::csv(&answer.rows)
        };
        return output::say(table.trim_end());
    }
    if args.records {
        return output.rows(&answer.findings, |page| print::partners::records(&answer, page));
    }
    output.rows(&answer.rows, |page| {
        if args.matrix {
            print::partners::matrix(&answer, page)
        } else if args.query.problems.is_some() {
            let asked = args.query.problems.as_deref().and_then(ProblemKind::named);
            print::partners::problems(&answer, asked, page)
        } else {
            print::partners::pairs(&answer, page)
        }
    })
}
