//! What the open batch has decided: the changes to number, and the rows to write.
//!
//! ```text
//!  steps     read and put rows in memory; an undone step leaves nothing
//!  commit    the rows in sets, one write a row however often it was put
//!  earlier   only before a statement that the rows in memory do not answer, under savepoints
//! ```

use super::audited_row::AuditedRows;
use super::backend::AnyConn;
use super::error::{Error, Result};
use super::overlay::Overlay;
use super::read_tx::ReadTx;
use super::write_tx::PendingChange;
use crate::domain::access::permission::UnitPath;
use crate::domain::access::scope::RecordKind;
use crate::domain::support::ids::{AccountId, DeviceId, ReportId, UnitId};
use std::collections::HashMap;

/// Kind and id of a record.
pub(super) type ChangedRecordKey = (RecordKind, [u8; 16]);

/// So many rows are written at once; more would cost memory and gain nothing.
const MAX_UNWRITTEN_ROWS: usize = 4096;

/// A row of `record`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordRow {
    pub(super) revision: i64,
    pub(super) hash: u128,
    pub(super) bytes: Vec<u8>,
    /// Of a report only.
    pub(super) report: Option<ReportColumns>,
}

impl RecordRow {
    /// Whether it is a sent revision of a report.
    pub(super) fn is_sent(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.sent_at.is_some())
    }
}

/// The columns of a report in its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportColumns {
    pub(super) contract: [u8; 16],
    pub(super) unit: [u8; 16],
    pub(super) start_day: i32,
    pub(super) end_day: i32,
    pub(super) cut: i16,
    pub(super) state: i16,
    pub(super) late: i16,
    pub(super) last_device: Option<[u8; 16]>,
    pub(super) other_device_revision: i64,
    /// The first account that wrote in it.
    pub(super) author: Option<[u8; 16]>,
    /// When this revision was sent; `None`: it is a draft.
    pub(super) sent_at: Option<i64>,
}

/// A row of `report_revision`: a sent revision that a later one has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReplacedRevision {
    pub(super) state: i16,
    pub(super) content_hash: [u8; 32],
    pub(super) bytes: Vec<u8>,
    pub(super) received_at: i64,
}

/// A row of `command`, without its seq: the commit gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandRow {
    pub(super) hash: [u8; 32],
    pub(super) verdict: i16,
    pub(super) reason: Option<String>,
    pub(super) revision: i64,
    pub(super) received_at: i64,
}

/// How far a device's outbox was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutboxPosition {
    pub(super) last_command_number: u64,
    pub(super) outcome_chain: [u8; 32],
}

/// The rows of the hot tables that the batch has read or put.
#[derive(Default)]
pub(super) struct WriteSet {
    pub(super) records: Overlay<ChangedRecordKey, RecordRow>,
    /// Authors of a report beside the first.
    pub(super) authors: Overlay<(ReportId, AccountId), ()>,
    pub(super) attachments: Overlay<(ReportId, ChangedRecordKey), ()>,
    pub(super) revisions: Overlay<(ReportId, i64), ReplacedRevision>,
    pub(super) commands: Overlay<(DeviceId, u64), CommandRow>,
    pub(super) outboxes: Overlay<DeviceId, OutboxPosition>,
}

/// A position in each table of a write set.
type WriteSetPosition = [usize; 6];

macro_rules! for_each_table {
    ($writes:expr, |$table:ident, $index:ident| $body:expr) => {{
        let WriteSet { records, authors, attachments, revisions, commands, outboxes } = $writes;
        {
            let ($table, $index) = (records, 0);
            $body
        }
        {
            let ($table, $index) = (authors, 1);
            $body
        }
        {
            let ($table, $index) = (attachments, 2);
            $body
        }
        {
            let ($table, $index) = (revisions, 3);
            $body
        }
        {
            let ($table, $index) = (commands, 4);
            $body
        }
        {
            let ($table, $index) = (outboxes, 5);
            $body
        }
    }};
}

impl WriteSet {
    /// Whether everything is written.
    pub(super) fn is_written(&self) -> bool {
        let mut is_written = true;
        for_each_table!(self, |table, _index| is_written &= table.is_written());
        is_written
    }

    fn position(&self) -> WriteSetPosition {
        let mut position = WriteSetPosition::default();
        for_each_table!(self, |table, index| position[index] = table.position());
        position
    }

    fn undo_to(&mut self, position: WriteSetPosition) {
        for_each_table!(self, |table, index| table.undo_to(position[index]));
    }

    fn release(&mut self, position: WriteSetPosition, depth: usize) {
        for_each_table!(self, |table, index| table.release(position[index], depth));
    }

    fn forget_read(&mut self) {
        for_each_table!(self, |table, _index| table.forget_read());
    }
}

/// What the open batch has decided so far, in order.
#[derive(Default)]
pub(super) struct PendingChanges {
    pub(super) changes: Vec<PendingChange>,
    /// Rows written since the last audit row of the same step.
    pub(super) unaudited_rows: AuditedRows,
    /// Rows to write.
    pub(super) writes: WriteSet,
    /// Commands whose rows are written already: `append_commit` writes the seq of the commit into
    /// them.
    pub(super) commands: Vec<(DeviceId, u64)>,
    /// Set when the transaction can no longer commit.
    pub(super) fatal_error: Option<Error>,
    /// Cache of unit paths read in this batch; cleared when one changes and when steps are undone.
    pub(super) unit_paths: HashMap<UnitId, UnitPath>,
    /// Cache of the root unit; cleared when a setting changes and when steps are undone.
    pub(super) root_unit: Option<UnitId>,
    /// Savepoints of the open steps.
    depth: usize,
    /// So many of them, from the outermost, exist in the database.
    database_depth: usize,
}

/// How far the pending changes had come.
pub(super) struct PendingPosition {
    changes: usize,
    commands: usize,
    unaudited_rows: AuditedRows,
    writes: WriteSetPosition,
    depth: usize,
}

impl PendingChanges {
    /// A position for undoing what follows.
    pub(super) fn position(&self) -> PendingPosition {
        PendingPosition {
            changes: self.changes.len(),
            commands: self.commands.len(),
            unaudited_rows: self.unaudited_rows.clone(),
            writes: self.writes.position(),
            depth: self.depth,
        }
    }

    /// Begins a savepoint; it ends at its position.
    pub(super) fn begin_savepoint(&mut self) -> PendingPosition {
        let position = self.position();
        self.depth += 1;
        position
    }

    /// Drops what was added after `position`, and the caches.
    fn truncate_to(&mut self, position: PendingPosition) {
        self.changes.truncate(position.changes);
        self.commands.truncate(position.commands);
        self.unaudited_rows = position.unaudited_rows;
        self.writes.undo_to(position.writes);
        self.unit_paths.clear();
        self.root_unit = None;
        self.depth = position.depth;
    }

    /// Writes the rows; one that another node has changed ends the batch.
    fn write_rows(&mut self, conn: &mut AnyConn) -> Result<()> {
        if self.writes.is_written() {
            return Ok(());
        }
        self.open_savepoints(conn)?;
        let written = self
            .writes
            .write_content(conn, self.depth)
            .and_then(|()| self.writes.write_commands(conn, self.depth, 0));
        match written {
            Ok(commands) => {
                self.commands.extend(commands);
                Ok(())
            }
            Err(error) => {
                self.fatal_error.get_or_insert_with(|| error.clone());
                Err(error)
            }
        }
    }

    /// Opens in the database the savepoints that exist only here.
    fn open_savepoints(&mut self, conn: &mut AnyConn) -> Result<()> {
        while self.database_depth < self.depth {
            conn.execute_sql(&format!("SAVEPOINT s{}", self.database_depth))?;
            self.database_depth += 1;
        }
        Ok(())
    }

    /// Ends the innermost savepoint; what it put belongs to the enclosing one.
    fn release(&mut self, conn: &mut AnyConn, position: &PendingPosition) -> Result<()> {
        self.depth = position.depth;
        self.writes.release(position.writes, self.depth);
        self.end_database_savepoint(conn, false)
    }

    /// Undoes everything after `position`, here and in the database.
    pub(super) fn undo_to(&mut self, conn: &mut AnyConn, position: PendingPosition) -> Result<()> {
        self.truncate_to(position);
        if self.database_depth > self.depth {
            self.writes.forget_read();
        }
        self.end_database_savepoint(conn, true)
    }

    fn end_database_savepoint(&mut self, conn: &mut AnyConn, undo: bool) -> Result<()> {
        if self.database_depth <= self.depth {
            return Ok(());
        }
        self.database_depth = self.depth;
        let depth = self.depth;
        let undo = if undo { format!("ROLLBACK TO s{depth}; ") } else { String::new() };
        conn.execute_sql(&format!("{undo}RELEASE SAVEPOINT s{depth}")).inspect_err(|error| {
            self.fatal_error.get_or_insert_with(|| Error::Busy(error.to_string()));
        })
    }
}

impl ReadTx<'_> {
    /// The connection for a statement that writes: the rows so far are written before it, inside
    /// the savepoints, and those that were read are read again after it.
    pub(super) fn conn_for_writing(&mut self) -> Result<&mut AnyConn> {
        let (conn, pending) = self.parts();
        pending.write_rows(conn)?;
        pending.open_savepoints(conn)?;
        pending.writes.forget_read();
        Ok(conn)
    }

    /// The connection for a statement that reads any table.
    pub(super) fn conn(&mut self) -> Result<&mut AnyConn> {
        let (conn, pending) = self.parts();
        pending.write_rows(conn)?;
        Ok(conn)
    }

    /// The connection for a statement that reads records of these kinds only.
    pub(super) fn conn_for_kinds(&mut self, kinds: &[RecordKind]) -> Result<&mut AnyConn> {
        let (conn, pending) = self.parts();
        if pending.writes.records.unwritten_keys().any(|(kind, _)| kinds.contains(kind)) {
            pending.write_rows(conn)?;
        }
        Ok(conn)
    }

    /// Puts rows of one table of the write set.
    pub(super) fn put_row<K, V>(
        &mut self,
        table: fn(&mut WriteSet) -> &mut Overlay<K, V>,
        key: K,
        row: Option<V>,
    ) -> Result<()>
    where
        K: Copy + Eq + std::hash::Hash + Ord,
        V: Clone,
    {
        let (conn, pending) = self.parts();
        let rows = table(&mut pending.writes);
        rows.put(pending.depth, key, row);
        if rows.unwritten_count() >= MAX_UNWRITTEN_ROWS {
            pending.write_rows(conn)?;
        }
        Ok(())
    }

    pub(super) fn release_savepoint(&mut self, position: &PendingPosition) -> Result<()> {
        let (conn, pending) = self.parts();
        pending.release(conn, position)
    }

    pub(super) fn undo_to(&mut self, position: PendingPosition) -> Result<()> {
        let (conn, pending) = self.parts();
        pending.undo_to(conn, position)
    }
}
