//! One poll: lease, quota, asking, commit.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::commit::Asked;
use super::quota::{self, Gate};
use super::{Almanac, sees_requests};
use crate::config::{Institution, Watch};
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
/// The reason of a poll that ended in a panic.
const DEFECT: &str = "a defect of Almanac ended the poll; please report it";

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

    /// Polls a watch. Whatever happens comes back as a row, a panic too; trouble with our own store is in it as well, and is
    /// never counted against the watch: such a row is failed and names no poll.
    pub async fn poll_as(&self, watch: &Watch, order: &PollOrder) -> PollRow {
        let mut session = self.exlibris.session(self.institution_of(watch));
        let row = match contained(self.try_poll(watch, order, &mut session)).await {
            Ok(row) => row,
            Err(Ended::Trouble(error)) => {
                tracing::error!(watch = %watch.id, %error, "{} could not be polled: {error}", watch.id);
                let _ = contained(self.let_go(watch, order, &session)).await;
                not_polled(watch, Outcome::Failed, error.to_string())
            }
            Err(Ended::Panic) => {
                tracing::error!(watch = %watch.id, "polling {} ended in a defect of Almanac; please report it", watch.id);
                match contained(self.note_defect(watch, order, &session)).await {
                    Ok(row) => row,
                    Err(_) => {
                        tracing::error!(watch = %watch.id, "the defect could not be noted");
                        not_polled(watch, Outcome::Failed, DEFECT.to_owned())
                    }
                }
            }
        };
        telemetry::polled(watch.source.kind(), row.outcome);
        row
    }

    async fn try_poll(&self, watch: &Watch, order: &PollOrder, session: &mut Session) -> Result<PollRow, StoreError> {
        let started = self.clock.now();
        let Claimed {
            gate,
            budget_left,
            memory,
        } = match self.claim(watch, order).await? {
            Ok(claimed) => claimed,
            Err(reason) => return Ok(not_polled(watch, Outcome::Skipped, reason)),
        };
        session.allow_at_most(budget_left);
        let session = &*session;
        // Whoever rotated the key meanwhile may have polled under the new one; under the old one nothing would be known again.
        let pseudonyms = match self.pseudonyms.as_deref() {
            Some(keys) if sees_requests(watch) => Some(keys.reread(started)),
            _ => None,
        };
        let ask = Ask {
            watch,
            session,
            now: started,
            zone: self.config.timezone,
            memory: memory.as_ref(),
            pseudonyms: pseudonyms.as_ref(),
        };
        let asking = async {
            let gate = match gate {
                Gate::Probe => self.probe(watch).await?,
                decided => decided,
            };
            Ok::<_, StoreError>(match gate {
                Gate::Closed(reason) => Err(reason),
                _ if watch.source.kind().is_derived() => Ok(Ok(self.derive(watch, ask.memory, started).await?)),
                _ => Ok(sources::observe(&ask).await),
            })
        };
        let answered = tokio::select! {
            biased;
            () = order.abandon.cancelled() => None,
            answered = tokio::time::timeout(POLL_TIME_MAX, asking) => Some(answered),
        };
        let observed = match answered {
            None => {
                self.let_go(watch, order, session).await?;
                let reason = "abandoned, as the program stops".to_owned();
                return Ok(not_polled(watch, Outcome::Skipped, reason));
            }
            Some(Err(_)) => Err(took_too_long(watch)),
            Some(Ok(answered)) => match answered? {
                Ok(observed) => observed,
                Err(reason) => {
                    self.put_off(watch, order, &reason).await?;
                    return Ok(not_polled(watch, Outcome::Skipped, reason));
                }
            },
        };
        let row = self.commit(watch, order, asked(started, observed, session)).await?;
        tracing::info!(
            watch = %watch.id, outcome = row.outcome.name(), calls = row.calls, added = row.added, removed = row.removed,
            modified = row.modified, events = row.events,
            "polled {}: {}{}", watch.id, row.outcome.name(), row.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"))
        );
        Ok(row)
    }

    /// Takes the lease and looks at the quota: what the poll may do, and how many calls the day's budget has left for it.
    /// The inner error says why the watch is not polled.
    async fn claim(&self, watch: &Watch, order: &PollOrder) -> Result<Result<Claimed, String>, StoreError> {
        let mut tx = self.store.write().await?;
        let (row, state) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        if order.scheduled && state.next_due.is_none_or(|due| due > tx.wall) {
            // Another poll was committed between the look at what is due and now.
            return Ok(Err(format!("{} is not due any more", watch.id)));
        }
        if let Some(owner) = tx.lease_owner(row).await?.filter(|owner| has_ended(owner)) {
            tx.release(row, &owner).await?;
        }
        if !tx.claim(row, &order.owner, tx.wall.plus(LEASE)).await? {
            return Ok(Err(format!(
                "{} is being polled already; look again in a minute",
                watch.id
            )));
        }
        let asks_a_library =
            |institution: &&Institution| institution.api_key.is_some() && !watch.source.kind().is_derived();
        let (gate, budget_left) = match self.institution_of(watch).filter(asks_a_library) {
            Some(institution) => {
                let state = tx.quota(&institution.quota_pool).await?;
                (
                    quota::gate(&self.config, institution, watch.essential, &state, tx.wall),
                    quota::budget_left(&self.config, institution, &state),
                )
            }
            None => (Gate::Open, u64::MAX),
        };
        let memory = tx.memory(row).await?;
        tx.commit().await?;
        Ok(Ok(Claimed {
            gate,
            budget_left,
            memory,
        }))
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
            // As after a failure: looked at again within the hour, so that a daily watch need not wait for its next day.
            self.plan_next(&mut tx, row, watch, 1).await?;
        }
        tx.release(row, &order.owner).await?;
        tx.commit().await
    }

    /// Gives the lease back, counts the calls that were made, and leaves everything else as it was: the poll is still due.
    async fn let_go(&self, watch: &Watch, order: &PollOrder, session: &Session) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let (row, _) = tx
            .watch(&watch.id, watch.source.kind(), watch.institution.as_deref())
            .await?;
        if let Some(institution) = self.institution_of(watch).filter(|_| session.calls() > 0) {
            tx.note_calls(&institution.quota_pool, session.calls(), session.quota_remaining())
                .await?;
        }
        tx.release(row, &order.owner).await?;
        tx.commit().await
    }

    /// Notes that a poll ended in a panic, as a failed poll of its watch.
    async fn note_defect(&self, watch: &Watch, order: &PollOrder, session: &Session) -> Result<PollRow, StoreError> {
        let error = CallError::ours(
            &format!("polling {}", watch.id),
            Problem::Implausible(DEFECT.to_owned()),
        );
        self.commit(watch, order, asked(self.clock.now(), Err(error), session))
            .await
    }
}

/// What a poll begins with.
struct Claimed {
    gate: Gate,
    /// Calls that the library's budget of the day has left.
    budget_left: u64,
    /// What the source wanted to know at this poll.
    memory: Option<serde_json::Value>,
}

/// How a piece of work ended that did not end well.
enum Ended {
    /// The store could not be used.
    Trouble(StoreError),
    /// A panic; the hook has told where.
    Panic,
}

/// Keeps a panic inside: it ends this piece of work and nothing else. Nothing half done is left behind, since a
/// transaction that is dropped leaves no trace.
async fn contained<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, Ended> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(ended) => ended.map_err(Ended::Trouble),
        Err(_) => Err(Ended::Panic),
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
