//! Enrolment codes, by their hash. A code of a printed card (`is_qr_only`) enrols a device and sets
//! no password.
//!
//! Does no cryptography and checks no permission: `auth` and `app` do.

use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::enrol_code;
use super::write_tx::WriteTx;
use crate::domain::access::enrolment::{CardState, EnrolCodeId};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;

/// A stored enrolment code. Its secret is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolCode {
    /// SHA-256 of the code's symbols.
    pub hash: Vec<u8>,
    /// The account whose device it enrols.
    pub account: AccountId,
    /// The unit that the card names.
    pub unit: UnitId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether only a picture carries it: it then sets no password.
    pub is_qr_only: bool,
    /// When it was used, if it was.
    pub used_at: Option<Timestamp>,
    /// When it was revoked, if it was; 0 by a restore.
    pub revoked_at: Option<Timestamp>,
}

impl EnrolCode {
    /// Its public number.
    #[must_use]
    pub fn id(&self) -> EnrolCodeId {
        EnrolCodeId::from_hash(&self.hash)
    }

    /// Whether it can be used at `now`.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state(now) == CardState::Unused
    }

    /// What became of it until `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> CardState {
        if self.used_at.is_some() {
            CardState::Used
        } else if self.revoked_at.is_some() {
            CardState::Revoked
        } else if now < self.expires_at {
            CardState::Unused
        } else {
            CardState::Expired
        }
    }
}

type EnrolCodeRow = (Vec<u8>, Vec<u8>, Vec<u8>, i64, i64, i16, Option<i64>, Option<i64>);

fn to_enrol_code(row: EnrolCodeRow) -> Result<EnrolCode> {
    let (hash, account, unit, issued_at, expires_at, qr_only, used_at, revoked_at) = row;
    Ok(EnrolCode {
        hash,
        account: AccountId(to_byte_array(&account)?),
        unit: UnitId(to_byte_array(&unit)?),
        issued_at: Timestamp(issued_at),
        expires_at: Timestamp(expires_at),
        is_qr_only: qr_only != 0,
        used_at: used_at.map(Timestamp),
        revoked_at: revoked_at.map(Timestamp),
    })
}

impl ReadTx<'_> {
    /// The code with this hash, used or not.
    pub fn enrol_code(&mut self, hash: &[u8]) -> Result<Option<EnrolCode>> {
        let row: Option<EnrolCodeRow> =
            enrol_code::table.find(hash).first(self.conn()?).optional()?;
        row.map(to_enrol_code).transpose()
    }

    /// The codes of printed cards, by time of issue.
    pub fn qr_only_codes(&mut self) -> Result<Vec<EnrolCode>> {
        let rows: Vec<EnrolCodeRow> = enrol_code::table
            .filter(enrol_code::qr_only.ne(0))
            .order((enrol_code::issued_at, enrol_code::hash))
            .load(self.conn()?)?;
        rows.into_iter().map(to_enrol_code).collect()
    }
}

impl WriteTx<'_> {
    /// Stores a code.
    pub(crate) fn insert_enrol_code(&mut self, code: &EnrolCode) -> Result<()> {
        diesel::insert_into(enrol_code::table)
            .values((
                enrol_code::hash.eq(&code.hash),
                enrol_code::account.eq(&code.account.0[..]),
                enrol_code::unit.eq(&code.unit.0[..]),
                enrol_code::issued_at.eq(code.issued_at.0),
                enrol_code::expires_at.eq(code.expires_at.0),
                enrol_code::qr_only.eq(i16::from(code.is_qr_only)),
                enrol_code::used_at.eq(None::<i64>),
                enrol_code::revoked_at.eq(None::<i64>),
            ))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Uses an open code once: its account, or `None`.
    pub(crate) fn consume_enrol_code(&mut self, hash: &[u8]) -> Result<Option<AccountId>> {
        let now = self.now().0;
        let updated_rows = diesel::update(enrol_code::table.find(hash))
            .filter(enrol_code::used_at.is_null())
            .filter(enrol_code::revoked_at.is_null())
            .filter(enrol_code::expires_at.gt(now))
            .set(enrol_code::used_at.eq(Some(now)))
            .execute(self.conn()?)?;
        if updated_rows == 0 {
            return Ok(None);
        }
        let account_id: Vec<u8> =
            enrol_code::table.find(hash).select(enrol_code::account).first(self.conn()?)?;
        Ok(Some(AccountId(to_byte_array(&account_id)?)))
    }

    /// Revokes an unused code; false if it was used or revoked before.
    pub(crate) fn revoke_enrol_code(&mut self, hash: &[u8]) -> Result<bool> {
        let now = self.now().0;
        let updated_rows = diesel::update(enrol_code::table.find(hash))
            .filter(enrol_code::used_at.is_null())
            .filter(enrol_code::revoked_at.is_null())
            .set(enrol_code::revoked_at.eq(Some(now)))
            .execute(self.conn()?)?;
        Ok(updated_rows > 0)
    }

    /// Revokes the unused codes of an account.
    pub(crate) fn revoke_enrol_codes_of(&mut self, account_id: AccountId) -> Result<()> {
        let now = self.now().0;
        diesel::update(enrol_code::table.filter(enrol_code::account.eq(&account_id.0[..])))
            .filter(enrol_code::used_at.is_null())
            .filter(enrol_code::revoked_at.is_null())
            .set(enrol_code::revoked_at.eq(Some(now)))
            .execute(self.conn()?)?;
        Ok(())
    }
}
