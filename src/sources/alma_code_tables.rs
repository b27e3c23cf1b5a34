//! `alma.code-tables`: rows of code tables of one institution (ALMA.md §3), one partition a table, key = `TABLE/CODE`.
//!
//! The tables are the vocabulary of what Alma can do: a new row is often the first thing that can be seen of a new
//! feature. Each table comes whole in one answer, so that it is read completely or not at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::alma_partners::{code_of, without_addresses};
use super::{Ask, place};
use crate::compare::normalise::{flag_of, text_of, tidy};
use crate::config::CodeTablesSettings;
use crate::exlibris::alma;
use crate::exlibris::alma_offers::{self, Listed};
use crate::exlibris::error::{CallError, Problem};
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// The tables watched where the configuration names none: those about resource sharing, and those that say what can be
/// connected to Alma (ALMA.md §3).
pub const DEFAULT_TABLES: [&str; 12] = [
    "MandatoryBorrowingWorkflowSteps",
    "OptionalBorrowingWorkflowSteps",
    "MandatoryLendingWorkflowSteps",
    "OptionalLendingWorkflowSteps",
    "PartnerSystemTypes",
    "RequestFormats",
    "LevelOfService",
    "IntegrationTypes",
    "WebhookEvents",
    "ResourceSharingCopyrightsStatus",
    "ResourceSharingRequestSendMethod",
    "JobsApiJobTypes",
];

/// Tables running that may fail before the poll gives up: a server that is down would otherwise be asked for each of them,
/// with all retries.
const FAILURES_RUNNING_MAX: u32 = 2;

/// Asks once: who the key speaks for, then one call a table.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution, no table could be read, or Alma knows none of them. A table
/// that fails among others is said in the coverage.
pub async fn observe(ask: &Ask<'_>, settings: &CodeTablesSettings) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let verified = alma::verify_institution(ask.session, institution).await?.as_bool();
    let mut tables = Tables::default();
    let mut failures_running = 0;
    let mut last_error = None;
    let mut given_up = None;
    for name in tables_of(settings) {
        if let Some(reason) = &given_up {
            tables.fail(name, format!("not asked, since {reason}"));
            continue;
        }
        match alma_offers::code_table(ask.session, name).await {
            Ok(Some(listed)) => {
                failures_running = 0;
                tables.take(name, &listed);
            }
            Ok(None) => {
                failures_running = 0;
                tables.absent(name);
            }
            Err(error) => {
                failures_running += 1;
                let is_hopeless = matches!(
                    error.problem,
                    Problem::Unauthorized | Problem::NoKey(_) | Problem::BudgetSpent(_)
                );
                if is_hopeless || failures_running >= FAILURES_RUNNING_MAX {
                    given_up = Some(error.problem.to_string());
                }
                tables.fail(name, error.to_string());
                last_error = Some(error);
            }
        }
    }
    if !tables.read_anything() {
        let none_known = || {
            let reason = "Alma knows none of the code tables of this watch; correct `tables`".to_owned();
            CallError::ours(
                &format!("reading the code tables of {institution}"),
                Problem::Implausible(reason),
            )
        };
        return Err(last_error.unwrap_or_else(none_known));
    }
    Ok(Observation {
        verified,
        ..tables.finish()
    })
}

/// The tables that a watch of these settings is about, in the order in which they are asked for.
pub fn tables_of(settings: &CodeTablesSettings) -> Vec<&str> {
    if settings.tables.is_empty() {
        DEFAULT_TABLES.to_vec()
    } else {
        settings.tables.iter().map(String::as_str).collect()
    }
}

/// The record of one row: its code, its label and two flags; never who changed it when. `None` where it names no code.
///
/// A row without `enabled` is enabled, one without `default` is not the default (rest_code_table.json).
pub fn record_of(table: &str, row: &Value) -> Option<Draft> {
    let code = code_of(row.get("code")?)?;
    let label = row.get("description").and_then(text_of);
    let flag = |name: &str| row.get(name).and_then(flag_of);
    let body = json!({
        "table": table,
        "code": code,
        "description": label.map(|label| without_addresses(&label)),
        "enabled": flag("enabled").unwrap_or(true),
        "default": flag("default").unwrap_or(false),
    });
    Some(Draft {
        partition: table.to_owned(),
        identity: Identity::Key(format!("{table}/{code}")),
        body: tidy(body),
    })
}

/// The tables as they come in. Pure.
#[derive(Debug, Default)]
pub struct Tables {
    drafts: Vec<Draft>,
    coverage: Coverage,
    remarks: Vec<String>,
}

impl Tables {
    /// Takes the rows of a table that was read. Of two rows with one code the same one is kept whichever came first.
    pub fn take(&mut self, name: &str, listed: &Listed) {
        let mut rows: BTreeMap<String, Draft> = BTreeMap::new();
        let mut nameless = 0_u32;
        for row in &listed.rows {
            let Some(draft) = record_of(name, row) else {
                nameless += 1;
                continue;
            };
            place(&mut rows, draft);
        }
        self.drafts.extend(rows.into_values());
        let read = if nameless == 0 {
            PartitionRead::Complete
        } else {
            let reason = format!("{nameless} rows name no code and cannot be followed");
            self.remarks.push(format!("{name}: {reason}"));
            PartitionRead::Partial { reason }
        };
        self.coverage.set(name, read);
    }

    /// Notes that Alma knows no such table.
    pub fn absent(&mut self, name: &str) {
        self.remarks.push(format!("Alma knows no code table {name}"));
        self.coverage.set(name, PartitionRead::Absent);
    }

    /// Notes why a table could not be read.
    pub fn fail(&mut self, name: &str, reason: String) {
        self.coverage.set(name, PartitionRead::Failed { reason });
    }

    /// Whether at least one table was read.
    pub fn read_anything(&self) -> bool {
        self.coverage.read_anything()
    }

    /// What was seen. `verified` is left open.
    pub fn finish(self) -> Observation {
        Observation {
            drafts: self.drafts,
            coverage: self.coverage,
            remarks: self.remarks,
            ..Observation::default()
        }
    }
}
