//! Baselines as CSV: `unit,element,first_day,last_day,value,source,status`, with a verdict on each
//! line.
//!
//! Whether a row fits the organisation and the catalogue is checked in
//! `domain::standing::baseline`.

use super::csv_file::{CsvFile, CsvLine, CsvWriter};
use super::diagnostic::FileDiagnostic;
use super::keys::csv_tables::BASELINE;
use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::report::figure_text::{FigureTextFault, format_scaled, parse_scaled};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus, check_rows};
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;

const BASELINE_COLUMNS: [&str; 7] = BASELINE.column_names();

/// The result of reading a file of baselines.
#[derive(Debug, Clone)]
pub struct BaselineImport {
    rows: Vec<BaselineRow>,
    /// Non-empty lines below the header.
    pub line_count: usize,
    /// All diagnostics, in the order of the lines; a line may have several.
    pub diagnostics: Vec<FileDiagnostic>,
}

impl BaselineImport {
    /// Number of lines without a diagnostic.
    #[must_use]
    pub fn valid_line_count(&self) -> usize {
        let mut invalid_lines: Vec<usize> =
            self.diagnostics.iter().map(|diagnostic| diagnostic.position.line).collect();
        invalid_lines.sort_unstable();
        invalid_lines.dedup();
        self.line_count.saturating_sub(invalid_lines.len())
    }

    /// The rows, if every line is valid.
    ///
    /// # Errors
    /// All diagnostics; no row of the file may be used.
    pub fn into_rows(self) -> Result<Vec<BaselineRow>, Vec<FileDiagnostic>> {
        if self.diagnostics.is_empty() { Ok(self.rows) } else { Err(self.diagnostics) }
    }
}

/// Reads and checks a file; rows get `version`. `level_of` returns the level at which a unit
/// counts, `None` for an unknown unit.
///
/// # Errors
/// The file is not CSV, or a column is missing.
pub fn read_baselines(
    file: &str,
    text: &str,
    version: u32,
    catalogue: &Catalogue,
    level_of: impl Fn(&str) -> Option<CountingLevel>,
) -> Result<BaselineImport, Vec<FileDiagnostic>> {
    let csv_file = CsvFile::parse(file, text)?;
    let columns = csv_file.find_columns(BASELINE_COLUMNS)?;
    let (mut rows, mut numbers, mut diagnostics) = (Vec::new(), Vec::new(), Vec::new());
    for line in csv_file.lines() {
        match read_row(line, columns, version, catalogue) {
            Ok(row) => {
                rows.push(row);
                numbers.push(line.number);
            }
            Err((column, violation)) => {
                diagnostics.push(csv_file.diagnostic(line.number, column, violation))
            }
        }
    }
    for (number, violations) in numbers.iter().zip(check_rows(&rows, catalogue, level_of)) {
        diagnostics.extend(violations.into_iter().map(|violation| {
            let column = BASELINE_COLUMNS
                .iter()
                .position(|name| *name == violation.path)
                .map_or(0, |index| columns[index]);
            csv_file.diagnostic(*number, column, violation)
        }));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.position);
    Ok(BaselineImport { rows, line_count: csv_file.lines().len(), diagnostics })
}

type BaselineColumnViolation = (usize, Violation);

fn read_row(
    line: &CsvLine,
    columns: [usize; 7],
    version: u32,
    catalogue: &Catalogue,
) -> Result<BaselineRow, BaselineColumnViolation> {
    let [unit, element, first, last, value, source, status] = columns;
    let code = ElementCode::new(line.get(element))
        .map_err(|_| bad_value_violation(element, "element", "[a-z][a-z0-9_]*", line))?;
    let day = |column: usize, name| {
        line.get(column).parse().map_err(|_| bad_value_violation(column, name, "YYYY-MM-DD", line))
    };
    let window = DateWindow::from_inclusive_days(day(first, "first_day")?, day(last, "last_day")?)
        .ok_or_else(|| bad_value_violation(last, "last_day", ">= first_day", line))?;
    let scale = catalogue.element(&code).map_or(0, |element| element.scale);
    let figure = parse_scaled(line.get(value), scale).map_err(|fault| match fault {
        FigureTextFault::NotAFigure => bad_value_violation(value, "value", "0, 1, 2, ...", line),
        FigureTextFault::Thousands { .. } | FigureTextFault::Decimals { .. } => {
            (value, Violation::error("BAD_VALUE", "value", fault.message(line.get(value))))
        }
    })?;
    let state = BaselineStatus::parse(line.get(status))
        .ok_or_else(|| bad_value_violation(status, "status", "PRELIMINARY | FINAL", line))?;
    if line.get(source).is_empty() {
        return Err(bad_value_violation(
            source,
            "source",
            "the text that the figure comes from",
            line,
        ));
    }
    Ok(BaselineRow {
        unit_uid: line.get(unit).to_owned(),
        element: code,
        window,
        value: figure,
        source: line.get(source).to_owned(),
        status: state,
        version,
    })
}

fn bad_value_violation(
    column: usize,
    name: &'static str,
    expected: &str,
    line: &CsvLine,
) -> BaselineColumnViolation {
    let got = line.get(column);
    let message = message!("baseline-expected-got", expected, got);
    (column, Violation::error("BAD_VALUE", name, message))
}

/// Formats rows as a file that [`read_baselines`] reads.
#[must_use]
pub fn format_baselines<'a>(
    rows: impl IntoIterator<Item = &'a BaselineRow>,
    catalogue: &Catalogue,
) -> String {
    let mut writer = CsvWriter::new(&BASELINE_COLUMNS, false);
    for row in rows {
        let scale = catalogue.element(&row.element).map_or(0, |element| element.scale);
        writer.write_row([
            row.unit_uid.clone(),
            row.element.to_string(),
            row.window.start.to_string(),
            row.window.last_day().to_string(),
            format_scaled(row.value, scale),
            row.source.clone(),
            row.status.to_string(),
        ]);
    }
    writer.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::catalogue;

    const ELEMENTS: &str = r#"
[[elements]]
code = "so_offences"
name_vi = "Số vụ"
name_en = "Offences"
unit_of_count = "vụ"
kind = "FLOW"
level = "COMMUNE"
max = 100
"#;

    fn level_of(unit: &str) -> Option<CountingLevel> {
        match unit {
            "com-1" => Some(CountingLevel::Commune),
            "dist-1" => Some(CountingLevel::District),
            _ => None,
        }
    }

    fn import(text: &str) -> BaselineImport {
        let catalogue = catalogue::read_catalogue("elements.toml", ELEMENTS).unwrap();
        read_baselines("base.csv", text, 1, &catalogue, level_of).unwrap()
    }

    #[test]
    fn a_good_file_is_printed_back_as_it_was() {
        let text = "unit,element,first_day,last_day,value,source,status\n\
                    com-1,so_offences,2023-08-19,2023-08-25,2,sổ,FINAL\n\
                    com-1,so_offences,2023-08-26,2023-09-01,0,sổ,PRELIMINARY\n";
        let rows = import(text).into_rows().unwrap();
        assert_eq!(
            format_baselines(&rows, &catalogue::read_catalogue("elements.toml", ELEMENTS).unwrap()),
            text
        );
        assert_eq!(
            import(&format!("\u{feff}{}", text.replace(',', ";"))).into_rows().unwrap(),
            rows
        );
    }

    #[test]
    fn each_line_gets_its_verdict_and_one_bad_line_spoils_all() {
        let text = "unit,element,first_day,last_day,value,source,status\n\
                    com-1,so_offences,2023-08-19,2023-08-25,2,sổ,FINAL\n\
                    com-1,so_offences,2023-08-25,2023-08-28,1,sổ,FINAL\n\
                    com-9,so_offences,2023-08-19,2023-08-25,2,sổ,FINAL\n\
                    dist-1,so_offences,2023-08-19,2023-08-25,2,sổ,FINAL\n\
                    com-1,robbery,2023-08-19,2023-08-25,2,sổ,FINAL\n\
                    com-1,so_offences,2023-09-01,2023-08-25,2,sổ,FINAL\n\
                    com-1,so_offences,2023-09-01,2023-09-25,-2,sổ,FINAL\n\
                    com-1,so_offences,2023-10-01,2023-10-25,1.5,,FINAL\n";
        let import = import(text);
        assert_eq!((import.line_count, import.valid_line_count()), (8, 1));
        let seen: Vec<_> = import
            .diagnostics
            .iter()
            .map(|f| (f.position.line, f.position.column, f.violation.code))
            .collect();
        let expected = [
            (3, 1, "ROWS_OVERLAP"),
            (4, 1, "UNKNOWN_UNIT"),
            (5, 1, "NOT_COUNTED_HERE"),
            (6, 2, "UNKNOWN_ELEMENT"),
            (7, 4, "BAD_VALUE"),
            (8, 5, "VALUE_OUT_OF_RANGE"),
            (9, 5, "BAD_VALUE"),
        ];
        assert_eq!(seen, expected);
        assert!(import.into_rows().is_err());
    }
}
