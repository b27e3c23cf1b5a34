//! Tables for spreadsheets (RFC 4180).

/// The table as CSV, with a line of headings. A cell that a spreadsheet would take for a formula gets an apostrophe in
/// front: names come from other people's systems.
pub fn csv<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut text = Vec::new();
    let mut writer = csv::Writer::from_writer(&mut text);
    // Writing into memory cannot fail, and every line has as many cells as the headings.
    let _ = writer.write_record(headings);
    for row in rows {
        let _ = writer.write_record(row.map(harmless));
    }
    let _ = writer.flush();
    drop(writer);
    String::from_utf8_lossy(&text).into_owned()
}

fn harmless(cell: String) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_a_formula_and_quotes_survive() {
        let rows = [
            ["=HYPERLINK(\"x\")".to_owned(), "-3".to_owned()],
            ["Boston, \"old\"".to_owned(), "@sum".to_owned()],
        ];
        assert_eq!(
            csv(["name", "count"], rows),
            "name,count\n\"'=HYPERLINK(\"\"x\"\")\",-3\n\"Boston, \"\"old\"\"\",'@sum\n"
        );
    }
}
