//! A comparator with a threshold, checked against one value or an interval of values. All
//! comparisons are exact.

use super::ast::Comparator;
use crate::domain::support::ratio::Ratio;

/// A condition on one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threshold {
    pub(super) cmp: Comparator,
    pub(super) value: Ratio,
}

/// An interval of values. An end is certain if no missing report can move the value beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueInterval {
    pub(super) low: Ratio,
    pub(super) high: Ratio,
    pub(super) low_certain: bool,
    pub(super) high_certain: bool,
}

/// Result of checking a threshold against an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ThresholdOutcome {
    /// Every value of the interval meets the threshold.
    Holds,
    /// No value of the interval meets it; `proven` if no value beyond it can either.
    Fails { proven: bool },
    /// Some values meet it.
    Undecided,
}

impl Threshold {
    pub(super) fn is_met_by(self, value: Ratio) -> bool {
        match self.cmp {
            Comparator::Greater => value > self.value,
            Comparator::AtLeast => value >= self.value,
            Comparator::Equal => value == self.value,
            Comparator::AtMost => value <= self.value,
            Comparator::Less => value < self.value,
        }
    }

    pub(super) fn judge_interval(self, interval: ValueInterval) -> ThresholdOutcome {
        let ValueInterval { low, high, low_certain, high_certain } = interval;
        match self.cmp {
            Comparator::AtMost | Comparator::Less if self.is_met_by(high) => {
                ThresholdOutcome::Holds
            }
            Comparator::AtMost | Comparator::Less if !self.is_met_by(low) => {
                ThresholdOutcome::Fails { proven: low_certain }
            }
            Comparator::AtLeast | Comparator::Greater if self.is_met_by(low) => {
                ThresholdOutcome::Holds
            }
            Comparator::AtLeast | Comparator::Greater if !self.is_met_by(high) => {
                ThresholdOutcome::Fails { proven: high_certain }
            }
            Comparator::Equal if low == high && self.is_met_by(low) => ThresholdOutcome::Holds,
            Comparator::Equal if self.value < low => {
                ThresholdOutcome::Fails { proven: low_certain }
            }
            Comparator::Equal if self.value > high => {
                ThresholdOutcome::Fails { proven: high_certain }
            }
            Comparator::AtMost
            | Comparator::Less
            | Comparator::AtLeast
            | Comparator::Greater
            | Comparator::Equal => ThresholdOutcome::Undecided,
        }
    }

    /// Whether a higher value is worse.
    pub(super) fn is_ceiling(self) -> bool {
        matches!(self.cmp, Comparator::AtMost | Comparator::Less)
    }

    /// Whether a lower value is worse.
    pub(super) fn is_floor(self) -> bool {
        matches!(self.cmp, Comparator::AtLeast | Comparator::Greater)
    }

    /// The last whole number, from zero up, that still meets the threshold; `None` if none does.
    pub(super) fn limit(self) -> Option<i64> {
        let limit = match self.cmp {
            Comparator::AtMost => self.value.floor(),
            Comparator::Less => self.value.ceil().checked_sub(1)?,
            Comparator::AtLeast => self.value.ceil().max(0),
            Comparator::Greater => self.value.floor().checked_add(1)?.max(0),
            Comparator::Equal => i128::from(self.value.to_integer()?),
        };
        i64::try_from(limit).ok().filter(|limit| *limit >= 0)
    }
}
