//! What happens, in which order.

use std::collections::BTreeSet;

use super::libraries::{HARBOUR, MILLBROOK, Partner, Profile, QUARRY, SALTMARSH};
use super::notes::Product;
use super::offers::LATER_ROWS;
use super::requests::{self, STORY_REQUESTS, Stage};
use super::texts;
use super::world::State;

/// A partner that leaves North Quarry's list and comes back.
const RETURNING: &str = "DEMO:ISL";
/// The switch that nobody had before.
const NEW_SWITCH: &str = "show_shared_print_badge";
/// The scope that appears at Millbrook.
const NEW_SCOPE: &str = "DN_NeighbourLibraries";
/// Most items on a page of notes; beyond it, old ones are reworded instead.
const MOST_NOTES: usize = 40;
/// Kinds of variation, in turn.
const VARIATIONS: usize = 12;
/// The library is closed so many days ahead, on two days.
const CLOSED_AHEAD: usize = 9;

/// Lets the next thing happen.
pub(super) fn advance(state: &mut State) -> String {
    let step = state.step;
    state.step += 1;
    // A happening whose object is missing would be a mistake in the script; the test below runs all of them.
    scripted(state, step)
        .or_else(|| variation(state, step))
        .unwrap_or_else(|| "Nothing happened.".to_owned())
}

/// The happenings of the beginning: four that everyone wants to see first, then the rest of the vocabulary.
fn scripted(state: &mut State, step: usize) -> Option<String> {
    let said = match step {
        0 => {
            state.partner(HARBOUR, MILLBROOK)?.active = false;
            "Harbour University sets its partner Millbrook College to inactive."
        }
        1 => {
            switch_attribute(state, MILLBROOK, "mayAlsoBeHeldByEnabled", true)?;
            "Millbrook College turns on \u{201c}May also be held by\u{201d} in its Primo view."
        }
        2 => {
            state.newest_page(Product::Alma)?.add(&texts::ANNOUNCED);
            "The Alma notes announce borrowing requests across two Network Zones."
        }
        3 => {
            let page = state.newest_page(Product::PrimoVe)?;
            page.note_mut("Which Libraries Nearby Hold It")?.afterthought = Some(texts::AFTERTHOUGHTS[1]);
            "The Primo VE notes reword an item: the list of libraries nearby is now on by default."
        }
        4 => {
            state.partner(HARBOUR, SALTMARSH)?.borrowing = false;
            "Harbour University no longer lends to Saltmarsh University, which still counts on it."
        }
        5 => {
            requests::go_on(state, HARBOUR, MILLBROOK, Stage::Accepted, STORY_REQUESTS)?;
            requests::go_on(state, SALTMARSH, QUARRY, Stage::Shipped, 2)?;
            "Millbrook College ships six items to Harbour University; two from North Quarry arrive at Saltmarsh University."
        }
        6 => {
            let now = state.now;
            state.library(QUARRY)?.conf.runs.again(now, false);
            "The nightly job that closes expired requests fails at North Quarry Institute."
        }
        7 => {
            for library in [HARBOUR, MILLBROOK] {
                state.library(library)?.conf.later_rows.insert(0);
            }
            "Harbour University and Millbrook College get a kind of partner system that nobody had, Open Exchange."
        }
        8 => {
            close(state, MILLBROOK)?;
            "Millbrook College will be closed on two days soon."
        }
        9 => {
            requests::go_on(state, QUARRY, HARBOUR, Stage::Ready, STORY_REQUESTS)?;
            "North Quarry Institute sends its six waiting requests to Harbour University at last."
        }
        10 => {
            let partner = Partner::new("088421", "Lighthouse Community College", Profile::Iso18626);
            state.library(SALTMARSH)?.partners.push(partner);
            "Saltmarsh University adds the partner Lighthouse Community College."
        }
        11 => {
            state
                .library(QUARRY)?
                .partners
                .retain(|partner| partner.code != RETURNING);
            state.newest_page(Product::Alma)?.maintenance_next = true;
            "North Quarry Institute deletes the partner Island Law Library; the Alma notes are down for one look."
        }
        12 => {
            state.partner(HARBOUR, SALTMARSH)?.borrowing = true;
            "Harbour University lends to Saltmarsh University again."
        }
        13 => {
            for library in [HARBOUR, QUARRY] {
                let view = &mut state.library(library)?.view;
                view.switches.insert(NEW_SWITCH.to_owned(), true);
            }
            "A switch that nobody had, show_shared_print_badge, is there at Harbour University and North Quarry Institute."
        }
        14 => {
            let library = state.library(MILLBROOK)?;
            library
                .view
                .scopes
                .push((NEW_SCOPE.to_owned(), "Neighbours".to_owned(), false));
            library.too_fast_next = true;
            "Millbrook College gets a search scope for neighbour libraries; its next call to the gateway is one too many."
        }
        15 => {
            let note = state
                .newest_page(Product::Alma)?
                .note_mut("Shared Notes on Network Zone Records")?;
            note.heading = "Shared Notes and Answers on Network Zone Records".to_owned();
            "An item of the Alma notes gets another heading."
        }
        16 => {
            let partner = Partner::new(RETURNING, "Island Law Library", Profile::Ncip);
            state.library(QUARRY)?.partners.insert(2, partner);
            state.library(HARBOUR)?.short_list_next = true;
            "Island Law Library is back at North Quarry Institute; Harbour University's next partner list is cut short."
        }
        17 => {
            state
                .newest_page(Product::Alma)?
                .note_mut("Longer Loans Between Members")?
                .month = 11;
            "The longer loans between members move from the August to the November release."
        }
        18 => {
            let view = &mut state.library(SALTMARSH)?.view;
            view.alma_version = view.alma_version.replace("August", "November");
            "The November release goes live at Saltmarsh University."
        }
        19 => {
            state.partner(HARBOUR, MILLBROOK)?.active = true;
            "Harbour University sets its partner Millbrook College to active again."
        }
        20 => {
            state.zone_documented = true;
            "The Developer Network documents that a list of partners can be cut down to the Network Zone."
        }
        _ => return None,
    };
    Some(said.to_owned())
}

/// Small changes without end. Two running are never of the same kind, so no text comes twice in a row.
fn variation(state: &mut State, step: usize) -> Option<String> {
    let round = step / VARIATIONS;
    let count = state.libraries.len();
    let place = round % count;
    match step % VARIATIONS {
        0 => toggle_partner(state, place, round),
        1 => {
            const SWITCHES: [&str; 4] = [
                "ngrs_pickup_anywhere",
                "request_it_enabled",
                "rapido_SA_enabled",
                "special_collections_enable",
            ];
            let name = SWITCHES[round / count % SWITCHES.len()];
            let library = state.libraries.get_mut(place)?;
            let on = library.view.switches.get_mut(name)?;
            *on = !*on;
            Some(format!(
                "{} turns {} the switch {name}.",
                library.name,
                if *on { "on" } else { "off" }
            ))
        }
        2 => reword(state, round),
        3 => {
            let library = state.libraries.get_mut(place)?;
            let partners = library.partners.len();
            let partner = library.partners.get_mut(round / count % partners)?;
            partner.supply_days = partner.supply_days % 9 + 1;
            let (name, days) = (&partner.name, partner.supply_days);
            Some(format!("{} now reckons with {days} days for {name}.", library.name))
        }
        4 => {
            let library = state.libraries.get_mut((place + 1) % count)?;
            let partners = library.partners.len();
            let partner = library.partners.get_mut(round / count % partners)?;
            partner.borrowing = !partner.borrowing;
            let verb = if partner.borrowing { "lends" } else { "no longer lends" };
            Some(format!("{} {verb} to {}.", library.name, partner.name))
        }
        5 => {
            let library = state.libraries.get_mut(place)?;
            let scopes = &mut library.view.scopes;
            let before = scopes.len();
            scopes.retain(|(id, _, _)| id != NEW_SCOPE);
            if scopes.len() < before {
                return Some(format!("{} gives up the scope {NEW_SCOPE}.", library.name));
            }
            scopes.push((NEW_SCOPE.to_owned(), "Neighbours".to_owned(), false));
            Some(format!("{} opens the scope {NEW_SCOPE}.", library.name))
        }
        6 => announce(state, round).or_else(|| reword(state, round + 1)),
        // Requests move thrice as often as anything else, as they do.
        7 | 9 | 11 => requests::everyday(state, round * 3 + (step % VARIATIONS - 7) / 2),
        8 => configure(state, round),
        _ => {
            let noise = match round % 4 {
                0 => {
                    state.newest_page(Product::PrimoVe)?.maintenance_next = true;
                    "The Primo VE notes are down for one look"
                }
                1 => {
                    state.libraries.get_mut(place)?.too_fast_next = true;
                    "One call to the gateway is one too many"
                }
                2 => {
                    state.libraries.get_mut(place)?.report_not_ready_next = true;
                    "A report is still being computed when it is asked for"
                }
                _ => {
                    state.libraries.get_mut(place)?.short_list_next = true;
                    "One partner list is cut short"
                }
            };
            let change = toggle_partner(state, (place + 2) % count, round + 3)?;
            Some(format!("{noise}. {change}"))
        }
    }
}

fn switch_attribute(state: &mut State, library: &str, name: &str, on: bool) -> Option<()> {
    *state.library(library)?.view.attributes.get_mut(name)? = on;
    Some(())
}

fn toggle_partner(state: &mut State, place: usize, round: usize) -> Option<String> {
    let library = state.libraries.get_mut(place)?;
    let partners = library.partners.len();
    let partner = library.partners.get_mut(round % partners)?;
    partner.active = !partner.active;
    let state = if partner.active { "active" } else { "inactive" };
    Some(format!(
        "{} sets its partner {} to {state}.",
        library.name, partner.name
    ))
}

/// Closes a library on two days ahead, in place of those on which it was to be closed before.
fn close(state: &mut State, library: &str) -> Option<()> {
    let days: BTreeSet<_> = state.today().iter_days().skip(CLOSED_AHEAD).take(2).collect();
    state.library(library)?.conf.closed = days;
    Some(())
}

/// Changes something in the configuration of a library that shows its configuration.
fn configure(state: &mut State, round: usize) -> Option<String> {
    let now = state.now;
    let those: Vec<&'static str> = state
        .libraries
        .iter()
        .filter(|library| library.conf_allowed)
        .map(|library| library.code)
        .collect();
    let code = *those.get(round / 3 % those.len())?;
    let library = state.library(code)?;
    let name = library.name;
    match round % 3 {
        0 => {
            let succeeds = (round / 3).is_multiple_of(2);
            library.conf.runs.again(now, succeeds);
            let how = if succeeds { "runs as it should" } else { "fails" };
            Some(format!("The nightly job that closes expired requests {how} at {name}."))
        }
        1 => {
            let row = round / 3 % LATER_ROWS.len();
            let rows = &mut library.conf.later_rows;
            let is_there = !rows.remove(&row) && rows.insert(row);
            let (table, label) = (LATER_ROWS[row].0, LATER_ROWS[row].2);
            let verb = if is_there { "gets" } else { "loses" };
            Some(format!("{name} {verb} the row {label} of the code table {table}."))
        }
        _ if library.conf.closed.is_empty() => {
            close(state, code)?;
            Some(format!("{name} will be closed on two days soon."))
        }
        _ => {
            library.conf.closed.clear();
            Some(format!("{name} will be open on all days after all."))
        }
    }
}

/// Adds another sentence to an item, in place of the one that was added before.
fn reword(state: &mut State, round: usize) -> Option<String> {
    let product = if round.is_multiple_of(2) {
        Product::PrimoVe
    } else {
        Product::Alma
    };
    let page = state.newest_page(product)?;
    let notes = page.notes.len();
    let note = page.notes.get_mut(round / 2 % notes)?;
    let place = texts::AFTERTHOUGHTS
        .iter()
        .position(|sentence| Some(*sentence) == note.afterthought);
    let next = place.map_or(round, |place| place + 1);
    note.afterthought = Some(texts::AFTERTHOUGHTS[next % texts::AFTERTHOUGHTS.len()]);
    Some(format!("The notes on \u{201c}{}\u{201d} are reworded.", note.heading))
}

fn announce(state: &mut State, round: usize) -> Option<String> {
    let product = if round.is_multiple_of(2) {
        Product::Alma
    } else {
        Product::PrimoVe
    };
    let (heading, body) = texts::LATER[round % texts::LATER.len()];
    let subject = texts::SUBJECTS[round % texts::SUBJECTS.len()];
    let heading = heading.replace("{}", subject);
    let page = state.newest_page(product)?;
    if page.notes.len() >= MOST_NOTES || page.notes.iter().any(|note| note.heading == heading) {
        return None;
    }
    let said = format!("The notes announce \u{201c}{heading}\u{201d}.");
    page.add_note(
        1,
        11,
        "Resource Sharing",
        heading,
        body.replace("{}", &subject.to_lowercase()),
    );
    Some(said)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::World;
    use crate::model::moment::Moment;

    /// Before anything happens; then something does every three seconds.
    fn begins() -> Moment {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn step_at(step: u64) -> Moment {
        begins().plus(Duration::from_secs(3 * step))
    }

    fn world() -> World {
        World::new(7, begins())
    }

    #[test]
    fn something_happens_at_every_step_and_never_the_same_twice_in_a_row() {
        let world = world();
        let mut last = String::new();
        for step in 0..2000 {
            let said = world.advance(step_at(step));
            assert_ne!(said, "Nothing happened.", "step {step}");
            assert_ne!(said, last, "step {step}");
            last = said;
        }
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let (one, other) = (world(), world());
        for step in 0..100 {
            assert_eq!(one.advance(step_at(step)), other.advance(step_at(step)));
        }
    }

    #[test]
    fn the_world_stays_small_and_its_pages_never_lose_an_item() {
        let world = world();
        let mut sizes = vec![0; 4];
        let requests = world.state().requests.len();
        for step in 0..5000 {
            world.advance(step_at(step));
            let state = world.state();
            assert_eq!(state.requests.len(), requests);
            for (page, before) in state.pages.iter().zip(&mut sizes) {
                assert!(page.notes.len() >= *before && page.notes.len() <= super::MOST_NOTES);
                *before = page.notes.len();
            }
            assert!(state.libraries.iter().all(|library| library.partners.len() < 130));
            assert!(state.libraries.iter().all(|library| library.conf.closed.len() <= 2));
        }
    }
}
