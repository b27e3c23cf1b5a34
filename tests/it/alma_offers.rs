//! What Alma offers: code tables, letters, integration profiles, and what Alma says of itself, seen from outside.

mod kept;
mod texts;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use almanac::model::answer::Outcome;
use almanac::model::watch::WatchId;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{ELM, Fault, OAK, Player, World};

/// The four watches; two tables, so that the stories stay short.
const WATCHES: &str = "
[[watch]]
source = \"alma.code-tables\"
institutions = [\"*\"]
schedule = \"0 4 * * *\"
tables = [\"OptionalBorrowingWorkflowSteps\", \"PartnerSystemTypes\"]

[[watch]]
source = \"alma.letters\"
institutions = [\"*\"]
schedule = \"0 4 * * *\"

[[watch]]
source = \"alma.integration-profiles\"
institutions = [\"*\"]
schedule = \"0 4 * * *\"

[[watch]]
source = \"alma.general\"
institutions = [\"*\"]
schedule = \"0 4 * * *\"
";
const STEPS: &str = "OptionalBorrowingWorkflowSteps";
const SYSTEMS: &str = "PartnerSystemTypes";
const ELM_TABLES: &str = "alma.code-tables/01ELM_INST";
const OAK_TABLES: &str = "alma.code-tables/01OAK_INST";
const ELM_LETTERS: &str = "alma.letters/01ELM_INST";
const ELM_PROFILES: &str = "alma.integration-profiles/01ELM_INST";
const ELM_GENERAL: &str = "alma.general/01ELM_INST";

/// A row of a code table with everything that must never be kept.
fn row(code: &str, label: &str) -> Value {
    json!({
        "code": code, "description": label, "default": false, "enabled": true,
        "updated_by": "canary-staff", "update_date": "2026-12-30Z"
    })
}

/// A letter with everything that must never be kept.
fn letter(code: &str, name: &str) -> Value {
    json!({
        "link": format!("https://example.org/almaws/v1/conf/letters/{code}?canary-link"),
        "code": code, "name": name, "channel": "EMAIL", "retention_period": "canary-retention",
        "enabled": {"value": "true", "desc": "Yes"}, "customized": {"value": "false", "desc": "No"},
        "description": "canary-description", "patron_facing": {"value": "true"},
        "updated_by": {"value": "canary-staff", "desc": "canary-staff-name"}, "update_date": "2026-12-30Z",
        "xsl": "<xsl:template>canary-xsl</xsl:template>", "labels": {"value": "canary-labels"}
    })
}

/// An integration profile with everything that must never be kept.
fn profile(id: &str, code: &str, kind: &str) -> Value {
    json!({
        "link": format!("https://example.org/almaws/v1/conf/integration-profiles/{id}?canary-link"),
        "id": id, "code": code, "name": format!("{code} of canary-person@example.org"),
        "type": {"value": kind, "desc": kind}, "system": {"value": "OTHER", "desc": "Other"},
        "ftp_connection": {"value": "canary-ftp", "desc": "canary-ftp-password"}, "default": true,
        "system_description": "canary-system", "description": "on canary-host as canary-user",
        "parameter": [{"action": {"value": "x"}, "name": {"value": "password"}, "value": "canary-parameter"}],
        "contact_info": {"email": [{"email_address": "canary-contact@example.org"}]}
    })
}

fn put_table(world: &World, institution: &str, table: &str, rows: &[Value]) {
    let body = json!({
        "link": "https://example.org", "name": table, "description": "canary-table-description",
        "sub_system": {"value": "INFRA"}, "patron_facing": false, "updated_by": "canary-staff",
        "update_date": "2026-12-30Z", "language": {"value": "en", "desc": "English"},
        "scope": {"institution_id": {"value": institution}, "library_id": {"value": null}}, "row": rows
    });
    let path = format!("/conf/code-tables/{table}");
    world.wire().alma.insert((institution.to_owned(), path), body);
}

fn put_letters(world: &World, institution: &str, letters: &[Value]) {
    let body = json!({"letter": letters, "total_record_count": letters.len()});
    world
        .wire()
        .alma
        .insert((institution.to_owned(), "/conf/letters".to_owned()), body);
}

/// Plays Alma's pages of profiles from a list that the story edits.
fn play_profiles(world: &World) -> Arc<Mutex<Vec<Value>>> {
    let profiles = Arc::new(Mutex::new(Vec::new()));
    let list: Arc<Mutex<Vec<Value>>> = Arc::clone(&profiles);
    world.wire().players.push(Player(Box::new(move |call| {
        if call.path != "/conf/integration-profiles" {
            return None;
        }
        let list = list.lock().unwrap();
        let number = |name: &str| call.query[name].parse::<usize>().unwrap();
        assert!(number("limit") <= 100);
        let page: Vec<&Value> = list.iter().skip(number("offset")).take(number("limit")).collect();
        let body = json!({"integration_profile": page, "total_record_count": list.len()});
        Some(ResponseTemplate::new(200).set_body_json(body))
    })));
    profiles
}

fn fault(where_: &str, status: u16, body: &str) -> Fault {
    Fault {
        where_: where_.to_owned(),
        status,
        body: body.to_owned(),
        times: None,
    }
}

fn error_body(code: &str) -> String {
    json!({"errorsExist": true, "errorList": {"error": [{"errorCode": code, "errorMessage": "canary-message"}]}})
        .to_string()
}

/// Two libraries whose tables are known, and the steps that both have.
async fn two_libraries() -> (World, Vec<Value>) {
    let world = World::with(WATCHES).await;
    let steps = vec![
        row("MEDIATED_RENEWAL", "Mediated renewal"),
        row("LOCATE_FAILED", "Locate failed"),
    ];
    for institution in [ELM, OAK] {
        put_table(&world, institution, STEPS, &steps);
        put_table(
            &world,
            institution,
            SYSTEMS,
            &[row("ALMA", "Alma"), row("OCLC", "OCLC")],
        );
    }
    (world, steps)
}

async fn titles(world: &World) -> Vec<String> {
    world.events().await.into_iter().map(|event| event.title).collect()
}

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
async fn a_table_that_is_gone_removes_nothing() {
    let (world, _) = two_libraries().await;
    world.poll(ELM_TABLES).await;
    world
        .wire()
        .alma
        .remove(&(ELM.to_owned(), format!("/conf/code-tables/{SYSTEMS}")));
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

#[tokio::test]
async fn a_wrong_answer_is_implausible_and_never_empty() {
    let (world, steps) = two_libraries().await;
    put_letters(&world, ELM, &[letter("LenderRejectEmailLetter", "Lender Reject")]);
    let profiles = play_profiles(&world);
    profiles.lock().unwrap().push(profile("1", "A", "USER"));
    let watches = [ELM_TABLES, ELM_LETTERS, ELM_PROFILES, ELM_GENERAL];
    for watch in watches {
        assert_eq!(world.poll(watch).await.outcome, Outcome::Ok, "{watch}");
    }
    for body in ["{}", "[]", "{\"link\":\"x\"}", "<html><body>Sign in</body></html>"] {
        world.wire().faults = vec![fault("/conf/", 200, body)];
        for watch in watches {
            let polled = world.poll(watch).await;
            assert_eq!((polled.outcome, polled.removed), (Outcome::Failed, 0), "{watch} {body}");
            assert!(polled.reason.unwrap().contains("implausible"), "{watch} {body}");
        }
    }
    // Another table than the one asked for.
    world.wire().faults.clear();
    let other = json!({"name": "RequestFormats", "row": steps});
    for table in [STEPS, SYSTEMS] {
        world
            .wire()
            .alma
            .insert((ELM.to_owned(), format!("/conf/code-tables/{table}")), other.clone());
    }
    let polled = world.poll(ELM_TABLES).await;
    assert!(polled.reason.unwrap().contains("another code table"));
    assert!(world.told().await.iter().all(|told| told.starts_with("watch.")));
}

#[tokio::test]
async fn a_key_without_the_area_is_told_which_one_it_lacks() {
    let (world, _) = two_libraries().await;
    world.wire().conf_allowed = false;
    let unauthorized = "<web_service_result xmlns=\"http://com/exlibris/urm/general/xmlbeans\"><errorsExist>true</errorsExist><errorList><error>\
                        <errorCode>UNAUTHORIZED</errorCode></error></errorList></web_service_result>";
    for path in ["/conf/code-tables", "/conf/letters", "/conf/integration-profiles"] {
        world.wire().faults.push(fault(path, 400, unauthorized));
    }
    for watch in [ELM_TABLES, ELM_LETTERS, ELM_PROFILES, ELM_GENERAL] {
        let reason = world.poll(watch).await.reason.unwrap();
        assert!(
            reason.contains("Configuration") && reason.contains("API key"),
            "{watch}: {reason}"
        );
    }
    let rows = checked(&world).await;
    assert_eq!(rows.len(), 8, "four watches of two libraries");
    for row in rows {
        assert!(!row.ok, "{row:?}");
        assert!(row.remedy.as_deref().unwrap().contains("area Configuration"), "{row:?}");
    }
}

async fn checked(world: &World) -> Vec<almanac::model::answer::CheckRow> {
    let almanac = &world.almanac;
    let rows = almanac::poll::check::check(&almanac.config, &world.clock, None, None)
        .await
        .unwrap();
    let ours = [
        "alma.code-tables/",
        "alma.letters/",
        "alma.integration-profiles/",
        "alma.general/",
    ];
    rows.into_iter()
        .filter(|row| ours.iter().any(|source| row.subject.starts_with(source)))
        .collect()
}

#[tokio::test]
async fn check_says_what_can_be_read_and_which_table_alma_does_not_know() {
    let (world, _) = two_libraries().await;
    put_letters(&world, ELM, &[letter("A", "A"), letter("B", "B")]);
    play_profiles(&world).lock().unwrap().push(profile("1", "A", "USER"));
    world
        .wire()
        .alma
        .remove(&(OAK.to_owned(), format!("/conf/code-tables/{SYSTEMS}")));
    world.wire().alma.insert(
        (OAK.to_owned(), "/conf/general".to_owned()),
        json!({"institution": {"value": OAK}, "environment_type": "sandbox", "alma_url": "https://sandbox.example.org/"}),
    );
    let rows = checked(&world).await;
    let told = |subject: &str| {
        let row = rows.iter().find(|row| row.subject == subject).unwrap();
        format!("{} {}", row.ok, row.detail)
    };
    assert_eq!(told(ELM_TABLES), "true 2 tables can be read (4 rows)");
    assert_eq!(told(OAK_TABLES), "false Alma knows no code table PartnerSystemTypes");
    assert_eq!(told(ELM_LETTERS), "true 2 letters can be read");
    assert_eq!(told(ELM_PROFILES), "true 1 integration profiles can be read");
    assert_eq!(
        told(ELM_GENERAL),
        "true the key speaks for the production Alma of 01ELM_INST"
    );
    assert_eq!(
        told("alma.general/01OAK_INST"),
        "true the key speaks for the sandbox of 01OAK_INST: not what patrons and staff work with"
    );
    assert!(told("alma.letters/01OAK_INST").starts_with("false"));
}

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

/// Everything that these answers hold beside what is kept stays out of the database, the alerts and the events.
#[tokio::test]
async fn no_mark_is_found_in_what_is_stored_or_told() {
    let (world, mut steps) = two_libraries().await;
    let profiles = play_profiles(&world);
    profiles.lock().unwrap().push(profile("1", "A", "USER"));
    put_letters(&world, ELM, &[letter("A", "A")]);
    let watches = [ELM_TABLES, ELM_LETTERS, ELM_PROFILES];
    for watch in watches {
        world.poll(watch).await;
    }
    steps.push(row("NEW", "New canary-mail@example.org"));
    put_table(&world, ELM, STEPS, &steps);
    put_letters(
        &world,
        ELM,
        &[letter("A", "A"), letter("RSLetter", "New canary-mail@example.org")],
    );
    profiles.lock().unwrap().push(profile("2", "B", "OAI"));
    for watch in watches {
        assert!(world.poll(watch).await.events > 0, "{watch}");
    }
    world.hand.advance(Duration::from_mins(1));
    world.deliver().await;
    assert!(!world.wire().received.is_empty());
    let told =
        serde_json::to_string(&world.wire().received).unwrap() + &serde_json::to_string(&world.events().await).unwrap();
    assert!(!told.contains("canary"), "{told}");
    let at = world.clock.now();
    for watch in watches {
        let records = world
            .almanac
            .store
            .records(&WatchId::from_text(watch), None, at)
            .await
            .unwrap();
        assert!(records.len() >= 2);
        for record in records {
            assert!(!record.body.to_string().contains("canary"), "{watch} {}", record.key);
        }
    }
}
