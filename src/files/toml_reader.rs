//! Reads TOML with positions: every diagnostic has file, line, column and the expected value.

use super::diagnostic::{FileDiagnostic, TextPosition};
use super::keys::KeyTable;
use super::text_limits::text_limit;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::domain::support::text::checked_text;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::SyntaxError;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};
use toml::value::Datetime;

/// The text of one file while it is read, with the diagnostics found so far.
pub(super) struct TomlReader<'a> {
    file: &'a str,
    text: &'a str,
    diagnostics: Vec<FileDiagnostic>,
    left_out: LeftOut,
}

/// The lists of which an entry could not be read, by their path: what misses such an entry is no
/// fault of its own.
pub(super) type LeftOut = BTreeSet<String>;

/// What was read of a file, with everything that is wrong with it.
#[derive(Debug, Clone)]
pub struct TomlReading<T> {
    /// The content as far as it could be read. If there are diagnostics it is good for further
    /// checks only. `None`: the file as a whole could not be read.
    pub value: Option<T>,
    /// Everything that is wrong.
    pub diagnostics: Vec<FileDiagnostic>,
    /// The lists of which an entry was left out, by their path, as in `targets`.
    pub left_out: BTreeSet<String>,
}

impl<T> TomlReading<T> {
    /// The content, if nothing is wrong.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn into_result(self) -> Result<T, Vec<FileDiagnostic>> {
        match self.value {
            Some(value) if self.diagnostics.is_empty() => Ok(value),
            _ => Err(self.diagnostics),
        }
    }
}

impl<'a> TomlReader<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        // Windows editors begin a file with a byte order mark, which belongs to no line.
        let text = text.trim_start_matches('\u{feff}');
        Self { file, text, diagnostics: Vec::new(), left_out: BTreeSet::new() }
    }

    /// Deserializes the file as a `T`, every text in the form in which it is stored, after a check
    /// against its keys; `None` if the file as a whole cannot be read.
    pub(super) fn deserialize<T: DeserializeOwned>(
        &mut self,
        keys: &'static KeyTable,
    ) -> Option<T> {
        let mut table = match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(error) => return self.push_unreadable(&error),
        };
        if !self.check_shape(table.get_mut(), keys, "", 0) {
            return None;
        }
        T::deserialize(Deserializer::from(table))
            .map_or_else(|error| self.push_unreadable(&error), Some)
    }

    fn push_unreadable<T>(&mut self, error: &toml::de::Error) -> Option<T> {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message().trim().replace('\n', " ");
        let text = message!("toml-reader-unreadable", message);
        self.push_violation(offset, Violation::error("BAD_FILE", "file", text));
        None
    }

    /// Puts a text into the form in which it is stored; `false` if it cannot be stored.
    pub(super) fn check_text(
        &mut self,
        path: &str,
        offset: usize,
        text: &mut Cow<'_, str>,
        limit_of: &str,
    ) -> bool {
        match checked_text(text, text_limit(limit_of)) {
            Ok(checked) => {
                *text = Cow::Owned(checked);
                true
            }
            Err(fault) => {
                self.push_violation(offset, fault.to_violation(path));
                false
            }
        }
    }

    /// Notes that an entry of this list was left out.
    pub(super) fn note_left_out(&mut self, path: &str) {
        self.left_out.insert(path.to_owned());
    }

    pub(super) fn diagnostic(&self, offset: usize, violation: Violation) -> FileDiagnostic {
        FileDiagnostic {
            file: self.file.to_owned(),
            position: TextPosition::from_offset(self.text, offset),
            violation,
            cell: None,
        }
    }

    pub(super) fn push_violation(&mut self, offset: usize, violation: Violation) {
        self.diagnostics.push(self.diagnostic(offset, violation));
    }

    /// What was read, with all diagnostics in the order of the file.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> TomlReading<T> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.position);
        self.diagnostics.dedup();
        TomlReading { value, diagnostics: self.diagnostics, left_out: self.left_out }
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
