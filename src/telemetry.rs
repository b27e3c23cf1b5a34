//! What operators see of the program at work: log lines and metrics. Both hold names, counts and times only, never a key,
//! an answer's text or anything about a person.

use std::io::IsTerminal;

use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::model::answer::{MessageState, Outcome, WatchHealth};
use crate::model::event::EventKind;
use crate::model::watch::SourceKind;

/// Overrides which log lines are written: `debug`, `almanac=debug,sqlx=warn`.
pub const LOG_FILTER_VARIABLE: &str = "ALMANAC_LOG";
/// `json` writes one JSON object a log line, for a log collector.
pub const LOG_FORMAT_VARIABLE: &str = "ALMANAC_LOG_FORMAT";

/// Polls by source and outcome.
pub const POLLS_TOTAL: &str = "almanac_polls_total";
/// Events by kind.
pub const EVENTS_TOTAL: &str = "almanac_events_total";
/// Messages that came into a state, by channel.
pub const MESSAGES_TOTAL: &str = "almanac_messages_total";
/// Watches by state, as they are now.
pub const WATCHES: &str = "almanac_watches";
/// Answers given over HTTP, by route and status.
pub const HTTP_REQUESTS_TOTAL: &str = "almanac_http_requests_total";
/// When the daemon's heart last beat, in seconds since the epoch.
pub const LAST_BEAT: &str = "almanac_last_beat_timestamp_seconds";

/// Which log lines are written where [`LOG_FILTER_VARIABLE`] does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loudness {
    /// A service: what it does, and what goes wrong.
    Service,
    /// A command that a person waits for: it reports by itself, so only what is broken.
    Command,
}

/// Sends log lines to standard error: for people on a terminal, as JSON where [`LOG_FORMAT_VARIABLE`] says so. A second
/// call does nothing.
///
/// # Errors
/// A sentence, if the filter that the environment names cannot be read.
pub fn start_logging(loudness: Loudness) -> Result<(), String> {
    let default = match loudness {
        Loudness::Service => "info,sqlx=warn,hyper=warn,reqwest=warn",
        Loudness::Command => "error",
    };
    let wanted = std::env::var(LOG_FILTER_VARIABLE).unwrap_or_default();
    let filter = if wanted.is_empty() { default } else { &wanted };
    let filter = EnvFilter::try_new(filter).map_err(|_| {
        format!("{LOG_FILTER_VARIABLE} is set to something that is no log filter; write info, debug or almanac=debug,sqlx=warn")
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(
            std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        );
    let json = std::env::var(LOG_FORMAT_VARIABLE).is_ok_and(|format| format == "json");
    // An error means that somebody (a test) has set up logging already.
    let _ = if json {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.with_target(false).try_init()
    };
    Ok(())
}

/// Begins to count; the handle renders the counts for Prometheus. Where nobody calls this, counting costs nothing.
///
/// # Errors
/// A sentence, if the program counts already.
pub fn start_metrics() -> Result<PrometheusHandle, String> {
    let handle = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| format!("cannot begin to count: {error}"))?;
    describe_counter!(POLLS_TOTAL, "Polls that ended, by source and outcome");
    describe_counter!(EVENTS_TOTAL, "Events, by kind");
    describe_counter!(MESSAGES_TOTAL, "Messages that came into a state, by channel and state");
    describe_gauge!(WATCHES, "Watches, by state");
    describe_counter!(HTTP_REQUESTS_TOTAL, "Answers given over HTTP, by route and status");
    describe_gauge!(
        LAST_BEAT,
        "When the daemon's heart last beat, in seconds since the epoch"
    );
    Ok(handle)
}

/// Counts a poll that ended.
pub fn polled(source: SourceKind, outcome: Outcome) {
    counter!(POLLS_TOTAL, "source" => source.name(), "outcome" => outcome.name()).increment(1);
}

/// Counts an event that was committed.
pub fn event_made(kind: EventKind) {
    counter!(EVENTS_TOTAL, "kind" => kind.name()).increment(1);
}

/// Counts a message that came into a state. `channel` is a name from the configuration, so its values are few.
pub fn message_became(channel: &str, state: MessageState) {
    counter!(MESSAGES_TOTAL, "channel" => channel.to_owned(), "state" => state.name()).increment(1);
}

/// Counts an answer over HTTP. `route` is the pattern that matched, never what the caller wrote.
pub fn answered(route: &str, status: u16) {
    counter!(HTTP_REQUESTS_TOTAL, "route" => route.to_owned(), "status" => status.to_string()).increment(1);
}

/// Notes how many watches are in each state.
pub fn watches_are(states: impl IntoIterator<Item = WatchHealth> + Clone) {
    for state in WatchHealth::ALL {
        let count = states.clone().into_iter().filter(|each| *each == state).count();
        gauge!(WATCHES, "state" => state.name()).set(count as f64);
    }
}

/// Notes when the daemon's heart last beat.
pub fn beat_at(seconds: f64) {
    gauge!(LAST_BEAT).set(seconds);
}
