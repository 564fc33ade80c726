//! Findings, as records: on the desk of the unit that is asked, and in the work scopes of it and of the units above once they may see it.
//!
//! Knows no rule, and when a finding is shared it is told.

use super::error::Result;
use super::history::SentRevision;
use super::read_tx::{ReadTx, to_byte_array};
use super::report::report_scopes;
use super::schema::{audit, report_revision};
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::ids::{DeviceId, FindingId, ReportId};
use crate::domain::permission::{ActionMarker, Permit};
use crate::domain::quality::Finding;
use crate::domain::scope::RecordKind;
use crate::domain::time::Timestamp;
use crate::domain::workflow::ReportState;
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeMap;

impl ReadTx<'_> {
    /// Every finding with its revision, in no order that says anything.
    pub fn findings(
        &mut self,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Vec<(Finding, i64)>> {
        let stored = self.records(RecordKind::Finding)?.into_iter();
        stored
            .map(|(_, one)| {
                Ok((record::decode_finding(&one.bytes, units, elements)?, one.revision))
            })
            .collect()
    }

    /// One finding with its revision.
    pub fn finding(
        &mut self,
        id: FindingId,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Option<(Finding, i64)>> {
        let Some(stored) = self.record(RecordKind::Finding, &id.0)? else { return Ok(None) };
        Ok(Some((record::decode_finding(&stored.bytes, units, elements)?, stored.revision)))
    }

    /// Every sent revision of every report, by report, oldest first, with the device that submitted it.
    pub fn all_sent_revisions(&mut self, units: &UnitNumbers) -> Result<Vec<SentRevision>> {
        // Who wrote last is the reviewer as often as not: the audit says who submitted.
        let submitted: Vec<(Option<Vec<u8>>, i64, Option<Vec<u8>>)> = audit::table
            .filter(audit::action.eq("report.submit"))
            .select((audit::record_id, audit::to_revision, audit::device))
            .load(self.conn())?;
        let mut devices = BTreeMap::new();
        for (id, revision, device) in submitted {
            if let (Some(id), Some(device)) = (id, device) {
                devices.insert((id, revision), DeviceId(to_byte_array(&device)?));
            }
        }
        let rows: Vec<(Vec<u8>, i64, i64, Vec<u8>)> = report_revision::table
            .order((report_revision::report, report_revision::revision))
            .select((
                report_revision::report,
                report_revision::revision,
                report_revision::received_at,
                report_revision::bytes,
            ))
            .load(self.conn())?;
        rows.into_iter()
            .map(|(id, revision, at, bytes)| {
                let report = record::decode_report(&bytes, units)?;
                let report_id = ReportId(to_byte_array(&id)?);
                let device = devices.get(&(id, revision)).copied();
                Ok(SentRevision { id: report_id, received_at: Timestamp(at), device, report })
            })
            .collect()
    }
}

impl WriteTx<'_> {
    /// Puts a finding where it belongs by now; an unchanged one is not written.
    pub(crate) fn put_finding<A: ActionMarker>(
        &mut self,
        permit: &Permit<A>,
        finding: &Finding,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<PutOutcome> {
        let bytes = record::encode_finding(finding, units, elements)?;
        let unit_path = self.unit_path(finding.unit)?;
        let mut scopes = report_scopes(ReportState::Draft, &unit_path);
        if finding.shared {
            scopes.extend(report_scopes(ReportState::Submitted, &unit_path));
        }
        self.put_record(
            &AuditContext::from(permit),
            RecordKind::Finding,
            finding.id().0,
            &bytes,
            scopes,
        )
    }

    /// Takes a question back that no longer asks anything.
    pub(crate) fn delete_finding<A: ActionMarker>(
        &mut self,
        permit: &Permit<A>,
        id: FindingId,
    ) -> Result<()> {
        self.delete_record(&AuditContext::from(permit), RecordKind::Finding, id.0)
    }
}
