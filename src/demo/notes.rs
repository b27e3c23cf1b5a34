//! Release-note pages in the two layouts that Ex Libris' hosts have (RELEASE_NOTES.md §2 to §4).

use std::fmt::Write as _;

use super::texts::{self, Text};

/// Whose notes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Product {
    /// On the MindTouch host.
    Alma,
    /// On the static host.
    PrimoVe,
}

/// One item of the notes.
#[derive(Clone, Debug)]
pub(super) struct Note {
    section: usize,
    /// Month of the release, 1 to 12.
    pub(super) month: u32,
    area: String,
    pub(super) heading: String,
    body: String,
    /// What was added to the body later.
    pub(super) afterthought: Option<&'static str>,
    id: String,
}

/// The notes of one product in one year.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) product: Product,
    pub(super) year: i32,
    pub(super) notes: Vec<Note>,
    next_id: u32,
    /// It was asked for at least once.
    pub(super) asked: bool,
    /// The next answer is a maintenance page.
    pub(super) maintenance_next: bool,
}

const SECTIONS: [&str; 4] = [
    "Main Features",
    "Additional Enhancements",
    "Resolved Issues",
    "Issues to Note",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Product {
    fn name(self) -> &'static str {
        match self {
            Product::Alma => "Alma",
            Product::PrimoVe => "Primo VE",
        }
    }
}

impl Page {
    /// The pages that exist in the year `this_year`: last year's and this year's of both products.
    pub(super) fn all(this_year: i32) -> Vec<Page> {
        [
            (Product::Alma, this_year - 1, texts::ALMA_LAST_YEAR, 210_000),
            (Product::Alma, this_year, texts::ALMA_THIS_YEAR, 310_000),
            (Product::PrimoVe, this_year - 1, texts::PRIMO_LAST_YEAR, 220_000),
            (Product::PrimoVe, this_year, texts::PRIMO_THIS_YEAR, 320_000),
        ]
        .into_iter()
        .map(|(product, year, texts, first_id)| {
            let mut page = Page {
                product,
                year,
                notes: Vec::new(),
                next_id: first_id,
                asked: false,
                maintenance_next: false,
            };
            for text in texts {
                page.add(text);
            }
            page
        })
        .collect()
    }

    /// Adds an item.
    pub(super) fn add(&mut self, (section, month, area, heading, body): &Text) {
        self.add_note(*section, *month, area, (*heading).to_owned(), (*body).to_owned());
    }

    /// Adds an item with a text of its own.
    pub(super) fn add_note(&mut self, section: usize, month: u32, area: &str, heading: String, body: String) {
        self.next_id += 37;
        self.notes.push(Note {
            section,
            month,
            area: area.to_owned(),
            heading,
            body,
            afterthought: None,
            id: format!("URM-{}", self.next_id),
        });
    }

    /// The item of that heading.
    pub(super) fn note_mut(&mut self, heading: &str) -> Option<&mut Note> {
        self.notes.iter_mut().find(|note| note.heading == heading)
    }

    fn title(&self) -> String {
        format!("{} {} Release Notes", self.product.name(), self.year)
    }

    /// The page as a browser gets it.
    pub(super) fn html(&self) -> String {
        match self.product {
            Product::Alma => self.mindtouch(),
            Product::PrimoVe => self.fixed(),
        }
    }

    fn mindtouch(&self) -> String {
        let title = self.title();
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - Demo Knowledge Center</title>\n\
             <script id=\"mt-global-settings\" type=\"application/json\">{{\"pageId\":{id},\"apiToken\":\"demo\"}}</script></head>\n\
             <body class=\"elm-user-anonymous\"><a class=\"elm-nav-skip\" href=\"#elm-main-content\">Skip to main content</a>\n\
             <article id=\"elm-main-content\" class=\"elm-content-container\"><header>\n\
             <ol class=\"mt-breadcrumbs\"><li><a href=\"/Alma\">Alma</a></li><li><a href=\"/Alma/Release_Notes\">Release Notes</a></li></ol>\n\
             <h1 id=\"title\">{title}</h1><ol class=\"elm-meta-data\"><li>Last updated</li><li>Save as PDF</li><li>Subscribe by RSS</li></ol></header>\n\
             <section class=\"mt-content-container\">\n<p>Search for what you need</p>\n\
             <p>Showing results for: Main Features: | Additional Enhancements: | Resolved Issues:</p>\n",
            id = 40_000 + self.year,
        );
        for (section, notes) in self.sections() {
            let _ = writeln!(
                html,
                "<div class=\"mt-section\"><h2 class=\"editable\">{}</h2>",
                SECTIONS[section]
            );
            for note in notes {
                let _ = writeln!(
                    html,
                    "<div class=\"mt-section\"><h3 class=\"editable\">{}</h3>\n<p>{}</p>\n<p>{}</p></div>",
                    escaped(&note.heading),
                    escaped(&self.meta(note)),
                    escaped(&note.text()),
                );
            }
            html.push_str("</div>\n");
        }
        html.push_str(
            "</section><footer class=\"mt-content-footer\"><p>Was this article helpful?</p><h3>Recommended articles</h3>\
             <ul><li><a href=\"/Alma/Help\">Managing Partners</a></li></ul></footer></article></body></html>\n",
        );
        html
    }

    fn fixed(&self) -> String {
        let title = self.title();
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        );
        for (section, notes) in self.sections() {
            let _ = writeln!(html, "<section>\n<h2>{}</h2>", SECTIONS[section]);
            for note in notes {
                let _ = writeln!(
                    html,
                    "<article>\n<h3>{}</h3>\n<div class=\"meta\">{}</div>\n<p>{}</p>\n</article>",
                    escaped(&note.heading),
                    escaped(&self.meta(note)),
                    escaped(&note.text()),
                );
            }
            html.push_str("</section>\n");
        }
        html.push_str("</main>\n<footer><p>A made-up page of a made-up host.</p></footer>\n</body>\n</html>\n");
        html
    }

    /// The sections that have items, what to beware of first; newest release first within each.
    fn sections(&self) -> Vec<(usize, Vec<&Note>)> {
        [3, 0, 1, 2]
            .into_iter()
            .map(|section| {
                let mut notes: Vec<&Note> = self.notes.iter().filter(|note| note.section == section).collect();
                notes.sort_by_key(|note| std::cmp::Reverse(note.month));
                (section, notes)
            })
            .filter(|(_, notes)| !notes.is_empty())
            .collect()
    }

    fn meta(&self, note: &Note) -> String {
        let month = MONTHS[(note.month as usize + 11) % 12];
        format!("{month} {} {} {}", self.year, note.area, note.id)
    }
}

impl Note {
    fn text(&self) -> String {
        match self.afterthought {
            Some(sentence) => format!("{} {sentence}", self.body),
            None => self.body.clone(),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_products_have_two_years_and_each_host_its_markup() {
        let pages = Page::all(2026);
        let years: Vec<(Product, i32)> = pages.iter().map(|page| (page.product, page.year)).collect();
        assert_eq!(
            years,
            [
                (Product::Alma, 2025),
                (Product::Alma, 2026),
                (Product::PrimoVe, 2025),
                (Product::PrimoVe, 2026)
            ]
        );
        for page in pages {
            let html = page.html();
            assert_eq!(html.contains("mt-content-container"), page.product == Product::Alma);
            assert_eq!(
                html.matches("<h3").count(),
                page.notes.len() + usize::from(page.product == Product::Alma)
            );
            for note in &page.notes {
                assert!(html.contains(&escaped(&note.heading)) && html.contains(&note.id));
            }
        }
    }
}
