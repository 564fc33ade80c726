//! Reports as of a cut of the feed: the latest sent revision at or below a seq, from the audit.
//!
//! Does not depend on runs; a published figure is inspected by the cut that its run names.

use super::content_check::ensure_unaltered;
use super::error::Result;
use super::read_tx::ReadTx;
use super::report::StoredReport;
use super::sent_revision::SentRevisionRow;
use crate::domain::report::Report;
use crate::domain::support::ids::{DeviceId, ReportId};
use crate::domain::support::time::Timestamp;
use crate::wire::record::{self, UnitNumbers};

/// One sent revision of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRevision {
    /// The report.
    pub id: ReportId,
    /// When the server received it.
    pub received_at: Timestamp,
    /// The device that submitted it, if this revision came from a submission.
    pub device: Option<DeviceId>,
    /// The report in that revision.
    pub report: Report,
}

impl ReadTx<'_> {
    /// Every sent report with the revision that was the latest at `cut`, in the order of their ids;
    /// fails with its place unless each is what the audit says was written.
    pub fn reports_at_cut(&mut self, cut: i64, units: &UnitNumbers) -> Result<Vec<StoredReport>> {
        let revisions = self.audited_reports(0, cut)?;
        let rows = self.sent_revision_rows(None)?;
        let mut reports = Vec::with_capacity(revisions.len());
        for SentRevisionRow { report, revision, bytes, .. } in rows {
            let id = report.0;
            let audited = revisions.get(&id).filter(|audited| audited.revision == revision);
            let Some(hash) = audited.and_then(|audited| audited.hash) else { continue };
            ensure_unaltered("report_revision", &id, (revision, hash), &bytes)?;
            reports.push(StoredReport { report: record::decode_report(&bytes, units)?, revision });
        }
        Ok(reports)
    }
}
