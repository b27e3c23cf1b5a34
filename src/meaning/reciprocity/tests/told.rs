//! What is told of every change that there can be.

use serde_json::json;

use super::super::*;
use crate::model::change::{ChangeContext, ChangeInContext, Op};
use crate::model::event::{EventKind, Severity};
use crate::model::moment::Moment;
use crate::model::reciprocity::Says;
use crate::model::watch::SourceKind;

pub(super) const ALL_SAID: [Says; 8] = [
    Says::Yes,
    Says::NotStated,
    Says::Off,
    Says::Inactive,
    Says::NoRecord,
    Says::Ambiguous,
    Says::Unknown,
    Says::NotOnAlma,
];

fn reading(lender: Says, borrower: Says, members: &str) -> Value {
    let end = |says: Says| match says {
        Says::Yes | Says::NotStated | Says::Off => json!({"says": says, "record": "R", "status": "ACTIVE"}),
        Says::Inactive => json!({"says": says, "record": "R", "status": "INACTIVE"}),
        _ => json!({"says": says}),
    };
    json!({
        "lender_name": "Elm College", "borrower_name": "Oak University", "members": members,
        "state": FlowState::of(lender, borrower), "lender_end": end(lender), "borrower_end": end(borrower),
    })
}

/// Every change that there can be between two ends: 4,096 of them.
#[test]
fn only_what_both_readings_knew_is_told_and_as_what_it_is() {
    let told = |old: &Value, new: &Value| {
        events_of(&ChangeInContext {
            source: SourceKind::Reciprocity,
            subject: "members",
            institution: None,
            key: "01ELM_INST/01OAK_INST",
            op: Op::Modified,
            old: Some(old),
            new: Some(new),
            context: &ChangeContext::default(),
            now: Moment::from_millis(0),
            zone: chrono_tz::America::New_York,
        })
    };
    let pairs: Vec<(Says, Says)> = ALL_SAID
        .iter()
        .flat_map(|lender| ALL_SAID.iter().map(move |borrower| (*lender, *borrower)))
        .collect();
    let (mut broken, mut mended) = (0, 0);
    for before in &pairs {
        for after in &pairs {
            let (old, new) = (reading(before.0, before.1, "m"), reading(after.0, after.1, "m"));
            let (was, is) = (FlowState::of(before.0, before.1), FlowState::of(after.0, after.1));
            let events = told(&old, &new);
            let what = format!("{before:?} -> {after:?}: {events:?}");
            let joined_alma = |before: Says, after: Says| (before == Says::NotOnAlma) != (after == Says::NotOnAlma);
            if joined_alma(before.0, after.0) || joined_alma(before.1, after.1) {
                // Only the configuration says who is on Alma, and then the members' fingerprint differs too.
                continue;
            }
            assert!(events.len() <= 1, "{what}");
            assert!(
                told(&old, &reading(after.0, after.1, "other members")).is_empty(),
                "{what}"
            );
            let ends = [(before.0, after.0), (before.1, after.1)];
            let stopped = ends.iter().any(|(before, after)| *before == Says::Yes && after.is_no());
            let learned = ends.iter().any(|(before, after)| before != after && before.is_open());
            match events.first() {
                None => {
                    let works_again = is == FlowState::On && !matches!(was, FlowState::On | FlowState::Unknown);
                    assert!(was != FlowState::On || !stopped, "{what}");
                    assert!(!works_again || learned, "{what}");
                }
                Some(event) if event.kind == EventKind::ReciprocityMended => {
                    mended += 1;
                    assert!(is == FlowState::On && was != FlowState::On && !learned, "{what}");
                }
                Some(event) => {
                    broken += 1;
                    assert_eq!(event.kind, EventKind::ReciprocityBroken);
                    assert!(is != FlowState::On && is != FlowState::Unknown, "{what}");
                    assert_eq!(
                        event.severity == Severity::Warning,
                        stopped && was != FlowState::Broken,
                        "{what}"
                    );
                    assert!(stopped || !learned, "{what}");
                }
            }
            assert!(
                events
                    .iter()
                    .all(|event| !event.title.contains('?') && !event.summary.contains("  ")),
                "{what}"
            );
        }
    }
    assert!(broken > 20 && mended > 5, "{broken} {mended}");
}
