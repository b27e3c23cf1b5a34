//! What an operation is about, by its area, its path and what differs in it.

use super::Operation;
use super::differences::Difference;
use crate::model::event::Topic;

/// Words in a path, or in what differs, and what they are about.
const WORDS: &[(&str, Topic)] = &[
    ("resource-sharing", Topic::ResourceSharing),
    ("resource_sharing", Topic::ResourceSharing),
    ("/task-lists/rs/", Topic::ResourceSharing),
    ("lending", Topic::ResourceSharing),
    ("borrowing", Topic::ResourceSharing),
    ("/partners", Topic::ResourceSharing),
    ("partner_code", Topic::ResourceSharing),
    ("rsdirectory", Topic::ResourceSharing),
    ("rapido", Topic::ResourceSharing),
    ("iso_18626", Topic::ResourceSharing),
    ("fulfillment_network", Topic::FulfillmentNetwork),
    ("linked_account", Topic::FulfillmentNetwork),
    ("source_institution", Topic::FulfillmentNetwork),
    ("source_user_id", Topic::FulfillmentNetwork),
    ("pickup_institution", Topic::FulfillmentNetwork),
    ("nz_mms", Topic::NetworkZone),
    ("network_zone", Topic::NetworkZone),
    ("network_number", Topic::NetworkZone),
    ("retention", Topic::CooperativeCollections),
    ("shared_print", Topic::CooperativeCollections),
];

/// Areas, and what all of their operations are about.
const AREAS: &[(&str, Topic)] = &[
    ("partners", Topic::ResourceSharing),
    ("analytics", Topic::AnalyticsBenchmarking),
    ("users", Topic::UserIdentity),
];

/// Sorted, without repeats; what is about an API is always about integration.
pub(super) fn of(operation: &Operation<'_>, differences: &[Difference]) -> Vec<Topic> {
    let mut topics = vec![Topic::ApisIntegration];
    topics.extend(
        AREAS
            .iter()
            .filter(|(area, _)| *area == operation.area)
            .map(|(_, topic)| *topic),
    );
    let path = operation.path.to_lowercase();
    for (word, topic) in WORDS {
        let in_difference = || {
            differences
                .iter()
                .any(|difference| difference.text.to_lowercase().contains(word))
        };
        if path.contains(word) || in_difference() {
            topics.push(*topic);
        }
    }
    topics.sort_unstable();
    topics.dedup();
    topics
}
