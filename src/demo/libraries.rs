//! The made-up libraries and their lists of resource-sharing partners.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Value, json};

use super::analytics::Reading;
use super::conf::Conf;
use super::view::View;
use super::wire::{self, CONTACT_MAIL, CONTACT_PERSON, CONTACT_PHONE, PARTNER_EXPORT_KEY, PARTNER_PASSWORD};

/// How a made-up library takes part in its made-up consortium.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// In the consortium's Network Zone.
    ZoneMember,
    /// On its own Alma.
    OwnAlma,
    /// Not on Alma.
    Other,
}

impl Kind {
    /// The word for it in the configuration.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::ZoneMember => "zone-member",
            Kind::OwnAlma => "own-alma",
            Kind::Other => "other",
        }
    }
}

/// A member in the Network Zone.
pub(super) const HARBOUR: &str = "01DEMOHARB_INST";
/// Another one.
pub(super) const MILLBROOK: &str = "01DEMOMILL_INST";
/// A member on an Alma of its own, with many partners.
pub(super) const QUARRY: &str = "01DEMOQUAR_INST";
/// Another one, whose key lacks the area *Configuration*.
pub(super) const SALTMARSH: &str = "01DEMOSALT_INST";

/// Code, name, view, how it takes part, how many far partners it has. None of them exists.
pub(super) const LIBRARIES: [(&str, &str, &str, Kind, usize); 5] = [
    (HARBOUR, "Harbour University", "HARB", Kind::ZoneMember, 6),
    (MILLBROOK, "Millbrook College", "MILL", Kind::ZoneMember, 3),
    (QUARRY, "North Quarry Institute", "QUAR", Kind::OwnAlma, 112),
    (SALTMARSH, "Saltmarsh University", "SALT", Kind::OwnAlma, 9),
    ("ATHENAEUM", "Old Town Athenaeum", "", Kind::Other, 0),
];

/// The name of a library; the code where it is none of these.
pub(super) fn name_of(code: &str) -> &str {
    LIBRARIES
        .iter()
        .find(|library| library.0 == code)
        .map_or(code, |library| library.1)
}

/// Code of the library that takes part in resource sharing, of the institution that is called so for short.
pub(super) fn sharing_code(short: &str) -> String {
    format!("{short}_ILL")
}

/// What is asked for at a library and matters to the script.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Asked {
    Partners,
    View,
    LendingRequests,
    Report,
    /// From here on only with the area *Configuration*.
    Hours,
    CodeTables,
    Jobs,
}

/// A library with an Alma, as it stands.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// The last part of its view; its own libraries are called after it.
    pub(super) short: &'static str,
    pub(super) key: String,
    /// Whether its key has the area *Configuration*.
    pub(super) conf_allowed: bool,
    pub(super) partners: Vec<Partner>,
    /// In which order the list being read page by page shows them.
    pub(super) order: Vec<usize>,
    pub(super) view: View,
    /// Calls left for the day.
    pub(super) remaining: i64,
    /// The next list of partners is short of what it says it holds.
    pub(super) short_list_next: bool,
    /// The list being read page by page is short.
    pub(super) short_list: bool,
    /// The next call is one too many a second.
    pub(super) too_fast_next: bool,
    /// What was asked for at least once.
    pub(super) asked: BTreeSet<Asked>,
    /// Whether it has an archive.
    pub(super) has_archive: bool,
    pub(super) conf: Conf,
    /// Its report of borrowing requests, as it is being read.
    pub(super) report: Reading,
    /// The report is still being computed when it is asked for next.
    pub(super) report_not_ready_next: bool,
}

/// A partner record, as far as the demo changes it.
#[derive(Clone, Debug)]
pub(super) struct Partner {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) active: bool,
    pub(super) profile: Profile,
    /// Whether it may be asked to lend ("Supports lending", ALMA.md §5a).
    pub(super) lending: bool,
    /// Whether it may ask to borrow ("Supports borrowing").
    pub(super) borrowing: bool,
    pub(super) supply_days: u32,
    pub(super) auto_cancel_days: Option<u32>,
}

/// By what protocol a partner is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Profile {
    Iso18626,
    Rapid,
    Email,
    Ncip,
    Bldss,
}

impl Partner {
    pub(super) fn new(code: &str, name: &str, profile: Profile) -> Self {
        Self {
            code: code.to_owned(),
            name: name.to_owned(),
            active: true,
            profile,
            lending: true,
            borrowing: true,
            supply_days: 4,
            auto_cancel_days: None,
        }
    }

    /// The record as the wire shows it, secrets and contact persons included.
    pub(super) fn record(&self, dice: &mut Rng) -> Value {
        let label = |plain: &str, other: &str, dice: &mut Rng| {
            if dice.bool() {
                plain.to_owned()
            } else {
                other.to_owned()
            }
        };
        let (system, profile_type, details, values) = match self.profile {
            Profile::Iso18626 => (
                "ALMA",
                "ISO_18626",
                "iso_18626_details",
                json!({ "ill_server": "ill.demo.invalid", "iso_symbol": format!("DEMO:{}", self.code),
                        "send_requester_information": false, "shared_barcodes": true, "return_info": "" }),
            ),
            Profile::Rapid => (
                "RAPID",
                "RAPID",
                "rapid_details",
                json!({ "rapid_code": "DMO", "rapid_user_name": CONTACT_PERSON, "rapid_password": PARTNER_PASSWORD }),
            ),
            Profile::Email => ("EMAIL", "EMAIL", "email_details", json!({ "email": CONTACT_MAIL })),
            Profile::Ncip => (
                "OTHER",
                "NCIP",
                "ncip_details",
                json!({ "server": "ncip.demo.invalid", "export_api_key": PARTNER_EXPORT_KEY }),
            ),
            Profile::Bldss => (
                "BLDSS",
                "BLDSS",
                "bldss_details",
                json!({ "bldss_base_url": "https://bldss.demo.invalid", "bldss_base_password": PARTNER_PASSWORD }),
            ),
        };
        let mut partner_details = json!({
            "code": self.code,
            "name": self.name,
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "profile_details": { "profile_type": profile_type, details: values },
            "system_type": { "value": system, "desc": label(system, &format!("System {system}"), dice) },
            "avg_supply_time": self.supply_days,
            "delivery_delay": 0,
            "currency": "USD",
            "borrowing_supported": self.borrowing,
            "borrowing_workflow": "DEFAULT_BOR_WF",
            "lending_supported": self.lending,
            "lending_workflow": "DEFAULT_LEND_WF",
            "auto_cancel_supported": self.auto_cancel_days.is_some(),
            "locate_profile": { "value": "NEAR", "desc": label("Near libraries", "Bibliotheken der Umgebung", dice) },
        });
        if let (Some(days), Some(members)) = (self.auto_cancel_days, partner_details.as_object_mut()) {
            members.insert("auto_cancel_time".to_owned(), Value::from(days));
        }
        for absent in ["auto_cancel_reason", "holding_code", "institution_code"] {
            wire::nothing(&mut partner_details, absent, dice);
        }
        let mut record = json!({
            "partner_details": partner_details,
            "contact_info": {
                "address": [{ "line1": CONTACT_PERSON, "line2": "1 Demo Quay", "city": "Demo Harbour", "preferred": true }],
                "email": [{ "email_address": CONTACT_MAIL, "preferred": true }],
                "phone": [{ "phone_number": CONTACT_PHONE, "preferred": false }],
            },
            "note": [{ "content": format!("Ask {CONTACT_PERSON} first."), "created_by": wire::STAFF_NAME }],
        });
        wire::nothing(&mut record, "link", dice);
        record
    }
}

impl Library {
    /// The partners of the library at that place of [`LIBRARIES`]: its fellow members, far libraries, a document supplier.
    pub(super) fn new(place: usize, year: i32, dice: &mut Rng) -> Self {
        let (code, name, view, _, far) = LIBRARIES[place];
        let mut partners: Vec<Partner> = LIBRARIES
            .iter()
            .filter(|other| other.0 != code)
            .map(|other| {
                let profile = if other.3 == Kind::Other {
                    Profile::Email
                } else {
                    Profile::Iso18626
                };
                Partner::new(other.0, other.1, profile)
            })
            .collect();
        partners.push(Partner::new("RAPID", "RapidILL pod (made up)", Profile::Rapid));
        // Codes are any string: with colons, blanks, slashes, and leading zeros (ALMA.md §3).
        partners.push(Partner::new("DEMO:ISL", "Island Law Library", Profile::Ncip));
        partners.push(Partner::new("STATE LIB/2", "State Library Annex", Profile::Bldss));
        for number in 0..far {
            let mut partner = Partner::new(
                &format!("{:06}", 70_000 + number * 7),
                &far_name(number),
                Profile::Iso18626,
            );
            partner.supply_days = dice.u32(2..9);
            partner.active = dice.u8(..10) > 0;
            partner.auto_cancel_days = dice.bool().then(|| dice.u32(10..30));
            partners.push(partner);
        }
        Self {
            code,
            name,
            short: view,
            key: format!("demo-key-{}-{:08x}", view.to_lowercase(), dice.u32(..)),
            conf_allowed: place != 3,
            order: (0..partners.len()).collect(),
            partners,
            view: View::new(place, code, view, year),
            remaining: 480_000,
            short_list_next: false,
            short_list: false,
            too_fast_next: false,
            asked: BTreeSet::new(),
            has_archive: place.is_multiple_of(2),
            conf: Conf::default(),
            report: Reading::default(),
            report_not_ready_next: false,
        }
    }
}

impl Library {
    /// Whether all that can be asked of it was asked for at least once.
    pub(super) fn everything_was_asked(&self) -> bool {
        use Asked::{CodeTables, Hours, Jobs, LendingRequests, Partners, Report, View};
        let needed: &[Asked] = if self.conf_allowed {
            &[Partners, View, LendingRequests, Report, Hours, CodeTables, Jobs]
        } else {
            &[Partners, View, LendingRequests, Report]
        };
        needed.iter().all(|asked| self.asked.contains(asked))
    }
}

/// A name for a library far away.
fn far_name(number: usize) -> String {
    const PLACES: [&str; 14] = [
        "Elm Ridge",
        "Cedar Falls End",
        "Graywater",
        "Pine Hollow",
        "Brookmere",
        "Stonebridge",
        "Fernley Bay",
        "Alder Point",
        "Windham Heath",
        "Rosedale Cross",
        "Copperton",
        "Lakeview North",
        "Thornfield",
        "Maple Sound",
    ];
    const SORTS: [&str; 9] = [
        "College",
        "University",
        "Public Library",
        "Seminary",
        "Institute of Arts",
        "Medical School",
        "Law School",
        "Museum Library",
        "Observatory",
    ];
    format!(
        "{} {}",
        PLACES[number % PLACES.len()],
        SORTS[(number / PLACES.len() + number) % SORTS.len()]
    )
}
