//! What a browser does not show: templates and messages that a page keeps for its scripts.

use super::root::select;
use scraper::{ElementRef, Html};
use std::collections::BTreeSet;

/// The ids of parts that something on the page opens: a folded part is text of the page, although it is not shown at first.
#[derive(Debug, Default)]
pub(super) struct Openable(BTreeSet<String>);

impl Openable {
    pub fn of(html: &Html) -> Self {
        let openers = select(html, "[aria-controls], [data-target], [data-bs-target], a[href^='#']");
        let names = openers.iter().flat_map(|opener| {
            ["aria-controls", "data-target", "data-bs-target", "href"]
                .into_iter()
                .filter_map(|name| opener.attr(name))
                .flat_map(str::split_whitespace)
                .map(|id| id.trim_start_matches('#').to_owned())
        });
        Openable(names.collect())
    }

    /// Whether the element itself is never shown; what is inside a hidden element is hidden with it.
    pub fn hides(&self, element: ElementRef<'_>) -> bool {
        let style = element
            .attr("style")
            .unwrap_or_default()
            .to_ascii_lowercase()
            .replace(char::is_whitespace, "");
        let declared = style
            .split(';')
            .any(|rule| rule.starts_with("display:none") || rule.starts_with("visibility:hidden"));
        (declared || element.attr("hidden").is_some()) && !element.attr("id").is_some_and(|id| self.0.contains(id))
    }
}
