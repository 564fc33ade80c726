//! Tests of the schema versions of the phone's file: which files open, which are refused, upgrades.
//! `tests/migrations.rs` holds the checksums of the migrations.

use super::super::{LocalReplica, MIGRATIONS, ReplicaError};
use super::*;
use crate::client::facade::{ClientError, Phone};
use crate::client::fixture::append_command;
use crate::i18n::Lang;
use diesel::Connection as _;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel_migrations::FileBasedMigrations;
use std::fs;
use std::path::{Path, PathBuf};

fn repository_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Copies the migrations of the phone to `to` and adds a second, test-only one.
fn write_migrations_with_second(to: &Path) {
    for migration in fs::read_dir(repository_path("migrations/client")).unwrap() {
        let migration = migration.unwrap();
        let copy = to.join(migration.file_name());
        fs::create_dir(&copy).unwrap();
        for file in ["up.sql", "down.sql"] {
            fs::copy(migration.path().join(file), copy.join(file)).unwrap();
        }
    }
    let second = to.join("20991231000000_test_only");
    fs::create_dir(&second).unwrap();
    let add = "alter table outbox_command add column test_only smallint not null default 7;";
    fs::write(second.join("up.sql"), add).unwrap();
    let drop = "alter table outbox_command drop column test_only;";
    fs::write(second.join("down.sql"), drop).unwrap();
}

#[test]
fn a_file_of_a_newer_app_is_refused_and_left_alone() {
    let (mut phone, _) = synced_phone();
    phone
        .replica
        .conn
        .batch_execute("insert into __diesel_schema_migrations (version) values ('9999')")
        .unwrap();
    let newer =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| phone.reopen_after_crash()));
    assert!(newer.is_err());
    assert_eq!(phone.records(REPORT_KIND).len(), 5);
}

#[test]
fn an_upgrade_keeps_the_outbox_and_the_older_app_then_refuses_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (file, migrations) = (dir.path().join("phone.db"), dir.path().join("migrations"));
    fs::create_dir(&migrations).unwrap();
    write_migrations_with_second(&migrations);
    let mut phone = LocalReplica::open(&file).unwrap();
    append_command(&mut phone, 1);
    drop(phone);

    let newer = FileBasedMigrations::from_path(&migrations).unwrap();
    let mut phone = LocalReplica::open_with_migrations(&file, newer).unwrap();
    phone.conn.batch_execute("update outbox_command set test_only = test_only + 1").unwrap();
    let start = phone.load_sync_input(10).unwrap();
    assert_eq!(start.commands, [(1, b"command 1".to_vec())]);
    drop(phone);

    let refused = LocalReplica::open_with_migrations(&file, MIGRATIONS).map(drop);
    assert_eq!(refused, Err(ReplicaError::NewerSchema("20991231000000".into())));
}

#[test]
fn a_file_of_the_pre_release_line_is_refused_with_the_count_of_unsent_commands_and_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("phone.db");
    fs::copy(repository_path("tests/fixtures/pre_release/phone.db"), &file).unwrap();
    let before = fs::read(&file).unwrap();
    let refused = Phone::open(file.display().to_string()).map(drop).unwrap_err();
    assert_eq!(refused, ClientError::PreReleaseSchema { unsent_commands: 2 });
    assert!(refused.text(Lang::VI).contains("còn 2 lệnh chưa gửi"), "{}", refused.text(Lang::VI));
    assert!(
        refused.text(Lang::EN).contains("commands not sent yet: 2"),
        "{}",
        refused.text(Lang::EN)
    );
    assert!(fs::read(&file).unwrap() == before, "the file was changed");

    let mut old = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    old.batch_execute("update command set state = 4").unwrap();
    drop(old);
    let refused = Phone::open(file.display().to_string()).map(drop).unwrap_err();
    assert_eq!(refused, ClientError::PreReleaseSchema { unsent_commands: 0 });
    assert!(
        refused.text(Lang::VI).contains("không còn lệnh nào chờ gửi"),
        "{}",
        refused.text(Lang::VI)
    );
    assert!(refused.text(Lang::EN).contains("no command waits"), "{}", refused.text(Lang::EN));
}
