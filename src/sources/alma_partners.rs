//! `alma.partners`: the resource-sharing partner records of one institution (ALMA.md §5a), key = partner code.
//!
//! The list has no documented order and no "modified since", so it is read whole, by pages, and is complete only where
//! everything adds up: every page read, none short before the end, one total on all pages, as many codes as the total.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Ask;
use crate::compare::normalise::{count_of, flag_of, text_of, tidy};
use crate::exlibris::alma::{self, PartnersPage, Verification};
use crate::exlibris::error::CallError;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// The one partition of this source.
pub const PARTITION: &str = "partners";

/// What a kept field holds, and so how its varying spellings become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holds {
    /// A name or other text for people; anything that looks like an e-mail address is taken out.
    Text,
    /// A code or symbol, perhaps wrapped as `{value, desc}`; dropped where it looks like an e-mail address.
    Code,
    /// True or false.
    Flag,
    /// A whole number: days, a port.
    Count,
    /// A server: its host alone, without user, path or query.
    Host,
}

/// Names of kept fields, and what each holds.
type Fields = &'static [(&'static str, Holds)];

/// What is kept of `partner_details`. All else is dropped, above all `contact_info` and `notes`.
const GENERAL: Fields = &[
    ("name", Holds::Text),
    ("status", Holds::Code),
    ("system_type", Holds::Code),
    ("avg_supply_time", Holds::Count),
    ("delivery_delay", Holds::Count),
    ("currency", Holds::Code),
    ("borrowing_supported", Holds::Flag),
    ("borrowing_workflow", Holds::Code),
    ("lending_supported", Holds::Flag),
    ("lending_workflow", Holds::Code),
    ("auto_cancel_supported", Holds::Flag),
    ("auto_cancel_reason", Holds::Code),
    ("auto_cancel_time", Holds::Count),
    ("auto_claim_supported", Holds::Flag),
    ("auto_claim_time", Holds::Count),
    ("locate_profile", Holds::Code),
    ("institution_code", Holds::Code),
    ("holding_code", Holds::Code),
];

/// What is kept of `profile_details`, by profile type: the child that Alma fills for that type, and its harmless fields.
/// No passwords, user names, API keys, accounts or mail addresses. An unknown type is kept by name alone.
const PROFILES: &[(&str, &str, Fields)] = &[
    (
        "ART_EMAIL",
        "art_email_details",
        &[("alternative_document_delivery", Holds::Flag)],
    ),
    (
        "NCIP",
        "ncip_details",
        &[
            ("general_user_id_type", Holds::Code),
            ("request_item_support_borrowing", Holds::Flag),
            ("accept_item_automatic_receive", Holds::Flag),
            ("export_to_third_party", Holds::Code),
            ("close_request_on_export", Holds::Flag),
            ("create_user_on_export", Holds::Flag),
            ("electronic_delivery", Holds::Code),
            ("request_agency_id", Holds::Code),
            ("transfer_server", Holds::Host),
            ("ncip_send_requester_info", Holds::Flag),
        ],
    ),
    (
        "ISO",
        "iso_details",
        &[
            ("alternative_document_delivery", Holds::Flag),
            ("ill_server", Holds::Host),
            ("ill_port", Holds::Count),
            ("iso_symbol", Holds::Code),
            ("request_expiry_type", Holds::Code),
            ("expiry_time", Holds::Count),
            ("send_requester_information", Holds::Flag),
            ("shared_barcodes", Holds::Flag),
            ("ignore_shipping_cost_override", Holds::Flag),
            ("resending_overdue_message_interval", Holds::Count),
        ],
    ),
    (
        "ISO_18626",
        "iso_18626_details",
        &[
            ("alternative_document_delivery", Holds::Flag),
            ("ill_server", Holds::Host),
            ("iso_symbol", Holds::Code),
            ("send_requester_information", Holds::Flag),
            ("shared_barcodes", Holds::Flag),
            ("return_info", Holds::Flag),
            ("resending_overdue_message_interval", Holds::Count),
        ],
    ),
    (
        "EMAIL",
        "email_details",
        &[("resending_overdue_message_interval", Holds::Count)],
    ),
    (
        "NCIP_P2P",
        "ncip_p2p_details",
        &[
            ("alternative_document_delivery", Holds::Flag),
            ("general_user_id_type", Holds::Code),
            ("ill_server", Holds::Host),
            ("institution_code", Holds::Code),
            ("partner_symbol", Holds::Code),
            ("request_expiry_type", Holds::Code),
            ("expiry_time", Holds::Count),
            ("send_requester_information", Holds::Flag),
            ("resending_overdue_message_interval", Holds::Count),
        ],
    ),
    (
        "BLDSS",
        "bldss_details",
        &[
            ("bldss_digital_format", Holds::Code),
            ("bldss_send_requester_info", Holds::Flag),
        ],
    ),
    (
        "FULFILLMENT_NETWORK",
        "fulfillment_network_details",
        &[
            ("fulfillment_network_customer_code", Holds::Code),
            ("fulfillment_network_url", Holds::Host),
            ("request_expiry_type", Holds::Code),
            ("expiry_time", Holds::Count),
        ],
    ),
    (
        "RAPID",
        "rapid_details",
        &[
            ("rapid_url", Holds::Host),
            ("requesting_rapid_code", Holds::Code),
            ("rapid_requesting_branch_name", Holds::Text),
            ("close_request_on_export", Holds::Flag),
            ("rapid_default_library_owner", Holds::Code),
        ],
    ),
    (
        "INNREACH",
        "innreach_details",
        &[
            ("general_user_id_type", Holds::Code),
            ("request_item_support_borrowing", Holds::Flag),
            ("shared_barcodes", Holds::Flag),
            ("share_patron_information", Holds::Flag),
        ],
    ),
];

/// Rows asked for at once: the most that Alma gives on a page (ALMA.md §2, §12).
const PAGE_ROWS: u32 = 100;
/// Pages read at most: 20,000 partners, some fifty times a large library's list, so that a list without end cannot spend
/// the library's calls.
const PAGES_MAX: u32 = 200;
/// Characters kept of one field; Alma's own forms allow fewer.
const FIELD_CHARS_MAX: usize = 255;

/// Asks once: who the key speaks for, then the whole list by pages.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution or not even the first page could be read. A later page that
/// fails leaves what was read so far, with partial coverage.
pub async fn observe(ask: &Ask<'_>) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let verified = match alma::verify_institution(ask.session, institution).await? {
        Verification::Verified => Some(true),
        Verification::Unverified => None,
    };
    let mut list = PartnerList::default();
    let mut next = Some(0);
    while let Some(offset) = next {
        match alma::partners_page(ask.session, offset, PAGE_ROWS).await {
            Ok(page) => next = list.take(page),
            Err(error) if list.pages == 0 => return Err(error),
            Err(error) => {
                list.doubt(format!("the page after {} partners failed: {error}", list.rows));
                next = None;
            }
        }
    }
    Ok(Observation {
        verified,
        ..list.finish()
    })
}

/// The record of one partner as Alma gives it: its code and the allowed fields, in one form for all spellings. `None`
/// where it names no code.
pub fn record_of(partner: &Value) -> Option<Draft> {
    let details = partner.get("partner_details")?;
    let code = text_of(details.get("code")?)?;
    let mut body = Map::new();
    body.insert("code".to_owned(), Value::from(code.as_str()));
    keep(&mut body, details, GENERAL);
    let profile = details.get("profile_details").unwrap_or(&Value::Null);
    if let Some(kind) = profile.get("profile_type").and_then(code_of) {
        if let Some((_, child, fields)) = PROFILES.iter().find(|(name, _, _)| *name == kind) {
            let mut kept = Map::new();
            keep(&mut kept, profile.get(*child).unwrap_or(&Value::Null), fields);
            body.insert((*child).to_owned(), Value::Object(kept));
        }
        body.insert("profile_type".to_owned(), Value::from(kind));
    }
    Some(Draft {
        partition: PARTITION.to_owned(),
        identity: Identity::Key(code),
        body: tidy(Value::Object(body)),
    })
}

/// The list as it comes in by pages, and every reason to doubt that it is whole. Pure, so that every way in which a list
/// can be less than whole is tested without a network.
#[derive(Debug, Default)]
pub struct PartnerList {
    drafts: BTreeMap<String, Draft>,
    pages: u32,
    rows: u32,
    total: Option<u64>,
    doubts: Vec<String>,
    repeated: u32,
    nameless: u32,
}

impl PartnerList {
    /// Takes the page read at the offset asked for last (0 at first); gives the offset of the next one, `None` at the
    /// end.
    pub fn take(&mut self, page: PartnersPage) -> Option<u32> {
        let rows = u32::try_from(page.partners.len()).unwrap_or(u32::MAX);
        self.note_total(page.total);
        self.pages += 1;
        self.rows = self.rows.saturating_add(rows);
        for partner in &page.partners {
            match record_of(partner) {
                Some(draft) => self.place(draft),
                None => self.nameless += 1,
            }
        }
        // The next offset counts the rows received, not those asked for, so that no row is skipped after a short page.
        let more = self
            .total
            .map_or(rows >= PAGE_ROWS, |total| u64::from(self.rows) < total);
        if !more {
            return None;
        }
        if rows < PAGE_ROWS {
            self.doubt(format!(
                "page {} held {rows} partners where {PAGE_ROWS} were asked for",
                self.pages
            ));
        }
        if rows == 0 {
            return None;
        }
        if self.pages >= PAGES_MAX {
            self.doubt(format!("the list goes on after {PAGES_MAX} pages; no more are read"));
            return None;
        }
        Some(self.rows)
    }

    /// Notes why the list may not be whole.
    pub fn doubt(&mut self, reason: String) {
        self.doubts.push(reason);
    }

    /// The records, in the order of their codes, and the coverage that they earned. `verified` is left open.
    pub fn finish(mut self) -> Observation {
        let mut remarks = Vec::new();
        if self.repeated > 0 {
            self.doubts.push(format!(
                "{} partners came twice; the list moved while it was read",
                self.repeated
            ));
        }
        if self.nameless > 0 {
            let reason = format!("{} partner records name no code and cannot be followed", self.nameless);
            remarks.push(reason.clone());
            self.doubts.push(reason);
        }
        match self.total {
            None => self
                .doubts
                .push("Alma gave no total_record_count, so nothing says that the list is whole".to_owned()),
            Some(total) if total != self.drafts.len() as u64 => self.doubts.push(format!(
                "Alma counts {total} partners, {} different ones were read",
                self.drafts.len()
            )),
            Some(_) => {}
        }
        let mut coverage = Coverage::default();
        coverage.set(
            PARTITION,
            if self.doubts.is_empty() {
                PartitionRead::Complete
            } else {
                PartitionRead::Partial {
                    reason: self.doubts.join("; "),
                }
            },
        );
        Observation {
            drafts: self.drafts.into_values().collect(),
            coverage,
            remarks,
            ..Observation::default()
        }
    }

    fn note_total(&mut self, total: Option<u64>) {
        if self.pages > 0 && total != self.total {
            let say = |total: Option<u64>| total.map_or("none".to_owned(), |total| total.to_string());
            self.doubts.push(format!(
                "the total changed from {} to {} while the list was read",
                say(self.total),
                say(total)
            ));
        }
        self.total = total;
    }

    /// Of two records with one code the same one is kept whichever came first.
    fn place(&mut self, draft: Draft) {
        let Identity::Key(code) = &draft.identity else { return };
        match self.drafts.get(code) {
            None => {
                self.drafts.insert(code.clone(), draft);
            }
            Some(known) => {
                self.repeated += 1;
                let (new_text, known_text) = (draft.body.to_string(), known.body.to_string());
                if new_text < known_text {
                    self.drafts.insert(code.clone(), draft);
                }
            }
        }
    }
}

fn keep(body: &mut Map<String, Value>, from: &Value, fields: &[(&str, Holds)]) {
    for (name, holds) in fields {
        let kept = from.get(*name).and_then(|field| match holds {
            Holds::Text => text_of(field).map(|text| Value::from(without_addresses(&text))),
            Holds::Code => code_of(field).map(Value::from),
            Holds::Flag => flag_of(field).map(Value::from),
            Holds::Count => count_of(field).map(Value::from),
            Holds::Host => text_of(field).and_then(|text| host_of(&text)).map(Value::from),
        });
        if let Some(kept) = kept {
            body.insert((*name).to_owned(), kept);
        }
    }
}

/// A code or symbol, unwrapped; `None` where it looks like an e-mail address.
pub(super) fn code_of(field: &Value) -> Option<String> {
    text_of(field)
        .filter(|text| !text.contains('@'))
        .map(|text| bounded(&text))
}

/// A name as one line, without the words that are e-mail addresses.
pub(super) fn without_addresses(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().filter(|word| !word.contains('@')).collect();
    bounded(&words.join(" "))
}

/// The host in a server name or an address, with its port: all that comes before it (scheme, user, password) and after
/// it (path, query) may hold secrets.
pub(super) fn host_of(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.trim().to_ascii_lowercase();
    let is_host = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'));
    is_host.then(|| bounded(&host))
}

fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(FIELD_CHARS_MAX).collect()
}
