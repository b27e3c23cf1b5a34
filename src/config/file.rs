//! The shape of the settings file, as editors see it. Reading goes through [`super::reader`], which says more about a
//! mistake than a schema can; a test holds the two together.

#![expect(
    dead_code,
    reason = "the fields are never read: only their shape and their comments are used"
)]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{PrimoDoor, ReleaseNotesLayout, ReleaseNotesParser};
use crate::model::event::{EventKind, Severity, Topic};
use crate::model::institution::InstitutionKind;
use crate::model::request::Side;
use crate::model::watch::SourceKind;

/// The JSON Schema of the settings file, for editors that complete and check TOML; `almanac config schema` prints it.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(SettingsFile).into()
}

/// Settings of Almanac, which keeps watch over Ex Libris Alma and Primo for a library consortium.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Almanac settings")]
struct SettingsFile {
    /// The consortium itself.
    consortium: ConsortiumTable,
    /// Where the history is kept.
    store: Option<StoreTable>,
    /// Where the programming interface listens.
    server: Option<ServerTable>,
    /// How Ex Libris is reached. Every key has a default that is right for the real Ex Libris.
    exlibris: Option<ExLibrisTable>,
    /// The libraries.
    #[serde(default)]
    institution: Vec<InstitutionTable>,
    /// What is watched, and when.
    #[serde(default)]
    watch: Vec<WatchTable>,
    /// Where alerts go.
    #[serde(default)]
    channel: Vec<ChannelTable>,
    /// Which events go to which channel, and when. An event is told if any route matches it.
    #[serde(default)]
    route: Vec<RouteTable>,
    /// Severities and topics instead of the usual ones, by kind of event.
    #[serde(default)]
    event: Vec<EventTable>,
    /// For how long requests may wait in a status before it is told, where it differs from the usual.
    #[serde(default)]
    ageing: Vec<AgeingTable>,
    /// What release-note items are judged by, where it is not what comes with the program.
    classifier: Option<ClassifierTable>,
    /// The catalogue of collaborations.
    inventory: Option<InventoryTable>,
}

/// The catalogue of collaborations. Relative paths start at the working directory; no file is ever written by the program.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InventoryTable {
    /// A file instead of the catalogue that comes with the program.
    catalogue: Option<String>,
    /// Files that add entries to the catalogue, or extend its entries (extends = "ID").
    #[serde(default)]
    more: Vec<String>,
}

/// The consortium itself.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConsortiumTable {
    /// Its name, as reports and alerts give it.
    name: String,
    /// The time zone in which schedules and digests are meant, for example "America/New_York".
    timezone: String,
}

/// Where the history is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StoreTable {
    /// The database file; "data/almanac.db" if not given. A relative path starts at the working directory.
    path: Option<String>,
}

/// Where the programming interface listens.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ServerTable {
    /// Address and port; "127.0.0.1:8787" if not given. Only this computer may be listened to for now.
    listen: Option<String>,
}

/// How Ex Libris is reached.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExLibrisTable {
    /// The Knowledge Center; stands for {knowledge_center} in pages.
    #[schemars(url)]
    knowledge_center: Option<String>,
    /// The newer documentation host; stands for {static_docs} in pages.
    #[schemars(url)]
    static_docs: Option<String>,
    /// The Developer Network.
    #[schemars(url)]
    developer_network: Option<String>,
    /// The status page.
    #[schemars(url)]
    status: Option<String>,
    /// An e-mail address or a page; goes into the User-Agent, so that Ex Libris knows whom to ask.
    contact: Option<String>,
    /// Calls per second for one library, at most; 5 if not given.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
    per_second: Option<f64>,
    /// Calls per day (UTC) for one library, at most; 20000 if not given.
    #[schemars(range(min = 1))]
    daily_budget: Option<u64>,
    /// When fewer calls than this are left to a library for the day, only essential watches run; 100000 if not given.
    quota_floor: Option<u64>,
    /// Seconds to wait for an answer; 30 if not given.
    #[schemars(range(min = 1, max = 300))]
    timeout_seconds: Option<u64>,
}

/// One library, or the consortium's Network Zone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InstitutionTable {
    /// Alma's institution code ("01TUN_INST"), or any short code for a library that is not on Alma.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.-]{1,64}$"))]
    code: String,
    /// Its name for people.
    name: String,
    /// How it takes part: in the consortium's Network Zone, on its own Alma, not on Alma, or the Network Zone itself.
    kind: InstitutionKind,
    /// Ex Libris' region that its Alma lives in.
    region: Option<Region>,
    /// The API gateway's address instead of a region; for a stand-in.
    #[schemars(url)]
    gateway: Option<String>,
    /// Where its Ex Libris API key is kept.
    api_key: Option<SecretTable>,
    /// Where the secret is kept that its Alma signs webhooks with. With it, Alma may call /webhooks/alma/CODE to tell that
    /// a resource-sharing job has ended, and the watches concerned are polled at once instead of when they are due.
    webhook_secret: Option<SecretTable>,
    /// Its Primo views, as INSTITUTION:VIEW ("01TUN_INST:01TUN").
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+$")))]
    views: Vec<String>,
    /// The address of its Primo, which shows the view without a key.
    #[schemars(url)]
    primo_host: Option<String>,
    /// Symbols and partner codes under which others know it.
    #[serde(default)]
    aliases: Vec<String>,
    /// The code of the Network Zone it belongs to.
    zone: Option<String>,
    /// When it joined the consortium: a year, a month or a day.
    joined: Option<String>,
    /// When it left: a year, a month or a day.
    left: Option<String>,
    /// Codes it had before.
    #[serde(default)]
    former_codes: Vec<String>,
    /// Libraries that share one quota of API calls name the same pool.
    quota_pool: Option<String>,
    /// Calls per second, where it differs from `[exlibris]`.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
    per_second: Option<f64>,
    /// Calls per day (UTC), where it differs from `[exlibris]`.
    #[schemars(range(min = 1))]
    daily_budget: Option<u64>,
}

/// Ex Libris' regions: North America, Europe, Singapore, Australia, Canada, China (ALMA.md §1).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Region {
    Na,
    Eu,
    Ap,
    Aps,
    Ca,
    Cn,
}

/// Where a secret is kept: in an environment variable, or in a file that no one else can read.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum SecretTable {
    /// The name of an environment variable.
    Env(#[schemars(regex(pattern = r"^[A-Z_][A-Z0-9_]*$"))] String),
    /// The path of a file. Under /run/secrets and $CREDENTIALS_DIRECTORY others may be able to read it, nowhere else.
    File(String),
}

/// A source applied to its subjects on a schedule.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WatchTable {
    /// What is watched.
    source: SourceKind,
    /// When: minute hour day-of-month month day-of-week, or "every 15m", "every 6h", "every 1d".
    schedule: String,
    /// Runs even when a library has few API calls left; false if not given.
    #[serde(default)]
    essential: bool,
    /// So many polls in a row may fail or come back empty before that is told; 3 if not given.
    #[schemars(range(min = 1, max = 1000))]
    tolerance: Option<u32>,
    /// For every alma. source, ageing and primo.view: codes of libraries; "*" means every one that has what the source
    /// needs.
    #[serde(default)]
    institutions: Vec<String>,
    /// For primo.view: only these of the libraries' views.
    #[serde(default)]
    views: Vec<String>,
    /// For primo.view: whether the gateway (with a key) or Primo's own address is asked; auto if not given.
    door: Option<PrimoDoor>,
    /// For release-notes and api-definitions: a short name for the watch, which becomes release-notes/NAME.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,63}$"))]
    subject: Option<String>,
    /// For release-notes and api-definitions: the product, as routes name it ("Alma", "Primo VE"); "Alma" for
    /// api-definitions if not given.
    product: Option<String>,
    /// For release-notes: addresses of pages. {year} stands for last, this and next year.
    #[serde(default)]
    pages: Vec<String>,
    /// For release-notes: which reading of the page to use; by default the page itself shows it.
    parser: Option<ReleaseNotesParser>,
    /// For release-notes: whether each address is a page of notes or an index of pages by area; annual if not given.
    layout: Option<ReleaseNotesLayout>,
    /// For api-definitions: areas of the API, as addresses name them ("partners"); all of Alma's if not given.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,63}$")))]
    areas: Vec<String>,
    /// For api-definitions: where the definition of an area lies, with {area} and {developer_network}; where Ex Libris has
    /// those of Alma if not given.
    address: Option<String>,
    /// For alma.lending-requests: only the requests of these libraries, by code; every library that takes part in resource
    /// sharing if not given.
    #[serde(default)]
    libraries: Vec<String>,
    /// For alma.lending-requests: only these statuses, by code; the known ones if not given.
    #[serde(default)]
    statuses: Vec<String>,
    /// For alma.borrowing-requests: the path of the saved Analytics report, "/shared/…"; {institution} stands for the
    /// library's code.
    report: Option<String>,
    /// For alma.borrowing-requests: how the report heads its columns, where it is not as Alma heads them in English.
    columns: Option<ReportColumnsTable>,
    /// For alma.borrowing-requests: codes of statuses by the label that the report shows, for labels that are not Alma's
    /// own in English.
    #[serde(default)]
    status_labels: BTreeMap<String, String>,
    /// For alma.libraries: how many days ahead closures and changed hours are looked for; 30 if not given. Every four weeks
    /// cost one more call for each library that takes part in resource sharing.
    #[schemars(range(min = 1, max = 365))]
    days_ahead: Option<u32>,
    /// For alma.jobs: parts of names of jobs that are watched beside those about resource sharing.
    #[serde(default)]
    jobs: Vec<String>,
    /// For alma.code-tables: names of the tables; those about resource sharing if not given.
    #[serde(default)]
    tables: Vec<String>,
}

/// The headings of a borrowing report, or the places of its columns ("Column4") where a heading is a formula or stands
/// twice. No other column is read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportColumnsTable {
    /// What tells one request from another, hashed at once; "Internal Id" if not given.
    request_id: Option<String>,
    /// The status; "Borrowing Request Status" if not given.
    status: Option<String>,
    /// The partner, by code or by name; "Partner Code" if not given.
    partner: Option<String>,
    /// The format asked for; "Requested Format", if there is one, if not given.
    format: Option<String>,
    /// The library that asks; "Library Code", if there is one, if not given.
    library: Option<String>,
    /// When the request was made; "Borrowing Creation Date", if there is one, if not given.
    created: Option<String>,
    /// When the request was changed last; "Modification Date", if there is one, if not given.
    modified: Option<String>,
}

/// Where alerts go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChannelTable {
    /// The name that routes use.
    name: String,
    /// What kind of place it is.
    #[serde(rename = "type")]
    kind: ChannelType,
    /// For webhook: the address, or where it is kept if it is a secret.
    url: Option<UrlOrSecret>,
    /// For webhook: where the secret is kept that signs the messages (Standard Webhooks).
    secret: Option<SecretTable>,
    /// For webhook: lets the address lead to this computer or a private network; false if not given.
    #[serde(default)]
    allow_private: bool,
}

/// The kinds of channel.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ChannelType {
    /// What the program prints.
    Console,
    /// A web address that gets signed messages.
    Webhook,
}

/// An address in the open, or where a secret one is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum UrlOrSecret {
    /// The address.
    Plain(String),
    /// Where the address is kept.
    Secret(SecretTable),
}

/// Which events go to a channel. Every condition may be left out; those given must all be met.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RouteTable {
    /// The name of a channel.
    channel: String,
    /// At least one of these topics.
    #[serde(default)]
    topics: Vec<Topic>,
    /// One of these kinds of event.
    #[serde(default)]
    kinds: Vec<EventKind>,
    /// One of these libraries, by code; events that concern no single library match any.
    #[serde(default)]
    institutions: Vec<String>,
    /// One of these products.
    #[serde(default)]
    products: Vec<String>,
    /// true: only what opens something to libraries that are not on Alma.
    non_alma: Option<bool>,
    /// At least this severe; info if not given.
    min_severity: Option<Severity>,
    /// "at-once", "daily 08:00", "weekly mon 08:00" or "monthly 1 08:00"; at-once if not given.
    when: Option<String>,
}

/// A severity or topics instead of the usual ones.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventTable {
    /// The kind of event concerned.
    kind: EventKind,
    /// Its severity from now on.
    severity: Option<Severity>,
    /// Its topics from now on.
    topics: Option<Vec<Topic>>,
}

/// For how long requests may wait in a status. The usual thresholds are the lists that librarians keep: two days for daily
/// worries, seven for weekly ones.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AgeingTable {
    /// lending: requests that others sent to us; borrowing: requests that we sent to others.
    side: Side,
    /// Alma's code of the status, such as "READY_TO_SEND".
    status: String,
    /// A request that waits for longer is too old: "36h", "2d", "1w".
    older_than: Option<String>,
    /// So many too old requests with one partner are told; 3 if not given. The alarm ends when no more than half as many are
    /// left.
    #[schemars(range(min = 1, max = 10000))]
    requests: Option<u32>,
    /// The alarm ends only when it has been so for this long; "12h" if not given.
    calm: Option<String>,
    /// true: nobody is told about this status.
    #[serde(default)]
    off: bool,
}

/// What release-note items are judged by: whether they are about collaboration among institutions, and on which topics.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClassifierTable {
    /// A file of rules; the one that comes with the program (config/topics.toml) if not given. A relative path starts at
    /// the working directory.
    rules: Option<String>,
    /// A file of learned weights, written by "almanac features train"; the one that comes with the program if not given.
    weights: Option<String>,
}

/// Names of tables and keys, for the test that holds the schema and the reader together.
#[cfg(test)]
pub(super) fn keys_by_table() -> std::collections::BTreeMap<String, Vec<String>> {
    let schema = json_schema();
    let properties = |value: &serde_json::Value| -> Vec<String> {
        value["properties"]
            .as_object()
            .map(|map| map.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut tables = std::collections::BTreeMap::from([("".to_owned(), properties(&schema))]);
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        if let Some(table) = name.strip_suffix("Table") {
            tables.insert(table.to_lowercase(), properties(definition));
        }
    }
    tables
}

/// Reads a file into the shape above, for the test that holds the schema and the files that come with it together.
#[cfg(test)]
pub(super) fn deserialize(text: &str) -> Result<(), toml::de::Error> {
    toml::from_str::<SettingsFile>(text).map(|_| ())
}
