//! Events as a day book.

use chrono_tz::Tz;

use super::{Ink, Page, clean, clean_lines, count};
use crate::insight::time::local;
use crate::model::event::{Event, Severity};

/// Where titles begin: after the time and the severity.
const TITLE_COLUMN: usize = 22;

/// What `almanac events` prints.
pub fn page(events: &[Event], more: bool, page: &Page) -> String {
    if events.is_empty() {
        return page.wrapped(
            "No events match. The first poll of a watch is a baseline and tells nothing; `almanac watches` shows what was \
             polled and when, and fewer filters or an earlier --since may find older events.",
            0,
        );
    }
    let mut text = days(events, page);
    let last = events.last().map_or(0, |event| event.id);
    let shown = count(events.len(), "event", "events");
    text.push('\n');
    text.push_str(&page.wrapped(
        &if more {
            format!("{shown}, newest first; there are older ones: add --before-id {last} or a higher --limit.")
        } else {
            format!("{shown}, newest first.")
        },
        0,
    ));
    text
}

/// Events under the days on which they were detected.
pub fn days(events: &[Event], page: &Page) -> String {
    let mut text = String::new();
    let mut day = None;
    for event in events {
        let then = local(event.detected_at, page.zone);
        if day != Some(then.date_naive()) {
            if day.is_some() {
                text.push('\n');
            }
            day = Some(then.date_naive());
            text.push_str(&Ink::Bold.on(&then.format("%A, %B %-d, %Y").to_string()));
            text.push('\n');
        }
        text.push_str(&one(event, &then, page));
    }
    text
}

fn one(event: &Event, then: &chrono::DateTime<Tz>, page: &Page) -> String {
    let severity = format!("{:<8}", event.severity.name());
    let severity = match event.severity {
        Severity::Critical | Severity::Warning => Ink::Red.on(&severity),
        Severity::Notice => Ink::Yellow.on(&severity),
        Severity::Info => severity,
    };
    let title = page.wrapped(&clean(&event.title), TITLE_COLUMN);
    let mut text = format!(
        "  {:<10}{severity}  {}",
        then.format("%H:%M %Z").to_string(),
        title.trim_start()
    );
    text.push_str(&page.wrapped(&clean_lines(&event.summary), TITLE_COLUMN));
    let mut facts = vec![event.kind.name().to_owned()];
    facts.extend(event.institution.as_deref().map(clean));
    facts.extend(event.topics.iter().map(|topic| topic.name().to_owned()));
    facts.extend(event.watch.as_deref().map(clean));
    facts.extend(event.key.as_deref().map(|key| format!("key {}", clean(key))));
    facts.extend(
        event
            .occurred_at
            .map(|stated| format!("stated time {}", page.time(stated))),
    );
    facts.push(format!("event {}", event.id));
    text.push_str(&page.wrapped(&facts.join(" · "), TITLE_COLUMN));
    if let Some(link) = &event.link {
        text.push_str(&page.wrapped(&clean(link), TITLE_COLUMN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::test_page;
    use super::super::tests::at;
    use super::*;
    use crate::model::event::{EventKind, Topic};

    fn event(id: i64, kind: EventKind, detected: &str, title: &str, summary: &str) -> Event {
        Event {
            id,
            kind,
            severity: kind.default_severity(),
            institution: Some("01TUN_INST".to_owned()),
            watch: Some("alma.partners/01TUN_INST".to_owned()),
            key: Some("BOS".to_owned()),
            title: title.to_owned(),
            summary: summary.to_owned(),
            topics: vec![Topic::ResourceSharing],
            link: None,
            group: id,
            occurred_at: None,
            detected_at: at(detected),
            changes: Vec::new(),
            product: None,
            non_alma: false,
        }
    }

    #[test]
    fn events_are_grouped_by_the_consortiums_days() {
        let mut announced = event(
            7,
            EventKind::FeatureAnnounced,
            "2026-11-25T03:30:00Z",
            "Alma, February 2027: pick-up anywhere for partner libraries",
            "The notes name a new option. It is off by default; the menu path is Configuration > Fulfillment.",
        );
        announced.institution = None;
        announced.watch = Some("release-notes/alma".to_owned());
        announced.link = Some("https://example.org/notes#URM-1".to_owned());
        let events = [
            event(
                9,
                EventKind::PartnerDeactivated,
                "2026-11-25T07:00:00Z",
                "Tufts University: partner Boston College is now inactive, so no requests go to it any more",
                "Its status went from active to inactive.",
            ),
            announced,
        ];
        let page = test_page();
        insta::assert_snapshot!(page.finish(&super::page(&events, true, &page)));
    }

    #[test]
    fn no_events_say_what_to_do() {
        let page = test_page();
        let text = super::page(&[], false, &page);
        assert!(
            text.contains("No events match") && text.contains("almanac watches"),
            "{text}"
        );
    }
}
