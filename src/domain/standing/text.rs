//! Conversion of verdicts and pace states to [`JudgementState`], and its text for display. Its
//! codes are for files and other programs.

use super::JudgementState;
use crate::domain::support::message::message;
use crate::domain::target_rule::{PaceState, TargetVerdict};
use crate::i18n::Lang;

impl From<TargetVerdict> for JudgementState {
    fn from(verdict: TargetVerdict) -> Self {
        match verdict {
            TargetVerdict::Met => Self::Met,
            TargetVerdict::Missed => Self::Missed,
            TargetVerdict::Undetermined => Self::Undetermined,
            TargetVerdict::NotApplicable => Self::NotApplicable,
            TargetVerdict::NotComparable => Self::NotComparable,
            TargetVerdict::NoData => Self::NoData,
        }
    }
}

impl From<PaceState> for JudgementState {
    fn from(state: PaceState) -> Self {
        match state {
            PaceState::OnPace => Self::OnPace,
            PaceState::Behind => Self::Behind,
            PaceState::AlreadyMissed => Self::AlreadyMissed,
        }
    }
}

impl JudgementState {
    /// The text for display.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::OnPace => PaceState::OnPace.text(lang),
            Self::Behind => PaceState::Behind.text(lang),
            Self::AlreadyMissed => PaceState::AlreadyMissed.text(lang),
            Self::Met => TargetVerdict::Met.text(lang),
            Self::Missed => TargetVerdict::Missed.text(lang),
            Self::Undetermined => TargetVerdict::Undetermined.text(lang),
            Self::NotApplicable => TargetVerdict::NotApplicable.text(lang),
            Self::NotComparable => TargetVerdict::NotComparable.text(lang),
            Self::NoData => TargetVerdict::NoData.text(lang),
            Self::NotCountedHere => message!("text-not-counted-level"),
        }
    }
}
