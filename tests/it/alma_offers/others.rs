//! Stories of letters, of integration profiles, and of what Alma says of itself.

use almanac::model::answer::Outcome;
use serde_json::json;

use super::{
    ELM_GENERAL, ELM_LETTERS, ELM_PROFILES, error_body, fault, letter, play_profiles, profile, put_letters, titles,
    two_libraries,
};
use crate::world::ELM;

#[tokio::test]
async fn letters_come_go_and_are_switched_off() {
    let (world, _) = two_libraries().await;
    let mut letters = vec![
        letter("LenderRejectEmailLetter", "Lender Reject Email Letter"),
        letter("FulOverdueNoticeLetter", "Overdue Notice Letter"),
    ];
    put_letters(&world, ELM, &letters);
    world.poll(ELM_LETTERS).await;
    letters.push(letter("LenderRenewalEmailLetter", "Lender Renewal Email Letter"));
    letters[0]["enabled"] = json!("false");
    letters[1]["customized"] = json!({"value": "true"});
    put_letters(&world, ELM, &letters);
    assert_eq!(world.poll(ELM_LETTERS).await.events, 3);
    // Three letters counted, one given: nothing is missed.
    let body = json!({"letter": [letters[0]], "total_record_count": 3});
    world
        .wire()
        .alma
        .insert((ELM.to_owned(), "/conf/letters".to_owned()), body);
    assert_eq!(world.poll(ELM_LETTERS).await.outcome, Outcome::Partial);
    // One letter given and none counted: nothing says that it is all.
    let body = json!({"letter": [letters[0]]});
    world
        .wire()
        .alma
        .insert((ELM.to_owned(), "/conf/letters".to_owned()), body);
    let polled = world.poll(ELM_LETTERS).await;
    assert_eq!((polled.outcome, polled.removed), (Outcome::Partial, 0));
    put_letters(&world, ELM, &letters[..2]);
    assert_eq!(world.poll(ELM_LETTERS).await.removed, 1);
    let told: Vec<String> = world
        .events()
        .await
        .iter()
        .map(|event| format!("{} {}", event.severity, event.title))
        .collect();
    assert_eq!(
        told,
        [
            "info Elm College: this letter is now customized in Alma: Overdue Notice Letter (FulOverdueNoticeLetter)",
            "notice Elm College: this resource sharing letter is now disabled in Alma: Lender Reject Email Letter (LenderRejectEmailLetter)",
            "notice Elm College: Alma has a new resource sharing letter: Lender Renewal Email Letter (LenderRenewalEmailLetter)",
            "notice Elm College: Alma no longer has this resource sharing letter: Lender Renewal Email Letter (LenderRenewalEmailLetter)",
        ]
    );
}

#[tokio::test]
async fn a_type_of_profile_is_news_and_page_two_failing_removes_nothing() {
    let (world, _) = two_libraries().await;
    let profiles = play_profiles(&world);
    *profiles.lock().unwrap() = (0..120)
        .map(|n| profile(&format!("{}", 281_000 + n), &format!("P{n}"), "USER"))
        .collect();
    let polled = world.poll(ELM_PROFILES).await;
    assert_eq!((polled.added, polled.calls), (121, 3), "two pages and whose key it is");

    world.wire().faults = vec![fault("offset=100", 400, &error_body("402119"))];
    for _ in 0..2 {
        let polled = world.poll(ELM_PROFILES).await;
        assert_eq!((polled.outcome, polled.removed), (Outcome::Partial, 0));
    }
    world.wire().faults.clear();
    profiles.lock().unwrap().push(profile("300", "NCIP_BROKER", "NCIP"));
    assert_eq!(world.poll(ELM_PROFILES).await.events, 2);
    profiles.lock().unwrap().pop();
    assert_eq!(world.poll(ELM_PROFILES).await.removed, 0, "one reading is not enough");
    assert_eq!(world.poll(ELM_PROFILES).await.removed, 2);
    assert_eq!(
        titles(&world).await,
        [
            "Elm College: Alma has a new integration profile of type NCIP: NCIP_BROKER of (NCIP_BROKER)",
            "Elm College: Alma has its first integration profile of type NCIP",
            "Elm College: Alma no longer has the integration profile of type NCIP: NCIP_BROKER of (NCIP_BROKER)",
            "Elm College: Alma has no integration profile of type NCIP any more",
        ]
    );
}

#[tokio::test]
async fn a_key_that_speaks_for_the_sandbox_is_a_warning() {
    let (world, _) = two_libraries().await;
    let general = |environment: &str, host: &str| {
        json!({
            "institution": {"value": ELM, "desc": "Elm"}, "environment_type": environment,
            "alma_url": format!("https://{host}:1443/"),
            "digital": {"bucket": "canary-bucket", "ingest_form": {"x-amz-credential": "canary-aws", "key": "canary-key"}}
        })
    };
    let put = |body| {
        world
            .wire()
            .alma
            .insert((ELM.to_owned(), "/conf/general".to_owned()), body);
    };
    put(general("production", "na01.alma.example.org"));
    assert_eq!(world.poll(ELM_GENERAL).await.added, 1);
    put(general("sandbox", "na01.alma.example.org"));
    world.poll(ELM_GENERAL).await;
    put(general("production", "na05.alma.example.org"));
    world.poll(ELM_GENERAL).await;
    put(json!({"institution": {"value": "01ASH_INST"}, "environment_type": "production"}));
    let polled = world.poll(ELM_GENERAL).await;
    assert_eq!(polled.outcome, Outcome::Failed);
    assert!(
        polled
            .reason
            .unwrap()
            .contains("belongs to another institution, 01ASH_INST")
    );
    let events = world.events().await;
    let told: Vec<String> = events
        .iter()
        .map(|event| format!("{} {}", event.severity, event.title))
        .collect();
    assert_eq!(
        told,
        [
            "warning Elm College: the key now speaks for the sandbox, not for the production Alma",
            "notice Elm College: the key speaks for the production Alma again",
        ]
    );
    assert!(
        events[1].summary.contains("na05.alma.example.org"),
        "{}",
        events[1].summary
    );
    assert!(world.asked().await.iter().all(|call| !call.contains("expand")));
}
