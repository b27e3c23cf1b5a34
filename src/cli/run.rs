//! `almanac run`.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::clock::Clock;
use crate::config::Config;
use crate::poll::{Almanac, daemon};
use crate::telemetry;
use crate::web::{self, ApiState};

/// From the signal to the end, at most: what systemd and container hosts grant before they kill.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Runs the daemon until SIGTERM or SIGINT.
pub(super) async fn run(config: Config, clock: Clock) -> Result<(), Failure> {
    let metrics = telemetry::start_metrics().map_err(Failure::mistake)?;
    let listener = web::listen(config.listen).await?;
    let almanac = Arc::new(Almanac::open(config, clock).await?);
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    keep_running(almanac, listener, Some(metrics), stop).await
}

/// Drives schedule, deliveries and HTTP until `stop`; if one of them ends by itself, so do the others.
pub(super) async fn keep_running(
    almanac: Arc<Almanac>,
    listener: TcpListener,
    metrics: Option<PrometheusHandle>,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let address = listener.local_addr()?;
    let state = ApiState::new(
        almanac.config.clone(),
        almanac.store.clone(),
        almanac.clock.clone(),
        almanac.beat.clone(),
        metrics,
    );
    tracing::info!(
        watches = almanac.config.watches.len(),
        %address,
        "watching for {}; the HTTP API is at http://{address}/api/v1/",
        almanac.config.consortium
    );
    let mut served = tokio::spawn(web::serve(listener, state, stop.clone()));
    let mut watched = tokio::spawn(daemon::run(almanac, stop.clone()));
    // Where no service manager listens, there is nobody to tell.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);

    let mut server_ended = None;
    let mut daemon_ended = None;
    tokio::select! {
        ended = &mut served => server_ended = Some(ended),
        ended = &mut watched => daemon_ended = Some(ended),
        () = stop.cancelled() => {}
    }
    stop.cancel();
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    let rest = async {
        if server_ended.is_none() {
            server_ended = Some((&mut served).await);
        }
        if daemon_ended.is_none() {
            daemon_ended = Some((&mut watched).await);
        }
    };
    if tokio::time::timeout(STOP_WITHIN, rest).await.is_err() {
        tracing::warn!(
            "work under way was abandoned after {} s; nothing is lost",
            STOP_WITHIN.as_secs()
        );
    }
    // A panic was told by the hook already; what is left is that the daemon did not end well.
    let fallen = || Failure::mistake("the daemon ended by a mistake of its own; start it again");
    if let Some(ended) = daemon_ended {
        ended.map_err(|_| fallen())??;
    }
    if let Some(ended) = server_ended {
        ended.map_err(|_| fallen())??;
    }
    tracing::info!("stopped");
    Ok(())
}

/// The first SIGTERM or SIGINT asks for a graceful stop; a second one ends the program at once.
pub(super) fn stop_on_signals(stop: CancellationToken) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for attempt in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if attempt == 0 {
                tracing::info!("asked to stop; a second signal ends the program at once");
                stop.cancel();
            } else {
                // Everything that must last is committed; a poll under way leaves no trace.
                std::process::exit(1);
            }
        }
    });
    Ok(())
}
