//! Waivers as records: in the work scopes of the unit that owes the report and of its ancestors.
//!
//! Contains no rule; the caller decides who may sign.

use super::backend::with_conn;
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::report::report_scopes;
use super::schema::{audit, record as records};
use super::write_rights::WritesWaiver;
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::Permit;
use crate::domain::access::scope::RecordKind;
use crate::domain::report::waiver::Waiver;
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::{AccountId, WaiverId};
use crate::wire::record::{self, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeMap;

impl ReadTx<'_> {
    /// Every waiver with its revision, in no defined order.
    pub fn waivers(&mut self, units: &UnitNumbers) -> Result<Vec<(Waiver, i64)>> {
        let stored = self.records(RecordKind::Waiver)?.into_iter();
        stored
            .map(|(_, one)| Ok((record::decode_waiver(&one.bytes, units)?, one.revision)))
            .collect()
    }

    /// The hash of the content of everything that two persons sign: of every waiver and every
    /// hand-over, by kind and id.
    pub fn signed_hashes(&mut self) -> Result<Vec<Vec<u8>>> {
        let kinds = [RecordKind::Waiver, RecordKind::Handover];
        let mut hashes = Vec::new();
        for kind in kinds {
            let of_kind: Vec<Vec<u8>> =
                with_conn!(self.conn_for_kinds(&kinds)?, |conn| records::table
                    .filter(records::kind.eq(kind.number()))
                    .order(records::id)
                    .select(records::hash)
                    .load(conn))?;
            hashes.extend(of_kind);
        }
        Ok(hashes)
    }

    /// One waiver with its revision.
    pub fn waiver(&mut self, id: WaiverId, units: &UnitNumbers) -> Result<Option<(Waiver, i64)>> {
        let Some(stored) = self.record(RecordKind::Waiver, &id.0)? else { return Ok(None) };
        Ok(Some((record::decode_waiver(&stored.bytes, units)?, stored.revision)))
    }

    /// The account that last changed each record of a kind by this action, as the audit says.
    pub fn last_accounts_of_action(
        &mut self,
        kind: RecordKind,
        action: &str,
    ) -> Result<BTreeMap<[u8; 16], AccountId>> {
        let rows: Vec<(Option<Vec<u8>>, Vec<u8>)> = audit::table
            .filter(audit::record_kind.eq(kind.number()))
            .filter(audit::action.eq(action))
            .filter(audit::from_revision.ne(audit::to_revision))
            .order(audit::seq)
            .select((audit::record_id, audit::account))
            .load(self.conn()?)?;
        rows.into_iter()
            .filter_map(|(id, account)| Some((id?, account)))
            .map(|(id, account)| Ok((to_byte_array(&id)?, AccountId(to_byte_array(&account)?))))
            .collect()
    }
}

impl WriteTx<'_> {
    /// Writes a waiver, unless it is unchanged.
    pub fn put_waiver<A: WritesWaiver>(
        &mut self,
        permit: &Permit<A>,
        waiver: &Waiver,
        units: &UnitNumbers,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, waiver.key.unit)?;
        let bytes = record::encode_waiver(waiver, units)?;
        let unit_path = self.unit_path(waiver.key.unit)?;
        let scopes = report_scopes(ReportState::Submitted, &unit_path);
        let (audit, id) = (AuditContext::from(permit), waiver.id().0);
        self.put_record(&audit, RecordKind::Waiver, id, &bytes, scopes)
    }
}
