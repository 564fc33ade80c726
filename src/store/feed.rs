//! The feed: for each scope the latest change of each record, in commit order. A pull is a range
//! scan joined to the records.
//!
//! Does not depend on devices: the caller passes the readable scopes as `VisibleScopes`.

use super::backend::{AnyConn, with_conn};
use super::commit::{OP_OUT_OF_SCOPE, OP_PUT, insert_scope};
use super::error::Result;
use super::kept_statement::kept_statement;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{feed, feed_head, record, scope};
use super::write_tx::WriteTx;
use crate::domain::access::scope::{RecordKind, Scope, ScopeKind};
use crate::domain::access::visible_scopes::VisibleScopes;
use crate::domain::support::limits::FEED_PAGE_BYTES_MAX;
use crate::domain::support::scope_digest::ScopeDigest;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt};
use std::collections::{BTreeMap, BTreeSet};

/// A scope and its state in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedScope {
    /// The scope.
    pub scope: Scope,
    /// Its short number.
    pub number: i32,
    /// Increased whenever every phone must rebuild the scope.
    pub generation: i64,
    /// Cursors below this seq missed tombstones that were deleted.
    pub tombstone_floor: i64,
    /// Count and hash sum of its records.
    pub digest: ScopeDigest,
}

/// One change in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Number of the scope.
    pub scope: i32,
    /// Its seq.
    pub seq: i64,
    /// What kind of record.
    pub kind: RecordKind,
    /// The record.
    pub id: [u8; 16],
    /// What happened.
    pub op: FeedOp,
}

/// Changes of a range of the feed, from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSlice {
    /// The changes, in seq order.
    pub rows: Vec<FeedRow>,
    /// Whether they are all changes of the range.
    pub is_complete: bool,
}

/// What happened to a record in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOp {
    /// The record has this version.
    Put {
        /// Revision, from 1.
        revision: i64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The record is deleted.
    Deleted,
    /// The record is no longer in this scope.
    OutOfScope,
}

impl FeedOp {
    /// The op of a row with this value of feed.op, whose record has this revision and these bytes.
    pub(super) fn from_stored(op: i16, record: Option<(i64, Vec<u8>)>) -> Self {
        match (op, record) {
            (OP_PUT, Some((revision, bytes))) => Self::Put { revision, bytes },
            (OP_OUT_OF_SCOPE, _) => Self::OutOfScope,
            _ => Self::Deleted,
        }
    }
}

impl ReadTx<'_> {
    /// The visible scopes with their state; a scope that never held a record is left out.
    pub fn visible_scopes(&mut self, visible: &VisibleScopes) -> Result<Vec<FeedScope>> {
        if let AnyConn::Pg(conn) = self.settled_conn() {
            // Each query is a round trip: all scopes with one of these ids in one query.
            let ids: Vec<Vec<u8>> = visible.scopes().map(|scope| scope.id.to_vec()).collect();
            let rows: Vec<FeedScopeRow> = scope::table
                .filter(scope::id.eq_any(ids))
                .select(FeedScopeRow::as_select())
                .load(conn)?;
            let mut found = BTreeMap::new();
            for row in rows {
                if let Some(scope) = row.into_feed_scope()? {
                    found.insert(scope.scope, scope);
                }
            }
            return Ok(visible.scopes().filter_map(|scope| found.get(&scope).copied()).collect());
        }
        let mut found = Vec::new();
        for requested in visible.scopes() {
            found.extend(self.scope(requested)?);
        }
        Ok(found)
    }

    /// One scope; `None` while it never held a record.
    pub fn scope(&mut self, requested: Scope) -> Result<Option<FeedScope>> {
        let row: Option<FeedScopeRow> = with_conn!(self.settled_conn(), |conn| scope::table
            .filter(scope::kind.eq(requested.kind.number()))
            .filter(scope::id.eq(&requested.id[..]))
            .select(FeedScopeRow::as_select())
            .first(conn)
            .optional())?;
        row.map_or(Ok(None), FeedScopeRow::into_feed_scope)
    }

    /// Digests of these scopes, by number.
    pub fn scope_digests(&mut self, numbers: &BTreeSet<i32>) -> Result<BTreeMap<i32, ScopeDigest>> {
        let rows: Vec<(i32, i64, Vec<u8>)> = scope::table
            .filter(scope::number.eq_any(numbers.iter().copied().collect::<Vec<_>>()))
            .select((scope::number, scope::record_count, scope::hash_sum))
            .load(self.settled_conn())?;
        let digest = |(no, count, sum): (i32, i64, Vec<u8>)| {
            Ok((no, ScopeDigest { count, sum: u128::from_be_bytes(to_byte_array(&sum)?) }))
        };
        rows.into_iter().map(digest).collect()
    }

    /// The scope with this short number.
    pub fn scope_by_number(&mut self, number: i32) -> Result<Option<Scope>> {
        let row: Option<(i16, Vec<u8>)> = scope::table
            .find(number)
            .select((scope::kind, scope::id))
            .first(self.conn()?)
            .optional()?;
        let Some((kind, id)) = row else { return Ok(None) };
        ScopeKind::from_number(kind)
            .map(|kind| Ok(Scope { kind, id: to_byte_array(&id)? }))
            .transpose()
    }

    /// Every scope with its digest, for operators and tests.
    pub fn all_scopes(&mut self) -> Result<Vec<FeedScope>> {
        let rows: Vec<FeedScopeRow> = scope::table
            .order(scope::number)
            .select(FeedScopeRow::as_select())
            .load(self.settled_conn())?;
        rows.into_iter().filter_map(|row| row.into_feed_scope().transpose()).collect()
    }

    /// Ids of the records of a kind that are in some scope.
    pub fn record_ids_in_feed(&mut self, kind: RecordKind) -> Result<BTreeSet<[u8; 16]>> {
        let ids: Vec<Vec<u8>> = feed::table
            .filter(feed::op.eq(OP_PUT))
            .filter(feed::kind.eq(kind.number()))
            .select(feed::id)
            .distinct()
            .load(self.conn()?)?;
        ids.iter().map(|id| to_byte_array(id)).collect()
    }

    /// Whether a scope holds a record, as committed.
    pub(super) fn is_in_scope(
        &mut self,
        requested: Scope,
        kind: RecordKind,
        id: &[u8; 16],
    ) -> Result<bool> {
        let Some(number) = self.scope_number(requested)? else { return Ok(false) };
        let found: i64 = feed::table
            .filter(feed::scope_number.eq(number))
            .filter(feed::op.eq(OP_PUT))
            .filter(feed::kind.eq(kind.number()))
            .filter(feed::id.eq(&id[..]))
            .count()
            .get_result(self.conn()?)?;
        Ok(found > 0)
    }

    /// Kinds and ids of the records that a scope holds, as committed.
    pub(super) fn records_in_scope(
        &mut self,
        requested: Scope,
    ) -> Result<BTreeSet<(i16, [u8; 16])>> {
        let Some(number) = self.scope_number(requested)? else { return Ok(BTreeSet::new()) };
        let keys: Vec<(i16, Vec<u8>)> = feed::table
            .filter(feed::scope_number.eq(number))
            .filter(feed::op.eq(OP_PUT))
            .select((feed::kind, feed::id))
            .load(self.conn()?)?;
        keys.into_iter().map(|(kind, id)| Ok((kind, to_byte_array(&id)?))).collect()
    }

    /// The short number of a scope; `None` while it never held a record.
    pub fn scope_number(&mut self, requested: Scope) -> Result<Option<i32>> {
        Ok(scope::table
            .filter(scope::kind.eq(requested.kind.number()))
            .filter(scope::id.eq(&requested.id[..]))
            .select(scope::number)
            .first(self.settled_conn())
            .optional()?)
    }

    /// Changes in `scopes` with `after < seq <= upto`, in seq order, about `limit` at most, and no
    /// more than a message can carry; one seq is never split between two pages.
    pub fn feed_page(
        &mut self,
        scopes: &[i32],
        after: i64,
        upto: i64,
        limit: usize,
    ) -> Result<FeedSlice> {
        let max_rows = limit + scopes.len();
        // SQLite plans a query with a list anew each time, and sorts; a single scope is one range
        // scan in order. For PostgreSQL each query is a round trip.
        let scope_chunks: Vec<&[i32]> = match self.conn()? {
            AnyConn::Sqlite(_) => scopes.chunks(1).collect(),
            AnyConn::Pg(_) => vec![scopes],
        };
        let mut rows: Vec<JoinedFeedRow> = Vec::new();
        let mut complete_until = upto;
        for scopes in scope_chunks {
            let chunk_rows = self.load_feed_rows(scopes, after, upto, max_rows)?;
            if let (true, Some(last)) = (chunk_rows.len() >= max_rows, chunk_rows.last()) {
                complete_until = complete_until.min(last.1);
            }
            rows.extend(chunk_rows);
        }
        rows.sort_by_key(|row| (row.1, row.0));
        rows.retain(|row| row.1 <= complete_until);
        let mut is_complete = complete_until == upto && rows.len() < max_rows;
        // The page may end within a seq that several scopes share: that seq goes to the next page.
        rows.truncate(max_rows);
        if rows.len() >= max_rows
            && let Some(last) = rows.last().map(|row| row.1)
            && rows.first().is_some_and(|row| row.1 != last)
        {
            rows.retain(|row| row.1 != last);
        }
        let fitting = count_fitting_rows(&rows);
        is_complete &= fitting == rows.len();
        rows.truncate(fitting);
        let rows = rows.into_iter().filter_map(|row| to_feed_row(row).transpose());
        Ok(FeedSlice { rows: rows.collect::<Result<_>>()?, is_complete })
    }

    fn load_feed_rows(
        &mut self,
        scopes: &[i32],
        after: i64,
        upto: i64,
        max_rows: usize,
    ) -> Result<Vec<JoinedFeedRow>> {
        let (limit, conn) = (max_rows as i64, self.conn()?);
        let conn = match conn {
            AnyConn::Pg(conn) => {
                let page = PgFeedPage { scopes: scopes.to_vec(), after, upto, limit };
                return Ok(page.load(conn)?);
            }
            AnyConn::Sqlite(conn) => conn,
        };
        let rows = feed::table
            .left_join(record::table.on(record::kind.eq(feed::kind).and(record::id.eq(feed::id))))
            .filter(feed::seq.gt(after))
            .filter(feed::seq.le(upto))
            .order((feed::seq, feed::scope_number))
            .select((
                feed::scope_number,
                feed::seq,
                feed::kind,
                feed::id,
                feed::op,
                record::revision.nullable(),
                record::bytes.nullable(),
            ))
            .limit(limit);
        Ok(match scopes {
            [scope] => rows.filter(feed::scope_number.eq(*scope)).load(conn)?,
            scopes => rows.filter(feed::scope_number.eq_any(scopes)).load(conn)?,
        })
    }
}

kept_statement! {
    /// A page of the feed with its records. As a plain join PostgreSQL expects the rows of a whole
    /// history, and reads all of `record` for a page; with LIMIT inside it follows the index.
    [Pg], PgFeedPage -> (Integer, BigInt, SmallInt, Binary, SmallInt, Nullable<BigInt>, Nullable<Binary>) {
        "SELECT page.scope_number, page.seq, page.kind, page.id, page.op, content.revision, \
         content.bytes FROM (SELECT * FROM feed WHERE scope_number = ANY("
            scopes: Array<Integer> = Vec<i32>,
        ") AND seq > " after: BigInt = i64,
        " AND seq <= " upto: BigInt = i64,
        " ORDER BY seq, scope_number LIMIT " limit: BigInt = i64,
        ") AS page LEFT JOIN LATERAL (SELECT revision, bytes FROM record \
         WHERE kind = page.kind AND id = page.id LIMIT 1) AS content ON true \
         ORDER BY page.seq, page.scope_number",
    }
}

impl WriteTx<'_> {
    /// Assigns a short number to every visible scope that has none.
    pub(crate) fn ensure_scope_numbers(&mut self, visible: &VisibleScopes) -> Result<()> {
        // The row lock keeps two nodes from assigning the same number.
        diesel::update(feed_head::table.find(1))
            .set(feed_head::seq.eq(feed_head::seq))
            .execute(self.conn()?)?;
        for requested in visible.scopes() {
            if self.scope_number(requested)?.is_none() {
                insert_scope(self.conn()?, requested)?;
            }
        }
        Ok(())
    }
}

/// Columns of a scope's row, as selected.
#[derive(Queryable, Selectable)]
#[diesel(table_name = scope)]
struct FeedScopeRow {
    kind: i16,
    id: Vec<u8>,
    number: i32,
    generation: i64,
    tombstone_floor: i64,
    record_count: i64,
    hash_sum: Vec<u8>,
}

impl FeedScopeRow {
    /// `None`: a kind that this program does not know.
    fn into_feed_scope(self) -> Result<Option<FeedScope>> {
        let Some(kind) = ScopeKind::from_number(self.kind) else { return Ok(None) };
        let sum = u128::from_be_bytes(to_byte_array(&self.hash_sum)?);
        Ok(Some(FeedScope {
            scope: Scope { kind, id: to_byte_array(&self.id)? },
            number: self.number,
            generation: self.generation,
            tombstone_floor: self.tombstone_floor,
            digest: ScopeDigest { count: self.record_count, sum },
        }))
    }
}

/// Scope, seq, kind, id and op of a feed row, revision and bytes of its record.
type JoinedFeedRow = (i32, i64, i16, Vec<u8>, i16, Option<i64>, Option<Vec<u8>>);

/// How many rows from the start belong to whole changes that fit a page together; the first change
/// always fits.
fn count_fitting_rows(rows: &[JoinedFeedRow]) -> usize {
    let (mut bytes, mut counted) = (0, 0);
    for change in rows.chunk_by(|row, next| row.1 == next.1) {
        // The rows of one change are one record in several scopes, which travels once.
        bytes += change.iter().filter_map(|row| row.6.as_ref()).map(Vec::len).max().unwrap_or(0);
        if counted > 0 && bytes > FEED_PAGE_BYTES_MAX {
            break;
        }
        counted += change.len();
    }
    counted
}

fn to_feed_row(
    (scope, seq, kind, id, op, revision, bytes): JoinedFeedRow,
) -> Result<Option<FeedRow>> {
    let Some(kind) = RecordKind::from_number(kind) else { return Ok(None) };
    let op = FeedOp::from_stored(op, revision.zip(bytes));
    Ok(Some(FeedRow { scope, seq, kind, id: to_byte_array(&id)?, op }))
}
