//! What Alma offers: code tables, letters, integration profiles, and what Alma says of itself, seen from outside.

mod kept;
mod others;
mod tables;
mod texts;

use std::sync::{Arc, Mutex};

use almanac::model::answer::Outcome;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::privacy::run;
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
    world.wire().players.push(Player(Box::new(|call| {
        let unknown = call.institution == OAK && call.path.ends_with(SYSTEMS);
        unknown.then(|| ResponseTemplate::new(400).set_body_string(error_body("40166411")))
    })));
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

/// Everything that these answers hold beside what is kept stays out of the database, the log at its most talkative, the
/// alerts and the answers.
#[tokio::test(flavor = "multi_thread")]
async fn no_mark_is_found_in_what_is_stored_logged_or_told() {
    let (world, mut steps) = two_libraries().await;
    let profiles = play_profiles(&world);
    profiles.lock().unwrap().push(profile("1", "A", "USER"));
    put_letters(&world, ELM, &[letter("A", "A")]);
    let general = json!({
        "institution": {"value": ELM, "desc": "canary-desc"}, "environment_type": "production",
        "alma_url": "https://canary-user:canary-pw@na01.alma.example.org/mng?canary-query",
        "digital": {"bucket": "canary-bucket", "ingest_form": {"x-amz-credential": "canary-aws"}}
    });
    world
        .wire()
        .alma
        .insert((ELM.to_owned(), "/conf/general".to_owned()), general);
    let watches = [ELM_TABLES, ELM_LETTERS, ELM_PROFILES, ELM_GENERAL];
    let poll: Vec<&str> = std::iter::once("poll").chain(watches).collect();
    let mut said = run(&world, &poll).await;
    steps.push(row("NEW", "New canary-mail@example.org"));
    put_table(&world, ELM, STEPS, &steps);
    put_letters(
        &world,
        ELM,
        &[letter("A", "A"), letter("RSLetter", "New canary-mail@example.org")],
    );
    profiles.lock().unwrap().push(profile("2", "B", "OAI"));
    said.extend(run(&world, &poll).await);
    assert_eq!(world.told().await.len(), 4, "a step, a letter, a profile and its type");
    world.wire().faults = vec![fault("/conf/", 400, &error_body("402119"))];
    said.extend(run(&world, &poll).await);
    world.wire().faults.clear();
    for watch in watches {
        said.extend(run(&world, &["show", watch, "--json"]).await);
        said.extend(run(&world, &["diff", watch, "--json"]).await);
    }
    for arguments in [&["events", "--json"][..], &["watches"], &["check"]] {
        said.extend(run(&world, arguments).await);
    }
    let mut searched = vec![
        ("what was said".to_owned(), said),
        (
            "the alerts".to_owned(),
            serde_json::to_vec(&world.wire().attempts).unwrap(),
        ),
    ];
    for entry in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains(".db") {
            searched.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    assert!(searched.len() >= 3, "no database was searched");
    for (what, bytes) in searched {
        assert!(bytes.len() > 500, "{what} is too short to mean anything");
        let found = bytes.windows(6).position(|window| window == b"canary");
        let near = found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at + 60]).into_owned());
        assert_eq!(near, None, "a mark is in {what}");
    }
}
