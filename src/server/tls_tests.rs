//! Certificates of clients over real TLS: who is let in, who no longer, and what a wrong file changes.

use super::accept::{AcceptedConnection, ServerLimits, accept_connections};
use super::ca::{TlsFiles, init_tls};
use super::tls::{ClientCertConfig, ReloadableTlsConfig, TlsError, TlsSources, read_chain};
use crate::clock::Clock;
use crate::domain::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
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
struct PartnerCa {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, as a client shows them.
type ClientCertAndKey = (CertificateDer<'static>, Vec<u8>);

impl PartnerCa {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn issue_certificate(&self, serial: u64, uris: &[&str]) -> ClientCertAndKey {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names =
            uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), key.serialize_der())
    }

    /// A list of those who are not let in any more, good until the end of that year.
    fn build_crl(&self, revoked: &[u64], year: i32) -> String {
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
struct TlsTestServer {
    dir: tempfile::TempDir,
    files: TlsFiles,
    sources: TlsSources,
}

impl TlsTestServer {
    fn new(partners: &PartnerCa, required: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = TlsFiles::in_dir(dir.path());
        init_tls(&files, &["localhost".into()], now()).unwrap();
        let (ca, crl) = (dir.path().join("partners.pem"), dir.path().join("partners.crl"));
        std::fs::write(&ca, &partners.pem).unwrap();
        std::fs::write(&crl, partners.build_crl(&[], 2199)).unwrap();
        let mut sources = TlsSources::without_client_auth(&files.chain, &files.key, false);
        sources.clients = Some(ClientCertConfig { ca, crl: Some(crl), required });
        Self { dir, files, sources }
    }

    fn crl_path(&self) -> PathBuf {
        self.dir.path().join("partners.crl")
    }

    async fn listen(&self, certificates: &ReloadableTlsConfig) -> TlsTestListener {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        TlsTestListener {
            port,
            ca: self.files.ca.clone(),
            connections: accept_connections(
                listener,
                Some(certificates.clone()),
                ServerLimits::default(),
            ),
        }
    }
}

fn now() -> Timestamp {
    Clock::System.now()
}

struct TlsTestListener {
    port: u16,
    ca: PathBuf,
    connections: mpsc::Receiver<io::Result<AcceptedConnection>>,
}

impl TlsTestListener {
    /// Comes with this certificate, says hello and listens: an error when the server did not want it.
    async fn connect(
        &self,
        presented: Option<&ClientCertAndKey>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(read_chain(&self.ca).unwrap()[0].clone()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots);
        let config = match presented.cloned() {
            Some((certificate, key)) => config
                .with_client_auth_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.into()))
                .unwrap(),
            None => config.with_no_client_auth(),
        };
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect("localhost".try_into().unwrap(), tcp)
            .await?;
        stream.write_all(PREFACE).await?;
        Ok(stream)
    }

    /// Who the server says has come.
    async fn accept_and_read_name(
        &mut self,
        presented: Option<&ClientCertAndKey>,
    ) -> Option<String> {
        let _line = self.connect(presented).await.unwrap();
        let connection = self.connections.recv().await.unwrap().unwrap();
        connection.connect_info().certificate_name.map(|name| name.to_string())
    }

    /// With TLS 1.3 the client is through before the server has looked: it learns of the refusal when it reads.
    async fn is_refused(&self, presented: Option<&ClientCertAndKey>) -> bool {
        match self.connect(presented).await {
            Ok(mut line) => {
                let read_result =
                    tokio::time::timeout(Duration::from_secs(10), line.read(&mut [0; 1])).await;
                read_result.is_ok_and(|read_result| !matches!(read_result, Ok(1)))
            }
            Err(_) => true,
        }
    }
}

#[tokio::test]
async fn a_server_that_asks_for_certificates_lets_in_who_has_one_and_knows_the_name_in_it() {
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, true);
    let mut listener =
        server.listen(&ReloadableTlsConfig::load_sources(server.sources.clone()).unwrap()).await;
    let known = partners.issue_certificate(7, &["https://so.example", "thidua:key:0192f3c2"]);
    assert_eq!(
        listener.accept_and_read_name(Some(&known)).await.as_deref(),
        Some("thidua:key:0192f3c2")
    );
    assert_eq!(
        listener.accept_and_read_name(Some(&partners.issue_certificate(8, &[]))).await,
        None,
        "let in, and nobody by name"
    );
    assert!(listener.is_refused(None).await, "no certificate");
    assert!(
        listener
            .is_refused(Some(&PartnerCa::new().issue_certificate(7, &["thidua:key:0192f3c2"])))
            .await,
        "of somebody else's making"
    );
}

#[tokio::test]
async fn who_is_on_the_list_is_refused_from_the_next_handshake_on_and_a_wrong_list_changes_nothing()
{
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, true);
    let certificates = ReloadableTlsConfig::load_sources(server.sources.clone()).unwrap();
    let mut listener = server.listen(&certificates).await;
    let (good, bad) = (
        partners.issue_certificate(7, &["thidua:key:07"]),
        partners.issue_certificate(8, &["thidua:key:08"]),
    );
    assert_eq!(listener.accept_and_read_name(Some(&bad)).await.as_deref(), Some("thidua:key:08"));
    std::fs::write(server.crl_path(), partners.build_crl(&[8], 2199)).unwrap();
    certificates.reload().unwrap();
    assert!(listener.is_refused(Some(&bad)).await);
    assert_eq!(listener.accept_and_read_name(Some(&good)).await.as_deref(), Some("thidua:key:07"));

    std::fs::write(server.crl_path(), "no list").unwrap();
    assert!(matches!(certificates.reload(), Err(TlsError::Pem { .. })));
    assert!(listener.is_refused(Some(&bad)).await, "the old list stays");
    assert_eq!(listener.accept_and_read_name(Some(&good)).await.as_deref(), Some("thidua:key:07"));

    std::fs::write(server.crl_path(), partners.build_crl(&[], 2024)).unwrap();
    certificates.reload().unwrap();
    assert!(listener.is_refused(Some(&good)).await, "a list out of date vouches for nobody");
}

#[tokio::test]
async fn where_certificates_are_welcome_phones_come_without_one_and_a_revoked_one_is_worse_than_none()
 {
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, false);
    std::fs::write(server.crl_path(), partners.build_crl(&[8], 2199)).unwrap();
    let mut listener =
        server.listen(&ReloadableTlsConfig::load_sources(server.sources.clone()).unwrap()).await;
    assert_eq!(listener.accept_and_read_name(None).await, None);
    assert_eq!(
        listener
            .accept_and_read_name(Some(&partners.issue_certificate(7, &["thidua:key:07"])))
            .await
            .as_deref(),
        Some("thidua:key:07")
    );
    assert!(listener.is_refused(Some(&partners.issue_certificate(8, &["thidua:key:08"]))).await);
}

#[tokio::test]
async fn a_server_that_asks_nobody_takes_a_phone_as_before_and_knows_no_name() {
    let partners = PartnerCa::new();
    let server = TlsTestServer::new(&partners, true);
    let mut listener = server
        .listen(&ReloadableTlsConfig::load(&server.files.chain, &server.files.key, false).unwrap())
        .await;
    assert_eq!(listener.accept_and_read_name(None).await, None);
    assert_eq!(
        listener
            .accept_and_read_name(Some(&partners.issue_certificate(7, &["thidua:key:07"])))
            .await,
        None,
        "not asked for, not sent"
    );
}
