//! A fake world that a test edits: Ex Libris and a receiver of alerts behind real HTTP, a clock that the test turns, a
//! database file of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use almanac::alerts::console::Stream;
use almanac::clock::{Clock, ManualClock};
use almanac::config::{Config, Watch};
use almanac::model::answer::PollRow;
use almanac::model::event::Event;
use almanac::model::moment::Moment;
use almanac::model::watch::WatchId;
use almanac::poll::Almanac;
use almanac::store::events::EventFilter;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What the fake Ex Libris and the receiver answer; a test edits it between polls.
#[derive(Debug, Default)]
pub struct Wire {
    /// Partner records by institution code.
    pub partners: BTreeMap<String, Vec<Value>>,
    /// Added to the true `total_record_count`, from the page at this offset on.
    pub total_off_by: Option<(u64, i64)>,
    /// View configurations by view.
    pub views: BTreeMap<String, Value>,
    /// Public pages by path.
    pub pages: BTreeMap<String, String>,
    /// Answers that take the place of the right one, by a part of `path?query`; the first that fits is used.
    pub faults: Vec<Fault>,
    /// `X-Exl-Api-Remaining`.
    pub quota: Option<i64>,
    /// Whether keys may ask `/conf/general`.
    pub conf_allowed: bool,
    /// The name that `/conf/general` gives instead of the right one.
    pub general_says: Option<String>,
    /// Bodies that the receiver of alerts accepted, with their `webhook-id`.
    pub received: Vec<(String, Value)>,
    /// Calls whose `path?query` holds this are accepted and not answered for a minute.
    pub hangs: Option<String>,
    /// What the receiver answers instead of 204, by a part of its path; the first that fits.
    pub receivers: Vec<(String, u16)>,
    /// `Retry-After` on those answers.
    pub retry_after: Option<String>,
    /// Answers of the gateway: by institution and by path under `/almaws/v1`, whatever the query.
    pub alma: BTreeMap<(String, String), Value>,
    /// Parts of the gateway that a test plays itself; the first that answers a call does.
    pub players: Vec<Player>,
    /// Every attempt that reached a receiver: path, `webhook-timestamp`, `webhook-signature`, raw body.
    pub attempts: Vec<(String, String, String, String)>,
}

/// A call with a key to the gateway.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "stories read what they need")]
pub struct GatewayCall<'a> {
    /// Whose key it has.
    pub institution: &'a str,
    /// The path under `/almaws/v1`, decoded.
    pub path: &'a str,
    /// The query.
    pub query: &'a BTreeMap<String, String>,
}

/// Plays a part of the gateway; `None` leaves the call to others.
pub struct Player(pub Play);

/// What a [`Player`] does with a call.
pub type Play = Box<dyn FnMut(&GatewayCall<'_>) -> Option<ResponseTemplate> + Send>;

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Player")
    }
}

/// A wrong answer.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Part of `path?query`.
    pub where_: String,
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
    /// How often it is given; `None`: always.
    pub times: Option<u32>,
}

struct Answers(Arc<Mutex<Wire>>);

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut wire = self.0.lock().unwrap();
        let asked = format!("{}?{}", request.url.path(), request.url.query().unwrap_or_default());
        let template = answer(&mut wire, request, &asked);
        match wire.quota {
            Some(quota) if asked.starts_with("/almaws") || asked.starts_with("/primo/v1") => {
                template.insert_header("X-Exl-Api-Remaining", quota.to_string().as_str())
            }
            _ => template,
        }
    }
}

fn answer(wire: &mut Wire, request: &Request, asked: &str) -> ResponseTemplate {
    if wire.hangs.as_ref().is_some_and(|part| asked.contains(part)) {
        return ResponseTemplate::new(200).set_delay(Duration::from_mins(1));
    }
    if let Some(fault) = wire
        .faults
        .iter_mut()
        .find(|fault| fault.times != Some(0) && asked.contains(&fault.where_))
    {
        fault.times = fault.times.map(|times| times - 1);
        return ResponseTemplate::new(fault.status).set_body_string(fault.body.clone());
    }
    let path = request.url.path();
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    if path.starts_with("/hook") {
        let header = |name: &str| {
            request
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        let body = String::from_utf8(request.body.clone()).unwrap();
        wire.attempts.push((
            path.to_owned(),
            header("webhook-timestamp"),
            header("webhook-signature"),
            body.clone(),
        ));
        let refusal = wire
            .receivers
            .iter()
            .find(|(part, _)| path.contains(part))
            .map(|(_, status)| *status);
        if let Some(status) = refusal {
            let template = ResponseTemplate::new(status).insert_header("Location", "/elsewhere");
            return match &wire.retry_after {
                Some(wait) => template.insert_header("Retry-After", wait.as_str()),
                None => template,
            };
        }
        wire.received
            .push((header("webhook-id"), serde_json::from_str(&body).unwrap()));
        return ResponseTemplate::new(204);
    }
    if let Some(page) = wire.pages.get(path) {
        return ResponseTemplate::new(200).set_body_raw(page.clone(), "text/html; charset=utf-8");
    }
    if let Some(view) = path.strip_prefix("/primaws/rest/pub/configuration/vid/") {
        let view = view.replace("%3A", ":");
        return wire.views.get(&view).map_or(ResponseTemplate::new(404), |body| {
            ResponseTemplate::new(200).set_body_json(body)
        });
    }
    let key = request
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some(institution) = key.strip_prefix("apikey key-of-") else {
        return if path.starts_with("/almaws") || path.starts_with("/primo") {
            unauthorized()
        } else {
            ResponseTemplate::new(404)
        };
    };
    if let Some(path) = path.strip_prefix("/almaws/v1") {
        let path = percent_decoded(path);
        let call = GatewayCall {
            institution,
            path: &path,
            query: &query,
        };
        if let Some(answer) = wire.players.iter_mut().find_map(|player| player.0(&call)) {
            return answer;
        }
        if let Some(body) = wire.alma.get(&(institution.to_owned(), path)) {
            return ResponseTemplate::new(200).set_body_json(body);
        }
    }
    if path == "/almaws/v1/conf/general" {
        if !wire.conf_allowed {
            return unauthorized();
        }
        let named = wire.general_says.clone().unwrap_or_else(|| institution.to_owned());
        return ResponseTemplate::new(200).set_body_json(
            json!({"institution": {"value": named, "desc": "A library"}, "environment_type": {"value": "production"}}),
        );
    }
    if path == "/almaws/v1/partners" {
        let all = wire.partners.get(institution).cloned().unwrap_or_default();
        let number = |name: &str, default: usize| query.get(name).map_or(default, |text| text.parse().unwrap());
        let (offset, limit) = (number("offset", 0), number("limit", 10));
        let page: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
        let mut total = all.len() as i64;
        if let Some((from, by)) = wire.total_off_by.filter(|(from, _)| offset as u64 >= *from) {
            let _ = from;
            total += by;
        }
        let mut body = json!({ "total_record_count": total });
        if !page.is_empty() {
            body["partner"] = json!(page);
        }
        return ResponseTemplate::new(200).set_body_json(body);
    }
    if let Some(view) = path.strip_prefix("/primo/v1/configuration/") {
        let view = view.replace("%3A", ":");
        return wire
            .views
            .get(&view)
            .map_or_else(unauthorized, |body| ResponseTemplate::new(200).set_body_json(body));
    }
    ResponseTemplate::new(404)
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn unauthorized() -> ResponseTemplate {
    let body = "<?xml version=\"1.0\"?><web_service_result xmlns=\"http://com/exlibris/urm/general/xmlbeans\"><errorsExist>true</errorsExist>\
                <errorList><error><errorCode>UNAUTHORIZED</errorCode><errorMessage>API-key not defined.</errorMessage></error></errorList>\
                </web_service_result>";
    ResponseTemplate::new(400).set_body_raw(body, "text/plain")
}

/// The world of one test.
pub struct World {
    /// The fake servers.
    pub server: MockServer,
    /// The hand of the clock.
    pub hand: ManualClock,
    /// The clock.
    pub clock: Clock,
    /// The program under test.
    pub almanac: Almanac,
    /// Database, keys.
    pub dir: tempfile::TempDir,
    wire: Arc<Mutex<Wire>>,
    config_text: String,
}

/// A Wednesday noon in Boston.
pub const START: &str = "2027-02-03T17:00:00Z";
/// Two libraries on Alma.
pub const ELM: &str = "01ELM_INST";
/// The other one.
pub const OAK: &str = "01OAK_INST";

impl World {
    /// Two libraries, each with a key and a view; release notes of Alma; a webhook that gets everything at once.
    pub async fn new() -> World {
        World::with("").await
    }

    /// As [`World::new`], with more configuration.
    pub async fn with(more: &str) -> World {
        let wire = Arc::new(Mutex::new(Wire {
            conf_allowed: true,
            quota: Some(400_000),
            ..Wire::default()
        }));
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(Answers(Arc::clone(&wire)))
            .mount(&server)
            .await;
        let dir = tempfile::tempdir().unwrap();
        let (clock, hand) = Clock::manual(START.parse().unwrap());
        let config_text = config(&server.uri(), dir.path(), &more.replace("{server}", &server.uri()));
        let almanac = Almanac::open(parse(&config_text, dir.path()), clock.clone())
            .await
            .unwrap();
        World {
            server,
            hand,
            clock,
            almanac,
            dir,
            wire,
            config_text,
        }
    }

    /// The program stopped and started again on the same file.
    pub async fn restart(&mut self) {
        self.almanac.store.close().await;
        self.almanac = Almanac::open(parse(&self.config_text, self.dir.path()), self.clock.clone())
            .await
            .unwrap();
    }

    /// The program as it is after an edit of its configuration.
    pub async fn reconfigure(&mut self, edit: impl FnOnce(&str) -> String) {
        self.config_text = edit(&self.config_text);
        self.restart().await;
    }

    /// What the world answers, to be edited.
    pub fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap()
    }

    /// Path of the configuration as a file, for the real binary.
    pub fn config_file(&self) -> PathBuf {
        let path = self.dir.path().join("almanac.toml");
        std::fs::write(&path, &self.config_text).unwrap();
        path
    }

    /// A configured watch.
    pub fn watch(&self, id: &str) -> Watch {
        self.almanac
            .config
            .watch(&WatchId::from_text(id))
            .unwrap_or_else(|| panic!("no watch {id}"))
            .clone()
    }

    /// Polls a watch, an hour after whatever came before.
    pub async fn poll(&self, id: &str) -> PollRow {
        self.hand.advance(Duration::from_hours(1));
        self.almanac.poll(&self.watch(id), false).await
    }

    /// All events, oldest first.
    pub async fn events(&self) -> Vec<Event> {
        let mut events = self
            .almanac
            .store
            .events(&EventFilter {
                limit: 1000,
                ..EventFilter::default()
            })
            .await
            .unwrap();
        events.reverse();
        events
    }

    /// The events as `kind institution key`, oldest first.
    pub async fn told(&self) -> Vec<String> {
        self.events()
            .await
            .iter()
            .map(|event| {
                let parts = [
                    Some(event.kind.name()),
                    event.institution.as_deref(),
                    event.key.as_deref(),
                ];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// The keys of a watch's records now.
    pub async fn keys(&self, id: &str) -> Vec<String> {
        let at = self.clock.now().plus(Duration::from_hours(1));
        let records = self
            .almanac
            .store
            .records(&WatchId::from_text(id), None, at)
            .await
            .unwrap();
        records.into_iter().map(|record| record.key).collect()
    }

    /// Delivers what is due now.
    pub async fn deliver(&self) {
        let outbox = almanac::alerts::Outbox::new(&self.almanac.config, self.clock.clone(), Stream::Error).unwrap();
        outbox
            .deliver_due(&self.almanac.store, &self.almanac.config)
            .await
            .unwrap();
    }

    /// Calls that reached the world, as `path?query`.
    pub async fn asked(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .map(|request| format!("{}?{}", request.url.path(), request.url.query().unwrap_or_default()))
            .collect()
    }
}

/// Reads a configuration that must be right.
pub fn parse(text: &str, dir: &std::path::Path) -> Config {
    Config::parse(text, &dir.join("almanac.toml")).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn config(server: &str, dir: &std::path::Path, more: &str) -> String {
    let mut institutions = String::new();
    for (code, name) in [(ELM, "Elm College"), (OAK, "Oak University")] {
        let key = dir.join(format!("{code}.key"));
        write_secret(&key, &format!("key-of-{code}"));
        institutions.push_str(&format!(
            "[[institution]]\ncode = \"{code}\"\nname = \"{name}\"\nkind = \"own-alma\"\ngateway = \"{server}\"\n\
             api_key = {{ file = \"{}\" }}\nviews = [\"{code}:MAIN\"]\nprimo_host = \"{server}\"\n\n",
            key.display()
        ));
    }
    let secret = dir.join("hook.secret");
    write_secret(&secret, "whsec_c2VjcmV0LW9mLXRoZS13b3JsZA==");
    format!(
        "[consortium]\nname = \"Test Consortium\"\ntimezone = \"America/New_York\"\n\n[store]\npath = \"{db}\"\n\n\
         [exlibris]\nknowledge_center = \"{server}\"\nstatic_docs = \"{server}\"\ndeveloper_network = \"{server}\"\nper_second = 50\n\n{institutions}\
         [[watch]]\nsource = \"alma.partners\"\ninstitutions = [\"*\"]\nschedule = \"0 */6 * * *\"\n\n\
         [[watch]]\nsource = \"primo.view\"\ninstitutions = [\"*\"]\nschedule = \"30 6 * * *\"\n\n\
         [[watch]]\nsource = \"release-notes\"\nsubject = \"alma\"\nproduct = \"Alma\"\nschedule = \"0 7 * * *\"\n\
         pages = [\"{{knowledge_center}}/Alma/Release_Notes/{{year}}/Alma_{{year}}_Release_Notes\"]\n\n\
         [[channel]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"{server}/hook\"\nsecret = {{ file = \"{secret}\" }}\nallow_private = true\n\n\
         [[route]]\nchannel = \"hook\"\nmin_severity = \"info\"\nwhen = \"at-once\"\n\n{more}\n",
        db = dir.join("almanac.db").display(),
        secret = secret.display(),
    )
}

/// A process under test, gone at the end of the story however it ends.
#[derive(Debug)]
pub struct Running(pub std::process::Child);

impl Running {
    /// Starts the real binary with nothing to read and nothing to print to.
    pub fn almanac(arguments: &[&str], config: &std::path::Path) -> Running {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(arguments)
            .arg("--config")
            .arg(config)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Another process's progress cannot be had but by looking again in real time.
#[expect(clippy::disallowed_methods, reason = "a process under test runs in real time")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Writes a file that only its owner may read.
pub fn write_secret(path: &std::path::Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, secret).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A partner record as Alma gives it, with the fields that must never be kept.
pub fn partner(code: &str) -> Value {
    json!({
        "link": format!("https://example.org/almaws/v1/partners/{code}"),
        "partner_details": {
            "code": code,
            "name": format!("Library {code}"),
            "status": "ACTIVE",
            "profile_details": {
                "profile_type": "ISO_18626",
                "iso_18626_details": {"ill_server": "ill.example.org", "iso_symbol": format!("US-{code}"), "shared_barcodes": true}
            },
            "system_type": {"value": "ALMA", "desc": "Alma"},
            "avg_supply_time": 4,
            "delivery_delay": 0,
            "currency": "USD",
            "borrowing_supported": true,
            "borrowing_workflow": "DEFAULT_BOR_WF",
            "lending_supported": true,
            "lending_workflow": "DEFAULT_LEND_WF",
            "locate_profile": {"value": "LOCATE", "desc": "Locate"}
        },
        "contact_info": {"email": [{"email_address": "canary-contact@example.org", "preferred": true}]},
        "note": [{"content": "canary-note"}]
    })
}

/// `count` partners, `P000` and so on.
pub fn partners(count: usize) -> Vec<Value> {
    (0..count).map(|n| partner(&format!("P{n:03}"))).collect()
}

/// A small view configuration.
pub fn view(institution: &str) -> Value {
    json!({
        "vid": format!("{institution}:MAIN"),
        "primo-view": {
            "available-tabs": ["Everything", "LibraryCatalog"],
            "attributes-map": {"mayAlsoBeHeldByEnabled": false, "citationTrailsEnabled": true},
            "scopes": [
                {"scope-id": "MyInst_and_CI", "locations": "Local,primo_central_multiple_fe", "types": "local,adaptor", "tab": "Everything", "contains-central-index-scope": true},
                {"scope-id": "MyInstitution", "locations": "Local", "types": "local", "tab": "LibraryCatalog", "contains-central-index-scope": false}
            ],
            "is-union-catalog-view": false
        },
        "system-configuration": {
            "Alma_Version": "February 2027",
            "ngrs_enabled": false,
            "use_rapido_functionality": "false",
            "number_of_representations": "5",
            "temp_rs_stop_using_rapido_delivery_in_discovery": false,
            "Public Captcha Key": "canary-captcha",
            "hostLB": "canary-host"
        },
        "mapping-tables": {
            "View Properties": [
                {"target": "false", "source1": format!("{institution}:MAIN"), "source2": "allow_direct_login_from_other_institutions"}
            ],
            "Report a Problem": [{"target": "canary-person@example.org", "source1": "to"}]
        },
        "feature-flags": {"nde_offers": false}
    })
}

/// An item of the release notes: heading, meta line, body.
pub type NotesItem<'a> = (&'a str, &'a str, &'a str);

/// A year's page of release notes on the MindTouch host.
pub fn notes_page(year: i32, main: &[NotesItem<'_>], resolved: &[&str]) -> String {
    let items: String = main
        .iter()
        .map(|(heading, meta, body)| format!("<h3>{heading}</h3>\n<p class=\"meta\">{meta}</p>\n<p>{body}</p>\n"))
        .collect();
    let bullets: String = resolved.iter().map(|text| format!("<li>{text}</li>\n")).collect();
    let resolved = if resolved.is_empty() {
        String::new()
    } else {
        format!("<h2>Resolved Issues</h2>\n<ul>{bullets}</ul>")
    };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Alma {year} Release Notes</title></head><body>\
         <header><a href=\"#main\">Skip to main content</a></header><main><h1>Alma {year} Release Notes</h1>\
         <section class=\"mt-content-container\"><h2>Main Features</h2>\n{items}{resolved}</section>\
         <footer class=\"mt-content-footer\">Was this article helpful?</footer></main></body></html>"
    )
}

/// The path of a year's page.
pub fn notes_path(year: i32) -> String {
    format!("/Alma/Release_Notes/{year}/Alma_{year}_Release_Notes")
}

/// An hour before now, by the world's clock.
pub fn hours_before(world: &World, hours: u64) -> Moment {
    world.clock.now().minus(Duration::from_hours(hours))
}
