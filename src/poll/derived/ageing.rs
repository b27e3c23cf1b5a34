//! What `ageing` is derived from: where the requests of one institution stand, and what was told of them before.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::Almanac;
use crate::config::Watch;
use crate::meaning::ageing::{self, SideReading};
use crate::model::moment::Moment;
use crate::model::observation::Observation;
use crate::model::request::{KnownRequest, Side};
use crate::model::watch::{SourceKind, WatchId};
use crate::store::StoreError;
use crate::store::requests::Reading;

impl Almanac {
    /// Which requests wait too long, at the newest reading of either side.
    pub(super) async fn derive_ageing(&self, watch: &Watch, now: Moment) -> Result<Observation, StoreError> {
        let institution = watch.institution.as_deref().unwrap_or(watch.id.subject());
        let mut read: Vec<(Side, Reading, Vec<KnownRequest>)> = Vec::new();
        let mut unread = Vec::new();
        for side in Side::ALL {
            let input = WatchId::new(side.source(), institution);
            match self.store.requests_there(&input).await? {
                Some((reading, requests)) => read.push((side, reading, requests)),
                None if self.config.watch(&input).is_some() => unread.push((side, format!("{input} was never read"))),
                None => {}
            }
        }
        let before = self.documents(&watch.id, now).await?;
        let names = self
            .documents(&WatchId::new(SourceKind::AlmaPartners, institution), now)
            .await?;
        let names = names
            .iter()
            .filter_map(|(code, partner)| Some((code.clone(), partner.get("name")?.as_str()?.to_owned())))
            .collect();
        let general = self
            .documents(&WatchId::new(SourceKind::AlmaGeneral, institution), now)
            .await?;
        let alma = general
            .values()
            .find_map(|general| Some(format!("https://{}/", general.get("alma_host")?.as_str()?)));
        let inputs = ageing::Inputs {
            sides: read
                .iter()
                .map(|(side, reading, requests)| SideReading {
                    side: *side,
                    at: reading.at,
                    coverage: &reading.coverage,
                    requests,
                })
                .collect(),
            unread,
            thresholds: &self.config.ageing,
            names: &names,
            alma: alma.as_deref(),
        };
        let (drafts, coverage) = ageing::derive(&before, &inputs);
        Ok(Observation {
            drafts,
            coverage,
            ..Observation::default()
        })
    }

    /// The newest documents of a watch, by key.
    async fn documents(&self, watch: &WatchId, now: Moment) -> Result<BTreeMap<String, Value>, StoreError> {
        let newest = self.store.last_poll(watch).await?.map_or(now, |last| last.max(now));
        let records = self.store.records(watch, None, newest).await?;
        Ok(records.into_iter().map(|record| (record.key, record.body)).collect())
    }
}
