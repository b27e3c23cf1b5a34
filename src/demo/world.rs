//! The state of the made-up Ex Libris.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{Datelike as _, NaiveDate};
use fastrand::Rng;

use super::libraries::{Kind, LIBRARIES, Library, Partner};
use super::notes::{Page, Product};
use super::requests::Request;
use super::script;
use crate::model::moment::Moment;

/// A made-up Ex Libris: libraries, partner lists, requests, configuration, Primo views, release notes. Share it between [`super::serve()`], which
/// answers from it, and whoever calls [`World::advance`].
#[derive(Debug)]
pub struct World(Mutex<State>);

/// What the world consists of.
#[derive(Debug)]
pub(super) struct State {
    pub(super) dice: Rng,
    pub(super) libraries: Vec<Library>,
    pub(super) pages: Vec<Page>,
    /// Those between all libraries.
    pub(super) requests: Vec<Request>,
    /// The number of the next request.
    pub(super) next_request: u64,
    /// When the world moved last.
    pub(super) now: Moment,
    /// How often the world has moved.
    pub(super) step: usize,
    /// The definition of the API was asked for at least once.
    pub(super) definitions_asked: bool,
    /// It tells of the Network Zone now.
    pub(super) zone_documented: bool,
    /// Calls answered so far; tracking ids are made of it.
    pub(super) calls: u64,
}

impl World {
    /// The world as it is before anything happens. The same `seed` gives the same world and the same happenings; `now`
    /// decides which year's notes are this year's.
    pub fn new(seed: u64, now: Moment) -> Self {
        let mut dice = Rng::with_seed(seed);
        let year = now.datetime().with_timezone(&super::settings::ZONE).year();
        let libraries: Vec<Library> = (0..LIBRARIES.len())
            .filter(|place| LIBRARIES[*place].3 != Kind::Other)
            .map(|place| Library::new(place, year, &mut dice))
            .collect();
        let requests = Request::all(now, &mut dice);
        Self(Mutex::new(State {
            dice,
            libraries,
            pages: Page::all(year),
            next_request: requests.len() as u64,
            requests,
            now,
            step: 0,
            definitions_asked: false,
            zone_documented: false,
            calls: 0,
        }))
    }

    /// Lets the next thing happen, at `now`, and says in a sentence what it was. There is always a next thing: after the script come
    /// endless small variations. Some are noise that no alert may come of (a maintenance page, a call too many).
    pub fn advance(&self, now: Moment) -> String {
        let mut state = self.state();
        state.now = now;
        script::advance(&mut state)
    }

    /// Whether everything in which something happens was asked for at least once: partner lists, requests, hours, jobs, code
    /// tables, views, pages of notes, the API's definition. Let nothing happen before: what a first poll finds is a baseline, and alerts nobody.
    pub fn everything_was_asked(&self) -> bool {
        let state = self.state();
        let libraries = state.libraries.iter().all(Library::everything_was_asked);
        libraries && state.definitions_asked && state.pages.iter().all(|page| page.asked)
    }

    /// Whatever happened to a thread that held it, the world goes on: nothing in it can be half-done.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The library of that code.
    pub(super) fn library(&mut self, code: &str) -> Option<&mut Library> {
        self.libraries.iter_mut().find(|library| library.code == code)
    }

    /// The day on which the world moved last, in its zone.
    pub(super) fn today(&self) -> NaiveDate {
        self.now.datetime().with_timezone(&super::settings::ZONE).date_naive()
    }

    /// The partner `partner` of the library `library`.
    pub(super) fn partner(&mut self, library: &str, partner: &str) -> Option<&mut Partner> {
        let library = self.library(library)?;
        library.partners.iter_mut().find(|each| each.code == partner)
    }

    /// This year's notes of a product.
    pub(super) fn newest_page(&mut self, product: Product) -> Option<&mut Page> {
        let pages = self.pages.iter_mut().filter(|page| page.product == product);
        pages.max_by_key(|page| page.year)
    }
}
