//! The page of a year (or of one release): sections of items.

use super::chrome;
use super::content::{Draft, Month};
use super::dice::Dice;
use super::markup::{Pen, Style, month_name, slug};
use super::unheaded::{Form, forms};
use super::vocabulary as words;
use super::{ExpectedItem, Host, Layout};

/// How months and sections are nested.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Skeleton {
    /// Sections of items; the month stands in each meta line.
    Flat,
    /// Sections, months within them.
    MonthsInside,
    /// Months, sections within them.
    MonthsOutside,
    /// Each section is of one month, and its heading says so.
    MonthSections,
    /// The whole page is of one month, and its title says so.
    SingleMonth,
}

pub const KINDS: [&str; 4] = [
    "main-feature",
    "additional-enhancement",
    "resolved-issue",
    "issue-to-note",
];

pub struct Page<'a> {
    pub pen: Pen<'a>,
    skeleton: Skeleton,
    year: u32,
    product: &'static str,
    top: usize,
    step: usize,
    months: Vec<usize>,
    titles: [&'static str; 4],
    forms: [Form; 4],
    pub expected: Vec<ExpectedItem>,
    outline: Vec<(String, bool)>,
    shared_id: Option<String>,
}

pub fn page(dice: &mut Dice) -> Layout {
    use Skeleton::{Flat, MonthSections, MonthsInside, MonthsOutside, SingleMonth};
    let host = dice.pick(&[Host::MindTouch, Host::Static]);
    let product = dice.pick(&["Alma", "Alma", "Primo VE", "Rapido"]);
    let year = 2019 + dice.below(9) as u32;
    let skeleton = dice.pick(&[
        Flat,
        Flat,
        Flat,
        Flat,
        MonthsInside,
        MonthsInside,
        MonthsOutside,
        MonthsOutside,
        MonthSections,
        SingleMonth,
    ]);
    let months = months(dice, skeleton);
    let style = Style::draw(dice);
    let titles = titles(dice);
    let forms = forms(dice);
    let mut page = Page {
        top: if dice.chance(75) { 2 } else { 3 },
        step: if dice.chance(70) { 1 } else { 2 },
        pen: Pen {
            html: String::new(),
            dice,
            style,
        },
        skeleton,
        year,
        product,
        months,
        titles,
        forms,
        expected: Vec::new(),
        outline: Vec::new(),
        shared_id: None,
    };
    page.content();
    let title = page.title();
    let url = page.url(host);
    let Page {
        pen,
        expected,
        outline,
        titles,
        ..
    } = page;
    let Pen { html, dice, style } = pen;
    let surroundings = chrome::Surroundings {
        title,
        host,
        old: false,
        outline,
        section_titles: titles.to_vec(),
    };
    Layout {
        url,
        html: chrome::around(dice, style, &surroundings, &html),
        host,
        old: false,
        expected,
    }
}

fn months(dice: &mut Dice, skeleton: Skeleton) -> Vec<usize> {
    let mut months: Vec<usize> = match skeleton {
        Skeleton::SingleMonth => vec![dice.between(1, 12)],
        _ if dice.chance(60) => vec![11, 8, 5, 2],
        _ => (1..=12).rev().collect(),
    };
    if skeleton != Skeleton::SingleMonth {
        let keep = dice.between(1, 3).min(months.len());
        let from = dice.below(months.len() - keep + 1);
        months = months[from..from + keep].to_vec();
    }
    months
}

fn titles(dice: &mut Dice) -> [&'static str; 4] {
    let of = |dice: &mut Dice, usual: &'static str, others: &[&'static str]| {
        if dice.chance(70) { usual } else { dice.pick(others) }
    };
    [
        of(
            dice,
            "Main Features",
            &[
                "Main features",
                "MAIN FEATURES",
                "Main Features:",
                "New Features",
                "Main Features in This Release",
            ],
        ),
        of(
            dice,
            "Additional Enhancements",
            &[
                "Additional enhancements",
                "ADDITIONAL ENHANCEMENTS",
                "Additional Features and Enhancements",
                "Other Enhancements",
                "Additional Enhancements:",
            ],
        ),
        of(
            dice,
            "Resolved Issues",
            &[
                "Resolved issues",
                "RESOLVED ISSUES",
                "Issues Resolved",
                "Fixed Issues",
                "Resolved Issues in This Release",
            ],
        ),
        of(
            dice,
            "Issues to Note",
            &[
                "Issues to note",
                "Issues to Note:",
                "Issues To Note",
                "Known Issues",
                "Issues to Note in This Release",
            ],
        ),
    ]
}

impl Page<'_> {
    fn title(&self) -> String {
        match self.skeleton {
            Skeleton::SingleMonth => format!(
                "{} {} Release Notes",
                self.product,
                month_name((self.year, self.months[0]))
            ),
            _ => format!("{} {} Release Notes", self.product, self.year),
        }
    }

    fn url(&self, host: Host) -> String {
        let (year, product) = (self.year, slug(self.product));
        let leaf = match (self.skeleton, self.product) {
            (Skeleton::SingleMonth, _) => {
                format!("{product}_{}_Release_Notes", slug(&month_name((year, self.months[0]))))
            }
            (_, "Primo VE") => format!("010Primo_VE_{year}_Release_Notes"),
            _ => format!("{product}_{year}_Release_Notes"),
        };
        let folder = match self.product {
            "Primo VE" => "Primo/Release_Notes/002Primo_VE".to_owned(),
            product => format!("{product}/Release_Notes"),
        };
        match host {
            Host::MindTouch => format!("https://knowledge.exlibrisgroup.com/{folder}/{year}/{leaf}"),
            Host::Static => format!(
                "https://knowledge.ag-software.clarivate.com/{}/{year}/{leaf}.html",
                folder.replacen("Alma", "alma", 1).replacen("Primo/", "primo/", 1)
            ),
        }
    }

    fn content(&mut self) {
        let mut kinds: Vec<usize> = vec![0];
        for kind in 1..4 {
            if self.pen.dice.chance([0, 75, 80, 55][kind]) {
                kinds.push(kind);
            }
        }
        match self.pen.dice.below(10) {
            // The order of the captures: what to beware of comes first.
            0..=4 => {
                let note = usize::from(kinds.contains(&3));
                kinds.rotate_right(note);
            }
            5..=7 => {}
            _ => self.pen.dice.shuffle(&mut kinds),
        }
        if self.skeleton == Skeleton::MonthsOutside {
            for month in self.months.clone() {
                let month = (self.year, month);
                self.month_heading(self.top, month);
                for kind in kinds.clone() {
                    if kind == 0 || self.pen.dice.chance(65) {
                        self.section(kind, self.top + 1, Some(month));
                    }
                }
            }
            return;
        }
        for kind in kinds {
            match self.skeleton {
                Skeleton::MonthSections => {
                    for month in self.months.clone() {
                        self.section(kind, self.top, Some((self.year, month)));
                    }
                }
                Skeleton::SingleMonth => self.section(kind, self.top, Some((self.year, self.months[0]))),
                _ => self.section(kind, self.top, None),
            }
        }
    }

    fn month_heading(&mut self, level: usize, month: Month) {
        let name = month_name(month);
        let text = match self.pen.dice.below(6) {
            0 => format!("{name} Release"),
            1 => name.to_uppercase(),
            _ => name,
        };
        self.pen.heading(level, "month", &text);
    }

    fn section(&mut self, kind: usize, level: usize, month: Option<Month>) {
        let wrap = self.pen.style.section_wrap;
        if let Some(tag) = wrap {
            self.pen.open(tag, "release-section");
        }
        let title = match (self.skeleton, month) {
            (Skeleton::MonthSections, Some(month)) => {
                let name = self.titles[kind].trim_end_matches(':');
                if self.pen.dice.chance(50) {
                    format!("{} {name}", month_name(month))
                } else {
                    format!("{name} \u{2013} {}", month_name(month))
                }
            }
            _ => self.titles[kind].to_owned(),
        };
        self.pen.heading(level, "section-title", &title);
        self.outline.push((title, false));
        if self.pen.style.inner_wrap {
            self.pen.open("div", "section-body");
        }
        if self.pen.dice.chance(20) {
            let intro = [
                "The following features were added in the course of the year.",
                "These changes are part of the production release.",
                "Please read these remarks before the release.",
            ][self.pen.dice.below(3)];
            self.pen.element("p", "intro", intro);
        }
        if kind > 1 && self.pen.dice.chance(4) {
            self.pen
                .element("p", "none", "There is nothing to report for this release.");
        } else if self.skeleton == Skeleton::MonthsInside {
            for month in self.months.clone() {
                let month = (self.year, month);
                self.month_heading(level + 1, month);
                self.items(kind, level + 1, Some(month));
            }
        } else {
            self.items(kind, level, month);
        }
        if self.pen.dice.chance(20) {
            self.pen.raw("<p class=\"top\"><a href=\"#top\">Back to top</a></p>");
        }
        if self.pen.style.inner_wrap {
            self.pen.close("div");
        }
        if let Some(tag) = wrap {
            self.pen.close(tag);
        }
        self.pen.line();
        if self.pen.dice.chance(6) {
            chrome::hidden(&mut self.pen);
        }
    }

    fn items(&mut self, kind: usize, above: usize, month: Option<Month>) {
        let most = if month.is_some() { 3 } else { 6 };
        let count = self.pen.dice.between(1, most);
        let level = (above + self.step).min(6);
        match self.forms[kind] {
            Form::Headed => {
                for _ in 0..count {
                    let mut draft = self.feature(kind, month);
                    draft.tidy_subheadings(self.pen.dice, level < 6);
                    self.pen.headed_item(&draft, level);
                    self.outline.push((draft.heading.clone(), true));
                    self.expected.push(draft.expected(KINDS[kind], true, month));
                }
            }
            Form::Bullets(bullet) => {
                self.pen.open("ul", "issues");
                for _ in 0..count {
                    self.bullet(kind, bullet, month);
                }
                self.pen.close("ul");
            }
            Form::Rows(columns) => self.rows(kind, columns, count, month),
        }
    }

    pub fn fresh_heading(&mut self) -> String {
        loop {
            let heading = if self.pen.dice.chance(3) {
                words::month_like_heading(self.pen.dice, self.year)
            } else {
                words::heading(self.pen.dice)
            };
            if self.expected.iter().all(|item| item.heading != heading) {
                return heading;
            }
        }
    }

    fn feature(&mut self, kind: usize, month: Option<Month>) -> Draft {
        let heading = self.fresh_heading();
        let length = if kind == 0 {
            self.pen.dice.between(1, 6)
        } else {
            self.pen.dice.between(0, 2)
        };
        let mut draft = Draft::feature(self.pen.dice, heading, length);
        if self.pen.dice.chance(94) {
            self.meta(&mut draft, month);
        }
        if kind < 2 {
            if self.pen.dice.chance(15) {
                draft.tags.push("Idea Exchange");
            }
            if self.pen.dice.chance(8) {
                draft.tags.push("NERS");
            }
        }
        draft
    }

    /// Month, area and ids, each of which a page may leave out.
    pub fn meta(&mut self, draft: &mut Draft, above: Option<Month>) {
        let stated = if above.is_some() { 60 } else { 94 };
        if self.pen.dice.chance(stated) {
            let any = (self.year, self.pen.dice.pick(&self.months.clone()));
            draft.month = Some(above.unwrap_or(any));
        }
        if self.pen.dice.chance(94) {
            draft.area = Some(self.pen.dice.pick(words::areas(self.product)).to_owned());
        }
        let ids = match self.pen.dice.below(20) {
            0..=4 => 0,
            5..=15 => 1,
            16..=18 => 2,
            _ => 5,
        };
        for _ in 0..ids {
            let fresh = format!("URM-{}", self.pen.dice.between(90_000, 399_999));
            let shared = self.shared_id.clone().filter(|id| !draft.ids.contains(id));
            match shared {
                Some(id) if self.pen.dice.chance(10) => draft.ids.push(id),
                _ => {
                    self.shared_id = Some(fresh.clone());
                    draft.ids.push(fresh);
                }
            }
        }
    }
}
