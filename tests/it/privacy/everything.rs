//! Every source, every command, every answer over HTTP: marks stand in every answer of Alma where readers, staff, passwords
//! and keys stand in the real one, and in no place where Almanac keeps, says or sends anything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use almanac::clock::Clock;
use almanac::model::moment::Moment;
use almanac::store::Store;
use almanac::web::{self, ApiState};
use chrono::{Datelike as _, NaiveDate};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use super::run;
use crate::task_list::{self, Lent};
use crate::world::{ELM, Fault, OAK, Player, World, partner};

/// All marks begin so, in any case; and nothing that may be kept does.
const MARK: &str = "canary";
/// Ids of requests, as Alma and Analytics give them.
const REQUEST_IDS: [&str; 3] = ["3593049939000414", "972ELM0075699", "972ELM0075700"];

const WATCHES: &str = r#"
[[watch]]
source = "alma.lending-requests"
institutions = ["01ELM_INST"]
schedule = "20 * * * *"

[[watch]]
source = "alma.libraries"
institutions = ["01ELM_INST"]
schedule = "0 6 * * *"

[[watch]]
source = "alma.code-tables"
institutions = ["01ELM_INST"]
tables = ["PartnerSystemTypes"]
schedule = "0 6 * * *"

[[watch]]
source = "alma.letters"
institutions = ["01ELM_INST"]
schedule = "0 6 * * *"

[[watch]]
source = "alma.jobs"
institutions = ["01ELM_INST"]
schedule = "0 6 * * *"

[[watch]]
source = "alma.integration-profiles"
institutions = ["01ELM_INST"]
schedule = "0 6 * * *"

[[watch]]
source = "alma.general"
institutions = ["01ELM_INST"]
schedule = "0 6 * * *"

[[watch]]
source = "reciprocity"
schedule = "every 1h"

[[watch]]
source = "ageing"
institutions = ["01ELM_INST"]
schedule = "every 1h"

[[watch]]
source = "alma.borrowing-requests"
institutions = ["01ELM_INST"]
report = "/shared/Elm/Almanac"
schedule = "30 10 * * *"
"#;

/// What Elm College's Alma answers; in the second round everything is otherwise, so that there is something to tell.
fn answer(path: &str, query: &BTreeMap<String, String>, round: usize, now: Moment) -> Option<ResponseTemplate> {
    let staff = json!({"value": "canary-staff", "desc": "Canary, Anna (staff)"});
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let body = match parts.as_slice() {
        ["conf", "general"] => json!({
            "institution": {"value": ELM, "desc": "canary-institution"}, "environment_type": {"value": "production"},
            "alma_url": "https://canary-user:canary-password@na01.alma.example.org/mng?apikey=canary-key",
            "digital": {"bucket": "canary-bucket", "ingest_form": {"signature": "canary-aws"}}
        }),
        ["conf", "libraries"] => json!({"library": [
            {"code": "MAIN", "name": "Main Library", "resource_sharing": true, "description": "write to canary-anna@example.org",
             "contact_info": {"phone": "canary-phone", "email": "canary@example.org"}, "link": "https://example.org/canary"},
            {"code": "LAW", "name": if round == 0 { "Law" } else { "Law Library" }, "resource_sharing": round == 0}
        ], "total_record_count": 2}),
        ["conf", "libraries", _, "open-hours"] => open_hours(query, round, now),
        ["conf", "jobs"] => json!({"job": [{
            "id": "S1", "name": "Expired Resource Sharing Requests", "description": "canary-description",
            "type": {"value": "SCHEDULED"}, "category": {"value": "RESOURCE_SHARING"}, "schedule": {"value": "DAILY_AT_02"},
            "creator": "canary-creator", "parameter": [{"name": {"value": "password"}, "value": "canary-parameter"}]
        }], "total_record_count": 1}),
        ["conf", "jobs", _, "instances"] => json!({"job_instance": [{
            "id": "1", "name": "Expired: set of canary-reader", "submitted_by": staff, "external_id": "canary",
            "submit_time": now.minus(Duration::from_hours(9)).to_string(), "start_time": now.minus(Duration::from_hours(9)).to_string(),
            "end_time": now.minus(Duration::from_hours(8)).to_string(), "progress": 100,
            "status": {"value": if round == 0 { "COMPLETED_SUCCESS" } else { "COMPLETED_FAILED" }, "desc": "canary-desc"},
            "alert": [{"value": "alert_general_error", "desc": "canary-alert"}],
            "counter": [{"type": {"value": "c.expired", "desc": "canary-desc"}, "value": "3"}]
        }], "total_record_count": 1}),
        ["conf", "code-tables", table] => {
            let row = |code: &str| {
                json!({"code": code, "description": format!("System {code}"), "enabled": true, "default": false,
                                          "updated_by": "canary-staff", "update_date": "2026-12-30Z"})
            };
            let rows: Vec<Value> = ["ALMA", "LADD", "NEW"]
                .iter()
                .take(2 + round)
                .map(|code| row(code))
                .collect();
            json!({"name": table, "description": "canary-description", "updated_by": "canary-staff", "row": rows})
        }
        ["conf", "letters"] => json!({"letter": [{
            "code": "ResourceSharingLetter", "name": "Resource Sharing Letter", "channel": "EMAIL", "enabled": (round == 0).to_string(),
            "customized": "false", "updated_by": staff, "xsl": "<p>Dear canary-reader</p>", "description": "canary-description"
        }], "total_record_count": 1}),
        ["conf", "integration-profiles"] => json!({"integration_profile": [{
            "id": "7", "code": "RAPIDO", "name": if round == 0 { "Rapido" } else { "Rapido of canary-anna@example.org" },
            "type": {"value": "RAPIDO"}, "system": {"value": "OTHER"},
            "ftp_connection": {"value": "canary-ftp", "desc": "canary-password"}, "description": "canary-host",
            "parameter": [{"name": {"value": "password"}, "value": "canary-parameter"}], "contact_info": {"email": "canary@example.org"}
        }], "total_record_count": 1}),
        ["task-lists", "rs", "lending-requests"] => {
            let lent: Vec<Lent> = (0..9)
                .map(|id| Lent {
                    id: REQUEST_IDS[0].parse::<u64>().unwrap() + id,
                    library: "MAIN".to_owned(),
                    status: if round == 0 {
                        "REQUEST_CREATED_LEND"
                    } else {
                        "SHIPPED_PHYSICALLY"
                    }
                    .to_owned(),
                    partner: "OAK".to_owned(),
                    format: "PHYSICAL".to_owned(),
                    modified: now.minus(Duration::from_hours(if round == 0 { 200 } else { 0 })),
                })
                .collect();
            return Some(ResponseTemplate::new(200).set_body_string(task_list::answer(&lent, query, false)));
        }
        ["analytics", "reports"] => {
            return Some(ResponseTemplate::new(200).set_body_raw(report(round), "application/xml"));
        }
        _ => return None,
    };
    Some(ResponseTemplate::new(200).set_body_json(body))
}

/// Open from 8 to 22; in the second round the library is closed a week from now.
fn open_hours(query: &BTreeMap<String, String>, round: usize, now: Moment) -> Value {
    let (from, to): (NaiveDate, NaiveDate) = (query["from"].parse().unwrap(), query["to"].parse().unwrap());
    let closed = now.datetime().date_naive() + chrono::Days::new(7);
    let days: Vec<Value> = from
        .iter_days()
        .take_while(|day| *day <= to)
        .filter(|day| round == 0 || *day != closed)
        .map(|day| {
            json!({"date": format!("{day}Z"), "day_of_week": {"value": day.weekday().number_from_sunday().to_string(), "desc": "canary"},
                   "hour": [{"from": "08:00", "to": "22:00"}]})
        })
        .collect();
    json!({ "day": days })
}

/// Borrowing requests with everything that a careless report carries.
fn report(round: usize) -> String {
    let headings = [
        "Internal Id",
        "Borrowing Request Status",
        "Partner Code",
        "Full Name",
        "Preferred Email",
        "Title",
        "Barcode",
        "LCCN",
        "Note",
        "Street Address",
        "User Group",
    ];
    let elements: String = headings
        .iter()
        .enumerate()
        .map(|(n, heading)| {
            format!(
                "<xsd:element name=\"Column{}\" type=\"xsd:string\" saw-sql:columnHeading=\"{heading}\"/>",
                n + 1
            )
        })
        .collect();
    let status = if round == 0 {
        "Request sent to partner"
    } else {
        "Shipped Physically"
    };
    let rows: String = (0..8)
        .map(|row| {
            let id = if row == 0 {
                REQUEST_IDS[1].to_owned()
            } else {
                format!("{}{row}", REQUEST_IDS[2])
            };
            let cells = [
                id.as_str(),
                status,
                "OAK",
                "Canary Reader",
                "canary@example.org",
                "Canary of the Baskervilles",
                "canary-barcode",
                "Canary, Anna",
                "canary-note",
                "1 Canary Street",
                "canary-group",
            ];
            let cells: String = cells
                .iter()
                .enumerate()
                .map(|(n, cell)| format!("<Column{}>{cell}</Column{}>", n + 1, n + 1))
                .collect();
            format!("<Row><Column0>0</Column0>{cells}</Row>")
        })
        .collect();
    format!(
        "<report><QueryResult><ResumptionToken>CANARY-TOKEN</ResumptionToken><IsFinished>true</IsFinished><ResultXml>\
         <rowset xmlns=\"urn:schemas-microsoft-com:xml-analysis:rowset\"><xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:saw-sql=\"urn:saw-sql\"><xsd:complexType name=\"Row\"><xsd:sequence>{elements}</xsd:sequence></xsd:complexType>\
         </xsd:schema>{rows}</rowset></ResultXml></QueryResult></report>"
    )
}

/// A partner with every secret and person that a record can hold.
fn secretive(code: &str, name: &str, institution: &str, active: bool) -> Value {
    let mut record = partner(code);
    let details = &mut record["partner_details"];
    details["name"] = json!(name);
    details["institution_code"] = json!(institution);
    details["status"] = json!(if active { "ACTIVE" } else { "INACTIVE" });
    details["profile_details"]["bldss_details"] =
        json!({"bldss_base_user_name": "canary-user", "bldss_base_password": "canary-bldss"});
    details["profile_details"]["rapid_details"] =
        json!({"rapid_user_name": "canary-user", "rapid_password": "canary-rapid"});
    details["profile_details"]["ncip_details"] = json!({"export_api_key": "canary-ncip"});
    details["profile_details"]["art_email_details"] =
        json!({"customer_ids": {"customer_id": [{"password": "canary-art"}]}});
    record
}

async fn play(world: &World, round: usize) {
    let mut wire = world.wire();
    wire.players.clear();
    wire.players.push(Player(Box::new(move |call| {
        (call.institution == ELM)
            .then(|| answer(call.path, call.query, round, Clock::System.now()))
            .flatten()
    })));
    wire.partners
        .insert(ELM.into(), vec![secretive("OAK", "Oak University", OAK, round == 0)]);
    wire.partners
        .insert(OAK.into(), vec![secretive("ELM", "Elm College", ELM, true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mark_of_a_reader_or_a_secret_is_found_anywhere() {
    let world = World::with(WATCHES).await;
    let mut said = Vec::new();
    for round in 0..2 {
        play(&world, round).await;
        let polled = run(&world, &["poll"]).await;
        let text = String::from_utf8_lossy(&polled).into_owned();
        for watch in [
            "lending-requests",
            "borrowing-requests",
            "libraries",
            "jobs",
            "letters",
            "code-tables",
            "integration-profiles",
        ] {
            let failed = text
                .lines()
                .find(|line| line.contains(watch) && line.contains("failed"));
            assert_eq!(failed, None, "{watch} is to be read, or nothing is tried");
        }
        said.extend(polled);
    }
    // Errors whose messages name people, on every address.
    let error = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"401861","errorMessage":"User canary-reader was not found","trackingId":"E01-0101"}]}}"#;
    world.wire().faults = vec![Fault {
        where_: "/almaws".into(),
        status: 400,
        body: error.into(),
        times: None,
    }];
    said.extend(run(&world, &["poll"]).await);
    said.extend(run(&world, &["check"]).await);
    world.wire().faults.clear();

    let backup = world.dir.path().join("backup.db");
    let mut commands: Vec<Vec<String>> = [
        "watches",
        "events --json",
        "events",
        "partners",
        "partners --matrix",
        "partners --problems --json",
        "partners --csv",
        "collaborations --json",
        "adoption",
        "adoption --matrix",
        "adoption --json",
        "adoption --csv",
        "adoption --institution 01ELM_INST",
        "adoption --collaboration iso-18626-lending",
        "requests",
        "requests --ageing --json",
        "requests --turnaround",
        "requests --balance --csv",
        "requests --moves",
        "requests --moves --institution 01ELM_INST --csv",
        "alerts list",
        "alerts test hook",
        "check",
        "rotate-key",
        "reinterpret",
        "config schema",
    ]
    .iter()
    .map(|line| line.split(' ').map(str::to_owned).collect())
    .collect();
    commands.push(vec!["backup".to_owned(), backup.display().to_string()]);
    for watch in &world.almanac.config.watches {
        for command in ["show", "snapshots", "diff"] {
            commands.push(vec![command.to_owned(), watch.id.to_string(), "--json".to_owned()]);
        }
    }
    for command in &commands {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let answer = run(&world, &arguments).await;
        assert!(!answer.is_empty(), "{command:?} says nothing");
        said.extend(answer);
    }
    said.extend(api(&world).await);

    let told = world.events().await;
    for kind in [
        "request.status_changed",
        "partner.deactivated",
        "reciprocity.broken",
        "job.failed",
        "api.changed",
        "library.changed",
    ] {
        assert!(
            told.iter().any(|event| event.kind.name() == kind),
            "{kind} was not told, so nothing was tried"
        );
    }
    let mut searched = 0;
    let mut search = |what: &str, bytes: &[u8]| {
        searched += bytes.len();
        let lower = bytes.to_ascii_lowercase();
        for mark in REQUEST_IDS
            .iter()
            .chain([&MARK, &"key-of-", &"c2VjcmV0LW9mLXRoZS13b3JsZA"])
        {
            let mark = mark.to_ascii_lowercase();
            let found = lower.windows(mark.len()).position(|window| window == mark.as_bytes());
            let around = found.map(|at| {
                String::from_utf8_lossy(&bytes[at.saturating_sub(120)..(at + 80).min(bytes.len())]).into_owned()
            });
            assert_eq!(around, None, "{mark} is in {what}");
        }
    };
    search("the log or an answer", &said);
    search(
        "what the receiver got",
        &serde_json::to_vec(&world.wire().attempts).unwrap(),
    );
    let mut files = Vec::new();
    for entry in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(".db") {
            search(&name, &std::fs::read(&path).unwrap());
            files.push(name);
        }
    }
    for wanted in ["almanac.db", "almanac.db-wal", "almanac.db.request-key", "backup.db"] {
        assert!(
            files.iter().any(|name| name == wanted),
            "{wanted} is not among {files:?}"
        );
    }
    assert!(searched > 1_000_000, "only {searched} bytes were searched");
    println!("{searched} bytes searched for {} marks", REQUEST_IDS.len() + 3);
}

/// Every answer over HTTP.
async fn api(world: &World) -> Vec<u8> {
    let (config, clock) = (Arc::clone(&world.almanac.config), Clock::System);
    let store = Store::open(&config.store, clock.clone()).await.unwrap();
    let state = ApiState::new(Arc::clone(&config), store, clock, Arc::new(AtomicI64::new(0)), None);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let served = tokio::spawn(web::serve(listener, state, stop.clone()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut paths: Vec<String> = [
        "watches",
        "events",
        "partners",
        "collaborations",
        "adoption",
        "requests",
        "requests?view=ageing",
        "requests?view=turnaround",
        "requests?view=balance",
        "requests?view=moves&institution=01ELM_INST",
    ]
    .map(str::to_owned)
    .to_vec();
    for watch in &config.watches {
        for path in ["records", "snapshots", "diff"] {
            paths.push(format!("{path}?watch={}", watch.id));
        }
    }
    let mut said = Vec::new();
    for path in paths {
        let answer = client
            .get(format!("http://{address}/api/v1/{path}"))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        said.extend(answer.bytes().await.unwrap());
    }
    stop.cancel();
    let _ = served.await;
    said
}
