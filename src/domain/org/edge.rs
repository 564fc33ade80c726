//! Who stands under whom, in which hierarchy, on which days.
//!
//! Knows units by id only.

use super::unit::DaySpan;
use crate::domain::ids::UnitId;
use crate::domain::string_enum::string_enum;

string_enum! {
    /// A tree over the units; on each day a unit has at most one parent in each.
    Hierarchy {
        /// Line of command: who reviews whom, and whose scopes hold whose reports.
        Command = "command",
        /// Territory: which area lies in which.
        Territory = "territory",
        /// Emulation clusters (cụm, khối thi đua).
        Cluster = "cluster",
    }
}

/// One parent of one unit during a stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitParent {
    /// The unit below.
    pub child: UnitId,
    /// The unit above.
    pub parent: UnitId,
    /// In which tree.
    pub hierarchy: Hierarchy,
    /// When.
    pub days: DaySpan,
}
