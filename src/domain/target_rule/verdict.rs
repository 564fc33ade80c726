//! Verdicts, pace states, stages and reasons of a target, with their stable codes and texts. The
//! rules are in `evaluate`.

use crate::domain::support::message::message;
use crate::domain::support::string_enum::string_enum;
use crate::i18n::Lang;

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
        /// The figures are too large for exact arithmetic.
        TooLarge = "TOO_LARGE",
    }
}

impl TargetVerdict {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Met => message!("verdict-met"),
            Self::Missed => message!("verdict-missed"),
            Self::Undetermined => message!("verdict-cannot-said-yet"),
            Self::NotApplicable => message!("verdict-not-applicable"),
            Self::NotComparable => message!("verdict-not-comparable"),
            Self::NoData => message!("verdict-no-figures"),
        }
    }
}

impl Tier {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Floor => message!("verdict-floor"),
            Self::Stretch => message!("verdict-stretch"),
        }
    }
}

impl PaceState {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::OnPace => message!("verdict-pace"),
            Self::Behind => message!("verdict-behind"),
            Self::AlreadyMissed => message!("verdict-already-missed"),
        }
    }
}

impl VerdictReason {
    /// The reason and the next step, for a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::MissingReports => message!("verdict-reports-missing-missing-not"),
            Self::Provisional => message!("verdict-provisional-reports-missing-verdict"),
            Self::Waived => message!("verdict-missing-reports-have-been"),
            Self::LowCoverage => message!("verdict-fewer-reports-least-required"),
            Self::ZeroBase => message!("verdict-base-zero-so-there"),
            Self::SmallBase => message!("verdict-base-too-small-percentage"),
            Self::NegativeBase => message!("verdict-base-below-zero-so"),
            Self::ZeroDenominator => message!("verdict-denominator-zero-there-nothing"),
            Self::BrokenComparability => message!("verdict-two-periods-differ-scope"),
            Self::Bridged => message!("verdict-compared-over-bridge"),
            Self::NoFigures => message!("verdict-no-figures-2"),
            Self::NoBaseline => {
                message!("verdict-there-no-baseline-import")
            }
            Self::NoBaselineToDate => message!("verdict-there-no-baseline-up"),
            Self::NotAttested => message!("verdict-not-attested-yet"),
            Self::NestedChange => message!("verdict-change-change-cannot-computed"),
            Self::TooLarge => message!("verdict-figures-too-large-reckoned"),
        };
        lang.pick(vi, en)
    }
}
