//! A real server as a separate process: `thidua init`, the example's organisation, `thidua serve`
//! with TLS on a free loopback port.
//!
//! The process is ended by its id and its directory is removed.

use crate::fixture::load_example;
use crate::{PRODUCT_ARGUMENT, Result};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use thidua::bench_api::{App, Clock, DatabaseLocation, Store, TlsFiles};

pub(crate) struct BenchServerProcess {
    /// The same database, opened beside the server to create enrolment codes.
    pub(crate) app: App,
    pub(crate) port: u16,
    pub(crate) files: TlsFiles,
    pub(crate) dir: PathBuf,
    child: Child,
}

impl BenchServerProcess {
    pub(crate) fn start() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("thidua-load-{}", std::process::id()));
        // Remove leftovers of an earlier run with the same id.
        let _ = std::fs::remove_dir_all(&dir);
        let made = thidua_command(&dir, &["init"])?.stdout(Stdio::null()).status()?;
        if !made.success() {
            return Err(format!("thidua init ended with {made}").into());
        }
        let database = dir.join("thidua.db").display().to_string();
        let app = App::new(Store::open(&DatabaseLocation::parse(&database))?, Clock::System);
        load_example(&app)?;
        // All phones of the load share one address, and jobs run only on request.
        let set = ["listen.address=127.0.0.1:0", "limits.calls_per_minute=0", "jobs.enabled=false"];
        let arguments: Vec<&str> =
            std::iter::once("serve").chain(set.iter().flat_map(|one| ["--set", one])).collect();
        let log = std::fs::File::create(dir.join("log"))?;
        let mut child =
            thidua_command(&dir, &arguments)?.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut first_line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut first_line)?;
        let port = first_line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let files = TlsFiles::in_dir(&dir.join("tls"));
        let Some(port) = port else {
            let _ = child.kill();
            return Err(format!("the server does not start: {first_line:?}").into());
        };
        Ok(Self { app, port, files, dir, child })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn wal_path(&self) -> PathBuf {
        self.dir.join("thidua.db-wal")
    }
}

/// The product inside this binary (see `main.rs`), on its own data directory and without settings
/// from the environment.
fn thidua_command(dir: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    let settings =
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("THIDUA_"));
    settings.for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.arg(PRODUCT_ARGUMENT).arg("--data").arg(dir).args(["--lang", "en"]).args(arguments);
    Ok(command)
}

impl Drop for BenchServerProcess {
    fn drop(&mut self) {
        // It may have ended already; leftovers in the temporary directory are removed by the next
        // run of this id.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
