//! Reports, their comments, conflicts and revisions.
//!
//! Contains no rule. Assigns scopes: a draft is in the desk scope; a sent report is in the work
//! scopes of its unit and of every ancestor as of today.

use super::backend::with_conn;
use super::error::{Error, Result};
use super::pending::{RecordRow, ReplacedRevision, ReportColumns};
use super::read_tx::{ReadTx, StoredRecord, to_byte_array};
use super::schema::{record as record_table, report_attachment, report_author};
use super::write_rights::{PermitUnit, WritesConflict, WritesReport, verify_attachment};
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::{Permit, UnitPath, action};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::report::attachment::{Comment, Conflict};
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{Report, ReportKey};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{
    AccountId, CommentId, ConflictId, ContractId, DeviceId, ReportId, UnitId,
};
use crate::domain::support::time::{date_from_days, days_from_date};
use crate::wire::record::{self, RecordError, UnitNumbers};
use diesel::prelude::*;
use jiff::civil::Date;

/// A report with its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// The report.
    pub report: Report,
    /// Its revision, from 1.
    pub revision: i64,
}

/// A row of a list of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSummary {
    /// The report.
    pub id: ReportId,
    /// Its contract.
    pub contract: ContractId,
    /// Its unit.
    pub unit: UnitId,
    /// First day of its period.
    pub start: Date,
    /// The day after the last.
    pub end: Date,
    /// Number of the part of the period, when a reorganisation cut it.
    pub cut: u8,
    /// Its state.
    pub state: ReportState,
    /// Whether it came late.
    pub late: bool,
}

impl ReportSummary {
    /// The days that it covers.
    #[must_use]
    pub fn window(&self) -> DateWindow {
        DateWindow { start: self.start, end: self.end }
    }
}

/// The last writer of a report, which decides between APPLIED and MERGED.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastWriter {
    /// The device that wrote last.
    pub device: Option<DeviceId>,
    /// The newest revision that any other device wrote.
    pub other_device_revision: i64,
}

impl LastWriter {
    fn of(columns: &ReportColumns) -> Self {
        Self {
            device: columns.last_device.map(DeviceId),
            other_device_revision: columns.other_device_revision,
        }
    }
}

impl From<RecordError> for Error {
    fn from(error: RecordError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl ReadTx<'_> {
    /// The report with this id.
    pub fn report(&mut self, id: ReportId, units: &UnitNumbers) -> Result<Option<StoredReport>> {
        let stored = self.record(RecordKind::Report, &id.0)?;
        stored.map(|stored| to_stored_report(&stored, units)).transpose()
    }

    /// The revision of a report; 0 if it does not exist.
    pub fn report_revision(&mut self, id: ReportId) -> Result<i64> {
        Ok(self.record(RecordKind::Report, &id.0)?.map_or(0, |stored| stored.revision))
    }

    /// The conflict with this id.
    pub fn conflict(&mut self, id: ConflictId) -> Result<Option<Conflict>> {
        let Some(stored) = self.record(RecordKind::Conflict, &id.0)? else { return Ok(None) };
        Ok(Some(record::decode_conflict(&stored.bytes)?))
    }

    /// The comment with this id.
    pub fn comment(&mut self, id: CommentId, units: &UnitNumbers) -> Result<Option<Comment>> {
        let Some(stored) = self.record(RecordKind::Comment, &id.0)? else { return Ok(None) };
        Ok(Some(record::decode_comment(&stored.bytes, units)?))
    }

    /// Whether a comment with this id exists.
    pub fn has_comment(&mut self, id: CommentId) -> Result<bool> {
        Ok(self.record(RecordKind::Comment, &id.0)?.is_some())
    }

    /// Comments and conflicts of a report.
    pub fn report_attachments(&mut self, id: ReportId) -> Result<Vec<(RecordKind, [u8; 16])>> {
        let rows: Vec<(i16, Vec<u8>)> = with_conn!(self.conn()?, |conn| report_attachment::table
            .filter(report_attachment::report.eq(&id.0[..]))
            .order((report_attachment::kind, report_attachment::id))
            .select((report_attachment::kind, report_attachment::id))
            .load(conn))?;
        rows.into_iter()
            .filter_map(|(kind, id)| Some((RecordKind::from_number(kind)?, id)))
            .map(|(kind, id)| Ok((kind, to_byte_array(&id)?)))
            .collect()
    }

    /// The account that created the report.
    fn first_author(&mut self, id: ReportId) -> Result<Option<[u8; 16]>> {
        self.with_record_row(RecordKind::Report, &id.0, |row| {
            row.and_then(|row| row.report.as_ref()).and_then(|report| report.author)
        })
    }

    /// Whether the account wrote in the report.
    pub fn is_author(&mut self, id: ReportId, account_id: AccountId) -> Result<bool> {
        if self.first_author(id)? == Some(account_id.0) {
            return Ok(true);
        }
        if let Some(Some(())) = self.pending().writes.authors.get(&(id, account_id)) {
            return Ok(true);
        }
        let found: i64 = report_author::table
            .filter(report_author::report.eq(&id.0[..]))
            .filter(report_author::account.eq(&account_id.0[..]))
            .count()
            .get_result(self.settled_conn())?;
        Ok(found > 0)
    }

    /// Whether this account is the first author of a report and no other has written in it.
    pub fn is_only_author(&mut self, id: ReportId, account_id: AccountId) -> Result<bool> {
        if self.first_author(id)? != Some(account_id.0) {
            return Ok(false);
        }
        let others: i64 = report_author::table
            .filter(report_author::report.eq(&id.0[..]))
            .count()
            .get_result(self.conn()?)?;
        Ok(others == 0)
    }

    /// Reports in these states and units (all units if empty), by unit, contract and period.
    pub fn report_summaries(
        &mut self,
        states: &[ReportState],
        units: &[UnitId],
    ) -> Result<Vec<ReportSummary>> {
        let states: Vec<i16> = states.iter().map(|state| state_number(*state)).collect();
        let mut query = record_table::table
            .filter(record_table::state.eq_any(states))
            .order((
                record_table::unit,
                record_table::contract,
                record_table::start_day,
                record_table::cut,
            ))
            .select((
                record_table::id,
                record_table::contract.assume_not_null(),
                record_table::unit.assume_not_null(),
                record_table::start_day.assume_not_null(),
                record_table::end_day.assume_not_null(),
                record_table::cut.assume_not_null(),
                record_table::state.assume_not_null(),
                record_table::late.assume_not_null(),
            ))
            .into_boxed();
        if !units.is_empty() {
            query = query.filter(
                record_table::unit
                    .eq_any(units.iter().map(|unit| unit.0.to_vec()).collect::<Vec<_>>()),
            );
        }
        let rows: Vec<ReportSummaryRow> =
            query.load(self.conn_for_kinds(&[RecordKind::Report])?)?;
        rows.into_iter().map(to_report_summary).collect()
    }

    /// Like [`ReadTx::report`], for a result that is published: fails with its place unless the
    /// stored bytes have their hash.
    pub fn verified_report(
        &mut self,
        id: ReportId,
        units: &UnitNumbers,
    ) -> Result<Option<StoredReport>> {
        let stored = self.verified_record(RecordKind::Report, &id.0)?;
        stored.map(|stored| to_stored_report(&stored, units)).transpose()
    }

    /// Every report in these states with its content, in the order of their ids. States are those
    /// of the records, not of the rows for lists; fails with its place unless the stored bytes of
    /// each report have their hash.
    pub fn reports_in_states(
        &mut self,
        states: &[ReportState],
        units: &UnitNumbers,
    ) -> Result<Vec<StoredReport>> {
        let mut found = Vec::new();
        for (_, stored) in self.records(RecordKind::Report)? {
            let stored = to_stored_report(&stored, units)?;
            if states.contains(&stored.report.state) {
                found.push(stored);
            }
        }
        Ok(found)
    }
}

impl WriteTx<'_> {
    /// The last writer.
    pub fn last_writer(&mut self, id: ReportId) -> Result<LastWriter> {
        self.with_record_row(RecordKind::Report, &id.0, |row| {
            row.and_then(|row| row.report.as_ref()).map(LastWriter::of).unwrap_or_default()
        })
    }

    /// Writes a report after a step: its record and scopes, its row for lists, and its revision if
    /// it is sent.
    pub fn put_report<A: WritesReport>(
        &mut self,
        permit: &Permit<A>,
        next: &Report,
        units: &UnitNumbers,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, next.key.unit)?;
        let id = next.key.id();
        let unit_path = self.unit_path(next.key.unit)?;
        let bytes = record::encode_report(next, units)?;
        let sent_at = next.state.is_sent().then_some(self.now().0);
        let (columns, replaced) = self.with_record_row(RecordKind::Report, &id.0, |before| {
            let columns = build_columns(next, permit.device(), before, sent_at);
            (columns, before.filter(|before| before.is_sent()).cloned())
        })?;
        let put = self.put_record_row(
            &AuditContext::from(permit),
            (RecordKind::Report, id.0),
            &bytes,
            Some(columns),
            report_scopes(next.state, &unit_path),
        )?;
        if let Some(replaced) = replaced.filter(|_| put.changed) {
            self.keep_replaced_revision(id, replaced, units)?;
        }
        Ok(put)
    }

    /// Keeps a sent revision that another one replaces.
    fn keep_replaced_revision(
        &mut self,
        id: ReportId,
        before: RecordRow,
        units: &UnitNumbers,
    ) -> Result<()> {
        let RecordRow { revision, bytes, report, .. } = before;
        let Some((state, received_at)) =
            report.and_then(|report| Some((report.state, report.sent_at?)))
        else {
            return Ok(());
        };
        let content_hash = record::decode_report(&bytes, units)?.content_hash().0;
        let replaced = ReplacedRevision { state, content_hash, bytes, received_at };
        self.put_row(|writes| &mut writes.revisions, (id, revision), Some(replaced))
    }

    /// Stores the account as an author of the report.
    pub(crate) fn add_author(&mut self, id: ReportId, account_id: AccountId) -> Result<()> {
        let key = (RecordKind::Report, id.0);
        let columns = self.with_record_row(RecordKind::Report, &id.0, |row| {
            row.and_then(|row| row.report.clone())
        })?;
        match columns {
            None => Ok(()),
            Some(columns) if columns.author == Some(account_id.0) => Ok(()),
            Some(ReportColumns { author: Some(_), .. }) => {
                self.put_row(|writes| &mut writes.authors, (id, account_id), Some(()))
            }
            Some(columns) => {
                let report = Some(ReportColumns { author: Some(account_id.0), ..columns });
                let row = self.record_row(RecordKind::Report, &id.0)?;
                let row = row.map(|row| RecordRow { report, ..row });
                self.put_row(|writes| &mut writes.records, key, row)
            }
        }
    }

    /// Writes a comment as an attachment of its report.
    pub fn put_comment(
        &mut self,
        permit: &Permit<action::CommentReport>,
        id: CommentId,
        comment: &Comment,
        of: &Report,
        units: &UnitNumbers,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, PermitUnit::OfRecord, of.key.unit)?;
        verify_attachment(permit, &comment.report, &of.key.id())?;
        let unit_path = self.unit_path(of.key.unit)?;
        let bytes = record::encode_comment(comment, units)?;
        let scopes = report_scopes(of.state, &unit_path);
        self.insert_attachment(comment.report, RecordKind::Comment, id.0)?;
        self.put_record(&AuditContext::from(permit), RecordKind::Comment, id.0, &bytes, scopes)
    }

    /// Writes a branch of a conflict into the desk scope of the report's unit.
    pub fn put_conflict<A: WritesConflict>(
        &mut self,
        permit: &Permit<A>,
        id: ConflictId,
        conflict: &Conflict,
        of: &ReportKey,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, of.unit)?;
        verify_attachment(permit, &conflict.report, &of.id())?;
        let unit_path = self.unit_path(of.unit)?;
        let bytes = record::encode_conflict(conflict);
        let scopes = vec![Scope::desk(unit_path.acting_unit)];
        self.insert_attachment(conflict.report, RecordKind::Conflict, id.0)?;
        self.put_record(&AuditContext::from(permit), RecordKind::Conflict, id.0, &bytes, scopes)
    }

    pub(super) fn insert_attachment(
        &mut self,
        report: ReportId,
        kind: RecordKind,
        id: [u8; 16],
    ) -> Result<()> {
        if self.record_row(kind, &id)?.is_none() {
            self.put_row(|writes| &mut writes.attachments, (report, (kind, id)), Some(()))?;
        }
        Ok(())
    }
}

/// The columns of a report after a step by a device.
fn build_columns(
    next: &Report,
    by: Option<DeviceId>,
    before: Option<&RecordRow>,
    sent_at: Option<i64>,
) -> ReportColumns {
    let columns = before.and_then(|row| row.report.as_ref());
    let last = columns.map(LastWriter::of).unwrap_or_default();
    let is_same_device = last.device == by && by.is_some();
    let other_device_revision = match before {
        Some(row) if !is_same_device => row.revision,
        _ => last.other_device_revision,
    };
    let ReportKey { contract, unit, period } = &next.key;
    ReportColumns {
        contract: contract.0,
        unit: unit.0,
        start_day: days_from_date(period.start),
        end_day: days_from_date(period.end),
        cut: i16::from(period.cut),
        state: state_number(next.state),
        late: i16::from(next.late),
        last_device: by.map(|device| device.0),
        other_device_revision,
        author: columns.and_then(|columns| columns.author),
        sent_at,
    }
}

/// The scopes of an attachment: a comment is where its report is, a conflict in the desk scope, a
/// proposal in both.
pub(crate) fn attachment_scopes(
    kind: RecordKind,
    state: ReportState,
    unit_path: &UnitPath,
) -> Vec<Scope> {
    let desk = Scope::desk(unit_path.acting_unit);
    if kind == RecordKind::Conflict {
        vec![desk]
    } else if kind == RecordKind::Proposal {
        std::iter::once(desk).chain(report_scopes(state, unit_path)).collect()
    } else {
        report_scopes(state, unit_path)
    }
}

/// The scopes of a report.
pub(crate) fn report_scopes(state: ReportState, unit_path: &UnitPath) -> Vec<Scope> {
    if !state.is_sent() && !planted!("draft-shown-above") {
        return vec![Scope::desk(unit_path.acting_unit)];
    }
    [unit_path.unit, unit_path.acting_unit]
        .into_iter()
        .chain(unit_path.ancestors.iter().copied())
        .map(Scope::work)
        .collect()
}

fn to_stored_report(stored: &StoredRecord, units: &UnitNumbers) -> Result<StoredReport> {
    let report = record::decode_report(&stored.bytes, units)?;
    Ok(StoredReport { report, revision: stored.revision })
}

type ReportSummaryRow = (Vec<u8>, Vec<u8>, Vec<u8>, i32, i32, i16, i16, i16);

fn to_report_summary(row: ReportSummaryRow) -> Result<ReportSummary> {
    let (id, contract, unit, start, end, cut, state, late) = row;
    Ok(ReportSummary {
        id: ReportId(to_byte_array(&id)?),
        contract: ContractId(to_byte_array(&contract)?),
        unit: UnitId(to_byte_array(&unit)?),
        start: date_from_days(start),
        end: date_from_days(end),
        cut: u8::try_from(cut).unwrap_or(0),
        state: state_from_number(state)?,
        late: late != 0,
    })
}

/// The number of a state in tables, from 1 in the order of a report's life.
pub(super) fn state_number(state: ReportState) -> i16 {
    match state {
        ReportState::Draft => 1,
        ReportState::Submitted => 2,
        ReportState::Returned => 3,
        ReportState::Accepted => 4,
        ReportState::Locked => 5,
    }
}

pub(super) fn state_from_number(number: i16) -> Result<ReportState> {
    ReportState::ALL
        .into_iter()
        .find(|state| state_number(*state) == number)
        .ok_or_else(|| Error::Damaged(format!("state {number}")))
}
