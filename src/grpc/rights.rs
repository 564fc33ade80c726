//! What each rpc asks of its caller. A new rpc without its line here does not compile.
//!
//! The answer itself is given in `app`, by the table in `domain::permission`; a test calls every rpc as every role in every relation and
//! holds it against this list. Knows no caller.

use crate::domain::permission::Action;
use crate::pb::Rpc;

/// What an rpc asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing: it is how one becomes a caller.
    Open,
    /// A token that holds, and no more.
    Anyone,
    /// One of these actions on the unit that the record is about; else it is refused.
    On(&'static [Action]),
    /// Answers what these actions open, wherever the caller has them; of the rest it says nothing.
    Within(&'static [Action]),
    /// A role inside the house, for which the reference scope is open.
    Inside,
    /// Answers from the scopes in sight.
    Scopes,
}

/// What this rpc asks of its caller.
#[must_use]
pub fn right(rpc: Rpc) -> Right {
    use Action::{
        AcceptReport, CommentReport, Enrol, EscalateFinding, ListDevices, ReadAudit, ReadDesk, ReadFinding, ReadJob,
        ReadRelease, ReadReport, ReadStanding, ReplyFinding, ReturnReport, Revoke, RunJob, SaveReport, SettleConflict,
        SubmitReport,
    };
    match rpc {
        Rpc::Enrol | Rpc::BeginRenewal | Rpc::RenewToken | Rpc::SetPassword | Rpc::SignIn => Right::Open,
        Rpc::GetSession | Rpc::ExtendSession | Rpc::EvaluateTarget => Right::Anyone,
        Rpc::CreateEnrolmentCode => Right::On(&[Enrol]),
        // And the own device, for everybody.
        Rpc::RevokeDevice => Right::On(&[Revoke]),
        Rpc::ListDevices => Right::Within(&[ListDevices]),
        Rpc::GetUnit | Rpc::ListUnits | Rpc::GetCampaign | Rpc::ListCampaigns => Right::Inside,
        Rpc::SaveReport => Right::On(&[SaveReport]),
        Rpc::SubmitReport => Right::On(&[SubmitReport]),
        Rpc::ReturnReport => Right::On(&[ReturnReport]),
        Rpc::AcceptReport => Right::On(&[AcceptReport]),
        Rpc::AddComment => Right::On(&[CommentReport]),
        Rpc::SettleConflict => Right::On(&[SettleConflict]),
        Rpc::GetReport | Rpc::ListRevisions => Right::On(&[ReadReport, ReadDesk]),
        Rpc::ListReports => Right::Within(&[ReadReport, ReadDesk]),
        // Those of province and districts also for whoever has the published scope.
        Rpc::GetStanding | Rpc::ListStandingReports => Right::On(&[ReadStanding]),
        Rpc::ListStandings => Right::Within(&[ReadStanding]),
        Rpc::ListFindings => Right::Within(&[ReadFinding]),
        Rpc::ReplyFinding => Right::On(&[ReplyFinding]),
        Rpc::EscalateFinding => Right::On(&[EscalateFinding]),
        Rpc::ListJobs | Rpc::ListJobRuns => Right::On(&[ReadJob]),
        Rpc::RunJob => Right::On(&[RunJob]),
        Rpc::ListAuditEntries | Rpc::VerifyAudit => Right::On(&[ReadAudit]),
        Rpc::FollowRuns | Rpc::GetRun | Rpc::ListRunStandings => Right::Within(&[ReadRelease]),
        Rpc::Sync => Right::Scopes,
    }
}
