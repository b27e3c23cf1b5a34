//! The channel `webhook`: signed messages after Standard Webhooks (headers `webhook-id`, `webhook-timestamp`,
//! `webhook-signature`), so that a receiver can tell that they are ours and drop a repeat.

use std::sync::Arc;
use std::time::Duration;

use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use chrono::DateTime;
use hmac::{Hmac, Mac};
use reqwest::{Client, StatusCode, header, redirect};
use secrecy::ExposeSecret;
use sha2::Sha256;
use url::Url;

use super::NotSent;
use super::private::{PublicOnly, REFUSED, is_private_literal};
use crate::config::{UrlSource, WebhookSettings};
use crate::model::moment::Moment;
use crate::store::outbox::MessageToSend;

/// An attempt that takes longer has failed; Standard Webhooks recommends 15 to 30 s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// A secret that begins so is base64 behind it; any other is taken as it is.
const SECRET_PREFIX: &str = "whsec_";
/// Secrets are handed out with and without padding.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One receiver.
#[derive(Debug)]
pub struct Webhook {
    settings: WebhookSettings,
    client: Client,
}

impl Webhook {
    /// Makes ready to send.
    ///
    /// # Errors
    /// A sentence, where the TLS set-up of this computer cannot be used.
    pub fn new(settings: &WebhookSettings) -> Result<Self, String> {
        let mut builder = Client::builder()
            .user_agent(concat!("Almanac/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(ATTEMPT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT);
        if !settings.allow_private {
            // A proxy would dial in our place, and what it dials cannot be checked.
            builder = builder.no_proxy().dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(|error| {
            format!(
                "the TLS set-up of this computer cannot be used ({})",
                error.without_url()
            )
        })?;
        Ok(Self {
            settings: settings.clone(),
            client,
        })
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn send(&self, message: &MessageToSend, now: Moment) -> Result<(), NotSent> {
        let url = self.url()?;
        if !self.settings.allow_private && is_private_literal(&url) {
            return Err(NotSent::Permanent {
                reason: REFUSED.to_owned(),
            });
        }
        let timestamp = now.unix_seconds().to_string();
        let mut request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", &timestamp);
        if let Some(secret) = &self.settings.secret {
            let secret = secret.read().map_err(|missing| passing(missing.to_string()))?;
            let signature = signature(secret.expose_secret(), &message.id, &timestamp, &message.body)?;
            request = request.header("webhook-signature", signature);
        }
        // Only status and headers are looked at: the body, however long, is dropped with the connection.
        let answer = request
            .body(message.body.clone())
            .send()
            .await
            .map_err(|error| unreachable(&error))?;
        judge(answer.status(), answer.headers(), now)
    }

    fn url(&self) -> Result<Url, NotSent> {
        match &self.settings.url {
            UrlSource::Plain(url) => Ok(url.clone()),
            UrlSource::Secret(secret) => {
                let text = secret.read().map_err(|missing| passing(missing.to_string()))?;
                let url = Url::parse(text.expose_secret().trim())
                    .ok()
                    .filter(|url| matches!(url.scheme(), "https" | "http"));
                let url = url.ok_or_else(|| passing(format!("what {secret} holds is no web address")))?;
                if url.scheme() == "http" && !self.settings.allow_private {
                    let reason = format!(
                        "the address that {secret} holds begins with http:, which anyone on the way can read; use https:"
                    );
                    return Err(NotSent::Permanent { reason });
                }
                Ok(url)
            }
        }
    }
}

/// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
fn signature(secret: &str, id: &str, timestamp: &str, body: &str) -> Result<String, NotSent> {
    let key = match secret.strip_prefix(SECRET_PREFIX) {
        Some(encoded) => LENIENT_BASE64.decode(encoded).map_err(|_| {
            passing(format!(
                "the signing secret begins with {SECRET_PREFIX}, but what follows is not base64"
            ))
        })?,
        None => secret.as_bytes().to_vec(),
    };
    if key.is_empty() {
        // Anyone could sign with it.
        return Err(passing(format!(
            "the signing secret is empty; put the base64 of at least 24 random bytes after {SECRET_PREFIX}"
        )));
    }
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&key).map_err(|_| passing("the signing secret cannot be used".to_owned()))?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// What an answer means. A redirect is refused: what was signed for one receiver is not carried to another. Given up at
/// once is only what speaks against the message itself or says that the receiver is gone; "not found" and "not allowed"
/// are also what proxies say while the receiver behind them starts anew or its password is changed.
fn judge(status: StatusCode, headers: &header::HeaderMap, now: Moment) -> Result<(), NotSent> {
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("the receiver answered {}", status.as_u16());
    // A receiver that is being set up anew or changes its key answers 401, 403 or 404 for a while: better a day of attempts
    // than a lost alert.
    let may_pass = status.is_server_error()
        || matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_EARLY
                | StatusCode::TOO_MANY_REQUESTS
        );
    if !may_pass {
        return Err(NotSent::Permanent { reason });
    }
    let retry_after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| waited(value.to_str().ok()?.trim(), now));
    Err(NotSent::Passing { reason, retry_after })
}

/// A `Retry-After`, in seconds or as an HTTP date (RFC 9110 §10.2.3).
fn waited(text: &str, now: Moment) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    Some(Moment::from(until).since(now))
}

fn passing(reason: String) -> NotSent {
    NotSent::Passing {
        reason,
        retry_after: None,
    }
}

/// What went wrong, without the address: it may be a secret. A name that resolves to private addresses only is refused
/// for good, like such an address written out.
fn unreachable(error: &reqwest::Error) -> NotSent {
    let mut source: &dyn std::error::Error = error;
    while let Some(inner) = source.source() {
        source = inner;
        if source.to_string() == REFUSED {
            return NotSent::Permanent {
                reason: REFUSED.to_owned(),
            };
        }
    }
    passing(if error.is_timeout() {
        format!("no answer within {} s", ATTEMPT_TIMEOUT.as_secs())
    } else if error.is_connect() {
        "no connection to the receiver".to_owned()
    } else {
        "the connection to the receiver broke".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = signature(
            secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn answers_are_told_apart() {
        let mut headers = header::HeaderMap::new();
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("90"));
        let judged = |status: u16| judge(StatusCode::from_u16(status).unwrap(), &headers, Moment::default());
        for good in [200, 202, 204] {
            assert_eq!(judged(good), Ok(()));
        }
        for passing in [401, 403, 404, 408, 425, 429, 500, 502, 503, 504] {
            let wait = Some(Duration::from_secs(90));
            assert!(
                matches!(judged(passing), Err(NotSent::Passing { retry_after, .. }) if retry_after == wait),
                "{passing}"
            );
        }
        for permanent in [301, 307, 400, 405, 410, 413, 422] {
            assert!(
                matches!(judged(permanent), Err(NotSent::Permanent { .. })),
                "{permanent}"
            );
        }
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        let now: Moment = "2026-11-25T08:00:00Z".parse().unwrap();
        assert_eq!(waited("120", now), Some(Duration::from_mins(2)));
        assert_eq!(
            waited("Wed, 25 Nov 2026 08:05:00 GMT", now),
            Some(Duration::from_mins(5))
        );
        assert_eq!(waited("Wed, 25 Nov 2026 07:00:00 GMT", now), Some(Duration::ZERO));
        for nonsense in ["soon", "-5", "", "1e9"] {
            assert_eq!(waited(nonsense, now), None, "{nonsense}");
        }
    }

    #[test]
    fn secrets_come_encoded_or_raw_but_never_empty() {
        let sign = |secret: &str| signature(secret, "a", "1", "b");
        let raw = sign("hello").unwrap();
        assert_eq!(sign("whsec_aGVsbG8=").unwrap(), raw);
        assert_eq!(sign("whsec_aGVsbG8").unwrap(), raw);
        for bad in ["", "whsec_", "whsec_not base64!"] {
            assert!(
                matches!(sign(bad), Err(NotSent::Passing { reason, .. }) if !reason.contains("not base64!")),
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_of_this_computer_is_refused_for_good_like_its_number() {
        for url in ["https://127.0.0.1:9/x", "https://localhost:9/x"] {
            let settings = WebhookSettings {
                url: UrlSource::Plain(url.parse().unwrap()),
                secret: None,
                allow_private: false,
            };
            let message = MessageToSend {
                row: 1,
                id: "msg_1".to_owned(),
                body: "{}".to_owned(),
                attempt: 1,
                first_attempt: Moment::default(),
                events: 1,
            };
            let outcome = Webhook::new(&settings).unwrap().send(&message, Moment::default()).await;
            let refused = NotSent::Permanent {
                reason: REFUSED.to_owned(),
            };
            assert_eq!(outcome, Err(refused), "{url}");
        }
    }
}
