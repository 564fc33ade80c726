//! Answers of unary writes by request id, so that a call made twice has one effect and one answer.
//!
//! Knows no method: an answer is bytes of whoever asked.

use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::once;
use super::write_tx::WriteTx;
use crate::domain::ids::AccountId;
use diesel::prelude::*;

impl ReadTx<'_> {
    /// The method and the answer under a request id of an account, if it was used.
    pub fn find_idempotent_response(
        &mut self,
        account_id: AccountId,
        request_id: &[u8; 16],
    ) -> Result<Option<(String, Vec<u8>)>> {
        let row = once::table
            .find((&account_id.0[..], &request_id[..]))
            .select((once::method, once::answer));
        Ok(row.first(self.conn()).optional()?)
    }
}

impl WriteTx<'_> {
    /// Keeps the answer under a request id.
    pub(crate) fn insert_idempotent_response(
        &mut self,
        account_id: AccountId,
        request: &[u8; 16],
        method: &str,
        response: &[u8],
    ) -> Result<()> {
        let at = self.now().0;
        diesel::insert_into(once::table)
            .values((
                once::account.eq(&account_id.0[..]),
                once::request_id.eq(&request[..]),
                once::method.eq(method),
                once::answer.eq(response),
                once::at.eq(at),
            ))
            .execute(self.conn())?;
        Ok(())
    }
}
