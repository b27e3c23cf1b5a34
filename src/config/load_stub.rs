//! stub: reads just what this branch's tests need

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::schedule::Schedule;
use super::*;

/// Everything wrong with a file.
#[derive(Debug)]
pub struct Mistakes(Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

/// stub
pub fn json_schema() -> serde_json::Value {
    serde_json::json!({"type": "object"})
}

impl Config {
    /// stub
    ///
    /// # Errors
    /// [`Mistakes`].
    pub fn load(path: &Path) -> Result<Config, Mistakes> {
        let mistake = |text: String| Mistakes(vec![text]);
        let text = std::fs::read_to_string(path).map_err(|error| {
            mistake(format!(
                "cannot read {}: {error}; name the file with --config",
                path.display()
            ))
        })?;
        let file: toml::Table =
            toml::from_str(&text).map_err(|error| mistake(format!("{}: {}", path.display(), error.message())))?;
        let get = |section: &str, key: &str| {
            file.get(section)
                .and_then(|section| section.get(key))
                .and_then(|value| value.as_str())
                .map(str::to_owned)
        };
        let list = |name: &str| {
            file.get(name)
                .and_then(|value| value.as_array())
                .cloned()
                .unwrap_or_default()
        };
        let url = |text: &str| Url::parse(text).map_err(|error| mistake(error.to_string()));
        let host = url("https://example.invalid")?;
        let text_of = |value: &toml::Value, key: &str| {
            value
                .get(key)
                .and_then(|value| value.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Config {
            path: path.to_owned(),
            consortium: get("consortium", "name").unwrap_or_default(),
            timezone: get("consortium", "timezone")
                .ok_or_else(|| {
                    mistake("consortium.timezone: missing; write timezone = \"America/New_York\"".to_owned())
                })?
                .parse()
                .map_err(|_| mistake("consortium.timezone: no such zone".to_owned()))?,
            store: get("store", "path").unwrap_or_default().into(),
            listen: get("server", "listen")
                .unwrap_or_else(|| "127.0.0.1:8787".to_owned())
                .parse()
                .map_err(|_| mistake("server.listen: no address".to_owned()))?,
            exlibris: ExLibrisSettings {
                knowledge_center: host.clone(),
                static_docs: host.clone(),
                developer_network: host.clone(),
                status: host,
                contact: None,
                per_second: 5.0,
                daily_budget: 1000,
                quota_floor: 100_000,
                timeout: Duration::from_secs(30),
            },
            institutions: list("institution")
                .iter()
                .map(|value| Institution {
                    code: text_of(value, "code"),
                    name: text_of(value, "name"),
                    kind: InstitutionKind::OwnAlma,
                    gateway: None,
                    api_key: None,
                    views: Vec::new(),
                    primo_host: None,
                    aliases: Vec::new(),
                    zone: None,
                    joined: None,
                    left: None,
                    former_codes: Vec::new(),
                    quota_pool: text_of(value, "code"),
                    per_second: None,
                    daily_budget: None,
                })
                .collect(),
            watches: list("watch")
                .iter()
                .map(|value| Watch {
                    id: WatchId::new(SourceKind::ReleaseNotes, &text_of(value, "subject")),
                    source: SourceSettings::ReleaseNotes(ReleaseNotesSettings {
                        product: text_of(value, "product"),
                        pages: Vec::new(),
                        parser: ReleaseNotesParser::Auto,
                        layout: ReleaseNotesLayout::Annual,
                    }),
                    institution: None,
                    schedule: Schedule::Every(Duration::from_secs(900)),
                    essential: false,
                    tolerance: 3,
                })
                .collect(),
            channels: Vec::new(),
            routes: Vec::new(),
            event_overrides: Vec::new(),
        })
    }
}
