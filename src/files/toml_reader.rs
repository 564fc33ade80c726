//! Reads TOML with positions: every diagnostic has file, line, column and the expected value.

use super::diagnostic::{FileDiagnostic, TextPosition};
use super::text_limits::text_limit;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::domain::support::text::checked_text;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::SyntaxError;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::value::Datetime;

/// Characters of a key in the path of a diagnostic.
const KEY_SHOWN_CHARS: usize = 64;

/// The text of one file while it is read, with the diagnostics found so far.
pub(super) struct TomlReader<'a> {
    file: &'a str,
    text: &'a str,
    diagnostics: Vec<FileDiagnostic>,
}

impl<'a> TomlReader<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        // Windows editors begin a file with a byte order mark, which belongs to no line.
        Self { file, text: text.trim_start_matches('\u{feff}'), diagnostics: Vec::new() }
    }

    /// Deserializes the file as a `T`, every text in the form in which it is stored. A text that
    /// cannot be stored, a wrong shape, or a missing or unknown key ends the reading.
    pub(super) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Vec<FileDiagnostic>> {
        let mut table = DeTable::parse(self.text).map_err(|error| vec![self.bad_file(&error)])?;
        let mut diagnostics = Vec::new();
        self.check_table(table.get_mut(), &mut diagnostics);
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        T::deserialize(Deserializer::from(table)).map_err(|error| vec![self.bad_file(&error)])
    }

    fn bad_file(&self, error: &toml::de::Error) -> FileDiagnostic {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message().trim().replace('\n', " ");
        let text = message!("toml-reader-unreadable", message);
        self.diagnostic(offset, Violation::error("BAD_FILE", "file", text))
    }

    /// Checks keys, too: in a table of figures by code they are data.
    fn check_table(&self, table: &mut DeTable<'_>, diagnostics: &mut Vec<FileDiagnostic>) {
        let entries = std::mem::take(table);
        for (mut key, mut value) in entries {
            let name: String = key.get_ref().chars().take(KEY_SHOWN_CHARS).collect();
            self.check_text("key", key.span().start, key.get_mut(), "", diagnostics);
            self.check_value(&name, &mut value, diagnostics);
            let offset = key.span().start;
            if table.insert(key, value).is_some() {
                let text = message!("toml-reader-key-twice");
                let violation = Violation::error("BAD_FILE", name, text);
                diagnostics.push(self.diagnostic(offset, violation));
            }
        }
    }

    fn check_value(
        &self,
        key: &str,
        value: &mut Spanned<DeValue<'_>>,
        diagnostics: &mut Vec<FileDiagnostic>,
    ) {
        let offset = value.span().start;
        match value.get_mut() {
            DeValue::String(text) => self.check_text(key, offset, text, key, diagnostics),
            DeValue::Array(values) => {
                values.iter_mut().for_each(|value| self.check_value(key, value, diagnostics));
            }
            DeValue::Table(table) => self.check_table(table, diagnostics),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => (),
        }
    }

    fn check_text(
        &self,
        path: &str,
        offset: usize,
        text: &mut Cow<'_, str>,
        limit_of: &str,
        diagnostics: &mut Vec<FileDiagnostic>,
    ) {
        match checked_text(text, text_limit(limit_of)) {
            Ok(checked) => *text = Cow::Owned(checked),
            Err(fault) => diagnostics.push(self.diagnostic(offset, fault.to_violation(path))),
        }
    }

    pub(super) fn diagnostic(&self, offset: usize, violation: Violation) -> FileDiagnostic {
        FileDiagnostic {
            file: self.file.to_owned(),
            position: TextPosition::from_offset(self.text, offset),
            violation,
        }
    }

    pub(super) fn push_violation(&mut self, offset: usize, violation: Violation) {
        self.diagnostics.push(self.diagnostic(offset, violation));
    }

    /// `value` if there was no diagnostic, else all diagnostics.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FileDiagnostic>> {
        match value {
            Some(value) if self.diagnostics.is_empty() => Ok(value),
            _ => Err(self.diagnostics),
        }
    }

    /// One of the members of an enum by its text.
    pub(super) fn read_enum<T: Copy>(
        &mut self,
        key: &str,
        text: &Spanned<String>,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.iter().copied().find(|word| as_str(*word) == text.get_ref());
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|word| as_str(*word)).collect();
            self.push_bad_value(key, text.span(), &words.join(" | "), text.get_ref());
        }
        found
    }

    /// A plain date such as `2024-08-19`.
    pub(super) fn read_date(&mut self, key: &str, value: &Spanned<Datetime>) -> Option<Date> {
        let parsed = value
            .get_ref()
            .to_string()
            .parse::<Date>()
            .ok()
            .filter(|_| value.get_ref().time.is_none());
        if parsed.is_none() {
            self.push_bad_value(key, value.span(), "YYYY-MM-DD", &value.get_ref().to_string());
        }
        parsed
    }

    /// The days from `first` to `last`, both included.
    pub(super) fn read_window(
        &mut self,
        key: &str,
        first: &Spanned<Datetime>,
        last: &Spanned<Datetime>,
    ) -> Option<DateWindow> {
        let (start, end) = (self.read_date(key, first)?, self.read_date(key, last)?);
        let window = DateWindow::from_inclusive_days(start, end);
        if window.is_none() {
            let text = message!("toml-reader-last-day-comes-before", key, end, start);
            self.push_violation(last.span().start, Violation::error("WINDOW_BACKWARDS", key, text));
        }
        window
    }

    /// A text of the formula grammar; a diagnostic has the column of the error.
    pub(super) fn read_formula<T>(
        &mut self,
        key: &str,
        text: &Spanned<String>,
        parse: fn(&str) -> Result<T, SyntaxError>,
    ) -> Option<T> {
        match parse(text.get_ref()) {
            Ok(value) => Some(value),
            Err(error) => {
                // One byte for the opening quote: exact for texts on one line without escapes,
                // approximate for others.
                let skipped: usize =
                    text.get_ref().chars().take(error.column - 1).map(char::len_utf8).sum();
                self.push_violation(
                    text.span().start + 1 + skipped,
                    Violation::error("BAD_FORMULA", key, error.message()),
                );
                None
            }
        }
    }

    /// Adds a diagnostic: `key` expects `expected` but has `got`.
    pub(super) fn push_bad_value(
        &mut self,
        key: &str,
        span: Range<usize>,
        expected: &str,
        got: &str,
    ) {
        let text = message!("baseline-expected-got", expected, got);
        self.push_violation(span.start, Violation::error("BAD_VALUE", key, text));
    }
}
