use proptest::prelude::*;

use super::*;
use crate::model::change::{ChangeContext, InstitutionName};
use crate::model::request::KnownRequest;
use crate::model::watch::SourceKind;

fn at(hours: u64) -> Moment {
    Moment::from_millis(1_800_000_000_000).plus(Duration::from_hours(hours))
}

/// Requests in `READY_TO_SEND` to the partner OAK, since these hours, as seen at `now`.
fn waiting(since: &[u64], now: u64) -> Vec<KnownRequest> {
    let one = |since: &u64| KnownRequest {
        status: "READY_TO_SEND".to_owned(),
        partner: "OAK".to_owned(),
        format: "PHYSICAL".to_owned(),
        library: "MAIN".to_owned(),
        arrived: at(*since),
        followed: true,
        since: at(*since),
        met: false,
        supplied: None,
        supplied_after: None,
        last_seen: at(now),
        missed: 0,
        vanished: None,
    };
    since.iter().map(one).collect()
}

/// A watch that is derived again and again.
#[derive(Default)]
struct Ageing {
    records: BTreeMap<String, Value>,
    /// Thresholds instead of the usual ones.
    thresholds: Option<Vec<Threshold>>,
}

impl Ageing {
    fn read(&mut self, now: u64, requests: &[KnownRequest], coverage: &Coverage) -> Vec<EventDraft> {
        let names = BTreeMap::from([("OAK".to_owned(), "Oak University".to_owned())]);
        let usual = defaults();
        let inputs = Inputs {
            sides: vec![SideReading {
                side: Side::Borrowing,
                at: at(now),
                coverage,
                requests,
            }],
            unread: Vec::new(),
            thresholds: self.thresholds.as_deref().unwrap_or(&usual),
            names: &names,
            alma: Some("https://elm.alma.example.org/"),
        };
        let (drafts, coverage) = derive(&self.records, &inputs);
        assert!(coverage.is_complete("borrowing"));
        let mut events = Vec::new();
        for draft in drafts {
            let Identity::Key(key) = draft.identity else { panic!() };
            let old = self.records.insert(key.clone(), draft.body.clone());
            if old.as_ref() == Some(&draft.body) {
                continue;
            }
            events.extend(events_of(&ChangeInContext {
                source: SourceKind::Ageing,
                subject: "01ELM_INST",
                institution: Some(InstitutionName {
                    code: "01ELM_INST",
                    name: "Elm College",
                }),
                key: &key,
                op: if old.is_some() { Op::Modified } else { Op::Added },
                old: old.as_ref(),
                new: Some(&draft.body),
                context: &ChangeContext::default(),
                now: at(now),
                zone: chrono_tz::America::New_York,
            }));
        }
        events
    }

    fn kinds(&mut self, now: u64, since: &[u64]) -> Vec<EventKind> {
        let requests = waiting(since, now);
        let events = self.read(now, &requests, &whole());
        events.iter().map(|event| event.kind).collect()
    }
}

fn whole() -> Coverage {
    let mut coverage = Coverage::default();
    coverage.set("MAIN/READY_TO_SEND", PartitionRead::Complete);
    coverage
}

#[test]
fn an_alarm_rises_once_and_clears_once() {
    let mut ageing = Ageing::default();
    assert_eq!(ageing.kinds(40, &[0, 0, 0, 30]), [], "not two days yet");
    assert_eq!(ageing.kinds(49, &[0, 0, 0, 30]), [EventKind::RequestsAgeing]);
    assert_eq!(ageing.kinds(50, &[0, 0, 0, 30]), []);
    assert_eq!(ageing.kinds(60, &[0, 0, 0, 0, 0, 0]), [], "worse is no second alarm");
    assert_eq!(ageing.kinds(61, &[0]), [], "calm, but not for long yet");
    assert_eq!(ageing.kinds(72, &[0]), []);
    assert_eq!(ageing.kinds(73, &[0]), [EventKind::RequestsAgeingCleared]);
    assert_eq!(ageing.kinds(74, &[]), []);
    assert_eq!(
        ageing.kinds(90, &[20, 20, 20]),
        [EventKind::RequestsAgeing],
        "a second alarm is a second event"
    );
}

#[test]
fn coming_and_going_around_the_threshold_does_not_flap() {
    let mut ageing = Ageing::default();
    assert_eq!(ageing.kinds(49, &[0, 0, 0]), [EventKind::RequestsAgeing]);
    for hour in 50..200 {
        let count = if hour % 6 == 0 { 3 } else { 1 };
        assert_eq!(ageing.kinds(hour, &vec![0; count]), [], "hour {hour}");
    }
    for hour in 200..230 {
        assert_eq!(ageing.kinds(hour, &[0, 0]), [], "two of three is not calm");
    }
}

#[test]
fn what_could_not_be_read_neither_rises_nor_clears() {
    let mut ageing = Ageing::default();
    ageing.kinds(49, &[0, 0, 0]);
    let mut unread = Coverage::default();
    unread.set("MAIN/READY_TO_SEND", PartitionRead::Partial { reason: "full".into() });
    assert_eq!(ageing.read(300, &[], &unread), []);
    let cell = &ageing.records["borrowing/READY_TO_SEND/OAK"];
    assert_eq!((cell["ageing"].clone(), cell.get("calm_since")), (json!(true), None));
    let mut other = Ageing::default();
    let not_shown = waiting(&[0, 0, 0, 0], 200);
    assert_eq!(other.read(300, &not_shown, &unread), []);
    // What is shown of a list that is too long is enough to worry.
    assert_eq!(other.read(300, &waiting(&[0, 0, 0, 0], 300), &unread).len(), 1);
}

#[test]
fn a_request_that_the_reading_did_not_show_does_not_wait_there() {
    let mut ageing = Ageing::default();
    let stale = waiting(&[0, 0, 0, 0], 10);
    assert_eq!(ageing.read(100, &stale, &whole()), []);
}

#[test]
fn a_threshold_taken_out_ends_the_alarm_without_a_word() {
    let mut ageing = Ageing::default();
    ageing.kinds(49, &[0, 0, 0]);
    ageing.thresholds = Some(Vec::new());
    assert_eq!(ageing.kinds(50, &[0, 0, 0]), []);
    ageing.thresholds = None;
    assert_eq!(ageing.kinds(51, &[0, 0, 0]), [EventKind::RequestsAgeing]);
}

#[test]
fn an_alarm_says_how_many_where_and_who_must_act() {
    let mut ageing = Ageing::default();
    let mut requests = waiting(&[0, 0, 0, 0, 0, 100], 120);
    requests[0].met = true;
    let risen = ageing.read(120, &requests, &whole());
    insta::assert_snapshot!(format!("{}\n{}\n{}", risen[0].title, risen[0].summary, risen[0].link.as_deref().unwrap_or("-")), @r"
    Elm College: 5 borrowing requests to Oak University (OAK) wait in “Ready to be sent” for more than 2 days
    Elm College has to act. The oldest has waited for at least 5 days. In Alma: Fulfillment > Resource Sharing > Borrowing Requests, status “Ready to be sent”, partner OAK.
    https://elm.alma.example.org/
    ");
    let mut few = Ageing::default();
    let risen = few.read(120, &waiting(&[0, 0, 0], 120), &whole());
    insta::assert_snapshot!(format!("{}\n{}", risen[0].title, risen[0].summary), @r"
    Elm College: some borrowing requests to Oak University (OAK) wait in “Ready to be sent” for more than 2 days
    Elm College has to act. The oldest has waited for at least 5 days. Fewer than five requests are concerned; how many, “almanac requests --ageing --institution 01ELM_INST” says. In Alma: Fulfillment > Resource Sharing > Borrowing Requests, status “Ready to be sent”, partner OAK.
    ");
    ageing.read(121, &[], &whole());
    let cleared = ageing.read(140, &[], &whole());
    insta::assert_snapshot!(format!("{}\n{}", cleared[0].title, cleared[0].summary), @r"
    Elm College: borrowing requests to Oak University (OAK) no longer wait too long in “Ready to be sent”
    It had been so since 20 January 2027, 03:00 EST; hardly any has waited there for more than 2 days of late. In Alma: Fulfillment > Resource Sharing > Borrowing Requests, status “Ready to be sent”, partner OAK.
    ");
}

proptest! {
    /// Between an alarm and its end, and between its end and the next alarm, there is always the other event; an end comes
    /// only after the calm time without a rise.
    #[test]
    fn alarms_and_their_ends_alternate(counts in proptest::collection::vec(0usize..6, 1..80)) {
        let mut ageing = Ageing::default();
        let (mut last, mut calm_for) = (EventKind::RequestsAgeingCleared, 0);
        for (step, count) in counts.iter().enumerate() {
            let hour = 100 + 3 * step as u64;
            calm_for = if *count <= 1 { calm_for + 3 } else { 0 };
            for kind in ageing.kinds(hour, &vec![0; *count]) {
                prop_assert_ne!(kind, last);
                if kind == EventKind::RequestsAgeingCleared {
                    prop_assert!(calm_for >= 12);
                }
                last = kind;
            }
        }
    }
}

#[test]
fn a_status_that_is_not_asked_for_any_more_ends_the_alarm_without_a_word() {
    let mut ageing = Ageing::default();
    ageing.kinds(49, &[0, 0, 0]);
    let mut others = Coverage::default();
    others.set("MAIN/REQUEST_SENT", PartitionRead::Complete);
    for hour in [50, 70, 90] {
        let left = waiting(&[0, 0, 0], 49);
        assert_eq!(ageing.read(hour, &left, &others), [], "nobody looked");
    }
    assert_eq!(ageing.records["borrowing/READY_TO_SEND/OAK"]["ageing"], json!(false));
    assert_eq!(ageing.kinds(91, &[0, 0, 0]), [EventKind::RequestsAgeing]);
}
