//! Derived watches: they ask nobody, but compute their records from other watches' snapshots and the time, and then go the
//! same way as any other (DESIGN §1).

use super::Almanac;
use crate::config::{SourceSettings, Watch};
use crate::model::moment::Moment;
use crate::model::observation::Observation;
use crate::store::StoreError;

impl Almanac {
    /// Computes what a derived watch observes at `now`.
    pub(super) async fn derive(&self, watch: &Watch, _now: Moment) -> Result<Observation, StoreError> {
        match &watch.source {
            SourceSettings::Reciprocity | SourceSettings::Ageing => Ok(Observation::default()),
            _ => Ok(Observation::default()),
        }
    }
}
