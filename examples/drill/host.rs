//! Processes on this machine: started here, signalled by process id, killed when dropped.

use crate::Result;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What `scripts/drill` found on this machine.
pub(crate) struct DrillHost {
    /// The working directory; the script removes it.
    pub(crate) dir: PathBuf,
    /// The product's binary.
    pub(crate) thidua: PathBuf,
    /// The directory of `initdb` and `postgres`; empty if no case needs them.
    pub(crate) pg_bin: String,
    /// The directory of `patroni` and `patronictl`; if empty, only the two-machine case runs.
    pub(crate) patroni: String,
    /// The user that runs PostgreSQL when the drill runs as root.
    pub(crate) user: String,
    /// Whether each database has a small disk of its own.
    pub(crate) disks: bool,
}

impl DrillHost {
    /// Reads the `DRILL_*` environment variables.
    pub(crate) fn from_env() -> Result<Self> {
        let env_or_empty = |name: &str| std::env::var(format!("DRILL_{name}")).unwrap_or_default();
        let required_env = |name: &str| {
            let value = env_or_empty(name);
            if value.is_empty() {
                Err(format!("DRILL_{name} is not set; run scripts/drill"))
            } else {
                Ok(value)
            }
        };
        Ok(Self {
            dir: required_env("DIR")?.into(),
            thidua: required_env("THIDUA")?.into(),
            pg_bin: env_or_empty("PG_BIN"),
            patroni: env_or_empty("PATRONI"),
            user: env_or_empty("USER"),
            disks: env_or_empty("DISKS") == "yes",
        })
    }

    /// A command that dies with this process and runs as the database user, if there is one.
    pub(crate) fn unprivileged_command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if !self.user.is_empty() {
            command.args([format!("--reuid={}", self.user), format!("--regid={}", self.user)]);
            command.arg("--clear-groups");
        }
        command.arg(program).current_dir("/");
        command
    }

    /// Gives the database user write access to `path`.
    pub(crate) fn chown_to_user(&self, path: &Path) -> Result<()> {
        if !self.user.is_empty() {
            run_checked(Command::new("chown").arg("-R").arg(&self.user).arg(path))?;
        }
        Ok(())
    }
}

/// A process that is killed when dropped.
pub(crate) struct ChildProcess {
    child: Child,
}

impl ChildProcess {
    /// Starts the command with its output appended to `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { child })
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // The process may be dead already: a case may have killed it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to processes that the drill started.
pub(crate) fn send_signal(name: &str, pids: &[u32]) {
    // An error means that the process has ended; that is fine.
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    let _ = Command::new("kill").arg(format!("-{name}")).args(pids).stderr(Stdio::null()).status();
}

/// A process id and the ids of all its descendants.
pub(crate) fn process_tree(pid: u32) -> Vec<u32> {
    let mut tree = vec![pid];
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| read_parent_pid(&entry))
        .collect();
    let mut at = 0;
    while at < tree.len() {
        let parent_pid = tree[at];
        tree.extend(
            parents.iter().filter(|(_, parent)| *parent == parent_pid).map(|(child, _)| *child),
        );
        at += 1;
    }
    tree
}

fn read_parent_pid(entry: &std::fs::DirEntry) -> Option<(u32, u32)> {
    let pid = entry.file_name().to_str()?.parse().ok()?;
    let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
    let after_name = stat.rsplit(')').next()?;
    Some((pid, after_name.split_whitespace().nth(1)?.parse().ok()?))
}

/// Runs a command that must succeed and returns its standard output.
pub(crate) fn run_checked(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A free port on loopback; another process could take it before it is used.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Polls until the probe returns a value.
pub(crate) fn wait_for<T>(
    what: &str,
    seconds: u64,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut last = String::new();
    while Instant::now() < end {
        match probe() {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) => last = error.to_string(),
        }
        sleep(Duration::from_millis(200));
    }
    Err(format!("{what}: not within {seconds} s {last}").into())
}
