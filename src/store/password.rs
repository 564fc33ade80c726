//! Passwords of accounts at a desk, hashed. Knows no cryptography.

use super::backend::on;
use super::error::Result;
use super::read::ReadTx;
use super::schema::{device, password};
use super::tx::WriteTx;
use crate::domain::ids::AccountId;
use diesel::prelude::*;

/// A password as it is kept: the method, the salt, the hash.
pub type Kept = (String, Vec<u8>, Vec<u8>);

impl ReadTx<'_> {
    /// The password of an account, if it has one.
    pub fn password(&mut self, who: AccountId) -> Result<Option<Kept>> {
        let kept = password::table.find(who.0.to_vec()).select((password::method, password::salt, password::hash));
        Ok(kept.first(self.conn()).optional()?)
    }
}

impl WriteTx<'_> {
    /// Gives an account a password in place of the one before, and ends its sessions at desks.
    pub(crate) fn put_password(&mut self, who: AccountId, (method, salt, hash): &Kept) -> Result<()> {
        let given = self.now().0;
        let row = (
            password::account.eq(who.0.to_vec()),
            password::method.eq(method.clone()),
            password::salt.eq(salt.clone()),
            password::hash.eq(hash.clone()),
            password::given.eq(given),
        );
        diesel::delete(password::table.find(who.0.to_vec())).execute(self.conn())?;
        on!(self.conn(), |conn| diesel::insert_into(password::table).values(row).execute(conn))?;
        self.end_sessions(who)
    }

    /// Ends every session at a desk of an account.
    pub(crate) fn end_sessions(&mut self, who: AccountId) -> Result<()> {
        let now = self.now().0;
        diesel::update(device::table)
            .filter(device::account.eq(who.0.to_vec()))
            .filter(device::public_key.eq(Vec::<u8>::new()))
            .filter(device::revoked.is_null())
            .set((device::revoked.eq(Some(now)), device::token_hash.eq(None::<Vec<u8>>)))
            .execute(self.conn())?;
        self.bump_auth_generation()
    }
}
