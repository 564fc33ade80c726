//! The sent revisions of reports. The newest is the record; each that a later one replaced has a
//! row of `report_revision`.

use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::report::{StoredReport, state_from_number};
use super::schema::{record, report_revision};
use crate::domain::access::scope::RecordKind;
use crate::domain::report::ContentHash;
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::ReportId;
use crate::domain::support::time::Timestamp;
use crate::wire::record::{self as wire_record, UnitNumbers};
use diesel::prelude::*;

/// One sent revision as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SentRevisionRow {
    pub(super) report: ReportId,
    pub(super) revision: i64,
    pub(super) state: ReportState,
    pub(super) bytes: Vec<u8>,
    pub(super) received_at: Timestamp,
}

type SentRevisionColumns = (Vec<u8>, i64, i16, Vec<u8>, i64);

impl SentRevisionRow {
    fn new((report, revision, state, bytes, at): SentRevisionColumns) -> Result<Self> {
        let (report, state) = (ReportId(to_byte_array(&report)?), state_from_number(state)?);
        Ok(Self { report, revision, state, bytes, received_at: Timestamp(at) })
    }
}

impl ReadTx<'_> {
    /// The sent revisions of one report or of all, by report, oldest first.
    pub(super) fn sent_revision_rows(
        &mut self,
        report: Option<ReportId>,
    ) -> Result<Vec<SentRevisionRow>> {
        let mut replaced = report_revision::table
            .select((
                report_revision::report,
                report_revision::revision,
                report_revision::state,
                report_revision::bytes,
                report_revision::received_at,
            ))
            .into_boxed();
        let mut newest = record::table
            .filter(record::kind.eq(RecordKind::Report.number()))
            .filter(record::sent_at.is_not_null())
            .select((
                record::id,
                record::revision,
                record::state.assume_not_null(),
                record::bytes,
                record::sent_at.assume_not_null(),
            ))
            .into_boxed();
        if let Some(report) = report {
            replaced = replaced.filter(report_revision::report.eq(report.0.to_vec()));
            newest = newest.filter(record::id.eq(report.0.to_vec()));
        }
        let mut rows: Vec<SentRevisionColumns> = replaced.load(self.conn()?)?;
        rows.extend(newest.load::<SentRevisionColumns>(self.conn()?)?);
        rows.sort_unstable_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        rows.into_iter().map(SentRevisionRow::new).collect()
    }

    /// Whether a replaced revision of the report has this content.
    pub fn has_replaced_content(&mut self, id: ReportId, content: ContentHash) -> Result<bool> {
        let found: i64 = report_revision::table
            .filter(report_revision::report.eq(&id.0[..]))
            .filter(report_revision::content_hash.eq(&content.0[..]))
            .count()
            .get_result(self.conn()?)?;
        Ok(found > 0)
    }

    /// The sent revisions of a report, oldest first.
    pub fn sent_revisions(
        &mut self,
        id: ReportId,
        units: &UnitNumbers,
    ) -> Result<Vec<StoredReport>> {
        let all = self.sent_revision_rows(Some(id))?.into_iter();
        all.map(|row| {
            let report = wire_record::decode_report(&row.bytes, units)?;
            Ok(StoredReport { report, revision: row.revision })
        })
        .collect()
    }

    /// The sent revisions of a report, oldest first: revision, state and original bytes.
    pub fn sent_revision_bytes(
        &mut self,
        id: ReportId,
    ) -> Result<Vec<(i64, ReportState, Vec<u8>)>> {
        let rows = self.sent_revision_rows(Some(id))?;
        Ok(rows.into_iter().map(|row| (row.revision, row.state, row.bytes)).collect())
    }
}
