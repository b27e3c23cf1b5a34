//! Nothing that the allow-lists do not name is ever on disk, in a log, in an alert or in an answer (DESIGN invariants 2
//! and 9). Every answer of the world carries marks; every source and command runs with the log at its most talkative.

use std::io::Write;
use std::sync::{Arc, Mutex};

use almanac::model::answer::Outcome;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

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

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;
    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

#[tokio::test]
async fn no_mark_is_found_anywhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

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
    for watch in ["alma.partners/01ELM_INST", "primo.view/01ELM_INST:MAIN"] {
        assert_eq!(world.poll(watch).await.outcome, Outcome::Ok);
    }
    // Changes, and errors whose message names a person.
    {
        let mut wire = world.wire();
        wire.partners.get_mut(ELM).unwrap()[0]["partner_details"]["status"] = json!("INACTIVE");
        wire.partners.get_mut(ELM).unwrap().push(partner("NEW"));
        wire.views.get_mut(&format!("{ELM}:MAIN")).unwrap()["primo-view"]["attributes-map"]["mayAlsoBeHeldByEnabled"] =
            json!(true);
    }
    for watch in ["alma.partners/01ELM_INST", "primo.view/01ELM_INST:MAIN"] {
        assert_eq!(world.poll(watch).await.outcome, Outcome::Ok);
    }
    world.deliver().await;
    assert!(!world.wire().received.is_empty());
    let error = r#"{"errorsExist":true,"errorList":{"error":[{"errorCode":"401861","errorMessage":"User canary-message was not found","trackingId":"E01-0101"}]}}"#;
    world.wire().faults = vec![Fault {
        where_: "/partners".into(),
        status: 400,
        body: error.into(),
        times: None,
    }];
    for _ in 0..4 {
        let poll = world.poll("alma.partners/01ELM_INST").await;
        assert!(poll.reason.unwrap().contains("E01-0101"), "the tracking id is kept");
    }
    world.wire().receiver_answers = Some(500);
    world.deliver().await;
    let backup = world.dir.path().join("backup.db");
    world.almanac.store.backup(&backup).await.unwrap();

    let mut searched = 0;
    let mut search = |what: &str, bytes: &[u8]| {
        searched += bytes.len();
        for canary in CANARIES {
            assert!(
                !bytes.windows(canary.len()).any(|window| window == canary.as_bytes()),
                "{canary} is in {what}"
            );
        }
    };
    let log = log.0.lock().unwrap().clone();
    assert!(log.len() > 10_000, "the log was not talkative: {} bytes", log.len());
    search("the log", &log);
    for entry in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(".db") {
            search(&name, &std::fs::read(&path).unwrap());
        }
    }
    // Compressed documents are searched as they are read.
    let ids = ["alma.partners/01ELM_INST", "primo.view/01ELM_INST:MAIN"];
    for id in ids {
        let records = world
            .almanac
            .store
            .records(&almanac::model::watch::WatchId::from_text(id), None, world.clock.now())
            .await
            .unwrap();
        assert!(!records.is_empty());
        search(id, &serde_json::to_vec(&records).unwrap());
    }
    search("the events", &serde_json::to_vec(&world.events().await).unwrap());
    search("the alerts", &serde_json::to_vec(&world.wire().received).unwrap());
    search(
        "the deliveries",
        &serde_json::to_vec(&world.almanac.store.messages(None, 100).await.unwrap()).unwrap(),
    );
    assert!(searched > 100_000, "only {searched} bytes were searched");
}
