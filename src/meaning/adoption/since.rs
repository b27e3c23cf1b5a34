//! Since when a collaboration stands as it does at an institution. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::records::passes;
use super::{Document, Documents, Judgement, judge, partition_of};
use crate::model::adoption_rule::Records;
use crate::model::collaboration::{Collaboration, Look};
use crate::model::institution::InstitutionKind;
use crate::model::moment::Moment;
use crate::model::watch::SourceKind;

/// Moments that are looked back at for one state: each is judged anew. What turned more often is told as "at least since".
const TURNS_MAX: usize = 500;

/// What is known of the past of one watch.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its id.
    pub watch: String,
    /// Its source.
    pub source: SourceKind,
    /// When each partition was first read wholly, and when last.
    pub readings: BTreeMap<String, (Moment, Moment)>,
    /// The records that rules can mean.
    pub stories: Vec<Story>,
}

/// The versions of one record.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its key.
    pub key: String,
    /// Newest first; at least one.
    pub chapters: Vec<Chapter>,
}

/// One version of a record.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// Which version, counting from 1.
    pub version: u32,
    /// When it was first seen.
    pub at: Moment,
    /// It came with a baseline or a change of shape: nobody knows since when it was so.
    pub silent: bool,
    /// The document; `None` where the record was gone from then on.
    pub body: Option<Value>,
}

/// Since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Since {
    /// When it was first seen so.
    pub at: Moment,
    /// It may have been so before.
    pub at_least: bool,
}

/// What is known at the end of the past.
pub fn now(past: &[Past]) -> Vec<Documents<'_>> {
    documents(past, |_| true, |_| true)
}

/// What was known of the records that matter just before a moment.
fn before<'a>(past: &'a [Past], wanted: &[&Records], moment: Moment) -> Vec<Documents<'a>> {
    documents(
        past,
        |at| at < moment,
        |(source, key)| {
            wanted
                .iter()
                .any(|wanted| wanted.source == source && wanted.key.matches(key))
        },
    )
}

fn documents(
    past: &[Past],
    by_then: impl Fn(Moment) -> bool,
    matters: impl Fn((SourceKind, &str)) -> bool,
) -> Vec<Documents<'_>> {
    past.iter()
        .map(|past| Documents {
            watch: &past.watch,
            source: past.source,
            known: past
                .readings
                .iter()
                .filter(|(_, (first, _))| by_then(*first))
                .map(|(partition, _)| partition.as_str())
                .collect(),
            records: past
                .stories
                .iter()
                .filter(|story| matters((past.source, &story.key)))
                .filter_map(|story| {
                    let chapter = story.chapters.iter().find(|chapter| by_then(chapter.at))?;
                    Some(Document {
                        key: &story.key,
                        version: chapter.version,
                        body: chapter.body.as_ref()?,
                    })
                })
                .collect(),
        })
        .collect()
}

/// Walks back from now to the moment before which it was judged otherwise. `None` where nothing was ever read.
pub fn since(collaboration: &Collaboration, kind: InstitutionKind, past: &[Past], judged: &Judgement) -> Option<Since> {
    let Look::Rules(observed) = &collaboration.look else {
        return None;
    };
    let wanted: Vec<&Records> = observed.rules.iter().flat_map(|rule| rule.when.records()).collect();
    let turns = turns(&wanted, past);
    for (looked, (moment, turn)) in turns.iter().rev().enumerate() {
        if turn.is_oldest_looked_at || looked >= TURNS_MAX {
            return Some(Since {
                at: *moment,
                at_least: true,
            });
        }
        let earlier = judge(collaboration, kind, &before(past, &wanted, *moment));
        if earlier.state != judged.state {
            return Some(Since {
                at: *moment,
                at_least: earlier.unread || turn.silent,
            });
        }
    }
    turns.first_key_value().map(|(moment, _)| Since {
        at: *moment,
        at_least: true,
    })
}

/// What happened at a moment that may have changed the state.
#[derive(Clone, Copy, Default, Debug)]
struct Turn {
    /// Something of it came with a baseline.
    silent: bool,
    /// What was before is not known.
    is_oldest_looked_at: bool,
}

/// The moments at which a record began or ceased to pass, or a part was first read: nothing else can change a state.
fn turns(wanted: &[&Records], past: &[Past]) -> BTreeMap<Moment, Turn> {
    let mut turns: BTreeMap<Moment, Turn> = BTreeMap::new();
    for wanted in wanted {
        let partition = partition_of(wanted.source, &wanted.key);
        for past in past.iter().filter(|past| past.source == wanted.source) {
            if let Some((first, _)) = partition.as_ref().and_then(|partition| past.readings.get(partition)) {
                turns.entry(*first).or_default();
            }
            for story in past.stories.iter().filter(|story| wanted.key.matches(&story.key)) {
                let standing = |chapter: Option<&Chapter>| {
                    chapter
                        .and_then(|chapter| chapter.body.as_ref())
                        .map(|body| wanted.tests.iter().all(|test| passes(test, body)))
                };
                for (place, chapter) in story.chapters.iter().enumerate() {
                    let older = story.chapters.get(place + 1);
                    let is_cut = older.is_none() && chapter.version > 1;
                    if is_cut || standing(Some(chapter)) != standing(older) {
                        let turn = turns.entry(chapter.at).or_default();
                        turn.silent |= chapter.silent;
                        turn.is_oldest_looked_at |= is_cut;
                    }
                }
            }
        }
    }
    turns
}
