//! Conversion of verdicts and pace states to [`JudgementState`], its group, and its text for
//! display. Its codes are for files and other programs.

use super::{EachJudgement, EachUnitJudgement, JudgementState, StateGroup};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, MessageArg, message};
use crate::domain::target_rule::{NeutralReason, PaceState, TargetVerdict};

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
    /// The group in which every surface shows it.
    #[must_use]
    pub fn group(self) -> StateGroup {
        match self {
            Self::Met | Self::OnPace => StateGroup::Good,
            Self::Behind => StateGroup::Behind,
            Self::Missed | Self::AlreadyMissed => StateGroup::Missed,
            Self::Undetermined | Self::NotComparable | Self::NoData => StateGroup::Undecided,
            Self::NotApplicable | Self::NotCountedHere | Self::Contribution => {
                StateGroup::NotJudged
            }
        }
    }

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

impl EachJudgement {
    /// The sentence for a person: how many of how many, then the others and those not judged, in
    /// code order. `name` gives a unit's name.
    #[must_use]
    pub fn message(&self, name: impl Fn(UnitId) -> String) -> Message {
        let mut parts = vec![message!("each-met-of-judged", met = self.met, judged = self.judged)];
        let all = |units: &[EachUnitJudgement]| {
            let one = |unit: &EachUnitJudgement| unit.message(&name(unit.unit));
            MessageArg::List("list-comma", units.iter().map(one).collect())
        };
        if !self.others.is_empty() {
            parts.push(message!("each-others", units => all(&self.others)));
        }
        if !self.neutral.is_empty() {
            parts.push(message!("each-neutral", units => all(&self.neutral)));
        }
        Message::list("list-semicolon", parts)
    }
}

impl EachUnitJudgement {
    fn message(&self, unit: &str) -> Message {
        let state = match self.neutral {
            Some(NeutralReason::Exposure) => message!("each-neutral-reason-EXPOSURE"),
            Some(NeutralReason::Closed) => message!("each-neutral-reason-CLOSED"),
            None => self.state.message(),
        };
        message!("each-unit", unit, state => state)
    }
}
