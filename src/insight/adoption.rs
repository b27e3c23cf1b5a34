//! How far each member has come with each collaboration at any moment, since when, and by what evidence.
//!
//! The records that the catalogue's rules can mean are read as they stood then, with their older versions, so that an
//! answer reaches back as far as the history does and needs no poll of its own. Of each watch only those records are read:
//! of the two thousand settings of a Primo view some thirty.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{AskError, Reader, named};
use super::near::{near, suggestion};
use super::query::{AdoptionQuery, CollaborationQuery};
use super::reciprocity::{NEWEST, members_at, short_name};
use crate::config::{Config, Institution};
use crate::meaning::adoption::since::{Chapter, Past, Story, now, since};
use crate::meaning::adoption::{Judgement, judge, partition_of};
use crate::model::adoption_rule::Records;
use crate::model::collaboration::{AdoptionRow, Area, Collaboration, EvidenceTier, Look};
use crate::model::institution::InstitutionKind;
use crate::model::moment::Moment;
use crate::model::watch::SourceKind;
use crate::store::{Store, StoreError};

/// Versions of one record that are looked at; what changed more often is told as "at least since".
const VERSIONS_MAX: u32 = 40;

/// How far each member has come.
#[derive(Debug)]
pub struct AdoptionAnswer {
    /// The moment meant.
    pub at: Moment,
    /// The collaborations that were asked for, by area and in the order of the catalogue.
    pub collaborations: Vec<Collaboration>,
    /// The members that were asked for: those in the zone, those on their own Alma, those on other systems; by name.
    pub members: Vec<MemberColumn>,
    /// One row a collaboration and member, in that order.
    pub rows: Vec<AdoptionRow>,
}

/// A member as a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberColumn {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// A short name for narrow columns.
    pub short: String,
    /// How it takes part.
    pub kind: InstitutionKind,
}

impl Reader<'_> {
    /// The catalogue, by area.
    ///
    /// # Errors
    /// [`AskError`] where there is no such area or collaboration.
    pub fn collaborations(&self, query: &CollaborationQuery) -> Result<Vec<Collaboration>, AskError> {
        collaborations(self.config, query)
    }

    /// How far each member has come with each collaboration.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn adoption(&self, query: &AdoptionQuery) -> Result<AdoptionAnswer, AskError> {
        let at = self.time("at", query.at.as_deref())?;
        let collaborations = collaborations(
            self.config,
            &CollaborationQuery {
                area: query.area.clone(),
                id: query.collaboration.clone(),
            },
        )?;
        let institution = match &query.institution {
            Some(code) => Some(self.institution(code).await?),
            None => None,
        };
        let today = at.unwrap_or_else(|| self.clock.now());
        let until = at.unwrap_or(NEWEST);
        let mut institutions: Vec<&Institution> = members_at(self.config, today)
            .filter(|member| institution.as_deref().is_none_or(|wanted| wanted == member.code))
            .collect();
        institutions.sort_by_key(|member| (world(member.kind), member.name.to_lowercase(), &member.code));
        let wanted = wanted(&collaborations);
        let mut cells: BTreeMap<(usize, usize), AdoptionRow> = BTreeMap::new();
        for (column, member) in institutions.iter().enumerate() {
            let past = past(self.config, self.store, member, &wanted, until).await?;
            let documents = now(&past);
            for (line, collaboration) in collaborations.iter().enumerate() {
                let judged = judge(collaboration, member.kind, &documents);
                cells.insert((line, column), row(collaboration, member, &past, judged));
            }
        }
        let members = institutions
            .into_iter()
            .map(|member| MemberColumn {
                code: member.code.clone(),
                name: member.name.clone(),
                short: short_name(&member.code),
                kind: member.kind,
            })
            .collect();
        Ok(AdoptionAnswer {
            at: today,
            collaborations,
            members,
            rows: cells.into_values().collect(),
        })
    }
}

/// The catalogue, or the part of it that is asked for, by area. Needs no history.
///
/// # Errors
/// [`AskError`] where there is no such area or collaboration.
pub fn collaborations(config: &Config, query: &CollaborationQuery) -> Result<Vec<Collaboration>, AskError> {
    let area = named("area", query.area.as_deref(), Area::ALL, Area::named)?;
    let all = &config.collaborations;
    let id = query.id.as_deref();
    if let Some(id) = id
        && !all.iter().any(|each| each.id == id)
    {
        let names = all.iter().map(|each| (each.id.as_str(), each.name.as_str()));
        let help = suggestion(&near(id, names)).unwrap_or_else(|| "`almanac collaborations` lists them".to_owned());
        return Err(AskError::Unknown(format!("there is no collaboration “{id}”; {help}")));
    }
    let mut chosen: Vec<Collaboration> = all
        .iter()
        .filter(|each| area.is_none_or(|area| each.area == area) && id.is_none_or(|id| each.id == id))
        .cloned()
        .collect();
    chosen.sort_by_key(|each| each.area);
    Ok(chosen)
}

/// The three worlds in which members live, in the order of the columns.
const fn world(kind: InstitutionKind) -> u8 {
    match kind {
        InstitutionKind::Zone => 0,
        InstitutionKind::ZoneMember => 1,
        InstitutionKind::OwnAlma => 2,
        InstitutionKind::Other => 3,
    }
}

/// The answer for one cell. What is observed stands here alone for now; what people say of the cell is to be laid over it at
/// this place, so that both stand and precedence is a rule of reading (DESIGN invariant 11).
fn row(collaboration: &Collaboration, member: &Institution, past: &[Past], judged: Judgement) -> AdoptionRow {
    let is_seen = judged.tier == Some(EvidenceTier::SeenConfigured);
    let since = is_seen
        .then(|| since(collaboration, member.kind, past, &judged))
        .flatten();
    AdoptionRow {
        collaboration: collaboration.id.clone(),
        collaboration_name: collaboration.name.clone(),
        area: collaboration.area,
        institution: member.code.clone(),
        institution_name: member.name.clone(),
        kind: member.kind,
        state: judged.state,
        tier: judged.tier,
        since: since.map(|since| since.at),
        since_at_least: since.is_some_and(|since| since.at_least),
        explanation: judged.explanation,
        read_at: is_seen.then(|| oldest_reading(collaboration, past)).flatten(),
        evidence: judged.evidence,
    }
}

/// The questions about records that the rules of these collaborations ask.
fn wanted(collaborations: &[Collaboration]) -> Vec<&Records> {
    collaborations.iter().flat_map(questions).collect()
}

fn questions(collaboration: &Collaboration) -> Vec<&Records> {
    match &collaboration.look {
        Look::Rules(observed) => observed.rules.iter().flat_map(|rule| rule.when.records()).collect(),
        Look::ByHand(_) => Vec::new(),
    }
}

/// When what a state rests on was last read, the oldest of it.
fn oldest_reading(collaboration: &Collaboration, past: &[Past]) -> Option<Moment> {
    let asked = questions(collaboration);
    asked
        .into_iter()
        .filter_map(|records| Some((records.source, partition_of(records.source, &records.key)?)))
        .flat_map(|(source, partition)| {
            past.iter()
                .filter(move |past| past.source == source)
                .filter_map(move |past| past.readings.get(&partition).map(|(_, last)| *last))
        })
        .min()
}

/// What is known of an institution's watches up to `at`, as far as it is asked for. A watch that left the configuration is
/// not known any more, whatever the history still holds of it.
async fn past(
    config: &Config,
    store: &Store,
    member: &Institution,
    wanted: &[&Records],
    at: Moment,
) -> Result<Vec<Past>, StoreError> {
    let mut all = Vec::new();
    let watches = config
        .watches
        .iter()
        .filter(|watch| watch.institution.as_deref() == Some(member.code.as_str()));
    for watch in watches {
        let source: SourceKind = watch.source.kind();
        let asked: Vec<&&Records> = wanted.iter().filter(|records| records.source == source).collect();
        if asked.is_empty() {
            continue;
        }
        let ranges: BTreeSet<(String, String)> = asked.iter().map(|records| records.key.range()).collect();
        let ranges: Vec<(String, String)> = ranges.into_iter().collect();
        let partitions: BTreeSet<String> = asked
            .iter()
            .filter_map(|records| partition_of(source, &records.key))
            .collect();
        let mut readings = BTreeMap::new();
        for partition in partitions {
            if let Some(reading) = store.whole_readings(&watch.id, &partition, at).await? {
                readings.insert(partition, reading);
            }
        }
        let mut stories: Vec<Story> = Vec::new();
        for version in store.versions_between(&watch.id, &ranges, at, VERSIONS_MAX).await? {
            let chapter = Chapter {
                version: version.version,
                at: version.observed_at,
                silent: version.silent,
                body: version.body,
            };
            match stories.last_mut() {
                Some(story) if story.key == version.key => story.chapters.push(chapter),
                _ => stories.push(Story {
                    key: version.key,
                    chapters: vec![chapter],
                }),
            }
        }
        all.push(Past {
            watch: watch.id.to_string(),
            source,
            readings,
            stories,
        });
    }
    Ok(all)
}
