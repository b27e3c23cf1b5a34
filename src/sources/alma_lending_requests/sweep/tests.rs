//! Sweeps over a made-up task list that shows a hundred rows at most and keeps the truth beside them.

use std::time::Duration;

use proptest::prelude::*;

use super::outcome::Swept;
use super::*;

const STATUSES: [&str; 3] = ["REQUEST_CREATED_LEND", "SHIPPED_PHYSICALLY", "WILL_SUPPLY"];
const FORMATS: [&str; 3] = ["DIGITAL", "PHYSICAL", "PHYSICAL_NON_RETURNABLE"];

fn start() -> Moment {
    "2027-02-03T17:00:00Z".parse().unwrap()
}

/// What `total_record_count` tells above a hundred, which nobody knows (ALMA.md §13).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Total {
    True,
    OfTheRows,
}

/// The fake server, pure.
#[derive(Clone, Debug)]
struct TaskList {
    requests: Vec<SeenRequest>,
    partners: Vec<String>,
    total: Total,
    /// Statuses that are refused as a value.
    refuses: Vec<&'static str>,
    /// Slices that fail, by a part of their text.
    fails: Option<&'static str>,
}

impl TaskList {
    fn of(requests: Vec<SeenRequest>, partners: usize, total: Total) -> Self {
        Self {
            requests,
            partners: (0..partners).map(partner).collect(),
            total,
            refuses: Vec::new(),
            fails: None,
        }
    }

    fn answer(&self, slice: &Slice) -> Result<Answer, Failure> {
        if self.refuses.contains(&slice.status.as_str()) {
            return Err(Failure::Refused(format!("{} is refused", slice.status)));
        }
        if self.fails.is_some_and(|part| slice.to_string().contains(part)) {
            return Err(Failure::Failed(format!("{slice} failed")));
        }
        let all: Vec<SeenRequest> = self
            .requests
            .iter()
            .filter(|request| slice.holds(request))
            .cloned()
            .collect();
        let rows: Vec<SeenRequest> = all.iter().take(ROWS_MAX).cloned().collect();
        let total = match self.total {
            Total::True => all.len(),
            Total::OfTheRows => rows.len(),
        };
        Ok(Answer {
            rows,
            nameless: 0,
            total: Some(total as u64),
        })
    }

    fn in_cell(&self, library: &str, status: &str) -> usize {
        let of = |request: &&SeenRequest| request.library == library && request.status == status;
        self.requests.iter().filter(of).count()
    }

    /// The library, status, partner and format of every finest slice that cannot be read.
    fn unreadable(&self) -> BTreeSet<String> {
        let mut sizes: BTreeMap<Slice, usize> = BTreeMap::new();
        for request in &self.requests {
            *sizes.entry(finest(request)).or_default() += 1;
        }
        sizes
            .into_iter()
            .filter(|(_, size)| *size >= ROWS_MAX)
            .map(|(slice, _)| slice.to_string())
            .collect()
    }
}

fn finest(request: &SeenRequest) -> Slice {
    Slice {
        library: request.library.clone(),
        status: request.status.clone(),
        partner: Some(request.partner.clone()),
        format: Some(request.format.clone()),
    }
}

fn partner(number: usize) -> String {
    format!("P{number:02}")
}

fn request(id: usize, library: &str, status: &str, partner: &str, format: &str) -> SeenRequest {
    let mut hash = RequestHash::default();
    hash[..8].copy_from_slice(&(id as u64).to_le_bytes());
    SeenRequest {
        hash,
        former_hash: None,
        status: status.into(),
        status_label: None,
        partner: partner.into(),
        format: format.into(),
        library: library.into(),
        created: None,
        modified: Some(start()),
    }
}

/// `count` requests of one slice, numbered from `first`.
fn many(first: usize, count: usize, status: &str, partner: &str, format: &str) -> Vec<SeenRequest> {
    (first..first + count)
        .map(|id| request(id, "MAIN", status, partner, format))
        .collect()
}

fn formats() -> List {
    List {
        codes: FORMATS.iter().map(|code| (*code).to_owned()).collect(),
        doubt: None,
    }
}

/// One sweep with so many calls; also gives the calls it made, and what it asked for.
fn sweep(world: &TaskList, libraries: &[&str], memory: Memory, now: Moment, calls: u32) -> (Swept, Vec<Slice>) {
    let libraries: Vec<String> = libraries.iter().map(ToString::to_string).collect();
    let statuses: Vec<String> = STATUSES.iter().map(ToString::to_string).collect();
    let mut sweep = Sweep::new(now, &libraries, &statuses, false, memory, calls);
    let mut asked = Vec::new();
    loop {
        let left = calls - u32::try_from(asked.len()).unwrap();
        match sweep.next(left) {
            Step::End => return (sweep.finish(), asked),
            Step::ReadList(Dimension::Format) => sweep.learn(Dimension::Format, formats(), true),
            Step::ReadList(Dimension::Partner) => {
                let codes = world.partners.iter().cloned().collect();
                sweep.learn(Dimension::Partner, List { codes, doubt: None }, true);
            }
            Step::Ask(slice) => {
                assert!(left > 0, "a call beyond the budget");
                match world.answer(&slice) {
                    Ok(answer) => sweep.answered(answer),
                    Err(failure) => sweep.failed(failure),
                }
                asked.push(slice);
            }
        }
    }
}

fn whole(world: &TaskList) -> (Swept, Vec<Slice>) {
    sweep(world, &["MAIN"], Memory::default(), start(), 500)
}

/// Partition by partition: the count told is the truth, and what is not told is not claimed to be whole.
fn assert_honest(world: &TaskList, swept: &Swept) {
    for (name, read) in &swept.coverage.0 {
        let (library, status) = name.split_once('/').unwrap();
        let told = swept.drafts.iter().find(|draft| draft.partition == *name);
        match read {
            PartitionRead::Complete => {
                let told = told.unwrap_or_else(|| panic!("{name} is whole, and nothing is told of it"));
                assert_eq!(told.body["total"], world.in_cell(library, status), "{name}");
            }
            _ => assert!(told.is_none(), "{name} is not whole ({read:?}), and is told"),
        }
    }
    assert_eq!(
        swept.drafts.len(),
        swept
            .coverage
            .0
            .values()
            .filter(|read| **read == PartitionRead::Complete)
            .count()
    );
    assert_eq!(swept.whole && swept.hidden_with.is_empty(), swept.coverage.is_whole());
    let hashes: BTreeSet<RequestHash> = swept.rows.iter().map(|row| row.hash).collect();
    for unseen in world
        .requests
        .iter()
        .filter(|request| swept.whole && !hashes.contains(&request.hash))
    {
        // A partner on no list that never came to light is known to nobody, so nothing of it can be taken for gone.
        let may_hide = swept.hidden_with.contains(&unseen.partner) || unseen.partner == "STRAY";
        assert!(may_hide, "{unseen:?} is not seen, and said to be gone");
    }
    assert_eq!(hashes.len(), swept.rows.len(), "a request is told twice");
}

/// The finest slices that the coverage names as unread.
fn named_unread(swept: &Swept) -> BTreeSet<String> {
    swept
        .coverage
        .shortfalls()
        .iter()
        .flat_map(|line| {
            line.split_once(": ")
                .unwrap()
                .1
                .split("; ")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter_map(|reason| reason.split_once(" is unread").map(|(slice, _)| slice.to_owned()))
        .collect()
}

fn reason(swept: &Swept, partition: &str) -> String {
    match &swept.coverage.0[partition] {
        PartitionRead::Partial { reason } | PartitionRead::Failed { reason } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn small_lists_take_one_call_a_status_and_an_empty_status_counts_nothing() {
    let world = TaskList::of(many(0, 99, "WILL_SUPPLY", "P00", "PHYSICAL"), 3, Total::True);
    let (swept, asked) = whole(&world);
    assert_eq!(asked.len(), 3);
    assert!(swept.whole);
    assert_honest(&world, &swept);
    assert_eq!(swept.rows.len(), 99);
    assert_eq!(swept.drafts[2].body["partners"]["P00"]["PHYSICAL"], 99);
}

#[test]
fn a_full_status_is_cut_by_partner_and_a_full_partner_by_format() {
    let mut all = many(0, 90, "WILL_SUPPLY", "P00", "PHYSICAL");
    all.extend(many(90, 90, "WILL_SUPPLY", "P00", "DIGITAL"));
    all.extend(many(180, 50, "WILL_SUPPLY", "P01", "PHYSICAL"));
    for total in [Total::True, Total::OfTheRows] {
        let world = TaskList::of(all.clone(), 3, total);
        let (swept, asked) = whole(&world);
        assert!(swept.whole, "{:?}", swept.coverage);
        assert_honest(&world, &swept);
        // Three statuses, three partners of one of them, three formats of one of these.
        assert_eq!(asked.len(), 9);
    }
}

#[test]
fn with_very_many_partners_the_format_comes_first() {
    let mut all = many(0, 90, "WILL_SUPPLY", "P00", "PHYSICAL");
    all.extend(many(90, 90, "WILL_SUPPLY", "P07", "DIGITAL"));
    let world = TaskList::of(all, 400, Total::True);
    let (swept, asked) = whole(&world);
    assert!(swept.whole);
    assert_eq!(asked.len(), 6);
}

#[test]
fn what_is_full_at_the_finest_cut_is_named_and_its_rows_are_still_told() {
    let mut all = many(0, 250, "WILL_SUPPLY", "P01", "PHYSICAL");
    all.extend(many(250, 4, "WILL_SUPPLY", "P01", "DIGITAL"));
    for total in [Total::True, Total::OfTheRows] {
        let world = TaskList::of(all.clone(), 3, total);
        let (swept, _) = whole(&world);
        assert_honest(&world, &swept);
        assert_eq!(
            (swept.whole, swept.hidden_with.iter().next().map(String::as_str)),
            (true, Some("P01"))
        );
        assert_eq!(
            named_unread(&swept),
            BTreeSet::from(["MAIN/WILL_SUPPLY, partner P01, format PHYSICAL".to_owned()])
        );
        assert!(matches!(
            swept.coverage.0["MAIN/WILL_SUPPLY"],
            PartitionRead::Partial { .. }
        ));
        assert_eq!(
            swept.rows.len(),
            104,
            "the hundred that the wire shows, and the other part"
        );
        assert!(swept.coverage.is_complete("MAIN/SHIPPED_PHYSICALLY"));
    }
}

#[test]
fn a_partner_that_is_on_no_list_is_found_or_missed_aloud() {
    let mut all = many(0, 60, "WILL_SUPPLY", "P00", "PHYSICAL");
    all.extend(many(60, 80, "WILL_SUPPLY", "P01", "PHYSICAL"));
    // Never among the hundred that are shown.
    all.extend(many(140, 5, "WILL_SUPPLY", "GONE", "PHYSICAL"));
    let world = TaskList::of(all.clone(), 2, Total::True);
    let (swept, _) = whole(&world);
    assert_honest(&world, &swept);
    assert!(
        reason(&swept, "MAIN/WILL_SUPPLY").contains("Alma counts 145 requests, its parts hold 140"),
        "{swept:?}"
    );
    // Seen anywhere, it is cut by from then on.
    all.insert(0, request(1_000, "MAIN", "SHIPPED_PHYSICALLY", "GONE", "PHYSICAL"));
    let (swept, _) = whole(&TaskList::of(all, 2, Total::True));
    assert!(swept.whole, "{:?}", swept.coverage);
    assert_eq!(swept.memory.strays, BTreeSet::from(["GONE".to_owned()]));
    // Requests without a partner cannot be asked for.
    let mut all = many(0, 150, "WILL_SUPPLY", "P00", "PHYSICAL");
    all.splice(0..0, many(150, 2, "WILL_SUPPLY", "", "PHYSICAL"));
    let (swept, _) = whole(&TaskList::of(all, 2, Total::OfTheRows));
    let reason = reason(&swept, "MAIN/WILL_SUPPLY");
    assert!(
        reason.contains("2 of its requests are in none of its parts (partner (none))"),
        "{reason}"
    );
}

#[test]
fn a_partner_list_that_is_not_whole_makes_no_whole_cut() {
    let world = TaskList::of(
        many(0, 150, "WILL_SUPPLY", "P00", "PHYSICAL")
            .into_iter()
            .enumerate()
            .map(|(n, mut row)| {
                row.partner = partner(n % 2);
                row
            })
            .collect(),
        2,
        Total::True,
    );
    let mut sweep = Sweep::new(
        start(),
        &["MAIN".into()],
        &["WILL_SUPPLY".into()],
        false,
        Memory::default(),
        500,
    );
    loop {
        match sweep.next(400) {
            Step::End => break,
            Step::ReadList(Dimension::Format) => sweep.learn(Dimension::Format, formats(), true),
            Step::ReadList(Dimension::Partner) => {
                let none = List {
                    codes: BTreeSet::new(),
                    doubt: Some("no list".into()),
                };
                sweep.learn(Dimension::Partner, none, false);
            }
            Step::Ask(slice) => sweep.answered(world.answer(&slice).unwrap()),
        }
    }
    let swept = sweep.finish();
    assert_eq!(reason(&swept, "MAIN/WILL_SUPPLY"), "MAIN/WILL_SUPPLY: no list");
    assert_eq!(swept.rows.len(), 150, "those that are seen are told all the same");
    assert_eq!(swept.memory.partners, None);
}

#[test]
fn doubtful_answers_are_never_whole() {
    let row = |status: &str, partner: &str| request(1, "MAIN", status, partner, "PHYSICAL");
    for (answer, why) in [
        (
            Answer {
                total: None,
                ..Answer::default()
            },
            "no total_record_count",
        ),
        (
            Answer {
                total: Some(1),
                nameless: 1,
                ..Answer::default()
            },
            "name no id",
        ),
        (
            Answer {
                total: Some(1),
                rows: vec![row("RENEWED", "P00")],
                nameless: 0,
            },
            "not asked for",
        ),
    ] {
        let mut sweep = Sweep::new(
            start(),
            &["MAIN".into()],
            &["WILL_SUPPLY".into()],
            false,
            Memory::default(),
            9,
        );
        assert!(matches!(sweep.next(9), Step::Ask(_)));
        sweep.answered(answer);
        assert_eq!(sweep.next(8), Step::End);
        let swept = sweep.finish();
        assert!(reason(&swept, "MAIN/WILL_SUPPLY").contains(why), "{swept:?}");
        assert!(swept.drafts.is_empty());
    }
}

#[test]
fn one_that_moves_while_it_is_read_is_counted_where_it_went() {
    let statuses = ["A".to_owned(), "B".to_owned()];
    let mut sweep = Sweep::new(start(), &["MAIN".into()], &statuses, false, Memory::default(), 9);
    for status in ["A", "B"] {
        assert!(matches!(sweep.next(9), Step::Ask(slice) if slice.status == status));
        let row = request(1, "MAIN", status, "P00", "PHYSICAL");
        sweep.answered(Answer {
            rows: vec![row],
            nameless: 0,
            total: Some(1),
        });
    }
    assert_eq!(sweep.next(7), Step::End);
    let swept = sweep.finish();
    let totals: Vec<_> = swept.drafts.iter().map(|draft| draft.body["total"].clone()).collect();
    assert_eq!(totals, [0, 1]);
    assert_eq!(swept.rows.len(), 1);
}

#[test]
fn the_cut_that_worked_is_used_again_checked_after_a_while_and_given_up_when_it_is_not_needed() {
    let mut world = TaskList::of(many(0, 150, "WILL_SUPPLY", "P00", "PHYSICAL"), 3, Total::OfTheRows);
    world
        .requests
        .iter_mut()
        .take(70)
        .for_each(|row| row.format = "DIGITAL".into());
    let (first, asked) = whole(&world);
    assert_eq!(asked.len(), 3 + 3 + 3);
    let hour = Duration::from_hours(1);
    let (second, asked) = sweep(&world, &["MAIN"], first.memory, start().plus(hour), 500);
    // Neither the status nor the partner that is known to be full is asked for whole.
    assert_eq!(asked.len(), 2 + 2 + 3);
    assert!(second.whole);
    assert_honest(&world, &second);
    let (third, asked) = sweep(&world, &["MAIN"], second.memory, start().plus(CUT_TRUSTED_FOR), 500);
    assert_eq!(asked.len(), 9, "checked against the uncut status");
    world.requests.truncate(79);
    let (fourth, asked) = sweep(
        &world,
        &["MAIN"],
        third.memory,
        start().plus(CUT_TRUSTED_FOR + hour),
        500,
    );
    assert_eq!(asked.len(), 7);
    assert_honest(&world, &fourth);
    let (fifth, asked) = sweep(
        &world,
        &["MAIN"],
        fourth.memory,
        start().plus(CUT_TRUSTED_FOR + 2 * hour),
        500,
    );
    assert_eq!(asked.len(), 3, "one call a status again");
    assert_honest(&world, &fifth);
}

#[test]
fn a_status_that_alma_refuses_is_asked_again_after_a_week() {
    let mut world = TaskList::of(many(0, 5, "SHIPPED_PHYSICALLY", "P00", "PHYSICAL"), 2, Total::True);
    world.refuses = vec!["WILL_SUPPLY"];
    let (first, asked) = sweep(&world, &["LAW", "MAIN"], Memory::default(), start(), 500);
    assert_eq!(asked.len(), 5, "the other library is not asked for it");
    assert_eq!(first.refused, ["WILL_SUPPLY"]);
    assert_eq!(first.coverage.0["MAIN/WILL_SUPPLY"], PartitionRead::Absent);
    assert!(first.whole);
    let day = Duration::from_hours(24);
    let (second, asked) = sweep(&world, &["LAW", "MAIN"], first.memory, start().plus(6 * day), 500);
    assert_eq!(asked.len(), 4);
    assert!(second.whole && !second.coverage.0.contains_key("MAIN/WILL_SUPPLY"));
    world.refuses.clear();
    let (third, asked) = sweep(&world, &["LAW", "MAIN"], second.memory, start().plus(7 * day), 500);
    assert_eq!((asked.len(), third.memory.refused.len()), (6, 0));
}

#[test]
fn a_status_that_was_answered_before_is_not_believed_to_be_unknown() {
    let mut world = TaskList::of(many(0, 5, "WILL_SUPPLY", "P00", "PHYSICAL"), 2, Total::True);
    let (first, _) = whole(&world);
    world.refuses = vec!["WILL_SUPPLY"];
    let (second, _) = sweep(
        &world,
        &["MAIN"],
        first.memory,
        start().plus(Duration::from_hours(1)),
        500,
    );
    assert!(matches!(
        second.coverage.0["MAIN/WILL_SUPPLY"],
        PartitionRead::Failed { .. }
    ));
    assert!(second.memory.refused.is_empty() && !second.whole);
}

#[test]
fn a_library_that_alma_does_not_know_condemns_no_status() {
    let mut world = TaskList::of(Vec::new(), 2, Total::True);
    world.refuses = STATUSES.to_vec();
    let (swept, _) = whole(&world);
    assert!(swept.refused.is_empty() && swept.memory.refused.is_empty());
    assert!(matches!(
        swept.coverage.0["MAIN/WILL_SUPPLY"],
        PartitionRead::Failed { .. }
    ));
}

#[test]
fn a_slice_that_fails_is_failed_alone_and_many_running_end_the_sweep() {
    let mut world = TaskList::of(many(0, 5, "WILL_SUPPLY", "P00", "PHYSICAL"), 2, Total::True);
    world.fails = Some("SHIPPED");
    let (swept, _) = whole(&world);
    assert_honest(&world, &swept);
    assert_eq!(
        reason(&swept, "MAIN/SHIPPED_PHYSICALLY"),
        "MAIN/SHIPPED_PHYSICALLY failed"
    );
    assert_eq!(swept.coverage.shortfalls().len(), 1);
    world.fails = Some("/");
    let libraries: Vec<String> = (0..9).map(|n| format!("L{n}")).collect();
    let libraries: Vec<&str> = libraries.iter().map(String::as_str).collect();
    let (swept, asked) = sweep(&world, &libraries, Memory::default(), start(), 500);
    assert_eq!(asked.len(), FAILURES_MAX as usize);
    assert_eq!(swept.coverage.0.len(), 27, "every status of every library is named");
    assert!(reason(&swept, "L8/WILL_SUPPLY").contains("not asked for: the last 6 attempts failed"));
}

#[test]
fn slices_that_are_unread_for_a_cause_of_their_own_end_nothing() {
    let libraries = ["L0", "L1", "L2"];
    let all: Vec<String> = STATUSES.iter().map(|status| (*status).to_owned()).collect();
    let libraries: Vec<String> = libraries.map(str::to_owned).to_vec();
    let mut sweep = Sweep::new(start(), &libraries, &all, true, Memory::default(), 500);
    let mut asked = 0;
    while let Step::Ask(slice) = sweep.next(500) {
        asked += 1;
        sweep.failed(Failure::Unread(format!("{slice} is not there")));
    }
    assert_eq!(asked, 9);
    let swept = sweep.finish();
    assert_eq!(
        reason(&swept, "L2/WILL_SUPPLY"),
        "L2/WILL_SUPPLY is not there",
        "and none is taken for empty"
    );
    assert!(swept.drafts.is_empty() && !swept.whole);
}

#[test]
fn a_library_that_fails_keeps_no_other_from_being_read() {
    let mut world = TaskList::of(Vec::new(), 2, Total::True);
    world.fails = Some("BAD");
    let mut memory = Memory::default();
    for poll in 0..4 {
        let (swept, _) = sweep(
            &world,
            &["BAD", "MAIN"],
            memory,
            start().plus(poll * Duration::from_hours(1)),
            500,
        );
        assert!(
            STATUSES
                .iter()
                .all(|status| swept.coverage.is_complete(&partition("MAIN", status))),
            "poll {poll}"
        );
        memory = swept.memory;
    }
}

#[test]
fn what_needs_more_calls_than_a_poll_may_make_is_named_and_starves_nobody() {
    let mut all = many(0, 150, "WILL_SUPPLY", "P00", "PHYSICAL");
    all.extend(many(150, 20, "SHIPPED_PHYSICALLY", "P00", "PHYSICAL"));
    let world = TaskList::of(all, 30, Total::True);
    let mut memory = Memory::default();
    let mut read = BTreeSet::new();
    for poll in 0..6 {
        let (swept, asked) = sweep(
            &world,
            &["MAIN"],
            memory,
            start().plus(poll * Duration::from_hours(1)),
            10,
        );
        assert!(asked.len() <= 10);
        assert!(
            reason(&swept, "MAIN/WILL_SUPPLY").contains("calls"),
            "{:?}",
            swept.coverage
        );
        read.extend(swept.drafts.iter().map(|draft| draft.partition.clone()));
        assert_honest(&world, &swept);
        memory = swept.memory;
    }
    assert_eq!(
        read,
        BTreeSet::from([
            "MAIN/REQUEST_CREATED_LEND".to_owned(),
            "MAIN/SHIPPED_PHYSICALLY".to_owned()
        ])
    );
}

#[test]
fn a_cut_that_the_calls_left_do_not_suffice_for_is_not_begun_in_vain() {
    let mut all = Vec::new();
    for status in ["SHIPPED_PHYSICALLY", "WILL_SUPPLY"] {
        for with in 0..30 {
            all.extend(many(all.len(), 5, status, &partner(with), "PHYSICAL"));
        }
    }
    let world = TaskList::of(all, 30, Total::True);
    let mut memory = Memory::default();
    for poll in 0..6 {
        let (swept, asked) = sweep(
            &world,
            &["MAIN"],
            memory,
            start().plus(poll * Duration::from_hours(1)),
            40,
        );
        assert_honest(&world, &swept);
        // One of the two is cut, in turn; the other is told to be left, and after the first poll nothing is spent on it.
        let (read, left) = if poll % 2 == 0 {
            ("SHIPPED_PHYSICALLY", "WILL_SUPPLY")
        } else {
            ("WILL_SUPPLY", "SHIPPED_PHYSICALLY")
        };
        assert!(
            swept.coverage.is_complete(&partition("MAIN", read)),
            "poll {poll}: {:?}",
            swept.coverage
        );
        let spent = asked.iter().filter(|slice| slice.status == left).count();
        assert_eq!(spent, usize::from(poll == 0), "poll {poll}");
        memory = swept.memory;
    }
}

#[test]
fn what_is_known_to_be_too_large_is_only_looked_at() {
    let mut all = Vec::new();
    for with in 0..5 {
        all.extend(many(all.len(), 110, "WILL_SUPPLY", &partner(with), "PHYSICAL"));
    }
    let world = TaskList::of(all, 6, Total::True);
    // Its parts by partner fit, their parts by format do not.
    let (first, asked) = sweep(&world, &["MAIN"], Memory::default(), start(), 20);
    assert_eq!(asked.len(), 3 + 6);
    let (second, asked) = sweep(
        &world,
        &["MAIN"],
        first.memory,
        start().plus(Duration::from_hours(1)),
        20,
    );
    assert_eq!(asked.len(), 3);
    assert!(
        reason(&second, "MAIN/WILL_SUPPLY").contains("has to be cut"),
        "{:?}",
        second.coverage
    );
}

/// A world: requests by library, status, partner and format, some of these in great number.
fn worlds() -> impl Strategy<Value = TaskList> {
    let group = (
        0usize..2,
        0usize..3,
        0usize..6,
        0usize..3,
        prop_oneof![4 => 0usize..30, 2 => 60usize..99, 1 => 100usize..180],
    );
    let groups = proptest::collection::vec(group, 0..14);
    (
        groups,
        prop_oneof![Just(6usize), Just(45)],
        any::<bool>(),
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(|(groups, partners, true_totals, seed, strays)| {
            let mut all = Vec::new();
            for (library, status, with, format, count) in groups {
                // Where the total tells nothing, one that is on no list and among the hundred of no slice leaves no trace.
                let partner = if strays && true_totals && with == 5 {
                    "STRAY".to_owned()
                } else {
                    partner(with)
                };
                for _ in 0..count {
                    let id = all.len();
                    all.push(request(
                        id,
                        ["LAW", "MAIN"][library],
                        STATUSES[status],
                        &partner,
                        FORMATS[format],
                    ));
                }
            }
            fastrand::Rng::with_seed(seed).shuffle(&mut all);
            TaskList::of(all, partners, if true_totals { Total::True } else { Total::OfTheRows })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_told_as_whole_that_is_not_and_every_unread_slice_is_named(world in worlds(), moves in any::<u64>()) {
        let mut world = world;
        let (first, asked) = sweep(&world, &["LAW", "MAIN"], Memory::default(), start(), 2_000);
        assert_honest(&world, &first);
        prop_assert_eq!(named_unread(&first), world.unreadable());
        // One call a status; for those cut, one a partner and format, and one for every part cut again.
        let cells = 6;
        prop_assert!(asked.len() <= cells + cells * (world.partners.len() + 1 + 3) * 4);
        let distinct: BTreeSet<&Slice> = asked.iter().collect();
        prop_assert_eq!(distinct.len(), asked.len(), "asked twice");

        // Remembering costs nothing, and is as honest after requests have moved.
        let (second, again) = sweep(&world, &["LAW", "MAIN"], first.memory.clone(), start().plus(Duration::from_hours(1)), 2_000);
        assert_honest(&world, &second);
        // A partner on no list that came to light late in the first sweep is asked for in every cut of the second.
        let strays = first.memory.strays.len();
        prop_assert!(again.len() <= asked.len() + 4 * cells * strays);
        prop_assert_eq!(named_unread(&second), world.unreadable());
        let cut = asked.len() > cells;
        if cut && first.whole && strays == 0 && first.memory.partitions.values().any(|past| past.cut.is_some()) {
            prop_assert!(again.len() < asked.len(), "{} and {}", asked.len(), again.len());
        }
        let mut dice = fastrand::Rng::with_seed(moves);
        for row in &mut world.requests {
            if dice.u8(..) < 60 {
                row.status = STATUSES[dice.usize(..3)].to_owned();
                row.modified = row.modified.map(|at| at.plus(Duration::from_secs(60)));
            }
        }
        let (third, _) = sweep(&world, &["LAW", "MAIN"], second.memory, start().plus(Duration::from_hours(2)), 2_000);
        assert_honest(&world, &third);
        prop_assert_eq!(named_unread(&third), world.unreadable());
    }

    #[test]
    fn a_budget_that_never_suffices_still_reads_every_slice_in_turn(
        sizes in proptest::collection::vec(0usize..99, 12),
        calls in 1u32..12,
    ) {
        let mut all = Vec::new();
        let libraries = ["L0", "L1", "L2", "L3"];
        for (cell, size) in sizes.iter().enumerate() {
            for _ in 0..*size {
                let id = all.len();
                all.push(request(id, libraries[cell / 3], STATUSES[cell % 3], "P00", "PHYSICAL"));
            }
        }
        let world = TaskList::of(all, 3, Total::True);
        let polls = 12u32.div_ceil(calls);
        let mut memory = Memory::default();
        // Twice round: the order holds after the first round too.
        for round in 0..2 {
            let mut read = BTreeSet::new();
            for poll in 0..polls {
                let at = start().plus((round * polls + poll) * Duration::from_hours(1));
                let (swept, asked) = sweep(&world, &libraries, memory, at, calls);
                prop_assert!(asked.len() <= calls as usize);
                assert_honest(&world, &swept);
                prop_assert_eq!(swept.coverage.0.len(), 12, "what was not asked for is named too");
                read.extend(swept.drafts.iter().map(|draft| draft.partition.clone()));
                memory = swept.memory;
            }
            prop_assert_eq!(read.len(), 12);
        }
    }

    #[test]
    fn with_cuts_too_every_slice_that_fits_into_a_poll_is_read_in_turn(world in worlds(), calls in 40u32..80) {
        let mut world = world;
        world.partners.truncate(6);
        let (_, asked) = sweep(&world, &["LAW", "MAIN"], Memory::default(), start(), 2_000);
        let (all, _) = sweep(&world, &["LAW", "MAIN"], Memory::default(), start(), 2_000);
        // What a cut that does not fit any more has used in vain comes on top, so each may be begun twice.
        let polls = 2 * u32::try_from(2 * asked.len()).unwrap().div_ceil(calls) + 1;
        let mut memory = Memory::default();
        let mut read = BTreeSet::new();
        for poll in 0..polls {
            let (swept, asked) = sweep(&world, &["LAW", "MAIN"], memory, start().plus(poll * Duration::from_hours(1)), calls);
            prop_assert!(asked.len() <= calls as usize);
            assert_honest(&world, &swept);
            read.extend(swept.drafts.iter().map(|draft| draft.partition.clone()));
            memory = swept.memory;
        }
        for draft in &all.drafts {
            prop_assert!(read.contains(&draft.partition), "{} was not read in {polls} polls", draft.partition);
        }
    }
}
