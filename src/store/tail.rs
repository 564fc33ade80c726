//! The tail of a batch: from notes to places in the feed. After the head row no domain code runs.
//!
//! ```text
//!  notes  [n1 n2 n3 n4 n5]          each note takes one seq and one audit row
//!  fold   {report R: n1+n4, comment C: n2, ...}   one feed change per record, at its last note's seq
//!  feed   (scope, seq) PUT where it belongs, GONE where it no longer does; digests by difference
//! ```

use super::backend::{AnyConn, on};
use super::error::Result;
use super::read::{ReadTx, fixed};
use super::schema::{audit, command, commit_log, feed, head, scope};
use super::tx::{Change, Note, Notes};
use crate::domain::digest::Digest;
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::time::Instant;
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a feed row says.
pub(super) const PUT: i16 = 1;
pub(super) const DELETED: i16 = 2;
pub(super) const OUT_OF_SCOPE: i16 = 3;

/// Short numbers of scopes that earlier commits of this node have met: given once, they never change.
pub(super) type ScopeNumbers = BTreeMap<Scope, i32>;

/// Numbers the notes and writes audit, feed, digests and chain; returns the last seq. What a failed commit put into `numbers` does not
/// hold: the caller forgets them all.
pub(super) fn run(conn: &mut AnyConn, notes: &Notes, numbers: &mut ScopeNumbers, now: Instant) -> Result<i64> {
    let count = notes.list.len() as i64;
    let (last, chain): (i64, Vec<u8>) = diesel::update(head::table.find(1))
        .set(head::seq.eq(head::seq + count))
        .returning((head::seq, head::chain))
        .get_result(conn)?;
    super::fault::point("after_numbering");
    if count == 0 {
        seat_commands(conn, notes, last)?;
        return Ok(last);
    }
    let first = last - count + 1;
    let content = write_audit(conn, &notes.list, first, now)?;
    let mut digests = Digests { numbers: std::mem::take(numbers), changes: BTreeMap::new() };
    let folded = fold(&notes.list, first);
    let before = feed_before(conn, &folded)?;
    for (key, folded) in &folded {
        let before = before.get(key).map(Vec::as_slice).unwrap_or_default();
        write_feed(conn, *key, folded, before, &mut digests)?;
    }
    digests.store(conn)?;
    *numbers = digests.numbers;
    seat_commands(conn, notes, last)?;
    let chain = if planted!("chain-unlinked") { link(&[0; 32], content) } else { link(&chain, content) };
    diesel::update(head::table.find(1)).set(head::chain.eq(&chain[..])).execute(conn)?;
    diesel::insert_into(commit_log::table)
        .values((
            commit_log::last_seq.eq(last),
            commit_log::first_seq.eq(first),
            commit_log::chain.eq(&chain[..]),
            commit_log::at.eq(now.0),
        ))
        .execute(conn)?;
    Ok(last)
}

/// `chain' = SHA-256(chain || SHA-256(the commit's audit rows))`.
pub(super) fn link(chain: &[u8], content: [u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update(content);
    hash.finalize().into()
}

/// Tells the rows of the commands taken where their effects end.
fn seat_commands(conn: &mut AnyConn, notes: &Notes, last: i64) -> Result<()> {
    let taken: BTreeSet<([u8; 16], u64)> = notes.commands.iter().map(|(device, number)| (device.0, *number)).collect();
    // A held command that was released now may lie far below those of this call: only runs without a gap go together.
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
            .set(command::seq.eq(last))
            .execute(conn)?;
    }
    Ok(())
}

/// One audit row, as it is stored and as it enters the chain.
#[derive(Debug, Clone, Insertable, Queryable, PartialEq, Eq)]
#[diesel(table_name = audit)]
pub(crate) struct AuditRow {
    pub(crate) seq: i64,
    pub(crate) account: Vec<u8>,
    pub(crate) device: Option<Vec<u8>>,
    pub(crate) action: String,
    pub(crate) kind: Option<i16>,
    pub(crate) id: Option<Vec<u8>>,
    pub(crate) from_revision: i64,
    pub(crate) to_revision: i64,
    pub(crate) hash: Option<Vec<u8>>,
    pub(crate) at: i64,
}

impl AuditRow {
    /// Tells the row piece by piece as it enters hashes: every field, each of varying length preceded by its length.
    pub(super) fn told(&self, mut to: impl FnMut(&[u8])) {
        let Self { seq, account, device, action, kind, id, from_revision, to_revision, hash: content, at } = self;
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

    /// Feeds the row into a hash.
    pub(super) fn add_to(&self, hash: &mut Sha256) {
        self.told(|bytes| hash.update(bytes));
    }
}

fn write_audit(conn: &mut AnyConn, notes: &[Note], first: i64, now: Instant) -> Result<[u8; 32]> {
    let rows: Vec<AuditRow> =
        notes.iter().enumerate().map(|(index, note)| audit_row(note, first + index as i64, now)).collect();
    let mut hash = Sha256::new();
    rows.iter().for_each(|row| row.add_to(&mut hash));
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
    Ok(hash.finalize().into())
}

fn audit_row(note: &Note, seq: i64, now: Instant) -> AuditRow {
    let change = note.change.as_ref();
    AuditRow {
        seq,
        account: note.audit.account().0.to_vec(),
        device: note.audit.device().map(|device| device.0.to_vec()),
        action: note.audit.action().to_owned(),
        kind: change.map(|change| change.kind.number()),
        id: change.map(|change| change.id.to_vec()),
        from_revision: change.map_or(0, |change| change.from_revision),
        to_revision: change.map_or(0, |change| change.to_revision),
        hash: change.and_then(|change| change.new_hash).map(|hash| hash.to_be_bytes().to_vec()),
        at: now.0,
    }
}

/// All changes of one record in this commit, as one.
struct Folded {
    seq: i64,
    old: Option<u128>,
    new: Option<u128>,
    scopes: BTreeSet<Scope>,
}

type Key = (RecordKind, [u8; 16]);

fn fold(notes: &[Note], first: i64) -> Vec<(Key, Folded)> {
    let mut folded: BTreeMap<Key, Folded> = BTreeMap::new();
    for (index, note) in notes.iter().enumerate() {
        let Some(Change { kind, id, old_hash, new_hash, scopes, .. }) = &note.change else { continue };
        let seq = first + index as i64;
        let scopes = scopes.iter().copied().collect();
        folded
            .entry((*kind, *id))
            .and_modify(|entry| {
                let old = entry.old;
                *entry = Folded { seq, old, new: *new_hash, scopes: BTreeSet::clone(&scopes) };
            })
            .or_insert(Folded { seq, old: *old_hash, new: *new_hash, scopes });
    }
    let mut list: Vec<_> = folded.into_iter().collect();
    list.sort_by_key(|(_, entry)| entry.seq);
    list
}

/// A row of the feed: its scope, its place, what it says.
type FeedRow = (i32, i64, i16);

/// Ids in one question: both databases take far more.
const ASKED: usize = 500;

/// What the feed says now of the records that this commit changes.
fn feed_before(conn: &mut AnyConn, folded: &[(Key, Folded)]) -> Result<BTreeMap<Key, Vec<FeedRow>>> {
    let mut by_kind: BTreeMap<RecordKind, Vec<&[u8]>> = BTreeMap::new();
    for ((kind, id), _) in folded {
        by_kind.entry(*kind).or_default().push(id);
    }
    let mut before: BTreeMap<Key, Vec<FeedRow>> = BTreeMap::new();
    for (kind, ids) in by_kind {
        for ids in ids.chunks(ASKED) {
            let rows: Vec<(Vec<u8>, i32, i64, i16)> = feed::table
                .filter(feed::kind.eq(kind.number()))
                .filter(feed::id.eq_any(ids))
                .select((feed::id, feed::scope, feed::seq, feed::op))
                .load(conn)?;
            for (id, scope, seq, op) in rows {
                before.entry((kind, fixed(&id)?)).or_default().push((scope, seq, op));
            }
        }
    }
    Ok(before)
}

fn write_feed(conn: &mut AnyConn, key: Key, folded: &Folded, before: &[FeedRow], digests: &mut Digests) -> Result<()> {
    let (kind, id) = (key.0.number(), key.1);
    let mut targets = BTreeSet::new();
    for scope in &folded.scopes {
        targets.insert(digests.number(conn, *scope)?);
    }
    let mut changes: BTreeMap<i32, i16> = BTreeMap::new();
    for target in &targets {
        let held = before.iter().any(|(scope, _, op)| scope == target && *op == PUT);
        if !held || folded.old != folded.new {
            changes.insert(*target, PUT);
        }
        digests.replace(*target, if held { folded.old } else { None }, folded.new, !held || folded.old != folded.new);
    }
    for (scope, _, _) in before.iter().filter(|(scope, _, op)| *op == PUT && !targets.contains(scope)) {
        if planted!("leaving-untold") {
            continue;
        }
        changes.insert(*scope, if folded.new.is_none() { DELETED } else { OUT_OF_SCOPE });
        digests.replace(*scope, folded.old, None, true);
    }
    for (scope, op) in changes {
        let known = before.iter().find(|(place, _, _)| *place == scope).map(|(_, seq, _)| *seq);
        put_feed(conn, (scope, folded.seq, op), (kind, &id), known)?;
    }
    Ok(())
}

/// Puts one row into the feed, in place of the one that said something of the record before.
fn put_feed(conn: &mut AnyConn, row: FeedRow, (kind, id): (i16, &[u8; 16]), known: Option<i64>) -> Result<()> {
    let (scope, seq, op) = row;
    match known {
        Some(before) => on!(conn, |conn| diesel::update(feed::table.find((scope, before)))
            .set((feed::seq.eq(seq), feed::op.eq(op)))
            .execute(conn))?,
        None => on!(conn, |conn| diesel::insert_into(feed::table)
            .values((
                feed::scope.eq(scope),
                feed::seq.eq(seq),
                feed::kind.eq(kind),
                feed::id.eq(&id[..]),
                feed::op.eq(op),
            ))
            .execute(conn))?,
    };
    Ok(())
}

/// Differences of digests, folded over the commit; written in scope order.
struct Digests {
    numbers: ScopeNumbers,
    changes: BTreeMap<i32, Digest>,
}

impl Digests {
    /// The short number of a scope, given at its first record.
    fn number(&mut self, conn: &mut AnyConn, wanted: Scope) -> Result<i32> {
        if let Some(number) = self.numbers.get(&wanted) {
            return Ok(*number);
        }
        let number = match (ReadTx::new(conn)).scope_number(wanted)? {
            Some(number) => number,
            None => new_scope(conn, wanted)?,
        };
        self.numbers.insert(wanted, number);
        Ok(number)
    }

    fn replace(&mut self, scope: i32, old: Option<u128>, new: Option<u128>, changed: bool) {
        if !changed {
            return;
        }
        let digest = self.changes.entry(scope).or_default();
        if !planted!("digest-keeps-the-old") {
            old.into_iter().for_each(|hash| digest.remove(hash));
        }
        new.into_iter().for_each(|hash| digest.add(hash));
    }

    fn store(&self, conn: &mut AnyConn) -> Result<()> {
        for (number, change) in &self.changes {
            let (count, sum): (i64, Vec<u8>) =
                on!(conn, |conn| scope::table.find(*number).select((scope::count, scope::sum)).first(conn))?;
            let mut digest = Digest { count, sum: u128::from_be_bytes(fixed(&sum)?) };
            digest.merge(*change);
            let sum = digest.sum.to_be_bytes();
            on!(conn, |conn| diesel::update(scope::table.find(*number))
                .set((scope::count.eq(digest.count), scope::sum.eq(&sum[..])))
                .execute(conn))?;
        }
        Ok(())
    }
}

/// Only ever called behind the head row's lock, so no two nodes give out the same number.
pub(super) fn new_scope(conn: &mut AnyConn, wanted: Scope) -> Result<i32> {
    let highest: Option<i32> = scope::table.select(diesel::dsl::max(scope::no)).first(conn)?;
    let number = highest.unwrap_or(0) + 1;
    let row = (
        scope::no.eq(number),
        scope::kind.eq(wanted.kind.number()),
        scope::id.eq(wanted.id.to_vec()),
        scope::count.eq(0i64),
        scope::sum.eq(vec![0u8; 16]),
        scope::generation.eq(1i64),
        scope::floor.eq(0i64),
    );
    on!(conn, |conn| diesel::insert_into(scope::table).values(row).execute(conn))?;
    Ok(number)
}
