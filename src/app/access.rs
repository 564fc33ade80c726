//! Steps on devices and sessions. They receive only hashes of secrets. Accounts, roles and
//! enrolment codes are in `account`.

use super::App;
use super::account::{authorize_over_units, load_account_units};
use super::act::{ActEnd, ActRequest, Performer};
use super::error::{AppError, Result};
use super::second_factor::{FactorReader, use_second_factor};
use crate::domain::access::permission::{AccountUnits, Action, Actor, Grant, Role, action};
use crate::domain::access::visible_scopes::VisibleScopes;
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
pub use crate::store::access::EnrolledDevice;
pub use crate::store::password::PasswordHash;
use crate::store::write_tx::AuditContext;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// A device with the actor of its account.
#[derive(Debug, Clone)]
pub struct CallerIdentity {
    /// The device as enrolled.
    pub device: EnrolledDevice,
    /// The actor that calls.
    pub actor: Actor,
    /// The generation of grants and devices when this was read.
    pub auth_generation: i64,
}

impl App {
    /// Consumes an enrolment code and enrols the device with this key. The code is the
    /// authorisation.
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

    /// Whether an enrolment code with this hash is unused, valid now and may set a password. It
    /// stays unused.
    pub fn is_password_code_usable(&self, code_hash: &[u8]) -> Result<bool> {
        self.store().read(|tx| is_password_code(tx, code_hash, self.now()))
    }

    /// Consumes a code and sets the password of its account; the store ends the account's desk
    /// sessions. A code of a printed card sets no password.
    pub fn set_password(&self, code_hash: &[u8], password: &PasswordHash) -> Result<()> {
        self.store().write("access.password", self.now(), |tx| {
            if !is_password_code(tx, code_hash, self.now())? {
                return Err(AppError::Unauthenticated);
            }
            let account = tx.consume_enrol_code(code_hash)?.ok_or(AppError::Unauthenticated)?;
            tx.put_password(account, password)?;
            let actor = Actor { account, device: None, grants: Vec::new() };
            tx.append_audit(&AuditContext::from_actor(&actor, "access.password"));
            Ok(())
        })
    }

    /// The stored password hash of an account.
    pub fn password(&self, account: AccountId) -> Result<Option<PasswordHash>> {
        Ok(self.store().read(|tx| tx.password(account))?)
    }

    /// Starts a desk session of an account whose password was verified: a device without a key,
    /// which cannot renew its token. `factor_reader` reads the code that the sign-in presents;
    /// `None`: the authority requires no second factor.
    pub fn begin_desk_session(
        &self,
        account: AccountId,
        session: DeviceId,
        token: (&[u8], Timestamp),
        factor_reader: Option<FactorReader<'_>>,
    ) -> Result<CallerIdentity> {
        self.store().write("access.sign_in", self.now(), |tx| {
            let audited_as = match factor_reader {
                Some(reader) => use_second_factor(self, tx, account, reader)?,
                None => "access.sign_in",
            };
            tx.insert_device(session, account, &[])?;
            tx.set_token(session, token.0, token.1)?;
            let identity = load_identity(tx, session)?;
            tx.append_audit(&AuditContext::from_actor(&identity.actor, audited_as));
            Ok(identity)
        })
    }

    /// Gives a desk session a new token. Fails when the session has expired.
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

    /// Gives a new token to a device whose signature over the nonce was verified. A nonce is
    /// accepted once; its hash is stored until the nonce expires. A device that a restored database
    /// lacks is readmitted first, from its certificate.
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

    /// Revokes again the devices whose revocation a restored database lacks; returns how many.
    pub fn reapply_revocations(&self, devices: &[DeviceId]) -> Result<usize> {
        let system = self.system_actor()?;
        let is_active = |tx: &mut ReadTx, id: DeviceId| {
            Ok::<_, AppError>(tx.device(id)?.is_some_and(|one| one.revoked_at.is_none()))
        };
        let active_devices: Vec<DeviceId> = self.store().read(|tx| {
            let mut found = Vec::new();
            for id in devices {
                if is_active(tx, *id)? {
                    found.push(*id);
                }
            }
            Ok::<_, AppError>(found)
        })?;
        if active_devices.is_empty() {
            return Ok(0);
        }
        self.store().write("access.revoke_again", self.now(), |tx| {
            for id in &active_devices {
                tx.revoke_device(*id)?;
                tx.append_audit(&AuditContext::from_actor(&system, Action::Revoke.code()));
            }
            Ok::<_, AppError>(active_devices.len())
        })
    }

    /// The device and its key, unless it is unknown or revoked.
    pub fn active_device(&self, device: DeviceId) -> Result<EnrolledDevice> {
        self.store().read(|tx| load_active_device(tx, device))
    }

    /// The identity of the device whose valid token has this hash.
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

    /// Gives every visible scope a short number.
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

    /// The public key of a device, also of a revoked one.
    pub fn device_public_key(&self, device: DeviceId) -> Result<Option<Vec<u8>>> {
        self.store().read(|tx| Ok(tx.device(device)?.map(|device| device.public_key)))
    }

    /// The devices that the caller may see, each with the units of its account: the caller's own
    /// device, and those of accounts whose units are all in the caller's branch.
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

    /// Revokes a device permanently.
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

    /// Revokes every device, session and unused enrolment code of an account; gives the devices and
    /// sessions that were active.
    pub fn perform_account_revocation(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        account: AccountId,
    ) -> Result<ActEnd<Vec<DeviceId>>> {
        self.perform(performer, request, |tx, actor| {
            let units = load_account_units(self, tx, account)?;
            let today = tx.now().local_date();
            let permit = authorize_over_units::<action::Revoke>(tx, actor, &units, today)??;
            let own = tx
                .devices()?
                .into_iter()
                .filter(|device| device.account == account && device.revoked_at.is_none());
            let active_devices: Vec<DeviceId> = own.map(|device| device.id).collect();
            // A card of the account would let its holder in again.
            tx.revoke_enrol_codes_of(account)?;
            for id in &active_devices {
                tx.revoke_device(*id)?;
                tx.append_audit(&AuditContext::from(&permit));
            }
            Ok(active_devices)
        })
    }
}

fn is_password_code(tx: &mut ReadTx, code_hash: &[u8], now: Timestamp) -> Result<bool> {
    Ok(tx.enrol_code(code_hash)?.is_some_and(|code| code.is_open(now) && !code.is_qr_only))
}

/// The content of a verified certificate, for a device that this database lacks.
#[derive(Debug, Clone)]
pub struct Readmission {
    /// The device as it was enrolled.
    pub device: EnrolledDevice,
    /// The unit for which it acted.
    pub unit: UnitId,
    /// Its roles there.
    pub roles: Vec<Role>,
}

/// Readmits a device. The account keeps its present grants; without any it receives those of the
/// certificate.
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

/// The identity of a device. Fails when the device is unknown or revoked.
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

/// The actor of an identity; read again if grants or devices changed since the identity was read.
pub fn revalidate_identity(tx: &mut WriteTx, identity: &CallerIdentity) -> Result<Actor> {
    if tx.head()?.auth_generation == identity.auth_generation {
        return Ok(identity.actor.clone());
    }
    Ok(load_identity(tx, identity.device.id)?.actor)
}
