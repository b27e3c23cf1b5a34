use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::meaning;
use crate::model::change::{ChangeContext, ChangeInContext, InstitutionName, Op};
use crate::model::event::EventDraft;
use crate::model::watch::SourceKind;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A library's world: its week, and what deviates from it.
#[derive(Clone, Debug)]
struct World {
    week: Vec<&'static str>,
    exceptions: BTreeMap<NaiveDate, &'static str>,
    /// Whether Alma lists days without hours, or leaves them out.
    lists_closed: bool,
}

impl World {
    /// Open on weekdays and Saturday.
    fn usual() -> Self {
        let open = "08:00-22:00";
        World {
            week: vec![open, open, open, open, open, "10:00-16:00", CLOSED],
            exceptions: BTreeMap::new(),
            lists_closed: false,
        }
    }

    fn with(mut self, from: &str, to: &str, state: &'static str) -> Self {
        self.exceptions.extend(days(day(from), day(to)).map(|day| (day, state)));
        self
    }

    fn state(&self, day: NaiveDate) -> &'static str {
        self.exceptions
            .get(&day)
            .copied()
            .unwrap_or(self.week[Weekday::of(day) as usize])
    }

    /// What Alma lists from one day to another.
    fn listed(&self, from: NaiveDate, to: NaiveDate) -> BTreeMap<NaiveDate, DayHours> {
        days(from, to)
            .filter_map(|day| match self.state(day) {
                CLOSED => self.lists_closed.then_some((day, DayHours::Closed)),
                open => Some((day, DayHours::Open(open.to_owned()))),
            })
            .collect()
    }

    fn read(&self, today: NaiveDate, remembered: Option<&Week>) -> Calendar {
        let window = Window::of(today, 30);
        let states = states(&window, &self.listed(window.from, window.to), &BTreeSet::new()).unwrap();
        calendar("Main Library", &window, &states, remembered)
    }
}

fn events(old: &Calendar, new: &Calendar, today: NaiveDate) -> Vec<EventDraft> {
    let now = format!("{today}T17:00:00Z").parse().unwrap();
    meaning::events_of(
        &ChangeInContext {
            source: SourceKind::AlmaLibraries,
            subject: "01ELM_INST",
            institution: Some(InstitutionName {
                code: "01ELM_INST",
                name: "Elm College",
            }),
            key: "MAIN/hours",
            op: Op::Modified,
            old: Some(&json!(old)),
            new: Some(&json!(new)),
            context: &ChangeContext::default(),
            now,
            zone: chrono_tz::America::New_York,
        },
        &crate::config::classifier::built_in(),
    )
}

#[test]
fn the_horizon_is_a_sunday_and_the_pieces_cover_the_window() {
    let window = Window::of(day("2027-02-03"), 30);
    assert_eq!(window.until, day("2027-03-07"));
    assert_eq!((window.from, window.to), (day("2027-01-07"), day("2027-03-22")));
    let pieces = window.pieces();
    assert_eq!(pieces.len(), 3);
    assert_eq!((pieces[0].0, pieces[2].1), (window.from, window.to));
    for (from, to) in &pieces {
        assert!((*to - *from).num_days() < 28);
    }
    assert_eq!(pieces[0].1.succ_opt(), Some(pieces[1].0));
}

#[test]
fn the_usual_week_and_a_closure_ahead() {
    let world = World::usual().with("2027-02-15", "2027-02-16", CLOSED);
    let read = world.read(day("2027-02-03"), None);
    assert_eq!(
        read.days,
        BTreeMap::from([
            (day("2027-02-15"), CLOSED.to_owned()),
            (day("2027-02-16"), CLOSED.to_owned())
        ])
    );
    assert_eq!(read.usual[&Weekday::Sunday], CLOSED);
    assert_eq!(read.usual[&Weekday::Monday], "08:00-22:00");
}

#[test]
fn a_closure_that_crosses_the_horizon_is_seen_to_its_end_and_one_beyond_it_not_yet() {
    let world = World::usual()
        .with("2027-03-05", "2027-03-12", CLOSED)
        .with("2027-03-22", "2027-03-22", CLOSED);
    let read = world.read(day("2027-02-03"), None);
    let last = read.days.last_key_value().unwrap();
    assert_eq!(*last.0, day("2027-03-12"));
}

#[test]
fn a_day_that_is_left_out_is_closed_only_between_days_that_are_listed() {
    let window = Window::of(day("2027-02-03"), 30);
    let world = World::usual();
    let cut_off = world.listed(window.from, day("2027-02-20"));
    let Err(NotKnown::Unclear(reason)) = states(&window, &cut_off, &BTreeSet::new()) else {
        panic!("what comes after the last day listed is not known");
    };
    assert!(reason.contains("no day after 2027-02-20"), "{reason}");
    let late = world.listed(day("2027-02-04"), window.to);
    assert!(matches!(
        states(&window, &late, &BTreeSet::new()),
        Err(NotKnown::Unclear(_))
    ));
    assert_eq!(
        states(&window, &BTreeMap::new(), &BTreeSet::new()),
        Err(NotKnown::NothingListed)
    );
}

#[test]
fn a_long_gap_is_closed_only_if_it_is_left_out_again_when_asked_for_by_itself() {
    let window = Window::of(day("2027-02-03"), 30);
    let world = World::usual().with("2027-02-08", "2027-02-27", CLOSED);
    let listed = world.listed(window.from, window.to);
    let gap = (day("2027-02-07"), day("2027-02-28"));
    assert_eq!(
        states(&window, &listed, &BTreeSet::new()),
        Err(NotKnown::LongGap(gap.0, gap.1))
    );
    let sure = states(&window, &listed, &BTreeSet::from([day("2027-02-15")])).unwrap();
    assert_eq!(sure[&day("2027-02-20")], CLOSED);
}

#[test]
fn a_day_that_is_not_understood_leaves_all_unknown_if_it_matters() {
    let window = Window::of(day("2027-02-03"), 30);
    let mut listed = World::usual().listed(window.from, window.to);
    listed.insert(window.to, DayHours::Unclear);
    assert!(states(&window, &listed, &BTreeSet::new()).is_ok(), "beyond the horizon");
    listed.insert(day("2027-02-10"), DayHours::Unclear);
    assert!(matches!(
        states(&window, &listed, &BTreeSet::new()),
        Err(NotKnown::Unclear(_))
    ));
}

#[test]
fn a_long_vacation_does_not_become_the_usual_week_in_its_middle() {
    let world = World::usual().with("2027-02-20", "2027-03-28", "09:00-17:00");
    let mut week = world.read(day("2027-01-10"), None).usual;
    for offset in 0..120 {
        let read = world.read(after(day("2027-01-10"), offset), Some(&week));
        assert_eq!(read.usual[&Weekday::Tuesday], "08:00-22:00", "day {offset}");
        week = read.usual;
    }
}

/// What is told from day to day, as `day: title`.
fn told_daily(world: &World, from: &str, count: u64) -> Vec<String> {
    let mut old = world.read(day(from), None);
    let mut told = Vec::new();
    for offset in 1..=count {
        let today = after(day(from), offset);
        let new = world.read(today, Some(&old.usual));
        let events = events(&old, &new, today);
        told.extend(events.into_iter().map(|event| format!("{today}: {}", event.title)));
        old = new;
    }
    told
}

#[test]
fn a_vacation_is_told_once_when_it_comes_into_view() {
    let closed = World::usual().with("2027-05-12", "2027-05-18", CLOSED);
    assert_eq!(
        told_daily(&closed, "2027-02-03", 150),
        ["2027-04-10: Elm College: Main Library is closed 12 to 18 May"]
    );
    let shorter = World::usual().with("2027-05-12", "2027-06-15", "09:00-17:00");
    assert_eq!(
        told_daily(&shorter, "2027-02-03", 200),
        ["2027-04-10: Elm College: Main Library has other hours from 12 May, to 31 May at least"]
    );
}

#[test]
fn a_summer_longer_than_the_view_is_told_when_it_begins_and_when_it_ends() {
    let summer = World::usual().with("2027-05-12", "2027-08-15", "09:00-17:00");
    let told = told_daily(&summer, "2027-02-03", 300);
    let days: Vec<&str> = told.iter().map(|title| &title[..10]).collect();
    assert_eq!(days, ["2027-04-10", "2027-07-17"], "{told:?}");
}

fn any_state() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("08:00-22:00"),
        2 => Just("09:00-17:00"),
        1 => Just("10:00-12:00, 13:00-16:00"),
        2 => Just(CLOSED),
    ]
}

prop_compose! {
    /// A week that is open on Wednesdays, and exceptions that leave no long gap.
    fn any_world()(
        mut week in prop::collection::vec(any_state(), 7),
        exceptions in prop::collection::btree_map(0_u64..300, any_state(), 0..40),
        lists_closed: bool,
    ) -> World {
        week[2] = "08:00-22:00";
        let start = day("2026-12-01");
        let exceptions = exceptions
            .into_iter()
            .map(|(offset, state)| (after(start, offset), state))
            .filter(|(day, _)| Weekday::of(*day) != Weekday::Wednesday)
            .collect();
        World { week, exceptions, lists_closed }
    }
}

proptest! {
    #[test]
    fn the_same_world_on_another_day_is_no_news_within_what_was_known(
        world in any_world(), start in 0_u64..200, steps in prop::collection::vec(1_u64..20, 1..8)
    ) {
        let mut today = after(day("2026-12-01"), start);
        let mut old = world.read(today, None);
        for step in steps {
            today = after(today, step);
            let new = world.read(today, Some(&old.usual));
            for event in events(&old, &new, today) {
                // Only what lies beyond the horizon of the last reading can be told, and only where something lies there.
                let beyond = new.days.keys().any(|day| *day > old.until && !old.days.contains_key(day));
                prop_assert!(beyond, "{}", event.title);
                for (weekday, usual) in &old.usual {
                    prop_assert!(new.usual[weekday] == *usual || !event.title.contains("usual"), "{}", event.title);
                }
            }
            if new.until == old.until {
                prop_assert!(events(&old, &new, today).is_empty());
                let passed = old.days.keys().next().is_some_and(|day| *day < today);
                prop_assert!(passed || old == new || old.usual != new.usual, "only a day that passed changes the record");
            }
            old = new;
        }
    }

    #[test]
    fn leaving_closed_days_out_and_listing_them_is_the_same(world in any_world(), start in 0_u64..200) {
        let today = after(day("2026-12-01"), start);
        // A day left out at the very end of what was asked for has nothing after it that says what it is.
        let mut world = world;
        world.exceptions.insert(Window::of(today, 30).to, "08:00-22:00");
        let other = World { lists_closed: !world.lists_closed, ..world.clone() };
        prop_assert_eq!(world.read(today, None), other.read(today, None));
    }

    #[test]
    fn an_edit_of_one_day_ahead_is_told_and_taking_it_back_too(
        world in any_world(), start in 0_u64..200, ahead in 2_u64..30
    ) {
        let today = after(day("2026-12-01"), start);
        let edited_day = after(today, ahead);
        let old = world.read(today, None);
        let mut edited = world.clone();
        edited.exceptions.insert(edited_day, "06:00-07:00");
        let new = edited.read(today, Some(&old.usual));
        let told = events(&old, &new, today);
        prop_assert_eq!(told.len(), 1, "{:?}", told);
        let back = world.read(today, Some(&new.usual));
        prop_assert_eq!(events(&new, &back, today).len(), 1);
    }
}
