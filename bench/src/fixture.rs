//! A real server in this process: TLS, a new SQLite file, and the example's organisation, forms and
//! a campaign.

use crate::Result;
use crate::counted_stream::{CountedStream, WireBytes};
use crate::device::BenchDevice;
use hyper_util::rt::TokioIo;
use jiff::civil::{Date, date};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thidua::bench_api::{
    AccountId, Actor, App, Calendar, Calendars, CampaignStep, Clock, DatabaseLocation,
    ENROL_CODE_MICROS, Grant, OrgCsvTexts, OrgFacts, ReloadableTlsConfig, Role, ServerEndpoints,
    ServerKeys, ServerLimits, ServerMetrics, ServerSetup, Store, Timestamp, TlsFiles, Unit, UnitId,
    UnitKind, accept_connections, generate_enrol_code, init_tls, merge_catalogues, random_bytes,
    read_campaign_file, read_catalogue, read_chain, read_org, run_server,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Server};

/// Embeds a file of the example, so that the bench runs from any directory.
macro_rules! example_file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tra-vinh/", $name))
    };
}

/// A running server with its runtime.
pub(crate) struct BenchFixture {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) port: u16,
    pub(crate) files: TlsFiles,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    dir: PathBuf,
}

impl BenchFixture {
    /// Starts a server on a new database in its own directory, which is removed at the end.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(date(2024, 12, 30), &read_example_org()?)
    }

    /// Starts a server on another day and with another organisation, whose province is the
    /// example's.
    pub(crate) fn start_with(day: Date, facts: &OrgFacts) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("thidua-bench-{}", std::process::id()));
        // Remove leftovers of an earlier run with the same id.
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir)?;
        let clock =
            Clock::manual(Timestamp::from_local_midnight(day).saturating_add_micros(3_600_000_000));
        let database = dir.join("bench.db").display().to_string();
        let app = App::new(Store::open(&DatabaseLocation::parse(&database))?, clock.clone());
        load_example_with(&app, facts, EXAMPLE_CAMPAIGN_FILES[2].1)?;
        let files = TlsFiles::in_dir(&dir.join("tls"));
        init_tls(&files, &["127.0.0.1".into(), "localhost".into()], Clock::System.now())?;
        let setup = |address: String| -> Result<ServerSetup> {
            Ok(ServerSetup {
                app: app.clone(),
                keys: ServerKeys::open(&dir.join("keys"))?,
                certificates: Some(ReloadableTlsConfig::load(&files.chain, &files.key, false)?),
                endpoints: ServerEndpoints {
                    addresses: vec![address],
                    ca_sha256: files.ca_sha256()?,
                    ..ServerEndpoints::default()
                },
                limits: ServerLimits { calls_per_minute: 0, ..ServerLimits::default() },
                metrics: ServerMetrics::default(),
                reflection: false,
                // Nobody signs in at a desk here.
                second_factor: Default::default(),
                allowed_origins: Vec::new(),
                server_check: Default::default(),
                web_app: false,
                office: true,
            })
        };
        let runtime = new_runtime()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let port = listener.local_addr()?.port();
        let setup = setup(format!("https://127.0.0.1:{port}"))?;
        let (stop, stopped) = oneshot::channel();
        runtime.spawn(run_server(listener, setup, async {
            let _ = stopped.await;
        }));
        Ok(Self { app, clock, port, files, runtime, stop: Some(stop), dir })
    }

    /// Path of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.dir.join("bench.db")
    }

    /// Serves another service on its own port, with the same accept loop and TLS; for ceilings.
    pub(crate) fn spawn_service(&self, routes: tonic::service::Routes) -> Result<u16> {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let port = listener.local_addr()?.port();
        let certificates = ReloadableTlsConfig::load(&self.files.chain, &self.files.key, false)?;
        self.runtime.spawn(async move {
            let incoming =
                accept_connections(listener, Some(certificates), ServerLimits::default());
            let incoming = tokio_stream::wrappers::ReceiverStream::new(incoming);
            Server::builder().add_routes(routes).serve_with_incoming(incoming).await
        });
        Ok(port)
    }

    /// Enrols a device with this role on the unit with this uid.
    pub(crate) async fn enrol_device(
        &self,
        channel: Channel,
        uid: &str,
        role: Role,
    ) -> Result<BenchDevice> {
        enrol_device(&self.app, channel, uid, role).await
    }

    /// Uids of the open units of a kind.
    pub(crate) fn unit_uids(&self, kind: UnitKind) -> Result<Vec<String>> {
        unit_uids(&self.app, kind)
    }
}

/// Enrols a device with this role on the unit with this uid; the code is created directly in the
/// database.
pub(crate) async fn enrol_device(
    app: &App,
    channel: Channel,
    uid: &str,
    role: Role,
) -> Result<BenchDevice> {
    let system = app.system_actor()?;
    let account = AccountId(random_bytes()?);
    let unit = UnitId::from_code(uid);
    let grant = Grant { role, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    app.grant_role(&system, account, uid, &grant)?;
    let (code, hash) = generate_enrol_code()?;
    app.add_enrol_code(
        &system,
        &hash,
        account,
        app.now().saturating_add_micros(ENROL_CODE_MICROS),
    )?;
    BenchDevice::enrol(channel, unit, &code).await
}

/// Uids of the open units of a kind.
pub(crate) fn unit_uids(app: &App, kind: UnitKind) -> Result<Vec<String>> {
    let today = app.now().local_date();
    app.store().read(|tx| {
        let reference = app.reference(tx)?;
        let of_kind = |unit: &&Unit| reference.org.kind_on(unit.id, today) == Some(kind);
        Ok(reference.org.units().iter().filter(of_kind).map(|unit| unit.uid.clone()).collect())
    })
}

impl Drop for BenchFixture {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // A leftover file is in the temporary directory and is removed by the next run of this id.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A runtime with one worker thread, for a machine with two cores.
pub(crate) fn new_runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

/// Loads the example's organisation, forms and campaign A.
pub(crate) fn load_example(app: &App) -> Result<()> {
    load_example_with(app, &read_example_org()?, EXAMPLE_CAMPAIGN_FILES[2].1)
}

/// Names and texts of the example's elements, forms and campaign A.
pub(crate) const EXAMPLE_CAMPAIGN_FILES: [(&str, &str); 3] = [
    ("elements.toml", example_file!("elements.toml")),
    ("forms.toml", example_file!("forms.toml")),
    ("campaign-a.toml", example_file!("campaign-a.toml")),
];

fn read_example_org() -> Result<OrgFacts> {
    let (units, parents, lineage) = (
        example_file!("org/units.csv"),
        example_file!("org/parents.csv"),
        example_file!("org/lineage.csv"),
    );
    let org = read_org(&OrgCsvTexts { units, parents, lineage })
        .map_err(|errors| format!("{errors:?}"))?;
    Ok(org.facts().clone())
}

/// Loads an organisation, the example's forms and this text of campaign A.
pub(crate) fn load_example_with(app: &App, facts: &OrgFacts, campaign: &str) -> Result<()> {
    app.import_org(&Actor::system_actor(UnitId([0; 16])), facts)?;
    let system = app.system_actor()?;
    let [elements, forms, (campaign_name, _)] = EXAMPLE_CAMPAIGN_FILES;
    let mut parts = Vec::new();
    for (name, text) in [elements, forms] {
        parts.push(read_catalogue(name, text).map_err(|errors| format!("{errors:?}"))?);
    }
    let calendars: Vec<Calendar> = Calendars::standard().iter().cloned().collect();
    app.apply_catalogue(&system, &merge_catalogues(parts), &calendars)?;
    let read =
        read_campaign_file(campaign_name, campaign).map_err(|errors| format!("{errors:?}"))?;
    app.apply_campaign(&system, &read.campaign)?;
    app.advance_campaign(&system, &read.campaign.code, CampaignStep::Approve)?;
    Ok(())
}

/// Adds campaign B.
pub(crate) fn apply_campaign_b(app: &App) -> Result<()> {
    let system = app.system_actor()?;
    let read = read_campaign_file("campaign-b.toml", example_file!("campaign-b.toml"))
        .map_err(|errors| format!("{errors:?}"))?;
    app.apply_campaign(&system, &read.campaign)?;
    app.advance_campaign(&system, &read.campaign.code, CampaignStep::Approve)?;
    Ok(())
}

/// A new connection that trusts the fixture's CA.
pub(crate) async fn connect(files: &TlsFiles, port: u16) -> Result<Channel> {
    connect_to_url(Path::new(&files.ca), &format!("https://127.0.0.1:{port}")).await
}

/// A new connection to a server whose certificate is signed by this CA.
pub(crate) async fn connect_to_url(ca: &Path, url: &str) -> Result<Channel> {
    connect_counted(ca, url, &WireBytes::default()).await
}

/// The same; what passes over the connection is added to `bytes`.
pub(crate) async fn connect_counted(ca: &Path, url: &str, bytes: &WireBytes) -> Result<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned())?
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(1 << 22);
    let is_plain = endpoint.uri().scheme_str() == Some("http");
    let host = endpoint
        .uri()
        .host()
        .ok_or("the address names no host")?
        .trim_matches(['[', ']'])
        .to_owned();
    let port = endpoint.uri().port_u16().unwrap_or(if is_plain { 80 } else { 443 });
    let address = (host.clone(), port);
    if is_plain {
        let bytes = bytes.clone();
        let open = tower::service_fn(move |_| connect_tcp(address.clone(), bytes.clone()));
        return Ok(endpoint.connect_with_connector(open).await?);
    }
    let name = tokio_rustls::rustls::pki_types::ServerName::try_from(host.clone())?;
    let (connector, bytes) = (tls_connector(ca)?, bytes.clone());
    let open = tower::service_fn(move |_| {
        let (connector, name) = (connector.clone(), name.clone());
        let (address, bytes) = (address.clone(), bytes.clone());
        async move {
            let tcp = connect_tcp(address, bytes).await?.into_inner();
            Ok::<_, std::io::Error>(TokioIo::new(connector.connect(name, tcp).await?))
        }
    });
    Ok(endpoint.connect_with_connector(open).await?)
}

async fn connect_tcp(
    address: (String, u16),
    bytes: WireBytes,
) -> std::io::Result<TokioIo<CountedStream>> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Ok(TokioIo::new(CountedStream::new(tcp, bytes)))
}

fn tls_connector(ca: &Path) -> Result<TlsConnector> {
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    for certificate in read_chain(ca)? {
        roots.add(certificate)?;
    }
    let mut config = tokio_rustls::rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
