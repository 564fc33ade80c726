//! Writes the rows of a batch: row by row with kept statements on SQLite, where a call costs
//! nothing; each table in one statement on PostgreSQL, where a call is a round trip.
//!
//! An UPDATE names the revision that the batch read: a row that another node has changed ends the
//! batch, which then decides anew.

use super::backend::{AnyConn, with_conn};
use super::error::{Error, Result};
use super::kept_statement::kept_statement;
use super::overlay::OverlayRow;
use super::pending::{
    ChangedRecordKey, CommandRow, OutboxPosition, RecordRow, ReplacedRevision, WriteSet,
};
use super::schema::{command, record, report_attachment, report_author, report_revision};
use crate::domain::support::ids::{AccountId, DeviceId, ReportId};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt};
use diesel::sqlite::{Sqlite, SqliteConnection};

type Bytes = Vec<u8>;
type Id = [u8; 16];
/// Of a record, big-endian.
type RecordHash = [u8; 16];
type Sha = [u8; 32];

/// Inserts rows into a table: one INSERT a row on SQLite, COPY on PostgreSQL. A row that is there
/// already was written by another node.
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        match $conn {
            _ if rows.is_empty() => Ok(()),
            AnyConn::Sqlite(conn) => rows.iter().try_for_each(|row| {
                diesel::insert_into($table)
                    .values(row)
                    .execute(conn)
                    .map(|_| ())
                    .map_err(to_lost_race)
            }),
            AnyConn::Pg(conn) => diesel::copy_from($table)
                .from_insertable(rows)
                .execute(conn)
                .map(|_| ())
                .map_err(to_lost_race),
        }
    }};
}
pub(super) use insert_rows;

impl WriteSet {
    /// Writes everything but the commands, inside `depth` savepoints.
    pub(super) fn write_content(&mut self, conn: &mut AnyConn, depth: usize) -> Result<()> {
        write_records(conn, self.records.drain_unwritten(depth))?;
        write_authors(conn, &self.authors.drain_unwritten(depth))?;
        write_attachments(conn, &self.attachments.drain_unwritten(depth))?;
        write_revisions(conn, &self.revisions.drain_unwritten(depth))?;
        write_outboxes(conn, &self.outboxes.drain_unwritten(depth))
    }

    /// Writes the commands with this seq; 0: the commit gives it later. Returns which.
    pub(super) fn write_commands(
        &mut self,
        conn: &mut AnyConn,
        depth: usize,
        commit_seq: i64,
    ) -> Result<Vec<(DeviceId, u64)>> {
        let commands = self.commands.drain_unwritten(depth);
        let rows: Vec<NewCommand> = commands
            .iter()
            .filter_map(|(key, row)| Some(NewCommand::new(*key, row.current.as_ref()?, commit_seq)))
            .collect();
        insert_rows!(conn, command::table, rows)?;
        Ok(commands.into_iter().map(|(key, _)| key).collect())
    }
}

/// Another node wrote the row first: the batch decides anew.
pub(super) fn to_lost_race(error: DieselError) -> Error {
    if let DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = &error {
        return Error::Busy(format!("another node wrote this row: {}", info.message()));
    }
    error.into()
}

fn ensure_all(written: usize, rows: usize) -> Result<()> {
    if written == rows {
        return Ok(());
    }
    Err(Error::Busy(format!("{} of {rows} rows changed under us", rows.saturating_sub(written))))
}

#[derive(Insertable)]
#[diesel(table_name = record)]
#[diesel(treat_none_as_default_value = false)]
struct NewRecord {
    kind: i16,
    id: Id,
    revision: i64,
    hash: RecordHash,
    bytes: Bytes,
    contract: Option<Id>,
    unit: Option<Id>,
    start_day: Option<i32>,
    end_day: Option<i32>,
    cut: Option<i16>,
    state: Option<i16>,
    late: Option<i16>,
    last_device: Option<Id>,
    other_device_revision: Option<i64>,
    author: Option<Id>,
    sent_at: Option<i64>,
}

impl NewRecord {
    fn new((kind, id): ChangedRecordKey, row: RecordRow) -> Self {
        let report = row.report.as_ref();
        Self {
            kind: kind.number(),
            id,
            revision: row.revision,
            hash: row.hash.to_be_bytes(),
            bytes: row.bytes,
            contract: report.map(|report| report.contract),
            unit: report.map(|report| report.unit),
            start_day: report.map(|report| report.start_day),
            end_day: report.map(|report| report.end_day),
            cut: report.map(|report| report.cut),
            state: report.map(|report| report.state),
            late: report.map(|report| report.late),
            last_device: report.and_then(|report| report.last_device),
            other_device_revision: report.map(|report| report.other_device_revision),
            author: report.and_then(|report| report.author),
            sent_at: report.and_then(|report| report.sent_at),
        }
    }
}

kept_statement! {
    /// Writes the next revision of a record, if it still has the one that was read.
    [Sqlite], UpdateRecord {
        "UPDATE record SET revision = " revision: BigInt = i64,
        ", hash = " hash: Binary = RecordHash,
        ", bytes = " bytes: Binary = Bytes,
        ", state = " state: Nullable<SmallInt> = Option<i16>,
        ", late = " late: Nullable<SmallInt> = Option<i16>,
        ", last_device = " last_device: Nullable<Binary> = Option<Id>,
        ", other_device_revision = " other: Nullable<BigInt> = Option<i64>,
        ", author = " author: Nullable<Binary> = Option<Id>,
        ", sent_at = " sent_at: Nullable<BigInt> = Option<i64>,
        " WHERE kind = " kind: SmallInt = i16,
        " AND id = " id: Binary = Id,
        " AND revision = " read_revision: BigInt = i64,
        "",
    }
}

kept_statement! {
    /// The same for many records.
    [Pg], UpdateRecords {
        "UPDATE record SET revision = new.revision, hash = new.hash, bytes = new.bytes, \
         state = new.state, late = new.late, \
         last_device = new.last_device, other_device_revision = new.other, author = new.author, \
         sent_at = new.sent_at FROM unnest(" kinds: Array<SmallInt> = Vec<i16>,
        ", " ids: Array<Binary> = Vec<Id>,
        ", " read_revisions: Array<BigInt> = Vec<i64>,
        ", " revisions: Array<BigInt> = Vec<i64>,
        ", " hashes: Array<Binary> = Vec<RecordHash>,
        ", " bytes: Array<Binary> = Vec<Bytes>,
        ", " states: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        ", " lates: Array<Nullable<SmallInt>> = Vec<Option<i16>>,
        ", " last_devices: Array<Nullable<Binary>> = Vec<Option<Id>>,
        ", " others: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        ", " authors: Array<Nullable<Binary>> = Vec<Option<Id>>,
        ", " sent_at: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        ") AS new (kind, id, read_revision, revision, hash, bytes, state, late, \
         last_device, other, author, sent_at) WHERE record.kind = new.kind \
         AND record.id = new.id AND record.revision = new.read_revision",
    }
}

fn write_records(
    conn: &mut AnyConn,
    rows: Vec<(ChangedRecordKey, OverlayRow<RecordRow>)>,
) -> Result<()> {
    let (mut inserts, mut updates, mut deletes) = (Vec::new(), Vec::new(), Vec::new());
    for (key, OverlayRow { stored, current, .. }) in rows {
        match (stored, current) {
            (None, Some(row)) => inserts.push(NewRecord::new(key, row)),
            (Some(read), Some(row)) => updates.push((read.revision, NewRecord::new(key, row))),
            (Some(read), None) => deletes.push((key, read.revision)),
            (None, None) => {}
        }
    }
    insert_rows!(conn, record::table, inserts)?;
    for ((kind, id), revision) in deletes {
        let deleted = diesel::delete(record::table.find((kind.number(), &id[..])))
            .filter(record::revision.eq(revision))
            .execute(conn)?;
        ensure_all(deleted, 1)?;
    }
    if updates.is_empty() {
        return Ok(());
    }
    match conn {
        AnyConn::Sqlite(conn) => update_each_record(conn, updates),
        AnyConn::Pg(conn) => update_all_records(conn, updates),
    }
}

fn update_each_record(conn: &mut SqliteConnection, rows: Vec<(i64, NewRecord)>) -> Result<()> {
    for (read_revision, row) in rows {
        let update = UpdateRecord {
            revision: row.revision,
            hash: row.hash,
            bytes: row.bytes,
            state: row.state,
            late: row.late,
            last_device: row.last_device,
            other: row.other_device_revision,
            author: row.author,
            sent_at: row.sent_at,
            kind: row.kind,
            id: row.id,
            read_revision,
        };
        ensure_all(update.execute(conn)?, 1)?;
    }
    Ok(())
}

fn update_all_records(conn: &mut PgConnection, rows: Vec<(i64, NewRecord)>) -> Result<()> {
    let count = rows.len();
    let column = |of: fn(&(i64, NewRecord)) -> i64| rows.iter().map(of).collect::<Vec<_>>();
    let update = UpdateRecords {
        kinds: rows.iter().map(|(_, row)| row.kind).collect(),
        read_revisions: column(|(read, _)| *read),
        revisions: column(|(_, row)| row.revision),
        states: rows.iter().map(|(_, row)| row.state).collect(),
        lates: rows.iter().map(|(_, row)| row.late).collect(),
        others: rows.iter().map(|(_, row)| row.other_device_revision).collect(),
        sent_at: rows.iter().map(|(_, row)| row.sent_at).collect(),
        last_devices: rows.iter().map(|(_, row)| row.last_device).collect(),
        authors: rows.iter().map(|(_, row)| row.author).collect(),
        ids: rows.iter().map(|(_, row)| row.id).collect(),
        hashes: rows.iter().map(|(_, row)| row.hash).collect(),
        bytes: rows.into_iter().map(|(_, row)| row.bytes).collect(),
    };
    ensure_all(update.execute(conn)?, count)
}

type Rows<K, V> = [(K, OverlayRow<V>)];

fn write_authors(conn: &mut AnyConn, rows: &Rows<(ReportId, AccountId), ()>) -> Result<()> {
    // A report has few authors beside the first, and one may be stored already.
    for ((report, account), _) in rows {
        let row =
            (report_author::report.eq(&report.0[..]), report_author::account.eq(&account.0[..]));
        with_conn!(&mut *conn, |conn| diesel::insert_into(report_author::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = report_attachment)]
#[diesel(treat_none_as_default_value = false)]
struct NewAttachment {
    report: Id,
    kind: i16,
    id: Id,
}

fn write_attachments(
    conn: &mut AnyConn,
    rows: &Rows<(ReportId, ChangedRecordKey), ()>,
) -> Result<()> {
    let attachment = |((report, (kind, id)), _): &((ReportId, ChangedRecordKey), _)| {
        NewAttachment { report: report.0, kind: kind.number(), id: *id }
    };
    insert_rows!(conn, report_attachment::table, rows.iter().map(attachment).collect::<Vec<_>>())
}

#[derive(Insertable)]
#[diesel(table_name = report_revision)]
#[diesel(treat_none_as_default_value = false)]
struct NewRevision {
    report: Id,
    revision: i64,
    state: i16,
    content_hash: Sha,
    bytes: Bytes,
    received_at: i64,
}

fn write_revisions(
    conn: &mut AnyConn,
    rows: &Rows<(ReportId, i64), ReplacedRevision>,
) -> Result<()> {
    let revision = |((report, revision), row): &((ReportId, i64), OverlayRow<ReplacedRevision>)| {
        let row = row.current.as_ref()?;
        Some(NewRevision {
            report: report.0,
            revision: *revision,
            state: row.state,
            content_hash: row.content_hash,
            bytes: row.bytes.clone(),
            received_at: row.received_at,
        })
    };
    insert_rows!(conn, report_revision::table, rows.iter().filter_map(revision).collect::<Vec<_>>())
}

#[derive(Insertable)]
#[diesel(table_name = command)]
#[diesel(treat_none_as_default_value = false)]
struct NewCommand {
    device: Id,
    number: i64,
    hash: Sha,
    verdict: i16,
    reason: Option<String>,
    commit_seq: i64,
    revision: i64,
    received_at: i64,
}

impl NewCommand {
    fn new((device, number): (DeviceId, u64), row: &CommandRow, commit_seq: i64) -> Self {
        Self {
            device: device.0,
            number: number as i64,
            hash: row.hash,
            verdict: row.verdict,
            reason: row.reason.clone(),
            commit_seq,
            revision: row.revision,
            received_at: row.received_at,
        }
    }
}

kept_statement! {
    /// Moves a device's outbox, if it still is where it was read.
    [Sqlite], UpdateOutbox {
        "UPDATE device SET last_command_number = " to: BigInt = i64,
        ", outcome_chain = " chain: Binary = Sha,
        " WHERE id = " id: Binary = Id,
        " AND last_command_number = " from: BigInt = i64,
        "",
    }
}

kept_statement! {
    /// The same for many devices.
    [Pg], UpdateOutboxes {
        "UPDATE device SET last_command_number = new.number, outcome_chain = new.chain FROM unnest("
            ids: Array<Binary> = Vec<Id>,
        ", " from: Array<BigInt> = Vec<i64>,
        ", " to: Array<BigInt> = Vec<i64>,
        ", " chains: Array<Binary> = Vec<Sha>,
        ") AS new (id, read_number, number, chain) \
         WHERE device.id = new.id AND device.last_command_number = new.read_number",
    }
}

fn write_outboxes(conn: &mut AnyConn, rows: &Rows<DeviceId, OutboxPosition>) -> Result<()> {
    let moved: Vec<(DeviceId, i64, OutboxPosition)> = rows
        .iter()
        .filter_map(|(id, row)| {
            let from = row.stored.as_ref().map_or(0, |stored| stored.last_command_number as i64);
            row.current.map(|to| (*id, from, to))
        })
        .collect();
    match conn {
        _ if moved.is_empty() => Ok(()),
        AnyConn::Sqlite(conn) => moved.into_iter().try_for_each(|(id, from, to)| {
            let (id, chain, to) = (id.0, to.outcome_chain, to.last_command_number as i64);
            let update = UpdateOutbox { to, chain, id, from };
            ensure_all(update.execute(conn)?, 1)
        }),
        AnyConn::Pg(conn) => {
            let update = UpdateOutboxes {
                ids: moved.iter().map(|(id, ..)| id.0).collect(),
                from: moved.iter().map(|(_, from, _)| *from).collect(),
                to: moved.iter().map(|(.., to)| to.last_command_number as i64).collect(),
                chains: moved.iter().map(|(.., to)| to.outcome_chain).collect(),
            };
            ensure_all(update.execute(conn)?, moved.len())
        }
    }
}
