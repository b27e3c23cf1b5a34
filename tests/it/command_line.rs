//! What a person at a terminal sees.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A settings file with public sources only, and a place for its history.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            dir: TempDir::new().unwrap(),
        };
        std::fs::write(desk.config(), settings(&desk.dir.path().join("almanac.db"))).unwrap();
        desk
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("almanac.toml")
    }

    fn almanac(&self, arguments: &[&str]) -> Seen {
        let config = self.config();
        let mut all = vec!["--config", config.to_str().unwrap()];
        all.extend(arguments);
        almanac(&all)
    }
}

pub(crate) fn settings(database: &Path) -> String {
    format!(
        r#"
[consortium]
name = "A Consortium"
timezone = "America/New_York"

[store]
path = "{}"

[server]
listen = "127.0.0.1:8787"

# Nobody listens there: no test calls out.
[exlibris]
knowledge_center = "http://127.0.0.1:9"
static_docs = "http://127.0.0.1:9"
developer_network = "http://127.0.0.1:9"
status = "http://127.0.0.1:9"

[[watch]]
source = "release-notes"
subject = "alma"
product = "Alma"
pages = ["{{knowledge_center}}/Alma/Release_Notes/{{year}}/Alma_{{year}}_Release_Notes"]
schedule = "0 7 * * *"

[[watch]]
source = "release-notes"
subject = "primo-ve"
product = "Primo VE"
pages = ["{{knowledge_center}}/Primo/Release_Notes/{{year}}/Primo_VE_{{year}}_Release_Notes"]
schedule = "0 7 * * *"
"#,
        database.display()
    )
}

/// How a command ended, and what it said.
#[derive(Debug)]
struct Seen {
    code: i32,
    out: String,
    err: String,
}

fn almanac(arguments: &[&str]) -> Seen {
    let output = Command::cargo_bin("almanac")
        .unwrap()
        .args(arguments)
        .env_remove("ALMANAC_CONFIG")
        .env_remove("ALMANAC_LOG")
        .output()
        .unwrap();
    Seen {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Seen {
    /// The one sentence of a mistake.
    #[track_caller]
    fn sentence(&self, code: i32) -> &str {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        assert_eq!(lines.len(), 1, "one sentence: {self:?}");
        lines[0].strip_prefix("almanac: ").unwrap()
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }

    /// What was printed, in one line: where lines break is not the point.
    #[track_caller]
    fn text(&self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn help_names_every_command_and_the_filters() {
    let help = almanac(&["--help"]).text();
    assert!(help.starts_with("Keeps watch over Ex Libris"), "{help}");
    assert!(almanac(&["--version"]).text().starts_with("almanac 0."));
    for command in [
        "demo",
        "run",
        "check",
        "poll",
        "watches",
        "events",
        "snapshots",
        "show",
        "diff",
        "partners",
        "collaborations",
        "adoption",
        "alerts",
        "backup",
        "config",
    ] {
        assert!(help.contains(&format!(" {command} ")), "{command}: {help}");
    }
    let help = almanac(&["events", "--help"]).text();
    for word in [
        "--since",
        "--until",
        "--institution",
        "--kind",
        "--topic",
        "--watch",
        "--min-severity",
        "--limit",
        "30d",
        "partner.deactivated",
        "resource-sharing",
        "--json",
        "--config",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn a_word_that_is_no_command_gets_a_sentence_and_exit_code_2() {
    let seen = almanac(&["evnts"]);
    assert!(seen.sentence(2).contains("'events'"), "{seen:?}");
    let seen = almanac(&["events", "--sinc", "30d"]);
    assert!(seen.sentence(2).ends_with("see almanac events --help"), "{seen:?}");
    let seen = almanac(&["show"]);
    assert!(seen.sentence(2).contains("<WATCH>"), "{seen:?}");
    let bare = almanac(&[]);
    assert!(
        bare.code == 2 && bare.err.starts_with("Keeps watch over Ex Libris"),
        "{bare:?}"
    );
}

#[test]
fn without_a_settings_file_the_sentence_names_it() {
    let seen = almanac(&["--config", "no/such/file.toml", "watches"]);
    assert_eq!((seen.code, seen.out.as_str()), (1, ""));
    assert!(
        seen.err.starts_with("almanac: ") && seen.err.contains("no/such/file.toml"),
        "{seen:?}"
    );
    assert!(
        !seen.err.contains("panicked") && !seen.err.contains("Error {"),
        "{seen:?}"
    );
}

#[test]
fn a_wrong_settings_file_is_refused() {
    let desk = Desk::new();
    std::fs::write(
        desk.config(),
        "[consortium]\nname = \"A Consortium\"\ntimezone = \"Mars/Olympus\"\n",
    )
    .unwrap();
    let seen = desk.almanac(&["events"]);
    assert_eq!((seen.code, seen.out.as_str()), (1, ""));
    assert!(seen.err.contains("timezone"), "{seen:?}");
}

#[test]
fn watches_are_listed_before_anything_was_polled() {
    let desk = Desk::new();
    let rows = desk.almanac(&["watches", "--json"]).json();
    assert_eq!(rows[0]["id"], "release-notes/alma");
    assert_eq!(rows[1]["state"], "never");
    assert_eq!(rows[1]["last_success"], Value::Null);
    let text = desk.almanac(&["watches"]).text();
    assert!(text.contains("release-notes/primo-ve never never"), "{text}");
    assert!(text.contains("`almanac poll` does it now"), "{text}");
    assert!(text.contains("America/New_York"), "{text}");
}

#[test]
fn an_unknown_watch_gets_the_names_that_are_alike() {
    let desk = Desk::new();
    for arguments in [
        vec!["show", "release-notes/alam"],
        vec!["diff", "release-notes/alam"],
        vec!["snapshots", "release-notes/alam", "--json"],
        vec!["poll", "release-notes/alam"],
        vec!["events", "--watch", "release-notes/alam"],
    ] {
        let seen = desk.almanac(&arguments);
        assert_eq!(
            seen.sentence(1),
            "there is no watch “release-notes/alam”; did you mean release-notes/alma?",
            "{arguments:?}"
        );
    }
    let seen = desk.almanac(&["show", "zzz"]);
    assert!(
        seen.sentence(1)
            .contains("there are release-notes/alma, release-notes/primo-ve"),
        "{seen:?}"
    );
}

#[test]
fn a_value_that_cannot_be_understood_names_its_flag() {
    let desk = Desk::new();
    let sentence = |arguments: &[&str]| desk.almanac(arguments).sentence(2).to_owned();
    assert!(sentence(&["events", "--since", "yesterday"]).starts_with("--since: “yesterday” is no time; write a time"));
    assert!(sentence(&["show", "release-notes/alma", "--at", "-3d"]).starts_with("--at: “-3d” is no time"));
    assert!(sentence(&["events", "--kind", "partner.deactivate"]).contains("did you mean partner.deactivated?"));
    assert!(sentence(&["events", "--min-severity", "loud"]).contains("info, notice, warning, critical"));
    assert!(sentence(&["events", "--limit", "1001"]).contains("from 1 to 1000"));
    assert!(sentence(&["events", "--limit", "0"]).contains("from 1 to 1000"));
    assert!(sentence(&["events", "--since", "1d", "--until", "2d"]).contains("exchange the two"));
    assert!(sentence(&["diff", "release-notes/alma", "--from", "1d", "--to", "2d"]).starts_with("--from: "));
    assert!(sentence(&["poll", "--accept"]).contains("<WATCH>"));
}

#[test]
fn an_unknown_library_gets_a_sentence() {
    let desk = Desk::new();
    let seen = desk.almanac(&["events", "--institution", "01NOWHERE"]);
    assert!(
        seen.sentence(1).starts_with("there is no library “01NOWHERE”"),
        "{seen:?}"
    );
}

#[test]
fn an_empty_history_says_so_and_is_an_empty_array_in_json() {
    let desk = Desk::new();
    for (arguments, says) in [
        (vec!["events"], "No events match"),
        (
            vec!["snapshots", "release-notes/alma"],
            "`almanac poll release-notes/alma`",
        ),
        (vec!["show", "release-notes/alma"], "was never polled"),
        (vec!["show", "release-notes/alma", "some key"], "was never polled"),
        (
            vec!["diff", "release-notes/alma", "--from", "2026-11-01"],
            "was never polled",
        ),
        (vec!["alerts"], "There are no such messages"),
        (vec!["alerts", "list", "--state", "dead"], "There are no such messages"),
    ] {
        let text = desk.almanac(&arguments).text();
        assert!(text.contains(says), "{arguments:?}: {text}");
        let json = desk.almanac(&[arguments.as_slice(), &["--json"]].concat()).json();
        assert_eq!(json, Value::Array(Vec::new()), "{arguments:?}");
    }
}

#[test]
fn nothing_is_coloured_where_no_terminal_is() {
    let desk = Desk::new();
    assert!(!desk.almanac(&["watches"]).out.contains('\u{1b}'));
}

#[test]
fn a_history_that_is_not_there_is_not_backed_up() {
    let desk = Desk::new();
    let copy = desk.dir.path().join("copy.db");
    let seen = desk.almanac(&["backup", copy.to_str().unwrap()]);
    assert!(seen.sentence(1).contains("`almanac poll` begins one"), "{seen:?}");
    assert!(!copy.exists());
}

#[test]
fn an_address_that_others_can_reach_is_refused_at_start() {
    let desk = Desk::new();
    let open = std::fs::read_to_string(desk.config())
        .unwrap()
        .replace("127.0.0.1:8787", "0.0.0.0:8787");
    std::fs::write(desk.config(), open).unwrap();
    let seen = desk.almanac(&["run"]);
    assert_eq!((seen.code, seen.out.as_str()), (1, ""), "{seen:?}");
    assert!(seen.err.contains("127.0.0.1:8787"), "{seen:?}");
}

#[test]
fn the_schema_needs_no_settings() {
    let schema = almanac(&["--config", "no/such/file.toml", "config", "schema"]).json();
    assert!(schema.is_object());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let program = assert_cmd::cargo::cargo_bin("almanac");
    // The schema goes to a pipe whose reading end is closed before the program starts to write.
    let mut child = Command::new(program)
        .args(["config", "schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn the_daemon_serves_and_stops_when_asked() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let desk = Desk::new();
    let any_port = std::fs::read_to_string(desk.config())
        .unwrap()
        .replace("127.0.0.1:8787", "127.0.0.1:0");
    std::fs::write(desk.config(), any_port).unwrap();
    let mut daemon = Command::new(assert_cmd::cargo::cargo_bin("almanac"))
        .args(["run", "--config", desk.config().to_str().unwrap()])
        .env_remove("ALMANAC_LOG")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The log names the address; then a person asks it and sends SIGTERM.
    let mut log = BufReader::new(daemon.stderr.take().unwrap());
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert_ne!(
            log.read_line(&mut line).unwrap(),
            0,
            "the daemon ended before it served"
        );
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.split("/api/").next().unwrap().to_owned();
        }
    };
    let health = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client
            .get(format!("http://{address}/healthz"))
            .send()
            .await
            .unwrap()
            .status()
    });
    assert_eq!(health, 200);
    let asked = Command::new("kill")
        .args(["-TERM", &daemon.id().to_string()])
        .status()
        .unwrap();
    assert!(asked.success());
    // Its log is read to the end, so that it never waits for a full pipe.
    std::io::copy(&mut log, &mut std::io::sink()).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}
