//! A reading transaction: one snapshot of the database.

use super::backend::{AnyConn, with_conn};
use super::content_check::{ensure_unaltered, format_table};
use super::error::{Error, Result};
use super::pending::{PendingChanges, RecordRow};
use super::schema::{commit_log, feed_head, record};
use crate::domain::access::scope::RecordKind;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;

/// A transaction that only reads. `WriteTx` dereferences to it.
pub struct ReadTx<'c> {
    conn: &'c mut AnyConn,
    batch: Batch<'c>,
}

/// What the open batch has decided on top of the database.
enum Batch<'c> {
    /// A reading transaction has none.
    None(Box<PendingChanges>),
    /// That of a writing transaction.
    Open(&'c mut PendingChanges),
}

/// The row of feed_head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedHead {
    /// Seq of the last change.
    pub seq: i64,
    /// The chain after it.
    pub chain: [u8; 32],
    /// Increased by each change of grants or devices.
    pub auth_generation: i64,
    /// Number of this history; the higher one wins.
    pub epoch: i64,
    /// Random id of this history.
    pub epoch_id: [u8; 16],
    /// Last seq that a verified backup holds.
    pub safe_past_seq: i64,
}

/// The current version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its revision, from 1.
    pub revision: i64,
    /// Its hash in scope digests.
    pub hash: u128,
    /// The bytes that phones store.
    pub bytes: Vec<u8>,
}

impl<'c> ReadTx<'c> {
    pub(super) fn new(conn: &'c mut AnyConn) -> Self {
        Self { conn, batch: Batch::None(Box::default()) }
    }

    /// The reading half of a writing transaction.
    pub(super) fn of_batch(conn: &'c mut AnyConn, pending: &'c mut PendingChanges) -> Self {
        Self { conn, batch: Batch::Open(pending) }
    }

    /// The connection and what the batch has decided on top of it.
    pub(super) fn parts(&mut self) -> (&mut AnyConn, &mut PendingChanges) {
        match &mut self.batch {
            Batch::None(nothing) => (self.conn, nothing),
            Batch::Open(pending) => (self.conn, pending),
        }
    }

    /// Whether this is the reading half of a writing transaction.
    pub(super) fn is_batch(&self) -> bool {
        matches!(self.batch, Batch::Open(_))
    }

    /// What the batch has decided.
    pub(super) fn pending(&mut self) -> &mut PendingChanges {
        self.parts().1
    }

    /// The connection for a statement that reads tables of which the batch holds no rows.
    pub(super) fn settled_conn(&mut self) -> &mut AnyConn {
        self.conn
    }

    /// The head of the feed.
    pub fn head(&mut self) -> Result<FeedHead> {
        type FeedHeadRow = (i64, Vec<u8>, i64, i64, Vec<u8>, i64);
        let (seq, chain, auth_generation, epoch, epoch_id, safe_past_seq): FeedHeadRow =
            with_conn!(self.settled_conn(), |conn| feed_head::table
                .find(1)
                .select((
                    feed_head::seq,
                    feed_head::chain,
                    feed_head::auth_generation,
                    feed_head::epoch,
                    feed_head::epoch_id,
                    feed_head::safe_past_seq
                ))
                .first(conn))?;
        Ok(FeedHead {
            seq,
            chain: to_byte_array(&chain)?,
            auth_generation,
            epoch,
            epoch_id: to_byte_array(&epoch_id)?,
            safe_past_seq,
        })
    }

    /// The last commit at or below `seq`: its last seq and chain; (0, zeros) before the first.
    pub fn last_commit_up_to(&mut self, seq: i64) -> Result<(i64, [u8; 32])> {
        let row: Option<(i64, Vec<u8>)> =
            with_conn!(self.settled_conn(), |conn| commit_log::table
                .filter(commit_log::last_seq.le(seq))
                .order(commit_log::last_seq.desc())
                .select((commit_log::last_seq, commit_log::chain))
                .first(conn)
                .optional())?;
        row.map_or(Ok((0, [0; 32])), |(last, chain)| Ok((last, to_byte_array(&chain)?)))
    }

    /// When the last commit was made, by the server's clock.
    pub fn last_commit_time(&mut self) -> Result<Option<Timestamp>> {
        let at: Option<i64> = commit_log::table
            .order(commit_log::last_seq.desc())
            .select(commit_log::committed_at)
            .first(self.settled_conn())
            .optional()?;
        Ok(at.map(Timestamp))
    }

    /// The current version of a record.
    pub fn record(&mut self, kind: RecordKind, id: &[u8; 16]) -> Result<Option<StoredRecord>> {
        let row = self.record_row(kind, id)?;
        Ok(row.map(|RecordRow { revision, hash, bytes, .. }| StoredRecord {
            revision,
            hash,
            bytes,
        }))
    }

    /// Like [`ReadTx::record`]; fails with its place unless the bytes have their hash.
    pub fn verified_record(
        &mut self,
        kind: RecordKind,
        id: &[u8; 16],
    ) -> Result<Option<StoredRecord>> {
        let found = self.record(kind, id)?;
        if let Some(stored) = &found {
            ensure_unaltered(
                &format_table(kind),
                id,
                (stored.revision, stored.hash),
                &stored.bytes,
            )?;
        }
        Ok(found)
    }

    /// All records of a kind in id order, with their current versions; fails with its place unless
    /// the bytes of each have their hash.
    pub fn records(&mut self, kind: RecordKind) -> Result<Vec<([u8; 16], StoredRecord)>> {
        let rows: Vec<(Vec<u8>, i64, Vec<u8>, Vec<u8>)> = record::table
            .filter(record::kind.eq(kind.number()))
            .order(record::id)
            .select((record::id, record::revision, record::hash, record::bytes))
            .load(self.conn_for_kinds(&[kind])?)?;
        let table = format_table(kind);
        rows.into_iter()
            .map(|(id, revision, hash, bytes)| {
                let (id, hash) = (to_byte_array(&id)?, u128::from_be_bytes(to_byte_array(&hash)?));
                ensure_unaltered(&table, &id, (revision, hash), &bytes)?;
                Ok((id, StoredRecord { revision, hash, bytes }))
            })
            .collect()
    }
}

/// Converts a column of fixed width.
pub(super) fn to_byte_array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::Damaged(format!("{} bytes where {N} belong", bytes.len())))
}
