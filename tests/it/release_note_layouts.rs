//! Proof that release notes are read by structure: at least 99 % of the items of 200 pages that a seeded generator lays
//! out in as many ways are read right, and none is invented (issue of the release-notes source, §6).

use std::collections::BTreeSet;

use almanac::config::ReleaseNotesParser;
use almanac::exlibris::knowledge_center::{Item, read_page};
use url::Url;

use crate::layouts::{ExpectedItem, Host, layout};

/// Phrases of the chrome that no body may hold (RELEASE_NOTES.md §3).
const CHROME: [&str; 5] = [
    "Was this article helpful",
    "Recommended articles",
    "Subscribe by RSS",
    "Back to top",
    "Knowledge Assistant BETA",
];

#[test]
fn two_hundred_layouts() {
    assert_read_right(0..200);
}

/// Pages that nobody looked at while the reader was mended.
#[test]
fn two_hundred_more_layouts() {
    assert_read_right(2000..2200);
}

/// At least 99 % of the items right, and none invented.
fn assert_read_right(seeds: std::ops::Range<u64>) {
    let pages = seeds.end - seeds.start;
    let (mut expected, mut right, mut invented) = (0_usize, 0_usize, 0_usize);
    let mut report = Vec::new();
    for seed in seeds {
        let page = layout(seed);
        let url: Url = page.url.parse().unwrap();
        // Half of the pages say for themselves whose markup they are, as most configurations will have it.
        let parser = match page.host {
            _ if seed % 2 == 0 => ReleaseNotesParser::Auto,
            Host::MindTouch => ReleaseNotesParser::Mindtouch,
            Host::Static => ReleaseNotesParser::Static,
        };
        expected += page.expected.len();
        let found = match read_page(&page.html, &url, parser) {
            Ok(found) => found.items,
            Err(error) => {
                report.push(format!("page {seed} ({:?}) could not be read: {error:?}", page.host));
                continue;
            }
        };
        let mut free: Vec<&Item> = found.iter().collect();
        let mut unplaced = Vec::new();
        for item in &page.expected {
            match free
                .iter()
                .position(|found| faults(item, found, &page.expected).is_empty())
            {
                Some(place) => {
                    free.remove(place);
                    right += 1;
                }
                None => unplaced.push(item),
            }
        }
        for item in unplaced {
            match free.iter().position(|found| is_about(item, found)) {
                Some(place) => {
                    let wrong = faults(item, free.remove(place), &page.expected).join("; ");
                    report.push(format!("page {seed}, {}: {:?}: {wrong}", item.section, item.heading));
                }
                None => report.push(format!("page {seed}, {}: {:?}: not found", item.section, item.heading)),
            }
        }
        invented += free.len();
        report.extend(
            free.iter()
                .map(|item| format!("page {seed}: invented {:?}", item.heading)),
        );
    }
    let summary = format!(
        "{right} of {expected} items right on {pages} pages, {invented} invented\n{}",
        report.join("\n")
    );
    print(&summary);
    assert!(right * 100 >= expected * 99, "{summary}");
    assert_eq!(invented, 0, "{summary}");
}

/// What is wrong with `found` as a reading of `item`; nothing, if it is right.
fn faults(item: &ExpectedItem, found: &Item, all: &[ExpectedItem]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: &str, want: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug| {
        faults.push(format!("{what} should be {want:?}, is {got:?}"));
    };
    if !heading_is_right(item, found) {
        fault("heading", &item.heading, &found.heading);
    }
    let section = serde_json::json!(found.section);
    if section.as_str() != Some(item.section) {
        fault("section", &item.section, &section);
    }
    if found.release != item.release {
        fault("release", &item.release, &found.release);
    }
    let area = found.area.as_deref().map(plain);
    if area != item.area.as_deref().map(plain) {
        fault("area", &item.area, &area);
    }
    // A reader may keep other case numbers beside them.
    let ids: BTreeSet<&str> = found
        .urm_ids
        .iter()
        .map(String::as_str)
        .filter(|id| id.starts_with("URM-"))
        .collect();
    if ids != item.urm_ids.iter().map(String::as_str).collect() {
        fault("ids", &item.urm_ids, &ids);
    }
    let tags: BTreeSet<String> = found.tags.iter().map(|tag| tag_name(tag)).collect();
    if tags != item.tags.iter().map(|tag| tag_name(tag)).collect() {
        fault("tags", &item.tags, &tags);
    }
    let mut body = plain(&found.body);
    if !item.heading_stated {
        body = format!("{} {body}", plain(&found.heading));
    }
    let missing: Vec<&String> = item
        .body_words
        .iter()
        .filter(|word| !body.contains(word.as_str()))
        .collect();
    if !missing.is_empty() {
        fault("body", &missing, &found.body);
    }
    let strange: Vec<&str> = all
        .iter()
        .flat_map(|other| &other.body_words)
        .filter(|word| !item.body_words.contains(word) && body.contains(word.as_str()))
        .map(String::as_str)
        .chain(CHROME.into_iter().filter(|phrase| body.contains(phrase)))
        .collect();
    if !strange.is_empty() {
        fault("what does not belong to the body", &"absent", &strange);
    }
    faults
}

/// A heading that the page states must be read to the letter; where it states none, the item's first words do.
fn heading_is_right(item: &ExpectedItem, found: &Item) -> bool {
    let heading = plain(&found.heading);
    if heading == plain(&item.heading) {
        return true;
    }
    let first: Vec<&str> = heading
        .trim_end_matches(['\u{2026}', '.', ':'])
        .split(' ')
        .take(4)
        .collect();
    !item.heading_stated && !heading.is_empty() && plain(&item.text).contains(&first.join(" "))
}

/// Whether `found` is meant for `item`, even if it is wrong in something.
fn is_about(item: &ExpectedItem, found: &Item) -> bool {
    let body = plain(&found.body);
    plain(&found.heading) == plain(&item.heading) || item.body_words.iter().any(|word| body.contains(word.as_str()))
}

/// Single spaces, no invisible letters, one kind of dash.
fn plain(text: &str) -> String {
    text.replace('\u{200b}', "")
        .replace('\u{2013}', "-")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn tag_name(tag: &str) -> String {
    let tag = tag.to_lowercase();
    if tag.contains("idea") {
        "idea-exchange".to_owned()
    } else if tag.contains("ners") {
        "ners".to_owned()
    } else {
        tag
    }
}

#[expect(clippy::print_stdout, reason = "the figures are the point of the test")]
fn print(text: &str) {
    println!("{text}");
}
