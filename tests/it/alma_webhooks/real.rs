//! The signatures and messages that are known from real life, through the real receiver.

use serde_json::Value;

use super::{NIGHTLY, Served, TO_ELM, signed};
use crate::real_input::samples;
use crate::world::{ELM, OAK};

#[tokio::test]
async fn real_signatures_are_right() {
    let Some(real) = samples() else { return };
    let read = |name: &str| std::fs::read_to_string(real.join("samples/alma").join(name)).unwrap();
    let vectors: Value = serde_json::from_str(&read("webhook_signature_vectors.json")).unwrap();
    let mut taken = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let served = Served::with(&[(ELM, text("secret")), (OAK, "another")]).await;
        let (status, answer) = served.post(TO_ELM, Some(text("x_exl_signature")), text("body")).await;
        assert_eq!(status, 200, "{vector}: {answer}");
        let (status, _) = served
            .post("/webhooks/alma/01OAK_INST", Some(text("x_exl_signature")), text("body"))
            .await;
        assert_eq!(status, 401, "{vector}");
        taken += 1;
    }
    assert!(taken >= 4, "{taken}");
}

#[tokio::test]
async fn real_messages_are_read() {
    let Some(real) = samples() else { return };
    for name in [
        "webhook_job_end_official_doc.json",
        "webhook_job_end_incremental_failed.json",
    ] {
        let body = std::fs::read_to_string(real.join("samples/alma").join(name)).unwrap();
        let message: Value = serde_json::from_str(&body).unwrap();
        let served = Served::new().await;
        // Just after the job ended.
        served
            .world
            .hand
            .set(message["time"].as_str().unwrap().parse().unwrap());
        let _daemon = served.at_rest().await;
        // As it came; the institution, where it is named, is another.
        assert_eq!(served.say(&message).await, 200, "{name}");
        let (status, _) = served
            .post(TO_ELM, Some(&signed(super::SECRET_OF_ELM, &body)), body)
            .await;
        assert_eq!(status, 200, "{name}");
        // Its own institution: neither of these jobs is about resource sharing.
        let mut own = message.clone();
        if own["institution"].is_object() {
            own["institution"]["value"] = ELM.into();
        }
        assert_eq!(served.say(&own).await, 200, "{name}");
        assert_eq!(served.due().await, [""; 0], "{name}");
        // The same message of one of our jobs.
        own["job_instance"]["name"] = NIGHTLY.into();
        assert_eq!(served.say(&own).await, 200, "{name}");
        assert_eq!(served.due().await.len(), 3, "{name}");
    }
}
