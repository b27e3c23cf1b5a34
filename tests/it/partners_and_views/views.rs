//! What is kept of a view's configuration.

use almanac::model::observation::PartitionRead;
use almanac::sources::primo_view::drafts_of;
use fastrand::Rng;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{bytes_of, key_of, nothing, real_sample, spelled};

const VIEW: &str = "01TUN_INST:01TUN";

/// A view's configuration, written in one of many ways.
fn configuration(rng: &mut Rng) -> Value {
    let wait = [json!(1500), json!(1500.0), json!("1500")][rng.usize(..3)].clone();
    let ngrs = [json!(true), json!("1"), json!(1), json!("Y")][rng.usize(..4)].clone();
    let mut rows = vec![
        json!({"source1": VIEW, "source2": "allow_direct_login_from_other_institutions", "target": spelled(true, rng)}),
        json!({"source1": VIEW, "source2": "nde_tables", "target": spelled(false, rng)}),
        json!({"source1": "01TUN_INST:TEST", "source2": "nde_tables", "target": "true"}),
    ];
    let mut forms = vec![
        json!({"source1": "both", "source2": "edition", "source3": "book", "source4": "7", "source5": spelled(false, rng), "target": spelled(true, rng)}),
        json!({"source1": "both", "source2": "volume", "source3": "article", "source4": "8", "source5": spelled(true, rng), "target": spelled(true, rng)}),
    ];
    let mut members = vec![
        json!({"source1": "01TUN_INST", "target": "https://tufts.example.org"}),
        json!({"source1": "01BC_INST", "target": "https://bc.example.org"}),
    ];
    let mut scopes = vec![
        json!({"scope-id": "MyInst_and_CI", "tab": "Everything", "locations": "Local,primo_central", "types": "local,adaptor", "contains-central-index-scope": spelled(true, rng)}),
        json!({"scope-id": "DiscoveryNetwork", "tab": "Network", "locations": "Network", "types": "local", "contains-central-index-scope": spelled(false, rng)}),
    ];
    if rng.bool() {
        scopes[0]["locations"] = json!("primo_central, Local");
        scopes[0]["types"] = json!(["adaptor", "local"]);
    }
    let mut tabs = vec!["Everything", "Network"];
    rng.shuffle(&mut rows);
    rng.shuffle(&mut forms);
    rng.shuffle(&mut members);
    rng.shuffle(&mut scopes);
    rng.shuffle(&mut tabs);
    let mut configuration = json!({
        "vid": VIEW,
        "IsViewNdeEnabled": spelled(true, rng),
        "primo-view": {
            "available-tabs": tabs,
            "scopes": scopes,
            "attributes-map": {"mayAlsoBeHeldByEnabled": spelled(true, rng), "institutionCode": "01TUN_INST"},
            "is-union-catalog-view": spelled(false, rng),
            "view-org-level": {"network-zone-code": "01BLC_NETWORK", "customer-id": 510}
        },
        "system-configuration": {
            "Alma_Version": "November 2026",
            "ngrs_enabled": ngrs,
            "split_wait": wait,
            "hide_rapido_expand_link_map": {"Everything": spelled(false, rng)},
        },
        "mapping-tables": {
            "View Properties": rows,
            "Resource Sharing Request Parameters": forms,
            "Institution Base URLs": members,
            "consortia member codes": [{"source1": "01BC_INST", "target": spelled(true, rng)}],
            "Alma ViewIt Config": [{"source1": spelled(true, rng), "target": "electronic_services_before_digital"}],
        },
        "feature-flags": {"new_ill_form": spelled(false, rng)}
    });
    for container in ["primo-view", "system-configuration", "mapping-tables"] {
        if rng.bool() {
            configuration[container]["says nothing"] = nothing(rng);
        }
    }
    configuration
}

fn body_at(configuration: &Value, view: &str, key: &str) -> Option<Value> {
    let (drafts, _) = drafts_of(configuration, view);
    drafts
        .into_iter()
        .find(|draft| key_of(draft) == key)
        .map(|draft| draft.body)
}

fn keys(configuration: &Value, view: &str) -> Vec<String> {
    drafts_of(configuration, view)
        .0
        .iter()
        .map(|draft| key_of(draft).to_owned())
        .collect()
}

#[test]
fn every_question_of_the_community_has_its_record() {
    let (drafts, coverage) = drafts_of(&configuration(&mut Rng::with_seed(1)), VIEW);
    assert!(coverage.is_whole(), "{coverage:?}");
    insta::assert_snapshot!(bytes_of(&drafts), @r#"
    primo-view/attributes-map	attributes-map/institutionCode	{"type":"setting","value":"01TUN_INST"}
    primo-view/attributes-map	attributes-map/mayAlsoBeHeldByEnabled	{"on":true,"type":"switch"}
    feature-flags	feature-flags/new_ill_form	{"on":false,"type":"switch"}
    mapping-tables	mapping-tables/Alma ViewIt Config/electronic_services_before_digital	{"on":true,"type":"switch"}
    mapping-tables	mapping-tables/Institution Base URLs/01BC_INST	{"type":"setting","value":"present"}
    mapping-tables	mapping-tables/Institution Base URLs/{institution}	{"type":"setting","value":"present"}
    mapping-tables	mapping-tables/Resource Sharing Request Parameters/both/edition/book	{"columns":{"source4":7,"source5":false},"on":true,"type":"switch"}
    mapping-tables	mapping-tables/Resource Sharing Request Parameters/both/volume/article	{"columns":{"source4":8,"source5":true},"on":true,"type":"switch"}
    mapping-tables	mapping-tables/View Properties/{view}/allow_direct_login_from_other_institutions	{"on":true,"type":"switch"}
    mapping-tables	mapping-tables/View Properties/{view}/nde_tables	{"on":false,"type":"switch"}
    mapping-tables	mapping-tables/consortia member codes/01BC_INST	{"on":true,"type":"switch"}
    primo-view	primo-view/is-union-catalog-view	{"on":false,"type":"switch"}
    primo-view	primo-view/view-org-level/network-zone-code	{"type":"setting","value":"01BLC_NETWORK"}
    primo-view/scopes	scope/DiscoveryNetwork	{"central_index":false,"locations":["Network"],"tab":"Network","type":"scope","types":["local"]}
    primo-view/scopes	scope/MyInst_and_CI	{"central_index":true,"locations":["Local","primo_central"],"tab":"Everything","type":"scope","types":["adaptor","local"]}
    system-configuration	system-configuration/Alma_Version	{"type":"setting","value":"November 2026"}
    system-configuration	system-configuration/hide_rapido_expand_link_map/Everything	{"on":false,"type":"switch"}
    system-configuration	system-configuration/ngrs_enabled	{"on":true,"type":"switch"}
    system-configuration	system-configuration/split_wait	{"type":"setting","value":1500}
    primo-view/available-tabs	tab/Everything	{"type":"tab"}
    primo-view/available-tabs	tab/Network	{"type":"tab"}
    top-level	top-level/IsViewNdeEnabled	{"on":true,"type":"switch"}
    "#);
}

#[test]
fn keys_compare_across_libraries() {
    let tufts = configuration(&mut Rng::with_seed(1));
    let text = tufts
        .to_string()
        .replace("01TUN_INST", "01NEU_INST")
        .replace(":01TUN", ":NU");
    let northeastern: Value = serde_json::from_str(&text).unwrap();
    let (tufts, northeastern) = (keys(&tufts, VIEW), keys(&northeastern, "01NEU_INST:NU"));
    assert_eq!(tufts, northeastern);
}

#[test]
fn a_container_that_a_view_may_not_have_is_absent_and_a_core_one_is_doubted() {
    let mut configuration = configuration(&mut Rng::with_seed(1));
    let parts = configuration.as_object_mut().unwrap();
    parts.remove("feature-flags");
    parts.insert("primo-view".to_owned(), json!({}));
    parts.insert("system-configuration".to_owned(), json!("maintenance"));
    let (drafts, coverage) = drafts_of(&configuration, VIEW);
    assert_eq!(coverage.0["feature-flags"], PartitionRead::Absent);
    assert!(matches!(coverage.0["primo-view"], PartitionRead::Partial { .. }));
    assert!(matches!(
        coverage.0["system-configuration"],
        PartitionRead::Failed { .. }
    ));
    assert!(coverage.is_complete("mapping-tables") && coverage.is_complete("top-level"));
    assert!(drafts.iter().all(|draft| coverage.is_complete(&draft.partition)));
    let (none, coverage) = drafts_of(&json!("<html>sign in</html>"), VIEW);
    assert!(none.is_empty() && !coverage.read_anything());
}

#[test]
fn a_form_in_another_order_is_a_changed_setting_and_not_a_new_one() {
    let before = json!({"mapping-tables": {"ILL": [
        {"source1": "both", "source2": "edition", "source4": "7", "target": "Yes"}]}});
    let after = json!({"mapping-tables": {"ILL": [
        {"source1": "both", "source2": "edition", "source4": "9", "target": "Yes"}]}});
    assert_eq!(keys(&before, VIEW), ["mapping-tables/ILL/both/edition"]);
    assert_eq!(keys(&before, VIEW), keys(&after, VIEW));
    assert_ne!(drafts_of(&before, VIEW).0, drafts_of(&after, VIEW).0);
}

#[test]
fn rows_with_one_source_are_told_apart_by_target_and_counted() {
    let configuration = json!({"mapping-tables": {"T": [
        {"source1": "a", "target": "two"}, {"source1": "a", "target": "one"}, {"source1": "a", "target": "one"},
        {"source1": "b", "target": "x"}]}});
    assert_eq!(
        keys(&configuration, VIEW),
        [
            "mapping-tables/T/a/=one",
            "mapping-tables/T/a/=two",
            "mapping-tables/T/b"
        ]
    );
    let counted = body_at(&configuration, VIEW, "mapping-tables/T/a/=one").unwrap();
    assert_eq!(counted, json!({"type": "setting", "value": "one", "count": 2}));
}

#[test]
fn a_search_profile_in_two_tabs_is_one_scope() {
    let configuration = json!({"primo-view": {"scopes": [
        {"scope-id": "S", "tab": "B", "locations": "Local", "types": "local"},
        {"scope-id": "S", "tab": "A", "locations": "Local", "types": "local"}]}});
    assert_eq!(
        body_at(&configuration, VIEW, "scope/S").unwrap(),
        json!({"type": "scope", "tab": ["A", "B"], "locations": ["Local"], "types": ["local"], "central_index": false})
    );
}

#[test]
fn nothing_personal_secret_or_volatile_is_kept() {
    let canary = "Canary";
    let configuration = json!({
        "vid": VIEW,
        "beaconO22": canary,
        "authentication": [{"profile-name": canary}],
        "tiles": {"t": canary},
        "customization": {"homepage": {"html": canary}},
        "syndeticunbound-id": canary,
        "contact-person": canary,
        "primo-view": {
            "institution": {"updated-by": canary, "institution-name": canary},
            "attributes-map": {"sessionTimeoutURL": canary, "supportMail": canary, "greeting": "write to Canary@example.org"},
            "nested": {"deep": {"updated-by": canary, "last-modified-time-stamp": canary}},
            "by-person": {"Canary@example.org": true},
        },
        "system-configuration": {
            "Public Captcha Key": canary, "hostLB": canary, "RUM_URL": canary, "syndetics_unbound_url": canary,
            "logoUrl": canary, "Proxy_Server": "https://Canary.example.org/", "admin_password": canary,
            "api_key": canary, "session_token": canary, "list": [canary], "long": canary.repeat(20),
            "machine": "Canary0123456789abcdef0123",
        },
        "mapping-tables": {
            "Report a Problem": [{"source1": canary, "target": canary}],
            "General Configuration": [{"source1": "logo_url", "target": canary}, {"source1": "hostLB", "target": canary}],
            "My Account Links": [{"source1": "https://Canary.example.org", "target": "https://Canary.example.org"}],
            "Ask": [{"source1": "desk", "target": "Canary@example.org"}, {"source1": "Canary@example.org", "target": "Y"}],
        },
        "feature-flags": {"flag": canary.repeat(20)}
    });
    let (drafts, _) = drafts_of(&configuration, VIEW);
    let text = bytes_of(&drafts);
    assert!(!text.contains(canary), "{text}");
    assert!(
        text.contains("system-configuration/Proxy_Server\t{\"type\":\"setting\",\"value\":\"present\"}"),
        "{text}"
    );
    assert!(
        text.contains("top-level/customization"),
        "an unknown container is seen, its content is not: {text}"
    );
}

#[test]
fn deep_and_endless_maps_have_an_end() {
    let mut deep = json!({"leaf": true});
    for _ in 0..50 {
        deep = json!({"level": deep});
    }
    let wide: serde_json::Map<String, Value> = (0..30_000).map(|n| (format!("k{n}"), json!(n))).collect();
    let (drafts, coverage) = drafts_of(&json!({"system-configuration": deep, "feature-flags": wide}), VIEW);
    assert!(
        drafts
            .iter()
            .any(|draft| key_of(draft).ends_with("/level/level") && draft.body["value"] == "present")
    );
    assert_eq!(
        drafts.iter().filter(|draft| draft.partition == "feature-flags").count(),
        20_000
    );
    assert!(matches!(coverage.0["feature-flags"], PartitionRead::Partial { .. }));
}

#[test]
fn the_real_configuration_goes_through() {
    let Some(sample) = real_sample("primo/exl_training_view_config_2024-08.excerpt.json") else {
        return;
    };
    let view = "TRAINING_1_INST:Auto1";
    let (drafts, coverage) = drafts_of(&sample, view);
    for container in ["primo-view", "system-configuration", "mapping-tables", "top-level"] {
        assert!(coverage.is_complete(container), "{container}: {coverage:?}");
    }
    assert_eq!(
        coverage.0["feature-flags"],
        PartitionRead::Absent,
        "the excerpt of 2024 has no flags"
    );
    for (key, body) in [
        (
            "system-configuration/Alma_Version",
            json!({"type": "setting", "value": "August 2024"}),
        ),
        (
            "system-configuration/ngrs_enabled",
            json!({"type": "switch", "on": false}),
        ),
        (
            "system-configuration/hide_rapido_expand_link_map/Everything",
            json!({"type": "switch", "on": false}),
        ),
        (
            "system-configuration/Activate Captcha [Y/N]",
            json!({"type": "switch", "on": true}),
        ),
        (
            "attributes-map/mayAlsoBeHeldByEnabled",
            json!({"type": "switch", "on": true}),
        ),
        (
            "primo-view/is-union-catalog-view",
            json!({"type": "switch", "on": false}),
        ),
        (
            "mapping-tables/View Properties/{view}/allow_direct_login_from_other_institutions",
            json!({"type": "switch", "on": false}),
        ),
        (
            "mapping-tables/Alma ViewIt Config/electronic_services_before_digital",
            json!({"type": "switch", "on": true}),
        ),
        (
            "mapping-tables/Resource Sharing Request Parameters/both/specificEdition/book",
            json!({"type": "switch", "on": false, "columns": {"source4": 6, "source5": false}}),
        ),
        ("tab/CourseReserves", json!({"type": "tab"})),
    ] {
        let found = drafts
            .iter()
            .find(|draft| key_of(draft) == key)
            .map(|draft| &draft.body);
        assert_eq!(found, Some(&body), "{key}");
    }
    assert_eq!(
        drafts
            .iter()
            .filter(|draft| key_of(draft).starts_with("scope/"))
            .count(),
        5
    );
    let text = bytes_of(&drafts);
    for dropped in ["REDACTED", "train_master", "Mar 17", "il-beacon01", "@", "://", "Auto2"] {
        assert!(!text.contains(dropped), "{dropped}");
    }
}

proptest! {
    #[test]
    fn the_same_view_gives_the_same_bytes(seed: u64) {
        let expected = bytes_of(&drafts_of(&configuration(&mut Rng::with_seed(1)), VIEW).0);
        let varied = configuration(&mut Rng::with_seed(seed));
        prop_assert_eq!(bytes_of(&drafts_of(&varied, VIEW).0), expected);
    }
}
