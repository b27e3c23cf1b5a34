//! The made-up Alma Analytics: one saved report a library, of its borrowing requests (ALMA.md §6).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::libraries::{Asked, Library};
use super::requests::Request;
use super::serve::{answer, for_library};
use super::wire::{self, READER_NAME, REQUEST_TITLE};
use super::world::{self, World};
use crate::model::request_status::label;

/// Rows of a page: the fewest that Analytics gives, so that a report of a few dozen has several pages.
const PAGE_ROWS: usize = 25;
/// The columns: heading and type. `Column0` is junk; the second is what must not be in such a report and usually is.
const COLUMNS: [(&str, &str); 10] = [
    ("0", "xsd:int"),
    ("Full Name", "xsd:string"),
    ("Title", "xsd:string"),
    ("Internal Id", "xsd:string"),
    ("Borrowing Request Status", "xsd:string"),
    ("Partner Code", "xsd:string"),
    ("Requested Format", "xsd:string"),
    ("Library Code", "xsd:string"),
    ("Borrowing Creation Date", "xsd:dateTime"),
    ("Modification Date", "xsd:dateTime"),
];

/// The path of the report of a library; the settings write it with `{institution}` for the code.
pub(super) fn report_path(code: &str) -> String {
    format!("/shared/Demo Consortium/{code}/Borrowing requests for Almanac")
}

/// A report while it is read page by page: as it was when its first page was asked for.
#[derive(Debug, Default)]
pub(super) struct Reading {
    token: String,
    rows: Vec<String>,
    /// Rows given so far.
    given: usize,
}

/// What of a report is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asking {
    path: Option<String>,
    token: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn report(
    State(world): State<Arc<World>>,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
) -> Response {
    for_library(&world, &headers, |state, place| {
        let answered = page(state, place, &asking);
        let (status, xml) = match answered {
            Ok(xml) => (StatusCode::OK, xml),
            Err((code, message)) => (StatusCode::BAD_REQUEST, wire::error_xml(code, &message)),
        };
        let remaining = state.libraries[place].remaining;
        // Asked for JSON, it answers in XML, or in JSON that wraps the XML (ALMA.md §6).
        let mut response = if status == StatusCode::OK && state.dice.bool() {
            let wrapped = json!({ "anies": [xml] });
            answer(status, "application/json;charset=UTF-8", wrapped.to_string())
        } else {
            answer(status, "application/xml;charset=UTF-8", xml)
        };
        response.headers_mut().insert("x-exl-api-remaining", remaining.into());
        response
    })
}

/// The next page, or the error's code and message.
fn page(state: &mut world::State, place: usize, asking: &Asking) -> Result<String, (&'static str, String)> {
    let limit = asking.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS);
    let library = &mut state.libraries[place];
    match (&asking.token, &asking.path) {
        (Some(token), _) if *token == library.report.token => {}
        (Some(_), _) => return Err(("420033", "No more rows to fetch".to_owned())),
        (None, Some(path)) if *path == report_path(library.code) => {
            library.asked.insert(Asked::Report);
            library.report = Reading {
                token: format!("{:016X}{:016X}DEMO", state.dice.u64(..), state.calls),
                rows: rows(library, &state.requests),
                given: 0,
            };
            if std::mem::take(&mut library.report_not_ready_next) {
                return Ok(query_result(Some(&library.report.token), false, ""));
            }
        }
        (None, path) => {
            let path = path.as_deref().unwrap_or_default();
            return Err(("INTERNAL_SERVER_ERROR", format!("Path not found ({path})")));
        }
    }
    let report = &mut library.report;
    let is_first = report.given == 0;
    let rows = report.rows.get(report.given..).unwrap_or_default();
    if rows.is_empty() && !is_first {
        return Err(("420033", "No more rows to fetch".to_owned()));
    }
    let part = &rows[..rows.len().min(limit)];
    // The names of the columns stand on the first page alone.
    let content = if is_first { schema() } else { String::new() } + &part.concat();
    report.given += part.len();
    let is_last = report.given == report.rows.len();
    Ok(query_result(
        is_first.then_some(report.token.as_str()),
        is_last,
        &content,
    ))
}

fn query_result(token: Option<&str>, finished: bool, content: &str) -> String {
    let token = token.map_or_else(String::new, |token| {
        format!("<ResumptionToken>{token}</ResumptionToken>")
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<report><QueryResult>{token}<IsFinished>{finished}\
         </IsFinished><ResultXml><rowset xmlns=\"urn:schemas-microsoft-com:xml-analysis:rowset\">{content}</rowset>\
         </ResultXml></QueryResult></report>"
    )
}

fn schema() -> String {
    let mut elements = String::new();
    for (place, (heading, kind)) in COLUMNS.iter().enumerate() {
        let _ = write!(
            elements,
            "<xsd:element minOccurs=\"0\" maxOccurs=\"1\" name=\"Column{place}\" type=\"{kind}\" \
             saw-sql:columnHeading=\"{heading}\" saw-sql:displayFormula=\"s_{place}\"/>"
        );
    }
    format!(
        "<xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:saw-sql=\"urn:saw-sql\" \
         targetNamespace=\"urn:schemas-microsoft-com:xml-analysis:rowset\"><xsd:complexType name=\"Row\"><xsd:sequence>\
         {elements}</xsd:sequence></xsd:complexType></xsd:schema>"
    )
}

fn rows(library: &Library, requests: &[Request]) -> Vec<String> {
    let own = requests.iter().filter(|request| request.borrower == library.code);
    own.map(|request| row(library, request)).collect()
}

/// Columns that are null are left out (ALMA.md §6).
fn row(library: &Library, request: &Request) -> String {
    let time = |moment: crate::model::moment::Moment| moment.datetime().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let cells = [
        Some("0".to_owned()),
        Some(format!("{READER_NAME}, {}", request.number)).filter(|_| !request.number.is_multiple_of(5)),
        Some(format!("{REQUEST_TITLE}, part {}", request.number)),
        Some(request.borrowing_id()),
        Some(label(request.stage.borrowing()).to_owned()),
        Some(request.lender.to_owned()),
        request.format().map(str::to_owned),
        Some(library.sharing_code()),
        Some(time(request.created)),
        Some(time(request.modified)),
    ];
    let mut row = "<Row>".to_owned();
    for (place, cell) in cells.into_iter().enumerate() {
        if let Some(cell) = cell {
            let _ = write!(row, "<Column{place}>{cell}</Column{place}>");
        }
    }
    row + "</Row>"
}
