//! Answers that are tables: watches, polls, snapshots, checks, messages.

use std::collections::BTreeSet;

use super::{Ink, Page, clean, count, events};
use crate::model::answer::{CheckRow, MessageRow, MessageState, Outcome, PollRow, SnapshotRow, WatchHealth, WatchRow};
use crate::model::event::Event;
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, PartitionRead};
use crate::model::watch::SourceKind;

/// Where the findings of a check begin: after `not ok`.
const FOUND_COLUMN: usize = 8;

/// What `almanac watches` prints.
pub fn watches(rows: &[WatchRow], page: &Page) -> String {
    if rows.is_empty() {
        return page.wrapped(
            "The settings name no watch yet; add a [[watch]] and try `almanac check`.",
            0,
        );
    }
    let mut text = page.table(
        &["!Watch", "State", "Last success", "Next due", "#Records", "#Quota"],
        rows.iter().map(|row| {
            vec![
                clean(&row.id),
                health(row.state),
                row.last_success
                    .map_or_else(|| "never".to_owned(), |time| page.short_time(time)),
                row.next_due
                    .map_or_else(|| "not planned".to_owned(), |time| page.short_time(time)),
                row.records.to_string(),
                row.quota_remaining
                    .map_or_else(|| "–".to_owned(), |left| left.to_string()),
            ]
        }),
    );
    let reasons = rows.iter().filter_map(|row| {
        let reason = row.reason.as_deref()?;
        let failures = match row.consecutive_failures {
            0 => String::new(),
            many => format!(" ({} running)", count(many as usize, "failure", "failures")),
        };
        Some(format!("{}{failures}: {}", clean(&row.id), clean(reason)))
    });
    text.push_str(&notes("What they need", reasons, page));
    // DESIGN invariant 3: where the key may not ask whose answers these are, the reader is told.
    let asks_somebody = |row: &&WatchRow| !SourceKind::named(&row.source).is_some_and(SourceKind::is_derived);
    let unverified: BTreeSet<String> = rows
        .iter()
        .filter(asks_somebody)
        .filter(|row| row.last_success.is_some() && row.verified.is_none())
        .filter_map(|row| Some(clean(row.institution.as_deref()?)))
        .collect();
    if !unverified.is_empty() {
        text.push('\n');
        text.push_str(&page.wrapped(
            &format!(
                "Unverified, because the key may not ask which library answers: {}. A key with read-only access to \
                 Configuration lets Almanac make sure.",
                unverified.into_iter().collect::<Vec<_>>().join(", ")
            ),
            0,
        ));
    }
    text.push('\n');
    let foot = format!(
        "Times are in {}, of today where no day is said; quota is what Ex Libris said is left today.",
        page.zone
    );
    text.push_str(&page.wrapped(&foot, 0));
    if rows.iter().any(|row| row.state == WatchHealth::Waiting) {
        let told = "Waiting means due and not polled yet; if it stays so, look whether `almanac run` is at work.";
        text.push_str(&page.wrapped(told, 0));
    }
    if rows.iter().all(|row| row.state == WatchHealth::Never) {
        text.push_str(&page.wrapped(
            "Nothing was polled yet; `almanac poll` does it now, `almanac run` on schedule.",
            0,
        ));
    }
    text
}

/// What `almanac poll` prints: how each watch went, then what changed.
pub fn polls(rows: &[PollRow], made: &[Event], page: &Page) -> String {
    if rows.is_empty() {
        return page.wrapped("There is nothing to poll; add a [[watch]] to the settings.", 0);
    }
    let mut text = page.table(
        &["!Watch", "Outcome", "#New", "#Gone", "#Changed", "#Events", "#Calls"],
        rows.iter().map(|row| {
            vec![
                clean(&row.watch),
                outcome(row.outcome),
                row.added.to_string(),
                row.removed.to_string(),
                row.modified.to_string(),
                row.events.to_string(),
                row.calls.to_string(),
            ]
        }),
    );
    let reasons = rows
        .iter()
        .filter_map(|row| Some(format!("{}: {}", clean(&row.watch), clean(row.reason.as_deref()?))));
    text.push_str(&notes("Why", reasons, page));
    text.push('\n');
    if made.is_empty() {
        text.push_str("Nothing to tell.\n");
    } else {
        text.push_str(&events::days(made, page));
    }
    text
}

/// What `almanac snapshots` prints.
pub fn snapshots(watch: &str, rows: &[SnapshotRow], page: &Page) -> String {
    let watch = clean(watch);
    if rows.is_empty() {
        return page.wrapped(
            &format!("No poll of {watch} has changed anything yet; `almanac poll {watch}` polls it now."),
            0,
        );
    }
    let table = page.table(
        &["#Poll", "When", "#New", "#Gone", "#Changed", "Read"],
        rows.iter().map(|row| {
            vec![
                row.poll.to_string(),
                page.time(row.at),
                row.added.to_string(),
                row.removed.to_string(),
                row.modified.to_string(),
                coverage(&row.coverage),
            ]
        }),
    );
    format!(
        "{table}\n{}",
        page.wrapped(&format!("`almanac diff {watch}` shows the newest of them."), 0)
    )
}

/// What `almanac check` prints.
pub fn checks(rows: &[CheckRow], page: &Page) -> String {
    if rows.is_empty() {
        return page.wrapped(
            "There is nothing to check; add a [[watch]] or a [[channel]] to the settings.",
            0,
        );
    }
    // No table: addresses of pages are wider than any column, and the remedy belongs beside what needs it.
    let mut text = String::new();
    for row in rows {
        let (word, ink) = if row.ok {
            ("ok", Ink::Green)
        } else {
            ("not ok", Ink::Red)
        };
        let found = format!("{}, {}: {}", clean(&row.subject), clean(&row.check), clean(&row.detail));
        text.push_str(&ink.on(&format!("{word:<FOUND_COLUMN$}")));
        text.push_str(page.wrapped(&found, FOUND_COLUMN).trim_start());
        if let Some(remedy) = &row.remedy {
            text.push_str(&page.wrapped(&format!("→ {}", clean(remedy)), FOUND_COLUMN));
        }
    }
    let wrong = rows.iter().filter(|row| !row.ok).count();
    text.push('\n');
    text.push_str(&page.wrapped(
        &match wrong {
            0 => format!("All is well: {}.", count(rows.len(), "check", "checks")),
            wrong => format!("{wrong} of {} not ok.", count(rows.len(), "check", "checks")),
        },
        0,
    ));
    text
}

/// What `almanac alerts list` prints.
pub fn messages(rows: &[MessageRow], page: &Page) -> String {
    if rows.is_empty() {
        return page.wrapped(
            "There are no such messages. One is written when an event matches a [[route]]; `almanac alerts test CHANNEL` \
             tries a channel without one.",
            0,
        );
    }
    let mut text = page.table(
        &["!Message", "Channel", "State", "#Events", "!Sent or due"],
        rows.iter().map(|row| {
            let time = |moment: Option<Moment>, otherwise: &str| {
                moment.map_or_else(|| otherwise.to_owned(), |moment| page.short_time(moment))
            };
            vec![
                clean(&row.id),
                clean(&row.channel),
                match row.attempts {
                    0 | 1 => message(row.state),
                    many => format!("{}, {many} tries", message(row.state)),
                },
                row.events.len().to_string(),
                match row.state {
                    MessageState::Sent => time(row.sent_at, "sent"),
                    MessageState::Dead => "given up".to_owned(),
                    MessageState::Waiting | MessageState::Sending => time(row.next_attempt, "when due"),
                },
            ]
        }),
    );
    let errors = rows
        .iter()
        .filter(|row| row.state != MessageState::Sent)
        .filter_map(|row| Some(format!("{}: {}", clean(&row.id), clean(row.last_error.as_deref()?))));
    text.push_str(&notes("What went wrong", errors, page));
    text.push('\n');
    let zone = format!("Times are in {}, of today where no day is said.", page.zone);
    text.push_str(&page.wrapped(&zone, 0));
    if rows.iter().any(|row| row.state == MessageState::Dead) {
        text.push_str(&page.wrapped("`almanac alerts retry` queues the dead ones again.", 0));
    }
    text
}

/// A list under a table, for what is too long for a column.
fn notes(title: &str, lines: impl Iterator<Item = String>, page: &Page) -> String {
    let mut text = String::new();
    for line in lines {
        if text.is_empty() {
            text = format!("\n{}\n", Ink::Bold.on(title));
        }
        text.push_str(&page.wrapped(&line, 2));
    }
    text
}

fn health(state: WatchHealth) -> String {
    match state {
        WatchHealth::Ok => Ink::Green.on(state.name()),
        WatchHealth::Failing | WatchHealth::Blocked => Ink::Red.on(state.name()),
        WatchHealth::Waiting => Ink::Yellow.on(state.name()),
        WatchHealth::Never => state.name().to_owned(),
    }
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Ok => Ink::Green.on(outcome.name()),
        Outcome::Failed => Ink::Red.on(outcome.name()),
        Outcome::Partial | Outcome::Skipped => Ink::Yellow.on(outcome.name()),
    }
}

fn message(state: MessageState) -> String {
    match state {
        MessageState::Sent => Ink::Green.on(state.name()),
        MessageState::Dead => Ink::Red.on(state.name()),
        MessageState::Waiting | MessageState::Sending => state.name().to_owned(),
    }
}

fn coverage(coverage: &Coverage) -> String {
    if coverage.is_whole() {
        return "everything".to_owned();
    }
    let wholly = coverage
        .0
        .values()
        .filter(|read| matches!(read, PartitionRead::Complete | PartitionRead::Absent))
        .count();
    format!("in part ({wholly} of {})", count(coverage.0.len(), "part", "parts"))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
