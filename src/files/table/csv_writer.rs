//! CSV written so that no spreadsheet runs a cell as a formula, whatever its separator, and no
//! terminal obeys one; reading gives the texts back.

use super::remark::REMARK;
use crate::domain::support::text::escape_controls;

/// Where a spreadsheet with another separator would begin a cell.
const INNER_SEPARATORS: [char; 2] = [';', '\t'];
/// With what a formula begins.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes rows as CSV: comma, LF, quoted where needed, every text guarded.
pub struct CsvWriter(String);

impl CsvWriter {
    /// A file with this header. With `bom` Excel reads it as UTF-8.
    #[must_use]
    pub fn new(header: &[&str], bom: bool) -> Self {
        Self::with_remarks(&[], header, bom)
    }

    /// The same with remarks above the header, a row each.
    pub(super) fn with_remarks(remarks: &[String], header: &[&str], bom: bool) -> Self {
        let mut writer = Self(if bom { "\u{feff}" } else { "" }.to_owned());
        for remark in remarks {
            writer.write_row([format!("{REMARK}{remark}")]);
        }
        writer.write_row(header.iter().map(|field| (*field).to_owned()));
        writer
    }

    /// Adds a row.
    pub fn write_row(&mut self, fields: impl IntoIterator<Item = String>) {
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.0.push_str(&format_field(&field));
        }
        self.0.push('\n');
    }

    /// The text of the file.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

fn format_field(field: &str) -> String {
    let guarded = guard_formulas(field);
    let shown = escape_controls(&guarded);
    if shown.contains([',', ';', '\t', '"', '\n', '\r', '\'']) {
        format!("\"{}\"", shown.replace('"', "\"\""))
    } else {
        shown.into_owned()
    }
}

/// Puts `'` before every part of the text that a spreadsheet would run as a formula: at the start,
/// and after `;` and tab. A plain number at the start is unchanged.
pub(super) fn guard_formulas(field: &str) -> String {
    let mut guarded = String::with_capacity(field.len() + 4);
    for (index, part) in field.split_inclusive(INNER_SEPARATORS).enumerate() {
        if is_formula(part) && (index > 0 || !is_plain_number(field)) {
            guarded.push('\'');
        }
        guarded.push_str(part);
    }
    guarded
}

/// Removes the marks of [`guard_formulas`].
pub(super) fn unguard_formulas(field: &str) -> String {
    let unguard = |part: &str| match part.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest.to_owned(),
        Some(_) | None => part.to_owned(),
    };
    field.split_inclusive(INNER_SEPARATORS).map(unguard).collect()
}

/// Whether the text begins a formula, after spaces, quotes and marks of a guard.
fn is_formula(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.starts_with(FORMULA_STARTS)
        || text.trim_start_matches([' ', '\u{a0}', '"']).starts_with(FORMULA_STARTS)
}

fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells of a line as a spreadsheet with this separator splits it: a quote opens a cell
    /// only at its start.
    fn split_cells(line: &str, separator: char) -> Vec<String> {
        let (mut cells, mut cell) = (Vec::new(), String::new());
        let (mut is_quoted, mut is_start) = (false, true);
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '"' if is_quoted && rest.next_if_eq(&'"').is_some() => cell.push('"'),
                '"' if is_quoted || is_start => is_quoted = !is_quoted,
                c if c == separator && !is_quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
            is_start = c == separator && !is_quoted;
        }
        cells.push(cell);
        cells
    }

    #[test]
    fn a_formula_after_another_separator_is_guarded_and_a_number_is_not_touched() {
        let mut writer = CsvWriter::new(&["note", "value"], true);
        writer.write_row(["gộp;=1+1".to_owned(), "-5".to_owned()]);
        writer.write_row(["x;\"=2\"; @y".to_owned(), "+84".to_owned()]);
        assert_eq!(
            writer.into_text(),
            "\u{feff}note,value\n\"gộp;'=1+1\",-5\n\"x;'\"\"=2\"\";' @y\",\"'+84\"\n"
        );
    }

    #[test]
    fn no_control_character_reaches_a_file() {
        let mut writer = CsvWriter::new(&["note"], false);
        writer.write_row(["a\u{1b}[2J\u{202e}b".to_owned()]);
        assert_eq!(writer.into_text(), "note\na\\u001b[2J\\u202eb\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn no_spreadsheet_finds_a_formula_and_reading_gives_the_text_back(
            text in "[a=+@'\";, 1\\t-]{0,12}",
        ) {
            prop_assert_eq!(unguard_formulas(&guard_formulas(&text)), text.clone());
            let mut writer = CsvWriter::new(&["a", "b", "c"], false);
            writer.write_row(["c1".to_owned(), text.clone(), text.clone()]);
            let line = writer.into_text().lines().nth(1).unwrap().to_owned();
            for separator in [',', ';', '\t'] {
                for cell in split_cells(&line, separator) {
                    let cell = cell.trim_start();
                    let is_number = is_plain_number(cell);
                    prop_assert!(
                        is_number || !cell.starts_with(['=', '+', '@']), "{} in {}", cell, line
                    );
                }
            }
        }
    }
}
