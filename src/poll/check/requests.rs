//! Whether the lists of requests can be read.

use super::{bad, good, remedy};
use crate::config::{BorrowingRequestsSettings, Config, LendingRequestsSettings, Watch};
use crate::exlibris::analytics::{self, FirstLook};
use crate::exlibris::error::Problem;
use crate::exlibris::http::Session;
use crate::model::answer::CheckRow;
use crate::model::watch::SourceKind;
use crate::sources::alma_lending_requests;

/// Whether the task list may be read.
pub(super) async fn lending(watch: &Watch, session: &Session, settings: &LendingRequestsSettings) -> CheckRow {
    let id = watch.id.as_str();
    match alma_lending_requests::inspect(session, settings).await {
        Ok((slice, read)) => {
            let rows = read.rows.len() + read.nameless;
            let detail = format!("the task list can be read: {rows} requests are shown for {slice}");
            good(id, "lending requests", detail)
        }
        Err(error) => {
            let remedy = match error.problem {
                // Which area it is stands in the error.
                Problem::Unauthorized => Some(
                    "Ask for a read-only production key with the areas Task-lists and Configuration in the Developer Network; \
                     where the latter is not given, name the libraries as `libraries` in the [[watch]]."
                        .to_owned(),
                ),
                Problem::Refused | Problem::NotFound => Some(refused_remedy(settings).to_owned()),
                _ => remedy(&error),
            };
            bad(id, "lending requests", error.to_string(), remedy)
        }
    }
}

/// What to do where Alma refuses a library or a status: only what stands in the settings can be corrected there.
fn refused_remedy(settings: &LendingRequestsSettings) -> &'static str {
    match (settings.libraries.is_empty(), settings.statuses.is_empty()) {
        (false, false) => "Look whether the codes in `libraries` and `statuses` of the [[watch]] are right.",
        (false, true) => {
            "Look whether the codes in `libraries` of the [[watch]] are right; if they are, name the statuses that your Alma \
             has as `statuses`."
        }
        (true, false) => "Look whether the codes in `statuses` of the [[watch]] are right.",
        (true, true) => {
            "The library is one that Alma names itself, and the status one that Alma usually has: name statuses that your Alma \
             has as `statuses` in the [[watch]], and if that is refused too, open a case with Ex Libris, with the trackingId."
        }
    }
}

/// Whether there is anything to tell the age of.
pub(super) fn ageing(watch: &Watch, config: &Config) -> CheckRow {
    let id = watch.id.as_str();
    let watched = |kind: SourceKind| {
        config
            .watches
            .iter()
            .any(|other| other.source.kind() == kind && other.institution == watch.institution)
    };
    match (
        watched(SourceKind::AlmaLendingRequests),
        watched(SourceKind::AlmaBorrowingRequests),
    ) {
        (true, true) => good(id, "requests", "lending and borrowing requests are watched".to_owned()),
        (true, false) => good(
            id,
            "requests",
            "lending requests are watched; borrowing requests are not".to_owned(),
        ),
        (false, true) => good(
            id,
            "requests",
            "borrowing requests are watched; lending requests are not".to_owned(),
        ),
        (false, false) => bad(
            id,
            "requests",
            "no requests of this library are watched, so there is nothing to tell the age of".to_owned(),
            Some(
                "Watch alma.lending-requests or alma.borrowing-requests of this library, or take this watch out."
                    .to_owned(),
            ),
        ),
    }
}

/// Whether the Analytics report is there, may be read and has the columns that are wanted.
pub(super) async fn borrowing(watch: &Watch, session: &Session, settings: &BorrowingRequestsSettings) -> CheckRow {
    let id = watch.id.as_str();
    let report = settings.report_of(watch.institution.as_deref().unwrap_or(watch.id.subject()));
    match analytics::first_look(session, &report, &settings.wanted()).await {
        Ok(FirstLook::Fits { without, has_rows }) => {
            let mut detail = "the report is there and has the columns that are needed".to_owned();
            if !without.is_empty() {
                detail.push_str(&format!("; without {}", without.join(", ")));
            }
            if !has_rows {
                detail.push_str("; it shows no requests yet");
            }
            good(id, "report", detail)
        }
        Ok(FirstLook::StillRunning) => {
            let detail = "the report is there; Analytics is still computing it, so its columns are not known yet";
            good(id, "report", detail.to_owned())
        }
        Ok(FirstLook::Empty) => {
            let detail = "the report is there, but it is empty and names no columns, so nothing says whether they fit";
            let remedy = "Open the report in Analytics: if it should show requests, correct its filter; then run almanac \
                          check again.";
            bad(id, "report", detail.to_owned(), Some(remedy.to_owned()))
        }
        Err(error) => {
            let remedy = match error.problem {
                Problem::Unauthorized => Some(
                    "Ask for a read-only production key for the area Analytics in the Developer Network.".to_owned(),
                ),
                Problem::Unfit(_) => Some(
                    "Put it right in the report or in the settings of this watch, then run almanac check again."
                        .to_owned(),
                ),
                _ => remedy(&error),
            };
            bad(id, "report", error.to_string(), remedy)
        }
    }
}
