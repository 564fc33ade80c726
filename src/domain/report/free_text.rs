//! Checks of notes and comments: their length, and numbers that could identify a citizen.
//!
//! The phone checks before sending, the server at receipt, both with this function. What the check
//! finds and what it does not find is in [`super::personal_data`].

use super::personal_data::has_personal_data;
use crate::domain::support::limits::NOTE_CHARS_MAX;
use crate::domain::support::reason::RefusalReason;

/// The problem of a typed text, if any.
#[must_use]
pub fn check_free_text(text: &str) -> Option<RefusalReason> {
    if text.chars().count() > NOTE_CHARS_MAX {
        Some(RefusalReason::NoteTooLong)
    } else if has_personal_data(text) {
        Some(RefusalReason::NotePersonalData)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_refused_for_its_length_or_for_a_number_that_identifies_a_citizen() {
        assert_eq!(check_free_text("từ 15/12/2024 đến 14/01/2025"), None);
        assert_eq!(check_free_text(""), None);
        assert_eq!(check_free_text("gọi 0912 345 678"), Some(RefusalReason::NotePersonalData));
        assert_eq!(check_free_text(&"dài ".repeat(200)), Some(RefusalReason::NoteTooLong));
    }
}
