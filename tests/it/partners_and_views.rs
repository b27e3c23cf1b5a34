//! Partners and views: what is kept of them, that the same world gives the same bytes, and what people are told.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod partner_events;
mod partners;
mod view_events;
mod views;

use std::path::PathBuf;

use almanac::model::change::{ChangeContext, ChangeInContext, InstitutionName, Op};
use almanac::model::event::EventDraft;
use almanac::model::moment::Moment;
use almanac::model::observation::{Draft, Identity};
use almanac::model::watch::SourceKind;
use fastrand::Rng;
use serde_json::{Value, json};

/// The records as bytes: what decides whether anything changed.
fn bytes_of(drafts: &[Draft]) -> String {
    drafts
        .iter()
        .map(|draft| format!("{}\t{}\t{}\n", draft.partition, key_of(draft), draft.body))
        .collect()
}

fn key_of(draft: &Draft) -> &str {
    match &draft.identity {
        Identity::Key(key) => key,
        Identity::Matched { .. } => panic!("partners and switches have keys"),
    }
}

/// A real answer of the shared material, or `None` with a printed reason where the material is not there.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn real_sample(path: &str) -> Option<Value> {
    let shared = std::env::var_os("ALMANAC_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    if !shared.is_dir() {
        eprintln!("skipped: the shared material is not at {}", shared.display());
        return None;
    }
    let text = std::fs::read_to_string(shared.join("exlibris/samples").join(path)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// One of the ways in which nothing is written (ALMA.md §9).
fn nothing(rng: &mut Rng) -> Value {
    let styles = [
        json!(null),
        json!(""),
        json!({}),
        json!([]),
        json!({"value": null, "desc": null}),
    ];
    styles[rng.usize(..styles.len())].clone()
}

/// One of the ways in which a truth is written (PRIMO.md §4).
fn spelled(on: bool, rng: &mut Rng) -> Value {
    let styles = if on {
        [json!(true), json!("true"), json!("Y"), json!("Yes")]
    } else {
        [json!(false), json!("false"), json!("N"), json!("No")]
    };
    styles[rng.usize(..styles.len())].clone()
}

/// A change as `meaning` gets it, at Tufts, on 25 November 2026.
struct Seen {
    source: SourceKind,
    subject: &'static str,
    key: &'static str,
    op: Op,
    old: Option<Value>,
    new: Option<Value>,
    context: ChangeContext,
}

impl Seen {
    fn now() -> Moment {
        "2026-11-25T13:00:00Z".parse().unwrap()
    }

    fn events(&self) -> Vec<EventDraft> {
        almanac::meaning::events_of(
            &ChangeInContext {
                source: self.source,
                subject: self.subject,
                institution: Some(InstitutionName {
                    code: "01TUN_INST",
                    name: "Tufts University",
                }),
                key: self.key,
                op: self.op,
                old: self.old.as_ref(),
                new: self.new.as_ref(),
                context: &self.context,
                now: Self::now(),
                zone: chrono_tz::America::New_York,
            },
            &almanac::config::classifier::built_in(),
        )
    }

    /// The events as a reader gets them.
    fn told(&self) -> String {
        let told: Vec<String> = self
            .events()
            .iter()
            .map(|event| {
                let topics: Vec<&str> = event.topics.iter().map(|topic| topic.name()).collect();
                format!(
                    "{} ({}; {})\n{}\n{}",
                    event.kind,
                    event.severity,
                    topics.join(", "),
                    event.title,
                    event.summary
                )
            })
            .collect();
        told.join("\n\n")
    }
}
