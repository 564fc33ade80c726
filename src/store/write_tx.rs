//! A writing transaction, and the pending changes that are numbered at commit.

use super::audited_row::AuditedRows;
use super::backend::{AnyConn, with_conn};
use super::error::{Error, Result};
use super::read_tx::ReadTx;
use super::schema::{feed_head, record};
use super::write_rights::MovesRecords;
use crate::domain::access::permission::{ActionMarker, Actor, Permit, UnitPath};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::support::ids::{AccountId, DeviceId, ReportId, UnitId};
use crate::domain::support::limits::RECORD_BYTES_MAX;
use crate::domain::support::scope_digest::hash_record;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};

/// A transaction that may write.
///
/// * Nothing is visible to others before `Store::write` returns `Ok`.
/// * Every write of a record adds exactly one pending change; commit order numbers them.
/// * The steps may run more than once, so they must only read and write through this value.
pub struct WriteTx<'c> {
    read_tx: ReadTx<'c>,
    pending: &'c mut PendingChanges,
    now: Timestamp,
    savepoint_depth: usize,
}

/// The columns of an audit row that the caller provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditContext {
    account: AccountId,
    device: Option<DeviceId>,
    action: String,
}

impl<A: ActionMarker> From<&Permit<A>> for AuditContext {
    fn from(permit: &Permit<A>) -> Self {
        Self {
            account: permit.account(),
            device: permit.device(),
            action: permit.code().to_owned(),
        }
    }
}

impl AuditContext {
    /// For actions without a permit: enrolment and renewal, where the credential is the
    /// authorisation; and commands that are held because their author has no right. It writes no
    /// other record.
    #[must_use]
    pub fn from_actor(actor: &Actor, action: &str) -> Self {
        Self { account: actor.account, device: actor.device, action: action.to_owned() }
    }

    pub(super) fn account(&self) -> AccountId {
        self.account
    }

    pub(super) fn device(&self) -> Option<DeviceId> {
        self.device
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }
}

/// The changes of the open batch so far, in order.
#[derive(Default)]
pub(super) struct PendingChanges {
    pub(super) changes: Vec<PendingChange>,
    /// Rows written since the last audit row of the same step.
    pub(super) unaudited_rows: AuditedRows,
    /// Commands received: `append_commit` writes the seq of the commit into their rows.
    pub(super) commands: Vec<(DeviceId, u64)>,
    /// Set when the transaction can no longer commit.
    pub(super) fatal_error: Option<String>,
    /// Set when a caller lost a race against another node and must run again.
    pub(super) retry_reason: Option<String>,
    /// Cache of unit paths read in this batch; cleared when one changes and when steps are undone.
    unit_paths: HashMap<UnitId, UnitPath>,
    /// Cache of the root unit; cleared when a setting changes and when steps are undone.
    root_unit: Option<UnitId>,
    /// Authors stored in this batch; cleared when steps are undone.
    authors: HashSet<(ReportId, AccountId)>,
}

impl PendingChanges {
    /// A position for [`PendingChanges::truncate_to`].
    pub(super) fn position(&self) -> PendingPosition {
        PendingPosition {
            changes: self.changes.len(),
            commands: self.commands.len(),
            unaudited_rows: self.unaudited_rows.clone(),
        }
    }

    /// Drops what was added after `position`, and the caches.
    pub(super) fn truncate_to(&mut self, position: PendingPosition) {
        self.changes.truncate(position.changes);
        self.commands.truncate(position.commands);
        self.unaudited_rows = position.unaudited_rows;
        self.unit_paths.clear();
        self.root_unit = None;
        self.authors.clear();
    }
}

/// How far the pending changes had come.
pub(super) struct PendingPosition {
    changes: usize,
    commands: usize,
    unaudited_rows: AuditedRows,
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
        Self { read_tx: ReadTx::new(conn), pending, now, savepoint_depth: 0 }
    }

    /// The instant of this transaction, as the caller passed it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Runs `steps`; an `Err` undoes just them and their pending changes.
    pub fn with_savepoint<T, E: From<Error>>(
        &mut self,
        steps: impl FnOnce(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let position = self.pending.position();
        let name = format!("s{}", self.savepoint_depth);
        self.conn().execute_sql(&format!("SAVEPOINT {name}"))?;
        let mut inner = WriteTx {
            read_tx: ReadTx::new(self.read_tx.conn()),
            pending: self.pending,
            now: self.now,
            savepoint_depth: self.savepoint_depth + 1,
        };
        let result = steps(&mut inner);
        let end = match &result {
            Ok(_) => format!("RELEASE SAVEPOINT {name}"),
            Err(_) => {
                self.pending.truncate_to(position);
                format!("ROLLBACK TO SAVEPOINT {name}")
            }
        };
        if let Err(error) = self.conn().execute_sql(&end) {
            self.pending.fatal_error = Some(error.to_string());
            return Err(error.into());
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
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(Error::RecordTooLarge { bytes: bytes.len(), max: RECORD_BYTES_MAX });
        }
        let existing = self.record(kind, &id)?;
        if let Some(existing) = &existing
            && existing.bytes == bytes
        {
            return Ok(PutOutcome { revision: existing.revision, changed: false });
        }
        let from_revision = existing.as_ref().map_or(0, |existing| existing.revision);
        let to_revision = from_revision + 1;
        let hash = hash_record(&id, to_revision, bytes);
        let written = match existing {
            None => self.insert_record(kind, &id, to_revision, hash, bytes)?,
            Some(_) => with_conn!(self.conn(), |conn| diesel::update(
                record::table.find((kind.number(), &id[..]))
            )
            .filter(record::revision.eq(from_revision))
            .set((
                record::revision.eq(to_revision),
                record::hash.eq(&hash.to_be_bytes()[..]),
                record::bytes.eq(bytes),
            ))
            .execute(conn))?,
        };
        self.ensure_rows_affected(written, "a record changed under us")?;
        let old_hash = existing.map(|existing| existing.hash);
        let change = RecordChange {
            kind,
            id,
            from_revision,
            to_revision,
            old_hash,
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
    pub(super) fn pending_scopes(&self, kind: RecordKind, id: &[u8; 16]) -> Option<&[Scope]> {
        let changes = self.pending.changes.iter().rev();
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
        let removed = diesel::delete(record::table.find((kind.number(), &id[..])))
            .filter(record::revision.eq(existing.revision))
            .execute(self.conn())?;
        self.ensure_rows_affected(removed, "a record changed under us")?;
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
        if let Some(unit_path) = self.pending.unit_paths.get(&unit) {
            return Ok(unit_path.clone());
        }
        let unit_path = self.read_tx.unit_path(unit)?;
        self.pending.unit_paths.insert(unit, unit_path.clone());
        Ok(unit_path)
    }

    /// The root unit; read once per batch.
    pub(super) fn cached_root_unit(&mut self) -> Result<Option<UnitId>> {
        if self.pending.root_unit.is_none() {
            self.pending.root_unit = self.read_tx.root_unit()?;
        }
        Ok(self.pending.root_unit)
    }

    /// Clears the cache of the root unit.
    pub(super) fn clear_root_unit(&mut self) {
        self.pending.root_unit = None;
    }

    /// Whether the author was not yet stored in this batch.
    pub(super) fn insert_pending_author(
        &mut self,
        report: ReportId,
        account_id: AccountId,
    ) -> bool {
        self.pending.authors.insert((report, account_id))
    }

    /// Clears the cache of unit paths.
    pub(super) fn clear_unit_paths(&mut self) {
        self.pending.unit_paths.clear();
    }

    fn push_record_change(&mut self, audit: &AuditContext, change: RecordChange) {
        let (audit, rows) = (audit.clone(), AuditedRows::default());
        self.pending.changes.push(PendingChange { audit, record_change: Some(change), rows });
    }

    /// Adds an audit row that changes no record. It has the hashes of the rows that this step wrote
    /// since its last one.
    pub(crate) fn append_audit(&mut self, audit: &AuditContext) {
        let (audit, rows) = (audit.clone(), std::mem::take(&mut self.pending.unaudited_rows));
        self.pending.changes.push(PendingChange { audit, record_change: None, rows });
    }

    /// Rows written since the last audit row of this step.
    pub(super) fn unaudited_rows(&mut self) -> &mut AuditedRows {
        &mut self.pending.unaudited_rows
    }

    /// Fails if the step wrote rows and no audit row after them.
    pub(super) fn ensure_rows_audited(&self) -> Result<()> {
        if self.pending.unaudited_rows.is_empty() {
            return Ok(());
        }
        Err(Error::Database("rows were written without a row of the audit".to_owned()))
    }

    /// Adds a command whose row gets the seq of the commit.
    pub(super) fn add_pending_command(&mut self, device: DeviceId, number: u64) {
        self.pending.commands.push((device, number));
    }

    /// Invalidates all cached identities: grants or devices changed.
    pub(crate) fn bump_auth_generation(&mut self) -> Result<()> {
        diesel::update(feed_head::table.find(1))
            .set(feed_head::auth_generation.eq(feed_head::auth_generation + 1))
            .execute(self.conn())?;
        Ok(())
    }

    /// Sets the epoch of the history; cursors of other epochs are rebuilt.
    pub fn set_epoch(&mut self, number: i64, id: &[u8; 16]) -> Result<()> {
        diesel::update(feed_head::table.find(1))
            .set((feed_head::epoch.eq(number), feed_head::epoch_id.eq(&id[..])))
            .execute(self.conn())?;
        Ok(())
    }

    /// Makes the steps run again when a conditional write affected no row: another node was faster.
    pub(super) fn ensure_rows_affected(&mut self, rows: usize, reason: &str) -> Result<()> {
        if rows == 0 {
            self.pending.retry_reason = Some(reason.to_owned());
            return Err(Error::Busy(reason.to_owned()));
        }
        Ok(())
    }

    fn insert_record(
        &mut self,
        kind: RecordKind,
        id: &[u8; 16],
        revision: i64,
        hash: u128,
        bytes: &[u8],
    ) -> Result<usize> {
        let row = (
            record::kind.eq(kind.number()),
            record::id.eq(&id[..]),
            record::revision.eq(revision),
            record::hash.eq(hash.to_be_bytes().to_vec()),
            record::bytes.eq(bytes),
        );
        Ok(with_conn!(self.conn(), |conn| diesel::insert_into(record::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?)
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
