//! Keys of partner agencies, from the command line.

use super::Machine;
use serde_json::Value;

#[test]
fn a_key_is_printed_once_listed_without_its_secret_and_revoked() {
    let machine = Machine::with_province();
    let issue = ["--json", "access", "key", "issue", "--account", "toa-an", "--unit", "prov-84", "--days", "30"];
    let early = machine.run(&issue);
    assert!(early.code == 1 && early.err.contains("KEY_OPENS_NOTHING"), "without the role: {early:?}");
    machine.done(&["access", "grant", "--account", "toa-an", "--role", "PARTNER_READER", "--unit", "prov-84"]);
    let issued: Value = serde_json::from_str(&machine.done(&issue)).unwrap();
    let (key, id) = (issued["key"].as_str().unwrap(), issued["id"].as_str().unwrap());
    assert!(key.starts_with(&format!("thd_{id}_")), "{key}");

    let listed = machine.done(&["access", "key", "list"]);
    assert!(listed.contains(id) && listed.contains("toa-an") && listed.contains("RUNS STANDINGS"), "{listed}");
    let secret = &key[key.len() - 64..];
    assert!(!listed.contains(secret), "printed once only");
    let file = std::fs::read(machine.path("data/thidua.db")).unwrap();
    assert!(!file.windows(64).any(|bytes| bytes == secret.as_bytes()), "the database holds no secret");

    machine.done(&["access", "key", "revoke", id]);
    assert!(machine.done(&["access", "key", "list"]).contains("REVOKED"));
    assert_eq!(
        machine.run(&["access", "key", "issue", "--account", "toa-an", "--unit", "prov-84", "--read", "NOTES"]).code,
        2
    );
}
