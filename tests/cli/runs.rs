//! Nightly runs from the command line: listed, shown, verified, compared.

use super::{REPORT_CSV_HEADER, TestMachine, example_path};
use serde_json::Value;

fn run_json(machine: &TestMachine, arguments: &[&str]) -> Value {
    serde_json::from_str(&machine.run_ok(&[&["--json"], arguments].concat())).unwrap()
}

#[test]
fn two_runs_are_stored_recomputed_and_compared() {
    let machine = TestMachine::with_example();
    machine.run_ok(&["campaign", "apply", "-f", &example_path("campaign-a.toml")]);
    machine.run_ok(&["campaign", "step", "approve"]);
    machine.run_ok(&["baseline", "import", "-f", &example_path("baseline.csv")]);
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    let full = machine.run_ok(&["jobs", "run", "aggregate", "--full"]);
    assert!(full.contains("recomputed from raw reports, identical to the byte"), "{full}");
    assert_eq!(
        machine.run(&["jobs", "run", "quality", "--full"]).code,
        2,
        "only sums are made from nothing"
    );
    let week = machine.write(
        "week.csv",
        &format!(
            "{REPORT_CSV_HEADER}\r\ntuan-xa;com-29242-1;2025-01-06;2025-01-12;;;2;3;3;3;1\r\n"
        ),
    );
    machine.run_ok(&["report", "import", "-f", &week, "--account", "xa", "--submit"]);
    machine.run_ok(&["jobs", "run", "aggregate"]);

    let runs = run_json(&machine, &["runs", "list", "--campaign", "A"]);
    let numbers: Vec<&str> =
        runs.as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["2", "1"], "newest first: {runs}");
    for number in numbers {
        let verified = run_json(&machine, &["runs", "verify", number, "--campaign", "A"]);
        assert_eq!(
            (&verified["input_holds"], &verified["output_holds"]),
            (&true.into(), &true.into()),
            "{verified}"
        );
    }
    let shown =
        run_json(&machine, &["runs", "show", "2", "--campaign", "A", "--unit", "com-29242-1"]);
    assert!(shown.as_array().unwrap().iter().any(|row| row["target"] == "T1"), "{shown}");
    let differs = machine.run_ok(&["--lang", "en", "runs", "diff", "1", "2", "--campaign", "A"]);
    assert!(differs.contains("com-29242-1"), "the report that came in between is named: {differs}");
    assert_eq!(
        machine.run(&["runs", "verify", "9", "--campaign", "A"]).code,
        1,
        "there is no ninth run"
    );
}
