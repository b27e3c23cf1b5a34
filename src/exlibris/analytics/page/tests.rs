use proptest::prelude::*;

use super::*;
use crate::config::BorrowingRequestsSettings;
use crate::config::report_columns::ReportField;

fn wanted() -> Vec<WantedColumn> {
    BorrowingRequestsSettings::default().wanted()
}

fn wanted_as(columns: &[(ReportField, &str)]) -> Vec<WantedColumn> {
    let mut settings = BorrowingRequestsSettings::default();
    for (field, heading) in columns {
        settings.columns.insert(*field, (*heading).to_owned());
    }
    settings.wanted()
}

fn schema(headings: &[&str]) -> String {
    let elements: String = headings
        .iter()
        .enumerate()
        .map(|(place, heading)| {
            format!(
                "<xsd:element name=\"Column{}\" type=\"xsd:string\" minOccurs=\"0\" saw-sql:columnHeading=\"{}\"/>",
                place + 1,
                heading.replace('&', "&amp;").replace('"', "&quot;")
            )
        })
        .collect();
    format!(
        "<xsd:schema xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:saw-sql=\"urn:saw-sql\"><xsd:complexType name=\"Row\">\
         <xsd:sequence><xsd:element name=\"Column0\" saw-sql:columnHeading=\"Partner Code\"/>{elements}</xsd:sequence>\
         </xsd:complexType></xsd:schema>"
    )
}

fn report(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><report><QueryResult><ResumptionToken>AB \n  CD</ResumptionToken>\
         <IsFinished>true</IsFinished><ResultXml><rowset xmlns=\"urn:schemas-microsoft-com:xml-analysis:rowset\">{content}\
         </rowset></ResultXml></QueryResult></report>"
    )
}

const HEADINGS: [&str; 5] = [
    "Full Name",
    "internal id",
    "Partner  Code",
    "Borrowing Request Status",
    "Title",
];

fn cell(row: &Row, field: ReportField) -> Option<&str> {
    let place = ReportField::ALL.iter().position(|it| *it == field)?;
    row[place].as_deref()
}

fn columns_trouble(xml: &str, wanted: &[WantedColumn]) -> String {
    match read(xml, wanted, None) {
        Err(PageTrouble::OtherColumns(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_wanted_cells_leave_and_places_shift_with_nothing() {
    let rows = "<Row><Column0>0</Column0><Column1>Canary Person</Column1><Column2>77</Column2><Column3>A &amp; B&#x20;&lt;C&gt;</Column3>\
                <Column4>Will supply</Column4><Column5>Canary Title</Column5></Row>\
                <Row><Column4>Expired</Column4><Column2> 78 </Column2></Row>";
    let page = read(
        &format!("\u{FEFF}{}", report(&(schema(&HEADINGS) + rows))),
        &wanted(),
        None,
    )
    .unwrap();
    assert_eq!((page.token.as_deref(), page.finished), (Some("ABCD"), Some(true)));
    assert_eq!(page.rows.len(), 2);
    assert_eq!(cell(&page.rows[0], ReportField::RequestId), Some("77"));
    assert_eq!(cell(&page.rows[0], ReportField::Partner), Some("A & B <C>"));
    assert_eq!(cell(&page.rows[1], ReportField::RequestId), Some("78"));
    assert_eq!(
        cell(&page.rows[1], ReportField::Partner),
        None,
        "null columns are left out"
    );
    assert_eq!(cell(&page.rows[1], ReportField::Status), Some("Expired"));
    assert!(!format!("{:?}", page.rows).contains("Canary") && !format!("{page:?}").contains("77"));
    let columns = page.columns.unwrap();
    assert_eq!(columns.without, ["format", "library", "created", "modified"]);

    // A later page has no schema, and may have any namespace or none.
    let later = "<rs:rowset xmlns:rs=\"urn:other\"><rs:Row><rs:Column3>P</rs:Column3><rs:Column2>79</rs:Column2></rs:Row></rs:rowset>";
    let page = read(later, &wanted(), Some(&columns)).unwrap();
    assert_eq!(cell(&page.rows[0], ReportField::Partner), Some("P"));
    assert_eq!((page.token, page.finished), (None, None));
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there() {
    let rows = "<Row><Column1>Canary Person</Column1></Row>";
    let xml = report(
        &(schema(&[
            "Full Name",
            "Internal Id",
            "Statut",
            "TIMESTAMPDIFF( SQL_TSI_DAY, x, CURRENT_DATE )",
        ]) + rows),
    );
    let what = columns_trouble(&xml, &wanted());
    assert!(
        what.contains("no column “Borrowing Request Status” (for status)")
            && what.contains("“Full Name”, “Internal Id”, “Statut”, “TIMESTAMPDIFF("),
        "{what}"
    );
    assert!(!what.contains("Canary"), "{what}");
    let many: Vec<String> = (0..60).map(|n| format!("Column heading {n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let what = columns_trouble(&report(&schema(&many)), &wanted());
    assert!(what.contains("20 more") && what.len() < 2_000, "{what}");
}

#[test]
fn a_heading_twice_is_a_mistake_where_it_was_asked_for_and_places_help() {
    let headings = [
        "Internal Id",
        "Borrowing Request Status",
        "Partner Code",
        "partner code",
        "Library Code",
        "Library Code",
    ];
    let xml = report(&(schema(&headings) + "<Row><Column1>1</Column1><Column4>P4</Column4></Row>"));
    let what = columns_trouble(&xml, &wanted());
    assert!(
        what.contains("“Partner Code” (for partner) twice, as “Column3” and “Column4”")
            && what.contains("partner = \"Column3\""),
        "{what}"
    );
    let page = read(&xml, &wanted_as(&[(ReportField::Partner, "Column4")]), None).unwrap();
    assert_eq!(cell(&page.rows[0], ReportField::Partner), Some("P4"));
    assert!(
        page.columns.unwrap().without.contains(&"library"),
        "nobody asked for it by name"
    );
}

#[test]
fn a_column_about_a_reader_is_not_read_even_by_its_place() {
    let xml = report(&(schema(&HEADINGS) + "<Row><Column1>Canary Person</Column1></Row>"));
    let what = columns_trouble(&xml, &wanted_as(&[(ReportField::Partner, "Column1")]));
    assert!(
        what.contains("“Full Name”") && what.contains("not read") && !what.contains("Canary"),
        "{what}"
    );
}

#[test]
fn rows_without_any_headings_are_read_by_place_or_not_at_all() {
    let xml = report("<Row><Column0>0</Column0><Column4>1</Column4><Column7>Expired</Column7></Row>");
    assert!(columns_trouble(&xml, &wanted()).contains("names no columns"));
    let places = [
        (ReportField::RequestId, "Column4"),
        (ReportField::Status, "Column7"),
        (ReportField::Partner, "Column9"),
    ];
    let page = read(&xml, &wanted_as(&places), None).unwrap();
    assert_eq!(cell(&page.rows[0], ReportField::Status), Some("Expired"));
    let none = read(&report(""), &wanted(), None).unwrap();
    assert_eq!((none.rows.len(), none.columns), (0, None));
}

#[test]
fn what_is_no_report_says_so() {
    for text in [
        "",
        "<html/>",
        "<report/>",
        "<report><QueryResult>",
        "no markup",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><report><QueryResult/></report>",
    ] {
        assert!(
            matches!(read(text, &wanted(), None), Err(PageTrouble::NoReport(_))),
            "{text}"
        );
    }
    let wide = format!(
        "<report><QueryResult>{}</QueryResult></report>",
        "<a/>".repeat(NODES_MAX as usize)
    );
    assert!(matches!(read(&wide, &wanted(), None), Err(PageTrouble::NoReport(why)) if why.contains("too wide")));
    let long = report(&(schema(&HEADINGS) + &"<Row/>".repeat(ROWS_MAX + 1)));
    assert!(matches!(read(&long, &wanted(), None), Err(PageTrouble::NoReport(why)) if why.contains("more rows")));
    let unfinished = "<report><QueryResult><IsFinished>false</IsFinished><ResultXml/></QueryResult></report>";
    let page = read(unfinished, &wanted(), None).unwrap();
    assert_eq!((page.finished, page.rows.len(), page.columns), (Some(false), 0, None));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

proptest! {
    /// Whatever columns a report has, in whatever order and with whatever left out, the wanted cells come out as they went in.
    #[test]
    fn what_goes_in_comes_out(
        order in Just(vec!["Internal Id", "Borrowing Request Status", "Partner Code", "Requested Format", "Full Name", "Title"]).prop_shuffle(),
        rows in proptest::collection::vec(proptest::collection::vec(proptest::option::of("[A-Za-zé&<>'\" ]{0,12}"), 6), 0..8),
        reversed: bool,
    ) {
        let mut content = schema(&order);
        for row in &rows {
            let mut cells: Vec<String> = row
                .iter()
                .enumerate()
                .filter_map(|(place, cell)| Some(format!("<Column{}>{}</Column{}>", place + 1, escaped(cell.as_deref()?), place + 1)))
                .collect();
            if reversed {
                cells.reverse();
            }
            content.push_str(&format!("<Row>{}</Row>", cells.concat()));
        }
        let page = read(&report(&content), &wanted(), None).unwrap();
        prop_assert_eq!(page.rows.len(), rows.len());
        for (read, row) in page.rows.iter().zip(&rows) {
            for field in [ReportField::RequestId, ReportField::Status, ReportField::Partner, ReportField::Format] {
                let place = order.iter().position(|heading| *heading == field.usual_heading()).unwrap();
                let put = row[place].as_deref().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
                prop_assert_eq!(cell(read, field), put.as_deref().filter(|text| !text.is_empty()));
            }
        }
    }

    #[test]
    fn no_text_breaks_it(text in "\\PC{0,200}", cut in 0usize..400) {
        let _ = read(&text, &wanted(), None);
        let whole = report(&(schema(&HEADINGS) + "<Row><Column2>7</Column2></Row>"));
        let cut: String = whole.chars().take(cut).collect();
        prop_assert!(read(&cut, &wanted(), None).is_err());
    }
}
