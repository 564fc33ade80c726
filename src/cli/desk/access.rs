//! Roles, devices and keys of partner agencies.

use super::super::access::DeviceRevocation;
use super::super::context::{CliContext, LocalApp};
use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, is_out_of_sight, new_request_id, read, require, unit_uid};
use crate::app::act::{ActRequest, Performer};
use crate::app::grant::HeldGrant;
use crate::app::partner::ServiceKeyRequest;
use crate::auth;
use crate::domain::access::partner::PartnerCall;
use crate::domain::access::permission::{Grant, Role};
use crate::domain::org::{DaySpan, Org};
use crate::domain::support::ids::{AccountId, CampaignId, DeviceId, ServiceKeyId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::server::desk_client::DeskError;
use crate::wire::{grant as wire_grant, values};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A role that an account holds, will hold, or held until its last day.
pub(in crate::cli) struct RoleLine {
    /// The label; the id where the caller may not read it.
    pub(in crate::cli) account: String,
    pub(in crate::cli) role: Role,
    pub(in crate::cli) unit: String,
    pub(in crate::cli) from: Date,
    /// The day after the last; `Date::MAX`: until further notice.
    pub(in crate::cli) to: Date,
}

/// A device or a desk session.
pub(in crate::cli) struct DeviceLine {
    pub(in crate::cli) id: DeviceId,
    pub(in crate::cli) account: String,
    pub(in crate::cli) unit: String,
    pub(in crate::cli) is_desk: bool,
    pub(in crate::cli) state: &'static str,
    /// The minute of its enrolment; of a server elsewhere the day.
    pub(in crate::cli) since: String,
}

/// A key, without its secret.
pub(in crate::cli) struct KeyLine {
    pub(in crate::cli) id: ServiceKeyId,
    pub(in crate::cli) account: String,
    pub(in crate::cli) unit: String,
    /// The only campaign that it opens, by code.
    pub(in crate::cli) campaign: Option<String>,
    pub(in crate::cli) calls: Vec<PartnerCall>,
    pub(in crate::cli) contracts: Vec<String>,
    pub(in crate::cli) is_revoked: bool,
    pub(in crate::cli) expires_at: Timestamp,
}

/// A key that was issued, with its secret.
pub(in crate::cli) struct IssuedKey {
    pub(in crate::cli) id: ServiceKeyId,
    pub(in crate::cli) secret: String,
    pub(in crate::cli) expires_at: Timestamp,
}

impl Desk {
    /// Gives a role to an account, which is created if it is new.
    pub(in crate::cli) fn grant_role(
        &self,
        label: &str,
        role: Role,
        unit: &str,
        (from, to): (Date, Date),
    ) -> CliResult {
        match self {
            Self::Local(local_app) => {
                let grant = Grant { role, unit: self.find_unit_id(unit)?, from, to };
                let (app, account) = (&local_app.app, AccountId::from_code(label));
                Ok(app.grant_role(&local_app.actor, account, label, &grant)?)
            }
            Self::Remote(remote) => {
                let grant = pb::RoleToGrant {
                    account_label: label.to_owned(),
                    role: role_number(role)?,
                    unit_uid: unit.to_owned(),
                    days: Some(values::span_to_proto(DaySpan { from, to })),
                };
                let request = pb::GrantRolesRequest {
                    request_id: new_request_id()?,
                    grants: vec![grant],
                    validate_only: false,
                };
                remote.ask(remote.client.grant_roles(request)).map(|_| ())
            }
        }
    }

    /// The roles on a unit, of an account, or of all that the caller may list.
    pub(in crate::cli) fn grants(
        &self,
        unit: Option<&str>,
        account: Option<&str>,
    ) -> CliResult<Vec<RoleLine>> {
        let unit = unit.map(|code| self.find_unit_of_role(code)).transpose()?;
        let account = account.map(AccountId::from_code);
        let mut lines = match self {
            Self::Local(local_app) => {
                let org = local_app.load_reference()?.org.clone();
                let held = local_app.app.visible_grants(&local_app.actor, unit, account)?;
                held.into_iter().map(|one| local_grant(one, &org)).collect()
            }
            Self::Remote(remote) => {
                let grants = remote.grants(unit, account)?;
                grants.into_iter().map(read_grant).collect::<CliResult<Vec<_>>>()?
            }
        };
        lines.sort_by(|a, b| (&a.unit, &a.account, a.role).cmp(&(&b.unit, &b.account, b.role)));
        Ok(lines)
    }

    /// Ends a role at once.
    pub(in crate::cli) fn end_grant(&self, account: &str, role: Role, unit: &str) -> CliResult {
        let (account, unit) = (AccountId::from_code(account), self.find_unit_id(unit)?);
        match self {
            Self::Local(local_app) => {
                let request = ActRequest::of_operator("access.revoke_grant", false);
                let performer = Performer::Operator(&local_app.actor);
                let ended = (account, role, unit);
                local_app.app.perform_grant_end(performer, &request, ended)?;
                Ok(())
            }
            Self::Remote(remote) => {
                let request = pb::EndGrantRequest {
                    request_id: new_request_id()?,
                    account_id: account.0.to_vec(),
                    role: role_number(role)?,
                    unit_id: unit.0.to_vec(),
                    validate_only: false,
                };
                remote.ask(remote.client.end_grant(request)).map(|_| ())
            }
        }
    }

    /// The devices of a unit and of those under it today, or all that the caller may list. At a
    /// server elsewhere, an account that may not list units gets those of the unit itself only.
    pub(in crate::cli) fn devices(&self, unit: Option<&str>) -> CliResult<Vec<DeviceLine>> {
        let requested = unit.map(|code| self.find_unit_of_role(code)).transpose()?;
        let today = self.now().local_date();
        match self {
            Self::Local(local_app) => {
                let org = &local_app.load_reference()?.org;
                let requested = requested.map(|unit| org.effective_descendants(unit, today));
                local_devices(local_app, org, requested.as_deref())
            }
            Self::Remote(remote) => {
                let org = remote.visible_org()?;
                let requested = requested.map(|unit| match &org {
                    Some((org, _)) => org.effective_descendants(unit, today),
                    None => vec![unit],
                });
                remote.devices(requested.as_deref())
            }
        }
    }

    /// The unit by which a list is filtered. Where an account may not list units, it is one on
    /// which a visible role is held: an unknown code must not look like an empty list.
    pub(super) fn find_unit_of_role(&self, code: &str) -> CliResult<UnitId> {
        let remote = match self {
            Self::Remote(remote) if remote.visible_org()?.is_none() => remote,
            Self::Local(_) | Self::Remote(_) => return self.find_unit_id(code),
        };
        let grants = remote.grants(None, None)?;
        let found = grants.iter().find(|one| one.unit_uid == code).ok_or_else(|| {
            CliError::new("NO_ROLE_ON_UNIT", message!("desk-no-role-on-unit", code))
        })?;
        read(values::id_from_bytes(&found.unit_id, UnitId::from_slice))
    }

    /// Revokes a device or a session.
    pub(in crate::cli) fn revoke_device(
        &self,
        ctx: &CliContext,
        id: DeviceId,
    ) -> CliResult<Option<DeviceRevocation>> {
        match self {
            Self::Local(local_app) => {
                super::super::access::revoke_locally(ctx, local_app, id).map(Some)
            }
            Self::Remote(remote) => {
                let (request_id, device_id) = (new_request_id()?, id.0.to_vec());
                let request = pb::RevokeDeviceRequest { request_id, device_id };
                remote.ask(remote.client.revoke_device(request))?;
                Ok(None)
            }
        }
    }

    /// Revokes every device, session and unused card of an account; gives those that were active.
    pub(in crate::cli) fn revoke_account(
        &self,
        ctx: &CliContext,
        account: AccountId,
    ) -> CliResult<Vec<DeviceId>> {
        match self {
            Self::Local(local_app) => {
                super::super::access::revoke_account_locally(ctx, local_app, account)
            }
            Self::Remote(remote) => {
                let request = pb::RevokeAccountRequest {
                    request_id: new_request_id()?,
                    account_id: account.0.to_vec(),
                    validate_only: false,
                };
                let answer = remote.ask(remote.client.revoke_account(request))?;
                let ids = answer.device_ids.iter();
                read(ids.map(|id| values::id_from_bytes(id, DeviceId::from_slice)).collect())
            }
        }
    }

    /// The id of the campaign with this code.
    pub(in crate::cli) fn campaign_id(&self, code: Option<&str>) -> CliResult<CampaignId> {
        match (self, code) {
            // Who may read runs or hand out keys need not be allowed to list campaigns; the id
            // follows from the code, and the call refuses an unknown one.
            (Self::Remote(_), Some(code)) => Ok(CampaignId::from_code(code)),
            (_, code) => Ok(self.campaign(code)?.id()),
        }
    }

    /// Issues a key.
    pub(in crate::cli) fn issue_key(&self, request: &ServiceKeyRequest) -> CliResult<IssuedKey> {
        match self {
            Self::Local(local_app) => {
                let (id, secret, hash) =
                    auth::generate_service_key().map_err(|_| CliError::no_random())?;
                let key = local_app.app.issue_service_key(&local_app.actor, id, &hash, request)?;
                let (secret, expires_at) = (secret.reveal().to_owned(), key.expires_at);
                Ok(IssuedKey { id, secret, expires_at })
            }
            Self::Remote(remote) => remote.issue_key(request),
        }
    }

    /// The keys of the units over which the caller may list devices, by time of issue.
    pub(in crate::cli) fn keys(&self) -> CliResult<Vec<KeyLine>> {
        match self {
            Self::Local(local_app) => local_keys(local_app),
            Self::Remote(remote) => remote.keys(),
        }
    }

    /// Revokes a key.
    pub(in crate::cli) fn revoke_key(&self, id: ServiceKeyId) -> CliResult {
        match self {
            Self::Local(local_app) => {
                local_app.app.revoke_service_key(&local_app.actor, id)?;
                Ok(())
            }
            Self::Remote(remote) => {
                let request = pb::RevokeServiceKeyRequest {
                    request_id: new_request_id()?,
                    key_id: id.0.to_vec(),
                    validate_only: false,
                };
                remote.ask(remote.client.revoke_service_key(request)).map(|_| ())
            }
        }
    }
}

pub(super) fn role_number(role: Role) -> CliResult<i32> {
    require(values::role_to_proto(role).map(Into::into))
}

fn local_grant(held: HeldGrant, org: &Org) -> RoleLine {
    let HeldGrant { account, label, grant: Grant { role, unit, from, to } } = held;
    let account = label.unwrap_or_else(|| account.to_string());
    RoleLine { account, role, unit: unit_uid(org, unit), from, to }
}

fn local_devices(
    local_app: &LocalApp,
    org: &Org,
    requested: Option<&[UnitId]>,
) -> CliResult<Vec<DeviceLine>> {
    let mut lines = Vec::new();
    for (device, units) in local_app.app.visible_devices(&local_app.actor)? {
        if requested.is_some_and(|asked| !units.iter().any(|unit| asked.contains(&unit))) {
            continue;
        }
        let label = local_app.app.account_label(&local_app.actor, device.account)?;
        let state = match (device.revoked_at.is_some(), device.is_forked) {
            (true, _) => "REVOKED",
            (false, true) => "FORKED",
            (false, false) => "ACTIVE",
        };
        lines.push(DeviceLine {
            id: device.id,
            account: label.unwrap_or_default(),
            unit: known_uid(org, units.home_unit()),
            is_desk: device.is_desk_session(),
            state,
            since: device.enrolled_at.local_text(),
        });
    }
    // As a server lists them.
    lines.sort_by_key(|line| line.id);
    Ok(lines)
}

/// The code of a unit; empty for an account that holds no role.
fn known_uid(org: &Org, unit: UnitId) -> String {
    org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone())
}

fn local_keys(local_app: &LocalApp) -> CliResult<Vec<KeyLine>> {
    let reference = local_app.load_reference()?;
    let code_of = |id: CampaignId| {
        let found = reference.campaigns.iter().find(|one| one.id() == id);
        found.map_or_else(String::new, |one| one.code.clone())
    };
    let mut lines = Vec::new();
    for key in local_app.app.visible_service_keys(&local_app.actor)? {
        let label = local_app.app.account_label(&local_app.actor, key.account)?;
        lines.push(KeyLine {
            id: key.id,
            account: label.unwrap_or_default(),
            unit: known_uid(&reference.org, key.unit),
            campaign: key.campaign.map(code_of),
            calls: key.allowed_calls,
            contracts: key.contracts,
            is_revoked: key.revoked_at.is_some(),
            expires_at: key.expires_at,
        });
    }
    Ok(lines)
}

impl RemoteDesk {
    pub(super) fn grants(
        &self,
        unit: Option<UnitId>,
        account: Option<AccountId>,
    ) -> CliResult<Vec<pb::RoleGrant>> {
        let unit_id = unit.map_or_else(Vec::new, |unit| unit.0.to_vec());
        let account_id = account.map_or_else(Vec::new, |account| account.0.to_vec());
        self.read_pages(|page_token| {
            let (unit_id, account_id) = (unit_id.clone(), account_id.clone());
            let request = pb::ListGrantsRequest { page_size: 500, page_token, unit_id, account_id };
            let answer = self.client.list_grants(request)?;
            Ok((answer.grants, answer.next_page_token))
        })
    }

    /// Labels of accounts and codes of units, by id, as the roles that the caller may list say.
    fn names(&self) -> CliResult<BTreeMap<Vec<u8>, String>> {
        let grants = self.grants(None, None)?;
        let names = grants
            .into_iter()
            .flat_map(|one| [(one.account_id, one.account_label), (one.unit_id, one.unit_uid)]);
        Ok(names.collect())
    }

    fn devices(&self, requested: Option<&[UnitId]>) -> CliResult<Vec<DeviceLine>> {
        let names = self.names()?;
        let devices = self.read_pages(|page_token| {
            let (page_size, unit_id) = (500, Vec::new());
            let request = pb::ListDevicesRequest { page_size, page_token, unit_id };
            let answer = self.client.list_devices(request)?;
            Ok::<_, DeskError>((answer.devices, answer.next_page_token))
        })?;
        let mut lines = Vec::new();
        for device in devices {
            let is_asked = |unit: &UnitId| unit.0[..] == device.unit_id[..];
            if requested.is_some_and(|asked| !asked.iter().any(is_asked)) {
                continue;
            }
            let is_revoked = device.state == i32::from(pb::DeviceState::Revoked);
            lines.push(DeviceLine {
                id: read(values::id_from_bytes(&device.id, DeviceId::from_slice))?,
                account: names.get(&device.account_id).cloned().unwrap_or_default(),
                unit: names.get(&device.unit_id).cloned().unwrap_or_default(),
                is_desk: device.desk,
                state: if is_revoked { "REVOKED" } else { "ACTIVE" },
                since: read(values::day_from_proto(device.enrolled_day))?.to_string(),
            });
        }
        Ok(lines)
    }

    fn issue_key(&self, request: &ServiceKeyRequest) -> CliResult<IssuedKey> {
        let ServiceKeyRequest { account, unit, campaign, allowed_calls, contracts, valid_days } =
            request;
        let call = |call: &PartnerCall| wire_grant::partner_call_to_proto(*call).into();
        let request = pb::IssueServiceKeyRequest {
            request_id: new_request_id()?,
            account_id: account.0.to_vec(),
            unit_id: unit.0.to_vec(),
            campaign_id: campaign.map_or_else(Vec::new, |id| id.0.to_vec()),
            allowed_calls: allowed_calls.iter().map(call).collect(),
            valid_days: u32::try_from(*valid_days).unwrap_or_default(),
            validate_only: false,
            contracts: contracts.clone(),
        };
        let answer = self.ask(self.client.issue_service_key(request))?;
        let key = require(answer.key)?;
        Ok(IssuedKey {
            id: read(values::id_from_bytes(&key.id, ServiceKeyId::from_slice))?,
            secret: answer.secret,
            expires_at: read(values::required_timestamp_from_proto(key.expires_at))?,
        })
    }

    fn keys(&self) -> CliResult<Vec<KeyLine>> {
        let names = self.names()?;
        let keys = self.read_pages(|page_token| {
            let request = pb::ListServiceKeysRequest { page_size: 500, page_token };
            let answer = self.client.list_service_keys(request)?;
            Ok((answer.keys, answer.next_page_token))
        })?;
        let mut lines = Vec::new();
        for key in keys {
            let calls = key
                .allowed_calls
                .iter()
                .map(|call| read(wire_grant::partner_call_from_proto(*call)));
            lines.push(KeyLine {
                id: read(values::id_from_bytes(&key.id, ServiceKeyId::from_slice))?,
                account: names.get(&key.account_id).cloned().unwrap_or_default(),
                unit: names.get(&key.unit_id).cloned().unwrap_or_default(),
                campaign: self.campaign_code(&key.campaign_id)?,
                calls: calls.collect::<CliResult<_>>()?,
                contracts: key.contracts,
                is_revoked: key.revoked_at.is_some(),
                expires_at: read(values::required_timestamp_from_proto(key.expires_at))?,
            });
        }
        Ok(lines)
    }

    /// The code of a campaign; its id where the caller may not list campaigns.
    fn campaign_code(&self, id: &[u8]) -> CliResult<Option<String>> {
        if id.is_empty() {
            return Ok(None);
        }
        let id = read(values::id_from_bytes(id, CampaignId::from_slice))?;
        let all = match self.campaigns() {
            Err(refused) if is_out_of_sight(&refused) => Vec::new(),
            all => all?,
        };
        let found = all.into_iter().find(|one| one.id() == id);
        Ok(Some(found.map_or_else(|| id.to_string(), |one| one.code)))
    }
}

fn read_grant(grant: pb::RoleGrant) -> CliResult<RoleLine> {
    let pb::RoleGrant { account_id, account_label, role, unit_id: _, unit_uid, days } = grant;
    let account = if account_label.is_empty() {
        read(values::id_from_bytes(&account_id, AccountId::from_slice))?.to_string()
    } else {
        account_label
    };
    let DaySpan { from, to } = read(values::span_from_proto(days))?;
    let role = read(values::role_from_proto(role))?;
    Ok(RoleLine { account, role, unit: unit_uid, from, to })
}
