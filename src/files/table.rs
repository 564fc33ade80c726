//! Rows of a sheet by column name, each problem with its place: what the files of the organisation share.
//!
//! Knows that every column is named once; knows no meaning of any. How CSV is read is `sheet`.

use super::fault::Fault;
use super::sheet::{Line, Sheet};
use crate::domain::broken::Broken;
use jiff::civil::Date;

/// Most rows of one file.
const ROWS_MAX: usize = 100_000;

/// A sheet whose columns are all known.
pub(super) struct Table {
    sheet: Sheet,
    /// For each wanted column its place in the file.
    places: Vec<(&'static str, usize)>,
}

/// One row; fields by column name.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    line: &'a Line,
}

impl Table {
    /// Reads `text` with the columns `wanted`, in any order; a missing, unknown or repeated column is a problem, and so is
    /// a row with another number of fields.
    pub(super) fn read(file: &str, text: &str, wanted: &[&'static str]) -> Result<Self, Vec<Fault>> {
        let sheet = Sheet::read(file, text)?;
        let mut found = Vec::new();
        let places =
            wanted.iter().filter_map(|column| Some((*column, one_place(&sheet, column, &mut found)?))).collect();
        for (at, name) in sheet.header().iter().enumerate().filter(|(_, name)| !wanted.contains(&name.as_str())) {
            let vi = format!("cột lạ {name:?}; các cột là {}", wanted.join(","));
            let en = format!("unknown column {name:?}; the columns are {}", wanted.join(","));
            found.push(sheet.fault(1, at, Broken::refuses("COLUMNS", "header", vi, en)));
        }
        let columns = sheet.header().len();
        for line in sheet.lines().iter().filter(|line| line.len() != columns) {
            let vi = format!("dòng có {} cột, cần {columns} cột như dòng tiêu đề", line.len());
            let en = format!("the row has {} fields; the heading has {columns}", line.len());
            found.push(sheet.fault(line.number, 0, Broken::refuses("ROW_SHAPE", "row", vi, en)));
        }
        if let Some(line) = sheet.lines().get(ROWS_MAX) {
            let (vi, en) = (format!("tối đa {ROWS_MAX} dòng"), format!("at most {ROWS_MAX} rows are read"));
            found.push(sheet.fault(line.number, 0, Broken::refuses("TOO_MANY_ROWS", "row", vi, en)));
        }
        if found.is_empty() { Ok(Self { sheet, places }) } else { Err(found) }
    }

    /// The rows, by line.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.sheet.lines().iter().map(|line| Row { table: self, line })
    }
}

fn one_place(sheet: &Sheet, column: &str, found: &mut Vec<Fault>) -> Option<usize> {
    let mut at = sheet.header().iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
    let place = at.next();
    if place.is_none() || at.next().is_some() {
        let vi = format!("dòng tiêu đề cần đúng một cột {column}");
        let en = format!("the heading must have exactly one column {column}");
        found.push(sheet.fault(1, place.unwrap_or(0), Broken::refuses("COLUMNS", "header", vi, en)));
    }
    place
}

impl<'a> Row<'a> {
    /// Line of the file, from 1.
    pub(super) fn number(&self) -> usize {
        self.line.number
    }

    /// The field of a column; empty when the table has no such column.
    pub(super) fn get(&self, column: &str) -> &'a str {
        self.line.get(self.place(column))
    }

    fn place(&self, column: &str) -> usize {
        self.table.places.iter().find(|(name, _)| *name == column).map_or(usize::MAX, |(_, place)| *place)
    }

    /// A problem in one column of this row.
    pub(super) fn problem(&self, column: &str, expected_vi: &str, expected_en: &str) -> Fault {
        let got = self.get(column);
        let (vi, en) = (format!("cần {expected_vi}; đang là {got:?}"), format!("expected {expected_en}; got {got:?}"));
        let place = self.place(column).min(self.table.places.len());
        self.table.sheet.fault(self.line.number, place, Broken::refuses("BAD_VALUE", column, vi, en))
    }

    /// The text of a column that may not be empty.
    pub(super) fn text(&self, column: &str, found: &mut Vec<Fault>) -> &'a str {
        let text = self.get(column);
        if text.is_empty() {
            found.push(self.problem(column, "một giá trị, không để trống", "a value, not an empty field"));
        }
        text
    }

    /// The date of a column, `None` when empty.
    pub(super) fn date(&self, column: &str, found: &mut Vec<Fault>) -> Option<Date> {
        let text = self.get(column);
        if text.is_empty() {
            return None;
        }
        let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
        if date.is_none() {
            found.push(self.problem(
                column,
                "ngày như 2025-07-01, hoặc để trống",
                "a date such as 2025-07-01, or nothing",
            ));
        }
        date
    }
}
