//! The header of a sheet as columns, and the shape of the rows below it.

use super::super::diagnostic::FileDiagnostic;
use super::TableColumns;
use super::csv_writer::unguard_formulas;
use super::remark::{is_remark, is_remark_row};
use super::row::clean_text;
use super::sheet::{SheetRow, TableCell, TableSheet};
use crate::domain::support::limits::CODE;
use crate::domain::support::message::message;
use crate::domain::support::text::checked_text;
use crate::domain::support::violation::Violation;
use crate::i18n::Lang;

/// In how many first rows a header is looked for when the first is none.
const TITLE_ROWS_MAX: usize = 20;

/// The columns of a header.
pub(super) struct TableHeader {
    /// Name and index of each column, from the left.
    pub(super) columns: Vec<(String, usize)>,
    /// Number of cells up to the last name.
    pub(super) width: usize,
    /// Number of cells with those that have no name.
    pub(super) cells: usize,
}

/// Takes the header off the sheet, with the rows and columns that are remarks.
///
/// # Errors
/// Every column that is missing, unknown, repeated or without a name; a title above; merged cells.
pub(super) fn take_header(
    sheet: &mut TableSheet,
    columns: TableColumns<'_>,
) -> Result<TableHeader, Vec<FileDiagnostic>> {
    sheet.rows.retain(|row| !is_remark_row(row));
    let names = sheet.rows.first().map(|row| header_names(&row.cells)).unwrap_or_default();
    let line = sheet.rows.first().map_or(1, |row| row.number);
    if let Some(fault) = find_title(sheet, &names, columns) {
        return Err(vec![fault]);
    }
    let mut faults = Vec::new();
    let mut refuse = |column: usize, violation| {
        faults.push(sheet.diagnostic(line, column, violation));
    };
    let mut header = TableHeader { columns: Vec::new(), width: 0, cells: names.len() };
    for (index, name) in names.iter().enumerate() {
        let has_data = || {
            let below = sheet.rows.iter().skip(1);
            below.filter_map(|row| row.cells.get(index)).any(|cell| !cell.is_blank())
        };
        if name.is_empty() && !has_data() {
            continue;
        }
        header.width = index + 1;
        if is_remark(name) {
            continue;
        }
        if let Some(violation) = check_name(name, index, &names, columns) {
            refuse(index, violation);
        }
        header.columns.push((name.clone(), index));
    }
    let missing: Vec<&str> = columns
        .required
        .iter()
        .copied()
        .filter(|name| !names.iter().any(|one| one == name))
        .collect();
    if !missing.is_empty() {
        let (missing, got) = (missing.join(", "), names.join(", "));
        let text = message!("table-column-missing", missing, got);
        refuse(0, Violation::error("MISSING_COLUMN", "header", text));
    }
    for area in sheet.merged.iter().filter(|area| area.last_row >= line) {
        let text = message!("table-merged-cells", first = area.first_row, last = area.last_row);
        let violation = Violation::error("MERGED_CELLS", "row", text);
        faults.push(sheet.diagnostic(area.first_row, area.column, violation));
    }
    if faults.is_empty() {
        sheet.rows.drain(..sheet.rows.len().min(1));
        return Ok(header);
    }
    faults.sort_by_key(|fault| fault.position);
    Err(faults)
}

fn header_names(cells: &[TableCell]) -> Vec<String> {
    cells.iter().map(|cell| unguard_formulas(&clean_text(cell.typed()))).collect()
}

fn check_name(
    name: &str,
    index: usize,
    names: &[String],
    columns: TableColumns<'_>,
) -> Option<Violation> {
    if name.is_empty() {
        let text = message!("table-column-without-name");
        return Some(Violation::error("COLUMN_WITHOUT_NAME", "header", text));
    }
    if let Err(fault) = checked_text(name, CODE) {
        return Some(fault.to_violation("header"));
    }
    if let Some(first) = names[..index].iter().position(|one| one == name) {
        let text = message!("table-column-twice", name, first = first + 1, second = index + 1);
        return Some(Violation::error("COLUMN_TWICE", "header", text));
    }
    let is_known = columns.required.iter().chain(columns.optional).any(|one| *one == name);
    if is_known { None } else { (columns.other)(name) }
}

/// The violation of a name that is none of the columns.
pub(in crate::files) fn unknown_column(name: &str, columns: &[&str]) -> Violation {
    let requested = columns.join(",");
    let text = message!("csv-table-unknown-column-columns", name = format!("{name:?}"), requested);
    Violation::error("UNKNOWN_COLUMN", "header", text)
}

/// Rows above the header: no required column in the first row, all of them in a later one.
fn find_title(
    sheet: &TableSheet,
    names: &[String],
    columns: TableColumns<'_>,
) -> Option<FileDiagnostic> {
    if names.iter().any(|name| columns.required.contains(&name.as_str())) {
        return None;
    }
    let is_header = |row: &&SheetRow| {
        let names = header_names(&row.cells);
        columns.required.iter().all(|column| names.iter().any(|name| name == column))
    };
    let header = sheet.rows.iter().take(TITLE_ROWS_MAX).skip(1).find(is_header)?;
    let text = message!("table-title-above", line = header.number);
    let first = sheet.rows.first()?;
    let violation = Violation::error("TITLE_ABOVE_HEADER", "header", text);
    Some(sheet.diagnostic(first.number, 0, violation))
}

/// What every row below a header is.
pub(super) enum RowShape {
    /// As many fields as the header, even if the last ones are empty: a separator inside a text
    /// moves every field after it.
    Fields(usize),
    /// Nothing after so many cells.
    UpTo(usize),
}

impl RowShape {
    /// Why the row has another shape.
    pub(super) fn violation(&self, row: &SheetRow) -> Option<Violation> {
        if let Some(word) = total_word(row) {
            return Some(Violation::error("TOTAL_ROW", "row", message!("table-total-row", word)));
        }
        let (count, width) = match self {
            Self::Fields(width) => (row.cells.len(), *width),
            Self::UpTo(width) => (row.cells.len().max(*width), *width),
        };
        (count != width).then(|| {
            let text = message!("table-row-shape", count, width);
            Violation::error("ROW_SHAPE", "row", text)
        })
    }
}

/// The word of a total, if it is the first cell that is not blank.
fn total_word(row: &SheetRow) -> Option<String> {
    let first = row.cells.iter().find(|cell| !cell.is_blank())?;
    let word = clean_text(first.typed()).to_lowercase();
    let word = word.trim_end_matches([':', ' ']);
    let is_total = Lang::all()
        .any(|lang| lang.text("table-total-words").split(';').any(|total| total.trim() == word));
    is_total.then(|| word.to_owned())
}
