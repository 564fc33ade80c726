//! Tokens of a target's text: signs, words, numbers, dates, each with optional leading blanks. A
//! failure records its position and what was expected there.

use super::ast::FormulaIdentifier;
use super::decimal::Decimal;
use super::syntax_error::{ExpectedSyntax, SyntaxError};
use crate::domain::report::element::ElementCode;
use jiff::civil::Date;
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::Stateful;
use winnow::token::{literal, take_while};

/// The remaining text, and the optional tokens that were tried at the current position.
pub(super) type ParserInput<'i> = Stateful<&'i str, ParserHints>;

/// Optional tokens that were valid where `remaining` bytes were left.
#[derive(Debug, Clone, Default)]
pub(super) struct ParserHints {
    remaining: usize,
    expected: Vec<ExpectedSyntax>,
}

/// Parsing failed where `remaining` bytes were left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParseFailure {
    remaining: usize,
    expected: Vec<ExpectedSyntax>,
}

pub(super) type ParseResult<T> = Result<T, ParseFailure>;

impl<'i> ParserError<ParserInput<'i>> for ParseFailure {
    type Inner = Self;

    fn from_input(input: &ParserInput<'i>) -> Self {
        Self { remaining: input.input.len(), expected: Vec::new() }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

impl ParseFailure {
    /// A failure at the current position of `input`.
    pub(super) fn expecting(input: &ParserInput<'_>, expected: ExpectedSyntax) -> Self {
        Self::expecting_any(input, vec![expected])
    }

    fn expecting_any(input: &ParserInput<'_>, mut expected: Vec<ExpectedSyntax>) -> Self {
        let remaining = input.input.len();
        if input.state.remaining == remaining {
            expected.extend(&input.state.expected);
        }
        Self { remaining, expected }
    }

    /// Converts the failure to the error on the whole `text`.
    pub(super) fn into_syntax_error(mut self, text: &str) -> SyntaxError {
        let (read, remaining) =
            text.split_at_checked(text.len().saturating_sub(self.remaining)).unwrap_or((text, ""));
        let word =
            remaining.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count().clamp(1, 24);
        self.expected.sort_unstable();
        self.expected.dedup();
        SyntaxError {
            column: read.chars().count() + 1,
            found: remaining.chars().take(word).collect(),
            expected: self.expected,
        }
    }
}

pub(super) fn skip_blanks(input: &mut ParserInput<'_>) -> ParseResult<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

/// Consumes a sign, for example `(`.
pub(super) fn expect_symbol(input: &mut ParserInput<'_>, text: &'static str) -> ParseResult<()> {
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::Text(text));
    literal::<_, _, ParseFailure>(text).void().parse_next(input).map_err(|_| here)
}

/// Consumes the sign if it is next; returns whether it was.
pub(super) fn accept_symbol(input: &mut ParserInput<'_>, text: &'static str) -> ParseResult<bool> {
    skip_blanks(input)?;
    if input.input.starts_with(text) {
        expect_symbol(input, text)?;
        return Ok(true);
    }
    add_hint(input, text);
    Ok(false)
}

/// Consumes the word if it is next; returns whether it was.
pub(super) fn accept_word(input: &mut ParserInput<'_>, text: &'static str) -> ParseResult<bool> {
    skip_blanks(input)?;
    if peek_word(input) == text {
        expect_symbol(input, text)?;
        return Ok(true);
    }
    add_hint(input, text);
    Ok(false)
}

fn add_hint(input: &mut ParserInput<'_>, text: &'static str) {
    let rest = input.input.len();
    if input.state.remaining != rest {
        input.state = ParserHints { remaining: rest, expected: Vec::new() };
    }
    input.state.expected.push(ExpectedSyntax::Text(text));
}

fn peek_word<'i>(input: &ParserInput<'i>) -> &'i str {
    let text = input.input;
    let end = text.find(|c: char| !is_word_char(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Parses one of the words of `table` and returns its value.
pub(super) fn parse_keyword<T: Copy>(
    input: &mut ParserInput<'_>,
    table: &[(&'static str, T)],
) -> ParseResult<T> {
    skip_blanks(input)?;
    let word = peek_word(input);
    match table.iter().find(|(text, _)| *text == word) {
        Some((text, meaning)) => expect_symbol(input, text).map(|()| *meaning),
        None => Err(ParseFailure::expecting_any(
            input,
            table.iter().map(|(text, _)| ExpectedSyntax::Text(text)).collect(),
        )),
    }
}

/// Parses an element's code.
pub(super) fn parse_element(input: &mut ParserInput<'_>) -> ParseResult<ElementCode> {
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::Element);
    let word = take_while(0.., is_word_char).parse_next(input)?;
    ElementCode::new(word).map_err(|_| here)
}

/// Parses a name in brackets.
pub(super) fn parse_bracketed_identifier(
    input: &mut ParserInput<'_>,
) -> ParseResult<FormulaIdentifier> {
    expect_symbol(input, "(")?;
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::Name);
    let word = take_while(0.., FormulaIdentifier::is_identifier_char).parse_next(input)?;
    let name = FormulaIdentifier::new(word).map_err(|_| here)?;
    expect_symbol(input, ")")?;
    Ok(name)
}

/// Parses a whole number within a range.
pub(super) fn parse_whole_number(
    input: &mut ParserInput<'_>,
    least: u64,
    most: u64,
) -> ParseResult<u64> {
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::WholeNumber(least, most));
    let digits = parse_digits(input)?;
    digits.parse().ok().filter(|value| (least..=most).contains(value)).ok_or(here)
}

/// Parses a whole number within a range, in brackets.
pub(super) fn parse_bracketed_whole_number(
    input: &mut ParserInput<'_>,
    least: u64,
    most: u64,
) -> ParseResult<u64> {
    expect_symbol(input, "(")?;
    let value = parse_whole_number(input, least, most)?;
    expect_symbol(input, ")")?;
    Ok(value)
}

fn parse_digits<'i>(input: &mut ParserInput<'i>) -> ParseResult<&'i str> {
    take_while(0.., |c: char| c.is_ascii_digit()).parse_next(input)
}

/// Parses a decimal number with an optional sign.
pub(super) fn parse_decimal(input: &mut ParserInput<'_>) -> ParseResult<Decimal> {
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::Number);
    let negative = input.input.starts_with('-');
    if negative {
        expect_symbol(input, "-")?;
    }
    let before = parse_digits(input)?;
    let mut after = "0";
    if input.input.starts_with('.') && !input.input.starts_with("..") {
        expect_symbol(input, ".")?;
        after = parse_digits(input)?;
    }
    if before.is_empty() || after.is_empty() {
        return Err(here);
    }
    Decimal::from_digits(negative, before, after).ok_or(here)
}

/// Parses a date, for example `2024-08-19`.
pub(super) fn parse_date(input: &mut ParserInput<'_>) -> ParseResult<Date> {
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::Date);
    let mut shape = (
        parse_digits,
        literal::<_, _, ParseFailure>("-"),
        parse_digits,
        literal("-"),
        parse_digits,
    );
    let Ok((year, _, month, _, day)) = shape.parse_next(input) else { return Err(here) };
    let read = || Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?));
    let of_length = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let found = read()
        .filter(|_| of_length)
        .and_then(|(year, month, day)| Date::new(year, month, day).ok());
    found.ok_or(here)
}
