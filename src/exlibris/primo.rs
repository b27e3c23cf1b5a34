//! Stub of the seam: the real module comes from its own branch.

use serde_json::Value;

use super::error::{CallError, Problem};
use super::http::Session;
use crate::config::PrimoDoor;

/// Stub.
///
/// # Errors
/// Always.
pub async fn view_configuration(
    _session: &Session,
    _view: &str,
    _door: PrimoDoor,
) -> Result<(Value, &'static str), CallError> {
    Err(CallError {
        attempted: String::new(),
        problem: Problem::NotFound,
        error_code: None,
        tracking_id: None,
        status: None,
    })
}
