//! Which jobs of Alma touch resource sharing, and what each may have changed. Pure.
//!
//! Alma tells that a job has ended by its name and category only (ALMA.md §7). The names are those of the library's own
//! language and some are typed by staff, so words are looked for, not whole names. A job that is taken for one of ours by
//! mistake costs a poll; one that is missed costs nothing but time, since every watch has its schedule.

use super::watch::SourceKind;

/// Words that begin a name of resource sharing, by language. A word that ends in a space is looked for as a whole.
const ABOUT_SHARING: &[&str] = &[
    // English; the category of such jobs, RESOURCE_SHARING, reads the same once it is normalised.
    "resource sharing",
    "interlibrary",
    "inter library loan",
    "ill ",
    "borrowing request",
    "lending request",
    "borrowing partner",
    "lending partner",
    "partner record",
    "rapido",
    "rapidill",
    // Alma's job for renewals and reminders, which runs over what was borrowed elsewhere too (ALMA.md §5c).
    "courtesy notice",
    // German, French, Spanish, Catalan, Italian, Portuguese.
    "fernleih",
    "ressourcenteilung",
    "partage de ressources",
    "partage des ressources",
    "prêt entre bibliothèques",
    "peb ",
    "préstamo interbibliotecario",
    "préstec interbibliotecari",
    "uso compartido de recursos",
    "recursos compartidos",
    "prestito interbibliotecario",
    "condivisione delle risorse",
    "empréstimo entre bibliotecas",
    "partilha de recursos",
    "compartilhamento de recursos",
    // Dutch, Danish, Norwegian, Swedish, Finnish.
    "interbibliothecair",
    "ibl ",
    "fjernlån",
    "fjärrlån",
    "resursdelning",
    "ressursdeling",
    "ressourcedeling",
    "kaukopalvelu",
    "kaukolaina",
];

/// What a job may have changed, by words of its name; the first rule that fits counts. Each names `alma.jobs` too, which
/// keeps how every resource-sharing job ended.
const TOUCHED: &[(&[&str], &[SourceKind])] = &[
    // "… to Resource Sharing Borrowing Partner": the partner borrows, so it is our lending that went overdue.
    (
        &["borrowing partner"],
        &[SourceKind::AlmaJobs, SourceKind::AlmaLendingRequests],
    ),
    (
        &["lending partner"],
        &[SourceKind::AlmaJobs, SourceKind::AlmaBorrowingRequests],
    ),
    // Imports, distributions and bulk changes of partner records leave the requests as they are.
    (&["partner"], &[SourceKind::AlmaJobs, SourceKind::AlmaPartners]),
    // Reminders and renewals go to our own readers, so they concern what we borrowed.
    (
        &["courtesy notice"],
        &[SourceKind::AlmaJobs, SourceKind::AlmaBorrowingRequests],
    ),
    (&["lending"], &[SourceKind::AlmaJobs, SourceKind::AlmaLendingRequests]),
    (
        &["borrowing"],
        &[SourceKind::AlmaJobs, SourceKind::AlmaBorrowingRequests],
    ),
];

/// Expired requests, claims and whatever else is not told apart may move requests of both sides.
const BOTH_SIDES: &[SourceKind] = &[
    SourceKind::AlmaJobs,
    SourceKind::AlmaLendingRequests,
    SourceKind::AlmaBorrowingRequests,
];

/// The sources whose answers may differ now that a job of this name and category (a code) has ended; empty for a job that
/// has nothing to do with resource sharing.
pub fn touched_by(name: &str, category: Option<&str>) -> &'static [SourceKind] {
    let name = words_of(name);
    let category = words_of(category.unwrap_or_default());
    if !ABOUT_SHARING
        .iter()
        .any(|words| has(&name, words) || has(&category, words))
    {
        return &[];
    }
    if has(&name, "lending ") && has(&name, "borrowing ") && !has(&name, "partner") {
        return BOTH_SIDES;
    }
    TOUCHED
        .iter()
        .find(|(words, _)| words.iter().any(|words| has(&name, words)))
        .map_or(BOTH_SIDES, |(_, sources)| sources)
}

/// The words in lower case with one space before and after each.
fn words_of(text: &str) -> String {
    let mut words = String::from(" ");
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            words.push(letter);
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

fn has(words: &str, phrase: &str) -> bool {
    words.match_indices(phrase).any(|(at, _)| words[..at].ends_with(' '))
}

#[cfg(test)]
mod tests {
    use SourceKind::{AlmaBorrowingRequests, AlmaJobs, AlmaLendingRequests, AlmaPartners};

    use super::*;

    #[test]
    fn every_job_of_resource_sharing_touches_what_it_may_have_changed() {
        for (name, category, touched) in [
            ("Expired Resource Sharing Requests", None, BOTH_SIDES),
            ("EXPIRED  RESOURCE-SHARING requests (daily)", None, BOTH_SIDES),
            ("Claim", Some("RESOURCE_SHARING"), BOTH_SIDES),
            (
                "Send Overdue Message to Resource Sharing Borrowing Partner",
                Some("FULFILLMENT"),
                &[AlmaJobs, AlmaLendingRequests],
            ),
            (
                "Claim Resource Sharing Lending Partner",
                None,
                &[AlmaJobs, AlmaBorrowingRequests],
            ),
            ("Distribute Resource Sharing Partners", None, &[AlmaJobs, AlmaPartners]),
            ("Import partner records - April", None, &[AlmaJobs, AlmaPartners]),
            (
                "Notifications - Send Courtesy Notices and Handle Loan Renewals",
                None,
                &[AlmaJobs, AlmaBorrowingRequests],
            ),
            ("Export lending requests", None, &[AlmaJobs, AlmaLendingRequests]),
            (
                "Resource Sharing Borrowing Requests Cleanup",
                None,
                &[AlmaJobs, AlmaBorrowingRequests],
            ),
            ("Resource sharing: borrowing and lending report", None, BOTH_SIDES),
            ("Abgelaufene Fernleihbestellungen", None, BOTH_SIDES),
            ("Demandes de PRÊT ENTRE BIBLIOTHÈQUES expirées", None, BOTH_SIDES),
            ("Rapido Pod Update", None, BOTH_SIDES),
            ("ILL nightly", None, BOTH_SIDES),
        ] {
            assert_eq!(touched_by(name, category), touched, "{name}");
        }
    }

    #[test]
    fn other_jobs_touch_nothing() {
        for (name, category) in [
            ("", None),
            ("", Some("")),
            ("Publishing Platform Job Incremental Publishing", Some("PUBLISHING")),
            ("Add set 1 to collections: 2", None),
            ("Import Research Assets Files", Some("RESEARCH_ASSETS")),
            ("Skill check of the mill", None),
            ("Vendor invoices: billing", Some("ACQUISITION")),
            ("Loans - Overdue and Lost Item", Some("FULFILLMENT")),
            ("Users - Synchronize", Some("USERS")),
        ] {
            assert_eq!(touched_by(name, category), &[] as &[SourceKind], "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_is_too_odd(name in "\\PC{0,60}", category in proptest::option::of("\\PC{0,20}")) {
            touched_by(&name, category.as_deref());
        }

        #[test]
        fn what_stands_around_the_words_does_not_matter(before in "[ -~]{0,10}", after in "[ -~]{0,10}") {
            let name = format!("{before} Resource_Sharing {after}");
            proptest::prop_assert!(!touched_by(&name, None).is_empty());
        }
    }
}
