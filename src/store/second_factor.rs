//! Second factors of desk accounts. Does no cryptography.

use super::audited_row::{hash_second_factor, second_factor_key};
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{grants, second_factor};
use super::write_tx::WriteTx;
use crate::domain::access::second_factor::{ConfirmedFactor, SECOND_FACTOR_ROLES};
use crate::domain::support::ids::AccountId;
use crate::domain::support::time::days_from_date;
use diesel::prelude::*;
use jiff::civil::Date;

/// Bytes of the hash of one recovery code.
const HASH_BYTES: usize = 32;

/// The second factor of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFactor {
    /// From it and the server's secret the secret of the codes is derived.
    pub salt: [u8; 16],
    /// Recovery codes that were not used.
    pub recovery_codes_left: usize,
}

impl ReadTx<'_> {
    /// The second factor of an account, if it has one.
    pub fn second_factor(&mut self, account_id: AccountId) -> Result<Option<StoredFactor>> {
        let found: Option<(Vec<u8>, Vec<u8>)> = second_factor::table
            .find(account_id.0.to_vec())
            .select((second_factor::salt, second_factor::recovery_hashes))
            .first(self.conn()?)
            .optional()?;
        let Some((salt, hashes)) = found else { return Ok(None) };
        let recovery_codes_left = hashes.len() / HASH_BYTES;
        Ok(Some(StoredFactor { salt: to_byte_array(&salt)?, recovery_codes_left }))
    }

    /// The accounts that hold a role of [`SECOND_FACTOR_ROLES`] on this day or later.
    pub fn accounts_that_need_second_factor(&mut self, today: Date) -> Result<Vec<AccountId>> {
        let ids: Vec<Vec<u8>> = grants::table
            .filter(grants::role.eq_any(SECOND_FACTOR_ROLES.map(|role| role.number())))
            .filter(grants::to_day.gt(days_from_date(today)))
            .order(grants::account)
            .select(grants::account)
            .distinct()
            .load(self.conn()?)?;
        ids.iter().map(|id| Ok(AccountId(to_byte_array(id)?))).collect()
    }
}

impl WriteTx<'_> {
    /// Sets the second factor of an account and revokes its desk sessions.
    pub(crate) fn put_second_factor(
        &mut self,
        account_id: AccountId,
        factor: &ConfirmedFactor,
    ) -> Result<()> {
        let ConfirmedFactor { salt, recovery_hashes, step } = factor;
        let (hashes, enrolled_at) = (recovery_hashes.concat(), self.now().0);
        diesel::delete(second_factor::table.find(&account_id.0[..])).execute(self.conn()?)?;
        diesel::insert_into(second_factor::table)
            .values((
                second_factor::account.eq(&account_id.0[..]),
                second_factor::salt.eq(&salt[..]),
                second_factor::recovery_hashes.eq(&hashes),
                second_factor::last_step.eq(step),
                second_factor::enrolled_at.eq(enrolled_at),
            ))
            .execute(self.conn()?)?;
        self.row_written(hash_second_factor(&account_id.0, (salt, &hashes), enrolled_at));
        self.revoke_desk_sessions(account_id)
    }

    /// Removes the second factor of an account and revokes its desk sessions.
    pub(crate) fn delete_second_factor(&mut self, account_id: AccountId) -> Result<()> {
        let deleted =
            diesel::delete(second_factor::table.find(&account_id.0[..])).execute(self.conn()?)?;
        if deleted > 0 {
            self.row_deleted(second_factor_key(&account_id.0));
        }
        self.revoke_desk_sessions(account_id)
    }

    /// Uses the code of a step once: whether no code of this step or a later one was used.
    pub(crate) fn use_factor_step(&mut self, account_id: AccountId, step: i64) -> Result<bool> {
        let newest = if planted!("code-used-twice") { i64::MAX } else { step };
        let updated_rows = diesel::update(second_factor::table.find(&account_id.0[..]))
            .filter(second_factor::last_step.lt(newest))
            .set(second_factor::last_step.eq(step))
            .execute(self.conn()?)?;
        Ok(updated_rows > 0)
    }

    /// Uses a recovery code once: whether it was one of those that are left.
    pub(crate) fn use_recovery_code(
        &mut self,
        account_id: AccountId,
        hash: &[u8; 32],
    ) -> Result<bool> {
        let found: Option<(Vec<u8>, Vec<u8>, i64)> = second_factor::table
            .find(&account_id.0[..])
            .select((
                second_factor::salt,
                second_factor::recovery_hashes,
                second_factor::enrolled_at,
            ))
            .first(self.conn()?)
            .optional()?;
        let Some((salt, before, enrolled_at)) = found else { return Ok(false) };
        let left: Vec<u8> =
            before.chunks(HASH_BYTES).filter(|one| *one != hash).flatten().copied().collect();
        // Another node may have used it since this one read the row.
        let updated_rows = diesel::update(second_factor::table.find(&account_id.0[..]))
            .filter(second_factor::recovery_hashes.eq(&before))
            .set(second_factor::recovery_hashes.eq(&left))
            .execute(self.conn()?)?;
        if updated_rows == 0 || left.len() == before.len() {
            return Ok(false);
        }
        self.row_written(hash_second_factor(&account_id.0, (&salt, &left), enrolled_at));
        Ok(true)
    }
}
