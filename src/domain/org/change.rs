//! Changes of the organisation: decided on a legal basis, effective on a day, learned of at another time.
//!
//! A change is announced, rehearsed, made effective and reconciled. Applying changes gives another organisation and leaves
//! the old one as it was. Changes of one day are judged together, when all of them are in. Knows no report.

use super::draft::OrgDraft;
use super::{Fraction, Hierarchy, OfficialCode, Org, OrgViolation, UnitKind};
use crate::domain::ids::{OrgChangeId, UnitId};
use crate::domain::string_enum::string_enum;
use crate::domain::time::Timestamp;
use jiff::civil::Date;

string_enum! {
    /// How far a change has come.
    OrgChangeState {
        /// Decided and entered.
        Announced = "ANNOUNCED",
        /// Tried out; somebody has read what would happen.
        Rehearsed = "REHEARSED",
        /// In force.
        Effective = "EFFECTIVE",
        /// Stocks and open work are handed over and balance.
        Reconciled = "RECONCILED",
    }
}

impl OrgChangeState {
    /// The state that may follow; a change goes through all of them, in order.
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
    /// What kind of change it is.
    OrgChangeKind {
        /// A unit begins.
        Create = "CREATE",
        /// A unit is called, classed or coded otherwise.
        Rename = "RENAME",
        /// A unit goes under another parent.
        Reparent = "REPARENT",
        /// Units close and go whole into another.
        Merge = "MERGE",
        /// A unit is divided.
        Split = "SPLIT",
        /// A unit ends and nobody follows it.
        Dissolve = "DISSOLVE",
        /// Work moves, units stay.
        TransferFunction = "TRANSFER_FUNCTION",
    }
}

/// What a unit is called and classed as.
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

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgAction {
    /// A unit begins, under the parents given. A unit that others merge or split into on the same day is created too.
    Create {
        /// Text code, never used before.
        uid: String,
        /// What it is.
        unit: UnitDescription,
        /// Its parents, at most one in each hierarchy.
        parents: Vec<(Hierarchy, UnitId)>,
    },
    /// A unit is described otherwise from the day on.
    Rename {
        /// Which.
        unit: UnitId,
        /// How from now on.
        to: UnitDescription,
    },
    /// A unit goes under another parent, or out of the hierarchy.
    Reparent {
        /// Which.
        unit: UnitId,
        /// In which tree.
        hierarchy: Hierarchy,
        /// Under whom; `None` for nobody.
        parent: Option<UnitId>,
    },
    /// Units close; all that they had goes to `into`.
    Merge {
        /// The units that close.
        from: Vec<UnitId>,
        /// The unit that follows them, standing or created on the same day.
        into: UnitId,
    },
    /// A unit is divided. It closes, unless it stands among its own successors.
    Split {
        /// The unit that is divided.
        from: UnitId,
        /// Successors with weights that sum to 1.
        into: Vec<(UnitId, Fraction)>,
    },
    /// A unit ends without a successor; its last parent takes over what is open.
    Dissolve {
        /// Which.
        unit: UnitId,
    },
    /// A function moves to other units; reported figures stay where they are.
    TransferFunction {
        /// Who had it.
        from: UnitId,
        /// Who has it now, with weights that sum to 1.
        to: Vec<(UnitId, Fraction)>,
        /// Which, as in `cấp giấy phép lái xe`.
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

    /// The unit that the change is first of all about.
    #[must_use]
    pub fn subject_unit(&self) -> UnitId {
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
    /// When we learned of it.
    pub recorded_at: Timestamp,
    /// What is done.
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
    /// The organisation with the changes made, in the order of their days; every finding if it would break a rule.
    pub fn apply_changes(&self, changes: &[OrgChange]) -> Result<Self, Vec<OrgViolation>> {
        let mut ordered: Vec<&OrgChange> = changes.iter().collect();
        // Units are created before others of the same day name them; otherwise the order given is kept.
        ordered.sort_by_key(|change| {
            (change.effective_day, change.action.kind() != OrgChangeKind::Create)
        });
        let mut draft = OrgDraft::from_org(self);
        ordered.into_iter().for_each(|change| draft.apply_change(change));
        draft.into_org()
    }
}

/// What was known when: an organisation as first recorded, and every change with the time at which it was learned of.
#[derive(Debug, Clone)]
pub struct OrgHistory {
    origin: Org,
    changes: Vec<OrgChange>,
}

impl OrgHistory {
    /// Begins with an organisation and no change.
    #[must_use]
    pub fn new(origin: Org) -> Self {
        Self { origin, changes: Vec::new() }
    }

    /// Takes a finished organisation apart: the state before `first`, and all changes since, as learned of at `recorded`
    /// gives for each effective day.
    pub fn from_org(
        org: &Org,
        first: Date,
        recorded: impl Fn(Date) -> Timestamp,
    ) -> Result<Self, Vec<OrgViolation>> {
        let days = org.change_days_from(first);
        let changes = days.into_iter().flat_map(|day| org.changes_on(day, recorded(day))).collect();
        Ok(Self { origin: org.state_before(first)?, changes })
    }

    /// Adds a change if the organisation then known agrees with it; what was recorded is never altered.
    pub fn record(&mut self, change: OrgChange) -> Result<(), Vec<OrgViolation>> {
        self.record_all(&[change])
    }

    /// Adds changes that only hold together, as those of one resolution do.
    pub fn record_all(&mut self, changes: &[OrgChange]) -> Result<(), Vec<OrgViolation>> {
        let all: Vec<OrgChange> = self.changes.iter().chain(changes).cloned().collect();
        self.origin.apply_changes(&all)?;
        self.changes = all;
        Ok(())
    }

    /// All changes, as recorded.
    #[must_use]
    pub fn changes(&self) -> &[OrgChange] {
        &self.changes
    }

    /// The organisation as it was known at `time`, its announced future included.
    pub fn org_known_at(&self, time: Timestamp) -> Result<Org, Vec<OrgViolation>> {
        let recorded: Vec<OrgChange> =
            self.changes.iter().filter(|change| change.recorded_at <= time).cloned().collect();
        self.origin.apply_changes(&recorded)
    }
}
