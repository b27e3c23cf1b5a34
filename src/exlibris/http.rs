//! The client core: keys, pacing, retries, bounds, quota.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use super::address::{file_name, is_loopback, join};
use super::error::{CallError, Problem};
use super::error_body::{Door, Trouble, judge_file, judge_json, judge_markup, judge_page};
use super::exchange::{Answer, Clients, Get, JSON_BYTES_MAX, PAGE_BYTES_MAX, redirect, refuse_redirect};
use super::pace::{Pacer, Pool};
use super::retry::{ATTEMPTS_MAX, RETRY_AFTER_MAX, back_off, retry_after};
use crate::clock::Clock;
use crate::config::{ExLibrisSettings, Institution};
use crate::model::moment::Moment;

/// Calls of one poll, retries included. The longest list known, a few thousand partners, takes some dozens; a sweep over
/// the lending requests of a large institution takes two or three hundred, and goes on at the next poll where that is not
/// enough. A poll that wants more has lost its way, and the quota is the libraries' own.
pub const CALLS_PER_POLL_MAX: u32 = 500;

/// Redirects of one public page that are followed, all on its own host.
pub const REDIRECTS_MAX: u32 = 5;

const ACCEPT_JSON: &str = "application/json";
const ACCEPT_XML: &str = "application/xml, application/json;q=0.5";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml, application/json;q=0.9, application/xml;q=0.8, */*;q=0.1";

/// No quota seen yet.
const QUOTA_UNKNOWN: i64 = i64::MIN;

/// All that the program needs to call Ex Libris; cheap to clone, made once.
#[derive(Clone, Debug)]
pub struct ExLibris {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ExLibrisSettings,
    clock: Clock,
    clients: Clients,
    pacer: Pacer,
    /// What [`super::alma::verify_institution`] found, by institution.
    verifications: Mutex<HashMap<String, Remembered>>,
}

/// An answer that is good for a while, for one key.
#[derive(Clone, Copy)]
struct Remembered {
    key: blake3::Hash,
    until: Moment,
    verified: bool,
}

/// The calls of one poll: knows whose pace and key they use, counts them, notes the quota that Ex Libris names.
#[derive(Debug)]
pub struct Session {
    exlibris: ExLibris,
    institution: Option<Institution>,
    key: OnceLock<Result<HeaderValue, Problem>>,
    calls: AtomicU32,
    calls_max: u32,
    quota_remaining: AtomicI64,
    pages_to: Option<PathBuf>,
}

/// A public page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it was found in the end; the same host as the address asked for.
    pub url: Url,
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// `Content-Type`, as it was sent.
    pub content_type: Option<String>,
    /// The page, read as UTF-8; what is not UTF-8 in it becomes U+FFFD.
    pub body: String,
}

/// A public file of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonFile {
    /// Where it was found in the end, against which its references are meant; the same host as the address asked for.
    pub url: Url,
    /// What it holds.
    pub body: Value,
    /// How long it was, unpacked.
    pub bytes: usize,
}

impl ExLibris {
    /// Builds the clients.
    ///
    /// # Errors
    /// A sentence, where the TLS set-up of this computer or the contact in the settings cannot be used.
    pub fn new(settings: &ExLibrisSettings, clock: Clock) -> Result<Self, String> {
        Ok(Self {
            inner: Arc::new(Inner {
                settings: settings.clone(),
                clients: Clients::new(settings)?,
                pacer: Pacer::new(clock.clone()),
                clock,
                verifications: Mutex::new(HashMap::new()),
            }),
        })
    }

    /// Begins the calls of one poll, for an institution or (None) for public pages. The institution's key is read, anew
    /// for every session, when it is first needed.
    pub fn session(&self, institution: Option<&Institution>) -> Session {
        Session {
            exlibris: self.clone(),
            institution: institution.cloned(),
            key: OnceLock::new(),
            calls: AtomicU32::new(0),
            calls_max: CALLS_PER_POLL_MAX,
            quota_remaining: AtomicI64::new(QUOTA_UNKNOWN),
            pages_to: None,
        }
    }
}

impl Session {
    /// Asks the API gateway with the institution's key, and gives the JSON that it answers. `path_segments` are encoded
    /// here: a code may hold any character. `attempted` says in words what is being tried.
    ///
    /// # Errors
    /// [`CallError`] for anything but a good answer; a missing key is [`Problem::NoKey`].
    pub async fn get_json(
        &self,
        base: &Url,
        path_segments: &[&str],
        query: &[(&str, &str)],
        attempted: &str,
    ) -> Result<Value, CallError> {
        self.ask_gateway((base, path_segments, query), ACCEPT_JSON, attempted, |answer| {
            judge_json(answer.status, &answer.body, Door::Gateway)
        })
        .await
    }

    /// Asks the API gateway with the institution's key for an Analytics report, and gives its XML, however it is wrapped.
    ///
    /// # Errors
    /// As [`Session::get_json`].
    pub async fn get_report(
        &self,
        base: &Url,
        path_segments: &[&str],
        query: &[(&str, &str)],
        attempted: &str,
    ) -> Result<String, CallError> {
        self.ask_gateway((base, path_segments, query), ACCEPT_XML, attempted, |answer| {
            judge_markup(answer.status, &answer.body)
        })
        .await
    }

    /// Asks a public service that answers with JSON, such as a Primo front end. No key is sent, no redirect is followed,
    /// and a service that asks for fewer calls gets no second one.
    ///
    /// # Errors
    /// [`CallError`] for anything but a good answer.
    pub async fn get_json_without_key(&self, url: &Url, attempted: &str) -> Result<Value, CallError> {
        let get = Get {
            url,
            accept: ACCEPT_JSON,
            authorization: None,
            headers: &[],
            bytes_max: JSON_BYTES_MAX,
        };
        self.call(&get, &self.pool_of_host(url), attempted, |answer| {
            refuse_redirect(answer)?;
            judge_json(answer.status, &answer.body, Door::Public)
        })
        .await
        .map(|(value, _)| value)
    }

    /// Fetches a public page, or a public answer that its reader parses itself. Redirects are followed on the page's own
    /// host only.
    ///
    /// # Errors
    /// [`CallError`]; a page that is not there (404, 410) is [`Problem::NotFound`]. Whether a page with a good status is
    /// the right one, its reader must judge.
    pub async fn get_page(&self, url: &Url, attempted: &str) -> Result<Page, CallError> {
        self.get_page_with(url, &[], attempted).await
    }

    /// Fetches a public file of JSON, such as an API definition: redirects as for a page, and `bytes_max` bounds the file.
    ///
    /// # Errors
    /// [`CallError`] for anything but JSON; a file that is not there is [`Problem::NotFound`].
    pub async fn get_json_file(&self, url: &Url, bytes_max: usize, attempted: &str) -> Result<JsonFile, CallError> {
        let judge = |answer: &Answer| judge_file(answer.status, &answer.body);
        let (url, body, answer) = self
            .follow(url, (ACCEPT_JSON, &[], bytes_max), attempted, judge)
            .await?;
        Ok(JsonFile {
            url,
            body,
            bytes: answer.body.len(),
        })
    }

    /// [`Session::get_page`] with further headers, such as MindTouch's `x-deki-token` (RELEASE_NOTES.md §4).
    ///
    /// # Errors
    /// As [`Session::get_page`].
    pub async fn get_page_with(&self, url: &Url, headers: &[(&str, &str)], attempted: &str) -> Result<Page, CallError> {
        let ours = |problem| CallError::ours(attempted, problem);
        let headers = headers
            .iter()
            .map(|(name, value)| {
                let mut value = HeaderValue::from_str(value).ok()?;
                value.set_sensitive(true);
                Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| ours(Problem::Implausible("a token that cannot stand in a header".to_owned())))?;
        let (url, (), answer) = self
            .follow(url, (ACCEPT_PAGE, &headers, PAGE_BYTES_MAX), attempted, |answer| {
                judge_page(answer.status, &answer.body)
            })
            .await?;
        Ok(Page {
            url,
            status: answer.status,
            content_type: answer.content_type,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        })
    }

    /// Asks a public host, follows its redirects on that host, and judges the answer that stands at their end.
    async fn follow<T>(
        &self,
        url: &Url,
        (accept, headers, bytes_max): (&'static str, &[(HeaderName, HeaderValue)], usize),
        attempted: &str,
        judge: impl Fn(&Answer) -> Result<T, Trouble>,
    ) -> Result<(Url, T, Answer), CallError> {
        let pool = self.pool_of_host(url);
        let mut at = url.clone();
        at.set_fragment(None);
        for _ in 0..=REDIRECTS_MAX {
            let get = Get {
                url: &at,
                accept,
                authorization: None,
                headers,
                bytes_max,
            };
            let (found, answer) = self
                .call(&get, &pool, attempted, |answer| {
                    self.keep_page(&at, answer);
                    match redirect(&at, answer)? {
                        Some(next) => Ok(Err(next)),
                        None => judge(answer).map(Ok),
                    }
                })
                .await?;
            match found {
                Err(next) => at = next,
                Ok(value) => return Ok((at, value, answer)),
            }
        }
        let reason = format!("more than {REDIRECTS_MAX} redirects");
        Err(CallError::ours(attempted, Problem::Implausible(reason)))
    }

    /// Waits, by the clock that everything else goes by; for an answer that Ex Libris is still working on.
    pub async fn wait(&self, time: Duration) {
        self.exlibris.inner.clock.sleep(time).await;
    }

    /// The present moment, by the same clock.
    pub fn now(&self) -> Moment {
        self.exlibris.inner.clock.now()
    }

    /// The institution whose calls these are.
    pub fn institution(&self) -> Option<&Institution> {
        self.institution.as_ref()
    }

    /// Hosts and limits, for those who build addresses.
    pub fn settings(&self) -> &ExLibrisSettings {
        &self.exlibris.inner.settings
    }

    /// Calls made so far, retries included.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls that may still be made, retries included.
    pub fn calls_left(&self) -> u32 {
        self.calls_max.saturating_sub(self.calls())
    }

    /// The last `X-Exl-Api-Remaining` seen.
    pub fn quota_remaining(&self) -> Option<i64> {
        let remaining = self.quota_remaining.load(Ordering::Relaxed);
        (remaining != QUOTA_UNKNOWN).then_some(remaining)
    }

    /// Allows no more calls than the library's budget of the day has left, beside the limit of every poll.
    pub fn allow_at_most(&mut self, calls: u64) {
        self.calls_max = u32::try_from(calls).unwrap_or(u32::MAX).min(CALLS_PER_POLL_MAX);
    }

    /// Keeps every public page (never an answer given to a key) in this directory from now on. It is made if it is not
    /// there; pages that cannot be written are named in the log and hinder nothing else.
    pub fn save_pages_to(&mut self, dir: PathBuf) {
        self.pages_to = Some(dir);
    }

    /// What [`super::alma::verify_institution`] found with the same key, while it is good.
    pub(super) fn remembered_verification(&self, code: &str) -> Option<bool> {
        let key = self.key_hash()?;
        let now = self.exlibris.inner.clock.now();
        let all = self.lock_verifications();
        let found = all.get(code)?;
        (found.key == key && now < found.until).then_some(found.verified)
    }

    /// Remembers what [`super::alma::verify_institution`] found.
    pub(super) fn remember_verification(&self, code: &str, verified: bool, good_for: Duration) {
        let Some(key) = self.key_hash() else { return };
        let until = self.exlibris.inner.clock.now().plus(good_for);
        let remembered = Remembered { key, until, verified };
        // As many entries as there are institutions in the configuration.
        self.lock_verifications().insert(code.to_owned(), remembered);
    }

    fn lock_verifications(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        let all = &self.exlibris.inner.verifications;
        all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lives in memory only; it tells whether a key is still the same without keeping it twice.
    fn key_hash(&self) -> Option<blake3::Hash> {
        let header = self.authorization().ok()?;
        Some(blake3::hash(header.as_bytes()))
    }

    /// `apikey KEY`, read once in a session.
    fn authorization(&self) -> Result<&HeaderValue, Problem> {
        let read = || {
            let institution = self.institution.as_ref();
            let code = institution.map_or("nobody", |institution| institution.code.as_str());
            let Some(reference) = institution.and_then(|institution| institution.api_key.as_ref()) else {
                let reason = format!("{code} has no API key; name one as `api_key = {{ env = \"…\" }}`");
                return Err(Problem::NoKey(reason));
            };
            let key = reference.read().map_err(|missing| Problem::NoKey(missing.0))?;
            let mut header = HeaderValue::from_str(&format!("apikey {}", key.expose_secret())).map_err(|_| {
                let reason = format!("the API key of {code} holds characters that no key has; copy it again");
                Problem::NoKey(reason)
            })?;
            header.set_sensitive(true);
            Ok(header)
        };
        self.key.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    fn pool_of_host(&self, url: &Url) -> Arc<Pool> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let inner = &self.exlibris.inner;
        // A colon and a slash keep the name apart from every quota pool that a person would name.
        inner
            .pacer
            .pool(&format!("host://{host}:{port}"), inner.settings.per_second)
    }

    /// Makes a call with the institution's key to the path at the base with the query.
    async fn ask_gateway<T>(
        &self,
        (base, path_segments, query): (&Url, &[&str], &[(&str, &str)]),
        accept: &'static str,
        attempted: &str,
        judge: impl Fn(&Answer) -> Result<T, Trouble>,
    ) -> Result<T, CallError> {
        let ours = |problem| CallError::ours(attempted, problem);
        let institution = self.institution.as_ref().ok_or_else(|| {
            let reason = "no institution is concerned, so there is no key";
            ours(Problem::NoKey(reason.to_owned()))
        })?;
        if base.scheme() != "https" && !is_loopback(base) {
            let reason = format!(
                "the gateway of {} is not https, and a key is sent over nothing else; correct `gateway`",
                institution.code
            );
            return Err(ours(Problem::NoKey(reason)));
        }
        let authorization = self.authorization().map_err(ours)?;
        let mut url = join(base, path_segments).map_err(ours)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let settings = &self.exlibris.inner.settings;
        let per_second = institution.per_second.unwrap_or(settings.per_second);
        let pool = self.exlibris.inner.pacer.pool(&institution.quota_pool, per_second);
        let get = Get {
            url: &url,
            accept,
            authorization: Some(authorization),
            headers: &[],
            bytes_max: JSON_BYTES_MAX,
        };
        self.call(&get, &pool, attempted, |answer| {
            refuse_redirect(answer)?;
            judge(answer)
        })
        .await
        .map(|(value, _)| value)
    }

    /// Makes a call, again where that may help, and judges each answer.
    async fn call<T>(
        &self,
        get: &Get<'_>,
        pool: &Pool,
        attempted: &str,
        judge: impl Fn(&Answer) -> Result<T, Trouble>,
    ) -> Result<(T, Answer), CallError> {
        let clock = &self.exlibris.inner.clock;
        let mut attempt = 1;
        loop {
            self.count(attempted)?;
            let permit = pool.permit().await;
            let sent = self.exlibris.inner.clients.send(get).await;
            drop(permit);

            let mut wish = None;
            let judged = sent.and_then(|answer| {
                if let (Some(remaining), true) = (answer.quota_remaining, get.authorization.is_some()) {
                    self.quota_remaining.store(remaining, Ordering::Relaxed);
                }
                wish = answer
                    .retry_after
                    .as_deref()
                    .and_then(|value| retry_after(value, clock.now()));
                judge(&answer).map(|usable| (usable, answer))
            });
            let trouble = match judged {
                Ok(usable) => return Ok(usable),
                Err(trouble) => trouble,
            };
            tracing::debug!(attempted, attempt, status = trouble.status, problem = %trouble.problem, "no usable answer");

            let wait = back_off(attempt, fastrand::f64()).max(wish.unwrap_or_default());
            if matches!(trouble.problem, Problem::TooFast(_)) {
                // Those who share the quota have to slow down with us.
                pool.put_off(wait);
            }
            if !trouble.again || attempt >= ATTEMPTS_MAX || wait > RETRY_AFTER_MAX {
                return Err(CallError {
                    attempted: attempted.to_owned(),
                    problem: trouble.problem.after(attempt),
                    error_code: trouble.error_code,
                    tracking_id: trouble.tracking_id,
                    status: trouble.status,
                });
            }
            clock.sleep(wait).await;
            attempt += 1;
        }
    }

    fn count(&self, attempted: &str) -> Result<(), CallError> {
        let one_more = |calls: u32| (calls < self.calls_max).then_some(calls + 1);
        match self.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(()),
            Err(_) => {
                let reason = if self.calls_max < CALLS_PER_POLL_MAX {
                    "the library's budget of calls for today is spent".to_owned()
                } else {
                    format!("this poll has made {CALLS_PER_POLL_MAX} calls, which is the limit of one poll")
                };
                Err(CallError::ours(attempted, Problem::BudgetSpent(reason)))
            }
        }
    }

    /// Writes a public page down for a person to look at; only [`Session::get_page`] comes here.
    fn keep_page(&self, url: &Url, answer: &Answer) {
        let Some(dir) = &self.pages_to else { return };
        if answer.body.is_empty() {
            return;
        }
        let file = dir.join(file_name(url, answer.status, answer.content_type.as_deref()));
        let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&file, &answer.body));
        if let Err(error) = written {
            tracing::warn!(file = %file.display(), %error, "a page could not be saved");
        }
    }
}

impl fmt::Debug for Inner {
    /// Without the verifications, which hold hashes of keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("settings", &self.settings)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls run on many threads, so what a poll waits for must be able to move between them. It only has to compile.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn calls_may_move_between_threads(session: &Session, url: &Url) {
        fn moves<T: Send>(_: T) {}
        moves(session.get_json(url, &[], &[], ""));
        moves(session.get_report(url, &[], &[], ""));
        moves(session.get_json_without_key(url, ""));
        moves(session.get_page(url, ""));
        moves(session.get_json_file(url, 1, ""));
    }
}
