//! The `[[institution]]` tables.

use std::collections::BTreeMap;

use url::Url;

use super::Institution;
use super::check::{ANY_NUMBER, MOST_PER_SECOND, unique};
use super::mistake::{nearest, shown};
use super::reader::{Found, Table};
use crate::model::institution::InstitutionKind;

/// An institution of the file, and what it was meant to have: a key that was refused is no reason to complain a second
/// time that a watch lacks it.
pub(super) struct Member {
    pub(super) code: Option<String>,
    pub(super) has_key: bool,
    pub(super) has_views: bool,
    pub(super) has_primo_host: bool,
    /// `None` where its mistakes were noted.
    pub(super) institution: Option<Institution>,
}

/// API gateways by region (ALMA.md §1).
const REGIONS: [(&str, &str); 6] = [
    ("na", "https://api-na.hosted.exlibrisgroup.com"),
    ("eu", "https://api-eu.hosted.exlibrisgroup.com"),
    ("ap", "https://api-ap.hosted.exlibrisgroup.com"),
    ("aps", "https://api-aps.hosted.exlibrisgroup.com"),
    ("ca", "https://api-ca.hosted.exlibrisgroup.com"),
    ("cn", "https://api-cn.hosted.exlibrisgroup.com.cn"),
];

/// Codes and names stand in file names, ids and addresses.
const LONGEST_CODE: usize = 64;

pub(super) fn institutions(root: &Table) -> Vec<Member> {
    let mut line_of_code: BTreeMap<String, String> = BTreeMap::new();
    let mut place_of_view: BTreeMap<String, String> = BTreeMap::new();
    let mut members = Vec::new();
    for table in root.tables("institution", "code") {
        let code = code(&table).filter(|code| unique(&table, "code", code, &mut line_of_code));
        let mut views = Vec::new();
        for view in table.texts("views") {
            if !is_view(&view.value) {
                let wrong = format!("{} is not a Primo view", shown(&view.value));
                table.wrong(
                    "views",
                    view.at,
                    wrong,
                    "Write INSTITUTION:VIEW, for example \"01TUN_INST:01TUN\"",
                );
            } else if unique(&table, "views", &view, &mut place_of_view) {
                views.push(view.value);
            }
        }
        let has_gateway = table.has("region") || table.has("gateway");
        let has_key = table.has("api_key");
        let gateway = gateway(&table);
        if has_key && !has_gateway {
            let wrong = "an API key is given, but not where it is to be sent";
            table.reader.absence(
                table.at("api_key"),
                &table.place,
                wrong,
                "Write region = \"na\" (North America) too",
            );
        }
        webhook_needs_alma(&table, has_gateway);
        let name = table.required_text("name", "\"Tufts University\"");
        let kind = kind(&table);
        let joined = table.date("joined");
        let left = table.date("left");
        if let (Some(joined), Some(left)) = (&joined, &left)
            && left.value.as_str() < joined.value.get(..left.value.len()).unwrap_or(&joined.value)
        {
            table.wrong("left", left.at, "it left before it joined", "Correct joined or left");
        }
        let aliases = table.texts("aliases").into_iter().map(|alias| alias.value).collect();
        let former_codes = table
            .texts("former_codes")
            .into_iter()
            .map(|former| former.value)
            .collect();
        let zone = table.text("zone").map(|zone| zone.value);
        let pool = table.text("quota_pool").map(|pool| pool.value);
        let api_key = table.secret("api_key");
        let webhook_secret = table.secret("webhook_secret");
        let primo_host = table.base_address("primo_host").map(|host| host.value);
        let per_second = table.positive("per_second", MOST_PER_SECOND);
        let daily_budget = table.whole("daily_budget", 1, ANY_NUMBER);
        let member = |institution| Member {
            code: code.as_ref().map(|code| code.value.clone()),
            has_key: has_key && has_gateway,
            has_views: table.has("views"),
            has_primo_host: table.has("primo_host"),
            institution,
        };
        let institution = match (&code, name, kind) {
            (Some(code), Some(name), Some(kind)) => Some(Institution {
                code: code.value.clone(),
                name: name.value,
                kind,
                gateway,
                api_key,
                webhook_secret,
                views,
                primo_host,
                aliases,
                zone,
                joined: joined.map(|date| date.value),
                left: left.map(|date| date.value),
                former_codes,
                quota_pool: pool.unwrap_or_else(|| code.value.clone()),
                per_second,
                daily_budget,
            }),
            _ => None,
        };
        members.push(member(institution));
        table.done();
    }
    members
}

/// Only Alma sends these webhooks, and only watches that ask Alma can be polled earlier for them.
fn webhook_needs_alma(table: &Table, has_gateway: bool) {
    if table.has("webhook_secret") && !has_gateway {
        table.reader.absence(
            table.at("webhook_secret"),
            &table.place,
            "a secret for Alma's webhooks is given, but not where its Alma is",
            "Write region = \"na\" (North America) and api_key too, or take webhook_secret out if the library is not on Alma",
        );
    }
}

fn code(table: &Table) -> Option<Found<String>> {
    let code = table.required_text("code", "\"01TUN_INST\"")?;
    let proper = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if code.value.len() > LONGEST_CODE || !code.value.bytes().all(proper) {
        let instead = "Write at most 64 letters, digits, hyphens, dots and underscores";
        table.wrong(
            "code",
            code.at,
            format!("{} cannot be a code", shown(&code.value)),
            instead,
        );
        return None;
    }
    Some(code)
}

fn kind(table: &Table) -> Option<InstitutionKind> {
    let known = ["zone-member", "own-alma", "other", "zone"];
    if !table.has("kind") {
        table.missing(
            "kind",
            "\"zone-member\", \"own-alma\", \"other\" (not on Alma) or \"zone\" (the Network Zone itself)",
        );
    }
    let named = |name: &str| match name {
        "zone-member" => Some(InstitutionKind::ZoneMember),
        "own-alma" => Some(InstitutionKind::OwnAlma),
        "other" => Some(InstitutionKind::Other),
        "zone" => Some(InstitutionKind::Zone),
        _ => None,
    };
    table.choice("kind", &known, named).map(|kind| kind.value)
}

fn gateway(table: &Table) -> Option<Url> {
    let known: Vec<&str> = REGIONS.iter().map(|(name, _)| *name).collect();
    let of_region = table.choice("region", &known, |name| {
        REGIONS
            .iter()
            .find(|(region, _)| *region == name)
            .and_then(|(_, host)| Url::parse(host).ok())
    });
    let given = table.base_address("gateway");
    if table.has("region") && table.has("gateway") {
        let wrong = "region and gateway are both given";
        table.wrong("gateway", table.at("gateway"), wrong, "Take one of them out");
    }
    of_region.or(given).map(|found| found.value)
}

/// Whether an institution of that code is in the file; a mistake if not.
pub(super) fn known_institution<'m>(table: &Table, code: &Found<String>, members: &'m [Member]) -> Option<&'m Member> {
    let member = members
        .iter()
        .find(|member| member.code.as_deref() == Some(code.value.as_str()));
    if member.is_none() {
        let codes: Vec<&str> = members.iter().filter_map(|member| member.code.as_deref()).collect();
        let instead = match nearest(&code.value, codes.iter().copied()) {
            Some(meant) => format!("Write \"{meant}\" if that is what you mean"),
            None => "Write the code of an [[institution]] of this file".to_owned(),
        };
        let wrong = format!("there is no institution {}", shown(&code.value));
        table
            .reader
            .absence(code.at, &format!("{}, institutions", table.place), wrong, instead);
    }
    member
}

/// `INST:VIEW` (PRIMO.md §2).
pub(super) fn is_view(text: &str) -> bool {
    let proper = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    };
    text.split_once(':')
        .is_some_and(|(institution, view)| proper(institution) && proper(view))
}

#[cfg(test)]
mod tests {
    use super::super::address::base_address;
    use super::*;

    #[test]
    fn every_region_has_an_address() {
        assert!(REGIONS.iter().all(|(_, host)| base_address(host).is_ok()));
    }
}
