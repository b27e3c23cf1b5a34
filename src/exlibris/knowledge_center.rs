//! Pages of Ex Libris' documentation, on two hosts with different markup, read into a plain page model.
//!
//! The live markup of neither host is known for certain (RELEASE_NOTES.md §4), so pages are read by structure first:
//! section headings, item heading, meta line, body. Class names only help to find where the article begins and what is
//! furniture around it. A page that yields no item is never an empty list of items: it is [`Implausible`].

mod addresses;
mod api;
mod areas;
mod blocks;
mod hidden;
mod ids;
mod items;
mod levels;
mod loose;
mod outline;
mod root;
mod sections;
#[cfg(test)]
mod tests;
mod text;
mod tidy;
pub(crate) mod wording;

use serde::{Deserialize, Serialize};
use url::Url;

pub use addresses::canonical;
pub use api::fetch_notes;

use crate::config::ReleaseNotesParser;

/// Reads a page of release notes: an annual page of either host, or an old page of one area.
///
/// `body` is the page as HTML, or the JSON that MindTouch's API gives for `/contents`; `url` is the page's own address
/// (links are resolved against it; on old pages it tells area and month where the title does not).
///
/// # Errors
/// [`Implausible`] where it is a login, maintenance or error page, where its container is empty, and where it holds no item.
pub fn read_page(body: &str, url: &Url, parser: ReleaseNotesParser) -> Result<NotesPage, Implausible> {
    if let Some(contents) = api::contents(body)? {
        return read_html(&contents.html, url, ReleaseNotesParser::MindtouchApi, contents.title);
    }
    // The API may refuse; then the page of the same host is what there is.
    let parser = match parser {
        ReleaseNotesParser::MindtouchApi => ReleaseNotesParser::Mindtouch,
        other => other,
    };
    read_html(body, url, parser, None)
}

fn read_html(
    body: &str,
    url: &Url,
    parser: ReleaseNotesParser,
    api_title: Option<String>,
) -> Result<NotesPage, Implausible> {
    let html = scraper::Html::parse_document(body);
    // The API gives the inside of the container, so there is none to look for.
    let wanted = if parser == ReleaseNotesParser::MindtouchApi {
        ReleaseNotesParser::Static
    } else {
        parser
    };
    let hidden = hidden::Openable::of(&html);
    let article = root::article(&html, url, wanted, &hidden)?;
    let title = api_title
        .filter(|title| !title.is_empty())
        .unwrap_or_else(|| article.title.clone());
    let blocks = blocks::blocks_of(article.root, url, &hidden).map_err(Implausible)?;
    let outline = outline::Outline::of(blocks, &title, url);
    let (items, unplaced) = items::read(&outline);
    if items.is_empty() {
        return Err(Implausible(root::why_empty(&html)));
    }
    let parser = if parser == ReleaseNotesParser::MindtouchApi {
        parser
    } else {
        article.parser
    };
    Ok(NotesPage {
        parser,
        title,
        items,
        unplaced,
    })
}

/// The addresses of area pages that an old index page links to (RELEASE_NOTES.md §2: they must be discovered, never
/// built); `most` bounds them.
pub fn area_pages(body: &str, index: &Url, most: usize) -> Vec<Url> {
    match api::contents(body) {
        Ok(Some(contents)) => root::area_links(&scraper::Html::parse_document(&contents.html), index, most),
        _ => root::area_links(&scraper::Html::parse_document(body), index, most),
    }
}

/// A page of release notes.
#[derive(Clone, Debug, PartialEq)]
pub struct NotesPage {
    /// Whose markup it was.
    pub parser: ReleaseNotesParser,
    /// The page's title.
    pub title: String,
    /// Its items, in the order of the page; never empty.
    pub items: Vec<Item>,
    /// Texts that belong to no item, shortened: introductions, or what the parser does not understand.
    pub unplaced: Vec<String>,
}

impl NotesPage {
    /// How many items of each section there are, in the order of [`Section::ALL`].
    pub fn by_section(&self) -> Vec<(Section, usize)> {
        Section::ALL
            .into_iter()
            .map(|section| {
                (
                    section,
                    self.items.iter().filter(|item| item.section == section).count(),
                )
            })
            .collect()
    }
}

/// One item of release notes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// Its heading; for a bullet or a table row its bold lead or its first sentence.
    pub heading: String,
    /// The section it stands in.
    pub section: Section,
    /// `2026-11`, where the page says it.
    pub release: Option<String>,
    /// `Fulfillment - Resource Sharing`, where the page says it.
    pub area: Option<String>,
    /// `URM-174636`, sorted.
    pub urm_ids: Vec<String>,
    /// Numbers of support cases (`SF: 01234567`), sorted, digits only.
    pub case_ids: Vec<String>,
    /// Ids of NERS requests, sorted, digits only.
    pub ners_ids: Vec<String>,
    /// `Idea Exchange`, `NERS`; sorted.
    pub tags: Vec<String>,
    /// Clean text: a line a paragraph, lists with `- `, links as `text (URL)`.
    pub body: String,
    /// The links of the body, in its order.
    pub links: Vec<Link>,
}

/// A link in a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its words.
    pub text: String,
    /// Where it leads, without volatile parameters.
    pub url: String,
}

/// The sections of release notes (RELEASE_NOTES.md §3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// "Main Features"; on old pages every item with a heading of its own.
    MainFeature,
    /// "Additional Enhancements".
    AdditionalEnhancement,
    /// "Resolved Issues".
    ResolvedIssue,
    /// "Issues to Note".
    IssueToNote,
}

impl Section {
    /// All of them.
    pub const ALL: [Section; 4] = [
        Section::MainFeature,
        Section::AdditionalEnhancement,
        Section::ResolvedIssue,
        Section::IssueToNote,
    ];

    /// The name used in records.
    pub const fn name(self) -> &'static str {
        match self {
            Section::MainFeature => "main-feature",
            Section::AdditionalEnhancement => "additional-enhancement",
            Section::ResolvedIssue => "resolved-issue",
            Section::IssueToNote => "issue-to-note",
        }
    }
}

/// The page is not what it should be; the text says why, for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Implausible(pub String);
