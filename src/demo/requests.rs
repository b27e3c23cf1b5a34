//! Requests between the made-up libraries. One request is seen at both ends: what a library borrows is a lending request
//! of the library that it asked, under another id.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::libraries::{HARBOUR, LIBRARIES, MILLBROOK, QUARRY, SALTMARSH, name_of};
use super::wire::{self, READER_NAME, REQUEST_BARCODE, REQUEST_IDS, REQUEST_TITLE, REQUESTER_MAIL, STAFF_NAME};
use super::world::State;
use crate::model::moment::Moment;
use crate::model::request_status::label;

/// Requests that wait too long, and that are sent on together: enough for an alarm with the usual threshold of three, and
/// more than the five below which no count is told.
pub(super) const STORY_REQUESTS: usize = 6;
/// Rows of the task list in one answer, at most (ALMA.md §3).
pub(super) const TASK_LIST_ROWS: usize = 100;
/// The waiting requests are older than the usual two days so long after the start, so that the alarm can be seen to rise.
const WAIT_IS_OVER_AFTER: Duration = Duration::from_secs(20);
/// The usual threshold for requests that are ready to be sent.
const USUAL_WAIT: Duration = Duration::from_hours(48);
/// All other requests are younger than so many hours, far below any threshold.
const AGE_HOURS: u32 = 20;
/// Every seventh request names no format.
const FORMATLESS: u64 = 7;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Both of its ids are made of this.
    pub(super) number: u64,
    /// Code of the library that wants something.
    pub(super) borrower: &'static str,
    /// Code of the library that is asked.
    pub(super) lender: &'static str,
    pub(super) stage: Stage,
    pub(super) created: Moment,
    /// When the library that is asked heard of it; before it was sent, when it was created.
    sent: Moment,
    pub(super) modified: Moment,
}

/// How far a request is, from sending to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Stage {
    Ready,
    Sent,
    Accepted,
    Shipped,
    Received,
    Returned,
    Completed,
}

impl Stage {
    const ALL: [Stage; 7] = [
        Stage::Ready,
        Stage::Sent,
        Stage::Accepted,
        Stage::Shipped,
        Stage::Received,
        Stage::Returned,
        Stage::Completed,
    ];

    /// The status at the library that borrows.
    pub(super) const fn borrowing(self) -> &'static str {
        match self {
            Stage::Ready => "READY_TO_SEND",
            Stage::Sent => "REQUEST_SENT",
            Stage::Accepted => "REQUEST_ACCEPTED",
            Stage::Shipped => "SHIPPED_PHYSICALLY",
            Stage::Received => "RECEIVED_PHYSICALLY",
            Stage::Returned => "RETURNED_TO_PARTNER",
            Stage::Completed => "REQUEST_COMPLETED",
        }
    }

    /// The status at the library that lends, which hears of a request when it is sent.
    pub(super) const fn lending(self) -> Option<&'static str> {
        match self {
            Stage::Ready => None,
            Stage::Sent => Some("REQUEST_CREATED_LEND"),
            Stage::Accepted => Some("IN_PROCESS"),
            Stage::Shipped => Some("SHIPPED_PHYSICALLY"),
            Stage::Received | Stage::Returned => Some("RECEIVED_PHYSICALLY"),
            Stage::Completed => Some("LENDER_CHECK_IN"),
        }
    }

    fn next(self) -> Option<Stage> {
        Self::ALL.into_iter().find(|later| *later > self)
    }
}

/// The statuses of lending requests that occur.
pub(super) fn lending_statuses() -> BTreeSet<&'static str> {
    Stage::ALL.into_iter().filter_map(Stage::lending).collect()
}

impl Request {
    /// The requests that are under way when the world begins.
    pub(super) fn all(now: Moment, dice: &mut Rng) -> Vec<Self> {
        let mut requests = Vec::new();
        for (borrower, ..) in LIBRARIES {
            for (lender, ..) in LIBRARIES.into_iter().filter(|lender| lender.0 != borrower) {
                let story = story_of(borrower, lender);
                for place in 0..dice.usize(STORY_REQUESTS..10) {
                    let modified = now.minus(Duration::from_secs(u64::from(dice.u32(60..AGE_HOURS * 3600))));
                    let created = modified.minus(Duration::from_secs(u64::from(dice.u32(60..3600))));
                    let usual = Stage::ALL[1 + (place + dice.usize(..3)) % (Stage::ALL.len() - 1)];
                    let mut request = Self {
                        number: requests.len() as u64,
                        borrower,
                        lender,
                        stage: story.filter(|_| place < STORY_REQUESTS).unwrap_or(usual),
                        created,
                        sent: created,
                        modified,
                    };
                    if request.stage == Stage::Ready {
                        request.modified = now.minus(USUAL_WAIT).plus(WAIT_IS_OVER_AFTER);
                        request.created = request.modified.minus(Duration::from_hours(3));
                    }
                    requests.push(request);
                }
            }
        }
        requests
    }

    /// What the report of the borrowing library says of the format; `None` where the column is null.
    pub(super) fn format(&self) -> Option<&'static str> {
        match self.number {
            number if number.is_multiple_of(FORMATLESS) => None,
            number if number.is_multiple_of(3) => Some("Digital"),
            _ => Some("Physical"),
        }
    }

    /// The id at the library that borrows: Alma's own (ALMA.md §5b).
    pub(super) fn borrowing_id(&self) -> String {
        format!("{REQUEST_IDS}{:06}1", self.number)
    }

    /// The id at the library that lends.
    fn lending_id(&self) -> String {
        format!("{REQUEST_IDS}{:06}2", self.number)
    }

    /// The row of the task list of the library that lends: with the title, the reader's address and name, and what staff
    /// wrote (ALMA.md §5b, §8); `None` while it has not heard of the request.
    pub(super) fn row(&self, owner: &str, dice: &mut Rng) -> Option<Value> {
        let status = self.stage.lending()?;
        let format = self.format().map(str::to_uppercase);
        let mut row = json!({
            "request_id": self.lending_id(),
            "external_id": self.borrowing_id(),
            "status": { "value": status, "desc": if dice.bool() { label(status) } else { "Status" } },
            "owner": owner,
            "partner": { "value": self.borrower, "desc": name_of(self.borrower),
                         "link": format!("https://api.demo.invalid/almaws/v1/partners/{}", self.borrower) },
            "created_date": day(self.sent),
            "created_time": time(self.sent),
            "last_modified_date": day(self.modified),
            "last_modified_time": time(self.modified),
            "printed": false,
            "reported": false,
            "requested_media": "7",
            "allow_other_formats": false,
            "title": format!("{REQUEST_TITLE}, part {}", self.number),
            "author": READER_NAME,
            "year": "20188",
            "barcode": format!("{REQUEST_BARCODE}-{}", self.number),
            "lcc_number": READER_NAME,
            "text_email": REQUESTER_MAIL,
            "text_postal_1": format!("{READER_NAME}, 12 Demo Lane"),
            "citation_type": { "value": "BOOK", "desc": "Book" },
            "has_active_notes": true,
            "rs_note": [{ "content": format!("{STAFF_NAME} has looked on the shelf for {READER_NAME}"), "created_by": STAFF_NAME }],
            "shipping_cost": { "currency": {} },
        });
        match (format, row.as_object_mut()) {
            (Some(code), Some(members)) => {
                members.insert("format".to_owned(), json!({ "value": code, "desc": self.format() }));
            }
            _ => wire::nothing(&mut row, "format", dice),
        }
        for absent in [
            "user_request",
            "supplied_format",
            "copyright_status",
            "level_of_service",
            "mms_id",
            "note",
        ] {
            wire::nothing(&mut row, absent, dice);
        }
        Some(row)
    }
}

/// Moves up to `most` requests of a pair on from one stage to the next; how many there were.
pub(super) fn go_on(state: &mut State, borrower: &str, lender: &str, from: Stage, most: usize) -> Option<usize> {
    let next = from.next()?;
    let now = state.now;
    let moving = state
        .requests
        .iter_mut()
        .filter(|request| (request.borrower, request.lender, request.stage) == (borrower, lender, from))
        .take(most);
    let mut moved = 0;
    for request in moving {
        if request.stage == Stage::Ready {
            request.sent = now;
        }
        request.stage = next;
        request.modified = now;
        moved += 1;
    }
    (moved > 0).then_some(moved)
}

/// An everyday change: some requests of one pair of libraries go on together. Those that were completed leave the lists and
/// others come in their place, so that there are never more of them.
pub(super) fn everyday(state: &mut State, round: usize) -> Option<String> {
    let pairs: BTreeSet<(&str, &str)> = state
        .requests
        .iter()
        .map(|request| (request.borrower, request.lender))
        .collect();
    let (borrower, lender) = pairs.into_iter().nth(round % PAIRS)?;
    let of_pair = |request: &&Request| (request.borrower, request.lender) == (borrower, lender);
    let count = |stage| {
        let those = state.requests.iter().filter(of_pair);
        those.filter(|request| request.stage == stage).count()
    };
    // Most go on where most are.
    let stage = Stage::ALL.into_iter().max_by_key(|stage| count(*stage))?;
    let most = 1 + (round * 5) % 8;
    let (asks, asked) = (name_of(borrower), name_of(lender));
    if let Some(next) = stage.next() {
        let moved = go_on(state, borrower, lender, stage, most)?;
        let status = label(next.borrowing());
        return Some(format!(
            "{} of {asks} to {asked}: now \u{201c}{status}\u{201d}.",
            requests(moved)
        ));
    }
    let now = state.now;
    let mut renewed = 0;
    for request in &mut state.requests {
        if renewed < most && of_pair(&&*request) && request.stage == stage {
            request.number = state.next_request;
            state.next_request += 1;
            request.stage = Stage::Sent;
            (request.created, request.sent, request.modified) = (now, now, now);
            renewed += 1;
        }
    }
    Some(format!("{asks} sends {} to {asked}.", requests(renewed)))
}

/// Pairs of libraries that ask each other for something.
const PAIRS: usize = LIBRARIES.len() * (LIBRARIES.len() - 1);

/// The stage in which the requests of a pair stand that the script moves.
fn story_of(borrower: &str, lender: &str) -> Option<Stage> {
    match (borrower, lender) {
        (QUARRY, HARBOUR) => Some(Stage::Ready),
        (HARBOUR, MILLBROOK) => Some(Stage::Accepted),
        (SALTMARSH, QUARRY) => Some(Stage::Shipped),
        _ => None,
    }
}

fn requests(count: usize) -> String {
    if count == 1 {
        "1 request".to_owned()
    } else {
        format!("{count} requests")
    }
}

fn day(moment: Moment) -> String {
    moment.datetime().format("%Y-%m-%dZ").to_string()
}

fn time(moment: Moment) -> String {
    moment.datetime().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
