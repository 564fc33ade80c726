//! The text of a figure with the decimal mark that its file declares; without one, only figures
//! that can be read in one way.

use crate::domain::report::figure_text::{self, FigureTextFault};

/// The mark between whole part and decimals; the other one may stand between thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl DecimalMark {
    /// Every mark.
    pub const ALL: [Self; 2] = [Self::Point, Self::Comma];

    /// The word of a file or an option.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }

    /// The mark of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.as_str() == word)
    }

    fn decimal(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    fn group(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// Why a text is no figure of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NumberFault {
    /// It is `1.234` and may have decimals or thousands.
    TwoWays {
        /// As decimals.
        decimal: String,
        /// As thousands.
        thousands: String,
    },
    /// Its separators do not fit the declared mark.
    OtherMark(DecimalMark),
    /// It is no figure of this element.
    Figure(FigureTextFault),
}

/// The text of a figure with a point, without thousands; words such as `nil` stay as they are.
///
/// # Errors
/// The figure can be read in two ways, or does not fit the mark.
pub(super) fn plain_figure(
    text: &str,
    mark: Option<DecimalMark>,
    scale: u8,
) -> Result<String, NumberFault> {
    if let Some(figure) = text.strip_prefix("carried:") {
        return Ok(format!("carried:{}", plain_figure(figure, mark, scale)?));
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return Ok(text.to_owned());
    }
    match mark {
        Some(mark) => plain_with_mark(text, mark),
        None => plain_without_mark(text, scale),
    }
}

/// Whether figures of a scale can be read in two ways as text: `1.234` has decimals or thousands.
pub(in crate::files) fn has_two_readings(scale: u8) -> bool {
    scale >= 3
}

fn plain_without_mark(text: &str, scale: u8) -> Result<String, NumberFault> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_group = |whole: &str, group: &str| {
        (1..=3).contains(&whole.len()) && !whole.starts_with('0') && group.len() == 3
    };
    match digits.split_once(['.', ',']) {
        Some((whole, group))
            if has_two_readings(scale) && is_group(whole, group) && is_digits(group) =>
        {
            let sign = if text.starts_with('-') { "-" } else { "" };
            Err(NumberFault::TwoWays {
                decimal: format!("{sign}{whole}.{group}"),
                thousands: format!("{sign}{whole}{group}"),
            })
        }
        _ => Ok(text.to_owned()),
    }
}

fn plain_with_mark(text: &str, mark: DecimalMark) -> Result<String, NumberFault> {
    let refused = || NumberFault::OtherMark(mark);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, decimals) = match digits.split_once(mark.decimal()) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (digits, None),
    };
    let between = if whole.contains(' ') { ' ' } else { mark.group() };
    let groups: Vec<&str> = whole.split(between).collect();
    let is_grouped = groups.len() > 1;
    let fits = groups.iter().enumerate().all(|(index, group)| {
        is_digits(group)
            && (!is_grouped || if index == 0 { group.len() <= 3 } else { group.len() == 3 })
    });
    if !fits || !decimals.is_none_or(is_digits) {
        return Err(refused());
    }
    let whole = groups.concat();
    Ok(decimals.map_or(format!("{sign}{whole}"), |decimals| format!("{sign}{whole}.{decimals}")))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses a figure as an integer times 10^scale.
pub(super) fn parse_figure(
    text: &str,
    mark: Option<DecimalMark>,
    scale: u8,
) -> Result<i64, NumberFault> {
    let plain = plain_figure(text, mark, scale)?;
    figure_text::parse_scaled(&plain, scale).map_err(NumberFault::Figure)
}

/// Whether a spreadsheet has written a number as `1.24E+02`: digits are lost.
pub(super) fn has_exponent(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let number = number.strip_prefix('-').unwrap_or(number);
    number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && exponent.strip_prefix(['+', '-']).is_some_and(is_digits)
}

/// The number that such a text stands for, if it is a whole one of at most 15 digits.
pub(super) fn expand_exponent(text: &str) -> Option<String> {
    let (number, exponent) = text.split_once(['E', 'e'])?;
    let exponent: usize = exponent.strip_prefix('+')?.parse().ok()?;
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let is_whole = decimals.len() <= exponent && exponent <= 14;
    is_whole.then(|| format!("{whole}{decimals:0<exponent$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_mark_decides_and_without_one_two_readings_are_refused() {
        use DecimalMark::{Comma, Point};
        for (text, mark, value) in [
            ("1.234,5", Some(Comma), 1_234_500),
            ("1,234.5", Some(Point), 1_234_500),
            ("1 234,5", Some(Comma), 1_234_500),
            ("1.234", Some(Comma), 1_234_000),
            ("1.234", Some(Point), 1_234),
            ("-1.234", Some(Point), -1_234),
            ("1,5", None, 1_500),
            ("1.5", None, 1_500),
            ("0.234", None, 234),
            ("1234.500", None, 1_234_500),
        ] {
            assert_eq!(parse_figure(text, mark, 3), Ok(value), "{text}");
        }
        for text in ["1.234", "1,234", "-12.500"] {
            let fault = parse_figure(text, None, 3).unwrap_err();
            assert!(matches!(fault, NumberFault::TwoWays { .. }), "{text}");
        }
        for (text, mark) in
            [("1.234,5", Point), ("1,234.5", Comma), ("1,23", Point), ("1,2,3", Comma)]
        {
            assert_eq!(
                parse_figure(text, Some(mark), 3),
                Err(NumberFault::OtherMark(mark)),
                "{text}"
            );
        }
    }

    #[test]
    fn an_exponent_of_a_spreadsheet_is_seen_and_a_code_with_a_letter_is_none() {
        assert!(has_exponent("1.24E+02") && has_exponent("1,24e-02") && has_exponent("1E+05"));
        assert!(!has_exponent("12e3") && !has_exponent("E+1") && !has_exponent("com-1E"));
        assert_eq!(expand_exponent("1.24E+02").as_deref(), Some("124"));
        assert_eq!(expand_exponent("1E+05").as_deref(), Some("100000"));
        assert_eq!(expand_exponent("1.245E+02"), None);
    }
}
