//! Pure: what changes mean to people. One file a source's vocabulary.

pub mod health;
pub mod partners;
pub mod release_notes;
pub mod view;

use crate::model::change::ChangeInContext;
use crate::model::event::EventDraft;
use crate::model::watch::SourceKind;

/// The events that a change makes. A pure function of its argument: replaying the history gives the same events.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    match change.source {
        SourceKind::ReleaseNotes => release_notes::events_of(change),
        SourceKind::AlmaPartners => partners::events_of(change),
        SourceKind::PrimoView => view::events_of(change),
    }
}
