//! Nothing that the allow-lists do not name is ever on disk, in a log, in an alert or in an answer (DESIGN invariants 2
//! and 9). Every answer of the world carries marks; every source and command runs with the log at its most talkative.

mod everything;

use serde_json::json;

use crate::world::{ELM, Fault, World, partner, view};

/// Marks that stand in the wire where secrets and people stand in the real one.
const CANARIES: &[&str] = &[
    "canary-contact",
    "canary-note",
    "canary-captcha",
    "canary-host",
    "canary-person",
    "canary-bldss",
    "canary-rapid",
    "canary-ncip",
    "canary-art",
    "canary-user-name",
    "canary-message",
    "canary-updated-by",
    "key-of-01ELM_INST",
    "c2VjcmV0LW9mLXRoZS13b3JsZA",
];

/// Runs the real binary with its log at its most talkative; gives all that it said.
pub async fn run(world: &World, arguments: &[&str]) -> Vec<u8> {
    let config = world.config_file();
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let ran = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(arguments)
            .arg("--config")
            .arg(config)
            .env("ALMANAC_LOG", "trace")
            .env("RUST_LOG", "trace")
            .output()
            .unwrap()
    });
    let output = ran.await.unwrap();
    [output.stdout, output.stderr].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mark_is_found_anywhere() {
    let world = World::new().await;
    let mut secretive = partner("SECRETIVE");
    secretive["partner_details"]["profile_details"] = json!({
        "profile_type": "BLDSS",
        "bldss_details": {"bldss_base_user_name": "canary-user-name", "bldss_base_password": "canary-bldss", "bldss_base_url": "https://canary-user-name:canary-bldss@bldss.example.org/"},
        "rapid_details": {"rapid_user_name": "canary-user-name", "rapid_password": "canary-rapid"},
        "ncip_details": {"export_api_key": "canary-ncip", "export_email_address": "canary-contact@example.org"},
        "art_email_details": {"email_address": "canary-contact@example.org", "customer_ids": {"customer_id": [{"code": "x", "password": "canary-art"}]}}
    });
    let mut configuration = view(ELM);
    configuration["primo-view"]["institution"] = json!({"updated-by": "canary-updated-by"});
    configuration["authentication"] = json!([{"profile-name": "canary-person"}]);
    configuration["system-configuration"]["an_unknown_key"] = json!("canary-person@example.org");
    {
        let mut wire = world.wire();
        wire.partners.insert(ELM.into(), vec![secretive, partner("PLAIN")]);
        wire.views.insert(format!("{ELM}:MAIN"), configuration);
    }
    let watches = ["alma.partners/01ELM_INST", "primo.view/01ELM_INST:MAIN"];
    let poll = ["poll", watches[0], watches[1]];
    let mut said = run(&world, &poll).await;
    // Changes, which are told; then errors whose message names a person, and a receiver that fails.
    {
        let mut wire = world.wire();
        wire.partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
        wire.partners.get_mut(ELM).unwrap().push(partner("NEW"));
        wire.views.get_mut(&format!("{ELM}:MAIN")).unwrap()["primo-view"]["attributes-map"]["mayAlsoBeHeldByEnabled"] =
            json!(true);
    }
    said.extend(run(&world, &poll).await);
    assert_eq!(world.wire().received.len(), 1);
    let error = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"401861","errorMessage":"User canary-message was not found","trackingId":"E01-0101"}]}}"#;
    world.wire().faults = vec![Fault {
        where_: "/partners".into(),
        status: 400,
        body: error.into(),
        times: None,
    }];
    world.wire().receivers = vec![("/hook".into(), 500)];
    for _ in 0..4 {
        let failed = run(&world, &poll).await;
        assert!(
            String::from_utf8_lossy(&failed).contains("E01-0101"),
            "the tracking id is kept"
        );
        said.extend(failed);
    }
    let backup = world.dir.path().join("backup.db");
    for arguments in [
        vec!["backup", backup.to_str().unwrap()],
        vec!["watches"],
        vec!["events", "--json"],
        vec!["snapshots", watches[0]],
        vec!["show", watches[0], "--json"],
        vec!["show", watches[1], "--json"],
        vec!["diff", watches[0]],
        vec!["diff", watches[1], "--json"],
        vec!["alerts", "list"],
        vec!["alerts", "test", "hook"],
        vec!["check"],
    ] {
        let answer = run(&world, &arguments).await;
        assert!(answer.len() > 100, "{arguments:?} says nothing");
        said.extend(answer);
    }

    let mut searched = 0;
    let mut search = |what: &str, bytes: &[u8]| {
        searched += bytes.len();
        for canary in CANARIES {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} is in {what}");
        }
    };
    assert!(said.len() > 50_000, "the log was not talkative: {} bytes", said.len());
    search("the log or an answer", &said);
    let mut files = 0;
    for entry in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(".db") {
            files += 1;
            search(&name, &std::fs::read(&path).unwrap());
        }
    }
    assert!(files >= 2, "the database and its backup");
    search(
        "what the receiver got",
        &serde_json::to_vec(&world.wire().attempts).unwrap(),
    );
    assert!(searched > 200_000, "only {searched} bytes were searched");
}
