//! For those who keep the program running: is it alive, is it at work, what does it count.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ApiState;
use super::problem::Problem;
use crate::model::moment::Moment;
use crate::telemetry;

/// A heart that has not beaten for so long has stopped: four beats of the scheduler and a long look at what is due.
const BEAT_FRESH: Duration = Duration::from_secs(90);

/// `GET /healthz`.
pub(super) async fn alive() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// `GET /readyz`.
pub(super) async fn ready(State(state): State<ApiState>) -> Result<Response, Problem> {
    let not_ready = |detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail);
    if let Err(error) = state.reader().watches().await {
        tracing::error!(%error, "not ready: the history cannot be read");
        return Err(not_ready("the history cannot be read; the log says why".to_owned()));
    }
    let beat = state.beat.load(Ordering::SeqCst);
    if beat == 0 {
        return Err(not_ready("the schedule has not begun yet".to_owned()));
    }
    let silent = state.clock.now().since(Moment::from_millis(beat));
    if silent > BEAT_FRESH {
        return Err(not_ready(format!(
            "the schedule has stood still for {} s; restart the daemon",
            silent.as_secs()
        )));
    }
    Ok(Json(json!({"status": "ready", "last_beat": Moment::from_millis(beat)})).into_response())
}

/// `GET /metrics`.
pub(super) async fn metrics(State(state): State<ApiState>) -> Result<Response, Problem> {
    let Some(metrics) = &state.metrics else {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-counting",
            "this program does not count; `almanac run` does",
        ));
    };
    let watches = state.reader().watches().await?;
    telemetry::watches_are(watches.iter().map(|watch| watch.state));
    telemetry::beat_at(state.beat.load(Ordering::SeqCst) as f64 / 1000.0);
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        metrics.render(),
    )
        .into_response())
}
