//! Whether a scheduled job did not run when it should have. Pure.
//!
//! Ex Libris names schedules by codes of a table that every institution has (ALMA.md §3), so only the words in them that leave
//! no doubt are read; beside them stands what the job did. Whatever speaks for a longer interval wins: a late alarm is
//! better than a false one.

use std::time::Duration;

use crate::model::moment::Moment;

/// A run may begin so much later than usual: queues, a maintenance window, an hour of daylight saving.
pub const TOLERANCE: Duration = Duration::from_hours(6);
/// Runs without which the job's own past is no evidence of a schedule: a week of a nightly job.
const RUNS_FOR_A_HABIT: usize = 8;
/// Runs without which a schedule that its code names has not been seen at work.
const RUNS_FOR_A_SCHEDULE: usize = 2;
/// What rests at weekends shows it in a week; a little less, since no run begins to the second.
const A_WEEK: Duration = Duration::from_hours(6 * 24 + 12);
/// From Friday's run to Monday's.
const OVER_A_WEEKEND: Duration = Duration::from_hours(72);
/// Two intervals differ if one is longer than the other by more than this part.
const SAME_INTERVAL: f64 = 1.25;
/// A gap of more than so many intervals looks like a run that was missed.
const MISSED_ONCE: f64 = 1.75;

/// Schedule codes that hold one of these words, and how often such a job runs. Ordered: `DAILY_EVERY_4_HOURS` is daily.
/// An hourly job may rest at night, so that a day is the least that proves something.
const SCHEDULE_WORDS: &[(&str, Duration)] = &[
    ("MONTHLY", Duration::from_hours(31 * 24)),
    ("WEEKLY", Duration::from_hours(7 * 24)),
    ("DAILY", Duration::from_hours(24)),
    ("NIGHTLY", Duration::from_hours(24)),
    ("HOURLY", Duration::from_hours(24)),
];

/// What is known of a job's schedule and its runs.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Whether Alma says that it runs by schedule.
    pub scheduled: bool,
    /// The code of the schedule.
    pub schedule: Option<&'a str>,
    /// When Alma says that it runs next.
    pub next_run: Option<Moment>,
    /// When its runs began, in any order.
    pub starts: &'a [Moment],
}

/// When a run should have begun that has not: the time it was to be expected at. `None` where nothing is missing, or nothing
/// proves that something should have run.
pub fn missed(evidence: Evidence<'_>, now: Moment) -> Option<Moment> {
    if !evidence.scheduled || !is_schedule(evidence.schedule) {
        return None;
    }
    let mut starts = evidence.starts.to_vec();
    starts.sort();
    starts.dedup();
    let last = *starts.last()?;
    let expected = match interval(evidence.schedule, &starts) {
        // Of a job that runs often only the last days are remembered; they do not say whether it rests at weekends.
        Some(interval) if starts.len() >= RUNS_FOR_A_HABIT && last.since(starts[0]) < A_WEEK => {
            last.plus(interval.max(OVER_A_WEEKEND))
        }
        Some(interval) => last.plus(interval),
        // A time that Alma itself named and that passed with nothing happening.
        None => evidence.next_run.filter(|next| *next > last)?,
    };
    (now > expected.plus(TOLERANCE)).then_some(expected)
}

/// Whether the code may stand for a schedule at all.
pub fn is_schedule(code: Option<&str>) -> bool {
    code.is_none_or(|code| {
        let code = code.to_ascii_uppercase();
        !code.contains("NOT_SCHEDULED") && !code.contains("NONE") && !code.contains("NEVER")
    })
}

/// The longest time that usually lies between two runs.
fn interval(schedule: Option<&str>, starts: &[Moment]) -> Option<Duration> {
    let gaps: Vec<Duration> = starts.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    let longest = gaps.iter().max().copied();
    let named = schedule.and_then(|code| {
        let code = code.to_ascii_uppercase();
        let word = SCHEDULE_WORDS.iter().find(|(word, _)| code.contains(word));
        word.map(|(_, interval)| *interval)
    });
    match (named, longest) {
        (Some(named), Some(longest)) if starts.len() >= RUNS_FOR_A_SCHEDULE => {
            // One gap of twice the length is a run missed before, if the job ran for a week without such a one: else it may be
            // the first weekend that was seen. Anything else is a schedule that the code does not tell.
            let longer: Vec<&Duration> = gaps.iter().filter(|gap| exceeds(**gap, named)).collect();
            let usual = gaps.iter().filter(|gap| !exceeds(**gap, named)).max();
            Some(match (longer.as_slice(), usual) {
                ([], Some(usual)) => named.max(*usual),
                ([once], Some(usual))
                    if once.as_secs_f64() > named.as_secs_f64() * MISSED_ONCE
                        && longest_without(&gaps, named) >= A_WEEK =>
                {
                    named.max(*usual)
                }
                _ => named.max(longest),
            })
        }
        (Some(_), _) => None,
        (None, Some(longest)) if starts.len() >= RUNS_FOR_A_HABIT => {
            // A habit has a usual interval that most of the gaps are; else the runs are somebody's whim.
            let mut sorted = gaps.clone();
            sorted.sort();
            let usual = sorted[sorted.len() / 2];
            let alike = gaps
                .iter()
                .filter(|gap| !exceeds(**gap, usual) && !exceeds(usual, **gap))
                .count();
            (alike * 3 >= gaps.len() * 2).then_some(longest)
        }
        (None, _) => None,
    }
}

/// The longest time without a gap that is longer than the named one.
fn longest_without(gaps: &[Duration], named: Duration) -> Duration {
    gaps.split(|gap| exceeds(*gap, named))
        .map(|stretch| stretch.iter().sum())
        .max()
        .unwrap_or_default()
}

fn exceeds(one: Duration, other: Duration) -> bool {
    one.as_secs_f64() > other.as_secs_f64() * SAME_INTERVAL
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u64 = 60 * 60 * 1000;

    fn at(hours: i64) -> Moment {
        Moment::from_millis(1_800_000_000_000 + hours * HOUR as i64)
    }

    fn starts(hours: &[i64]) -> Vec<Moment> {
        hours.iter().map(|hours| at(*hours)).collect()
    }

    fn missed_at(schedule: Option<&str>, runs: &[i64], now: i64) -> Option<i64> {
        let starts = starts(runs);
        let evidence = Evidence {
            scheduled: true,
            schedule,
            next_run: None,
            starts: &starts,
        };
        missed(evidence, at(now)).map(|expected| (expected.millis() - at(0).millis()) / HOUR as i64)
    }

    const NIGHTLY: &[i64] = &[0, 24, 48, 72, 96, 120, 144, 168];

    #[test]
    fn a_nightly_job_is_missed_after_the_tolerance_and_the_time_stays_the_same() {
        for code in [Some("DAILY_AT_02"), Some("J_17"), None] {
            assert_eq!(missed_at(code, NIGHTLY, 192 + 6), None, "{code:?}");
            assert_eq!(missed_at(code, NIGHTLY, 192 + 7), Some(192), "{code:?}");
            assert_eq!(missed_at(code, NIGHTLY, 192 + 400), Some(192), "{code:?}");
        }
    }

    #[test]
    fn without_evidence_there_is_no_alarm() {
        assert_eq!(
            missed_at(Some("J_17"), &NIGHTLY[..7], 1000),
            None,
            "a week is needed for a habit"
        );
        assert_eq!(missed_at(Some("DAILY"), &[0], 1000), None, "one run is no schedule");
        assert_eq!(missed_at(Some("DAILY"), &[], 1000), None);
        assert_eq!(missed_at(Some("NOT_SCHEDULED"), NIGHTLY, 1000), None);
        let whim = [0, 5, 60, 70, 170, 190, 400, 410, 700];
        assert_eq!(missed_at(None, &whim, 5000), None, "runs at any time are no habit");
        let all = starts(NIGHTLY);
        let by_hand = Evidence {
            scheduled: false,
            schedule: Some("DAILY"),
            next_run: Some(at(0)),
            starts: &all,
        };
        assert_eq!(missed(by_hand, at(1000)), None);
    }

    #[test]
    fn a_job_that_rests_at_weekends_is_not_missed_on_saturday() {
        let weekdays: Vec<i64> = (0..15).map(|n| (n / 5) * 168 + (n % 5) * 24).collect();
        for code in [Some("DAILY"), None] {
            let friday = *weekdays.last().unwrap();
            assert_eq!(missed_at(code, &weekdays, friday + 60), None, "{code:?}");
            assert_eq!(
                missed_at(code, &weekdays, friday + 72 + 7),
                Some(friday + 72),
                "{code:?}"
            );
        }
    }

    #[test]
    fn a_run_missed_before_does_not_hide_the_next_one_where_the_code_names_the_interval() {
        let once = [0, 24, 48, 96, 120, 144, 168, 192, 216, 240, 264];
        assert_eq!(missed_at(Some("DAILY"), &once, 264 + 31), Some(288));
    }

    #[test]
    fn a_job_whose_second_weekend_comes_is_not_missed() {
        let two_weeks: Vec<i64> = (0..10).map(|n| (n / 5) * 168 + (n % 5) * 24).collect();
        let friday = two_weeks[9];
        assert_eq!(missed_at(Some("DAILY"), &two_weeks, friday + 60), None);
        assert_eq!(missed_at(Some("DAILY"), &two_weeks, friday + 79), Some(friday + 72));
    }

    #[test]
    fn what_runs_every_hour_of_a_working_day_is_not_missed_at_the_weekend() {
        let week: Vec<i64> = (0..5)
            .flat_map(|day| (0..10).map(move |hour| day * 24 + hour))
            .collect();
        let remembered = &week[week.len() - 40..];
        let friday = week[week.len() - 1];
        for code in [Some("HOURLY"), None] {
            assert_eq!(missed_at(code, remembered, friday + 62), None, "{code:?}");
            assert_eq!(missed_at(code, remembered, friday + 79), Some(friday + 72), "{code:?}");
        }
    }

    #[test]
    fn a_schedule_that_was_slowed_down_is_not_missed() {
        assert_eq!(missed_at(Some("WEEKLY_MON"), NIGHTLY, 168 + 160), None);
        assert_eq!(missed_at(Some("WEEKLY_MON"), NIGHTLY, 168 + 175), Some(336));
    }

    #[test]
    fn a_time_that_alma_named_is_evidence_where_nothing_else_is() {
        let one = starts(&[0]);
        let evidence = Evidence {
            scheduled: true,
            schedule: Some("J_17"),
            next_run: Some(at(24)),
            starts: &one,
        };
        assert_eq!(missed(evidence, at(30)), None);
        assert_eq!(missed(evidence, at(31)), Some(at(24)));
        let ahead = Evidence {
            next_run: Some(at(40)),
            ..evidence
        };
        assert_eq!(missed(ahead, at(31)), None);
    }

    proptest! {
        #[test]
        fn a_job_that_runs_as_it_always_did_is_never_missed(
            hours in 1_i64..800, runs in 2_usize..40, late in prop::collection::vec(0_i64..3, 40), ahead in 0_i64..5,
            code in prop_oneof![Just(None), Just(Some("DAILY")), Just(Some("HOURLY")), Just(Some("J_17"))]
        ) {
            let times: Vec<i64> = (0..runs).map(|n| n as i64 * hours + late[n]).collect();
            let now = times[runs - 1] + hours + ahead - late[runs - 1];
            prop_assert_eq!(missed_at(code, &times, now), None);
        }

        #[test]
        fn order_and_repetition_of_runs_make_no_difference(mut runs in prop::collection::vec(0_i64..2000, 0..20), now in 0_i64..4000) {
            let forward = missed_at(Some("DAILY"), &runs, now);
            runs.reverse();
            runs.extend(runs.clone());
            prop_assert_eq!(missed_at(Some("DAILY"), &runs, now), forward);
        }
    }
}
