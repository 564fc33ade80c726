//! Findings as records: in the desk scope of the unit, and, once shared, in the work scopes of the
//! unit and its ancestors.
//!
//! Contains no rule; the caller decides when a finding is shared.

use super::error::Result;
use super::history::SentRevision;
use super::read_tx::{ReadTx, to_byte_array};
use super::report::report_scopes;
use super::schema::audit;
use super::sent_revision::SentRevisionRow;
use super::write_rights::WritesFinding;
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::{Permit, action};
use crate::domain::access::scope::RecordKind;
use crate::domain::quality::Finding;
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::{DeviceId, FindingId};
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use diesel::prelude::*;
use std::collections::BTreeMap;

impl ReadTx<'_> {
    /// Every finding with its revision, in no defined order.
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

    /// Every sent revision of every report, by report, oldest first, with the device that submitted
    /// it.
    pub fn all_sent_revisions(&mut self, units: &UnitNumbers) -> Result<Vec<SentRevision>> {
        // The last writer may be the reviewer: the audit has the submitting device.
        let submitted: Vec<(Option<Vec<u8>>, i64, Option<Vec<u8>>)> = audit::table
            .filter(audit::action.eq("report.submit"))
            .select((audit::record_id, audit::to_revision, audit::device))
            .load(self.conn()?)?;
        let mut devices = BTreeMap::new();
        for (id, revision, device) in submitted {
            if let (Some(id), Some(device)) = (id, device) {
                devices.insert((id, revision), DeviceId(to_byte_array(&device)?));
            }
        }
        self.sent_revision_rows(None)?
            .into_iter()
            .map(|SentRevisionRow { report: id, revision, received_at, bytes, .. }| {
                let report = record::decode_report(&bytes, units)?;
                let device = devices.get(&(id.0.to_vec(), revision)).copied();
                Ok(SentRevision { id, received_at, device, report })
            })
            .collect()
    }
}

impl WriteTx<'_> {
    /// Writes a finding into the scopes of its current state, unless it is unchanged.
    pub fn put_finding<A: WritesFinding>(
        &mut self,
        permit: &Permit<A>,
        finding: &Finding,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, finding.unit)?;
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

    /// Deletes a finding that no longer applies.
    pub fn delete_finding(&mut self, permit: &Permit<action::RunJob>, id: FindingId) -> Result<()> {
        self.verify_root_permit(permit)?;
        self.delete_record(&AuditContext::from(permit), RecordKind::Finding, id.0)
    }
}
