//! The schema's versions. Migrations are only added; both databases carry the same numbers.

use super::backend::AnyConn;
use super::error::{Error, Result};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to date; refuses a schema that is newer than this programme.
pub fn up(conn: &mut AnyConn) -> Result<()> {
    match conn {
        AnyConn::Sqlite(conn) => run(conn, SQLITE),
        AnyConn::Pg(conn) => run(conn, POSTGRES),
    }
}

fn run<DB: diesel::backend::Backend>(conn: &mut impl MigrationHarness<DB>, all: EmbeddedMigrations) -> Result<()> {
    let applied = conn.applied_migrations().map_err(|error| Error::Database(error.to_string()))?;
    let known = known::<DB>(&all)?;
    if let Some(found) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(Error::NewerSchema { found, known: known.last().cloned().unwrap_or_default() });
    }
    conn.run_pending_migrations(all).map_err(|error| Error::Database(error.to_string()))?;
    Ok(())
}

fn known<DB: diesel::backend::Backend>(all: &EmbeddedMigrations) -> Result<Vec<String>> {
    use diesel::migration::MigrationSource;
    let migrations: Vec<Box<dyn diesel::migration::Migration<DB>>> =
        all.migrations().map_err(|error| Error::Database(error.to_string()))?;
    let mut versions: Vec<String> = migrations.iter().map(|one| one.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}
