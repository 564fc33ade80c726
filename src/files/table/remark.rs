//! Remarks: what a table says to its readers only. A text that begins with `# ` is one; a column
//! with such a name and a row of nothing else are not read.
//!
//! A row counts only if all its cells that are not blank are remarks, so no row with a code or a
//! figure is passed over; `#REF!` and its like have no space and are none.

use super::row::clean_text;
use super::sheet::{SheetRow, TableCell};

/// With what a remark begins.
pub(in crate::files) const REMARK: &str = "# ";

/// Whether the name of a column makes it a remark.
pub(super) fn is_remark(text: &str) -> bool {
    text.starts_with(REMARK)
}

/// Whether a row says nothing but remarks.
pub(super) fn is_remark_row(row: &SheetRow) -> bool {
    let mut filled = row.cells.iter().filter(|cell| !cell.is_blank()).peekable();
    let is_remark_cell =
        |cell: &TableCell| matches!(cell, TableCell::Text(text) if is_remark(&clean_text(text)));
    filled.peek().is_some() && filled.all(is_remark_cell)
}

/// Whether a line of a CSV file begins with a remark: its separators are those of a sentence.
pub(super) fn is_remark_line(line: &str) -> bool {
    is_remark(line.trim_start_matches(['"', ' ']))
}
