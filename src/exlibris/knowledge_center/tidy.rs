//! Before lines get roles: furniture goes, and lines that hold several things are taken apart.

use super::blocks::{Block, Kind};
use super::ids::{find_urms, take_ids};
use super::outline::MAX_HEADING_CHARS;
use super::sections::{is_chrome, section_name};
use super::text::{MARK, Text};
use super::wording::{bare_words, find_month_year, month_heading, read_meta, split_meta, squeeze};

/// The blocks without the furniture that hosts put around an article (RELEASE_NOTES.md §3).
pub(super) fn without_chrome(blocks: Vec<Block>) -> Vec<Block> {
    let mut kept: Vec<Block> = Vec::with_capacity(blocks.len());
    // Some(level): inside "Recommended articles", until a heading at least as high; u8::MAX: until any heading.
    let mut skipping: Option<u8> = None;
    // Below "Page outline", as long as its list goes on.
    let mut in_contents = false;
    for block in blocks {
        let text = block.text.one_line();
        let bare = bare_words(&text);
        in_contents &= matches!(block.kind, Kind::Bullet(_));
        if let Kind::Heading(level) = block.kind {
            let section = section_name(&text).is_some_and(|name| name.exact);
            if section || skipping.is_some_and(|until| level <= until) {
                skipping = None;
            }
            match bare.as_str() {
                "recommended articles" | "related articles" | "was this article helpful" => {
                    skipping = Some(level);
                    continue;
                }
                "contents" | "table of contents" | "on this page" | "in this article" | "page outline" => {
                    in_contents = true;
                    continue;
                }
                _ => {}
            }
        } else if matches!(bare.as_str(), "recommended articles" | "related articles") && block.kind == Kind::Paragraph
        {
            skipping = Some(u8::MAX);
        } else if matches!(
            bare.as_str(),
            "table of contents" | "on this page" | "in this article" | "page outline"
        ) {
            in_contents = true;
        }
        // In lists and as headings, single words such as "Print" and "Search" may well be the article's own.
        let chrome = match block.kind {
            Kind::Paragraph => is_chrome(&text),
            Kind::Heading(_) => bare.contains(' ') && is_chrome(&text) && section_name(&text).is_none(),
            Kind::Bullet(_) => bare.contains(' ') && is_chrome(&text) && !text.ends_with(':'),
            Kind::Row { .. } => false,
        };
        let only_image = text.is_empty() && !names_a_tag(&block.text.images);
        // A heading is often a link to itself.
        let contents_line = block.text.all_anchors && !matches!(block.kind, Kind::Heading(_));
        if skipping.is_none() && !in_contents && !chrome && !only_image && !contents_line {
            kept.push(block);
        }
    }
    kept
}

/// Whether an image's names are those of the Idea Exchange or NERS marks.
pub(super) fn names_a_tag(images: &str) -> bool {
    !take_ids(images).0.tags.is_empty()
}

/// Takes apart a paragraph that holds heading, meta line and body in lines of its own, and a heading with its meta line in it.
pub(super) fn split_lines(block: Block) -> Vec<Block> {
    match block.kind {
        Kind::Heading(_) => split_heading(block),
        Kind::Paragraph => {
            let lines: Vec<&str> = block.text.marked.lines().collect();
            let strong =
                |line: &str| read_meta(&squeeze(&line.replace(MARK, " "))).is_some_and(|meta| meta.is_strong());
            let meta_at = lines.iter().take(2).position(|line| strong(line));
            match meta_at {
                Some(0) if lines.len() > 1 => divide(&block, &[1]),
                Some(1) if lines[0].chars().count() <= MAX_HEADING_CHARS => {
                    divide(&block, if lines.len() > 2 { &[1, 2] } else { &[1] })
                }
                _ => split_prefix(block),
            }
        }
        _ => vec![block],
    }
}

/// A meta line is one also as a heading element: directly below its item's heading, and sure of itself or of a lower level.
/// "August 2026 Letters Update" alone may well be an item's heading.
pub(super) fn demote_metas(mut blocks: Vec<Block>) -> Vec<Block> {
    for at in 1..blocks.len() {
        let (Kind::Heading(above), Kind::Heading(level)) = (&blocks[at - 1].kind, &blocks[at].kind) else {
            continue;
        };
        let text = blocks[at].text.spaced();
        let name = blocks[at - 1].text.one_line();
        let below_item = section_name(&name).is_none() && month_heading(&name).is_none();
        if below_item
            && begins_like_meta(&text)
            && (level > above || read_meta(&text).is_some_and(|meta| meta.is_sure()))
        {
            blocks[at].kind = Kind::Paragraph;
        }
    }
    blocks
}

fn begins_like_meta(text: &str) -> bool {
    let month = find_month_year(text).is_some_and(|(_, range)| range.start == 0);
    let id = find_urms(text).first().is_some_and(|(range, _)| range.start == 0);
    (month || id)
        && section_name(text).is_none()
        && month_heading(text).is_none()
        && read_meta(text).is_some_and(|meta| meta.is_strong())
}

/// Cuts a paragraph before the lines named.
fn divide(block: &Block, cuts: &[usize]) -> Vec<Block> {
    let bounds: Vec<usize> = [0]
        .into_iter()
        .chain(cuts.iter().copied())
        .chain([usize::MAX])
        .collect();
    let part = |text: &str, from: usize, to: usize| {
        text.lines()
            .skip(from)
            .take(to.saturating_sub(from))
            .collect::<Vec<_>>()
            .join("\n")
    };
    bounds
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let rich = part(&block.text.rich, from, to);
            let plain = part(&block.text.plain, from, to);
            Block {
                kind: Kind::Paragraph,
                text: Text {
                    links: block
                        .text
                        .links
                        .iter()
                        .filter(|link| rich.contains(&link.url))
                        .cloned()
                        .collect(),
                    all_bold: block.text.all_bold
                        || (from == 0 && !plain.is_empty() && squeeze(&plain) == block.text.bold_lead),
                    images: if from == 0 {
                        block.text.images.clone()
                    } else {
                        String::new()
                    },
                    marked: part(&block.text.marked, from, to),
                    rich,
                    plain,
                    ..Text::default()
                },
            }
        })
        .collect()
}

/// A paragraph that opens with a meta line and goes on in the same line.
fn split_prefix(block: Block) -> Vec<Block> {
    let first = block.text.spaced();
    if read_meta(&first).is_some() {
        return vec![block];
    }
    let Some((_, rest)) = split_meta(&block.text.rich) else {
        return vec![block];
    };
    let head = block.text.rich[..block.text.rich.len() - rest.len()].to_owned();
    let plain = split_meta(&block.text.plain).map_or_else(|| rest.clone(), |(_, rest)| rest);
    let body = Text {
        rich: rest,
        marked: plain.clone(),
        plain,
        links: block.text.links,
        images: block.text.images,
        ..Text::default()
    };
    vec![
        Block {
            kind: Kind::Paragraph,
            text: Text::of(&squeeze(&head)),
        },
        Block {
            kind: Kind::Paragraph,
            text: body,
        },
    ]
}

/// `<h3>Heading <small>November 2026 Fulfillment URM-1</small></h3>`
fn split_heading(block: Block) -> Vec<Block> {
    let marked = block.text.marked.replace('\n', &format!(" {MARK} "));
    for (at, _) in marked.match_indices(MARK) {
        let head = squeeze(&marked[..at].replace(MARK, ""));
        let tail = squeeze(&marked[at..].replace(MARK, " "));
        if !head.is_empty() && read_meta(&tail).is_some_and(|meta| meta.is_strong()) {
            return vec![
                Block {
                    kind: block.kind,
                    text: Text::of(&head),
                },
                Block {
                    kind: Kind::Paragraph,
                    text: Text {
                        images: block.text.images,
                        ..Text::of(&tail)
                    },
                },
            ];
        }
    }
    vec![block]
}
