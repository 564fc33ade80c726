//! Folding of Vietnamese names, so that spellings of one name compare equal: `Hoà`, `Hòa` and `Hòa`
//! typed with combining marks are one name; `Vĩnh Kim` and `Vinh Kim` are two.
//!
//! It is only used for suggestions; units are never matched by name automatically.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The five tones as combining marks: grave (huyền), acute (sắc), hook above (hỏi), tilde (ngã),
/// dot below (nặng). The other marks belong to the letters: ă, â, ê, ô, ơ, ư.
const TONE_MARKS: [char; 5] = ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];

/// The folded form: lower case, composed letters, one space between syllables, and the tone of each
/// syllable at its end as a digit from 1 to 5. Two names are spelling variants if their folded
/// forms are equal.
#[must_use]
pub(crate) fn fold_name(name: &str) -> String {
    name.split_whitespace().map(fold_word).collect::<Vec<_>>().join(" ")
}

fn fold_word(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    let mut tone: Option<char> = None;
    for c in word.nfd().flat_map(char::to_lowercase) {
        match TONE_MARKS.iter().position(|mark| *mark == c) {
            Some(index) => tone = Some(['1', '2', '3', '4', '5'][index]),
            None => {
                if !c.is_alphabetic() && !is_combining_mark(c) {
                    folded.extend(tone.take());
                }
                folded.push(c);
            }
        }
    }
    folded.extend(tone);
    folded.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_the_tone_and_the_form_of_the_letters_do_not_matter() {
        assert_eq!(fold_name("Xã Hoà Tân"), fold_name("XÃ  Hòa Tân "));
        assert_eq!(fold_name("Hòa"), fold_name("Ho\u{300}a"));
        assert_eq!(fold_name("Hòa"), fold_name("Hoa\u{300}"));
        assert_eq!(fold_name("Phượng"), fold_name("Phu\u{31b}o\u{323}\u{31b}ng"));
        assert_eq!(fold_name("Hộ"), fold_name("Ho\u{323}\u{302}"));
        assert_eq!(fold_name("Khuỷu"), fold_name("Khủyu"));
    }

    #[test]
    fn another_tone_letter_or_d_is_another_name() {
        assert_ne!(fold_name("Vĩnh Kim"), fold_name("Vinh Kim"));
        assert_ne!(fold_name("Đôn Châu"), fold_name("Dôn Châu"));
        assert_ne!(fold_name("Hòa"), fold_name("Hóa"));
        assert_ne!(fold_name("Tân"), fold_name("Tan"));
        assert_ne!(fold_name("Hòa Lợi"), fold_name("Hoa Lời"));
    }

    #[test]
    fn a_hyphen_or_a_digit_ends_a_syllable() {
        assert_eq!(fold_name("Hoà-Lợi"), fold_name("Hòa-Lợi"));
        assert_ne!(fold_name("Hòa-Loi"), fold_name("Hoa-Lòi"));
        assert_eq!(fold_name("Phường 7"), "phương1 7");
    }
}
