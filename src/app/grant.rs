//! Roles and keys as acts of callers: the steps of `account`, `enrol_card` and `partner` under a
//! request id, and the lists of what is held.

use super::account::{revoke_grant_in, visible_label};
use super::act::{ActEnd, ActRequest, Performer};
use super::enrol_card::{BatchRefusals, GrantCounts, GrantRequest, grant_roles_in};
use super::partner::{ServiceKeyRequest, revoke_service_key_in};
use super::{App, AppError, Result};
use crate::domain::access::grant_batch::{BatchGrant, BatchGrantFault, find_batch_faults};
use crate::domain::access::partner::ServiceKey;
use crate::domain::access::permission::{Actor, Grant, Permit, Role, action, authorize};
use crate::domain::org::Org;
use crate::domain::support::ids::{AccountId, ServiceKeyId, UnitId};
use crate::domain::support::reason::{FieldErrors, RefusalReason};
use crate::domain::support::violation::Violation;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A role that an account holds, will hold, or held until its last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldGrant {
    /// The account.
    pub account: AccountId,
    /// Its label, if the caller may list devices over all units of the account.
    pub label: Option<String>,
    /// The role, its unit and days.
    pub grant: Grant,
}

impl App {
    /// Gives all roles of the batch, or none: then the refusals by position.
    ///
    /// # Errors
    /// Violations that name `grants[0]`, `grants[1]` and so on.
    pub fn perform_grant_batch(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        grants: &[GrantRequest],
    ) -> Result<ActEnd<std::result::Result<GrantCounts, BatchRefusals>>> {
        self.perform_batch(performer, request, grants, |_, _, counts| Ok(counts))
    }

    /// The same with what follows in the same transaction, which gets what was given.
    pub(super) fn perform_batch<T>(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        grants: &[GrantRequest],
        then: impl Fn(&mut WriteTx, &Actor, GrantCounts) -> Result<T>,
    ) -> Result<ActEnd<std::result::Result<T, BatchRefusals>>> {
        let undone = RefCell::new(None);
        let end = self.perform(performer, request, |tx, actor| {
            undone.take();
            let reference = self.reference(tx)?;
            match grant_roles_in(self, tx, actor, grants)? {
                Ok(counts) => {
                    let found = find_violations(&reference.org, grants, tx.now().local_date());
                    if !found.is_empty() {
                        return Err(AppError::Violations(found));
                    }
                    then(tx, actor, counts)
                }
                Err(refusals) => {
                    undone.replace(Some(refusals));
                    Err(RefusalReason::NothingToDo.into())
                }
            }
        });
        match undone.into_inner() {
            Some(refusals) => Ok(ActEnd::Performed(Err(refusals))),
            None => Ok(end?.map(Ok)),
        }
    }

    /// Gives all roles of the batch, or none.
    ///
    /// # Errors
    /// A refusal or violations that name `grants[0]`, `grants[1]` and so on.
    pub fn perform_grants(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        grants: &[GrantRequest],
    ) -> Result<ActEnd<GrantCounts>> {
        name_refused(self.perform_grant_batch(performer, request, grants)?)
    }

    /// Ends a role that an account holds; returns it.
    pub fn perform_grant_end(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        (account, role, unit): (AccountId, Role, UnitId),
    ) -> Result<ActEnd<HeldGrant>> {
        self.perform(performer, request, |tx, actor| {
            let (unit_path, today) = (tx.unit_path(unit)?, tx.now().local_date());
            // Who may not end it does not learn whether it is held.
            let _: Permit<action::Revoke> = authorize(actor, &unit_path, today)?;
            let held = tx.grants(account)?;
            let grant = held.into_iter().find(|one| one.role == role && one.unit == unit);
            let grant = grant.ok_or(RefusalReason::NotFound)?;
            let label = visible_label(self, tx, actor, account)?;
            revoke_grant_in(tx, actor, account, &grant)?;
            Ok(HeldGrant { account, label, grant })
        })
    }

    /// The roles on units over which the caller may list devices, by code of the unit, account and
    /// role: all, or those on one unit, or of one account.
    pub fn visible_grants(
        &self,
        actor: &Actor,
        unit: Option<UnitId>,
        account: Option<AccountId>,
    ) -> Result<Vec<HeldGrant>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let all = match (unit, account) {
                (Some(unit), _) => tx.grants_on_unit(unit)?,
                (None, Some(account)) => {
                    tx.grants(account)?.into_iter().map(|grant| (account, grant)).collect()
                }
                (None, None) => tx.all_grants()?,
            };
            let (mut seen_units, mut labels) = (BTreeMap::new(), BTreeMap::new());
            let mut seen = Vec::new();
            for (of, grant) in all {
                if account.is_some_and(|only| only != of) {
                    continue;
                }
                let is_seen = match seen_units.get(&grant.unit) {
                    Some(is_seen) => *is_seen,
                    None => {
                        let is_seen = may_list(tx, actor, grant.unit, today)?;
                        seen_units.insert(grant.unit, is_seen);
                        is_seen
                    }
                };
                if !is_seen {
                    continue;
                }
                let label = match labels.get(&of) {
                    Some(label) => Option::clone(label),
                    None => {
                        let label = visible_label(self, tx, actor, of)?;
                        labels.insert(of, label.clone());
                        label
                    }
                };
                seen.push(HeldGrant { account: of, label, grant });
            }
            let reference = self.reference(tx)?;
            let uid = |unit| reference.org.unit(unit).map(|unit| unit.uid.clone());
            seen.sort_by_cached_key(|one| (uid(one.grant.unit), one.account, one.grant));
            Ok(seen)
        })
    }

    /// Issues the key with this id and hash; of a key that exists already, the key and `false`.
    pub fn perform_key_issue(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        (id, hash): (ServiceKeyId, &[u8]),
        wanted: &ServiceKeyRequest,
    ) -> Result<ActEnd<(ServiceKey, bool)>> {
        self.perform(performer, request, |tx, actor| match tx.service_key(id)? {
            // The request is older than what is kept of requests.
            Some(key) if key.account == wanted.account && key.unit == wanted.unit => {
                Ok((key, false))
            }
            Some(_) => Err(RefusalReason::WorkflowForbids.into()),
            None => {
                let key = self.issue_service_key_in(tx, actor, (id, hash), wanted)?;
                let reference = self.reference(tx)?;
                let is_known = wanted.campaign.is_none_or(|id| reference.campaign(id).is_some());
                if is_known { Ok((key, true)) } else { Err(RefusalReason::NotFound.into()) }
            }
        })
    }

    /// Revokes a key; returns it afterwards.
    pub fn perform_key_revocation(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        id: ServiceKeyId,
    ) -> Result<ActEnd<ServiceKey>> {
        self.perform(performer, request, |tx, actor| revoke_service_key_in(tx, actor, id))
    }

    /// A key that the caller issued or revoked by an earlier call.
    pub fn service_key(&self, id: ServiceKeyId) -> Result<ServiceKey> {
        self.store().read(|tx| Ok(tx.service_key(id)?.ok_or(RefusalReason::NotFound)?))
    }
}

fn may_list(tx: &mut ReadTx, actor: &Actor, unit: UnitId, today: Date) -> Result<bool> {
    let unit_path = tx.unit_path(unit)?;
    Ok(authorize::<action::ListDevices>(actor, &unit_path, today).is_ok())
}

/// A batch that was refused is an error, which names the positions.
pub(super) fn name_refused<T>(
    end: ActEnd<std::result::Result<T, BatchRefusals>>,
) -> Result<ActEnd<T>> {
    match end {
        ActEnd::Performed(Err(refusals)) => Err(name_positions(refusals)),
        ActEnd::Performed(Ok(value)) => Ok(ActEnd::Performed(value)),
        ActEnd::Repeated => Ok(ActEnd::Repeated),
        ActEnd::RequestIdReused => Ok(ActEnd::RequestIdReused),
    }
}

/// The refusal of a batch: that of its first role, with the position of each.
fn name_positions(refusals: BatchRefusals) -> AppError {
    let mut fields = FieldErrors::default();
    for (position, refusal) in refusals {
        fields.add(format!("grants[{position}]"), refusal.reason);
    }
    match fields.into_result() {
        Err(refusal) => refusal.into(),
        Ok(()) => RefusalReason::Denied.into(),
    }
}

/// What the rules for a batch forbid beside the rights, by the fields of the batch.
fn find_violations(org: &Org, grants: &[GrantRequest], today: Date) -> Vec<Violation> {
    let batch: Vec<BatchGrant> = grants.iter().map(|one| one.in_batch(today)).collect();
    let violation = |(position, fault): (usize, BatchGrantFault)| {
        let field = match fault {
            BatchGrantFault::EndsBefore(_) => "days",
            BatchGrantFault::UnitClosed(_) => "unit_uid",
            BatchGrantFault::Repeats(_) => "account_label",
        };
        Violation::error("BAD_VALUE", format!("grants[{position}].{field}"), fault.message())
    };
    find_batch_faults(org, &batch).into_iter().map(violation).collect()
}

impl GrantRequest {
    fn in_batch(&self, today: Date) -> BatchGrant {
        let GrantRequest { account, label: _, role, unit, from, to } = *self;
        BatchGrant { account, role, unit, first: from.unwrap_or(today), end: to }
    }
}
