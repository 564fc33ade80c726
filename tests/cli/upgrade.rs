//! Schema upgrades, and databases that are refused because the program does not know their schema.
//! Real processes.
//!
//! `tests/fixtures/second_migration` represents a later release; debug builds read it from
//! `THIDUA_TEST_MIGRATIONS`.

use super::backups::enrol_phone;
use super::pg::TestDb;
use super::serve::free_port;
use super::{CliServer, CommandOutput, TestMachine};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use std::path::{Path, PathBuf};

/// Version of the migration in `tests/fixtures/second_migration`.
const SECOND_VERSION: &str = "20261129000000";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Runs the program as if a release had added the second migration.
fn run_next_release(machine: &TestMachine, arguments: &[&str]) -> CommandOutput {
    let mut command = machine.command(arguments);
    command.env("THIDUA_TEST_MIGRATIONS", fixture("second_migration"));
    CommandOutput::from(command.output().unwrap())
}

fn assert_refused(refused: &CommandOutput, code: &str, part: &str) {
    let is_refused = refused.code == 1 && refused.err.contains(code) && refused.err.contains(part);
    assert!(is_refused, "{code}, {part}: {refused:?}");
}

#[test]
fn sqlite_is_upgraded_after_a_copy_and_an_older_program_refuses_the_new_schema() {
    let machine = TestMachine::with_example();
    let dry_run = run_next_release(&machine, &["migrate", "--dry-run"]);
    assert!(dry_run.out.contains("would apply:") && dry_run.out.contains(SECOND_VERSION));
    assert!(machine.run_ok(&["migrate"]).contains("up to date"), "a dry run changes nothing");
    let done = run_next_release(&machine, &["migrate"]);
    let copy = format!("data/thidua.db.before-{SECOND_VERSION}");
    assert!(done.out.contains("applied:") && done.out.contains(&copy), "{done:?}");
    assert!(run_next_release(&machine, &["migrate"]).out.contains("up to date"));
    for command in [&["serve"][..], &["migrate"], &["doctor"], &["backup"]] {
        assert_refused(&machine.run(command), "NEWER_SCHEMA", SECOND_VERSION);
    }
    let copy = machine.path(&copy).display().to_string();
    assert!(machine.run_ok(&["verify-backup", &copy]).contains("intact: history 1"));
    assert!(machine.run_ok(&["restore", &copy, "--force"]).contains("history 2 begins"));
    assert!(machine.run_ok(&["migrate"]).contains("up to date"));
}

#[test]
fn serve_upgrades_sqlite_by_itself_and_a_phone_goes_on() {
    let machine = TestMachine::with_example();
    let address = format!("127.0.0.1:{}", free_port());
    let (listen, public) =
        (format!("listen.address={address}"), format!("listen.public=https://{address}"));
    let serving = CliServer::start_command(&machine, &["serve"], &[&listen, &public]);
    enrol_phone(&machine, &public, "xa-1", "REPORTER", "com-29242-2");
    drop(serving);
    let migrations = fixture("second_migration");
    let mut command = machine.command(&["serve", "--json", "--set", &listen, "--set", &public]);
    command.env("THIDUA_TEST_MIGRATIONS", &migrations);
    let serving = CliServer::spawn(command);
    let synced = machine.run_ok(&["field", "sync", "--phone", "xa-1", "--json"]);
    assert!(synced.contains("\"resets\": 0") && synced.contains("\"agrees\": true"), "{synced}");
    drop(serving);
    assert!(machine.path(&format!("data/thidua.db.before-{SECOND_VERSION}")).exists());
}

#[test]
fn postgresql_is_upgraded_once_its_operator_has_a_backup_and_moves_with_the_new_tables() {
    let Some(db) = TestDb::create() else { return };
    let machine = TestMachine::with_example();
    let sqlite = format!("sqlite:{}", machine.path("data/thidua.db").display());
    machine.run_ok(&["move", "--from", &sqlite, "--to", db.url()]);
    let set = format!("database.url={}", db.url());
    for command in ["serve", "migrate"] {
        let refused = run_next_release(&machine, &[command, "--set", &set]);
        assert_refused(&refused, "OLDER_SCHEMA", SECOND_VERSION);
    }
    let back = format!("sqlite:{}", machine.path("data/back.db").display());
    let refused = run_next_release(&machine, &["move", "--from", db.url(), "--to", &back]);
    assert_refused(&refused, "OLDER_SCHEMA", SECOND_VERSION);
    let done = run_next_release(&machine, &["migrate", "--i-have-a-backup", "--set", &set]);
    assert!(done.out.contains("applied:") && done.out.contains(SECOND_VERSION), "{done:?}");
    let other = format!("sqlite:{}", machine.path("data/other.db").display());
    let moved = run_next_release(&machine, &["move", "--from", db.url(), "--to", &other, "--json"]);
    assert!(moved.code == 0 && moved.out.contains("\"tables\": 33"), "{moved:?}");
    assert_refused(&machine.run(&["serve", "--set", &set]), "NEWER_SCHEMA", SECOND_VERSION);
}

#[test]
fn a_pre_release_sqlite_database_and_its_backup_are_refused_and_left_as_they_are() {
    let machine = TestMachine::with_example();
    let database = machine.path("data/thidua.db");
    let present = std::fs::read(&database).unwrap();
    let backup = machine.path("thidua-0001-000000000008.db");
    std::fs::copy(fixture("pre_release/backup.sqlite"), &backup).unwrap();
    let sum = backup.with_extension("db.sha256");
    std::fs::copy(fixture("pre_release/backup.sqlite.sha256"), &sum).unwrap();
    let (copy, dir) =
        (backup.display().to_string(), backup.parent().unwrap().display().to_string());
    for command in [
        &["restore", &copy, "--force"][..],
        &["verify-backup", &copy],
        &["promote", "--from", &dir, "--force", "--no-serve"],
    ] {
        assert_refused(&machine.run(command), "PRE_RELEASE_SCHEMA", "0004");
    }
    assert!(std::fs::read(&database).unwrap() == present, "the database is still in its place");

    let old = std::fs::read(fixture("pre_release/server.sqlite")).unwrap();
    std::fs::write(&database, &old).unwrap();
    let (from, to) = (
        format!("sqlite:{}", database.display()),
        format!("sqlite:{}", machine.path("data/new.db").display()),
    );
    for command in [
        &["serve"][..],
        &["migrate"],
        &["migrate", "--dry-run"],
        &["doctor"],
        &["backup"],
        &["move", "--from", &from, "--to", &to],
    ] {
        assert_refused(&machine.run(command), "PRE_RELEASE_SCHEMA", "0004");
    }
    assert!(std::fs::read(&database).unwrap() == old, "a refused database is not changed");
    let copies = std::fs::read_dir(machine.path("data")).unwrap().map(|entry| entry.unwrap());
    let copies: Vec<_> =
        copies.filter(|entry| entry.path().display().to_string().contains("before-")).collect();
    assert!(copies.is_empty(), "{copies:?}");
}

#[test]
fn a_pre_release_postgresql_database_is_refused_and_left_as_it_is() {
    let Some(db) = TestDb::create() else { return };
    let dump = std::fs::read_to_string(fixture("pre_release/postgres.sql")).unwrap();
    PgConnection::establish(db.url()).unwrap().batch_execute(&dump).unwrap();
    let machine = TestMachine::with_example();
    let set = format!("database.url={}", db.url());
    let (from, to) = (
        format!("sqlite:{}", machine.path("data/thidua.db").display()),
        format!("sqlite:{}", machine.path("data/new.db").display()),
    );
    for command in [
        &["serve", "--set", &set][..],
        &["migrate", "--i-have-a-backup", "--set", &set],
        &["doctor", "--set", &set],
        &["move", "--from", db.url(), "--to", &to],
        &["move", "--from", &from, "--to", db.url()],
    ] {
        assert_refused(&machine.run(command), "PRE_RELEASE_SCHEMA", "0004");
    }
    machine.run_ok(&["migrate"]);
    let mut conn = PgConnection::establish(db.url()).unwrap();
    conn.batch_execute("select seq, safe_past from head").unwrap();
}
