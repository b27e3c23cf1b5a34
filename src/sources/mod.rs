//! One file a source: what it asks, what it keeps (the allow-list stands at its top), how it keys.

pub mod alma_partners;
pub mod primo_view;
pub mod release_notes;

use chrono_tz::Tz;

use crate::config::{SourceSettings, Watch};
use crate::exlibris::error::CallError;
use crate::exlibris::http::Session;
use crate::model::moment::Moment;
use crate::model::observation::Observation;
use crate::model::watch::SourceKind;

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
    }
}

/// The version of a source's allow-list and normaliser. A higher one re-baselines silently (DESIGN invariant 4).
pub const fn shape_version(source: SourceKind) -> u32 {
    match source {
        SourceKind::ReleaseNotes => release_notes::SHAPE_VERSION,
        SourceKind::AlmaPartners => alma_partners::SHAPE_VERSION,
        SourceKind::PrimoView => primo_view::SHAPE_VERSION,
    }
}

/// When a missing record of the source counts as removed (DESIGN invariant 3).
pub const fn absence_rule(source: SourceKind) -> AbsenceRule {
    match source {
        SourceKind::ReleaseNotes => AbsenceRule {
            complete_polls: 1,
            whole_coverage: true,
        },
        SourceKind::AlmaPartners => AbsenceRule {
            complete_polls: 2,
            whole_coverage: false,
        },
        SourceKind::PrimoView => AbsenceRule {
            complete_polls: 1,
            whole_coverage: false,
        },
    }
}
