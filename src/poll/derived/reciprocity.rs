//! What `reciprocity` is derived from: the partner lists of all members.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::Almanac;
use crate::config::Watch;
use crate::insight;
use crate::insight::reciprocity::NEWEST;
use crate::meaning::reciprocity::{self, Picture};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, Draft, Identity, Observation, PartitionRead};
use crate::model::reciprocity::Role;
use crate::model::watch::{SourceKind, WatchId};
use crate::store::StoreError;
use crate::store::history::VersionSeen;

/// What is remembered: the newest poll that the reading can have seen.
const READ_UP_TO: &str = "read_up_to";

impl Almanac {
    /// Who lends to whom, from the newest partner lists of all members. What could not be read is said in the records, not
    /// in the coverage: the watch of the list tells of its own trouble.
    pub(super) async fn derive_reciprocity(
        &self,
        watch: &Watch,
        memory: Option<&Value>,
        now: Moment,
    ) -> Result<Observation, StoreError> {
        // Lists that are committed while they are read here may or may not be in; by this number the next reading knows.
        let read_up_to = self.store.newest_poll().await?;
        let read = insight::reciprocity::lists(&self.config, &self.store, now, NEWEST).await?;
        let picture = Picture::new(&read.members, &read.lists);
        let mut drafts = reciprocity::drafts(&picture);
        if let Some(last) = memory.and_then(|memory| memory.get(READ_UP_TO)?.as_i64()) {
            self.note_unmoved_ends(watch, last, &mut drafts).await?;
        }
        let mut coverage = Coverage::default();
        coverage.set(reciprocity::PARTITION, PartitionRead::Complete);
        Ok(Observation {
            drafts,
            coverage,
            memory: Some(json!({ READ_UP_TO: read_up_to })),
            ..Observation::default()
        })
    }

    /// Notes the ends that say something else than at the last reading, which saw every poll up to `last`, although none of
    /// their partner records was touched since.
    async fn note_unmoved_ends(&self, watch: &Watch, last: i64, drafts: &mut [Draft]) -> Result<(), StoreError> {
        let known = self.store.records(&watch.id, None, NEWEST).await?;
        let known: BTreeMap<String, Value> = known.into_iter().map(|record| (record.key, record.body)).collect();
        for draft in drafts {
            let Identity::Key(key) = &draft.identity else { continue };
            let Some(old) = known.get(key) else { continue };
            for role in [Role::Lender, Role::Borrower] {
                let Some((owner, records)) = reciprocity::speakers(old, &draft.body, role) else {
                    continue;
                };
                let list = WatchId::new(SourceKind::AlmaPartners, &owner);
                let keys: Vec<&str> = records.iter().map(String::as_str).collect();
                let newest = self.store.versions(&list, &keys, NEWEST, 1).await?;
                let untouched = |version: &VersionSeen| version.body.is_some() && version.poll <= last;
                if newest.len() == keys.len() && !keys.is_empty() && newest.iter().all(untouched) {
                    reciprocity::note_unmoved(&mut draft.body, role);
                }
            }
        }
        Ok(())
    }
}
