//! `alma.integration-profiles`: what one institution's Alma is connected to (ALMA.md §3): one record a profile, key = its
//! id, and one a type of profile, key = `type/TYPE`.
//!
//! Ids differ from institution to institution, types do not: only by the types can be seen that several libraries begin to
//! use the same thing. Parameters, FTP connections, contacts and descriptions hold secrets and people and are never kept
//! (ALMA.md §8).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::alma_partners::{code_of, without_addresses};
use super::{Ask, place};
use crate::compare::normalise::{text_of, tidy};
use crate::exlibris::alma;
use crate::exlibris::alma_offers::{self, Listed};
use crate::exlibris::error::CallError;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// The one partition of this source.
pub const PARTITION: &str = "integration-profiles";
/// What the keys of types begin with; ids are digits.
pub const TYPE_PREFIX: &str = "type/";

/// Rows asked for at once: the most that Alma gives on a page (ALMA.md §2).
const PAGE_ROWS: u32 = alma_offers::PROFILES_PER_PAGE_MAX;
/// Pages read at most: 5,000 profiles, many times what a large institution has, so that a list without end cannot spend the
/// library's calls.
const PAGES_MAX: u32 = 50;

/// Asks once: who the key speaks for, then the whole list by pages.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution or not even the first page could be read. A later page that
/// fails leaves what was read so far, with partial coverage.
pub async fn observe(ask: &Ask<'_>) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let verified = alma::verify_institution(ask.session, institution).await?.as_bool();
    let mut list = ProfileList::default();
    let mut next = Some(0);
    while let Some(offset) = next {
        match alma_offers::integration_profiles_page(ask.session, offset, PAGE_ROWS).await {
            Ok(page) => next = list.take(&page),
            Err(error) if list.pages == 0 => return Err(error),
            Err(error) => {
                list.doubt(format!("the page after {} profiles failed: {error}", list.rows));
                next = None;
            }
        }
    }
    Ok(Observation {
        verified,
        ..list.finish()
    })
}

/// The record of one profile: its names, its type and the system that it connects to. `None` where it has no id.
pub fn record_of(profile: &Value) -> Option<Draft> {
    let id = code_of(profile.get("id")?)?;
    let code = |name: &str| profile.get(name).and_then(code_of);
    let name = profile.get("name").and_then(text_of);
    let body = json!({
        "id": id,
        "code": code("code"),
        "name": name.map(|name| without_addresses(&name)),
        "type": code("type"),
        "system": code("system"),
    });
    Some(Draft {
        partition: PARTITION.to_owned(),
        identity: Identity::Key(id),
        body: tidy(body),
    })
}

/// The list as it comes in by pages, and every reason to doubt that it is whole. Pure.
#[derive(Debug, Default)]
pub struct ProfileList {
    drafts: BTreeMap<String, Draft>,
    pages: u32,
    rows: u32,
    total: Option<u64>,
    doubts: Vec<String>,
    repeated: u32,
    nameless: u32,
}

impl ProfileList {
    /// Takes the page read at the offset asked for last (0 at first); gives the offset of the next one, `None` at the
    /// end.
    pub fn take(&mut self, page: &Listed) -> Option<u32> {
        if self.pages > 0 && page.total != self.total {
            self.doubt("the total changed while the list was read".to_owned());
        }
        let rows = u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
        self.total = page.total;
        self.pages += 1;
        self.rows = self.rows.saturating_add(rows);
        for profile in &page.rows {
            match record_of(profile) {
                Some(draft) => self.repeated += u32::from(place(&mut self.drafts, draft)),
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
                "page {} held {rows} profiles where {PAGE_ROWS} were asked for",
                self.pages
            ));
        }
        if rows > 0 && self.pages >= PAGES_MAX {
            self.doubt(format!("the list goes on after {PAGES_MAX} pages; no more are read"));
            return None;
        }
        (rows > 0).then_some(self.rows)
    }

    /// Notes why the list may not be whole.
    pub fn doubt(&mut self, reason: String) {
        self.doubts.push(reason);
    }

    /// The profiles in the order of their ids, their types, and the coverage that they earned. `verified` is left open.
    pub fn finish(mut self) -> Observation {
        let mut remarks = Vec::new();
        if self.repeated > 0 {
            self.doubts.push(format!(
                "{} profiles came twice; the list moved while it was read",
                self.repeated
            ));
        }
        if self.nameless > 0 {
            let reason = format!("{} profiles have no id and cannot be followed", self.nameless);
            remarks.push(reason.clone());
            self.doubts.push(reason);
        }
        match self.total {
            None => self
                .doubts
                .push("Alma gave no total_record_count, so nothing says that the list is whole".to_owned()),
            Some(total) if total != self.drafts.len() as u64 => self.doubts.push(format!(
                "Alma counts {total} profiles, {} different ones were read",
                self.drafts.len()
            )),
            Some(_) => {}
        }
        let read = if self.doubts.is_empty() {
            PartitionRead::Complete
        } else {
            let reason = self.doubts.join("; ");
            PartitionRead::Partial { reason }
        };
        let mut coverage = Coverage::default();
        coverage.set(PARTITION, read);
        let types = types_of(&self.drafts);
        Observation {
            drafts: self.drafts.into_values().chain(types).collect(),
            coverage,
            remarks,
            ..Observation::default()
        }
    }
}

fn types_of(profiles: &BTreeMap<String, Draft>) -> Vec<Draft> {
    let types: std::collections::BTreeSet<&str> = profiles
        .values()
        .filter_map(|draft| draft.body.get("type")?.as_str())
        .collect();
    types
        .into_iter()
        .map(|kind| Draft {
            partition: PARTITION.to_owned(),
            identity: Identity::Key(format!("{TYPE_PREFIX}{kind}")),
            body: json!({ "type": kind }),
        })
        .collect()
}
