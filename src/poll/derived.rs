//! Derived watches: they ask nobody, but compute their records from other watches' snapshots and the time, and then go the
//! same way as any other (DESIGN §1). One file each.

mod ageing;
mod reciprocity;

use serde_json::Value;

use super::Almanac;
use crate::config::{SourceSettings, Watch};
use crate::model::moment::Moment;
use crate::model::observation::Observation;
use crate::store::StoreError;

impl Almanac {
    /// Computes what a derived watch observes at `now`; nothing for a watch that is not derived. `memory` is what it wanted
    /// to know.
    pub(super) async fn derive(
        &self,
        watch: &Watch,
        memory: Option<&Value>,
        now: Moment,
    ) -> Result<Observation, StoreError> {
        match &watch.source {
            SourceSettings::Reciprocity => self.derive_reciprocity(watch, memory, now).await,
            SourceSettings::Ageing => self.derive_ageing(watch, now).await,
            _ => Ok(Observation::default()),
        }
    }
}
