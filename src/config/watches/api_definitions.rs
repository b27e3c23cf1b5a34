//! The watches of Ex Libris' API definitions, which are public.

use super::{
    FOR_INSTITUTIONS, FOR_RELEASE_NOTES, FOR_VIEWS, Subject, alma, check_address, host, is_short_name, subject_name,
};
use crate::config::mistake::shown;
use crate::config::reader::Table;
use crate::config::{ApiDefinitionsSettings, ExLibrisSettings, SourceSettings};

/// Alma's API has nine areas; others of Ex Libris' products have fewer.
const MOST_AREAS: usize = 50;
/// Whose API it is if the file does not say.
const PRODUCT: &str = "Alma";

/// The one subject of a table.
pub(super) fn subject(table: &Table, exlibris: Option<&ExLibrisSettings>) -> Option<Subject> {
    const KIND: &str = "api-definitions";
    table.without_meaning(&FOR_INSTITUTIONS, "API definitions, which are public");
    table.without_meaning(&FOR_VIEWS, KIND);
    alma::without_meaning_for(table, KIND);
    // Subject and product mean the same as for release notes.
    let others: Vec<&'static str> = FOR_RELEASE_NOTES
        .into_iter()
        .filter(|key| !["subject", "product"].contains(key))
        .collect();
    table.without_meaning(&others, KIND);

    let subject = subject_name(table, "\"alma\" (the watch is then called api-definitions/alma)");
    let product = table.text("product").map(|product| product.value);
    let address = table.text("address");
    if let Some(address) = &address {
        let network = host(exlibris.map(|settings| &settings.developer_network));
        let placeholders = [("area", "conf".to_owned()), ("developer_network", network)];
        if let Err((wrong, instead)) = check_address(&address.value, &placeholders) {
            table.wrong("address", address.at, wrong, instead);
        } else if !address.value.contains("{area}") {
            let wrong = "the address does not say where the area stands in it";
            table.wrong("address", address.at, wrong, "Write {area} in its place");
        }
    }
    let areas = areas(table);
    Some(Subject {
        name: subject?,
        key: "subject",
        institution: None,
        source: SourceSettings::ApiDefinitions(ApiDefinitionsSettings {
            product: product.unwrap_or_else(|| PRODUCT.to_owned()),
            areas,
            address: address.map(|address| address.value),
        }),
    })
}

/// The areas named, each once. A name stands in the address that is asked.
fn areas(table: &Table) -> Vec<String> {
    let named = table.texts("areas");
    if named.len() > MOST_AREAS {
        let wrong = format!("more than {MOST_AREAS} areas are given");
        table.wrong("areas", table.at("areas"), wrong, "Make two watches of it");
    }
    let mut areas: Vec<String> = Vec::new();
    for area in named {
        if !is_short_name(&area.value) {
            let instead = "Write it as the addresses of the Developer Network have it, for example \"partners\"";
            let wrong = format!("{} is no name of an area", shown(&area.value));
            table.wrong("areas", area.at, wrong, instead);
        } else if !areas.contains(&area.value) {
            areas.push(area.value);
        }
    }
    areas
}
