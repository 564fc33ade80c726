//! Keys of partner agencies, the CA and the fleet, from the command line.

use super::TestMachine;
use serde_json::Value;

#[test]
fn a_key_is_printed_once_listed_without_its_secret_and_revoked() {
    let machine = TestMachine::with_example();
    let issue = [
        "--json",
        "access",
        "key",
        "issue",
        "--account",
        "toa-an",
        "--unit",
        "prov-84",
        "--days",
        "30",
    ];
    let early = machine.run(&issue);
    assert!(
        early.code == 1 && early.err.contains("KEY_OPENS_NOTHING"),
        "without the role: {early:?}"
    );
    machine.grant_role("toa-an", "PARTNER_READER", "prov-84");
    let issued: Value = serde_json::from_str(&machine.run_ok(&issue)).unwrap();
    let (key, id) = (issued["key"].as_str().unwrap(), issued["id"].as_str().unwrap());
    assert!(key.starts_with(&format!("thd_{id}_")), "{key}");

    let listed = machine.run_ok(&["access", "key", "list"]);
    assert!(
        listed.contains(id) && listed.contains("toa-an") && listed.contains("RUNS STANDINGS"),
        "{listed}"
    );
    let secret = &key[key.len() - 64..];
    assert!(!listed.contains(secret), "printed once only");
    let file = std::fs::read(machine.path("data/thidua.db")).unwrap();
    assert!(
        !file.windows(64).any(|bytes| bytes == secret.as_bytes()),
        "the database holds no secret"
    );

    machine.run_ok(&["access", "key", "revoke", id]);
    assert!(machine.run_ok(&["access", "key", "list"]).contains("REVOKED"));
    assert_eq!(
        machine
            .run(&[
                "access",
                "key",
                "issue",
                "--account",
                "toa-an",
                "--unit",
                "prov-84",
                "--read",
                "NOTES"
            ])
            .code,
        2
    );
}

#[test]
fn the_next_ca_is_announced_and_takes_over_only_when_its_time_has_come() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    let early = machine.run(&["tls", "roll-over", "--finish"]);
    assert!(early.code == 1 && early.err.contains("NO_NEXT_CA"), "{early:?}");
    let told: Value =
        serde_json::from_str(&machine.run_ok(&["--json", "tls", "roll-over"])).unwrap();
    assert_eq!(told["trusted_ca_sha256"].as_array().unwrap().len(), 2);
    let early = machine.run(&["tls", "roll-over", "--finish"]);
    assert!(early.code == 1 && early.err.contains("ANNOUNCED_TOO_SHORT"), "{early:?}");
    let done: Value = serde_json::from_str(&machine.run_ok(&[
        "--json",
        "tls",
        "roll-over",
        "--finish",
        "--early",
    ]))
    .unwrap();
    assert_eq!(done["ca_sha256"], told["trusted_ca_sha256"][1]);
}

#[test]
fn the_fleet_is_shown_by_units_and_names_no_device_and_no_account() {
    let machine = TestMachine::with_example();
    let fleet = machine.run_ok(&["--json", "fleet"]);
    let fleet: serde_json::Value = serde_json::from_str(&fleet).unwrap();
    let keys: Vec<&String> = fleet[0].as_object().unwrap().keys().collect();
    let expected = ["unit", "name", "devices", "last_contact", "waiting", "card_open_until"];
    assert_eq!(keys, expected, "units, never persons");
    let heard = |one: &serde_json::Value| one["devices"] != "0" || one["last_contact"] != "NEVER";
    assert!(!fleet.as_array().unwrap().iter().any(heard), "nobody is enrolled: {fleet}");
    assert!(machine.run_ok(&["fleet", "--help"]).contains("--unit"));
}
