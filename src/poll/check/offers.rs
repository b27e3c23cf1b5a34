//! Whether what Alma offers can be read: one cheap call a watch.

use super::{bad, good, remedy};
use crate::config::{CodeTablesSettings, Watch};
use crate::exlibris::alma;
use crate::exlibris::alma_offers;
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::Session;
use crate::model::answer::CheckRow;
use crate::sources::alma_code_tables;

/// The first table stands for all, where the default ones are watched; those that a person named are all asked for, since
/// a name may be wrong.
pub(super) async fn code_tables(watch: &Watch, session: &Session, settings: &CodeTablesSettings) -> CheckRow {
    let (id, what) = (watch.id.as_str(), "code tables");
    let tables = alma_code_tables::tables_of(settings);
    let asked = if settings.tables.is_empty() { 1 } else { tables.len() };
    let mut unknown = Vec::new();
    let mut rows = 0;
    for name in &tables[..asked] {
        match alma_offers::code_table(session, name).await {
            Ok(Some(listed)) => rows += listed.rows.len(),
            Ok(None) => unknown.push(*name),
            Err(error) => return unreadable(id, what, &error),
        }
    }
    if unknown.is_empty() {
        let detail = match (asked, tables.len()) {
            (1, all) if all > 1 => format!("{} can be read ({rows} rows), the first of {all} tables", tables[0]),
            (_, all) => format!("{all} tables can be read ({rows} rows)"),
        };
        return good(id, what, detail);
    }
    bad(
        id,
        what,
        format!("Alma knows no code table {}", unknown.join(", ")),
        Some("Look the names up in Alma's list of code tables and correct `tables`.".to_owned()),
    )
}

pub(super) async fn letters(watch: &Watch, session: &Session) -> CheckRow {
    let (id, what) = (watch.id.as_str(), "letters");
    match alma_offers::letters(session).await {
        Ok(listed) => good(id, what, format!("{} letters can be read", listed.rows.len())),
        Err(error) => unreadable(id, what, &error),
    }
}

pub(super) async fn integration_profiles(watch: &Watch, session: &Session) -> CheckRow {
    let (id, what) = (watch.id.as_str(), "integration profiles");
    match alma_offers::integration_profiles_page(session, 0, 1).await {
        Ok(page) => {
            let total = page
                .total
                .map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string());
            good(id, what, format!("{total} integration profiles can be read"))
        }
        Err(error) => unreadable(id, what, &error),
    }
}

/// Says too which environment it is: a sandbox is not what patrons and staff work with.
pub(super) async fn general(watch: &Watch, session: &Session) -> CheckRow {
    let (id, what) = (watch.id.as_str(), "what Alma says of itself");
    let institution = watch.institution.as_deref().unwrap_or(watch.id.subject());
    let asked = match alma::general(session).await {
        Ok(general) => alma::match_institution(general.institution.as_deref(), institution).map(|()| general),
        Err(error) => Err(error),
    };
    match asked {
        Ok(general) => match (general.institution, general.environment.as_deref()) {
            (None, _) => bad(id, what, "Alma names no institution".to_owned(), None),
            (Some(named), Some(environment)) if environment.eq_ignore_ascii_case("production") => {
                good(id, what, format!("the key speaks for the production Alma of {named}"))
            }
            (Some(named), Some(environment)) => good(
                id,
                what,
                format!("the key speaks for the {environment} of {named}: not what patrons and staff work with"),
            ),
            (Some(named), None) => good(
                id,
                what,
                format!("the key speaks for {named}; Alma does not say which environment"),
            ),
        },
        Err(error) => unreadable(id, what, &error),
    }
}

fn unreadable(id: &str, what: &str, error: &CallError) -> CheckRow {
    let remedy = match error.problem {
        Problem::Unauthorized => {
            Some("Ask for a read-only production key for the area Configuration in the Developer Network.".to_owned())
        }
        _ => remedy(error),
    };
    bad(id, what, error.to_string(), remedy)
}
