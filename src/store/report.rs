//! Reports, their comments, conflicts and revisions, and the commands that devices pushed.
//!
//! Knows no rule: what a step gives was decided before. It knows where a report belongs: a draft on the desk, anything sent in the work
//! scopes of its unit and of every unit above as of today.

use super::backend::on;
use super::error::{Error, Result};
use super::read::{ReadTx, fixed};
use super::schema::{beside, command, device, report, report_author, report_revision};
use super::tx::{Audit, Put, WriteTx};
use crate::domain::command::Verdict;
use crate::domain::desk::{Comment, Conflict};
use crate::domain::ids::{AccountId, CommentId, ConflictId, ContractId, DeviceId, ReportId, UnitId};
use crate::domain::permission::{Kind, Permit, UnitPath};
use crate::domain::report::{ContentHash, Report};
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::time::{date_from_days, days_from_date};
use crate::domain::window::Window;
use crate::domain::workflow::State;
use crate::wire::record::{self, BadRecord, UnitNumbers};
use diesel::prelude::*;
use jiff::civil::Date;

/// A report as it stands, with its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The report.
    pub report: Report,
    /// Its revision, from 1.
    pub revision: i64,
}

/// A line of a list of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// The report.
    pub id: ReportId,
    /// Its contract.
    pub contract: ContractId,
    /// Its unit.
    pub unit: UnitId,
    /// First day of its period.
    pub start: Date,
    /// Day after the last.
    pub end: Date,
    /// Which piece of the period.
    pub cut: u8,
    /// Where it stands.
    pub state: State,
    /// Whether it came late.
    pub late: bool,
}

impl ReportLine {
    /// The days that it answers for.
    #[must_use]
    pub fn days(&self) -> Window {
        Window { start: self.start, end: self.end }
    }
}

/// A command that was taken from a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its number, 1 and up.
    pub number: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// What became of it.
    pub verdict: Verdict,
    /// Why, when it was refused.
    pub reason: Option<String>,
    /// Where its effect ends in the feed; 0 until its commit.
    pub seq: i64,
    /// The revision of its record afterwards; 0 when there is none.
    pub revision: i64,
}

/// Who wrote last in a report, for telling APPLIED from MERGED.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastWriter {
    /// The device that wrote last.
    pub device: Option<DeviceId>,
    /// The newest revision that any other device wrote.
    pub other_revision: i64,
}

impl From<BadRecord> for Error {
    fn from(error: BadRecord) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl ReadTx<'_> {
    /// The report with this id.
    pub fn report(&mut self, id: ReportId, units: &UnitNumbers) -> Result<Option<Filed>> {
        let Some(stored) = self.record(RecordKind::Report, &id.0)? else { return Ok(None) };
        Ok(Some(Filed { report: record::read_report(&stored.bytes, units)?, revision: stored.revision }))
    }

    /// The revision of a report; 0 when there is none.
    pub fn revision_of(&mut self, id: ReportId) -> Result<i64> {
        Ok(self.record(RecordKind::Report, &id.0)?.map_or(0, |stored| stored.revision))
    }

    /// Whether a report was ever sent with this content.
    pub fn was_sent(&mut self, id: ReportId, content: ContentHash) -> Result<bool> {
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
        Ok(Some(record::read_conflict(&stored.bytes)?))
    }

    /// The comment with this id.
    pub fn comment(&mut self, id: CommentId, units: &UnitNumbers) -> Result<Option<Comment>> {
        let Some(stored) = self.record(RecordKind::Comment, &id.0)? else { return Ok(None) };
        Ok(Some(record::read_comment(&stored.bytes, units)?))
    }

    /// The sent revisions of a report, oldest first.
    pub fn filed_revisions(&mut self, id: ReportId, units: &UnitNumbers) -> Result<Vec<Filed>> {
        let all = self.revisions(id)?.into_iter();
        all.map(|(revision, _, bytes)| Ok(Filed { report: record::read_report(&bytes, units)?, revision })).collect()
    }

    /// Whether a comment with this id exists.
    pub fn has_comment(&mut self, id: CommentId) -> Result<bool> {
        Ok(self.record(RecordKind::Comment, &id.0)?.is_some())
    }

    /// Comments and conflicts of a report.
    pub fn beside(&mut self, id: ReportId) -> Result<Vec<(RecordKind, [u8; 16])>> {
        let rows: Vec<(i16, Vec<u8>)> = on!(self.conn(), |conn| beside::table
            .filter(beside::report.eq(&id.0[..]))
            .order((beside::kind, beside::id))
            .select((beside::kind, beside::id))
            .load(conn))?;
        rows.into_iter()
            .filter_map(|(kind, id)| Some((RecordKind::from_number(kind)?, id)))
            .map(|(kind, id)| Ok((kind, fixed(&id)?)))
            .collect()
    }

    /// Whether `who` wrote in the report.
    pub fn is_author(&mut self, id: ReportId, who: AccountId) -> Result<bool> {
        let found: i64 = report_author::table
            .filter(report_author::report.eq(&id.0[..]))
            .filter(report_author::account.eq(&who.0[..]))
            .count()
            .get_result(self.conn())?;
        Ok(found > 0)
    }

    /// Who wrote last.
    pub fn last_writer(&mut self, id: ReportId) -> Result<LastWriter> {
        let row: Option<(Option<Vec<u8>>, i64)> = on!(self.conn(), |conn| report::table
            .find(&id.0[..])
            .select((report::last_device, report::other_revision))
            .first(conn)
            .optional())?;
        let Some((last, other_revision)) = row else { return Ok(LastWriter::default()) };
        let device = last.map(|id| fixed(&id).map(DeviceId)).transpose()?;
        Ok(LastWriter { device, other_revision })
    }

    /// Reports in one of the states, of one of the units (all when empty), by unit, contract and period.
    pub fn report_lines(&mut self, states: &[State], units: &[UnitId]) -> Result<Vec<ReportLine>> {
        type Row = (Vec<u8>, Vec<u8>, Vec<u8>, i32, i32, i16, i16, i16);
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
            query = query.filter(report::unit.eq_any(units.iter().map(|unit| unit.0.to_vec()).collect::<Vec<_>>()));
        }
        let rows: Vec<Row> = query.load(self.conn())?;
        rows.into_iter().map(to_line).collect()
    }

    /// Every report in the given states with its content, as the nightly job folds them.
    pub fn filed_reports(&mut self, states: &[State], units: &UnitNumbers) -> Result<Vec<Filed>> {
        use super::schema::record as stored;
        let states: Vec<i16> = states.iter().map(|state| state_number(*state)).collect();
        let rows: Vec<(i64, Vec<u8>)> = report::table
            .inner_join(stored::table.on(stored::id.eq(report::id).and(stored::kind.eq(RecordKind::Report.number()))))
            .filter(report::state.eq_any(states))
            .order(report::id)
            .select((stored::revision, stored::bytes))
            .load(self.conn())?;
        rows.into_iter()
            .map(|(revision, bytes)| Ok(Filed { report: record::read_report(&bytes, units)?, revision }))
            .collect()
    }

    /// The sent revisions of a report, oldest first: revision, state and bytes, as they were, for ever.
    pub fn revisions(&mut self, id: ReportId) -> Result<Vec<(i64, State, Vec<u8>)>> {
        let rows: Vec<(i64, i16, Vec<u8>)> = report_revision::table
            .filter(report_revision::report.eq(&id.0[..]))
            .order(report_revision::revision)
            .select((report_revision::revision, report_revision::state, report_revision::bytes))
            .load(self.conn())?;
        rows.into_iter().map(|(revision, state, bytes)| Ok((revision, read_state(state)?, bytes))).collect()
    }

    /// A command that was taken from a device before.
    pub fn taken(&mut self, id: DeviceId, number: u64) -> Result<Option<Taken>> {
        type Row = (i64, Vec<u8>, i16, Option<String>, i64, i64);
        let row: Option<Row> = command::table
            .find((&id.0[..], number as i64))
            .select((
                command::number,
                command::hash,
                command::verdict,
                command::reason,
                command::seq,
                command::revision,
            ))
            .first(self.conn())
            .optional()?;
        row.map(|(number, hash, verdict, reason, seq, revision)| {
            let verdict = Verdict::from_number(verdict).ok_or_else(|| Error::Damaged("verdict".to_owned()))?;
            Ok(Taken { number: number as u64, hash: fixed(&hash)?, verdict, reason, seq, revision })
        })
        .transpose()
    }
}

impl WriteTx<'_> {
    /// Files a report after a step: its bytes, its place in the feed, its line for lists, and its revision once it is sent.
    pub(crate) fn put_report<A: Kind>(
        &mut self,
        permit: &Permit<A>,
        next: &Report,
        units: &UnitNumbers,
    ) -> Result<Put> {
        let id = next.key.id();
        let place = self.unit_path(next.key.unit)?;
        let bytes = record::report(next, units)?;
        let audit = Audit::from(permit);
        let put = self.put_record(&audit, RecordKind::Report, id.0, &bytes, report_scopes(next.state, &place))?;
        if put.changed {
            self.put_line(id, next, permit.device(), put.revision)?;
            if next.state.is_sent() {
                self.put_revision(id, next, put.revision, &bytes)?;
            }
        }
        Ok(put)
    }

    fn put_line(&mut self, id: ReportId, next: &Report, by: Option<DeviceId>, revision: i64) -> Result<()> {
        let is_new = revision == 1;
        let before = if is_new { LastWriter::default() } else { self.last_writer(id)? };
        let same_hand = before.device == by && before.device.is_some();
        let other_revision = if same_hand || is_new { before.other_revision } else { revision - 1 };
        let key = &next.key;
        let last_device = by.map(|device| device.0);
        let standing = (
            report::state.eq(state_number(next.state)),
            report::late.eq(i16::from(next.late)),
            report::received_day.eq(next.received_day.map(days_from_date)),
            report::last_device.eq(last_device.as_ref().map(|device| &device[..])),
            report::other_revision.eq(other_revision),
        );
        if !is_new {
            let found =
                on!(self.conn(), |conn| diesel::update(report::table.find(&id.0[..])).set(standing).execute(conn))?;
            return if found == 1 { Ok(()) } else { Err(Error::Damaged(format!("the report {id} has no line"))) };
        }
        let line = (
            report::id.eq(&id.0[..]),
            report::contract.eq(&key.contract.0[..]),
            report::unit.eq(&key.unit.0[..]),
            report::calendar.eq(&key.period.calendar),
            report::start_day.eq(days_from_date(key.period.start)),
            report::end_day.eq(days_from_date(key.period.end)),
            report::cut.eq(i16::from(key.period.cut)),
        );
        on!(self.conn(), |conn| diesel::insert_into(report::table).values((line, standing)).execute(conn))?;
        Ok(())
    }

    fn put_revision(&mut self, id: ReportId, next: &Report, revision: i64, bytes: &[u8]) -> Result<()> {
        let (at, content_hash) = (self.now().0, next.content_hash().0);
        on!(self.conn(), |conn| diesel::insert_into(report_revision::table)
            .values((
                report_revision::report.eq(&id.0[..]),
                report_revision::revision.eq(revision),
                report_revision::state.eq(state_number(next.state)),
                report_revision::content_hash.eq(&content_hash[..]),
                report_revision::bytes.eq(bytes),
                report_revision::at.eq(at),
            ))
            .execute(conn))?;
        Ok(())
    }

    /// Notes that `who` wrote in the report.
    pub(crate) fn add_author(&mut self, id: ReportId, who: AccountId) -> Result<()> {
        if !self.is_first_word(id, who) {
            return Ok(());
        }
        on!(self.conn(), |conn| diesel::insert_into(report_author::table)
            .values((report_author::report.eq(&id.0[..]), report_author::account.eq(&who.0[..])))
            .on_conflict_do_nothing()
            .execute(conn))?;
        Ok(())
    }

    /// Keeps a comment beside its report.
    pub(crate) fn put_comment<A: Kind>(
        &mut self,
        permit: &Permit<A>,
        id: CommentId,
        comment: &Comment,
        of: &Report,
        units: &UnitNumbers,
    ) -> Result<Put> {
        let place = self.unit_path(of.key.unit)?;
        let bytes = record::comment(comment, units)?;
        let scopes = report_scopes(of.state, &place);
        self.put_beside(comment.report, RecordKind::Comment, id.0)?;
        self.put_record(&Audit::from(permit), RecordKind::Comment, id.0, &bytes, scopes)
    }

    /// Keeps a branch of a conflict on the desk of the report's unit.
    pub(crate) fn put_conflict<A: Kind>(
        &mut self,
        permit: &Permit<A>,
        id: ConflictId,
        conflict: &Conflict,
    ) -> Result<Put> {
        let place = self.unit_path(permit.unit())?;
        let bytes = record::conflict(conflict);
        let scopes = vec![Scope::desk(place.acting)];
        self.put_beside(conflict.report, RecordKind::Conflict, id.0)?;
        self.put_record(&Audit::from(permit), RecordKind::Conflict, id.0, &bytes, scopes)
    }

    pub(super) fn put_beside(&mut self, report: ReportId, kind: RecordKind, id: [u8; 16]) -> Result<()> {
        if self.record(kind, &id)?.is_none() {
            diesel::insert_into(beside::table)
                .values((beside::report.eq(&report.0[..]), beside::kind.eq(kind.number()), beside::id.eq(&id[..])))
                .execute(self.conn())?;
        }
        Ok(())
    }

    /// Takes a command from a device: the row that makes it happen once.
    pub(crate) fn take_command(&mut self, id: DeviceId, taken: &Taken) -> Result<()> {
        let at = self.now().0;
        let put = on!(self.conn(), |conn| diesel::insert_into(command::table)
            .values((
                command::device.eq(&id.0[..]),
                command::number.eq(taken.number as i64),
                command::hash.eq(&taken.hash[..]),
                command::verdict.eq(taken.verdict.number()),
                command::reason.eq(taken.reason.as_deref()),
                command::seq.eq(0i64),
                command::revision.eq(taken.revision),
                command::at.eq(at),
            ))
            .on_conflict_do_nothing()
            .execute(conn))?;
        self.note_command(id, taken.number);
        self.won(put, "another call took commands of this device")
    }

    /// Moves a device's place in its outbox from one number to another: only if nobody else moved it.
    pub(crate) fn move_device(&mut self, id: DeviceId, (from, to): (u64, u64), outcomes: &[u8; 32]) -> Result<()> {
        let moved = on!(self.conn(), |conn| diesel::update(device::table.find(&id.0[..]))
            .filter(device::taken.eq(from as i64))
            .set((device::taken.eq(to as i64), device::outcomes.eq(&outcomes[..])))
            .execute(conn))?;
        self.won(moved, "another call took commands of this device")
    }
}

/// Where a record of this kind beside a report belongs: a comment where its report is, a conflict on the desk, a proposal in both.
pub(crate) fn beside_scopes(kind: RecordKind, state: State, place: &UnitPath) -> Vec<Scope> {
    let desk = Scope::desk(place.acting);
    if kind == RecordKind::Conflict {
        vec![desk]
    } else if kind == RecordKind::Proposal {
        std::iter::once(desk).chain(report_scopes(state, place)).collect()
    } else {
        report_scopes(state, place)
    }
}

/// Where a report belongs.
pub(crate) fn report_scopes(state: State, place: &UnitPath) -> Vec<Scope> {
    if !state.is_sent() && !planted!("draft-shown-above") {
        return vec![Scope::desk(place.acting)];
    }
    [place.unit, place.acting].into_iter().chain(place.above.iter().copied()).map(Scope::work).collect()
}

fn to_line(row: (Vec<u8>, Vec<u8>, Vec<u8>, i32, i32, i16, i16, i16)) -> Result<ReportLine> {
    let (id, contract, unit, start, end, cut, state, late) = row;
    Ok(ReportLine {
        id: ReportId(fixed(&id)?),
        contract: ContractId(fixed(&contract)?),
        unit: UnitId(fixed(&unit)?),
        start: date_from_days(start),
        end: date_from_days(end),
        cut: u8::try_from(cut).unwrap_or(0),
        state: read_state(state)?,
        late: late != 0,
    })
}

/// The number of a state in tables: its place in a report's life, from 1.
fn state_number(state: State) -> i16 {
    match state {
        State::Draft => 1,
        State::Submitted => 2,
        State::Returned => 3,
        State::Accepted => 4,
        State::Locked => 5,
    }
}

fn read_state(number: i16) -> Result<State> {
    State::ALL
        .into_iter()
        .find(|state| state_number(*state) == number)
        .ok_or_else(|| Error::Damaged(format!("state {number}")))
}
