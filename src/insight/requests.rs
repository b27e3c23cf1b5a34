//! Where requests stand, how long they wait, what becomes of them: read from what sources followed.

pub mod few;
mod months;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::Datelike as _;
use chrono_tz::Tz;
use serde_json::Value;

use super::answers::{AskError, Reader, named};
use super::near::{near, suggestion};
use super::query::RequestQuery;
use super::time::{self, local};
use crate::meaning::ageing::{Cell, SideReading, cells};
use crate::model::answer::requests::{AgeingRow, BalanceRow, MoveRow, RequestCountRow, TurnaroundRow};
use crate::model::moment::Moment;
use crate::model::request::{KnownRequest, Side};
use crate::model::request_month::rough_days;
use crate::model::request_status::{label, status};
use crate::model::watch::{SourceKind, WatchId};
use crate::store::requests::Reading;
use few::{is_few, withheld_beside_total};

/// Moves are kept for so long.
const MOVES_KEPT: Duration = Duration::from_hours(90 * 24);

/// What can be asked of requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// How many stand in each status.
    Counts,
    /// How long they have stood there.
    Ageing,
    /// What became of them, and how fast.
    Turnaround,
    /// How much a library lends and borrows.
    Balance,
    /// How they moved.
    Moves,
}

impl View {
    /// All of them.
    pub const ALL: [View; 5] = [View::Counts, View::Ageing, View::Turnaround, View::Balance, View::Moves];

    /// The word used in the HTTP API.
    pub const fn name(self) -> &'static str {
        match self {
            View::Counts => "counts",
            View::Ageing => "ageing",
            View::Turnaround => "turnaround",
            View::Balance => "balance",
            View::Moves => "moves",
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The rows of an answer.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
#[serde(untagged)]
pub enum RequestRows {
    /// See [`View::Counts`].
    Counts(Vec<RequestCountRow>),
    /// See [`View::Ageing`].
    Ageing(Vec<AgeingRow>),
    /// See [`View::Turnaround`].
    Turnaround(Vec<TurnaroundRow>),
    /// See [`View::Balance`].
    Balance(Vec<BalanceRow>),
    /// See [`View::Moves`].
    Moves(Vec<MoveRow>),
}

impl RequestRows {
    fn is_empty(&self) -> bool {
        match self {
            RequestRows::Counts(rows) => rows.is_empty(),
            RequestRows::Ageing(rows) => rows.is_empty(),
            RequestRows::Turnaround(rows) => rows.is_empty(),
            RequestRows::Balance(rows) => rows.is_empty(),
            RequestRows::Moves(rows) => rows.is_empty(),
        }
    }
}

/// An answer, and what it could not be about.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestAnswer {
    /// The rows.
    pub rows: RequestRows,
    /// Watches of requests that were never read.
    pub unread: Vec<WatchId>,
    /// Whether any watch of requests is configured for what was asked.
    pub watched: bool,
    /// Whether only a part of the requests was asked for: one library, side or partner.
    pub narrowed: bool,
}

/// One watch of requests.
#[derive(Clone, Debug)]
struct Source {
    institution: String,
    side: Side,
    watch: WatchId,
}

/// What was asked, made precise.
struct Asked {
    sources: Vec<Source>,
    partner: Option<String>,
    since: Option<Moment>,
    /// The answer stays within one library, so every number may be given.
    exact: bool,
}

impl Reader<'_> {
    /// Where requests stand, how long they wait, what became of them.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn requests(&self, query: &RequestQuery) -> Result<RequestAnswer, AskError> {
        let find = |name: &str| View::ALL.into_iter().find(|view| view.name() == name);
        let view = named("view", query.view.as_deref(), &View::ALL, find)?.unwrap_or(View::Counts);
        if query.since.is_some() && matches!(view, View::Counts | View::Ageing) {
            return Err(AskError::Bad {
                parameter: "since",
                problem:
                    "it narrows turnaround, balance and moves only; where requests stand is always as of the last look"
                        .to_owned(),
            });
        }
        let side = named("side", query.side.as_deref(), &Side::ALL, Side::named)?;
        let institution = match &query.institution {
            Some(code) => Some(self.institution(code).await?),
            None => None,
        };
        let asked = Asked {
            sources: self.sources(institution.as_deref(), side),
            partner: query.partner.clone(),
            since: self.time("since", query.since.as_deref())?,
            exact: institution.is_some(),
        };
        let mut unread = Vec::new();
        for source in &asked.sources {
            if self.store.last_poll(&source.watch).await?.is_none() {
                unread.push(source.watch.clone());
            }
        }
        let rows = match view {
            View::Counts => RequestRows::Counts(self.request_counts(&asked).await?),
            View::Ageing => RequestRows::Ageing(self.ageing(&asked).await?),
            View::Turnaround => RequestRows::Turnaround(self.turnaround(&asked).await?),
            View::Balance => RequestRows::Balance(self.balance(&asked).await?),
            View::Moves => RequestRows::Moves(self.moves(&asked).await?),
        };
        if rows.is_empty()
            && let Some(partner) = &asked.partner
        {
            self.known_partner(partner, &asked).await?;
        }
        Ok(RequestAnswer {
            rows,
            unread,
            watched: !asked.sources.is_empty(),
            narrowed: institution.is_some() || side.is_some() || asked.partner.is_some(),
        })
    }

    /// Whether a partner that no request names is one at all: a mistyped code must not read as "no requests".
    async fn known_partner(&self, partner: &str, asked: &Asked) -> Result<(), AskError> {
        let mut names = BTreeMap::new();
        for source in &asked.sources {
            names.extend(self.partner_names(&source.institution).await?);
        }
        // A report may name partners otherwise than the partner records do.
        if names.contains_key(partner) || !self.request_counts(asked).await?.is_empty() {
            return Ok(());
        }
        let alike = near(partner, names.iter().map(|(code, name)| (code.as_str(), name.as_str())));
        let help = suggestion(&alike)
            .unwrap_or_else(|| "`almanac show` of a library’s alma.partners lists the codes".to_owned());
        Err(AskError::Unknown(format!(
            "no request and no partner record has the partner “{partner}”; {help}"
        )))
    }

    /// The configured watches of requests, by library in the order of the file.
    fn sources(&self, institution: Option<&str>, side: Option<Side>) -> Vec<Source> {
        let mut sources = Vec::new();
        for library in &self.config.institutions {
            for own in Side::ALL {
                let watch = WatchId::new(own.source(), &library.code);
                let wanted = institution.is_none_or(|code| code == library.code) && side.is_none_or(|side| side == own);
                if wanted && self.config.watch(&watch).is_some() {
                    sources.push(Source {
                        institution: library.code.clone(),
                        side: own,
                        watch,
                    });
                }
            }
        }
        sources
    }

    async fn cells_of(&self, source: &Source) -> Result<Option<(Reading, Vec<Cell>, BTreeSet<String>)>, AskError> {
        let Some((reading, requests)) = self.store.requests_there(&source.watch).await? else {
            return Ok(None);
        };
        let requests: Vec<KnownRequest> = requests;
        let seen = SideReading {
            side: source.side,
            at: reading.at,
            coverage: &reading.coverage,
            requests: &requests,
        };
        let cells = cells(&seen, &self.config.ageing);
        let unread = reading
            .coverage
            .0
            .keys()
            .filter_map(|partition| partition.split_once('/'))
            .map(|(_, status)| status.to_owned())
            .filter(|status| seen.is_unread(status))
            .collect();
        Ok(Some((reading, cells, unread)))
    }

    async fn request_counts(&self, asked: &Asked) -> Result<Vec<RequestCountRow>, AskError> {
        let mut rows = Vec::new();
        for source in &asked.sources {
            let Some((reading, cells, unread)) = self.cells_of(source).await? else {
                continue;
            };
            let mut by_status: BTreeMap<String, (u64, bool)> =
                unread.into_iter().map(|status| (status, (0, false))).collect();
            let withheld = withheld(&cells);
            for cell in cells.iter().filter(|cell| asked.concerns(&cell.partner)) {
                let (count, known) = by_status.entry(cell.status.clone()).or_insert((0, true));
                *count += cell.requests;
                *known &= cell.is_known;
            }
            rows.extend(by_status.into_iter().map(|(code, (count, known))| {
                let is_withheld = |partner: &String| withheld.contains(&(code.clone(), partner.clone()));
                let few = !asked.exact && (is_few(count) || asked.partner.as_ref().is_some_and(is_withheld));
                RequestCountRow {
                    institution: source.institution.clone(),
                    side: source.side,
                    label: label(&code).to_owned(),
                    requests: (known && !few).then_some(count),
                    few,
                    waits_for: status(&code).and_then(|status| status.waits_for(source.side)),
                    known,
                    as_of: reading.at,
                    status: code,
                }
            }));
        }
        Ok(rows)
    }

    async fn ageing(&self, asked: &Asked) -> Result<Vec<AgeingRow>, AskError> {
        let mut rows = Vec::new();
        for source in &asked.sources {
            let Some((reading, cells, _)) = self.cells_of(source).await? else {
                continue;
            };
            let names = self.partner_names(&source.institution).await?;
            let alarms = self
                .newest_bodies(&WatchId::new(SourceKind::Ageing, &source.institution))
                .await?;
            let link = self.alma_of(&source.institution).await?;
            let withheld = withheld(&cells);
            for cell in cells.into_iter().filter(|cell| asked.concerns(&cell.partner)) {
                let alarm = alarms.get(&cell.key());
                let ageing = alarm.is_some_and(|alarm| alarm.get("ageing") == Some(&Value::Bool(true)));
                let since = alarm.and_then(|alarm| alarm.get("since")?.as_str()?.parse().ok());
                let few = !asked.exact && withheld.contains(&(cell.status.clone(), cell.partner.clone()));
                // Where both numbers are told, so is their difference.
                let over_is_few = few || is_few(cell.over) || is_few(cell.requests - cell.over);
                let whole_days = |age: Duration| age.as_secs() / (24 * 3600);
                rows.push(AgeingRow {
                    institution: source.institution.clone(),
                    side: source.side,
                    label: label(&cell.status).to_owned(),
                    partner_name: names.get(&cell.partner).cloned(),
                    requests: (!few).then_some(cell.requests),
                    over: (asked.exact || cell.over == 0 || !over_is_few).then_some(cell.over),
                    older_than_hours: cell
                        .threshold
                        .as_ref()
                        .map(|threshold| threshold.older_than.as_secs_f64() / 3600.0),
                    median_days: cell.median.map(whole_days).filter(|_| !few),
                    oldest_days: cell
                        .oldest
                        .map(whole_days)
                        .map(|days| if few { rough_days(days) } else { days }),
                    at_least: cell.at_least,
                    waits_for: status(&cell.status).and_then(|status| status.waits_for(source.side)),
                    alarm: ageing,
                    alarm_since: since.filter(|_| ageing),
                    known: cell.is_known,
                    few,
                    as_of: reading.at,
                    link: link.clone(),
                    status: cell.status,
                    partner: cell.partner,
                });
            }
        }
        // What needs someone stands first: alarms, then what is over its threshold, then the oldest.
        let urgency = |row: &AgeingRow| {
            let over_or_few = row.over.unwrap_or(1);
            std::cmp::Reverse((
                row.alarm,
                row.older_than_hours.is_some() && over_or_few > 0,
                row.oldest_days,
            ))
        };
        rows.sort_by_key(urgency);
        Ok(rows)
    }

    async fn moves(&self, asked: &Asked) -> Result<Vec<MoveRow>, AskError> {
        let since = asked.since.unwrap_or_else(|| self.clock.now().minus(MOVES_KEPT));
        // Two answers that begin a minute apart would tell a single move; so answers about several libraries begin on Mondays.
        let since = if asked.exact {
            since
        } else {
            week_of(since, self.config.timezone)
        };
        let mut rows = Vec::new();
        for source in &asked.sources {
            let names = self.partner_names(&source.institution).await?;
            let moves = self.store.request_moves(&source.watch, since).await?;
            rows.extend(
                moves
                    .into_iter()
                    .filter(|(moved, _)| asked.concerns(&moved.partner))
                    .map(|(moved, count)| {
                        let few = !asked.exact && is_few(count);
                        let or_none = |status: String| (!status.is_empty()).then_some(status);
                        MoveRow {
                            institution: source.institution.clone(),
                            side: source.side,
                            partner_name: names.get(&moved.partner).cloned(),
                            partner: moved.partner,
                            from: or_none(moved.from),
                            to: or_none(moved.to),
                            requests: (!few).then_some(count),
                            few,
                        }
                    }),
            );
        }
        Ok(rows)
    }

    /// Names of a library's partners, by code.
    async fn partner_names(&self, institution: &str) -> Result<BTreeMap<String, String>, AskError> {
        let partners = self
            .newest_bodies(&WatchId::new(SourceKind::AlmaPartners, institution))
            .await?;
        let named = partners
            .into_iter()
            .filter_map(|(code, partner)| Some((code, partner.get("name")?.as_str()?.to_owned())));
        Ok(named.collect())
    }

    /// Where a library's Alma is.
    async fn alma_of(&self, institution: &str) -> Result<Option<String>, AskError> {
        let general = self
            .newest_bodies(&WatchId::new(SourceKind::AlmaGeneral, institution))
            .await?;
        Ok(general
            .values()
            .find_map(|general| Some(format!("https://{}/", general.get("alma_host")?.as_str()?))))
    }

    async fn newest_bodies(&self, watch: &WatchId) -> Result<BTreeMap<String, Value>, AskError> {
        let at = self.newest(self.store.last_poll(watch).await?);
        let records = self.store.records(watch, None, at).await?;
        Ok(records.into_iter().map(|record| (record.key, record.body)).collect())
    }
}

/// The beginning of the week that a moment is in.
fn week_of(moment: Moment, zone: Tz) -> Moment {
    let then = local(moment, zone).date_naive();
    let monday = then - chrono::Days::new(u64::from(then.weekday().num_days_from_monday()));
    time::parse(&monday.to_string(), moment, zone).unwrap_or(moment)
}

/// Status and partner of the cells whose counts are withheld: small ones, and where the total of the status would tell a
/// small one, another.
fn withheld(cells: &[Cell]) -> BTreeSet<(String, String)> {
    let mut by_status: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
    for cell in cells {
        by_status.entry(&cell.status).or_default().push(cell);
    }
    let mut withheld = BTreeSet::new();
    for cells in by_status.into_values() {
        let counts: Vec<u64> = cells.iter().map(|cell| cell.requests).collect();
        for (cell, _) in cells.iter().zip(withheld_beside_total(&counts)).filter(|(_, is)| *is) {
            withheld.insert((cell.status.clone(), cell.partner.clone()));
        }
    }
    withheld
}

impl Asked {
    fn concerns(&self, partner: &str) -> bool {
        self.partner.as_deref().is_none_or(|wanted| wanted == partner)
    }
}
