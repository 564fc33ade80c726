//! Backups, a second machine, and the doctor's findings about both, with real processes.

use super::serve::free_port;
use super::{CliServer, TestMachine};

/// Creates an account and enrols a phone for it at the running server.
pub(super) fn enrol_phone(
    machine: &TestMachine,
    public: &str,
    account: &str,
    role: &str,
    unit: &str,
) {
    machine.grant_role(account, role, unit);
    let code =
        machine.run_ok(&["access", "enrol", "--account", account, "--json", "--set", public]);
    let invitation = code.split('"').find(|part| part.starts_with("thidua:1?")).unwrap().to_owned();
    machine.run_ok(&["field", "enrol", &invitation, "--phone", account]);
}

/// The ids of the weekly reports that are due on this phone.
pub(super) fn due_reports(machine: &TestMachine, phone: &str) -> Vec<String> {
    let lines = machine.run_ok(&["field", "due", "--phone", phone]);
    let weekly = lines.lines().filter(|line| line.contains("Weekly report"));
    weekly.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_copy_is_verified_brought_to_a_second_place_and_restored_only_when_nobody_serves() {
    let machine = TestMachine::with_example();
    let diagnosis = machine.run(&["doctor"]);
    assert!(
        diagnosis.code == 0
            && diagnosis.out.contains("NO_BACKUP")
            && diagnosis.out.contains("set backup.second"),
        "{diagnosis:?}"
    );
    let second = machine.path("second").display().to_string();
    let backup = machine.run_ok(&["backup", "--to", &second, "--json"]);
    assert!(backup.contains("\"safe\": true"), "{backup}");
    let copy = std::fs::read_dir(&second)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string());
    let copy = copy.into_iter().find(|path| path.ends_with(".db")).unwrap();
    assert!(machine.run_ok(&["verify-backup", &copy]).contains("intact: history 1"));
    let key = format!("backup.second={second}");
    assert!(machine.run_ok(&["doctor", "--full", "--set", &key]).contains("no problems found"));

    let serving = CliServer::start(&machine);
    let busy = machine.run(&["restore", &copy, "--force"]);
    assert!(busy.code == 1 && busy.err.contains("end the server first"), "{busy:?}");
    drop(serving);
    assert!(machine.run(&["restore", &copy]).err.contains("DATABASE_THERE"));
    machine.grant_role("x", "AUDITOR", "prov-86-2025");
    let restored = machine.run_ok(&["restore", &copy, "--force"]);
    assert!(
        restored.contains("history 2 begins") && restored.contains("to be done again:"),
        "{restored}"
    );
    let again = "access.enrol: x AUDITOR (";
    assert!(restored.contains(again) && restored.contains("prov-86-2025)"), "{restored}");
    // The same backup again: phones of the second history must see a third, not another second.
    assert!(machine.run_ok(&["restore", &copy, "--force"]).contains("history 3 begins"));

    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(7);
    std::fs::write(&copy, bytes).unwrap();
    let damaged = machine.run(&["verify-backup", &copy]);
    assert!(damaged.code == 1 && damaged.err.contains("DAMAGED"), "{damaged:?}");
}

/// Copies keys, certificates and configuration, as an operator does when setting up a machine.
fn copy_keys(first: &TestMachine, second: &TestMachine) {
    for file in ["authority.key", "seal.key", "thidua.toml"] {
        std::fs::copy(first.path("data").join(file), second.path("data").join(file)).unwrap();
    }
    std::fs::create_dir_all(second.path("data/tls")).unwrap();
    for entry in std::fs::read_dir(first.path("data/tls")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), second.path("data/tls").join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_second_machine_takes_over_gets_everything_acknowledged_and_the_old_one_writes_no_more() {
    let (first, second) = (TestMachine::with_example(), TestMachine::new());
    let [one, two] = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
    let (public, copies) =
        (format!("listen.public=https://{one},https://{two}"), second.path("copies"));
    let to = copies.display().to_string();
    let serve = |machine: &TestMachine, address: &str, command: &[&str]| {
        CliServer::start_command(machine, command, &[&format!("listen.address={address}"), &public])
    };
    let serving = serve(&first, &one, &["serve"]);
    for (account, unit) in [("xa-1", "com-29242-2"), ("xa-2", "com-29410-0")] {
        enrol_phone(&first, &public, account, "REPORTER", unit);
    }
    let fill = |report: &str, phone: &str| {
        first.run_ok(&["field", "fill", report, "--nil", "--submit", "--phone", phone])
    };
    let (first_reports, second_reports) =
        (due_reports(&first, "xa-1"), due_reports(&first, "xa-2"));
    assert!(fill(&first_reports[0], "xa-1").contains(": sent"));
    first.run_ok(&["backup", "--to", &to]);
    assert!(
        fill(&second_reports[0], "xa-2").contains(": sent"),
        "acknowledged by the first machine alone"
    );
    drop(serving); // Killed.

    std::fs::create_dir_all(second.path("data")).unwrap();
    assert!(second.run(&["promote", "--from", &to]).err.contains("KEYS_MISSING"));
    copy_keys(&first, &second);
    let promoted = serve(&second, &two, &["promote", "--from", &to]);
    for phone in ["xa-2", "xa-1"] {
        first.run_ok(&["field", "sync", "--phone", phone]);
    }
    let exported = second.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(exported.contains("com-29242-2") && exported.contains("com-29410-0"), "{exported}");

    // The first machine restarts; the first phone that presents the newer history ends its writing.
    drop(promoted);
    let old = serve(&first, &one, &["serve"]);
    let synced = first.run(&["field", "sync", "--phone", "xa-1"]);
    assert_eq!(synced.code, 1, "{synced:?}");
    drop(old);
    let refused = first.try_grant_role("y", "AUDITOR", "prov-86-2025");
    assert!(refused.code == 1 && refused.err.contains("SERVER_SUPERSEDED"), "{refused:?}");
    let diagnosis = first.run(&["doctor"]);
    assert!(diagnosis.code == 1 && diagnosis.out.contains("SERVER_SUPERSEDED"), "{diagnosis:?}");
    let again = serve(&second, &two, &["serve"]);
    first.run_ok(&["field", "sync", "--phone", "xa-1"]);
    drop(again);
}

#[test]
fn a_restore_names_the_commands_of_a_device_that_was_revoked_after_the_copy() {
    let machine = TestMachine::with_example();
    let public = format!("127.0.0.1:{}", free_port());
    let (listen, public) =
        (format!("listen.address={public}"), format!("listen.public=https://{public}"));
    let serving = CliServer::start_command(&machine, &["serve"], &[&listen, &public]);
    for account in ["xa-1", "xa-2"] {
        enrol_phone(&machine, &public, account, "REPORTER", "com-29242-2");
    }
    let reports = due_reports(&machine, "xa-1");
    let fill = |report: &str, phone: &str| {
        machine.run_ok(&["field", "fill", report, "--nil", "--submit", "--phone", phone])
    };
    fill(&reports[0], "xa-1");
    let second = machine.path("second").display().to_string();
    machine.run_ok(&["backup", "--to", &second]);
    fill(&reports[1], "xa-1");
    fill(&reports[2], "xa-2");
    let revoked = machine.run_ok(&["access", "revoke", "--account", "xa-1", "--json"]);
    let device = revoked.split('"').find(|part| part.len() == 32).unwrap().to_owned();
    drop(serving);

    let mut copies = std::fs::read_dir(&second).unwrap().map(|entry| entry.unwrap().path());
    let copy = copies.find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    let copy = copy.display().to_string();
    let restored = machine.run_ok(&["restore", &copy, "--force", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&restored).unwrap();
    let lost = serde_json::json!([{ "device": device, "last_in_copy": 2, "commands": [3, 4] }]);
    assert_eq!(answer["revoked_devices"], lost, "the other phone sends its own again: {restored}");

    // Without the old database the file of revocations still names the device.
    std::fs::remove_file(machine.path("data/thidua.db")).unwrap();
    let restored = machine.run_ok(&["restore", &copy]);
    assert!(
        restored.contains(&device)
            && restored.contains("up to number 2")
            && restored.contains("import-commands"),
        "{restored}"
    );
}
