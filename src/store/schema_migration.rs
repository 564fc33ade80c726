//! The schema's versions. Migrations are only added; both databases carry the same numbers.

use super::backend::{AnyConn, DatabaseLocation};
use super::backup::copy_database;
use super::error::{Error, Result};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::PathBuf;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to date; refuses a schema that is newer than this programme.
pub fn run_migrations(conn: &mut AnyConn) -> Result<()> {
    match conn {
        AnyConn::Sqlite(conn) => run_pending_migrations(conn, SQLITE_MIGRATIONS),
        AnyConn::Pg(conn) => run_pending_migrations(conn, POSTGRES_MIGRATIONS),
    }
}

/// Brings the schema of a database in use up to date, a copy first: SQLite is copied beside itself; on PostgreSQL only `agreed` says that
/// there is a copy. A new database needs none. Where the copy lies, if one was made.
pub fn run_migrations_with_backup(
    conn: &mut AnyConn,
    location: &DatabaseLocation,
    has_external_backup: bool,
) -> Result<Option<PathBuf>> {
    let (pending, applied) = pending_migrations(conn)?;
    let mut copy = None;
    if let (Some(first), true) = (pending.first(), applied) {
        match location {
            DatabaseLocation::Sqlite(path) => {
                let to = PathBuf::from(format!("{path}.before-{first}"));
                if !to.exists() {
                    copy_database(conn, &to)?;
                }
                copy = Some(to);
            }
            DatabaseLocation::Postgres(_) if has_external_backup => {}
            DatabaseLocation::Postgres(_) => {
                return Err(Error::OlderSchema { pending_migrations: pending.join(", ") });
            }
        }
    }
    run_migrations(conn)?;
    Ok(copy)
}

/// Refuses a schema that is newer than this programme; changes nothing.
pub fn check_schema_known(conn: &mut AnyConn) -> Result<()> {
    pending_migrations(conn).map(|_| ())
}

/// The migrations that the database does not have yet, oldest first, and whether it has any. Refuses a newer schema; changes nothing.
pub fn pending_migrations(conn: &mut AnyConn) -> Result<(Vec<String>, bool)> {
    match conn {
        AnyConn::Sqlite(conn) => find_pending_migrations(conn, &SQLITE_MIGRATIONS),
        AnyConn::Pg(conn) => find_pending_migrations(conn, &POSTGRES_MIGRATIONS),
    }
}

fn find_pending_migrations<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    all: &EmbeddedMigrations,
) -> Result<(Vec<String>, bool)> {
    let applied = conn.applied_migrations().map_err(|error| Error::Database(error.to_string()))?;
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    let supported = migration_versions::<DB>(all)?;
    if let Some(found) = applied.iter().find(|version| !supported.contains(version)) {
        let supported = supported.last().cloned().unwrap_or_default();
        return Err(Error::NewerSchema { found: found.clone(), supported });
    }
    let has_migrations = !applied.is_empty();
    Ok((
        supported.into_iter().filter(|version| !applied.contains(version)).collect(),
        has_migrations,
    ))
}

fn run_pending_migrations<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    all: EmbeddedMigrations,
) -> Result<()> {
    find_pending_migrations(conn, &all)?;
    conn.run_pending_migrations(all).map_err(|error| Error::Database(error.to_string()))?;
    Ok(())
}

fn migration_versions<DB: diesel::backend::Backend>(
    all: &EmbeddedMigrations,
) -> Result<Vec<String>> {
    use diesel::migration::MigrationSource;
    let migrations: Vec<Box<dyn diesel::migration::Migration<DB>>> =
        all.migrations().map_err(|error| Error::Database(error.to_string()))?;
    let mut versions: Vec<String> =
        migrations.iter().map(|one| one.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}
