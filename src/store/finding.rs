//! Findings, as records: on the desk of the unit that is asked, and in the work scopes of it and of the units above once they may see it.
//!
//! Knows no rule, and when a finding is shared it is told.

use super::asof::Sending;
use super::error::Result;
use super::read::{ReadTx, fixed};
use super::report::report_scopes;
use super::schema::{audit, report_revision};
use super::tx::{Audit, Put, WriteTx};
use crate::domain::ids::{DeviceId, FindingId, ReportId};
use crate::domain::permission::{Kind, Permit};
use crate::domain::quality::Finding;
use crate::domain::scope::RecordKind;
use crate::domain::time::Instant;
use crate::domain::workflow::State;
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeMap;

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

    /// Every sent revision of every report, by report, oldest first, with the device that submitted it.
    pub fn sendings(&mut self, units: &UnitNumbers) -> Result<Vec<Sending>> {
        // Who wrote last is the reviewer as often as not: the audit says who submitted.
        let submitted: Vec<(Option<Vec<u8>>, i64, Option<Vec<u8>>)> = audit::table
            .filter(audit::action.eq("report.submit"))
            .select((audit::id, audit::to_revision, audit::device))
            .load(self.conn())?;
        let mut devices = BTreeMap::new();
        for (id, revision, device) in submitted {
            if let (Some(id), Some(device)) = (id, device) {
                devices.insert((id, revision), DeviceId(fixed(&device)?));
            }
        }
        let rows: Vec<(Vec<u8>, i64, i64, Vec<u8>)> = report_revision::table
            .order((report_revision::report, report_revision::revision))
            .select((report_revision::report, report_revision::revision, report_revision::at, report_revision::bytes))
            .load(self.conn())?;
        rows.into_iter()
            .map(|(id, revision, at, bytes)| {
                let report = record::read_report(&bytes, units)?;
                let known = ReportId(fixed(&id)?);
                let device = devices.get(&(id, revision)).copied();
                Ok(Sending { id: known, at: Instant(at), device, report })
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
