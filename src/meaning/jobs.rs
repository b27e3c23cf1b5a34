//! What the resource-sharing jobs of Alma did.

use crate::model::change::ChangeInContext;
use crate::model::event::EventDraft;

/// The events that a change makes.
pub fn events_of(_change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    Vec::new()
}
