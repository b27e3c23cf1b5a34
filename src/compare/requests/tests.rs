use std::time::Duration;

use proptest::prelude::*;

use super::*;

const STATUSES: [&str; 5] = [
    "REQUEST_CREATED_LEND",
    "IN_PROCESS",
    "SHIPPED_PHYSICALLY",
    "REQUEST_COMPLETED",
    "REJECTED",
];

fn at(hours: u64) -> Moment {
    Moment::from_millis(1_800_000_000_000).plus(Duration::from_hours(hours))
}

fn request(id: u8, status: &str, created: u64, modified: u64) -> SeenRequest {
    SeenRequest {
        hash: [id; 16],
        former_hash: None,
        status: status.to_owned(),
        status_label: None,
        partner: "OAK".to_owned(),
        format: "PHYSICAL".to_owned(),
        library: "MAIN".to_owned(),
        created: Some(at(created)),
        modified: Some(at(modified)),
    }
}

/// In a status of which the report shows a label that nobody knows.
fn labelled(id: u8, label: &str, created: u64, modified: Option<u64>) -> SeenRequest {
    SeenRequest {
        status_label: Some(label.to_owned()),
        modified: modified.map(at),
        ..request(id, label, created, 0)
    }
}

/// A watch that is read again and again.
#[derive(Default)]
struct Watch {
    known: BTreeMap<RequestHash, KnownRequest>,
    first: Option<Moment>,
    last: Option<Moment>,
}

impl Watch {
    fn read(&mut self, hours: u64, rows: &[SeenRequest], whole: bool) -> Followed {
        self.read_but(hours, rows, whole, &[])
    }

    fn read_but(&mut self, hours: u64, rows: &[SeenRequest], whole: bool, hidden_with: &[&str]) -> Followed {
        let seen = RequestsSeen {
            side: Side::Lending,
            key_id: "k".to_owned(),
            former_key_id: None,
            rows: rows.to_vec(),
            whole,
            hidden_with: hidden_with.iter().map(|partner| (*partner).to_owned()).collect(),
        };
        let readings = Readings {
            first: self.first,
            last: self.last,
        };
        let followed = follow(
            &self.known,
            &seen,
            |known| known.status != "NOT_ASKED_FOR",
            readings,
            at(hours),
        );
        for (former, hash) in &followed.rehashed {
            let known = self.known.remove(former).unwrap();
            self.known.insert(*hash, known);
        }
        self.known.extend(followed.states.clone());
        self.first = self.first.or(Some(at(hours)));
        self.last = Some(at(hours));
        followed
    }
}

fn moves(followed: &Followed) -> Vec<(&str, &str, u64)> {
    let each = |(moved, count): (&'_ Move, &u64)| (moved.from.clone(), moved.to.clone(), *count);
    let all: Vec<(String, String, u64)> = followed.moves.iter().map(each).collect();
    all.into_iter()
        .map(|(from, to, count)| (&*from.leak(), &*to.leak(), count))
        .collect()
}

#[test]
fn the_first_reading_moves_nothing_and_knows_ages_only_at_least() {
    let mut watch = Watch::default();
    let followed = watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    assert_eq!(moves(&followed), []);
    let known = &watch.known[&[1; 16]];
    assert!(known.met && !known.followed);
    assert_eq!(known.since, at(40), "it has not been touched since");
}

#[test]
fn a_request_is_followed_from_its_arrival_to_its_end() {
    let mut watch = Watch::default();
    watch.read(100, &[], true);
    let arrived = watch.read(101, &[request(1, "REQUEST_CREATED_LEND", 100, 100)], true);
    assert_eq!(moves(&arrived), [("", "REQUEST_CREATED_LEND", 1)]);
    let shipped = watch.read(110, &[request(1, "SHIPPED_PHYSICALLY", 100, 105)], true);
    assert_eq!(moves(&shipped), [("REQUEST_CREATED_LEND", "SHIPPED_PHYSICALLY", 1)]);
    let known = watch.known[&[1; 16]].clone();
    assert!(known.followed && !known.met);
    assert_eq!(
        (known.supplied, known.supplied_after),
        (Some(at(110)), Some(at(101))),
        "an interval"
    );
    assert_eq!(known.since, at(105));
    let done = watch.read(200, &[request(1, "REQUEST_COMPLETED", 100, 199)], true);
    assert_eq!(moves(&done), [("SHIPPED_PHYSICALLY", "REQUEST_COMPLETED", 1)]);
    assert_eq!(
        watch.known[&[1; 16]].supplied,
        Some(at(110)),
        "it was supplied when it was shipped"
    );
    watch.read(300, &[], true);
    let gone = watch.read(301, &[], true);
    assert_eq!(moves(&gone), [], "a final request goes as it should");
    assert_eq!(watch.known[&[1; 16]].vanished, Some(at(301)));
}

#[test]
fn a_request_that_goes_before_its_end_is_counted_as_gone_once_and_may_come_back() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    assert_eq!(
        moves(&watch.read(101, &[], true)),
        [],
        "it may have moved while the lists were read"
    );
    assert_eq!(moves(&watch.read(102, &[], true)), [("IN_PROCESS", "", 1)]);
    assert_eq!(moves(&watch.read(103, &[], true)), []);
    let back = watch.read(104, &[request(1, "IN_PROCESS", 10, 40)], true);
    assert_eq!(moves(&back), [], "it is where it was");
    assert_eq!(watch.known[&[1; 16]].vanished, None);
}

#[test]
fn nothing_is_gone_from_lists_that_were_not_read_and_nothing_arrives_out_of_them() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    assert_eq!(moves(&watch.read(101, &[], false)), []);
    // It had been there long before; only its list could not be read.
    let found = watch.read(
        102,
        &[request(1, "IN_PROCESS", 10, 40), request(2, "IN_PROCESS", 20, 30)],
        false,
    );
    assert_eq!(moves(&found), []);
    let moved = watch.read(103, &[request(1, "SHIPPED_PHYSICALLY", 10, 100)], false);
    assert_eq!(
        moves(&moved),
        [("IN_PROCESS", "SHIPPED_PHYSICALLY", 1)],
        "a shown move counts"
    );
}

#[test]
fn a_partner_whose_list_is_too_long_hides_its_own_requests_and_no_others() {
    let mut watch = Watch::default();
    let mut other = request(2, "IN_PROCESS", 10, 40);
    other.partner = "ASH".to_owned();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40), other], true);
    assert_eq!(moves(&watch.read_but(101, &[], true, &["OAK"])), []);
    let followed = watch.read_but(102, &[], true, &["OAK"]);
    assert_eq!(moves(&followed), [("IN_PROCESS", "", 1)]);
    assert_eq!(followed.moves.keys().next().unwrap().partner, "ASH");
}

#[test]
fn a_status_that_is_not_asked_for_any_more_loses_nothing() {
    let mut watch = Watch::default();
    watch.read(
        100,
        &[request(1, "NOT_ASKED_FOR", 10, 40), request(2, "IN_PROCESS", 10, 40)],
        true,
    );
    watch.read(101, &[], true);
    assert_eq!(moves(&watch.read(102, &[], true)), [("IN_PROCESS", "", 1)]);
}

#[test]
fn one_that_moves_from_a_list_still_to_be_read_into_one_that_was_is_not_gone() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    assert_eq!(moves(&watch.read(101, &[], true)), []);
    let found = watch.read(102, &[request(1, "SHIPPED_PHYSICALLY", 10, 101)], true);
    assert_eq!(moves(&found), [("IN_PROCESS", "SHIPPED_PHYSICALLY", 1)]);
}

#[test]
fn one_that_moves_while_it_is_read_is_seen_twice_and_counted_where_it_is_now() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    let rows = [
        request(1, "SHIPPED_PHYSICALLY", 10, 101),
        request(1, "IN_PROCESS", 10, 40),
    ];
    assert_eq!(
        moves(&watch.read(101, &rows, true)),
        [("IN_PROCESS", "SHIPPED_PHYSICALLY", 1)]
    );
}

#[test]
fn another_partner_is_no_move_but_the_waiting_begins_anew() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    let mut passed_on = request(1, "IN_PROCESS", 10, 102);
    passed_on.partner = "ASH".to_owned();
    assert_eq!(moves(&watch.read(103, &[passed_on], true)), []);
    assert_eq!(watch.known[&[1; 16]].since, at(102));
}

#[test]
fn a_new_key_meets_nothing_anew_while_the_former_one_is_kept() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "IN_PROCESS", 10, 40)], true);
    let mut rehashed = request(9, "SHIPPED_PHYSICALLY", 10, 101);
    rehashed.former_hash = Some([1; 16]);
    let followed = watch.read(101, &[rehashed], true);
    assert_eq!(moves(&followed), [("IN_PROCESS", "SHIPPED_PHYSICALLY", 1)]);
    assert_eq!(watch.known.len(), 1);
}

#[test]
fn a_great_loss_is_doubted() {
    let mut watch = Watch::default();
    let rows: Vec<SeenRequest> = (0..20).map(|id| request(id, "IN_PROCESS", 10, 40)).collect();
    watch.read(100, &rows, true);
    assert_eq!(watch.read(101, &rows[5..], true).doubt, None);
    let reason = watch.read(102, &rows[14..], true).doubt.unwrap();
    assert!(reason.starts_with("9 of 15 requests"), "{reason}");
}

#[test]
fn a_label_that_is_renamed_moves_nothing_and_the_waiting_goes_on() {
    for modified in [None, Some(40), Some(900)] {
        let mut watch = Watch::default();
        watch.read(100, &[request(1, "REQUEST_SENT", 10, 40)], true);
        for hour in [101, 102] {
            let renamed = labelled(1, "Parti chez le partenaire", 10, modified);
            assert_eq!(moves(&watch.read(hour, &[renamed], true)), [], "{modified:?}");
            let known = &watch.known[&[1; 16]];
            assert_eq!((known.status.as_str(), known.since), ("REQUEST_SENT", at(40)));
        }
        // Its code is given, and it is still the same.
        let mut coded = labelled(1, "REQUEST_SENT", 10, modified);
        coded.status_label = Some("Parti chez le partenaire".to_owned());
        assert_eq!(moves(&watch.read(103, &[coded], true)), []);
        assert_eq!(watch.known[&[1; 16]].since, at(40));
    }
}

#[test]
fn a_request_that_was_touched_since_moved_to_a_label_that_nobody_knows() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "REQUEST_SENT", 10, 40)], true);
    let moved = watch.read(110, &[labelled(1, "Waiting for our van", 10, Some(105))], true);
    assert_eq!(moves(&moved), [("REQUEST_SENT", "Waiting for our van", 1)]);
    assert_eq!(watch.known[&[1; 16]].since, at(105));
    assert_eq!(
        moves(&watch.read(120, &[labelled(1, "Waiting for our van", 10, Some(105))], true)),
        []
    );
    // From one such label to another is a move, whatever the column of changes says.
    let again = watch.read(130, &[labelled(1, "In our van", 10, None)], true);
    assert_eq!(moves(&again), [("Waiting for our van", "In our van", 1)]);
    // And so is the way back to a code.
    let back = watch.read(140, &[request(1, "LOANED", 10, 139)], true);
    assert_eq!(moves(&back), [("In our van", "LOANED", 1)]);
}

#[test]
fn another_partner_and_another_word_at_once_begin_the_waiting_anew_in_the_same_status() {
    let mut watch = Watch::default();
    watch.read(100, &[request(1, "REQUEST_SENT", 10, 40)], true);
    let mut passed_on = labelled(1, "Parti", 10, None);
    passed_on.partner = "ASH".to_owned();
    assert_eq!(moves(&watch.read(103, &[passed_on], true)), []);
    let known = &watch.known[&[1; 16]];
    assert_eq!(
        (known.status.as_str(), known.partner.as_str(), known.since),
        ("REQUEST_SENT", "ASH", at(103))
    );
}

proptest! {
    /// What is told of moves is exactly what moved, whatever is read when: replaying the moves on the statuses known before
    /// gives those known after.
    #[test]
    fn moves_add_up(worlds in proptest::collection::vec(proptest::collection::btree_map(0u8..12, (0usize..7, any::<bool>()), 0..12), 1..8), shuffle: u64) {
        let mut watch = Watch::default();
        let mut count: BTreeMap<String, i64> = BTreeMap::new();
        let mut created: BTreeMap<u8, u64> = BTreeMap::new();
        for (round, world) in worlds.iter().enumerate() {
            let now = 10 * (round as u64 + 1);
            let mut rows: Vec<SeenRequest> = world
                .iter()
                .map(|(id, (status, touched))| {
                    let created = *created.entry(*id).or_insert(now - 1);
                    let modified = if *touched { now - 1 } else { created };
                    match STATUSES.get(*status) {
                        Some(status) => request(*id, status, created, modified),
                        None => labelled(*id, &format!("Label {status}"), created, Some(modified)),
                    }
                })
                .collect();
            fastrand::Rng::with_seed(shuffle).shuffle(&mut rows);
            let followed = watch.read(now, &rows, false);
            if round == 0 {
                prop_assert!(followed.moves.is_empty());
                for known in watch.known.values() {
                    *count.entry(known.status.clone()).or_default() += 1;
                }
            }
            for (moved, by) in &followed.moves {
                if !moved.from.is_empty() {
                    *count.entry(moved.from.clone()).or_default() -= *by as i64;
                }
                *count.entry(moved.to.clone()).or_default() += *by as i64;
            }
            let mut true_count: BTreeMap<String, i64> = BTreeMap::new();
            for known in watch.known.values() {
                *true_count.entry(known.status.clone()).or_default() += 1;
            }
            count.retain(|_, count| *count != 0);
            prop_assert_eq!(&count, &true_count);
            // The same once more changes nothing.
            prop_assert!(watch.read(now, &rows, false).moves.is_empty());
        }
    }
}

#[test]
fn a_request_that_a_report_shows_late_and_by_its_day_is_new_all_the_same() {
    let mut watch = Watch::default();
    let mut read = |hours: u64, rows: &[SeenRequest]| {
        let seen = RequestsSeen {
            side: Side::Borrowing,
            key_id: "k".to_owned(),
            former_key_id: None,
            rows: rows.to_vec(),
            whole: true,
            hidden_with: std::collections::BTreeSet::new(),
        };
        let readings = Readings {
            first: watch.first,
            last: watch.last,
        };
        let followed = follow(&watch.known, &seen, |_| true, readings, at(hours));
        watch.known.extend(followed.states.clone());
        watch.first = watch.first.or(Some(at(hours)));
        watch.last = Some(at(hours));
        let followed: Vec<(String, String, u64)> = moves(&followed)
            .into_iter()
            .map(|(from, to, count)| (from.to_owned(), to.to_owned(), count))
            .collect();
        followed
    };
    let long_there = request(1, "REQUEST_SENT", 10, 10);
    assert_eq!(read(103, std::slice::from_ref(&long_there)), []);
    assert_eq!(read(127, std::slice::from_ref(&long_there)), []);
    // Created in the afternoon of the day that began at hour 120, and shown after the night.
    let new = request(2, "REQUEST_CREATED_BOR", 120, 120);
    let arrived = read(151, &[long_there.clone(), new.clone()]);
    assert_eq!(arrived, [(String::new(), "REQUEST_CREATED_BOR".to_owned(), 1)]);
    // What was created before anyone looked, or days before, only comes into view.
    let others = [
        request(3, "REQUEST_SENT", 102, 102),
        request(4, "REQUEST_SENT", 100, 150),
    ];
    assert_eq!(read(175, &[&[long_there, new][..], &others].concat()), []);
    assert!(!watch.known[&[2; 16]].met && watch.known[&[2; 16]].followed);
}
