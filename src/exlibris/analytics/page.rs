//! One page of an Analytics report: XML in, the wanted columns out, and nothing else (ALMA.md §6). Pure.
//!
//! Rows name their columns by place alone (`Column4`) and leave out those that are null; what a column is called stands in
//! the schema of the first page. So the headings are found once, and only cells of wanted columns ever leave this file.

use roxmltree::{Document, Node, ParsingOptions};

use crate::config::report_columns::{WantedColumn, is_private, plain};

/// Nodes of a page that are read: a thousand rows of a hundred columns, with the blanks between them.
const NODES_MAX: u32 = 500_000;
/// Columns of a report that are looked at; Analytics itself advises against more than a few dozen.
const COLUMNS_MAX: usize = 500;
/// Rows of one page; Analytics gives a thousand at most.
const ROWS_MAX: usize = 10_000;
/// Characters kept of a cell; the longest that is wanted is the name of a library.
pub const CELL_CHARS_MAX: usize = 200;
/// Characters of a token; real ones have about 130.
const TOKEN_CHARS_MAX: usize = 2_000;
/// Headings that a message names …
const HEADINGS_SHOWN_MAX: usize = 40;
/// … and characters of each.
const HEADING_CHARS_SHOWN: usize = 60;

/// The wanted cells of a row, in the order of the wanted columns; `None` where a cell is null or empty.
pub type Row = Vec<Option<String>>;

/// A page, as far as it is wanted.
#[derive(Clone, PartialEq)]
pub struct Page {
    /// `ResumptionToken`.
    pub token: Option<String>,
    /// `IsFinished`, where it stands there.
    pub finished: Option<bool>,
    /// Where the wanted columns are; `None` while no page has said what its columns are called.
    pub columns: Option<Columns>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Tells the same rows again.
    pub fingerprint: blake3::Hash,
}

impl std::fmt::Debug for Page {
    /// Counts only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("finished", &self.finished)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// Where in a report the wanted columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// `Column4` for each wanted column; `None` for one that the report does not have.
    places: Vec<Option<String>>,
    /// Names of the wanted fields that the report does not have and can be read without.
    pub without: Vec<&'static str>,
}

/// Why a page cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageTrouble {
    /// It is no page of a report.
    NoReport(&'static str),
    /// It is one of a report with other columns; goes on after "the report NAME".
    OtherColumns(String),
}

/// Reads a page. `known` is where a page before found the columns.
///
/// # Errors
/// [`PageTrouble`]. Nothing that stands in a row is ever in it.
pub fn read(xml: &str, wanted: &[WantedColumn], known: Option<&Columns>) -> Result<Page, PageTrouble> {
    let xml = xml.trim_start_matches('\u{FEFF}').trim();
    let options = ParsingOptions {
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(xml, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => {
            PageTrouble::NoReport("a page of a report that is far too wide; take columns out of it")
        }
        _ => PageTrouble::NoReport("markup that cannot be read, or that is cut off"),
    })?;
    let first = |name: &str| document.descendants().find(|node| is(node, name));
    let rowset = first("rowset");
    if rowset.is_none() && first("QueryResult").is_none() {
        return Err(PageTrouble::NoReport("markup that is no Analytics report"));
    }
    let columns = match known {
        Some(known) => Some(known.clone()),
        None => places(&headings(&document), wanted)?,
    };
    let row_nodes = || {
        rowset
            .into_iter()
            .flat_map(|rowset| rowset.children().filter(|node| is(node, "Row")))
    };
    if row_nodes().nth(ROWS_MAX).is_some() {
        return Err(PageTrouble::NoReport("a page with far more rows than were asked for"));
    }
    let rows: Vec<Row> = match &columns {
        Some(columns) => row_nodes().map(|row| columns.cells(row)).collect(),
        None if row_nodes().next().is_some() => {
            let what = "names no columns, so that nothing says which is which; give the places of its columns, such as \
                        request_id = \"Column4\", under [watch.columns]";
            return Err(PageTrouble::OtherColumns(what.to_owned()));
        }
        None => Vec::new(),
    };
    let token: String = first("ResumptionToken")
        .map(text)
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    if token.len() > TOKEN_CHARS_MAX {
        return Err(PageTrouble::NoReport("a page whose token is far too long"));
    }
    let finished = first("IsFinished").map(text).unwrap_or_default();
    Ok(Page {
        token: Some(token).filter(|token| !token.is_empty()),
        finished: match finished.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        columns,
        fingerprint: blake3::hash(rowset.map_or("", |rowset| &xml[rowset.range()]).as_bytes()),
        rows,
    })
}

impl Columns {
    fn cells(&self, row: Node<'_, '_>) -> Row {
        let cell = |place: &Option<String>| {
            let place = place.as_deref()?;
            let node = row.children().find(|node| is(node, place))?;
            let clean = text(node).split_whitespace().collect::<Vec<_>>().join(" ");
            let clean: String = clean.chars().filter(|c| !c.is_control()).take(CELL_CHARS_MAX).collect();
            (!clean.is_empty()).then_some(clean)
        };
        self.places.iter().map(cell).collect()
    }
}

/// The columns that the schema declares, by place and heading, but for `Column0`, which is junk. The namespaces vary, so
/// names alone count.
fn headings<'d>(document: &'d Document<'_>) -> Vec<(&'d str, &'d str)> {
    document
        .descendants()
        .filter(|node| is(node, "element"))
        .filter_map(|node| {
            let of = |name: &str| node.attributes().find(|it| it.name() == name).map(|it| it.value());
            Some((of("name")?, of("columnHeading")?))
        })
        .filter(|(place, _)| *place != "Column0")
        .take(COLUMNS_MAX)
        .collect()
}

/// Finds the wanted columns; `None` where nothing declares columns and not all are wanted by their places.
fn places(headings: &[(&str, &str)], wanted: &[WantedColumn]) -> Result<Option<Columns>, PageTrouble> {
    let by_place = wanted.iter().filter(|it| it.must).all(|it| is_place(&it.heading));
    if headings.is_empty() {
        let place = |it: &WantedColumn| is_place(&it.heading).then(|| it.heading.clone());
        return Ok(by_place.then(|| Columns {
            places: wanted.iter().map(place).collect(),
            without: wanted
                .iter()
                .filter(|it| !is_place(&it.heading))
                .map(|it| it.field.name())
                .collect(),
        }));
    }
    let mut found = Columns {
        places: Vec::new(),
        without: Vec::new(),
    };
    for it in wanted {
        let (field, asked) = (it.field.name(), plain(&it.heading));
        let mut fitting = headings
            .iter()
            .filter(|(place, heading)| plain(heading) == asked || (is_place(&it.heading) && *place == it.heading));
        let trouble = |what: String| Err(PageTrouble::OtherColumns(what));
        match (fitting.next(), fitting.next()) {
            (Some((first, _)), Some((second, _))) if it.must => {
                return trouble(format!(
                    "has the column {} (for {field}) twice, as {} and {}; give one of the two another heading in Analytics, \
                     or write {field} = \"{}\" under [watch.columns]",
                    shown(&it.heading),
                    shown(first),
                    shown(second),
                    first.chars().take(HEADING_CHARS_SHOWN).collect::<String>()
                ));
            }
            (Some((_, heading)), None) if is_private(heading) => {
                return trouble(format!(
                    "has the column {} where {field} is looked for; it tells of a reader or a title, and such columns are \
                     not read. Correct [watch.columns]",
                    shown(heading)
                ));
            }
            (Some((place, _)), None) => found.places.push(Some((*place).to_owned())),
            (None, _) if it.must => {
                return trouble(format!(
                    "has no column {} (for {field}); it has {}. Correct [watch.columns] or the report",
                    shown(&it.heading),
                    listed(headings)
                ));
            }
            (None, _) | (Some(_), Some(_)) => {
                found.places.push(None);
                found.without.push(field);
            }
        }
    }
    Ok(Some(found))
}

/// Whether it is the place of a column: `Column` and a number from 1.
fn is_place(heading: &str) -> bool {
    heading.strip_prefix("Column").is_some_and(|number| {
        !number.is_empty() && number != "0" && number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn listed(headings: &[(&str, &str)]) -> String {
    let mut all: Vec<String> = headings
        .iter()
        .take(HEADINGS_SHOWN_MAX)
        .map(|(_, heading)| shown(heading))
        .collect();
    if headings.len() > HEADINGS_SHOWN_MAX {
        all.push(format!("{} more", headings.len() - HEADINGS_SHOWN_MAX));
    }
    all.join(", ")
}

/// A heading as messages repeat it.
fn shown(heading: &str) -> String {
    let clean = heading.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = clean
        .chars()
        .filter(|c| !c.is_control())
        .take(HEADING_CHARS_SHOWN)
        .collect();
    if clean.chars().count() > HEADING_CHARS_SHOWN {
        short.push('…');
    }
    format!("“{short}”")
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn text(node: Node<'_, '_>) -> String {
    node.children()
        .filter_map(|child| child.is_text().then(|| child.text()).flatten())
        .collect()
}

#[cfg(test)]
mod tests;
