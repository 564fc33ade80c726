//! Baselines as CSV: `unit,element,first_day,last_day,value,source,status`, a verdict for each line.
//!
//! Knows the shape of the file. Whether a row is true to the organisation and the catalogue is `domain::baseline`'s.

use super::fault::Fault;
use super::sheet::{Line, Sheet, Writer, scaled, unscaled};
use crate::domain::baseline::{BaselineRow, BaselineStatus, check_rows};
use crate::domain::broken::Broken;
use crate::domain::element::{CountingLevel, ElementCode};
use crate::domain::form::Catalogue;
use crate::domain::window::Window;

const COLUMNS: [&str; 7] = ["unit", "element", "first_day", "last_day", "value", "source", "status"];

/// What became of a file of baselines.
#[derive(Debug, Clone)]
pub struct Import {
    rows: Vec<BaselineRow>,
    /// Lines below the header that hold something.
    pub lines: usize,
    /// Everything wrong, in the order of the lines; a line may have several.
    pub faults: Vec<Fault>,
}

impl Import {
    /// Number of lines without a finding.
    #[must_use]
    pub fn passed(&self) -> usize {
        let mut bad: Vec<usize> = self.faults.iter().map(|fault| fault.place.line).collect();
        bad.sort_unstable();
        bad.dedup();
        self.lines.saturating_sub(bad.len())
    }

    /// The rows, and only if every line passed.
    ///
    /// # Errors
    /// Everything wrong with the file; nothing of it may be used.
    pub fn rows(self) -> Result<Vec<BaselineRow>, Vec<Fault>> {
        if self.faults.is_empty() { Ok(self.rows) } else { Err(self.faults) }
    }
}

/// Reads and checks a file; rows get `version`. `level_of` says at which level a unit counts, `None` for an unknown unit.
///
/// # Errors
/// The file is no CSV, or a column is missing.
pub fn read(
    file: &str,
    text: &str,
    version: u32,
    catalogue: &Catalogue,
    level_of: impl Fn(&str) -> Option<CountingLevel>,
) -> Result<Import, Vec<Fault>> {
    let sheet = Sheet::read(file, text)?;
    let columns = sheet.columns(COLUMNS)?;
    let (mut rows, mut numbers, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for line in sheet.lines() {
        match read_row(line, columns, version, catalogue) {
            Ok(row) => {
                rows.push(row);
                numbers.push(line.number);
            }
            Err((column, broken)) => faults.push(sheet.fault(line.number, column, broken)),
        }
    }
    for (number, found) in numbers.iter().zip(check_rows(&rows, catalogue, level_of)) {
        faults.extend(found.into_iter().map(|broken| {
            let column = COLUMNS.iter().position(|name| *name == broken.at).map_or(0, |index| columns[index]);
            sheet.fault(*number, column, broken)
        }));
    }
    faults.sort_by_key(|fault| fault.place);
    Ok(Import { rows, lines: sheet.lines().len(), faults })
}

type Wrong = (usize, Broken);

fn read_row(line: &Line, columns: [usize; 7], version: u32, catalogue: &Catalogue) -> Result<BaselineRow, Wrong> {
    let [unit, element, first, last, value, source, status] = columns;
    let code = ElementCode::new(line.get(element)).map_err(|_| wrong(element, "element", "[a-z][a-z0-9_]*", line))?;
    let day = |column: usize, name| line.get(column).parse().map_err(|_| wrong(column, name, "YYYY-MM-DD", line));
    let window = Window::of_days(day(first, "first_day")?, day(last, "last_day")?)
        .ok_or_else(|| wrong(last, "last_day", ">= first_day", line))?;
    let scale = catalogue.element(&code).map_or(0, |element| element.scale);
    let figure = scaled(line.get(value), scale).ok_or_else(|| wrong(value, "value", "0, 1, 2, ...", line))?;
    let state =
        BaselineStatus::parse(line.get(status)).ok_or_else(|| wrong(status, "status", "PRELIMINARY | FINAL", line))?;
    if line.get(source).is_empty() {
        return Err(wrong(source, "source", "the text that the figure comes from", line));
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

fn wrong(column: usize, name: &'static str, wanted: &str, line: &Line) -> Wrong {
    let got = line.get(column);
    let (vi, en) = (format!("cần {wanted}, nhận được \"{got}\""), format!("expected {wanted}, got \"{got}\""));
    (column, Broken::refuses("BAD_VALUE", name, vi, en))
}

/// Rows as a file that [`read`] takes back.
#[must_use]
pub fn print<'a>(rows: impl IntoIterator<Item = &'a BaselineRow>, catalogue: &Catalogue) -> String {
    let mut writer = Writer::new(&COLUMNS, false);
    for row in rows {
        let scale = catalogue.element(&row.element).map_or(0, |element| element.scale);
        writer.row([
            row.unit_uid.clone(),
            row.element.to_string(),
            row.window.start.to_string(),
            row.window.last_day().to_string(),
            unscaled(row.value, scale),
            row.source.clone(),
            row.status.to_string(),
        ]);
    }
    writer.text()
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

    fn import(text: &str) -> Import {
        let catalogue = catalogue::read("elements.toml", ELEMENTS).unwrap();
        read("base.csv", text, 1, &catalogue, level_of).unwrap()
    }

    #[test]
    fn a_good_file_is_printed_back_as_it_was() {
        let text = "unit,element,first_day,last_day,value,source,status\n\
                    com-1,so_offences,2023-08-19,2023-08-25,2,sổ,FINAL\n\
                    com-1,so_offences,2023-08-26,2023-09-01,0,sổ,PRELIMINARY\n";
        let rows = import(text).rows().unwrap();
        assert_eq!(print(&rows, &catalogue::read("elements.toml", ELEMENTS).unwrap()), text);
        assert_eq!(import(&format!("\u{feff}{}", text.replace(',', ";"))).rows().unwrap(), rows);
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
        assert_eq!((import.lines, import.passed()), (8, 1));
        let seen: Vec<_> = import.faults.iter().map(|f| (f.place.line, f.place.column, f.broken.code)).collect();
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
        assert!(import.rows().is_err());
    }
}
