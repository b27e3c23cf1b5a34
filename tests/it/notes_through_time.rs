//! What happens to items of release notes over the months, from page to alert: reworded, renamed, moved, rescheduled,
//! withdrawn, and what only looks like it.

use almanac::model::answer::Outcome;

use crate::world::{Fault, NotesItem, World, notes_page, notes_path};

const NOTES: &str = "release-notes/alma";

const LOANS: NotesItem<'static> = (
    "Longer Loans Between Members",
    "August 2027 Fulfillment - Resource Sharing URM-3001",
    "Members of a network can now agree on loan periods of up to a year. The agreed period is shown on the request of the borrowing library.",
);
const ROTA: NotesItem<'static> = (
    "Rota Templates by Format",
    "August 2027 Fulfillment - Resource Sharing URM-3001 URM-3002",
    "A rota template can be chosen by the format of the request. Requests without a format keep the template that they had.",
);
const ICON: NotesItem<'static> = (
    "A New Icon in the Task List",
    "August 2027 Acquisitions URM-3003",
    "The icon of the task list was replaced by one that can be told apart in high contrast.",
);

fn show(world: &World, year: i32, items: &[NotesItem<'_>]) {
    let resolved = format!("URM-{year}77 In {year} a pickup list showed requests twice. This was fixed.");
    world
        .wire()
        .pages
        .insert(notes_path(year), notes_page(year, items, &[&resolved]));
}

/// A world with two years of notes, read once.
async fn world() -> World {
    let world = World::new().await;
    show(
        &world,
        2026,
        &[(
            "Old Thing",
            "November 2026 Fulfillment URM-2001",
            "An old thing was made new in the queue of requests of a desk.",
        )],
    );
    show(&world, 2027, &[LOANS, ROTA, ICON]);
    let first = world.poll(NOTES).await;
    assert_eq!(
        (first.outcome, first.added, first.events),
        (Outcome::Ok, 6, 0),
        "{first:?}"
    );
    world
}

async fn told_since(world: &World, before: usize) -> Vec<(String, String)> {
    world
        .events()
        .await
        .iter()
        .skip(before)
        .map(|event| (event.kind.to_string(), event.title.clone()))
        .collect()
}

#[tokio::test]
async fn an_item_stays_itself_whatever_is_done_to_it() {
    let world = world().await;
    let keys = world.keys(NOTES).await;
    let reworded = (
        LOANS.0,
        LOANS.1,
        "Members of a network can now agree on loan periods of up to two years. The agreed period is shown on the request of the borrowing library.",
    );
    show(&world, 2027, &[reworded, ROTA, ICON]);
    assert_eq!(world.poll(NOTES).await.modified, 1);
    let renamed = ("Long Loans in a Network", reworded.1, reworded.2);
    show(&world, 2027, &[ICON, ROTA, renamed]);
    assert_eq!(world.poll(NOTES).await.modified, 1);
    let told = told_since(&world, 0).await;
    assert_eq!(
        told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(),
        ["feature.revised", "feature.revised"],
        "{told:?}"
    );
    assert!(
        told[0].1.contains("Longer Loans") && told[1].1.contains("Long Loans"),
        "{told:?}"
    );
    assert_eq!(
        world.keys(NOTES).await,
        keys,
        "the two items that share an issue id stay apart, and nothing is new"
    );
}

#[tokio::test]
async fn an_item_that_moves_to_next_years_page_is_rescheduled_and_not_withdrawn() {
    let world = world().await;
    let keys = world.keys(NOTES).await;
    let moved = (
        LOANS.0,
        "February 2028 Fulfillment - Resource Sharing URM-3001",
        LOANS.2,
    );
    show(&world, 2027, &[ROTA, ICON]);
    show(&world, 2028, &[moved]);
    world.poll(NOTES).await;
    let told = told_since(&world, 0).await;
    let about_it: Vec<_> = told
        .iter()
        .filter(|(_, title)| title.contains("Longer Loans"))
        .collect();
    assert_eq!(about_it.len(), 1, "{told:?}");
    assert_eq!(about_it[0].0, "feature.rescheduled");
    assert!(
        about_it[0].1.contains("August 2027") && about_it[0].1.contains("February 2028"),
        "{about_it:?}"
    );
    let after = world.keys(NOTES).await;
    assert!(keys.iter().all(|key| after.contains(key)), "it kept its key: {after:?}");
}

#[tokio::test]
async fn withdrawn_waits_until_the_neighbouring_years_were_read() {
    let world = world().await;
    show(&world, 2027, &[ROTA, ICON]);
    for (where_, status, body) in [
        ("2028", 500, "oops"),
        ("2028", 200, "<html><body><h1>Scheduled maintenance</h1></body></html>"),
        ("2026", 503, ""),
    ] {
        world.wire().faults = vec![Fault {
            where_: format!("/Alma/Release_Notes/{where_}/"),
            status,
            body: body.into(),
            times: None,
        }];
        let poll = world.poll(NOTES).await;
        assert_eq!(
            (poll.outcome, poll.removed),
            (Outcome::Partial, 0),
            "{where_} {status}: {poll:?}"
        );
    }
    world.wire().faults.clear();
    assert_eq!(world.poll(NOTES).await.removed, 1);
    let told = told_since(&world, 0).await;
    let withdrawn: Vec<_> = told.iter().filter(|(kind, _)| kind == "feature.withdrawn").collect();
    assert_eq!(withdrawn.len(), 1, "{told:?}");
    assert!(withdrawn[0].1.contains("Longer Loans"));
    show(&world, 2027, &[LOANS, ROTA, ICON]);
    world.poll(NOTES).await;
    let (kind, title) = told_since(&world, told.len()).await.pop().unwrap();
    assert_eq!(kind, "feature.announced");
    assert!(title.contains("back"), "{title}");
}

#[tokio::test]
async fn a_page_that_vanishes_or_shrinks_withdraws_nothing() {
    let world = world().await;
    let many: Vec<(String, String)> = (0..20)
        .map(|n| {
            (
                format!("Thing Number {n} of the Year"),
                format!("May 2027 Fulfillment URM-{}", 5000 + n),
            )
        })
        .collect();
    let items: Vec<NotesItem<'_>> = many
        .iter()
        .map(|(heading, meta)| {
            (
                heading.as_str(),
                meta.as_str(),
                "A thing of the year was changed for everyone who works with requests.",
            )
        })
        .collect();
    show(&world, 2027, &items);
    world.almanac.poll(&world.watch(NOTES), true).await;
    let before = world.keys(NOTES).await;
    // Half of a page, as it comes when a site is rebuilt.
    show(&world, 2027, &items[..10]);
    let half = world.poll(NOTES).await;
    assert_eq!((half.outcome, half.removed), (Outcome::Failed, 0), "{half:?}");
    // And no page at all, where there was one.
    world.wire().pages.remove(&notes_path(2027));
    let gone = world.poll(NOTES).await;
    assert_eq!((gone.outcome, gone.removed), (Outcome::Partial, 0), "{gone:?}");
    assert!(gone.reason.unwrap().contains("is now said not to exist"));
    assert_eq!(world.keys(NOTES).await, before);
}
