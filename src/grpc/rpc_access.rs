//! What each rpc asks of its caller. A new rpc without its line here does not compile.
//!
//! The answer itself is given in `app`, by the table in `domain::permission`; a test calls every rpc as every role in every relation and
//! holds it against this list. Knows no caller.

use crate::domain::permission::Action;
use crate::pb::Rpc;

/// What an rpc asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RpcAccess {
    /// Nothing: it is how one becomes a caller.
    Unauthenticated,
    /// A token that holds, and no more.
    Authenticated,
    /// One of these actions on the unit that the record is about; else it is refused.
    OnRecord(&'static [Action]),
    /// Answers what these actions open, wherever the caller has them; of the rest it says nothing.
    WithinUnits(&'static [Action]),
    /// A role inside the house, for which the reference scope is open.
    InternalRole,
    /// Answers from the scopes in sight.
    FromVisibleScopes,
}

/// What this rpc asks of its caller.
#[must_use]
pub fn required_access(rpc: Rpc) -> RpcAccess {
    use Action::{
        AcceptReport, CommentReport, Enrol, EscalateFinding, ListDevices, ReadAudit, ReadDesk,
        ReadFinding, ReadJob, ReadRelease, ReadReport, ReadStanding, ReplyFinding, ReturnReport,
        Revoke, RunJob, SaveReport, SettleConflict, SubmitReport,
    };
    match rpc {
        Rpc::Enrol | Rpc::BeginRenewal | Rpc::RenewToken | Rpc::SetPassword | Rpc::SignIn => {
            RpcAccess::Unauthenticated
        }
        Rpc::GetSession | Rpc::ExtendSession | Rpc::EvaluateTarget => RpcAccess::Authenticated,
        Rpc::CreateEnrolmentCode => RpcAccess::OnRecord(&[Enrol]),
        // And the own device, for everybody.
        Rpc::RevokeDevice => RpcAccess::OnRecord(&[Revoke]),
        Rpc::ListDevices => RpcAccess::WithinUnits(&[ListDevices]),
        Rpc::GetUnit | Rpc::ListUnits | Rpc::GetCampaign | Rpc::ListCampaigns => {
            RpcAccess::InternalRole
        }
        Rpc::SaveReport => RpcAccess::OnRecord(&[SaveReport]),
        Rpc::SubmitReport => RpcAccess::OnRecord(&[SubmitReport]),
        Rpc::ReturnReport => RpcAccess::OnRecord(&[ReturnReport]),
        Rpc::AcceptReport => RpcAccess::OnRecord(&[AcceptReport]),
        Rpc::AddComment => RpcAccess::OnRecord(&[CommentReport]),
        Rpc::SettleConflict => RpcAccess::OnRecord(&[SettleConflict]),
        Rpc::GetReport | Rpc::ListRevisions => RpcAccess::OnRecord(&[ReadReport, ReadDesk]),
        Rpc::ListReports => RpcAccess::WithinUnits(&[ReadReport, ReadDesk]),
        // Those of province and districts also for whoever has the published scope.
        Rpc::GetStanding | Rpc::ListStandingReports => RpcAccess::OnRecord(&[ReadStanding]),
        Rpc::ListStandings => RpcAccess::WithinUnits(&[ReadStanding]),
        Rpc::ListFindings => RpcAccess::WithinUnits(&[ReadFinding]),
        Rpc::ReplyFinding => RpcAccess::OnRecord(&[ReplyFinding]),
        Rpc::EscalateFinding => RpcAccess::OnRecord(&[EscalateFinding]),
        Rpc::ListJobs | Rpc::ListJobRuns => RpcAccess::OnRecord(&[ReadJob]),
        Rpc::RunJob => RpcAccess::OnRecord(&[RunJob]),
        Rpc::ListAuditEntries | Rpc::VerifyAudit => RpcAccess::OnRecord(&[ReadAudit]),
        Rpc::FollowRuns | Rpc::GetRun | Rpc::ListRunStandings => {
            RpcAccess::WithinUnits(&[ReadRelease])
        }
        Rpc::Sync => RpcAccess::FromVisibleScopes,
    }
}
