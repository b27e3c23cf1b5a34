//! Stories of code tables.

use almanac::model::answer::Outcome;
use serde_json::json;

use super::{ELM_TABLES, OAK_TABLES, STEPS, SYSTEMS, error_body, fault, put_table, row, titles, two_libraries};
use crate::world::{ELM, OAK, World};

#[tokio::test]
async fn a_new_step_at_two_libraries_is_one_story() {
    let (world, mut steps) = two_libraries().await;
    for watch in [ELM_TABLES, OAK_TABLES] {
        let polled = world.poll(watch).await;
        assert_eq!((polled.outcome, polled.added, polled.events), (Outcome::Ok, 4, 0));
    }
    assert!(world.told().await.is_empty(), "a baseline alerts nobody");

    steps.push(row("DIGITIZED_BY_PARTNER", "Digitized by partner"));
    for (institution, watch) in [(ELM, ELM_TABLES), (OAK, OAK_TABLES)] {
        put_table(&world, institution, STEPS, &steps);
        assert_eq!(world.poll(watch).await.events, 1);
    }
    let events = world.events().await;
    assert_eq!(
        titles(&world).await,
        [
            "Elm College: Alma has a new optional step for borrowing requests: Digitized by partner (DIGITIZED_BY_PARTNER)",
            "Oak University: Alma now also has this optional step for borrowing requests: Digitized by partner (DIGITIZED_BY_PARTNER)",
        ]
    );
    assert!(events[0].summary.contains("No other watched library had it before"));
    assert!(
        events[1]
            .summary
            .contains("first seen at another library less than a day ago")
    );
    let key = "OptionalBorrowingWorkflowSteps/DIGITIZED_BY_PARTNER";
    assert!(events.iter().all(|event| event.key.as_deref() == Some(key)));
    assert_eq!(events[0].group, events[1].group, "one roll-out, one story");
    assert!(
        world
            .asked()
            .await
            .iter()
            .filter(|call| call.contains("/conf/code-tables/"))
            .all(|call| call.ends_with("?lang=en")),
        "labels are always asked for in one language"
    );
}

#[tokio::test]
async fn what_a_baseline_found_elsewhere_is_told_as_new_only_here() {
    let (world, mut steps) = two_libraries().await;
    let known = steps.clone();
    steps.push(row("DIGITIZED_BY_PARTNER", "Digitized by partner"));
    put_table(&world, ELM, STEPS, &steps);
    world.poll(ELM_TABLES).await;
    put_table(&world, OAK, STEPS, &known);
    world.poll(OAK_TABLES).await;
    put_table(&world, OAK, STEPS, &steps);
    world.poll(OAK_TABLES).await;
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    assert!(events[0].title.contains("now also has"), "{}", events[0].title);
    assert!(events[0].summary.contains("since before it was watched"));
}

#[tokio::test]
async fn a_relabelled_row_is_good_to_know() {
    let (world, mut steps) = two_libraries().await;
    world.poll(ELM_TABLES).await;
    steps[0]["description"] = json!("Renewal by staff");
    steps[0]["updated_by"] = json!("canary-other");
    steps.reverse();
    put_table(&world, ELM, STEPS, &steps);
    assert_eq!(world.poll(ELM_TABLES).await.modified, 1);
    let events = world.events().await;
    assert_eq!(
        (events.len(), events[0].severity.name(), events[0].title.as_str()),
        (
            1,
            "info",
            "Elm College: this optional step for borrowing requests has a new label in Alma: Renewal by staff (MEDIATED_RENEWAL)"
        )
    );
    // Who saved it again, and when, is no change.
    steps[1]["updated_by"] = json!("canary-third");
    steps[1]["update_date"] = json!("2027-02-03Z");
    steps[1]["enabled"] = json!("true");
    put_table(&world, ELM, STEPS, &steps);
    assert_eq!(world.poll(ELM_TABLES).await.modified, 0);
}

#[tokio::test]
async fn a_table_that_alma_does_not_know_is_absent_and_news_when_it_comes() {
    let (world, _) = two_libraries().await;
    let unknown = fault(&format!("code-tables/{SYSTEMS}"), 400, &error_body("40166411"));
    world.wire().faults.push(unknown);
    let polled = world.poll(ELM_TABLES).await;
    assert_eq!((polled.outcome, polled.added), (Outcome::Ok, 2), "{:?}", polled.reason);
    world.wire().faults.clear();
    assert_eq!(world.poll(ELM_TABLES).await.added, 2);
    let told = world.told().await;
    assert_eq!(
        told,
        [
            "api.changed 01ELM_INST PartnerSystemTypes/ALMA",
            "api.changed 01ELM_INST PartnerSystemTypes/OCLC"
        ]
    );
    let events = world.events().await;
    assert_eq!(
        events.iter().map(|event| event.non_alma).collect::<Vec<_>>(),
        [false, true],
        "another system than Alma opens something to libraries without Alma"
    );
}

#[tokio::test]
async fn a_gateway_that_says_404_says_nothing_about_a_table() {
    let (world, _) = two_libraries().await;
    world
        .wire()
        .faults
        .push(fault(&format!("code-tables/{SYSTEMS}"), 404, "no route to the service"));
    let polled = world.poll(ELM_TABLES).await;
    assert_eq!(
        (polled.outcome, polled.added),
        (Outcome::Partial, 2),
        "{:?}",
        polled.reason
    );
    world.wire().faults.clear();
    assert_eq!(world.poll(ELM_TABLES).await.added, 2);
    assert!(world.told().await.is_empty(), "the first reading of a table is no news");
}

#[tokio::test]
async fn a_table_that_is_gone_removes_nothing() {
    let (world, _) = two_libraries().await;
    world.poll(ELM_TABLES).await;
    let unknown = fault(&format!("code-tables/{SYSTEMS}"), 400, &error_body("40166411"));
    world.wire().faults.push(unknown);
    let polled = world.poll(ELM_TABLES).await;
    assert_eq!((polled.outcome, polled.removed), (Outcome::Partial, 0));
    assert!(polled.reason.unwrap().contains("is now said not to exist"));
    assert!(world.told().await.is_empty());
    assert_eq!(world.keys(ELM_TABLES).await.len(), 4);
}

#[tokio::test]
async fn one_table_that_fails_leaves_the_others_and_a_dead_server_is_not_asked_for_all() {
    let (world, mut steps) = two_libraries().await;
    world.poll(ELM_TABLES).await;
    steps.pop();
    put_table(&world, ELM, STEPS, &steps);
    world.wire().faults.push(fault(SYSTEMS, 400, &error_body("402119")));
    let polled = world.poll(ELM_TABLES).await;
    assert_eq!((polled.outcome, polled.removed), (Outcome::Partial, 1));
    assert_eq!(
        world.told().await,
        ["api.changed 01ELM_INST OptionalBorrowingWorkflowSteps/LOCATE_FAILED"]
    );

    let world =
        World::with("[[watch]]\nsource = \"alma.code-tables\"\ninstitutions = [\"*\"]\nschedule = \"0 4 * * *\"\n")
            .await;
    world
        .wire()
        .faults
        .push(fault("code-tables", 400, &error_body("402119")));
    let polled = world.poll(ELM_TABLES).await;
    assert_eq!(polled.outcome, Outcome::Failed);
    let asked = world.asked().await;
    let tables = asked.iter().filter(|call| call.contains("code-tables")).count();
    assert_eq!(tables, 2, "twelve tables, given up after two failures running");
}
