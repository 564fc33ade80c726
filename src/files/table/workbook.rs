//! XLSX: the one visible sheet that holds something, with the kinds of its cells.

use super::super::diagnostic::FileDiagnostic;
use super::panic_guard::catch_quietly;
use super::sheet::{MergedArea, SheetRow, TableCell, TableSheet};
use super::workbook_package::{PackageFault, find_hidden_rows};
use super::{TABLE_ROWS_MAX, TableInput, WorkbookLimits, day};
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use calamine::{DataRef, ExcelDateTime, Reader as _, SheetVisible, Xlsx, XlsxError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

/// Most columns of a table; a workbook has 16 384.
const COLUMNS_MAX: u32 = 1_000;
/// Numbers of a spreadsheet have so many digits; the others were lost.
const NUMBER_DIGITS: usize = 15;
/// Most rows whose numbers a note lists.
const ROWS_LISTED: usize = 10;

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads the workbook.
///
/// # Errors
/// It is damaged, holds no table or several, or is too large.
pub(super) fn read_workbook(input: &TableInput<'_>) -> Result<TableSheet, Box<FileDiagnostic>> {
    let (file, bytes, limits) = (input.file, input.bytes, input.workbook_limits);
    let refused = |code, message| {
        Box::new(FileDiagnostic::at_start(file, Violation::error(code, "file", message)))
    };
    let hidden = find_hidden_rows(bytes, limits).map_err(|fault| match fault {
        PackageFault::Damaged => refused("BAD_WORKBOOK", message!("table-bad-workbook")),
        PackageFault::TooLarge => {
            let limit = limits.unpacked_mib;
            refused("FILE_TOO_LARGE", message!("table-workbook-too-large", limit))
        }
    })?;
    // The library panics on some damaged files; such a file is refused like any other.
    let sheets = catch_quietly(|| read_sheets(bytes, limits))
        .unwrap_or(Err(WorkbookFault::Damaged))
        .map_err(|fault| refused(fault.code(), fault.message()))?;
    let (visible, invisible): (Vec<_>, Vec<_>) = sheets.into_iter().partition(|one| one.is_visible);
    let names: Vec<&str> = visible.iter().map(|one| one.name.as_str()).collect();
    let names = names.join(", ");
    let mut visible = visible.into_iter();
    let (Some(found), None) = (visible.next(), visible.next()) else {
        let message = match names.as_str() {
            "" => message!("table-no-sheet"),
            _ => message!("table-many-sheets", names),
        };
        return Err(refused("SHEETS", message));
    };
    let mut sheet = TableSheet {
        file: file.to_owned(),
        sheet: Some(found.name),
        rows: found.rows,
        merged: found.merged,
        notes: Vec::new(),
    };
    let read: BTreeSet<usize> = sheet.rows.iter().map(|row| row.number).collect();
    let hidden = sheet.sheet.as_ref().and_then(|name| hidden.get(name)).into_iter().flatten();
    let hidden: Vec<usize> = hidden.copied().filter(|number| read.contains(number)).collect();
    if let Some(first) = hidden.first() {
        let listed: Vec<String> = hidden.iter().take(ROWS_LISTED).map(usize::to_string).collect();
        let text = message!("table-hidden-rows", count = hidden.len(), rows = listed.join(", "));
        let note = sheet.diagnostic(*first, 0, Violation::warning("HIDDEN_ROWS", "row", text));
        sheet.notes.push(note);
    }
    for one in invisible {
        let text = message!("table-hidden-sheet", name = one.name);
        let violation = Violation::warning("HIDDEN_SHEET", "sheet", text);
        sheet.notes.push(FileDiagnostic::at_start(file, violation));
    }
    Ok(sheet)
}

/// Why the library cannot read a workbook.
enum WorkbookFault {
    Damaged,
    TooManyColumns,
    TooManyRows,
    TooManyCells(usize),
}

impl WorkbookFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Damaged => "BAD_WORKBOOK",
            Self::TooManyColumns => "TOO_MANY_COLUMNS",
            Self::TooManyRows => "TOO_MANY_ROWS",
            Self::TooManyCells(_) => "FILE_TOO_LARGE",
        }
    }

    fn message(&self) -> Message {
        match self {
            Self::Damaged => message!("table-bad-workbook"),
            Self::TooManyColumns => message!("table-most-columns", limit = COLUMNS_MAX),
            Self::TooManyRows => message!("table-most-rows", limit = TABLE_ROWS_MAX),
            Self::TooManyCells(limit) => message!("table-most-cells", limit = *limit),
        }
    }
}

impl From<XlsxError> for WorkbookFault {
    fn from(_: XlsxError) -> Self {
        Self::Damaged
    }
}

/// A sheet that holds something.
struct FoundSheet {
    name: String,
    is_visible: bool,
    rows: Vec<SheetRow>,
    merged: Vec<MergedArea>,
}

fn read_sheets(bytes: &[u8], limits: WorkbookLimits) -> Result<Vec<FoundSheet>, WorkbookFault> {
    let mut workbook: Workbook<'_> = Xlsx::new(Cursor::new(bytes))?;
    let listed: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == calamine::SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect();
    let mut found = Vec::new();
    for (name, is_visible) in listed {
        let rows = read_rows(&mut workbook, &name, limits.cells)?;
        if rows.is_empty() {
            continue;
        }
        let area = |one: &calamine::Dimensions| MergedArea {
            first_row: one.start.0 as usize + 1,
            last_row: one.end.0 as usize + 1,
            column: one.start.1 as usize,
        };
        let merged = workbook.merge_cells_by_sheet_name(&name)?.iter().map(area).collect();
        found.push(FoundSheet { name, is_visible, rows, merged });
    }
    Ok(found)
}

fn read_rows(
    workbook: &mut Workbook<'_>,
    name: &str,
    cells_max: usize,
) -> Result<Vec<SheetRow>, WorkbookFault> {
    let mut rows: BTreeMap<u32, Vec<TableCell>> = BTreeMap::new();
    let mut count = 0;
    let mut cells = workbook.worksheet_cells_reader(name)?;
    while let Some(record) = cells.next_cell_with_formula_metadata()? {
        let cell = to_cell(&record.value, record.formula.is_some());
        if cell.is_blank() {
            continue;
        }
        let (row, column) = record.pos;
        if column >= COLUMNS_MAX {
            return Err(WorkbookFault::TooManyColumns);
        }
        let row = rows.entry(row).or_default();
        let width = row.len().max(column as usize + 1);
        count += width - row.len();
        if count > cells_max {
            return Err(WorkbookFault::TooManyCells(cells_max));
        }
        row.resize(width, TableCell::Empty);
        row[column as usize] = cell;
        // One more for the header, and some for what stands above it.
        if rows.len() > TABLE_ROWS_MAX + 100 {
            return Err(WorkbookFault::TooManyRows);
        }
    }
    let row = |(row, cells)| SheetRow { number: row as usize + 1, cells };
    Ok(rows.into_iter().map(row).collect())
}

fn to_cell(value: &DataRef<'_>, has_formula: bool) -> TableCell {
    match value {
        DataRef::Empty if has_formula => TableCell::Uncomputed("=".to_owned()),
        DataRef::Empty => TableCell::Empty,
        DataRef::Int(number) => TableCell::Number(number.to_string()),
        DataRef::Float(number) => to_number(*number),
        DataRef::String(text) => TableCell::Text(text.clone()),
        DataRef::SharedString(text) => TableCell::Text((*text).to_owned()),
        DataRef::Bool(truth) => TableCell::Text(truth.to_string()),
        DataRef::DateTime(moment) => to_day(moment),
        DataRef::DateTimeIso(text) => {
            match text.strip_suffix("T00:00:00").unwrap_or(text).parse() {
                Ok(day) => TableCell::Day(day, day.to_string()),
                Err(_) => TableCell::Other(text.clone()),
            }
        }
        DataRef::DurationIso(text) => TableCell::Other(text.clone()),
        DataRef::Error(error) => TableCell::Other(error.to_string()),
    }
}

/// The digits that a spreadsheet keeps of a number, as it shows them in a wide cell.
fn to_number(number: f64) -> TableCell {
    let scientific = format!("{number:.precision$e}", precision = NUMBER_DIGITS - 1);
    let rounded: f64 = scientific.parse().unwrap_or(number);
    let digits = rounded.to_string();
    let whole = digits.split('.').next().unwrap_or_default().trim_start_matches('-');
    if !number.is_finite() || whole.len() > NUMBER_DIGITS {
        // As the spreadsheet shows it; the exponent is refused where the cell is read.
        return TableCell::Text(format!("{number:.2e}").replace('e', "E+"));
    }
    TableCell::Number(if digits == "-0" { "0".to_owned() } else { digits })
}

fn to_day(moment: &ExcelDateTime) -> TableCell {
    let (number, days_1904) = (moment.as_f64(), 1_462.0);
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let shown = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    let day = (number.fract() == 0.0 && moment.is_datetime())
        .then(|| day::spreadsheet_day(number as i64))
        .flatten()
        // In the calendar that begins in 1904 the same number is a later day.
        .filter(|found| found.to_string() == shown[..10])
        .or_else(|| day::spreadsheet_day((number + days_1904) as i64))
        .filter(|found| number.fract() == 0.0 && shown.starts_with(&found.to_string()));
    match day {
        Some(day) => TableCell::Day(day, day.to_string()),
        None => TableCell::Other(shown),
    }
}
