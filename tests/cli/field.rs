//! A reporter at a terminal: a report is named as people name it, a wrong entry is asked again, and
//! figures are read and printed with the decimals of their element.

use super::review::enrol_terminal;
use super::{CliServer, CommandOutput, TestMachine};
use jiff::ToSpan as _;
use jiff::civil::Date;

const ELEMENTS: &str = r#"
[[elements]]
code = "patrols"
name_vi = "Số lượt tuần tra"
name_en = "Patrols"
unit_of_count = "lượt"
kind = "FLOW"
level = "COMMUNE"
max = 5000

[[elements]]
code = "tonnes"
name_vi = "Số tấn rác"
name_en = "Tonnes"
unit_of_count = "tấn"
kind = "FLOW"
level = "COMMUNE"
scale = 3
max = 1000000

[[elements]]
code = "litres"
name_vi = "Số lít"
name_en = "Litres"
unit_of_count = "lít"
kind = "FLOW"
level = "COMMUNE"
scale = 1
max = 9990
"#;

const FORMS: &str = r#"
[[forms]]
code = "tuan"
name_vi = "Báo cáo tuần"
name_en = "Weekly"
elements = ["patrols", "tonnes"]

[[forms]]
code = "thang"
name_vi = "Báo cáo tháng"
name_en = "Monthly"
elements = ["litres"]

[[contracts]]
code = "tuan"
form = "tuan"
level = "COMMUNE"
calendar = "week"
due_days = 1
grace_days = 2
reviewers = ["PROVINCE"]

[[contracts]]
code = "thang"
form = "thang"
level = "COMMUNE"
calendar = "month"
due_days = 1
grace_days = 2
reviewers = ["PROVINCE"]
"#;

/// A commune that reports weekly and monthly, whose terminal is the file `c1`.
fn with_reporter() -> (TestMachine, CliServer) {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    std::fs::create_dir(machine.path("org")).unwrap();
    machine.write(
        "org/units.csv",
        "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n\
         p1,01,Tỉnh Thử,tinh,province,,,\nc1,00123,Xã Một,xa,commune,,,\n",
    );
    machine.write(
        "org/parents.csv",
        "child_uid,parent_uid,hierarchy,valid_from,valid_to\nc1,p1,command,,\n",
    );
    machine.write("org/lineage.csv", "effective,kind,from_uid,to_uid,weight,basis\n");
    let org = machine.path("org").display().to_string();
    machine.run_ok(&["org", "import", &org]);

    let files = [machine.write("elements.toml", ELEMENTS), machine.write("forms.toml", FORMS)];
    machine.run_ok(&["campaign", "apply", "-f", &files[0], "-f", &files[1]]);
    let serving = CliServer::start(&machine);
    enrol_terminal(&machine, &serving, "c1", "REPORTER", "c1");
    (machine, serving)
}

/// Runs `thidua field ...` on the terminal of the commune.
fn field(machine: &TestMachine, arguments: &[&str]) -> CommandOutput {
    machine.run(&[&["field"], arguments, &["--phone", "c1"]].concat())
}

/// The same with these lines typed.
fn field_typing(machine: &TestMachine, arguments: &[&str], typed: &str) -> CommandOutput {
    use std::io::Write as _;
    let mut command = machine.command(&[&["field"], arguments, &["--phone", "c1"]].concat());
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    CommandOutput::from(child.wait_with_output().unwrap())
}

fn show(machine: &TestMachine, name: &str) -> serde_json::Value {
    let shown = field(machine, &["show", name, "--json"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    serde_json::from_str(&shown.out).unwrap()
}

/// The Monday of the last whole week.
fn last_monday() -> Date {
    let today = thidua::clock::Clock::System.now().local_date();
    let days = i64::from(today.weekday().to_monday_zero_offset()) + 7;
    today.saturating_sub(days.days())
}

#[test]
fn a_wrong_entry_is_asked_again_and_the_rest_of_the_session_is_kept() {
    let (machine, _serving) = with_reporter();
    let week = last_monday().iso_week_date();
    let name = format!("{}-W{:02}", week.year(), week.week());
    let typed = "1.234\nmany\n6000\n1234\n4,5\n";
    let filled = field_typing(&machine, &["fill", &name, "--submit"], typed);
    assert!(filled.code == 0 && filled.out.contains(": sent"), "{filled:?}");
    assert!(filled.err.contains("\"1.234\": is 1234 meant?"), "{filled:?}");
    assert!(filled.err.contains("\"many\" is not a figure"), "{filled:?}");
    assert!(filled.err.contains("\"6000\" is outside 0 to 5000"), "{filled:?}");
    assert_eq!(filled.err.matches("Patrols (lượt) []: ").count(), 4, "{filled:?}");
    assert_eq!(filled.err.matches("Tonnes (tấn) []: ").count(), 1, "{filled:?}");

    let shown = show(&machine, &name);
    assert_eq!(shown["status"], "RECEIVED");
    assert_eq!([&shown["cells"]["patrols"], &shown["cells"]["tonnes"]], ["1234", "4.5"]);
}

#[test]
fn where_the_input_ends_what_was_entered_is_a_draft_and_the_program_says_so() {
    let (machine, _serving) = with_reporter();
    let monday = last_monday();
    let day = format!("{}/{}/{}", monday.day(), monday.month(), monday.year());
    let name = [&day, "tuan"];
    let ended = field_typing(&machine, &["fill", name[0], name[1], "--submit"], "7\n");
    assert!(ended.code == 1 && ended.err.contains("NOT_SUBMITTED"), "{ended:?}");
    assert!(
        ended.err.contains("1 values entered") && ended.err.contains("as a draft"),
        "{ended:?}"
    );
    let shown = show(&machine, &day);
    assert_eq!([&shown["cells"]["patrols"], &shown["cells"]["tonnes"]], ["7", ""]);
    assert_ne!(shown["status"], "RECEIVED");

    let rest = field_typing(&machine, &["fill", &day, "--submit"], "\n2\n");
    assert!(rest.code == 0 && rest.err.contains("Patrols (lượt) [7]: "), "{rest:?}");
    let shown = show(&machine, &day);
    assert_eq!([&shown["cells"]["patrols"], &shown["cells"]["tonnes"]], ["7", "2"]);
    assert_eq!(shown["status"], "RECEIVED");
}

#[test]
fn what_a_rule_refuses_at_the_end_is_asked_again_without_losing_the_other_answers() {
    let (machine, _serving) = with_reporter();
    let day = last_monday().to_string();
    // A figure can be carried only where there is one to carry.
    let typed = "carried:7\n2\n8\n";
    let filled = field_typing(&machine, &["fill", &day, "--submit"], typed);
    assert!(filled.code == 0 && filled.err.contains("patrols: "), "{filled:?}");
    let shown = show(&machine, &day);
    assert_eq!([&shown["cells"]["patrols"], &shown["cells"]["tonnes"]], ["8", "2"]);
}

#[test]
fn a_report_is_named_as_people_name_it_and_candidates_are_listed_where_two_are_meant() {
    let (machine, _serving) = with_reporter();
    let listed = field(&machine, &["due", "--from", "1/7/2026", "--to", "31/7/2026", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let listed = listed.as_array().unwrap();
    assert!(listed.len() > 4, "{listed:?}");
    for one in listed {
        let [name, report] = ["name", "report"].map(|key| one[key].as_str().unwrap());
        let words: Vec<&str> = std::iter::once("show").chain(name.split(' ')).collect();
        let shown = field(&machine, &[words.as_slice(), &["--json"]].concat());
        assert!(shown.out.contains(report), "the printed name {name}: {shown:?}");
    }
    let shown = |words: &[&str]| {
        let shown = field(&machine, &[&["show", "--json"], words].concat());
        assert_eq!(shown.code, 0, "{words:?}: {shown:?}");
        let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
        let text = |key: &str| shown[key].as_str().unwrap().to_owned();
        (text("contract"), text("first_day"), text("status"))
    };
    let of = |contract: &str, day: &str| (contract.to_owned(), day.to_owned(), "BLANK".to_owned());
    assert_eq!(shown(&["2026-07"]), of("thang", "2026-07-01"));
    assert_eq!(shown(&["tháng", "7/2026"]), of("thang", "2026-07-01"));
    assert_eq!(shown(&["2026-W31"]), of("tuan", "2026-07-27"));
    assert_eq!(shown(&["tuần 31/2026"]), of("tuan", "2026-07-27"));
    assert_eq!(shown(&["31/2026"]), of("tuan", "2026-07-27"));
    assert_eq!(shown(&["2026-07-27"]), of("tuan", "2026-07-27"));
    assert_eq!(shown(&["27/7/2026", "c1"]), of("tuan", "2026-07-27"));
    assert_eq!(shown(&["29/7/2026", "tuan"]), of("tuan", "2026-07-27"));
    let id = listed[0]["report"].as_str().unwrap();
    assert_eq!(shown(&[&id[..8]]).2, "BLANK");

    let both = field(&machine, &["fill", "7/2026", "litres=1"]);
    assert!(both.code == 1 && both.err.contains("AMBIGUOUS"), "{both:?}");
    assert!(both.err.contains("CANDIDATE: 2026-W07: Weekly, week 7/2026, Xã Một"), "{both:?}");
    assert!(both.err.contains("CANDIDATE: 2026-07: Monthly, month 7/2026, Xã Một"), "{both:?}");
    let none = field(&machine, &["fill", "2026-W99", "patrols=1"]);
    assert!(none.code == 1 && none.err.contains("thidua field due"), "{none:?}");
}

#[test]
fn a_blank_form_that_is_due_is_shown_and_never_called_not_found() {
    let (machine, _serving) = with_reporter();
    let old = field(&machine, &["due", "--from", "2021-01-04", "--to", "2021-01-04", "--json"]);
    let old: serde_json::Value = serde_json::from_str(&old.out).unwrap();
    for one in old.as_array().unwrap() {
        let report = one["report"].as_str().unwrap();
        let shown = show(&machine, report);
        assert_eq!(shown["status"], "BLANK");
        let submitted = field(&machine, &["submit", report]);
        assert!(submitted.err.contains("REPORT_BLANK"), "{submitted:?}");
        let proposed = field(&machine, &["propose", report, "patrols=1", "--reason", "error"]);
        assert!(proposed.err.contains("REPORT_BLANK"), "{proposed:?}");
    }
    let filled = field(&machine, &["fill", "2021-W01", "patrols=1", "tonnes=0,25"]);
    assert_eq!(filled.code, 0, "{filled:?}");
    assert_eq!(show(&machine, "2021-W01")["cells"]["tonnes"], "0.25");
}

#[test]
fn a_figure_keeps_the_decimals_of_its_element_from_the_argument_to_the_reviewer() {
    let (machine, serving) = with_reporter();
    enrol_terminal(&machine, &serving, "p1", "REVIEWER", "p1");
    let day = last_monday().to_string();
    let refused = field(&machine, &["fill", &day, "patrols=1.234", "tonnes=2"]);
    assert!(refused.code == 2 && refused.err.contains("is 1234 meant?"), "{refused:?}");
    let long = field(&machine, &["fill", &day, "patrols=1", "tonnes=2,0001"]);
    assert!(long.code == 2 && long.err.contains("at most 3 decimals"), "{long:?}");
    assert_eq!(show(&machine, &day)["status"], "BLANK", "nothing was read as something else");
    let filled = field(&machine, &["fill", &day, "patrols=1", "tonnes=2", "--submit"]);
    assert_eq!(filled.code, 0, "{filled:?}");
    machine.run_ok(&["field", "sync", "--phone", "p1"]);
    let queue = machine.run_ok(&["review", "batch", "--json", "--phone", "p1"]);
    let queue: serde_json::Value = serde_json::from_str(&queue).unwrap();
    let report = queue[0]["report"].as_str().unwrap();
    let seen = machine.run_ok(&["review", "show", &report[..8], "--json", "--phone", "p1"]);
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["cells"]["tonnes"], "2");
    machine.run_ok(&["review", "accept", report, "--phone", "p1"]);
    field(&machine, &["sync"]);
    let propose = field(&machine, &["propose", &day, "tonnes=2.5", "--reason", "weighed again"]);
    assert_eq!(propose.code, 0, "{propose:?}");
    machine.run_ok(&["field", "sync", "--phone", "p1"]);
    let proposals = machine.run_ok(&["review", "proposals", "--phone", "p1"]);
    assert!(proposals.contains("tonnes=2.5"), "{proposals}");
}

#[test]
fn lines_that_an_account_may_not_send_are_one_finding_that_says_how_many_and_of_which_units() {
    let (machine, _serving) = with_reporter();
    machine.grant_role("p1", "REVIEWER", "p1");
    let monday = last_monday();
    let line = |weeks: i64| {
        let first = monday.saturating_sub((7 * weeks).days());
        format!("tuan,c1,{first},{},,,1,2\n", first.saturating_add(6.days()))
    };
    let lines: String = (0..40).map(line).collect();
    let head = "contract,unit,first_day,last_day,nil,note,patrols,tonnes\n";
    let file = machine.write("weeks.csv", &format!("{head}{lines}"));
    let denied = machine.run(&["report", "import", "-f", &file, "--account", "p1"]);
    let expected = "weeks.csv:2:1: DENIED: p1: 40 lines are of 1 units (c1)";
    assert!(denied.code == 1 && denied.err.contains(expected), "{denied:?}");
    assert_eq!(denied.err.matches("DENIED").count(), 1, "{denied:?}");
}
