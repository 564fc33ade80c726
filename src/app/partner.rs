//! Steps of partner agencies: their service keys, the published runs, and the released standings of
//! a run.
//!
//! A key gives at most the access of its account, limited to the key's own unit, campaign and
//! calls.

use super::access::{CallerIdentity, load_identity};
use super::account::{authorize_over_units, load_account_units};
pub use super::runs::RunManifest;
use super::runs::load_definitions;
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::partner::{
    KeyIssueError, PartnerCall, ServiceKey, build_key_actor, check_key_issue,
};
use crate::domain::access::permission::{Action, Actor, Permit, Role, UnitPath, action, authorize};
use crate::domain::campaign::Campaign;
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::release::{PublishedStanding, ReleaseStructure, publish_standings};
use crate::domain::standing::Standing;
use crate::domain::support::ids::{AccountId, CampaignId, RunId, ServiceKeyId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{Timestamp, date_from_days};
use crate::store::run_manifest::decode_standings;
use crate::store::write_tx::AuditContext;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// A caller for a partner agency: with a service key, or on a device whose account has the role
/// PARTNER_READER.
#[derive(Debug, Clone)]
pub struct PartnerIdentity {
    actor: Actor,
    service_key: Option<ServiceKey>,
    /// The generation of grants, devices and keys when this was read.
    pub auth_generation: i64,
    /// When the key or the token expires.
    pub expires_at: Timestamp,
}

/// The request for a new key.
#[derive(Debug, Clone)]
pub struct ServiceKeyRequest {
    /// Its account.
    pub account: AccountId,
    /// The unit; units below it are included.
    pub unit: UnitId,
    /// One campaign; `None`: all.
    pub campaign: Option<CampaignId>,
    /// The allowed calls.
    pub allowed_calls: Vec<PartnerCall>,
    /// Codes of the contracts whose reports it may send.
    pub contracts: Vec<String>,
    /// Its lifetime in days.
    pub valid_days: i64,
}

/// A run as it is released to partners.
#[derive(Debug, Clone)]
pub struct PartnerRelease {
    /// The run.
    pub run: RunManifest,
    /// Its visible lines, by unit number, phase and target.
    pub lines: Vec<PublishedStanding>,
    /// The campaign at the cut of the run.
    pub campaign: Campaign,
    /// The definitions at the cut of the run.
    pub reference: ReferenceSnapshot,
    /// The version of the campaign's definition.
    pub definition_version: i64,
}

/// A page of runs.
#[derive(Debug, Clone, Default)]
pub struct PartnerRunPage {
    /// Oldest first, each with the code of its campaign.
    pub runs: Vec<(RunManifest, String)>,
    /// The requested position is unknown here, so the page starts with the first run.
    pub restarted: bool,
}

impl PartnerIdentity {
    /// The actor as it was read last.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether the key covers a unit; without a key the roles alone decide.
    pub(super) fn covers_unit(&self, unit_path: &UnitPath) -> bool {
        self.service_key
            .as_ref()
            .is_none_or(|key| unit_path.unit == key.unit || unit_path.ancestors.contains(&key.unit))
    }

    /// Whether the key may send reports of a contract. Only a key may.
    pub(super) fn may_send(&self, contract: &str) -> bool {
        let key = self.service_key.as_ref();
        key.is_some_and(|key| key.contracts.iter().any(|code| code == contract))
    }

    /// The actor, read again if grants or keys changed since.
    pub(super) fn revalidate(&self, tx: &mut WriteTx) -> Result<Actor> {
        if tx.head()?.auth_generation == self.auth_generation {
            return Ok(self.actor.clone());
        }
        let now = tx.now();
        if let Some(key) = &self.service_key {
            let key = tx.service_key(key.id)?.filter(|key| key.is_active(now));
            let key = key.ok_or(AppError::Unauthenticated)?;
            return Ok(build_key_actor(key.account, tx.grants(key.account)?));
        }
        let device = self.actor.device.ok_or(AppError::Unauthenticated)?;
        Ok(load_identity(tx, device)?.actor)
    }

    fn is_unit_readable(&self, unit_path: &UnitPath, app: &App) -> bool {
        self.covers_unit(unit_path)
            && authorize::<action::ReadRelease>(&self.actor, unit_path, app.now().local_date())
                .is_ok()
    }

    /// Refuses a call that the key does not allow.
    pub(super) fn check_call_allowed(&self, read: PartnerCall) -> Result<()> {
        let denied =
            self.service_key.as_ref().is_some_and(|key| !key.allowed_calls.contains(&read));
        if denied { Err(RefusalReason::Denied.into()) } else { Ok(()) }
    }

    fn has_campaign_access(&self, campaign: CampaignId) -> bool {
        self.service_key.as_ref().and_then(|key| key.campaign).is_none_or(|only| only == campaign)
    }
}

impl App {
    /// Stores a new key by its hash. On the unit or above it the account must have PARTNER_READER
    /// to read, PARTNER_WRITER to send reports.
    pub fn issue_service_key(
        &self,
        actor: &Actor,
        id: ServiceKeyId,
        hash: &[u8],
        request: &ServiceKeyRequest,
    ) -> Result<ServiceKey> {
        self.store().write("access.issue_key", self.now(), |tx| {
            self.issue_service_key_in(tx, actor, (id, hash), request)
        })
    }

    /// [`App::issue_service_key`] inside a transaction.
    pub(super) fn issue_service_key_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        (id, hash): (ServiceKeyId, &[u8]),
        request: &ServiceKeyRequest,
    ) -> Result<ServiceKey> {
        let ServiceKeyRequest { account, unit, campaign, allowed_calls, contracts, valid_days } =
            request;
        let (account, unit, now) = (*account, *unit, tx.now());
        let (unit_path, today) = (tx.unit_path(unit)?, now.local_date());
        let permit: Permit<action::Enrol> = authorize(actor, &unit_path, today)?;
        let units = load_account_units(self, tx, account)?;
        authorize_over_units::<action::Enrol>(tx, actor, &units, today)??;
        let key_actor = build_key_actor(account, tx.grants(account)?);
        let reference = self.reference(tx)?;
        check_key_rights(&key_actor, &unit_path, allowed_calls, today)
            .and_then(|()| check_key_contracts(&reference, allowed_calls, contracts))
            .map_err(to_service_key_error)?;
        let others: Vec<ServiceKey> =
            tx.service_keys()?.into_iter().filter(|key| key.account == account).collect();
        let expires_at = check_key_issue(*valid_days, allowed_calls, &others, now)
            .map_err(to_service_key_error)?;
        let key = ServiceKey {
            id,
            account,
            hash: hash.to_vec(),
            unit,
            campaign: *campaign,
            allowed_calls: allowed_calls.clone(),
            contracts: contracts.clone(),
            issued_at: now,
            expires_at,
            revoked_at: None,
        };
        tx.put_service_key(&key)?;
        tx.append_audit(&AuditContext::from(&permit));
        Ok(key)
    }

    /// The keys that the caller may list.
    pub fn visible_service_keys(&self, actor: &Actor) -> Result<Vec<ServiceKey>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let mut seen = Vec::new();
            for key in tx.service_keys()? {
                if authorize::<action::ListDevices>(actor, &tx.unit_path(key.unit)?, today).is_ok()
                {
                    seen.push(key);
                }
            }
            Ok(seen)
        })
    }

    /// Revokes a key at once, also in open streams.
    pub fn revoke_service_key(&self, actor: &Actor, id: ServiceKeyId) -> Result<()> {
        self.store().write("access.revoke_key", self.now(), |tx| {
            revoke_service_key_in(tx, actor, id).map(|_| ())
        })
    }

    /// The identity of the active key with this id and hash.
    pub fn authenticate_service_key(
        &self,
        id: ServiceKeyId,
        hash: &[u8],
    ) -> Result<PartnerIdentity> {
        self.authenticate_valid_key(id, |key| key.hash == hash)
    }

    /// The identity of the active key with this id. The TLS handshake verified the client
    /// certificate that names it.
    pub fn authenticate_client_certificate(&self, id: ServiceKeyId) -> Result<PartnerIdentity> {
        self.authenticate_valid_key(id, |_| true)
    }

    fn authenticate_valid_key(
        &self,
        id: ServiceKeyId,
        is_presented: impl Fn(&ServiceKey) -> bool,
    ) -> Result<PartnerIdentity> {
        let now = self.now();
        self.store().read(|tx| {
            let key = tx.service_key(id)?.filter(|key| key.is_active(now) && is_presented(key));
            let key = key.ok_or(AppError::Unauthenticated)?;
            let actor = build_key_actor(key.account, tx.grants(key.account)?);
            Ok(PartnerIdentity {
                actor,
                expires_at: key.expires_at,
                service_key: Some(key),
                auth_generation: tx.head()?.auth_generation,
            })
        })
    }

    /// The identity of the device token with this hash, as a partner agency.
    pub fn authenticate_partner_token(&self, token_hash: &[u8]) -> Result<PartnerIdentity> {
        let CallerIdentity { device, actor, auth_generation: generation } =
            self.authenticate_token(token_hash)?;
        Ok(PartnerIdentity {
            actor,
            service_key: None,
            auth_generation: generation,
            expires_at: device.token_expires_at.unwrap_or(self.now()),
        })
    }

    /// Reads the identity again: a grant, a device or the key may have ended.
    pub fn refresh_partner(&self, partner: &PartnerIdentity) -> Result<PartnerIdentity> {
        match (&partner.service_key, partner.actor.device) {
            (Some(key), _) => self.authenticate_service_key(key.id, &key.hash),
            (None, Some(device)) => self.store().read(|tx| {
                let existing = load_identity(tx, device)?;
                Ok(PartnerIdentity {
                    actor: existing.actor,
                    service_key: None,
                    auth_generation: existing.auth_generation,
                    expires_at: partner.expires_at,
                })
            }),
            (None, None) => Err(AppError::Unauthenticated),
        }
    }

    /// At most `limit` runs after the given one, oldest first.
    pub fn partner_runs_after(
        &self,
        partner: &PartnerIdentity,
        after: Option<RunId>,
        campaign: Option<CampaignId>,
        limit: i64,
    ) -> Result<PartnerRunPage> {
        partner.check_call_allowed(PartnerCall::Runs)?;
        self.check_is_partner(partner)?;
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let existing = after.map(|id| tx.run_manifest(id)).transpose()?.flatten();
            let restarted = after.is_some() && existing.is_none();
            let published = reference.published_campaigns();
            let is_requested = |id: &CampaignId| {
                partner.has_campaign_access(*id) && campaign.is_none_or(|only| only == *id)
            };
            let campaigns: Vec<CampaignId> = published.into_iter().filter(is_requested).collect();
            let found = tx.run_manifests_after(existing.as_ref(), &campaigns, limit)?;
            let code = |run: &RunManifest| {
                let of = reference.campaigns.iter().find(|one| one.id().0[..] == run.campaign[..]);
                of.map_or_else(String::new, |one| one.code.clone())
            };
            Ok(PartnerRunPage {
                runs: found.into_iter().map(|run| (run.clone(), code(&run))).collect(),
                restarted,
            })
        })
    }

    /// A run with its definitions and without lines.
    pub fn partner_run(&self, partner: &PartnerIdentity, id: RunId) -> Result<PartnerRelease> {
        partner.check_call_allowed(PartnerCall::Runs)?;
        self.check_is_partner(partner)?;
        self.store().read(|tx| self.load_release(tx, partner, id))
    }

    /// The standings of a run; small figures are suppressed.
    pub fn partner_release(&self, partner: &PartnerIdentity, id: RunId) -> Result<PartnerRelease> {
        partner.check_call_allowed(PartnerCall::Standings)?;
        self.check_is_partner(partner)?;
        self.store().read(|tx| {
            let release = self.load_release(tx, partner, id)?;
            let PartnerRelease { run, reference, .. } = &release;
            let day = date_from_days(run.as_of_day);
            let levels = self.levels_released_on(reference, day);
            let is_released = |unit: UnitId| {
                last_kind(reference, unit, day).is_some_and(|kind| levels.contains(&kind))
            };
            let standings = decode_standings(
                &run.standings,
                &reference.unit_numbers,
                &reference.element_numbers,
            )?;
            let mut released: Vec<&Standing> =
                standings.iter().filter(|one| is_released(one.unit)).collect();
            released.sort_by_key(|one| {
                (reference.unit_numbers.number(&one.unit), one.phase, &one.judgement.code)
            });
            let structure = ReleaseStructure {
                above: &|unit| {
                    let day = last_day_alive(reference, unit, day)?;
                    let above = reference.org.ancestors(unit, Hierarchy::Command, day);
                    above.into_iter().find(|above| is_released(*above))
                },
                is_open: &|unit| reference.org.is_open_on(unit, day),
            };
            let scale =
                |code: &_| reference.catalogue.element(code).map_or(0, |element| element.scale);
            let mut seen = Vec::new();
            // Suppression is computed from the whole run, not from the part that this partner may
            // read.
            for line in publish_standings(&released, &structure, scale) {
                if partner.is_unit_readable(&tx.unit_path(line.unit)?, self) {
                    seen.push(line);
                }
            }
            Ok(PartnerRelease { lines: seen, ..release })
        })
    }

    /// The levels whose standings partners read in a run of this day: those of the setting, else
    /// the province's and the one below it: districts, or communes where there are none.
    fn levels_released_on(&self, reference: &ReferenceSnapshot, day: Date) -> Vec<UnitKind> {
        if !self.release_levels.is_empty() {
            return self.release_levels.to_vec();
        }
        let has_districts =
            reference.org.units_of_kind_on(UnitKind::District, day).next().is_some();
        let below = if has_districts { UnitKind::District } else { UnitKind::Commune };
        vec![UnitKind::Province, below]
    }

    /// Records in the audit that a partner reads the figures of a run.
    pub fn audit_release_read(&self, partner: &PartnerIdentity) -> Result<()> {
        self.store().write("release.read", self.now(), |tx| {
            tx.append_audit(&AuditContext::from_actor(&partner.actor, Action::ReadRelease.code()));
            Ok(())
        })
    }

    fn load_release(
        &self,
        tx: &mut ReadTx,
        partner: &PartnerIdentity,
        id: RunId,
    ) -> Result<PartnerRelease> {
        let run = tx.run_manifest(id)?.ok_or(RefusalReason::NotFound)?;
        let campaign =
            CampaignId::from_slice(&run.campaign).map_err(|_| RefusalReason::NotFound)?;
        let published = self.reference(tx)?.published_campaigns().contains(&campaign);
        if !published || !partner.has_campaign_access(campaign) {
            return Err(RefusalReason::NotFound.into());
        }
        let (reference, versions) = load_definitions(tx, &run)?;
        let campaign_then = reference.campaign(campaign).cloned().ok_or(RefusalReason::NotFound)?;
        let definition_version = versions.get(&campaign.0).copied().unwrap_or_default();
        Ok(PartnerRelease {
            run,
            lines: Vec::new(),
            campaign: campaign_then,
            reference,
            definition_version,
        })
    }

    /// Returns NOT_FOUND for a caller that is not a partner today.
    fn check_is_partner(&self, partner: &PartnerIdentity) -> Result<()> {
        let today = self.now().local_date();
        let holds =
            partner.actor.active_grants_on(today).any(|grant| grant.role == Role::PartnerReader);
        if holds { Ok(()) } else { Err(RefusalReason::NotFound.into()) }
    }
}

/// [`App::revoke_service_key`] inside a transaction; returns the key afterwards.
pub(super) fn revoke_service_key_in(
    tx: &mut WriteTx,
    actor: &Actor,
    id: ServiceKeyId,
) -> Result<ServiceKey> {
    let key = tx.service_key(id)?.ok_or(RefusalReason::NotFound)?;
    let (unit_path, today) = (tx.unit_path(key.unit)?, tx.now().local_date());
    let permit: Permit<action::Revoke> = authorize(actor, &unit_path, today)?;
    tx.revoke_service_key(id)?;
    tx.append_audit(&AuditContext::from(&permit));
    Ok(tx.service_key(id)?.ok_or(RefusalReason::NotFound)?)
}

/// The last day on which the unit is open, not after `day`.
fn last_day_alive(reference: &ReferenceSnapshot, unit: UnitId, day: Date) -> Option<Date> {
    let lifetime = reference.org.unit(unit)?.lifetime();
    let last = lifetime.to.yesterday().unwrap_or(lifetime.to).min(day);
    (lifetime.from <= last).then_some(last)
}

/// The kind of the unit on the last day on which it is open, not after `day`.
fn last_kind(reference: &ReferenceSnapshot, unit: UnitId, day: Date) -> Option<UnitKind> {
    reference.org.kind_on(unit, last_day_alive(reference, unit, day)?)
}

/// Whether the account holds a role for each of the calls.
fn check_key_rights(
    key_actor: &Actor,
    unit_path: &UnitPath,
    calls: &[PartnerCall],
    today: Date,
) -> std::result::Result<(), KeyIssueError> {
    let may = |call: &PartnerCall| match call {
        PartnerCall::Runs | PartnerCall::Standings => {
            authorize::<action::ReadRelease>(key_actor, unit_path, today).is_ok()
        }
        PartnerCall::Reports => {
            authorize::<action::DeliverReport>(key_actor, unit_path, today).is_ok()
        }
    };
    if calls.iter().all(may) { Ok(()) } else { Err(KeyIssueError::NothingAllowed) }
}

/// Whether the key names contracts exactly if it may send reports.
fn check_key_contracts(
    reference: &ReferenceSnapshot,
    calls: &[PartnerCall],
    contracts: &[String],
) -> std::result::Result<(), KeyIssueError> {
    let may_send = calls.contains(&PartnerCall::Reports);
    let are_known = contracts.iter().all(|code| reference.catalogue.contract(code).is_some());
    if may_send != contracts.is_empty() && are_known {
        Ok(())
    } else {
        Err(KeyIssueError::Contracts)
    }
}

fn to_service_key_error(why: KeyIssueError) -> AppError {
    AppError::Violations(vec![why.to_violation()])
}
