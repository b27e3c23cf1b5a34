//! Saved reports of Alma Analytics, read page by page (ALMA.md §6): the only view of all borrowing requests.
//!
//! A report is computed while we ask: an unfinished page without rows means "ask again". Its end is said in one of four
//! ways: `IsFinished`, no rows, no token, or the error that there are no more rows. What is not known to be whole is said
//! to be a part.

pub mod page;

use std::time::Duration;

use super::alma::{code, gateway};
use super::error::{CallError, Problem};
use super::error_body::NO_MORE_ROWS;
use super::http::Session;
use crate::config::report_columns::WantedColumn;
use crate::model::moment::Moment;
use page::{Columns, Page, PageTrouble, Row};

/// Rows asked for at once: the most that Analytics gives (ALMA.md §6).
pub const ROWS_PER_PAGE_MAX: u32 = 1_000;
/// The fewest that Analytics lets us ask for.
pub const ROWS_PER_PAGE_MIN: u32 = 25;
/// Pages read at most: a hundred thousand requests, several years of a large library. More is a report without a filter,
/// which costs the library's calls for nothing.
pub const PAGES_MAX: u32 = 100;
/// How often a report that is still being computed is asked for again …
pub const STILL_RUNNING_ASKED_MAX: u32 = 12;
/// … and for how long: well below what a whole poll may take.
pub const STILL_RUNNING_FOR_MAX: Duration = Duration::from_mins(4);
/// The first wait for it; each is twice the one before …
const WAIT_FIRST: Duration = Duration::from_secs(5);
/// … up to this one.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How the reading of a report ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportRead {
    /// Why it may not be whole; `None` where it was read to its end.
    pub shortfall: Option<String>,
    /// Wanted columns that it does not have and can be read without.
    pub without: Vec<&'static str>,
    /// Rows read.
    pub rows: u64,
}

/// What a first look at a report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstLook {
    /// Its columns are those wanted, but for these, without which it can be read.
    Fits {
        /// Names of the fields it does not have.
        without: Vec<&'static str>,
        /// Whether there was a row.
        has_rows: bool,
    },
    /// It is still being computed and names no columns yet.
    StillRunning,
    /// It is there, and names neither columns nor rows.
    Empty,
}

/// Reads a report to its end; `take` gets each row as its wanted columns, in the order of `wanted`, and nothing else of it.
///
/// # Errors
/// [`CallError`] where not even the first page could be read; [`Problem::Unfit`] where the report is not there, is not
/// ready in time, or has other columns than those wanted. What fails later leaves what was read, with a shortfall.
pub async fn read_report(
    session: &Session,
    path: &str,
    wanted: &[WantedColumn],
    take: &mut (dyn FnMut(Row) + Send),
) -> Result<ReportRead, CallError> {
    let mut paging = Paging::new(session.now());
    loop {
        let attempted = format!(
            "reading page {} of the Analytics report {} of {}",
            paging.pages + 1,
            shown(path),
            code(session)
        );
        let page = ask(session, path, paging.token.as_deref(), ROWS_PER_PAGE_MAX, &attempted).await;
        let page = page.and_then(|xml| read(&xml, wanted, paging.columns.as_ref(), path, &attempted));
        let mut page = match page {
            Ok(page) => page,
            Err(error) if paging.pages > 0 && error.error_code.as_deref() == Some(NO_MORE_ROWS) => break,
            Err(error) if paging.pages == 0 => return Err(error),
            Err(error) => {
                paging.shortfall = Some(error.to_string());
                break;
            }
        };
        let rows = std::mem::take(&mut page.rows);
        let count = rows.len();
        let next = paging.take(page, count);
        if !matches!(next, Next::Repeated) {
            paging.rows += count as u64;
            rows.into_iter().for_each(&mut *take);
        }
        match next {
            Next::Done => break,
            Next::Page if paging.pages >= PAGES_MAX => {
                paging.shortfall = Some(format!("the report goes on after {PAGES_MAX} pages; narrow its filter"));
                break;
            }
            Next::Page => {}
            Next::Repeated => {
                paging.shortfall = Some(format!(
                    "page {} came again where the next one was asked for",
                    paging.pages
                ));
                break;
            }
            Next::Lost => {
                paging.shortfall = Some("the report goes on, but names no token for its next page".to_owned());
                break;
            }
            Next::StillRunning => match paging.next_wait(session.now()) {
                Some(wait) => session.wait(wait).await,
                None if paging.pages == 0 => {
                    return Err(CallError::ours(
                        &attempted,
                        Problem::Unfit(still_running(&paging, session)),
                    ));
                }
                None => {
                    paging.shortfall = Some(still_running(&paging, session));
                    break;
                }
            },
        }
    }
    Ok(ReportRead {
        shortfall: paging.shortfall,
        without: paging.columns.map(|columns| columns.without).unwrap_or_default(),
        rows: paging.rows,
    })
}

/// Asks for the fewest rows there can be, once: whether the report is there, may be read, and has the wanted columns.
///
/// # Errors
/// As [`read_report`].
pub async fn first_look(session: &Session, path: &str, wanted: &[WantedColumn]) -> Result<FirstLook, CallError> {
    let attempted = format!("looking at the Analytics report {} of {}", shown(path), code(session));
    let xml = ask(session, path, None, ROWS_PER_PAGE_MIN, &attempted).await?;
    let page = read(&xml, wanted, None, path, &attempted)?;
    Ok(match page.columns {
        Some(columns) => FirstLook::Fits {
            without: columns.without,
            has_rows: !page.rows.is_empty(),
        },
        None if page.finished == Some(false) => FirstLook::StillRunning,
        None => FirstLook::Empty,
    })
}

async fn ask(
    session: &Session,
    path: &str,
    token: Option<&str>,
    limit: u32,
    attempted: &str,
) -> Result<String, CallError> {
    let base = gateway(session, attempted)?;
    let limit = limit.to_string();
    let which = token.map_or(("path", path), |token| ("token", token));
    let query = [which, ("limit", &limit), ("col_names", "true")];
    let segments = ["almaws", "v1", "analytics", "reports"];
    session
        .get_report(base, &segments, &query, attempted)
        .await
        .map_err(|error| match error.problem {
            Problem::NotFound => CallError {
                problem: Problem::Unfit(format!(
                    "there is no such report; look at the path {} and write it as Analytics shows it: it begins with \
                     /shared/ and is not in the community folder",
                    shown(path)
                )),
                ..error
            },
            _ => error,
        })
}

fn read(
    xml: &str,
    wanted: &[WantedColumn],
    known: Option<&Columns>,
    path: &str,
    attempted: &str,
) -> Result<Page, CallError> {
    page::read(xml, wanted, known).map_err(|trouble| {
        let problem = match trouble {
            PageTrouble::NoReport(why) => Problem::Implausible(why.to_owned()),
            PageTrouble::OtherColumns(what) => Problem::Unfit(format!("the report {} {what}", shown(path))),
        };
        CallError::ours(attempted, problem)
    })
}

fn still_running(paging: &Paging, session: &Session) -> String {
    format!(
        "Analytics was still computing the report after {} s; it is asked for again at the next poll, and one that always \
         takes so long needs a narrower filter",
        session.now().since(paging.began).as_secs()
    )
}

/// The path of a report as messages repeat it.
fn shown(path: &str) -> String {
    let clean: String = path.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("“{clean}”")
}

/// Where the reading of a report stands. Pure.
#[derive(Debug)]
struct Paging {
    token: Option<String>,
    columns: Option<Columns>,
    /// Pages with rows, or finished ones, so far.
    pages: u32,
    rows: u64,
    waits: u32,
    began: Moment,
    last: Option<blake3::Hash>,
    shortfall: Option<String>,
}

/// What a page means for what is to be asked next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// That was the last page.
    Done,
    /// There is another one.
    Page,
    /// The report is not computed yet.
    StillRunning,
    /// The same rows came again.
    Repeated,
    /// There is another one, and no way to it.
    Lost,
}

impl Paging {
    fn new(began: Moment) -> Self {
        Self {
            token: None,
            columns: None,
            pages: 0,
            rows: 0,
            waits: 0,
            began,
            last: None,
            shortfall: None,
        }
    }

    /// Takes a page with so many rows.
    fn take(&mut self, page: Page, rows: usize) -> Next {
        let named_token = page.token.is_some();
        // The token may stand on the first page only, or on all.
        self.token = page.token.or(self.token.take());
        self.columns = self.columns.take().or(page.columns);
        if rows == 0 && page.finished == Some(false) {
            return Next::StillRunning;
        }
        if rows > 0 && self.last == Some(page.fingerprint) {
            return Next::Repeated;
        }
        self.last = Some(page.fingerprint);
        self.pages += 1;
        match page.finished {
            Some(true) => Next::Done,
            Some(false) if self.token.is_none() => Next::Lost,
            Some(false) => Next::Page,
            // Nothing says whether that was all: it was, where there is nowhere to go on to or nothing came any more. A full
            // page may be followed by another: under the first page's token, or, without any, out of reach.
            None if self.token.is_none() && rows >= ROWS_PER_PAGE_MAX as usize => Next::Lost,
            None if rows == 0 || self.token.is_none() => Next::Done,
            None if !named_token && rows < ROWS_PER_PAGE_MAX as usize => Next::Done,
            None => Next::Page,
        }
    }

    /// How long to wait before asking again; `None` where that has been done long enough.
    fn next_wait(&mut self, now: Moment) -> Option<Duration> {
        let wait = WAIT_FIRST
            .saturating_mul(2_u32.saturating_pow(self.waits))
            .min(WAIT_MAX);
        if self.waits >= STILL_RUNNING_ASKED_MAX || now.since(self.began) + wait > STILL_RUNNING_FOR_MAX {
            return None;
        }
        self.waits += 1;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(token: Option<&str>, finished: Option<bool>, content: &str) -> Page {
        Page {
            token: token.map(str::to_owned),
            finished,
            columns: None,
            rows: Vec::new(),
            fingerprint: blake3::hash(content.as_bytes()),
        }
    }

    fn paging() -> Paging {
        Paging::new(Moment::from_millis(0))
    }

    #[test]
    fn the_end_is_told_in_four_ways() {
        let mut it = paging();
        assert_eq!(it.take(page(Some("t"), Some(false), "a"), 1000), Next::Page);
        assert_eq!(
            it.take(page(Some("t"), Some(true), "b"), 3),
            Next::Done,
            "the last page repeats the token"
        );

        let mut it = paging();
        assert_eq!(it.take(page(Some("t"), None, "a"), 1000), Next::Page);
        assert_eq!(
            it.take(page(None, None, "b"), 1000),
            Next::Page,
            "a full page may go on"
        );
        assert_eq!(it.take(page(None, None, "c"), 999), Next::Done);

        let mut it = paging();
        assert_eq!(it.take(page(None, None, "a"), 999), Next::Done, "no token at all");
        let mut it = paging();
        assert_eq!(
            it.take(page(None, None, "a"), 1000),
            Next::Lost,
            "a full page may go on"
        );
        let mut it = paging();
        assert_eq!(it.take(page(Some("t"), None, "a"), 5), Next::Page);
        assert_eq!(it.take(page(Some("t"), None, "b"), 0), Next::Done, "no rows");
    }

    #[test]
    fn an_unfinished_page_without_rows_is_asked_for_again_anywhere() {
        let mut it = paging();
        assert_eq!(it.take(page(None, Some(false), ""), 0), Next::StillRunning);
        assert_eq!(it.take(page(Some("t"), Some(false), ""), 0), Next::StillRunning);
        assert_eq!((it.token.as_deref(), it.pages), (Some("t"), 0));
        assert_eq!(it.take(page(None, Some(false), "a"), 10), Next::Page);
        assert_eq!(it.take(page(None, Some(false), ""), 0), Next::StillRunning);
        assert_eq!(it.take(page(None, Some(true), "b"), 1), Next::Done);
    }

    #[test]
    fn a_page_that_comes_again_and_a_way_that_is_lost_are_seen() {
        let mut it = paging();
        assert_eq!(it.take(page(Some("t"), Some(false), "a"), 10), Next::Page);
        assert_eq!(it.take(page(Some("t"), Some(false), "a"), 10), Next::Repeated);
        assert_eq!(paging().take(page(None, Some(false), "a"), 10), Next::Lost);
    }

    #[test]
    fn waiting_has_an_end_by_count_and_by_time() {
        let mut it = paging();
        let mut now = it.began;
        let mut waits = Vec::new();
        while let Some(wait) = it.next_wait(now) {
            waits.push(wait.as_secs());
            now = now.plus(wait);
        }
        assert_eq!(waits[..4], [5, 10, 20, 30]);
        assert!(now.since(it.began) <= STILL_RUNNING_FOR_MAX && waits.len() <= STILL_RUNNING_ASKED_MAX as usize);
        let mut slow = paging();
        assert_eq!(slow.next_wait(slow.began.plus(STILL_RUNNING_FOR_MAX)), None);
    }
}
