//! The configuration with which the ordinary program watches the made-up world.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::analytics::report_path;
use super::libraries::{Kind, LIBRARIES, SALTMARSH, sharing_code};
use super::requests::lending_statuses;
use super::world::World;

/// The zone in which the made-up consortium lives.
pub(super) const ZONE: chrono_tz::Tz = chrono_tz::America::New_York;

/// Where the view of a library is asked for: the gateway with a key, or Primo's own address without one. The last two of
/// the libraries with an Alma show the second door.
fn front_end(code: &str) -> bool {
    code == "01DEMOMILL_INST" || code == "01DEMOSALT_INST"
}

impl World {
    /// Writes each library's API key into a file of its own in `dir` that only its owner can read.
    ///
    /// # Errors
    /// If a file cannot be made, or is there already.
    pub fn write_keys(&self, dir: &Path) -> io::Result<()> {
        for library in &self.state().libraries {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options
                .open(key_file(dir, library.code))?
                .write_all(library.key.as_bytes())?;
        }
        Ok(())
    }

    /// The settings file, as text, for watching this world where it is served on loopback at `port`: keys in `keys` (see
    /// [`World::write_keys`]), history in `store`, the HTTP API on `listen`.
    pub fn config_toml(&self, keys: &Path, port: u16, store: &Path, listen: &str) -> String {
        let host = format!("http://127.0.0.1:{port}");
        let mut toml = format!(
            "[consortium]\nname = \"Demo Consortium (made up)\"\ntimezone = \"{ZONE}\"\n\n\
             [store]\npath = {}\n\n[server]\nlisten = {}\n\n\
             [exlibris]\nknowledge_center = \"{host}\"\nstatic_docs = \"{host}\"\ndeveloper_network = \"{host}\"\nstatus = \"{host}\"\n\
             per_second = 50\ndaily_budget = 10000000\nquota_floor = 1000\n",
            quoted(&store.to_string_lossy()),
            quoted(listen),
        );
        for (code, name, view, kind, _) in LIBRARIES {
            let _ = write!(
                toml,
                "\n[[institution]]\ncode = \"{code}\"\nname = {}\nkind = \"{}\"\n",
                quoted(name),
                kind.name()
            );
            if kind != Kind::Other {
                let _ = write!(
                    toml,
                    "gateway = \"{host}\"\napi_key = {{ file = {} }}\nviews = [\"{code}:{view}\"]\nprimo_host = \"{host}\"\n",
                    quoted(&key_file(keys, code).to_string_lossy()),
                );
            }
        }
        sharing_watches(&mut toml);
        let doors = |wanted: bool| {
            let codes: Vec<String> = LIBRARIES
                .iter()
                .filter(|library| library.3 != Kind::Other && front_end(library.0) == wanted)
                .map(|library| format!("\"{}\"", library.0))
                .collect();
            codes.join(", ")
        };
        let _ = write!(
            toml,
            "\n[[watch]]\nsource = \"primo.view\"\ninstitutions = [{}]\ndoor = \"gateway\"\nschedule = \"every 2s\"\n\
             \n[[watch]]\nsource = \"primo.view\"\ninstitutions = [{}]\ndoor = \"front-end\"\nschedule = \"every 2s\"\n\
             \n[[watch]]\nsource = \"release-notes\"\nsubject = \"alma\"\nproduct = \"Alma\"\n\
             pages = [\"{{knowledge_center}}/Alma/Release_Notes/{{year}}/Alma_{{year}}_Release_Notes\"]\nschedule = \"every 2s\"\n\
             \n[[watch]]\nsource = \"release-notes\"\nsubject = \"primo-ve\"\nproduct = \"Primo VE\"\n\
             pages = [\"{{static_docs}}/primo/Release_Notes/{{year}}/Primo_VE_{{year}}_Release_Notes.html\"]\nschedule = \"every 2s\"\n\
             \n[[watch]]\nsource = \"api-definitions\"\nsubject = \"alma\"\nareas = [\"partners\"]\nschedule = \"every 5s\"\n\
             \n[[channel]]\nname = \"console\"\ntype = \"console\"\n\n[[route]]\nchannel = \"console\"\nwhen = \"at-once\"\n",
            doors(false),
            doors(true),
        );
        toml
    }
}

/// How long an alarm has to be calm before it is taken back: hours usually, but nobody watches a demo for so long.
const CALM: &str = "4s";

/// The watches of resource sharing. What changes in the script is asked for often, the rest now and then.
fn sharing_watches(toml: &mut String) {
    let statuses: Vec<String> = lending_statuses().into_iter().map(quoted).collect();
    let statuses = format!("statuses = [{}]\n", statuses.join(", "));
    let (all, shown) = (
        institutions(|code| !code.is_empty()),
        institutions(|code| code != SALTMARSH),
    );
    // A key without the area Configuration cannot say which libraries lend.
    let alone = format!("libraries = [{}]\n{statuses}", quoted(&sharing_code("SALT")));
    let report = format!("report = {}\n", quoted(&report_path("{institution}")));
    let salt = institutions(|code| code == SALTMARSH);
    let watches: [(&str, &str, &str, &str); 12] = [
        ("alma.partners", &all, "2s", ""),
        ("alma.lending-requests", &shown, "2s", &statuses),
        ("alma.lending-requests", &salt, "2s", &alone),
        ("alma.borrowing-requests", &all, "2s", &report),
        ("alma.libraries", &shown, "5s", ""),
        ("alma.code-tables", &shown, "5s", ""),
        ("alma.jobs", &shown, "3s", ""),
        ("alma.letters", &shown, "10s", ""),
        ("alma.integration-profiles", &shown, "10s", ""),
        ("alma.general", &shown, "10s", ""),
        ("reciprocity", "", "1s", ""),
        ("ageing", &all, "1s", ""),
    ];
    for (source, institutions, every, more) in watches {
        let _ = write!(
            toml,
            "\n[[watch]]\nsource = \"{source}\"\n{institutions}schedule = \"every {every}\"\n{more}"
        );
    }
    let _ = write!(
        toml,
        "\n[[ageing]]\nside = \"borrowing\"\nstatus = \"READY_TO_SEND\"\ncalm = \"{CALM}\"\n"
    );
}

/// The key `institutions` with those libraries on Alma that are wanted.
fn institutions(wanted: impl Fn(&str) -> bool) -> String {
    let codes: Vec<String> = LIBRARIES
        .iter()
        .filter(|library| library.3 != Kind::Other && wanted(library.0))
        .map(|library| quoted(library.0))
        .collect();
    format!("institutions = [{}]\n", codes.join(", "))
}

fn key_file(dir: &Path, code: &str) -> PathBuf {
    dir.join(format!("{code}.key"))
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::moment::Moment;
    use crate::model::watch::SourceKind;

    fn world() -> World {
        World::new(7, "2026-11-25T12:00:00Z".parse::<Moment>().unwrap())
    }

    #[test]
    fn the_settings_are_toml_and_hold_no_key() {
        let world = world();
        let odd = Path::new("/tmp/with \"quotes\" and \\ in it");
        let text = world.config_toml(odd, 9321, &odd.join("demo.db"), "127.0.0.1:0");
        let parsed: toml::Table = text.parse().unwrap();
        assert_eq!(
            parsed["store"]["path"].as_str(),
            Some("/tmp/with \"quotes\" and \\ in it/demo.db")
        );
        assert_eq!(parsed["institution"].as_array().unwrap().len(), 5);
        assert_eq!(
            parsed["exlibris"]["knowledge_center"].as_str(),
            Some("http://127.0.0.1:9321")
        );
        let watches = parsed["watch"].as_array().unwrap();
        for kind in SourceKind::ALL {
            let is_watched = watches
                .iter()
                .any(|watch| watch["source"].as_str() == Some(kind.name()));
            assert!(is_watched, "{kind} is not in the demo");
        }
        for library in &world.state().libraries {
            assert!(!text.contains(&library.key));
        }
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_can_read_the_keys() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        world().write_keys(dir.path()).unwrap();
        let files: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 4);
        for file in files {
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(std::fs::read_to_string(&file).unwrap().starts_with("demo-key-"));
        }
    }
}
