//! Tables as agencies send them: workbooks, other decimal marks, rows that are not all good, codes
//! that a spreadsheet has changed, and exports that another spreadsheet opens.

use super::{TestMachine, example_path};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::path::Path;

const COLUMNS: [&str; 11] = [
    "contract",
    "unit",
    "first_day",
    "last_day",
    "nil",
    "note",
    "so_offences",
    "reports_received",
    "reports_accepted",
    "reports_handled",
    "reports_resolved",
];

/// A reporter of one commune of the example.
fn with_reporter() -> TestMachine {
    let machine = TestMachine::with_example();
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    machine
}

/// One report of the week as a workbook with cells of their own kinds.
fn write_workbook(machine: &TestMachine, name: &str, offences: f64) -> String {
    let (mut book, day_format) = (Workbook::new(), Format::new().set_num_format("dd/mm/yyyy"));
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_string(0, column, name).unwrap();
    }
    sheet.write_string(1, 0, "tuan-xa").unwrap();
    sheet.write_string(1, 1, "com-29242-1").unwrap();
    for (column, day) in [(2, 6), (3, 12)] {
        let day = ExcelDateTime::from_ymd(2025, 1, day).unwrap();
        sheet.write_datetime_with_format(1, column, &day, &day_format).unwrap();
    }
    sheet.write_number(1, 6, offences).unwrap();
    for column in 7..11 {
        sheet.write_number(1, column, 3).unwrap();
    }
    sheet.set_row_hidden(1).unwrap();
    let path = machine.path(name);
    book.save(&path).unwrap();
    path.display().to_string()
}

#[test]
fn a_workbook_and_the_csv_of_the_same_week_are_one_import() {
    let machine = with_reporter();
    let book = write_workbook(&machine, "week.xlsx", 2.0);
    let imported = machine.run(&["report", "import", "-f", &book, "--account", "xa"]);
    assert!(imported.out.starts_with("1 reports, 1 commands; written"), "{imported:?}");
    assert!(imported.err.contains("week.xlsx[Sheet1]:2:1: warning: HIDDEN_ROWS"), "{imported:?}");
    let line = "tuan-xa;com-29242-1;6/1/2025;12/1/2025;;;2;3;3;3;3";
    let csv = machine.write("week.csv", &format!("sep=;\r\n{}\r\n{line}\r\n", COLUMNS.join(";")));
    let again = machine.run_ok(&["report", "import", "-f", &csv, "--account", "xa"]);
    assert!(again.starts_with("1 reports, 0 commands"), "{again}");

    let broken = write_workbook(&machine, "broken.xlsx", 2.5);
    let refused = machine.run(&["report", "import", "-f", &broken, "--account", "xa", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&refused.err).unwrap_or_default();
    let finding = &answer["error"]["findings"][0];
    assert_eq!(finding["sheet"], "Sheet1", "{refused:?}");
    assert_eq!((&finding["line"], &finding["column"]), (&2.into(), &7.into()), "{refused:?}");
    assert_eq!(finding["typed"], "2.5", "{refused:?}");
}

#[test]
fn good_rows_are_taken_on_request_and_every_other_row_is_named() {
    let machine = with_reporter();
    let lines = [
        COLUMNS.join(","),
        "tuan-xa,com-29242-1,2025-01-06,2025-01-12,,,2,3,3,3,1".to_owned(),
        "tuan-xa,com-29242-1,13/01/25,2025-01-19,,,2,3,3,3,1".to_owned(),
        "tuan-xa,com-29242-1,2025-01-20,2025-01-26,,,1,234,3,3,3,1".to_owned(),
        "tuan-xa,com-29251-0,2025-01-06,2025-01-12,,,2,3,3,3,1".to_owned(),
    ];
    let file = machine.write("mixed.csv", &lines.join("\n"));
    let import = ["report", "import", "-f", &file, "--account", "xa"];
    let refused = machine.run(&import);
    assert_eq!(refused.code, 1, "{refused:?}");
    for place in ["mixed.csv:3:3: AMBIGUOUS_DAY", "mixed.csv:4:1: ROW_SHAPE"] {
        assert!(refused.err.contains(place), "{place} in {refused:?}");
    }
    let export = ["report", "export", "--csv", "tuan-xa"];
    let partial = machine.run(&[&import[..], &["--submit", "--partial"]].concat());
    assert!(partial.out.starts_with("1 reports, 2 commands; written"), "{partial:?}");
    for place in ["mixed.csv:3:3:", "mixed.csv:4:1:", "mixed.csv:5:1:"] {
        assert!(partial.err.contains(place), "{place} in {partial:?}");
    }
    assert_eq!(machine.run_ok(&export).lines().count(), 2);
}

#[test]
fn a_changed_official_code_is_shown_and_refused_until_someone_answers_for_it() {
    let machine = TestMachine::with_example();
    let dir = machine.path("org");
    std::fs::create_dir_all(&dir).unwrap();
    let write = |change: &dyn Fn(&str) -> String| {
        for name in ["units.csv", "parents.csv", "lineage.csv"] {
            let text = std::fs::read_to_string(Path::new(&example_path("org")).join(name)).unwrap();
            let text = if name == "units.csv" { change(&text) } else { text };
            std::fs::write(dir.join(name), text).unwrap();
        }
    };
    let org = dir.display().to_string();
    write(&|text| text.replacen(",29512,", ",29999,", 1));
    let refused = machine.run(&["org", "import", &org, "--dry-run"]);
    assert!(refused.code == 1 && refused.err.contains("29512 -> 29999"), "{refused:?}");
    let accepted = machine.run(&["org", "import", &org, "--dry-run", "--accept-code-changes"]);
    assert!(accepted.code == 0 && accepted.err.contains("29512 -> 29999"), "{accepted:?}");
    write(&|text| text.replacen(",29512,", ",2.95E+04,", 1));
    let refused = machine.run(&["org", "import", &org, "--dry-run", "--accept-code-changes"]);
    assert!(refused.code == 1 && refused.err.contains("EXPONENT"), "{refused:?}");
}

#[test]
fn an_export_holds_no_formula_behind_another_separator_and_is_read_back_unchanged() {
    let machine = with_reporter();
    let note = "gộp;=1+1; @x";
    let lines = format!(
        "{}\ntuan-xa,com-29242-1,2025-01-06,2025-01-12,,{note},2,3,3,3,1\n",
        COLUMNS.join(",")
    );
    let file = machine.write("note.csv", &lines);
    let import = ["report", "import", "-f", &file, "--account", "xa", "--submit"];
    machine.run_ok(&import);
    let exported = machine.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(exported.contains("\"gộp;'=1+1;' @x\""), "{exported}");
    let file = machine.write("again.csv", &exported);
    let again = machine.run_ok(&["report", "import", "-f", &file, "--account", "xa", "--submit"]);
    assert!(again.starts_with("1 reports, 0 commands"), "{again}");
}

/// The health authority of the examples with a reporter of one station.
fn with_health_station() -> TestMachine {
    let machine = TestMachine::new();
    let file = |name: &str| example_path(&format!("../health/{name}"));
    machine.run_ok(&["init"]);
    machine.run_ok(&["org", "import", &file("org")]);
    let (elements, forms) = (file("elements.toml"), file("forms.toml"));
    machine.run_ok(&["campaign", "apply", "-f", &elements, "-f", &forms]);
    machine.run_ok(&["baseline", "import", "-f", &file("baseline.csv")]);
    machine.grant_role("tram", "REPORTER", "tyt-90001");
    machine
}

#[test]
fn a_file_says_what_is_new_and_old_to_new_and_what_goes_out_comes_in_unchanged() {
    let machine = with_health_station();
    let head = "contract,unit,first_day,last_day,nil,note,tre_duoi_1,tiem_du,ca_sxh,ca_sxh_nang,\
                ca_tcm,o_dich,o_dich_48h,buoi_tt,luot_kham,phu_nu_kt,kham_thai_4,lao_dt,truc_24";
    let month = |visits: u32| {
        let cells = format!("20,18,0,0,1,0,0,4,{visits},6,5,2,1");
        let row = format!("{head}\nthang-tyt,tyt-90001,2025-07-01,2025-07-31,,,{cells}\n");
        machine.write("month.csv", &row)
    };
    let import = |file: &str| {
        machine.run_ok(&["report", "import", "-f", file, "--account", "tram", "--submit"])
    };
    let first = import(&month(90));
    assert!(first.contains("1 new, 0 changed, 0 unchanged"), "{first}");
    let second = import(&month(91));
    assert!(second.contains("0 new, 1 changed, 0 unchanged"), "{second}");
    assert!(second.contains("thang-tyt, tyt-90001, 2025-07-01: luot_kham: 90 -> 91"), "{second}");
    let exported = machine.run_ok(&["report", "export", "--csv", "thang-tyt"]);
    let again = import(&machine.write("out.csv", &exported));
    assert!(again.contains("0 new, 0 changed, 1 unchanged"), "{again}");

    let baselines = machine.write("base.csv", &machine.run_ok(&["baseline", "export"]));
    let again = machine.run_ok(&["baseline", "import", "-f", &baselines]);
    assert!(again.contains("0 new, 0 changed"), "{again}");
    let org = example_path("../health/org");
    let again = machine.run_ok(&["org", "import", &org, "--dry-run"]);
    assert!(again.contains("\n0 new, 0 changed"), "{again}");
    machine.grant_role("so", "REVIEWER", "syt-99");
    let roles = machine.write("roles.csv", "account,role,unit\nso,REVIEWER,syt-99\n");
    let again = machine.run_ok(&["access", "grant-many", &roles, "--dry-run"]);
    assert!(again.contains("0 new, 0 changed, 1 unchanged"), "{again}");
}

#[test]
fn a_workbook_that_makes_the_library_panic_or_is_of_another_kind_is_refused_and_nothing_else_is_printed()
 {
    let machine = TestMachine::with_example();
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/workbook/");
    for expected in ["panics.xlsx:1:1: BAD_WORKBOOK", "calc.ods:1:1: ODS_WORKBOOK"] {
        let file = corpus.to_owned() + expected.split(':').next().unwrap();
        let refused = machine.run(&["report", "import", "-f", &file, "--account", "xa"]);
        let told: Vec<&str> = refused.err.lines().collect();
        assert_eq!((refused.code, told.len()), (1, 2), "{refused:?}");
        assert!(told[1].contains(expected), "{refused:?}");
    }
}
