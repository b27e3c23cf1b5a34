//! Who lends to whom among the members, from real polls to what people read.

use std::time::Duration;

use almanac::cli::print::{self, Page};
use almanac::insight::answers::Reader;
use almanac::insight::query::PartnerQuery;
use almanac::insight::reciprocity::PartnersAnswer;
use almanac::model::answer::Outcome;
use almanac::model::event::Event;
use almanac::model::reciprocity::{FlowRow, FlowState, Says};
use serde_json::{Value, json};

use crate::world::{ELM, Fault, OAK, World, partner, write_secret};

const ASH: &str = "01ASH_INST";
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

fn page(world: &World) -> Page {
    Page {
        width: 80,
        colour: false,
        zone: world.almanac.config.timezone,
        now: world.clock.now(),
    }
}

#[tokio::test]
async fn the_first_reading_tells_nobody_and_knows_everything() {
    let world = three().await;
    // Also where the members are looked at before any list was read.
    assert_eq!(world.poll(MEMBERS).await.outcome, Outcome::Ok);
    assert_eq!(flow(&world, ELM, OAK).await.state, FlowState::Unknown);
    polled(&world).await;
    assert_eq!(world.told().await, Vec::<String>::new());
    assert_eq!(
        world.keys(MEMBERS).await,
        [
            "01ELM_INST>01OAK_INST",
            "01ELM_INST>KELP",
            "01OAK_INST>01ELM_INST",
            "01OAK_INST>KELP",
            "KELP>01ELM_INST",
            "KELP>01OAK_INST"
        ]
    );
    for row in answer(&world, PartnerQuery::default()).await.rows {
        assert_eq!(row.state, FlowState::On, "{} > {}", row.lender, row.borrower);
        assert!(row.problems.is_empty() && row.since_at_least && row.cause.is_none());
    }
    assert_eq!(flow(&world, KELP, ELM).await.lender_says, Says::NotOnAlma);
}

#[tokio::test]
async fn a_library_that_goes_inactive_is_told_once_a_direction_with_what_did_it() {
    let world = three().await;
    polled(&world).await;
    set(&world, ELM, "OAK", "status", json!("INACTIVE"));
    world.poll("alma.partners/01ELM_INST").await;
    let since = world.clock.now();
    // The members are looked at ten minutes after, by the daemon; here by hand, twice.
    world.poll(MEMBERS).await;
    world.poll(MEMBERS).await;
    insta::assert_snapshot!(words(&between(&world).await), @r"
    reciprocity.broken (warning) Oak University can no longer borrow from Elm College: Elm College’s record OAK is now inactive
    Elm College’s record OAK for Oak University: inactive. Oak University’s record ELM for Elm College: active, borrows (“Supports lending” is on). If that was not meant, Elm College puts it right in its partner records in Alma.
    reciprocity.broken (warning) Elm College can no longer borrow from Oak University: Elm College’s record OAK is now inactive
    Oak University’s record ELM for Elm College: active, lends (“Supports borrowing” is on). Elm College’s record OAK for Oak University: inactive. If that was not meant, Elm College puts it right in its partner records in Alma.
    ");
    for (lender, borrower) in [(ELM, OAK), (OAK, ELM)] {
        let row = flow(&world, lender, borrower).await;
        assert_eq!(row.state, FlowState::Broken);
        assert_eq!(row.since, Some(since));
        assert!(!row.since_at_least);
        let cause = row.cause.unwrap();
        assert_eq!(
            (cause.watch.as_str(), cause.key.as_str(), cause.version),
            ("alma.partners/01ELM_INST", "OAK", 2)
        );
        assert_eq!(cause.changes.len(), 1);
        assert_eq!(cause.changes[0].path, "/status");
    }
    // An hour before, all was well, and the answer for then says so.
    let before = PartnerQuery {
        at: Some(since.minus(Duration::from_secs(1)).to_string()),
        ..PartnerQuery::default()
    };
    assert!(
        answer(&world, before)
            .await
            .rows
            .iter()
            .all(|row| row.state == FlowState::On)
    );

    set(&world, ELM, "OAK", "status", json!("ACTIVE"));
    world.poll("alma.partners/01ELM_INST").await;
    world.poll(MEMBERS).await;
    let events = between(&world).await;
    assert_eq!(events.len(), 4);
    insta::assert_snapshot!(words(&events[2..]), @r"
    reciprocity.mended (notice) Oak University can borrow from Elm College now: Elm College’s record OAK is active again
    Elm College’s record OAK for Oak University: active, lends (“Supports borrowing” is on). Oak University’s record ELM for Elm College: active, borrows (“Supports lending” is on).
    reciprocity.mended (notice) Elm College can borrow from Oak University now: Elm College’s record OAK is active again
    Oak University’s record ELM for Elm College: active, lends (“Supports borrowing” is on). Elm College’s record OAK for Oak University: active, borrows (“Supports lending” is on).
    ");
    assert_eq!(flow(&world, ELM, OAK).await.state, FlowState::On);
}

#[tokio::test]
async fn one_direction_that_ends_is_one_event_and_its_contradiction_is_named() {
    let world = three().await;
    polled(&world).await;
    set(&world, OAK, "ELM", "lending_supported", json!("false"));
    world.poll("alma.partners/01OAK_INST").await;
    world.poll(MEMBERS).await;
    let row = flow(&world, ELM, OAK).await;
    assert_eq!((row.lender_says, row.borrower_says), (Says::Yes, Says::Off));
    // Then Elm follows: both agree, which is no second event; the flow stands still since the first.
    let since = row.since;
    set(&world, ELM, "OAK", "borrowing_supported", json!("false"));
    world.poll("alma.partners/01ELM_INST").await;
    world.poll(MEMBERS).await;
    let row = flow(&world, ELM, OAK).await;
    assert_eq!((row.state, row.since), (FlowState::Off, since));
    // Kelp's borrowing from Elm, which only Elm's record shows.
    set(&world, ELM, "KPL", "borrowing_supported", json!("false"));
    world.poll("alma.partners/01ELM_INST").await;
    world.poll(MEMBERS).await;
    insta::assert_snapshot!(words(&between(&world).await), @r"
    reciprocity.broken (warning) Oak University can no longer borrow from Elm College: Oak University’s record ELM now has “Supports lending” off
    Elm College’s record OAK for Oak University: active, lends (“Supports borrowing” is on). Oak University’s record ELM for Elm College: active, does not borrow (“Supports lending” is off). If that was not meant, Oak University puts it right in its partner records in Alma.
    reciprocity.broken (warning) Kelp Public Library can no longer borrow from Elm College: Elm College’s record KPL now has “Supports borrowing” off
    Elm College’s record KPL for Kelp Public Library: active, does not lend (“Supports borrowing” is off). Kelp Public Library is not on Alma, so only the other side’s record can be seen. If that was not meant, Elm College puts it right in its partner records in Alma.
    ");
}

#[tokio::test]
async fn a_record_that_is_gone_is_told_when_its_absence_is_earned() {
    let world = three().await;
    polled(&world).await;
    world.wire().partners.get_mut(OAK).unwrap().remove(0);
    world.poll("alma.partners/01OAK_INST").await;
    world.poll(MEMBERS).await;
    assert!(between(&world).await.is_empty());
    world.poll("alma.partners/01OAK_INST").await;
    let since = world.clock.now();
    world.poll(MEMBERS).await;
    insta::assert_snapshot!(words(&between(&world).await), @r"
    reciprocity.broken (warning) Oak University can no longer borrow from Elm College: Oak University no longer has a record for Elm College (it was ELM)
    Elm College’s record OAK for Oak University: active, lends (“Supports borrowing” is on). Oak University has no record for Elm College. If that was not meant, Oak University puts it right in its partner records in Alma.
    reciprocity.broken (warning) Elm College can no longer borrow from Oak University: Oak University no longer has a record for Elm College (it was ELM)
    Oak University has no record for Elm College. Elm College’s record OAK for Oak University: active, borrows (“Supports lending” is on). If that was not meant, Oak University puts it right in its partner records in Alma.
    ");
    let row = flow(&world, OAK, ELM).await;
    assert_eq!(
        (row.lender_says, row.since, row.since_at_least),
        (Says::NoRecord, Some(since), false)
    );
    assert_eq!(row.cause.unwrap().version, 2);
    // Another record of the same library takes its place.
    world
        .wire()
        .partners
        .get_mut(OAK)
        .unwrap()
        .push(record("ELM2", ELM, "Elm again"));
    world.poll("alma.partners/01OAK_INST").await;
    let mended = world.clock.now();
    world.poll(MEMBERS).await;
    assert_eq!(between(&world).await.len(), 4);
    let row = flow(&world, OAK, ELM).await;
    assert_eq!((row.state, row.since), (FlowState::On, Some(mended)));
    assert_eq!(row.cause.unwrap().key, "ELM2");
}

#[tokio::test]
async fn a_record_that_came_to_mean_somebody_else_is_gone_for_the_library_it_meant() {
    let world = three().await;
    polled(&world).await;
    world.hand.advance(Duration::from_hours(30));
    set(&world, ELM, "OAK", "institution_code", json!("01STRANGER_INST"));
    world.poll("alma.partners/01ELM_INST").await;
    let since = world.clock.now();
    world.poll(MEMBERS).await;
    let row = flow(&world, ELM, OAK).await;
    assert_eq!((row.lender_says, row.since), (Says::NoRecord, Some(since)));
    assert_eq!(row.cause.unwrap().changes[0].path, "/institution_code");
    // A change of something else does not make it younger.
    set(&world, OAK, "ELM", "avg_supply_time", json!(9));
    world.poll("alma.partners/01OAK_INST").await;
    assert_eq!(flow(&world, ELM, OAK).await.since, Some(since));
    assert_eq!(between(&world).await.len(), 2);
}

#[tokio::test]
async fn a_second_record_keeps_the_direction_open_and_is_named() {
    let world = three().await;
    world
        .wire()
        .partners
        .get_mut(ELM)
        .unwrap()
        .push(record("OAK2", OAK, "Oak again"));
    polled(&world).await;
    set(&world, ELM, "OAK", "status", json!("INACTIVE"));
    world.poll("alma.partners/01ELM_INST").await;
    world.poll(MEMBERS).await;
    let row = flow(&world, ELM, OAK).await;
    assert_eq!((row.state, row.lender_record.as_deref()), (FlowState::On, Some("OAK2")));
    assert!(row.since_at_least && between(&world).await.is_empty());
    set(&world, ELM, "OAK2", "status", json!("INACTIVE"));
    world.poll("alma.partners/01ELM_INST").await;
    let since = world.clock.now();
    world.poll(MEMBERS).await;
    let row = flow(&world, ELM, OAK).await;
    assert_eq!((row.state, row.since), (FlowState::Broken, Some(since)));
    assert_eq!(row.cause.unwrap().key, "OAK2");
    insta::assert_snapshot!(words(&between(&world).await[..1]), @r"
    reciprocity.broken (warning) Oak University can no longer borrow from Elm College: Elm College has no active record for Oak University any more (it was OAK2)
    Elm College’s record OAK for Oak University: inactive. Oak University’s record ELM for Elm College: active, borrows (“Supports lending” is on). If that was not meant, Elm College puts it right in its partner records in Alma.
    ");
}

#[tokio::test]
async fn a_list_that_fails_or_is_cut_breaks_nothing() {
    let world = three().await;
    polled(&world).await;
    let before = answer(&world, PartnerQuery::default()).await.rows;
    let fault = |status, body: &str| Fault {
        where_: "/almaws/v1/partners".into(),
        status,
        body: body.into(),
        times: None,
    };
    for fault in [
        fault(500, "no"),
        fault(200, "{\"total_record_count\": 3}"),
        fault(200, "<html>Please sign in</html>"),
    ] {
        world.wire().faults = vec![fault];
        assert_ne!(world.poll("alma.partners/01ELM_INST").await.outcome, Outcome::Ok);
        assert_eq!(world.poll(MEMBERS).await.outcome, Outcome::Ok);
    }
    assert_eq!(between(&world).await.len(), 0);
    assert_eq!(answer(&world, PartnerQuery::default()).await.rows, before);
}

#[tokio::test]
async fn what_is_read_for_the_first_time_is_no_news() {
    let world = three().await;
    world.poll("alma.partners/01ELM_INST").await;
    world.poll(MEMBERS).await;
    let row = flow(&world, ELM, OAK).await;
    assert_eq!((row.state, row.borrower_says), (FlowState::Unknown, Says::Unknown));
    // Oak has Elm switched off, and had it so all along.
    set(&world, OAK, "ELM", "status", json!("INACTIVE"));
    world.poll("alma.partners/01OAK_INST").await;
    world.poll(MEMBERS).await;
    assert_eq!(flow(&world, ELM, OAK).await.state, FlowState::Broken);
    assert!(between(&world).await.is_empty());
}

#[tokio::test]
async fn another_label_an_alias_or_another_member_is_no_news() {
    let mut world = three().await;
    world
        .wire()
        .partners
        .get_mut(ELM)
        .unwrap()
        .retain(|record| record["partner_details"]["code"] != "KPL");
    world
        .wire()
        .partners
        .get_mut(ELM)
        .unwrap()
        .push(record("SEAWEED", KELP, "Somebody"));
    polled(&world).await;
    assert_eq!(flow(&world, ELM, KELP).await.state, FlowState::None);
    set(&world, ELM, "OAK", "name", json!("Quercus"));
    world.poll("alma.partners/01ELM_INST").await;
    let row = world.poll(MEMBERS).await;
    assert_eq!((row.modified, row.events), (0, 0));
    world
        .reconfigure(|config| config.replace("kind = \"other\"\n", "kind = \"other\"\naliases = [\"seaweed\"]\n"))
        .await;
    world.poll(MEMBERS).await;
    assert_eq!(flow(&world, ELM, KELP).await.state, FlowState::On);
    // Who leaves takes its directions along at once, without a word.
    world
        .reconfigure(|config| config.replace("kind = \"other\"\n", "kind = \"other\"\nleft = \"2027-01\"\n"))
        .await;
    let row = world.poll(MEMBERS).await;
    assert_eq!((row.outcome, row.removed, row.events), (Outcome::Ok, 4, 0));
    assert!(between(&world).await.is_empty());
}

#[tokio::test]
async fn two_ends_of_one_change_are_looked_at_together() {
    let world = three().await;
    polled(&world).await;
    // The daemon plans everything at its start; then Elm is polled out of turn.
    let daemon = crate::daemon::daemon(&world).await;
    crate::daemon::tick(&daemon).await;
    let due = async || {
        let states = world.almanac.store.watch_states().await.unwrap();
        let (_, state) = states.into_iter().find(|(id, _)| id.as_str() == MEMBERS).unwrap();
        state.next_due.unwrap()
    };
    set(&world, ELM, "OAK", "status", json!("INACTIVE"));
    world.poll("alma.partners/01ELM_INST").await;
    assert_eq!(due().await.since(world.clock.now()), Duration::from_mins(10));
    crate::daemon::tick(&daemon).await;
    assert!(between(&world).await.is_empty());
    world.hand.set(due().await);
    crate::daemon::tick(&daemon).await;
    assert_eq!(between(&world).await.len(), 2);
}

#[tokio::test]
async fn said_anew_it_is_the_same() {
    let world = three().await;
    polled(&world).await;
    for status in ["INACTIVE", "ACTIVE", "INACTIVE"] {
        set(&world, ELM, "OAK", "status", json!(status));
        world.poll("alma.partners/01ELM_INST").await;
        world.poll(MEMBERS).await;
    }
    let before = words(&between(&world).await);
    assert_eq!(between(&world).await.len(), 6);
    world.almanac.reinterpret().await.unwrap();
    assert_eq!(words(&between(&world).await), before);
}

/// Four libraries between whom several things are wrong.
async fn troubled() -> World {
    let mut world = three().await;
    let key = world.dir.path().join("ash.key");
    write_secret(&key, &format!("key-of-{ASH}"));
    let server = world.server.uri();
    world
        .reconfigure(|config| {
            let ash = format!(
                "[[institution]]\ncode = \"{ASH}\"\nname = \"Ash Institute\"\nkind = \"zone-member\"\ngateway = \"{server}\"\n\
                 api_key = {{ file = \"{}\" }}\n\n[[institution]]\ncode = \"01YEW_INST\"\nname = \"Yew College\"\nkind = \"own-alma\"\n\n",
                key.display()
            );
            config.replacen("[[watch]]", &format!("{ash}[[watch]]"), 1)
        })
        .await;
    world.wire().partners.insert(
        ASH.into(),
        vec![
            record("ELM", ELM, "Elm"),
            record("OAKLAW", "", "Oak University Law Library"),
        ],
    );
    world
        .wire()
        .partners
        .get_mut(ELM)
        .unwrap()
        .push(record("ASH", ASH, "Ash"));
    world
        .wire()
        .partners
        .get_mut(OAK)
        .unwrap()
        .push(record("ASH", ASH, "Ash"));
    set(&world, ASH, "ELM", "lending_supported", json!(false));
    set(&world, ELM, "ASH", "borrowing_supported", json!(false));
    world.poll("alma.partners/01ASH_INST").await;
    polled(&world).await;
    world.hand.advance(Duration::from_hours(24));
    set(&world, ELM, "OAK", "status", json!("INACTIVE"));
    set(&world, OAK, "KPL", "borrowing_supported", json!(false));
    polled(&world).await;
    world
}

#[tokio::test]
async fn the_pages_read_as_a_head_of_resource_sharing_would_read_them() {
    let world = troubled().await;
    let all = answer(&world, PartnerQuery::default()).await;
    let page = page(&world);
    insta::assert_snapshot!(page.finish(&print::partners::pairs(&all, &page)), @r"
    5 libraries, 10 pairs at Feb 4 19:00 EST. Lending both ways: 1; one way: 2; with
    problems: 4.
    `almanac partners --problems` tells what is wrong and what to do.

    Library A       Library B            A lends to B           B lends to A
    Ash Institute   Elm College          yes                    no, as agreed
    Ash Institute   Oak University       no: a record is        no: a record is
                                         missing, at least      missing, at least
                                         since Feb 3 15:00      since Feb 3 15:00
    Ash Institute   Yew College          no records             no records
    Ash Institute   Kelp Public Library  no records             no records
    Elm College     Oak University       no: inactive, since    no: inactive, since
                                         17:00                  17:00
    Elm College     Yew College          no records             no records
    Elm College     Kelp Public Library  yes, as one end says   yes, as one end says
    Oak University  Yew College          no records             no records
    Oak University  Kelp Public Library  no, as agreed          yes, as one end says
    Yew College     Kelp Public Library  not known              not known

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
    insta::assert_snapshot!(page.finish(&print::partners::matrix(&all, &page)), @r"
    Down: who lends. Across: who borrows.

                             ASH  ELM  OAK  YEW  KELP
    Ash Institute ASH        ·    Y    X    -    -
    Elm College ELM          o    ·    I    -    y
    Oak University OAK       X    I    ·    -    o
    Yew College YEW          -    -    -    ·    ?
    Kelp Public Library KELP -    y    y    ?    ·

    Y  lends: both ends say so      y  lends, as the only end on Alma says
    X  the ends disagree            I  a record is inactive
    o  does not lend                -  no records of each other
    ?  not known                    ·  itself

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
    let wrong = PartnerQuery {
        problems: Some("any".into()),
        ..PartnerQuery::default()
    };
    let wrong = answer(&world, wrong).await;
    insta::assert_snapshot!(page.finish(&print::partners::problems(&wrong, &page)), @r"
    Inactive records (1)
      Elm College’s record OAK for Oak University is inactive.
        Neither can borrow from the other, since Feb 4 17:00 EST: status ACTIVE →
        INACTIVE (record OAK of alma.partners/01ELM_INST, version 2).
        To do: Elm College sets the record active again in Alma, or tells Oak
        University that it is meant.

    Missing records (1)
      Ash Institute has no partner record for Oak University; Oak University has one
      for Ash Institute (ASH).
        Neither can borrow from the other, at least since Feb 3 15:00 EST.
        To do: Ash Institute adds a partner record for Oak University in Alma. If
        there is one that was not recognised, write its code into the aliases of Oak
        University.

    One-sided, as agreed (2)
      Ash Institute lends to Elm College, but Elm College does not lend to Ash
      Institute; both libraries’ records say so.
        Ash Institute cannot borrow from Elm College, at least since Feb 3 13:00
        EST.
        To do: Nothing, if it is meant. Else both switch the missing direction on.
      Kelp Public Library lends to Oak University, but Oak University does not lend
      to Kelp Public Library; so says Oak University’s record, the only one there
      is.
        Kelp Public Library cannot borrow from Oak University, since Feb 4 18:00
        EST: borrowing supported yes → no (record KPL of alma.partners/01OAK_INST,
        version 2).
        To do: Nothing, if it is meant. Else both switch the missing direction on.

    Partner records to look at (1)
      Ash Institute’s record OAKLAW “Oak University Law Library”: Its name looks
      like Oak University, for whom Ash Institute has no other record. If it is
      meant, write its code into the aliases of Oak University.

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
    let one = PartnerQuery {
        institution: Some(OAK.to_lowercase()),
        ..PartnerQuery::default()
    };
    let one = answer(&world, one).await;
    insta::assert_snapshot!(page.finish(&print::partners::pairs(&one, &page)), @r"
    5 libraries, 4 pairs at Feb 4 19:00 EST. Lending both ways: 0; one way: 1; with
    problems: 3.
    `almanac partners --problems` tells what is wrong and what to do.

    Library A       Library B            A lends to B           B lends to A
    Oak University  Ash Institute        no: a record is        no: a record is
                                         missing, at least      missing, at least
                                         since Feb 3 15:00      since Feb 3 15:00
    Oak University  Elm College          no: inactive, since    no: inactive, since
                                         17:00                  17:00
    Oak University  Yew College          no records             no records
    Oak University  Kelp Public Library  no, as agreed          yes, as one end says

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
}

#[tokio::test]
async fn programs_get_the_same_rows() {
    let world = troubled().await;
    let wrong = PartnerQuery {
        problems: Some("inactive".into()),
        ..PartnerQuery::default()
    };
    let wrong = answer(&world, wrong).await;
    // How long a poll takes is not this story's.
    let stable = |text: String| text.replace(&wrong.rows[0].since.unwrap().to_string(), "2027-02-04T22:00Z");
    insta::assert_snapshot!(stable(serde_json::to_string_pretty(&wrong.rows[..1]).unwrap()), @r#"
    [
      {
        "lender": "01ELM_INST",
        "lender_name": "Elm College",
        "borrower": "01OAK_INST",
        "borrower_name": "Oak University",
        "state": "broken",
        "lender_says": "inactive",
        "borrower_says": "yes",
        "lender_record": "OAK",
        "borrower_record": "ELM",
        "problems": [
          {
            "kind": "inactive",
            "end": "lender",
            "text": "Elm College’s record OAK for Oak University is inactive.",
            "remedy": "Elm College sets the record active again in Alma, or tells Oak University that it is meant."
          }
        ],
        "since": "2027-02-04T22:00Z",
        "since_at_least": false,
        "cause": {
          "watch": "alma.partners/01ELM_INST",
          "key": "OAK",
          "version": 2,
          "changes": [
            {
              "op": "replace",
              "path": "/status",
              "old": "ACTIVE",
              "new": "INACTIVE"
            }
          ]
        }
      }
    ]
    "#);
    insta::assert_snapshot!(stable(print::partners::csv(&wrong.rows)), @r#"
    lender,lender_name,borrower,borrower_name,state,lender_says,borrower_says,lender_record,borrower_record,problems,since,since_at_least,cause_watch,cause_key,cause_version,cause_changes,what_to_do
    01ELM_INST,Elm College,01OAK_INST,Oak University,broken,inactive,yes,OAK,ELM,inactive,2027-02-04T22:00Z,false,alma.partners/01ELM_INST,OAK,2,status ACTIVE → INACTIVE,"Elm College sets the record active again in Alma, or tells Oak University that it is meant."
    01OAK_INST,Oak University,01ELM_INST,Elm College,broken,yes,inactive,ELM,OAK,inactive,2027-02-04T22:00Z,false,alma.partners/01ELM_INST,OAK,2,status ACTIVE → INACTIVE,"Elm College sets the record active again in Alma, or tells Oak University that it is meant."
    "#);
    insta::assert_snapshot!(print::partners::records_csv(&wrong.findings), @r#"
    institution,record,name,finding,candidates,text
    01ASH_INST,OAKLAW,Oak University Law Library,looks-like-member,01OAK_INST,"Its name looks like Oak University, for whom Ash Institute has no other record. If it is meant, write its code into the aliases of Oak University."
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_takes_its_flags() {
    let world = troubled().await;
    let config = world.config_file();
    let run = async |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let config = config.clone();
        let ran = tokio::task::spawn_blocking(move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
                .arg("partners")
                .args(&arguments)
                .arg("--config")
                .arg(config)
                .output()
                .unwrap()
        });
        let output = ran.await.unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    for (arguments, part) in [
        (vec![], "no: inactive, since"),
        (vec!["--matrix"], "Down: who lends"),
        (vec!["--problems"], "Inactive records (1)"),
        (vec!["--problems=one-sided"], "One-sided, as agreed"),
        (vec!["--records"], "OAKLAW"),
        (vec!["--csv"], "lender,lender_name,"),
        (vec!["--csv", "--records"], "institution,record,"),
        (vec!["--json", "--institution", ELM], "\"lender_says\":\"inactive\""),
        (vec!["--at", "2027-01-01"], "Never read wholly"),
    ] {
        let (code, text) = run(&arguments).await;
        assert_eq!(code, 0, "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    for (arguments, part) in [
        (vec!["--problems=inactiv"], "did you mean inactive"),
        (vec!["--institution", "01ELN_INST"], "01ELM_INST"),
        (vec!["--matrix", "--csv"], "cannot be used with"),
    ] {
        let (code, text) = run(&arguments).await;
        assert_ne!(code, 0, "{arguments:?}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}

/// Partners of each of the many libraries, members among them.
const PARTNERS_EACH: usize = 60;

#[tokio::test]
async fn a_whole_consortium_is_compared_from_its_lists() {
    let mut world = World::with(MORE).await;
    let code = |place: usize| format!("01L{place:02}_INST");
    let server = world.server.uri();
    let dir = world.dir.path().to_owned();
    world
        .reconfigure(|config| {
            let more: String = (0..23)
                .map(|place| {
                    let key = dir.join(format!("{place}.key"));
                    write_secret(&key, &format!("key-of-{}", code(place)));
                    format!(
                        "[[institution]]\ncode = \"{}\"\nname = \"Library Number {place}\"\nkind = \"own-alma\"\n\
                         gateway = \"{server}\"\napi_key = {{ file = \"{}\" }}\n\n",
                        code(place),
                        key.display()
                    )
                })
                .collect();
            config.replacen("[[watch]]", &format!("{more}[[watch]]"), 1)
        })
        .await;
    let members: Vec<String> = (0..23).map(code).chain([ELM.to_owned(), OAK.to_owned()]).collect();
    for owner in &members {
        let others = members.iter().filter(|other| *other != owner);
        let mut list: Vec<Value> = others.map(|other| record(&other[2..5], other, other)).collect();
        list.push(record("KPL", KELP, "Kelp Public Library"));
        list.extend(crate::world::partners(PARTNERS_EACH - list.len()));
        world.wire().partners.insert(owner.clone(), list);
    }
    for owner in &members {
        assert_eq!(world.poll(&format!("alma.partners/{owner}")).await.outcome, Outcome::Ok);
    }
    let row = world.poll(MEMBERS).await;
    assert_eq!((row.outcome, row.added, row.calls), (Outcome::Ok, 26 * 25, 0));
    set(&world, &code(7), "L09", "status", json!("INACTIVE"));
    world.poll(&format!("alma.partners/{}", code(7))).await;
    let row = world.poll(MEMBERS).await;
    assert_eq!((row.modified, row.events), (2, 2));
    let started = std::time::Instant::now();
    let all = answer(&world, PartnerQuery::default()).await;
    println!("{} directions in {:?}", all.rows.len(), started.elapsed());
    let broken: Vec<_> = all.rows.iter().filter(|row| row.state != FlowState::On).collect();
    assert_eq!((all.rows.len(), broken.len()), (26 * 25, 2));
    assert!(broken.iter().all(|row| row.cause.is_some()));
    assert!(all.findings.is_empty());
}
