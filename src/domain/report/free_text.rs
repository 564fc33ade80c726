//! Checks of notes and comments: their length, and numbers that could identify a citizen.
//!
//! The phone checks before sending, the server at receipt. The check finds patterns (12-digit
//! identity numbers, telephone numbers, vehicle plates); it does not detect names.

use crate::domain::support::limits::NOTE_CHARS_MAX;
use crate::domain::support::reason::RefusalReason;

/// The problem of a typed text, if any.
#[must_use]
pub fn check_free_text(text: &str) -> Option<RefusalReason> {
    if text.chars().count() > NOTE_CHARS_MAX {
        Some(RefusalReason::NoteTooLong)
    } else if has_long_number(text) || has_plate(text) {
        Some(RefusalReason::NotePersonalData)
    } else {
        None
    }
}

/// Nine digits or more, also in groups of three or more (`0912 345 678`, `084-203-001-234`), but
/// not a date.
fn has_long_number(text: &str) -> bool {
    let mut digits = 0;
    let mut group = 0;
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits += 1;
            group += 1;
        } else if !(matches!(c, ' ' | '-' | '.') && group >= 3) {
            digits = 0;
            group = 0;
        } else {
            group = 0;
        }
        if digits >= 9 {
            return true;
        }
    }
    false
}

/// A plate: two digits, one or two letters with an optional digit, a separator, then four or five
/// digits (`84A-123.45`, `84-B1 23456`).
fn has_plate(text: &str) -> bool {
    let shape: String = text
        .to_uppercase()
        .chars()
        .filter(|c| !matches!(c, '-' | '.'))
        .map(|c| {
            if c.is_ascii_digit() {
                '9'
            } else if c.is_ascii_uppercase() {
                'A'
            } else {
                ' '
            }
        })
        .collect();
    shape
        .split(' ')
        .any(|word| ["99A99999", "99A9999", "99AA99999", "99A999999", "99AA9999"].contains(&word))
        || shape.split_whitespace().collect::<Vec<_>>().windows(2).any(|pair| {
            matches!(pair[0], "99A" | "99A9" | "99AA") && matches!(pair[1], "99999" | "9999")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers_telephones_and_plates_are_seen() {
        for text in [
            "CCCD 084203001234",
            "gọi 0912 345 678",
            "xe 84A-123.45",
            "xe 84-B1 23456",
            "xe 84b1-23456",
        ] {
            assert_eq!(check_free_text(text), Some(RefusalReason::NotePersonalData), "{text}");
        }
    }

    #[test]
    fn dates_counts_and_decisions_pass() {
        for text in [
            "từ 15/12/2024 đến 14/01/2025",
            "NQ 1277/NQ-UBTVQH15",
            "2024-12-30 2025-01-05",
            "so 12 500 đồng",
            "",
        ] {
            assert_eq!(check_free_text(text), None, "{text}");
        }
        assert_eq!(check_free_text(&"dài ".repeat(200)), Some(RefusalReason::NoteTooLong));
    }
}
