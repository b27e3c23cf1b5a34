//! What happens, in which order.

use super::libraries::{Partner, Profile};
use super::notes::Product;
use super::texts;
use super::world::State;

const HARBOUR: &str = "01DEMOHARB_INST";
const MILLBROOK: &str = "01DEMOMILL_INST";
const QUARRY: &str = "01DEMOQUAR_INST";
const SALTMARSH: &str = "01DEMOSALT_INST";
/// A partner that leaves North Quarry's list and comes back.
const RETURNING: &str = "DEMO:ISL";
/// The switch that nobody had before.
const NEW_SWITCH: &str = "show_shared_print_badge";
/// The scope that appears at Millbrook.
const NEW_SCOPE: &str = "NeighbourLibraries";
/// Most items on a page of notes; beyond it, old ones are reworded instead.
const MOST_NOTES: usize = 40;
/// Kinds of variation, in turn.
const VARIATIONS: usize = 8;

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
            let partner = Partner::new("088421", "Lighthouse Community College", Profile::Iso18626);
            state.library(SALTMARSH)?.partners.push(partner);
            "Saltmarsh University adds the partner Lighthouse Community College."
        }
        5 => {
            state
                .library(QUARRY)?
                .partners
                .retain(|partner| partner.code != RETURNING);
            state.newest_page(Product::Alma)?.maintenance_next = true;
            "North Quarry Institute deletes the partner Island Law Library; the Alma notes are down for one look."
        }
        6 => {
            state.partner(HARBOUR, SALTMARSH)?.lending = false;
            "Harbour University no longer lends to Saltmarsh University."
        }
        7 => {
            for library in [HARBOUR, QUARRY] {
                let view = &mut state.library(library)?.view;
                view.switches.insert(NEW_SWITCH.to_owned(), true);
            }
            "A switch that nobody had, show_shared_print_badge, is there at Harbour University and North Quarry Institute."
        }
        8 => {
            let library = state.library(MILLBROOK)?;
            library
                .view
                .scopes
                .push((NEW_SCOPE.to_owned(), "Neighbours".to_owned(), false));
            library.too_fast_next = true;
            "Millbrook College gets a search scope for neighbour libraries; its next call to the gateway is one too many."
        }
        9 => {
            let note = state
                .newest_page(Product::Alma)?
                .note_mut("Shared Notes on Network Zone Records")?;
            note.heading = "Shared Notes and Answers on Network Zone Records".to_owned();
            "An item of the Alma notes gets another heading."
        }
        10 => {
            let partner = Partner::new(RETURNING, "Island Law Library", Profile::Ncip);
            state.library(QUARRY)?.partners.insert(2, partner);
            state.library(HARBOUR)?.short_list_next = true;
            "Island Law Library is back at North Quarry Institute; Harbour University's next partner list is cut short."
        }
        11 => {
            state
                .newest_page(Product::Alma)?
                .note_mut("Longer Loans Between Members")?
                .month = 11;
            "The longer loans between members move from the August to the November release."
        }
        12 => {
            let view = &mut state.library(SALTMARSH)?.view;
            view.alma_version = view.alma_version.replace("August", "November");
            "The November release goes live at Saltmarsh University."
        }
        13 => {
            state.partner(HARBOUR, MILLBROOK)?.active = true;
            "Harbour University sets its partner Millbrook College to active again."
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
            partner.lending = !partner.lending;
            let verb = if partner.lending { "lends" } else { "no longer lends" };
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
        _ => {
            let noise = match round % 3 {
                0 => {
                    state.newest_page(Product::PrimoVe)?.maintenance_next = true;
                    "The Primo VE notes are down for one look"
                }
                1 => {
                    state.libraries.get_mut(place)?.too_fast_next = true;
                    "One call to the gateway is one too many"
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
    use super::super::World;
    use crate::model::moment::Moment;

    fn world() -> World {
        World::new(7, "2026-11-25T12:00:00Z".parse::<Moment>().unwrap())
    }

    #[test]
    fn something_happens_at_every_step_and_never_the_same_twice_in_a_row() {
        let world = world();
        let mut last = String::new();
        for step in 0..2000 {
            let said = world.advance();
            assert_ne!(said, "Nothing happened.", "step {step}");
            assert_ne!(said, last, "step {step}");
            last = said;
        }
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let (one, other) = (world(), world());
        for _ in 0..100 {
            assert_eq!(one.advance(), other.advance());
        }
    }

    #[test]
    fn the_world_stays_small_and_its_pages_never_lose_an_item() {
        let world = world();
        let mut sizes = vec![0; 4];
        for _ in 0..5000 {
            world.advance();
            let state = world.state();
            for (page, before) in state.pages.iter().zip(&mut sizes) {
                assert!(page.notes.len() >= *before && page.notes.len() <= super::MOST_NOTES);
                *before = page.notes.len();
            }
            assert!(state.libraries.iter().all(|library| library.partners.len() < 130));
        }
    }
}
