//! Folding of Vietnamese names, so that spellings of one name compare equal: `Hoà`, `Hòa` and `Hòa`
//! typed with combining marks are one name; `Vĩnh Kim` and `Vinh Kim` are two.
//!
//! It is only used for suggestions; units are never matched by name automatically. The tables
//! contain the canonical decomposition of Vietnamese letters (UnicodeData.txt), so no library is
//! needed.

/// Each vowel with its five tones: grave (huyền), acute (sắc), hook above (hỏi), tilde (ngã), dot
/// below (nặng).
const VOWELS: [&str; 12] = [
    "aàáảãạ",
    "ăằắẳẵặ",
    "âầấẩẫậ",
    "eèéẻẽẹ",
    "êềếểễệ",
    "iìíỉĩị",
    "oòóỏõọ",
    "ôồốổỗộ",
    "ơờớởỡợ",
    "uùúủũụ",
    "ưừứửữự",
    "yỳýỷỹỵ",
];
/// The same five tones as combining marks.
const TONE_MARKS: [char; 5] = ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];
/// Combining marks that turn a vowel into another letter: circumflex, breve, horn.
const VOWEL_MARKS: [(char, &str, &str); 3] =
    [('\u{302}', "aeo", "âêô"), ('\u{306}', "a", "ă"), ('\u{31b}', "ou", "ơư")];

/// The folded form: lower case, composed letters, one space between syllables, and the tone of each
/// syllable at its end as a digit from 1 to 5. Two names are spelling variants if their folded
/// forms are equal.
#[must_use]
pub(crate) fn fold_name(name: &str) -> String {
    name.split_whitespace().map(fold_word).collect::<Vec<_>>().join(" ")
}

fn fold_word(word: &str) -> String {
    let mut folder = NameFolder::default();
    word.chars().flat_map(char::to_lowercase).for_each(|letter| folder.push_letter(letter));
    folder.flush_tone();
    folder.text
}

#[derive(Default)]
struct NameFolder {
    text: String,
    /// Tone of the present syllable, as an index into [`TONE_MARKS`].
    tone: Option<usize>,
}

impl NameFolder {
    fn push_letter(&mut self, letter: char) {
        if let Some(tone) = TONE_MARKS.iter().position(|mark| *mark == letter) {
            self.tone = Some(tone);
        } else if let Some((_, plain, shaped)) =
            VOWEL_MARKS.iter().find(|(mark, ..)| *mark == letter)
        {
            self.apply_vowel_mark(plain, shaped);
        } else if let Some((vowel, tone)) = split_tone(letter) {
            self.text.push(vowel);
            self.tone = Some(tone);
        } else {
            if !letter.is_alphabetic() {
                self.flush_tone();
            }
            self.text.push(letter);
        }
    }

    /// Applies a vowel mark to the last letter if they combine.
    fn apply_vowel_mark(&mut self, plain: &str, shaped: &str) {
        let Some(last) = self.text.pop() else { return };
        let pair = plain.chars().zip(shaped.chars()).find(|(bare, _)| *bare == last);
        self.text.push(pair.map_or(last, |(_, vowel)| vowel));
    }

    fn flush_tone(&mut self) {
        if let Some(tone) = self.tone.take() {
            self.text.push(['1', '2', '3', '4', '5'][tone]);
        }
    }
}

/// The vowel and the tone of a composed letter with a tone.
fn split_tone(letter: char) -> Option<(char, usize)> {
    if letter.is_ascii() {
        return None;
    }
    VOWELS.iter().find_map(|row| {
        let index = row.chars().position(|vowel| vowel == letter)?;
        Some((row.chars().next()?, index.checked_sub(1)?))
    })
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
