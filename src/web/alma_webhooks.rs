//! Alma's webhooks (ALMA.md §7), for one thing: a resource-sharing job has ended, so what it may have changed is polled now
//! and not when it is due. Nothing depends on them. A library's address exists only where its `webhook_secret` is configured.
//!
//! Whatever else Alma sends (loans, requests, users, letters) holds readers' names. It is acknowledged and dropped: only the
//! fields of [`Envelope`] are parsed, and of a message nothing is logged, stored or answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use url::form_urlencoded;

use super::ApiState;
use super::problem::Problem;
use crate::config::Config;
use crate::config::secret::SecretRef;
use crate::model::moment::Moment;
use crate::model::sharing_job;
use crate::model::watch::SourceKind;
use crate::poll::hasten::{Hastened, hasten};

/// The address, as a pattern.
pub(super) const ADDRESS: &str = "/webhooks/alma/{institution}";
const PREFIX: &str = "/webhooks/alma/";
/// Messages being taken at once. Each is a signature and one short write, so more would only queue.
pub(super) const TAKEN_AT_ONCE_MAX: usize = 8;
/// Alma counts an answer that takes 5 s as failed and sends the message again (ALMA.md §7).
const ANSWER_WITHIN: Duration = Duration::from_millis(4500);
/// Bytes of a message: a real one of a job with many counters has 3.4 kB, so this leaves room for twenty times as much. What
/// is larger belongs to no job.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Characters of a challenge. Ex Libris' examples have a dozen.
const CHALLENGE_CHARS_MAX: usize = 256;
/// A message whose own time lies further back is a replay: Alma tries for ten hours at most (ALMA.md §7).
const AGE_MAX: Duration = Duration::from_hours(24);
/// Clocks differ, but not by more than this.
const AHEAD_MAX: Duration = Duration::from_hours(1);
/// A secret that was read is used for so long.
const SECRET_FRESH: Duration = Duration::from_secs(10);
/// The name of the header that carries the signature.
const SIGNATURE: &str = "x-exl-signature";
/// Bytes of an HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;

/// All that is read of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    action: Option<String>,
    time: Option<String>,
    institution: Option<Coded>,
    job_instance: Option<JobInstance>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobInstance {
    name: Option<String>,
    job_info: Option<JobInfo>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobInfo {
    name: Option<String>,
    category: Option<Coded>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Coded {
    value: Option<String>,
}

/// The secrets as they were read last, by institution. To read one may start a program (git is asked whether it tracks the
/// file), which nobody without a secret shall be able to do as often as they like.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Arc<Mutex<BTreeMap<String, LastRead>>>);

/// When a secret was read, and the secret if it could be.
type LastRead = (Moment, Option<SecretString>);

impl Secrets {
    /// The secret of a configured institution, read [`SECRET_FRESH`] ago at most, so that a new one needs no restart; `None`
    /// where it cannot be read, which the log tells.
    async fn read(&self, institution: &str, secret: &SecretRef, now: Moment) -> Option<SecretString> {
        if let Some((at, last)) = self.open().get(institution)
            && *at <= now
            && now.since(*at) < SECRET_FRESH
        {
            return last.clone();
        }
        let secret = secret.clone();
        let read = tokio::task::spawn_blocking(move || secret.read()).await.ok()?;
        let read = read
            .map_err(|missing| tracing::warn!(institution, "webhooks of {institution} cannot be checked: {missing}"))
            .ok();
        self.open().insert(institution.to_owned(), (now, read.clone()));
        read
    }

    /// Nothing in it can be half done, so a panic elsewhere spoils nothing.
    fn open(&self) -> MutexGuard<'_, BTreeMap<String, LastRead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What answers at [`ADDRESS`]. The methods are told apart here, since the framework would name them (`Allow`) where the
/// address does not exist.
pub(super) fn routes() -> MethodRouter<ApiState> {
    any(answer).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn answer(State(state): State<ApiState>, request: Request) -> Result<Response, Problem> {
    let (institution, secret) = receiver(&state.config, request.uri()).ok_or_else(Problem::no_such_address)?;
    match *request.method() {
        Method::GET | Method::HEAD => challenge(request.uri().query().unwrap_or_default()),
        Method::POST => take(&state, institution, secret, request).await,
        _ => {
            let problem = Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Alma's webhooks come by POST, their challenge by GET",
            );
            Ok(([(header::ALLOW, "GET,HEAD,POST")], problem).into_response())
        }
    }
}

/// The institution whose webhooks that address takes, and where the secret is that they are signed with.
pub(super) fn receiver<'c>(config: &'c Config, address: &Uri) -> Option<(&'c str, &'c SecretRef)> {
    let institution = config.institution(address.path().strip_prefix(PREFIX)?)?;
    Some((&institution.code, institution.webhook_secret.as_ref()?))
}

/// `GET /webhooks/alma/{institution}?challenge=x`: how Alma sees, when the webhook is set up, that somebody listens.
fn challenge(query: &str) -> Result<Response, Problem> {
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "challenge")
        .map(|(_, challenge)| challenge)
        .collect();
    match given.as_slice() {
        [challenge] if is_harmless(challenge) => Ok(Json(json!({ "challenge": challenge })).into_response()),
        _ => Err(Problem::bad_query(
            "challenge",
            format!(
                "give challenge once, with 1 to {CHALLENGE_CHARS_MAX} letters, digits or any of - . _ ~ + / =; Alma posts \
                 its messages to this address"
            ),
        )),
    }
}

/// Whether a text can be given back: nothing of it means anything to a browser, whatever it takes the answer for.
fn is_harmless(challenge: &str) -> bool {
    let proper = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (1..=CHALLENGE_CHARS_MAX).contains(&challenge.len()) && challenge.bytes().all(proper)
}

/// `POST /webhooks/alma/{institution}`: a message.
async fn take(state: &ApiState, institution: &str, secret: &SecretRef, request: Request) -> Result<Response, Problem> {
    let Some(_place) = state.webhook_slots.take() else {
        return Err(busy("too many messages are being taken already"));
    };
    let taking = async {
        let (hash, body) = authentic(state, institution, secret, request).await?;
        act_on(state, institution, &hash, &body).await
    };
    match tokio::time::timeout(ANSWER_WITHIN, taking).await {
        Ok(taken) => taken?,
        Err(_) => return Err(busy("the message could not be taken in time")),
    }
    Ok(Json(json!({"status": "ok"})).into_response())
}

/// A status from which Alma tries again (after 1, 3 and 6 hours, ALMA.md §7).
fn busy(why: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        format!("{why}; it may be sent again"),
    )
}

/// Reads a message to its end and checks that it is signed with the secret, before anything of it is looked at. Gives a hash
/// that tells it apart, and the message.
async fn authentic(
    state: &ApiState,
    institution: &str,
    secret: &SecretRef,
    request: Request,
) -> Result<([u8; 32], Bytes), Problem> {
    let signature = signature(request.headers()).ok_or_else(unsigned)?;
    let body = Bytes::from_request(request, &())
        .await
        .map_err(|refused| match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                format!("a message has {BODY_BYTES_MAX} bytes at most"),
            ),
            status => Problem::of_status(status),
        })?;
    let secret = state.webhook_secrets.read(institution, secret, state.clock.now()).await;
    let secret = secret.ok_or_else(|| busy("the signature cannot be checked now"))?;
    if !is_signed(secret.expose_secret().as_bytes(), &body, &signature) {
        return Err(unsigned());
    }
    // The signature stands for the message and, being keyed, says nothing about it to anyone who lacks the secret.
    Ok((*blake3::hash(&signature).as_bytes(), body))
}

/// The signature that a message carries; none where it carries several or none that could be right.
fn signature(headers: &HeaderMap) -> Option<[u8; SIGNATURE_BYTES]> {
    let mut values = headers.get_all(SIGNATURE).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    STANDARD.decode(only.as_bytes()).ok()?.try_into().ok()
}

/// `X-Exl-Signature` is the base64 of HMAC-SHA256 over the raw bytes (ALMA.md §7). Compared in constant time.
fn is_signed(secret: &[u8], body: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
        mac.update(body);
        mac.verify_slice(signature).is_ok()
    })
}

/// The same for every message that is not signed rightly, so that nothing is learned by trying.
fn unsigned() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "not-signed",
        "the signature is missing or wrong",
    )
}

/// Does what an authentic message asks for, if it does.
async fn act_on(state: &ApiState, institution: &str, hash: &[u8; 32], body: &[u8]) -> Result<(), Problem> {
    let sources = match what_it_touches(body, institution, state.clock.now()) {
        Ok(sources) => sources,
        Err(Dropped::Quietly(why)) => {
            tracing::debug!(institution, "a webhook of Alma was dropped: {why}");
            return Ok(());
        }
        Err(Dropped::Misdirected(why)) => {
            tracing::warn!(institution, "a webhook of {institution} was dropped: {why}");
            return Ok(());
        }
    };
    match hasten(&state.store, &state.config, institution, sources, hash).await {
        Ok(Hastened::Watches(watches)) => {
            tracing::info!(
                institution,
                watches,
                "Alma says that a resource-sharing job of {institution} has ended; {watches} watches are polled as soon as may be"
            );
        }
        Ok(Hastened::Repeated) => tracing::debug!(institution, "a webhook of Alma was dropped: it came before"),
        Ok(Hastened::TooMany) => tracing::warn!(
            institution,
            "a webhook of {institution} was dropped: more came today than its jobs can send; if somebody else has its \
             secret, set a new one in Alma and here"
        ),
        Err(error) => {
            tracing::error!(%error, "a webhook of Alma could not be noted: {error}");
            return Err(Problem::internal());
        }
    }
    Ok(())
}

/// Why an authentic message does nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dropped {
    /// As is to be expected of most.
    Quietly(&'static str),
    /// The webhook is set up wrongly, and somebody should see to it.
    Misdirected(&'static str),
}

/// The sources whose answers may have changed, as a message says. Pure.
fn what_it_touches(body: &[u8], institution: &str, now: Moment) -> Result<&'static [SourceKind], Dropped> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| {
        Dropped::Misdirected("it cannot be read; set the format of the integration profile in Alma to JSON")
    })?;
    let sender = envelope.institution.and_then(|sender| sender.value);
    if sender.is_some_and(|sender| sender != institution) {
        return Err(Dropped::Misdirected(
            "it is about another institution; correct the address in that institution's integration profile",
        ));
    }
    if !envelope
        .action
        .is_some_and(|action| action.eq_ignore_ascii_case("JOB_END"))
    {
        return Err(Dropped::Quietly("it is not about a job"));
    }
    let time: Option<Moment> = envelope.time.and_then(|time| time.parse().ok());
    let Some(time) = time else {
        return Err(Dropped::Quietly("it does not say from when it is"));
    };
    if now.since(time) > AGE_MAX || time.since(now) > AHEAD_MAX {
        return Err(Dropped::Quietly("it is not from today"));
    }
    let job = envelope.job_instance.unwrap_or_default();
    let info = job.job_info.unwrap_or_default();
    let category = info.category.and_then(|category| category.value);
    // The name of the run may be one that staff typed; that of the job is Alma's own.
    let names = [job.name, info.name];
    let sources = names
        .iter()
        .map(|name| sharing_job::touched_by(name.as_deref().unwrap_or_default(), category.as_deref()))
        .find(|sources| !sources.is_empty());
    sources.ok_or(Dropped::Quietly("the job is not about resource sharing"))
}

#[cfg(test)]
mod tests;
