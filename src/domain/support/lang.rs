//! The two languages of the program's texts. Vietnamese is the first and the default.
//!
//! Each module holds its own texts, in pairs.

use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// A language of the program's texts.
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

    /// The member of a pair in this language.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}
