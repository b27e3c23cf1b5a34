//! Whether a poll may use the library's API quota now (DESIGN invariant 8). Pure.

use std::time::Duration;

use crate::config::{Config, Institution};
use crate::model::moment::Moment;
use crate::store::quota::QuotaState;

/// Below the floor, one cheap call an hour looks whether the number has recovered.
const PROBE_EVERY: Duration = Duration::from_hours(1);
/// The floor is never higher than this share of the highest number seen in 30 days.
const FLOOR_SHARE_OF_HIGHEST: i64 = 4;

/// What a poll may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Poll.
    Open,
    /// Make one cheap call first, and poll only if the number has recovered.
    Probe,
    /// Do not ask; the sentence says why and what comes next.
    Closed(String),
}

/// The number of remaining calls below which only essential watches run.
pub fn floor(config: &Config, state: &QuotaState) -> i64 {
    let configured = i64::try_from(config.exlibris.quota_floor).unwrap_or(i64::MAX);
    let floor = state
        .highest
        .map_or(configured, |highest| configured.min(highest / FLOOR_SHARE_OF_HIGHEST));
    // Where nothing higher than 0 was ever seen, 0 is below the floor all the same.
    floor.max(1)
}

/// Calls that this institution's pool may still be asked today.
pub fn budget_left(config: &Config, institution: &Institution, state: &QuotaState) -> u64 {
    institution
        .daily_budget
        .unwrap_or(config.exlibris.daily_budget)
        .saturating_sub(state.calls_today)
}

/// Decides about one poll.
pub fn gate(config: &Config, institution: &Institution, essential: bool, state: &QuotaState, now: Moment) -> Gate {
    if budget_left(config, institution, state) == 0 {
        return Gate::Closed(format!(
            "today's budget of {} calls for {} is spent; it goes on after midnight UTC",
            institution.daily_budget.unwrap_or(config.exlibris.daily_budget),
            institution.quota_pool
        ));
    }
    let floor = floor(config, state);
    match state.remaining {
        Some(remaining) if remaining < floor && !essential => {
            // A probe in the future was made before the clock was put back.
            let due = |last: Moment| now.since(last) >= PROBE_EVERY || now < last;
            if state.last_probe.is_none_or(due) {
                Gate::Probe
            } else {
                Gate::Closed(format!(
                    "only {remaining} API calls are left at {}, below the floor of {floor}; only essential watches run until it recovers",
                    institution.quota_pool
                ))
            }
        }
        _ => Gate::Open,
    }
}
