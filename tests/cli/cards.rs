//! Roles and enrolment cards for many units at once.

use super::{CliServer, TestMachine};
use serde_json::Value;

const PROVINCE: &str = "prov-86-2025";
const COMMUNE: &str = "com-29242-2";
const MONTH: &str = "enrolment.code_minutes=43200";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Prints cards for every commune and returns the answer.
fn print_cards(machine: &TestMachine, further: &[&str]) -> Value {
    let rule = ["--all-below", PROVINCE, "--level", "commune", "--role", "REPORTER"];
    let print = ["invite", "print", "--json", "--set", MONTH];
    json(&machine.run_ok(&[&print[..], &rule, further].concat()))
}

fn card_of<'a>(answer: &'a Value, unit: &str) -> &'a Value {
    answer["cards"].as_array().unwrap().iter().find(|card| card["unit"] == unit).unwrap()
}

#[test]
fn one_command_makes_a_card_for_every_commune_and_a_repeat_prints_the_same_open_cards() {
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    let public = format!("listen.public={}", serving.address);
    let first = print_cards(&machine, &["--out", "one.html", "--set", &public]);
    let cards = first["cards"].as_array().unwrap();
    assert!(cards.len() > 20, "a card for every commune: {}", cards.len());
    assert_eq!(first["roles_given"], cards.len());
    let page = std::fs::read_to_string(machine.path("one.html")).unwrap();
    assert_eq!(page.matches("<section class=\"card\">").count(), cards.len());
    let card = card_of(&first, COMMUNE);
    let number = card["card"].as_str().unwrap();
    assert!(page.contains("Phường Trà Vinh") && page.contains(number), "{card}");
    assert!(
        !page.contains("thidua:1?") && !page.contains("https://"),
        "the code is a picture only"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = machine.path("one.html").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the sheet holds secrets");
    }

    let again = print_cards(&machine, &["--out", "two.html", "--set", &public]);
    assert_eq!(std::fs::read_to_string(machine.path("two.html")).unwrap(), page);
    assert_eq!(again["roles_given"], 0);
    assert!(again["cards"].as_array().unwrap().iter().all(|card| card["new"] == false));

    let qr = card["qr"].as_str().unwrap();
    machine.run_ok(&["field", "enrol", qr, "--phone", "xa"]);
    let twice = machine.run(&["field", "enrol", qr, "--phone", "other"]);
    assert_eq!(twice.code, 1, "a card enrols one phone: {twice:?}");
    let fleet = json(&machine.run_ok(&["fleet", "--json"]));
    let fleet = fleet.as_array().unwrap();
    let heard: Vec<&str> = fleet.iter().filter_map(|one| one["last_contact"].as_str()).collect();
    assert_eq!(fleet.last().unwrap()["unit"], COMMUNE, "units without a device stand first");
    assert!(
        heard.len() > cards.len() && heard[..heard.len() - 1].iter().all(|one| *one == "NEVER")
    );
    assert!(fleet.iter().filter(|one| one["card_open_until"] != "").count() == cards.len() - 1);
    let after = print_cards(&machine, &["--out", "three.html", "--set", &public]);
    assert_eq!(after["have_phone"], serde_json::json!([COMMUNE]));
    assert_eq!(after["cards"].as_array().unwrap().len(), cards.len() - 1);
    let listed = json(&machine.run_ok(&["invite", "list", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), cards.len() - 1);
    let used = json(&machine.run_ok(&["invite", "list", "--unit", COMMUNE, "--all", "--json"]));
    assert_eq!((&used[0]["state"], &used[0]["card"]), (&"USED".into(), &number.into()));
}

#[test]
fn a_revoked_card_enrols_nobody_and_a_renewed_sheet_replaces_the_lost_one() {
    let machine = TestMachine::with_example();
    let serving = CliServer::start(&machine);
    let public = format!("listen.public={}", serving.address);
    let lost = print_cards(&machine, &["--set", &public]);
    let lost = card_of(&lost, COMMUNE);
    let revoked = machine.run_ok(&["invite", "revoke", lost["card"].as_str().unwrap()]);
    assert!(revoked.contains("1 of 1 cards revoked"), "{revoked}");
    let refused = machine.run(&["field", "enrol", lost["qr"].as_str().unwrap(), "--phone", "xa"]);
    assert_eq!(refused.code, 1, "{refused:?}");

    let second = print_cards(&machine, &["--set", &public]);
    let new: Vec<&Value> =
        second["cards"].as_array().unwrap().iter().filter(|card| card["new"] == true).collect();
    assert_eq!(new.len(), 1, "only the revoked one is replaced");
    let second = card_of(&second, COMMUNE);
    assert_ne!(second["card"], lost["card"]);
    let renewed = print_cards(&machine, &["--renew", "--set", &public]);
    assert!(renewed["cards"].as_array().unwrap().iter().all(|card| card["new"] == true));
    let refused = machine.run(&["field", "enrol", second["qr"].as_str().unwrap(), "--phone", "xa"]);
    assert_eq!(refused.code, 1, "renewing revokes the sheet before it: {refused:?}");
    let renewed = card_of(&renewed, COMMUNE)["qr"].as_str().unwrap().to_owned();
    machine.run_ok(&["field", "enrol", &renewed, "--phone", "xa"]);
}

#[test]
fn a_file_of_roles_is_refused_with_every_line_at_once_and_then_given_once_however_often_it_runs() {
    let machine = TestMachine::with_example();
    let bad = "account,role,unit,from,to\n\
        xa-1,REPORTER,com-29242-2,,\n\
        xa-2,REPORTR,com-29242-2,,\n\
        xa-3,REPORTER,com-0,,\n\
        xa-4,REPORTER,com-29242-0,,\n\
        xa-5,REPORTER,com-29242-2,2027-02-01,2027-01-31\n\
        ,REPORTER,com-29242-2,,\n\
        xa-1,REPORTER,com-29242-2,,\n";
    let bad = machine.write("bad.csv", bad);
    for command in
        [&["access", "grant-many", &bad][..], &["access", "grant-many", &bad, "--dry-run"]]
    {
        let refused = machine.run(command);
        assert_eq!(refused.code, 1, "{refused:?}");
        for line in 3..=8 {
            assert!(refused.err.contains(&format!("bad.csv:{line}:")), "{line}: {}", refused.err);
        }
        assert!(!refused.err.contains("bad.csv:2:"), "{}", refused.err);
    }
    let unknown = machine.run(&["access", "enrol", "--account", "xa-1"]);
    assert!(unknown.err.contains("UNKNOWN_ACCOUNT"), "nothing was written: {}", unknown.err);

    let good = machine.write(
        "good.csv",
        "unit;account;role\ncom-29242-2;xa-1;reporter\nprov-86-2025;tinh;REVIEWER\n",
    );
    let dry = machine.run_ok(&["access", "grant-many", &good, "--dry-run", "--json"]);
    assert_eq!(json(&dry), serde_json::json!({ "roles": 2, "dry_run": true }));
    for (given, unchanged) in [(2, 0), (0, 2)] {
        let answer = json(&machine.run_ok(&["access", "grant-many", &good, "--json"]));
        assert_eq!((&answer["given"], &answer["unchanged"]), (&given.into(), &unchanged.into()));
    }
    machine.run_ok(&["access", "enrol", "--account", "xa-1"]);
}

#[test]
fn a_card_that_was_open_in_a_copy_is_worth_nothing_after_the_copy_is_restored() {
    let machine = TestMachine::with_example();
    let issued = print_cards(&machine, &[]);
    assert!(!issued["cards"].as_array().unwrap().is_empty());
    let copy = json(&machine.run_ok(&["backup", "--json"]));
    let copy = copy["copy"].as_str().unwrap().to_owned();
    machine.run_ok(&["restore", &copy, "--force"]);
    let open = json(&machine.run_ok(&["invite", "list", "--json"]));
    assert_eq!(open, serde_json::json!([]), "the copy does not know which cards were used since");
    let again = print_cards(&machine, &[]);
    assert!(again["cards"].as_array().unwrap().iter().all(|card| card["new"] == true));
}
