//! CSV rows with access by column name, where each problem has its position.
//!
//! Every column occurs once; CSV parsing is in `csv_file`.

use super::csv_file::{CsvFile, CsvLine};
use super::diagnostic::FileDiagnostic;
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

/// Maximum number of rows in a file.
const CSV_ROWS_MAX: usize = 100_000;

/// A CSV file whose columns are all known.
pub(super) struct CsvTable {
    csv_file: CsvFile,
    /// The index in the file of each requested column.
    columns: Vec<(&'static str, usize)>,
}

/// One row; fields by column name.
#[derive(Clone, Copy)]
pub(super) struct CsvRow<'a> {
    table: &'a CsvTable,
    line: &'a CsvLine,
}

impl CsvTable {
    /// Reads `text` with the columns `requested`, in any order. A missing, unknown or repeated
    /// column is a problem, and so is a row with another number of fields.
    pub(super) fn parse(
        file: &str,
        text: &str,
        requested: &[&'static str],
    ) -> Result<Self, Vec<FileDiagnostic>> {
        let csv_file = CsvFile::parse(file, text)?;
        let mut diagnostics = Vec::new();
        let columns = requested
            .iter()
            .filter_map(|column| {
                Some((*column, find_single_column(&csv_file, column, &mut diagnostics)?))
            })
            .collect();
        for (at, name) in csv_file
            .header()
            .iter()
            .enumerate()
            .filter(|(_, name)| !requested.contains(&name.as_str()))
        {
            let text = message!(
                "csv-table-unknown-column-columns",
                name = format!("{name:?}"),
                requested = requested.join(",")
            );
            diagnostics.push(csv_file.diagnostic(
                1,
                at,
                Violation::error("COLUMNS", "header", text),
            ));
        }
        let column_count = csv_file.header().len();
        for line in csv_file.lines().iter().filter(|line| line.len() != column_count) {
            let text = message!("csv-table-row-fields-heading", line = line.len(), column_count);
            diagnostics.push(csv_file.diagnostic(
                line.number,
                0,
                Violation::error("ROW_SHAPE", "row", text),
            ));
        }
        if let Some(line) = csv_file.lines().get(CSV_ROWS_MAX) {
            let text = message!("csv-table-most-rows-read", limit = CSV_ROWS_MAX);
            diagnostics.push(csv_file.diagnostic(
                line.number,
                0,
                Violation::error("TOO_MANY_ROWS", "row", text),
            ));
        }
        if diagnostics.is_empty() { Ok(Self { csv_file, columns }) } else { Err(diagnostics) }
    }

    /// The rows, by line.
    pub(super) fn rows(&self) -> impl Iterator<Item = CsvRow<'_>> {
        self.csv_file.lines().iter().map(|line| CsvRow { table: self, line })
    }
}

fn find_single_column(
    csv_file: &CsvFile,
    column: &str,
    diagnostics: &mut Vec<FileDiagnostic>,
) -> Option<usize> {
    let mut at = csv_file
        .header()
        .iter()
        .enumerate()
        .filter(|(_, name)| *name == column)
        .map(|(index, _)| index);
    let index = at.next();
    if index.is_none() || at.next().is_some() {
        let text = message!("csv-table-heading-must-have-exactly", column);
        diagnostics.push(csv_file.diagnostic(
            1,
            index.unwrap_or(0),
            Violation::error("COLUMNS", "header", text),
        ));
    }
    index
}

impl<'a> CsvRow<'a> {
    /// Line of the file, from 1.
    pub(super) fn line_number(&self) -> usize {
        self.line.number
    }

    /// The field in a column; empty if the table has no such column.
    pub(super) fn get(&self, column: &str) -> &'a str {
        self.line.get(self.column_index(column))
    }

    fn column_index(&self, column: &str) -> usize {
        self.table
            .columns
            .iter()
            .find(|(name, _)| *name == column)
            .map_or(usize::MAX, |(_, index)| *index)
    }

    /// A diagnostic for one column of this row.
    pub(super) fn bad_value(&self, column: &str, expected: Message) -> FileDiagnostic {
        let got = self.get(column);
        let got = format!("{got:?}");
        let text = message!("csv-table-expected-got", expected => expected, got);
        let index = self.column_index(column).min(self.table.columns.len());
        self.table.csv_file.diagnostic(
            self.line.number,
            index,
            Violation::error("BAD_VALUE", column, text),
        )
    }

    /// The text in a column that must not be empty.
    pub(super) fn require_text(
        &self,
        column: &str,
        diagnostics: &mut Vec<FileDiagnostic>,
    ) -> &'a str {
        let text = self.get(column);
        if text.is_empty() {
            diagnostics.push(self.bad_value(column, message!("csv-table-value-not-empty-field")));
        }
        text
    }

    /// The date in a column, `None` if it is empty.
    pub(super) fn parse_date(
        &self,
        column: &str,
        diagnostics: &mut Vec<FileDiagnostic>,
    ) -> Option<Date> {
        let text = self.get(column);
        if text.is_empty() {
            return None;
        }
        let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
        if date.is_none() {
            diagnostics.push(self.bad_value(column, message!("csv-table-date-such-as-2025")));
        }
        date
    }
}
