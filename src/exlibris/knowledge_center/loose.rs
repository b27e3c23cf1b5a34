//! Items without a heading element: bullets, table rows and paragraphs of "Resolved Issues", "Issues to Note" and
//! "Additional Enhancements".

use super::areas::Areas;
use super::ids::{Ids, find_cases, find_urms, take_ids};
use super::text::{MARK, Text};
use super::wording::{
    Meta, bare_words, find_month_year, first_sentence, month_heading, normal_area, read_meta, split_meta, squeeze,
};

/// Punctuation between the parts of a lead.
const SEPARATORS: &str = ":;,|·•-–—/()[]";

/// What such a text says.
pub(super) struct Loose {
    pub heading: String,
    pub body: String,
    pub meta: Meta,
}

/// Reads a bullet or a paragraph.
pub(super) fn read(text: &Text, areas: &Areas) -> Loose {
    let mut meta = Meta::default();
    let (mut rich, mut plain): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let marked: Vec<&str> = text.marked.lines().collect();
    for (at, (rich_line, plain_line)) in text.rich.lines().zip(text.plain.lines()).enumerate() {
        let spaced = squeeze(&marked.get(at).copied().unwrap_or(plain_line).replace(MARK, " "));
        let whole = read_meta(&spaced).filter(|found| found.is_strong() || found.area.is_none());
        if let Some(found) = whole {
            absorb(&mut meta, found);
            continue;
        }
        if let Some(found) = areas.read_lead(&spaced).filter(|_| at == 0 && marked.len() > 1) {
            absorb(&mut meta, found);
            continue;
        }
        let (ids, rest) = take_ids(&spaced);
        if bare_words(&rest).is_empty() && !(ids.cases.is_empty() && ids.tags.is_empty()) {
            meta.ids.absorb(ids);
            continue;
        }
        rich.push(rich_line.to_owned());
        plain.push(plain_line.to_owned());
    }
    if let (Some(rich_first), Some(plain_first)) = (rich.first_mut(), plain.first_mut()) {
        let mut ignored = Meta::default();
        *rich_first = take_lead(rich_first, &mut ignored, areas);
        *plain_first = take_lead(plain_first, &mut meta, areas);
    }
    let (body, plain) = (rich.join("\n"), plain.join("\n"));
    for id in own_urms(&plain) {
        meta.ids.urm.insert(id);
    }
    meta.ids
        .cases
        .extend(find_cases(&plain).into_iter().flat_map(|(_, numbers)| numbers));
    let lead = bold_heading(text, &plain, areas);
    match lead {
        Some(lead) => {
            let rest = body.strip_prefix(lead.as_str()).map(|rest| {
                rest.trim_start_matches(|c: char| c.is_whitespace() || ":.-–—".contains(c))
                    .to_owned()
            });
            let heading = lead.trim_end_matches([':', '.', ' ', '-', '–', '—']).to_owned();
            let body = rest.filter(|rest| !rest.is_empty()).unwrap_or(body);
            Loose {
                heading: without_id_brackets(&heading),
                body,
                meta,
            }
        }
        None => {
            let sentence = without_id_brackets(&first_sentence(&without_id_brackets(&plain)));
            let ids = || {
                meta.ids
                    .urm
                    .iter()
                    .chain(&meta.ids.cases)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let heading = if bare_words(&sentence).is_empty() {
                ids()
            } else {
                sentence
            };
            Loose { heading, body, meta }
        }
    }
}

fn absorb(meta: &mut Meta, found: Meta) {
    meta.release = meta.release.take().or(found.release);
    meta.area = meta.area.take().or(found.area);
    meta.ids.absorb(found.ids);
}

/// The bold words at the beginning, where they are a heading and not an id, an area or the whole text.
fn bold_heading(text: &Text, plain: &str, areas: &Areas) -> Option<String> {
    let lead = text.bold_lead.as_str();
    let mut ignored = Meta::default();
    let lead = take_lead(lead, &mut ignored, areas);
    let bare = bare_words(&take_ids(&lead).1);
    let lone = text.all_bold && text.line_count() == 1;
    let note = matches!(
        bare.as_str(),
        "note" | "important" | "issue" | "description" | "workaround" | "fixed" | "new"
    );
    (!lone
        && !note
        && bare.contains(' ')
        && !areas.knows(&lead)
        && month_heading(&lead).is_none()
        && plain.starts_with(&lead))
    .then_some(lead)
}

/// Takes ids, month and area from the beginning of a line.
fn take_lead(line: &str, meta: &mut Meta, areas: &Areas) -> String {
    let mut rest = line.trim().to_owned();
    if let Some((found, after)) = split_meta(&rest) {
        absorb(meta, found);
        rest = after;
    }
    loop {
        let start = rest.trim_start_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(c));
        let offset = rest.len() - start.len();
        let at_start = |range: &std::ops::Range<usize>| range.start <= offset;
        if let Some((range, id)) = find_urms(&rest).into_iter().next().filter(|(range, _)| at_start(range)) {
            meta.ids.urm.insert(id);
            rest = rest[range.end..].to_owned();
            continue;
        }
        if let Some((range, numbers)) = find_cases(&rest)
            .into_iter()
            .next()
            .filter(|(range, _)| at_start(range))
        {
            meta.ids.cases.extend(numbers);
            rest = rest[range.end..].to_owned();
            continue;
        }
        // An area before ids or a colon: `Fulfillment: URM-1 …`, `Fulfillment – When …`.
        let cut = start
            .find(": ")
            .or_else(|| find_urms(start).first().map(|(range, _)| range.start))
            .or_else(|| start.find(" - "))
            .or_else(|| start.find(" – "));
        if let Some(cut) = cut.filter(|cut| *cut > 0)
            && areas.knows(start[..cut].trim_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(c)))
            && meta.area.is_none()
        {
            meta.area = Some(normal_area(
                start[..cut].trim_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(c)),
            ));
            rest = start[cut..].to_owned();
            continue;
        }
        let month = find_month_year(start).filter(|(_, range)| range.start == 0);
        if let Some((release, range)) = month
            && start[range.end..]
                .trim_start()
                .starts_with(|c: char| SEPARATORS.contains(c))
            && meta.release.is_none()
        {
            meta.release = Some(release);
            rest = start[range.end..].to_owned();
            continue;
        }
        // Brackets that belong to the text stay; only separators that a lead left behind go.
        let lead_left = rest.len() != line.trim().len();
        return if lead_left {
            rest.trim_start_matches(|c: char| c.is_whitespace() || ":;,|·•-–—/)]".contains(c))
                .to_owned()
        } else {
            rest
        };
    }
}

/// The ids that are the text's own: in brackets or at its end; where there are none such, all that it names.
fn own_urms(text: &str) -> Vec<String> {
    let all = find_urms(text);
    let own: Vec<String> = all
        .iter()
        .filter(|(range, _)| {
            let bracketed = text[..range.start].rfind(['(', '[']).is_some_and(|open| {
                let inside = &text[open + 1..range.start];
                !inside.contains([')', ']']) && bare_words(&take_ids(inside).1).is_empty()
            });
            let after = bare_words(&take_ids(&text[range.end..]).1);
            bracketed || after.is_empty()
        })
        .map(|(_, id)| id.clone())
        .collect();
    if own.is_empty() {
        all.into_iter().map(|(_, id)| id).collect()
    } else {
        own
    }
}

/// Without brackets that hold nothing but ids, and without ids at the end.
fn without_id_brackets(text: &str) -> String {
    let mut out = text.to_owned();
    let mut from = 0;
    while let Some(open) = out[from..].find(['(', '[']).map(|at| at + from) {
        let Some(close) = out[open..].find([')', ']']).map(|at| at + open) else {
            break;
        };
        let (ids, rest) = take_ids(&out[open + 1..close]);
        if bare_words(&rest).is_empty() && ids != Ids::default() {
            let head = out[..open].trim_end().to_owned();
            out = format!("{head}{}", &out[close + 1..]);
            from = head.len();
        } else {
            from = close + 1;
        }
    }
    if let Some((range, _)) = find_urms(&out)
        .first()
        .filter(|(range, _)| range.start > 0 && bare_words(&take_ids(&out[range.start..]).1).is_empty())
    {
        out.truncate(range.start);
    }
    out.trim_matches(|c: char| c.is_whitespace() || ":;,-–—".contains(c))
        .trim_end_matches('.')
        .to_owned()
}

/// Takes the tags at the beginning of an old page's body: `idea_exchange.png Idea Exchange, NERS.pngNERS Enhancement (ID #3856): …`.
/// Without a colon behind them they are only taken where an image says that they are marks (`pictured`).
pub(super) fn take_tag_lead(line: &str, pictured: bool) -> Option<(Ids, String)> {
    const TOKENS: [&str; 12] = [
        "idea_exchange.png",
        "idea-exchange.png",
        "ideaexchange.png",
        "idea exchange.png",
        "ners.png",
        "idea exchange",
        "idea_exchange",
        "ners enhancements",
        "ners enhancement",
        "ners request",
        "ners",
        "and ",
    ];
    let mut rest = line;
    let mut pictured = pictured;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ",;&/|-".contains(c));
        let lower = rest.to_ascii_lowercase();
        if let Some(token) = TOKENS.iter().find(|token| lower.starts_with(**token)) {
            pictured |= token.ends_with(".png");
            rest = &rest[token.len()..];
            continue;
        }
        let bracket = lower.starts_with('(').then(|| lower.find(')')).flatten();
        if let Some(close) = bracket
            && bare_words(&lower[..close])
                .split(' ')
                .all(|word| matches!(word, "id" | "ids" | "and" | "ners") || word.bytes().all(|b| b.is_ascii_digit()))
        {
            rest = &rest[close + 1..];
            continue;
        }
        break;
    }
    let taken = &line[..line.len() - rest.len()];
    let (ids, _) = take_ids(taken);
    if ids.tags.is_empty() {
        return None;
    }
    match rest.strip_prefix(':') {
        Some(after) => Some((ids, after.trim_start().to_owned())),
        None if rest.is_empty() || (pictured && rest.starts_with(|c: char| c.is_uppercase())) => {
            Some((ids, rest.to_owned()))
        }
        None => None,
    }
}

/// What a table's column holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Column {
    Heading,
    Text,
    Id,
    Area,
    Release,
}

/// The columns that a header row names; `None` where the row is no header.
pub(super) fn columns(cells: &[Text], header: bool) -> Option<Vec<Column>> {
    let named: Vec<Option<Column>> = cells.iter().map(|cell| column(&cell.one_line())).collect();
    let short = cells
        .iter()
        .all(|cell| cell.one_line().split(' ').count() <= 4 && find_urms(&cell.plain).is_empty());
    (header || (short && named.iter().filter(|column| column.is_some()).count() * 2 > cells.len()))
        .then(|| named.into_iter().map(|column| column.unwrap_or(Column::Text)).collect())
}

fn column(name: &str) -> Option<Column> {
    let bare = bare_words(name);
    let holds = |words: &[&str]| bare.split(' ').any(|word| words.contains(&word));
    if holds(&["area", "module", "component", "product"]) {
        Some(Column::Area)
    } else if holds(&["release", "version", "month", "date"]) {
        Some(Column::Release)
    } else if holds(&[
        "id",
        "ids",
        "urm",
        "case",
        "cases",
        "number",
        "sf",
        "salesforce",
        "reference",
        "key",
    ]) {
        Some(Column::Id)
    } else if holds(&["title", "summary", "heading", "subject", "name"]) {
        Some(Column::Heading)
    } else if holds(&[
        "description",
        "issue",
        "issues",
        "details",
        "resolution",
        "text",
        "note",
        "notes",
        "problem",
    ]) {
        Some(Column::Text)
    } else {
        None
    }
}

/// Reads a table row; `None` where it says nothing.
pub(super) fn read_row(cells: &[Text], columns: &[Column], areas: &Areas) -> Option<Loose> {
    let mut meta = Meta::default();
    let mut heading: Option<String> = None;
    let mut texts: Vec<&Text> = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let text = cell.one_line();
        if text.is_empty() {
            continue;
        }
        let named = columns.get(at).copied().filter(|_| columns.len() == cells.len());
        let (ids, rest) = take_ids(&text);
        let digits = text
            .split([' ', ',', ';'])
            .all(|word| word.is_empty() || word.trim_matches(['#', '(', ')']).bytes().all(|b| b.is_ascii_digit()));
        if bare_words(&rest).is_empty() && ids != Ids::default() {
            meta.ids.absorb(ids);
        } else if named == Some(Column::Id) && digits {
            let numbers = text
                .split(|c: char| !c.is_ascii_digit())
                .filter(|number| (6..=10).contains(&number.len()));
            meta.ids.cases.extend(numbers.map(str::to_owned));
        } else if let Some(found) = read_meta(&cell.spaced()) {
            absorb(&mut meta, found);
        } else if named == Some(Column::Area) || (named.is_none() && areas.knows(&text)) {
            meta.area = Some(normal_area(&text));
        } else if named == Some(Column::Heading) {
            heading = Some(text);
        } else {
            texts.push(cell);
        }
    }
    let mut found: Vec<Loose> = texts.into_iter().map(|text| read(text, areas)).collect();
    let body = found
        .iter()
        .map(|part| part.body.as_str())
        .filter(|body| !body.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    for part in &mut found {
        absorb(&mut meta, std::mem::take(&mut part.meta));
    }
    let heading = heading
        .or_else(|| {
            found
                .into_iter()
                .map(|part| part.heading)
                .find(|heading| !heading.is_empty())
        })
        .or_else(|| meta.ids.urm.iter().next().cloned())?;
    Some(Loose { heading, body, meta })
}
