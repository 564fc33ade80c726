//! A full disk: a small file system under a tablespace of the test's PostgreSQL, and under SQLite.

use crate::harness::{TestClient, TestServer};
use crate::pg::{TestDb, with_database};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::{CellValue, ElementNumber};
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::sync_response::Frame;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Room for the schema, the example and some hundred pushes.
const DISK_SIZE: &str = "40m";

/// A small file system in memory; unmounted when dropped.
struct SmallMount {
    dir: tempfile::TempDir,
}

impl SmallMount {
    fn new(owner: u32) -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755))
            .map_err(|error| error.to_string())?;
        let options = format!("size={DISK_SIZE},mode=700,uid={owner}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "thidua-test"]).arg(dir.path());
        let mounted = mount.output().map_err(|error| error.to_string())?;
        if !mounted.status.success() {
            return Err(String::from_utf8_lossy(&mounted.stderr).into_owned());
        }
        Ok(Self { dir })
    }

    fn ballast_path(&self) -> PathBuf {
        self.dir.path().join("ballast")
    }

    /// Writes until the disk is full.
    fn fill(&self) {
        let mut file =
            std::fs::File::options().create(true).append(true).open(self.ballast_path()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    /// Frees this number of bytes.
    fn free_bytes(&self, bytes: u64) {
        let file = std::fs::File::options().write(true).open(self.ballast_path()).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    }

    fn free_all(&self) {
        std::fs::remove_file(self.ballast_path()).unwrap();
    }
}

impl Drop for SmallMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.dir.path()).status();
    }
}

/// A database on a small disk; both are removed when dropped.
struct SmallDisk {
    admin: String,
    name: String,
    mount: SmallMount,
}

#[derive(QueryableByName)]
struct DataDirectoryRow {
    #[diesel(sql_type = Text)]
    setting: String,
}

impl SmallDisk {
    /// Returns `None` and prints the reason where it cannot be created: only root can mount a disk,
    /// and the server must run on this machine.
    fn new() -> Option<Self> {
        // Fails in CI when there is no server.
        drop(TestDb::create()?);
        let admin = std::env::var("THIDUA_TEST_PG").unwrap();
        match Self::create_tablespace(&admin) {
            Ok(disk) => Some(disk),
            Err(reason) => {
                println!("SKIPPED: no small disk under PostgreSQL: {reason}");
                None
            }
        }
    }

    fn create_tablespace(admin: &str) -> Result<Self, String> {
        let mut conn = PgConnection::establish(admin).map_err(|error| error.to_string())?;
        let query = diesel::sql_query("select current_setting('data_directory') as setting");
        let data: DataDirectoryRow =
            query.get_result(&mut conn).map_err(|error| error.to_string())?;
        let owner = std::fs::metadata(&data.setting)
            .map_err(|error| format!("{}: {error}", data.setting))?
            .uid();
        let name = format!("thidua_small_{}", std::process::id());
        let disk = Self { admin: admin.to_owned(), name, mount: SmallMount::new(owner)? };
        let (name, path) = (&disk.name, disk.mount.dir.path().display());
        for sql in [
            format!("create tablespace {name} location '{path}'"),
            format!("create database {name} tablespace {name}"),
        ] {
            conn.batch_execute(&sql).map_err(|error| format!("{sql}: {error}"))?;
        }
        Ok(disk)
    }

    fn url(&self) -> String {
        with_database(&self.admin, &self.name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Errors mean that something was never created.
        let _ = std::fs::remove_file(self.mount.ballast_path());
        if let Ok(mut conn) = PgConnection::establish(&self.admin) {
            let _ =
                conn.batch_execute(&format!("drop database if exists {} with (force)", self.name));
            let _ = conn.batch_execute(&format!("drop tablespace if exists {}", self.name));
        }
    }
}

async fn push_command(phone: &mut TestClient, command: &[u8]) -> Result<pb::Outcome, Status> {
    let frames = phone.sync(vec![command.to_vec()]).await?;
    let outcome = frames.iter().find_map(|frame| match frame {
        Frame::Verdict(verdict) => Some(verdict.outcome()),
        Frame::Welcome(_)
        | Frame::Rows(_)
        | Frame::Reset(_)
        | Frame::SnapshotEnd(_)
        | Frame::Checkpoint(_)
        | Frame::Bookmark(_)
        | Frame::Notice(_) => None,
    });
    Ok(outcome.unwrap())
}

async fn can_read(phone: &TestClient) -> bool {
    let request = pb::GetUnitRequest {
        unit: Some(pb::get_unit_request::Unit::UnitId(phone.unit.0.to_vec())),
    };
    OrgServiceClient::new(phone.channel.clone()).get_unit(phone.request(request)).await.is_ok()
}

#[tokio::test]
async fn a_full_disk_of_postgresql_refuses_clearly_loses_nothing_acknowledged_and_goes_on_by_itself()
 {
    let Some(disk) = SmallDisk::new() else { return };
    let server = TestServer::start_on_database(&disk.url()).await;
    let mut phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let element = reference
        .element_numbers
        .number(&reference.catalogue.form("tuan-xa").unwrap().elements[0])
        .unwrap();
    let first = phone.save_command(&BTreeMap::from([(element, CellValue::Reported(0))]));
    assert_eq!(push_command(&mut phone, &first).await.unwrap(), pb::Outcome::Applied);

    disk.mount.fill();
    let (mut acknowledged, mut refused) = (0, None);
    while refused.is_none() {
        assert!(acknowledged < 5_000, "the disk takes everything");
        let base = CellValue::Reported(acknowledged);
        let next = phone.correction_command(element, CellValue::Reported(acknowledged + 1), base);
        match push_command(&mut phone, &next).await {
            Ok(outcome) => {
                assert_eq!(outcome, pb::Outcome::Applied);
                acknowledged += 1;
            }
            Err(status) => refused = Some((next, status)),
        }
    }
    let (next, status) = refused.unwrap();
    let details = status.get_error_details();
    let (reason, retry_delay) =
        (details.error_info().unwrap().reason.clone(), details.retry_info().unwrap().retry_delay);
    assert_eq!((status.code(), reason.as_str()), (Code::Unavailable, "BUSY"), "{status:?}");
    assert!(retry_delay.is_some(), "it says when to come back");
    assert!(can_read(&phone).await, "what needs no room goes on");
    assert_eq!(
        push_command(&mut phone, &next).await.unwrap_err().code(),
        Code::Unavailable,
        "and it stays refused"
    );

    disk.mount.free_all();
    assert_eq!(
        push_command(&mut phone, &next).await.unwrap(),
        pb::Outcome::Applied,
        "nobody restarted anything"
    );
    let frames = phone.sync(vec![]).await.unwrap();
    let Some(Frame::Checkpoint(checkpoint)) = frames.last() else { panic!("no checkpoint") };
    let expected_taken = u64::try_from(acknowledged).unwrap() + 2;
    assert_eq!(
        checkpoint.commands_taken, expected_taken,
        "the first, those acknowledged on the full disk, and the one refused"
    );
    let report = phone.first_week_key().id();
    let stored =
        server.app.store().read(|tx| tx.report(report, &reference.unit_numbers)).unwrap().unwrap();
    assert_eq!(stored.report.cells[&ElementNumber(element)], CellValue::Reported(acknowledged + 1));
    assert!(server.app.check_database().unwrap().0.audit_rows > acknowledged);
    server.close().await;
}

/// What an operator can free at once by deleting an old file.
const FREED_BYTES: u64 = 1_500_000;
/// Commands that need more than [`FREED_BYTES`] of log.
const COMMANDS_AFTERWARDS: i64 = 150;

#[tokio::test]
async fn a_full_disk_of_sqlite_that_is_freed_a_little_serves_on_because_the_log_is_folded_back() {
    let disk = match SmallMount::new(0) {
        Ok(disk) => disk,
        Err(reason) => return println!("SKIPPED: no small disk under SQLite: {reason}"),
    };
    let file = disk.dir.path().join("thidua.db");
    let server = TestServer::start_on_database(&format!("sqlite:{}", file.display())).await;
    let mut phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let element = reference
        .element_numbers
        .number(&reference.catalogue.form("tuan-xa").unwrap().elements[0])
        .unwrap();
    let first = phone.save_command(&BTreeMap::from([(element, CellValue::Reported(0))]));
    assert_eq!(push_command(&mut phone, &first).await.unwrap(), pb::Outcome::Applied);

    let (mut acknowledged, mut refused) = (0, None);
    while refused.is_none() {
        assert!(acknowledged < 1_000, "the disk takes everything");
        disk.fill();
        let base = CellValue::Reported(acknowledged);
        let next = phone.correction_command(element, CellValue::Reported(acknowledged + 1), base);
        match push_command(&mut phone, &next).await {
            Ok(outcome) => {
                assert_eq!(outcome, pb::Outcome::Applied);
                acknowledged += 1;
            }
            Err(status) => refused = Some((next, status)),
        }
    }
    let (next, status) = refused.unwrap();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(can_read(&phone).await, "what needs no room goes on");

    disk.free_bytes(FREED_BYTES);
    assert_eq!(push_command(&mut phone, &next).await.unwrap(), pb::Outcome::Applied);
    acknowledged += 1;
    for _ in 0..COMMANDS_AFTERWARDS {
        let base = CellValue::Reported(acknowledged);
        let next = phone.correction_command(element, CellValue::Reported(acknowledged + 1), base);
        let outcome = push_command(&mut phone, &next).await;
        assert!(matches!(outcome, Ok(pb::Outcome::Applied)), "{acknowledged}: {outcome:?}");
        acknowledged += 1;
    }
    let frames = phone.sync(vec![]).await.unwrap();
    let Some(Frame::Checkpoint(checkpoint)) = frames.last() else { panic!("no checkpoint") };
    assert_eq!(checkpoint.commands_taken, u64::try_from(acknowledged).unwrap() + 1);
    let whole = server.app.store().check_integrity().unwrap();
    assert!(whole.problems.is_empty() && whole.audit_rows > acknowledged, "{:?}", whole.problems);
    server.close().await;
}
