//! What changes in what an institution's Alma offers mean: code tables, letters, integration profiles, and what it says of
//! itself.
//!
//! A row that came to one library often comes to all of them: the texts say whether it was first seen here, and since the
//! key is the same everywhere, the events of one roll-out are one story.

mod connections;
mod letters;
mod tables;
mod words;

use serde_json::Value;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Severity, Topic};
use crate::model::watch::SourceKind;

/// Ex Libris' product that all of this belongs to.
const PRODUCT: &str = "Alma";

/// The events that a change makes: one at most.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let nothing = Value::Null;
    let seen = Seen {
        change,
        library: change
            .institution
            .map_or(change.subject, |institution| institution.name),
        old: change.old.unwrap_or(&nothing),
        new: change.new.unwrap_or(&nothing),
    };
    let event = match change.source {
        SourceKind::AlmaCodeTables => tables::event_of(&seen),
        SourceKind::AlmaLetters => letters::event_of(&seen),
        SourceKind::AlmaIntegrationProfiles => connections::profile_event(&seen),
        SourceKind::AlmaGeneral => connections::general_event(&seen),
        _ => None,
    };
    event.into_iter().collect()
}

/// A change with what every text needs of it.
struct Seen<'a> {
    change: &'a ChangeInContext<'a>,
    library: &'a str,
    old: &'a Value,
    new: &'a Value,
}

impl Seen<'_> {
    /// The document that tells what the record is: the newest there is.
    fn record(&self) -> &Value {
        if self.change.op == Op::Removed {
            self.old
        } else {
            self.new
        }
    }

    /// Whether another library was seen to have it before; what came back is no news of that kind.
    fn is_also_here(&self) -> bool {
        self.change.context.first_seen_anywhere.is_some() && !self.change.context.returned
    }
}

/// `api.changed` of that severity, about those topics.
fn told(severity: Severity, topics: &[Topic], title: String, summary: String) -> EventDraft {
    let mut topics = topics.to_vec();
    topics.sort_unstable();
    topics.dedup();
    EventDraft {
        severity,
        topics,
        product: Some(PRODUCT.to_owned()),
        ..EventDraft::new(EventKind::ApiChanged, title, summary)
    }
}
