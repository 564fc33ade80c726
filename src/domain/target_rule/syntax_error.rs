//! Syntax errors of a target's text: the column and what was expected there, in Vietnamese and
//! English.

use super::ast::{DEPTH_MAX, MEMBERS_MAX, NAME_MAX, TERMS_MAX, TEXT_MAX};
use super::decimal::SCALE_MAX;
use crate::domain::report::element::ELEMENT_CODE_MAX;
use crate::domain::support::lang::Lang;
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
    fn text(self, lang: Lang) -> String {
        match self {
            Self::Text(word) => format!("`{word}`"),
            Self::Comparator => {
                lang.pick("dấu so sánh (> >= = <= <)", "a comparator (> >= = <= <)").to_owned()
            }
            Self::Element => lang.pick(
                format!("mã chỉ tiêu thống kê (a-z, 0-9, _; tối đa {ELEMENT_CODE_MAX} ký tự)"),
                format!("an element's code (a-z, 0-9, _; at most {ELEMENT_CODE_MAX} characters)"),
            ),
            Self::Number => lang.pick(
                format!(
                    "số thập phân (tối đa {DIGITS_MAX} chữ số, {SCALE_MAX} chữ số sau dấu chấm)"
                ),
                format!(
                    "a decimal number (at most {DIGITS_MAX} digits, {SCALE_MAX} after the point)"
                ),
            ),
            Self::WholeNumber(least, most) => lang.pick(
                format!("số nguyên từ {least} đến {most}"),
                format!("a whole number from {least} to {most}"),
            ),
            Self::Name => lang.pick(
                format!("tên (chữ, số, _ - . ; tối đa {NAME_MAX} ký tự)"),
                format!("a name (letters, digits, _ - . ; at most {NAME_MAX} characters)"),
            ),
            Self::Date => lang
                .pick("ngày có thật, dạng 2024-08-19", "a date that exists, as in 2024-08-19")
                .to_owned(),
            Self::LaterDate => lang
                .pick("ngày kết thúc sau ngày bắt đầu", "an end date after the start date")
                .to_owned(),
            Self::End => lang.pick("hết văn bản", "the end of the text").to_owned(),
            Self::PlainNumber => lang
                .pick(
                    "số không có dấu %: đại lượng này là số đếm, không phải tỷ lệ",
                    "a number without %: what is measured is a number of cases, not a share",
                )
                .to_owned(),
            Self::PlainMeasure => lang
                .pick(
                    "count, stock, ratio hoặc rate: không tính được thay đổi của thay đổi",
                    "count, stock, ratio or rate: the change of a change cannot be computed",
                )
                .to_owned(),
            Self::LessNesting => at_most(DEPTH_MAX, "tầng lồng nhau", "levels of nesting", lang),
            Self::FewerMembers => at_most(MEMBERS_MAX, "thành phần", "members", lang),
            Self::FewerTerms => at_most(TERMS_MAX, "số hạng", "elements in a sum", lang),
            Self::ShorterText => at_most(TEXT_MAX, "byte văn bản", "bytes of text", lang),
        }
    }
}

fn at_most(limit: usize, vi: &str, en: &str, lang: Lang) -> String {
    lang.pick(format!("không quá {limit} {vi}"), format!("at most {limit} {en}"))
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
        let expected = expected.join(lang.pick(" hoặc ", " or "));
        let column = self.column;
        if self.found.is_empty() {
            lang.pick(
                format!("cột {column}: văn bản kết thúc sớm; cần {expected}"),
                format!("column {column}: the text ends too early; expected {expected}"),
            )
        } else {
            let found = &self.found;
            lang.pick(
                format!("cột {column}: gặp `{found}`; cần {expected}"),
                format!("column {column}: found `{found}`; expected {expected}"),
            )
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for SyntaxError {}
