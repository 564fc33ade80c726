//! Lineage: the successors of a unit's territory, people and figures when units merged, split or
//! transferred work.
//!
//! Which figures count for a successor is decided in `structure_view`.

use super::fraction::Fraction;
use crate::domain::support::ids::UnitId;
use crate::domain::support::string_enum::string_enum;
use jiff::civil::Date;

string_enum! {
    /// How the successor got what the predecessor had.
    LineageKind {
        /// The predecessor closed and became part of the successor.
        Merge = "merge",
        /// The predecessor was divided.
        Split = "split",
        /// Work was transferred, the unit was not: there is no successor in command, and reported
        /// figures stay with their unit.
        TransferFunction = "transfer_function",
    }
}

impl LineageKind {
    /// Whether figures, stocks and open work pass to the successor.
    #[must_use]
    pub fn is_succession(self) -> bool {
        match self {
            Self::Merge | Self::Split => true,
            Self::TransferFunction => false,
        }
    }
}

/// One line from a predecessor to a successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitLineage {
    /// First day of the new state.
    pub effective_day: Date,
    /// How.
    pub kind: LineageKind,
    /// The unit that had it.
    pub from: UnitId,
    /// The unit that has it from `effective_day` on.
    pub to: UnitId,
    /// The share that passes on, above 0 and at most 1; the weights of one (from, basis) sum to 1.
    pub weight: Fraction,
    /// The resolution or decision, as in `NQ 1687/NQ-UBTVQH15`.
    pub basis: String,
}
