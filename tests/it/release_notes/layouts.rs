//! Pages in layouts of chance: wrappers, classes, levels, order, meta lines.

use almanac::config::ReleaseNotesParser;
use almanac::exlibris::knowledge_center::{Item, Section, read_page};
use url::Url;

/// What one generated page holds.
struct Expected {
    heading: String,
    section: Section,
    release: Option<&'static str>,
    area: Option<&'static str>,
    urm: Vec<String>,
    body: String,
}

const MONTHS: [(&str, &str); 4] = [
    ("November 2026", "2026-11"),
    ("August 2026", "2026-08"),
    ("May 2026", "2026-05"),
    ("February 2026", "2026-02"),
];
const AREAS: [&str; 6] = [
    "Fulfillment",
    "Fulfillment - Resource Sharing",
    "Acquisitions",
    "User Experience, Accessibility & Infrastructure",
    "Analytics",
    "APIs",
];
const HEADS: [&str; 8] = [
    "Requests Can Be Bundled",
    "New Look of the Task List",
    "Support for Hebrew Dates in Letters",
    "Additional Fields in the Overdue Report",
    "Known Vendors: Faster Search",
    "Improved Rota Assignment",
    "Patron Notes (Phase 2)",
    "“Quick Cataloging” Is Optional",
];
const SENTENCES: [&str; 6] = [
    "Staff can now do in one step what took three.",
    "The list shows the newest entries first, e.g. those of today.",
    "This was announced in May 2026 and comes now.",
    "A new parameter decides whether the old way stays.",
    "In November 2026 the old page will be removed.",
    "Nothing changes for readers.",
];

fn pick<T: Copy>(rng: &mut fastrand::Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

/// A page in a layout of chance, and what stands on it.
fn layout(seed: u64) -> (String, Vec<Expected>) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let base = rng.u8(2..=4);
    let item_level = base + rng.u8(1..=2).min(6 - base);
    let wrap_item = rng.u8(..6);
    let meta_style = rng.u8(..12);
    let head_style = rng.u8(..9);
    let list_style = rng.u8(..5);
    let decoys = rng.u8(..3);
    // Items headed by bold lines only: then nothing deeper can be told from them, so wrappers and bodies stay simple.
    let bold_ok = meta_style < 3;
    let bold = bold_ok && (4..=5).contains(&head_style);
    let wrap_item = if bold { wrap_item % 2 } else { wrap_item };
    let mut order = [
        Section::IssueToNote,
        Section::MainFeature,
        Section::AdditionalEnhancement,
        Section::ResolvedIssue,
    ];
    rng.shuffle(&mut order);
    let mut expected = Vec::new();
    let mut content = String::new();
    let mut number = 100_000 + u32::try_from(seed % 1000).unwrap() * 100;
    for section in order {
        let name = match section {
            Section::MainFeature => pick(
                &mut rng,
                &["Main Features", "Main Features", "What's New", "New Features"],
            ),
            Section::AdditionalEnhancement => pick(
                &mut rng,
                &[
                    "Additional Enhancements",
                    "Additional Enhancements",
                    "Other Enhancements",
                ],
            ),
            Section::ResolvedIssue => "Resolved Issues",
            Section::IssueToNote => pick(&mut rng, &["Issues to Note", "Known Issues"]),
        };
        let class = rng.u32(..);
        let inner = if rng.bool() {
            format!("<span class='s{class}'>{name}</span>")
        } else {
            name.to_owned()
        };
        content.push_str(&format!("<h{base} id='x{class}'>{inner}</h{base}>"));
        let listed = matches!(section, Section::ResolvedIssue | Section::IssueToNote);
        if listed && list_style > 0 {
            let mut rows = String::new();
            for _ in 0..rng.u8(1..=4) {
                number += 1;
                let text = format!("The count of {number} was wrong");
                let urm = format!("URM-{number}");
                expected.push(Expected {
                    heading: text.clone(),
                    section,
                    release: None,
                    area: None,
                    urm: vec![urm.clone()],
                    body: String::new(),
                });
                rows.push_str(&match list_style {
                    1 => format!("<li>{urm} (SF: 0{number}): {text}. It is right now.</li>"),
                    2 => format!("<li><p>{text}. It is right now. ({urm})</p></li>"),
                    3 => format!("<tr><td>{urm}</td><td>{text}. It is right now.</td></tr>"),
                    _ => format!(
                        "<li><strong>{text}</strong><br>{urm}<br>It is right now.<ul><li>A detail of it.</li></ul></li>"
                    ),
                });
            }
            content.push_str(&match list_style {
                3 => format!("<div class='t'><table><tbody><tr><th>Issue</th><th>Description</th></tr>{rows}</tbody></table></div>"),
                _ => format!("<ul>{rows}</ul>"),
            });
            continue;
        }
        for _ in 0..rng.u8(1..=5) {
            number += 1;
            let heading = format!("{} {}", pick(&mut rng, &HEADS), number);
            let (month, release) = pick(&mut rng, &MONTHS);
            let area = pick(&mut rng, &AREAS);
            let missing = rng.u8(..8) == 0;
            let ids: Vec<String> = (0..rng.u32(..4))
                .map(|at| format!("URM-{}", number * 10 + at))
                .collect();
            let bare = ids.is_empty() || missing;
            let with_ids = ids.iter().map(|id| format!("<span>{id}</span>")).collect::<String>();
            let meta = match (missing, meta_style) {
                (true, _) => String::new(),
                (false, 0) => format!("<p>{month} {area} {}</p>", ids.join(" ")),
                (false, 1) => format!("<div class='m'><span>{month}</span><span>{area}</span>{with_ids}</div>"),
                (false, 2) => format!("<p><em>{month} {area}</em> {}</p>", ids.join(", ")),
                (false, 3) => format!(
                    "<div><div>{month}</div><div>{area}</div><div>{}</div></div>",
                    ids.join(" ")
                ),
                (false, 4) => format!(
                    "<ul class='m'><li>{month}</li><li>{area}</li><li>{}</li></ul>",
                    ids.join(" ")
                ),
                (false, 5) => format!("<p><strong>{month}</strong> | {area} | {}</p>", ids.join(" | ")),
                (false, 6) => format!("<p>{month} <a href='/areas/x'>{area}</a> {}</p>", ids.join(" ")),
                (false, 9) => format!("<h6>{month} {area} {}</h6>", ids.join(" ")),
                (false, 10) => format!(
                    "<p><img src='idea.svg' alt='idea exchange'></p><p>{month} {area} {} Idea Exchange</p>",
                    ids.join(" ")
                ),
                (false, 11) => format!(
                    "<dl><dt>Release</dt><dd>{month}</dd><dt>Area</dt><dd>{area}</dd><dt>Issues</dt><dd>{}</dd></dl>",
                    ids.join(", ")
                ),
                (false, 7) => format!("<p>{} {month} {area}</p>", ids.join(" ")),
                (false, _) => format!("<p><b>Release:</b> {month} <b>Area:</b> {area} {}</p>", ids.join(" ")),
            };
            let first = pick(&mut rng, &SENTENCES);
            let second = pick(&mut rng, &SENTENCES);
            let mut body = format!("<p>{first}</p>");
            let mut clean = first.to_owned();
            match rng.u8(..5) {
                0 => {
                    body.push_str(&format!("<ul><li>{second}</li><li><b>Other</b> point</li></ul>"));
                    clean.push_str(&format!("\n- {second}\n- Other point"));
                }
                1 if item_level < 6 && !bold => {
                    body.push_str(&format!("<h{0}>Known Issues</h{0}><p>{second}</p>", item_level + 1));
                    clean.push_str(&format!("\nKnown Issues\n{second}"));
                }
                2 => {
                    body.push_str("<figure><img alt='A picture of November 2026' src='x.png'></figure><p>See <a href='/help?v=1'>the help</a>.</p>");
                    clean.push_str("\nSee the help (https://h.example/help).");
                }
                3 => {
                    body.push_str(&format!("<table><tr><td>Alpha</td><td>{second}</td></tr></table>"));
                    clean.push_str(&format!("\nAlpha | {second}"));
                }
                _ => {}
            }
            let l = item_level;
            let head = match head_style {
                0 => format!("<h{l}>{heading}</h{l}>"),
                1 => format!("<h{l}><a id='q'></a><span>{heading}</span></h{l}>"),
                2 => format!("<h{l} class='x'><a href='#self'>{heading}</a></h{l}>"),
                4 if bold_ok => format!("<p class='q'><strong>{heading}</strong></p>"),
                6 => format!("<h{l}>{heading} <a class='a' href='#s'>#</a></h{l}>"),
                7 => format!("<p class='heading-{l}'>{heading}<span class='sr-only'>Copy link to {heading}</span></p>"),
                8 => format!("<h{l}>{heading}<br></h{l}>"),
                5 if bold_ok => format!("<div class='h{l}'><b>{heading}</b></div>"),
                _ => format!("<div role='heading' aria-level='{l}'>{heading}</div>"),
            };
            content.push_str(&match wrap_item {
                0 => format!("{head}{meta}{body}"),
                1 => format!("<div class='i'>{head}{meta}<div class='b'>{body}</div></div>"),
                2 => format!("<article><header>{head}{meta}</header><section>{body}</section></article>"),
                3 => format!("<ul class='items'><li>{head}{meta}{body}</li></ul>"),
                4 => format!("<details open><summary>{head}</summary>{meta}{body}</details>"),
                _ => format!("<table class='layout'><tr><td>{head}{meta}{body}</td></tr></table>"),
            });
            expected.push(Expected {
                heading,
                section,
                release: (!missing).then_some(release),
                area: (!missing).then_some(area),
                urm: if bare { vec![] } else { ids },
                body: clean,
            });
        }
    }
    if decoys == 1 {
        content = format!(
            "<h{base}>About These Notes</h{base}><p>They cover November 2026.</p><ul><li>One</li></ul>{content}"
        );
    } else if decoys == 2 {
        content.push_str(&format!("<h{base}>Release Schedule</h{base}><table><tr><th>Release</th><th>Sandbox</th></tr><tr><td>November 2026</td><td>November 1, 2026</td></tr></table>"));
    }
    let intro = "<p>Search for what you need</p><p>Showing results for: Main Features: | Resolved Issues:</p><p>The dates are on another page.</p>";
    let chrome = "<nav><ul><li><a href='/'>November 2026</a></li></ul></nav>";
    let html = match rng.u8(..4) {
        0 => format!(
            "<html><head><title>Alma 2026 Release Notes</title></head><body>{chrome}<main><h1>Alma 2026 Release Notes</h1>{intro}{content}<p>Back to top</p><ul class='mt-sortable-listings'><li><a href='/z'>Another page</a></li></ul></main><footer>x</footer></body></html>"
        ),
        1 => format!(
            "<html><body>{chrome}<div id='page'><h1>Alma 2026 Release Notes</h1>{intro}{content}</div><div class='feedback-bar'>Was this article helpful?</div><div id='footer'>© 2026 The vendor. <a href='/p'>Privacy</a></div></body></html>"
        ),
        2 => format!(
            "<html><body>{chrome}<h1>Alma 2026 Release Notes</h1><section class='mt-content-container'>{intro}{content}<h2>Recommended articles</h2><ul><li><a href='/y'>Y</a></li></ul></section></body></html>"
        ),
        _ => format!(
            "<html><body>{chrome}<article class='elm'><h1>Alma 2026 Release Notes</h1><div class='mt-content-container'><div><div>{intro}{content}</div></div></div></article></body></html>"
        ),
    };
    (html, expected)
}

#[test]
fn pages_in_four_hundred_layouts_are_read_right() {
    let url: Url = "https://h.example/alma/2026".parse().unwrap();
    let (mut right, mut all, mut invented) = (0_usize, 0_usize, 0_usize);
    let mut wrong = Vec::new();
    for seed in 0..400 {
        let (html, expected) = layout(seed);
        let items = read_page(&html, &url, ReleaseNotesParser::Auto)
            .map(|page| page.items)
            .unwrap_or_default();
        all += expected.len();
        invented += items.len().saturating_sub(expected.len());
        for wanted in &expected {
            let found: Vec<&Item> = items.iter().filter(|item| item.heading == wanted.heading).collect();
            let fits = |item: &&Item| {
                item.section == wanted.section
                    && item.release.as_deref() == wanted.release
                    && item.area.as_deref() == wanted.area
                    && item.urm_ids == wanted.urm
                    && (wanted.body.is_empty() || item.body == wanted.body)
            };
            if found.len() == 1 && found.iter().all(fits) {
                right += 1;
            } else if wrong.len() < 5 {
                wrong.push(format!(
                    "seed {seed}: {} {:?} {:?} {:?} {:?}\n{:?}\nfound {found:?}",
                    wanted.heading, wanted.section, wanted.release, wanted.area, wanted.urm, wanted.body
                ));
            }
        }
    }
    assert!(
        right * 1000 >= all * 995 && invented == 0,
        "{right} of {all} right, {invented} invented\n{}",
        wrong.join("\n")
    );
}

/// An old page of one area in a layout of chance.
fn area_layout(seed: u64) -> (String, String, Vec<Expected>) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let area = pick(
        &mut rng,
        &[
            "Fulfillment",
            "Collaborative Networks",
            "Resource Sharing",
            "Administration",
        ],
    );
    let (month, release) = pick(
        &mut rng,
        &[
            ("May 2016", "2016-05"),
            ("September 2017", "2017-09"),
            ("March 2018", "2018-03"),
        ],
    );
    let level = rng.u8(2..=4);
    let title_level = rng.u8(1..level);
    let bold = rng.u8(..5) == 0;
    let mut content = String::new();
    let mut outline = String::new();
    let mut expected = Vec::new();
    for at in 0..rng.u8(1..=6) {
        let heading = format!("{} No {at}", pick(&mut rng, &HEADS));
        let sentence = pick(&mut rng, &SENTENCES);
        let tag = match rng.u8(..4) {
            0 => "<img src='/i/idea_exchange.png'> Idea Exchange: ",
            1 => "idea_exchange.png Idea Exchange, NERS.pngNERS Enhancement (ID #3856): ",
            2 => "NERS Enhancement (ID #12): ",
            _ => "",
        };
        let deeper = if rng.bool() && !bold {
            format!("<h{0}>Known Issues</h{0}><ul><li>It is slow.</li></ul>", level + 1)
        } else {
            String::new()
        };
        let tail = if deeper.is_empty() {
            ""
        } else {
            "\nKnown Issues\n- It is slow."
        };
        content.push_str(&match bold {
            true => format!("<p><strong>{heading}</strong></p><p>{tag}{sentence}</p>"),
            false => format!("<div><h{level} id='s{at}'>{heading}</h{level}><p>{tag}{sentence}</p>{deeper}</div>"),
        });
        outline.push_str(&format!("<li><a href='#s{at}'>{heading}</a></li>"));
        expected.push(Expected {
            heading,
            section: Section::MainFeature,
            release: Some(release),
            area: Some(area),
            urm: vec![],
            body: format!("{sentence}{tail}"),
        });
    }
    if rng.bool() && !bold {
        content.push_str(&format!("<h{level}>Additional {area} Enhancements</h{level}><ul>"));
        for at in 0..rng.u8(1..=4) {
            let heading = format!("The column of number {at} is new");
            content.push_str(&format!("<li>{heading}. It can be sorted.</li>"));
            expected.push(Expected {
                body: format!("{heading}. It can be sorted."),
                heading,
                section: Section::AdditionalEnhancement,
                release: Some(release),
                area: Some(area),
                urm: vec![],
            });
        }
        content.push_str("</ul>");
    }
    let title = format!("{area} - {month} Enhancements");
    let head =
        format!("<h{title_level}>{title}</h{title_level}><div class='x'><h5>Page outline</h5><ol>{outline}</ol></div>");
    let name = title.replace(" - ", "_").replace(' ', "_");
    match rng.u8(..3) {
        0 => (
            format!("https://s.example/alma/Release_Notes/020_2017/04{name}.html"),
            format!("<html><body><div class='header'>Ex Libris</div>{head}{content}</body></html>"),
            expected,
        ),
        1 => (
            format!("https://k.example/Alma/Release_Notes/020_2017/04{name}"),
            format!(
                "<html><head><title>{title} - Knowledge</title></head><body><h1>{title}</h1><div class='mt-content-container'><p>Intro of {month}.</p>{content}</div></body></html>"
            ),
            expected,
        ),
        _ => (
            "https://k.example/Alma/Release_Notes/x".to_owned(),
            format!("<html><body><main><article>{head}<p>Intro.</p>{content}</article></main></body></html>"),
            expected,
        ),
    }
}

#[test]
fn old_pages_of_one_area_are_read_right() {
    for seed in 0..200 {
        let (url, html, expected) = area_layout(seed);
        let page = read_page(&html, &url.parse().unwrap(), ReleaseNotesParser::Auto)
            .unwrap_or_else(|reason| panic!("seed {seed}: {reason}\n{html}"));
        let seen: Vec<_> = page
            .items
            .iter()
            .map(|item| {
                (
                    item.heading.as_str(),
                    item.section,
                    item.release.as_deref(),
                    item.area.as_deref(),
                    item.body.as_str(),
                )
            })
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|item| {
                (
                    item.heading.as_str(),
                    item.section,
                    item.release,
                    item.area,
                    item.body.as_str(),
                )
            })
            .collect();
        assert_eq!(seen, wanted, "seed {seed}\n{html}");
    }
}
