//! What may be believed of an answer, decided before anything of it is written (DESIGN invariant 3).

use chrono_tz::Tz;
use serde_json::Value;

use super::requests;
use crate::compare::matching::{self, KnownItem};
use crate::compare::requests::Followed;
use crate::compare::snapshot::{Comparison, Doubt, Keyed, Prior, Rules, Verdict, compare, repeated};
use crate::compare::unread;
use crate::config::Watch;
use crate::exlibris::error::CallError;
use crate::model::answer::Outcome;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};
use crate::sources;
use crate::store::StoreError;
use crate::store::body::DOCUMENT_BYTES_MAX;
use crate::store::write::WriteTx;

/// Characters of a key that stand in a reason.
const KEY_CHARS_SHOWN: usize = 80;

/// What is to be written of a poll.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
    pub(super) error_code: Option<String>,
    pub(super) tracking_id: Option<String>,
    pub(super) coverage: Coverage,
    pub(super) comparison: Comparison,
    pub(super) memory: Memory,
    /// Whether Ex Libris named the expected institution; the outer `None`: this poll learned nothing about it.
    pub(super) verified: Option<Option<bool>>,
    /// It worked, and there was nothing at all.
    pub(super) empty: bool,
    /// What the source wants to know at its next poll.
    pub(super) remembered: Option<Value>,
    /// What following its requests found, and the id of the key under which they are hashed.
    pub(super) followed: Option<(Followed, String)>,
}

/// What becomes of the doubt about an implausible answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// This poll says nothing about it.
    AsItIs,
    /// A whole and plausible answer came.
    Forget,
    /// An implausible answer came.
    Doubt(Doubt),
}

/// Judges what came of asking. A failed call touches nothing that is known of the records.
pub(super) async fn judge(
    tx: &mut WriteTx,
    row: i64,
    watch: &Watch,
    accepted: bool,
    observed: Result<Observation, CallError>,
    zone: Tz,
) -> Result<Judged, StoreError> {
    let mut judged = Judged {
        outcome: Outcome::Failed,
        reason: None,
        error_code: None,
        tracking_id: None,
        coverage: Coverage::default(),
        comparison: Comparison::default(),
        memory: Memory::AsItIs,
        verified: None,
        empty: false,
        remembered: None,
        followed: None,
    };
    let mut observation = match observed {
        Ok(observation) => observation,
        Err(error) => {
            judged.reason = Some(error.to_string());
            judged.error_code = error.error_code;
            judged.tracking_id = error.tracking_id;
            return Ok(judged);
        }
    };
    for remark in &observation.remarks {
        tracing::info!(watch = %watch.id, "{}: {remark}", watch.id);
    }
    let prior = tx.prior(row).await?;
    if !accepted {
        doubt_vanished(&mut observation.coverage, &prior);
    }
    judged.verified = Some(observation.verified);
    judged.remembered = observation.memory.take();
    // A derived watch that finds nothing to tell has worked all the same.
    judged.empty = observation.drafts.is_empty() && !watch.source.kind().is_derived();
    if let Some(seen) = observation.requests.take() {
        let followed = requests::follow(tx, row, watch, &seen, &mut observation, zone).await?;
        // Where the source doubts the whole answer itself, that is the one doubt that counts: two would never come to an end.
        let doubted = observation.suspicion.is_some();
        if let Some(reason) = followed.doubt.clone().filter(|_| !accepted && !doubted) {
            let (doubt, believed) = repeated(prior.doubt, requests::doubtful(), tx.wall);
            if !believed {
                judged.reason = Some(reason);
                judged.memory = Memory::Doubt(doubt);
                judged.remembered = None;
                return Ok(judged);
            }
        }
        judged.followed = Some((followed, seen.key_id));
    }
    if !observation.unread.is_empty() {
        let known = tx.known_documents(row).await?;
        let newest = known.iter().map(|(key, _, body)| (key.as_str(), body)).collect();
        unread::keep_known(&mut observation.drafts, &observation.unread, &newest);
    }
    let keyed = identified(tx, row, observation.drafts).await?;
    let rule = sources::absence_rule(watch.source.kind());
    let rules = Rules {
        complete_polls: rule.complete_polls,
        whole_coverage: rule.whole_coverage,
        shape_version: sources::shape_version(watch.source.kind()),
        // What is computed here is no answer that could be cut short: who left the consortium takes many records along.
        accepted: accepted || watch.source.kind().is_derived(),
        suspicion: observation.suspicion.as_deref(),
    };
    let followed = judged.followed.take();
    if let Some(huge) = keyed.iter().find(|keyed| keyed.document.len() > DOCUMENT_BYTES_MAX) {
        // The store would refuse the whole poll, again and again, and nobody would be told.
        let key: String = huge.key.chars().take(KEY_CHARS_SHOWN).collect();
        judged.reason = Some(format!(
            "the record {key} is larger than the {DOCUMENT_BYTES_MAX} bytes that one record may have"
        ));
        return Ok(judged);
    }
    match compare(&prior, &keyed, &observation.coverage, rules, tx.wall) {
        Verdict::Plausible(comparison) => {
            judged.comparison = comparison;
            judged.outcome = match (observation.coverage.is_whole(), observation.coverage.read_anything()) {
                (true, _) => Outcome::Ok,
                (false, true) => Outcome::Partial,
                (false, false) => Outcome::Failed,
            };
            judged.followed = followed.filter(|_| judged.outcome != Outcome::Failed);
            if judged.outcome == Outcome::Ok {
                judged.memory = Memory::Forget;
            } else {
                judged.reason = Some(observation.coverage.shortfalls().join("; "));
            }
            judged.coverage = observation.coverage;
        }
        Verdict::Implausible { reason, doubt } => {
            judged.reason = Some(reason);
            judged.memory = Memory::Doubt(doubt);
            // What the source would remember of an answer that is not believed would calm it at the next poll, or let it
            // forget what is still so.
            judged.remembered = None;
        }
    }
    Ok(judged)
}

/// A partition that had records and now is said not to exist has moved more likely than been withdrawn: what it held is
/// unknown, not gone.
fn doubt_vanished(coverage: &mut Coverage, prior: &Prior) {
    for (partition, read) in &mut coverage.0 {
        let had = prior
            .records
            .values()
            .filter(|known| known.present && known.partition == *partition)
            .count();
        if *read == PartitionRead::Absent && had > 0 {
            let reason = format!("had {had} records and is now said not to exist; what it held is kept as it was");
            *read = PartitionRead::Partial { reason };
        }
    }
}

/// Gives every draft its key: the source's own, or the one that matching finds.
async fn identified(tx: &mut WriteTx, row: i64, drafts: Vec<Draft>) -> Result<Vec<Keyed>, StoreError> {
    if drafts.iter().all(|draft| matches!(draft.identity, Identity::Key(_))) {
        return Ok(drafts
            .into_iter()
            .filter_map(|draft| match draft.identity {
                Identity::Key(key) => Some(Keyed::new(key, draft.partition, &draft.body)),
                Identity::Matched { .. } => None,
            })
            .collect());
    }
    let known: Vec<KnownItem> = tx
        .known_documents(row)
        .await?
        .into_iter()
        .map(|(key, present, body)| KnownItem { key, body, present })
        .collect();
    Ok(matching::assign(drafts, &known)
        .into_iter()
        .map(|(key, draft)| Keyed::new(key, draft.partition, &draft.body))
        .collect())
}
