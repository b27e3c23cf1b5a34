//! The watches of Alma's API, one an institution, and those that are derived from them.

mod borrowing;

use super::{FOR_API_DEFINITIONS, FOR_RELEASE_NOTES, FOR_VIEWS, Subject, chosen_members};
use crate::config::institutions::Member;
use crate::config::mistake::shown;
use crate::config::reader::{Found, Table};
use crate::config::{
    CodeTablesSettings, DAYS_AHEAD_MAX, JobsSettings, LendingRequestsSettings, LibrariesSettings, SourceSettings,
};
use crate::model::watch::SourceKind;

/// The subject of the one watch that is about all members.
const ALL_MEMBERS: &str = "members";

/// Each is a call a library and poll; the whole vocabulary of resource sharing fits.
const MOST_CODE_TABLES: usize = 50;

/// Keys that mean something for one source alone.
const KEYS_BY_SOURCE: &[(SourceKind, &[&str])] = &[
    (SourceKind::AlmaLendingRequests, &["libraries", "statuses"]),
    (
        SourceKind::AlmaBorrowingRequests,
        &["report", "columns", "status_labels"],
    ),
    (SourceKind::AlmaLibraries, &["days_ahead"]),
    (SourceKind::AlmaCodeTables, &["tables"]),
    (SourceKind::AlmaJobs, &["jobs"]),
];

/// The subjects of a table whose source is asked at Alma's gateway, or derived.
pub(super) fn subjects(table: &Table, members: &[Member], kind: SourceKind) -> Vec<Subject> {
    table.without_meaning(&FOR_RELEASE_NOTES, kind.name());
    table.without_meaning(&FOR_VIEWS, kind.name());
    table.without_meaning(&FOR_API_DEFINITIONS, kind.name());
    for (_, keys) in KEYS_BY_SOURCE.iter().filter(|(source, _)| *source != kind) {
        table.without_meaning(keys, kind.name());
    }
    let Some(settings) = settings(table, kind) else {
        // Its mistakes are noted; the institutions are known keys all the same.
        table.has("institutions");
        return Vec::new();
    };
    if kind == SourceKind::Reciprocity {
        table.without_meaning(&["institutions"], "reciprocity, which is about all of them");
        let name = Found {
            value: ALL_MEMBERS.to_owned(),
            at: table.at,
        };
        return vec![Subject {
            name,
            key: "source",
            institution: None,
            source: settings,
        }];
    }
    let lacks = |member: &Member| {
        (!member.has_key).then(|| {
            (
                format!("has no API key and region, which {kind} needs"),
                "Write api_key and region into its [[institution]], or take it out here".to_owned(),
            )
        })
    };
    chosen_members(table, members, lacks)
        .into_iter()
        .map(|(at, institution)| Subject {
            name: Found {
                value: institution.code.clone(),
                at,
            },
            key: "institutions",
            institution: Some(institution.code.clone()),
            source: settings.clone(),
        })
        .collect()
}

/// `None` only after a mistake was noted.
fn settings(table: &Table, kind: SourceKind) -> Option<SourceSettings> {
    let texts = |key| table.texts(key).into_iter().map(|text| text.value).collect();
    Some(match kind {
        SourceKind::AlmaPartners => SourceSettings::AlmaPartners,
        SourceKind::AlmaLendingRequests => SourceSettings::AlmaLendingRequests(LendingRequestsSettings {
            libraries: texts("libraries"),
            statuses: texts("statuses"),
        }),
        SourceKind::AlmaBorrowingRequests => SourceSettings::AlmaBorrowingRequests(borrowing::settings(table)?),
        SourceKind::AlmaLibraries => SourceSettings::AlmaLibraries(LibrariesSettings {
            days_ahead: table
                .whole("days_ahead", 1, u64::from(DAYS_AHEAD_MAX))
                .and_then(|days| u32::try_from(days).ok())
                .unwrap_or(LibrariesSettings::default().days_ahead),
        }),
        SourceKind::AlmaCodeTables => SourceSettings::AlmaCodeTables(CodeTablesSettings {
            tables: code_tables(table),
        }),
        SourceKind::AlmaLetters => SourceSettings::AlmaLetters,
        SourceKind::AlmaJobs => SourceSettings::AlmaJobs(JobsSettings { jobs: texts("jobs") }),
        SourceKind::AlmaIntegrationProfiles => SourceSettings::AlmaIntegrationProfiles,
        SourceKind::AlmaGeneral => SourceSettings::AlmaGeneral,
        SourceKind::Reciprocity => SourceSettings::Reciprocity,
        SourceKind::Ageing => SourceSettings::Ageing,
        SourceKind::ReleaseNotes | SourceKind::PrimoView | SourceKind::ApiDefinitions => return None,
    })
}

/// The code tables named, each once. A name stands in the address that is asked.
fn code_tables(table: &Table) -> Vec<String> {
    let named = table.texts("tables");
    if named.len() > MOST_CODE_TABLES {
        let wrong = format!("more than {MOST_CODE_TABLES} code tables are given");
        let instead = "Name those that say something about what libraries can do together";
        table.wrong("tables", table.at("tables"), wrong, instead);
    }
    let mut tables: Vec<String> = Vec::new();
    for name in named {
        let proper = name.value.len() <= 100
            && name
                .value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
            && name.value.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if !proper {
            let instead = "Write names as Alma's list of code tables has them, for example \"PartnerSystemTypes\"";
            let wrong = format!("{} is no name of a code table", shown(&name.value));
            table.wrong("tables", name.at, wrong, instead);
        } else if !tables.contains(&name.value) {
            tables.push(name.value);
        }
    }
    tables
}

/// The keys of this file in a table whose source is not known: what is wrong in them shows once the source is right.
pub(super) fn without_source(table: &Table) {
    for (_, keys) in KEYS_BY_SOURCE {
        for key in *keys {
            table.has(key);
        }
    }
}

/// Reports the keys of this file in a table of another source.
pub(super) fn without_meaning_for(table: &Table, kind: &str) {
    for (_, keys) in KEYS_BY_SOURCE {
        table.without_meaning(keys, kind);
    }
}
