//! Templates and exports: what was exported is imported back and changes nothing, and says what it
//! is.

use super::{REPORT_CSV_HEADER, TestMachine, example_path};

/// The example's campaign with two reports of a week, one of them nil, and a run.
fn with_reports() -> TestMachine {
    let machine = TestMachine::with_example();
    machine.run_ok(&["campaign", "apply", "-f", &example_path("campaign-a.toml")]);
    machine.run_ok(&["campaign", "step", "approve"]);
    machine.run_ok(&["baseline", "import", "-f", &example_path("baseline.csv")]);
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    machine.grant_role("xa", "REPORTER", "com-29260-0");
    let week = format!(
        "{REPORT_CSV_HEADER}\n\
         tuan-xa;com-29242-1;2025-01-06;2025-01-12;;=1+1;2;3;3;3;missing:not_counted\n\
         tuan-xa;com-29260-0;2025-01-06;2025-01-12;x;;;;;;\n"
    );
    let week = machine.write("week.csv", &week);
    machine.run_ok(&["report", "import", "-f", &week, "--account", "xa", "--submit"]);
    machine
}

fn import_again(machine: &TestMachine, file: &str) -> String {
    machine.run_ok(&["report", "import", "-f", file, "--account", "xa", "--submit"])
}

const TEMPLATE: [&str; 6] = ["export", "template", "--form", "tuan-xa", "--units", "com-29242-1"];

#[test]
fn exports_and_templates_of_reports_are_imported_back_and_change_nothing() {
    let machine = with_reports();
    let both = "com-29242-1,com-29260-0";
    let template = ["export", "template", "--form", "tuan-xa", "--units", both, "-o", "t.xlsx"];
    for period in ["2025-W02", "2/2025", "6/1/2025", "2025-01-06"] {
        machine.run_ok(&[&template[..], &["--period", period]].concat());
        let again = import_again(&machine, "t.xlsx");
        assert!(again.starts_with("2 reports, 0 commands"), "{period}: {again}");
    }
    for file in ["out.csv", "out.xlsx"] {
        machine.run_ok(&["export", "reports", "--form", "tuan-xa", "-o", file]);
        let again = import_again(&machine, file);
        assert!(again.starts_with("2 reports, 0 commands"), "{file}: {again}");
    }
    let printed = machine.run_ok(&["export", "reports", "--form", "tuan-xa"]);
    for line in ["# view: -", "# run: -", "# small figures suppressed: no", "\"'=1+1\""] {
        assert!(printed.contains(line), "{line} in {printed}");
    }
}

#[test]
fn a_template_that_nobody_filled_says_nothing_and_is_refused_row_by_row() {
    let machine = with_reports();
    machine.run_ok(&[&TEMPLATE[..], &["--period", "2025-W03", "-o", "blank.xlsx"]].concat());
    let refused = machine.run(&["report", "import", "-f", "blank.xlsx", "--account", "xa"]);
    assert!(refused.code == 1 && refused.err.contains(":4:6: NIL_OR_CELLS"), "{refused:?}");
}

#[test]
fn nobody_owes_the_reports_of_a_campaign_that_is_a_draft() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    machine.run_ok(&["org", "import", &example_path("org")]);
    let files = ["elements.toml", "forms.toml", "campaign-a.toml"].map(example_path);
    let [elements, forms, campaign] = &files;
    machine.run_ok(&["campaign", "apply", "-f", elements, "-f", forms, "-f", campaign]);
    let template = [&TEMPLATE[..], &["--period", "2025-W03", "-o", "t.xlsx"]].concat();
    let refused = machine.run(&template);
    assert!(refused.code == 1 && refused.err.contains("UNKNOWN_CONTRACT"), "{refused:?}");
    machine.run_ok(&["campaign", "step", "approve"]);
    machine.run_ok(&template);
}

#[test]
fn a_period_that_is_none_or_several_is_asked_about() {
    let machine = with_reports();
    let ask =
        |period: &str| machine.run(&[&TEMPLATE[..], &["--period", period, "-o", "x"]].concat());
    let several = ask("2/2025");
    assert_eq!(several.code, 0, "{several:?}");
    let several = ask("t2/2025");
    assert!(several.code == 1 && several.err.contains("2025-W06"), "{several:?}");
    let none = ask("2025-W99");
    assert!(none.code == 1 && none.err.contains("NOT_FOUND"), "{none:?}");
}

#[test]
fn the_organisation_is_exported_and_imported_back_unchanged() {
    let machine = TestMachine::with_example();
    for (dir, more) in [("csv", &[][..]), ("xlsx", &["--xlsx"][..])] {
        machine.run_ok(&[&["export", "org", "--out", dir][..], more].concat());
        let again = machine.run(&["org", "import", dir]);
        assert_eq!(again.code, 0, "{again:?}");
        assert!(again.out.contains(" 0 new, 0 changed"), "{again:?}");
        assert!(again.out.contains("records written: 0"), "{again:?}");
    }
}

#[test]
fn an_export_of_standings_and_runs_names_run_view_and_moment() {
    let machine = with_reports();
    machine.run_ok(&["jobs", "run", "aggregate"]);
    let standings = machine.run_ok(&["export", "standings"]);
    for line in ["# run: 1\n", "# view: AS_WAS\n", "# as of: 20", "phase,unit,target"] {
        assert!(standings.contains(line), "{line:?} in {}", &standings[..400]);
    }
    let now = machine.run_ok(&["export", "standings", "--view", "AS_IS"]);
    assert!(now.contains("# run: -\n") && now.contains("# view: AS_IS("), "{}", &now[..400]);
    let plain = machine.run_ok(&["standings", "--csv"]);
    assert!(standings.ends_with(&plain), "the same rows as `standings --csv`");
    let runs = machine.run_ok(&["export", "runs"]);
    assert_eq!(runs.lines().count(), 5 + 1 + 1, "{runs}");
    for (what, file) in [("standings", "s.xlsx"), ("runs", "r.xlsx")] {
        machine.run_ok(&["export", what, "-o", file]);
        assert!(std::fs::read(machine.path(file)).unwrap().starts_with(b"PK"));
    }
}

#[test]
fn a_data_value_set_says_in_its_answer_or_on_standard_error_what_it_leaves_out() {
    let machine = with_reports();
    let export = ["export", "reports", "--form", "tuan-xa", "--format", "adx"];
    let printed = machine.run(&export);
    assert!(printed.out.contains("<adx xmlns=\"urn:ihe:qrph:adx:2015\""), "{printed:?}");
    assert!(printed.err.contains("not accepted; reports: 2 (com-29242-1"), "{printed:?}");
    let answer = machine.run(&[&export[..], &["-o", "values.xml", "--json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&told["values"], &told["omitted"][0]["code"]), (&0.into(), &"NOT_ACCEPTED".into()));
    assert!(answer.err.is_empty(), "{answer:?}");
    let refused = machine.run(&["export", "reports", "--form", "tuan-xa", "--unit-ids", "uid"]);
    assert!(refused.code == 2 && refused.err.contains("--format"), "{refused:?}");
}
