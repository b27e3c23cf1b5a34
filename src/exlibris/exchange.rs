//! One request and its answer: built with bounds, read with bounds, and no word of it in an error.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, redirect};
use url::Url;

use super::address::{is_loopback, same_host};
use super::error::Problem;
use super::error_body::Trouble;
use crate::config::ExLibrisSettings;

/// Bytes of a JSON answer, unpacked. A page of a hundred partners has about 200 kB, a view configuration about 200 kB.
pub const JSON_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a public page, unpacked. A year of release notes has one or two million.
pub const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The time-out of the settings is for connecting and for each piece of the answer; the whole answer may take this many
/// times as long, so that a trickle of bytes ends too.
const WHOLE_ANSWER_TIMEOUTS: u32 = 4;

/// Idle connections kept to one host; [`super::pace::POOL_CALLS_MAX`] calls share them.
const IDLE_CONNECTIONS_MAX: usize = super::pace::POOL_CALLS_MAX;

/// Where Ex Libris says how many API calls are left today (ALMA.md §2).
const QUOTA_HEADER: &str = "x-exl-api-remaining";

/// The HTTP clients.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    ordinary: Client,
    /// For this computer itself: a stand-in is never asked through a proxy.
    loopback: Client,
    /// The time-out of the settings.
    timeout: Duration,
}

/// A GET request, whole.
#[derive(Debug)]
pub(super) struct Get<'a> {
    /// The address.
    pub url: &'a Url,
    /// What kinds of answer are understood.
    pub accept: &'static str,
    /// `apikey KEY`, marked sensitive.
    pub authorization: Option<&'a HeaderValue>,
    /// Further headers, all sensitive.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// The bound of the body.
    pub bytes_max: usize,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// `Retry-After`, unread.
    pub retry_after: Option<String>,
    /// `X-Exl-Api-Remaining`.
    pub quota_remaining: Option<i64>,
    /// The body, unpacked; empty for a redirect, whose body nobody needs.
    pub body: Vec<u8>,
}

impl Clients {
    /// Builds them.
    pub fn new(settings: &ExLibrisSettings) -> Result<Self, String> {
        let mut user_agent = format!("Almanac/{}", env!("CARGO_PKG_VERSION"));
        if let Some(contact) = &settings.contact {
            user_agent.push_str(&format!(" (+{contact})"));
        }
        let user_agent = HeaderValue::from_str(&user_agent).map_err(|_| {
            "exlibris.contact goes into an HTTP header and may hold only printable ASCII characters".to_owned()
        })?;
        let builder = || {
            Client::builder()
                .user_agent(user_agent.clone())
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(settings.timeout)
                .read_timeout(settings.timeout)
                .timeout(settings.timeout.saturating_mul(WHOLE_ANSWER_TIMEOUTS))
                .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        };
        let unusable = |error: reqwest::Error| {
            let error = error.without_url();
            format!("the TLS set-up of this computer cannot be used ({error}); are the CA certificates installed?")
        };
        let ordinary = builder().build().map_err(unusable)?;
        // A second client costs memory and a few milliseconds, so it is made only where there may be a proxy.
        let loopback = if proxy_in_environment() {
            builder().no_proxy().build().map_err(unusable)?
        } else {
            ordinary.clone()
        };
        Ok(Self {
            ordinary,
            loopback,
            timeout: settings.timeout,
        })
    }

    /// Sends it once and reads the answer.
    pub async fn send(&self, get: &Get<'_>) -> Result<Answer, Trouble> {
        let host = get.url.host_str().unwrap_or("no host");
        let client = if is_loopback(get.url) {
            &self.loopback
        } else {
            &self.ordinary
        };
        let mut request = client
            .get(get.url.clone())
            .header(ACCEPT, HeaderValue::from_static(get.accept));
        for (name, value) in get.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = get.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let mut response = request
            .send()
            .await
            .map_err(|error| self.broken(None, host, &error.without_url()))?;

        let status = response.status().as_u16();
        let headers = response.headers();
        let mut answer = Answer {
            status,
            content_type: text(headers, &CONTENT_TYPE),
            location: text(headers, &LOCATION),
            retry_after: text(headers, &RETRY_AFTER),
            quota_remaining: headers
                .get(QUOTA_HEADER)
                .and_then(|value| value.to_str().ok()?.trim().parse().ok())
                // A number below zero says nothing (DESIGN invariant 3).
                .filter(|remaining| *remaining >= 0),
            body: Vec::new(),
        };
        if (300..400).contains(&status) {
            return Ok(answer);
        }
        // Counted after unpacking, so that a small answer cannot blow up.
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.broken(Some(status), host, &error.without_url()))?
        {
            if answer.body.len() + chunk.len() > get.bytes_max {
                return Err(Trouble::finally(status, Problem::TooLarge(get.bytes_max)));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    fn broken(&self, status: Option<u16>, host: &str, error: &reqwest::Error) -> Trouble {
        let problem = if error.is_timeout() {
            Problem::TimedOut(self.timeout.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX))
        } else {
            Problem::Unreachable(format!("{} ({host})", cause(error)))
        };
        Trouble::passing(status, problem)
    }
}

/// No redirect at all: where a key or JSON is concerned.
pub(super) fn refuse_redirect(answer: &Answer) -> Result<(), Trouble> {
    if (300..400).contains(&answer.status) {
        return Err(Trouble::finally(answer.status, Problem::RedirectedAway));
    }
    Ok(())
}

/// Where a page says that it is, if it says so and it is on the same host.
pub(super) fn redirect(from: &Url, answer: &Answer) -> Result<Option<Url>, Trouble> {
    match answer.status {
        301 | 302 | 303 | 307 | 308 => {}
        300..400 => {
            let reason = format!("HTTP {}, which nobody asked for", answer.status);
            return Err(Trouble::finally(answer.status, Problem::Implausible(reason)));
        }
        _ => return Ok(None),
    }
    let target = answer.location.as_deref().and_then(|location| from.join(location).ok());
    let Some(mut target) = target else {
        let reason = "a redirect to nowhere".to_owned();
        return Err(Trouble::finally(answer.status, Problem::Implausible(reason)));
    };
    if !same_host(from, &target) || !target.username().is_empty() || target.password().is_some() {
        return Err(Trouble::finally(answer.status, Problem::RedirectedAway));
    }
    target.set_fragment(None);
    Ok(Some(target))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The cause in our own words: the text of the error may hold anything that a server or a resolver wrote.
fn cause(error: &reqwest::Error) -> &'static str {
    let mut text = String::new();
    let mut next = error.source();
    // Chains of causes are about five long.
    for _ in 0..16 {
        let Some(source) = next else { break };
        if let Some(error) = source.downcast_ref::<io::Error>() {
            match error.kind() {
                io::ErrorKind::ConnectionRefused => return "connection refused",
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => return "the connection was cut",
                io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => return "no way to the host",
                _ => {}
            }
        }
        text.push_str(&source.to_string().to_ascii_lowercase());
        next = source.source();
    }
    if text.contains("dns") {
        "the name of the host cannot be resolved"
    } else if text.contains("certificate") || text.contains("handshake") || text.contains("tls") {
        "no trusted TLS connection"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the answer broke off or cannot be unpacked"
    }
}

fn proxy_in_environment() -> bool {
    ["http_proxy", "https_proxy", "all_proxy"]
        .iter()
        .any(|name| std::env::var_os(name).is_some() || std::env::var_os(name.to_ascii_uppercase()).is_some())
}
