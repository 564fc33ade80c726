//! Roles and enrolment cards for many units at once.

use super::pdf_reader::{DrawnPage, DrawnPicture, DrawnText, read_pages};
use super::{CliServer, TestMachine, example_path};
use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::Value;
use std::collections::BTreeSet;

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
    let dry = json(&dry);
    assert_eq!((&dry["roles"], &dry["dry_run"]), (&2.into(), &true.into()), "{dry}");
    assert_eq!(dry["summary"]["created"], 2, "{dry}");
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

/// What stands on one of the eight cards of a page, by its place from the upper left.
fn drawn_on(page: &DrawnPage, place: usize) -> (Vec<&DrawnText>, &DrawnPicture) {
    let (left, top) = card_corner(place);
    let inside = |x: f64, y: f64| x > left && x < left + 95.0 && y > top && y < top + 68.0;
    let texts = page.texts.iter().filter(|text| inside(text.left, text.base)).collect();
    let mut pictures = page.pictures.iter().filter(|picture| inside(picture.left, picture.top));
    (texts, pictures.next().unwrap())
}

/// Two columns of cards, 95 by 68 millimetres, on A4 with margins of 10.
fn card_corner(place: usize) -> (f64, f64) {
    (10.0 + 95.0 * (place % 2) as f64, 10.0 + 68.0 * (place / 2) as f64)
}

fn joined(texts: &[&DrawnText], separator: &str) -> String {
    texts.iter().map(|text| text.text.as_str()).collect::<Vec<_>>().join(separator)
}

/// The dark modules inside the white frame of four.
fn expected_modules(qr: &str) -> BTreeSet<(i32, i32)> {
    let qr = QrCode::encode_text(qr, QrCodeEcc::Medium).unwrap();
    let places = (0..qr.size()).flat_map(|y| (0..qr.size()).map(move |x| (x, y)));
    places.filter(|(x, y)| qr.get_module(*x, *y)).map(|(x, y)| (x + 4, y + 4)).collect()
}

#[test]
fn a_sheet_named_pdf_shows_each_unit_beside_the_picture_of_its_own_code_and_repeats_byte_for_byte()
{
    let machine = TestMachine::with_example();
    let answer = print_cards(&machine, &["--lang", "vi", "--out", "one.pdf"]);
    let file = std::fs::read(machine.path("one.pdf")).unwrap();
    let (cards, pages) = (answer["cards"].as_array().unwrap(), read_pages(&file));
    assert_eq!(pages.len(), cards.len().div_ceil(8), "eight cards on a page");
    let names = std::fs::read_to_string(example_path("org/units.csv")).unwrap();
    for (at, card) in cards.iter().enumerate() {
        let (texts, picture) = drawn_on(&pages[at / 8], at % 8);
        let shown = joined(&texts, " ");
        let row = names.lines().find(|row| row.starts_with(card["unit"].as_str().unwrap()));
        let name = row.unwrap().split(',').nth(2).unwrap();
        assert!(shown.starts_with(name), "{name}: {shown}");
        let (day, time) = card["expires"].as_str().unwrap().split_once(' ').unwrap();
        let day = day.split('-').rev().collect::<Vec<_>>().join("/");
        for expected in ["unit", "account", "card"].map(|key| card[key].as_str().unwrap()) {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        for expected in ["nhập số liệu", &format!("{time} ngày {day}"), "Mở ứng dụng, quét mã."]
        {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        assert_eq!(picture.dark, expected_modules(card["qr"].as_str().unwrap()), "{name}");
        assert!(picture.module > 0.6, "large enough to scan: {} mm", picture.module);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = machine.path("one.pdf").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the sheet holds secrets");
    }
    print_cards(&machine, &["--lang", "vi", "--out", "two.PDF"]);
    assert_eq!(std::fs::read(machine.path("two.PDF")).unwrap(), file);
}

#[test]
fn the_longest_texts_stay_inside_their_cards_and_a_letter_that_the_font_lacks_is_named() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    std::fs::create_dir(machine.path("org")).unwrap();
    for file in ["parents.csv", "lineage.csv"] {
        std::fs::copy(example_path(&format!("org/{file}")), machine.path(&format!("org/{file}")))
            .unwrap();
    }
    let (one_word, sentence) = ("W".repeat(200), "Ban Chỉ đạo phong trào Ω".repeat(8));
    let units = std::fs::read_to_string(example_path("org/units.csv")).unwrap();
    let units = units.replace("Phường Trà Vinh", &one_word).replace("Xã Càng Long", &sentence);
    assert!(units.contains(&one_word) && units.contains(&sentence));
    machine.write("org/units.csv", &units);
    machine.run_ok(&["org", "import", &machine.path("org").display().to_string()]);
    let mut rows = String::from("account,role,unit\n");
    for at in 0..100 {
        let unit = if at % 2 == 0 { COMMUNE } else { "com-29266-2" };
        for role in ["REPORTER", "UNIT_HEAD", "REVIEWER", "DATA_STEWARD", "AUDITOR"] {
            rows.push_str(&format!("{at:M>64},{role},{unit}\n"));
        }
    }
    let rows = machine.write("roles.csv", &rows);
    let printed = machine.run(&["invite", "print", &rows, "--out", "long.pdf", "--json"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let warnings: Vec<&str> = printed.err.lines().collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("MISSING_LETTERS: com-29266-2"), "{warnings:?}");
    assert!(warnings[0].contains("Ω (U+03A9)"), "{warnings:?}");

    let answer = json(&printed.out);
    let cards = answer["cards"].as_array().unwrap();
    let pages = read_pages(&std::fs::read(machine.path("long.pdf")).unwrap());
    assert_eq!((cards.len(), pages.len()), (100, 13));
    for (at, card) in cards.iter().enumerate() {
        let (texts, picture) = drawn_on(&pages[at / 8], at % 8);
        let shown = joined(&texts, "").replace(' ', "");
        let name = if card["unit"] == COMMUNE { &one_word } else { &sentence };
        assert!(shown.contains(&name.replace(' ', "")), "nothing is lost: {shown}");
        assert!(shown.contains(card["account"].as_str().unwrap()), "{shown}");
        let (left, top) = card_corner(at % 8);
        let (rule, beside): (Vec<&DrawnText>, Vec<&DrawnText>) =
            texts.into_iter().partition(|text| text.left < picture.left + 1.0);
        let rule_top = rule.iter().map(|text| text.base - text.size).fold(f64::MAX, f64::min);
        for text in &rule {
            assert!(text.base < top + 67.0 && text.right < left + 93.0, "{}", text.text);
        }
        for text in &beside {
            assert!(text.left > left + 45.0 && text.right < left + 93.0, "{}", text.text);
            assert!(text.base - text.size > top && text.base < rule_top, "{}", text.text);
            assert!(text.size > 1.4, "readable, 4 points: {} mm", text.size);
        }
    }
    let drawn: usize = pages.iter().map(|page| page.texts.len()).sum();
    let on_cards = |(at, page): (usize, &DrawnPage)| -> usize {
        (0..8.min(100 - 8 * at)).map(|place| drawn_on(page, place).0.len()).sum()
    };
    let on_cards: usize = pages.iter().enumerate().map(on_cards).sum();
    assert_eq!(drawn, on_cards, "no text stands between the cards");
}
