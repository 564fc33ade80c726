//! Parents of units by hierarchy and days.

use super::unit::DaySpan;
use crate::domain::support::ids::UnitId;
use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// A tree over the units; on each day a unit has at most one parent in each.
    Hierarchy {
        /// Line of command: defines reviewers and scopes.
        Command = "command",
        /// Territory: which area contains which.
        Territory = "territory",
        /// Emulation clusters (cụm, khối thi đua).
        Cluster = "cluster",
    }
}

/// One parent of one unit for a span of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitParent {
    /// The unit below.
    pub child: UnitId,
    /// The unit above.
    pub parent: UnitId,
    /// The hierarchy.
    pub hierarchy: Hierarchy,
    /// The days on which it holds.
    pub days: DaySpan,
}
