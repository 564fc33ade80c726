//! A week from two terminals: a commune reports, the level above asks back, then accepts.

use super::{Machine, Serving};

#[test]
fn a_report_goes_up_comes_back_with_a_question_and_is_accepted() {
    let machine = Machine::with_province();
    let serving = Serving::on(&machine);
    let enrol = |account: &str, role: &str, unit: &str| {
        let public = format!("listen.public={}", serving.address);
        let grant = ["access", "grant", "--account", account, "--role", role, "--unit", unit];
        machine.done(&grant);
        let code = machine.done(&["access", "enrol", "--account", account, "--json", "--set", &public]);
        let invitation = code.split('"').find(|part| part.starts_with("thidua:1?")).unwrap().to_owned();
        machine.done(&["field", "enrol", &invitation, "--phone", account]);
    };
    enrol("xa", "REPORTER", "com-29242-2");
    enrol("tinh", "REVIEWER", "prov-86-2025");

    let due = machine.done(&["field", "due", "--phone", "xa"]);
    let weekly = due.lines().find(|line| line.contains("Weekly report")).unwrap();
    let report = weekly.split(' ').next().unwrap();
    let refused = machine.run(&["field", "fill", report, "so_offences=-1", "--phone", "xa"]);
    assert!(refused.code == 1 && refused.err.contains("VALUE_OUT_OF_RANGE"), "{refused:?}");
    assert!(machine.done(&["field", "fill", report, "--nil", "--submit", "--phone", "xa"]).contains(": sent"));

    machine.done(&["field", "sync", "--phone", "tinh"]);
    assert!(machine.done(&["review", "queue", "--phone", "tinh"]).contains(report));
    machine.done(&["review", "return", report, "--text", "Please check the week", "--phone", "tinh"]);
    machine.done(&["field", "sync", "--phone", "xa"]);
    let asked = machine.done(&["field", "show", report, "--phone", "xa"]);
    assert!(asked.contains("RETURNED") && asked.contains("CHECK_FIGURE Please check the week"), "{asked}");
    machine.done(&["field", "fill", report, "so_offences=1", "--submit", "--phone", "xa"]);

    machine.done(&["field", "sync", "--phone", "tinh"]);
    machine.done(&["review", "accept", report, "--phone", "tinh"]);
    let exported = machine.done(&["report", "export", "--csv", "tuan-xa"]);
    assert!(exported.contains("ACCEPTED") && exported.contains("com-29242-2"), "{exported}");
    assert_eq!(machine.done(&["access", "devices"]).lines().count(), 3);
}
