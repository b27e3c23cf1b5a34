//! `almanac watches`, `events`, `snapshots`, `show` and `diff`.

use super::TIME_HELP;
use super::failure::Failure;
use super::output::Output;
use super::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::insight::answers::{Reader, RecordSet};
use crate::insight::near::{near, suggestion};
use crate::insight::query::{DiffQuery, EventQuery, RecordQuery, SnapshotQuery};
use crate::model::event::{EventKind, Topic};
use crate::model::moment::Moment;
use crate::poll::Almanac;
use crate::store::Store;

/// Columns of the lists in help texts.
pub(super) const HELP_WIDTH: usize = 100;

/// Opens the history.
pub(super) async fn store(config: &Config, clock: &Clock) -> Result<Store, Failure> {
    Ok(Store::open(&config.store, clock.clone()).await?)
}

/// Opens a history that must be there already.
pub(super) async fn existing_store(config: &Config, clock: &Clock) -> Result<Store, Failure> {
    if !config.store.exists() {
        return Err(Failure::mistake(format!(
            "there is no history at {} yet; `almanac poll` begins one",
            config.store.display()
        )));
    }
    store(config, clock).await
}

/// `almanac watches`.
pub(super) async fn watches(config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let rows = reader(config, &store, clock).watches().await?;
    output.rows(&rows, |page| print::rows::watches(&rows, page))
}

/// `almanac reinterpret`.
pub(super) async fn reinterpret(config: Config, clock: Clock, output: &Output) -> Result<(), Failure> {
    existing_store(&config, &clock).await?.close().await;
    let events = Almanac::open(config, clock).await?.reinterpret().await?;
    if output.json {
        return super::output::json(&serde_json::json!({ "events": events }));
    }
    output.text(&format!(
        "{events} events were written anew from the stored changes. Nothing was sent."
    ))
}

/// `almanac events`.
pub(super) async fn events(query: &EventQuery, config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let found = reader(config, &store, clock).events(query).await?;
    output.rows(&found.events, |page| {
        print::events::page(&found.events, found.more, page)
    })
}

/// `almanac snapshots`.
pub(super) async fn snapshots(
    query: &SnapshotQuery,
    config: &Config,
    clock: &Clock,
    output: &Output,
) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let rows = reader(config, &store, clock).snapshots(query).await?;
    let watch = query.watch.as_deref().unwrap_or_default();
    output.rows(&rows, |page| print::rows::snapshots(watch, &rows, page))
}

/// `almanac show`.
pub(super) async fn show(query: &RecordQuery, config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let reader = reader(config, &store, clock);
    let set = reader.records(query).await?;
    if !output.json && set.rows.is_empty() {
        return output.text(&nothing_stood(&set, query, &reader, output).await?);
    }
    output.rows(&set.rows, |page| match query.key {
        Some(_) => print::records::whole(&set, page),
        None => print::records::list(&set, page),
    })
}

/// `almanac diff`.
pub(super) async fn diff(query: &DiffQuery, config: &Config, clock: &Clock, output: &Output) -> Result<(), Failure> {
    let store = store(config, clock).await?;
    let found = reader(config, &store, clock).diff(query).await?;
    output.rows(&found.rows, |page| print::diff::difference(&found, page))
}

/// What `almanac events --help` says in the end.
pub(super) fn events_help() -> String {
    let listed = |names: Vec<&str>| print::wrapped(&names.join(" · "), HELP_WIDTH, 2);
    format!(
        "{TIME_HELP}\n\nKinds:\n{}\nTopics:\n{}",
        listed(EventKind::ALL.iter().map(|kind| kind.name()).collect()),
        listed(Topic::ALL.iter().map(|topic| topic.name()).collect())
    )
}

/// Reads the history.
pub(super) fn reader<'a>(config: &'a Config, store: &'a Store, clock: &'a Clock) -> Reader<'a> {
    Reader { config, store, clock }
}

/// Why `show` has nothing to show, and what to do.
async fn nothing_stood(
    set: &RecordSet,
    query: &RecordQuery,
    reader: &Reader<'_>,
    output: &Output,
) -> Result<String, Failure> {
    let Some(key) = &query.key else {
        return Ok(print::records::none(set, &output.page));
    };
    let all = reader
        .records(&RecordQuery {
            key: None,
            at: Some(set.at.to_string()),
            ..query.clone()
        })
        .await?;
    let alike = near(key, all.rows.iter().map(|row| (row.key.as_str(), "")));
    let help = suggestion(&alike).unwrap_or_else(|| format!("`almanac show {}` lists the keys there are.", set.watch));
    Ok(match all.rows.len() {
        0 => print::records::none(set, &output.page),
        _ => format!("{}; {help}", no_record(key, set.at, output)),
    })
}

fn no_record(key: &str, at: Moment, output: &Output) -> String {
    format!(
        "There was no record “{}” at {}",
        print::clean(key),
        output.page.time(at)
    )
}
