//! Pages written for this project, in the layouts of RELEASE_NOTES.md §3.

use proptest::strategy::Strategy;

use super::*;

const ANNUAL: &str = "https://kc.example/Alma/Release_Notes/2026/Alma_2026_Release_Notes?mon=202611BASE";

fn read(body: &str, url: &str) -> Result<NotesPage, Implausible> {
    read_page(body, &url.parse().unwrap(), ReleaseNotesParser::Auto)
}

fn mindtouch(title: &str, content: &str) -> String {
    format!(
        r##"<!doctype html><html><head><title>{title} - Knowledge Center</title>
        <script id="mt-global-settings" type="application/json">{{"pageId":12,"apiToken":"tok"}}</script></head>
        <body class="elm-user-anonymous"><a href="#c">Skip to main content</a><header class="elm-header"><nav><ul><li>Home</li></ul></nav></header>
        <ol class="mt-breadcrumbs"><li><a href="/">Home</a></li><li><a href="/Alma">Alma</a></li></ol>
        <article id="c"><header><h1 id="title">{title}</h1><ul class="mt-page-actions"><li>Save as PDF</li><li>Share</li></ul></header>
        <section class="mt-content-container">
        <div class="mt-page-outline"><h5>Table of contents</h5><ul><li><a href="#a">Main Features</a></li><li><a href="#b">A heading</a></li></ul></div>
        {content}
        <a href="#top">Back to top</a>
        <div class="feedback"><h6>Was this article helpful?</h6><p>Yes</p><p>No</p></div>
        <h2>Recommended articles</h2><ul><li><a href="/x">Some other page of November 2026</a></li></ul>
        </section><footer class="mt-content-footer"><p>Tags</p></footer></article></body></html>"##
    )
}

const NOTES: &str = r#"
<p>Search for what you need</p><p>Search: Release:</p>
<p>Showing results for: Main Features: | Additional Enhancements: | Resolved Issues:</p>
<p>See the <a href="/Alma/Schedule?v=3">release schedule</a>.</p>
<h2>Issues to Note</h2>
<ul><li>Offers of partner libraries load slowly on Mondays. A fix is under way.</li><li>There are no other issues to note.</li></ul>
<h2>Main Features</h2>
<h3>Zone Imports Can Be Steered</h3>
<p><em>November 2026</em> <span>Resource Management</span><span>URM-190001</span><span>URM-190002</span> <img src="/i/idea.png" alt="idea exchange"> Idea Exchange</p>
<p>Consortium staff decide which records an import touches.<img src="shot.png" alt="A screenshot of the page"></p>
<h4>Setting it up</h4>
<ol><li>Open <strong>Resources &gt; Import</strong>.<ul><li>Pick a profile.</li></ul></li><li>Save.</li></ol>
<p>For more information, see <a href="/Alma/Import?v=12">Import Profiles</a>.</p>
<h3>Locate Again After a Rejection</h3>
<p>November 2026 Fulfillment - Resource Sharing URM-190003</p>
<p>A rejected request is located again at the next partner.</p>
<h3>An Item Without Any Meta Line</h3>
<p>It just describes what changed.</p>
<h2>Additional Enhancements</h2>
<h3>Letters Name the Partner</h3>
<p>August 2026 Fulfillment – Resource Sharing URM-190001</p>
<p>Letters show the partner's name. See URM-111111 for the earlier change.</p>
<h2>Resolved Issues</h2>
<h3>November 2026</h3>
<ul><li>URM-190100 (SF: 01234567, 01234568) Fulfillment: The due date of a lending request was a day early. It is now right.</li>
<li><strong>Renewals failed.</strong> Renewals over the network work again. URM-190101</li></ul>
"#;

#[test]
fn an_annual_page_of_the_mindtouch_host() {
    let page = read(&mindtouch("Alma 2026 Release Notes", NOTES), ANNUAL).unwrap();
    assert_eq!(page.parser, ReleaseNotesParser::Mindtouch);
    assert_eq!(page.title, "Alma 2026 Release Notes");
    let headings: Vec<&str> = page.items.iter().map(|item| item.heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Offers of partner libraries load slowly on Mondays",
            "Zone Imports Can Be Steered",
            "Locate Again After a Rejection",
            "An Item Without Any Meta Line",
            "Letters Name the Partner",
            "The due date of a lending request was a day early",
            "Renewals failed",
        ]
    );
    let imports = &page.items[1];
    assert_eq!(imports.section, Section::MainFeature);
    assert_eq!(imports.release.as_deref(), Some("2026-11"));
    assert_eq!(imports.area.as_deref(), Some("Resource Management"));
    assert_eq!(imports.urm_ids, ["URM-190001", "URM-190002"]);
    assert_eq!(imports.tags, ["Idea Exchange"]);
    assert_eq!(
        imports.body,
        "Consortium staff decide which records an import touches.\nSetting it up\n- Open Resources > Import.\n  - Pick a profile.\n- Save.\n\
         For more information, see Import Profiles (https://kc.example/Alma/Import)."
    );
    assert_eq!(
        imports.links,
        [Link {
            text: "Import Profiles".to_owned(),
            url: "https://kc.example/Alma/Import".to_owned()
        }]
    );
    assert_eq!(page.items[2].area.as_deref(), Some("Fulfillment - Resource Sharing"));
    assert_eq!((&page.items[3].release, &page.items[3].area), (&None, &None));
    assert_eq!(page.items[4].area.as_deref(), Some("Fulfillment - Resource Sharing"));
    assert_eq!(page.items[4].urm_ids, ["URM-190001"]);
    let due = &page.items[5];
    assert_eq!(due.section, Section::ResolvedIssue);
    assert_eq!(due.urm_ids, ["URM-190100"]);
    assert_eq!(due.case_ids, ["01234567", "01234568"]);
    assert_eq!(due.area.as_deref(), Some("Fulfillment"));
    assert_eq!(due.release.as_deref(), Some("2026-11"));
    assert_eq!(page.items[6].urm_ids, ["URM-190101"]);
    assert_eq!(
        page.by_section().iter().map(|(_, count)| *count).collect::<Vec<_>>(),
        [3, 1, 2, 1]
    );
    assert!(
        page.unplaced
            .iter()
            .any(|text| text.starts_with("See the release schedule")),
        "{:?}",
        page.unplaced
    );
    assert!(
        !page
            .unplaced
            .iter()
            .any(|text| text.contains("helpful") || text.contains("Showing")),
        "{:?}",
        page.unplaced
    );
}

#[test]
fn the_same_notes_in_other_wrappings_read_the_same() {
    let wanted = read(&mindtouch("Alma 2026 Release Notes", NOTES), ANNUAL)
        .unwrap()
        .items;
    let deeper = NOTES
        .replace("<h4", "<h6")
        .replace("</h4", "</h6")
        .replace("<h3", "<h5")
        .replace("</h3", "</h5")
        .replace("<h2", "<h4")
        .replace("</h2", "</h4");
    let statically = |content: &str| {
        format!(
            "<html><head><title>Alma 2026 Release Notes</title></head><body><header><p>Ex Libris</p></header><nav><a href='/'>Home</a></nav><main><h1>Alma 2026 Release Notes</h1>{content}</main><footer>Imprint</footer></body></html>"
        )
    };
    for page in [
        statically(NOTES),
        statically(&deeper),
        statically(NOTES)
            .replace("<main>", "<div class='x'>")
            .replace("</main>", "</div>"),
        mindtouch("Alma 2026 Release Notes", &deeper),
        mindtouch(
            "Alma 2026 Release Notes",
            &NOTES
                .replace("<h3>", "<div class='item'><h3>")
                .replace("<h2>", "</div><h2>"),
        ),
        statically(
            &NOTES
                .replace("<h3>", "<p><b>")
                .replace("</h3>", "</b></p>")
                .replace("<h4>", "<p>")
                .replace("</h4>", "</p>"),
        ),
    ] {
        let found = read(&page, ANNUAL).unwrap().items;
        assert_eq!(found, wanted, "{page}");
    }
    let json =
        serde_json::json!({"@title": "Alma 2026 Release Notes", "body": [NOTES, {"@target": "toc"}]}).to_string();
    let by_api = read(&json, ANNUAL).unwrap();
    assert_eq!(
        (by_api.parser, by_api.items),
        (ReleaseNotesParser::MindtouchApi, wanted)
    );
}

const OLD: &str =
    "https://static.example/alma/Release_Notes/020_2017/06Collaborative_Networks_September_2017_Enhancements.html";

#[test]
fn an_old_page_of_one_area() {
    let body = r##"<html><body><h1>Collaborative Networks - September 2017 Enhancements</h1>
        <div id="toc-list"><h2>Page outline</h2><ul><li><a href="#a">Members See Shared Services</a></li></ul></div>
        <h2 id="a">Members See Shared Services</h2>
        <p><img src="idea_exchange.png"> Idea Exchange, NERS.pngNERS Enhancement (ID #3856): Members now see which services the network shares.</p>
        <h3>Details</h3><p>More of it.</p>
        <h2>Linked Accounts Are Refreshed</h2><p>Every night.</p>
        <h2>Additional Collaborative Networks Enhancements</h2>
        <ul><li>The job's report names the member. It is sent at night.</li><li>A column was added.</li></ul></body></html>"##;
    let page = read(body, OLD).unwrap();
    let headings: Vec<(&str, Section)> = page
        .items
        .iter()
        .map(|item| (item.heading.as_str(), item.section))
        .collect();
    assert_eq!(
        headings,
        [
            ("Members See Shared Services", Section::MainFeature),
            ("Linked Accounts Are Refreshed", Section::MainFeature),
            ("The job's report names the member", Section::AdditionalEnhancement),
            ("A column was added", Section::AdditionalEnhancement),
        ]
    );
    for item in &page.items {
        assert_eq!(
            (item.release.as_deref(), item.area.as_deref()),
            (Some("2017-09"), Some("Collaborative Networks"))
        );
    }
    assert_eq!(page.items[0].tags, ["Idea Exchange", "NERS"]);
    assert_eq!(page.items[0].ners_ids, ["3856"]);
    assert_eq!(
        page.items[0].body,
        "Members now see which services the network shares.\nDetails\nMore of it."
    );
}

#[test]
fn an_old_page_without_headings() {
    let page = read(
        "<main><h1>Acquisitions</h1><p>Invoices show the vendor.</p><p>They did not before.</p></main>",
        "https://s.example/alma/030_2016/01_Acquisitions_May_2016_Enhancements.html",
    )
    .unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].body, "Invoices show the vendor.\nThey did not before.");
    assert_eq!(
        (page.items[0].release.as_deref(), page.items[0].area.as_deref()),
        (Some("2016-05"), Some("Acquisitions"))
    );
}

#[test]
fn resolved_issues_in_a_table() {
    let body = "<main><h1>Primo VE 2026 Release Notes</h1><h2>Resolved Issues</h2><table><thead><tr><th>Release</th><th>Area</th><th>Issue</th><th>Description</th></tr></thead>
        <tr><td>November 2026</td><td>Discovery</td><td>URM-180001 SF: 00123456</td><td>Facets were empty. They are filled.</td></tr>
        <tr><td>August 2026</td><td>Search</td><td>URM-180002</td><td>Results came twice.</td></tr></table></main>";
    let page = read(body, "https://s.example/primo/2026").unwrap();
    assert_eq!(page.items.len(), 2);
    let first = &page.items[0];
    assert_eq!(first.heading, "Facets were empty");
    assert_eq!(first.body, "Facets were empty. They are filled.");
    assert_eq!(
        (first.release.as_deref(), first.area.as_deref()),
        (Some("2026-11"), Some("Discovery"))
    );
    assert_eq!(
        (first.urm_ids.as_slice(), first.case_ids.as_slice()),
        (["URM-180001".to_owned()].as_slice(), ["00123456".to_owned()].as_slice())
    );
}

#[test]
fn a_meta_line_may_be_spread_or_stand_before_its_heading() {
    let spread = "<main><h2>Main Features</h2><article><header><h3>One</h3></header><div class=m><div>November 2026</div><div>Fulfillment</div><div>URM-100001</div></div><p>Body one.</p></article>
        <article><h3>Two</h3><ul><li>August 2026</li><li>Analytics</li></ul><p>Body two.</p></article></main>";
    let before = "<main><h2>Main Features</h2><p>November 2026 Fulfillment URM-100001</p><h3>One</h3><p>Body one.</p><p>August 2026 Analytics</p><h3>Two</h3><p>Body two.</p></main>";
    let inline = "<main><h2>Main Features</h2><h3>One</h3><p>November 2026 Fulfillment URM-100001 Body one.</p><h3>Two <small>August 2026 Analytics</small></h3><p>Body two.</p></main>";
    for body in [spread, before, inline] {
        let page = read(body, "https://s.example/alma/2026").unwrap();
        let seen: Vec<_> = page
            .items
            .iter()
            .map(|item| {
                (
                    item.heading.as_str(),
                    item.release.as_deref(),
                    item.area.as_deref(),
                    item.body.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("One", Some("2026-11"), Some("Fulfillment"), "Body one."),
                ("Two", Some("2026-08"), Some("Analytics"), "Body two.")
            ],
            "{body}"
        );
    }
}

#[test]
fn sections_below_months_and_items_below_areas() {
    let body = "<main><h1>Rapido 2026 Release Notes</h1><h2>November 2026</h2><h3>Main Features</h3><h4>Fulfillment</h4><p>All about loans.</p><h5>One</h5><p>Body one.</p><h5>Two</h5><p>Body two.</p>
        <h3>Resolved Issues</h3><p>These were resolved:</p><ul><li>It works. URM-100009</li></ul><h2>August 2026</h2><h3>Main Features</h3><h4>Fulfillment</h4><h5>Three</h5><p>Body three.</p><h2>About</h2><p>Text about it.</p></main>";
    let page = read(body, "https://s.example/rapido/2026").unwrap();
    let seen: Vec<_> = page
        .items
        .iter()
        .map(|item| {
            (
                item.heading.as_str(),
                item.release.as_deref(),
                item.area.as_deref(),
                item.section,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("One", Some("2026-11"), Some("Fulfillment"), Section::MainFeature),
            ("Two", Some("2026-11"), Some("Fulfillment"), Section::MainFeature),
            ("It works", Some("2026-11"), None, Section::ResolvedIssue),
            ("Three", Some("2026-08"), Some("Fulfillment"), Section::MainFeature),
        ]
    );
}

#[test]
fn a_heading_named_like_a_section_inside_a_body_stays_there() {
    let body = "<main><h2>Main Features</h2><h3>One</h3><p>November 2026 Fulfillment URM-100001</p><p>Body.</p><h4>Known Issues</h4><ul><li>It is slow. See URM-100002.</li></ul><h3>Two</h3><p>November 2026 Analytics</p><p>Body.</p></main>";
    let page = read(body, "https://s.example/alma/2026").unwrap();
    assert_eq!(
        page.items.iter().map(|item| item.heading.as_str()).collect::<Vec<_>>(),
        ["One", "Two"]
    );
    assert_eq!(page.items[0].body, "Body.\nKnown Issues\n- It is slow. See URM-100002.");
    assert_eq!(page.items[0].urm_ids, ["URM-100001"]);
}

#[test]
fn what_is_no_release_notes_is_never_an_empty_list_and_never_an_item() {
    let login = r#"<html><head><title>Sign In - Knowledge Center</title></head><body><main><h1>Sign In</h1><form><h2>What's New</h2><ul><li>URM-123456 x</li></ul><input type="password"></form></main></body></html>"#;
    let maintenance = "<html><head><title>Scheduled Maintenance</title></head><body><h1>We'll be back</h1><h2>Known Issues</h2><ul><li>The site is down.</li></ul></body></html>";
    let empty = r#"<html><head><title>Alma 2026 Release Notes</title></head><body><div class="mt-content-container"> </div><h2>Main Features</h2><h3>Ghost</h3><p>November 2026 Fulfillment URM-1234</p></body></html>"#;
    let shell = "<html><head><title>Ex Libris Knowledge Center</title></head><body><div id=root></div><noscript>You need JavaScript. <h2>Main Features</h2></noscript><script>var a='<h2>Main Features</h2>'</script></body></html>";
    let search = "<html><head><title>Search results</title></head><body><h1>Search Results</h1><h2>Resolved Issues</h2><ul><li>URM-123456 Alma 2026</li></ul></body></html>";
    let lost = "<html><head><title>Page not found</title></head><body><h1>Page Not Found</h1><h2>What's New</h2><h3>Alma 2026</h3><p>November 2026 Fulfillment</p></body></html>";
    let other = "<html><head><title>Release Schedule</title></head><body><main><h1>Release and Maintenance Schedule</h1><h2>Alma</h2><p>November 2026</p><h2>Primo VE</h2><p>A page about dates.</p></main></body></html>";
    let template = "<html><body><main><h1>Alma 2026 Release Notes</h1><template><h2>Main Features</h2><h3>{{heading}}</h3></template></main></body></html>";
    for (name, body) in [
        ("login", login),
        ("maintenance", maintenance),
        ("empty", empty),
        ("shell", shell),
        ("search", search),
        ("lost", lost),
        ("other", other),
        ("template", template),
        ("nothing", ""),
        ("words", "<html><body><main><p>Loading…</p></main></body></html>"),
        (
            "trouble",
            "<html><body><h1>Something went wrong</h1><h2>What you can do</h2><p>Reload.</p></body></html>",
        ),
    ] {
        for url in [ANNUAL, OLD] {
            // On an old page of one area, plain headings are items: only what says itself that it is no article is told apart.
            if url == OLD && matches!(name, "other" | "template") {
                continue;
            }
            let found = read(body, url);
            assert!(found.is_err(), "{name}: {found:?}");
        }
    }
    assert!(read(login, ANNUAL).unwrap_err().0.contains("login"));
    assert!(read(maintenance, ANNUAL).unwrap_err().0.contains("maintenance"));
    assert!(read(empty, ANNUAL).unwrap_err().0.contains("empty"));
    assert!(read(lost, ANNUAL).unwrap_err().0.contains("does not exist"));
}

#[test]
fn an_index_page_leads_to_its_area_pages() {
    let index = r#"<main><h1>Alma September 2017</h1><ul>
        <li><a href="06Collaborative_Networks_September_2017_Enhancements.html?v=3">Collaborative Networks</a></li>
        <li><a href="06Collaborative_Networks_September_2017_Enhancements.html">again</a></li>
        <li><a href="04_Fulfillment_September_2017_Enhancements.html#x">Fulfillment</a></li>
        <li><a href="https://elsewhere.example/alma/01_Enhancements.html">away</a></li>
        <li><a href="/primo/01_Discovery_September_2017_Enhancements.html">another product</a></li>
        <li><a href="/alma/Help.html">help</a></li></ul></main>"#;
    let home: Url = "https://static.example/alma/Release_Notes/020_2017/September_2017.html"
        .parse()
        .unwrap();
    let found: Vec<String> = area_pages(index, &home, 10)
        .iter()
        .map(|url| url.path().rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        found,
        [
            "06Collaborative_Networks_September_2017_Enhancements.html",
            "04_Fulfillment_September_2017_Enhancements.html"
        ]
    );
    assert_eq!(area_pages(index, &home, 1).len(), 1);
}

#[test]
fn a_month_in_a_heading_or_a_text_makes_no_meta_line() {
    let body = "<main><h2>Main Features</h2><h3>One</h3><p>November 2026 Fulfillment URM-100001</p><p>See below</p><p><strong>August 2026 Changes</strong></p><p>More.</p>
        <h3>August 2026 Letters Update</h3><p>August 2026 Administration URM-100002</p><p>Body.</p><h3>May 2026 Letters Update</h3><p>Body.</p></main>";
    let page = read(body, "https://s.example/alma/2026").unwrap();
    let seen: Vec<_> = page
        .items
        .iter()
        .map(|item| (item.heading.as_str(), item.body.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("One", "See below\nAugust 2026 Changes\nMore."),
            ("August 2026 Letters Update", "Body."),
            ("May 2026 Letters Update", "Body.")
        ]
    );
}

#[test]
fn months_may_group_the_items_of_a_section() {
    let body = "<main><h1>Alma 2026 Release Notes</h1><h2>Main Features</h2><h3>November 2026</h3><h4>One</h4><p>November 2026 Fulfillment URM-100001</p><p>Body.</p>
        <h4>Two</h4><p>Body.</p><h3>August 2026</h3><h4>Three</h4><p>Body.</p>
        <h2>Resolved Issues</h2><p><strong>November 2026</strong></p><ul><li>Four was wrong. URM-100004</li></ul><p><b>August 2026</b></p>
        <ul><li>Fulfillment<ul><li>Five was wrong. URM-100005</li><li>Six was wrong.</li></ul></li></ul>
        <h2>Issues to Note</h2><h3>Acquisitions</h3><ul><li>Seven is slow.</li></ul><h3>Analytics</h3><ul><li>Eight is slow. It will be mended.</li></ul></main>";
    let page = read(body, "https://s.example/alma/2026").unwrap();
    let seen: Vec<_> = page
        .items
        .iter()
        .map(|item| {
            (
                item.heading.as_str(),
                item.release.as_deref(),
                item.area.as_deref(),
                item.section,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("One", Some("2026-11"), Some("Fulfillment"), Section::MainFeature),
            ("Two", Some("2026-11"), None, Section::MainFeature),
            ("Three", Some("2026-08"), None, Section::MainFeature),
            ("Four was wrong", Some("2026-11"), None, Section::ResolvedIssue),
            (
                "Five was wrong",
                Some("2026-08"),
                Some("Fulfillment"),
                Section::ResolvedIssue
            ),
            (
                "Six was wrong",
                Some("2026-08"),
                Some("Fulfillment"),
                Section::ResolvedIssue
            ),
            ("Seven is slow", None, Some("Acquisitions"), Section::IssueToNote),
            ("Eight is slow", None, Some("Analytics"), Section::IssueToNote),
        ]
    );
}

proptest::proptest! {
    /// Whatever a host sends: an answer, never a panic, and every item has a heading that stands on the page.
    #[test]
    fn any_markup_gets_an_answer(parts in proptest::collection::vec(proptest::prop_oneof![
        proptest::sample::select(vec![
            "<h1>", "</h1>", "<h2>Main Features</h2>", "<h2>Resolved Issues</h2>", "<h3>", "</h3>", "<h4>x</h4>", "<p>", "</p>", "<ul><li>", "</li></ul>", "<li>",
            "<table><tr><td>", "</td><td>", "</td></tr></table>", "<b>", "</b>", "<br>", "November 2026 Fulfillment URM-123456 ", "URM–1234", "SF: 01234567, ",
            "idea_exchange.png Idea Exchange: ", "(ID #12)", "Ünïcode — “x”. ", "<div class='mt-content-container'>", "</div>", "<main>", "{\"body\":", "<a href='?v=1#x'>", "</a>",
            "<img alt='NERS'>", "Additional Ö Enhancements", "May 2026 ", "Sept. 2026, ", "İ ſ ", "&nbsp;", "<summary>", "[", "(", ")", ": ", " - ",
        ]).prop_map(str::to_owned),
        ".{0,12}",
    ], 0..40)) {
        let body = parts.concat();
        for url in [ANNUAL, OLD] {
            if let Ok(page) = read(&body, url) {
                proptest::prop_assert!(page.items.iter().all(|item| !item.heading.trim().is_empty()), "{:?}", page.items);
            }
        }
    }
}
