//! The one shape of every error: RFC 9457.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::insight::answers::AskError;

/// The media type of a problem.
pub(super) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error as callers see it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Problem {
    /// Always `about:blank`: `code` tells problems apart, and no page describes them.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    /// For programs: `bad-query`, `not-found`, `internal` …
    code: &'static str,
    /// For people: what is wrong and what to do.
    detail: String,
    /// The query parameter that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            parameter: None,
        }
    }

    pub(super) fn bad_query(parameter: &str, detail: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter.to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, "bad-query", detail)
        }
    }

    pub(super) fn no_such_address() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "nothing is here; the addresses are /api/v1/watches, /api/v1/events, /api/v1/snapshots, /api/v1/records, \
             /api/v1/diff, /api/v1/partners, /api/v1/partners/records, /api/v1/requests, /healthz, /readyz and /metrics",
        )
    }

    /// Says nothing of the inside; the log does.
    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Almanac could not answer; its log says why",
        )
    }

    /// The problem for an error that a layer below gave in its own shape.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::no_such_address(),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(status, "method-not-allowed", "this API is for reading: use GET")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(status, "body-too-large", "send no body: everything is in the address")
            }
            status if status.is_client_error() => Self::new(status, "bad-request", "the request cannot be understood"),
            _ => Self::internal(),
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Bad { parameter, problem } => Problem::bad_query(parameter, format!("{parameter}: {problem}")),
            AskError::Unknown(sentence) => Problem::new(StatusCode::NOT_FOUND, "not-found", sentence),
            AskError::Store(error) => {
                tracing::error!(%error, "cannot read the history for an HTTP request");
                Problem::internal()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], Json(self)).into_response()
    }
}
