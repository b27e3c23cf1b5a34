//! How far the members have come, from real polls to what people and programs read.

mod read;

use almanac::insight::adoption::AdoptionAnswer;
use almanac::insight::answers::{AskError, Reader};
use almanac::insight::query::AdoptionQuery;
use almanac::model::answer::Outcome;
use almanac::model::collaboration::{AdoptionRow, AdoptionState, EvidenceTier};
use serde_json::{Value, json};

use crate::world::{ELM, Fault, OAK, World, partner, view};

const HELD_BY: &str = "may-also-be-held-by";
const ISO: &str = "iso-18626-lending";
const RAPIDILL: &str = "rapidill";
const ELM_VIEW: &str = "primo.view/01ELM_INST:MAIN";
const ELM_PARTNERS: &str = "alma.partners/01ELM_INST";

/// Elm and Oak on Alma, Kelp on something else. Nothing was polled yet.
async fn three() -> World {
    let world =
        World::with("[[institution]]\ncode = \"KELP\"\nname = \"Kelp Public Library\"\nkind = \"other\"\n").await;
    for code in [ELM, OAK] {
        let mut wire = world.wire();
        wire.views.insert(format!("{code}:MAIN"), view(code));
        wire.partners.insert(code.into(), vec![partner("X1"), partner("X2")]);
    }
    world
}

async fn polled(world: &World, watches: &[&str]) {
    for watch in watches {
        let row = world.poll(watch).await;
        assert_eq!(row.outcome, Outcome::Ok, "{watch}: {:?}", row.reason);
    }
}

async fn asked(world: &World, query: AdoptionQuery) -> Result<AdoptionAnswer, AskError> {
    let reader = Reader {
        config: &world.almanac.config,
        store: &world.almanac.store,
        clock: &world.clock,
    };
    reader.adoption(&query).await
}

async fn cell_at(world: &World, collaboration: &str, institution: &str, at: Option<String>) -> AdoptionRow {
    let query = AdoptionQuery {
        collaboration: Some(collaboration.into()),
        institution: Some(institution.into()),
        at,
        ..AdoptionQuery::default()
    };
    let mut rows = asked(world, query).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

async fn cell(world: &World, collaboration: &str, institution: &str) -> AdoptionRow {
    cell_at(world, collaboration, institution, None).await
}

fn switch(world: &World, on: Value) {
    let mut wire = world.wire();
    let view = wire.views.get_mut("01ELM_INST:MAIN").unwrap();
    view["primo-view"]["attributes-map"]["mayAlsoBeHeldByEnabled"] = on;
}

#[tokio::test]
async fn a_switch_that_is_turned_on_is_adoption_with_its_date_and_evidence() {
    let world = three().await;
    let unread = cell(&world, HELD_BY, ELM).await;
    assert_eq!(
        (unread.state, unread.tier, unread.since),
        (AdoptionState::Unknown, None, None)
    );
    assert_eq!(unread.explanation, format!("{ELM_VIEW} was never read wholly."));

    polled(&world, &[ELM_VIEW]).await;
    let first = world.clock.now();
    let off = cell(&world, HELD_BY, ELM).await;
    assert_eq!((off.state, off.since_at_least), (AdoptionState::Available, true));
    assert_eq!(off.tier, Some(EvidenceTier::SeenConfigured));

    switch(&world, json!("true"));
    polled(&world, &[ELM_VIEW]).await;
    let turned = world.clock.now();
    polled(&world, &[ELM_VIEW]).await;
    let on = cell(&world, HELD_BY, ELM).await;
    assert_eq!((on.state, on.since_at_least), (AdoptionState::On, false));
    assert!(
        on.since.unwrap() > first && on.since.unwrap() <= turned,
        "{:?}",
        on.since
    );
    assert_eq!(on.read_at.map(|read| read > turned), Some(true));
    let evidence = &on.evidence[0];
    assert_eq!(
        (evidence.watch.as_str(), evidence.key.as_str(), evidence.version),
        (ELM_VIEW, "attributes-map/mayAlsoBeHeldByEnabled", Some(2))
    );
    assert_eq!(json!(evidence.read), json!([{"at": "/on", "value": true}]));

    // Any moment can be asked for.
    let then = cell_at(&world, HELD_BY, ELM, Some(first.to_string())).await;
    assert_eq!(then.state, AdoptionState::Available);
    let before = cell_at(&world, HELD_BY, ELM, Some("2027-02-01".into())).await;
    assert_eq!(before.state, AdoptionState::Unknown);
    // Oak was never read: not known, never off.
    assert_eq!(cell(&world, HELD_BY, OAK).await.state, AdoptionState::Unknown);
}

#[tokio::test]
async fn partner_records_show_by_what_a_library_lends() {
    let world = three().await;
    polled(&world, &[ELM_PARTNERS]).await;
    let iso = cell(&world, ISO, ELM).await;
    assert_eq!(iso.state, AdoptionState::On);
    assert_eq!(iso.evidence.len(), 2);
    assert!(
        iso.explanation
            .contains("2 records with profile type ISO_18626 and status ACTIVE"),
        "{}",
        iso.explanation
    );
    let none = cell(&world, RAPIDILL, ELM).await;
    assert_eq!((none.state, none.since_at_least), (AdoptionState::Available, true));
    assert_eq!(
        none.evidence[0].version, None,
        "evidence of absence: {:?}",
        none.evidence
    );

    // RapidILL comes; then it is switched off. No matter that another record changes in between.
    let mut rapid = partner("RAPID");
    rapid["partner_details"]["profile_details"] = json!({"profile_type": "RAPID"});
    world.wire().partners.get_mut(ELM).unwrap().push(rapid);
    polled(&world, &[ELM_PARTNERS]).await;
    let came = cell(&world, RAPIDILL, ELM).await;
    world.wire().partners.get_mut(ELM).unwrap()[2]["partner_details"]["avg_supply_time"] = json!(9);
    polled(&world, &[ELM_PARTNERS]).await;
    let stays = cell(&world, RAPIDILL, ELM).await;
    assert_eq!((came.state, came.since_at_least), (AdoptionState::On, false));
    assert_eq!((stays.state, stays.since), (AdoptionState::On, came.since));
    assert_eq!(stays.evidence[0].version, Some(2));
    world.wire().partners.get_mut(ELM).unwrap()[2]["partner_details"]["status"] = json!("INACTIVE");
    polled(&world, &[ELM_PARTNERS]).await;
    let off = cell(&world, RAPIDILL, ELM).await;
    assert_eq!((off.state, off.since_at_least), (AdoptionState::Available, false));
    assert!(off.since > came.since);
}

#[tokio::test]
async fn a_failing_or_cut_reading_never_turns_anything_off() {
    let world = three().await;
    // The first list is cut: what it shows is known, what it does not show is not.
    world.wire().total_off_by = Some((0, 3));
    assert_eq!(world.poll(ELM_PARTNERS).await.outcome, Outcome::Partial);
    assert_eq!(cell(&world, ISO, ELM).await.state, AdoptionState::On);
    let unknown = cell(&world, RAPIDILL, ELM).await;
    assert_eq!(unknown.state, AdoptionState::Unknown);
    assert_eq!(unknown.explanation, format!("{ELM_PARTNERS} was never read wholly."));

    // A view that cannot be read any more stays as it was last seen.
    switch(&world, json!(true));
    polled(&world, &[ELM_VIEW]).await;
    world.wire().faults.push(Fault {
        where_: "configuration".into(),
        status: 503,
        body: "maintenance".into(),
        times: None,
    });
    assert_eq!(world.poll(ELM_VIEW).await.outcome, Outcome::Failed);
    assert_eq!(cell(&world, HELD_BY, ELM).await.state, AdoptionState::On);
}

#[tokio::test]
async fn every_member_has_a_cell_for_every_collaboration() {
    let world = three().await;
    polled(&world, &[ELM_VIEW, ELM_PARTNERS]).await;
    let answer = asked(&world, AdoptionQuery::default()).await.unwrap();
    assert_eq!(answer.rows.len(), answer.collaborations.len() * 3);
    assert!(answer.rows.iter().all(|row| row.explanation.len() > 10));
    let kelp: Vec<&AdoptionRow> = answer.rows.iter().filter(|row| row.institution == "KELP").collect();
    for row in &kelp {
        assert!(
            matches!(row.state, AdoptionState::Unknown | AdoptionState::NotApplicable),
            "{row:?}"
        );
        assert!(row.explanation.starts_with("Not on Alma"), "{}", row.explanation);
    }
    assert!(
        kelp.iter()
            .any(|row| row.explanation.contains("it can join by ISO 18626"))
    );
    // A source that is not watched at all is named.
    let unwatched = cell(&world, "job-webhooks", ELM).await;
    assert_eq!(
        unwatched.explanation,
        "alma.integration-profiles is not watched at this library."
    );
}
