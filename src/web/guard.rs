//! What stands before every answer: whose name was called, how many at once, how long, and in which shape errors go out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::problem::{MEDIA_TYPE, Problem};
use super::{ApiState, alma_webhooks};
use crate::telemetry;

/// Answers under way at once; the store has four reading connections, so more would only queue.
const ANSWERS_AT_ONCE_MAX: usize = 32;
/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Places for answers under way.
#[derive(Clone, Debug)]
pub(super) struct Slots(Arc<Semaphore>);

impl Default for Slots {
    fn default() -> Self {
        Self::of(ANSWERS_AT_ONCE_MAX)
    }
}

impl Slots {
    /// So many places.
    pub(super) fn of(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// A place, if one is free now.
    pub(super) fn take(&self) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire().ok()
    }
}

#[cfg(test)]
impl Slots {
    /// No place at all.
    pub(super) fn none() -> Self {
        Self::of(0)
    }
}

/// Refuses at once what would only wait, so that a flood cannot pile up.
pub(super) async fn few_at_once(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let Some(_place) = state.slots.take() else {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            format!("{ANSWERS_AT_ONCE_MAX} answers are under way already; try again in a second"),
        );
        return ([(header::RETRY_AFTER, "1")], problem).into_response();
    };
    next.run(request).await
}

/// Gives up an answer that takes too long.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-slow",
            format!(
                "the answer took longer than {} s; ask for less at once",
                ANSWER_WITHIN.as_secs()
            ),
        )
        .into_response(),
    }
}

/// Answers only to the names of this computer. A web page elsewhere can point its own name at 127.0.0.1 and have a browser
/// call us (DNS rebinding); the Host header then carries that name.
///
/// The address of an institution's webhooks is exempt, and only where it is configured. Alma reaches it through a proxy that
/// has a name of its own, and most proxies pass that name on. The rule protects what can be read here, and there nothing can
/// be: what is posted counts by its signature alone, which no browser can make, wherever its page came from (so there is no
/// rule about `Origin` either), every answer to it is the same, and the challenge gives back nothing but letters, digits and
/// a few signs that the caller sent itself.
pub(super) async fn own_host_only(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    if alma_webhooks::receiver(&state.config, request.uri()).is_some() {
        return next.run(request).await;
    }
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    if host.is_some_and(|host| is_own(host, state.config.listen.ip())) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong-host",
        "Almanac answers to localhost and its loopback address only; call it by one of those",
    )
    .into_response()
}

fn is_own(host: &str, listen: IpAddr) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(inner) => inner.parse().map(IpAddr::V6),
        None => name.parse().map(IpAddr::V4),
    };
    address.is_ok_and(|address| address.is_loopback() || address == listen)
}

/// Turns errors that layers and the framework give in their own shape into problems.
pub(super) async fn one_error_shape(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().get(header::CONTENT_TYPE) == Some(&MEDIA_TYPE) {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut problem = Problem::of_status(status).into_response();
    if let Some(allow) = allow {
        problem.headers_mut().insert(header::ALLOW, allow);
    }
    problem
}

/// Counts answers by the pattern of their address, which is bounded; the address itself may hold anything.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let response = next.run(request).await;
    let status = response.status().as_u16();
    telemetry::answered(route, status);
    tracing::debug!(route, status, "answered over HTTP");
    response
}

/// Headers that keep a browser from doing anything with an answer but show it.
pub(super) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_computer_are_its_own() {
        let listen = "127.0.0.1".parse().unwrap();
        for own in [
            "localhost",
            "LOCALHOST:8787",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.9.9.9:1",
            "[::1]:8787",
            "[::1]",
        ] {
            assert!(is_own(own, listen), "{own}");
        }
        for foreign in [
            "",
            "evil.example",
            "evil.example:8787",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1:8787",
            "localhost:",
            "::1",
            "user@localhost",
        ] {
            assert!(!is_own(foreign, listen), "{foreign}");
        }
    }
}
