//! What happens to a release-note item over time.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod layouts;
mod over_http;

use std::collections::BTreeMap;

use almanac::compare::matching::{KnownItem, assign};
use almanac::config::ReleaseNotesParser;
use almanac::exlibris::knowledge_center::read_page;
use almanac::meaning::events_of;
use almanac::model::change::{ChangeContext, ChangeInContext, Op};
use almanac::model::event::{EventKind, Severity};
use almanac::model::moment::Moment;
use almanac::model::watch::SourceKind;
use almanac::sources::release_notes::drafts_of;
use serde_json::Value;
use url::Url;

/// The known items and what polls of them told.
#[derive(Default)]
struct Watching {
    items: BTreeMap<String, (Value, bool)>,
}

impl Watching {
    /// Reads the pages as one poll would, and gives the events with their keys.
    fn poll(&mut self, pages: &[(&str, String)]) -> Vec<(String, EventKind, Severity, String)> {
        let mut drafts = Vec::new();
        for (address, html) in pages {
            let url: Url = address.parse().unwrap();
            let page = read_page(html, &url, ReleaseNotesParser::Auto).unwrap();
            drafts.extend(drafts_of(&page, &url, url.path(), "Alma"));
        }
        let known: Vec<KnownItem> = self
            .items
            .iter()
            .map(|(key, (body, present))| KnownItem {
                key: key.clone(),
                body: body.clone(),
                present: *present,
            })
            .collect();
        let now: BTreeMap<String, Value> = assign(drafts, &known)
            .into_iter()
            .map(|(key, draft)| (key, draft.body))
            .collect();
        let mut told = Vec::new();
        let before = std::mem::take(&mut self.items);
        for (key, body) in &now {
            let old = before.get(key);
            match old {
                Some((old, true)) if old == body => {}
                Some((old, true)) => told.extend(events(key, Op::Modified, Some(old), Some(body), false)),
                Some((old, false)) => told.extend(events(key, Op::Added, Some(old), Some(body), true)),
                None => told.extend(events(key, Op::Added, None, Some(body), false)),
            }
            self.items.insert(key.clone(), (body.clone(), true));
        }
        for (key, (body, present)) in before {
            if !now.contains_key(&key) {
                if present {
                    told.extend(events(&key, Op::Removed, Some(&body), None, false));
                }
                self.items.insert(key, (body, false));
            }
        }
        told
    }
}

fn events(
    key: &str,
    op: Op,
    old: Option<&Value>,
    new: Option<&Value>,
    returned: bool,
) -> Vec<(String, EventKind, Severity, String)> {
    let context = ChangeContext {
        returned,
        ..ChangeContext::default()
    };
    let change = ChangeInContext {
        source: SourceKind::ReleaseNotes,
        subject: "alma",
        institution: None,
        key,
        op,
        old,
        new,
        context: &context,
        now: Moment::from_millis(0),
        zone: chrono_tz::America::New_York,
    };
    events_of(&change, &almanac::config::classifier::built_in())
        .into_iter()
        .map(|event| (key.to_owned(), event.kind, event.severity, event.title))
        .collect()
}

const THIS_YEAR: &str = "https://kc.example/Alma/Release_Notes/2026/Alma_2026_Release_Notes";
const NEXT_YEAR: &str = "https://kc.example/Alma/Release_Notes/2027/Alma_2027_Release_Notes";

fn page(year: u16, sections: &str) -> String {
    format!(
        "<html><body><div class='mt-content-container'><h1>Alma {year} Release Notes</h1>{sections}</div></body></html>"
    )
}

const TERMS: &str = "<h3>Lenders Name Their Terms</h3><p>November 2026 Fulfillment - Resource Sharing URM-200001</p>\
    <p>A lending library now names its terms before it ships, and the borrower may refuse them within a day.</p>";
const LETTERS: &str = "<h3>Letters Were Cleaned Up</h3><p>November 2026 Administration URM-200001 URM-200002</p>\
    <p>Letters to readers have a new frame and an address that can be changed in one place.</p>";

#[test]
fn an_item_is_followed_through_everything_that_happens_to_it() {
    let mut watching = Watching::default();
    let first = page(2026, &format!("<h2>Main Features</h2>{TERMS}{LETTERS}"));
    let told = watching.poll(&[(THIS_YEAR, first.clone())]);
    assert_eq!(told.len(), 2);
    let key = "2026-11/lenders-name-their-terms";
    assert_eq!(
        told[0],
        (
            key.to_owned(),
            EventKind::FeatureAnnounced,
            Severity::Notice,
            "Alma November 2026: Lenders Name Their Terms (announced)".to_owned()
        )
    );
    assert_eq!(told[1].2, Severity::Info);

    // The same page again, in another order and another wrapping: nothing.
    let same = page(
        2026,
        &format!("<section><h2 class='z'>Main Features</h2><div>{LETTERS}</div><div>{TERMS}</div></section>"),
    );
    assert_eq!(watching.poll(&[(THIS_YEAR, same)]), []);

    // Renamed; then reworded; then moved to another section; each time the same item.
    let renamed = TERMS.replace("Lenders Name Their Terms", "Conditions of a Loan");
    let told = watching.poll(&[(
        THIS_YEAR,
        page(2026, &format!("<h2>Main Features</h2>{renamed}{LETTERS}")),
    )]);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0.as_str(), told[0].1), (key, EventKind::FeatureRevised));
    let reworded = renamed.replace("within a day", "within a week");
    let told = watching.poll(&[(
        THIS_YEAR,
        page(2026, &format!("<h2>Main Features</h2>{reworded}{LETTERS}")),
    )]);
    assert_eq!(
        told,
        [(
            key.to_owned(),
            EventKind::FeatureRevised,
            Severity::Info,
            "Alma November 2026: Conditions of a Loan (reworded)".to_owned()
        )]
    );
    let told = watching.poll(&[(
        THIS_YEAR,
        page(
            2026,
            &format!("<h2>Main Features</h2>{LETTERS}<h2>Additional Enhancements</h2>{reworded}"),
        ),
    )]);
    assert_eq!(
        told[0].3,
        "Alma November 2026: Conditions of a Loan (moved to another section)"
    );
    assert_eq!(told.len(), 1);

    // It stands on next year's page while this year's still has it, then only there: rescheduled, once.
    let moved = reworded.replace("November 2026", "February 2027");
    let both = [
        (
            THIS_YEAR,
            page(
                2026,
                &format!("<h2>Main Features</h2>{LETTERS}<h2>Additional Enhancements</h2>{reworded}"),
            ),
        ),
        (
            NEXT_YEAR,
            page(2027, &format!("<h2>Additional Enhancements</h2>{moved}")),
        ),
    ];
    let told = watching.poll(&both);
    assert_eq!(
        told,
        [(
            key.to_owned(),
            EventKind::FeatureRescheduled,
            Severity::Warning,
            "Alma: Conditions of a Loan moves from November 2026 to February 2027".to_owned()
        )]
    );
    let only_next = [
        (THIS_YEAR, page(2026, &format!("<h2>Main Features</h2>{LETTERS}"))),
        (
            NEXT_YEAR,
            page(2027, &format!("<h2>Additional Enhancements</h2>{moved}")),
        ),
    ];
    assert_eq!(watching.poll(&only_next), []);

    // Withdrawn, and back.
    let told = watching.poll(&[(THIS_YEAR, page(2026, &format!("<h2>Main Features</h2>{LETTERS}")))]);
    assert_eq!(
        (told.len(), told[0].1, told[0].0.as_str()),
        (1, EventKind::FeatureWithdrawn, key)
    );
    let told = watching.poll(&only_next);
    assert_eq!((told.len(), told[0].0.as_str()), (1, key));
    assert!(told[0].3.ends_with("(back in the notes)"), "{}", told[0].3);
}
