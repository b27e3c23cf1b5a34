//! What Alma's configuration API is asked about what an institution's Alma offers: code tables, letters, integration
//! profiles (ALMA.md §3). All of it needs a key with the area *Configuration*.

use serde_json::Value;

use super::alma::{code, gateway};
use super::error::{CallError, Problem};
use super::http::Session;

/// Integration profiles in one answer, at most (ALMA.md §2, paging).
pub const PROFILES_PER_PAGE_MAX: u32 = 100;
/// The language in which labels are asked for. Without one Alma answers in the institution's own, and a change of that
/// setting would relabel every row.
const LANGUAGE: &str = "en";
/// What Alma says of a parameter that it does not accept; at `/conf/code-tables/{name}` the name is the only one that
/// varies (conf.json). Elsewhere the same code means other things (ALMA.md §4).
const INVALID_PARAMETER: &str = "40166411";

/// A list as Alma sent it: it may hold secrets and names until the source has applied its allow-list (ALMA.md §8).
#[derive(Clone, PartialEq)]
pub struct Listed {
    /// What is listed, in Alma's order, which is not documented.
    pub rows: Vec<Value>,
    /// `total_record_count`: how many there are in all; `None` where it is missing or makes no sense.
    pub total: Option<u64>,
}

impl std::fmt::Debug for Listed {
    /// Counts only: profiles hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed")
            .field("rows", &self.rows.len())
            .field("total", &self.total)
            .finish()
    }
}

/// Reads the rows of the code table `name`, with English labels; `None` where Alma knows no such table.
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no table of that name.
pub async fn code_table(session: &Session, name: &str) -> Result<Option<Listed>, CallError> {
    let attempted = format!(
        "reading the code table {name} of {} (area Configuration)",
        code(session)
    );
    let path = ["almaws", "v1", "conf", "code-tables", name];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &[("lang", LANGUAGE)], &attempted)
        .await;
    match answer {
        Ok(answer) => read_table(answer, name)
            .map(Some)
            .map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason))),
        Err(error) if is_unknown_table(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads all letters; there is no paging, and components of letters are not asked for (conf.json).
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of letters.
pub async fn letters(session: &Session) -> Result<Listed, CallError> {
    let attempted = format!("reading the letters of {} (area Configuration)", code(session));
    let path = ["almaws", "v1", "conf", "letters"];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &[("type", "LETTER")], &attempted)
        .await?;
    read_list(answer, "letter").map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// Reads integration profiles from number `offset` (0 is the first), at most `limit` (and [`PROFILES_PER_PAGE_MAX`]).
///
/// # Errors
/// [`CallError`]; [`Problem::Implausible`] where the answer is no list of profiles.
pub async fn integration_profiles_page(session: &Session, offset: u32, limit: u32) -> Result<Listed, CallError> {
    let limit = limit.clamp(1, PROFILES_PER_PAGE_MAX);
    let attempted = format!(
        "reading integration profiles {}–{} of {} (area Configuration)",
        offset.saturating_add(1),
        offset.saturating_add(limit),
        code(session)
    );
    let path = ["almaws", "v1", "conf", "integration-profiles"];
    let (limit, offset) = (limit.to_string(), offset.to_string());
    let query = [("limit", limit.as_str()), ("offset", offset.as_str())];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &query, &attempted)
        .await?;
    read_list(answer, "integration_profile").map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// A 404 without Alma's own words comes from a gateway or a proxy in trouble, and says nothing about the table: were it
/// believed, all rows of the table would be news when it is over.
fn is_unknown_table(error: &CallError) -> bool {
    let code = error.error_code.as_deref();
    code.is_some_and(|code| code == INVALID_PARAMETER || error.problem == Problem::NotFound)
}

/// An empty list may be an empty list, null or nothing at all (ALMA.md §9), so that one of list and count has to be there
/// to tell an empty list from something else.
fn read_list(mut answer: Value, member: &str) -> Result<Listed, String> {
    let count = answer.get("total_record_count").filter(|count| !count.is_null());
    let total = match count {
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(count) => count.as_u64(),
        None => None,
    };
    if count.is_none() && answer.get(member).is_none() {
        return Err(format!("neither `{member}` nor `total_record_count` is in it"));
    }
    let rows = read_rows(&mut answer, member)?;
    Ok(Listed { rows, total })
}

/// The name says that it is the table asked for, with or without rows.
fn read_table(mut answer: Value, name: &str) -> Result<Listed, String> {
    match answer.get("name").and_then(Value::as_str).map(str::trim) {
        Some(named) if named.eq_ignore_ascii_case(name) => {}
        Some(_) => return Err("it is another code table than the one asked for".to_owned()),
        None => return Err("no code table: `name` is not in it".to_owned()),
    }
    let rows = read_rows(&mut answer, "row")?;
    Ok(Listed { rows, total: None })
}

fn read_rows(answer: &mut Value, member: &str) -> Result<Vec<Value>, String> {
    let rows = match answer.get_mut(member).map(Value::take) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(rows)) => rows,
        Some(row @ Value::Object(_)) => vec![row],
        Some(_) => return Err(format!("`{member}` is no list")),
    };
    if rows.iter().all(Value::is_object) {
        Ok(rows)
    } else {
        Err(format!("`{member}` lists something else than objects"))
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
            json!({"letter": [], "total_record_count": "0"}),
            json!({"letter": null, "total_record_count": 0}),
        ] {
            let list = read_list(answer.clone(), "letter").unwrap();
            assert_eq!((list.rows.len(), list.total), (0, Some(0)), "{answer}");
        }
        assert_eq!(read_list(json!({"letter": {}}), "letter").unwrap().rows.len(), 1);
    }

    #[test]
    fn what_is_no_list_is_implausible_and_never_empty() {
        for answer in [
            json!({}),
            json!([]),
            json!("x"),
            json!({"total_record_count": null}),
            json!({"letters": [], "link": "x"}),
            json!({"letter": "none"}),
            json!({"letter": ["a"]}),
        ] {
            assert!(read_list(answer.clone(), "letter").is_err(), "{answer}");
        }
    }

    #[test]
    fn a_code_table_says_its_name() {
        let named = |name: Value, row: Value| read_table(json!({"name": name, "row": row}), "LevelOfService");
        assert_eq!(named(json!("LevelOfService"), json!([{}, {}])).unwrap().rows.len(), 2);
        assert_eq!(named(json!("LevelOfService"), json!(null)).unwrap().rows.len(), 0);
        for (name, row) in [
            (json!("RequestFormats"), json!([{}])),
            (json!(null), json!([{}])),
            (json!({"value": "LevelOfService"}), json!([])),
            (json!("LevelOfService"), json!("rows")),
        ] {
            assert!(named(name.clone(), row.clone()).is_err(), "{name} {row}");
        }
    }

    #[test]
    fn a_list_that_is_printed_shows_nothing_of_what_is_in_it() {
        let list = read_list(json!({"integration_profile": [{"x": "canary"}]}), "integration_profile").unwrap();
        assert!(!format!("{list:?}").contains("canary"));
    }
}
