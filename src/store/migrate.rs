//! The schema's versions. Migrations are only added; both databases carry the same numbers.

use super::backend::{AnyConn, Location};
use super::backup::copy_into;
use super::error::{Error, Result};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::PathBuf;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to date; refuses a schema that is newer than this programme.
pub fn up(conn: &mut AnyConn) -> Result<()> {
    match conn {
        AnyConn::Sqlite(conn) => run(conn, SQLITE),
        AnyConn::Pg(conn) => run(conn, POSTGRES),
    }
}

/// Brings the schema of a database in use up to date, a copy first: SQLite is copied beside itself; on PostgreSQL only `agreed` says that
/// there is a copy. A new database needs none. Where the copy lies, if one was made.
pub fn up_safely(conn: &mut AnyConn, location: &Location, agreed: bool) -> Result<Option<PathBuf>> {
    let (pending, applied) = pending(conn)?;
    let mut copy = None;
    if let (Some(first), true) = (pending.first(), applied) {
        match location {
            Location::Sqlite(path) => {
                let to = PathBuf::from(format!("{path}.before-{first}"));
                if !to.exists() {
                    copy_into(conn, &to)?;
                }
                copy = Some(to);
            }
            Location::Postgres(_) if agreed => {}
            Location::Postgres(_) => return Err(Error::OlderSchema { pending: pending.join(", ") }),
        }
    }
    up(conn)?;
    Ok(copy)
}

/// Refuses a schema that is newer than this programme; changes nothing.
pub fn known(conn: &mut AnyConn) -> Result<()> {
    pending(conn).map(|_| ())
}

/// The migrations that the database does not have yet, oldest first, and whether it has any. Refuses a newer schema; changes nothing.
pub fn pending(conn: &mut AnyConn) -> Result<(Vec<String>, bool)> {
    match conn {
        AnyConn::Sqlite(conn) => missing(conn, &SQLITE),
        AnyConn::Pg(conn) => missing(conn, &POSTGRES),
    }
}

fn missing<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    all: &EmbeddedMigrations,
) -> Result<(Vec<String>, bool)> {
    let applied = conn.applied_migrations().map_err(|error| Error::Database(error.to_string()))?;
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    let known = versions::<DB>(all)?;
    if let Some(found) = applied.iter().find(|version| !known.contains(version)) {
        let known = known.last().cloned().unwrap_or_default();
        return Err(Error::NewerSchema { found: found.clone(), known });
    }
    let used = !applied.is_empty();
    Ok((known.into_iter().filter(|version| !applied.contains(version)).collect(), used))
}

fn run<DB: diesel::backend::Backend>(conn: &mut impl MigrationHarness<DB>, all: EmbeddedMigrations) -> Result<()> {
    missing(conn, &all)?;
    conn.run_pending_migrations(all).map_err(|error| Error::Database(error.to_string()))?;
    Ok(())
}

fn versions<DB: diesel::backend::Backend>(all: &EmbeddedMigrations) -> Result<Vec<String>> {
    use diesel::migration::MigrationSource;
    let migrations: Vec<Box<dyn diesel::migration::Migration<DB>>> =
        all.migrations().map_err(|error| Error::Database(error.to_string()))?;
    let mut versions: Vec<String> = migrations.iter().map(|one| one.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}
