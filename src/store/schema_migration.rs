//! The migrations of the schema and the versions that a database has. Migrations are only added;
//! both databases have the same versions.

use super::backend::{AnyConn, DatabaseLocation};
use super::backup::copy_database;
use super::error::{Error, Result};
use super::fault_point::test_migrations_dir;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{
    EmbeddedMigrations, FileBasedMigrations, MigrationHarness, embed_migrations,
};
use std::path::PathBuf;

const SQLITE_MIGRATIONS: KnownMigrations =
    KnownMigrations { embedded: embed_migrations!("migrations/sqlite"), dialect: "sqlite" };
const POSTGRES_MIGRATIONS: KnownMigrations =
    KnownMigrations { embedded: embed_migrations!("migrations/postgres"), dialect: "postgres" };

/// Versions of the pre-release line (before release 0.2.0 of the contract): the program cannot read
/// or upgrade such a database.
const PRE_RELEASE_VERSIONS: [&str; 4] = ["0001", "0002", "0003", "0004"];

/// The migrations that the program knows for one database.
struct KnownMigrations {
    embedded: EmbeddedMigrations,
    /// Its subdirectory of [`test_migrations_dir`].
    dialect: &'static str,
}

impl<DB: diesel::backend::Backend> MigrationSource<DB> for KnownMigrations {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let mut migrations = self.embedded.migrations()?;
        if let Some(dir) = test_migrations_dir() {
            let added = FileBasedMigrations::from_path(dir.join(self.dialect))?;
            migrations.extend(added.migrations()?);
        }
        Ok(migrations)
    }
}

/// Applies the pending migrations; refuses a schema that the program does not know.
pub fn run_migrations(conn: &mut AnyConn) -> Result<()> {
    match conn {
        AnyConn::Sqlite(conn) => run_pending_migrations(conn, SQLITE_MIGRATIONS),
        AnyConn::Pg(conn) => run_pending_migrations(conn, POSTGRES_MIGRATIONS),
    }
}

/// Applies the pending migrations to a database in use, after a backup: SQLite is copied to a file
/// beside it; PostgreSQL is refused unless `has_external_backup`. A new database needs no backup.
/// Returns the path of the copy, if one was made.
pub fn run_migrations_with_backup(
    conn: &mut AnyConn,
    location: &DatabaseLocation,
    has_external_backup: bool,
) -> Result<Option<PathBuf>> {
    let (pending, has_applied) = pending_migrations(conn)?;
    let mut copy = None;
    if let (Some(first), true) = (pending.first(), has_applied) {
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

/// Refuses a schema that is newer than the program or of the pre-release line; changes nothing.
pub(crate) fn check_schema_known(conn: &mut AnyConn) -> Result<()> {
    pending_migrations(conn).map(|_| ())
}

/// The versions that the database does not have yet, oldest first, and whether it has any. Refuses
/// a schema that is newer than the program or of the pre-release line; changes nothing but the
/// empty table of versions of a new database.
pub fn pending_migrations(conn: &mut AnyConn) -> Result<(Vec<String>, bool)> {
    match conn {
        AnyConn::Sqlite(conn) => find_pending_migrations(conn, &SQLITE_MIGRATIONS),
        AnyConn::Pg(conn) => find_pending_migrations(conn, &POSTGRES_MIGRATIONS),
    }
}

fn find_pending_migrations<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    known: &KnownMigrations,
) -> Result<(Vec<String>, bool)> {
    let applied = conn.applied_migrations().map_err(|error| Error::Database(error.to_string()))?;
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    let is_pre_release = |version: &&String| PRE_RELEASE_VERSIONS.contains(&version.as_str());
    if let Some(found) = applied.iter().filter(is_pre_release).max() {
        return Err(Error::PreReleaseSchema { found: found.clone() });
    }
    let supported = migration_versions::<DB>(known)?;
    if let Some(found) = applied.iter().filter(|version| !supported.contains(version)).max() {
        let supported = supported.last().cloned().unwrap_or_default();
        return Err(Error::NewerSchema { found: found.clone(), supported });
    }
    let has_applied = !applied.is_empty();
    Ok((supported.into_iter().filter(|version| !applied.contains(version)).collect(), has_applied))
}

fn run_pending_migrations<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    known: KnownMigrations,
) -> Result<()> {
    find_pending_migrations(conn, &known)?;
    conn.run_pending_migrations(known).map_err(|error| Error::Database(error.to_string()))?;
    Ok(())
}

fn migration_versions<DB: diesel::backend::Backend>(
    known: &KnownMigrations,
) -> Result<Vec<String>> {
    let migrations: Vec<Box<dyn Migration<DB>>> =
        known.migrations().map_err(|error| Error::Database(error.to_string()))?;
    let mut versions: Vec<String> =
        migrations.iter().map(|one| one.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}
