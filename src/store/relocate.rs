//! Moves a whole database to another location, SQLite or PostgreSQL: every table, row by row, with
//! its ids, revisions, seqs and chain.
//!
//! ```text
//!  source, not served --rows as literals of the target's dialect--> target, ONE transaction
//!                       digest of rows read == digest of rows written, table by table
//!                       audit chain and scope digests of the target are intact
//!                  --> COMMIT, and only then: the source is superseded
//! ```
//!
//! The list of tables comes from the database, so a table that a later migration adds is moved too.
//! Does not depend on any table but feed_head.

use super::backend::{AnyConn, DatabaseLocation};
use super::backup::{SUPERSEDED_SETTING, check_database};
use super::error::{Error, Result};
use super::pg_server_check::check_server;
use super::read_tx::{FeedHead, ReadTx};
use super::schema::setting;
use super::schema_migration;
use crate::domain::support::scope_digest::ScopeDigest;
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use sha2::{Digest as _, Sha256};

/// Result of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelocationSummary {
    /// The head, equal in both databases.
    pub head: FeedHead,
    /// Number of tables, equal in both databases.
    pub table_count: usize,
    /// Number of rows of all tables.
    pub row_count: i64,
}

/// Maximum number of rows of one INSERT.
const MAX_INSERT_ROWS: usize = 500;
/// Approximate maximum size of one INSERT.
const MAX_INSERT_BYTES: usize = 256 * 1024;

/// Moves everything from `from`, which no server may have open, to `to`, which must be empty or
/// absent. A failure leaves the source unchanged and the target empty. Afterwards the source is
/// superseded: there is one writer.
pub fn relocate_database(
    from: &DatabaseLocation,
    to: &DatabaseLocation,
) -> Result<RelocationSummary> {
    relocate_with_hook(from, to, |_| Ok(()))
}

/// Like [`relocate_database`], with a hook that runs before the target is verified; tests damage
/// the target there.
pub(super) fn relocate_with_hook(
    from: &DatabaseLocation,
    to: &DatabaseLocation,
    before_check: impl FnOnce(&mut AnyConn) -> Result<()>,
) -> Result<RelocationSummary> {
    if matches!(from, DatabaseLocation::Sqlite(path) if !std::path::Path::new(path).exists()) {
        return Err(Error::Database("there is no database at the place to move from".to_owned()));
    }
    let mut source = from.connect(true)?;
    ensure_no_other_connection(&mut source)?;
    let (missing, _) = schema_migration::pending_migrations(&mut source)?;
    if !missing.is_empty() {
        return Err(Error::OlderSchema { pending_migrations: missing.join(", ") });
    }
    source.begin_read(None)?;
    if ReadTx::new(&mut source).setting(SUPERSEDED_SETTING)?.is_some() {
        return Err(Error::Superseded);
    }
    ensure_intact(&mut source, "source")?;
    check_server(to)?;
    let mut target = to.connect(true)?;
    schema_migration::run_migrations(&mut target)?;
    target.begin_write()?;
    let moved = copy_and_verify(&mut source, &mut target, before_check)?;
    target.execute_sql("COMMIT")?;
    source.execute_sql("COMMIT")?;
    mark_superseded(&mut source, moved.head.epoch)?;
    Ok(moved)
}

/// Refuses a database that another process has open.
fn ensure_no_other_connection(conn: &mut AnyConn) -> Result<()> {
    #[derive(QueryableByName)]
    struct OtherConnections {
        #[diesel(sql_type = BigInt)]
        others: i64,
    }
    let in_use_error = |why: String| {
        Error::Busy(format!("a process has the database open: end the server first ({why})"))
    };
    match conn {
        AnyConn::Sqlite(conn) => diesel::connection::SimpleConnection::batch_execute(
            conn,
            "PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;",
        )
        .map_err(|error| in_use_error(error.to_string())),
        AnyConn::Pg(conn) => {
            let query = "SELECT count(*) AS others FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
            let found: OtherConnections = diesel::sql_query(query).get_result(conn)?;
            if found.others == 0 {
                Ok(())
            } else {
                Err(in_use_error(format!("{} connections", found.others)))
            }
        }
    }
}

fn ensure_intact(conn: &mut AnyConn, which: &str) -> Result<FeedHead> {
    let found = check_database(&mut ReadTx::new(conn))?;
    match found.problems.first() {
        None => Ok(found.head),
        Some(fault) => {
            Err(Error::Damaged(format!("the {which} is not whole, nothing was switched: {fault}")))
        }
    }
}

fn copy_and_verify(
    source: &mut AnyConn,
    target: &mut AnyConn,
    before_check: impl FnOnce(&mut AnyConn) -> Result<()>,
) -> Result<RelocationSummary> {
    let target_head = ReadTx::new(target).head()?;
    if target_head.epoch != 0 || target_head.seq != 0 {
        return Err(Error::Database(
            "the place to move to holds data already; name an empty one".to_owned(),
        ));
    }
    let tables = list_tables(source)?;
    if tables != list_tables(target)? {
        return Err(Error::Damaged(
            "the two places do not have the same tables; nothing was switched".to_owned(),
        ));
    }
    let mut read = Vec::new();
    for table in &tables {
        read.push(copy_table(source, target, table)?);
    }
    before_check(target)?;
    for (table, read) in tables.iter().zip(&read) {
        let mut written = ScopeDigest::default();
        let dialect = SqlDialect::from_conn(target);
        for_each_row(target, table, dialect, |row| {
            written.add(hash_row(&row));
            Ok(())
        })?;
        if written != *read {
            let (name, of, found) = (&table.name, read.count, written.count);
            return Err(Error::Damaged(format!(
                "table {name}: {of} rows read, {found} written, or other content; nothing was switched"
            )));
        }
    }
    let head = ensure_intact(target, "copy")?;
    Ok(RelocationSummary {
        head,
        table_count: tables.len(),
        row_count: read.iter().map(|digest| digest.count).sum(),
    })
}

/// Supersedes the source with its own epoch, which means: moved, not replaced by a later history.
fn mark_superseded(source: &mut AnyConn, epoch: i64) -> Result<()> {
    source.begin_write()?;
    diesel::insert_into(setting::table)
        .values((setting::name.eq(SUPERSEDED_SETTING), setting::value.eq(&epoch.to_be_bytes()[..])))
        .execute(source)?;
    source.execute_sql("COMMIT")
}

/// The dialect of SQL literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SqlDialect {
    Sqlite,
    Postgres,
}

impl SqlDialect {
    fn from_conn(conn: &AnyConn) -> Self {
        match conn {
            AnyConn::Sqlite(_) => Self::Sqlite,
            AnyConn::Pg(_) => Self::Postgres,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Number,
    Text,
    Bytes,
}

#[derive(Debug, PartialEq, Eq)]
struct TableSchema {
    name: String,
    columns: Vec<(String, ColumnKind)>,
}

/// Every table with its columns by name, except the table of migrations.
fn list_tables(conn: &mut AnyConn) -> Result<Vec<TableSchema>> {
    #[derive(QueryableByName)]
    struct TableColumnRow {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        kind: String,
    }
    let mut rows: Vec<TableColumnRow> = match conn {
        AnyConn::Sqlite(conn) => diesel::sql_query(
            "SELECT m.name AS table_name, c.name AS name, upper(c.type) AS kind FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        )
        .load(conn)?,
        AnyConn::Pg(conn) => diesel::sql_query(
            "SELECT table_name::text AS table_name, column_name::text AS name, upper(data_type::text) AS kind \
             FROM information_schema.columns WHERE table_schema = current_schema()",
        )
        .load(conn)?,
    };
    rows.retain(|row| row.table_name != "__diesel_schema_migrations");
    rows.sort_by(|one, other| (&one.table_name, &one.name).cmp(&(&other.table_name, &other.name)));
    let mut tables: Vec<TableSchema> = Vec::new();
    for TableColumnRow { table_name, name, kind } in rows {
        let kind = match kind.as_str() {
            "SMALLINT" | "INTEGER" | "BIGINT" => ColumnKind::Number,
            "TEXT" => ColumnKind::Text,
            "BLOB" | "BYTEA" => ColumnKind::Bytes,
            other => {
                return Err(Error::Damaged(format!(
                    "column {table_name}.{name} has the unknown type {other}"
                )));
            }
        };
        match tables.last_mut() {
            Some(table) if table.name == table_name => table.columns.push((name, kind)),
            _ => tables.push(TableSchema { name: table_name, columns: vec![(name, kind)] }),
        }
    }
    Ok(tables)
}

/// SQL in `source_dialect` that formats a column as a literal of `target_dialect`.
fn literal_sql(
    name: &str,
    kind: ColumnKind,
    source_dialect: SqlDialect,
    target_dialect: SqlDialect,
) -> String {
    match kind {
        ColumnKind::Number => format!("coalesce(cast(\"{name}\" AS text), 'NULL')"),
        ColumnKind::Text => {
            format!("coalesce('''' || replace(\"{name}\", '''', '''''') || '''', 'NULL')")
        }
        ColumnKind::Bytes => {
            let hex = match source_dialect {
                SqlDialect::Sqlite => format!("hex(\"{name}\")"),
                SqlDialect::Postgres => format!("upper(encode(\"{name}\", 'hex'))"),
            };
            let prefix = match target_dialect {
                SqlDialect::Sqlite => "X''",
                SqlDialect::Postgres => "''\\x",
            };
            format!("CASE WHEN \"{name}\" IS NULL THEN 'NULL' ELSE '{prefix}' || {hex} || '''' END")
        }
    }
}

/// Calls `act` with every row as literals of the target's dialect, one at a time.
fn for_each_row(
    conn: &mut AnyConn,
    table: &TableSchema,
    target_dialect: SqlDialect,
    mut act: impl FnMut(String) -> Result<()>,
) -> Result<()> {
    #[derive(QueryableByName)]
    struct RowLiteral {
        #[diesel(sql_type = Text)]
        row_text: String,
    }
    let source_dialect = SqlDialect::from_conn(conn);
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|(name, kind)| literal_sql(name, *kind, source_dialect, target_dialect))
        .collect();
    let query = format!(
        "SELECT '(' || {} || ')' AS row_text FROM \"{}\"",
        columns.join(" || ',' || "),
        table.name
    );
    match conn {
        AnyConn::Sqlite(conn) => {
            for row in diesel::sql_query(query).load_iter::<RowLiteral, DefaultLoadingMode>(conn)? {
                act(row?.row_text)?;
            }
        }
        AnyConn::Pg(conn) => {
            for row in
                diesel::sql_query(query).load_iter::<RowLiteral, PgRowByRowLoadingMode>(conn)?
            {
                act(row?.row_text)?;
            }
        }
    }
    Ok(())
}

/// Copies one table; returns the digest of the rows read.
fn copy_table(
    source: &mut AnyConn,
    target: &mut AnyConn,
    table: &TableSchema,
) -> Result<ScopeDigest> {
    let target_dialect = SqlDialect::from_conn(target);
    let names: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let insert = format!("INSERT INTO \"{}\" ({}) VALUES ", table.name, names.join(","));
    // The migrations inserted the row of feed_head.
    target.execute_sql(&format!("DELETE FROM \"{}\"", table.name))?;
    let (mut read, mut rows, mut bytes) = (ScopeDigest::default(), Vec::new(), 0);
    let mut flush = |rows: &mut Vec<String>| {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = format!("{insert}{}", rows.join(","));
        rows.clear();
        target.execute_sql(&statement)
    };
    for_each_row(source, table, target_dialect, |row| {
        read.add(hash_row(&row));
        bytes += row.len();
        rows.push(row);
        if rows.len() == MAX_INSERT_ROWS || bytes > MAX_INSERT_BYTES {
            bytes = 0;
            return flush(&mut rows);
        }
        Ok(())
    })?;
    flush(&mut rows)?;
    Ok(read)
}

fn hash_row(row: &str) -> u128 {
    let whole = Sha256::digest(row.as_bytes());
    let mut start = [0; 16];
    start.copy_from_slice(&whole[..16]);
    u128::from_be_bytes(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::backup::begin_epoch;

    #[test]
    fn a_copy_that_breaks_on_the_way_is_found_and_nothing_is_switched() {
        let home = tempfile::tempdir().unwrap();
        let [from, to] = ["from.db", "to.db"]
            .map(|name| DatabaseLocation::Sqlite(home.path().join(name).display().to_string()));
        drop(Store::open(&from).unwrap());
        begin_epoch(&from, None, &[7; 16]).unwrap();
        let broken = relocate_with_hook(&from, &to, |conn| {
            conn.execute_sql("UPDATE feed_head SET auth_generation = 9")
        });
        assert!(
            matches!(&broken, Err(Error::Damaged(why)) if why.contains("table feed_head")),
            "{broken:?}"
        );
        assert!(!Store::open(&from).unwrap().is_superseded(), "the source goes on");
        assert_eq!(
            Store::open(&to).unwrap().read(|tx| tx.head()).unwrap().epoch,
            0,
            "the target is empty"
        );
        let moved = relocate_database(&from, &to).unwrap();
        assert_eq!(Store::open(&to).unwrap().read(|tx| tx.head()).unwrap(), moved.head);
        assert!(Store::open(&from).unwrap().is_superseded(), "one writer");
        assert!(matches!(relocate_database(&from, &to), Err(Error::Superseded)));
    }
}
