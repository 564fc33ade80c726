//! A table that the program writes, as CSV or XLSX; the reader takes both back.

use super::csv_writer::{CsvWriter, guard_formulas};
use super::remark::REMARK;
use crate::domain::support::text::escape_controls;
use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// A workbook keeps so many digits of a number.
const NUMBER_DIGITS: usize = 15;
/// The width of a column is that of its longest text, within these.
const COLUMN_WIDTHS: (usize, usize) = (8, 60);

/// A workbook could not be written: the table is larger than the format holds.
#[derive(Debug, thiserror::Error)]
#[error("the workbook could not be written: {0}")]
pub struct TableExportError(#[from] XlsxError);

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportCell {
    /// A text, also if it looks like a number or a formula; the empty one is a blank cell.
    Text(String),
    /// A number in decimal digits with a point, with all its decimals.
    Number(String),
    /// A day.
    Day(Date),
}

impl ExportCell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A day, or a blank cell.
    #[must_use]
    pub fn day(day: Option<Date>) -> Self {
        day.map_or_else(|| Self::text(""), Self::Day)
    }

    fn csv_field(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// A table with what is to be known about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableExport {
    /// Remarks above the header, each `name: value`; readers pass over them.
    pub remarks: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<ExportCell>>,
}

impl TableExport {
    /// The table as CSV in UTF-8. With `bom` Excel reads it as UTF-8.
    #[must_use]
    pub fn to_csv(&self, bom: bool) -> String {
        let header: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let mut writer = CsvWriter::with_remarks(&self.remarks, &header, bom);
        for row in &self.rows {
            writer.write_row(row.iter().map(ExportCell::csv_field));
        }
        writer.into_text()
    }

    /// The bytes of a workbook with one sheet. Texts are cells of text, guarded like in CSV,
    /// because a workbook may be saved as CSV later.
    ///
    /// # Errors
    /// [`TableExportError`] if it has more rows than a sheet.
    pub fn to_workbook(&self, written_on: Date) -> Result<Vec<u8>, TableExportError> {
        let mut workbook = Workbook::new();
        workbook.set_properties(&properties(written_on));
        let sheet = workbook.add_worksheet();
        let mut row = 0;
        for remark in &self.remarks {
            let remark = format!("{REMARK}{remark}");
            let format = text_format().set_italic().set_font_color(0x59_59_59);
            sheet.write_string_with_format(row, 0, &*escape_controls(&remark), &format)?;
            row += 1;
        }
        let heading = text_format().set_bold();
        for (column, name) in (0..).zip(&self.columns) {
            sheet.write_string_with_format(row, column, name, &heading)?;
            sheet.set_column_width(column, self.column_width(column.into()))?;
        }
        sheet.set_freeze_panes(row + 1, 0)?;
        for cells in &self.rows {
            row += 1;
            for (column, cell) in (0..).zip(cells) {
                write_cell(sheet, (row, column), cell)?;
            }
        }
        Ok(workbook.save_to_buffer()?)
    }

    fn column_width(&self, column: usize) -> f64 {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.csv_field().chars().count());
        let name = self.columns.get(column).map_or(0, |name| name.chars().count());
        let longest = widths.max().unwrap_or_default().max(name) + 2;
        let width = longest.clamp(COLUMN_WIDTHS.0, COLUMN_WIDTHS.1);
        u32::try_from(width).map_or(10.0, f64::from)
    }
}

/// The same table gives the same bytes: the day of writing is an argument.
pub(in crate::files) fn properties(written_on: Date) -> DocProperties {
    let (year, month, day) = (written_on.year(), written_on.month(), written_on.day());
    let day =
        ExcelDateTime::from_ymd(year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs());
    match day {
        Ok(day) => DocProperties::new().set_creation_datetime(&day),
        Err(_) => DocProperties::new(),
    }
}

/// The format of a cell whose content stays a text when somebody edits it.
pub(in crate::files) fn text_format() -> Format {
    Format::new().set_num_format("@")
}

/// Writes a cell in the format of its kind.
pub(in crate::files) fn write_cell(
    sheet: &mut Worksheet,
    place: (u32, u16),
    cell: &ExportCell,
) -> Result<(), XlsxError> {
    write_cell_with_format(sheet, place, cell, &Format::new())
}

/// Writes a cell; `format` holds what does not depend on its kind.
pub(in crate::files) fn write_cell_with_format(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &ExportCell,
    format: &Format,
) -> Result<(), XlsxError> {
    match cell {
        ExportCell::Text(text) if text.is_empty() => {
            sheet.write_blank(row, column, format)?;
        }
        ExportCell::Number(number) if is_exact(number) => {
            let format = format.clone().set_num_format(number_format(decimals_of(number)));
            let value: f64 = number.parse().unwrap_or_default();
            sheet.write_number_with_format(row, column, value, &format)?;
        }
        ExportCell::Text(text) | ExportCell::Number(text) => {
            let guarded = guard_formulas(text);
            let format = format.clone().set_num_format("@");
            sheet.write_string_with_format(row, column, &*escape_controls(&guarded), &format)?;
        }
        ExportCell::Day(day) => {
            let format = format.clone().set_num_format("dd/mm/yyyy");
            let (year, month, number) = (day.year(), day.month(), day.day());
            let day = ExcelDateTime::from_ymd(
                year.unsigned_abs(),
                month.unsigned_abs(),
                number.unsigned_abs(),
            )?;
            sheet.write_datetime_with_format(row, column, &day, &format)?;
        }
    }
    Ok(())
}

/// The format of a number with so many decimals; the separators are those of the reader's program.
pub(in crate::files) fn number_format(decimals: usize) -> String {
    if decimals == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(decimals)) }
}

fn decimals_of(number: &str) -> usize {
    number.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// Whether a workbook keeps every digit.
fn is_exact(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits <= NUMBER_DIGITS && number.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read as _};

    fn part(workbook: &[u8], name: &str) -> String {
        let mut parts = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
        let mut text = String::new();
        parts.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_workbook_has_texts_as_texts_no_formula_and_only_numbers_that_it_keeps() {
        let number = |text: &str| ExportCell::Number(text.to_owned());
        let table = TableExport {
            remarks: vec!["=run".to_owned()],
            columns: vec!["note".to_owned(), "code".to_owned(), "value".to_owned()],
            rows: vec![
                vec![ExportCell::text("x;=1+1"), ExportCell::text("00123"), number("4.50")],
                vec![ExportCell::text("=1"), ExportCell::text(""), number("1234567890123456")],
            ],
        };
        let day = jiff::civil::date(2026, 11, 29);
        let workbook = table.to_workbook(day).unwrap();
        assert_eq!(workbook, table.to_workbook(day).unwrap(), "the same bytes on the same day");
        let texts = part(&workbook, "xl/sharedStrings.xml");
        for text in ["# =run", "x;'=1+1", "'=1<", "00123", "1234567890123456"] {
            assert!(texts.contains(text), "{text} in {texts}");
        }
        let sheet = part(&workbook, "xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>") && sheet.contains("<v>4.5</v>"), "{sheet}");
    }
}
