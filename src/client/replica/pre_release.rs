//! Detects a phone file of the pre-release line, which this program cannot read or upgrade, and
//! counts the unsent commands in it. Only reads.

use super::{ReplicaError, Result, to_u64};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// The first migration of the pre-release line: every file of that line has it, no later file does.
const FIRST_PRE_RELEASE_VERSION: &str = "0001";
/// States of a command in the old table `command` up to which it has no verdict: 1 waiting, 2 sent.
const LAST_UNSENT_STATE: i64 = 2;

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Fails with [`ReplicaError::PreReleaseSchema`] if the file is of the pre-release line.
pub(super) fn check_not_pre_release(conn: &mut SqliteConnection) -> Result<()> {
    let has_versions = "select count(*) as count from sqlite_master \
                        where type = 'table' and name = '__diesel_schema_migrations'";
    if count(conn, has_versions)? == 0 {
        return Ok(());
    }
    let first = format!(
        "select count(*) as count from __diesel_schema_migrations \
         where version = '{FIRST_PRE_RELEASE_VERSION}'"
    );
    if count(conn, &first)? == 0 {
        return Ok(());
    }
    let unsent =
        format!("select count(*) as count from command where state <= {LAST_UNSENT_STATE}");
    Err(ReplicaError::PreReleaseSchema { unsent_commands: to_u64(count(conn, &unsent)?)? })
}

fn count(conn: &mut SqliteConnection, query: &str) -> Result<i64> {
    let row: CountRow = diesel::sql_query(query).get_result(conn)?;
    Ok(row.count)
}
