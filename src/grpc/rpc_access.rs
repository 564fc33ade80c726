//! The access that each rpc requires. A new rpc without an entry here does not compile.
//!
//! The decision is made in `app`, by the table in `domain::access::permission`. A test calls every
//! rpc as every role in every relation and compares the result with this list.

use crate::domain::access::permission::Action::{
    self, AcceptReport, ApplyCampaign, ChangeOrg, CommentReport, DecideAward, DecidePlan,
    DeliverReport, Enrol, EscalateFinding, HandOverStocks, ImportBaseline, ListDevices, ReadAudit,
    ReadDesk, ReadFinding, ReadFleet, ReadJob, ReadRelease, ReadReport, ReadServerHealth,
    ReadStanding, ReopenCampaign, ReplyFinding, ReturnReport, Revoke, RunJob, SaveReport,
    SettleConflict, StepCampaign, SubmitReport, TakePart, WaiveReport,
};
use crate::pb::Rpc;

/// The access that an rpc requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RpcAccess {
    /// No token: the call is how a caller gets one.
    Unauthenticated,
    /// A valid token and nothing else.
    Authenticated,
    /// One of these actions on the unit of the record; otherwise the call is refused.
    OnRecord(&'static [Action]),
    /// Returns only records of units for which the caller may perform one of these actions.
    WithinUnits(&'static [Action]),
    /// A role of an internal unit, which makes the reference scope visible.
    InternalRole,
    /// Returns only records of the caller's visible scopes.
    FromVisibleScopes,
}

/// The acts of `ImportFile`: the kind of the file names one of them.
const IMPORT_ACTIONS: &[Action] =
    &[SaveReport, DeliverReport, ChangeOrg, ImportBaseline, Enrol, ApplyCampaign];

macro_rules! define_access {
    ($($(Rpc::$rpc:ident)|+ => $access:expr,)+) => {
        /// Returns the access that `rpc` requires.
        #[must_use]
        pub fn required_access(rpc: Rpc) -> RpcAccess {
            match rpc { $($(Rpc::$rpc)|+ => $access,)+ }
        }
    };
}

// The table is complete: an rpc without a line does not compile.
define_access! {
    Rpc::Enrol
    | Rpc::BeginRenewal
    | Rpc::RenewToken
    | Rpc::SetPassword
    | Rpc::BeginSecondFactor
    | Rpc::ConfirmSecondFactor
    | Rpc::SignIn => RpcAccess::Unauthenticated,
    // Of the own account only.
    Rpc::GetSession | Rpc::ExtendSession | Rpc::ListSessions | Rpc::EndSessions
    | Rpc::EvaluateTarget => RpcAccess::Authenticated,
    Rpc::CreateEnrolmentCode | Rpc::GrantRoles | Rpc::IssueServiceKey | Rpc::IssueCards =>
        RpcAccess::OnRecord(&[Enrol]),
    Rpc::EndGrant | Rpc::RevokeServiceKey | Rpc::RevokeAccount | Rpc::RevokeCards =>
        RpcAccess::OnRecord(&[Revoke]),
    // Every caller may also revoke its own device.
    Rpc::RevokeDevice | Rpc::ResetSecondFactor => RpcAccess::OnRecord(&[Revoke]),
    Rpc::ListDevices | Rpc::ListGrants | Rpc::ListServiceKeys | Rpc::ListCards
    | Rpc::ListSecondFactors =>
        RpcAccess::WithinUnits(&[ListDevices]),
    Rpc::ListUnitDevices => RpcAccess::WithinUnits(&[ReadFleet]),
    Rpc::GetUnit | Rpc::ListUnits | Rpc::GetCampaign | Rpc::ListCampaigns
    | Rpc::ListCatalogueEntries => RpcAccess::InternalRole,
    Rpc::ListBaselines => RpcAccess::OnRecord(&[ImportBaseline]),
    Rpc::ApplyCampaigns => RpcAccess::OnRecord(&[ApplyCampaign]),
    Rpc::StepCampaign | Rpc::RehearseCampaign | Rpc::ListStandingsOfRun | Rpc::DiffRuns =>
        RpcAccess::OnRecord(&[StepCampaign]),
    Rpc::SaveReport => RpcAccess::OnRecord(&[SaveReport]),
    Rpc::SubmitReport => RpcAccess::OnRecord(&[SubmitReport]),
    Rpc::ReturnReport => RpcAccess::OnRecord(&[ReturnReport]),
    Rpc::AcceptReport => RpcAccess::OnRecord(&[AcceptReport]),
    Rpc::AddComment => RpcAccess::OnRecord(&[CommentReport]),
    Rpc::SettleConflict => RpcAccess::OnRecord(&[SettleConflict]),
    Rpc::GetReport | Rpc::ListRevisions => RpcAccess::OnRecord(&[ReadReport, ReadDesk]),
    Rpc::ListReports => RpcAccess::WithinUnits(&[ReadReport, ReadDesk]),
    // Callers with the published scope also read the standings of province and districts.
    Rpc::GetStanding | Rpc::ListStandingReports => RpcAccess::OnRecord(&[ReadStanding]),
    Rpc::EvaluateScores | Rpc::GetMorningReport => RpcAccess::OnRecord(&[ReadStanding]),
    Rpc::ListStandings => RpcAccess::WithinUnits(&[ReadStanding]),
    Rpc::ListFindings => RpcAccess::WithinUnits(&[ReadFinding]),
    Rpc::ReplyFinding => RpcAccess::OnRecord(&[ReplyFinding]),
    Rpc::EscalateFinding => RpcAccess::OnRecord(&[EscalateFinding]),
    Rpc::ProposeWaiver | Rpc::SettleWaiver => RpcAccess::OnRecord(&[WaiveReport]),
    Rpc::ListWaivers | Rpc::ListHandovers | Rpc::ListParticipations | Rpc::ListDueReports =>
        RpcAccess::WithinUnits(&[ReadReport]),
    Rpc::RehearseOrganisation => RpcAccess::OnRecord(&[ChangeOrg]),
    Rpc::TakePart => RpcAccess::OnRecord(&[TakePart]),
    Rpc::DecideUnitPlan => RpcAccess::OnRecord(&[DecidePlan]),
    Rpc::StepAward => RpcAccess::OnRecord(&[DecideAward]),
    Rpc::ProposeHandover | Rpc::SettleHandover => RpcAccess::OnRecord(&[HandOverStocks]),
    Rpc::ReopenCampaign => RpcAccess::OnRecord(&[ReopenCampaign]),
    Rpc::ListJobs | Rpc::ListJobRuns | Rpc::ListRuns | Rpc::VerifyRun =>
        RpcAccess::OnRecord(&[ReadJob]),
    Rpc::GetServerHealth => RpcAccess::OnRecord(&[ReadServerHealth]),
    Rpc::RunJob | Rpc::CancelJob => RpcAccess::OnRecord(&[RunJob]),
    Rpc::ListAuditEntries | Rpc::VerifyAudit => RpcAccess::OnRecord(&[ReadAudit]),
    Rpc::FollowRuns | Rpc::GetRun | Rpc::ListRunStandings => RpcAccess::WithinUnits(&[ReadRelease]),
    Rpc::DeliverReports => RpcAccess::WithinUnits(&[DeliverReport]),
    Rpc::ImportFile => RpcAccess::WithinUnits(IMPORT_ACTIONS),
    Rpc::Sync => RpcAccess::FromVisibleScopes,
}
