//! Records and the scopes that they are here for. Bytes are kept as they came.

use super::schema::{pair, record};
use super::{Replica, Result, id};
use crate::client::step::RecordKey;
use diesel::prelude::*;

/// A record as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Which record.
    pub(crate) key: RecordKey,
    /// Its revision.
    pub(crate) revision: i64,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Replica {
    /// One record.
    pub(crate) fn record(&mut self, key: RecordKey) -> Result<Option<Stored>> {
        one(&mut self.conn, key)
    }

    /// All records, by kind and id.
    pub(crate) fn all_records(&mut self) -> Result<Vec<Stored>> {
        let rows =
            record::table.order((record::kind, record::id)).load::<(i16, Vec<u8>, i64, Vec<u8>)>(&mut self.conn)?;
        rows.into_iter().map(read).collect()
    }

    /// All records of a kind, by id.
    pub(crate) fn records(&mut self, kind: i16) -> Result<Vec<Stored>> {
        all(&mut self.conn, kind)
    }
}

fn read((kind, bytes_of_id, revision, bytes): (i16, Vec<u8>, i64, Vec<u8>)) -> Result<Stored> {
    Ok(Stored { key: RecordKey { kind, id: id(&bytes_of_id)? }, revision, bytes })
}

pub(super) fn one(conn: &mut SqliteConnection, key: RecordKey) -> Result<Option<Stored>> {
    let row = record::table.find((key.kind, key.id.to_vec())).first(conn).optional()?;
    row.map(read).transpose()
}

pub(super) fn all(conn: &mut SqliteConnection, kind: i16) -> Result<Vec<Stored>> {
    let rows = record::table.filter(record::kind.eq(kind)).order(record::id);
    rows.load::<(i16, Vec<u8>, i64, Vec<u8>)>(conn)?.into_iter().map(read).collect()
}

pub(super) fn put(conn: &mut SqliteConnection, stored: &Stored) -> Result<()> {
    let values = (
        record::kind.eq(stored.key.kind),
        record::id.eq(stored.key.id.to_vec()),
        record::revision.eq(stored.revision),
        record::bytes.eq(&stored.bytes),
    );
    diesel::replace_into(record::table).values(values).execute(conn)?;
    Ok(())
}

pub(super) fn remove(conn: &mut SqliteConnection, key: RecordKey) -> Result<()> {
    diesel::delete(record::table.find((key.kind, key.id.to_vec()))).execute(conn)?;
    Ok(())
}

/// Local numbers of the scopes that a record is here for.
pub(super) fn scopes_of(conn: &mut SqliteConnection, key: RecordKey) -> Result<Vec<i32>> {
    let pairs = pair::table.filter(pair::kind.eq(key.kind)).filter(pair::id.eq(key.id.to_vec()));
    Ok(pairs.select(pair::scope).load(conn)?)
}

pub(super) fn put_pair(conn: &mut SqliteConnection, no: i32, key: RecordKey, generation: i64) -> Result<()> {
    let values =
        (pair::scope.eq(no), pair::kind.eq(key.kind), pair::id.eq(key.id.to_vec()), pair::generation.eq(generation));
    diesel::replace_into(pair::table).values(values).execute(conn)?;
    Ok(())
}

pub(super) fn remove_pair(conn: &mut SqliteConnection, no: i32, key: RecordKey) -> Result<()> {
    diesel::delete(pair::table.find((no, key.kind, key.id.to_vec()))).execute(conn)?;
    Ok(())
}

/// Records here for a scope whose generation is another than `generation`; all of them with `None`.
pub(super) fn of_other_generations(
    conn: &mut SqliteConnection,
    no: i32,
    generation: Option<i64>,
) -> Result<Vec<RecordKey>> {
    let mut query = pair::table.filter(pair::scope.eq(no)).select((pair::kind, pair::id)).into_boxed();
    if let Some(generation) = generation {
        query = query.filter(pair::generation.ne(generation));
    }
    let rows = query.load::<(i16, Vec<u8>)>(conn)?;
    rows.into_iter().map(|(kind, bytes)| Ok(RecordKey { kind, id: id(&bytes)? })).collect()
}
