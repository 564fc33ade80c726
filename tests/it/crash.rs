//! Real processes: a server that is killed between COMMIT and answer, and started again.

use crate::harness::{Phone, Town, app_in};
use crate::pg::TestDb;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use thidua::domain::cell::CellValue;
use thidua::domain::command::Body;
use thidua::domain::ids::UnitId;
use thidua::domain::permission::Role;
use thidua::pb;
use thidua::pb::sync_response::Frame;

const COMMUNE: &str = "com-29242-0";
const DIR: &str = "THIDUA_CRASH_DIR";

/// Not a story: the server's process, when a story starts one. It ends with whoever started it.
#[tokio::test]
async fn the_other_process() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let dir = Path::new(&dir);
    // Bounded: a parent that died leaves no server behind, also one that hangs on purpose.
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(3);
    });
    let town = Town::beside(dir).await;
    std::fs::write(dir.join("port.new"), town.address.port().to_string()).unwrap();
    std::fs::rename(dir.join("port.new"), dir.join("port")).unwrap();
    std::future::pending::<()>().await;
}

/// A server in a process of its own, killed with the value.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start(dir: &Path, fault: &str) -> Self {
        Self::start_with(dir, &[("THIDUA_FAULT", fault.to_owned())])
    }

    pub(crate) fn start_with(dir: &Path, variables: &[(&str, String)]) -> Self {
        let _ = std::fs::remove_file(dir.join("port"));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::the_other_process", "--exact"])
            .env(DIR, dir)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child, port: 0 };
        for _ in 0..600 {
            if let Ok(port) = std::fs::read_to_string(dir.join("port")) {
                server.port = port.parse().unwrap();
                return server;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not start");
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn outcomes(frames: &[Frame]) -> Vec<pb::Outcome> {
    frames.iter().filter_map(|frame| if let Frame::Verdict(v) = frame { Some(v.outcome()) } else { None }).collect()
}

#[tokio::test]
async fn s11_a_server_killed_between_commit_and_answer_has_lost_nothing_and_doubles_nothing() {
    killed_between_commit_and_answer(Town::open().await).await;
}

#[tokio::test]
async fn s11_on_postgresql_another_node_answers_for_the_one_that_was_killed_between_commit_and_answer() {
    let Some(db) = TestDb::fresh() else { return };
    killed_between_commit_and_answer(Town::open_over(db.url()).await).await;
}

async fn killed_between_commit_and_answer(town: Town) {
    let code = town.code(COMMUNE, Role::Reporter);
    let dir = town.stop().await;
    let app = app_in(dir.path());
    let reference = app.store().read(|tx| app.reference(tx)).unwrap();
    let form = reference.catalogue.form("tuan-xa").unwrap().clone();
    let cells: BTreeMap<u32, CellValue> =
        form.elements.iter().map(|code| (reference.elements.number(code).unwrap(), CellValue::Nil)).collect();

    let mut first = Server::start(dir.path(), "");
    let mut phone = Phone::new(crate::harness::channel(dir.path(), first.port).await, UnitId::named(COMMUNE));
    phone.enrol(&code).await.unwrap();
    first.kill();

    // This one hangs behind its second COMMIT (the first gives scopes their numbers or takes the push).
    let save = phone.save(&cells);
    let submit = Body::Submit { report: phone.first_week().id(), acting_unit: phone.unit };
    let submit = phone.next(submit);
    let commands = vec![save, submit];
    let mut second = Server::start(dir.path(), "after_commit:hang:1");
    phone.channel = crate::harness::channel(dir.path(), second.port).await;
    let asked = tokio::time::timeout(Duration::from_secs(3), phone.sync(commands.clone())).await;
    assert!(!matches!(asked, Ok(Ok(_))), "the answer never came");
    assert_eq!(taken(&app, &phone), 2, "but the commands were committed");
    second.kill();

    let third = Server::start(dir.path(), "");
    phone.channel = crate::harness::channel(dir.path(), third.port).await;
    let frames = phone.sync(commands).await.unwrap();
    assert_eq!(outcomes(&frames), [pb::Outcome::Duplicate; 2], "S7: done once");
    let report = app.store().read(|tx| tx.report(phone.first_week().id(), &reference.units)).unwrap().unwrap();
    assert_eq!((report.revision, report.report.is_nil()), (2, true));
    assert!(app.store().read(|tx| tx.verify_audit(None)).unwrap().broken_at.is_none());
}

fn taken(app: &thidua::app::App, phone: &Phone) -> u64 {
    app.known_device(phone.device).unwrap().taken
}
