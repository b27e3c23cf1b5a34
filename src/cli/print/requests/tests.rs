use super::super::test_page;
use super::super::tests::at;
use super::*;
use crate::insight::requests::RequestRows;

fn printed(rows: RequestRows) -> String {
    let answer = RequestAnswer {
        rows,
        unread: Vec::new(),
        watched: true,
        narrowed: false,
    };
    let page_ = test_page();
    let name_of = |code: &str| match code {
        "01TUN_INST" => "Tufts University".to_owned(),
        other => other.to_owned(),
    };
    page_.finish(&page(&answer, &name_of, &page_))
}

fn ageing_row(partner: &str, requests: Option<u64>, over: Option<u64>) -> AgeingRow {
    AgeingRow {
        institution: "01TUN_INST".to_owned(),
        side: Side::Borrowing,
        status: "LOCATE_FAILED".to_owned(),
        label: "Locate failed".to_owned(),
        partner: partner.to_owned(),
        partner_name: None,
        requests,
        over,
        older_than_hours: Some(48.0),
        median_days: Some(3),
        oldest_days: Some(9),
        at_least: false,
        waits_for: Some(WaitsFor::Us),
        alarm: false,
        alarm_since: None,
        known: true,
        few: requests.is_none(),
        as_of: at("2026-11-25T11:20:00Z"),
        link: None,
    }
}

#[test]
fn the_age_of_requests_shows_what_someone_must_do() {
    let alarm = AgeingRow {
        partner_name: Some("Boston College".to_owned()),
        alarm: true,
        alarm_since: Some(at("2026-11-24T11:20:00Z")),
        at_least: true,
        ..ageing_row("BCL", Some(12), Some(7))
    };
    let unread = AgeingRow {
        known: false,
        side: Side::Lending,
        ..ageing_row("NEU", Some(100), Some(0))
    };
    let rows = vec![
        alarm,
        ageing_row("WES", None, None),
        ageing_row("WIL", Some(6), Some(0)),
        unread,
        AgeingRow {
            older_than_hours: None,
            ..ageing_row("UNH", Some(8), Some(0))
        },
    ];
    insta::assert_snapshot!(printed(RequestRows::Ageing(rows)), @r#"Tufts University: borrowing requests, Nov 25 06:20 EST
Status  Partner  Requests         Too old  Oldest  Who must act    Alarm
Locate  Boston         12       7 (> 2 d)   ≥ 9 d  the library     since Nov 24
failed  College                                                    06:20
Locate  WES           few     few (> 2 d)     9 d  the library
failed

Tufts University: lending requests, Nov 25 06:20 EST
Status         Partner  Requests    Too old  Oldest  Who must act  Alarm
Locate failed  NEU      not read  0 (> 2 d)     9 d  the library

≥: some stood there already when they were first seen, and perhaps for longer.
What is too old, [[ageing]] in the settings says; an alarm needs several with
one partner.
Left out here: 1 pair of status and partner with nothing too old, 1 pair of
status and partner in a status without threshold; --json and --csv have all.

few: in an answer about several libraries counts of 1 to 4 are withheld, since
they could point to a reader, and what they could be worked out from;
--institution CODE gives one library its own numbers."#);
    insta::assert_snapshot!(printed(RequestRows::Ageing(vec![ageing_row("WIL", Some(6), Some(0))])), @r#"No request waits too long in a status that anyone worries about.
Left out here: 1 pair of status and partner with nothing too old; --json and
--csv have all."#);
}

fn month(partner: Option<&str>, numbers: Option<[u64; 5]>) -> TurnaroundRow {
    TurnaroundRow {
        institution: "01TUN_INST".to_owned(),
        side: Side::Lending,
        month: "2026-10".to_owned(),
        partner: partner.map(str::to_owned),
        partner_name: partner.map(|code| format!("Library {code}")),
        requested: numbers.map(|numbers| numbers[0]),
        supplied: numbers.map(|numbers| numbers[1]),
        unfilled: numbers.map(|numbers| numbers[2]),
        unknown: numbers.map(|numbers| numbers[3]),
        open: numbers.map(|numbers| numbers[4]),
        fill_rate: numbers.map(|numbers| numbers[1] as f64 / (numbers[1] + numbers[2]) as f64),
        median_days: numbers.map(|_| 3),
        uncertain: Some(0),
        few: numbers.is_none(),
    }
}

#[test]
fn turnaround_is_a_table_by_month_and_partner() {
    let rows = vec![
        month(None, Some([120, 90, 15, 5, 10])),
        month(Some("BCL"), Some([80, 60, 10, 0, 10])),
        month(Some("WES"), None),
    ];
    insta::assert_snapshot!(printed(RequestRows::Turnaround(rows)), @r#"Tufts University: lending requests
Month    Partner  Requested  Shipped  Unfilled  Unknown  Open  Fill rate  Median
2026-10  all            120       90        15        5    10       86 %   ≤ 3 d
2026-10  Library         80       60        10        0    10       86 %   ≤ 3 d
         BCL
2026-10  Library        few        –         –        –     –          –       –
         WES

Requests count in the month in which they arrived. Fill rate: supplied of those
decided. Median: half of the supplied ones were supplied within so many days, at
the latest. Unknown: gone before they were final.

few: in an answer about several libraries counts of 1 to 4 are withheld, since
they could point to a reader, and what they could be worked out from;
--institution CODE gives one library its own numbers."#);
    insta::assert_snapshot!(printed(RequestRows::Turnaround(Vec::new())), @r#"No request has arrived since Almanac began to look. Those that were there before
are not counted: nobody knows how many had been dealt with."#);
}

#[test]
fn balance_counts_and_moves_are_tables_too() {
    let balance = BalanceRow {
        institution: "01TUN_INST".to_owned(),
        month: "2026-10".to_owned(),
        partner: None,
        partner_name: None,
        lent: Some(90),
        borrowed: Some(135),
        borrowed_per_lent: Some(1.5),
        few: false,
    };
    insta::assert_snapshot!(printed(RequestRows::Balance(vec![balance])), @r#"Tufts University
Month    Partner  Lent  Borrowed  Borrowed for each lent
2026-10  all        90       135                    1.50

–: not watched, or nothing to divide by."#);
    let count = |status: &str, requests: Option<u64>, known: bool| RequestCountRow {
        institution: "01TUN_INST".to_owned(),
        side: Side::Lending,
        status: status.to_owned(),
        label: label(status).to_owned(),
        requests,
        few: known && requests.is_none(),
        waits_for: Some(WaitsFor::Them),
        known,
        as_of: at("2026-11-25T11:20:00Z"),
    };
    let rows = vec![
        count("SHIPPED_PHYSICALLY", None, false),
        count("CONDITIONAL", None, true),
        count("OVERDUE_ITEM", Some(17), true),
    ];
    insta::assert_snapshot!(printed(RequestRows::Counts(rows)), @r#"Tufts University: lending requests, Nov 25 06:20 EST
Status              Requests  Who must act
Shipped Physically  not read  the partner
Conditional              few  the partner
Overdue request           17  the partner

few: in an answer about several libraries counts of 1 to 4 are withheld, since
they could point to a reader, and what they could be worked out from;
--institution CODE gives one library its own numbers."#);
    let moved = |from: Option<&str>, to: Option<&str>, requests: Option<u64>| MoveRow {
        institution: "01TUN_INST".to_owned(),
        side: Side::Lending,
        partner: "BCL".to_owned(),
        partner_name: Some("=Boston College".to_owned()),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        requests,
        few: requests.is_none(),
    };
    let rows = vec![
        moved(None, Some("REQUEST_CREATED_LEND"), Some(7)),
        moved(Some("REQUEST_CREATED_LEND"), Some("SHIPPED_PHYSICALLY"), Some(12)),
        moved(Some("SHIPPED_PHYSICALLY"), None, None),
    ];
    insta::assert_snapshot!(printed(RequestRows::Moves(rows.clone())), @r#"Tufts University: lending requests
Partner          From                     To                       Requests
=Boston College  (new)                    Created lending request         7
=Boston College  Created lending request  Shipped Physically             12
=Boston College  Shipped Physically       (gone, outcome unknown)       few

few: in an answer about several libraries counts of 1 to 4 are withheld, since
they could point to a reader, and what they could be worked out from;
--institution CODE gives one library its own numbers."#);
    insta::assert_snapshot!(csv(&RequestRows::Moves(rows)), @r#"institution,side,partner,partner_name,from,to,requests,few
01TUN_INST,lending,BCL,'=Boston College,,REQUEST_CREATED_LEND,7,false
01TUN_INST,lending,BCL,'=Boston College,REQUEST_CREATED_LEND,SHIPPED_PHYSICALLY,12,false
01TUN_INST,lending,BCL,'=Boston College,SHIPPED_PHYSICALLY,,,true"#);
}
