//! Syntax errors of a target's text: the column and what was expected there, in Vietnamese and
//! English.

use super::ast::{DEPTH_MAX, MEMBERS_MAX, NAME_MAX, TERMS_MAX, TEXT_MAX};
use super::decimal::SCALE_MAX;
use crate::domain::report::element::ELEMENT_CODE_MAX;
use crate::domain::support::message::{Message, MessageArg, message};
use crate::domain::support::nearest_word::with_nearest;
use crate::domain::support::ratio::DIGITS_MAX;
use std::fmt;

/// One construct that is valid at the error position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExpectedSyntax {
    /// A keyword or a sign of the grammar.
    Text(&'static str),
    /// One of `>`, `>=`, `=`, `<=`, `<`.
    Comparator,
    /// An element's code.
    Element,
    /// A decimal number.
    Number,
    /// A whole number in this range, ends included.
    WholeNumber(u64, u64),
    /// A name.
    Name,
    /// A valid calendar date.
    Date,
    /// An end date after the start date.
    LaterDate,
    /// The end of the text.
    End,
    /// A bound without `%`, because the measure is not a share.
    PlainNumber,
    /// A measure that is not itself a change.
    PlainMeasure,
    /// Fewer levels of nesting.
    LessNesting,
    /// Fewer members.
    FewerMembers,
    /// Fewer elements in a sum.
    FewerTerms,
    /// A shorter text.
    ShorterText,
}

impl ExpectedSyntax {
    fn message(self) -> Message {
        match self {
            Self::Text(word) => Message::verbatim(format!("`{word}`")),
            Self::Comparator => message!("syntax-error-comparator"),
            Self::Element => message!("syntax-error-element-code-z-0", limit = ELEMENT_CODE_MAX),
            Self::Number => message!(
                "syntax-error-decimal-number-most-digits",
                digits = DIGITS_MAX,
                decimals = SCALE_MAX
            ),
            Self::WholeNumber(least, most) => {
                message!("syntax-error-whole-number-from", least, most)
            }
            Self::Name => message!("syntax-error-name-letters-digits-most", limit = NAME_MAX),
            Self::Date => message!("syntax-error-date-exists-as-2024"),
            Self::LaterDate => message!("syntax-error-end-date-after-start"),
            Self::End => message!("syntax-error-end-text"),
            Self::PlainNumber => message!("syntax-error-number-without-what-measured"),
            Self::PlainMeasure => message!("syntax-error-count-stock-ratio-rate"),
            Self::LessNesting => at_most(DEPTH_MAX, message!("syntax-error-levels-nesting")),
            Self::FewerMembers => at_most(MEMBERS_MAX, message!("syntax-error-members")),
            Self::FewerTerms => at_most(TERMS_MAX, message!("syntax-error-elements-sum")),
            Self::ShorterText => at_most(TEXT_MAX, message!("syntax-error-bytes-text")),
        }
    }
}

fn at_most(limit: usize, what: Message) -> Message {
    message!("syntax-error-most", limit, what => what)
}

/// The text is not a valid target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Column of the first character that could not be parsed, in characters from 1.
    pub column: usize,
    /// The first characters at that column; empty at the end of the text.
    pub found: String,
    /// What is valid there, without duplicates.
    pub expected: Vec<ExpectedSyntax>,
}

impl SyntaxError {
    /// The position, what stands there, and what is expected.
    #[must_use]
    pub fn message(&self) -> Message {
        let expected = self.expected.iter().map(|one| one.message()).collect();
        let expected = MessageArg::List("list-or", expected);
        let column = self.column;
        if self.found.is_empty() {
            message!("syntax-error-column-text-ends-too", column, expected => expected)
        } else {
            let found = &self.found;
            let text =
                message!("syntax-error-column-found-expected", column, found, expected => expected);
            let words = self.expected.iter().filter_map(|one| {
                if let ExpectedSyntax::Text(word) = one { Some(*word) } else { None }
            });
            with_nearest(text, found, words)
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: found {:?}; expected {:?}", self.column, self.found, self.expected)
    }
}

impl std::error::Error for SyntaxError {}
