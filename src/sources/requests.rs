//! What lending and borrowing requests have in common: the records are counts, one record a library and status.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::meaning::requests::FEW;
use crate::model::observation::{Draft, Identity};
use crate::model::request::SeenRequest;

/// Why a watch of requests stops, and what to do.
pub const NO_HASHING_KEY: &str = "the key for request ids, a file beside the database whose name ends in .request-key, \
                                  cannot be used; the log says why: put it right and start Almanac again";

/// Counts by library and status, then by partner and format.
#[derive(Debug, Default)]
pub struct Counts(BTreeMap<(String, String), BTreeMap<String, BTreeMap<String, u64>>>);

impl Counts {
    /// Makes sure that the cell is there, if only with nothing in it: a status that empties is a count of nothing, not a
    /// record that is gone.
    pub fn expect(&mut self, library: &str, status: &str) {
        self.0.entry((library.to_owned(), status.to_owned())).or_default();
    }

    /// Counts one request in its cell.
    pub fn add(&mut self, request: &SeenRequest) {
        let cell = (request.library.clone(), request.status.clone());
        *self
            .0
            .entry(cell)
            .or_default()
            .entry(request.partner.clone())
            .or_default()
            .entry(request.format.clone())
            .or_default() += 1;
    }

    /// The cells that are counted, as library and status.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .keys()
            .map(|(library, status)| (library.as_str(), status.as_str()))
    }

    /// One record a cell, its key `LIBRARY/STATUS`; `partition_of` names the part in which a cell is read. Versions are kept
    /// for ever, so partners and formats are in it only where there are at least [`FEW`]: smaller numbers could point to a
    /// reader, and from version to version to a single request. The rest of `total` is with partners that are not named.
    pub fn drafts(&self, partition_of: impl Fn(&str, &str) -> String) -> Vec<Draft> {
        let draft = |((library, status), partners): (&(String, String), &BTreeMap<_, BTreeMap<String, u64>>)| {
            let total: u64 = partners.values().flat_map(BTreeMap::values).sum();
            let partners: Map<String, Value> = partners
                .iter()
                .filter_map(|(partner, formats): (&String, _)| {
                    let told: BTreeMap<&String, &u64> = formats.iter().filter(|(_, count)| **count >= FEW).collect();
                    (!told.is_empty()).then(|| (partner.clone(), json!(told)))
                })
                .collect();
            Draft {
                partition: partition_of(library, status),
                identity: Identity::Key(format!("{library}/{status}")),
                body: json!({ "library": library, "status": status, "total": total, "partners": partners }),
            }
        };
        self.0.iter().map(draft).collect()
    }
}
