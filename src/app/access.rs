//! Steps on devices and sessions. Secrets never come here: only their hashes. Accounts, roles and codes: `account`.

use super::App;
use super::account::{AccountUnits, may_over, units_of};
use super::error::{AppError, Result};
use crate::domain::ids::{AccountId, DeviceId, UnitId};
use crate::domain::permission::{Action, Actor, Grant, Role, action};
use crate::domain::reason::Reason;
use crate::domain::sight::Sight;
use crate::domain::time::Instant;
pub use crate::store::access::Device;
pub use crate::store::password::Hashed;
use crate::store::tx::Audit;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// A device with the actor that stands behind it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The device as enrolled.
    pub device: Device,
    /// Who asks.
    pub actor: Actor,
    /// The generation of grants and devices at which this was read.
    pub generation: i64,
}

impl App {
    /// Spends an enrolment code and enrols the device with this key; the code is the right to do so.
    pub fn enrol(
        &self,
        code_hash: &[u8],
        device: DeviceId,
        public_key: &[u8],
        token: (&[u8], Instant),
    ) -> Result<Identity> {
        self.store().write("access.enrol", self.now(), |tx| {
            let account = tx.spend_enrol_code(code_hash)?.ok_or(AppError::Unauthenticated)?;
            tx.put_device(device, account, public_key)?;
            tx.set_token(device, token.0, token.1)?;
            let identity = identity(tx, device)?;
            tx.note_act(&Audit::credential(&identity.actor, Action::Enrol.code()));
            Ok(identity)
        })
    }

    /// Spends a code and gives its account a password, which ends the account's sessions at desks.
    pub fn set_password(&self, code_hash: &[u8], password: &Hashed) -> Result<()> {
        self.store().write("access.password", self.now(), |tx| {
            let account = tx.spend_enrol_code(code_hash)?.ok_or(AppError::Unauthenticated)?;
            tx.put_password(account, password)?;
            let actor = Actor { account, device: None, grants: Vec::new() };
            tx.note_act(&Audit::credential(&actor, "access.password"));
            Ok(())
        })
    }

    /// The password of an account as it is kept.
    pub fn password(&self, account: AccountId) -> Result<Option<Hashed>> {
        Ok(self.store().read(|tx| tx.password(account))?)
    }

    /// Begins a session at a desk for an account whose password was checked: a device without a key, which cannot renew itself.
    pub fn open_session(&self, account: AccountId, session: DeviceId, token: (&[u8], Instant)) -> Result<Identity> {
        self.store().write("access.sign_in", self.now(), |tx| {
            tx.put_device(session, account, &[])?;
            tx.set_token(session, token.0, token.1)?;
            let identity = identity(tx, session)?;
            tx.note_act(&Audit::credential(&identity.actor, "access.sign_in"));
            Ok(identity)
        })
    }

    /// Gives a session at a desk a new token, until its working day is over.
    pub fn extend_session(&self, who: &Identity, token: (&[u8], Instant)) -> Result<()> {
        let now = self.now();
        self.store().write("access.extend", now, |tx| {
            let device = known(tx, who.device.id)?;
            if !device.is_desk() || device.is_over(now) {
                return Err(AppError::Unauthenticated);
            }
            Ok(tx.set_token(device.id, token.0, token.1)?)
        })
    }

    /// Gives a new token to a device whose signature over a nonce was checked, once for each nonce: its hash is kept until it expires.
    /// A device that a restored database has forgotten is admitted again first, by its certificate.
    pub fn renew(
        &self,
        device: DeviceId,
        forgotten: Option<&Readmission>,
        nonce: (&[u8], Instant),
        token: (&[u8], Instant),
    ) -> Result<Identity> {
        self.store().write("access.renew", self.now(), |tx| {
            if let Some(forgotten) = forgotten {
                readmit(tx, forgotten)?;
            }
            let identity = identity(tx, device)?;
            if !tx.spend_nonce(nonce.0, device, nonce.1)? {
                return Err(AppError::Unauthenticated);
            }
            tx.set_token(device, token.0, token.1)?;
            Ok(identity)
        })
    }

    /// Shuts out again whom a restored database has forgotten to have shut out; how many those were.
    pub fn revoke_again(&self, devices: &[DeviceId]) -> Result<usize> {
        let system = self.system()?;
        let known =
            |tx: &mut ReadTx, id: DeviceId| Ok::<_, AppError>(tx.device(id)?.is_some_and(|one| one.revoked.is_none()));
        let forgotten: Vec<DeviceId> = self.store().read(|tx| {
            let mut found = Vec::new();
            for id in devices {
                if known(tx, *id)? {
                    found.push(*id);
                }
            }
            Ok::<_, AppError>(found)
        })?;
        if forgotten.is_empty() {
            return Ok(0);
        }
        self.store().write("access.revoke_again", self.now(), |tx| {
            for id in &forgotten {
                tx.revoke_device(*id)?;
                tx.note_act(&Audit::credential(&system, Action::Revoke.code()));
            }
            Ok::<_, AppError>(forgotten.len())
        })
    }

    /// The device and its key, unless it is unknown or revoked.
    pub fn known_device(&self, device: DeviceId) -> Result<Device> {
        self.store().read(|tx| known(tx, device))
    }

    /// Who holds the token with this hash, now.
    pub fn identify(&self, token_hash: &[u8]) -> Result<Identity> {
        let now = self.now();
        self.store().read(|tx| {
            let device = tx.device_by_token(token_hash)?.ok_or(AppError::Unauthenticated)?;
            if device.token_expires.is_none_or(|end| end <= now) && !planted!("token-lives-on") {
                return Err(AppError::Unauthenticated);
            }
            behind(tx, device)
        })
    }

    /// Sees to it that every scope in sight has its short number.
    pub fn ensure_scopes(&self, sight: &Sight) -> Result<()> {
        let missing = self.store().read(|tx| Ok::<_, AppError>(tx.scopes(sight)?.len() < sight.scopes().count()))?;
        if missing {
            self.store().write("scope.number", self.now(), |tx| Ok::<_, AppError>(tx.ensure_scopes(sight)?))?;
        }
        Ok(())
    }

    /// The key of a device, also of a revoked one.
    pub fn device_key(&self, device: DeviceId) -> Result<Option<Vec<u8>>> {
        self.store().read(|tx| Ok(tx.device(device)?.map(|known| known.public_key)))
    }

    /// The devices that the caller may see, each with the units of its account: the own one, and those of accounts whose every unit is in
    /// the caller's branch.
    pub fn devices_in_sight(&self, actor: &Actor) -> Result<Vec<(Device, AccountUnits)>> {
        let now = self.now();
        let today = now.local_date();
        self.store().read(|tx| {
            let mut seen = Vec::new();
            for device in tx.devices()?.into_iter().filter(|device| !device.is_over(now)) {
                let units = units_of(self, tx, device.account)?;
                let own = actor.device == Some(device.id);
                if own || may_over::<action::ListDevices>(tx, actor, &units, today)?.is_ok() {
                    seen.push((device, units));
                }
            }
            Ok(seen)
        })
    }

    /// Shuts a device out for good.
    pub fn revoke_device(&self, actor: &Actor, device: DeviceId) -> Result<(Device, AccountUnits)> {
        self.store().write("access.revoke", self.now(), |tx| {
            let found = tx.device(device)?.ok_or(Reason::NotFound)?;
            let units = units_of(self, tx, found.account)?;
            let audit = if actor.device == Some(device) {
                Audit::credential(actor, Action::Revoke.code())
            } else {
                Audit::from(&may_over::<action::Revoke>(tx, actor, &units, self.now().local_date())??)
            };
            tx.revoke_device(device)?;
            tx.note_act(&audit);
            Ok((tx.device(device)?.ok_or(Reason::NotFound)?, units))
        })
    }

    /// Shuts out every device and session of an account; those that were still let in.
    pub fn revoke_account(&self, actor: &Actor, account: AccountId) -> Result<Vec<DeviceId>> {
        self.store().write("access.revoke", self.now(), |tx| {
            let units = units_of(self, tx, account)?;
            let permit = may_over::<action::Revoke>(tx, actor, &units, self.now().local_date())??;
            let own = tx.devices()?.into_iter().filter(|device| device.account == account && device.revoked.is_none());
            let held: Vec<DeviceId> = own.map(|device| device.id).collect();
            for id in &held {
                tx.revoke_device(*id)?;
                tx.note_act(&Audit::from(&permit));
            }
            Ok(held)
        })
    }
}

/// What a certificate, checked by the caller, says of a device that this database has forgotten.
#[derive(Debug, Clone)]
pub struct Readmission {
    /// The device as it was enrolled.
    pub device: Device,
    /// The unit that it acted for.
    pub unit: UnitId,
    /// Its roles there.
    pub roles: Vec<Role>,
}

/// Admits a forgotten device again. The account keeps the grants that it has here; one without any gets those of the certificate.
fn readmit(tx: &mut WriteTx, forgotten: &Readmission) -> Result<()> {
    let Readmission { device, unit, roles } = forgotten;
    if tx.device(device.id)?.is_some() {
        return Ok(());
    }
    tx.put_account(device.account, "")?;
    if tx.grants(device.account)?.is_empty() {
        let from = device.enrolled.local_date();
        for role in roles {
            tx.put_grant(device.account, &Grant { role: *role, unit: *unit, from, to: Date::constant(2199, 1, 1) })?;
        }
    }
    tx.put_device(device.id, device.account, &device.public_key)?;
    let identity = identity(tx, device.id)?;
    tx.note_act(&Audit::credential(&identity.actor, "device.readmit"));
    Ok(())
}

/// The device, unless it is unknown or revoked.
pub fn known(tx: &mut ReadTx, device: DeviceId) -> Result<Device> {
    let device = tx.device(device)?.ok_or(AppError::Unauthenticated)?;
    let_in(device)
}

fn let_in(device: Device) -> Result<Device> {
    if device.revoked.is_some() { Err(AppError::DeviceRevoked) } else { Ok(device) }
}

/// Reads who stands behind a device. Fails when it is unknown or revoked.
pub fn identity(tx: &mut ReadTx, device: DeviceId) -> Result<Identity> {
    let device = tx.device(device)?.ok_or(AppError::Unauthenticated)?;
    behind(tx, device)
}

fn behind(tx: &mut ReadTx, device: Device) -> Result<Identity> {
    let device = let_in(device)?;
    let actor = Actor { account: device.account, device: Some(device.id), grants: tx.grants(device.account)? };
    let generation = tx.head()?.auth_generation;
    Ok(Identity { device, actor, generation })
}

/// Refuses an identity that was read before grants or devices changed.
pub fn still_valid(tx: &mut WriteTx, identity: &Identity) -> Result<Actor> {
    if tx.head()?.auth_generation == identity.generation {
        return Ok(identity.actor.clone());
    }
    Ok(self::identity(tx, identity.device.id)?.actor)
}
