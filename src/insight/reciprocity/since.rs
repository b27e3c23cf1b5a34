//! Since when a flow is as it is, and the change of a partner record that did it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Lists, watch_of};
use crate::compare::fields::field_changes;
use crate::meaning::reciprocity::{End, Flow, Picture, says_of};
use crate::model::moment::Moment;
use crate::model::reciprocity::{Cause, FlowRow, FlowState, Role, Says};
use crate::store::history::VersionSeen;
use crate::store::{Store, StoreError};

/// Versions of one partner record that are looked at; a record that changed more often is told as "at least since".
const VERSIONS_MAX: u32 = 40;
/// Partner records of one library that were gone and are looked at, the last gone first.
const GONE_MAX: u32 = 200;

/// Looks back through the versions of all partner records that mean a member, or once did.
#[derive(Debug)]
pub(super) struct Looking {
    /// By owner and other library: the records that ever meant the other, each with its versions, newest first.
    stories: BTreeMap<(String, String), Vec<Story>>,
    /// By owner: when its list was first read wholly.
    first_read: BTreeMap<String, Moment>,
}

/// One record's versions, newest first.
#[derive(Debug)]
struct Story {
    key: String,
    chapters: Vec<Chapter>,
}

/// One version of it.
#[derive(Debug)]
struct Chapter {
    seen: VersionSeen,
    /// Whether it meant the other library.
    meant: bool,
}

/// Since when an end says what it says.
#[derive(Debug)]
struct Since {
    at: Moment,
    at_least: bool,
    cause: Option<Cause>,
}

impl Looking {
    /// Reads the versions.
    pub(super) async fn back(store: &Store, picture: &Picture, read: &Lists, at: Moment) -> Result<Self, StoreError> {
        let mut stories: BTreeMap<(String, String), Vec<Story>> = BTreeMap::new();
        for (owner, list) in &read.lists {
            let watch = watch_of(owner);
            // A record of one version that means no member now never did.
            let mut keys: BTreeSet<&str> = list
                .records
                .iter()
                .filter(|record| record.version > 1 || picture.meant_by(owner, &record.key, &record.body).is_some())
                .map(|record| record.key.as_str())
                .collect();
            let gone = store.gone(&watch, at, GONE_MAX).await?;
            keys.extend(gone.iter().map(String::as_str));
            let keys: Vec<&str> = keys.into_iter().collect();
            let mut by_key: BTreeMap<String, Vec<(VersionSeen, Option<&str>)>> = BTreeMap::new();
            for version in store.versions(&watch, &keys, at, VERSIONS_MAX).await? {
                let meant = version
                    .body
                    .as_ref()
                    .and_then(|body| picture.meant_by(owner, &version.key, body));
                by_key.entry(version.key.clone()).or_default().push((version, meant));
            }
            for (key, versions) in by_key {
                let others: BTreeSet<&str> = versions.iter().filter_map(|(_, meant)| *meant).collect();
                for other in others {
                    let chapters = versions
                        .iter()
                        .map(|(seen, meant)| Chapter {
                            seen: seen.clone(),
                            meant: *meant == Some(other),
                        })
                        .collect();
                    stories
                        .entry((owner.clone(), other.to_owned()))
                        .or_default()
                        .push(Story {
                            key: key.clone(),
                            chapters,
                        });
                }
            }
        }
        Ok(Self {
            stories,
            first_read: read.first_read.clone(),
        })
    }

    /// The row of a flow.
    pub(super) fn row(&self, flow: Flow<'_>) -> FlowRow {
        let since = self.of(&flow);
        let key = |end: &End<'_>| end.record.map(|record| record.key.clone());
        FlowRow {
            lender: flow.lender.code.clone(),
            lender_name: flow.lender.name.clone(),
            borrower: flow.borrower.code.clone(),
            borrower_name: flow.borrower.name.clone(),
            state: flow.state,
            lender_says: flow.lender_end.says,
            borrower_says: flow.borrower_end.says,
            lender_record: key(&flow.lender_end),
            borrower_record: key(&flow.borrower_end),
            problems: flow.problems,
            since: since.as_ref().map(|since| since.at),
            since_at_least: since.as_ref().is_some_and(|since| since.at_least),
            cause: since.and_then(|since| since.cause),
        }
    }

    fn of(&self, flow: &Flow<'_>) -> Option<Since> {
        let ends = [Role::Lender, Role::Borrower];
        let looked = |role: Role| {
            let (owner, other) = match role {
                Role::Lender => (&flow.lender.code, &flow.borrower.code),
                Role::Borrower => (&flow.borrower.code, &flow.lender.code),
            };
            self.of_end(owner, other, role, flow.end(role).says)
        };
        // At one moment, the end that has a cause tells more.
        let order = |since: &Since| (since.at, !since.at_least);
        match flow.state {
            FlowState::On => {
                let yes = ends.into_iter().filter(|role| flow.end(*role).says == Says::Yes);
                yes.filter_map(looked).max_by_key(order)
            }
            FlowState::Broken => ends.into_iter().filter_map(looked).max_by_key(order),
            FlowState::Off | FlowState::None => {
                let no = ends.into_iter().filter(|role| flow.end(*role).says.is_no());
                no.filter_map(looked).min_by_key(|since| (since.at, since.at_least))
            }
            FlowState::Unknown => None,
        }
    }

    /// Walks back from now to the moment before which the end said something else.
    fn of_end(&self, owner: &str, other: &str, role: Role, says: Says) -> Option<Since> {
        let place = (owner.to_owned(), other.to_owned());
        let stories = self.stories.get(&place).map(Vec::as_slice).unwrap_or_default();
        let moments: BTreeSet<Moment> = stories
            .iter()
            .flat_map(|story| story.chapters.iter().map(|chapter| chapter.seen.observed_at))
            .collect();
        for moment in moments.iter().rev() {
            // What the versions looked at do not reach back to is not known.
            let cut = stories.iter().any(|story| story.begins_after(*moment));
            let before: Option<Says> = stories
                .iter()
                .filter_map(|story| story.said_before(*moment, role))
                .min();
            if !cut && before.unwrap_or(Says::NoRecord) == says {
                continue;
            }
            let turned = stories.iter().filter_map(|story| Some((story, story.at(*moment)?)));
            let (story, at) = turned
                .clone()
                .find(|(story, _)| story.said_before(*moment, role) != story.said_at(*moment, role))
                .or_else(|| turned.clone().next())?;
            let chapter = &story.chapters[at];
            let at_least = cut || chapter.seen.silent;
            return Some(Since {
                at: *moment,
                at_least,
                cause: (!at_least).then(|| story.cause(owner, at)),
            });
        }
        // It never said anything else.
        self.first_read.get(owner).map(|first| Since {
            at: *first,
            at_least: true,
            cause: None,
        })
    }
}

impl Story {
    /// The place of the version that came at that moment.
    fn at(&self, moment: Moment) -> Option<usize> {
        self.chapters
            .iter()
            .position(|chapter| chapter.seen.observed_at == moment)
    }

    /// What the record said just before a moment; `None` where it was not there or meant somebody else.
    fn said_before(&self, moment: Moment, role: Role) -> Option<Says> {
        self.says(
            self.chapters.iter().find(|chapter| chapter.seen.observed_at < moment)?,
            role,
        )
    }

    fn said_at(&self, moment: Moment, role: Role) -> Option<Says> {
        self.says(
            self.chapters
                .iter()
                .find(|chapter| chapter.seen.observed_at <= moment)?,
            role,
        )
    }

    fn says(&self, chapter: &Chapter, role: Role) -> Option<Says> {
        let body = chapter.seen.body.as_ref().filter(|_| chapter.meant)?;
        Some(says_of(body, role))
    }

    /// Whether older versions than those looked at would tell what was before that moment.
    fn begins_after(&self, moment: Moment) -> bool {
        self.chapters
            .last()
            .is_some_and(|oldest| oldest.seen.version > 1 && oldest.seen.observed_at >= moment)
    }

    fn cause(&self, owner: &str, at: usize) -> Cause {
        let body = |place: usize| self.chapters.get(place).and_then(|chapter| chapter.seen.body.clone());
        let (new, old) = (body(at).unwrap_or(Value::Null), body(at + 1).unwrap_or(Value::Null));
        Cause {
            watch: watch_of(owner).to_string(),
            key: self.key.clone(),
            version: self.chapters[at].seen.version,
            changes: field_changes(&old, &new),
        }
    }
}
