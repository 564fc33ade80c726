//! How far this phone is: cursor, epoch, next number, sync mark. One row.

use super::schema::sync_progress;
use super::{LocalReplica, Result, decode_id, to_i64, to_u64};
use crate::client::protocol::{Epoch, ReceivedCheckpoint};
use crate::domain::lease::OfflineLease;
use crate::domain::time::Timestamp;
use diesel::prelude::*;

/// The phone's clock is noted at most once an hour: a look must not cost an fsync.
const LEASE_SAVE_INTERVAL_MICROS: i64 = 3_600_000_000;

/// How far this phone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyncProgress {
    /// The number that the next command gets, 1 and up.
    pub(crate) next_number: u64,
    /// The history known; none before the first call.
    pub(crate) epoch: Option<Epoch>,
    /// Cursor of the last checkpoint; empty before the first.
    pub(crate) cursor: Vec<u8>,
    /// Cursor after what is staged; empty when nothing is.
    pub(crate) staged_cursor: Vec<u8>,
    /// What commands typed from now on name.
    pub(crate) sync_mark: Vec<u8>,
    /// Feed position of the last checkpoint.
    pub(crate) seq: i64,
    /// Up to where the server has a verified backup.
    pub(crate) safe_past_seq: i64,
    /// Server's time at the last checkpoint, microseconds; 0 before the first.
    pub(crate) server_time: i64,
    /// The number that another phone used too; 0 if none.
    pub(crate) forked_number: u64,
    /// The offline lease as last noted; none before the first checkpoint.
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
    /// How far this phone is.
    pub(crate) fn progress(&mut self) -> Result<SyncProgress> {
        load_progress(&mut self.conn)
    }

    /// Looks at the clock: the offline lease as it stands now; none before the first checkpoint. What would be lost with the app is noted.
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

/// Takes the next number.
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

/// Arrives at a checkpoint: a contact with the authority, with which a new lease begins.
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
