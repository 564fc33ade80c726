//! Verdicts, pace states, stages and reasons of a target, with their stable codes. The rules are
//! in `evaluate`.

use crate::domain::support::message::Message;
use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// Verdict on a target once its window is over.
    TargetVerdict {
        /// Đạt.
        Met = "MET",
        /// Không đạt.
        Missed = "MISSED",
        /// The available figures allow either result.
        Undetermined = "UNDETERMINED",
        /// The target is not defined on these figures, for example a share of zero cases.
        NotApplicable = "NOT_APPLICABLE",
        /// The current and the past figures do not measure the same thing.
        NotComparable = "NOT_COMPARABLE",
        /// There are no figures.
        NoData = "NO_DATA",
    }
}

string_enum! {
    /// Stage of the window and of its figures.
    StandingStage {
        /// The window is not over; no target can be met yet.
        Running = "running",
        /// The window is over, its figures are preliminary.
        Closed = "closed",
        /// The window is over, its figures are final: a target is met only on complete figures.
        Final = "final",
    }
}

string_enum! {
    /// State of a target while its window runs.
    PaceState {
        /// At or ahead of the threshold to date.
        OnPace = "ON_PACE",
        /// Short of the threshold to date; the target can still be met.
        Behind = "BEHIND",
        /// The target can no longer be met.
        AlreadyMissed = "ALREADY_MISSED",
    }
}

string_enum! {
    /// Which part of a `tier` is met.
    Tier {
        /// Only the floor.
        Floor = "floor",
        /// The stretch too.
        Stretch = "stretch",
    }
}

string_enum! {
    /// Whether the current and the past figures measure the same thing.
    Comparability {
        /// Same unit, same definition.
        Exact = "EXACT",
        /// Joined by a stated bridge.
        Bridged = "BRIDGED",
        /// Different; no verdict is allowed.
        Broken = "BROKEN",
    }
}

string_enum! {
    /// Reason of a verdict, beyond the figures themselves.
    VerdictReason {
        /// Reports are missing, and their content may decide.
        MissingReports = "MISSING_REPORTS",
        /// Reports are missing; the verdict rests on their expected content.
        Provisional = "PROVISIONAL",
        /// Reports are missing, and an authorised person has signed that this is accepted.
        Waived = "WAIVED",
        /// A unit that held a stock ended, and no unit alive owes it in its place.
        HolderEnded = "HOLDER_ENDED",
        /// Decided by accepted figures of periods that are not due yet.
        BeforeDue = "BEFORE_DUE",
        /// Too few of the expected reports are accepted.
        LowCoverage = "LOW_COVERAGE",
        /// The baseline is zero: no percentage exists.
        ZeroBase = "ZERO_BASE",
        /// The baseline is too small for a percentage.
        SmallBase = "SMALL_BASE",
        /// The baseline is below zero: no percentage exists.
        NegativeBase = "NEGATIVE_BASE",
        /// The denominator is zero.
        ZeroDenominator = "ZERO_DENOMINATOR",
        /// The current and the past figures do not measure the same thing.
        BrokenComparability = "BROKEN_COMPARABILITY",
        /// The current and the past figures are joined by a bridge.
        Bridged = "BRIDGED",
        /// There is no current figure.
        NoFigures = "NO_FIGURES",
        /// There is no figure of the past.
        NoBaseline = "NO_BASELINE",
        /// There is no figure of the past up to the same day.
        NoBaselineToDate = "NO_BASELINE_TO_DATE",
        /// There is no attestation.
        NotAttested = "NOT_ATTESTED",
        /// The change of a change needs figures that are not stored.
        NestedChange = "NESTED_CHANGE",
        /// The unit's share of an allocated target is zero.
        NoShare = "NO_SHARE",
        /// The figures are too large for exact arithmetic.
        TooLarge = "TOO_LARGE",
    }
}

impl TargetVerdict {
    /// For a person.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("verdict", self.as_str())
    }
}

impl Tier {
    /// For a person.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("tier", self.as_str())
    }
}

impl PaceState {
    /// For a person.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("pace", self.as_str())
    }
}

impl VerdictReason {
    /// The reason and the next step, for a person.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("verdict-reason", self.as_str())
    }
}
