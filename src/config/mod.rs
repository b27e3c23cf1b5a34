//! Settings: the file `config/almanac.toml`, read, checked as a whole and turned into types.
//!
//! [`Config`] holds only what has been validated: watches are expanded to one per subject, schedules are parsed,
//! addresses are absolute, secrets are references that were checked for safety but not yet read.

mod address;
mod ageing;
mod alerting;
mod check;
pub mod classifier;
mod collaborations;
mod file;
mod institutions;
mod inventory;
mod mistake;
mod reader;
pub mod report_columns;
pub mod schedule;
pub mod secret;
mod values;
mod watches;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

use crate::meaning::ageing::Threshold;
use crate::meaning::classifier::Classifier;
use crate::model::collaboration::Collaboration;
use crate::model::event::{EventKind, Severity, Topic};
use crate::model::institution::InstitutionKind;
use crate::model::watch::{SourceKind, WatchId};
pub use file::json_schema;
pub use inventory::BUILT_IN as BUILT_IN_CATALOGUE;
pub use mistake::{Mistake, Mistakes};
use report_columns::{ReportField, StatusLabels};
use schedule::Schedule;
use secret::SecretRef;

/// Everything that the file says, validated.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// Name of the consortium.
    pub consortium: String,
    /// The zone in which schedules and digests are meant.
    pub timezone: Tz,
    /// The database file; relative paths are relative to the working directory.
    pub store: PathBuf,
    /// Where the HTTP API listens.
    pub listen: SocketAddr,
    /// How Ex Libris is reached.
    pub exlibris: ExLibrisSettings,
    /// The member libraries, in the order of the file.
    pub institutions: Vec<Institution>,
    /// One entry a watch id, in the order of the file.
    pub watches: Vec<Watch>,
    /// Where alerts go.
    pub channels: Vec<Channel>,
    /// Which events go to which channel, and when.
    pub routes: Vec<Route>,
    /// Overridden severities and topics by kind of event.
    pub event_overrides: Vec<EventOverride>,
    /// For how long requests may wait, by side and status.
    pub ageing: Vec<Threshold>,
    /// What release-note items are judged by.
    pub classifier: Arc<Classifier>,
    /// Where the catalogue of collaborations is read from.
    pub inventory: Inventory,
    /// The catalogue of collaborations, in its order.
    pub collaborations: Vec<Collaboration>,
}

/// Where the catalogue of collaborations is read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The file; `None`: the catalogue that comes with the program.
    pub catalogue: Option<PathBuf>,
    /// Files that add entries to it or extend its own.
    pub more: Vec<PathBuf>,
}

/// Hosts, manners and limits towards Ex Libris.
#[derive(Clone, Debug)]
pub struct ExLibrisSettings {
    /// `https://knowledge.exlibrisgroup.com` or a stand-in.
    pub knowledge_center: Url,
    /// The newer, static documentation host.
    pub static_docs: Url,
    /// `https://developers.exlibrisgroup.com`.
    pub developer_network: Url,
    /// `https://status.exlibrisgroup.com`.
    pub status: Url,
    /// E-mail address or page that goes into the User-Agent.
    pub contact: Option<String>,
    /// Calls per second for one institution (or quota pool), at most.
    pub per_second: f64,
    /// Calls per day (UTC) for one institution (or quota pool), at most.
    pub daily_budget: u64,
    /// Below this many remaining calls only essential watches run (DESIGN invariant 8).
    pub quota_floor: u64,
    /// Connect and read time-out of a call; 30 s unless the file says otherwise.
    pub timeout: Duration,
}

/// One member library.
#[derive(Clone, Debug)]
pub struct Institution {
    /// Alma's code, or any short code for a library not on Alma.
    pub code: String,
    /// The name for people.
    pub name: String,
    /// How it takes part.
    pub kind: InstitutionKind,
    /// Base of the API gateway, from `region` or `gateway`; `None` where it has no Alma.
    pub gateway: Option<Url>,
    /// Where its API key is.
    pub api_key: Option<SecretRef>,
    /// Where the secret is that its Alma signs webhooks with; without it no webhook of it is taken.
    pub webhook_secret: Option<SecretRef>,
    /// Its Primo views, as `INST:VIEW`.
    pub views: Vec<String>,
    /// Its Primo host, for the front-end door.
    pub primo_host: Option<Url>,
    /// Symbols and partner codes under which others know it.
    pub aliases: Vec<String>,
    /// The Network Zone it belongs to.
    pub zone: Option<String>,
    /// When it joined the consortium, as the file says it.
    pub joined: Option<String>,
    /// When it left.
    pub left: Option<String>,
    /// Codes it had before.
    pub former_codes: Vec<String>,
    /// Members that share one API quota name the same pool; its own code otherwise.
    pub quota_pool: String,
    /// Its own pace, where it differs from the default.
    pub per_second: Option<f64>,
    /// Its own daily budget, where it differs from the default.
    pub daily_budget: Option<u64>,
}

/// A source applied to one subject on a schedule.
#[derive(Clone, Debug)]
pub struct Watch {
    /// `source/subject`.
    pub id: WatchId,
    /// What is asked, and how.
    pub source: SourceSettings,
    /// Code of the institution concerned; `None` for public sources.
    pub institution: Option<String>,
    /// When it is due.
    pub schedule: Schedule,
    /// Runs even under the quota floor.
    pub essential: bool,
    /// Polls in a row that may fail (or come back empty) before that is news; at least 1.
    pub tolerance: u32,
}

/// What one watch asks, by source.
#[derive(Clone, Debug)]
pub enum SourceSettings {
    /// See [`SourceKind::ReleaseNotes`].
    ReleaseNotes(ReleaseNotesSettings),
    /// See [`SourceKind::AlmaPartners`]. The watch's institution is asked.
    AlmaPartners,
    /// See [`SourceKind::PrimoView`].
    PrimoView(PrimoViewSettings),
    /// See [`SourceKind::AlmaLendingRequests`].
    AlmaLendingRequests(LendingRequestsSettings),
    /// See [`SourceKind::AlmaBorrowingRequests`].
    AlmaBorrowingRequests(BorrowingRequestsSettings),
    /// See [`SourceKind::AlmaLibraries`].
    AlmaLibraries(LibrariesSettings),
    /// See [`SourceKind::AlmaCodeTables`].
    AlmaCodeTables(CodeTablesSettings),
    /// See [`SourceKind::AlmaLetters`].
    AlmaLetters,
    /// See [`SourceKind::AlmaJobs`].
    AlmaJobs(JobsSettings),
    /// See [`SourceKind::AlmaIntegrationProfiles`].
    AlmaIntegrationProfiles,
    /// See [`SourceKind::AlmaGeneral`].
    AlmaGeneral,
    /// See [`SourceKind::ApiDefinitions`].
    ApiDefinitions(ApiDefinitionsSettings),
    /// See [`SourceKind::Reciprocity`].
    Reciprocity,
    /// See [`SourceKind::Ageing`].
    Ageing,
}

impl SourceSettings {
    /// The kind of source.
    pub fn kind(&self) -> SourceKind {
        match self {
            SourceSettings::ReleaseNotes(_) => SourceKind::ReleaseNotes,
            SourceSettings::AlmaPartners => SourceKind::AlmaPartners,
            SourceSettings::PrimoView(_) => SourceKind::PrimoView,
            SourceSettings::AlmaLendingRequests(_) => SourceKind::AlmaLendingRequests,
            SourceSettings::AlmaBorrowingRequests(_) => SourceKind::AlmaBorrowingRequests,
            SourceSettings::AlmaLibraries(_) => SourceKind::AlmaLibraries,
            SourceSettings::AlmaCodeTables(_) => SourceKind::AlmaCodeTables,
            SourceSettings::AlmaLetters => SourceKind::AlmaLetters,
            SourceSettings::AlmaJobs(_) => SourceKind::AlmaJobs,
            SourceSettings::AlmaIntegrationProfiles => SourceKind::AlmaIntegrationProfiles,
            SourceSettings::AlmaGeneral => SourceKind::AlmaGeneral,
            SourceSettings::ApiDefinitions(_) => SourceKind::ApiDefinitions,
            SourceSettings::Reciprocity => SourceKind::Reciprocity,
            SourceSettings::Ageing => SourceKind::Ageing,
        }
    }
}

/// Which of an institution's lending requests are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LendingRequestsSettings {
    /// Codes of the libraries whose requests are asked for; empty: every library that takes part in resource sharing.
    pub libraries: Vec<String>,
    /// Codes of the statuses asked for; empty: those that the source knows (ALMA.md §5c).
    pub statuses: Vec<String>,
}

/// The Analytics report that lists an institution's borrowing requests (ALMA.md §6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BorrowingRequestsSettings {
    /// Path of the saved report, `/shared/…`; `{institution}` stands for the institution's code.
    pub report: String,
    /// The report's headings (or places, `Column4`) of the fields for which the settings name one.
    pub columns: BTreeMap<ReportField, String>,
    /// Codes of statuses by label, beside and above those that are known anyway.
    pub status_labels: StatusLabels,
}

/// What is kept of an institution's libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibrariesSettings {
    /// How many days ahead closures and changed hours are looked for; at most [`DAYS_AHEAD_MAX`].
    pub days_ahead: u32,
}

/// Ex Libris gives open hours for three years ahead; each month costs every library of an institution a call.
pub const DAYS_AHEAD_MAX: u32 = 365;

impl Default for LibrariesSettings {
    fn default() -> Self {
        Self { days_ahead: 30 }
    }
}

/// Which code tables are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeTablesSettings {
    /// Names of the tables; empty: those about resource sharing (ALMA.md §3).
    pub tables: Vec<String>,
}

/// Which jobs are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsSettings {
    /// Parts of names, in any case: jobs that have one of them in their name are watched beside those that the source knows.
    pub jobs: Vec<String>,
}

/// Which definitions of an API are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiDefinitionsSettings {
    /// Whose API it is; routes can ask for it.
    pub product: String,
    /// The areas, as addresses name them (`conf`); empty: those of Alma's API.
    pub areas: Vec<String>,
    /// Where they lie, with `{area}` and `{developer_network}`; where Ex Libris has them if not given.
    pub address: Option<String>,
}

/// The release notes of one product.
#[derive(Clone, Debug)]
pub struct ReleaseNotesSettings {
    /// `Alma`, `Primo VE`, `Rapido`.
    pub product: String,
    /// Addresses of pages; `{year}` means last, this and next year, `{knowledge_center}` and `{static_docs}` the hosts.
    pub pages: Vec<String>,
    /// Which parser reads the pages; by default the first that recognises one.
    pub parser: ReleaseNotesParser,
    /// What kind of pages `pages` name.
    pub layout: ReleaseNotesLayout,
}

/// Which parser reads release notes (RELEASE_NOTES.md §2: hosts and parsers must be pluggable).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseNotesParser {
    /// The page says itself which host's markup it is.
    #[default]
    Auto,
    /// A page of the MindTouch host as a browser gets it.
    Mindtouch,
    /// The MindTouch host's API (`/@api/deki/pages/={path}/contents`).
    MindtouchApi,
    /// The newer static host.
    Static,
}

impl ReleaseNotesParser {
    /// The name used in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            ReleaseNotesParser::Auto => "auto",
            ReleaseNotesParser::Mindtouch => "mindtouch",
            ReleaseNotesParser::MindtouchApi => "mindtouch-api",
            ReleaseNotesParser::Static => "static",
        }
    }
}

/// What the configured addresses are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseNotesLayout {
    /// Each address is a page of notes.
    #[default]
    Annual,
    /// Each address is an index page that links to one page per area (2016 to 2018).
    PerArea,
}

/// One Primo view.
#[derive(Clone, Debug)]
pub struct PrimoViewSettings {
    /// `INST:VIEW`.
    pub view: String,
    /// Which door is used (PRIMO.md §1).
    pub door: PrimoDoor,
}

/// The two doors to Primo (PRIMO.md §1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrimoDoor {
    /// The gateway where there is a key that allows it, else the front end.
    #[default]
    Auto,
    /// `/primo/v1/configuration/{vid}` with the institution's key.
    Gateway,
    /// `/primaws/rest/pub/configuration/vid/{vid}` at the institution's Primo host, without a key.
    FrontEnd,
}

/// Where alerts go.
#[derive(Clone, Debug)]
pub struct Channel {
    /// The name routes refer to.
    pub name: String,
    /// What kind of place it is.
    pub kind: ChannelKind,
}

/// The kinds of channel.
#[derive(Clone, Debug)]
pub enum ChannelKind {
    /// Standard output of the daemon.
    Console,
    /// An HTTP address that gets Standard Webhooks.
    Webhook(WebhookSettings),
}

/// An HTTP address that gets signed messages.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The address, or where it is kept if it is a secret.
    pub url: UrlSource,
    /// Signs the messages (Standard Webhooks); messages go unsigned without it.
    pub secret: Option<SecretRef>,
    /// Lets this channel reach loopback and private addresses.
    pub allow_private: bool,
}

/// An address in the file, or a reference to a secret one.
#[derive(Clone, Debug)]
pub enum UrlSource {
    /// No secret.
    Plain(Url),
    /// Kept in the environment or a file.
    Secret(SecretRef),
}

/// Which events go to a channel, and when. An empty condition matches everything.
#[derive(Clone, Debug)]
pub struct Route {
    /// Name of the channel.
    pub channel: String,
    /// At least one of these topics.
    pub topics: Vec<Topic>,
    /// One of these kinds.
    pub kinds: Vec<EventKind>,
    /// One of these institutions; events that concern no single institution match any.
    pub institutions: Vec<String>,
    /// One of these products.
    pub products: Vec<String>,
    /// Opens something to libraries not on Alma.
    pub non_alma: Option<bool>,
    /// At least this severe.
    pub min_severity: Severity,
    /// When the channel is told.
    pub when: schedule::When,
}

/// A severity or topics that replace the defaults for one kind of event.
#[derive(Clone, Debug)]
pub struct EventOverride {
    /// The kind concerned.
    pub kind: EventKind,
    /// The severity instead of the default.
    pub severity: Option<Severity>,
    /// The topics instead of the default.
    pub topics: Option<Vec<Topic>>,
}

/// A settings file is some pages long; one larger than this is another file.
const LARGEST_FILE: u64 = 1024 * 1024;

impl Config {
    /// Reads and checks the file at `path`.
    ///
    /// A secret that is missing is no mistake here (it stops that institution's watches, not the program); one that is
    /// kept where others can read it, or where git would hand it on, is.
    ///
    /// # Errors
    /// [`Mistakes`]: all that is wrong, or that the file cannot be read.
    pub fn load(path: &Path) -> Result<Config, Mistakes> {
        let text = read_bounded(path).map_err(|(wrong, instead)| Mistakes {
            path: path.to_owned(),
            list: vec![Mistake {
                line: 0,
                column: 0,
                place: "the file".to_owned(),
                wrong,
                instead,
            }],
        })?;
        check::check(&text, path, true)
    }

    /// Checks `text`, the content of a settings file; `path` is only named in messages. Files that hold secrets are not
    /// looked at.
    ///
    /// # Errors
    /// [`Mistakes`]: all that is wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Config, Mistakes> {
        check::check(text, path, false)
    }

    /// The institution of that code.
    pub fn institution(&self, code: &str) -> Option<&Institution> {
        self.institutions.iter().find(|institution| institution.code == code)
    }

    /// The watch of that id.
    pub fn watch(&self, id: &WatchId) -> Option<&Watch> {
        self.watches.iter().find(|watch| &watch.id == id)
    }
}

/// The file's text, or what is wrong with it and what to do.
fn read_bounded(path: &Path) -> Result<String, (String, String)> {
    let because = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "Name another with --config FILE, or begin with a copy of config/almanac.toml".to_owned(),
        ),
        kind => (
            format!("it cannot be read ({kind})"),
            "Name a text file that you may read".to_owned(),
        ),
    };
    let file = std::fs::File::open(path).map_err(because)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(because)?;
    if bytes.len() as u64 > LARGEST_FILE {
        let wrong = "it is larger than a settings file can be (1 MiB)".to_owned();
        return Err((wrong, "Name the right file with --config FILE".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| {
        (
            "it is not UTF-8 text".to_owned(),
            "Save it as UTF-8 in your editor".to_owned(),
        )
    })
}
