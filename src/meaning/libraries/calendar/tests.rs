use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn calendar(days: &[(&str, &str)]) -> Calendar {
    let usual = Weekday::ALL.map(|weekday| match weekday {
        Weekday::Saturday | Weekday::Sunday => (weekday, CLOSED.to_owned()),
        _ => (weekday, "08:00-22:00".to_owned()),
    });
    Calendar {
        library: "Main Library".to_owned(),
        usual: usual.into(),
        days: days
            .iter()
            .map(|(date, state)| (day(date), (*state).to_owned()))
            .collect(),
        until: day("2027-01-03"),
    }
}

fn told(old: &Calendar, new: &Calendar) -> String {
    News::between(old, new, day("2026-12-05"))
        .event("Elm College", old, new, 2026)
        .map_or_else(
            || "nothing".to_owned(),
            |event| format!("{}\n{}", event.title, event.summary),
        )
}

#[test]
fn a_closure_ahead() {
    let closed = calendar(&[("2026-12-24", CLOSED), ("2026-12-25", CLOSED)]);
    insta::assert_snapshot!(told(&calendar(&[]), &closed), @r"
    Elm College: Main Library is closed 24 to 25 December
    Closed 24 to 25 December. Requests will hardly be filled then: expect them to wait or send them elsewhere, and look at what falls due in that time. These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn a_closure_over_a_weekend_that_grows_is_told_whole() {
    let two = calendar(&[("2026-12-24", CLOSED), ("2026-12-25", CLOSED)]);
    let more = calendar(&[
        ("2026-12-24", CLOSED),
        ("2026-12-25", CLOSED),
        ("2026-12-28", CLOSED),
        ("2027-01-01", CLOSED),
    ]);
    insta::assert_snapshot!(told(&two, &more), @r"
    Elm College: Main Library is closed 24 to 28 December and on 1 January 2027
    Closed 24 to 28 December and on 1 January 2027. Requests will hardly be filled then: expect them to wait or send them elsewhere, and look at what falls due in that time. These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn a_closure_is_withdrawn() {
    let two = calendar(&[("2026-12-23", CLOSED), ("2026-12-24", CLOSED)]);
    let one = calendar(&[("2026-12-23", "08:00-12:00")]);
    insta::assert_snapshot!(told(&two, &one), @r"
    Elm College: Main Library is open after all 23 to 24 December
    The closure 23 to 24 December is withdrawn: Wednesday 23 December 08:00–12:00; Thursday 24 December 08:00–22:00. These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn other_hours_ahead_and_back_again() {
    let short = calendar(&[
        ("2026-12-21", "09:00-17:00"),
        ("2026-12-22", "09:00-12:00, 13:00-17:00"),
    ]);
    insta::assert_snapshot!(told(&calendar(&[]), &short), @r"
    Elm College: Main Library has other hours 21 to 22 December
    Other hours: Monday 21 December 09:00–17:00 (instead of 08:00–22:00); Tuesday 22 December 09:00–12:00, 13:00–17:00 (instead of 08:00–22:00). These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
    insta::assert_snapshot!(told(&short, &calendar(&[])), @r"
    Elm College: Main Library keeps its usual hours after all 21 to 22 December
    Usual hours again: Monday 21 December 08:00–22:00 (instead of 09:00–17:00); Tuesday 22 December 08:00–22:00 (instead of 09:00–12:00, 13:00–17:00). These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn the_usual_week_is_new() {
    let old = calendar(&[]);
    let mut new = calendar(&[]);
    new.usual.insert(Weekday::Friday, "08:00-18:00".to_owned());
    new.usual.insert(Weekday::Saturday, "10:00-14:00".to_owned());
    insta::assert_snapshot!(told(&old, &new), @r"
    Elm College: Main Library has new usual hours
    The usual week is new: Friday 08:00–18:00 (it was 08:00–22:00); Saturday 10:00–14:00 (it was closed). These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn much_at_once_has_a_title_that_can_be_read() {
    let old = calendar(&[("2026-12-11", CLOSED)]);
    let new = calendar(&[
        ("2026-12-14", CLOSED),
        ("2026-12-16", CLOSED),
        ("2026-12-18", CLOSED),
        ("2026-12-22", "09:00-17:00"),
    ]);
    insta::assert_snapshot!(told(&old, &new), @r"
    Elm College: Main Library is closed on 14 December, on 16 December and once more; 2 more changes of its hours
    Closed on 14 December, on 16 December and on 18 December. Requests will hardly be filled then: expect them to wait or send them elsewhere, and look at what falls due in that time. The closure on 11 December is withdrawn: Friday 11 December 08:00–22:00. Other hours: Tuesday 22 December 09:00–17:00 (instead of 08:00–22:00). These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn a_day_that_passed_and_an_open_weekend_that_was_given_up() {
    let old = calendar(&[("2026-12-04", CLOSED)]);
    assert_eq!(told(&old, &calendar(&[])), "nothing");
    let open_sunday = calendar(&[("2026-12-13", "10:00-16:00")]);
    insta::assert_snapshot!(told(&open_sunday, &calendar(&[])), @r"
    Elm College: Main Library keeps its usual hours after all on 13 December
    Usual hours again: Sunday 13 December closed (instead of 10:00–16:00). These are the hours by which Alma reckons loan periods; the doors may keep others.
    ");
}

#[test]
fn what_goes_on_beyond_the_old_horizon_is_no_news_and_what_begins_there_is() {
    let mut new = calendar(&[("2026-12-31", CLOSED), ("2027-01-04", CLOSED)]);
    new.until = day("2027-01-10");
    let known = calendar(&[("2026-12-31", CLOSED), ("2027-01-04", CLOSED)]);
    assert_eq!(told(&known, &new), "nothing");
    let grown = told(&calendar(&[("2026-12-31", CLOSED)]), &new);
    assert!(
        grown.starts_with("Elm College: Main Library is closed on 4 January 2027"),
        "{grown}"
    );
    let mut begins = calendar(&[("2027-01-06", CLOSED)]);
    begins.until = day("2027-01-10");
    let began = told(&calendar(&[]), &begins);
    assert!(
        began.starts_with("Elm College: Main Library is closed on 6 January 2027"),
        "{began}"
    );
}
