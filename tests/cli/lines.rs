//! The line to a database on another machine: what an operator is told who does not guard it. Real processes.

use super::Machine;
use super::pg::TestDb;
use std::process::Stdio;

/// The same database under a name that is not of this machine; `hostaddr` says where it is all the same.
fn elsewhere(url: &str) -> String {
    let (before, behind) = url.split_once("127.0.0.1").expect("the tests' PostgreSQL is on loopback");
    format!("{before}db.example.vn{behind}?hostaddr=127.0.0.1")
}

#[test]
fn a_database_elsewhere_without_a_proof_who_it_is_is_warned_of_at_each_start_and_by_the_doctor() {
    let Some(db) = TestDb::fresh() else { return };
    let machine = Machine::new();
    let key = format!("database.url={}", elsewhere(db.url()));
    machine.done(&["init", "--set", &key]);
    let advice = machine.done(&["doctor"]);
    assert!(advice.contains("EXPOSED_LINE") && advice.contains("sslmode=verify-full"), "{advice}");
    let advice = machine.done(&["doctor", "--lang", "vi"]);
    assert!(advice.contains("ra khỏi máy này") && advice.contains("sslmode=verify-full"), "{advice}");
    let near = machine.done(&["doctor", "--set", &format!("database.url={}", db.url())]);
    assert!(!near.contains("EXPOSED_LINE"), "{near}");

    let mut serve = machine.command(&["serve", "--set", "listen.address=127.0.0.1:0"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut said, &mut String::new()).unwrap();
    child.kill().unwrap();
    let warned = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(warned.contains("the line to the database leaves this machine"), "{warned}");
}

#[cfg(not(feature = "postgres-tls"))]
#[test]
fn a_programme_without_tls_to_postgresql_refuses_a_url_that_asks_for_it_and_says_what_to_do() {
    let machine = Machine::new();
    for mode in ["require", "verify-ca", "verify-full"] {
        let key = format!("database.url=postgres://u:hunter2@db.example.vn/thidua?sslmode={mode}");
        for command in ["init", "serve", "doctor"] {
            let ran = machine.run(&[command, "--set", &key]);
            assert!(ran.code == 1 && ran.err.contains("NO_DATABASE_TLS"), "{command}: {ran:?}");
            assert!(ran.err.contains("--features postgres-tls") && ran.err.contains("a tunnel"), "{command}: {ran:?}");
            assert!(!ran.err.contains("hunter2"), "{command}: {ran:?}");
        }
        let ran = machine.run(&["serve", "--set", &key, "--lang", "vi"]);
        assert!(ran.err.contains("không có TLS đến PostgreSQL") && ran.err.contains("đường hầm"), "{ran:?}");
    }
}
