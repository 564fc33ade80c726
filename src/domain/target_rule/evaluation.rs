//! Result of evaluating a target: verdict or pace, the figures behind it, and the reasons.
//!
//! The rules are in `evaluate` and `comparison`, the sentence for a person in `evaluation_text`.

use super::comparison_figures::EvaluationStop;
use super::each::EachOutcome;
use super::verdict::{PaceState, StandingStage, TargetVerdict, Tier, VerdictReason};
use crate::domain::support::ratio::Ratio;

/// Result of evaluating one target. Fields that do not apply are `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Canonical text of the target.
    pub target: String,
    /// Stage of the window and its figures.
    pub stage: StandingStage,
    /// The verdict; while running, only a state that prevents a statement about the pace.
    pub verdict: Option<TargetVerdict>,
    /// Exact value of the measure, as reported. A change of a running window is against the same
    /// cut-off.
    pub value: Option<Ratio>,
    /// The value for display: `-7.11 %`, `418`, or `0 → 2` where no percentage exists.
    pub display: Option<String>,
    /// The last whole number of cases that still meets the target.
    pub limit: Option<i64>,
    /// Allowed failures, for ratios with a lower bound.
    pub failures: Option<FailureAllowance>,
    /// The count as reported, and with the most that missing reports are likely to contain; only if
    /// reports are missing.
    pub interval: Option<(Ratio, Ratio)>,
    /// Which part of a `tier` is met.
    pub tier: Option<Tier>,
    /// Pace, while running.
    pub pace: Option<EvaluatedPace>,
    /// Results of the members of a combination; of a `tier`: floor, then stretch.
    pub members: Vec<Self>,
    /// Reasons, in order of precedence.
    pub reasons: Vec<VerdictReason>,
    /// The counts before and now, to show `before → now`.
    pub counts: Option<CaseCounts>,
    /// How the units of `by each` were judged.
    pub each: Option<EachOutcome>,
}

/// Number of cases that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureAllowance {
    /// In total, at this denominator.
    pub allowed: i64,
    /// Still available; negative if exceeded.
    pub remaining: i64,
}

/// Pace of a running target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvaluatedPace {
    /// `None` if missing reports decide.
    pub state: Option<PaceState>,
    /// Cases allowed (or required) by now, according to the course of the base window.
    pub allowed_to_date: Option<Ratio>,
    /// Change against the rest of the base window that just meets the target.
    pub rest_change: Option<Ratio>,
    /// Cases at the end of the window, if the ratio to the base stays as observed.
    pub forecast: Option<Ratio>,
    /// Probability of meeting the target, in percent; 0 and 100 only if certain.
    pub percent_to_meet: Option<u8>,
}

/// Number of cases before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseCounts {
    /// Before; up to the same cut-off while running.
    pub before: Option<Ratio>,
    /// Now, as reported.
    pub now: Ratio,
    /// 2(√now - √before) in hundredths, rounded to nearest; `None` beyond the exact range.
    pub z_hundredths: Option<i64>,
    /// |z| below 3: within the usual variation of counts.
    pub usual: Option<bool>,
    /// At most 20 cases: one more or less changes the result.
    pub unstable: bool,
}

impl CaseCounts {
    pub(super) fn from_counts(before: Option<Ratio>, now: Ratio) -> Self {
        let few = |cases: Ratio| cases <= Ratio::from_integer(20);
        let rise = before.and_then(|before| sqrt_micros(now)?.checked_sub(sqrt_micros(before)?));
        // z is twice the difference of the roots: a hundredth of z is 5000 millionths of that
        // difference.
        let z_hundredths =
            rise.and_then(|rise| i64::try_from((2 * rise + 5000 * rise.signum()) / 10_000).ok());
        let usual = rise.map(|rise| rise.abs() < 1_500_000);
        Self { before, now, z_hundredths, usual, unstable: few(now) || before.is_some_and(few) }
    }
}

/// The square root in millionths, rounded down; `None` below zero or beyond the exact range.
fn sqrt_micros(value: Ratio) -> Option<i128> {
    let scaled = value.checked_mul(Ratio::from_integer(1_000_000_000_000))?.floor();
    i128::try_from(u128::try_from(scaled).ok()?.isqrt()).ok()
}

impl Evaluation {
    /// An evaluation without a result.
    pub(super) fn new(target: String, stage: StandingStage) -> Self {
        Self {
            target,
            stage,
            verdict: None,
            value: None,
            display: None,
            limit: None,
            failures: None,
            interval: None,
            tier: None,
            pace: None,
            members: Vec::new(),
            reasons: Vec::new(),
            counts: None,
            each: None,
        }
    }

    /// The state of the pace, if one is known.
    #[must_use]
    pub fn pace_state(&self) -> Option<PaceState> {
        self.pace.and_then(|pace| pace.state)
    }

    pub(super) fn stop(&mut self, stop: EvaluationStop) {
        self.verdict = Some(stop.verdict);
        self.add_reason(stop.reason);
    }

    pub(super) fn add_reason(&mut self, reason: VerdictReason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}
