//! What an answer means, whatever its status and content type say (ALMA.md §4, PRIMO.md §2). Pure.
//!
//! Ex Libris sends error bodies as JSON or XML with status 200, 400, 401, 429 or 500, as `text/plain` too, and XML where
//! JSON was asked for. So the body is looked at first.

use roxmltree::{Document, ParsingOptions};
use serde_json::Value;

use super::error::Problem;

/// Nodes of an XML error body that are looked at. Real ones have about ten.
const XML_NODES_MAX: u32 = 1_000;

/// How far into an XML body its root element is looked for.
const XML_ROOT_WITHIN: usize = 4_096;

/// Characters of an errorCode or a trackingId. The longest seen has 36.
const CODE_CHARS_MAX: usize = 80;

/// Codes that say that the thing asked for is not there (ALMA.md §4). 40166411 is not among them: it means different
/// things at different places.
const NOT_FOUND: [&str; 6] = ["402118", "401651", "401694", "401861", "401890", "40166450"];

/// Why an attempt gave nothing usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub problem: Problem,
    /// Ex Libris' errorCode.
    pub error_code: Option<String>,
    /// Ex Libris' trackingId.
    pub tracking_id: Option<String>,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Whether asking again may help.
    pub again: bool,
}

/// The code that ends a report that was read page by page: there are no more rows (ALMA.md §6).
pub const NO_MORE_ROWS: &str = "420033";

/// By which door an answer came; it decides what a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The gateway, with a key.
    Gateway,
    /// A public service, which gets no second call when it asks for fewer (PRIMO.md §3).
    Public,
}

/// What an error body says. Its errorMessage is left out on purpose: it may name a person (ALMA.md §4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// `errorCode`, a number or a word.
    pub error_code: Option<String>,
    /// `trackingId`.
    pub tracking_id: Option<String>,
    /// The message of an analytics report that is not there, which has no code of its own (ALMA.md §4).
    path_not_found: bool,
}

/// What a body is.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// JSON, and no error body.
    Json(Value),
    /// An error body, JSON or XML.
    Error(ErrorBody),
    /// A web page: a login, a maintenance notice, a captcha.
    Html,
    /// Other markup, and no error body.
    Xml,
    /// Nothing but space.
    Empty,
    /// Anything else, JSON that ends too early included.
    Unreadable,
}

impl Trouble {
    /// A problem of an answer with that status, not worth asking again.
    pub fn finally(status: u16, problem: Problem) -> Self {
        Self {
            problem,
            error_code: None,
            tracking_id: None,
            status: Some(status),
            again: false,
        }
    }

    /// A problem that may pass.
    pub fn passing(status: Option<u16>, problem: Problem) -> Self {
        Self {
            problem,
            error_code: None,
            tracking_id: None,
            status,
            again: true,
        }
    }
}

/// What an answer means where JSON was asked for.
///
/// # Errors
/// [`Trouble`] for everything but a good status with a JSON body that is no error body.
pub fn judge_json(status: u16, body: &[u8], door: Door) -> Result<Value, Trouble> {
    let good = (200..300).contains(&status);
    let found = recognise(body);
    match found {
        Body::Error(error) => Err(error.trouble(status, door)),
        _ if status == 429 => Err(too_fast(status, door)),
        _ if status >= 500 => Err(Trouble::passing(Some(status), Problem::ServerFailed(1))),
        Body::Json(value) if good => Ok(value),
        Body::Html => Err(implausible(
            status,
            "an HTML page, as a login or maintenance page would be",
        )),
        Body::Empty if good => Err(implausible(status, "an empty answer")),
        Body::Xml => Err(implausible(status, "markup where JSON was asked for")),
        Body::Unreadable if good => Err(implausible(status, "neither JSON nor a known error, or JSON cut off")),
        _ => Err(refused(status, door)),
    }
}

/// What an answer means where an Analytics report was asked for, which is XML, even where JSON wraps it:
/// `{"anies":["<xml>"]}` (ALMA.md §6). Gives the XML.
///
/// # Errors
/// [`Trouble`] for everything but a good status with XML that is no error body.
pub fn judge_markup(status: u16, body: &[u8]) -> Result<String, Trouble> {
    let good = (200..300).contains(&status);
    let door = Door::Gateway;
    let wrapped = match recognise(body) {
        Body::Xml if good => {
            let text = std::str::from_utf8(body).map_err(|_| implausible(status, "XML that is not UTF-8"))?;
            return Ok(text.to_owned());
        }
        Body::Json(mut value) if good => value.get_mut("anies").map(Value::take),
        _ => return judge_json(status, body, door).and(Err(implausible(status, "no report"))),
    };
    let texts = match wrapped {
        Some(Value::Array(texts)) => texts,
        Some(text @ Value::String(_)) => vec![text],
        _ => Vec::new(),
    };
    let inner = texts.into_iter().find_map(|text| match text {
        Value::String(text) => Some(text),
        _ => None,
    });
    let Some(inner) = inner else {
        return Err(implausible(status, "JSON without a report in it"));
    };
    match recognise(inner.as_bytes()) {
        Body::Xml => Ok(inner),
        Body::Error(error) => Err(error.trouble(status, door)),
        _ => Err(implausible(status, "JSON without a report in it")),
    }
}

/// What the status of a public page means. Its body is for the page's reader to judge.
///
/// # Errors
/// [`Trouble`] for every status that is not a good one.
pub fn judge_page(status: u16, body: &[u8]) -> Result<(), Trouble> {
    match status {
        200..=299 if body.iter().all(u8::is_ascii_whitespace) => Err(implausible(status, "an empty page")),
        200..=299 => Ok(()),
        404 | 410 => Err(Trouble::finally(status, Problem::NotFound)),
        429 => Err(Trouble::passing(Some(status), Problem::TooFast(1))),
        500.. => Err(Trouble::passing(Some(status), Problem::ServerFailed(1))),
        _ => Err(Trouble::finally(status, Problem::Refused)),
    }
}

/// What an answer means where a public file of JSON was asked for. A page that says “not found” is just that, whatever it
/// is written in.
///
/// # Errors
/// [`Trouble`] for every status that is not a good one, and for a body that is no JSON, or an error body.
pub fn judge_file(status: u16, body: &[u8]) -> Result<Value, Trouble> {
    judge_page(status, body)?;
    judge_json(status, body, Door::Public)
}

/// Tells what a body is by looking at it.
pub fn recognise(body: &[u8]) -> Body {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii();
    if body.is_empty() {
        return Body::Empty;
    }
    if body[0] == b'<' {
        return recognise_markup(body);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => match json_error(&value) {
            Some(error) => Body::Error(error),
            None => Body::Json(value),
        },
        Err(_) => Body::Unreadable,
    }
}

impl ErrorBody {
    /// Branches on the code, then on the status; hardly ever on the status alone (ALMA.md §4).
    fn trouble(self, status: u16, door: Door) -> Trouble {
        let code = self.error_code.as_deref().unwrap_or_default();
        let meaning = if code == "UNAUTHORIZED" && door == Door::Gateway {
            Trouble::finally(status, Problem::Unauthorized)
        } else if code.contains("THRESHOLD") {
            threshold(code, status, door)
        } else if NOT_FOUND.contains(&code) || self.path_not_found {
            Trouble::finally(status, Problem::NotFound)
        } else if code == "ROUTING_ERROR" || code == NO_MORE_ROWS {
            // ROUTING_ERROR comes with 500, but is a case for Ex Libris' support and not a hiccup (PRIMO.md §2).
            Trouble::finally(status, Problem::Refused)
        } else if status == 429 {
            too_fast(status, door)
        } else if status >= 500 {
            Trouble::passing(Some(status), Problem::ServerFailed(1))
        } else if code.is_empty() {
            refused(status, door)
        } else {
            Trouble::finally(status, Problem::Refused)
        };
        Trouble {
            error_code: self.error_code,
            tracking_id: self.tracking_id,
            ..meaning
        }
    }
}

/// PER_SECOND_THRESHOLD passes by itself. What a spent day says is not known (ALMA.md §2); a threshold over a longer time
/// would not pass within a poll, so it ends the poll.
fn threshold(code: &str, status: u16, door: Door) -> Trouble {
    if code.contains("SECOND") || code.contains("MINUTE") {
        too_fast(status, door)
    } else {
        let reason = "Ex Libris says that the API calls of this period are spent";
        Trouble::finally(status, Problem::BudgetSpent(reason.to_owned()))
    }
}

fn too_fast(status: u16, door: Door) -> Trouble {
    Trouble {
        again: door == Door::Gateway,
        ..Trouble::passing(Some(status), Problem::TooFast(1))
    }
}

/// A refusal without a code.
fn refused(status: u16, door: Door) -> Trouble {
    match (status, door) {
        (401 | 403, Door::Gateway) => Trouble::finally(status, Problem::Unauthorized),
        (401 | 403, Door::Public) => implausible(status, "this service is closed to programs for now"),
        (404 | 410, _) => Trouble::finally(status, Problem::NotFound),
        _ => Trouble::finally(status, Problem::Refused),
    }
}

fn implausible(status: u16, why: &str) -> Trouble {
    Trouble::finally(status, Problem::Implausible(format!("{why} (HTTP {status})")))
}

fn recognise_markup(body: &[u8]) -> Body {
    let head = String::from_utf8_lossy(&body[..body.len().min(XML_ROOT_WITHIN)]).to_ascii_lowercase();
    if head.contains("web_service_result") {
        // Whatever it says, and even if it cannot be read, it is an error.
        return Body::Error(xml_error(&String::from_utf8_lossy(body)).unwrap_or_default());
    }
    if head.contains("<!doctype html") || head.contains("<html") {
        Body::Html
    } else {
        Body::Xml
    }
}

fn xml_error(text: &str) -> Option<ErrorBody> {
    let options = ParsingOptions {
        nodes_limit: XML_NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).ok()?;
    let first = |name: &str| {
        document
            .descendants()
            .find(|node| node.is_element() && node.tag_name().name() == name)
            .and_then(|node| node.text())
    };
    Some(ErrorBody {
        error_code: first("errorCode").and_then(code_only),
        tracking_id: first("trackingId").and_then(code_only),
        path_not_found: first("errorMessage").is_some_and(says_path_not_found),
    })
}

/// `{"errorsExist":true,"errorList":{"error":[…]}}`, older ones with `"result":null`; a single error may stand without
/// its list.
fn json_error(value: &Value) -> Option<ErrorBody> {
    let object = value.as_object()?;
    let object = match object.get("web_service_result") {
        Some(inner) => inner.as_object()?,
        None => object,
    };
    let list = object.get("errorList").filter(|list| !list.is_null());
    let exist = match object.get("errorsExist") {
        Some(Value::Bool(exist)) => *exist,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let errors = list.map(|list| list.get("error").unwrap_or(list));
    let first = match errors {
        Some(Value::Array(errors)) => errors.first(),
        Some(Value::Object(error)) if !error.is_empty() => errors,
        _ => None,
    };
    if !exist && first.is_none() {
        return None;
    }
    let text = |name: &str| match first.and_then(|error| error.get(name)) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    Some(ErrorBody {
        error_code: text("errorCode").as_deref().and_then(code_only),
        tracking_id: text("trackingId").as_deref().and_then(code_only),
        path_not_found: text("errorMessage").as_deref().is_some_and(says_path_not_found),
    })
}

/// A code or an id as Ex Libris makes them. Anything with other characters may be prose, and prose may name a person.
fn code_only(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (!text.is_empty() && text.len() <= CODE_CHARS_MAX && text.bytes().all(plain)).then(|| text.to_owned())
}

fn says_path_not_found(message: &str) -> bool {
    message.trim_start().starts_with("Path not found")
}

#[cfg(test)]
mod tests;
