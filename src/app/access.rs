//! Steps on devices and sessions. Secrets never come here: only their hashes. Accounts, roles and codes: `account`.

use super::App;
use super::account::{AccountUnits, authorize_over_units, load_account_units};
use super::error::{AppError, Result};
use crate::domain::ids::{AccountId, DeviceId, UnitId};
use crate::domain::permission::{Action, Actor, Grant, Role, action};
use crate::domain::reason::RefusalReason;
use crate::domain::time::Timestamp;
use crate::domain::visible_scopes::VisibleScopes;
pub use crate::store::access::EnrolledDevice;
pub use crate::store::password::PasswordHash;
use crate::store::write_tx::AuditContext;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// A device with the actor that stands behind it.
#[derive(Debug, Clone)]
pub struct CallerIdentity {
    /// The device as enrolled.
    pub device: EnrolledDevice,
    /// Who asks.
    pub actor: Actor,
    /// The generation of grants and devices at which this was read.
    pub auth_generation: i64,
}

impl App {
    /// Spends an enrolment code and enrols the device with this key; the code is the right to do so.
    pub fn enrol_device(
        &self,
        code_hash: &[u8],
        device: DeviceId,
        public_key: &[u8],
        token: (&[u8], Timestamp),
    ) -> Result<CallerIdentity> {
        self.store().write("access.enrol", self.now(), |tx| {
            let account = tx.consume_enrol_code(code_hash)?.ok_or(AppError::Unauthenticated)?;
            tx.insert_device(device, account, public_key)?;
            tx.set_token(device, token.0, token.1)?;
            let identity = load_identity(tx, device)?;
            tx.append_audit(&AuditContext::from_actor(&identity.actor, Action::Enrol.code()));
            Ok(identity)
        })
    }

    /// Spends a code and gives its account a password, which ends the account's sessions at desks.
    pub fn set_password(&self, code_hash: &[u8], password: &PasswordHash) -> Result<()> {
        self.store().write("access.password", self.now(), |tx| {
            let account = tx.consume_enrol_code(code_hash)?.ok_or(AppError::Unauthenticated)?;
            tx.put_password(account, password)?;
            let actor = Actor { account, device: None, grants: Vec::new() };
            tx.append_audit(&AuditContext::from_actor(&actor, "access.password"));
            Ok(())
        })
    }

    /// The password of an account as it is kept.
    pub fn password(&self, account: AccountId) -> Result<Option<PasswordHash>> {
        Ok(self.store().read(|tx| tx.password(account))?)
    }

    /// Begins a session at a desk for an account whose password was checked: a device without a key, which cannot renew itself.
    pub fn begin_desk_session(
        &self,
        account: AccountId,
        session: DeviceId,
        token: (&[u8], Timestamp),
    ) -> Result<CallerIdentity> {
        self.store().write("access.sign_in", self.now(), |tx| {
            tx.insert_device(session, account, &[])?;
            tx.set_token(session, token.0, token.1)?;
            let identity = load_identity(tx, session)?;
            tx.append_audit(&AuditContext::from_actor(&identity.actor, "access.sign_in"));
            Ok(identity)
        })
    }

    /// Gives a session at a desk a new token, until its working day is over.
    pub fn extend_desk_session(
        &self,
        identity: &CallerIdentity,
        token: (&[u8], Timestamp),
    ) -> Result<()> {
        let now = self.now();
        self.store().write("access.extend", now, |tx| {
            let device = load_active_device(tx, identity.device.id)?;
            if !device.is_desk_session() || device.is_expired_session(now) {
                return Err(AppError::Unauthenticated);
            }
            Ok(tx.set_token(device.id, token.0, token.1)?)
        })
    }

    /// Gives a new token to a device whose signature over a nonce was checked, once for each nonce: its hash is kept until it expires.
    /// A device that a restored database has forgotten is admitted again first, by its certificate.
    pub fn renew_token(
        &self,
        device: DeviceId,
        readmission: Option<&Readmission>,
        nonce: (&[u8], Timestamp),
        token: (&[u8], Timestamp),
    ) -> Result<CallerIdentity> {
        self.store().write("access.renew", self.now(), |tx| {
            if let Some(readmission) = readmission {
                readmit_device(tx, readmission)?;
            }
            let identity = load_identity(tx, device)?;
            if !tx.consume_nonce(nonce.0, device, nonce.1)? {
                return Err(AppError::Unauthenticated);
            }
            tx.set_token(device, token.0, token.1)?;
            Ok(identity)
        })
    }

    /// Shuts out again whom a restored database has forgotten to have shut out; how many those were.
    pub fn reapply_revocations(&self, devices: &[DeviceId]) -> Result<usize> {
        let system = self.system_actor()?;
        let known = |tx: &mut ReadTx, id: DeviceId| {
            Ok::<_, AppError>(tx.device(id)?.is_some_and(|one| one.revoked_at.is_none()))
        };
        let readmission: Vec<DeviceId> = self.store().read(|tx| {
            let mut found = Vec::new();
            for id in devices {
                if known(tx, *id)? {
                    found.push(*id);
                }
            }
            Ok::<_, AppError>(found)
        })?;
        if readmission.is_empty() {
            return Ok(0);
        }
        self.store().write("access.revoke_again", self.now(), |tx| {
            for id in &readmission {
                tx.revoke_device(*id)?;
                tx.append_audit(&AuditContext::from_actor(&system, Action::Revoke.code()));
            }
            Ok::<_, AppError>(readmission.len())
        })
    }

    /// The device and its key, unless it is unknown or revoked.
    pub fn active_device(&self, device: DeviceId) -> Result<EnrolledDevice> {
        self.store().read(|tx| load_active_device(tx, device))
    }

    /// Who holds the token with this hash, now.
    pub fn authenticate_token(&self, token_hash: &[u8]) -> Result<CallerIdentity> {
        let now = self.now();
        self.store().read(|tx| {
            let device = tx.device_by_token(token_hash)?.ok_or(AppError::Unauthenticated)?;
            if device.token_expires_at.is_none_or(|end| end <= now) && !planted!("token-lives-on") {
                return Err(AppError::Unauthenticated);
            }
            build_identity(tx, device)
        })
    }

    /// Sees to it that every scope in sight has its short number.
    pub fn ensure_scope_numbers(&self, visible: &VisibleScopes) -> Result<()> {
        let missing = self.store().read(|tx| {
            Ok::<_, AppError>(tx.visible_scopes(visible)?.len() < visible.scopes().count())
        })?;
        if missing {
            self.store().write("scope.number", self.now(), |tx| {
                Ok::<_, AppError>(tx.ensure_scope_numbers(visible)?)
            })?;
        }
        Ok(())
    }

    /// The key of a device, also of a revoked one.
    pub fn device_public_key(&self, device: DeviceId) -> Result<Option<Vec<u8>>> {
        self.store().read(|tx| Ok(tx.device(device)?.map(|known| known.public_key)))
    }

    /// The devices that the caller may see, each with the units of its account: the own one, and those of accounts whose every unit is in
    /// the caller's branch.
    pub fn visible_devices(&self, actor: &Actor) -> Result<Vec<(EnrolledDevice, AccountUnits)>> {
        let now = self.now();
        let today = now.local_date();
        self.store().read(|tx| {
            let mut seen = Vec::new();
            for device in tx.devices()?.into_iter().filter(|device| !device.is_expired_session(now))
            {
                let units = load_account_units(self, tx, device.account)?;
                let own = actor.device == Some(device.id);
                if own
                    || authorize_over_units::<action::ListDevices>(tx, actor, &units, today)?
                        .is_ok()
                {
                    seen.push((device, units));
                }
            }
            Ok(seen)
        })
    }

    /// Shuts a device out for good.
    pub fn revoke_device(
        &self,
        actor: &Actor,
        device: DeviceId,
    ) -> Result<(EnrolledDevice, AccountUnits)> {
        self.store().write("access.revoke", self.now(), |tx| {
            let found = tx.device(device)?.ok_or(RefusalReason::NotFound)?;
            let units = load_account_units(self, tx, found.account)?;
            let audit = if actor.device == Some(device) {
                AuditContext::from_actor(actor, Action::Revoke.code())
            } else {
                AuditContext::from(&authorize_over_units::<action::Revoke>(
                    tx,
                    actor,
                    &units,
                    self.now().local_date(),
                )??)
            };
            tx.revoke_device(device)?;
            tx.append_audit(&audit);
            Ok((tx.device(device)?.ok_or(RefusalReason::NotFound)?, units))
        })
    }

    /// Shuts out every device and session of an account; those that were still let in.
    pub fn revoke_account_devices(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<Vec<DeviceId>> {
        self.store().write("access.revoke", self.now(), |tx| {
            let units = load_account_units(self, tx, account)?;
            let permit = authorize_over_units::<action::Revoke>(
                tx,
                actor,
                &units,
                self.now().local_date(),
            )??;
            let own = tx
                .devices()?
                .into_iter()
                .filter(|device| device.account == account && device.revoked_at.is_none());
            let active_devices: Vec<DeviceId> = own.map(|device| device.id).collect();
            for id in &active_devices {
                tx.revoke_device(*id)?;
                tx.append_audit(&AuditContext::from(&permit));
            }
            Ok(active_devices)
        })
    }
}

/// What a certificate, checked by the caller, says of a device that this database has forgotten.
#[derive(Debug, Clone)]
pub struct Readmission {
    /// The device as it was enrolled.
    pub device: EnrolledDevice,
    /// The unit that it acted for.
    pub unit: UnitId,
    /// Its roles there.
    pub roles: Vec<Role>,
}

/// Admits a forgotten device again. The account keeps the grants that it has here; one without any gets those of the certificate.
fn readmit_device(tx: &mut WriteTx, readmission: &Readmission) -> Result<()> {
    let Readmission { device, unit, roles } = readmission;
    if tx.device(device.id)?.is_some() {
        return Ok(());
    }
    tx.put_account(device.account, "")?;
    if tx.grants(device.account)?.is_empty() {
        let from = device.enrolled_at.local_date();
        for role in roles {
            tx.put_grant(
                device.account,
                &Grant { role: *role, unit: *unit, from, to: Date::constant(2199, 1, 1) },
            )?;
        }
    }
    tx.insert_device(device.id, device.account, &device.public_key)?;
    let identity = load_identity(tx, device.id)?;
    tx.append_audit(&AuditContext::from_actor(&identity.actor, "device.readmit"));
    Ok(())
}

/// The device, unless it is unknown or revoked.
pub fn load_active_device(tx: &mut ReadTx, device: DeviceId) -> Result<EnrolledDevice> {
    let device = tx.device(device)?.ok_or(AppError::Unauthenticated)?;
    check_not_revoked(device)
}

fn check_not_revoked(device: EnrolledDevice) -> Result<EnrolledDevice> {
    if device.revoked_at.is_some() { Err(AppError::DeviceRevoked) } else { Ok(device) }
}

/// Reads who stands behind a device. Fails when it is unknown or revoked.
pub fn load_identity(tx: &mut ReadTx, device: DeviceId) -> Result<CallerIdentity> {
    let device = tx.device(device)?.ok_or(AppError::Unauthenticated)?;
    build_identity(tx, device)
}

fn build_identity(tx: &mut ReadTx, device: EnrolledDevice) -> Result<CallerIdentity> {
    let device = check_not_revoked(device)?;
    let actor = Actor {
        account: device.account,
        device: Some(device.id),
        grants: tx.grants(device.account)?,
    };
    let generation = tx.head()?.auth_generation;
    Ok(CallerIdentity { device, actor, auth_generation: generation })
}

/// Refuses an identity that was read before grants or devices changed.
pub fn revalidate_identity(tx: &mut WriteTx, identity: &CallerIdentity) -> Result<Actor> {
    if tx.head()?.auth_generation == identity.auth_generation {
        return Ok(identity.actor.clone());
    }
    Ok(self::load_identity(tx, identity.device.id)?.actor)
}
