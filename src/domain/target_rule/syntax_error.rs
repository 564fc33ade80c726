//! Syntax errors of a target's text: the column and what was expected there, in Vietnamese and
//! English.

use super::ast::{DEPTH_MAX, MEMBERS_MAX, NAME_MAX, TERMS_MAX, TEXT_MAX};
use super::decimal::SCALE_MAX;
use crate::domain::report::element::ELEMENT_CODE_MAX;
use crate::domain::support::message::message;
use crate::domain::support::ratio::DIGITS_MAX;
use crate::i18n::Lang;
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
    fn text(self, lang: Lang) -> String {
        match self {
            Self::Text(word) => format!("`{word}`"),
            Self::Comparator => message!("syntax-error-comparator").to_owned(),
            Self::Element => message!("syntax-error-element-code-z-0", value = ELEMENT_CODE_MAX),
            Self::Number => message!(
                "syntax-error-decimal-number-most-digits",
                value = DIGITS_MAX,
                value_2 = SCALE_MAX
            ),
            Self::WholeNumber(least, most) => {
                message!("syntax-error-whole-number-from", least, most)
            }
            Self::Name => message!("syntax-error-name-letters-digits-most", value = NAME_MAX),
            Self::Date => message!("syntax-error-date-exists-as-2024").to_owned(),
            Self::LaterDate => message!("syntax-error-end-date-after-start").to_owned(),
            Self::End => message!("syntax-error-end-text").to_owned(),
            Self::PlainNumber => message!("syntax-error-number-without-what-measured").to_owned(),
            Self::PlainMeasure => message!("syntax-error-count-stock-ratio-rate").to_owned(),
            Self::LessNesting => at_most(DEPTH_MAX, message!("syntax-error-levels-nesting"), lang),
            Self::FewerMembers => at_most(MEMBERS_MAX, message!("syntax-error-members"), lang),
            Self::FewerTerms => at_most(TERMS_MAX, message!("syntax-error-elements-sum"), lang),
            Self::ShorterText => at_most(TEXT_MAX, message!("syntax-error-bytes-text"), lang),
        }
    }
}

fn at_most(limit: usize, vi: &str, en: &str, lang: Lang) -> String {
    message!("syntax-error-most", limit, vi, en)
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
    /// The whole message in one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let expected: Vec<String> = self.expected.iter().map(|one| one.text(lang)).collect();
        let expected = expected.join(message!("syntax-error-or"));
        let column = self.column;
        if self.found.is_empty() {
            message!("syntax-error-column-text-ends-too", column, expected)
        } else {
            let found = &self.found;
            message!("syntax-error-column-found-expected", column, found, expected)
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::EN))
    }
}

impl std::error::Error for SyntaxError {}
