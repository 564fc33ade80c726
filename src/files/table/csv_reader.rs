//! CSV as spreadsheets write it: comma, semicolon or tab, `sep=`, any line end; quotes are strict.

use super::super::diagnostic::{FileDiagnostic, TextPosition};
use super::remark::is_remark_line;
use super::sheet::{SheetRow, TableCell, TableSheet};
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;

/// A tie (no separator in the header) selects the first.
const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// What a first line `sep=` may name.
const DECLARED_SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Reads a whole file; blank rows are skipped.
///
/// # Errors
/// A quote that does not close, or one that stands where none may stand.
pub(super) fn read_csv(file: &str, text: &str) -> Result<TableSheet, Box<FileDiagnostic>> {
    let (declared, text, skipped) = split_declaration(text);
    let separator = declared.unwrap_or_else(|| find_separator(text));
    let mut lexer =
        CsvLexer { rest: text.chars().peekable(), separator, position: start(skipped + 1) };
    let mut rows = Vec::new();
    while lexer.rest.peek().is_some() {
        let number = lexer.position.line;
        let fields = lexer.read_row().map_err(|(position, message)| {
            let violation = Violation::error("BAD_LINE", "line", message);
            Box::new(FileDiagnostic { file: file.to_owned(), position, violation, cell: None })
        })?;
        let cells: Vec<TableCell> = fields.into_iter().map(TableCell::Text).collect();
        if !cells.iter().all(TableCell::is_blank) {
            rows.push(SheetRow { number, cells });
        }
    }
    let file = file.to_owned();
    Ok(TableSheet { file, sheet: None, rows, merged: Vec::new(), notes: Vec::new() })
}

fn start(line: usize) -> TextPosition {
    TextPosition { line, column: 1 }
}

/// The separator of a first line `sep=;`, the text after that line, and how many lines it is.
fn split_declaration(text: &str) -> (Option<char>, &str, usize) {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    let is_declared = line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sep="));
    let mut named = line.get(4..).unwrap_or_default().chars();
    match (is_declared, named.next(), named.next()) {
        (true, Some(separator), None) if DECLARED_SEPARATORS.contains(&separator) => {
            let rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
            (Some(separator), rest, 1)
        }
        _ => (None, text, 0),
    }
}

/// The separator that occurs most, outside quotes, in the first line that has one.
fn find_separator(text: &str) -> char {
    let is_table = |line: &&str| !is_remark_line(line);
    for line in text.split(['\r', '\n']).filter(is_table).take(20) {
        let mut counts = [0_usize; SEPARATORS.len()];
        let mut is_quoted = false;
        for c in line.chars() {
            is_quoted ^= c == '"';
            if let Some(at) = SEPARATORS.iter().position(|one| *one == c && !is_quoted) {
                counts[at] += 1;
            }
        }
        let most = counts.iter().copied().max().unwrap_or_default();
        if let Some(at) = counts.iter().position(|count| *count == most && most > 0) {
            return SEPARATORS[at];
        }
    }
    SEPARATORS[0]
}

struct CsvLexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    position: TextPosition,
}

/// What ends a field.
#[derive(PartialEq, Eq)]
enum FieldEnd {
    Separator,
    Row,
}

type CsvFault = (TextPosition, Message);

impl CsvLexer<'_> {
    /// The next character; every kind of line end is one `\n`.
    fn next(&mut self) -> Option<char> {
        let mut c = self.rest.next()?;
        if c == '\r' {
            self.rest.next_if_eq(&'\n');
            c = '\n';
        }
        self.position = match c {
            '\n' => start(self.position.line + 1),
            _ => TextPosition { column: self.position.column + 1, ..self.position },
        };
        Some(c)
    }

    fn read_row(&mut self) -> Result<Vec<String>, CsvFault> {
        let mut fields = Vec::new();
        loop {
            let (field, end) = if self.rest.peek() == Some(&'"') {
                self.read_quoted()?
            } else {
                self.read_plain()?
            };
            fields.push(field);
            if end == FieldEnd::Row {
                return Ok(fields);
            }
        }
    }

    fn field_end(&mut self, c: Option<char>) -> Option<FieldEnd> {
        match c {
            None | Some('\n') => Some(FieldEnd::Row),
            Some(c) if c == self.separator => Some(FieldEnd::Separator),
            Some(_) => None,
        }
    }

    fn read_plain(&mut self) -> Result<(String, FieldEnd), CsvFault> {
        let mut field = String::new();
        loop {
            let place = self.position;
            let c = self.next();
            if let Some(end) = self.field_end(c) {
                return Ok((field, end));
            }
            match c {
                Some('"') => return Err((place, message!("table-stray-quote"))),
                c => field.extend(c),
            }
        }
    }

    fn read_quoted(&mut self) -> Result<(String, FieldEnd), CsvFault> {
        let (open, mut field) = (self.position, String::new());
        self.next();
        loop {
            match self.next() {
                None => return Err((open, message!("table-open-quote"))),
                Some('"') if self.rest.peek() == Some(&'"') => {
                    self.next();
                    field.push('"');
                }
                Some('"') => break,
                Some(c) => field.push(c),
            }
        }
        let place = self.position;
        let after = self.next();
        match self.field_end(after) {
            Some(end) => Ok((field, end)),
            None => Err((place, message!("table-stray-quote"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, Vec<String>)> {
        let sheet = read_csv("x.csv", text).unwrap();
        let typed = |row: &SheetRow| row.cells.iter().map(|cell| cell.typed().to_owned()).collect();
        sheet.rows.iter().map(|row| (row.number, typed(row))).collect()
    }

    #[test]
    fn separators_line_ends_and_a_declared_separator_give_the_same_rows() {
        let plain = texts("a,b\n1,2\n\n3,4\n");
        assert_eq!(plain[1], (2, vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(plain[2].0, 4, "blank rows are skipped and counted");
        for text in ["a;b\r\n1;2\r\n\r\n3;4", "a\tb\r1\t2\r\r3\t4\r", "a,b\n\"1\",2\n,\n3,\"4\""] {
            assert_eq!(texts(text), plain, "{text:?}");
        }
        let declared = texts("sep=;\r\na,b;c\r\n1;2\r\n");
        assert_eq!(declared[0], (2, vec!["a,b".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn a_quoted_field_may_hold_line_ends_and_the_next_row_keeps_its_line() {
        let rows = texts("a,b\n\"x\r\ny \"\"z\"\"\",1\n2,3\n");
        assert_eq!((rows[1].1[0].as_str(), rows[2].0), ("x\ny \"z\"", 4));
    }

    #[test]
    fn a_quote_that_does_not_close_or_stands_inside_is_refused_at_its_place() {
        for (text, line, column) in [
            ("a,b\n1,\"x\n2,3\n", 2, 3),
            ("a,b\n1,x\"y\n", 2, 4),
            ("a,b\n1, \"x\"\n", 2, 4),
            ("a,b\n\"x\"y,1\n", 2, 4),
        ] {
            let fault = read_csv("x.csv", text).unwrap_err();
            assert_eq!(fault.position, TextPosition { line, column }, "{text:?}");
            assert_eq!(fault.violation.code, "BAD_LINE");
        }
    }
}
