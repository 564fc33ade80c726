//! CSV with the variations that spreadsheets write (a byte order mark; commas, semicolons or tabs),
//! written so that no spreadsheet runs a field as a formula and no terminal obeys one.

use super::diagnostic::{FileDiagnostic, TextPosition};
use super::text_limits::text_limit;
use crate::domain::support::message::message;
use crate::domain::support::text::{checked_text, escape_controls};
use crate::domain::support::violation::Violation;

/// A CSV file with a header, read completely.
pub(super) struct CsvFile {
    file: String,
    header: Vec<String>,
    lines: Vec<CsvLine>,
}

/// One line below the header.
pub(super) struct CsvLine {
    /// Line in the file, from 1.
    pub(super) number: usize,
    fields: Vec<String>,
}

impl CsvFile {
    /// Reads `text`; the separator is the one of comma, semicolon and tab that occurs most in the
    /// header.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, Vec<FileDiagnostic>> {
        // The csv reader counts one line too few where lines end in CR LF.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let head = text.lines().next().unwrap_or_default();
        let separator = [b',', b';', b'\t'].into_iter().max_by_key(|separator| {
            let count = head.bytes().filter(|byte| byte == separator).count();
            // A tie (a header of one column) selects the comma.
            (count, *separator == b',')
        });
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator.unwrap_or(b','))
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| vec![unreadable_line(file, &error)])?;
            let number = record.position().map_or(0, |position| position.line() as usize);
            let fields: Vec<String> =
                record.iter().map(|field| unescape_formula(field.trim()).to_owned()).collect();
            if fields.iter().any(|field| !field.is_empty()) {
                rows.push(CsvLine { number, fields });
            }
        }
        let header = if rows.is_empty() { Vec::new() } else { rows.remove(0).fields };
        let mut csv_file = Self { file: file.to_owned(), header, lines: rows };
        csv_file.check_texts()?;
        Ok(csv_file)
    }

    /// Brings every field into the form in which it is stored, or says which cannot be.
    fn check_texts(&mut self) -> Result<(), Vec<FileDiagnostic>> {
        let (mut header, mut lines) =
            (std::mem::take(&mut self.header), std::mem::take(&mut self.lines));
        let mut diagnostics = Vec::new();
        let mut check =
            |line: usize, column: usize, name: &str, field: &mut String| match checked_text(
                field,
                text_limit(name),
            ) {
                Ok(text) => *field = text,
                Err(fault) => {
                    diagnostics.push(self.diagnostic(line, column, fault.to_violation(name)));
                }
            };
        for (column, name) in header.iter_mut().enumerate() {
            check(1, column, "header", name);
        }
        for line in &mut lines {
            for (column, field) in line.fields.iter_mut().enumerate() {
                let name = header.get(column).map_or("row", String::as_str);
                check(line.number, column, name, field);
            }
        }
        (self.header, self.lines) = (header, lines);
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn lines(&self) -> &[CsvLine] {
        &self.lines
    }

    /// The column index of each of `names`, in their order; the diagnostic lists all that are
    /// missing.
    pub(super) fn find_columns<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[usize; N], Vec<FileDiagnostic>> {
        let found = names.map(|name| self.header.iter().position(|head| head == name));
        let missing: Vec<&str> = names
            .iter()
            .zip(&found)
            .filter(|(_, at)| at.is_none())
            .map(|(name, _)| *name)
            .collect();
        if missing.is_empty() {
            return Ok(found.map(Option::unwrap_or_default));
        }
        let (missing, got) = (missing.join(", "), self.header.join(", "));
        let text = message!("csv-file-column-missing-first-line", missing, got);
        Err(vec![self.diagnostic(1, 0, Violation::error("MISSING_COLUMN", "header", text))])
    }

    /// A diagnostic at `line` and this column index.
    pub(super) fn diagnostic(
        &self,
        line: usize,
        column: usize,
        violation: Violation,
    ) -> FileDiagnostic {
        FileDiagnostic {
            file: self.file.clone(),
            position: TextPosition { line, column: column + 1 },
            violation,
        }
    }
}

impl CsvLine {
    /// Number of fields in the line.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The field in this column; empty if the line is too short.
    pub(super) fn get(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

fn unreadable_line(file: &str, error: &csv::Error) -> FileDiagnostic {
    let line = error.position().map_or(1, |position| position.line() as usize);
    let violation =
        Violation::error("BAD_LINE", "line", message!("csv-file-line-unreadable", error));
    FileDiagnostic { file: file.to_owned(), position: TextPosition { line, column: 1 }, violation }
}

/// Writes rows as CSV: comma, LF, quoted where needed, every text escaped.
pub(super) struct CsvWriter(csv::Writer<Vec<u8>>);

impl CsvWriter {
    /// A file with this header. With `bom` Excel reads it as UTF-8.
    pub(super) fn new(header: &[&str], bom: bool) -> Self {
        let start = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let mut writer = Self(csv::WriterBuilder::new().flexible(true).from_writer(start));
        writer.write_row(header.iter().map(|field| (*field).to_owned()));
        writer
    }

    pub(super) fn write_row(&mut self, fields: impl IntoIterator<Item = String>) {
        // Writing to memory cannot fail, and a flexible writer accepts rows of any length.
        let escape = |field: String| escape_controls(&escape_formula(&field)).into_owned();
        let _ = self.0.write_record(fields.into_iter().map(escape));
    }

    pub(super) fn into_text(self) -> String {
        self.0
            .into_inner()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

/// Puts `'` before a text that a spreadsheet would run as a formula; plain numbers are unchanged.
fn escape_formula(field: &str) -> String {
    let risky = field.starts_with(['=', '+', '-', '@', '\t', '\r']) || field.starts_with("'");
    let number = field.strip_prefix('-').unwrap_or(field);
    let number =
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if risky && !number { format!("'{field}") } else { field.to_owned() }
}

/// Removes the `'` of [`escape_formula`].
fn unescape_formula(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\'']) => rest,
        Some(_) | None => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_tabs_and_a_byte_order_mark_are_read_alike() {
        for text in ["a,b\n1,2\n", "\u{feff}a;b\r\n1;2\r\n", "a\tb\n\n1\t2\n"] {
            let csv_file = CsvFile::parse("x.csv", text).unwrap_or_else(|_| panic!("{text:?}"));
            assert_eq!(csv_file.header, ["a", "b"]);
            assert_eq!(
                (
                    csv_file.lines()[0].get(0),
                    csv_file.lines()[0].get(1),
                    csv_file.lines()[0].get(7)
                ),
                ("1", "2", "")
            );
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let csv_file = CsvFile::parse("x.csv", "a,b\n").unwrap_or_else(|_| panic!());
        let faults = csv_file.find_columns(["a", "value"]).unwrap_err();
        assert!(
            faults[0]
                .to_string()
                .starts_with("x.csv:1:1: MISSING_COLUMN: header: column value is missing")
        );
    }

    #[test]
    fn no_field_is_run_as_a_formula_and_reading_gives_it_back() {
        let mut writer = CsvWriter::new(&["note"], true);
        let texts = ["=cmd()", "+1+1", "-5", "@x", "'quoted", "thường"];
        texts.iter().for_each(|text| writer.write_row([(*text).to_owned()]));
        let text = writer.into_text();
        assert!(text.contains("'=cmd()") && text.contains("'+1+1") && text.contains("\n-5\n"));
        let csv_file = CsvFile::parse("x.csv", &text).unwrap_or_else(|_| panic!());
        let back: Vec<&str> = csv_file.lines().iter().map(|line| line.get(0)).collect();
        assert_eq!(back, texts);
    }

    #[test]
    fn a_field_is_composed_and_one_with_a_control_or_too_long_is_named_with_its_place() {
        let nfd = "uid,name_vi,note\nc1,Xa\u{303} Hai,\"mo\u{323}\u{302}t\nhai\"\n";
        let csv_file = CsvFile::parse("x.csv", nfd).unwrap_or_else(|_| panic!());
        assert_eq!(csv_file.lines()[0].fields, ["c1", "Xã Hai", "một hai"]);
        let text = format!(
            "uid,name_vi,note\nc\u{1b}]0;1,Xã {},\nc2,Xã \u{202e}Hai,x\n",
            "A".repeat(4_300_000)
        );
        let faults = CsvFile::parse("x.csv", &text).err().unwrap_or_default();
        let places: Vec<_> = faults
            .iter()
            .map(|fault| (fault.position.line, fault.position.column, fault.violation.code))
            .collect();
        let expected =
            [(2, 1, "CONTROL_CHARACTER"), (2, 2, "TEXT_TOO_LONG"), (3, 2, "CONTROL_CHARACTER")];
        assert_eq!(places, expected);
    }

    #[test]
    fn no_control_character_reaches_a_file() {
        let mut writer = CsvWriter::new(&["note"], false);
        writer.write_row(["a\u{1b}[2J\u{202e}b".to_owned()]);
        assert_eq!(writer.into_text(), "note\na\\u001b[2J\\u202eb\n");
    }
}
