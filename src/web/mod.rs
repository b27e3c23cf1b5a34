//! HTTP: the same answers as the command line, the program's health, its metrics, over loopback only. Reading only, but for
//! Alma's webhooks, which are signed.
//!
//! | address | answer |
//! |---|---|
//! | `/healthz` | 200 while the program runs |
//! | `/readyz` | 200 while the history can be read and the daemon's heart beats, else 503 |
//! | `/metrics` | counts for Prometheus; the names stand in [`crate::telemetry`] |
//! | `/webhooks/alma/{institution}` | taken, where the institution has a `webhook_secret`, else 404 |
//! | `/api/v1/watches`, `events`, `snapshots`, `records`, `diff`, `requests` | the shapes of [`crate::model::answer`] |
//! | `/api/v1/partners`, `partners/records` | the shapes of [`crate::model::reciprocity`] |
//! | `/api/v1/collaborations`, `adoption` | the shapes of [`crate::model::collaboration`] |
//!
//! Every error is an `application/problem+json` (RFC 9457).

mod alma_webhooks;
mod connections;
mod guard;
mod health;
mod history;
mod problem;

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::clock::Clock;
use crate::config::Config;
use crate::insight::answers::Reader;
use crate::store::Store;
use problem::Problem;

/// How long answers under way may take after the program was asked to stop; idle and half-sent requests are cut then. It
/// leaves the daemon time within its own ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(3);
/// Bytes of a request's body, at most: nothing reads one but the webhooks, which have their own bound.
const BODY_BYTES_MAX: usize = 1024;

/// What the HTTP side needs of the program; cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The settings.
    pub config: Arc<Config>,
    /// The history.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// When the daemon's heart last beat, in milliseconds since the epoch; 0 if never.
    pub beat: Arc<AtomicI64>,
    /// The counts; `None` where the program does not count.
    pub metrics: Option<PrometheusHandle>,
    /// Answers under way, bounded.
    slots: guard::Slots,
    /// Webhooks being taken, bounded apart from the answers: whoever floods their address, which others than this computer
    /// reach, takes no reader's place.
    webhook_slots: guard::Slots,
    /// What webhooks are checked with.
    webhook_secrets: alma_webhooks::Secrets,
}

impl ApiState {
    /// Puts together what the HTTP side needs.
    pub fn new(
        config: Arc<Config>,
        store: Store,
        clock: Clock,
        beat: Arc<AtomicI64>,
        metrics: Option<PrometheusHandle>,
    ) -> Self {
        Self {
            config,
            store,
            clock,
            beat,
            metrics,
            slots: guard::Slots::default(),
            webhook_slots: guard::Slots::of(alma_webhooks::TAKEN_AT_ONCE_MAX),
            webhook_secrets: alma_webhooks::Secrets::default(),
        }
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            config: &self.config,
            store: &self.store,
            clock: &self.clock,
        }
    }
}

/// Everything that is served, with its guards.
pub fn router(state: ApiState) -> Router {
    let reading = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/api/v1/watches", get(history::watches))
        .route("/api/v1/events", get(history::events))
        .route("/api/v1/snapshots", get(history::snapshots))
        .route("/api/v1/records", get(history::records))
        .route("/api/v1/diff", get(history::diff))
        .route("/api/v1/partners", get(history::partners))
        .route("/api/v1/partners/records", get(history::partner_records))
        .route("/api/v1/requests", get(history::requests))
        .route("/api/v1/collaborations", get(history::collaborations))
        .route("/api/v1/adoption", get(history::adoption))
        .fallback(async || Problem::no_such_address())
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX));
    let webhooks = Router::new().route(alma_webhooks::ADDRESS, alma_webhooks::routes());
    guarded(reading.merge(webhooks), state)
}

/// The routes behind the guards, which stand here from the inside out.
fn guarded(routes: Router<ApiState>, state: ApiState) -> Router {
    routes
        .layer(from_fn(guard::in_time))
        .layer(from_fn_with_state(state.clone(), guard::few_at_once))
        .layer(from_fn_with_state(state.clone(), guard::own_host_only))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| {
            Problem::internal().into_response()
        }))
        .layer(from_fn(guard::one_error_shape))
        .layer(from_fn(guard::count))
        .layer(CompressionLayer::new())
        .layer(from_fn(guard::security_headers))
        .with_state(state)
}

/// Opens the address that the configuration names.
///
/// # Errors
/// A sentence that says what to do, if the address is not loopback or is taken.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    loopback_only(address)?;
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!(
                "cannot listen on {address}: {error}; end the program that holds it, or set another [server] listen"
            ),
        )
    })
}

/// Serves until `stop`, then lets answers under way end, but not for long.
///
/// # Errors
/// What the listener reports; and a sentence if it does not listen on loopback, which would need sign-in.
pub async fn serve(listener: TcpListener, state: ApiState, stop: CancellationToken) -> io::Result<()> {
    loopback_only(listener.local_addr()?)?;
    let server = axum::serve(connections::Bounded::new(listener), router(state))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let mut server = std::pin::pin!(server.into_future());
    tokio::select! {
        ended = &mut server => return ended,
        () = stop.cancelled() => {}
    }
    // axum waits for connections that never end by themselves, so the wait is bounded.
    if tokio::time::timeout(STOP_WITHIN, server).await.is_err() {
        tracing::warn!(
            "cut HTTP connections that were still open after {} s",
            STOP_WITHIN.as_secs()
        );
    }
    Ok(())
}

fn loopback_only(address: SocketAddr) -> io::Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "{address} can be reached by others, and there is no sign-in yet; set [server] listen = \"127.0.0.1:{}\"",
            address.port()
        ),
    ))
}

#[cfg(test)]
mod tests;
