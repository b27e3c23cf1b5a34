//! Where the article is on a page, whose markup it is, and which pages are no article at all.

use super::blocks::heading_level;
use super::hidden::Openable;
use super::ids::find_urms;
use super::sections::section_name;
use super::wording::{bare_words, find_month_year, squeeze};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{Implausible, addresses};
use crate::config::ReleaseNotesParser;

/// The article of a page.
pub(super) struct Article<'a> {
    pub root: ElementRef<'a>,
    /// The markup that was recognised.
    pub parser: ReleaseNotesParser,
    /// The page's title: its first `h1`, else `<title>`.
    pub title: String,
}

/// Finds the article.
///
/// # Errors
/// [`Implausible`] where the page says itself that it is something else, or where its container is missing or empty.
pub(super) fn article<'a>(
    html: &'a Html,
    url: &Url,
    wanted: ReleaseNotesParser,
    openable: &Openable,
) -> Result<Article<'a>, Implausible> {
    let title = title(html, openable);
    if let Some(what) = is_something_else(html, url, &title) {
        return Err(Implausible(what));
    }
    let containers: Vec<ElementRef<'_>> = select(html, ".mt-content-container");
    let from_mindtouch = !containers.is_empty() || !select(html, "#mt-global-settings").is_empty();
    let (root, parser) = match wanted {
        ReleaseNotesParser::Mindtouch | ReleaseNotesParser::MindtouchApi => {
            (mindtouch_root(&containers)?, ReleaseNotesParser::Mindtouch)
        }
        ReleaseNotesParser::Auto if from_mindtouch && !containers.is_empty() => {
            (mindtouch_root(&containers)?, ReleaseNotesParser::Mindtouch)
        }
        ReleaseNotesParser::Auto | ReleaseNotesParser::Static => (static_root(html)?, ReleaseNotesParser::Static),
    };
    Ok(Article { root, parser, title })
}

fn mindtouch_root<'a>(containers: &[ElementRef<'a>]) -> Result<ElementRef<'a>, Implausible> {
    let Some(fullest) = containers.iter().max_by_key(|container| words(**container)) else {
        return Err(Implausible(
            "the page has no .mt-content-container; it may be a page of another host".to_owned(),
        ));
    };
    if words(*fullest) == 0 {
        return Err(Implausible("the page's content container is empty".to_owned()));
    }
    Ok(*fullest)
}

fn static_root<'a>(html: &'a Html) -> Result<ElementRef<'a>, Implausible> {
    let mut mains = select(html, "main, [role=main]");
    mains.sort_by_key(|main| std::cmp::Reverse(words(*main)));
    let root = match mains.first() {
        Some(main) => *main,
        None => {
            let body = select(html, "body")
                .into_iter()
                .next()
                .ok_or_else(|| Implausible("the page has no body".to_owned()))?;
            // One article that holds all that the body holds is the article; several are the items of a list.
            match select(html, "article").as_slice() {
                [only] if issue_ids(*only) == issue_ids(body) && words(*only) > 0 => *only,
                _ => body,
            }
        }
    };
    if words(root) == 0 {
        return Err(Implausible(
            "the page has no text; it may be filled by a script".to_owned(),
        ));
    }
    Ok(root)
}

/// What the page is, where it is no article, in words for an operator.
fn is_something_else(html: &Html, url: &Url, title: &str) -> Option<String> {
    let path = url.path().to_ascii_lowercase();
    if path.contains("special:search") || path.contains("special:userlogin") || path.contains("special%3a") {
        return Some("the site answered with a search or sign-in page".to_owned());
    }
    let head = select(html, "title")
        .first()
        .map(|title| text_of(*title))
        .unwrap_or_default();
    for name in [title, head.as_str()] {
        let bare = bare_words(name);
        if bare.contains("release notes") || bare.contains("enhancements") {
            continue;
        }
        let begins = |words: &[&str]| {
            words
                .iter()
                .any(|word| bare == *word || bare.starts_with(&format!("{word} ")))
        };
        let holds = |words: &[&str]| words.iter().any(|word| bare.contains(word));
        if begins(&[
            "page not found",
            "not found",
            "404",
            "error 404",
            "page missing",
            "this page does not exist",
        ]) || holds(&["page not found", "page cannot be found"])
        {
            return Some(format!("the page says that it does not exist (“{}”)", short(name)));
        }
        if begins(&["sign in", "log in", "login", "log on", "signin", "authentication"])
            || holds(&["sign in to", "log in to", "login page"])
        {
            return Some(format!("it is a login page (“{}”)", short(name)));
        }
        if holds(&[
            "maintenance",
            "temporarily unavailable",
            "service unavailable",
            "be right back",
            "down for",
        ]) {
            return Some(format!("it is a maintenance page (“{}”)", short(name)));
        }
        if holds(&[
            "access denied",
            "forbidden",
            "attention required",
            "just a moment",
            "are you a robot",
            "internal server error",
            "bad gateway",
        ]) {
            return Some(format!("it is an error page (“{}”)", short(name)));
        }
        if begins(&["search results", "search"]) {
            return Some(format!("it is a search page (“{}”)", short(name)));
        }
    }
    None
}

/// Why a page without a single item has none, as far as it shows.
pub(super) fn why_empty(html: &Html) -> String {
    if !select(html, "input[type=password]").is_empty() {
        return "it asks for a password and holds no item".to_owned();
    }
    if !select(html, "noscript").is_empty() && select(html, "h2, h3").is_empty() {
        return "it holds no item; it may be filled by a script".to_owned();
    }
    "it holds no release-note item".to_owned()
}

fn title(html: &Html, openable: &Openable) -> String {
    let hidden = |heading: &ElementRef<'_>| {
        let around = heading.ancestors().filter_map(ElementRef::wrap);
        openable.hides(*heading) || around.into_iter().any(|element| openable.hides(element))
    };
    let chosen = select(html, "h1")
        .into_iter()
        .filter(|heading| !hidden(heading))
        .map(text_of)
        .find(|text| !text.is_empty());
    chosen
        .or_else(|| select(html, "title").first().map(|title| text_of(*title)))
        .or_else(|| select(html, "h2, h3, h4").first().map(|heading| text_of(*heading)))
        .unwrap_or_default()
}

/// Whether an element is the site's furniture rather than the article's text.
pub(super) fn is_chrome_element(element: ElementRef<'_>) -> bool {
    let value = element.value();
    match value.name() {
        "script" | "style" | "noscript" | "template" | "svg" | "iframe" | "nav" | "footer" | "button" | "input"
        | "select" | "option" | "textarea" | "label" | "object" | "video" | "audio" | "canvas" | "head" | "dialog"
        | "link" | "meta" => return true,
        "aside" => {
            let noted = value.classes().any(|class| {
                ["note", "tip", "callout", "warning", "admonition", "important"]
                    .iter()
                    .any(|word| class.to_ascii_lowercase().contains(word))
            });
            return !noted;
        }
        "header" | "form" if !has_heading(element) => return true,
        _ => {}
    }
    if matches!(
        value.attr("role"),
        Some("navigation" | "search" | "complementary" | "contentinfo" | "dialog")
    ) {
        return true;
    }
    let unseen = [
        "sr-only",
        "visually-hidden",
        "screen-reader-text",
        "headerlink",
        "permalink",
        "anchor-link",
    ];
    if value.classes().any(|class| unseen.contains(&class)) {
        return true;
    }
    let mut names = value.classes().chain(value.id()).map(str::to_ascii_lowercase);
    let named = names.any(|name| is_chrome_name(&name) || (is_perhaps_chrome_name(&name) && !has_heading(element)));
    named && value.name() != "body" && value.name() != "html" && !holds_notes(element)
}

/// Names that only the furniture of a page has.
fn is_chrome_name(name: &str) -> bool {
    const BEGINNINGS: [&str; 40] = [
        "breadcrumb",
        "mt-breadcrumb",
        "elm-nav",
        "elm-footer",
        "elm-header",
        "elm-search",
        "toc",
        "mt-toc",
        "table-of-contents",
        "page-outline",
        "mt-page-outline",
        "outline",
        "skip-",
        "skiplink",
        "rss",
        "subscribe",
        "feedback",
        "mt-feedback",
        "helpful",
        "was-this",
        "recommended",
        "related-",
        "back-to-top",
        "backtotop",
        "search-box",
        "searchbox",
        "search-form",
        "cookie",
        "mt-content-footer",
        "pagination",
        "sidebar",
        "mt-sortable-listing",
        "mt-listing",
        "mt-subpage",
        "mt-related",
        "mt-tags",
        "mt-article-pagination",
        "mt-last-updated",
        "mt-guide",
        "mt-page-actions",
    ];
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || ["share", "social", "navbar", "nav", "related", "back"].contains(&name)
}

/// Names that an item's parts may have too: furniture only where no heading is inside.
fn is_perhaps_chrome_name(name: &str) -> bool {
    const NAMES: [&str; 18] = [
        "header",
        "footer",
        "site-header",
        "site-footer",
        "page-header",
        "page-footer",
        "masthead",
        "topbar",
        "top-bar",
        "menu",
        "main-menu",
        "search",
        "searchbar",
        "search-bar",
        "legal",
        "copyright",
        "skip",
        "language",
    ];
    NAMES.contains(&name)
}

/// A block with issue ids, months or section headings is no furniture, whatever its class says.
fn holds_notes(element: ElementRef<'_>) -> bool {
    let text = text_of(element);
    if !find_urms(&text).is_empty() {
        return true;
    }
    let has_section = element
        .descendent_elements()
        .any(|inner| heading_level(inner).is_some() && section_name(&text_of(inner)).is_some());
    let only_links = element.descendent_elements().any(|inner| inner.value().name() == "a");
    has_section || (!only_links && find_month_year(&text).is_some())
}

fn has_heading(element: ElementRef<'_>) -> bool {
    element
        .descendent_elements()
        .any(|inner| heading_level(inner).is_some())
}

/// The elements that a selector written in this folder picks.
pub(super) fn select<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(selector)
        .map(|selector| html.select(&selector).collect())
        .unwrap_or_default()
}

/// The text of an element on one line, without scripts and styles.
pub(super) fn text_of(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        let Some(words) = node.value().as_text() else { continue };
        let hidden = node
            .parent()
            .and_then(|parent| parent.value().as_element())
            .is_some_and(|parent| matches!(parent.name(), "script" | "style" | "noscript" | "template"));
        if !hidden {
            text.push_str(words);
            text.push(' ');
        }
    }
    squeeze(&text)
}

fn words(element: ElementRef<'_>) -> usize {
    text_of(element).split(' ').filter(|word| !word.is_empty()).count()
}

fn issue_ids(element: ElementRef<'_>) -> usize {
    find_urms(&text_of(element)).len()
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The addresses of the area pages that an index page links to: same host, same product, below the index page or named
/// as a page of enhancements; in the order of the page, without repeats.
pub(super) fn area_links(html: &Html, index: &Url, most: usize) -> Vec<Url> {
    let root = select(html, ".mt-content-container")
        .into_iter()
        .max_by_key(|container| words(*container));
    let root = root.or_else(|| static_root(html).ok());
    let Some(root) = root else { return Vec::new() };
    let home = addresses::canonical(index);
    let product = |url: &Url| {
        url.path()
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let month = find_month_year(&addresses::page_name(&home)).map(|(release, _)| release);
    let mut seen = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    for link in root
        .descendent_elements()
        .filter(|element| element.value().name() == "a")
    {
        let Some(target) = link.attr("href").and_then(|href| index.join(href.trim()).ok()) else {
            continue;
        };
        let clean = addresses::canonical(&target);
        if clean.origin() != home.origin() || product(&clean) != product(&home) || clean == home {
            continue;
        }
        let name = addresses::page_name(&clean);
        let names_area = bare_words(&name)
            .split(' ')
            .any(|word| matches!(word, "enhancements" | "enhancement"));
        let other_month = match (&month, find_month_year(&name)) {
            (Some(wanted), Some((found, _))) => *wanted != found,
            _ => false,
        };
        if names_area && !other_month && found.len() < most && seen.insert(clean.as_str().to_owned()) {
            found.push(clean);
        }
    }
    found
}
