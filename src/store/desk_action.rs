//! What was done at a desk after a copy was made, each with the accounts and units that it was
//! about, so that it can be done again.

use super::audit::{AuditEntry, AuditFilter};
use super::audited_row::subject_of_row;
use super::backend::DatabaseLocation;
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{audited_row, device, enrol_code};
use super::schema_migration;
use crate::domain::access::permission::Role;
use crate::domain::org::Org;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{AccountId, UnitId};
use diesel::prelude::*;

/// An audit row of a desk, with what it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskAction {
    /// The row.
    pub entry: AuditEntry,
    /// The accounts whose roles, codes or passwords it changed; empty for any other change.
    pub subjects: Vec<ActionSubject>,
}

/// An account that a desk action was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSubject {
    /// Its label; its id while it has none.
    pub account: String,
    /// The role that it was given or lost.
    pub role: Option<Role>,
    /// Code and name of the unit, if the action names one.
    pub unit: Option<(String, String)>,
}

/// An account, role and unit by their numbers.
type SubjectIds = (AccountId, Option<Role>, Option<UnitId>);

/// An enrolment code by account and unit, with the time of its issue.
type IssuedCode = (i64, AccountId, UnitId);

/// Audit rows after `seq` that came from no device: no phone can send them again.
pub fn list_desk_actions(location: &DatabaseLocation, seq: i64) -> Result<Vec<DeskAction>> {
    let mut conn = location.connect(false)?;
    schema_migration::check_schema_known(&mut conn)?;
    let (mut tx, mut after, mut found) = (ReadTx::new(&mut conn), seq, Vec::new());
    loop {
        let lines = tx.audit_entries(after, 1000, &AuditFilter::default())?;
        let Some(last) = lines.last() else { break };
        after = last.seq;
        found.extend(lines.into_iter().filter(|line| line.device.is_none()));
    }
    tx.name_subjects(found)
}

impl ReadTx<'_> {
    fn name_subjects(&mut self, entries: Vec<AuditEntry>) -> Result<Vec<DeskAction>> {
        // Codes are enough where the organisation cannot be read.
        let facts = self.reference_data().map(|reference| reference.org).unwrap_or_default();
        let org = Org::new(facts).unwrap_or_default();
        let mut codes = self.issued_codes()?;
        let mut actions = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut about = self.accounts_of_rows(entry.seq)?;
            // A code has no line of its own in the audit; it has the time of its audit row.
            let code = codes.iter().position(|(at, _, _)| *at == entry.at.0);
            if let Some(at) = code.filter(|_| about.is_empty()) {
                let (_, account, unit) = codes.remove(at);
                about.push((account, None, Some(unit)));
            }
            let mut subjects = Vec::with_capacity(about.len());
            for ids in about {
                subjects.push(self.name_subject(ids, &org, &entry)?);
            }
            actions.push(DeskAction { entry, subjects });
        }
        Ok(actions)
    }

    fn name_subject(
        &mut self,
        (account, role, unit): SubjectIds,
        org: &Org,
        entry: &AuditEntry,
    ) -> Result<ActionSubject> {
        let label = self.account_label(account)?.filter(|label| !label.is_empty());
        let day = entry.at.local_date();
        let unit = unit.map(|id| {
            let code = org.unit(id).map_or_else(|| id.to_string(), |unit| unit.uid.clone());
            (code, org.nearest_name(id, day).to_owned())
        });
        Ok(ActionSubject { account: label.unwrap_or_else(|| account.to_string()), role, unit })
    }

    /// The accounts and units of the rows that this step wrote.
    fn accounts_of_rows(&mut self, seq: i64) -> Result<Vec<SubjectIds>> {
        let rows: Vec<(String, String)> = audited_row::table
            .filter(audited_row::seq.eq(seq))
            .order(audited_row::row_key)
            .select((audited_row::table_name, audited_row::row_key))
            .load(self.conn()?)?;
        let mut found: Vec<SubjectIds> =
            rows.iter().filter_map(|(_, key)| subject_of_row(key)).collect();
        for (_, key) in rows.iter().filter(|(table, _)| table == "device") {
            found.extend(self.account_of_device(key)?.map(|account| (account, None, None)));
        }
        found.dedup();
        Ok(found)
    }

    fn account_of_device(&mut self, device_hex: &str) -> Result<Option<AccountId>> {
        let devices: Vec<(Vec<u8>, Vec<u8>)> =
            device::table.select((device::id, device::account)).load(self.conn()?)?;
        let account = devices.into_iter().find(|(id, _)| encode_hex(id) == device_hex);
        Ok(account.map(|(_, account)| to_byte_array(&account)).transpose()?.map(AccountId))
    }

    fn issued_codes(&mut self) -> Result<Vec<IssuedCode>> {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = enrol_code::table
            .order((enrol_code::issued_at, enrol_code::hash))
            .select((enrol_code::issued_at, enrol_code::account, enrol_code::unit))
            .load(self.conn()?)?;
        let code = |(at, account, unit): (i64, Vec<u8>, Vec<u8>)| {
            Ok((at, AccountId(to_byte_array(&account)?), UnitId(to_byte_array(&unit)?)))
        };
        rows.into_iter().map(code).collect()
    }
}
