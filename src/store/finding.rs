//! Findings, as records: on the desk of the unit that is asked, and in the work scopes of it and of the units above once they may see it.
//!
//! Knows no rule, and when a finding is shared it is told.

use super::asof::Sending;
use super::error::Result;
use super::read::{ReadTx, fixed};
use super::report::report_scopes;
use super::schema::{report, report_revision};
use super::tx::{Audit, Put, WriteTx};
use crate::domain::ids::{DeviceId, FindingId, ReportId};
use crate::domain::permission::{Kind, Permit};
use crate::domain::quality::Finding;
use crate::domain::scope::RecordKind;
use crate::domain::time::Instant;
use crate::domain::workflow::State;
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;

impl ReadTx<'_> {
    /// Every finding with its revision, in no order that says anything.
    pub fn findings(&mut self, units: &UnitNumbers, elements: &ElementNumbers) -> Result<Vec<(Finding, i64)>> {
        let stored = self.records(RecordKind::Finding)?.into_iter();
        stored.map(|(_, one)| Ok((record::read_finding(&one.bytes, units, elements)?, one.revision))).collect()
    }

    /// One finding with its revision.
    pub fn finding(
        &mut self,
        id: FindingId,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Option<(Finding, i64)>> {
        let Some(stored) = self.record(RecordKind::Finding, &id.0)? else { return Ok(None) };
        Ok(Some((record::read_finding(&stored.bytes, units, elements)?, stored.revision)))
    }

    /// Every sent revision of every report, by report, oldest first, with the device that wrote the report last.
    pub fn sendings(&mut self, units: &UnitNumbers) -> Result<Vec<Sending>> {
        let rows: Vec<(Vec<u8>, i64, Vec<u8>, Option<Vec<u8>>)> = report_revision::table
            .inner_join(report::table.on(report::id.eq(report_revision::report)))
            .order((report_revision::report, report_revision::revision))
            .select((report_revision::report, report_revision::at, report_revision::bytes, report::last_device))
            .load(self.conn())?;
        rows.into_iter()
            .map(|(id, at, bytes, device)| {
                let device = device.map(|id| fixed(&id).map(DeviceId)).transpose()?;
                let report = record::read_report(&bytes, units)?;
                Ok(Sending { id: ReportId(fixed(&id)?), at: Instant(at), device, report })
            })
            .collect()
    }
}

impl WriteTx<'_> {
    /// Puts a finding where it belongs by now; an unchanged one is not written.
    pub(crate) fn put_finding<A: Kind>(
        &mut self,
        permit: &Permit<A>,
        finding: &Finding,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Put> {
        let bytes = record::finding(finding, units, elements)?;
        let place = self.unit_path(finding.unit)?;
        let mut scopes = report_scopes(State::Draft, &place);
        if finding.shared {
            scopes.extend(report_scopes(State::Submitted, &place));
        }
        self.put_record(&Audit::from(permit), RecordKind::Finding, finding.id().0, &bytes, scopes)
    }

    /// Takes a question back that no longer asks anything.
    pub(crate) fn drop_finding<A: Kind>(&mut self, permit: &Permit<A>, id: FindingId) -> Result<()> {
        self.delete_record(&Audit::from(permit), RecordKind::Finding, id.0)
    }
}
