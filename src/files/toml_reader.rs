//! Reads TOML with places: every finding names file, line, column and what was expected.
//!
//! Knows TOML and words of the domain; knows neither campaigns nor forms.

use super::fault::{Fault, Place};
use crate::domain::broken::Broken;
use crate::domain::lang::Lang;
use crate::domain::target::SyntaxError;
use crate::domain::window::Window;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;
use toml::value::Datetime;

/// Text of one file while it is read; collects what is wrong with it.
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        // Windows editors begin a file with a byte order mark; it belongs to no line.
        Self { file, text: text.trim_start_matches('\u{feff}'), faults: Vec::new() }
    }

    /// The file as a `T`; a wrong shape, a missing or unknown key ends the reading.
    pub(super) fn shape<T: DeserializeOwned>(&self) -> Result<T, Vec<Fault>> {
        toml::from_str(self.text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().trim().replace('\n', " ");
            let vi = format!("không đọc được tệp TOML: {message}");
            vec![self.fault(offset, Broken::refuses("BAD_FILE", "file", vi, message))]
        })
    }

    pub(super) fn fault(&self, offset: usize, broken: Broken) -> Fault {
        Fault { file: self.file.to_owned(), place: Place::of(self.text, offset), broken }
    }

    pub(super) fn note(&mut self, offset: usize, broken: Broken) {
        self.faults.push(self.fault(offset, broken));
    }

    /// `value` if nothing was wrong, else all that was.
    pub(super) fn done<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }

    /// One of the words of an enum of ours.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &str,
        text: &Spanned<String>,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.iter().copied().find(|word| as_str(*word) == text.get_ref());
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|word| as_str(*word)).collect();
            self.expected(key, text.span(), &words.join(" | "), text.get_ref());
        }
        found
    }

    /// A plain date such as `2024-08-19`.
    pub(super) fn date(&mut self, key: &str, value: &Spanned<Datetime>) -> Option<Date> {
        let parsed = value.get_ref().to_string().parse::<Date>().ok().filter(|_| value.get_ref().time.is_none());
        if parsed.is_none() {
            self.expected(key, value.span(), "YYYY-MM-DD", &value.get_ref().to_string());
        }
        parsed
    }

    /// The days from `first` to `last`, both included.
    pub(super) fn window(&mut self, key: &str, first: &Spanned<Datetime>, last: &Spanned<Datetime>) -> Option<Window> {
        let (start, end) = (self.date(key, first)?, self.date(key, last)?);
        let window = Window::of_days(start, end);
        if window.is_none() {
            let vi = format!("{key}: ngày cuối {end} ở trước ngày đầu {start}; hãy sửa một trong hai");
            let en = format!("{key}: the last day {end} comes before the first day {start}; mend one of them");
            self.note(last.span().start, Broken::refuses("WINDOW_BACKWARDS", key, vi, en));
        }
        window
    }

    /// A text of the grammar; the finding points at the very column.
    pub(super) fn grammar<T>(
        &mut self,
        key: &str,
        text: &Spanned<String>,
        parse: fn(&str) -> Result<T, SyntaxError>,
    ) -> Option<T> {
        match parse(text.get_ref()) {
            Ok(value) => Some(value),
            Err(error) => {
                // One byte for the opening quote; right for texts on one line and without escapes, near it for others.
                let skipped: usize = text.get_ref().chars().take(error.column - 1).map(char::len_utf8).sum();
                let (vi, en) = (error.text(Lang::Vi), error.text(Lang::En));
                self.note(text.span().start + 1 + skipped, Broken::refuses("BAD_FORMULA", key, vi, en));
                None
            }
        }
    }

    /// Says that `key` wanted something else than `got`.
    pub(super) fn expected(&mut self, key: &str, span: Range<usize>, wanted: &str, got: &str) {
        let vi = format!("cần {wanted}, nhận được \"{got}\"");
        let en = format!("expected {wanted}, got \"{got}\"");
        self.note(span.start, Broken::refuses("BAD_VALUE", key, vi, en));
    }
}
