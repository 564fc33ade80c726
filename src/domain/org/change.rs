//! Changes of the organisation: each has a legal basis, an effective day, and the time at which it
//! was recorded.
//!
//! A change is announced, rehearsed, made effective and reconciled. Applying changes returns a new
//! organisation. Changes of one day are checked together.

use super::draft::OrgDraft;
use super::{Fraction, Hierarchy, OfficialCode, Org, OrgViolation, UnitKind};
use crate::domain::support::ids::{OrgChangeId, UnitId};
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::time::Timestamp;
use jiff::civil::Date;

string_enum! {
    /// The state of a change.
    OrgChangeState {
        /// Decided and recorded.
        Announced = "ANNOUNCED",
        /// Rehearsed: its effects were computed and read.
        Rehearsed = "REHEARSED",
        /// In force.
        Effective = "EFFECTIVE",
        /// Stocks and open work are handed over and balance.
        Reconciled = "RECONCILED",
    }
}

impl OrgChangeState {
    /// The next state; a change passes through all of them in order.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Announced => Some(Self::Rehearsed),
            Self::Rehearsed => Some(Self::Effective),
            Self::Effective => Some(Self::Reconciled),
            Self::Reconciled => None,
        }
    }
}

string_enum! {
    /// The kind of a change.
    OrgChangeKind {
        /// A unit begins.
        Create = "CREATE",
        /// A unit gets another name, kind or code.
        Rename = "RENAME",
        /// A unit gets another parent.
        Reparent = "REPARENT",
        /// Units close and become part of another.
        Merge = "MERGE",
        /// A unit is divided.
        Split = "SPLIT",
        /// A unit ends without a successor.
        Dissolve = "DISSOLVE",
        /// Work is transferred, units stay.
        TransferFunction = "TRANSFER_FUNCTION",
    }
}

/// Name and classification of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitDescription {
    /// Name in Vietnamese.
    pub name: String,
    /// Rank.
    pub kind: UnitKind,
    /// Administrative kind as files write it, as in `phuong`.
    pub local_kind: String,
    /// Official code.
    pub code: Option<OfficialCode>,
    /// Remark; may be empty.
    pub note: String,
}

/// The content of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgAction {
    /// A unit begins, with the given parents. The result of a merger or split of the same day is
    /// created too.
    Create {
        /// Text code, never used before.
        uid: String,
        /// Its description.
        unit: UnitDescription,
        /// Its parents, at most one in each hierarchy.
        parents: Vec<(Hierarchy, UnitId)>,
    },
    /// The description of a unit changes from the day on.
    Rename {
        /// The unit.
        unit: UnitId,
        /// The new description.
        to: UnitDescription,
    },
    /// A unit gets another parent in a hierarchy, or none.
    Reparent {
        /// The unit.
        unit: UnitId,
        /// The hierarchy.
        hierarchy: Hierarchy,
        /// The new parent; `None` for none.
        parent: Option<UnitId>,
    },
    /// Units close; everything they had goes to `into`.
    Merge {
        /// The units that close.
        from: Vec<UnitId>,
        /// The successor, existing or created on the same day.
        into: UnitId,
    },
    /// A unit is divided. It closes unless it is one of its own successors.
    Split {
        /// The unit that is divided.
        from: UnitId,
        /// Successors with weights that sum to 1.
        into: Vec<(UnitId, Fraction)>,
    },
    /// A unit ends without a successor; its last parent takes over open work.
    Dissolve {
        /// The unit.
        unit: UnitId,
    },
    /// A function is transferred to other units; reported figures stay with their unit.
    TransferFunction {
        /// The unit that had it.
        from: UnitId,
        /// The units that have it now, with weights that sum to 1.
        to: Vec<(UnitId, Fraction)>,
        /// The function, as in `cấp giấy phép lái xe`.
        function: String,
    },
}

impl OrgAction {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> OrgChangeKind {
        match self {
            Self::Create { .. } => OrgChangeKind::Create,
            Self::Rename { .. } => OrgChangeKind::Rename,
            Self::Reparent { .. } => OrgChangeKind::Reparent,
            Self::Merge { .. } => OrgChangeKind::Merge,
            Self::Split { .. } => OrgChangeKind::Split,
            Self::Dissolve { .. } => OrgChangeKind::Dissolve,
            Self::TransferFunction { .. } => OrgChangeKind::TransferFunction,
        }
    }

    /// The unit that identifies the change.
    fn subject_unit(&self) -> UnitId {
        match self {
            Self::Create { uid, .. } => UnitId::from_code(uid),
            Self::Rename { unit, .. } | Self::Reparent { unit, .. } | Self::Dissolve { unit } => {
                *unit
            }
            Self::Merge { into, .. } => *into,
            Self::Split { from, .. } | Self::TransferFunction { from, .. } => *from,
        }
    }
}

/// A change of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgChange {
    /// First day of the new state.
    pub effective_day: Date,
    /// The resolution or decision, as in `NQ 1687/NQ-UBTVQH15`; the basis of the lineage.
    pub legal_basis: String,
    /// The time at which it was recorded.
    pub recorded_at: Timestamp,
    /// The content.
    pub action: OrgAction,
}

impl OrgChange {
    /// The id: the same for the same kind of change to the same unit on the same day and basis.
    #[must_use]
    pub fn id(&self) -> OrgChangeId {
        let (about, kind) = (self.action.subject_unit(), self.action.kind());
        OrgChangeId::from_code(&format!(
            "{}|{kind}|{about}|{}",
            self.effective_day, self.legal_basis
        ))
    }
}

impl Org {
    /// The organisation after the changes, in the order of their days; every violation if it would
    /// break a rule.
    pub fn apply_changes(&self, changes: &[OrgChange]) -> Result<Self, Vec<OrgViolation>> {
        let mut ordered: Vec<&OrgChange> = changes.iter().collect();
        // Units are created before other changes of the same day name them; otherwise the order is
        // kept.
        ordered.sort_by_key(|change| {
            (change.effective_day, change.action.kind() != OrgChangeKind::Create)
        });
        let mut draft = OrgDraft::from_org(self);
        ordered.into_iter().for_each(|change| draft.apply_change(change));
        draft.into_org()
    }
}

/// A bitemporal history: an initial organisation and every change with the time at which it was
/// recorded.
#[derive(Debug, Clone)]
pub struct OrgHistory {
    origin: Org,
    changes: Vec<OrgChange>,
}

impl OrgHistory {
    /// A history without changes.
    #[must_use]
    pub fn new(origin: Org) -> Self {
        Self { origin, changes: Vec::new() }
    }

    /// Splits an organisation into its state before `first` and all changes since; `recorded` gives
    /// the time of recording for each effective day.
    pub fn from_org(
        org: &Org,
        first: Date,
        recorded: impl Fn(Date) -> Timestamp,
    ) -> Result<Self, Vec<OrgViolation>> {
        let days = org.change_days_from(first);
        let changes = days.into_iter().flat_map(|day| org.changes_on(day, recorded(day))).collect();
        Ok(Self { origin: org.state_before(first)?, changes })
    }

    /// Adds a change if the recorded organisation allows it; recorded changes are never altered.
    pub fn record(&mut self, change: OrgChange) -> Result<(), Vec<OrgViolation>> {
        self.record_all(&[change])
    }

    /// Adds changes that are only consistent together, such as those of one resolution.
    pub fn record_all(&mut self, changes: &[OrgChange]) -> Result<(), Vec<OrgViolation>> {
        let all: Vec<OrgChange> = self.changes.iter().chain(changes).cloned().collect();
        self.origin.apply_changes(&all)?;
        self.changes = all;
        Ok(())
    }

    /// All changes in the order of recording.
    #[must_use]
    pub fn changes(&self) -> &[OrgChange] {
        &self.changes
    }

    /// The organisation as recorded at `time`, its announced future included.
    pub fn org_known_at(&self, time: Timestamp) -> Result<Org, Vec<OrgViolation>> {
        let recorded: Vec<OrgChange> =
            self.changes.iter().filter(|change| change.recorded_at <= time).cloned().collect();
        self.origin.apply_changes(&recorded)
    }
}
