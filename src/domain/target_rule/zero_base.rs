//! The policy for targets whose base figure is zero.

use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// How a target that asks for a reduction is judged where the base figure is zero.
    ZeroBasePolicy {
        /// The figure must stay zero.
        MaintainZero = "MAINTAIN_ZERO",
        /// No verdict is given.
        NotApplicable = "NOT_APPLICABLE",
    }
}
