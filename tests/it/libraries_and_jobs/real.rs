//! The real answers of Ex Libris through the real sources; skipped where they are not at hand.

use almanac::model::answer::Outcome;
use serde_json::{Value, json};

use super::{JOBS, LIBRARIES, body_of, titles, world};
use crate::real_input::samples;

fn sample(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(samples()?.join("samples/alma").join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_list_of_libraries() {
    let Some(list) = sample("libraries_response.json") else {
        return;
    };
    let (world, elm) = world().await;
    let libraries = list["library"].as_array().unwrap().clone();
    let shares = libraries
        .iter()
        .filter(|library| library["resource_sharing"] == true)
        .count();
    let count = libraries.len();
    assert_eq!(list["total_record_count"], count);
    elm.lock().unwrap().libraries = libraries;
    let row = world.poll(LIBRARIES).await;
    assert_eq!(row.outcome, Outcome::Ok, "{:?}", row.reason);
    assert_eq!(
        row.added as usize,
        count + shares,
        "every library, and the hours of those that take part"
    );
    let kept = body_of(&world, LIBRARIES, "RES_SHARE").await;
    assert_eq!(kept["name"], "Resource Sharing Library");
    assert_eq!(kept.get("campus"), None, "an empty campus is none");
    assert_eq!(world.poll(LIBRARIES).await.modified, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_jobs_and_runs() {
    let (Some(jobs), Some(documented), Some(real), Some(failed)) = (
        sample("jobs_response.json"),
        sample("jobinstances_response.json"),
        sample("job_instance_exl_2025.json"),
        sample("webhook_job_end_incremental_failed.json"),
    ) else {
        return;
    };
    let (world, elm) = world().await;
    {
        let mut elm = elm.lock().unwrap();
        let mut job = jobs["job"][0].clone();
        let id = job["id"].as_str().unwrap().to_owned();
        elm.jobs = vec![job.clone()];
        // The documentation's job is none of resource sharing's: a second one takes its shape and another name.
        job["id"] = json!("S1");
        job["name"] = json!("Resource Sharing - Export");
        elm.jobs.push(job);
        elm.runs
            .insert(id, documented["job_instance"].as_array().unwrap().clone());
        // The runs are of other years; their times are moved to the world's.
        let moved = |run: &Value, from: &str| {
            serde_json::from_str::<Value>(&run.to_string().replace(from, "2027-02-02")).unwrap()
        };
        let queued = moved(&documented["job_instance"][0], "2015-04-15");
        let ended = moved(&real, "2025-10-05");
        elm.runs.insert("S1".to_owned(), vec![queued, ended]);
    }
    let row = world.poll(JOBS).await;
    assert_eq!((row.outcome, row.added), (Outcome::Ok, 1), "{:?}", row.reason);
    assert_eq!(
        body_of(&world, JOBS, "S1").await,
        json!({
            "id": "S1", "name": "Resource Sharing - Export", "type": "MANUAL", "category": "NORMALIZATION",
            "schedule": "NOT_SCHEDULED",
            "last_run": {
                "status": "COMPLETED_SUCCESS", "started": "2027-02-02T09:11Z", "ended": "2027-02-02T09:11Z",
                "counters": {
                    "import_research_assets_files.asset_failed": 1, "import_research_assets_files.asset_succeeded": 0
                },
                "alerts": ["alert_general_success"]
            }
        })
    );
    let run = failed["job_instance"].to_string().replace("2024-06-11", "2027-02-03");
    elm.lock()
        .unwrap()
        .runs
        .get_mut("S1")
        .unwrap()
        .push(serde_json::from_str(&run).unwrap());
    world.poll(JOBS).await;
    assert_eq!(
        titles(&world).await,
        ["Elm College: the job “Resource Sharing - Export” ended with errors"]
    );
    let kept = body_of(&world, JOBS, "S1").await;
    assert_eq!(kept["last_run"]["counters"]["label.updated.records"], 3453);
    assert!(
        !kept.to_string().contains("FTP"),
        "a counter that is a text is none: {kept}"
    );
}
