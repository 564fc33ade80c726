//! The sync progress of this phone: cursor, epoch, next command number, sync mark, offline lease.
//! One row.

use super::schema::sync_progress;
use super::{LocalReplica, Result, decode_id, to_i64, to_u64};
use crate::client::protocol::{Epoch, ReceivedCheckpoint};
use crate::domain::access::lease::OfflineLease;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;

/// The phone's clock is stored at most once an hour, so that most reads cost no fsync.
const LEASE_SAVE_INTERVAL_MICROS: i64 = 3_600_000_000;

/// The sync progress of this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyncProgress {
    /// The number of the next command, from 1.
    pub(crate) next_number: u64,
    /// The known epoch; `None` before the first call.
    pub(crate) epoch: Option<Epoch>,
    /// Cursor of the last checkpoint; empty before the first.
    pub(crate) cursor: Vec<u8>,
    /// Cursor after the staged changes; empty if nothing is staged.
    pub(crate) staged_cursor: Vec<u8>,
    /// The mark that new commands carry.
    pub(crate) sync_mark: Vec<u8>,
    /// Feed position of the last checkpoint.
    pub(crate) seq: i64,
    /// Feed position up to which the server has a verified backup.
    pub(crate) safe_past_seq: i64,
    /// The server's time at the last checkpoint, in microseconds; 0 before the first.
    pub(crate) server_time: i64,
    /// A command number that another phone used too; 0 if none.
    pub(crate) forked_number: u64,
    /// The offline lease as last stored; `None` before the first checkpoint.
    pub(crate) lease: Option<OfflineLease>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sync_progress)]
struct SyncProgressRow {
    next_number: i64,
    epoch_number: i64,
    epoch_id: Vec<u8>,
    cursor: Vec<u8>,
    staged_cursor: Vec<u8>,
    sync_mark: Vec<u8>,
    seq: i64,
    safe_past_seq: i64,
    server_time: i64,
    forked_number: i64,
    contact_at: i64,
    clock_seen_at: i64,
    longest_offline: i64,
    lease_days: i16,
}

impl LocalReplica {
    /// The sync progress of this phone.
    pub(crate) fn progress(&mut self) -> Result<SyncProgress> {
        load_progress(&mut self.conn)
    }

    /// The offline lease at `now`; `None` before the first checkpoint. Stores the reading of the
    /// clock if it is an hour old or the lease expires, so that a restart of the app does not
    /// extend the lease.
    pub(crate) fn refresh_lease(&mut self, now: Timestamp) -> Result<Option<OfflineLease>> {
        let Some(noted) = load_progress(&mut self.conn)?.lease else { return Ok(None) };
        let lease = noted.observe_clock(now);
        if (now.0 - noted.last_phone_time.0).abs() >= LEASE_SAVE_INTERVAL_MICROS
            || lease.is_expired() != noted.is_expired()
        {
            self.transaction(|conn| {
                let change = (
                    sync_progress::clock_seen_at.eq(lease.last_phone_time.0),
                    sync_progress::longest_offline.eq(lease.offline_micros),
                );
                diesel::update(sync_progress::table).set(change).execute(conn)?;
                Ok(())
            })?;
        }
        Ok(Some(lease))
    }
}

pub(super) fn load_progress(conn: &mut SqliteConnection) -> Result<SyncProgress> {
    let row: SyncProgressRow =
        sync_progress::table.select(SyncProgressRow::as_select()).first(conn)?;
    let epoch = match row.epoch_number {
        0 => None,
        number => Some(Epoch { number: to_u64(number)?, id: decode_id(&row.epoch_id)? }),
    };
    Ok(SyncProgress {
        next_number: to_u64(row.next_number)?,
        epoch,
        cursor: row.cursor,
        staged_cursor: row.staged_cursor,
        sync_mark: row.sync_mark,
        seq: row.seq,
        safe_past_seq: row.safe_past_seq,
        server_time: row.server_time,
        forked_number: to_u64(row.forked_number)?,
        lease: (row.server_time != 0).then(|| OfflineLease {
            contact_server_time: Timestamp(row.server_time),
            contact_phone_time: Timestamp(row.contact_at),
            last_phone_time: Timestamp(row.clock_seen_at),
            offline_micros: row.longest_offline,
            length_days: row.lease_days.unsigned_abs(),
        }),
    })
}

/// Returns the next command number and increments it.
pub(super) fn take_command_number(conn: &mut SqliteConnection) -> Result<u64> {
    let number: i64 = sync_progress::table.select(sync_progress::next_number).first(conn)?;
    diesel::update(sync_progress::table)
        .set(sync_progress::next_number.eq(number + 1))
        .execute(conn)?;
    to_u64(number)
}

pub(super) fn save_epoch(conn: &mut SqliteConnection, epoch: Epoch) -> Result<()> {
    let change = (
        sync_progress::epoch_number.eq(to_i64(epoch.number)),
        sync_progress::epoch_id.eq(epoch.id.to_vec()),
    );
    diesel::update(sync_progress::table).set(change).execute(conn)?;
    Ok(())
}

pub(super) fn save_fork(conn: &mut SqliteConnection, number: u64) -> Result<()> {
    diesel::update(sync_progress::table)
        .set(sync_progress::forked_number.eq(to_i64(number)))
        .execute(conn)?;
    Ok(())
}

pub(super) fn save_staged_cursor(conn: &mut SqliteConnection, cursor: &[u8]) -> Result<()> {
    diesel::update(sync_progress::table)
        .set(sync_progress::staged_cursor.eq(cursor))
        .execute(conn)?;
    Ok(())
}

/// Stores a checkpoint and starts a new offline lease.
pub(super) fn save_checkpoint(
    conn: &mut SqliteConnection,
    checkpoint: &ReceivedCheckpoint,
    now: Timestamp,
) -> Result<()> {
    let lease = OfflineLease::new(Timestamp(checkpoint.server_time), now, checkpoint.lease_days);
    let change = (
        sync_progress::cursor.eq(&checkpoint.cursor),
        sync_progress::staged_cursor.eq(Vec::new()),
        sync_progress::sync_mark.eq(&checkpoint.sync_mark),
        sync_progress::seq.eq(checkpoint.seq),
        sync_progress::safe_past_seq.eq(checkpoint.safe_past_seq),
        sync_progress::server_time.eq(lease.contact_server_time.0),
        sync_progress::contact_at.eq(lease.contact_phone_time.0),
        sync_progress::clock_seen_at.eq(lease.last_phone_time.0),
        sync_progress::longest_offline.eq(lease.offline_micros),
        sync_progress::lease_days.eq(i16::try_from(lease.length_days).unwrap_or(i16::MAX)),
    );
    diesel::update(sync_progress::table).set(change).execute(conn)?;
    Ok(())
}
