//! Libraries and their hours.

use std::time::Duration;

use almanac::model::answer::Outcome;
use almanac::model::event::Severity;
use serde_json::json;

use super::{Elm, LIBRARIES, body_of, library, outage, titles, world};
use crate::world::{Fault, World};

/// Two libraries that take part, one that does not.
fn three_libraries(elm: &mut Elm) {
    elm.libraries = vec![
        library("MAIN", "Main Library", true),
        library("LAW", "Law Library", true),
        library("ARCH", "Archive", false),
    ];
}

async fn next_day(world: &World) {
    world.hand.advance(Duration::from_hours(23));
    let row = world.poll(LIBRARIES).await;
    assert_eq!(row.outcome, Outcome::Ok, "{:?}", row.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_reading_alerts_nobody_and_the_same_world_on_other_days_neither() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    elm.lock().unwrap().close("MAIN", &["2027-02-15", "2027-02-16"]);
    let first = world.poll(LIBRARIES).await;
    assert_eq!((first.outcome, first.added), (Outcome::Ok, 5), "{:?}", first.reason);
    assert_eq!(
        world.keys(LIBRARIES).await,
        ["ARCH", "LAW", "LAW/hours", "MAIN", "MAIN/hours"]
    );
    assert_eq!(
        body_of(&world, LIBRARIES, "MAIN").await,
        json!({"code": "MAIN", "name": "Main Library", "resource_sharing": true, "campus": "NORTH", "path": "01ELM.01ELM_INST.MAIN"})
    );
    let hours = body_of(&world, LIBRARIES, "MAIN/hours").await;
    assert_eq!(hours["days"], json!({"2027-02-15": "closed", "2027-02-16": "closed"}));
    assert_eq!(
        (&hours["usual"]["sunday"], &hours["usual"]["monday"]),
        (&json!("closed"), &json!("08:00-22:00"))
    );
    for _ in 0..40 {
        next_day(&world).await;
    }
    assert!(titles(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_leaves_resource_sharing_matters_to_all_partners() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    world.poll(LIBRARIES).await;
    elm.lock().unwrap().share("LAW", false);
    elm.lock().unwrap().share("ARCH", true);
    let row = world.poll(LIBRARIES).await;
    assert_eq!(row.outcome, Outcome::Ok, "{:?}", row.reason);
    let events = world.events().await;
    let told: Vec<(&str, Severity)> = events
        .iter()
        .map(|event| (event.title.as_str(), event.severity))
        .collect();
    assert_eq!(
        told,
        [
            (
                "Elm College: Archive (ARCH) now takes part in resource sharing",
                Severity::Notice
            ),
            (
                "Elm College: Law Library (LAW) no longer takes part in resource sharing",
                Severity::Warning
            ),
        ]
    );
    assert_eq!(
        world.keys(LIBRARIES).await,
        ["ARCH", "ARCH/hours", "LAW", "MAIN", "MAIN/hours"],
        "its hours are no longer watched"
    );
    world.poll(LIBRARIES).await;
    assert_eq!(world.events().await.len(), 2, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_libraries_whose_loss_is_believed_at_last_are_gone_too() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    let more = (0..8).map(|n| library(&format!("B{n}"), "Branch", true));
    elm.lock().unwrap().libraries.extend(more);
    world.poll(LIBRARIES).await;
    three_libraries(&mut elm.lock().unwrap());
    for hours in [0, 12, 12] {
        world.hand.advance(Duration::from_hours(hours));
        world.poll(LIBRARIES).await;
    }
    assert_eq!(
        world.keys(LIBRARIES).await,
        ["ARCH", "LAW", "LAW/hours", "MAIN", "MAIN/hours"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closure_ahead_is_told_once_and_again_only_when_it_is_withdrawn() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    world.poll(LIBRARIES).await;
    elm.lock()
        .unwrap()
        .close("MAIN", &["2027-02-24", "2027-02-25", "2027-02-26"]);
    next_day(&world).await;
    assert_eq!(
        titles(&world).await,
        ["Elm College: Main Library is closed 24 to 26 February"]
    );
    for _ in 0..3 {
        next_day(&world).await;
    }
    assert_eq!(titles(&world).await.len(), 1);
    elm.lock().unwrap().deviations.clear();
    next_day(&world).await;
    assert_eq!(
        titles(&world).await[1..],
        ["Elm College: Main Library is open after all 24 to 26 February"]
    );
    // A year of days, in which nothing else happens.
    elm.lock().unwrap().close("LAW", &["2027-07-05"]);
    for _ in 0..160 {
        next_day(&world).await;
    }
    assert_eq!(
        titles(&world).await[2..],
        ["Elm College: Law Library is closed on 5 July"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_or_an_answer_that_is_not_understood_is_no_change() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    elm.lock().unwrap().close("MAIN", &["2027-02-24"]);
    world.poll(LIBRARIES).await;
    let before = body_of(&world, LIBRARIES, "MAIN/hours").await;

    // The hours of one library cannot be read; the rest can.
    world.wire().faults = vec![outage("/libraries/MAIN/open-hours")];
    let partial = world.poll(LIBRARIES).await;
    let reason = partial.reason.unwrap();
    assert_eq!(partial.outcome, Outcome::Partial);
    assert!(
        reason.starts_with("hours/MAIN:") && reason.contains("Configuration"),
        "{reason}"
    );
    world.wire().faults.clear();

    // Answers that mean nothing that is known, or nothing at all.
    for (says, reason) in [
        (
            json!({"day": [{"date": "2027-02-24Z", "open": "maybe"}]}),
            "lists no day",
        ),
        (json!({"opening": []}), "lists no days"),
        (json!({}), "lists no open day any more"),
        (json!({"day": [{"date": "soon"}]}), "no date that is understood"),
    ] {
        elm.lock().unwrap().hours_say.insert("MAIN".to_owned(), says.clone());
        let row = world.poll(LIBRARIES).await;
        assert_eq!(row.outcome, Outcome::Partial, "{says}");
        assert!(
            row.reason.as_ref().unwrap().contains(reason),
            "{says}: {:?}",
            row.reason
        );
    }
    elm.lock().unwrap().hours_say.clear();

    // All is down.
    world.wire().faults = vec![Fault {
        body: "<html>Down for maintenance</html>".to_owned(),
        status: 200,
        ..outage("/conf/libraries")
    }];
    assert_eq!(world.poll(LIBRARIES).await.outcome, Outcome::Failed);
    world.wire().faults.clear();
    world.poll(LIBRARIES).await;
    assert_eq!(body_of(&world, LIBRARIES, "MAIN/hours").await, before);
    assert_eq!(
        world.told().await,
        ["watch.failing 01ELM_INST", "watch.recovered 01ELM_INST"],
        "that it could not be read is all that is told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_off_closes_no_library() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    world.poll(LIBRARIES).await;
    let before = body_of(&world, LIBRARIES, "MAIN/hours").await;
    elm.lock().unwrap().cuts_hours = true;
    let row = world.poll(LIBRARIES).await;
    assert_eq!((row.outcome, row.modified), (Outcome::Partial, 0));
    assert!(row.reason.as_ref().unwrap().contains("was cut off"), "{:?}", row.reason);
    elm.lock().unwrap().cuts_hours = false;
    world.poll(LIBRARIES).await;
    assert_eq!(body_of(&world, LIBRARIES, "MAIN/hours").await, before);
    assert!(titles(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_closure_is_believed_when_its_middle_is_left_out_too() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    world.poll(LIBRARIES).await;
    let weeks: Vec<String> = (8..28).map(|day| format!("2027-02-{day:02}")).collect();
    elm.lock()
        .unwrap()
        .close("MAIN", &weeks.iter().map(String::as_str).collect::<Vec<_>>());
    next_day(&world).await;
    assert_eq!(
        titles(&world).await,
        ["Elm College: Main Library is closed 8 to 27 February"]
    );
    let asked = world.asked().await;
    let week = asked
        .iter()
        .filter(|call| call.contains("from=2027-02-14&to=2027-02-20"));
    assert_eq!(week.count(), 1, "the week in the middle was asked for by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_without_hours_of_its_own_is_no_trouble() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    elm.lock().unwrap().hours_say.insert("LAW".to_owned(), json!({}));
    for _ in 0..4 {
        assert_eq!(world.poll(LIBRARIES).await.outcome, Outcome::Ok);
    }
    assert!(!world.keys(LIBRARIES).await.contains(&"LAW/hours".to_owned()));
    assert!(titles(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_lacks_the_area_is_told_which_one() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    world.wire().faults = vec![outage("/conf/")];
    for watch in [LIBRARIES, super::JOBS] {
        let row = world.poll(watch).await;
        assert_eq!(row.outcome, Outcome::Failed);
        assert!(
            row.reason.as_ref().unwrap().contains("Configuration"),
            "{:?}",
            row.reason
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_can_be_read_and_which_area_a_key_lacks() {
    let (world, elm) = world().await;
    three_libraries(&mut elm.lock().unwrap());
    elm.lock().unwrap().jobs = vec![
        super::scheduled_job("S1", "Claim"),
        super::scheduled_job("S2", "Publishing"),
    ];
    let world = &world;
    let rows = |watch: &'static str| async move {
        let config = &world.almanac.config;
        let rows = almanac::poll::check::check(config, &world.clock, None, None)
            .await
            .unwrap();
        rows.into_iter().find(|row| row.subject == watch).unwrap()
    };
    let libraries = rows(LIBRARIES).await;
    assert!(libraries.ok);
    insta::assert_snapshot!(libraries.detail, @"3 libraries can be read; 2 take part in resource sharing; of the next seven days of Law Library Alma lists 6; hours take 3 calls a library");
    insta::assert_snapshot!(rows(super::JOBS).await.detail, @"2 jobs can be read; watched: 1");
    let claim = std::mem::take(&mut elm.lock().unwrap().jobs);
    elm.lock().unwrap().jobs = (0..101)
        .map(|n| super::scheduled_job(&format!("S{n}"), "Publishing"))
        .collect();
    let none = rows(super::JOBS).await;
    assert!(
        !none.ok && none.detail.contains("101 jobs can be read, but none is watched"),
        "{none:?}"
    );
    assert!(none.remedy.unwrap().contains("`jobs` in the [[watch]]"));
    elm.lock().unwrap().jobs.push(super::scheduled_job("S101", "Claim"));
    assert!(rows(super::JOBS).await.ok, "it stands on the second page");
    elm.lock().unwrap().jobs = claim;
    world.wire().general_says = Some("01OAK_INST".to_owned());
    for watch in [LIBRARIES, super::JOBS] {
        let row = rows(watch).await;
        assert!(
            !row.ok && row.detail.contains("belongs to another institution, 01OAK_INST"),
            "{row:?}"
        );
    }
    world.wire().general_says = None;
    elm.lock()
        .unwrap()
        .libraries
        .push(json!({"name": "no code", "resource_sharing": false}));
    let libraries = rows(LIBRARIES).await;
    assert!(
        !libraries.ok && libraries.detail.contains("1 libraries have no code"),
        "{libraries:?}"
    );
    world.wire().faults = vec![outage("/conf/")];
    for watch in [LIBRARIES, super::JOBS] {
        let row = rows(watch).await;
        assert!(
            !row.ok && row.remedy.unwrap().contains("area Configuration"),
            "{}",
            row.detail
        );
    }
}
