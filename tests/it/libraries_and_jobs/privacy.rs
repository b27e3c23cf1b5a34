//! Nothing that names a person gets past these sources (DESIGN invariant 2).

use serde_json::json;

use super::{JOBS, LIBRARIES, library, run, scheduled_job, world};

#[tokio::test(flavor = "multi_thread")]
async fn no_mark_is_in_what_is_stored_or_told() {
    let (world, elm) = world().await;
    {
        let mut elm = elm.lock().unwrap();
        let mut marked = library("MAIN", "Main Library canary-mail@example.org", true);
        marked["contact_info"] = json!({"phone": ["canary-phone"], "address": [{"line1": "canary-street"}]});
        marked["proxy"] = json!("canary-proxy");
        marked["default_location"] = json!({"value": "canary-location", "desc": "canary-location"});
        elm.libraries = vec![marked];
        let mut job = scheduled_job("S1", "Claim canary-mail@example.org");
        job["parameter"] = json!([{"name": {"value": "canary-parameter"}, "value": "canary-parameter"}]);
        job["related_profile"] = json!({"value": "canary-profile", "link": "canary-link"});
        elm.jobs = vec![job];
        let mut marked_run = run("2027-02-03", "COMPLETED_FAILED");
        marked_run["link"] = json!("canary-link");
        marked_run["job_info"] = json!({"name": "canary-set-name", "description": "canary-description"});
        marked_run["counter"] = json!([
            {"type": {"value": "canary text of someone"}, "value": "3"},
            {"type": {"value": "c.note", "desc": "canary-desc"}, "value": "canary-value"},
            {"type": {"value": "canary-mail@example.org"}, "value": "3"}
        ]);
        marked_run["alert"] = json!([{"value": "canary person must look", "desc": "canary-desc"}]);
        elm.runs.insert(
            "S1".to_owned(),
            vec![run("2027-02-02", "COMPLETED_SUCCESS"), marked_run],
        );
    }
    for watch in [LIBRARIES, JOBS] {
        let row = world.poll(watch).await;
        assert!(row.added > 0, "{:?}", row.reason);
    }
    {
        let mut elm = elm.lock().unwrap();
        elm.share("MAIN", false);
        elm.runs.get_mut("S1").unwrap().push(run("2027-02-04", "FAILED"));
    }
    for watch in [LIBRARIES, JOBS] {
        world.poll(watch).await;
    }
    world.deliver().await;
    assert_eq!(world.told().await.len(), 2, "a library left and a job failed");
    let at = world.clock.now().plus(std::time::Duration::from_hours(1));
    let mut kept = json!(world.events().await).to_string();
    for watch in [LIBRARIES, JOBS] {
        let id = almanac::model::watch::WatchId::from_text(watch);
        let records = world.almanac.store.records(&id, None, at).await.unwrap();
        assert!(!records.is_empty());
        kept.push_str(&json!(records).to_string());
    }
    kept.push_str(&format!("{:?}", world.wire().attempts));
    for file in std::fs::read_dir(world.dir.path()).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains(".db") {
            kept.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    assert!(
        kept.contains("Main Library") && kept.contains("Claim"),
        "what is looked through holds the records"
    );
    assert!(!kept.contains("canary"), "a mark got through");
}
