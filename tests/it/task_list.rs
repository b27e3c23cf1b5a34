//! A made-up task list of lending requests: it shows a hundred rows at most and keeps the truth beside them. Its rows
//! hold everything that must never be kept, marked as canaries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use almanac::model::moment::Moment;

/// Rows that Alma shows at most.
pub const SHOWN_MAX: usize = 100;

/// One lending request, as it truly is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lent {
    /// Alma's id.
    pub id: u64,
    /// Owning library.
    pub library: String,
    /// Status.
    pub status: String,
    /// Partner.
    pub partner: String,
    /// Format.
    pub format: String,
    /// Last change.
    pub modified: Moment,
}

impl Lent {
    /// As Alma gives it.
    pub fn json(&self) -> String {
        let Lent {
            id,
            library,
            status,
            partner,
            format,
            modified,
        } = self;
        format!(
            r#"{{"request_id":"{id}","status":{{"value":"{status}","desc":"canary-label"}},"owner":"{library}","partner":{{"value":"{partner}","desc":"canary-name","link":"https://example.org/canary"}},"format":{{"value":"{format}","desc":"canary-label"}},"created_time":"2027-01-20T10:00:00.000Z","last_modified_time":"{modified}","title":"canary-title","author":"canary-author","lcc_number":"canary-lcc","oclc_number":"canary-oclc","barcode":"canary-barcode","external_id":"canary-external","text_email":"canary@example.org","text_postal_1":"canary-street","additional_person_name":"canary-person","note":"canary-note","rs_note":[{{"content":"canary-note","created_by":"canary-staff"}}],"requester":{{"value":"canary-reader"}},"user_request":{{"value":"1","link":"https://example.org/users/canary-reader"}},"supplied_format":{{}},"level_of_service":{{"desc":""}},"mms_id":""}}"#
        )
    }
}

/// The answer of the task list to a query, made of the requests of one institution.
pub fn answer<'a>(
    requests: impl IntoIterator<Item = &'a Lent>,
    query: &BTreeMap<String, String>,
    capped_total: bool,
) -> String {
    let fits = |name: &str, value: &String| query.get(name).is_none_or(|asked| asked == value);
    let mut total = 0;
    let mut rows = String::new();
    for request in requests {
        if fits("library", &request.library)
            && fits("status", &request.status)
            && fits("partner", &request.partner)
            && fits("requested_format", &request.format)
        {
            if total < SHOWN_MAX {
                if total > 0 {
                    rows.push(',');
                }
                rows.push_str(&request.json());
            }
            total += 1;
        }
    }
    let told = if capped_total { total.min(SHOWN_MAX) } else { total };
    let mut body = String::with_capacity(rows.len() + 80);
    body.push('{');
    if total > 0 {
        let _ = write!(body, "\"user_resource_sharing_request\":[{rows}],");
    }
    let _ = write!(body, "\"total_record_count\":{told}}}");
    body
}
