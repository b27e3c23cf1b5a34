//! Who lends to whom among the members.

use crate::model::change::ChangeInContext;
use crate::model::event::EventDraft;

/// Of the records that are derived here.
pub const SHAPE_VERSION: u32 = 1;

/// The events that a change makes.
pub fn events_of(_change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    Vec::new()
}
