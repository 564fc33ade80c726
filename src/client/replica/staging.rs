//! Staging: the changes received since the last checkpoint, in order, with the cursor after them.
//! They are durable and not visible (S6).

use super::schema::{scope, staged_change};
use super::scopes::ScopeCache;
use super::{ReplicaError, Result, decode_id, progress, to_i64, to_u64};
use crate::client::protocol::{RecordKey, ScopeKey, StagedOp};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const OP_PUT: i16 = 1;
const OP_OWN: i16 = 2;
const OP_GONE: i16 = 3;
const OP_RESET: i16 = 4;
const OP_SNAPSHOT_END: i16 = 5;
const OP_GRANTED: i16 = 6;
const OP_REMOVED: i16 = 7;

#[derive(Insertable)]
#[diesel(table_name = staged_change)]
struct NewStagedRow<'a> {
    op: i16,
    kind: i16,
    id: &'a [u8],
    revision: i64,
    bytes: &'a [u8],
    scopes: Vec<u8>,
    argument: i64,
}

type StagedColumns = (i32, i16, i16, Vec<u8>, i64, Vec<u8>, Vec<u8>, i64);

/// Appends changes to the staged ones; a cut call resumes at `cursor`.
pub(super) fn stage_ops(
    conn: &mut SqliteConnection,
    ops: &[StagedOp],
    cursor: Option<&[u8]>,
) -> Result<()> {
    let mut scopes = ScopeCache::load(conn)?;
    for op in ops {
        let (code, record, revision, bytes, of, number) = to_staged_parts(op);
        let mut numbers = Vec::with_capacity(of.len() * 4);
        for key in of {
            numbers.extend(scopes.get_or_insert(conn, *key)?.local_id.to_be_bytes());
        }
        // Removed in a cut call and granted again before the cursor moved: the server continues
        // from the cursor, and the rows are still stored.
        if code == OP_GRANTED && !planted!("removal-outlives-the-cut") {
            let taken_away =
                staged_change::op.eq(OP_REMOVED).and(staged_change::scopes.eq(&numbers));
            diesel::delete(staged_change::table.filter(taken_away)).execute(conn)?;
        }
        let (kind, id) = record.map_or((0, &[][..]), |record| (record.kind, &record.id[..]));
        let row =
            NewStagedRow { op: code, kind, id, revision, bytes, scopes: numbers, argument: number };
        diesel::insert_into(staged_change::table).values(&row).execute(conn)?;
    }
    cursor.map_or(Ok(()), |cursor| progress::save_staged_cursor(conn, cursor))
}

type StagedParts<'a> = (i16, Option<&'a RecordKey>, i64, &'a [u8], &'a [ScopeKey], i64);

fn to_staged_parts(op: &StagedOp) -> StagedParts<'_> {
    let one = std::slice::from_ref;
    match op {
        StagedOp::Put { record, revision, bytes, scopes } => {
            (OP_PUT, Some(record), *revision, bytes, scopes, 0)
        }
        StagedOp::Own { record, revision, scopes } => {
            (OP_OWN, Some(record), *revision, &[], scopes, 0)
        }
        StagedOp::Gone { record, scopes } => (OP_GONE, Some(record), 0, &[], scopes, 0),
        StagedOp::Reset { scope, generation } => {
            (OP_RESET, None, 0, &[], one(scope), to_i64(*generation))
        }
        StagedOp::SnapshotEnd { scope, generation } => {
            (OP_SNAPSHOT_END, None, 0, &[], one(scope), to_i64(*generation))
        }
        StagedOp::Granted(scope) => (OP_GRANTED, None, 0, &[], one(scope), 0),
        StagedOp::Removed { scope, removal } => {
            (OP_REMOVED, None, 0, &[], one(scope), i64::from(*removal))
        }
    }
}

/// The staged changes, in order.
pub(super) fn load_staged(conn: &mut SqliteConnection) -> Result<Vec<StagedOp>> {
    let rows = staged_change::table.order(staged_change::position).load::<StagedColumns>(conn)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys = scope::table
        .select((scope::local_id, scope::kind, scope::id))
        .load::<(i32, i16, Vec<u8>)>(conn)?;
    let keys: BTreeMap<i32, ScopeKey> = keys
        .into_iter()
        .map(|(local_id, kind, bytes)| Ok((local_id, ScopeKey { kind, id: decode_id(&bytes)? })))
        .collect::<Result<_>>()?;
    rows.into_iter().map(|row| from_row(row, &keys)).collect()
}

fn from_row(row: StagedColumns, keys: &BTreeMap<i32, ScopeKey>) -> Result<StagedOp> {
    let (_, op, kind, record, revision, bytes, scopes, number) = row;
    let unknown = ReplicaError::Damaged("a staged change names an unknown scope");
    let numbers =
        scopes.chunks_exact(4).map(|four| i32::from_be_bytes([four[0], four[1], four[2], four[3]]));
    let scopes: Vec<ScopeKey> = numbers
        .map(|local_id| keys.get(&local_id).copied().ok_or(unknown.clone()))
        .collect::<Result<_>>()?;
    let record = || decode_id(&record).map(|id| RecordKey { kind, id });
    let scope = || scopes.first().copied().ok_or(unknown);
    Ok(match op {
        OP_PUT => StagedOp::Put { record: record()?, revision, bytes, scopes },
        OP_OWN => StagedOp::Own { record: record()?, revision, scopes },
        OP_GONE => StagedOp::Gone { record: record()?, scopes },
        OP_RESET => StagedOp::Reset { scope: scope()?, generation: to_u64(number)? },
        OP_SNAPSHOT_END => StagedOp::SnapshotEnd { scope: scope()?, generation: to_u64(number)? },
        OP_GRANTED => StagedOp::Granted(scope()?),
        OP_REMOVED => StagedOp::Removed { scope: scope()?, removal: number as i16 },
        _ => return Err(ReplicaError::Damaged("a staged change of no kind")),
    })
}

/// Deletes the staged changes after a swap.
pub(super) fn clear_staged(conn: &mut SqliteConnection) -> Result<()> {
    diesel::delete(staged_change::table).execute(conn)?;
    Ok(())
}

/// Whether a staged change grants or removes a scope.
pub(super) fn changes_scopes(conn: &mut SqliteConnection) -> Result<bool> {
    let changes = staged_change::table.filter(staged_change::op.eq_any([OP_GRANTED, OP_REMOVED]));
    Ok(diesel::select(diesel::dsl::exists(changes)).get_result(conn)?)
}

/// The granted scopes after the next swap.
pub(super) fn granted_after_swap(conn: &mut SqliteConnection) -> Result<Vec<ScopeKey>> {
    let granted = ScopeCache::load(conn)?.local_digests();
    let mut granted: BTreeSet<ScopeKey> = granted.into_iter().map(|one| one.scope).collect();
    for op in load_staged(conn)? {
        match op {
            StagedOp::Granted(scope) => {
                granted.insert(scope);
            }
            StagedOp::Removed { scope, .. } => {
                granted.remove(&scope);
            }
            StagedOp::Put { .. }
            | StagedOp::Own { .. }
            | StagedOp::Gone { .. }
            | StagedOp::Reset { .. }
            | StagedOp::SnapshotEnd { .. } => {}
        }
    }
    Ok(granted.into_iter().collect())
}
