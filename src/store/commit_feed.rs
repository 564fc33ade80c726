//! The rows of the feed that a commit writes: of each changed record one change, at its last seq,
//! in place of its former row in each scope.

use super::backend::AnyConn;
use super::commit::{OP_DELETED, OP_OUT_OF_SCOPE, OP_PUT, ScopeDigests};
use super::error::Result;
use super::flush::{insert_rows, to_lost_race};
use super::kept_statement::kept_statement;
use super::pending::ChangedRecordKey;
use super::read_tx::to_byte_array;
use super::schema::feed;
use super::write_tx::{PendingChange, RecordChange};
use crate::domain::access::scope::{RecordKind, Scope};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, SmallInt};
use diesel::sqlite::Sqlite;
use std::collections::{BTreeMap, BTreeSet};

/// All changes of one record in this commit, merged.
pub(super) struct NetChange {
    seq: i64,
    old_hash: Option<u128>,
    new_hash: Option<u128>,
    scopes: BTreeSet<Scope>,
}

pub(super) fn merge_changes(
    pending: &[PendingChange],
    first: i64,
) -> Vec<(ChangedRecordKey, NetChange)> {
    let mut net_changes: BTreeMap<ChangedRecordKey, NetChange> = BTreeMap::new();
    for (index, pending_change) in pending.iter().enumerate() {
        let Some(RecordChange { kind, id, old_hash, new_hash, scopes, .. }) =
            &pending_change.record_change
        else {
            continue;
        };
        let seq = first + index as i64;
        let scopes = scopes.iter().copied().collect();
        net_changes
            .entry((*kind, *id))
            .and_modify(|entry| {
                let old = entry.old_hash;
                *entry = NetChange {
                    seq,
                    old_hash: old,
                    new_hash: *new_hash,
                    scopes: BTreeSet::clone(&scopes),
                };
            })
            .or_insert(NetChange { seq, old_hash: *old_hash, new_hash: *new_hash, scopes });
    }
    let mut list: Vec<_> = net_changes.into_iter().collect();
    list.sort_by_key(|(_, entry)| entry.seq);
    list
}

/// A row of the feed: scope number, seq, op.
pub(super) type FeedOpRow = (i32, i64, i16);

/// Ids in one query; both databases accept far more.
const IDS_PER_QUERY: usize = 500;

/// The feed rows of the records that this commit changes.
pub(super) fn load_feed_rows(
    conn: &mut AnyConn,
    net_changes: &[(ChangedRecordKey, NetChange)],
) -> Result<BTreeMap<ChangedRecordKey, Vec<FeedOpRow>>> {
    let mut by_kind: BTreeMap<RecordKind, Vec<[u8; 16]>> = BTreeMap::new();
    for ((kind, id), _) in net_changes {
        by_kind.entry(*kind).or_default().push(*id);
    }
    let mut before: BTreeMap<ChangedRecordKey, Vec<FeedOpRow>> = BTreeMap::new();
    for (kind, ids) in by_kind {
        for ids in ids.chunks(IDS_PER_QUERY) {
            let rows = load_rows_of_records(conn, kind.number(), ids)?;
            for (id, scope, seq, op) in rows {
                before.entry((kind, to_byte_array(&id)?)).or_default().push((scope, seq, op));
            }
        }
    }
    Ok(before)
}

/// Id, scope number, seq and op.
type RowOfRecord = (Vec<u8>, i32, i64, i16);

fn load_rows_of_records(
    conn: &mut AnyConn,
    kind: i16,
    ids: &[[u8; 16]],
) -> Result<Vec<RowOfRecord>> {
    match conn {
        AnyConn::Sqlite(conn) => Ok(feed::table
            .filter(feed::kind.eq(kind))
            .filter(feed::id.eq_any(ids))
            .select((feed::id, feed::scope_number, feed::seq, feed::op))
            .load(conn)?),
        AnyConn::Pg(conn) => Ok(PgRowsOfRecords { ids: ids.to_vec(), kind }.load(conn)?),
    }
}

kept_statement! {
    /// The same, each record by the index. With `id = ANY` PostgreSQL reads the feed of the whole
    /// kind while its statistics are those of a new database.
    [Pg], PgRowsOfRecords -> (Binary, Integer, BigInt, SmallInt) {
        "SELECT found.* FROM unnest(" ids: Array<Binary> = Vec<[u8; 16]>,
        ") AS wanted (id) CROSS JOIN LATERAL (SELECT id, scope_number, seq, op FROM feed \
         WHERE kind = " kind: SmallInt = i16,
        " AND id = wanted.id OFFSET 0) AS found",
    }
}

/// Rows of the feed that a commit writes.
#[derive(Default)]
pub(super) struct FeedRows {
    inserts: Vec<NewFeedRow>,
    /// With the seq of the record's former row in that scope.
    updates: Vec<(i64, NewFeedRow)>,
}

impl FeedRows {
    pub(super) fn extend(&mut self, more: Self) {
        self.inserts.extend(more.inserts);
        self.updates.extend(more.updates);
    }

    /// All rows, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &NewFeedRow> {
        self.inserts.iter().chain(self.updates.iter().map(|(_, row)| row))
    }
}

#[derive(Insertable)]
#[diesel(table_name = feed)]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct NewFeedRow {
    pub(super) scope_number: i32,
    pub(super) seq: i64,
    pub(super) kind: i16,
    pub(super) id: [u8; 16],
    pub(super) op: i16,
}

pub(super) fn collect_feed_rows(
    conn: &mut AnyConn,
    key: ChangedRecordKey,
    net_changes: &NetChange,
    before: &[FeedOpRow],
    digests: &mut ScopeDigests,
) -> Result<FeedRows> {
    let mut targets = BTreeSet::new();
    for scope in &net_changes.scopes {
        targets.insert(digests.ensure_scope_number(conn, *scope)?);
    }
    let mut changes: BTreeMap<i32, i16> = BTreeMap::new();
    for target in &targets {
        let held = before.iter().any(|(scope, _, op)| scope == target && *op == OP_PUT);
        if !held || net_changes.old_hash != net_changes.new_hash {
            changes.insert(*target, OP_PUT);
        }
        digests.replace_hash(
            *target,
            if held { net_changes.old_hash } else { None },
            net_changes.new_hash,
            !held || net_changes.old_hash != net_changes.new_hash,
        );
    }
    for (scope, _, _) in
        before.iter().filter(|(scope, _, op)| *op == OP_PUT && !targets.contains(scope))
    {
        if planted!("leaving-untold") {
            continue;
        }
        changes.insert(
            *scope,
            if net_changes.new_hash.is_none() { OP_DELETED } else { OP_OUT_OF_SCOPE },
        );
        digests.replace_hash(*scope, net_changes.old_hash, None, true);
    }
    let mut rows = FeedRows::default();
    for (scope_number, op) in changes {
        let (kind, id, seq) = (key.0.number(), key.1, net_changes.seq);
        let row = NewFeedRow { scope_number, seq, kind, id, op };
        match before.iter().find(|(place, _, _)| *place == scope_number) {
            Some((_, former_seq, _)) => rows.updates.push((*former_seq, row)),
            None => rows.inserts.push(row),
        }
    }
    Ok(rows)
}

kept_statement! {
    /// Moves the row of a record in a scope to the end of the feed.
    [Sqlite], UpdateFeedRow {
        "UPDATE feed SET seq = " seq: BigInt = i64,
        ", op = " op: SmallInt = i16,
        " WHERE scope_number = " scope_number: Integer = i32,
        " AND seq = " former_seq: BigInt = i64,
        "",
    }
}

kept_statement! {
    /// The same for many rows.
    [Pg], UpdateFeedRows {
        "UPDATE feed SET seq = new.seq, op = new.op FROM unnest("
            scope_numbers: Array<Integer> = Vec<i32>,
        ", " former_seqs: Array<BigInt> = Vec<i64>,
        ", " seqs: Array<BigInt> = Vec<i64>,
        ", " ops: Array<SmallInt> = Vec<i16>,
        ") AS new (scope_number, former_seq, seq, op) \
         WHERE feed.scope_number = new.scope_number AND feed.seq = new.former_seq",
    }
}

pub(super) fn write_feed_rows(conn: &mut AnyConn, rows: FeedRows) -> Result<()> {
    let FeedRows { mut inserts, updates } = rows;
    inserts.sort_unstable_by_key(|row| (row.scope_number, row.seq));
    insert_rows!(&mut *conn, feed::table, inserts)?;
    match conn {
        _ if updates.is_empty() => {}
        AnyConn::Sqlite(conn) => {
            for (former_seq, NewFeedRow { scope_number, seq, op, .. }) in updates {
                UpdateFeedRow { seq, op, scope_number, former_seq }.execute(conn)?;
            }
        }
        AnyConn::Pg(conn) => {
            let update = UpdateFeedRows {
                scope_numbers: updates.iter().map(|(_, row)| row.scope_number).collect(),
                former_seqs: updates.iter().map(|(former_seq, _)| *former_seq).collect(),
                seqs: updates.iter().map(|(_, row)| row.seq).collect(),
                ops: updates.iter().map(|(_, row)| row.op).collect(),
            };
            update.execute(conn)?;
        }
    }
    Ok(())
}
