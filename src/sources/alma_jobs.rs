//! `alma.jobs`: not built yet.

use super::Ask;
use crate::config::JobsSettings;
use crate::exlibris::error::{CallError, Problem};
use crate::model::observation::Observation;

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// Asks once.
///
/// # Errors
/// Always, until this is built.
pub async fn observe(ask: &Ask<'_>, _settings: &JobsSettings) -> Result<Observation, CallError> {
    let reason = "this source is not built yet".to_owned();
    Err(CallError::ours(ask.watch.id.as_str(), Problem::Implausible(reason)))
}
