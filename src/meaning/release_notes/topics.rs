//! Which items are about collaboration among institutions: a small table of phrases that each reader can check
//! (RELEASE_NOTES.md §1 has the question, §9 the traps).

use serde_json::Value;

use crate::model::event::Topic;

/// What an item bears on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bearing {
    /// Sorted, without repeats; empty where it is not about collaboration.
    pub topics: Vec<Topic>,
    /// Libraries that do not run Alma can take part, or are affected.
    pub non_alma: bool,
}

/// Phrases that mean something between institutions wherever they stand.
const PHRASES: [(Topic, &[&str]); 8] = [
    (
        Topic::ResourceSharing,
        &[
            "borrowing request",
            "borrowing requests",
            "lending request",
            "lending requests",
            "lending library",
            "resource sharing request",
            "resource sharing requests",
            "resource sharing partner",
            "resource sharing partners",
            "partner record",
            "partner records",
            "rota",
            "rotas",
            "rota template",
            "interlibrary loan",
            "interlibrary",
            "interlending",
            "rapido",
            "rapidill",
            "rapidr",
            "iso 18626",
            "iso ill",
            "ship it",
            "pods",
            "pod",
            "relais",
            "illiad",
            "worldshare",
            "resource sharing libraries",
            "resource sharing library",
            "resource sharing directory",
            "lender",
            "lenders",
            "terms of the offer",
        ],
    ),
    (
        Topic::FulfillmentNetwork,
        &[
            "fulfillment network",
            "fulfillment networks",
            "automated fulfillment network",
            "visiting patron",
            "visiting patrons",
            "walk-in borrowing",
            "pickup anywhere",
            "pick up anywhere",
        ],
    ),
    (
        Topic::NetworkZone,
        &[
            "network zone",
            "network-zone",
            "network institution",
            "network members",
            "member institution",
            "member institutions",
            "member of the network",
            "network-managed",
            "central office",
        ],
    ),
    (
        Topic::ConsortialDiscovery,
        &[
            "discovery network",
            "may also be held by",
            "other institutions' holdings",
            "held by other institutions",
            "union view",
            "consortial",
            "consortium",
            "consortia",
            "other institutions",
        ],
    ),
    (
        Topic::AnalyticsBenchmarking,
        &[
            "benchmark",
            "benchmarks",
            "benchmark analytics",
            "benchmarking",
            "peer institutions",
            "peer group",
            "compare with other institutions",
            "network analytics",
        ],
    ),
    (
        Topic::CooperativeCollections,
        &[
            "shared print",
            "last copy",
            "last copies",
            "retention commitment",
            "retention commitments",
            "cooperative collection",
            "consortial acquisitions",
            "joint purchase",
            "committed to retain",
        ],
    ),
    (
        Topic::UserIdentity,
        &[
            "linked account",
            "linked accounts",
            "find user in other institution",
            "patron records in the network",
        ],
    ),
    (
        Topic::ApisIntegration,
        &["ncip", "iso 18626", "partners api", "resource sharing api"],
    ),
];

/// Areas that are about collaboration by themselves. "Fulfillment and Resource Sharing" is not among them: it holds
/// everything at the desk too.
const AREAS: [(Topic, &[&str]); 4] = [
    (
        Topic::ResourceSharing,
        &[
            "resource sharing",
            "fulfillment - resource sharing",
            "rapido",
            "rapidill",
        ],
    ),
    (
        Topic::FulfillmentNetwork,
        &["fulfillment networks", "fulfillment - fulfillment networks"],
    ),
    (Topic::NetworkZone, &["collaborative networks", "network zone"]),
    (Topic::ConsortialDiscovery, &["consortia"]),
];

/// Wordings that hold one of the phrases and mean something else; they are taken out first.
const TRAPS: [&str; 7] = [
    "borrowing activity",
    "community zone",
    "shareable link",
    "central office printer",
    "network drive",
    "network printer",
    "social network",
];

/// Wordings by which other systems take part.
const OTHER_SYSTEMS: [&str; 13] = [
    "iso 18626",
    "ncip",
    "sru",
    "rapidill",
    "z39.50",
    "worldcat",
    "worldshare",
    "illiad",
    "tipasa",
    "relais",
    "reshare",
    "not using alma",
    "do not use alma",
];

/// Reads an item's area, heading and body.
pub(super) fn bearing(item: &Value) -> Bearing {
    let field = |name: &str| {
        item.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_lowercase()
    };
    let area = field("area");
    let mut words = format!(" {} . {} ", field("heading"), field("body"))
        .replace('’', "'")
        .replace('\n', " ");
    for trap in TRAPS {
        words = words.replace(trap, " ");
    }
    let holds = |phrase: &&str| holds(&words, phrase);
    let by_phrase = PHRASES.iter().filter(|(_, phrases)| phrases.iter().any(&holds));
    let by_area = AREAS
        .iter()
        .filter(|(_, areas)| areas.contains(&area.as_str()))
        .map(|(topic, _)| *topic);
    let mut topics: Vec<Topic> = by_phrase.map(|(topic, _)| *topic).chain(by_area).collect();
    let collaborative = !topics.is_empty();
    // These two say what a collaborative item is also about; alone they are everybody's.
    if collaborative && ["api", "apis", "rest api", "sru", "oai-pmh"].iter().any(holds) {
        topics.push(Topic::ApisIntegration);
    }
    if collaborative
        && ["special collections", "finding aid", "finding aids", "archives"]
            .iter()
            .any(holds)
    {
        topics.push(Topic::SpecialCollections);
    }
    topics.sort_unstable();
    topics.dedup();
    let non_alma = collaborative && OTHER_SYSTEMS.iter().any(holds);
    Bearing { topics, non_alma }
}

/// Whole words only.
fn holds(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        !text[..at].ends_with(char::is_alphanumeric) && !text[at + phrase.len()..].starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn topics(area: &str, heading: &str, body: &str) -> Vec<Topic> {
        bearing(&json!({"area": area, "heading": heading, "body": body})).topics
    }

    #[test]
    fn the_traps_are_known() {
        for (area, heading, body) in [
            (
                "Fulfillment and Resource Sharing",
                "New Buttons",
                "The loan page has new buttons.",
            ),
            (
                "Resource Management",
                "Community Zone Updates",
                "The Community Zone job is faster.",
            ),
            (
                "Analytics",
                "Borrowing Activity",
                "A patron's borrowing activity is a new field.",
            ),
            (
                "Leganto",
                "Collaborators",
                "Collaborators on a reading list share it by a shareable link.",
            ),
            (
                "Fulfillment",
                "Library Independence",
                "Libraries of one institution have calendars of their own.",
            ),
            ("Fulfillment", "Printing", "Slips go to the network printer."),
        ] {
            assert_eq!(topics(area, heading, body), [], "{heading}");
        }
        assert_eq!(
            topics(
                "Acquisitions",
                "Vendors",
                "Vendors can be contributed to the Network Zone."
            ),
            [Topic::NetworkZone]
        );
    }

    #[test]
    fn other_systems_count_only_between_institutions() {
        let open = bearing(&json!({"area": "Fulfillment - Resource Sharing", "body": "Partners may use ISO 18626."}));
        assert_eq!(
            (open.topics, open.non_alma),
            (vec![Topic::ResourceSharing, Topic::ApisIntegration], true)
        );
        let own = bearing(&json!({"area": "Discovery", "body": "Search results link to WorldCat."}));
        assert_eq!((own.topics, own.non_alma), (vec![], false));
    }
}
