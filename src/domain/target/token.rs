//! The smallest pieces of a target's text: signs, words, numbers, dates; blanks may stand before each.
//!
//! Knows where reading failed and what was expected there; knows no rule of the grammar.

use super::ast::Name;
use super::decimal::Decimal;
use super::expected::{Expected, SyntaxError};
use crate::domain::element::ElementCode;
use jiff::civil::Date;
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::Stateful;
use winnow::token::{literal, take_while};

/// The text still to be read, and what could have been read at the place of the last optional piece.
pub(super) type Input<'i> = Stateful<&'i str, Hints>;

/// Words that could have stood where `rest` bytes were left.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    rest: usize,
    words: Vec<Expected>,
}

/// Reading failed where `rest` bytes were left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    rest: usize,
    expected: Vec<Expected>,
}

pub(super) type Read<T> = Result<T, Failure>;

impl<'i> ParserError<Input<'i>> for Failure {
    type Inner = Self;

    fn from_input(input: &Input<'i>) -> Self {
        Self { rest: input.input.len(), expected: Vec::new() }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

impl Failure {
    /// A failure at the place where `input` stands.
    pub(super) fn here(input: &Input<'_>, expected: Expected) -> Self {
        Self::any_of(input, vec![expected])
    }

    fn any_of(input: &Input<'_>, mut expected: Vec<Expected>) -> Self {
        let rest = input.input.len();
        if input.state.rest == rest {
            expected.extend(&input.state.words);
        }
        Self { rest, expected }
    }

    /// The message about `text`, which was being read.
    pub(super) fn about(mut self, text: &str) -> SyntaxError {
        let (read, left) = text.split_at_checked(text.len().saturating_sub(self.rest)).unwrap_or((text, ""));
        let word = left.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count().clamp(1, 24);
        self.expected.sort_unstable();
        self.expected.dedup();
        SyntaxError {
            column: read.chars().count() + 1,
            found: left.chars().take(word).collect(),
            expected: self.expected,
        }
    }
}

pub(super) fn blanks(input: &mut Input<'_>) -> Read<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

/// A sign, as in `(`.
pub(super) fn sign(input: &mut Input<'_>, text: &'static str) -> Read<()> {
    blanks(input)?;
    let here = Failure::here(input, Expected::Text(text));
    literal::<_, _, Failure>(text).void().parse_next(input).map_err(|_| here)
}

/// Whether a sign stands next, which is then read.
pub(super) fn maybe_sign(input: &mut Input<'_>, text: &'static str) -> Read<bool> {
    blanks(input)?;
    if input.input.starts_with(text) {
        sign(input, text)?;
        return Ok(true);
    }
    hint(input, text);
    Ok(false)
}

/// Whether a word stands next, which is then read.
pub(super) fn maybe_word(input: &mut Input<'_>, text: &'static str) -> Read<bool> {
    blanks(input)?;
    if peek_word(input) == text {
        sign(input, text)?;
        return Ok(true);
    }
    hint(input, text);
    Ok(false)
}

fn hint(input: &mut Input<'_>, text: &'static str) {
    let rest = input.input.len();
    if input.state.rest != rest {
        input.state = Hints { rest, words: Vec::new() };
    }
    input.state.words.push(Expected::Text(text));
}

fn peek_word<'i>(input: &Input<'i>) -> &'i str {
    let text = input.input;
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// One of the words of a table; gives what the table says for it.
pub(super) fn one_of<T: Copy>(input: &mut Input<'_>, table: &[(&'static str, T)]) -> Read<T> {
    blanks(input)?;
    let word = peek_word(input);
    match table.iter().find(|(text, _)| *text == word) {
        Some((text, meaning)) => sign(input, text).map(|()| *meaning),
        None => Err(Failure::any_of(input, table.iter().map(|(text, _)| Expected::Text(text)).collect())),
    }
}

/// An element's code.
pub(super) fn element(input: &mut Input<'_>) -> Read<ElementCode> {
    blanks(input)?;
    let here = Failure::here(input, Expected::Element);
    let word = take_while(0.., is_word).parse_next(input)?;
    ElementCode::new(word).map_err(|_| here)
}

/// A name in brackets, brackets included.
pub(super) fn name_in_brackets(input: &mut Input<'_>) -> Read<Name> {
    sign(input, "(")?;
    blanks(input)?;
    let here = Failure::here(input, Expected::Name);
    let word = take_while(0.., Name::has).parse_next(input)?;
    let name = Name::new(word).map_err(|_| here)?;
    sign(input, ")")?;
    Ok(name)
}

/// A whole number within a range.
pub(super) fn whole(input: &mut Input<'_>, least: u64, most: u64) -> Read<u64> {
    blanks(input)?;
    let here = Failure::here(input, Expected::Whole(least, most));
    let digits = digits(input)?;
    digits.parse().ok().filter(|value| (least..=most).contains(value)).ok_or(here)
}

/// A whole number within a range, in brackets.
pub(super) fn whole_in_brackets(input: &mut Input<'_>, least: u64, most: u64) -> Read<u64> {
    sign(input, "(")?;
    let value = whole(input, least, most)?;
    sign(input, ")")?;
    Ok(value)
}

fn digits<'i>(input: &mut Input<'i>) -> Read<&'i str> {
    take_while(0.., |c: char| c.is_ascii_digit()).parse_next(input)
}

/// A decimal number with its sign.
pub(super) fn decimal(input: &mut Input<'_>) -> Read<Decimal> {
    blanks(input)?;
    let here = Failure::here(input, Expected::Number);
    let negative = input.input.starts_with('-');
    if negative {
        sign(input, "-")?;
    }
    let before = digits(input)?;
    let mut after = "0";
    if input.input.starts_with('.') && !input.input.starts_with("..") {
        sign(input, ".")?;
        after = digits(input)?;
    }
    if before.is_empty() || after.is_empty() {
        return Err(here);
    }
    Decimal::from_digits(negative, before, after).ok_or(here)
}

/// A date, as in `2024-08-19`.
pub(super) fn date(input: &mut Input<'_>) -> Read<Date> {
    blanks(input)?;
    let here = Failure::here(input, Expected::Date);
    let mut shape = (digits, literal::<_, _, Failure>("-"), digits, literal("-"), digits);
    let Ok((year, _, month, _, day)) = shape.parse_next(input) else { return Err(here) };
    let read = || Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?));
    let of_length = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let found = read().filter(|_| of_length).and_then(|(year, month, day)| Date::new(year, month, day).ok());
    found.ok_or(here)
}
