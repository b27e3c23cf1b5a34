//! `alma.letters`: the letters that one institution's Alma can send (ALMA.md §3), key = letter code.
//!
//! The list comes whole in one answer. What a letter says (its XSL, its description) and who changed it are never kept.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::alma_partners::{code_of, without_addresses};
use super::{Ask, place};
use crate::compare::normalise::{flag_of, text_of, tidy};
use crate::exlibris::alma;
use crate::exlibris::alma_offers::{self, Listed};
use crate::exlibris::error::CallError;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// The one partition of this source.
pub const PARTITION: &str = "letters";

/// Asks once: who the key speaks for, then the list.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution or the list could not be read.
pub async fn observe(ask: &Ask<'_>) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let verified = alma::verify_institution(ask.session, institution).await?.as_bool();
    let listed = alma_offers::letters(ask.session).await?;
    Ok(Observation {
        verified,
        ..observation_of(&listed)
    })
}

/// The record of one letter. `None` where it names no code.
pub fn record_of(letter: &Value) -> Option<Draft> {
    let code = code_of(letter.get("code")?)?;
    let flag = |name: &str| letter.get(name).and_then(flag_of);
    let name = letter.get("name").and_then(text_of);
    let body = json!({
        "code": code,
        "name": name.map(|name| without_addresses(&name)),
        "channel": letter.get("channel").and_then(code_of),
        "enabled": flag("enabled"),
        "customized": flag("customized"),
    });
    Some(Draft {
        partition: PARTITION.to_owned(),
        identity: Identity::Key(code),
        body: tidy(body),
    })
}

/// The letters in the order of their codes, and whether they are all. Pure; `verified` is left open.
pub fn observation_of(listed: &Listed) -> Observation {
    let mut letters: BTreeMap<String, Draft> = BTreeMap::new();
    let mut doubts = Vec::new();
    let mut nameless = 0_u32;
    for letter in &listed.rows {
        let Some(draft) = record_of(letter) else {
            nameless += 1;
            continue;
        };
        place(&mut letters, draft);
    }
    if nameless > 0 {
        doubts.push(format!("{nameless} letters name no code and cannot be followed"));
    }
    let remarks = doubts.clone();
    match listed.total {
        None => doubts.push("Alma gave no total_record_count, so nothing says that the list is whole".to_owned()),
        Some(total) if total != listed.rows.len() as u64 => {
            doubts.push(format!("Alma counts {total} letters, {} came", listed.rows.len()));
        }
        Some(_) => {}
    }
    let read = if doubts.is_empty() {
        PartitionRead::Complete
    } else {
        let reason = doubts.join("; ");
        PartitionRead::Partial { reason }
    };
    let mut coverage = Coverage::default();
    coverage.set(PARTITION, read);
    Observation {
        drafts: letters.into_values().collect(),
        coverage,
        remarks,
        ..Observation::default()
    }
}
