//! Any change of form of a good file is refused with its place, or means the same.

use super::report_csv::{ReportCsvRow, ReportCsvStatus, report_table, stage_reports};
use super::table::{DecimalMark, TableInput};
use super::{catalogue, diagnostic::FileDiagnostic};
use crate::domain::report::cell::CellValue;
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use std::io::{Cursor, Read as _, Write as _};

const ELEMENTS: &str = r#"
[[elements]]
code = "visits"
name_vi = "Lượt khám"
name_en = "Visits"
unit_of_count = "lượt"
kind = "FLOW"
level = "COMMUNE"
max = 1000000

[[elements]]
code = "waste"
name_vi = "Rác thải"
name_en = "Waste"
unit_of_count = "tấn"
kind = "FLOW"
level = "COMMUNE"
scale = 3
max = 1000000000
"#;
const COLUMNS: [&str; 8] =
    ["contract", "unit", "first_day", "last_day", "nil", "note", "visits", "waste"];

fn elements() -> Catalogue {
    catalogue::read_catalogue("elements.toml", ELEMENTS).unwrap()
}

fn stage(
    bytes: &[u8],
    decimal_mark: Option<DecimalMark>,
) -> Result<Vec<ReportCsvRow>, Vec<FileDiagnostic>> {
    let input = TableInput { decimal_mark, ..TableInput::new("week", bytes) };
    stage_reports(&input, &elements())?.into_rows()
}

/// A good report, without its line.
#[derive(Debug, Clone)]
struct GoodRow {
    unit: String,
    day: Date,
    note: String,
    visits: i64,
    /// In thousandths.
    waste: i64,
}

impl GoodRow {
    fn to_report(&self) -> ReportCsvRow {
        let cell =
            |code: &str, value| (ElementCode::new(code).unwrap(), CellValue::Reported(value));
        ReportCsvRow {
            line: 0,
            contract: "tuan".to_owned(),
            unit_uid: self.unit.clone(),
            window: DateWindow::from_inclusive_days(self.day, self.day).unwrap(),
            nil: false,
            note: self.note.clone(),
            cells: vec![cell("visits", self.visits), cell("waste", self.waste)],
        }
    }
}

fn good_rows() -> impl Strategy<Value = Vec<GoodRow>> {
    let row = (
        "[a-z]{1,3}-[0-9]{1,3}",
        0..9_000_i64,
        "[xạ;,\"=+ '-]{0,8}",
        0..99_999_i64,
        0..9_999_999_i64,
    );
    let row = row.prop_map(|(unit, offset, note, visits, waste)| GoodRow {
        unit,
        day: date(2020, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap(),
        // A mark before a formula is what a spreadsheet adds; it is tested where it is written.
        note: note.replace('\'', "").trim().to_owned(),
        visits,
        waste,
    });
    prop::collection::vec(row, 1..6).prop_map(|mut rows| {
        rows.sort_by(|a, b| a.unit.cmp(&b.unit));
        rows.dedup_by(|a, b| a.unit == b.unit);
        rows
    })
}

/// How a spreadsheet, a locale or a person writes the same table.
#[derive(Debug, Clone)]
struct TableForm {
    separator: char,
    declares_separator: bool,
    line_end: &'static str,
    has_bom: bool,
    quotes_all: bool,
    is_decomposed: bool,
    has_nbsp: bool,
    day: u8,
    mark: Option<DecimalMark>,
    has_groups: bool,
    declares_mark: bool,
    blank_rows: bool,
    has_remarks: bool,
    repeats_first: bool,
    has_total: bool,
    rotation: usize,
}

fn forms() -> impl Strategy<Value = TableForm> {
    let text = (
        prop::sample::select(vec![',', ';', '\t']),
        any::<bool>(),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        any::<[bool; 4]>(),
    );
    let meaning = (
        0..4_u8,
        prop::sample::select(vec![None, Some(DecimalMark::Point), Some(DecimalMark::Comma)]),
        any::<[bool; 4]>(),
        prop::sample::select(vec![(false, false), (false, false), (true, false), (false, true)]),
        0..COLUMNS.len(),
    );
    (text, meaning).prop_map(|(text, meaning)| {
        let (separator, declares_separator, line_end, flags) = text;
        let (day, mark, more, (repeats_first, has_total), rotation) = meaning;
        TableForm {
            separator,
            declares_separator,
            line_end,
            has_bom: flags[0],
            quotes_all: flags[1],
            is_decomposed: flags[2],
            has_nbsp: flags[3],
            day,
            mark,
            has_groups: more[0],
            declares_mark: more[1],
            blank_rows: more[2],
            has_remarks: more[3],
            repeats_first,
            has_total,
            rotation,
        }
    })
}

impl TableForm {
    fn day(&self, day: Date) -> String {
        let (year, month, number) = (day.year(), day.month(), day.day());
        match self.day {
            0 => day.to_string(),
            1 => format!("{number:02}/{month:02}/{year}"),
            2 => format!("{number}/{month}/{year}"),
            _ => format!("{number:02}/{month:02}/{:02}", year % 100),
        }
    }

    fn waste(&self, thousandths: i64) -> String {
        let (point, group) = match self.mark {
            Some(DecimalMark::Comma) => (',', "."),
            Some(DecimalMark::Point) | None => ('.', ","),
        };
        let whole = (thousandths / 1_000).to_string();
        let whole = if self.has_groups && whole.len() > 3 {
            let (head, tail) = whole.split_at(whole.len() - 3);
            format!("{head}{group}{tail}")
        } else {
            whole
        };
        format!("{whole}{point}{:03}", thousandths % 1_000)
    }

    /// The file.
    fn write(&self, rows: &[GoodRow]) -> Vec<u8> {
        let mut table: Vec<Vec<String>> = vec![COLUMNS.map(str::to_owned).to_vec()];
        for row in rows {
            let day = self.day(row.day);
            let note =
                if self.has_nbsp { row.note.replace(' ', "\u{a0}") } else { row.note.clone() };
            table.push(vec![
                "tuan".to_owned(),
                row.unit.clone(),
                day.clone(),
                day,
                String::new(),
                note,
                row.visits.to_string(),
                self.waste(row.waste),
            ]);
        }
        if self.repeats_first {
            table.push(table[1].clone());
        }
        if self.has_total {
            table.push(["Tổng cộng", "", "", "", "", "", "9", "9"].map(str::to_owned).to_vec());
        }
        for row in &mut table {
            row.rotate_left(self.rotation);
            if self.has_remarks {
                row.insert(self.rotation, "# kỳ trước; ~1".to_owned());
            }
        }
        let mut text = String::new();
        if self.declares_separator {
            text.push_str(&format!("sep={}{}", self.separator, self.line_end));
        }
        if self.has_remarks {
            table.insert(0, vec!["# chạy 20; AS_WAS, hôm nay\t".to_owned()]);
            table.insert(table.len() / 2 + 1, vec![String::new(), "# ghi chú".to_owned()]);
        }
        for row in &table {
            let cells: Vec<String> = row.iter().map(|cell| self.quote(cell)).collect();
            text.push_str(&cells.join(&self.separator.to_string()));
            text.push_str(self.line_end);
            if self.blank_rows {
                text.push_str(self.line_end);
                text.push_str(&self.separator.to_string().repeat(COLUMNS.len() - 1));
                text.push_str(self.line_end);
            }
        }
        if self.is_decomposed {
            let decomposed = [('\u{1ea1}', "a\u{323}"), ('\u{1ed5}', "o\u{302}\u{309}")];
            text = decomposed.iter().fold(text, |text, (from, to)| text.replace(*from, to));
        }
        let bom = if self.has_bom { "\u{feff}" } else { "" };
        format!("{bom}{text}").into_bytes()
    }

    fn quote(&self, cell: &str) -> String {
        if self.quotes_all || cell.contains([self.separator, '"']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    }
}

/// The same reports without lines, whatever the order of the columns.
fn meaning(rows: &[ReportCsvRow]) -> Vec<ReportCsvRow> {
    let bare = |row: &ReportCsvRow| {
        let mut cells = row.cells.clone();
        cells.sort_by(|a, b| a.0.cmp(&b.0));
        ReportCsvRow { line: 0, cells, ..row.clone() }
    };
    rows.iter().map(bare).collect()
}

/// The workbook with another text in its parts.
fn edit_parts(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut edited = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut part = parts.by_index(index).unwrap();
        let (name, mut text) = (part.name().unwrap().into_owned(), String::new());
        part.read_to_string(&mut text).unwrap();
        let text = text.replace(from, to);
        edited.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        edited.write_all(text.as_bytes()).unwrap();
    }
    edited.finish().unwrap().into_inner()
}

/// A workbook of the reports, with days and figures as cells of those kinds.
fn workbook(rows: &[GoodRow], change: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Tuần").unwrap();
    let day_format = Format::new().set_num_format("dd/mm/yyyy");
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_string(0, column, name).unwrap();
    }
    for (line, row) in (1..).zip(rows) {
        let (year, month, day) = (row.day.year(), row.day.month(), row.day.day());
        let day = rust_xlsxwriter::ExcelDateTime::from_ymd(
            u16::try_from(year).unwrap(),
            u8::try_from(month).unwrap(),
            u8::try_from(day).unwrap(),
        );
        let day = day.unwrap();
        sheet.write_string(line, 0, "tuan").unwrap();
        sheet.write_string(line, 1, &row.unit).unwrap();
        sheet.write_datetime_with_format(line, 2, &day, &day_format).unwrap();
        sheet.write_datetime_with_format(line, 3, &day, &day_format).unwrap();
        sheet.write_string(line, 5, &row.note).unwrap();
        #[allow(clippy::cast_precision_loss, reason = "a spreadsheet has no other numbers")]
        let (visits, waste) = (row.visits as f64, row.waste as f64 / 1_000.0);
        sheet.write_number(line, 6, visits).unwrap();
        sheet.write_number(line, 7, waste).unwrap();
    }
    change(sheet);
    book.save_to_buffer().unwrap()
}

fn one_row() -> Vec<GoodRow> {
    let (unit, note) = ("xa-1".to_owned(), "ghi chú".to_owned());
    vec![GoodRow { unit, day: date(2026, 11, 16), note, visits: 1_234, waste: 1_500 }]
}

fn codes(bytes: &[u8]) -> Vec<(usize, usize, &'static str)> {
    let faults = stage(bytes, None).unwrap_err();
    faults
        .iter()
        .map(|fault| (fault.position.line, fault.position.column, fault.violation.code))
        .collect()
}

#[test]
fn a_workbook_means_what_its_cells_show_and_hidden_rows_are_told() {
    let mut rows = one_row();
    rows.push(GoodRow { unit: "xa-2".to_owned(), waste: 3, ..rows[0].clone() });
    let bytes = workbook(&rows, |sheet| {
        sheet.set_row_hidden(2).unwrap();
    });
    let expected: Vec<_> = rows.iter().map(GoodRow::to_report).collect();
    assert_eq!(meaning(&stage(&bytes, None).unwrap()), meaning(&expected));
    let staged = stage_reports(&TableInput::new("week.xlsx", &bytes), &elements()).unwrap();
    let note = &staged.notes[0];
    assert_eq!((note.file.as_str(), note.violation.code), ("week.xlsx[Tuần]", "HIDDEN_ROWS"));
    assert_eq!(note.position.line, 3);
}

#[test]
fn a_day_of_the_calendar_that_begins_in_1904_is_the_day_that_is_shown() {
    let good = workbook(&one_row(), |_| {});
    let later = edit_parts(&good, "<workbookPr ", "<workbookPr date1904=\"1\" ");
    // The same number of days after a later first day.
    assert_eq!(stage(&later, None).unwrap()[0].window.start, date(2030, 11, 17));
}

#[test]
fn what_a_spreadsheet_does_to_a_table_is_refused_with_its_cell() {
    let rows = one_row();
    let refused = |change: fn(&mut Worksheet)| codes(&workbook(&rows, change));
    let formula = workbook(&rows, |sheet| {
        sheet.write_formula(1, 6, "=1+1").unwrap();
    });
    assert!(stage(&edit_parts(&formula, "</f><v>0</v>", "</f><v>2</v>"), None).is_ok());
    let uncomputed = codes(&edit_parts(&formula, "</f><v>0</v>", "</f>"));
    assert_eq!(uncomputed, [(2, 7, "FORMULA_WITHOUT_VALUE")]);
    let became_a_day = refused(|sheet| {
        let format = Format::new().set_num_format("dd/mm/yyyy");
        sheet.write_number_with_format(1, 1, 46_000, &format).unwrap();
    });
    assert_eq!(became_a_day, [(2, 2, "TEXT_BECAME_DAY")]);
    let merged = refused(|sheet| {
        sheet.merge_range(1, 0, 2, 0, "tuan", &Format::new()).unwrap();
    });
    assert_eq!(merged, [(2, 1, "MERGED_CELLS")]);
    let beside = refused(|sheet| {
        sheet.write_string(1, 9, "x").unwrap();
    });
    assert_eq!(beside, [(2, 1, "ROW_SHAPE")]);
    let long_number = refused(|sheet| {
        sheet.write_number(1, 1, 1.24e17).unwrap();
    });
    assert_eq!(long_number, [(2, 2, "EXPONENT")]);
    let plain_number = refused(|sheet| {
        sheet.write_number(1, 2, 46_342).unwrap();
    });
    assert_eq!(plain_number, [(2, 3, "BAD_VALUE")]);
    assert_eq!(codes(b"PK\x03\x04 no archive"), [(1, 1, "BAD_WORKBOOK")]);
    let good = workbook(&rows, |_| {});
    let damaged = edit_parts(&good, "ref=\"A1:H2\"", "ref=\"H2:A1\"");
    assert!(damaged != good && codes(&damaged) == [(1, 1, "BAD_WORKBOOK")]);
}

#[test]
fn a_table_with_a_title_a_total_or_unclear_columns_is_refused_and_all_faults_are_named() {
    let head = COLUMNS.join(",");
    let row = "tuan,c1,2026-11-16,2026-11-22,,n,12,1.5";
    let file = |lines: &[&str]| codes(lines.join("\n").as_bytes());
    assert_eq!(file(&["Báo cáo tuần", &head, row]), [(1, 1, "TITLE_ABOVE_HEADER")]);
    let total = [(3, 1, "TOTAL_ROW"), (4, 1, "ROW_SHAPE"), (5, 3, "AMBIGUOUS_DAY")];
    let lines = [
        &head,
        row,
        "Tổng cộng:,,,,,,12,1.5",
        "tuan,c2,2026-11-16,2026-11-22,,n,1,234,1.5",
        "tuan,c3,03/04/25,22/11/2026,,n,12,1.5",
    ];
    assert_eq!(file(&lines), total);
    assert_eq!(file(&[&format!("{head},visits"), row]), [(1, 9, "COLUMN_TWICE")]);
    assert_eq!(file(&[&format!("{head},"), &format!("{row},x")]), [(1, 9, "COLUMN_WITHOUT_NAME")]);
    assert_eq!(file(&[&head, row, row]), [(2, 2, "REPEATED_ROW"), (3, 2, "REPEATED_ROW")]);
    let broken = "#REF!,#REF!,#REF!,#REF!,#REF!,#REF!,#REF!,#REF!";
    assert!(!file(&[&head, row, broken]).is_empty(), "an error of a spreadsheet is no remark");
    let remark = "# total,,,,,,12,1.5";
    assert!(!file(&[&head, row, remark]).is_empty(), "a row with a figure is no remark");
    assert_eq!(
        file(&[&head, "tuan,c1,2026-11-16,2026-11-22,,n,12,1.234"]),
        [(2, 8, "AMBIGUOUS_NUMBER")]
    );
}

#[test]
fn names_typed_in_tcvn3_are_refused_with_what_they_read_like() {
    let text = format!(
        "{}\ntuan,c1,2026-11-16,2026-11-22,,X\u{b7} M\u{e9}t Ph\u{ad}\u{ea}ng,1,1\n",
        COLUMNS.join(",")
    );
    let fault = &stage(text.as_bytes(), None).unwrap_err()[0];
    let cell = fault.cell.as_ref().unwrap();
    assert_eq!(fault.violation.code, "LEGACY_ENCODING");
    assert_eq!(cell.understood.as_deref(), Some("Xã Một Phường"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_good_file_in_another_form_is_refused_with_its_place_or_means_the_same(
        rows in good_rows(),
        form in forms(),
    ) {
        let bytes = form.write(&rows);
        let declared = form.declares_mark.then_some(form.mark).flatten();
        match stage(&bytes, declared) {
            Ok(read) => {
                prop_assert!(!form.repeats_first && !form.has_total && form.day < 3);
                let expected: Vec<_> = rows.iter().map(GoodRow::to_report).collect();
                prop_assert_eq!(meaning(&read), meaning(&expected));
            }
            Err(faults) => {
                let is_plain = form.day < 3 && !form.repeats_first && !form.has_total;
                prop_assert!(!(is_plain && declared.is_some()), "{}", faults[0]);
                for fault in faults {
                    prop_assert!(fault.position.line > 1 && fault.position.column >= 1, "{}", fault);
                }
            }
        }
    }

    #[test]
    fn csv_and_workbook_of_the_same_reports_mean_the_same_and_an_export_changes_nothing(
        rows in good_rows(),
    ) {
        let reports: Vec<ReportCsvRow> = rows.iter().map(GoodRow::to_report).collect();
        let marked: Vec<_> =
            reports.iter().map(|row| (row.clone(), ReportCsvStatus::default())).collect();
        let codes = ["visits", "waste"].map(|code| ElementCode::new(code).unwrap());
        let mut table = report_table(&marked, &codes, &elements());
        table.remarks = vec!["run: 20, =1".to_owned(), "view: AS_WAS; '\"x".to_owned()];
        let exported = table.to_csv(true).into_bytes();
        for exported in [exported, table.to_workbook(date(2026, 11, 29)).unwrap()] {
            prop_assert_eq!(meaning(&stage(&exported, None).unwrap()), meaning(&reports));
        }
        let book = stage(&workbook(&rows, |_| {}), None).unwrap();
        prop_assert_eq!(meaning(&book), meaning(&reports));
    }

    #[test]
    fn whatever_bytes_a_table_has_it_is_read_or_refused(
        rows in good_rows(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        is_workbook in any::<bool>(),
    ) {
        let form = TableForm {
            separator: ',', declares_separator: false, line_end: "\n", has_bom: false,
            quotes_all: false, is_decomposed: false, has_nbsp: false, day: 0, mark: None,
            has_groups: false, declares_mark: false, blank_rows: false, has_remarks: false,
            repeats_first: false, has_total: false, rotation: 0,
        };
        let mut bytes = if is_workbook { workbook(&rows, |_| {}) } else { form.write(&rows) };
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Err(faults) = stage(&bytes, None) {
            prop_assert!(!faults.is_empty() && faults[0].position.line >= 1);
        }
    }
}
