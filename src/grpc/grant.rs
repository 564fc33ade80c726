//! Gives, lists and ends roles, and keys of partner agencies.

use super::act::{read_act_request, take_performed};
use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::app::enrol_card::GrantRequest;
use crate::app::grant::HeldGrant;
use crate::app::partner::ServiceKeyRequest;
use crate::auth;
use crate::domain::access::partner::PartnerCall;
use crate::domain::org::{DaySpan, Org};
use crate::domain::support::ids::{AccountId, CampaignId, ServiceKeyId, UnitId, derive_id};
use crate::domain::support::limits::{CODE, GRANTS_MAX, KEY_CONTRACTS_MAX};
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::pb;
use crate::pb::grant_service_server::GrantService;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::grant::{
    NamedGrant, grant_from_proto, partner_call_from_proto, service_key_to_proto,
};
use crate::wire::values;

impl_service!(GrantService {
    authenticated grant_roles: GrantRolesRequest => GrantRolesResponse;
    authenticated list_grants: ListGrantsRequest => ListGrantsResponse;
    authenticated end_grant: EndGrantRequest => EndGrantResponse;
    authenticated revoke_account: RevokeAccountRequest => RevokeAccountResponse;
    authenticated issue_service_key: IssueServiceKeyRequest => IssueServiceKeyResponse;
    authenticated list_service_keys: ListServiceKeysRequest => ListServiceKeysResponse;
    authenticated revoke_service_key: RevokeServiceKeyRequest => RevokeServiceKeyResponse;
});

impl Services {
    fn grant_roles(
        &self,
        identity: &CallerIdentity,
        message: pb::GrantRolesRequest,
    ) -> Result<pb::GrantRolesResponse, RpcError> {
        let (name, encoded) = ("access.grant", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::GrantRolesRequest { request_id: _, grants, validate_only } = message;
        let grants = self.read_grant_batch(grants)?;
        let performer = Performer::Caller(identity);
        let counts = take_performed(self.app.perform_grants(performer, &request, &grants)?)?;
        let applied = counts.is_none() || !validate_only;
        let counts = counts.unwrap_or_default();
        Ok(pb::GrantRolesResponse {
            given: counts.given as u32,
            unchanged: counts.unchanged as u32,
            applied,
            account_ids: grants.iter().map(|one| one.account.0.to_vec()).collect(),
        })
    }

    /// A batch of roles, neither empty nor too long.
    pub(super) fn read_grant_batch(
        &self,
        grants: Vec<pb::RoleToGrant>,
    ) -> Result<Vec<GrantRequest>, RpcError> {
        if grants.len() > GRANTS_MAX {
            return Err(RpcError::LimitExceeded("grants", GRANTS_MAX as u64));
        }
        if grants.is_empty() {
            return Err(RpcError::App(RefusalReason::NothingToDo.into()));
        }
        Ok(read_grants(grants, &self.load_reference()?.org)?)
    }

    fn list_grants(
        &self,
        identity: &CallerIdentity,
        message: pb::ListGrantsRequest,
    ) -> Result<pb::ListGrantsResponse, RpcError> {
        let pb::ListGrantsRequest { page_size, page_token, unit_id, account_id } = message;
        let filter_key = format!("{:?}", (&unit_id, &account_id));
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, filter_key.as_bytes())?;
        let unit = parse_optional_id(&unit_id, UnitId::from_slice)?;
        let account = parse_optional_id(&account_id, AccountId::from_slice)?;
        let all = self.app.visible_grants(&identity.actor, unit, account)?;
        let next_page_token =
            pagination::next_offset_token(skip + size, all.len(), filter_key.as_bytes());
        let org = &self.load_reference()?.org;
        let page = all.into_iter().skip(skip).take(size);
        let grants = page.map(|one| held_grant_to_proto(one, org)).collect();
        Ok(pb::ListGrantsResponse { grants, next_page_token })
    }

    fn end_grant(
        &self,
        identity: &CallerIdentity,
        message: pb::EndGrantRequest,
    ) -> Result<pb::EndGrantResponse, RpcError> {
        let (name, encoded) = ("access.revoke_grant", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::EndGrantRequest { account_id, role, unit_id, .. } = message;
        let mut violations = FieldViolations::default();
        let account = violations
            .check("account_id", values::id_from_bytes(&account_id, AccountId::from_slice));
        let role = violations.check("role", values::role_from_proto(role));
        let unit = violations.check("unit_id", values::id_from_bytes(&unit_id, UnitId::from_slice));
        let (account, (role, unit)) = violations.into_result(account.zip(role.zip(unit)))?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_grant_end(performer, &request, (account, role, unit))?;
        let org = &self.load_reference()?.org;
        let grant = take_performed(end)?.map(|one| held_grant_to_proto(one, org));
        Ok(pb::EndGrantResponse { grant })
    }

    fn revoke_account(
        &self,
        identity: &CallerIdentity,
        message: pb::RevokeAccountRequest,
    ) -> Result<pb::RevokeAccountResponse, RpcError> {
        let (name, encoded) = ("access.revoke", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::RevokeAccountRequest { account_id, validate_only, .. } = message;
        let mut violations = FieldViolations::default();
        let account = violations
            .check("account_id", values::id_from_bytes(&account_id, AccountId::from_slice));
        let account = violations.into_result(account)?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_account_revocation(performer, &request, account)?;
        let revoked = take_performed(end)?.unwrap_or_default();
        // A restored server learns from the list beside the database who was shut out.
        for id in revoked.iter().filter(|_| !validate_only) {
            let listed = self.revocations.append(*id, self.app.now(), &self.authority);
            listed.map_err(|error| RpcError::Internal(error.to_string()))?;
        }
        let device_ids = revoked.iter().map(|id| id.0.to_vec()).collect();
        Ok(pb::RevokeAccountResponse { device_ids })
    }

    fn issue_service_key(
        &self,
        identity: &CallerIdentity,
        message: pb::IssueServiceKeyRequest,
    ) -> Result<pb::IssueServiceKeyResponse, RpcError> {
        let (name, encoded) = ("access.issue_key", encode_message(&message));
        let validate_only = message.validate_only;
        let request = read_act_request(name, &message.request_id, validate_only, &encoded)?;
        // The id follows from the request, so that a repeated call finds its key; the secret is
        // random.
        let (caller, request_id) = (&identity.actor.account.0, &message.request_id);
        let id = ServiceKeyId(derive_id("service key", &[caller, request_id]));
        let wanted = read_key_request(message)?;
        let (secret, hash) = auth::generate_service_key_of(id)
            .map_err(|error| RpcError::Internal(error.to_string()))?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_key_issue(performer, &request, (id, &hash), &wanted)?;
        let (key, is_new) = match take_performed(end)? {
            Some((key, is_new)) => (key, is_new && !validate_only),
            None => (self.app.service_key(id)?, false),
        };
        Ok(pb::IssueServiceKeyResponse {
            key: Some(service_key_to_proto(&key)),
            secret: if is_new { secret.reveal().to_owned() } else { String::new() },
            first_answer: is_new,
        })
    }

    fn list_service_keys(
        &self,
        identity: &CallerIdentity,
        message: pb::ListServiceKeysRequest,
    ) -> Result<pb::ListServiceKeysResponse, RpcError> {
        let pb::ListServiceKeysRequest { page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, b"keys")?;
        let all = self.app.visible_service_keys(&identity.actor)?;
        let keys = all.iter().skip(skip).take(size).map(service_key_to_proto).collect();
        let next_page_token = pagination::next_offset_token(skip + size, all.len(), b"keys");
        Ok(pb::ListServiceKeysResponse { keys, next_page_token })
    }

    fn revoke_service_key(
        &self,
        identity: &CallerIdentity,
        message: pb::RevokeServiceKeyRequest,
    ) -> Result<pb::RevokeServiceKeyResponse, RpcError> {
        let (name, encoded) = ("access.revoke_key", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::RevokeServiceKeyRequest { key_id, .. } = message;
        let mut violations = FieldViolations::default();
        let id = values::id_from_bytes(&key_id, ServiceKeyId::from_slice);
        let id = violations.check("key_id", id);
        let id = violations.into_result(id)?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_key_revocation(performer, &request, id)?;
        let key = match take_performed(end)? {
            Some(key) => key,
            None => self.app.service_key(id)?,
        };
        Ok(pb::RevokeServiceKeyResponse { key: Some(service_key_to_proto(&key)) })
    }
}

/// The batch with its units, or every field that is wrong.
fn read_grants(messages: Vec<pb::RoleToGrant>, org: &Org) -> Result<Vec<GrantRequest>, Refusal> {
    let mut violations = FieldViolations::default();
    let mut grants = Vec::with_capacity(messages.len());
    for (position, message) in messages.into_iter().enumerate() {
        let Some(named) = grant_from_proto(position, message, &mut violations) else { continue };
        let NamedGrant { label, role, unit_uid, from, to } = named;
        let field = format!("grants[{position}].unit_uid");
        let found = org.unit_by_uid(&unit_uid).ok_or(RefusalReason::NotFound);
        let Some(unit) = violations.check(field, found) else { continue };
        let account = AccountId::from_code(&label);
        grants.push(GrantRequest { account, label, role, unit: unit.id, from, to });
    }
    violations.into_result(Some(grants))
}

fn read_key_request(message: pb::IssueServiceKeyRequest) -> Result<ServiceKeyRequest, Refusal> {
    let pb::IssueServiceKeyRequest {
        request_id: _,
        account_id,
        unit_id,
        campaign_id,
        allowed_calls,
        valid_days,
        validate_only: _,
        contracts,
    } = message;
    let mut violations = FieldViolations::default();
    let account =
        violations.check("account_id", values::id_from_bytes(&account_id, AccountId::from_slice));
    let unit = violations.check("unit_id", values::id_from_bytes(&unit_id, UnitId::from_slice));
    let campaign =
        violations.check("campaign_id", parse_optional_id(&campaign_id, CampaignId::from_slice));
    let calls: Result<Vec<PartnerCall>, RefusalReason> =
        allowed_calls.into_iter().map(partner_call_from_proto).collect();
    let calls = violations.check("allowed_calls", calls);
    if contracts.len() > KEY_CONTRACTS_MAX {
        violations.add("contracts", RefusalReason::TooMany);
    }
    let contracts: Vec<String> = contracts
        .iter()
        .take(KEY_CONTRACTS_MAX)
        .filter_map(|code| violations.check_text("contracts", code, CODE))
        .collect();
    let read = account.zip(unit).zip(campaign.zip(calls));
    let ((account, unit), (campaign, mut allowed_calls)) = violations.into_result(read)?;
    allowed_calls.sort_unstable();
    allowed_calls.dedup();
    let valid_days = i64::from(valid_days);
    Ok(ServiceKeyRequest { account, unit, campaign, allowed_calls, contracts, valid_days })
}

fn held_grant_to_proto(held: HeldGrant, org: &Org) -> pb::RoleGrant {
    let HeldGrant { account, label, grant } = held;
    pb::RoleGrant {
        account_id: account.0.to_vec(),
        account_label: label.unwrap_or_default(),
        role: values::role_to_proto(grant.role).map_or(0, Into::into),
        unit_id: grant.unit.0.to_vec(),
        unit_uid: org.unit(grant.unit).map_or_else(String::new, |unit| unit.uid.clone()),
        days: Some(values::span_to_proto(DaySpan { from: grant.from, to: grant.to })),
    }
}
