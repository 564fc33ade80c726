//! Texts from outside: the one check at every entrance, and the escaping at every exit.
//!
//! Files, command line, rpcs and the phone pass each text through [`checked_text`], so that what is
//! stored is composed (NFC), is one line, has no control character and has a bounded length. What
//! leaves for a terminal, a log or a file passes through [`escape_controls`], because data stored
//! before the check existed, and messages of other programs, may still hold such characters.

use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::violation::Violation;
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// What a field takes; the limits themselves are in [`crate::domain::support::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimit {
    /// Most characters, counted in the composed form.
    pub chars_max: usize,
    /// Whether line breaks and tabs become one space; else they are refused.
    pub folds_breaks: bool,
    /// The reason of a refusal for length.
    pub too_long: RefusalReason,
}

impl TextLimit {
    /// A code, a label or a name: one line as it is typed.
    #[must_use]
    pub const fn line(chars_max: usize) -> Self {
        Self { chars_max, folds_breaks: false, too_long: RefusalReason::TextTooLong }
    }

    /// Sentences, which people also type or paste on several lines.
    #[must_use]
    pub const fn prose(chars_max: usize) -> Self {
        Self { folds_breaks: true, ..Self::line(chars_max) }
    }
}

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFault {
    /// It holds this control character.
    Control(char),
    /// It is longer than the limit.
    TooLong(TextLimit),
}

impl TextFault {
    /// The refusal without the place.
    #[must_use]
    pub fn reason(self) -> RefusalReason {
        match self {
            Self::Control(_) => RefusalReason::ControlCharacter,
            Self::TooLong(limit) => limit.too_long,
        }
    }

    /// The same as a violation at `path`, with the character or the limit.
    #[must_use]
    pub fn to_violation(self, path: impl Into<String>) -> Violation {
        let reason = self.reason();
        let message = match self {
            Self::Control(found) => {
                message!("text-control-character", code = format!("U+{:04X}", u32::from(found)))
            }
            Self::TooLong(TextLimit { chars_max, .. }) => message!("text-too-long", chars_max),
        };
        Violation::error(reason.code(), path, message)
    }
}

impl From<TextFault> for RefusalReason {
    fn from(fault: TextFault) -> Self {
        fault.reason()
    }
}

/// The text as it is stored: composed, one line, no control characters, within the limit.
///
/// # Errors
/// The first fault.
pub fn checked_text(text: &str, limit: TextLimit) -> Result<String, TextFault> {
    // A composed character has at most four decomposed ones of four bytes: such a text is too long
    // in any form, and is not worth composing.
    if text.len() > limit.chars_max.saturating_mul(16) {
        return Err(TextFault::TooLong(limit));
    }
    let composed = normalize(text);
    let line = if limit.folds_breaks { fold_breaks(&composed) } else { composed };
    if let Some(found) = line.chars().find(|c| is_control(*c)) {
        return Err(TextFault::Control(found));
    }
    if line.chars().count() > limit.chars_max {
        return Err(TextFault::TooLong(limit));
    }
    Ok(line.into_owned())
}

/// The canonical composition (NFC): one sequence of characters for texts that read the same.
#[must_use]
pub fn normalize(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Every run of line breaks and tabs as one space.
fn fold_breaks(text: &str) -> Cow<'_, str> {
    let is_break = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}');
    if !text.contains(is_break) {
        return Cow::Borrowed(text);
    }
    let parts: Vec<&str> = text.split(is_break).filter(|part| !part.is_empty()).collect();
    Cow::Owned(parts.join(" "))
}

/// Whether a character steers a terminal or the direction of text instead of being read: C0, DEL,
/// C1, the bidirectional controls (UAX #9), and the two separators of lines and paragraphs.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}')
}

/// The text with each control character as `\u001b`: the escape of JSON, and readable elsewhere.
#[must_use]
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    escape_where(text, is_control)
}

/// Like [`escape_controls`], for a text of several lines: line feeds stay.
#[must_use]
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| c != '\n' && is_control(c))
}

fn escape_where(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if escaped(c) {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::limits;

    #[test]
    fn composed_and_decomposed_letters_are_stored_as_one_text() {
        for (decomposed, composed) in [
            ("Xa\u{303} Ho\u{300}a Ta\u{302}n", "Xã Hòa Tân"),
            ("khie\u{302}\u{301}u na\u{323}i", "khiếu nại"),
            ("Phu\u{31b}o\u{323}\u{31b}ng", "Phượng"),
            ("xa\u{303}-1", "xã-1"),
        ] {
            assert_eq!(checked_text(decomposed, limits::NAME).as_deref(), Ok(composed));
            assert_eq!(checked_text(composed, limits::NAME).as_deref(), Ok(composed));
        }
    }

    #[test]
    fn controls_of_terminals_and_of_direction_are_refused_in_every_kind_of_text() {
        for limit in [limits::CODE, limits::NAME, limits::NOTE] {
            for control in
                ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}', '\u{61c}', '\u{200f}', '\u{202e}']
            {
                let text = format!("a{control}]0;b");
                assert_eq!(
                    checked_text(&text, limit),
                    Err(TextFault::Control(control)),
                    "{text:?}"
                );
            }
            assert!(checked_text("\u{2067}x\u{2069}", limit).is_err());
        }
    }

    #[test]
    fn a_line_break_is_a_space_in_sentences_and_is_refused_in_a_label() {
        let text = "một\r\nhai\tba\u{2028}bốn\n";
        assert_eq!(checked_text(text, limits::NOTE).as_deref(), Ok("một hai ba bốn"));
        assert_eq!(checked_text(text, limits::CODE), Err(TextFault::Control('\r')));
    }

    #[test]
    fn the_limit_counts_characters_as_they_are_stored() {
        let limit = TextLimit::line(3);
        assert!(checked_text("e\u{323}\u{302}e\u{323}\u{302}ệ", limit).is_ok());
        assert_eq!(checked_text("ệệệệ", limit), Err(TextFault::TooLong(limit)));
        let huge = "A".repeat(4_300_000);
        assert_eq!(checked_text(&huge, limit), Err(TextFault::TooLong(limit)));
        assert_eq!(
            checked_text(&"A".repeat(501), limits::NOTE).unwrap_err().reason(),
            RefusalReason::NoteTooLong
        );
    }

    #[test]
    fn an_exit_shows_every_control_and_changes_nothing_else() {
        let text = "Xã\u{1b}[2J\u{9b}1m \u{202e}một\nhai";
        assert_eq!(escape_controls(text), "Xã\\u001b[2J\\u009b1m \\u202emột\\u000ahai");
        assert_eq!(escape_lines(text), "Xã\\u001b[2J\\u009b1m \\u202emột\nhai");
        assert!(matches!(escape_controls("Xã Hòa Tân = 5%"), Cow::Borrowed(_)));
    }
}
