//! Stub of the seam: the real module comes from its own branch.

use serde_json::Value;

use super::error::{CallError, Problem};
use super::http::Session;

/// One page of partners.
#[derive(Debug)]
pub struct PartnersPage {
    /// The rows.
    pub partners: Vec<Value>,
    /// `total_record_count`.
    pub total: Option<u64>,
}

/// Whether Ex Libris named the expected institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It did.
    Verified,
    /// It cannot be asked.
    Unverified,
}

/// Stub.
///
/// # Errors
/// Always.
pub async fn partners_page(_session: &Session, _offset: u32, _limit: u32) -> Result<PartnersPage, CallError> {
    Err(stub())
}

/// Stub.
///
/// # Errors
/// Always.
pub async fn verify_institution(_session: &Session, _code: &str) -> Result<Verification, CallError> {
    Err(stub())
}

fn stub() -> CallError {
    CallError {
        attempted: String::new(),
        problem: Problem::NotFound,
        error_code: None,
        tracking_id: None,
        status: None,
    }
}
