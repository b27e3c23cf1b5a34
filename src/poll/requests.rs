//! The part of a poll that follows single requests: what is told of their moves, and for how long they are kept.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::compare::requests::{self, Followed, Move};
use crate::compare::snapshot::Hash;
use crate::config::Watch;
use crate::meaning::requests::{MOVES, few_or};
use crate::model::observation::{Draft, Identity, Observation, PartitionRead};
use crate::model::request::{KnownRequest, RequestsSeen, Side};
use crate::model::watch::{SourceKind, WatchId};
use crate::store::StoreError;
use crate::store::write::WriteTx;

/// Single requests and their moves are kept for so long (USERS.md §6, privacy).
const KEPT: Duration = Duration::from_hours(90 * 24);

/// Where nobody looked for so long, most requests may rightly be other ones. Well over a day, so that a watch that is read
/// daily, some seconds earlier or later, is held to the same rule as any other.
const LOOKED_AWAY_FOR: Duration = Duration::from_hours(36);

/// Follows what was seen, and adds a record a partner that says how its requests moved. Where nothing moved, the record is
/// what it was.
pub(super) async fn follow(
    tx: &mut WriteTx,
    row: i64,
    watch: &Watch,
    seen: &RequestsSeen,
    observation: &mut Observation,
    zone: Tz,
) -> Result<Followed, StoreError> {
    let keys = [&seen.key_id, seen.former_key_id.as_ref().unwrap_or(&seen.key_id)];
    if tx
        .retire_other_keys(row, seen.side, keys.map(String::as_str), zone)
        .await?
    {
        // What was there before is met anew, silently.
        tracing::warn!(watch = %watch.id, "the key for request ids is another one; the requests of {} are met anew", watch.id);
    }
    let mut readings = tx.readings(row).await?;
    // What arrived before may have been purged after it was counted, and only now be shown again.
    readings.first = readings.first.map(|first| first.max(tx.now.minus(KEPT)));
    let prior = tx.known_requests(row).await?;
    let coverage = &observation.coverage;
    let by_cell = coverage.0.keys().any(|partition| partition.contains('/'));
    let is_asked_for =
        |known: &KnownRequest| !by_cell || coverage.0.contains_key(&format!("{}/{}", known.library, known.status));
    let mut followed = requests::follow(&prior, seen, is_asked_for, readings, tx.now);
    // An answer without any request is believed no sooner for that: half answers are likely after an outage.
    if !seen.rows.is_empty() && readings.last.is_some_and(|last| tx.now.since(last) >= LOOKED_AWAY_FOR) {
        followed.doubt = None;
    }
    if !observation.coverage.read_anything() {
        return Ok(followed);
    }
    let mut records = tx.documents_under(row, MOVES).await?;
    for (partner, moves) in by_partner(&followed) {
        let name = partner_name(tx, watch, &partner).await?;
        let body = json!({
            "side": seen.side.name(),
            "partner": partner,
            "name": name,
            "at": tx.now.to_string(),
            "moves": moves,
        });
        records.insert(format!("{MOVES}{partner}"), body);
    }
    let partition = MOVES.trim_end_matches('/');
    observation.coverage.set(partition, PartitionRead::Complete);
    observation.drafts.extend(records.into_iter().map(|(key, body)| Draft {
        partition: partition.to_owned(),
        identity: Identity::Key(key),
        body,
    }));
    Ok(followed)
}

/// Stands for "many requests are gone" in the memory of doubts: the answers themselves differ from hour to hour.
pub(super) fn doubtful() -> Hash {
    *blake3::hash(b"requests are gone").as_bytes()
}

/// Takes what is older than [`KEPT`] into the months' sums, whichever watch it is of: also of those that fail, or that were
/// taken out of the settings.
pub(super) async fn purge(tx: &mut WriteTx, zone: Tz) -> Result<(), StoreError> {
    // A clock that once ran ahead must not purge what was seen yesterday.
    let before = tx.now.min(tx.wall).minus(KEPT);
    for side in Side::ALL {
        for row in tx.watches_of(side.source()).await? {
            tx.purge_requests(row, side, before, zone).await?;
        }
    }
    Ok(())
}

/// The moves of each partner as its record says them: a count below five is not said (USERS.md §6), and so is never kept
/// for longer than the requests themselves.
fn by_partner(followed: &Followed) -> BTreeMap<String, Vec<Value>> {
    let mut partners: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (Move { partner, from, to }, count) in &followed.moves {
        partners
            .entry(partner.clone())
            .or_default()
            .push(json!({ "from": from, "to": to, "requests": few_or(*count) }));
    }
    partners
}

async fn partner_name(tx: &mut WriteTx, watch: &Watch, partner: &str) -> Result<String, StoreError> {
    let Some(institution) = &watch.institution else {
        return Ok(partner.to_owned());
    };
    let partners = WatchId::new(SourceKind::AlmaPartners, institution);
    let record = tx.newest_document(&partners, partner).await?;
    let name = record.as_ref().and_then(|record| record.get("name")?.as_str());
    Ok(name.unwrap_or(partner).to_owned())
}
