//! The connections to a remote database and its replica: the warnings and errors that an operator
//! gets, with real processes.

use super::backups::enrol_phone;
use super::pg::TestDb;
use super::serve::{fetch_metrics, free_port};
use super::{CliServer, TestMachine};
use std::process::Stdio;

/// The same database under a remote host name; `hostaddr` gives its address on this machine.
fn remote_url(url: &str) -> String {
    let (before, after) =
        url.split_once("127.0.0.1").expect("the tests' PostgreSQL is on loopback");
    format!("{before}db.example.vn{after}?hostaddr=127.0.0.1")
}

#[test]
fn a_database_elsewhere_without_a_proof_who_it_is_is_warned_of_at_each_start_and_by_the_doctor() {
    let Some(db) = TestDb::create() else { return };
    let machine = TestMachine::new();
    let key = format!("database.url={}", remote_url(db.url()));
    machine.run_ok(&["init", "--set", &key]);
    let advice = machine.run_ok(&["doctor"]);
    assert!(advice.contains("EXPOSED_LINE") && advice.contains("sslmode=verify-full"), "{advice}");
    let advice = machine.run_ok(&["doctor", "--lang", "vi"]);
    assert!(
        advice.contains("ra khỏi máy này") && advice.contains("sslmode=verify-full"),
        "{advice}"
    );
    let local = machine.run_ok(&["doctor", "--set", &format!("database.url={}", db.url())]);
    assert!(!local.contains("EXPOSED_LINE"), "{local}");

    let mut serve = machine.command(&["serve", "--set", "listen.address=127.0.0.1:0"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut String::new()).unwrap();
    child.kill().unwrap();
    let warnings = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(warnings.contains("the connection to the database leaves this machine"), "{warnings}");
}

#[cfg(not(feature = "postgres-tls"))]
#[test]
fn a_program_without_tls_to_postgresql_refuses_a_url_that_asks_for_it_and_says_what_to_do() {
    let machine = TestMachine::new();
    for mode in ["require", "verify-ca", "verify-full"] {
        let key = format!("database.url=postgres://u:hunter2@db.example.vn/thidua?sslmode={mode}");
        for command in ["init", "serve", "doctor"] {
            let output = machine.run(&[command, "--set", &key]);
            assert!(
                output.code == 1 && output.err.contains("NO_DATABASE_TLS"),
                "{command}: {output:?}"
            );
            assert!(
                output.err.contains("--features postgres-tls") && output.err.contains("a tunnel"),
                "{command}: {output:?}"
            );
            assert!(!output.err.contains("hunter2"), "{command}: {output:?}");
        }
        let output = machine.run(&["serve", "--set", &key, "--lang", "vi"]);
        assert!(
            output.err.contains("không có TLS đến PostgreSQL") && output.err.contains("đường hầm"),
            "{output:?}"
        );
    }
}

#[test]
fn a_replica_is_of_a_postgresql_is_counted_when_it_serves_and_missed_by_the_doctor_when_it_is_away()
{
    let Some(db) = TestDb::create() else { return };
    let machine = TestMachine::with_example();
    let unreachable = "database.replica_url=postgres://u@127.0.0.1:1/x";
    let refused = machine.run(&["serve", "--set", unreachable]);
    assert!(
        refused.code == 1 && refused.err.contains("requires PostgreSQL on both sides"),
        "{refused:?}"
    );

    let sqlite = format!("sqlite:{}", machine.path("data/thidua.db").display());
    machine.run_ok(&["move", "--from", &sqlite, "--to", db.url()]);
    let file = machine.path("data/thidua.toml");
    let configured = std::fs::read_to_string(&file).unwrap().replace("sqlite:thidua.db", db.url());
    std::fs::write(&file, configured).unwrap();
    let advice = machine.run_ok(&["doctor", "--set", unreachable]);
    assert!(
        advice.contains("REPLICA: the replica cannot be reached, the primary serves everything"),
        "{advice}"
    );

    let (port, metrics) = (free_port(), free_port());
    let public = format!("listen.public=https://127.0.0.1:{port}");
    // A database is always as current as itself, so it can serve as its own replica.
    let keys = [
        public.clone(),
        format!("listen.address=127.0.0.1:{port}"),
        format!("metrics.address=127.0.0.1:{metrics}"),
        format!("database.replica_url={}", db.url()),
    ];
    let serving =
        CliServer::start_command(&machine, &["serve"], &keys.each_ref().map(String::as_str));
    let read = || {
        let page = fetch_metrics(metrics);
        let count = page.lines().find_map(|line| line.strip_prefix("thidua_replica_reads_total "));
        count.unwrap_or_else(|| panic!("{page}")).parse::<u64>().unwrap()
    };
    // The replica connects in the background, so the first phones may come before it.
    for number in 1..=20 {
        enrol_phone(&machine, &public, &format!("xa-{number}"), "REPORTER", "com-29242-2");
        machine.run_ok(&["field", "sync", "--phone", &format!("xa-{number}")]);
        if read() > 0 {
            break;
        }
    }
    assert!(read() > 0, "no first sync was read from the replica");
    drop(serving);
}
