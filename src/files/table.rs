//! CSV tables with a heading: rows by column name, and every problem with its line.
//!
//! Knows RFC 4180 with or without a byte order mark; knows no meaning of any column.

use super::fault::{Fault, Place};
use crate::domain::broken::Broken;
use jiff::civil::Date;

/// Most rows of one file.
pub const ROWS_MAX: usize = 100_000;

/// A file read as rows.
pub struct Table {
    /// Name of the file, for problems.
    pub file: String,
    rows: Vec<(usize, Vec<String>)>,
    /// For each wanted column its place in the file.
    places: Vec<(&'static str, Option<usize>)>,
}

/// One row; fields by column name, without the spaces around them.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    /// Line of the file, from 1.
    pub line: usize,
    fields: &'a [String],
}

impl Table {
    /// Reads `text` with the columns `wanted`, in any order; a missing, unknown or repeated column is a problem, and so is
    /// a row with another number of fields.
    pub fn read(file: &str, text: &str, wanted: &[&'static str]) -> Result<Self, Vec<Fault>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut table = Self { file: file.to_owned(), rows: Vec::new(), places: Vec::new() };
        let mut found = Vec::new();
        let heading: Vec<String> = match reader.headers() {
            Ok(heading) => heading.iter().map(str::to_owned).collect(),
            Err(error) => return Err(vec![table.unreadable(1, &error)]),
        };
        table.find_columns(&heading, wanted, &mut found);
        for record in reader.records() {
            let (line, record) = match record {
                Ok(record) => (line_of(record.position()), record),
                Err(error) => {
                    found.push(table.unreadable(line_of(error.position()), &error));
                    break;
                }
            };
            if record.len() != heading.len() {
                let (has, want) = (record.len(), heading.len());
                let vi = format!("dòng có {has} cột, cần {want} cột như dòng tiêu đề");
                let en = format!("the row has {has} fields; the heading has {want}");
                found.push(table.problem(line, "ROW_SHAPE", "row", vi, en));
            }
            table.rows.push((line, record.iter().map(str::to_owned).collect()));
            if table.rows.len() > ROWS_MAX {
                let (vi, en) = (format!("tối đa {ROWS_MAX} dòng"), format!("at most {ROWS_MAX} rows are read"));
                found.push(table.problem(line, "TOO_MANY_ROWS", "row", vi, en));
                break;
            }
        }
        if found.is_empty() { Ok(table) } else { Err(found) }
    }

    /// The rows, by line.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, fields)| Row { table: self, line: *line, fields })
    }

    /// A problem at a line of this file.
    pub fn problem(
        &self,
        line: usize,
        code: &'static str,
        at: &str,
        vi: impl Into<String>,
        en: impl Into<String>,
    ) -> Fault {
        Fault { file: self.file.clone(), place: Place { line, column: 1 }, broken: Broken::refuses(code, at, vi, en) }
    }

    fn unreadable(&self, line: usize, error: &csv::Error) -> Fault {
        let (vi, en) = (format!("không đọc được CSV: {error}"), format!("this is no readable CSV: {error}"));
        self.problem(line, "UNREADABLE_CSV", "row", vi, en)
    }

    fn find_columns(&mut self, heading: &[String], wanted: &[&'static str], found: &mut Vec<Fault>) {
        for column in wanted {
            let mut at = heading.iter().enumerate().filter(|(_, name)| name == column).map(|(place, _)| place);
            self.places.push((column, at.next()));
            if self.places.last().is_some_and(|(_, place)| place.is_none()) || at.next().is_some() {
                let vi = format!("dòng tiêu đề cần đúng một cột {column}");
                let en = format!("the heading must have exactly one column {column}");
                found.push(self.problem(1, "COLUMNS", column, vi, en));
            }
        }
        for name in heading.iter().filter(|name| !wanted.contains(&name.as_str())) {
            let vi = format!("cột lạ {name:?}; các cột là {}", wanted.join(","));
            let en = format!("unknown column {name:?}; the columns are {}", wanted.join(","));
            found.push(self.problem(1, "COLUMNS", name, vi, en));
        }
    }
}

impl<'a> Row<'a> {
    /// The field of a column; empty when the column is not in the table.
    #[must_use]
    pub fn get(&self, column: &str) -> &'a str {
        let place = self.table.places.iter().find(|(name, _)| *name == column).and_then(|(_, place)| *place);
        place.and_then(|place| self.fields.get(place)).map_or("", String::as_str)
    }

    /// A problem in one column of this row.
    pub fn problem(&self, column: &str, expected_vi: &str, expected_en: &str) -> Fault {
        let got = self.get(column);
        let (vi, en) = (format!("cần {expected_vi}; đang là {got:?}"), format!("expected {expected_en}; got {got:?}"));
        self.table.problem(self.line, "BAD_FIELD", column, vi, en)
    }

    /// The text of a column that may not be empty.
    pub fn text(&self, column: &str, found: &mut Vec<Fault>) -> &'a str {
        let text = self.get(column);
        if text.is_empty() {
            found.push(self.problem(column, "một giá trị, không để trống", "a value, not an empty field"));
        }
        text
    }

    /// The date of a column, `None` when empty.
    pub fn date(&self, column: &str, found: &mut Vec<Fault>) -> Option<Date> {
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

fn line_of(position: Option<&csv::Position>) -> usize {
    position.and_then(|position| usize::try_from(position.line()).ok()).unwrap_or(1)
}
