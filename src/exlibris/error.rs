//! What can go wrong between us and Ex Libris, as values with context.

use serde::Serialize;

/// Why a call to Ex Libris gave no usable answer. Holds no key, no full URL and no text that may name a person.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize)]
#[error("{attempted}: {problem}{}", context(.error_code, .tracking_id))]
pub struct CallError {
    /// What was attempted, in words: `reading partners 100–199 of 01TUN_INST`.
    pub attempted: String,
    /// What happened.
    pub problem: Problem,
    /// Ex Libris' `errorCode`, a string (numeric or word).
    pub error_code: Option<String>,
    /// Ex Libris' `trackingId`, which their support asks for.
    pub tracking_id: Option<String>,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
}

/// The kinds of trouble.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum Problem {
    /// No key to be had: the watch is blocked, not failing.
    #[error("{0}")]
    NoKey(String),
    /// The key is unknown or lacks the API area (`UNAUTHORIZED`).
    #[error("the API key is not accepted here; ask for a read-only key for this API area")]
    Unauthorized,
    /// Too many calls a second, also after retries.
    #[error("Ex Libris asks for fewer calls a second, also after {0} attempts")]
    TooFast(u32),
    /// Ex Libris says that the thing does not exist.
    #[error("Ex Libris says that it does not exist")]
    NotFound,
    /// An error body with another errorCode.
    #[error("Ex Libris refused the call")]
    Refused,
    /// 5xx, also after retries.
    #[error("Ex Libris' server failed, also after {0} attempts")]
    ServerFailed(u32),
    /// No connection, or it broke, also after retries.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// No answer within the time-out, also after retries.
    #[error("no answer within {0} s")]
    TimedOut(u64),
    /// The answer is larger than the bound.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// It points to another host; or to anywhere at all, where a key or JSON was concerned.
    #[error("the answer redirects elsewhere, which is not followed")]
    RedirectedAway,
    /// A login page, a maintenance page, HTML where JSON was asked, a wrong shape.
    #[error("implausible answer: {0}")]
    Implausible(String),
    /// What is asked for is not what is there: a report that lies elsewhere or has other columns. Someone has to correct it
    /// in Alma or in the settings.
    #[error("{0}")]
    Unfit(String),
    /// The call budget of this poll or day is spent.
    #[error("{0}")]
    BudgetSpent(String),
}

/// errorCodes that say nothing about the values asked for: general errors, and a field missing (ALMA.md §4).
const SAY_NOTHING: [&str; 3] = ["401652", "402119", "401664"];

impl Problem {
    /// Whether further calls of the same poll would most likely meet it too: the service, the key or the budget is to blame,
    /// not what was asked for.
    pub const fn concerns_all_calls(&self) -> bool {
        match self {
            Problem::NoKey(_)
            | Problem::Unauthorized
            | Problem::TooFast(_)
            | Problem::ServerFailed(_)
            | Problem::Unreachable(_)
            | Problem::TimedOut(_)
            | Problem::BudgetSpent(_) => true,
            Problem::NotFound
            | Problem::Refused
            | Problem::TooLarge(_)
            | Problem::RedirectedAway
            | Problem::Unfit(_)
            | Problem::Implausible(_) => false,
        }
    }

    /// The same problem, where it tells how often was tried, after `attempts` attempts.
    pub fn after(self, attempts: u32) -> Self {
        match self {
            Problem::TooFast(_) => Problem::TooFast(attempts),
            Problem::ServerFailed(_) => Problem::ServerFailed(attempts),
            other => other,
        }
    }
}

impl CallError {
    /// Whether Ex Libris refused a value that was asked for, and not the call as such. Which code it gives for an unknown
    /// value is not known everywhere; codes of that kind are numbers, while words such as `ROUTING_ERROR` tell of the gateway
    /// (ALMA.md §4).
    pub fn refuses_a_value(&self) -> bool {
        self.problem == Problem::Refused
            && self.error_code.as_deref().is_some_and(|code| {
                !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()) && !SAY_NOTHING.contains(&code)
            })
    }

    /// A problem that we see ourselves: no errorCode and no status belong to it.
    pub fn ours(attempted: &str, problem: Problem) -> Self {
        Self {
            attempted: attempted.to_owned(),
            problem,
            error_code: None,
            tracking_id: None,
            status: None,
        }
    }
}

fn context(code: &Option<String>, tracking: &Option<String>) -> String {
    let mut text = String::new();
    if let Some(code) = code {
        text.push_str(&format!(" (errorCode {code}"));
        if let Some(tracking) = tracking {
            text.push_str(&format!(", trackingId {tracking}"));
        }
        text.push(')');
    } else if let Some(tracking) = tracking {
        text.push_str(&format!(" (trackingId {tracking})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_value_is_told_from_a_gateway_in_trouble() {
        let with = |code: Option<&str>, problem: Problem| CallError {
            error_code: code.map(str::to_owned),
            status: Some(400),
            ..CallError::ours("reading", problem)
        };
        assert!(with(Some("40166422"), Problem::Refused).refuses_a_value());
        for code in [
            None,
            Some("ROUTING_ERROR"),
            Some("INTERNAL_SERVER_ERROR"),
            Some("401652"),
            Some("401664"),
        ] {
            assert!(!with(code, Problem::Refused).refuses_a_value(), "{code:?}");
        }
        assert!(!with(Some("402118"), Problem::NotFound).refuses_a_value());
    }
}
