use unicode_width::UnicodeWidthStr;

use super::*;
use crate::cli::print::test_page;
use crate::cli::print::tests::at;
use crate::model::change::{FieldChange, FieldOp};
use crate::model::reciprocity::{ListRow, Problem, Role};

/// An answer in which every member lends to every other, but for what `state` says otherwise by place.
fn answer(members: usize, state: impl Fn(usize, usize) -> FlowState) -> PartnersAnswer {
    let code = |place: usize| format!("01L{place:02}_INST");
    let name = |place: usize| format!("University of Somewhere Number {place}");
    let mut rows = Vec::new();
    for lender in 0..members {
        for borrower in (0..members).filter(|borrower| *borrower != lender) {
            rows.push(FlowRow {
                lender: code(lender),
                lender_name: name(lender),
                borrower: code(borrower),
                borrower_name: name(borrower),
                state: state(lender, borrower),
                lender_says: Says::Yes,
                borrower_says: Says::Yes,
                lender_record: None,
                borrower_record: None,
                problems: Vec::new(),
                since: None,
                since_at_least: false,
                cause: None,
            });
        }
    }
    let lists = (0..members).map(|place| ListRow {
        institution: code(place),
        name: name(place),
        on_alma: true,
        verified: Some(true),
        last_read: Some(at("2026-11-25T07:00:00Z")),
        records: 400,
    });
    PartnersAnswer {
        at: at("2026-11-25T12:00:00Z"),
        institution: None,
        rows,
        findings: Vec::new(),
        lists: lists.collect(),
        short: (0..members)
            .map(|place| (code(place), format!("L{place:02}")))
            .collect(),
    }
}

#[test]
fn a_consortium_of_26_fits_on_a_terminal_of_80_columns_and_all_words_are_there_without_colour() {
    let answer = answer(26, |lender, borrower| match (lender, borrower) {
        (3, 7) | (7, 3) => FlowState::Broken,
        (0, 25) => FlowState::Off,
        (12, _) => FlowState::Unknown,
        (20, 21) => FlowState::None,
        _ => FlowState::On,
    });
    let page = test_page();
    let text = page.finish(&matrix(&answer, &page));
    assert!(text.lines().all(|line| line.width() <= page.width), "{text}");
    insta::assert_snapshot!(text, @r"
    Down: who lends. Across: who borrows.

                                                  1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2
                                1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6
     1 University of Somew… L00 · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y o
     2 University of Somew… L01 Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     3 University of Somew… L02 Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     4 University of Somew… L03 Y Y Y · Y Y Y X Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     5 University of Somew… L04 Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     6 University of Somew… L05 Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     7 University of Somew… L06 Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     8 University of Somew… L07 Y Y Y X Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
     9 University of Somew… L08 Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
    10 University of Somew… L09 Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
    11 University of Somew… L10 Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
    12 University of Somew… L11 Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y Y Y
    13 University of Somew… L12 ? ? ? ? ? ? ? ? ? ? ? ? · ? ? ? ? ? ? ? ? ? ? ? ? ?
    14 University of Somew… L13 Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y Y
    15 University of Somew… L14 Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y Y
    16 University of Somew… L15 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y Y
    17 University of Somew… L16 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y Y
    18 University of Somew… L17 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y Y
    19 University of Somew… L18 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y Y
    20 University of Somew… L19 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y Y Y
    21 University of Somew… L20 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · - Y Y Y Y
    22 University of Somew… L21 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y Y
    23 University of Somew… L22 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y Y
    24 University of Somew… L23 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y Y
    25 University of Somew… L24 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y · Y
    26 University of Somew… L25 Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y ·

    Y  lends: both libraries say so      y  lends, as the one on Alma says
    X  does not: their records disagree, or one has no record of the other
    I  does not: a record is inactive
    o  does not lend                -  no records of each other
    ?  not known                    ·  itself

    The numbers across, read downwards, are those of the libraries down.

    The oldest list is University of Somewhere Number 0’s, read Nov 25 02:00 EST.
    Times are in America/New_York.
    ");
    // On a wide page, codes stand above the columns.
    let wide = Page { width: 140, ..page };
    let text = wide.finish(&matrix(&answer, &wide));
    assert!(text.contains("L00 L01 L02"), "{text}");
    assert!(text.lines().all(|line| line.width() <= wide.width), "{text}");
}

#[test]
fn a_matrix_that_is_too_wide_comes_in_parts() {
    let answer = answer(40, |_, _| FlowState::On);
    let page = test_page();
    let text = page.finish(&matrix(&answer, &page));
    assert!(text.lines().all(|line| line.width() <= page.width), "{text}");
    let lines_of_the_first = text.lines().filter(|line| line.contains("L00")).count();
    assert!(lines_of_the_first > 1, "{text}");
    let cells = text.split("\nY  lends").next().unwrap();
    assert_eq!(cells.matches('Y').count(), 40 * 39, "every direction once");
}

#[test]
fn nothing_to_compare_and_nothing_wrong_are_said_in_words() {
    let page = test_page();
    assert!(pairs(&answer(1, |_, _| FlowState::On), &page).contains("no two libraries"));
    assert!(problems(&answer(3, |_, _| FlowState::On), None, &page).contains("No problem is known of"));
    assert!(records(&answer(3, |_, _| FlowState::On), &page).contains("is certain"));
}

/// Both records of two libraries are inactive; the lender's went first, and has two records besides.
fn both_inactive() -> PartnersAnswer {
    let mut answer = answer(2, |_, _| FlowState::Off);
    let problem = |kind, end, text: &str| Problem {
        kind,
        end: Some(end),
        text: text.to_owned(),
        remedy: None,
    };
    for row in &mut answer.rows {
        let (first, second) = match row.lender.as_str() {
            "01L00_INST" => (Role::Lender, Role::Borrower),
            _ => (Role::Borrower, Role::Lender),
        };
        row.lender_says = Says::Inactive;
        row.borrower_says = Says::Inactive;
        row.problems = vec![
            problem(ProblemKind::Inactive, first, "The first record is inactive."),
            problem(ProblemKind::Inactive, second, "The second record is inactive."),
            problem(ProblemKind::DuplicateRecords, first, "There are two records."),
        ];
        row.since = Some(at("2026-11-20T12:00:00Z"));
        row.cause = Some(Cause {
            watch: "alma.partners/01L00_INST".to_owned(),
            key: "L01".to_owned(),
            version: 2,
            changes: vec![FieldChange {
                op: FieldOp::Replace,
                path: "/status".to_owned(),
                old: "ACTIVE".into(),
                new: "INACTIVE".into(),
            }],
        });
    }
    answer
}

#[test]
fn a_cause_stands_only_under_the_problem_that_it_made() {
    let page = test_page();
    insta::assert_snapshot!(page.finish(&problems(&both_inactive(), None, &page)), @r"
    Inactive records (2)
      The first record is inactive.
        Neither can borrow from the other, since Nov 20 07:00 EST: status ACTIVE →
        INACTIVE (record L01 of alma.partners/01L00_INST, version 2).
      The second record is inactive.
        Neither can borrow from the other, and could not before this: University of
        Somewhere Number 0’s end said no already.

    Several records of one library (1)
      There are two records.

    The oldest list is University of Somewhere Number 0’s, read Nov 25 02:00 EST.
    Times are in America/New_York.
    ");
}

#[test]
fn nothing_wrong_of_one_kind_or_with_one_library_is_not_nothing_wrong() {
    let page = test_page();
    let one_kind = problems(&both_inactive(), Some(ProblemKind::OneSided), &page);
    assert!(
        one_kind.contains("No problem of the kind “one-sided” is known of between"),
        "{one_kind}"
    );
    assert!(!one_kind.contains("inactive"), "{one_kind}");
    let mut one_library = answer(3, |_, _| FlowState::On);
    one_library.institution = Some("01L01_INST".to_owned());
    let one_library = problems(&one_library, None, &page);
    assert!(
        one_library.contains("between University of Somewhere Number 1 and"),
        "{one_library}"
    );
}
