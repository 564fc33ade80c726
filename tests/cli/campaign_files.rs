//! The files of a campaign: their reference, their schemas, their check and their first writing.

use super::{TestMachine, example_path};
use serde_json::Value;
use std::path::Path;

fn read_repository(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Compares a committed file, from `head` on, with what the program prints; `THIDUA_BLESS=1` writes
/// it.
fn compare(name: &str, head: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let whole = format!("{head}{printed}");
    if std::env::var_os("THIDUA_BLESS").is_some() {
        return std::fs::write(path, whole).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == whole,
        "{name} is not what the program prints; look at it, then run this test with THIDUA_BLESS=1"
    );
}

#[test]
fn the_page_of_the_files_is_what_the_program_prints() {
    let page = read_repository("docs/CAMPAIGN-FILES.md");
    let mark = "<!-- Printed by `thidua --lang en campaign reference`; do not edit below. -->\n\n";
    let end = page.find(mark).expect("the mark") + mark.len();
    let printed = TestMachine::new().run_ok(&["campaign", "reference"]);
    compare("docs/CAMPAIGN-FILES.md", &page[..end], &printed);
    let json = TestMachine::new().run_ok(&["--json", "campaign", "reference"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let targets =
        json["toml"].as_array().unwrap().iter().find(|table| table["table"] == "targets").unwrap();
    assert!(targets["keys"].to_string().contains("MAINTAIN_ZERO"), "{targets}");
}

fn schema(file: &str) -> Value {
    let machine = TestMachine::new();
    serde_json::from_str(&machine.run_ok(&["--lang", "vi", "campaign", "schema", file])).unwrap()
}

#[test]
fn the_schemas_in_the_examples_are_those_that_the_program_prints() {
    for file in ["elements", "forms", "campaign", "score"] {
        let name = format!("examples/schema/{file}.schema.json");
        let printed = TestMachine::new().run_ok(&["--lang", "vi", "campaign", "schema", file]);
        compare(&name, "", &printed);
    }
}

/// What of a value breaks a schema: only the words that our schemas use.
fn check_schema(value: &toml::Value, schema: &Value, path: &str, broken: &mut Vec<String>) {
    let mut complain = |what: &str| broken.push(format!("{path}: {what}"));
    match (schema["type"].as_str().unwrap(), value) {
        ("object", toml::Value::Table(table)) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                if !table.contains_key(name.as_str().unwrap()) {
                    complain(&format!("{name} is missing"));
                }
            }
            for (key, inner) in table {
                let at = format!("{path}.{key}");
                let known = &schema["properties"][key];
                let other = &schema["additionalProperties"];
                match (known.is_object(), other.is_object()) {
                    (true, _) => check_schema(inner, known, &at, broken),
                    (false, true) => check_schema(inner, other, &at, broken),
                    (false, false) => broken.push(format!("{at}: no such key")),
                }
            }
        }
        ("array", toml::Value::Array(entries)) => {
            entries.iter().for_each(|one| check_schema(one, &schema["items"], path, broken));
        }
        ("string", toml::Value::String(text)) => {
            let words = schema["enum"].as_array();
            if words.is_some_and(|words| !words.contains(&Value::from(text.as_str()))) {
                complain(&format!("{text} is not among the words"));
            }
            let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
            if text.chars().count() as u64 > most {
                complain("too long");
            }
        }
        ("string", toml::Value::Datetime(_)) if schema["format"] == "date" => {}
        ("integer", toml::Value::Integer(number)) => {
            let (least, most) = (&schema["minimum"], &schema["maximum"]);
            if *number < least.as_i64().unwrap() || *number > most.as_i64().unwrap() {
                complain("out of range");
            }
        }
        ("boolean", toml::Value::Boolean(_)) => {}
        (kind, _) => complain(&format!("is not of type {kind}")),
    }
}

fn broken(text: &str, file: &str) -> Vec<String> {
    let mut broken = Vec::new();
    check_schema(&toml::Value::Table(text.parse().unwrap()), &schema(file), "", &mut broken);
    broken
}

#[test]
fn the_example_files_name_their_schema_and_satisfy_it() {
    let files = [
        ("elements.toml", "elements"),
        ("forms.toml", "forms"),
        ("campaign-a.toml", "campaign"),
        ("campaign-b.toml", "campaign"),
    ];
    for (name, file) in files {
        let text = read_repository(&format!("examples/tra-vinh/{name}"));
        let first = text.lines().next().unwrap();
        assert_eq!(first, format!("#:schema ../schema/{file}.schema.json"), "{name}");
        assert_eq!(broken(&text, file), Vec::<String>::new(), "{name}");
    }
    let odd = read_repository("examples/tra-vinh/campaign-a.toml")
        .replace("commitment = \"STRIVE\"", "comitment = \"STRIVE\"")
        .replace("kind = \"THEMATIC\"", "kind = \"WEEKLY\"");
    let found = broken(&odd, "campaign");
    assert!(found.iter().any(|one| one.contains("WEEKLY")), "{found:?}");
    assert!(found.iter().any(|one| one.contains("comitment: no such key")), "{found:?}");
}

#[test]
fn a_new_campaign_is_taken_by_check_and_by_apply() {
    for lang in ["en", "vi"] {
        let machine = TestMachine::with_example();
        let new = ["--lang", lang, "campaign", "new", "mine", "--yes", "--calendar", "week"];
        machine.run_ok(&new);
        let file = |name: &str| machine.path("mine").join(name).display().to_string();
        let (elements, forms) = (file("elements.toml"), file("forms.toml"));
        let campaign = file("campaign.toml");
        let files = ["-f", &elements, "-f", &forms, "-f", &campaign];
        let checked = machine.run(&[&["campaign", "check"], &files[..]].concat());
        assert_eq!((checked.code, checked.err.as_str()), (0, ""), "no fault, no warning");
        machine.run_ok(&[&["campaign", "apply"], &files[..]].concat());
        let again = machine.run(&new);
        assert!(again.code == 1 && again.err.contains("FILE_EXISTS"), "{}", again.err);
    }
}

#[test]
fn an_approved_campaign_without_a_day_of_launch_is_named_by_the_doctor() {
    let machine = TestMachine::with_example();
    let text = std::fs::read_to_string(example_path("campaign-a.toml")).unwrap();
    let file = machine.write("a.toml", &text.replace("launched_on", "# launched_on"));
    let applied = machine.run(&["campaign", "apply", "-f", &file]);
    assert!(applied.code == 0 && applied.err.contains("NO_LAUNCH_DAY"), "{}", applied.err);
    assert!(!machine.run(&["doctor"]).out.contains("NO_LAUNCH_DAY"), "a draft may wait");
    machine.run_ok(&["campaign", "step", "approve"]);
    let found = machine.run(&["doctor"]);
    assert!(found.out.contains("NO_LAUNCH_DAY: campaign A is approved"), "{}", found.out);
}

#[test]
fn an_organisation_without_successors_needs_no_lineage_file() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    std::fs::create_dir(machine.path("org")).unwrap();
    machine.write(
        "org/units.csv",
        "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n\
         so-1,,Sở Một,tinh,province,,,\nxa-1,,Xã Một,xa,commune,,,\n",
    );
    machine.write(
        "org/parents.csv",
        "child_uid,parent_uid,hierarchy,valid_from,valid_to\nxa-1,so-1,command,,\n",
    );
    assert!(machine.run_ok(&["org", "import", "org"]).starts_with("2 units"));
    std::fs::remove_file(machine.path("org/parents.csv")).unwrap();
    let refused = machine.run(&["org", "import", "org"]);
    assert!(
        refused.code == 1 && refused.err.contains("there is no org/parents.csv"),
        "{refused:?}"
    );
}

#[test]
fn a_figure_out_of_range_is_named_by_unit_and_column_and_one_fault_is_told_once() {
    let machine = TestMachine::with_example();
    machine.run_ok(&["campaign", "apply", "-f", &example_path("campaign-a.toml")]);
    machine.run_ok(&["campaign", "step", "approve"]);
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    let line = "tuan-xa;com-29242-1;2025-01-06;2025-01-12;;;2;3;999999;3;1\n";
    let file = machine.write("r.csv", &format!("{}\n{line}", super::REPORT_CSV_HEADER));
    let import = ["report", "import", "-f", &file, "--account", "xa"];
    let refused = machine.run(&import);
    let expected = "r.csv:2:9: VALUE_OUT_OF_RANGE: com-29242-1: reports_accepted: ";
    assert!(refused.code == 1 && refused.err.contains(expected), "{}", refused.err);

    let line = |unit| format!("tuan-xa;xa-{unit};2025-01-06;2025-01-12;;;2;3;x;3;1\n");
    let lines: String = (0..120).map(line).collect();
    machine.write("r.csv", &format!("{}\n{lines}", super::REPORT_CSV_HEADER));
    let refused = machine.run(&import);
    assert!(refused.err.contains("the same in 119 more lines: 3, 4, 5"), "{}", refused.err);
    assert_eq!(refused.err.lines().count(), 2, "{}", refused.err);
}
