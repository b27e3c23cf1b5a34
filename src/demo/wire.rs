//! How answers look on the wire: key order, null styles, error bodies, and the strings that must not leave it.

use fastrand::Rng;
use serde_json::{Value, json};

/// A partner's password, as real partner records hold them (ALMA.md §5a).
pub(super) const PARTNER_PASSWORD: &str = "demo-partner-password-7431";
/// A partner's API key.
pub(super) const PARTNER_EXPORT_KEY: &str = "demo-partner-export-key-9052";
/// A person at a partner.
pub(super) const CONTACT_PERSON: &str = "Demo Contactperson";
/// That person's address.
pub(super) const CONTACT_MAIL: &str = "demo.contactperson@partner.invalid";
/// That person's telephone.
pub(super) const CONTACT_PHONE: &str = "555-0100-7788";
/// A member of staff who changed a view last.
pub(super) const STAFF_NAME: &str = "demo_staff_member";
/// A reader who has asked for something, as requests name readers in fields meant for other things (ALMA.md §8).
pub(super) const READER_NAME: &str = "Demo Readerly";
/// That reader's address.
pub(super) const REQUESTER_MAIL: &str = "demo.readerly@reader.invalid";
/// What was asked for; with the library and the time it can lead to a reader.
pub(super) const REQUEST_TITLE: &str = "A Demo History of Unread Books";
/// The item's barcode.
pub(super) const REQUEST_BARCODE: &str = "DEMO39004-BARCODE";
/// The ids of all requests begin so.
pub(super) const REQUEST_IDS: &str = "7300420042";
/// A password among the parameters of an integration profile.
pub(super) const PROFILE_PASSWORD: &str = "demo-profile-password-6620";
/// The public key of a captcha.
pub(super) const CAPTCHA_KEY: &str = "demo-captcha-key-3310";
/// Where patrons' reports of problems go.
pub(super) const REPORT_MAIL: &str = "demo.report@library.invalid";

/// The body of an answer to a bad key: XML, whatever was asked for (ALMA.md §4).
pub(super) const UNAUTHORIZED: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans"><errorsExist>true</errorsExist><errorList><error><errorCode>UNAUTHORIZED</errorCode><errorMessage>API-key not defined or not configured to allow this API.</errorMessage></error></errorList></web_service_result>
"#;

/// An error body of the gateway in XML.
pub(super) fn error_xml(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><web_service_result \
         xmlns=\"http://com/exlibris/urm/general/xmlbeans\"><errorsExist>true</errorsExist><errorList><error><errorCode>{code}\
         </errorCode><errorMessage>{}</errorMessage><trackingId>E01-DEMO</trackingId></error></errorList></web_service_result>",
        message.replace('&', "&amp;").replace('<', "&lt;")
    )
}

/// What a page shows while the site is being worked on.
pub(super) const MAINTENANCE: &str = "<!DOCTYPE html><html><head><title>Scheduled maintenance</title></head><body><h1>We will be \
     back soon</h1><p>This site is down for scheduled maintenance.</p></body></html>";

/// The JSON text of `value` with the keys of every object in a random order.
pub(super) fn text(value: &Value, dice: &mut Rng) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            dice.shuffle(&mut members);
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), text(value, dice)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(|entry| text(entry, dice)).collect();
            format!("[{}]", entries.join(","))
        }
        other => other.to_string(),
    }
}

/// Puts one of the styles of "nothing" under `key`, or leaves the key out (ALMA.md §9).
pub(super) fn nothing(object: &mut Value, key: &str, dice: &mut Rng) {
    let style = match dice.u8(..5) {
        0 => Value::Null,
        1 => json!({ "value": null, "desc": null }),
        2 => json!({}),
        3 => json!({ "desc": "" }),
        _ => return,
    };
    if let Some(members) = object.as_object_mut() {
        members.insert(key.to_owned(), style);
    }
}

/// A truth as one of the ways in which Primo writes it (PRIMO.md §4).
pub(super) fn truth(value: bool, dice: &mut Rng) -> Value {
    if dice.bool() {
        Value::Bool(value)
    } else {
        Value::from(value.to_string())
    }
}

/// An error body of the gateway.
pub(super) fn error(code: &str, message: &str, tracking: Option<&str>) -> Value {
    let mut error = json!({ "errorCode": code, "errorMessage": message });
    if let (Some(tracking), Some(members)) = (tracking, error.as_object_mut()) {
        members.insert("trackingId".to_owned(), Value::from(tracking));
    }
    json!({ "errorsExist": true, "errorList": { "error": [error] }, "result": null })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_varies_and_the_value_does_not() {
        let value = json!({"a": 1, "b": [1, {"x": "y", "z": null}], "c": {"d": true, "e": "\"quoted\""}, "f": 2});
        let mut dice = Rng::with_seed(1);
        let texts: std::collections::BTreeSet<String> = (0..20).map(|_| text(&value, &mut dice)).collect();
        assert!(texts.len() > 1);
        for text in texts {
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
