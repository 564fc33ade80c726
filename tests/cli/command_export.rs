//! Commands that a phone exports before it is revoked, and their import on the server's machine.

use super::backups::{due_reports, enrol_phone};
use super::serve::free_port;
use super::{CliServer, TestMachine};
use serde_json::{Value, json};
use thidua::domain::support::ids::AccountId;

/// The note of each report.
const NOTE: &str = "typed in the village";

/// A machine that serves at a fixed address, so that phones find it again.
struct FixedServer {
    machine: TestMachine,
    listen: String,
    public: String,
}

impl FixedServer {
    fn new() -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let (listen, public) =
            (format!("listen.address={address}"), format!("listen.public=https://{address}"));
        Self { machine: TestMachine::with_example(), listen, public }
    }

    fn serve(&self) -> CliServer {
        CliServer::start_command(&self.machine, &["serve"], &[&self.listen, &self.public])
    }

    fn enrol(&self, account: &str, role: &str) {
        enrol_phone(&self.machine, &self.public, account, role, "com-29242-2");
    }

    /// Fills in and submits a report: two commands.
    fn fill(&self, phone: &str, report: &str) {
        self.machine.run_ok(&[
            "field",
            "fill",
            report,
            "so_offences=2",
            "reports_received=nil",
            "reports_accepted=nil",
            "reports_handled=nil",
            "reports_resolved=nil",
            "--note",
            NOTE,
            "--submit",
            "--phone",
            phone,
        ]);
    }

    /// Exports the phone's commands; returns their number.
    fn export(&self, phone: &str, file: &str) -> u64 {
        let done = self.run_json(&["field", "export-commands", "--phone", phone, "-o", file]);
        done["commands"].as_u64().unwrap()
    }

    fn import(&self, file: &str, head: &str) -> Value {
        self.run_json(&["access", "import-commands", file, "--head", head])
    }

    fn run_json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.machine.run_ok(&arguments)).unwrap()
    }
}

#[test]
fn what_a_phone_exported_before_it_was_revoked_is_held_once_for_the_unit_head() {
    let server = FixedServer::new();
    let machine = &server.machine;
    let serving = server.serve();
    server.enrol("xa-1", "REPORTER");
    server.enrol("truong", "UNIT_HEAD");
    let report = due_reports(machine, "xa-1").remove(0);
    drop(serving);
    server.fill("xa-1", &report);
    assert_eq!(server.export("xa-1", "xa-1.lenh"), 2, "typed without a connection");
    let file = std::fs::read(machine.path("xa-1.lenh")).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains(NOTE), "only the authority reads it");

    let import = ["access", "import-commands", "xa-1.lenh", "--head", "truong"];
    let active = machine.run(&import);
    assert!(active.code == 1 && active.err.contains("DEVICE_NOT_REVOKED"), "{active:?}");
    machine.run_ok(&["access", "revoke", "--account", "xa-1"]);
    let copy = machine.path("copy").display().to_string();
    let seen = server.run_json(&["backup", "--to", &copy])["seq"].to_string();
    let stranger = server.import("xa-1.lenh", "xa-1");
    assert_eq!(stranger["refused"].as_array().unwrap().len(), 2, "no unit head: {stranger}");
    let done = server.import("xa-1.lenh", "truong");
    assert_eq!((&done["held"], &done["refused"]), (&json!([1, 2]), &json!([])), "{done}");
    let again = server.import("xa-1.lenh", "truong");
    assert_eq!((&again["held"], &again["known"]), (&json!([]), &json!([1, 2])), "{again}");
    let head = AccountId::from_code("truong").to_string();
    let lines = server.run_json(&["audit", "show", "--purpose", "check", "--after", &seen]);
    let imports =
        lines.as_array().unwrap().iter().filter(|line| line["action"] == "command.import");
    let accounts: Vec<&str> = imports.map(|line| line["account"].as_str().unwrap()).collect();
    assert_eq!(accounts, [&head, &head], "the audit names who imported");

    let serving = server.serve();
    machine.run_ok(&["field", "sync", "--phone", "truong"]);
    let held = server.run_json(&["review", "held", "--phone", "truong"]);
    let held = held.as_array().unwrap();
    assert_eq!(held.len(), 2, "{held:?}");
    let (saves, submits): (Vec<&Value>, Vec<&Value>) =
        held.iter().partition(|one| one["cells"] != "");
    for one in [saves[0], submits[0]] {
        let id = one["held"].as_str().unwrap();
        machine.run_ok(&["review", "settle-held", id, "--phone", "truong"]);
    }
    let sent = machine.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(sent.contains("com-29242-2") && sent.contains(NOTE), "{sent}");
    let settled = server.import("xa-1.lenh", "truong");
    assert_eq!((&settled["held"], &settled["known"]), (&json!([]), &json!([1, 2])), "{settled}");
    let revoked = machine.run(&["field", "sync", "--phone", "xa-1"]);
    assert!(revoked.code == 1 && revoked.err.contains("STOPPED"), "S19 stays: {revoked:?}");
    drop(serving);
}

#[test]
fn a_restored_server_takes_the_export_of_a_phone_that_it_has_forgotten() {
    let server = FixedServer::new();
    let machine = &server.machine;
    let serving = server.serve();
    server.enrol("truong", "UNIT_HEAD");
    let second = machine.path("second").display().to_string();
    machine.run_ok(&["backup", "--to", &second]);
    server.enrol("xa-1", "REPORTER");
    let report = due_reports(machine, "xa-1").remove(0);
    server.fill("xa-1", &report);
    assert_eq!(server.export("xa-1", "xa-1.lenh"), 2, "acknowledged, but in no backup");
    machine.run_ok(&["access", "revoke", "--account", "xa-1"]);
    drop(serving);

    let mut copies = std::fs::read_dir(&second).unwrap().map(|entry| entry.unwrap().path());
    let copy = copies.find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    let copy = copy.display().to_string();
    let restored = server.run_json(&["restore", &copy, "--force"]);
    assert_eq!(restored["revoked_devices"][0]["commands"], json!([1, 2]), "{restored}");
    let done = server.import("xa-1.lenh", "truong");
    assert_eq!((&done["held"], &done["refused"]), (&json!([1, 2]), &json!([])), "{done}");
}

#[test]
fn a_changed_export_and_one_of_another_authority_are_refused() {
    let server = FixedServer::new();
    let serving = server.serve();
    server.enrol("xa-1", "REPORTER");
    server.export("xa-1", "xa-1.lenh");
    let refused = |machine: &TestMachine, file: &str| {
        let done = machine.run(&["access", "import-commands", file, "--head", "xa-1"]);
        assert!(done.code == 1 && done.err.contains("EXPORT_REFUSED"), "{done:?}");
    };
    let whole = server.machine.path("xa-1.lenh");
    let mut bytes = std::fs::read(&whole).unwrap();
    refused(&TestMachine::with_example(), &whole.display().to_string());
    let last = bytes.len() - 1;
    bytes[last] ^= 1; // The device's signature.
    std::fs::write(server.machine.path("signature"), &bytes).unwrap();
    refused(&server.machine, "signature");
    bytes[last] ^= 1;
    bytes[last - 100] ^= 1; // The sealed commands.
    std::fs::write(server.machine.path("sealed"), &bytes).unwrap();
    refused(&server.machine, "sealed");
    drop(serving);
}
