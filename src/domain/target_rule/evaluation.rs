//! The answer to "does this target hold?": verdict or pace, the figures it rests on, and why.
//!
//! Knows nothing of how it was reached; see `eval`. Its sentence for a person is in `text`.

use super::comparison_figures::EvaluationStop;
use super::verdict::{PaceState, StandingStage, TargetVerdict, Tier, VerdictReason};
use crate::domain::ratio::Ratio;

/// What is said of one target. What does not apply is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Canonical text of the target.
    pub target: String,
    /// How far window and figures had come.
    pub stage: StandingStage,
    /// The verdict; while running only what stops a statement about the pace.
    pub verdict: Option<TargetVerdict>,
    /// Exact value of the measure, as reported; of a change while running, against the same cut-off.
    pub value: Option<Ratio>,
    /// The value for a screen: `-7.11 %`, `418`, or `0 → 2` where no percentage exists.
    pub display: Option<String>,
    /// The last whole number of cases that still meets.
    pub limit: Option<i64>,
    /// For ratios bounded from below.
    pub failures: Option<FailureAllowance>,
    /// The count as reported and with the most that missing reports are likely to hold; only if something is missing.
    pub interval: Option<(Ratio, Ratio)>,
    /// Which part of a tier is met.
    pub tier: Option<Tier>,
    /// While running.
    pub pace: Option<EvaluatedPace>,
    /// Members of a combination; of a tier floor, then stretch.
    pub members: Vec<Self>,
    /// Why, in the order in which it weighed.
    pub reasons: Vec<VerdictReason>,
    /// The measure before, now, for showing `before → now`.
    pub counts: Option<CaseCounts>,
}

/// How many cases may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureAllowance {
    /// In all, at this denominator.
    pub allowed: i64,
    /// Of these still left; below zero: so many too many.
    pub remaining: i64,
}

/// Where a running target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvaluatedPace {
    /// `None` if missing reports decide.
    pub state: Option<PaceState>,
    /// Cases that the course of the base window allows (or asks for) up to now.
    pub allowed_to_date: Option<Ratio>,
    /// Change against the rest of the base window that would just meet.
    pub rest_change: Option<Ratio>,
    /// Cases at the end of the window, if the ratio to the base stays as it is seen now.
    pub forecast: Option<Ratio>,
    /// Probability of meeting, in hundredths; 0 and 100 only if certain.
    pub percent_to_meet: Option<u8>,
}

/// Cases before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseCounts {
    /// Before; to the same cut-off while running.
    pub before: Option<Ratio>,
    /// Now, as reported.
    pub now: Ratio,
    /// 2(√now - √before) in hundredths, nearest; `None` beyond exact reach.
    pub z_hundredths: Option<i64>,
    /// |z| below 3: no larger than counts vary by themselves.
    pub usual: Option<bool>,
    /// So few cases (at most 20) that one more or less moves everything.
    pub unstable: bool,
}

impl CaseCounts {
    pub(super) fn from_counts(before: Option<Ratio>, now: Ratio) -> Self {
        let few = |cases: Ratio| cases <= Ratio::from_integer(20);
        let rise = before.and_then(|before| sqrt_micros(now)?.checked_sub(sqrt_micros(before)?));
        // z is twice the rise of the roots: a hundredth of it is 5000 millionths of that rise.
        let z_hundredths =
            rise.and_then(|rise| i64::try_from((2 * rise + 5000 * rise.signum()) / 10_000).ok());
        let usual = rise.map(|rise| rise.abs() < 1_500_000);
        Self { before, now, z_hundredths, usual, unstable: few(now) || before.is_some_and(few) }
    }
}

/// The square root in millionths, rounded down; `None` below zero or beyond exact reach.
fn sqrt_micros(value: Ratio) -> Option<i128> {
    let scaled = value.checked_mul(Ratio::from_integer(1_000_000_000_000))?.floor();
    i128::try_from(u128::try_from(scaled).ok()?.isqrt()).ok()
}

impl Evaluation {
    /// Nothing said yet.
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
        }
    }

    /// The state of the pace, if one is known.
    #[must_use]
    pub fn pace_state(&self) -> Option<PaceState> {
        self.pace.and_then(|pace| pace.state)
    }

    pub(super) fn stop(&mut self, halt: EvaluationStop) {
        self.verdict = Some(halt.verdict);
        self.add_reason(halt.reason);
    }

    pub(super) fn add_reason(&mut self, reason: VerdictReason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}
