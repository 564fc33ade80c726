//! Responses of unary writes by request id, so that a repeated call has one effect and one
//! response.
//!
//! Does not depend on methods: a response is opaque bytes.

use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::idempotency_key;
use super::write_tx::WriteTx;
use crate::domain::support::ids::AccountId;
use diesel::prelude::*;

impl ReadTx<'_> {
    /// The method and the response stored under a request id of an account.
    pub fn find_idempotent_response(
        &mut self,
        account_id: AccountId,
        request_id: &[u8; 16],
    ) -> Result<Option<(String, Vec<u8>)>> {
        let row = idempotency_key::table
            .find((&account_id.0[..], &request_id[..]))
            .select((idempotency_key::method, idempotency_key::response));
        Ok(row.first(self.conn()?).optional()?)
    }
}

impl WriteTx<'_> {
    /// Stores the response under a request id.
    pub(crate) fn insert_idempotent_response(
        &mut self,
        account_id: AccountId,
        request: &[u8; 16],
        method: &str,
        response: &[u8],
    ) -> Result<()> {
        let at = self.now().0;
        diesel::insert_into(idempotency_key::table)
            .values((
                idempotency_key::account.eq(&account_id.0[..]),
                idempotency_key::request_id.eq(&request[..]),
                idempotency_key::method.eq(method),
                idempotency_key::response.eq(response),
                idempotency_key::created_at.eq(at),
            ))
            .execute(self.conn()?)?;
        Ok(())
    }
}
