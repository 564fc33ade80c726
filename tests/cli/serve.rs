//! The first day of a server: init, start, health check, stop.

use super::{CliServer, TestMachine};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use std::io::{Read, Write};

#[test]
fn a_fresh_server_answers_its_health_check_over_tls_and_ends_when_told() {
    let machine = TestMachine::new();
    let output = machine.run_ok(&["init"]);
    assert!(output.contains("thidua:1?c="), "{output}");
    assert_eq!(machine.run(&["init"]).code, 1, "a second init replaces nothing");

    let serving = CliServer::start(&machine);
    let address = serving.address.clone();
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");
    let healthy = machine.run(&["healthcheck", "--address", &address]);
    assert_eq!(
        (healthy.code, healthy.out),
        (0, format!("{address}: SERVING\n")),
        "{}",
        healthy.err
    );

    let other = TestMachine::new();
    other.run_ok(&["init"]);
    assert_eq!(
        other.run(&["healthcheck", "--address", &address]).code,
        1,
        "another authority's CA is not trusted"
    );
    drop(serving);
    let stopped = machine.run(&["healthcheck", "--address", &address]);
    assert!(stopped.code == 1 && stopped.err.contains("UNHEALTHY"), "{stopped:?}");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_a_missing_database_says_what_to_run() {
    let machine = TestMachine::new();
    let output = machine.run(&["baseline", "export"]);
    assert!(
        output.code == 1
            && output.err.contains("NOT_INITIALISED")
            && output.err.contains("thidua init"),
        "{output:?}"
    );
    machine.run_ok(&["init"]);
    let file = machine.path("data/thidua.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("plaintext = false", "plaintxt = false")).unwrap();
    let output = machine.run(&["serve"]);
    assert_eq!(output.code, 1);
    assert!(
        output.err.contains("thidua.toml:") && output.err.contains("unknown field `plaintxt`"),
        "{}",
        output.err
    );
}

#[test]
fn wrong_usage_ends_with_two_and_help_has_examples() {
    let machine = TestMachine::new();
    assert_eq!(machine.run(&["nonsense"]).code, 2);
    for command in [
        vec!["--help"],
        vec!["init", "--help"],
        vec!["campaign", "apply", "--help"],
        vec!["serve", "--help"],
    ] {
        let help = machine.run_ok(&command);
        assert!(help.contains("Examples:\n  thidua"), "{command:?}: {help}");
    }
}

#[test]
fn an_account_gets_a_role_and_a_code_and_plaintext_stays_on_this_machine() {
    let machine = TestMachine::with_example();
    let granted = machine.run_ok(&[
        "access",
        "grant",
        "--account",
        "xa",
        "--role",
        "REPORTER",
        "--unit",
        "com-29242-1",
        "--enrol",
    ]);
    assert!(
        granted.contains("xa: REPORTER @ com-29242-1") && granted.contains("typed code:"),
        "{granted}"
    );
    assert_eq!(machine.run(&["access", "enrol", "--account", "nobody"]).code, 1);
    let output = machine.run(&[
        "serve",
        "--set",
        "listen.plaintext=true",
        "--set",
        "listen.address=0.0.0.0:0",
    ]);
    assert!(output.code == 1 && output.err.contains("PLAINTEXT_REFUSED"), "{output:?}");
}

/// A free port on loopback; another process could take it before it is used.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The metrics page as Prometheus reads it.
pub(crate) fn fetch_metrics(port: u16) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn an_operator_reads_counted_calls_and_the_age_of_backups_and_nobody_is_named() {
    let machine = TestMachine::with_example();
    let port = free_port();
    let serving =
        CliServer::start_with_settings(&machine, &[&format!("metrics.address=127.0.0.1:{port}")]);
    let health = machine.run(&["healthcheck", "--address", &serving.address]);
    assert_eq!(health.code, 0, "{}", health.err);
    let page = fetch_metrics(port);
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    let call = r#"thidua_rpc_server_calls_total{rpc_method="grpc.health.v1.Health/Check",rpc_grpc_status_code="0"} 2"#;
    assert!(page.contains(call), "{page}");
    let changes_behind =
        page.lines().find_map(|line| line.strip_prefix("thidua_backup_behind_changes ")).unwrap();
    assert!(
        changes_behind.parse::<i64>().unwrap() > 0,
        "no backup holds the imported organisation yet"
    );
    for word in ["account", "device", "unit", "com-", "address="] {
        assert!(!page.contains(word), "{word} in {page}");
    }
}

#[test]
fn an_operator_changes_what_is_logged_while_the_server_runs_and_a_mistake_changes_nothing() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    let file = machine.path("data/thidua.toml");
    let silent_config = std::fs::read_to_string(&file)
        .unwrap()
        .replace("\"info,tokio_cron_scheduler=warn\"", "\"off\"");
    std::fs::write(&file, &silent_config).unwrap();
    let script = format!(
        "exec {} serve --json --set listen.address=127.0.0.1:0 2>log",
        env!("CARGO_BIN_EXE_thidua")
    );
    let serving = CliServer::spawn(machine.shell_command(&script));
    let reload_filter = |filter: &str| {
        std::fs::write(&file, silent_config.replace("\"off\"", filter)).unwrap();
        let pid = serving.child.id().to_string();
        assert!(
            std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success()
        );
    };
    let logs = |what: &str| {
        let log = || std::fs::read_to_string(machine.path("log")).unwrap();
        (0..200).any(|_| {
            log().contains(what) || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                false
            }
        })
    };
    assert!(
        !std::fs::read_to_string(machine.path("log")).unwrap().contains("the server serves"),
        "nothing is logged"
    );
    reload_filter("\"info\"");
    assert!(logs("the log's filter was read anew"));
    reload_filter("\"info,=\"");
    assert!(logs("the log's filter stays as it was"));
}

#[test]
fn a_job_that_fails_under_a_running_server_stands_in_the_log_once_with_its_code() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    let database = machine.path("data/thidua.db").display().to_string();
    let mut database = SqliteConnection::establish(&database).unwrap();
    database.batch_execute("update audit set action = 'another' where seq = 1").unwrap();
    let script = format!(
        "exec {} serve --json --set listen.address=127.0.0.1:0 --set log.format=json 2>log",
        env!("CARGO_BIN_EXE_thidua")
    );
    let _serving = CliServer::spawn(machine.shell_command(&script));
    let lines_of = |job: &str| -> Vec<serde_json::Value> {
        let log = std::fs::read_to_string(machine.path("log")).unwrap();
        let lines = log.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.filter(|line: &serde_json::Value| line["fields"]["job"] == job).collect()
    };
    let await_line = |job: &str| {
        for _ in 0..400 {
            if !lines_of(job).is_empty() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("no line of {job}: {}", std::fs::read_to_string(machine.path("log")).unwrap());
    };
    ["verify-audit", "restore-drill", "remind", "apply-day"].into_iter().for_each(await_line);
    // A second line would come at once.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let lines = lines_of("verify-audit");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let fields = &lines[0]["fields"];
    assert_eq!((&lines[0]["level"], &fields["code"]), (&"ERROR".into(), &"CONTENT_ALTERED".into()));
    assert!(
        fields["message"].as_str().unwrap().contains("the audit chain does not hold at seq 1"),
        "{fields}"
    );
}
