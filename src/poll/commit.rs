//! The one transaction of a poll: versions, changes, events and notices are written together or not at all (DESIGN
//! invariant 1).

use std::time::Duration;

use super::hasten::HASTENED_EVERY;
use super::health::{self, Ended, Turn};
use super::judge::{Memory, judge};
use super::once::{PollOrder, not_polled};
use super::{Almanac, due, quota, requests};
use crate::alerts::route::{self, RoutedEvent};
use crate::config::Watch;
use crate::exlibris::error::{CallError, Problem};
use crate::meaning;
use crate::model::answer::{Outcome, PollRow};
use crate::model::change::{ChangeInContext, InstitutionName, Op};
use crate::model::event::{EventDraft, EventKind};
use crate::model::moment::Moment;
use crate::model::observation::Observation;
use crate::sources;
use crate::store::StoreError;
use crate::store::events::{EventOrigin, StoredChange, subject_of_record};
use crate::store::polls::PollNote;
use crate::store::write::WriteTx;
use crate::telemetry;

/// When something was read, what is derived from it is computed after this time, unless it is due earlier: watches that
/// share a schedule are then all read, and two ends of one change are not taken for a contradiction.
const SETTLING_TIME: Duration = Duration::from_mins(10);

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
            return Ok(not_polled(watch, Outcome::Skipped, what.clone()));
        }
        let judged = judge(&mut tx, row, watch, order.accept, asked.observed, self.config.timezone).await?;
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
        if let Some((followed, key_id)) = &judged.followed {
            tx.write_requests(row, poll, key_id, followed).await?;
        }
        requests::purge(&mut tx, self.config.timezone).await?;
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
        tx.settle(row, &state).await?;
        if let Some(remembered) = &judged.remembered {
            tx.remember(row, remembered).await?;
        }
        if matches!(judged.outcome, Outcome::Ok | Outcome::Partial) {
            let at = tx.wall.plus(SETTLING_TIME);
            for derived in self.derived_from(watch) {
                let (row, _) = tx
                    .watch(&derived.id, derived.source.kind(), derived.institution.as_deref())
                    .await?;
                tx.bring_forward(row, at).await?;
            }
        }
        match judged.memory {
            Memory::AsItIs => {}
            Memory::Forget => tx.remember_doubt(row, None).await?,
            Memory::Doubt(doubt) => tx.remember_doubt(row, Some(doubt)).await?,
        }
        if order.scheduled {
            self.plan_next(&mut tx, row, watch, state.consecutive_failures).await?;
            // What came up while the poll was under way may not have been there yet when it asked.
            if state.next_due.is_some_and(|due| due > asked.started) {
                let again = tx.wall.plus(HASTENED_EVERY);
                tx.bring_forward(row, again).await?;
            }
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

    /// The events that a change makes, with the configuration's severities and topics.
    pub fn meaning_of(&self, change: &StoredChange) -> Vec<EventDraft> {
        let institution = change.institution.as_deref().map(|code| InstitutionName {
            code,
            name: self
                .config
                .institution(code)
                .map_or(code, |institution| institution.name.as_str()),
        });
        let drafts = meaning::events_of(
            &ChangeInContext {
                source: change.source,
                subject: change.watch.subject(),
                institution,
                key: &change.key,
                op: change.op,
                old: change.old.as_ref(),
                new: change.new.as_ref(),
                context: &change.context,
                now: change.committed,
                zone: self.config.timezone,
            },
            &self.config.classifier,
        );
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
                tx.note_quota_low(pool, Some(tx.wall), state.last_probe).await?;
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
