//! What a sweep came to, once nothing more is asked. Pure.

use std::collections::BTreeSet;

use super::super::reading::{Reading, Verdict};
use super::{Memory, Sweep, partition};
use crate::model::observation::{Coverage, Draft, PartitionRead};
use crate::model::request::SeenRequest;
use crate::sources::requests::Counts;

/// Partners remembered that are on no list; a real library has none.
const STRAYS_MAX: usize = 200;

/// What a sweep came to.
#[derive(Debug)]
pub struct Swept {
    /// Counts of the partitions that were read wholly.
    pub drafts: Vec<Draft>,
    /// How each partition went.
    pub coverage: Coverage,
    /// Every request seen, as it was seen last.
    pub rows: Vec<SeenRequest>,
    /// Whether everything was read wholly.
    pub whole: bool,
    /// For the next one.
    pub memory: Memory,
    /// Statuses that Alma was found to refuse in this sweep.
    pub refused: Vec<String>,
}

impl Sweep {
    /// What it came to.
    pub fn finish(mut self) -> Swept {
        let mut coverage = Coverage::default();
        let mut counts = Counts::default();
        let mut refused = BTreeSet::new();
        for (library, status, read) in std::mem::take(&mut self.unread) {
            coverage.set(partition(&library, &status), read);
        }
        for (library, status, reading) in &std::mem::take(&mut self.read) {
            let verdict = reading.verdict(&self.newest);
            self.remember(library, status, reading, &verdict);
            let read = match self.refused.get(&(library.clone(), status.clone())) {
                Some(reason) if self.believes_refusal(library, status) => {
                    refused.insert(status.clone());
                    self.refusal(reason)
                }
                _ if verdict.reasons.is_empty() => {
                    counts.expect(library, status);
                    PartitionRead::Complete
                }
                _ if verdict.read_anything => PartitionRead::Partial {
                    reason: verdict.reasons.join("; "),
                },
                _ => PartitionRead::Failed {
                    reason: verdict.reasons.join("; "),
                },
            };
            coverage.set(partition(library, status), read);
        }
        for status in &refused {
            self.memory.refused.insert(status.clone(), self.now);
        }
        let now = self.now;
        let refused_still = |status: &String| self.memory.is_refused(status, now);
        let still: BTreeSet<String> = self
            .memory
            .refused
            .keys()
            .filter(|status| refused_still(status))
            .cloned()
            .collect();
        self.memory.refused.retain(|status, _| still.contains(status));

        let rows: Vec<SeenRequest> = self.newest.into_values().collect();
        for row in rows
            .iter()
            .filter(|row| coverage.is_complete(&partition(&row.library, &row.status)))
        {
            counts.add(row);
        }
        let whole = coverage.is_whole();
        if let Some(partners) = self.memory.partners.as_ref().filter(|_| !rows.is_empty()) {
            let seen: BTreeSet<String> = rows
                .iter()
                .map(|row| &row.partner)
                .filter(|partner| !partner.is_empty() && !partners.what.codes.contains(*partner))
                .take(STRAYS_MAX)
                .cloned()
                .collect();
            if whole {
                self.memory.strays = seen;
            } else {
                self.memory.strays.extend(seen);
            }
            while self.memory.strays.len() > STRAYS_MAX {
                self.memory.strays.pop_last();
            }
        }
        Swept {
            drafts: counts.drafts(partition),
            coverage,
            rows,
            whole,
            memory: self.memory,
            refused: refused.into_iter().collect(),
        }
    }

    fn remember(&mut self, library: &str, status: &str, reading: &Reading, verdict: &Verdict) {
        let Some(past) = self.memory.partitions.get_mut(&partition(library, status)) else {
            return;
        };
        past.cut = reading.cut_to_remember(verdict, past.cut.as_ref(), self.now);
        if past.cut.is_none() && reading.trusted_a_cut() && reading.broken_off.is_none() {
            // The uncut slice will do.
            past.calls = 1;
        }
    }
}
