//! What a figure must be: a comparator and a threshold, asked of a value or of everything between two values.
//!
//! Knows no measure; all comparing is exact.

use super::ast::Comparator;
use crate::domain::ratio::Ratio;

/// A condition on one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) cmp: Comparator,
    pub(super) at: Ratio,
}

/// Values between two ends; an end is sure if nothing that is missing can lie beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) lo: Ratio,
    pub(super) hi: Ratio,
    pub(super) lo_sure: bool,
    pub(super) hi_sure: bool,
}

/// What a need says of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// Every value in it meets.
    Holds,
    /// No value in it meets; `proven` if none beyond it can either.
    Fails { proven: bool },
    /// Some do.
    Open,
}

impl Need {
    pub(super) fn meets(self, value: Ratio) -> bool {
        match self.cmp {
            Comparator::Greater => value > self.at,
            Comparator::AtLeast => value >= self.at,
            Comparator::Equal => value == self.at,
            Comparator::AtMost => value <= self.at,
            Comparator::Less => value < self.at,
        }
    }

    pub(super) fn judge(self, span: Span) -> Judged {
        let Span { lo, hi, lo_sure, hi_sure } = span;
        match self.cmp {
            Comparator::AtMost | Comparator::Less if self.meets(hi) => Judged::Holds,
            Comparator::AtMost | Comparator::Less if !self.meets(lo) => Judged::Fails { proven: lo_sure },
            Comparator::AtLeast | Comparator::Greater if self.meets(lo) => Judged::Holds,
            Comparator::AtLeast | Comparator::Greater if !self.meets(hi) => Judged::Fails { proven: hi_sure },
            Comparator::Equal if lo == hi && self.meets(lo) => Judged::Holds,
            Comparator::Equal if self.at < lo => Judged::Fails { proven: lo_sure },
            Comparator::Equal if self.at > hi => Judged::Fails { proven: hi_sure },
            Comparator::AtMost | Comparator::Less | Comparator::AtLeast | Comparator::Greater | Comparator::Equal => {
                Judged::Open
            }
        }
    }

    /// Whether more makes it worse.
    pub(super) fn is_ceiling(self) -> bool {
        matches!(self.cmp, Comparator::AtMost | Comparator::Less)
    }

    /// Whether less makes it worse.
    pub(super) fn is_floor(self) -> bool {
        matches!(self.cmp, Comparator::AtLeast | Comparator::Greater)
    }

    /// The last whole number, from zero up, that still meets on the way to missing; `None` if none does.
    pub(super) fn limit(self) -> Option<i64> {
        let limit = match self.cmp {
            Comparator::AtMost => self.at.floor(),
            Comparator::Less => self.at.ceil().checked_sub(1)?,
            Comparator::AtLeast => self.at.ceil().max(0),
            Comparator::Greater => self.at.floor().checked_add(1)?.max(0),
            Comparator::Equal => i128::from(self.at.as_whole()?),
        };
        i64::try_from(limit).ok().filter(|limit| *limit >= 0)
    }
}
