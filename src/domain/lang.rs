//! The two languages in which the programme speaks. Vietnamese is the first and the default.
//!
//! Knows no text: each module keeps its own, in pairs.

use super::string_enum::string_enum;

string_enum! {
    /// A language of the programme.
    Lang {
        /// Tiếng Việt.
        Vi = "vi",
        /// English.
        En = "en",
    }
}

impl Lang {
    /// Vietnamese.
    pub const DEFAULT: Self = Self::Vi;

    /// The member of a pair that is in this language.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}
