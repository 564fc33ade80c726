//! Accounts: their roles, the enrolment codes of their devices, and who may act on an existing
//! account.
//!
//! An action on an existing account (a role, a code, a password, its devices and sessions) gives
//! control over that account. So it needs the right over every unit on which the account holds a
//! role now or later. Account ids are derived from labels and can be guessed: an unknown account
//! gets the same response as an account of another branch.

use super::App;
use super::error::{AppError, Result};
use crate::domain::access::permission::{
    AccountUnits, ActionMarker, Actor, AuthorizationError, Grant, Permit, Role, action, authorize,
    authorize_all,
};
use crate::domain::access::second_factor::SECOND_FACTOR_ROLES;
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
use crate::store::enrol_code::EnrolCode;
use crate::store::write_tx::AuditContext;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// An enrolment code by its hash, with its account and the roles to grant.
#[derive(Debug, Clone)]
pub struct NewEnrolCode<'a> {
    /// The account whose devices it enrols.
    pub account: AccountId,
    /// Whether the account must exist; else it is created.
    pub requires_existing_account: bool,
    /// The unit on which the roles are granted.
    pub unit: UnitId,
    /// The roles.
    pub roles: &'a [Role],
    /// The code's hash.
    pub hash: &'a [u8],
    /// When it expires.
    pub expires_at: Timestamp,
}

impl App {
    /// Grants a role on a unit; creates the account if it is new.
    pub fn grant_role(
        &self,
        actor: &Actor,
        account: AccountId,
        label: &str,
        grant: &Grant,
    ) -> Result<()> {
        self.store().write("access.grant", self.now(), |tx| {
            put_grant_checked(self, tx, actor, (account, label), grant)
        })
    }

    /// Revokes a role at once; needs the right over its unit only. Later commands of its holder are
    /// held on the desk of the unit (hand-over box).
    pub fn revoke_grant(&self, actor: &Actor, account: AccountId, grant: &Grant) -> Result<()> {
        self.store().write("access.revoke_grant", self.now(), |tx| {
            revoke_grant_in(tx, actor, account, grant)
        })
    }

    /// Stores an enrolment code of an existing account, by its hash, until `expires`.
    pub fn add_enrol_code(
        &self,
        actor: &Actor,
        hash: &[u8],
        account: AccountId,
        expires: Timestamp,
    ) -> Result<()> {
        self.store().write("access.enrol_code", self.now(), |tx| {
            tx.account_label(account)?.ok_or(RefusalReason::NotFound)?;
            insert_enrol_code(self, tx, actor, account, (hash, expires))
        })
    }

    /// Grants the roles and stores the code in one transaction. The same code again changes
    /// nothing.
    pub fn create_invite(&self, actor: &Actor, code: &NewEnrolCode) -> Result<()> {
        let from = self.now().local_date();
        self.store().write("access.enrol_code", self.now(), |tx| {
            let unit_path = tx.unit_path(code.unit)?;
            let _: Permit<action::Enrol> = authorize(actor, &unit_path, from)?;
            if code.requires_existing_account && tx.account_label(code.account)?.is_none() {
                return Err(RefusalReason::AccountElsewhere.into());
            }
            if tx.enrol_code(code.hash)?.is_none() {
                for role in code.roles {
                    let grant = Grant {
                        role: *role,
                        unit: code.unit,
                        from,
                        to: Date::constant(2199, 1, 1),
                    };
                    put_grant_checked(self, tx, actor, (code.account, ""), &grant)?;
                }
            }
            insert_enrol_code(self, tx, actor, code.account, (code.hash, code.expires_at))
        })
    }

    /// The label of an account, if the caller may list its devices.
    pub fn account_label(&self, actor: &Actor, account: AccountId) -> Result<Option<String>> {
        self.store().read(|tx| visible_label(self, tx, actor, account))
    }

    /// The actor of an account with its own rights, for a caller that may enrol it: an operator who
    /// imports a file on its behalf.
    pub fn account_actor(&self, actor: &Actor, account: AccountId) -> Result<Actor> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let grants = tx.grants(account)?;
            if grants.is_empty() {
                return Err(RefusalReason::NotFound.into());
            }
            let units = load_account_units(self, tx, account)?;
            let _: Permit<action::Enrol> = authorize_over_units(tx, actor, &units, today)??;
            Ok(Actor { account, device: None, grants })
        })
    }
}

/// The units of an account; they decide who may act on it.
pub(super) fn load_account_units(
    app: &App,
    tx: &mut ReadTx,
    account: AccountId,
) -> Result<AccountUnits> {
    let grants = tx.grants(account)?;
    if let Some(units) = AccountUnits::from_grants(&grants, app.now().local_date()) {
        return Ok(units);
    }
    let former = [grants, tx.former_grants(account)?].concat();
    let units = AccountUnits::from_former_grants(&former, app.root_unit(tx)?);
    Ok(units.ok_or(RefusalReason::NotFound)?)
}

/// Whether the actor has the right over every one of these units.
pub(super) fn authorize_over_units<A: ActionMarker>(
    tx: &mut ReadTx,
    actor: &Actor,
    units: &AccountUnits,
    today: Date,
) -> Result<std::result::Result<Permit<A>, AuthorizationError>> {
    let unit_paths =
        units.iter().map(|unit| tx.unit_path(unit)).collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(authorize_all(actor, &unit_paths, today))
}

/// Gives a role for a caller with the right over its unit and over every unit of the account.
///
/// A role on a further unit revokes the account's unused codes: who holds one was trusted with the
/// account before it had that role.
pub(super) fn put_grant_checked(
    app: &App,
    tx: &mut WriteTx,
    actor: &Actor,
    (account, label): (AccountId, &str),
    grant: &Grant,
) -> Result<()> {
    let (today, unit_path) = (app.now().local_date(), tx.unit_path(grant.unit)?);
    let permit: Permit<action::Enrol> = authorize(actor, &unit_path, today)?;
    if tx.account_label(account)?.is_some() {
        let units = load_account_units(app, tx, account)?;
        authorize_over_units::<action::Enrol>(tx, actor, &units, today)?
            .map_err(|_| AppError::from(RefusalReason::AccountElsewhere))?;
        if units.iter().all(|unit| unit != grant.unit) {
            tx.revoke_enrol_codes_of(account)?;
        }
    }
    tx.put_account(account, label)?;
    tx.put_grant(account, grant)?;
    if SECOND_FACTOR_ROLES.contains(&grant.role) && tx.second_factor(account)?.is_none() {
        // They began without the second factor that the account needs from now on.
        tx.revoke_desk_sessions(account)?;
    }
    tx.append_audit(&AuditContext::from(&permit));
    Ok(())
}

/// [`App::revoke_grant`] inside a transaction.
pub(super) fn revoke_grant_in(
    tx: &mut WriteTx,
    actor: &Actor,
    account: AccountId,
    grant: &Grant,
) -> Result<()> {
    let (unit_path, today) = (tx.unit_path(grant.unit)?, tx.now().local_date());
    let permit: Permit<action::Revoke> = authorize(actor, &unit_path, today)?;
    tx.revoke_grant(account, grant)?;
    tx.append_audit(&AuditContext::from(&permit));
    Ok(())
}

/// The label of an account, for a caller with the right to list devices over all of its units.
pub(super) fn visible_label(
    app: &App,
    tx: &mut ReadTx,
    actor: &Actor,
    account: AccountId,
) -> Result<Option<String>> {
    let units = load_account_units(app, tx, account)?;
    let today = app.now().local_date();
    match authorize_over_units::<action::ListDevices>(tx, actor, &units, today)? {
        Ok(_) => Ok(tx.account_label(account)?),
        Err(_) => Ok(None),
    }
}

fn insert_enrol_code(
    app: &App,
    tx: &mut WriteTx,
    actor: &Actor,
    account: AccountId,
    (hash, expires): (&[u8], Timestamp),
) -> Result<()> {
    let units = load_account_units(app, tx, account)?;
    let permit = authorize_over_units::<action::Enrol>(tx, actor, &units, app.now().local_date())??;
    if tx.enrol_code(hash)?.is_none() {
        tx.insert_enrol_code(&EnrolCode {
            hash: hash.to_vec(),
            account,
            unit: units.home_unit(),
            issued_at: tx.now(),
            expires_at: expires,
            is_qr_only: false,
            used_at: None,
            revoked_at: None,
        })?;
        tx.append_audit(&AuditContext::from(&permit));
    }
    Ok(())
}
