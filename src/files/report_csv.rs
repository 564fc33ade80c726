//! Reports as CSV, one line a report: `contract,unit,first_day,last_day,nil,note` and a column for each element.
//!
//! A cell is a figure, `nil` (không phát sinh) or `missing:awaiting_source|not_counted|see_note`; an empty one says nothing,
//! which is neither. Knows the shape only: whether the unit owes the report and who may send it is asked like of any other
//! report. Columns `state`, `late` and `received_day` are written for the reader and ignored when read.

use super::fault::Fault;
use super::sheet::{Line, Sheet, Writer, scaled, unscaled};
use crate::domain::broken::Broken;
use crate::domain::cell::{CellValue, MissingReason};
use crate::domain::element::ElementCode;
use crate::domain::form::Catalogue;
use crate::domain::window::Window;

const COLUMNS: [&str; 6] = ["contract", "unit", "first_day", "last_day", "nil", "note"];
const IGNORED: [&str; 3] = ["state", "late", "received_day"];
/// Words that say "nothing occurred" in the column `nil`.
const NIL_WORDS: [&str; 6] = ["x", "1", "yes", "nil", "true", "không phát sinh"];

/// One report as a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Line in the file, from 1; 0 for a row that was not read from one.
    pub line: usize,
    /// Code of the contract.
    pub contract: String,
    /// Uid of the unit whose figures these are.
    pub unit_uid: String,
    /// Days of the period or of its piece.
    pub window: Window,
    /// Nothing of the form occurred.
    pub nil: bool,
    /// The note.
    pub note: String,
    /// What the report says, in the order of the columns; empty when `nil`.
    pub cells: Vec<(ElementCode, CellValue)>,
}

/// What a reader of an export sees beside a report; not read back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportMark {
    /// State, as in `ACCEPTED`.
    pub state: String,
    /// Whether it came after due day and grace.
    pub late: bool,
    /// Day of receipt, empty for none.
    pub received_day: String,
}

/// Reads a file of reports.
///
/// # Errors
/// Everything wrong with it; nothing of it may be used then.
pub fn read(file: &str, text: &str, catalogue: &Catalogue) -> Result<Vec<ReportRow>, Vec<Fault>> {
    let sheet = Sheet::read(file, text)?;
    let columns = sheet.columns(COLUMNS)?;
    let elements = element_columns(&sheet, catalogue)?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for line in sheet.lines() {
        let mut found = Vec::new();
        let row = read_row(line, columns, &elements, &mut found);
        faults.extend(found.into_iter().map(|(column, broken)| sheet.fault(line.number, column, broken)));
        rows.extend(row);
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

struct ElementColumn {
    column: usize,
    code: ElementCode,
    scale: u8,
}

fn element_columns(sheet: &Sheet, catalogue: &Catalogue) -> Result<Vec<ElementColumn>, Vec<Fault>> {
    let (mut known, mut faults) = (Vec::new(), Vec::new());
    for (column, head) in sheet.header().iter().enumerate() {
        if COLUMNS.contains(&head.as_str()) || IGNORED.contains(&head.as_str()) {
            continue;
        }
        match ElementCode::new(head).ok().and_then(|code| catalogue.element(&code)) {
            Some(element) => known.push(ElementColumn { column, code: element.code.clone(), scale: element.scale }),
            None => {
                let vi = format!("cột \"{head}\" không phải là mã chỉ tiêu; hãy sửa hoặc bỏ cột");
                let en = format!("column \"{head}\" is no element's code; mend it or take it out");
                faults.push(sheet.fault(1, column, Broken::refuses("UNKNOWN_ELEMENT", "header", vi, en)));
            }
        }
    }
    if faults.is_empty() { Ok(known) } else { Err(faults) }
}

type Wrong = (usize, Broken);

fn read_row(line: &Line, columns: [usize; 6], elements: &[ElementColumn], found: &mut Vec<Wrong>) -> Option<ReportRow> {
    let [contract, unit, first, last, nil, note] = columns;
    let mut cells = Vec::new();
    for element in elements.iter().filter(|element| !line.get(element.column).is_empty()) {
        match cell(line.get(element.column), element.scale) {
            Some(value) => cells.push((element.code.clone(), value)),
            None => found.push(wrong(line, element.column, "cell", "1 | nil | missing:awaiting_source")),
        }
    }
    let is_nil = NIL_WORDS.contains(&line.get(nil).to_lowercase().as_str());
    if !is_nil && !line.get(nil).is_empty() {
        found.push(wrong(line, nil, "nil", "x"));
    }
    if is_nil != cells.is_empty() {
        found.push((nil, nil_or_cells(is_nil)));
    }
    for (column, name) in [(contract, "contract"), (unit, "unit")] {
        if line.get(column).is_empty() {
            found.push(wrong(line, column, name, "a code"));
        }
    }
    let mut day = |column: usize, name| {
        let day = line.get(column).parse().ok();
        if day.is_none() {
            found.push(wrong(line, column, name, "YYYY-MM-DD"));
        }
        day
    };
    let (start, end) = (day(first, "first_day"), day(last, "last_day"));
    let window = Window::of_days(start?, end?);
    if window.is_none() {
        found.push(wrong(line, last, "last_day", ">= first_day"));
    }
    Some(ReportRow {
        line: line.number,
        contract: line.get(contract).to_owned(),
        unit_uid: line.get(unit).to_owned(),
        window: window?,
        nil: is_nil,
        note: line.get(note).to_owned(),
        cells,
    })
}

fn cell(text: &str, scale: u8) -> Option<CellValue> {
    if text == "nil" {
        return Some(CellValue::Nil);
    }
    match text.strip_prefix("missing:") {
        Some(word) => reason(word).map(CellValue::Missing),
        None => scaled(text, scale).map(CellValue::Reported),
    }
}

fn reason(word: &str) -> Option<MissingReason> {
    [MissingReason::AwaitingSource, MissingReason::NotCounted, MissingReason::SeeNote]
        .into_iter()
        .find(|reason| reason_word(*reason) == word)
}

fn reason_word(reason: MissingReason) -> &'static str {
    match reason {
        MissingReason::AwaitingSource => "awaiting_source",
        MissingReason::NotCounted => "not_counted",
        MissingReason::SeeNote => "see_note",
    }
}

fn nil_or_cells(is_nil: bool) -> Broken {
    let (vi, en) = if is_nil {
        (
            "đã ghi không phát sinh thì các ô phải để trống; hãy bỏ một trong hai",
            "a nil report has no cells; take one out",
        )
    } else {
        ("dòng không có số liệu; ghi số hoặc ghi x ở cột nil", "the line says nothing; give figures, or x under nil")
    };
    Broken::refuses("NIL_OR_CELLS", "nil", vi, en)
}

fn wrong(line: &Line, column: usize, name: &'static str, wanted: &str) -> Wrong {
    let got = line.get(column);
    let (vi, en) = (format!("cần {wanted}, nhận được \"{got}\""), format!("expected {wanted}, got \"{got}\""));
    (column, Broken::refuses("BAD_VALUE", name, vi, en))
}

/// Reports as a file, with a column for each of `elements`; no field of it is run by a spreadsheet.
#[must_use]
pub fn print(rows: &[(ReportRow, ReportMark)], elements: &[ElementCode], catalogue: &Catalogue) -> String {
    let fixed = COLUMNS.into_iter().chain(IGNORED);
    let header: Vec<&str> = fixed.chain(elements.iter().map(ElementCode::as_str)).collect();
    let mut writer = Writer::new(&header, true);
    for (row, mark) in rows {
        let nil = if row.nil { "x" } else { "" };
        let days = [row.window.start.to_string(), row.window.last_day().to_string()];
        let marks = [mark.state.clone(), if mark.late { "x" } else { "" }.to_owned(), mark.received_day.clone()];
        let cells = elements.iter().map(|code| cell_text(row, code, catalogue));
        let texts = [row.contract.clone(), row.unit_uid.clone()].into_iter().chain(days);
        writer.row(texts.chain([nil.to_owned(), row.note.clone()]).chain(marks).chain(cells));
    }
    writer.text()
}

fn cell_text(row: &ReportRow, code: &ElementCode, catalogue: &Catalogue) -> String {
    let scale = catalogue.element(code).map_or(0, |element| element.scale);
    match row.cells.iter().find(|(element, _)| element == code) {
        None => String::new(),
        Some((_, CellValue::Nil)) => "nil".to_owned(),
        Some((_, CellValue::Missing(reason))) => format!("missing:{}", reason_word(*reason)),
        Some((_, CellValue::Reported(value))) => unscaled(*value, scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::catalogue;

    fn elements() -> Catalogue {
        let text = include_str!("../../examples/tra-vinh/elements.toml");
        catalogue::read("elements.toml", text).unwrap()
    }

    #[test]
    fn figures_nil_and_missing_are_three_things_and_survive_both_ways() {
        let text = "\u{feff}contract;unit;first_day;last_day;nil;note;so_offences;reports_received\r\n\
                    tuan-xa;com-29242-0;2024-08-19;2024-08-25;;=1+1;2;nil\r\n\
                    tuan-xa;com-29245-0;2024-08-19;2024-08-25;x;;;\r\n\
                    tuan-xa;com-29251-0;2024-08-19;2024-08-25;;;0;missing:awaiting_source\r\n";
        let rows = read("r.csv", text, &elements()).unwrap();
        assert_eq!((rows.len(), rows[0].line, rows[1].nil), (3, 2, true));
        assert_eq!(rows[0].cells[1].1, CellValue::Nil);
        let zero_and_gap = [CellValue::Reported(0), CellValue::Missing(MissingReason::AwaitingSource)];
        assert_eq!(rows[2].cells.iter().map(|cell| cell.1).collect::<Vec<_>>(), zero_and_gap);

        let codes: Vec<ElementCode> = rows[0].cells.iter().map(|cell| cell.0.clone()).collect();
        let marked: Vec<_> = rows.iter().map(|row| (row.clone(), ReportMark::default())).collect();
        let printed = print(&marked, &codes, &elements());
        assert!(printed.contains("'=1+1"), "no spreadsheet may run a note");
        assert_eq!(read("r.csv", &printed, &elements()).unwrap(), rows);
    }

    #[test]
    fn everything_wrong_is_said_at_once_with_line_and_column() {
        let text = "contract,unit,first_day,last_day,nil,note,so_offences\n\
                    tuan-xa,,2024-08-19,2024-08-25,x,,2\n\
                    tuan-xa,com-1,19/8/2024,2024-08-25,,,many\n\
                    tuan-xa,com-1,2024-08-19,2024-08-01,,,1\n";
        let faults = read("r.csv", text, &elements()).unwrap_err();
        let seen: Vec<_> = faults.iter().map(|f| (f.place.line, f.place.column, f.broken.code)).collect();
        let expected = [
            (2, 5, "NIL_OR_CELLS"),
            (2, 2, "BAD_VALUE"),
            (3, 7, "BAD_VALUE"),
            (3, 5, "NIL_OR_CELLS"),
            (3, 3, "BAD_VALUE"),
            (4, 4, "BAD_VALUE"),
        ];
        assert_eq!(seen, expected);
        let faults = read("r.csv", "contract,unit,first_day,last_day,nil,note,robbery\n", &elements()).unwrap_err();
        assert_eq!(faults[0].broken.code, "UNKNOWN_ELEMENT");
    }
}
