//! A PostgreSQL server for one test that needs its own settings, or that pauses or kills it.
//! Stopped and removed when dropped.
//!
//! Include it with `#[path = "common/pg_server.rs"] mod pg_server;`. It finds the binaries as
//! `scripts/lib/postgres.sh` does.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The directory of PostgreSQL's binaries and the user that runs them: PostgreSQL refuses to run as
/// root.
pub(crate) struct PostgresInstallation {
    dir: PathBuf,
    user: Option<&'static str>,
}

impl PostgresInstallation {
    /// Without PostgreSQL prints a line and returns `None`; with `CI=true` that is a failure.
    pub(crate) fn find() -> Option<Self> {
        let reported_dir = Command::new("pg_config").arg("--bindir").output().ok();
        let reported_dir = reported_dir.map(|reported_dir| {
            PathBuf::from(String::from_utf8_lossy(&reported_dir.stdout).trim())
        });
        let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut installed: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
        installed.sort();
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let candidates = reported_dir
            .into_iter()
            .chain(installed.into_iter().rev())
            .chain(std::env::split_paths(&on_path));
        let dir = candidates
            .into_iter()
            .find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists());
        if dir.is_none() {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must have PostgreSQL's programs"
            );
            println!("skipped: PostgreSQL's programs are not on this machine");
        }
        let exists = |user: &&str| {
            Command::new("id").arg(user).output().is_ok_and(|output| output.status.success())
        };
        let root =
            Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let user = if root { ["postgres", "nobody"].into_iter().find(exists) } else { None };
        Some(Self { dir: dir?, user })
    }

    /// A command for one of the binaries, as that user; it dies with the thread that started it.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = self.user {
            command.args([
                &format!("--reuid={user}"),
                &format!("--regid={}", group_of(user)),
                "--clear-groups",
            ]);
        }
        command.arg(self.dir.join(name)).current_dir("/");
        command
    }

    fn chown_to_user(&self, path: &Path) {
        if let Some(user) = self.user {
            run_checked(Command::new("chown").arg("-R").arg(user).arg(path));
        }
    }
}

fn group_of(user: &str) -> String {
    run_checked(Command::new("id").args(["-gn", user])).trim().to_owned()
}

/// Runs a command that must succeed and returns its output.
pub(crate) fn run_checked(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Used on loopback only, while the test runs.
pub(crate) const PASSWORD: &str = "test";

/// A running server.
pub(crate) struct PgServer {
    child: Child,
    home_dir: tempfile::TempDir,
    /// The port on loopback.
    pub(crate) port: u16,
}

impl PgServer {
    /// Starts a new server whose user `thidua` has [`PASSWORD`]. `prepare` may write into its data
    /// directory, `pg_hba.conf` included.
    pub(crate) fn start(
        installation: &PostgresInstallation,
        settings: &[&str],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("password"), PASSWORD).unwrap();
        installation.chown_to_user(home.path());
        let mut initdb = installation.command("initdb");
        initdb.args([
            "-U",
            "thidua",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
        ]);
        initdb.arg(home.path().join("data")).arg("--pwfile").arg(home.path().join("password"));
        run_checked(&mut initdb);
        prepare(&home.path().join("data"));
        installation.chown_to_user(home.path());
        Self::run(installation, home, settings)
    }

    /// Starts a standby that streams from `leader`.
    pub(crate) fn start_standby(installation: &PostgresInstallation, leader: &Self) -> Self {
        let home = tempfile::tempdir().unwrap();
        installation.chown_to_user(home.path());
        let mut copy = installation.command("pg_basebackup");
        copy.env("PGPASSWORD", PASSWORD).args([
            "-h",
            "127.0.0.1",
            "-p",
            &leader.port.to_string(),
            "-U",
            "thidua",
        ]);
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-D"])
            .arg(home.path().join("data"));
        run_checked(&mut copy);
        Self::run(installation, home, &[])
    }

    /// The URL for unencrypted connections.
    pub(crate) fn url(&self) -> String {
        format!("postgres://thidua:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops the server at once, like a power failure.
    pub(crate) fn kill(&mut self) {
        // It may have stopped already.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        let _ = self.child.wait();
    }

    fn run(
        installation: &PostgresInstallation,
        mut home: tempfile::TempDir,
        settings: &[&str],
    ) -> Self {
        let data = home.path().join("data");
        // Another process may take the port in between; then another port is tried.
        for _ in 0..5 {
            let port =
                std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let log =
                File::options().create(true).append(true).open(home.path().join("log")).unwrap();
            let mut command = installation.command("postgres");
            command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
            let default_settings = [
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "fsync=off",
                "shared_buffers=16MB",
            ];
            for setting in default_settings.iter().chain(settings) {
                command.args(["-c", setting]);
            }
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            let mut server = Self { child: command.spawn().unwrap(), home_dir: home, port };
            if server.wait_until_ready(&data) {
                return server;
            }
            home = std::mem::replace(&mut server.home_dir, tempfile::tempdir().unwrap());
        }
        panic!(
            "PostgreSQL does not start: {}",
            std::fs::read_to_string(home.path().join("log")).unwrap()
        );
    }

    /// Waits until it accepts connections; `false` when it ended instead.
    fn wait_until_ready(&mut self, data: &Path) -> bool {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end && self.child.try_wait().unwrap().is_none() {
            let reported_dir =
                std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if reported_dir.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for PgServer {
    fn drop(&mut self) {
        self.kill();
    }
}
