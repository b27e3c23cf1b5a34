//! The `[[watch]]` tables: one watch a subject, for the subjects that have what the source needs.

mod alma;
mod api_definitions;

use std::collections::BTreeMap;

use url::Url;

use super::address::web_address;
use super::check::{names, unique};
use super::institutions::{Member, is_view, known_institution};
use super::mistake::{nearest, shown, two_sentences};
use super::reader::{Found, Table};
use super::schedule::Schedule;
use super::{
    ExLibrisSettings, Institution, PrimoDoor, PrimoViewSettings, ReleaseNotesLayout, ReleaseNotesParser,
    ReleaseNotesSettings, SourceSettings, Watch,
};
use crate::model::watch::{SourceKind, WatchId};

/// Polls in a row that may fail before it is told, where the file does not say.
const TOLERANCE: u64 = 3;
/// Nobody means more than this.
const HIGHEST_TOLERANCE: u64 = 1000;
/// A product's notes stand on one page a year; a handful of addresses covers every layout.
const MOST_PAGES: usize = 50;
/// Some hundred libraries with several views each stay below this; more is a slip that would flood Ex Libris.
const MOST_WATCHES: usize = 5_000;

const FOR_RELEASE_NOTES: [&str; 5] = ["subject", "product", "pages", "parser", "layout"];
const FOR_INSTITUTIONS: [&str; 1] = ["institutions"];
const FOR_VIEWS: [&str; 2] = ["views", "door"];
const FOR_API_DEFINITIONS: [&str; 2] = ["areas", "address"];

/// What all watches of one table have in common.
struct Common {
    schedule: Option<Schedule>,
    essential: bool,
    tolerance: u32,
}

/// All watches of the file, expanded.
pub(super) fn watches(root: &Table, members: &[Member], exlibris: Option<&ExLibrisSettings>) -> Vec<Watch> {
    let mut known = BTreeMap::new();
    let mut watches = Vec::new();
    for table in root.tables("watch", "source") {
        if !table.has("source") {
            table.missing(
                "source",
                "\"release-notes\", \"alma.partners\", \"primo.view\" or another",
            );
        }
        let source = table.choice("source", &names(&SourceKind::ALL, SourceKind::name), SourceKind::named);
        let common = common(&table);
        let subjects = match source.as_ref().map(|source| source.value) {
            Some(SourceKind::ReleaseNotes) => release_notes(&table, exlibris).into_iter().collect(),
            Some(SourceKind::PrimoView) => primo_view(&table, members),
            Some(SourceKind::ApiDefinitions) => api_definitions::subject(&table, exlibris).into_iter().collect(),
            Some(kind) => alma::subjects(&table, members, kind),
            None => {
                let public = FOR_RELEASE_NOTES.iter().chain(&FOR_API_DEFINITIONS);
                for key in public.chain(&FOR_INSTITUTIONS).chain(&FOR_VIEWS) {
                    table.has(key);
                }
                alma::without_source(&table);
                Vec::new()
            }
        };
        table.done();
        for subject in subjects {
            let kind = subject.source.kind();
            let id = WatchId::new(kind, &subject.name.value);
            let named = Found {
                value: id.as_str().to_owned(),
                at: subject.name.at,
            };
            if !unique(&table, subject.key, &named, &mut known) {
                continue;
            }
            if watches.len() == MOST_WATCHES {
                let wrong = format!("there are more than {MOST_WATCHES} watches");
                table
                    .reader
                    .mistake(table.at, &table.place, wrong, "Name fewer institutions or views");
                return watches;
            }
            // Without a schedule there is a mistake, and nobody sees this watch.
            if let Some(schedule) = &common.schedule {
                watches.push(Watch {
                    id,
                    source: subject.source,
                    institution: subject.institution,
                    schedule: schedule.clone(),
                    essential: common.essential,
                    tolerance: common.tolerance,
                });
            }
        }
    }
    watches
}

/// One subject of a table, and the key that named it.
struct Subject {
    name: Found<String>,
    key: &'static str,
    institution: Option<String>,
    source: SourceSettings,
}

fn common(table: &Table) -> Common {
    let schedule = table
        .required_text("schedule", "\"0 */6 * * *\" (five-field cron) or \"every 6h\"")
        .and_then(|text| {
            Schedule::parse(&text.value)
                .map_err(|sentence| {
                    let (wrong, instead) = two_sentences(&sentence);
                    table.wrong("schedule", text.at, wrong, instead);
                })
                .ok()
        });
    let tolerance = table.whole("tolerance", 1, HIGHEST_TOLERANCE).unwrap_or(TOLERANCE);
    Common {
        schedule,
        essential: table.flag("essential").unwrap_or(false),
        tolerance: u32::try_from(tolerance).unwrap_or(u32::MAX),
    }
}

fn release_notes(table: &Table, exlibris: Option<&ExLibrisSettings>) -> Option<Subject> {
    table.without_meaning(&FOR_INSTITUTIONS, "release notes, which are public");
    table.without_meaning(&FOR_VIEWS, "release notes");
    alma::without_meaning_for(table, "release notes");
    table.without_meaning(&FOR_API_DEFINITIONS, "release notes");
    let subject = subject_name(table, "\"alma\" (the watch is then called release-notes/alma)");
    let product = table.required_text("product", "\"Alma\"");
    let pages = table.texts("pages");
    const PAGE: &str = "[\"{knowledge_center}/Alma/Release_Notes/{year}/Alma_{year}_Release_Notes\"]";
    if !table.has("pages") {
        table.missing("pages", PAGE);
    } else if pages.is_empty() && table.is_list("pages") {
        table.wrong(
            "pages",
            table.at("pages"),
            "no page is given",
            format!("Write pages = {PAGE}"),
        );
    }
    if pages.len() > MOST_PAGES {
        let wrong = format!("more than {MOST_PAGES} pages are given");
        table.wrong(
            "pages",
            table.at("pages"),
            wrong,
            "Write {year} instead of one address a year",
        );
    }
    for page in &pages {
        if let Err((wrong, instead)) = check_address(&page.value, &placeholders(exlibris)) {
            table.wrong("pages", page.at, wrong, instead);
        }
    }
    let parser = table.choice(
        "parser",
        &["auto", "mindtouch", "mindtouch-api", "static"],
        |name| match name {
            "auto" => Some(ReleaseNotesParser::Auto),
            "mindtouch" => Some(ReleaseNotesParser::Mindtouch),
            "mindtouch-api" => Some(ReleaseNotesParser::MindtouchApi),
            "static" => Some(ReleaseNotesParser::Static),
            _ => None,
        },
    );
    let layout = table.choice("layout", &["annual", "per-area"], |name| match name {
        "annual" => Some(ReleaseNotesLayout::Annual),
        "per-area" => Some(ReleaseNotesLayout::PerArea),
        _ => None,
    });
    Some(Subject {
        name: subject?,
        key: "subject",
        institution: None,
        source: SourceSettings::ReleaseNotes(ReleaseNotesSettings {
            product: product.map(|product| product.value).unwrap_or_default(),
            pages: pages.into_iter().map(|page| page.value).collect(),
            parser: parser.map(|found| found.value).unwrap_or_default(),
            layout: layout.map(|found| found.value).unwrap_or_default(),
        }),
    })
}

/// The short name of a watch of something public.
fn subject_name(table: &Table, example: &str) -> Option<Found<String>> {
    table.required_text("subject", example).filter(|subject| {
        let proper = is_short_name(&subject.value);
        if !proper {
            let instead = "Write small letters, digits and hyphens, for example \"primo-ve\"";
            table.wrong(
                "subject",
                subject.at,
                format!("{} cannot be a subject", shown(&subject.value)),
                instead,
            );
        }
        proper
    })
}

/// Small letters, digits and hyphens, as they can stand in ids and addresses.
fn is_short_name(name: &str) -> bool {
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(small) && !name.starts_with('-')
}

/// What may stand in braces in an address, with a value to try it with.
type Placeholders = [(&'static str, String)];

/// Those of a page of release notes.
fn placeholders(exlibris: Option<&ExLibrisSettings>) -> [(&'static str, String); 3] {
    [
        ("year", "2026".to_owned()),
        (
            "knowledge_center",
            host(exlibris.map(|settings| &settings.knowledge_center)),
        ),
        ("static_docs", host(exlibris.map(|settings| &settings.static_docs))),
    ]
}

fn host(url: Option<&Url>) -> String {
    url.map_or("https://example.org", |url| url.as_str().trim_end_matches('/'))
        .to_owned()
}

/// The address with every placeholder filled in must be one that can be asked.
fn check_address(address: &str, placeholders: &Placeholders) -> Result<(), (String, String)> {
    let mut filled = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').ok_or_else(|| {
            (
                "a { has no } after it".to_owned(),
                "Close the braces, or take them out".to_owned(),
            )
        })?;
        match placeholders.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => {
                let instead = match nearest(name, placeholders.iter().map(|(known, _)| *known)) {
                    Some(meant) => format!("Write {{{meant}}} if that is what you mean"),
                    None => {
                        let known: Vec<String> = placeholders.iter().map(|(known, _)| format!("{{{known}}}")).collect();
                        let (last, others) = known.split_last().map_or(("", &[][..]), |(last, all)| (last, all));
                        format!("Known are {} and {last}", others.join(", "))
                    }
                };
                return Err((
                    format!("the placeholder {} is not known", shown(&format!("{{{name}}}"))),
                    instead,
                ));
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    web_address(&filled).map(|_| ())
}

fn primo_view(table: &Table, members: &[Member]) -> Vec<Subject> {
    table.without_meaning(&FOR_RELEASE_NOTES, "primo.view");
    alma::without_meaning_for(table, "primo.view");
    table.without_meaning(&FOR_API_DEFINITIONS, "primo.view");
    let door = table.choice("door", &["auto", "gateway", "front-end"], |name| match name {
        "auto" => Some(PrimoDoor::Auto),
        "gateway" => Some(PrimoDoor::Gateway),
        "front-end" => Some(PrimoDoor::FrontEnd),
        _ => None,
    });
    let door = door.map(|found| found.value).unwrap_or_default();
    let lacks = |member: &Member| {
        let (open, needed) = match door {
            PrimoDoor::Auto => (
                member.has_key || member.has_primo_host,
                "neither an API key and region nor a primo_host",
            ),
            PrimoDoor::Gateway => (member.has_key, "no API key and region, which door = \"gateway\" needs"),
            PrimoDoor::FrontEnd => (member.has_primo_host, "no primo_host, which door = \"front-end\" needs"),
        };
        if !member.has_views {
            let instead = "Write views = [\"INSTITUTION:VIEW\"] into its [[institution]], or take it out here";
            Some(("has no Primo views".to_owned(), instead.to_owned()))
        } else if !open {
            let instead = "Write what is missing into its [[institution]], or take it out here";
            Some((format!("has {needed}"), instead.to_owned()))
        } else {
            None
        }
    };
    let chosen = chosen_members(table, members, lacks);
    let only = table.texts("views");
    let restricted = table.has("views");
    let mut all: Vec<&str> = chosen
        .iter()
        .flat_map(|(_, institution)| &institution.views)
        .map(String::as_str)
        .collect();
    all.sort_unstable();
    let only: Vec<Found<String>> = only.into_iter().filter(|view| known_view(table, view, &all)).collect();
    let mut subjects = Vec::new();
    for (at, institution) in chosen {
        for view in &institution.views {
            let named = only.iter().find(|only| only.value == *view);
            if restricted && named.is_none() {
                continue;
            }
            let (key, at) = named.map_or(("institutions", at), |view| ("views", view.at));
            subjects.push(Subject {
                name: Found {
                    value: view.clone(),
                    at,
                },
                key,
                institution: Some(institution.code.clone()),
                source: SourceSettings::PrimoView(PrimoViewSettings {
                    view: view.clone(),
                    door,
                }),
            });
        }
    }
    subjects
}

/// Whether a view that a watch is restricted to is one of those institutions'.
fn known_view(table: &Table, view: &Found<String>, all: &[&str]) -> bool {
    if all.binary_search(&view.value.as_str()).is_ok() {
        return true;
    }
    let (wrong, instead) = if is_view(&view.value) {
        let instead = match nearest(&view.value, all.iter().copied()) {
            Some(meant) => format!("Write \"{meant}\" if that is what you mean"),
            None => "Write one of the views of these institutions".to_owned(),
        };
        (
            format!("none of the institutions has the view {}", shown(&view.value)),
            instead,
        )
    } else {
        let wrong = format!("{} is not a Primo view", shown(&view.value));
        (
            wrong,
            "Write INSTITUTION:VIEW, for example \"01TUN_INST:01TUN\"".to_owned(),
        )
    };
    table
        .reader
        .absence(view.at, &format!("{}, views", table.place), wrong, instead);
    false
}

/// The institutions of a watch, each with the place that named it. `lacks` says what keeps one from being watched: the
/// star passes over it, its name does not.
fn chosen_members<'m>(
    table: &Table,
    members: &'m [Member],
    lacks: impl Fn(&Member) -> Option<(String, String)>,
) -> Vec<(usize, &'m Institution)> {
    let named = table.texts("institutions");
    if !table.has("institutions") {
        table.missing(
            "institutions",
            "[\"*\"] for every library that has what is needed, or a list of codes",
        );
    } else if named.is_empty() && table.is_list("institutions") {
        let instead = "Write [\"*\"] for every library that has what is needed, or a list of codes";
        table.wrong(
            "institutions",
            table.at("institutions"),
            "no institution is given",
            instead,
        );
    }
    let mut chosen: Vec<(usize, &Institution)> = Vec::new();
    for code in named {
        if code.value == "*" {
            let able = members.iter().filter(|member| lacks(member).is_none());
            chosen.extend(
                able.filter_map(|member| member.institution.as_ref())
                    .map(|each| (code.at, each)),
            );
            continue;
        }
        let Some(member) = known_institution(table, &code, members) else {
            continue;
        };
        if let Some((wrong, instead)) = lacks(member) {
            let place = format!("{}, institutions", table.place);
            table
                .reader
                .absence(code.at, &place, format!("{} {wrong}", shown(&code.value)), instead);
            continue;
        }
        chosen.extend(member.institution.as_ref().map(|each| (code.at, each)));
    }
    // The star and a name, or a name twice, are one institution; the first place stands for it.
    let mut seen = std::collections::BTreeSet::new();
    chosen.retain(|(_, institution)| seen.insert(institution.code.as_str()));
    chosen
}
