//! Facts about the migrations: the same numbers for both databases, each with a way up and down, and the same tables
//! and columns at the end. What the tables mean is the store's business.
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

fn migrations_dir(database: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database)
}

/// The names of a database's migrations, `0001_begin`, in order.
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

#[test]
fn numbers_count_up_from_one_and_each_has_a_way_up_and_down() {
    for database in
        ["sqlite", "postgres", "client"].into_iter().filter(|d| migrations_dir(d).exists())
    {
        for (at, name) in migration_names(database).iter().enumerate() {
            let number = format!("{:04}_", at + 1);
            assert!(
                name.starts_with(&number),
                "migrations/{database}/{name} should begin with {number}"
            );
            for file in ["up.sql", "down.sql"] {
                let path = migrations_dir(database).join(name).join(file);
                let text = fs::read_to_string(&path).unwrap_or_default();
                assert!(!text.trim().is_empty(), "{} is missing or empty", path.display());
            }
        }
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
    if migrations_dir("client").exists() {
        run_up_down_up(&mut SqliteConnection::establish(":memory:").unwrap(), "client");
    }
}
