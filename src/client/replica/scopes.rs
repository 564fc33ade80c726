//! The scopes that the server has named to this phone, each with a short local id, generation and
//! digest.

use super::schema::scope;
use super::{LocalReplica, Result, decode_id};
use crate::client::protocol::{DigestComparison, LocalScopeDigest, ScopeKey, ScopesByNumber};
use crate::domain::support::scope_digest::ScopeDigest;
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeRow {
    /// Its local id; it never changes.
    pub(crate) local_id: i32,
    /// Whether it is granted to this phone.
    pub(crate) granted: bool,
    /// The generation of its present rows, counted by the phone.
    pub(crate) generation: i64,
    /// The server's number of that generation; a server restored from a backup may use a number
    /// twice.
    pub(crate) server_generation: i64,
    /// The number by which frames of this epoch name it; 0 before its first checkpoint.
    pub(crate) server_number: i64,
    /// Count and sum of its records.
    pub(crate) digest: ScopeDigest,
    /// Rebuilds requested since the digests last matched.
    pub(crate) rebuild_count: i16,
    /// Why it was removed, as a number of the contract.
    pub(crate) removal_reason: i16,
}

type ScopeColumns = (i32, i16, Vec<u8>, bool, i64, i64, i64, i64, Vec<u8>, bool, i16, i16);

/// All scopes by key, loaded once for a swap and saved if changed.
#[derive(Debug, Default)]
pub(super) struct ScopeCache {
    rows: BTreeMap<ScopeKey, ScopeRow>,
    is_dirty: bool,
}

impl LocalReplica {
    /// All scopes, removed ones included.
    pub(crate) fn scopes(&mut self) -> Result<Vec<(ScopeKey, ScopeRow)>> {
        Ok(ScopeCache::load(&mut self.conn)?.rows.into_iter().collect())
    }

    /// Requests a rebuild of every granted scope in the next call, also of scopes that still differ
    /// after a rebuild.
    pub(crate) fn request_rebuild_all(&mut self) -> Result<()> {
        self.transaction(|conn| {
            let granted = scope::table.filter(scope::granted);
            diesel::update(granted)
                .set((scope::rebuild_requested.eq(true), scope::rebuild_count.eq(0)))
                .execute(conn)?;
            Ok(())
        })
    }
}

impl ScopeCache {
    pub(super) fn load(conn: &mut SqliteConnection) -> Result<Self> {
        let rows = scope::table.load::<ScopeColumns>(conn)?;
        let read = |(
            local_id,
            kind,
            bytes,
            granted,
            generation,
            named,
            number,
            count,
            sum,
            _,
            rebuilds,
            removal,
        ): ScopeColumns| {
            let key = ScopeKey { kind, id: decode_id(&bytes)? };
            let sum = u128::from_be_bytes(decode_id(&sum)?);
            let digest = ScopeDigest { count, sum };
            Ok((
                key,
                ScopeRow {
                    local_id,
                    granted,
                    generation,
                    server_generation: named,
                    server_number: number,
                    digest,
                    rebuild_count: rebuilds,
                    removal_reason: removal,
                },
            ))
        };
        Ok(Self { rows: rows.into_iter().map(read).collect::<Result<_>>()?, is_dirty: false })
    }

    /// The scope with this key; inserts it if it is new.
    pub(super) fn get_or_insert(
        &mut self,
        conn: &mut SqliteConnection,
        key: ScopeKey,
    ) -> Result<&mut ScopeRow> {
        self.is_dirty = true;
        match self.rows.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => Ok(new.insert(insert_scope(conn, key)?)),
        }
    }

    /// The scope with this local id.
    pub(super) fn get_by_local_id(&mut self, local_id: i32) -> Option<&mut ScopeRow> {
        self.is_dirty = true;
        self.rows.values_mut().find(|row| row.local_id == local_id)
    }

    /// Stores the number of each scope in this epoch.
    pub(super) fn set_numbers(&mut self, numbers: &ScopesByNumber) {
        for (number, key) in numbers {
            let Some(row) = self.rows.get_mut(key) else { continue };
            self.is_dirty |= row.server_number != i64::from(*number);
            row.server_number = i64::from(*number);
        }
    }

    pub(super) fn local_digests(&self) -> Vec<LocalScopeDigest> {
        let granted = self.rows.iter().filter(|(_, row)| row.granted);
        granted
            .map(|(key, row)| LocalScopeDigest {
                scope: *key,
                digest: row.digest,
                rebuild_count: row.rebuild_count,
            })
            .collect()
    }

    pub(super) fn save(&self, conn: &mut SqliteConnection) -> Result<()> {
        for row in self.rows.values().filter(|_| self.is_dirty) {
            let change = (
                scope::granted.eq(row.granted),
                scope::generation.eq(row.generation),
                scope::server_generation.eq(row.server_generation),
                scope::server_number.eq(row.server_number),
                scope::record_count.eq(row.digest.count),
                scope::digest_sum.eq(row.digest.sum.to_be_bytes().to_vec()),
                scope::removal_reason.eq(row.removal_reason),
            );
            diesel::update(scope::table.find(row.local_id)).set(change).execute(conn)?;
        }
        Ok(())
    }
}

fn insert_scope(conn: &mut SqliteConnection, key: ScopeKey) -> Result<ScopeRow> {
    let last: Option<i32> = scope::table.select(diesel::dsl::max(scope::local_id)).first(conn)?;
    let local_id = last.unwrap_or(0) + 1;
    let values = (
        (
            scope::local_id.eq(local_id),
            scope::kind.eq(key.kind),
            scope::id.eq(key.id.to_vec()),
            scope::granted.eq(false),
        ),
        (
            scope::generation.eq(0),
            scope::server_generation.eq(0),
            scope::server_number.eq(0),
            scope::record_count.eq(0),
            scope::digest_sum.eq(vec![0; 16]),
        ),
        (
            scope::rebuild_requested.eq(false),
            scope::rebuild_count.eq(0),
            scope::removal_reason.eq(0),
        ),
    );
    diesel::insert_into(scope::table).values(values).execute(conn)?;
    Ok(ScopeRow {
        local_id,
        granted: false,
        generation: 0,
        server_generation: 0,
        server_number: 0,
        digest: ScopeDigest::default(),
        rebuild_count: 0,
        removal_reason: 0,
    })
}

/// The scopes to rebuild in the next call.
pub(super) fn scopes_to_rebuild(conn: &mut SqliteConnection) -> Result<Vec<ScopeKey>> {
    let wanted =
        scope::table.filter(scope::rebuild_requested).filter(scope::granted).order(scope::local_id);
    let rows = wanted.select((scope::kind, scope::id)).load::<(i16, Vec<u8>)>(conn)?;
    rows.into_iter().map(|(kind, bytes)| Ok(ScopeKey { kind, id: decode_id(&bytes)? })).collect()
}

/// The granted scopes by number, as of the last checkpoint; `None` if a scope has no number, or its
/// digest differed and was not settled since.
pub(super) fn settled_scopes(conn: &mut SqliteConnection) -> Result<Option<ScopesByNumber>> {
    let rows = ScopeCache::load(conn)?.rows;
    let granted = || rows.iter().filter(|(_, row)| row.granted);
    let numbers: ScopesByNumber = granted()
        .filter(|(_, row)| row.server_number > 0 && row.rebuild_count == 0)
        .filter_map(|(key, row)| Some((u32::try_from(row.server_number).ok()?, *key)))
        .collect();
    Ok((numbers.len() == granted().count()).then_some(numbers))
}

/// Stores the decision about each digest (S22): one rebuild is requested until the digests match
/// again.
pub(super) fn save_digest_comparisons(
    conn: &mut SqliteConnection,
    agreements: &[DigestComparison],
) -> Result<()> {
    let unsettled = scope::rebuild_requested.or(scope::rebuild_count.gt(0));
    for agreement in agreements {
        match agreement {
            DigestComparison::Match(key) => {
                let row = scope::table.filter(has_key(*key)).filter(unsettled);
                diesel::update(row)
                    .set((scope::rebuild_requested.eq(false), scope::rebuild_count.eq(0)))
                    .execute(conn)?
            }
            DigestComparison::Rebuild(key) => {
                let change = (
                    scope::rebuild_requested.eq(true),
                    scope::rebuild_count.eq(scope::rebuild_count + 1),
                );
                diesel::update(scope::table.filter(has_key(*key))).set(change).execute(conn)?
            }
            DigestComparison::StillDiffers(key) => {
                diesel::update(scope::table.filter(has_key(*key)))
                    .set(scope::rebuild_requested.eq(false))
                    .execute(conn)?
            }
        };
    }
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn has_key(key: ScopeKey) -> _ {
    let (kind, id): (i16, Vec<u8>) = (key.kind, key.id.to_vec());
    scope::kind.eq(kind).and(scope::id.eq(id))
}
