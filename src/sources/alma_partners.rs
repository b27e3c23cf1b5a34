//! Placeholder.

use super::Ask;

use crate::exlibris::error::CallError;
use crate::model::observation::Observation;

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// Asks once.
///
/// # Errors
/// [`CallError`].
pub async fn observe(_ask: &Ask<'_>) -> Result<Observation, CallError> {
    Ok(Observation::default())
}
