use serde_json::json;

use super::*;
use crate::config::classifier::built_in;
use crate::model::change::ChangeContext;
use crate::model::event::Topic;
use crate::model::moment::Moment;
use crate::model::watch::SourceKind;

fn item() -> Value {
    json!({
        "product": "Alma", "release": "2026-11", "area": "Resource Management", "section": "main-feature",
        "heading": "Zone Imports Can Be Steered", "body": "The Network Zone decides which records an import touches. Staff need a role.",
        "opt_in": "off-by-default", "page": "https://kc.example/Alma/2026", "urm_ids": ["URM-100001"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut item = item();
    item[name] = value;
    item
}

fn events(op: Op, old: Option<&Value>, new: Option<&Value>, context: &ChangeContext) -> Vec<EventDraft> {
    events_of(
        &ChangeInContext {
            source: SourceKind::ReleaseNotes,
            subject: "alma",
            institution: None,
            key: "2026-11/zone",
            op,
            old,
            new,
            context,
            now: Moment::from_millis(0),
            zone: chrono_tz::America::New_York,
        },
        &built_in(),
    )
}

fn modified(new: &Value) -> Vec<EventDraft> {
    events(Op::Modified, Some(&item()), Some(new), &ChangeContext::default())
}

#[test]
fn an_announcement_says_all_in_its_first_line() {
    let seen = events(Op::Added, None, Some(&item()), &ChangeContext::default());
    let [event] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(
        event.title,
        "Alma November 2026: Zone Imports Can Be Steered (announced)"
    );
    assert_eq!(
        event.summary,
        "Resource Management. The Network Zone decides which records an import touches. Staff need a role. Off by default."
    );
    assert_eq!(
        (event.kind, event.severity),
        (EventKind::FeatureAnnounced, Severity::Notice)
    );
    assert_eq!(event.topics, [Topic::NetworkZone]);
    assert_eq!(
        (event.product.as_deref(), event.link.as_deref(), event.occurred_at),
        (Some("Alma"), Some("https://kc.example/Alma/2026"), None)
    );
}

#[test]
fn what_is_not_about_collaboration_is_only_info() {
    let plain = with("body", json!("The page is faster."));
    assert_eq!(
        events(Op::Added, None, Some(&plain), &ChangeContext::default())[0].severity,
        Severity::Info
    );
    let back = ChangeContext {
        returned: true,
        ..ChangeContext::default()
    };
    assert!(
        events(Op::Added, None, Some(&plain), &back)[0]
            .title
            .ends_with("(back in the notes)")
    );
    let fixed = with("section", json!("resolved-issue"));
    assert!(
        events(Op::Added, None, Some(&fixed), &ChangeContext::default())[0]
            .title
            .ends_with("(resolved issue)")
    );
}

#[test]
fn a_revision_says_what_changed() {
    for (new, title, summary) in [
        (
            with(
                "body",
                json!("The Network Zone decides which records an import touches. Staff need two roles."),
            ),
            "Alma November 2026: Zone Imports Can Be Steered (reworded)",
            "Now: “Staff need two roles.” Before: “Staff need a role.”",
        ),
        (
            with("heading", json!("Controlled Imports")),
            "Alma November 2026: Controlled Imports (renamed)",
            "It was called “Zone Imports Can Be Steered”.",
        ),
        (
            with("section", json!("additional-enhancement")),
            "Alma November 2026: Zone Imports Can Be Steered (moved to another section)",
            "It moved from main features to additional enhancements.",
        ),
        (
            with("urm_ids", json!(["URM-100001", "URM-100002"])),
            "Alma November 2026: Zone Imports Can Be Steered (details changed)",
            "Issue numbers: URM-100001, URM-100002, before URM-100001.",
        ),
    ] {
        let seen = modified(&new);
        let [event] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!(
            (event.kind, event.severity),
            (EventKind::FeatureRevised, Severity::Info)
        );
        assert_eq!((event.title.as_str(), event.summary.as_str()), (title, summary));
    }
    assert_eq!(
        modified(&with("page", json!("https://kc.example/other"))),
        [],
        "a new address of the page is no news"
    );
}

#[test]
fn another_release_is_a_warning() {
    let seen = modified(&with("release", json!("2027-02")));
    let [event] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(
        (event.kind, event.severity),
        (EventKind::FeatureRescheduled, Severity::Warning)
    );
    assert_eq!(
        event.title,
        "Alma: Zone Imports Can Be Steered moves from November 2026 to February 2027"
    );
    assert!(event.summary.contains("later"));
    let mut both = with("release", json!("2027-02"));
    both["heading"] = json!("Other");
    assert_eq!(
        modified(&both).iter().map(|event| event.kind).collect::<Vec<_>>(),
        [EventKind::FeatureRescheduled, EventKind::FeatureRevised]
    );
}

#[test]
fn a_withdrawal_is_a_warning() {
    let seen = events(Op::Removed, Some(&item()), None, &ChangeContext::default());
    let [event] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(
        (event.kind, event.severity),
        (EventKind::FeatureWithdrawn, Severity::Warning)
    );
    assert_eq!(
        event.title,
        "Alma November 2026: Zone Imports Can Be Steered (withdrawn)"
    );
}
