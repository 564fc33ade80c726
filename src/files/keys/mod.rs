//! The keys of the files as data: one line for each key of a TOML table and each column of a CSV
//! file.
//!
//! Four things are computed from these tables, so that they cannot disagree: the faults of the
//! reader (`toml_shape`), the JSON Schema, `thidua campaign reference` and the page
//! `docs/CAMPAIGN-FILES.md`. The schema is made from here and not from the serde structures with
//! schemars: the tables also hold ranges, words, limits of texts and defaults, which a structure
//! does not say, and the same line gives the reader its list of possible values. A test compares
//! each table with the structure that reads it.
//!
//! To add a key: one line in `toml_tables` or `csv_tables`, the field in the structure that reads
//! it, and its meaning under `key-TABLE--KEY` in `i18n/*/server-keys.ftl`.

pub mod csv_tables;
pub mod grammar;
pub mod toml_tables;

use super::text_limits::text_limit;
use crate::domain::support::message::{Message, message};

/// The keys of one table of a TOML file, or the columns of one CSV file.
#[derive(Debug)]
pub struct KeyTable {
    /// Its name in paths and in `key-NAME--KEY`, as in `targets`.
    pub name: &'static str,
    /// The keys, in the order in which people read them.
    pub keys: &'static [FileKey],
}

impl KeyTable {
    /// The key of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&FileKey> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The meaning of the table.
    #[must_use]
    pub fn meaning(&self) -> Message {
        Message::of_code("key", self.name)
    }

    /// The meaning of one key.
    #[must_use]
    pub fn key_meaning(&self, key: &FileKey) -> Message {
        Message::of_code("key", &format!("{}--{}", self.name, key.name))
    }

    /// This table and those inside it, each once, in the order in which they are met.
    #[must_use]
    pub fn with_inner_tables(&'static self) -> Vec<&'static Self> {
        let mut tables = vec![self];
        for inner in self.keys.iter().filter_map(|key| key.value.inner_table()) {
            let further = inner.with_inner_tables().into_iter();
            let new = further.filter(|one| tables.iter().all(|known| known.name != one.name));
            tables.extend(new.collect::<Vec<_>>());
        }
        tables
    }
}

/// One key, or one column.
#[derive(Debug)]
pub struct FileKey {
    /// The name in the file.
    pub name: &'static str,
    /// What it takes.
    pub value: KeyValue,
    /// Whether it may be left out; a column may be empty.
    pub presence: KeyPresence,
}

/// Whether a key must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPresence {
    /// It must be given.
    Required,
    /// It may be left out; its meaning says what that stands for.
    Optional,
    /// Left out it stands for this value, as written in a file.
    Default(&'static str),
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub enum KeyValue {
    /// A text, within the limit of its name in `text_limits`.
    Text,
    /// The code of an element.
    ElementCode,
    /// One of the standard calendars.
    CalendarCode,
    /// A day, `YYYY-MM-DD`.
    Day,
    /// `true` or `false`.
    Flag,
    /// A whole number within these ends.
    Whole(i64, i64),
    /// A number with decimals or a fraction, as a text.
    Number,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// A target, in the grammar of [`grammar`].
    Formula,
    /// A rule of a form: two sums with a comparator between them.
    FormRule,
    /// The code of a target (which begins with a capital) or of an element.
    TargetPair,
    /// Any number of values.
    List(&'static KeyValue),
    /// One table.
    Table(&'static KeyTable),
    /// Any number of tables: `[[name]]`.
    Tables(&'static KeyTable),
    /// Values by a code that the author chooses.
    Map(&'static KeyValue),
    /// A day as a text with a count: `["2025-06-30", 300]`.
    DayCount,
    /// One of these words, or another value.
    WordOr(fn() -> Vec<&'static str>, &'static KeyValue),
}

impl KeyValue {
    /// The table that this value is made of, if it is.
    #[must_use]
    pub fn inner_table(self) -> Option<&'static KeyTable> {
        match self {
            Self::Table(table) | Self::Tables(table) => Some(table),
            Self::List(inner) | Self::Map(inner) | Self::WordOr(_, inner) => inner.inner_table(),
            Self::DayCount
            | Self::Text
            | Self::ElementCode
            | Self::CalendarCode
            | Self::Day
            | Self::Flag
            | Self::Whole(..)
            | Self::Number
            | Self::Word(_)
            | Self::Formula
            | Self::FormRule
            | Self::TargetPair => None,
        }
    }

    /// The words of which it takes one, if it does.
    #[must_use]
    pub fn words(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Word(words) | Self::WordOr(words, _) => Some(words()),
            Self::List(inner) | Self::Map(inner) => inner.words(),
            Self::Text
            | Self::ElementCode
            | Self::CalendarCode
            | Self::Day
            | Self::Flag
            | Self::Whole(..)
            | Self::Number
            | Self::Formula
            | Self::FormRule
            | Self::TargetPair
            | Self::DayCount
            | Self::Table(_)
            | Self::Tables(_) => None,
        }
    }

    /// Whether it takes any text within a limit.
    #[must_use]
    pub fn is_free_text(self) -> bool {
        match self {
            Self::List(inner) | Self::Map(inner) => inner.is_free_text(),
            Self::Text | Self::Formula | Self::FormRule => true,
            Self::ElementCode
            | Self::CalendarCode
            | Self::Day
            | Self::Flag
            | Self::Whole(..)
            | Self::Number
            | Self::Word(_)
            | Self::TargetPair
            | Self::DayCount
            | Self::WordOr(..)
            | Self::Table(_)
            | Self::Tables(_) => false,
        }
    }

    /// What is expected, for a fault and for the reference: words, a range or the name of a type.
    #[must_use]
    pub fn expected(self) -> Message {
        match self {
            Self::Text => message!("key-type-text"),
            Self::ElementCode => message!("key-type-element"),
            Self::CalendarCode => message!("key-type-calendar"),
            Self::Day => message!("key-type-day"),
            Self::Flag => Message::verbatim("true | false"),
            Self::Whole(least, most) => message!("key-type-whole", least, most),
            Self::Number => message!("key-type-number"),
            Self::Word(words) => Message::verbatim(words().join(" | ")),
            Self::Formula => message!("key-type-formula"),
            Self::FormRule => message!("key-type-rule"),
            Self::TargetPair => message!("key-type-pair"),
            Self::List(inner) => message!("key-type-list", one => inner.expected()),
            Self::Table(table) => message!("key-type-table", table = table.name),
            Self::Tables(table) => message!("key-type-tables", table = table.name),
            Self::Map(inner) => message!("key-type-map", one => inner.expected()),
            Self::DayCount => message!("key-type-day-count"),
            Self::WordOr(words, other) => {
                let words = words().join(" | ");
                message!("key-type-word-or", words, other => other.expected())
            }
        }
    }
}

/// Most characters of the text under a key of this name.
#[must_use]
pub fn chars_max(name: &str) -> usize {
    text_limit(name).chars_max
}

const fn key(name: &'static str, value: KeyValue, presence: KeyPresence) -> FileKey {
    FileKey { name, value, presence }
}

/// A key that must be given.
const fn required(name: &'static str, value: KeyValue) -> FileKey {
    key(name, value, KeyPresence::Required)
}

/// A key that may be left out.
const fn optional(name: &'static str, value: KeyValue) -> FileKey {
    key(name, value, KeyPresence::Optional)
}

/// A key that stands for `value` when it is left out.
const fn with_default(name: &'static str, kind: KeyValue, value: &'static str) -> FileKey {
    key(name, kind, KeyPresence::Default(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn every_table_and_every_key_has_its_meaning_in_every_language() {
        let roots = toml_tables::ROOTS.iter().chain(csv_tables::FILES);
        let tables: Vec<_> = roots.flat_map(|root| root.with_inner_tables()).collect();
        for lang in Lang::all() {
            let ids = tables.iter().flat_map(|table| {
                let keys = table.keys.iter().map(|key| table.key_meaning(key));
                keys.chain([table.meaning()])
            });
            let missing: Vec<_> =
                ids.filter(|text| lang.find_text(&text.id).is_none()).map(|text| text.id).collect();
            assert!(missing.is_empty(), "{lang}: server-keys.ftl lacks {missing:#?}");
        }
    }
}
