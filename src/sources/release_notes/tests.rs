use super::*;

const PAGE: &str = "<main><h1>Alma 2026 Release Notes</h1><p>Read this first.</p><h2>Main Features</h2><h3>One Thing</h3><p>November 2026 Fulfillment URM-100001</p><p>It is off by default until May 2027. <a href='/help?v=2'>More</a></p></main>";

fn notes(path: &str, html: &str) -> PageRead {
    let url: Url = format!("https://kc.example{path}").parse().unwrap();
    let page = knowledge_center::read_page(html, &url, ReleaseNotesParser::Auto).unwrap();
    PageRead::of(&url, Outcome::Notes(page))
}

fn other(path: &str, outcome: Outcome) -> PageRead {
    PageRead::of(&format!("https://kc.example{path}").parse().unwrap(), outcome)
}

#[test]
fn a_page_is_a_partition_and_an_item_a_draft() {
    let reads = vec![
        notes("/Alma/2026?mon=202611BASE", PAGE),
        other("/Alma/2027", Outcome::Absent),
        other(
            "/Alma/2025",
            Outcome::Failed(implausible("x", "it is a login page".to_owned())),
        ),
    ];
    let seen = gather(reads, "Alma").unwrap();
    assert_eq!(seen.coverage.0["/Alma/2026"], PartitionRead::Complete);
    assert_eq!(seen.coverage.0["/Alma/2027"], PartitionRead::Absent);
    assert!(
        matches!(&seen.coverage.0["/Alma/2025"], PartitionRead::Failed { reason } if reason.contains("login page"))
    );
    assert_eq!(seen.remarks, ["/Alma/2026: not placed: Read this first."]);
    let [draft] = seen.drafts.as_slice() else {
        panic!("{:?}", seen.drafts)
    };
    assert_eq!(draft.partition, "/Alma/2026");
    assert_eq!(
        draft.identity,
        Identity::Matched {
            hint: "2026-11/one-thing".to_owned()
        }
    );
    assert_eq!(
        draft.body,
        serde_json::json!({
            "product": "Alma", "release": "2026-11", "area": "Fulfillment", "section": "main-feature", "heading": "One Thing",
            "body": "It is off by default until May 2027. More (https://kc.example/help)", "urm_ids": ["URM-100001"],
            "opt_in": "off-by-default", "dates": [{"text": "May 2027", "date": "2027-05", "precision": "month"}],
            "links": [{"text": "More", "url": "https://kc.example/help"}], "page": "https://kc.example/Alma/2026",
        })
    );
}

#[test]
fn nothing_read_is_an_error_never_an_empty_list() {
    let absent = vec![other("/a", Outcome::Absent), other("/b", Outcome::Absent)];
    assert!(
        gather(absent, "Alma")
            .unwrap_err()
            .to_string()
            .contains("none of the configured pages exists")
    );
    let failed = vec![
        other("/a", Outcome::Absent),
        other(
            "/b",
            Outcome::Failed(implausible("/b", "it is a maintenance page".to_owned())),
        ),
    ];
    assert!(
        gather(failed, "Alma")
            .unwrap_err()
            .to_string()
            .contains("maintenance page")
    );
    assert!(gather(vec![], "Alma").is_err());
}

fn hosts() -> ExLibrisSettings {
    let url = |text: &str| text.parse().unwrap();
    ExLibrisSettings {
        knowledge_center: url("https://kc.example"),
        static_docs: url("https://static.example/"),
        developer_network: url("https://dev.example"),
        status: url("https://status.example"),
        contact: None,
        per_second: 5.0,
        daily_budget: 1,
        quota_floor: 1,
        timeout: std::time::Duration::from_secs(30),
    }
}

#[test]
fn a_year_means_last_this_and_next() {
    let pages = [
        "{knowledge_center}/Alma/{year}/Alma_{year}".to_owned(),
        "{static_docs}/alma/x.html".to_owned(),
        "no address".to_owned(),
    ];
    let found: Vec<(String, bool)> = addresses(&pages, &hosts(), 2026)
        .into_iter()
        .map(|(address, found)| (address, found.is_ok()))
        .collect();
    let wanted = [
        ("https://kc.example/Alma/2025/Alma_2025", true),
        ("https://kc.example/Alma/2026/Alma_2026", true),
        ("https://kc.example/Alma/2027/Alma_2027", true),
        ("https://static.example/alma/x.html", true),
        ("no address", false),
    ];
    assert_eq!(found, wanted.map(|(address, ok)| (address.to_owned(), ok)));
}

#[test]
fn the_page_of_another_year_is_not_taken_for_the_one_asked_for() {
    assert_eq!(other_year("Alma 2026 Release Notes", Some(2027)), Some(2026));
    assert_eq!(other_year("Alma 2027 Release Notes", Some(2027)), None);
    assert_eq!(other_year("Release Notes", Some(2027)), None);
    assert_eq!(other_year("Alma 2026 Release Notes", None), None);
}

/// The poll spawns its sources; the HTML tree must not live across an await.
#[expect(dead_code, reason = "only its types are of interest")]
fn a_poll_can_be_spawned(ask: &Ask<'_>, settings: &ReleaseNotesSettings) {
    fn spawnable<T: Send>(_: T) {}
    spawnable(observe(ask, settings));
    spawnable(inspect(ask, settings));
}
