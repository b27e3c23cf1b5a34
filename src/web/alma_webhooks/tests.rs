use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"a secret of our own";
/// `printf 'almanac' | openssl dgst -sha256 -hmac 'a secret of our own' -binary | base64`, and so on.
const VECTORS: &[(&str, &str)] = &[
    ("almanac", "8BylQJySfiXIpCdNXRv7VDnxksoH/W1UxSrduRfJ33M="),
    ("", "3DRVHapzFgjrWZzz1SeaJcAyTARiGOup0tYR56wuWh4="),
    (
        "{\"action\": \"JOB_END\",\r\n \"desc\": \"Bibliothèque\"}\n",
        "AVgX+BOgWDUDl4VXP+oG9Hsw7OnP8OesxdJrfyw0eoo=",
    ),
];

fn headers(signatures: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for signature in signatures {
        headers.append(SIGNATURE, signature.parse().unwrap());
    }
    headers
}

#[test]
fn a_signature_is_over_the_raw_bytes() {
    for (body, signed) in VECTORS {
        let signature = signature(&headers(&[signed])).unwrap();
        assert!(is_signed(SECRET, body.as_bytes(), &signature), "{body}");
        assert!(!is_signed(b"a secret of others", body.as_bytes(), &signature), "{body}");
        assert!(!is_signed(SECRET, format!("{body} ").as_bytes(), &signature), "{body}");
    }
}

#[test]
fn what_cannot_be_a_signature_is_none() {
    let right = VECTORS[0].1;
    for wrong in [
        &[] as &[&str],
        &[""],
        &[right, right],
        &[&right[..40]],
        &[&right.replace('=', "")],
        &["AAAA"],
        &["not base64 at all, but forty-four characters"],
        &["bm90IHRoaXJ0eS10d28gYnl0ZXMgbG9uZywgYnV0IHF1aXRlIG1vcmU="],
    ] {
        assert_eq!(signature(&headers(wrong)), None, "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn any_other_byte_breaks_the_signature(
        body in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
        mac.update(&body);
        let signature: [u8; SIGNATURE_BYTES] = mac.finalize().into_bytes().into();
        prop_assert!(is_signed(SECRET, &body, &signature));
        let mut forged = body.clone();
        forged[at.index(body.len())] ^= 1 << bit;
        prop_assert!(!is_signed(SECRET, &forged, &signature));
        let mut other = signature;
        other[at.index(SIGNATURE_BYTES)] ^= 1 << bit;
        prop_assert!(!is_signed(SECRET, &body, &other));
    }

    #[test]
    fn whatever_is_given_back_means_nothing_to_a_browser(challenge in "\\PC{0,40}") {
        if is_harmless(&challenge) {
            prop_assert!(!challenge.contains(['<', '>', '&', '"', '\'', '`', '(', ';', ':', '\\', ' ', '%']));
            prop_assert_eq!(json!({"challenge": challenge}).to_string(), format!("{{\"challenge\":\"{challenge}\"}}"));
        }
    }

    #[test]
    fn no_message_is_too_odd(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = what_it_touches(&body, "01ELM_INST", now());
    }
}

#[test]
fn challenges_are_short_and_plain() {
    for good in [
        "1234",
        "d9b0c3a2-7f2e-4c1b",
        "Zm9v+/==",
        "a.b_c~d",
        &"x".repeat(CHALLENGE_CHARS_MAX),
    ] {
        assert!(is_harmless(good), "{good}");
    }
    for bad in [
        "",
        "a b",
        "a\nb",
        "a\0b",
        "<script>",
        "\"}",
        "{{7*7}}",
        "ä",
        "%3C",
        "javascript:alert(1)",
        &"x".repeat(CHALLENGE_CHARS_MAX + 1),
    ] {
        assert!(!is_harmless(bad), "{bad:?}");
    }
}

fn now() -> Moment {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn ended() -> serde_json::Value {
    json!({
        "id": "77",
        "action": "JOB_END",
        "institution": {"value": "01ELM_INST", "desc": "Elm College"},
        "time": "2026-11-25T11:59:58.123Z",
        "event": null,
        "job_instance": {
            "name": "Expired Resource Sharing Requests",
            "progress": 101.3,
            "job_info": {"name": "Expired Resource Sharing Requests", "category": {"value": "FULFILLMENT"}}
        }
    })
}

fn touched(message: &serde_json::Value) -> Result<&'static [SourceKind], Dropped> {
    what_it_touches(message.to_string().as_bytes(), "01ELM_INST", now())
}

#[test]
fn the_end_of_a_resource_sharing_job_touches_requests_and_jobs() {
    let all = [
        SourceKind::AlmaJobs,
        SourceKind::AlmaLendingRequests,
        SourceKind::AlmaBorrowingRequests,
    ];
    assert_eq!(touched(&ended()).unwrap(), all);
    type Edit = fn(&mut serde_json::Value);
    let fine: [Edit; 8] = [
        |message| message["action"] = json!("job_end"),
        |message| message["institution"] = json!(null),
        |message| message["institution"] = json!({"desc": "Elm College"}),
        |message| message["job_instance"]["job_info"] = json!(null),
        |message| message["job_instance"]["name"] = json!("Nightly run 4711"),
        |message| message["job_instance"] = json!({"job_info": {"category": {"value": "RESOURCE_SHARING"}}}),
        |message| message["time"] = json!("2026-11-24T12:00:00Z"),
        |message| message["time"] = json!("2026-11-25T14:00:00+01:00"),
    ];
    for (case, edit) in fine.iter().enumerate() {
        let mut message = ended();
        edit(&mut message);
        assert_eq!(touched(&message).unwrap(), all, "case {case}: {message}");
    }
}

#[test]
fn everything_else_touches_nothing() {
    type Edit = fn(&mut serde_json::Value);
    let dropped: [Edit; 9] = [
        |message| message["action"] = json!("LOAN"),
        |message| message["action"] = json!(null),
        |message| message["time"] = json!("2026-11-24T11:59:59.999Z"),
        |message| message["time"] = json!("2026-11-25T13:00:00.001Z"),
        |message| message["time"] = json!("yesterday"),
        |message| message["time"] = json!(null),
        |message| message["job_instance"] = json!(null),
        |message| {
            message["job_instance"] = json!({"name": "Publishing", "job_info": {"category": {"value": "PUBLISHING"}}})
        },
        |message| message["job_instance"] = json!({}),
    ];
    for (case, edit) in dropped.iter().enumerate() {
        let mut message = ended();
        edit(&mut message);
        assert!(
            matches!(touched(&message), Err(Dropped::Quietly(_))),
            "case {case}: {message}"
        );
    }
}

#[test]
fn a_webhook_that_is_set_up_wrongly_is_somebodys_business() {
    let mut of_oak = ended();
    of_oak["institution"]["value"] = json!("01OAK_INST");
    assert!(matches!(touched(&of_oak), Err(Dropped::Misdirected(_))));
    let xml = b"<?xml version=\"1.0\"?><webhook><action>JOB_END</action></webhook>";
    assert!(matches!(
        what_it_touches(xml, "01ELM_INST", now()),
        Err(Dropped::Misdirected(_))
    ));
}

#[test]
fn the_address_is_that_of_a_configured_library_and_no_other() {
    let config = Config::parse(
        "[consortium]\nname = \"C\"\ntimezone = \"America/New_York\"\n\
         [[institution]]\ncode = \"01ELM_INST\"\nname = \"Elm\"\nkind = \"own-alma\"\nregion = \"na\"\n\
         webhook_secret = { env = \"HOOK_OF_ELM\" }\n\
         [[institution]]\ncode = \"01OAK_INST\"\nname = \"Oak\"\nkind = \"own-alma\"\nregion = \"na\"\n",
        std::path::Path::new("almanac.toml"),
    )
    .unwrap();
    let taken_by = |address: &str| receiver(&config, &address.parse().unwrap()).map(|(code, _)| code.to_owned());
    assert_eq!(taken_by("/webhooks/alma/01ELM_INST").as_deref(), Some("01ELM_INST"));
    assert_eq!(
        taken_by("/webhooks/alma/01ELM_INST?challenge=x").as_deref(),
        Some("01ELM_INST")
    );
    for other in [
        "/webhooks/alma/01OAK_INST",
        "/webhooks/alma/01elm_inst",
        "/webhooks/alma/01ELM_INST/",
        "/webhooks/alma/",
        "/webhooks/alma",
        "/webhooks/alma/../alma/01ELM_INST",
        "/webhooks/alma/01ELM%5FINST",
        "/x/webhooks/alma/01ELM_INST",
    ] {
        assert_eq!(taken_by(other), None, "{other}");
    }
}
