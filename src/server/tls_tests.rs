//! Certificates of clients over real TLS: who is let in, who no longer, and what a wrong file changes.

use super::accept::{Caps, Connection, accept};
use super::ca::{TlsFiles, init};
use super::tls::{Certificates, Clients, Sources, TlsError, read_chain};
use crate::clock::Clock;
use crate::domain::time::Instant;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::server::Connected;

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// An authority that signs the certificates of partners.
struct Partners {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, as a client shows them.
type Shown = (CertificateDer<'static>, Vec<u8>);

impl Partners {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn sign(&self, serial: u64, uris: &[&str]) -> Shown {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), key.serialize_der())
    }

    /// A list of those who are not let in any more, good until the end of that year.
    fn list(&self, revoked: &[u64], year: i32) -> String {
        let one = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(year, 12, 31),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(one).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

/// A server's door with its files.
struct Gate {
    dir: tempfile::TempDir,
    files: TlsFiles,
    sources: Sources,
}

impl Gate {
    fn new(partners: &Partners, required: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = TlsFiles::in_dir(dir.path());
        init(&files, &["localhost".into()], now()).unwrap();
        let (ca, crl) = (dir.path().join("partners.pem"), dir.path().join("partners.crl"));
        std::fs::write(&ca, &partners.pem).unwrap();
        std::fs::write(&crl, partners.list(&[], 2199)).unwrap();
        let mut sources = Sources::of(&files.chain, &files.key, false);
        sources.clients = Some(Clients { ca, crl: Some(crl), required });
        Self { dir, files, sources }
    }

    fn list(&self) -> PathBuf {
        self.dir.path().join("partners.crl")
    }

    async fn open(&self, certificates: &Certificates) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Door { port, ca: self.files.ca.clone(), ready: accept(listener, Some(certificates.clone()), Caps::default()) }
    }
}

fn now() -> Instant {
    Clock::System.now()
}

struct Door {
    port: u16,
    ca: PathBuf,
    ready: mpsc::Receiver<io::Result<Connection>>,
}

impl Door {
    /// Comes with this certificate, says hello and listens: an error when the server did not want it.
    async fn knock(&self, shown: Option<&Shown>) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(read_chain(&self.ca).unwrap()[0].clone()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots);
        let config = match shown.cloned() {
            Some((certificate, key)) => {
                config.with_client_auth_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.into())).unwrap()
            }
            None => config.with_no_client_auth(),
        };
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let mut stream = TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), tcp).await?;
        stream.write_all(PREFACE).await?;
        Ok(stream)
    }

    /// Who the server says has come.
    async fn comes(&mut self, shown: Option<&Shown>) -> Option<String> {
        let _line = self.knock(shown).await.unwrap();
        let connection = self.ready.recv().await.unwrap().unwrap();
        connection.connect_info().identity.map(|name| name.to_string())
    }

    /// With TLS 1.3 the client is through before the server has looked: it learns of the refusal when it reads.
    async fn refuses(&self, shown: Option<&Shown>) -> bool {
        match self.knock(shown).await {
            Ok(mut line) => {
                let told = tokio::time::timeout(Duration::from_secs(10), line.read(&mut [0; 1])).await;
                told.is_ok_and(|told| !matches!(told, Ok(1)))
            }
            Err(_) => true,
        }
    }
}

#[tokio::test]
async fn a_server_that_asks_for_certificates_lets_in_who_has_one_and_knows_the_name_in_it() {
    let partners = Partners::new();
    let gate = Gate::new(&partners, true);
    let mut door = gate.open(&Certificates::load_all(gate.sources.clone()).unwrap()).await;
    let known = partners.sign(7, &["https://so.example", "thidua:key:0192f3c2"]);
    assert_eq!(door.comes(Some(&known)).await.as_deref(), Some("thidua:key:0192f3c2"));
    assert_eq!(door.comes(Some(&partners.sign(8, &[]))).await, None, "let in, and nobody by name");
    assert!(door.refuses(None).await, "no certificate");
    assert!(door.refuses(Some(&Partners::new().sign(7, &["thidua:key:0192f3c2"]))).await, "of somebody else's making");
}

#[tokio::test]
async fn who_is_on_the_list_is_refused_from_the_next_handshake_on_and_a_wrong_list_changes_nothing() {
    let partners = Partners::new();
    let gate = Gate::new(&partners, true);
    let certificates = Certificates::load_all(gate.sources.clone()).unwrap();
    let mut door = gate.open(&certificates).await;
    let (good, bad) = (partners.sign(7, &["thidua:key:07"]), partners.sign(8, &["thidua:key:08"]));
    assert_eq!(door.comes(Some(&bad)).await.as_deref(), Some("thidua:key:08"));
    std::fs::write(gate.list(), partners.list(&[8], 2199)).unwrap();
    certificates.reload().unwrap();
    assert!(door.refuses(Some(&bad)).await);
    assert_eq!(door.comes(Some(&good)).await.as_deref(), Some("thidua:key:07"));

    std::fs::write(gate.list(), "no list").unwrap();
    assert!(matches!(certificates.reload(), Err(TlsError::Pem { .. })));
    assert!(door.refuses(Some(&bad)).await, "the old list stays");
    assert_eq!(door.comes(Some(&good)).await.as_deref(), Some("thidua:key:07"));

    std::fs::write(gate.list(), partners.list(&[], 2024)).unwrap();
    certificates.reload().unwrap();
    assert!(door.refuses(Some(&good)).await, "a list out of date vouches for nobody");
}

#[tokio::test]
async fn where_certificates_are_welcome_phones_come_without_one_and_a_revoked_one_is_worse_than_none() {
    let partners = Partners::new();
    let gate = Gate::new(&partners, false);
    std::fs::write(gate.list(), partners.list(&[8], 2199)).unwrap();
    let mut door = gate.open(&Certificates::load_all(gate.sources.clone()).unwrap()).await;
    assert_eq!(door.comes(None).await, None);
    assert_eq!(door.comes(Some(&partners.sign(7, &["thidua:key:07"]))).await.as_deref(), Some("thidua:key:07"));
    assert!(door.refuses(Some(&partners.sign(8, &["thidua:key:08"]))).await);
}

#[tokio::test]
async fn a_server_that_asks_nobody_takes_a_phone_as_before_and_knows_no_name() {
    let partners = Partners::new();
    let gate = Gate::new(&partners, true);
    let mut door = gate.open(&Certificates::load(&gate.files.chain, &gate.files.key, false).unwrap()).await;
    assert_eq!(door.comes(None).await, None);
    assert_eq!(door.comes(Some(&partners.sign(7, &["thidua:key:07"]))).await, None, "not asked for, not sent");
}
