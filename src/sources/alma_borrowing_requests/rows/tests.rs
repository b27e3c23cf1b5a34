use chrono_tz::America::New_York;

use super::*;
use crate::model::moment::Moment;

fn pseudonyms() -> (tempfile::TempDir, Pseudonyms) {
    let dir = tempfile::tempdir().unwrap();
    let keys = Pseudonyms::open(&dir.path().join("key"), Moment::from_millis(0)).unwrap();
    (dir, keys)
}

fn row(cells: [&str; 7]) -> Row {
    cells
        .into_iter()
        .map(|cell| (!cell.is_empty()).then(|| cell.to_owned()))
        .collect()
}

fn settings() -> BorrowingRequestsSettings {
    let mut settings = BorrowingRequestsSettings::default();
    let labels = [("envoyée au partenaire", "REQUEST_SENT"), ("will supply", "LOANED")];
    settings.status_labels = labels.map(|(label, code)| (label.to_owned(), code.to_owned())).into();
    settings
}

#[test]
fn a_row_becomes_a_request_without_its_id() {
    let (_dir, keys) = pseudonyms();
    let settings = settings();
    let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
    requests.take(row([
        "123456",
        "Envoyée  AU partenaire",
        " OAK ",
        "Physical",
        "MAIN",
        "2026-11-24",
        "2026-11-24T10:30:00",
    ]));
    let request = requests.into_rows().remove(0);
    assert_eq!(request.hash, keys.hash("01ELM_INST", "123456"));
    assert_eq!(
        (
            request.status.as_str(),
            request.partner.as_str(),
            request.format.as_str(),
            request.library.as_str()
        ),
        ("REQUEST_SENT", "OAK", "PHYSICAL", "MAIN")
    );
    assert_eq!(request.created, Some("2026-11-24T05:00:00Z".parse().unwrap()));
    assert_eq!(request.modified, Some("2026-11-24T15:30:00Z".parse().unwrap()));
}

#[test]
fn labels_are_known_from_the_settings_first_then_by_everybody_then_not_at_all() {
    let (_dir, keys) = pseudonyms();
    let settings = settings();
    let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
    for (id, label) in [
        "Will Supply",
        "ready to be SENT",
        "SHIPPED_DIGITALLY",
        "Etwas Neues",
        "",
        "reader@example.org",
    ]
    .into_iter()
    .enumerate()
    {
        requests.take(row([&id.to_string(), label, "OAK", "", "", "", ""]));
    }
    assert_eq!(requests.check(), Ok(()));
    assert_eq!(requests.unknown_labels(), ["Etwas Neues"]);
    assert!(
        requests.remarks().iter().any(|remark| remark.contains("1 labels")
            && remark.contains("unknown-labels")
            && !remark.contains("Etwas"))
    );
    let mut statuses: Vec<String> = requests.into_rows().into_iter().map(|row| row.status).collect();
    statuses.sort();
    assert_eq!(
        statuses,
        ["-", "-", "Etwas Neues", "LOANED", "READY_TO_SEND", "SHIPPED_DIGITALLY"]
    );
}

#[test]
fn columns_that_hold_something_else_are_refused_without_a_word_of_them() {
    let (_dir, keys) = pseudonyms();
    let settings = settings();
    let names = |count: usize| {
        let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
        for n in 0..count {
            requests.take(row([&n.to_string(), &format!("Canary {n}"), "OAK", "", "", "", ""]));
        }
        requests.check()
    };
    let mut own_words = Requests::new("01ELM_INST", &settings, &keys, New_York);
    for (id, label) in ["Canary", "Canary", "envoyée au partenaire"].into_iter().enumerate() {
        own_words.take(row([&id.to_string(), label, "OAK", "", "", "", ""]));
    }
    assert_eq!(own_words.check(), Ok(()), "one of them has its code in the settings");
    assert!(names(5).unwrap_err().contains("[watch.status_labels]"));
    for count in [1, 5, 6, 20, 500] {
        let why = names(count).unwrap_err();
        assert!(
            why.contains(&count.min(61).to_string())
                && why.contains("status")
                && why.contains("[watch.columns]")
                && !why.contains("Canary"),
            "{why}"
        );
    }
    let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
    for n in 0..=LIBRARIES_MAX {
        requests.take(row([
            &n.to_string(),
            "Expired",
            "OAK",
            "",
            &format!("Canary {n}"),
            "",
            "",
        ]));
    }
    let why = requests.check().unwrap_err();
    assert!(why.contains("library") && !why.contains("Canary"), "{why}");
    for (place, name, count, each) in [(2, "partner", 51, 1), (2, "partner", 200, 1), (3, "format", 61, 10)] {
        let read = |count: usize, each: usize| {
            let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
            for n in 0..count * each {
                let (id, text) = (n.to_string(), format!("Canary {}", n / each));
                let mut cells = [id.as_str(), "Expired", "OAK", "", "", "", ""];
                cells[place] = &text;
                requests.take(row(cells));
            }
            requests.check()
        };
        let why = read(count, each).unwrap_err();
        assert!(why.contains(name) && !why.contains("Canary"), "{why}");
        assert_eq!(read(count.min(50), each), Ok(()));
        assert_eq!(read(60, 4), Ok(()), "partners of four requests each");
    }
}

#[test]
fn the_same_request_twice_is_the_same_whatever_the_order() {
    let (_dir, keys) = pseudonyms();
    let settings = settings();
    let twins = [
        row(["1", "Expired", "OAK", "", "", "", ""]),
        row(["1", "Expired", "ASH", "", "", "", ""]),
        row(["1", "Expired", "", "", "", "", ""]),
        row(["2", "Expired", "OAK", "", "", "", "2026-11-25"]),
        row(["2", "Claimed", "OAK", "", "", "", "2026-11-24"]),
    ];
    let read = |rows: Vec<Row>| {
        let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
        rows.into_iter().for_each(|row| requests.take(row));
        let remarks = requests.remarks();
        let kept: Vec<(String, String)> = crate::compare::requests::newest_of_each(&requests.into_rows())
            .map(|row| (row.partner.clone(), row.status.clone()))
            .collect();
        (kept, remarks)
    };
    let (forth, remarks) = read(twins.to_vec());
    let (back, _) = read(twins.iter().rev().cloned().collect());
    assert_eq!(forth, back);
    assert!(forth.contains(&("ASH".to_owned(), "EXPIRED".to_owned())), "{forth:?}");
    assert!(
        forth.contains(&("OAK".to_owned(), "EXPIRED".to_owned())),
        "modified later: {forth:?}"
    );
    assert!(
        remarks
            .iter()
            .any(|it| it.starts_with("1 requests stand in the report with more than one partner")),
        "{remarks:?}"
    );
}

#[test]
fn an_unequivocal_date_says_what_the_others_of_its_column_mean() {
    let (_dir, keys) = pseudonyms();
    let settings = settings();
    let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
    requests.take(row(["1", "Expired", "OAK", "", "", "11/05/2026", "11/06/2026"]));
    requests.take(row(["2", "Expired", "OAK", "", "", "11/24/2026", ""]));
    requests.settle();
    let remarks = requests.remarks();
    assert!(
        remarks.len() == 1 && remarks[0].starts_with("1 dates of modified"),
        "another column may be written otherwise: {remarks:?}"
    );
    let rows = requests.into_rows();
    let first = rows
        .iter()
        .find(|row| row.hash == keys.hash("01ELM_INST", "1"))
        .unwrap();
    assert_eq!(first.created, Some("2026-11-05T05:00:00Z".parse().unwrap()));
    assert_eq!(first.modified, None);
}

#[test]
fn dates_that_cannot_be_read_are_told_and_rows_without_an_id_are_a_shortfall() {
    let (_dir, keys) = pseudonyms();
    let settings = settings();
    let mut requests = Requests::new("01ELM_INST", &settings, &keys, New_York);
    requests.take(row(["1", "Expired", "OAK", "", "", "11/5/2026", ""]));
    assert_eq!(requests.shortfall(), None);
    requests.take(row(["", "Expired", "OAK", "", "", "", ""]));
    requests.settle();
    assert!(requests.remarks().iter().any(|it| it.starts_with("1 dates of created")));
    assert!(
        requests
            .shortfall()
            .is_some_and(|why| why.starts_with("1 rows name no request id"))
    );
}
