//! Passwords of accounts at a desk, hashed. Knows no cryptography.

use super::error::Result;
use super::read::ReadTx;
use super::schema::{device, password};
use super::tx::WriteTx;
use crate::domain::ids::AccountId;
use diesel::prelude::*;

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = password)]
pub struct Hashed {
    /// How it was hashed.
    pub method: String,
    /// Random bytes that no other password was hashed with.
    pub salt: Vec<u8>,
    /// The hash.
    pub hash: Vec<u8>,
}

impl ReadTx<'_> {
    /// The password of an account, if it has one.
    pub fn password(&mut self, who: AccountId) -> Result<Option<Hashed>> {
        let kept = password::table.find(who.0.to_vec()).select(Hashed::as_select());
        Ok(kept.first(self.conn()).optional()?)
    }
}

impl WriteTx<'_> {
    /// Gives an account a password in place of the one before, and ends its sessions at desks.
    pub(crate) fn put_password(&mut self, who: AccountId, hashed: &Hashed) -> Result<()> {
        let Hashed { method, salt, hash } = hashed;
        let given = self.now().0;
        diesel::delete(password::table.find(&who.0[..])).execute(self.conn())?;
        diesel::insert_into(password::table)
            .values((
                password::account.eq(&who.0[..]),
                password::method.eq(method),
                password::salt.eq(salt),
                password::hash.eq(hash),
                password::given.eq(given),
            ))
            .execute(self.conn())?;
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
