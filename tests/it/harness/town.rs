//! A server with the example's organisation and catalogue, on a day of its own choosing.

use super::{Line, Phone, spread};
use crate::pg::TestDb;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use thidua::app::App;
use thidua::auth;
use thidua::clock::Clock;
use thidua::domain::calendar::Calendars;
use thidua::domain::campaign::Step;
use thidua::domain::enrolment::Code;
use thidua::domain::ids::{AccountId, UnitId};
use thidua::domain::permission::{Grant, Role};
use thidua::domain::time::Instant;
use thidua::files::org::{OrgTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::grpc::Reach;
use thidua::server::accept::Caps;
use thidua::server::ca::{self, TlsFiles};
use thidua::server::keys::Keys;
use thidua::server::metrics::Metrics;
use thidua::server::tls::{Certificates, Clients, Sources, read_chain};
use thidua::server::{Setup, run};
use thidua::store::{Location, Store};
use thidua::trace::Tracer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tonic::transport::{Channel, Endpoint};

/// A running server.
pub(crate) struct Town {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
    pub(crate) files: TlsFiles,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), tonic::transport::Error>>,
    home: std::path::PathBuf,
    dir: Option<tempfile::TempDir>,
    beside: Option<Beside>,
}

/// A second node of the same town, and what decides which of the two a call goes to.
struct Beside {
    node: Box<Town>,
    dice: Arc<AtomicU64>,
    _db: TestDb,
}

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Monday 26 August 2024, noon: the first week of the campaign is over and its reports are due.
pub(crate) fn first_monday() -> Instant {
    Instant::local_midnight(jiff::civil::date(2024, 8, 26)).plus_micros(12 * 3_600_000_000)
}

fn furnish(app: &App) {
    let system = app.system().unwrap();
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| example(&format!("org/{name}")));
    let org = read_org(&OrgTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
    app.import_org(&system, org.facts()).unwrap();
    let system = app.system().unwrap();
    let parts = ["elements.toml", "forms.toml"].map(|name| catalogue::read(name, &example(name)).unwrap());
    let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
    app.apply_catalogue(&system, &catalogue::join(parts.into()), &calendars).unwrap();
    let read = campaign::read("campaign-a.toml", &example("campaign-a.toml")).unwrap();
    app.apply_campaign(&system, &read.campaign).unwrap();
    app.step_campaign(&system, &read.campaign.code, Step::Approve).unwrap();
}

/// Names the database of a directory that keeps none itself.
pub(crate) const ELSEWHERE: &str = "database";

/// The application over the database in `dir`, or over the one that `dir` names, on the first Monday.
pub(crate) fn app_in(dir: &std::path::Path) -> App {
    let own = || dir.join("town.db").display().to_string();
    let database = std::fs::read_to_string(dir.join(ELSEWHERE)).unwrap_or_else(|_| own());
    App::new(Store::open(&Location::parse(&database)).unwrap(), Clock::manual(first_monday()))
}

impl Town {
    /// On SQLite; or on two nodes, when the environment asks for it.
    pub(crate) async fn open() -> Self {
        match spread::seed() {
            None => Self::open_at(None, None).await,
            Some(seed) => Self::open_on_two_nodes(seed).await,
        }
    }

    async fn open_on_two_nodes(seed: u64) -> Self {
        let db = TestDb::fresh().unwrap();
        let town = Self::open_at(None, Some(db.url())).await;
        let app = App::new(Store::open(&Location::parse(db.url())).unwrap(), town.clock.clone());
        let node = Box::new(Self::serve_app(&town.home, 0, None, (app, Metrics::default())).await);
        Self { beside: Some(Beside { node, dice: Arc::new(AtomicU64::new(seed)), _db: db }), ..town }
    }

    /// Over this database; other nodes may stand [`Self::beside`] it.
    pub(crate) async fn open_over(database: &str) -> Self {
        Self::open_at(None, Some(database)).await
    }

    /// Behind a line: phones learn its address as the server's.
    pub(crate) async fn open_behind(line: &Line) -> Self {
        let town = Self::open_at(Some(line.address), None).await;
        line.leads_to(town.address);
        town
    }

    /// With somebody who follows its calls.
    pub(crate) async fn open_followed(tracer: Tracer) -> Self {
        let dir = Self::made(None);
        let served = (app_in(dir.path()), Metrics::default().followed(tracer));
        let town = Self::serve_app(dir.path(), 0, None, served).await;
        Self { dir: Some(dir), ..town }
    }

    async fn open_at(reach: Option<SocketAddr>, database: Option<&str>) -> Self {
        let dir = Self::made(database);
        let town = Self::serve(dir.path(), 0, reach).await;
        Self { dir: Some(dir), ..town }
    }

    /// A directory with everything that a server needs.
    fn made(database: Option<&str>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        if let Some(database) = database {
            std::fs::write(dir.path().join(ELSEWHERE), database).unwrap();
        }
        furnish(&app_in(dir.path()));
        let files = TlsFiles::in_dir(&dir.path().join("tls"));
        ca::init(&files, &["127.0.0.1".into(), "localhost".into()], real_now()).unwrap();
        dir
    }

    /// Serves what lies in a directory that somebody else keeps.
    pub(crate) async fn beside(dir: &std::path::Path) -> Self {
        Self::serve(dir, 0, None).await
    }

    /// Serves it on this port, as a server does that comes back: phones find it where it was.
    pub(crate) async fn at(dir: &std::path::Path, port: u16) -> Self {
        Self::serve(dir, port, None).await
    }

    async fn serve(dir: &std::path::Path, port: u16, reach: Option<SocketAddr>) -> Self {
        Self::serve_app(dir, port, reach, (app_in(dir), Metrics::default())).await
    }

    async fn serve_app(
        dir: &std::path::Path,
        port: u16,
        reach: Option<SocketAddr>,
        (app, metrics): (App, Metrics),
    ) -> Self {
        let clock = app.clock().clone();
        let files = TlsFiles::in_dir(&dir.join("tls"));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let reach = reach.unwrap_or(address);
        let setup = Setup {
            app: app.clone(),
            keys: Keys::open(&dir.join("keys")).unwrap(),
            certificates: Some(Certificates::load_all(sources(&files, dir)).unwrap()),
            reach: Reach {
                addresses: vec![format!("https://{reach}")],
                ca_sha256: files.ca_sha256().unwrap(),
                announced_cas: files.announced().unwrap(),
            },
            caps: Caps::default(),
            metrics,
        };
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(run(listener, setup, async {
            let _ = stopped.await;
        }));
        Self { app, clock, address, files, stop, served, home: dir.to_owned(), dir: None, beside: None }
    }

    /// Ends the server; panics when it does not end well.
    pub(crate) async fn close(self) {
        let other = self.beside.map(|beside| (beside.node, beside._db));
        let _ = self.stop.send(());
        self.served.await.unwrap().unwrap();
        if let Some((node, _db)) = other {
            let _ = node.stop.send(());
            node.served.await.unwrap().unwrap();
        }
    }

    /// Ends the server and keeps its directory.
    pub(crate) async fn stop(mut self) -> tempfile::TempDir {
        let dir = self.dir.take().unwrap();
        self.close().await;
        dir
    }

    /// The directory that its nodes share.
    pub(crate) fn home(&self) -> &std::path::Path {
        &self.home
    }

    /// The authority's secrets, as they lie beside the configuration.
    pub(crate) fn keys(&self) -> Keys {
        Keys::open(&self.home.join("keys")).unwrap()
    }

    /// A connection that trusts the private CA and nobody else.
    pub(crate) async fn channel(&self) -> Channel {
        let own = connect(&self.files, self.address.port(), None).await;
        let Some(Beside { node, dice, .. }) = &self.beside else { return own };
        spread::over(vec![own, connect(&self.files, node.address.port(), None).await], dice.clone()).await
    }

    /// A connection that shows a certificate of its own.
    pub(crate) async fn certified_channel(&self, certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> Channel {
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let shown = (vec![certificate.der().clone()], key);
        connect_as(&self.files, self.address.port(), None, Some(shown)).await
    }

    /// A connection of a client that takes little at a time, so that one which does not read stalls soon.
    pub(crate) async fn narrow_channel(&self) -> Channel {
        connect(&self.files, self.address.port(), Some(1024)).await
    }

    /// A fresh code for a new account with this role on this unit.
    pub(crate) fn code(&self, uid: &str, role: Role) -> Code {
        code_in(&self.app, uid, role)
    }

    /// A phone of a new account with this role on this unit.
    pub(crate) async fn phone(&self, uid: &str, role: Role) -> Phone {
        let code = self.code(uid, role);
        let mut phone = Phone::new(self.channel().await, UnitId::named(uid));
        phone.enrol(&code).await.unwrap();
        phone
    }
}

/// A fresh code for a new account with this role on this unit.
pub(crate) fn code_in(app: &App, uid: &str, role: Role) -> Code {
    let system = app.system().unwrap();
    let account = AccountId(auth::random().unwrap());
    let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2030, 1, 1));
    app.grant(&system, account, uid, &Grant { role, unit: UnitId::named(uid), from, to }).unwrap();
    let (code, hash) = auth::code().unwrap();
    app.add_enrol_code(&system, &hash, account, app.now().plus_micros(auth::CODE_MICROS)).unwrap();
    code
}

/// Certificates are checked against the machine's clock, whatever day the town has.
fn real_now() -> Instant {
    Clock::System.now()
}

/// A connection to the server on `port` that keeps its files in `dir`.
pub(crate) async fn channel(dir: &std::path::Path, port: u16) -> Channel {
    connect(&TlsFiles::in_dir(&dir.join("tls")), port, None).await
}

/// Where this file lies in a server's directory, whoever shows a certificate of the authority in it is known by it.
pub(crate) const PARTNERS: &str = "partners.pem";

fn sources(files: &TlsFiles, dir: &std::path::Path) -> Sources {
    let ca = dir.join(PARTNERS);
    let clients = ca.exists().then_some(Clients { ca, crl: None, required: false });
    Sources { clients, ..Sources::of(&files.chain, &files.key, false) }
}

async fn connect(files: &TlsFiles, port: u16, window: Option<u32>) -> Channel {
    connect_as(files, port, window, None).await
}

async fn connect_as(
    files: &TlsFiles,
    port: u16,
    window: Option<u32>,
    shown: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
) -> Channel {
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    roots.add(read_chain(&files.ca).unwrap()[0].clone()).unwrap();
    let config = tokio_rustls::rustls::ClientConfig::builder().with_root_certificates(roots);
    let mut config = match shown {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let connect = tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
            tcp.set_nodelay(true)?;
            let stream: TlsStream<_> = connector.connect("127.0.0.1".try_into().unwrap(), tcp).await?;
            Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(stream))
        }
    });
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}")).unwrap();
    let endpoint = endpoint.initial_stream_window_size(window);
    endpoint.connect_with_connector(connect).await.unwrap()
}
