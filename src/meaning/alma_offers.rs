//! What Alma offers: code tables, letters, integration profiles, what it says of itself.

use crate::model::change::ChangeInContext;
use crate::model::event::EventDraft;

/// The events that a change makes.
pub fn events_of(_change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    Vec::new()
}
