//! One file a source: what it asks, what it keeps (the allow-list stands at its top), how it keys.

pub mod alma_borrowing_requests;
pub mod alma_code_tables;
pub mod alma_general;
pub mod alma_integration_profiles;
pub mod alma_jobs;
pub mod alma_lending_requests;
pub mod alma_letters;
pub mod alma_libraries;
pub mod alma_partners;
pub mod api_definitions;
pub mod primo_view;
pub mod release_notes;
pub mod requests;

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::config::{SourceSettings, Watch};
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::Session;
use crate::model::moment::Moment;
use crate::model::observation::{Draft, Identity, Observation};
use crate::model::watch::SourceKind;
use crate::pseudonym::Pseudonyms;

/// What a poll hands to its source.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The watch polled.
    pub watch: &'a Watch,
    /// The calls of this poll.
    pub session: &'a Session,
    /// When the poll began.
    pub now: Moment,
    /// The consortium's zone, for "this year".
    pub zone: Tz,
    /// What the source wanted to know at this poll ([`Observation::memory`]).
    pub memory: Option<&'a serde_json::Value>,
    /// Hashes request ids; `None` where no watch sees requests.
    pub pseudonyms: Option<&'a Pseudonyms>,
}

/// How the records of a source behave when they go missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbsenceRule {
    /// Complete polls running that must miss a record before it is removed (2 where the order of the list is undocumented).
    pub complete_polls: u32,
    /// Whether every partition asked for must have been read wholly or found absent, not only the record's own.
    pub whole_coverage: bool,
}

/// Asks Ex Libris once.
///
/// # Errors
/// [`CallError`] where nothing at all was learned. What was learned only in part is said in the observation's coverage.
pub async fn observe(ask: &Ask<'_>) -> Result<Observation, CallError> {
    match &ask.watch.source {
        SourceSettings::ReleaseNotes(settings) => release_notes::observe(ask, settings).await,
        SourceSettings::AlmaPartners => alma_partners::observe(ask).await,
        SourceSettings::PrimoView(settings) => primo_view::observe(ask, settings).await,
        SourceSettings::AlmaLendingRequests(settings) => alma_lending_requests::observe(ask, settings).await,
        SourceSettings::AlmaBorrowingRequests(settings) => alma_borrowing_requests::observe(ask, settings).await,
        SourceSettings::AlmaLibraries(settings) => alma_libraries::observe(ask, settings).await,
        SourceSettings::AlmaCodeTables(settings) => alma_code_tables::observe(ask, settings).await,
        SourceSettings::AlmaLetters => alma_letters::observe(ask).await,
        SourceSettings::AlmaJobs(settings) => alma_jobs::observe(ask, settings).await,
        SourceSettings::AlmaIntegrationProfiles => alma_integration_profiles::observe(ask).await,
        SourceSettings::AlmaGeneral => alma_general::observe(ask).await,
        SourceSettings::ApiDefinitions(settings) => api_definitions::observe(ask, settings).await,
        SourceSettings::Reciprocity | SourceSettings::Ageing => {
            let reason = "a derived watch asks nobody".to_owned();
            Err(CallError::ours(ask.watch.id.as_str(), Problem::Implausible(reason)))
        }
    }
}

/// Puts a draft beside its siblings under the key that its source gave it. Of two with one key the same one is kept whichever
/// came first; says whether there were two.
fn place(drafts: &mut BTreeMap<String, Draft>, draft: Draft) -> bool {
    let Identity::Key(key) = &draft.identity else {
        return false;
    };
    match drafts.get_mut(key) {
        None => {
            drafts.insert(key.clone(), draft);
            false
        }
        Some(kept) => {
            let (new_text, kept_text) = (draft.body.to_string(), kept.body.to_string());
            if new_text < kept_text {
                *kept = draft;
            }
            true
        }
    }
}

/// The version of a source's allow-list and normaliser. A higher one re-baselines silently (DESIGN invariant 4).
pub const fn shape_version(source: SourceKind) -> u32 {
    match source {
        SourceKind::ReleaseNotes => release_notes::SHAPE_VERSION,
        SourceKind::AlmaPartners => alma_partners::SHAPE_VERSION,
        SourceKind::PrimoView => primo_view::SHAPE_VERSION,
        SourceKind::AlmaLendingRequests => alma_lending_requests::SHAPE_VERSION,
        SourceKind::AlmaBorrowingRequests => alma_borrowing_requests::SHAPE_VERSION,
        SourceKind::AlmaLibraries => alma_libraries::SHAPE_VERSION,
        SourceKind::AlmaCodeTables => alma_code_tables::SHAPE_VERSION,
        SourceKind::AlmaLetters => alma_letters::SHAPE_VERSION,
        SourceKind::AlmaJobs => alma_jobs::SHAPE_VERSION,
        SourceKind::AlmaIntegrationProfiles => alma_integration_profiles::SHAPE_VERSION,
        SourceKind::AlmaGeneral => alma_general::SHAPE_VERSION,
        SourceKind::ApiDefinitions => api_definitions::SHAPE_VERSION,
        SourceKind::Reciprocity => crate::meaning::reciprocity::SHAPE_VERSION,
        SourceKind::Ageing => crate::meaning::ageing::SHAPE_VERSION,
    }
}

/// When a missing record of the source counts as removed (DESIGN invariant 3).
pub const fn absence_rule(source: SourceKind) -> AbsenceRule {
    match source {
        SourceKind::ReleaseNotes => AbsenceRule {
            complete_polls: 1,
            whole_coverage: true,
        },
        SourceKind::AlmaPartners | SourceKind::AlmaIntegrationProfiles | SourceKind::AlmaJobs => AbsenceRule {
            complete_polls: 2,
            whole_coverage: false,
        },
        SourceKind::PrimoView
        | SourceKind::AlmaLendingRequests
        | SourceKind::AlmaBorrowingRequests
        | SourceKind::AlmaLibraries
        | SourceKind::AlmaCodeTables
        | SourceKind::AlmaLetters
        | SourceKind::AlmaGeneral
        | SourceKind::ApiDefinitions
        | SourceKind::Reciprocity
        | SourceKind::Ageing => AbsenceRule {
            complete_polls: 1,
            whole_coverage: false,
        },
    }
}
