//! The files of TLS as people put them together: certificates in another order, a byte order mark,
//! two that do not belong together. Real servers and a real phone.

use super::backups::{due_reports, enrol_phone};
use super::serve::free_port;
use super::{CliServer, TestMachine};

/// Serves with these files and lets a new phone sync, which verifies the whole chain.
fn serve_and_sync(machine: &TestMachine, account: &str) {
    let address = format!("127.0.0.1:{}", free_port());
    let (listen, public) =
        (format!("listen.address={address}"), format!("listen.public=https://{address}"));
    let serving = CliServer::start_command(machine, &["serve"], &[&listen, &public]);
    enrol_phone(machine, &public, account, "REPORTER", "com-29242-2");
    assert!(!due_reports(machine, account).is_empty());
    drop(serving);
}

#[test]
fn certificates_in_another_order_or_after_a_byte_order_mark_serve_as_they_are_meant() {
    let machine = TestMachine::with_example();
    let file = |name: &str| machine.path("data/tls").join(name);
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    let (chain, ca, key) = (read("server.pem"), read("ca.pem"), read("server.key"));
    let own = chain.strip_suffix(&ca).unwrap().to_owned();

    std::fs::write(file("server.pem"), format!("{ca}{own}")).unwrap();
    serve_and_sync(&machine, "order");

    let mark = '\u{feff}';
    for (name, text) in [("server.pem", &chain), ("server.key", &key), ("ca.pem", &ca)] {
        std::fs::write(file(name), format!("{mark}{text}")).unwrap();
    }
    serve_and_sync(&machine, "mark");
    machine.run_ok(&["tls", "init"]);
    assert_eq!(read("ca.pem"), format!("{mark}{ca}"), "the same authority signs the next one");
    serve_and_sync(&machine, "next");
}

#[test]
fn a_chain_without_the_certificate_of_the_key_is_refused_with_both_files_and_the_reason() {
    let machine = TestMachine::with_example();
    let file = |name: &str| machine.path("data/tls").join(name);
    // The authority alone: what a person does who takes ca.pem for the chain.
    std::fs::copy(file("ca.pem"), file("server.pem")).unwrap();
    for command in ["serve", "doctor"] {
        let output = machine.run(&[command]);
        let said = format!("{}{}", output.out, output.err);
        let (chain, key) = (file("server.pem"), file("server.key"));
        let reason =
            format!("{} holds no certificate of the key {}", chain.display(), key.display());
        assert!(output.code == 1 && said.contains(&reason), "{command}: {output:?}");
    }
}
