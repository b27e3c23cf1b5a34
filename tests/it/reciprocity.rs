//! Who lends to whom among the members, from real polls to what people read.

mod pages;
mod stories;

use almanac::insight::answers::Reader;
use almanac::insight::query::PartnerQuery;
use almanac::insight::reciprocity::PartnersAnswer;
use almanac::model::answer::Outcome;
use almanac::model::event::Event;
use almanac::model::reciprocity::FlowRow;
use serde_json::{Value, json};

use crate::world::{ELM, OAK, World, partner};

const KELP: &str = "KELP";
const MEMBERS: &str = "reciprocity/members";
const MORE: &str = "[[institution]]\ncode = \"KELP\"\nname = \"Kelp Public Library\"\nkind = \"other\"\n\n\
                    [[watch]]\nsource = \"reciprocity\"\nschedule = \"0 5 * * *\"\n";

/// A partner record of the library with that institution code.
fn record(key: &str, institution: &str, name: &str) -> Value {
    let mut record = partner(key);
    record["partner_details"]["name"] = json!(name);
    if institution.starts_with("01") {
        record["partner_details"]["institution_code"] = json!(institution);
    }
    record
}

/// Elm, Oak and Kelp, which is not on Alma: all lend to all. Nothing was polled yet.
async fn three() -> World {
    let world = World::with(MORE).await;
    let kelp = || record("KPL", KELP, "Kelp Public Library");
    {
        let mut wire = world.wire();
        wire.partners
            .insert(ELM.into(), vec![record("OAK", OAK, "Oak"), kelp(), partner("X1")]);
        wire.partners
            .insert(OAK.into(), vec![record("ELM", ELM, "Elm"), kelp(), partner("X2")]);
    }
    world
}

async fn polled(world: &World) {
    for watch in ["alma.partners/01ELM_INST", "alma.partners/01OAK_INST", MEMBERS] {
        let row = world.poll(watch).await;
        assert_eq!(row.outcome, Outcome::Ok, "{watch}: {:?}", row.reason);
    }
}

/// Sets a field of the record `key` in a library's list.
fn set(world: &World, library: &str, key: &str, field: &str, value: Value) {
    let mut wire = world.wire();
    let list = wire.partners.get_mut(library).unwrap();
    let record = list.iter_mut().find(|record| record["partner_details"]["code"] == key);
    record.unwrap()["partner_details"][field] = value;
}

async fn between(world: &World) -> Vec<Event> {
    let mut events = world.events().await;
    events.retain(|event| event.watch.as_deref() == Some(MEMBERS));
    events
}

fn words(events: &[Event]) -> String {
    let told = |event: &Event| format!("{} ({}) {}\n{}", event.kind, event.severity, event.title, event.summary);
    events.iter().map(told).collect::<Vec<_>>().join("\n")
}

async fn answer(world: &World, query: PartnerQuery) -> PartnersAnswer {
    let reader = Reader {
        config: &world.almanac.config,
        store: &world.almanac.store,
        clock: &world.clock,
    };
    reader.partners(&query).await.unwrap()
}

async fn flow(world: &World, lender: &str, borrower: &str) -> FlowRow {
    let rows = answer(world, PartnerQuery::default()).await.rows;
    rows.into_iter()
        .find(|row| row.lender == lender && row.borrower == borrower)
        .unwrap()
}
