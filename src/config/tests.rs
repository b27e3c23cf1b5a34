use proptest::prelude::*;

use super::*;
use crate::model::request::Side;

const PUBLIC: &str = include_str!("../../config/almanac.toml");
const EXAMPLE: &str = include_str!("../../config/blc.example.toml");
const INLINE_KEY: &str = "l8xxcanary0f00d1111deadbeef222233334444";

fn parse(text: &str) -> Result<Config, Mistakes> {
    Config::parse(text, Path::new("almanac.toml"))
}

/// A complete file around `rest`.
fn with(rest: &str) -> String {
    format!("[consortium]\nname = \"C\"\ntimezone = \"America/New_York\"\n{rest}")
}

/// The one mistake of a file.
fn only_mistake(rest: &str) -> String {
    let mistakes = parse(&with(rest)).unwrap_err();
    assert_eq!(mistakes.list.len(), 1, "{mistakes}");
    mistakes.list[0].to_string()
}

#[test]
fn the_file_that_comes_with_almanac_is_right_and_needs_no_key() {
    let config = parse(PUBLIC).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let ids: Vec<&str> = config.watches.iter().map(|watch| watch.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "release-notes/alma",
            "release-notes/primo-ve",
            "release-notes/rapido",
            "api-definitions/alma"
        ]
    );
    assert!(config.institutions.is_empty());
    assert_eq!(config.store, Path::new("data/almanac.db"));
    let SourceSettings::ReleaseNotes(alma) = &config.watches[0].source else {
        panic!("release-notes/alma reads release notes")
    };
    assert_eq!(
        alma.pages,
        ["{knowledge_center}/Alma/Release_Notes/{year}/Alma_{year}_Release_Notes"]
    );
    assert_eq!(config.routes[0].min_severity, Severity::Notice);
}

#[test]
fn the_example_is_right_and_shows_all_kinds_of_library() {
    let config = parse(EXAMPLE).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    for kind in [
        InstitutionKind::ZoneMember,
        InstitutionKind::OwnAlma,
        InstitutionKind::Other,
    ] {
        assert!(
            config.institutions.iter().any(|institution| institution.kind == kind),
            "{kind:?}"
        );
    }
    let of = |source: SourceKind| config.watches.iter().filter(move |watch| watch.source.kind() == source);
    assert_eq!(
        of(SourceKind::AlmaPartners).count(),
        9,
        "one for each library with a key"
    );
    assert!(of(SourceKind::AlmaPartners).all(|watch| watch.essential));
    assert_eq!(of(SourceKind::AlmaLendingRequests).count(), 9);
    for source in [
        SourceKind::AlmaCodeTables,
        SourceKind::AlmaLetters,
        SourceKind::AlmaIntegrationProfiles,
        SourceKind::AlmaGeneral,
        SourceKind::AlmaLibraries,
        SourceKind::AlmaJobs,
    ] {
        assert_eq!(of(source).count(), 9, "{source}: one for each library with a key");
    }
    let members: Vec<&str> = of(SourceKind::Reciprocity).map(|watch| watch.id.as_str()).collect();
    assert_eq!(members, ["reciprocity/members"], "one for all libraries");
    let views: Vec<&str> = of(SourceKind::PrimoView).map(|watch| watch.id.as_str()).collect();
    assert!(views.contains(&"primo.view/01NEU_INST:NU") && views.contains(&"primo.view/01NEU_INST:NU_Olin"));
    assert_eq!(views.len(), 8, "libraries whose view is not known are passed over");
    let borrowing: Vec<&str> = of(SourceKind::AlmaBorrowingRequests)
        .map(|watch| watch.id.as_str())
        .collect();
    assert_eq!(
        borrowing,
        ["alma.borrowing-requests/01TUN_INST"],
        "each library has a report of its own"
    );
    let tufts = config.institution("01TUN_INST").unwrap();
    assert_eq!(
        tufts.gateway.as_ref().unwrap().as_str(),
        "https://api-na.hosted.exlibrisgroup.com/"
    );
    assert_eq!(tufts.quota_pool, "01TUN_INST");
}

#[test]
fn code_tables_are_named_as_alma_names_them() {
    let file = |tables: &str| {
        format!(
            "[[institution]]\ncode = \"A\"\nname = \"A\"\nkind = \"own-alma\"\nregion = \"na\"\napi_key = {{ env = \"K\" }}\n\
             [[watch]]\nsource = \"alma.code-tables\"\ninstitutions = [\"*\"]\nschedule = \"every 6h\"\ntables = {tables}\n"
        )
    };
    let config = parse(&with(&file(
        r#"["LevelOfService", "HItemLoan.processStatus", "LevelOfService"]"#,
    )))
    .unwrap();
    let SourceSettings::AlmaCodeTables(settings) = &config.watches[0].source else {
        panic!("alma.code-tables reads code tables")
    };
    assert_eq!(settings.tables, ["LevelOfService", "HItemLoan.processStatus"]);
    for wrong in ["../users", "a/b", "..", "Level of Service", ""] {
        let mistake = only_mistake(&file(&format!("[\"{wrong}\"]")));
        assert!(mistake.contains("tables"), "{mistake}");
    }
}

/// A file in which almost everything is wrong, as a librarian would read the answer.
#[test]
fn every_mistake_is_named_at_once() {
    let awful = r#"
[consortium]
name = "C"
timezone = "America/Bostn"

[server]
listen = "0.0.0.0:8787"

[exlibris]
knowledge_center = "http://knowledge.exlibrisgroup.com"
per_second = 0
timeout = 30

[[institution]]
code = "01TUN_INST"
name = "Tufts University"
kind = "own-alma"
region = "us"
api_key = "l8xxcanary0f00d1111deadbeef222233334444"
views = ["01TUN"]

[[institution]]
code = "01TUN_INST"
name = 5
kind = "member"

[[institution]]
code = "BPL"
name = "Boston Public Library"
kind = "other"

[[institution]]
code = "01BC_INST"
name = "Boston College"
kind = "own-alma"
gateway = "http://api-na.hosted.exlibrisgroup.com"
api_key = { env = "l8xxcanary0f00d1111deadbeef222233334444" }

[[watch]]
source = "alma.partner"
institutions = ["*"]
schedule = "0 */6 * * *"

[[watch]]
source = "alma.partners"
institutions = ["01TUN_INST", "BPL", "01TUNINST"]
schedule = "0 0 31 2 *"
tolerance = 0

[[watch]]
source = "release-notes"
subject = "alma"
product = "Alma"
pages = ["{knowledge_centre}/Alma/{year}", "Alma_Release_Notes"]
schedule = "0 0 7 * * *"
institutions = ["*"]

[[watch]]
source = "release-notes"
subject = "alma"
schedule = "every 1h"
shedule = "every 1h"

[[channel]]
name = "ops"
type = "webhok"

[[channel]]
name = "ops"
type = "webhook"
url = "http://127.0.0.1:9000/hook"
secret = "l8xxcanary0f00d1111deadbeef222233334444"

[[route]]
channel = "opps"
topics = ["resource-sharin"]
kinds = ["partner.gone"]
min_severity = "high"
institutions = ["01BC_INST", "01MIT_INST"]
when = "hourly"
non_alma = "yes"

[[event]]
kind = "partner.removed"

[watcher]
"#;
    let mistakes = parse(awful).unwrap_err();
    let told = mistakes.to_string();
    assert!(!told.contains("canary"), "a key is repeated");
    insta::assert_snapshot!(told, @r#"
    There are 39 mistakes in almanac.toml:
    almanac.toml:4: consortium, timezone: "America/Bostn" is not a time zone. Write a name of the IANA list, for example "America/New_York".
    almanac.toml:7: server, listen: this address would let other computers read everything, for there is no sign-in yet. Write listen = "127.0.0.1:8787", and reach it from elsewhere by an SSH tunnel.
    almanac.toml:10: exlibris, knowledge_center: plain http would show what is sent to everyone on the way. Write https:// (http:// is allowed to 127.0.0.1, ::1 and localhost only).
    almanac.toml:11: exlibris, per_second: this number is too small or too large. Write a number above 0 and up to 1000, without quotes.
    almanac.toml:12: exlibris: the key "timeout" is not known. Write timeout_seconds if that is what you mean.
    almanac.toml:18: institution 1 (01TUN_INST), region: "us" is not known here. Write "na", "eu", "ap", "aps", "ca" or "cn".
    almanac.toml:19: institution 1 (01TUN_INST), api_key: a secret never stands in this file, which is copied and shared. Take it out, ask for a new one if others have seen it, and write where it is kept: api_key = { env = "NAME_OF_A_VARIABLE" } or api_key = { file = "/run/secrets/name" }.
    almanac.toml:20: institution 1 (01TUN_INST), views: "01TUN" is not a Primo view. Write INSTITUTION:VIEW, for example "01TUN_INST:01TUN".
    almanac.toml:23: institution 2 (01TUN_INST), code: "01TUN_INST" is already given in institution 1 (01TUN_INST). Take one of the two out, or rename it.
    almanac.toml:24: institution 2 (01TUN_INST), name: text belongs here, not a number. Write it in quotes: name = "…".
    almanac.toml:25: institution 2 (01TUN_INST), kind: "member" is not known here. Write "zone-member", "own-alma", "other" or "zone".
    almanac.toml:36: institution 4 (01BC_INST), gateway: plain http would show what is sent to everyone on the way. Write https:// (http:// is allowed to 127.0.0.1, ::1 and localhost only).
    almanac.toml:37: institution 4 (01BC_INST), api_key, env: this is not the name of an environment variable. Write the name of an environment variable in capitals, digits and underscores, for example { env = "ALMANAC_KEY_TUFTS" }.
    almanac.toml:40: watch 1 (alma.partner), source: "alma.partner" is not known here. Write "alma.partners" if that is what you mean.
    almanac.toml:46: watch 2 (alma.partners), institutions: "BPL" has no API key and region, which alma.partners needs. Write api_key and region into its [[institution]], or take it out here.
    almanac.toml:46: watch 2 (alma.partners), institutions: there is no institution "01TUNINST". Write "01TUN_INST" if that is what you mean.
    almanac.toml:47: watch 2 (alma.partners), schedule: this day never comes (the month has no such day). Write a day that the month has, or "L" for the last day of the month.
    almanac.toml:48: watch 2 (alma.partners), tolerance: this number is too small or too large. Write a whole number from 1 to 1000, without quotes.
    almanac.toml:54: watch 3 (release-notes), pages: the placeholder "{knowledge_centre}" is not known. Write {knowledge_center} if that is what you mean.
    almanac.toml:54: watch 3 (release-notes), pages: this is not a web address. Write the whole address, for example "https://knowledge.exlibrisgroup.com".
    almanac.toml:55: watch 3 (release-notes), schedule: 6 fields were given; Almanac's schedules have no field for seconds and none for years. Write five fields (minute hour day-of-month month day-of-week), for example "0 */6 * * *", or an interval such as "every 15m", "every 6h" or "every 1d".
    almanac.toml:56: watch 3 (release-notes): institutions means nothing for release notes, which are public. Take it out.
    almanac.toml:58: watch 4 (release-notes): pages is missing. Write pages = ["{knowledge_center}/Alma/Release_Notes/{year}/Alma_{year}_Release_Notes"].
    almanac.toml:58: watch 4 (release-notes): product is missing. Write product = "Alma".
    almanac.toml:60: watch 4 (release-notes), subject: "release-notes/alma" is already given in watch 3 (release-notes). Take one of the two out, or rename it.
    almanac.toml:62: watch 4 (release-notes): the key "shedule" is not known. Write schedule if that is what you mean.
    almanac.toml:66: channel 1 (ops), type: "webhok" is not known here. Write "webhook" if that is what you mean.
    almanac.toml:69: channel 2 (ops), name: "ops" is already given in channel 1 (ops). Take one of the two out, or rename it.
    almanac.toml:71: channel 2 (ops), url: the address leads to this computer. Write allow_private = true as well if that is meant.
    almanac.toml:72: channel 2 (ops), secret: a secret never stands in this file, which is copied and shared. Take it out, ask for a new one if others have seen it, and write where it is kept: secret = { env = "NAME_OF_A_VARIABLE" } or secret = { file = "/run/secrets/name" }.
    almanac.toml:75: route 1 (opps), channel: there is no channel named "opps". Write "ops" if that is what you mean.
    almanac.toml:76: route 1 (opps), topics: "resource-sharin" is not known here. Write "resource-sharing" if that is what you mean.
    almanac.toml:77: route 1 (opps), kinds: "partner.gone" is not known here. Write "partner.added", "partner.removed", "partner.returned", "partner.activated", "partner.deactivated", "partner.changed", "switch.appeared", "switch.turned_on", "switch.turned_off", "switch.changed", "scope.added", "scope.removed", "release.live", "feature.announced", "feature.revised", "feature.rescheduled", "feature.withdrawn", "reciprocity.broken", "reciprocity.mended", "request.status_changed", "requests.ageing", "requests.ageing_cleared", "job.failed", "job.missed", "library.changed", "api.changed", "watch.failing", "watch.recovered", "quota.low" or "delivery.dead".
    almanac.toml:78: route 1 (opps), min_severity: "high" is not known here. Write "info", "notice", "warning" or "critical".
    almanac.toml:79: route 1 (opps), institutions: there is no institution "01MIT_INST". Write the code of an [[institution]] of this file.
    almanac.toml:80: route 1 (opps), when: this time for telling is not known. Write "at-once", "daily 08:00", "weekly mon 08:00" or "monthly 1 08:00".
    almanac.toml:81: route 1 (opps), non_alma: true or false belongs here, not text. Write non_alma = true or non_alma = false, without quotes.
    almanac.toml:83: event 1 (partner.removed): neither a severity nor topics are given, so that nothing would change. Write severity = "…" or topics = ["…"].
    almanac.toml:86: the file: the key "watcher" is not known. Write watch if that is what you mean.
    "#);
}

#[test]
fn a_broken_line_is_named_without_repeating_it_and_the_rest_is_still_checked() {
    let text = format!(
        "[consortium]\nname = \"C\"\ntimezone = \"Mars\"\n[[institution]]\napi_key = {INLINE_KEY}\nkind = \"x\"\n"
    );
    let told = parse(&text).unwrap_err().to_string();
    assert!(!told.contains("canary"), "{told}");
    insta::assert_snapshot!(told, @r#"
    There are 3 mistakes in almanac.toml:
    almanac.toml:3: consortium, timezone: "Mars" is not a time zone. Write a name of the IANA list, for example "America/New_York".
    almanac.toml:5: the file: this line cannot be read (string values must be quoted, expected literal string). Correct the line; text stands in quotes, lists in [ ].
    almanac.toml:6: institution 1, kind: "x" is not known here. Write "zone-member", "own-alma", "other" or "zone".
    "#);
}

#[test]
fn an_inline_key_is_refused_wherever_it_stands_and_never_repeated() {
    let library = "[[institution]]\ncode = \"A\"\nname = \"A\"\nkind = \"own-alma\"\n";
    let alma = format!("{library}region = \"na\"\n");
    for place in [
        format!("{alma}api_key = \"{INLINE_KEY}\""),
        format!("{alma}api_key = [\"{INLINE_KEY}\"]"),
        format!("{alma}api_key = {{ env = \"{INLINE_KEY}\" }}"),
        format!("{alma}api_key = {{ file = \"{INLINE_KEY}\" }}"),
        format!("{alma}api_key = {{ value = \"{INLINE_KEY}\" }}"),
        format!("{alma}webhook_secret = \"{INLINE_KEY}\""),
        format!("{alma}webhook_secret = {{ env = \"{INLINE_KEY}\" }}"),
        format!("{alma}apikey = \"{INLINE_KEY}\""),
        format!("{alma}{INLINE_KEY} = \"x\""),
        format!("{library}region = \"{INLINE_KEY}\""),
        format!("{library}gateway = \"https://h.example/?apikey={INLINE_KEY}\""),
        format!("{library}views = [\"{INLINE_KEY}\"]"),
        format!("[[channel]]\nname = \"{INLINE_KEY}\"\ntype = \"{INLINE_KEY}\""),
        format!("[[channel]]\nname = \"ops\"\ntype = \"webhook\"\nurl = \"http://user:{INLINE_KEY}@h.example/\""),
        format!(
            "[[channel]]\nname = \"ops\"\ntype = \"webhook\"\nurl = \"https://h.example/\"\nsecret = '''\n{INLINE_KEY}'''"
        ),
        format!("[[route]]\nchannel = \"{INLINE_KEY}\"\nwhen = \"{INLINE_KEY}\""),
        format!("[[watch]]\nsource = \"{INLINE_KEY}\"\nschedule = \"{INLINE_KEY}\""),
        INLINE_KEY.to_owned(),
        format!("api_key = \"{INLINE_KEY}"),
    ] {
        let mistakes = parse(&with(&place)).unwrap_err();
        assert!(!format!("{mistakes} {mistakes:?}").contains("canary"), "{mistakes}");
    }
}

#[test]
fn a_webhook_secret_without_an_alma_is_a_mistake() {
    for library in [
        "kind = \"other\"\nwebhook_secret = { env = \"HOOK\" }",
        "kind = \"own-alma\"\nviews = [\"A:V\"]\nwebhook_secret = { env = \"HOOK\" }",
    ] {
        let text = with(&format!("[[institution]]\ncode = \"A\"\nname = \"A\"\n{library}\n"));
        let told = parse(&text).unwrap_err().to_string();
        let wrong = "institution 1 (A): a secret for Alma's webhooks is given, but not where its Alma is. Write region";
        assert!(
            told.contains(wrong) && told.contains("take webhook_secret out"),
            "{told}"
        );
    }
}

/// One of every key; each arrives where it belongs.
#[test]
fn what_the_file_says_is_what_the_settings_hold() {
    let text = r#"
[store]
path = "/var/lib/almanac/history.db"
[server]
listen = "127.0.0.1:9090"
[exlibris]
developer_network = "https://developers.example.org"
status = "https://status.example.org"
contact = "systems@example.org"
daily_budget = 7
quota_floor = 0
timeout_seconds = 5
[[institution]]
code = "01AAA_INST"
name = "Library A"
kind = "zone-member"
region = "cn"
api_key = { file = "/run/secrets/a" }
webhook_secret = { env = "ALMANAC_WEBHOOK_A" }
views = ["01AAA_INST:A"]
aliases = ["AAA", "A:1"]
zone = "01ZZZ_NETWORK"
joined = 2019
left = "2024-06"
former_codes = ["01OLD"]
quota_pool = "shared"
per_second = 0.5
daily_budget = 100
[[watch]]
source = "primo.view"
institutions = ["01AAA_INST"]
door = "gateway"
schedule = "0 */6 * * *"
essential = true
tolerance = 5
[[watch]]
source = "alma.libraries"
institutions = ["01AAA_INST"]
days_ahead = 90
schedule = "every 1d"
[[watch]]
source = "alma.jobs"
institutions = ["01AAA_INST"]
jobs = ["Hold Shelf"]
schedule = "every 6h"
[[watch]]
source = "release-notes"
subject = "old-alma"
product = "Alma"
pages = ["{static_docs}/alma/Release_Notes/{year}/index.html"]
parser = "static"
layout = "per-area"
schedule = "every 1d"
[[channel]]
name = "ops"
type = "webhook"
url = { env = "OPS_URL" }
secret = { env = "OPS_SECRET" }
[[route]]
channel = "ops"
topics = ["resource-sharing"]
kinds = ["partner.removed", "feature.announced"]
institutions = ["01AAA_INST"]
products = ["Alma"]
non_alma = true
min_severity = "warning"
when = "monthly 28 23:59"
[[route]]
channel = "ops"
[[event]]
kind = "partner.removed"
severity = "critical"
topics = []
"#;
    let config = parse(&with(text)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(config.timezone, chrono_tz::America::New_York);
    assert_eq!(config.listen.port(), 9090);
    assert_eq!((config.exlibris.daily_budget, config.exlibris.quota_floor), (7, 0));
    assert_eq!(config.exlibris.contact.as_deref(), Some("systems@example.org"));

    let library = config.institution("01AAA_INST").unwrap();
    assert_eq!(
        library.gateway.as_ref().unwrap().host_str(),
        Some("api-cn.hosted.exlibrisgroup.com.cn")
    );
    assert_eq!(library.api_key, Some(SecretRef::File("/run/secrets/a".into())));
    assert_eq!(
        library.webhook_secret,
        Some(SecretRef::Env("ALMANAC_WEBHOOK_A".to_owned()))
    );
    assert_eq!(library.aliases, ["AAA", "A:1"]);
    assert_eq!(
        (library.zone.as_deref(), library.quota_pool.as_str()),
        (Some("01ZZZ_NETWORK"), "shared")
    );
    assert_eq!(
        (library.joined.as_deref(), library.left.as_deref()),
        (Some("2019"), Some("2024-06"))
    );
    assert_eq!((library.per_second, library.daily_budget), (Some(0.5), Some(100)));
    assert_eq!(library.former_codes, ["01OLD"]);

    let view = config.watch(&WatchId::from_text("primo.view/01AAA_INST:A")).unwrap();
    assert!(view.essential && view.tolerance == 5 && view.schedule.text() == "0 */6 * * *");
    assert!(matches!(&view.source, SourceSettings::PrimoView(settings) if settings.door == PrimoDoor::Gateway));
    let settings_of = |id: &str| &config.watch(&WatchId::from_text(id)).unwrap().source;
    let libraries = settings_of("alma.libraries/01AAA_INST");
    assert!(matches!(libraries, SourceSettings::AlmaLibraries(settings) if settings.days_ahead == 90));
    let jobs = settings_of("alma.jobs/01AAA_INST");
    assert!(matches!(jobs, SourceSettings::AlmaJobs(settings) if settings.jobs == ["Hold Shelf"]));
    let SourceSettings::ReleaseNotes(notes) = settings_of("release-notes/old-alma") else {
        panic!("release-notes/old-alma reads release notes")
    };
    assert_eq!(
        (notes.parser, notes.layout),
        (ReleaseNotesParser::Static, ReleaseNotesLayout::PerArea)
    );

    let ChannelKind::Webhook(webhook) = &config.channels[0].kind else {
        panic!("ops is a webhook")
    };
    assert!(matches!(&webhook.url, UrlSource::Secret(SecretRef::Env(name)) if name == "OPS_URL"));
    assert!(!webhook.allow_private);
    let route = &config.routes[0];
    assert_eq!(route.kinds, [EventKind::PartnerRemoved, EventKind::FeatureAnnounced]);
    assert_eq!((route.non_alma, route.min_severity), (Some(true), Severity::Warning));
    assert_eq!(
        route.when,
        schedule::When::Monthly(28, schedule::TimeOfDay { hour: 23, minute: 59 })
    );
    assert_eq!(
        (config.routes[1].min_severity, config.routes[1].when),
        (Severity::Info, schedule::When::AtOnce)
    );
    assert_eq!(config.event_overrides[0].severity, Some(Severity::Critical));
    assert_eq!(config.event_overrides[0].topics.as_deref(), Some([].as_slice()));
}

#[test]
fn a_star_passes_over_who_lacks_something_but_a_name_does_not() {
    let libraries = r#"
[[institution]]
code = "A"
name = "A"
kind = "own-alma"
region = "eu"
api_key = { env = "KEY_A" }
[[institution]]
code = "B"
name = "B"
kind = "own-alma"
views = ["B:V1", "B:V2"]
primo_host = "https://b.primo.example.org"
[[watch]]
schedule = "every 1h"
"#;
    let config = parse(&with(&format!(
        "{libraries}source = \"alma.partners\"\ninstitutions = [\"*\", \"A\"]"
    )))
    .unwrap();
    assert_eq!(config.watches.len(), 1);
    assert_eq!(config.watches[0].id.as_str(), "alma.partners/A");
    assert_eq!(config.watches[0].tolerance, 3);

    let views = format!("{libraries}source = \"primo.view\"\ninstitutions = [\"B\"]\nviews = [\"B:V2\"]");
    let config = parse(&with(&views)).unwrap();
    assert_eq!(config.watches.len(), 1);
    assert_eq!(config.watches[0].id.as_str(), "primo.view/B:V2");
    assert_eq!(config.watches[0].institution.as_deref(), Some("B"));

    let lacks = |rest: &str| only_mistake(&format!("{libraries}{rest}"));
    assert!(lacks("source = \"alma.partners\"\ninstitutions = [\"B\"]").contains("no API key and region"));
    assert!(lacks("source = \"primo.view\"\ninstitutions = [\"A\"]").contains("no Primo views"));
    assert!(
        lacks("source = \"primo.view\"\ninstitutions = [\"B\"]\ndoor = \"gateway\"").contains("door = \"gateway\"")
    );
    assert!(lacks("source = \"primo.view\"\ninstitutions = [\"*\"]\nviews = [\"B:V3\"]").contains("Write \"B:V"));
    assert!(lacks("source = \"alma.partners\"").contains("institutions is missing"));
    assert!(lacks("source = \"alma.partners\"\ninstitutions = []").contains("no institution is given"));
}

#[test]
fn the_same_watch_twice_is_a_mistake_that_names_the_first() {
    let watch = "[[watch]]\nsource = \"release-notes\"\nsubject = \"alma\"\nproduct = \"Alma\"\nschedule = \"every 1h\"\n\
                 pages = [\"https://example.org/{year}\"]\n";
    let told = only_mistake(&format!("{watch}{watch}"));
    assert!(
        told.contains("\"release-notes/alma\" is already given in watch 1"),
        "{told}"
    );
}

#[test]
fn addresses_of_stand_ins_on_this_computer_may_be_plain() {
    let config = parse(&with(
        r#"
[exlibris]
knowledge_center = "http://127.0.0.1:9000/kc/"
static_docs = "http://[::1]:9000"
per_second = 2.5
[server]
listen = "[::1]:0"
[[institution]]
code = "A"
name = "A"
kind = "own-alma"
gateway = "http://localhost:9000"
joined = 2019-07-01
left = "2020"
[[channel]]
name = "hook"
type = "webhook"
url = "http://127.0.0.1:9000/hook"
allow_private = true
[[channel]]
name = "inside"
type = "webhook"
url = "http://apprise.internal:8000/notify"
allow_private = true
[[watch]]
source = "release-notes"
subject = "alma"
product = "Alma"
pages = ["{knowledge_center}/Alma/{year}"]
schedule = "every 5s"
"#,
    ))
    .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(config.exlibris.per_second, 2.5);
    assert_eq!(config.institutions[0].joined.as_deref(), Some("2019-07-01"));
    assert_eq!(config.exlibris.timeout, Duration::from_secs(30));
    assert_eq!(config.exlibris.daily_budget, 20_000);
}

#[cfg(unix)]
#[test]
fn loading_looks_at_files_with_secrets_but_not_for_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let file = folder.path().join("almanac.toml");
    let institution = format!(
        "[[institution]]\ncode = \"A\"\nname = \"A\"\nkind = \"own-alma\"\nregion = \"na\"\napi_key = {{ file = \"{}\" }}\n",
        key.display()
    );
    std::fs::write(&file, with(&institution)).unwrap();
    assert!(Config::load(&file).is_ok(), "a missing secret is no mistake");

    std::fs::write(&key, INLINE_KEY).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = Config::load(&file).unwrap_err().to_string();
    assert!(
        told.contains("almanac.toml:9: institution 1 (A), api_key: the file "),
        "{told}"
    );
    assert!(told.contains("Run: chmod 600") && !told.contains("canary"), "{told}");

    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Config::load(&file).is_ok());
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let told = Config::load(Path::new("no/such/almanac.toml")).unwrap_err().to_string();
    assert!(
        told.contains("there is no such file") && told.contains("--config FILE"),
        "{told}"
    );
}

/// Every table of the schema, and every key in it, is known to the reader, and the reader knows no other.
#[test]
fn schema_and_reader_know_the_same_keys() {
    let unknown = "zzzzzzzzzzzzzzzz = 1";
    let probes = [
        ("", format!("{unknown}\n")),
        ("consortium", format!("[consortium]\n{unknown}")),
        ("store", format!("[store]\n{unknown}")),
        ("server", format!("[server]\n{unknown}")),
        ("exlibris", format!("[exlibris]\n{unknown}")),
        ("institution", format!("[[institution]]\n{unknown}")),
        ("watch", format!("[[watch]]\n{unknown}")),
        (
            "reportcolumns",
            format!("[[watch]]\nsource = \"alma.borrowing-requests\"\n[watch.columns]\n{unknown}"),
        ),
        ("channel", format!("[[channel]]\n{unknown}")),
        ("route", format!("[[route]]\n{unknown}")),
        ("event", format!("[[event]]\n{unknown}")),
    ];
    let schema = file::keys_by_table();
    for (table, text) in probes {
        let mistakes = parse(&text).unwrap_err();
        let instead = mistakes
            .list
            .iter()
            .find(|mistake| mistake.wrong.contains("zzzz"))
            .map(|mistake| mistake.instead.clone())
            .unwrap();
        let names = instead
            .strip_prefix("Take it out; known here are ")
            .unwrap()
            .replace(" or ", ", ");
        let names: Vec<String> = names.split(", ").map(str::to_owned).collect();
        assert_eq!(names, schema[table], "[{table}]");
    }
}

#[test]
fn both_files_have_the_shape_of_the_schema() {
    for text in [PUBLIC, EXAMPLE] {
        file::deserialize(text).unwrap();
    }
}

#[test]
fn the_committed_schema_is_fresh() {
    let fresh = format!("{:#}\n", json_schema());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/schema.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "run: cargo run -- config schema > config/schema.json"
    );
}

#[test]
fn days_ahead_are_thirty_unless_the_file_says_otherwise_and_never_more_than_a_year() {
    let text = |days: &str| {
        with(&format!(
            "[[institution]]\ncode = \"01AAA_INST\"\nname = \"A\"\nkind = \"own-alma\"\nregion = \"na\"\n\
             api_key = {{ env = \"A\" }}\n[[watch]]\nsource = \"alma.libraries\"\ninstitutions = [\"*\"]\n\
             schedule = \"every 1d\"\n{days}"
        ))
    };
    let config = parse(&text("")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(matches!(&config.watches[0].source, SourceSettings::AlmaLibraries(settings) if settings.days_ahead == 30));
    for wrong in [
        "days_ahead = 0",
        "days_ahead = 366",
        "days_ahead = \"30\"",
        "jobs = [\"Claim\"]",
    ] {
        let mistakes = parse(&text(wrong)).unwrap_err();
        assert_eq!(mistakes.list.len(), 1, "{mistakes}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever becomes of a file in an editor, it is read or refused with at least one mistake inside it.
    #[test]
    fn no_text_is_too_wrong_to_be_answered(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..40, "[\\[\\]{}=\"'.#a-z0-9é\n ]{0,6}"), 1..8),
    ) {
        let mut text = EXAMPLE.to_owned();
        for (place, length, insert) in cuts {
            let start = text.floor_char_boundary(place.index(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &insert);
        }
        if let Err(mistakes) = parse(&text) {
            prop_assert!(!mistakes.list.is_empty());
            let lines = text.lines().count() + 1;
            prop_assert!(mistakes.list.iter().all(|mistake| (1..=lines).contains(&mistake.line)));
        }
    }

    #[test]
    fn any_text_at_all_is_answered(text in "\\PC{0,200}") {
        prop_assert!(parse(&text).is_err());
    }
}

#[test]
fn thresholds_take_the_place_of_the_usual_ones() {
    let usual = parse(&with("")).unwrap().ageing;
    let config = parse(&with(
        "[[ageing]]\nside = \"borrowing\"\nstatus = \"READY_TO_SEND\"\nolder_than = \"36h\"\n\
         [[ageing]]\nside = \"lending\"\nstatus = \"LOCATE_FAILED\"\noff = true\n\
         [[ageing]]\nside = \"lending\"\nstatus = \"OUR_OWN_STEP\"\nolder_than = \"1w\"\nrequests = 1\n",
    ))
    .unwrap();
    assert_eq!(config.ageing.len(), usual.len());
    let of = |status: &str, side: Side| {
        let mut found = config
            .ageing
            .iter()
            .filter(|each| each.status == status && each.side == side);
        found.next().cloned()
    };
    let sent = of("READY_TO_SEND", Side::Borrowing).unwrap();
    assert_eq!((sent.older_than, sent.requests), (Duration::from_hours(36), 3));
    assert_eq!(of("LOCATE_FAILED", Side::Lending), None);
    assert_eq!(of("OUR_OWN_STEP", Side::Lending).unwrap().requests, 1);
}

#[test]
fn a_wrong_threshold_is_named_with_its_remedy() {
    insta::assert_snapshot!(only_mistake("[[ageing]]\nside = \"lending\"\nstatus = \"LOCATE_FAILD\"\nolder_than = \"2d\"\n"), @r#"line 6: ageing 1 (LOCATE_FAILD), status: no status has the code "LOCATE_FAILD". Write "LOCATE_FAILED" if that is what you mean."#);
    insta::assert_snapshot!(only_mistake("[[ageing]]\nside = \"lending\"\nstatus = \"LOCATE_FAILED\"\nolder_than = \"two days\"\n"), @r#"line 7: ageing 1 (LOCATE_FAILED), older_than: "two days" is not a length of time up to 90 days. Write a number of minutes, hours, days or weeks: older_than = "30m", "36h", "2d" or "1w"."#);
    insta::assert_snapshot!(only_mistake("[[ageing]]\nside = \"lending\"\nstatus = \"OUR_OWN_STEP\"\n"), @r#"line 4: ageing 1 (OUR_OWN_STEP): older_than is missing. Write older_than = "2d"."#);
    insta::assert_snapshot!(only_mistake("[[ageing]]\nside = \"lending\"\nstatus = \"LOCATE_FAILED\"\n[[ageing]]\nside = \"lending\"\nstatus = \"LOCATE_FAILED\"\n"), @r#"line 9: ageing 2 (LOCATE_FAILED), status: "lending LOCATE_FAILED" is already given in ageing 1 (LOCATE_FAILED). Take one of the two out, or rename it."#);
}

#[test]
fn the_example_lists_the_usual_thresholds() {
    for usual in parse(&with("")).unwrap().ageing {
        let listed = EXAMPLE
            .lines()
            .any(|line| line.starts_with("#  ") && line.trim_end_matches(',').contains(usual.status.as_str()));
        assert!(listed, "{}", usual.status);
    }
}

#[test]
fn api_definitions_need_a_subject_and_have_a_default_for_the_rest() {
    let file = |rest: &str| format!("[[watch]]\nsource = \"api-definitions\"\nschedule = \"0 6 * * *\"\n{rest}\n");
    let settings = |rest: &str| {
        let config = parse(&with(&file(rest))).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(config.watches[0].id.as_str(), "api-definitions/alma");
        assert_eq!(config.watches[0].institution, None);
        match config.watches[0].source.clone() {
            SourceSettings::ApiDefinitions(settings) => settings,
            other => panic!("{other:?}"),
        }
    };
    let plain = settings("subject = \"alma\"");
    assert_eq!((plain.product.as_str(), plain.address), ("Alma", None));
    assert!(plain.areas.is_empty(), "all of Alma's areas");
    let own = settings(
        "subject = \"alma\"\nproduct = \"Alma sandbox\"\nareas = [\"partners\", \"users\", \"partners\"]\n\
         address = \"{developer_network}/beta/{area}.json\"",
    );
    assert_eq!(own.product, "Alma sandbox");
    assert_eq!(own.areas, ["partners", "users"]);
    assert_eq!(own.address.as_deref(), Some("{developer_network}/beta/{area}.json"));

    let mistake = |rest: &str| only_mistake(&file(&format!("subject = \"alma\"\n{rest}")));
    insta::assert_snapshot!(only_mistake(&file("")), @r#"line 4: watch 1 (api-definitions): subject is missing. Write subject = "alma" (the watch is then called api-definitions/alma)."#);
    insta::assert_snapshot!(mistake("areas = [\"../conf\"]"), @r#"line 8: watch 1 (api-definitions), areas: "../conf" is no name of an area. Write it as the addresses of the Developer Network have it, for example "partners"."#);
    insta::assert_snapshot!(mistake("address = \"{developer_netwrk}/{area}.json\""), @r#"line 8: watch 1 (api-definitions), address: the placeholder "{developer_netwrk}" is not known. Write {developer_network} if that is what you mean."#);
    insta::assert_snapshot!(mistake("address = \"{developer_network}/conf.json\""), @r#"line 8: watch 1 (api-definitions), address: the address does not say where the area stands in it. Write {area} in its place."#);
    insta::assert_snapshot!(mistake("address = \"ftp://example.org/{area}.json\""), @r#"line 8: watch 1 (api-definitions), address: this is not a web address. Write the whole address, for example "https://knowledge.exlibrisgroup.com"."#);
    insta::assert_snapshot!(mistake("institutions = [\"*\"]"), @r#"line 8: watch 1 (api-definitions): institutions means nothing for API definitions, which are public. Take it out."#);
    insta::assert_snapshot!(mistake("pages = [\"https://example.org\"]"), @r#"line 8: watch 1 (api-definitions): pages means nothing for api-definitions. Take it out."#);
    insta::assert_snapshot!(mistake("views = [\"A:B\"]"), @r#"line 8: watch 1 (api-definitions): views means nothing for api-definitions. Take it out."#);
    let elsewhere = "[[watch]]\nsource = \"release-notes\"\nsubject = \"alma\"\nproduct = \"Alma\"\nschedule = \"every 1h\"\n\
                     pages = [\"https://example.org/{year}\"]\nareas = [\"conf\"]\n";
    insta::assert_snapshot!(only_mistake(elsewhere), @r#"line 10: watch 1 (release-notes): areas means nothing for release notes. Take it out."#);
}
