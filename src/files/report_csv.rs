//! Reports as CSV, one line for each report: `contract,unit,first_day,last_day,nil,note` and a
//! column for each element.
//!
//! A cell is a figure, `carried:` and a figure (the one of the last period, confirmed), `nil`
//! (không phát sinh) or `missing:awaiting_source|not_counted|see_note`; an empty one has no value,
//! which is none of these. A line marked nil has figures only of stocks and flags, which nil does
//! not say. Whether the unit owes the report and who may send it is checked like for any other
//! report. The columns `state`, `late` and `received_day` are written for readers and ignored when
//! read.

use super::csv_file::{CsvFile, CsvLine, CsvWriter};
use super::diagnostic::FileDiagnostic;
use super::keys::csv_tables::REPORTS;
use crate::domain::report::cell::CellValue;
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::figure_text::{self, FigureTextFault};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use crate::i18n::Lang;

/// The columns before those of the elements.
const REPORT_COLUMNS: [&str; 6] = REPORTS.column_names();
const IGNORED_COLUMNS: [&str; 3] = ["state", "late", "received_day"];
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
    /// Day of receipt, empty if there is none.
    pub received_day: String,
}

/// Reads a file of reports.
///
/// # Errors
/// All diagnostics; no row of the file may be used.
pub fn read_reports(
    file: &str,
    text: &str,
    catalogue: &Catalogue,
) -> Result<Vec<ReportCsvRow>, Vec<FileDiagnostic>> {
    let csv_file = CsvFile::parse(file, text)?;
    let columns = csv_file.find_columns(REPORT_COLUMNS)?;
    let elements = find_element_columns(&csv_file, catalogue)?;
    let (mut rows, mut diagnostics) = (Vec::new(), Vec::new());
    for line in csv_file.lines() {
        let mut violations = Vec::new();
        let row = read_row(line, columns, &elements, &mut violations);
        diagnostics.extend(
            violations
                .into_iter()
                .map(|(column, violation)| csv_file.diagnostic(line.number, column, violation)),
        );
        rows.extend(row);
    }
    if diagnostics.is_empty() { Ok(rows) } else { Err(diagnostics) }
}

/// The index of the column of this name in a file of reports.
#[must_use]
pub fn find_column(text: &str, name: &str) -> Option<usize> {
    let csv_file = CsvFile::parse("", text).ok()?;
    csv_file.header().iter().position(|head| head == name)
}

struct ElementColumn {
    column: usize,
    code: ElementCode,
    kind: ElementKind,
    scale: u8,
}

fn find_element_columns(
    csv_file: &CsvFile,
    catalogue: &Catalogue,
) -> Result<Vec<ElementColumn>, Vec<FileDiagnostic>> {
    let (mut columns, mut diagnostics) = (Vec::new(), Vec::new());
    for (column, head) in csv_file.header().iter().enumerate() {
        if REPORT_COLUMNS.contains(&head.as_str()) || IGNORED_COLUMNS.contains(&head.as_str()) {
            continue;
        }
        match ElementCode::new(head).ok().and_then(|code| catalogue.element(&code)) {
            Some(element) => columns.push(ElementColumn {
                column,
                code: element.code.clone(),
                kind: element.kind,
                scale: element.scale,
            }),
            None => {
                let text = message!("report-csv-column-no-element-code", head);
                diagnostics.push(csv_file.diagnostic(
                    1,
                    column,
                    Violation::error("UNKNOWN_ELEMENT", "header", text),
                ));
            }
        }
    }
    if diagnostics.is_empty() { Ok(columns) } else { Err(diagnostics) }
}

type ReportColumnViolation = (usize, Violation);

fn read_row(
    line: &CsvLine,
    columns: [usize; 6],
    elements: &[ElementColumn],
    violations: &mut Vec<ReportColumnViolation>,
) -> Option<ReportCsvRow> {
    let [contract, unit, first, last, nil, note] = columns;
    let mut cells = Vec::new();
    for element in elements.iter().filter(|element| !line.get(element.column).is_empty()) {
        match figure_text::parse_cell(line.get(element.column), element.scale) {
            Ok(value) => cells.push((element.code.clone(), value)),
            Err(fault) => violations.push(bad_figure_violation(line, element.column, &fault)),
        }
    }
    let mark = line.get(nil).to_lowercase();
    let is_nil = NIL_MARKS.contains(&mark.as_str())
        || Lang::all().any(|lang| lang.text("report-csv-nil-word") == mark);
    if !is_nil && !line.get(nil).is_empty() {
        violations.push(bad_cell_violation(line, nil, "nil", "x"));
    }
    let has_flows = elements
        .iter()
        .any(|element| element.kind == ElementKind::Flow && !line.get(element.column).is_empty());
    if is_nil && has_flows || !is_nil && cells.is_empty() {
        violations.push((nil, nil_or_cells_violation(is_nil)));
    }
    for (column, name) in [(contract, "contract"), (unit, "unit")] {
        if line.get(column).is_empty() {
            violations.push(bad_cell_violation(line, column, name, "a code"));
        }
    }
    let mut day = |column: usize, name| {
        let day = line.get(column).parse().ok();
        if day.is_none() {
            violations.push(bad_cell_violation(line, column, name, "YYYY-MM-DD"));
        }
        day
    };
    let (start, end) = (day(first, "first_day"), day(last, "last_day"));
    let window = DateWindow::from_inclusive_days(start?, end?);
    if window.is_none() {
        violations.push(bad_cell_violation(line, last, "last_day", ">= first_day"));
    }
    Some(ReportCsvRow {
        line: line.number,
        contract: line.get(contract).to_owned(),
        unit_uid: line.get(unit).to_owned(),
        window: window?,
        nil: is_nil,
        note: line.get(note).to_owned(),
        cells,
    })
}

fn nil_or_cells_violation(is_nil: bool) -> Violation {
    let text = if is_nil {
        message!("report-csv-nil-report-no-cells")
    } else {
        message!("report-csv-line-says-nothing-give")
    };
    Violation::error("NIL_OR_CELLS", "nil", text)
}

fn bad_figure_violation(
    line: &CsvLine,
    column: usize,
    fault: &FigureTextFault,
) -> ReportColumnViolation {
    if *fault == FigureTextFault::NotAFigure {
        let expected = "1 | nil | carried:1 | missing:awaiting_source";
        return bad_cell_violation(line, column, "cell", expected);
    }
    (column, Violation::error("BAD_VALUE", "cell", fault.message(line.get(column))))
}

fn bad_cell_violation(
    line: &CsvLine,
    column: usize,
    name: &'static str,
    expected: &str,
) -> ReportColumnViolation {
    let got = line.get(column);
    let text = message!("baseline-expected-got", expected, got);
    (column, Violation::error("BAD_VALUE", name, text))
}

/// Formats reports as a file with a column for each of `elements`; no field is run by a
/// spreadsheet.
#[must_use]
pub fn format_reports(
    rows: &[(ReportCsvRow, ReportCsvStatus)],
    elements: &[ElementCode],
    catalogue: &Catalogue,
) -> String {
    let fixed = REPORT_COLUMNS.into_iter().chain(IGNORED_COLUMNS);
    let header: Vec<&str> = fixed.chain(elements.iter().map(ElementCode::as_str)).collect();
    let mut writer = CsvWriter::new(&header, true);
    for (row, status) in rows {
        let nil = if row.nil { "x" } else { "" };
        let days = [row.window.start.to_string(), row.window.last_day().to_string()];
        let status_fields = [
            status.state.clone(),
            if status.late { "x" } else { "" }.to_owned(),
            status.received_day.clone(),
        ];
        let cells = elements.iter().map(|code| format_cell(row, code, catalogue));
        let texts = [row.contract.clone(), row.unit_uid.clone()].into_iter().chain(days);
        writer.write_row(
            texts.chain([nil.to_owned(), row.note.clone()]).chain(status_fields).chain(cells),
        );
    }
    writer.into_text()
}

fn format_cell(row: &ReportCsvRow, code: &ElementCode, catalogue: &Catalogue) -> String {
    let scale = catalogue.element(code).map_or(0, |element| element.scale);
    let cell = row.cells.iter().find(|(element, _)| element == code);
    cell.map_or_else(String::new, |(_, value)| figure_text::format_cell(*value, scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::cell::MissingReason;
    use crate::files::catalogue;

    fn elements() -> Catalogue {
        let text = include_str!("../../examples/tra-vinh/elements.toml");
        catalogue::read_catalogue("elements.toml", text).unwrap()
    }

    #[test]
    fn figures_nil_and_missing_are_three_things_and_survive_both_ways() {
        let text = "\u{feff}contract;unit;first_day;last_day;nil;note;so_offences;reports_received\r\n\
                    tuan-xa;com-29242-0;2024-08-19;2024-08-25;;=1+1;2;nil\r\n\
                    tuan-xa;com-29245-0;2024-08-19;2024-08-25;x;;;\r\n\
                    tuan-xa;com-29251-0;2024-08-19;2024-08-25;;;0;missing:awaiting_source\r\n";
        let rows = read_reports("r.csv", text, &elements()).unwrap();
        assert_eq!((rows.len(), rows[0].line, rows[1].nil), (3, 2, true));
        assert_eq!(rows[0].cells[1].1, CellValue::Nil);
        let zero_and_gap =
            [CellValue::Reported(0), CellValue::Missing(MissingReason::AwaitingSource)];
        assert_eq!(rows[2].cells.iter().map(|cell| cell.1).collect::<Vec<_>>(), zero_and_gap);

        let codes: Vec<ElementCode> = rows[0].cells.iter().map(|cell| cell.0.clone()).collect();
        let marked: Vec<_> =
            rows.iter().map(|row| (row.clone(), ReportCsvStatus::default())).collect();
        let printed = format_reports(&marked, &codes, &elements());
        assert!(printed.contains("'=1+1"), "no spreadsheet may run a note");
        assert_eq!(read_reports("r.csv", &printed, &elements()).unwrap(), rows);
    }

    #[test]
    fn a_nil_line_says_its_stocks_and_no_events() {
        let head = "contract,unit,first_day,last_day,nil,note,solved,suspended_cases\n";
        let line =
            |cells: &str| format!("{head}tuan-huyen,dist-842,2024-08-19,2024-08-25,x,,{cells}\n");
        let rows = read_reports("r.csv", &line(",carried:11"), &elements()).unwrap();
        assert_eq!(rows[0].cells[0].1, CellValue::Carried(11));
        let refused = read_reports("r.csv", &line("0,11"), &elements()).unwrap_err();
        assert_eq!(refused[0].violation.code, "NIL_OR_CELLS");
    }

    #[test]
    fn everything_wrong_is_said_at_once_with_line_and_column() {
        let text = "contract,unit,first_day,last_day,nil,note,so_offences\n\
                    tuan-xa,,2024-08-19,2024-08-25,x,,2\n\
                    tuan-xa,com-1,19/8/2024,2024-08-25,,,many\n\
                    tuan-xa,com-1,2024-08-19,2024-08-01,,,1\n";
        let diagnostics = read_reports("r.csv", text, &elements()).unwrap_err();
        let seen: Vec<_> = diagnostics
            .iter()
            .map(|f| (f.position.line, f.position.column, f.violation.code))
            .collect();
        let expected = [
            (2, 5, "NIL_OR_CELLS"),
            (2, 2, "BAD_VALUE"),
            (3, 7, "BAD_VALUE"),
            (3, 5, "NIL_OR_CELLS"),
            (3, 3, "BAD_VALUE"),
            (4, 4, "BAD_VALUE"),
        ];
        assert_eq!(seen, expected);
        let diagnostics = read_reports(
            "r.csv",
            "contract,unit,first_day,last_day,nil,note,robbery\n",
            &elements(),
        )
        .unwrap_err();
        assert_eq!(diagnostics[0].violation.code, "UNKNOWN_ELEMENT");
    }
}
