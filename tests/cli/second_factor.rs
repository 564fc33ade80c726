//! The second factor of desk accounts, from the command line: the operator enrols, lists and
//! resets, and the doctor names where it is off and who lacks it.

use super::{CliServer, TestMachine};
use ring::hmac;
use serde_json::Value;
use thidua::clock::Clock;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;

const PASSWORD: &str = "một câu dài dễ nhớ bên sông";

/// The code that an authenticator app shows for an `otpauth` secret at the present time.
pub(crate) fn compute_code(secret: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digit = |symbol| alphabet.iter().position(|one| *one == symbol).unwrap();
    let bits: String = secret.bytes().map(|symbol| format!("{:05b}", digit(symbol))).collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    let step = u64::try_from(Clock::System.now().0 / 1_000_000 / 30).unwrap();
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes),
        &step.to_be_bytes(),
    );
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let word = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7FFF_FFFF) % 1_000_000)
}

/// Gives the first administrator a password, over the rpc of a server that is then stopped.
fn set_admin_password(machine: &TestMachine) {
    let issued = machine.run_ok(&["access", "enrol", "--account", "admin", "--json"]);
    let issued: Value = serde_json::from_str(&issued).unwrap();
    let code = issued["code"].as_str().unwrap().to_owned();
    let server = CliServer::start_with_settings(machine, &["listen.plaintext=true"]);
    let address = server.address.clone();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut access = AccessServiceClient::connect(address).await.unwrap();
        let request = pb::SetPasswordRequest { code, password: PASSWORD.to_owned() };
        access.set_password(request).await.unwrap();
    });
}

fn findings(machine: &TestMachine, arguments: &[&str]) -> Vec<(String, String)> {
    let output = machine.run(&[&["doctor", "--json"], arguments].concat());
    let found: Value = serde_json::from_str(&output.out).unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let found = found["findings"].as_array().unwrap();
    let found = found.iter().map(|one| (text(one, "code"), text(one, "what")));
    found.filter(|(code, _)| code.starts_with("SECOND_FACTOR")).collect()
}

fn state(machine: &TestMachine) -> (String, String) {
    let listed = machine.run_ok(&["access", "second-factor", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["account"]), (1, &"admin".into()));
    let text = |key: &str| listed[0][key].as_str().unwrap().to_owned();
    (text("state"), text("recovery_codes_left"))
}

#[test]
fn the_operator_enrols_lists_and_resets_and_the_doctor_names_who_lacks_it_and_where_it_is_off() {
    let machine = TestMachine::with_example();
    assert_eq!(findings(&machine, &[]), [], "an administrator without a password has no way in");
    assert_eq!(state(&machine).0, "NO_PASSWORD");
    let off = findings(&machine, &["--set", "auth.second_factor=off"]);
    assert_eq!(off.len(), 1);
    assert_eq!(off[0].0, "SECOND_FACTOR_OFF");

    set_admin_password(&machine);
    let lacking = findings(&machine, &[]);
    assert_eq!(lacking.len(), 1);
    assert_eq!(lacking[0].0, "SECOND_FACTOR_NOT_ENROLLED");
    assert!(lacking[0].1.contains("admin"), "{lacking:?}");
    assert_eq!(state(&machine).0, "NOT_ENROLLED");

    let second_factor = |arguments: &[&str]| {
        machine.run(&[&["access", "second-factor"], arguments, &["--json"]].concat())
    };
    let begun = second_factor(&["begin", "--account", "admin"]);
    let begun: Value = serde_json::from_str(&begun.out).unwrap();
    let (id, secret) = (begun["id"].as_str().unwrap(), begun["secret"].as_str().unwrap());
    let confirm =
        |id: &str, code: &str| second_factor(&["confirm", "--account", "admin", "--id", id, code]);
    let wrong = confirm(id, "nothing");
    assert!(wrong.code == 1 && wrong.err.contains("SECOND_FACTOR_WRONG"), "{wrong:?}");
    assert_eq!(confirm("12", &compute_code(secret)).code, 2);
    assert_eq!(state(&machine).0, "NOT_ENROLLED", "not in effect before it is confirmed");
    let confirmed = confirm(id, &compute_code(secret));
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    assert_eq!(state(&machine), ("ENROLLED".to_owned(), "8".to_owned()));
    assert_eq!(findings(&machine, &[]), []);
    machine.run_ok(&["audit", "verify"]);

    let nobody = second_factor(&["begin", "--account", "nobody"]);
    assert!(nobody.code == 1 && nobody.err.contains("UNKNOWN_ACCOUNT"), "{nobody:?}");
    assert_eq!(second_factor(&["reset", "--account", "admin"]).code, 0);
    assert_eq!(state(&machine).0, "NOT_ENROLLED");
    assert_eq!(findings(&machine, &[]), lacking);
}
