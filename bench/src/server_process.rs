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

/// The binary that runs as the product: this one, or another build.
#[derive(Debug, Clone)]
pub(crate) struct ProductBinary(PathBuf);

impl ProductBinary {
    /// The product inside this binary (see `main.rs`).
    pub(crate) fn own() -> Result<Self> {
        Ok(Self(std::env::current_exe()?))
    }

    /// A binary named `thidua`, or a bench with any other name.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A command on its own data directory, without settings from the environment.
    pub(crate) fn command(&self, dir: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        let settings =
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("THIDUA_"));
        settings.for_each(|(name, _)| {
            command.env_remove(name);
        });
        if self.0.file_name().is_none_or(|name| name != PRODUCT_ARGUMENT) {
            command.arg(PRODUCT_ARGUMENT);
        }
        command.arg("--data").arg(dir).args(["--lang", "en"]).args(arguments);
        command
    }

    /// Runs a command to its end; returns what it printed, or an error with what it complained of.
    pub(crate) fn run(&self, dir: &Path, arguments: &[&str]) -> Result<String> {
        let output = self.command(dir, arguments).output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("thidua {} ended with {}: {error}", arguments[0], output.status).into())
    }
}

/// `thidua serve` on a data directory; ended when dropped.
pub(crate) struct ServerNode {
    pub(crate) port: u16,
    child: Child,
}

impl ServerNode {
    pub(crate) fn start(product: &ProductBinary, dir: &Path) -> Result<Self> {
        // All phones of the load share one address, and jobs run only on request.
        let set = ["listen.address=127.0.0.1:0", "limits.calls_per_minute=0", "jobs.enabled=false"];
        let arguments: Vec<&str> =
            std::iter::once("serve").chain(set.iter().flat_map(|one| ["--set", one])).collect();
        let log = std::fs::File::create(dir.join("log"))?;
        let mut child =
            product.command(dir, &arguments).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut first_line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut first_line)?;
        let port = first_line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else {
            let _ = child.kill();
            return Err(format!("the server does not start: {first_line:?}").into());
        };
        Ok(Self { port, child })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ServerNode {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct BenchServerProcess {
    /// The same database, opened beside the server to create enrolment codes.
    pub(crate) app: App,
    pub(crate) port: u16,
    pub(crate) files: TlsFiles,
    pub(crate) dir: PathBuf,
    node: ServerNode,
}

impl BenchServerProcess {
    pub(crate) fn start() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("thidua-load-{}", std::process::id()));
        // Remove leftovers of an earlier run with the same id.
        let _ = std::fs::remove_dir_all(&dir);
        let product = ProductBinary::own()?;
        product.run(&dir, &["init"])?;
        let database = dir.join("thidua.db").display().to_string();
        let app = App::new(Store::open(&DatabaseLocation::parse(&database))?, Clock::System);
        load_example(&app)?;
        let node = ServerNode::start(&product, &dir)?;
        let files = TlsFiles::in_dir(&dir.join("tls"));
        Ok(Self { app, port: node.port, files, dir, node })
    }

    pub(crate) fn id(&self) -> u32 {
        self.node.id()
    }

    pub(crate) fn wal_path(&self) -> PathBuf {
        self.dir.join("thidua.db-wal")
    }
}

impl Drop for BenchServerProcess {
    fn drop(&mut self) {
        // Leftovers in the temporary directory are removed by the next run of this id.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
