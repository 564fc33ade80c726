//! Tables as people send them, CSV or XLSX: one strict reader for every file with rows.
//!
//! Three steps: bytes become a [`sheet::TableSheet`] of typed cells (`csv_reader`, `workbook`), its
//! header becomes columns ([`Table`]), and the cells of a row become days, figures and texts
//! ([`TableRow`]). What can be read in two ways is refused with its place, never guessed.

mod column_check;
mod csv_reader;
pub mod csv_writer;
mod day;
mod encoding;
mod number;
mod panic_guard;
mod remark;
mod row;
mod sheet;
pub mod table_export;
mod workbook;
mod workbook_package;

use super::diagnostic::FileDiagnostic;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use column_check::RowShape;
pub(in crate::files) use column_check::unknown_column;
pub use number::DecimalMark;
pub(in crate::files) use number::has_two_readings;
pub(in crate::files) use remark::REMARK;
pub(in crate::files) use row::{NUMBER_FORMAT, TableRow};
use sheet::{TableCell, TableSheet};

/// Most rows of one table.
const TABLE_ROWS_MAX: usize = 100_000;

/// A table as it was sent, and what its sender says about it.
#[derive(Debug, Clone, Copy)]
pub struct TableInput<'a> {
    /// Name of the file, for diagnostics.
    pub file: &'a str,
    /// The bytes: CSV in UTF-8, or XLSX.
    pub bytes: &'a [u8],
    /// The decimal mark of figures that are text; without it a figure such as `1.234` that can be
    /// read in two ways is refused.
    pub decimal_mark: Option<DecimalMark>,
    /// How much a workbook may hold: a small archive can unpack to much.
    pub workbook_limits: WorkbookLimits,
}

/// How much a workbook may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkbookLimits {
    /// Most MiB of all its parts together.
    pub unpacked_mib: u64,
    /// Most cells of a sheet, empty ones before the last of a row counted.
    pub cells: usize,
}

impl WorkbookLimits {
    /// Of a file of this machine.
    const LOCAL: Self = Self { unpacked_mib: 256, cells: 20_000_000 };
    /// Of a file that came over the network.
    const RECEIVED: Self = Self { unpacked_mib: 32, cells: 1_000_000 };
}

impl<'a> TableInput<'a> {
    /// A table about which nothing else is said.
    pub fn new(file: &'a str, bytes: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let workbook_limits = WorkbookLimits::LOCAL;
        Self { file, bytes: bytes.as_ref(), decimal_mark: None, workbook_limits }
    }

    /// A table that came over the network.
    pub fn received(file: &'a str, bytes: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { workbook_limits: WorkbookLimits::RECEIVED, ..Self::new(file, bytes) }
    }
}

/// Which columns a table has.
#[derive(Clone, Copy)]
pub(in crate::files) struct TableColumns<'a> {
    /// Each stands in the header exactly once.
    pub(in crate::files) required: &'a [&'static str],
    /// Each stands in the header at most once.
    pub(in crate::files) optional: &'a [&'static str],
    /// The violation of any other name; `None` if it is a column too.
    pub(in crate::files) other: &'a dyn Fn(&str) -> Option<Violation>,
}

impl<'a> TableColumns<'a> {
    /// Exactly these columns, each once, in any order.
    pub(in crate::files) fn exactly(
        required: &'a [&'static str],
        unknown: &'a dyn Fn(&str) -> Option<Violation>,
    ) -> Self {
        Self { required, optional: &[], other: unknown }
    }
}

/// One row of a table without names of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainRow {
    /// Line of the file or row of the sheet, from 1.
    pub number: usize,
    /// The cells as typed, without spaces around.
    pub cells: Vec<String>,
}

/// Reads a table whose columns have their meaning by position: every row that is not blank.
///
/// # Errors
/// The bytes are no table.
pub fn read_rows(input: &TableInput<'_>) -> Result<Vec<PlainRow>, Vec<FileDiagnostic>> {
    let sheet = sheet::read_sheet(input)?;
    let to_row = |row: sheet::SheetRow| PlainRow {
        number: row.number,
        cells: row.cells.iter().map(|cell| row::clean_text(cell.typed())).collect(),
    };
    Ok(sheet.rows.into_iter().map(to_row).collect())
}

/// A table whose header is understood.
pub(in crate::files) struct Table {
    sheet: TableSheet,
    /// The index of each named column.
    columns: Vec<(String, usize)>,
    /// Faults of rows and cells, by position; rows of another shape are no longer in the sheet.
    faults: Vec<FileDiagnostic>,
    decimal_mark: Option<DecimalMark>,
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// The bytes are no table, or the header is not understood; all diagnostics of that step.
    pub(in crate::files) fn read(
        input: &TableInput<'_>,
        columns: TableColumns<'_>,
    ) -> Result<Self, Vec<FileDiagnostic>> {
        let mut sheet = sheet::read_sheet(input)?;
        let header = column_check::take_header(&mut sheet, columns)?;
        let mut table =
            Self { sheet, columns: header.columns, faults: Vec::new(), decimal_mark: None };
        table.decimal_mark = input.decimal_mark;
        table.check_rows(&match table.sheet.sheet {
            None => RowShape::Fields(header.cells),
            Some(_) => RowShape::UpTo(header.width),
        });
        Ok(table)
    }

    /// The rows below the header that have its shape.
    pub(in crate::files) fn rows(&self) -> impl Iterator<Item = TableRow<'_>> {
        self.sheet.rows.iter().map(|row| TableRow { table: self, row })
    }

    /// Faults of rows and cells that need no knowledge of the columns' meaning.
    pub(in crate::files) fn faults(&self) -> &[FileDiagnostic] {
        &self.faults
    }

    /// What a person should know and what refuses nothing: hidden rows, sheets that are not read.
    pub(in crate::files) fn notes(&self) -> &[FileDiagnostic] {
        &self.sheet.notes
    }

    /// A diagnostic of a whole row.
    pub(in crate::files) fn diagnostic(&self, line: usize, violation: Violation) -> FileDiagnostic {
        self.sheet.diagnostic(line, 0, violation)
    }

    /// The file, with its sheet, as diagnostics name it.
    pub(in crate::files) fn label(&self) -> String {
        self.sheet.label()
    }

    /// The name of the sheet; `None` for CSV.
    pub(in crate::files) fn sheet_name(&self) -> Option<String> {
        self.sheet.sheet.clone()
    }

    /// The columns by name, with their index.
    pub(in crate::files) fn columns(&self) -> &[(String, usize)] {
        &self.columns
    }

    /// The index of a column.
    pub(in crate::files) fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, index)| *index)
    }

    fn check_rows(&mut self, shape: &RowShape) {
        let rows = std::mem::take(&mut self.sheet.rows);
        if let Some(row) = rows.get(TABLE_ROWS_MAX) {
            let text = message!("table-most-rows", limit = TABLE_ROWS_MAX);
            let violation = Violation::error("TOO_MANY_ROWS", "row", text);
            self.faults.push(self.sheet.diagnostic(row.number, 0, violation));
            return;
        }
        for mut row in rows {
            match shape.violation(&row) {
                Some(violation) => {
                    self.faults.push(self.sheet.diagnostic(row.number, 0, violation));
                }
                None => {
                    self.check_cells(row.number, &mut row.cells);
                    self.sheet.rows.push(row);
                }
            }
        }
        self.check_legacy_encoding();
    }

    fn check_cells(&mut self, line: usize, cells: &mut [TableCell]) {
        for (name, index) in &self.columns {
            let Some(cell) = cells.get_mut(*index) else { continue };
            let typed = cell.typed().to_owned();
            if let Some(violation) = row::check_cell(name, cell) {
                let fault = self.sheet.cell_diagnostic((line, *index), name, &typed, violation);
                self.faults.push(fault);
            }
        }
    }

    /// Refuses cells in an encoding from before Unicode, if the table has several such words.
    fn check_legacy_encoding(&mut self) {
        let texts = self.sheet.rows.iter().flat_map(|row| row.cells.iter().map(TableCell::typed));
        let Some(legacy) = encoding::find_legacy(texts, encoding::LEGACY_WORDS_MIN) else { return };
        let mut found = Vec::new();
        for row in &self.sheet.rows {
            for (name, index) in &self.columns {
                let typed = row.cells.get(*index).map_or("", TableCell::typed);
                if legacy.has_word(typed) {
                    let violation = legacy.violation(name, typed);
                    let place = (row.number, *index);
                    let mut fault = self.sheet.cell_diagnostic(place, name, typed, violation);
                    fault.set_understood(legacy.decode(typed));
                    found.push(fault);
                }
            }
        }
        self.faults.extend(found);
    }
}
