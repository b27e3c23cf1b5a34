//! Pure: what changes mean to people. One file a source's vocabulary.

pub mod adoption;
pub mod ageing;
pub mod alma_offers;
pub mod api_definitions;
pub mod classifier;
pub mod health;
pub mod jobs;
pub mod libraries;
pub mod partners;
pub mod reciprocity;
pub mod release_notes;
pub mod requests;
pub mod view;

use crate::model::change::ChangeInContext;
use crate::model::event::EventDraft;
use crate::model::watch::SourceKind;
use classifier::Classifier;

/// The events that a change makes. A pure function of its arguments: replaying the history under the same rules gives the
/// same events.
pub fn events_of(change: &ChangeInContext<'_>, classifier: &Classifier) -> Vec<EventDraft> {
    match change.source {
        SourceKind::ReleaseNotes => release_notes::events_of(change, classifier),
        SourceKind::AlmaPartners => partners::events_of(change),
        SourceKind::PrimoView => view::events_of(change),
        SourceKind::AlmaLendingRequests | SourceKind::AlmaBorrowingRequests => requests::events_of(change),
        SourceKind::AlmaLibraries => libraries::events_of(change),
        SourceKind::AlmaJobs => jobs::events_of(change),
        SourceKind::AlmaCodeTables
        | SourceKind::AlmaLetters
        | SourceKind::AlmaIntegrationProfiles
        | SourceKind::AlmaGeneral => alma_offers::events_of(change),
        SourceKind::ApiDefinitions => api_definitions::events_of(change),
        SourceKind::Reciprocity => reciprocity::events_of(change),
        SourceKind::Ageing => ageing::events_of(change),
    }
}
