//! The morning page from the command line: it contains what was imported and published, and it
//! fetches nothing.

use super::{REPORT_CSV_HEADER, TestMachine, example_path};
use std::path::Path;

fn machine_with_runs() -> TestMachine {
    let machine = TestMachine::with_example();
    machine.run_ok(&["campaign", "apply", "-f", &example_path("campaign-a.toml")]);
    machine.run_ok(&["campaign", "step", "approve"]);
    machine.run_ok(&["baseline", "import", "-f", &example_path("baseline.csv")]);
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    let row = "tuan-xa;com-29242-1;2025-01-06;2025-01-12;;;2;3;3;3;1";
    let file = machine.write("week.csv", &format!("\u{feff}{REPORT_CSV_HEADER}\r\n{row}\r\n"));
    machine.run_ok(&["report", "import", "-f", &file, "--account", "xa", "--submit"]);
    machine.run_ok(&["jobs", "run", "aggregate"]);
    machine
}

fn write_report(machine: &TestMachine, more: &[&str]) -> (String, Vec<u8>) {
    let out = machine.write("out", "").replace("out", "pages");
    let output = machine.run_ok(
        &[&["--json", "morning-report", "--campaign", "A", "--phase", "1", "--out", &out], more]
            .concat(),
    );
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    let read = |key: &str| std::fs::read(Path::new(output[key].as_str().unwrap())).unwrap();
    (String::from_utf8(read("page")).unwrap(), read("workbook"))
}

#[test]
fn the_morning_page_holds_every_target_and_fetches_ranks_and_runs_nothing() {
    let machine = machine_with_runs();
    let (page, book) = write_report(&machine, &["--lang", "vi"]);
    for target in ["T1", "T2", "T3", "T4", "T5", "T6", "T7"] {
        assert!(page.contains(&format!("<span class=\"code\">{target}</span>")), "{target}");
    }
    assert!(
        page.starts_with("<!DOCTYPE html><html lang=\"vi\">") && page.contains("DỮ LIỆU GIẢ LẬP")
    );
    for forbidden in
        ["http:", "https:", "//", "<script", "url(", "@import", " src=", " href=", "style=\""]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for ordinal in ["thứ nhất", "hạng ", "vị trí thứ", "dẫn đầu", "cuối bảng"] {
        assert!(!page.to_lowercase().contains(ordinal), "{ordinal}");
    }
    assert!(page.contains("tự nguyện"), "emulation is voluntary, and the page says so");
    assert!(book.starts_with(b"PK"), "a workbook is a zip");
    assert_eq!(
        write_report(&machine, &["--lang", "vi"]).0,
        page,
        "the same run gives the same page"
    );
}

#[test]
fn the_morning_page_speaks_english_and_is_made_for_a_district_too() {
    let machine = machine_with_runs();
    let (page, _) = write_report(&machine, &["--lang", "en", "--unit", "dist-842"]);
    assert!(
        page.contains("<html lang=\"en\">") && page.contains("Not counted at this level"),
        "traffic is no district's"
    );
    let output = machine.run(&["morning-report", "--campaign", "A", "--phase", "9"]);
    assert!(output.code == 1 && output.err.contains("NO_PHASE"), "{}", output.err);
}

#[test]
fn a_score_sheet_waits_for_figures_instead_of_giving_zero_and_ranks_nobody() {
    let machine = machine_with_runs();
    let plan = machine.write(
        "score.toml",
        "code = \"A\"\n\
         [[leaves]]\ncode = \"T1\"\nkind = \"QUANT\"\nweight = \"60\"\n\
         [[leaves]]\ncode = \"HD\"\nkind = \"PASS_FAIL\"\nweight = \"40\"\n\
         [[units]]\nunit = \"dist-842\"\n[units.documented]\nHD = \"1\"\n",
    );
    let sheets = machine.run_ok(&[
        "--json",
        "score",
        "--campaign",
        "A",
        "--plan",
        &plan,
        "--unit",
        "dist-842",
    ]);
    let sheets: serde_json::Value = serde_json::from_str(&sheets).unwrap();
    assert_eq!(
        (&sheets[0]["total"], &sheets[0]["no_score_because"][0]),
        (&serde_json::Value::Null, &"INCOMPLETE".into())
    );
    assert_eq!(sheets[0]["lines"][1]["system"], "40", "what is documented is shown");
    let table = machine.run_ok(&["--lang", "vi", "score", "--campaign", "A"]);
    assert!(table.contains("chờ số liệu") && table.contains("không phải là xếp hạng"), "{table}");
    let bad = machine.write(
        "bad.toml",
        "code = \"A\"\n[[leaves]]\ncode = \"T9\"\nkind = \"QUANT\"\nweight = \"60\"\n",
    );
    assert!(machine.run(&["score", "--campaign", "A", "--plan", &bad]).err.contains("T9"));
}

#[test]
fn why_goes_down_to_the_single_reports_and_names_the_missing_ones() {
    let machine = machine_with_runs();
    let output = machine.run_ok(&[
        "--json",
        "standings",
        "--campaign",
        "A",
        "--unit",
        "dist-842",
        "--why",
        "T3b",
    ]);
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    let reports = output[0]["reports"].as_array().unwrap();
    let is_own =
        |one: &&serde_json::Value| one["unit"] == "com-29242-1" && one["first_day"] == "2025-01-06";
    let sent = reports.iter().find(is_own).unwrap();
    assert_eq!(
        (&sent["support"], &sent["adds"][0]["figure"]),
        (&"WAITING".into(), &serde_json::Value::Null)
    );
    let missing = reports.iter().filter(|one| one["support"] == "MISSING").count();
    assert_eq!(
        (missing + 1, &output[0]["coverage"]["missing"]),
        (reports.len(), &missing.into()),
        "each missing one is named"
    );
    let table = machine.run_ok(&[
        "--lang",
        "vi",
        "standings",
        "--campaign",
        "A",
        "--unit",
        "dist-842",
        "--why",
        "T3b",
    ]);
    assert!(
        table.contains("THIẾU") && table.contains("Phường") && table.contains("chờ duyệt 1"),
        "{table}"
    );
    let unknown = machine.run(&["standings", "--campaign", "A", "--why", "T99"]);
    assert!(unknown.code == 1 && unknown.err.contains("UNKNOWN_TARGET"), "{unknown:?}");
}
