//! Roles of many accounts at once, and enrolment codes.

use super::super::context::CliContext;
use super::super::error::CliResult;
use super::super::grant_batch::GrantBatch;
use super::super::invite::{IssuedInvite, issue_invite};
use super::access::role_number;
use super::{Desk, RemoteDesk, new_request_id, read, require, unit_uid};
use crate::app::enrol_card::GrantRequest;
use crate::domain::org::DaySpan;
use crate::domain::support::ids::AccountId;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::pb;
use crate::wire::values;
use jiff::civil::Date;

impl Desk {
    /// Gives many roles, all or none, and counts those that are new or changed, and those that were
    /// held already.
    pub(in crate::cli) fn grant_batch(
        &self,
        batch: &GrantBatch,
        dry_run: bool,
    ) -> CliResult<(usize, usize)> {
        let remote = match self {
            Self::Local(local_app) => {
                let (app, actor) = (&local_app.app, &local_app.actor);
                if dry_run {
                    let refusals = app.check_grant_roles(actor, &batch.requests)?;
                    let is_fine = refusals.is_empty();
                    return if is_fine { Ok((0, 0)) } else { Err(batch.refused(refusals)) };
                }
                let given = app.grant_roles(actor, &batch.requests)?;
                let counts = given.map_err(|refusals| batch.refused(refusals))?;
                return Ok((counts.given, counts.unchanged));
            }
            Self::Remote(remote) => remote,
        };
        let request = pb::GrantRolesRequest {
            request_id: new_request_id()?,
            grants: remote.roles_to_grant(batch)?,
            validate_only: dry_run,
        };
        let answer = remote.ask(remote.client.grant_roles(request))?;
        Ok((answer.given as usize, answer.unchanged as usize))
    }

    /// Makes a one-time code that enrols a device of an account; its roles stay as they are.
    pub(in crate::cli) fn issue_enrolment_code(
        &self,
        ctx: &CliContext,
        label: &str,
    ) -> CliResult<IssuedInvite> {
        let account = AccountId::from_code(label);
        let remote = match self {
            Self::Local(local_app) => {
                return issue_invite(local_app, &ctx.read_config()?, account);
            }
            Self::Remote(remote) => remote,
        };
        let grants = remote.grants(None, Some(account))?;
        let held = grants.into_iter().next();
        let held = held.ok_or_else(|| Refusal::from(RefusalReason::NotFound))?;
        let request = pb::CreateEnrolmentCodeRequest {
            request_id: new_request_id()?,
            unit_id: held.unit_id,
            roles: Vec::new(),
            account_id: account.0.to_vec(),
        };
        let answer = remote.ask(remote.client.create_enrolment_code(request))?;
        let expires = read(values::required_timestamp_from_proto(answer.expires_at))?;
        require(IssuedInvite::parse(&answer.qr_text, expires))
    }
}

impl RemoteDesk {
    /// The roles of a batch; the server knows units by their codes.
    pub(super) fn roles_to_grant(&self, batch: &GrantBatch) -> CliResult<Vec<pb::RoleToGrant>> {
        let (org, _) = self.load_org()?;
        let grant = |one: &GrantRequest| {
            let days = DaySpan { from: one.from.unwrap_or(Date::MIN), to: one.to };
            Ok(pb::RoleToGrant {
                account_label: one.label.clone(),
                role: role_number(one.role)?,
                unit_uid: unit_uid(&org, one.unit),
                days: Some(values::span_to_proto(days)),
            })
        };
        batch.requests.iter().map(grant).collect()
    }
}
