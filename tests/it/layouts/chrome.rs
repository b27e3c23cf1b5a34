//! All that stands on a page around its content, and hidden in it.

use super::Host;
use super::dice::Dice;
use super::markup::{Pen, Style, slug};
use super::vocabulary as words;

/// What the chrome has to know of the content.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub title: String,
    pub host: Host,
    pub old: bool,
    /// Headings in their order; the flag marks items.
    pub outline: Vec<(String, bool)>,
    pub section_titles: Vec<&'static str>,
}

/// The whole page around `content`.
pub fn around(dice: &mut Dice, style: Style, page: &Surroundings, content: &str) -> String {
    let mut pen = Pen {
        html: String::new(),
        dice,
        style,
    };
    pen.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    pen.raw(&page.title.replace('&', "&amp;"));
    pen.raw("</title><style>.meta{color:#555} h3{margin:0} .top{float:right}</style>\n");
    if pen.dice.chance(70) {
        pen.raw("<script>var card = \"<h3>Resolved Issues</h3><p>November 2026 URM-100001</p>\"; if (1 < 2) { card += \"\"; }</script>\n");
    }
    match page.host {
        Host::MindTouch => mindtouch(&mut pen, page, content),
        Host::Static => fixed(&mut pen, page, content),
    }
    pen.raw("</html>\n");
    pen.html
}

fn mindtouch(pen: &mut Pen<'_>, page: &Surroundings, content: &str) {
    let number = pen.dice.between(1000, 99_999);
    pen.raw(&format!(
        "<script id=\"mt-global-settings\" type=\"application/json\">{{\"pageId\":{number},\"apiToken\":\"made-up\"}}</script></head>\n\
         <body class=\"elm-user-anonymous columbia-page-main\">\n<a class=\"elm-nav-skip\" href=\"#elm-main-content\">Skip to main content</a>\n\
         <header class=\"elm-header\"><a href=\"/\"><img src=\"/logo.png\" alt=\"ExLibris\"></a><form action=\"/Special:Search\">\
         <input type=\"search\" placeholder=\"How can we help you?\"><button>Search</button></form>\
         <button type=\"button\">Knowledge Assistant BETA</button></header>\n"
    ));
    let wrappers = pen.dice.below(3);
    for depth in 0..wrappers {
        pen.raw(&format!("<div class=\"elm-layer-{depth}\">"));
    }
    pen.raw("<article class=\"elm-content-container\" id=\"elm-main-content\"><header>");
    pen.raw("<ol class=\"mt-breadcrumbs\"><li><a href=\"/\">Knowledge Center</a></li><li><a href=\"/Alma\">Alma</a></li><li><a href=\"/Alma/Release_Notes\">Release Notes</a></li></ol>");
    pen.raw("<h1 id=\"title\">");
    pen.text(&page.title);
    pen.raw("</h1><ol class=\"elm-meta-data elm-meta-top\"><li>Last updated</li><li>Nov 22, 2026</li><li><a href=\"#\">Save as PDF</a></li>\
             <li><a href=\"#\">Share</a></li><li><a href=\"#\">Subscribe by RSS</a></li><li><a href=\"#\">Back</a></li></ol></header>\n");
    if pen.dice.chance(50) {
        outline(pen, page, "nav", "mt-page-outline");
    }
    let container = pen.dice.pick(&["section", "article", "div"]);
    pen.raw(&format!("<{container} class=\"mt-content-container\">"));
    inside(pen, page, content);
    if pen.dice.chance(25) {
        helpful(pen);
    }
    pen.raw(&format!("</{container}>\n<footer class=\"mt-content-footer\">"));
    helpful(pen);
    related(pen);
    pen.raw("<ul class=\"elm-tags\"><li><a href=\"#\">article type: release note</a></li></ul></footer></article>");
    for _ in 0..wrappers {
        pen.raw("</div>");
    }
    pen.raw("<footer class=\"elm-footer\"><p>&copy; Copyright 2026 Ex Libris Knowledge Center</p></footer></body>");
}

fn fixed(pen: &mut Pen<'_>, page: &Surroundings, content: &str) {
    pen.raw("</head>\n<body>\n");
    if pen.dice.chance(70) {
        pen.raw("<header><nav><ul><li><a href=\"/alma/\">Alma</a></li><li><a href=\"/primo/\">Primo</a></li><li><a href=\"/rapido/\">Rapido</a></li></ul></nav>\
                 <form><label>Search <input type=\"text\"></label></form></header>\n");
    }
    if pen.dice.chance(40) {
        pen.raw("<aside class=\"sidebar\"><h2>Contents</h2><ul><li><a href=\"a.html\">Getting Started</a></li><li><a href=\"b.html\">Release Notes</a></li></ul></aside>\n");
    }
    let shell = pen.dice.pick(&[
        ("<main>", "</main>"),
        ("<article>", "</article>"),
        ("<main id=\"content\"><article class=\"doc\">", "</article></main>"),
        ("<div class=\"page\"><div class=\"topic-body\">", "</div></div>"),
        ("<main role=\"main\"><div><div>", "</div></div></main>"),
        ("", ""),
    ]);
    pen.raw(shell.0);
    pen.raw("<h1>");
    pen.text(&page.title);
    pen.raw("</h1>\n");
    if pen.dice.chance(40) {
        let tag = pen.dice.pick(&["nav", "div"]);
        outline(pen, page, tag, "toc");
    }
    inside(pen, page, content);
    if pen.dice.chance(50) {
        pen.raw(
            "<p><a href=\"https://knowledge.exlibrisgroup.com/\">View article in the Exlibris Knowledge Center</a></p>",
        );
    }
    if pen.dice.chance(60) {
        helpful(pen);
    }
    if pen.dice.chance(50) {
        related(pen);
    }
    pen.raw(shell.1);
    if pen.dice.chance(80) {
        pen.raw("\n<footer><p>&copy; 2026 Clarivate. All rights reserved.</p><ul><li><a href=\"/legal\">Legal notices</a></li></ul></footer>");
    }
    pen.raw("</body>");
}

/// The content with what stands inside its container beside it.
fn inside(pen: &mut Pen<'_>, page: &Surroundings, content: &str) {
    let depth = pen.dice.below(3);
    for _ in 0..depth {
        pen.open("div", "inner");
    }
    if !page.old {
        if pen.dice.chance(50) {
            search_box(pen, page);
        }
        if pen.dice.chance(50) {
            pen.raw(
                "<p>For the dates, see the <a href=\"/Release_Schedule\">release and maintenance schedule</a>.</p>",
            );
        }
    }
    if pen.dice.chance(20) {
        hidden(pen);
    }
    if pen.dice.chance(15) {
        pen.raw("<!-- <h3>Draft: not to be published</h3><p>August 2026 Fulfillment URM-100002</p> -->");
    }
    if page.old && pen.dice.chance(50) {
        outline(pen, page, "div", "mt-toc");
    } else if pen.dice.chance(20) {
        outline(pen, page, "div", "toc-inline");
    }
    pen.raw(content);
    for _ in 0..depth {
        pen.close("div");
    }
}

fn search_box(pen: &mut Pen<'_>, page: &Surroundings) {
    pen.open("div", "filter");
    let tag = pen.dice.pick(&["h2", "h3", "p", "div"]);
    pen.raw(&format!("<{tag}>Search for what you need</{tag}>"));
    pen.raw("<label>Search: <input type=\"text\"></label> <label>Release: <select><option>All</option><option>November 2026</option><option>August 2026</option></select></label>");
    pen.raw("<div>Showing results for: ");
    let tag = pen.dice.pick(&["span", "a", "button"]);
    let counts = pen.dice.chance(50);
    let labels: Vec<String> = page
        .section_titles
        .iter()
        .take(3)
        .map(|title| {
            let count = if counts {
                format!(" {}", pen.dice.below(40))
            } else {
                String::new()
            };
            format!("<{tag}>{}:{count}</{tag}>", title.trim_end_matches(':'))
        })
        .collect();
    pen.raw(&labels.join(" | "));
    pen.raw("</div></div>\n");
}

/// Links that repeat the headings.
fn outline(pen: &mut Pen<'_>, page: &Surroundings, tag: &str, class: &str) {
    let with_items = page.old || pen.dice.chance(60);
    pen.raw(&format!("<{tag} class=\"{class}\">"));
    let label = pen
        .dice
        .pick(&["Table of contents", "On this page", "Page outline", "In this article"]);
    let heading = pen.dice.pick(&["h2", "h3", "strong", "div"]);
    pen.raw(&format!("<{heading}>{label}</{heading}>"));
    let list = pen.dice.pick(&["ol", "ul"]);
    pen.raw(&format!("<{list}>"));
    for (text, is_item) in &page.outline {
        if !is_item || with_items {
            pen.raw(&format!("<li><a href=\"#{}\">", slug(text)));
            pen.text(text);
            pen.raw("</a></li>");
        }
    }
    pen.raw(&format!("</{list}></{tag}>\n"));
}

/// What the browser does not show.
pub fn hidden(pen: &mut Pen<'_>) {
    let inner = pen.dice.pick(&[
        "<h3>Loading</h3><p>November 2026 Fulfillment URM-100003</p><p>Please wait.</p>",
        "<h2>Main Features</h2>",
        "<p>No results match your search.</p>",
        "<h4>Template Title</h4><p>Template text</p>",
    ]);
    let (open, close) = pen.dice.pick(&[
        ("<div hidden>", "</div>"),
        ("<div style=\"display:none\">", "</div>"),
        ("<div style=\"color: red; display: none;\">", "</div>"),
        ("<template>", "</template>"),
    ]);
    pen.raw(&format!("{open}{inner}{close}\n"));
}

fn helpful(pen: &mut Pen<'_>) {
    let tag = pen.dice.pick(&["h2", "h3", "h4", "p", "div", "span"]);
    pen.raw(&format!(
        "<div class=\"feedback\"><{tag}>Was this article helpful?</{tag}><button>Yes</button> <button>No</button></div>\n"
    ));
}

fn related(pen: &mut Pen<'_>) {
    let tag = pen.dice.pick(&["h2", "h3", "div"]);
    pen.raw(&format!("<div class=\"related\"><{tag}>Recommended articles</{tag}>"));
    let cards = pen.dice.chance(25);
    pen.raw(if cards { "<div>" } else { "<ul>" });
    for _ in 0..pen.dice.between(1, 4) {
        let title = words::help_title(pen.dice);
        let link = format!("<a href=\"/help/{}\">{title}</a>", slug(&title));
        pen.raw(&if cards {
            format!("<div><h4>{link}</h4></div>")
        } else {
            format!("<li>{link}</li>")
        });
    }
    pen.raw(if cards { "</div></div>\n" } else { "</ul></div>\n" });
}
