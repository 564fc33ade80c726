//! Checks a TOML file against the table of its keys before it is deserialized: unknown and missing
//! keys, types, ranges, words, days, codes and formulas, all in one pass.
//!
//! What is wrong is mended or left out, so that the rest of the file is read and checked in the
//! same pass: a wrong word stands for the nearest one, a number outside its range for the nearest
//! end, and an entry of a list that cannot be read is left out. A file with such a fault is never
//! used, only checked further.

use super::keys::{FileKey, KeyPresence, KeyTable, KeyValue};
use super::toml_reader::TomlReader;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::calendar::Calendars;
use crate::domain::support::message::{Message, message};
use crate::domain::support::nearest_word::{nearest_word, with_nearest};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::{FormRuleExpr, SyntaxError, Target};
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Characters of a key in the path of a diagnostic.
const KEY_SHOWN_CHARS: usize = 64;

/// Where a value stands: its path, as in `targets.formula`, and the name of its key.
#[derive(Clone, Copy)]
struct KeyPlace<'a> {
    path: &'a str,
    name: &'a str,
}

impl TomlReader<'_> {
    /// Checks a table and everything in it; `false` if it cannot be deserialized.
    pub(super) fn check_shape(
        &mut self,
        table: &mut DeTable<'_>,
        keys: &'static KeyTable,
        path: &str,
        offset: usize,
    ) -> bool {
        let entries = std::mem::take(table);
        let given: BTreeSet<String> =
            entries.keys().map(|name| name.get_ref().to_string()).collect();
        let mut is_whole = true;
        for (mut name, mut value) in entries {
            let at = name.span().start;
            if !self.check_text("key", at, name.get_mut(), "") {
                continue;
            }
            let Some(key) = self.find_key(keys, &given, name.get_ref(), path, at) else {
                continue;
            };
            let place = join_path(path, key.name);
            *name.get_mut() = Cow::Borrowed(key.name);
            let place = KeyPlace { path: &place, name: key.name };
            if !self.check_value(key.value, place, &mut value) {
                is_whole = false;
            } else if table.insert(name, value).is_some() {
                let text = message!("toml-reader-key-twice");
                self.push_violation(at, Violation::error("BAD_FILE", place.path, text));
            }
        }
        let missing = keys.keys.iter().filter(|key| {
            let is_given = given.contains(key.name) || table.contains_key(key.name);
            key.presence == KeyPresence::Required && !is_given
        });
        for key in missing {
            let name = key.name;
            let text = message!("toml-shape-missing", name, expected => key.value.expected());
            self.push_violation(offset, Violation::error("NOT_GIVEN", join_path(path, name), text));
            is_whole = false;
        }
        is_whole
    }

    /// The key of this name, else the one that was probably meant and is not given; a name that is
    /// no key is a fault.
    fn find_key(
        &mut self,
        keys: &'static KeyTable,
        given: &BTreeSet<String>,
        name: &str,
        path: &str,
        offset: usize,
    ) -> Option<&'static FileKey> {
        if let Some(key) = keys.find(name) {
            return Some(key);
        }
        let names = || keys.keys.iter().map(|key| key.name);
        let near = nearest_word(name, names());
        let list = names().collect::<Vec<_>>().join(", ");
        let shown: String = name.chars().take(KEY_SHOWN_CHARS).collect();
        let text = match near {
            Some(near) => message!("toml-shape-unknown-key-near", name = shown, near, list),
            None => message!("toml-shape-unknown-key", name = shown, list),
        };
        let violation = Violation::error("UNKNOWN_KEY", join_path(path, &shown), text);
        self.push_violation(offset, violation);
        near.filter(|near| !given.contains(*near)).and_then(|near| keys.find(near))
    }

    /// Checks one value, and mends it where a stand-in cannot mislead; `false` if it cannot be
    /// used.
    fn check_value(
        &mut self,
        kind: KeyValue,
        place: KeyPlace<'_>,
        value: &mut Spanned<DeValue<'_>>,
    ) -> bool {
        let offset = value.span().start;
        match (kind, value.get_mut()) {
            (KeyValue::Table(keys), DeValue::Table(table)) => {
                self.check_shape(table, keys, place.path, offset)
            }
            (KeyValue::Tables(keys), DeValue::Array(entries)) => {
                self.check_entries(KeyValue::Table(keys), place, entries);
                true
            }
            (KeyValue::List(one), DeValue::Array(entries)) => {
                let before = entries.len();
                self.check_entries(*one, place, entries);
                entries.len() == before
            }
            (KeyValue::Map(one), DeValue::Table(table)) => self.check_map(*one, place, table),
            (KeyValue::WordOr(words, _), DeValue::String(_)) => {
                self.check_string(KeyValue::Word(words), place, value)
            }
            (KeyValue::WordOr(_, other), _) => self.check_value(*other, place, value),
            (KeyValue::DayCount, DeValue::Array(pair)) if is_day_count(pair) => true,
            (KeyValue::Flag, DeValue::Boolean(_)) => true,
            (KeyValue::Day, DeValue::Datetime(day)) if day.time.is_none() => true,
            (KeyValue::Whole(least, most), DeValue::Integer(number)) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                self.check_whole(number.ok(), (least, most), place, value)
            }
            (_, DeValue::String(_)) => self.check_string(kind, place, value),
            _ => {
                self.push_expected(kind, place, value, None);
                false
            }
        }
    }

    /// Checks the entries of a list; those that cannot be used are left out.
    fn check_entries(&mut self, kind: KeyValue, place: KeyPlace<'_>, entries: &mut DeArray<'_>) {
        let kept: Vec<bool> =
            entries.iter_mut().map(|entry| self.check_value(kind, place, entry)).collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        self.note_left_out(place.path);
        let given = std::mem::replace(entries, DeArray::new());
        let pairs = given.into_iter().zip(kept);
        *entries = pairs.filter(|(_, kept)| *kept).map(|(entry, _)| entry).collect();
    }

    /// Checks the values of a table whose keys the author chooses.
    fn check_map(&mut self, kind: KeyValue, place: KeyPlace<'_>, table: &mut DeTable<'_>) -> bool {
        let mut is_whole = true;
        for (mut name, mut value) in std::mem::take(table) {
            is_whole &= self.check_text("key", name.span().start, name.get_mut(), "");
            let path = join_path(place.path, name.get_ref());
            is_whole &= self.check_value(kind, KeyPlace { path: &path, ..place }, &mut value);
            table.insert(name, value);
        }
        is_whole
    }

    fn check_whole(
        &mut self,
        number: Option<i64>,
        (least, most): (i64, i64),
        place: KeyPlace<'_>,
        value: &mut Spanned<DeValue<'_>>,
    ) -> bool {
        if number.is_some_and(|number| (least..=most).contains(&number)) {
            return true;
        }
        self.push_expected(KeyValue::Whole(least, most), place, value, None);
        false
    }

    fn check_string(
        &mut self,
        kind: KeyValue,
        place: KeyPlace<'_>,
        value: &mut Spanned<DeValue<'_>>,
    ) -> bool {
        let (span, expects_text) = (value.span(), is_string(kind));
        let DeValue::String(text) = value.get_mut() else { return false };
        if !self.check_text(place.path, span.start, text, place.name) {
            return false;
        }
        if !expects_text {
            self.push_expected(kind, place, value, None);
            return false;
        }
        let text = text.to_string();
        let is_valid = match kind {
            KeyValue::Word(words) => return self.check_word(&words(), kind, place, value),
            KeyValue::Formula => return self.check_formula(place, span, text, Target::parse),
            KeyValue::FormRule => {
                return self.check_formula(place, span, text, FormRuleExpr::parse);
            }
            KeyValue::CalendarCode => {
                if Calendars::standard().get(&text).is_none() {
                    self.push_unknown_calendar(place, span.start, &text);
                }
                return true;
            }
            KeyValue::ElementCode => ElementCode::new(&text).is_ok(),
            KeyValue::Number => Ratio::parse(&text).is_ok(),
            KeyValue::TargetPair => {
                text.starts_with(|first: char| first.is_ascii_uppercase())
                    || ElementCode::new(&text).is_ok()
            }
            KeyValue::Text
            | KeyValue::Day
            | KeyValue::Flag
            | KeyValue::Whole(..)
            | KeyValue::List(_)
            | KeyValue::Table(_)
            | KeyValue::Tables(_)
            | KeyValue::DayCount
            | KeyValue::WordOr(..)
            | KeyValue::Map(_) => true,
        };
        if !is_valid {
            self.push_expected(kind, place, value, None);
        }
        is_valid
    }

    /// A word that is not among the possible ones stands for the nearest, else for the first.
    fn check_word(
        &mut self,
        words: &[&'static str],
        kind: KeyValue,
        place: KeyPlace<'_>,
        value: &mut Spanned<DeValue<'_>>,
    ) -> bool {
        let DeValue::String(text) = value.get_ref() else { return false };
        if words.contains(&text.as_ref()) {
            return true;
        }
        let near = nearest_word(text, words.iter().copied());
        self.push_expected(kind, place, value, near);
        let Some(stand_in) = near.or_else(|| words.first().copied()) else { return false };
        *value.get_mut() = DeValue::String(Cow::Borrowed(stand_in));
        true
    }

    fn check_formula<T>(
        &mut self,
        place: KeyPlace<'_>,
        span: std::ops::Range<usize>,
        text: String,
        parse: fn(&str) -> Result<T, SyntaxError>,
    ) -> bool {
        self.read_formula(place.path, &Spanned::new(span, text), parse).is_some()
    }

    fn push_unknown_calendar(&mut self, place: KeyPlace<'_>, offset: usize, code: &str) {
        let standard = Calendars::standard();
        let codes: Vec<&str> = standard.iter().map(|calendar| calendar.code.as_str()).collect();
        let existing = codes.join(" | ");
        let text = message!("campaign-there-no-calendar-expected", code, existing);
        let text = with_nearest(text, code, codes);
        self.push_violation(offset, Violation::error("UNKNOWN_CALENDAR", place.path, text));
    }

    fn push_expected(
        &mut self,
        kind: KeyValue,
        place: KeyPlace<'_>,
        value: &Spanned<DeValue<'_>>,
        near: Option<&str>,
    ) {
        let got = shown_value(value.get_ref());
        let text = message!("csv-table-expected-got", expected => kind.expected(), got => got);
        let text = match near {
            Some(near) => with_nearest(text, near, [near]),
            None => text,
        };
        let violation = Violation::error("BAD_VALUE", place.path, text);
        self.push_violation(value.span().start, violation);
    }
}

/// Whether the array is a day, as a text, with a count.
fn is_day_count(pair: &DeArray<'_>) -> bool {
    let values: Vec<&DeValue<'_>> = pair.iter().map(Spanned::get_ref).collect();
    match values.as_slice() {
        [DeValue::String(day), DeValue::Integer(_)] => day.parse::<Date>().is_ok(),
        _ => false,
    }
}

/// Whether a key of this kind is written as a text.
fn is_string(kind: KeyValue) -> bool {
    match kind {
        KeyValue::Text
        | KeyValue::ElementCode
        | KeyValue::CalendarCode
        | KeyValue::Number
        | KeyValue::Word(_)
        | KeyValue::Formula
        | KeyValue::FormRule
        | KeyValue::TargetPair => true,
        KeyValue::Day
        | KeyValue::Flag
        | KeyValue::Whole(..)
        | KeyValue::List(_)
        | KeyValue::Table(_)
        | KeyValue::Tables(_)
        | KeyValue::DayCount
        | KeyValue::WordOr(..)
        | KeyValue::Map(_) => false,
    }
}

/// A value as it stands in the file, or what it is.
fn shown_value(value: &DeValue<'_>) -> Message {
    match value {
        DeValue::String(text) => Message::verbatim(format!("{text:?}")),
        DeValue::Integer(number) => Message::verbatim(number.as_str()),
        DeValue::Float(number) => Message::verbatim(number.as_str()),
        DeValue::Boolean(flag) => Message::verbatim(flag),
        DeValue::Datetime(time) => Message::verbatim(time),
        DeValue::Array(_) => message!("toml-shape-a-list"),
        DeValue::Table(_) => message!("toml-shape-a-table"),
    }
}

fn join_path(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
#[path = "toml_shape_tests.rs"]
mod tests;
