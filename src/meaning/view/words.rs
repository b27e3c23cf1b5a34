//! Keys of a view's configuration in the words of librarians, and what they are about.

use crate::model::event::Topic;

/// Switches and settings that the community asks about (PRIMO.md §4), by the last part of their key. All others are
/// named as Ex Libris names them.
const LABELS: &[(&str, &str)] = &[
    ("Activate Captcha [Y/N]", "the captcha for guests"),
    ("Alma_Version", "the Alma release"),
    ("IsViewNdeEnabled", "the new discovery experience (NDE)"),
    (
        "allow_direct_login_from_other_institutions",
        "direct log-in from other libraries",
    ),
    ("cdi_enable_global_title_catalog", "the global title catalog in CDI"),
    (
        "consortia_library_card_default_display",
        "the default view of library cards across the consortium",
    ),
    (
        "direct_login_transfer_all_parameters",
        "handing over the whole search at direct log-in",
    ),
    ("enable_natural_language_search", "natural language search"),
    ("enable_research_assistant_for", "who may use the research assistant"),
    ("hide_rapido_offers_tiles", "hiding of Rapido's offer tiles"),
    ("is-union-catalog-view", "the union catalog view"),
    ("mayAlsoBeHeldByEnabled", "“May also be held by”"),
    ("network-zone-code", "the Network Zone of the view"),
    ("ngrs_enabled", "Rapido resource sharing (ngrs_enabled)"),
    ("ngrs_implementation_mode", "Rapido's implementation mode"),
    ("ngrs_pickup_anywhere", "pickup anywhere"),
    ("rapido_SA_enabled", "stand-alone Rapido"),
    ("rapido_SA_rapidill_mode", "stand-alone Rapido's RapidILL mode"),
    (
        "rapido_allow_physical_request_for_eBook_offer",
        "requests of the printed book where Rapido offers an e-book",
    ),
    (
        "rapido_lender_supply_directly_to_patron",
        "supply by the Rapido lender straight to the patron",
    ),
    ("request_it_enabled", "“Request it”"),
    ("special_collections_enable", "special collections"),
    ("unionViewScopeSuffix", "the suffix of union catalog scopes"),
    ("use_rapido_functionality", "Rapido"),
];

/// What marks a key as being about an area of the community's charge. A mark in capitals is matched as it stands, as a
/// word of its own; the others anywhere, in any case.
const MARKS: &[(&str, &[Topic])] = &[
    ("rapido", &[Topic::ResourceSharing]),
    ("ngrs", &[Topic::ResourceSharing]),
    ("resource sharing", &[Topic::ResourceSharing]),
    ("resource_sharing", &[Topic::ResourceSharing]),
    ("request", &[Topic::ResourceSharing]),
    ("pickup", &[Topic::ResourceSharing]),
    ("digital lending", &[Topic::ResourceSharing]),
    ("digitization", &[Topic::ResourceSharing]),
    ("ILL", &[Topic::ResourceSharing]),
    ("RS", &[Topic::ResourceSharing]),
    ("temp_rs_", &[Topic::ResourceSharing]),
    ("direct_login", &[Topic::FulfillmentNetwork, Topic::UserIdentity]),
    ("direct login", &[Topic::FulfillmentNetwork, Topic::UserIdentity]),
    ("library_card", &[Topic::FulfillmentNetwork, Topic::UserIdentity]),
    ("login", &[Topic::UserIdentity]),
    ("special_collection", &[Topic::SpecialCollections]),
    ("special collection", &[Topic::SpecialCollections]),
    ("exhibition", &[Topic::SpecialCollections]),
    ("collectiondiscovery", &[Topic::SpecialCollections]),
    ("network", &[Topic::NetworkZone]),
    ("consorti", &[Topic::NetworkZone]),
    ("union", &[Topic::NetworkZone]),
    ("DN", &[Topic::NetworkZone]),
    ("NZ", &[Topic::NetworkZone]),
    ("NZPhysical", &[Topic::NetworkZone]),
    ("UCV", &[Topic::NetworkZone]),
];

/// A mapping table of that name exists (PRIMO.md §4).
const SLASHED_TABLE: &str = "Hold/Recall Request Detailed Display";

/// The thing that a key names.
pub struct Subject {
    /// The key itself.
    pub key: String,
    /// In words, as the subject of a sentence: `“May also be held by”`, `search scope “DiscoveryNetwork”`.
    pub name: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scope,
    Tab,
    Setting,
}

impl Subject {
    /// Whether it is a search scope.
    pub fn is_scope(&self) -> bool {
        self.kind == Kind::Scope
    }

    /// Whether its name comes from Ex Libris and not from the library.
    pub fn is_vendors(&self) -> bool {
        self.kind == Kind::Setting && !self.key.starts_with("mapping-tables/")
    }

    /// Whether it is one entry of a map that has one for each tab or scope.
    pub fn is_entry_of_a_map(&self) -> bool {
        self.is_vendors() && self.key.matches('/').count() >= 2
    }

    /// Whether it is a search tab.
    pub fn is_tab(&self) -> bool {
        self.kind == Kind::Tab
    }
}

/// The thing that `key` names.
pub fn subject_of(key: &str) -> Subject {
    let (name, kind) = if let Some(scope) = key.strip_prefix("scope/") {
        (format!("search scope “{scope}”"), Kind::Scope)
    } else if let Some(tab) = key.strip_prefix("tab/") {
        (format!("search tab “{tab}”"), Kind::Tab)
    } else if let Some((_, label)) = LABELS.iter().find(|(name, _)| is_last(key, name)) {
        ((*label).to_owned(), Kind::Setting)
    } else {
        (plain_name(key), Kind::Setting)
    };
    Subject {
        key: key.to_owned(),
        name,
        kind,
    }
}

/// `temp_` and `tmp_` keys are the vendor's short-lived toggles (PRIMO.md §4).
pub fn is_temporary(key: &str) -> bool {
    key.rsplit('/')
        .next()
        .is_some_and(|last| last.starts_with("temp_") || last.starts_with("tmp_"))
}

/// What a key is about, sorted: always consortial discovery, and what its words say.
pub fn topics_of(key: &str) -> Vec<Topic> {
    let lower = key.to_lowercase();
    let mut topics = vec![Topic::ConsortialDiscovery];
    for (mark, about) in MARKS {
        let is_word = mark.starts_with(|c: char| c.is_ascii_uppercase());
        let found = if is_word {
            key.split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| word == *mark)
        } else {
            lower.contains(mark)
        };
        if found {
            topics.extend_from_slice(about);
        }
    }
    topics.sort();
    topics.dedup();
    topics
}

/// `“Resource Sharing Request Parameters”: both / edition / book`, or the last part of the path in quotes.
fn plain_name(key: &str) -> String {
    let parts = |text: &str| text.replace('/', " / ");
    if let Some(rest) = key.strip_prefix("mapping-tables/View Properties/{view}/") {
        return format!("“{}”", parts(rest));
    }
    if let Some((table, row)) = key.strip_prefix("mapping-tables/").and_then(table_and_row) {
        return format!("“{}” in the table “{table}”", parts(row).replace("/ =", "→ "));
    }
    for container in ["system-configuration/", "attributes-map/", "primo-view/", "top-level/"] {
        if let Some(name) = key.strip_prefix(container) {
            return format!("“{}”", parts(name));
        }
    }
    if let Some(flag) = key.strip_prefix("feature-flags/") {
        return format!("feature flag “{}”", parts(flag));
    }
    format!("“{}”", parts(key))
}

/// The two halves of the key of a row; one table has a slash in its name.
fn table_and_row(rest: &str) -> Option<(&str, &str)> {
    let slashed = rest.strip_prefix(SLASHED_TABLE).and_then(|row| row.strip_prefix('/'));
    slashed.map_or_else(|| rest.split_once('/'), |row| Some((SLASHED_TABLE, row)))
}

fn is_last(key: &str, name: &str) -> bool {
    key.strip_suffix(name).is_some_and(|before| before.ends_with('/'))
}
