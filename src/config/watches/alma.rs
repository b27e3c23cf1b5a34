//! The watches of Alma's API, one an institution, and those that are derived from them.

use super::{FOR_RELEASE_NOTES, FOR_VIEWS, Subject, chosen_members};
use crate::config::institutions::Member;
use crate::config::reader::{Found, Table};
use crate::config::{
    BorrowingRequestsSettings, CodeTablesSettings, DAYS_AHEAD_MAX, JobsSettings, LendingRequestsSettings,
    LibrariesSettings, SourceSettings,
};
use crate::model::watch::SourceKind;

/// The subject of the one watch that is about all members.
const ALL_MEMBERS: &str = "members";

/// Keys that mean something for one source alone.
const KEYS_BY_SOURCE: &[(SourceKind, &[&str])] = &[
    (SourceKind::AlmaLendingRequests, &["libraries", "statuses"]),
    (SourceKind::AlmaBorrowingRequests, &["report"]),
    (SourceKind::AlmaLibraries, &["days_ahead"]),
    (SourceKind::AlmaCodeTables, &["tables"]),
    (SourceKind::AlmaJobs, &["jobs"]),
];

/// The subjects of a table whose source is asked at Alma's gateway, or derived.
pub(super) fn subjects(table: &Table, members: &[Member], kind: SourceKind) -> Vec<Subject> {
    table.without_meaning(&FOR_RELEASE_NOTES, kind.name());
    table.without_meaning(&FOR_VIEWS, kind.name());
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
        SourceKind::AlmaBorrowingRequests => SourceSettings::AlmaBorrowingRequests(BorrowingRequestsSettings {
            report: table
                .required_text("report", "\"/shared/Tufts University/Reports/Almanac\"")?
                .value,
        }),
        SourceKind::AlmaLibraries => SourceSettings::AlmaLibraries(LibrariesSettings {
            days_ahead: table
                .whole("days_ahead", 1, u64::from(DAYS_AHEAD_MAX))
                .and_then(|days| u32::try_from(days).ok())
                .unwrap_or(LibrariesSettings::default().days_ahead),
        }),
        SourceKind::AlmaCodeTables => SourceSettings::AlmaCodeTables(CodeTablesSettings {
            tables: texts("tables"),
        }),
        SourceKind::AlmaLetters => SourceSettings::AlmaLetters,
        SourceKind::AlmaJobs => SourceSettings::AlmaJobs(JobsSettings { jobs: texts("jobs") }),
        SourceKind::AlmaIntegrationProfiles => SourceSettings::AlmaIntegrationProfiles,
        SourceKind::AlmaGeneral => SourceSettings::AlmaGeneral,
        SourceKind::Reciprocity => SourceSettings::Reciprocity,
        SourceKind::Ageing => SourceSettings::Ageing,
        SourceKind::ReleaseNotes | SourceKind::PrimoView => return None,
    })
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
