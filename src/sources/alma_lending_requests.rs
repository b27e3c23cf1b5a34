//! `alma.lending-requests`: how many requests other libraries sent to one institution, by library and status, then by
//! partner and format (ALMA.md §3, §5b, §12); key = `LIBRARY/STATUS`. Single requests are followed as keyed hashes.
//!
//! The allow-list stands in [`crate::exlibris::alma_requests`]: status, partner, format, owning library, two times, and
//! the id, which is hashed here. The task list has no pages and shows at most a hundred rows, so it is cut by library and
//! status, and where a slice is still full, by partner and by format ([`sweep`]). A slice that is full at the finest cut
//! is named as unread, and its library and status are never taken for whole.
//!
//! What it costs: one call for every library and status, and for every full one a call for each partner (with more than
//! forty partners: for each format first). Five libraries with 12 statuses take 60 calls, with the 39 statuses that are
//! tried where nobody chose any 195; the limit of 500 calls a poll leaves room for a dozen cuts by 25 partners beside them,
//! and what does not fit is read at the next poll. The lists to cut by are read once a day.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Ask;
use crate::config::LendingRequestsSettings;
use crate::exlibris::alma::{self, PARTNERS_PER_PAGE_MAX, Verification};
use crate::exlibris::alma_requests::{self, LendingRow, LendingRows, Slice};
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::Session;
use crate::model::observation::Observation;
use crate::model::request::{RequestsSeen, SeenRequest, Side};
use crate::model::request_status::STATUSES;
use crate::pseudonym::Pseudonyms;
use memory::{Dated, LIST_GOOD_FOR, List, Memory};
use reading::{Answer, Dimension};
use sweep::outcome::Swept;
use sweep::{Failure, Step, Sweep};

pub mod memory;
pub mod reading;
pub mod sweep;

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// A sweep that takes longer ends and goes on at the next poll: well before the poll is given up, and all that it read
/// with it. One call may take two minutes with all its attempts.
const SWEEP_TIME_MAX: Duration = Duration::from_mins(7);
/// Pages of partners read to cut by: two thousand. With more of them no poll has the calls for a single cut.
const PARTNER_PAGES_MAX: u32 = 20;
/// Statuses asked for where nobody chose them. The workflow tables and our own list have some sixty together.
const STATUSES_MAX: usize = 80;
/// The workflow tables that name the statuses of lending requests (ALMA.md §5c).
const STATUS_TABLES: [&str; 2] = ["MandatoryLendingWorkflowSteps", "OptionalLendingWorkflowSteps"];
/// The table that names the formats (ALMA.md §3).
const FORMAT_TABLE: &str = "RequestFormats";
/// Formats that every Alma has, whether or not the key may read the table.
const FORMATS: [&str; 3] = ["PHYSICAL", "PHYSICAL_NON_RETURNABLE", "DIGITAL"];

/// Asks once: who the key speaks for, what there is to be cut by, then slice after slice, those first that were read
/// longest ago.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution, may not read the task list, or where nobody says which
/// libraries there are. Slices that fail are told in the coverage.
pub async fn observe(ask: &Ask<'_>, settings: &LendingRequestsSettings) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let Some(pseudonyms) = ask.pseudonyms else {
        let reason = super::requests::NO_HASHING_KEY.to_owned();
        return Err(CallError::ours(ask.watch.id.as_str(), Problem::NoKey(reason)));
    };
    let verified = match alma::verify_institution(ask.session, institution).await? {
        Verification::Verified => Some(true),
        Verification::Unverified => None,
    };
    let mut remarks = Vec::new();
    let mut memory = Memory::read(ask.memory);
    let libraries = libraries(ask, settings, &mut memory, &mut remarks).await?;
    let statuses = statuses(ask, settings, &mut memory, &mut remarks).await;
    let mut sweep = Sweep::new(
        ask.now,
        &libraries,
        &statuses,
        !settings.statuses.is_empty(),
        memory,
        ask.session.calls_left(),
    );
    let began = ask.session.now();
    loop {
        if ask.session.now().since(began) > SWEEP_TIME_MAX {
            sweep.stop(format!(
                "the time for one poll, {} minutes, is over",
                SWEEP_TIME_MAX.as_secs() / 60
            ));
        }
        match sweep.next(ask.session.calls_left()) {
            Step::End => break,
            Step::ReadList(dimension) => {
                let (list, lasting) = match dimension {
                    Dimension::Partner => read_partners(ask).await,
                    Dimension::Format => read_formats(ask).await,
                };
                sweep.learn(dimension, list, lasting);
            }
            Step::Ask(slice) => match alma_requests::lending_requests(ask.session, &slice).await {
                Ok(rows) => sweep.answered(hashed(rows, &slice, pseudonyms, institution)),
                Err(error) if sweep.read_nothing() && concerns_the_key(&error) => return Err(error),
                Err(error) => sweep.failed(failure(&error)),
            },
        }
    }
    let Swept {
        drafts,
        coverage,
        rows,
        whole,
        hidden_with,
        memory,
        refused,
    } = sweep.finish();
    if !refused.is_empty() {
        remarks.push(format!(
            "Alma knows no such status: {}; it is asked again in a week",
            refused.join(", ")
        ));
    }
    Ok(Observation {
        drafts,
        coverage,
        verified,
        remarks,
        requests: Some(RequestsSeen {
            side: Side::Lending,
            key_id: pseudonyms.key_id(),
            former_key_id: pseudonyms.former_key_id(),
            rows,
            whole,
            hidden_with,
        }),
        memory: memory.write(),
        ..Observation::default()
    })
}

/// One call (two, where no libraries are chosen) that shows whether the task list can be read: the slice asked for, and
/// what is in it.
///
/// # Errors
/// [`CallError`], as [`observe`].
pub async fn inspect(session: &Session, settings: &LendingRequestsSettings) -> Result<(Slice, LendingRows), CallError> {
    let library = match settings.libraries.first() {
        Some(library) => Some(library.clone()),
        None => alma_requests::lending_libraries(session).await?.into_iter().next(),
    };
    let Some(library) = library else {
        let reason = "no library takes part in resource sharing, as Alma says".to_owned();
        return Err(CallError::ours(
            "looking for a library that lends",
            Problem::Implausible(reason),
        ));
    };
    let known = STATUSES.iter().find(|status| status.lending.is_some());
    let slice = Slice {
        library,
        status: settings
            .statuses
            .first()
            .cloned()
            .or_else(|| known.map(|status| status.code.to_owned()))
            .unwrap_or_default(),
        partner: None,
        format: None,
    };
    let rows = alma_requests::lending_requests(session, &slice).await?;
    Ok((slice, rows))
}

/// The configured ones, else those of which Alma says that they take part in resource sharing.
async fn libraries(
    ask: &Ask<'_>,
    settings: &LendingRequestsSettings,
    memory: &mut Memory,
    remarks: &mut Vec<String>,
) -> Result<Vec<String>, CallError> {
    if !settings.libraries.is_empty() {
        return Ok(settings.libraries.clone());
    }
    if let Some(fresh) = memory
        .libraries
        .as_ref()
        .and_then(|known| known.fresh(ask.now, LIST_GOOD_FOR))
    {
        return Ok(fresh.clone());
    }
    match alma_requests::lending_libraries(ask.session).await {
        Ok(libraries) => {
            if libraries.is_empty() {
                remarks.push("no library takes part in resource sharing, as Alma says".to_owned());
            }
            memory.libraries = Some(dated(ask, libraries.clone()));
            Ok(libraries)
        }
        Err(error) => match &memory.libraries {
            Some(old) if !concerns_the_key(&error) => {
                remarks.push(format!("the libraries are those of {}: {error}", old.at));
                Ok(old.what.clone())
            }
            _ => Err(error),
        },
    }
}

/// The configured ones, else all that are known, from the workflow tables and from our own list.
async fn statuses(
    ask: &Ask<'_>,
    settings: &LendingRequestsSettings,
    memory: &mut Memory,
    remarks: &mut Vec<String>,
) -> Vec<String> {
    if !settings.statuses.is_empty() {
        return settings.statuses.clone();
    }
    if memory
        .statuses
        .as_ref()
        .is_none_or(|known| known.fresh(ask.now, LIST_GOOD_FOR).is_none())
    {
        let mut codes = Vec::new();
        let mut passing = false;
        for table in STATUS_TABLES {
            match alma_requests::code_table(ask.session, table).await {
                Ok(found) => codes.extend(found),
                Err(error) => passing |= may_pass(&error),
            }
        }
        if !passing || memory.statuses.is_none() && !codes.is_empty() {
            memory.statuses = Some(dated(ask, codes));
        }
    }
    let told = memory
        .statuses
        .iter()
        .flat_map(|known| known.what.iter().map(String::as_str));
    let ours = STATUSES
        .iter()
        .filter(|status| status.lending.is_some())
        .map(|status| status.code);
    // A label with blanks is what people call a status whose code nobody has told us.
    let all: BTreeSet<&str> = ours
        .chain(told)
        .filter(|code| !code.contains(char::is_whitespace))
        .collect();
    if all.len() > STATUSES_MAX {
        remarks.push(format!(
            "of {} statuses only {STATUSES_MAX} are asked for; choose them as `statuses`",
            all.len()
        ));
    }
    all.into_iter().take(STATUSES_MAX).map(str::to_owned).collect()
}

/// The codes of the formats, to cut by, and whether tomorrow is soon enough to ask again.
async fn read_formats(ask: &Ask<'_>) -> (List, bool) {
    let (told, lasting) = match alma_requests::code_table(ask.session, FORMAT_TABLE).await {
        Ok(codes) => (codes, true),
        Err(error) => (Vec::new(), !may_pass(&error)),
    };
    let codes = FORMATS.iter().map(|code| (*code).to_owned()).chain(told).collect();
    (List { codes, doubt: None }, lasting)
}

/// The codes of the partners, to cut by, and whether tomorrow is soon enough to ask again. Every reason to think that some
/// are missing is kept with them.
async fn read_partners(ask: &Ask<'_>) -> (List, bool) {
    let mut list = List::default();
    let mut rows = 0;
    for page in 0..PARTNER_PAGES_MAX {
        let offset = page * PARTNERS_PER_PAGE_MAX;
        let found = match alma::partners_page(ask.session, offset, PARTNERS_PER_PAGE_MAX).await {
            Ok(found) => found,
            Err(error) => {
                list.doubt = Some(format!("the list of partners to cut by is not whole: {error}"));
                return (list, !may_pass(&error));
            }
        };
        rows += found.partners.len() as u64;
        list.codes.extend(alma_requests::partner_codes(&found.partners));
        let codes = list.codes.len() as u64;
        match found.total {
            Some(total) if rows >= total => {
                list.doubt = (codes != total).then(|| {
                    format!("the list of partners to cut by is not whole: {codes} codes where Alma counts {total}")
                });
                let lasting = list.doubt.is_none();
                return (list, lasting);
            }
            Some(_) if found.partners.len() as u64 == u64::from(PARTNERS_PER_PAGE_MAX) => {}
            _ => break,
        }
    }
    list.doubt = Some(format!(
        "the list of partners to cut by is not whole: it broke off after {rows}"
    ));
    (list, false)
}

fn dated<T>(ask: &Ask<'_>, what: T) -> Dated<T> {
    Dated { at: ask.now, what }
}

/// Puts hashes in the place of ids; what a row leaves open, the slice says.
fn hashed(answer: LendingRows, slice: &Slice, keys: &Pseudonyms, institution: &str) -> Answer {
    let or = |text: String, otherwise: Option<&String>| {
        if text.is_empty() {
            otherwise.cloned().unwrap_or_default()
        } else {
            text
        }
    };
    let seen = |row: LendingRow| SeenRequest {
        hash: keys.hash(institution, &row.request_id),
        former_hash: keys.former_hash(institution, &row.request_id),
        status: or(row.status, Some(&slice.status)),
        status_label: None,
        partner: or(row.partner, slice.partner.as_ref()),
        format: or(row.format, slice.format.as_ref()),
        library: or(row.owner, Some(&slice.library)),
        created: row.created,
        modified: row.modified,
    };
    Answer {
        nameless: answer.nameless,
        total: answer.total,
        rows: answer.rows.into_iter().map(seen).collect(),
    }
}

/// Whether every further call would end like this one, for want of a key that may.
fn concerns_the_key(error: &CallError) -> bool {
    matches!(error.problem, Problem::Unauthorized | Problem::NoKey(_))
}

/// Whether it may be otherwise in an hour. A key that may not read a list, or a list that is not there, will be no
/// different; other lists have to do.
fn may_pass(error: &CallError) -> bool {
    !matches!(
        error.problem,
        Problem::Unauthorized | Problem::NotFound | Problem::Refused
    )
}

/// What a failure says of the slices to come. "No result" (40166450) may well be what Alma says of an empty slice, but nobody
/// has seen that here; a slice taken for empty would close requests that are there, so it stays unread (ALMA.md §4).
fn failure(error: &CallError) -> Failure {
    match &error.problem {
        Problem::BudgetSpent(_) | Problem::TooFast(_) | Problem::Unauthorized | Problem::NoKey(_) => {
            Failure::Stop(error.to_string())
        }
        _ if error.refuses_a_value() => Failure::Refused(error.to_string()),
        problem if problem.concerns_all_calls() => Failure::Failed(error.to_string()),
        _ => Failure::Unread(error.to_string()),
    }
}
