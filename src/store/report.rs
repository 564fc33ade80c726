//! Reports, their comments, conflicts and revisions.
//!
//! Contains no rule. Assigns scopes: a draft is in the desk scope; a sent report is in the work
//! scopes of its unit and of every ancestor as of today.

use super::backend::with_conn;
use super::error::{Error, Result};
use super::read_tx::{ReadTx, StoredRecord, to_byte_array};
use super::schema::{report, report_attachment, report_author, report_revision};
use super::write_rights::{PermitUnit, WritesConflict, WritesReport, verify_attachment};
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::{Permit, UnitPath, action};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::report::attachment::{Comment, Conflict};
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{ContentHash, Report, ReportKey};
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

    /// Whether a sent revision of the report has this content.
    pub fn has_sent_content(&mut self, id: ReportId, content: ContentHash) -> Result<bool> {
        let found: i64 = report_revision::table
            .filter(report_revision::report.eq(&id.0[..]))
            .filter(report_revision::content_hash.eq(&content.0[..]))
            .count()
            .get_result(self.conn())?;
        Ok(found > 0)
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

    /// The sent revisions of a report, oldest first.
    pub fn sent_revisions(
        &mut self,
        id: ReportId,
        units: &UnitNumbers,
    ) -> Result<Vec<StoredReport>> {
        let all = self.sent_revision_bytes(id)?.into_iter();
        all.map(|(revision, _, bytes)| {
            Ok(StoredReport { report: record::decode_report(&bytes, units)?, revision })
        })
        .collect()
    }

    /// Whether a comment with this id exists.
    pub fn has_comment(&mut self, id: CommentId) -> Result<bool> {
        Ok(self.record(RecordKind::Comment, &id.0)?.is_some())
    }

    /// Comments and conflicts of a report.
    pub fn report_attachments(&mut self, id: ReportId) -> Result<Vec<(RecordKind, [u8; 16])>> {
        let rows: Vec<(i16, Vec<u8>)> = with_conn!(self.conn(), |conn| report_attachment::table
            .filter(report_attachment::report.eq(&id.0[..]))
            .order((report_attachment::kind, report_attachment::id))
            .select((report_attachment::kind, report_attachment::id))
            .load(conn))?;
        rows.into_iter()
            .filter_map(|(kind, id)| Some((RecordKind::from_number(kind)?, id)))
            .map(|(kind, id)| Ok((kind, to_byte_array(&id)?)))
            .collect()
    }

    /// Whether the account wrote in the report.
    pub fn is_author(&mut self, id: ReportId, account_id: AccountId) -> Result<bool> {
        let found: i64 = report_author::table
            .filter(report_author::report.eq(&id.0[..]))
            .filter(report_author::account.eq(&account_id.0[..]))
            .count()
            .get_result(self.conn())?;
        Ok(found > 0)
    }

    /// The last writer.
    pub fn last_writer(&mut self, id: ReportId) -> Result<LastWriter> {
        let row: Option<(Option<Vec<u8>>, i64)> = with_conn!(self.conn(), |conn| report::table
            .find(&id.0[..])
            .select((report::last_device, report::other_device_revision))
            .first(conn)
            .optional())?;
        let Some((last, other_device_revision)) = row else { return Ok(LastWriter::default()) };
        let device = last.map(|id| to_byte_array(&id).map(DeviceId)).transpose()?;
        Ok(LastWriter { device, other_device_revision })
    }

    /// Reports in these states and units (all units if empty), by unit, contract and period.
    pub fn report_summaries(
        &mut self,
        states: &[ReportState],
        units: &[UnitId],
    ) -> Result<Vec<ReportSummary>> {
        type ReportSummaryRow = (Vec<u8>, Vec<u8>, Vec<u8>, i32, i32, i16, i16, i16);
        let states: Vec<i16> = states.iter().map(|state| state_number(*state)).collect();
        let mut query = report::table
            .filter(report::state.eq_any(states))
            .order((report::unit, report::contract, report::start_day, report::cut))
            .select((
                report::id,
                report::contract,
                report::unit,
                report::start_day,
                report::end_day,
                report::cut,
                report::state,
                report::late,
            ))
            .into_boxed();
        if !units.is_empty() {
            query = query.filter(
                report::unit.eq_any(units.iter().map(|unit| unit.0.to_vec()).collect::<Vec<_>>()),
            );
        }
        let rows: Vec<ReportSummaryRow> = query.load(self.conn())?;
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

    /// The sent revisions of a report, oldest first: revision, state and original bytes.
    pub fn sent_revision_bytes(
        &mut self,
        id: ReportId,
    ) -> Result<Vec<(i64, ReportState, Vec<u8>)>> {
        let rows: Vec<(i64, i16, Vec<u8>)> = report_revision::table
            .filter(report_revision::report.eq(&id.0[..]))
            .order(report_revision::revision)
            .select((report_revision::revision, report_revision::state, report_revision::bytes))
            .load(self.conn())?;
        rows.into_iter()
            .map(|(revision, state, bytes)| Ok((revision, state_from_number(state)?, bytes)))
            .collect()
    }
}

impl WriteTx<'_> {
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
        let audit = AuditContext::from(permit);
        let put = self.put_record(
            &audit,
            RecordKind::Report,
            id.0,
            &bytes,
            report_scopes(next.state, &unit_path),
        )?;
        if put.changed {
            self.put_report_row(id, next, permit.device(), put.revision)?;
            if next.state.is_sent() {
                self.insert_report_revision(id, next, put.revision, &bytes)?;
            }
        }
        Ok(put)
    }

    fn put_report_row(
        &mut self,
        id: ReportId,
        next: &Report,
        by: Option<DeviceId>,
        revision: i64,
    ) -> Result<()> {
        let is_new = revision == 1;
        let before = if is_new { LastWriter::default() } else { self.last_writer(id)? };
        let is_same_device = before.device == by && before.device.is_some();
        let other_revision =
            if is_same_device || is_new { before.other_device_revision } else { revision - 1 };
        let key = &next.key;
        let last_device = by.map(|device| device.0);
        let status_columns = (
            report::state.eq(state_number(next.state)),
            report::late.eq(i16::from(next.late)),
            report::received_day.eq(next.received_day.map(days_from_date)),
            report::last_device.eq(last_device.as_ref().map(|device| &device[..])),
            report::other_device_revision.eq(other_revision),
        );
        if !is_new {
            let found =
                with_conn!(self.conn(), |conn| diesel::update(report::table.find(&id.0[..]))
                    .set(status_columns)
                    .execute(conn))?;
            return if found == 1 {
                Ok(())
            } else {
                Err(Error::Damaged(format!("the report {id} has no line")))
            };
        }
        let key_columns = (
            report::id.eq(&id.0[..]),
            report::contract.eq(&key.contract.0[..]),
            report::unit.eq(&key.unit.0[..]),
            report::calendar.eq(&key.period.calendar),
            report::start_day.eq(days_from_date(key.period.start)),
            report::end_day.eq(days_from_date(key.period.end)),
            report::cut.eq(i16::from(key.period.cut)),
        );
        with_conn!(self.conn(), |conn| diesel::insert_into(report::table)
            .values((key_columns, status_columns))
            .execute(conn))?;
        Ok(())
    }

    fn insert_report_revision(
        &mut self,
        id: ReportId,
        next: &Report,
        revision: i64,
        bytes: &[u8],
    ) -> Result<()> {
        let (at, content_hash) = (self.now().0, next.content_hash().0);
        with_conn!(self.conn(), |conn| diesel::insert_into(report_revision::table)
            .values((
                report_revision::report.eq(&id.0[..]),
                report_revision::revision.eq(revision),
                report_revision::state.eq(state_number(next.state)),
                report_revision::content_hash.eq(&content_hash[..]),
                report_revision::bytes.eq(bytes),
                report_revision::received_at.eq(at),
            ))
            .execute(conn))?;
        Ok(())
    }

    /// Stores the account as an author of the report.
    pub(crate) fn add_author(&mut self, id: ReportId, account_id: AccountId) -> Result<()> {
        if !self.insert_pending_author(id, account_id) {
            return Ok(());
        }
        with_conn!(self.conn(), |conn| diesel::insert_into(report_author::table)
            .values((
                report_author::report.eq(&id.0[..]),
                report_author::account.eq(&account_id.0[..])
            ))
            .on_conflict_do_nothing()
            .execute(conn))?;
        Ok(())
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
        if self.record(kind, &id)?.is_none() {
            diesel::insert_into(report_attachment::table)
                .values((
                    report_attachment::report.eq(&report.0[..]),
                    report_attachment::kind.eq(kind.number()),
                    report_attachment::id.eq(&id[..]),
                ))
                .execute(self.conn())?;
        }
        Ok(())
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

fn to_report_summary(
    row: (Vec<u8>, Vec<u8>, Vec<u8>, i32, i32, i16, i16, i16),
) -> Result<ReportSummary> {
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

fn state_from_number(number: i16) -> Result<ReportState> {
    ReportState::ALL
        .into_iter()
        .find(|state| state_number(*state) == number)
        .ok_or_else(|| Error::Damaged(format!("state {number}")))
}
