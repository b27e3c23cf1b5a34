//! Derived watches: they ask nobody, but compute their records from other watches' snapshots and the time, and then go the
//! same way as any other (DESIGN §1).

use super::Almanac;
use crate::config::{SourceSettings, Watch};
use crate::insight;
use crate::meaning::reciprocity::{self, Picture};
use crate::model::moment::Moment;
use crate::model::observation::{Coverage, Observation, PartitionRead};
use crate::store::StoreError;

impl Almanac {
    /// Computes what a derived watch observes at `now`.
    pub(super) async fn derive(&self, watch: &Watch, now: Moment) -> Result<Observation, StoreError> {
        match &watch.source {
            SourceSettings::Reciprocity => self.derive_reciprocity(now).await,
            SourceSettings::Ageing => Ok(Observation::default()),
            _ => Ok(Observation::default()),
        }
    }

    /// Who lends to whom, from the newest partner lists of all members. What could not be read is said in the records, not
    /// in the coverage: the watch of the list tells of its own trouble.
    async fn derive_reciprocity(&self, now: Moment) -> Result<Observation, StoreError> {
        let read = insight::reciprocity::lists(&self.config, &self.store, now, insight::reciprocity::NEWEST).await?;
        let picture = Picture::new(&read.members, &read.lists);
        let mut coverage = Coverage::default();
        coverage.set(reciprocity::PARTITION, PartitionRead::Complete);
        Ok(Observation {
            drafts: reciprocity::drafts(&picture),
            coverage,
            ..Observation::default()
        })
    }
}
