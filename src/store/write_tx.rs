//! A writing transaction, and the pending changes that are numbered at commit.

use super::audited_row::AuditedRows;
use super::backend::AnyConn;
use super::error::{Error, Result};
use super::pending::{ChangedRecordKey, PendingChanges, RecordRow, ReportColumns};
use super::read_tx::ReadTx;
use super::schema::feed_head;
use super::write_rights::MovesRecords;
use crate::domain::access::permission::{ActionMarker, Actor, Permit, UnitPath};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::limits::RECORD_BYTES_MAX;
use crate::domain::support::scope_digest::hash_record;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

/// A transaction that may write.
///
/// * Nothing is visible to others before `Store::write` returns `Ok`.
/// * Every write of a record adds exactly one pending change; commit order numbers them.
/// * The steps may run more than once, so they must only read and write through this value.
pub struct WriteTx<'c> {
    read_tx: ReadTx<'c>,
    now: Timestamp,
}

/// The columns of an audit row that the caller provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditContext {
    account: AccountId,
    device: Option<DeviceId>,
    action: Cow<'static, str>,
}

impl<A: ActionMarker> From<&Permit<A>> for AuditContext {
    fn from(permit: &Permit<A>) -> Self {
        Self { account: permit.account(), device: permit.device(), action: permit.code().into() }
    }
}

impl AuditContext {
    /// For actions without a permit: enrolment and renewal, where the credential is the
    /// authorisation; and commands that are held because their author has no right. It writes no
    /// other record.
    #[must_use]
    pub fn from_actor(actor: &Actor, action: impl Into<Cow<'static, str>>) -> Self {
        Self { account: actor.account, device: actor.device, action: action.into() }
    }

    pub(super) fn account(&self) -> AccountId {
        self.account
    }

    pub(super) fn device(&self) -> Option<DeviceId> {
        self.device
    }

    pub(super) fn action(&self) -> &Cow<'static, str> {
        &self.action
    }
}

pub(super) struct PendingChange {
    pub(super) audit: AuditContext,
    pub(super) record_change: Option<RecordChange>,
    /// Rows of tables without records that the step wrote.
    pub(super) rows: AuditedRows,
}

/// A change of one record.
#[derive(Clone)]
pub(super) struct RecordChange {
    pub(super) kind: RecordKind,
    pub(super) id: [u8; 16],
    pub(super) from_revision: i64,
    pub(super) to_revision: i64,
    pub(super) old_hash: Option<u128>,
    /// `None`: the record is deleted.
    pub(super) new_hash: Option<u128>,
    /// The scopes of the record from now on.
    pub(super) scopes: Vec<Scope>,
}

/// Result of writing a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutOutcome {
    /// The revision after the write.
    pub revision: i64,
    /// Whether the record changed; an equal record is not written.
    pub changed: bool,
}

impl<'c> WriteTx<'c> {
    pub(super) fn new(
        conn: &'c mut AnyConn,
        pending: &'c mut PendingChanges,
        now: Timestamp,
    ) -> Self {
        Self { read_tx: ReadTx::of_batch(conn, pending), now }
    }

    pub(super) fn pending(&mut self) -> &mut PendingChanges {
        self.read_tx.pending()
    }

    /// The connection, for statements that write: what the batch has decided is written first, and
    /// what it had read is read again afterwards.
    pub(super) fn conn(&mut self) -> Result<&mut AnyConn> {
        self.read_tx.conn_for_writing()
    }

    /// The instant of this transaction, as the caller passed it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Runs `steps`; an `Err` undoes just them and their pending changes. The database has a
    /// savepoint only if the steps write to it.
    pub fn with_savepoint<T, E: From<Error>>(
        &mut self,
        steps: impl FnOnce(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let position = self.pending().begin_savepoint();
        let result = steps(self);
        match &result {
            Ok(_) => self.read_tx.release_savepoint(&position)?,
            Err(_) => self.read_tx.undo_to(position)?,
        }
        result
    }

    /// Writes a record with its scopes. An equal record is not written; one that no message could
    /// carry is an error.
    pub(super) fn put_record(
        &mut self,
        audit: &AuditContext,
        kind: RecordKind,
        id: [u8; 16],
        bytes: &[u8],
        scopes: Vec<Scope>,
    ) -> Result<PutOutcome> {
        self.put_record_row(audit, (kind, id), bytes, None, scopes)
    }

    /// Like [`WriteTx::put_record`], with the columns of a report.
    pub(super) fn put_record_row(
        &mut self,
        audit: &AuditContext,
        (kind, id): ChangedRecordKey,
        bytes: &[u8],
        report: Option<ReportColumns>,
        scopes: Vec<Scope>,
    ) -> Result<PutOutcome> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(Error::RecordTooLarge { bytes: bytes.len(), max: RECORD_BYTES_MAX });
        }
        let existing = self.with_record_row(kind, &id, |row| {
            row.map(|row| (row.revision, row.hash, row.bytes == bytes))
        })?;
        if let Some((revision, _, true)) = existing {
            return Ok(PutOutcome { revision, changed: false });
        }
        let from_revision = existing.map_or(0, |(revision, ..)| revision);
        let to_revision = from_revision + 1;
        let hash = hash_record(&id, to_revision, bytes);
        let row = RecordRow { revision: to_revision, hash, bytes: bytes.to_vec(), report };
        self.put_row(|writes| &mut writes.records, (kind, id), Some(row))?;
        let change = RecordChange {
            kind,
            id,
            from_revision,
            to_revision,
            old_hash: existing.map(|(_, hash, _)| hash),
            new_hash: Some(hash),
            scopes,
        };
        self.push_record_change(audit, change);
        Ok(PutOutcome { revision: to_revision, changed: true })
    }

    /// Changes the scopes of an unchanged record.
    pub fn set_record_scopes<A: MovesRecords>(
        &mut self,
        permit: &Permit<A>,
        kind: RecordKind,
        id: [u8; 16],
        scopes: Vec<Scope>,
    ) -> Result<()> {
        self.verify_permit(permit, A::PERMIT_UNIT, permit.unit())?;
        let Some(existing) = self.record(kind, &id)? else { return Ok(()) };
        let hash = Some(existing.hash);
        let (from_revision, to_revision) = (existing.revision, existing.revision);
        let change = RecordChange {
            kind,
            id,
            from_revision,
            to_revision,
            old_hash: hash,
            new_hash: hash,
            scopes,
        };
        self.push_record_change(&AuditContext::from(permit), change);
        Ok(())
    }

    /// The scopes that the last pending change of this batch gives the record; `None` without one.
    pub(super) fn pending_scopes(&mut self, kind: RecordKind, id: &[u8; 16]) -> Option<&[Scope]> {
        let changes = self.pending().changes.iter().rev();
        let mut records = changes.filter_map(|change| change.record_change.as_ref());
        let last = records.find(|record| record.kind == kind && record.id == *id)?;
        Some(&last.scopes)
    }

    /// Deletes a record.
    pub(super) fn delete_record(
        &mut self,
        audit: &AuditContext,
        kind: RecordKind,
        id: [u8; 16],
    ) -> Result<()> {
        let Some(existing) = self.record(kind, &id)? else { return Ok(()) };
        self.put_row(|writes| &mut writes.records, (kind, id), None)?;
        let (from_revision, old_hash) = (existing.revision, Some(existing.hash));
        let change = RecordChange {
            kind,
            id,
            from_revision,
            to_revision: 0,
            old_hash,
            new_hash: None,
            scopes: Vec::new(),
        };
        self.push_record_change(audit, change);
        Ok(())
    }

    /// The path of a unit today; read once per batch.
    pub fn unit_path(&mut self, unit: UnitId) -> Result<UnitPath> {
        if let Some(unit_path) = self.pending().unit_paths.get(&unit) {
            return Ok(unit_path.clone());
        }
        let unit_path = self.read_tx.unit_path(unit)?;
        self.pending().unit_paths.insert(unit, unit_path.clone());
        Ok(unit_path)
    }

    /// The root unit; read once per batch.
    pub(super) fn cached_root_unit(&mut self) -> Result<Option<UnitId>> {
        if self.pending().root_unit.is_none() {
            let root_unit = self.read_tx.root_unit()?;
            self.pending().root_unit = root_unit;
        }
        Ok(self.pending().root_unit)
    }

    /// Clears the cache of the root unit.
    pub(super) fn clear_root_unit(&mut self) {
        self.pending().root_unit = None;
    }

    /// Clears the cache of unit paths.
    pub(super) fn clear_unit_paths(&mut self) {
        self.pending().unit_paths.clear();
    }

    fn push_record_change(&mut self, audit: &AuditContext, change: RecordChange) {
        let (audit, rows) = (audit.clone(), AuditedRows::default());
        self.pending().changes.push(PendingChange { audit, record_change: Some(change), rows });
    }

    /// Adds an audit row that changes no record. It has the hashes of the rows that this step wrote
    /// since its last one.
    pub(crate) fn append_audit(&mut self, audit: &AuditContext) {
        let (audit, rows) = (audit.clone(), std::mem::take(&mut self.pending().unaudited_rows));
        self.pending().changes.push(PendingChange { audit, record_change: None, rows });
    }

    /// Rows written since the last audit row of this step.
    pub(super) fn unaudited_rows(&mut self) -> &mut AuditedRows {
        &mut self.pending().unaudited_rows
    }

    /// Fails if the step wrote rows and no audit row after them.
    pub(super) fn ensure_rows_audited(&mut self) -> Result<()> {
        if self.pending().unaudited_rows.is_empty() {
            return Ok(());
        }
        Err(Error::Database("rows were written without a row of the audit".to_owned()))
    }

    /// Adds a command whose row, written already, gets the seq of the commit.
    pub(super) fn add_pending_command(&mut self, device: DeviceId, number: u64) {
        self.pending().commands.push((device, number));
    }

    /// Invalidates all cached identities: grants or devices changed.
    pub(crate) fn bump_auth_generation(&mut self) -> Result<()> {
        diesel::update(feed_head::table.find(1))
            .set(feed_head::auth_generation.eq(feed_head::auth_generation + 1))
            .execute(self.conn()?)?;
        Ok(())
    }

    /// Sets the epoch of the history; cursors of other epochs are rebuilt.
    pub fn set_epoch(&mut self, number: i64, id: &[u8; 16]) -> Result<()> {
        diesel::update(feed_head::table.find(1))
            .set((feed_head::epoch.eq(number), feed_head::epoch_id.eq(&id[..])))
            .execute(self.conn()?)?;
        Ok(())
    }
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read_tx
    }
}

impl DerefMut for WriteTx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read_tx
    }
}
