//! The command line and the HTTP API give the same answers, byte for byte in their JSON.

use std::sync::Arc;
use std::time::Duration;

use almanac::clock::Clock;
use almanac::web::{self, ApiState};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::world::{ELM, OAK, World, notes_page, notes_path, partners, view};

/// A world in which a few things happened.
async fn eventful() -> World {
    let world = World::new().await;
    let item = (
        "Lend Across Two Networks",
        "February 2027 Resource Sharing URM-1001",
        "Two networks can now lend to each other.",
    );
    let other = ("New Icon", "February 2027 Acquisitions URM-1002", "An icon is new.");
    {
        let mut wire = world.wire();
        for library in [ELM, OAK] {
            wire.partners.insert(library.into(), partners(4));
            wire.views.insert(format!("{library}:MAIN"), view(library));
        }
        wire.pages.insert(notes_path(2027), notes_page(2027, &[other], &[]));
    }
    let watches = [
        "alma.partners/01ELM_INST",
        "alma.partners/01OAK_INST",
        "primo.view/01ELM_INST:MAIN",
        "release-notes/alma",
    ];
    for watch in watches {
        world.poll(watch).await;
    }
    {
        let mut wire = world.wire();
        wire.partners.get_mut(ELM).unwrap()[1]["partner_details"]["status"] = json!("INACTIVE");
        wire.partners.get_mut(OAK).unwrap().extend(partners(6).split_off(5));
        wire.views.get_mut(&format!("{ELM}:MAIN")).unwrap()["system-configuration"]["ngrs_enabled"] = json!("Y");
        wire.pages.insert(
            notes_path(2027),
            notes_page(2027, &[item, other], &["URM-9 A list was empty. This was fixed."]),
        );
    }
    for watch in watches {
        world.poll(watch).await;
    }
    world
}

async fn printed(world: &World, arguments: &[&str]) -> Value {
    let config = world.config_file();
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let ran = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(&arguments)
            .args(["--json", "--config"])
            .arg(config)
            .output()
            .unwrap()
    });
    let output = ran.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_has_one_answer() {
    let world = eventful().await;
    let state = ApiState::new(
        world.almanac.config.clone(),
        world.almanac.store.clone(),
        Clock::System,
        Arc::default(),
        None,
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(web::serve(listener, state, stop.clone()));
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let elm = "alma.partners/01ELM_INST";
    // The moment between the two polls of the first watch.
    let between = "2027-02-03T18:30:00Z";
    for (arguments, path) in [
        (vec!["watches"], "watches".to_owned()),
        (vec!["events"], "events".to_owned()),
        (
            vec!["events", "--institution", ELM, "--min-severity", "notice"],
            format!("events?institution={ELM}&min_severity=notice"),
        ),
        (
            vec!["events", "--kind", "partner.added"],
            "events?kind=partner.added".to_owned(),
        ),
        (
            vec!["events", "--topic", "resource-sharing", "--limit", "2"],
            "events?topic=resource-sharing&limit=2".to_owned(),
        ),
        (
            vec!["events", "--watch", elm, "--since", between],
            format!("events?watch={elm}&since={between}"),
        ),
        (vec!["events", "--until", between], format!("events?until={between}")),
        (vec!["snapshots", elm], format!("snapshots?watch={elm}")),
        (vec!["show", elm], format!("records?watch={elm}")),
        (vec!["show", elm, "P001"], format!("records?watch={elm}&key=P001")),
        (
            vec!["show", elm, "P001", "--at", between],
            format!("records?watch={elm}&key=P001&at={between}"),
        ),
        (vec!["diff", elm], format!("diff?watch={elm}")),
        (vec!["partners"], "partners".to_owned()),
        (
            vec!["partners", "--institution", ELM, "--at", between],
            format!("partners?institution={ELM}&at={between}"),
        ),
        (vec!["collaborations"], "collaborations".to_owned()),
        (
            vec!["collaborations", "--area", "resource-sharing"],
            "collaborations?area=resource-sharing".to_owned(),
        ),
        (
            vec!["collaborations", "show", "rapido"],
            "collaborations?id=rapido".to_owned(),
        ),
        (vec!["adoption"], "adoption".to_owned()),
        (
            vec!["adoption", "--institution", ELM, "--at", between],
            format!("adoption?institution={ELM}&at={between}"),
        ),
        (
            vec!["diff", elm, "--from", between],
            format!("diff?watch={elm}&from={between}"),
        ),
        (
            vec!["diff", "release-notes/alma"],
            "diff?watch=release-notes/alma".to_owned(),
        ),
    ] {
        let by_command = printed(&world, &arguments).await;
        let answer = client
            .get(format!("http://{address}/api/v1/{path}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let over_http: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(by_command, over_http, "{path}");
        let expects_nothing = path.contains("until");
        assert_eq!(
            by_command.as_array().unwrap().is_empty(),
            expects_nothing,
            "{path}: {by_command}"
        );
    }
    stop.cancel();
    server.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reinterpreting_with_another_name_changes_the_texts_and_sends_nothing() {
    let mut world = eventful().await;
    world.deliver().await;
    let messages = world.wire().received.len();
    let before = printed(&world, &["events"]).await;
    world
        .reconfigure(|config| config.replace("Elm College", "Elm University"))
        .await;
    let told = printed(&world, &["reinterpret"]).await;
    let after = printed(&world, &["events"]).await;
    assert_eq!(told["events"], json!(after.as_array().unwrap().len()));
    assert_eq!(before.as_array().unwrap().len(), after.as_array().unwrap().len());
    assert!(before.to_string().contains("Elm College") && !after.to_string().contains("Elm College"));
    assert!(after.to_string().contains("Elm University"));
    world.deliver().await;
    assert_eq!(world.wire().received.len(), messages);
}
