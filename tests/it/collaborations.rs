//! The catalogue that comes with the program: every entry says what it must, and every rule in it reads on, off and unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use almanac::config::{BUILT_IN_CATALOGUE, Config};
use almanac::meaning::adoption::{Document, Documents, judge, partition_of};
use almanac::model::adoption_rule::{KeyPattern, Verdict};
use almanac::model::collaboration::{AdoptionState, Area, Collaboration, EvidenceTier, JoinBy, Look};
use almanac::model::institution::InstitutionKind;
use almanac::model::watch::SourceKind;
use almanac::sources;
use serde_json::Value;

/// By entry, state, source, key.
type Cases = BTreeMap<String, BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>>;

const CASES: &str = include_str!("collaborations/cases.toml");

fn catalogue() -> Vec<Collaboration> {
    let text = "[consortium]\nname = \"A\"\ntimezone = \"America/New_York\"\n";
    Config::parse(text, Path::new("almanac.toml"))
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
        .collaborations
}

fn cases() -> Cases {
    toml::from_str(CASES).unwrap()
}

/// All partitions in which rules look at that source.
fn partitions(source: SourceKind, all: &[Collaboration]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for collaboration in all {
        if let Look::Rules(observed) = &collaboration.look {
            let records = observed.rules.iter().flat_map(|rule| rule.when.records());
            let own = records.filter(|records| records.source == source);
            found.extend(own.filter_map(|records| partition_of(source, &records.key)));
        }
    }
    found
}

/// What is known where these records were read; `read`: wholly.
fn documents<'a>(
    by_source: &'a BTreeMap<String, BTreeMap<String, Value>>,
    known: &'a BTreeMap<SourceKind, BTreeSet<String>>,
    read: bool,
) -> Vec<Documents<'a>> {
    by_source
        .iter()
        .map(|(name, records)| {
            let source = SourceKind::named(name).unwrap_or_else(|| panic!("no source {name}"));
            Documents {
                watch: name,
                source,
                known: if read {
                    known[&source].iter().map(String::as_str).collect()
                } else {
                    BTreeSet::new()
                },
                records: records
                    .iter()
                    .map(|(key, body)| Document { key, version: 1, body })
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn every_rule_reads_on_off_and_unknown() {
    let (all, cases) = (catalogue(), cases());
    let known: BTreeMap<SourceKind, BTreeSet<String>> = SourceKind::ALL
        .into_iter()
        .map(|source| (source, partitions(source, &all)))
        .collect();
    let mut wrong = Vec::new();
    for collaboration in &all {
        let id = &collaboration.id;
        let Look::Rules(observed) = &collaboration.look else {
            if cases.contains_key(id) {
                wrong.push(format!("{id} has cases, but no rule"));
            }
            continue;
        };
        let Some(own) = cases.get(id) else {
            wrong.push(format!("{id} has no cases in tests/it/collaborations/cases.toml"));
            continue;
        };
        let mut wanted: BTreeSet<&str> = observed.rules.iter().map(|rule| rule.verdict.name()).collect();
        wanted.extend(observed.otherwise.map(Verdict::name));
        assert!(
            wanted.contains("on") && wanted.len() > 1,
            "{id} cannot be told on from off"
        );
        wanted.insert("unknown");
        for state in &wanted {
            if !own.contains_key(*state) {
                wrong.push(format!("{id} has no case that gives {state}"));
            }
        }
        for (state, records) in own {
            let state = AdoptionState::named(state).unwrap_or_else(|| panic!("{id}: no state {state}"));
            let read = judge(
                collaboration,
                InstitutionKind::ZoneMember,
                &documents(records, &known, true),
            );
            if read.state != state {
                wrong.push(format!("{id}: {} instead of {state}: {}", read.state, read.explanation));
            }
            if state != AdoptionState::Unknown {
                assert_eq!(read.tier, Some(EvidenceTier::SeenConfigured), "{id}");
                assert!(!read.evidence.is_empty(), "{id} is {state} without evidence");
            }
            // The same records where nothing was read wholly: less may be known, never anything else.
            let unread = judge(
                collaboration,
                InstitutionKind::ZoneMember,
                &documents(records, &known, false),
            );
            if unread.state != state && unread.state != AdoptionState::Unknown {
                wrong.push(format!("{id}: {} though unread, {state} when read", unread.state));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_catalogue_covers_the_charge() {
    let all = catalogue();
    assert!(all.len() >= 32, "{}", all.len());
    let ids: BTreeSet<&str> = all.iter().map(|each| each.id.as_str()).collect();
    assert_eq!(ids.len(), all.len(), "ids are unique");
    for area in Area::ALL {
        let own = all.iter().filter(|each| each.area == *area).count();
        assert!(own >= 2, "{area} has {own} entries");
    }
    let without_alma = |by: JoinBy| all.iter().filter(|each| each.without_alma.by.contains(&by)).count();
    for by in JoinBy::ALL {
        assert!(without_alma(*by) > 0, "nothing can be joined by {by}");
    }
}

#[test]
fn entries_are_written_for_people() {
    // In the matrix of 26 members 26 columns are left for a name.
    let mut short = BTreeSet::new();
    for each in catalogue() {
        let sentences = each.what.matches(['.', '?', '!']).count();
        assert!((2..=4).contains(&sentences), "{}: {sentences} sentences", each.id);
        assert!(each.what.len() > 100, "{} is told too briefly", each.id);
        let name: String = each.name.chars().take(25).collect();
        assert!(short.insert(name), "the beginning of “{}” is another’s too", each.name);
        assert!(each.without_alma.how.ends_with('.'), "{}", each.id);
        for text in [&each.what, &each.without_alma.how, &each.needs.who_acts] {
            for word in ["tenant", "node", "endpoint", "TODO"] {
                assert!(!text.contains(word), "{}: {word}", each.id);
            }
        }
        if let Look::ByHand(who) = &each.look {
            assert!(who.ends_with('.') && who.len() > 30, "{}: {who}", each.id);
        }
    }
}

#[test]
fn the_partitions_of_rules_are_those_of_the_sources() {
    let of = |source, key: &str| partition_of(source, &KeyPattern::of(key));
    for (source, key, partition) in [
        (SourceKind::AlmaPartners, "*", sources::alma_partners::PARTITION),
        (SourceKind::AlmaLibraries, "*", sources::alma_libraries::PARTITION),
        (SourceKind::AlmaLetters, "*", sources::alma_letters::PARTITION),
        (SourceKind::AlmaJobs, "*", sources::alma_jobs::PARTITION),
        (
            SourceKind::AlmaIntegrationProfiles,
            "*",
            sources::alma_integration_profiles::PARTITION,
        ),
        (SourceKind::AlmaGeneral, "*", sources::alma_general::KEY),
    ] {
        assert_eq!(of(source, key).as_deref(), Some(partition), "{source}");
    }
    // Every record of a made-up view stands in the partition that rules would look for it in.
    let view = serde_json::json!({
        "vid": "01ELM_INST:MAIN",
        "primo-view": {
            "available-tabs": ["Everything"], "is-union-catalog-view": false,
            "scopes": [{ "scope-id": "DN_and_CI", "tab": "Everything", "locations": "Local", "types": "local" }],
            "attributes-map": { "mayAlsoBeHeldByEnabled": "true" },
        },
        "system-configuration": { "ngrs_enabled": "Y" },
        "mapping-tables": { "View Properties": [{ "source1": "01ELM_INST:MAIN", "source2": "enable_qr", "target": "true" }] },
        "feature-flags": { "fresh": true },
        "IsViewNdeEnabled": false,
    });
    let (drafts, _) = sources::primo_view::drafts_of(&view, "01ELM_INST:MAIN");
    assert_eq!(drafts.len(), 8, "{drafts:?}");
    for draft in drafts {
        let almanac::model::observation::Identity::Key(key) = &draft.identity else {
            panic!("{draft:?}");
        };
        assert_eq!(
            of(SourceKind::PrimoView, key).as_deref(),
            Some(draft.partition.as_str()),
            "{key}"
        );
    }
    let tables: BTreeSet<&str> = sources::alma_code_tables::DEFAULT_TABLES.into_iter().collect();
    for table in partitions(SourceKind::AlmaCodeTables, &catalogue()) {
        assert!(
            tables.contains(table.as_str()),
            "{table} is not watched unless it is configured"
        );
    }
}

/// A real view's configuration of August 2024, where it is at hand.
#[test]
fn the_rules_read_a_real_view() {
    let shared = std::env::var_os("ALMANAC_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        std::path::PathBuf::from,
    );
    let path = shared.join("exlibris/samples/primo/exl_training_view_config_2024-08.excerpt.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let view: Value = serde_json::from_str(&text).unwrap();
    let (drafts, coverage) = sources::primo_view::drafts_of(&view, "TRAINING_1_INST:Auto1");
    let records: BTreeMap<String, Value> = drafts
        .into_iter()
        .filter_map(|draft| match draft.identity {
            almanac::model::observation::Identity::Key(key) => Some((key, draft.body)),
            almanac::model::observation::Identity::Matched { .. } => None,
        })
        .collect();
    let seen = [Documents {
        watch: "primo.view/TRAINING_1_INST:Auto1",
        source: SourceKind::PrimoView,
        known: coverage
            .0
            .keys()
            .filter(|partition| coverage.is_complete(partition))
            .map(String::as_str)
            .collect(),
        records: records
            .iter()
            .map(|(key, body)| Document { key, version: 1, body })
            .collect(),
    }];
    let all = catalogue();
    for (id, state) in [
        ("may-also-be-held-by", AdoptionState::On),
        ("collection-discovery", AdoptionState::On),
        ("rapido", AdoptionState::Available),
        ("rapido-pickup-anywhere", AdoptionState::NotAvailable),
        ("direct-login", AdoptionState::Available),
        ("discovery-network-scope", AdoptionState::Available),
        ("union-catalogue-view", AdoptionState::Available),
        // A switch that this release did not have yet, and partners that no view shows.
        ("special-collections-in-discovery", AdoptionState::Unknown),
        ("iso-18626-lending", AdoptionState::Unknown),
    ] {
        let collaboration = all.iter().find(|each| each.id == id).unwrap();
        let judged = judge(collaboration, InstitutionKind::OwnAlma, &seen);
        assert_eq!(judged.state, state, "{id}: {}", judged.explanation);
    }
}

#[test]
fn the_file_is_the_one_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/collaborations.toml");
    assert_eq!(std::fs::read_to_string(path).unwrap(), BUILT_IN_CATALOGUE);
}
