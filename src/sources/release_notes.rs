//! Release notes: pages of Ex Libris' knowledge centre, one record an item.
//!
//! Kept of an item is only what `record::body` names. Items get their identity in `compare::matching`; a page is a
//! partition, named by its path, so that the watch survives a change of host.

mod record;

use std::collections::BTreeSet;

use chrono::Datelike;
use url::Url;

use super::Ask;
use crate::config::{ExLibrisSettings, ReleaseNotesLayout, ReleaseNotesParser, ReleaseNotesSettings};
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::knowledge_center::{self, NotesPage, Section};
use crate::model::observation::{Draft, Identity, Observation, PartitionRead};

/// Of the allow-list and normaliser in this file.
pub const SHAPE_VERSION: u32 = 1;

/// Pages that one watch asks for in one poll, index pages included: three years of a product have three, an old month
/// has about ten.
const MAX_PAGES: usize = 60;
/// Area pages that one index page may lead to.
const MAX_AREA_PAGES: usize = 40;
/// Texts without a place that are remarked on for each page; `almanac check` shows more.
const MAX_REMARKS_A_PAGE: usize = 5;

/// Asks once: every configured page, one after the other.
///
/// # Errors
/// [`CallError`] where no page could be read: then nothing was learned. Single pages that fail or do not exist are told
/// in the coverage.
pub async fn observe(ask: &Ask<'_>, settings: &ReleaseNotesSettings) -> Result<Observation, CallError> {
    gather(read_pages(ask, settings).await, &settings.product)
}

/// What `almanac check` says about one page.
#[derive(Clone, Debug, PartialEq)]
pub struct PageReport {
    /// Its address.
    pub address: String,
    /// What was found there.
    pub outcome: PageOutcome,
}

/// How a page reads.
#[derive(Clone, Debug, PartialEq)]
pub enum PageOutcome {
    /// It was read.
    Read {
        /// By this parser.
        parser: ReleaseNotesParser,
        /// With so many items of each section.
        by_section: Vec<(Section, usize)>,
        /// And without a place for these texts (shortened).
        unplaced: Vec<String>,
    },
    /// It does not exist; normal for next year's page.
    Absent,
    /// It is an index page that leads to so many pages of areas, each of which has its own report.
    Index(usize),
    /// It could not be read, for this reason.
    Failed(String),
}

/// Reads every page of the watch and tells how each of them reads; stores nothing.
pub async fn inspect(ask: &Ask<'_>, settings: &ReleaseNotesSettings) -> Vec<PageReport> {
    let reports = read_pages(ask, settings).await;
    reports
        .into_iter()
        .map(|read| PageReport {
            address: read.address,
            outcome: match read.outcome {
                Outcome::Notes(page) => PageOutcome::Read {
                    parser: page.parser,
                    by_section: page.by_section(),
                    unplaced: page.unplaced,
                },
                Outcome::Index(count) => PageOutcome::Index(count),
                Outcome::Absent => PageOutcome::Absent,
                Outcome::Failed(error) => PageOutcome::Failed(error.to_string()),
            },
        })
        .collect()
}

/// A page that was asked for.
struct PageRead {
    /// Its path, decoded, or the whole address where the path is taken.
    partition: String,
    address: String,
    url: Option<Url>,
    outcome: Outcome,
}

enum Outcome {
    Notes(NotesPage),
    Index(usize),
    Absent,
    Failed(CallError),
}

/// A page to be asked for.
#[derive(Clone)]
struct Wanted {
    url: Url,
    year: Option<i32>,
}

async fn read_pages(ask: &Ask<'_>, settings: &ReleaseNotesSettings) -> Vec<PageRead> {
    let this_year = ask.now.datetime().with_timezone(&ask.zone).year();
    let mut reads: Vec<PageRead> = Vec::new();
    let mut wanted: Vec<Wanted> = Vec::new();
    for (address, found) in addresses(&settings.pages, ask.session.settings(), this_year) {
        match found {
            Ok(page) => wanted.push(page),
            Err(reason) => reads.push(PageRead {
                partition: address.clone(),
                outcome: Outcome::Failed(implausible(&address, reason)),
                address,
                url: None,
            }),
        }
    }
    let all: Vec<Url> = wanted
        .iter()
        .map(|page| knowledge_center::canonical(&page.url))
        .collect();
    let mut asked: BTreeSet<Url> = BTreeSet::new();
    for (place, page) in wanted.into_iter().enumerate() {
        if place >= MAX_PAGES {
            let reason = format!("one watch asks for {MAX_PAGES} pages at most; make two watches of it");
            let error = implausible(page.url.path(), reason);
            reads.push(PageRead::of(&page.url, Outcome::Failed(error)));
            continue;
        }
        if !asked.insert(knowledge_center::canonical(&page.url)) {
            continue;
        }
        match settings.layout {
            ReleaseNotesLayout::Annual => reads.push(read_one(ask, settings.parser, &page, &all).await),
            ReleaseNotesLayout::PerArea => {
                let (index, areas) = read_index(ask, &page).await;
                reads.push(index);
                for url in areas {
                    if asked.len() < MAX_PAGES && asked.insert(url.clone()) {
                        reads.push(read_one(ask, settings.parser, &Wanted { url, year: None }, &[]).await);
                    }
                }
            }
        }
    }
    name_partitions(&mut reads);
    reads
}

async fn read_one(ask: &Ask<'_>, parser: ReleaseNotesParser, page: &Wanted, others: &[Url]) -> PageRead {
    let outcome = match knowledge_center::fetch_notes(ask.session, &page.url, parser).await {
        Err(error) if error.problem == Problem::NotFound => Outcome::Absent,
        Err(error) => Outcome::Failed(error),
        Ok(answer) => {
            let (asked, came) = (
                knowledge_center::canonical(&page.url),
                knowledge_center::canonical(&answer.url),
            );
            // Asked for next year's page, the site may lead to this year's, which is read anyway.
            if came != asked && others.contains(&came) {
                Outcome::Absent
            } else {
                match knowledge_center::read_page(&answer.body, &answer.url, parser) {
                    Ok(notes) => match other_year(&notes.title, page.year) {
                        Some(other) => Outcome::Failed(implausible(
                            page.url.path(),
                            format!("the page is that of {other} (“{}”)", notes.title),
                        )),
                        None => Outcome::Notes(notes),
                    },
                    Err(reason) => Outcome::Failed(implausible(page.url.path(), reason.to_string())),
                }
            }
        }
    };
    PageRead::of(&page.url, outcome)
}

async fn read_index(ask: &Ask<'_>, page: &Wanted) -> (PageRead, Vec<Url>) {
    let attempted = format!("reading the index {}", page.url.path());
    match ask.session.get_page(&page.url, &attempted).await {
        Err(error) if error.problem == Problem::NotFound => (PageRead::of(&page.url, Outcome::Absent), Vec::new()),
        Err(error) => (PageRead::of(&page.url, Outcome::Failed(error)), Vec::new()),
        Ok(answer) => {
            let areas = knowledge_center::area_pages(&answer.body, &answer.url, MAX_AREA_PAGES);
            let outcome = match areas.len() {
                0 => Outcome::Failed(implausible(
                    page.url.path(),
                    "the index page leads to no page of enhancements".to_owned(),
                )),
                count => Outcome::Index(count),
            };
            (PageRead::of(&page.url, outcome), areas)
        }
    }
}

impl PageRead {
    fn of(url: &Url, outcome: Outcome) -> Self {
        let clean = knowledge_center::canonical(url);
        PageRead {
            partition: clean.path().to_owned(),
            address: clean.as_str().to_owned(),
            url: Some(clean),
            outcome,
        }
    }
}

/// The configured addresses, one a year where they say `{year}`.
fn addresses(pages: &[String], hosts: &ExLibrisSettings, this_year: i32) -> Vec<(String, Result<Wanted, String>)> {
    let host = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    pages
        .iter()
        .flat_map(|page| {
            let page = page
                .replace("{knowledge_center}", &host(&hosts.knowledge_center))
                .replace("{static_docs}", &host(&hosts.static_docs));
            if page.contains("{year}") {
                [this_year - 1, this_year, this_year + 1]
                    .map(|year| (page.replace("{year}", &year.to_string()), Some(year)))
                    .to_vec()
            } else {
                vec![(page, None)]
            }
        })
        .map(|(address, year)| {
            let found = Url::parse(&address)
                .map(|url| Wanted { url, year })
                .map_err(|_| "the configured address is no absolute address".to_owned());
            (address, found)
        })
        .collect()
}

/// The year that a title names, where that is not the year asked for.
fn other_year(title: &str, asked: Option<i32>) -> Option<i32> {
    let asked = asked?;
    let years: Vec<i32> = title
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 4 && digits.starts_with("20"))
        .filter_map(|digits| digits.parse().ok())
        .collect();
    if years.contains(&asked) {
        None
    } else {
        years.first().copied()
    }
}

/// Two pages with one path on two hosts are told apart by their whole address.
fn name_partitions(reads: &mut [PageRead]) {
    let mut seen = BTreeSet::new();
    for read in reads {
        if !seen.insert(read.partition.clone()) {
            read.partition = read.address.clone();
            seen.insert(read.partition.clone());
        }
    }
}

fn gather(reads: Vec<PageRead>, product: &str) -> Result<Observation, CallError> {
    let mut observation = Observation::default();
    let mut first_error: Option<CallError> = None;
    for read in reads {
        let state = match read.outcome {
            Outcome::Notes(page) => {
                if let Some(url) = &read.url {
                    observation
                        .drafts
                        .extend(drafts_of(&page, url, &read.partition, product));
                }
                let unplaced = page.unplaced.iter().take(MAX_REMARKS_A_PAGE);
                observation
                    .remarks
                    .extend(unplaced.map(|text| format!("{}: not placed: {}", read.partition, text)));
                PartitionRead::Complete
            }
            // An index holds no items of its own; read wholly it only says that its pages are all asked for.
            Outcome::Index(_) => PartitionRead::Complete,
            Outcome::Absent => PartitionRead::Absent,
            Outcome::Failed(error) => {
                // The coverage names the page already.
                let reason = error.problem.to_string();
                first_error.get_or_insert(error);
                PartitionRead::Failed { reason }
            }
        };
        observation.coverage.set(read.partition, state);
    }
    if !observation.drafts.is_empty() {
        return Ok(observation);
    }
    Err(first_error.unwrap_or_else(|| {
        implausible(
            product,
            "none of the configured pages exists; check their addresses with `almanac check`".to_owned(),
        )
    }))
}

/// The drafts of a page's items; `url` is the page's address, `partition` its name in the coverage.
pub fn drafts_of(page: &NotesPage, url: &Url, partition: &str, product: &str) -> Vec<Draft> {
    let draft = |item| Draft {
        partition: partition.to_owned(),
        identity: Identity::Matched {
            hint: record::hint(item),
        },
        body: record::body(item, product, url),
    };
    page.items.iter().map(draft).collect()
}

fn implausible(what: &str, reason: String) -> CallError {
    CallError {
        attempted: format!("reading release notes ({what})"),
        problem: Problem::Implausible(reason),
        error_code: None,
        tracking_id: None,
        status: None,
    }
}

#[cfg(test)]
mod tests;
