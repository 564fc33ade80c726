//! How far this phone is: cursor, epoch, next number, sync mark. One row.

use super::schema::progress;
use super::{Replica, Result, column, count, id};
use crate::client::step::{Epoch, Mark};
use crate::domain::lease::Lease;
use crate::domain::time::Instant;
use diesel::prelude::*;

/// The phone's clock is noted at most once an hour: a look must not cost an fsync.
const NOTE_EVERY_MICROS: i64 = 3_600_000_000;

/// How far this phone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
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
    pub(crate) safe_past: i64,
    /// Server's time at the last checkpoint, microseconds; 0 before the first.
    pub(crate) server_time: i64,
    /// The number that another phone used too; 0 if none.
    pub(crate) forked: u64,
    /// The offline lease as last noted; none before the first checkpoint.
    pub(crate) lease: Option<Lease>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = progress)]
struct ProgressRow {
    next_number: i64,
    epoch_number: i64,
    epoch_id: Vec<u8>,
    cursor: Vec<u8>,
    staged_cursor: Vec<u8>,
    sync_mark: Vec<u8>,
    seq: i64,
    safe_past: i64,
    server_time: i64,
    forked: i64,
    contact_at: i64,
    seen_at: i64,
    away: i64,
    lease_days: i16,
}

impl Replica {
    /// How far this phone is.
    pub(crate) fn progress(&mut self) -> Result<Progress> {
        load(&mut self.conn)
    }

    /// Looks at the clock: the offline lease as it stands now; none before the first checkpoint. What would be lost with the app is noted.
    pub(crate) fn look(&mut self, now: Instant) -> Result<Option<Lease>> {
        let Some(noted) = load(&mut self.conn)?.lease else { return Ok(None) };
        let lease = noted.look(now);
        if (now.0 - noted.seen.0).abs() >= NOTE_EVERY_MICROS || lease.is_over() != noted.is_over() {
            self.write(|conn| {
                let change = (progress::seen_at.eq(lease.seen.0), progress::away.eq(lease.away));
                diesel::update(progress::table).set(change).execute(conn)?;
                Ok(())
            })?;
        }
        Ok(Some(lease))
    }
}

pub(super) fn load(conn: &mut SqliteConnection) -> Result<Progress> {
    let row: ProgressRow = progress::table.select(ProgressRow::as_select()).first(conn)?;
    let epoch = match row.epoch_number {
        0 => None,
        number => Some(Epoch { number: count(number)?, id: id(&row.epoch_id)? }),
    };
    Ok(Progress {
        next_number: count(row.next_number)?,
        epoch,
        cursor: row.cursor,
        staged_cursor: row.staged_cursor,
        sync_mark: row.sync_mark,
        seq: row.seq,
        safe_past: row.safe_past,
        server_time: row.server_time,
        forked: count(row.forked)?,
        lease: (row.server_time != 0).then(|| Lease {
            server: Instant(row.server_time),
            phone: Instant(row.contact_at),
            seen: Instant(row.seen_at),
            away: row.away,
            days: row.lease_days.unsigned_abs(),
        }),
    })
}

/// Takes the next number.
pub(super) fn take_number(conn: &mut SqliteConnection) -> Result<u64> {
    let number: i64 = progress::table.select(progress::next_number).first(conn)?;
    diesel::update(progress::table).set(progress::next_number.eq(number + 1)).execute(conn)?;
    count(number)
}

pub(super) fn enter(conn: &mut SqliteConnection, epoch: Epoch) -> Result<()> {
    let change = (progress::epoch_number.eq(column(epoch.number)), progress::epoch_id.eq(epoch.id.to_vec()));
    diesel::update(progress::table).set(change).execute(conn)?;
    Ok(())
}

pub(super) fn fork(conn: &mut SqliteConnection, number: u64) -> Result<()> {
    diesel::update(progress::table).set(progress::forked.eq(column(number))).execute(conn)?;
    Ok(())
}

pub(super) fn staged_to(conn: &mut SqliteConnection, cursor: &[u8]) -> Result<()> {
    diesel::update(progress::table).set(progress::staged_cursor.eq(cursor)).execute(conn)?;
    Ok(())
}

/// Arrives at a checkpoint: a contact with the authority, with which a new lease begins.
pub(super) fn arrive(conn: &mut SqliteConnection, mark: &Mark, now: Instant) -> Result<()> {
    let lease = Lease::new(Instant(mark.server_time), now, mark.lease_days);
    let change = (
        progress::cursor.eq(&mark.cursor),
        progress::staged_cursor.eq(Vec::new()),
        progress::sync_mark.eq(&mark.sync_mark),
        progress::seq.eq(mark.seq),
        progress::safe_past.eq(mark.safe_past),
        progress::server_time.eq(lease.server.0),
        progress::contact_at.eq(lease.phone.0),
        progress::seen_at.eq(lease.seen.0),
        progress::away.eq(lease.away),
        progress::lease_days.eq(i16::try_from(lease.days).unwrap_or(i16::MAX)),
    );
    diesel::update(progress::table).set(change).execute(conn)?;
    Ok(())
}
