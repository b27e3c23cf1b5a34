//! Whether API definitions can be read. The files are public, and how many of them there are only reading them shows.

use std::collections::{BTreeMap, BTreeSet};

use super::{bad, good};
use crate::config::{ApiDefinitionsSettings, Watch};
use crate::model::answer::CheckRow;
use crate::sources::Ask;
use crate::sources::api_definitions::{self, Found, Missing, named};

/// One row: the areas with their operations, and the schemas that cannot be read.
pub(super) async fn row(ask: &Ask<'_>, watch: &Watch, settings: &ApiDefinitionsSettings) -> CheckRow {
    let gathered = api_definitions::gather(ask, settings).await;
    let (mut areas, mut absent, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let mut operations = 0;
    let mut schemas: BTreeSet<String> = BTreeSet::new();
    let mut missing: BTreeMap<String, Missing> = BTreeMap::new();
    for area in &gathered.areas {
        let name = area.name.as_str();
        match &area.found {
            Found::Absent => absent.push(name),
            Found::Failed(error) => failed.push(format!("{name}: {error}")),
            Found::File(file) => {
                match api_definitions::read_area(name, &settings.product, &file.body, &file.url, &gathered.files) {
                    Err(reason) => failed.push(format!("{name}: {reason}")),
                    Ok(read) => {
                        areas.push(format!("{name} {}", read.drafts.len()));
                        operations += read.drafts.len();
                        schemas.extend(read.schemas_read);
                        missing.extend(read.missing);
                    }
                }
            }
        }
    }
    let mut detail = format!(
        "{} read, {} ({}), {}",
        many(areas.len(), "area"),
        many(operations, "operation"),
        areas.join(", "),
        many(schemas.len(), "schema")
    );
    if !absent.is_empty() {
        detail.push_str(&format!("; not published: {}", absent.join(", ")));
    }
    if !missing.is_empty() {
        let all: BTreeMap<&String, &Missing> = missing.iter().collect();
        detail.push_str(&format!(
            "; {} cannot be read: {}",
            many(all.len(), "schema"),
            named(&all)
        ));
    }
    let (id, check) = (watch.id.as_str(), "API definitions");
    if areas.is_empty() {
        detail = "no area can be read".to_owned();
        if !absent.is_empty() {
            detail.push_str(&format!("; not published: {}", absent.join(", ")));
        }
    }
    if failed.is_empty() && !areas.is_empty() {
        return good(id, check, detail);
    }
    if !failed.is_empty() {
        detail.push_str(&format!("; {}", failed.join("; ")));
    }
    let remedy = "Open the address in a browser. If Ex Libris has moved the definitions, correct `address`; if an area has \
                  another name, correct `areas`.";
    bad(id, check, detail, Some(remedy.to_owned()))
}

/// `1 area`, `2 areas`.
fn many(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
