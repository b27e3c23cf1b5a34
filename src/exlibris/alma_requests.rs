//! The task list of lending requests, and the lists that it is cut by (ALMA.md §3, §5b, §9). What is kept of a request is
//! chosen here, before anything else sees the answer: rows hold titles, readers and notes, in fields that are misused at
//! that (ALMA.md §8).

use std::fmt;

use chrono::NaiveDate;
use serde_json::Value;

use super::alma::gateway;
use super::error::{CallError, Problem};
use super::http::Session;
use crate::compare::normalise::{flag_of, text_of};
use crate::model::moment::Moment;

/// Rows that one answer holds at most; there are no pages (ALMA.md §3).
pub const ROWS_MAX: usize = 100;
/// Characters of a code or an id; the longest known has about twenty-five. A longer text is no code.
const CODE_CHARS_MAX: usize = 80;

/// A part of an institution's lending requests, as the task list can be cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slice {
    /// Code of the library; the list wants one.
    pub library: String,
    /// Code of the status.
    pub status: String,
    /// Only the requests of this partner.
    pub partner: Option<String>,
    /// Only the requests for this format.
    pub format: Option<String>,
}

/// All that is kept of one row.
#[derive(Clone, PartialEq, Eq)]
pub struct LendingRow {
    /// Alma's id of the request; it is hashed before it goes any further.
    pub request_id: String,
    /// Code of the status; empty where none is named.
    pub status: String,
    /// Code of the partner; empty where none is named.
    pub partner: String,
    /// Code of the format asked for; empty where none is named.
    pub format: String,
    /// Code of the owning library; empty where none is named.
    pub owner: String,
    /// When it was created.
    pub created: Option<Moment>,
    /// When it was last modified.
    pub modified: Option<Moment>,
}

/// The answer for one slice.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LendingRows {
    /// The rows that name their request.
    pub rows: Vec<LendingRow>,
    /// Rows without an id, which cannot be followed.
    pub nameless: usize,
    /// `total_record_count`; `None` where it is missing or makes no sense. Whether it is the true number above
    /// [`ROWS_MAX`] is not known (ALMA.md §13).
    pub total: Option<u64>,
}

impl fmt::Debug for LendingRow {
    /// Nothing of it: an id leads to a reader.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LendingRow")
    }
}

impl fmt::Debug for LendingRows {
    /// Counts only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LendingRows")
            .field("rows", &self.rows.len())
            .field("nameless", &self.nameless)
            .field("total", &self.total)
            .finish()
    }
}

impl fmt::Display for Slice {
    /// `MAIN/SHIPPED_PHYSICALLY, partner OCLC, format DIGITAL`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.library, self.status)?;
        if let Some(partner) = &self.partner {
            write!(f, ", partner {partner}")?;
        }
        if let Some(format) = &self.format {
            write!(f, ", format {format}")?;
        }
        Ok(())
    }
}

/// Reads one slice of the task list: one call.
///
/// # Errors
/// [`CallError`]; [`Problem::Unauthorized`] where the key lacks the area *Task-lists*, [`Problem::Implausible`] where the
/// answer is no list of requests.
pub async fn lending_requests(session: &Session, slice: &Slice) -> Result<LendingRows, CallError> {
    let attempted = format!(
        "reading lending requests of {} ({slice}; API area Task-lists)",
        code(session)
    );
    let mut query = vec![("library", slice.library.as_str()), ("status", slice.status.as_str())];
    query.extend(slice.partner.as_deref().map(|partner| ("partner", partner)));
    query.extend(slice.format.as_deref().map(|format| ("requested_format", format)));
    let path = ["almaws", "v1", "task-lists", "rs", "lending-requests"];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &query, &attempted)
        .await?;
    read_rows(&answer).map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// Codes of the libraries that take part in resource sharing.
///
/// # Errors
/// [`CallError`]; [`Problem::Unauthorized`] where the key lacks the area *Configuration*.
pub async fn lending_libraries(session: &Session) -> Result<Vec<String>, CallError> {
    let attempted = format!(
        "reading which libraries of {} take part in resource sharing (API area Configuration; without it, name them as \
         `libraries` in the [[watch]])",
        code(session)
    );
    let path = ["almaws", "v1", "conf", "libraries"];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &[], &attempted)
        .await?;
    read_libraries(&answer).map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// The codes in a code table, those not enabled among them: requests may still be in such a status.
///
/// # Errors
/// [`CallError`]; [`Problem::Unauthorized`] where the key lacks the area *Configuration*.
pub async fn code_table(session: &Session, name: &str) -> Result<Vec<String>, CallError> {
    let attempted = format!(
        "reading the code table {name} of {} (API area Configuration)",
        code(session)
    );
    let path = ["almaws", "v1", "conf", "code-tables", name];
    let answer = session
        .get_json(gateway(session, &attempted)?, &path, &[], &attempted)
        .await?;
    read_codes(&answer).map_err(|reason| CallError::ours(&attempted, Problem::Implausible(reason)))
}

/// The codes of partner records, and nothing else of them.
pub fn partner_codes(partners: &[Value]) -> impl Iterator<Item = String> {
    partners
        .iter()
        .filter_map(|partner| code_in(partner.get("partner_details")?, "code"))
}

/// A library that is missing here would be asked for nothing, and nobody would be told; so the list has to add up.
fn read_libraries(answer: &Value) -> Result<Vec<String>, String> {
    let all = list(answer, "library")?;
    match answer.get("total_record_count").and_then(number) {
        Some(total) if total == all.len() as u64 => {}
        Some(total) => return Err(format!("Alma counts {total} libraries, {} came", all.len())),
        None => return Err("`total_record_count` is not in it, so nothing says that the list is whole".to_owned()),
    }
    Ok(all
        .iter()
        .filter(|library| library.get("resource_sharing").and_then(flag_of) == Some(true))
        .filter_map(|library| code_in(library, "code"))
        .collect())
}

fn read_codes(answer: &Value) -> Result<Vec<String>, String> {
    let rows = list(answer, "row")?;
    if rows.is_empty() && answer.get("name").is_none() {
        return Err("no code table: neither `row` nor `name` is in it".to_owned());
    }
    Ok(rows.iter().filter_map(|row| code_in(row, "code")).collect())
}

fn number(count: &Value) -> Option<u64> {
    match count {
        Value::String(text) => text.trim().parse().ok(),
        count => count.as_u64(),
    }
}

/// An empty list may be an empty list, null or nothing at all (ALMA.md §9), so that one of list and count has to be there.
fn read_rows(answer: &Value) -> Result<LendingRows, String> {
    const LIST: &str = "user_resource_sharing_request";
    let count = answer.get("total_record_count").filter(|count| !count.is_null());
    if count.is_none() && answer.get(LIST).is_none() {
        return Err(format!("neither `{LIST}` nor `total_record_count` is in it"));
    }
    let all = list(answer, LIST)?;
    let rows: Vec<LendingRow> = all.iter().filter_map(row).collect();
    Ok(LendingRows {
        nameless: all.len() - rows.len(),
        rows,
        total: count.and_then(number),
    })
}

fn list<'a>(answer: &'a Value, name: &str) -> Result<&'a [Value], String> {
    let items = match answer.as_object().ok_or("it is no list")?.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(item @ Value::Object(_)) => std::slice::from_ref(item),
        Some(_) => return Err(format!("`{name}` is no list")),
    };
    if items.iter().all(Value::is_object) {
        Ok(items)
    } else {
        Err(format!("`{name}` lists something else"))
    }
}

/// The allow-list.
fn row(request: &Value) -> Option<LendingRow> {
    let coded = |name| code_in(request, name).unwrap_or_default();
    let time = |time, date| moment(request, time).or_else(|| moment(request, date));
    Some(LendingRow {
        request_id: code_in(request, "request_id")?,
        status: coded("status"),
        partner: coded("partner"),
        format: coded("format"),
        owner: coded("owner"),
        created: time("created_time", "created_date"),
        modified: time("last_modified_time", "last_modified_date"),
    })
}

/// A code, perhaps wrapped as `{value, desc}`, in any null style. What is as long as a sentence or looks like an e-mail
/// address is none.
fn code_in(object: &Value, name: &str) -> Option<String> {
    let text = text_of(object.get(name)?)?;
    (text.chars().count() <= CODE_CHARS_MAX && !text.contains('@') && !text.chars().any(char::is_control))
        .then_some(text)
}

/// `2025-08-20T05:42:24.143Z`, or a day as `2025-08-20Z` (ALMA.md §5b), of which some lack the Z (§9): its beginning.
fn moment(object: &Value, name: &str) -> Option<Moment> {
    let text = text_of(object.get(name)?)?;
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let day = NaiveDate::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%d").ok()?;
    Some(Moment::from(day.and_hms_opt(0, 0, 0)?.and_utc()))
}

fn code(session: &Session) -> &str {
    session
        .institution()
        .map_or("no institution", |institution| &institution.code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lent(more: Value) -> Value {
        let mut request = json!({
            "request_id": "11000000000000000001", "status": {"value": "WILL_SUPPLY", "desc": "Wird geliefert"},
            "partner": {"value": "OAK", "desc": "Oak", "link": "https://example.org/OAK"},
            "format": {"value": "PHYSICAL"}, "owner": "MAIN", "title": "canary", "lcc_number": "canary",
            "created_time": "2027-02-01T10:00:00.5Z", "last_modified_time": "2027-02-02T10:00:00Z",
        });
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"user_resource_sharing_request": [request], "total_record_count": 1})
    }

    fn only(answer: &Value) -> LendingRow {
        read_rows(answer).unwrap().rows.remove(0)
    }

    #[test]
    fn a_row_keeps_seven_things() {
        let row = only(&lent(json!({})));
        assert_eq!(
            (
                row.request_id.as_str(),
                row.status.as_str(),
                row.partner.as_str(),
                row.format.as_str(),
                row.owner.as_str()
            ),
            ("11000000000000000001", "WILL_SUPPLY", "OAK", "PHYSICAL", "MAIN")
        );
        assert_eq!(row.created, "2027-02-01T10:00:00.500Z".parse().ok());
        assert_eq!(row.modified, "2027-02-02T10:00:00Z".parse().ok());
    }

    #[test]
    fn codes_come_plain_or_wrapped_and_nothing_comes_in_many_styles() {
        assert_eq!(
            only(&lent(json!({"owner": {"value": "LAW", "desc": "Law"}}))).owner,
            "LAW"
        );
        for nothing in [
            json!(null),
            json!(""),
            json!({}),
            json!({"value": null, "desc": null}),
            json!({"desc": ""}),
        ] {
            let row = only(&lent(
                json!({"owner": nothing, "partner": nothing, "format": nothing, "created_time": nothing}),
            ));
            assert_eq!(
                (row.owner + &row.partner + &row.format, row.created),
                (String::new(), None),
                "{nothing}"
            );
        }
    }

    #[test]
    fn a_day_stands_in_for_a_time_that_is_missing() {
        let row = only(&lent(
            json!({"created_time": null, "created_date": "2027-02-01Z", "last_modified_time": {}, "last_modified_date": "2027-02-03"}),
        ));
        assert_eq!(row.created, "2027-02-01T00:00:00Z".parse().ok());
        assert_eq!(row.modified, "2027-02-03T00:00:00Z".parse().ok());
    }

    #[test]
    fn what_is_no_code_is_not_kept_under_the_name_of_one() {
        let row = only(&lent(
            json!({"partner": {"value": "canary@example.org"}, "owner": "x".repeat(200)}),
        ));
        assert_eq!((row.partner.as_str(), row.owner.as_str()), ("", ""));
    }

    #[test]
    fn an_empty_list_has_many_faces_and_something_else_is_no_list() {
        for answer in [
            json!({"total_record_count": 0}),
            json!({"user_resource_sharing_request": null, "total_record_count": "0"}),
            json!({"user_resource_sharing_request": [], "total_record_count": 0}),
        ] {
            assert_eq!(
                read_rows(&answer).unwrap(),
                LendingRows {
                    total: Some(0),
                    ..LendingRows::default()
                }
            );
        }
        for answer in [
            json!({}),
            json!([]),
            json!({"total_record_count": null}),
            json!({"user_resource_sharing_request": "x"}),
        ] {
            assert!(read_rows(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_total_that_makes_no_sense_is_unknown_and_a_row_without_an_id_is_counted() {
        for total in [json!(-1), json!("many"), json!(null), json!(1.5)] {
            let answer =
                json!({"user_resource_sharing_request": [{"status": {"value": "X"}}], "total_record_count": total});
            let read = read_rows(&answer).unwrap();
            assert_eq!((read.total, read.nameless, read.rows.len()), (None, 1, 0));
        }
    }

    #[test]
    fn a_list_of_libraries_that_does_not_add_up_is_not_believed() {
        let lends = json!({"code": "MAIN", "resource_sharing": "true"});
        let whole = json!({"library": [lends, {"code": "LAW", "resource_sharing": false}], "total_record_count": "2"});
        assert_eq!(read_libraries(&whole), Ok(vec!["MAIN".to_owned()]));
        assert_eq!(read_libraries(&json!({"total_record_count": 0})), Ok(Vec::new()));
        for answer in [
            json!({}),
            json!({"library": []}),
            json!({"library": [lends]}),
            json!({"library": [lends], "total_record_count": 2}),
            json!({"total_record_count": 5}),
        ] {
            assert!(read_libraries(&answer).is_err(), "{answer}");
        }
        assert_eq!(
            read_codes(&json!({"name": "RequestFormats", "row": null})),
            Ok(Vec::new())
        );
        assert!(read_codes(&json!({})).is_err());
    }

    #[test]
    fn rows_that_are_printed_show_nothing() {
        let shown = format!(
            "{:?} {:?}",
            read_rows(&lent(json!({}))).unwrap(),
            only(&lent(json!({})))
        );
        assert!(!shown.contains("1100") && !shown.contains("OAK"), "{shown}");
    }
}
