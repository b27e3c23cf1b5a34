//! The configuration of a made-up Primo view, in the size and shape of a real one (PRIMO.md §4).

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::wire::{self, CAPTCHA_KEY, REPORT_MAIL, STAFF_NAME};

/// A view, as it stands.
#[derive(Debug)]
pub(super) struct View {
    /// `INST:VIEW`.
    pub(super) vid: String,
    /// The release that it runs.
    pub(super) alma_version: String,
    /// Switches of the system configuration.
    pub(super) switches: BTreeMap<String, bool>,
    /// Other settings of the system configuration.
    settings: BTreeMap<String, String>,
    /// Switches of the view's own attributes.
    pub(super) attributes: BTreeMap<String, bool>,
    /// Search scopes: id, tab, whether the central index is in it.
    pub(super) scopes: Vec<(String, String, bool)>,
    /// Feature flags.
    flags: BTreeMap<String, bool>,
    /// Mapping tables: rows of a target and its sources.
    tables: BTreeMap<&'static str, Vec<(String, Vec<String>)>>,
}

/// Switches about collaboration, by their names on the real wire (PRIMO.md §4), and whether they begin switched on.
const TELLING: [(&str, bool); 16] = [
    ("use_rapido_functionality", false),
    ("ngrs_enabled", true),
    ("ngrs_implementation_mode", false),
    ("ngrs_pickup_anywhere", false),
    ("rapido_SA_enabled", false),
    ("rapido_SA_rapidill_mode", false),
    ("rapido_lender_supply_directly_to_patron", false),
    ("rapido_allow_physical_request_for_eBook_offer", false),
    ("temp_rs_stop_using_rapido_delivery_in_discovery", false),
    ("cdi_enable_global_title_catalog", false),
    ("special_collections_enable", true),
    ("request_it_enabled", false),
    ("enable_natural_language_search", false),
    ("consortia_library_card_default_display", true),
    ("skip_delivery", true),
    ("disable_cache", false),
];

/// Two lists of words that make the names of ordinary switches.
const SHOWN: [&str; 12] = [
    "availability",
    "call_number",
    "citation",
    "cover_image",
    "facet",
    "fines",
    "holdings",
    "loan_history",
    "quick_link",
    "related_title",
    "sort_option",
    "virtual_shelf",
];
const WHERE: [&str; 8] = [
    "brief",
    "full",
    "library_card",
    "journal",
    "newspaper",
    "mobile",
    "guest",
    "export",
];

impl View {
    /// The view of the library at that place.
    pub(super) fn new(place: usize, institution: &str, view: &str, year: i32) -> Self {
        let vid = format!("{institution}:{view}");
        let mut switches: BTreeMap<String, bool> = TELLING.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
        for (number, (shown, place)) in SHOWN
            .iter()
            .flat_map(|shown| WHERE.map(|place| (shown, place)))
            .enumerate()
        {
            switches.insert(format!("demo_show_{shown}_in_{place}"), number % 3 == 0);
        }
        let settings = [
            ("Session Timeout", "30"),
            ("number_of_results_per_page_series", "10,25,50"),
            ("split_facets_max_wait", "10000"),
            ("unionViewScopeSuffix", "_UCV"),
            ("primoVE_my_account_number_of_requests", "200"),
            ("Activate Captcha [Y/N]", "Y"),
        ];
        let properties = [
            ("false", "allow_direct_login_from_other_institutions"),
            ("true", "enable_qr"),
            ("false", "nde_show_related_members"),
            ("true", "export_all_records"),
        ];
        let parameters = [
            ("edition", "7"),
            ("specificEdition", "6"),
            ("pickup", "8"),
            ("comment", "3"),
        ];
        Self {
            alma_version: format!("August {year}"),
            switches,
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            attributes: [
                ("mayAlsoBeHeldByEnabled", place == 0),
                ("collectionDiscoveryEnabled", true),
                ("citationTrailsEnabled", true),
                ("virtualBrowseEnabled", false),
                ("displayNewspapersLink", place == 2),
                ("libCard", true),
            ]
            .map(|(name, on)| (name.to_owned(), on))
            .into(),
            scopes: vec![
                ("MyInst_and_CI".to_owned(), "Everything".to_owned(), true),
                ("MyInstitution".to_owned(), "LibraryCatalog".to_owned(), false),
                ("CentralIndex".to_owned(), "CentralIndex".to_owned(), true),
                ("CourseReserves".to_owned(), "CourseReserves".to_owned(), false),
            ],
            flags: [
                ("demo_fresh_look", false),
                ("demo_fast_facets", true),
                ("tmp_demo_trial", false),
            ]
            .map(|(name, on)| (name.to_owned(), on))
            .into(),
            tables: [
                (
                    "View Properties",
                    properties
                        .map(|(target, name)| (target.to_owned(), vec![vid.clone(), name.to_owned()]))
                        .to_vec(),
                ),
                (
                    "Resource Sharing Request Parameters",
                    parameters
                        .map(|(name, number)| {
                            let sources = ["both", name, "book", number, "No"].map(str::to_owned);
                            ("Yes".to_owned(), sources.to_vec())
                        })
                        .to_vec(),
                ),
                ("Prima Direct Login To Other Institutions", Vec::new()),
                (
                    "Report a Problem",
                    vec![(REPORT_MAIL.to_owned(), vec!["mail".to_owned()])],
                ),
            ]
            .into(),
            vid,
        }
    }

    /// The body of the configuration service, either door. Order of keys is left to [`wire::text`]; lists are shuffled
    /// here, and what is volatile differs every time.
    pub(super) fn body(&self, institution_name: &str, dice: &mut Rng) -> Value {
        let customer = self.vid.split(':').next().unwrap_or_default();
        let mut scopes: Vec<Value> = self
            .scopes
            .iter()
            .map(|(id, tab, central)| {
                json!({ "scope-id": id, "tab": tab, "tab-id-for-scope-matching": tab,
                        "locations": if *central { "Local,primo_central_multiple_fe" } else { "Local" },
                        "types": if *central { "local,adaptor" } else { "local" },
                        "contains-central-index-scope": central })
            })
            .collect();
        dice.shuffle(&mut scopes);
        let mut tabs: Vec<&str> = self.scopes.iter().map(|(_, tab, _)| tab.as_str()).collect();
        tabs.dedup();
        let mut tables = Map::new();
        for (name, rows) in &self.tables {
            let mut rows: Vec<Value> = rows.iter().map(|(target, sources)| row(target, sources)).collect();
            dice.shuffle(&mut rows);
            tables.insert((*name).to_owned(), Value::Array(rows));
        }
        json!({
            "vid": self.vid,
            "beaconO22": dice.u8(10..99).to_string(),
            "primo-view": {
                "available-tabs": tabs,
                "scopes": scopes,
                "attributes-map": self.attributes(institution_name, dice),
                "is-union-catalog-view": false,
                "view-org-level": { "customer-code": customer, "customer-id": 910, "institution-id": 911 },
                "institution": {
                    "institution-code": customer,
                    "institution-name": institution_name,
                    "last-modified-time-stamp": "Nov 17, 2025 10:00:00 AM",
                    "updated-by": STAFF_NAME,
                },
                "timeout": { "guest-ui-timeout": "0" },
            },
            "system-configuration": self.system(dice),
            "mapping-tables": tables,
            "feature-flags": self.flags,
            "IsViewNdeEnabled": false,
            "authentication": [{ "profile-name": STAFF_NAME, "authentication-system": "SAML" }],
            "tiles": { "welcome": { "html": format!("<p>Write to {REPORT_MAIL}</p>") } },
        })
    }

    fn attributes(&self, institution_name: &str, dice: &mut Rng) -> Map<String, Value> {
        let mut attributes: Map<String, Value> = self
            .attributes
            .iter()
            .map(|(name, on)| (name.clone(), wire::truth(*on, dice)))
            .collect();
        attributes.insert("institution".to_owned(), Value::from(institution_name));
        attributes.insert("interfaceLanguage".to_owned(), Value::from("en"));
        attributes.insert("bulkSize".to_owned(), Value::from("10"));
        attributes
    }

    fn system(&self, dice: &mut Rng) -> Map<String, Value> {
        let mut system: Map<String, Value> = self
            .switches
            .iter()
            .map(|(name, on)| (name.clone(), wire::truth(*on, dice)))
            .collect();
        let settings = self
            .settings
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        system.extend(settings);
        let server = dice.u8(1..9);
        for (name, value) in [
            ("Alma_Version", self.alma_version.clone()),
            ("Public Captcha Key", CAPTCHA_KEY.to_owned()),
            ("hostLB", format!("demo-lb-{server:02}")),
            ("RUM_URL", format!("http://beacon{server}.demo.invalid/pixel.gif")),
            (
                "person_entity_autocomplete_server_url",
                format!("https://auto{server}.demo.invalid/"),
            ),
        ] {
            system.insert(name.to_owned(), Value::from(value));
        }
        let mut hidden: Vec<(&str, bool)> = self.scopes.iter().map(|(_, tab, _)| (tab.as_str(), false)).collect();
        hidden.sort_unstable();
        hidden.dedup();
        let hidden: Map<String, Value> = hidden
            .into_iter()
            .map(|(tab, on)| (tab.to_owned(), on.into()))
            .collect();
        system.insert("hide_rapido_expand_link_map".to_owned(), Value::Object(hidden));
        system
    }
}

/// A row of a mapping table.
fn row(target: &str, sources: &[String]) -> Value {
    let mut row = Map::new();
    row.insert("target".to_owned(), Value::from(target));
    for (place, source) in sources.iter().enumerate() {
        row.insert(format!("source{}", place + 1), Value::from(source.as_str()));
    }
    Value::Object(row)
}
