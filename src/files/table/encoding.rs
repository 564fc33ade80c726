//! Bytes as text: UTF-8 only; UTF-16 and the encodings from before Unicode are named in the
//! refusal.

use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use std::collections::BTreeSet;

/// How many different words of a legacy encoding a table has before it is refused: one may be a
/// foreign name.
pub(super) const LEGACY_WORDS_MIN: usize = 2;

/// An encoding of Vietnamese from before Unicode, with one byte for a letter or a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LegacyEncoding {
    /// TCVN 5712, of the fonts whose names begin with `.Vn`.
    Tcvn3,
    /// VNI, of the fonts whose names begin with `VNI-`: a letter and then its mark.
    Vni,
}

/// Signs of Latin-1 that TCVN3 has as letters, and that no word has.
const TCVN3_SIGNS: [char; 17] = [
    '\u{a8}', '\u{a9}', '\u{aa}', '\u{ab}', '\u{ac}', '\u{ad}', '\u{ae}', '\u{b5}', '\u{b6}',
    '\u{b7}', '\u{b8}', '\u{b9}', '\u{bb}', '\u{bc}', '\u{bd}', '\u{be}', '\u{a7}',
];

/// A letter and after it the mark of VNI, in lower case: pairs that no Vietnamese word has.
const VNI_PAIRS: [(&str, &[char]); 4] = [
    ("aeouy\u{f6}\u{f4}", &['\u{f8}', '\u{fb}', '\u{ef}', '\u{f9}']),
    ("aeo", &['\u{e4}', '\u{e5}']),
    ("a", &['\u{eb}', '\u{fc}', '\u{f5}']),
    ("eu\u{f6}\u{f4}", &['\u{f5}']),
];

/// Letters of TCVN3 by byte.
const TCVN3_LETTERS: [(u8, char); 74] = [
    (0xa1, '\u{102}'),
    (0xa2, '\u{c2}'),
    (0xa3, '\u{ca}'),
    (0xa4, '\u{d4}'),
    (0xa5, '\u{1a0}'),
    (0xa6, '\u{1af}'),
    (0xa7, '\u{110}'),
    (0xa8, '\u{103}'),
    (0xa9, '\u{e2}'),
    (0xaa, '\u{ea}'),
    (0xab, '\u{f4}'),
    (0xac, '\u{1a1}'),
    (0xad, '\u{1b0}'),
    (0xae, '\u{111}'),
    (0xb5, '\u{e0}'),
    (0xb6, '\u{1ea3}'),
    (0xb7, '\u{e3}'),
    (0xb8, '\u{e1}'),
    (0xb9, '\u{1ea1}'),
    (0xbb, '\u{1eb1}'),
    (0xbc, '\u{1eb3}'),
    (0xbd, '\u{1eb5}'),
    (0xbe, '\u{1eaf}'),
    (0xc6, '\u{1eb7}'),
    (0xc7, '\u{1ea7}'),
    (0xc8, '\u{1ea9}'),
    (0xc9, '\u{1eab}'),
    (0xca, '\u{1ea5}'),
    (0xcb, '\u{1ead}'),
    (0xcc, '\u{e8}'),
    (0xce, '\u{1ebb}'),
    (0xcf, '\u{1ebd}'),
    (0xd0, '\u{e9}'),
    (0xd1, '\u{1eb9}'),
    (0xd2, '\u{1ec1}'),
    (0xd3, '\u{1ec3}'),
    (0xd4, '\u{1ec5}'),
    (0xd5, '\u{1ebf}'),
    (0xd6, '\u{1ec7}'),
    (0xd7, '\u{ec}'),
    (0xd8, '\u{1ec9}'),
    (0xdc, '\u{129}'),
    (0xdd, '\u{ed}'),
    (0xde, '\u{1ecb}'),
    (0xdf, '\u{f2}'),
    (0xe1, '\u{1ecf}'),
    (0xe2, '\u{f5}'),
    (0xe3, '\u{f3}'),
    (0xe4, '\u{1ecd}'),
    (0xe5, '\u{1ed3}'),
    (0xe6, '\u{1ed5}'),
    (0xe7, '\u{1ed7}'),
    (0xe8, '\u{1ed1}'),
    (0xe9, '\u{1ed9}'),
    (0xea, '\u{1edd}'),
    (0xeb, '\u{1edf}'),
    (0xec, '\u{1ee1}'),
    (0xed, '\u{1edb}'),
    (0xee, '\u{1ee3}'),
    (0xef, '\u{f9}'),
    (0xf1, '\u{1ee7}'),
    (0xf2, '\u{169}'),
    (0xf3, '\u{fa}'),
    (0xf4, '\u{1ee5}'),
    (0xf5, '\u{1eeb}'),
    (0xf6, '\u{1eed}'),
    (0xf7, '\u{1eef}'),
    (0xf8, '\u{1ee9}'),
    (0xf9, '\u{1ef1}'),
    (0xfa, '\u{1ef3}'),
    (0xfb, '\u{1ef7}'),
    (0xfc, '\u{1ef9}'),
    (0xfd, '\u{fd}'),
    (0xfe, '\u{1ef5}'),
];

/// The text of a file in UTF-8, without its byte order mark.
///
/// # Errors
/// It is another encoding, which the violation names if it can be told.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, Violation> {
    let refused = |message| Violation::error("NOT_UTF8", "file", message);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(refused(message!("table-utf-16")));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches('\u{feff}')),
        Err(_) => {
            let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            Err(match find_legacy([latin.as_str()], 1) {
                Some(legacy) => {
                    let word = latin.split_whitespace().find(|word| legacy.has_word(word));
                    legacy.violation("file", word.unwrap_or_default())
                }
                None => refused(message!("table-not-utf-8")),
            })
        }
    }
}

/// The legacy encoding of the texts, if at least `words_min` different words are in it.
pub(super) fn find_legacy<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    words_min: usize,
) -> Option<LegacyEncoding> {
    let mut found: [BTreeSet<&str>; 2] = [BTreeSet::new(), BTreeSet::new()];
    for text in texts.into_iter().filter(|text| !text.is_ascii()) {
        for (legacy, words) in
            [LegacyEncoding::Tcvn3, LegacyEncoding::Vni].into_iter().zip(&mut found)
        {
            words.extend(text.split_whitespace().filter(|word| legacy.has_word(word)));
        }
    }
    let [tcvn3, vni] = found.map(|words| words.len());
    match (tcvn3 >= words_min, vni >= words_min) {
        (true, _) => Some(LegacyEncoding::Tcvn3),
        (false, true) => Some(LegacyEncoding::Vni),
        (false, false) => None,
    }
}

impl LegacyEncoding {
    /// Whether a word of the text is in this encoding and none has a Vietnamese letter of Unicode.
    pub(super) fn has_word(self, text: &str) -> bool {
        if text.is_ascii() || text.chars().any(|c| c > '\u{ff}') {
            return false;
        }
        let lower: Vec<char> = text.to_lowercase().chars().collect();
        let is_letter = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic());
        match self {
            Self::Tcvn3 => lower.iter().enumerate().any(|(at, c)| {
                let before = at.checked_sub(1).and_then(|at| lower.get(at));
                TCVN3_SIGNS.contains(c) && (is_letter(before) || is_letter(lower.get(at + 1)))
            }),
            Self::Vni => lower.windows(2).any(|pair| {
                VNI_PAIRS
                    .iter()
                    .any(|(letters, marks)| letters.contains(pair[0]) && marks.contains(&pair[1]))
            }),
        }
    }

    /// The text as it reads in Unicode; `None` if this encoding is not decoded here.
    pub(super) fn decode(self, text: &str) -> Option<String> {
        let letter = |c: char| {
            let known = TCVN3_LETTERS.iter().find(|(byte, _)| char::from(*byte) == c);
            known.map_or(c, |(_, letter)| *letter)
        };
        (self == Self::Tcvn3).then(|| text.chars().map(letter).collect())
    }

    /// The refusal of a text, with what it reads like in Unicode.
    pub(super) fn violation(self, path: &str, typed: &str) -> Violation {
        let message = match self.decode(typed) {
            Some(decoded) => message!("table-tcvn3", typed, decoded),
            None => message!("table-vni", typed),
        };
        Violation::error("LEGACY_ENCODING", path, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_encodings_are_named_and_tcvn3_is_shown_in_unicode() {
        let tcvn3 = b"uid,name_vi\nc1,X\xb7 M\xe9t\nc2,Ph\xad\xeang Ba\n";
        let violation = decode(tcvn3).unwrap_err();
        assert_eq!(violation.code, "LEGACY_ENCODING");
        let said = crate::i18n::Lang::EN.say(violation.message);
        assert!(said.contains("TCVN3") && said.contains("X\u{e3}"), "{said}");
        let vni = b"uid,name_vi\nc1,Xa\xf5 Mo\xe4t\n";
        let said = crate::i18n::Lang::EN.say(decode(vni).unwrap_err().message);
        assert!(said.contains("VNI"), "{said}");
        assert_eq!(decode(b"a\xffb").unwrap_err().code, "NOT_UTF8");
        assert_eq!(decode(b"\xff\xfea\0").unwrap_err().code, "NOT_UTF8");
        assert_eq!(decode("\u{feff}a".as_bytes()), Ok("a"));
    }

    #[test]
    fn vietnamese_in_unicode_and_a_foreign_name_are_no_legacy_encoding() {
        let texts = [
            "Ph\u{1b0}\u{1edd}ng T\u{e2}n B\u{ec}nh",
            "ho\u{e3}n, to\u{e0}n, ho\u{e1}, kho\u{e1}n",
            "cu\u{f9}ng, u\u{f4}m, u\u{fa}, \u{fd} ki\u{ea}n",
            "No\u{eb}l",
            "\u{a9} 2026, 5\u{b5}",
        ];
        assert_eq!(find_legacy(texts, LEGACY_WORDS_MIN), None);
    }
}
