//! The command line through the real binary, in a temporary directory.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![cfg(feature = "server")]

mod audit;
mod backups;
mod campaign_files;
mod campaigns;
mod cards;
mod checkpoints;
mod clock;
mod command_export;
mod deploy;
mod exchange;
mod exports;
mod field;
mod files;
mod init;
mod keys;
mod morning_report;
#[path = "../common/otlp_collector.rs"]
mod otlp_collector;
mod pdf_reader;
#[path = "../common/pg.rs"]
mod pg;
mod pg_connection;
#[cfg(feature = "postgres-tls")]
#[path = "../common/pg_server.rs"]
#[expect(dead_code, reason = "the standby is for other tests")]
mod pg_server;
#[cfg(feature = "postgres-tls")]
mod pg_tls;
mod remote;
mod remote_files;
mod review;
mod rights;
mod runs;
mod second_factor;
mod serve;
mod storage;
mod telemetry;
mod texts;
mod tls_files;
mod upgrade;
mod web_certificate;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A machine with nothing installed.
struct TestMachine {
    dir: tempfile::TempDir,
}

impl TestMachine {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A machine after `init`, with the example's organisation, elements and forms.
    fn with_example() -> Self {
        let machine = Self::new();
        machine.run_ok(&["init"]);
        machine.run_ok(&["org", "import", &example_path("org")]);
        let (elements, forms) = (example_path("elements.toml"), example_path("forms.toml"));
        machine.run_ok(&["campaign", "apply", "-f", &elements, "-f", &forms]);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.configure(Command::new(env!("CARGO_BIN_EXE_thidua")), arguments)
    }

    /// The binary started by a shell.
    fn shell_command(&self, script: &str) -> Command {
        self.configure(Command::new("sh"), &["-c", script])
    }

    fn configure(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).current_dir(self.dir.path());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("THIDUA_")) {
                command.env_remove(name);
            }
        }
        command.env("THIDUA_LANG", "en").env("THIDUA_DATA", self.path("data"));
        command
    }

    fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::from(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed and returns its output.
    fn run_ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.err);
        output.out
    }

    /// Grants a role on a unit to an account, which is created if it does not exist.
    fn grant_role(&self, account: &str, role: &str, unit: &str) -> String {
        let output = self.try_grant_role(account, role, unit);
        assert_eq!(output.code, 0, "{account} {role} {unit}: {}", output.err);
        output.out
    }

    fn try_grant_role(&self, account: &str, role: &str, unit: &str) -> CommandOutput {
        self.run(&["access", "grant", "--account", account, "--role", role, "--unit", unit])
    }
}

/// A server process that is killed when dropped.
struct CliServer {
    child: std::process::Child,
    address: String,
}

impl CliServer {
    fn start(machine: &TestMachine) -> Self {
        Self::start_with_settings(machine, &[])
    }

    /// Starts it with further configuration keys.
    fn start_with_settings(machine: &TestMachine, keys: &[&str]) -> Self {
        let keys: Vec<&str> = ["listen.address=127.0.0.1:0"].iter().chain(keys).copied().collect();
        Self::start_command(machine, &["serve"], &keys)
    }

    /// Starts it with another command that ends in serving.
    fn start_command(machine: &TestMachine, arguments: &[&str], keys: &[&str]) -> Self {
        let mut command = machine.command(arguments);
        command.arg("--json");
        keys.iter().for_each(|key| {
            command.args(["--set", key]);
        });
        Self::spawn(command)
    }

    /// Starts a command that ends in serving and reads its address from the JSON output.
    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find(|line| line.as_ref().unwrap().contains("serving")).unwrap().unwrap();
        let address = line.split('"').nth(3).unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for CliServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line of a CSV file of weekly reports.
const REPORT_CSV_HEADER: &str = "contract;unit;first_day;last_day;nil;note;so_offences;\
    reports_received;reports_accepted;reports_handled;reports_resolved";

/// The exit code and output of a command.
#[derive(Debug)]
struct CommandOutput {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for CommandOutput {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// The path of a file of the example.
fn example_path(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tra-vinh").join(name).display().to_string()
}
