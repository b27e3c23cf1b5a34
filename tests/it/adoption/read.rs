//! What is read of it: the catalogue that users extend, the commands, the addresses.

use std::process::{Command, Stdio};
use std::sync::Arc;

use almanac::insight::query::AdoptionQuery;
use almanac::model::collaboration::AdoptionState;
use almanac::web::{self, ApiState};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{ELM_PARTNERS, ELM_VIEW, asked, cell, polled, three};
use crate::world::{ELM, World};

/// The real binary; it reads the history and asks nobody.
fn run(world: &World, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_almanac"))
        .args(arguments)
        .arg("--config")
        .arg(world.config_file())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

const OURS: &str = r#"
[[collaboration]]
extends = "discovery-network-scope"
[[collaboration.rule]]
verdict = "on"
source = "primo.view"
key = "scope/MyInstitution"

[[collaboration]]
id = "slow-partners"
name = "Partners that take their time"
area = "resource-sharing"
what = "Some partners are slow. We know which."
needs = { licence = "none", set_up = "nothing", who_acts = "we" }
without_alma = { by = ["email"], how = "Write to them." }
otherwise = "available"
[[collaboration.rule]]
verdict = "on"
source = "alma.partners"
key = "X*"
at = "/avg_supply_time"
equals = 4
at_least = 2
"#;

#[tokio::test]
async fn users_extend_the_catalogue_without_touching_it() {
    let mut world = three().await;
    let ours = world.dir.path().join("ours.toml");
    std::fs::write(&ours, OURS).unwrap();
    let named = format!("\n[inventory]\nmore = [\"{}\"]\n", ours.display());
    world.reconfigure(|config| format!("{config}{named}")).await;
    polled(&world, &[ELM_VIEW, ELM_PARTNERS]).await;
    assert_eq!(cell(&world, "slow-partners", ELM).await.state, AdoptionState::On);
    assert_eq!(
        cell(&world, "discovery-network-scope", ELM).await.state,
        AdoptionState::On
    );
    assert_eq!(std::fs::read_to_string(&ours).unwrap(), OURS, "no file is ever written");

    // A slip in it stops the program at its line, and says what to do.
    std::fs::write(&ours, OURS.replace("/avg_supply_time", "avg_supply_time")).unwrap();
    let (code, text) = run(&world, &["adoption"]);
    assert_eq!(code, 1, "{text}");
    for part in [
        "ours.toml:",
        "collaboration 2 (slow-partners), rule 1 (on), at",
        "Write at = \"/avg_supply_time\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    std::fs::remove_file(&ours).unwrap();
    let (code, text) = run(&world, &["collaborations"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("there is no such file") && text.contains("[inventory]"),
        "{text}"
    );
}

#[tokio::test]
async fn the_commands_show_list_matrix_and_spreadsheet() {
    let world = three().await;
    polled(&world, &[ELM_VIEW, ELM_PARTNERS]).await;
    for (arguments, parts) in [
        (
            vec!["collaborations"],
            vec!["may-also-be-held-by", "Benchmark analytics"],
        ),
        (
            vec!["collaborations", "list", "--area", "benchmarks"],
            vec!["pod-statistics"],
        ),
        (
            vec!["collaborations", "show", "rapido"],
            vec!["What it needs", "use_rapido_functionality"],
        ),
        (vec!["collaborations", "--csv"], vec!["id,name,area,what"]),
        (vec!["adoption"], vec!["Avail.", "libraries on"]),
        (
            vec!["adoption", "--matrix"],
            vec!["there is a way to join", "Not on Alma: "],
        ),
        (
            vec!["adoption", "--collaboration", "iso-18626-lending"],
            vec!["On (1)", "Elm College", "it can join by"],
        ),
        (
            vec!["adoption", "--institution", ELM],
            vec!["What only a person can look up", "at least since"],
        ),
        (
            vec!["adoption", "--csv", "--area", "benchmarks"],
            vec!["collaboration,collaboration_name", "KELP"],
        ),
    ] {
        let (code, text) = run(&world, &arguments);
        assert_eq!(code, 0, "{arguments:?}: {text}");
        for part in parts {
            assert!(text.contains(part), "{arguments:?}: {part} is not in {text}");
        }
    }
    for (arguments, part) in [
        (vec!["adoption", "--collaboration", "rapidoo"], "rapido"),
        (vec!["adoption", "--area", "benchmark"], "benchmarks"),
        (vec!["adoption", "--institution", "01ELN_INST"], "01ELM_INST"),
        (vec!["adoption", "--matrix", "--csv"], "cannot be used with"),
        (vec!["collaborations", "show", "held-by"], "may-also-be-held-by"),
    ] {
        let (code, text) = run(&world, &arguments);
        assert_ne!(code, 0, "{arguments:?}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let (_, text) = run(
        &world,
        &["--json", "adoption", "--collaboration", "rapido", "--institution", ELM],
    );
    let rows: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(rows[0]["state"], "available");
    assert_eq!(rows[0]["tier"], "seen-configured");
    assert_eq!(rows[0]["area"], "resource-sharing");
    assert_eq!(rows[0]["kind"], "own-alma");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_it_is_the_same_and_a_slip_is_a_problem() {
    let world = three().await;
    polled(&world, &[ELM_VIEW, ELM_PARTNERS]).await;
    let state = ApiState::new(
        world.almanac.config.clone(),
        world.almanac.store.clone(),
        world.clock.clone(),
        Arc::default(),
        None,
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(web::serve(listener, state, stop.clone()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| {
        let asked = client.get(format!("http://{address}/api/v1/{path}"));
        let answer = asked.send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status, body)
    };
    let all = asked(&world, AdoptionQuery::default()).await.unwrap();
    assert_eq!(get("adoption").await, (200, json!(all.rows)));
    let (_, one) = get("adoption?collaboration=rapido&institution=KELP").await;
    assert_eq!(one[0]["state"], "unknown");
    let (_, catalogue) = get("collaborations?area=benchmarks").await;
    let ids: Vec<&str> = catalogue
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["benchmark-analytics", "measurable-turnaround", "pod-statistics"]);
    let (_, rapido) = get("collaborations?id=rapido").await;
    assert_eq!(
        rapido[0]["look"]["rules"]["rules"][0]["when"]["records"]["key"],
        "system-configuration/use_rapido_functionality"
    );
    assert_eq!(get("adoption?area=benchmark").await.0, 400);
    assert_eq!(get("collaborations?id=nothing").await.0, 404);
    stop.cancel();
    server.await.unwrap().unwrap();
}
