//! What is kept of a partner, and when a list of partners is whole.

use almanac::exlibris::alma::PartnersPage;
use almanac::model::observation::{Observation, PartitionRead};
use almanac::sources::alma_partners::{PARTITION, PartnerList, record_of};
use fastrand::Rng;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{bytes_of, key_of, nothing, real_sample, spelled};

/// A partner with everything that must never be kept.
fn partner_with_secrets(profile: &str, child: &str) -> Value {
    json!({
        "link": "https://gateway.example.org/almaws/v1/partners/BCL?token=CANARY-link",
        "contact_info": {"email": [{"email_address": "CANARY-contact@example.org"}], "phone": [{"phone_number": "CANARY-phone"}]},
        "note": [{"content": "CANARY-note", "created_by": "CANARY-staff"}],
        "notes": {"note": [{"content": "CANARY-notes"}]},
        "partner_details": {
            "code": "BCL",
            "name": "Boston College CANARY-name@example.org",
            "status": "ACTIVE",
            "system_type": {"value": "ALMA", "desc": "Alma"},
            "holding_code": "CANARY-holding@example.org",
            "unheard_of": "CANARY-unknown",
            "profile_details": {
                "profile_type": profile,
                child: {
                    "ill_server": "https://CANARY-user:CANARY-pass@ill.example.org:8443/in?key=CANARY-query",
                    "transfer_server": "https://CANARY-user:CANARY-pass@ill.example.org/in",
                    "rapid_url": "https://rapid.example.org/x?pw=CANARY-rapid",
                    "fulfillment_network_url": "https://fn.example.org/CANARY-path",
                    "bldss_base_account": "CANARY-account",
                    "bldss_base_password": "CANARY-bldss",
                    "rapid_user_name": "CANARY-rapid-user",
                    "rapid_password": "CANARY-rapid-pass",
                    "export_api_key": "CANARY-api-key",
                    "export_url": "https://CANARY-export",
                    "export_email_address": "CANARY-export@example.org",
                    "email": "CANARY-mail@example.org",
                    "email_address": "CANARY-address@example.org",
                    "iso_symbol": "CANARY-symbol@example.org",
                    "customer_ids": {"customer_id": [{"code": "CANARY-code", "password": "CANARY-art"}]},
                    "innreach_integration_profile": "CANARY-profile"
                }
            }
        }
    })
}

/// A partner in the form of the wire; `spell` varies how the same is written.
fn partner(code: &str, rng: &mut Rng) -> Value {
    let number = i64::try_from(code.len()).unwrap() + 2;
    let days = if rng.bool() {
        json!(number)
    } else {
        json!(number as f64)
    };
    let label = ["Alma", "Alma-System", "Système Alma", ""][rng.usize(..4)];
    let locate = match rng.usize(..3) {
        0 => json!("NZ_LOCATE"),
        1 => json!({"value": "NZ_LOCATE", "desc": label}),
        _ => json!({"value": "NZ_LOCATE"}),
    };
    let mut partner = json!({
        "partner_details": {
            "code": code,
            "name": format!("Library of {code}"),
            "status": "ACTIVE",
            "system_type": {"value": "ALMA", "desc": label},
            "avg_supply_time": days,
            "delivery_delay": days,
            "borrowing_supported": spelled(true, rng),
            "lending_supported": spelled(false, rng),
            "locate_profile": locate,
            "profile_details": {
                "profile_type": "ISO_18626",
                "iso_18626_details": {
                    "ill_server": "ill.example.org",
                    "iso_symbol": format!("US-{code}"),
                    "shared_barcodes": spelled(true, rng),
                    "resending_overdue_message_interval": days
                }
            }
        }
    });
    let details = &mut partner["partner_details"];
    for optional in [
        "currency",
        "holding_code",
        "auto_cancel_reason",
        "auto_claim_time",
        "auto_cancel_supported",
    ] {
        if rng.bool() {
            details[optional] = nothing(rng);
        }
    }
    for other in ["email_details", "rapid_details", "ncip_details"] {
        if rng.bool() {
            details["profile_details"][other] = nothing(rng);
        }
    }
    for beside in ["contact_info", "notes", "note", "link"] {
        if rng.bool() {
            partner[beside] = nothing(rng);
        }
    }
    partner
}

/// A list read by pages of a hundred, each with the total that `total_on` names for it.
fn read(rows: Vec<Value>, total_on: impl Fn(usize) -> Option<u64>) -> Observation {
    let mut list = PartnerList::default();
    let mut offset = Some(0_u32);
    let mut number = 0;
    while let Some(from) = offset {
        let partners: Vec<Value> = rows.iter().skip(from as usize).take(100).cloned().collect();
        offset = list.take(PartnersPage {
            partners,
            total: total_on(number),
        });
        number += 1;
    }
    list.finish()
}

fn codes(count: usize) -> Vec<Value> {
    let mut rng = Rng::with_seed(7);
    (0..count)
        .map(|number| partner(&format!("P{number:03}"), &mut rng))
        .collect()
}

fn why_partial(observation: &Observation) -> &str {
    match observation.coverage.0.get(PARTITION) {
        Some(PartitionRead::Partial { reason }) => reason,
        other => panic!("not partial: {other:?}"),
    }
}

#[test]
fn no_secret_person_or_note_is_ever_kept() {
    for (profile, child) in [
        ("ART_EMAIL", "art_email_details"),
        ("NCIP", "ncip_details"),
        ("ISO", "iso_details"),
        ("ISO_18626", "iso_18626_details"),
        ("EMAIL", "email_details"),
        ("NCIP_P2P", "ncip_p2p_details"),
        ("BLDSS", "bldss_details"),
        ("FULFILLMENT_NETWORK", "fulfillment_network_details"),
        ("RAPID", "rapid_details"),
        ("INNREACH", "innreach_details"),
        ("SOMETHING_NEW", "something_new_details"),
    ] {
        let draft = record_of(&partner_with_secrets(profile, child)).unwrap();
        let text = bytes_of(std::slice::from_ref(&draft));
        assert!(!text.to_uppercase().contains("CANARY"), "{text}");
        assert!(!text.contains('@'), "{text}");
        assert_eq!(draft.body["name"], "Boston College");
        assert_eq!(
            draft.body["profile_type"], profile,
            "unknown profile types are kept by name"
        );
    }
}

#[test]
fn of_a_server_only_the_host_is_kept() {
    let draft = record_of(&partner_with_secrets("ISO_18626", "iso_18626_details")).unwrap();
    assert_eq!(draft.body["iso_18626_details"]["ill_server"], "ill.example.org:8443");
}

#[test]
fn a_code_may_be_any_string() {
    for code in ["NLNZ:WLC", "074281", "A B/C", "ÅÄÖ"] {
        let draft = record_of(&json!({"partner_details": {"code": code, "status": "ACTIVE"}})).unwrap();
        assert_eq!(key_of(&draft), code);
    }
    for nameless in [
        json!({}),
        json!({"partner_details": {"code": ""}}),
        json!(null),
        json!({"partner_details": {"code": {}}}),
    ] {
        assert_eq!(record_of(&nameless), None);
    }
}

#[test]
fn three_hundred_and_fifty_partners_over_four_pages_are_whole() {
    let observation = read(codes(350), |_| Some(350));
    assert_eq!(observation.drafts.len(), 350);
    assert!(observation.coverage.is_complete(PARTITION));
    assert!(observation.remarks.is_empty());
}

#[test]
fn no_partners_at_all_is_an_answer() {
    assert!(read(Vec::new(), |_| Some(0)).coverage.is_complete(PARTITION));
}

#[test]
fn a_total_that_moves_makes_the_list_partial() {
    let shrinking = read(codes(350), |page| Some(350 - page as u64));
    assert!(
        why_partial(&shrinking).contains("the total changed from 350 to 349"),
        "{}",
        why_partial(&shrinking)
    );
    let growing = read(codes(250), |page| Some(if page == 0 { 249 } else { 250 }));
    assert!(why_partial(&growing).contains("from 249 to 250"));
    assert_eq!(growing.drafts.len(), 250, "what was read is kept");
}

#[test]
fn fewer_rows_than_the_total_make_the_list_partial() {
    let observation = read(codes(3), |_| Some(5));
    assert_eq!(observation.drafts.len(), 3);
    assert!(why_partial(&observation).contains("Alma counts 5 partners, 3 different ones were read"));
}

#[test]
fn a_short_page_in_the_middle_makes_the_list_partial_and_skips_no_row() {
    let rows = codes(130);
    let mut list = PartnerList::default();
    let mut offsets = vec![0];
    let mut sizes = [60, 70].into_iter();
    loop {
        let from = *offsets.last().unwrap() as usize;
        let size = sizes.next().unwrap();
        match list.take(PartnersPage {
            partners: rows[from..from + size].to_vec(),
            total: Some(130),
        }) {
            Some(next) => offsets.push(next),
            None => break,
        }
    }
    assert_eq!(offsets, [0, 60]);
    let observation = list.finish();
    assert_eq!(observation.drafts.len(), 130);
    assert!(why_partial(&observation).contains("page 1 held 60 partners"));
}

#[test]
fn the_same_partner_on_two_pages_makes_the_list_partial() {
    let mut rows = codes(150);
    rows[120] = rows[30].clone();
    let observation = read(rows, |_| Some(150));
    assert_eq!(observation.drafts.len(), 149);
    assert!(why_partial(&observation).contains("1 partners came twice"));
}

#[test]
fn without_a_total_a_list_is_never_whole() {
    let observation = read(codes(120), |_| None);
    assert_eq!(observation.drafts.len(), 120);
    assert!(why_partial(&observation).contains("total_record_count"));
}

#[test]
fn a_page_that_fails_leaves_what_was_read() {
    let rows = codes(350);
    let mut list = PartnerList::default();
    let next = list.take(PartnersPage {
        partners: rows[..100].to_vec(),
        total: Some(350),
    });
    assert_eq!(next, Some(100));
    list.doubt("the page after 100 partners failed: no answer within 30 s".to_owned());
    let observation = list.finish();
    assert_eq!(observation.drafts.len(), 100);
    assert!(why_partial(&observation).contains("no answer within 30 s"));
}

#[test]
fn a_record_without_a_code_is_said_and_makes_the_list_partial() {
    let mut rows = codes(4);
    rows[2]["partner_details"]["code"] = json!({});
    let observation = read(rows, |_| Some(4));
    assert_eq!(observation.drafts.len(), 3);
    assert!(observation.remarks[0].contains("1 partner records name no code"));
    assert!(why_partial(&observation).contains("name no code"));
}

#[test]
fn a_list_without_end_is_left() {
    let mut list = PartnerList::default();
    let page = codes(100);
    let mut pages = 0;
    loop {
        pages += 1;
        assert!(pages <= 200, "goes on for ever");
        let next = list.take(PartnersPage {
            partners: page.clone(),
            total: Some(u64::MAX),
        });
        if next.is_none() {
            break;
        }
    }
    assert_eq!(pages, 200);
    assert!(why_partial(&list.finish()).contains("goes on after 200 pages"));
}

#[test]
fn the_real_partner_goes_through() {
    let Some(sample) = real_sample("alma/partner_iso_inactive_AATO.json") else {
        return;
    };
    let draft = record_of(&sample).unwrap();
    assert_eq!(key_of(&draft), "AATO");
    assert_eq!(draft.body["status"], "INACTIVE");
    assert_eq!(draft.body["system_type"], "LADD");
    assert_eq!(draft.body["iso_details"]["ill_port"], 1611);
    assert_eq!(draft.body["lending_supported"], true);
    let text = draft.body.to_string();
    for personal in [
        "@",
        "Narellan",
        "62161500",
        "contact_info",
        "note",
        "LADD Locate Profile",
    ] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
}

proptest! {
    #[test]
    fn the_same_partners_give_the_same_bytes(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let names: Vec<String> = (0..12).map(|number| format!("L{number}")).collect();
        let plain: Vec<Value> = names.iter().map(|name| partner(name, &mut Rng::with_seed(1))).collect();
        let mut varied: Vec<Value> = names.iter().map(|name| partner(name, &mut rng)).collect();
        rng.shuffle(&mut varied);
        let expected = bytes_of(&read(plain, |_| Some(12)).drafts);
        prop_assert!(expected.contains(r#""lending_supported":false"#));
        prop_assert_eq!(bytes_of(&read(varied, |_| Some(12)).drafts), expected);
    }
}
