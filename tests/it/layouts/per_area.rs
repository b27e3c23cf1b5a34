//! The page of one area of one release, as they were from 2016 to 2018.

use super::chrome;
use super::content::Draft;
use super::dice::Dice;
use super::markup::{Pen, Style, month_name, slug};
use super::unheaded::opening;
use super::vocabulary as words;
use super::{ExpectedItem, Host, Layout};

const AREAS: &[&str] = &[
    "Acquisitions",
    "Resource Management",
    "Fulfillment",
    "Collaborative Networks",
    "Analytics",
    "Administration and Integration",
    "Course Reserves",
];

pub fn page(dice: &mut Dice) -> Layout {
    let host = dice.pick(&[Host::MindTouch, Host::MindTouch, Host::Static]);
    let year = 2016 + dice.below(3) as u32;
    let month = (year, dice.between(1, 12));
    let area = dice.pick(AREAS);
    let title = if host == Host::MindTouch {
        format!("{area} - {} Enhancements", month_name(month))
    } else {
        format!("{area} {} Enhancements", month_name(month))
    };
    let url = url(dice, host, area, month);
    let style = Style::draw(dice);
    let level = if dice.chance(70) { 2 } else { 3 };
    let mut pen = Pen {
        html: String::new(),
        dice,
        style,
    };
    let mut expected: Vec<ExpectedItem> = Vec::new();
    let mut outline = Vec::new();
    let lone = pen.dice.chance(8);
    let count = if lone || pen.dice.chance(15) {
        1
    } else {
        pen.dice.between(2, 6)
    };
    for _ in 0..count {
        let heading = loop {
            let heading = words::heading(pen.dice);
            if expected.iter().all(|item| item.heading != heading) {
                break heading;
            }
        };
        let length = pen.dice.between(1, 5);
        let mut draft = Draft::feature(pen.dice, heading, length);
        draft.tidy_subheadings(pen.dice, !lone);
        draft.area = Some(area.to_owned());
        if pen.dice.chance(25) {
            draft.tags.push("Idea Exchange");
        }
        if pen.dice.chance(20) {
            draft.tags.push("NERS");
        }
        if lone {
            draft.heading = title.clone();
        }
        item(&mut pen, &draft, (!lone).then_some(level));
        if !lone {
            outline.push((draft.heading.clone(), true));
        }
        let mut item = draft.expected("main-feature", !lone, Some(month));
        if lone {
            item.text = format!("{title} {}", draft.body_text());
        }
        expected.push(item);
    }
    if !lone && pen.dice.chance(60) {
        let closing = format!("Additional {area} Enhancements");
        pen.heading(level, "section", &closing);
        outline.push((closing, false));
        if pen.dice.chance(30) {
            pen.element("p", "intro", "The following was also improved:");
        }
        pen.open("ul", "list");
        for _ in 0..pen.dice.between(1, 5) {
            let mut draft = Draft::remark(pen.dice, String::new(), false);
            draft.area = Some(area.to_owned());
            draft.heading = opening(&draft);
            pen.open("li", "entry");
            if let Some(super::content::Block::Para(line)) = draft.blocks.first() {
                pen.inline(line);
            }
            pen.blocks(&draft.blocks[1..], 6);
            pen.close("li");
            expected.push(draft.expected("additional-enhancement", false, Some(month)));
        }
        pen.close("ul");
    }
    let Pen { html, dice, style } = pen;
    let surroundings = chrome::Surroundings {
        title,
        host,
        old: true,
        outline,
        section_titles: Vec::new(),
    };
    Layout {
        url,
        html: chrome::around(dice, style, &surroundings, &html),
        host,
        old: true,
        expected,
    }
}

/// An item: heading, tags at the start of the body, body.
fn item(pen: &mut Pen<'_>, draft: &Draft, level: Option<usize>) {
    let wrap = pen.style.item_wrap.filter(|_| level.is_some());
    if let Some(tag) = wrap {
        pen.open(tag, "mt-section");
    }
    if let Some(level) = level {
        pen.heading(level, "editable", &draft.heading);
    }
    let mut blocks = draft.blocks.as_slice();
    if !draft.tags.is_empty() {
        pen.open("p", "tagged");
        pen.tags_before_body(draft);
        match blocks.split_first() {
            Some((super::content::Block::Para(line), rest)) if pen.dice.chance(70) => {
                pen.inline(line);
                blocks = rest;
            }
            _ => {}
        }
        pen.close("p");
    }
    pen.blocks(blocks, level.map_or(6, |level| level + 1));
    if let Some(tag) = wrap {
        pen.close(tag);
    }
}

/// The `_` after the number and the prefix of the folder come and go; the numbers move (RELEASE_NOTES.md §2).
fn url(dice: &mut Dice, host: Host, area: &str, month: (u32, usize)) -> String {
    let (year, number) = month;
    let name = slug(&month_name(month));
    let area = slug(area);
    let place = dice.between(1, 9);
    let joint = dice.pick(&["_", ""]);
    let ordinal = ["030", "020", "010"][(year as usize - 2016).min(2)];
    match host {
        Host::MindTouch => {
            let prefix = dice.pick(&["Alma_", ""]);
            let down = 13 - number;
            format!(
                "https://knowledge.exlibrisgroup.com/Alma/Release_Notes/{ordinal}_{year}/{down:02}_{name}/{prefix}{name}_Release_Notes/{place:02}{joint}{area}_-_{name}_Enhancements"
            )
        }
        Host::Static => format!(
            "https://knowledge.ag-software.clarivate.com/alma/Release_Notes/{ordinal}_{year}/{place:02}{joint}{area}_{name}_Enhancements.html"
        ),
    }
}
