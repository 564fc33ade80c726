//! `[enrolment]`: `code_minutes` (default 10, at most 43200, which is 30 days): how long a code on
//! a printed card is valid. A code that a person types is valid for ten minutes.

use serde::Deserialize;

/// Fewest and most minutes of a card's code.
const CODE_MINUTES: std::ops::RangeInclusive<u32> = 10..=43_200;

/// How long the codes of printed cards are valid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnrolmentConfig {
    /// Minutes for which the code of a printed card is valid.
    pub code_minutes: CodeMinutes,
}

/// 10 minutes to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct CodeMinutes(u32);

impl CodeMinutes {
    /// The number of minutes.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for CodeMinutes {
    fn default() -> Self {
        Self(*CODE_MINUTES.start())
    }
}

impl TryFrom<u32> for CodeMinutes {
    type Error = String;

    fn try_from(minutes: u32) -> Result<Self, String> {
        if CODE_MINUTES.contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(format!("{minutes} is not from 10 minutes to 43200 (30 days)"))
        }
    }
}
