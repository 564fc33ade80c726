//! What a state is, of verdict and pace, and what it is called on a screen.
//!
//! Knows no page; the codes of [`JudgementState`] are for files and programmes.

use super::JudgementState;
use crate::domain::lang::Lang;
use crate::domain::target::{PaceState, Verdict};

impl From<Verdict> for JudgementState {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Met => Self::Met,
            Verdict::Missed => Self::Missed,
            Verdict::Undetermined => Self::Undetermined,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::NotComparable => Self::NotComparable,
            Verdict::NoData => Self::NoData,
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
    /// Its name for a reader.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::OnPace => PaceState::OnPace.text(lang),
            Self::Behind => PaceState::Behind.text(lang),
            Self::AlreadyMissed => PaceState::AlreadyMissed.text(lang),
            Self::Met => Verdict::Met.text(lang),
            Self::Missed => Verdict::Missed.text(lang),
            Self::Undetermined => Verdict::Undetermined.text(lang),
            Self::NotApplicable => Verdict::NotApplicable.text(lang),
            Self::NotComparable => Verdict::NotComparable.text(lang),
            Self::NoData => Verdict::NoData.text(lang),
            Self::NotCountedHere => lang.pick("Không đếm ở cấp này", "Not counted at this level"),
        }
    }
}
