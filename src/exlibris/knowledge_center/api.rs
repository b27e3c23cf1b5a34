//! MindTouch's API (RELEASE_NOTES.md §4), and the choice between it and the page.

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::root::select;
use super::{Implausible, addresses};
use crate::config::ReleaseNotesParser;
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::{Page, Session};

/// What `/contents` holds.
pub(super) struct Contents {
    pub html: String,
    pub title: Option<String>,
}

/// Gets a page of notes: by the API where that parser is configured and the site allows it (some answer 403 to anonymous
/// calls), else as a browser gets it. The page itself comes first either way, since the API wants the token that it holds.
///
/// # Errors
/// [`CallError`]; a page that does not exist is [`Problem::NotFound`], also where only the API says so.
pub async fn fetch_notes(session: &Session, url: &Url, parser: ReleaseNotesParser) -> Result<Page, CallError> {
    let attempted = format!("reading {}", url.path());
    let page = session.get_page(url, &attempted).await?;
    if parser != ReleaseNotesParser::MindtouchApi {
        return Ok(page);
    }
    let Some((token, address)) = token(&page.body).zip(addresses::api_contents(url)) else {
        return Ok(page);
    };
    let answer = session
        .get_page_with(&address, &[("x-deki-token", &token)], &attempted)
        .await;
    match answer {
        Ok(contents) if is_virtual(&contents.body) => Err(CallError {
            attempted,
            problem: Problem::NotFound,
            error_code: None,
            tracking_id: None,
            status: Some(contents.status),
        }),
        Ok(contents) if contents_quietly(&contents.body) => Ok(Page {
            url: page.url,
            ..contents
        }),
        // Refused, missing or in another shape: the page that we have is as good.
        Ok(_) => Ok(page),
        Err(error)
            if matches!(
                error.problem,
                Problem::Unauthorized | Problem::Refused | Problem::NotFound | Problem::Implausible(_)
            ) =>
        {
            Ok(page)
        }
        Err(error) => Err(error),
    }
}

/// The inside of an API answer; `None` where the body is no JSON object (a page of HTML).
pub(super) fn contents(body: &str) -> Result<Option<Contents>, Implausible> {
    if !body.trim_start().starts_with('{') {
        return Ok(None);
    }
    let value: Value =
        serde_json::from_str(body).map_err(|_| Implausible("the API's answer is broken JSON".to_owned()))?;
    if is_virtual(body) {
        return Err(Implausible("the API says that the page does not exist".to_owned()));
    }
    // A single child is an object or a string, several are a list; text may be "x" or {"#text": "x"}.
    let part = match value.get("body") {
        Some(Value::Array(parts)) => parts.first().cloned(),
        other => other.cloned(),
    };
    let html = match part {
        Some(Value::String(html)) => html,
        Some(Value::Object(part)) => part.get("#text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => return Err(Implausible("the API's answer holds no page contents".to_owned())),
    };
    let title = ["@title", "title"]
        .iter()
        .find_map(|name| value.get(*name))
        .and_then(Value::as_str)
        .map(str::to_owned);
    if html.trim().is_empty() {
        return Err(Implausible("the page's contents are empty".to_owned()));
    }
    Ok(Some(Contents { html, title }))
}

fn contents_quietly(body: &str) -> bool {
    matches!(contents(body), Ok(Some(_)))
}

/// A page that does not exist is "virtual" in the API.
fn is_virtual(body: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return false;
    };
    let says = |value: &Value| {
        ["@virtual", "virtual"].iter().any(|name| match value.get(*name) {
            Some(Value::String(text)) => text == "true",
            Some(Value::Bool(flag)) => *flag,
            _ => false,
        })
    };
    says(&value) || value.get("page").is_some_and(says)
}

/// The anonymous API token that every page carries. It is no secret of ours, but it is not logged either.
fn token(body: &str) -> Option<String> {
    let html = Html::parse_document(body);
    let script = select(&html, "#mt-global-settings").into_iter().next()?;
    let settings: Value = serde_json::from_str(&script.text().collect::<String>()).ok()?;
    settings.get("apiToken").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_come_as_list_string_or_object() {
        for body in [
            r#"{"@title":"T","body":["<p>x</p>",{"@target":"toc"}]}"#,
            r#"{"@title":"T","body":"<p>x</p>"}"#,
            r##"{"@title":"T","body":{"#text":"<p>x</p>"}}"##,
        ] {
            let found = contents(body).unwrap().unwrap();
            assert_eq!((found.html.as_str(), found.title.as_deref()), ("<p>x</p>", Some("T")));
        }
        assert!(contents("<html>").unwrap().is_none());
        assert!(contents(r#"{"@virtual":"true","body":"<p>x</p>"}"#).is_err());
        assert!(contents(r#"{"body":["",{}]}"#).is_err());
        assert!(contents(r#"{"error":"x"}"#).is_err());
    }

    #[test]
    fn the_token_is_in_the_page() {
        let page = r#"<html><script type="application/json" id="mt-global-settings">{"pageId":7,"apiToken":"t-1"}</script></html>"#;
        assert_eq!(token(page).as_deref(), Some("t-1"));
        assert_eq!(token("<html></html>"), None);
    }
}
