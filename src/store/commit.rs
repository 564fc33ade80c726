//! Numbers the pending changes of a batch at commit. After the update of feed_head no domain code
//! runs.
//!
//! ```text
//!  changes  [n1 n2 n3 n4 n5]          each change takes one seq and one audit row
//!  merge    {report R: n1+n4, comment C: n2, ...}   one feed change per record, at its last seq
//!  feed     (scope, seq) PUT in its scopes, DELETED or OUT_OF_SCOPE in the others; digests updated
//! ```

use super::backend::{AnyConn, with_conn};
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{audit, audited_row, command, commit_log, feed, feed_head, scope};
use super::write_tx::{PendingChange, PendingChanges, RecordChange};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Values of feed.op.
pub(super) const OP_PUT: i16 = 1;
pub(super) const OP_DELETED: i16 = 2;
pub(super) const OP_OUT_OF_SCOPE: i16 = 3;

/// Short numbers of scopes that earlier commits of this node have met; a number never changes.
pub(super) type ScopeNumberCache = BTreeMap<Scope, i32>;

/// Numbers the changes and writes audit, feed, digests and chain; returns the last seq. After a
/// failed commit the caller clears `numbers`: they may contain numbers that were rolled back.
pub(super) fn append_commit(
    conn: &mut AnyConn,
    pending: &PendingChanges,
    numbers: &mut ScopeNumberCache,
    now: Timestamp,
) -> Result<i64> {
    let count = pending.changes.len() as i64;
    let (last, chain): (i64, Vec<u8>) = diesel::update(feed_head::table.find(1))
        .set(feed_head::seq.eq(feed_head::seq + count))
        .returning((feed_head::seq, feed_head::chain))
        .get_result(conn)?;
    super::fault_point::trigger_fault_point("after_numbering");
    if count == 0 {
        assign_commit_seq(conn, pending, last)?;
        return Ok(last);
    }
    let first = last - count + 1;
    let content = insert_audit_rows(conn, &pending.changes, first, now)?;
    let mut digests =
        ScopeDigests { scope_numbers: std::mem::take(numbers), changes: BTreeMap::new() };
    let net_changes = merge_changes(&pending.changes, first);
    let before = load_feed_rows(conn, &net_changes)?;
    for (key, net_changes) in &net_changes {
        let before = before.get(key).map(Vec::as_slice).unwrap_or_default();
        write_feed_rows(conn, *key, net_changes, before, &mut digests)?;
    }
    digests.update_scopes(conn)?;
    *numbers = digests.scope_numbers;
    assign_commit_seq(conn, pending, last)?;
    let chain = if planted!("chain-unlinked") {
        extend_chain(&[0; 32], content)
    } else {
        extend_chain(&chain, content)
    };
    diesel::update(feed_head::table.find(1)).set(feed_head::chain.eq(&chain[..])).execute(conn)?;
    diesel::insert_into(commit_log::table)
        .values((
            commit_log::last_seq.eq(last),
            commit_log::first_seq.eq(first),
            commit_log::chain.eq(&chain[..]),
            commit_log::committed_at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(last)
}

/// `chain' = SHA-256(chain || SHA-256(the commit's audit rows))`.
pub(super) fn extend_chain(chain: &[u8], content: [u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update(content);
    hash.finalize().into()
}

/// Writes the last seq of the commit into the rows of its commands.
fn assign_commit_seq(conn: &mut AnyConn, pending: &PendingChanges, last: i64) -> Result<()> {
    let taken: BTreeSet<([u8; 16], u64)> =
        pending.commands.iter().map(|(device, number)| (device.0, *number)).collect();
    // A released held command may have a much lower number than the others: only runs without a gap
    // are updated together.
    let mut runs: Vec<([u8; 16], u64, u64)> = Vec::new();
    for (device, number) in taken {
        match runs.last_mut() {
            Some((same, _, high)) if *same == device && *high + 1 == number => *high = number,
            _ => runs.push((device, number, number)),
        }
    }
    for (device, low, high) in runs {
        diesel::update(command::table)
            .filter(command::device.eq(&device[..]))
            .filter(command::number.between(low as i64, high as i64))
            .set(command::commit_seq.eq(last))
            .execute(conn)?;
    }
    Ok(())
}

/// One audit row, as it is stored and hashed.
#[derive(Debug, Clone, Insertable, Queryable, PartialEq, Eq)]
#[diesel(table_name = audit)]
pub(crate) struct AuditRow {
    pub(crate) seq: i64,
    pub(crate) account: Vec<u8>,
    pub(crate) device: Option<Vec<u8>>,
    pub(crate) action: String,
    pub(crate) record_kind: Option<i16>,
    pub(crate) record_id: Option<Vec<u8>>,
    pub(crate) from_revision: i64,
    pub(crate) to_revision: i64,
    pub(crate) record_hash: Option<Vec<u8>>,
    pub(crate) recorded_at: i64,
}

impl AuditRow {
    /// Passes the canonical bytes to `to`, piece by piece: every field; each of varying length
    /// after its length.
    pub(super) fn canonical_bytes(&self, mut to: impl FnMut(&[u8])) {
        let Self {
            seq,
            account,
            device,
            action,
            record_kind: kind,
            record_id: id,
            from_revision,
            to_revision,
            record_hash: content,
            recorded_at: at,
        } = self;
        for number in [*seq, *from_revision, *to_revision, *at, i64::from(kind.unwrap_or(0))] {
            to(&number.to_be_bytes());
        }
        let empty = Vec::new();
        let (device, id) = (device.as_ref().unwrap_or(&empty), id.as_ref().unwrap_or(&empty));
        for bytes in [account, device, id, action.as_bytes(), content.as_ref().unwrap_or(&empty)] {
            to(&(bytes.len() as u32).to_be_bytes());
            to(bytes);
        }
    }

    /// Adds the canonical bytes to a hash.
    pub(super) fn update_hash(&self, hash: &mut Sha256) {
        self.canonical_bytes(|bytes| hash.update(bytes));
    }
}

fn insert_audit_rows(
    conn: &mut AnyConn,
    pending: &[PendingChange],
    first: i64,
    now: Timestamp,
) -> Result<[u8; 32]> {
    let rows: Vec<AuditRow> = pending
        .iter()
        .enumerate()
        .map(|(index, pending_change)| to_audit_row(pending_change, first + index as i64, now))
        .collect();
    let mut hash = Sha256::new();
    rows.iter().for_each(|row| row.update_hash(&mut hash));
    match conn {
        AnyConn::Sqlite(conn) => {
            for row in &rows {
                diesel::insert_into(audit::table).values(row).execute(conn)?;
            }
        }
        AnyConn::Pg(conn) => {
            for chunk in rows.chunks(1000) {
                diesel::insert_into(audit::table).values(chunk).execute(conn)?;
            }
        }
    }
    insert_audited_rows(conn, pending, first)?;
    Ok(hash.finalize().into())
}

/// Inserts the lines of rows of tables without records.
fn insert_audited_rows(conn: &mut AnyConn, pending: &[PendingChange], first: i64) -> Result<()> {
    for (index, pending_change) in pending.iter().enumerate() {
        for line in pending_change.rows.to_lines(first + index as i64) {
            diesel::insert_into(audited_row::table).values(&line).execute(conn)?;
        }
    }
    Ok(())
}

fn to_audit_row(pending_change: &PendingChange, seq: i64, now: Timestamp) -> AuditRow {
    let change = pending_change.record_change.as_ref();
    AuditRow {
        seq,
        account: pending_change.audit.account().0.to_vec(),
        device: pending_change.audit.device().map(|device| device.0.to_vec()),
        action: pending_change.audit.action().to_owned(),
        record_kind: change.map(|change| change.kind.number()),
        record_id: change.map(|change| change.id.to_vec()),
        from_revision: change.map_or(0, |change| change.from_revision),
        to_revision: change.map_or(0, |change| change.to_revision),
        record_hash: match change {
            Some(change) => change.new_hash.map(|hash| hash.to_be_bytes().to_vec()),
            None => pending_change.rows.content_hash().map(|hash| hash.to_vec()),
        },
        recorded_at: now.0,
    }
}

/// All changes of one record in this commit, merged.
struct NetChange {
    seq: i64,
    old_hash: Option<u128>,
    new_hash: Option<u128>,
    scopes: BTreeSet<Scope>,
}

type ChangedRecordKey = (RecordKind, [u8; 16]);

fn merge_changes(pending: &[PendingChange], first: i64) -> Vec<(ChangedRecordKey, NetChange)> {
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
type FeedOpRow = (i32, i64, i16);

/// Ids in one query; both databases accept far more.
const IDS_PER_QUERY: usize = 500;

/// The feed rows of the records that this commit changes.
fn load_feed_rows(
    conn: &mut AnyConn,
    net_changes: &[(ChangedRecordKey, NetChange)],
) -> Result<BTreeMap<ChangedRecordKey, Vec<FeedOpRow>>> {
    let mut by_kind: BTreeMap<RecordKind, Vec<&[u8]>> = BTreeMap::new();
    for ((kind, id), _) in net_changes {
        by_kind.entry(*kind).or_default().push(id);
    }
    let mut before: BTreeMap<ChangedRecordKey, Vec<FeedOpRow>> = BTreeMap::new();
    for (kind, ids) in by_kind {
        for ids in ids.chunks(IDS_PER_QUERY) {
            let rows: Vec<(Vec<u8>, i32, i64, i16)> = feed::table
                .filter(feed::kind.eq(kind.number()))
                .filter(feed::id.eq_any(ids))
                .select((feed::id, feed::scope_number, feed::seq, feed::op))
                .load(conn)?;
            for (id, scope, seq, op) in rows {
                before.entry((kind, to_byte_array(&id)?)).or_default().push((scope, seq, op));
            }
        }
    }
    Ok(before)
}

fn write_feed_rows(
    conn: &mut AnyConn,
    key: ChangedRecordKey,
    net_changes: &NetChange,
    before: &[FeedOpRow],
    digests: &mut ScopeDigests,
) -> Result<()> {
    let (kind, id) = (key.0.number(), key.1);
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
    for (scope, op) in changes {
        let existing_seq =
            before.iter().find(|(place, _, _)| *place == scope).map(|(_, seq, _)| *seq);
        upsert_feed_row(conn, (scope, net_changes.seq, op), (kind, &id), existing_seq)?;
    }
    Ok(())
}

/// Writes one feed row in place of the record's former row in that scope.
fn upsert_feed_row(
    conn: &mut AnyConn,
    row: FeedOpRow,
    (kind, id): (i16, &[u8; 16]),
    existing_seq: Option<i64>,
) -> Result<()> {
    let (scope, seq, op) = row;
    match existing_seq {
        Some(before) => with_conn!(conn, |conn| diesel::update(feed::table.find((scope, before)))
            .set((feed::seq.eq(seq), feed::op.eq(op)))
            .execute(conn))?,
        None => with_conn!(conn, |conn| diesel::insert_into(feed::table)
            .values((
                feed::scope_number.eq(scope),
                feed::seq.eq(seq),
                feed::kind.eq(kind),
                feed::id.eq(&id[..]),
                feed::op.eq(op),
            ))
            .execute(conn))?,
    };
    Ok(())
}

/// Digest differences of the commit, written in scope order.
struct ScopeDigests {
    scope_numbers: ScopeNumberCache,
    changes: BTreeMap<i32, ScopeDigest>,
}

impl ScopeDigests {
    /// The short number of a scope, assigned at its first record.
    fn ensure_scope_number(&mut self, conn: &mut AnyConn, requested: Scope) -> Result<i32> {
        if let Some(number) = self.scope_numbers.get(&requested) {
            return Ok(*number);
        }
        let number = match (ReadTx::new(conn)).scope_number(requested)? {
            Some(number) => number,
            None => insert_scope(conn, requested)?,
        };
        self.scope_numbers.insert(requested, number);
        Ok(number)
    }

    fn replace_hash(&mut self, scope: i32, old: Option<u128>, new: Option<u128>, changed: bool) {
        if !changed {
            return;
        }
        let digest = self.changes.entry(scope).or_default();
        if !planted!("digest-keeps-the-old") {
            old.into_iter().for_each(|hash| digest.remove(hash));
        }
        new.into_iter().for_each(|hash| digest.add(hash));
    }

    fn update_scopes(&self, conn: &mut AnyConn) -> Result<()> {
        for (number, change) in &self.changes {
            let (count, sum): (i64, Vec<u8>) = with_conn!(conn, |conn| scope::table
                .find(*number)
                .select((scope::record_count, scope::hash_sum))
                .first(conn))?;
            let mut digest = ScopeDigest { count, sum: u128::from_be_bytes(to_byte_array(&sum)?) };
            digest.merge(*change);
            let sum = digest.sum.to_be_bytes();
            with_conn!(conn, |conn| diesel::update(scope::table.find(*number))
                .set((scope::record_count.eq(digest.count), scope::hash_sum.eq(&sum[..])))
                .execute(conn))?;
        }
        Ok(())
    }
}

/// Assigns the next scope number. The caller holds the lock of feed_head, so two nodes never assign
/// the same number.
pub(super) fn insert_scope(conn: &mut AnyConn, requested: Scope) -> Result<i32> {
    let highest: Option<i32> = scope::table.select(diesel::dsl::max(scope::number)).first(conn)?;
    let number = highest.unwrap_or(0) + 1;
    let row = (
        scope::number.eq(number),
        scope::kind.eq(requested.kind.number()),
        scope::id.eq(requested.id.to_vec()),
        scope::record_count.eq(0i64),
        scope::hash_sum.eq(vec![0u8; 16]),
        scope::generation.eq(1i64),
        scope::tombstone_floor.eq(0i64),
    );
    with_conn!(conn, |conn| diesel::insert_into(scope::table).values(row).execute(conn))?;
    Ok(number)
}
