//! The migrations: the same versions for both databases, each with up and down, equal columns at
//! the end, and a checksum for every file.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the migrations has failed")]

#[path = "common/pg.rs"]
mod pg;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, SqliteConnection, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use sha2::{Digest as _, Sha256};

const DATABASES: [&str; 3] = ["sqlite", "postgres", "client"];

fn migrations_dir(database: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database)
}

/// The folders of a database's migrations, `20261128000000_initial`, in order.
fn migration_names(database: &str) -> Vec<String> {
    let entries = fs::read_dir(migrations_dir(database)).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
}

fn sqlite_columns(conn: &mut SqliteConnection) -> BTreeSet<String> {
    let query = "select t.name || '.' || c.name as name from sqlite_master t, pragma_table_info(t.name) c \
                 where t.type = 'table' and t.name not like 'sqlite_%'";
    sql_query(query).load::<ColumnRow>(conn).unwrap().into_iter().map(|c| c.name).collect()
}

fn postgres_columns(conn: &mut PgConnection) -> BTreeSet<String> {
    let query = "select table_name || '.' || column_name as name from information_schema.columns \
                 where table_schema = current_schema()";
    sql_query(query).load::<ColumnRow>(conn).unwrap().into_iter().map(|c| c.name).collect()
}

/// Runs all the way up, down and up again.
fn run_up_down_up<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    database: &str,
) {
    let migrations = || FileBasedMigrations::from_path(migrations_dir(database)).unwrap();
    conn.run_pending_migrations(migrations()).unwrap();
    conn.revert_all_migrations(migrations()).unwrap();
    conn.run_pending_migrations(migrations()).unwrap();
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(migration_names("sqlite"), migration_names("postgres"));
}

/// Versions that the pre-release line used: a program must never take one for its own.
const PRE_RELEASE_VERSIONS: [&str; 4] = ["0001", "0002", "0003", "0004"];

#[test]
fn each_migration_has_a_version_of_its_own_a_way_up_and_a_way_down() {
    for database in DATABASES {
        let mut versions = BTreeSet::new();
        for name in migration_names(database) {
            let (version, title) = name.split_once('_').unwrap();
            assert!(
                version.len() == 14 && version.bytes().all(|byte| byte.is_ascii_digit()),
                "migrations/{database}/{name} should begin with a date and time, 20261128000000_"
            );
            assert!(!title.is_empty() && !PRE_RELEASE_VERSIONS.contains(&version), "{name}");
            assert!(versions.insert(version.to_owned()), "{database}: {version} occurs twice");
            for file in ["up.sql", "down.sql"] {
                let path = migrations_dir(database).join(&name).join(file);
                let text = fs::read_to_string(&path).unwrap_or_default();
                assert!(!text.trim().is_empty(), "{} is missing or empty", path.display());
            }
        }
    }
}

/// Every file of a database's migrations with its SHA-256, as `sha256sum` prints it.
fn list_checksums(database: &str) -> String {
    let mut list = String::new();
    for name in migration_names(database) {
        for file in ["down.sql", "up.sql"] {
            let bytes = fs::read(migrations_dir(database).join(&name).join(file)).unwrap();
            let sum: String =
                Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            list.push_str(&format!("{sum}  migrations/{database}/{name}/{file}\n"));
        }
    }
    list
}

/// A database in use has run these files: the lines are frozen at release 0.2.0 of the contract,
/// and later releases only add lines.
#[test]
fn every_migration_is_the_file_whose_checksum_is_committed() {
    for database in DATABASES {
        let name = format!("tests/fixtures/{database}_migrations.sha256");
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        let listed = fs::read_to_string(committed).unwrap_or_default();
        let found = list_checksums(database);
        assert!(
            listed == found,
            "{name} differs. Before release 0.2.0 of the contract: find migrations/{database} -name '*.sql' | sort | \
             xargs sha256sum > {name}. Afterwards: undo the edit and add a migration.\n{found}"
        );
    }
}

#[test]
fn the_way_down_undoes_the_way_up_and_both_databases_end_with_the_same_columns() {
    let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
    run_up_down_up(&mut sqlite, "sqlite");
    let Some(db) = pg::TestDb::create() else { return };
    let mut postgres = PgConnection::establish(db.url()).unwrap();
    run_up_down_up(&mut postgres, "postgres");
    assert_eq!(sqlite_columns(&mut sqlite), postgres_columns(&mut postgres));
}

#[test]
fn the_phones_tables_go_up_and_down_too() {
    run_up_down_up(&mut SqliteConnection::establish(":memory:").unwrap(), "client");
}
