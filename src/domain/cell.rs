//! A cell: one figure of one report, and the three-way merge of cells.
//!
//! Knows nothing of forms and states: whether an element belongs on a form, and whether a report may still be edited, is decided
//! in `report`.
//!
//! ```text
//!        base            merge(base, mine, theirs) completes the diamond:
//!   mine/    \theirs     called on the server at push and on the phone at
//!       \    /           replay; both end in the same report.
//!       merged
//! ```

use std::collections::BTreeMap;

/// The short number of a data element, given once by the server and never reused; 1 and up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementNumber(pub u32);

/// Why a figure is not there. A missing figure never becomes zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingReason {
    /// The unit waits for another body's figure.
    AwaitingSource,
    /// The event is not counted at this unit in this period.
    NotCounted,
    /// Another reason, which the note states.
    SeeNote,
}

/// What a cell of a report says. An absent cell says nothing at all: it is neither nil nor missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellValue {
    /// A figure, in units of the element's scale.
    Reported(i64),
    /// An explicit zero: nothing occurred (không phát sinh).
    Nil,
    /// Known to be missing, with the reason.
    Missing(MissingReason),
}

impl CellValue {
    /// The figure that sums use: nil counts as 0, missing as no figure at all.
    #[must_use]
    pub fn figure(self) -> Option<i64> {
        match self {
            Self::Reported(value) => Some(value),
            Self::Nil => Some(0),
            Self::Missing(_) => None,
        }
    }
}

/// The cells of a report by element.
pub type Cells = BTreeMap<ElementNumber, CellValue>;

/// A change of one cell: what the author saw before, and what the author says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellChange {
    /// The cell's element.
    pub element: ElementNumber,
    /// What the author says now; `None` takes the cell off the report.
    pub mine: Option<CellValue>,
    /// What the author saw when the change was typed; `None`: there was no such cell.
    pub base: Option<CellValue>,
}

/// What a three-way merge of one field gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeResult<T> {
    /// Both sides agree on this value.
    Agreed(T),
    /// Both sides changed it, differently. The stored value stands; the other is kept beside it.
    Conflict,
}

/// Merges one field whose author saw `base` and says `mine`, while the store holds `theirs`.
#[must_use]
pub fn merge_three_way<T: PartialEq>(base: &T, mine: T, theirs: T) -> MergeResult<T> {
    if theirs == *base || theirs == mine {
        MergeResult::Agreed(mine)
    } else if mine == *base {
        MergeResult::Agreed(theirs)
    } else if planted!("last-write-wins") {
        MergeResult::Agreed(mine)
    } else {
        MergeResult::Conflict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nil_is_a_figure_and_missing_is_none() {
        assert_eq!(CellValue::Nil.figure(), Some(0));
        assert_eq!(CellValue::Missing(MissingReason::AwaitingSource).figure(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn merging_in_either_order_ends_alike(base in 0..4i64, mine in 0..4i64, theirs in 0..4i64) {
            match (merge_three_way(&base, mine, theirs), merge_three_way(&base, theirs, mine)) {
                (MergeResult::Agreed(a), MergeResult::Agreed(b)) => prop_assert_eq!(a, b),
                (MergeResult::Conflict, MergeResult::Conflict) => prop_assert!(mine != theirs && mine != base && theirs != base),
                (a, b) => prop_assert!(false, "{a:?} against {b:?}"),
            }
        }
    }
}
