//! A sheet: rows of cells with their kinds, the same for CSV and XLSX.

use super::super::diagnostic::{FileDiagnostic, RefusedCell, TextPosition};
use super::{TableInput, csv_reader, encoding, workbook};
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

/// The first bytes of a ZIP archive, and so of an XLSX file.
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
/// Name and type of an ODS file, the first member of its archive and never compressed.
const ODS_TYPE: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
/// Length of what stands before the name of the first member.
const ZIP_HEADER: usize = 30;
/// The first bytes of a compound file: XLS, or an XLSX with a password.
const COMPOUND_MAGIC: &[u8] = b"\xd0\xcf\x11\xe0";

/// One table as rows of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableSheet {
    /// Name of the file.
    pub(super) file: String,
    /// Name of the sheet; `None` for CSV.
    pub(super) sheet: Option<String>,
    /// The rows that are not blank.
    pub(super) rows: Vec<SheetRow>,
    /// First and last row, from 1, of each area of merged cells.
    pub(super) merged: Vec<MergedArea>,
    /// Warnings about hidden rows and sheets.
    pub(super) notes: Vec<FileDiagnostic>,
}

/// One row that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SheetRow {
    /// Line of the file or row of the sheet, from 1.
    pub(super) number: usize,
    /// The cells, from the first column.
    pub(super) cells: Vec<TableCell>,
}

/// Cells joined into one; only the first holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MergedArea {
    /// First row, from 1.
    pub(super) first_row: usize,
    /// Last row, from 1.
    pub(super) last_row: usize,
    /// First column, from 0.
    pub(super) column: usize,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TableCell {
    /// Nothing.
    Empty,
    /// A text as typed, later as stored.
    Text(String),
    /// A number of a spreadsheet in decimal digits with a point, without exponent.
    Number(String),
    /// A day of a spreadsheet, with its text.
    Day(Date, String),
    /// A formula that has never been computed.
    Uncomputed(String),
    /// A moment, a duration, or an error of a formula such as `#REF!`.
    Other(String),
}

impl TableCell {
    /// The text as a person sees it; empty if there is none.
    pub(super) fn typed(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text)
            | Self::Number(text)
            | Self::Day(_, text)
            | Self::Uncomputed(text)
            | Self::Other(text) => text,
        }
    }

    /// Whether there is nothing to read.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Empty) || self.typed().trim().is_empty()
    }
}

impl TableSheet {
    /// A diagnostic at `line` and this column index, for a whole row or the header.
    pub(super) fn diagnostic(
        &self,
        line: usize,
        column: usize,
        violation: Violation,
    ) -> FileDiagnostic {
        let position = TextPosition { line, column: column + 1 };
        FileDiagnostic { file: self.label(), position, violation, cell: None }
    }

    /// The file, with its sheet, as diagnostics name it.
    pub(super) fn label(&self) -> String {
        match &self.sheet {
            Some(sheet) => format!("{}[{sheet}]", self.file),
            None => self.file.clone(),
        }
    }

    /// A diagnostic of one cell.
    pub(super) fn cell_diagnostic(
        &self,
        (line, column): (usize, usize),
        name: &str,
        typed: &str,
        violation: Violation,
    ) -> FileDiagnostic {
        let cell = RefusedCell {
            sheet: self.sheet.clone(),
            column: name.to_owned(),
            typed: typed.to_owned(),
            understood: None,
        };
        FileDiagnostic { cell: Some(Box::new(cell)), ..self.diagnostic(line, column, violation) }
    }
}

/// Reads the bytes as CSV or XLSX.
///
/// # Errors
/// They are neither, or not in a form that can be read in one way only.
pub(super) fn read_sheet(input: &TableInput<'_>) -> Result<TableSheet, Vec<FileDiagnostic>> {
    // The library does not tell merged cells and hidden rows of ODS, and unpacks repeated cells
    // without a limit.
    if input.bytes.get(ZIP_HEADER..).is_some_and(|rest| rest.starts_with(ODS_TYPE)) {
        let violation = Violation::error("ODS_WORKBOOK", "file", message!("table-ods-workbook"));
        return Err(vec![FileDiagnostic::at_start(input.file, violation)]);
    }
    if input.bytes.starts_with(ZIP_MAGIC) {
        return workbook::read_workbook(input).map_err(|fault| vec![*fault]);
    }
    if input.bytes.starts_with(COMPOUND_MAGIC) {
        let violation = Violation::error("OLD_WORKBOOK", "file", message!("table-old-workbook"));
        return Err(vec![FileDiagnostic::at_start(input.file, violation)]);
    }
    let text = encoding::decode(input.bytes)
        .map_err(|violation| vec![FileDiagnostic::at_start(input.file, violation)])?;
    csv_reader::read_csv(input.file, text).map_err(|fault| vec![*fault])
}
