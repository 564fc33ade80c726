//! The minimal write: every row that the product wrote, copied commit by commit into a new database
//! of the same schema, durable.
//!
//! ```text
//!  product.db (read)   commit 57: seqs 101..140   --insert or replace ... select-->   bare.db
//! ```
//!
//! The time includes reading, which is from memory.

use crate::Result;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use std::path::Path;
use std::time::Instant;
use thidua::bench_api::{DatabaseLocation, Store};

#[derive(QueryableByName)]
struct CommitRange {
    #[diesel(sql_type = BigInt)]
    first_seq: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
}

/// What to copy for a commit: the table and which of its rows belong to seqs `?1..=?2`.
const COPIED_TABLES: &[(&str, &str)] = &[
    (
        "record",
        "(kind, id) in (select record_kind, record_id from src.audit where seq between $1 and $2 and record_kind is not null)",
    ),
    ("command", "commit_seq = $2 and $1 > 0"),
    ("feed", "seq between $1 and $2"),
    ("audit", "seq between $1 and $2"),
    ("commit_log", "last_seq = $2 and $1 > 0"),
];

/// Seconds of the minimal write of all commits that contain a device's command.
pub(crate) fn replay_commits(product: &Path) -> Result<f64> {
    let path = product.with_extension("bare");
    for suffix in ["", "-wal", "-shm"] {
        // A missing file needs no removal.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    drop(Store::open(&DatabaseLocation::Sqlite(path.display().to_string()))?);
    let mut conn = SqliteConnection::establish(&path.display().to_string())?;
    conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -64000;")?;
    conn.batch_execute(&format!("ATTACH '{}' AS src", product.display()))?;
    conn.batch_execute("CREATE INDEX IF NOT EXISTS src.bench_feed ON feed (seq); CREATE INDEX IF NOT EXISTS src.bench_command ON command (commit_seq);")?;
    let commits: Vec<CommitRange> = diesel::sql_query(
        "select first_seq, last_seq from src.commit_log where last_seq in (select commit_seq from src.command) order by last_seq",
    )
    .load(&mut conn)?;
    let began = Instant::now();
    for commit in &commits {
        conn.batch_execute("BEGIN IMMEDIATE")?;
        for (table, rows) in COPIED_TABLES {
            diesel::sql_query(format!(
                "insert or replace into main.{table} select * from src.{table} where {rows}"
            ))
            .bind::<BigInt, _>(commit.first_seq)
            .bind::<BigInt, _>(commit.last_seq)
            .execute(&mut conn)?;
        }
        conn.batch_execute("COMMIT")?;
    }
    Ok(began.elapsed().as_secs_f64())
}
