//! What is kept of code tables, letters, integration profiles and of what Alma says of itself, and that the same world
//! gives the same bytes.

use almanac::exlibris::alma::General;
use almanac::exlibris::alma_offers::Listed;
use almanac::model::observation::{Identity, Observation, PartitionRead};
use almanac::sources::alma_code_tables::{self, Tables};
use almanac::sources::alma_integration_profiles::{self, ProfileList};
use almanac::sources::{alma_general, alma_letters};
use fastrand::Rng;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{letter, profile, row};

/// The records as bytes: what decides whether anything changed.
fn bytes_of(observation: &Observation) -> String {
    let mut lines: Vec<String> = observation
        .drafts
        .iter()
        .map(|draft| format!("{}\t{}\t{}\n", draft.partition, key_of(&draft.identity), draft.body))
        .collect();
    lines.sort();
    lines.concat()
}

fn key_of(identity: &Identity) -> &str {
    match identity {
        Identity::Key(key) => key,
        Identity::Matched { .. } => panic!("what Alma offers has keys"),
    }
}

fn listed(rows: Vec<Value>, total: Option<u64>) -> Listed {
    Listed { rows, total }
}

fn table_of(rows: Vec<Value>) -> Observation {
    let mut tables = Tables::default();
    tables.take("LevelOfService", &listed(rows, None));
    tables.finish()
}

fn letters_of(rows: Vec<Value>) -> Observation {
    let total = rows.len() as u64;
    alma_letters::observation_of(&listed(rows, Some(total)))
}

fn profiles_of(rows: &[Value], total: u64) -> Observation {
    let mut list = ProfileList::default();
    let mut next = Some(0);
    while let Some(offset) = next {
        let page = rows.iter().skip(offset as usize).take(100).cloned().collect();
        next = list.take(&listed(page, Some(total)));
    }
    list.finish()
}

#[test]
fn a_row_keeps_its_code_its_label_and_its_flags() {
    let draft = alma_code_tables::record_of("LevelOfService", &row("RUSH", "Rush")).unwrap();
    assert_eq!(draft.partition, "LevelOfService");
    assert_eq!(key_of(&draft.identity), "LevelOfService/RUSH");
    assert_eq!(
        draft.body,
        json!({"table": "LevelOfService", "code": "RUSH", "description": "Rush", "enabled": true, "default": false})
    );
    let bare = json!({"code": 7, "description": "Ask canary-staff@example.org first"});
    let draft = alma_code_tables::record_of("T", &bare).unwrap();
    assert_eq!(
        draft.body,
        json!({"table": "T", "code": "7", "description": "Ask first", "enabled": true, "default": false}),
        "a row without flags is enabled and no default; a code may come unquoted"
    );
    for nameless in [
        json!({}),
        json!({"code": null}),
        json!({"code": "who@example.org"}),
        json!("x"),
    ] {
        assert_eq!(alma_code_tables::record_of("T", &nameless), None, "{nameless}");
    }
}

#[test]
fn a_letter_keeps_its_names_its_channel_and_its_flags() {
    let draft = alma_letters::record_of(&letter("LenderRejectEmailLetter", "Lender Reject Email Letter")).unwrap();
    assert_eq!(key_of(&draft.identity), "LenderRejectEmailLetter");
    assert_eq!(
        draft.body,
        json!({"code": "LenderRejectEmailLetter", "name": "Lender Reject Email Letter", "channel": "EMAIL", "enabled": true, "customized": false})
    );
}

#[test]
fn a_profile_keeps_its_names_its_type_and_its_system() {
    let draft = alma_integration_profiles::record_of(&profile("281", "NCIP_BROKER", "NCIP")).unwrap();
    assert_eq!(key_of(&draft.identity), "281");
    assert_eq!(
        draft.body,
        json!({"id": "281", "code": "NCIP_BROKER", "name": "NCIP_BROKER of", "type": "NCIP", "system": "OTHER"}),
        "the address in the name is taken out"
    );
    let seen = profiles_of(
        &[
            profile("1", "A", "USER"),
            profile("2", "B", "USER"),
            profile("3", "C", "OAI"),
        ],
        3,
    );
    let keys: Vec<&str> = seen.drafts.iter().map(|draft| key_of(&draft.identity)).collect();
    assert_eq!(keys, ["1", "2", "3", "type/OAI", "type/USER"]);
}

#[test]
fn of_what_alma_says_of_itself_the_host_is_kept() {
    let general = General {
        institution: Some("01ELM_INST".into()),
        environment: Some("Production".into()),
        alma_url: Some("https://canary-user:canary-pw@NA01.alma.example.org:1443/mng/login?auth=canary".into()),
    };
    assert_eq!(
        alma_general::record_of(&general).unwrap().body,
        json!({"institution": "01ELM_INST", "environment_type": "production", "alma_host": "na01.alma.example.org:1443"})
    );
    assert_eq!(alma_general::record_of(&General::default()), None);
}

/// Staff, texts of letters, parameters, connections, contacts: all of it stands in the rows of this file's helpers.
#[test]
fn no_mark_is_in_any_draft() {
    let seen = [
        table_of(vec![row("RUSH", "Rush")]),
        letters_of(vec![letter("X", "X")]),
        profiles_of(&[profile("1", "A", "USER")], 1),
    ];
    for observation in seen {
        assert!(!observation.drafts.is_empty());
        let bytes = bytes_of(&observation).to_lowercase();
        assert!(!bytes.contains("canary"), "{bytes}");
    }
}

#[test]
fn a_list_that_does_not_add_up_is_partial() {
    let partial = |observation: &Observation, partition: &str| match &observation.coverage.0[partition] {
        PartitionRead::Partial { reason } => reason.clone(),
        other => panic!("{other:?}"),
    };
    let short = alma_letters::observation_of(&listed(vec![letter("A", "A")], Some(3)));
    assert_eq!(partial(&short, "letters"), "Alma counts 3 letters, 1 came");
    let nameless = letters_of(vec![letter("A", "A"), json!({"name": "No code"})]);
    assert!(partial(&nameless, "letters").contains("name no code"));
    assert!(partial(&table_of(vec![json!({"description": "x"})]), "LevelOfService").contains("name no code"));
    let profiles: Vec<Value> = (0..3)
        .map(|n| profile(&n.to_string(), &format!("P{n}"), "USER"))
        .collect();
    assert!(
        partial(&profiles_of(&profiles, 9), "integration-profiles")
            .contains("Alma counts 9 profiles, 3 different ones were read")
    );
    let twice = [profile("1", "A", "USER"), profile("1", "A", "USER")];
    assert!(partial(&profiles_of(&twice, 2), "integration-profiles").contains("came twice"));
    let mut without_total = ProfileList::default();
    assert_eq!(without_total.take(&listed(vec![profile("1", "A", "USER")], None)), None);
    assert!(partial(&without_total.finish(), "integration-profiles").contains("no total_record_count"));
    assert!(letters_of(vec![letter("A", "A")]).coverage.is_complete("letters"));
    assert!(profiles_of(&profiles, 3).coverage.is_complete("integration-profiles"));
    assert!(
        letters_of(Vec::new()).coverage.is_complete("letters"),
        "an empty list that says so"
    );
}

#[test]
fn a_list_without_end_is_left_at_its_bound() {
    let mut list = ProfileList::default();
    let mut pages = 0_u32;
    let mut next = Some(0);
    while let Some(offset) = next {
        let rows = (offset..offset + 100)
            .map(|n| profile(&n.to_string(), "P", "USER"))
            .collect();
        next = list.take(&listed(rows, Some(1_000_000)));
        pages += 1;
    }
    assert_eq!(pages, 50);
    assert!(!list.finish().coverage.is_whole());
}

/// One of the ways in which nothing is written (ALMA.md §9).
fn nothing(rng: &mut Rng) -> Value {
    let styles = [
        json!(null),
        json!(""),
        json!({}),
        json!([]),
        json!({"value": null, "desc": null}),
    ];
    styles[rng.usize(..styles.len())].clone()
}

/// One of the ways in which a truth is written.
fn spelled(on: bool, rng: &mut Rng) -> Value {
    let text = if on { "true" } else { "false" };
    let styles = [
        json!(on),
        json!(text),
        json!({"value": text, "desc": (["Yes", "Ja", ""][rng.usize(..3)])}),
        json!(if on { "1" } else { "0" }),
    ];
    styles[rng.usize(..styles.len())].clone()
}

/// A code, bare or wrapped with a label that differs from time to time.
fn coded(code: &str, rng: &mut Rng) -> Value {
    match rng.usize(..3) {
        0 => json!(code),
        1 => json!({"value": code}),
        _ => json!({"value": code, "desc": (["Label", "Etikett"][rng.usize(..2)])}),
    }
}

fn spoil(object: &mut Value, dropped: &[&str], rng: &mut Rng) {
    for name in dropped {
        match rng.usize(..3) {
            0 => object[*name] = nothing(rng),
            1 => object[*name] = json!(format!("canary-{}", rng.u32(..))),
            _ => {}
        }
    }
}

/// The same three lists in one of the ways in which Alma may write them.
fn world(seed: u64) -> [String; 3] {
    let mut rng = Rng::with_seed(seed);
    let rng = &mut rng;
    let mut rows: Vec<Value> = (0..8)
        .map(|n| {
            let mut row =
                json!({"code": format!("C{n}"), "description": format!("Label {n}"), "enabled": spelled(n != 3, rng)});
            if n != 3 && rng.bool() {
                row["enabled"] = nothing(rng);
            }
            row["default"] = if n == 2 {
                spelled(true, rng)
            } else if rng.bool() {
                spelled(false, rng)
            } else {
                nothing(rng)
            };
            spoil(&mut row, &["updated_by", "update_date", "link"], rng);
            row
        })
        .collect();
    rng.shuffle(&mut rows);
    let mut letters: Vec<Value> = (0..8)
        .map(|n| {
            let mut letter = json!({
                "code": format!("Letter{n}"), "name": format!("Letter {n}"), "channel": coded("EMAIL", rng),
                "enabled": spelled(n % 2 == 0, rng), "customized": spelled(n % 3 == 0, rng)
            });
            if n == 7 {
                letter["channel"] = nothing(rng);
            }
            spoil(
                &mut letter,
                &["xsl", "updated_by", "update_date", "description", "labels"],
                rng,
            );
            letter
        })
        .collect();
    rng.shuffle(&mut letters);
    let mut profiles: Vec<Value> = (0..130)
        .map(|n| {
            let mut profile = json!({
                "id": format!("{}", 28_441_775_700_u64 + n), "code": format!("P{n}"), "name": format!("Profile {n}"),
                "type": coded(["USER", "OAI"][(n % 2) as usize], rng), "system": coded("OTHER", rng)
            });
            spoil(
                &mut profile,
                &["parameter", "ftp_connection", "contact_info", "description", "default"],
                rng,
            );
            profile
        })
        .collect();
    rng.shuffle(&mut profiles);
    let seen = [table_of(rows), letters_of(letters), profiles_of(&profiles, 130)];
    assert!(seen.iter().all(|observation| observation.coverage.is_whole()));
    seen.map(|observation| bytes_of(&observation))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_same_world_gives_the_same_bytes(seed in any::<u64>()) {
        let (first, second) = (world(seed), world(seed ^ 0x5eed));
        prop_assert_eq!(&first, &second);
        prop_assert!(!first.concat().contains("canary"));
    }
}
