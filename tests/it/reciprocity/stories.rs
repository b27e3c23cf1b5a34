//! What happens between the members, and what is told of it.

use std::time::Duration;

use almanac::insight::query::PartnerQuery;
use almanac::model::answer::Outcome;
use almanac::model::reciprocity::{FlowState, Says};
use serde_json::{Value, json};

use super::{KELP, MEMBERS, MORE, answer, between, flow, polled, record, set, three, words};
use crate::world::{ELM, Fault, OAK, World, write_secret};

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
            "01ELM_INST/01OAK_INST",
            "01ELM_INST/KELP",
            "01OAK_INST/01ELM_INST",
            "01OAK_INST/KELP",
            "KELP/01ELM_INST",
            "KELP/01OAK_INST"
        ]
    );
    for row in answer(&world, PartnerQuery::default()).await.rows {
        assert_eq!(row.state, FlowState::On, "{} > {}", row.lender, row.borrower);
        assert!(row.problems.is_empty() && row.since_at_least && row.cause.is_none());
    }
    assert_eq!(flow(&world, KELP, ELM).await.lender_says, Says::NotOnAlma);
}

#[tokio::test]
async fn what_is_committed_in_the_very_moment_of_a_reading_is_told_by_the_next() {
    let world = three().await;
    polled(&world).await;
    world.hand.advance(Duration::from_hours(1));
    // The clock stands still: the members are looked at, and in the same moment a partner list that they did not see yet.
    world.almanac.poll(&world.watch(MEMBERS), false).await;
    set(&world, ELM, "OAK", "status", json!("INACTIVE"));
    world
        .almanac
        .poll(&world.watch("alma.partners/01ELM_INST"), false)
        .await;
    world.almanac.poll(&world.watch(MEMBERS), false).await;
    assert_eq!(between(&world).await.len(), 2);
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
async fn what_a_third_library_does_to_its_records_is_no_news_of_two_others() {
    // Elm's record of Kelp carries nothing but a symbol, which only Oak's record, known by an alias, explains.
    let mut world = three().await;
    world
        .reconfigure(|config| config.replace("kind = \"other\"\n", "kind = \"other\"\naliases = [\"KPL-OAK\"]\n"))
        .await;
    let kelp = |key: &str, name: &str| {
        let mut record = record(key, KELP, name);
        record["partner_details"]["profile_details"]["iso_18626_details"]["iso_symbol"] = json!("US-KELP");
        record
    };
    world.wire().partners.get_mut(ELM).unwrap()[1] = kelp("SEAWEED", "Somebody");
    world.wire().partners.get_mut(OAK).unwrap()[1] = kelp("KPL-OAK", "Kelp");
    polled(&world).await;
    assert_eq!(flow(&world, ELM, KELP).await.state, FlowState::On);
    // Oak takes the symbol out, and later puts it back.
    for symbol in ["US-OTHER", "US-KELP"] {
        {
            let mut wire = world.wire();
            let record = &mut wire.partners.get_mut(OAK).unwrap()[1]["partner_details"];
            record["profile_details"]["iso_18626_details"]["iso_symbol"] = json!(symbol);
        }
        world.poll("alma.partners/01OAK_INST").await;
        world.poll(MEMBERS).await;
        world.poll(MEMBERS).await;
        let expected = if symbol == "US-KELP" {
            FlowState::On
        } else {
            FlowState::None
        };
        assert_eq!(flow(&world, ELM, KELP).await.state, expected);
    }
    assert!(between(&world).await.is_empty(), "{}", words(&between(&world).await));
    // What Elm itself does is news as ever.
    set(&world, ELM, "SEAWEED", "status", json!("INACTIVE"));
    world.poll("alma.partners/01ELM_INST").await;
    world.poll(MEMBERS).await;
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
