//! Follows single requests from poll to poll: which arrived, which moved, which are gone; never what they are about.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::moment::Moment;
use crate::model::request::{KnownRequest, RequestHash, RequestsSeen, SeenRequest, Side};
use crate::model::request_status::{is_code, is_supplied, status};

/// Losing more than this share of the requests under way at once is not believed …
const LOST_SHARE_MAX: f64 = 0.30;
/// … if it is also more than so many.
const LOST_REQUESTS_MAX: usize = 5;
/// A report of borrowing requests may be a day old when it is read (ALMA.md §6), and often names the day of creation only:
/// a request that it shows for the first time may seem so much older than the last reading, and still be new.
const REPORT_LAG: Duration = Duration::from_hours(48);

/// How requests moved: how many of one partner went from one status to another. An empty `from`: they arrived; an empty
/// `to`: they are gone before they were final.
pub type Moves = BTreeMap<Move, u64>;

/// One way of moving.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// Code of the partner that the request has now.
    pub partner: String,
    /// Status before.
    pub from: String,
    /// Status now.
    pub to: String,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Requests as they stand now, by hash: all that were seen, and those that are newly gone.
    pub states: BTreeMap<RequestHash, KnownRequest>,
    /// Hashes under a former key, and what takes their place.
    pub rehashed: Vec<(RequestHash, RequestHash)>,
    /// What moved.
    pub moves: Moves,
    /// Why this cannot be believed yet, in words for an operator.
    pub doubt: Option<String>,
}

/// When this watch was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings {
    /// First of all; `None` where this is the first reading.
    pub first: Option<Moment>,
    /// Last.
    pub last: Option<Moment>,
}

/// Follows the requests of one poll, committed at `now`. `prior` is every request known, by hash; `is_asked_for` tells
/// whether this poll asked for requests like it (a status that was taken out of the settings shows nothing any more).
pub fn follow(
    prior: &BTreeMap<RequestHash, KnownRequest>,
    seen: &RequestsSeen,
    is_asked_for: impl Fn(&KnownRequest) -> bool,
    readings: Readings,
    now: Moment,
) -> Followed {
    let mut followed = Followed::default();
    let mut before: BTreeMap<RequestHash, &KnownRequest> = prior.iter().map(|(hash, known)| (*hash, known)).collect();
    for request in newest_of_each(&seen.rows) {
        if let Some(former) = request.former_hash
            && !before.contains_key(&request.hash)
            && let Some(known) = before.remove(&former)
        {
            before.insert(request.hash, known);
            followed.rehashed.push((former, request.hash));
        }
        let known = before.get(&request.hash).copied();
        let state = step(known, request, seen.side, readings, now);
        if let Some(from) = moved_from(known, request, &state, readings) {
            let moved = Move {
                partner: state.partner.clone(),
                from,
                to: state.status.clone(),
            };
            *followed.moves.entry(moved).or_default() += 1;
        }
        followed.states.insert(request.hash, state);
    }
    if seen.whole {
        before.retain(|_, known| is_asked_for(known) && !seen.hidden_with.contains(&known.partner));
        vanish(&before, seen.side, now, &mut followed);
    }
    followed
}

/// One request as it stands now.
fn step(
    known: Option<&KnownRequest>,
    request: &SeenRequest,
    side: Side,
    readings: Readings,
    now: Moment,
) -> KnownRequest {
    let modified = request.modified.filter(|modified| *modified <= now);
    let mut state = match known {
        Some(known) if is_same_status(known, request, now) && known.partner == request.partner => known.clone(),
        Some(known) => KnownRequest {
            // A status change modifies the request; if it was modified since it was last seen, it has been so since then.
            since: modified.filter(|modified| *modified > known.last_seen).unwrap_or(now),
            met: false,
            ..known.clone()
        },
        None => {
            let arrived = request.created.filter(|created| *created <= now).unwrap_or(now);
            KnownRequest {
                status: String::new(),
                partner: String::new(),
                format: String::new(),
                library: String::new(),
                arrived,
                followed: readings.first.is_some_and(|first| arrived >= first),
                since: modified.unwrap_or(now).max(arrived),
                met: readings
                    .last
                    .is_none_or(|last| arrived < watched_for(side, readings.first, last)),
                supplied: None,
                supplied_after: None,
                last_seen: now,
                missed: 0,
                vanished: None,
            }
        }
    };
    if state.supplied.is_none() && is_supplied(side, &request.status) {
        state.supplied = Some(now);
        state.supplied_after = Some(known.map_or(state.arrived, |known| known.last_seen));
    }
    if !known.is_some_and(|known| only_lost_its_code(known, request, now)) {
        state.status.clone_from(&request.status);
    }
    state.partner.clone_from(&request.partner);
    state.format.clone_from(&request.format);
    state.library.clone_from(&request.library);
    state.last_seen = now;
    state.missed = 0;
    state.vanished = None;
    state
}

/// What was created then or later could not be seen at the last reading.
fn watched_for(side: Side, first: Option<Moment>, last: Moment) -> Moment {
    match side {
        Side::Lending => last,
        Side::Borrowing => first.unwrap_or(last).max(last.minus(REPORT_LAG)),
    }
}

/// A label that someone said the code of is no other status; nor is one that nobody knows, as long as nothing else says that
/// the request moved.
fn is_same_status(known: &KnownRequest, request: &SeenRequest, now: Moment) -> bool {
    known.status == request.status
        || request.status_label.as_ref() == Some(&known.status)
        || only_lost_its_code(known, request, now)
}

/// Whether a label that nobody knows stands where a code was, and the request was not touched since. Then the label is more
/// likely another word for the same status: staff renamed it, or the report speaks another language now. Where the report
/// has no column of changes, nothing else is to be believed.
fn only_lost_its_code(known: &KnownRequest, request: &SeenRequest, now: Moment) -> bool {
    let is_touched = request
        .modified
        .is_some_and(|modified| modified > known.last_seen && modified <= now);
    request.status_label.as_ref() == Some(&request.status)
        && known.status != request.status
        && is_code(&known.status)
        && !is_touched
}

/// The status that a request came from, if it moved; empty for one that arrived since the last reading. One that was there
/// already when it was first seen (the first reading, a list that could not be read before) did not move.
fn moved_from(
    known: Option<&KnownRequest>,
    request: &SeenRequest,
    state: &KnownRequest,
    readings: Readings,
) -> Option<String> {
    match known {
        // What was seen in this poll was seen at its time.
        Some(known) => (!is_same_status(known, request, state.last_seen)).then(|| known.status.clone()),
        None => (readings.last.is_some() && !state.met).then(String::new),
    }
}

/// Whole readings running that must miss a request before it is gone. Lending requests are read list by list, over minutes:
/// one that moves from a list that is still to be read into one that was, is in neither. A report is one list.
const fn readings_that_must_miss(side: Side) -> u32 {
    match side {
        Side::Lending => 2,
        Side::Borrowing => 1,
    }
}

/// Notes the requests that whole readings do not hold, unless they are too many to be believed.
fn vanish(before: &BTreeMap<RequestHash, &KnownRequest>, side: Side, now: Moment, followed: &mut Followed) {
    let is_final = |known: &KnownRequest| status(&known.status).is_some_and(|status| status.end.is_some());
    let there: Vec<_> = before.iter().filter(|(_, known)| known.vanished.is_none()).collect();
    let gone: Vec<_> = there
        .iter()
        .filter(|(hash, _)| !followed.states.contains_key(*hash))
        .collect();
    // Those that were missed before were judged then.
    let counts = |known: &KnownRequest| known.missed == 0 && !is_final(known);
    let under_way = there.iter().filter(|(_, known)| counts(known)).count();
    let lost = gone.iter().filter(|(_, known)| counts(known)).count();
    if lost > LOST_REQUESTS_MAX && lost as f64 > under_way as f64 * LOST_SHARE_MAX {
        followed.doubt = Some(format!(
            "{lost} of {under_way} requests under way are missing from the answer, which is more than can be believed at once; \
             it is believed when it has stayed so for 24 hours, or now with almanac poll --accept"
        ));
    }
    for (hash, known) in gone {
        let missed = known.missed + 1;
        let is_gone = missed >= readings_that_must_miss(side);
        if is_gone && !is_final(known) {
            let moved = Move {
                partner: known.partner.clone(),
                from: known.status.clone(),
                to: String::new(),
            };
            *followed.moves.entry(moved).or_default() += 1;
        }
        let state = KnownRequest {
            missed,
            vanished: is_gone.then_some(now),
            ..KnownRequest::clone(known)
        };
        followed.states.insert(**hash, state);
    }
}

/// Each request once, as it was modified last: one that moves while the lists are read is seen in two of them.
pub fn newest_of_each(rows: &[SeenRequest]) -> impl Iterator<Item = &SeenRequest> {
    let mut newest: BTreeMap<RequestHash, &SeenRequest> = BTreeMap::new();
    for row in rows {
        newest
            .entry(row.hash)
            .and_modify(|known| {
                if (row.modified, &row.status) > (known.modified, &known.status) {
                    *known = row;
                }
            })
            .or_insert(row);
    }
    newest.into_values()
}

#[cfg(test)]
mod tests;
