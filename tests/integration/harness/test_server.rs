//! A server with the example's organisation and catalogue, with a manual clock.

use super::server_parts::{listen, server_check};
use super::{TestClient, ThrottledProxy, load_balancer};
use crate::pg::TestDb;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use thidua::app::App;
use thidua::app::backup::BackupDirs;
use thidua::auth;
use thidua::clock::Clock;
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::access::second_factor::SecondFactorPolicy;
use thidua::domain::campaign::CampaignStep;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::support::ids::{AccountId, UnitId};
use thidua::domain::support::time::Timestamp;
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::grpc::ServerEndpoints;
use thidua::server::accept::ServerLimits;
use thidua::server::ca::{self, TlsFiles};
use thidua::server::keys::ServerKeys;
use thidua::server::metrics::ServerMetrics;
use thidua::server::tls::{ClientCertConfig, ReloadableTlsConfig, TlsSources, read_chain};
use thidua::server::{ServerSetup, run_server};
use thidua::store::{DatabaseLocation, Store};
use thidua::trace::Tracer;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tonic::transport::{Channel, Endpoint};

/// A running server.
pub(crate) struct TestServer {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
    pub(crate) files: TlsFiles,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), tonic::transport::Error>>,
    server_dir: std::path::PathBuf,
    dir: Option<tempfile::TempDir>,
    second_node: Option<SecondNode>,
}

/// A second node over the same database, and the generator that chooses the node of each call.
struct SecondNode {
    node: Box<TestServer>,
    rng_state: Arc<AtomicU64>,
    _db: TestDb,
}

/// An example authority: its directory and the file of its campaign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example {
    dir: &'static str,
    campaign: &'static str,
    /// A day on which its first reports are due: who stands above whom is stored as of today.
    today: jiff::civil::Date,
}

impl Example {
    /// The police of a province, weekly.
    pub(crate) const TRA_VINH: Self =
        Self { dir: "tra-vinh", campaign: "campaign-a.toml", today: FIRST_MONDAY };
    /// The health stations of a province, monthly.
    pub(crate) const HEALTH: Self =
        Self { dir: "health", campaign: "campaign.toml", today: jiff::civil::date(2026, 7, 6) };

    fn read(self, name: &str) -> String {
        let dir = self.dir;
        std::fs::read_to_string(format!("{}/examples/{dir}/{name}", env!("CARGO_MANIFEST_DIR")))
            .unwrap()
    }
}

const FIRST_MONDAY: jiff::civil::Date = jiff::civil::date(2024, 8, 26);

fn noon(day: jiff::civil::Date) -> Timestamp {
    Timestamp::from_local_midnight(day).saturating_add_micros(12 * 3_600_000_000)
}

/// Monday 26 August 2024, noon: the campaign's first week is over and its reports are due.
pub(crate) fn first_monday() -> Timestamp {
    noon(FIRST_MONDAY)
}

fn load_example(app: &App, example: Example) {
    app.clock().set(noon(example.today));
    let system = app.system_actor().unwrap();
    let [units, parents, lineage] = ["units.csv", "parents.csv", "lineage.csv"]
        .map(|name| example.read(&format!("org/{name}")));
    let org =
        read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
    app.import_org(&system, org.facts()).unwrap();
    let system = app.system_actor().unwrap();
    let parts = ["elements.toml", "forms.toml"]
        .map(|name| catalogue::read_catalogue(name, &example.read(name)).unwrap());
    let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
    app.apply_catalogue(&system, &catalogue::merge_catalogues(parts.into()), &calendars).unwrap();
    let name = example.campaign;
    let read = campaign::read_campaign_file(name, &example.read(name)).unwrap();
    app.apply_campaign(&system, &read.campaign).unwrap();
    app.advance_campaign(&system, &read.campaign.code, CampaignStep::Approve).unwrap();
}

/// The file in a server's directory that names its database; without it the database is SQLite in
/// the directory.
pub(crate) const DATABASE_URL_FILE: &str = "database";

/// The application over the database of `dir`, on the first Monday.
pub(crate) fn open_app(dir: &std::path::Path) -> App {
    let own = || dir.join("town.db").display().to_string();
    let database = std::fs::read_to_string(dir.join(DATABASE_URL_FILE)).unwrap_or_else(|_| own());
    let place = |name: &str| Some(dir.join(name)).filter(|place| place.exists());
    App::new(
        Store::open(&DatabaseLocation::parse(&database)).unwrap(),
        Clock::manual(first_monday()),
    )
    .with_backup_dirs(BackupDirs {
        primary: place(BACKUPS[0]),
        secondary: place(BACKUPS[1]),
        keep_count: 3,
    })
}

/// The places of backups in a server's directory; without them it makes none.
const BACKUPS: [&str; 2] = ["backups", "second-backups"];

impl TestServer {
    /// Starts a server on SQLite, or two nodes if the environment asks for them.
    pub(crate) async fn start() -> Self {
        match load_balancer::two_nodes_seed() {
            None => Self::start_with(None, None).await,
            Some(seed) => Self::start_two_nodes(seed).await,
        }
    }

    async fn start_two_nodes(seed: u64) -> Self {
        let db = TestDb::create().unwrap();
        let test_server = Self::start_with(None, Some(db.url())).await;
        let app = App::new(
            Store::open(&DatabaseLocation::parse(db.url())).unwrap(),
            test_server.clock.clone(),
        );
        let node = Box::new(
            Self::serve_app(&test_server.server_dir, 0, None, (app, ServerMetrics::default()))
                .await,
        );
        Self {
            second_node: Some(SecondNode {
                node,
                rng_state: Arc::new(AtomicU64::new(seed)),
                _db: db,
            }),
            ..test_server
        }
    }

    /// Starts a server over this database; other nodes may use it too.
    pub(crate) async fn start_on_database(database: &str) -> Self {
        Self::start_with(None, Some(database)).await
    }

    /// Starts a server behind a proxy: phones receive the proxy's address as the server's.
    pub(crate) async fn start_behind_proxy(proxy: &ThrottledProxy) -> Self {
        let test_server = Self::start_with(Some(proxy.address), None).await;
        proxy.set_server(test_server.address);
        test_server
    }

    /// Starts a server whose calls are traced.
    pub(crate) async fn start_traced(tracer: Tracer) -> Self {
        let dir = Self::create_server_dir(None, Example::TRA_VINH);
        let served = (open_app(dir.path()), ServerMetrics::default().with_tracer(tracer));
        let test_server = Self::serve_app(dir.path(), 0, None, served).await;
        Self { dir: Some(dir), ..test_server }
    }

    /// Starts a server of this example on SQLite.
    pub(crate) async fn start_example(example: Example) -> Self {
        let dir = Self::create_server_dir(None, example);
        let test_server = Self::serve(dir.path(), 0, None).await;
        test_server.clock.set(noon(example.today));
        Self { dir: Some(dir), ..test_server }
    }

    /// Starts a server that offers reflection.
    pub(crate) async fn start_with_reflection() -> Self {
        let dir = Self::create_server_dir(None, Example::TRA_VINH);
        std::fs::write(dir.path().join(REFLECTION_FILE), "").unwrap();
        let test_server = Self::serve(dir.path(), 0, None).await;
        Self { dir: Some(dir), ..test_server }
    }

    /// Starts a server that makes backups in two places.
    pub(crate) async fn start_with_backups() -> Self {
        let dir = Self::create_server_dir(None, Example::TRA_VINH);
        BACKUPS.iter().for_each(|name| std::fs::create_dir(dir.path().join(name)).unwrap());
        let test_server = Self::serve(dir.path(), 0, None).await;
        Self { dir: Some(dir), ..test_server }
    }

    /// Starts a server that requires second factors, as an authority's does.
    pub(crate) async fn start_with_second_factor() -> Self {
        let dir = Self::create_server_dir(None, Example::TRA_VINH);
        std::fs::write(dir.path().join(SECOND_FACTOR_FILE), "").unwrap();
        let test_server = Self::serve(dir.path(), 0, None).await;
        Self { dir: Some(dir), ..test_server }
    }

    async fn start_with(public_address: Option<SocketAddr>, database: Option<&str>) -> Self {
        let dir = Self::create_server_dir(database, Example::TRA_VINH);
        let test_server = Self::serve(dir.path(), 0, public_address).await;
        Self { dir: Some(dir), ..test_server }
    }

    /// A directory with everything that a server needs.
    fn create_server_dir(database: Option<&str>, example: Example) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        if let Some(database) = database {
            std::fs::write(dir.path().join(DATABASE_URL_FILE), database).unwrap();
        }
        load_example(&open_app(dir.path()), example);
        let files = TlsFiles::in_dir(&dir.path().join("tls"));
        ca::init_tls(&files, &["127.0.0.1".into(), "localhost".into()], real_now()).unwrap();
        dir
    }

    /// Serves an existing directory, which the caller removes.
    pub(crate) async fn serve_dir(dir: &std::path::Path) -> Self {
        Self::serve(dir, 0, None).await
    }

    /// Serves a directory on this port, like a restarted server with the same address.
    pub(crate) async fn serve_dir_on_port(dir: &std::path::Path, port: u16) -> Self {
        Self::serve(dir, port, None).await
    }

    async fn serve(dir: &std::path::Path, port: u16, public_address: Option<SocketAddr>) -> Self {
        Self::serve_app(dir, port, public_address, (open_app(dir), ServerMetrics::default())).await
    }

    async fn serve_app(
        dir: &std::path::Path,
        port: u16,
        public_address: Option<SocketAddr>,
        (app, metrics): (App, ServerMetrics),
    ) -> Self {
        let clock = app.clock().clone();
        let files = TlsFiles::in_dir(&dir.join("tls"));
        let listener = listen(port).await;
        let address = listener.local_addr().unwrap();
        let public_address = public_address.unwrap_or(address);
        let setup = ServerSetup {
            app: app.clone(),
            keys: ServerKeys::open(&dir.join("keys")).unwrap(),
            certificates: Some(
                ReloadableTlsConfig::load_sources(tls_sources(&files, dir)).unwrap(),
            ),
            endpoints: ServerEndpoints {
                addresses: vec![format!("https://{public_address}")],
                ca_sha256: files.ca_sha256().unwrap(),
                trusted_ca_sha256: files.announced_ca_hashes().unwrap(),
            },
            limits: ServerLimits::default(),
            metrics,
            reflection: dir.join(REFLECTION_FILE).exists(),
            second_factor: if dir.join(SECOND_FACTOR_FILE).exists() {
                SecondFactorPolicy::Required
            } else {
                SecondFactorPolicy::Off
            },
            server_check: server_check(dir),
            web_app: true,
            office: true,
            allowed_origins: vec![ALLOWED_ORIGIN.to_owned()],
        };
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(run_server(listener, setup, async {
            let _ = stopped.await;
        }));
        Self {
            app,
            clock,
            address,
            files,
            stop,
            task: served,
            server_dir: dir.to_owned(),
            dir: None,
            second_node: None,
        }
    }

    /// Stops the server; panics when it ends with an error.
    pub(crate) async fn close(self) {
        let other = self.second_node.map(|second| (second.node, second._db));
        let _ = self.stop.send(());
        self.task.await.unwrap().unwrap();
        if let Some((node, _db)) = other {
            let _ = node.stop.send(());
            node.task.await.unwrap().unwrap();
        }
    }

    /// Stops the server and returns its directory.
    pub(crate) async fn stop(mut self) -> tempfile::TempDir {
        let dir = self.dir.take().unwrap();
        self.close().await;
        dir
    }

    /// The directory that its nodes share.
    pub(crate) fn server_dir(&self) -> &std::path::Path {
        &self.server_dir
    }

    /// The server's secret keys, from its directory.
    pub(crate) fn open_keys(&self) -> ServerKeys {
        ServerKeys::open(&self.server_dir.join("keys")).unwrap()
    }

    /// A connection that trusts only the private CA.
    pub(crate) async fn connect(&self) -> Channel {
        let own = connect(&self.files, self.address.port(), None).await;
        let Some(SecondNode { node, rng_state, .. }) = &self.second_node else {
            return own;
        };
        load_balancer::balanced_channel(
            vec![own, connect(&self.files, node.address.port(), None).await],
            rng_state.clone(),
        )
        .await
    }

    /// A connection of a caller at this loopback address, to this node.
    pub(crate) async fn connect_from(&self, source: &str) -> Channel {
        connect_dir_from(&self.server_dir, self.address.port(), source).await
    }

    /// A connection with a client certificate.
    pub(crate) async fn connect_with_certificate(
        &self,
        certificate: &rcgen::Certificate,
        key: &rcgen::KeyPair,
    ) -> Channel {
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let client_certificate = (vec![certificate.der().clone()], key);
        let client = ClientSide { certificate: Some(client_certificate), ..ClientSide::default() };
        connect_as(&self.files, self.address.port(), client).await
    }

    /// A connection with a small receive window, so that it stalls soon when the client does not
    /// read.
    pub(crate) async fn connect_with_small_window(&self) -> Channel {
        connect(&self.files, self.address.port(), Some(1024)).await
    }

    /// A new enrolment code for a new account with this role on this unit.
    pub(crate) fn create_code(&self, uid: &str, role: Role) -> EnrolmentCode {
        create_code(&self.app, uid, role)
    }

    /// An enrolled client of a new account with this role on this unit.
    pub(crate) async fn enrol_client(&self, uid: &str, role: Role) -> TestClient {
        let code = self.create_code(uid, role);
        let mut phone = TestClient::new(self.connect().await, UnitId::from_code(uid));
        phone.enrol(&code).await.unwrap();
        phone
    }
}

/// A new enrolment code for a new account with this role on this unit.
pub(crate) fn create_code(app: &App, uid: &str, role: Role) -> EnrolmentCode {
    let system = app.system_actor().unwrap();
    let account = AccountId(auth::random_bytes().unwrap());
    let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2030, 1, 1));
    app.grant_role(&system, account, uid, &Grant { role, unit: UnitId::from_code(uid), from, to })
        .unwrap();
    let (code, hash) = auth::generate_enrol_code().unwrap();
    app.add_enrol_code(
        &system,
        &hash,
        account,
        app.now().saturating_add_micros(auth::ENROL_CODE_MICROS),
    )
    .unwrap();
    code
}

/// Certificates are checked against the real clock, not the test's.
fn real_now() -> Timestamp {
    Clock::System.now()
}

/// A connection to the server of this directory on `port`.
pub(crate) async fn connect_dir(dir: &std::path::Path, port: u16) -> Channel {
    connect(&TlsFiles::in_dir(&dir.join("tls")), port, None).await
}

/// The same connection from this loopback address.
pub(crate) async fn connect_dir_from(dir: &std::path::Path, port: u16, source: &str) -> Channel {
    let (files, source) = (TlsFiles::in_dir(&dir.join("tls")), source.parse().unwrap());
    connect_as(&files, port, ClientSide { source, ..ClientSide::default() }).await
}

/// The origin of the web pages that may call test servers.
pub(crate) const ALLOWED_ORIGIN: &str = "https://thidua.tinh.vn";

/// If this file exists in a server's directory, the server offers reflection.
const REFLECTION_FILE: &str = "reflection";

/// If this file exists in a server's directory, the server requires second factors.
const SECOND_FACTOR_FILE: &str = "second-factor";

/// If this file exists in a server's directory, client certificates signed by its CA authenticate
/// partners.
pub(crate) const PARTNER_CA_FILE: &str = "partners.pem";

fn tls_sources(files: &TlsFiles, dir: &std::path::Path) -> TlsSources {
    let ca = dir.join(PARTNER_CA_FILE);
    let clients = ca.exists().then_some(ClientCertConfig { ca, crl: None, required: false });
    TlsSources { clients, ..TlsSources::without_client_auth(&files.chain, &files.key, false) }
}

async fn connect(files: &TlsFiles, port: u16, window: Option<u32>) -> Channel {
    connect_as(files, port, ClientSide { window, ..ClientSide::default() }).await
}

/// What a connection is like on the client's side.
struct ClientSide {
    source: Ipv4Addr,
    window: Option<u32>,
    certificate: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Default for ClientSide {
    fn default() -> Self {
        Self { source: Ipv4Addr::LOCALHOST, window: None, certificate: None }
    }
}

async fn connect_as(files: &TlsFiles, port: u16, client: ClientSide) -> Channel {
    let ClientSide { source, window, certificate: client_certificate } = client;
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    roots.add(read_chain(&files.ca).unwrap()[0].clone()).unwrap();
    let config = tokio_rustls::rustls::ClientConfig::builder().with_root_certificates(roots);
    let mut config = match client_certificate {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let connect = tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind((source, 0).into())?;
            let tcp = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
            tcp.set_nodelay(true)?;
            let stream: TlsStream<_> =
                connector.connect("127.0.0.1".try_into().unwrap(), tcp).await?;
            Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(stream))
        }
    });
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}")).unwrap();
    let endpoint = endpoint.initial_stream_window_size(window);
    endpoint.connect_with_connector(connect).await.unwrap()
}
