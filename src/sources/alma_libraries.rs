//! `alma.libraries`: the libraries of one institution, key = library code, and for those that take part in resource sharing
//! their hours ahead, key = `CODE/hours` (ALMA.md §3).
//!
//! Hours are a partition a library: what Alma says of one that is not understood leaves the others, and the libraries
//! themselves, usable.

pub mod hours;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::Ask;
use super::alma_partners::{code_of, without_addresses};
use crate::compare::normalise::{flag_of, text_of, tidy};
use crate::config::LibrariesSettings;
use crate::exlibris::alma::{self, Verification};
use crate::exlibris::alma_conf::{self, OpenDays, Rows};
use crate::exlibris::error::{CallError, Problem};
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};
use crate::model::open_hours::after;
use hours::{NotKnown, Week, Window};

/// Of the allow-list and normaliser in this file and in `hours`.
pub const SHAPE_VERSION: u32 = 1;

/// The partition of the libraries themselves.
pub const PARTITION: &str = "libraries";

/// Kept of a library beside its code, its name and whether it takes part in resource sharing. All else is dropped, above
/// all descriptions, the proxy and links.
const CODES: &[&str] = &["path", "campus"];

/// Libraries whose hours are read at most. Three calls each at the usual horizon stay well under what one poll may call.
pub const HOURS_LIBRARIES_MAX: usize = 100;
/// Libraries in a row whose hours cannot be read, after which the rest is not asked any more: the service is down, and
/// every further call would wait for it.
const FAILURES_MAX: u32 = 2;
/// Long gaps of one library whose middle week is asked for by itself.
const GAPS_ASKED_MAX: usize = 3;

/// Asks once: who the key speaks for, the libraries, then the hours of each that takes part in resource sharing.
///
/// # Errors
/// [`CallError`] where the key speaks for another institution or the libraries could not be read.
pub async fn observe(ask: &Ask<'_>, settings: &LibrariesSettings) -> Result<Observation, CallError> {
    let institution = ask.watch.institution.as_deref().unwrap_or(ask.watch.id.subject());
    let verified = match alma::verify_institution(ask.session, institution).await? {
        Verification::Verified => Some(true),
        Verification::Unverified => None,
    };
    let mut observation = observation_of(&alma_conf::libraries(ask.session).await?);
    observation.verified = verified;

    let today = ask.now.datetime().with_timezone(&ask.zone).date_naive();
    let window = Window::of(today, settings.days_ahead);
    let before = remembered(ask.memory);
    let mut weeks = before.clone();
    let sharing = sharing_libraries(&observation.drafts);
    let mut failures = 0;
    for (number, (code, name)) in sharing.iter().enumerate() {
        let partition = format!("hours/{code}");
        if number >= HOURS_LIBRARIES_MAX {
            let reason =
                format!("more than {HOURS_LIBRARIES_MAX} libraries take part; the hours of the rest are not asked");
            observation.coverage.set(partition, PartitionRead::Failed { reason });
            continue;
        }
        if failures >= FAILURES_MAX {
            let reason = format!("not asked, as the hours of {FAILURES_MAX} libraries before it could not be read");
            observation.coverage.set(partition, PartitionRead::Failed { reason });
            continue;
        }
        let read = match hours_of(ask, code, &window).await {
            Ok(Ok(states)) => {
                failures = 0;
                let calendar = hours::calendar(name, &window, &states, before.get(code));
                observation.drafts.push(Draft {
                    partition: partition.clone(),
                    identity: Identity::Key(format!("{code}/hours")),
                    body: tidy(json!(calendar)),
                });
                weeks.insert(code.clone(), calendar.usual);
                PartitionRead::Complete
            }
            // The library that only lends its name to resource sharing has no hours of its own: nothing is missing.
            Ok(Err(NotKnown::NothingListed)) if !before.contains_key(code) => {
                failures = 0;
                observation.remarks.push(format!("Alma lists no open hours of {code}"));
                PartitionRead::Complete
            }
            Ok(Err(not_known)) => {
                failures = 0;
                PartitionRead::Partial {
                    reason: not_known.reason(),
                }
            }
            Err(error) => {
                failures = if error.problem.concerns_all_calls() {
                    failures + 1
                } else {
                    0
                };
                PartitionRead::Failed {
                    reason: error.to_string(),
                }
            }
        };
        observation.coverage.set(partition, read);
    }
    if observation.coverage.is_complete(PARTITION) {
        // Hours of a library that is gone, or takes no part any more, are gone with it.
        weeks.retain(|code, _| {
            let stays = sharing.contains_key(code);
            if !stays {
                observation
                    .coverage
                    .set(format!("hours/{code}"), PartitionRead::Complete);
            }
            stays
        });
    }
    observation.memory = Some(json!({ "usual": weeks }));
    Ok(observation)
}

/// The state of each day in the window, or why it is not known.
async fn hours_of(
    ask: &Ask<'_>,
    code: &str,
    window: &Window,
) -> Result<Result<BTreeMap<NaiveDate, String>, NotKnown>, CallError> {
    let mut listed = BTreeMap::new();
    for (from, to) in window.pieces() {
        let OpenDays { days, undated } = alma_conf::open_days(ask.session, code, from, to).await?;
        if undated > 0 {
            let reason = format!("{undated} days that Alma lists have no date that is understood; please report it");
            return Ok(Err(NotKnown::Unclear(reason)));
        }
        listed.extend(days.into_iter().filter(|(day, _)| (from..=to).contains(day)));
    }
    let mut asked_alone = BTreeSet::new();
    loop {
        let states = hours::states(window, &listed, &asked_alone);
        let Err(NotKnown::LongGap(from, to)) = states else {
            return Ok(states);
        };
        // An answer that was cut off would list the days in the middle of the gap when they are asked for by themselves.
        let middle = after(from, (to - from).num_days().unsigned_abs() / 2 - hours::WEEK / 2);
        let week_end = after(middle, hours::WEEK - 1);
        if asked_alone.len() >= GAPS_ASKED_MAX {
            return Ok(states);
        }
        let again = alma_conf::open_days(ask.session, code, middle, week_end).await?;
        let lists_any = again.undated > 0 || again.days.range(middle..=week_end).next().is_some();
        if lists_any {
            return Ok(states);
        }
        asked_alone.insert(middle);
    }
}

/// The libraries of an answer, and the coverage that it earned. Pure.
pub fn observation_of(answer: &Rows) -> Observation {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut doubts = Vec::new();
    let mut nameless = 0_u32;
    let mut repeated = 0_u32;
    for row in &answer.rows {
        let Some((code, draft)) = record_of(row) else {
            nameless += 1;
            continue;
        };
        match drafts.get(&code) {
            // Of two records with one code the same one is kept whichever came first.
            Some(known) => {
                repeated += 1;
                let (new_text, known_text) = (draft.body.to_string(), known.body.to_string());
                if new_text < known_text {
                    drafts.insert(code, draft);
                }
            }
            None => {
                drafts.insert(code, draft);
            }
        }
    }
    if nameless > 0 {
        doubts.push(format!("{nameless} libraries have no code and cannot be followed"));
    }
    if repeated > 0 {
        doubts.push(format!("{repeated} libraries came twice"));
    }
    match answer.total {
        None => doubts.push("Alma gave no total_record_count, so nothing says that the list is whole".to_owned()),
        Some(total) if total != drafts.len() as u64 => doubts.push(format!(
            "Alma counts {total} libraries, {} different ones were read",
            drafts.len()
        )),
        Some(_) => {}
    }
    let mut coverage = Coverage::default();
    coverage.set(
        PARTITION,
        if doubts.is_empty() {
            PartitionRead::Complete
        } else {
            PartitionRead::Partial {
                reason: doubts.join("; "),
            }
        },
    );
    Observation {
        drafts: drafts.into_values().collect(),
        coverage,
        ..Observation::default()
    }
}

fn record_of(row: &Value) -> Option<(String, Draft)> {
    let code = row.get("code").and_then(code_of)?;
    let mut body = Map::new();
    body.insert("code".to_owned(), Value::from(code.as_str()));
    if let Some(name) = row.get("name").and_then(text_of) {
        body.insert("name".to_owned(), Value::from(without_addresses(&name)));
    }
    if let Some(part) = row.get("resource_sharing").and_then(flag_of) {
        body.insert("resource_sharing".to_owned(), Value::from(part));
    }
    for name in CODES {
        if let Some(kept) = row.get(*name).and_then(code_of) {
            body.insert((*name).to_owned(), Value::from(kept));
        }
    }
    let draft = Draft {
        partition: PARTITION.to_owned(),
        identity: Identity::Key(code.clone()),
        body: tidy(Value::Object(body)),
    };
    Some((code, draft))
}

/// Codes and names of the libraries that take part in resource sharing.
fn sharing_libraries(drafts: &[Draft]) -> BTreeMap<String, String> {
    drafts
        .iter()
        .filter(|draft| draft.body.get("resource_sharing") == Some(&Value::Bool(true)))
        .filter_map(|draft| {
            let code = draft.body.get("code")?.as_str()?;
            let name = draft.body.get("name").and_then(Value::as_str).unwrap_or(code);
            Some((code.to_owned(), name.to_owned()))
        })
        .collect()
}

/// The usual weeks by library code. What is not understood is as good as nothing remembered.
fn remembered(memory: Option<&Value>) -> BTreeMap<String, Week> {
    memory
        .and_then(|memory| memory.get("usual"))
        .and_then(|weeks| serde_json::from_value(weeks.clone()).ok())
        .unwrap_or_default()
}

/// A library whose hours can be tried by hand, and how many there are: for `almanac check`.
///
/// # Errors
/// [`CallError`] as of the call that failed; [`Problem::Implausible`] where the hours are not understood.
pub async fn inspect(ask: &Ask<'_>, settings: &LibrariesSettings) -> Result<Inspected, CallError> {
    let observation = observation_of(&alma_conf::libraries(ask.session).await?);
    let sharing = sharing_libraries(&observation.drafts);
    let today = ask.now.datetime().with_timezone(&ask.zone).date_naive();
    let mut hours = None;
    if let Some((code, name)) = sharing.first_key_value() {
        let window = Window::of(today, settings.days_ahead);
        let read = alma_conf::open_days(ask.session, code, today, after(today, hours::WEEK - 1)).await?;
        let unclear = read.undated > 0
            || read
                .days
                .values()
                .any(|day| matches!(day, alma_conf::DayHours::Unclear));
        if unclear {
            let reason = format!("the open hours of {name} are not understood; please report it");
            return Err(CallError::ours(ask.watch.id.as_str(), Problem::Implausible(reason)));
        }
        hours = Some((name.clone(), read.days.len(), window.pieces().len()));
    }
    Ok(Inspected {
        libraries: observation.drafts.len(),
        sharing: sharing.len(),
        hours,
        doubt: observation.coverage.shortfalls().into_iter().next(),
    })
}

/// What a look at the libraries found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// All libraries.
    pub libraries: usize,
    /// Those that take part in resource sharing.
    pub sharing: usize,
    /// A library whose next seven days were read, how many of them are listed, and the calls that a library's hours take.
    pub hours: Option<(String, usize, usize)>,
    /// Why the list of libraries may not be whole; `None` where it adds up.
    pub doubt: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: Value, total: u64) -> Rows {
        Rows {
            rows: rows.as_array().unwrap().clone(),
            total: Some(total),
        }
    }

    #[test]
    fn a_library_is_kept_by_its_allow_list_in_one_form() {
        let first = rows(
            json!([{
                "code": "MAIN", "name": "Main  Library librarian@example.org", "resource_sharing": "true",
                "campus": {"value": "NORTH", "desc": "North"}, "path": "01ELM.01ELM_INST.MAIN", "proxy": "x",
                "description": "Ask Jane Doe", "phone": "555", "default_location": {"value": "main"}
            }]),
            1,
        );
        let second = rows(
            json!([{
                "name": "Main Library", "code": "MAIN", "resource_sharing": true, "id": "1",
                "campus": {"value": "NORTH", "desc": "Nord"}, "path": "01ELM.01ELM_INST.MAIN"
            }]),
            1,
        );
        let (first, second) = (observation_of(&first), observation_of(&second));
        assert_eq!(first.drafts, second.drafts);
        assert_eq!(
            first.drafts[0].body,
            json!({"code": "MAIN", "name": "Main Library", "resource_sharing": true, "campus": "NORTH", "path": "01ELM.01ELM_INST.MAIN"})
        );
        assert!(first.coverage.is_whole());
    }

    #[test]
    fn a_list_that_does_not_add_up_is_read_in_part() {
        for (answer, says) in [
            (rows(json!([{"code": "A"}]), 2), "counts 2"),
            (rows(json!([{"code": "A"}, {"name": "no code"}]), 2), "no code"),
            (rows(json!([{"code": "A"}, {"code": "A", "name": "Again"}]), 2), "twice"),
        ] {
            let observation = observation_of(&answer);
            assert!(
                observation.coverage.shortfalls()[0].contains(says),
                "{:?}",
                observation.coverage
            );
        }
        let untold = Rows {
            rows: Vec::new(),
            total: None,
        };
        assert!(!observation_of(&untold).coverage.is_whole());
    }

    #[test]
    fn a_flag_that_is_not_stated_is_neither_yes_nor_no() {
        let observation = observation_of(&rows(json!([{"code": "A", "resource_sharing": null}]), 1));
        assert_eq!(observation.drafts[0].body, json!({"code": "A"}));
        assert!(sharing_libraries(&observation.drafts).is_empty());
    }
}
