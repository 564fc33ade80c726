//! A writing transaction, and the notes that become places in the feed at commit.

use super::backend::{AnyConn, on};
use super::error::{Error, Result};
use super::read::ReadTx;
use super::schema::{head, record};
use crate::domain::digest::record_hash;
use crate::domain::ids::{AccountId, DeviceId, ReportId, UnitId};
use crate::domain::permission::{Actor, Kind, Permit, UnitPath};
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::time::Instant;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};

/// A transaction that may write.
///
/// * Nothing is seen by others before `Store::write` returns `Ok`.
/// * Every change of a record notes exactly one change; the notes get their places in the feed in commit order.
/// * The steps may run more than once, so they only read and write here.
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    notes: &'c mut Notes,
    now: Instant,
    depth: usize,
}

/// Who did what: the part of an audit row that the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    account: AccountId,
    device: Option<DeviceId>,
    action: String,
}

impl<A: Kind> From<&Permit<A>> for Audit {
    fn from(permit: &Permit<A>) -> Self {
        Self { account: permit.account(), device: permit.device(), action: permit.code().to_owned() }
    }
}

impl Audit {
    /// For acts that no permit covers: enrolment and renewal, where the credential itself is the right.
    #[must_use]
    pub fn credential(actor: &Actor, action: &str) -> Self {
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

/// What the open batch has changed so far, in order.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) list: Vec<Note>,
    /// Commands taken: their rows learn the seq of the commit in the tail.
    pub(super) commands: Vec<(DeviceId, u64)>,
    /// Set when the transaction can no longer be committed.
    pub(super) broken: Option<String>,
    /// Set when a caller lost a race against another node and must run again.
    pub(super) again: Option<String>,
    /// Where units stand, as read in this batch: forgotten when one is hung elsewhere, and with anything that is undone.
    places: HashMap<UnitId, UnitPath>,
    /// Who is noted as an author in this batch; forgotten with anything that is undone.
    authors: HashSet<(ReportId, AccountId)>,
}

impl Notes {
    /// A place to come back to.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.list.len(), self.commands.len())
    }

    /// Forgets what was noted since `mark`.
    pub(super) fn back_to(&mut self, mark: (usize, usize)) {
        self.list.truncate(mark.0);
        self.commands.truncate(mark.1);
        self.places.clear();
        self.authors.clear();
    }
}

pub(super) struct Note {
    pub(super) audit: Audit,
    pub(super) change: Option<Change>,
}

/// A change of one record.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) kind: RecordKind,
    pub(super) id: [u8; 16],
    pub(super) from_revision: i64,
    pub(super) to_revision: i64,
    pub(super) old_hash: Option<u128>,
    /// `None`: the record is deleted.
    pub(super) new_hash: Option<u128>,
    /// Where the record belongs now.
    pub(super) scopes: Vec<Scope>,
}

/// What writing a record gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Put {
    /// The revision that stands now.
    pub revision: i64,
    /// Whether anything changed; an equal record is not written.
    pub changed: bool,
}

impl<'c> WriteTx<'c> {
    pub(super) fn new(conn: &'c mut AnyConn, notes: &'c mut Notes, now: Instant) -> Self {
        Self { read: ReadTx::new(conn), notes, now, depth: 0 }
    }

    /// The instant of this transaction, as its caller gave it.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Runs `steps` so that an `Err` undoes just them, with the notes that they made.
    pub fn savepoint<T, E: From<Error>>(&mut self, steps: impl FnOnce(&mut WriteTx) -> Result<T, E>) -> Result<T, E> {
        let mark = self.notes.mark();
        let name = format!("s{}", self.depth);
        self.conn().execute_text(&format!("SAVEPOINT {name}"))?;
        let mut inner =
            WriteTx { read: ReadTx::new(self.read.conn()), notes: self.notes, now: self.now, depth: self.depth + 1 };
        let result = steps(&mut inner);
        let end = match &result {
            Ok(_) => format!("RELEASE SAVEPOINT {name}"),
            Err(_) => {
                self.notes.back_to(mark);
                format!("ROLLBACK TO SAVEPOINT {name}")
            }
        };
        if let Err(error) = self.conn().execute_text(&end) {
            self.notes.broken = Some(error.to_string());
            return Err(error.into());
        }
        result
    }

    /// Writes a record and says where it belongs. An equal record that is already there is left alone.
    pub(crate) fn put_record(
        &mut self,
        audit: &Audit,
        kind: RecordKind,
        id: [u8; 16],
        bytes: &[u8],
        scopes: Vec<Scope>,
    ) -> Result<Put> {
        let present = self.record(kind, &id)?;
        if let Some(present) = &present
            && present.bytes == bytes
        {
            return Ok(Put { revision: present.revision, changed: false });
        }
        let from_revision = present.as_ref().map_or(0, |present| present.revision);
        let to_revision = from_revision + 1;
        let hash = record_hash(&id, to_revision, bytes);
        let written = match present {
            None => self.insert_record(kind, &id, to_revision, hash, bytes)?,
            Some(_) => on!(self.conn(), |conn| diesel::update(record::table.find((kind.number(), &id[..])))
                .filter(record::revision.eq(from_revision))
                .set((
                    record::revision.eq(to_revision),
                    record::hash.eq(&hash.to_be_bytes()[..]),
                    record::bytes.eq(bytes),
                ))
                .execute(conn))?,
        };
        self.won(written, "a record changed under us")?;
        let old_hash = present.map(|present| present.hash);
        let change = Change { kind, id, from_revision, to_revision, old_hash, new_hash: Some(hash), scopes };
        self.notes.list.push(Note { audit: audit.clone(), change: Some(change) });
        Ok(Put { revision: to_revision, changed: true })
    }

    /// Says anew where an unchanged record belongs: it leaves some scopes and enters others.
    pub(crate) fn move_record(
        &mut self,
        audit: &Audit,
        kind: RecordKind,
        id: [u8; 16],
        scopes: Vec<Scope>,
    ) -> Result<()> {
        let Some(present) = self.record(kind, &id)? else { return Ok(()) };
        let hash = Some(present.hash);
        let (from_revision, to_revision) = (present.revision, present.revision);
        let change = Change { kind, id, from_revision, to_revision, old_hash: hash, new_hash: hash, scopes };
        self.notes.list.push(Note { audit: audit.clone(), change: Some(change) });
        Ok(())
    }

    /// Takes a record away for good.
    pub(crate) fn delete_record(&mut self, audit: &Audit, kind: RecordKind, id: [u8; 16]) -> Result<()> {
        let Some(present) = self.record(kind, &id)? else { return Ok(()) };
        let gone = diesel::delete(record::table.find((kind.number(), &id[..])))
            .filter(record::revision.eq(present.revision))
            .execute(self.conn())?;
        self.won(gone, "a record changed under us")?;
        let (from_revision, old_hash) = (present.revision, Some(present.hash));
        let change = Change { kind, id, from_revision, to_revision: 0, old_hash, new_hash: None, scopes: Vec::new() };
        self.notes.list.push(Note { audit: audit.clone(), change: Some(change) });
        Ok(())
    }

    /// Where a unit stands today; read once in a batch, however many of its reports change.
    pub fn unit_path(&mut self, unit: UnitId) -> Result<UnitPath> {
        if let Some(place) = self.notes.places.get(&unit) {
            return Ok(place.clone());
        }
        let place = self.read.unit_path(unit)?;
        self.notes.places.insert(unit, place.clone());
        Ok(place)
    }

    /// Whether the batch has not noted yet that `who` wrote in the report.
    pub(super) fn is_first_word(&mut self, report: ReportId, who: AccountId) -> bool {
        self.notes.authors.insert((report, who))
    }

    /// Forgets where units stand: one was hung elsewhere.
    pub(super) fn forget_places(&mut self) {
        self.notes.places.clear();
    }

    /// Notes an act that changes no record, for the audit.
    pub(crate) fn note_act(&mut self, audit: &Audit) {
        self.notes.list.push(Note { audit: audit.clone(), change: None });
    }

    /// Notes that a command was taken, so that its row learns where its effect ends.
    pub(super) fn note_command(&mut self, device: DeviceId, number: u64) {
        self.notes.commands.push((device, number));
    }

    /// Makes every cached identity stale: grants or devices changed.
    pub(crate) fn bump_auth_generation(&mut self) -> Result<()> {
        diesel::update(head::table.find(1))
            .set(head::auth_generation.eq(head::auth_generation + 1))
            .execute(self.conn())?;
        Ok(())
    }

    /// Begins a history, or a new epoch of it: cursors of any other are rebuilt.
    pub fn open_epoch(&mut self, number: i64, id: &[u8; 16]) -> Result<()> {
        diesel::update(head::table.find(1))
            .set((head::epoch.eq(number), head::epoch_id.eq(&id[..])))
            .execute(self.conn())?;
        Ok(())
    }

    /// Fails, so that the steps run again, when a conditional write met no row: another node was faster.
    pub(super) fn won(&mut self, rows: usize, why: &str) -> Result<()> {
        if rows == 0 {
            self.notes.again = Some(why.to_owned());
            return Err(Error::Busy(why.to_owned()));
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
        Ok(on!(self.conn(), |conn| diesel::insert_into(record::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?)
    }
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl DerefMut for WriteTx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}
