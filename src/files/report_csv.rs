//! Reports as a table, one line for each report: `contract,unit,first_day,last_day,nil,note` and a
//! column for each element.
//!
//! A cell is a figure, `carried:` and a figure (the one of the last period, confirmed), `nil`
//! (không phát sinh) or `missing:awaiting_source|not_counted|see_note`; an empty one has no value,
//! which is none of these. A line marked nil has figures only of stocks and flags, which nil does
//! not say. A reason in the column `missing`, which may be left out, is that of every empty cell of
//! its line; of a nil line, of the stocks. Whether the unit owes the report and who may send it is
//! checked like for any other report. The columns `state`, `late` and `received_day` are written
//! for readers and ignored when read.

use super::diagnostic::{FileDiagnostic, RefusedCell, TextPosition, keep_first_of_each_cell};
use super::keys::csv_tables::REPORTS;
use super::table::table_export::{ExportCell, TableExport};
use super::table::{
    DecimalMark, NUMBER_FORMAT, Table, TableColumns, TableInput, TableRow, has_two_readings,
};
use crate::domain::report::cell::{CellValue, MissingReason};
use crate::domain::report::element::{Element, ElementCode, ElementKind};
use crate::domain::report::figure_text::{self, REASON_WORDS};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use crate::i18n::Lang;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The columns before those of the elements.
pub(super) const REPORT_COLUMNS: [&str; 6] = REPORTS.column_names();
/// Columns of an export that say nothing new.
const IGNORED_COLUMNS: [&str; 3] = ["state", "late", "received_day"];
/// Columns that may be left out.
const OPTIONAL_COLUMNS: [&str; 5] = ["state", "late", "received_day", NUMBER_FORMAT, MISSING];
/// Column with the reason why the empty cells of a line have no figure.
pub(super) const MISSING: &str = "missing";
/// The reasons of that column as people read them.
pub(super) const MISSING_TEXTS: [(MissingReason, &str); 3] = [
    (MissingReason::AwaitingSource, "report-csv-missing-awaiting-source"),
    (MissingReason::NotCounted, "report-csv-missing-not-counted"),
    (MissingReason::SeeNote, "report-csv-missing-see-note"),
];
/// Marks in the column `nil` that mean "nothing occurred", beside the word of each language.
const NIL_MARKS: [&str; 5] = ["x", "1", "yes", "nil", "true"];

/// One report as a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportCsvRow {
    /// Line in the file, from 1; 0 for a row that was not read from one.
    pub line: usize,
    /// Code of the contract.
    pub contract: String,
    /// Uid of the unit whose figures these are.
    pub unit_uid: String,
    /// Days of the period or of its piece.
    pub window: DateWindow,
    /// Whether nothing occurred: the report is nil.
    pub nil: bool,
    /// The note.
    pub note: String,
    /// The cells, in the order of the columns; without events if `nil`.
    pub cells: Vec<(ElementCode, CellValue)>,
}

/// Status columns of an export; they are not read back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportCsvStatus {
    /// State, as in `ACCEPTED`.
    pub state: String,
    /// Whether it was received after due day and grace.
    pub late: bool,
    /// Day of receipt, if it was received.
    pub received_day: Option<Date>,
}

/// One row of a file of reports with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedReport {
    /// Line of the file or row of the sheet, from 1.
    pub line: usize,
    /// The report, or everything that is wrong with the row.
    pub verdict: Result<ReportCsvRow, Vec<FileDiagnostic>>,
    /// The cells as typed, in the order of the sheet; none if the row has another shape.
    typed: Vec<String>,
}

/// A file of reports as read: every row with its verdict, nothing decided yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedReports {
    /// The rows that are not blank, by line.
    pub rows: Vec<StagedReport>,
    /// What refuses nothing and should be read: hidden rows and sheets.
    pub notes: Vec<FileDiagnostic>,
    file: String,
    sheet: Option<String>,
    columns: Vec<(String, usize)>,
}

impl StagedReports {
    /// The reports, if every row is one.
    ///
    /// # Errors
    /// All diagnostics, by position.
    pub fn into_rows(self) -> Result<Vec<ReportCsvRow>, Vec<FileDiagnostic>> {
        let (rows, faults) = self.split();
        if faults.is_empty() { Ok(rows) } else { Err(faults) }
    }

    /// The good rows, and the diagnostics of all others by position.
    #[must_use]
    pub fn split(self) -> (Vec<ReportCsvRow>, Vec<FileDiagnostic>) {
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for staged in self.rows {
            match staged.verdict {
                Ok(row) => rows.push(row),
                Err(found) => faults.extend(found),
            }
        }
        (rows, faults)
    }

    /// The file as diagnostics name it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.file
    }

    /// A diagnostic of a column in a line with its cell; of the line, if there is no such column.
    #[must_use]
    pub fn diagnostic(
        &self,
        line: usize,
        column: Option<&str>,
        violation: Violation,
    ) -> FileDiagnostic {
        let found = self.columns.iter().find(|(name, _)| Some(name.as_str()) == column);
        let position = TextPosition { line, column: found.map_or(1, |(_, index)| index + 1) };
        let row = self.rows.binary_search_by_key(&line, |row| row.line).ok();
        let row = row.and_then(|index| self.rows.get(index));
        let cell = found.zip(row).map(|((name, index), row)| {
            let typed = row.typed.get(*index).cloned().unwrap_or_default();
            let (sheet, column) = (self.sheet.clone(), name.clone());
            Box::new(RefusedCell { sheet, column, typed, understood: None })
        });
        FileDiagnostic { file: self.file.clone(), position, violation, cell }
    }
}

/// Reads a file of reports, with a verdict on every row.
///
/// # Errors
/// The file is no such table: its bytes or its header are not understood.
pub fn stage_reports(
    input: &TableInput<'_>,
    catalogue: &Catalogue,
) -> Result<StagedReports, Vec<FileDiagnostic>> {
    let find = |head: &str| ElementCode::new(head).ok().and_then(|code| catalogue.element(&code));
    let unknown = |head: &str| find(head).is_none().then(|| unknown_element(head));
    let columns =
        TableColumns { required: &REPORT_COLUMNS, optional: &OPTIONAL_COLUMNS, other: &unknown };
    let table = Table::read(input, columns)?;
    let heads = table.columns().iter().map(|(name, _)| name.as_str());
    let is_fixed = |head: &str| REPORT_COLUMNS.contains(&head) || OPTIONAL_COLUMNS.contains(&head);
    let elements: Vec<&Element> = heads.filter(|head| !is_fixed(head)).filter_map(find).collect();
    let mut faults: BTreeMap<usize, Vec<FileDiagnostic>> = BTreeMap::new();
    for fault in table.faults() {
        faults.entry(fault.position.line).or_default().push(fault.clone());
    }
    let (mut read, mut seen, mut typed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for row in table.rows() {
        let line = row.line_number();
        typed.insert(line, row.typed_cells());
        let found = faults.entry(line).or_default();
        let Some(report) = read_row(row, &elements, found) else { continue };
        let key = (report.contract.clone(), report.unit_uid.clone(), report.window);
        let earlier = *seen.entry(key).or_insert(row);
        if earlier.line_number() != line {
            let what =
                format!("{}, {}, {}", report.contract, report.unit_uid, row.get("first_day"));
            found.push(row.repeated("unit", earlier.line_number(), &what));
            let first = faults.entry(earlier.line_number()).or_default();
            first.push(earlier.repeated("unit", line, &what));
        }
        read.insert(line, report);
    }
    let lines: BTreeSet<usize> = faults.keys().chain(read.keys()).copied().collect();
    let rows = lines.into_iter().map(|line| {
        let mut found = faults.remove(&line).unwrap_or_default();
        keep_first_of_each_cell(&mut found);
        found.sort_by_key(|fault| fault.position);
        let report = read.remove(&line).filter(|_| found.is_empty());
        let typed = typed.remove(&line).unwrap_or_default();
        StagedReport { line, verdict: report.ok_or(found), typed }
    });
    Ok(StagedReports {
        rows: rows.collect(),
        notes: table.notes().to_vec(),
        file: table.label(),
        sheet: table.sheet_name(),
        columns: table.columns().to_vec(),
    })
}

fn unknown_element(head: &str) -> Violation {
    let text = message!("report-csv-column-no-element-code", head);
    Violation::error("UNKNOWN_ELEMENT", "header", text)
}

/// The report of a row, if its unit and days are known; what is wrong is added to `faults`.
fn read_row(
    row: TableRow<'_>,
    elements: &[&Element],
    faults: &mut Vec<FileDiagnostic>,
) -> Option<ReportCsvRow> {
    let mut cells = Vec::new();
    let is_filled = |element: &&&Element| !row.get(element.code.as_str()).is_empty();
    for element in elements.iter().filter(is_filled) {
        match row.cell_value(element.code.as_str(), element.scale) {
            Ok(value) => cells.push((element.code.clone(), value)),
            Err(fault) => faults.push(*fault),
        }
    }
    let is_nil = read_nil(row, faults);
    let reason = read_missing(row, faults);
    let is_asked = |element: &&&Element| !is_nil || element.kind == ElementKind::Stock;
    let blank = elements.iter().filter(|one| !is_filled(one)).filter(is_asked);
    let gaps = blank.filter_map(|one| Some((one.code.clone(), CellValue::Missing(reason?))));
    let gaps: Vec<_> = gaps.collect();
    if reason.is_some() && gaps.is_empty() {
        let text = message!("report-csv-nothing-missing");
        faults.push(row.diagnostic(MISSING, Violation::error("NOTHING_MISSING", MISSING, text)));
    }
    let has_flows = elements.iter().filter(is_filled).any(|one| one.kind == ElementKind::Flow);
    let has_cells = reason.is_some() || elements.iter().any(|element| is_filled(&element));
    cells.extend(gaps);
    if is_nil && has_flows || !is_nil && !has_cells {
        faults.push(row.diagnostic("nil", nil_or_cells_violation(is_nil)));
    }
    let contract = row.require_text("contract", faults).to_owned();
    let unit_uid = row.require_text("unit", faults).to_owned();
    let (start, end) = (row.require_day("first_day", faults), row.require_day("last_day", faults));
    let window = DateWindow::from_inclusive_days(start?, end?);
    if window.is_none() {
        faults.push(row.bad_value("last_day", Message::verbatim(">= first_day")));
    }
    Some(ReportCsvRow {
        line: row.line_number(),
        contract,
        unit_uid,
        window: window?,
        nil: is_nil,
        note: row.get("note").to_owned(),
        cells,
    })
}

/// Whether the row says that nothing occurred.
fn read_nil(row: TableRow<'_>, faults: &mut Vec<FileDiagnostic>) -> bool {
    let mark = row.get("nil").to_lowercase();
    let is_nil = NIL_MARKS.contains(&mark.as_str())
        || Lang::all().any(|lang| lang.text("report-csv-nil-word") == mark);
    if !is_nil && !mark.is_empty() {
        faults.push(row.bad_value("nil", Message::verbatim("x")));
    }
    is_nil
}

/// The reason of the empty cells, in one of the words or as a language says it.
fn read_missing(row: TableRow<'_>, faults: &mut Vec<FileDiagnostic>) -> Option<MissingReason> {
    let typed = row.get(MISSING).to_lowercase();
    let word = REASON_WORDS.iter().find(|(_, word)| *word == typed).map(|(reason, _)| *reason);
    let said = |id: &str| Lang::all().any(|lang| lang.text(id).to_lowercase() == typed);
    let text = || MISSING_TEXTS.iter().find(|(_, id)| said(id)).map(|(reason, _)| *reason);
    let found = word.or_else(text);
    if found.is_none() && !typed.is_empty() {
        let words = REASON_WORDS.map(|(_, word)| word).join(" | ");
        faults.push(row.bad_value(MISSING, Message::verbatim(words)));
    }
    found
}

fn nil_or_cells_violation(is_nil: bool) -> Violation {
    let text = if is_nil {
        message!("report-csv-nil-report-no-cells")
    } else {
        message!("report-csv-line-says-nothing-give")
    };
    Violation::error("NIL_OR_CELLS", "nil", text)
}

/// Reports as a table with a column for each of `elements`.
#[must_use]
pub fn report_table(
    rows: &[(ReportCsvRow, ReportCsvStatus)],
    elements: &[ElementCode],
    catalogue: &Catalogue,
) -> TableExport {
    let scale = |code: &ElementCode| catalogue.element(code).map_or(0, |element| element.scale);
    let format = elements.iter().any(|code| has_two_readings(scale(code))).then_some(NUMBER_FORMAT);
    let fixed = REPORT_COLUMNS.into_iter().chain(IGNORED_COLUMNS).chain(format);
    let columns = fixed.chain(elements.iter().map(ElementCode::as_str)).map(str::to_owned);
    let row = |(row, status): &(ReportCsvRow, ReportCsvStatus)| {
        let mark = |is_set| ExportCell::text(if is_set { "x" } else { "" });
        let format = format.map(|_| ExportCell::text(DecimalMark::Point.as_str()));
        let fixed = [
            ExportCell::text(&row.contract),
            ExportCell::text(&row.unit_uid),
            ExportCell::Day(row.window.start),
            ExportCell::Day(row.window.last_day()),
            mark(row.nil),
            ExportCell::text(&row.note),
            ExportCell::text(&status.state),
            mark(status.late),
            ExportCell::day(status.received_day),
        ];
        let cells = elements.iter().map(|code| figure_cell(&row.cells, code, scale(code)));
        fixed.into_iter().chain(format).chain(cells).collect()
    };
    TableExport {
        remarks: Vec::new(),
        columns: columns.collect(),
        rows: rows.iter().map(row).collect(),
    }
}

/// The cell of an element: a number, one of the words, or blank.
pub(super) fn figure_cell(
    cells: &[(ElementCode, CellValue)],
    code: &ElementCode,
    scale: u8,
) -> ExportCell {
    match cells.iter().find(|(element, _)| element == code) {
        Some((_, value @ CellValue::Reported(_))) => {
            ExportCell::Number(figure_text::format_cell(*value, scale))
        }
        Some((_, value)) => ExportCell::Text(figure_text::format_cell(*value, scale)),
        None => ExportCell::text(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::catalogue;

    fn elements() -> Catalogue {
        let text = include_str!("../../examples/tra-vinh/elements.toml");
        catalogue::read_catalogue("elements.toml", text).unwrap()
    }

    fn read_reports(
        text: &str,
        catalogue: &Catalogue,
    ) -> Result<Vec<ReportCsvRow>, Vec<FileDiagnostic>> {
        stage_reports(&TableInput::new("r.csv", text), catalogue)?.into_rows()
    }

    #[test]
    fn figures_nil_and_missing_are_three_things_and_survive_both_ways() {
        let text = "\u{feff}contract;unit;first_day;last_day;nil;note;so_offences;reports_received\r\n\
                    tuan-xa;com-29242-0;2024-08-19;2024-08-25;;=1+1;2;nil\r\n\
                    tuan-xa;com-29245-0;2024-08-19;2024-08-25;x;;;\r\n\
                    tuan-xa;com-29251-0;2024-08-19;2024-08-25;;;0;missing:awaiting_source\r\n";
        let rows = read_reports(text, &elements()).unwrap();
        assert_eq!((rows.len(), rows[0].line, rows[1].nil), (3, 2, true));
        assert_eq!(rows[0].cells[1].1, CellValue::Nil);
        let zero_and_gap =
            [CellValue::Reported(0), CellValue::Missing(MissingReason::AwaitingSource)];
        assert_eq!(rows[2].cells.iter().map(|cell| cell.1).collect::<Vec<_>>(), zero_and_gap);

        let codes: Vec<ElementCode> = rows[0].cells.iter().map(|cell| cell.0.clone()).collect();
        let marked: Vec<_> =
            rows.iter().map(|row| (row.clone(), ReportCsvStatus::default())).collect();
        let printed = report_table(&marked, &codes, &elements()).to_csv(true);
        assert!(printed.contains("'=1+1"), "no spreadsheet may run a note");
        assert_eq!(read_reports(&printed, &elements()).unwrap(), rows);
    }

    #[test]
    fn a_nil_line_says_its_stocks_and_no_events() {
        let head = "contract,unit,first_day,last_day,nil,note,solved,suspended_cases\n";
        let line =
            |cells: &str| format!("{head}tuan-huyen,dist-842,2024-08-19,2024-08-25,x,,{cells}\n");
        let rows = read_reports(&line(",carried:11"), &elements()).unwrap();
        assert_eq!(rows[0].cells[0].1, CellValue::Carried(11));
        let refused = read_reports(&line("0,11"), &elements()).unwrap_err();
        assert_eq!(refused[0].violation.code, "NIL_OR_CELLS");
    }

    #[test]
    fn a_reason_in_the_row_is_that_of_its_empty_cells_and_of_no_other() {
        let head = "contract,unit,first_day,last_day,nil,note,solved,suspended_cases,missing\n";
        let line =
            |cells: &str| format!("{head}tuan-huyen,dist-842,2024-08-19,2024-08-25,{cells}\n");
        let read = |cells: &str| read_reports(&line(cells), &elements());
        let values = |cells: &str| -> Vec<CellValue> {
            read(cells).unwrap()[0].cells.iter().map(|cell| cell.1).collect()
        };
        let gap = CellValue::Missing(MissingReason::AwaitingSource);
        assert_eq!(values(",,3,,awaiting_source"), [CellValue::Reported(3), gap]);
        let said = Lang::VI.text("report-csv-missing-awaiting-source");
        assert_eq!(values(&format!(",,,,{said}")), [gap, gap]);
        assert_eq!(values("x,,,,awaiting_source"), [gap], "nil says the events");
        let code = |cells: &str| read(cells).unwrap_err()[0].violation.code;
        assert_eq!(code(",,3,4,see_note"), "NOTHING_MISSING");
        assert_eq!(code(",,3,,later"), "BAD_VALUE");
    }

    #[test]
    fn everything_wrong_is_said_at_once_with_line_and_column() {
        let text = "contract,unit,first_day,last_day,nil,note,so_offences\n\
                    tuan-xa,,2024-08-19,2024-08-25,x,,2\n\
                    tuan-xa,com-1,8/19/2024,2024-08-25,,,many\n\
                    tuan-xa,com-1,2024-08-19,2024-08-01,,,1\n";
        let diagnostics = read_reports(text, &elements()).unwrap_err();
        let seen: Vec<_> = diagnostics
            .iter()
            .map(|f| (f.position.line, f.position.column, f.violation.code))
            .collect();
        let expected = [
            (2, 2, "BAD_VALUE"),
            (2, 5, "NIL_OR_CELLS"),
            (3, 3, "BAD_VALUE"),
            (3, 7, "BAD_VALUE"),
            (4, 4, "BAD_VALUE"),
        ];
        assert_eq!(seen, expected);
        let diagnostics =
            read_reports("contract,unit,first_day,last_day,nil,note,robbery\n", &elements())
                .unwrap_err();
        assert_eq!(diagnostics[0].violation.code, "UNKNOWN_ELEMENT");
    }
}
