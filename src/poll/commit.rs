//! The one transaction of a poll: versions, changes, events and notices are written together or not at all (DESIGN
//! invariant 1).

use super::health::{self, Ended, Turn};
use super::once::PollOrder;
use super::{Almanac, due, quota};
use crate::alerts::route::{self, RoutedEvent};
use crate::compare::matching::{self, KnownItem};
use crate::compare::snapshot::{Comparison, Keyed, Prior, Rules, Verdict, compare};
use crate::config::Watch;
use crate::exlibris::error::{CallError, Problem};
use crate::meaning;
use crate::model::answer::{Outcome, PollRow};
use crate::model::change::{ChangeInContext, InstitutionName, Op};
use crate::model::event::{EventDraft, EventKind};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};
use crate::sources;
use crate::store::StoreError;
use crate::store::body::DOCUMENT_BYTES_MAX;
use crate::store::events::{EventOrigin, StoredChange, subject_of_record};
use crate::store::polls::PollNote;
use crate::store::write::WriteTx;
use crate::telemetry;

/// Characters of a key that stand in a reason.
const KEY_CHARS_SHOWN: usize = 80;

/// What came of asking.
#[derive(Debug)]
pub struct Asked {
    /// When the poll began.
    pub started: Moment,
    /// What was seen, or why nothing was.
    pub observed: Result<Observation, CallError>,
    /// Calls made.
    pub calls: u32,
    /// The remaining quota named last.
    pub quota_remaining: Option<i64>,
}

/// What is to be written, decided before anything is.
struct Judged {
    outcome: Outcome,
    reason: Option<String>,
    error_code: Option<String>,
    tracking_id: Option<String>,
    coverage: Coverage,
    comparison: Comparison,
    doubt: Option<crate::compare::snapshot::Doubt>,
    verified: Option<Option<bool>>,
    empty: bool,
}

impl Almanac {
    /// Writes a poll and everything that follows from it.
    pub(super) async fn commit(&self, watch: &Watch, order: &PollOrder, asked: Asked) -> Result<PollRow, StoreError> {
        let mut tx = self.store.write().await?;
        let (row, mut state) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        let now = tx.now;
        if let Some(institution) = self.institution_of(watch).filter(|_| asked.calls > 0) {
            tx.note_calls(&institution.quota_pool, asked.calls, asked.quota_remaining)
                .await?;
        }
        if let Err(CallError {
            problem: Problem::NoKey(what),
            ..
        }) = &asked.observed
            && state.last_success.is_none()
        {
            // A key that never was there stops the watch with a clear state; one that went away is silence, which is news.
            tx.note_not_asked(row, true, what).await?;
            if order.scheduled {
                self.plan_next(&mut tx, row, watch, 0).await?;
            }
            tx.release(row, &order.owner).await?;
            tx.commit().await?;
            return Ok(PollRow {
                watch: watch.id.to_string(),
                poll: None,
                outcome: Outcome::Skipped,
                reason: Some(what.clone()),
                calls: asked.calls,
                added: 0,
                removed: 0,
                modified: 0,
                events: 0,
            });
        }
        // A failed poll compares nothing, and so reads nothing that a defect could trip over.
        let prior = match &asked.observed {
            Ok(_) => tx.prior(row).await?,
            Err(_) => Prior {
                doubt: tx.doubt(row).await?,
                ..Prior::default()
            },
        };
        let judged = self.judge(&mut tx, row, watch, order, &prior, asked.observed).await?;
        let poll = tx
            .note_poll(
                row,
                &PollNote {
                    started: asked.started,
                    outcome: judged.outcome,
                    accepted: order.accept,
                    reason: judged.reason.as_deref(),
                    error_code: judged.error_code.as_deref(),
                    tracking_id: judged.tracking_id.as_deref(),
                    calls: asked.calls,
                    quota_remaining: asked.quota_remaining,
                    coverage: &judged.coverage,
                },
            )
            .await?;
        let shape_version = sources::shape_version(watch.source.kind());
        let news = tx
            .write_comparison(
                row,
                watch.source.kind(),
                poll,
                shape_version,
                &judged.coverage,
                &judged.comparison,
            )
            .await?;
        let mut events: Vec<EventKind> = Vec::new();
        for (key, op, written) in news {
            let change = StoredChange {
                watch: watch.id.clone(),
                source: watch.source.kind(),
                institution: watch.institution.clone(),
                key,
                op,
                old: written.old,
                new: written.new,
                context: written.context,
                committed: now,
            };
            let subject = subject_of_record(&change.watch, &change.key, written.version);
            for draft in self.meaning_of(&change) {
                let origin = EventOrigin {
                    poll: Some(poll),
                    watch: Some(row),
                    change: Some(written.id),
                    institution: watch.institution.as_deref(),
                    key: Some(&change.key),
                    subject: &subject,
                };
                events.extend(self.tell(&mut tx, origin, &draft).await?);
            }
        }
        if let Some(remaining) = asked.quota_remaining {
            events.extend(self.mind_quota(&mut tx, row, watch, poll, remaining).await?);
            state.quota_remaining = Some(remaining);
        }
        if let Some(verified) = judged.verified {
            state.verified = verified;
        }
        let ended = Ended {
            outcome: judged.outcome,
            reason: judged.reason.as_deref(),
            empty: judged.empty,
            at: now,
        };
        if let Some(turn) = health::after(&mut state, ended, watch.tolerance) {
            let who = self.institution_of(watch).map(|institution| institution.name.as_str());
            let draft = match turn {
                Turn::Failing(polls) => {
                    let reason = sentence(state.reason.as_deref().unwrap_or("No reason is known"));
                    meaning::health::watch_failing(watch.id.as_str(), who, polls, &reason)
                }
                Turn::Recovered => meaning::health::watch_recovered(watch.id.as_str(), who),
            };
            events.extend(
                self.tell(
                    &mut tx,
                    about_watch(row, watch, poll, &format!("{}|poll {poll}", watch.id)),
                    &draft,
                )
                .await?,
            );
        }
        tx.settle(row, &state, judged.doubt).await?;
        if order.scheduled {
            self.plan_next(&mut tx, row, watch, state.consecutive_failures).await?;
        }
        tx.release(row, &order.owner).await?;
        tx.commit().await?;
        events.iter().for_each(|kind| telemetry::event_made(*kind));
        let count = |op| judged.comparison.deltas.iter().filter(|delta| delta.op == op).count() as u32;
        Ok(PollRow {
            watch: watch.id.to_string(),
            poll: Some(poll),
            outcome: judged.outcome,
            reason: judged.reason,
            calls: asked.calls,
            added: count(Op::Added),
            removed: count(Op::Removed),
            modified: count(Op::Modified),
            events: events.len() as u32,
        })
    }

    async fn judge(
        &self,
        tx: &mut WriteTx,
        row: i64,
        watch: &Watch,
        order: &PollOrder,
        prior: &Prior,
        observed: Result<Observation, CallError>,
    ) -> Result<Judged, StoreError> {
        let mut judged = Judged {
            outcome: Outcome::Failed,
            reason: None,
            error_code: None,
            tracking_id: None,
            coverage: Coverage::default(),
            comparison: Comparison::default(),
            doubt: prior.doubt,
            verified: None,
            empty: false,
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
        if !order.accept {
            doubt_vanished(&mut observation.coverage, prior);
        }
        judged.verified = Some(observation.verified);
        judged.empty = observation.drafts.is_empty();
        let keyed = identified(tx, row, observation.drafts).await?;
        let rule = sources::absence_rule(watch.source.kind());
        let rules = Rules {
            complete_polls: rule.complete_polls,
            whole_coverage: rule.whole_coverage,
            shape_version: sources::shape_version(watch.source.kind()),
            accepted: order.accept,
        };
        if let Some(huge) = keyed.iter().find(|keyed| keyed.document.len() > DOCUMENT_BYTES_MAX) {
            // The store would refuse the whole poll, again and again, and nobody would be told.
            judged.reason = Some(format!(
                "the record {} is larger than the {DOCUMENT_BYTES_MAX} bytes that one record may have",
                huge.key.chars().take(KEY_CHARS_SHOWN).collect::<String>()
            ));
            return Ok(judged);
        }
        match compare(prior, &keyed, &observation.coverage, rules, tx.now) {
            Verdict::Plausible(comparison) => {
                judged.comparison = comparison;
                judged.outcome = match (observation.coverage.is_whole(), observation.coverage.read_anything()) {
                    (true, _) => Outcome::Ok,
                    (false, true) => Outcome::Partial,
                    (false, false) => Outcome::Failed,
                };
                if judged.outcome == Outcome::Ok {
                    judged.doubt = None;
                } else {
                    judged.reason = Some(observation.coverage.shortfalls().join("; "));
                }
                judged.coverage = observation.coverage;
            }
            Verdict::Implausible { reason, doubt } => {
                judged.reason = Some(reason);
                judged.doubt = Some(doubt);
            }
        }
        Ok(judged)
    }

    /// The events that a change makes, with the configuration's severities and topics.
    pub fn meaning_of(&self, change: &StoredChange) -> Vec<EventDraft> {
        let institution = change.institution.as_deref().map(|code| InstitutionName {
            code,
            name: self
                .config
                .institution(code)
                .map_or(code, |institution| institution.name.as_str()),
        });
        let drafts = meaning::events_of(&ChangeInContext {
            source: change.source,
            subject: change.watch.subject(),
            institution,
            key: &change.key,
            op: change.op,
            old: change.old.as_ref(),
            new: change.new.as_ref(),
            context: &change.context,
            now: change.committed,
        });
        drafts
            .into_iter()
            .map(|draft| route::overridden(draft, &self.config.event_overrides))
            .collect()
    }

    /// Writes an event and what is owed of it; `None` if the same event was there already.
    async fn tell(
        &self,
        tx: &mut WriteTx,
        origin: EventOrigin<'_>,
        draft: &EventDraft,
    ) -> Result<Option<EventKind>, StoreError> {
        let draft = route::overridden(draft.clone(), &self.config.event_overrides);
        let Some(event) = tx.insert_event(origin, &draft).await? else {
            return Ok(None);
        };
        for (channel, due) in route::owed(
            &RoutedEvent::of(&draft, origin.institution),
            &self.config.routes,
            tx.wall,
            self.config.timezone,
        ) {
            tx.insert_notice(event, &channel, due).await?;
        }
        Ok(Some(draft.kind))
    }

    /// Tells once when the remaining quota falls below the floor, and forgets it when it has recovered.
    async fn mind_quota(
        &self,
        tx: &mut WriteTx,
        row: i64,
        watch: &Watch,
        poll: i64,
        remaining: i64,
    ) -> Result<Option<EventKind>, StoreError> {
        let Some(institution) = self.institution_of(watch) else {
            return Ok(None);
        };
        let pool = &institution.quota_pool;
        let state = tx.quota(pool).await?;
        let floor = quota::floor(&self.config, &state);
        match (remaining < floor, state.low_since) {
            (true, None) => {
                tx.note_quota_low(pool, Some(tx.now), state.last_probe).await?;
                let subject = format!("quota {pool}|poll {poll}");
                let draft = meaning::health::quota_low(pool, remaining, floor);
                self.tell(tx, about_watch(row, watch, poll, &subject), &draft).await
            }
            (false, Some(_)) => {
                tx.note_quota_low(pool, None, None).await?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    pub(super) async fn plan_next(
        &self,
        tx: &mut WriteTx,
        row: i64,
        watch: &Watch,
        failures: u32,
    ) -> Result<(), StoreError> {
        let next = due::next_due(watch, self.config.timezone, tx.wall, failures);
        tx.plan(row, next, &watch.schedule.text()).await
    }
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

fn about_watch<'a>(row: i64, watch: &'a Watch, poll: i64, subject: &'a str) -> EventOrigin<'a> {
    EventOrigin {
        poll: Some(poll),
        watch: Some(row),
        change: None,
        institution: watch.institution.as_deref(),
        key: None,
        subject,
    }
}

/// Ends a reason as a sentence.
fn sentence(reason: &str) -> String {
    let mut text = reason.trim().to_owned();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
