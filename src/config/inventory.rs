//! The catalogue of collaborations: the table `[inventory]`, and the files that it names. The program only ever reads them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::collaborations::entries;
use super::mistake::{Mistake, Mistakes};
use super::reader::{Reader, Table};
use super::{Inventory, read_bounded};
use crate::model::collaboration::Collaboration;

/// The catalogue that comes with the program.
pub const BUILT_IN: &str = include_str!("../../config/collaborations.toml");
/// What the entries of it say of where they stand.
const BUILT_IN_PLACE: &str = "the program’s own catalogue";

/// The table `[inventory]`.
pub(super) fn inventory(root: &Table) -> Inventory {
    let Some(table) = root.table("inventory") else {
        return Inventory::default();
    };
    let inventory = Inventory {
        catalogue: table.text("catalogue").map(|path| PathBuf::from(path.value)),
        more: table
            .texts("more")
            .into_iter()
            .map(|path| PathBuf::from(path.value))
            .collect(),
    };
    table.done();
    inventory
}

/// Reads the catalogue. `settings` is only named in messages.
///
/// # Errors
/// [`Mistakes`] of the first file that has any.
pub(super) fn collaborations(inventory: &Inventory, settings: &Path) -> Result<Vec<Collaboration>, Mistakes> {
    let mut all = Vec::new();
    let mut places = BTreeMap::new();
    match &inventory.catalogue {
        None => add(BUILT_IN, Path::new(BUILT_IN_PLACE), &mut all, &mut places)?,
        Some(path) => add(&text_of(path, settings)?, path, &mut all, &mut places)?,
    }
    for path in &inventory.more {
        add(&text_of(path, settings)?, path, &mut all, &mut places)?;
    }
    Ok(all)
}

/// Adds the entries of a file to those read so far. `places` says of each id where it stands.
pub(super) fn add(
    text: &str,
    path: &Path,
    all: &mut Vec<Collaboration>,
    places: &mut BTreeMap<String, String>,
) -> Result<(), Mistakes> {
    let from = path.display().to_string();
    let ((), list) = Reader::read(text, false, |root| entries(root, &from, all, places));
    if list.is_empty() {
        return Ok(());
    }
    Err(Mistakes {
        path: path.to_owned(),
        list,
    })
}

fn text_of(path: &Path, settings: &Path) -> Result<String, Mistakes> {
    read_bounded(path).map_err(|(wrong, _)| Mistakes {
        path: path.to_owned(),
        list: vec![Mistake {
            line: 0,
            column: 0,
            place: "the catalogue of collaborations".to_owned(),
            wrong,
            instead: format!(
                "Correct [inventory] in {}; relative paths start at the working directory",
                settings.display()
            ),
        }],
    })
}
