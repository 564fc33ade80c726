//! Records and their scopes. Bytes are stored as received.

use super::schema::{record, scope_record};
use super::{LocalReplica, Result, decode_id};
use crate::client::protocol::RecordKey;
use diesel::prelude::*;

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplicaRecord {
    /// Its key.
    pub(crate) key: RecordKey,
    /// Its revision.
    pub(crate) revision: i64,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

impl LocalReplica {
    /// One record.
    pub(crate) fn record(&mut self, key: RecordKey) -> Result<Option<ReplicaRecord>> {
        load_record(&mut self.conn, key)
    }

    /// All records, by kind and id.
    pub(crate) fn all_records(&mut self) -> Result<Vec<ReplicaRecord>> {
        let rows = record::table
            .order((record::kind, record::id))
            .load::<(i16, Vec<u8>, i64, Vec<u8>)>(&mut self.conn)?;
        rows.into_iter().map(from_row).collect()
    }

    /// All records of a kind, by id.
    pub(crate) fn records(&mut self, kind: i16) -> Result<Vec<ReplicaRecord>> {
        load_records(&mut self.conn, kind)
    }
}

fn from_row(
    (kind, bytes_of_id, revision, bytes): (i16, Vec<u8>, i64, Vec<u8>),
) -> Result<ReplicaRecord> {
    Ok(ReplicaRecord { key: RecordKey { kind, id: decode_id(&bytes_of_id)? }, revision, bytes })
}

pub(super) fn load_record(
    conn: &mut SqliteConnection,
    key: RecordKey,
) -> Result<Option<ReplicaRecord>> {
    let row = record::table.find((key.kind, key.id.to_vec())).first(conn).optional()?;
    row.map(from_row).transpose()
}

pub(super) fn load_records(conn: &mut SqliteConnection, kind: i16) -> Result<Vec<ReplicaRecord>> {
    let rows = record::table.filter(record::kind.eq(kind)).order(record::id);
    rows.load::<(i16, Vec<u8>, i64, Vec<u8>)>(conn)?.into_iter().map(from_row).collect()
}

pub(super) fn upsert_record(conn: &mut SqliteConnection, stored: &ReplicaRecord) -> Result<()> {
    let values = (
        record::kind.eq(stored.key.kind),
        record::id.eq(stored.key.id.to_vec()),
        record::revision.eq(stored.revision),
        record::bytes.eq(&stored.bytes),
    );
    diesel::replace_into(record::table).values(values).execute(conn)?;
    Ok(())
}

pub(super) fn delete_record(conn: &mut SqliteConnection, key: RecordKey) -> Result<()> {
    diesel::delete(record::table.find((key.kind, key.id.to_vec()))).execute(conn)?;
    Ok(())
}

/// Local ids of the scopes that contain a record.
pub(super) fn load_scope_ids(conn: &mut SqliteConnection, key: RecordKey) -> Result<Vec<i32>> {
    let pairs = scope_record::table
        .filter(scope_record::kind.eq(key.kind))
        .filter(scope_record::id.eq(key.id.to_vec()));
    Ok(pairs.select(scope_record::scope_local_id).load(conn)?)
}

pub(super) fn upsert_scope_record(
    conn: &mut SqliteConnection,
    local_id: i32,
    key: RecordKey,
    generation: i64,
) -> Result<()> {
    let values = (
        scope_record::scope_local_id.eq(local_id),
        scope_record::kind.eq(key.kind),
        scope_record::id.eq(key.id.to_vec()),
        scope_record::generation.eq(generation),
    );
    diesel::replace_into(scope_record::table).values(values).execute(conn)?;
    Ok(())
}

pub(super) fn delete_scope_record(
    conn: &mut SqliteConnection,
    local_id: i32,
    key: RecordKey,
) -> Result<()> {
    diesel::delete(scope_record::table.find((local_id, key.kind, key.id.to_vec())))
        .execute(conn)?;
    Ok(())
}

/// The records of a scope with another generation than `generation`; all of them with `None`.
pub(super) fn records_of_other_generations(
    conn: &mut SqliteConnection,
    local_id: i32,
    generation: Option<i64>,
) -> Result<Vec<RecordKey>> {
    let mut query = scope_record::table
        .filter(scope_record::scope_local_id.eq(local_id))
        .select((scope_record::kind, scope_record::id))
        .into_boxed();
    if let Some(generation) = generation {
        query = query.filter(scope_record::generation.ne(generation));
    }
    let rows = query.load::<(i16, Vec<u8>)>(conn)?;
    rows.into_iter().map(|(kind, bytes)| Ok(RecordKey { kind, id: decode_id(&bytes)? })).collect()
}
