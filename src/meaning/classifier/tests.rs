use proptest::prelude::*;

use super::rules::QUESTIONS;
use super::*;
use crate::config::classifier::built_in;

fn item<'a>(area: &'a str, heading: &'a str, body: &'a str) -> Document<'a> {
    Document {
        product: "Alma",
        area,
        heading,
        body,
        ..Document::default()
    }
}

#[test]
fn false_friends_are_known() {
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
        (
            "Fulfillment",
            "Printing",
            "Slips go to the network printer of the desk.",
        ),
        (
            "Acquisitions",
            "Partner Vendors",
            "Orders go to our integration partner, a vendor with a network account.",
        ),
        (
            "Fulfillment",
            "Laptops",
            "Equipment lending shows the lending period of a laptop.",
        ),
        (
            "Rapido",
            "New Icons",
            "The icons of borrowing requests were redrawn. There is nothing to configure.",
        ),
    ] {
        let document = item(area, heading, body);
        let verdict = built_in().classify(&document);
        let why = built_in().explain(&document, Question::Collaborative);
        assert!(!verdict.collaborative, "{heading}: {why:#?}");
    }
}

#[test]
fn what_passes_between_institutions_is_found_under_any_name() {
    for (area, heading, body, topic) in [
        (
            "Acquisitions",
            "Vendors",
            "Vendors can be contributed to the Network Zone.",
            Topic::NetworkZone,
        ),
        (
            "Fulfillment",
            "Ask Again Later",
            "A supplier that has no copy on the shelf can name a day from which the other library may ask again.",
            Topic::ResourceSharing,
        ),
        (
            "Fulfillment",
            "Return at Any Campus",
            "Readers of one university can return books at the desk of another university of the fulfillment network.",
            Topic::FulfillmentNetwork,
        ),
        (
            "Analytics",
            "Peers",
            "Compare your turnaround with the median of similar libraries in a benchmark.",
            Topic::AnalyticsBenchmarking,
        ),
        (
            "Resource Management",
            "Promised Volumes",
            "Volumes kept under a shared print agreement cannot be withdrawn while other libraries rely on them.",
            Topic::CooperativeCollections,
        ),
        (
            "Discovery",
            "Holdings of Neighbours",
            "The full record lists which other institutions hold the title.",
            Topic::ConsortialDiscovery,
        ),
    ] {
        let document = item(area, heading, body);
        let verdict = built_in().classify(&document);
        let why = built_in().explain(&document, Question::Collaborative);
        assert!(verdict.collaborative, "{heading}: {why:#?}");
        assert!(verdict.topics.contains(&topic), "{heading}: {:?}", verdict.topics);
    }
}

#[test]
fn other_systems_count_only_between_institutions() {
    let partners = item(
        "Fulfillment - Resource Sharing",
        "Partners",
        "Partners that do not use Alma may answer by ISO 18626.",
    );
    assert!(built_in().classify(&partners).non_alma);
    let own = item(
        "Discovery",
        "Links",
        "The brief record links to a citation page of WorldCat.",
    );
    let verdict = built_in().classify(&own);
    assert!(!verdict.collaborative && !verdict.non_alma);
}

#[test]
fn a_denied_mention_counts_less_than_a_plain_one() {
    let score = |body: &str| built_in().classify(&item("Fulfillment", "Labels", body)).scores[0];
    let plain = score("Slips have a barcode. Requests from other libraries have it too.");
    let denied = score("Slips have a barcode. Requests from other libraries are not affected.");
    assert!(denied < plain - 1.0, "{denied} {plain}");
}

#[test]
fn an_empty_item_is_about_nothing() {
    let verdict = built_in().classify(&Document::default());
    assert_eq!(
        (verdict.collaborative, verdict.topics, verdict.non_alma),
        (false, vec![], false)
    );
}

#[test]
fn what_is_about_collaboration_is_about_some_part_of_it() {
    let mut scores = [-1.0; QUESTIONS];
    scores[0] = 0.5;
    scores[Question::About(Topic::NetworkZone).number()] = -0.5;
    assert_eq!(verdict(scores).topics, [Topic::NetworkZone]);
    scores[0] = -0.5;
    scores[Question::About(Topic::NetworkZone).number()] = 3.0;
    scores[Question::NonAlma.number()] = 3.0;
    let none = verdict(scores);
    assert_eq!((none.topics, none.non_alma), (vec![], false));
}

const WORDS: [&str; 26] = [
    "lender",
    "partner",
    "library",
    "libraries",
    "other",
    "the",
    "vendor",
    "network",
    "zone",
    "drive",
    "icon",
    "request",
    "requests",
    "of",
    "your",
    "institution",
    "institutions",
    "rota",
    "supplier",
    "shared",
    "print",
    "campus",
    "are",
    "not",
    "affected",
    "members",
];

fn sentence() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&WORDS[..]), 1..9).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_of_sentences_case_and_markup_make_no_difference(
        heading in sentence(),
        body in proptest::collection::vec(sentence(), 0..5),
    ) {
        let plain = body.join(". ");
        let mut turned = body.clone();
        turned.reverse();
        let wanted = built_in().classify(&item("Fulfillment", &heading, &plain));
        let (turned, upper) = (turned.join(". "), plain.to_uppercase());
        let marked = format!("<p>{}</p>", plain.replace(". ", ".</p>\r\n<p>").replace(' ', "&nbsp;"));
        for other in [&turned, &upper, &marked] {
            let found = built_in().classify(&item("FULFILLMENT", &heading, other));
            for (one, two) in wanted.scores.iter().zip(&found.scores) {
                prop_assert!((one - two).abs() < 1e-9, "{other}");
            }
        }
    }

    #[test]
    fn an_explanation_adds_up_to_the_score_and_is_bounded(
        heading in sentence(),
        body in proptest::collection::vec(sentence(), 0..12),
    ) {
        let body = body.join(". ");
        let document = item("Resource Sharing", &heading, &body);
        let verdict = built_in().classify(&document);
        for question in Question::all() {
            let why = built_in().explain(&document, question);
            let named: f64 = why.reasons_for.iter().chain(&why.reasons_against).map(|reason| reason.weight).sum();
            prop_assert!((why.base + named + why.rest - why.score).abs() < 1e-9);
            prop_assert!((why.score - verdict.scores[question.number()]).abs() < 1e-9);
            prop_assert!(why.reasons_for.len() <= REASONS_NAMED && why.reasons_against.len() <= REASONS_NAMED);
        }
    }

    #[test]
    fn any_text_is_judged(heading in ".{0,60}", body in ".{0,300}") {
        let verdict = built_in().classify(&item(&heading, &heading, &body));
        prop_assert!(verdict.scores.iter().all(|score| score.is_finite()));
    }
}
