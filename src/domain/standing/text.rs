//! Conversion of verdicts and pace states to [`JudgementState`], and its text for display. Its
//! codes are for files and other programs.

use super::JudgementState;
use crate::domain::support::message::{Message, message};
use crate::domain::target_rule::{PaceState, TargetVerdict};

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
    pub fn message(self) -> Message {
        match self {
            Self::OnPace => PaceState::OnPace.message(),
            Self::Behind => PaceState::Behind.message(),
            Self::AlreadyMissed => PaceState::AlreadyMissed.message(),
            Self::Met => TargetVerdict::Met.message(),
            Self::Missed => TargetVerdict::Missed.message(),
            Self::Undetermined => TargetVerdict::Undetermined.message(),
            Self::NotApplicable => TargetVerdict::NotApplicable.message(),
            Self::NotComparable => TargetVerdict::NotComparable.message(),
            Self::NoData => TargetVerdict::NoData.message(),
            Self::NotCountedHere => message!("verdict-NOT_COUNTED_HERE"),
            Self::Contribution => message!("verdict-CONTRIBUTION"),
        }
    }
}
