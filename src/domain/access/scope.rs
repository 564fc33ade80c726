//! A scope: a set of records that a reader gets as a whole or not at all (phạm vi dữ liệu).
//!
//! A reader who was granted a scope gets every record in it; nothing is redacted when it is sent.

use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{CampaignId, UnitId};
use std::fmt;

/// The kind of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    /// Campaigns, elements, forms, calendars, the organisation, with their short numbers.
    Reference,
    /// Reports of a unit and its subtree once sent, their comments, and the unit's own standings.
    Work,
    /// Drafts, conflict branches and held commands of one unit: for its reporters and its head
    /// only.
    Desk,
    /// Published standings of a campaign for province and districts, and its latest run.
    Published,
    /// How a unit and its subtree take part in campaigns. A client from before this kind keeps its
    /// records unread.
    Participation,
}

impl ScopeKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Reference, Self::Work, Self::Desk, Self::Published, Self::Participation];

    /// The number in tables.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Reference => 1,
            Self::Work => 2,
            Self::Desk => 3,
            Self::Published => 4,
            Self::Participation => 5,
        }
    }

    /// The kind with this number in tables.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The word in logs and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Work => "work",
            Self::Desk => "desk",
            Self::Published => "published",
            Self::Participation => "participation",
        }
    }
}

/// One scope: its kind and its unit or campaign; zeros for `Reference`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The kind.
    pub kind: ScopeKind,
    /// Unit id or campaign id.
    pub id: [u8; 16],
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.code(), encode_hex(&self.id))
    }
}

impl Scope {
    /// The scope of every device of the authority.
    pub const REFERENCE: Self = Self { kind: ScopeKind::Reference, id: [0; 16] };

    /// Reports of `unit` and its subtree.
    #[must_use]
    pub fn work(unit: UnitId) -> Self {
        Self { kind: ScopeKind::Work, id: unit.0 }
    }

    /// Drafts, conflicts and held commands of `unit`.
    #[must_use]
    pub fn desk(unit: UnitId) -> Self {
        Self { kind: ScopeKind::Desk, id: unit.0 }
    }

    /// The part of `unit` and its subtree in campaigns.
    #[must_use]
    pub fn participation(unit: UnitId) -> Self {
        Self { kind: ScopeKind::Participation, id: unit.0 }
    }

    /// Published results of `campaign`.
    #[must_use]
    pub fn published(campaign: CampaignId) -> Self {
        Self { kind: ScopeKind::Published, id: campaign.0 }
    }
}

/// The kind of a record; numbers are those of the wire and of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A unit with its versions and parents.
    Unit,
    /// A data element with its short number.
    Element,
    /// A form.
    Form,
    /// A reporting contract.
    Contract,
    /// A reporting calendar.
    Calendar,
    /// A campaign with phases and targets.
    Campaign,
    /// A report.
    Report,
    /// A comment on a report.
    Comment,
    /// A branch of a conflict.
    Conflict,
    /// A proposal to amend.
    Proposal,
    /// A command that waits for its parent or for another person.
    Held,
    /// A standing of one target at one unit.
    Standing,
    /// The latest run of a campaign.
    Run,
    /// A data-quality question to a unit.
    Finding,
    /// A waiver of a missing report.
    Waiver,
    /// A field of work in which campaigns set targets.
    FieldOfWork,
    /// A hand-over of stocks between units.
    Handover,
    /// The part of a unit in a campaign.
    Participation,
}

impl RecordKind {
    /// All kinds; position plus one is the number.
    pub const ALL: [Self; 18] = [
        Self::Unit,
        Self::Element,
        Self::Form,
        Self::Contract,
        Self::Calendar,
        Self::Campaign,
        Self::Report,
        Self::Comment,
        Self::Conflict,
        Self::Proposal,
        Self::Held,
        Self::Standing,
        Self::Run,
        Self::Finding,
        Self::Waiver,
        Self::FieldOfWork,
        Self::Handover,
        Self::Participation,
    ];

    /// The number on the wire and in tables.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Unit => 1,
            Self::Element => 2,
            Self::Form => 3,
            Self::Contract => 4,
            Self::Calendar => 5,
            Self::Campaign => 6,
            Self::Report => 7,
            Self::Comment => 8,
            Self::Conflict => 9,
            Self::Proposal => 10,
            Self::Held => 11,
            Self::Standing => 12,
            Self::Run => 13,
            Self::Finding => 14,
            Self::Waiver => 15,
            Self::FieldOfWork => 16,
            Self::Handover => 17,
            Self::Participation => 18,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The word in logs and reports of checks.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Element => "element",
            Self::Form => "form",
            Self::Contract => "contract",
            Self::Calendar => "calendar",
            Self::Campaign => "campaign",
            Self::Report => "report",
            Self::Comment => "comment",
            Self::Conflict => "conflict",
            Self::Proposal => "proposal",
            Self::Held => "held",
            Self::Standing => "standing",
            Self::Run => "run",
            Self::Finding => "finding",
            Self::Waiver => "waiver",
            Self::FieldOfWork => "field",
            Self::Handover => "handover",
            Self::Participation => "participation",
        }
    }
}
