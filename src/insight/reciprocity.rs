//! Who lends to whom among the members at any moment, since when, and what made it so.
//!
//! The partner records of every member are read as they stood then, so the answer does not wait for the derived watch and
//! reaches back as far as the history does. A consortium of 26 members with 400 partners each is some 10,000 documents, read
//! by a few queries a member.

mod since;

use std::collections::BTreeMap;

use super::answers::{AskError, Reader, named};
use super::query::PartnerQuery;
use super::time::local;
use crate::config::{Config, Institution};
use crate::meaning::reciprocity::{Flow, Member, PartnerList, PartnerRecord, Picture};
use crate::model::institution::InstitutionKind;
use crate::model::moment::Moment;
use crate::model::reciprocity::{FindingRow, FlowRow, ListRow, ProblemKind};
use crate::model::watch::{SourceKind, WatchId};
use crate::store::{Store, StoreError};
use since::Looking;

/// The partition of `alma.partners` that holds the list.
const PARTNERS: &str = "partners";
/// Commit times may be ahead of a clock that was put back; the newest state is what stands at the end of time.
pub const NEWEST: Moment = Moment::from_millis(i64::MAX);
/// What asks for problems of every kind.
const ANY: &str = "any";

/// Who lends to whom at a moment.
#[derive(Debug)]
pub struct PartnersAnswer {
    /// The moment meant.
    pub at: Moment,
    /// The library asked for, if one was.
    pub institution: Option<String>,
    /// The directions that match, by lender and borrower.
    pub rows: Vec<FlowRow>,
    /// Partner records of which it is not certain whom they mean, by library and code.
    pub findings: Vec<FindingRow>,
    /// How well each member's list is known, by code.
    pub lists: Vec<ListRow>,
    /// A short name of each member for narrow columns, by code.
    pub short: BTreeMap<String, String>,
}

/// The members, and what is known of their partner lists at a moment.
#[derive(Debug)]
pub struct Lists {
    /// The members then.
    pub members: Vec<Member>,
    /// By code; a member whose list was never read has none.
    pub lists: BTreeMap<String, PartnerList>,
    /// How well each list is known, by code.
    pub rows: Vec<ListRow>,
    /// By code: when the list was first read wholly.
    first_read: BTreeMap<String, Moment>,
}

/// Reads the partner lists of those who are members at `today`, as the lists stood at `at`. A member whose `alma.partners` is not watched (any more) has a
/// list that is not known, whatever the history still holds of it.
///
/// # Errors
/// [`StoreError`].
pub async fn lists(config: &Config, store: &Store, today: Moment, at: Moment) -> Result<Lists, StoreError> {
    let mut read = Lists {
        members: members(config, today),
        lists: BTreeMap::new(),
        rows: Vec::new(),
        first_read: BTreeMap::new(),
    };
    read.members.sort_by(|a, b| a.code.cmp(&b.code));
    for member in &read.members {
        let watch = watch_of(&member.code);
        let mut row = ListRow {
            institution: member.code.clone(),
            name: member.name.clone(),
            on_alma: member.on_alma,
            verified: None,
            last_read: None,
            records: 0,
        };
        if member.on_alma && config.watch(&watch).is_some() {
            let readings = store.whole_readings(&watch, PARTNERS, at).await?;
            let records: Vec<PartnerRecord> = store
                .records(&watch, None, at)
                .await?
                .into_iter()
                .map(|record| PartnerRecord {
                    key: record.key,
                    version: record.version,
                    body: record.body,
                })
                .collect();
            if let Some((first, last)) = readings {
                row.last_read = Some(last);
                read.first_read.insert(member.code.clone(), first);
            }
            row.records = u32::try_from(records.len()).unwrap_or(u32::MAX);
            let list = PartnerList {
                whole: readings.is_some(),
                records,
            };
            read.lists.insert(member.code.clone(), list);
        }
        read.rows.push(row);
    }
    Ok(read)
}

impl Reader<'_> {
    /// Who lends to whom, since when, and what made it so.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn partners(&self, query: &PartnerQuery) -> Result<PartnersAnswer, AskError> {
        let at = self.time("at", query.at.as_deref())?;
        let wanted = match query.problems.as_deref() {
            None => None,
            Some(kind) => {
                let names: Vec<&str> = [ANY]
                    .into_iter()
                    .chain(ProblemKind::ALL.iter().map(|kind| kind.name()))
                    .collect();
                // The names are checked with the word for all of them among them, so that a mistake hears of it.
                let known = |text: &str| names.iter().copied().find(|name| *name == text);
                Some(named("problems", Some(kind), &names, known)?.and_then(ProblemKind::named))
            }
        };
        let institution = match &query.institution {
            Some(code) => Some(self.institution(code).await?),
            None => None,
        };
        let today = at.unwrap_or_else(|| self.clock.now());
        let until = at.unwrap_or(NEWEST);
        let read = lists(self.config, self.store, today, until).await?;
        let picture = Picture::new(&read.members, &read.lists);
        let looking = Looking::back(self.store, &picture, &read, until).await?;
        let concerns = |code: &str| institution.as_deref().is_none_or(|wanted| wanted == code);
        let matches = |flow: &Flow<'_>| {
            (concerns(&flow.lender.code) || concerns(&flow.borrower.code))
                && match wanted {
                    None => true,
                    Some(None) => !flow.problems.is_empty(),
                    Some(Some(kind)) => flow.problems.iter().any(|problem| problem.kind == kind),
                }
        };
        let rows = picture
            .flows()
            .into_iter()
            .filter(matches)
            .map(|flow| looking.row(flow))
            .collect();
        let findings = picture
            .findings()
            .iter()
            .filter(|finding| concerns(&finding.institution) || finding.candidates.iter().any(|code| concerns(code)))
            .cloned()
            .collect();
        let states: BTreeMap<WatchId, _> = self.store.watch_states().await?.into_iter().collect();
        let mut list_rows = read.rows;
        for row in &mut list_rows {
            row.verified = states.get(&watch_of(&row.institution)).and_then(|state| state.verified);
        }
        let short = read
            .members
            .iter()
            .map(|member| (member.code.clone(), short_name(&member.code)))
            .collect();
        Ok(PartnersAnswer {
            at: today,
            institution,
            rows,
            findings,
            lists: list_rows,
            short,
        })
    }
}

/// The libraries that were members at a moment: not the zone itself, not who has left or is still to join.
pub(super) fn members_at(config: &Config, at: Moment) -> impl Iterator<Item = &Institution> {
    let today = local(at, config.timezone).format("%Y-%m-%d").to_string();
    config.institutions.iter().filter(move |institution| {
        // A year or a month is reached with its first day.
        let reached = |date: &str| today.get(..date.len()).is_some_and(|same| date <= same);
        institution.kind != InstitutionKind::Zone
            && institution.left.as_deref().is_none_or(|left| !reached(left))
            && institution.joined.as_deref().is_none_or(reached)
    })
}

/// The same as [`Picture`] knows them.
fn members(config: &Config, at: Moment) -> Vec<Member> {
    members_at(config, at)
        .map(|institution| Member {
            code: institution.code.clone(),
            name: institution.name.clone(),
            on_alma: institution.kind != InstitutionKind::Other,
            aliases: institution.aliases.clone(),
            former_codes: institution.former_codes.clone(),
        })
        .collect()
}

fn watch_of(code: &str) -> WatchId {
    WatchId::new(SourceKind::AlmaPartners, code)
}

/// `TUN` of `01TUN_INST`, `CTW_WU` of `01CTW_WU`.
pub(super) fn short_name(code: &str) -> String {
    let bare = code.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let bare = bare.strip_suffix("_INST").unwrap_or(bare);
    if bare.is_empty() {
        code.to_owned()
    } else {
        bare.to_owned()
    }
}
