//! What the jobs that requests depend on did, and what it means where they did not.

use serde_json::Value;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Severity, Topic};
use crate::model::moment::Moment;

/// Ex Libris' product that jobs belong to.
const PRODUCT: &str = "Alma";
/// Statuses that hold one of these words are failures: COMPLETED_FAILED ("Completed with errors"), FAILED, SYSTEM_ABORTED,
/// USER_ABORTED. What nobody knows is no failure.
const FAILURES: &[&str] = &["FAIL", "ABORT", "ERROR"];
/// Counters that a text names; the record has all.
const COUNTERS_NAMED_MAX: usize = 6;
/// Where runs are looked at.
const WHERE: &str = "Look at it in Alma under Admin > Manage Jobs and Sets > Monitor Jobs, tab History.";

/// What a job does for requests, by a part of its name, and so what is not done when it fails.
const PURPOSES: &[(&str, &str)] = &[
    (
        "expire",
        "Requests past their expiry date may still be open, so they are neither passed on nor closed.",
    ),
    ("overdue message", "Partners may not have been told of overdue items."),
    (
        "claim",
        "Partners may not have been reminded of requests that they have not answered.",
    ),
    (
        "courtesy",
        "Readers may not have been told when borrowed items are due, and loans may not have been renewed.",
    ),
    ("rapid", "Requests may not have gone to or come from the broker."),
];
/// Where the name does not say what the job does.
const UNKNOWN_PURPOSE: &str = "What it does for requests may be undone until it runs again.";

/// The events that a change makes. A run that ended as it should makes none.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let institution = change
        .institution
        .map_or(change.subject, |institution| institution.name);
    let nothing = Value::Null;
    let old = change.old.unwrap_or(&nothing);
    let new = change.new.unwrap_or(&nothing);
    match change.op {
        Op::Added => {
            let name = job_name(change.key, new);
            let mut events = vec![added(institution, change, new)];
            // Its first run may have failed before anyone here had heard of it.
            events.extend(failed(change, institution, &name, &nothing, new));
            events
        }
        Op::Removed => vec![removed(institution, change, old)],
        Op::Modified => {
            let name = job_name(change.key, new);
            let mut events = Vec::new();
            events.extend(failed(change, institution, &name, old, new));
            events.extend(missed(change, institution, &name, old, new));
            events.extend(changed(institution, &name, old, new));
            events
        }
    }
}

fn added(institution: &str, change: &ChangeInContext<'_>, new: &Value) -> EventDraft {
    let name = job_name(change.key, new);
    let what = if change.context.returned {
        "is in Alma again"
    } else {
        "is new in Alma"
    };
    let schedule = match schedule(new) {
        Some(code) => format!("Its schedule is {code}."),
        None => "It has no schedule, so it runs only when somebody starts it.".to_owned(),
    };
    draft(
        EventKind::ApiChanged,
        format!("{institution}: the job {name} {what}"),
        format!("A job that has to do with requests between libraries. {schedule} Its runs are watched from now on."),
    )
}

fn removed(institution: &str, change: &ChangeInContext<'_>, old: &Value) -> EventDraft {
    let name = job_name(change.key, old);
    let mut event = draft(
        EventKind::ApiChanged,
        format!("{institution}: the job {name} is gone from Alma"),
        format!(
            "Two complete readings of the list of jobs running did not hold it. {}",
            purpose(old)
        ),
    );
    if schedule(old).is_some() {
        event.severity = Severity::Warning;
    }
    event
}

fn failed(change: &ChangeInContext<'_>, institution: &str, name: &str, old: &Value, new: &Value) -> Option<EventDraft> {
    let (run, before) = (new.get("last_run")?, old.get("last_run"));
    let status = text(run, "status").filter(|status| is_failure(status))?;
    let same_run = before.is_some_and(|before| {
        text(before, "started") == text(run, "started") && text(before, "status").is_some_and(is_failure)
    });
    if same_run {
        return None;
    }
    let how = if status.contains("ABORT") {
        "was aborted"
    } else if status.starts_with("COMPLETED") {
        "ended with errors"
    } else {
        "failed"
    };
    let again = before.and_then(|before| text(before, "status")).is_some_and(is_failure);
    let mut summary = format!(
        "The run of {} ended with status {status}{}. {}",
        spoken_time(change, text(run, "started").unwrap_or_default()),
        if again { ", as the one before it" } else { "" },
        purpose(new)
    );
    if let Some(counters) = counters(run) {
        summary.push_str(&format!(" Its counters: {counters}."));
    }
    summary.push_str(&format!(" {WHERE}"));
    let again = if again { " again" } else { "" };
    let mut event = draft(
        EventKind::JobFailed,
        format!("{institution}: the job {name} {how}{again}"),
        summary,
    );
    if schedule(new).is_none() {
        // Whoever started it sees how it ended.
        event.severity = Severity::Notice;
    }
    event.occurred_at = moment_of(text(run, "ended").or_else(|| text(run, "started"))?);
    Some(event)
}

fn missed(change: &ChangeInContext<'_>, institution: &str, name: &str, old: &Value, new: &Value) -> Option<EventDraft> {
    let expected = text(new, "missed")?;
    let started = |record: &Value| {
        record
            .get("last_run")
            .and_then(|run| text(run, "started"))
            .map(str::to_owned)
    };
    let still_the_same = text(old, "missed").is_some_and(|before| before == expected || started(old) == started(new));
    if still_the_same {
        return None;
    }
    let last = match started(new) {
        Some(started) => format!("It last began on {}.", spoken_time(change, &started)),
        None => "No run of it is known.".to_owned(),
    };
    Some(draft(
        EventKind::JobMissed,
        format!("{institution}: the job {name} did not run when it should have"),
        format!(
            "A run was to be expected by {} and has not begun. {last} {} {WHERE}",
            spoken_time(change, expected),
            purpose(new)
        ),
    ))
}

fn changed(institution: &str, name: &str, old: &Value, new: &Value) -> Option<EventDraft> {
    let mut sentences = Vec::new();
    let mut severity = EventKind::ApiChanged.default_severity();
    let mut title = None;
    match (schedule(old), schedule(new)) {
        (before, after) if before == after => {}
        (Some(before), None) => {
            severity = Severity::Warning;
            title = Some(format!("{institution}: the job {name} is no longer scheduled"));
            sentences.push(format!(
                "Its schedule was {before}. Nothing starts it by itself any more. {}",
                purpose(new)
            ));
        }
        (before, Some(after)) => {
            title = Some(format!("{institution}: the job {name} has another schedule"));
            let was = before.unwrap_or("none");
            sentences.push(format!(
                "Its schedule is now {after} (it was {was}): expect changes of requests at other times than before."
            ));
        }
        (None, None) => {}
    }
    let (before, after) = (text(old, "name"), text(new, "name"));
    if before.is_some() && after.is_some() && before != after {
        title.get_or_insert_with(|| {
            format!(
                "{institution}: the job “{}” is now called {name}",
                before.unwrap_or_default()
            )
        });
        sentences.push(format!("Its name was {}.", before.unwrap_or_default()));
    }
    for field in ["type", "category"] {
        let (before, after) = (text(old, field), text(new, field));
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            title.get_or_insert_with(|| format!("{institution}: the job {name} has another {field}"));
            sentences.push(format!("Its {field} is now {after} (it was {before})."));
        }
    }
    let mut event = draft(EventKind::ApiChanged, title?, sentences.join(" "));
    event.severity = severity;
    Some(event)
}

fn is_failure(status: &str) -> bool {
    FAILURES.iter().any(|word| status.contains(word))
}

/// The code of the schedule, where there is one.
fn schedule(job: &Value) -> Option<&str> {
    text(job, "schedule").filter(|code| !code.eq_ignore_ascii_case("NOT_SCHEDULED"))
}

fn purpose(job: &Value) -> &'static str {
    let name = text(job, "name").unwrap_or_default().to_lowercase();
    PURPOSES
        .iter()
        .find(|(part, _)| name.contains(part))
        .map_or(UNKNOWN_PURPOSE, |(_, meaning)| *meaning)
}

/// `c.expired 12, c.failed 3`; those that are not 0 first.
fn counters(run: &Value) -> Option<String> {
    let all = run.get("counters")?.as_object()?;
    let mut counters: Vec<(&String, i64)> = all
        .iter()
        .filter_map(|(code, number)| Some((code, number.as_i64()?)))
        .collect();
    counters.sort_by_key(|(code, number)| (*number == 0, *code));
    let named: Vec<String> = counters
        .iter()
        .take(COUNTERS_NAMED_MAX)
        .map(|(code, number)| format!("{code} {number}"))
        .collect();
    let more = match counters.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

/// `“Claim”`, or the id where there is no name.
fn job_name(key: &str, job: &Value) -> String {
    match text(job, "name") {
        Some(name) => format!("“{name}”"),
        None => key.chars().filter(|letter| !letter.is_control()).collect(),
    }
}

/// `3 February 2027, 02:00 EST` out of `2027-02-03T07:00Z`.
fn spoken_time(change: &ChangeInContext<'_>, minute: &str) -> String {
    moment_of(minute).map_or_else(|| minute.to_owned(), |time| change.told(time))
}

/// The record's times are to the minute.
fn moment_of(minute: &str) -> Option<Moment> {
    minute
        .strip_suffix('Z')
        .and_then(|time| format!("{time}:00Z").parse().ok())
}

fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}

fn draft(kind: EventKind, title: String, summary: String) -> EventDraft {
    EventDraft {
        topics: vec![Topic::ResourceSharing],
        product: Some(PRODUCT.to_owned()),
        ..EventDraft::new(kind, title, summary)
    }
}

#[cfg(test)]
mod tests;
