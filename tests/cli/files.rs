//! Imported files: a file is written completely or not at all, and each mistake is reported with
//! its place.

use super::{REPORT_CSV_HEADER, TestMachine, example_path};

#[test]
fn a_broken_campaign_names_file_line_and_expectation_and_writes_nothing() {
    let machine = TestMachine::with_example();
    let good = std::fs::read_to_string(example_path("campaign-a.toml")).unwrap();
    let broken = machine.write("a.toml", &good.replace("kind = \"THEMATIC\"", "kind = \"WEEKLY\""));
    let output = machine.run(&["campaign", "apply", "-f", &broken]);
    assert_eq!(output.code, 1);
    let line = good.lines().position(|line| line.starts_with("kind")).unwrap() + 1;
    let expected = format!(
        "a.toml:{line}:8: BAD_VALUE: kind: expected STANDING | THEMATIC | PEAK_DRIVE; got \"WEEKLY\""
    );
    assert!(output.err.contains(&expected), "{}", output.err);
    assert_eq!(machine.run(&["campaign", "export"]).code, 1, "no campaign was written");

    machine.run_ok(&["campaign", "apply", "-f", &machine.write("a.toml", &good), "--dry-run"]);
    assert_eq!(machine.run(&["campaign", "export"]).code, 1, "a dry run writes nothing");
    machine.run_ok(&["campaign", "apply", "-f", &machine.write("a.toml", &good)]);
    let again = machine.run_ok(&[
        "campaign",
        "apply",
        "-f",
        &machine.write("b.toml", &machine.run_ok(&["campaign", "export"])),
    ]);
    assert!(
        again.contains("0 catalogue entries, 0 campaigns"),
        "an export changes nothing: {again}"
    );
}

#[test]
fn a_change_is_shown_as_the_lines_that_differ() {
    let machine = TestMachine::with_example();
    let good = std::fs::read_to_string(example_path("campaign-a.toml")).unwrap();
    machine.run_ok(&["campaign", "apply", "-f", &machine.write("a.toml", &good)]);
    let changed = machine
        .write("a.toml", &good.replace("name_en = \"Phase 1\"", "name_en = \"First phase\""));
    let diff = machine.run_ok(&["campaign", "apply", "-f", &changed, "--dry-run"]);
    assert!(
        diff.contains(
            "~ campaign A\n    - name_en = \"Phase 1\"\n    + name_en = \"First phase\"\n"
        ),
        "{diff}"
    );
}

#[test]
fn one_bad_line_keeps_a_whole_baseline_out_and_every_line_has_its_verdict() {
    let machine = TestMachine::with_example();
    let head = "unit,element,first_day,last_day,value,source,status\n";
    let good = "com-29242-1,so_offences,2023-08-19,2023-08-25,2,ledger,FINAL\n";
    let bad = "com-29242-1,robbery,2023-08-19,2023-08-25,2,ledger,FINAL\n";
    let file = machine.write("base.csv", &format!("{head}{good}{bad}"));
    let output = machine.run(&["baseline", "import", "-f", &file]);
    assert_eq!((output.code, output.out.as_str()), (1, "1/2 valid lines\n"));
    assert!(output.err.contains("base.csv:3:2: UNKNOWN_ELEMENT"), "{}", output.err);
    assert_eq!(machine.run_ok(&["baseline", "export"]), head, "nothing was written");

    let excel = format!("\u{feff}{head}{good}").replace(',', ";");
    machine.run_ok(&["baseline", "import", "-f", &machine.write("base.csv", &excel)]);
    assert_eq!(machine.run_ok(&["baseline", "export"]), format!("{head}{good}"));
}

#[test]
fn reports_from_a_spreadsheet_run_through_the_commands_and_rights_of_a_phone() {
    let machine = TestMachine::with_example();
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    let good = "tuan-xa;com-29242-1;2025-01-06;2025-01-12;;;2;3;3;3;1";
    let nil = "tuan-xa;com-29242-1;2025-01-13;2025-01-19;x;;;;;;";
    let elsewhere = "tuan-xa;com-29251-0;2025-01-06;2025-01-12;x;;;;;;";
    let file = machine
        .write("bad.csv", &format!("\u{feff}{REPORT_CSV_HEADER}\r\n{good}\r\n{elsewhere}\r\n"));
    let output = machine.run(&["report", "import", "-f", &file, "--account", "xa", "--submit"]);
    assert!(output.code == 1 && output.err.contains("bad.csv:3:1:"), "{}", output.err);
    let file =
        machine.write("good.csv", &format!("\u{feff}{REPORT_CSV_HEADER}\r\n{good}\r\n{nil}\r\n"));
    let import = ["report", "import", "-f", &file, "--account", "xa", "--submit"];
    assert!(
        machine
            .run_ok(&[&import[..], &["--dry-run"]].concat())
            .starts_with("2 reports, 4 commands; dry run")
    );
    assert_eq!(
        machine.run_ok(&["report", "export", "--csv", "tuan-xa"]).lines().count(),
        1,
        "nothing was written so far"
    );
    assert!(machine.run_ok(&import).starts_with("2 reports, 4 commands; written"));
    assert!(
        machine.run_ok(&import).starts_with("2 reports, 0 commands"),
        "the same file again changes nothing"
    );
    let exported = machine.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(
        exported.contains("tuan-xa,com-29242-1,2025-01-06,2025-01-12,,,SUBMITTED,x,"),
        "{exported}"
    );
    assert!(
        exported.contains("tuan-xa,com-29242-1,2025-01-13,2025-01-19,x,,SUBMITTED,x,"),
        "{exported}"
    );

    let elsewhere = TestMachine::with_example();
    elsewhere.grant_role("xa", "REPORTER", "com-29242-1");
    let file = elsewhere.write("exported.csv", &exported);
    elsewhere.run_ok(&["report", "import", "-f", &file, "--account", "xa", "--submit"]);
    assert_eq!(
        elsewhere.run_ok(&["report", "export", "--csv", "tuan-xa"]),
        exported,
        "an export is a file to import"
    );
}
