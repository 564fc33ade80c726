//! A weekly report from two terminals: a commune reports, the level above returns it with a
//! question, then accepts.

use super::{CliServer, TestMachine};

const COMMUNE: &str = "com-29242-2";

/// A terminal of a new account with this role on this unit.
fn enrol_terminal(
    machine: &TestMachine,
    serving: &CliServer,
    account: &str,
    role: &str,
    unit: &str,
) {
    let public = format!("listen.public={}", serving.address);
    machine.run_ok(&["access", "grant", "--account", account, "--role", role, "--unit", unit]);
    let code =
        machine.run_ok(&["access", "enrol", "--account", account, "--json", "--set", &public]);
    let invitation = code.split('"').find(|part| part.starts_with("thidua:1?")).unwrap().to_owned();
    machine.run_ok(&["field", "enrol", &invitation, "--phone", account]);
}

#[test]
fn a_report_goes_up_comes_back_with_a_question_and_is_accepted() {
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    enrol_terminal(&machine, &serving, "xa", "REPORTER", COMMUNE);
    enrol_terminal(&machine, &serving, "tinh", "REVIEWER", "prov-86-2025");

    let due = machine.run_ok(&["field", "due", "--phone", "xa"]);
    let weekly = due.lines().find(|line| line.contains("Weekly report")).unwrap();
    let report = weekly.split(' ').next().unwrap();
    let refused = machine.run(&["field", "fill", report, "so_offences=-1", "--phone", "xa"]);
    assert!(refused.code == 1 && refused.err.contains("VALUE_OUT_OF_RANGE"), "{refused:?}");
    assert!(
        machine
            .run_ok(&["field", "fill", report, "--nil", "--submit", "--phone", "xa"])
            .contains(": sent")
    );

    machine.run_ok(&["field", "sync", "--phone", "tinh"]);
    assert!(machine.run_ok(&["review", "queue", "--phone", "tinh"]).contains(report));
    machine.run_ok(&[
        "review",
        "return",
        report,
        "--text",
        "Please check the week",
        "--phone",
        "tinh",
    ]);
    machine.run_ok(&["field", "sync", "--phone", "xa"]);
    let shown = machine.run_ok(&["field", "show", report, "--phone", "xa"]);
    assert!(
        shown.contains("RETURNED") && shown.contains("CHECK_FIGURE Please check the week"),
        "{shown}"
    );
    machine.run_ok(&["field", "fill", report, "so_offences=1", "--submit", "--phone", "xa"]);

    machine.run_ok(&["field", "sync", "--phone", "tinh"]);
    machine.run_ok(&["review", "accept", report, "--phone", "tinh"]);
    let exported = machine.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(exported.contains("ACCEPTED") && exported.contains("com-29242-2"), "{exported}");
    assert_eq!(machine.run_ok(&["access", "devices"]).lines().count(), 3);
}

#[test]
fn a_terminal_whose_role_ended_names_the_commands_that_the_desk_holds_instead_of_calling_them_sent()
{
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    enrol_terminal(&machine, &serving, "xa", "REPORTER", COMMUNE);
    enrol_terminal(&machine, &serving, "truong-xa", "UNIT_HEAD", COMMUNE);
    let due = machine.run_ok(&["field", "due", "--phone", "xa"]);
    let weekly = due.lines().find(|line| line.contains("Weekly report")).unwrap();
    let report = weekly.split(' ').next().unwrap();
    let ended = ["--from", "2020-01-01", "--to", "2020-01-02"];
    let grant = ["access", "grant", "--account", "xa", "--role", "REPORTER", "--unit", COMMUNE];
    machine.run_ok(&[&grant[..], &ended].concat());

    let told = "command 2: HELD GRANT_LOST Held at Phường Trà Vinh";
    let filled = machine.run_ok(&["field", "fill", report, "--nil", "--submit", "--phone", "xa"]);
    assert!(filled.contains(told) && !filled.contains(": sent"), "{filled}");
    for command in [vec!["sync"], vec!["outbox"], vec!["show", report]] {
        let arguments = [vec!["field"], command, vec!["--phone", "xa"]].concat();
        let shown = machine.run_ok(&arguments);
        assert!(shown.contains("command 1: HELD") && shown.contains(told), "{shown}");
    }
    let json = machine.run_ok(&["field", "outbox", "--json", "--phone", "xa"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["waiting"], &json["held"][1]["command"]), (&0.into(), &2.into()), "{json}");
    machine.run_ok(&["field", "sync", "--phone", "truong-xa"]);
    let desk = machine.run_ok(&["review", "held", "--phone", "truong-xa"]);
    assert_eq!(desk.matches("GRANT_LOST").count(), 2, "{desk}");
}
