//! thidua nodes as an operator runs them: the release binary, one data directory each, one CA.

use crate::Result;
use crate::host::{ChildProcess, DrillHost, free_port, run_checked, wait_for};
use jiff::ToSpan;
use serde_json::Value;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use thidua::clock::Clock;
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::job_service_client::JobServiceClient;
use thidua::server::ca::TlsFiles;
use thidua::server::tls::read_chain;
use tonic::transport::{Channel, Endpoint};

#[path = "../../tests/integration/harness/test_client.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests' plain client: more of it is used there"
)]
mod test_client;
use test_client::TestClient;

/// The lease of a job in the drill; the product's default of ten minutes would be too long here.
pub(crate) const LEASE_SECONDS: u64 = 15;
const PROVINCE: &str = "prov-86-2025";

/// One node: a data directory, an address and, while it runs, a process.
pub(crate) struct DrillNode {
    thidua: PathBuf,
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
    settings: Vec<String>,
    running: Option<ChildProcess>,
}

impl DrillNode {
    /// Creates the CA in `dir`, imports the example organisation and applies a campaign around
    /// today. Phones receive both addresses.
    pub(crate) fn create(
        host: &DrillHost,
        name: &str,
        database: Option<&str>,
        ports: [u16; 2],
    ) -> Result<Self> {
        let mut node = Self::new(host, name, ports, database);
        node.command(&["init"]).map(drop)?;
        let example =
            |file: &str| format!("{}/examples/tra-vinh/{file}", env!("CARGO_MANIFEST_DIR"));
        node.command(&["org", "import", &example("org")])?;
        node.command(&[
            "campaign",
            "apply",
            "-f",
            &example("elements.toml"),
            "-f",
            &example("forms.toml"),
        ])?;
        let today = Clock::System.now().local_date();
        let (first, last) = (today.saturating_sub(60.days()), today.saturating_add(60.days()));
        let campaign = include_str!("campaign.toml").replace("@FIRST@", &first.to_string());
        let file = host.dir.join("campaign.toml");
        std::fs::write(&file, campaign.replace("@LAST@", &last.to_string()))?;
        node.command(&["campaign", "apply", "-f", &file.display().to_string()])?;
        node.command(&["campaign", "step", "approve"])?;
        node.settings.push(format!("jobs.lease_seconds={LEASE_SECONDS}"));
        Ok(node)
    }

    /// Another node with the same CA and keys and its own address.
    pub(crate) fn create_second(
        &self,
        host: &DrillHost,
        name: &str,
        database: Option<&str>,
        ports: [u16; 2],
    ) -> Result<Self> {
        let mut node = Self::new(host, name, [ports[1], ports[0]], database);
        std::fs::create_dir_all(node.dir.join("tls"))?;
        for file in ["authority.key", "seal.key", "thidua.toml"] {
            std::fs::copy(self.dir.join(file), node.dir.join(file))?;
        }
        for entry in std::fs::read_dir(self.dir.join("tls"))? {
            let entry = entry?;
            std::fs::copy(entry.path(), node.dir.join("tls").join(entry.file_name()))?;
        }
        node.settings.push(format!("jobs.lease_seconds={LEASE_SECONDS}"));
        Ok(node)
    }

    /// Phones that this node enrols receive its own address first.
    fn new(host: &DrillHost, name: &str, ports: [u16; 2], database: Option<&str>) -> Self {
        let port = ports[0];
        let public = ports.map(|port| format!("https://127.0.0.1:{port}")).join(",");
        let mut settings =
            vec![format!("listen.address=127.0.0.1:{port}"), format!("listen.public={public}")];
        settings.extend(database.map(|url| format!("database.url={url}")));
        Self {
            thidua: host.thidua.clone(),
            dir: host.dir.join(name),
            port,
            settings,
            running: None,
        }
    }

    fn add_common_arguments(&self, command: &mut Command, arguments: &[&str]) {
        command.args(arguments).arg("--json").arg("--data").arg(&self.dir).env("THIDUA_LANG", "en");
        self.settings.iter().for_each(|setting| {
            command.args(["--set", setting]);
        });
    }

    /// Runs an operator's command and returns its output.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.thidua);
        self.add_common_arguments(&mut command, arguments);
        run_checked(&mut command)
    }

    /// Starts the server, with `serve` or another command that ends in serving.
    pub(crate) fn start(&mut self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(&self.thidua);
        self.add_common_arguments(&mut command, arguments);
        self.running = Some(ChildProcess::start(&mut command, &self.dir.with_extension("log"))?);
        let accepts = || Ok(TcpStream::connect(("127.0.0.1", self.port)).ok().map(drop));
        wait_for("the node serves", 60, accepts)
    }

    /// Kills the process with SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }

    /// The process id; 0 if the node does not run.
    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().map_or(0, ChildProcess::pid)
    }

    /// Creates an account with this role on this unit and returns its enrolment code.
    pub(crate) fn create_invitation(&self, account: &str, role: Role, unit: &str) -> Result<Value> {
        self.command(&[
            "access",
            "grant",
            "--account",
            account,
            "--role",
            role.code(),
            "--unit",
            unit,
        ])?;
        Ok(serde_json::from_str(&self.command(&["access", "enrol", "--account", account])?)?)
    }

    /// Invitations for `count` phones, one for each commune after the first `skipped`.
    pub(crate) fn create_invitations(&self, skipped: usize, count: usize) -> Result<Vec<String>> {
        let units = include_str!("../tra-vinh/org/units.csv").lines();
        let communes =
            units.filter(|line| line.starts_with("com-") && line.contains(",commune,2025-07-01,,"));
        let communes: Vec<&str> =
            communes.filter_map(|line| line.split(',').next()).skip(skipped).take(count).collect();
        let invitations: Vec<String> = communes
            .iter()
            .map(|unit| {
                let invitation =
                    self.create_invitation(&format!("drill-{unit}"), Role::Reporter, unit)?;
                Ok(invitation["qr"].as_str().ok_or("no invitation")?.to_owned())
            })
            .collect::<Result<_>>()?;
        if invitations.len() < count {
            Err(format!("{} communes are open", invitations.len()).into())
        } else {
            Ok(invitations)
        }
    }
}

/// An administrator's client that requests nightly runs.
pub(crate) struct NightlyJob {
    runtime: tokio::runtime::Runtime,
    phone: TestClient,
    ca: PathBuf,
    last_request: u8,
}

impl NightlyJob {
    pub(crate) fn enrol(node: &DrillNode) -> Result<Self> {
        let invitation = node.create_invitation("drill-admin", Role::Admin, PROVINCE)?;
        let code = EnrolmentCode::parse(invitation["code"].as_str().ok_or("no code")?)?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let ca = TlsFiles::in_dir(&node.dir.join("tls")).ca;
        let phone = runtime.block_on(async {
            let mut phone =
                TestClient::new(connect(&ca, node.port).await?, UnitId::from_code(PROVINCE));
            phone.enrol(&code).await?;
            Ok::<_, Box<dyn std::error::Error>>(phone)
        })?;
        Ok(Self { runtime, phone, ca, last_request: 0 })
    }

    /// The number of the next request.
    pub(crate) fn next_request(&mut self) -> u8 {
        self.last_request += 1;
        self.last_request
    }

    /// Requests a run from a node and returns its state; `None` while another node runs it. Fails
    /// when the node does not answer within `seconds`.
    pub(crate) fn run_job(
        &mut self,
        node: &DrillNode,
        request: u8,
        seconds: u64,
    ) -> Result<Option<pb::JobRunState>> {
        let run_request =
            pb::RunJobRequest { request_id: vec![request; 16], name: "aggregate".into() };
        let (phone, ca, port) = (&mut self.phone, &self.ca, node.port);
        let call = async {
            phone.channel = connect(ca, port).await?;
            let mut jobs = JobServiceClient::new(phone.channel.clone());
            let mut steps = jobs.run_job(phone.request(run_request)).await?.into_inner();
            let mut state = None;
            while let Some(step) = steps.message().await? {
                state = step.run.map(|run| run.state());
            }
            Ok::<_, Box<dyn std::error::Error>>(state)
        };
        let call_with_timeout =
            async { tokio::time::timeout(Duration::from_secs(seconds), call).await };
        let state = self.runtime.block_on(call_with_timeout).map_err(|_| "no answer in time")??;
        Ok(state.filter(|state| *state != pb::JobRunState::Running))
    }
}

async fn connect(ca: &Path, port: u16) -> Result<Channel> {
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    for certificate in read_chain(ca)? {
        roots.add(certificate)?;
    }
    let mut config = tokio_rustls::rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let connect_tls = tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
            let name = tokio_rustls::rustls::pki_types::ServerName::IpAddress(
                std::net::Ipv4Addr::LOCALHOST.into(),
            );
            Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(
                connector.connect(name, tcp).await?,
            ))
        }
    });
    Ok(Endpoint::from_shared(format!("https://127.0.0.1:{port}"))?
        .connect_with_connector(connect_tls)
        .await?)
}

/// Two free ports.
pub(crate) fn two_free_ports() -> Result<[u16; 2]> {
    Ok([free_port()?, free_port()?])
}
