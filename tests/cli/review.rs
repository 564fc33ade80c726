//! A weekly report from two terminals: a commune reports, the level above returns it with a
//! question, then accepts.

use super::{CliServer, TestMachine};

const COMMUNE: &str = "com-29242-2";

/// A terminal of a new account with this role on this unit.
pub(super) fn enrol_terminal(
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
    let set = machine.run(&["export", "reports", "--form", "tuan-xa", "--format", "dhis2-json"]);
    let told: serde_json::Value = serde_json::from_str(&set.out).unwrap();
    let values = told["dataValues"].as_array().unwrap();
    assert_eq!((values.len(), &values[0]["value"]), (1, &"1".into()), "{told}");
    assert!(set.err.contains("nothing occurred\"; cells: 4 (com-29242-2"), "{set:?}");
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

/// The first days of the last whole week, of the week before, and of that week last year.
fn weeks() -> [jiff::civil::Date; 3] {
    use jiff::ToSpan as _;
    let today = thidua::clock::Clock::System.now().local_date();
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    [7, 14, 7 + 364].map(|days| monday.saturating_sub(days.days()))
}

/// Fills in and sends the week that begins on this day; returns the report's id.
fn send_week(
    machine: &TestMachine,
    phone: &str,
    first: jiff::civil::Date,
    offences: &str,
) -> String {
    let (from, to) =
        (first.to_string(), first.saturating_add(jiff::Span::new().days(6)).to_string());
    let due = ["field", "due", "--from", &from, "--to", &to, "--json", "--phone", phone];
    let due: serde_json::Value = serde_json::from_str(&machine.run_ok(&due)).unwrap();
    let is_week = |one: &&serde_json::Value| one["form"] == "Weekly report of a commune";
    let week = due.as_array().unwrap().iter().find(is_week).unwrap();
    let report = week["report"].as_str().unwrap().to_owned();
    machine.run_ok(&["field", "fill", &report, "--nil", "--phone", phone]);
    let figure = format!("so_offences={offences}");
    machine.run_ok(&["field", "fill", &report, &figure, "--submit", "--phone", phone]);
    report
}

fn batch(machine: &TestMachine, typed: &str) -> super::CommandOutput {
    use std::io::Write as _;
    let mut command = machine.command(&["review", "batch", "--phone", "tinh"]);
    let streams = [std::process::Stdio::piped(), std::process::Stdio::piped()];
    let [stdout, stderr] = streams;
    command.stdin(std::process::Stdio::piped()).stdout(stdout).stderr(stderr);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    super::CommandOutput::from(child.wait_with_output().unwrap())
}

#[test]
fn a_reviewer_sees_last_week_and_last_year_beside_each_figure_and_accepts_what_was_shown() {
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    let units = [("mua", "com-29242-2"), ("vot", "com-29254-2"), ("khong", "com-29266-2")];
    for (phone, unit) in units {
        enrol_terminal(&machine, &serving, phone, "REPORTER", unit);
    }
    enrol_terminal(&machine, &serving, "tinh", "REVIEWER", "prov-86-2025");
    let [now, before, last_year] = weeks();
    let mut past = Vec::new();
    for (phone, figures) in [("mua", ["19", "3"]), ("vot", ["2", "3"])] {
        past.push(send_week(&machine, phone, last_year, figures[0]));
        past.push(send_week(&machine, phone, before, figures[1]));
    }
    machine.run_ok(&["field", "sync", "--phone", "tinh"]);
    for report in &past {
        machine.run_ok(&["review", "accept", report, "--phone", "tinh"]);
    }
    let seasonal = send_week(&machine, "mua", now, "20");
    let jump = send_week(&machine, "vot", now, "20");
    let nil = send_week(&machine, "khong", now, "nil");
    machine.run_ok(&["field", "sync", "--phone", "tinh"]);

    let sheet = machine.run_ok(&["review", "batch", "--json", "--phone", "tinh"]);
    let sheet: serde_json::Value = serde_json::from_str(&sheet).unwrap();
    let order: Vec<&str> =
        sheet.as_array().unwrap().iter().map(|one| one["report"].as_str().unwrap()).collect();
    assert_eq!(order, [&jump, &seasonal, &nil], "a jump that no season explains stands first");
    let codes =
        |at: usize| sheet[at]["concerns"].as_array().unwrap().last().unwrap()["code"].clone();
    assert_eq!((codes(0), codes(1)), ("MOVED_AGAINST_BOTH".into(), "MOVED".into()));
    let offences = &sheet[1]["figures"][0];
    assert_eq!((&offences["last_period"], &offences["last_year"]), (&3.into(), &19.into()));

    let none = batch(&machine, "\n");
    assert!(none.code == 0 && none.out.contains("no report was accepted"), "{none:?}");
    let shown = none.out.lines().find(|line| line.contains("so_offences")).unwrap();
    assert_eq!(
        shown.split_whitespace().collect::<Vec<_>>(),
        ["!", "so_offences:", "20,", "last", "period", "3,", "same", "period", "last", "year", "2"]
    );
    // In the meantime the commune corrects the report that was shown first.
    machine.run_ok(&["field", "fill", &jump, "so_offences=2", "--phone", "vot"]);
    let accepted = batch(&machine, "1-9\n1-3\n");
    assert!(
        accepted.err.contains("numbers from 1 to 3"),
        "a wrong range is asked again: {accepted:?}"
    );
    assert!(accepted.code == 1 && accepted.out.contains("2 reports accepted"), "{accepted:?}");
    assert!(
        accepted.err.contains("CONTENT_CHANGED") && accepted.err.contains(&jump),
        "{accepted:?}"
    );
    let state = |report: &str| {
        let exported = machine.run_ok(&["review", "show", report, "--json", "--phone", "tinh"]);
        serde_json::from_str::<serde_json::Value>(&exported).unwrap()["status"].clone()
    };
    assert_eq!([state(&seasonal), state(&nil)], ["ACCEPTED", "ACCEPTED"]);
    assert_ne!(state(&jump), "ACCEPTED", "what was shown is no longer what stands");
}

#[test]
fn a_proposal_is_shown_beside_its_report_and_granted_only_for_the_content_that_was_shown() {
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    enrol_terminal(&machine, &serving, "xa", "REPORTER", COMMUNE);
    enrol_terminal(&machine, &serving, "tinh", "REVIEWER", "prov-86-2025");
    let report = send_week(&machine, "xa", weeks()[0], "3");
    machine.run_ok(&["field", "sync", "--phone", "tinh"]);
    machine.run_ok(&["review", "accept", &report, "--phone", "tinh"]);
    machine.run_ok(&["field", "sync", "--phone", "xa"]);
    let propose = ["field", "propose", &report, "so_offences=5", "--reason", "typing error"];
    machine.run_ok(&[&propose[..], &["--phone", "xa"]].concat());
    machine.run_ok(&["field", "sync", "--phone", "tinh"]);
    let proposals = machine.run_ok(&["review", "proposals", "--json", "--phone", "tinh"]);
    let proposals: serde_json::Value = serde_json::from_str(&proposals).unwrap();
    let proposal = proposals[0]["proposal"].as_str().unwrap();
    let amend = |further: &[&str]| {
        machine.run(&[&["review", "amend", proposal, "--phone", "tinh"], further].concat())
    };
    let figure = || {
        let shown = machine.run_ok(&["review", "show", &report, "--json", "--phone", "tinh"]);
        serde_json::from_str::<serde_json::Value>(&shown).unwrap()["cells"]["so_offences"].clone()
    };
    let shown = amend(&[]);
    assert!(shown.code == 0 && shown.err.contains("Nothing is decided"), "{shown:?}");
    assert_eq!(figure(), "3", "showing grants nothing");
    let refused = amend(&["--grant", &"ab".repeat(32)]);
    assert!(refused.code == 1 && refused.err.contains("CONTENT_CHANGED"), "{refused:?}");
    let hash = shown.out.lines().last().unwrap().strip_prefix("hash ").unwrap().to_owned();
    let granted = amend(&["--grant", &hash]);
    assert_eq!(granted.code, 0, "{granted:?}");
    assert_eq!(figure(), "5");
}
