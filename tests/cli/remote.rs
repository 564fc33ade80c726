//! The command line on a server elsewhere: the same commands, once in the database of the machine
//! and once with `--server` over TLS in the name of accounts that signed in, give the same answers.

use super::{CliServer, CommandOutput, TestMachine, example_path};
use serde_json::Value;
use std::io::Write as _;
use std::process::Stdio;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;

const PASSWORD: &str = "một câu dài dễ nhớ bên sông";
pub(super) const PROVINCE: &str = "prov-86-2025";
/// The accounts of the story, each with its role over the province.
const ACCOUNTS: [(&str, &str); 4] =
    [("lan", "CAMPAIGN_HEAD"), ("minh", "UNIT_HEAD"), ("thu", "ADMIN"), ("huong", "DATA_STEWARD")];

fn machine_with_accounts() -> TestMachine {
    let machine = TestMachine::with_example();
    machine.run_ok(&["baseline", "import", "-f", &example_path("baseline.csv")]);
    for (account, role) in ACCOUNTS {
        machine.grant_role(account, role, PROVINCE);
    }
    machine
}

/// Gives accounts a password, over the rpc of a server that is then stopped.
pub(super) fn set_passwords(machine: &TestMachine, accounts: &[&str]) {
    let codes = accounts.iter().map(|account| {
        let issued = machine.run_ok(&["access", "enrol", "--account", account, "--json"]);
        let issued: Value = serde_json::from_str(&issued).unwrap();
        issued["code"].as_str().unwrap().to_owned()
    });
    let codes: Vec<String> = codes.collect();
    let settings = ["listen.plaintext=true", "jobs.enabled=false"];
    let server = CliServer::start_with_settings(machine, &settings);
    let address = server.address.clone();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut access = AccessServiceClient::connect(address).await.unwrap();
        for code in codes {
            let request = pb::SetPasswordRequest { code, password: PASSWORD.to_owned() };
            access.set_password(request).await.unwrap();
        }
    });
}

/// A person at a machine without any data, with the sessions of one account.
pub(super) struct RemotePerson<'a> {
    pub(super) machine: &'a TestMachine,
    pub(super) account: &'a str,
    address: &'a str,
}

impl RemotePerson<'_> {
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.machine.command(arguments);
        command
            .env("XDG_CONFIG_HOME", self.machine.path(self.account))
            .env("THIDUA_DATA", self.machine.path("no-data-here"))
            .env("THIDUA_SERVER", self.address);
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::from(self.command(arguments).output().unwrap())
    }

    fn sign_in(&self, arguments: &[&str], typed: &str) -> CommandOutput {
        let all = [&["sign-in", "--password-stdin", "--account", self.account], arguments].concat();
        let mut command = self.command(&all);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        CommandOutput::from(child.wait_with_output().unwrap())
    }

    fn session_file(&self) -> std::path::PathBuf {
        self.machine.path(self.account).join("thidua/sessions.json")
    }
}

fn ca_file(machine: &TestMachine) -> String {
    machine.path("data/tls/ca.pem").display().to_string()
}

/// Accounts that have signed in to a server.
pub(super) fn sign_in_all<'a>(
    machine: &'a TestMachine,
    address: &'a str,
    accounts: &[&'a str],
) -> Vec<RemotePerson<'a>> {
    let sign_in = |account: &&'a str| {
        let person = RemotePerson { machine, account, address };
        let signed_in = person.sign_in(&["--ca", &ca_file(machine)], PASSWORD);
        assert_eq!(signed_in.code, 0, "{account}: {}", signed_in.err);
        person
    };
    accounts.iter().map(sign_in).collect()
}

/// The JSON of an answer without what differs from one machine, call or moment to the next.
pub(super) fn comparable(output: &CommandOutput) -> Value {
    const MOMENTS: [&str; 16] = [
        "card",
        "qr",
        "issued",
        "published",
        "cut",
        "output_sha256",
        "slot",
        "last_slot",
        "seconds",
        "key",
        "id",
        "expires",
        "enrolled",
        "device",
        "revision",
        "standings",
    ];
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                object.retain(|key, _| !MOMENTS.contains(&key.as_str()));
                object.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            // The summary of a run ends with its cut.
            Value::String(text) => text.truncate(text.find(", cut ").unwrap_or(text.len())),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut value: Value = serde_json::from_str(&output.out).unwrap();
    strip(&mut value);
    value
}

/// One command of the story: who acts, what is typed, and whether the operator has to name whom
/// the act is entered for.
type Act = (&'static str, &'static [&'static str], bool);

/// A campaign from its files to its award, roles and keys, jobs and runs.
const STORY: &[Act] = &[
    ("lan", &["campaign", "check", "-f", "CAMPAIGN"], false),
    ("lan", &["campaign", "apply", "-f", "CAMPAIGN", "--dry-run"], false),
    ("lan", &["campaign", "apply", "-f", "CAMPAIGN"], false),
    ("lan", &["campaign", "list"], false),
    ("lan", &["campaign", "step", "conclude"], false),
    ("lan", &["campaign", "step", "approve"], false),
    ("minh", &["participation", "register", "--unit", PROVINCE, "--signed-role", "Giám đốc"], true),
    ("minh", &["participation", "launch", "--unit", PROVINCE, "--on", "2024-08-23"], true),
    ("minh", &["participation", "launch", "--unit", PROVINCE, "--on", "2030-01-01"], true),
    (
        "minh",
        &[
            "participation",
            "pledge",
            "--unit",
            PROVINCE,
            "--text",
            "giảm số vụ",
            "--signed-role",
            "Giám đốc",
        ],
        true,
    ),
    (
        "minh",
        &[
            "participation",
            "save-plan",
            "--unit",
            PROVINCE,
            "--document",
            "KH 12",
            "--target",
            "T1=count(so_offences) <= 4",
        ],
        true,
    ),
    ("minh", &["participation", "submit-plan", "--unit", PROVINCE, "--dry-run"], true),
    ("minh", &["participation", "submit-plan", "--unit", PROVINCE], true),
    ("lan", &["participation", "list", "--unit", PROVINCE], false),
    ("lan", &["participation", "approve-plan", "--unit", PROVINCE, "--hash", "000000000000"], true),
    ("huong", &["jobs", "run", "aggregate"], false),
    ("huong", &["jobs", "run", "apply-day"], false),
    ("lan", &["campaign", "rehearse", "conclusion"], false),
    ("lan", &["campaign", "step", "conclude", "--dry-run"], false),
    ("lan", &["campaign", "step", "review"], false),
    ("lan", &["campaign", "waive", "REPORTS", "--reason", "không thể bổ sung"], true),
    ("minh", &["campaign", "waive", "REPORTS", "--sign"], true),
    ("lan", &["campaign", "waivers"], false),
    ("lan", &["campaign", "step", "conclude"], false),
    ("huong", &["jobs", "run", "aggregate"], false),
    ("lan", &["campaign", "award", "decide", "--reference", "QĐ 12", "--date", "2026-03-02"], true),
    ("minh", &["campaign", "award", "decide"], true),
    ("lan", &["campaign", "list"], false),
    ("lan", &["campaign", "award", "revoke", "--reason", "QĐ 30"], true),
    ("minh", &["campaign", "award", "revoke"], true),
    ("lan", &["campaign", "reopen", "--reason", "số liệu sai"], true),
    ("minh", &["campaign", "reopen"], true),
    ("lan", &["campaign", "list"], false),
    ("huong", &["jobs", "list"], false),
    ("huong", &["jobs", "cancel", "aggregate"], false),
    ("huong", &["jobs", "history", "aggregate", "--limit", "5"], false),
    ("lan", &["runs", "list", "--campaign", "A"], false),
    ("huong", &["runs", "verify", "1", "--campaign", "A"], false),
    ("lan", &["runs", "show", "1", "--campaign", "A"], false),
    ("lan", &["runs", "diff", "1", "2", "--campaign", "A"], false),
    ("huong", &["baseline", "list", "--element", "so_offences"], false),
    ("thu", &["access", "grant", "--account", "xa", "--role", "REPORTER", "--unit", "UNIT"], false),
    (
        "thu",
        &["access", "grant", "--account", "toa", "--role", "PARTNER_READER", "--unit", PROVINCE],
        false,
    ),
    ("thu", &["access", "grants", "--unit", "UNIT"], false),
    (
        "thu",
        &["access", "end-grant", "--account", "xa", "--role", "REPORTER", "--unit", "UNIT"],
        false,
    ),
    ("thu", &["access", "revoke", "--account", "xa"], false),
    ("thu", &["access", "second-factor", "reset", "--account", "xa"], false),
    ("thu", &["access", "grants"], false),
    (
        "thu",
        &["access", "key", "issue", "--account", "toa", "--unit", PROVINCE, "--days", "30"],
        false,
    ),
    ("thu", &["access", "key", "list"], false),
];

/// What is typed, with the values of this machine.
fn arguments(act: &Act, campaign: &str, missing: &[String], named: bool) -> Vec<String> {
    let (account, typed, needs_name) = act;
    let mut all = vec!["--json".to_owned()];
    for word in *typed {
        match *word {
            "CAMPAIGN" => all.push(campaign.to_owned()),
            "REPORTS" => all.extend(missing.iter().cloned()),
            "UNIT" => all.push("com-29536-0".to_owned()),
            word => all.push(word.to_owned()),
        }
    }
    if *needs_name && named {
        all.extend(["--account".to_owned(), (*account).to_owned()]);
    }
    all
}

fn report_ids(rehearsed: &CommandOutput) -> Vec<String> {
    let rehearsed: Value = serde_json::from_str(&rehearsed.out).unwrap();
    let missing = rehearsed["missing"].as_array().unwrap().iter();
    missing.map(|one| one["report"].as_str().unwrap().to_owned()).collect()
}

/// Two persons waive what else is missing, entered by the operator in one call.
fn waive_as_operator(machine: &TestMachine, reports: &[String]) {
    for act in [&["--account", "lan", "--reason", "bão số 3"][..], &["--account", "minh", "--sign"]]
    {
        machine.run_ok(&[&["campaign", "waive"], &words(reports)[..], act].concat());
    }
}

pub(super) fn words(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn the_same_commands_give_the_same_answers_on_the_servers_machine_and_over_the_network() {
    let here = machine_with_accounts();
    let there = machine_with_accounts();
    let accounts = ACCOUNTS.map(|(account, _)| account);
    set_passwords(&there, &accounts);
    // No job of its own comes between the commands.
    let settings = ["auth.second_factor=off", "jobs.enabled=false"];
    let server = CliServer::start_with_settings(&there, &settings);
    let people = sign_in_all(&there, &server.address, &accounts);
    let campaign = example_path("campaign-a.toml");
    let (mut missing, mut rest) = (Vec::new(), Vec::new());
    for act in STORY {
        let person = people.iter().find(|person| person.account == act.0).unwrap();
        let local = arguments(act, &campaign, &missing, true);
        let remote = arguments(act, &campaign, &missing, false);
        let (local, remote) = (here.run(&words(&local)), person.run(&words(&remote)));
        assert_eq!((remote.code, &remote.err), (local.code, &local.err), "{:?}", act.1);
        if local.code == 0 {
            assert_eq!(comparable(&remote), comparable(&local), "{:?}", act.1);
        }
        if act.1.contains(&"rehearse") {
            missing = report_ids(&remote);
            rest = missing.split_off(3);
        }
        if act.1.contains(&"--sign") {
            [&here, &there].into_iter().for_each(|one| waive_as_operator(one, &rest));
        }
    }
    // On the machine of the server the same commands go on working beside it.
    let is_list = |act: &&Act| act.1.contains(&"list") || act.1 == ["access", "grants"];
    for act in STORY.iter().filter(is_list) {
        let person = people.iter().find(|person| person.account == act.0).unwrap();
        let typed = arguments(act, &campaign, &missing, true);
        let (local, remote) = (there.run(&words(&typed)), person.run(&words(&typed)));
        assert_eq!((remote.out, remote.err), (local.out, local.err), "{typed:?}");
    }
}

#[test]
fn a_session_is_kept_for_its_owner_only_trusts_one_authority_and_ends_with_the_sign_out() {
    let machine = machine_with_accounts();
    set_passwords(&machine, &["lan"]);
    let server = CliServer::start(&machine);
    let lan = RemotePerson { machine: &machine, account: "lan", address: &server.address };
    let refused = |output: &CommandOutput, code: &str| {
        assert!(output.code != 0 && output.err.contains(code), "{code}: {output:?}");
    };
    refused(&lan.run(&["campaign", "list"]), "NOT_SIGNED_IN");
    refused(&lan.sign_in(&[], PASSWORD), "--ca FILE");
    refused(
        &lan.sign_in(&["--ca", &ca_file(&machine)], "một câu khác hẳn, cũng dài"),
        "SIGN_IN_REFUSED",
    );
    let other = TestMachine::new();
    other.run_ok(&["init"]);
    refused(&lan.sign_in(&["--ca", &ca_file(&other)], PASSWORD), "NO_ANSWER");

    let signed_in = lan.sign_in(&["--ca", &ca_file(&machine)], PASSWORD);
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert_eq!(lan.run(&["campaign", "list"]).code, 0);
    let file = lan.session_file();
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(PASSWORD) && kept.contains("BEGIN CERTIFICATE"), "{kept}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        mode(0o644).unwrap();
        refused(&lan.run(&["campaign", "list"]), "SESSIONS_OPEN");
        mode(0o600).unwrap();
    }

    refused(&lan.run(&["jobs", "run", "aggregate"]), "DENIED");
    for of_the_machine in
        [&["backup"][..], &["doctor"], &["init"], &["audit", "checkpoint"], &["standings", "--now"]]
    {
        refused(&lan.run(of_the_machine), "NOT_REMOTE");
    }
    let vietnamese = lan.run(&["--lang", "vi", "jobs", "cancel", "aggregate"]);
    refused(&vietnamese, "Hãy liên hệ quản trị viên");
    refused(&lan.run(&["campaign", "award", "withdraw", "--account", "minh"]), "USAGE");

    let at = lan.run(&["sign-out"]);
    assert_eq!(at.code, 0, "{at:?}");
    refused(&lan.run(&["campaign", "list"]), "NOT_SIGNED_IN");
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("\"token\"").count(), 0);
    let listed = machine.run_ok(&["access", "devices", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["state"], "REVOKED", "the server has ended it too: {listed}");
    assert_eq!(lan.sign_in(&[], PASSWORD).code, 0, "the authority is known by now");
}

#[test]
fn an_account_that_needs_a_second_factor_gives_its_code_on_the_second_line() {
    let machine = machine_with_accounts();
    set_passwords(&machine, &["thu"]);
    let begun = machine.run_ok(&["access", "second-factor", "begin", "--account", "thu", "--json"]);
    let begun: Value = serde_json::from_str(&begun).unwrap();
    let (id, secret) = (begun["id"].as_str().unwrap(), begun["secret"].as_str().unwrap());
    let code = super::second_factor::compute_code(secret);
    machine.run_ok(&["access", "second-factor", "confirm", "--account", "thu", "--id", id, &code]);
    let server = CliServer::start(&machine);
    let thu = RemotePerson { machine: &machine, account: "thu", address: &server.address };
    let ca = ca_file(&machine);
    let without = thu.sign_in(&["--ca", &ca], PASSWORD);
    assert!(without.code == 1 && without.err.contains("SECOND_FACTOR_REQUIRED"), "{without:?}");
    let recovery = begun["recovery_codes"][0].as_str().unwrap();
    let with = thu.sign_in(&["--ca", &ca], &format!("{PASSWORD}\n{recovery}\n"));
    assert_eq!(with.code, 0, "{with:?}");
    let unknown = thu.run(&["access", "devices", "--unit", "khong-co"]);
    assert!(unknown.code == 1 && unknown.err.contains("NO_ROLE_ON_UNIT"), "{unknown:?}");
    let devices = thu.run(&["access", "devices", "--json"]);
    let devices: Value = serde_json::from_str(&devices.out).unwrap();
    let text = |key: &str| devices[0][key].as_str().unwrap();
    assert_eq!(
        (text("account"), text("unit"), text("kind"), text("state")),
        ("thu", PROVINCE, "DESK", "ACTIVE")
    );
}
