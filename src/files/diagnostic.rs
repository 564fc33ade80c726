//! Violations in a file, with their position.

use crate::domain::support::violation::Violation;
use crate::i18n::Lang;
use std::collections::BTreeSet;
use std::fmt;

/// A position in a text, both numbers from 1; the column counts characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPosition {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl TextPosition {
    /// The position of byte `offset` in `text`; the end of the text if the offset is beyond it.
    #[must_use]
    pub fn from_offset(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }
}

/// One violation in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiagnostic {
    /// Name of the file as the user gave it.
    pub file: String,
    /// The position.
    pub position: TextPosition,
    /// The problem and the next step.
    pub violation: Violation,
    /// The cell, if it is about one cell of a table.
    pub cell: Option<Box<RefusedCell>>,
}

/// A cell of a table that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCell {
    /// Name of the sheet; `None` for CSV.
    pub sheet: Option<String>,
    /// Name of the column.
    pub column: String,
    /// The text as it was typed.
    pub typed: String,
    /// What it was taken for, if that is told.
    pub understood: Option<String>,
}

impl FileDiagnostic {
    /// A diagnostic of a whole file.
    #[must_use]
    pub fn at_start(file: &str, violation: Violation) -> Self {
        let position = TextPosition { line: 1, column: 1 };
        Self { file: file.to_owned(), position, violation, cell: None }
    }

    /// Notes what the cell was taken for.
    pub fn set_understood(&mut self, understood: Option<String>) {
        if let Some(cell) = &mut self.cell {
            cell.understood = understood;
        }
    }

    /// `file:line:column: CODE: path: text`, the text in a language.
    #[must_use]
    pub fn to_text(&self, lang: Lang) -> String {
        let (TextPosition { line, column }, violation) = (self.position, &self.violation);
        let text = violation.message.text(lang);
        format!("{}:{line}:{column}: {}: {}: {text}", self.file, violation.code, violation.path)
    }
}

/// Keeps the first diagnostic of each cell: what is said after it follows from it.
pub(super) fn keep_first_of_each_cell(diagnostics: &mut Vec<FileDiagnostic>) {
    let mut seen = BTreeSet::new();
    diagnostics.retain(|one| one.cell.is_none() || seen.insert((one.file.clone(), one.position)));
}

impl fmt::Display for FileDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Lang::EN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_as_a_reader_does() {
        let text = "tên = 1\nđợt = \"ba\"\n";
        assert_eq!(TextPosition::from_offset(text, 0), TextPosition { line: 1, column: 1 });
        assert_eq!(
            TextPosition::from_offset(text, text.find('"').unwrap()),
            TextPosition { line: 2, column: 7 }
        );
        assert_eq!(TextPosition::from_offset(text, 999), TextPosition { line: 3, column: 1 });
    }
}
