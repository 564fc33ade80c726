//! Real processes: a server that is killed between COMMIT and response, and restarted.

use crate::harness::{TestClient, TestServer, open_app};
use crate::pg::TestDb;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::CommandBody;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::sync_response::Frame;

const COMMUNE: &str = "com-29242-0";
const CRASH_DIR_ENV: &str = "THIDUA_CRASH_DIR";

/// Not a test of its own: the server's process when a test starts one. It ends after a minute.
#[tokio::test]
async fn the_other_process() {
    let Some(dir) = std::env::var_os(CRASH_DIR_ENV) else { return };
    let dir = Path::new(&dir);
    // A timeout, so that a dead parent leaves no server behind, also one that hangs on purpose.
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(3);
    });
    let test_server = TestServer::serve_dir(dir).await;
    std::fs::write(dir.join("port.new"), test_server.address.port().to_string()).unwrap();
    std::fs::rename(dir.join("port.new"), dir.join("port")).unwrap();
    std::future::pending::<()>().await;
}

/// A server process that is killed when dropped.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) port: u16,
}

impl ServerProcess {
    pub(crate) fn start(dir: &Path, fault: &str) -> Self {
        Self::start_with(dir, &[("THIDUA_FAULT", fault.to_owned())])
    }

    pub(crate) fn start_with(dir: &Path, variables: &[(&str, String)]) -> Self {
        let _ = std::fs::remove_file(dir.join("port"));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::the_other_process", "--exact"])
            .env(CRASH_DIR_ENV, dir)
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

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process with SIGKILL.
    fn kill_now(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn outcomes(frames: &[Frame]) -> Vec<pb::Outcome> {
    frames
        .iter()
        .filter_map(|frame| if let Frame::Verdict(v) = frame { Some(v.outcome()) } else { None })
        .collect()
}

#[tokio::test]
async fn s11_a_server_killed_between_commit_and_answer_has_lost_nothing_and_doubles_nothing() {
    crash_between_commit_and_response(TestServer::start().await).await;
}

#[tokio::test]
async fn s11_on_postgresql_another_node_answers_for_the_one_that_was_killed_between_commit_and_answer()
 {
    let Some(db) = TestDb::create() else { return };
    crash_between_commit_and_response(TestServer::start_on_database(db.url()).await).await;
}

async fn crash_between_commit_and_response(test_server: TestServer) {
    let code = test_server.create_code(COMMUNE, Role::Reporter);
    let dir = test_server.stop().await;
    let app = open_app(dir.path());
    let reference = app.store().read(|tx| app.reference(tx)).unwrap();
    let form = reference.catalogue.form("tuan-xa").unwrap().clone();
    let cells: BTreeMap<u32, CellValue> = form
        .elements
        .iter()
        .map(|code| (reference.element_numbers.number(code).unwrap(), CellValue::Nil))
        .collect();

    let mut first = ServerProcess::start(dir.path(), "");
    let mut phone = TestClient::new(
        crate::harness::connect_dir(dir.path(), first.port).await,
        UnitId::from_code(COMMUNE),
    );
    phone.enrol(&code).await.unwrap();
    first.kill_now();

    // This server hangs after the COMMIT of the push; the ones before it note the clock and number
    // the scopes.
    let save = phone.save_command(&cells);
    let submit = CommandBody::submit(phone.first_week_key().id(), phone.unit);
    let submit = phone.next_command(submit);
    let commands = vec![save, submit];
    let mut second = ServerProcess::start(dir.path(), "after_commit:hang:2");
    phone.channel = crate::harness::connect_dir(dir.path(), second.port).await;
    let response = tokio::time::timeout(Duration::from_secs(3), phone.sync(commands.clone())).await;
    assert!(!matches!(response, Ok(Ok(_))), "the answer never came");
    assert_eq!(last_command_number(&app, &phone), 2, "but the commands were committed");
    second.kill_now();

    let third = ServerProcess::start(dir.path(), "");
    phone.channel = crate::harness::connect_dir(dir.path(), third.port).await;
    let frames = phone.sync(commands).await.unwrap();
    assert_eq!(outcomes(&frames), [pb::Outcome::Duplicate; 2], "S7: done once");
    let report = app
        .store()
        .read(|tx| tx.report(phone.first_week_key().id(), &reference.unit_numbers))
        .unwrap()
        .unwrap();
    assert_eq!((report.revision, report.report.nil), (2, true));
    assert!(app.store().read(|tx| tx.verify_audit_chain(None)).unwrap().invalid_from_seq.is_none());
}

fn last_command_number(app: &thidua::app::App, phone: &TestClient) -> u64 {
    app.active_device(phone.device).unwrap().last_command_number
}
