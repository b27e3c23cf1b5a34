//! The words of the trade, and sentences made of them. Nothing here is a real feature.

use super::dice::Dice;

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const ALMA_AREAS: &[&str] = &[
    "Acquisitions",
    "Resource Management",
    "Fulfillment",
    "Fulfillment - Resource Sharing",
    "Fulfillment and Resource Sharing",
    "Digital Resource Management",
    "Collaborative Networks",
    "Administration and Infrastructure",
    "User Experience, Accessibility & Infrastructure",
    "Analytics",
    "Analytics - Insights",
    "APIs",
    "Metadata Management",
    "Electronic Resource Management - Central Knowledge Base",
];
const PRIMO_AREAS: &[&str] = &[
    "Search and Ranking",
    "My Library Card",
    "Resource Sharing",
    "Full Display",
    "Accessibility",
    "Collection Discovery",
    "Back Office - Views",
    "Central Index",
    "Course Reserves & Reading Lists",
];
const RAPIDO_AREAS: &[&str] = &[
    "Rapido",
    "Fulfillment - Resource Sharing",
    "Resource Sharing - Lending",
    "Offers and Terms",
];

pub fn areas(product: &str) -> &'static [&'static str] {
    match product {
        "Alma" => ALMA_AREAS,
        "Rapido" => RAPIDO_AREAS,
        _ => PRIMO_AREAS,
    }
}

const OBJECTS: &[&str] = &[
    "Lending Requests",
    "Borrowing Requests",
    "Partner Records",
    "Pickup Anywhere Transits",
    "Network Zone Portfolios",
    "Holdings Statements",
    "Rota Templates",
    "Item Loan Notes",
    "Consortial License Terms",
    "Digitization Queues",
    "Saved Searches",
    "Overlap Reports",
    "Shelf-Ready Orders",
    "Patron Blocks",
    "Remote Storage Pulls",
    "Authority Headings",
    "Renewal Letters",
    "Reading List Citations",
    "Thumbnail Images",
    "Invoice Lines",
    "Title Sets",
    "Exhibition Labels",
    "Visiting Patron Accounts",
    "Courier Slips",
    "Shared Print Commitments",
    "Vendor Contacts",
    "Collection Tiles",
    "Serial Predictions",
];
const VERBS: &[(&str, &str)] = &[
    ("Bulk Update", "bulk update"),
    ("Sort and Group", "sort and group"),
    ("Export", "export"),
    ("Preview", "preview"),
    ("Duplicate", "duplicate"),
    ("Merge", "merge"),
    ("Archive", "archive"),
    ("Reassign", "reassign"),
    ("Filter", "filter"),
    ("Pin", "pin"),
    ("Schedule Checks of", "schedule checks of"),
    ("Compare", "compare"),
    ("Hand Over", "hand over"),
    ("Number", "number"),
];
const PLACES: &[&str] = &[
    "in the Task Panel",
    "from the Side Drawer",
    "in the Unified Editor",
    "Across Campuses",
    "in the New Layout",
    "for Network Members",
    "on the Request Form",
    "by Library",
    "in Brief Results",
    "for Print & Electronic",
    "at the Service Desk",
    "in Letters",
    "with One Click",
];
const THINGS: &[&str] = &[
    "Dashboard Widget",
    "Warning Banner",
    "Quick Filter",
    "Audit Trail",
    "Import Profile Type",
    "Fallback Rule",
    "Color Label",
    "Wizard",
    "Counter",
    "Job Report",
    "Keyboard Shortcut",
    "Status",
    "Confirmation Step",
];
const STANDARDS: &[&str] = &[
    "ISO 18626",
    "NCIP 2.02",
    "SIP2",
    "SRU 2.0",
    "COUNTER 5.1",
    "IIIF 3",
    "BIBFRAME",
    "MARC 883",
];
const IMPROVEMENTS: &[&str] = &[
    "Faster Loading",
    "Clearer Wording",
    "More Columns",
    "Fewer Clicks",
    "Better Defaults",
    "Undo",
    "Dark Mode",
    "Longer Retention",
];
const ROLES: &[&str] = &[
    "operators",
    "fulfillment staff",
    "catalogers",
    "selectors",
    "administrators",
    "lending staff",
    "network managers",
    "reading list editors",
];
const SCREENS: &[&str] = &[
    "Manage Requests",
    "Partner List",
    "Set Builder",
    "Order Line Summary",
    "Loan Display",
    "Item Editor",
    "View Settings",
    "Usage Overview",
    "Transit Monitor",
];
const MENUS: &[&str] = &[
    "Configuration > Fulfillment > Resource Sharing > Partner Options",
    "Configuration > General > Letters > Wording",
    "Configuration > Discovery > Views > Advanced",
    "Acquisitions > Advanced Tools > Line Checks",
    "Resources > Network > Member Settings",
    "Admin > Monitor Jobs > Scheduled",
];
const TROUBLES: &[&str] = &[
    "the page stayed empty",
    "the counter showed twice the number",
    "the letter went out without its attachment",
    "the status did not move on",
    "the column lost its order",
    "the job ended with an unclear message",
    "the label was cut off",
    "the wrong library was shown",
    "an unneeded confirmation appeared",
];
const CHORES: &[&str] = &[
    "open every record in turn",
    "keep a list outside the system",
    "ask an administrator",
    "run the job twice",
    "copy the value by hand",
    "wait for the nightly run",
];
const SUBHEADINGS: &[&str] = &[
    "Before You Begin",
    "How to Turn It On",
    "Permissions",
    "What Patrons See",
    "Limits",
    "Configuration",
    "Example",
    "Effect on Existing Records",
];
const SYLLABLES: &[&str] = &[
    "mar", "lo", "ren", "ti", "qua", "bri", "sel", "dor", "ka", "ven", "ust", "pel", "hal", "im", "cor", "fen", "gra",
    "wil", "zan", "oth",
];

/// A heading in title case.
pub fn heading(dice: &mut Dice) -> String {
    let object = dice.pick(OBJECTS);
    let place = dice.pick(PLACES);
    match dice.below(9) {
        0 => format!("{} {object} {place}", dice.pick(VERBS).0),
        1 => format!("New {} for {object}", dice.pick(THINGS)),
        2 => format!("{object}: {}", dice.pick(IMPROVEMENTS)),
        3 => format!("Support for {} in {object}", dice.pick(STANDARDS)),
        4 => format!("Option to {} {object} {place}", dice.pick(VERBS).0),
        5 => format!("{object} {place} \u{2013} {}", dice.pick(IMPROVEMENTS)),
        6 => format!("\u{201c}{}\u{201d} Added to {object}", dice.pick(THINGS)),
        7 => format!("{} & {object}", dice.pick(OBJECTS)),
        _ => format!("Enhanced {} for {object} {place}", dice.pick(THINGS)),
    }
}

/// A heading that begins like the name of a month, as some features' names do.
pub fn month_like_heading(dice: &mut Dice, year: u32) -> String {
    match dice.below(4) {
        0 => format!("May Also Request {}", dice.pick(OBJECTS)),
        1 => format!("{} {} Changes to {}", dice.pick(&MONTHS), year + 1, dice.pick(OBJECTS)),
        2 => format!("March Through {} with the Arrow Keys", dice.pick(OBJECTS)),
        _ => format!(
            "{} {year} Sandbox Refresh and {}",
            dice.pick(&MONTHS),
            dice.pick(OBJECTS)
        ),
    }
}

/// A name that stands nowhere else: of a parameter, a profile, a report.
pub fn token(dice: &mut Dice) -> String {
    let mut stem = String::new();
    for _ in 0..dice.between(2, 3) {
        stem.push_str(dice.pick(SYLLABLES));
    }
    let number = dice.between(1000, 9999);
    match dice.below(3) {
        0 => format!("{stem}_{number}"),
        1 => format!("{}{}-{number}", stem[..1].to_uppercase(), &stem[1..]),
        _ => format!("{}{number}", stem.to_uppercase()),
    }
}

/// A sentence of a body that names `token`.
pub fn sentence(dice: &mut Dice, token: &str) -> String {
    let object = dice.pick(OBJECTS).to_lowercase();
    match dice.below(8) {
        0 => format!(
            "{} can now {} {object} on the {} page by choosing {token}.",
            capital(dice.pick(ROLES)),
            dice.pick(VERBS).1,
            dice.pick(SCREENS)
        ),
        1 => format!(
            "Until now, {} had to {}; the new {token} option makes that unnecessary.",
            dice.pick(ROLES),
            dice.pick(CHORES)
        ),
        2 => format!(
            "To turn it on, go to {} and set {token} to \u{201c}Yes\u{201d}.",
            dice.pick(MENUS)
        ),
        3 => format!("The {token} parameter is off by default, and the library\u{2019}s {object} stay as they are."),
        4 => format!(
            "A column named {token} was added to the {} page & to its export.",
            dice.pick(SCREENS)
        ),
        5 => format!(
            "{token} will also be available for {object} in the {} release.",
            dice.pick(&MONTHS)
        ),
        6 => format!(
            "Only {} with the {token} role see the change \u{2013} nobody else\u{2019}s screens differ.",
            dice.pick(ROLES)
        ),
        _ => format!("The job {token} now takes {object} into account, even where they come from a partner."),
    }
}

/// A sentence about something mended, which names `token`.
pub fn mended(dice: &mut Dice, token: &str) -> String {
    let object = dice.pick(OBJECTS).to_lowercase();
    match dice.below(4) {
        0 => format!(
            "When {} used {token} to {} {object}, {}. This was fixed.",
            dice.pick(ROLES),
            dice.pick(VERBS).1,
            dice.pick(TROUBLES)
        ),
        1 => format!(
            "On the {} page, {} if {token} was set. It now works as expected.",
            dice.pick(SCREENS),
            dice.pick(TROUBLES)
        ),
        2 => format!(
            "{token}: for some {object}, {}. The problem is solved.",
            dice.pick(TROUBLES)
        ),
        _ => format!(
            "In certain cases {token} ran late, and {}. This was corrected.",
            dice.pick(TROUBLES)
        ),
    }
}

/// A sentence of warning that names `token`.
pub fn caution(dice: &mut Dice, token: &str) -> String {
    match dice.below(3) {
        0 => format!("Re-indexing of {token} may take longer than usual in the week after the release."),
        1 => format!(
            "{} that rely on {token} should be checked before the release goes live.",
            dice.pick(OBJECTS)
        ),
        _ => format!(
            "The old {token} page is going to be retired in {}; {} should move their settings.",
            dice.pick(&MONTHS),
            dice.pick(ROLES)
        ),
    }
}

pub fn subheading(dice: &mut Dice) -> String {
    dice.pick(SUBHEADINGS).to_owned()
}

pub fn menu(dice: &mut Dice) -> String {
    dice.pick(MENUS).to_owned()
}

pub fn screen(dice: &mut Dice) -> String {
    dice.pick(SCREENS).to_owned()
}

pub fn help_title(dice: &mut Dice) -> String {
    format!("Managing {}", dice.pick(OBJECTS))
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
