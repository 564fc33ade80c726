//! One row of a table, with cells as texts, days and figures; each fault has its place.

use super::super::diagnostic::FileDiagnostic;
use super::super::text_limits::text_limit;
use super::csv_writer::unguard_formulas;
use super::number::{self, DecimalMark, NumberFault};
use super::sheet::{SheetRow, TableCell};
use super::{Table, day};
use crate::domain::report::cell::CellValue;
use crate::domain::report::figure_text::{self, FigureTextFault};
use crate::domain::support::limits::CODE;
use crate::domain::support::message::{Message, message};
use crate::domain::support::text::{checked_text, normalize};
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

/// Columns that hold days.
const DAY_COLUMNS: [&str; 8] =
    ["first_day", "last_day", "valid_from", "valid_to", "effective", "from", "to", "received_day"];
/// Column with the decimal mark of its row's figures.
pub(in crate::files) const NUMBER_FORMAT: &str = "number_format";
/// Spaces that a spreadsheet or a web page writes instead of one.
const SPACES: [char; 4] = ['\u{a0}', '\u{2007}', '\u{202f}', '\u{3000}'];

/// The text without the forms that only look different: composed, plain spaces, no space around.
pub(super) fn clean_text(typed: &str) -> String {
    normalize(typed).replace(SPACES, " ").trim().to_owned()
}

/// Brings a cell into the form in which it is stored, or says why it cannot be.
pub(super) fn check_cell(column: &str, cell: &mut TableCell) -> Option<Violation> {
    let refused = |code, message| Some(Violation::error(code, column, message));
    match cell {
        TableCell::Empty | TableCell::Number(_) => None,
        TableCell::Day(day, _) if !DAY_COLUMNS.contains(&column) => {
            let message = message!("table-became-a-day", day = day.to_string());
            refused("TEXT_BECAME_DAY", message)
        }
        TableCell::Day(..) => None,
        TableCell::Uncomputed(_) => {
            refused("FORMULA_WITHOUT_VALUE", message!("table-formula-without-value"))
        }
        TableCell::Other(typed) => refused("BAD_CELL", message!("table-bad-cell", typed)),
        TableCell::Text(typed) => {
            let limit = text_limit(column);
            let text = unguard_formulas(&clean_text(typed));
            if limit == CODE && number::has_exponent(&text) {
                let meant = number::expand_exponent(&text).unwrap_or_else(|| "?".to_owned());
                let message = message!("table-exponent", typed, meant);
                return refused("EXPONENT", message);
            }
            match checked_text(&text, limit) {
                Ok(text) => {
                    *cell = TableCell::Text(text);
                    None
                }
                Err(fault) => Some(fault.to_violation(column)),
            }
        }
    }
}

/// One row; cells by column name.
#[derive(Clone, Copy)]
pub(in crate::files) struct TableRow<'a> {
    pub(super) table: &'a Table,
    pub(super) row: &'a SheetRow,
}

impl<'a> TableRow<'a> {
    /// Line of the file or row of the sheet, from 1.
    pub(in crate::files) fn line_number(&self) -> usize {
        self.row.number
    }

    /// The texts of all cells, in the order of the sheet.
    pub(in crate::files) fn typed_cells(&self) -> Vec<String> {
        self.row.cells.iter().map(|cell| cell.typed().to_owned()).collect()
    }

    /// The text of a cell; empty if there is no such column.
    pub(in crate::files) fn get(&self, column: &str) -> &'a str {
        self.cell(column).map_or("", TableCell::typed)
    }

    fn cell(&self, column: &str) -> Option<&'a TableCell> {
        self.row.cells.get(self.table.column_index(column)?)
    }

    /// A diagnostic of one cell of this row; of the row, if there is no such column.
    pub(in crate::files) fn diagnostic(
        &self,
        column: &str,
        violation: Violation,
    ) -> FileDiagnostic {
        let line = self.row.number;
        match self.table.column_index(column) {
            Some(index) => {
                let typed = self.get(column);
                self.table.sheet.cell_diagnostic((line, index), column, typed, violation)
            }
            None => self.table.sheet.diagnostic(line, 0, violation),
        }
    }

    /// The diagnostic of a value that is not what was expected.
    pub(in crate::files) fn bad_value(&self, column: &str, expected: Message) -> FileDiagnostic {
        let got = format!("{:?}", self.get(column));
        let text = message!("csv-table-expected-got", expected => expected, got);
        self.diagnostic(column, Violation::error("BAD_VALUE", column, text))
    }

    /// The diagnostic of a row that says again what an earlier line says.
    pub(in crate::files) fn repeated(
        &self,
        column: &str,
        earlier: usize,
        what: &str,
    ) -> FileDiagnostic {
        let text = message!("table-row-repeated", what, earlier, line = self.row.number);
        self.diagnostic(column, Violation::error("REPEATED_ROW", column, text))
    }

    /// The text in a column that must not be empty.
    pub(in crate::files) fn require_text(
        &self,
        column: &str,
        faults: &mut Vec<FileDiagnostic>,
    ) -> &'a str {
        let text = self.get(column);
        if text.is_empty() {
            faults.push(self.bad_value(column, message!("csv-table-value-not-empty-field")));
        }
        text
    }

    /// The day in a column, `None` if it is empty.
    pub(in crate::files) fn day(
        &self,
        column: &str,
        faults: &mut Vec<FileDiagnostic>,
    ) -> Option<Date> {
        if let Some(TableCell::Day(day, _)) = self.cell(column) {
            return Some(*day);
        }
        let text = self.get(column);
        if text.is_empty() {
            return None;
        }
        match day::parse_day(text) {
            Ok(day) => Some(day),
            Err(fault) => {
                let violation = Violation::error(fault.code(), column, fault.message(text));
                let mut refused = self.diagnostic(column, violation);
                refused.set_understood(fault.understood());
                faults.push(refused);
                None
            }
        }
    }

    /// The day in a column that must not be empty.
    pub(in crate::files) fn require_day(
        &self,
        column: &str,
        faults: &mut Vec<FileDiagnostic>,
    ) -> Option<Date> {
        if self.get(column).is_empty() {
            faults.push(self.bad_value(column, message!("org-date-such-as-2025")));
        }
        self.day(column, faults)
    }

    /// The decimal mark of this row's figures; a number of a spreadsheet needs none.
    fn decimal_mark(&self, column: &str) -> Result<Option<DecimalMark>, Box<FileDiagnostic>> {
        if let Some(TableCell::Number(_)) = self.cell(column) {
            return Ok(Some(DecimalMark::Point));
        }
        match self.get(NUMBER_FORMAT) {
            "" => Ok(self.table.decimal_mark),
            word => DecimalMark::parse(word).map(Some).ok_or_else(|| {
                let words = DecimalMark::ALL.map(DecimalMark::as_str).join(" | ");
                Box::new(self.bad_value(NUMBER_FORMAT, Message::verbatim(words)))
            }),
        }
    }

    /// The figure in a column as an integer times 10^scale.
    ///
    /// # Errors
    /// It is none, has too many decimals, or can be read in two ways.
    pub(in crate::files) fn figure(
        &self,
        column: &str,
        scale: u8,
    ) -> Result<i64, Box<FileDiagnostic>> {
        let mark = self.decimal_mark(column)?;
        number::parse_figure(self.get(column), mark, scale)
            .map_err(|fault| Box::new(self.number_fault(column, &fault)))
    }

    /// The value of a cell of a report: a figure or one of the words.
    ///
    /// # Errors
    /// It is neither, or a figure that [`Self::figure`] refuses.
    pub(in crate::files) fn cell_value(
        &self,
        column: &str,
        scale: u8,
    ) -> Result<CellValue, Box<FileDiagnostic>> {
        let mark = self.decimal_mark(column)?;
        number::plain_figure(self.get(column), mark, scale)
            .and_then(|plain| figure_text::parse_cell(&plain, scale).map_err(NumberFault::Figure))
            .map_err(|fault| Box::new(self.number_fault(column, &fault)))
    }

    fn number_fault(&self, column: &str, fault: &NumberFault) -> FileDiagnostic {
        let typed = self.get(column);
        let (code, message, understood) = match fault {
            NumberFault::TwoWays { decimal, thousands } => (
                "AMBIGUOUS_NUMBER",
                message!("table-number-two-ways", typed, decimal, thousands),
                Some(format!("{decimal} | {thousands}")),
            ),
            NumberFault::OtherMark(mark) => {
                let mark = mark.as_str();
                ("BAD_VALUE", message!("table-number-other-mark", typed, mark), None)
            }
            NumberFault::Figure(FigureTextFault::NotAFigure) => {
                let expected = "1 | nil | carried:1 | missing:awaiting_source";
                let message = message!("baseline-expected-got", expected, got = typed);
                ("BAD_VALUE", message, None)
            }
            NumberFault::Figure(fault) => ("BAD_VALUE", fault.message(typed), None),
        };
        let mut refused = self.diagnostic(column, Violation::error(code, column, message));
        refused.set_understood(understood);
        refused
    }
}
