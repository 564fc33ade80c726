//! The text of a cell as people write it and as every list prints it: a figure with the decimals of
//! its element (`4.5` or `4,5`), `carried:` and a figure, `nil`, or `missing:` and a reason. What
//! is printed is read back as the same value.
//!
//! A separator that cannot be the decimal one is refused with a question: where an element has no
//! decimals, `1.234` is neither 1 nor 1234.

use crate::domain::report::cell::{CellValue, MissingReason};
use crate::domain::support::message::{Message, message};

/// The words of the reasons why a figure is missing.
pub const REASON_WORDS: [(MissingReason, &str); 3] = [
    (MissingReason::AwaitingSource, "awaiting_source"),
    (MissingReason::NotCounted, "not_counted"),
    (MissingReason::SeeNote, "see_note"),
];

/// Why a text is no figure of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FigureTextFault {
    /// It is no number, none of the words, or too long.
    NotAFigure,
    /// It has a point, comma or space as between thousands.
    Thousands {
        /// The digits without separators.
        joined: String,
        /// Decimals of the element.
        scale: u8,
    },
    /// It has more decimals than the element.
    Decimals {
        /// Decimals of the element.
        scale: u8,
    },
}

impl FigureTextFault {
    /// What is wrong with `text` and what to enter.
    #[must_use]
    pub fn message(&self, text: &str) -> Message {
        match self {
            Self::NotAFigure => message!("figure-text-not-a-figure", text),
            Self::Thousands { joined, scale: 0 } => {
                message!("figure-text-thousands-whole", text, joined)
            }
            Self::Thousands { joined, scale } => {
                message!("figure-text-thousands", text, joined, scale)
            }
            Self::Decimals { scale: 0 } => message!("figure-text-no-decimals", text),
            Self::Decimals { scale } => message!("figure-text-too-many-decimals", text, scale),
        }
    }
}

/// Parses a figure such as `12`, `4.5` or `-0,5` as an integer times 10^scale.
///
/// # Errors
/// Text with more decimals than `scale`, with separators of thousands, or that is no number.
pub fn parse_scaled(text: &str, scale: u8) -> Result<i64, FigureTextFault> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let is_separator = |c: char| matches!(c, '.' | ',') || c.is_whitespace();
    let parts: Vec<&str> = digits.split(is_separator).collect();
    let is_plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, rest) = parts.split_first().ok_or(FigureTextFault::NotAFigure)?;
    if whole.is_empty() || !parts.iter().all(is_plain) {
        return Err(FigureTextFault::NotAFigure);
    }
    let has_space = digits.chars().any(char::is_whitespace);
    let decimals = rest.first().copied().unwrap_or_default();
    if rest.len() <= 1 && !has_space && decimals.len() <= usize::from(scale) {
        let number = format!("{sign}{whole}{decimals:0<width$}", width = usize::from(scale));
        return number.parse().map_err(|_| FigureTextFault::NotAFigure);
    }
    let is_group = |part: &&str| part.len() == 3;
    if rest.len() > 1 || has_space || rest.iter().all(is_group) {
        return Err(FigureTextFault::Thousands {
            joined: format!("{sign}{}", parts.concat()),
            scale,
        });
    }
    Err(FigureTextFault::Decimals { scale })
}

/// The text of a scaled integer, with a point and all decimals of its element.
#[must_use]
pub fn format_scaled(value: i64, scale: u8) -> String {
    if scale == 0 {
        return value.to_string();
    }
    let width = usize::from(scale) + 1;
    let digits = format!("{:0>width$}", value.unsigned_abs());
    let (whole, part) = digits.split_at(digits.len() - usize::from(scale));
    format!("{}{whole}.{part}", if value < 0 { "-" } else { "" })
}

/// The same without zeros at the end, as people write it: `4.5`, `2`.
#[must_use]
pub fn format_shortest(value: i64, scale: u8) -> String {
    let text = format_scaled(value, scale);
    if scale == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// Parses the text of a cell, without the empty one.
///
/// # Errors
/// Text that is neither a figure nor one of the words.
pub fn parse_cell(text: &str, scale: u8) -> Result<CellValue, FigureTextFault> {
    let text = text.trim();
    if text == "nil" {
        return Ok(CellValue::Nil);
    }
    if let Some(figure) = text.strip_prefix("carried:") {
        return parse_scaled(figure, scale).map(CellValue::Carried);
    }
    let Some(word) = text.strip_prefix("missing:") else {
        return parse_scaled(text, scale).map(CellValue::Reported);
    };
    let reason = REASON_WORDS.iter().find(|(_, known)| *known == word).map(|(reason, _)| *reason);
    reason.map(CellValue::Missing).ok_or(FigureTextFault::NotAFigure)
}

/// The text of a cell that [`parse_cell`] reads, with all decimals, as files have it.
#[must_use]
pub fn format_cell(value: CellValue, scale: u8) -> String {
    cell_text(value, |figure| format_scaled(figure, scale))
}

/// The same for people: without zeros at the end.
#[must_use]
pub fn format_cell_shortest(value: CellValue, scale: u8) -> String {
    cell_text(value, |figure| format_shortest(figure, scale))
}

fn cell_text(value: CellValue, text: impl Fn(i64) -> String) -> String {
    match value {
        CellValue::Reported(figure) => text(figure),
        CellValue::Carried(figure) => format!("carried:{}", text(figure)),
        CellValue::Nil => "nil".to_owned(),
        CellValue::Missing(reason) => {
            let word = REASON_WORDS.iter().find(|(known, _)| *known == reason);
            format!("missing:{}", word.map_or("see_note", |(_, word)| word))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_figure_has_the_decimals_of_its_element_after_a_comma_or_a_point() {
        let read = [("12", 0), ("4,5", 1), ("4.5", 1), ("4.5", 3), ("2", 3), ("-1.25", 2)];
        let values = read.map(|(text, scale)| parse_scaled(text, scale));
        assert_eq!(values, [12, 45, 45, 4_500, 2_000, -125].map(Ok));
        let printed = [(12, 0), (-5, 2), (1_234, 2), (2_000, 3)];
        let printed = printed.map(|(value, scale)| format_scaled(value, scale));
        assert_eq!(printed, ["12", "-0.05", "12.34", "2.000"]);
        let short = [(100, 0), (2_000, 3), (4_500, 3), (-5, 1), (0, 2)];
        let short = short.map(|(value, scale)| format_shortest(value, scale));
        assert_eq!(short, ["100", "2", "4.5", "-0.5", "0"]);
    }

    #[test]
    fn a_separator_of_thousands_is_asked_about_and_never_read() {
        for text in ["1.234", "1,234", "1 234", "1\u{a0}234"] {
            let fault = parse_scaled(text, 0).unwrap_err();
            assert_eq!(fault, FigureTextFault::Thousands { joined: "1234".into(), scale: 0 });
        }
        for (text, scale) in [("1.234", 2), ("1.234.567", 3), ("1.234,5", 3), ("1 2", 2)] {
            let fault = parse_scaled(text, scale).unwrap_err();
            assert!(matches!(fault, FigureTextFault::Thousands { .. }), "{text}: {fault:?}");
        }
        assert_eq!(parse_scaled("1.5", 0), Err(FigureTextFault::Decimals { scale: 0 }));
        assert_eq!(parse_scaled("1.55", 1), Err(FigureTextFault::Decimals { scale: 1 }));
        for text in ["", "x", "1e3", ".5", "-", "+1", "99999999999999999999", "\u{663}"] {
            assert_eq!(parse_scaled(text, 2), Err(FigureTextFault::NotAFigure), "{text}");
        }
    }

    fn any_cell() -> impl Strategy<Value = CellValue> {
        prop_oneof![
            any::<i64>().prop_map(CellValue::Reported),
            any::<i64>().prop_map(CellValue::Carried),
            Just(CellValue::Nil),
            (0..3_usize).prop_map(|at| CellValue::Missing(REASON_WORDS[at].0)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn what_is_printed_is_read_back(value in any_cell(), scale in 0..=6_u8) {
            for printed in [format_cell(value, scale), format_cell_shortest(value, scale)] {
                let with_comma = format!(" {} ", printed.replace('.', ","));
                prop_assert_eq!(parse_cell(&printed, scale), Ok(value));
                prop_assert_eq!(parse_cell(&with_comma, scale), Ok(value));
            }
        }
    }
}
