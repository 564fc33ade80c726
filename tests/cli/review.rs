//! A weekly report from two terminals: a commune reports, the level above returns it with a
//! question, then accepts.

use super::{CliServer, TestMachine};

#[test]
fn a_report_goes_up_comes_back_with_a_question_and_is_accepted() {
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    let enrol = |account: &str, role: &str, unit: &str| {
        let public = format!("listen.public={}", serving.address);
        let grant = ["access", "grant", "--account", account, "--role", role, "--unit", unit];
        machine.run_ok(&grant);
        let code =
            machine.run_ok(&["access", "enrol", "--account", account, "--json", "--set", &public]);
        let invitation =
            code.split('"').find(|part| part.starts_with("thidua:1?")).unwrap().to_owned();
        machine.run_ok(&["field", "enrol", &invitation, "--phone", account]);
    };
    enrol("xa", "REPORTER", "com-29242-2");
    enrol("tinh", "REVIEWER", "prov-86-2025");

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
