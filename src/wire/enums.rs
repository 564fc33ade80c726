//! Converts the enums that the contract and the domain share, member by member: a new member on
//! either side is a compile error here.
//!
//! Conversion from a message refuses the unspecified value and unknown values.

use crate::domain::access::enrolment::CardState;
use crate::domain::access::fleet::{BacklogStatus, LastContact};
use crate::domain::campaign::completeness::MissingState;
use crate::domain::campaign::{
    AwardStep, BaselineMethod, CampaignKind, CampaignStatus, CampaignStep, Commitment,
    DutyEvidence, LaunchMode, PlanStatus,
};
use crate::domain::org::{HandoverState, Hierarchy, LineageKind, UnitKind};
use crate::domain::quality::FindingState;
use crate::domain::report::element::{CountingLevel, ElementKind};
use crate::domain::report::waiver::WaiverState;
use crate::domain::report::workflow::ReportState;
use crate::domain::scoring::ScoreExclusion;
use crate::domain::standing::ReportSupport;
use crate::domain::standing::baseline::BaselineStatus;
use crate::domain::support::reason::RefusalReason;
use crate::domain::target_rule::ZeroBasePolicy;
use crate::pb;

macro_rules! proto_enums {
    ($(
        $(#[$doc:meta])*
        $write:ident, $read:ident: $domain:ident = $wire:ident {
            $($member:ident = $wire_member:ident,)+
        }
    )+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $write(value: $domain) -> pb::$wire {
            match value { $($domain::$member => pb::$wire::$wire_member,)+ }
        }

        /// Converts from the contract; the unspecified value and unknown values are MALFORMED.
        pub fn $read(number: i32) -> Result<$domain, RefusalReason> {
            match pb::$wire::try_from(number) {
                $(Ok(pb::$wire::$wire_member) => Ok($domain::$member),)+
                Ok(pb::$wire::Unspecified) | Err(_) => Err(RefusalReason::Malformed),
            }
        }
    )+};
}

proto_enums! {
    /// The state of a report.
    state_to_proto, state_from_proto: ReportState = ReportState {
        Draft = Draft, Submitted = Submitted, Returned = Returned, Accepted = Accepted,
        Locked = Locked,
    }
    /// The state of a finding.
    finding_state_to_proto, finding_state_from_proto: FindingState = FindingState {
        Open = Open, Explained = Explained, Corrected = Corrected, AcceptedRisk = AcceptedRisk,
        Escalated = Escalated,
    }
    /// The state of a waiver.
    waiver_state_to_proto, waiver_state_from_proto: WaiverState = WaiverState {
        Proposed = Proposed, Signed = Signed, Refused = Refused, Lapsed = Lapsed,
    }
    /// The state of a hand-over of stocks.
    handover_state_to_proto, handover_state_from_proto: HandoverState = HandoverState {
        Proposed = Proposed, Signed = Signed, Refused = Refused,
    }
    /// The kind of a unit.
    unit_kind_to_proto, unit_kind_from_proto: UnitKind = UnitKind {
        Province = Province, District = District, Commune = Commune, Department = Department,
        Cluster = Cluster,
    }
    /// A hierarchy.
    hierarchy_to_proto, hierarchy_from_proto: Hierarchy = Hierarchy {
        Command = Command, Territory = Territory, Cluster = Cluster,
    }
    /// How a unit's tasks passed to its successor.
    lineage_kind_to_proto, lineage_kind_from_proto: LineageKind = LineageKind {
        Merge = Merge, Split = Split, TransferFunction = TransferFunction,
    }
    /// What kind of figure an element has.
    element_kind_to_proto, element_kind_from_proto: ElementKind = ElementKind {
        Flow = Flow, Stock = Stock, EventFlag = EventFlag,
    }
    /// The kind of a campaign.
    campaign_kind_to_proto, campaign_kind_from_proto: CampaignKind = CampaignKind {
        Standing = Standing, Thematic = Thematic, PeakDrive = PeakDrive,
    }
    /// The state of a campaign.
    campaign_status_to_proto, campaign_status_from_proto: CampaignStatus = CampaignStatus {
        Draft = Draft, Approved = Approved, Launched = Launched, Active = Active, Closing = Closing,
        UnderReview = UnderReview, Concluded = Concluded, Archived = Archived,
        Suspended = Suspended,
        ClosedEarly = ClosedEarly,
    }
    /// A step of a campaign.
    campaign_step_to_proto, campaign_step_from_proto: CampaignStep = CampaignStep {
        Approve = Approve, Launch = Launch, Start = Start, Close = Close, Review = Review,
        Conclude = Conclude, Archive = Archive, Suspend = Suspend, Resume = Resume,
        CloseEarly = CloseEarly, Reopen = Reopen,
    }
    /// Where a missing report is.
    missing_state_to_proto, missing_state_from_proto: MissingState = MissingReportState {
        NotSent = NotSent, Waiting = Waiting, Returned = Returned, Held = Held,
    }
    /// How binding a target is.
    commitment_to_proto, commitment_from_proto: Commitment = Commitment {
        Binding = Binding, Strive = Strive, Direction = Direction,
    }
    /// What a change means if the base is zero.
    zero_base_to_proto, zero_base_from_proto: ZeroBasePolicy = ZeroBasePolicy {
        MaintainZero = MaintainZero, NotApplicable = NotApplicable,
    }
    /// What a change is measured against.
    baseline_method_to_proto, baseline_method_from_proto: BaselineMethod = BaselineMethod {
        SameWindowPriorYear = SameWindowPriorYear, StatYear = StatYear, CalendarYear = CalendarYear,
        Fixed = Fixed,
        MeanPrior = MeanPrior,
    }
    /// How final a baseline figure is.
    baseline_status_to_proto, baseline_status_from_proto: BaselineStatus = BaselineStatus {
        Preliminary = Preliminary, Final = Final,
    }
    /// A step on the award of a campaign.
    award_step_to_proto, award_step_from_proto: AwardStep = AwardStep {
        Proposed = Proposed, Withdrawn = Withdrawn, Decided = Decided,
        RevocationAsked = RevocationAsked, RevocationWithdrawn = RevocationWithdrawn,
        Revoked = Revoked,
    }
    /// How a launch was held.
    launch_mode_to_proto, launch_mode_from_proto: LaunchMode = LaunchMode {
        InPerson = InPerson, Online = Online, Hybrid = Hybrid,
    }
    /// The status of a unit's plan.
    plan_status_to_proto, plan_status_from_proto: PlanStatus = PlanStatus {
        Draft = Draft, Submitted = Submitted, Returned = Returned, Approved = Approved,
        Superseded = Superseded,
    }
    /// When a unit was last heard.
    last_contact_to_proto, last_contact_from_proto: LastContact = LastContact {
        Today = Today, ThisWeek = ThisWeek, Older = Older, Never = Never,
    }
    /// What waits at a unit.
    backlog_to_proto, backlog_from_proto: BacklogStatus = UnitBacklog {
        None = None, Some = Some, Stuck = Stuck,
    }
    /// What became of a printed card.
    card_state_to_proto, card_state_from_proto: CardState = CardState {
        Unused = Unused, Used = Used, Expired = Expired, Revoked = Revoked,
    }
    /// Why a unit gets no score.
    score_exclusion_to_proto, score_exclusion_from_proto: ScoreExclusion = ScoreExclusion {
        TooSmall = TooSmall, Incomplete = Incomplete, UnderQuestion = UnderQuestion, Veto = Veto,
    }
    /// What a report contributes to a figure.
    report_support_to_proto, report_support_from_proto: ReportSupport = ReportSupport {
        Missing = Missing, NotDue = NotDue, Waiting = Waiting, Accepted = Accepted,
    }
    /// The evidence that a duty was done.
    evidence_to_proto, evidence_from_proto: DutyEvidence = DutyEvidence {
        ActivityCount = ActivityCount, Attestation = Attestation, Narrative = Narrative,
    }
}

/// Converts a counting level into the kind of the units that count.
#[must_use]
pub fn counting_level_to_proto(level: CountingLevel) -> pb::UnitKind {
    unit_kind_to_proto(UnitKind::from(level))
}

/// Converts a kind of unit into a counting level; a cluster is refused, because clusters count
/// nothing.
pub fn counting_level_from_proto(number: i32) -> Result<CountingLevel, RefusalReason> {
    match unit_kind_from_proto(number)? {
        UnitKind::Province => Ok(CountingLevel::Province),
        UnitKind::District => Ok(CountingLevel::District),
        UnitKind::Commune => Ok(CountingLevel::Commune),
        UnitKind::Department => Ok(CountingLevel::Department),
        UnitKind::Cluster => Err(RefusalReason::Malformed),
    }
}

/// Converts an optional enum; 0 gives `None`.
pub fn optional_from_proto<T>(
    number: i32,
    read: fn(i32) -> Result<T, RefusalReason>,
) -> Result<Option<T>, RefusalReason> {
    if number == 0 { Ok(None) } else { read(number).map(Some) }
}
