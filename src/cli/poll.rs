//! `almanac poll`.

use clap::Args;
use futures_util::{StreamExt, stream};

use super::failure::{self, Failure};
use super::output::{Output, progress};
use super::print;
use crate::clock::Clock;
use crate::config::{Config, Watch};
use crate::insight::answers::{LIMIT_DEFAULT, unknown_watch};
use crate::model::answer::{Outcome, PollRow};
use crate::model::event::Event;
use crate::model::moment::Moment;
use crate::model::watch::WatchId;
use crate::poll::Almanac;
use crate::store::events::EventFilter;

/// Watches polled at once: enough that one slow library does not hold up the others; each library has its own pace anyway.
const POLLS_AT_ONCE_MAX: usize = 4;

/// What `almanac poll` takes.
#[derive(Args, Debug)]
pub(super) struct PollArgs {
    /// Believe an answer that was held back as implausible (many records gone at once). Names watches to say which.
    #[arg(long, requires = "watch")]
    accept: bool,
    /// The watches to poll, such as alma.partners/01TUN_INST; all if none is named.
    #[arg(value_name = "WATCH")]
    watch: Vec<String>,
}

/// Polls once. Exit code 1 where a watch failed.
pub(super) async fn poll(args: PollArgs, config: Config, clock: Clock, output: &Output) -> Result<(), Failure> {
    let wanted: Vec<WatchId> = args.watch.iter().map(WatchId::from_text).collect();
    if let Some(unknown) = wanted.iter().find(|id| config.watch(id).is_none()) {
        return Err(unknown_watch(&config, unknown.as_str()).into());
    }
    let almanac = Almanac::open(config, clock).await?;
    let (derived, asked): (Vec<&Watch>, Vec<&Watch>) = almanac
        .config
        .watches
        .iter()
        .filter(|watch| wanted.is_empty() || wanted.contains(&watch.id) || depends_on(&almanac, watch, &wanted))
        .partition(|watch| watch.source.kind().is_derived());
    let began = almanac.clock.now();
    let mut rows = poll_all(&almanac, &asked, args.accept).await;
    // What is derived from these answers is computed from them, not from those before.
    rows.extend(poll_all(&almanac, &derived, args.accept).await);
    if let Err(error) = almanac.deliver_due().await {
        failure::tell(&format!("the alerts that are due could not be sent: {error:#}"));
    }
    let events = if output.json {
        Vec::new()
    } else {
        events_of(&almanac, &rows, began).await?
    };
    output.rows(&rows, |page| print::rows::polls(&rows, &events, page))?;
    let failed = rows.iter().any(|row| row.outcome == Outcome::Failed);
    if failed { Err(Failure::Told) } else { Ok(()) }
}

/// Whether a derived watch is computed from one of those that were named; it costs no call to Ex Libris.
fn depends_on(almanac: &Almanac, derived: &Watch, named: &[WatchId]) -> bool {
    named
        .iter()
        .filter_map(|id| almanac.config.watch(id))
        .any(|input| almanac.derived_from(input).any(|watch| watch.id == derived.id))
}

/// Rows in the order of the settings, whichever watch answers first.
async fn poll_all(almanac: &Almanac, watches: &[&Watch], accept: bool) -> Vec<PollRow> {
    let all = watches.len();
    stream::iter(watches.iter().enumerate())
        .map(|(index, watch)| async move {
            progress(&format!("polling {} ({} of {all}) …", watch.id, index + 1));
            almanac.poll(watch, accept).await
        })
        .buffered(POLLS_AT_ONCE_MAX)
        .collect()
        .await
}

async fn events_of(almanac: &Almanac, rows: &[PollRow], began: Moment) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    for row in rows.iter().filter(|row| row.events > 0) {
        let filter = EventFilter {
            since: Some(began),
            watch: Some(WatchId::from_text(&row.watch)),
            limit: row.events.min(LIMIT_DEFAULT),
            ..EventFilter::default()
        };
        events.extend(almanac.store.events(&filter).await?);
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    Ok(events)
}
