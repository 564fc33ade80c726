//! What the rules for many roles forbid beside the rights, whether they come as messages or as rows
//! of a table.

use super::permission::Role;
use crate::domain::org::Org;
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::message::{Message, message};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One role of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchGrant {
    /// The account.
    pub account: AccountId,
    /// The role.
    pub role: Role,
    /// The unit on which it is given.
    pub unit: UnitId,
    /// First day.
    pub first: Date,
    /// The day after the last; `Date::MAX`: until further notice.
    pub end: Date,
}

/// What is wrong with a role of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchGrantFault {
    /// It ends before this first day.
    EndsBefore(Date),
    /// The unit is closed on this first day.
    UnitClosed(Date),
    /// The role at this position of the batch is the same.
    Repeats(usize),
}

impl BatchGrantFault {
    /// What is expected instead.
    #[must_use]
    pub fn message(self) -> Message {
        match self {
            Self::EndsBefore(first) => message!("grant-day-not-before", first),
            Self::UnitClosed(first) => message!("grant-unit-open-on", first),
            Self::Repeats(_) => message!("grant-one-line-each-role"),
        }
    }
}

/// Every fault of a batch, with the position of its role.
#[must_use]
pub fn find_batch_faults(org: &Org, grants: &[BatchGrant]) -> Vec<(usize, BatchGrantFault)> {
    let (mut found, mut seen) = (Vec::new(), BTreeMap::new());
    for (position, one) in grants.iter().enumerate() {
        if one.end <= one.first {
            found.push((position, BatchGrantFault::EndsBefore(one.first)));
        }
        if !org.is_open_on(one.unit, one.first) {
            found.push((position, BatchGrantFault::UnitClosed(one.first)));
        }
        let earlier = *seen.entry((one.account, one.role, one.unit)).or_insert(position);
        if earlier != position {
            found.push((position, BatchGrantFault::Repeats(earlier)));
        }
    }
    found
}
