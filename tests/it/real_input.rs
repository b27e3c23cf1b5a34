//! The real material of Ex Libris, through the real binary. It is not part of the project: where it is absent the stories
//! are skipped, and say so.

use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
use serde_json::{Value, json};

use crate::world::{ELM, Fault, World, notes_path};

/// The folder of real samples, or None with a printed reason.
pub fn samples() -> Option<PathBuf> {
    let shared = std::env::var_os("ALMANAC_SHARED")
        .map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"),
            PathBuf::from,
        )
        .join("exlibris");
    if shared.is_dir() {
        return Some(shared);
    }
    println!(
        "skipped: the real samples of Ex Libris are not here ({})",
        shared.display()
    );
    None
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs the real binary; gives its exit code, the JSON it printed and what it said on standard error.
async fn run(world: &World, arguments: &[&str]) -> (i32, Value, String) {
    let config = world.config_file();
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let output = tokio::task::spawn_blocking(move || {
        Command::cargo_bin("almanac")
            .unwrap()
            .args(&arguments)
            .args(["--json", "--config"])
            .arg(config)
            .env_remove("RUST_LOG")
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let printed = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (
        output.status.code().unwrap(),
        printed,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn told(events: &Value) -> Vec<(String, String)> {
    let mut told: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["kind"].as_str().unwrap().to_owned(),
                event["title"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    told.reverse();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_partner_record() {
    let Some(real) = samples() else { return };
    let world = World::new().await;
    let mut partner: Value =
        serde_json::from_str(&read(real.join("samples/alma/partner_iso_inactive_AATO.json"))).unwrap();
    world.wire().partners.insert(ELM.into(), vec![partner.clone()]);
    let watch = "alma.partners/01ELM_INST";
    let (code, polls, said) = run(&world, &["poll", watch]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(polls[0]["added"], 1);
    let (_, records, _) = run(&world, &["show", watch]).await;
    let body = &records[0]["body"];
    assert_eq!(records[0]["key"], "AATO");
    assert_eq!(
        (&body["name"], &body["status"]),
        (&json!("Australian Taxation Office"), &json!("INACTIVE"))
    );
    let kept = body.to_string();
    for dropped in ["library-NAT@ato.gov.au", "Narellan", "62161500", "Locate Profile"] {
        assert!(!kept.contains(dropped), "{dropped} was kept: {kept}");
    }

    partner["partner_details"]["status"] = json!("ACTIVE");
    partner["partner_details"]["lending_supported"] = json!(false);
    world.wire().partners.insert(ELM.into(), vec![partner]);
    run(&world, &["poll", watch]).await;
    let (_, events, _) = run(&world, &["events"]).await;
    let told = told(&events);
    let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert!(
        kinds.contains(&"partner.activated") && kinds.contains(&"partner.changed") && kinds.len() == 2,
        "{told:?}"
    );
    assert!(
        told.iter()
            .all(|(_, title)| title.contains("Elm College") && title.contains("Australian Taxation Office")),
        "{told:?}"
    );
    let (_, diff, _) = run(&world, &["diff", watch]).await;
    assert_eq!((&diff[0]["key"], &diff[0]["op"]), (&json!("AATO"), &json!("modified")));
    // Both events reached the receiver of alerts, once.
    let alerted: Vec<Value> = world
        .wire()
        .received
        .iter()
        .flat_map(|(_, body)| body["data"]["events"].as_array().unwrap().clone())
        .collect();
    assert_eq!(alerted.len(), 2, "{alerted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_view_configuration() {
    let Some(real) = samples() else { return };
    let world = World::with(
        "[[institution]]\ncode = \"TRAINING_1_INST\"\nname = \"Training College\"\nkind = \"own-alma\"\n\
         views = [\"TRAINING_1_INST:Auto1\"]\nprimo_host = \"{server}\"\n",
    )
    .await;
    let text = read(real.join("samples/primo/exl_training_view_config_2024-08.excerpt.json"));
    let mut view: Value = serde_json::from_str(&text).unwrap();
    let id = "primo.view/TRAINING_1_INST:Auto1";
    world.wire().views.insert("TRAINING_1_INST:Auto1".into(), view.clone());
    let (code, polls, said) = run(&world, &["poll", id]).await;
    assert_eq!(code, 0, "{said}");
    assert!(polls[0]["added"].as_u64().unwrap() > 100, "{polls}");
    let (_, records, _) = run(&world, &["show", id]).await;
    let kept = records.to_string();
    for dropped in [
        "train_master_sandbox",
        "REDACTED",
        "il-beacon01",
        "Captcha Key",
        "proxy-na.hosted",
    ] {
        assert!(!kept.contains(dropped), "{dropped} was kept");
    }
    let key_of = |part: &str| {
        let keys: Vec<&str> = records
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["key"].as_str().unwrap())
            .collect();
        keys.iter()
            .find(|key| key.contains(part))
            .unwrap_or_else(|| panic!("{part} is not among {keys:?}"))
            .to_string()
    };
    for part in [
        "mayAlsoBeHeldByEnabled",
        "ngrs_pickup_anywhere",
        "use_rapido_functionality",
        "Alma_Version",
        "allow_direct_login_from_other_institutions",
        "MyInst_and_CI",
    ] {
        key_of(part);
    }

    view["primo-view"]["attributes-map"]["mayAlsoBeHeldByEnabled"] = json!("false");
    view["system-configuration"]["use_rapido_functionality"] = json!("Y");
    view["system-configuration"]["Alma_Version"] = json!("November 2024");
    view["system-configuration"]["rapido_pods"] = json!(false);
    view["primo-view"]["scopes"].as_array_mut().unwrap().push(json!({
        "scope-id": "DN_and_CI", "locations": "Local,DiscoveryNetwork", "types": "local", "tab": "Everything", "contains-central-index-scope": true
    }));
    world.wire().views.insert("TRAINING_1_INST:Auto1".into(), view);
    run(&world, &["poll", id]).await;
    let (_, events, _) = run(&world, &["events"]).await;
    let mut kinds: Vec<String> = told(&events).into_iter().map(|(kind, _)| kind).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "release.live",
            "scope.added",
            "switch.appeared",
            "switch.turned_off",
            "switch.turned_on"
        ],
        "{events}"
    );
    assert_eq!(alerted(&world), kinds);
}

/// What the receiver of alerts was told, by kind.
fn alerted(world: &World) -> Vec<String> {
    let mut kinds: Vec<String> = world
        .wire()
        .received
        .iter()
        .flat_map(|(_, body)| body["data"]["events"].as_array().unwrap().clone())
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn real_error_bodies() {
    let Some(real) = samples() else { return };
    let world = World::new().await;
    let watch = "alma.partners/01ELM_INST";
    for (file, status, expected) in [
        ("unauthorized_400.xml", 400, "read-only key"),
        // Tried again a few times by the real clock, so this one takes some seconds.
        ("per_second_threshold_error_response.json", 429, "fewer calls"),
        ("error_response.json", 400, "E01-2807130310-LFIHK-AWAE210516550"),
        ("error_response.xml", 400, "E02-2807130150-8OWYS-AWAE533535741"),
        ("error.json", 200, "402203"),
    ] {
        let body = read(real.join("samples/alma").join(file));
        world.wire().faults = vec![Fault {
            where_: "/partners".into(),
            status,
            body,
            times: None,
        }];
        let (code, polls, said) = run(&world, &["poll", watch]).await;
        assert_eq!((code, &polls[0]["outcome"]), (1, &json!("failed")), "{file}: {polls}");
        let reason = polls[0]["reason"].as_str().unwrap();
        assert!(reason.contains(expected), "{file}: {reason}");
        let everything = format!("{polls}{said}");
        assert!(
            !everything.contains("mmsId"),
            "the message of Ex Libris may name a person and is not kept: {everything}"
        );
    }
    assert!(world.keys(watch).await.is_empty());
    let (_, events, _) = run(&world, &["events"]).await;
    assert_eq!(told(&events).len(), 1, "told once, after three failed polls: {events}");
    assert_eq!(alerted(&world), ["watch.failing"]);
    let (_, watches, _) = run(&world, &["watches"]).await;
    let row = watches
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == watch)
        .unwrap();
    assert_eq!(
        (&row["state"], &row["consecutive_failures"]),
        (&json!("failing"), &json!(5))
    );
}

/// A page laid out as RELEASE_NOTES.md §3 says, from the real headings, areas and ids of one product and year.
fn annual_page(product: &str, items: &[&Value]) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut main = String::new();
    for item in items {
        let release = item["release"].as_str().unwrap();
        let month = MONTHS[release[5..].parse::<usize>().unwrap() - 1];
        let urm = item["urm"]
            .as_array()
            .map(|ids| ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
            .unwrap_or_default();
        main.push_str(&format!(
            "<h3>{}</h3><p>{month} {} {} {urm}</p><p>{}</p><p>For more information, see <a href=\"/Alma/Product_Documentation\">the documentation</a>.</p>",
            escaped(&item["title"]), &release[..4], escaped(&item["area"]), escaped(&item["body"])
        ));
    }
    format!(
        "<html><head><title>{product} Release Notes</title></head><body><a>Skip to main content</a><h1>{product} Release Notes</h1>\
         <section class=\"mt-content-container\"><p>Search for what you need</p><h2>Main Features</h2>{main}</section>\
         <footer class=\"mt-content-footer\">Was this article helpful?</footer></body></html>"
    )
}

fn escaped(text: &Value) -> String {
    text.as_str()
        .unwrap_or_default()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[tokio::test(flavor = "multi_thread")]
async fn real_release_note_headings() {
    let Some(real) = samples() else { return };
    let text = read(real.join("release-notes/items-hard.jsonl"));
    let items: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let year_of = |item: &Value| {
        item["release"]
            .as_str()
            .and_then(|release| release[..4].parse::<i32>().ok())
    };
    let mut by_year: std::collections::BTreeMap<i32, Vec<&Value>> = std::collections::BTreeMap::new();
    for item in items
        .iter()
        .filter(|item| item["product"] == "Alma" && item["section"] == "Main Features")
    {
        if let Some(year) = year_of(item) {
            by_year.entry(year).or_default().push(item);
        }
    }
    let (_, items) = by_year
        .iter()
        .max_by_key(|(_, items)| items.len())
        .expect("items of some year");
    assert!(items.len() >= 5, "{} items", items.len());

    let world = World::new().await;
    let id = "release-notes/alma";
    let (last, others) = items.split_last().unwrap();
    world.wire().pages.insert(notes_path(2027), annual_page("Alma", others));
    let (code, polls, said) = run(&world, &["poll", id]).await;
    assert_eq!((code, &polls[0]["added"]), (0, &json!(others.len())), "{polls} {said}");
    let (_, records, _) = run(&world, &["show", id]).await;
    for item in others {
        let found = records
            .as_array()
            .unwrap()
            .iter()
            .find(|record| record["body"]["heading"] == item["title"]);
        let body = &found.unwrap_or_else(|| panic!("{} is missing", item["title"]))["body"];
        assert_eq!(body["release"], item["release"]);
        assert_eq!(body["area"], item["area"]);
    }

    world.wire().pages.insert(notes_path(2027), annual_page("Alma", items));
    run(&world, &["poll", id]).await;
    let mut reworded: Vec<Value> = items.iter().map(|item| (*item).clone()).collect();
    let first_body = format!(
        "{} It must be switched on by Ex Libris.",
        reworded[0]["body"].as_str().unwrap()
    );
    reworded[0]["body"] = json!(first_body);
    world.wire().pages.insert(
        notes_path(2027),
        annual_page("Alma", &reworded.iter().collect::<Vec<_>>()),
    );
    run(&world, &["poll", id]).await;
    let (_, events, _) = run(&world, &["events"]).await;
    let told = told(&events);
    assert_eq!(
        told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(),
        ["feature.announced", "feature.revised"],
        "{told:?}"
    );
    assert!(told[0].1.contains(last["title"].as_str().unwrap()), "{told:?}");
    assert!(told[1].1.contains(reworded[0]["title"].as_str().unwrap()), "{told:?}");
    assert_eq!(alerted(&world), ["feature.announced", "feature.revised"]);
}
