//! A cell: one figure of one report, and the three-way merge of cells.
//!
//! Whether an element belongs on a form, and whether a report may be edited, is decided in
//! `report`.
//!
//! ```text
//!        base            merge_three_way(base, mine, theirs) is
//!   mine/    \theirs     called on the server at push and on the phone at
//!       \    /           replay; the results are the same.
//!       merged
//! ```

use crate::domain::report::element::ElementKind;
use std::collections::BTreeMap;

/// The short number of a data element, 1 and up; assigned once by the server and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementNumber(pub u32);

/// Why a figure is missing. A missing figure never becomes zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingReason {
    /// The unit waits for another body's figure.
    AwaitingSource,
    /// The event is not counted at this unit in this period.
    NotCounted,
    /// Another reason, which the note states.
    SeeNote,
}

/// The value of a cell. An absent cell has no value: it is neither nil nor missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellValue {
    /// A figure, in units of the element's scale.
    Reported(i64),
    /// The figure of the unit's previous report, confirmed as still right (giữ nguyên kỳ trước).
    /// Only a word can be carried ([`crate::domain::report::FormSchema::may_carry`]).
    Carried(i64),
    /// An explicit zero: nothing occurred (không phát sinh). It speaks of events; in the cell of a
    /// stock it says nothing.
    Nil,
    /// Known to be missing, with the reason.
    Missing(MissingReason),
}

impl CellValue {
    /// The figure of an event: 0 for nil, none for missing. For an element of any kind use
    /// [`Self::figure_of`].
    #[must_use]
    pub fn figure(self) -> Option<i64> {
        match self {
            Self::Reported(value) | Self::Carried(value) => Some(value),
            Self::Nil => Some(0),
            Self::Missing(_) => None,
        }
    }

    /// The figure of an element of this kind. NIL in the cell of a stock is no figure: "nothing
    /// occurred" does not say how much there is.
    #[must_use]
    pub fn figure_of(self, kind: ElementKind) -> Option<i64> {
        let says_nothing = self == Self::Nil && kind == ElementKind::Stock;
        self.figure().filter(|_| !says_nothing || planted!("nil-empties-a-stock"))
    }

    /// The value without the mark that it was carried: whether somebody typed or confirmed a
    /// figure makes no other figure of it.
    fn without_mark(self) -> Self {
        match self {
            Self::Carried(value) => Self::Reported(value),
            Self::Reported(_) | Self::Nil | Self::Missing(_) => self,
        }
    }
}

/// The cells of a report by element.
pub type Cells = BTreeMap<ElementNumber, CellValue>;

/// A change of one cell: the value that the author saw, and the new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellChange {
    /// The cell's element.
    pub element: ElementNumber,
    /// The new value; `None` removes the cell from the report.
    pub mine: Option<CellValue>,
    /// The value that the author saw when entering the change; `None` if there was no such cell.
    pub base: Option<CellValue>,
}

/// The result of a three-way merge of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeResult<T> {
    /// Both sides agree on this value.
    Agreed(T),
    /// Both sides changed it to different values. The stored value is unchanged; the other one is
    /// stored as a conflict branch.
    Conflict,
}

/// Merges one field: the author saw `base` and enters `mine`, the stored value is `theirs`.
#[must_use]
pub(crate) fn merge_three_way<T: PartialEq>(base: &T, mine: T, theirs: T) -> MergeResult<T> {
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

/// Merges one cell. Equal figures never conflict, and a figure that somebody typed outweighs the
/// same figure carried.
#[must_use]
pub(crate) fn merge_cells(
    base: Option<CellValue>,
    mine: Option<CellValue>,
    theirs: Option<CellValue>,
) -> MergeResult<Option<CellValue>> {
    let bare = |value: Option<CellValue>| value.map(CellValue::without_mark);
    if mine != theirs && bare(mine) == bare(theirs) {
        return MergeResult::Agreed(bare(mine));
    }
    match merge_three_way(&bare(base), bare(mine), bare(theirs)) {
        MergeResult::Conflict => MergeResult::Conflict,
        MergeResult::Agreed(value) if value == bare(mine) => MergeResult::Agreed(mine),
        MergeResult::Agreed(_) => MergeResult::Agreed(theirs),
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

    #[test]
    fn nil_says_nothing_about_a_stock() {
        assert_eq!(CellValue::Nil.figure_of(ElementKind::Stock), None);
        assert_eq!(CellValue::Nil.figure_of(ElementKind::Flow), Some(0));
        assert_eq!(CellValue::Nil.figure_of(ElementKind::EventFlag), Some(0));
        assert_eq!(CellValue::Carried(11).figure_of(ElementKind::Stock), Some(11));
        assert_eq!(CellValue::Reported(0).figure_of(ElementKind::Stock), Some(0));
    }

    #[test]
    fn a_figure_typed_and_the_same_figure_carried_are_no_conflict() {
        let (typed, carried) = (Some(CellValue::Reported(11)), Some(CellValue::Carried(11)));
        let other = Some(CellValue::Reported(12));
        assert_eq!(merge_cells(None, carried, typed), MergeResult::Agreed(typed));
        assert_eq!(merge_cells(None, typed, carried), MergeResult::Agreed(typed));
        assert_eq!(merge_cells(None, carried, None), MergeResult::Agreed(carried));
        assert_eq!(merge_cells(typed, other, carried), MergeResult::Agreed(other));
        assert_eq!(merge_cells(None, carried, other), MergeResult::Conflict);
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
