//! Password hashes of accounts for desk sessions. Does no cryptography.

use super::audited_row::hash_password_row;
use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::{device, password};
use super::write_tx::WriteTx;
use crate::domain::support::ids::AccountId;
use diesel::prelude::*;

/// A stored password hash.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = password)]
pub struct PasswordHash {
    /// The algorithm and its parameters.
    pub algorithm: String,
    /// Random bytes, different for each password.
    pub salt: Vec<u8>,
    /// The hash.
    pub hash: Vec<u8>,
}

impl ReadTx<'_> {
    /// The password of an account, if it has one.
    pub fn password(&mut self, account_id: AccountId) -> Result<Option<PasswordHash>> {
        let query = password::table.find(account_id.0.to_vec()).select(PasswordHash::as_select());
        Ok(query.first(self.conn()?).optional()?)
    }
}

impl WriteTx<'_> {
    /// Sets the password of an account and revokes its desk sessions.
    pub(crate) fn put_password(
        &mut self,
        account_id: AccountId,
        hashed: &PasswordHash,
    ) -> Result<()> {
        let PasswordHash { algorithm, salt, hash } = hashed;
        let set_at = self.now().0;
        diesel::delete(password::table.find(&account_id.0[..])).execute(self.conn()?)?;
        diesel::insert_into(password::table)
            .values((
                password::account.eq(&account_id.0[..]),
                password::algorithm.eq(algorithm),
                password::salt.eq(salt),
                password::hash.eq(hash),
                password::set_at.eq(set_at),
            ))
            .execute(self.conn()?)?;
        self.row_written(hash_password_row(&account_id.0, (algorithm, salt, hash), set_at));
        self.revoke_desk_sessions(account_id)
    }

    /// Revokes every desk session of an account.
    pub(crate) fn revoke_desk_sessions(&mut self, account_id: AccountId) -> Result<()> {
        let now = self.now().0;
        diesel::update(device::table)
            .filter(device::account.eq(account_id.0.to_vec()))
            .filter(device::public_key.eq(Vec::<u8>::new()))
            .filter(device::revoked_at.is_null())
            .set((device::revoked_at.eq(Some(now)), device::token_hash.eq(None::<Vec<u8>>)))
            .execute(self.conn()?)?;
        self.bump_auth_generation()
    }
}
