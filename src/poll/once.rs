//! One poll: lease, quota, asking, commit.

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Almanac;
use super::commit::Asked;
use super::quota::{self, Gate};
use crate::config::Watch;
use crate::exlibris::alma;
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::Session;
use crate::model::answer::{Outcome, PollRow};
use crate::model::moment::Moment;
use crate::model::observation::Observation;
use crate::sources::{self, Ask};
use crate::store::StoreError;
use crate::telemetry;

/// A poll that takes longer is given up; well above a slow sandbox paging hundreds of partners.
const POLL_TIME_MAX: Duration = Duration::from_mins(10);
/// A lease outlives every poll, so that none is ever taken over while its poll still runs.
const LEASE: Duration = Duration::from_mins(15);

/// How a poll came about.
#[derive(Clone, Debug)]
pub struct PollOrder {
    /// Who holds the lease: the daemon or one command.
    pub owner: String,
    /// A person says that the answer is right, however much it lost.
    pub accept: bool,
    /// The daemon's schedule asked for it, so the next one is planned with the commit.
    pub scheduled: bool,
    /// When cancelled, the asking is abandoned without a trace; the commit never is.
    pub abandon: CancellationToken,
}

impl PollOrder {
    /// A poll asked for by a person.
    pub fn by_hand(accept: bool) -> Self {
        let owner = format!("poll:{}:{:016x}", std::process::id(), fastrand::u64(..));
        Self {
            owner,
            accept,
            scheduled: false,
            abandon: CancellationToken::new(),
        }
    }
}

impl Almanac {
    /// Polls a watch now, as a person asks for it.
    pub async fn poll(&self, watch: &Watch, accept: bool) -> PollRow {
        self.poll_as(watch, &PollOrder::by_hand(accept)).await
    }

    /// Polls a watch. Whatever happens comes back as a row; trouble with our own store is in it too, and is never counted
    /// against the watch.
    pub async fn poll_as(&self, watch: &Watch, order: &PollOrder) -> PollRow {
        let row = match self.try_poll(watch, order).await {
            Ok(row) => row,
            Err(error) => {
                tracing::error!(watch = %watch.id, %error, "{} could not be polled: {error}", watch.id);
                let _ = self.let_go(watch, order).await;
                not_polled(watch, Outcome::Failed, error.to_string())
            }
        };
        telemetry::polled(watch.source.kind(), row.outcome);
        row
    }

    async fn try_poll(&self, watch: &Watch, order: &PollOrder) -> Result<PollRow, StoreError> {
        let started = self.clock.now();
        let (gate, budget_left) = match self.claim(watch, order).await? {
            Ok(decided) => decided,
            Err(reason) => return Ok(not_polled(watch, Outcome::Skipped, reason)),
        };
        let session = self.exlibris.session(self.institution_of(watch));
        session.allow_at_most(budget_left);
        let gate = match gate {
            Gate::Probe => self.probe(watch).await?,
            decided => decided,
        };
        if let Gate::Closed(reason) = gate {
            self.put_off(watch, order, &reason).await?;
            return Ok(not_polled(watch, Outcome::Skipped, reason));
        }
        let ask = Ask {
            watch,
            session: &session,
            now: started,
            zone: self.config.timezone,
        };
        let observed = tokio::select! {
            biased;
            () = order.abandon.cancelled() => None,
            observed = tokio::time::timeout(POLL_TIME_MAX, sources::observe(&ask)) => {
                Some(observed.unwrap_or_else(|_| Err(took_too_long(watch))))
            }
        };
        let Some(observed) = observed else {
            self.let_go(watch, order).await?;
            return Ok(not_polled(
                watch,
                Outcome::Skipped,
                "abandoned, as the program stops".to_owned(),
            ));
        };
        let row = self.commit(watch, order, asked(started, observed, &session)).await?;
        tracing::info!(
            watch = %watch.id, outcome = row.outcome.name(), calls = row.calls, added = row.added, removed = row.removed,
            modified = row.modified, events = row.events,
            "polled {}: {}{}", watch.id, row.outcome.name(), row.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"))
        );
        Ok(row)
    }

    /// Takes the lease and looks at the quota: what the poll may do, and how many calls today's budget has left. The inner
    /// error says why the watch is not polled.
    async fn claim(&self, watch: &Watch, order: &PollOrder) -> Result<Result<(Gate, u64), String>, StoreError> {
        let mut tx = self.store.write().await?;
        let (row, _) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        if let Some(owner) = tx.lease_owner(row).await?.filter(|owner| has_ended(owner)) {
            tx.release(row, &owner).await?;
        }
        let until = tx.wall.plus(LEASE);
        if !tx.claim(row, &order.owner, until).await? {
            let told = format!("{} is being polled already; look again in a minute", watch.id);
            return Ok(Err(told));
        }
        let gate = match self
            .institution_of(watch)
            .filter(|institution| institution.api_key.is_some())
        {
            Some(institution) => {
                let state = tx.quota(&institution.quota_pool).await?;
                let budget_left = quota::budget_left(&self.config, institution, &state);
                (
                    quota::gate(&self.config, institution, watch.essential, &state, tx.wall),
                    budget_left,
                )
            }
            None => (Gate::Open, u64::MAX),
        };
        tx.commit().await?;
        Ok(Ok(gate))
    }

    /// Makes one cheap call to see whether the quota has recovered.
    async fn probe(&self, watch: &Watch) -> Result<Gate, StoreError> {
        let Some(institution) = self.institution_of(watch) else {
            return Ok(Gate::Open);
        };
        // Whatever it answers, the number of remaining calls comes with it.
        let session = self.exlibris.session(Some(institution));
        let _ = alma::general(&session).await;
        let mut tx = self.store.write().await?;
        tx.note_calls(&institution.quota_pool, session.calls(), session.quota_remaining())
            .await?;
        let mut state = tx.quota(&institution.quota_pool).await?;
        state.last_probe = Some(tx.wall);
        tx.note_quota_low(&institution.quota_pool, state.low_since, state.last_probe)
            .await?;
        let gate = quota::gate(&self.config, institution, watch.essential, &state, tx.wall);
        tx.commit().await?;
        Ok(gate)
    }

    /// Gives the lease back without a poll, and plans the next one.
    async fn put_off(&self, watch: &Watch, order: &PollOrder, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let (row, state) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        tx.note_not_asked(row, state.blocked, reason).await?;
        if order.scheduled {
            self.plan_next(&mut tx, row, watch, 0).await?;
        }
        tx.release(row, &order.owner).await?;
        tx.commit().await
    }

    /// Gives the lease back and leaves everything else as it was: the poll is still due.
    pub async fn let_go(&self, watch: &Watch, order: &PollOrder) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let (row, _) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        tx.release(row, &order.owner).await?;
        tx.commit().await
    }
}

impl Almanac {
    /// Notes that a poll ended in a panic, as a failed poll of its watch.
    pub(super) async fn note_defect(&self, watch: &Watch, order: &PollOrder) -> Result<(), StoreError> {
        let error = CallError {
            attempted: format!("polling {}", watch.id),
            problem: Problem::Implausible("a defect of Almanac ended the poll; please report it".to_owned()),
            error_code: None,
            tracking_id: None,
            status: None,
        };
        let asked = Asked {
            started: self.clock.now(),
            observed: Err(error),
            calls: 0,
            quota_remaining: None,
        };
        self.commit(watch, order, asked).await.map(drop)
    }
}

fn asked(started: Moment, observed: Result<Observation, CallError>, session: &Session) -> Asked {
    Asked {
        started,
        observed,
        calls: session.calls(),
        quota_remaining: session.quota_remaining(),
    }
}

/// Whether the process that took a lease is known to be gone: killed, or kept from giving it back by a full disk. Where
/// that cannot be told, the lease runs out by itself.
fn has_ended(owner: &str) -> bool {
    let process = owner
        .split(':')
        .nth(1)
        .filter(|id| !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit()));
    let processes = Path::new("/proc");
    process.is_some_and(|id| processes.join("self").exists() && !processes.join(id).exists())
}

/// The row of a watch that was not asked, or whose poll could not be stored.
pub(super) fn not_polled(watch: &Watch, outcome: Outcome, reason: String) -> PollRow {
    PollRow {
        watch: watch.id.to_string(),
        poll: None,
        outcome,
        reason: Some(reason),
        calls: 0,
        added: 0,
        removed: 0,
        modified: 0,
        events: 0,
    }
}

fn took_too_long(watch: &Watch) -> CallError {
    CallError {
        attempted: format!("polling {}", watch.id),
        problem: Problem::TimedOut(POLL_TIME_MAX.as_secs()),
        error_code: None,
        tracking_id: None,
        status: None,
    }
}
