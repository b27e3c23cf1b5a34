//! The texts of the made-up release notes. No feature in them exists.

/// One item: section (0 main feature, 1 additional enhancement, 2 resolved issue, 3 issue to note), release month, area,
/// heading, body.
pub(super) type Text = (usize, u32, &'static str, &'static str, &'static str);

pub(super) const ALMA_LAST_YEAR: &[Text] = &[
    (
        0,
        11,
        "Fulfillment - Resource Sharing",
        "Lending Requests Can Wait for a Returned Copy",
        "A lending library can now put an incoming lending request on hold until its only copy is back, instead of refusing it. The borrowing library sees the expected day.",
    ),
    (
        0,
        11,
        "Resource Management",
        "Side-by-Side View of Two Holdings",
        "Two holdings records can be opened next to each other in the editor, and fields can be dragged from one to the other.",
    ),
    (
        0,
        8,
        "Collaborative Networks",
        "Members Choose Which Network Zone Collections They Follow",
        "Each member of a Network Zone can now list the collections it follows and leaves the others out of its nightly job.",
    ),
    (
        1,
        8,
        "Acquisitions",
        "Order Lines Remember Their Last Filter",
        "The list of order lines opens with the filter that was used last.",
    ),
    (
        1,
        5,
        "Analytics",
        "A Measure for Unfilled Requests",
        "A new measure counts lending requests that were not filled, by partner and by reason.",
    ),
    (
        2,
        5,
        "Fulfillment",
        "Due Dates on Closed Days",
        "Loans could fall due on a day on which the library was closed. This was fixed.",
    ),
    (
        3,
        2,
        "Administration and Infrastructure",
        "Longer Index Run in February",
        "The yearly index run takes about two days longer than usual; searching goes on as normal.",
    ),
];

pub(super) const ALMA_THIS_YEAR: &[Text] = &[
    (
        0,
        11,
        "Fulfillment - Resource Sharing",
        "Partners Can Be Paused for a Holiday",
        "A library can pause borrowing from a partner between two days. Requests go to the next partner in the rota meanwhile.",
    ),
    (
        0,
        11,
        "Collaborative Networks",
        "Shared Notes on Network Zone Records",
        "Members can leave a note on a record of the Network Zone that all other members see, and answer it.",
    ),
    (
        0,
        8,
        "Fulfillment - Resource Sharing",
        "Longer Loans Between Members",
        "Members that agree on it can lend to each other for up to a year. The new term is off by default and is set for each partner.",
    ),
    (
        0,
        8,
        "Resource Management",
        "Sets from a Spreadsheet Column",
        "A set can be made from one column of a spreadsheet, without a header.",
    ),
    (
        0,
        5,
        "User Experience, Accessibility & Infrastructure",
        "Task List in a Narrow Window",
        "The task list keeps its counters when the window is narrow.",
    ),
    (
        1,
        11,
        "Acquisitions",
        "Invoice Lines Show Their Fund",
        "The list of invoice lines has a column for the fund.",
    ),
    (
        1,
        8,
        "Fulfillment",
        "Reason for a Blocked Renewal",
        "The message about a blocked renewal now names the reason.",
    ),
    (
        1,
        5,
        "APIs",
        "Partner Status in the Partners Service",
        "The service that lists partners now says since when a partner has been inactive.",
    ),
    (
        2,
        8,
        "Fulfillment - Resource Sharing",
        "Cancelled Requests Stayed in the Rota",
        "A borrowing request that was cancelled could still be offered to the next partner. This was corrected.",
    ),
    (
        2,
        5,
        "Analytics",
        "Rounded Percentages",
        "Percentages in the overlap report were rounded twice. This was corrected.",
    ),
    (
        3,
        11,
        "Administration and Infrastructure",
        "New Address for Outgoing Mail",
        "Mail comes from a new range of addresses after the release; allow it in your mail filter.",
    ),
];

pub(super) const PRIMO_LAST_YEAR: &[Text] = &[
    (
        0,
        11,
        "Search and Ranking",
        "Fewer Doubles in Long Lists",
        "Editions of one work are grouped in lists of more than a hundred results.",
    ),
    (
        0,
        8,
        "Resource Sharing",
        "Request Form Remembers the Pickup Library",
        "The form for a request from another library offers the pickup library that was used last.",
    ),
    (
        1,
        5,
        "Collection Discovery",
        "Captions for Collection Tiles",
        "Tiles of collections can have a caption of two lines.",
    ),
    (
        2,
        2,
        "My Library Card",
        "Requests Sorted by Day",
        "Requests were sorted by the text of the date. This was fixed.",
    ),
];

pub(super) const PRIMO_THIS_YEAR: &[Text] = &[
    (
        0,
        11,
        "Resource Sharing",
        "Which Libraries Nearby Hold It",
        "The full display can list up to five libraries of the network that hold a title, nearest first.",
    ),
    (
        0,
        11,
        "Full Display",
        "Table of Contents in the Full Display",
        "The table of contents opens below the description.",
    ),
    (
        0,
        8,
        "Collection Discovery",
        "Exhibitions of Several Libraries",
        "Libraries can join their special collections in one exhibition, each with its own page.",
    ),
    (
        1,
        8,
        "Accessibility",
        "Better Contrast for Facets",
        "The facets keep a contrast of seven to one in every theme.",
    ),
    (
        1,
        5,
        "Search and Ranking",
        "Suggestions in Two Languages",
        "Suggestions come in the language of the interface first.",
    ),
    (
        2,
        8,
        "My Library Card",
        "Loans of Other Libraries",
        "Loans from another member showed no due date. This was fixed.",
    ),
    (
        3,
        5,
        "Back Office - Views",
        "Old Layout",
        "The old layout of the library card is going to be retired next year.",
    ),
];

/// The item that appears at the third step of the script.
pub(super) const ANNOUNCED: Text = (
    0,
    11,
    "Fulfillment - Resource Sharing",
    "Borrowing Requests Across Two Network Zones",
    "Members of one Network Zone can send borrowing requests to members of another, once both zones have agreed on terms. The option is off by default; ask Ex Libris to turn it on for your institution.",
);

/// Sentences that rewordings add to a body, in turn.
pub(super) const AFTERTHOUGHTS: [&str; 6] = [
    "The option can be limited to physical items.",
    "It is now on by default for new institutions.",
    "Both libraries must run the release for it to work.",
    "A role with the privilege Network Operator is needed.",
    "It also works for digitization requests.",
    "Existing requests are not affected.",
];

/// What later announcements are about: heading and body, each with `{}` for one of [`SUBJECTS`].
pub(super) const LATER: [(&str, &str); 5] = [
    (
        "Reminders for {}",
        "Partners get a reminder when {} have waited for three days.",
    ),
    (
        "Shared Counters for {}",
        "Members of a network can compare their {} with the median of all members.",
    ),
    ("Bulk Changes of {}", "Up to a thousand {} can be changed in one job."),
    ("A History of {}", "A new tab shows what happened to {} and when."),
    (
        "Templates for {}",
        "Libraries can save templates for {} and pass them to other members.",
    ),
];

/// See [`LATER`].
pub(super) const SUBJECTS: [&str; 7] = [
    "Lending Terms",
    "Borrowing Requests",
    "Courier Routes",
    "Retention Commitments",
    "Partner Groups",
    "Visiting Patrons",
    "Request Notes",
];
