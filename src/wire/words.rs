//! Enums that the contract and the domain both have, member by member: a new member on either side does not compile here.
//!
//! Reading refuses the unspecified value and values that this contract does not know.

use crate::domain::campaign::{
    BaselineMethod, CampaignKind, Commitment, Evidence, Field, LaunchMode, PlanStatus, Status as CampaignStatus,
    ZeroBase,
};
use crate::domain::element::{CountingLevel, ElementKind};
use crate::domain::org::{Hierarchy, LineageKind, UnitKind};
use crate::domain::quality::FindingState;
use crate::domain::reason::Reason;
use crate::domain::workflow::State as ReportState;
use crate::pb;

macro_rules! words {
    ($($(#[$doc:meta])* $write:ident, $read:ident: $domain:ident = $wire:ident { $($ours:ident = $theirs:ident,)+ })+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $write(word: $domain) -> pb::$wire {
            match word { $($domain::$ours => pb::$wire::$theirs,)+ }
        }

        /// Reads it; the unspecified and unknown values are MALFORMED.
        pub fn $read(number: i32) -> Result<$domain, Reason> {
            match pb::$wire::try_from(number) {
                $(Ok(pb::$wire::$theirs) => Ok($domain::$ours),)+
                Ok(pb::$wire::Unspecified) | Err(_) => Err(Reason::Malformed),
            }
        }
    )+};
}

words! {
    /// The state of a report.
    state, read_state: ReportState = ReportState {
        Draft = Draft, Submitted = Submitted, Returned = Returned, Accepted = Accepted, Locked = Locked,
    }
    /// The state of a finding.
    finding_state, read_finding_state: FindingState = FindingState {
        Open = Open, Explained = Explained, Corrected = Corrected, AcceptedRisk = AcceptedRisk, Escalated = Escalated,
    }
    /// The kind of a unit.
    unit_kind, read_unit_kind: UnitKind = UnitKind {
        Province = Province, District = District, Commune = Commune, Department = Department, Cluster = Cluster,
    }
    /// A hierarchy.
    hierarchy, read_hierarchy: Hierarchy = Hierarchy { Command = Command, Territory = Territory, Cluster = Cluster, }
    /// How a successor came by what a unit had.
    lineage_kind, read_lineage_kind: LineageKind = LineageKind {
        Merge = Merge, Split = Split, TransferFunction = TransferFunction,
    }
    /// What a figure of an element is.
    element_kind, read_element_kind: ElementKind = ElementKind { Flow = Flow, Stock = Stock, EventFlag = EventFlag, }
    /// The kind of a campaign.
    campaign_kind, read_campaign_kind: CampaignKind = CampaignKind {
        Standing = Standing, Thematic = Thematic, PeakDrive = PeakDrive,
    }
    /// The state of a campaign.
    campaign_status, read_campaign_status: CampaignStatus = CampaignStatus {
        Draft = Draft, Approved = Approved, Launched = Launched, Active = Active, Closing = Closing,
        UnderReview = UnderReview, Concluded = Concluded, Archived = Archived, Suspended = Suspended,
        ClosedEarly = ClosedEarly,
    }
    /// A field in which campaigns set targets.
    campaign_field, read_campaign_field: Field = CampaignField {
        SecurityOrder = SecurityOrder, MassMovement = MassMovement, ForceBuilding = ForceBuilding,
        LogisticsTech = LogisticsTech,
    }
    /// How firmly a target is promised.
    commitment, read_commitment: Commitment = Commitment { Binding = Binding, Strive = Strive, Direction = Direction, }
    /// What a change means where the base is zero.
    zero_base, read_zero_base: ZeroBase = ZeroBasePolicy {
        MaintainZero = MaintainZero, NotApplicable = NotApplicable,
    }
    /// What a change is measured against.
    baseline_method, read_baseline_method: BaselineMethod = BaselineMethod {
        SameWindowPriorYear = SameWindowPriorYear, StatYear = StatYear, CalendarYear = CalendarYear, Fixed = Fixed,
        MeanPrior = MeanPrior,
    }
    /// How a launch was held.
    launch_mode, read_launch_mode: LaunchMode = LaunchMode { InPerson = InPerson, Online = Online, Hybrid = Hybrid, }
    /// How far a unit's plan has come.
    plan_status, read_plan_status: PlanStatus = PlanStatus {
        Draft = Draft, Submitted = Submitted, Returned = Returned, Approved = Approved, Superseded = Superseded,
    }
    /// By what a duty shows that it was done.
    evidence, read_evidence: Evidence = DutyEvidence {
        ActivityCount = ActivityCount, Attestation = Attestation, Narrative = Narrative,
    }
}

/// The level at which something is counted, as the kind of the units that count it.
#[must_use]
pub fn counting_level(level: CountingLevel) -> pb::UnitKind {
    unit_kind(UnitKind::from(level))
}

/// Reads a counting level; clusters count nothing.
pub fn read_counting_level(number: i32) -> Result<CountingLevel, Reason> {
    match read_unit_kind(number)? {
        UnitKind::Province => Ok(CountingLevel::Province),
        UnitKind::District => Ok(CountingLevel::District),
        UnitKind::Commune => Ok(CountingLevel::Commune),
        UnitKind::Department => Ok(CountingLevel::Department),
        UnitKind::Cluster => Err(Reason::Malformed),
    }
}

/// Reads a word that may be left unset.
pub fn optional<T>(number: i32, read: fn(i32) -> Result<T, Reason>) -> Result<Option<T>, Reason> {
    if number == 0 { Ok(None) } else { read(number).map(Some) }
}
