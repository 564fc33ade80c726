//! Numbers the pending changes of a batch at commit. After the update of feed_head no domain code
//! runs.
//!
//! ```text
//!  changes  [n1 n2 n3 n4 n5]          each change takes one seq and one audit row
//!  merge    {report R: n1+n4, comment C: n2, ...}   one feed change per record, at its last seq
//!  feed     (scope, seq) PUT in its scopes, DELETED or OUT_OF_SCOPE in the others; digests updated
//! ```

use super::backend::{AnyConn, with_conn};
use super::commit_feed::{
    FeedRows, collect_feed_rows, load_feed_rows, merge_changes, write_feed_rows,
};
use super::error::Result;
use super::flush::{insert_rows, to_lost_race};
use super::kept_statement::kept_statement;
use super::pending::PendingChanges;
use super::read_tx::{ReadTx, to_byte_array};
use super::recent_commits::{CommitContent, CommittedChanges, keep_feed_rows};
use super::schema::{audit, audited_row, command, commit_log, scope};
use super::write_tx::PendingChange;
use crate::domain::access::scope::Scope;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer};
use diesel::sqlite::Sqlite;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Values of feed.op.
pub(super) const OP_PUT: i16 = 1;
pub(super) const OP_DELETED: i16 = 2;
pub(super) const OP_OUT_OF_SCOPE: i16 = 3;

/// Short numbers of scopes that earlier commits of this node have met; a number never changes.
pub(super) type ScopeNumberCache = BTreeMap<Scope, i32>;

kept_statement! {
    /// Takes the lock that orders all commits, and so many seqs.
    [Sqlite, Pg], TakeSeqs -> (BigInt, Binary, BigInt, BigInt) {
        "UPDATE feed_head SET seq = seq + " count: BigInt = i64,
        " WHERE id = 1 RETURNING seq, chain, auth_generation, epoch",
    }
}

kept_statement! {
    /// Sets the chain after the commit.
    [Sqlite, Pg], UpdateChain {
        "UPDATE feed_head SET chain = " chain: Binary = [u8; 32],
        " WHERE id = 1",
    }
}

/// A commit that is written but not yet committed.
pub(super) struct WrittenCommit {
    /// Its last seq.
    pub(super) last: i64,
    /// What it changed; `None` when that is not in memory.
    pub(super) changes: Option<CommittedChanges>,
    /// Whether the head is another than before.
    pub(super) is_new_head: bool,
}

/// Writes the rows of the batch, numbers its changes and writes audit, feed, digests and chain.
/// After a failed commit the caller clears `numbers`: they may contain numbers that were rolled
/// back.
pub(super) fn append_commit(
    conn: &mut AnyConn,
    pending: &mut PendingChanges,
    numbers: &mut ScopeNumberCache,
    now: Timestamp,
) -> Result<WrittenCommit> {
    let content = CommitContent::copy_from(&pending.writes);
    // The lock is taken after what needs no number: other nodes wait for it.
    pending.writes.write_content(conn, 0)?;
    let count = pending.changes.len() as i64;
    let (last, chain_before, auth_generation, epoch): (i64, Vec<u8>, i64, i64) =
        with_conn!(&mut *conn, |conn| TakeSeqs { count }.get_result(conn))?;
    super::fault_point::trigger_fault_point("after_numbering");
    pending.writes.write_commands(conn, 0, last)?;
    assign_commit_seq(conn, &pending.commands, last)?;
    if count == 0 {
        return Ok(WrittenCommit { last, changes: None, is_new_head: false });
    }
    let first = last - count + 1;
    let audit_hash = insert_audit_rows(conn, &pending.changes, first, now)?;
    let mut scopes =
        ScopeDigests { scope_numbers: std::mem::take(numbers), changes: BTreeMap::new() };
    let feed_rows = collect_commit_rows(conn, pending, first, &mut scopes)?;
    let kept_rows = content.as_ref().and_then(|content| keep_feed_rows(feed_rows.iter(), content));
    write_feed_rows(conn, feed_rows)?;
    let digests = scopes.update_scopes(conn)?;
    *numbers = scopes.scope_numbers;
    let chain_before: [u8; 32] = to_byte_array(&chain_before)?;
    let chain =
        extend_chain(if planted!("chain-unlinked") { &[0; 32] } else { &chain_before }, audit_hash);
    write_chain(conn, (first, last), chain, now)?;
    let changes = content.zip(kept_rows).map(|(content, feed_rows)| CommittedChanges {
        chain_before,
        chain,
        seq: last,
        auth_generation,
        epoch,
        content,
        feed_rows,
        digests,
    });
    Ok(WrittenCommit { last, changes, is_new_head: true })
}

/// The feed rows of all records that the batch changes.
fn collect_commit_rows(
    conn: &mut AnyConn,
    pending: &PendingChanges,
    first: i64,
    digests: &mut ScopeDigests,
) -> Result<FeedRows> {
    let net_changes = merge_changes(&pending.changes, first);
    let before = load_feed_rows(conn, &net_changes)?;
    let mut feed_rows = FeedRows::default();
    for (key, net_changes) in &net_changes {
        let before = before.get(key).map(Vec::as_slice).unwrap_or_default();
        feed_rows.extend(collect_feed_rows(conn, *key, net_changes, before, digests)?);
    }
    Ok(feed_rows)
}

fn write_chain(
    conn: &mut AnyConn,
    (first, last): (i64, i64),
    chain: [u8; 32],
    now: Timestamp,
) -> Result<()> {
    with_conn!(&mut *conn, |conn| UpdateChain { chain }.execute(conn))?;
    with_conn!(conn, |conn| diesel::insert_into(commit_log::table)
        .values((
            commit_log::last_seq.eq(last),
            commit_log::first_seq.eq(first),
            commit_log::chain.eq(&chain[..]),
            commit_log::committed_at.eq(now.0),
        ))
        .execute(conn))?;
    Ok(())
}

/// `chain' = SHA-256(chain || SHA-256(the commit's audit rows))`.
pub(super) fn extend_chain(chain: &[u8], content: [u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update(content);
    hash.finalize().into()
}

/// Writes the last seq of the commit into the rows of commands that were written before it.
fn assign_commit_seq(conn: &mut AnyConn, commands: &[(DeviceId, u64)], last: i64) -> Result<()> {
    let taken: BTreeSet<([u8; 16], u64)> =
        commands.iter().map(|(device, number)| (device.0, *number)).collect();
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
#[derive(Debug, Clone, Queryable, PartialEq, Eq)]
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
    /// Passes the canonical bytes to `to`, piece by piece.
    pub(super) fn canonical_bytes(&self, to: impl FnMut(&[u8])) {
        let numbers = [self.seq, self.from_revision, self.to_revision, self.recorded_at];
        let texts = [
            &self.account,
            self.device.as_deref().unwrap_or_default(),
            self.record_id.as_deref().unwrap_or_default(),
            self.action.as_bytes(),
            self.record_hash.as_deref().unwrap_or_default(),
        ];
        canonical_audit_bytes(numbers, self.record_kind, texts, to);
    }
}

/// Passes every field of an audit row to `to`: seq, both revisions, time and kind; account, device,
/// record, action and hash, each after its length.
fn canonical_audit_bytes(
    numbers: [i64; 4],
    kind: Option<i16>,
    texts: [&[u8]; 5],
    mut to: impl FnMut(&[u8]),
) {
    for number in numbers.into_iter().chain([i64::from(kind.unwrap_or(0))]) {
        to(&number.to_be_bytes());
    }
    for bytes in texts {
        to(&(bytes.len() as u32).to_be_bytes());
        to(bytes);
    }
}

/// An audit row of this commit.
#[derive(Insertable)]
#[diesel(table_name = audit)]
#[diesel(treat_none_as_default_value = false)]
struct NewAuditRow {
    seq: i64,
    account: [u8; 16],
    device: Option<[u8; 16]>,
    action: Cow<'static, str>,
    record_kind: Option<i16>,
    record_id: Option<[u8; 16]>,
    from_revision: i64,
    to_revision: i64,
    record_hash: Option<Vec<u8>>,
    recorded_at: i64,
}

impl NewAuditRow {
    fn update_hash(&self, hash: &mut Sha256) {
        let numbers = [self.seq, self.from_revision, self.to_revision, self.recorded_at];
        let texts: [&[u8]; 5] = [
            &self.account,
            self.device.as_ref().map_or(&[], |id| id),
            self.record_id.as_ref().map_or(&[], |id| id),
            self.action.as_bytes(),
            self.record_hash.as_deref().unwrap_or_default(),
        ];
        canonical_audit_bytes(numbers, self.record_kind, texts, |bytes| hash.update(bytes));
    }
}

fn insert_audit_rows(
    conn: &mut AnyConn,
    pending: &[PendingChange],
    first: i64,
    now: Timestamp,
) -> Result<[u8; 32]> {
    let rows: Vec<NewAuditRow> = pending
        .iter()
        .enumerate()
        .map(|(index, pending_change)| to_audit_row(pending_change, first + index as i64, now))
        .collect();
    let mut hash = Sha256::new();
    rows.iter().for_each(|row| row.update_hash(&mut hash));
    insert_rows!(&mut *conn, audit::table, rows)?;
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

fn to_audit_row(pending_change: &PendingChange, seq: i64, now: Timestamp) -> NewAuditRow {
    let change = pending_change.record_change.as_ref();
    NewAuditRow {
        seq,
        account: pending_change.audit.account().0,
        device: pending_change.audit.device().map(|device| device.0),
        action: pending_change.audit.action().clone(),
        record_kind: change.map(|change| change.kind.number()),
        record_id: change.map(|change| change.id),
        from_revision: change.map_or(0, |change| change.from_revision),
        to_revision: change.map_or(0, |change| change.to_revision),
        record_hash: match change {
            Some(change) => change.new_hash.map(|hash| hash.to_be_bytes().to_vec()),
            None => pending_change.rows.content_hash().map(|hash| hash.to_vec()),
        },
        recorded_at: now.0,
    }
}

/// Digest differences of the commit, written in scope order.
pub(super) struct ScopeDigests {
    scope_numbers: ScopeNumberCache,
    changes: BTreeMap<i32, ScopeDigest>,
}

impl ScopeDigests {
    /// The short number of a scope, assigned at its first record.
    pub(super) fn ensure_scope_number(
        &mut self,
        conn: &mut AnyConn,
        requested: Scope,
    ) -> Result<i32> {
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

    pub(super) fn replace_hash(
        &mut self,
        scope: i32,
        old: Option<u128>,
        new: Option<u128>,
        changed: bool,
    ) {
        if !changed {
            return;
        }
        let digest = self.changes.entry(scope).or_default();
        if !planted!("digest-keeps-the-old") {
            old.into_iter().for_each(|hash| digest.remove(hash));
        }
        new.into_iter().for_each(|hash| digest.add(hash));
    }

    /// Writes the digests of the scopes that changed, and returns them.
    fn update_scopes(&self, conn: &mut AnyConn) -> Result<BTreeMap<i32, ScopeDigest>> {
        let mut digests = load_digests(conn, self.changes.keys().copied().collect())?;
        for (number, digest) in &mut digests {
            if let Some(change) = self.changes.get(number) {
                digest.merge(*change);
            }
        }
        match conn {
            AnyConn::Sqlite(conn) => {
                for (number, ScopeDigest { count, sum }) in &digests {
                    let (count, sum, number) = (*count, sum.to_be_bytes(), *number);
                    UpdateScope { count, sum, number }.execute(conn)?;
                }
            }
            AnyConn::Pg(conn) => {
                let update = UpdateScopes {
                    counts: digests.values().map(|digest| digest.count).collect(),
                    sums: digests.values().map(|digest| digest.sum.to_be_bytes()).collect(),
                    numbers: digests.keys().copied().collect(),
                };
                update.execute(conn)?;
            }
        }
        Ok(digests)
    }
}

kept_statement! {
    /// Sets the digest of a scope.
    [Sqlite], UpdateScope {
        "UPDATE scope SET record_count = " count: BigInt = i64,
        ", hash_sum = " sum: Binary = [u8; 16],
        " WHERE number = " number: Integer = i32,
        "",
    }
}

kept_statement! {
    /// The same for many scopes.
    [Pg], UpdateScopes {
        "UPDATE scope SET record_count = new.record_count, hash_sum = new.hash_sum FROM unnest("
            numbers: Array<Integer> = Vec<i32>,
        ", " counts: Array<BigInt> = Vec<i64>,
        ", " sums: Array<Binary> = Vec<[u8; 16]>,
        ") AS new (number, record_count, hash_sum) WHERE scope.number = new.number",
    }
}

/// Digests of these scopes as committed.
fn load_digests(conn: &mut AnyConn, numbers: Vec<i32>) -> Result<BTreeMap<i32, ScopeDigest>> {
    let select = || scope::table.select((scope::number, scope::record_count, scope::hash_sum));
    let mut rows: Vec<(i32, i64, Vec<u8>)> = Vec::with_capacity(numbers.len());
    match conn {
        AnyConn::Sqlite(conn) => {
            for number in numbers {
                rows.push(select().filter(scope::number.eq(number)).first(conn)?);
            }
        }
        AnyConn::Pg(conn) => rows = select().filter(scope::number.eq_any(numbers)).load(conn)?,
    }
    rows.into_iter()
        .map(|(number, count, sum)| {
            let sum = u128::from_be_bytes(to_byte_array(&sum)?);
            Ok((number, ScopeDigest { count, sum }))
        })
        .collect()
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
