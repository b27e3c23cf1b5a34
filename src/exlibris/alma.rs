//! What Alma's API is asked, and how its answers have to look (ALMA.md §3, §5a, §9).

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::error::{CallError, Problem};
use super::http::Session;

/// Partners in one answer, at most (ALMA.md §2, paging).
pub const PARTNERS_PER_PAGE_MAX: u32 = 100;

/// How long it is taken for granted that a key belongs to its institution. Keys change rarely, and a changed one is asked
/// about anew anyway.
pub const VERIFIED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A page of the list of partners, as Alma sent it: it holds secrets and names until the source has applied its
/// allow-list (ALMA.md §5a).
#[derive(Clone, PartialEq)]
pub struct PartnersPage {
    /// The partners, in Alma's order, which is not documented.
    pub partners: Vec<Value>,
    /// `total_record_count`: how many there are in all; `None` where it is missing or makes no sense.
    pub total: Option<u64>,
}

impl std::fmt::Debug for PartnersPage {
    /// Counts only: partner records may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartnersPage")
            .field("partners", &self.partners.len())
            .field("total", &self.total)
            .finish()
    }
}

/// What Alma says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct General {
    /// The code of the institution to which the key belongs.
    pub institution: Option<String>,
    /// `production` or `sandbox`.
    pub environment: Option<String>,
    /// Where librarians open Alma: a whole address, of which only the host is of use.
    pub alma_url: Option<String>,
}

/// Whether a key belongs to the institution for which it is configured (DESIGN invariant 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Alma names the institution.
    Verified,
    /// The key may not ask, or Alma names nobody.
    Unverified,
}

impl Verification {
    /// As it is shown: `true`, or null for what is not known.
    pub const fn as_bool(self) -> Option<bool> {
        match self {
            Verification::Verified => Some(true),
            Verification::Unverified => None,
        }
    }
}

/// Reads partners from number `offset` (0 is the first), at most `limit` (and [`PARTNERS_PER_PAGE_MAX`]).
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of partners.
pub async fn partners_page(session: &Session, offset: u32, limit: u32) -> Result<PartnersPage, CallError> {
    let limit = limit.clamp(1, PARTNERS_PER_PAGE_MAX);
    let last = offset.saturating_add(limit);
    let attempted = format!(
        "reading partners {}–{last} of {}",
        offset.saturating_add(1),
        code(session)
    );
    let (limit, offset) = (limit.to_string(), offset.to_string());
    let answer = session
        .get_json(
            gateway(session, &attempted)?,
            &["almaws", "v1", "partners"],
            &[("limit", &limit), ("offset", &offset)],
            &attempted,
        )
        .await?;
    read_partners(answer).map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// Asks Alma who it is. Never with `expand`, which answers with signed credentials (ALMA.md §3).
///
/// # Errors
/// [`CallError`]; [`Problem::Unauthorized`] where the key lacks the area *Configuration*.
pub async fn general(session: &Session) -> Result<General, CallError> {
    let attempted = format!(
        "asking whose key it is that {} uses (area Configuration)",
        code(session)
    );
    let path = ["almaws", "v1", "conf", "general"];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &[], &attempted)
        .await?;
    Ok(read_general(&answer))
}

/// Makes sure, at most once in [`VERIFIED_FOR`] for a key, that the session's key belongs to the institution `code`.
///
/// # Errors
/// [`Problem::Implausible`] where Alma names another institution; otherwise as [`general`], but a key that may not ask
/// is [`Verification::Unverified`].
pub async fn verify_institution(session: &Session, code: &str) -> Result<Verification, CallError> {
    if let Some(verified) = session.remembered_verification(code) {
        return Ok(verification(verified));
    }
    let named = match general(session).await {
        Ok(general) => general.institution,
        Err(error) if error.problem == Problem::Unauthorized => None,
        Err(error) => return Err(error),
    };
    // A wrong one is not remembered, so that a corrected configuration is seen at the next poll.
    match_institution(named.as_deref(), code)?;
    session.remember_verification(code, named.is_some(), VERIFIED_FOR);
    Ok(verification(named.is_some()))
}

/// Makes sure that the institution that Alma names, if it names one, is `code`.
///
/// # Errors
/// [`Problem::Implausible`] where it names another.
pub fn match_institution(named: Option<&str>, code: &str) -> Result<(), CallError> {
    let Some(other) = named.filter(|named| *named != code) else {
        return Ok(());
    };
    let reason = format!("the API key of {code} belongs to another institution, {other}; correct `api_key`");
    let attempted = format!("asking whose key it is that {code} uses");
    Err(CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// The session's gateway, for everything that is asked with a key.
pub(super) fn gateway<'a>(session: &'a Session, attempted: &str) -> Result<&'a Url, CallError> {
    let gateway = session
        .institution()
        .and_then(|institution| institution.gateway.as_ref());
    gateway.ok_or_else(|| {
        let reason = format!(
            "{} has no API gateway; give it a `region` or a `gateway`",
            code(session)
        );
        CallError::ours(attempted, Problem::NoKey(reason))
    })
}

/// The code of the session's institution, for what is said of a call.
pub(super) fn code(session: &Session) -> &str {
    session
        .institution()
        .map_or("no institution", |institution| &institution.code)
}

const fn verification(verified: bool) -> Verification {
    if verified {
        Verification::Verified
    } else {
        Verification::Unverified
    }
}

/// An empty list may be an empty list, null or nothing at all (ALMA.md §9), so that one of list and count has to be there
/// to tell an empty list from something else.
fn read_partners(mut answer: Value) -> Result<PartnersPage, String> {
    let Some(object) = answer.as_object_mut() else {
        return Err("no list of partners".to_owned());
    };
    let count = object.get("total_record_count").filter(|count| !count.is_null());
    let total = match count {
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(count) => count.as_u64(),
        None => None,
    };
    if count.is_none() && !object.contains_key("partner") {
        return Err("neither `partner` nor `total_record_count` is in it".to_owned());
    }
    let partners = match object.remove("partner") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(partners)) => partners,
        Some(partner @ Value::Object(_)) => vec![partner],
        Some(_) => return Err("`partner` is no list".to_owned()),
    };
    if partners.iter().all(Value::is_object) {
        Ok(PartnersPage { partners, total })
    } else {
        Err("`partner` lists something else than partners".to_owned())
    }
}

/// Codes come as `{"value": …, "desc": …}` or as text; the description is localised and of no use (ALMA.md §9).
fn read_general(answer: &Value) -> General {
    let coded = |name: &str| {
        let value = answer.get(name)?;
        let text = value.get("value").unwrap_or(value).as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    General {
        institution: coded("institution"),
        environment: coded("environment_type"),
        alma_url: coded("alma_url"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_list_has_many_faces() {
        for answer in [
            json!({"total_record_count": 0}),
            json!({"partner": [], "total_record_count": "0"}),
            json!({"partner": null, "total_record_count": 0}),
        ] {
            let page = read_partners(answer.clone()).unwrap();
            assert_eq!((page.partners.len(), page.total), (0, Some(0)), "{answer}");
        }
    }

    #[test]
    fn a_single_partner_may_stand_without_its_list() {
        let page = read_partners(json!({"partner": {"x": 1}, "total_record_count": "7"})).unwrap();
        assert_eq!((page.partners, page.total), (vec![json!({"x": 1})], Some(7)));
    }

    #[test]
    fn a_total_that_makes_no_sense_is_unknown_and_never_zero() {
        for total in [json!(-1), json!("many"), json!(1.5), json!({}), json!(null)] {
            let page = read_partners(json!({"partner": [{}], "total_record_count": total})).unwrap();
            assert_eq!(page.total, None, "{total}");
        }
    }

    #[test]
    fn anything_else_is_implausible() {
        for answer in [
            json!({}),
            json!([]),
            json!({"total_record_count": null}),
            json!({"bib": [], "link": "x"}),
            json!({"partner": "none"}),
            json!({"partner": ["a"]}),
        ] {
            assert!(read_partners(answer.clone()).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_page_that_is_printed_shows_no_partner() {
        let page = read_partners(json!({"partner": [{"rapid_password": "canary"}]})).unwrap();
        assert!(!format!("{page:?}").contains("canary"));
    }

    #[test]
    fn alma_says_who_it_is_in_two_styles() {
        let wrapped =
            json!({"institution": {"value": "01AAA_INST", "desc": "A"}, "environment_type": {"value": "sandbox"}});
        let plain = json!({"institution": "01AAA_INST", "environment_type": "sandbox"});
        for answer in [wrapped, plain] {
            let general = read_general(&answer);
            assert_eq!(general.institution.as_deref(), Some("01AAA_INST"));
            assert_eq!(general.environment.as_deref(), Some("sandbox"));
        }
        for answer in [
            json!({}),
            json!({"institution": {}}),
            json!({"institution": {"value": null}}),
            json!([]),
        ] {
            assert_eq!(read_general(&answer), General::default(), "{answer}");
        }
    }
}
