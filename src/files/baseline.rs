//! Baselines as a table: `unit,element,first_day,last_day,value,source,status`, with a verdict on each
//! line.
//!
//! Whether a row fits the organisation and the catalogue is checked in
//! `domain::standing::baseline`.

use super::diagnostic::{FileDiagnostic, keep_first_of_each_cell};
use super::keys::csv_tables::BASELINE;
use super::table::csv_writer::CsvWriter;
use super::table::{
    DecimalMark, NUMBER_FORMAT, Table, TableColumns, TableInput, TableRow, has_two_readings,
    unknown_column,
};
use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::report::figure_text::format_scaled;
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus, check_rows};
use crate::domain::support::message::{Message, message};
use std::collections::{BTreeMap, BTreeSet};

const BASELINE_COLUMNS: [&str; 7] = BASELINE.column_names();

/// The result of reading a file of baselines.
#[derive(Debug, Clone)]
pub struct BaselineImport {
    rows: Vec<BaselineRow>,
    /// The line of each row.
    lines: Vec<usize>,
    /// The file as diagnostics name it.
    pub label: String,
    /// Non-empty lines below the header.
    pub line_count: usize,
    /// What refuses nothing and should be read: hidden rows and sheets.
    pub notes: Vec<FileDiagnostic>,
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

    /// Each row of a valid line with its line.
    #[must_use]
    pub fn placed_rows(&self) -> Vec<(usize, &BaselineRow)> {
        let faulty: BTreeSet<usize> =
            self.diagnostics.iter().map(|diagnostic| diagnostic.position.line).collect();
        let placed = self.lines.iter().copied().zip(&self.rows);
        placed.filter(|(line, _)| !faulty.contains(line)).collect()
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
/// The file is no such table: its bytes or its header are not understood.
pub fn read_baselines(
    input: &TableInput<'_>,
    version: u32,
    catalogue: &Catalogue,
    level_of: impl Fn(&str) -> Option<CountingLevel>,
) -> Result<BaselineImport, Vec<FileDiagnostic>> {
    let unknown = |name: &str| Some(unknown_column(name, &BASELINE_COLUMNS));
    let columns =
        TableColumns { required: &BASELINE_COLUMNS, optional: &[NUMBER_FORMAT], other: &unknown };
    let table = Table::read(input, columns)?;
    let mut diagnostics = table.faults().to_vec();
    let (mut rows, mut sources, mut seen) = (Vec::new(), Vec::new(), BTreeMap::new());
    for row in table.rows() {
        let Some(read) = read_row(row, version, catalogue, &mut diagnostics) else { continue };
        let key = (read.unit_uid.clone(), read.element.clone(), read.window);
        let earlier = *seen.entry(key).or_insert(row.line_number());
        if earlier != row.line_number() {
            let what = format!("{}, {}, {}", read.unit_uid, read.element, row.get("first_day"));
            diagnostics.push(row.repeated("unit", earlier, &what));
            continue;
        }
        rows.push(read);
        sources.push(row);
    }
    for (row, violations) in sources.iter().zip(check_rows(&rows, catalogue, level_of)) {
        diagnostics.extend(violations.into_iter().map(|violation| {
            let known = BASELINE_COLUMNS.iter().find(|name| **name == violation.path);
            row.diagnostic(known.map_or("unit", |name| name), violation)
        }));
    }
    keep_first_of_each_cell(&mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.position);
    let faulty = table.faults().iter().map(|fault| fault.position.line);
    let lines: BTreeSet<usize> = table.rows().map(|row| row.line_number()).chain(faulty).collect();
    let notes = table.notes().to_vec();
    let line_count = lines.len();
    let lines = sources.iter().map(TableRow::line_number).collect();
    Ok(BaselineImport { rows, lines, label: table.label(), line_count, notes, diagnostics })
}

/// The row, or `None` if something is wrong with it, which is added to `faults`.
fn read_row(
    row: TableRow<'_>,
    version: u32,
    catalogue: &Catalogue,
    faults: &mut Vec<FileDiagnostic>,
) -> Option<BaselineRow> {
    let before = faults.len();
    let element = ElementCode::new(row.get("element")).ok();
    if element.is_none() {
        faults.push(row.bad_value("element", Message::verbatim("[a-z][a-z0-9_]*")));
    }
    let days = (row.require_day("first_day", faults), row.require_day("last_day", faults));
    let window =
        days.0.zip(days.1).map(|(first, last)| DateWindow::from_inclusive_days(first, last));
    if window == Some(None) {
        faults.push(row.bad_value("last_day", Message::verbatim(">= first_day")));
    }
    let known = element.as_ref().and_then(|code| catalogue.element(code));
    let value = match row.figure("value", known.map_or(0, |element| element.scale)) {
        Ok(value) => Some(value),
        Err(fault) => {
            faults.push(*fault);
            None
        }
    };
    let status = BaselineStatus::parse(row.get("status"));
    if status.is_none() {
        faults.push(row.bad_value("status", Message::verbatim("PRELIMINARY | FINAL")));
    }
    if row.get("source").is_empty() {
        faults.push(row.bad_value("source", message!("baseline-source-text")));
    }
    let read = BaselineRow {
        unit_uid: row.get("unit").to_owned(),
        element: element?,
        window: window??,
        value: value?,
        source: row.get("source").to_owned(),
        status: status?,
        version,
    };
    (faults.len() == before).then_some(read)
}

/// Formats rows as a file that [`read_baselines`] reads.
#[must_use]
pub fn format_baselines<'a>(
    rows: impl IntoIterator<Item = &'a BaselineRow>,
    catalogue: &Catalogue,
) -> String {
    let rows: Vec<&BaselineRow> = rows.into_iter().collect();
    let scale =
        |row: &BaselineRow| catalogue.element(&row.element).map_or(0, |element| element.scale);
    let format = rows.iter().any(|row| has_two_readings(scale(row))).then_some(NUMBER_FORMAT);
    let header: Vec<&str> = BASELINE_COLUMNS.into_iter().chain(format).collect();
    let mut writer = CsvWriter::new(&header, false);
    for row in rows {
        let fields = [
            row.unit_uid.clone(),
            row.element.to_string(),
            row.window.start.to_string(),
            row.window.last_day().to_string(),
            format_scaled(row.value, scale(row)),
            row.source.clone(),
            row.status.to_string(),
        ];
        let mark = format.map(|_| DecimalMark::Point.as_str().to_owned());
        writer.write_row(fields.into_iter().chain(mark));
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
        read_baselines(&TableInput::new("base.csv", text), 1, &catalogue, level_of).unwrap()
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
            (9, 6, "BAD_VALUE"),
        ];
        assert_eq!(seen, expected);
        assert!(import.into_rows().is_err());
    }
}
