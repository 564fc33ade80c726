//! Numbers as a language writes them: 1.234,5 in Vietnamese, 1,234.5 in English. The one place that
//! sets separators; files and JSON carry plain numbers.

use super::Lang;
use crate::domain::support::ratio::Ratio;

/// Digits between two separators.
const GROUP_DIGITS: usize = 3;
/// Decimals of a value that has no exact decimal text this short.
const ROUNDED_PLACES: u8 = 1;
/// Decimals shown of an exact value, at most.
const EXACT_PLACES: u8 = 6;

impl Lang {
    /// A plain text with its numbers as this language writes them: `1234.5 %` is `1.234,5 %`. The
    /// text has a point before decimals and no separators.
    #[must_use]
    pub fn numbers(self, plain: &str) -> String {
        let mut written = String::with_capacity(plain.len() + 4);
        let mut rest = plain;
        while let Some(at) = rest.find(|one: char| one.is_ascii_digit()) {
            written.push_str(&rest[..at]);
            let (whole, after) = split_digits(&rest[at..]);
            self.push_grouped(whole, &mut written);
            rest = after;
            let decimals = rest.strip_prefix('.').map(split_digits);
            if let Some((decimals, after)) = decimals.filter(|(decimals, _)| !decimals.is_empty()) {
                written.push_str(self.text("number-decimal-mark"));
                written.push_str(decimals);
                rest = after;
            }
        }
        written.push_str(rest);
        written
    }

    /// A count or another whole number.
    #[must_use]
    pub fn count(self, number: impl std::fmt::Display) -> String {
        self.numbers(&number.to_string())
    }

    /// A stored figure in units of its element's scale: 4500 with scale 3 is 4.5.
    #[must_use]
    pub fn figure(self, figure: i64, scale: u8) -> String {
        Ratio::from_scaled(figure, scale)
            .and_then(|ratio| ratio.format_shortest(scale))
            .map_or_else(|| figure.to_string(), |plain| self.numbers(&plain))
    }

    /// A ratio: exact where it has a short decimal text, else with one decimal.
    #[must_use]
    pub fn ratio(self, ratio: Ratio) -> String {
        let text = |places: u8| ratio.format_shortest(places);
        let is_exact = |plain: &String| Ratio::parse(plain) == Ok(ratio);
        let plain = text(EXACT_PLACES).filter(is_exact).or_else(|| text(ROUNDED_PLACES));
        self.numbers(&plain.unwrap_or_else(|| ratio.to_string()))
    }

    /// A limit beside the count that it judges: never rounded to the count or to its other side.
    #[must_use]
    pub fn limit(self, limit: Ratio, count: Option<Ratio>) -> String {
        let rounded = self.ratio(limit);
        let exact = limit.format_shortest(EXACT_PLACES).map(|plain| Ratio::parse(&plain));
        match count.and_then(|count| limit.format_rounded_distinct(ROUNDED_PLACES, count)) {
            Some(distinct) if exact != Some(Ok(limit)) => self.numbers(&distinct),
            Some(_) | None => rounded,
        }
    }

    fn push_grouped(self, digits: &str, written: &mut String) {
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(GROUP_DIGITS) {
                written.push_str(self.text("number-group-mark"));
            }
            written.push(digit);
        }
    }
}

/// The digits at the beginning, and the rest.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|one: char| !one.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_separators_of_its_language_and_no_others() {
        for (plain, vi, en) in [
            ("0", "0", "0"),
            ("999", "999", "999"),
            ("1234", "1.234", "1,234"),
            ("-1234567.25 %", "-1.234.567,25 %", "-1,234,567.25 %"),
            ("1000 → 2000", "1.000 → 2.000", "1,000 → 2,000"),
            ("0.0733", "0,0733", "0.0733"),
            ("", "", ""),
        ] {
            assert_eq!((Lang::VI.numbers(plain), Lang::EN.numbers(plain)), (vi.into(), en.into()));
        }
    }

    #[test]
    fn a_stored_figure_is_shown_with_the_decimals_of_its_element() {
        let shown = |figure, scale| Lang::EN.figure(figure, scale);
        assert_eq!((shown(2000, 3), shown(4500, 3)), ("2".to_owned(), "4.5".to_owned()));
        assert_eq!((shown(2, 3), shown(-45, 1)), ("0.002".to_owned(), "-4.5".to_owned()));
        assert_eq!(Lang::VI.figure(1_234_500, 2), "12.345");
        let (third, five) = (Ratio::new(1, 3).unwrap(), Ratio::from_integer(5));
        let just_below = Ratio::new(149_999, 30_000).unwrap();
        assert_eq!(Lang::EN.limit(just_below, Some(five)), "4.99997");
        assert_eq!(Lang::EN.limit(Ratio::new(1395, 100).unwrap(), Some(five)), "13.95");
        assert_eq!(
            (Lang::VI.ratio(third), Lang::EN.ratio(Ratio::from_integer(1500))),
            ("0,3".to_owned(), "1,500".to_owned())
        );
    }
}
