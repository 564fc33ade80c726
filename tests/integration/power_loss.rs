//! Power loss: whatever state the disk may then have, everything acknowledged is in it. S11 on the
//! server, S30 on the phone.
//!
//! A library preloaded into the process copies the database's files at every sync
//! (`tests/common/fsync_images.c`). From the copies the tests build and open each state that a disk
//! may be left in:
//!
//! ```text
//!   synced db + synced log                     only what was synced
//!   db as written so far + synced log          the disk kept writes that were not synced
//!   synced db + synced log + torn write        a part of the next write reached the disk
//! ```

use crate::crash::ServerProcess;
use crate::harness::{TestClient, TestServer, is_applied, open_app};
use crate::phone::{enrolled_app, first_week_key};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::support::ids::UnitId;

const COMMUNE: &str = "com-29242-0";
const APP_DIR_ENV: &str = "THIDUA_POWER_APP";

/// Builds the preloaded library.
fn build_preload_library(dir: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/fsync_images.c");
    let library = dir.join("power.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success(), "a C compiler builds {}", library.display());
    library
}

/// The environment in which a process writes images of `database` to `images`.
fn preload_env(dir: &Path, images: &Path, database: &str) -> Vec<(&'static str, String)> {
    std::fs::create_dir_all(images).unwrap();
    let text = |path: PathBuf| path.display().to_string();
    vec![
        ("LD_PRELOAD", text(build_preload_library(dir))),
        ("THIDUA_IMAGES", images.display().to_string()),
        ("THIDUA_IMAGES_OF", database.to_owned()),
    ]
}

fn last_image_number(images: &Path) -> u32 {
    std::fs::read_to_string(images.join("last")).map_or(0, |text| text.parse().unwrap())
}

/// The images, by their number.
struct DiskImages(BTreeMap<(u32, String), PathBuf>);

impl DiskImages {
    fn read(dir: &Path) -> Self {
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if let Some((number, what)) = name.split_once('-') {
                all.insert((number.parse().unwrap(), what.to_owned()), path);
            }
        }
        Self(all)
    }

    fn newest_until(&self, what: &str, upto: u32) -> Option<&PathBuf> {
        self.0
            .iter()
            .rfind(|((number, kind), _)| *number <= upto && kind == what)
            .map(|(_, path)| path)
    }

    fn next_after(&self, what: &str, after: u32) -> Option<&PathBuf> {
        self.0
            .iter()
            .find(|((number, kind), _)| *number > after && kind == what)
            .map(|(_, path)| path)
    }

    /// Every state that a disk may have after sync `upto`, each written as `name` into its own
    /// directory.
    fn possible_states(&self, upto: u32, home: &Path, name: &str) -> Vec<PathBuf> {
        let read = |path: &PathBuf| std::fs::read(path).unwrap();
        let synced = self.newest_until("synced-db", upto).map(read);
        let log = self.newest_until("synced-wal", upto).map(read).unwrap_or_default();
        let mut states = Vec::new();
        let mut state = |what: &str, database: &[u8], log: &[u8]| {
            let dir = home.join(format!("{upto}-{what}"));
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join(name), database).unwrap();
            std::fs::write(dir.join(format!("{name}-wal")), log).unwrap();
            states.push(dir);
        };
        if let Some(database) = &synced {
            state("synced", database, &log);
            // The next write of the log has begun: a third of it is on the disk, and its last bytes
            // are garbage.
            if let Some(next) =
                self.next_after("synced-wal", upto).map(read).filter(|next| next.starts_with(&log))
            {
                let mut torn = next[..log.len() + (next.len() - log.len()) / 3].to_vec();
                torn.iter_mut().rev().take(7).for_each(|byte| *byte ^= 0xa5);
                if torn.len() > log.len() + 7 {
                    state("torn", database, &torn);
                }
            }
        }
        if let Some(database) = self.newest_until("now-db", upto).map(read) {
            state("kept", &database, &log);
        }
        states
    }
}

#[tokio::test]
async fn s11_whatever_the_disk_holds_after_a_power_cut_every_acknowledged_command_is_in_it() {
    let test_server = TestServer::start().await;
    let code = test_server.create_code(COMMUNE, Role::Reporter);
    let first = crate::two_nodes::first_element_number(&test_server);
    let dir = test_server.stop().await;
    let (images, home) = (dir.path().join("images"), tempfile::tempdir().unwrap());
    let mut preload = preload_env(dir.path(), &images, "town.db");
    // When the process starts, everything is on the disk.
    std::fs::copy(dir.path().join("town.db"), images.join("000000-synced-db")).unwrap();
    preload.push(("THIDUA_FAULT", String::new()));
    let server = ServerProcess::start_with(dir.path(), &preload);
    let mut phone = TestClient::new(
        crate::harness::connect_dir(dir.path(), server.port).await,
        UnitId::from_code(COMMUNE),
    );
    phone.enrol(&code).await.unwrap();
    let mut previous = None;
    let mut acknowledged = Vec::new();
    for figure in 1..=25 {
        let next = CellValue::Reported(figure);
        let save = match previous {
            None => phone.save_command(&BTreeMap::from([(first, next)])),
            Some(previous) => phone.correction_command(first, next, previous),
        };
        previous = Some(next);
        let frames = phone.sync(vec![save]).await.unwrap();
        assert!(frames.iter().any(is_applied));
        acknowledged.push((last_image_number(&images), phone.last_command_number));
    }
    drop(server);
    let disk_images = DiskImages::read(&images);
    let mut opened = 0;
    for (sync, number) in acknowledged {
        for state in disk_images.possible_states(sync, home.path(), "town.db") {
            let app = open_app(&state);
            let taken = app
                .active_device(phone.device)
                .unwrap_or_else(|error| panic!("{}: {error}", state.display()))
                .last_command_number;
            assert!(
                taken >= number,
                "{}: command {number} was acknowledged, {taken} are there",
                state.display()
            );
            assert!(
                app.store()
                    .read(|tx| tx.verify_audit_chain(None))
                    .unwrap()
                    .invalid_from_seq
                    .is_none(),
                "{}",
                state.display()
            );
            opened += 1;
        }
    }
    assert!(opened >= 50, "{opened} states were opened");
}

/// Not a test of its own: an app in another process that types figures and records each save.
#[test]
fn the_other_app() {
    let Some(dir) = std::env::var_os(APP_DIR_ENV) else { return };
    let dir = Path::new(&dir);
    let phone = thidua::client::facade::Phone::open_with_clock(
        &dir.join("phone.db"),
        Clock::manual(crate::harness::first_monday()),
    )
    .unwrap();
    let images = std::env::var_os("THIDUA_IMAGES").unwrap();
    let key = phone.reports().unwrap()[0].key.clone();
    let mut saves = String::new();
    for figure in 2..=21 {
        let element = "so_offences".to_owned();
        let cell = thidua::client::facade::CellEntry {
            element,
            value: Some(thidua::client::facade::CellFigure::Reported { value: figure }),
        };
        phone.save_cells(key.clone(), vec![cell], None).unwrap();
        saves.push_str(&format!("{} {figure}\n", last_image_number(Path::new(&images))));
        std::fs::write(dir.join("said"), &saves).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s30_whatever_the_phone_holds_after_its_battery_went_everything_typed_is_in_it() {
    let test_server = TestServer::start().await;
    let commune = enrolled_app(&test_server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    commune.save_nil(key.clone()).unwrap();
    let dir = commune.dir;
    drop(commune.phone);
    let (images, home) = (dir.path().join("images"), tempfile::tempdir().unwrap());
    let preload = preload_env(dir.path(), &images, "phone.db");
    std::fs::copy(dir.path().join("phone.db"), images.join("000000-synced-db")).unwrap();
    let mut app_process = Command::new(std::env::current_exe().unwrap());
    app_process
        .args(["power_loss::the_other_app", "--exact"])
        .env(APP_DIR_ENV, dir.path())
        .envs(preload);
    assert!(app_process.stdout(std::process::Stdio::null()).status().unwrap().success());
    let saves = std::fs::read_to_string(dir.path().join("said")).unwrap();
    let disk_images = DiskImages::read(&images);
    let mut opened = 0;
    for line in saves.lines() {
        let (sync, figure) = line.split_once(' ').unwrap();
        for state in disk_images.possible_states(sync.parse().unwrap(), home.path(), "phone.db") {
            let phone = thidua::client::facade::Phone::open_with_clock(
                &state.join("phone.db"),
                test_server.clock.clone(),
            )
            .unwrap();
            let report = phone.report(phone.report_id(key.clone())).unwrap().unwrap();
            let stored =
                report.cells.iter().find(|cell| cell.element == "so_offences").unwrap().value;
            let Some(thidua::client::facade::CellFigure::Reported { value: stored }) = stored
            else {
                panic!("{stored:?}")
            };
            assert!(
                stored >= figure.parse().unwrap(),
                "{}: {figure} was typed, {stored} is there",
                state.display()
            );
            opened += 1;
        }
    }
    assert!(opened >= 40, "{opened} states were opened");
    test_server.close().await;
}
