//! The client core: keys, pacing, retries, bounds, quota.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use url::Url;

use crate::config::{ExLibrisSettings, Institution};
use crate::exlibris::error::{CallError, Problem};

/// A public page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it was found in the end.
    pub url: Url,
    /// HTTP status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its text.
    pub body: String,
}

/// All that the program needs to call Ex Libris; cheap to clone, made once.
#[derive(Clone, Debug)]
pub struct ExLibris {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    _settings: ExLibrisSettings,
    _clock: Clock,
}

/// The calls of one poll: knows whose pace and key they use, counts them, notes the quota that Ex Libris names.
#[derive(Debug)]
pub struct Session {
    _exlibris: ExLibris,
    _institution: Option<Institution>,
}

impl ExLibris {
    /// Builds the clients.
    ///
    /// # Errors
    /// A sentence, where the TLS set-up of this computer cannot be used.
    pub fn new(settings: &ExLibrisSettings, clock: Clock) -> Result<Self, String> {
        Ok(Self {
            inner: Arc::new(Inner {
                _settings: settings.clone(),
                _clock: clock,
            }),
        })
    }

    /// Begins the calls of one poll, for an institution or (None) for public pages.
    pub fn session(&self, institution: Option<&Institution>) -> Session {
        let _ = &self.inner;
        Session {
            _exlibris: self.clone(),
            _institution: institution.cloned(),
        }
    }
}

impl Session {
    /// Calls made so far, retries included.
    pub fn calls(&self) -> u32 {
        0
    }

    /// The last `X-Exl-Api-Remaining` seen.
    pub fn quota_remaining(&self) -> Option<i64> {
        None
    }

    /// Gets a public page. Stub: replaced by the client core.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get_page(&self, url: &Url, attempted: &str) -> Result<Page, CallError> {
        self.get_page_with(url, &[], attempted).await
    }

    /// The same with further headers. Stub: replaced by the client core.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get_page_with(&self, url: &Url, headers: &[(&str, &str)], attempted: &str) -> Result<Page, CallError> {
        let failed = |problem: Problem, status: Option<u16>| CallError {
            attempted: attempted.to_owned(),
            problem,
            error_code: None,
            tracking_id: None,
            status,
        };
        let broken = |error: reqwest::Error| failed(Problem::Unreachable(error.without_url().to_string()), None);
        let client = reqwest::Client::builder().build().map_err(broken)?;
        let mut request = client.get(url.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.map_err(broken)?;
        let status = answer.status().as_u16();
        match status {
            200 => Ok(Page {
                url: answer.url().clone(),
                status,
                content_type: None,
                body: answer.text().await.map_err(broken)?,
            }),
            404 | 410 => Err(failed(Problem::NotFound, Some(status))),
            401 | 403 => Err(failed(Problem::Unauthorized, Some(status))),
            _ => Err(failed(Problem::ServerFailed(1), Some(status))),
        }
    }

    /// Hosts and manners towards Ex Libris.
    pub fn settings(&self) -> &ExLibrisSettings {
        &self._exlibris.inner._settings
    }

    /// Keeps every public page (never an answer given to a key) in this directory from now on.
    pub fn save_pages_to(&mut self, _dir: PathBuf) {}
}
