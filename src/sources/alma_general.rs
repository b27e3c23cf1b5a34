//! `alma.general`: what one institution's Alma says of itself (ALMA.md §3): one record.

use serde_json::json;

use super::Ask;
use super::alma_partners::host_of;
use crate::compare::normalise::tidy;
use crate::exlibris::alma::{self, General};
use crate::exlibris::error::{CallError, Problem};
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// The one partition of this source, and the key of its one record.
pub const KEY: &str = "general";

/// Asks once.
///
/// # Errors
/// [`CallError`] where Alma could not be asked; [`Problem::Implausible`] where it names another institution or none.
pub async fn observe(ask: &Ask<'_>) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let general = alma::general(ask.session).await?;
    alma::match_institution(general.institution.as_deref(), institution)?;
    let Some(draft) = record_of(&general) else {
        let attempted = format!("asking what Alma says of {institution}");
        let reason = "it names no institution".to_owned();
        return Err(CallError::ours(&attempted, Problem::Implausible(reason)));
    };
    let mut coverage = Coverage::default();
    coverage.set(KEY, PartitionRead::Complete);
    Ok(Observation {
        drafts: vec![draft],
        coverage,
        verified: Some(true),
        ..Observation::default()
    })
}

/// The record: the institution's code, the kind of environment, the host at which librarians open Alma. `None` where Alma
/// names no institution, which it always does. The storage of digital files is left out (ALMA.md §3).
pub fn record_of(general: &General) -> Option<Draft> {
    let institution = general.institution.as_deref()?;
    let environment = general.environment.as_deref().map(str::to_ascii_lowercase);
    let body = json!({
        "institution": institution,
        "environment_type": environment,
        "alma_host": general.alma_url.as_deref().and_then(host_of),
    });
    Some(Draft {
        partition: KEY.to_owned(),
        identity: Identity::Key(KEY.to_owned()),
        body: tidy(body),
    })
}
