//! `api-definitions`: Ex Libris' OpenAPI files, one partition an area (`conf`), key = `conf GET /almaws/v1/conf/jobs`.
//!
//! Kept of an operation is what a program that calls it depends on: its parameters, the fields of what it takes and answers,
//! each with type and permitted values, and whether it is deprecated; and its summary, which is its name for people.
//! Descriptions and examples are left out: they are reworded without anything being different, and so are tags, servers and
//! the names that Ex Libris gives to its schemas' parts.
//!
//! Most of the files say of a body only in which other file its schema stands. These are fetched too, each once a poll. What
//! a schema that cannot be read would have said is unknown: what was known of it is kept, and the partition `conf schemas`
//! says so.

mod definition;
mod files;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;

pub use definition::{AreaRead, read_area};
pub use files::{Files, Missing};

use super::Ask;
use crate::config::ApiDefinitionsSettings;
use crate::exlibris::developer_network::{self, AREA_BYTES_MAX};
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::JsonFile;
use crate::model::observation::{Coverage, Observation, PartitionRead};

/// Of the allow-list and normaliser in this source.
pub const SHAPE_VERSION: u32 = 1;

/// The areas of Alma's API that are watched where the settings name none (ALMA.md §12; `task-lists` is said to be missing
/// there, §11, and is news to nobody when it comes: a baseline like any area that is seen for the first time).
pub const DEFAULT_AREAS: [&str; 9] = [
    "acq",
    "analytics",
    "bibs",
    "conf",
    "courses",
    "electronic",
    "partners",
    "task-lists",
    "users",
];

/// Where the definitions lie if the settings do not say (ALMA.md §12).
pub const DEFAULT_ADDRESS: &str = "{developer_network}/wp-content/uploads/alma/openapi/{area}.json";

/// Files running that may fail before a poll gives up: a server that is down would otherwise be asked for hundreds.
const FAILURES_RUNNING_MAX: u32 = 3;
/// Schemas that a reason or a remark names.
const NAMED_MAX: usize = 5;
/// References that are remembered as once read; Alma's areas have about two hundred.
const REMEMBERED_MAX: usize = 2_000;

/// Asks once: every area, then every file of schemas that these lead to.
///
/// # Errors
/// [`CallError`] where no area could be read. An area that fails among others is said in the coverage.
pub async fn observe(ask: &Ask<'_>, settings: &ApiDefinitionsSettings) -> Result<Observation, CallError> {
    let gathered = gather(ask, settings).await;
    if !gathered.areas.iter().any(|area| matches!(area.found, Found::File(_))) {
        let none = || {
            let reason = "none of the areas is published there; correct `areas` or `address`".to_owned();
            CallError::ours("reading the API definitions", Problem::Unfit(reason))
        };
        let failed = gathered.areas.into_iter().find_map(|area| match area.found {
            Found::Failed(error) => Some(error),
            _ => None,
        });
        return Err(failed.unwrap_or_else(none));
    }
    Ok(observation_of(&gathered, &settings.product, &Known::of(ask.memory)))
}

/// The areas that a watch of these settings is about.
pub fn areas_of(settings: &ApiDefinitionsSettings) -> Vec<&str> {
    if settings.areas.is_empty() {
        DEFAULT_AREAS.to_vec()
    } else {
        settings.areas.iter().map(String::as_str).collect()
    }
}

/// Everything that one poll fetched.
#[derive(Debug)]
pub struct Gathered {
    /// The areas, in the order of the settings.
    pub areas: Vec<Area>,
    /// Their files, and those that they refer to.
    pub files: Files,
}

/// What became of one area.
#[derive(Debug)]
pub struct Area {
    /// `conf`.
    pub name: String,
    /// What was there.
    pub found: Found,
}

/// What was at an area's address.
#[derive(Debug)]
pub enum Found {
    /// Its definition.
    File(JsonFile),
    /// Nothing.
    Absent,
    /// Nothing that can be used.
    Failed(CallError),
}

/// Fetches areas and schemas, one after the other.
pub async fn gather(ask: &Ask<'_>, settings: &ApiDefinitionsSettings) -> Gathered {
    let network = &ask.session.settings().developer_network;
    let mut areas = Vec::new();
    let mut failures_running = 0;
    for name in areas_of(settings) {
        let found = if failures_running >= FAILURES_RUNNING_MAX {
            let reason = "the areas before it could not be read either, so it was not asked for".to_owned();
            Err(CallError::ours(
                &format!("reading the definition of {name}"),
                Problem::Implausible(reason),
            ))
        } else {
            area_file(ask, settings, name, network).await
        };
        let found = match found {
            Ok(file) => {
                failures_running = 0;
                Found::File(file)
            }
            Err(error) if error.problem == Problem::NotFound => Found::Absent,
            Err(error) => {
                if error.problem.concerns_all_calls() {
                    failures_running += 1;
                }
                Found::Failed(error)
            }
        };
        areas.push(Area {
            name: name.to_owned(),
            found,
        });
    }
    let mut files = Files::new(network);
    let definitions = areas.iter().filter_map(|area| match &area.found {
        Found::File(file) => Some(file),
        _ => None,
    });
    for file in definitions {
        files.put(&file.url, &file.url, file.body.clone());
    }
    files.follow(ask.session, ask.now).await;
    Gathered { areas, files }
}

async fn area_file(
    ask: &Ask<'_>,
    settings: &ApiDefinitionsSettings,
    name: &str,
    network: &Url,
) -> Result<JsonFile, CallError> {
    let address = settings.address.as_deref().unwrap_or(DEFAULT_ADDRESS);
    let url = developer_network::address_of(address, name, network)?;
    let attempted = format!("reading the definition of {name}");
    ask.session.get_json_file(&url, AREA_BYTES_MAX, &attempted).await
}

/// What earlier polls read, so that what is missing now can be told from what never was there.
#[derive(Debug, Default)]
pub struct Known {
    areas: BTreeSet<String>,
    schemas: BTreeSet<String>,
}

impl Known {
    /// What a source remembered.
    pub fn of(memory: Option<&Value>) -> Self {
        let list = |name: &str| {
            let list = memory.and_then(|memory| memory.get(name)).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        Self {
            areas: list("areas"),
            schemas: list("schemas"),
        }
    }
}

/// What was seen, of what was fetched. Pure.
pub fn observation_of(gathered: &Gathered, product: &str, known: &Known) -> Observation {
    let mut observation = Observation::default();
    let mut coverage = Coverage::default();
    let mut emptied = Vec::new();
    let mut remembered = Known::default();
    // What an area that was not read would lead to stays known.
    let mut unseen = false;
    for area in &gathered.areas {
        let name = area.name.as_str();
        let was_read = known.areas.contains(name);
        if was_read {
            remembered.areas.insert(area.name.clone());
        }
        let file = match &area.found {
            Found::File(file) => file,
            Found::Absent if was_read => {
                unseen = true;
                coverage.set(name, PartitionRead::Absent);
                continue;
            }
            // Not named in the coverage: when it comes, it is seen for the first time, which is a baseline.
            Found::Absent => {
                observation.remarks.push(format!("{name} is not published"));
                continue;
            }
            Found::Failed(error) => {
                unseen = true;
                let reason = error.to_string();
                coverage.set(name, PartitionRead::Failed { reason });
                continue;
            }
        };
        match read_area(name, product, &file.body, &file.url, &gathered.files) {
            Err(reason) => {
                unseen = true;
                coverage.set(name, PartitionRead::Failed { reason });
            }
            Ok(read) if read.drafts.is_empty() && !was_read => {
                let reason = "it holds no operation".to_owned();
                coverage.set(name, PartitionRead::Failed { reason });
            }
            Ok(read) => {
                if read.drafts.is_empty() {
                    // Once that is believed it is remembered, and doubted no more.
                    emptied.push(name);
                    remembered.areas.remove(name);
                } else {
                    remembered.areas.insert(area.name.clone());
                }
                coverage.set(name, partition_read(&read));
                tell_missing(name, &read, known, (&mut coverage, &mut observation.remarks));
                remembered.schemas.extend(read.schemas_read);
                let still = read.missing.into_keys().filter(|name| known.schemas.contains(name));
                remembered.schemas.extend(still);
                observation.unread.extend(read.unread);
                observation.drafts.extend(read.drafts);
            }
        }
    }
    if unseen {
        remembered.schemas.extend(known.schemas.iter().cloned());
    }
    let schemas: Vec<&String> = remembered.schemas.iter().take(REMEMBERED_MAX).collect();
    observation.memory = Some(json!({ "areas": remembered.areas, "schemas": schemas }));
    observation.coverage = coverage;
    if !emptied.is_empty() {
        let areas = emptied.join(", ");
        observation.suspicion = Some(format!("the definition of {areas} holds no operation any more"));
    }
    observation
}

fn partition_read(read: &AreaRead) -> PartitionRead {
    if read.odd == 0 {
        PartitionRead::Complete
    } else {
        let reason = format!("operations that cannot be read: {}", read.odd);
        PartitionRead::Partial { reason }
    }
}

/// Says which schemas could not be read. One that never could be, since Ex Libris does not publish it, is a remark and no
/// shortfall: nothing that was known is unknown now.
fn tell_missing(area: &str, read: &AreaRead, known: &Known, (coverage, remarks): (&mut Coverage, &mut Vec<String>)) {
    let (short, never): (BTreeMap<_, _>, BTreeMap<_, _>) = read
        .missing
        .iter()
        .partition(|(name, missing)| missing.passing || known.schemas.contains(*name));
    if !short.is_empty() {
        let reason = format!("the fields of some operations are not known now: {}", named(&short));
        coverage.set(format!("{area} schemas"), PartitionRead::Partial { reason });
    }
    if !never.is_empty() {
        remarks.push(format!("{area}: schemas that cannot be read: {}", named(&never)));
    }
}

/// `rest_job#/rest_job (it does not exist), … and 3 more`.
pub fn named(missing: &BTreeMap<&String, &Missing>) -> String {
    let mut parts: Vec<String> = missing
        .iter()
        .take(NAMED_MAX)
        .map(|(name, missing)| format!("{name} ({})", missing.reason))
        .collect();
    if missing.len() > NAMED_MAX {
        parts.push(format!("and {} more", missing.len() - NAMED_MAX));
    }
    parts.join(", ")
}
