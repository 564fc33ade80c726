//! Files, exports, standings and what a desk reads every day: the same commands in the database of
//! a machine and with `--server` over TLS give the same answers.

use super::remote::{PROVINCE, RemotePerson, comparable, set_passwords, sign_in_all, words};
use super::{CliServer, CommandOutput, REPORT_CSV_HEADER, TestMachine, example_path};
use serde_json::Value;
use std::path::Path;

const COMMUNE: &str = "com-29242-1";
/// The accounts of the story with their roles. One that gives roles by rule needs to see units.
const GRANTS: [(&str, &str, &str); 7] = [
    ("lan", "CAMPAIGN_HEAD", PROVINCE),
    ("minh", "UNIT_HEAD", PROVINCE),
    ("huong", "DATA_STEWARD", PROVINCE),
    ("thu", "ADMIN", PROVINCE),
    ("thu", "DATA_STEWARD", PROVINCE),
    ("tra", "AUDITOR", PROVINCE),
    ("xa", "REPORTER", COMMUNE),
];
const ACCOUNTS: [&str; 6] = ["lan", "minh", "huong", "thu", "tra", "xa"];

fn machine_with_accounts() -> TestMachine {
    let machine = TestMachine::with_example();
    for (account, role, unit) in GRANTS {
        machine.grant_role(account, role, unit);
    }
    machine
}

/// The files of the story, by the words of its commands; both machines read the same ones.
fn write_files(machine: &TestMachine) -> Vec<(&'static str, String)> {
    let week = |nth: &str| {
        let row = format!("tuan-xa;{COMMUNE};2025-01-06;2025-01-12;;;{nth};3;3;3;1");
        format!("{REPORT_CSV_HEADER}\r\n{row}\r\n")
    };
    let leaf = |target: &str| {
        format!(
            "code = \"A\"\n[[leaves]]\ncode = \"{target}\"\nkind = \"QUANT\"\nweight = \"60\"\n"
        )
    };
    let handover = "side,from_uid,to_uid,element,amount\n\
        closing,dist-842,,suspended_cases,30\nhand,dist-842,dist-844,suspended_cases,10\n\
        hand,dist-842,dist-842,suspended_cases,20\nopening,,dist-844,suspended_cases,10\n\
        opening,,dist-842,suspended_cases,20\n";
    let write = |name: &str, text: &str| machine.write(name, text);
    vec![
        ("ORG", example_path("org")),
        ("BASELINE", example_path("baseline.csv")),
        ("CAMPAIGN", example_path("campaign-a.toml")),
        ("BAD_BASELINE", write("so-lieu.csv", "unit,element\nx,y\n")),
        ("WEEK", write("tuan.csv", &week("2"))),
        ("WEEK_AGAIN", write("tuan-2.csv", &week("4"))),
        ("BAD_WEEK", write("tuan-3.csv", &week("x"))),
        ("ROLES", write("vai-tro.csv", "account,role,unit\nxa-2,REPORTER,com-29242-2\n")),
        ("BAD_ROLES", write("vai-tro-2.csv", "account,role,unit\nxa-2,REPORTER,khong-co\n")),
        ("PLAN", write("cham.toml", &leaf("T1"))),
        ("BAD_PLAN", write("cham-2.toml", &leaf("T99"))),
        ("HANDOVER", write("ban-giao.csv", handover)),
        ("CARDS", machine.path("phieu.html").display().to_string()),
        ("CARDS_PDF", machine.path("phieu.pdf").display().to_string()),
        ("OUT", machine.path("ra").display().to_string()),
        ("TEMPLATE", machine.path("mau.xlsx").display().to_string()),
    ]
}

/// One command: who acts, what is typed, and whether the operator names whom it is entered for.
type Act = (&'static str, &'static [&'static str], bool);

const STORY: &[Act] = &[
    ("huong", &["org", "import", "ORG", "--dry-run"], false),
    ("huong", &["org", "import", "ORG"], false),
    ("huong", &["baseline", "import", "-f", "BASELINE", "--dry-run"], false),
    ("huong", &["baseline", "import", "-f", "BASELINE"], false),
    ("huong", &["baseline", "import", "-f", "BASELINE"], false),
    ("huong", &["baseline", "import", "-f", "BAD_BASELINE"], false),
    ("huong", &["baseline", "export"], false),
    ("xa", &["report", "import", "-f", "WEEK", "--dry-run"], true),
    ("xa", &["report", "import", "-f", "WEEK", "--submit"], true),
    ("xa", &["report", "import", "-f", "WEEK_AGAIN", "--submit"], true),
    ("xa", &["report", "import", "-f", "BAD_WEEK"], true),
    ("lan", &["campaign", "apply", "-f", "CAMPAIGN"], false),
    ("lan", &["campaign", "step", "approve"], false),
    ("lan", &["campaign", "export", "A"], false),
    ("lan", &["report", "export", "tuan-xa", "--csv"], false),
    ("lan", &["export", "reports", "--form", "tuan-xa", "--unit", COMMUNE], false),
    ("lan", &["export", "reports", "--form", "khong-co"], false),
    ("huong", &["jobs", "run", "aggregate"], false),
    ("lan", &["standings"], false),
    ("lan", &["standings", "--unit", "dist-842", "--why", "T1"], false),
    ("lan", &["standings", "--why", "T99"], false),
    ("lan", &["standings", "--unit", "khong-co"], false),
    ("lan", &["standings", "--csv"], false),
    ("lan", &["export", "standings"], false),
    ("lan", &["export", "org", "--out", "OUT"], false),
    ("lan", &["score"], false),
    ("lan", &["score", "--plan", "PLAN", "--unit", "dist-842"], false),
    ("lan", &["score", "--plan", "BAD_PLAN"], false),
    ("lan", &["score", "--campaign", "Z"], false),
    ("lan", &["morning-report", "--out", "OUT"], false),
    ("lan", &["morning-report", "--out", "OUT", "--phase", "9"], false),
    ("lan", &["remind"], false),
    ("lan", &["remind", "--unit", "khong-co"], false),
    ("lan", &["score", "--unit", "khong-co"], false),
    ("lan", &["morning-report", "--unit", "khong-co"], false),
    (
        "lan",
        &[
            "export", "template", "--form", "tuan-xa", "--units", "dist-842", "--period",
            "2024-W36", "-o", "TEMPLATE",
        ],
        false,
    ),
    ("lan", &["quality", "list"], false),
    ("huong", &["org", "rehearse", "ORG", "--on", "2025-07-01"], false),
    ("huong", &["org", "rehearse", "ORG", "--on", "2033-01-01"], false),
    ("huong", &["org", "handover", "HANDOVER", "--on", "2024-12-01", "--dry-run"], true),
    ("huong", &["org", "handover", "HANDOVER", "--on", "2024-12-01", "--basis", "BB 12"], true),
    ("minh", &["org", "handover", "HANDOVER", "--on", "2024-12-01", "--sign"], true),
    ("huong", &["org", "handovers"], false),
    ("thu", &["access", "grant-many", "ROLES", "--dry-run"], false),
    ("thu", &["access", "grant-many", "ROLES"], false),
    ("thu", &["access", "grant-many", "BAD_ROLES"], false),
    (
        "thu",
        &[
            "access",
            "grant-many",
            "--all-below",
            PROVINCE,
            "--level",
            "commune",
            "--role",
            "REPORTER",
        ],
        false,
    ),
    ("thu", &["access", "grants", "--unit", "com-29242-2"], false),
    ("thu", &["invite", "print", "ROLES", "--out", "CARDS"], false),
    ("thu", &["invite", "print", "ROLES", "--out", "CARDS"], false),
    ("thu", &["invite", "print", "ROLES", "--renew", "--out", "CARDS_PDF"], false),
    ("thu", &["invite", "print", "BAD_ROLES", "--out", "CARDS"], false),
    ("thu", &["invite", "list"], false),
    ("thu", &["invite", "list", "--all", "--unit", "com-29242-2"], false),
    ("thu", &["invite", "list", "--unit", "khong-co"], false),
    ("thu", &["invite", "revoke", "--unit", "com-29242-2"], false),
    ("thu", &["invite", "revoke", "000000000000"], false),
    ("thu", &["invite", "revoke", "x"], false),
];

/// What is read only, and of one machine the same for the operator and for an account: devices and
/// entries of the audit are of this machine.
const READS: &[(&str, &[&str])] = &[
    ("thu", &["fleet"]),
    ("thu", &["invite", "list", "--all"]),
    ("thu", &["access", "second-factor", "list"]),
    ("lan", &["remind", "--unit", "dist-842"]),
    ("lan", &["quality", "list", "--unit", COMMUNE]),
    ("tra", &["audit", "show", "--purpose", "kiem tra", "--limit", "7"]),
    ("tra", &["audit", "show", "--purpose", "kiem tra", "--after", "3", "--limit", "2"]),
    ("lan", &["campaign", "export"]),
    ("lan", &["org", "handovers"]),
    ("lan", &["export", "standings"]),
    ("lan", &["export", "runs"]),
    ("huong", &["baseline", "list"]),
];

fn arguments(act: &Act, files: &[(&str, String)], named: bool) -> Vec<String> {
    let (account, typed, needs_name) = act;
    let mut all = vec!["--json".to_owned()];
    for word in *typed {
        let file = files.iter().find(|(name, _)| name == word);
        all.push(file.map_or_else(|| (*word).to_owned(), |(_, path)| path.clone()));
    }
    if *needs_name && named {
        all.extend(["--account".to_owned(), (*account).to_owned()]);
    }
    all
}

/// JSON without its moments; of a table the lines without the one that says when it was made.
fn comparable_answer(output: &CommandOutput) -> Value {
    if serde_json::from_str::<Value>(&output.out).is_ok() {
        return comparable(output);
    }
    let lines = output.out.lines().filter(|line| !line.contains("as of:"));
    Value::from(lines.collect::<Vec<_>>())
}

fn find<'p, 'a>(people: &'p [RemotePerson<'a>], account: &str) -> &'p RemotePerson<'a> {
    people.iter().find(|person| person.account == account).unwrap()
}

#[test]
fn files_lists_and_sheets_are_the_same_on_the_servers_machine_and_over_the_network() {
    let (here, there) = (machine_with_accounts(), machine_with_accounts());
    set_passwords(&there, &ACCOUNTS);
    let settings = ["auth.second_factor=off", "jobs.enabled=false"];
    let server = CliServer::start_with_settings(&there, &settings);
    let people = sign_in_all(&there, &server.address, &ACCOUNTS);
    let files = write_files(&here);
    let mut done = 0;
    for act in STORY {
        let (local, remote) = (arguments(act, &files, true), arguments(act, &files, false));
        let local = here.run(&words(&local));
        let remote = find(&people, act.0).run(&words(&remote));
        assert_eq!((remote.code, &remote.err), (local.code, &local.err), "{:?}", act.1);
        assert_eq!(comparable_answer(&remote), comparable_answer(&local), "{:?}", act.1);
        done += usize::from(local.code == 0);
    }
    assert!(done > 30, "most commands of the story succeed: {done}");
    let why = ["--json", "standings", "--unit", "dist-842", "--why", "T1"];
    let why: Value = serde_json::from_str(&here.run_ok(&why)).unwrap();
    let sent = why[0]["reports"].as_array().unwrap().iter().find(|one| one["support"] == "WAITING");
    let revisions = ["--json", "report", "revisions", sent.unwrap()["report"].as_str().unwrap()];
    let (local, remote) = (here.run(&revisions), find(&people, "lan").run(&revisions));
    assert_eq!((remote.code, &remote.out), (0, &local.out), "{remote:?}");
    for (account, typed) in READS {
        let local = there.run(typed);
        let remote = find(&people, account).run(typed);
        assert_eq!((remote.code, &remote.err), (local.code, &local.err), "{typed:?}");
        assert_eq!(comparable_answer(&remote), comparable_answer(&local), "{typed:?}");
    }
    check_what_is_of_one_machine(&there, &people);
}

/// A card of the operator is the same for an account elsewhere, which draws the same sheet.
fn check_a_card(there: &TestMachine, person: &RemotePerson<'_>) {
    let roles = there.write("phieu.csv", "account,role,unit\nxa-3,REPORTER,com-29242-2\n");
    let [one, two] = ["mot.html", "hai.html"].map(|name| there.path(name).display().to_string());
    let local: Value =
        serde_json::from_str(&there.run_ok(&["--json", "invite", "print", &roles, "--out", &one]))
            .unwrap();
    let remote = person.run(&["--json", "invite", "print", &roles, "--out", &two]);
    let remote: Value = serde_json::from_str(&remote.out).unwrap();
    assert_eq!(
        (&local["cards"][0]["new"], &remote["cards"][0]["new"]),
        (&true.into(), &false.into())
    );
    for key in ["card", "expires", "roles"] {
        assert_eq!(local["cards"][0][key], remote["cards"][0][key]);
    }
    // Only the addresses differ: this server listens elsewhere than the settings say.
    let code = |answer: &Value| {
        let text = answer["cards"][0]["qr"].as_str().unwrap();
        text.split("&a=").next().unwrap().to_owned()
    };
    assert_eq!(code(&local), code(&remote));
    assert!(std::fs::read_to_string(&two).unwrap().contains("xa-3"));
    let number = local["cards"][0]["card"].as_str().unwrap();
    let revoked = person.run(&["--json", "invite", "revoke", number]);
    let revoked: Value = serde_json::from_str(&revoked.out).unwrap();
    assert_eq!(revoked, serde_json::json!({ "asked": 1, "revoked": 1 }));
}

/// A code enrols one device of an account whose roles stay; a new campaign knows the authority.
fn check_what_is_of_one_machine(there: &TestMachine, people: &[RemotePerson<'_>]) {
    let roles = there.run_ok(&["access", "grants", "--account", "xa"]);
    let issued = find(people, "thu").run(&["--json", "access", "enrol", "--account", "xa"]);
    let code: Value = serde_json::from_str(&issued.out).unwrap();
    assert!(code["qr"].as_str().unwrap().starts_with("thidua:1?c="), "{issued:?}");
    assert_eq!(there.run_ok(&["access", "grants", "--account", "xa"]), roles);
    let unknown = find(people, "thu").run(&["access", "enrol", "--account", "khong-co"]);
    assert!(unknown.code == 1 && unknown.err.contains("UNKNOWN_ACCOUNT"), "{unknown:?}");
    check_a_card(there, find(people, "thu"));
    let dir = there.path("moi").display().to_string();
    let new = find(people, "lan").run(&["campaign", "new", &dir, "--yes"]);
    assert_eq!(new.code, 0, "{new:?}");
    let text = std::fs::read_to_string(Path::new(&dir).join("campaign.toml")).unwrap();
    assert!(text.contains(PROVINCE), "{text}");
    let verified = find(people, "tra").run(&["--json", "audit", "verify"]);
    let verified: Value = serde_json::from_str(&verified.out).unwrap();
    let head = verified["head"].as_str().unwrap();
    let again = find(people, "tra").run(&["audit", "verify", "--head", head]);
    assert_eq!(again.code, 0, "{again:?}");
    let forged = format!("1:{}", "0".repeat(64));
    let broken = find(people, "tra").run(&["audit", "verify", "--head", &forged]);
    assert!(broken.code == 1 && broken.err.contains("AUDIT_BROKEN"), "{broken:?}");
}
