//! A small Ex Libris that lives in the program: made-up libraries, partner lists, requests, configuration, Primo views and
//! release notes, served on loopback with the shapes of the real wire, in which something happens whenever someone says [`World::advance`].
//!
//! `almanac demo` and end-to-end tests watch it with the ordinary client. Everything in it is invented; what must never
//! be kept ([`MUST_NEVER_BE_KEPT`]) is in it on purpose, so that tests can look for it in what was kept.

mod analytics;
mod conf;
mod definitions;
mod jobs;
mod libraries;
mod notes;
mod offers;
mod requests;
mod script;
mod serve;
mod settings;
mod texts;
mod view;
mod wire;
mod world;

pub use serve::serve;
pub use world::World;

/// Strings that the wire of the demo holds and that no store, log, alert or page may: passwords and keys inside partner
/// records and integration profiles, contact persons, staff names, captcha keys, and of requests what leads to a reader: ids,
/// titles, names, addresses, barcodes (ALMA.md §5a and §8, PRIMO.md §4 and §8).
pub const MUST_NEVER_BE_KEPT: [&str; 14] = [
    wire::PARTNER_PASSWORD,
    wire::PARTNER_EXPORT_KEY,
    wire::CONTACT_PERSON,
    wire::CONTACT_MAIL,
    wire::CONTACT_PHONE,
    wire::STAFF_NAME,
    wire::CAPTCHA_KEY,
    wire::REPORT_MAIL,
    wire::READER_NAME,
    wire::REQUESTER_MAIL,
    wire::REQUEST_TITLE,
    wire::REQUEST_BARCODE,
    wire::REQUEST_IDS,
    wire::PROFILE_PASSWORD,
];
