//! Texts of files and arguments: one form for what reads the same, no control characters, a limit
//! for each.

use super::{REPORT_CSV_HEADER, TestMachine, example_path};
use std::path::Path;
use thidua::app::App;
use thidua::clock::Clock;
use thidua::domain::org::OrgFacts;
use thidua::store::{DatabaseLocation, Store};

/// The example's organisation in another directory, each file changed.
fn organisation(machine: &TestMachine, change: impl Fn(&str) -> String) -> String {
    let dir = machine.path("org");
    std::fs::create_dir_all(&dir).unwrap();
    for name in ["units.csv", "parents.csv", "lineage.csv"] {
        let text = std::fs::read_to_string(Path::new(&example_path("org")).join(name)).unwrap();
        std::fs::write(dir.join(name), change(&text)).unwrap();
    }
    dir.display().to_string()
}

/// Letters of the example with their marks apart.
fn decompose(text: &str) -> String {
    let letters = [
        ("ã", "a\u{303}"),
        ("à", "a\u{300}"),
        ("ò", "o\u{300}"),
        ("â", "a\u{302}"),
        ("ệ", "e\u{323}\u{302}"),
        ("ườ", "u\u{31b}o\u{31b}\u{300}"),
    ];
    letters.iter().fold(text.to_owned(), |text, (composed, parts)| text.replace(composed, parts))
}

#[test]
fn names_labels_and_words_typed_with_combining_marks_are_the_same_names_labels_and_words() {
    let machine = TestMachine::with_example();
    let decomposed = organisation(&machine, decompose);
    let typed = std::fs::read_to_string(Path::new(&decomposed).join("units.csv")).unwrap();
    assert!(typed.contains('\u{303}'));
    let import = machine.run_ok(&["org", "import", &decomposed, "--dry-run"]);
    assert!(import.contains(" 0 new, 0 changed"), "{import}");

    machine.grant_role("xã-1", "REPORTER", "com-29242-1");
    machine.grant_role("xa\u{303}-1", "UNIT_HEAD", "com-29242-1");
    let nil = "tuan-xa;com-29242-1;2025-01-13;2025-01-19;không phát sinh;;;;;;";
    let nil = nil.replace('ô', "o\u{302}").replace('á', "a\u{301}");
    let file = machine.write("nil.csv", &format!("{REPORT_CSV_HEADER}\n{nil}\n"));
    let import = ["report", "import", "-f", &file, "--account", "xa\u{303}-1"];
    assert!(machine.run_ok(&import).starts_with("1 reports, 1 commands; written"));
    let composed = ["report", "import", "-f", &file, "--account", "xã-1", "--dry-run"];
    assert!(machine.run_ok(&composed).starts_with("1 reports, 0 commands"), "one account");
}

#[test]
fn a_name_that_no_phone_could_receive_is_refused_with_its_place() {
    let machine = TestMachine::with_example();
    let long = "A".repeat(4_300_000);
    let lines = |text: &str| text.replacen("Xã ", &format!("Xã {long}"), 1);
    let refused = machine.run(&["org", "import", &organisation(&machine, lines)]);
    assert_eq!(refused.code, 1, "{}", &refused.err[..200.min(refused.err.len())]);
    assert!(refused.err.contains("units.csv:"), "{}", refused.err);
    assert!(refused.err.contains("TEXT_TOO_LONG: name_vi:"), "{}", refused.err);
    assert!(refused.err.len() < 10_000, "the text itself is not repeated");
}

#[test]
fn control_characters_are_refused_in_files_and_arguments_and_are_not_printed() {
    let machine = TestMachine::with_example();
    let dirty = |text: &str| text.replacen("Xã ", "Xã \u{1b}]0;x\u{7}\u{202e}", 1);
    let refused = machine.run(&["org", "import", &organisation(&machine, dirty)]);
    assert!(refused.code == 1 && refused.err.contains("CONTROL_CHARACTER"), "{}", refused.err);
    assert!(!refused.err.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", refused.err);

    for argument in ["xa\u{1b}[2J", "xa\u{202e}", "xa\u{9b}1m"] {
        for command in [
            &["access", "grant", "--role", "REPORTER", "--unit", "com-29242-1", "--account"][..],
            &["access", "enrol", "--account"],
            &["campaign", "apply", "-f"],
            &["standings", "--unit"],
            &["report", "export", "--csv"],
        ] {
            let refused = machine.run(&[command, &[argument]].concat());
            assert_eq!(refused.code, 2, "{command:?} {}", refused.err);
            assert!(refused.err.contains("CONTROL_CHARACTER"), "{}", refused.err);
            let all = [refused.out, refused.err].concat();
            assert!(!all.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{all:?}");
        }
    }
    let long = "x".repeat(65);
    let refused = machine.try_grant_role(&long, "REPORTER", "com-29242-1");
    assert!(refused.code == 2 && refused.err.contains("TEXT_TOO_LONG"), "{}", refused.err);
}

/// Gives every unit a name with controls, as a database of an earlier version may hold it.
fn store_controls_in_names(machine: &TestMachine) {
    let database = format!("sqlite:{}", machine.path("data/thidua.db").display());
    let store = Store::open(&DatabaseLocation::parse(&database)).unwrap();
    let app = App::new(store, Clock::System);
    let reference = app.store().read(|tx| app.reference(tx)).unwrap();
    let mut facts: OrgFacts = reference.org.facts().clone();
    for version in facts.units.iter_mut().flat_map(|unit| &mut unit.versions) {
        version.name.push_str("\u{1b}]0;x\u{7}\u{9b}2J\u{202e}");
    }
    app.import_org(&app.system_actor().unwrap(), &facts).unwrap();
}

#[test]
fn what_an_earlier_version_stored_reaches_no_terminal_and_no_file_unescaped() {
    let machine = TestMachine::with_example();
    machine.run_ok(&["campaign", "apply", "-f", &example_path("campaign-a.toml")]);
    machine.run_ok(&["campaign", "step", "approve"]);
    machine.run_ok(&["baseline", "import", "-f", &example_path("baseline.csv")]);
    store_controls_in_names(&machine);
    machine.run_ok(&["jobs", "run", "aggregate"]);
    let pages = machine.path("pages").display().to_string();
    let report = machine.run_ok(&["--json", "morning-report", "--campaign", "A", "--out", &pages]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let page = std::fs::read_to_string(report["page"].as_str().unwrap()).unwrap();
    let why = ["standings", "--campaign", "A", "--unit", "dist-842", "--why", "T3b"];
    let table = machine.run_ok(&why);
    for text in [page, table] {
        assert!(text.contains("\\u001b]0;x\\u0007"), "{text:.300}");
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']));
    }
}
