//! Accounts, grants, devices and used nonces. Secrets are stored as hashes only. Enrolment codes
//! are in `enrol_code`.
//!
//! Does no cryptography and checks no permission: `auth` and `app` do.

use super::audited_row::{grant_key, hash_device, hash_grant};
use super::backend::with_conn;
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{account, device, grants, used_nonce};
use super::write_tx::WriteTx;
use crate::domain::access::permission::{Grant, Role};
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::limits::{ACCESS_TOKEN_LIFETIME_MICROS, DESK_SESSION_LIFETIME_MICROS};
use crate::domain::support::time::{Timestamp, date_from_days, days_from_date};
use diesel::prelude::*;

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledDevice {
    /// Its id.
    pub id: DeviceId,
    /// The account it belongs to.
    pub account: AccountId,
    /// Its public key, as enrolled.
    pub public_key: Vec<u8>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Highest command number taken from it.
    pub last_command_number: u64,
    /// Hash chain of the outcomes of its commands.
    pub outcome_chain: Vec<u8>,
    /// Whether one command number once came with two different contents.
    pub is_forked: bool,
    /// When its access token expires, if it has one.
    pub token_expires_at: Option<Timestamp>,
}

impl EnrolledDevice {
    /// Whether it is a desk session: no public key.
    #[must_use]
    pub fn is_desk_session(&self) -> bool {
        self.public_key.is_empty()
    }

    /// Whether it is a desk session past its longest lifetime.
    #[must_use]
    pub fn is_expired_session(&self, now: Timestamp) -> bool {
        self.is_desk_session()
            && self.enrolled_at.saturating_add_micros(DESK_SESSION_LIFETIME_MICROS) <= now
    }

    /// Whether it is a desk session that may still act. One whose token has ended cannot extend
    /// itself any more.
    #[must_use]
    pub fn is_live_session(&self, now: Timestamp) -> bool {
        self.is_desk_session()
            && self.revoked_at.is_none()
            && self.token_expires_at.is_some_and(|end| now < end)
            && !self.is_expired_session(now)
    }

    /// When it last called: a device renews its token when it calls, so the start of the token's
    /// lifetime is stored nowhere else.
    #[must_use]
    pub fn last_seen(&self) -> Timestamp {
        self.token_expires_at.map_or(self.enrolled_at, |end| {
            end.saturating_add_micros(-ACCESS_TOKEN_LIFETIME_MICROS)
        })
    }
}

type EnrolledDeviceRow =
    (Vec<u8>, Vec<u8>, Vec<u8>, i64, Option<i64>, i64, Vec<u8>, i16, Option<i64>);

type AccountGrantRow = (Vec<u8>, i16, Vec<u8>, i32, i32);

impl ReadTx<'_> {
    /// The device with this id.
    pub fn device(&mut self, id: DeviceId) -> Result<Option<EnrolledDevice>> {
        let row: Option<EnrolledDeviceRow> =
            with_conn!(self.settled_conn(), |conn| select_devices()
                .filter(device::id.eq(&id.0[..]))
                .first(conn)
                .optional())?;
        let Some(mut device) = row.map(to_device).transpose()? else { return Ok(None) };
        if let Some(Some(outbox)) = self.pending().writes.outboxes.get(&id) {
            device.last_command_number = outbox.last_command_number;
            device.outcome_chain = outbox.outcome_chain.to_vec();
        }
        Ok(Some(device))
    }

    /// The device whose access token has this hash.
    pub fn device_by_token(&mut self, token_hash: &[u8]) -> Result<Option<EnrolledDevice>> {
        let row: Option<EnrolledDeviceRow> = with_conn!(self.conn()?, |conn| select_devices()
            .filter(device::token_hash.eq(token_hash))
            .first(conn)
            .optional())?;
        row.map(to_device).transpose()
    }

    /// All devices, in order of enrolment.
    pub fn devices(&mut self) -> Result<Vec<EnrolledDevice>> {
        let rows: Vec<EnrolledDeviceRow> =
            select_devices().order((device::enrolled_at, device::id)).load(self.conn()?)?;
        rows.into_iter().map(to_device).collect()
    }

    /// The desk sessions of an account, also those that are over and not yet deleted, the newest
    /// first.
    pub fn desk_sessions(&mut self, account_id: AccountId) -> Result<Vec<EnrolledDevice>> {
        let rows: Vec<EnrolledDeviceRow> = with_conn!(self.conn()?, |conn| select_devices()
            .filter(device::account.eq(&account_id.0[..]))
            .filter(device::public_key.eq(Vec::<u8>::new()))
            .order((device::enrolled_at.desc(), device::id))
            .load(conn))?;
        rows.into_iter().map(to_device).collect()
    }

    /// All grants of an account.
    pub fn grants(&mut self, account_id: AccountId) -> Result<Vec<Grant>> {
        let rows: Vec<(i16, Vec<u8>, i32, i32)> =
            with_conn!(self.settled_conn(), |conn| grants::table
                .filter(grants::account.eq(&account_id.0[..]))
                .order((grants::role, grants::unit, grants::from_day))
                .select((grants::role, grants::unit, grants::from_day, grants::to_day))
                .load(conn))?;
        rows.into_iter().filter_map(|row| to_grant(row).transpose()).collect()
    }

    /// Every account that holds a role on `unit`, with the grants, by account and role.
    pub fn grants_on_unit(&mut self, unit: UnitId) -> Result<Vec<(AccountId, Grant)>> {
        let rows: Vec<AccountGrantRow> = grants::table
            .filter(grants::unit.eq(&unit.0[..]))
            .order((grants::account, grants::role))
            .select((grants::account, grants::role, grants::unit, grants::from_day, grants::to_day))
            .load(self.conn()?)?;
        to_account_grants(rows)
    }

    /// The grants of all accounts, by account and role.
    pub fn all_grants(&mut self) -> Result<Vec<(AccountId, Grant)>> {
        let rows: Vec<AccountGrantRow> = grants::table
            .order((grants::account, grants::role, grants::unit))
            .select((grants::account, grants::role, grants::unit, grants::from_day, grants::to_day))
            .load(self.conn()?)?;
        to_account_grants(rows)
    }

    /// The label of the account; `None`: there is no such account.
    pub fn account_label(&mut self, account_id: AccountId) -> Result<Option<String>> {
        Ok(account::table
            .find(&account_id.0[..])
            .select(account::label)
            .first(self.conn()?)
            .optional()?)
    }
}

impl WriteTx<'_> {
    /// Creates an account, or leaves the existing one.
    pub(crate) fn put_account(&mut self, account_id: AccountId, label: &str) -> Result<()> {
        if self.account_label(account_id)?.is_none() {
            let created = self.now().0;
            diesel::insert_into(account::table)
                .values((
                    account::id.eq(&account_id.0[..]),
                    account::label.eq(label),
                    account::created_at.eq(created),
                ))
                .execute(self.conn()?)?;
        }
        Ok(())
    }

    /// Grants a role; replaces a grant of the same role on the same unit.
    pub(crate) fn put_grant(&mut self, account_id: AccountId, grant: &Grant) -> Result<()> {
        self.delete_grant(account_id, grant)?;
        let (account, role, unit) = (&account_id.0[..], grant.role.number(), &grant.unit.0[..]);
        let (from, to) = (days_from_date(grant.from), days_from_date(grant.to));
        diesel::insert_into(grants::table)
            .values((
                grants::account.eq(account),
                grants::role.eq(role),
                grants::unit.eq(unit),
                grants::from_day.eq(from),
                grants::to_day.eq(to),
            ))
            .execute(self.conn()?)?;
        self.row_written(hash_grant((account, role, unit), (from, to)));
        self.bump_auth_generation()
    }

    /// Deletes a grant and remembers it as a former grant.
    pub(crate) fn revoke_grant(&mut self, account_id: AccountId, grant: &Grant) -> Result<()> {
        self.delete_grant(account_id, grant)?;
        self.insert_former_grant(account_id, grant)?;
        self.bump_auth_generation()
    }

    fn delete_grant(&mut self, account_id: AccountId, grant: &Grant) -> Result<()> {
        let (account, role, unit) = (&account_id.0[..], grant.role.number(), &grant.unit.0[..]);
        diesel::delete(grants::table.find((account, role, unit))).execute(self.conn()?)?;
        self.row_deleted(grant_key(account, role, unit));
        Ok(())
    }

    /// Enrols a device.
    pub(crate) fn insert_device(
        &mut self,
        id: DeviceId,
        account_id: AccountId,
        public_key: &[u8],
    ) -> Result<()> {
        let now = self.now().0;
        diesel::insert_into(device::table)
            .values((
                device::id.eq(&id.0[..]),
                device::account.eq(&account_id.0[..]),
                device::public_key.eq(public_key),
                device::enrolled_at.eq(now),
                device::last_command_number.eq(0i64),
                device::outcome_chain.eq(vec![0u8; 32]),
                device::forked.eq(0i16),
            ))
            .execute(self.conn()?)?;
        self.device_written(id)
    }

    /// Adds a device with a key to the rows that the next audit row covers. A desk session has no
    /// key and lives for hours.
    fn device_written(&mut self, id: DeviceId) -> Result<()> {
        let Some(device) = self.device(id)?.filter(|device| !device.is_desk_session()) else {
            return Ok(());
        };
        let EnrolledDevice { account, public_key, enrolled_at, revoked_at, .. } = &device;
        let times = (enrolled_at.0, revoked_at.map(|at| at.0));
        self.row_written(hash_device((&id.0, &account.0), public_key, times));
        Ok(())
    }

    /// Sets the access token of a device; the former one is no longer valid.
    pub(crate) fn set_token(
        &mut self,
        id: DeviceId,
        token_hash: &[u8],
        expires: Timestamp,
    ) -> Result<()> {
        diesel::update(device::table.find(&id.0[..]))
            .set((
                device::token_hash.eq(Some(token_hash)),
                device::token_expires_at.eq(Some(expires.0)),
            ))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Revokes a device and its token.
    pub(crate) fn revoke_device(&mut self, id: DeviceId) -> Result<()> {
        let now = self.now().0;
        diesel::update(device::table.find(&id.0[..]))
            .filter(device::revoked_at.is_null())
            .set((device::revoked_at.eq(Some(now)), device::token_hash.eq(None::<Vec<u8>>)))
            .execute(self.conn()?)?;
        self.device_written(id)?;
        self.bump_auth_generation()
    }

    /// Deletes expired desk sessions that sent no command and returns how many. Sessions that sent
    /// one stay: their commands refer to them.
    pub(crate) fn delete_expired_sessions(&mut self) -> Result<usize> {
        let last = self.now().saturating_add_micros(-DESK_SESSION_LIFETIME_MICROS);
        let expired = device::table
            .filter(device::public_key.eq(Vec::<u8>::new()))
            .filter(device::enrolled_at.le(last.0))
            .filter(device::last_command_number.eq(0));
        Ok(diesel::delete(expired).execute(self.conn()?)?)
    }

    /// Marks that one command number came with two different contents.
    pub(crate) fn mark_forked(&mut self, id: DeviceId) -> Result<()> {
        diesel::update(device::table.find(&id.0[..]))
            .set(device::forked.eq(1i16))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Stores a used nonce until it expires; false if it was used before.
    pub(crate) fn consume_nonce(
        &mut self,
        hash: &[u8],
        id: DeviceId,
        expires: Timestamp,
    ) -> Result<bool> {
        let now = self.now().0;
        diesel::delete(used_nonce::table.filter(used_nonce::expires_at.le(now)))
            .execute(self.conn()?)?;
        let used: i64 = used_nonce::table.find(hash).count().get_result(self.conn()?)?;
        if used > 0 {
            return Ok(false);
        }
        diesel::insert_into(used_nonce::table)
            .values((
                used_nonce::hash.eq(hash),
                used_nonce::device.eq(&id.0[..]),
                used_nonce::expires_at.eq(expires.0),
            ))
            .execute(self.conn()?)?;
        Ok(true)
    }
}

type EnrolledDeviceColumns = (
    device::id,
    device::account,
    device::public_key,
    device::enrolled_at,
    device::revoked_at,
    device::last_command_number,
    device::outcome_chain,
    device::forked,
    device::token_expires_at,
);

fn select_devices() -> diesel::dsl::Select<device::table, EnrolledDeviceColumns> {
    device::table.select((
        device::id,
        device::account,
        device::public_key,
        device::enrolled_at,
        device::revoked_at,
        device::last_command_number,
        device::outcome_chain,
        device::forked,
        device::token_expires_at,
    ))
}

fn to_device(row: EnrolledDeviceRow) -> Result<EnrolledDevice> {
    let (
        id,
        account_id,
        public_key,
        enrolled_at,
        revoked_at,
        last_command_number,
        outcome_chain,
        forked,
        token_expires_at,
    ) = row;
    Ok(EnrolledDevice {
        id: DeviceId(to_byte_array(&id)?),
        account: AccountId(to_byte_array(&account_id)?),
        public_key,
        enrolled_at: Timestamp(enrolled_at),
        revoked_at: revoked_at.map(Timestamp),
        last_command_number: u64::try_from(last_command_number).unwrap_or(0),
        outcome_chain,
        is_forked: forked != 0,
        token_expires_at: token_expires_at.map(Timestamp),
    })
}

fn to_grant((role, unit, from, to): (i16, Vec<u8>, i32, i32)) -> Result<Option<Grant>> {
    let Some(role) = Role::from_number(role) else { return Ok(None) };
    let unit = UnitId(to_byte_array(&unit)?);
    Ok(Some(Grant { role, unit, from: date_from_days(from), to: date_from_days(to) }))
}

/// Grants with their accounts; a role of a newer program is left out.
fn to_account_grants(rows: Vec<AccountGrantRow>) -> Result<Vec<(AccountId, Grant)>> {
    let with_account = |(account_id, role, unit, from, to): AccountGrantRow| {
        let grant = to_grant((role, unit, from, to)).transpose()?;
        Some(grant.and_then(|grant| Ok((AccountId(to_byte_array(&account_id)?), grant))))
    };
    rows.into_iter().filter_map(with_account).collect()
}
