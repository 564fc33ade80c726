//! Moves a whole database to another place, SQLite or PostgreSQL: every table, row by row, with its ids, revisions, seqs and chain.
//!
//! ```text
//!  source, nobody serving it --rows as literals of the target--> target, ONE transaction
//!                            digest of what was read   ==   digest of what is there now, table by table
//!                            audit chain and scope digests of the target hold
//!                                                      --> COMMIT, and only then: the source writes no more
//! ```
//!
//! The tables come from the database itself, so a table that a later migration adds is moved too. Knows no table's meaning but the head's.

use super::backend::{AnyConn, Location};
use super::backup::{SUPERSEDED, check};
use super::error::{Error, Result};
use super::migrate;
use super::read::{Head, ReadTx};
use super::schema::setting;
use crate::domain::digest::Digest;
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use sha2::{Digest as _, Sha256};

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The head, the same at both places.
    pub head: Head,
    /// Tables, each with as many rows and the same content at both places.
    pub tables: usize,
    /// Rows of all tables.
    pub rows: i64,
}

/// Rows of one INSERT at most.
const ROWS_MAX: usize = 500;
/// Bytes of one INSERT, about.
const BYTES_MAX: usize = 256 * 1024;

/// Moves everything from `from`, which nobody may serve meanwhile, to `to`, which must be empty or not there. Whatever fails leaves the
/// source as it was and the target empty. Afterwards the source takes no writes any more: there is one writer.
pub fn relocate(from: &Location, to: &Location) -> Result<Moved> {
    relocate_with(from, to, |_| Ok(()))
}

/// The same with something that happens to the target before it is verified: a test breaks it there.
pub(super) fn relocate_with(
    from: &Location,
    to: &Location,
    before_check: impl FnOnce(&mut AnyConn) -> Result<()>,
) -> Result<Moved> {
    if matches!(from, Location::Sqlite(path) if !std::path::Path::new(path).exists()) {
        return Err(Error::Database("there is no database at the place to move from".to_owned()));
    }
    let mut source = from.connect(true)?;
    alone(&mut source)?;
    let (missing, _) = migrate::pending(&mut source)?;
    if !missing.is_empty() {
        return Err(Error::OlderSchema { pending: missing.join(", ") });
    }
    source.begin_read(None)?;
    if ReadTx::new(&mut source).setting(SUPERSEDED)?.is_some() {
        return Err(Error::Superseded);
    }
    whole(&mut source, "source")?;
    let mut target = to.connect(true)?;
    migrate::up(&mut target)?;
    target.begin_write()?;
    let moved = carry(&mut source, &mut target, before_check)?;
    target.execute_text("COMMIT")?;
    source.execute_text("COMMIT")?;
    retire(&mut source, moved.head.epoch)?;
    Ok(moved)
}

/// Refuses a database that another process has open.
fn alone(conn: &mut AnyConn) -> Result<()> {
    #[derive(QueryableByName)]
    struct Others {
        #[diesel(sql_type = BigInt)]
        others: i64,
    }
    let served = |why: String| Error::Busy(format!("a process has the database open: end the server first ({why})"));
    match conn {
        AnyConn::Sqlite(conn) => diesel::connection::SimpleConnection::batch_execute(
            conn,
            "PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;",
        )
        .map_err(|error| served(error.to_string())),
        AnyConn::Pg(conn) => {
            let query = "SELECT count(*) AS others FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
            let found: Others = diesel::sql_query(query).get_result(conn)?;
            if found.others == 0 { Ok(()) } else { Err(served(format!("{} connections", found.others))) }
        }
    }
}

fn whole(conn: &mut AnyConn, which: &str) -> Result<Head> {
    let found = check(&mut ReadTx::new(conn))?;
    match found.faults.first() {
        None => Ok(found.head),
        Some(fault) => Err(Error::Damaged(format!("the {which} is not whole, nothing was switched: {fault}"))),
    }
}

fn carry(
    source: &mut AnyConn,
    target: &mut AnyConn,
    before_check: impl FnOnce(&mut AnyConn) -> Result<()>,
) -> Result<Moved> {
    let there = ReadTx::new(target).head()?;
    if there.epoch != 0 || there.seq != 0 {
        return Err(Error::Database("the place to move to holds data already; name an empty one".to_owned()));
    }
    let tables = tables(source)?;
    if tables != self::tables(target)? {
        return Err(Error::Damaged("the two places do not have the same tables; nothing was switched".to_owned()));
    }
    let mut read = Vec::new();
    for table in &tables {
        read.push(copy(source, target, table)?);
    }
    before_check(target)?;
    for (table, read) in tables.iter().zip(&read) {
        let mut written = Digest::default();
        let dialect = Dialect::of(target);
        each_row(target, table, dialect, |row| {
            written.add(hash(&row));
            Ok(())
        })?;
        if written != *read {
            let (name, of, found) = (&table.name, read.count, written.count);
            return Err(Error::Damaged(format!(
                "table {name}: {of} rows read, {found} written, or other content; nothing was switched"
            )));
        }
    }
    let head = whole(target, "copy")?;
    Ok(Moved { head, tables: tables.len(), rows: read.iter().map(|digest| digest.count).sum() })
}

/// The source takes no writes from now on. The number is its own history's: it was moved, not replaced by a later one.
fn retire(source: &mut AnyConn, epoch: i64) -> Result<()> {
    source.begin_write()?;
    diesel::insert_into(setting::table)
        .values((setting::name.eq(SUPERSEDED), setting::value.eq(&epoch.to_be_bytes()[..])))
        .execute(source)?;
    source.execute_text("COMMIT")
}

/// Whose literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    fn of(conn: &AnyConn) -> Self {
        match conn {
            AnyConn::Sqlite(_) => Self::Sqlite,
            AnyConn::Pg(_) => Self::Postgres,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

#[derive(Debug, PartialEq, Eq)]
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

/// Every table with its columns by name, but the list of migrations.
fn tables(conn: &mut AnyConn) -> Result<Vec<Table>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        home: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        kind: String,
    }
    let mut rows: Vec<Row> = match conn {
        AnyConn::Sqlite(conn) => diesel::sql_query(
            "SELECT m.name AS home, c.name AS name, upper(c.type) AS kind FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        )
        .load(conn)?,
        AnyConn::Pg(conn) => diesel::sql_query(
            "SELECT table_name::text AS home, column_name::text AS name, upper(data_type::text) AS kind \
             FROM information_schema.columns WHERE table_schema = current_schema()",
        )
        .load(conn)?,
    };
    rows.retain(|row| row.home != "__diesel_schema_migrations");
    rows.sort_by(|one, other| (&one.home, &one.name).cmp(&(&other.home, &other.name)));
    let mut tables: Vec<Table> = Vec::new();
    for Row { home, name, kind } in rows {
        let kind = match kind.as_str() {
            "SMALLINT" | "INTEGER" | "BIGINT" => Kind::Number,
            "TEXT" => Kind::Text,
            "BLOB" | "BYTEA" => Kind::Bytes,
            other => return Err(Error::Damaged(format!("column {home}.{name} has the unknown type {other}"))),
        };
        match tables.last_mut() {
            Some(table) if table.name == home => table.columns.push((name, kind)),
            _ => tables.push(Table { name: home, columns: vec![(name, kind)] }),
        }
    }
    Ok(tables)
}

/// SQL that makes the literal of a column, in the words of `here`, as `there` reads it.
fn literal(name: &str, kind: Kind, here: Dialect, there: Dialect) -> String {
    match kind {
        Kind::Number => format!("coalesce(cast(\"{name}\" AS text), 'NULL')"),
        Kind::Text => format!("coalesce('''' || replace(\"{name}\", '''', '''''') || '''', 'NULL')"),
        Kind::Bytes => {
            let hex = match here {
                Dialect::Sqlite => format!("hex(\"{name}\")"),
                Dialect::Postgres => format!("upper(encode(\"{name}\", 'hex'))"),
            };
            let open = match there {
                Dialect::Sqlite => "X''",
                Dialect::Postgres => "''\\x",
            };
            format!("CASE WHEN \"{name}\" IS NULL THEN 'NULL' ELSE '{open}' || {hex} || '''' END")
        }
    }
}

/// Hands on every row as literals that `there` reads, without holding them all.
fn each_row(
    conn: &mut AnyConn,
    table: &Table,
    there: Dialect,
    mut act: impl FnMut(String) -> Result<()>,
) -> Result<()> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        row_text: String,
    }
    let here = Dialect::of(conn);
    let columns: Vec<String> = table.columns.iter().map(|(name, kind)| literal(name, *kind, here, there)).collect();
    let query = format!("SELECT '(' || {} || ')' AS row_text FROM \"{}\"", columns.join(" || ',' || "), table.name);
    match conn {
        AnyConn::Sqlite(conn) => {
            for row in diesel::sql_query(query).load_iter::<Row, DefaultLoadingMode>(conn)? {
                act(row?.row_text)?;
            }
        }
        AnyConn::Pg(conn) => {
            for row in diesel::sql_query(query).load_iter::<Row, PgRowByRowLoadingMode>(conn)? {
                act(row?.row_text)?;
            }
        }
    }
    Ok(())
}

/// Copies one table; the digest of what was read.
fn copy(source: &mut AnyConn, target: &mut AnyConn, table: &Table) -> Result<Digest> {
    let there = Dialect::of(target);
    let names: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let insert = format!("INSERT INTO \"{}\" ({}) VALUES ", table.name, names.join(","));
    // The migrations have put the head's row there.
    target.execute_text(&format!("DELETE FROM \"{}\"", table.name))?;
    let (mut read, mut rows, mut bytes) = (Digest::default(), Vec::new(), 0);
    let mut flush = |rows: &mut Vec<String>| {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = format!("{insert}{}", rows.join(","));
        rows.clear();
        target.execute_text(&statement)
    };
    each_row(source, table, there, |row| {
        read.add(hash(&row));
        bytes += row.len();
        rows.push(row);
        if rows.len() == ROWS_MAX || bytes > BYTES_MAX {
            bytes = 0;
            return flush(&mut rows);
        }
        Ok(())
    })?;
    flush(&mut rows)?;
    Ok(read)
}

fn hash(row: &str) -> u128 {
    let whole = Sha256::digest(row.as_bytes());
    let mut start = [0; 16];
    start.copy_from_slice(&whole[..16]);
    u128::from_be_bytes(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::backup::begin_history;

    #[test]
    fn a_copy_that_breaks_on_the_way_is_found_and_nothing_is_switched() {
        let home = tempfile::tempdir().unwrap();
        let [from, to] =
            ["from.db", "to.db"].map(|name| Location::Sqlite(home.path().join(name).display().to_string()));
        drop(Store::open(&from).unwrap());
        begin_history(&from, None, &[7; 16]).unwrap();
        let broken = relocate_with(&from, &to, |conn| conn.execute_text("UPDATE head SET auth_generation = 9"));
        assert!(matches!(&broken, Err(Error::Damaged(why)) if why.contains("table head")), "{broken:?}");
        assert!(!Store::open(&from).unwrap().is_superseded(), "the source goes on");
        assert_eq!(Store::open(&to).unwrap().read(|tx| tx.head()).unwrap().epoch, 0, "the target is empty");
        let moved = relocate(&from, &to).unwrap();
        assert_eq!(Store::open(&to).unwrap().read(|tx| tx.head()).unwrap(), moved.head);
        assert!(Store::open(&from).unwrap().is_superseded(), "one writer");
        assert!(matches!(relocate(&from, &to), Err(Error::Superseded)));
    }
}
