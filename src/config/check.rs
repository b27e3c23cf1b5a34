//! From the tables of the file to [`Config`]: every rule but those for watches.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

use super::ageing::thresholds;
use super::alerting::{channels, event_overrides, routes};
use super::classifier::classifier;
use super::institutions::institutions;
use super::inventory::{self, inventory};
use super::mistake::{Mistakes, nearest, shown};
use super::reader::{Found, Reader, Table};
use super::watches::watches;
use super::{Config, ExLibrisSettings};

/// Hosts of Ex Libris as DESIGN §4 gives them.
const KNOWLEDGE_CENTER: &str = "https://knowledge.exlibrisgroup.com";
const STATIC_DOCS: &str = "https://knowledge.ag-software.clarivate.com";
const DEVELOPER_NETWORK: &str = "https://developers.exlibrisgroup.com";
const STATUS: &str = "https://status.exlibrisgroup.com";

const STORE: &str = "data/almanac.db";
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8787);

/// Far below what the gateway allows (25 to 50 a second, ALMA.md §2).
const PER_SECOND: f64 = 5.0;
/// Only a stand-in on this computer takes more than this.
pub(super) const MOST_PER_SECOND: f64 = 1000.0;
/// A library has 1,000 calls a day for each named user (ALMA.md §2); this is a small part of it, and ample.
const DAILY_BUDGET: u64 = 20_000;
/// Libraries stop their own jobs at 100,000 to 150,000 calls left (PRIMO.md §2).
const QUOTA_FLOOR: u64 = 100_000;
const TIMEOUT_SECONDS: u64 = 30;
const LONGEST_TIMEOUT_SECONDS: u64 = 300;
/// The largest whole number that TOML promises.
pub(super) const ANY_NUMBER: u64 = i64::MAX as u64;
/// The User-Agent carries it with every call.
const LONGEST_CONTACT: usize = 200;
/// Checks the whole file. `look_at_secret_files`: also whether files with secrets are kept safely.
pub(super) fn check(text: &str, path: &Path, look_at_secret_files: bool) -> Result<Config, Mistakes> {
    let (config, list) = Reader::read(text, look_at_secret_files, |root| config(root, path));
    match config {
        Some(mut config) if list.is_empty() => {
            config.collaborations = inventory::collaborations(&config.inventory, path)?;
            Ok(config)
        }
        _ => Err(Mistakes {
            path: path.to_owned(),
            list,
        }),
    }
}

/// `None` only together with a mistake. A part that is wrong is left out, after its mistake was noted.
fn config(root: &Table, path: &Path) -> Option<Config> {
    let (consortium, timezone) = consortium(root);
    let store = root.table("store").and_then(|table| {
        let path = table.text("path").map(|path| PathBuf::from(path.value));
        table.done();
        path
    });
    let listen = root.table("server").and_then(|table| {
        let listen = listen(&table);
        table.done();
        listen
    });
    let exlibris = exlibris(root);
    let members = institutions(root);
    let watches = watches(root, &members, exlibris.as_ref());
    let channels = channels(root);
    let routes = routes(root, &members, &channels);
    let event_overrides = event_overrides(root);
    let ageing = thresholds(root);
    let inventory = inventory(root);
    let classifier = classifier(root);
    Some(Config {
        path: path.to_owned(),
        consortium: consortium?,
        timezone: timezone?,
        store: store.unwrap_or_else(|| PathBuf::from(STORE)),
        listen: listen.unwrap_or(LISTEN),
        exlibris: exlibris?,
        institutions: members.into_iter().filter_map(|member| member.institution).collect(),
        watches,
        channels: channels.into_iter().filter_map(|(_, channel)| channel).collect(),
        routes,
        event_overrides,
        ageing,
        inventory,
        collaborations: Vec::new(),
        classifier,
    })
}

fn consortium(root: &Table) -> (Option<String>, Option<Tz>) {
    const NAME: &str = "\"Boston Library Consortium\"";
    const ZONE: &str = "\"America/New_York\"";
    let Some(table) = root.table("consortium") else {
        if !root.has("consortium") {
            let instead =
                format!("Write [consortium] on a line of its own, and below it name = {NAME} and timezone = {ZONE}");
            root.reader
                .absence(root.at, &root.place, "the table [consortium] is missing", instead);
        }
        return (None, None);
    };
    let name = table.required_text("name", NAME).map(|name| name.value);
    let zone = table.required_text("timezone", ZONE).and_then(|text| {
        let zone = text.value.parse::<Tz>().ok();
        if zone.is_none() {
            let wrong = format!("{} is not a time zone", shown(&text.value));
            let instead = match nearest(&text.value, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
                Some(meant) => format!("Write \"{meant}\" if that is what you mean"),
                None => format!("Write a name of the IANA list, for example {ZONE}"),
            };
            table.wrong("timezone", text.at, wrong, instead);
        }
        zone
    });
    table.done();
    (name, zone)
}

fn listen(table: &Table) -> Option<SocketAddr> {
    let text = table.text("listen")?;
    let Ok(address) = text.value.parse::<SocketAddr>() else {
        let instead = "Write an address and a port: listen = \"127.0.0.1:8787\"";
        table.wrong(
            "listen",
            text.at,
            format!("{} is not an address with a port", shown(&text.value)),
            instead,
        );
        return None;
    };
    if !address.ip().is_loopback() {
        let wrong = "this address would let other computers read everything, for there is no sign-in yet";
        let instead = format!(
            "Write listen = \"127.0.0.1:{}\", and reach it from elsewhere by an SSH tunnel",
            address.port()
        );
        table.wrong("listen", text.at, wrong, instead);
        return None;
    }
    Some(address)
}

fn exlibris(root: &Table) -> Option<ExLibrisSettings> {
    let table = root.table("exlibris");
    let host = |key: &'static str, usual: &str| -> Option<Url> {
        match &table {
            Some(table) if table.has(key) => table.base_address(key).map(|found| found.value),
            _ => Url::parse(usual).ok(),
        }
    };
    let whole =
        |key: &'static str, least: u64, most: u64| table.as_ref().and_then(|table| table.whole(key, least, most));
    let hosts = (
        host("knowledge_center", KNOWLEDGE_CENTER),
        host("static_docs", STATIC_DOCS),
        host("developer_network", DEVELOPER_NETWORK),
        host("status", STATUS),
    );
    let contact = table.as_ref().and_then(contact);
    let per_second = table
        .as_ref()
        .and_then(|table| table.positive("per_second", MOST_PER_SECOND));
    let daily_budget = whole("daily_budget", 1, ANY_NUMBER);
    let quota_floor = whole("quota_floor", 0, ANY_NUMBER);
    let timeout = whole("timeout_seconds", 1, LONGEST_TIMEOUT_SECONDS);
    if let Some(table) = &table {
        table.done();
    }
    Some(ExLibrisSettings {
        knowledge_center: hosts.0?,
        static_docs: hosts.1?,
        developer_network: hosts.2?,
        status: hosts.3?,
        contact,
        per_second: per_second.unwrap_or(PER_SECOND),
        daily_budget: daily_budget.unwrap_or(DAILY_BUDGET),
        quota_floor: quota_floor.unwrap_or(QUOTA_FLOOR),
        timeout: Duration::from_secs(timeout.unwrap_or(TIMEOUT_SECONDS)),
    })
}

fn contact(table: &Table) -> Option<String> {
    let text = table.text("contact")?;
    if text.value.len() > LONGEST_CONTACT || !text.value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let instead = "Write an e-mail address or the address of a page, without accents or line breaks";
        table.wrong("contact", text.at, "this cannot be sent in a User-Agent", instead);
        return None;
    }
    Some(text.value)
}

/// Whether the value is new in the file; a mistake that names the first place if it is not.
pub(super) fn unique(
    table: &Table,
    key: &'static str,
    found: &Found<String>,
    known: &mut BTreeMap<String, String>,
) -> bool {
    if let Some(first) = known.get(&found.value) {
        let wrong = format!("{} is already given in {first}", shown(&found.value));
        table.wrong(key, found.at, wrong, "Take one of the two out, or rename it");
        return false;
    }
    known.insert(found.value.clone(), table.place.clone());
    true
}

/// The names of all of an enum's values.
pub(super) fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::address::base_address;
    use super::*;

    #[test]
    fn the_usual_hosts_are_addresses() {
        for host in [KNOWLEDGE_CENTER, STATIC_DOCS, DEVELOPER_NETWORK, STATUS] {
            assert!(base_address(host).is_ok(), "{host}");
        }
    }
}
