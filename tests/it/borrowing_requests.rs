//! A saved Analytics report becomes counts of borrowing requests, whatever way Analytics hands it out, and nothing of a
//! reader or a title comes with it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use almanac::model::answer::{CheckRow, Outcome, PollRow};
use almanac::model::observation::Observation;
use almanac::model::watch::WatchId;
use almanac::poll::check::check;
use almanac::sources::{self, Ask};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{ELM, OAK, Player, World};

mod real;
mod refusals;

const WATCH: &str = "alma.borrowing-requests/01ELM_INST";
const HEADINGS: [&str; 9] = [
    "Full Name",
    "Borrowing Request Status",
    "Internal Id",
    "Title",
    "Partner Code",
    "Preferred Email",
    "Borrowing Creation Date",
    "Requested Format",
    "Request Note",
];

fn settings(more: &str) -> String {
    format!(
        "[[watch]]\nsource = \"alma.borrowing-requests\"\ninstitutions = [\"{ELM}\"]\nschedule = \"every 1d\"\n\
         report = \"/shared/{{institution}}/Almanac\"\n{more}\n"
    )
}

/// A report, and the ways in which Analytics hands it out.
#[derive(Debug)]
struct Report {
    path: String,
    headings: Vec<String>,
    /// Cells in the order of the headings; an empty one is left out.
    rows: Vec<Vec<String>>,
    per_page: usize,
    /// So often it is still being computed.
    running: u32,
    says_finished: bool,
    token_on_all: bool,
    /// Whether the last page without `IsFinished` repeats the token, and 420033 comes after it.
    ends_with_an_error: bool,
    wrapped: bool,
    /// The page (from 0) that fails.
    fails_at: Option<usize>,
    cursor: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            path: format!("/shared/{ELM}/Almanac"),
            headings: HEADINGS.map(str::to_owned).to_vec(),
            rows: Vec::new(),
            per_page: 1000,
            running: 0,
            says_finished: true,
            token_on_all: true,
            ends_with_an_error: false,
            wrapped: false,
            fails_at: None,
            cursor: 0,
        }
    }
}

/// A row with marks wherever something private stands.
fn row(id: usize, status: &str, partner: &str) -> Vec<String> {
    [
        "Canary Reader",
        status,
        &format!("CANARY-{id:07}"),
        "Canary & Title",
        partner,
        "canary-mail@example.org",
        "2027-01-24",
        "Physical",
        "canary-note",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn rows(count: usize, status: &str, partner: &str) -> Vec<Vec<String>> {
    (0..count).map(|id| row(id, status, partner)).collect()
}

fn error(code: &str, message: &str) -> ResponseTemplate {
    let body = format!(
        "<?xml version=\"1.0\"?><web_service_result xmlns=\"http://com/exlibris/urm/general/xmlbeans\"><errorsExist>true\
         </errorsExist><errorList><error><errorCode>{code}</errorCode><errorMessage>{message}</errorMessage></error>\
         </errorList></web_service_result>"
    );
    ResponseTemplate::new(400).set_body_raw(body, "application/xml")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

impl Report {
    fn answer(&mut self, query: &std::collections::BTreeMap<String, String>) -> ResponseTemplate {
        assert_eq!(query["col_names"], "true");
        match (query.get("path"), query.get("token")) {
            (Some(path), None) if *path == self.path => self.cursor = 0,
            (Some(_), None) => return error("INTERNAL_SERVER_ERROR", "Path not found (/shared/canary)"),
            (None, Some(token)) => assert_eq!(token, "TOKEN"),
            _ => panic!("{query:?}"),
        }
        if self.running > 0 {
            self.running -= 1;
            return self.page("<IsFinished>false</IsFinished><ResultXml/>");
        }
        let page = self.cursor;
        if self.fails_at == Some(page) {
            return error("401873", "canary-message");
        }
        let limit = self.per_page.min(query["limit"].parse().unwrap());
        let from = page * limit;
        if from >= self.rows.len() && page > 0 {
            return error("420033", "No more rows to fetch");
        }
        self.cursor += 1;
        let last = from + limit >= self.rows.len();
        let mut content = String::new();
        if page == 0 && !self.headings.is_empty() {
            let elements: String = self
                .headings
                .iter()
                .enumerate()
                .map(|(n, heading)| {
                    format!(
                        "<xsd:element name=\"Column{}\" type=\"xsd:string\" saw-sql:columnHeading=\"{}\"/>",
                        n + 1,
                        escaped(heading)
                    )
                })
                .collect();
            content.push_str(&format!(
                "<xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:saw-sql=\"urn:saw-sql\">\
                 <xsd:complexType name=\"Row\"><xsd:sequence>{elements}</xsd:sequence></xsd:complexType></xsd:schema>"
            ));
        }
        for row in self.rows.iter().skip(from).take(limit) {
            content.push_str("<Row><Column0>0</Column0>");
            for (n, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                content.push_str(&format!("<Column{}>{}</Column{}>", n + 1, escaped(cell), n + 1));
            }
            content.push_str("</Row>");
        }
        let token = page == 0 || (self.token_on_all && (!last || self.says_finished || self.ends_with_an_error));
        self.page(&format!(
            "{}{}<ResultXml><rowset xmlns=\"urn:schemas-microsoft-com:xml-analysis:rowset\">{content}</rowset></ResultXml>",
            if token { "<ResumptionToken>TOKEN</ResumptionToken>" } else { "" },
            if self.says_finished {
                format!("<IsFinished>{last}</IsFinished>")
            } else {
                String::new()
            },
        ))
    }

    fn page(&self, content: &str) -> ResponseTemplate {
        let xml = format!(
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<report><QueryResult>{content}</QueryResult></report>"
        );
        if self.wrapped {
            let xml = xml.trim_start_matches('\u{FEFF}');
            ResponseTemplate::new(200).set_body_json(json!({ "anies": [xml] }))
        } else {
            ResponseTemplate::new(200).set_body_raw(xml, "application/xml")
        }
    }
}

/// A world with a report of one library.
struct Reporting {
    world: World,
    report: Arc<Mutex<Report>>,
}

impl Reporting {
    async fn new(report: Report) -> Self {
        Self::with("", report).await
    }

    async fn with(more: &str, report: Report) -> Self {
        let world = World::with(&settings(more)).await;
        let report = Arc::new(Mutex::new(report));
        play(&world, ELM, &report);
        Self { world, report }
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap()
    }

    async fn poll(&self) -> PollRow {
        self.world.poll(WATCH).await
    }

    /// The records as `key total`.
    async fn totals(&self) -> Vec<String> {
        let records = records(&self.world, WATCH).await;
        let count = |(key, body): &(String, Value)| Some(format!("{key} {}", body.get("total")?));
        records.iter().filter_map(count).collect()
    }

    /// What the source hands over at this moment, before anything is stored.
    async fn observed(&self, memory: Option<&Value>) -> Result<Observation, String> {
        let almanac = &self.world.almanac;
        let watch = self.world.watch(WATCH);
        let session = almanac.exlibris.session(almanac.config.institution(ELM));
        let ask = Ask {
            watch: &watch,
            session: &session,
            now: self.world.clock.now(),
            zone: almanac.config.timezone,
            memory,
            pseudonyms: almanac.pseudonyms.as_deref(),
        };
        sources::observe(&ask)
            .await
            .map_err(|error| format!("{error} {error:?}"))
    }

    async fn checked(&self) -> CheckRow {
        let rows = check(&self.world.almanac.config, &self.world.clock, None, None)
            .await
            .unwrap();
        rows.into_iter().find(|row| row.subject == WATCH).unwrap()
    }
}

fn play(world: &World, institution: &'static str, report: &Arc<Mutex<Report>>) {
    let report = Arc::clone(report);
    world.wire().players.push(Player(Box::new(move |call| {
        (call.path == "/analytics/reports" && call.institution == institution)
            .then(|| report.lock().unwrap().answer(call.query))
    })));
}

async fn records(world: &World, watch: &str) -> Vec<(String, Value)> {
    let at = world.clock.now().plus(Duration::from_hours(1));
    let records = world
        .almanac
        .store
        .records(&WatchId::from_text(watch), None, at)
        .await
        .unwrap();
    records.into_iter().map(|record| (record.key, record.body)).collect()
}

#[tokio::test]
async fn a_report_of_many_pages_is_counted_whole() {
    let mut all = rows(1800, "Request sent to partner", "OAK");
    all.extend((1800..2500).map(|id| row(id, "Shipped Physically", if id % 2 == 0 { "OAK" } else { "ASH" })));
    let it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let poll = it.poll().await;
    assert_eq!((poll.outcome, poll.added, poll.events), (Outcome::Ok, 2, 0), "{poll:?}");
    assert_eq!(it.totals().await, ["-/REQUEST_SENT 1800", "-/SHIPPED_PHYSICALLY 700"]);
    let (_, body) = &records(&it.world, WATCH).await[1];
    assert_eq!(
        body["partners"],
        json!({"ASH": {"PHYSICAL": 350}, "OAK": {"PHYSICAL": 350}})
    );
    let asked: Vec<String> = it.world.asked().await;
    let asked: Vec<&str> = asked
        .iter()
        .filter_map(|call| call.split_once("/analytics/reports?"))
        .map(|(_, q)| q)
        .collect();
    assert_eq!(
        asked,
        [
            "path=%2Fshared%2F01ELM_INST%2FAlmanac&limit=1000&col_names=true",
            "token=TOKEN&limit=1000&col_names=true",
            "token=TOKEN&limit=1000&col_names=true"
        ]
    );

    // The same report in another order and other pages is the same.
    it.report().rows.reverse();
    it.report().per_page = 300;
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.added, poll.modified, poll.removed),
        (Outcome::Ok, 0, 0, 0),
        "{poll:?}"
    );
}

#[tokio::test]
async fn every_way_of_ending_is_understood() {
    type Way = (&'static str, fn(&mut Report));
    let ways: [Way; 6] = [
        ("the token on the first page only", |it| it.token_on_all = false),
        ("no IsFinished, the token on all pages but the last", |it| {
            it.says_finished = false
        }),
        ("no IsFinished, and the error after the last page", |it| {
            it.says_finished = false;
            it.ends_with_an_error = true;
        }),
        ("no IsFinished, the token on the first page only", |it| {
            it.says_finished = false;
            it.token_on_all = false;
        }),
        ("wrapped in JSON", |it| it.wrapped = true),
        ("one page", |it| {
            it.rows.truncate(900);
            it.says_finished = false;
        }),
    ];
    for (way, change) in ways {
        let mut report = Report {
            rows: rows(2100, "Expired", "OAK"),
            ..Report::default()
        };
        change(&mut report);
        let wanted = format!("-/EXPIRED {}", report.rows.len());
        let it = Reporting::new(report).await;
        let poll = it.poll().await;
        assert_eq!((poll.outcome, poll.reason.as_deref()), (Outcome::Ok, None), "{way}");
        assert_eq!(it.totals().await, [wanted], "{way}");
    }
}

#[tokio::test]
async fn a_report_that_is_still_computed_is_waited_for_but_not_for_ever() {
    let it = Reporting::new(Report {
        rows: rows(3, "Expired", "OAK"),
        running: 4,
        ..Report::default()
    })
    .await;
    let began = it.world.clock.now();
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    let waited = it.world.clock.now().since(began) - Duration::from_hours(1);
    assert!(
        waited >= Duration::from_secs(5 + 10 + 20 + 30) && waited < Duration::from_mins(2),
        "{waited:?}"
    );
    assert_eq!(it.totals().await, ["-/EXPIRED 3"]);

    it.report().running = u32::MAX;
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Failed);
    let reason = poll.reason.unwrap();
    assert!(
        reason.contains("still computing the report after") && reason.contains("next poll"),
        "{reason}"
    );
    assert!(poll.calls < 20, "{} calls", poll.calls);
    assert_eq!(it.totals().await, ["-/EXPIRED 3"], "what was known is still known");
}

#[tokio::test]
async fn headings_and_labels_in_another_language_are_mapped_by_the_settings() {
    let more = "[watch.columns]\nrequest_id = \"Numéro interne\"\nstatus = \"Statut\"\npartner = \"Nom du partenaire\"\n\
                library = \"Column5\"\nformat = \"Format\"\n[watch.status_labels]\n\"Envoyée au partenaire\" = \"REQUEST_SENT\"\n";
    let report = Report {
        headings: [
            "Nom complet",
            "Statut",
            "Numéro interne",
            "Nom du partenaire",
            "CASE WHEN x THEN 'a' END",
            "Format",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: [("ENVOYÉE  au partenaire", "1"), ("Shipped Physically", "2")]
            .map(|(status, id)| {
                ["Canary Reader", status, id, " Université  Oak ", "MAIN", "Digital"]
                    .map(str::to_owned)
                    .to_vec()
            })
            .to_vec(),
        ..Report::default()
    };
    let it = Reporting::with(more, report).await;
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    assert_eq!(it.totals().await, ["MAIN/REQUEST_SENT 1", "MAIN/SHIPPED_PHYSICALLY 1"]);
    let (_, requests) = it
        .world
        .almanac
        .store
        .requests_there(&WatchId::from_text(WATCH))
        .await
        .unwrap()
        .unwrap();
    let kept = requests
        .iter()
        .map(|request| (request.partner.as_str(), request.format.as_str()));
    assert!(kept.eq([("Université Oak", "DIGITAL"); 2]));
    let (_, body) = &records(&it.world, WATCH).await[0];
    assert_eq!(body["partners"], json!({}), "so few could point to a reader");
}

#[tokio::test]
async fn a_label_that_nobody_knows_is_kept_and_told_until_it_has_a_code() {
    let mut all = rows(3, "Waiting for our van", "OAK");
    all.push(row(10, "Expired", "OAK"));
    let mut it = Reporting::new(Report {
        rows: all,
        ..Report::default()
    })
    .await;
    let poll = it.poll().await;
    assert_eq!(poll.outcome, Outcome::Ok, "it is no failure: {poll:?}");
    assert_eq!(it.totals().await, ["-/EXPIRED 1", "-/Waiting for our van 3"]);
    let all = records(&it.world, WATCH).await;
    let (_, told) = all.iter().find(|(key, _)| key == "unknown-labels").unwrap();
    assert_eq!(told["labels"], json!(["Waiting for our van"]));
    assert!(told["remedy"].as_str().unwrap().contains("[watch.status_labels]"));
    assert_eq!(it.poll().await.modified, 0, "and it is told once");

    let labels = "[watch.status_labels]\n\"waiting for our van\" = \"SHIPPED_PHYSICALLY\"\n";
    it.world.reconfigure(|text| format!("{text}{labels}")).await;
    let poll = it.poll().await;
    assert_eq!(
        (poll.outcome, poll.added, poll.removed),
        (Outcome::Ok, 1, 2),
        "{poll:?}"
    );
    let keys: Vec<String> = records(&it.world, WATCH)
        .await
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, ["-/EXPIRED", "-/SHIPPED_PHYSICALLY"]);
}

#[tokio::test]
async fn a_label_that_appears_later_is_told_once_as_something_that_alma_may_have_new() {
    let it = Reporting::new(Report {
        rows: rows(3, "Expired", "OAK"),
        ..Report::default()
    })
    .await;
    it.poll().await;
    it.report().rows.push(row(10, "Digitized by partner", "OAK"));
    it.poll().await;
    it.poll().await;
    let told: Vec<String> = it
        .world
        .events()
        .await
        .iter()
        .map(|event| event.title.clone())
        .collect();
    let about_the_label: Vec<&String> = told.iter().filter(|title| title.contains("Digitized")).collect();
    assert!(
        about_the_label.contains(
            &&"Elm College: borrowing requests have a status that Almanac does not know: “Digitized by partner”"
                .to_owned()
        ),
        "{told:?}"
    );
    let of_kind = it
        .world
        .events()
        .await
        .iter()
        .filter(|event| event.kind.name() == "api.changed")
        .count();
    assert_eq!(of_kind, 1);
}

#[tokio::test]
async fn two_libraries_have_two_reports() {
    let oaks = settings("")
        .replace(ELM, OAK)
        .replace("{institution}", "Oak University");
    let it = Reporting::with(
        &oaks,
        Report {
            rows: rows(2, "Expired", "OAK"),
            ..Report::default()
        },
    )
    .await;
    let of_oak = Report {
        path: "/shared/Oak University/Almanac".into(),
        rows: rows(1, "Claimed", "ELM"),
        ..Report::default()
    };
    play(&it.world, OAK, &Arc::new(Mutex::new(of_oak)));
    assert_eq!(it.poll().await.outcome, Outcome::Ok);
    let oak = "alma.borrowing-requests/01OAK_INST";
    let poll = it.world.poll(oak).await;
    assert_eq!(poll.outcome, Outcome::Ok, "{poll:?}");
    assert_eq!(it.totals().await, ["-/EXPIRED 2"]);
    assert_eq!(records(&it.world, oak).await[0].0, "-/CLAIMED");
}

#[tokio::test]
async fn the_check_says_whether_the_report_can_be_read() {
    let it = Reporting::new(Report {
        rows: rows(100, "Expired", "OAK"),
        ..Report::default()
    })
    .await;
    let row = it.checked().await;
    assert!(
        row.ok && row.check == "report" && row.detail.contains("has the columns"),
        "{row:?}"
    );
    assert!(row.detail.contains("without library, modified"), "{row:?}");
    let asked = it.world.asked().await;
    assert_eq!(asked.iter().filter(|call| call.contains("/analytics/")).count(), 1);
    assert!(asked.iter().any(|call| call.contains("limit=25")), "{asked:?}");

    it.report().running = 1;
    assert!(it.checked().await.detail.contains("still computing"));
    it.report().rows.clear();
    assert!(it.checked().await.detail.contains("no requests yet"));
    let headings = std::mem::take(&mut it.report().headings);
    let row = it.checked().await;
    assert!(
        !row.ok && row.detail.contains("names no columns") && row.remedy.is_some(),
        "{row:?}"
    );
    it.report().headings = headings;
    it.report().headings[2] = "Number".into();
    let row = it.checked().await;
    assert!(
        !row.ok && row.detail.contains("no column “Internal Id” (for request_id)"),
        "{row:?}"
    );
    it.report().path = "/shared/elsewhere".into();
    let row = it.checked().await;
    assert!(
        !row.ok && row.detail.contains("there is no such report") && row.remedy.is_some(),
        "{row:?}"
    );
    it.world.wire().players.clear();
    it.world.wire().faults.push(crate::world::Fault {
        where_: "/analytics/".into(),
        status: 400,
        body: "<web_service_result><errorList><error><errorCode>UNAUTHORIZED</errorCode></error></errorList></web_service_result>".into(),
        times: None,
    });
    let row = it.checked().await;
    assert!(
        !row.ok && row.remedy.as_deref().is_some_and(|it| it.contains("area Analytics")),
        "{row:?}"
    );
}
