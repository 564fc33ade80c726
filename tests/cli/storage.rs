//! Where the data is stored: a move to another database and back, a full disk, a backup directory
//! that is still empty. Real processes.

use super::backups::{due_reports, enrol_phone};
use super::pg::TestDb;
use super::serve::free_port;
use super::{CliServer, TestMachine};
use std::process::Command;

#[test]
fn a_database_moves_to_postgresql_and_back_and_the_phone_notices_nothing() {
    let Some(db) = TestDb::create() else { return };
    let machine = TestMachine::with_example();
    let address = format!("127.0.0.1:{}", free_port());
    let (listen, public) =
        (format!("listen.address={address}"), format!("listen.public=https://{address}"));
    let serve = |url: &str| {
        CliServer::start_command(
            &machine,
            &["serve"],
            &[&listen, &public, &format!("database.url={url}")],
        )
    };
    let synced = || machine.run_ok(&["field", "sync", "--phone", "xa-1", "--json"]);
    let serving = serve("sqlite:thidua.db");
    enrol_phone(&machine, &public, "xa-1", "REPORTER", "com-29242-2");
    let weeks = due_reports(&machine, "xa-1");
    let fill = |week: &str| {
        machine.run_ok(&["field", "fill", week, "--nil", "--submit", "--phone", "xa-1"])
    };
    assert!(fill(&weeks[0]).contains(": sent"));

    let first = format!("sqlite:{}", machine.path("data/thidua.db").display());
    let busy = machine.run(&["move", "--from", &first, "--to", db.url()]);
    assert!(busy.code == 1 && busy.err.contains("end the server first"), "{busy:?}");
    drop(serving);
    let moved_there = machine.run_ok(&["move", "--from", &first, "--to", db.url(), "--json"]);
    let old = machine.try_grant_role("y", "AUDITOR", "prov-86-2025");
    assert!(old.err.contains("SERVER_SUPERSEDED"), "one writer: {old:?}");
    let full = machine.run(&["move", "--from", &first, "--to", db.url()]);
    assert_eq!(full.code, 1, "a place that holds data is not written over: {full:?}");

    let serving = serve(db.url());
    let answer = synced();
    assert!(answer.contains("\"resets\": 0") && answer.contains("\"agrees\": true"), "{answer}");
    assert!(fill(&weeks[1]).contains(": sent"));
    drop(serving);
    let second = format!("sqlite:{}", machine.path("data/back.db").display());
    let moved_back = machine.run_ok(&["move", "--from", db.url(), "--to", &second, "--json"]);
    assert_ne!(moved_there, moved_back, "a report more");
    let serving = serve(&second);
    let answer = synced();
    assert!(answer.contains("\"resets\": 0") && answer.contains("\"agrees\": true"), "{answer}");
    drop(serving);
    let diagnosis = machine.run(&["doctor", "--full", "--set", &format!("database.url={second}")]);
    assert!(!diagnosis.out.contains("DAMAGED"), "{diagnosis:?}");
}

/// Limits the size of any file that the process writes; `false` where `prlimit` is missing.
fn limit_file_size(process: u32, bytes: &str) -> bool {
    let limit = format!("--fsize={bytes}:unlimited");
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), &limit]).status();
    set.is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_refuses_clearly_loses_nothing_acknowledged_and_goes_on_by_itself_when_there_is_room()
{
    let machine = TestMachine::with_example();
    let address = format!("127.0.0.1:{}", free_port());
    let (listen, public) =
        (format!("listen.address={address}"), format!("listen.public=https://{address}"));
    // At the limit the process receives the signal SIGXFSZ, which a full disk does not send.
    let binary = env!("CARGO_BIN_EXE_thidua");
    let script = format!("trap '' XFSZ; exec {binary} serve --json --set {listen} --set {public}");
    let serving = CliServer::spawn(machine.shell_command(&script));
    enrol_phone(&machine, &public, "xa-1", "REPORTER", "com-29242-2");
    let weeks = due_reports(&machine, "xa-1");
    let fill =
        |week: &str| machine.run(&["field", "fill", week, "--nil", "--submit", "--phone", "xa-1"]);
    assert!(fill(&weeks[0]).out.contains(": sent"));
    if !limit_file_size(serving.child.id(), "4096") {
        println!("skipped: no prlimit on this machine");
        return;
    }
    let refused = fill(&weeks[1]);
    assert!(
        refused.err.contains("safely and will be sent later"),
        "nothing is acknowledged that is not on disk: {refused:?}"
    );
    assert!(limit_file_size(serving.child.id(), "unlimited"));
    machine.run_ok(&["field", "sync", "--phone", "xa-1"]);
    let answer = machine.run_ok(&["field", "sync", "--phone", "xa-1", "--json"]);
    assert!(answer.contains("\"agrees\": true"), "{answer}");
    drop(serving);
    let exported = machine.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(exported.matches("com-29242-2").count() >= 2, "{exported}");
    assert!(!machine.run(&["doctor", "--full"]).out.contains("DAMAGED"));
}

#[test]
fn a_second_place_that_is_still_empty_counts_as_no_backup_until_a_verified_copy_lies_there_and_a_drill_opens_it()
 {
    let machine = TestMachine::with_example();
    let second = machine.path("second").display().to_string();
    let key = format!("backup.second={second}");
    let drill = || machine.run_ok(&["jobs", "run", "restore-drill", "--set", &key]);
    assert!(machine.run_ok(&["doctor", "--set", &key]).contains("NO BACKUP"));
    assert!(drill().contains("NO BACKUP"));
    machine.run_ok(&["backup", "--set", &key]);
    assert!(machine.run_ok(&["doctor", "--set", &key]).contains("no problems found"));
    assert!(drill().contains("was restored aside"));
    assert!(!machine.path("data/backups/thidua-drill.db").exists());
    let copy = std::fs::read_dir(&second).unwrap().map(|entry| entry.unwrap().path());
    let copy =
        copy.into_iter().find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&copy, bytes).unwrap();
    let failed = machine.run(&["jobs", "run", "restore-drill", "--set", &key]);
    assert!(failed.code == 1, "{failed:?}");
}

#[test]
fn init_keeps_the_second_place_it_was_told_of_and_says_no_backup_until_there_is_one() {
    let machine = TestMachine::new();
    let second = machine.path("second").display().to_string();
    assert!(
        machine
            .run_ok(&["init", "--set", &format!("backup.second={second}")])
            .contains("NO BACKUP")
    );
    let backup = machine.run_ok(&["jobs", "run", "backup"]);
    assert!(backup.contains("in two places"), "the nightly job needs no further word: {backup}");
    assert!(machine.run_ok(&["doctor"]).contains("no problems found"));
    let other = TestMachine::new();
    other.run_ok(&["init"]);
    let advice = other.run_ok(&["--lang", "vi", "doctor"]);
    assert!(
        advice.ends_with("Việc cần làm trước:\n 1. đặt backup.second rồi chạy: thidua backup\n"),
        "{advice}"
    );
}

#[test]
fn a_postgresql_that_nobody_else_holds_counts_as_no_backup() {
    let Some(db) = TestDb::create() else { return };
    let machine = TestMachine::new();
    let output = machine.run_ok(&["init", "--set", &format!("database.url={}", db.url())]);
    assert!(output.contains("NO BACKUP: this PostgreSQL has neither"), "{output}");
    let advice = machine.run_ok(&["doctor"]);
    assert!(
        advice.contains("NO_BACKUP") && advice.contains("1. set up a synchronous replica"),
        "{advice}"
    );
}
