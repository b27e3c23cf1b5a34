//! Answers to questions about the history: what was asked is checked, made precise and read from the store.

use std::fmt;
use std::time::Duration;

use super::near::{near, suggestion};
use super::query::{DiffQuery, EventQuery, RecordQuery, SnapshotQuery};
use super::time;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::answer::{DiffRow, RecordRow, SnapshotRow, WatchRow};
use crate::model::event::{Event, EventKind, Severity, Topic};
use crate::model::moment::Moment;
use crate::model::watch::WatchId;
use crate::store::events::EventFilter;
use crate::store::{Store, StoreError};

/// Rows in an answer where nobody says how many.
pub const LIMIT_DEFAULT: u32 = 50;
/// Rows in an answer, at most: what one page of JSON can hold without tiring anyone.
pub const LIMIT_MAX: u32 = 1000;
/// Names of watches or values in a sentence, at most.
const LISTED_MAX: usize = 12;

/// Reads the history for whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The settings: which watches and libraries there are, and the zone in which a date is meant.
    pub config: &'a Config,
    /// The history.
    pub store: &'a Store,
    /// For "now" and for ages.
    pub clock: &'a Clock,
}

/// Why there is no answer. The text is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// A value that cannot be understood.
    #[error("{parameter}: {problem}")]
    Bad {
        /// The parameter, by its name in the HTTP API (`min_severity`).
        parameter: &'static str,
        /// What is wrong with its value and what to write instead.
        problem: String,
    },
    /// Something that does not exist: a watch, a library.
    #[error("{0}")]
    Unknown(String),
    /// The history cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Events, newest first, and whether there are older ones that match.
#[derive(Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// What was asked, with ages and defaults made precise.
    pub filter: EventFilter,
    /// Whether older events match too; ask again with `before_id` set to the last id.
    pub more: bool,
}

/// The records of a watch at a moment.
#[derive(Debug)]
pub struct RecordSet {
    /// The watch.
    pub watch: WatchId,
    /// The moment meant.
    pub at: Moment,
    /// The records, by key.
    pub rows: Vec<RecordRow>,
    /// When the watch was last polled; `None` if never.
    pub last_poll: Option<Moment>,
}

/// What differs between two moments of a watch.
#[derive(Debug)]
pub struct Difference {
    /// The watch.
    pub watch: WatchId,
    /// The earlier moment.
    pub from: Moment,
    /// The later one.
    pub to: Moment,
    /// The records that differ, by key.
    pub rows: Vec<DiffRow>,
    /// When the watch was last polled; `None` if never.
    pub last_poll: Option<Moment>,
}

impl Reader<'_> {
    /// How every watch is.
    ///
    /// # Errors
    /// [`AskError::Store`].
    pub async fn watches(&self) -> Result<Vec<WatchRow>, AskError> {
        Ok(super::watches(self.config, self.store, self.clock.now()).await?)
    }

    /// The newest events that match.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn events(&self, query: &EventQuery) -> Result<EventPage, AskError> {
        let mut filter = self.event_filter(query)?;
        if let Some(watch) = &query.watch {
            filter.watch = Some(self.watch_of_events(watch).await?);
        }
        if let Some(code) = &query.institution {
            filter.institution = Some(self.institution(code).await?);
        }
        // One more than asked for tells whether there is a next page.
        let wanted = filter.limit as usize;
        let mut events = self
            .store
            .events(&EventFilter {
                limit: filter.limit + 1,
                ..filter.clone()
            })
            .await?;
        let more = events.len() > wanted;
        events.truncate(wanted);
        Ok(EventPage { events, filter, more })
    }

    /// The polls of a watch that changed something, newest first.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn snapshots(&self, query: &SnapshotQuery) -> Result<Vec<SnapshotRow>, AskError> {
        let limit = limit(query.limit.as_deref())?;
        let (watch, _) = self.watch(query.watch.as_deref()).await?;
        Ok(self.store.snapshots(&watch, limit).await?)
    }

    /// The records of a watch as they stood at a moment.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn records(&self, query: &RecordQuery) -> Result<RecordSet, AskError> {
        let at = self.time("at", query.at.as_deref())?;
        let (watch, last_poll) = self.watch(query.watch.as_deref()).await?;
        let at = at.unwrap_or_else(|| self.newest(last_poll));
        let rows = self.store.records(&watch, query.key.as_deref(), at).await?;
        Ok(RecordSet {
            watch,
            at,
            rows,
            last_poll,
        })
    }

    /// Now, or the last poll where the computer's clock was put back since.
    fn newest(&self, last_poll: Option<Moment>) -> Moment {
        let now = self.clock.now();
        last_poll.map_or(now, |last| last.max(now))
    }

    /// What differs between two moments of a watch; see [`DiffQuery`] for the moments that are meant where none are said.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn diff(&self, query: &DiffQuery) -> Result<Difference, AskError> {
        let from = self.time("from", query.from.as_deref())?;
        let to = self.time("to", query.to.as_deref())?;
        let (watch, last_poll) = self.watch(query.watch.as_deref()).await?;
        let to = to.unwrap_or_else(|| self.newest(last_poll));
        let from = match from {
            Some(from) => from,
            None => self.before_the_last_change(&watch, to).await?,
        };
        if from > to {
            return Err(bad(
                "from",
                format!("{from} is after the later time {to}; exchange the two"),
            ));
        }
        let rows = self.store.diff(&watch, from, to).await?;
        Ok(Difference {
            watch,
            from,
            to,
            rows,
            last_poll,
        })
    }

    async fn before_the_last_change(&self, watch: &WatchId, to: Moment) -> Result<Moment, AskError> {
        let snapshots = self.store.snapshots(watch, LIMIT_MAX).await?;
        match snapshots.iter().find(|snapshot| snapshot.at <= to) {
            Some(newest) => Ok(newest.at.minus(Duration::from_millis(1))),
            None if snapshots.len() < LIMIT_MAX as usize => Ok(to),
            None => Err(bad(
                "from",
                format!("the last {LIMIT_MAX} changes are all later than {to}; say the earlier time too"),
            )),
        }
    }

    /// The watch of that name, and when it was last polled. A watch that left the configuration keeps its history.
    async fn watch(&self, typed: Option<&str>) -> Result<(WatchId, Option<Moment>), AskError> {
        let Some(typed) = typed.filter(|typed| !typed.is_empty()) else {
            return Err(bad(
                "watch",
                format!("say which watch; {}", known_watches(self.config, "")),
            ));
        };
        let id = WatchId::from_text(typed);
        let last_poll = self.store.last_poll(&id).await?;
        if last_poll.is_none() && self.config.watch(&id).is_none() {
            return Err(unknown_watch(self.config, typed));
        }
        Ok((id, last_poll))
    }

    /// The same for a filter of events: an event can be told by what was never polled itself.
    async fn watch_of_events(&self, typed: &str) -> Result<WatchId, AskError> {
        let unknown = match self.watch(Some(typed)).await {
            Ok((watch, _)) => return Ok(watch),
            Err(unknown) => unknown,
        };
        let watch = WatchId::from_text(typed);
        let filter = EventFilter {
            watch: Some(watch.clone()),
            limit: 1,
            ..EventFilter::default()
        };
        if self.store.events(&filter).await?.is_empty() {
            Err(unknown)
        } else {
            Ok(watch)
        }
    }

    /// The code of that library. One that left the configuration keeps its history.
    pub(super) async fn institution(&self, typed: &str) -> Result<String, AskError> {
        let institutions = &self.config.institutions;
        if let Some(known) = institutions.iter().find(|each| each.code.eq_ignore_ascii_case(typed)) {
            return Ok(known.code.clone());
        }
        let filter = EventFilter {
            institution: Some(typed.to_owned()),
            limit: 1,
            ..EventFilter::default()
        };
        if !self.store.events(&filter).await?.is_empty() {
            return Ok(typed.to_owned());
        }
        let names = institutions.iter().flat_map(|each| {
            std::iter::once((each.code.as_str(), each.name.as_str()))
                .chain(each.aliases.iter().map(|alias| (each.code.as_str(), alias.as_str())))
        });
        let help = suggestion(&near(typed, names)).unwrap_or_else(|| {
            listed(
                "the configuration names",
                "the configuration names no library",
                institutions.iter().map(|each| each.code.as_str()),
            )
        });
        Err(AskError::Unknown(format!("there is no library “{typed}”; {help}")))
    }

    fn event_filter(&self, query: &EventQuery) -> Result<EventFilter, AskError> {
        let filter = EventFilter {
            since: self.time("since", query.since.as_deref())?,
            until: self.time("until", query.until.as_deref())?,
            institution: None,
            kind: named("kind", query.kind.as_deref(), EventKind::ALL, EventKind::named)?,
            topic: named("topic", query.topic.as_deref(), Topic::ALL, Topic::named)?,
            watch: None,
            min_severity: named(
                "min_severity",
                query.min_severity.as_deref(),
                Severity::ALL,
                Severity::named,
            )?,
            before_id: query
                .before_id
                .as_deref()
                .map(|text| {
                    text.parse()
                        .map_err(|_| bad("before_id", format!("“{text}” is no event id; ids are whole numbers")))
                })
                .transpose()?,
            limit: limit(query.limit.as_deref())?,
        };
        match (filter.since, filter.until) {
            (Some(since), Some(until)) if since > until => Err(bad(
                "since",
                format!("{since} is after the end {until}; exchange the two"),
            )),
            _ => Ok(filter),
        }
    }

    pub(super) fn time(&self, parameter: &'static str, text: Option<&str>) -> Result<Option<Moment>, AskError> {
        text.map(|text| {
            time::parse(text, self.clock.now(), self.config.timezone).map_err(|problem| bad(parameter, problem))
        })
        .transpose()
    }
}

/// The error for a watch that is neither configured nor in the history; it names those that are alike.
pub fn unknown_watch(config: &Config, typed: &str) -> AskError {
    AskError::Unknown(format!("there is no watch “{typed}”; {}", known_watches(config, typed)))
}

fn known_watches(config: &Config, typed: &str) -> String {
    let names = config.watches.iter().map(|watch| {
        let library = watch.institution.as_deref().and_then(|code| config.institution(code));
        (watch.id.as_str(), library.map_or("", |library| library.name.as_str()))
    });
    suggestion(&near(typed, names)).unwrap_or_else(|| {
        listed(
            "there are",
            "the configuration names none, add a [[watch]] to it",
            config.watches.iter().map(|watch| watch.id.as_str()),
        )
    })
}

pub(super) fn named<T: fmt::Display + Copy>(
    parameter: &'static str,
    text: Option<&str>,
    all: &[T],
    named: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, AskError> {
    let Some(text) = text else { return Ok(None) };
    named(text).map(Some).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        let help = suggestion(&near(text, names.iter().map(|name| (name.as_str(), ""))))
            .unwrap_or_else(|| format!("it is one of {}", names.join(", ")));
        bad(parameter, format!("“{text}” is not known; {help}"))
    })
}

fn limit(text: Option<&str>) -> Result<u32, AskError> {
    let Some(text) = text else { return Ok(LIMIT_DEFAULT) };
    match text.parse() {
        Ok(limit @ 1..=LIMIT_MAX) => Ok(limit),
        _ => Err(bad(
            "limit",
            format!("“{text}” will not do; write a whole number from 1 to {LIMIT_MAX}"),
        )),
    }
}

fn bad(parameter: &'static str, problem: String) -> AskError {
    AskError::Bad { parameter, problem }
}

fn listed<'a>(lead: &str, none: &str, names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let all = names.len();
    let shown: Vec<&str> = names.take(LISTED_MAX).collect();
    match all.saturating_sub(shown.len()) {
        _ if all == 0 => none.to_owned(),
        0 => format!("{lead} {}", shown.join(", ")),
        rest => format!("{lead} {} and {rest} more", shown.join(", ")),
    }
}
