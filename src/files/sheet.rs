//! CSV as offices really write it: a byte order mark, commas, semicolons or tabs; and CSV that no spreadsheet will run.
//!
//! Knows lines and fields; knows no meaning of any column.

use super::fault::{Fault, Place};
use crate::domain::broken::Broken;

/// A sheet with a header, read whole.
pub(super) struct Sheet {
    file: String,
    header: Vec<String>,
    rows: Vec<Line>,
}

/// One line below the header.
pub(super) struct Line {
    /// Line in the file, from 1.
    pub(super) number: usize,
    fields: Vec<String>,
}

impl Sheet {
    /// Reads `text`; the separator is the one of comma, semicolon and tab that the header uses most.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        // The csv reader counts a line too few where lines end in CR LF.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let head = text.lines().next().unwrap_or_default();
        let separator = [b',', b';', b'\t'].into_iter().max_by_key(|separator| {
            let count = head.bytes().filter(|byte| byte == separator).count();
            // A tie (a header of one column) falls to the comma.
            (count, *separator == b',')
        });
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator.unwrap_or(b','))
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| vec![unreadable(file, &error)])?;
            let number = record.position().map_or(0, |position| position.line() as usize);
            let fields: Vec<String> = record.iter().map(|field| unguard(field.trim()).to_owned()).collect();
            if fields.iter().any(|field| !field.is_empty()) {
                rows.push(Line { number, fields });
            }
        }
        let header = if rows.is_empty() { Vec::new() } else { rows.remove(0).fields };
        Ok(Self { file: file.to_owned(), header, rows })
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.rows
    }

    /// The place in the header of each of `names`, in their order; all that are missing are named at once.
    pub(super) fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], Vec<Fault>> {
        let found = names.map(|name| self.header.iter().position(|head| head == name));
        let missing: Vec<&str> =
            names.iter().zip(&found).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
        if missing.is_empty() {
            return Ok(found.map(Option::unwrap_or_default));
        }
        let (missing, got) = (missing.join(", "), self.header.join(", "));
        let vi = format!("thiếu cột {missing}; dòng đầu hiện có: {got}");
        let en = format!("column {missing} is missing; the first line has: {got}");
        Err(vec![self.fault(1, 0, Broken::refuses("MISSING_COLUMN", "header", vi, en))])
    }

    /// A finding at `line`, in the column of this index.
    pub(super) fn fault(&self, line: usize, column: usize, broken: Broken) -> Fault {
        Fault { file: self.file.clone(), place: Place { line, column: column + 1 }, broken }
    }
}

impl Line {
    /// How many fields stand in the line.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The field in this column; empty where the line is short.
    pub(super) fn get(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

fn unreadable(file: &str, error: &csv::Error) -> Fault {
    let line = error.position().map_or(1, |position| position.line() as usize);
    let vi = format!("không đọc được dòng này: {error}");
    let broken = Broken::refuses("BAD_LINE", "line", vi, format!("this line cannot be read: {error}"));
    Fault { file: file.to_owned(), place: Place { line, column: 1 }, broken }
}

/// Writes rows as CSV: comma, LF, quoted where needed, every text guarded.
pub(super) struct Writer(csv::Writer<Vec<u8>>);

impl Writer {
    /// A sheet with this header. With `bom` Excel takes it for UTF-8.
    pub(super) fn new(header: &[&str], bom: bool) -> Self {
        let start = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let mut writer = Self(csv::WriterBuilder::new().flexible(true).from_writer(start));
        writer.row(header.iter().map(|field| (*field).to_owned()));
        writer
    }

    pub(super) fn row(&mut self, fields: impl IntoIterator<Item = String>) {
        // Writing to memory cannot fail, and a flexible writer takes rows of any length.
        let _ = self.0.write_record(fields.into_iter().map(|field| guard(&field)));
    }

    pub(super) fn text(self) -> String {
        self.0.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

/// Puts `'` before a text that a spreadsheet would run as a formula; plain numbers stay as they are.
fn guard(field: &str) -> String {
    let risky = field.starts_with(['=', '+', '-', '@', '\t', '\r']) || field.starts_with("'");
    let number = field.strip_prefix('-').unwrap_or(field);
    let number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if risky && !number { format!("'{field}") } else { field.to_owned() }
}

/// Takes the `'` of [`guard`] off again.
fn unguard(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\'']) => rest,
        Some(_) | None => field,
    }
}

/// A figure such as `12` or `-0,5` as an integer times 10^scale; `None` if it is no figure or has more decimals.
pub(super) fn scaled(text: &str, scale: u8) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > usize::from(scale) {
        return None;
    }
    let number = format!("{whole}{part:0<width$}", width = usize::from(scale));
    number.parse::<i64>().ok().map(|value| sign * value)
}

/// The figure of a scaled integer as text, with a point and all its decimals.
pub(super) fn unscaled(value: i64, scale: u8) -> String {
    if scale == 0 {
        return value.to_string();
    }
    let width = usize::from(scale) + 1;
    let digits = format!("{:0>width$}", value.unsigned_abs());
    let (whole, part) = digits.split_at(digits.len() - usize::from(scale));
    format!("{}{whole}.{part}", if value < 0 { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_tabs_and_a_byte_order_mark_are_read_alike() {
        for text in ["a,b\n1,2\n", "\u{feff}a;b\r\n1;2\r\n", "a\tb\n\n1\t2\n"] {
            let sheet = Sheet::read("x.csv", text).unwrap_or_else(|_| panic!("{text:?}"));
            assert_eq!(sheet.header, ["a", "b"]);
            assert_eq!((sheet.lines()[0].get(0), sheet.lines()[0].get(1), sheet.lines()[0].get(7)), ("1", "2", ""));
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let sheet = Sheet::read("x.csv", "a,b\n").unwrap_or_else(|_| panic!());
        let faults = sheet.columns(["a", "value"]).unwrap_err();
        assert!(faults[0].to_string().starts_with("x.csv:1:1: MISSING_COLUMN: header: column value is missing"));
    }

    #[test]
    fn no_field_is_run_as_a_formula_and_reading_gives_it_back() {
        let mut writer = Writer::new(&["note"], true);
        let texts = ["=cmd()", "+1+1", "-5", "@x", "'quoted", "thường"];
        texts.iter().for_each(|text| writer.row([(*text).to_owned()]));
        let text = writer.text();
        assert!(text.contains("'=cmd()") && text.contains("'+1+1") && text.contains("\n-5\n"));
        let sheet = Sheet::read("x.csv", &text).unwrap_or_else(|_| panic!());
        let back: Vec<&str> = sheet.lines().iter().map(|line| line.get(0)).collect();
        assert_eq!(back, texts);
    }

    #[test]
    fn figures_keep_their_scale_both_ways() {
        assert_eq!((scaled("12", 0), scaled("0,5", 1), scaled("-1.25", 2)), (Some(12), Some(5), Some(-125)));
        assert_eq!((scaled("1.5", 0), scaled("x", 0), scaled("", 2), scaled("1e3", 0)), (None, None, None, None));
        assert_eq!(
            (unscaled(12, 0), unscaled(-5, 2), unscaled(1234, 2)),
            ("12".into(), "-0.05".into(), "12.34".into())
        );
    }
}
