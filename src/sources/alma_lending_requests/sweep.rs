//! One sweep over an institution's lending requests: which slice is asked for next, and what it comes to in the end. Pure:
//! the source asks, and hands in the answers.

pub mod outcome;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::memory::{CUT_TRUSTED_FOR, Dated, LIST_GOOD_FOR, List, Memory};
use super::reading::{Answer, Dimension, Reading};
use crate::exlibris::alma_requests::{ROWS_MAX, Slice};
use crate::model::moment::Moment;
use crate::model::observation::PartitionRead;
use crate::model::request::{RequestHash, SeenRequest};

/// Slices of one library that fail running before the rest of it is left for the next poll. A failure costs up to four
/// calls and minutes.
const LIBRARY_FAILURES_MAX: u32 = 3;
/// Slices that fail running, whatever their library, before the sweep ends: then it is Alma, or the way to it.
const FAILURES_MAX: u32 = 6;
/// Statuses that a library may refuse before it has answered to a single one; then it is the library that is unknown. The
/// rest of it comes at the next poll.
const REFUSALS_MAX: u32 = 15;
/// Why a sweep ends that has used up its calls.
const NO_CALLS: &str = "no calls are left for this poll";

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for this slice; [`Sweep::answered`] or [`Sweep::failed`] takes what came of it.
    Ask(Slice),
    /// Read the list of the codes to cut by; [`Sweep::learn`] takes it.
    ReadList(Dimension),
    /// Nothing more.
    End,
}

/// Why a slice was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Alma knows no such value to cut by.
    Refused(String),
    /// It is about this slice: Alma answered, so that the others are worth asking for.
    Unread(String),
    /// It may work next time, and others may work now; several running mean that none will.
    Failed(String),
    /// Nothing more can be asked in this poll.
    Stop(String),
}

/// A sweep under way.
#[derive(Debug)]
pub struct Sweep {
    now: Moment,
    /// Calls that there were when it began.
    calls_at_start: u32,
    statuses_are_chosen: bool,
    memory: Memory,
    partners: Option<List>,
    formats: Option<List>,
    queue: VecDeque<(String, String)>,
    current: Option<(String, String, Reading)>,
    read: Vec<(String, String, Reading)>,
    /// Partitions settled without a reading.
    unread: Vec<(String, String, PartitionRead)>,
    refused: BTreeMap<(String, String), String>,
    newest: BTreeMap<RequestHash, SeenRequest>,
    asked: u32,
    /// Libraries that answered at least once.
    answering: BTreeSet<String>,
    library_failures: BTreeMap<String, u32>,
    library_refusals: BTreeMap<String, u32>,
    failures: u32,
    stopped: Option<String>,
}

impl Sweep {
    /// Plans a sweep over every library and status; what was asked longest ago comes first. `statuses_are_chosen` by a
    /// person, or guessed; `calls` may still be made.
    pub fn new(
        now: Moment,
        libraries: &[String],
        statuses: &[String],
        statuses_are_chosen: bool,
        mut memory: Memory,
        calls: u32,
    ) -> Self {
        let mut all: Vec<(Option<Moment>, String, String)> = Vec::new();
        let mut unread = Vec::new();
        let libraries: BTreeSet<&String> = libraries.iter().collect();
        let statuses: BTreeSet<&String> = statuses.iter().collect();
        for library in &libraries {
            for status in &statuses {
                if !memory.is_refused(status, now) {
                    let past = memory.partitions.get(&partition(library, status));
                    // What claims to be from the future was written before the clock was put back.
                    let asked = past.and_then(|past| past.asked).filter(|asked| *asked <= now);
                    all.push((asked, (*library).clone(), (*status).clone()));
                } else if statuses_are_chosen {
                    let reason =
                        "Alma refused this status not long ago; correct `statuses` in the [[watch]]".to_owned();
                    unread.push(((*library).clone(), (*status).clone(), PartitionRead::Failed { reason }));
                }
            }
        }
        all.sort();
        let kept: BTreeSet<String> = all
            .iter()
            .map(|(_, library, status)| partition(library, status))
            .collect();
        memory.partitions.retain(|partition, _| kept.contains(partition));
        Self {
            now,
            calls_at_start: calls,
            statuses_are_chosen,
            partners: fresh(&memory.partners, now),
            formats: fresh(&memory.formats, now),
            queue: all.into_iter().map(|(_, library, status)| (library, status)).collect(),
            memory,
            current: None,
            read: Vec::new(),
            unread,
            refused: BTreeMap::new(),
            newest: BTreeMap::new(),
            asked: 0,
            answering: BTreeSet::new(),
            library_failures: BTreeMap::new(),
            library_refusals: BTreeMap::new(),
            failures: 0,
            stopped: None,
        }
    }

    /// What to do next, with so many calls left.
    pub fn next(&mut self, calls_left: u32) -> Step {
        // Every turn ends a partition or asks for something, so there are few.
        loop {
            if let Some((_, _, reading)) = &mut self.current {
                if self.stopped.is_none() && reading.wants_cut() {
                    let Some(partners) = &self.partners else {
                        return Step::ReadList(Dimension::Partner);
                    };
                    let Some(formats) = &self.formats else {
                        return Step::ReadList(Dimension::Format);
                    };
                    let partners = with_strays(partners, &self.memory.strays, self.newest.values());
                    let formats = with_formats(formats, self.newest.values());
                    let all = reading.cuts_cost(&partners, &formats);
                    if all <= calls_left as usize && !reading.too_large {
                        reading.cut(&partners, &formats);
                        continue;
                    }
                    let needed = reading.asked.saturating_add(u32::try_from(all).unwrap_or(u32::MAX));
                    reading.broken_off = Some(format!(
                        "it holds {ROWS_MAX} requests or more and has to be cut, which takes {needed} calls or more; {calls_left} were \
                         left of the {} that this poll had",
                        self.calls_at_start
                    ));
                    self.close(needed);
                    continue;
                }
                match (self.stopped.clone(), reading.next().cloned()) {
                    (None, Some(slice)) if calls_left > 0 => return Step::Ask(slice),
                    (None, Some(_)) => self.stopped = Some(NO_CALLS.to_owned()),
                    (Some(reason), Some(_)) => {
                        reading.broken_off = Some(format!("broken off: {reason}"));
                        let needed = reading.asked.saturating_add(1);
                        self.close(needed);
                    }
                    (Some(reason), None) if reading.wants_cut() => {
                        reading.broken_off = Some(format!("broken off: {reason}"));
                        let needed = reading.asked.saturating_add(1);
                        self.close(needed);
                    }
                    (_, None) => {
                        let asked = reading.asked;
                        self.close(asked);
                    }
                }
                continue;
            }
            let Some((library, status)) = self.queue.pop_front() else {
                return Step::End;
            };
            self.begin(library, status, calls_left);
        }
    }

    /// Takes the answer for the slice that [`Step::Ask`] named.
    pub fn answered(&mut self, answer: Answer) {
        self.asked += 1;
        let Some((library, status, reading)) = &mut self.current else {
            return;
        };
        reading.take(&answer);
        self.memory.known.insert(status.clone());
        self.failures = 0;
        self.library_failures.remove(library);
        self.answering.insert(library.clone());
        for row in answer.rows {
            match self.newest.get(&row.hash) {
                Some(known) if known.modified > row.modified => {}
                _ => {
                    self.newest.insert(row.hash, row);
                }
            }
        }
    }

    /// Notes that the slice that [`Step::Ask`] named could not be read.
    pub fn failed(&mut self, failure: Failure) {
        self.asked += 1;
        let Some((library, status, reading)) = &mut self.current else {
            return;
        };
        match failure {
            Failure::Stop(reason) => self.stopped = Some(reason),
            Failure::Refused(reason) => {
                if reading
                    .next()
                    .is_some_and(|slice| slice.partner.is_none() && slice.format.is_none())
                {
                    *self.library_refusals.entry(library.clone()).or_default() += 1;
                    self.refused.insert((library.clone(), status.clone()), reason.clone());
                }
                reading.fail(reason);
            }
            Failure::Unread(reason) => reading.fail(reason),
            Failure::Failed(reason) => {
                reading.fail(reason);
                self.failures += 1;
                *self.library_failures.entry(library.clone()).or_default() += 1;
                if self.failures >= FAILURES_MAX {
                    self.stopped = Some(format!("the last {FAILURES_MAX} attempts failed"));
                }
            }
        }
    }

    /// Takes a list of codes to cut by. One that is not lasting is read again at the next poll.
    pub fn learn(&mut self, dimension: Dimension, list: List, lasting: bool) {
        let remembered = lasting.then(|| Dated {
            at: self.now,
            what: list.clone(),
        });
        let (held, kept) = match dimension {
            Dimension::Partner => (&mut self.partners, &mut self.memory.partners),
            Dimension::Format => (&mut self.formats, &mut self.memory.formats),
        };
        *held = Some(list);
        if remembered.is_some() {
            *kept = remembered;
        }
    }

    /// Asks for nothing more.
    pub fn stop(&mut self, reason: String) {
        self.stopped = Some(reason);
    }

    /// Whether no slice at all has been read yet.
    pub fn read_nothing(&self) -> bool {
        self.answering.is_empty()
    }

    fn begin(&mut self, library: String, status: String, calls_left: u32) {
        if calls_left == 0 {
            self.stopped.get_or_insert_with(|| NO_CALLS.to_owned());
        }
        let failed = |reason: String| PartitionRead::Failed { reason };
        let past = self.memory.partitions.get(&partition(&library, &status));
        let needs = past.map_or(1, |past| past.calls.max(1));
        let known_refusal = self
            .refused
            .iter()
            .find(|((by, refused), _)| *refused == status && self.believes_refusal(by, refused));
        let unread = if let Some(reason) = &self.stopped {
            Some(failed(format!("not asked for: {reason}")))
        } else if let Some((_, reason)) = known_refusal {
            Some(self.refusal(reason))
        } else if self
            .library_failures
            .get(&library)
            .is_some_and(|count| *count >= LIBRARY_FAILURES_MAX)
        {
            Some(failed(format!(
                "not asked for: the last {LIBRARY_FAILURES_MAX} attempts at {library} failed"
            )))
        } else if !self.answering.contains(&library)
            && self
                .library_refusals
                .get(&library)
                .is_some_and(|count| *count >= REFUSALS_MAX)
        {
            Some(failed(format!(
                "not asked for: Alma refused {REFUSALS_MAX} statuses of {library} and answered to none; is there such a library?"
            )))
        } else if needs > calls_left && needs <= self.calls_at_start && self.asked > 0 {
            Some(failed(format!(
                "left for the next poll: it needs about {needs} calls, and {calls_left} were left"
            )))
        } else {
            None
        };
        match unread {
            Some(read) => self.unread.push((library, status, read)),
            None => {
                let fits = needs <= calls_left;
                let cut = past
                    .and_then(|past| past.cut.as_ref())
                    .filter(|cut| fits && cut.checked <= self.now && self.now.since(cut.checked) < CUT_TRUSTED_FOR);
                let mut reading = Reading::new(&library, &status, cut);
                reading.too_large = !fits;
                self.current = Some((library, status, reading));
            }
        }
    }

    /// Ends the reading under way, which needs so many calls.
    fn close(&mut self, needed: u32) {
        let Some((library, status, reading)) = self.current.take() else {
            return;
        };
        let past = self.memory.partitions.entry(partition(&library, &status)).or_default();
        // What was broken off comes first next time, unless even a whole poll has too few calls for it. What was too large
        // is tried again when its turn comes, since it may have become smaller.
        let another_time = reading.broken_off.is_some() && !reading.too_large && needed <= self.calls_at_start;
        past.calls = needed;
        if !another_time {
            past.asked = Some(self.now);
        }
        self.read.push((library, status, reading));
    }

    /// Whether it is the status that Alma does not know: the library answers to others, and never did to this one.
    fn believes_refusal(&self, library: &str, status: &str) -> bool {
        self.answering.contains(library) && !self.memory.known.contains(status)
    }

    fn refusal(&self, reason: &str) -> PartitionRead {
        if self.statuses_are_chosen {
            PartitionRead::Failed {
                reason: format!("{reason}; correct `statuses` in the [[watch]]"),
            }
        } else {
            PartitionRead::Absent
        }
    }
}

/// The name of the part in which the requests of a library in a status are read, however it is cut.
pub fn partition(library: &str, status: &str) -> String {
    format!("{library}/{status}")
}

fn fresh(remembered: &Option<Dated<List>>, now: Moment) -> Option<List> {
    remembered.as_ref()?.fresh(now, LIST_GOOD_FOR).cloned()
}

/// The list, and what is seen to be missing on it.
fn with_strays<'a>(list: &List, strays: &BTreeSet<String>, seen: impl Iterator<Item = &'a SeenRequest>) -> List {
    let mut list = list.clone();
    list.codes.extend(strays.iter().cloned());
    let seen = seen.map(|row| &row.partner).filter(|code| !code.is_empty());
    let seen: BTreeSet<&String> = seen.collect();
    list.codes.extend(seen.into_iter().cloned());
    list
}

fn with_formats<'a>(list: &List, seen: impl Iterator<Item = &'a SeenRequest>) -> List {
    let mut list = list.clone();
    let seen: BTreeSet<&String> = seen.map(|row| &row.format).filter(|code| !code.is_empty()).collect();
    list.codes.extend(seen.into_iter().cloned());
    list
}

#[cfg(test)]
mod tests;
