//! What `reciprocity` is derived from: the partner lists of all members.

use std::collections::BTreeMap;

use serde_json::Value;

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

impl Almanac {
    /// Who lends to whom, from the newest partner lists of all members. What could not be read is said in the records, not
    /// in the coverage: the watch of the list tells of its own trouble.
    pub(super) async fn derive_reciprocity(&self, watch: &Watch, now: Moment) -> Result<Observation, StoreError> {
        let read = insight::reciprocity::lists(&self.config, &self.store, now, NEWEST).await?;
        let picture = Picture::new(&read.members, &read.lists);
        let mut drafts = reciprocity::drafts(&picture);
        self.note_unmoved_ends(watch, &mut drafts).await?;
        let mut coverage = Coverage::default();
        coverage.set(reciprocity::PARTITION, PartitionRead::Complete);
        Ok(Observation {
            drafts,
            coverage,
            ..Observation::default()
        })
    }

    /// Notes the ends that say something else than at the last reading although none of their partner records was touched
    /// since.
    async fn note_unmoved_ends(&self, watch: &Watch, drafts: &mut [Draft]) -> Result<(), StoreError> {
        let Some(last) = self.store.last_poll(&watch.id).await? else {
            return Ok(());
        };
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
                let mut untouched = !records.is_empty();
                for record in records {
                    let standing = self.store.records(&list, Some(&record), NEWEST).await?;
                    untouched &= standing.first().is_some_and(|standing| standing.observed_at <= last);
                }
                if untouched {
                    reciprocity::note_unmoved(&mut draft.body, role);
                }
            }
        }
        Ok(())
    }
}
